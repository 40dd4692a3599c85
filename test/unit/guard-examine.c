/* Files of all kinds before the examiner, with a real clamd: what is clean, what is infected however deep it lies, and that
 * whatever was not seen to its last byte is not examinable. */
#include "examined.h"
#include "made-files.h"

#include "guard/clamd.h"
#include "guard/content-type.h"
#include "guard/examiner-cage.h"
#include "guard/examiner.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zip.h>

#include <cmocka.h>
#include <uchar.h>

/* Zipped so many times. */
static struct buf zipped(struct str bytes, unsigned layers)
{
    struct buf at = zip_of("eicar.com", bytes);

    for (unsigned i = 1; i < layers; i++) {
        struct buf next = zip_of("inner.zip", buf_str(&at));

        buf_done(&at);
        at = next;
    }
    return at;
}

/* ---- what is told ---- */

static void test_clean(void **state)
{
    JSON_AUTO *report = examined(STR("令和8年の文書\n"), "文書.txt");
    const json_t *m = member_of(report, "文書.txt");

    assert_string_equal(json_str(report, "verdict"), "clean");
    assert_int_equal(strncmp(json_str(report, "scanner"), "ClamAV ", 7), 0);
    assert_string_equal(json_str(m, "type"), "text");
    assert_int_equal(json_int(m, "size"), 20);
    assert_string_equal(json_str(m, "sha256"),
                        "c4cf3a5e401f633c8f114fecf920180a77e96dda9e0b0d995e5e40f92d413b1a");
}

static void test_infected(void **state)
{
    expect(examined(eicar(), "eicar.com"), "infected", "Test.EICAR.String.UNOFFICIAL", "eicar.com");
}

static void test_infected_in_layers(void **state)
{
    for (unsigned layers = 1; layers <= 8; layers++) {
        CLEANUP(buf_done) struct buf z = zipped(eicar(), layers);

        expect(examined(buf_str(&z), "n.zip"), "infected", "Test.EICAR.String.UNOFFICIAL", NULL);
    }
}

static void test_too_many_layers(void **state)
{
    for (unsigned layers = 9; layers <= 18; layers += 9) {
        CLEANUP(buf_done) struct buf z = zipped(STR("harmless"), layers);

        expect(examined(buf_str(&z), "n.zip"), "not-examinable", "layers", NULL);
    }
}

/* Every kind of archive that is opened: a clean member is listed with its digest, an infected one found. */
static void test_kinds(void **state)
{
    static const struct {
        const char *format, *filter, *type, *place;
    } kinds[] = {
        {"zip", NULL, "zip", "f > a.txt"},
        {"7zip", NULL, "7z", "f > a.txt"},
        {"paxr", NULL, "tar", "f > a.txt"},
        {"cpio", NULL, "other", NULL},
        {"newc", NULL, "cpio", "f > a.txt"},
        {"iso9660", NULL, "iso", "f > A.TXT;1"},
        {"raw", "gzip", "gzip", "f > data"},
        {"raw", "bzip2", "bzip2", "f > data"},
        {"raw", "xz", "xz", "f > data"},
        {"raw", "zstd", "zstd", "f > data"},
        {"raw", "lzip", "lzip", "f > data"},
        {"raw", "lzma", "lzma", "f > data"},
        {"raw", "lz4", "lz4", "f > data"},
        {"v7tar", NULL, "tar", "f > a.txt"},
        {"v7tar", "lzma", "lzma", "f > data > a.txt"},
        {"paxr", "gzip", "gzip", "f > data > a.txt"},
    };

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct member m = {"a.txt", STR("hello"), PLAIN};
        CLEANUP(buf_done) struct buf z = archive_of(kinds[i].format, kinds[i].filter, &m, 1, NULL);
        JSON_AUTO *report = NULL;

        if (!kinds[i].place)
            continue;
        report = examined(buf_str(&z), "f");
        if (strcmp(json_str(report, "verdict"), "clean"))
            print_message("%s %s: %s\n", kinds[i].format, kinds[i].filter ? kinds[i].filter : "",
                          json_str(report, "why"));
        assert_string_equal(json_str(report, "verdict"), "clean");
        assert_string_equal(json_str(member_of(report, "f"), "type"), kinds[i].type);
        if (!strcmp(kinds[i].type, "iso"))
            continue;
        assert_string_equal(json_str(member_of(report, kinds[i].place), "sha256"),
                            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    }
}

