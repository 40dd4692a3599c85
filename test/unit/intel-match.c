#include "base/file.h"
#include "intel/match.h"
#include "intel/set-delta.h"
#include "intel/set-sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* By both words; the first alone decides where the sort does not ask. */
static int pair_cmp(const void *a, const void *b, void *context)
{
    const uint64_t *x = a, *y = b;

    return x[0] != y[0] ? (x[0] > y[0]) - (x[0] < y[0]) : (x[1] > y[1]) - (x[1] < y[1]);
}

static int word_cmp(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Rows of hashes that differ in all bits, in some, and in none: as qsort() has them. */
static void rows_are_sorted(void **state)
{
    static const uint64_t masks[] = {UINT64_MAX, 0xff, UINT64_C(0xff00000000000000), 3, 0};
    static const size_t sizes[] = {0, 1, 2, 32, 33, 1000, 50000};
    static uint64_t rows[2 * 50000], wanted[2 * 50000];

    for (size_t m = 0; m < ARRAY_LEN(masks); m++)
        for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
            size_t n = sizes[k];

            random_fill(rows, sizeof(rows));
            for (size_t i = 0; i < n; i++)
                rows[2 * i] &= masks[m];
            memcpy(wanted, rows, sizeof(rows));
            qsort_r(wanted, n, 2 * sizeof(*rows), pair_cmp, NULL);
            set_sort_pairs(rows, n, pair_cmp, NULL);
            assert_memory_equal(rows, wanted, sizeof(rows));
            qsort(wanted, n, sizeof(*rows), word_cmp);
            set_sort_hashes(rows, n);
            assert_memory_equal(rows, wanted, sizeof(rows));
        }
}

/* The file of a set of these values, each its own indicator. */
static void compile(const char *const *values, size_t n, unsigned flags, struct buf *out)
{
    struct set_builder *b = set_builder_new(&(struct set_mark){.flags = flags}, NULL);
    struct clue v;

    assert_non_null(b);
    clue_init(&v);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(clue_read(str_of(values[i]), &v), 0);
        assert_int_equal(set_builder_add(b, &v, str_of(values[i]), 0), 0);
    }
    buf_init(out, 1 << 30);
    assert_int_equal(set_builder_print(b, out), 0);
    clue_done(&v);
    set_builder_free(b);
}

/* "line:offset <written> indicator" */
static int note(const struct match_hit *hit, void *context)
{
    struct buf *out = context;

    return buf_printf(out, "%d:%d <%.*s> %.*s\n", (int)hit->line, (int)hit->offset,
                      STR_ARG(hit->written), STR_ARG(hit->entry->indicator));
}

static void finds(const struct set *set, const char *text, const char *wanted)
{
    for (size_t piece = strlen(text) + 1; piece; piece = piece > 5 ? 5 : piece > 1 ? 1 : 0) {
        struct matcher *m;
        struct buf out;

        buf_init(&out, 65536);
        assert_int_equal(buf_add_text(&out, ""), 0);
        m = matcher_new(set, NULL, note, &out);
        assert_non_null(m);
        for (size_t at = 0; at < strlen(text); at += piece)
            assert_int_equal(
                matcher_add(m, (struct str){text + at, MIN_OF(piece, strlen(text) - at)}), 0);
        assert_int_equal(matcher_end(m), 0);
        if (strcmp(out.at, wanted))
            fail_msg("%s (in pieces of %zu)\ngives\n%sinstead of\n%s", text, piece, out.at, wanted);
        matcher_free(m);
        buf_done(&out);
    }
}

static const char *const values[] = {
    "192.0.2.1",
    "198.51.100.0/24",
    "198.51.0.0/16",
    "2001:db8::1",
    "2001:db8:1::/48",
    "example.jp",
    "a.example.com",
    "http://example.net/a",
    "taro@example.org",
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "AS64496",
};

