/* An export: the ledger as plain files that an auditor takes away and checks with tsujiban-fsck, trusting nobody.
 *
 *     <dir>/<year>/checkpoint, key, tile/...      one folder a shard
 *     <dir>/records/<register>/<id>.json          with --records
 *     <dir>/records/manifest
 *
 * Everything is written whole or not at all; the checkpoint of a shard comes last, so that a folder with a checkpoint is
 * complete. Layout: doc/design/ledger-format.md L40-L48.
 * Threads  one. */
#pragma once

#include "ledger/leaf.h"
#include "ledger/tile.h"

#define EXPORT_RECORD_MAX ((size_t)16 << 20) /* bytes of one record's file */

enum { EXPORT_E_SIZE = 1, EXPORT_E_CANON };

struct export_shard; /* about 200 KB while open */

/* Begin <dir>/<year>. */
MUST_CHECK int export_shard_new(const char *dir, int32_t year, struct export_shard **ret_shard,
                                struct diag *diag);
/* The next entry; at most TILE_ENTRY_MAX bytes. EXPORT_E_SIZE; -errno. */
MUST_CHECK int export_shard_add(struct export_shard *shard, struct str entry);
/* Size and root of what was added: the caller compares them with the checkpoint. */
struct tree export_shard_tree(const struct export_shard *shard);
/* Write what is unfinished, then the key's line (a newline is added) and the signed checkpoint. */
MUST_CHECK int export_shard_end(struct export_shard *shard, struct str vkey, struct str checkpoint,
                                struct diag *diag);
void export_shard_free(struct export_shard *shard); /* accepts NULL */
DEFINE_CLEANUP(struct export_shard, export_shard_free);

struct export_records;

/* Begin <dir>/records. */
MUST_CHECK int export_records_new(const char *dir, struct export_records **ret_records, struct diag *diag);
/* One record: {id, register, state, version, values, personal: {field: {value, salt} or {commit, erased: true}}}.
 * EXPORT_E_CANON: it lacks id or register, or has no canonical form (see diag). */
MUST_CHECK int export_records_add(struct export_records *records, const json_t *record, struct diag *diag);
/* Write the manifest. */
MUST_CHECK int export_records_end(struct export_records *records, struct diag *diag);
void export_records_free(struct export_records *records); /* accepts NULL */
DEFINE_CLEANUP(struct export_records, export_records_free);

/* A file name for any id: bytes other than A-Z a-z 0-9 _ - and a dot that is not the first become %XX. */
int export_file_name(struct str id, struct buf *out);
