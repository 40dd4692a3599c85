/* The bytes of a message: what receivers' programs read, whatever the texts hold; and which addresses are written to at all. */
#include "outward/mail-message.h"
#include "base/codec.h"
#include "base/mail-address.h"
#include "base/time.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#define OK(call) assert_int_equal((call), 0)

static struct mail_message sample(void)
{
    return (struct mail_message){.id = 7,
                                 .made_us = UINT64_C(1775775600) * US_PER_SECOND,
                                 .origin = STR("shiken.example/test"),
                                 .sender = STR("tsujiban@police.example"),
                                 .to = STR("hanako@police.example"),
                                 .sender_name = STR("試験県警察"),
                                 .subject = STR("指定された"),
                                 .body = STR("本文\n二行目\n"),
                                 .now_us = UINT64_C(1775779200) * US_PER_SECOND};
}

static void print(const struct mail_message *m, struct buf *out)
{
    buf_init(out, MAIL_MESSAGE_MAX);
    OK(mail_message_print(m, out));
}

/* No line is longer than 78 characters or holds anything but printable ASCII; every line ends in CR LF. */
static void assert_lines(const struct buf *b)
{
    struct str rest = buf_str(b), line;

    assert_true(str_ends(rest, STR("\r\n")));
    while (str_split(&rest, '\n', &line)) {
        if (!rest.at)
            break;
        assert_true(line.len && line.at[line.len - 1] == '\r' && line.len <= 79);
        for (size_t i = 0; i + 1 < line.len; i++)
            assert_in_range(line.at[i], 0x20, 0x7e);
    }
}

static void decode_body(const struct buf *b, struct buf *out)
{
    const char *at = strstr(b->at, "\r\n\r\n") + 4;
    CLEANUP(buf_done) struct buf joined;

    buf_init(&joined, MAIL_MESSAGE_MAX);
    for (; *at; at++)
        if (*at != '\r' && *at != '\n')
            OK(buf_add_char(&joined, *at));
    buf_init(out, MAIL_MESSAGE_MAX);
    OK(base64_parse(buf_str(&joined), out));
}

static void test_a_message_as_it_stands(void **state)
{
    struct mail_message m = sample();
    CLEANUP(buf_done) struct buf b, body;

    print(&m, &b);
    assert_lines(&b);
    decode_body(&b, &body);
    assert_string_equal(body.at, "本文\r\n二行目\r\n");
    assert_non_null(strstr(b.at, "Date: Fri, 10 Apr 2026 09:00:00 +0900\r\n"));
    assert_non_null(strstr(b.at, "\r\nTo: <hanako@police.example>\r\n"));
    assert_non_null(strstr(b.at, "\r\nSubject: =?UTF-8?B?5oyH5a6a44GV44KM44Gf?=\r\n"));
    assert_non_null(strstr(b.at, "\r\nAuto-Submitted: auto-generated\r\n\r\n"));
}

/* The same at each try, another for each message and installation: also for one that has the number of a lost one, after going back to
 * an older copy. */
static void test_its_id_is_its_own(void **state)
{
    struct mail_message m = sample(), later = sample(), other = sample(), again = sample();
    CLEANUP(buf_done) struct buf a, b, c, d;

    later.now_us += US_PER_DAY;
    other.origin = STR("shiken.example/other");
    print(&m, &a);
    print(&later, &b);
    print(&other, &c);
    again.made_us++;
    print(&again, &d);
    assert_memory_equal(strstr(a.at, "<tsujiban.7."), strstr(b.at, "<tsujiban.7."), 50);
    assert_memory_not_equal(strstr(a.at, "<tsujiban.7."), strstr(c.at, "<tsujiban.7."), 50);
    assert_memory_not_equal(strstr(a.at, "<tsujiban.7."), strstr(d.at, "<tsujiban.7."), 50);
}

/* Whatever a title holds, the headers are those that we wrote, and no encoded word cuts a character. */
static void test_no_text_makes_a_header(void **state)
{
    static const char *const subjects[] = {"x\r\nBcc: evil@example.net\r\n\r\nbody", "\n\n\n.\n",
                                           "=?UTF-8?B?eA==?=", "", "\x1b[31m\x7f"};
    CLEANUP(buf_done) struct buf many;

    for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
        struct mail_message m = sample();
        CLEANUP(buf_done) struct buf b;

        m.subject = m.sender_name = str_of(subjects[i]);
        m.body = str_of(subjects[i]);
        print(&m, &b);
        assert_null(strstr(b.at, "Bcc"));
        assert_null(strstr(b.at, "\r\n.\r\n"));
        if (m.body.len)
            assert_lines(&b);
    }
    buf_init(&many, 4096);
    for (int i = 0; i < 300; i++)
        OK(buf_add_text(&many, i % 3 ? "漢" : "a"));
    struct mail_message m = sample();
    CLEANUP(buf_done) struct buf b;

    m.subject = buf_str(&many);
    print(&m, &b);
    assert_lines(&b);
    for (const char *at = b.at; (at = strstr(at, "=?UTF-8?B?"));) {
        CLEANUP(buf_done) struct buf piece;
        const char *end = strstr(at += 10, "?=");

        buf_init(&piece, 256);
        OK(base64_parse((struct str){at, (size_t)(end - at)}, &piece));
        assert_true(end - at <= 63);
        assert_true(((unsigned char)piece.at[0] & 0xc0) != 0x80);
    }
}

