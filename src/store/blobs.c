#include "store/blobs.h"

#include "store/driver.h"

#include <stdio.h>

int blobs_open(const char *db, enum store_role role, struct store **ret, struct diag *diag)
{
    if (store_is_url(db))
        return postgres_open_blobs(db, role, ret, diag);
    return sqlite_open_blobs(db, role, ret, diag);
}

/* One statement, durable by itself. */
static int run(struct store *s, unsigned id, const struct value *values, size_t n)
{
    int r = store_begin_by(s, CONTROL_BEGIN_OWN);

    if (!r)
        r = store_run_any(s, id, values, n);
    if (r) {
        store_rollback(s);
        return r;
    }
    return store_commit(s);
}

int blobs_add(struct store *s, const char *file, int64_t n, struct str sealed)
{
    const struct value values[] = {V_TEXT(file), V_INT(n), V_BLOB(sealed.at, sealed.len)};

    return sealed.len > BLOBS_PIECE_MAX || strlen(file) > BLOBS_FILE_MAX ? -EINVAL : run(s, STMT_PIECE_ADD, values, ARRAY_LEN(values));
}

int blobs_drop(struct store *s, const char *file)
{
    const struct value values[] = {V_TEXT(file)};

    return run(s, STMT_PIECE_DROP, values, ARRAY_LEN(values));
}

/* The first row. STORE_E_NONE: there is none. */
static int one(struct store *s, unsigned id, const struct value *values, size_t n, struct rows **ret)
{
    ROWS_AUTO *rows = NULL;
    int r = store_query_any(s, id, values, n, &rows);

    if (r)
        return r;
    r = rows_next(rows);
    if (r == 1)
        *ret = TAKE(rows);
    return r == 1 ? 0 : r == 0 ? STORE_E_NONE : r == -ETIMEDOUT ? STORE_E_BUSY : r;
}

int blobs_get(struct store *s, const char *file, int64_t n, struct buf *out)
{
    const struct value values[] = {V_TEXT(file), V_INT(n)};
    ROWS_AUTO *row = NULL;
    int r = one(s, STMT_PIECE_GET, values, ARRAY_LEN(values), &row);

    return r ? r : buf_add_str(out, rows_blob(row, 0));
}

int blobs_count(struct store *s, const char *file, int64_t *ret)
{
    const struct value value = V_TEXT(file);
    ROWS_AUTO *row = NULL;
    int r = one(s, STMT_PIECE_COUNT, &value, 1, &row);

    if (!r)
        *ret = rows_int(row, 0);
    return r;
}

int blobs_next(struct store *s, const char *after, char ret_file[BLOBS_FILE_MAX + 1])
{
    const struct value value = V_TEXT(after);
    ROWS_AUTO *row = NULL;
    int r = one(s, STMT_PIECE_NEXT, &value, 1, &row);

    if (!r)
        snprintf(ret_file, BLOBS_FILE_MAX + 1, "%s", rows_text(row, 0));
    return r;
}
