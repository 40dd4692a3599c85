#include "guard/draw.h"

#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#define SPACE_MORE 16u
#define ENTITY_MAX 12u   /* bytes of "&#x10ffff;" and kin */
#define VALUE_MAX 400u   /* bytes of an attribute's value; longer ones are pictures and styles */
#define TARGET_MAX 4096u /* bytes of an address */
#define WIDTH_MAX 3u     /* bytes of UTF-8 for one of code page 932 */

const char *drawn_word(enum drawn d)
{
    static const char *const words[] = {"all", "part", "none"};

    return words[d];
}

int draw_prepare(void)
{
    static iconv_t kept; /* never closed: its tables stay where they are found without the disk */

    kept = iconv_open("UTF-8", "CP932");
    return kept != (iconv_t)-1 ? 0 : errno == ENOMEM ? -ENOMEM : -EINVAL;
}

bool draw_wants(enum content_type type)
{
    return type == CONTENT_TEXT || type == CONTENT_OTHER;
}

/* ---- encodings ---- */

int draw_cp932(struct str bytes, struct buf *out)
{
    size_t before = out->len, room = WIDTH_MAX * bytes.len + SPACE_MORE, in_left = bytes.len, out_left = room;
    char *in = (char *)(uintptr_t)bytes.at, *to = buf_grow(out, room);
    iconv_t cd;
    bool is_whole;

    if (!to)
        return -ENOMEM;
    cd = iconv_open("UTF-8", "CP932");
    if (cd == (iconv_t)-1) {
        out->len = before;
        return errno == ENOMEM ? -ENOMEM : 1;
    }
    is_whole = iconv(cd, &in, &in_left, &to, &out_left) != (size_t)-1 && !in_left;
    iconv_close(cd);
    out->len = is_whole ? before + room - out_left : before;
    return !is_whole;
}

static uint32_t unit_at(struct str s, size_t at, bool is_big)
{
    const unsigned char *b = (const unsigned char *)s.at + at;

    return is_big ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
}

/* Behind its mark. A half of a pair that stands alone is no character. */
static int from_utf16(struct str s, bool is_big, struct buf *out)
{
    int r = 0;

    for (size_t at = 2; !r && at + 1 < s.len; at += 2) {
        uint32_t c = unit_at(s, at, is_big);

        if (c >= 0xd800 && c < 0xdc00 && at + 3 < s.len) {
            uint32_t low = unit_at(s, at + 2, is_big);

            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                at += 2;
            }
        }
        r = c >= 0xd800 && c < 0xe000 ? 0 : utf8_put(c, out);
    }
    return r;
}

/* Text has none but of white space; bytes of a picture that happen to be characters of code page 932 do. */
static bool has_controls(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];

        if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f'))
            return true;
    }
    return false;
}

/* 1: no encoding of text. */
static int decode(struct str s, struct buf *out)
{
    static const char utf8_mark[] = "\xef\xbb\xbf";

    if (s.len >= 2 && (!memcmp(s.at, "\xff\xfe", 2) || !memcmp(s.at, "\xfe\xff", 2)))
        return from_utf16(s, s.at[0] == '\xfe', out);
    if (str_starts(s, str_of(utf8_mark)))
        s = (struct str){s.at + 3, s.len - 3};
    if (has_controls(s))
        return 1;
    return utf8_is_valid(s) ? buf_add_str(out, s) : draw_cp932(s, out);
}

/* ---- markup ---- */

struct markup {
    struct str in;
    size_t at;
    struct buf *out;  /* between the tags */
    struct buf aside; /* comments and attributes */
    bool has_targets; /* addresses in attributes are wanted, where they stand; and nothing aside */
};

static bool is_markup(struct str s)
{
    struct str t = str_trim(s);

    return t.len > 1 && t.at[0] == '<' && (t.at[1] == '?' || t.at[1] == '!' || ((t.at[1] | 0x20) >= 'a' && (t.at[1] | 0x20) <= 'z'));
}

