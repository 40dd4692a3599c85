/* Lists of a register, page by page, of what a person may see only: counts are exact for him, and what is hidden costs nothing.
 * The audiences in his sight are read side by side, each in the order asked for, and merged; nothing is read that is not shown or
 * passed over. First the numbers of a page are found, then its rows are read in one go (list-row.c). */
#include "base/utf8.h"
#include "engine/input.h"
#include "engine/list-row.h"
#include "engine/ref.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE_SIZE_MAX 200
#define CHUNK 50          /* rows read ahead of one audience */
#define LIST_DEPTH_MAX 100000 /* records that may lie before a page */

/* By which the rows are sorted; all but BY_ID newest first. */
enum order { BY_CHANGE, BY_OPENING, BY_ID };

struct lane { /* one audience */
    int64_t audience;
    const char *state; /* of all its rows; "": several */
    char (*ids)[128];
    int64_t *at; /* instants by which they are sorted */
    size_t next, n;
    bool ended;
    int64_t last_at;
    char last_id[128];
};

struct listing {
    struct stage sc;
    const struct list_query *q;
    const char *key; /* of `q`, as the rows have it */
    const struct reg *reg;
    struct sight *sight;
    enum order order;
    uint64_t total;
    const char **ids; /* of the page, in its order */
    size_t n_ids;
    size_t skip, want;
};

static bool state_fits(const struct reg *reg, const char *wanted, const char *state)
{
    const struct state *s;

    if (!*wanted)
        return true;
    if (!strcmp(wanted, LIST_OVER))
        return true;
    if (strcmp(wanted, LIST_UNFINISHED) != 0)
        return !strcmp(wanted, state);
    s = procedure_state(reg->procedure, state);
    return s && !s->is_end;
}

/* One more record that belongs to the list. 1: the page is full. */
static int take(struct listing *l, const char *id)
{
    if (l->skip) {
        l->skip--;
        return 0;
    }
    l->ids[l->n_ids] = arena_strdup(l->sc.arena, str_of(id));
    if (!l->ids[l->n_ids])
        return -ENOMEM;
    l->n_ids++;
    return --l->want ? 0 : 1;
}

/* ---- a whole register: lanes side by side ---- */

static int query_lane(struct listing *l, const struct lane *a, struct rows **ret)
{
    struct store *s = l->sc.e->store;

    switch (l->order) {
    case BY_ID:
        return store_failed(STORE_QUERY(s, ret, STMT_RECORD_PAGE_ID, V_TEXT(l->reg->id), V_INT(a->audience), V_TEXT(a->last_id),
                                        V_INT(CHUNK)));
    case BY_OPENING:
        return store_failed(STORE_QUERY(s, ret, STMT_RECORD_PAGE_OPENED, V_TEXT(l->reg->id), V_INT(a->audience),
                                        V_INT(a->last_at), V_TEXT(a->last_id), V_INT(CHUNK)));
    default:
        if (*a->state)
            return store_failed(STORE_QUERY(s, ret, STMT_RECORD_PAGE_STATE, V_TEXT(l->reg->id), V_INT(a->audience),
                                            V_INT(a->last_at), V_TEXT(a->last_id), V_INT(CHUNK), V_TEXT(a->state)));
        return store_failed(STORE_QUERY(s, ret, STMT_RECORD_PAGE, V_TEXT(l->reg->id), V_INT(a->audience), V_INT(a->last_at),
                                        V_TEXT(a->last_id), V_INT(CHUNK)));
    }
}

