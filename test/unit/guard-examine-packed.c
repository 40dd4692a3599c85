/* Cabinets, LHA and images of discs before the examiner: their members, what lies behind and in them, and that an image is judged by all names that it has. */
#include "examined.h"
#include "made-files.h"

#include "guard/content-type.h"
#include "guard/examine-inside.h"

#include "base/little-endian.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

static const char hello_digest[] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

static struct buf image_of(struct str bytes)
{
    const struct member m = {"a.txt", bytes, PLAIN};

    return archive_of("iso9660", NULL, &m, 1, NULL);
}

static void expect_member(struct str bytes, const char *name, const char *member)
{
    JSON_AUTO *report = examined(bytes, name);

    assert_string_equal(json_str(report, "verdict"), "clean");
    assert_string_equal(json_str(member_of(report, member), "sha256"), hello_digest);
}

static void test_packed_as_in_japan(void **state)
{
    struct buf packed[] = {made_cab("a.txt", STR("hello")), made_lzh("a.txt", STR("hello"), 0), made_lzh("a.txt", STR("hello"), 2), image_of(STR("hello"))};
    struct buf bad[] = {made_cab("a.com", eicar()), made_lzh("a.com", eicar(), 0), made_lzh("a.com", eicar(), 2), image_of(eicar())};
    static const char *const names[] = {"a.txt", "a.txt", "a.txt", "a.txt"};
    struct examine_limits none = examine_limits_default;

    none.layers_max = 1;
    for (size_t i = 0; i < ARRAY_LEN(packed); i++) {
        char place[64];
        const struct member m = {"inner", buf_str(&packed[i]), PLAIN};
        CLEANUP(buf_done) struct buf z = archive_of("zip", NULL, &m, 1, NULL);

        snprintf(place, sizeof(place), "f > %s", names[i]);
        expect_member(buf_str(&packed[i]), "f", place);
        expect(examined(buf_str(&bad[i]), "f"), "infected", "Test.EICAR.String.UNOFFICIAL", NULL);
        snprintf(place, sizeof(place), "f > inner > %s", names[i]);
        expect_member(buf_str(&z), "f", place);
        expect(examined_with(buf_str(&z), "f", NULL, &none), "not-examinable", "layers", NULL);
        expect(examined((struct str){packed[i].at, i == 3 ? 40000 : packed[i].len - 4}, "f"), "not-examinable", "damaged", NULL);
    }
    for (size_t i = 0; i < ARRAY_LEN(packed); i++) {
        buf_done(&packed[i]);
        buf_done(&bad[i]);
    }
}

/* Behind, and in, files of other kinds and archives, wherever two pieces meet. */
static void test_packed_behind(void **state)
{
    static const char *const heads[] = {"#!/bin/sh\nexit\n", "\xff\xd8\xff\xe0 a picture", "%PDF-1.4 a paper", "MZ a program", "\1\2 of no kind"};
    struct buf packed[] = {made_cab("a.txt", STR("hello")), made_lzh("a.txt", STR("hello"), 0), made_lzh("a.txt", STR("hello"), 2), image_of(STR("hello"))};
    const size_t gaps[] = {0, 65536 - 44, 65536 - 31, 65536 - 20};

    for (size_t i = 0; i < ARRAY_LEN(heads) * ARRAY_LEN(packed) * ARRAY_LEN(gaps); i++) {
        CLEANUP(buf_done) struct buf p;

        buf_init(&p, 2u << 20);
        assert_int_equal(buf_add_text(&p, heads[i % ARRAY_LEN(heads)]), 0);
        for (size_t k = 0; k < gaps[i / ARRAY_LEN(heads) % ARRAY_LEN(gaps)]; k++)
            assert_int_equal(buf_add_char(&p, ' '), 0);
        assert_int_equal(buf_add_str(&p, buf_str(&packed[i / ARRAY_LEN(heads) / ARRAY_LEN(gaps)])), 0);
        expect(examined(buf_str(&p), "p"), "not-examinable", "polyglot", "p");
    }
    /* words that name them are none */
    expect(examined(STR("words: MSCF and -lh5- and CD001 stand here, as -lhx- and -lz5- do; 7z"), "words.txt"), "clean", "", NULL);
    expect(examined(STR("ls -lh -al\n"), "words.txt"), "clean", "", NULL);
    for (size_t i = 0; i < ARRAY_LEN(packed); i++)
        buf_done(&packed[i]);
}