/* The length of the character reference at the beginning of `s`, its character in *ret; 0: there is none. */
static size_t entity(struct str s, uint32_t *ret)
{
    static const struct {
        const char *name;
        uint32_t c;
    } named[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}};
    const char *end = memchr(s.at, ';', MIN_OF(s.len, (size_t)ENTITY_MAX));
    struct str name;
    uint64_t n;

    if (!end)
        return 0;
    name = (struct str){s.at + 1, (size_t)(end - s.at - 1)};
    for (size_t i = 0; i < ARRAY_LEN(named); i++)
        if (str_eq(name, str_of(named[i].name))) {
            *ret = named[i].c;
            return name.len + 2;
        }
    if (name.len > 2 && name.at[0] == '#' && (name.at[1] | 0x20) == 'x') {
        n = 0;
        for (size_t i = 2; i < name.len; i++) {
            char c = (char)(name.at[i] | 0x20);
            unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;

            if (digit == 16)
                return 0;
            n = n * 16 + digit;
        }
    } else if (name.len < 2 || name.at[0] != '#' || str_to_u64((struct str){name.at + 1, name.len - 1}, 0, 0x10ffff, &n)) {
        return 0;
    }
    if (!n || n > 0x10ffff || (n >= 0xd800 && n < 0xe000))
        return 0;
    *ret = (uint32_t)n;
    return name.len + 2;
}

static int add_unescaped(struct str s, struct buf *out)
{
    int r = 0;

    for (size_t at = 0; !r && at < s.len;) {
        const char *mark = memchr(s.at + at, '&', s.len - at);
        size_t plain = mark ? (size_t)(mark - s.at) - at : s.len - at, n;
        uint32_t c = '&';

        if ((r = buf_add(out, s.at + at, plain)) || !mark)
            return r;
        at += plain;
        n = entity((struct str){s.at + at, s.len - at}, &c);
        r = utf8_put(c, out);
        at += n ? n : 1;
    }
    return r;
}

/* A name of two words, or one in letters that are not ASCII's. */
static bool could_be_name(struct str value)
{
    if (value.len < 3 || value.len > VALUE_MAX)
        return false;
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.at[i] >= 0x80 || value.at[i] == ' ' || value.at[i] == '&')
            return true;
    return false;
}

static int add_aside(struct markup *m, struct str text)
{
    int r = add_unescaped(text, &m->aside);

    return r ? r : buf_add_char(&m->aside, '\n');
}

/* An address, as links have it. */
static bool is_target(struct str value)
{
    return value.len <= TARGET_MAX && (memmem(value.at, value.len, "://", 3) || str_starts(value, STR("mailto:")) || str_starts(value, STR("tel:")));
}

static int add_target(struct markup *m, struct str value)
{
    int r = buf_add_text(m->out, " <");

    if (!r)
        r = add_unescaped(value, m->out);
    return r ? r : buf_add_text(m->out, "> ");
}

/* What stands between here and `end`, which is passed over; all that is left where it does not come. */
static struct str take_until(struct markup *m, const char *end)
{
    size_t len = strlen(end);
    const char *found = m->at < m->in.len ? memmem(m->in.at + m->at, m->in.len - m->at, end, len) : NULL;
    struct str taken = {m->in.at + m->at, found ? (size_t)(found - m->in.at) - m->at : m->in.len - m->at};

    m->at += taken.len + (found ? len : 0);
    return taken;
}

/* Elements behind which a reader begins anew; names without their prefix. */
static bool ends_line(struct str name)
{
    static const char *const names[] = {"p", "h", "br", "si", "row", "tr", "td", "th", "li", "div", "title", "table-cell", "h1", "h2", "h3"};
    const char *colon = memchr(name.at, ':', name.len);

    if (colon)
        name = (struct str){colon + 1, name.len - (size_t)(colon - name.at) - 1};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(name, str_of(names[i])))
            return true;
    return false;
}

static struct str tag_name(struct str in, size_t at)
{
    size_t from = at < in.len && in.at[at] == '/' ? at + 1 : at, to = from;

    while (to < in.len && !strchr(" \t\r\n/>\"'<", in.at[to]))
        to++;
    return (struct str){in.at + from, to - from};
}

/* Behind its "<"; to its end or, where there is none, to the end of all. */
static int take_tag(struct markup *m)
{
    struct str name = tag_name(m->in, m->at);
    bool is_end = m->at < m->in.len && (m->in.at[m->at] == '/' || str_eq(name, STR("br")));
    int r = 0;

    while (!r && m->at < m->in.len && m->in.at[m->at] != '>') {
        char c = m->in.at[m->at++];
        struct str value;

        if (c != '"' && c != '\'')
            continue;
        value = take_until(m, c == '"' ? "\"" : "'");
        if (m->has_targets)
            r = is_target(value) ? add_target(m, value) : 0;
        else
            r = could_be_name(value) ? add_aside(m, value) : 0;
    }
    m->at += m->at < m->in.len;
    return !r && is_end && ends_line(name) ? buf_add_char(m->out, '\n') : r;
}

static bool takes(struct markup *m, const char *word)
{
    if (!str_starts((struct str){m->in.at + m->at, m->in.len - m->at}, str_of(word)))
        return false;
    m->at += strlen(word);
    return true;
}

