/* What a machine runs when it is opened, by name and by bytes. */
#include "guard/runs.h"

#include "made-files.h"

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
        {"a.wsb", "script"},
        {"a.vsto", "script"},
        {"a.XBAP", "script"},
        {"a.diagcab", "script"},
        {"a.mobileconfig", "script"},
        {"a.terminal", "script"},
        {"a.swf", "script"},
        {"a.appinstaller", "shortcut"},
        {"a.themepack", "shortcut"},
        {"a.inetloc", "shortcut"},
        {"a.ica", "shortcut"},
        {"a.wll", "program"},
        {"a.AppImage", "program"},
        {"a.run", "program"},
        {"a.mpkg", "program"},
        {"a.msu", "program"},
        {"a.sparseimage", "disk"},
        {"a.ova", "disk"},
        {"a.mde", "script"},
        {"a.accdt", "macros"},
        {"照会.app/Contents/Info.plist", "program"},
        {"b/照会.workflow/CONTENTS/a", "program"},
        {"a.doc/Contents/a", ""},
        {"Contents/a", ""},
        {"/Contents/a", ""},
        {"xl/theme/theme1.xml", ""},
        {"見積.pages.app", "disguised"},
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
    assert_string_equal(OF("<html><script>1</script>"), ""); /* all its bytes say so */
    assert_string_equal(OF("%PDF-1.7\n"), "");
    assert_string_equal(OF("<!--%PDF-1.4--><job><script>"), "script");
    assert_string_equal(OF("<job a='WEBP'><script>"), "script");
    assert_string_equal(OF(""), "");
    assert_string_equal(OF("xar!\0\x1c\0\1"), "program");
    assert_string_equal(OF("\xed\xab\xee\xdb\3\0"), "program");
    assert_string_equal(OF("!<arch>\ndebian-binary   "), "program");
    assert_string_equal(OF("?_\3\0\1\0\0\0"), "script");
    assert_string_equal(OF("FasdUAS 1.101.10\x0e\0\0"), "script");
    assert_string_equal(OF("\xcb\r\r\n\0\0\0\0\0\0\0\0\0\0\0\0"), "script");
    assert_string_equal(OF("\n\r\r\n\0\0\0\0\0\0\0\0\0\0\0\0"), ""); /* a capture of packets */
    assert_string_equal(OF("CWS\x0a\x10\x20\0\0x\xda\0\0\0\0\0\0"), "script");
    assert_string_equal(OF("CWS is no film, but a long text of words"), "");
    assert_string_equal(OF("\0\1\0\0Standard ACE DB\0\2\0"), "macros");
    assert_string_equal(OF("hsqs\1\0\0\0"), "disk");
}

