/* Searching the records of the small pack's story, on both databases: by words of any width and kana, by names and their variant
 * kanji, by choices; and that what is hidden or disposed of answers as what is not there. ENGINE_PACK names the pack. */
#include "setting.h"
#include "base/file.h"
#include "engine/apply.h"
#include "engine/find.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

struct story {
    struct scenario_play *play;
    struct engine *e;
    struct store *store;
    const char *loan, *lamp;
    size_t n_named; /* records that lists told by name */
};

/* What the keeper does between batches. */
static void tend(struct story *x, size_t max)
{
    bool more = true;

    while (more) {
        OK(store_begin(x->store));
        OK(engine_search_tend(x->e, max, &more));
        OK(store_commit(x->store));
    }
}

/* The loan is asked for and permitted; rows are written by the acts where there is a key from the beginning, else filled in behind. */
static void story_open(void **state, struct story *x, bool key_first)
{
    struct setting *g = *state;
    size_t failed = 0;

    x->play = setting_play(g, g->server != NULL, NULL);
    x->e = scenario_play_engine(x->play);
    x->store = scenario_play_store(x->play);
    if (key_first)
        tend(x, 1);
    OK(scenario_play(x->play, scenario_find(g->set, "a-loan"), SIZE_MAX, NULL, NULL, &failed, &g->diag));
    assert_int_equal(failed, 0);
    x->loan = scenario_play_record(x->play, "APP");
    x->lamp = scenario_play_record(x->play, "L1");
    if (!key_first)
        tend(x, 1);
}

static json_t *search_for(struct story *x, const char *person, const char *text, const char *reg, unsigned page, unsigned size)
{
    const struct search_query q = {.text = text, .reg = reg, .page = page, .page_size = size};
    json_t *found = NULL;

    OK(engine_search(x->e, person, &q, &found));
    return found;
}

static bool finds(struct story *x, const char *person, const char *text, const char *id)
{
    JSON_AUTO *o = search_for(x, person, text, "", 1, 50);
    const json_t *rows = json_arr(o, "rows");

    assert_string_equal(json_str(o, "result"), "found");
    assert_false(json_flag(o, "preparing"));
    assert_int_equal(json_int(o, "total"), json_array_size(rows));
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (!strcmp(json_str(json_array_get(rows, i), "id"), id))
            return true;
    return false;
}

/* ---- tests ---- */

static void check_words(struct story *x)
{
    static const char *const of_the_loan[] = {
        "警ら", "Patrol", "ＰＡＴＲＯＬ", /* a choice, in both languages */
        "受付", "受付甲", "うけつけ", "ｳｹﾂｹ", "ウケツケ", "Uketsuke", /* its user */
        "試験署", "shiken station", /* its unit */
        "090-0000", "０９０ー００００", "0900000", /* personal */
        "警ら 受付 090", "受付　甲", /* one character beside others */
    };

    for (size_t i = 0; i < ARRAY_LEN(of_the_loan); i++)
        if (!finds(x, "C", of_the_loan[i], x->loan))
            fail_msg("\"%s\" does not find the loan", of_the_loan[i]);
    assert_true(finds(x, "C", x->loan, x->loan));
    assert_true(finds(x, "C", x->lamp, x->loan)); /* it names the lamp's record */
    assert_true(finds(x, "X", "灯火", x->lamp));
    assert_true(finds(x, "X", "L-1", x->lamp));
    assert_false(finds(x, "C", "警ら 無線機", x->loan));
    assert_false(finds(x, "C", "受付　丙", x->loan));
    assert_false(finds(x, "C", "訓練", x->loan)); /* a choice that was not taken */
    assert_false(finds(x, "C", "施錠", x->loan)); /* the form's wording */
    assert_false(finds(x, "C", "付受", x->loan));
    assert_false(finds(x, "C", "署警", x->loan)); /* two fields do not run together */
}

static void words_are_found_however_they_are_written(void **state)
{
    struct story x;

    story_open(state, &x, true);
    check_words(&x);
    scenario_play_close(x.play);
}