/* A quarter of a gigabyte of zeros in a quarter of a megabyte: refused before much is unpacked, whether its header tells the truth or
 * not. */
static struct buf bomb(bool lies)
{
    char *zeros = calloc(1, 1u << 20), path[128];
    int e, fd = memfd_create("zeros", MFD_CLOEXEC);
    zip_t *z;
    struct buf out;
    FILE *f;
    size_t n;

    assert_true(fd >= 0 && zeros);
    assert_int_equal(ftruncate(fd, 256L << 20), 0);
    snprintf(path, sizeof(path), "%s/bomb.zip", clamd_server_dir(server));
    z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &e);
    assert_non_null(z);
    assert_true(zip_file_add(z, "zeros", zip_source_filep(z, fdopen(fd, "r"), 0, -1), 0) >= 0);
    assert_int_equal(zip_close(z), 0);
    buf_init(&out, 8u << 20);
    f = fopen(path, "re");
    assert_non_null(f);
    while ((n = fread(zeros, 1, 1u << 20, f)) > 0)
        assert_int_equal(buf_add(&out, zeros, n), 0);
    fclose(f);
    free(zeros);
    if (lies) { /* 1,000 bytes, says the central directory and the local header */
        static const uint8_t stated[4] = {0, 0, 0, 0x10}, lie[4] = {0xe8, 3, 0, 0};
        char *at = out.at;

        while ((at = memmem(at, out.len - (size_t)(at - out.at), stated, 4))) {
            memcpy(at, lie, 4);
            at += 4;
        }
    }
    return out;
}

static void test_bombs(void **state)
{
    for (int lies = 0; lies < 2; lies++) {
        CLEANUP(buf_done) struct buf z = bomb(lies);
        JSON_AUTO *report = examined(buf_str(&z), "bomb.zip");

        assert_string_equal(json_str(report, "verdict"), "not-examinable");
        if (!lies)
            assert_string_equal(json_str(report, "why"), "ratio");
        assert_true(json_int(report, "unpacked") <= (int64_t)(EXAMINE_RATIO_FREE + (1u << 20)));
    }
}

static void test_encrypted(void **state)
{
    const struct member m = {"eicar.com", eicar(), PLAIN};
    CLEANUP(buf_done) struct buf z = archive_of("zip", NULL, &m, 1, "himitsu-no-kotoba");

    expect(examined(buf_str(&z), "enc.zip"), "not-examinable", "encrypted", "enc.zip > eicar.com");
    expect(examined_with(buf_str(&z), "enc.zip", "wrong", &examine_limits_default),
           "not-examinable", "encrypted", NULL);
    expect(examined_with(buf_str(&z), "enc.zip", "himitsu-no-kotoba", &examine_limits_default),
           "infected", "Test.EICAR.String.UNOFFICIAL", "enc.zip > eicar.com");
}

/* An office document with a password is a compound file with one stream, and nothing in it can be looked at. */
static void test_encrypted_document(void **state)
{
    static const char16_t packages[][17] = {u"EncryptedPackage", u"ENCRYPTEDPACKAGE"};
    CLEANUP(buf_done) struct buf z;

    for (size_t before = 65536 - 24; before <= 65536; before += 12) { /* across two pieces, too */
        char *zeros = calloc(1, before);

        assert_non_null(zeros);
        buf_init(&z, 1u << 20);
        assert_int_equal(buf_add(&z, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8), 0);
        assert_int_equal(buf_add(&z, zeros, before - 8), 0);
        assert_int_equal(buf_add(&z, (const char *)packages[before / 12 % 2], sizeof(packages[0]) - 2), 0);
        assert_int_equal(buf_add(&z, zeros, 4096), 0);
        free(zeros);
        expect(examined(buf_str(&z), "a.xlsx"), "not-examinable", "encrypted", "a.xlsx");
        buf_done(&z);
    }
    buf_init(&z, 16);
}