/* One tag, comment or piece of text. */
static int take_one(struct markup *m)
{
    const char *next;
    size_t n;
    int r;

    if (takes(m, "<!--")) {
        struct str comment = take_until(m, "-->");

        return m->has_targets ? 0 : add_aside(m, comment);
    }
    if (takes(m, "<![CDATA["))
        return buf_add_str(m->out, take_until(m, "]]>"));
    if (takes(m, "<"))
        return take_tag(m);
    next = memchr(m->in.at + m->at, '<', m->in.len - m->at);
    n = next ? (size_t)(next - m->in.at) - m->at : m->in.len - m->at;
    r = add_unescaped((struct str){m->in.at + m->at, n}, m->out);
    m->at += n;
    return r;
}

static int strip(struct str in, struct buf *out)
{
    struct markup m = {.in = in, .out = out};
    int r = 0;

    buf_init(&m.aside, 4 * in.len + SPACE_MORE);
    while (!r && m.at < in.len)
        r = take_one(&m);
    if (!r && m.aside.len && !(r = buf_add_char(out, '\n')))
        r = buf_add_str(out, buf_str(&m.aside));
    buf_wipe(&m.aside);
    return r;
}

int draw_markup(struct str in, struct buf *out)
{
    struct markup m = {.in = in, .out = out, .has_targets = true};
    int r = 0;

    while (!r && m.at < in.len)
        r = take_one(&m);
    return r;
}

int draw_plain(struct str bytes, struct buf *out)
{
    CLEANUP(buf_wipe) struct buf utf8;
    int r;

    buf_init(&utf8, WIDTH_MAX * bytes.len + SPACE_MORE);
    if ((r = decode(bytes, &utf8)))
        return r;
    return is_markup(buf_str(&utf8)) ? draw_markup(buf_str(&utf8), out) : buf_add_str(out, buf_str(&utf8));
}

/* ---- the whole ---- */

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* White space becomes one space, other controls nothing: a canonical value takes neither. */
static int without_controls(struct str s, struct buf *out)
{
    int r = 0;

    for (size_t at = 0; !r && at < s.len;) {
        size_t from = at;
        uint32_t c = utf8_next(s, &at);

        if (c == ' ' || (c >= '\t' && c <= '\r'))
            r = !out->len || out->at[out->len - 1] == ' ' ? 0 : buf_add_char(out, ' ');
        else if (!is_control(c))
            r = buf_add(out, s.at + from, at - from);
    }
    return r;
}

/* At the border of a character. */
static struct str cut(struct str s, size_t max)
{
    size_t n = MIN_OF(s.len, max);

    while (n && n < s.len && ((unsigned char)s.at[n] & 0xc0) == 0x80)
        n--;
    return (struct str){s.at, n};
}

static int finish(struct str text, size_t max, struct buf *out, enum drawn *ret)
{
    CLEANUP(buf_wipe) struct buf plain, nfc;
    struct str some;
    int r;

    buf_init(&plain, text.len + SPACE_MORE);
    buf_init(&nfc, 4 * text.len + SPACE_MORE);
    if ((r = without_controls(text, &plain)) || (r = utf8_nfc(buf_str(&plain), false, &nfc)))
        return r < 0 ? r : -ENOMEM; /* it has been made valid */
    some = cut(buf_str(&nfc), max);
    *ret = some.len < nfc.len ? DRAWN_PART : DRAWN_ALL;
    return buf_add_str(out, some);
}

int draw(enum content_type type, struct str bytes, size_t max, struct buf *out, enum drawn *ret)
{
    CLEANUP(buf_wipe) struct buf utf8, stripped;
    int r;

    buf_init(&utf8, WIDTH_MAX * bytes.len + SPACE_MORE);
    buf_init(&stripped, 8 * bytes.len + SPACE_MORE);
    *ret = type == CONTENT_EMPTY ? DRAWN_ALL : DRAWN_NONE;
    if (!draw_wants(type) || !bytes.len)
        return 0;
    if (bytes.len > DRAW_BYTES_MAX) {
        const char *end = memrchr(bytes.at, '\n', DRAW_BYTES_MAX);

        if (!end)
            return 0;
        bytes.len = (size_t)(end - bytes.at);
        max = MIN_OF(max, bytes.len / 2); /* less than what is left of it: so it is told as a part */
    }
    if ((r = decode(bytes, &utf8)))
        return MIN_OF(r, 0);
    if (!is_markup(buf_str(&utf8)))
        return finish(buf_str(&utf8), max, out, ret);
    r = strip(buf_str(&utf8), &stripped);
    return r ? r : finish(buf_str(&stripped), max, out, ret);
}
