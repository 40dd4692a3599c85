/* Messages that lie as files before the examiner: each part is a member, whatever it is packed in, and what programs take apart differently is damaged. */
#include "examined.h"
#include "made-files.h"

#include "guard/examine-inside.h"

#include "base/codec.h"

static void add_text(struct buf *b, const char *text)
{
    add(b, text, strlen(text));
}

static void add_64(struct buf *b, struct str bytes)
{
    CLEANUP(buf_done) struct buf coded;

    buf_init(&coded, 1u << 20);
    assert_int_equal(base64_print(bytes.at, bytes.len, &coded), 0);
    for (size_t at = 0; at < coded.len; at += 76) {
        add(b, coded.at + at, MIN_OF((size_t)76, coded.len - at));
        add(b, "\r\n", 2);
    }
}

/* A text, and something attached to it. */
static struct buf mail_of(const char *name, struct str bytes)
{
    struct buf b;

    buf_init(&b, 4u << 20);
    add_text(&b, "From: a@example.com\r\nTo: b@example.com\r\nSubject: c\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n\r\n"
                 "--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><script>1</script></html>\r\n"
                 "--x\r\nContent-Type: application/octet-stream; name=\"");
    add_text(&b, name);
    add_text(&b, "\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n");
    add_64(&b, bytes);
    add_text(&b, "--x--\r\n");
    return b;
}

static void expect_runs(const json_t *report, const char *name, const char *word)
{
    assert_string_equal(json_str(member_of(report, name), "runs"), word);
}

static void test_parts(void **state)
{
    CLEANUP(buf_done) struct buf mail = mail_of("a.exe", STR("MZ\x90\0\3\0\0\0"));
    CLEANUP(buf_done) struct buf packed = zip_of("b.vbs", STR("MsgBox 1"));
    CLEANUP(buf_done) struct buf with_zip = mail_of("a.zip", buf_str(&packed));
    CLEANUP(buf_done) struct buf in_zip = zip_of("letter.dat", buf_str(&with_zip));
    CLEANUP(buf_done) struct buf infected = mail_of("a.txt", eicar());
    CLEANUP(buf_done) struct buf mail_in_mail = mail_of("inner.eml", buf_str(&with_zip));
    {
        JSON_AUTO *report = examined(buf_str(&mail), "f.eml");

        assert_string_equal(json_str(report, "verdict"), "clean");
        expect_runs(report, "f.eml", "");
        expect_runs(report, "f.eml > 1", ""); /* what a mail program shows it does not run */
        expect_runs(report, "f.eml > a.exe", "program");
        assert_int_equal(json_int(member_of(report, "f.eml > a.exe"), "layer"), 1);
    }
    {
        JSON_AUTO *report = examined(buf_str(&in_zip), "f.zip");

        assert_string_equal(json_str(report, "verdict"), "clean");
        expect_runs(report, "f.zip > letter.dat > a.zip > b.vbs", "script");
    }
    {
        JSON_AUTO *report = examined(buf_str(&mail_in_mail), "f.eml");

        expect_runs(report, "f.eml > inner.eml > a.zip > b.vbs", "script");
    }
    expect(examined(STR("From a@example.com Mon Jan  5 00:00:00 2026\nFrom: a@example.com\n\na\n"), "f.eml"), "clean", "", NULL); /* out of a mail box */
    expect(examined(STR("From a@example.com Mon Jan  5 00:00:00 2026\nFrom: a@example.com\n\nbegin 644 a\n#86)C\n`\nend\n"), "f.eml"), "not-examinable", "archive", "f.eml");
    {
        JSON_AUTO *report = examined(STR("From: a@example.com\nMIME-Version: 1.0\nContent-Type: text/html\nContent-Disposition: attachment\n\n<html><script>1</script></html>\n"), "f.eml");

        expect_runs(report, "f.eml > 1", "macros");
    }
    expect(examined(buf_str(&infected), "f.eml"), "infected", "Test.EICAR.String.UNOFFICIAL", NULL);
}

