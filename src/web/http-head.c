/* See http-head.h.  Two passes: http_head_scan() looks at each byte once as it arrives and finds the end;
 * http_head_read() then cuts the whole head into lines and pieces.  After the first pass every line is known to end in
 * CR LF and to hold no other control character than TAB. */
#include "web/http-head.h"

#include "base/codec.h"

#define HTTP_VERSION_LEN 8       /* "HTTP/1.1" */
#define CONTENT_LENGTH_DIGITS 18 /* always fits uint64_t; no body of ours comes near */

/* Character classes of RFC 9110 (token) and RFC 3986 (pchar without '%'), one bit each. */
enum { CHAR_TOKEN = 1, CHAR_PATH = 2, CHAR_HOST = 4 };

static unsigned char_class(unsigned char c)
{
    bool is_alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    unsigned set = 0;

    if (c == 0)
        return 0;
    if (is_alnum)
        return CHAR_TOKEN | CHAR_PATH | CHAR_HOST;
    if (strchr("!#$%&'*+-.^_`|~", c))
        set |= CHAR_TOKEN;
    if (strchr("-._~!$&'()*+,;=:@/", c))
        set |= CHAR_PATH;
    if (strchr("-._", c))
        set |= CHAR_HOST;
    return set;
}

static enum http_head_answer bad(struct http_head_error *e, unsigned status, const char *reason)
{
    e->status = status;
    e->reason = reason;
    return HTTP_HEAD_BAD;
}

static size_t limit_or(size_t limit, size_t normal)
{
    return limit ? limit : normal;
}

const char *http_method_name(enum http_method m)
{
    static const char *const names[HTTP_METHOD_COUNT] = {
#define X(name) #name,
        HTTP_METHODS(X)
#undef X
    };
    assert(m < HTTP_METHOD_COUNT);
    return names[m];
}

static const struct {
    struct str name;
    bool once;
} header_table[HTTP_HEADER_OTHER] = {
#define X(id, text, is_once) [HTTP_HEADER_##id] = {{text, sizeof(text) - 1}, is_once},
    HTTP_HEADER_TABLE(X)
#undef X
};

const char *http_header_name(enum http_header_id id)
{
    return id < HTTP_HEADER_OTHER ? header_table[id].name.at : "";
}

/* ---- first pass: bytes as they arrive ---- */

enum http_head_answer http_head_scan(const char *bytes, size_t len, size_t *scanned, const struct http_limits *limits,
                                     size_t *ret_head_size, struct http_head_error *ret_error)
{
    size_t max = limit_or(limits->head_size, HTTP_HEAD_SIZE_MAX);
    size_t i;

    for (i = *scanned; i < len && i < max; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c >= 0x20 && c != 0x7f)
            continue;
        if (c == '\t' && i > 0)
            continue;
        if (c == '\r') {
            if (i == 0)
                return bad(ret_error, 400, "empty line before the request line");
            if (i + 1 == len)
                break; /* its LF may be on the way: look again next time */
            if (bytes[i + 1] != '\n')
                return bad(ret_error, 400, "CR without LF");
            continue;
        }
        if (c != '\n')
            return bad(ret_error, 400, "control character in the request head");
        if (i == 0 || bytes[i - 1] != '\r')
            return bad(ret_error, 400, "LF without CR");
        if (i >= 3 && bytes[i - 2] == '\n') {
            *scanned = i + 1;
            *ret_head_size = i + 1;
            return HTTP_HEAD_OK;
        }
    }
    *scanned = i;
    if (i < max)
        return HTTP_HEAD_MORE;
    return memchr(bytes, '\n', i) ? bad(ret_error, 431, "request head too large")
                                  : bad(ret_error, 414, "request target too long");
}

/* ---- second pass: the request line ---- */

static enum http_head_answer read_method(struct str word, enum http_method *ret, struct http_head_error *e)
{
    if (!word.len)
        return bad(e, 400, "request line without a method");
    for (size_t i = 0; i < word.len; i++)
        if (!(char_class((unsigned char)word.at[i]) & CHAR_TOKEN))
            return bad(e, 400, "method is not a token");
    for (unsigned m = 0; m < HTTP_METHOD_COUNT; m++)
        if (str_eq(word, str_of(http_method_name(m)))) {
            *ret = m;
            return HTTP_HEAD_OK;
        }
    if (str_eq(word, STR("CONNECT")) || str_eq(word, STR("TRACE")))
        return bad(e, 405, "method never allowed here");
    return bad(e, 501, "unknown method; methods are written in capitals");
}

/* Characters and percent signs of a path or query.  In a path a coded '/', '\', '.' or control character is refused,
 * because somebody in front of us may decode before comparing. */