static void test_damaged(void **state)
{
    CLEANUP(buf_done) struct buf z = zip_of("a.txt", STR("hello hello hello hello hello"));

    expect(examined((struct str){z.at, z.len / 2}, "half.zip"), "not-examinable", "damaged", NULL);
    expect(examined(STR("PK\3\4 and nothing of the kind"), "not.zip"), "not-examinable", "damaged",
           NULL);
}

/* What one reader unpacks and another does not is not looked at: several ways to hide a member in a ZIP. */
static void test_two_readings(void **state)
{
    CLEANUP(buf_done) struct buf a = zip_of("a.txt", STR("hello hello hello hello hello"));
    CLEANUP(buf_done) struct buf b = zip_of("b.txt", STR("hello hello hello hello hello"));
    CLEANUP(buf_done) struct buf both, named, tail, tars;
    char *name;

    buf_init(&both, 1u << 20);
    buf_init(&named, 1u << 20);
    buf_init(&tail, 1u << 20);
    assert_int_equal(buf_add(&both, a.at, a.len), 0);
    assert_int_equal(buf_add(&both, b.at, b.len), 0);
    expect(examined(buf_str(&both), "both.zip"), "not-examinable", "damaged", "both.zip");
    assert_int_equal(buf_add(&named, a.at, a.len), 0);
    name = memmem(named.at, named.len, "a.txt", 5);
    assert_non_null(name);
    *name = 'b';
    expect(examined(buf_str(&named), "named.zip"), "not-examinable", "damaged", "named.zip");
    assert_int_equal(buf_add(&tail, a.at, a.len), 0);
    assert_int_equal(buf_add_text(&tail, "and more"), 0);
    expect(examined(buf_str(&tail), "tail.zip"), "not-examinable", "damaged", "tail.zip");

    /* one archive behind the other: some readers go on */
    const struct member plain = {"a.txt", STR("hello"), PLAIN},
                        other = {"b.txt", STR("hello"), PLAIN};
    CLEANUP(buf_done) struct buf t = archive_of("ustar", NULL, &plain, 1, NULL);
    CLEANUP(buf_done) struct buf u = archive_of("ustar", NULL, &other, 1, NULL);

    buf_init(&tars, 1u << 20);
    assert_int_equal(buf_add(&tars, t.at, t.len), 0);
    assert_int_equal(buf_add(&tars, u.at, u.len), 0);
    JSON_AUTO *report = examined(buf_str(&tars), "t.tar");
    assert_non_null(member_of(report, "t.tar > b.txt"));
}

static void test_links(void **state)
{
    const struct member m[] = {{"a.txt", STR("hello"), PLAIN}, {"passwd", STR(""), LINK}};
    CLEANUP(buf_done) struct buf z = archive_of("paxr", NULL, m, ARRAY_LEN(m), NULL);

    expect(examined(buf_str(&z), "l.tar"), "not-examinable", "special", "l.tar > passwd");
}

/* Whatever separates folders somewhere; names that only look like it are let by, the second half of a character of code page 932 among them. */
static void test_traversal(void **state)
{
    static const char *const out[] = {"../a.txt", "a/../../b", "..", "a\\..\\b", "/etc/cron.d/a", "\\a", "\\\\host\\share", "C:\\a", "c:a", "a/.."},
                             *const in[] = {"a/b.txt", "...", "a..b", "..a/b", "a\\b", "./a", "\x95\x5c..\x95\x5c", "表.."};

    for (size_t i = 0; i < ARRAY_LEN(out) + ARRAY_LEN(in); i++) {
        bool is_out = i < ARRAY_LEN(out);
        const struct member m[] = {{"first", STR("1"), PLAIN}, {is_out ? out[i] : in[i - ARRAY_LEN(out)], STR("hello"), PLAIN}};
        CLEANUP(buf_done) struct buf t = archive_of("gnutar", NULL, m, ARRAY_LEN(m), NULL);

        expect(examined(buf_str(&t), "t.tar"), is_out ? "not-examinable" : "clean", is_out ? "path" : "", NULL);
    }
    { /* it is scanned all the same, and what was found decides */
        const struct member m = {"../eicar.com", eicar(), PLAIN};
        CLEANUP(buf_done) struct buf z = archive_of("zip", NULL, &m, 1, NULL);

        expect(examined(buf_str(&z), "z.zip"), "infected", "Test.EICAR.String.UNOFFICIAL", NULL);
    }
}

