/* Whether a page or a picture in markup has something that a browser runs: a script, a handler of an event, an address that is one. Each tag is looked at by itself, in comments and texts
 * of attributes too: what is a comment to one reader is none to another. */
#include "guard/runs-inside.h"

#include "base/macros.h"

#include <string.h>

#define TOKEN_MAX 40u
#define WORK_FACTOR 8u          /* bytes of tags that are read for each byte of the page: one tag in another is read twice */
#define WORK_FREE ((size_t)1 << 20)

static const char page_endings[] = " htm html xhtml xht shtm shtml svg xml xsl xslt mht mhtml htt ";
static const char packed_endings[] = " mht mhtml ";
/* As browsers take bytes without a type for a page. */
static const char *const page_begins[] = {"<!doctype", "<html", "<head", "<script", "<iframe", "<h1", "<div", "<font", "<table", "<a ", "<style", "<title", "<b>", "<b ",
                                          "<body", "<br", "<p>", "<p ", "<!--", "<meta", "<svg", "<?xml", "<form", "<img", "<object", "<embed", "<link", "<base"};

struct reader {
    struct str s;
    size_t at, *work;
};

/* Bytes of an escape sequence of ISO-2022-JP at `at`, which browsers pass over; 0: none. */
static size_t escape_len(struct str s, size_t at)
{
    if (s.at[at] != '\x1b' || s.len - at < 3)
        return 0;
    if (s.at[at + 1] == '$' && s.at[at + 2] == '(')
        return s.len - at < 4 ? 0 : 4;
    return s.at[at + 1] == '(' || s.at[at + 1] == '$' ? 3 : 0;
}

/* In small letters; without the zeros of UTF-16. -1: the end. */
static int next_char(struct reader *r)
{
    while (r->at < r->s.len) {
        size_t skip = escape_len(r->s, r->at);
        uint8_t c = (uint8_t)r->s.at[r->at];

        r->at += skip ? skip : 1;
        *r->work += skip ? skip : 1;
        if (!skip && c)
            return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
    }
    return -1;
}

static int peek_char(struct reader *r)
{
    size_t at = r->at, work = *r->work;
    int c = next_char(r);

    r->at = at;
    *r->work = work;
    return c;
}

static bool is_space(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_letter(int c)
{
    return c >= 'a' && c <= 'z';
}

struct token {
    char text[TOKEN_MAX + 1];
    size_t len; /* more than it holds: the rest is left out */
};

static void token_add(struct token *t, int c)
{
    if (t->len < TOKEN_MAX) {
        t->text[t->len] = (char)c;
        t->text[t->len + 1] = '\0';
    }
    t->len++;
}

static void token_clear(struct token *t)
{
    t->len = 0;
    t->text[0] = '\0';
}

/* Without the prefix of its namespace. */
static const char *local_name(const struct token *t)
{
    const char *colon = strrchr(t->text, ':');

    return colon ? colon + 1 : t->text;
}

static bool token_is(const struct token *t, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(local_name(t), list[i]))
            return true;
    return false;
}

/* ---- one value ---- */

struct value {
    struct token token; /* since the last place where an address may begin */
    bool is_filled, runs, is_frame_text, is_namespace;
};

/* An address that a browser runs; a picture in markup only where it is a page of its own. */
static void look_at_address(struct value *v)
{
    static const char *const found[] = {"javascript:", "vbscript:", "data:text/html", "data:application/xhtml", "data:text/xml", "data:application/xml", "data:text/javascript"};
    static const char frame[] = "data:image/svg";
    static const char *const namespaces[] = {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xsl/transform"};

    for (size_t i = 0; i < ARRAY_LEN(found); i++)
        v->runs |= !strcmp(v->token.text, found[i]);
    v->is_frame_text |= !strcmp(v->token.text, frame);
    for (size_t i = 0; i < ARRAY_LEN(namespaces); i++)
        v->is_namespace |= !strcmp(v->token.text, namespaces[i]);
}

static void value_add(struct value *v, int c)
{
    if (c <= ' ')
        return;
    v->is_filled = true;
    if (c == ';' || c == '=') {
        token_clear(&v->token);
        return;
    }
    token_add(&v->token, c);
    look_at_address(v);
}

/* "&#106;", "&#x6a", "&colon;": what the character is. What is none stays as it is. `end` ends the value. */
static int take_reference(struct reader *r, int end)
{
    static const struct {
        const char *name;
        int c;
    } names[] = {{"colon", ':'}, {"tab", '\t'}, {"newline", '\n'}, {"sol", '/'}, {"amp", '&'}, {"lpar", '('}};
    const size_t at = r->at;
    struct token t = {{0}, 0};
    unsigned base = 10;
    uint32_t n = 0;
    int c = peek_char(r);

    if (c == '#') {
        IGNORE(next_char(r), "it is known");
        if (peek_char(r) == 'x') {
            base = 16;
            IGNORE(next_char(r), "it is known");
        }
        for (c = peek_char(r); (c >= '0' && c <= '9') || (base == 16 && c >= 'a' && c <= 'f'); c = peek_char(r)) {
            n = MIN_OF(n * base + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10), 0x110000u);
            IGNORE(next_char(r), "it is known");
        }
        if (c == ';')
            IGNORE(next_char(r), "it is known");
        return n < 0x80 ? (n >= 'A' && n <= 'Z' ? (int)(n - 'A' + 'a') : (int)n) : 0x80;
    }
    for (c = peek_char(r); is_letter(c) && c != end && t.len < 8; c = peek_char(r))
        token_add(&t, next_char(r));
    for (size_t i = 0; c == ';' && i < ARRAY_LEN(names); i++)
        if (!strcmp(t.text, names[i].name)) {
            IGNORE(next_char(r), "it is known");
            return names[i].c;
        }
    r->at = at;
    return '&';
}

