/* The stream reader: what is handed over, what is told, in whatever pieces the file comes. */
#include "intel/stix-read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static int note_object(const struct stix_object *o, void *context)
{
    return buf_printf(context, "%d@%d:%d %.*s\n", (int)o->number, (int)o->at.line,
                      (int)o->at.column, STR_ARG(o->bytes));
}

static int note_fault(const struct stix_finding *f, void *context)
{
    char number[24] = "-";

    if (f->number != STIX_NO_NUMBER)
        snprintf(number, sizeof(number), "%d", (int)f->number);
    return buf_printf(context, "! %s %s@%d:%d(%d) <%.*s> %.*s\n", number, stix_fault_name(f->fault),
                      (int)f->at.line, (int)f->at.column, (int)f->offset, STR_ARG(f->id),
                      STR_ARG(f->path));
}

static const struct stix_reader_calls calls = {note_object, note_fault};

static void reads(const char *text, const char *wanted)
{
    size_t len = strlen(text);

    for (size_t piece = len + 1; piece; piece = piece > 7 ? 7 : piece > 1 ? 1 : 0) {
        struct stix_reader *r;
        struct buf out;

        buf_init(&out, 1 << 20);
        assert_int_equal(buf_add_text(&out, ""), 0);
        r = stix_reader_new(&calls, &out);
        assert_non_null(r);
        for (size_t at = 0; at < len; at += piece)
            assert_int_equal(stix_reader_add(r, (struct str){text + at, MIN_OF(piece, len - at)}),
                             0);
        assert_int_equal(stix_reader_end(r), 0);
        if (strcmp(out.at, wanted))
            fail_msg("%s (in pieces of %zu)\ngives\n%sinstead of\n%s", text, piece, out.at, wanted);
        stix_reader_free(r);
        buf_done(&out);
    }
}

#define HEAD "{\"type\": \"bundle\", \"id\": \"bundle--00000000-0000-4000-8000-000000000000\", "

static void objects_come_one_by_one(void **state)
{
    reads(HEAD "\"objects\": [\n {\"id\": \"a\"},\n {\"b\": \"あ}\\\"\"} ] }",
          "0@2:2 {\"id\": \"a\"}\n1@3:2 {\"b\": \"あ}\\\"\"}\n");
    reads("{\"objects\":[{},{}],\"type\":\"bundle\",\"id\":\"bundle--00000000-0000-4000-8000-"
          "000000000000\"}",
          "0@1:13 {}\n1@1:16 {}\n");
    reads("{\"more\":false,\"objects\":[{}]}", "0@1:26 {}\n");
    reads("[{\"a\":1},\n{}]", "0@1:2 {\"a\":1}\n1@2:1 {}\n");
    reads("{\"type\":\"note\",\"objects\":[{}]}\n{\"a\":{\"type\":\"x\"}}",
          "0@1:1 {\"type\":\"note\",\"objects\":[{}]}\n1@2:1 {\"a\":{\"type\":\"x\"}}\n");
    reads("\xef\xbb\xbf{\"x\":\"objects\"}", "0@1:2 {\"x\":\"objects\"}\n");
    reads(HEAD "\"objects\":[]}", "");
    reads(HEAD "\"x\":[1,{\"objects\":[{}]}]}", "");
    reads("{\"objects\":{\"0\":{}},\"type\":\"observed-data\"}",
          "0@1:1 {\"objects\":{\"0\":{}},\"type\":\"observed-data\"}\n");
}

static void one_bad_object_does_not_lose_the_rest(void **state)
{
    reads("[{\"id\":\"x--1\",\"a\":01},{\"b\":2}]",
          "! 0 number@1:20(19) <x--1> a\n1@1:23 {\"b\":2}\n");
    reads("[{\"a\":1,\"a\":2},{}]", "! 0 duplicate-key@1:9(8) <> a\n1@1:16 {}\n");
    reads("[{\"a\": \"x,\n\"b\": 1\n},\n{}]", "! 0 control-character@1:11(10) <> a\n1@4:1 {}\n");
    reads("[{\"a\":\"\xff\"},{}]", "! 0 utf-8@1:7(6) <> a\n1@1:12 {}\n");
    reads("[7, \"x,{}\", {}]", "! 0 no-object@1:2(1) <> \n! 1 no-object@1:5(4) <> \n2@1:13 {}\n");
    reads("[{}{},{},]",
          "0@1:2 {}\n! - comma@1:4(3) <> \n1@1:4 {}\n2@1:7 {}\n! - value@1:10(9) <> \n");
    reads("[{}}},{}]", "0@1:2 {}\n! - comma@1:4(3) <> \n1@1:7 {}\n");
    reads("[{\"a\":[1}},{}]", "! 0 comma@1:9(8) <> a[0]\n1@1:12 {}\n");
}

static void what_is_cut_short_is_told_as_that(void **state)
{
    reads("", "! - cut-short@1:1(0) <> \n");
    reads(HEAD "\"objects\":[{},{\"id\":\"n--1\",\"b\":\"",
          "0@1:85 {}\n! 1 cut-short@1:106(105) <n--1> \n");
    reads(HEAD "\"objects\":[{}", "0@1:85 {}\n! - cut-short@1:87(86) <> \n");
    reads(HEAD "\"objects\":[{}]", "0@1:85 {}\n! - cut-short@1:88(87) <> \n");
    reads("{\"type\":\"note\",\"a\"", "! 0 cut-short@1:19(18) <> \n");
    reads("{\"a\"", "! - cut-short@1:5(4) <> \n");
}

