#include "web/site.h"

#include "engine/device.h"
#include "intel/exclusions.h"
#include "intel/known-shelf.h"
#include "intel/stock.h"
#include "store/blobs.h"
#include "web/api.h"
#include "web/asset.h"
#include "web/kept.h"
#include "web/keys.h"
#include "web/limit.h"
#include "web/pages.h"
#include "web/search-titles.h"
#include "web/taxii.h"
#include "web/words.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define LANGUAGE_COOKIE STR("tsujiban_lang")
#define LEDGER_PATH "/ledger/"
#define COOKIE_PLAIN STR("tsujiban")
#define COOKIE_SECURE STR("__Host-tsujiban") /* browsers take it over TLS only, and from this host alone */

struct site {
    struct site_config config;
    struct http_server *server;
    struct limiter *limiter;
    struct kept_key kept_key;
    struct engine_shared *shared;
    struct blobs_pool *blobs;
    struct known_shelf *known;
};

static const struct route routes[] = {
#define X(method, pattern, handler, level, body) {HTTP_##method, pattern, NULL, #handler, ROUTE_##level, body},
    PAGES(X)
#undef X
        {HTTP_GET, "/assets/:digest/:name", asset_serve, "asset", ROUTE_OPEN, 0},
};
static page_fn *const handlers[] = {
#define X(method, pattern, handler, level, body) handler,
    PAGES(X)
#undef X
};
static const struct route_table table = {routes, ARRAY_LEN(routes)};

/* ---- one thread's things ---- */

static void worker_free(struct worker *w)
{
    json_decref(w->checkpoint);
    openapi_free(w->openapi);
    title_folds_free(w->titles);
    keys_held_free(w->keys);
    if (w->taxii_keys)
        sodium_memzero(w->taxii_keys, sizeof(*w->taxii_keys));
    free(w->taxii_keys);
    taxii_names_free(w->taxii_names);
    keeper_link_close(w->link);
    engine_close(w->engine);
    stock_close(w->stock);
    exclusions_free(w->exclusions);
    store_close(w->blobs);
    store_close(w->store);
    free(w);
}

static int worker_start(void *ctx, void **ret)
{
    struct site *site = ctx;
    struct worker *w = calloc(1, sizeof(*w));
    struct diag diag;
    int r;

    if (!w)
        return -ENOMEM;
    w->site = site;
    w->db = site->config.db;
    w->limiter = site->limiter;
    w->blobs_pool = site->blobs;
    w->known = site->known;
    w->kept_key = &site->kept_key;
    diag_init(&diag);
    r = store_open(site->config.db, STORE_READ, &w->store, &diag);
    if (!r)
        r = engine_open_shared(w->store, site->shared, &w->engine, &diag);
    if (!r)
        r = keeper_link_open(site->config.data, site->config.db, true, &w->link, &diag);
    if (!r && (w->is_apart = keeper_link_is_apart(w->link)))
        keys_from_keeper(w);
    if (r && site->config.log)
        site->config.log(site->config.log_ctx, *diag_first(&diag) ? diag_first(&diag) : "the store cannot be opened");
    diag_done(&diag);
    if (r) {
        worker_free(w);
        return r > 0 ? -EIO : r;
    }
    *ret = w;
    return 0;
}

static void worker_end(void *ctx, void *thread_ctx)
{
    worker_free(thread_ctx);
}

/* ---- who asks ---- */

/* The first of the header's that there is; programs have no button to choose one. */
static bool accepted_language(struct page *p)
{
    struct str rest = http_request_header(p->req, HTTP_HEADER_ACCEPT_LANGUAGE), part, tag;

    while (str_split(&rest, ',', &part)) {
        if (!str_split(&part, ';', &tag))
            continue;
        tag = str_trim(tag);
        if (str_eq_nocase((struct str){tag.at, MIN_OF(tag.len, (size_t)2)}, STR("en")))
            return p->lang = MESSAGE_EN, true;
        if (str_eq_nocase((struct str){tag.at, MIN_OF(tag.len, (size_t)2)}, STR("ja")))
            return p->lang = MESSAGE_JA, true;
    }
    return false;
}