static void whole_values_only(void **state)
{
    struct buf file;
    struct set *set;

    compile(values, ARRAY_LEN(values), SET_BELOW, &file);
    assert_int_equal(set_of(buf_str(&file), &set), 0);
    assert_int_equal(set_count(set), ARRAY_LEN(values));
    finds(set, "192.0.2.1 192.0.2.11 11.192.0.2.1 192.0.2.1.5 192.0.2.1:80\n192.0.2.1.",
          "1:0 <192.0.2.1> 192.0.2.1\n1:46 <192.0.2.1> 192.0.2.1\n2:59 <192.0.2.1> 192.0.2.1\n");
    finds(set, "198.51.100.7,198.51.7.7",
          "1:0 <198.51.100.7> 198.51.100.0/24\n1:0 <198.51.100.7> 198.51.0.0/16\n1:13 <198.51.7.7> "
          "198.51.0.0/16\n");
    finds(set, "[2001:DB8::1]:443 2001:db8:1:2::3 2001:db8::11 ::ffff:192.0.2.1",
          "1:1 <2001:DB8::1> 2001:db8::1\n1:18 <2001:db8:1:2::3> 2001:db8:1::/48\n"
          "1:47 <::ffff:192.0.2.1> 192.0.2.1\n1:54 <192.0.2.1> 192.0.2.1\n");
    finds(
        set,
        "host=WWW.Example.JP notexample.jp example.jp.net a.example.com.evil.example b.example.com",
        "1:5 <WWW.Example.JP> example.jp\n");
    finds(set, "\"GET HTTP://example.net:80/a\" http://example.net/ab <http://example.net/a>,",
          "1:5 <HTTP://example.net:80/a> http://example.net/a\n1:53 <http://example.net/a> "
          "http://example.net/a\n");
    finds(set, "to=<Taro@example.org>, xtaro@example.org taro@example.org.uk",
          "1:4 <Taro@example.org> taro@example.org\n");
    finds(set, "D41D8CD98F00B204E9800998ECF8427E.bin xd41d8cd98f00b204e9800998ecf8427e",
          "1:0 <D41D8CD98F00B204E9800998ECF8427E> d41d8cd98f00b204e9800998ecf8427e\n");
    finds(set, "\xff\xfe\x01 192.0.2.1\xe3\x81\x82", "1:4 <192.0.2.1> 192.0.2.1\n");
    set_free(set);
    buf_done(&file);
}

static void exact_names(void **state)
{
    struct buf file;
    struct set *set;

    compile(values, ARRAY_LEN(values), 0, &file);
    assert_int_equal(set_of(buf_str(&file), &set), 0);
    finds(set, "www.example.jp example.jp", "1:15 <example.jp> example.jp\n");
    set_free(set);
    buf_done(&file);
}

static void many_values_and_twice_the_same(void **state)
{
    struct set_builder *b = set_builder_new(&(struct set_mark){.flags = SET_BELOW}, NULL);
    struct clue v;
    struct buf file;
    struct set *set;
    char text[64];

    clue_init(&v);
    buf_init(&file, 1 << 30);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < 50000; i++) {
            snprintf(text, sizeof(text), "n%u.example", i);
            assert_int_equal(clue_read(str_of(text), &v), 0);
            assert_int_equal(
                set_builder_add(b, &v, round && i < 10 ? STR("second") : STR("first"), 0), 0);
        }
    assert_int_equal(set_builder_print(b, &file), 0);
    assert_int_equal(set_of(buf_str(&file), &set), 0);
    assert_int_equal(set_count(set), 50010);
    finds(set, "n49999.example n50000.example n9.example",
          "1:0 <n49999.example> first\n1:30 <n9.example> first\n1:30 <n9.example> second\n");
    set_free(set);
    set_builder_free(b);
    clue_done(&v);
    buf_done(&file);
}

static int count(const struct match_hit *hit, void *context)
{
    ++*(size_t *)context;
    return 0;
}

/* A line as long as one may be, of nothing but hits that its time decides on, which is its last field. */
static void the_time_of_a_long_line(void **state)
{
    struct set_builder *b = set_builder_new(&(struct set_mark){.flags = 0}, NULL);
    struct match_options options = {.now_us = UINT64_C(2000000000000000), .time_field = 100001};
    struct buf file, text;
    struct matcher *m;
    struct clue v;
    struct set *set;
    size_t n = 0;

    clue_init(&v);
    buf_init(&file, 1 << 20);
    buf_init(&text, MATCH_LINE_MAX);
    assert_int_equal(clue_read(STR("192.0.2.1"), &v), 0);
    assert_int_equal(set_builder_add(b, &v, STR("ends"), UINT64_C(1500000000000000)), 0);
    assert_int_equal(set_builder_print(b, &file), 0);
    assert_int_equal(set_of(buf_str(&file), &set), 0);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(buf_add_text(&text, "192.0.2.1 "), 0);
    assert_int_equal(buf_add_text(&text, "1499999999\r\n192.0.2.1\r\n"), 0);
    m = matcher_new(set, &options, count, &n);
    assert_non_null(m);
    assert_int_equal(matcher_add(m, buf_str(&text)), 0);
    assert_int_equal(matcher_end(m), 0);
    assert_int_equal(n, 100000); /* by its own time; the last line has none, and now is too late */
    matcher_free(m);
    set_free(set);
    set_builder_free(b);
    clue_done(&v);
    buf_done(&file);
    buf_done(&text);
}

