/* Who asks the API, how often, and for which form of answer: see api.h. */
#include "web/api.h"

#include "web/limit.h"
#include "web/taxii.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

/* Of one token; and of one address that has not signed in. Whoever shows tokens that are none waits longer with each handful. */
static const struct limit_rule token_rule = {200, 10000}, address_rule = {200, 50000}, unknown_rule = {10, 6000000};

/* ---- how often ---- */

static int wait_first(struct page *p, unsigned seconds)
{
    int r = http_response_header(p->resp, HTTP_HEADER_RETRY_AFTER, page_text(p, "%u", seconds));

    if (!r)
        r = api_problem(p, API_TOO_MANY, TF(p, MSG_API_TOO_MANY, {"seconds", page_text(p, "%u", seconds)}), NULL);
    return r ? r : 1;
}

/* One IPv4 address, or the /64 of an IPv6 one, which a single person may have. */
static void address_name(struct page *p, const char *kind, char ret[96])
{
    char text[INET6_ADDRSTRLEN] = "";
    uint8_t v6[16];

    snprintf(text, sizeof(text), "%.*s", (int)MIN_OF(p->req->peer.len, sizeof(text) - 1), p->req->peer.at ? p->req->peer.at : "");
    if (inet_pton(AF_INET6, text, v6) == 1)
        snprintf(text, sizeof(text), "%02x%02x%02x%02x%02x%02x%02x%02x", v6[0], v6[1], v6[2], v6[3], v6[4], v6[5], v6[6], v6[7]);
    snprintf(ret, 96, "%s %s", kind, text);
}

static int count_address(struct page *p, const char *kind, struct limit_rule rule)
{
    char who[96];
    unsigned wait;

    address_name(p, kind, who);
    wait = limiter_take(p->worker->limiter, rule, str_of(who), clock_monotonic_us());
    return wait ? wait_first(p, wait) : 0;
}

static int count_request(struct page *p)
{
    unsigned wait;

    if (p->token) {
        wait = limiter_take(p->worker->limiter, token_rule, page_text(p, "token %s", p->token->id), clock_monotonic_us());
        return wait ? wait_first(p, wait) : 0;
    }
    if (p->bearer.at)
        return count_address(p, "unknown", unknown_rule);
    return p->standing == PAGE_NOBODY ? count_address(p, "address", address_rule) : 0;
}

/* ---- in which form ---- */

/* Does this part of Accept take JSON? "q=0" says that it does not. */
static bool takes_json(struct str part)
{
    static const char *const types[] = {"*/*", "application/*", "application/json", "application/problem+json"};
    struct str type, more;

    if (!str_split(&part, ';', &type))
        return false;
    while (str_split(&part, ';', &more)) {
        more = str_trim(more);
        if (str_eq(more, STR("q=0")) || str_eq(more, STR("q=0.0")) || str_eq(more, STR("q=0.00")) || str_eq(more, STR("q=0.000")))
            return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_eq_nocase(str_trim(type), str_of(types[i])))
            return true;
    return false;
}

static int negotiate(struct page *p)
{
    struct str rest = http_request_header(p->req, HTTP_HEADER_ACCEPT), part;
    int r;

    if (!rest.len)
        return 0;
    while (str_split(&rest, ',', &part))
        if (takes_json(part))
            return 0;
    r = api_problem(p, API_NOT_ACCEPTABLE, T(p, MSG_API_ACCEPT), NULL);
    return r ? r : 1;
}

/* ---- who ---- */

int api_gate(struct page *p)
{
    int r;

    if (p->bearer.at && http_request_cookie(p->req, session_cookie_name(p->req)).at) {
        r = api_problem(p, API_MALFORMED, T(p, MSG_API_BOTH), NULL);
        return r ? r : 1;
    }
    r = count_request(p);
    if (r || !p->is_api)
        return r;
    return p->is_taxii ? taxii_negotiate(p) : negotiate(p);
}

int api_enter_use(struct page *p)
{
    json_t *answer;
    int r;

    if (!p->token->is_touch_due)
        return 0;
    answer = page_ask(p, json_pack("{s:s}", "op", "touch"));
    if (!answer)
        return -ENOMEM;
    /* Nothing is shown to a token whose first use could not be entered; later ones are tried again with the next request. */
    if (json_flag(answer, "ok") || p->token->used_us)
        return 0;
    r = api_keeper_problem(p, answer);
    return r ? r : 1;
}

bool api_sees(const struct page *p, const char *reg)
{
    return !p->token || token_scope_has(&p->token->scope, reg);
}

bool api_sees_record(const struct page *p, const char *id)
{
    const struct reg *reg;

    if (!p->token || !p->token->scope.is_bounded)
        return true;
    reg = engine_reg_of_id(p->worker->engine, id);
    return reg && api_sees(p, reg->id);
}

int api_beyond_scope(struct page *p)
{
    return api_problem(p, API_SCOPE, T(p, MSG_API_SCOPE), NULL);
}