static const char *check_target_part(struct str s, bool is_path)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];

        if (c == '%') {
            int high = i + 2 < s.len ? hex_digit(s.at[i + 1]) : -1;
            int low = i + 2 < s.len ? hex_digit(s.at[i + 2]) : -1;
            int value;

            if (high < 0 || low < 0)
                return "percent sign without two hexadecimal digits";
            value = high * 16 + low;
            if (!value)
                return "%00 in the request target";
            if (is_path && (value < 0x20 || value == 0x7f || value == '/' || value == '\\' || value == '.'))
                return "character in the path that may not be percent-encoded";
            i += 2;
            continue;
        }
        if (!(char_class(c) & CHAR_PATH) && !(!is_path && c == '?'))
            return "character in the request target that must be percent-encoded";
    }
    return NULL;
}

/* No empty, "." or ".." segment; the last segment may be empty ("/records/"). */
static bool path_is_plain(struct str path)
{
    size_t start = 1;

    for (size_t i = 1; i <= path.len; i++) {
        size_t n;

        if (i < path.len && path.at[i] != '/')
            continue;
        n = i - start;
        if (n == 0 && i < path.len)
            return false;
        if ((n == 1 && path.at[start] == '.') || (n == 2 && !memcmp(path.at + start, "..", 2)))
            return false;
        start = i + 1;
    }
    return true;
}

/* "http://host/path" names its own host, which must then be the Host header's. */
static struct str take_authority(struct str *target)
{
    struct str schemes[2] = {STR("http://"), STR("https://")};

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        struct str rest, authority;
        const char *slash;

        if (target->len <= schemes[i].len ||
            !str_eq_nocase((struct str){target->at, schemes[i].len}, schemes[i]))
            continue;
        rest = (struct str){target->at + schemes[i].len, target->len - schemes[i].len};
        slash = memchr(rest.at, '/', rest.len);
        if (!slash)
            return STR_NONE;
        authority = (struct str){rest.at, (size_t)(slash - rest.at)};
        *target = (struct str){slash, rest.len - authority.len};
        return authority;
    }
    return STR_NONE;
}

static enum http_head_answer read_target(struct str target, struct http_head *h, struct str *ret_authority,
                                         struct http_head_error *e)
{
    const char *question, *problem;

    *ret_authority = STR_NONE;
    if (target.len && target.at[0] != '/')
        *ret_authority = take_authority(&target);
    h->target = target;
    if (h->method == HTTP_OPTIONS && str_eq(target, STR("*"))) {
        h->path = target;
        return HTTP_HEAD_OK;
    }
    if (!target.len || target.at[0] != '/')
        return bad(e, 400, "request target does not begin with '/'");
    question = memchr(target.at, '?', target.len);
    h->path = (struct str){target.at, question ? (size_t)(question - target.at) : target.len};
    if (question)
        h->query = (struct str){question + 1, target.len - h->path.len - 1};
    problem = check_target_part(h->path, true);
    if (!problem && question)
        problem = check_target_part(h->query, false);
    if (problem)
        return bad(e, 400, problem);
    if (!path_is_plain(h->path))
        return bad(e, 400, "empty or dot segment in the path");
    return HTTP_HEAD_OK;
}

static enum http_head_answer read_request_line(struct str line, const struct http_limits *limits, struct http_head *h,
                                               struct str *ret_authority, struct http_head_error *e)
{
    struct str rest = line, method, target;
    enum http_head_answer r;

    if (!str_split(&rest, ' ', &method) || !rest.at)
        return bad(e, 400, "request line without a target");
    if (!str_split(&rest, ' ', &target) || !rest.at)
        return bad(e, 400, "request line without a version");
    r = read_method(method, &h->method, e);
    if (r)
        return r;
    if (target.len > limit_or(limits->target_size, HTTP_TARGET_SIZE_MAX))
        return bad(e, 414, "request target too long");
    if (rest.len != HTTP_VERSION_LEN || memcmp(rest.at, "HTTP/", 5) || rest.at[6] != '.')
        return bad(e, 400, "request line does not end in a version");
    if (rest.at[5] < '0' || rest.at[5] > '9' || rest.at[7] < '0' || rest.at[7] > '9')
        return bad(e, 400, "request line does not end in a version");
    if (rest.at[5] != '1' || rest.at[7] > '1')
        return bad(e, 505, "HTTP version other than 1.0 and 1.1");
    h->is_http10 = rest.at[7] == '0';
    return read_target(target, h, ret_authority, e);
}

/* ---- second pass: header lines ---- */

static enum http_header_id header_id(struct str name)
{
    for (unsigned i = 0; i < HTTP_HEADER_OTHER; i++)
        if (name.len == header_table[i].name.len && (name.at[0] | 0x20) == (header_table[i].name.at[0] | 0x20) &&
            str_eq_nocase(name, header_table[i].name))
            return i;
    return HTTP_HEADER_OTHER;
}

