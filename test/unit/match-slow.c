#include "match-slow.h"

#include "base/codec.h"
#include "intel/clue-inside.h"

#include <stdlib.h>

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define TOKEN ALNUM "_.-"
#define LOCAL TOKEN "%+"
#define HEX "0123456789ABCDEFabcdef"
#define SCHEME ALNUM "+.-"
#define URL TOKEN "~:/?#[]@!$&'()*+,;=%"

void slow_match_print(size_t offset, size_t len, enum clue_type type, struct str bytes,
                      struct str name, struct buf *out)
{
    if (buf_printf(out, "%zu %zu %s ", offset, len, clue_type_name(type)) ||
        hex_print(bytes.at, bytes.len, out) || buf_printf(out, " %.*s\n", STR_ARG(name)))
        abort();
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *slow_match_sorted(const struct buf *lines)
{
    static char *rows[65536];
    struct str rest = buf_str(lines), row;
    struct buf out;
    size_t n = 0;

    while (str_split(&rest, '\n', &row) && n < ARRAY_LEN(rows)) {
        rows[n] = strndup(row.len ? row.at : "", row.len);
        if (!rows[n++])
            abort();
    }
    qsort(rows, n, sizeof(rows[0]), compare);
    buf_init(&out, SIZE_MAX / 2);
    for (size_t i = 0; i < n; i++) {
        if (buf_printf(&out, "%s\n", rows[i]))
            abort();
        free(rows[i]);
    }
    return buf_take(&out);
}

static bool in(struct str s, size_t i, const char *set)
{
    return i < s.len && s.at[i] && strchr(set, s.at[i]);
}

static bool all_in(struct str s, size_t p, size_t q, const char *set)
{
    for (size_t i = p; i < q; i++)
        if (!in(s, i, set))
            return false;
    return true;
}

static void hit(const struct slow_list *list, size_t e, size_t p, size_t q, struct buf *out)
{
    slow_match_print(p, q - p, list->values[e].type, buf_str(&list->values[e].bytes),
                     buf_str(&list->names[e]), out);
}

/* The text is read as the entry's type is and comes to the same, or as a network of the entry's length. */
static bool is_address(const struct clue *entry, struct str text)
{
    char prefixed[64];
    struct clue v;
    unsigned bits = 0;
    bool same;

    clue_init(&v);
    if (entry->type == CLUE_IPV4_NET || entry->type == CLUE_IPV6_NET)
        bits = (unsigned char)entry->bytes.at[entry->bytes.len - 1];
    if (entry->type == CLUE_IPV4 || entry->type == CLUE_IPV6)
        snprintf(prefixed, sizeof(prefixed), "%.*s", STR_ARG(text));
    else
        snprintf(prefixed, sizeof(prefixed), "%.*s/%u", STR_ARG(text),
                 memchr(text.at, ':', text.len) && entry->type == CLUE_IPV4_NET ? bits + 96 : bits);
    same = clue_make(memchr(text.at, ':', text.len) ? CLUE_IPV6_NET : CLUE_IPV4_NET,
                     str_of(prefixed), &v) == 0 &&
           clue_eq(&v, entry);
    clue_done(&v);
    return same;
}

static bool is_name(const struct slow_list *list, const struct clue *entry, struct str text)
{
    struct str want = buf_str(&entry->bytes);
    size_t at = text.len - want.len;

    if (entry->type != CLUE_DOMAIN || want.len > text.len ||
        !str_eq_nocase((struct str){text.at + at, want.len}, want))
        return false;
    return at == 0 || (list->below && text.at[at - 1] == '.');
}

/* [p, q) is a token without the joints at its ends. */
static bool is_token(struct str s, size_t p, size_t q)
{
    if (!all_in(s, p, q, TOKEN) || in(s, p, ".-") || in(s, q - 1, ".-"))
        return false;
    while (p && in(s, p - 1, ".-"))
        p--;
    while (in(s, q, ".-"))
        q++;
    return !(p && in(s, p - 1, TOKEN)) && !in(s, q, TOKEN);
}

static bool is_ipv6(struct str s, size_t p, size_t q)
{
    size_t colons = 0;
    bool both = q - p > 2 && in(s, q - 1, ":") && in(s, q - 2, ":");

    if (q - p > 45 || !all_in(s, p, q, HEX ":.") || (p && in(s, p - 1, ALNUM)) || in(s, q, ALNUM))
        return false;
    for (size_t i = p; i < q; i++)
        colons += s.at[i] == ':';
    /* as long as it can be, with :: at its ends but no single joints */
    if (colons < 2 ||
        (in(s, p, ":.") && !(in(s, p, ":") && in(s, p + 1, ":") && in(s, p + 2, HEX))) ||
        (in(s, q - 1, ":.") && !(both && in(s, q - 3, HEX))))
        return false;
    if (in(s, p, HEX) && p >= 2 && in(s, p - 1, ":") && in(s, p - 2, ":"))
        return false;
    if (in(s, q - 1, HEX) && in(s, q, ":") && in(s, q + 1, ":"))
        return false;
    for (size_t i = p; i > 0 && in(s, i - 1, HEX ":."); i--)
        if (in(s, i - 1, HEX))
            return false;
    for (size_t i = q; in(s, i, HEX ":."); i++)
        if (in(s, i, HEX))
            return false;
    return true;
}

static void match_piece(const struct slow_list *list, struct str s, size_t p, size_t q,
                        struct buf *out)
{
    struct str text = {s.at + p, q - p};
    bool token = is_token(s, p, q), six = is_ipv6(s, p, q);
    bool word = all_in(s, p, q, ALNUM) && !(p && in(s, p - 1, ALNUM)) && !in(s, q, ALNUM);
    uint8_t bytes[16];
    bool four = token && clue_parse_ipv4(text, bytes) == 0;

