/* Lists against a filter over all records that is slow and plainly right, on both databases: each order, state and page, for several
 * persons, after acts that move records between audiences and states. ENGINE_PACK names the pack. */
#include "setting.h"
#include "base/file.h"
#include "engine/label-of.h"
#include "engine/strip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define PAPERS 150
#define ACTS 240
#define ROWS_MAX 512

struct row {
    char id[64], reg[64], state[64];
    int64_t audience, opened, changed, keep_until;
    bool disposed;
};

struct story {
    struct scenario_play *play;
    struct engine *e;
    struct store *store;
    uint32_t random;
    struct row rows[ROWS_MAX]; /* all records, by id */
    size_t n_rows;
    size_t n_lists, n_shown, n_hidden, n_places, n_counted, n_far; /* what was compared */
};

static void story_open(struct setting *g, struct story *x)
{
    *x = (struct story){.random = 1};
    x->play = setting_play(g, g->server != NULL, NULL);
    x->e = scenario_play_engine(x->play);
    x->store = scenario_play_store(x->play);
}

/* The same ones each time. */
static uint32_t draw(struct story *x, uint32_t n)
{
    x->random = x->random * 1664525u + 1013904223u;
    return (x->random >> 8) % n;
}

/* ---- the filter ---- */

static void read_all(struct story *x)
{
    ROWS_AUTO *rows = NULL;
    int e;

    x->n_rows = 0;
    OK(STORE_QUERY(x->store, &rows, STMT_RECORD_ALL, V_TEXT(""), V_INT(ROWS_MAX)));
    while ((e = rows_next(rows)) > 0) {
        struct row *r = &x->rows[x->n_rows++];

        *r = (struct row){.audience = rows_int(rows, 4), .opened = rows_int(rows, 7), .changed = rows_int(rows, 8),
                          .keep_until = rows_is_null(rows, 10) ? INT64_MAX : rows_int(rows, 10), .disposed = !rows_is_null(rows, 11)};
        snprintf(r->id, sizeof(r->id), "%s", rows_text(rows, 0));
        snprintf(r->reg, sizeof(r->reg), "%s", rows_text(rows, 1));
        snprintf(r->state, sizeof(r->state), "%s", rows_text(rows, 2));
    }
    assert_int_equal(e, 0);
    assert_true(x->n_rows < ROWS_MAX);
}

static bool holds_one(const struct keys *k, struct label_set range)
{
    for (size_t i = 0; i < k->n; i++)
        if (label_set_has(range, k->at[i]))
            return true;
    return false;
}

/* Of the audience as its text says it, and the keys that he has now. */
static bool admits(struct story *x, struct stage *sc, const struct keys *k, int64_t audience)
{
    struct audience au;

    if (audience_get(x->store, audience, sc->arena, &au, NULL) != 0)
        return false;
    for (size_t i = 0; i < au.label.n_ranges; i++)
        if (!holds_one(k, au.label.ranges[i]))
            return false;
    return true;
}

static bool fits(const struct reg *reg, const char *state, const struct row *r, int64_t today)
{
    if (!strcmp(state, LIST_OVER))
        return !r->disposed && r->keep_until < today;
    if (strcmp(state, LIST_UNFINISHED) != 0)
        return !*state || !strcmp(state, r->state);
    for (size_t i = 0; i < reg->procedure->n_states; i++)
        if (!strcmp(reg->procedure->states[i].id, r->state))
            return !reg->procedure->states[i].is_end;
    return false;
}

static const char *sorted_by; /* qsort() has no other way in */

static int compare_rows(const struct row *a, const struct row *b)
{
    int64_t x = !strcmp(sorted_by, "opened") ? a->opened : a->changed, y = !strcmp(sorted_by, "opened") ? b->opened : b->changed;

    if (!strcmp(sorted_by, "id"))
        return strcmp(a->id, b->id);
    return x != y ? (x < y ? 1 : -1) : -strcmp(a->id, b->id);
}

