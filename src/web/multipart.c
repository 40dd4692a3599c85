/* multipart/form-data (RFC 7578), as browsers send forms with files. Strict: one boundary, lines of headers that we know, nothing
 * before the first part and nothing but a line end behind the last. */
#include "web/form.h"

#include "base/utf8.h"

#include <errno.h>

#define BOUNDARY_MAX 70u /* RFC 2046, 5.1.1 */
#define HEADER_MAX 1024u /* bytes of one header line */
#define HEADERS_MAX 4u

struct parts {
    struct str rest;      /* behind the delimiter that was read last */
    struct str delimiter; /* CR LF -- boundary */
    struct arena *arena;
    struct form_field *fields;
    size_t n;
};

static bool boundary_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c && strchr("'()+_,-./:=?", c));
}

static bool boundary_ok(struct str b)
{
    if (!b.len || b.len > BOUNDARY_MAX)
        return false;
    for (size_t i = 0; i < b.len; i++)
        if (!boundary_char(b.at[i]))
            return false;
    return true;
}

static struct str unquoted(struct str s)
{
    return s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"'
               ? (struct str){s.at + 1, s.len - 2}
               : s;
}

/* Move on behind `n` bytes. */
static void skip(struct str *s, size_t n)
{
    *s = (struct str){s->at + n, s->len - n};
}

/* `; name="…"`: browsers write quotation marks and line ends in it as %22, %0D, %0A, which stay so. */
static int take_parameter(struct str *rest, struct str *ret_key, struct str *ret_value)
{
    const char *equals, *end;

    skip(rest, 1);
    *rest = str_trim(*rest);
    equals = memchr(rest->at, '=', rest->len);
    if (!equals)
        return FORM_E_SYNTAX;
    *ret_key = str_trim((struct str){rest->at, (size_t)(equals - rest->at)});
    skip(rest, (size_t)(equals - rest->at) + 1);
    if (!rest->len || rest->at[0] != '"' || !(end = memchr(rest->at + 1, '"', rest->len - 1)))
        return FORM_E_SYNTAX;
    *ret_value = (struct str){rest->at + 1, (size_t)(end - rest->at) - 1};
    skip(rest, ret_value->len + 2);
    *rest = str_trim(*rest);
    return rest->len && rest->at[0] != ';' ? FORM_E_SYNTAX : 0;
}

static int take_disposition(struct str value, struct form_field *f)
{
    struct str type = STR_NONE, rest = value, key, text;
    int r = 0;

    str_split(&rest, ';', &type);
    if (!str_eq_nocase(str_trim(type), STR("form-data")))
        return FORM_E_SYNTAX;
    rest = (struct str){value.at + type.len, value.len - type.len};
    while (!r && rest.len) {
        if ((r = take_parameter(&rest, &key, &text)))
            return r;
        if (str_eq_nocase(key, STR("name")) && !f->name.at)
            f->name = text;
        else if (str_eq_nocase(key, STR("filename")) && !f->is_file) {
            f->is_file = true;
            f->filename = text;
        } else
            return FORM_E_SYNTAX;
    }
    if (!f->name.at)
        return FORM_E_SYNTAX;
    return f->name.len > FORM_NAME_MAX || f->filename.len > FORM_FILE_NAME_MAX ? FORM_E_LIMIT : 0;
}

static int take_header(struct str line, struct form_field *f, bool *has_disposition)
{
    struct str value = line, name;

    if (!str_split(&value, ':', &name) || !value.at || name.len != str_trim(name).len)
        return FORM_E_SYNTAX;
    if (str_eq_nocase(name, STR("Content-Type")))
        return 0; /* what a file is, its bytes tell */
    if (!str_eq_nocase(name, STR("Content-Disposition")) || *has_disposition)
        return FORM_E_SYNTAX;
    *has_disposition = true;
    return take_disposition(str_trim(value), f);
}

