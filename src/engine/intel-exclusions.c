#include "engine/intel-exclusions.h"

#include "base/arena.h"
#include "engine/inside.h"
#include "engine/intel.h"
#include "engine/tally.h"

#include <errno.h>

#define PAGE_SIZE 200u

static bool is_over(const struct list_row *row, int32_t today)
{
    const char *until = json_str(row->values, "until");
    int32_t day;

    return *until && !day_parse_iso(str_of(until), &day) && day < today;
}

static int make_room(struct engine_exclusions *all, size_t n, struct arena *a)
{
    struct engine_exclusion *more;
    size_t size = MAX_OF(2 * all->size, n);

    if (n <= all->size)
        return 0;
    more = arena_alloc_n(a, size, sizeof(*more));
    if (!more)
        return -ENOMEM;
    if (all->n)
        memcpy(more, all->at, all->n * sizeof(*more));
    all->at = more;
    all->size = size;
    return 0;
}

static int take_rows(const struct list_rows *rows, int32_t today, struct arena *a, struct engine_exclusions *ret)
{
    int r = make_room(ret, ret->n + rows->n, a);

    for (size_t i = 0; !r && i < rows->n; i++) {
        struct str value = arena_str(a, str_of(json_str(rows->at[i].values, "value")));
        const char *record = arena_strdup(a, str_of(rows->at[i].id));

        if (!value.at || !record)
            r = -ENOMEM;
        else if (!is_over(&rows->at[i], today))
            ret->at[ret->n++] = (struct engine_exclusion){record, value};
    }
    return r;
}

int engine_exclusions(struct engine *e, const char *person, uint64_t now_us, struct arena *a, struct engine_exclusions *ret)
{
    static const char *const fields[] = {"value", "until"};
    const struct reg *reg = engine_holding(e, HOLDS_INTEL_EXCLUSIONS, now_us);
    struct list_query q = {.reg = reg ? reg->id : "", .state = "applies", .field = "", .key = "", .sort = "opened", .page_size = PAGE_SIZE, .fields = fields,
                           .n_fields = ARRAY_LEN(fields)};
    unsigned pages = reg ? 1 : 0;
    int r = 0;

    *ret = (struct engine_exclusions){NULL};
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

int engine_exclusions_mark(struct engine *e, const char *person, uint64_t now_us, struct engine_exclusions_mark *ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    const struct reg *reg = engine_holding(e, HOLDS_INTEL_EXCLUSIONS, now_us);
    const struct tally *unused;
    int r = engine_sight(e, person, now_us, &sight);

    if (!r && reg)
        r = tally_of(e->tallies, e->store, reg->id, &unused);
    if (!r)
        *ret = (struct engine_exclusions_mark){reg, reg ? tally_counter(e->tallies, reg->id) : 0, sight_serial(sight), day_of_instant(now_us)};
    return r;
}

bool engine_exclusions_mark_eq(const struct engine_exclusions_mark *a, const struct engine_exclusions_mark *b)
{
    return a->reg == b->reg && a->counter == b->counter && a->sight == b->sight && a->day == b->day;
}
