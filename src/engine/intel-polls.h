/* What is fetched from other TAXII servers: records in the state `polled` of the register that holds channels of threat intelligence, with the fields that
 * such a register has then (doc/design/intelligence.md, TX8; regulation/check-holds.c).
 * Owner    texts are the arena's.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

struct arena;

#define ENGINE_POLLS_MAX 1000u

struct engine_poll {
    const char *channel, *name;     /* id and name of its record */
    const char *url;                /* of the other collection: the API root, "collections/", its id, a slash */
    const char *user;               /* who asks there; "" nobody, or a token */
    const char *collection;         /* id of the record: into which it comes */
    const char *person;             /* who answers for it: the imports are his */
    unsigned tlp;                   /* enum tlp: of what comes without a mark */
    unsigned minutes;               /* between two polls, 1 at least */
    bool is_plain;                  /* the line is safe without TLS */
};
struct engine_polls {
    struct engine_poll *at; /* by the channels' numbers */
    size_t n;
    bool is_cut; /* there are more than ENGINE_POLLS_MAX */
};
/* Of the texts in force. `person` NULL: all that there are; else those whose channels he sees. */
MUST_CHECK int engine_polls(struct engine *e, const char *person, uint64_t now_us, struct arena *a, struct engine_polls *ret);