/* Between quotes, or to the next space. */
static void take_value(struct reader *r, struct value *v)
{
    int c = peek_char(r), end = c == '"' || c == '\'' ? c : 0;

    if (end)
        IGNORE(next_char(r), "it is known");
    for (;;) {
        c = peek_char(r);
        if (c < 0 || (end ? c == end : is_space(c) || c == '>'))
            break;
        c = next_char(r);
        value_add(v, c == '&' ? take_reference(r, end) : c);
    }
    if (end && c == end)
        IGNORE(next_char(r), "it is known");
}

/* ---- one tag ---- */

struct page {
    bool runs;         /* something in it */
    bool has_source;   /* of a tag: it names where its script lies */
    bool is_closed;    /* likewise: nothing is in it, where the markup is XML */
    bool is_of_markup; /* a browser takes what is in it for a page or a picture, of XML too */
};

static bool is_handler(const struct token *name)
{
    return name->len >= strlen("oncut") && name->text[0] == 'o' && name->text[1] == 'n' && is_letter(name->text[2]);
}

static void judge_attribute(struct page *p, const struct token *element, const struct token *name, const struct value *v)
{
    static const char *const frames[] = {"iframe", "frame", "object", "embed"};
    static const char *const made[] = {"element", "attribute"};

    p->runs |= v->runs || (v->is_filled && (is_handler(name) || !strcmp(name->text, "srcdoc") || !strcmp(name->text, "classid")));
    p->runs |= v->is_frame_text && token_is(element, frames, ARRAY_LEN(frames));
    /* a stylesheet that makes one */
    p->runs |= token_is(element, made, ARRAY_LEN(made)) && !strcmp(name->text, "name") &&
               (!strcmp(local_name(&v->token), "script") || !strncmp(v->token.text, "on", 2));
    p->is_of_markup |= !strncmp(name->text, "xmlns", 5) && v->is_namespace;
    p->has_source |= !strcmp(local_name(name), "src") || !strcmp(local_name(name), "href");
}

static void take_attributes(struct reader *r, struct page *p, const struct token *element)
{
    for (int c = peek_char(r); c >= 0 && c != '>'; c = peek_char(r)) {
        struct token name = {{0}, 0};
        struct value v = {{{0}, 0}, false, false, false, false};

        if (is_space(c) || c == '/' || c == '=' || c == '"' || c == '\'') {
            IGNORE(next_char(r), "it is known");
            p->is_closed = c == '/' && peek_char(r) == '>';
            continue;
        }
        for (; c >= 0 && !is_space(c) && c != '=' && c != '>' && c != '/'; c = peek_char(r))
            token_add(&name, next_char(r));
        while (is_space(c)) {
            IGNORE(next_char(r), "it is known");
            c = peek_char(r);
        }
        if (c != '=')
            continue;
        IGNORE(next_char(r), "it is known");
        while (is_space(peek_char(r)))
            IGNORE(next_char(r), "it is known");
        take_value(r, &v);
        judge_attribute(p, element, &name, &v);
    }
}

