#include "web/page.h"

#include "engine/intel.h"
#include "web/api.h"
#include "web/kept.h"
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 8192 /* bytes of one page_text() */

struct str page_text(struct page *p, const char *fmt, ...)
{
    char text[TEXT_MAX + 1];
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return len < 0 || len > TEXT_MAX ? STR_NONE : arena_str(p->arena, (struct str){text, (size_t)len});
}

json_t *page_keep(struct page *p, json_t *value)
{
    if (!value)
        return NULL;
    if (!p->kept && !(p->kept = json_array())) {
        json_decref(value);
        return NULL;
    }
    return json_array_append_new(p->kept, value) ? NULL : value;
}

static const char *text_of(struct page *p, struct str s)
{
    const char *copy = s.at ? arena_strdup(p->arena, s) : NULL;

    return copy ? copy : "";
}

const char *page_param(struct page *p, struct str name)
{
    return text_of(p, route_param(p->call, name));
}

const char *page_field(struct page *p, struct str name)
{
    return text_of(p, form_get(&p->form, name));
}

const char *page_query(struct page *p, struct str name)
{
    return text_of(p, form_get(&p->query, name));
}

struct str page_encoded(struct page *p, struct str text)
{
    CLEANUP(buf_done) struct buf out;

    buf_init(&out, 3 * (text.len + 1));
    if (url_encode(text, &out) || !out.len)
        return STR("");
    return arena_str(p->arena, buf_str(&out));
}

/* ---- the frame ---- */

void page_crumb(struct page *p, struct str text, struct str url)
{
    if (p->n_crumbs < PAGE_CRUMBS_MAX)
        p->crumbs[p->n_crumbs++] = (struct breadcrumb){text, url};
}

#define NAV_MAX 16

static size_t nav_items(struct page *p, enum page_section section, struct nav_item items[NAV_MAX])
{
    static const struct {
        enum page_section section;
        enum message_key key;
        struct str url;
        unsigned rights; /* one of these; 0: everybody */
        const char *reg; /* where a directive in force has that register; NULL: anyhow */
        enum holds holds; /* where one has a register that holds this; HOLDS_NOTHING: anyhow */
    } all[] = {
        {NAV_TODAY, MSG_TODAY_TITLE, {"/", 1}, 0},
        {NAV_NOTICES, MSG_TODAY_NOTICES, {"/notices", 8}, 0},
        {NAV_REGISTERS, MSG_REGISTERS_TITLE, {"/registers", 10}, 0},
        {NAV_MEDIA, MSG_MEDIA_DESK_TITLE, {"/media", 6}, 0, "*media"},
        {NAV_INTEL, MSG_INTEL_PAGE_TITLE, {"/intel", 6}, 0, NULL, HOLDS_INTEL_COLLECTIONS},
        {NAV_CLAUSES, MSG_CLAUSES_TITLE, {"/clauses", 8}, 0},
        {NAV_ACCOUNTS, MSG_ACCOUNTS_TITLE, {"/admin/accounts", 15}, RIGHT_ADMINISTRATOR | RIGHT_ACCOUNT_RESET},
        {NAV_FORCE, MSG_IMPORT_TITLE, {"/admin/force", 12}, RIGHT_ADMINISTRATOR},
        {NAV_PLANS, MSG_PLANS_TITLE, {"/admin/plans", 12}, RIGHT_ADMINISTRATOR},
        {NAV_PACKS, MSG_PACKS_TITLE, {"/admin/packs", 12}, RIGHT_ADMINISTRATOR},
        {NAV_MAIL, MSG_MAIL_TITLE, {"/admin/mail", 11}, RIGHT_ADMINISTRATOR},
        {NAV_TAKEOVER, MSG_TAKEOVER_TITLE, {"/admin/takeover", 15}, RIGHT_ADMINISTRATOR},
        {NAV_PROCESSES, MSG_PROCESSES_TITLE, {"/admin/processes", 16}, RIGHT_ADMINISTRATOR},
        {NAV_WHOLE_COPIES, MSG_WHOLE_TITLE, {"/admin/whole-copies", 19}, RIGHT_ADMINISTRATOR},
    };
    size_t n = 0;
    bool has_admin = false;

    if (p->standing != PAGE_SIGNED_IN)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if ((all[i].rights && !(p->session.rights & all[i].rights)) || (all[i].reg && !engine_reg(p->worker->engine, all[i].reg)) ||
            (all[i].holds && !engine_holding(p->worker->engine, all[i].holds, p->now_us)))
            continue;
        items[n] = (struct nav_item){.text = T(p, all[i].key), .url = all[i].url,
                                     .is_current = all[i].section == section,
                                     .starts_group = all[i].rights && !has_admin};
        if (all[i].section == NAV_NOTICES && p->n_unread)
            items[n].count = page_text(p, "%lld", (long long)p->n_unread);
        has_admin |= all[i].rights != 0;
        n++;
    }
    return n;
}

