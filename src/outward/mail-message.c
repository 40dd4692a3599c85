#include "outward/mail-message.h"

#include "base/codec.h"
#include "base/mail-address.h"
#include "base/time.h"
#include "base/utf8.h"

#define WORD_BYTES \
    36 /* of UTF-8 in one encoded word: 60 characters with its frame, behind the name of a header, too */
#define LINE_BYTES 57 /* in one line of base64: 76 characters */

/* The first `max` bytes at most, and whole characters. */
static struct str whole(struct str s, size_t max)
{
    size_t n = MIN_OF(s.len, max);

    while (n && n < s.len && ((unsigned char)s.at[n] & 0xc0) == 0x80)
        n--;
    return (struct str){s.at, n};
}

static bool is_text(struct str s)
{
    return utf8_is_valid(s) && (!s.len || !memchr(s.at, 0, s.len));
}

/* Encoded always, so that no text can end a header or look like one. */
static int encoded_words(struct str text, struct buf *out)
{
    CLEANUP(buf_done) struct buf clean;
    int r = 0;

    buf_init(&clean, MAIL_SUBJECT_MAX);
    text = whole(text, MAIL_SUBJECT_MAX);
    for (size_t i = 0; !r && i < text.len; i++)
        r = buf_add_char(&clean,
                         (unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f ? ' ' : text.at[i]);
    for (struct str rest = buf_str(&clean); !r && rest.len;) {
        struct str piece = whole(rest, WORD_BYTES);

        r = buf_add_text(out, rest.at == clean.at ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
        if (!r)
            r = base64_print(piece.at, piece.len, out);
        if (!r)
            r = buf_add_text(out, "?=");
        rest = (struct str){rest.at + piece.len, rest.len - piece.len};
    }
    return r;
}

/* "Fri, 10 Apr 2026 09:00:00 +0900" */
static int print_date(uint64_t us, struct buf *out)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int32_t day = day_of_instant(us);
    struct civil c = civil_from_day(day);
    unsigned s = (unsigned)((us + LOCAL_OFFSET_US) / US_PER_SECOND % 86400);

    return buf_printf(out, "%s, %d %s %d %02u:%02u:%02u +0900", days[day_of_week(day)], c.day,
                      months[c.month - 1], c.year, s / 3600, s / 60 % 60, s % 60);
}

/* Two installations that send under one domain have their own ids. A server may drop a message whose id it has seen. */
static int print_id(const struct mail_message *m, struct buf *out)
{
    struct digest d = sha256(m->origin);
    const char *at = memchr(m->sender.at, '@', m->sender.len);
    int r =
        buf_printf(out, "<tsujiban.%lld.%llx.", (long long)m->id, (unsigned long long)m->made_us);

    if (!r)
        r = hex_print(d.bytes, 6, out);
    return r ? r : buf_printf(out, "%.*s>", (int)(m->sender.len - (size_t)(at - m->sender.at)), at);
}

static int print_body(struct str body, struct buf *out)
{
    CLEANUP(buf_done) struct buf lines;
    int r = 0;

    buf_init(&lines, MAIL_MESSAGE_MAX);
    for (size_t i = 0; !r && i < body.len; i++)
        if (body.at[i] != '\r')
            r = body.at[i] == '\n' ? buf_add_text(&lines, "\r\n")
                                   : buf_add_char(&lines, body.at[i]);
    for (size_t i = 0; !r && i < lines.len; i += LINE_BYTES) {
        r = base64_print(lines.at + i, MIN_OF(lines.len - i, (size_t)LINE_BYTES), out);
        if (!r)
            r = buf_add_text(out, "\r\n");
    }
    return r;
}

int mail_message_print(const struct mail_message *m, struct buf *out)
{
    int r;

    if (!mail_address_ok(m->sender) || !mail_address_ok(m->to))
        return MAIL_MESSAGE_E_ADDRESS;
    if (!is_text(m->subject) || !is_text(m->body) || !is_text(m->sender_name))
        return MAIL_MESSAGE_E_TEXT;
    if ((r = buf_add_text(out, "Date: ")) || (r = print_date(m->now_us, out)) ||
        (r = buf_add_text(out, "\r\nFrom: ")) || (r = encoded_words(m->sender_name, out)) ||
        (r = buf_printf(out, "\r\n <%.*s>", STR_ARG(m->sender))) ||
        (r = buf_printf(out, "\r\nTo: <%.*s>\r\nMessage-ID:\r\n ", STR_ARG(m->to))) ||
        (r = print_id(m, out)) || (r = buf_add_text(out, "\r\nSubject: ")) ||
        (r = encoded_words(m->subject, out)) ||
        (r = buf_add_text(
             out, "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n")))
        return r;
    return print_body(m->body, out);
}