/* What some readers open as a ZIP, and its own kind says otherwise; in any layer, with a comment, however it is cut into pieces. */
static void test_polyglots(void **state)
{
    static const char *const heads[] = {"#!/bin/sh\nexit\n", "\xff\xd8\xff\xe0 a picture", "%PDF-1.4 a paper", "MZ a program", "plain"};
    const struct member m = {"a.txt", STR("hello"), PLAIN};
    CLEANUP(buf_done) struct buf z = archive_of("zip", NULL, &m, 1, NULL);

    for (size_t i = 0; i < 2 * ARRAY_LEN(heads); i++) {
        CLEANUP(buf_done) struct buf p;
        struct member outer = {"b.bin", STR(""), PLAIN};

        buf_init(&p, 4u << 20);
        assert_int_equal(buf_add_text(&p, heads[i / 2]), 0);
        for (int k = 0; i % 2 && k < 70000; k++)
            assert_int_equal(buf_add_text(&p, " padding"), 0);
        assert_int_equal(buf_add_str(&p, buf_str(&z)), 0);
        if (i % 2) { /* a comment of 1,000 bytes */
            p.at[p.len - 2] = (char)0xe8;
            p.at[p.len - 1] = 3;
            for (int k = 0; k < 1000; k++)
                assert_int_equal(buf_add_char(&p, 'c'), 0);
        }
        expect(examined(buf_str(&p), "p"), "not-examinable", "polyglot", "p");
        {
            JSON_AUTO *report = examined(buf_str(&p), "p");

            assert_string_equal(json_str(member_of(report, "p"), "why"), "polyglot");
            assert_int_equal(strlen(json_str(member_of(report, "p"), "sha256")), 64);
        }
        outer.bytes = buf_str(&p);
        {
            CLEANUP(buf_done) struct buf t = archive_of("gnutar", NULL, &outer, 1, NULL);

            expect(examined(buf_str(&t), "t.tar"), "not-examinable", "polyglot", "t.tar > b.bin");
        }
        assert_int_equal(buf_add_text(&p, " and more"), 0); /* which some readers pass over */
        if (i / 2 == 1 || i / 2 == 2)
            expect(examined(buf_str(&p), "p"), "not-examinable", "polyglot", "p");
    }
    { /* by right: the last member of another archive */
        const struct member inner = {"z.zip", buf_str(&z), PLAIN};
        CLEANUP(buf_done) struct buf t = archive_of("gnutar", NULL, &inner, 1, NULL);

        expect(examined(buf_str(&t), "t.tar"), "clean", "", NULL);
    }
}