/* "<!ENTITY" stands for what its text says wherever it is named, tags too; "<!ATTLIST" gives tags attributes that they do not have. */
static void take_declaration(struct reader *r, struct page *p)
{
    struct token kind = {{0}, 0}, word = {{0}, 0};
    bool is_entity;

    while (is_letter(peek_char(r)) && kind.len < 8)
        token_add(&kind, next_char(r));
    is_entity = !strcmp(kind.text, "entity");
    if (!is_entity && strcmp(kind.text, "attlist") != 0)
        return;
    for (int c = peek_char(r); c >= 0 && c != '>'; c = peek_char(r)) {
        struct value v = {{{0}, 0}, false, false, false, false};
        const size_t from = r->at;

        if (c != '"' && c != '\'') {
            if (is_space(c))
                token_clear(&word);
            else
                token_add(&word, c);
            p->runs |= !is_entity && is_handler(&word);
            IGNORE(next_char(r), "it is known");
            continue;
        }
        take_value(r, &v);
        p->runs |= v.runs || (is_entity && (memchr(r->s.at + from, '<', r->at - from) || memchr(r->s.at + from, '&', r->at - from)));
        p->is_of_markup |= v.is_namespace;
    }
}

/* An empty script, as programs for drawing leave one, is none. */
static void take_tag(struct reader *r, struct page *p, bool is_xml)
{
    static const char *const run[] = {"script", "applet"};
    static const char *const pages[] = {"html", "svg"};
    struct token element = {{0}, 0};
    int c = peek_char(r);

    if (c == '!') {
        IGNORE(next_char(r), "it is known");
        take_declaration(r, p);
        return;
    }
    if (!is_letter(c))
        return;
    for (; c >= 0 && !is_space(c) && c != '/' && c != '>'; c = peek_char(r))
        token_add(&element, next_char(r));
    p->is_of_markup |= token_is(&element, pages, ARRAY_LEN(pages));
    take_attributes(r, p, &element);
    p->runs |= token_is(&element, run, ARRAY_LEN(run)) && !(is_xml && p->is_closed && !p->has_source);
}

/* ---- the whole ---- */

static bool ends_as(struct str name, const char *endings)
{
    char ending[RUNS_ENDING_SIZE];

    return runs_ending(name, ending) && strstr(endings, ending);
}

static bool begins_as_page(struct str bytes, bool *ret_is_xml)
{
    char text[256];
    struct str s = {text, runs_begin(bytes, text, sizeof(text))};

    *ret_is_xml = str_starts(s, STR("<?xml"));
    for (size_t i = 0; i < ARRAY_LEN(page_begins); i++)
        if (str_starts(s, str_of(page_begins[i])))
            return true;
    return false;
}

/* A message with its pictures in one file, as browsers save pages and Word opens documents; what is in it is coded. A message that is mail is opened by mail programs, which run nothing. */
static bool is_packed_page(struct str name, struct str bytes)
{
    const struct str head = {bytes.at, MIN_OF(bytes.len, (size_t)CONTENT_HEAD)};

    if (ends_as(name, packed_endings))
        return true;
    return !ends_as(name, " eml ") && head.len && memmem(head.at, head.len, "MIME-Version:", 13) && memmem(head.at, head.len, "multipart/related", 17) &&
           (memmem(head.at, head.len, "Snapshot-Content-Location:", 26) || !memmem(head.at, head.len, "\nReceived:", 10));
}

bool runs_is_page(enum content_type type, struct str name, struct str head)
{
    bool is_xml;

    if (ends_as(name, page_endings))
        return true;
    return begins_as_page(head, &is_xml) || (!content_type_holds(type) && is_packed_page(name, head));
}

bool runs_in_page(struct str name, struct str bytes)
{
    struct page p = {0};
    size_t work = 0;
    bool is_xml, is_drawing;

    if (is_packed_page(name, bytes))
        return true;
    IGNORE(begins_as_page(bytes, &is_xml), "its name may say it");
    is_drawing = ends_as(name, " svg xhtml xht ") || is_xml;
    is_xml = (is_xml || ends_as(name, " xml ")) && !ends_as(name, " htm html shtm shtml htt svg xhtml xht ");
    for (size_t at = 0; at < bytes.len && !(p.runs && (p.is_of_markup || !is_xml));) {
        const char *tag = memchr(bytes.at + at, '<', bytes.len - at);
        struct reader r = {bytes, 0, &work};
        struct page one = {0};

        if (!tag)
            break;
        r.at = at = (size_t)(tag - bytes.at) + 1;
        take_tag(&r, &one, is_drawing && !ends_as(name, " htm html shtm shtml htt "));
        p.runs |= one.runs;
        p.is_of_markup |= one.is_of_markup;
        if (work > WORK_FREE && work / WORK_FACTOR > bytes.len)
            return true; /* written so that it cannot be read through */
    }
    return p.runs && (p.is_of_markup || !is_xml);
}
