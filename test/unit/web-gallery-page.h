/* One page with every widget on it: for looking at, and for the test of hostile texts. */
#pragma once

#include "web/frame.h"

/* Every text of the page that users could have written is `text`; at == NULL: invented, sensible ones. 0 or negative. */
int gallery_page(struct http_request *req, struct http_response *resp, enum message_lang lang, struct str text);