static int take_headers(struct parts *p, struct form_field *f)
{
    bool has_disposition = false;

    for (size_t n = 0; n <= HEADERS_MAX; n++) {
        const char *end = memmem(p->rest.at, MIN_OF(p->rest.len, HEADER_MAX), "\r\n", 2);
        struct str line;
        int r;

        if (!end)
            return p->rest.len > HEADER_MAX ? FORM_E_LIMIT : FORM_E_SYNTAX;
        line = (struct str){p->rest.at, (size_t)(end - p->rest.at)};
        skip(&p->rest, line.len + 2);
        if (!line.len)
            return has_disposition ? 0 : FORM_E_SYNTAX;
        if ((r = take_header(line, f, &has_disposition)))
            return r;
    }
    return FORM_E_LIMIT;
}

static int take_value(const struct parts *p, struct form_field *f)
{
    struct str *texts[] = {&f->name, &f->filename, f->is_file ? NULL : &f->value};

    if (f->value.len > (f->is_file ? FORM_FILE_MAX : FORM_VALUE_MAX))
        return FORM_E_LIMIT;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (!texts[i])
            continue;
        if (!utf8_is_valid(*texts[i]) ||
            (texts[i]->len && memchr(texts[i]->at, '\0', texts[i]->len)))
            return FORM_E_TEXT;
        *texts[i] = texts[i]->len ? arena_str(p->arena, *texts[i]) : STR("");
        if (!texts[i]->at)
            return -ENOMEM;
    }
    return 0;
}

/* One part; the bytes of a file stay where they are. */
static int take_part(struct parts *p)
{
    struct form_field *f = &p->fields[p->n];
    const char *end;
    int r = take_headers(p, f);

    if (r)
        return r;
    /* The delimiter's line end may be the one behind the headers: a value may be empty. */
    end = memmem(p->rest.at, p->rest.len, p->delimiter.at, p->delimiter.len);
    if (!end)
        return FORM_E_SYNTAX;
    f->value = (struct str){p->rest.at, (size_t)(end - p->rest.at)};
    skip(&p->rest, f->value.len + p->delimiter.len);
    p->n++;
    return take_value(p, f);
}

static size_t parts_in(struct str body, struct str delimiter)
{
    size_t n = 1;
    const char *at;

    while (n <= FORM_PARTS_MAX && (at = memmem(body.at, body.len, delimiter.at, delimiter.len))) {
        n++;
        skip(&body, (size_t)(at - body.at) + delimiter.len);
    }
    return n;
}

int form_parse_multipart(struct str body, struct str boundary, struct arena *arena,
                         struct form_data *ret)
{
    struct parts p = {.rest = body, .arena = arena};
    size_t n_max;
    int r;

    *ret = (struct form_data){0};
    boundary = unquoted(str_trim(boundary));
    if (!boundary_ok(boundary))
        return FORM_E_TYPE;
    p.delimiter = str_of(arena_printf(arena, "\r\n--%.*s", STR_ARG(boundary)));
    if (!p.delimiter.at)
        return -ENOMEM;
    if (!str_starts(body, (struct str){p.delimiter.at + 2, p.delimiter.len - 2}))
        return FORM_E_SYNTAX;
    skip(&p.rest, p.delimiter.len - 2);
    if ((n_max = parts_in(p.rest, p.delimiter)) > FORM_PARTS_MAX)
        return FORM_E_LIMIT;
    if (!(p.fields = arena_alloc_n(arena, n_max, sizeof(*p.fields))))
        return -ENOMEM;
    while (str_starts(p.rest, STR("\r\n"))) {
        skip(&p.rest, 2);
        if ((r = take_part(&p)))
            return r;
    }
    if (!str_eq(p.rest, STR("--")) && !str_eq(p.rest, STR("--\r\n")))
        return FORM_E_SYNTAX;
    *ret = (struct form_data){p.fields, p.n};
    return 0;
}
