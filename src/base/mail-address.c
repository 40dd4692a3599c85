#include "base/mail-address.h"

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 5322, atext. */
static bool is_atext(char c)
{
    return is_alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool is_dot_atom(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_atext(s.at[i]) && !(s.at[i] == '.' && i && i + 1 < s.len && s.at[i - 1] != '.'))
            return false;
    return s.len > 0;
}

static bool is_label(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.at[i]) && !(s.at[i] == '-' && i && i + 1 < s.len))
            return false;
    return s.len > 0 && s.len <= 63;
}

static bool is_host(struct str s)
{
    struct str rest = s, label;

    if (!s.len || s.len > 253)
        return false;
    while (str_split(&rest, '.', &label))
        if (!is_label(label))
            return false;
    return true;
}

bool mail_address_ok(struct str s)
{
    struct str rest = s, local;

    if (!s.len || s.len > MAIL_ADDRESS_MAX || !memchr(s.at, '@', s.len) ||
        !str_split(&rest, '@', &local))
        return false;
    return local.len <= MAIL_LOCAL_MAX && is_dot_atom(local) && rest.at && is_host(rest);
}

void mail_address_small(struct str s, char ret[MAIL_ADDRESS_MAX + 1])
{
    size_t n = MIN_OF(s.len, (size_t)MAIL_ADDRESS_MAX);

    for (size_t i = 0; i < n; i++)
        ret[i] = s.at[i] >= 'A' && s.at[i] <= 'Z' ? (char)(s.at[i] - 'A' + 'a') : s.at[i];
    ret[n] = '\0';
}

static bool is_literal_text(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] == '\0' || !strchr("0123456789abcdefABCDEF:.", s.at[i]))
            return false;
    return true;
}

/* "host", "host:25", "[::1]:25": without the port in *ret. */
static bool take_host(struct str s, struct str *ret)
{
    const char *end = s.len && s.at[0] == '[' ? memchr(s.at, ']', s.len) : memchr(s.at, ':', s.len);
    bool is_literal = s.len && s.at[0] == '[';
    size_t n = end ? (size_t)(end - s.at) + is_literal : s.len;
    struct str port = {s.at + n, s.len - n};
    uint64_t number;

    if (is_literal && (!end || !is_literal_text((struct str){s.at + 1, n - 2})))
        return false;
    if (port.len && (port.at[0] != ':' ||
                     str_to_u64((struct str){port.at + 1, port.len - 1}, 1, 65535, &number)))
        return false;
    *ret = (struct str){s.at, n};
    return is_literal || is_host(*ret);
}

static bool take_scheme(struct str s, struct str scheme, struct str *ret_rest)
{
    if (!str_starts(s, scheme))
        return false;
    *ret_rest = (struct str){s.at + scheme.len, s.len - scheme.len};
    return true;
}

static bool server_host(struct str s, struct str *ret)
{
    struct str rest;

    return s.len <= MAIL_URL_MAX &&
           (take_scheme(s, STR("smtp://"), &rest) || take_scheme(s, STR("smtps://"), &rest)) &&
           take_host(rest, ret);
}

bool mail_server_ok(struct str s)
{
    struct str host;

    return server_host(s, &host);
}

bool mail_server_is_here(struct str s)
{
    struct str host;

    return server_host(s, &host) && (str_eq_nocase(host, STR("localhost")) ||
                                     str_eq(host, STR("127.0.0.1")) || str_eq(host, STR("[::1]")));
}

bool mail_base_ok(struct str s)
{
    struct str rest, host;
    const char *slash;

    if (s.len > MAIL_URL_MAX ||
        (!take_scheme(s, STR("https://"), &rest) && !take_scheme(s, STR("http://"), &rest)))
        return false;
    slash = rest.len ? memchr(rest.at, '/', rest.len) : NULL;
    host = (struct str){rest.at, slash ? (size_t)(slash - rest.at) : rest.len};
    for (size_t i = 0; slash && i < rest.len - host.len; i++)
        if (!is_alnum(slash[i]) && !(slash[i] && strchr("/-._~", slash[i])))
            return false;
    return take_host(host, &rest) && s.at[s.len - 1] != '/';
}