/* RAR and 7z, whose readers look for where they begin: behind a program, a picture, a text, bytes of no kind, in any layer, and where two pieces meet. */
static void test_archives_behind(void **state)
{
    static const char *const heads[] = {"#!/bin/sh\nexit\n", "\xff\xd8\xff\xe0 a picture", "%PDF-1.4 a paper", "MZ a program", "\1\2 of no kind"};
    static const struct str rars[] = {{"Rar!\x1a\7\1\0 as five has it", 24}, {"Rar!\x1a\7\0 as four has it", 23}};
    const struct member m = {"a.txt", STR("hello"), PLAIN};
    CLEANUP(buf_done) struct buf z = archive_of("7zip", NULL, &m, 1, NULL);
    const struct str packed[] = {buf_str(&z), rars[0], rars[1]};
    const size_t gaps[] = {0, 65536 - 30, 65536 - 18, 65536 - 14, 65536 - 12, 100000};

    for (size_t i = 0; i < ARRAY_LEN(heads) * ARRAY_LEN(packed) * ARRAY_LEN(gaps); i++) {
        const char *head = heads[i % ARRAY_LEN(heads)];
        CLEANUP(buf_done) struct buf p;
        struct member outer = {"b.bin", STR(""), PLAIN};

        buf_init(&p, 1u << 20);
        assert_int_equal(buf_add_text(&p, head), 0);
        for (size_t k = 0; k < gaps[i / ARRAY_LEN(heads) % ARRAY_LEN(gaps)]; k++)
            assert_int_equal(buf_add_char(&p, ' '), 0);
        assert_int_equal(buf_add_str(&p, packed[i / ARRAY_LEN(heads) / ARRAY_LEN(gaps)]), 0);
        expect(examined(buf_str(&p), "p"), "not-examinable", "polyglot", "p");
        if (i % 7)
            continue;
        outer.bytes = buf_str(&p);
        CLEANUP(buf_done) struct buf t = archive_of("gnutar", NULL, &outer, 1, NULL);

        expect(examined(buf_str(&t), "t.tar"), "not-examinable", "polyglot", "t.tar > b.bin");
    }
    { /* by right: a member of another archive; words that are no mark */
        const struct member inner = {"z.7z", buf_str(&z), PLAIN};
        CLEANUP(buf_done) struct buf t = archive_of("gnutar", NULL, &inner, 1, NULL);

        expect(examined(buf_str(&t), "t.tar"), "clean", "", NULL);
        expect(examined(STR("Rar! 7z and other words"), "words.txt"), "clean", "", NULL);
    }
}

static void test_limits(void **state)
{
    struct member m[5];
    struct examine_limits few = examine_limits_default, small = examine_limits_default,
                          short_stream = examine_limits_default;
    char *large = calloc(1, 3u << 20);

    for (size_t i = 0; i < ARRAY_LEN(m); i++)
        m[i] = (struct member){"a", {large, 3u << 20}, PLAIN};
    few.members_max = 4;
    small.unpacked_max = 4u << 20;
    short_stream.stream_max = 1u << 20;
    {
        CLEANUP(buf_done) struct buf z = archive_of("zip", NULL, m, ARRAY_LEN(m), NULL);

        expect(examined_with(buf_str(&z), "f", NULL, &few), "not-examinable", "members", NULL);
        expect(examined_with(buf_str(&z), "f", NULL, &small), "not-examinable", "size", NULL);
        expect(examined_with(buf_str(&z), "f", NULL, &short_stream), "not-examinable", "stream",
               "f > a");
        expect(examined(buf_str(&z), "f"), "clean", "", NULL);
    }
    free(large);
}

/* clamd took the stream and did not look at its end. */
static void test_scanner_that_looks_at_less(void **state)
{
    size_t n = (24u << 20) + 1024;
    char *large = calloc(1, n);

    assert_non_null(large);
    expect(examined((struct str){large, n - 1024}, "f"), "clean", "", NULL);
    expect(examined((struct str){large, n}, "f"), "not-examinable", "stream", "f");
    free(large);
}

/* A name cannot forge a line or turn the writing round. */
static void test_names(void **state)
{
    const struct member m = {"a\nb\xe2\x80\xae"
                             "gpj.exe",
                             STR("hello"), PLAIN};
    CLEANUP(buf_done) struct buf z = archive_of("zip", NULL, &m, 1, NULL);
    JSON_AUTO *report = examined(buf_str(&z), "\xff\x01.zip");
    const char *name = json_str(json_array_get(json_arr(report, "members"), 1), "name");

    assert_null(strchr(name, '\n'));
    assert_non_null(strstr(name, "\\x0A"));
    assert_string_equal(json_str(json_array_get(json_arr(report, "members"), 0), "name"),
                        "\\xFF\\x01.zip");
}