static enum http_head_answer read_header_line(struct str line, struct http_header *ret, struct http_head_error *e)
{
    const char *colon;

    if (line.at[0] == ' ' || line.at[0] == '\t')
        return bad(e, 400, "folded header line");
    colon = memchr(line.at, ':', line.len);
    if (!colon)
        return bad(e, 400, "header line without a colon");
    ret->name = (struct str){line.at, (size_t)(colon - line.at)};
    if (!ret->name.len)
        return bad(e, 400, "header line without a name");
    for (size_t i = 0; i < ret->name.len; i++)
        if (!(char_class((unsigned char)ret->name.at[i]) & CHAR_TOKEN))
            return bad(e, 400, "header name is not a token");
    ret->value = str_trim((struct str){colon + 1, line.len - ret->name.len - 1});
    ret->id = header_id(ret->name);
    return HTTP_HEAD_OK;
}

static enum http_head_answer read_header_lines(struct str rest, const struct http_limits *limits, struct http_head *h,
                                               struct http_head_error *e)
{
    size_t max = limit_or(limits->n_headers, HTTP_HEADERS_MAX);
    uint64_t seen = 0;

    static_assert(HTTP_HEADER_OTHER <= 64, "one bit for each known header");
    while (rest.len) {
        const char *cr = memchr(rest.at, '\r', rest.len);
        struct http_header *header = &h->headers[h->n_headers];
        enum http_head_answer r;
        size_t n;

        if (!cr || (size_t)(cr - rest.at) + 2 > rest.len)
            return bad(e, 400, "header line without an end");
        n = (size_t)(cr - rest.at);
        if (h->n_headers == MIN_OF(max, HTTP_HEADERS_MAX))
            return bad(e, 431, "too many header lines");
        r = read_header_line((struct str){rest.at, n}, header, e);
        if (r)
            return r;
        if (header->id != HTTP_HEADER_OTHER) {
            if (header_table[header->id].once && (seen >> header->id & 1))
                return bad(e, 400, "header given twice that may come once only");
            seen |= UINT64_C(1) << header->id;
        }
        h->n_headers++;
        rest = (struct str){rest.at + n + 2, rest.len - n - 2};
    }
    return HTTP_HEAD_OK;
}

/* ---- what the headers mean together ---- */

/* A name or IPv4 address, or an IPv6 address in brackets; then a port or none. What stands in the Host header is compared
 * with origins, and a proxy in front may cut it at another colon. */
static bool host_is_plain(struct str host)
{
    const char *end = host.len && host.at[0] == '[' ? memchr(host.at, ']', host.len) : NULL;
    size_t n = 0;

    if (host.len && host.at[0] == '[') {
        n = end ? (size_t)(end - host.at) + 1 : 0;
        if (n < 4)
            return false;
        for (size_t i = 1; i < n - 1; i++)
            if (hex_digit(host.at[i]) < 0 && host.at[i] != ':' && host.at[i] != '.')
                return false;
    } else {
        while (n < host.len && host.at[n] != ':')
            if (!(char_class((unsigned char)host.at[n++]) & CHAR_HOST))
                return false;
        if (!n)
            return false;
    }
    if (n == host.len)
        return true;
    if (host.at[n] != ':' || host.len - n > 6)
        return false;
    for (size_t i = n + 1; i < host.len; i++)
        if (host.at[i] < '0' || host.at[i] > '9')
            return false;
    return true;
}

static enum http_head_answer check_host(struct http_head *h, struct str authority, struct http_head_error *e)
{
    struct str host = http_head_find(h, HTTP_HEADER_HOST);

    if (!host.at && !h->is_http10)
        return bad(e, 400, "request without a Host header");
    if (host.at && !host.len)
        return bad(e, 400, "empty Host header");
    if (host.at && !host_is_plain(host))
        return bad(e, 400, "Host header is not a host name with an optional port");
    if (authority.at && !str_eq_nocase(authority, host))
        return bad(e, 400, "request target names another host than the Host header");
    h->host = host;
    return HTTP_HEAD_OK;
}

static enum http_head_answer check_transfer_encoding(const struct http_head *h, struct http_head_error *e)
{
    struct str coding = http_head_find(h, HTTP_HEADER_TRANSFER_ENCODING);
    size_t n = 0;

    if (!coding.at)
        return HTTP_HEAD_OK;
    for (size_t i = 0; i < h->n_headers; i++)
        n += h->headers[i].id == HTTP_HEADER_TRANSFER_ENCODING;
    if (h->is_http10)
        return bad(e, 400, "Transfer-Encoding in a request of version 1.0");
    if (http_head_find(h, HTTP_HEADER_CONTENT_LENGTH).at)
        return bad(e, 400, "Content-Length and Transfer-Encoding together");
    if (n > 1 || memchr(coding.at, ',', coding.len))
        return bad(e, 400, "more than one transfer coding");
    if (str_eq_nocase(coding, STR("chunked")))
        return bad(e, 411, "chunked request bodies are not accepted; send Content-Length");
    return bad(e, 501, "unknown transfer coding");
}

