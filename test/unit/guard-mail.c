/* Messages that strangers wrote before the reader, and the judgement over what it says. */
#include "guard/mail-ask.h"
#include "guard/mail-forms.h"
#include "guard/mail-judge.h"
#include "guard/mail-read.h"
#include "guard/mail-seal.h"

#include "base/codec.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)
#define HEAD \
    "From: a@police.example\r\nTo: x@partner.example\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
#define PLAIN "Content-Type: text/plain\r\n\r\nx\r\n"

static json_t *read_str(struct str bytes)
{
    int fd = memfd_create("message", MFD_CLOEXEC);
    json_t *report = NULL;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.at, bytes.len), (ssize_t)bytes.len);
    OK(mail_read(fd, &examine_limits_default, NULL, clock_monotonic_us() + 60 * US_PER_SECOND, &report));
    close(fd);
    return report;
}

static json_t *read_text(const char *text)
{
    return read_str(str_of(text));
}

static void assert_why(json_t *report, const char *why, const char *place)
{
    assert_string_equal(json_str(report, "verdict"), "unreadable");
    assert_string_equal(json_str(report, "why"), why);
    assert_string_equal(json_str(report, "place"), place);
    json_decref(report);
}

static const json_t *part_of(const json_t *report, size_t i)
{
    assert_string_equal(json_str(report, "verdict"), "read");
    return json_array_get(json_arr(report, "parts"), i);
}

static void reads_names(void **state)
{
    static const struct {
        const char *header, *name, *other;
    } rows[] = {
        {"Content-Disposition: attachment; filename=\"a.txt\"", "a.txt", ""},
        {"Content-Disposition: attachment; filename*=UTF-8''%E6%A9%9F%E5%AF%86%E6%80%A72.csv",
         "機密性2.csv", ""},
        {"Content-Disposition: attachment; filename*0*=UTF-8''%E6%A9%9F%E5; "
         "filename*1*=%AF%86%E6%80%A72.csv",
         "機密性2.csv", ""},
        {"Content-Disposition: attachment; filename*=ISO-2022-JP''%1B%24B5%21L%29@-%1B%28B3.csv",
         "機密性3.csv", ""},
        {"Content-Disposition: attachment; filename=\"=?ISO-2022-JP?B?GyRCNSFMKUAtGyhCMy5jc3Y=?=\"",
         "機密性3.csv", ""},
        {"Content-Disposition: attachment; filename=\"=?UTF-8?B?5qmf5a+G5oCnMi5jc3Y=?=\"",
         "機密性2.csv", ""},
        {"Content-Disposition: attachment; filename=\"a\\\"b.txt\"", "a\"b.txt", ""},
        {"Content-Disposition: attachment; filename=a.txt\r\nContent-Type: application/x-a; "
         "name=b.txt",
         "a.txt", "b.txt"},
        {"Content-Type: application/x-a; name=b.txt", "b.txt", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[1000];
        JSON_AUTO *report = NULL;

        snprintf(text, sizeof(text), "%s%s\r\n\r\nx\r\n", HEAD, rows[i].header);
        report = read_text(text);
        assert_string_equal(json_str(part_of(report, 0), "name"), rows[i].name);
        assert_string_equal(json_str(part_of(report, 0), "other_name"), rows[i].other);
    }
}

/* Whatever no encoding explains is shown as bytes, and nothing of it reaches a terminal. */
static void shows_broken_names(void **state)
{
    static const char *const headers[] = {
        "Content-Disposition: attachment; filename=\"a\xff\x1b[31m.txt\"",
        "Content-Disposition: attachment; filename*=X-NOBODY-KNOWS''%FF%1B.txt",
        "Content-Disposition: attachment; filename=\"=?ISO-2022-JP?B?GyRC////?=\"",
        "Content-Disposition: attachment; filename*=UTF-8''%00%ff.txt",
    };

    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        char text[1000];
        JSON_AUTO *report = NULL;

        snprintf(text, sizeof(text), "%s%s\r\n\r\nx\r\n", HEAD, headers[i]);
        report = read_text(text);
        for (const char *c = json_str(part_of(report, 0), "name"); *c; c++)
            assert_true((uint8_t)*c >= 0x20 && *c != 0x7f);
    }
}

static void reads_addresses(void **state)
{
    JSON_AUTO *report =
        read_text("From: \"a, b\" <A@Police.Example>\r\n"
                  "To: \"x@y\" (z@w) <x@partner.example>, group: p@one.example, q@one.example;\r\n"
                  "Cc: =?UTF-8?B?5qmf5a+G?= <R@TWO.example>\r\nSubject: s\r\n" PLAIN);

    assert_string_equal(json_str(report, "verdict"), "read");
    assert_int_equal(json_array_size(json_arr(report, "to")), 3);
    assert_string_equal(json_string_value(json_array_get(json_arr(report, "from"), 0)),
                        "A@police.example");
    assert_string_equal(json_string_value(json_array_get(json_arr(report, "cc"), 0)),
                        "R@two.example");
}

/* Whoever it is sent to again is seen as openly as those of the first time. */
static void reads_who_it_was_sent_to_again(void **state)
{
    JSON_AUTO *report = read_text("Resent-To: p@one.example, q@one.example\r\nResent-Cc: r@one.example\r\nResent-To: s@one.example\r\n" HEAD PLAIN);

    assert_int_equal(json_array_size(json_arr(report, "to")), 4);
    assert_int_equal(json_array_size(json_arr(report, "cc")), 1);
}