static void read_language(struct page *p)
{
    if (!p->is_api || !accepted_language(p))
        p->lang = str_eq(http_request_cookie(p->req, LANGUAGE_COOKIE), STR("en")) ? MESSAGE_EN : MESSAGE_JA;
}

struct str session_cookie_name(const struct http_request *req)
{
    return req->is_secure ? COOKIE_SECURE : COOKIE_PLAIN;
}

/* Who has left is nobody, whatever he holds: the keeper decides so, too. */
static bool has_left(const struct page *p, const char *person)
{
    return force_has_left(engine_force(p->worker->engine), person, day_of_instant(p->now_us));
}

static int read_session(struct page *p)
{
    int r;

    p->cookie = http_request_cookie(p->req, session_cookie_name(p->req));
    if (!p->cookie.len) {
        p->cookie = STR_NONE;
        return 0;
    }
    r = session_get(p->worker->store, p->cookie, clock_real_us(), &p->session);
    if (r < 0)
        return r;
    if (p->session.is_lent) /* to a gate */
        r = ACCOUNT_E_NONE;
    if (r != ACCOUNT_E_NONE && has_left(p, p->session.person))
        r = ACCOUNT_E_NONE;
    p->standing = !r ? PAGE_SIGNED_IN : r == ACCOUNT_E_LOCKED ? PAGE_LOCKED : PAGE_NOBODY;
    if (p->standing == PAGE_NOBODY) {
        p->cookie = STR_NONE;
        p->session = (struct session){.rights = 0};
    }
    return 0;
}

/* "Authorization: Bearer …", under /api/ and to TAXII only: elsewhere it is nothing of ours. */
static struct str read_bearer(struct page *p)
{
    struct str rest = http_request_header(p->req, HTTP_HEADER_AUTHORIZATION), scheme;

    if (p->is_taxii && (scheme = taxii_basic(p, &p->basic_login)).at)
        return scheme;
    if (!p->is_api || !str_split(&rest, ' ', &scheme) || !str_eq_nocase(scheme, STR("Bearer")))
        return STR_NONE;
    return rest.at ? str_trim(rest) : STR("");
}

static int read_token(struct page *p)
{
    struct token *token = arena_alloc(p->arena, sizeof(*token));
    int r = token ? token_find(p->worker->store, p->bearer, clock_real_us(), token) : -ENOMEM;

    if (r || has_left(p, token->person) || (p->basic_login.at && !str_eq(p->basic_login, str_of(token->login))))
        return MIN_OF(r, 0);
    snprintf(p->session.login, sizeof(p->session.login), "%s", token->login);
    snprintf(p->session.person, sizeof(p->session.person), "%s", token->person);
    p->token = token;
    p->standing = PAGE_SIGNED_IN;
    return 0;
}

static int read_who(struct page *p)
{
    p->bearer = read_bearer(p);
    return p->bearer.at ? read_token(p) : read_session(p);
}

/* Seen is written at most once a minute; when the keeper cannot do it now, the next page tries again. */
static void touch(struct page *p)
{
    if (p->standing == PAGE_SIGNED_IN && !p->token && p->session.is_touch_due)
        page_ask(p, json_pack("{s:s}", "op", "touch"));
}

/* ---- what may be answered ---- */

static int parse_forms(struct page *p)
{
    int r = form_of_query(p->req, &p->query);

    if (!r && p->req->method == HTTP_POST && !p->is_api)
        r = form_of_body(p->req, &p->form);
    return r;
}

/* A change of state comes from a page of ours and, where there is a session, carries its token. */
static bool has_token(struct page *p)
{
    struct str token;

    if (p->call->route->level == ROUTE_OPEN || p->token)
        return true;
    token = p->is_api ? http_request_header(p->req, HTTP_HEADER_X_CSRF_TOKEN) : form_get(&p->form, STR("csrf"));
    return kept_token_is(p, token);
}

static int foreign(struct page *p)
{
    return page_problem(p, 403, T(p, MSG_PROBLEM_ORIGIN), T(p, MSG_PROBLEM_ORIGIN_TEXT));
}

