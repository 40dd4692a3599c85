#include "base/url-host.h"

#include <string.h>

void url_host(struct str url, char *ret)
{
    size_t from = 0, to, n = 0;

    ret[0] = '\0';
    while (from + 3 <= url.len && memcmp(url.at + from, "://", 3) != 0)
        from++;
    if (from + 3 > url.len)
        return;
    from += 3;
    for (to = from; to < url.len && !strchr("/?#\\", url.at[to]); to++)
        if (url.at[to] == '@')
            from = to + 1;
    for (; from < to && url.at[from] != ':' && n + 1 < URL_HOST_MAX; from++)
        ret[n++] = url.at[from] >= 'A' && url.at[from] <= 'Z' ? (char)(url.at[from] - 'A' + 'a') : url.at[from];
    while (n && ret[n - 1] == '.')
        n--;
    ret[n] = '\0';
}

void mail_host(struct str address, char *ret)
{
    size_t at = address.len, n = 0;

    ret[0] = '\0';
    while (at && address.at[at - 1] != '@')
        at--;
    if (!at || address.len - at >= URL_HOST_MAX || memmem(address.at, address.len, "://", 3))
        return;
    for (; at < address.len; at++)
        ret[n++] = address.at[at] >= 'A' && address.at[at] <= 'Z' ? (char)(address.at[at] - 'A' + 'a') : address.at[at];
    if (n && ret[n - 1] == '.')
        n--;
    ret[n] = '\0';
    if (!host_ok((struct str){ret, n}))
        ret[0] = '\0';
}

bool host_lies_in(const char *host, const char *of)
{
    size_t n = strlen(host), m = strlen(of);

    return n >= m && !strcmp(host + (n - m), of) && (n == m || host[n - m - 1] == '.');
}

bool host_ok(struct str s)
{
    bool has_dot = false;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
            return false;
        if (c == '.' && (!i || i + 1 == s.len || s.at[i - 1] == '.'))
            return false;
        has_dot = has_dot || c == '.';
    }
    return has_dot;
}