static void test_what_is_not_printed(void **state)
{
    struct mail_message bad_to = sample(), bad_sender = sample(), bad_text = sample(),
                        large = sample();
    char *text = malloc(MAIL_MESSAGE_MAX);
    CLEANUP(buf_done) struct buf b;

    assert_non_null(text);
    memset(text, 'x', MAIL_MESSAGE_MAX);
    buf_init(&b, MAIL_MESSAGE_MAX);
    bad_to.to = STR("hanako@police.example>\r\nBcc: x@y.example");
    assert_int_equal(mail_message_print(&bad_to, &b), MAIL_MESSAGE_E_ADDRESS);
    bad_sender.sender = STR("");
    assert_int_equal(mail_message_print(&bad_sender, &b), MAIL_MESSAGE_E_ADDRESS);
    bad_text.body = STR("\xff");
    assert_int_equal(mail_message_print(&bad_text, &b), MAIL_MESSAGE_E_TEXT);
    bad_text.body = STR("a\0b");
    assert_int_equal(mail_message_print(&bad_text, &b), MAIL_MESSAGE_E_TEXT);
    large.body = (struct str){text, MAIL_MESSAGE_MAX};
    assert_int_equal(mail_message_print(&large, &b), -ENOSPC);
    free(text);
}

static void test_addresses(void **state)
{
    static const char *const good[] = {"a@b", "hanako.yamada+x@police.example",
                                       "o'hara@x-1.example", "1@2.example"};
    static const char *const bad[] = {
        "",       "@",     "a@",    "@b",      "a@b@c",   "a b@c",
        "a..b@c", ".a@c",  "a.@c",  "a@b..c",  "a@-b",    "a@b-",
        "a@b.",   "a\n@b", "a@b\n", "<a@b>",   "\"a\"@b", "a@[127.0.0.1]",
        "漢@b",   "a@漢",  "a,b@c", "a@b,c@d", "a;@b"};
    char text[400];

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (!mail_address_ok(str_of(good[i])))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (mail_address_ok(str_of(bad[i])))
            fail_msg("%s", bad[i]);
    snprintf(text, sizeof(text), "%0*d@x.example", MAIL_LOCAL_MAX, 0);
    assert_true(mail_address_ok(str_of(text)));
    snprintf(text, sizeof(text), "%0*d@x.example", MAIL_LOCAL_MAX + 1, 0);
    assert_false(mail_address_ok(str_of(text)));
    snprintf(text, sizeof(text), "a@%064d.example", 0);
    assert_false(mail_address_ok(str_of(text)));
    assert_false(mail_address_ok((struct str){"a\0@b", 4}));
}

static void test_servers_and_bases(void **state)
{
    static const char *const good[] = {"smtp://mail.example", "smtp://mail.example:587",
                                       "smtps://[::1]:465", "smtp://127.0.0.2:25"};
    static const char *const bad[] = {"",
                                      "mail.example",
                                      "http://x",
                                      "smtp://",
                                      "smtp://u@x",
                                      "smtp://x:0",
                                      "smtp://x:65536",
                                      "smtp://x/y",
                                      "smtp://x:25 ",
                                      "smtp://[::1",
                                      "smtp://[x]:1",
                                      "smtp://x\n",
                                      "smtp://x?y",
                                      "smtp://[::1]25"};
    static const char *const bases[] = {"https://x.example", "http://127.0.0.1:8480",
                                        "https://x.example/tsujiban"};
    static const char *const no_bases[] = {"",
                                           "x",
                                           "https://",
                                           "https://x/",
                                           "https://x?y",
                                           "https://x/\n",
                                           "javascript:x",
                                           "https://x/<b>"};

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (!mail_server_ok(str_of(good[i])))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (mail_server_ok(str_of(bad[i])))
            fail_msg("%s", bad[i]);
    for (size_t i = 0; i < ARRAY_LEN(bases); i++)
        if (!mail_base_ok(str_of(bases[i])))
            fail_msg("%s", bases[i]);
    for (size_t i = 0; i < ARRAY_LEN(no_bases); i++)
        if (mail_base_ok(str_of(no_bases[i])))
            fail_msg("%s", no_bases[i]);
    assert_true(mail_server_is_here(STR("smtp://127.0.0.1:25")) &&
                mail_server_is_here(STR("smtp://[::1]")));
    assert_false(mail_server_is_here(STR("smtp://127.0.0.2:25")) ||
                 mail_server_is_here(STR("smtp://localhost.example")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_as_it_stands),
        cmocka_unit_test(test_its_id_is_its_own),
        cmocka_unit_test(test_no_text_makes_a_header),
        cmocka_unit_test(test_what_is_not_printed),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_servers_and_bases),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