static void test_limits_of_parts(void **state)
{
    CLEANUP(buf_done) struct buf packed = zip_of("b.vbs", STR("MsgBox 1"));
    CLEANUP(buf_done) struct buf mail = mail_of("a.zip", buf_str(&packed));
    CLEANUP(buf_done) struct buf in_zip = zip_of("a.eml", buf_str(&mail));
    const struct member m = {"a.txt", STR("secret"), PLAIN};
    CLEANUP(buf_done) struct buf shut = archive_of("zip", NULL, &m, 1, "himitsu-no-kotoba");
    CLEANUP(buf_done) struct buf with_shut = mail_of("a.zip", buf_str(&shut));
    struct examine_limits limits = examine_limits_default;

    limits.layers_max = 1;
    expect(examined_with(buf_str(&mail), "f.eml", NULL, &limits), "not-examinable", "layers", "f.eml > a.zip");
    expect(examined_with(buf_str(&in_zip), "f.zip", NULL, &limits), "not-examinable", "layers", "f.zip > a.eml");
    limits = examine_limits_default;
    limits.members_max = 2;
    expect(examined_with(buf_str(&mail), "f.eml", NULL, &limits), "not-examinable", "members", NULL);
    limits = examine_limits_default;
    limits.unpacked_max = 40;
    expect(examined_with(buf_str(&mail), "f.eml", NULL, &limits), "not-examinable", "size", NULL);
    expect(examined(buf_str(&with_shut), "f.eml"), "not-examinable", "encrypted", "f.eml > a.zip > a.txt");
}

/* Names as mail writes them: coded, in two headers, with a label that stands where it is not shown. */
static void test_names_of_parts(void **state)
{
    char mail[2000], name[600];
    JSON_AUTO *report = NULL;
    JSON_AUTO *long_one = NULL;

    report = examined(STR("From: a@example.com\nMIME-Version: 1.0\nContent-Type: application/pdf; name=\"a.scr\"\nContent-Disposition: attachment; filename=\"=?utf-8?B?6KuL5rGC5pu4LnBkZg==?=\"\n\n%PDF-1.4"),
                      "f.eml");
    expect_runs(report, "f.eml > 請求書.pdf", "program");
    memset(name, 'a', sizeof(name));
    memcpy(name + 150, "(kimitsu)", 9);
    memcpy(name + sizeof(name) - 5, ".exe", 5);
    (void)snprintf(mail, sizeof(mail), "From: a@example.com\nMIME-Version: 1.0\nContent-Type: application/octet-stream; name=\"%s\"\n\nx", name);
    long_one = examined(str_of(mail), "f.eml");
    assert_int_equal(json_array_size(json_arr(long_one, "members")), 2);
    assert_string_equal(json_str(json_array_get(json_arr(long_one, "members"), 1), "runs"), "program");
    assert_true(strlen(json_str(json_array_get(json_arr(long_one, "members"), 1), "name")) < 300);
}

/* One program ends at the first '=', another goes on; a part without an end; a piece of a message. */
static void test_taken_apart_differently(void **state)
{
    static const char *const odd[] = {
        "From: a@example.com\nMIME-Version: 1.0\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\naGVsbG8=aGVsbG8=\n",
        "From: a@example.com\nMIME-Version: 1.0\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base-64\n\naGVsbG8=\n",
        "From: a@example.com\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\na\n",
        "From a@example.com Mon Jan  5 00:00:00 2026\nFrom: a@example.com\n\na\n\nFrom a@example.com Mon Jan  5 00:00:00 2026\nFrom: a@example.com\n\nb\n",
        "\nFrom: a@example.com\n\na\n",
        "From: a@example.com\n\xe4: b\n\na\n",
        "From: a@example.com\nMIME-Version: 1.0\nContent-Type: message/partial; id=a; number=1; total=2\n\na\n",
    };

    for (size_t i = 0; i < ARRAY_LEN(odd); i++)
        expect(examined(str_of(odd[i]), "f.eml"), "not-examinable", "damaged", "f.eml");
}

