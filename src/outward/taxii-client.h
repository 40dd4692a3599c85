/* Polling a collection of another TAXII 2.1 server: page after page over HTTP (libcurl), each object handed over as it comes.
 *
 *     state.last ──> added_after, a minute earlier ──> page ─ next ─> page … ──> state.last
 *
 * A minute is asked for twice, since most servers give dates before they commit and so pass over what is committed late; what comes again is known
 * to the caller by id, version and digest. What came before something broke counts: the state is that of the last page that came whole.
 * TLS is asked of the server and its certificate checked, unless the server is this machine or `is_plain` declares that its line is safe. Redirections are
 * not followed: a secret goes to nobody else.
 * Pages go as they come to a sink: taxii_poll() reads them here, outward/fetcher.h has them read in a cage.
 * A poll that was cut by `max_pages` goes on at the last date itself, without the minute: else a server that gives more than so many pages the same minute
 * would never be read to its end.
 * Owner    texts are borrowed for the call.
 * Limits   TAXII_PAGE_BYTES a page, TAXII_PAGES a poll: the rest comes with the next one; `timeout_s` a page.
 * Threads  any; a call blocks.
 * Source   TAXII 2.1, sections 3.3 to 3.5, 5.4; TX8 of doc/design/intelligence.md. */
#pragma once

#include "intel/stix-read.h"

#define TAXII_PAGE_BYTES ((uint64_t)256 << 20)
#define TAXII_PAGES 10000u
#define TAXII_OVERLAP_US INT64_C(60000000)
#define TAXII_WAIT_MAX_S 86400u /* of what a server asks us to wait */
#define TAXII_DATE_SIZE 48u

struct taxii_peer {
    const char *url; /* of the collection: "https://HOST/ROOT/collections/ID/" */
    const char *user,
        *secret;         /* a user and his password; "" and a bearer's token; both "": neither */
    const char *ca_file; /* certificates of the authorities believed; "" those of this machine */
    bool is_plain;
    unsigned limit; /* objects a page; 0: as the server likes */
    unsigned timeout_s;
    unsigned max_pages; /* in one poll; 0: TAXII_PAGES */
};

/* How far the collection was read: what is kept between two polls. */
struct taxii_state {
    char last
        [TAXII_DATE_SIZE]; /* `date_added` of the last object, as the server wrote it; "" nothing yet */
    bool goes_on; /* the last poll ended before the server's end, and nothing was in the way */
};

enum taxii_trouble {
    TAXII_T_NONE,
    TAXII_T_LATER,    /* not reached, overloaded, or out of order: ask again */
    TAXII_T_REFUSED,  /* it does not let us in, or has no such collection */
    TAXII_T_NO_TAXII, /* what answers is no TAXII 2.1 */
    TAXII_T_STANDS,   /* it says that there is more, and gives the same page or no way on */
    TAXII_T_TOO_LARGE,
};

struct taxii_report {
    enum taxii_trouble trouble;
    int status;      /* of HTTP, the last one; 0: none came */
    unsigned wait_s; /* Retry-After; 0: it says nothing */
    unsigned pages;  /* that came whole */
    bool more; /* there is more to come, and nothing is in the way but TAXII_PAGES or is_ending() */
    struct buf words; /* the server's or the library's, printable; "" none. buf_done() */
};

/* What a page says of the way on. */
struct taxii_way {
    bool more;
    struct buf next; /* as it stands; "" none. The client's */
};
/* Takes a page. Each answers 0, or what taxii_fetch() answers then. */
struct taxii_sink {
    int (*begin)(void *context);                       /* one is asked for */
    int (*add)(void *context, struct str piece);       /* of one that is there */
    int (*end)(void *context, struct taxii_way *ret);  /* it came whole */
};

/* Once in the process, before threads. */
MUST_CHECK int taxii_client_start(void);
/* Is it an address of a collection: https, or http to this machine or where `is_plain`; no user in it, no query, a slash at its end? */
bool taxii_url_ok(const char *url, bool is_plain);
/* 0: *ret_report says how it ended, and *state how far it came; -ENOMEM; or what the sink answered: *state is then that before the page at hand. `is_ending`
 * as below. */
MUST_CHECK int taxii_fetch(const struct taxii_peer *peer, struct taxii_state *state, const struct taxii_sink *sink, void *context,
                           bool (*is_ending)(void *), void *ending_context, struct taxii_report *ret_report);
/* The same, read here. `calls` as for stix_reader_new(), without `member`; numbers of objects count through a page. `is_ending` (may be NULL) is asked meanwhile: true gives up.
 * What came before a page broke off was handed over. Answers as taxii_fetch(), with what a call answered. */
MUST_CHECK int taxii_poll(const struct taxii_peer *peer, struct taxii_state *state,
                          const struct stix_reader_calls *calls, void *context,
                          bool (*is_ending)(void *), void *ending_context,
                          struct taxii_report *ret_report);