/* Behind an archive whose reader stops at its end, in each kind; and what is there by right. */
static void test_behind_archives(void **state)
{
    static const struct {
        const char *format, *filter;
    } kinds[] = {{"7zip", NULL}, {"newc", NULL}, {"iso9660", NULL}, {"raw", "gzip"}, {"raw", "bzip2"}, {"raw", "xz"}};
    const struct member m = {"a.txt", STR("hello"), PLAIN};
    struct buf first[8], behind[] = {archive_of("7zip", NULL, &m, 1, NULL), archive_of("zip", NULL, &m, 1, NULL), made_cab("a.txt", STR("hello")), made_lzh("a.txt", STR("hello"), 2)};

    enum { of_xz = 5, a_zip = 1 }; /* the reader of xz goes on to the end of the file, and whatever is no xz there is damage; that a ZIP ends the file is known before */

    for (size_t i = 0; i < 6; i++)
        first[i] = archive_of(kinds[i].format, kinds[i].filter, &m, 1, NULL);
    first[6] = made_cab("a.txt", STR("hello"));
    first[7] = made_lzh("a.txt", STR("hello"), 0);
    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        expect(examined(buf_str(&first[i]), "f"), "clean", "", NULL);
        for (size_t k = 0; k < ARRAY_LEN(behind); k++) {
            CLEANUP(buf_done) struct buf p;
            const char *why = i == of_xz && k != a_zip ? "damaged" : "polyglot";
            JSON_AUTO *report = NULL;

            buf_init(&p, 2u << 20);
            assert_int_equal(buf_add_str(&p, buf_str(&first[i])), 0);
            assert_int_equal(buf_add_str(&p, buf_str(&behind[k])), 0);
            report = examined(buf_str(&p), "f");
            if (strcmp(json_str(report, "why"), why) != 0)
                fail_msg("%zu before %zu: %s %s", i, k, json_str(report, "verdict"), json_str(report, "why"));
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(first); i++)
        buf_done(&first[i]);
    for (size_t i = 0; i < ARRAY_LEN(behind); i++)
        buf_done(&behind[i]);
    { /* by right: archives in archives */
        const struct member inner[] = {{"a.cab", STR(""), PLAIN}, {"b.lzh", STR(""), PLAIN}};
        struct buf cab = made_cab("a.txt", STR("hello")), lzh = made_lzh("a.txt", STR("hello"), 2);
        struct member both[2] = {inner[0], inner[1]};

        both[0].bytes = buf_str(&cab);
        both[1].bytes = buf_str(&lzh);
        for (size_t i = 0; i < 3; i++) {
            CLEANUP(buf_done) struct buf t = archive_of(kinds[i].format, kinds[i].filter, both, 2, NULL);

            expect(examined(buf_str(&t), "f"), "clean", "", NULL);
        }
        buf_done(&cab);
        buf_done(&lzh);
    }
}

/* What a machine mounts, and the library opens none of. */
static void test_images(void **state)
{
    static const struct {
        size_t at;
        struct str bytes;
    } marks[] = {{0, {"conectix", 8}}, {0, {"vhdxfile", 8}}, {0, {"KDMV", 4}}, {0, {"MSWIM", 5}}, {0, {"QFI\xfb", 4}}, {CONTENT_ISO_AT, {"BEA01", 5}}, {512, {"EFI PART", 8}}};
    char *image = calloc(1, 1u << 17);

    assert_non_null(image);
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        const struct member m = {"a.dat", {image, 1u << 17}, PLAIN};
        CLEANUP(buf_done) struct buf z;

        memset(image, 0, 1u << 17);
        memcpy(image + marks[i].at, marks[i].bytes.at, marks[i].bytes.len);
        expect(examined((struct str){image, 1u << 17}, "a.dat"), "not-examinable", "image", "a.dat");
        z = archive_of("zip", NULL, &m, 1, NULL);
        expect(examined(buf_str(&z), "z.zip"), "not-examinable", "image", "z.zip > a.dat");
    }
    memset(image, 0, 1u << 17);
    memcpy(image + 510, "\x55\xaa", 2); /* a disc with one part, of whatever kind */
    memcpy(image + 446, "\x80\0\0\0\7", 5);
    expect(examined((struct str){image, 1u << 17}, "a.dat"), "not-examinable", "image", "a.dat");
    memset(image, 0, 512);
    memcpy(image + (1u << 17) - 512, "conectix", 8); /* one without a head */
    expect(examined((struct str){image, 1u << 17}, "a.dat"), "not-examinable", "image", "a.dat");
    memcpy(image, "%PDF-1.4", 8);
    expect(examined((struct str){image, 1u << 17}, "a.pdf"), "not-examinable", "polyglot", "a.pdf");
    free(image);
    { /* of two file systems Windows takes the one that is not opened */
        CLEANUP(buf_done) struct buf iso = image_of(STR("hello"));
        static const char descriptor[] = "\0NSR02\1";

        for (size_t at = CONTENT_ISO_AT - 1; at < iso.len; at += 2048)
            if (!memcmp(iso.at + at, "\xff" "CD001", 6)) {
                memcpy(iso.at + at + 2048, descriptor, sizeof(descriptor) - 1);
                break;
            }
        expect(examined(buf_str(&iso), "a.iso"), "not-examinable", "image", "a.iso");
    }
}