static struct str force_name(struct page *p)
{
    const char *name = engine_setting(p->worker->engine, p->lang == MESSAGE_EN ? "force.name.en" : "force.name.ja");

    return *name ? str_of(name) : STR_NONE;
}

struct str page_here(const struct page *p)
{
    return p->req->method == HTTP_GET || p->req->method == HTTP_HEAD ? p->req->head->target : STR("/");
}

/* Who has the page on paper and since when; of records, also their label and where the ledger stood. */
static struct str printed_words(struct page *p, struct str name, struct str post)
{
    ROWS_AUTO *head = NULL;
    int32_t year = year_of_instant(p->now_us);
    struct str words = TF(p, MSG_PRINT_PRINTED, {"time", instant_words(p, p->now_us)}, {"name", name}, {"post", post});

    if (!p->label.at)
        return words;
    if (!STORE_ONE(p->worker->store, &head, STMT_HEAD_GET, V_INT(year)))
        words = page_text(p, "%.*s　%.*s", STR_ARG(words),
                          STR_ARG(TF(p, MSG_PRINT_POSITION, {"year", page_text(p, "%d", year)},
                                     {"size", page_text(p, "%lld", (long long)rows_int(head, 1))})));
    return page_text(p, "%.*s　%.*s", STR_ARG(p->label), STR_ARG(words));
}

/* A page is shown without the number rather than not at all. */
static int64_t count_unread(struct page *p)
{
    ROWS_AUTO *row = NULL;

    if (p->standing != PAGE_SIGNED_IN || STORE_ONE(p->worker->store, &row, STMT_NOTICE_UNREAD, V_TEXT(p->session.person)))
        return 0;
    return rows_int(row, 0);
}

void page_begin(struct page *p, struct str title, enum page_section section)
{
    struct nav_item items[NAV_MAX];
    struct frame_info info = {.title = title, .window = p->window, .nav = items, .crumbs = p->crumbs, .n_crumbs = p->n_crumbs,
                              .here = page_here(p)};

    p->n_unread = count_unread(p);
    info.n_nav = nav_items(p, section, items);
    info.force_name = force_name(p);
    if (!strcmp(engine_setting(p->worker->engine, "clock.kind"), "demonstration"))
        info.clock_time = instant_words(p, p->now_us);
    if (p->standing == PAGE_SIGNED_IN) {
        info.user_name = person_words(p, p->session.person);
        info.user_post = person_post_words(p, p->session.person);
        info.csrf = kept_token(p);
        info.printed = printed_words(p, info.user_name, info.user_post);
        info.has_search = true;
        info.searched = p->searched;
    }
    buf_clear(&p->resp->body);
    frame_init(&p->w, &p->html, p->req, p->resp, p->lang);
    frame_begin(&p->w, &info);
}

int page_end(struct page *p)
{
    frame_end(&p->w);
    return frame_finish(&p->w);
}

void page_form_begin(struct page *p, struct str action, bool warn_unsent)
{
    form_begin(&p->w, action, kept_token(p), warn_unsent);
}

int page_go(struct page *p, struct str path)
{
    return path.at ? http_response_redirect(p->resp, path) : -ENOMEM;
}

void page_form_begin_files(struct page *p, struct str action, bool warn_unsent)
{
    form_begin_files(&p->w, action, kept_token(p), warn_unsent);
}

int page_problem(struct page *p, unsigned status, struct str heading, struct str text)
{
    if (p->is_api)
        return api_problem_of(p, status, text.len ? text : heading);
    p->n_crumbs = 0;
    page_begin(p, heading, NAV_NONE);
    p->resp->status = status;
    html_element(&p->html, HTML_P, NULL, text);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_link(&p->w, BUTTON_OUTLINE, T(p, MSG_PAGE_HOME), STR("/"));
    html_close(&p->html, HTML_DIV);
    return page_end(p);
}

int page_not_found(struct page *p)
{
    return page_problem(p, 404, T(p, MSG_PROBLEM_NOT_FOUND), T(p, MSG_PROBLEM_NOT_FOUND_TEXT));
}