static bool method_has_body(enum http_method m)
{
    return m == HTTP_POST || m == HTTP_PUT || m == HTTP_PATCH;
}

static enum http_head_answer check_content_length(struct http_head *h, struct http_head_error *e)
{
    struct str text = http_head_find(h, HTTP_HEADER_CONTENT_LENGTH);

    if (!text.at) {
        if (method_has_body(h->method))
            return bad(e, 411, "request with this method needs Content-Length");
        return HTTP_HEAD_OK;
    }
    if (!text.len)
        return bad(e, 400, "empty Content-Length");
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return bad(e, 400, "Content-Length is not a number");
    if (text.len > 1 && text.at[0] == '0')
        return bad(e, 400, "Content-Length with leading zeros");
    if (text.len > CONTENT_LENGTH_DIGITS)
        return bad(e, 413, "Content-Length beyond any limit");
    if (str_to_u64(text, 0, UINT64_MAX, &h->content_length))
        return bad(e, 400, "Content-Length is not a number");
    h->has_content_length = true;
    if (h->content_length && !method_has_body(h->method))
        return bad(e, 400, "body in a request whose method has none");
    return HTTP_HEAD_OK;
}

static enum http_head_answer check_expect(struct http_head *h, struct http_head_error *e)
{
    struct str value = http_head_find(h, HTTP_HEADER_EXPECT);

    if (!value.at)
        return HTTP_HEAD_OK;
    if (!str_eq_nocase(value, STR("100-continue")))
        return bad(e, 417, "unknown expectation");
    h->expects_continue = !h->is_http10 && h->content_length > 0;
    return HTTP_HEAD_OK;
}

static void read_connection(struct http_head *h)
{
    h->keep_alive = !h->is_http10; /* HTTP/1.0 connections are closed always */
    for (size_t i = 0; i < h->n_headers; i++) {
        struct str rest = h->headers[i].value, option;

        if (h->headers[i].id != HTTP_HEADER_CONNECTION)
            continue;
        while (str_split(&rest, ',', &option))
            if (str_eq_nocase(str_trim(option), STR("close")))
                h->keep_alive = false;
    }
}

enum http_head_answer http_head_read(struct str head, const struct http_limits *limits, struct http_head *ret,
                                     struct http_head_error *ret_error)
{
    struct str authority = STR_NONE;
    const char *cr = head.len ? memchr(head.at, '\r', head.len) : NULL;
    enum http_head_answer r;
    size_t n;

    memset(ret, 0, offsetof(struct http_head, headers));
    if (!cr || head.len < 4 || memcmp(head.at + head.len - 4, "\r\n\r\n", 4))
        return bad(ret_error, 400, "request head without an end");
    n = (size_t)(cr - head.at);
    r = read_request_line((struct str){head.at, n}, limits, ret, &authority, ret_error);
    if (r)
        return r;
    /* Without the request line and without the empty line at the end. */
    r = read_header_lines((struct str){head.at + n + 2, head.len - n - 4}, limits, ret, ret_error);
    if (!r)
        r = check_host(ret, authority, ret_error);
    if (!r)
        r = check_transfer_encoding(ret, ret_error);
    if (!r)
        r = check_content_length(ret, ret_error);
    if (!r)
        r = check_expect(ret, ret_error);
    if (r)
        return r;
    read_connection(ret);
    ret->head_size = head.len;
    return HTTP_HEAD_OK;
}

enum http_head_answer http_head_check(struct str bytes, const struct http_limits *limits, struct http_head *ret,
                                      struct http_head_error *ret_error)
{
    size_t scanned = 0, head_size = 0;
    enum http_head_answer r = http_head_scan(bytes.at, bytes.len, &scanned, limits, &head_size, ret_error);

    if (r)
        return r;
    return http_head_read((struct str){bytes.at, head_size}, limits, ret, ret_error);
}

struct str http_head_find(const struct http_head *head, enum http_header_id id)
{
    for (size_t i = 0; i < head->n_headers; i++)
        if (head->headers[i].id == id && id != HTTP_HEADER_OTHER)
            return head->headers[i].value.at ? head->headers[i].value : STR("");
    return STR_NONE;
}

struct str http_head_find_name(const struct http_head *head, struct str name)
{
    for (size_t i = 0; i < head->n_headers; i++)
        if (str_eq_nocase(head->headers[i].name, name))
            return head->headers[i].value.at ? head->headers[i].value : STR("");
    return STR_NONE;
}