/* What says of itself what opens it; and what only speaks of it. */
static void texts(void **state)
{
    static const struct {
        const char *text, *word;
    } rows[] = {
        {"# comment\n\n[Desktop Entry]\nType=Application\n", "shortcut"},
        {"[{000214A0-0000-0000-C000-000000000046}]\r\nProp3=19,2\r\n名前=値\r\n[InternetShortcut]\r\nURL=file://198.51.100.7/a\r\n", "shortcut"},
        {"; of a screen\r\n[Theme]\r\nDisplayName=a\r\n", "shortcut"},
        {"[WFClient]\nVersion=2\n", "shortcut"},
        {"screen mode id:i:2\r\nfull address:s:198.51.100.7\r\n", "shortcut"},
        {"[Shell]\r\nCommand=2\r\nIconFile=\\\\198.51.100.7\\a\r\n", "script"},
        {"[Version]\r\nSignature = \"$CHICAGO$\"\r\n", "script"},
        {"[AutoRun]\r\nopen=a.exe\r\n", "script"},
        {"REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\a]\r\n", "script"},
        {"Windows Registry Editor Version 5.00\r\n", "script"},
        {"# Disk DescriptorFile\nversion=1\n", "disk"},
        {"<?xml version='1.0'?>\r\n<!-- a sandbox -->\n<Configuration>\n<LogonCommand><Command>cmd</Command></LogonCommand></Configuration>", "script"},
        {"<?xml version='1.0'?><asmv1:assembly xmlns:asmv1='urn:schemas-microsoft-com:asm.v1'><deployment install='false'/></asmv1:assembly>", "script"},
        {"<AppInstaller Uri='https://www.example.com/a'/>", "shortcut"},
        {"<?xml version='1.0'?><PCSettings><SearchableContent/></PCSettings>", "shortcut"},
        {"<?xml version='1.0'?><persistedQuery version='1.0'>", "shortcut"},
        {"<?xml version='1.0'?><libraryDescription>", "shortcut"},
        {"<?xml version='1.0'?><searchConnectorDescription>", "shortcut"},
        {"<?xml version='1.0'?><MMC_ConsoleFile ConsoleVersion='3.0'>", "script"},
        {"<?xml version='1.0'?><jnlp spec='1.0+'>", "script"},
        {"<?xml version='1.0'?><!DOCTYPE plist PUBLIC 'x' 'y'><plist version='1.0'><dict><key>PayloadType</key><string>Configuration</string>", "script"},
        {"<?xml version='1.0'?><!DOCTYPE plist PUBLIC 'x' 'y'><plist version='1.0'><dict><key>CommandString</key><string>a</string>", "script"},
        {"<?xml version='1.0'?><!DOCTYPE plist PUBLIC 'x' 'y'><plist version='1.0'><dict><key>URL</key><string>file:///a</string>", "shortcut"},
        {"<?xml version='1.0'?><?component error='true'?><component><script language='JScript'>", "script"},
        {"<?XML version='1.0'?><package><job id='a'>", "script"},
        /* none of them */
        {"Of the file:\n[Desktop Entry]\nExec=a\n", ""},
        {"[Version]\r\nNumber=3\r\nwords that go on\r\nSignature=a\r\n", ""},
        {"[Shell]\r\nprompt=a\r\n", ""},
        {"<?xml version='1.0'?><configuration><appSettings/></configuration>", ""},
        {"<?xml version='1.0'?><assembly xmlns='urn:schemas-microsoft-com:asm.v1' manifestVersion='1.0'/>", ""},
        {"<?xml version='1.0'?><plist version='1.0'><dict><key>Name</key></dict></plist>", ""},
        {"<?xml version='1.0'?><package xmlns='http://www.idpf.org/2007/opf'/>", ""},
        {"<?xml version='1.0'?><a:jobs xmlns:a='b'/>", ""},
        {"<!-- a comment without an end <jnlp>", ""},
        {"<", ""},
        {"<a:", ""},
        {"key=value\n[a]\n", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(of(rows[i].text, strlen(rows[i].text)), rows[i].word) != 0)
            fail_msg("%s: %s", rows[i].text, of(rows[i].text, strlen(rows[i].text)));
    assert_string_equal(OF("\xff\xfe[\0A\0u\0t\0o\0R\0u\0n\0]\0"), "script");
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

/* ---- by all bytes ---- */

static struct runs_found inside(const char *name, struct str bytes)
{
    const enum content_type type = content_type_of((struct str){bytes.at, MIN_OF(bytes.len, (size_t)CONTENT_HEAD)});
    char *copy = malloc(bytes.len + 1); /* so that a sanitizer sees its end */
    struct runs_found found = {RUNS_NONE, false};

    assert_non_null(copy);
    memcpy(copy, bytes.at, bytes.len);
    if (runs_wants(type, str_of(name), (struct str){copy, MIN_OF(bytes.len, (size_t)CONTENT_HEAD)}))
        assert_int_equal(runs_inside(type, str_of(name), (struct str){copy, bytes.len}, &found), 0);
    free(copy);
    return found;
}

static void expect_page(const char *name, const char *page, const char *word)
{
    if (strcmp(runs_word(inside(name, str_of(page)).runs), word) != 0)
        fail_msg("%s: %s", name, page);
}

static void pages_that_run(void **state)
{
    static const char *const pages[] = {
        "<!DOCTYPE html><html><body><script>location='https://www.example.com'</script>",
        "<html><SCRIPT src=a.js></SCRIPT>",
        "<html><body onload=\"x()\">",
        "<html><img/src=x\tonerror = x()>",
        "<html><a href=\"javascript:x()\">",
        "<html><a href='  JaVa&#x53;cript&colon;x()'>",
        "<html><a href=\"java\nscript:x()\">",
        "<html><a href=&#106;avascript&#58;x()>",
        "<html><iframe srcdoc='&lt;b>'>",
        "<html><iframe src='data:text/html;base64,PHNjcmlwdD4='>",
        "<html><object data='data:image/svg+xml,%3Csvg'>",
        "<html><object classid='clsid:72C24DD5-D70A-438B-8A42-98424B88AFB8'>",
        "<html><!-- <script>1</script> -->",
        "<html><!--><script>1</script>-->",
        "<html><p title='<script>1</script>'>",
        "<html><scr\x1b(Bipt>1</script>",
        "<html><form action=vbscript:x>",
        "<html><meta http-equiv=refresh content='0; url=javascript:x()'>",
        "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        "<svg><a><animate attributeName=href values='#;javascript:x()'/></a></svg>",
        "<?xml version='1.0'?><x:svg xmlns:x='http://www.w3.org/2000/svg'><x:script>1</x:script></x:svg>",
        "<?xml version='1.0'?><a xmlns:x='http://www.w3.org/1999/xhtm&#108;'><x:script src='a'/></a>",
        "<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x '<script>1</script>'>]><svg>&x;</svg>",
        "<?xml version='1.0'?><!DOCTYPE svg [<!ATTLIST svg onload CDATA 'x()'>]><svg/>",
        "<?xml version='1.0'?><xsl:stylesheet xmlns:xsl='http://www.w3.org/1999/XSL/Transform'><xsl:element name='script'>x()</xsl:element></xsl:stylesheet>",
        "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x",
    };

    for (size_t i = 0; i < ARRAY_LEN(pages); i++)
        expect_page("a.dat", pages[i], "macros");
    /* by its name, whatever its bytes are */
    expect_page("a.html", "GIF89a/* <script>1</script>", "macros");
    expect_page("a.xhtml", "text <b onclick=x()>", "macros");
    expect_page("a.mht", "anything", "macros");
    expect_page("a.txt", "text <script>1</script>", "");
    /* in UTF-16, and with its zeros between */
    assert_int_equal(inside("a.txt", STR("\xff\xfe<\0h\0t\0m\0l\0>\0<\0s\0c\0r\0i\0p\0t\0>\0")).runs, RUNS_MACROS);
    assert_int_equal(inside("a.html", STR("<scr\0ipt>")).runs, RUNS_MACROS);
}

static void pages_that_do_not(void **state)
{
    static const struct {
        const char *name, *page;
    } rows[] = {
        {"a.html", ""},
        {"a.html", "<"},
        {"a.html", "<html><a href='https://www.example.com/javascript:'>text onload=x() &lt;script&gt;</a>"},
        {"a.html", "<html><p title='on' one=1 on=2 onload=''>"},
        {"a.html", "<html><img src='data:image/svg+xml,%3Csvg'><a href=&#99999999;>"},
        {"a.html", "<html>description<scripted>"},
        {"a.svg", "<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY ns_svg 'http://www.w3.org/2000/svg'>]><svg xmlns='&ns_svg;'><script id='script4600' /></svg>"},
        {"a.xml", "<?xml version='1.0'?><list><script>a column of that name</script><row onsale='yes'/></list>"},
        {"xl/connections.xml", "<?xml version='1.0'?><connections><connection onlyUseConnectionFile='1'/></connections>"},
        {"a.eml", "Received: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x"},
        {"a.csv", "ID;Phone\r\n1;2\r\n"},
        {"a.txt", "ID;P\r\nthe words go on\r\n"},
        {"a.txt", "WEB 1 http://www.example.com"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_page(rows[i].name, rows[i].page, "");
}

/* One tag in another, which is read again for each: it ends, and counts as what it may be. */
static void pages_that_cannot_be_read_through(void **state)
{
    const size_t n = 8u << 20;
    char *page = malloc(n);

    assert_non_null(page);
    memset(page, 'a', n);
    memcpy(page, "<html>", 6);
    for (size_t i = 6; i + 3 < n; i += 3)
        memcpy(page + i, "<a ", 3);
    assert_int_equal(inside("a.html", (struct str){page, n}).runs, RUNS_MACROS);
    free(page);
}

/* ---- old workbooks ---- */

static struct runs_found of_workbook(const struct made_sheet *sheets, size_t n, bool is_locked, size_t before)
{
    CLEANUP(buf_done) struct buf book = made_workbook(sheets, n, is_locked, before);
    const struct made_stream stream = {before % 2 ? "Book" : "Workbook", buf_str(&book)};
    CLEANUP(buf_done) struct buf file = made_compound(&stream, 1);

    assert_int_equal(inside("a.dat", buf_str(&book)).runs, inside("a.xls", buf_str(&file)).runs); /* the records alone, too */
    return inside("a.xls", buf_str(&file));
}

static void macros_of_excel_4(void **state)
{
    static const struct made_sheet plain[] = {{"Sheet1", 0, 0, 0x10}, {"Chart1", 0, 2, 0x20}, {"Sheet2", 2, 0, 0x10}},
                                   shown[] = {{"Sheet1", 0, 0, 0x10}, {"Macro1", 0, 1, 0x40}}, hidden[] = {{"Macro1", 1, 1, 0x40}},
                                   very_hidden[] = {{"Sheet1", 0, 0, 0x10}, {"Macro1", 2, 1, 0x40}}, denied[] = {{"Sheet1", 0, 0, 0x40}},
                                   empty[] = {{"Sheet1", 0, 0, 0x10}, {"Macro1", 0, 1, 0x10}};

    for (size_t before = 0; before <= 8000; before += 4000) { /* small streams, and large ones */
        for (size_t odd = 0; odd < 2; odd++) {
            assert_int_equal(of_workbook(plain, ARRAY_LEN(plain), false, before + odd).runs, RUNS_NONE);
            assert_int_equal(of_workbook(shown, ARRAY_LEN(shown), false, before + odd).runs, RUNS_MACROS);
            assert_int_equal(of_workbook(hidden, ARRAY_LEN(hidden), false, before + odd).runs, RUNS_MACROS);
            assert_int_equal(of_workbook(very_hidden, ARRAY_LEN(very_hidden), false, before + odd).runs, RUNS_MACROS);
            assert_int_equal(of_workbook(denied, ARRAY_LEN(denied), false, before + odd).runs, RUNS_MACROS); /* the list says another kind */
            assert_int_equal(of_workbook(empty, ARRAY_LEN(empty), false, before + odd).runs, RUNS_MACROS);
        }
    }
    assert_false(of_workbook(plain, ARRAY_LEN(plain), false, 0).is_locked);
    assert_true(of_workbook(plain, ARRAY_LEN(plain), true, 0).is_locked);
    /* before there were compound files */
    assert_int_equal(inside("a.dat", STR("\x09\0\4\0\2\0\x40\0\x0a\0\0\0")).runs, RUNS_MACROS);
    assert_int_equal(inside("a.dat", STR("\x09\4\6\0\0\0\0\1\0\0\x0a\0\0\0")).runs, RUNS_MACROS);
    assert_int_equal(inside("a.dat", STR("\x09\2\6\0\0\0\x10\0\0\0\x0a\0\0\0")).runs, RUNS_NONE);
}

/* What this cannot take apart somebody else may. */
static void workbooks_that_are_broken(void **state)
{
    static const struct made_sheet plain[] = {{"Sheet1", 0, 0, 0x10}};
    CLEANUP(buf_done) struct buf book = made_workbook(plain, 1, false, 8000);
    const struct made_stream stream = {"Workbook", buf_str(&book)}, other = {"Contents", buf_str(&book)};
    CLEANUP(buf_done) struct buf file = made_compound(&stream, 1);
    CLEANUP(buf_done) struct buf no_book = made_compound(&other, 1);

    assert_int_equal(inside("a.xls", buf_str(&file)).runs, RUNS_NONE);
    assert_int_equal(inside("a.xls", (struct str){file.at, 512 + 512 * 6}).runs, RUNS_MACROS); /* cut */
    assert_int_equal(inside("a.xls", (struct str){no_book.at, 512 + 512 * 6}).runs, RUNS_NONE);
    put32(file.at + 512 + 4 * 4, 3); /* a chain that goes round */
    assert_int_equal(inside("a.xls", buf_str(&file)).runs, RUNS_MACROS);
}

/* Names of compound files are the same in small letters and large ones. */
static void workbooks_that_are_broken_in_other_letters(void **state)
{
    static const struct made_sheet plain[] = {{"Sheet1", 0, 0, 0x10}};
    static const char *const names[] = {"WORKBOOK", "workbook", "wOrKbOoK", "BOOK", "book"};
    CLEANUP(buf_done) struct buf book = made_workbook(plain, 1, false, 8000);

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct made_stream stream = {names[i], buf_str(&book)};
        CLEANUP(buf_done) struct buf file = made_compound(&stream, 1);

        assert_int_equal(inside("a.xls", buf_str(&file)).runs, RUNS_NONE);
        assert_int_equal(inside("a.xls", (struct str){file.at, 512 + 512 * 6}).runs, RUNS_MACROS);
    }
}

/* The table says of the first sector of the directory that it is free: where its other entries are nobody here can tell. */
static void directories_that_break_off(void **state)
{
    static const struct made_sheet sheets[] = {{"Sheet1", 0, 0, 0x10}, {"Macro1", 0, 1, 0x40}};
    CLEANUP(buf_done) struct buf book = made_workbook(sheets, 2, false, 0);
    const struct made_stream streams[] = {{"A", STR("a")}, {"B", STR("b")}, {"C", STR("c")}, {"Workbook", buf_str(&book)}};
    CLEANUP(buf_done) struct buf file = made_compound(streams, 4);

    put32(file.at + 512 + 4, UINT32_MAX);
    assert_int_equal(inside("a.xls", buf_str(&file)).runs, RUNS_MACROS);
}

/* What lies behind the bytes that are looked at tells nothing, and may be anything. */
static void compound_files_that_are_large(void **state)
{
    const struct made_stream stream = {"Contents", STR("words")};
    CLEANUP(buf_done) struct buf file = made_compound(&stream, 1);
    char *large = calloc(1, RUNS_BYTES_MAX + 1);

    assert_non_null(large);
    memcpy(large, file.at, file.len);
    assert_int_equal(inside("a.doc", (struct str){large, RUNS_BYTES_MAX + 1}).runs, RUNS_NONE);
    put32(large + 48, 0x20000); /* its directory */
    assert_int_equal(inside("a.doc", (struct str){large, RUNS_BYTES_MAX + 1}).runs, RUNS_MACROS);
    put32(large + 48, 1);
    put32(large + 80, 0x20000); /* the second part of its table */
    assert_int_equal(inside("a.doc", (struct str){large, RUNS_BYTES_MAX + 1}).runs, RUNS_MACROS);
    free(large);
}

/* One long stream under many names: it is not read as often as the file likes. */
static void many_names_of_one_stream(void **state)
{
    static const struct made_sheet plain[] = {{"Sheet1", 0, 0, 0x10}};
    CLEANUP(buf_done) struct buf book = made_workbook(plain, 1, false, 50000);
    struct made_stream streams[7] = {{"Workbook", buf_str(&book)}};
    CLEANUP(buf_done) struct buf file;

    for (size_t i = 1; i < ARRAY_LEN(streams); i++)
        streams[i] = (struct made_stream){"Book", STR("")};
    file = made_compound(streams, ARRAY_LEN(streams));
    for (size_t n = 1; n < ARRAY_LEN(streams); n++) {
        char *directory = file.at + 1024;

        assert_int_equal(inside("a.xls", buf_str(&file)).runs, n < 5 ? RUNS_NONE : RUNS_MACROS);
        memcpy(directory + 128 * (n + 1) + 116, directory + 128 + 116, 8);
    }
}

static void embedded_files(void **state)
{
    static const struct {
        const char *name, *bytes;
        enum runs runs;
    } rows[] = {{"a.exe", "x", RUNS_PROGRAM}, {"a.vbs", "x", RUNS_SCRIPT}, {"a.pdf.lnk", "x", RUNS_DISGUISED}, {"a.txt", "x", RUNS_NONE}, {"a.txt", "#!/bin/sh\n", RUNS_SCRIPT}};
    static const char name_of_exe[] = "s\0e\0t\0u\0p\0.\0e\0x\0e";
    const struct made_stream attached[] = {{"__substg1.0_3707001F", {name_of_exe, sizeof(name_of_exe)}}},
                             by_bytes[] = {{"__substg1.0_37010102", STR("\x7f" "ELF\2\1\1")}};
    CLEANUP(buf_done) struct buf by_name = made_compound(attached, 1);
    CLEANUP(buf_done) struct buf program = made_compound(by_bytes, 1);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_done) struct buf package = made_package(rows[i].name, str_of(rows[i].bytes));
        const struct made_stream stream = {"\1Ole10Native", buf_str(&package)};
        CLEANUP(buf_done) struct buf file = made_compound(&stream, 1);

        assert_int_equal(inside("a.doc", buf_str(&file)).runs, rows[i].runs);
    }
    assert_int_equal(inside("a.msg", buf_str(&by_name)).runs, RUNS_PROGRAM);
    assert_int_equal(inside("a.msg", buf_str(&program)).runs, RUNS_PROGRAM);
}

static void locked_documents(void **state)
{
    char head[600] = {0};
    const struct made_stream stream = {"WordDocument", {head, sizeof(head)}};

    for (int is_locked = 0; is_locked < 2; is_locked++) {
        CLEANUP(buf_done) struct buf file;

        head[11] = (char)is_locked;
        file = made_compound(&stream, 1);
        assert_int_equal(inside("a.doc", buf_str(&file)).is_locked, is_locked);
    }
}

static void sections_of_onenote(void **state)
{
    static const char mark[] = "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", object[] = "\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac";
    static const struct {
        struct str bytes;
        enum runs runs;
    } rows[] = {{{"\x89PNG\r\n\x1a\n", 8}, RUNS_NONE}, {{"%PDF-1.7\n", 9}, RUNS_NONE}, {{"MZ\x90\0\3\0\0\0", 8}, RUNS_PROGRAM}, {{"@echo off\r\n", 11}, RUNS_SCRIPT},
                {{"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F", 20}, RUNS_SHORTCUT}, {{"PK\3\4", 4}, RUNS_MACROS}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_done) struct buf b;

        buf_init(&b, 4096);
        add(&b, mark, 16);
        add(&b, rows[0].bytes.at, rows[0].bytes.len);
        add(&b, object, 16);
        add32(&b, (uint32_t)rows[i].bytes.len);
        add(&b, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        add(&b, rows[i].bytes.at, rows[i].bytes.len);
        add(&b, object, 16); /* cut in the next one */
        assert_int_equal(inside("a.one", buf_str(&b)).runs, rows[i].runs);
    }
}

static void other_sheets(void **state)
{
    assert_int_equal(inside("a.csv", STR("ID;PWXL;N;E\r\nP;PGeneral\r\nC;Y1;X1;EEXEC(\"x\")\r\nE\r\n")).runs, RUNS_SCRIPT);
    assert_int_equal(inside("a.txt", STR("WEB\r\n1\r\nhttp://www.example.com/a\r\n")).runs, RUNS_SCRIPT);
    assert_int_equal(inside("[Content_Types].xml", STR("<Override ContentType='application/vnd.ms-excel.macrosheet+xml' PartName='/xl/a.xml'/>")).runs, RUNS_MACROS);
    assert_int_equal(inside("xl/_rels/workbook.xml.rels", STR("<Relationship Type='http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet' Target='a.xml'/>")).runs,
                     RUNS_MACROS);
    assert_int_equal(inside("[Content_Types].xml", STR("<Override ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml'/>")).runs, RUNS_NONE);
}

/* Letters of markup may be written by their numbers. */
static void parts_by_numbers(void **state)
{
    static const struct {
        const char *part;
        enum runs runs;
    } rows[] = {{"<Override ContentType='application/vnd.ms-excel.&#109;acrosheet+xml'/>", RUNS_MACROS},
                {"<Override ContentType='application/vnd.ms-excel.mac&#x52;o&#x073;heet+xml'/>", RUNS_MACROS},
                {"<Override ContentType='application/vnd.ms-excel.&#000000000000000000000000000109;acrosheet+xml'/>", RUNS_MACROS},
                {"<!DOCTYPE Types [<!ENTITY m 'macro'>]><Types><Override ContentType='application/vnd.ms-excel.&m;sheet+xml'/></Types>", RUNS_MACROS},
                {"<Relationship Target='&#x3042;&#65;&amp;b&#38;&#1;&#99999999999;&#' TargetMode='External'/>", RUNS_NONE},
                {"<Relationship Target='&amp;#109;acrosheet &#109acrosheet &#x;macro &# 109;acrosheet'/>", RUNS_NONE}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (inside("[Content_Types].xml", str_of(rows[i].part)).runs != rows[i].runs)
            fail_msg("%s", rows[i].part);
    assert_int_equal(inside("a.rels", STR("&\0#\0" "1\0" "0\0" "9\0;\0a\0c\0r\0o\0s\0h\0e\0e\0t\0")).runs, RUNS_MACROS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_name), cmocka_unit_test(by_bytes), cmocka_unit_test(texts), cmocka_unit_test(images_by_place), cmocka_unit_test(installers),
                                       cmocka_unit_test(first_counts), cmocka_unit_test(pages_that_run), cmocka_unit_test(pages_that_do_not),
                                       cmocka_unit_test(pages_that_cannot_be_read_through), cmocka_unit_test(macros_of_excel_4), cmocka_unit_test(workbooks_that_are_broken),
                                       cmocka_unit_test(workbooks_that_are_broken_in_other_letters), cmocka_unit_test(directories_that_break_off),
                                       cmocka_unit_test(compound_files_that_are_large), cmocka_unit_test(many_names_of_one_stream), cmocka_unit_test(parts_by_numbers),
                                       cmocka_unit_test(embedded_files), cmocka_unit_test(locked_documents), cmocka_unit_test(sections_of_onenote), cmocka_unit_test(other_sheets)};

    return cmocka_run_group_tests_name("runs", tests, NULL, NULL);
}
