/* Words and heads that the pages of stations have in common.
 * Threads  as the page. */
#pragma once

#include "web/page.h"

/* What a station can be asked to do. */
struct station_doing {
    const char *word;
    enum message_key title, text, button, ask;
};
#define STATION_DOINGS 3u
extern const struct station_doing station_doings[STATION_DOINGS];
const struct station_doing *station_doing(const char *word); /* NULL: there is no such thing */

/* How far a job is, as the keeper answers it. */
struct str station_job_words(struct page *p, const json_t *job);
enum chip_kind station_job_chip(const json_t *job);

/* A page of that title, below the desk of media and the stations. */
void station_begin(struct page *p, struct str title);
/* Where something is asked of what is plugged in there. */
struct str station_url(struct page *p, const char *what, const char *station, const char *slot);

/* The keeper's answer about all stations and his jobs. At NULL: no directive in force has media, or the answer is no good and *ret is the handler's. */
json_t *station_ask_all(struct page *p, int *ret);
