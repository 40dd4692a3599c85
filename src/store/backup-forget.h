/* Inside src/store only: what a backup that is written anew leaves out (store_backup_forget() of store/backup.h).
 * Owner    the caller; forgotten_done().
 * Threads  one, with the handles. */
#pragma once

#include "base/codec.h"
#include "store/driver.h"

/* Names of keys that are left out, and of their records, sorted. */
struct forgotten {
    struct store *live;
    const char *const *old_beside; /* files beside the backup that is read, by enum beside */
    char **names;
    size_t n, size;
    uint64_t n_keys;
};

typedef int root_at_fn(struct store *s, int64_t shard, uint64_t size, struct digest *ret);

/* What `live` has destroyed of the keys in `old`. 0, negative. */
MUST_CHECK int forgotten_find(struct forgotten *f, struct store *old);
void forgotten_done(struct forgotten *f);
bool forgotten_has(const struct forgotten *f, struct str name);
/* A row of that table tells of what is left out. `f` NULL: none does. */
bool forgotten_has_row(const struct forgotten *f, const char *table, const struct value *values);
/* `live` went on from `old`, in every shard. 0; STORE_E_SCHEMA, with words; negative. */
MUST_CHECK int forgotten_check(struct store *live, struct store *old, const char *file, root_at_fn *root_at, struct diag *diag);
