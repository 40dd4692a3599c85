/* Keys of cursors, on both databases: the same for everybody and after a restart, other ones each day, yesterday's still there. */
#include "keeper-bench.h"
#include "keeper/taxii-operation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static json_t *keys(struct bench *b, const char *person)
{
    json_t *answer =
        bench_run_as(b, person, bench_well_formed(b, json_pack("{s:s}", "op", "taxii-keys")));

    assert_true(json_flag(answer, "ok"));
    assert_int_equal(strlen(json_str(answer, "now")), 2 * SHA256_SIZE);
    return answer;
}

static void test_keys_of_a_day(void **state)
{
    JSON_AUTO *first = NULL, *again = NULL, *next = NULL;
    struct bench b;

    bench_open(state, &b);
    first = keys(&b, "A");
    again = keys(&b, "M");
    assert_string_equal(json_str(first, "now"), json_str(again, "now"));
    assert_string_equal(json_str(first, "before"), json_str(again, "before"));
    assert_string_not_equal(json_str(first, "now"), json_str(first, "before"));
    b.real_us += US_PER_DAY;
    next = keys(&b, "A");
    assert_string_equal(json_str(next, "before"), json_str(first, "now"));
    assert_string_not_equal(json_str(next, "now"), json_str(first, "now"));
    assert_int_equal(json_int(next, "day"), json_int(first, "day") + 1);
    bench_close(&b);
}

static void test_nobody_gets_them(void **state)
{
    struct bench b;

    bench_open(state, &b);
    assert_answer(bench_run(&b, true, json_pack("{s:s}", "op", "taxii-keys")), "sign-in");
    bench_close(&b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_keys_of_a_day),
        ON_BOTH(test_nobody_gets_them),
    };
    int r = keeper_place_main(argc, argv);

    return r >= 0 ? r
                  : cmocka_run_group_tests_name("keeper-taxii", tests, grounds_start, grounds_stop);
}
