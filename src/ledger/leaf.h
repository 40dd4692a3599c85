/* One entry of the ledger: canonical JSON of at most LEAF_MAX bytes, and the commitments that stand in it for personal
 * values. What each member means is in doc/design/ledger-format.md (L20-L37).
 * Owner    everything a struct leaf points to is borrowed.
 * Threads  any.
 * Personal values never enter a leaf, nor a digest of them that could be guessed back: only SHA256(salt || value) with
 * 32 random bytes of salt, which are kept with the value and destroyed with it. */
#pragma once

#include "base/json.h"
#include "base/time.h"

#define LEAF_VERSION 1
#define LEAF_MAX 65535u      /* bytes */
#define LEAF_DEPTH_MAX 16u
#define LEAF_NAME_MAX 300u   /* bytes of act, case, state, ids, clause */
#define LEAF_LIST_MAX 4096u  /* members of obj, clauses, unmet, pii */
#define LEAF_SALT_SIZE 32u
#define LEAF_BLIND_SIZE 16u /* random bytes of an entry itself (L36) */

enum {
    LEAF_E_SYNTAX = 1, /* not canonical JSON of an entry */
    LEAF_E_LIMIT,      /* too large or too deep: such a thing goes in by its digest */
};

/* Empty texts and NULL values are left out. */
struct leaf {
    int64_t seq;          /* place in the shard, from 0 */
    uint64_t t_us;        /* when it was entered */
    uint64_t due_us;      /* acts of timers: when it was due; 0 none */
    const char *act;      /* must be there */
    const char *case_id;  /* record that the act is about */
    const char *from;     /* states */
    const char *to;
    const json_t *actor;  /* {id, post, rank, authority: own | acting | senketsu | daiketsu, for} */
    const json_t *obj;    /* [{kind, id, digest, disposed}] */
    const char *label;
    const char *rules;    /* 64 hex digits: the canonical rule set */
    const json_t *clauses; /* [text] */
    const char *result;   /* allowed | refused | recorded; must be there */
    const json_t *unmet;  /* [text or object] */
    const json_t *in;     /* {}: every non-personal input and every generated id */
    const json_t *pii;    /* [{field, commit, record}] */
    const json_t *paper;  /* {written, keyed}: instants, for what was keyed in from paper */
    const char *ref;      /* "<year>/<seq>" of an earlier entry that this one answers */
    const char *salt;     /* 32 hex digits, new for each entry; entries of before have none */
};

/* Append the canonical bytes. diag names the member that is wrong.
 * LEAF_E_SYNTAX, LEAF_E_LIMIT; -ENOMEM, -ENOSPC. On failure `out` may hold a beginning. */
MUST_CHECK int leaf_print(const struct leaf *leaf, struct buf *out, struct diag *diag);
/* Read an entry strictly: known members only, each well formed, and printing it gives the same bytes.
 * *ret_json owns it; ret_leaf (may be NULL) borrows from *ret_json. LEAF_E_SYNTAX, LEAF_E_LIMIT; -ENOMEM. */
MUST_CHECK int leaf_parse(struct str bytes, struct leaf *ret_leaf, json_t **ret_json, struct diag *diag);

/* `in` of a shard's first entry: how the clock is set (canonical JSON, borrowed; may be NULL) and, but for the very
 * first shard, the last checkpoint of the shard before (prev_origin NULL: none). NULL when out of memory. */
json_t *leaf_opening(const char *prev_origin, uint64_t prev_size, const struct digest *prev_root,
                     json_t *clock);

/* ---- commitments and records ---- */

/* SHA256(salt || value). The value of a text is its UTF-8 bytes, of anything else its canonical JSON. */
struct digest leaf_commit_bytes(const uint8_t salt[static LEAF_SALT_SIZE], struct str value);
/* JSON_E_CANON; -ENOMEM. */
MUST_CHECK int leaf_commit(const uint8_t salt[static LEAF_SALT_SIZE], const json_t *value,
                           struct digest *ret_commit, struct diag *diag);

/* The digest that entries cite for a record: SHA-256 of the canonical JSON of
 * {id, register, state, version, values, personal: {field: commit in hex}}. `values` and `personal` are objects;
 * NULL stands for an empty one. JSON_E_CANON; -ENOMEM. */
struct leaf_record {
    const char *id, *register_id, *state;
    int64_t version;
    const json_t *values;   /* {field: value} */
    const json_t *personal; /* {field: "<commit>"} */
};
MUST_CHECK int leaf_record_digest(const struct leaf_record *record, struct digest *ret_digest,
                                  struct diag *diag);
