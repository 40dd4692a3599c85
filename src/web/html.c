/* See html.h.  The start tag stays open (`in_tag`) until the first text, child or end tag comes, so that attributes can
 * follow; a bit for each attribute finds one given twice. */
#include "web/html.h"

#include "base/utf8.h"

#include <errno.h>

enum attribute_kind { ATTRIBUTE_TEXT, ATTRIBUTE_URL, ATTRIBUTE_NUMBER, ATTRIBUTE_BOOL };

static const struct {
    struct str name;
    unsigned flags;
} elements[HTML_ELEMENT_COUNT] = {
#define X(id, text, flag) [HTML_##id] = {{text, sizeof(text) - 1}, flag},
    HTML_ELEMENTS(X)
#undef X
};

static const struct {
    struct str name;
    enum attribute_kind kind;
} attributes[HTML_ATTRIBUTE_COUNT] = {
#define X(id, text, kind) [HTML_##id] = {{text, sizeof(text) - 1}, ATTRIBUTE_##kind},
    HTML_ATTRIBUTES(X)
#undef X
};
static_assert(HTML_ATTRIBUTE_COUNT <= 128, "one bit for each attribute");
static_assert(HTML_ELEMENT_COUNT <= 64, "one bit for each element");

#define BIT(e) (UINT64_C(1) << HTML_##e)
#define BYTE(c) (UINT64_C(1) << (c))

/* Elements that may stand only directly inside certain others. */
static uint64_t parents_of(enum html_element e)
{
    switch (e) {
    case HTML_HEAD:
    case HTML_BODY:
        return BIT(HTML);
    case HTML_TITLE:
    case HTML_META:
        return BIT(HEAD);
    case HTML_LI:
        return BIT(UL) | BIT(OL);
    case HTML_DT:
    case HTML_DD:
        return BIT(DL) | BIT(DIV);
    case HTML_CAPTION:
    case HTML_THEAD:
    case HTML_TBODY:
        return BIT(TABLE);
    case HTML_TR:
        return BIT(THEAD) | BIT(TBODY);
    case HTML_TH:
    case HTML_TD:
        return BIT(TR);
    case HTML_OPTION:
        return BIT(SELECT) | BIT(OPTGROUP);
    case HTML_OPTGROUP:
        return BIT(SELECT);
    case HTML_LEGEND:
        return BIT(FIELDSET);
    case HTML_SUMMARY:
        return BIT(DETAILS);
    case HTML_RT:
        return BIT(RUBY);
    default:
        return 0;
    }
}

/* Elements that hold nothing but certain others (script excepted nowhere: ours stand in the head). */
static uint64_t children_of(enum html_element e)
{
    switch (e) {
    case HTML_HTML:
        return BIT(HEAD) | BIT(BODY);
    case HTML_HEAD:
        return BIT(TITLE) | BIT(META) | BIT(LINK) | BIT(SCRIPT);
    case HTML_UL:
    case HTML_OL:
        return BIT(LI);
    case HTML_DL:
        return BIT(DT) | BIT(DD) | BIT(DIV);
    case HTML_TABLE:
        return BIT(CAPTION) | BIT(THEAD) | BIT(TBODY);
    case HTML_THEAD:
    case HTML_TBODY:
        return BIT(TR);
    case HTML_TR:
        return BIT(TH) | BIT(TD);
    case HTML_SELECT:
        return BIT(OPTION) | BIT(OPTGROUP);
    case HTML_OPTGROUP:
        return BIT(OPTION);
    default:
        return 0;
    }
}

static const uint64_t phrasing = BIT(A) | BIT(SPAN) | BIT(STRONG) | BIT(EM) | BIT(MARK) | BIT(SMALL) | BIT(CODE) | BIT(BDI) |
                                 BIT(TIME) | BIT(ABBR) | BIT(RUBY) | BIT(RT) | BIT(BR) | BIT(IMG) | BIT(INPUT) |
                                 BIT(BUTTON) | BIT(LABEL) | BIT(SELECT) | BIT(TEXTAREA) | BIT(OPTION) |
                                 BIT(OPTGROUP);
static const uint64_t interactive = BIT(A) | BIT(BUTTON) | BIT(INPUT) | BIT(SELECT) | BIT(TEXTAREA) | BIT(LABEL);

static void fail(struct html *h, int error, const char *problem)
{
    if (h->error)
        return;
    h->error = error;
    h->problem = problem;
}

static void put(struct html *h, const char *bytes, size_t len)
{
    int r;

    if (h->error)
        return;
    r = buf_add(h->out, bytes, len);
    if (r < 0)
        fail(h, r, "the page could not be kept in memory");
}

static void put_str(struct html *h, struct str s)
{
    put(h, s.at, s.len);
}

static void tag_finish(struct html *h)
{
    if (!h->in_tag)
        return;
    h->in_tag = false;
    put(h, ">", 1);
    if (h->depth && elements[h->stack[h->depth - 1]].flags & HTML_EATS_NEWLINE)
        put(h, "\n", 1);
}

