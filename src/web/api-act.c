/* What the API does: acts on new and existing records, the same judged without doing, notices marked as read.
 * An Idempotency-Key keeps an act from being done twice; If-Match or "seen" says which version of a record it is about. */
#include "web/api.h"
#include "web/pages.h"
#include "web/words.h"

#include "base/utf8.h"

#include <errno.h>

/* ---- the body ---- */

static bool is_json(const struct page *p)
{
    struct str type = http_request_header(p->req, HTTP_HEADER_CONTENT_TYPE), first;

    return str_split(&type, ';', &first) && str_eq_nocase(str_trim(first), STR("application/json"));
}

/* RFC 6901. */
static const char *pointer_to(struct page *p, const char *before, const char *name)
{
    CLEANUP(buf_done) struct buf out;

    buf_init(&out, 4096);
    buf_printf(&out, "%s/", before);
    for (; *name; name++)
        if (*name == '~' || *name == '/')
            buf_add_text(&out, *name == '~' ? "~0" : "~1");
        else
            buf_add_char(&out, *name);
    return buf_error(&out) ? before : arena_strdup(p->arena, buf_str(&out));
}

/* A member that is misspelt or of another type would otherwise be passed over, and the act done without it. 1: answered. */
static int check_members(struct page *p, const json_t *body)
{
    const char *name;
    json_t *v;
    int r = 0;

    if (!json_is_object(body)) {
        r = api_fault(p, "", NULL, TF(p, MSG_API_BODY, {"why", STR("an object is wanted")}));
        return r ? r : 1;
    }
    json_object_foreach((json_t *)(uintptr_t)body, name, v) {
        const char *why = NULL;

        if (!strcmp(name, "with"))
            why = json_is_object(v) ? NULL : "\"with\" is an object";
        else if (!strcmp(name, "seen"))
            why = json_is_integer(v) ? NULL : "\"seen\" is an integer";
        else if (!strcmp(name, "signs"))
            why = json_is_string(v) ? NULL : "\"signs\" is a string";
        else if (!strcmp(name, "manifest"))
            why = json_is_string(v) ? NULL : "\"manifest\" is a string";
        else if (!strcmp(name, "reason"))
            why = json_is_string(v) ? NULL : "\"reason\" is a string";
        else if (!strcmp(name, "paper"))
            why = json_is_string(json_object_get(v, "written")) && json_object_size(v) == 1 ? NULL : "\"paper\" is an object with the string \"written\"";
        else
            why = "its members are \"with\", \"seen\", \"signs\", \"manifest\", \"reason\" and \"paper\"";
        if (why) {
            r = api_fault(p, pointer_to(p, "", name), NULL, TF(p, MSG_API_BODY, {"why", str_of(why)}));
            return r ? r : 1;
        }
    }
    return 0;
}

int api_body(struct page *p, json_t **ret)
{
    struct diag diag;
    json_t *body = NULL;
    int r;

    if (!is_json(p)) {
        r = api_problem(p, API_MEDIA_TYPE, T(p, MSG_API_TYPE), NULL);
        return r ? r : 1;
    }
    diag_init(&diag);
    r = json_parse(p->req->body, JSON_LIMITS_DEFAULT, &body, &diag);
    if (r > 0) {
        r = api_fault(p, "", NULL, TF(p, MSG_API_BODY, {"why", str_of(diag_first(&diag))}));
        r = r ? r : 1;
    } else if (!r) {
        *ret = page_keep(p, body);
        r = *ret ? 0 : -ENOMEM;
    }
    diag_done(&diag);
    return r;
}

/* 1: the answer is written already. */
static int body_json(struct page *p, json_t **ret)
{
    int r = api_body(p, ret);

    return r ? r : check_members(p, *ret);
}

/* ---- which version ---- */

struct seen {
    int64_t version;   /* 0: not said */
    bool by_header;
};

/* If-Match, or "seen" of the body, or both as long as they agree. 1: answered. */
static int read_seen(struct page *p, const json_t *body, struct seen *ret)
{
    int64_t tag = 0, said = json_int(body, "seen");
    int r = api_if_match(p, &tag);

    if (r)
        return r;
    if (tag && said && tag != said) {
        r = api_fault(p, "/seen", NULL, T(p, MSG_API_IF_MATCH));
        return r ? r : 1;
    }
    *ret = (struct seen){tag ? tag : said, tag != 0};
    return 0;
}

/* ---- outcomes ---- */

/* "rows.2.day" as people count is "/with/rows/1/day". */
static const char *pointer_of_field(struct page *p, const char *field)
{
    struct str rest = str_of(field), part;
    const char *pointer = "/with";
    uint64_t n;

    if (!strcmp(field, "_reason"))
        return "/reason";
    if (!strcmp(field, "_paper"))
        return "/paper/written";

    while (*field && str_split(&rest, '.', &part)) {
        const char *name = arena_strdup(p->arena, part);
        struct str index = STR_NONE;

        if (!name)
            return pointer;
        if (!str_to_u64(part, 1, UINT32_MAX, &n))
            index = page_text(p, "%llu", (unsigned long long)(n - 1));
        pointer = pointer_to(p, pointer, index.at ? index.at : name);
    }
    return pointer;
}

