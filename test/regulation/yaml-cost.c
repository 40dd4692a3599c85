/* A file within the limits is judged in a time that grows with its size, whatever is wrong in it. */
#include "regulation/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define ARENA_MAX ((size_t)256 << 20)
#define SECONDS_MAX 5 /* of the processor; one pass over such a file takes some hundredths */

static void test_many_escapes_that_are_not_normal(void **state)
{
    struct arena *arena = arena_new(ARENA_MAX);
    clock_t start = clock();
    struct node *root;
    struct diag diag;
    struct buf text;

    (void)state;
    assert_non_null(arena);
    buf_init(&text, YAML_MAX_BYTES);
    diag_init(&diag);
    assert_int_equal(buf_add_text(&text, "words: ["), 0);
    while (text.len < YAML_MAX_BYTES - 100)
        assert_int_equal(buf_add_text(&text, "\"\\u304b\\u3099\","), 0);
    assert_int_equal(buf_add_text(&text, "last]\n"), 0);
    assert_int_equal(yaml_load("words.yaml", buf_str(&text), arena, &root, &diag), YAML_E_INVALID);
    assert_string_equal(diag.entries[0].message,
                        "the text is not in Unicode normal form C once its escapes are read; write the characters themselves");
    assert_true(clock() - start < SECONDS_MAX * CLOCKS_PER_SEC);
    diag_done(&diag);
    buf_done(&text);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_many_escapes_that_are_not_normal)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
