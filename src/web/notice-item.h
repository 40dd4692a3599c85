/* A notice as an item of a list: what, about which record, and a button that marks it as read. */
#pragma once

#include "web/page.h"

/* `one` as in engine_today(); `back` is the page to come back to. */
void notice_item(struct page *p, const json_t *one, struct str back);
