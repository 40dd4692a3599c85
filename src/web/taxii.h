/* What the files of the TAXII server share: answers, errors, collections, the stock of a worker.
 * A client is a program with a token (force/token.h), which it shows as a bearer's or as the password of its owner's login; it sees what its owner
 * sees, up to what a program may be given (O4 of doc/design/ways-out.md).
 *
 *     /taxii2/                                            which API root there is
 *     /taxii2/api/                                        what it takes
 *     /taxii2/api/status/ID/                              what became of objects that were sent
 *     /taxii2/api/collections/…/{objects,manifest}/…      see page-taxii-objects.c
 *
 * What is out of sight is not there: 404, whether it exists or not; what is in sight and may not be done is 403.
 * Owner    everything lives as long as its page.
 * Answers  0: an answer is written. 1, where said: also, and there is nothing more to do. Negative: an error.
 * Threads  as struct page.
 * Source   TAXII 2.1; TX1 to TX7 of doc/design/intelligence.md. */
#pragma once

#include "engine/subscriber.h"
#include "intel/stock.h"
#include "web/page.h"
#include "web/taxii-cursor.h"
#include "web/taxii-query.h"

#define TAXII_PATH "/taxii2/"
#define TAXII_UUID_SIZE 37u

/* The error message of TAXII (section 3.6.1) in place of whatever was written. `word` is stable, for programs. */
MUST_CHECK int taxii_problem(struct page *p, unsigned status, const char *word, struct str title,
                             struct str detail);
/* 503: the keeper, or what it has to do first, cannot be had just now. 1. */
MUST_CHECK int taxii_unavailable(struct page *p);
/* A JSON value as the answer, with that status. */
MUST_CHECK int taxii_write(struct page *p, unsigned status, const json_t *v);
/* An instant as TAXII writes it, in the page's arena. */
MUST_CHECK int taxii_time(struct page *p, uint64_t t_us, struct str *ret);
/* Lets go of what is read at one moment, while the keeper is asked, or takes it up again. */
MUST_CHECK int taxii_unread(struct page *p, bool is_asking);
/* After an answer's text was put into the body. */
void taxii_written(struct page *p);
/* Parameters of this address. 1: one is wrong, and that is answered. */
MUST_CHECK int taxii_query_of(struct page *p, enum taxii_resource resource,
                              struct taxii_query *ret);
/* The form of the answer is one that the client takes. 1: it is not, and that is answered. */
MUST_CHECK int taxii_negotiate(struct page *p);

/* "Basic": the login and the token behind it; the token, or STR_NONE. */
struct str taxii_basic(struct page *p, struct str *ret_login);

/* A collection as its reader sees it. */
struct taxii_collection {
    const char *record; /* id of its record, which is its alias */
    char id[TAXII_UUID_SIZE];
    struct str title, description;
    bool can_read, can_write;
    const char *channel;        /* id of the record of the channel under which clients write to it; "" nobody does */
};
/* By what its address says: id or alias. 1: there is none in sight, and that is answered. */
MUST_CHECK int taxii_collection_open(struct page *p, struct taxii_collection *ret);
/* What taxii_collection_open() knows of all collections; the worker's own. */
struct taxii_names;
void taxii_names_free(struct taxii_names *n); /* accepts NULL */
/* All in sight, in the order of their records. */
typedef int taxii_collection_fn(struct page *p, const struct taxii_collection *c, void *context);
MUST_CHECK int taxii_collections_each(struct page *p, taxii_collection_fn *call, void *context);

/* The stock as it is now, and what the asker may be given of that collection by this way: what he sees, as far up as release_decide() lets a program
 * have it. *ret_sight is freed by the caller. 1: nothing at all, and that is answered. */
MUST_CHECK int taxii_stock(struct page *p, const struct taxii_collection *c, struct stock **ret,
                           struct sight **ret_sight);
/* The same, with what came into the asker's sight when. `at` stands where he goes on; NULL: he asks for one object. Where the keeper has something to enter
 * first, it is asked, and the moment at which is read is a later one. taxii_reading_done() also behind a failure. */
struct taxii_reading {
    struct stock *stock;
    struct sight *sight;
    struct subscriber reader;
};
MUST_CHECK int taxii_read(struct page *p, const struct taxii_collection *c, struct taxii_reading *ret);
MUST_CHECK int taxii_read_on(struct page *p, const struct taxii_collection *c, const struct stock_place *at, struct taxii_reading *reading);
void taxii_reading_done(struct taxii_reading *reading);
/* Today's keys of cursors, the worker's own. 1: they cannot be had just now, and that is answered. */
MUST_CHECK int taxii_keys_of(struct page *p, const struct taxii_keys **ret);
