/* The ledger in the store: appends leaves under the head's lock, keeps frontier and tiles, signs checkpoints.
 * Only the keeper has a log that can append; it holds the signing key.
 * Threads  one.
 * Source   spec of the ledger, section 8, "Order" and "Shards"; doc/design/ledger-format.md. */
#pragma once

#include "base/codec.h"
#include "base/json.h"
#include "store/store.h"

struct log;

/* What the caller says of one leaf; the log adds v, seq and t. Borrowed for the call. */
struct log_leaf {
    const char *act;          /* "take-outs/permit", "system/force-import", "timer/loans!inspection" */
    const char *case_id;      /* record id or "" */
    const char *from, *to;    /* states or "" */
    const json_t *actor;      /* {id, post, rank, authority, for} */
    const json_t *obj;        /* [{kind, id, digest}] */
    const char *label;        /* "C2I2A2" or "" */
    const char *rules;        /* hex of the pack's hash or "" */
    const json_t *clauses;    /* [..] */
    const char *result;       /* allowed | refused | recorded */
    const json_t *unmet;      /* [..] rule ids with clauses */
    const json_t *in;         /* {} every non-personal input and every generated id */
    const json_t *pii;        /* [{field, commit}] */
    const json_t *paper;      /* or NULL */
    uint64_t due_us;          /* timer acts: when it was due; 0 none */
};
struct log_place {
    int64_t shard, seq;
    uint64_t t_us;
    struct digest hash;
};