/* Places in the header, and of what is behind it. */
enum {
    AT_N_ENTRIES = 80,
    AT_N_VALUES = 88,
    AT_N_SLOTS = 96,
    AT_N_WORDS = 104,
    AT_N_TEXTS = 112,
    AT_LONGEST = 140,
    HEADER = 168
};

/* A list of one value with an indicator a line: one slot for it, and none in the way of others. */
static void many_indicators_of_one_value(void **state)
{
    struct set_builder *b = set_builder_new(&(struct set_mark){.flags = 0}, NULL);
    struct set_cursor c;
    struct set_entry entry;
    struct clue one, other;
    struct buf file;
    struct set *set;
    size_t pool = 0, n = 0;
    char text[16];

    clue_init(&one);
    clue_init(&other);
    buf_init(&file, 1 << 30);
    assert_int_equal(clue_read(STR("192.0.2.1"), &one), 0);
    assert_int_equal(clue_read(STR("192.0.2.2"), &other), 0);
    for (unsigned i = 0; i < 400000; i++) {
        pool += 6 + one.bytes.len + (size_t)snprintf(text, sizeof(text), "n%u", i);
        assert_int_equal(set_builder_add(b, &one, str_of(text), 0), 0);
    }
    pool += 6 + other.bytes.len;
    assert_int_equal(set_builder_add(b, &other, STR(""), 0), 0);
    assert_int_equal(set_builder_print(b, &file), 0);
    assert_int_equal(file.len, HEADER + 2 * 8192 + 2 * 8 + 6 * 8 + pool);
    assert_int_equal(set_of(buf_str(&file), &set), 0);
    c = set_find(set, CLUE_IPV4, buf_str(&one.bytes));
    while (set_next(set, CLUE_IPV4, buf_str(&one.bytes), &c, &entry))
        n++;
    assert_int_equal(n, 400000);
    assert_false(set_next(set, CLUE_IPV4, buf_str(&one.bytes), &c, &entry));
    finds(set, "192.0.2.2", "1:0 <192.0.2.2> \n");
    set_free(set);
    set_builder_free(b);
    clue_done(&one);
    clue_done(&other);
    buf_done(&file);
}

static void put64(struct buf *file, size_t at, uint64_t n)
{
    memcpy(file->at + at, &n, sizeof(n));
}

/* More values than fit into the slots, or more steps for one than a set needs: refused. Slots that are all full cost what the header says. */
static void a_file_that_would_be_slow(void **state)
{
    uint32_t longest = SET_STEPS_MAX + 1;
    struct set_cursor c;
    struct set_entry entry;
    struct buf file;
    struct set *set;
    uint64_t n_slots, n_words, n_texts;

    compile(values, ARRAY_LEN(values), 0, &file);
    memcpy(&n_slots, file.at + AT_N_SLOTS, sizeof(n_slots));
    memcpy(&n_words, file.at + AT_N_WORDS, sizeof(n_words));
    memcpy(&n_texts, file.at + AT_N_TEXTS, sizeof(n_texts));
    assert_int_equal(n_slots, ARRAY_LEN(values) + ARRAY_LEN(values) / 3 + 4);
    put64(&file, AT_N_VALUES, ARRAY_LEN(values) + 1);
    put64(&file, AT_N_ENTRIES, ARRAY_LEN(values) + 1);
    assert_int_equal(set_of(buf_str(&file), &set), SET_E_DAMAGED);
    put64(&file, AT_N_VALUES, ARRAY_LEN(values));
    put64(&file, AT_N_ENTRIES, UINT32_MAX);
    assert_int_equal(set_of(buf_str(&file), &set), SET_E_DAMAGED);
    put64(&file, AT_N_ENTRIES, ARRAY_LEN(values));
    assert_int_equal(set_of(buf_str(&file), &set), 0);
    set_free(set);
    memcpy(file.at + AT_LONGEST, &longest, sizeof(longest));
    assert_int_equal(set_of(buf_str(&file), &set), SET_E_DAMAGED);
    longest = 3;
    memcpy(file.at + AT_LONGEST, &longest, sizeof(longest));
    memset(file.at + HEADER + 2 * 8192 + (n_texts + n_words) * 8, 0xff, n_slots * 8);
    assert_int_equal(set_of(buf_str(&file), &set), 0);
    c = set_find(set, CLUE_DOMAIN, STR("absent.example"));
    assert_int_equal(c.left, 3);
    assert_false(set_next(set, CLUE_DOMAIN, STR("absent.example"), &c, &entry));
    assert_int_equal(c.left, 0);
    set_free(set);
    buf_done(&file);
}

