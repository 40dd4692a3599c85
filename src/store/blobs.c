#include "store/blobs.h"

#include "store/driver.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

int blobs_open(const char *db, enum store_role role, struct store **ret, struct diag *diag)
{
    return store_open_beside(db, BESIDE_BLOBS, role, ret, diag);
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

/* ---- a few handles for many readers ---- */

struct blobs_pool {
    char *db;
    pthread_mutex_t lock; /* holds: idle, n */
    struct store *idle[BLOBS_IDLE_MAX];
    size_t n;
};

int blobs_pool_new(const char *db, struct blobs_pool **ret)
{
    struct blobs_pool *p = calloc(1, sizeof(*p));

    if (!p)
        return -ENOMEM;
    if (!(p->db = strdup(db))) {
        free(p);
        return -ENOMEM;
    }
    pthread_mutex_init(&p->lock, NULL);
    *ret = p;
    return 0;
}

void blobs_pool_free(struct blobs_pool *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        store_close(p->idle[i]);
    pthread_mutex_destroy(&p->lock);
    free(p->db);
    free(p);
}

static int take(struct blobs_pool *p, struct store **ret)
{
    struct store *s = NULL;

    pthread_mutex_lock(&p->lock);
    if (p->n)
        s = p->idle[--p->n];
    pthread_mutex_unlock(&p->lock);
    if (!s)
        return blobs_open(p->db, STORE_READ, ret, NULL);
    *ret = s;
    return 0;
}

static void give_back(struct blobs_pool *p, struct store *s)
{
    pthread_mutex_lock(&p->lock);
    if (p->n < BLOBS_IDLE_MAX) {
        p->idle[p->n++] = s;
        s = NULL;
    }
    pthread_mutex_unlock(&p->lock);
    store_close(s);
}

int blobs_pool_get(struct blobs_pool *p, const char *file, int64_t n, struct buf *out)
{
    int r = 0;

    for (int i = 0; i < 2; i++) {
        struct store *s;

        if ((r = take(p, &s)))
            return r;
        r = blobs_get(s, file, n, out);
        if (!r || r == STORE_E_NONE) {
            give_back(p, s);
            return r;
        }
        store_close(s); /* and whatever is wrong with it */
        if (r != STORE_E_LOST)
            return r;
    }
    return r;
}
