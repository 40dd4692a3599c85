/* Whoever opens a record of a register that asks says why, for an hour, and what he says is in no entry and in no row in clear.
 * ENGINE_PACK names the small pack, whose loans ask here. */
#include "engine/inside.h"
#include "engine/reading.h"
#include "engine/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define PURPOSE "被害者 山田花子の照会"
#define LIMITS ((struct json_limits){16 << 20, 64})

struct fixture {
    struct diag diag;
    struct pack *pack;
    struct scenario_set *set;
    struct force *force;
    struct scenario_play *play;
    struct engine *e;
    struct store *store;
    struct log *log;
    uint64_t now_us;
    const char *loan;
};

/* The pack as it is kept, with one word changed: loans ask, or, `cap`, pages show no more than that. */
static int load_changed(struct fixture *x, const char *dir, const char *cap)
{
    CLEANUP(pack_unrefp) struct pack *plain = NULL;
    CLEANUP(buf_done) struct buf changed;
    JSON_AUTO *all = NULL;
    json_t *reads = cap ? json_string("recorded") : json_pack("{s:[s, s], s:[s]}", "asks", "purpose", "case", "clauses", "K-5");

    buf_init(&changed, 16 << 20);
    if (pack_load_dir(dir, &plain, &x->diag) || json_parse(plain->canonical, LIMITS, &all, NULL) ||
        json_object_set_new(json_object_get(all, "registers/loans.yaml"), "reads", reads) ||
        (cap && json_object_set_new(json_object_get(all, "labels.yaml"), "channels", json_pack("{s:{s:s}}", "page", "at_most", cap))) || json_canonical(all, &changed, NULL))
        return -1;
    return pack_load_canonical(buf_str(&changed), &x->pack, &x->diag);
}

static int open_changed(void **state, const char *cap)
{
    struct fixture *x = calloc(1, sizeof(*x));
    const char *dir = getenv("ENGINE_PACK");
    struct buf path;
    size_t failed = 0;

    if (!x)
        return -1;
    diag_init(&x->diag);
    buf_init(&path, 4096);
    if (!dir || crypto_start() || load_changed(x, dir, cap) || scenario_set_load(dir, x->pack, &x->set, &x->diag) || buf_printf(&path, "%s/force", dir) ||
        force_load_dir(path.at, &x->force, &x->diag) || scenario_play_open(":memory:", x->pack, x->force, &x->play, &x->diag) ||
        scenario_play(x->play, scenario_find(x->set, "a-loan"), SIZE_MAX, NULL, NULL, &failed, &x->diag))
        return -1;
    buf_done(&path);
    x->e = scenario_play_engine(x->play);
    x->store = scenario_play_store(x->play);
    x->log = scenario_play_log(x->play);
    x->now_us = scenario_play_now(x->play) + 2 * READING_HOLDS_US; /* nobody has acted lately */
    x->loan = scenario_play_record(x->play, "APP");
    *state = x;
    return x->loan ? 0 : -1;
}

static int open_fixture(void **state)
{
    return open_changed(state, NULL);
}

static int open_capped(void **state)
{
    return open_changed(state, "1");
}

static int close_fixture(void **state)
{
    struct fixture *x = *state;

    scenario_play_close(x->play);
    force_unref(x->force);
    scenario_set_free(x->set);
    pack_unref(x->pack);
    diag_done(&x->diag);
    free(x);
    return 0;
}

static void assert_opens(struct fixture *x, struct opening o, const char *wanted)
{
    JSON_AUTO *outcome = NULL;

    o.record = x->loan;
    o.now_us = o.now_us ? o.now_us : x->now_us;
    assert_int_equal(store_begin(x->store), 0);
    assert_int_equal(log_begin(x->log), 0);
    assert_int_equal(engine_read(x->e, x->log, &o, &outcome), 0);
    assert_int_equal(log_end(x->log), 0);
    assert_int_equal(store_commit(x->store), 0);
    assert_string_equal(json_str(outcome, "result"), wanted);
}

static uint64_t entries(struct fixture *x)
{
    int64_t shard;
    uint64_t size;

    log_head(x->log, &shard, &size);
    return size;
}

/* The last entry, as it lies there. */
static char *last_entry(struct fixture *x)
{
    ROWS_AUTO *row = NULL;
    int64_t shard;
    uint64_t size;

    log_head(x->log, &shard, &size);
    assert_int_equal(STORE_ONE(x->store, &row, STMT_ENTRY_GET, V_INT(shard), V_INT(size - 1)), 0);
    return strndup(rows_blob(row, 1).at, rows_blob(row, 1).len);
}

