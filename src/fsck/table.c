#include "fsck/fsck.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a; a hostile export can only make its own check slow. */
static uint64_t mix(struct slice key)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < key.len; i++)
        h = (h ^ (unsigned char)key.at[i]) * UINT64_C(1099511628211);
    return h ^ h >> 32;
}

void table_done(struct table *t)
{
    for (size_t i = 0; i < t->size; i++)
        free(t->rows[i].key);
    free(t->rows);
    *t = (struct table){0};
}

static struct known *slot(struct known *rows, size_t size, struct slice key)
{
    size_t i = (size_t)mix(key) & (size - 1);

    while (rows[i].key && !slice_eq((struct slice){rows[i].key, rows[i].key_len}, key))
        i = (i + 1) & (size - 1);
    return &rows[i];
}

static void grow(struct table *t)
{
    size_t size = t->size ? t->size * 2 : 1024;
    struct known *rows = calloc(size, sizeof(*rows));

    if (!rows)
        abort();
    for (size_t i = 0; i < t->size; i++)
        if (t->rows[i].key)
            *slot(rows, size, (struct slice){t->rows[i].key, t->rows[i].key_len}) = t->rows[i];
    free(t->rows);
    t->rows = rows;
    t->size = size;
}

struct known *table_at(struct table *t, struct slice key, bool make)
{
    struct known *row;

    if (make && t->n >= t->size / 2)
        grow(t);
    if (t->size == 0)
        return NULL;
    row = slot(t->rows, t->size, key);
    if (row->key || !make)
        return row->key ? row : NULL;
    row->key = malloc(key.len + 1);
    if (!row->key)
        abort();
    memcpy(row->key, key.at, key.len);
    row->key[key.len] = '\0';
    row->key_len = key.len;
    t->n++;
    return row;
}
