/* What somebody may be told on pages of stations: a gate names whatever is plugged in, and what it did, to everybody.
 * Threads  as the page. */
#pragma once

#include "web/page.h"

/* 1: the reader sees that record, as it stands; 0: not, or there is none. Negative. */
MUST_CHECK int station_sees(struct page *p, const char *record);
/* Of a job as the keeper answers it: 1 as long as its reader sees the item that it was about, by its lines in the trail, else by the number that was
 * typed; 0: names of files are told no more. Negative. */
MUST_CHECK int station_tells_names(struct page *p, const json_t *job);
