/* The request part of http.h: headers, cookies, where a request comes from, and where we may listen. */
#include "web/http.h"

#include <arpa/inet.h>

struct str http_request_header(const struct http_request *req, enum http_header_id id)
{
    return http_head_find(req->head, id);
}

struct str http_request_cookie(const struct http_request *req, struct str name)
{
    struct str rest = http_request_header(req, HTTP_HEADER_COOKIE), pair, found = STR_NONE;

    while (str_split(&rest, ';', &pair)) {
        struct str key;

        pair = str_trim(pair);
        if (!memchr(pair.at ? pair.at : "", '=', pair.len))
            continue;
        if (!str_split(&pair, '=', &key) || !str_eq(key, name))
            continue;
        if (found.at)
            return STR_NONE; /* planted beside ours by a neighbour: believe neither */
        found = pair.at ? pair : STR("");
    }
    return found;
}

bool http_etag_listed(struct str list, struct str etag)
{
    struct str piece;

    while (str_split(&list, ',', &piece)) {
        piece = str_trim(piece);
        if (str_starts(piece, STR("W/")))
            piece = (struct str){piece.at + 2, piece.len - 2};
        if (str_eq(piece, etag) || str_eq(piece, STR("*")))
            return true;
    }
    return false;
}

bool http_request_same_origin(const struct http_request *req, bool allow_typed)
{
    struct str site = http_request_header(req, HTTP_HEADER_SEC_FETCH_SITE);
    struct str origin = http_request_header(req, HTTP_HEADER_ORIGIN);
    struct str scheme = req->is_secure ? STR("https://") : STR("http://");

    if (site.at)
        return str_eq(site, STR("same-origin")) || (allow_typed && str_eq(site, STR("none")));
    if (!origin.at || !req->host.len || !str_starts(origin, scheme))
        return false;
    return str_eq_nocase((struct str){origin.at + scheme.len, origin.len - scheme.len}, req->host);
}

bool http_listen_allowed(struct str address, bool has_tls, bool behind_proxy)
{
    char text[INET6_ADDRSTRLEN];
    struct in_addr v4;
    struct in6_addr v6;

    if (has_tls || behind_proxy)
        return true;
    if (!address.len || address.len >= sizeof(text))
        return false;
    memcpy(text, address.at, address.len);
    text[address.len] = '\0';
    if (inet_pton(AF_INET, text, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}
