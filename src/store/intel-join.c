#include "store/intel-join.h"

#include "store/driver.h"
#include "store/intel-post.h"
#include "store/intel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct block {
    int64_t last, n; /* its last number, and how many there are */
    size_t len;
    char bytes[STORE_INTEL_BLOCK];
};

#define SMALL (STORE_INTEL_BLOCK / 2 - 10) /* two of them and a difference have room in one */

struct joining {
    struct joined {
        int64_t value, first, before; /* the block that begins with `first` goes behind the one that begins with `before` */
    } *at;
    size_t n, size;
};

static int add_joined(struct joining *j, struct rows *row)
{
    if (j->n == j->size) {
        size_t size = j->size ? 2 * j->size : 256;
        struct joined *more = reallocarray(j->at, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        j->at = more;
        j->size = size;
    }
    j->at[j->n++] = (struct joined){rows_int(row, 0), rows_int(row, 1), rows_int(row, 2)};
    return 0;
}

static int find_small(struct store *s, int64_t audience, int64_t run, int64_t bound, struct joining *ret)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(s, &rows, STMT_INTEL_POSTING_SMALL, V_INT(audience), V_INT(run), V_INT(bound), V_INT(SMALL));

    while (!r && (r = rows_next(rows)) == 1)
        r = add_joined(ret, rows);
    return r;
}

/* The block of run 0 that begins there. */
static int block_at(struct store *s, int64_t audience, int64_t value, int64_t first, struct block *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTEL_POSTING_AT, V_INT(audience), V_INT(0), V_INT(value), V_INT(first));
    struct str bytes;

    if (r || rows_int(row, 0) != first)
        return r && r != STORE_E_NONE ? r : -EIO;
    *ret = (struct block){.last = first, .n = rows_int(row, 1)};
    bytes = rows_blob(row, 2);
    if (bytes.len > sizeof(ret->bytes))
        return -EIO;
    memcpy(ret->bytes, bytes.at, bytes.len);
    ret->len = bytes.len;
    while (bytes.len)
        if (!intel_block_next(&bytes, &ret->last))
            return -EIO;
    return 0;
}

static int join(struct store *s, int64_t audience, const struct joined *j)
{
    struct block to, from;
    char bytes[10];
    size_t len;
    int r = block_at(s, audience, j->value, j->before, &to) ?: block_at(s, audience, j->value, j->first, &from);

    if (r)
        return r;
    if (j->first <= to.last)
        return -EIO;
    len = intel_varint((uint64_t)(j->first - to.last), bytes);
    if (to.len + len + from.len > sizeof(to.bytes)) /* it has grown by the one before */
        return 0;
    memcpy(to.bytes + to.len, bytes, len);
    memcpy(to.bytes + to.len + len, from.bytes, from.len);
    to.len += len + from.len;
    to.n += from.n;
    return STORE_RUN(s, STMT_INTEL_POSTING_TAKE_OUT, V_INT(audience), V_INT(0), V_INT(j->value), V_INT(j->first)) ?:
           STORE_RUN(s, STMT_INTEL_POSTING_SET, V_INT(audience), V_INT(0), V_INT(j->value), V_INT(j->before), V_INT(to.n), V_BLOB(to.bytes, to.len));
}

int intel_join(struct store *s, int64_t audience, int64_t run, int64_t bound)
{
    struct joining j = {NULL};
    int r = find_small(s, audience, run, bound, &j);

    for (size_t i = 0; !r && i < j.n; i++)
        r = join(s, audience, &j.at[i]);
    free(j.at);
    return r;
}
