/* Fields of type `digest`: how they may be written; that what stands in bodies, indexes and entries is not what was typed; what is shown, found,
 * verified and disposed of; on SQLite and on a real PostgreSQL. ENGINE_PACK names the pack. */
#include "setting.h"
#include "engine/digest.h"
#include "engine/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sodium.h>

#define OTHER "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" /* of nothing */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" /* FIPS 180-4, of "abc" */

struct fixture {
    struct setting setting;
    struct scenario_play *play;
};

static int open_fixture(void **state)
{
    static struct fixture x;

    setting_open(&x.setting, getenv("ENGINE_PACK"), true);
    *state = &x;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *x = *state;

    setting_close(&x->setting);
    return 0;
}

static void play_story(struct fixture *x, bool on_server)
{
    size_t failed;
    bool more = true;

    x->play = setting_play(&x->setting, on_server, NULL);
    while (more) { /* the key of the search */
        assert_int_equal(store_begin(scenario_play_store(x->play)), 0);
        assert_int_equal(engine_search_tend(scenario_play_engine(x->play), 100, &more), 0);
        assert_int_equal(store_commit(scenario_play_store(x->play)), 0);
    }
    assert_int_equal(scenario_play(x->play, scenario_find(x->setting.set, "r-digests"), SIZE_MAX, NULL, NULL, &failed, &x->setting.diag), 0);
    assert_int_equal(failed, 0);
}

static bool reads(const char *typed, struct digest *ret)
{
    int r = digest_read(str_of(typed), ret);

    assert_true(r >= 0);
    return !r;
}

