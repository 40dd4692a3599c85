/* In what order 本日の仕事 shows what waits and what is due. */
#include "engine/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A row that waits: its record, its step, what was judged. */
static json_t *waits(const char *record, const char *step, const char *result, bool urgent)
{
    return json_pack("{s:s, s:s, s:s, s:b}", "record", record, "step", step, "result", result,
                     "urgent", urgent);
}

static json_t *is_due(const char *record, const char *due, bool urgent)
{
    return json_pack("{s:s, s:s, s:s, s:b}", "record", record, "step", record, "due", due, "urgent",
                     urgent);
}

/* The steps in the order in which they are shown, each with a space behind it. */
static void assert_order(json_t *list, bool by_due, const char *wanted)
{
    struct stage sc = {.arena = arena_new(1 << 20)};
    CLEANUP(buf_done) struct buf have;
    size_t n = json_array_size(list);

    buf_init(&have, 256);
    assert_non_null(sc.arena);
    assert_int_equal(buf_add_text(&have, ""), 0);
    assert_int_equal(task_sort(&sc, by_due, list), 0);
    assert_int_equal(json_array_size(list), n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(buf_printf(&have, "%s ", json_str(json_array_get(list, i), "step")), 0);
    assert_string_equal(have.at, wanted);
    arena_free(sc.arena);
    json_decref(list);
}

static void what_is_urgent_stands_first(void **state)
{
    assert_order(json_pack("[o, o, o]", waits("A", "a", "allowed", false),
                           waits("B", "b", "open", true), waits("C", "c", "allowed", true)),
                 false, "b c a ");
}

/* A record's rows come together, at the place of its first one, and of them first what can be done at once. */
static void the_rows_of_a_record_come_together(void **state)
{
    assert_order(json_pack("[o, o, o, o, o]", waits("A", "a1", "open", false),
                           waits("B", "b1", "allowed", false), waits("A", "a2", "allowed", false),
                           waits("B", "b2", "allowed", false), waits("A", "a3", "open", false)),
                 false, "a2 a1 a3 b1 b2 ");
}

static void the_order_of_waiting_stays(void **state)
{
    assert_order(json_pack("[o, o, o]", waits("C", "c", "open", false),
                           waits("B", "b", "allowed", false), waits("A", "a", "open", false)),
                 false, "c b a ");
}

/* Urgent ones first, each part by its days; of one day in the order given. */
static void what_is_due_stands_by_its_day(void **state)
{
    assert_order(json_pack("[o, o, o, o]", is_due("A", "2026-05-02T15:00:00.000000Z", false),
                           is_due("B", "2026-06-01T15:00:00.000000Z", true),
                           is_due("C", "2026-05-01T15:00:00.000000Z", false),
                           is_due("D", "2026-05-02T15:00:00.000000Z", false)),
                 true, "B C A D ");
    assert_order(json_pack("[o, o]", is_due("A", "2026-05-02T15:00:00.000000Z", false),
                           is_due("B", "2026-05-01T15:00:00.000000Z", false)),
                 false, "A B "); /* of what waits the day does not count */
}

static void nothing_is_nothing(void **state)
{
    assert_order(json_array(), true, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_urgent_stands_first),
        cmocka_unit_test(the_rows_of_a_record_come_together),
        cmocka_unit_test(the_order_of_waiting_stays),
        cmocka_unit_test(what_is_due_stands_by_its_day),
        cmocka_unit_test(nothing_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