void html_init(struct html *h, struct buf *out, bool is_fragment)
{
    *h = (struct html){.out = out};
    if (!is_fragment)
        put_str(h, STR("<!DOCTYPE html>\n"));
}

int html_end(struct html *h)
{
    tag_finish(h);
    if (h->depth)
        fail(h, -EINVAL, "an element is still open at the end");
    return h->error;
}

const char *html_problem(const struct html *h)
{
    return h->problem;
}

/* ---- escaping ---- */

/* Replaced by U+FFFD: they are invisible, end lines in odd places, or make a text read otherwise than it is. */
static bool is_unwanted(uint32_t c)
{
    if (c < 0x20)
        return c != '\t' && c != '\n';
    return (c >= 0x7f && c <= 0x9f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0x2028 || c == 0x2029 || (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

static struct str entity_of(char c)
{
    switch (c) {
    case '<':
        return STR("&lt;");
    case '>':
        return STR("&gt;");
    case '&':
        return STR("&amp;");
    case '"':
        return STR("&quot;");
    case '\'':
        return STR("&#39;");
    default:
        return STR_NONE;
    }
}

/* One bit for each byte of ASCII that stands in a page as it is: all but <>&"' and control characters. */
static bool is_plain(unsigned char c)
{
    static const uint64_t plain[2] = {~(UINT64_C(0xffffffff) | BYTE('"') | BYTE('&') | BYTE('\'') | BYTE('<') | BYTE('>')) |
                                          BYTE('\t') | BYTE('\n'),
                                      ~(UINT64_C(1) << 63)};

    return c < 0x80 && (plain[c >> 6] >> (c & 63) & 1);
}

/* Kana and kanji, U+3000 to U+9FFF: most of our texts, and nothing unwanted among them. */
static bool is_kanji(const char *at, size_t left)
{
    const unsigned char *c = (const unsigned char *)at;

    return left >= 3 && c[0] >= 0xe3 && c[0] <= 0xe9 && (c[1] & 0xc0) == 0x80 && (c[2] & 0xc0) == 0x80;
}

/* What stands for the character at *at, which is stepped over; at NULL: it itself. */
static struct str escaped(struct str s, size_t *at)
{
    unsigned char first = (unsigned char)s.at[*at];
    uint32_t c;

    if (first < 0x80) {
        ++*at;
        if (first == '\r' && *at < s.len && s.at[*at] == '\n')
            return STR("");
        return is_unwanted(first) ? STR("\xef\xbf\xbd") : entity_of((char)first);
    }
    c = utf8_next(s, at);
    return c == 0xfffd || is_unwanted(c) ? STR("\xef\xbf\xbd") : STR_NONE;
}

/* The bytes of a piece that needs no change are written in one go. */
static void put_escaped(struct html *h, struct str s)
{
    size_t plain = 0, at = 0;

    while (at < s.len) {
        struct str replacement;
        size_t begin = at;

        if (is_plain((unsigned char)s.at[at])) {
            at++;
            continue;
        }
        if (is_kanji(s.at + at, s.len - at)) {
            at += 3;
            continue;
        }
        replacement = escaped(s, &at);
        if (!replacement.at)
            continue;
        put(h, s.at + plain, begin - plain);
        put_str(h, replacement);
        plain = at;
    }
    if (plain < s.len)
        put(h, s.at + plain, s.len - plain);
}

/* ---- elements ---- */

static bool is_open(const struct html *h, enum html_element e)
{
    for (unsigned i = 0; i < h->depth; i++)
        if (h->stack[i] == e)
            return true;
    return false;
}

static const char *nesting_problem(const struct html *h, enum html_element e)
{
    uint64_t bit = UINT64_C(1) << e;
    enum html_element parent;

    if (elements[e].flags & HTML_NO_SELF && is_open(h, e))
        return "an element stands inside itself that may not";
    if (!h->depth)
        return NULL; /* a fragment may begin with anything */
    parent = h->stack[h->depth - 1];
    if (elements[parent].flags & (HTML_TEXT_ONLY | HTML_EMPTY))
        return "an element stands inside one that holds text only or nothing";
    if (parents_of(e) && !(parents_of(e) >> parent & 1))
        return "an element stands outside its only possible parents";
    if (children_of(parent) && !(children_of(parent) & bit))
        return "an element stands inside one that cannot hold it";
    for (unsigned i = 0; i < h->depth; i++)
        if (elements[h->stack[i]].flags & HTML_PHRASING && !(phrasing & bit))
            return "a block stands inside a paragraph or heading";
    if (interactive & bit & ~(BIT(INPUT) | BIT(SELECT) | BIT(TEXTAREA)) &&
        (is_open(h, HTML_A) || is_open(h, HTML_BUTTON)))
        return "a control stands inside a link or button";
    return NULL;
}

void html_open(struct html *h, enum html_element e)
{
    const char *problem;

    assert(e < HTML_ELEMENT_COUNT);
    if (h->error)
        return;
    tag_finish(h);
    problem = nesting_problem(h, e);
    if (problem) {
        fail(h, -EINVAL, problem);
        return;
    }
    if (!(elements[e].flags & HTML_VOID)) {
        if (h->depth == HTML_DEPTH_MAX) {
            fail(h, -EINVAL, "elements are nested too deeply");
            return;
        }
        h->stack[h->depth++] = (uint8_t)e;
    }
    put(h, "<", 1);
    put_str(h, elements[e].name);
    h->in_tag = true;
    h->attributes[0] = h->attributes[1] = 0;
}

/* A line break behind blocks keeps the source readable and changes nothing on the page. */
static bool breaks_line(enum html_element e)
{
    return !(phrasing >> e & 1) && e != HTML_PRE;
}

void html_close(struct html *h, enum html_element e)
{
    assert(e < HTML_ELEMENT_COUNT);
    if (h->error)
        return;
    tag_finish(h);
    if (!h->depth || h->stack[h->depth - 1] != e) {
        fail(h, -EINVAL, "an element is closed that is not the innermost open one");
        return;
    }
    h->depth--;
    put(h, "</", 2);
    put_str(h, elements[e].name);
    put(h, ">\n", breaks_line(e) ? 2 : 1);
}

void html_text(struct html *h, struct str text)
{
    enum html_element parent;

    if (h->error || !text.len)
        return;
    tag_finish(h);
    parent = h->depth ? h->stack[h->depth - 1] : HTML_DIV;
    if (children_of(parent) || elements[parent].flags & HTML_EMPTY) {
        fail(h, -EINVAL, "text stands inside an element that holds only elements or nothing");
        return;
    }
    put_escaped(h, text);
}

/* ---- attributes ---- */

/* Everything before the value; false when it may not be written. */
static bool attribute_begin(struct html *h, enum html_attribute a, enum attribute_kind kind)
{
    assert(a < HTML_ATTRIBUTE_COUNT);
    if (h->error)
        return false;
    if (!h->in_tag)
        fail(h, -EINVAL, "an attribute comes behind the content of its element");
    else if (attributes[a].kind != kind)
        fail(h, -EINVAL, "an attribute is written by the call of another kind");
    else if (h->attributes[a / 64] >> a % 64 & 1)
        fail(h, -EINVAL, "an attribute is given twice");
    if (h->error)
        return false;
    h->attributes[a / 64] |= UINT64_C(1) << a % 64;
    put(h, " ", 1);
    put_str(h, attributes[a].name);
    return true;
}

static void attribute_value(struct html *h, struct str value)
{
    put(h, "=\"", 2);
    put_escaped(h, value);
    put(h, "\"", 1);
}

void html_attr(struct html *h, enum html_attribute a, struct str value)
{
    if (attribute_begin(h, a, ATTRIBUTE_TEXT))
        attribute_value(h, value);
}

bool html_url_is_allowed(struct str url)
{
    static const struct str schemes[] = {{"http", 4}, {"https", 5}, {"mailto", 6}};

    for (size_t i = 0; i < url.len; i++) {
        unsigned char c = (unsigned char)url.at[i];

        if (c <= 0x20 || c == 0x7f || c == '\\')
            return false; /* browsers drop or turn these: "java\nscript:", "/\evil.example" */
    }
    if (url.len >= 2 && url.at[0] == '/' && url.at[1] == '/')
        return false; /* another host without naming a scheme */
    for (size_t i = 0; i < url.len; i++) {
        if (url.at[i] == '/' || url.at[i] == '?' || url.at[i] == '#')
            return true;
        if (url.at[i] != ':')
            continue;
        for (size_t k = 0; k < ARRAY_LEN(schemes); k++)
            if (str_eq_nocase((struct str){url.at, i}, schemes[k]))
                return true;
        return false;
    }
    return true;
}

void html_attr_url(struct html *h, enum html_attribute a, struct str url)
{
    if (!h->error && !html_url_is_allowed(url)) {
        fail(h, -EINVAL, "an address has a scheme or character that is not allowed");
        return;
    }
    if (attribute_begin(h, a, ATTRIBUTE_URL))
        attribute_value(h, url);
}

void html_attr_number(struct html *h, enum html_attribute a, int64_t value)
{
    int r;

    if (!attribute_begin(h, a, ATTRIBUTE_NUMBER))
        return;
    r = buf_printf(h->out, "=\"%lld\"", (long long)value);
    if (r < 0)
        fail(h, r, "the page could not be kept in memory");
}

void html_attr_if(struct html *h, enum html_attribute a, bool is_set)
{
    if (is_set)
        IGNORE(attribute_begin(h, a, ATTRIBUTE_BOOL), "its name is all there is to write");
}

/* ---- shorthands ---- */

void html_begin(struct html *h, enum html_element e, const char *class_names)
{
    html_open(h, e);
    if (class_names)
        html_attr(h, HTML_CLASS, str_of(class_names));
}

void html_element(struct html *h, enum html_element e, const char *class_names, struct str text)
{
    html_begin(h, e, class_names);
    html_text(h, text);
    html_close(h, e);
}