static void rows_that_are_missing_are_filled_in(void **state)
{
    struct story x;

    story_open(state, &x, false);
    check_words(&x);
    scenario_play_close(x.play);
}

static void before_there_is_a_key_the_search_is_being_prepared(void **state)
{
    struct setting *g = *state;
    struct story x;
    JSON_AUTO *o = NULL;

    x.play = setting_play(g, g->server != NULL, NULL);
    x.e = scenario_play_engine(x.play);
    x.store = scenario_play_store(x.play);
    o = search_for(&x, "C", "警ら", "", 1, 50);
    assert_string_equal(json_str(o, "result"), "found");
    scenario_play_close(x.play);
}

/* Another key, as when a vault was lost, or another form of rows: all are written again. */
static void a_new_key_makes_the_rows_again(void **state)
{
    struct story x;

    story_open(state, &x, true);
    OK(store_begin(x.store));
    OK(STORE_RUN(x.store, STMT_META_SET, V_TEXT("search"), V_TEXT("0 abc ready")));
    OK(store_commit(x.store));
    {
        JSON_AUTO *o = search_for(&x, "C", "警ら", "", 1, 50);

        assert_true(json_flag(o, "preparing"));
        assert_int_equal(json_int(o, "total"), 0);
    }
    tend(&x, 1);
    check_words(&x);
    scenario_play_close(x.play);
}

static void words_too_short_or_too_many_are_told(void **state)
{
    static const char *const rows[][2] = {
        {"", "empty"}, {" 　", "empty"}, {"・ー", "empty"}, {"\xff\xfe", "empty"}, {"署", "short"}, {"警 署", "short"}, {"ー署", "short"},
        {"aa bb cc dd ee ff gg hh ii", "long"},
    };
    struct story x;

    story_open(state, &x, true);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        JSON_AUTO *o = search_for(&x, "C", rows[i][0], "", 1, 50);

        assert_string_equal(json_str(o, "result"), rows[i][1]);
    }
    scenario_play_close(x.play);
}

/* X sees no loans. What he cannot see answers, byte for byte, as what is nowhere. */
static void what_is_hidden_answers_as_what_is_not_there(void **state)
{
    static const char *const hidden[] = {"090-0000-0000", "警ら", "LO-2026-0001"};
    struct story x;

    story_open(state, &x, true);
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
        JSON_AUTO *seen = search_for(&x, "X", hidden[i], "", 1, 50), *absent = search_for(&x, "X", "どこにも無い", "", 1, 50);

        assert_int_equal(json_object_del(seen, "words"), 0);
        assert_int_equal(json_object_del(absent, "words"), 0);
        assert_true(json_equal(seen, absent));
        assert_int_equal(json_int(seen, "total"), 0);
        assert_true(finds(&x, "C", hidden[i], x.loan));
    }
    scenario_play_close(x.play);
}

static void a_register_that_enters_reading_shows_no_excerpt(void **state)
{
    struct story x;
    JSON_AUTO *loans = NULL, *items = NULL;
    const json_t *row, *parts;

    story_open(state, &x, true);
    loans = search_for(&x, "C", "警ら", "loans", 1, 50);
    row = json_array_get(json_arr(loans, "rows"), 0);
    assert_string_equal(json_str(row, "id"), x.loan);
    assert_true(json_flag(row, "recorded"));
    assert_int_equal(json_array_size(json_arr(row, "excerpts")), 0);
    assert_string_equal(json_str(row, "name"), "");
    items = search_for(&x, "C", "らん", "items", 1, 50);
    assert_int_equal(json_int(items, "total"), 0);
    json_decref(items);
    items = search_for(&x, "C", "ＲＡＤＩＯ", "items", 1, 50);
    row = json_array_get(json_arr(items, "rows"), 0);
    assert_false(json_flag(row, "recorded"));
    assert_string_equal(json_str(row, "name"), "R-1");
    parts = json_arr(json_array_get(json_arr(row, "excerpts"), 0), "parts");
    assert_int_equal(json_array_size(parts), 1);
    assert_string_equal(json_str(json_array_get(parts, 0), "text"), "Radio"); /* as it is written there */
    assert_true(json_flag(json_array_get(parts, 0), "hit"));
    scenario_play_close(x.play);
}

