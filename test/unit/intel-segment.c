/* Segments (store/segment.h): a report on as many indicators as there is room for, and keys without what was left out. */
#include "store/segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

static void add(struct segment_writer *w, const char *id, struct str of)
{
    struct segment_object o = {.type = STR("indicator"), .id = str_of(id), .version = STR("2026-04-10T09:00:00"), .length = 2, .packed = STR("xy"), .of = of,
                               .life = of.len ? SEGMENT_FALSE : SEGMENT_INDICATOR};

    o.digest = o.sum = sha256(str_of(id));
    OK(segment_writer_value(w, 2, false, str_of(id)));
    OK(segment_writer_value(w, 1, true, STR("shared")));
    OK(segment_writer_add(w, &o));
}

static void a_report_on_many(void **state)
{
    struct segment_writer *w = segment_writer_new();
    struct segment g;
    struct buf of, out;

    buf_init(&of, SEGMENT_OF_MAX);
    buf_init(&out, SEGMENT_SIZE_MAX);
    for (int i = 0; of.len + 60 < SEGMENT_OF_MAX; i++)
        OK(buf_printf(&of, "%sindicator--00000000-0000-4000-8000-%012d", i ? " " : "", i));
    add(w, "opinion--1", buf_str(&of));
    OK(segment_writer_print(w, &out));
    OK(segment_read(buf_str(&out), &g));
    assert_true(str_eq(g.objects[0].of, buf_str(&of)));
    assert_int_equal(g.objects[0].n_values, 2);
    segment_done(&g);
    segment_writer_free(w);
    buf_done(&of);
    buf_done(&out);
}

static void keys_of_some(void **state)
{
    static const uint32_t order[] = {2, 0, 1};
    static const bool is_left_out[] = {true, false, false};
    struct segment_writer *w = segment_writer_new();
    struct segment g, keys;
    struct buf message, out;

    buf_init(&message, SEGMENT_SIZE_MAX);
    buf_init(&out, SEGMENT_SIZE_MAX);
    add(w, "indicator--a", STR_NONE);
    add(w, "indicator--b", STR_NONE);
    add(w, "opinion--c", STR("indicator--a"));
    OK(segment_writer_print(w, &message));
    OK(segment_read(buf_str(&message), &g));
    OK(segment_print_keys(&g, order, is_left_out, &out));
    assert_int_equal(segment_read(buf_str(&out), &keys), SEGMENT_E_BROKEN);
    assert_int_equal(segment_read_keys(buf_str(&message), &keys), SEGMENT_E_BROKEN);
    assert_int_equal(segment_read_keys((struct str){out.at, out.len - 1}, &keys), SEGMENT_E_BROKEN);
    OK(segment_read_keys(buf_str(&out), &keys));
    assert_int_equal(keys.n_objects, 2);
    assert_true(str_eq(keys.objects[0].id, STR("opinion--c")) && str_eq(keys.objects[0].of, STR("indicator--a")));
    assert_true(str_eq(keys.objects[1].id, STR("indicator--b")) && !keys.objects[1].packed.len);
    assert_memory_equal(&keys.objects[1].digest, &g.objects[1].digest, sizeof(g.objects[1].digest));
    assert_true(str_eq(keys.values[segment_place(&keys.objects[1], 1)].bytes, STR("indicator--b")));
    segment_done(&keys);
    segment_done(&g);
    segment_writer_free(w);
    buf_done(&message);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_on_many),
        cmocka_unit_test(keys_of_some),
    };

    return cmocka_run_group_tests_name("segment", tests, NULL, NULL);
}