static int compare(const void *p, const void *q)
{
    return compare_rows(*(const struct row *const *)p, *(const struct row *const *)q);
}

static size_t filter(struct story *x, const char *person, const struct reg *reg, const struct list_query *q, const struct row **ret)
{
    struct stage sc;
    struct keys k;
    size_t n = 0;

    OK(stage_open(&sc, x->e, person, engine_now(x->e)));
    OK(keys_open(&sc, &k));
    OK(keys_of_person(&sc, sc.actor, &k));
    for (size_t i = 0; i < x->n_rows; i++) {
        const struct row *r = &x->rows[i];

        if (strcmp(r->reg, reg->id) != 0 || !fits(reg, q->state, r, sc.today))
            continue;
        if (admits(x, &sc, &k, r->audience))
            ret[n++] = r;
        else
            x->n_hidden++;
    }
    stage_done(&sc);
    sorted_by = q->sort;
    if (n > 1)
        qsort(ret, n, sizeof(*ret), compare);
    return n;
}

/* ---- lists ---- */

static void check_page(struct story *x, const char *person, const struct list_query *q, const struct row *const *want, size_t n)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(4u << 20);
    size_t from = MIN_OF((size_t)(q->page - 1) * q->page_size, n), shown = MIN_OF(n - from, q->page_size);
    struct list_rows rows;

    OK(engine_list_rows(x->e, person, q, a, &rows));
    if (rows.total != n || rows.n != shown || rows.pages != (n + q->page_size - 1) / q->page_size)
        fail_msg("%s of %s in \"%s\" by %s, page %u of %u: %zu rows of %u, not %zu of %zu", q->reg, person, q->state, q->sort, q->page,
                 q->page_size, rows.n, (unsigned)rows.total, shown, n);
    for (size_t i = 0; i < shown; i++)
        if (strcmp(rows.at[i].id, want[from + i]->id) != 0)
            fail_msg("%s of %s in \"%s\" by %s, page %u of %u: row %zu is %s, not %s", q->reg, person, q->state, q->sort, q->page,
                     q->page_size, i, rows.at[i].id, want[from + i]->id);
    list_rows_done(&rows);
    x->n_lists++;
    x->n_shown += shown;
}

/* ---- pages behind and before a place ---- */

static void place_at(const char *sort, const struct row *r, char ret[160])
{
    bool by_id = !strcmp(sort, "id");

    snprintf(ret, 160, "%c%lld-%s", by_id ? 'i' : *sort, by_id ? 0LL : (long long)(*sort == 'o' ? r->opened : r->changed), r->id);
}

/* A page behind or before a place tells where to go back from, whatever its number. */
static void check_told(struct story *x, const char *person, const struct list_query *q, const char *before)
{
    JSON_AUTO *list = NULL;

    OK(engine_list(x->e, person, q, &list));
    assert_string_equal(json_str(list, "before"), before);
}

/* Rows `from` on of the list, as many as a page has. Where it went back, rows are said to stand behind it: those it came from. */
static void check_slice(struct story *x, const char *person, const struct list_query *q, const struct row *const *want, size_t n, size_t from)
{
    bool came_back = *q->before && from > 0, has_before = came_back || *q->behind || (!*q->before && q->page > 1);
    CLEANUP(arena_freep) struct arena *a = arena_new(4u << 20);
    size_t shown = MIN_OF(n - from, q->page_size);
    char place[160];
    struct list_rows rows;

    OK(engine_list_rows(x->e, person, q, a, &rows));
    if (rows.total != n || rows.n != shown || rows.has_more != (came_back || from + shown < n))
        fail_msg("%s of %s in \"%s\" by %s, behind \"%s\" before \"%s\": %zu rows of %u%s, not %zu from %zu of %zu", q->reg, person, q->state, q->sort,
                 q->behind, q->before, rows.n, (unsigned)rows.total, rows.has_more ? " and more" : "", shown, from, n);
    for (size_t i = 0; i < shown; i++)
        assert_string_equal(rows.at[i].id, want[from + i]->id);
    assert_int_equal(rows.has_before, has_before);
    if (q->page == 1 && (*q->behind || *q->before) && x->n_places % 16 == 0)
        check_told(x, person, q, has_before ? rows.first : "");
    assert_true(rows.number >= 1 && rows.number + rows.n <= n + 1);
    assert_true(rows.has_more || rows.number + rows.n == n + 1);
    if (shown) {
        place_at(q->sort, want[from], place);
        assert_string_equal(rows.first, place);
        place_at(q->sort, want[from + shown - 1], place);
        assert_string_equal(rows.last, place);
    } else {
        assert_string_equal(rows.first, "");
        assert_string_equal(rows.last, "");
    }
    list_rows_done(&rows);
    x->n_places++;
}

