/* A notice as an item of a list: what, about which record, and a button that marks it as read unless it is.
 * Errors   of writing are sticky in the page's html.
 * Threads  as struct page. */
#pragma once

#include "web/page.h"

/* One LI, whole, inside of the open UL or OL. `one` (borrowed) as in engine_today(); `back`: path and query of the page to come back to. */
void notice_item(struct page *p, const json_t *one, struct str back);