static void assert_last_has(struct fixture *x, const char *text, bool has)
{
    char *entry = last_entry(x);

    assert_non_null(entry);
    if (!strstr(entry, text) == has)
        fail_msg("%s in %s", text, entry);
    free(entry);
}

static void a_page_asks_and_enters_nothing(void **state)
{
    struct fixture *x = *state;
    uint64_t before = entries(x);

    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE}, "asks");
    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE, .purpose = ""}, "invalid");
    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE, .purpose = " \xe3\x80\x80"}, "invalid");
    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE, .purpose = "a\nb"}, "invalid");
    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE, .purpose = "\xff"}, "invalid");
    assert_int_equal(entries(x), before);
}

static void a_program_is_refused_with_the_clause(void **state)
{
    struct fixture *x = *state;
    uint64_t before = entries(x);

    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_API}, "asks");
    assert_int_equal(entries(x), before + 1);
    assert_last_has(x, "\"refused\"", true);
    assert_last_has(x, "\"K-5\"", true);
    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_API, .purpose = "q"}, "recorded");
    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE}, "asks"); /* said for his programs */
}

static void what_is_said_holds_an_hour_for_him_and_this_record(void **state)
{
    struct fixture *x = *state;

    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE, .purpose = "q", .case_ref = "C-1", .only_says = true}, "recorded");
    assert_last_has(x, "loans/read-for", true);
    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE, .now_us = x->now_us + READING_HOLDS_US - 1}, "recorded");
    assert_last_has(x, "\"asked\":{\"case\":true}", true);
    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE, .now_us = x->now_us + READING_HOLDS_US}, "asks");
    assert_opens(x, (struct opening){.person = "C", .channel = RELEASE_PAGE}, "asks");
}

static void what_is_said_is_sealed(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *view = NULL;
    ROWS_AUTO *rows = NULL;
    const json_t *said;
    int r, n = 0;

    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE, .purpose = "  " PURPOSE " ", .case_ref = ""}, "recorded");
    assert_last_has(x, "山田", false);
    assert_last_has(x, "\"_asked\"", true);
    assert_last_has(x, "\"asked\":{\"case\":false}", true);
    assert_int_equal(STORE_QUERY(x->store, &rows, STMT_PERSONAL_LIST, V_TEXT(x->loan)), 0);
    while ((r = rows_next(rows)) > 0) {
        struct str sealed = rows_blob(rows, 1);

        n += strstr(rows_text(rows, 0), "_asked") != NULL;
        assert_null(memmem(sealed.at, sealed.len, "山田", strlen("山田")));
    }
    assert_int_equal(r, 0);
    assert_int_equal(n, 1);
    assert_int_equal(engine_view(x->e, "A", x->loan, x->now_us, &view), 0);
    said = json_array_get(json_arr(view, "readings"), 0);
    assert_string_equal(json_str(said, "purpose"), PURPOSE);
    assert_string_equal(json_str(said, "case"), "");
    assert_string_equal(json_str(said, "person"), "A");
}

static void what_the_program_looks_into_is_entered_and_not_asked(void **state)
{
    struct fixture *x = *state;

    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE, .is_aside = true}, "recorded");
    assert_last_has(x, "\"aside\":true", true);
    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE}, "asks");
}

/* Loans are of 2. */
static void a_page_shows_no_more_than_the_text_lets_it(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *ids = json_pack("[s]", x->loan);
    uint64_t before = entries(x);

    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE}, "too-high");
    assert_int_equal(entries(x), before + 1);
    assert_last_has(x, "\"refused\"", true);
    assert_last_has(x, "\"K-5\"", true);
    assert_opens(x, (struct opening){.person = "A", .channel = RELEASE_PAGE, .is_aside = true}, "too-high");
    assert_int_equal(engine_search_shown(x->e, "A", RELEASE_PAGE, ids), 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(a_page_asks_and_enters_nothing), CASE(a_program_is_refused_with_the_clause),
                                       CASE(what_is_said_holds_an_hour_for_him_and_this_record), CASE(what_is_said_is_sealed),
                                       CASE(what_the_program_looks_into_is_entered_and_not_asked),
                                       cmocka_unit_test_setup_teardown(a_page_shows_no_more_than_the_text_lets_it, open_capped, close_fixture)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
