/* The list of media on their desk: each that is not gone, who has it, until when, and what can be done with it next. What is late stands first, then
 * what is due soonest, then what is kept.
 *
 *   media-outs (applied, permitted, out), media-grants (applied, granted, taken-in) ── by medium ──┐
 *   media, not ended ──────────────────────────────────────────────────────────────────────────────┴─> one row each
 *
 * Limits   MEDIA_DESK_MAX records of each list; the next acts of MEDIA_DESK_ROWS rows, with links to the rest.
 * Threads  as struct page. */
#pragma once

#include "web/pages.h"

#define MEDIA_DESK_MAX 200u
#define MEDIA_DESK_ROWS 40u

/* Filter by `?show=late|out|kept`. 0, negative. */
MUST_CHECK int media_desk_list(struct page *p);