static int read_lane(struct listing *l, struct lane *a)
{
    ROWS_AUTO *rows = NULL;
    int e = query_lane(l, a, &rows);
    size_t read = 0;

    a->next = a->n = 0;
    if (e)
        return e;
    while ((e = rows_next(rows)) > 0) {
        read++;
        a->last_at = rows_int(rows, l->order == BY_OPENING ? 3 : 2);
        snprintf(a->last_id, sizeof(a->last_id), "%s", rows_text(rows, 0));
        if (!state_fits(l->reg, l->q->state, rows_text(rows, 1)))
            continue;
        snprintf(a->ids[a->n], sizeof(a->ids[0]), "%s", rows_text(rows, 0));
        a->at[a->n++] = a->last_at;
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

static bool comes_first(const struct listing *l, const struct lane *a, const struct lane *b)
{
    if (l->order == BY_ID)
        return strcmp(a->ids[a->next], b->ids[b->next]) < 0;
    if (a->at[a->next] != b->at[b->next])
        return a->at[a->next] > b->at[b->next];
    return strcmp(a->ids[a->next], b->ids[b->next]) > 0;
}

static int add_lane(struct listing *l, int64_t audience, const char *state, struct lane **lanes, size_t *n, size_t *max)
{
    struct lane *lane;

    if (*n == *max) {
        struct lane *grown = arena_alloc_n(l->sc.arena, *max ? 2 * *max : 16, sizeof(**lanes));

        if (!grown)
            return -ENOMEM;
        if (*n)
            memcpy(grown, *lanes, *n * sizeof(**lanes));
        *lanes = grown;
        *max = *max ? 2 * *max : 16;
    }
    lane = &(*lanes)[*n];
    *lane = (struct lane){.audience = audience, .last_at = INT64_MAX, .state = arena_strdup(l->sc.arena, str_of(state)),
                          .ids = arena_alloc_n(l->sc.arena, CHUNK, sizeof(lane->ids[0])),
                          .at = arena_alloc_n(l->sc.arena, CHUNK, sizeof(int64_t))};
    if (!lane->state || !lane->ids || !lane->at)
        return -ENOMEM;
    ++*n;
    return 0;
}

/* Counts what belongs to the list, and opens a lane for each audience that has some of it; where a state is asked for, the rows of
 * one state lie together in the order of change. */
static int open_lanes(struct listing *l, struct lane **ret, size_t *ret_n)
{
    ROWS_AUTO *rows = NULL;
    size_t n = 0, max = 0;
    struct lane *lanes = NULL;
    bool by_state = *l->q->state && l->order == BY_CHANGE;
    int e = store_failed(STORE_QUERY(l->sc.e->store, &rows, STMT_TALLY_LIST, V_TEXT(l->reg->id)));

    while (!e && (e = rows_next(rows)) > 0) {
        int64_t audience = rows_int(rows, 0);
        const char *state = rows_text(rows, 1);

        e = 0;
        if (!sight_may_see(l->sight, audience) || !state_fits(l->reg, l->q->state, state))
            continue;
        l->total += (uint64_t)rows_int(rows, 2);
        if (by_state || !n || lanes[n - 1].audience != audience)
            e = add_lane(l, audience, by_state ? state : "", &lanes, &n, &max);
    }
    *ret = lanes;
    *ret_n = n;
    return e;
}

static int list_lanes(struct listing *l)
{
    struct lane *lanes;
    size_t n;
    int e = open_lanes(l, &lanes, &n);

    while (!e && l->want) {
        struct lane *best = NULL;

        for (size_t i = 0; i < n; i++) {
            if ((e = fill_lane(l, &lanes[i])))
                return e;
            if (lanes[i].next < lanes[i].n && (!best || comes_first(l, &lanes[i], best)))
                best = &lanes[i];
        }
        if (!best)
            return 0;
        e = take(l, best->ids[best->next++]);
    }
    return MIN_OF(e, 0);
}

/* ---- those with a value: every row is looked at, since the total counts them; none is loaded that is not shown ---- */

static bool is_over(const struct listing *l)
{
    return !strcmp(l->q->state, LIST_OVER);
}

/* Of those that have been kept long enough; `field` is looked up for each. */
static int query_over(struct listing *l, int64_t at, const char *id, struct rows **ret)
{
    struct store *s = l->sc.e->store;

    if (l->order == BY_ID)
        return store_failed(STORE_QUERY(s, ret, STMT_RECORD_OVER, V_TEXT(l->reg->id), V_INT(l->sc.today), V_TEXT(id),
                                        V_INT(PAGE_SIZE_MAX)));
    return store_failed(STORE_QUERY(s, ret, l->order == BY_OPENING ? STMT_RECORD_OVER_BY_OPENING : STMT_RECORD_OVER_BY_CHANGE,
                                    V_TEXT(l->reg->id), V_INT(l->sc.today), V_INT(at), V_TEXT(id), V_INT(PAGE_SIZE_MAX)));
}

static int query_key(struct listing *l, int64_t at, const char *id, struct rows **ret)
{
    struct store *s = l->sc.e->store;

    if (is_over(l))
        return query_over(l, at, id, ret);
    if (l->order == BY_ID)
        return store_failed(STORE_QUERY(s, ret, STMT_INDEX_STATES, V_TEXT(l->reg->id),
                                        V_TEXT(l->q->field), V_TEXT(l->key), V_TEXT(id),
                                        V_INT(PAGE_SIZE_MAX)));
    return store_failed(
        STORE_QUERY(s, ret, l->order == BY_OPENING ? STMT_INDEX_BY_OPENING : STMT_INDEX_BY_CHANGE,
                    V_TEXT(l->reg->id), V_TEXT(l->q->field), V_TEXT(l->key), V_INT(at), V_TEXT(id),
                    V_INT(PAGE_SIZE_MAX)));
}

/* 1: it has the value asked for, or none is. */
static int has_key(struct listing *l, const char *id)
{
    ROWS_AUTO *row = NULL;
    int e;

    if (!is_over(l) || !*l->q->field)
        return 1; /* the rows are those that have it */
    e = STORE_ONE(l->sc.e->store, &row, STMT_INDEX_HAS, V_TEXT(l->reg->id), V_TEXT(l->q->field), V_TEXT(l->key), V_TEXT(id));
    return e == STORE_E_NONE ? 0 : e ? store_failed(e) : 1;
}

static int one_of_key(struct listing *l, const char *id, int64_t audience, const char *state)
{
    int e;

    if (!sight_may_see(l->sight, audience) || !state_fits(l->reg, l->q->state, state))
        return 0;
    if ((e = has_key(l, id)) <= 0)
        return e;
    l->total++;
    return l->want ? MIN_OF(take(l, id), 0) : 0;
}

/* As the rows have it, however it is typed. */
static int row_key(struct listing *l, const struct field *f)
{
    CLEANUP(buf_done) struct buf key = {0};
    JSON_AUTO *typed = json_string(l->q->key);
    int e;

    l->key = l->q->key;
    if (!field_key_is_folded(f))
        return 0;
    if (!typed)
        return utf8_is_valid(str_of(l->q->key)) ? -ENOMEM : 0;
    buf_init(&key, 4096);
    if ((e = index_key(f, typed, &key)))
        return MIN_OF(e, 0);
    l->key = arena_strdup(l->sc.arena, buf_str(&key));
    return l->key ? 0 : -ENOMEM;
}

/* `f` NULL: of all values. */
static int list_by_key(struct listing *l, const struct field *f)
{
    int made = f ? row_key(l, f) : 0;
    char behind[128] = "";
    int64_t at = INT64_MAX;
    size_t n;

    if (made)
        return made;
    do {
        ROWS_AUTO *rows = NULL;
        int e = query_key(l, at, behind, &rows);

        if (e)
            return e;
        for (n = 0; (e = rows_next(rows)) > 0; n++) {
            snprintf(behind, sizeof(behind), "%s", rows_text(rows, 0));
            if (l->order != BY_ID)
                at = rows_int(rows, 3);
            if ((e = one_of_key(l, behind, rows_int(rows, 1), rows_text(rows, 2))))
                return e;
        }
        if (e)
            return e;
    } while (n == PAGE_SIZE_MAX);
    return 0;
}

/* ---- together ---- */

static int find_ids(struct listing *l)
{
    const struct field *f = *l->q->field ? reg_field(l->reg, l->q->field) : NULL;
    int e = sight_of_person(&l->sc, l->sc.actor, &l->sight);

    l->ids = arena_alloc_n(l->sc.arena, l->want + 1, sizeof(*l->ids));
    if (e || !l->ids)
        return e ? e : -ENOMEM;
    if (!*l->q->field)
        return is_over(l) ? list_by_key(l, NULL) : list_lanes(l);
    return f && field_is_indexed(f) ? list_by_key(l, f) : 0;
}

/* `a` NULL: only the total. */
static int list(struct listing *l, struct arena *a, struct list_rows *ret)
{
    unsigned size = MIN_OF(MAX_OF(l->q->page_size, 1u), PAGE_SIZE_MAX), page = MAX_OF(l->q->page, 1u);
    int e;

    l->skip = MIN_OF((size_t)(page - 1) * size, LIST_DEPTH_MAX);
    l->want = a ? size : 0;
    l->order = !strcmp(l->q->sort, "id") ? BY_ID : !strcmp(l->q->sort, "opened") ? BY_OPENING : BY_CHANGE;
    if ((e = find_ids(l)))
        return e;
    *ret = (struct list_rows){.total = l->total, .page = page, .pages = (unsigned)((l->total + size - 1) / size)};
    return l->n_ids ? list_rows_read(&l->sc, l->sight, l->q, l->ids, l->n_ids, a, ret) : 0;
}

static int open_list(struct engine *e, const char *person, const struct list_query *q, struct arena *a, struct list_rows *ret)
{
    struct list_query filled = *q;
    struct listing l = {.q = &filled};
    int r = stage_open(&l.sc, e, person, engine_now(e));

    *ret = (struct list_rows){.page = 1};
    filled.state = q->state ? q->state : "";
    filled.field = q->field ? q->field : "";
    filled.key = q->key ? q->key : "";
    filled.sort = q->sort ? q->sort : "";
    if (!r)
        l.reg = engine_reg_on(e, q->reg, l.sc.today);
    if (!r && l.reg && l.sc.actor)
        r = list(&l, a, ret);
    sight_free(l.sight);
    stage_done(&l.sc);
    return r;
}

int engine_list_rows(struct engine *e, const char *person, const struct list_query *q, struct arena *a, struct list_rows *ret)
{
    return open_list(e, person, q, a, ret);
}

int engine_list_total(struct engine *e, const char *person, const struct list_query *q, uint64_t *ret)
{
    struct list_rows none;
    int r = open_list(e, person, q, NULL, &none);

    if (!r)
        *ret = none.total;
    return r;
}

/* ---- what is typed to find some ---- */

static int key_of(struct stage *sc, const struct field *f, const json_t *typed, struct buf *key, json_t *problems)
{
    const struct field one = field_of_key(f);
    struct sight *sight = NULL;
    JSON_AUTO *value = NULL;
    int e = sight_of_person(sc, sc->actor, &sight);

    if (!e)
        e = input_value(sc, &one, typed, sight, &value, problems);
    if (!e && value)
        e = index_key(&one, value, key);
    sight_free(sight);
    return ERR_FOLD(e);
}

int engine_list_key(struct engine *e, const char *person, const struct reg *reg, const struct field *f, struct str typed,
                    struct buf *key, json_t **ret_say)
{
    JSON_AUTO *v = json_stringn(typed.at ? typed.at : "", typed.len);
    JSON_AUTO *problems = json_array();
    struct stage sc;
    int r;

    if (!v || !problems)
        return -ENOMEM;
    r = stage_open(&sc, e, person, engine_now(e));
    sc.procedure = reg->procedure;
    if (!r && sc.actor)
        r = key_of(&sc, f, v, key, problems);
    stage_done(&sc);
    if (r || !json_array_size(problems))
        return r;
    *ret_say = json_incref(json_object_get(json_array_get(problems, 0), "say"));
    return 1;
}