static void what_was_shown_is_entered_only_when_it_may_be(void **state)
{
    struct story x;
    JSON_AUTO *loan = NULL, *lamp = NULL, *none = NULL;

    story_open(state, &x, true);
    loan = json_pack("[s]", x.loan);
    lamp = json_pack("[s]", x.lamp);
    none = json_pack("[s]", "LO-2026-9999");
    assert_int_equal(engine_search_shown(x.e, "C", RELEASE_PAGE, loan), 0);
    assert_int_equal(engine_search_shown(x.e, "X", RELEASE_PAGE, loan), 1);
    assert_int_equal(engine_search_shown(x.e, "nobody", RELEASE_PAGE, loan), 1);
    assert_int_equal(engine_search_shown(x.e, "C", RELEASE_PAGE, lamp), 1); /* its register enters nothing */
    assert_int_equal(engine_search_shown(x.e, "C", RELEASE_PAGE, none), 1);
    scenario_play_close(x.play);
}

/* Page by page the same rows as all at once; each counts as far as it goes and knows of exactly one more, and the last of none: nothing
 * that is hidden is counted, nor taken for more. */
static void check_pages(struct story *x, const char *person, const char *text)
{
    JSON_AUTO *all = search_for(x, person, text, "", 1, 50);
    const json_t *rows = json_arr(all, "rows");
    int64_t n = (int64_t)json_array_size(rows);

    assert_int_equal(json_int(all, "total"), n);
    assert_false(json_flag(all, "more"));
    for (int64_t page = 1; page <= n; page++) {
        JSON_AUTO *one = search_for(x, person, text, "", (unsigned)page, 1);

        assert_int_equal(json_int(one, "total"), page);
        assert_int_equal(json_flag(one, "more"), page < n);
        assert_int_equal(json_int(one, "pages"), MIN_OF(page + 1, n));
        assert_string_equal(json_str(json_array_get(json_arr(one, "rows"), 0), "id"),
                            json_str(json_array_get(rows, (size_t)page - 1), "id"));
    }
}

static void pages_and_registers_divide_what_is_found(void **state)
{
    struct story x;
    JSON_AUTO *all = NULL, *fewer = NULL, *beyond = NULL;

    story_open(state, &x, true);
    all = search_for(&x, "C", "0001", "", 1, 50); /* the first of each register, or what names one */
    assert_true(json_int(all, "total") >= 2);
    assert_true(json_array_size(json_arr(all, "registers")) >= 2);
    fewer = search_for(&x, "X", "0001", "", 1, 50);
    assert_in_range(json_int(fewer, "total"), 1, json_int(all, "total") - 1);
    check_pages(&x, "C", "0001");
    check_pages(&x, "X", "0001");
    for (size_t i = 1; i < json_array_size(json_arr(all, "rows")); i++)
        assert_true(strcmp(json_str(json_array_get(json_arr(all, "rows"), i - 1), "changed"),
                           json_str(json_array_get(json_arr(all, "rows"), i), "changed")) >= 0);
    beyond = search_for(&x, "C", "0001", "", 1000, 50);
    assert_int_equal(json_array_size(json_arr(beyond, "rows")), 0);
    assert_int_equal(json_int(beyond, "total"), json_int(all, "total"));
    scenario_play_close(x.play);
}