int page_failed(struct page *p, int error)
{
    bool is_store = error == -ENOTCONN || error == -EBUSY || error == -ETIMEDOUT;

    buf_clear(&p->resp->body);
    buf_clear(&p->resp->headers);
    if (is_store)
        return page_problem(p, 503, T(p, MSG_PROBLEM_STORE), T(p, MSG_PROBLEM_STORE_TEXT));
    return page_problem(p, 500, T(p, MSG_PROBLEM_OURS), T(p, MSG_PROBLEM_OURS_TEXT));
}

/* ---- rights ---- */

bool page_allows(struct page *p, unsigned rights, int *ret)
{
    if (p->session.rights & rights)
        return true;
    *ret = page_problem(p, 403, T(p, MSG_PROBLEM_RIGHT), T(p, MSG_PROBLEM_RIGHT_TEXT));
    return false;
}

/* ---- the keeper ---- */

/* The asker's words where the keeper has none. */
static json_t *answer_of(struct page *p, const char *code, enum message_key key)
{
    struct str ja = message_text(MESSAGE_JA, key), en = message_text(MESSAGE_EN, key);

    return page_keep(p, json_pack("{s:b, s:s, s:{s:s%, s:s%}}", "ok", 0, "error", code, "say", "ja", ja.at, ja.len,
                                  "en", en.at, en.len));
}

static void wipe_text(struct str s)
{
    if (s.len)
        explicit_bzero((char *)(uintptr_t)s.at, s.len);
}

void page_wipe_sent(struct page *p)
{
    for (size_t i = 0; i < p->form.n; i++)
        if (str_eq(p->form.fields[i].name, STR(STEP_SECRET)))
            wipe_text(p->form.fields[i].value);
}

json_t *page_ask(struct page *p, json_t *message)
{
    struct store *s = p->worker->store;
    bool is_reading = store_in_transaction(s);
    JSON_AUTO *owned = message;
    json_t *answer = NULL;
    int r;

    if (!owned || (p->cookie.at && json_put_strn(owned, "token", p->cookie)) ||
        (p->bearer.at && json_put_strn(owned, "bearer", p->bearer)) ||
        (!p->is_taxii && json_put_str(owned, "certificate", p->req->certificate)))
        return NULL;
    store_end_read(s); /* what it answers may be looked at behind it, and nobody waits while we hold an old state */
    r = keeper_ask(p->worker->link, owned, &answer);
    if (is_reading)
        IGNORE(store_begin_read(s), "each statement then reads a state of its own, or tells what is wrong");
    if (!r)
        return page_keep(p, answer);
    if (r == -ENOMEM)
        return NULL;
    if (r == -ENOSPC)
        return answer_of(p, "too-large", MSG_KEEPER_TOO_LARGE);
    return answer_of(p, r == -ETIMEDOUT ? "unknown-outcome" : "lost", MSG_KEEPER_UNKNOWN);
}

struct str page_answer_words(struct page *p, const json_t *answer)
{
    struct str said = say_words(p, json_object_get(answer, "say"));

    return said.len ? said : T(p, MSG_KEEPER_UNKNOWN);
}

void page_answer_notice(struct page *p, const json_t *answer)
{
    notice(&p->w, NOTICE_ERROR, T(p, MSG_KEEPER_NOT_DONE), page_answer_words(p, answer));
}

unsigned page_answer_status(const json_t *answer)
{
    static const struct {
        const char *code;
        unsigned status;
    } rows[] = {{"busy", 503},      {"full", 507},    {"lost", 503},    {"unknown-outcome", 504}, {"forbidden", 403},
                {"malformed", 400}, {"sign-in", 401}, {"locked", 401},  {"invalid", 422},         {"weak", 422},
                {"refused", 403},   {"none", 404},    {"exists", 409},  {"over", 409},            {"closed", 409},
                {"too-large", 413}, {"stale", 409}, {"used", 422}, {"scope", 403}, {"title", 422},
                {"offset", 409},    {"infected", 403}, {"held", 403}, {"held-back", 403}, {"asks", 403}, {"shut", 403},
                {"not-yet", 409},   {"not-ready", 409}, {"waits", 503}, {"readers", 422},
                {"second", 403},    {"station", 403},   {"device", 403}};
    const char *code = json_str(answer, "error");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!strcmp(rows[i].code, code))
            return rows[i].status;
    return 500;
}
