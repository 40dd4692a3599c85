/* Contents of files, in sealed pieces, in a third place beside the store and its vault: DIR/blobs.db for SQLite, the schema
 * `blobs` for PostgreSQL (doc/design/store.md, S16). Large writes wait for no batch and no batch waits for them: a handle on this
 * place has its own connection and never takes the lock of the store's head. What a piece holds is nothing to this room.
 *
 *     piece(file, n, sealed)   file: id of an attachment; n: from 0
 *
 * Owner    the caller; the handle is a store's (store_close()) that runs these calls only.
 * Threads  one at a time for each handle.
 * Answers  also STORE_E_BUSY, STORE_E_FULL, STORE_E_LOST everywhere. */
#pragma once

#include "store/store.h"

#define BLOBS_PIECE_MAX ((1u << 20) + 64) /* bytes of one sealed piece */
#define BLOBS_FILE_MAX 80                 /* bytes of a file's id */

/* `db` as for store_open(). For writing, SQLite's file is made when it is missing. STORE_E_NONE: for reading there is none yet. */
MUST_CHECK int blobs_open(const char *db, enum store_role role, struct store **ret, struct diag *diag);
/* Durable when it answers 0. STORE_E_EXISTS: there is such a piece. */
MUST_CHECK int blobs_add(struct store *s, const char *file, int64_t n, struct str sealed);
/* Appends the piece. STORE_E_NONE. */
MUST_CHECK int blobs_get(struct store *s, const char *file, int64_t n, struct buf *out);
/* How many pieces the file has, from 0 on; they come in order, so this is the number of the next one. */
MUST_CHECK int blobs_count(struct store *s, const char *file, int64_t *ret);
/* All pieces of the file. */
MUST_CHECK int blobs_drop(struct store *s, const char *file);
/* The first file behind `after` in order of ids. STORE_E_NONE: no other. */
MUST_CHECK int blobs_next(struct store *s, const char *after, char ret_file[BLOBS_FILE_MAX + 1]);

/* ---- a few handles for many readers ----
 * A handle is lent for one piece and comes back before its bytes go anywhere: however slowly somebody takes a file, he holds no connection to
 * the database and no place in it meanwhile. There are as many as ask in one moment, of which BLOBS_IDLE_MAX stay open.
 * Owner    the caller of blobs_pool_new(); blobs_pool_free() when nobody asks any more.
 * Threads  any. */
#define BLOBS_IDLE_MAX 4
struct blobs_pool;
MUST_CHECK int blobs_pool_new(const char *db, struct blobs_pool **ret);
void blobs_pool_free(struct blobs_pool *p); /* accepts NULL */
DEFINE_CLEANUP(struct blobs_pool, blobs_pool_free);
/* blobs_get() by one of them; where its connection was lost, once more by a fresh one. STORE_E_NONE: no such piece, or no place yet. */
MUST_CHECK int blobs_pool_get(struct blobs_pool *p, const char *file, int64_t n, struct buf *out);