/* Behind and before where any record stands, whether it is on the list or hidden or of another register. */
static void check_place(struct story *x, const char *person, const struct list_query *q, const struct row *const *want, size_t n, const struct row *at)
{
    struct list_query of = *q;
    char place[160];
    size_t before = 0, behind = n;

    place_at(q->sort, at, place);
    while (before < n && compare_rows(want[before], at) < 0)
        before++;
    while (behind > 0 && compare_rows(want[behind - 1], at) > 0)
        behind--;
    of.behind = place;
    of.before = "";
    of.page = 1 + draw(x, 3);
    check_slice(x, person, &of, want, n, behind);
    of.behind = "";
    of.before = place;
    check_slice(x, person, &of, want, n, before > q->page_size ? before - q->page_size : 0);
}

/* From page to page by what each tells, to the end and back. */
static void check_chain(struct story *x, const char *person, const struct list_query *q, const struct row *const *want, size_t n)
{
    struct list_query of = *q;
    char place[160];
    size_t from;

    of.behind = of.before = "";
    for (of.page = 1, from = 0; from < n; of.page++, from += q->page_size) {
        check_slice(x, person, &of, want, n, from);
        place_at(q->sort, want[MIN_OF(from + q->page_size, n) - 1], place);
        of.behind = place;
    }
    of.behind = "";
    of.before = place;
    for (; from > q->page_size; from -= q->page_size) {
        of.page = (unsigned)((from - 1) / q->page_size);
        place_at(q->sort, want[from - q->page_size], place);
        check_slice(x, person, &of, want, n, from - 2 * (size_t)q->page_size);
    }
}

/* ---- pages by their number, counted ---- */

struct wanted_state {
    const struct reg *reg;
    const char *state;
    int64_t today;
};

static bool is_wanted(const void *arg, const char *state)
{
    const struct wanted_state *w = arg;
    struct row r = {.disposed = true};

    snprintf(r.state, sizeof(r.state), "%s", state);
    return fits(w->reg, w->state, &r, w->today);
}

/* What a strip counts before a row is what stands before it. */
static void check_count(struct story *x, const char *person, const struct reg *reg, const struct list_query *q, const struct row *const *want, size_t n)
{
    const struct wanted_state w = {reg, q->state, 0};
    struct strip_ask ask = {.reg = reg->id, .order = *q->sort == 'i' ? TALLY_BY_ID : *q->sort == 'o' ? TALLY_BY_OPENING : TALLY_BY_CHANGE,
                            .state = q->state, .text = reg, .fits = is_wanted, .arg = &w, .skip = draw(x, (uint32_t)n + 2)};
    CLEANUP(sight_freep) struct sight *sight = NULL;
    const struct tally *tally;
    struct strip_place at;
    struct row place = {0};
    struct stage sc;
    size_t before = 0;
    int r;

    if (!strcmp(q->state, LIST_OVER))
        return;
    OK(stage_open(&sc, x->e, person, engine_now(x->e)));
    OK(sight_of_person(&sc, sc.actor, &sight));
    OK(tally_of(x->e->tallies, x->store, reg->id, &tally));
    stage_done(&sc);
    ask.sight = sight;
    if (!(ask.seq = tally_counter(x->e->tallies, reg->id)))
        return; /* all of it may be rolled back */
    r = strip_find(x->e->strips, x->store, &ask, &at);
    assert_int_equal(r, ask.skip < n);
    if (!r)
        return;
    snprintf(place.id, sizeof(place.id), "%s", at.id);
    place.opened = place.changed = at.at;
    while (!at.is_begin && before < n && compare_rows(want[before], &place) <= 0)
        before++;
    assert_int_equal(before + at.skip, ask.skip);
    assert_true(at.skip < 64);
    x->n_counted++;
}

