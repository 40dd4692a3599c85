/* Names in texts that leave: found however they are written, whole or not at all. */
#include "guard/name-search.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static json_t *found_in(const char *const *names, size_t n, const char *text, int wanted)
{
    CLEANUP(name_search_freep) struct name_search *s = NULL;
    json_t *found = json_array();

    assert_int_equal(name_search_new(&s), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(name_search_add(s, str_of(names[i]), "staff"), 0);
    assert_int_equal(name_search_in(s, str_of(text), found), wanted);
    return found;
}

static void found_as_people_read_them(void **state)
{
    static const char *const names[] = {"渡邉 太郎", "Hanako Shocho"};
    static const char *const texts[] = {"担当は渡辺太郎です", "渡邊　太郎", "渡邉太\n郎", "by HANAKO SHOCHO.", "ｈａｎａｋｏ　ｓｈｏｃｈｏ"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        JSON_AUTO *found = found_in(names, ARRAY_LEN(names), texts[i], 0);

        assert_int_equal(json_array_size(found), 1);
        assert_string_equal(json_str(json_array_get(found, 0), "kind"), "staff");
        if (i == 0) {
            assert_int_equal(json_int(json_array_get(found, 0), "from"), strlen("担当は"));
            assert_int_equal(json_int(json_array_get(found, 0), "to"), strlen("担当は渡辺太郎"));
        }
    }
}

static void not_found_in_part(void **state)
{
    static const char *const names[] = {"渡邉 太郎", "林 一", ""};
    static const char *const texts[] = {"渡辺さんの長男", "太郎", "林一", "", "渡辺次郎と山田太郎"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        JSON_AUTO *found = found_in(names, ARRAY_LEN(names), texts[i], 0);

        assert_int_equal(json_array_size(found), 0);
    }
}

static void told_once(void **state)
{
    static const char *const names[] = {"山田 花子", "山田 花子", "花子 山田"};
    JSON_AUTO *found = found_in(names, ARRAY_LEN(names), "山田花子、山田花子、山田花子山田花子", 0);

    (void)state;
    assert_int_equal(json_array_size(found), 2);
}

static void what_is_not_looked_at(void **state)
{
    static const char *const names[] = {"山田 花子"};
    JSON_AUTO *none = found_in(names, 1, "\xff\xfe", 1);
    JSON_AUTO *begun = NULL;
    size_t n = (4u << 20) + 64;
    char *text = malloc(n);

    (void)state;
    assert_int_equal(json_array_size(none), 0);
    assert_non_null(text);
    memset(text, 'a', n);
    memcpy(text, "山田花子", strlen("山田花子"));
    text[n - 1] = '\0';
    begun = found_in(names, 1, text, 2);
    assert_int_equal(json_array_size(begun), 1);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_as_people_read_them),
        cmocka_unit_test(not_found_in_part),
        cmocka_unit_test(told_once),
        cmocka_unit_test(what_is_not_looked_at),
    };

    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
