/* What people said of links and left out of correlation, when memory runs out: it is said, and never that nothing was confirmed or left out. INTEL_PACK names a pack
 * with such registers. */
#include "setting.h"
#include "base/arena.h"
#include "engine/intel-links.h"
#include "intel/exclusions.h"
#include "loop.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

struct bench {
    struct setting setting;
    struct scenario_play *play;
    struct buf is, want;
};

static void begin(struct bench *b, const char *story)
{
    *b = (struct bench){.play = NULL};
    buf_init(&b->is, 1 << 20);
    buf_init(&b->want, 1 << 20);
    setting_open(&b->setting, getenv("INTEL_PACK"), false);
    b->play = setting_play(&b->setting, false, story);
}

static void end(struct bench *b)
{
    scenario_play_close(b->play);
    buf_done(&b->is);
    buf_done(&b->want);
    setting_close(&b->setting);
}

static void same_text(void *user, int r)
{
    struct bench *b = user;

    if (r == 0 && !b->want.len)
        OK(buf_add_str(&b->want, buf_str(&b->is)));
    if (r == 0 && !str_eq(buf_str(&b->is), buf_str(&b->want)))
        fail_msg("success, but it wrote \"%.*s\"", STR_ARG(buf_str(&b->is)));
    buf_done(&b->is);
    buf_init(&b->is, 1 << 20);
}

static int print_links(struct bench *b, struct arena *a)
{
    struct engine_links all;
    struct engine_pairs pairs;
    int r = engine_links(scenario_play_engine(b->play), "B", STR("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01"), scenario_play_now(b->play), a, &all) ?:
            engine_pairs(scenario_play_engine(b->play), "B", str_of(scenario_play_record(b->play, "IC2")), scenario_play_now(b->play), a, &pairs);

    for (size_t i = 0; !r && i < all.n; i++)
        r = buf_printf(&b->is, "%.*s %d\n", STR_ARG(all.at[i].id), all.at[i].is_confirmed);
    for (size_t i = 0; !r && i < pairs.n; i++)
        r = buf_printf(&b->is, "%.*s %.*s\n", STR_ARG(pairs.at[i].a), STR_ARG(pairs.at[i].b));
    return r;
}

static int run_links(void *user)
{
    struct arena *a = arena_new(8 << 20);
    int r = a ? print_links(user, a) : -ENOMEM;

    arena_free(a);
    return r;
}

static int run_exclusions(void *user)
{
    struct bench *b = user;
    struct exclusions *x = exclusions_new();
    struct known *known = NULL;
    bool is_cut;
    int r = x ? 0 : -ENOMEM;

    for (int i = 0; !r && i < 2; i++) {
        r = exclusions_take(x, scenario_play_engine(b->play), "B", scenario_play_now(b->play), NULL, &known, &is_cut);
        if (!r) {
            struct str list = known_list(known, CLUE_DOMAIN, STR("example.jp"));

            r = buf_printf(&b->is, "%.*s\n", STR_ARG(list));
        }
        known_free(known);
        known = NULL;
    }
    exclusions_free(x);
    return r;
}

static void loop(const char *name, const char *story, int (*run)(void *))
{
    const struct fail_operation op = {name, run, same_text, FAIL_ALLOC, fail_no_memory, 0};
    struct bench b;

    begin(&b, story);
    OK(run(&b)); /* what is read once is there then, and no place that nobody comes to again */
    same_text(&b, 0);
    fail_loop(&op, &b);
    assert_true(b.want.len > 10);
    end(&b);
}

static void links_are_read(void **state)
{
    loop("engine_links", "d-linked", run_links);
}

static void exclusions_are_taken(void **state)
{
    loop("exclusions_take", "e-exclusions", run_exclusions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(links_are_read), cmocka_unit_test(exclusions_are_taken)};

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
