/* Segments whose keys wait to be written: packed by zstd, since they are written twice (log and file) and overwritten when they go. */
#include "store/intel-inside.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

#define PENDING_ROWS 8 /* at once, as PostgreSQL's answer lies in memory */

unsigned intel_level_of(uint8_t tlp)
{
    return tlp <= 1 ? 0 : tlp <= 3 ? 1 : 2;
}

int64_t intel_audience_of(const struct intel_writing *w, const struct segment_object *o)
{
    return w->audiences[intel_level_of(o->tlp)];
}

int intel_pending_add(struct store *s, int64_t run, int64_t n, int64_t first, struct str keys)
{
    size_t max = ZSTD_compressBound(keys.len), len;
    char *packed = malloc(max);
    int r = -ENOMEM;

    if (packed) {
        len = ZSTD_compress(packed, max, keys.at, keys.len, 1);
        r = ZSTD_isError(len) ? -ENOMEM : STORE_RUN(s, STMT_INTEL_PENDING_ADD, V_INT(run), V_INT(n), V_INT(first), V_INT(keys.len), V_BLOB(packed, len));
    }
    free(packed);
    return r;
}

/* Into memory of its own. */
static int unpack(struct str packed, int64_t length, struct pending *ret)
{
    if (length < 1 || (size_t)length > SEGMENT_SIZE_MAX)
        return -EIO;
    ret->keys = malloc((size_t)length);
    if (!ret->keys)
        return -ENOMEM;
    return ZSTD_decompress(ret->keys, (size_t)length, packed.at, packed.len) == (size_t)length ? 0 : -EIO;
}

static int read_row(struct rows *rows, struct pending *ret)
{
    int r = unpack(rows_blob(rows, 3), rows_int(rows, 2), ret);

    ret->n = rows_int(rows, 0);
    ret->first = rows_int(rows, 1);
    r = r ? r : segment_read_keys((struct str){ret->keys, (size_t)rows_int(rows, 2)}, &ret->segment);
    return r > 0 ? -EIO : r;
}

void intel_pending_done(struct pending *p)
{
    segment_done(&p->segment);
    free(p->keys);
    p->keys = NULL;
}

int intel_pending_each(struct store *s, int64_t run, intel_pending_fn *call, void *context)
{
    int64_t n = -1, before;
    int r;

    do {
        ROWS_AUTO *rows = NULL;

        before = n;
        r = STORE_QUERY(s, &rows, STMT_INTEL_PENDING_LIST, V_INT(run), V_INT(n), V_INT(PENDING_ROWS));
        while (!r && (r = rows_next(rows)) == 1) {
            struct pending p = {.n = n};

            r = read_row(rows, &p);
            n = p.n;
            r = r ? r : call(&p, context);
            intel_pending_done(&p);
        }
    } while (!r && n != before);
    return r;
}
