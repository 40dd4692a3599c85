/* The hits of one line that has been read. Private to the extractor and to the test that holds it against a slow one.
 * Owner    the caller of finder_init(); finder_done().
 * Threads  one finder belongs to one at a time. */
#pragma once

#include "intel/reading.h"
#include "intel/clue.h"

/* Longest spans, in units. */
#define SPAN_URL_MAX 4096u
#define SPAN_LOCAL_MAX 64u   /* of an address of mail */
#define SPAN_NAME_MAX 253u   /* domain */
#define SPAN_COLONS_MAX 128u /* IPv6, fingerprint of SHA-256 */
#define SPAN_FILE_MAX 255u
#define SPAN_BLOCK_MAX 10u /* digits of ssdeep's block size */
#define SPAN_ACCOUNT_MAX 32u /* name without its @ */
#define SPAN_CONTEXT_MAX \
    48u /* bytes before a value in which its service, or the word serial, is looked for */

struct finder {
    const struct reading *r; /* borrowed by finder_start() */
    size_t at;               /* the unit to go on from */
    struct clue value;       /* of the last hit */
    size_t from, to;         /* its units */
    struct buf text;         /* private */
};

void finder_init(struct finder *f);
void finder_done(struct finder *f); /* accepts a zeroed struct */
void finder_start(struct finder *f, const struct reading *r);
/* 1: value, from and to are the next hit. 0: there is none. -ENOMEM. */
MUST_CHECK int finder_next(struct finder *f);

/* What stands before byte `at` of the text, as far as it counts: the service named nearest (STR_NONE: none), and whether a certificate's
 * serial number is announced. */
struct str finder_service(struct str text, size_t at);
bool finder_says_serial(struct str text, size_t at);