static int add_pointers(struct page *p, const json_t *outcome)
{
    const json_t *fields = json_arr(outcome, "fields");

    for (size_t i = 0; i < json_array_size(fields); i++) {
        json_t *one = json_array_get(fields, i);

        if (json_put_str(one, "pointer", pointer_of_field(p, json_str(one, "field"))))
            return -ENOMEM;
    }
    return 0;
}

static int write_done(struct page *p, const json_t *outcome, bool is_new)
{
    const char *id = json_str(outcome, "record");
    int r = 0;

    if (is_new) {
        p->resp->status = 201;
        r = http_response_header(p->resp, HTTP_HEADER_LOCATION,
                                 page_text(p, "/api/records/%.*s", STR_ARG(page_encoded(p, str_of(id)))));
    }
    return r ? r : api_write(p, outcome, 0);
}

static int conclude(struct page *p, const json_t *answer, struct seen seen, bool is_new)
{
    const json_t *outcome = json_obj(answer, "outcome");
    const char *result = json_str(outcome, "result");

    if (!json_flag(answer, "ok"))
        return api_keeper_problem(p, answer);
    if (add_pointers(p, outcome))
        return -ENOMEM;
    if (!strcmp(result, "allowed"))
        return write_done(p, outcome, is_new);
    if (!strcmp(result, "invalid"))
        return api_problem(p, API_INVALID, T(p, MSG_STEP_INVALID), outcome);
    if (!strcmp(result, "stale"))
        return api_problem_as(p, API_STALE, seen.by_header ? 412 : 409, T(p, MSG_STEP_STALE), outcome);
    if (!strcmp(result, "unseen"))
        return api_problem_as(p, API_STALE, 409, T(p, MSG_PREVIEW_OTHER), outcome);
    if (!strcmp(result, "unknown"))
        return page_not_found(p);
    return api_problem(p, !strcmp(result, "forbidden") ? API_REFUSED : API_NOT_YET, T(p, MSG_REFUSAL_HEADING), outcome);
}

/* ---- acts ---- */

/* What an act says besides whom and where. 1: answered. */
struct asked {
    json_t *with;
    const char *signs, *manifest, *reason;
    json_t *paper; /* NULL: it is done now */
    struct seen seen;
};

static int read_asked(struct page *p, struct asked *ret)
{
    static const char *const none[] = {NULL};
    json_t *body;
    int r = api_query_known(p, none);

    if (!r)
        r = body_json(p, &body);
    if (!r)
        r = read_seen(p, body, &ret->seen);
    if (r)
        return r;
    ret->with = json_obj(body, "with") ? json_obj(body, "with") : page_keep(p, json_object());
    ret->signs = json_str(body, "signs");
    ret->manifest = json_str(body, "manifest");
    ret->reason = json_str(body, "reason");
    ret->paper = json_obj(body, "paper");
    return ret->with ? 0 : -ENOMEM;
}

/* The secret goes another way than what is entered; NULL: there is none, or none that is a text, which the keeper refuses. */
static json_t *take_secret(struct page *p, const char *id, json_t *with)
{
    const struct reg *reg = engine_reg(p->worker->engine, id);
    json_t *secret = NULL;

    for (size_t i = 0; reg && !secret && i < reg->n_fields; i++) {
        json_t *v = reg->fields[i].type == FIELD_SECRET ? json_object_get(with, reg->fields[i].id) : NULL;

        if (!json_is_string(v))
            continue;
        secret = json_incref(v);
        json_object_del(with, reg->fields[i].id);
    }
    return secret;
}

static int act(struct page *p, const char *reg, const char *record, const struct asked *asked)
{
    struct str once = http_request_header(p->req, HTTP_HEADER_IDEMPOTENCY_KEY);
    JSON_AUTO *secret = take_secret(p, reg, asked->with);
    json_t *message, *answer;

    if (once.at && !utf8_is_valid(once))
        return api_problem(p, API_MALFORMED, T(p, MSG_PROBLEM_FORM_TEXT), NULL);
    message = json_pack("{s:s, s:s, s:s, s:s, s:O, s:I, s:s, s:s, s:s, s:O*, s:s%, s:O*}", "op", secret ? "act-secret" : "act", "reg", reg, "step", page_param(p, STR("step")),
                        "record", record, "with", asked->with, "seen", (json_int_t)asked->seen.version, "signs", asked->signs,
                        "manifest", asked->manifest, "reason", asked->reason, "paper", asked->paper, "once", once.at ? once.at : "", once.len, "secret", secret);
    answer = page_ask(p, message);
    return answer ? conclude(p, answer, asked->seen, !*record) : -ENOMEM;
}