static void says_what_it_cannot_read(void **state)
{
    static const struct {
        const char *text, *why, *place;
    } rows[] = {
        {"", "headers", ""},
        {"To: x\r\n" PLAIN, "address", "To"},
        {"To: <>\r\n" PLAIN, "address", "To"},
        {"To: x@y@z.example\r\n" PLAIN, "address", "To"},
        {"To: x@partner.example <y@partner.example>\r\n" PLAIN, "address", "To"},
        {"To: x@[192.0.2.1]\r\n" PLAIN, "address", "To"},
        {"Cc: x@-.example\r\n" PLAIN, "address", "Cc"},
        {"To: x@partner.example\r\nTo: y@partner.example\r\n" PLAIN, "repeated", ""},
        {"To: x@partner.example\r\nX-Tsujiban-Shared-Addresses: a\r\nX-Tsujiban-Shared-Addresses: "
         "b\r\n" PLAIN,
         "repeated", MAIL_READ_NEED},
        {HEAD "Content-Type: multipart/mixed\r\n\r\nx\r\n", "mime", ""},
        {HEAD "Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nx\r\n", "mime", ""},
        {HEAD
         "Content-Type: message/partial; id=a; number=1; total=2\r\n\r\nSubject: x\r\n\r\nx\r\n",
         "partial", "1"},
        {HEAD "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx\r\n", "repeated", ""},
        /* line ends that only some readers see */
        {HEAD "X-A: b\rContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nx\r\n--q--\r\n", "mime", ""},
        {HEAD "Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nx\r--q\r\rMZ\r\n--q--\r\n", "mime", ""},
        /* encodings that only some readers undo, or to the same end */
        {HEAD "Content-Transfer-Encoding: x-none\r\n\r\nQUJD\r\n", "mime", "1"},
        {HEAD "Content-Transfer-Encoding: base64 (so)\r\n\r\nQUJD\r\n", "mime", "1"},
        {HEAD "Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n#0V%T\r\n`\r\nend\r\n", "mime", "1"},
        {HEAD "Content-Transfer-Encoding: base64\r\n\r\nQUJDRA==\r\nRUZHSA==\r\n", "mime", "1"},
        {HEAD "Content-Transfer-Encoding: base64\r\n\r\nQUJD!!!!RA==\r\n", "mime", "1"},
        {HEAD "Content-Transfer-Encoding: quoted-printable\r\n\r\na=zz\r\n", "mime", "1"},
        {HEAD "Content-Transfer-Encoding: quoted-printable\r\n\r\na=4\r\n", "mime", "1"},
        {HEAD "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KDQp4\r\n", "mime", "1"},
        {HEAD "Content-Type: multipart/mixed; boundary=q\r\nContent-Transfer-Encoding: base64\r\n\r\n--q\r\n\r\nx\r\n--q--\r\n", "mime", "1"},
        {HEAD "Content-Type: message/external-body; access-type=local-file; name=a\r\n\r\nContent-Type: text/plain\r\n\r\n", "partial", "1"},
        {"Resent-To: x\r\n" HEAD PLAIN, "address", "Resent-To"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("# row %zu\n", i);
        assert_why(read_text(rows[i].text), rows[i].why, rows[i].place);
    }
    assert_why(read_str(STR(HEAD "\r\na\0b\r\n")), "nul", "");
}

static void reads_what_is_encoded_well(void **state)
{
    static const char *const rows[] = {
        "Content-Transfer-Encoding: Base64\r\n\r\nQUJD RA==\r\n\r\n",
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nA=42=\r\n=43=44",
        "Content-Transfer-Encoding: 8bit\r\n\r\nABCD",
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[1000];
        JSON_AUTO *report = NULL;

        snprintf(text, sizeof(text), "%s%s", HEAD, rows[i]);
        report = read_text(text);
        assert_string_equal(json_str(part_of(report, 0), "sha256"),
                            "e12e115acf4552b2568b55e93cbd39394c4ef81c82447fafc997882a02d23677");
    }
}

/* Containers of mail programs, by whatever name they come. */
static void knows_what_nothing_opens(void **state)
{
    static const struct {
        const char *part;
        bool is_shut;
    } rows[] = {
        {"Content-Disposition: attachment; filename=a.bin\r\n\r\n\x78\x9f\x3e\x22 and more\r\n", true},
        {"Content-Type: application/pkcs7-mime; name=a.p7m\r\n\r\nx\r\n", true},
        {"Content-Disposition: attachment; filename=smime.p7m\r\n\r\nx\r\n", true},
        {"Content-Type: application/octet-stream; name=a.asc\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nx\r\n", true},
        {"Content-Type: text/plain\r\n\r\nhello\r\nbegin 644 a.zip\r\n#0V%T\r\n`\r\nend\r\n", true},
        {"Content-Type: text/plain\r\n\r\nbegin 2027 with a walk\r\nto the end\r\n", false},
        {"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nx\r\n", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[1000];
        JSON_AUTO *report = NULL;

        print_message("# row %zu\n", i);
        snprintf(text, sizeof(text), "%s%s", HEAD, rows[i].part);
        report = read_text(text);
        assert_int_equal(json_flag(part_of(report, 0), "cut"), rows[i].is_shut);
        assert_string_equal(json_str(part_of(report, 0), "looked"), rows[i].is_shut ? "cut" : "unscanned");
    }
}

/* What no mail program shows is carried all the same: asked about as a text is, a line of courtesy is not. */
static void reads_what_stands_beside_the_parts(void **state)
{
    JSON_AUTO *report =
        read_text(HEAD "Content-Type: multipart/mixed; boundary=q\r\n\r\nThis is a multi-part message in MIME format.\r\n--q\r\n\r\nx\r\n--q--\r\n"
                       "01234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n");

    assert_int_equal(json_array_size(json_arr(report, "parts")), 2);
    assert_string_equal(json_str(part_of(report, 0), "place"), "1.0");
    assert_true(json_array_size(json_arr(part_of(report, 0), "texts")) >= 2);
}

/* A name of which only a piece is shown is judged by all of it, and a ZIP of Windows by names in its code page. */
static void finds_labels_in_long_names(void **state)
{
#define K10 "%E6%BC%A2%E6%BC%A2%E6%BC%A2%E6%BC%A2%E6%BC%A2%E6%BC%A2%E6%BC%A2%E6%BC%A2%E6%BC%A2%E6%BC%A2"
    JSON_AUTO *report = read_text(HEAD "Content-Disposition: attachment; filename*=UTF-8''" K10 K10 K10 K10 K10 K10 K10 K10 K10
                                       "%E6%A9%9F%E5%AF%86%E6%80%A73.csv\r\n\r\nx\r\n");
    JSON_AUTO *judgement = NULL, *with = NULL;
    CLEANUP(mail_rules_done) struct mail_rules rules = {0};
    JSON_AUTO *receivers = json_pack("[s]", "x@partner.example");

    assert_int_equal(json_int(part_of(report, 0), "named_level"), 3);
    OK(mail_rules_init(&rules));
    OK(mail_judge(report, receivers, &rules, &judgement));
    assert_string_equal(json_str(json_array_get(json_arr(judgement, "findings"), 0), "clause"), "H-4-4-4");
    OK(mail_ask_begin(report, receivers, &rules, false, &with));
    assert_string_equal(json_str(json_array_get(json_arr(with, "files"), 0), "said"), "c3");
}

/* Stored, one member of that name. */
static void zip_named(struct str name, struct buf *out)
{
    const uint8_t n[2] = {(uint8_t)(name.len & 0xff), (uint8_t)(name.len >> 8)};
    size_t central;

    OK(buf_add(out, "PK\3\4\x14\0\0\0\0\0\0\0\x21\0\x8b\x9e\xd9\xd3\1\0\0\0\1\0\0\0", 26));
    OK(buf_add(out, (const char *)n, 2));
    OK(buf_add(out, "\0\0", 2));
    OK(buf_add_str(out, name));
    OK(buf_add(out, "A", 1));
    central = out->len;
    OK(buf_add(out, "PK\1\2\x14\0\x14\0\0\0\0\0\0\0\x21\0\x8b\x9e\xd9\xd3\1\0\0\0\1\0\0\0", 28));
    OK(buf_add(out, (const char *)n, 2));
    OK(buf_add(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
    OK(buf_add_str(out, name));
    const uint8_t end[] = {(uint8_t)((out->len - central) & 0xff), (uint8_t)((out->len - central) >> 8), 0, 0,
                           (uint8_t)(central & 0xff), (uint8_t)(central >> 8), 0, 0, 0, 0};
    OK(buf_add(out, "PK\5\6\0\0\0\0\1\0\1\0", 12));
    OK(buf_add(out, (const char *)end, sizeof(end)));
}

static void finds_labels_in_members(void **state)
{
    static const char cp932[] = "\x8b\x40\x96\xa7\x90\xab\x33.csv"; /* 機密性3.csv */
    struct buf names[3]; /* each done below */

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        buf_init(&names[i], 4096);
    OK(buf_add_text(&names[0], cp932));
    for (size_t i = 1; i < ARRAY_LEN(names); i++) {
        OK(i == 2 ? buf_add_text(&names[i], "機密性3/") : 0);
        for (size_t k = 0; k < 300; k++)
            OK(buf_add_text(&names[i], "漢"));
        OK(i == 1 ? buf_add_text(&names[i], "/機密性3.csv") : 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(buf_done) struct buf zip, code, text;
        JSON_AUTO *report = NULL, *judgement = NULL;
        CLEANUP(mail_rules_done) struct mail_rules rules = {0};

        print_message("# row %zu\n", i);
        buf_init(&zip, 8192);
        buf_init(&code, 16384);
        buf_init(&text, 32768);
        zip_named(buf_str(&names[i]), &zip);
        OK(base64_print(zip.at, zip.len, &code));
        OK(buf_printf(&text, HEAD "Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n%.*s\r\n",
                      STR_ARG(buf_str(&code))));
        report = read_str(buf_str(&text));
        assert_string_equal(json_str(part_of(report, 0), "looked"), "unscanned");
        OK(mail_rules_init(&rules));
        OK(mail_judge(report, NULL, &rules, &judgement));
        assert_string_equal(json_str(json_array_get(json_arr(judgement, "findings"), 0), "clause"), "H-4-4-4");
        buf_done(&names[i]);
    }
}

/* Multiparts within each other, `n` deep. */
static json_t *read_nested(unsigned n)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 1u << 20);
    OK(buf_add_text(&text, HEAD));
    for (unsigned i = 0; i < n; i++)
        OK(buf_printf(&text, "Content-Type: multipart/mixed; boundary=b%u\r\n\r\n--b%u\r\n", i, i));
    OK(buf_add_text(&text, PLAIN));
    for (unsigned i = n; i > 0; i--)
        OK(buf_printf(&text, "--b%u--\r\n", i - 1));
    return read_str(buf_str(&text));
}

static void holds_its_limits(void **state)
{
    CLEANUP(buf_done) struct buf text;
    json_t *report = read_nested(MAIL_READ_LAYERS_MAX);

    assert_string_equal(json_str(report, "verdict"), "read");
    json_decref(report);
    report = read_nested(MAIL_READ_LAYERS_MAX + 1);
    assert_string_equal(json_str(report, "why"), "layers");
    json_decref(report);
    report = read_nested(3000);
    assert_string_equal(json_str(report, "verdict"), "unreadable");
    json_decref(report);

    buf_init(&text, 2 * MAIL_READ_MAX);
    OK(buf_add_text(&text, HEAD "Content-Type: multipart/mixed; boundary=q\r\n\r\n"));
    for (unsigned i = 0; i < MAIL_READ_PARTS_MAX; i++)
        OK(buf_add_text(&text, "--q\r\n\r\nx\r\n"));
    OK(buf_add_text(&text, "--q--\r\n"));
    assert_why(read_str(buf_str(&text)), "parts", "");

    buf_clear(&text);
    OK(buf_add_text(&text, "To: "));
    for (unsigned i = 0; i <= MAIL_READ_ADDRESSES_MAX; i++)
        OK(buf_printf(&text, "p%u@one.example,\r\n ", i));
    OK(buf_add_text(&text, "z@one.example\r\n" PLAIN));
    assert_why(read_str(buf_str(&text)), "addresses", "To");

    buf_clear(&text);
    OK(buf_add_text(&text, HEAD "X-Long: "));
    assert_non_null(memset(buf_grow(&text, MAIL_READ_HEADERS_MAX), 'x', MAIL_READ_HEADERS_MAX));
    OK(buf_add_text(&text, "\r\n" PLAIN));
    assert_why(read_str(buf_str(&text)), "headers", "");

    buf_clear(&text);
    OK(buf_add_text(&text, HEAD PLAIN));
    assert_non_null(memset(buf_grow(&text, MAIL_READ_MAX), 'x', MAIL_READ_MAX));
    assert_why(read_str(buf_str(&text)), "size", "");
}

/* ---- judging ---- */

static json_t *judge(const char *report_text, const char *receivers_text, const char *rules_text)
{
    JSON_AUTO *report = json_loads(report_text, 0, NULL),
              *receivers = receivers_text ? json_loads(receivers_text, 0, NULL) : NULL;
    CLEANUP(mail_rules_done) struct mail_rules rules = {0};
    json_t *judgement = NULL;

    assert_non_null(report);
    OK(mail_rules_init(&rules));
    OK(mail_rules_parse("rules", str_of(rules_text), &rules, NULL));
    OK(mail_judge(report, receivers, &rules, &judgement));
    return judgement;
}

static void judges(void **state)
{
#define OUT "\"to\": [\"x@partner.example\"]"
    static const struct {
        const char *report, *receivers, *rules, *verdict, *clause;
    } rows[] = {
        {"{" OUT ", \"parts\": [{\"name\": \"KJ_機密性２（中）.csv\"}]}", NULL, "{}", "not-yet",
         "H-4-4-3"},
        {"{" OUT ", \"parts\": [{\"name\": \"a.zip\", \"members\": [{\"name\": \"a.zip > "
                 "機密性2.csv\"}]}]}",
         NULL, "{}", "not-yet", "H-4-4-3"},
        {"{" OUT ", \"parts\": [{\"name\": \"a\", \"other_name\": \"CONFIDENTIALITY 2.csv\"}]}",
         NULL, "{}", "not-yet", "H-4-4-3"},
        {"{" OUT ", \"parts\": [{\"name\": \"機密性2.zip\", \"sealed\": \"zip\"}]}", NULL, "{}",
         "allowed", ""},
        {"{" OUT
         ", \"parts\": [{\"name\": \"機密性2.zip\", \"sealed\": \"zip\", \"opened\": true}]}",
         NULL, "{}", "not-yet", "H-4-4-3"},
        {"{" OUT ", \"parts\": [{\"name\": \"機密性1.csv\"}]}", NULL, "{}", "allowed", ""},
        {"{" OUT ", \"parts\": [{\"name\": \"a.zip\", \"cut\": true}]}", NULL, "{}", "not-yet",
         "H-4-4-3"},
        {"{" OUT ", \"parts\": [{\"name\": \"機密性3.zip\", \"sealed\": \"zip\"}]}", NULL, "{}",
         "forbidden", "H-4-4-4"},
        {"{" OUT ", \"parts\": [{\"name\": \"機密性3.zip\", \"sealed\": \"zip\"}]}", NULL,
         "{\"line\": \"internal\"}", "allowed", ""},
        {"{" OUT ", \"parts\": [{\"name\": \"機密性3.csv\"}]}", NULL, "{\"line\": \"internal\"}",
         "not-yet", "H-4-4-3"},
        {"{" OUT ", \"parts\": [{\"name\": \"機密性1.png\", \"attributes\": true}]}", NULL, "{}", "not-yet", "H-3-2-2"},
        {"{" OUT ", \"parts\": [{\"name\": \"機密性2.zip\", \"sealed\": \"zip\", \"members\": [{\"name\": \"a\", \"hidden\": [{\"kind\": \"row\"}]}]}]}", NULL, "{}", "not-yet",
         "H-3-2-2"},
        {"{\"to\": [\"x@police.example\"], \"parts\": [{\"name\": \"a.png\", \"attributes\": true}]}", NULL, "{\"inside\": [\"police.example\"]}", "allowed", ""},
        /* the envelope counts, not what the headers say */
        {"{\"to\": [\"x@police.example\"], \"parts\": [{\"name\": \"機密性2.csv\"}]}",
         "[\"x@partner.example\"]", "{\"inside\": [\"police.example\"]}", "not-yet", "H-4-4-3"},
        {"{" OUT ", \"parts\": [{\"name\": \"機密性2.csv\"}]}", "[\"x@police.example\"]",
         "{\"inside\": [\"police.example\"]}", "allowed", ""},
        /* domains end where they end */
        {"{\"to\": [\"x@notpolice.example\"], \"parts\": [{\"name\": \"機密性2.csv\"}]}", NULL,
         "{\"inside\": [\"police.example\", \".police.example\"]}", "not-yet", "H-4-4-3"},
        {"{\"to\": [\"x@a.police.example\"], \"parts\": [{\"name\": \"機密性2.csv\"}]}", NULL,
         "{\"inside\": [\"police.example\"]}", "not-yet", "H-4-4-3"},
        {"{\"to\": [\"x@a.police.example\"], \"parts\": [{\"name\": \"機密性2.csv\"}]}", NULL,
         "{\"inside\": [\".police.example\"]}", "allowed", ""},
        /* what a relay reads as a way further ends nowhere inside */
        {"{\"to\": [], \"parts\": [{\"name\": \"機密性2.csv\"}]}", "[\"x%partner.example@police.example\"]",
         "{\"inside\": [\"police.example\"]}", "not-yet", "H-4-4-3"},
        {"{\"to\": [], \"parts\": [{\"name\": \"機密性2.csv\"}]}", "[\"\\\"x@partner.example\\\"@police.example\"]",
         "{\"inside\": [\"police.example\"]}", "not-yet", "H-4-4-3"},
        {"{\"to\": [], \"parts\": [{\"name\": \"機密性2.csv\"}]}", "[\"partner.example!x@police.example\"]",
         "{\"inside\": [\"police.example\"]}", "not-yet", "H-4-4-3"},
        {"{\"to\": [], \"parts\": [{\"name\": \"機密性2.csv\"}]}", "[\"a.b+c=d@police.example\"]",
         "{\"inside\": [\"police.example\"]}", "allowed", ""},
        /* the same address twice is one */
        {"{" OUT ", \"cc\": [\"X@partner.example\"], \"parts\": []}", NULL,
         "{\"open_addresses_max\": 1}", "allowed", ""},
        {"{" OUT ", \"cc\": [\"y@partner.example\"], \"parts\": []}", NULL,
         "{\"open_addresses_max\": 1}", "not-yet", "H-4-4-2.1"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        JSON_AUTO *j = judge(rows[i].report, rows[i].receivers, rows[i].rules);

        print_message("# row %zu\n", i);
        assert_string_equal(json_str(j, "verdict"), rows[i].verdict);
        assert_string_equal(json_str(json_array_get(json_arr(j, "findings"), 0), "clause"),
                            rows[i].clause);
    }
}

static void refuses_rules(void **state)
{
    static const char *const bad[] = {"",
                                      "[]",
                                      "{\"line\": 1}",
                                      "{\"line\": \"outer\"}",
                                      "{\"inside\": \"police.example\"}",
                                      "{\"inside\": [1]}",
                                      "{\"inside\": [\"Police.example\"]}",
                                      "{\"inside\": [\"..example\"]}",
                                      "{\"inside\": [\"\"]}",
                                      "{\"open_addresses_max\": -1}",
                                      "{\"open_addresses_max\": 1001}",
                                      "{\"login\": true}",
                                      "{\"other\": 1}"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP(mail_rules_done) struct mail_rules rules = {0};
        struct diag diag;

        diag_init(&diag);
        OK(mail_rules_init(&rules));
        assert_int_equal(mail_rules_parse("rules", str_of(bad[i]), &rules, &diag),
                         MAIL_RULES_E_INVALID);
        assert_true(diag.n_errors > 0);
        diag_done(&diag);
    }
}

#define TWO                                                                                                   \
    HEAD "Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n" PLAIN                                     \
         "--q\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n1,2\r\n"   \
         "--q\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n%PDF\r\n--q--\r\n"

static json_t *sealed(const char *text, const char *cover, int *ret)
{
    int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
    json_t *report = NULL;

    assert_true(in >= 0 && out >= 0);
    assert_int_equal(write(in, text, strlen(text)), (ssize_t)strlen(text));
    if (*cover)
        assert_int_equal(write(out, "%PDF-cover", 10), 10);
    *ret = mail_seal(in, "TE-1_x.zip", STR("correct-horse-9"), cover, out);
    if (!*ret)
        OK(mail_read(out, &examine_limits_default, NULL, clock_monotonic_us() + 60 * US_PER_SECOND, &report));
    close(in);
    close(out);
    return report;
}

static void seals_attachments(void **state)
{
    int r;
    json_t *report = sealed(TWO, "00-cover.pdf", &r);

    OK(r);
    assert_int_equal(json_array_size(json_arr(report, "parts")), 2);
    assert_string_equal(json_str(part_of(report, 0), "type"), "text/plain");
    assert_string_equal(json_str(part_of(report, 1), "sealed"), "zip");
    assert_string_equal(json_str(part_of(report, 1), "name"), "TE-1_x.zip");
    assert_int_equal(json_array_size(json_arr(part_of(report, 1), "members")), 3);
    assert_string_equal(json_str(json_array_get(json_arr(part_of(report, 1), "members"), 2), "name"), "TE-1_x.zip > 00-cover.pdf");
    json_decref(report);
    report = sealed(HEAD "Content-Type: application/pdf; name=b.pdf\r\n\r\n%PDF\r\n", "00-cover.pdf", &r);
    OK(r);
    assert_string_equal(json_str(part_of(report, 0), "sealed"), "zip");
    json_decref(report);
    report = sealed(TWO, "", &r); /* of what has none */
    OK(r);
    assert_int_equal(json_array_size(json_arr(part_of(report, 1), "members")), 2);
    json_decref(report);
    assert_null(sealed(HEAD PLAIN, "00-cover.pdf", &r));
    assert_int_equal(r, MAIL_SEAL_E_FORM);
}

static const json_t *row_of(const json_t *with, const char *list, size_t i)
{
    return json_array_get(json_arr(with, list), i);
}

static void asks_about_rows(void **state)
{
    CLEANUP(mail_rules_done) struct mail_rules rules = {0};
    JSON_AUTO *receivers = json_pack("[s, s]", "w@police.example", "x@partner.example");
    JSON_AUTO *with = NULL, *many = json_array();
    json_t *report = read_text(TWO);

    OK(mail_rules_init(&rules));
    OK(mail_rules_parse("-", STR("{\"inside\": [\"police.example\"], \"system\": \"JS-1\"}"), &rules, NULL));
    OK(mail_ask_begin(report, receivers, &rules, false, &with));
    assert_string_equal(json_str(with, "route"), "external");
    assert_string_equal(json_str(with, "leaves"), "yes");
    assert_string_equal(json_str(with, "system"), "JS-1");
    assert_int_equal(json_int(with, "seen_outside"), 1);
    assert_string_equal(json_str(row_of(with, "receivers", 0), "outside"), "no");
    assert_string_equal(json_str(row_of(with, "receivers", 1), "outside"), "yes");
    assert_string_equal(json_str(row_of(with, "files", 0), "sealing"), "text");
    assert_false(mail_ask_seals(with));
    json_decref(with);
    with = NULL;
    OK(mail_ask_begin(report, receivers, &rules, true, &with));
    assert_true(mail_ask_seals(with));
    for (unsigned i = 0; i <= MAIL_ASK_ROWS_MAX; i++)
        assert_int_equal(json_array_append_new(many, json_string("a@b.example")), 0);
    json_decref(with);
    with = NULL;
    assert_int_equal(mail_ask_begin(report, many, &rules, false, &with), MAIL_ASK_E_MANY);
    json_decref(report);
}

/* Each row of a content gets what it is held as, and no other. */
static void asks_what_rows_hold(void **state)
{
    CLEANUP(mail_rules_done) struct mail_rules rules = {0};
    JSON_AUTO *receivers = json_pack("[s]", "x@partner.example");
    JSON_AUTO *with = NULL, *contents = NULL, *sealed_ones = NULL, *held = json_object();
    json_t *report = read_text(TWO);
    const json_t *row;
    const char *first;
    size_t i;

    OK(mail_rules_init(&rules));
    OK(mail_ask_begin(report, receivers, &rules, false, &with));
    OK(mail_ask_contents(with, NULL, &contents));
    first = json_str(row_of(with, "files", 0), "digest");
    assert_int_equal(strlen(first), 64);
    json_array_foreach (json_arr(with, "files"), i, row)
        assert_true(json_int(contents, json_str(row, "digest")) >= json_int(row, "size"));
    OK(mail_ask_contents(with, "zip", &sealed_ones));
    assert_int_equal(json_object_size(sealed_ones), 0);
    OK(json_put(held, first, json_pack("{s:i, s:b, s:[s, s, s]}", "level", 3, "outside", 1, "restrictions", "handlers-only", "no-forward", "no-copy")));
    OK(mail_ask_put_held(with, held));
    json_array_foreach (json_arr(with, "files"), i, row) {
        assert_string_equal(json_str(row, "held"), strcmp(json_str(row, "digest"), first) ? "" : "c3");
        assert_string_equal(json_str(row, "held_outside"), strcmp(json_str(row, "digest"), first) ? "" : "yes");
    }
    assert_string_equal(json_str(with, "held_limits"), "no-forward,no-copy");
    assert_null(json_object_get(with, "strangers"));
    json_decref(report);
}

/* Receivers outside are no addresses of the force; of the others a row for each content that one may not read. */
static void asks_who_may_not_read(void **state)
{
    CLEANUP(mail_rules_done) struct mail_rules rules = {0};
    JSON_AUTO *receivers = json_pack("[s, s, s]", "x@partner.example", "w@police.example", "list@police.example");
    JSON_AUTO *with = NULL, *addresses = NULL, *held = NULL, *report = read_text(TWO);
    const json_t *row;
    char digest[65];

    OK(mail_rules_init(&rules));
    OK(mail_rules_parse("rules", STR("{\"inside\": [\"police.example\"]}"), &rules, NULL));
    OK(mail_ask_begin(report, receivers, &rules, false, &with));
    OK(mail_ask_addresses(with, &addresses));
    assert_int_equal(json_object_size(addresses), 2);
    assert_null(json_object_get(addresses, "x@partner.example"));
    snprintf(digest, sizeof(digest), "%s", json_str(row_of(with, "files", 0), "digest"));
    held = json_pack("{s:{s:i, s:b, s:[{s:s, s:s, s:s}, {s:s, s:s, s:s}]}}", digest, "level", 2, "outside", 0, "strangers", "address", "w@police.example", "person", "W",
                     "unit", "", "address", "list@police.example", "person", "", "unit", "");
    OK(mail_ask_put_held(with, held));
    assert_int_equal(json_array_size(json_arr(with, "strangers")), 2);
    row = row_of(with, "strangers", 0);
    assert_string_equal(json_str(row, "address"), "w@police.example");
    assert_string_equal(json_str(row, "person"), "W");
    assert_string_equal(json_str(row, "digest"), digest);
    assert_null(json_object_get(row, "unit"));
    assert_null(json_object_get(row_of(with, "strangers", 1), "person"));
    json_decref(held);
    held = json_pack("{s:{s:i, s:b, s:o}}", digest, "level", 2, "outside", 0, "strangers", json_array());
    for (unsigned i = 0; i <= MAIL_ASK_ROWS_MAX; i++)
        json_array_append_new(json_arr(json_obj(held, digest), "strangers"), json_pack("{s:s}", "address", "w@police.example"));
    assert_int_equal(mail_ask_put_held(with, held), MAIL_ASK_E_MANY);
}

/* What is opened bears it: a document for the macros in it, a program of Java for its classes, in an archive as well; else each member for itself. */
static void asks_what_runs(void **state)
{
    CLEANUP(mail_rules_done) struct mail_rules rules = {0};
    JSON_AUTO *receivers = json_pack("[s]", "w@police.example");
    JSON_AUTO *with = NULL;
    JSON_AUTO *report = json_loads(
        "{\"verdict\":\"read\",\"parts\":[{\"place\":\"1\",\"type\":\"text/plain\",\"sha256\":\"0\",\"runs\":\"script\",\"looked\":\"clean\"},"
        "{\"place\":\"2\",\"name\":\"a.zip\",\"sha256\":\"1\",\"looked\":\"clean\",\"members\":["
        "{\"name\":\"a.zip > b.exe\",\"layer\":1,\"runs\":\"program\"},"
        "{\"name\":\"a.zip > c.docm\",\"layer\":1,\"runs\":\"macros\"},"
        "{\"name\":\"a.zip > c.docm > [Content_Types].xml\",\"layer\":2},"
        "{\"name\":\"a.zip > c.docm > word/vbaProject.bin\",\"layer\":2,\"runs\":\"macros\"},"
        "{\"name\":\"a.zip > d.bin\",\"layer\":1},"
        "{\"name\":\"a.zip > d.bin > META-INF/MANIFEST.MF\",\"layer\":2},"
        "{\"name\":\"a.zip > d.bin > A.class\",\"layer\":2,\"runs\":\"program\"},"
        "{\"name\":\"a.zip > e.zip\",\"layer\":1},"
        "{\"name\":\"a.zip > e.zip > f.lnk\",\"layer\":2,\"runs\":\"shortcut\"},"
        "{\"name\":\"a.zip > c.docm > g.exe\",\"layer\":1,\"runs\":\"program\"}]},"
        "{\"place\":\"3\",\"name\":\"h.xlsx\",\"sha256\":\"2\",\"looked\":\"clean\",\"texts\":[\"3\"],\"members\":["
        "{\"name\":\"h.xlsx > [Content_Types].xml\",\"layer\":1},{\"name\":\"h.xlsx > xl/macrosheets/s.xml\",\"layer\":1,\"runs\":\"macros\"}]}]}",
        JSON_ALLOW_NUL, NULL);
    const json_t *row;
    char said[600] = "";
    size_t i;

    OK(mail_rules_init(&rules));
    OK(mail_ask_begin(report, receivers, &rules, false, &with));
    json_array_foreach (json_arr(with, "files"), i, row)
        if (*json_str(row, "runs"))
            snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s=%s %s\n", json_str(row, "name"), json_str(row, "runs"), json_str(row, "digest"));
    assert_string_equal(said, "a.zip > b.exe=program 1\na.zip > c.docm=macros 1\na.zip > d.bin=program 1\na.zip > e.zip > f.lnk=shortcut 1\n"
                              "a.zip > c.docm > g.exe=program 1\nh.xlsx=macros 3\nh.xlsx=macros 2\n");
}

/* What the register of reports has columns for. */
static void reports_what_it_is_asked(void **state)
{
    JSON_AUTO *report = json_pack("{s:s, s:[{s:s, s:s, s:s, s:b, s:s, s:s}]}", "verdict", "read", "parts", "place", "1", "name", "a.docm", "sha256", "0", "attributes", 1, "runs", "macros",
                                  "looked", "clean");
    JSON_AUTO *with = NULL;
    const json_t *row;

    OK(mail_ask_report(report, &with));
    row = row_of(with, "mail_files", 0);
    assert_string_equal(json_str(row, "runs"), "macros");
    assert_null(json_object_get(row, "attributes"));
    assert_null(json_object_get(row, "sealing"));
}

/* Names as they are written, not as they are shown. */
static void reads_what_runs(void **state)
{
    static const struct {
        const char *headers, *body, *word;
    } rows[] = {
        {"Content-Disposition: attachment; filename=a.pdf", "MZ=00=00=00", "program"},
        {"Content-Disposition: attachment; filename=a.pdf.js", "x", "disguised"},
        {"Content-Disposition: attachment; filename*=UTF-8''a%E2%80%AEfdp.txt", "x", "disguised"},
        {"Content-Disposition: attachment; filename=a.txt\r\nContent-Type: application/x; name=a.cmd", "x", "script"},
        {"Content-Disposition: attachment; filename=a.txt", "x", ""},
        {"Content-Disposition: attachment; filename=a.txt", "#!/bin/sh", "script"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[1000];
        JSON_AUTO *report = NULL;

        snprintf(text, sizeof(text), HEAD "Content-Transfer-Encoding: quoted-printable\r\n%s\r\n\r\n%s", rows[i].headers, rows[i].body);
        report = read_text(text);
        assert_string_equal(json_str(part_of(report, 0), "runs"), rows[i].word);
    }
}

/* Of the line and the receivers; sealed counts outside alone. */
static void asks_by_one_way(void **state)
{
    static const struct {
        const char *line, *receiver;
        bool seals;
        const char *way;
    } rows[] = {{"internal", "x@partner.example", true, "mail-internal"},
                {"external", "w@police.example", true, "mail-inside"},
                {"external", "x@partner.example", false, "mail-open"},
                {"external", "x@partner.example", true, "mail-sealed"}};
    json_t *report = read_text(TWO);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(mail_rules_done) struct mail_rules rules = {0};
        JSON_AUTO *receivers = json_pack("[s]", rows[i].receiver);
        JSON_AUTO *with = NULL, *envelope = json_object();

        OK(mail_rules_init(&rules));
        OK(mail_rules_parse("rules", STR("{\"inside\": [\"police.example\"]}"), &rules, NULL));
        rules.line_is_external = !strcmp(rows[i].line, "external");
        OK(mail_ask_begin(report, receivers, &rules, rows[i].seals, &with));
        assert_string_equal(mail_ask_channel(with), rows[i].way);
        /* The envelope alone says the same, which is what the ticket is held against. */
        OK(mail_ask_envelope(receivers, &rules, envelope));
        assert_true(json_equal(json_object_get(with, "receivers"), json_object_get(envelope, "receivers")));
        assert_string_equal(json_str(with, "route"), json_str(envelope, "route"));
        assert_string_equal(json_str(with, "leaves"), json_str(envelope, "leaves"));
    }
    json_decref(report);
}

static void knows_texts_by_the_ends_of_files(void **state)
{
    static const char *const bodies[] = {"a\r\nb", "a\r\nb\r\n", "a\r\nb\r\n\r\n\r\n"};
    /* of "a\nb\n" */
    static const char wanted[] = "911169ddaaf146aff539f58c26c489af3b892dff0fe283c1c264c65ae5aa59a2";

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        CLEANUP(buf_done) struct buf text;
        const json_t *digest;
        bool found = false;
        json_t *report;
        size_t k;

        buf_init(&text, 4096);
        OK(buf_printf(&text, HEAD "Content-Type: text/plain\r\n\r\n%s", bodies[i]));
        report = read_str(buf_str(&text));
        json_array_foreach (json_arr(part_of(report, 0), "texts"), k, digest)
            found |= !strcmp(json_string_value(digest), wanted);
        assert_true(found);
        json_decref(report);
    }
}

/* Whether any part of it says that it may be known by this. */
static bool tells_of(const json_t *report, struct str content)
{
    const struct digest d = sha256(content);
    const json_t *part, *known;
    size_t i, k;

    assert_string_equal(json_str(report, "verdict"), "read");
    json_array_foreach (json_arr(report, "parts"), i, part) {
        if (json_object_get(json_object_get(part, "others"), digest_text(&d).at))
            return true;
        json_array_foreach (json_arr(part, "texts"), k, known)
            if (!strcmp(json_string_value(known), digest_text(&d).at))
                return true;
    }
    return false;
}

#define TEN "\xe8\xa8\x98\xe5\x8f\xb7\xe9\xb6\xb4\xe4\xba\x80\xe6\x9d\xbe\xe7\xab\xb9\xe6\xa2\x85\xe6\xa1\x9c\xe8\x97\xa4\xe8\x8f\x8a" /* ten characters */
#define TEN_932 "\x8bL\x8d\x86\x92\xdf\x8b\x54\x8f\xbc\x92|\x94~\x8d\xf7\x93\xa1\x8b" "e"
#define TEN_JIS "\x1b$B5-9fDa55>>C]G_:yF#5F\x1b(B"

/* A file as mail programs make a text of it: as they end lines, in the encoding that they like, as base64 of pages and headers, within a message within. */
static void knows_files_in_the_shapes_of_mail(void **state)
{
    static const char lf[] = TEN "\n" TEN "\n" TEN "\n", windows[] = TEN_932 "\r\n" TEN_932 "\r\n" TEN_932 "\r\n" TEN_932,
                      unended[] = TEN "\r\n" TEN "\r\n" TEN, marked[] = "\xef\xbb\xbf" TEN "\r\n" TEN "\r\n" TEN "\r\n";
    static const char message[] = HEAD "Content-Type: text/plain\r\n\r\nsomething of some length\r\n";
    static const struct {
        const char *body, *content;
    } rows[] = {
        {"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" TEN_JIS "\r\n" TEN_JIS "\r\n" TEN_JIS "\r\n", lf},
        {"Content-Type: text/plain\r\n\r\n" TEN_JIS "\r\n" TEN_JIS "\r\n" TEN_JIS "\r\n", lf},
        {"Content-Type: text/plain; charset=utf-8\r\n\r\n" TEN "\r\n" TEN "\r\n" TEN "\r\n" TEN "\r\n", windows},
        {"Content-Type: text/plain; charset=shift_jis\r\n\r\n" TEN_932 "\r\n" TEN_932 "\r\n" TEN_932 "\r\n", lf},
        {"Content-Type: text/plain; charset=utf-8\r\n\r\n" TEN "\r\n" TEN "\r\n" TEN "\r\n", unended},
        {"Content-Type: text/plain; charset=utf-8\r\n\r\n" TEN "\r\n" TEN "\r\n" TEN "\r\n", marked},
        {"Content-Type: application/json\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" TEN "\r\n" TEN "\r\n" TEN "\r\n", lf},
        {"Content-Type: message/rfc822\r\n\r\n" HEAD "Content-Type: text/plain\r\n\r\nsomething of some length\r\n", message},
        {"Content-Type: message/rfc822\r\n\r\n" HEAD "Content-Type: application/json\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" TEN "\r\n" TEN "\r\n" TEN "\r\n", lf},
        {"Content-Type: application/octet-stream; name=a.eml\r\n\r\n" HEAD "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" TEN_JIS "\r\n" TEN_JIS "\r\n" TEN_JIS "\r\n", lf},
    };
    static const char coded[] = "the bytes of something that is carried as base64, one and a half lines";
    static const char *const shapes[] = {
        "Content-Type: text/plain\r\n\r\nhello\r\n\r\ndGhlIGJ5dGVzIG9mIHNvbWV0aGluZyB0aGF0IGlzIGNhcnJp\r\nZWQgYXMgYmFzZTY0LCBvbmUgYW5kIGEgaGFsZiBsaW5lcw==\r\nbye\r\n",
        "Content-Type: text/html\r\n\r\n<img src=\"data:a/b;base64,dGhlIGJ5dGVzIG9mIHNvbWV0aGluZyB0aGF0IGlzIGNhcnJpZWQgYXMgYmFzZTY0LCBvbmUgYW5kIGEgaGFsZiBsaW5lcw==\">\r\n",
        "X-Any: dGhlIGJ5dGVzIG9mIHNvbWV0aGluZyB0aGF0IGlzIGNhcnJpZWQg\r\n YXMgYmFzZTY0LCBvbmUgYW5kIGEgaGFsZiBsaW5lcw\r\nContent-Type: text/plain\r\n\r\nx\r\n",
        "Content-Type: application/octet-stream; name=a.eml\r\n\r\n" HEAD "Content-Description: dGhlIGJ5dGVzIG9mIHNvbWV0aGluZyB0aGF0IGlzIGNhcnJpZWQgYXMgYmFzZTY0LCBvbmUgYW5kIGEgaGFsZiBsaW5lcw==\r\n" PLAIN,
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_done) struct buf text;
        JSON_AUTO *report = NULL;

        buf_init(&text, 8192);
        OK(buf_printf(&text, HEAD "%s", rows[i].body));
        report = read_str(buf_str(&text));
        if (!tells_of(report, str_of(rows[i].content)))
            fail_msg("row %zu", i);
        assert_false(tells_of(report, str_of(coded)));
    }
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        CLEANUP(buf_done) struct buf text;
        JSON_AUTO *report = NULL;

        buf_init(&text, 8192);
        OK(buf_printf(&text, "From: a@police.example\r\nTo: x@partner.example\r\nMIME-Version: 1.0\r\n%s", shapes[i]));
        report = read_str(buf_str(&text));
        if (!tells_of(report, str_of(coded)))
            fail_msg("shape %zu", i);
    }
}

/* Bytes that nobody can read are no text of the message, whatever they are called. */
static void takes_no_bytes_for_a_text(void **state)
{
    static const struct {
        const char *body;
        bool is_text;
    } rows[] = {{"aGVsbG8K", true}, {"UEsDBBQAAAAAAAAA", false}, {"TVoAAAAAAAAA", false}, {"GyRCNS0bKEIK", true}, {"i0yNhgo=", true}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(mail_rules_done) struct mail_rules rules = {0};
        JSON_AUTO *receivers = json_pack("[s]", "x@partner.example");
        JSON_AUTO *report = NULL, *with = NULL;
        char text[1000];

        snprintf(text, sizeof(text), "%sContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n", HEAD, rows[i].body);
        report = read_text(text);
        OK(mail_rules_init(&rules));
        OK(mail_ask_begin(report, receivers, &rules, false, &with));
        if (strcmp(json_str(json_array_get(json_arr(with, "files"), 0), "sealing"), rows[i].is_text ? "text" : "none") != 0)
            fail_msg("row %zu", i);
    }
}

/* A row more for what is held, and for nothing else. */
static void asks_about_other_shapes(void **state)
{
    CLEANUP(mail_rules_done) struct mail_rules rules = {0};
    JSON_AUTO *receivers = json_pack("[s]", "x@partner.example");
    JSON_AUTO *report = json_pack("{s:s, s:[{s:s, s:s, s:s, s:s, s:{s:i, s:i}}, {s:s, s:s, s:{s:i, s:i}}]}", "verdict", "read", "parts", "place", "1", "type", "text/plain", "sha256", "0", "looked",
                                  "clean", "others", "0", 1, "a", 70, "place", "2", "type", "text/rfc822-headers", "others", "b", 80, "c", 90);
    JSON_AUTO *with = NULL, *others = NULL, *held = json_pack("{s:{s:i}}", "b", "level", 3), *none = json_object();

    OK(mail_rules_init(&rules));
    OK(mail_ask_begin(report, receivers, &rules, false, &with));
    OK(mail_ask_others(report, with, NULL, &others));
    assert_int_equal(json_object_size(others), 3);
    assert_int_equal(json_int(others, "c"), 90);
    OK(mail_ask_add_others(report, false, none, with));
    assert_int_equal(json_array_size(json_arr(with, "files")), 1);
    OK(mail_ask_add_others(report, false, held, with));
    OK(mail_ask_put_held(with, held));
    assert_int_equal(json_array_size(json_arr(with, "files")), 2);
    assert_string_equal(json_str(row_of(with, "files", 1), "held"), "c3");
    assert_string_equal(json_str(row_of(with, "files", 1), "place"), "2");
}

static void leaves_no_link(void **state)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {{"Info <info@bad.example>", "Info <info[at]bad[.]example>"},
                {"https://bad.example/x.exe", "hxxps://bad[.]example/x[.]exe"},
                {"HTTP://192.0.2.1", "hxxp://192[.]0[.]2[.]1"},
                {"終わり。", "終わり。"},
                {"a. b", "a. b"}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_done) struct buf out;

        buf_init(&out, 4096);
        OK(mail_defang(str_of(rows[i].text), &out));
        assert_true(str_eq(buf_str(&out), str_of(rows[i].wanted)));
    }
}

