/* Where a store test works: a fresh empty place of one kind for each test.
 * Owner    place_start() … place_stop(), which removes everything.
 * The server of PLACE_POSTGRES is a real one. */
#pragma once

#include "pg-server.h"
#include "store/store.h"

enum place_kind { PLACE_DIR, PLACE_MEMORY, PLACE_POSTGRES };

struct place {
    enum place_kind kind;
    struct pg_server *server; /* PLACE_POSTGRES */
    char dir[64];             /* for files of the test, whatever the kind */
    int n;                    /* places given out */
    char db[128];             /* the last one, for store_open() */
};

MUST_CHECK int place_start(struct place *place, enum place_kind kind);
void place_stop(struct place *place);
/* Several, each of the kind that stands in it. */
MUST_CHECK int places_start(struct place *places, size_t n);
void places_stop(struct place *places, size_t n);
/* A new empty place; NULL on failure. Valid until the next call. */
const char *place_fresh(struct place *place);
/* "DIR/name" in the place's directory, in one of four buffers used in turn. */
const char *place_file(struct place *place, const char *name);
