/* Parts of office documents that are markup, and documents that are markup as a whole: what says that there are macros, fields and links that call programs (DDE), and relations by which something is
 * fetched from elsewhere and opened, or a program of the system is called. Names of elements are as they are written, values of attributes may be written by numbers. */
#include "guard/runs-inside.h"

#include "base/buf.h"
#include "base/macros.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX 40u
#define VALUE_MAX 2048u /* no address that an office program follows is longer */
#define WORK_FACTOR 16u /* bytes of fields that are read for each byte of them: one in another is read with both */
#define BY_NUMBER 0x100 /* a letter that was written so, which ends no value */

/* ---- letters ---- */

/* The next byte that is not zero, in small letters; -1 at the end. */
static int part_byte(struct str s, size_t *at)
{
    while (*at < s.len && !s.at[*at])
        ++*at;
    if (*at == s.len)
        return -1;
    return s.at[*at] >= 'A' && s.at[*at] <= 'Z' ? s.at[(*at)++] - 'A' + 'a' : (uint8_t)s.at[(*at)++];
}

static int digit_of(int c, unsigned base)
{
    return c >= '0' && c <= '9' ? c - '0' : base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The same, or the letter that "&#109;" or "&#x6d;" is; one beyond ASCII is a '?'. */
static int part_letter(struct str s, size_t *at)
{
    const int c = part_byte(s, at);
    size_t ahead = *at, n_digits = 0;
    unsigned base = 10, n = 0;
    int d;

    if (c != '&' || part_byte(s, &ahead) != '#')
        return c;
    d = part_byte(s, &ahead);
    if (d == 'x') {
        base = 16;
        d = part_byte(s, &ahead);
    }
    for (; digit_of(d, base) >= 0; d = part_byte(s, &ahead), n_digits++)
        n = MIN_OF(n * base + (unsigned)digit_of(d, base), 0x110000u);
    if (!n_digits || d != ';')
        return c;
    *at = ahead;
    return BY_NUMBER | (n >= 'A' && n <= 'Z' ? (int)(n - 'A' + 'a') : n < 0x80 ? (int)n : '?');
}

/* What a part declares to be put for a name may be any letters. */
static bool says_macros(struct str s)
{
    static const char *const found[] = {"macrosheet", "vbaproject", "vbadata", "macroenabled", "attachedtoolbars", "activex", "<!entity"};
    char text[24];
    size_t n = 0, at = 0;

    for (int c = part_letter(s, &at); c >= 0; c = part_letter(s, &at)) {
        if (n == sizeof(text) - 1) {
            memmove(text, text + 1, n - 1);
            n--;
        }
        text[n++] = (char)c;
        for (size_t k = 0; k < ARRAY_LEN(found); k++)
            if (str_ends((struct str){text, n}, str_of(found[k])))
                return true;
    }
    return false;
}

/* ---- where something leads ---- */

static size_t count_slashes(struct str s)
{
    size_t n = 0;

    while (n < s.len && (s.at[n] == '/' || s.at[n] == '\\'))
        n++;
    return n;
}

bool runs_is_remote(struct str to)
{
    static const char *const schemes[] = {"http:", "https:", "ftp:", "ftps:", "mhtml:", "webdav:"};
    size_t n;

    to = str_trim(to);
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (str_starts(to, str_of(schemes[i])))
            return true;
    if (!str_starts(to, STR("file:")))
        return count_slashes(to) >= 2;
    to = (struct str){to.at + 5, to.len - 5};
    n = count_slashes(to);
    to = (struct str){to.at + n, to.len - n};
    if (n >= 4)
        return true;
    return n == 2 && to.len > 1 && to.at[1] != ':' && to.at[1] != '|' && !str_starts(to, STR("localhost/")); /* "file:///C:/…" stays here, "file://host/…" does not */
}

/* What stands before the first ':', where it is of the letters of a scheme. */
static struct str scheme_of(struct str to)
{
    for (size_t i = 0; i < to.len; i++) {
        const char c = to.at[i];

        if (c == ':')
            return (struct str){to.at, i};
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '+'))
            break;
    }
    return STR_NONE;
}