static void frames_are_looked_at(void **state)
{
    reads("hello", "! - no-object@1:1(0) <> \n");
    reads("{}x", "0@1:1 {}\n! - more@1:3(2) <> \n");
    reads("{\"type\" \"bundle\" \"objects\":[{}]}",
          "! - colon@1:9(8) <> \n! - comma@1:18(17) <> \n0@1:29 {}\n! - bundle-id@1:32(31) <> \n");
    reads(HEAD "\"objects\":[{}],\"objects\":[{}]}",
          "0@1:85 {}\n! - duplicate-key@1:99(98) <> \n1@1:100 {}\n");
    reads("{\"a\":01,\"b\":2}{}", "! - number@1:7(6) <> \n1@1:15 {}\n");
    reads("{,}", "! - key@1:2(1) <> \n");
}

/* ---- a gigabyte ---- */

/* A sanitizer keeps what was freed for a while. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY_MORE ((size_t)400 << 20)
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_MORE ((size_t)400 << 20)
#endif
#ifndef MEMORY_MORE
#define MEMORY_MORE ((size_t)64 << 20)
#endif

struct counts {
    unsigned n_objects, n_faults;
    enum stix_fault fault;
    size_t longest;
};

static int count_object(const struct stix_object *o, void *context)
{
    struct counts *c = context;

    c->n_objects++;
    c->longest = MAX_OF(c->longest, o->bytes.len);
    return 0;
}

static int count_fault(const struct stix_finding *f, void *context)
{
    struct counts *c = context;

    c->n_faults++;
    c->fault = f->fault;
    return 0;
}

static const struct stix_reader_calls counting = {count_object, count_fault};

static size_t memory_kept(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    char line[200] = "";
    struct str rest = STR_NONE, piece = STR_NONE;
    uint64_t pages = 0;

    assert_non_null(f);
    assert_non_null(fgets(line, sizeof(line), f));
    fclose(f);
    rest = str_of(line);
    assert_true(str_split(&rest, ' ', &piece) && str_split(&rest, ' ', &piece));
    assert_int_equal(str_to_u64(piece, 0, UINT64_MAX / 4096, &pages), 0);
    return pages * 4096;
}

static void long_one(const char *head, const char *again, const char *behind, struct counts *c)
{
    struct stix_reader *r = stix_reader_new(&counting, c);
    struct buf piece;
    size_t before;

    *c = (struct counts){0};
    buf_init(&piece, 2 << 20);
    while (piece.len < 1 << 20)
        assert_int_equal(buf_add_text(&piece, again), 0);
    before = memory_kept();
    assert_int_equal(stix_reader_add(r, str_of(head)), 0);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(stix_reader_add(r, buf_str(&piece)), 0);
    assert_int_equal(stix_reader_add(r, str_of(behind)), 0);
    assert_int_equal(stix_reader_end(r), 0);
    assert_true(memory_kept() < before + MEMORY_MORE);
    stix_reader_free(r);
    buf_done(&piece);
}

static void what_is_too_long_is_passed_over_in_little_memory(void **state)
{
    struct counts c;

    long_one("[{\"a\":\"", "0123456789abcde\\\"", "\"},{},{}]", &c);
    assert_int_equal(c.n_objects, 2);
    assert_int_equal(c.n_faults, 1);
    assert_int_equal(c.fault, STIX_E_TOO_LARGE);
    long_one("{\"a\":\"", "0123456789abcdef", "\"}{}", &c);
    assert_int_equal(c.n_objects, 1);
    assert_int_equal(c.fault, STIX_E_TOO_LARGE);
    long_one("{\"a\":1,\"b\":{\"x\":[", "\"}]\", ", "7]},\"objects\":[{},{}]}{\"type\":\"x\"}", &c);
    assert_int_equal(c.n_objects, 1);
    long_one(HEAD "\"b\":\"", "0123456789abcdef", "\",\"objects\":[{},{}]}", &c);
    assert_int_equal(c.n_objects, 2);
    assert_int_equal(c.fault, STIX_E_TOO_LARGE);
    long_one("[[", "[", "", &c);
    assert_int_equal(c.n_objects, 0);
    assert_int_equal(c.n_faults, 1);
    long_one("[", "}", "{}]", &c);
    assert_int_equal(c.n_objects, 1);
    assert_int_equal(c.n_faults, 1);
    long_one("[{}", "                ", "]", &c);
    assert_int_equal(c.n_objects, 1);
    assert_int_equal(c.n_faults, 0);
}

static int stop(const struct stix_object *o, void *context)
{
    return 42;
}

static void an_answer_ends_the_reading(void **state)
{
    const struct stix_reader_calls stopping = {stop, note_fault};
    struct stix_reader *r = stix_reader_new(&stopping, NULL);

    assert_int_equal(stix_reader_add(r, STR("[{},{}]")), 42);
    stix_reader_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_come_one_by_one),
        cmocka_unit_test(one_bad_object_does_not_lose_the_rest),
        cmocka_unit_test(what_is_cut_short_is_told_as_that),
        cmocka_unit_test(frames_are_looked_at),
        cmocka_unit_test(what_is_too_long_is_passed_over_in_little_memory),
        cmocka_unit_test(an_answer_ends_the_reading),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
