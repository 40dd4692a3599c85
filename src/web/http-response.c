/* See http-response.h and the response part of http.h. */
#include "web/http-response.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define RESPONSE_HEADERS_SIZE_MAX (16u * 1024)

/* Scripts and styles come from files of ours only; nothing may frame, re-base or send our forms elsewhere. Files that people sent run
 * nothing at all, wherever they are opened. */
static const char policy[] = "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
                             "form-action 'self'; frame-ancestors 'none'; base-uri 'none'\r\n";
static const char policy_foreign[] = "Content-Security-Policy: default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; "
                                     "sandbox\r\n";

/* Sent with every answer, pages and errors alike. */
static const char always_headers[] =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n";

static const char *const cache_texts[] = {
    [HTTP_CACHE_NEVER] = "no-store",
    [HTTP_CACHE_CHECK] = "no-cache",
    [HTTP_CACHE_FOR_EVER] = "public, max-age=31536000, immutable",
};

const char *http_status_text(unsigned status)
{
    static const struct {
        unsigned status;
        const char *text;
    } table[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {303, "See Other"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {423, "Locked"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (table[i].status == status)
            return table[i].text;
    return "Unnamed";
}

void http_response_init(struct http_response *resp, size_t body_max)
{
    *resp = (struct http_response){.status = 200, .content_type = "text/html; charset=utf-8"};
    buf_init(&resp->body, body_max);
    buf_init(&resp->headers, RESPONSE_HEADERS_SIZE_MAX);
}

void http_response_end_source(struct http_response *resp)
{
    if (resp->source)
        resp->source->done(resp->source_ctx);
    resp->source = NULL;
}

void http_response_done(struct http_response *resp)
{
    http_response_end_source(resp);
    buf_done(&resp->body);
    buf_done(&resp->headers);
}

struct str http_response_body(const struct http_response *resp)
{
    return resp->body_static.at ? resp->body_static : buf_str(&resp->body);
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

int http_response_header(struct http_response *resp, enum http_header_id id, struct str value)
{
    assert(id < HTTP_HEADER_OTHER);
    if (has_control(value))
        return -EINVAL;
    return buf_printf(&resp->headers, "%s: %.*s\r\n", http_header_name(id), STR_ARG(value));
}

static bool is_cookie_text(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= 0x20 || s.at[i] >= 0x7f || strchr("\",;\\=", s.at[i]))
            return false;
    return true;
}

int http_response_cookie(struct http_response *resp, struct str name, struct str value, int64_t max_age_s,
                         bool is_secure)
{
    struct buf *b = &resp->headers;

    if (!name.len || !is_cookie_text(name) || !is_cookie_text(value))
        return -EINVAL;
    buf_printf(b, "Set-Cookie: %.*s=%.*s; Path=/; HttpOnly; SameSite=Strict", STR_ARG(name), STR_ARG(value));
    if (max_age_s >= 0)
        buf_printf(b, "; Max-Age=%lld", (long long)max_age_s);
    if (is_secure)
        buf_add_text(b, "; Secure");
    buf_add_text(b, "\r\n");
    return buf_error(b);
}

bool http_path_is_local(struct str path)
{
    if (!path.len || path.at[0] != '/' || (path.len > 1 && path.at[1] == '/'))
        return false;
    for (size_t i = 0; i < path.len; i++)
        if (path.at[i] <= ' ' || path.at[i] >= 0x7f || path.at[i] == '\\')
            return false;
    return true;
}

int http_response_redirect(struct http_response *resp, struct str path)
{
    if (!http_path_is_local(path))
        return -EINVAL;
    resp->status = 303;
    resp->content_type = NULL;
    buf_clear(&resp->body);
    return http_response_header(resp, HTTP_HEADER_LOCATION, path);
}

void http_response_plain(struct http_response *resp, unsigned status, struct str text)
{
    http_response_end_source(resp);
    buf_clear(&resp->body);
    resp->body_static = STR_NONE;
    resp->is_foreign = false;
    resp->status = status;
    resp->cache = HTTP_CACHE_NEVER;
    resp->content_type = "text/plain; charset=utf-8";
    buf_add_str(&resp->body, text);
    buf_add_char(&resp->body, '\n');
}

void http_response_problem(struct http_response *resp, unsigned status, const char *reason)
{
    assert(!strpbrk(reason, "\"\\"));
    http_response_plain(resp, status, STR_NONE);
    resp->content_type = "application/problem+json";
    buf_clear(&resp->body);
    IGNORE(buf_printf(&resp->body, "{\"status\":%u,\"title\":\"%s\",\"detail\":\"%s\"}\n", status, http_status_text(status), reason),
           "without memory the answer is its status");
}

int http_response_print_head(const struct http_response *resp, const char *date, bool keep_alive, bool is_secure,
                             struct buf *out)
{
    bool has_body = resp->status != 204 && resp->status != 304;

    buf_printf(out, "HTTP/1.1 %u %s\r\nDate: %s\r\n", resp->status, http_status_text(resp->status), date);
    if (has_body)
        buf_printf(out, "Content-Length: %" PRIu64 "\r\n", resp->source ? resp->source_len : (uint64_t)http_response_body(resp).len);
    if (has_body && resp->content_type)
        buf_printf(out, "Content-Type: %s\r\n", resp->content_type);
    buf_printf(out, "Cache-Control: %s\r\n", cache_texts[resp->cache]);
    buf_add_text(out, resp->is_foreign ? policy_foreign : policy);
    buf_add(out, always_headers, sizeof(always_headers) - 1);
    if (is_secure)
        buf_add_text(out, "Strict-Transport-Security: max-age=31536000\r\n");
    if (!keep_alive)
        buf_add_text(out, "Connection: close\r\n");
    buf_add_str(out, buf_str(&resp->headers));
    buf_add_text(out, "\r\n");
    return buf_error(out) ? buf_error(out) : buf_error(&resp->headers);
}

void http_date_print(int64_t second, char ret[HTTP_DATE_SIZE])
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t t = (time_t)second;
    struct tm tm = {0};

    gmtime_r(&t, &tm);
    snprintf(ret, HTTP_DATE_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday % 7],
             tm.tm_mday % 100, months[tm.tm_mon % 12], (tm.tm_year + 1900) % 10000, tm.tm_hour % 100,
             tm.tm_min % 100, tm.tm_sec % 100);
}