/* Names of Joliet lead to two files, plain ones to the first of them twice: what one system reads, another does not, and where one is another's second name it is not gone through. */
static void test_two_names_of_an_image(void **state)
{
    const struct member two[] = {{"a.txt", STR("hello"), PLAIN}, {"b.txt", STR("other"), PLAIN}};
    CLEANUP(buf_done) struct buf iso = archive_of("iso9660", NULL, two, 2, NULL);
    char *first = memmem(iso.at, iso.len, "A.TXT;1", 7), *second = memmem(iso.at, iso.len, "B.TXT;1", 7);
    JSON_AUTO *report = NULL;
    size_t n = 0, i;
    const json_t *m;

    assert_true(first && second);
    memcpy(second - 33 + 2, first - 33 + 2, 8); /* where it lies, in both orders of bytes */
    report = examined(buf_str(&iso), "a.iso");
    assert_string_equal(json_str(report, "verdict"), "not-examinable");
    assert_string_equal(json_str(report, "why"), "special");
    json_array_foreach (json_arr(report, "members"), i, m)
        n += !strcmp(json_str(m, "sha256"), "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa");
    assert_int_equal(n, 1);
}

/* Where it ends an archive says itself: so that nothing behind is looked at, beyond the file, round, or nowhere. */
static void test_ends_that_lie(void **state)
{
    const struct member m = {"a.txt", STR("hello"), PLAIN};
    CLEANUP(buf_done) struct buf z = archive_of("7zip", NULL, &m, 1, NULL);
    CLEANUP(buf_done) struct buf iso = image_of(STR("hello"));
    CLEANUP(buf_done) struct buf cab = made_cab("a.txt", STR("hello"));
    static const struct {
        uint32_t offset[2], size[2];
        const char *why;
    } ends[] = {{{0, 0x7fffffff}, {0, 0}, "polyglot"}, {{0xfffff000, 0}, {0, 0}, "polyglot"}, {{0, 0}, {0, 0}, "polyglot"}, {{0xffffffff, 0xffffffff}, {64, 0}, "damaged"}, {{0xfffff, 0}, {64, 0}, "damaged"}};
    CLEANUP(buf_done) struct buf p;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char head[32] = {0};

        buf_init(&p, 2u << 20);
        memcpy(head, z.at, 8);
        for (size_t k = 0; k < 2; k++) {
            put32(head + 12 + 4 * k, ends[i].offset[k]);
            put32(head + 20 + 4 * k, ends[i].size[k]);
        }
        put32(head + 8, (uint32_t)crc32(0, (const uint8_t *)head + 12, 20));
        add(&p, head, sizeof(head));
        add(&p, cab.at, cab.len);
        expect(examined(buf_str(&p), "f"), "not-examinable", ends[i].why, "f");
        buf_done(&p);
    }
    buf_init(&p, 2u << 20);
    add(&p, iso.at, iso.len);
    add(&p, cab.at, cab.len);
    expect(examined(buf_str(&p), "f"), "not-examinable", "polyglot", "f");
    put32(p.at + CONTENT_ISO_AT - 1 + 80, 0x10000);
    expect(examined(buf_str(&p), "f"), "not-examinable", "damaged", "f");
    memcpy(iso.at + 16384, cab.at, cab.len); /* before its first sector, which no file of it uses */
    expect(examined(buf_str(&iso), "f"), "not-examinable", "polyglot", "f");
}

