/* The ledger in the store: appends leaves under the head's lock, keeps frontier and tiles, signs checkpoints.
 * Only the keeper has a log that can append; it holds the signing key.
 * Threads  one.
 * Source   spec of the ledger, section 8, "Order" and "Shards"; doc/design/ledger-format.md. */
#pragma once

#include "base/codec.h"
#include "base/diag.h"
#include "base/json.h"
#include "store/store.h"

struct log;

/* What the caller says of one leaf; the log adds v, seq, t and salt: what was not known before comes in there alone. Borrowed for the call. */
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

#define LOG_SEED_SIZE 32 /* Ed25519 seed */

enum { LOG_E_NONE = 1, LOG_E_LARGE, LOG_E_DAMAGED, LOG_E_RANGE };

/* Open for appending over a STORE_WRITE handle. `seed` is copied and wiped at log_close(); the log's name is taken from meta
 * `origin` ("<force>/<installation>"); each shard's origin is that with "/<year>".
 * 0. LOG_E_NONE: meta has no origin. LOG_E_DAMAGED: a head does not fit its frontier. */
MUST_CHECK int log_open(struct store *s, const uint8_t seed[LOG_SEED_SIZE], struct log **ret, struct diag *diag);
void log_close(struct log *l); /* accepts NULL */
DEFINE_CLEANUP(struct log, log_close);

/* ---- inside one store transaction, in this order ---- */
/* After store_begin(): read the newest head under its lock (another node may have appended). */
MUST_CHECK int log_begin(struct log *l);
/* Add one leaf. The first leaf of a year opens its shard by itself: "system/shard" with the end of the one before, the packs
 * in force (meta `packs`) and how the clock is set. Time is the greater of now_us and the last entry's.
 * 0. LOG_E_LARGE: the leaf is over 65,535 bytes or too deep. -EINVAL: not canonical (a bug of the caller; see diag). */
MUST_CHECK int log_append(struct log *l, const struct log_leaf *leaf, uint64_t now_us, struct log_place *ret,
                          struct diag *diag);
/* With each store_savepoint(): remember the head; with store_back_to(): return to it. Do not nest. */
void log_mark(struct log *l);
void log_back(struct log *l);
/* The same within one that was marked so, for a single timer; do not nest these either. */
void log_mark_inner(struct log *l);
void log_back_inner(struct log *l);
/* Before store_commit(): write heads and the tiles that are full now. */
MUST_CHECK int log_end(struct log *l);
/* After a failed commit: forget what was not kept. */
void log_forget(struct log *l);

/* ---- outside of a transaction ---- */
/* Sign the newest shard as it is in memory after a commit: the signed note. */
MUST_CHECK int log_checkpoint(struct log *l, struct buf *out);
/* The same for any shard, as the store holds it: also inside a transaction, before log_end(). LOG_E_NONE. */
MUST_CHECK int log_checkpoint_of(struct log *l, int64_t shard, struct buf *out);
/* The same for the first `size` entries of a shard: for an export of an earlier moment. LOG_E_NONE; LOG_E_RANGE: it has fewer. */
MUST_CHECK int log_checkpoint_at(struct log *l, int64_t shard, uint64_t size, struct buf *out);
/* The year of the newest shard and its size; 0, 0 before the first entry. */
void log_head(const struct log *l, int64_t *ret_shard, uint64_t *ret_size);
/* "name+hash+base64": what others verify notes of that shard with. */
MUST_CHECK int log_vkey(const struct log *l, int64_t shard, struct buf *out);

/* ---- reading: any handle, no key ---- */
/* Source of hashes for proofs over a shard of the store; log_source_done() frees. */
struct log_source;
MUST_CHECK int log_source_new(struct store *s, int64_t shard, struct log_source **ret);
void log_source_done(struct log_source *src);
DEFINE_CLEANUP(struct log_source, log_source_done);
struct tree_source;
struct tree_source log_source_tree(struct log_source *src);
/* Root of the first `size` entries of a shard, by its tiles and leaf hashes. 0, LOG_E_NONE; LOG_E_RANGE: it has fewer. -EIO: a tile is damaged. */
MUST_CHECK int log_root_at(struct store *s, int64_t shard, uint64_t size, struct digest *ret);

/* The entries before an instant: the shard of the newest one, and how many of that shard lie before. LOG_E_NONE: there is none. */
MUST_CHECK int log_size_before(struct store *s, uint64_t us, int64_t *ret_shard, uint64_t *ret_size);

/* Everything about one shard re-derived from its entries: order, time, canonical form, hashes, tiles, frontier, root; and that
 * its first entry names the end of the shard before.
 * `progress` (may be NULL) is told after each thousand entries. Findings are errors in diag, each naming the entry.
 * 0: sound. LOG_E_DAMAGED: see diag. LOG_E_NONE: no such shard. */
MUST_CHECK int log_verify_shard(struct store *s, int64_t shard, void (*progress)(void *user, uint64_t done, uint64_t size),
                                void *user, struct diag *diag);
/* Checkpoint, key, tiles and entry bundles of a shard under dir/<year>, as the tiled layout names them. `note` and `vkey` come from
 * the keeper. 0, LOG_E_NONE, -errno. */
MUST_CHECK int log_export_shard(struct store *s, int64_t shard, const char *dir, struct str note, struct str vkey,
                                struct diag *diag);