static void what_was_disposed_of_is_not_found(void **state)
{
    struct story x;
    struct stage sc;
    struct record *r;

    story_open(state, &x, true);
    assert_true(finds(&x, "C", "090-0000", x.loan));
    OK(store_begin(x.store));
    OK(stage_open(&sc, x.e, "", engine_now(x.e)));
    OK(stage_record(&sc, x.loan, &r));
    OK(record_dispose(x.store, r, engine_now(x.e)));
    stage_done(&sc);
    OK(store_commit(x.store));
    assert_false(finds(&x, "C", "090-0000", x.loan));
    assert_false(finds(&x, "C", x.loan, x.loan));
    {
        ROWS_AUTO *rows = NULL;

        assert_int_equal(STORE_ONE(x.store, &rows, STMT_SEARCH_GRAMS, V_TEXT(x.loan)), STORE_E_NONE);
    }
    /* Filling up does not bring it back. */
    OK(store_begin(x.store));
    OK(STORE_RUN(x.store, STMT_META_SET, V_TEXT("search"), V_TEXT("0 abc ready")));
    OK(store_commit(x.store));
    tend(&x, 2);
    assert_false(finds(&x, "C", "090-0000", x.loan));
    assert_true(finds(&x, "X", "灯火", x.lamp));
    scenario_play_close(x.play);
}

/* The file holds hashes: neither the words nor the audience's members. */
static void the_row_does_not_spell_out_what_it_is_made_of(void **state)
{
    struct story x;
    ROWS_AUTO *rows = NULL;
    struct str grams, word;
    size_t n = 0;

    story_open(state, &x, true);
    OK(STORE_ONE(x.store, &rows, STMT_SEARCH_GRAMS, V_TEXT(x.loan)));
    grams = rows_str(rows, 0);
    while (str_split(&grams, ' ', &word)) {
        if (!n++) {
            assert_int_equal(word.at[0], 'a');
            continue;
        }
        assert_int_equal(word.len, 10);
        for (size_t i = 0; i < word.len; i++)
            assert_true(strchr("0123456789abcdef", word.at[i]) != NULL);
    }
    assert_true(n > 20);
    rows_done(TAKE(rows));
    scenario_play_close(x.play);
}

/* A force whose people are called otherwise: old kanji find the new, and rows follow the names. */
static void new_names_are_found_after_they_came(void **state)
{
    struct setting *g = *state;
    CLEANUP(force_unrefp) struct force *next = NULL;
    struct str texts[FORCE_FILES];
    struct buf file[FORCE_FILES], path;
    struct story x;

    story_open(state, &x, true);
    buf_init(&path, 4096);
    for (int f = 0; f < FORCE_FILES; f++) {
        buf_init(&file[f], 1 << 20);
        buf_clear(&path);
        OK(buf_printf(&path, "%s/force/%s", getenv("ENGINE_PACK"), force_file_name(f)));
        if (file_read(path.at, 1 << 20, &file[f], NULL))
            buf_clear(&file[f]);
        texts[f] = file[f].len ? buf_str(&file[f]) : STR_NONE;
        if (!strcmp(force_file_name(f), "persons.csv")) {
            char *at = strstr(file[f].at, "受付 甲");

            assert_non_null(at);
            memcpy(at, "髙邊 甲", strlen("受付 甲"));
        }
    }
    OK(force_load_texts(texts, &next, &g->diag));
    OK(store_begin(x.store));
    OK(engine_search_renamed(x.e, next));
    OK(force_save_store(next, x.store, &g->diag));
    OK(STORE_RUN(x.store, STMT_META_SET, V_TEXT("generation"), V_TEXT("77")));
    OK(store_commit(x.store));
    OK(engine_refresh(x.e, &g->diag));
    {
        JSON_AUTO *o = search_for(&x, "C", "警ら", "", 1, 50);

        assert_true(json_flag(o, "preparing"));
    }
    tend(&x, 2);
    assert_true(finds(&x, "C", "高辺", x.loan));
    assert_true(finds(&x, "C", "髙邉甲", x.loan));
    assert_false(finds(&x, "C", "受付甲", x.loan));
    for (int f = 0; f < FORCE_FILES; f++)
        buf_done(&file[f]);
    buf_done(&path);
    scenario_play_close(x.play);
}