/* A file that ends before its archive has said where that ends. */
static void test_ends_that_are_cut(void **state)
{
    static char bytes[CONTENT_ISO_AT - 1 + 130];
    const int fd = memfd_create("test", MFD_CLOEXEC);
    uint64_t end;

    assert_true(fd >= 0);
    memcpy(bytes + CONTENT_ISO_AT - 1, "\1CD001\1", 7);
    put32(bytes + CONTENT_ISO_AT - 1 + 80, 3);
    put16(bytes + CONTENT_ISO_AT - 1 + 128, 2048);
    assert_int_equal(pwrite(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
    assert_true(archive_end(fd, CONTENT_ISO, 1, sizeof(bytes), &end));
    assert_int_equal(end, 6144);
    assert_false(archive_end(fd, CONTENT_ISO, 1, 6143, &end));
    for (size_t n = sizeof(bytes) - 1; n > sizeof(bytes) - 131; n--) {
        assert_int_equal(ftruncate(fd, (off_t)n), 0);
        assert_false(archive_end(fd, CONTENT_ISO, 1, n, &end));
    }
    for (size_t n = 31; n > 0; n--) {
        assert_int_equal(ftruncate(fd, (off_t)n), 0);
        assert_false(archive_end(fd, CONTENT_7Z, 1, n, &end));
        assert_true(archive_end(fd, CONTENT_CAB, 1, n, &end));
        assert_int_equal(end, 1);
    }
    close(fd);
}

/* Windows reads the plain names of an image that has no Joliet, others those of Rock Ridge. */
static void test_plain_names_of_an_image(void **state)
{
    const struct member m = {"a.txt", STR("hello"), PLAIN};
    CLEANUP(buf_done) struct buf iso = archive_with("iso9660", NULL, "iso9660:!joliet", &m, 1, NULL);
    JSON_AUTO *report = NULL;
    char *name = memmem(iso.at, iso.len, "A.TXT;1", 7);

    assert_non_null(name);
    memcpy(name, "A.BAT;1", 7);
    report = examined(buf_str(&iso), "f");
    assert_string_equal(json_str(report, "verdict"), "clean");
    assert_string_equal(json_str(member_of(report, "f > A.BAT"), "runs"), "script");
    assert_string_equal(json_str(member_of(report, "f > a.txt"), "runs"), "");
}

/* Joliet and Rock Ridge beside them: who reads the plain names finds a third file, or the same one as a program. */
static void test_plain_names_beside_others(void **state)
{
    const struct member three[] = {{"a.txt", STR("hello"), PLAIN}, {"b.txt", STR("other"), PLAIN}, {"c.txt", STR("third"), PLAIN}};
    CLEANUP(buf_done) struct buf iso = archive_of("iso9660", NULL, three, 3, NULL);
    char *c = memmem(iso.at, iso.len, "C.TXT;1", 7);
    JSON_AUTO *report = NULL;

    assert_non_null(c);
    memcpy(c, "C.BAT;1", 7);
    report = examined(buf_str(&iso), "f");
    assert_string_equal(json_str(report, "verdict"), "clean");
    assert_string_equal(json_str(member_of(report, "f > C.BAT"), "runs"), "script");
    assert_string_equal(json_str(member_of(report, "f > c.txt"), "runs"), "");
    assert_int_equal(json_array_size(json_arr(report, "members")), 5);
}

/* A second tree of a kind, which one system takes for the first: but one that begins at the same place is the same. */
static void test_second_tree_of_an_image(void **state)
{
    static const unsigned char kinds[] = {1, 2};
    CLEANUP(buf_done) struct buf iso = image_of(STR("hello"));
    char *const first = iso.at + CONTENT_ISO_AT - 1, *end = first, *joliet = first;

    while (memcmp(end, "\xff" "CD001", 6))
        end += 2048;
    while (joliet[0] != 2)
        joliet += 2048;
    memcpy(end + 2048, end, 2048);
    for (size_t i = 0; i < sizeof(kinds); i++) {
        memcpy(end, kinds[i] == 1 ? first : joliet, 2048);
        expect(examined(buf_str(&iso), "f"), "clean", "", NULL);
        end[156 + 2]++;
        expect(examined(buf_str(&iso), "f"), "not-examinable", "image", "f");
    }
    memset(end + 88, 0, 32); /* of ISO 9660:1999: another tree of long plain names */
    expect(examined(buf_str(&iso), "f"), "not-examinable", "image", "f");
}

/* What two trees of names lead to is told once, and counts once. */
/* More descriptors than are looked at: what stands behind them nobody knows. */
static void test_many_descriptors(void **state)
{
    for (unsigned n = 63; n <= 64; n++) {
        const int fd = memfd_create("image", MFD_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(ftruncate(fd, (16 + 70) * 2048), 0);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(pwrite(fd, "\0CD001", 6, (16 + (off_t)i) * 2048), 6);
        assert_int_equal(image_trees_of(fd).has_other, n == 64);
        close(fd);
    }
}

static void test_members_of_an_image_count_once(void **state)
{
    const struct member two[] = {{"a.txt", STR("hello"), PLAIN}, {"b.txt", STR("other"), PLAIN}};
    CLEANUP(buf_done) struct buf iso = archive_of("iso9660", NULL, two, 2, NULL);
    struct examine_limits limits = examine_limits_default;
    JSON_AUTO *report = examined(buf_str(&iso), "f");

    assert_int_equal(json_array_size(json_arr(report, "members")), 3);
    assert_int_equal(json_int(report, "unpacked"), 10);
    limits.members_max = 2;
    expect(examined_with(buf_str(&iso), "f", NULL, &limits), "clean", "", NULL);
    limits.members_max = 1;
    expect(examined_with(buf_str(&iso), "f", NULL, &limits), "not-examinable", "members", NULL);
    limits = examine_limits_default;
    limits.unpacked_max = 10;
    expect(examined_with(buf_str(&iso), "f", NULL, &limits), "clean", "", NULL);
    limits.unpacked_max = 9;
    expect(examined_with(buf_str(&iso), "f", NULL, &limits), "not-examinable", "size", NULL);
}

#define BYTES(text) {text, sizeof(text) - 1}

/* Containers that nothing here opens are no member that is clean, by whatever name; what only looks like one is. */
static void test_of_other_makers(void **state)
{
    static const struct str unknown[] = {
        BYTES("\x60\xea\x2b\0\x22\x0b\1\x0b\x10\0\2 and more"),
        BYTES("\x12\x34\x31\0\0\0\x90**ACE**\x14\x14\2\0"),
        BYTES("\x20\x30-pm1-\0\0\0\0\1\2\3"),
        BYTES("\x1a\x08" "A.TXT\0\0\0\0\0\0\0\5\0\0\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e"),
        BYTES("ALZ\1\x0a\0\0\0BLZ\1"),
        BYTES("EGGA\0\1\x12\x34\x56\x78\0\0"),
        BYTES("SIT!\0\1\0\0\0\x50rLau\1\0"),
        BYTES("StuffIt (c)1997-2002 Aladdin Systems\0\1"),
        BYTES("\x89LZO\0\r\n\x1a\n\x10\x30"),
        BYTES("LRZI\0\6\0\0"),
        BYTES("yz01\0\1\2\3"),
        BYTES("DGCA\0\1\2\3"),
        BYTES("SZDD\x88\xf0\x27\x33" "Ae"),
        BYTES("\x78\x9f\x3e\x22\1\0"),
        BYTES("!BDN\1\2\3\4SM"),
        BYTES("xar!\0\x1c\0\1"),
        BYTES("\xc7\x71\1\0\2\0\xa4\x81\0\0\0\0\1\0\0\0\0\0\0\0\6\0\0\0\5\0" "a.txt\0hello"),
        BYTES("words before\r\nbegin 644 a.exe\r\nM35J0``,````$````__\\``+@`````````0```````````````````````````\r\n`\r\nend\r\n"),
        BYTES("begin-base64 644 a\naGVsbG8=\n====\n"),
        BYTES("(This file must be converted with BinHex 4.0)\n:\n"),
        BYTES("=ybegin line=128 size=5 name=a.txt\n\x92\x8f\x96\x96\x99\n=yend size=5\n"),
        BYTES("-----BEGIN CERTIFICATE-----\r\nTVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAA=\r\n-----END CERTIFICATE-----\r\n"),
        BYTES("UEsDBBQAAAAIAAAAIQDSj0bHDAAAAAwAAAAFAAAA\nYS50eHQ=\n"),
        BYTES("From a@example.com Mon Jan  5 00:00:00 2026\nReceived: by a\nSubject: b\n\nc\n"),
    };
    static const struct str known[] = {
        BYTES("-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUAbcdefghijklmnopqrstuvwx\n-----END CERTIFICATE-----\n"),
        BYTES("begin 644 words of a story\nand it goes on\n"),
        BYTES("begin 6 of them\nM35J0\n"),
        BYTES("From here on: words\nand more\n"),
        BYTES("From a to b\nwords of a letter: c\n"),
        BYTES("d2a84f4b8b650937ec8f73cd8be2c74add5a911ba64df27458ed8229da804a26\n"),
        BYTES("ALZ and EGGA are archives; **ACE** is, too\n"),
        BYTES("\x1a\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    };

    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        const struct member m = {"a.txt", unknown[i], PLAIN};
        CLEANUP(buf_done) struct buf z = archive_of("zip", NULL, &m, 1, NULL);
        JSON_AUTO *report = examined(unknown[i], "a.txt");

        if (strcmp(json_str(report, "why"), "archive") != 0)
            fail_msg("%zu: %s %s", i, json_str(report, "verdict"), json_str(report, "why"));
        expect(examined(buf_str(&z), "z.zip"), "not-examinable", "archive", "z.zip > a.txt");
    }
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        JSON_AUTO *report = examined(known[i], "a.txt");

        if (strcmp(json_str(report, "verdict"), "clean") != 0)
            fail_msg("%zu: %s", i, json_str(report, "why"));
    }
    expect(examined(STR("-----BEGIN PGP MESSAGE-----\n\nwcBMA\n"), "a.asc"), "not-examinable", "archive", NULL);
    expect(examined((struct str){"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80\x30\x80\2\1\0\x31\0\0\0\0\0\0\0\0\0\0\0\0\0", 35}, "a.p7m"), "not-examinable", "archive", NULL);
}

/* One of gzip with a field that its maker likes, behind the first ten bytes. */
static struct buf gzip_with(struct str extra, bool is_comment)
{
    const struct member m = {"a.txt", STR("hello"), PLAIN};
    CLEANUP(buf_done) struct buf plain = archive_of("raw", "gzip", &m, 1, NULL);
    struct buf b;

    assert_int_equal(plain.at[3], 0);
    buf_init(&b, 1u << 20);
    add(&b, plain.at, 10);
    b.at[3] = is_comment ? 16 : 4;
    if (!is_comment)
        add16(&b, (uint32_t)extra.len);
    add(&b, extra.at, extra.len);
    if (is_comment)
        add(&b, "", 1);
    add(&b, plain.at + 10, plain.len - 10);
    return b;
}

/* "30 comment=…\n": its length with that of the number itself. */
static void add_record(struct buf *b, const char *key, struct str value)
{
    size_t n = strlen(key) + value.len + 3, all = n + 1;
    char begin[64];

    while ((size_t)snprintf(begin, sizeof(begin), "%zu", all) + n != all)
        all++;
    (void)snprintf(begin, sizeof(begin), "%zu %s=", all, key);
    add(b, begin, strlen(begin));
    add(b, value.at, value.len);
    add(b, "\n", 1);
}

static void end_tar(struct buf *b)
{
    static const char zeros[1024];

    add(b, zeros, sizeof(zeros));
}

static struct buf tar_with(char kind, struct str said)
{
    struct buf b, record;

    buf_init(&b, 1u << 20);
    buf_init(&record, 1u << 20);
    if (kind == 'x' || kind == 'g')
        add_record(&record, "comment", said);
    else
        add(&record, said.at, said.len);
    made_tar_part(&b, kind, "x", buf_str(&record));
    made_tar_part(&b, '0', "a.txt", STR("hello"));
    end_tar(&b);
    buf_done(&record);
    return b;
}

static void expect_hidden(struct buf b, size_t i, bool hides)
{
    JSON_AUTO *report = examined(buf_str(&b), "f");

    if ((strcmp(json_str(report, "why"), "polyglot") == 0) != hides || (!hides && strcmp(json_str(report, "verdict"), "clean") != 0))
        fail_msg("%zu: %s %s", i, json_str(report, "verdict"), json_str(report, "why"));
    buf_done(&b);
}

/* Beside the members: comments, extra fields, what is reserved, headers that say more. Words stand there by right. */
static void test_hidden_beside_members(void **state)
{
    const struct member m = {"a.txt", STR("hello"), PLAIN};
    CLEANUP(buf_done) struct buf z = archive_of("7zip", NULL, &m, 1, NULL);
    CLEANUP(buf_done) struct buf cab = made_cab("a.txt", STR("hello"));
    const struct str hidden[] = {buf_str(&z), {"Rar!\x1a\7\1\0 as five has it", 24}, buf_str(&cab), STR("words, 7z and Rar! among them, that say nothing")};
    const uint32_t crc = 0x3610a686;

    for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
        const bool hides = i < 3;
        CLEANUP(buf_done) struct buf extra;

        buf_init(&extra, 1u << 20);
        add16(&extra, 0x7777);
        add16(&extra, (uint32_t)hidden[i].len);
        add(&extra, hidden[i].at, hidden[i].len);
        expect_hidden(made_zip_with(STR("hello"), crc, STR(""), STR(""), hidden[i]), 10 + i, hides);
        expect_hidden(made_zip_with(STR("hello"), crc, buf_str(&extra), STR(""), STR("")), 20 + i, hides);
        expect_hidden(made_zip_with(STR("hello"), crc, STR(""), buf_str(&extra), STR("")), 30 + i, hides);
        expect_hidden(gzip_with(buf_str(&extra), false), 40 + i, hides);
        if (i == 3 || i == 1)
            expect_hidden(gzip_with((struct str){hidden[i].at, i == 1 ? 7 : hidden[i].len}, true), 50 + i, hides);
        expect_hidden(made_cab_with(hidden[i]), 60 + i, hides);
        expect_hidden(tar_with('x', hidden[i]), 70 + i, hides);
        expect_hidden(tar_with('g', hidden[i]), 80 + i, hides);
        if (i != 3)
            expect_hidden(tar_with('L', hidden[i]), 90 + i, hides);
    }
}

/* Where cabinets have room: before their data, and in each block of them. */
static void test_hidden_in_cabinets(void **state)
{
    const struct member m = {"a.txt", STR("hello"), PLAIN};
    CLEANUP(buf_done) struct buf z = archive_of("7zip", NULL, &m, 1, NULL);
    const struct str hidden[] = {buf_str(&z), {"Rar!\x1a\7\1\0 as five has it", 24}, STR("words, 7z and Rar! among them"), STR("")};
    CLEANUP(buf_done) struct buf inner = made_cab("b.txt", buf_str(&z));
    struct buf twice = made_cab_gap(STR("12345678"));

    for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
        expect_hidden(made_cab_gap(hidden[i]), i, i < 2);
        expect_hidden(made_cab_block(hidden[i]), 10 + i, i < 2);
    }
    expect(examined(buf_str(&inner), "f"), "clean", "", NULL); /* what is in it by right */
    put32(twice.at + 16, le32(twice.at + 36) + 4); /* where its list and its data lie is the same to some */
    expect(examined(buf_str(&twice), "f"), "not-examinable", "damaged", "f");
    buf_done(&twice);
}

/* Readers of gzip unpack one part behind another. */
static void test_hidden_in_parts_of_gzip(void **state)
{
    const struct member m = {"a.txt", STR("hello"), PLAIN};
    CLEANUP(buf_done) struct buf z = archive_of("7zip", NULL, &m, 1, NULL);
    CLEANUP(buf_done) struct buf inner = archive_of("raw", "gzip", &m, 1, NULL);
    const struct str hidden[] = {{"Rar!\x1a\7\1", 7}, STR("words"), buf_str(&z)};
    char *noise = malloc(300000);

    assert_non_null(noise);
    for (uint32_t i = 0, x = 1; i < 300000; i++)
        noise[i] = (char)((x = x * 1664525 + 1013904223) >> 24);
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
        for (size_t before = 1; before < 4; before++) {
            const struct member large = {"a.txt", {noise, 300000}, PLAIN};
            CLEANUP(buf_done) struct buf first = archive_of("raw", "gzip", before == 3 ? &large : &m, 1, NULL);
            CLEANUP(buf_done) struct buf last = gzip_with(hidden[i], i < 2);
            struct buf b;

            buf_init(&b, 1u << 20);
            for (size_t k = 0; k < before; k++)
                add(&b, first.at, first.len);
            if (before == 2) { /* the last one has a sum of its head, too */
                last.at[3] |= 2;
                add(&b, last.at, last.len - (inner.len - 10));
                add(&b, "\1\2", 2);
                add(&b, last.at + last.len - (inner.len - 10), inner.len - 10);
            } else {
                add(&b, last.at, last.len);
            }
            expect_hidden(b, i * 10 + before, i != 1);
        }
    {
        const struct member packed = {"a.gz", buf_str(&inner), PLAIN};
        CLEANUP(buf_done) struct buf one = archive_of("raw", "gzip", &packed, 1, NULL);

        expect(examined(buf_str(&one), "f"), "clean", "", NULL);
    }
    free(noise);
}

/* What readers of tar take apart differently: sizes that only some know, bytes behind what has none. */
static void test_tars_that_differ(void **state)
{
    static const struct {
        const char *size;
        char kind;
        const char *verdict;
    } sizes[] = {{"5", 'x', "clean"}, {"6", 'x', "not-examinable"}, {"5a", 'x', "not-examinable"}, {"5", 'g', "not-examinable"}, {"99999999999999999999", 'x', "not-examinable"}};
    static const char kinds[] = {'1', '2', '3', '5', '6'};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        CLEANUP(buf_done) struct buf b, record;

        buf_init(&b, 1u << 20);
        buf_init(&record, 4096);
        add_record(&record, "mtime", STR("1"));
        add_record(&record, "size", str_of(sizes[i].size));
        made_tar_part(&b, sizes[i].kind, "x", buf_str(&record));
        made_tar_part(&b, '0', "a.txt", STR("hello"));
        made_tar_part(&b, '0', "b.txt", STR("hello"));
        end_tar(&b);
        expect(examined(buf_str(&b), "f"), sizes[i].verdict, strcmp(sizes[i].verdict, "clean") ? "damaged" : "", NULL);
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        CLEANUP(buf_done) struct buf b, body;

        buf_init(&b, 1u << 20);
        buf_init(&body, 4096);
        made_tar_part(&body, '0', "a.txt", STR("hello"));
        made_tar_part(&b, kinds[i], "d", buf_str(&body));
        end_tar(&b);
        expect(examined(buf_str(&b), "f"), "not-examinable", "damaged", "f");
    }
    {
        CLEANUP(buf_done) struct buf b;

        buf_init(&b, 1u << 20);
        made_tar_part(&b, 'x', "x", STR("9 a=b\n"));
        made_tar_part(&b, '0', "a.txt", STR("hello"));
        end_tar(&b);
        expect(examined(buf_str(&b), "f"), "not-examinable", "damaged", "f");
    }
}