    six = six && clue_parse_ipv6(text, bytes) == 0;
    for (size_t e = 0; e < list->n; e++) {
        const struct clue *entry = &list->values[e];
        uint8_t digest[64];
        bool is_hash = clue_hash_of(text.len) == entry->type && word &&
                       hex_parse(text, digest, text.len / 2) == 0 &&
                       !memcmp(digest, entry->bytes.at, entry->bytes.len);
        bool is_net = entry->type >= CLUE_IPV4 && entry->type <= CLUE_IPV6_NET;

        if ((four || six) && is_net && is_address(entry, text))
            hit(list, e, p, q, out);
        else if (token && !four && text.len <= 253 && memchr(text.at, '.', text.len) &&
                 is_name(list, entry, text))
            hit(list, e, p, q, out);
        else if (is_hash)
            hit(list, e, p, q, out);
    }
}

static void match_mail(const struct slow_list *list, struct str s, size_t sign, struct buf *out)
{
    size_t p = sign, q = sign + 1;

    while (p && in(s, p - 1, LOCAL))
        p--;
    while (in(s, q, TOKEN))
        q++;
    while (q > sign + 1 && in(s, q - 1, ".-"))
        q--;
    if (p == sign || sign - p > 64 || q == sign + 1 || in(s, sign + 1, ".-"))
        return;
    for (size_t e = 0; e < list->n; e++)
        if (list->values[e].type == CLUE_EMAIL &&
            str_eq_nocase(buf_str(&list->values[e].bytes), (struct str){s.at + p, q - p}))
            hit(list, e, p, q, out);
}

/* The end of the run when what begins with the scheme before `colon` is a URL or too long for one; 0. */
static size_t match_url(const struct slow_list *list, struct str s, size_t colon, struct buf *out)
{
    size_t p = colon, q = colon, end;
    struct clue v;
    int r;

    if (!in(s, colon, ":") || !in(s, colon + 1, "/") || !in(s, colon + 2, "/"))
        return 0;
    while (p && in(s, p - 1, SCHEME))
        p--;
    if (colon - p > 16 || p == colon)
        return 0;
    while (p < colon && !((s.at[p] >= 'a' && s.at[p] <= 'z') || (s.at[p] >= 'A' && s.at[p] <= 'Z')))
        p++;
    while (in(s, q, URL))
        q++;
    end = q;
    while (in(s, q - 1, ",;')]"))
        q--;
    clue_init(&v);
    r = q - p > CLUE_URL_MAX ? CLUE_E_LONG : clue_make(CLUE_URL, (struct str){s.at + p, q - p}, &v);
    for (size_t e = 0; e < list->n && !r; e++)
        if (clue_eq(&list->values[e], &v))
            hit(list, e, p, q, out);
    clue_done(&v);
    return r == 0 || r == CLUE_E_LONG ? end : 0;
}

void slow_match(const struct slow_list *list, struct str line, struct buf *out)
{
    bool has_url = false;

    for (size_t e = 0; e < list->n; e++)
        has_url |= list->values[e].type == CLUE_URL;
    for (size_t p = 0; p < line.len; p++)
        for (size_t q = p + 1; q <= line.len && q - p <= 300; q++)
            match_piece(list, line, p, q, out);
    for (size_t i = 0; i < line.len; i++)
        if (line.at[i] == '@')
            match_mail(list, line, i, out);
    for (size_t i = 0; i < line.len && has_url; i++) {
        size_t end = match_url(list, line, i, out);

        i = end ? end - 1 : i;
    }
}