static void test_macros(void **state)
{
    static const char ole[] =
        "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0",
                      small[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1_\0v\0b\0a\0_\0p\0r\0o\0J\0E\0C\0T\0";
    const struct member m = {"word/vbaProject.bin", {ole, sizeof(ole) - 1}, PLAIN};
    JSON_AUTO *in_small = examined((struct str){small, sizeof(small) - 1}, "a.doc");
    CLEANUP(buf_done) struct buf z = archive_of("zip", NULL, &m, 1, NULL);
    JSON_AUTO *report = examined(buf_str(&z), "a.docm");

    assert_true(json_flag(member_of(report, "a.docm > word/vbaProject.bin"), "macros"));
    assert_true(json_flag(member_of(in_small, "a.doc"), "macros"));
}

static void expect_runs(struct str bytes, const char *name, const char *member, const char *word)
{
    JSON_AUTO *report = examined(bytes, name);

    assert_string_equal(json_str(report, "verdict"), "clean");
    assert_string_equal(json_str(member_of(report, member), "runs"), word);
}

/* What says so in its bytes alone, by itself and in an archive. */
static void test_what_acts_by_itself(void **state)
{
    static const struct made_sheet sheets[] = {{"Sheet1", 0, 0, 0x10}, {"Macro1", 2, 1, 0x40}};
    CLEANUP(buf_done) struct buf book = made_workbook(sheets, 2, false, 5000);
    CLEANUP(buf_done) struct buf plain = made_workbook(sheets, 1, false, 5000);
    CLEANUP(buf_done) struct buf locked = made_workbook(sheets, 1, true, 5000);
    const struct made_stream streams[] = {{"Workbook", buf_str(&book)}, {"Workbook", buf_str(&plain)}, {"Workbook", buf_str(&locked)}};
    CLEANUP(buf_done) struct buf xls = made_compound(&streams[0], 1);
    CLEANUP(buf_done) struct buf plain_xls = made_compound(&streams[1], 1);
    CLEANUP(buf_done) struct buf locked_xls = made_compound(&streams[2], 1);
    const struct str page = STR("<!DOCTYPE html><html><body onload=\"x()\"></body></html>");
    const struct member parts[] = {{"[Content_Types].xml", STR("<Types><Override PartName='/xl/a.xml' ContentType='application/vnd.ms-excel.macrosheet+xml'/></Types>"), PLAIN},
                                   {"xl/a.xml", STR("<xm:macrosheet xmlns:xm='http://schemas.microsoft.com/office/excel/2006/main'/>"), PLAIN}},
                        macros[] = {{"xl/workbook.xml", STR("<workbook/>"), PLAIN}, {"xl/macrosheets/sheet1.xml", STR("<macrosheet/>"), PLAIN}},
                        inner = {"集計.xls", buf_str(&xls), PLAIN}, inner_page = {"案内.html", page, PLAIN};
    CLEANUP(buf_done) struct buf renamed = archive_of("zip", NULL, parts, 2, NULL);
    CLEANUP(buf_done) struct buf xlsx = archive_of("zip", NULL, macros, 2, NULL);
    CLEANUP(buf_done) struct buf z = archive_of("zip", NULL, &inner, 1, NULL);
    CLEANUP(buf_done) struct buf zp = archive_of("zip", NULL, &inner_page, 1, NULL);

    expect_runs(buf_str(&xls), "a.xls", "a.xls", "macros");
    expect_runs(buf_str(&plain_xls), "a.xls", "a.xls", "");
    expect(examined(buf_str(&locked_xls), "a.xls"), "not-examinable", "encrypted", "a.xls");
    expect_runs(buf_str(&z), "z.zip", "z.zip > 集計.xls", "macros");
    expect_runs(buf_str(&renamed), "a.xlsx", "a.xlsx > [Content_Types].xml", "macros");
    expect_runs(buf_str(&xlsx), "a.xlsx", "a.xlsx > xl/macrosheets/sheet1.xml", "macros");
    expect_runs(page, "a.dat", "a.dat", "macros");
    expect_runs(STR("GIF8,=HYPERLINK(\"https://www.example.com/a\")\r\n"), "a.csv", "a.csv", "macros");
    expect_runs(buf_str(&zp), "z.zip", "z.zip > 案内.html", "macros");
}

/* ---- when the scanner fails ---- */

static uint64_t clamd_deadline(unsigned s)
{
    return clock_monotonic_us() + s * US_PER_SECOND;
}

/* What a member tells beside what it shows. */
static void test_metadata(void **state)
{
    static const char jpeg[] = "\xff\xd8\xff\xfe\0\17KJ-0005 draft\xff\xd9 and more";
    const struct member m[] = {{"a.jpg", {jpeg, sizeof(jpeg) - 1}, PLAIN},
                               {"xl/workbook.xml",
                                STR("<w><sheet name='\xe8\xa3\x8f' state='hidden'/></w>"), PLAIN}};
    CLEANUP(buf_done) struct buf z = archive_of("zip", NULL, m, ARRAY_LEN(m), NULL);
    JSON_AUTO *report = examined(buf_str(&z), "f.zip");
    const json_t *found = json_arr(member_of(report, "f.zip > a.jpg"), "metadata");
    const json_t *hidden = json_arr(member_of(report, "f.zip > xl/workbook.xml"), "hidden");

    assert_string_equal(json_str(report, "verdict"), "clean");
    assert_int_equal(json_array_size(found), 2);
    assert_string_equal(json_str(json_array_get(found, 0), "kind"), "comment");
    assert_string_equal(json_str(json_array_get(found, 0), "value"), "KJ-0005 draft");
    assert_string_equal(json_str(json_array_get(found, 1), "kind"), "behind-end");
    assert_string_equal(json_str(json_array_get(found, 1), "value"), "9 bytes");
    assert_string_equal(json_str(json_array_get(hidden, 0), "kind"), "sheet");
    assert_string_equal(json_str(json_array_get(hidden, 0), "value"), "裏");
    assert_null(json_arr(member_of(report, "f.zip"), "metadata"));
}

static void test_no_scanner(void **state)
{
    struct examine_input in = {.fd = file_of(STR("hello")), .name = "f"};
    JSON_AUTO *report = NULL;

    assert_int_equal(examiner_run("/nowhere/clamd.ctl", &in, &examine_limits_default, &report), 0);
    expect(json_incref(report), "not-examinable", "no-scanner", "f");
    close(in.fd);
}

/* clamd's own limit is lower than it was said to be. */
static void test_scanner_refuses(void **state)
{
    struct examine_limits limits = examine_limits_default;
    size_t n = 40u << 20;
    char *large = malloc(n);

    for (size_t i = 0; i < n; i++)
        large[i] = (char)(i * 2654435761u >> 24);
    limits.stream_max = 64u << 20;
    expect(examined_with((struct str){large, n}, "f", NULL, &limits), "not-examinable", "scanner",
           "f");
    free(large);
}

/* Somebody at the other end who hears `commands` of them (each ends with a NUL byte), says `words`, and stays until he is left. */
static pid_t peer(int fd, unsigned commands, const char *words, unsigned then_commands,
                  const char *then_words)
{
    pid_t pid = fork();
    char c;

    if (pid != 0)
        return pid;
    while (commands > 0 && read(fd, &c, 1) == 1)
        commands -= c == '\0';
    IGNORE(write(fd, words, strlen(words) + 1) < 0, "the other one sees it");
    while (then_commands > 0 && read(fd, &c, 1) == 1)
        then_commands -= c == '\0';
    if (then_words)
        IGNORE(write(fd, then_words, strlen(then_words) + 1) < 0, "the other one sees it");
    sleep(10);
    _exit(0);
}

static void leave(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Whatever speaks there: an answer to another question, nonsense, silence, a short breath. */
static void test_odd_scanners(void **state)
{
    static const char *const greetings[] = {"1: Apache 2.4", "2: ClamAV 1.4", "nonsense", ""};
    struct clamd *c;
    int pair[2];

    for (size_t i = 0; i < ARRAY_LEN(greetings); i++) {
        pid_t pid;

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        pid = peer(pair[1], 2, greetings[i], 0, NULL);
        assert_int_equal(clamd_open(pair[0], clamd_deadline(5), &c), -EPROTO);
        leave(pid);
        close(pair[1]);
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(clamd_open(pair[0], clock_monotonic_us() + 50000, &c), -ETIMEDOUT);
    close(pair[1]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]);
    assert_true(clamd_open(pair[0], clamd_deadline(5), &c) < 0);
}

/* OK that comes before all bytes were sent is no OK. */
static void test_early_answer(void **state)
{
    static char large[8u << 20];
    struct clamd_said said;
    struct clamd *c;
    int pair[2];
    pid_t pid;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    pid = peer(pair[1], 2, "1: ClamAV 1.4.6", 1, "2: stream: OK");
    assert_int_equal(clamd_open(pair[0], clamd_deadline(10), &c), 0);
    assert_int_equal(clamd_begin(c), 0);
    assert_int_equal(clamd_add(c, (struct str){large, sizeof(large)}), 0);
    assert_int_equal(clamd_end(c, &said), 0);
    assert_int_equal(said.answer, CLAMD_UNABLE);
    clamd_close(c);
    leave(pid);
    close(pair[1]);
}

/* ---- the cage ---- */

static int caged(void)
{
    int fd = memfd_create("m", 0);

    if (cage_enter(0, 1u << 20, 5) || fd < 0)
        return 1;
    if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EPERM)
        return 2;
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || errno != EPERM)
        return 3;
    if (fork() >= 0 || errno != EPERM)
        return 4;
    if (execl("/bin/true", "true", (char *)NULL) != -1 || errno != EPERM)
        return 5;
    return write(fd, "x", 1) == 1 ? 0 : 6;
}

