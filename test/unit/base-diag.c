#include "base/tell.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void prints_in_order_of_place(void **state)
{
    struct diag d;
    struct buf out;

    diag_init(&d);
    buf_init(&out, 10000);
    assert_string_equal(diag_first(&d), "");
    diag_add(&d, DIAG_WARNING, "b.yaml", 2, 3, "odd");
    diag_add(&d, DIAG_ERROR, "b.yaml", 2, 3, "second at one place");
    diag_add(&d, DIAG_ERROR, "b.yaml", 1, 9, "first line");
    diag_add(&d, DIAG_ERROR, "a.yaml", 7, 0, "no column");
    diag_add(&d, DIAG_NOTE, "a.yaml", 0, 0, "whole file");
    diag_error(&d, "no place: %s", "辻番");
    assert_int_equal(diag_print(&d, &out), 0);
    assert_string_equal(out.at, "no place: 辻番\n"
                                "a.yaml: note: whole file\n"
                                "a.yaml:7: no column\n"
                                "b.yaml:1:9: first line\n"
                                "b.yaml:2:3: warning: odd\n"
                                "b.yaml:2:3: second at one place\n");
    assert_int_equal(d.n_errors, 4);
    assert_string_equal(diag_first(&d), "second at one place");
    diag_clear(&d);
    assert_int_equal(d.n, 0);
    buf_done(&out);
    diag_done(&d);
}

/* Whoever goes by what was told goes by its key, whatever its words are. */
static void knows_which_of_the_catalogue_it_is(void **state)
{
    struct diag d;

    diag_init(&d);
    diag_tell(&d, DIAG_ERROR, (struct diag_place){.file = "a.csv"}, MSG_OUTGOING_FAILED, {"reason", STR("x")});
    diag_tell(&d, DIAG_ERROR, (struct diag_place){0}, MSG_SEAL_TWICE);
    diag_error(&d, "%s", d.entries[1].message);
    assert_int_equal(d.entries[0].key, MSG_OUTGOING_FAILED);
    assert_int_equal(d.entries[1].key, MSG_SEAL_TWICE);
    assert_int_equal(d.entries[2].key, DIAG_NO_KEY);
    diag_done(&d);
}

static void shows_no_control_bytes(void **state)
{
    struct diag d;

    diag_init(&d);
    diag_add(&d, DIAG_ERROR, "x\n.csv", 0, 0, "cell \"%s\"", "a\nb\x1b[31m\xff");
    assert_string_equal(d.entries[0].message, "cell \"a\\x0Ab\\x1B[31m\\xFF\"");
    assert_string_equal(d.entries[0].file, "x\\x0A.csv");
    diag_done(&d);
}

static void keeps_a_limited_number_and_length(void **state)
{
    static char text[20001];
    struct diag d;
    struct buf out;

    diag_init(&d);
    buf_init(&out, 10u << 20);
    memset(text, 'x', sizeof(text) - 1);
    for (int i = 0; i < 1000; i++)
        diag_error(&d, "%s", text);
    assert_int_equal(d.n, DIAG_MAX);
    assert_int_equal(d.n_errors, 1000);
    assert_int_equal(strlen(d.entries[0].message), 4096);
    assert_int_equal(diag_print(&d, &out), 0);
    assert_true(
        str_ends(buf_str(&out), STR("1000 errors in all; the first 200 entries are shown\n")));
    buf_done(&out);
    diag_done(&d);
    diag_error(NULL, "nobody listens");
}

static void warnings_do_not_crowd_out_errors(void **state)
{
    struct diag d;

    diag_init(&d);
    for (int i = 0; i < DIAG_MAX; i++)
        diag_add(&d, DIAG_WARNING, "w.yaml", 1, 0, "warning %d", i);
    diag_error(&d, "first");
    diag_error(&d, "second");
    diag_add(&d, DIAG_WARNING, NULL, 0, 0, "too late");
    assert_int_equal(d.n, DIAG_MAX);
    assert_int_equal(d.n_errors, 2);
    assert_string_equal(diag_first(&d), "first");
    assert_string_equal(d.entries[DIAG_MAX - 1].message, "second");
    assert_string_equal(d.entries[0].message, "warning 0");
    diag_done(&d);
}

/* Braces that hold no name are text; a word of the catalogue, and words in both languages, stand in each as they should. */
static void fills_each_language_by_names(void **state)
{
    struct message_arg why, both = {.name = "mean", .value = STR(", or that"), .ja = STR("、又はそれ")};
    struct diag d, inner;

    diag_init(&d);
    diag_tell(&d, DIAG_ERROR, DIAG_NOWHERE, MSG_PACK_VALUE_EMPTY);
    diag_tell(&d, DIAG_ERROR, DIAG_NOWHERE, MSG_PACK_UNUSED_PERIOD, {"period", STR("{period}")});
    diag_tell(&d, DIAG_ERROR, DIAG_NOWHERE, MSG_PACK_NO_LABEL, {"given", STR("x")}, both);
    diag_tell(&d, DIAG_ERROR, DIAG_NOWHERE, MSG_PACK_NO_NAMED, MESSAGE_WORD("what", MSG_PACK_WORD_DUTY), {"given", STR("n")}, both);
    diag_tell(&d, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_READ, {"path", STR("a")}, tell_why(ENOENT));
    assert_string_equal(d.entries[0].message, "the value is empty; name a field, or write {is: …}");
    assert_string_equal(d.entries[1].message, "no step asks for the period \"{period}\"; add {period: {period}} to its conditions, or take it out");
    assert_string_equal(d.entries[2].message, "there is no label \"x\", or that");
    assert_string_equal(d.entries[2].ja, "取扱区分「x」はありません、又はそれ");
    assert_string_equal(d.entries[3].message, "there is no duty \"n\", or that");
    assert_string_equal(d.entries[3].ja, "当番「n」はありません、又はそれ");
    assert_string_equal(d.entries[4].message, "\"a\" cannot be read: No such file or directory");
    assert_string_equal(d.entries[4].ja, "「a」を読めません：そのようなファイル又はディレクトリはありません");
    diag_init(&inner);
    why = diag_why(&inner);
    assert_int_equal(why.value.len, 0);
    diag_tell(&inner, DIAG_WARNING, DIAG_NOWHERE, MSG_PACK_VALUE_EMPTY);
    diag_tell(&inner, DIAG_ERROR, DIAG_NOWHERE, MSG_PACK_STATES_NONE);
    diag_tell(&d, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_READ, {"path", STR("b")}, diag_why(&inner));
    assert_string_equal(d.entries[5].ja, "「b」を読めません：状態がありません。加えてください");
    diag_done(&inner);
    diag_done(&d);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_in_order_of_place),
        cmocka_unit_test(knows_which_of_the_catalogue_it_is), cmocka_unit_test(shows_no_control_bytes),
        cmocka_unit_test(fills_each_language_by_names),
        cmocka_unit_test(keeps_a_limited_number_and_length),
        cmocka_unit_test(warnings_do_not_crowd_out_errors),
    };

    return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
