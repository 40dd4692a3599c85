/* Any bytes as what a message says: its first line is who sends, its second the subject, its third the receiver, the rest the text. What is
 * printed has the headers that we write, once each, lines that every server takes, and the text as it was. */
#include "outward/mail-message.h"

#include "base/codec.h"
#include "base/mail-address.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Printable characters, 78 at most but where an address stands, which no line can break; and more than the end of the data. */
static void check_line(struct str line)
{
    size_t max = str_starts(line, STR("To: <")) ? MAIL_ADDRESS_MAX + 7 : 79;

    assert(line.len && line.at[line.len - 1] == '\r' && line.len <= max);
    assert(!str_eq(line, STR(".\r")));
    for (size_t i = 0; i + 1 < line.len; i++)
        assert(line.at[i] >= 0x20 && line.at[i] <= 0x7e);
}

/* Each header once, in our order; what goes on stands behind a space. */
static struct str check_head(struct str rest)
{
    static const char *const names[] = {
        "Date: ",          "From: ",         "To: ",           "Message-ID:",
        "Subject: ",       "MIME-Version: ", "Content-Type: ", "Content-Transfer-Encoding: ",
        "Auto-Submitted: "};
    struct str line;
    size_t n = 0;

    while (str_split(&rest, '\n', &line) && line.len > 1) {
        check_line(line);
        if (line.at[0] == ' ')
            continue;
        assert(n < ARRAY_LEN(names) && str_starts(line, str_of(names[n])));
        n++;
    }
    assert(n == ARRAY_LEN(names));
    return rest;
}

/* With lines ended by CR LF, as the text has none of its own. */
static void check_body(struct str rest, struct str text)
{
    struct buf joined, plain;
    struct str line;
    size_t at = 0;

    buf_init(&joined, MAIL_MESSAGE_MAX);
    buf_init(&plain, MAIL_MESSAGE_MAX);
    while (rest.len && str_split(&rest, '\n', &line)) {
        check_line(line);
        if (buf_add(&joined, line.at, line.len - 1))
            abort();
    }
    if (base64_parse(buf_str(&joined), &plain))
        abort();
    for (size_t i = 0; i < plain.len; i++) {
        if (plain.at[i] == '\r')
            continue;
        while (at < text.len && text.at[at] == '\r')
            at++;
        assert(at < text.len && text.at[at] == plain.at[i]);
        at++;
    }
    for (; at < text.len; at++)
        assert(text.at[at] == '\r');
    buf_done(&joined);
    buf_done(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mail_message m = {.id = 7,
                             .made_us = 1,
                             .origin = STR("shiken.example/test"),
                             .sender = STR("tsujiban@police.example"),
                             .now_us = UINT64_C(1775779200000000)};
    struct str rest = {(const char *)data, size};
    struct buf out;
    int r;

    if (!str_split(&rest, '\n', &m.sender_name) || !str_split(&rest, '\n', &m.subject) ||
        !str_split(&rest, '\n', &m.to))
        return 0;
    m.body = rest.at ? rest : STR("");
    (void)mail_server_is_here(m.to);
    assert(!mail_base_ok(m.to) || !mail_address_ok(m.to));
    buf_init(&out, MAIL_MESSAGE_MAX);
    r = mail_message_print(&m, &out);
    assert(r == 0 || r == MAIL_MESSAGE_E_ADDRESS || r == MAIL_MESSAGE_E_TEXT || r == -ENOSPC);
    assert(r == MAIL_MESSAGE_E_ADDRESS || mail_address_ok(m.to));
    if (!r)
        check_body(check_head(buf_str(&out)), m.body);
    buf_done(&out);
    return 0;
}