bool runs_is_handler(struct str to)
{
    static const char *const names[] = {"search", "shell", "javascript", "vbscript", "jscript", "mk", "its", "res", "script", "scriptlet", "hcp", "mhtml", "jnlp", "jar", "macro"};
    const struct str scheme = scheme_of(str_trim(to));

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(scheme, str_of(names[i])))
            return true;
    return str_starts(scheme, STR("ms-")) || str_starts(scheme, STR("search-")) || str_starts(scheme, STR("vnd.sun.star."));
}

/* A program, a script or a shortcut that lies in a file: a link that is clicked opens it. */
static bool is_runner(struct str to)
{
    const enum runs r = runs_by_name(to);
    const bool has_drive = to.len > 2 && to.at[1] == ':';

    return (has_drive || str_starts(to, STR("file:")) || count_slashes(to) >= 2) && (r == RUNS_DISGUISED || r == RUNS_PROGRAM || r == RUNS_SCRIPT || r == RUNS_SHORTCUT);
}

/* ---- fields ---- */

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static struct str skip(struct str s, const char *those)
{
    while (s.len && s.at[0] && strchr(those, s.at[0]))
        s = (struct str){s.at + 1, s.len - 1};
    return s;
}

static bool is_word(struct str s, const char *word)
{
    const size_t n = strlen(word);

    return str_starts(s, str_of(word)) && (s.len == n || !is_letter(s.at[n]));
}

/* QUOTE 68 68 69: letters by their numbers, of which the name of a field may be made. */
static bool quotes_call(struct str s)
{
    char text[64];
    size_t n = 0;

    while (n < sizeof(text)) {
        unsigned v = 0;

        s = skip(s, " \t\r\n\"");
        if (!s.len || digit_of(s.at[0], 10) < 0)
            break;
        for (; s.len && digit_of(s.at[0], 10) >= 0; s = (struct str){s.at + 1, s.len - 1})
            v = MIN_OF(v * 10 + (unsigned)digit_of(s.at[0], 10), 255u);
        text[n++] = (char)(v >= 'A' && v <= 'Z' ? v - 'A' + 'a' : v);
    }
    return memmem(text, n, "dde", 3) != NULL;
}

/* Up to where it ends, with the fields in it. */
static struct str own_of(struct str s)
{
    size_t depth = 1;

    for (size_t i = 0; i < s.len; i++) {
        depth += s.at[i] == RUNS_FIELD_OPENS;
        depth -= s.at[i] == RUNS_FIELD_ENDS;
        if (!depth)
            return (struct str){s.at, i};
    }
    return s;
}

/* Its name is made by another field, all of it or behind its first letters: nobody writes so who does not hide it. */
static bool is_named_by_field(struct str s)
{
    static const char *const whole[] = {"if", "compare", "nextif", "skipif", "quote", "ref", "set"}; /* behind which some leave no space */
    struct str name;

    name = s = skip(s, " \t\r\n\"");
    while (s.len && is_letter(s.at[0]))
        s = (struct str){s.at + 1, s.len - 1};
    name.len -= s.len;
    for (size_t i = 0; i < ARRAY_LEN(whole); i++)
        if (str_eq(name, str_of(whole[i])))
            return false;
    return s.len && s.at[0] == RUNS_FIELD_OPENS;
}

/* Where it leads is put together of numbers. */
static bool has_quote(struct str own)
{
    for (size_t i = 0; i + 1 < own.len; i++)
        if (own.at[i] == RUNS_FIELD_OPENS && is_word(skip((struct str){own.at + i + 1, own.len - i - 1}, " \t\r\n\""), "quote"))
            return true;
    return false;
}