static void test_what_is_none(void **state)
{
    static const struct {
        const char *name, *bytes;
        bool is_message;
    } rows[] = {
        {"a.eml", "From: a@example.com\nSubject: b\n\nc", true},
        {"a.eml", "From a@example.com Mon Jan  5 00:00:00 2026\nFrom: a@example.com\nSubject: b\n\nc", true},
        {"a.txt", "From: a@example.com\nSubject: b\n\nc", false},
        {"a.txt", "Received: by a\n with b\nMIME-Version: 1.0\n\nc", true},
        {"a.txt", "HTTP/1.1 200 OK\nContent-Type: text/html\n\na", false},
        {"a.txt", "Of mail: it has\nMIME-Version: 1.0\n\na", false},
        {"a.eml", "Subject : a\n\nc", true},
        {"a.txt", "Content-Type : text/html\nSubject: a\n\nc", true},
        {"a.eml", "\xef\xbb\xbfSubject: a\n\nc", true},
        {"a.eml", "words\n\nand more", false},
        {"a.eml", "\n", false},
        {"a.eml", "", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (mail_is_message(content_type_of(str_of(rows[i].bytes)), str_of(rows[i].name), str_of(rows[i].bytes)) != rows[i].is_message)
            fail_msg("%s: %s", rows[i].name, rows[i].bytes);
}

/* What is shown and nothing else; what has a name is saved as well. */
static void test_named_texts(void **state)
{
    JSON_AUTO *report = examined(STR("From: a@example.com\nMIME-Version: 1.0\nContent-Type: text/html; name=\"p.html\"\nContent-Disposition: inline\n\n<html><script>1</script></html>\n"), "f.eml");

    expect_runs(report, "f.eml > p.html", "macros");
}

/* A mark of UTF-8 stands before it, which mail programs pass over. */
static void test_marks_before(void **state)
{
    CLEANUP(buf_done) struct buf mail = mail_of("a.exe", STR("MZ\x90\0\3\0\0\0"));
    CLEANUP(buf_done) struct buf b;
    JSON_AUTO *report = NULL;

    buf_init(&b, 4u << 20);
    add_text(&b, "\xef\xbb\xbf");
    add(&b, mail.at, mail.len);
    report = examined(buf_str(&b), "f.eml");
    assert_string_equal(json_str(report, "verdict"), "clean");
    expect_runs(report, "f.eml > a.exe", "program");
    expect(examined(STR("\xef\xbb\xbf" "From a@example.com Mon Jan  5 00:00:00 2026\nFrom: a@example.com\n\na\n"), "f.eml"), "clean", "", NULL);
}

/* An archive whose first member is called as a message begins is an archive. */
static void test_archives_that_begin_so(void **state)
{
    CLEANUP(buf_done) struct buf tar;
    JSON_AUTO *report = NULL;

    buf_init(&tar, 1u << 20);
    made_tar_part(&tar, '0', "MIME-Version: 1.0\n\na", STR("hello"));
    for (int i = 0; i < 1024; i++)
        add(&tar, "", 1);
    assert_false(mail_is_message(content_type_of(buf_str(&tar)), STR("f.eml"), buf_str(&tar)));
    report = examined(buf_str(&tar), "f");
    assert_int_equal(json_array_size(json_arr(report, "members")), 2);
}

/* Parts in parts, and beside one another, as many as are looked at. */
static void test_parts_as_deep_and_many(void **state)
{
    for (unsigned depth = 15; depth <= 17; depth++) {
        CLEANUP(buf_done) struct buf b;

        buf_init(&b, 1u << 20);
        add_text(&b, "From: a@example.com\nMIME-Version: 1.0\n");
        for (unsigned i = 0; i < depth; i++)
            assert_int_equal(buf_printf(&b, "Content-Type: multipart/mixed; boundary=x%u\n\n--x%u\n", i, i), 0);
        add_text(&b, "Content-Type: text/plain\n\na\n");
        for (unsigned i = depth; i > 0; i--)
            assert_int_equal(buf_printf(&b, "--x%u--\n", i - 1), 0);
        expect(examined(buf_str(&b), "f.eml"), depth < 17 ? "clean" : "not-examinable", depth < 17 ? "" : "damaged", NULL);
    }
    for (unsigned n = 500; n <= 501; n++) {
        CLEANUP(buf_done) struct buf b;

        buf_init(&b, 1u << 20);
        add_text(&b, "From: a@example.com\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n");
        for (unsigned i = 0; i < n; i++)
            add_text(&b, "--x\nContent-Type: text/plain\n\na\n");
        add_text(&b, "--x--\n");
        expect(examined(buf_str(&b), "f.eml"), n == 500 ? "clean" : "not-examinable", n == 500 ? "" : "damaged", NULL);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_limits_of_parts),
        cmocka_unit_test(test_names_of_parts),
        cmocka_unit_test(test_taken_apart_differently),
        cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_named_texts),
        cmocka_unit_test(test_marks_before),
        cmocka_unit_test(test_archives_that_begin_so),
        cmocka_unit_test(test_parts_as_deep_and_many),
    };

    /* The examiner is this program itself. */
    if (argc == 2 && !strcmp(argv[1], EXAMINER_WORD))
        examiner_main();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
