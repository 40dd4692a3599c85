#include "engine/intel-exclusions.h"

#include "base/arena.h"
#include "engine/intel.h"

#include <errno.h>

#define PAGE_SIZE 200u

static bool is_over(const struct list_row *row, int32_t today)
{
    const char *until = json_str(row->values, "until");
    int32_t day;

    return *until && !day_parse_iso(str_of(until), &day) && day < today;
}

static int take_rows(const struct list_rows *rows, int32_t today, struct arena *a, struct engine_exclusions *ret)
{
    struct engine_exclusion *more = arena_alloc_n(a, ret->n + MAX_OF(rows->n, 1), sizeof(*more));

    if (!more)
        return -ENOMEM;
    if (ret->n)
        memcpy(more, ret->at, ret->n * sizeof(*more));
    ret->at = more;
    for (size_t i = 0; i < rows->n; i++) {
        struct str value = arena_str(a, str_of(json_str(rows->at[i].values, "value")));

        if (!value.at)
            return -ENOMEM;
        if (!is_over(&rows->at[i], today))
            ret->at[ret->n++] = (struct engine_exclusion){rows->at[i].id, value};
    }
    return 0;
}

int engine_exclusions(struct engine *e, const char *person, uint64_t now_us, struct arena *a, struct engine_exclusions *ret)
{
    static const char *const fields[] = {"value", "until"};
    const struct reg *reg = engine_holding(e, HOLDS_INTEL_EXCLUSIONS, now_us);
    struct list_query q = {.reg = reg ? reg->id : "", .state = "applies", .field = "", .key = "", .sort = "opened", .page_size = PAGE_SIZE, .fields = fields,
                           .n_fields = ARRAY_LEN(fields)};
    unsigned pages = reg ? 1 : 0;
    int r = 0;

    *ret = (struct engine_exclusions){NULL, 0, false};
    for (q.page = 1; !r && q.page <= pages; q.page++) {
        struct list_rows rows;

        if ((q.page - 1) * PAGE_SIZE >= ENGINE_EXCLUSIONS_MAX) {
            ret->is_cut = true;
            break;
        }
        r = ERR_FOLD(engine_list_rows(e, person, &q, a, &rows));
        if (r)
            break;
        pages = rows.pages;
        r = take_rows(&rows, day_of_instant(now_us), a, ret);
        list_rows_done(&rows);
    }
    return r;
}
