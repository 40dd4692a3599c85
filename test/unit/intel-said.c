/* What people said of links and left out of correlation, on SQLite and on a real PostgreSQL: who sees what, what counts, what is kept in memory and when it is made
 * anew (CO4, CO5, LB3 of doc/design/intelligence.md). INTEL_PACK names a pack with such registers. */
#include "setting.h"
#include "base/arena.h"
#include "engine/intel-exclusions.h"
#include "engine/intel-links.h"
#include "intel/exclusions.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <stdlib.h>

#define OK(call) assert_int_equal((call), 0)
#define ONE STR("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01")
#define SCENES_UNTIL_LIFTED 5u /* of e-exclusions */

struct bench {
    struct setting setting;
    struct scenario_play *play;
    struct engine *engine;
    struct arena *arena;
    uint64_t now_us;
};

static void begin(struct bench *b, bool is_postgres)
{
    *b = (struct bench){.arena = arena_new(8 << 20)};
    setting_open(&b->setting, getenv("INTEL_PACK"), is_postgres);
    b->play = setting_play(&b->setting, is_postgres, NULL);
    b->engine = scenario_play_engine(b->play);
}

static void end(struct bench *b)
{
    scenario_play_close(b->play);
    arena_free(b->arena);
    setting_close(&b->setting);
}

static void play(struct bench *b, const char *id, size_t first, size_t last)
{
    size_t failed = 0;

    OK(scenario_play_scenes(b->play, scenario_find(b->setting.set, id), first, last, NULL, NULL, &failed, &b->setting.diag));
    OK(failed);
    b->now_us = scenario_play_now(b->play);
}

static const struct engine_link *link_to(struct bench *b, const char *person, const char *other, size_t *ret_n)
{
    struct engine_links all;

    OK(engine_links(b->engine, person, ONE, b->now_us, b->arena, &all));
    *ret_n = all.n;
    assert_false(all.is_cut);
    return engine_link_to(&all, str_of(other));
}

static void links(bool is_postgres)
{
    static const char two[] = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02", three[] = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03";
    const struct engine_link *l;
    struct engine_pairs pairs;
    struct bench b;
    size_t n;

    begin(&b, is_postgres);
    play(&b, "d-linked", 0, SIZE_MAX);
    l = link_to(&b, "B", two, &n);
    assert_int_equal(n, 3);
    assert_true(l && l->is_confirmed && l->strength == 9000 && l->n_records == 1);
    assert_string_equal(l->maker, "B");
    l = link_to(&b, "B", three, &n);
    assert_true(l && !l->is_confirmed);
    /* one side of it is in a collection that he does not see */
    assert_null(link_to(&b, "C", two, &n));
    assert_int_equal(n, 2);
    assert_non_null(link_to(&b, "C", three, &n));
    OK(engine_pairs(b.engine, "C", str_of(scenario_play_record(b.play, "IC2")), b.now_us, b.arena, &pairs));
    assert_int_equal(pairs.n, 2); /* not what was rejected, nor what reaches into another collection */
    assert_true(str_eq(pairs.at[0].a, ONE) && str_eq(pairs.at[1].a, str_of(two)) && str_eq(pairs.at[1].b, str_of(three)));
    assert_int_equal(pairs.at[1].confidentiality, 1);
    OK(engine_pairs(b.engine, "C", str_of(scenario_play_record(b.play, "IC")), b.now_us, b.arena, &pairs));
    assert_int_equal(pairs.n, 0);
    end(&b);
}

static void links_on_sqlite(void **state)
{
    links(false);
}

static void links_on_postgres(void **state)
{
    links(true);
}

/* On which list the value stands for that person: a record's number; "" none. */
static const char *list_of(struct bench *b, struct exclusions *x, const char *person, enum clue_type type, struct str bytes)
{
    struct known *known = NULL;
    bool is_cut;
    const char *name;

    OK(exclusions_take(x, b->engine, person, b->now_us, NULL, &known, &is_cut));
    assert_false(is_cut);
    name = arena_strdup(b->arena, known_list(known, type, bytes));
    known_free(known);
    return name;
}

static void exclusions(bool is_postgres)
{
    static const struct str name = {"example.jp", 10}, wrong = {"\xc6\x33\x64\x07", 4}, document = {"\xc0\x00\x02\x01", 4};
    struct exclusions *x = exclusions_new();
    struct bench b;

    assert_non_null(x);
    begin(&b, is_postgres);
    play(&b, "e-exclusions", 0, SCENES_UNTIL_LIFTED);
    assert_string_equal(list_of(&b, x, "B", CLUE_IPV4, wrong), scenario_play_record(b.play, "IE-3"));
    assert_string_equal(list_of(&b, x, "B", CLUE_DOMAIN, name), scenario_play_record(b.play, "IE-1"));
    assert_string_equal(list_of(&b, x, "B", CLUE_IPV4, document), ""); /* its last day is over */
    assert_int_equal(exclusions_readings(x), 1);
    assert_string_equal(list_of(&b, x, "C", CLUE_DOMAIN, name), ""); /* he does not see it */
    assert_string_equal(list_of(&b, x, "C", CLUE_IPV4, wrong), "");
    assert_int_equal(exclusions_readings(x), 2);
    play(&b, "e-exclusions", SCENES_UNTIL_LIFTED, SIZE_MAX);
    assert_string_equal(list_of(&b, x, "B", CLUE_IPV4, wrong), ""); /* lifted, and over at once */
    assert_string_equal(list_of(&b, x, "B", CLUE_DOMAIN, name), scenario_play_record(b.play, "IE-1"));
    assert_int_equal(exclusions_readings(x), 3);
    b.now_us -= UINT64_C(2) * 86400 * 1000000; /* as it was two days before: the document's network was still left out */
    assert_string_equal(list_of(&b, x, "B", CLUE_IPV4, document), scenario_play_record(b.play, "IE-2"));
    assert_int_equal(exclusions_readings(x), 4);
    end(&b);
    exclusions_free(x);
}

static void exclusions_on_sqlite(void **state)
{
    exclusions(false);
}

static void exclusions_on_postgres(void **state)
{
    exclusions(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_on_sqlite),
        cmocka_unit_test(links_on_postgres),
        cmocka_unit_test(exclusions_on_sqlite),
        cmocka_unit_test(exclusions_on_postgres),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
