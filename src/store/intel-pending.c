/* Segments whose keys wait to be written: read back. */
#include "store/intel-inside.h"

#include <errno.h>

#define PENDING_ROWS 8 /* at once, as PostgreSQL's answer lies in memory */

unsigned intel_level_of(uint8_t tlp)
{
    return tlp <= 1 ? 0 : tlp <= 3 ? 1 : 2;
}

int64_t intel_audience_of(const struct intel_writing *w, const struct segment_object *o)
{
    return w->audiences[intel_level_of(o->tlp)];
}

int intel_pending_read(struct str keys, struct segment *ret)
{
    int r = segment_read_keys(keys, ret);

    return r > 0 ? -EIO : r;
}

int intel_pending_each(struct store *s, int64_t run, intel_pending_fn *call, void *context)
{
    struct pending p = {.n = -1};
    int64_t before;
    int r;

    do {
        ROWS_AUTO *rows = NULL;

        before = p.n;
        r = STORE_QUERY(s, &rows, STMT_INTEL_PENDING_LIST, V_INT(run), V_INT(p.n), V_INT(PENDING_ROWS));
        while (!r && (r = rows_next(rows)) == 1) {
            p = (struct pending){rows_int(rows, 0), rows_int(rows, 1), rows_blob(rows, 2)};
            r = call(&p, context);
        }
    } while (!r && p.n != before);
    return r;
}
