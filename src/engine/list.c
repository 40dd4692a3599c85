/* Lists of a register, page by page, of what a person may see only: counts are exact for him, and what is hidden costs nothing.
 * Newest first, the audiences in his sight are read side by side and merged; nothing is read that is not shown or passed over. */
#include "engine/inside.h"
#include "engine/ref.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE_SIZE_MAX 200
#define CHUNK 50          /* rows read ahead of one audience */
#define LIST_DEPTH_MAX 100000 /* records that may lie before a page */

/* ---- which records: newest first, by id, or by a key ---- */

struct lane { /* one audience */
    int64_t audience;
    char at_id[128]; /* the row that waits; "" none */
    char (*ids)[128];
    int64_t *changed;
    size_t next, n;
    bool ended;
    int64_t last_changed;
    char last_id[128];
};

struct listing {
    struct stage sc;
    const struct list_query *q;
    const struct reg *reg;
    struct sight *sight;
    uint64_t total;
    json_t *rows;
    size_t skip, want;
};

static bool state_fits(const struct reg *reg, const char *wanted, const char *state)
{
    const struct state *s;

    if (!*wanted)
        return true;
    if (strcmp(wanted, "open") != 0)
        return !strcmp(wanted, state);
    s = procedure_state(reg->procedure, state);
    return s && !s->is_end;
}

static int add_row(struct listing *l, const char *id)
{
    struct record *r;
    JSON_AUTO *values = NULL;
    json_t *o;
    int e = stage_record(&l->sc, id, &r);

    if (e)
        return MIN_OF(e, 0);
    values = json_copy(r->values);
    if (!values)
        return -ENOMEM;
    json_object_del(values, "_parties");
    json_object_del(values, "_acted");
    json_object_del(values, "_signed");
    o = json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:O}", "id", r->id, "name", record_name(r), "state", r->state,
                  "state_title", text2_json(state_title(r->reg, r->state)), "unit", r->unit, "opened",
                  instant_json(r->opened_us), "changed", instant_json(r->changed_us), "values", values);
    return o && !json_array_append_new(l->rows, o) ? 0 : -ENOMEM;
}

/* One more record that belongs to the list. 1: the page is full. */
static int take(struct listing *l, const char *id)
{
    int e;

    if (l->skip) {
        l->skip--;
        return 0;
    }
    if ((e = add_row(l, id)))
        return e;
    return --l->want ? 0 : 1;
}

/* ---- newest first ---- */

static int read_lane(struct listing *l, struct lane *a)
{
    ROWS_AUTO *rows = NULL;
    int e = store_failed(STORE_QUERY(l->sc.e->store, &rows, STMT_RECORD_PAGE, V_TEXT(l->reg->id), V_INT(a->audience),
                                     V_INT(a->last_changed), V_TEXT(a->last_id), V_INT(CHUNK)));
    size_t read = 0;

    a->next = a->n = 0;
    if (e)
        return e;
    while ((e = rows_next(rows)) > 0) {
        read++;
        a->last_changed = rows_int(rows, 5);
        snprintf(a->last_id, sizeof(a->last_id), "%s", rows_text(rows, 0));
        if (!state_fits(l->reg, l->q->state, rows_text(rows, 1)))
            continue;
        snprintf(a->ids[a->n], sizeof(a->ids[0]), "%s", rows_text(rows, 0));
        a->changed[a->n++] = rows_int(rows, 5);
    }
    a->ended = read < CHUNK;
    return e;
}

static int fill_lane(struct listing *l, struct lane *a)
{
    while (a->next == a->n && !a->ended) {
        int e = read_lane(l, a);

        if (e)
            return e;
    }
    return 0;
}

static bool is_newer(const struct lane *a, const struct lane *b)
{
    if (a->changed[a->next] != b->changed[b->next])
        return a->changed[a->next] > b->changed[b->next];
    return strcmp(a->ids[a->next], b->ids[b->next]) > 0;
}

static int open_lanes(struct listing *l, struct lane **ret, size_t *ret_n)
{
    ROWS_AUTO *rows = NULL;
    size_t n = 0, max = 0;
    struct lane *lanes = NULL;
    int e = store_failed(STORE_QUERY(l->sc.e->store, &rows, STMT_RECORD_AUDIENCES, V_TEXT(l->reg->id)));

    while (!e && (e = rows_next(rows)) > 0) {
        e = 0;
        if (!sight_may_see(l->sight, rows_int(rows, 0)))
            continue;
        if (n == max) {
            struct lane *grown = arena_alloc_n(l->sc.arena, max ? 2 * max : 16, sizeof(*lanes));

            if (!grown)
                return -ENOMEM;
            if (n)
                memcpy(grown, lanes, n * sizeof(*lanes));
            lanes = grown;
            max = max ? 2 * max : 16;
        }
        lanes[n] = (struct lane){.audience = rows_int(rows, 0), .last_changed = INT64_MAX,
                                 .ids = arena_alloc_n(l->sc.arena, CHUNK, sizeof(lanes->ids[0])),
                                 .changed = arena_alloc_n(l->sc.arena, CHUNK, sizeof(int64_t))};
        if (!lanes[n].ids || !lanes[n].changed)
            return -ENOMEM;
        n++;
    }
    *ret = lanes;
    *ret_n = n;
    return e;
}