/* 1: answered. */
static int find_register(struct page *p, const struct reg **ret)
{
    const struct reg *reg = engine_reg(p->worker->engine, page_param(p, STR("reg")));
    int r = !reg ? page_not_found(p) : !api_sees(p, reg->id) ? api_beyond_scope(p) : 0;

    *ret = reg;
    return r ? r : reg && api_sees(p, reg->id) ? 0 : 1;
}

int api_register_act(struct page *p)
{
    struct asked asked;
    const struct reg *reg;
    int r = find_register(p, &reg);

    if (!r)
        r = read_asked(p, &asked);
    return r ? MIN_OF(r, 0) : act(p, reg->id, "", &asked);
}

/* What its channel does not let a program read, it does not act on either: the answer would tell of it. The refusal is entered as that of a reading. 1: answered. */
static int ask_channel(struct page *p, const char *id, const struct reg *reg)
{
    json_t *answer = NULL;
    bool may = true;
    int r = p->token ? engine_key_release(p->worker->engine, p->session.person, id, RELEASE_API, p->now_us, &may) : 0;

    if (r || may)
        return r;
    if ((r = page_enter_read(p, reg, id, &answer)))
        return r;
    r = answer ? api_keeper_problem(p, answer) : record_out_of_sight(p, id);
    return r ? r : 1;
}

/* The record in sight and within the token's scope, without a reading: whoever acts has read before. 1: answered. */
static int find_record(struct page *p, const struct reg **ret)
{
    const char *id = page_param(p, STR("id"));
    json_t *view = NULL;
    int r;

    if (!api_sees_record(p, id)) {
        r = api_beyond_scope(p);
        return r ? r : 1;
    }
    r = engine_view(p->worker->engine, p->session.person, id, p->now_us, &view);
    if (r > 0 && !(r = record_out_of_sight(p, id)))
        return 1;
    if (r)
        return r;
    if (!page_keep(p, view))
        return -ENOMEM;
    *ret = engine_reg(p->worker->engine, json_str(view, "reg"));
    r = *ret ? ask_channel(p, id, *ret) : page_not_found(p);
    return r || *ret ? r : 1;
}

int api_record_act(struct page *p)
{
    struct asked asked;
    const struct reg *reg;
    int r = find_record(p, &reg);

    if (!r)
        r = read_asked(p, &asked);
    if (r)
        return MIN_OF(r, 0);
    if (!asked.seen.version)
        return api_problem(p, API_PRECONDITION, T(p, MSG_API_PRECONDITION), NULL);
    return act(p, reg->id, page_param(p, STR("id")), &asked);
}

/* ---- judged without doing ---- */

static int explain(struct page *p, const char *reg, const char *record, const struct asked *asked)
{
    struct act a = {.person = p->session.person, .reg = reg, .step = page_param(p, STR("step")), .record = record, .with = asked->with,
                    .seen_version = asked->seen.version, .signs = asked->signs, .reason = asked->reason,
                    .paper = json_str(asked->paper, "written"), .now_us = p->now_us};
    json_t *outcome = NULL;
    int r = engine_explain(p->worker->engine, &a, &outcome);

    if (r || !page_keep(p, outcome))
        return r < 0 ? r : -ENOMEM;
    if (add_pointers(p, outcome))
        return -ENOMEM;
    return strcmp(json_str(outcome, "result"), "unknown") != 0 ? api_write(p, outcome, 0) : page_not_found(p);
}

int api_register_explain(struct page *p)
{
    struct asked asked;
    const struct reg *reg;
    int r = find_register(p, &reg);

    if (!r)
        r = read_asked(p, &asked);
    return r ? MIN_OF(r, 0) : explain(p, reg->id, "", &asked);
}

/* What stands in the way tells of the record, so that it is read by whoever asks. */
int api_record_explain(struct page *p)
{
    struct asked asked;
    const struct reg *reg;
    json_t *view;
    int r = api_open_record(p, &view, &reg);

    if (!r)
        r = read_asked(p, &asked);
    return r ? MIN_OF(r, 0) : explain(p, reg->id, json_str(view, "id"), &asked);
}

/* ---- notices ---- */

int api_notice_read(struct page *p)
{
    int64_t shard, seq, n;
    json_t *answer;

    if (str_to_i64(route_param(p->call, STR("shard")), 0, INT64_MAX, &shard) ||
        str_to_i64(route_param(p->call, STR("seq")), 0, INT64_MAX, &seq) || str_to_i64(route_param(p->call, STR("n")), 0, INT64_MAX, &n))
        return page_not_found(p);
    answer = page_ask(p, json_pack("{s:s, s:I, s:I, s:I}", "op", "notice-read", "shard", (json_int_t)shard, "seq", (json_int_t)seq, "n",
                                   (json_int_t)n));
    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        return api_keeper_problem(p, answer);
    p->resp->status = 204;
    p->resp->content_type = NULL;
    return 0;
}
