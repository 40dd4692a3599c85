/* A cursor leads back to its place for its reader, collection and question alone, for its time, and across one change of keys. */
#include "web/taxii-cursor.h"
#include "web/taxii-status.h"

#include "base/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <errno.h>

static const struct taxii_bound asked = {STR("reader-1"), STR("collection-1"),
                                         STR("resource:0;version:0 ,")};

static void keys_make(struct taxii_keys *k)
{
    random_fill(k->now, sizeof(k->now));
    random_fill(k->before, sizeof(k->before));
}

static void cursor_make(const struct taxii_keys *k, struct str position, struct buf *out)
{
    assert_int_equal(taxii_cursor_print(k, &asked, position, 1000, out), 0);
}

static int read_as(const struct taxii_keys *k, const struct taxii_bound *b, struct str cursor,
                   int64_t now_us, struct str wanted)
{
    CLEANUP(buf_done) struct buf out;
    int r;

    buf_init(&out, TAXII_POSITION_MAX);
    r = taxii_cursor_read(k, b, cursor, now_us, &out);
    assert_true(r ? !out.len : str_eq(buf_str(&out), wanted));
    return r;
}

static void test_it_leads_back(void **state)
{
    char longest[TAXII_POSITION_MAX] = {0};
    const struct str positions[] = {STR(""), STR("7"), {longest, sizeof(longest)}};
    struct taxii_keys k;

    keys_make(&k);
    for (size_t i = 0; i < ARRAY_LEN(positions); i++) {
        CLEANUP(buf_done) struct buf c;

        buf_init(&c, 1024);
        cursor_make(&k, positions[i], &c);
        assert_int_equal(read_as(&k, &asked, buf_str(&c), 1000, positions[i]), 0);
        assert_int_equal(read_as(&k, &asked, buf_str(&c), 1001, positions[i]), TAXII_E_CURSOR);
    }
}

static void test_it_is_for_one_question_of_one_reader(void **state)
{
    const struct taxii_bound others[] = {
        {STR("reader-2"), asked.collection, asked.question},
        {asked.reader, STR("collection-2"), asked.question},
        {asked.reader, asked.collection, STR("resource:3;version:0 ,")},
        {STR("reader-1collection-1"), STR(""), asked.question},
    };
    CLEANUP(buf_done) struct buf c;
    struct taxii_keys k;

    keys_make(&k);
    buf_init(&c, 1024);
    cursor_make(&k, STR("place"), &c);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_int_equal(read_as(&k, &others[i], buf_str(&c), 0, STR("")), TAXII_E_CURSOR);
}

static void test_keys_change_once(void **state)
{
    CLEANUP(buf_done) struct buf c;
    struct taxii_keys k;

    keys_make(&k);
    buf_init(&c, 1024);
    cursor_make(&k, STR("place"), &c);
    for (int turn = 0; turn < 2; turn++) {
        memcpy(k.before, k.now, sizeof(k.now));
        random_fill(k.now, sizeof(k.now));
        assert_int_equal(read_as(&k, &asked, buf_str(&c), 0, STR("place")),
                         turn ? TAXII_E_CURSOR : 0);
    }
}

static void test_nothing_else_is_one(void **state)
{
    CLEANUP(buf_done) struct buf c, longest;
    char too_long[TAXII_POSITION_MAX + 1] = {0};
    struct taxii_keys k;

    keys_make(&k);
    buf_init(&c, 1024);
    buf_init(&longest, 1024);
    cursor_make(&k, STR("place"), &c);
    for (size_t i = 0; i < c.len; i++) {
        char was = c.at[i];

        c.at[i] = was == '0' ? '1' : '0';
        assert_int_equal(read_as(&k, &asked, buf_str(&c), 0, STR("")), TAXII_E_CURSOR);
        c.at[i] = was;
        assert_int_equal(read_as(&k, &asked, (struct str){c.at, i}, 0, STR("")), TAXII_E_CURSOR);
    }
    assert_int_equal(read_as(&k, &asked, STR("2"), 0, STR("")), TAXII_E_CURSOR);
    assert_int_equal(taxii_cursor_print(&k, &asked, (struct str){too_long, sizeof(too_long)}, 0,
                                        &longest),
                     -E2BIG);
    for (unsigned i = 0; i < 1024; i++)
        assert_int_equal(buf_add_char(&longest, 'a'), 0);
    assert_int_equal(read_as(&k, &asked, buf_str(&longest), 0, STR("")), TAXII_E_CURSOR);
}

static void test_a_status_leads_back(void **state)
{
    const struct taxii_status all[] = {{0, 0}, {1, 2}, {UINT32_MAX, TAXII_STATUS_KNOWN_MAX}};
    char id[TAXII_STATUS_SIZE], other[TAXII_STATUS_SIZE];
    struct taxii_status s;
    struct taxii_keys k;

    keys_make(&k);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        assert_int_equal(taxii_status_print(&k, asked.reader, all[i], id), 0);
        assert_true(id[14] == '4' && strchr("89ab", id[19]));
        assert_true(taxii_status_read(&k, asked.reader, str_of(id), &s));
        assert_true(s.run == all[i].run && s.known == all[i].known);
        assert_false(taxii_status_read(&k, STR("reader-2"), str_of(id), &s));
        for (size_t at = 0; at < strlen(id); at++) {
            memcpy(other, id, sizeof(other));
            other[at] = id[at] == '0' ? '1' : '0';
            assert_false(taxii_status_read(&k, asked.reader, str_of(other), &s));
        }
        memcpy(k.before, k.now, sizeof(k.now));
        random_fill(k.now, sizeof(k.now));
        assert_true(taxii_status_read(&k, asked.reader, str_of(id), &s));
    }
    assert_false(taxii_status_read(&k, asked.reader, STR(""), &s));
    assert_int_equal(taxii_status_print(&k, asked.reader, (struct taxii_status){1, TAXII_STATUS_KNOWN_MAX + 1}, id), -ERANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_leads_back),
        cmocka_unit_test(test_it_is_for_one_question_of_one_reader),
        cmocka_unit_test(test_keys_change_once),
        cmocka_unit_test(test_nothing_else_is_one),
        cmocka_unit_test(test_a_status_leads_back),
    };

    return crypto_start() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
