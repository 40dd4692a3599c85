/* Every keyword of the reader's tables stands in the reference page and in a pack that reads, and a message of a pack that is refused
 * is about it; and the schemas made from the same tables hold together. */
#include "pack-sections.h"

#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
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

/* ---- what the refusals are about ---- */

#define BAD "test/regulation/bad/"

/* Line `no` of the refused pack's file, as its author wrote it; an empty one when there is none. */
static struct str line_of(const struct buf *file, unsigned no)
{
    struct str rest = buf_str(file), line = STR_NONE;

    while (no-- > 0)
        if (!str_split(&rest, '\n', &line))
            return STR_NONE;
    return line;
}

/* Text of `path` in the case `name`: a section of its file or of the base, else a file of its folder. */
static void read_case_file(const char *name, const char *path, struct buf *out)
{
    struct sections *s = calloc(1, sizeof(*s));
    char full[4096];
    struct buf base, over;

    assert_non_null(s);
    buf_init(&base, TEXT_MAX);
    buf_init(&over, TEXT_MAX);
    (void)snprintf(full, sizeof(full), "%s/" BAD "%s.pack", getenv("SOURCE_ROOT"), name);
    if (file_read(full, TEXT_MAX, &over, NULL) == 0) {
        read_into(&base, BAD "base.pack");
        sections_add(s, buf_str(&base));
        sections_add(s, buf_str(&over));
        for (size_t i = 0; i < s->n; i++)
            if (strcmp(s->paths[i], path) == 0)
                assert_int_equal(buf_add_str(out, s->texts[i].text), 0);
    } else {
        (void)snprintf(full, sizeof(full), BAD "%s/%s", name, path);
        read_into(out, full);
    }
    buf_done(&base);
    buf_done(&over);
    free(s);
}

/* The last key that begins at or before column `col` (characters, from 1); its value or itself is meant there. */
static struct str key_at(struct str line, unsigned col)
{
    struct str key = STR_NONE;
    size_t at = 0;

    for (unsigned c = 1; at < line.len && c <= col; c++) {
        size_t end = at;

        if (is_word(line.at[at]) && (at == 0 || !is_word(line.at[at - 1]))) {
            while (end < line.len && is_word(line.at[end]))
                end++;
            if (end < line.len && line.at[end] == ':')
                key = (struct str){line.at + at, end - at};
        }
        (void)utf8_next(line, &at);
    }
    return key;
}

/* "path:line:col: message": the key at that place, and the words in quotes, each on a line of its own. */
static void add_subjects(const char *name, struct str message, struct buf *out)
{
    struct str path, line, col, quoted, rest = message;
    char file_name[200];
    int64_t line_no, col_no;
    struct buf file;

    if (!str_split(&rest, ':', &path) || !str_split(&rest, ':', &line) || !str_split(&rest, ':', &col) || path.len >= sizeof(file_name) ||
        str_to_i64(line, 1, UINT32_MAX, &line_no) != 0 || str_to_i64(col, 1, UINT32_MAX, &col_no) != 0)
        return;
    (void)snprintf(file_name, sizeof(file_name), "%.*s", STR_ARG(path));
    buf_init(&file, TEXT_MAX);
    read_case_file(name, file_name, &file);
    assert_int_equal(buf_printf(out, "%.*s\n", STR_ARG(key_at(line_of(&file, (unsigned)line_no), (unsigned)col_no))), 0);
    buf_done(&file);
    while (str_split(&rest, '"', &quoted))
        assert_int_equal(buf_printf(out, "%.*s\n", STR_ARG(quoted)), 0);
}

static void read_subjects(struct buf *out)
{
    char full[4096], name[256];
    char **names = NULL;
    size_t n = 0;

    (void)snprintf(full, sizeof(full), "%s/" BAD, getenv("SOURCE_ROOT"));
    assert_int_equal(dir_list(full, ".want", false, &names, &n, NULL), 0);
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        struct str rest, line;
        struct buf want;

        buf_init(&want, TEXT_MAX);
        (void)snprintf(full, sizeof(full), BAD "%s", names[i]);
        read_into(&want, full);
        (void)snprintf(name, sizeof(name), "%.*s", (int)(strlen(names[i]) - strlen(".want")), names[i]);
        rest = buf_str(&want);
        while (str_split(&rest, '\n', &line))
            add_subjects(name, line, out);
        buf_done(&want);
    }
    names_free(names, n);
}

static bool has_line(const struct buf *all, const char *word)
{
    struct str rest = buf_str(all), line;

    while (str_split(&rest, '\n', &line))
        if (str_eq(line, str_of(word)))
            return true;
    return false;
}

static void test_keywords(void **state)
{
    struct buf good, refused, page;
    size_t n = 0, n_missing = 0;
    const char *word;

    buf_init(&good, TEXT_MAX);
    buf_init(&refused, TEXT_MAX);
    buf_init(&page, TEXT_MAX);
    read_folder(&good, "test/regulation/good/whole");
    read_folder(&good, "test/regulation/good/whole/registers");
    read_folder(&good, "test/regulation/good/whole/procedures");
    read_folder(&good, "test/regulation/good/whole/forms");
    read_folder(&good, "test/regulation/good/whole/scenarios");
    read_subjects(&refused);
    read_into(&page, "doc/man/regulation-language.md");
    for (; (word = pack_keyword(n)) != NULL; n++) {
        if (!has_word(&good, word, true))
            n_missing += (size_t)fprintf(stderr, "no pack in good/ uses \"%s\"\n", word) > 0;
        if (!has_line(&refused, word))
            n_missing += (size_t)fprintf(stderr, "no refusal in bad/ is about \"%s\"\n", word) > 0;
        if (!has_word(&page, word, false))
            n_missing += (size_t)fprintf(stderr, "the page does not know \"%s\"\n", word) > 0;
    }
    assert_true(n > 100);
    assert_int_equal(n_missing, 0);
    buf_done(&good);
    buf_done(&refused);
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