/* Headers that say more, more of them than are looked at; empty blocks are none. */
static void test_tars_that_are_long(void **state)
{
    struct examine_limits limits = examine_limits_default;

    limits.members_max = 2;
    for (size_t n = 7; n < 9; n++) {
        CLEANUP(buf_done) struct buf b, record;

        buf_init(&b, 1u << 20);
        buf_init(&record, 4096);
        add_record(&record, "comment", STR("words"));
        for (size_t i = 0; i < n; i++)
            made_tar_part(&b, 'x', "x", buf_str(&record));
        made_tar_part(&b, '0', "a.txt", STR("hello"));
        end_tar(&b);
        expect(examined_with(buf_str(&b), "f", NULL, &limits), n == 7 ? "clean" : "not-examinable", n == 7 ? "" : "members", NULL);
    }
    {
        const struct member m = {"a.txt", STR("hello"), PLAIN};
        CLEANUP(buf_done) struct buf z = archive_of("7zip", NULL, &m, 1, NULL);
        CLEANUP(buf_done) struct buf b, record;

        buf_init(&b, 1u << 20);
        buf_init(&record, 4096);
        add_record(&record, "comment", buf_str(&z));
        made_tar_part(&b, '0', "a.txt", STR("hello"));
        for (size_t i = 0; i < 200; i++)
            end_tar(&b);
        expect(examined_with(buf_str(&b), "f", NULL, &limits), "clean", "", NULL);
        {
            CLEANUP(buf_done) struct buf cut;

            buf_init(&cut, 1u << 20);
            add(&cut, b.at, b.len);
            add(&cut, z.at, z.len); /* less than a block */
            expect(examined_with(buf_str(&cut), "f", NULL, &limits), "not-examinable", "polyglot", "f");
        }
        made_tar_part(&b, 'x', "x", buf_str(&record));
        made_tar_part(&b, '0', "a.txt", STR("hello"));
        end_tar(&b);
        expect(examined_with(buf_str(&b), "f", NULL, &limits), "not-examinable", "polyglot", "f");
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packed_as_in_japan),
        cmocka_unit_test(test_packed_behind),
        cmocka_unit_test(test_behind_archives),
        cmocka_unit_test(test_images),
        cmocka_unit_test(test_plain_names_beside_others),
        cmocka_unit_test(test_second_tree_of_an_image),
        cmocka_unit_test(test_two_names_of_an_image),
        cmocka_unit_test(test_ends_that_lie),
        cmocka_unit_test(test_ends_that_are_cut),
        cmocka_unit_test(test_plain_names_of_an_image),
        cmocka_unit_test(test_many_descriptors),
        cmocka_unit_test(test_members_of_an_image_count_once),
        cmocka_unit_test(test_of_other_makers),
        cmocka_unit_test(test_hidden_beside_members),
        cmocka_unit_test(test_hidden_in_cabinets),
        cmocka_unit_test(test_hidden_in_parts_of_gzip),
        cmocka_unit_test(test_tars_that_differ),
        cmocka_unit_test(test_tars_that_are_long),
    };

    /* The examiner is this program itself. */
    if (argc == 2 && !strcmp(argv[1], EXAMINER_WORD))
        examiner_main();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
