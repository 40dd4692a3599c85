/* Every keyword of the reader's tables stands in the reference page, in a pack that reads and in one that is refused; and the
 * schemas made from the same tables hold together. */
#include "base/file.h"
#include "base/json.h"
#include "regulation/pack-schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT_MAX (16u << 20)

static void read_into(struct buf *all, const char *path)
{
    char full[4096];

    (void)snprintf(full, sizeof(full), "%s/%s", getenv("SOURCE_ROOT"), path);
    assert_int_equal(file_read(full, TEXT_MAX, all, NULL), 0);
}

static void read_folder(struct buf *all, const char *path)
{
    char full[4096];
    char **names = NULL;
    size_t n = 0;

    (void)snprintf(full, sizeof(full), "%s/%s", getenv("SOURCE_ROOT"), path);
    assert_int_equal(dir_list(full, "", false, &names, &n, NULL), 0);
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(full, sizeof(full), "%s/%s", path, names[i]);
        read_into(all, full);
    }
    names_free(names, n);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

/* The word as a key (`word:`) or, in the page, as a word of its own. */
static bool has_word(const struct buf *all, const char *word, bool as_key)
{
    size_t len = strlen(word);

    for (const char *at = all->at; (at = strstr(at, word)) != NULL; at++) {
        if ((at == all->at || !is_word(at[-1])) && (as_key ? at[len] == ':' : !is_word(at[len])))
            return true;
    }
    return false;
}

static void test_keywords(void **state)
{
    struct buf good, bad, page;
    size_t n = 0, n_missing = 0;
    const char *word;

    buf_init(&good, TEXT_MAX);
    buf_init(&bad, TEXT_MAX);
    buf_init(&page, TEXT_MAX);
    read_folder(&good, "test/regulation/good/whole");
    read_folder(&good, "test/regulation/good/whole/registers");
    read_folder(&good, "test/regulation/good/whole/procedures");
    read_folder(&good, "test/regulation/good/whole/forms");
    read_folder(&good, "test/regulation/good/whole/scenarios");
    read_folder(&bad, "test/regulation/bad");
    read_folder(&bad, "test/regulation/bad/scenario/scenarios");
    read_into(&page, "doc/man/regulation-language.md");
    for (; (word = pack_keyword(n)) != NULL; n++) {
        if (!has_word(&good, word, true))
            n_missing += (size_t)fprintf(stderr, "no pack in good/ uses \"%s\"\n", word) > 0;
        if (!has_word(&bad, word, true))
            n_missing += (size_t)fprintf(stderr, "no pack in bad/ uses \"%s\"\n", word) > 0;
        if (!has_word(&page, word, false))
            n_missing += (size_t)fprintf(stderr, "the page does not know \"%s\"\n", word) > 0;
    }
    assert_true(n > 100);
    assert_int_equal(n_missing, 0);
    buf_done(&good);
    buf_done(&bad);
    buf_done(&page);
}

/* Each $ref has its definition. */
static void check_refs(const json_t *all, const json_t *v)
{
    static const char head[] = "#/$defs/";
    const char *key;
    json_t *member;

    for (size_t i = 0; i < json_array_size(v); i++)
        check_refs(all, json_array_get(v, i));
    json_object_foreach((json_t *)(uintptr_t)v, key, member) {
        if (strcmp(key, "$ref") == 0) {
            assert_memory_equal(json_string_value(member), head, sizeof(head) - 1);
            assert_non_null(json_obj(json_obj(all, "$defs"), json_string_value(member) + sizeof(head) - 1));
        }
        check_refs(all, member);
    }
}

static void test_schemas(void **state)
{
    static const char *const formats[] = {"directive/1", "clauses/1", "org/1", "labels/1", "register/1", "procedure/1", "form/1", "scenario/1"};
    struct buf out;

    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        JSON_AUTO *v = NULL;

        buf_init(&out, TEXT_MAX);
        assert_int_equal(pack_schema(formats[i], &out), 0);
        assert_int_equal(json_parse(buf_str(&out), JSON_LIMITS_DEFAULT, &v, NULL), 0);
        check_refs(v, v);
        buf_done(&out);
    }
    buf_init(&out, TEXT_MAX);
    assert_true(pack_schema("no/1", &out) < 0);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keywords), cmocka_unit_test(test_schemas)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