static const char *const persons[] = {"M", "B", "X", "A", "Y", "C"};
static const char *const sorts[] = {"id", "opened", "changed"};
static const unsigned sizes[] = {1, 7, 200};

/* ---- pages by their number that are too far from both ends ---- */

#define DEPTH 10u  /* instead of LIST_DEPTH_MAX */
#define COUNTED 64u /* instead of STRIP_ROWS_MAX, or none */

/* The page that was asked for, or one that says so; its rows are those of its number. */
static void check_far(struct story *x, const char *person, const struct list_query *q, const struct row *const *want, size_t n)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(4u << 20);
    size_t skip = (size_t)(q->page - 1) * q->page_size, behind = n - MIN_OF(n, skip + q->page_size), from;
    struct list_rows rows;

    OK(engine_list_rows(x->e, person, q, a, &rows));
    from = (size_t)(rows.page - 1) * q->page_size;
    assert_true(rows.page == q->page || (skip > DEPTH && behind > DEPTH));
    assert_int_equal(rows.n, MIN_OF(n - MIN_OF(from, n), q->page_size));
    for (size_t i = 0; i < rows.n; i++)
        assert_string_equal(rows.at[i].id, want[from + i]->id);
    if (rows.page != q->page) {
        size_t near = n - MIN_OF(n, from + q->page_size);

        assert_true(from <= COUNTED || (near <= DEPTH && near + q->page_size > DEPTH));
        x->n_far++;
    }
    list_rows_done(&rows);
}

static void check_all_far(struct story *x, const struct reg *reg, size_t counted)
{
    static const unsigned of[] = {1, 7};
    const struct row *want[ROWS_MAX];

    x->e->list_depth = DEPTH;
    strips_limit(x->e->strips, counted);
    x->n_far = 0;
    for (size_t p = 0; p < ARRAY_LEN(persons); p++) {
        for (size_t o = 0; o < ARRAY_LEN(sorts) * ARRAY_LEN(of); o++) {
            struct list_query q = {.reg = reg->id, .state = "", .field = "", .key = "", .sort = sorts[o / ARRAY_LEN(of)], .page_size = of[o % ARRAY_LEN(of)]};
            size_t n = filter(x, persons[p], reg, &q, want);

            for (q.page = 1; q.page <= n / q.page_size + 2; q.page++)
                check_far(x, persons[p], &q, want, n);
        }
    }
    assert_true(x->n_far > (counted ? 10 : 200));
    x->e->list_depth = LIST_DEPTH_MAX;
    strips_limit(x->e->strips, STRIP_ROWS_MAX);
}

