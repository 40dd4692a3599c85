/* What a machine runs when it is opened, by name and by bytes. */
#include "guard/runs.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void by_name(void **state)
{
    static const struct {
        const char *name, *word;
    } rows[] = {
        {"a.exe", "program"},
        {"a.EXE", "program"},
        {"a.exe. . ", "program"},
        {"画面.scr", "program"},
        {"a.b > c/d.jar", "program"},
        {"a.ps1", "script"},
        {"照会.JS", "script"},
        {"a.lnk", "shortcut"},
        {"a.iso", "disk"},
        {"集計.xlsm", "macros"},
        {"請求書.pdf.exe", "disguised"},
        {"請求書.pdf                         .scr", "disguised"},
        {"a.xlsx.lnk", "disguised"},
        {"a.docx.docm", "macros"},
        {"a\xe2\x80\xaetxt.exe", "disguised"},
        {"annexe\xe2\x80\xae\x66\x64p.doc", "disguised"},
        {"\\xE2\\x80\\xAE" "fdp.doc", "disguised"},
        {"\xe2\x81\xa6" "a.txt", "disguised"},
        {"a.pdf", ""},
        {"exe", ""},
        {".exe", "program"},
        {"", ""},
        {".", ""},
        {"...", ""},
        {"a.txt.pdf", ""},
        {"a.1.2", ""},
        {"a.exe.txt", ""},
        {"統計2026.4.1", ""},
        {"a.c m", ""},
        {"a.an-ending-that-is-too-long-to-be-any-ending", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(runs_word(runs_by_name(str_of(rows[i].name))), rows[i].word);
}

static const char *of(const char *bytes, size_t n)
{
    const struct str head = {bytes, n};

    return runs_word(runs_by_head(content_type_of(head), head));
}
#define OF(bytes) of(bytes, sizeof(bytes) - 1)

static void by_bytes(void **state)
{
    assert_string_equal(OF("MZ\x90\0\x03\0\0\0"), "program");
    assert_string_equal(OF("MZ-2000の取扱説明\n"), ""); /* a text */
    assert_string_equal(OF("\x7f" "ELF\x02\x01\x01"), "program");
    assert_string_equal(OF("\xcf\xfa\xed\xfe\x07\0\0\x01"), "program");
    assert_string_equal(OF("\xca\xfe\xba\xbe\0\0\0\x34"), "program");
    assert_string_equal(OF("dex\n035\0"), "program");
    assert_string_equal(OF("#!/bin/sh\nexit\n"), "script");
    assert_string_equal(OF("\xef\xbb\xbf#!/usr/bin/env python3\n"), "script");
    assert_string_equal(OF("\xff\xfe#\0!\0/\0b\0i\0n\0"), "script");
    assert_string_equal(OF("#@~^XQAAAA=="), "script");
    assert_string_equal(OF("<html><HTA:Application id=x>"), "script");
    assert_string_equal(OF("  <job id=\"x\"><script>"), "script");
    assert_string_equal(OF("ITSF\x03\0\0\0"), "script");
    assert_string_equal(OF("L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F\x9b"), "shortcut");
    assert_string_equal(OF("L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0"), "");
    assert_string_equal(OF("[InternetShortcut]\r\nURL=file://198.51.100.7/x\r\n"), "shortcut");
    assert_string_equal(OF("[Desktop Entry]\nExec=x\n"), "shortcut");
    assert_string_equal(OF("conectix\0\0"), "disk");
    assert_string_equal(OF("KDMV\x01\0\0\0"), "disk");
    assert_string_equal(OF("# 見出し\n"), "");
    assert_string_equal(OF("<html><script>1</script>"), "");
    assert_string_equal(OF("%PDF-1.7\n"), "");
    assert_string_equal(OF(""), "");
}

static void images_by_place(void **state)
{
    static char head[CONTENT_ISO_AT + 5], end[RUNS_END_BYTES];

    memcpy(head + CONTENT_ISO_AT, "BEA01", 5);
    assert_string_equal(of(head, sizeof(head)), "disk");
    assert_string_equal(of(head, sizeof(head) - 1), "");
    memset(head, 0, sizeof(head));
    memcpy(head, "\xeb\x3c\x90", 3);
    memcpy(head + 510, "\x55\xaa", 2);
    assert_string_equal(of(head, 512), "disk");
    assert_string_equal(of(head, 511), "");
    assert_int_equal(runs_by_end((struct str){end, sizeof(end)}), RUNS_NONE);
    memcpy(end, "koly", 4);
    assert_int_equal(runs_by_end((struct str){end, sizeof(end)}), RUNS_DISK);
    assert_int_equal(runs_by_end((struct str){end, sizeof(end) - 1}), RUNS_NONE);
}

static void installers(void **state)
{
    static const char package[] = "xx\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0F";

    assert_true(runs_is_installer((struct str){package, sizeof(package) - 1}));
    assert_true(runs_is_installer((struct str){package + 2, sizeof(package) - 3}));
    assert_false(runs_is_installer((struct str){package + 3, sizeof(package) - 4}));
    assert_false(runs_is_installer((struct str){package, sizeof(package) - 2}));
    assert_false(runs_is_installer((struct str){NULL, 0}));
}

static void first_counts(void **state)
{
    JSON_AUTO *o = json_object();

    assert_int_equal(runs_put(o, RUNS_NONE), 0);
    assert_null(json_object_get(o, RUNS_KEY));
    assert_int_equal(runs_put(o, RUNS_MACROS), 0);
    assert_int_equal(runs_put(o, RUNS_PROGRAM), 0);
    assert_int_equal(runs_put(o, RUNS_DISK), 0);
    assert_string_equal(json_str(o, RUNS_KEY), "program");
    assert_int_equal(runs_of_word("nothing"), RUNS_NONE);
    assert_int_equal(runs_of_word(""), RUNS_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_name), cmocka_unit_test(by_bytes), cmocka_unit_test(images_by_place), cmocka_unit_test(installers),
                                       cmocka_unit_test(first_counts)};

    return cmocka_run_group_tests_name("runs", tests, NULL, NULL);
}
