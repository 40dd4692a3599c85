/* An installation against its ledger: every shard re-derived, every record compared with the digest that its last entry cites,
 * every draw reckoned again (draw.h), every commitment opened where the value is still held. Also the export of records for an outsider who does the same.
 * Threads  one; any handle.
 * Limits   the last citation of every record is kept in memory: about 300 bytes a record. */
#pragma once

#include "base/diag.h"
#include "engine/engine.h"

struct verify_summary {
    size_t n_shards;
    uint64_t n_entries, n_records, n_commitments;
};

enum { VERIFY_E_DAMAGED = 1 };
/* Findings are errors in diag, each naming shard and entry, or the record. `progress` may be NULL. The store is read as of one
 * moment; the handle is in no transaction. */
MUST_CHECK int verify_installation(struct store *s, void (*progress)(void *user, uint64_t done, uint64_t size), void *user,
                                   struct verify_summary *ret, struct diag *diag);
/* The same, with texts of directives and the force as the engines over `shared` have them: what was read once is not read again. */
MUST_CHECK int verify_installation_over(struct store *s, struct engine_shared *shared, void (*progress)(void *user, uint64_t done, uint64_t size),
                                        void *user, struct verify_summary *ret, struct diag *diag);
/* Every file that a record names is opened and hashed, and compared with what was found when it came. Contents of a file that is gone are
 * nobody's. *ret_n: files, *ret_bytes: in clear. */
MUST_CHECK int verify_files(struct store *s, const char *db, uint64_t *ret_n, uint64_t *ret_bytes, struct diag *diag);
struct note_key;
/* That the ledger only grew since a checkpoint (the signed note) that was kept elsewhere; `name` is what findings call it. With
 * `key` its signature counts too, without it what it says is all that is compared. VERIFY_E_DAMAGED; -errno. */
MUST_CHECK int verify_since(struct store *s, const char *name, struct str note, const struct note_key *key, struct diag *diag);
/* records/ below `dir`: one file a record with values and salts. */
MUST_CHECK int verify_export_records(struct store *s, const char *dir, struct diag *diag);