static int list_newest(struct listing *l)
{
    struct lane *lanes;
    size_t n;
    int e = open_lanes(l, &lanes, &n);

    while (!e) {
        struct lane *best = NULL;

        for (size_t i = 0; i < n; i++) {
            if ((e = fill_lane(l, &lanes[i])))
                return e;
            if (lanes[i].next < lanes[i].n && (!best || is_newer(&lanes[i], best)))
                best = &lanes[i];
        }
        if (!best)
            return 0;
        e = take(l, best->ids[best->next++]);
    }
    return MIN_OF(e, 0);
}

static int count_seen(struct listing *l)
{
    ROWS_AUTO *rows = NULL;
    int e = store_failed(STORE_QUERY(l->sc.e->store, &rows, STMT_RECORD_COUNT_STATE, V_TEXT(l->reg->id)));

    if (e)
        return e;
    while ((e = rows_next(rows)) > 0)
        if (state_fits(l->reg, l->q->state, rows_text(rows, 0)) && sight_may_see(l->sight, rows_int(rows, 1)))
            l->total += (uint64_t)rows_int(rows, 2);
    return e;
}

/* ---- by a key: in order of their ids ---- */

static int one_of_key(struct listing *l, const char *id, int64_t audience)
{
    struct record *r;
    int e;

    if (!sight_may_see(l->sight, audience))
        return 0;
    if (*l->q->state) {
        if ((e = stage_record(&l->sc, id, &r)))
            return MIN_OF(e, 0);
        if (!state_fits(l->reg, l->q->state, r->state))
            return 0;
    }
    l->total++;
    if (l->want)
        e = take(l, id);
    else
        e = 0;
    return MIN_OF(e, 0);
}

static int list_by_key(struct listing *l)
{
    char behind[128] = "";
    size_t n;

    do {
        ROWS_AUTO *rows = NULL;
        int e = store_failed(STORE_QUERY(l->sc.e->store, &rows, STMT_INDEX_FIND, V_TEXT(l->reg->id), V_TEXT(l->q->field),
                                         V_TEXT(l->q->key), V_TEXT(behind), V_INT(PAGE_SIZE_MAX)));

        if (e)
            return e;
        for (n = 0; (e = rows_next(rows)) > 0; n++) {
            snprintf(behind, sizeof(behind), "%s", rows_text(rows, 0));
            if ((e = one_of_key(l, behind, rows_int(rows, 1))))
                return e;
        }
        if (e)
            return e;
    } while (n == PAGE_SIZE_MAX);
    return 0;
}

/* ---- together ---- */

static int by_id(const void *a, const void *b)
{
    return strcmp(json_str(*(json_t *const *)a, "id"), json_str(*(json_t *const *)b, "id"));
}

/* Ids rise with the day a record was opened; a page sorted by id or by opening holds the newest ones in that order. */
static int sort_page(struct listing *l)
{
    size_t n = json_array_size(l->rows);
    json_t **at = arena_alloc_n(l->sc.arena, n + 1, sizeof(*at));
    json_t *sorted = json_array();
    bool newest = !strcmp(l->q->sort, "opened");

    if (!at || !sorted) {
        json_decref(sorted);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++)
        at[i] = json_array_get(l->rows, i);
    qsort(at, n, sizeof(*at), by_id);
    for (size_t i = 0; i < n; i++)
        if (json_array_append(sorted, at[newest ? n - 1 - i : i])) {
            json_decref(sorted);
            return -ENOMEM;
        }
    json_decref(l->rows);
    l->rows = sorted;
    return 0;
}

static int list(struct listing *l, json_t **ret)
{
    unsigned size = MIN_OF(MAX_OF(l->q->page_size, 1u), PAGE_SIZE_MAX), page = MAX_OF(l->q->page, 1u);
    int e;

    l->skip = MIN_OF((size_t)(page - 1) * size, LIST_DEPTH_MAX);
    l->want = size;
    if ((e = sight_of_person(&l->sc, l->sc.actor, &l->sight)))
        return e;
    if (*l->q->field) {
        const struct field *f = reg_field(l->reg, l->q->field);

        e = f && field_is_indexed(f) ? list_by_key(l) : 0;
    } else {
        e = count_seen(l);
        if (!e)
            e = list_newest(l);
    }
    if (!e && (!strcmp(l->q->sort, "id") || !strcmp(l->q->sort, "opened")))
        e = sort_page(l);
    if (e)
        return e;
    *ret = json_pack("{s:O, s:I, s:I, s:I}", "rows", l->rows, "total", (json_int_t)l->total, "page", (json_int_t)page,
                     "pages", (json_int_t)((l->total + size - 1) / size));
    return *ret ? 0 : -ENOMEM;
}

int engine_list(struct engine *e, const char *person, const struct list_query *q, json_t **ret)
{
    struct list_query filled = *q;
    struct listing l = {.q = &filled, .rows = json_array()};
    int r = l.rows ? stage_open(&l.sc, e, person, engine_now(e)) : -ENOMEM;

    filled.state = q->state ? q->state : "";
    filled.field = q->field ? q->field : "";
    filled.key = q->key ? q->key : "";
    filled.sort = q->sort ? q->sort : "";
    if (!r)
        l.reg = engine_reg_on(e, q->reg, l.sc.today);
    if (!r && l.reg && l.sc.actor)
        r = list(&l, ret);
    else if (!r && !(*ret = json_pack("{s:[], s:i, s:i, s:i}", "rows", "total", 0, "page", 1, "pages", 0)))
        r = -ENOMEM;
    sight_free(l.sight);
    json_decref(l.rows);
    stage_done(&l.sc);
    return r;
}