/* From a page of ours that was opened under another session: of the same person it is kept, of anybody else it is not. */
static int other_session(struct page *p)
{
    if (kept_may(p) && kept_mark_is(p, form_get(&p->form, STR("csrf")), p->session.login))
        return kept_page(p);
    return foreign(p);
}

#define NEXT_MAX 2048 /* bytes of an address to come back to after signing in; no address of ours is longer */

static int ask_sign_in(struct page *p)
{
    struct str here = page_here(p);
    bool comes_back = here.len > 1 && here.len <= NEXT_MAX;
    bool had_session = http_request_cookie(p->req, session_cookie_name(p->req)).len;

    if (p->is_api)
        return page_problem(p, 401, T(p, MSG_SIGN_IN_TITLE), T(p, MSG_SIGN_IN_FIRST));
    /* What another site sent must not be kept for the next sending. */
    if (p->req->method == HTTP_POST && http_request_same_origin(p->req, false) && !str_eq(p->req->path, STR("/sign-out")))
        return sign_in_first(p);
    if (!comes_back)
        return page_go(p, had_session ? STR("/sign-in?ended=1") : STR("/sign-in"));
    return page_go(p, page_text(p, "/sign-in?next=%.*s%s", STR_ARG(page_encoded(p, here)), had_session ? "&ended=1" : ""));
}

/* ---- from which device ---- */

/* It is no session of anybody's any more; what he needs to have the device registered stands there. */
static int refuse_device(struct page *p, const json_t *answer)
{
    struct str words = page_answer_words(p, answer);

    if (p->is_api)
        return api_keeper_problem(p, answer);
    p->standing = PAGE_NOBODY;
    if (*p->req->certificate)
        words = page_text(p, "%.*s%s%.*s", STR_ARG(words), p->lang == MESSAGE_EN ? " " : "",
                          STR_ARG(TF(p, MSG_PROBLEM_DEVICE_SHOWN, {"certificate", str_of(p->req->certificate)})));
    return page_problem(p, 403, T(p, MSG_PROBLEM_DEVICE), words);
}

/* The keeper decides, and enters what it refuses; here it is asked at once, so that nothing is shown first. 1: refused, which is answered. */
static int look_at_device(struct page *p)
{
    struct engine *e = p->worker->engine;
    struct device device;
    json_t *answer;
    int r;

    if (p->is_taxii || !engine_devices_are_required(e))
        return 0;
    r = engine_device(e, p->req->certificate, p->now_us, &device);
    if (r < 0 || (!r && (p->token || !strcmp(p->session.certificate, p->req->certificate))))
        return MIN_OF(r, 0);
    answer = page_ask(p, json_pack("{s:s}", "op", "touch"));
    if (!answer)
        return -ENOMEM;
    if (json_flag(answer, "ok"))
        return 0; /* it was registered just now */
    r = refuse_device(p, answer);
    return r ? r : 1;
}

static bool is_change(const struct page *p)
{
    return p->req->method != HTTP_GET && p->req->method != HTTP_HEAD;
}

static int answer_sent(struct page *p)
{
    bool needs_session = p->call->route->level != ROUTE_OPEN;
    int r = parse_forms(p);

    if (r < 0)
        return r;
    if (r)
        return page_problem(p, form_error_status(r), T(p, MSG_ERROR_FORM), T(p, r == FORM_E_LIMIT ? MSG_PROBLEM_FORM_LARGE : MSG_PROBLEM_FORM_TEXT));
    if (needs_session && p->standing == PAGE_NOBODY)
        return ask_sign_in(p);
    /* What another site sent must not be kept for the next sending, either. */
    if (is_change(p) && !p->token && !http_request_same_origin(p->req, false))
        return foreign(p);
    if (needs_session && p->standing == PAGE_LOCKED)
        return p->is_api ? page_problem(p, 401, T(p, MSG_UNLOCK_TITLE), T(p, MSG_UNLOCK_TEXT)) : locked_page(p);
    if (is_change(p) && !has_token(p))
        return p->is_api ? foreign(p) : other_session(p);
    if (needs_session && (r = look_at_device(p)))
        return MIN_OF(r, 0);
    touch(p);
    if (p->token && (r = api_enter_use(p)))
        return MIN_OF(r, 0);
    return handlers[p->call->route - routes](p);
}

