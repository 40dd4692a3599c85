#include "guard/mail-forms.h"

#include "base/codec.h"
#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#define PIECE_MIN 40u /* characters of base64 with which a run begins */

static const char *const encodings[] = {"UTF-8", "CP932", "EUC-JP", "UTF-16LE", "ISO-2022-JP"};

int mail_forms_prepare(void)
{
    static iconv_t kept[2 * ARRAY_LEN(encodings)]; /* never closed */

    for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
        kept[2 * i] = iconv_open("UTF-8", encodings[i]);
        kept[2 * i + 1] = iconv_open(encodings[i], "UTF-8");
        if (kept[2 * i] == (iconv_t)-1 || kept[2 * i + 1] == (iconv_t)-1)
            return -EIO;
    }
    return 0;
}

static int add_form(struct str bytes, json_t *to)
{
    const struct digest d = sha256(bytes);

    return bytes.len < FORM_MIN ? 0 : json_put_int(to, digest_text(&d).at, (int64_t)bytes.len);
}

/* Behind what `out` has. 1: it cannot be written so. */
static int convert(struct str s, const char *from, const char *into, struct buf *out)
{
    const size_t before = out->len, room = 4 * s.len + 16;
    size_t in_left = s.len, out_left = room;
    char *in = (char *)(uintptr_t)s.at, *to = buf_grow(out, room);
    iconv_t cd = to ? iconv_open(into, from) : (iconv_t)-1;
    bool is_whole;

    if (cd == (iconv_t)-1) {
        buf_cut(out, before);
        return !to || errno == ENOMEM ? -ENOMEM : 1;
    }
    is_whole = iconv(cd, &in, &in_left, &to, &out_left) == 0 && !in_left && iconv(cd, NULL, NULL, &to, &out_left) == 0;
    iconv_close(cd);
    buf_cut(out, is_whole ? before + room - out_left : before);
    return !is_whole;
}

/* As the mail program says that it is to be read, and else as it can be. */
static int read_as_utf8(struct str bytes, const char *charset, struct buf *out)
{
    const char *const said = charset && *charset ? charset : "UTF-8";
    const char *const ways[] = {bytes.len && memchr(bytes.at, 0x1b, bytes.len) ? "ISO-2022-JP" : said, said, "UTF-8", "CP932"};

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        int r = convert(bytes, ways[i], "UTF-8", out);

        if (r <= 0)
            return r;
    }
    return buf_add_str(out, bytes);
}

static int add_encoded(struct str text, json_t *to)
{
    static const struct {
        const char *name;
        struct str mark;
    } ways[] = {{"CP932", {"", 0}}, {"EUC-JP", {"", 0}}, {"UTF-16LE", {"\xff\xfe", 2}}};
    CLEANUP(buf_done) struct buf out;
    int r;

    buf_init(&out, SIZE_MAX);
    r = add_form(text, to) ?: buf_add_text(&out, "\xef\xbb\xbf") ?: buf_add_str(&out, text) ?: add_form(buf_str(&out), to);
    for (size_t i = 0; !r && text.len <= FORM_TEXT_MAX && i < ARRAY_LEN(ways); i++) {
        buf_clear(&out);
        r = buf_add_str(&out, ways[i].mark) ?: convert(text, "UTF-8", ways[i].name, &out);
        r = r < 0 ? r : r ? 0 : add_form(buf_str(&out), to);
    }
    return r;
}

/* `lines` end in LF. */
static int add_ended(struct str lines, struct str end, json_t *to)
{
    CLEANUP(buf_done) struct buf out;
    struct str line;
    size_t kept = 0, at = 0;
    int r = 0;

    buf_init(&out, SIZE_MAX);
    while (!r && at < lines.len) {
        const char *lf = memchr(lines.at + at, '\n', lines.len - at);

        line = (struct str){lines.at + at, lf ? (size_t)(lf - lines.at) - at : lines.len - at};
        at += line.len + (lf != NULL);
        r = buf_add_str(&out, line);
        if (line.len)
            kept = out.len;
        if (!r && lf)
            r = buf_add_str(&out, end);
    }
    if (r || (r = add_encoded(buf_str(&out), to)))
        return r;
    buf_cut(&out, kept);
    return add_encoded(buf_str(&out), to) ?: buf_add_str(&out, end) ?: add_encoded(buf_str(&out), to);
}

int mail_forms_text(struct str bytes, const char *charset, json_t *to)
{
    CLEANUP(buf_done) struct buf text, lines;
    int r = 0;

    buf_init(&text, SIZE_MAX);
    buf_init(&lines, SIZE_MAX);
    if (bytes.len <= FORM_TEXT_MAX ? (r = read_as_utf8(bytes, charset, &text)) : (r = buf_add_str(&text, bytes)))
        return r;
    if (text.len >= 3 && !memcmp(text.at, "\xef\xbb\xbf", 3)) /* a mark is put before it again */
        return mail_forms_text((struct str){text.at + 3, text.len - 3}, "UTF-8", to);
    for (size_t i = 0; !r && i < text.len; i++)
        if (text.at[i] != '\r' || i + 1 == text.len || text.at[i + 1] != '\n')
            r = buf_add_char(&lines, text.at[i]);
    return r ?: add_ended(buf_str(&lines), STR("\n"), to) ?: add_ended(buf_str(&lines), STR("\r\n"), to);
}

/* ---- base64 ---- */

static bool is_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* Without padding it is given some; what is no base64 after all is none. */
static int add_run(struct buf *run, json_t *to)
{
    CLEANUP(buf_done) struct buf bytes;
    int r = 0;

    buf_init(&bytes, SIZE_MAX);
    while (!r && run->len % 4 != 0)
        r = buf_add_char(run, '=');
    if (!r && run->len && (r = base64_parse(buf_str(run), &bytes)) == 0)
        r = add_form(buf_str(&bytes), to);
    buf_clear(run);
    return r < 0 ? r : 0;
}

/* A run goes on in the next line where it reached the end of this one; the one that is shorter is its last. `width`: 0 not known. */
static int add_line(struct str line, struct buf *run, size_t *width, json_t *to)
{
    size_t at = 0;
    int r = 0;

    while (!r && at < line.len) {
        const size_t start = at;
        size_t end, len;
        bool goes_on = run->len > 0;

        while (at < line.len && is_digit(line.at[at]))
            at++;
        for (end = at; at > start && end < line.len && end < at + 2 && line.at[end] == '=';)
            end++;
        len = end - start;
        if (goes_on && (start > 0 || !len || (*width && len > *width))) {
            r = add_run(run, to);
            goes_on = false;
        }
        if (!r && (goes_on || at - start >= PIECE_MIN)) {
            r = buf_add(run, line.at + start, len);
            if (!r && (end < line.len || end > at || (goes_on && *width && len < *width)))
                r = add_run(run, to);
        }
        *width = start ? 0 : len;
        at = MAX_OF(end, start + 1);
    }
    return r;
}

int mail_forms_coded(struct str text, json_t *to)
{
    CLEANUP(buf_done) struct buf run;
    struct str line;
    size_t width = 0;
    int r = 0;

    buf_init(&run, SIZE_MAX);
    while (!r && str_split(&text, '\n', &line)) {
        line = str_trim(line);
        r = line.len ? add_line(line, &run, &width, to) : add_run(&run, to);
    }
    return r ? r : add_run(&run, to);
}