static void test_cage(void **state)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(caged());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define STAYS "its reader shuts the report and stays"

/* What a reader does that a file has taken over: all of it may be done in the cage. */
static void stay_if_told(void)
{
    char bytes[sizeof(STAYS)] = "";

    if (pread(3, bytes, sizeof(STAYS) - 1, 0) != sizeof(STAYS) - 1 || strcmp(bytes, STAYS))
        return;
    close(1);
    for (;;)
        pause();
}

static void test_reader_that_stays(void **state)
{
    const struct examine_input in = {.fd = file_of(STR(STAYS)), .name = "a.txt"};
    JSON_AUTO *report = NULL;

    assert_int_equal(examiner_survey(&in, &examine_limits_default, &report), 0);
    assert_string_equal(json_str(report, "verdict"), "not-examinable");
    assert_string_equal(json_str(report, "why"), "overdue");
    close(in.fd);
}

/* ---- types ---- */

static void test_types(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        enum content_type type;
    } rows[] = {
        {"", 0, CONTENT_EMPTY},
        {"hello", 5, CONTENT_TEXT},
        {"\xe4\xbb\xa4\xe5", 4, CONTENT_TEXT}, /* cut within a character */
        {"a\0b", 3, CONTENT_OTHER},
        {"\xff\xfe\xfd\xfc\xfb", 5, CONTENT_OTHER},
        {"PK\3\4", 4, CONTENT_ZIP},
        {"junk %PDF-1.7", 13, CONTENT_PDF},
        {"MZ\x90", 3, CONTENT_PE},
        {"\xff\xd8\xff\xe0", 4, CONTENT_JPEG},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(content_type_of((struct str){rows[i].bytes, rows[i].n}), rows[i].type);
    for (int t = 0; t < CONTENT_TYPES; t++)
        assert_true(*content_type_name((enum content_type)t) != '\0');
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scanner_that_looks_at_less),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_infected),
        cmocka_unit_test(test_infected_in_layers),
        cmocka_unit_test(test_too_many_layers),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_encrypted),
        cmocka_unit_test(test_encrypted_document),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_two_readings),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_traversal),
        cmocka_unit_test(test_polyglots),
        cmocka_unit_test(test_archives_behind),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_macros),
        cmocka_unit_test(test_what_acts_by_itself),
        cmocka_unit_test(test_no_scanner),
        cmocka_unit_test(test_scanner_refuses),
        cmocka_unit_test(test_odd_scanners),
        cmocka_unit_test(test_early_answer),
        cmocka_unit_test(test_cage),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_reader_that_stays),
    };

    /* The examiner is this program itself. */
    if (argc == 2 && !strcmp(argv[1], EXAMINER_WORD)) {
        stay_if_told();
        examiner_main();
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