static int answer(struct page *p)
{
    int r = answer_sent(p);

    if (form_count(&p->form, STR(STEP_SECRET)))
        page_wipe_sent(p);
    return r;
}

static int not_routed(struct page *p, int r)
{
    struct buf allow;

    if (r < 0)
        return r;
    if (r == ROUTE_E_NOT_FOUND)
        return page_not_found(p);
    if (r == ROUTE_E_PATH)
        return page_problem(p, 400, T(p, MSG_PROBLEM_NOT_FOUND), T(p, MSG_PROBLEM_NOT_FOUND_TEXT));
    buf_init(&allow, 256);
    r = route_allow(&table, p->req->path, &allow);
    if (!r && p->is_api)
        r = buf_add_text(&allow, ", OPTIONS");
    if (!r)
        r = http_response_header(p->resp, HTTP_HEADER_ALLOW, buf_str(&allow));
    buf_done(&allow);
    if (!r && p->is_api && p->req->method == HTTP_OPTIONS) {
        p->resp->status = 204;
        p->resp->content_type = NULL;
        return 0;
    }
    return r ? r : page_problem(p, 405, T(p, MSG_ERROR_METHOD), T(p, MSG_ERROR_METHOD_TEXT));
}

static void report(struct page *p, const struct route_call *call, int error)
{
    const struct site_config *config = &p->worker->site->config;
    char text[512];

    if (!config->log)
        return;
    snprintf(text, sizeof(text), "\"%s\" failed: %s%s%s; the asker was told so", call->route ? call->route->name : "a page",
             strerror(-error), html_problem(&p->html) ? ": " : "", html_problem(&p->html) ? html_problem(&p->html) : "");
    config->log(config->log_ctx, text);
}

/* What a request reads is of one moment, whatever the keeper enters meanwhile; page_ask() moves on to a later one. */
static int serve(struct page *p, int found)
{
    int r = store_errno(store_begin_read(p->worker->store));

    if (!r)
        r = engine_refresh(p->worker->engine, NULL);
    p->now_us = engine_now(p->worker->engine);
    if (!r)
        r = read_who(p);
    engine_ask_by(p->worker->engine, p->token ? RELEASE_API : RELEASE_PAGE);
    if (!r && (p->is_api || str_starts(p->req->path, STR(LEDGER_PATH))))
        r = api_gate(p);
    if (!r)
        r = found ? not_routed(p, found) : answer(p);
    store_end_read(p->worker->store);
    return MIN_OF(r, 0);
}

static int handle(struct http_request *req, struct http_response *resp, void *ctx)
{
    struct route_call call = {0};
    struct page p = {.worker = req->thread_ctx, .req = req, .resp = resp, .call = &call, .arena = req->arena};
    int found = route_find(&table, req->method, req->path, req->arena, &call), r;

    if (!found && call.route->handler)
        return call.route->handler(req, &call, resp, ctx);
    p.is_taxii = str_starts(req->path, STR(TAXII_PATH));
    p.is_api = p.is_taxii || str_starts(req->path, STR(API_PATH));
    read_language(&p);
    p.worker->page = &p;
    r = serve(&p, found);
    if (r < 0) {
        report(&p, &call, r);
        r = page_failed(&p, r);
    }
    p.worker->page = NULL;
    keys_forget(p.worker);
    json_decref(p.kept);
    return r;
}

static size_t body_limit(const struct http_head *head, void *ctx)
{
    return route_body_max(&table, head);
}

/* ---- start and stop ---- */

static void site_log(void *ctx, const char *sentence)
{
    const struct site *s = ctx;

    if (s->config.log)
        s->config.log(s->config.log_ctx, sentence);
}