/* `all`: every page, and the one behind the last; else one of them. */
static void check_list(struct story *x, const char *person, const struct reg *reg, const char *state, const char *sort, unsigned size, bool all)
{
    struct list_query q = {.reg = reg->id, .state = state, .field = "", .key = "", .sort = sort, .page_size = size};
    const struct row *want[ROWS_MAX];
    size_t n = filter(x, person, reg, &q, want);
    unsigned pages = (unsigned)((n + size - 1) / size) + 1;
    uint64_t total;

    OK(engine_list_total(x->e, person, &q, &total));
    assert_int_equal(total, n);
    sorted_by = sort;
    check_count(x, person, reg, &q, want, n);
    if (all && size < 200 && draw(x, 3) == 0)
        check_chain(x, person, &q, want, n);
    if (x->n_rows && draw(x, 3) == 0)
        check_place(x, person, &q, want, n, &x->rows[draw(x, (uint32_t)x->n_rows)]);
    for (q.page = all ? 1 : 1 + draw(x, pages); q.page <= pages; q.page++) {
        check_page(x, person, &q, want, n);
        if (!all)
            return;
    }
}

static const char *state_of(const struct reg *reg, size_t i)
{
    static const char *const others[] = {"", LIST_UNFINISHED, LIST_OVER, "disposed"};

    return i < ARRAY_LEN(others) ? others[i] : i - ARRAY_LEN(others) < reg->procedure->n_states ? reg->procedure->states[i - ARRAY_LEN(others)].id : NULL;
}

static void check_register(struct story *x, const struct reg *reg)
{
    const char *state;

    for (size_t p = 0; p < ARRAY_LEN(persons); p++)
        for (size_t s = 0; (state = state_of(reg, s)); s++)
            for (size_t o = 0; o < ARRAY_LEN(sorts); o++)
                for (size_t z = 0; z < ARRAY_LEN(sizes); z++)
                    check_list(x, persons[p], reg, state, sorts[o], sizes[z], sizes[z] != 1);
}

static void check_some(struct story *x, const struct reg *reg, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        check_list(x, persons[draw(x, ARRAY_LEN(persons))], reg, state_of(reg, draw(x, (uint32_t)(4 + reg->procedure->n_states))),
                   sorts[draw(x, ARRAY_LEN(sorts))], sizes[draw(x, ARRAY_LEN(sizes))], false);
}

/* ---- the acts of scenarios: transfers, disposals, corrections ---- */

static const char *const regs[] = {"papers", "loans", "items", "disposals", "trials", "users"};

static void after_each(void *user, const struct scenario *s, const struct scene *act, bool passed, const char *message)
{
    struct story *x = user;

    (void)s;
    (void)act;
    if (!passed)
        fail_msg("%s", message);
    read_all(x);
    for (size_t i = 0; i < ARRAY_LEN(regs); i++)
        check_some(x, engine_reg(x->e, regs[i]), 2);
}

static void lists_follow_the_acts_of_scenarios(void **state)
{
    static const char *const played[] = {"a-loan", "c-people", "e-separation", "h-labels"};
    struct setting *g = *state;
    static struct story x;

    for (size_t i = 0; i < ARRAY_LEN(played); i++) {
        size_t failed = 0;

        story_open(g, &x);
        OK(scenario_play(x.play, scenario_find(g->set, played[i]), SIZE_MAX, after_each, &x, &failed, &g->diag));
        read_all(&x);
        for (size_t k = 0; k < ARRAY_LEN(regs); k++)
            check_register(&x, engine_reg(x.e, regs[k]));
        assert_true(x.n_shown > 0 && x.n_hidden > 0);
        scenario_play_close(x.play);
    }
}

/* ---- many papers, whose readers and states change ---- */

static bool perform(struct story *x, const char *person, const char *step, const char *record, json_t *with)
{
    const struct act act = {.person = person, .reg = "papers", .step = step, .record = record, .signs = "", .with = with,
                            .now_us = scenario_play_now(x->play)};
    JSON_AUTO *outcome = NULL;
    struct log *log = scenario_play_log(x->play);
    bool undone = draw(x, 8) == 0;

    assert_non_null(with);
    OK(store_begin(x->store));
    OK(log_begin(log));
    OK(store_savepoint(x->store));
    OK(engine_act(x->e, log, &act, &outcome));
    OK(store_release(x->store));
    OK(log_end(log));
    json_decref(with);
    if (undone) { /* what was listed before the end is forgotten with it */
        read_all(x);
        check_some(x, engine_reg(x->e, "papers"), 1);
        store_rollback(x->store);
        log_forget(log);
        return false;
    }
    OK(store_commit(x->store));
    return !strcmp(json_str(outcome, "result"), "allowed");
}

