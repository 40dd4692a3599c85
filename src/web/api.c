/* The same acts and reads as JSON, by the session's cookie and the header X-CSRF-Token. What is wrong comes as
 * application/problem+json (RFC 9457) with the clauses. An Idempotency-Key keeps an act from being done twice. Shapes: engine/engine.h; described by /api/openapi.json. */
#include "web/pages.h"
#include "web/words.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>

static int write_json(struct page *p, const json_t *v, const char *type)
{
    char *text = v ? json_dumps(v, JSON_COMPACT) : NULL;
    int r;

    if (!text)
        return -ENOMEM;
    buf_clear(&p->resp->body);
    p->resp->content_type = type;
    r = buf_add_text(&p->resp->body, text);
    free(text);
    return r;
}

static int problem(struct page *p, unsigned status, struct str title, const json_t *more)
{
    json_t *o = page_keep(p, json_object());

    if (!o || (more && json_object_update(o, (json_t *)(uintptr_t)more)) ||
        json_put_int(o, "status", status) || json_put_strn(o, "title", title))
        return -ENOMEM;
    p->resp->status = status;
    return write_json(p, o, "application/problem+json");
}

static int keeper_problem(struct page *p, const json_t *answer)
{
    return problem(p, page_answer_status(answer), page_answer_words(p, answer), answer);
}

/* ---- reads ---- */

int api_today(struct page *p)
{
    json_t *today = NULL;
    int r = engine_today(p->worker->engine, p->session.person, p->now_us, &today);

    if (r || !page_keep(p, today))
        return r < 0 ? r : -ENOMEM;
    return write_json(p, today, "application/json");
}

int api_record(struct page *p)
{
    const char *id = page_param(p, STR("id"));
    const struct reg *reg;
    json_t *view, *answer;
    int r = page_record_open(p, id, &view, &reg, &answer);

    if (r)
        return r < 0 ? r : record_out_of_sight(p, id);
    return answer ? keeper_problem(p, answer) : write_json(p, view, "application/json");
}

/* A number of the query, when it is given. 1: it is none, and the answer is written. */
static int query_number(struct page *p, struct str name, unsigned max, unsigned *ret)
{
    uint64_t number;
    int r;

    if (!form_count(&p->query, name))
        return 0;
    if (!str_to_u64(form_get(&p->query, name), 1, max, &number)) {
        *ret = (unsigned)number;
        return 0;
    }
    r = problem(p, 400, TF(p, MSG_API_NUMBER, {"name", name}, {"max", page_text(p, "%u", max)}), NULL);
    return r ? r : 1;
}

static int query_word(struct page *p, struct str name, bool is_known)
{
    int r;

    if (is_known && form_count(&p->query, name) < 2)
        return 0;
    r = problem(p, 400, TF(p, MSG_API_WORD, {"name", name}), NULL);
    return r ? r : 1;
}

static bool is_sort(const char *s)
{
    return !*s || !strcmp(s, "changed") || !strcmp(s, "opened") || !strcmp(s, "id");
}

int api_register(struct page *p)
{
    const struct reg *reg = engine_reg(p->worker->engine, page_param(p, STR("reg")));
    struct list_query q = {.state = page_query(p, STR("state")), .field = page_query(p, STR("field")),
                           .key = page_query(p, STR("key")), .sort = page_query(p, STR("sort")), .page = 1,
                           .page_size = 50};
    json_t *list = NULL;
    int r;

    if (!reg)
        return page_not_found(p);
    if ((r = query_number(p, STR("page"), 1000000, &q.page)) || (r = query_number(p, STR("page_size"), 200, &q.page_size)) ||
        (r = query_word(p, STR("sort"), is_sort(q.sort))) ||
        (r = query_word(p, STR("state"), !*q.state || !strcmp(q.state, "open") || procedure_state(reg->procedure, q.state))))
        return r < 0 ? r : 0;
    q.reg = reg->id;
    if (!*q.sort)
        q.sort = "changed";
    r = engine_list(p->worker->engine, p->session.person, &q, &list);
    if (r || !page_keep(p, list))
        return r < 0 ? r : r ? page_not_found(p) : -ENOMEM;
    return write_json(p, list, "application/json");
}

/* ---- acts ---- */

static bool is_json(const struct page *p)
{
    struct str type = http_request_header(p->req, HTTP_HEADER_CONTENT_TYPE), first;

    return str_split(&type, ';', &first) && str_eq_nocase(str_trim(first), STR("application/json"));
}