static int shelf_new(struct site *s)
{
    CLEANUP(buf_done) struct buf folder;
    int r;

    buf_init(&folder, 8192);
    r = buf_printf(&folder, "%s/known", s->config.data);
    if (!r && !(s->known = known_shelf_new(folder.at)))
        r = -ENOMEM;
    return r;
}

int site_start(const struct site_config *config, struct site **ret, struct diag *diag)
{
    struct site *s = calloc(1, sizeof(*s));
    struct http_config http = {
        .address = config->address, .port = config->port, .n_threads = config->n_threads,
        .behind_proxy = config->behind_proxy, .tls_cert_file = config->tls_cert_file,
        .tls_key_file = config->tls_key_file, .tls_client_ca_file = config->tls_client_ca_file, .problem_path = API_PATH, .body_limit = body_limit, .thread_start = worker_start,
        .thread_end = worker_end, .log = site_log,
    };
    int r;

    if (!s)
        return -ENOMEM;
    s->config = *config;
    kept_key_init(&s->kept_key);
    r = limiter_new(&s->limiter);
    if (!r)
        r = engine_shared_new(&s->shared);
    if (!r)
        r = blobs_pool_new(s->config.db, &s->blobs);
    if (!r)
        r = shelf_new(s);
    if (!r)
        r = http_server_start(&http, handle, s, &s->server, diag);
    if (r) {
        known_shelf_free(s->known);
        blobs_pool_free(s->blobs);
        engine_shared_free(s->shared);
        limiter_free(s->limiter);
        free(s);
        return r > 0 ? SITE_E_LISTEN : r == -EIO ? SITE_E_STORE : r;
    }
    *ret = s;
    return 0;
}

const char *site_data(const struct site *s)
{
    return s->config.data;
}

uint16_t site_port(const struct site *s)
{
    return http_server_port(s->server);
}

void site_stop(struct site *s)
{
    if (!s)
        return;
    http_server_stop(s->server);
    known_shelf_free(s->known);
    blobs_pool_free(s->blobs);
    engine_shared_free(s->shared);
    limiter_free(s->limiter);
    free(s);
}

/* ---- the smallest pages ---- */

int healthz(struct page *p)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(p->worker->store, &row, STMT_META_GET, V_TEXT("schema"));

    if (r && r != STORE_E_NONE)
        http_response_plain(p->resp, 503, STR("the store does not answer"));
    else
        http_response_plain(p->resp, 200, STR("ok"));
    return 0;
}

/* Where to go back to: a path of ours, else home. */
static struct str back(struct page *p)
{
    struct str path = form_get(&p->form, STR("back"));

    return path.at && http_path_is_local(path) ? path : STR("/");
}

int language_act(struct page *p)
{
    bool is_en = str_eq(form_get(&p->form, STR("lang")), STR("en"));
    int r = http_response_cookie(p->resp, LANGUAGE_COOKIE, is_en ? STR("en") : STR("ja"), 365 * 86400, p->req->is_secure);

    return r ? r : page_go(p, back(p));
}

static struct str clock_target(struct page *p)
{
    struct str typed = str_trim(form_get(&p->form, STR("to")));
    CLEANUP(buf_done) struct buf out;
    uint64_t to = p->now_us + UINT64_C(3600) * US_PER_SECOND;

    buf_init(&out, 64);
    if (typed.len)
        return typed;
    if (str_eq(form_get(&p->form, STR("by")), STR("morning")))
        to = instant_of_day(day_of_instant(p->now_us) + 1) + UINT64_C(9) * 3600 * US_PER_SECOND;
    return instant_print_utc(to, &out) ? STR_NONE : arena_str(p->arena, buf_str(&out));
}

int clock_act(struct page *p)
{
    struct str to = clock_target(p);
    json_t *answer = page_ask(p, json_pack("{s:s, s:s%}", "op", "clock-advance", "to", to.at ? to.at : "", to.len));

    if (!answer)
        return -ENOMEM;
    if (json_flag(answer, "ok"))
        return page_go(p, back(p));
    return page_problem(p, page_answer_status(answer), T(p, MSG_KEEPER_NOT_DONE), page_answer_words(p, answer));
}
