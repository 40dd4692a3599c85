/* A copy of a whole store in two to four files, and back, from and to either database (S9).
 *
 *   FILE        an SQLite database with every table, and the table manifest: rows and digest of each
 *   FILE.vault  the same of the vault's keys; whoever holds both reads everything, so keep them apart
 *   FILE.files  pieces of files, sealed, when there are any; it opens with the vault's keys
 *   FILE.intel  threat intelligence, in the open, when there is any
 *
 * Neither knows the ledger: its roots are verified by the caller, afterwards.
 * Threads  one, with the handle. */
#pragma once

#include "base/codec.h"
#include "store/store.h"

/* Told before each table and every 10,000 rows. `arg` is the caller's.
 * `may` (or NULL) is asked whether what the snapshot holds may be copied: before a byte of it is written, and of a living store again (`is_last`) when all
 * is written and nothing has its name yet, for keys and pieces may be newer than the tables. false: nothing is left of the copy. */
struct backup_progress {
    void (*told)(void *arg, const char *table, uint64_t n_rows);
    void *arg;
    bool (*may)(void *arg, struct store *snapshot, bool is_last);
};

/* Write FILE, FILE.vault, FILE.files and FILE.intel from one snapshot, mode 0600; others may write meanwhile. Not inside a transaction. All
 * appear when they are complete; after a failure neither does. `progress` may be NULL.
 * 0. STORE_E_EXISTS: one of the files is there. STORE_E_FULL, STORE_E_LOST, STORE_E_BUSY. -ECANCELED: `may` said no, without words. Negative. Words in diag. */
MUST_CHECK int store_backup(struct store *s, const char *file, const struct backup_progress *progress,
                            struct diag *diag);
/* Write the backup `old` anew as FILE, FILE.vault, FILE.files and FILE.intel, without what `live` has destroyed since: keys of records that were disposed of
 * and of files that are gone, the values that were sealed under them, their words in the search and who held which bytes. What stays says so
 * in meta ("forgotten/RECORD"), by which verification knows it from what somebody removed. `old` is only read; wipe it afterwards.
 * `live` went on from it, in every shard: it holds no fewer entries, and the first of them have the root that `old` has. Else STORE_E_SCHEMA, for
 * what it does not know might be younger, or of a way that the ledger took before a restore. `root_at` tells that root: log_root_at(), or, for a
 * store without ledger, any that answers positive for what is not there. *ret_n: keys that are left out.
 * Otherwise as store_backup() and, of `old`, STORE_E_NONE, STORE_E_SCHEMA, STORE_E_DAMAGED. */
#define META_FORGOTTEN "forgotten/"
MUST_CHECK int store_backup_forget(struct store *live, const char *old, const char *file,
                                   int (*root_at)(struct store *s, int64_t shard, uint64_t size, struct digest *ret),
                                   const struct backup_progress *progress, uint64_t *ret_n, struct diag *diag);
/* Make a store of either kind in the empty place `db` and fill it from FILE and FILE.vault, which are only read. An
 * older schema is brought forward. What was written is read back and compared before it is committed; after a failure
 * the place is empty again. Of what is restored some differs: mail that waited may have gone since the backup,
 * so it counts as begun and the keeper finds it uncertain (M4); tickets, sessions and codes for a new password, which may have been used or ended
 * since, are good no more; and meta "restored" says when it was, from which file, and how far its ledger goes,
 * {"at": microseconds of the real clock, "file": its name, "shard", "size", "last": time of the last entry}, by which ways out are shut (engine/restored.h).
 * 0. STORE_E_NONE: a file is missing. STORE_E_EXISTS: the place is not empty. STORE_E_SCHEMA: not a backup, or a newer
 * one. STORE_E_DAMAGED: rows differ from the manifest; diag names the table. STORE_E_FULL, STORE_E_LOST,
 * STORE_E_BUSY. */
#define META_RESTORED "restored"
MUST_CHECK int store_restore(const char *file, const char *db, const struct backup_progress *progress,
                             struct diag *diag);
