/* Buckets let a burst through, fill up again, belong to one asker, and hold under many threads and many askers. */
#include "web/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <pthread.h>

#define SECOND UINT64_C(1000000)
static const struct limit_rule five = {5, SECOND / 2};

static void test_a_burst_and_what_follows(void **state)
{
    struct limiter *l = NULL;

    assert_int_equal(limiter_new(&l), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(limiter_take(l, five, STR("a"), 100 * SECOND), 0);
    assert_int_equal(limiter_take(l, five, STR("a"), 100 * SECOND), 1);
    assert_int_equal(limiter_take(l, five, STR("b"), 100 * SECOND), 0);
    /* Half a second brings one more, and asking in vain costs nothing. */
    for (int i = 0; i < 100; i++)
        assert_int_equal(limiter_take(l, five, STR("a"), 100 * SECOND + SECOND / 4), 1);
    assert_int_equal(limiter_take(l, five, STR("a"), 100 * SECOND + SECOND / 2), 0);
    assert_int_equal(limiter_take(l, five, STR("a"), 100 * SECOND + SECOND / 2), 1);
    /* Never more than the burst, however long it was quiet. */
    for (int i = 0; i < 5; i++)
        assert_int_equal(limiter_take(l, five, STR("a"), 9000 * SECOND), 0);
    assert_int_equal(limiter_take(l, five, STR("a"), 9000 * SECOND), 1);
    limiter_free(l);
}

static void test_a_slow_rule_tells_how_long(void **state)
{
    struct limiter *l = NULL;

    assert_int_equal(limiter_new(&l), 0);
    assert_int_equal(limiter_take(l, (struct limit_rule){1, 60 * SECOND}, STR("a"), SECOND), 0);
    assert_int_equal(limiter_take(l, (struct limit_rule){1, 60 * SECOND}, STR("a"), SECOND), 60);
    assert_int_equal(limiter_take(l, (struct limit_rule){1, 60 * SECOND}, STR("a"), 31 * SECOND), 30);
    limiter_free(l);
}

static void test_more_askers_than_buckets(void **state)
{
    struct limiter *l = NULL;
    char who[16];

    assert_int_equal(limiter_new(&l), 0);
    for (unsigned i = 0; i < 4 * LIMIT_BUCKETS; i++) {
        snprintf(who, sizeof(who), "%u", i);
        assert_int_equal(limiter_take(l, five, str_of(who), SECOND), 0);
    }
    limiter_free(l);
}

struct crowd {
    struct limiter *limiter;
    unsigned n_through;
};

static void *ask_often(void *arg)
{
    struct crowd *c = arg;

    for (int i = 0; i < 1000; i++)
        c->n_through += !limiter_take(c->limiter, (struct limit_rule){500, SECOND}, STR("a"), SECOND);
    return NULL;
}

static void test_threads_share_one_bucket(void **state)
{
    struct crowd crowd[4] = {0};
    struct limiter *l = NULL;
    pthread_t threads[4];
    unsigned n = 0;

    assert_int_equal(limiter_new(&l), 0);
    for (int i = 0; i < 4; i++) {
        crowd[i].limiter = l;
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &crowd[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        n += crowd[i].n_through;
    }
    assert_int_equal(n, 500);
    limiter_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_and_what_follows),
        cmocka_unit_test(test_a_slow_rule_tells_how_long),
        cmocka_unit_test(test_more_askers_than_buckets),
        cmocka_unit_test(test_threads_share_one_bucket),
    };

    return cmocka_run_group_tests_name("web-limit", tests, NULL, NULL);
}