/* ---- by the value of a field ---- */

/* How many of the register's records the person finds by what is typed for a field; -1: nothing can be read from it. */
static int64_t typed_for(struct story *x, const char *person, const char *reg_id, const char *field, const char *typed)
{
    const struct reg *reg = engine_reg(x->e, reg_id);
    const struct list_query all = {.reg = reg_id, .page = 1, .page_size = 10};
    struct list_query q = all;
    JSON_AUTO *say = NULL;
    JSON_AUTO *o = NULL;
    struct buf key;
    int64_t n = -1;
    int r;

    buf_init(&key, 4096);
    r = engine_list_key(x->e, person, reg, reg_field(reg, field), str_of(typed), &key, &say);
    if (r) {
        assert_int_equal(r, 1);
        assert_true(*json_str(say, "ja") && *json_str(say, "en"));
    } else {
        q.field = key.len ? field : "";
        q.key = key.len ? key.at : "";
        OK(engine_list(x->e, person, &q, &o));
        n = json_int(o, "total");
    }
    buf_done(&key);
    return n;
}

static void lists_are_narrowed_by_what_is_typed(void **state)
{
    struct story x;

    story_open(state, &x, true);
    assert_int_equal(typed_for(&x, "C", "loans", "starts_on", "令和８年４月１０日"), 1);
    assert_int_equal(typed_for(&x, "C", "loans", "starts_on", "2026-04-11"), 0);
    assert_int_equal(typed_for(&x, "C", "loans", "starts_on", "令和8年13月1日"), -1);
    assert_int_equal(typed_for(&x, "C", "loans", "starts_on", " "), 1); /* nothing: all of them */
    assert_int_equal(typed_for(&x, "C", "loans", "purpose", "警ら"), 1);
    assert_int_equal(typed_for(&x, "C", "loans", "purpose", "none of these"), -1);
    assert_int_equal(typed_for(&x, "C", "loans", "item", x.lamp), 1);
    assert_int_equal(typed_for(&x, "X", "items", "class", "kit"), 1);
    assert_int_equal(typed_for(&x, "X", "items", "class", "no-label"), -1);
    assert_int_equal(typed_for(&x, "X", "loans", "person", "A"), 0); /* hidden from X */
    assert_int_equal(typed_for(&x, "C", "disposals", "records", x.loan), 0);
    assert_int_equal(typed_for(&x, "X", "disposals", "records", x.loan), -1); /* as a record that is not there */
    assert_int_equal(typed_for(&x, "X", "disposals", "records", "LO-2026-0099"), -1);
    scenario_play_close(x.play);
}

/* ---- what a list shows ---- */

/* A row tells of its record what the record's own view tells. */
static void check_row(struct story *x, const char *person, const struct list_row *row, const char *const *fields, size_t n)
{
    JSON_AUTO *view = NULL;
    size_t held = 0;

    OK(engine_view(x->e, person, row->id, scenario_play_now(x->play), &view));
    assert_string_equal(row->state, json_str(view, "state"));
    assert_string_equal(row->unit, json_str(view, "unit"));
    assert_string_equal(row->name, json_str(view, "name"));
    assert_string_equal(row->former, json_str(view, "former"));
    assert_string_equal(row->reg->id, json_str(view, "reg"));
    assert_int_equal(row->version, json_int(view, "version"));
    assert_int_equal(row->is_disposed, json_flag(view, "disposed"));
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_object_get(json_obj(view, "values"), fields[i]);

        held += v != NULL;
        if (!v ? json_object_get(row->values, fields[i]) != NULL : !json_equal(v, json_object_get(row->values, fields[i])))
            fail_msg("%s: %s differs from the view", row->id, fields[i]);
    }
    assert_int_equal(json_object_size(row->values), held); /* and nothing else: no party, nothing personal */
}