static void is_written_in_many_ways(void **state)
{
    static const char *const same[] = {ABC,
                                       "  " ABC "　",
                                       "sha256:" ABC,
                                       "SHA-256: " ABC,
                                       "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
                                       "ｂa7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad"};
    static const char *const none[] = {"", "abc", "sha256:", "md5:" ABC, ABC "0", "za7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                                       "a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", DIGEST_MARK ABC};
    struct digest wanted = sha256(STR("abc")), d;

    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        assert_true(reads(same[i], &d) && digest_eq(&d, &wanted));
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        assert_false(reads(none[i], &d));
    (void)state;
}

static bool holds(struct str where, const char *text)
{
    return where.len && memmem(where.at, where.len, text, strlen(text)) != NULL;
}

/* Neither what was typed nor another spelling of it. */
static void is_nowhere_in_clear(struct store *s, const char *hex)
{
    ROWS_AUTO *entries = NULL;
    ROWS_AUTO *records = NULL;
    ROWS_AUTO *index = NULL;
    size_t n = 0, keyed = 0;

    assert_int_equal(STORE_QUERY(s, &entries, STMT_ENTRY_RANGE, V_INT(2026), V_INT(0), V_INT(10000)), 0);
    for (; rows_next(entries) == 1; n++) {
        assert_false(holds(rows_blob(entries, 2), hex));
        keyed += holds(rows_blob(entries, 2), DIGEST_MARK);
    }
    assert_true(n > 3 && keyed > 0);
    assert_int_equal(STORE_QUERY(s, &records, STMT_RECORD_ALL, V_TEXT(""), V_INT(10000)), 0);
    for (n = 0; rows_next(records) == 1; n++)
        assert_false(holds(rows_str(records, 12), hex));
    assert_true(n > 0);
    assert_int_equal(STORE_QUERY(s, &index, STMT_INDEX_STATES, V_TEXT("prints"), V_TEXT("sum"), V_TEXT(hex), V_TEXT(""), V_INT(10)), 0);
    assert_int_equal(rows_next(index), 0);
}

static json_t *listed(struct fixture *x, const char *typed)
{
    struct engine *e = scenario_play_engine(x->play);
    const struct reg *reg = engine_reg(e, "prints");
    CLEANUP(buf_done) struct buf key = {0};
    struct list_query q = {.reg = "prints", .state = "", .field = "sum", .page_size = 10, .page = 1};
    json_t *list = NULL, *say = NULL;

    buf_init(&key, 4096);
    assert_int_equal(engine_list_key(e, "Y", reg, reg_field(reg, "sum"), str_of(typed), &key, &say), 0);
    q.key = key.at;
    assert_int_equal(engine_list(e, "Y", &q, &list), 0);
    return list;
}

static void shows_what_was_typed(struct fixture *x, const char *record)
{
    struct engine *e = scenario_play_engine(x->play);
    json_t *view = NULL, *list = listed(x, "SHA256:" ABC);
    const json_t *values, *row = json_array_get(json_arr(list, "rows"), 0);

    assert_int_equal(engine_view(e, "Y", record, scenario_play_now(x->play), &view), 0);
    values = json_obj(view, "values");
    assert_string_equal(json_str(values, "sum"), ABC);
    assert_int_equal(strlen(json_str(json_array_get(json_arr(values, "parts"), 0), "sum")), 64);
    assert_int_equal(json_array_size(json_arr(values, "others")), 2);
    assert_int_equal(json_int(list, "total"), 1);
    assert_string_equal(json_str(row, "id"), record);
    assert_string_equal(json_str(json_obj(row, "values"), "sum"), ABC);
    json_decref(view);
    json_decref(list);
}

static json_t *seen_by(struct fixture *x, const char *person, const char *record)
{
    json_t *view = NULL;

    assert_int_equal(engine_view(scenario_play_engine(x->play), person, scenario_play_record(x->play, record), scenario_play_now(x->play), &view), 0);
    return view;
}

static const json_t *row_of(const json_t *list, const char *id)
{
    for (size_t i = 0; i < json_array_size(json_arr(list, "rows")); i++)
        if (!strcmp(json_str(json_array_get(json_arr(list, "rows"), i), "id"), id))
            return json_array_get(json_arr(list, "rows"), i);
    return NULL;
}

static bool is_hidden(const json_t *v)
{
    return json_flag(v, "hidden");
}

/* Who sees the paper is shown its name, others are not; in a list nobody where it is of confidentiality 3. */
static void is_shown_to_who_sees_what_it_is_of(struct fixture *x)
{
    static const char *const persons[] = {"Y", "X"};
    struct list_query q = {.reg = "prints", .state = "", .field = "", .key = "", .page_size = 50, .page = 1};

    for (size_t i = 0; i < ARRAY_LEN(persons); i++) {
        json_t *of = seen_by(x, persons[i], "OF"), *of_3 = seen_by(x, persons[i], "OF-3"), *list = NULL;
        const json_t *label = json_object_get(json_obj(of, "values"), "label"), *parts = json_arr(json_obj(of, "values"), "parts"), *row;
        bool sees = !i;

        assert_true(sees ? json_is_string(label) && !strcmp(json_string_value(label), "会議.pdf") : is_hidden(label));
        assert_int_equal(is_hidden(json_object_get(json_array_get(parts, 0), "name")), !sees); /* a paper holds that content */
        assert_string_equal(json_str(json_array_get(parts, 1), "name"), "公開.txt");           /* nobody is known to hold that one */
        assert_int_equal(is_hidden(json_object_get(json_obj(of_3, "values"), "label")), !sees);
        assert_int_equal(engine_list(scenario_play_engine(x->play), persons[i], &q, &list), 0);
        assert_non_null(row = row_of(list, scenario_play_record(x->play, "OF")));
        assert_int_equal(is_hidden(json_object_get(json_obj(row, "values"), "label")), !sees);
        assert_non_null(row = row_of(list, scenario_play_record(x->play, "OF-3")));
        assert_true(is_hidden(json_object_get(json_obj(row, "values"), "label")));
        json_decref(of);
        json_decref(of_3);
        json_decref(list);
    }
}

/* By the digest whole, and by no piece of it. */
static void is_searched_for(struct fixture *x, const char *record)
{
    static const char *const typed[] = {ABC, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", "ba7816bf8f01cfea"};

    for (size_t i = 0; i < ARRAY_LEN(typed); i++) {
        struct search_query q = {.text = typed[i], .channel = RELEASE_PAGE, .page = 1, .page_size = 10};
        json_t *found = NULL;
        const json_t *row;

        assert_int_equal(engine_search(scenario_play_engine(x->play), "Y", &q, &found), 0);
        assert_int_equal(json_int(found, "total"), i < 2);
        row = json_array_get(json_arr(found, "rows"), 0);
        assert_string_equal(json_str(row, "id"), i < 2 ? record : "");
        json_decref(found);
    }
}

static int64_t found_by(struct fixture *x, const char *person, const char *typed)
{
    struct search_query q = {.text = typed, .channel = RELEASE_PAGE, .page = 1, .page_size = 10};
    json_t *found = NULL;
    int64_t n;

    assert_int_equal(engine_search(scenario_play_engine(x->play), person, &q, &found), 0);
    n = json_int(found, "total");
    json_decref(found);
    return n;
}

static int64_t narrowed_by(struct fixture *x, const char *person, const char *typed)
{
    struct engine *e = scenario_play_engine(x->play);
    const struct reg *reg = engine_reg(e, "prints");
    CLEANUP(buf_done) struct buf key = {0};
    struct list_query q = {.reg = "prints", .state = "", .field = "seal", .page_size = 10, .page = 1};
    json_t *list = NULL, *say = NULL;
    uint64_t total = 0;
    int64_t n;

    buf_init(&key, 4096);
    assert_int_equal(engine_list_key(e, person, reg, reg_field(reg, "seal"), str_of(typed), &key, &say), 0);
    q.key = key.at;
    assert_int_equal(engine_list(e, person, &q, &list), 0);
    assert_int_equal(engine_list_total(e, person, &q, &total), 0);
    n = json_int(list, "total");
    assert_int_equal(total, n);
    assert_int_equal(json_array_size(json_arr(list, "rows")), n);
    json_decref(list);
    return n;
}

/* By a digest that is of a paper nobody finds who does not see the paper: he could try digests until one is it. */
static void is_found_by_who_sees_what_it_is_of(struct fixture *x)
{
    char typed[2 * SHA256_SIZE + 1], of_3[2 * SHA256_SIZE + 1];
    struct digest d = sha256(STR("sealed")), d_3 = sha256(STR("sealed-3"));

    sodium_bin2hex(typed, sizeof(typed), d.bytes, sizeof(d.bytes));
    sodium_bin2hex(of_3, sizeof(of_3), d_3.bytes, sizeof(d_3.bytes));
    assert_int_equal(found_by(x, "Y", typed), 1);
    assert_int_equal(narrowed_by(x, "Y", typed), 1);
    assert_int_equal(found_by(x, "X", typed), 0);
    assert_int_equal(narrowed_by(x, "X", typed), 0);
    assert_int_equal(found_by(x, "Y", of_3), 1);
    assert_int_equal(narrowed_by(x, "Y", of_3), 0); /* a list shows nothing of what is of confidentiality 3 */
    assert_int_equal(found_by(x, "X", of_3), 0);
    assert_int_equal(narrowed_by(x, "X", of_3), 0);
}

static bool verifies(struct fixture *x)
{
    struct verify_summary sum;
    int r = verify_installation(scenario_play_store(x->play), NULL, NULL, &sum, &x->setting.diag);

    assert_true(r >= 0);
    return !r;
}

static void told(struct fixture *x, const char *words)
{
    assert_true(x->setting.diag.n_errors > 0);
    assert_non_null(strstr(x->setting.diag.entries[x->setting.diag.n - 1].message, words));
    diag_clear(&x->setting.diag);
}

/* What is sealed is another digest, then nothing. */
static void is_held_against_what_stands_for_it(struct fixture *x, const char *record)
{
    struct store *s = scenario_play_store(x->play);
    struct record r = {.id = record, .reg = engine_reg(scenario_play_engine(x->play), "prints")};
    char commit[2 * SHA256_SIZE + 1];
    json_t *sealed = NULL, *other, *v;
    const char *keyed;

    assert_true(verifies(x));
    assert_int_equal(record_open_aside(s, &r, DIGEST_SEALED, &sealed), 0);
    assert_int_equal(json_object_size(sealed), 6);
    other = json_deep_copy(sealed);
    json_object_foreach (sealed, keyed, v)
        if (!strcmp(json_string_value(v), ABC))
            assert_int_equal(json_object_set_new(other, keyed, json_string(OTHER)), 0);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(record_seal_aside(s, &r, DIGEST_SEALED, other, commit), 0);
    assert_int_equal(store_commit(s), 0);
    assert_false(verifies(x));
    told(x, record);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(STORE_RUN(s, STMT_PERSONAL_DROP_FIELD, V_TEXT(record), V_TEXT(DIGEST_SEALED)), 0);
    assert_int_equal(store_commit(s), 0);
    assert_false(verifies(x));
    told(x, "removed");
    record_done(&r);
    json_decref(sealed);
    json_decref(other);
}

static void stands_for_itself(struct fixture *x, bool on_server)
{
    const char *record;

    play_story(x, on_server);
    record = scenario_play_record(x->play, "P1");
    is_nowhere_in_clear(scenario_play_store(x->play), ABC);
    shows_what_was_typed(x, record);
    is_nowhere_in_clear(scenario_play_store(x->play), "会議.pdf");
    is_shown_to_who_sees_what_it_is_of(x);
    is_searched_for(x, record);
    is_found_by_who_sees_what_it_is_of(x);
    is_held_against_what_stands_for_it(x, record);
    scenario_play_close(x->play);
}

static void stands_for_itself_in_memory(void **state)
{
    stands_for_itself(*state, false);
}

static void stands_for_itself_on_a_server(void **state)
{
    stands_for_itself(*state, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_written_in_many_ways), cmocka_unit_test(stands_for_itself_in_memory),
                                       cmocka_unit_test(stands_for_itself_on_a_server)};

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