static void reports_what_lies_within(void **state)
{
    JSON_AUTO *with = NULL;
    json_t *report = read_text(HEAD "Content-Type: message/rfc822\r\n\r\nFrom: Evil <e@bad.example>\r\nReply-To: r@bad.example\r\n"
                                    "Subject: =?UTF-8?B?6KuL5rGC?=\r\n" PLAIN);

    OK(mail_ask_report(report, &with));
    assert_string_equal(json_str(with, "mail_sender"), "Evil <e[at]bad[.]example>");
    assert_string_equal(json_str(with, "mail_subject"), "請求");
    assert_non_null(strstr(json_str(with, "mail_headers"), "Reply-To: r[at]bad[.]example"));
    json_decref(report);
    json_decref(with);
    with = NULL;
    report = read_text("From: a@police.example\r\nFrom: b@police.example\r\n\r\nx\r\n");
    OK(mail_ask_report(report, &with));
    assert_non_null(strstr(json_str(with, "mail_headers"), "repeated"));
    json_decref(report);
}

static void refuses_in_both_languages(void **state)
{
    JSON_AUTO *outcome = json_pack("{s:[{s:s, s:[s], s:{s:s, s:s}}, {s:s, s:[s, s], s:{s:s, s:s}}]}", "unmet", "kind", "not-yet", "clauses", "H-1",
                                   "say", "ja", "後で\nやる", "en", "later", "kind", "forbidden", "clauses", "H-2", "H-3", "say", "ja", "禁止", "en", "no");
    CLEANUP(buf_done) struct buf clauses;
    JSON_AUTO *lines = NULL;

    buf_init(&clauses, 4096);
    OK(mail_ask_refusal(outcome, &lines, &clauses));
    assert_int_equal(json_array_size(lines), 4);
    assert_string_equal(json_string_value(json_array_get(lines, 0)), "H-2, H-3 禁止");
    assert_string_equal(json_string_value(json_array_get(lines, 1)), "H-2, H-3 no");
    assert_string_equal(json_string_value(json_array_get(lines, 2)), "H-1 後で やる");
    assert_string_equal(clauses.at, "H-2 H-3 H-1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names),
        cmocka_unit_test(seals_attachments),
        cmocka_unit_test(asks_about_rows),
        cmocka_unit_test(asks_what_rows_hold),
        cmocka_unit_test(asks_who_may_not_read),
        cmocka_unit_test(asks_what_runs),
        cmocka_unit_test(reports_what_it_is_asked),
        cmocka_unit_test(reads_what_runs),
        cmocka_unit_test(asks_by_one_way),
        cmocka_unit_test(knows_texts_by_the_ends_of_files),
        cmocka_unit_test(knows_files_in_the_shapes_of_mail),
        cmocka_unit_test(takes_no_bytes_for_a_text),
        cmocka_unit_test(asks_about_other_shapes),
        cmocka_unit_test(leaves_no_link),
        cmocka_unit_test(reports_what_lies_within),
        cmocka_unit_test(refuses_in_both_languages),      cmocka_unit_test(shows_broken_names),
        cmocka_unit_test(reads_addresses),  cmocka_unit_test(says_what_it_cannot_read),
        cmocka_unit_test(reads_what_is_encoded_well),
        cmocka_unit_test(knows_what_nothing_opens),
        cmocka_unit_test(reads_what_stands_beside_the_parts),
        cmocka_unit_test(finds_labels_in_long_names),
        cmocka_unit_test(finds_labels_in_members),
        cmocka_unit_test(reads_who_it_was_sent_to_again),
        cmocka_unit_test(holds_its_limits), cmocka_unit_test(judges),
        cmocka_unit_test(refuses_rules),
    };

    if (crypto_start() || mail_read_prepare())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