/* Each byte of the file changed in its turn: refused, or read without leaving it; cut anywhere: refused. */
static void a_damaged_file(void **state)
{
    struct buf file;
    struct set *set;

    compile(values, ARRAY_LEN(values), SET_BELOW, &file);
    for (size_t len = 0; len < file.len; len++)
        assert_int_equal(set_of((struct str){file.at, len}, &set), SET_E_DAMAGED);
    for (size_t i = 0; i < file.len; i++) {
        struct set_cursor c;
        struct set_entry entry;

        file.at[i] = (char)~file.at[i];
        if (set_of(buf_str(&file), &set) == 0) {
            c = set_find(set, CLUE_DOMAIN, STR("example.jp"));
            while (set_next(set, CLUE_DOMAIN, STR("example.jp"), &c, &entry))
                assert_true(str_eq(entry.bytes, STR("example.jp")));
            set_free(set);
        }
        file.at[i] = (char)~file.at[i];
    }
    buf_done(&file);
}

static void opened_from_a_file(void **state)
{
    char path[] = "/tmp/tsujiban-set-XXXXXX";
    int fd = mkstemp(path);
    struct buf file;
    struct diag diag;
    struct set *set;

    assert_true(fd >= 0);
    close(fd);
    diag_init(&diag);
    assert_int_equal(set_open(path, &set, &diag), SET_E_DAMAGED);
    assert_int_equal(diag.n_errors, 1);
    compile(values, ARRAY_LEN(values), SET_BELOW, &file);
    assert_int_equal(file_write_atomic(path, buf_str(&file), 0600, NULL), 0);
    assert_int_equal(set_open(path, &set, &diag), 0);
    assert_int_equal(truncate(path, 0), 0);
    finds(set, "x.example.jp", "1:0 <x.example.jp> example.jp\n");
    set_free(set);
    unlink(path);
    assert_int_equal(set_open(path, &set, &diag), SET_E_MISSING);
    diag_done(&diag);
    buf_done(&file);
}

/* Cut anywhere, or with any byte changed, it makes nothing; whole, it makes the same bytes. */
static void a_delta(void **state)
{
    static const char *const newer[] = {"192.0.2.1", "example.net", "a.example.com", "2001:db8::2",
                                        "http://example.org/", "http://example.org/b",
                                        /* what comes again adds nothing, also not to the filter */
                                        "http://example.org/", "http://example.org/",
                                        "http://example.org/", "http://example.org/",
                                        "http://example.org/", "http://example.org/"};
    struct buf old_file, new_file, delta, out;
    struct set *old_set, *new_set;

    compile(values, ARRAY_LEN(values), SET_BELOW, &old_file);
    compile(newer, ARRAY_LEN(newer), 0, &new_file);
    assert_int_equal(set_of(buf_str(&old_file), &old_set), 0);
    assert_int_equal(set_of(buf_str(&new_file), &new_set), 0);
    assert_true(set_is_whole(old_set) && set_is_whole(new_set));
    buf_init(&delta, 1 << 20);
    assert_int_equal(set_delta_print(old_set, new_set, &delta), 0);
    for (size_t i = 0; i < delta.len; i++) {
        buf_init(&out, 1 << 20);
        assert_int_equal(set_delta_apply(old_set, (struct str){delta.at, i}, &out),
                         DELTA_E_DAMAGED);
        delta.at[i] = (char)~delta.at[i];
        assert_int_equal(set_delta_apply(old_set, buf_str(&delta), &out), DELTA_E_DAMAGED);
        delta.at[i] = (char)~delta.at[i];
        buf_done(&out);
    }
    buf_init(&out, 1 << 20);
    assert_int_equal(set_delta_apply(new_set, buf_str(&delta), &out), DELTA_E_OTHER);
    assert_int_equal(set_delta_apply(old_set, buf_str(&delta), &out), 0);
    assert_true(str_eq(buf_str(&out), buf_str(&new_file)));
    new_file.at[new_file.len - 1] ^= 1;
    assert_false(set_is_whole(new_set));
    set_free(old_set);
    set_free(new_set);
    buf_done(&old_file);
    buf_done(&new_file);
    buf_done(&delta);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_values_only),
        cmocka_unit_test(exact_names),
        cmocka_unit_test(many_values_and_twice_the_same),
        cmocka_unit_test(many_indicators_of_one_value),
        cmocka_unit_test(the_time_of_a_long_line),
        cmocka_unit_test(a_file_that_would_be_slow),
        cmocka_unit_test(a_damaged_file),
        cmocka_unit_test(opened_from_a_file),
        cmocka_unit_test(a_delta),
        cmocka_unit_test(rows_are_sorted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