static json_t *some_readers(struct story *x)
{
    json_t *a = json_array();

    for (size_t i = 0; a && i < ARRAY_LEN(persons); i++)
        if (draw(x, 3) == 0 && json_array_append_new(a, json_string(persons[i])))
            fail();
    return a;
}

static const char *some_unit(struct story *x)
{
    static const char *const units[] = {"", "uke", "kei", "sho"};

    return units[draw(x, ARRAY_LEN(units))];
}

static const char *some_paper(struct story *x)
{
    const struct row *of[ROWS_MAX];
    uint32_t n = 0;

    read_all(x);
    for (size_t i = 0; i < x->n_rows; i++)
        if (!strcmp(x->rows[i].reg, "papers"))
            of[n++] = &x->rows[i];
    return n ? of[draw(x, n)]->id : "";
}

static bool act_on_some(struct story *x)
{
    char id[64];

    snprintf(id, sizeof(id), "%s", some_paper(x));
    switch (draw(x, 4)) {
    case 0:
        return perform(x, "M", "send", id, json_object());
    case 1:
        return perform(x, "M", "mark", id, json_pack("{s:s}", "weight", draw(x, 2) ? "i1" : "i2"));
    default:
        return perform(x, "M", "review", id, json_pack("{s:s, s:s, s:[], s:o, s:s}", "class", draw(x, 2) ? "c1" : "c2", "asked_class", "",
                                                       "limits", "readers", some_readers(x), "office", some_unit(x)));
    }
}

static bool write_one(struct story *x)
{
    bool narrow = draw(x, 3) != 0;
    json_t *with = json_pack("{s:s, s:s, s:s, s:o, s:s}", "unit", "sho", "subject", "試験", "class", draw(x, 2) ? "c1" : "c2", "readers",
                             narrow ? some_readers(x) : json_array(), "office", narrow ? some_unit(x) : "");

    return perform(x, "M", "write", "", with);
}

static void lists_follow_records_between_audiences(void **state)
{
    struct setting *g = *state;
    static struct story x;
    const struct reg *papers;
    size_t moved = 0;

    story_open(g, &x);
    OK(scenario_play_clock(x.play, (uint64_t)1775005200 * US_PER_SECOND)); /* 2026-04-01T10:00 */
    papers = engine_reg(x.e, "papers");
    for (unsigned i = 0; i < PAPERS + ACTS; i++) {
        if (draw(&x, 3)) /* some in the same instant */
            OK(scenario_play_clock(x.play, scenario_play_now(x.play) + draw(&x, 3600) * US_PER_SECOND));
        moved += i < PAPERS ? write_one(&x) : act_on_some(&x);
        read_all(&x);
        check_some(&x, papers, 3);
        if (i == PAPERS / 2)
            check_register(&x, papers);
    }
    assert_true(moved > (PAPERS + ACTS) / 3);
    check_register(&x, papers);
    assert_true(x.n_places > 300 && x.n_counted > 300);
    check_all_far(&x, papers, 0);
    check_all_far(&x, papers, COUNTED);
    {
        ROWS_AUTO *row = NULL;

        assert_int_equal(STORE_ONE(x.store, &row, STMT_TALLY_PASSED), STORE_E_NONE);
        assert_int_equal(STORE_ONE(x.store, &row, STMT_TALLY_DIFFERS), STORE_E_NONE);
    }
    scenario_play_close(x.play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(lists_follow_the_acts_of_scenarios),
        BOTH(lists_follow_records_between_audiences),
    };

    return cmocka_run_group_tests_name("engine-list", tests, settings_start, settings_stop);
}
