/* See form.h. */
#include "web/form.h"

#include "base/codec.h"
#include "base/utf8.h"

#include <errno.h>

static int decode(struct str s, bool plus_is_space, struct arena *arena, struct str *ret)
{
    char *out = arena_alloc(arena, s.len + 1);
    size_t n = 0;

    if (!out)
        return -ENOMEM;
    for (size_t i = 0; i < s.len; i++) {
        int high, low;

        if (s.at[i] == '+' && plus_is_space) {
            out[n++] = ' ';
            continue;
        }
        if (s.at[i] != '%') {
            out[n++] = s.at[i];
            continue;
        }
        if (s.len - i < 3)
            return FORM_E_SYNTAX;
        high = hex_digit(s.at[i + 1]);
        low = hex_digit(s.at[i + 2]);
        if (high < 0 || low < 0)
            return FORM_E_SYNTAX;
        out[n++] = (char)(high * 16 + low);
        i += 2;
    }
    if (memchr(out, '\0', n) || !utf8_is_valid((struct str){out, n}))
        return FORM_E_TEXT;
    *ret = (struct str){out, n};
    return 0;
}

int url_decode(struct str s, struct arena *arena, struct str *ret)
{
    return decode(s, false, arena, ret);
}

static bool is_unreserved(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
}

int url_encode(struct str s, struct buf *out)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t plain = 0;
    int r = 0;

    for (size_t i = 0; i < s.len && r >= 0; i++) {
        unsigned char c = (unsigned char)s.at[i];
        char coded[3] = {'%', digits[c >> 4], digits[c & 15]};

        if (is_unreserved(c))
            continue;
        r = buf_add(out, s.at + plain, i - plain);
        if (r >= 0)
            r = buf_add(out, coded, sizeof(coded));
        plain = i + 1;
    }
    return r < 0 || plain == s.len ? r : buf_add(out, s.at + plain, s.len - plain);
}

static int field_parse(struct str piece, struct arena *arena, struct form_field *ret)
{
    struct str value = piece, name;
    int r;

    if (!str_split(&value, '=', &name))
        return FORM_E_SYNTAX;
    if (!value.at)
        value = STR("");
    if (value.len > 3 * (size_t)FORM_VALUE_MAX || name.len > 3 * FORM_NAME_MAX)
        return FORM_E_LIMIT;
    r = decode(name, true, arena, &ret->name);
    if (!r)
        r = decode(value, true, arena, &ret->value);
    if (r)
        return r;
    if (ret->name.len > FORM_NAME_MAX || ret->value.len > FORM_VALUE_MAX)
        return FORM_E_LIMIT;
    return 0;
}

int form_parse(struct str encoded, struct arena *arena, struct form_data *ret)
{
    struct str rest = encoded, piece;
    struct form_field *fields;
    size_t n_max = 0, n = 0;

    *ret = (struct form_data){0};
    if (!encoded.len)
        return 0;
    for (size_t i = 0; i < encoded.len; i++) /* pieces that hold something begin here */
        n_max += encoded.at[i] != '&' && (i == 0 || encoded.at[i - 1] == '&');
    if (n_max > FORM_FIELDS_MAX)
        return FORM_E_LIMIT;
    fields = arena_alloc_n(arena, n_max, sizeof(*fields));
    if (!fields)
        return -ENOMEM;
    while (str_split(&rest, '&', &piece)) {
        int r;

        if (!piece.len)
            continue; /* "a=1&&b=2" and a closing '&' carry nothing */
        r = field_parse(piece, arena, &fields[n]);
        if (r)
            return r;
        n++;
    }
    *ret = (struct form_data){fields, n};
    return 0;
}

int form_of_body(const struct http_request *req, struct form_data *ret)
{
    struct str rest = http_request_header(req, HTTP_HEADER_CONTENT_TYPE), type = STR_NONE;
    struct str charset = STR("charset=utf-8"), boundary = STR("boundary=");
    bool has_type = str_split(&rest, ';', &type);

    rest = str_trim(rest);
    if (has_type && str_eq_nocase(str_trim(type), STR("multipart/form-data"))) {
        if (rest.len < boundary.len || !str_eq_nocase((struct str){rest.at, boundary.len}, boundary))
            return FORM_E_TYPE;
        return form_parse_multipart(req->body, (struct str){rest.at + boundary.len, rest.len - boundary.len}, req->arena, ret);
    }
    if (!has_type ||
        !str_eq_nocase(str_trim(type), STR("application/x-www-form-urlencoded")))
        return FORM_E_TYPE;
    if (rest.at && !str_eq_nocase(str_trim(rest), charset))
        return FORM_E_TYPE;
    return form_parse(req->body, req->arena, ret);
}

int form_of_query(const struct http_request *req, struct form_data *ret)
{
    return form_parse(req->query, req->arena, ret);
}

unsigned form_error_status(int answer)
{
    switch (answer) {
    case FORM_E_SYNTAX:
    case FORM_E_TEXT:
        return 400;
    case FORM_E_LIMIT:
        return 413;
    case FORM_E_TYPE:
        return 415;
    default:
        return 500;
    }
}

size_t form_count(const struct form_data *f, struct str name)
{
    size_t n = 0;

    for (size_t i = 0; i < f->n; i++)
        n += str_eq(f->fields[i].name, name);
    return n;
}

struct str form_get_nth(const struct form_data *f, struct str name, size_t index)
{
    for (size_t i = 0; i < f->n; i++)
        if (str_eq(f->fields[i].name, name) && !f->fields[i].is_file && index-- == 0)
            return f->fields[i].value;
    return STR_NONE;
}

struct str form_get(const struct form_data *f, struct str name)
{
    return form_count(f, name) == 1 ? form_get_nth(f, name, 0) : STR_NONE;
}

const struct form_field *form_file(const struct form_data *f, struct str name)
{
    const struct form_field *found = NULL;

    for (size_t i = 0; i < f->n; i++) {
        if (!str_eq(f->fields[i].name, name))
            continue;
        if (found || !f->fields[i].is_file)
            return NULL;
        found = &f->fields[i];
    }
    return found && (found->value.len || found->filename.len) ? found : NULL;
}