/* What is wrong with the members of an act's body, or NULL. A member that is misspelt or of another type would otherwise be
 * passed over, and the act done without it. */
static const char *body_fault(const json_t *body)
{
    const char *name;
    json_t *v;

    if (!json_is_object(body))
        return "an object is wanted";
    json_object_foreach((json_t *)(uintptr_t)body, name, v) {
        if (!strcmp(name, "with")) {
            if (!json_is_object(v))
                return "\"with\" is an object";
        } else if (!strcmp(name, "seen")) {
            if (!json_is_integer(v))
                return "\"seen\" is an integer";
        } else if (!strcmp(name, "signs")) {
            if (!json_is_string(v))
                return "\"signs\" is a string";
        } else {
            return "its members are \"with\", \"seen\" and \"signs\"";
        }
    }
    return NULL;
}

/* 1: the answer is written already. */
static int body_json(struct page *p, json_t **ret)
{
    struct diag diag;
    json_t *body = NULL;
    int r;

    if (!is_json(p)) {
        r = problem(p, 415, T(p, MSG_API_TYPE), NULL);
        return r ? r : 1;
    }
    diag_init(&diag);
    r = json_parse(p->req->body, JSON_LIMITS_DEFAULT, &body, &diag);
    if (r >= 0) {
        const char *fault = r ? diag_first(&diag) : body_fault(body);

        if (fault) {
            json_decref(body);
            r = problem(p, 400, TF(p, MSG_API_BODY, {"why", str_of(fault)}), NULL);
            r = r ? r : 1;
        } else {
            *ret = page_keep(p, body);
            r = *ret ? 0 : -ENOMEM;
        }
    }
    diag_done(&diag);
    return r;
}

static int conclude(struct page *p, const json_t *answer)
{
    const json_t *outcome = json_obj(answer, "outcome");
    const char *result = json_str(outcome, "result");

    if (!json_flag(answer, "ok"))
        return keeper_problem(p, answer);
    if (!strcmp(result, "allowed"))
        return write_json(p, outcome, "application/json");
    if (!strcmp(result, "invalid"))
        return problem(p, 422, T(p, MSG_STEP_INVALID), outcome);
    if (!strcmp(result, "stale"))
        return problem(p, 409, T(p, MSG_STEP_STALE), outcome);
    if (!strcmp(result, "unknown"))
        return page_not_found(p);
    return problem(p, !strcmp(result, "forbidden") ? 403 : 409, T(p, MSG_REFUSAL_HEADING), outcome);
}

static int act(struct page *p, const char *reg, const char *record)
{
    struct str once = http_request_header(p->req, HTTP_HEADER_IDEMPOTENCY_KEY);
    json_t *body, *with, *message, *answer;
    int r = body_json(p, &body);

    if (r)
        return r < 0 ? r : 0;
    if (once.at && !utf8_is_valid(once))
        return problem(p, 400, T(p, MSG_PROBLEM_FORM_TEXT), NULL);
    with = json_obj(body, "with") ? json_obj(body, "with") : page_keep(p, json_object());
    message = json_pack("{s:s, s:s, s:s, s:s, s:O, s:I, s:s, s:s%}", "op", "act", "reg", reg, "step",
                        page_param(p, STR("step")), "record", record, "with", with, "seen",
                        (json_int_t)json_int(body, "seen"), "signs", json_str(body, "signs"), "once",
                        once.at ? once.at : "", once.len);
    answer = page_ask(p, message);
    return answer ? conclude(p, answer) : -ENOMEM;
}

int api_register_act(struct page *p)
{
    const struct reg *reg = engine_reg(p->worker->engine, page_param(p, STR("reg")));

    return reg ? act(p, reg->id, "") : page_not_found(p);
}

int api_record_act(struct page *p)
{
    const char *id = page_param(p, STR("id"));
    const struct reg *reg;
    json_t *view = NULL;
    int r = engine_view(p->worker->engine, p->session.person, id, p->now_us, &view);

    if (r)
        return r < 0 ? r : record_out_of_sight(p, id);
    if (!page_keep(p, view))
        return -ENOMEM;
    reg = engine_reg(p->worker->engine, json_str(view, "reg"));
    return reg ? act(p, reg->id, id) : page_not_found(p);
}