/* `own` ends where it does, `s` where all fields do. */
static bool instruction_acts(struct str s, struct str own)
{
    static const char *const fetch[] = {"link", "includetext", "import"};

    if (is_named_by_field(s))
        return true;
    s = skip(s, " \t\r\n\"");
    if (is_word(s, "dde") || is_word(s, "ddeauto"))
        return true;
    if (is_word(s, "quote"))
        return quotes_call((struct str){s.at + 5, s.len - 5});
    if (is_word(s, "hyperlink"))
        return runs_is_handler(skip((struct str){s.at + 9, s.len - 9}, " \t\r\n\"")) || has_quote(own);
    for (size_t i = 0; i < ARRAY_LEN(fetch); i++)
        if (is_word(s, fetch[i]))
            return own.len && (has_quote(own) || memmem(own.at, own.len, "http:", 5) || memmem(own.at, own.len, "https:", 6) || memmem(own.at, own.len, "mhtml:", 6) || memmem(own.at, own.len, "\\\\\\\\", 4));
    return false;
}

bool runs_in_fields(struct str s)
{
    const char *opens = s.at;
    size_t work;

    if (!s.len)
        return false;
    if (memmem(s.at, s.len, "ddeauto", 7) || (s.at[0] != RUNS_FIELD_OPENS && instruction_acts(s, own_of(s))))
        return true;
    for (work = 0; (opens = memchr(opens, RUNS_FIELD_OPENS, (size_t)(s.at + s.len - opens)));) {
        const struct str rest = {opens + 1, (size_t)(s.at + s.len - opens) - 1}, own = own_of(rest);

        opens++;
        work += own.len;
        if (instruction_acts(rest, own) || work / WORK_FACTOR > s.len)
            return true;
    }
    return false;
}

/* "cmd|'/c x'!A0", or a function that asks a program. */
static bool formula_calls(struct str f)
{
    const char *bar = f.len ? memchr(f.at, '|', f.len) : NULL;

    if (f.len && memmem(f.at, f.len, "dde(", 4))
        return true;
    return bar && bar > f.at && (is_letter(bar[-1]) || bar[-1] == '\'') && memchr(bar, '!', (size_t)(f.at + f.len - bar));
}

/* ---- tags ---- */

struct text {
    char at[VALUE_MAX];
    size_t len;
    bool is_cut;
};

static void text_add(struct text *t, size_t max, int c)
{
    if (t->len < max)
        t->at[t->len++] = (char)c;
    else
        t->is_cut = true;
}

static struct str text_str(const struct text *t)
{
    return (struct str){t->at, t->len};
}

/* Behind its prefix. */
static struct str local(const struct text *t)
{
    const char *colon = memrchr(t->at, ':', t->len);

    return colon ? (struct str){colon + 1, t->len - (size_t)(colon + 1 - t->at)} : text_str(t);
}

struct part {
    struct str s;
    size_t at;
    struct text element, name, value;
    struct text type, target; /* of a relation */
    bool is_outside;
    bool is_in_field; /* what stands here is what a field does */
    struct buf fields;
    bool acts;
};

static int next(struct part *p)
{
    return part_letter(p->s, &p->at);
}

static int peek(const struct part *p)
{
    size_t at = p->at;

    return part_letter(p->s, &at);
}

