/* See route.h.  A table has about a hundred rows; comparing segments row by row costs a microsecond or two. */
#include "web/route.h"

#include "web/form.h"

#include <errno.h>

#define BODY_MAX_NORMAL (1024u * 1024)
#define BODY_MAX_UNROUTED (16u * 1024)

/* Does the pattern fit the path? With `ret`, its parameters are noted, still encoded. */
static bool pattern_fits(const char *pattern, struct str path, struct route_call *ret)
{
    struct str p = str_of(pattern), want, have;
    bool more_want, more_have;

    if (ret)
        ret->n_params = 0;
    for (;;) {
        more_want = str_split(&p, '/', &want);
        more_have = str_split(&path, '/', &have);
        if (!more_want || !more_have)
            return more_want == more_have;
        if (want.len && want.at[0] == ':') {
            if (!have.len)
                return false;
            if (ret) {
                assert(ret->n_params < ROUTE_PARAMS_MAX);
                ret->params[ret->n_params++] =
                    (struct route_param){.name = {want.at + 1, want.len - 1}, .value = have};
            }
        } else if (!str_eq(want, have)) {
            return false;
        }
    }
}

static enum http_method as_routed(enum http_method m)
{
    return m == HTTP_HEAD ? HTTP_GET : m;
}

static const struct route *find_row(const struct route_table *t, enum http_method method, struct str path,
                                    struct route_call *call, bool *ret_path_exists)
{
    *ret_path_exists = false;
    for (size_t i = 0; i < t->n; i++) {
        const struct route *row = &t->rows[i];

        if (!pattern_fits(row->pattern, path, call))
            continue;
        if (row->method == as_routed(method))
            return row;
        *ret_path_exists = true;
    }
    return NULL;
}

int route_find(const struct route_table *t, enum http_method method, struct str path, struct arena *arena,
               struct route_call *ret)
{
    bool path_exists;

    ret->route = find_row(t, method, path, ret, &path_exists);
    if (!ret->route)
        return path_exists ? ROUTE_E_METHOD : ROUTE_E_NOT_FOUND;
    for (size_t i = 0; i < ret->n_params; i++) {
        int r = url_decode(ret->params[i].value, arena, &ret->params[i].value);

        if (r < 0)
            return r;
        if (r)
            return ROUTE_E_PATH;
    }
    return 0;
}

int route_allow(const struct route_table *t, struct str path, struct buf *out)
{
    unsigned seen = 0;

    for (size_t i = 0; i < t->n; i++)
        if (pattern_fits(t->rows[i].pattern, path, NULL))
            seen |= 1u << t->rows[i].method;
    if (seen >> HTTP_GET & 1)
        seen |= 1u << HTTP_HEAD;
    for (unsigned m = 0; m < HTTP_METHOD_COUNT; m++)
        if (seen >> m & 1)
            buf_printf(out, "%s%s", out->len ? ", " : "", http_method_name(m));
    return buf_error(out);
}

size_t route_body_max(const struct route_table *t, const struct http_head *head)
{
    bool path_exists;
    const struct route *row = find_row(t, head->method, head->path, NULL, &path_exists);

    if (!row)
        return BODY_MAX_UNROUTED;
    return row->body_max ? row->body_max : BODY_MAX_NORMAL;
}

struct str route_param(const struct route_call *call, struct str name)
{
    for (size_t i = 0; i < call->n_params; i++)
        if (str_eq(call->params[i].name, name))
            return call->params[i].value;
    return STR_NONE;
}

int route_run(const struct route_table *t, struct http_request *req, struct http_response *resp, void *ctx)
{
    struct route_call call;
    struct buf allow;
    int r = route_find(t, req->method, req->path, req->arena, &call);

    switch (r) {
    case 0:
        return call.route->handler(req, &call, resp, ctx);
    case ROUTE_E_NOT_FOUND:
        http_response_plain(resp, 404, STR("there is nothing at this address"));
        return 0;
    case ROUTE_E_PATH:
        http_response_plain(resp, 400, STR("the address is not percent-encoded UTF-8"));
        return 0;
    case ROUTE_E_METHOD:
        http_response_plain(resp, 405, STR("this address does not answer this method"));
        buf_init(&allow, 256);
        route_allow(t, req->path, &allow);
        r = http_response_header(resp, HTTP_HEADER_ALLOW, buf_str(&allow));
        buf_done(&allow);
        return r;
    default:
        return r;
    }
}