/* What a field says of another record is told by name if, and only if, the person sees that record. */
static void check_named(struct story *x, const char *person, const struct list_rows *rows,
                        const struct list_row *row, const char *field)
{
    const struct field *f = reg_field(row->reg, field);
    const char *id = f->type == FIELD_RECORD ? json_str(row->values, field) : "";
    const struct list_named *named = *id ? list_named_of(rows, id) : NULL;
    JSON_AUTO *ids = json_pack("{s:b}", id, 1);
    JSON_AUTO *seen = NULL;

    if (!*id)
        return;
    OK(engine_named(x->e, person, ids, scenario_play_now(x->play), &seen));
    assert_int_equal(named != NULL, json_array_size(seen));
    if (!named)
        return;
    x->n_named++;
    assert_string_equal(named->id, id);
    assert_string_equal(named->name, json_str(json_array_get(seen, 0), "name"));
    assert_string_equal(named->reg->id, json_str(json_array_get(seen, 0), "reg"));
}

static size_t check_list(struct story *x, const char *person, struct list_query q, const char *const *fields, size_t n)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(1u << 20);
    struct list_rows rows;
    size_t seen;

    OK(engine_list_rows(x->e, person, &q, a, &rows));
    seen = rows.n;
    assert_int_equal(rows.n, rows.total);
    for (size_t i = 0; i < rows.n; i++)
        check_row(x, person, &rows.at[i], fields, n);
    for (size_t i = 0; q.has_named && i < rows.n; i++)
        for (size_t k = 0; k < n; k++)
            check_named(x, person, &rows, &rows.at[i], fields[k]);
    assert_true(q.has_named || !rows.n_named);
    list_rows_done(&rows);
    assert_int_equal(rows.n, 0);
    return seen;
}

/* Whether all values are asked for, some, or none. */
static void check_register(struct story *x, const char *person, const struct reg *reg, size_t want)
{
    static const char *const sorts[] = {"id", "opened", "changed"};
    const char *all[64];
    size_t n = 0;

    for (size_t i = 0; i < reg->n_fields && n < ARRAY_LEN(all); i++)
        all[n++] = reg->fields[i].id;
    for (size_t i = 0; i < ARRAY_LEN(sorts); i++) {
        struct list_query q = {.reg = reg->id, .sort = sorts[i], .page = 1, .page_size = 50};
        uint64_t total = 0;

        assert_int_equal(check_list(x, person, q, all, n), want);
        q.fields = all;
        for (size_t some = 0; some <= n; some++) {
            q.n_fields = some;
            q.has_named = some % 2 || some == n;
            assert_int_equal(check_list(x, person, q, all, some), want);
        }
        OK(engine_list_total(x->e, person, &q, &total));
        assert_int_equal(total, want);
    }
}

static void lists_show_what_records_hold(void **state)
{
    struct story x;

    story_open(state, &x, true);
    check_register(&x, "C", engine_reg(x.e, "loans"), 1);
    assert_true(x.n_named > 0);
    check_register(&x, "X", engine_reg(x.e, "loans"), 0); /* hidden from X */
    check_register(&x, "X", engine_reg(x.e, "items"), 2);
    scenario_play_close(x.play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(words_are_found_however_they_are_written),
        BOTH(rows_that_are_missing_are_filled_in),
        BOTH(before_there_is_a_key_the_search_is_being_prepared),
        BOTH(a_new_key_makes_the_rows_again),
        BOTH(words_too_short_or_too_many_are_told),
        BOTH(what_is_hidden_answers_as_what_is_not_there),
        BOTH(a_register_that_enters_reading_shows_no_excerpt),
        BOTH(what_was_shown_is_entered_only_when_it_may_be),
        BOTH(pages_and_registers_divide_what_is_found),
        BOTH(what_was_disposed_of_is_not_found),
        BOTH(the_row_does_not_spell_out_what_it_is_made_of),
        BOTH(new_names_are_found_after_they_came),
        BOTH(lists_are_narrowed_by_what_is_typed),
        BOTH(lists_show_what_records_hold),
    };

    return cmocka_run_group_tests_name("engine-find", tests, settings_start, settings_stop);
}
