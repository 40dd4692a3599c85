#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(1u << 24);
    unsigned char *pieces[500];

    assert_non_null(a);
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        size_t size = i * 7 % 900;

        pieces[i] = arena_alloc(a, size);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], (int)(i % 255) + 1, size);
    }
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        for (size_t j = 0; j < i * 7 % 900; j++)
            assert_int_equal(pieces[i][j], i % 255 + 1);
    }
}

static void caps_what_is_asked_for(void **state)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(100);

    assert_non_null(arena_alloc(a, 60));
    assert_null(arena_alloc(a, 41));
    assert_int_equal(arena_used(a), 60);
    assert_non_null(arena_alloc(a, 40));
    assert_null(arena_alloc(a, 0));
    assert_null(arena_strdup(a, STR("")));
}

static void refuses_sizes_that_wrap(void **state)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(SIZE_MAX);

    assert_null(arena_alloc_n(a, SIZE_MAX / 2, 3));
    assert_null(arena_alloc(a, SIZE_MAX));
    assert_non_null(arena_alloc_n(a, 10, 3));
    assert_int_equal(arena_used(a), 30);
}

static void copies_texts(void **state)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(1000);
    struct str copy;

    assert_string_equal(arena_strdup(a, (struct str){"abcdef", 3}), "abc");
    assert_string_equal(arena_strdup(a, STR_NONE), "");
    copy = arena_str(a, STR("a\0b"));
    assert_true(str_eq(copy, STR("a\0b")));
    assert_string_equal(arena_printf(a, "%d-%s", 7, "辻番"), "7-辻番");
    arena_free(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(caps_what_is_asked_for),
        cmocka_unit_test(refuses_sizes_that_wrap),
        cmocka_unit_test(copies_texts),
    };

    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
