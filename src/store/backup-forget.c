#include "store/backup-forget.h"

#include "base/tell.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static int name_cmp(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool forgotten_has(const struct forgotten *f, struct str name)
{
    size_t low = 0, high = f->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = str_cmp(str_of(f->names[mid]), name);

        if (!order)
            return true;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

/* Rows that tell of what is left out, by the columns that name it; -1: no second one. */
bool forgotten_has_row(const struct forgotten *f, const char *table, const struct value *values)
{
    static const struct {
        const char *table;
        int columns[2];
    } by[] = {{"personal", {0, -1}}, {"search_row", {1, -1}}, {"holding", {1, 2}}, {"reading", {0, -1}}, {"attachment", {0, 2}}};

    for (size_t i = 0; f && i < ARRAY_LEN(by); i++) {
        if (strcmp(by[i].table, table) != 0)
            continue;
        for (size_t k = 0; k < 2; k++) {
            const struct value *v = by[i].columns[k] < 0 ? NULL : &values[by[i].columns[k]];

            if (v && v->type == VALUE_TEXT && v->bytes.len && forgotten_has(f, v->bytes))
                return true;
        }
    }
    return false;
}

static int name_add(struct forgotten *f, const char *name, size_t len)
{
    if (f->n == f->size) {
        size_t size = f->size ? 2 * f->size : 64;
        char **more = reallocarray(f->names, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        f->names = more;
        f->size = size;
    }
    if (!(f->names[f->n] = strndup(name, len)))
        return -ENOMEM;
    f->n++;
    return 0;
}

/* 1: the live store has destroyed that key. A file's key has changed its name when an act named it. */
static int is_destroyed(struct store *live, const char *name)
{
    uint8_t key[VAULT_KEY_SIZE];
    ROWS_AUTO *row = NULL;
    int r = *name == '*' ? 0 : vault_get(live, str_of(name), key);

    sodium_memzero(key, sizeof(key));
    if (r != STORE_E_NONE)
        return r > 0 ? -EIO : r;
    r = STORE_ONE(live, &row, STMT_ATTACHMENT_GET, V_TEXT(name));
    if (r && r != STORE_E_NONE)
        return r > 0 ? -EIO : r;
    return r || !strcmp(rows_text(row, 5), "gone");
}

int forgotten_find(struct forgotten *f, struct store *old)
{
    ROWS_AUTO *rows = NULL;
    int r = store_scan_vault(old, &rows);

    while (!r && (r = rows_next(rows)) == 1) {
        const char *name = rows_text(rows, 0), *number = strchr(name, '#');

        if ((r = is_destroyed(f->live, name)) <= 0)
            continue;
        f->n_keys++;
        r = name_add(f, name, strlen(name));
        if (!r && number)
            r = name_add(f, name, (size_t)(number - name));
    }
    if (!r && f->n)
        qsort(f->names, f->n, sizeof(*f->names), name_cmp);
    return r;
}

void forgotten_done(struct forgotten *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->names[i]);
    free(f->names);
}

static int64_t size_of_shard(struct store *s, int64_t year, struct str origin)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(s, &rows, STMT_HEAD_LIST);

    while (!r && (r = rows_next(rows)) == 1) {
        if (rows_int(rows, 0) == year && str_eq(rows_str(rows, 1), origin))
            return rows_int(rows, 2);
        r = 0;
    }
    return -1;
}

/* Positive: the first entries of the shard are not those of `head`. */
static int check_way(struct store *live, root_at_fn *root_at, struct rows *head)
{
    struct digest root;
    int r = root_at(live, rows_int(head, 0), (uint64_t)rows_int(head, 2), &root);

    return r ? r : !str_eq(rows_blob(head, 4), (struct str){(const char *)root.bytes, sizeof(root.bytes)});
}

/* What `live` does not know is destroyed only where it has gone on from there. */
int forgotten_check(struct store *live, struct store *old, const char *file, root_at_fn *root_at, struct diag *diag)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(old, &rows, STMT_HEAD_LIST);

    while (!r && (r = rows_next(rows)) == 1) {
        if (size_of_shard(live, rows_int(rows, 0), rows_str(rows, 1)) < rows_int(rows, 2)) {
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_FORGET_ANOTHER, {"path", str_of(file)});
            return STORE_E_SCHEMA;
        }
        if ((r = check_way(live, root_at, rows)) > 0) {
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_FORGET_RESTORED, {"path", str_of(file)});
            return STORE_E_SCHEMA;
        }
    }
    if (r)
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_FORGET_LEDGER, {"path", str_of(file)});
    return r;
}