static bool is_space(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool names(const struct text *t, const char *word)
{
    return str_eq(local(t), str_of(word));
}

static int take_attribute(struct part *p)
{
    const struct str value = text_str(&p->value);

    if (names(&p->element, "relationship")) {
        if (names(&p->name, "type"))
            p->type = p->value;
        else if (names(&p->name, "target"))
            p->target = p->value;
        else if (names(&p->name, "targetmode"))
            p->is_outside = str_eq(str_trim(value), STR("external"));
    } else if (names(&p->element, "fldsimple") && names(&p->name, "instr")) {
        p->acts |= runs_in_fields(value) || p->value.is_cut;
    } else if (names(&p->element, "fldchar") && names(&p->name, "fldchartype")) {
        const struct str kind = str_trim(value);

        return buf_add_char(&p->fields, str_eq(kind, STR("begin")) ? RUNS_FIELD_OPENS : str_eq(kind, STR("end")) ? RUNS_FIELD_ENDS : ' ');
    } else if (names(&p->name, "formula")) {
        p->acts |= formula_calls(value) || p->value.is_cut;
    } else if (names(&p->element, "event-listener")) {
        p->acts |= names(&p->name, "macro-name") || (names(&p->name, "action") && (str_eq(value, STR("execute")) || str_eq(value, STR("macro"))));
    }
    p->acts |= names(&p->name, "href") && (str_starts(value, STR("vnd.sun.star.script:")) || str_starts(value, STR("macro:")));
    return 0;
}

/* By what kind of relation, and where it leads. */
static void judge_relation(struct part *p)
{
    static const char *const opened[] = {"attachedtemplate", "oleobject", "frame", "subdocument", "afchunk", "package", "vbaproject"};
    const struct str type = text_str(&p->type), target = str_trim(text_str(&p->target));
    const char *slash = memrchr(type.at, '/', type.len);
    const struct str kind = slash ? (struct str){slash + 1, type.len - (size_t)(slash + 1 - type.at)} : type;

    p->acts |= runs_is_handler(target) || (p->is_outside && (p->target.is_cut || is_runner(target)));
    for (size_t i = 0; i < ARRAY_LEN(opened); i++)
        p->acts |= str_eq(kind, str_of(opened[i])) && runs_is_remote(target);
}

static int take_attributes(struct part *p, bool *ret_is_closed)
{
    int r = 0;

    *ret_is_closed = false;
    p->type.len = p->target.len = 0;
    p->is_outside = p->target.is_cut = false;
    for (int c = peek(p); !r && c >= 0 && c != '>'; c = peek(p)) {
        p->name.len = p->value.len = 0;
        p->value.is_cut = false;
        if (is_space(c) || c == '/' || c == '=') {
            IGNORE(next(p), "it is known");
            *ret_is_closed = c == '/';
            continue;
        }
        for (; c >= 0 && !is_space(c) && c != '=' && c != '>' && c != '/'; c = peek(p))
            text_add(&p->name, NAME_MAX, next(p));
        while (is_space(c)) {
            IGNORE(next(p), "it is known");
            c = peek(p);
        }
        if (c != '=')
            continue;
        do
            IGNORE(next(p), "it is known");
        while (is_space(c = peek(p)));
        if (c != '"' && c != '\'')
            continue;
        IGNORE(next(p), "it is known");
        for (int d = next(p); d >= 0 && d != c; d = next(p))
            text_add(&p->value, VALUE_MAX, d & 0xff);
        r = take_attribute(p);
    }
    if (peek(p) == '>')
        IGNORE(next(p), "it is known");
    if (!r && names(&p->element, "relationship"))
        judge_relation(p);
    return r;
}

/* Behind what ends a comment or the like. */
static void pass(struct part *p, const char *end)
{
    char seen[3] = {0};
    const size_t n = strlen(end);

    for (int c = next(p); c >= 0; c = next(p)) {
        memmove(seen, seen + 1, 2);
        seen[2] = c & BY_NUMBER ? '\0' : (char)c;
        if (!memcmp(seen + 3 - n, end, n))
            return;
    }
}

/* Behind '<', up to where text goes on. */
static int take_tag(struct part *p)
{
    static const char *const calls[] = {"ddelink", "dde-link", "dde-connection-decl", "dde-source"};
    int c = peek(p), r;
    bool is_closed, is_end = c == '/';

    p->element.len = 0;
    if (is_end)
        IGNORE(next(p), "it is known");
    for (c = peek(p); c >= 0 && !is_space(c) && c != '>' && c != '/'; c = peek(p)) {
        text_add(&p->element, NAME_MAX, next(p));
        if (str_eq(text_str(&p->element), STR("!--")))
            return pass(p, "-->"), 0;
        if (str_eq(text_str(&p->element), STR("![cdata[")))
            return p->is_in_field ? 0 : (pass(p, "]]>"), 0); /* text as it stands */
        if (str_eq(text_str(&p->element), STR("?")))
            return pass(p, "?>"), 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        p->acts |= names(&p->element, calls[i]);
    r = take_attributes(p, &is_closed);
    if (names(&p->element, "instrtext") || names(&p->element, "delinstrtext"))
        p->is_in_field = !is_end && !is_closed;
    return r;
}

static int walk(struct part *p)
{
    int r = 0;

    while (!r && !p->acts) {
        int c;

        if (!p->is_in_field) { /* nothing else is of interest up to the next tag */
            const char *tag = p->at < p->s.len ? memchr(p->s.at + p->at, '<', p->s.len - p->at) : NULL;

            if (!tag)
                break;
            p->at = (size_t)(tag - p->s.at);
        }
        if ((c = next(p)) < 0)
            break;
        if (c == '<')
            r = take_tag(p);
        else if (c != ']' && c != '>') /* ends of what is text as it stands */
            r = buf_add_char(&p->fields, (char)c);
    }
    p->acts |= !r && runs_in_fields(buf_str(&p->fields));
    return r;
}

/* ---- the whole ---- */

static bool has(struct str s, const char *word)
{
    return s.len && memmem(s.at, s.len, word, strlen(word)) != NULL;
}

/* A document in one piece of markup, as Word and Excel save it. */
static bool is_flat(struct str begin)
{
    static const char *const marks[] = {"<?mso-application", "schemas.microsoft.com/office/2006/xmlpackage", "schemas.microsoft.com/office/word/2003/wordml",
                                        "urn:schemas-microsoft-com:office:spreadsheet"};

    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (has(begin, marks[i]))
            return true;
    return false;
}

/* "[Content_Types].xml" and what names relations say which part is what. Any other markup may be a part, whatever its name, and whatever else its bytes seem to be. */
bool runs_is_part(enum content_type type, struct str name, struct str head)
{
    char c;

    if (str_ends(name, STR("[Content_Types].xml")) || str_ends(name, STR(".rels")))
        return true;
    return type != CONTENT_OLE && runs_begin(head, &c, 1) && c == '<';
}

/* Is there anything that has to be looked at letter by letter? */
static bool has_any(struct str s)
{
    static const char *const wanted[] = {"Relationship", "instrText", "InstrText", "fldSimple", "ddeLink", "dde-", "event-listener", "ormula", "href"};

    if (memchr(s.at, '\0', MIN_OF(s.len, (size_t)64)))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        if (has(s, wanted[i]))
            return true;
    return false;
}

/* The letters of UTF-16, of which one beyond ASCII is a '?': half of it may look like a sign of markup. Nothing is added where it is none. */
static int narrow(struct str s, struct buf *out)
{
    const bool is_le = s.len > 1 && (!memcmp(s.at, "\xff\xfe", 2) || !memcmp(s.at, "<", 2)), is_be = s.len > 1 && (!memcmp(s.at, "\xfe\xff", 2) || !memcmp(s.at, "\0<", 2));
    int r = 0;

    for (size_t i = 0; !r && (is_le || is_be) && i + 1 < s.len; i += 2) {
        const char high = s.at[i + is_le], low = s.at[i + is_be];

        r = buf_add_char(out, high || (uint8_t)low >= 0x80 ? '?' : low);
    }
    return r;
}

static int look_at_part(struct str name, struct str bytes, bool *ret)
{
    struct part *p;
    char text[CONTENT_HEAD];
    const struct str begin = {text, runs_begin(bytes, text, sizeof(text))};
    int r = 0;

    *ret = false;
    if (!bytes.len)
        return 0;
    if (str_ends(name, STR("[Content_Types].xml")) || str_ends(name, STR(".rels")) || is_flat(begin))
        *ret = says_macros(bytes) || (is_flat(begin) && (has(bytes, "editdata.mso") || has(bytes, "macrosPresent=\"yes\"")));
    if (*ret || !has_any(bytes))
        return 0;
    if (!(p = calloc(1, sizeof(*p))))
        return -ENOMEM;
    p->s = bytes;
    buf_init(&p->fields, bytes.len);
    r = walk(p);
    *ret = p->acts;
    buf_done(&p->fields);
    free(p);
    return r;
}

int runs_in_part(struct str name, struct str bytes, bool *ret)
{
    CLEANUP(buf_done) struct buf narrowed;
    int r;

    buf_init(&narrowed, bytes.len);
    r = look_at_part(name, bytes, ret);
    if (r || *ret || (r = narrow(bytes, &narrowed)))
        return r;
    return narrowed.len ? look_at_part(name, buf_str(&narrowed), ret) : 0;
}
