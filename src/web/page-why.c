/* Before a record is opened whose register asks why (engine/reading.h): a short form, and its answer, behind which the page that was asked for is opened. */
#include "web/api.h"
#include "web/pages.h"
#include "web/words.h"

static struct str next_of(struct page *p, const char *id)
{
    struct str path = form_get(&p->form, STR("next"));

    if (path.at && http_path_is_local(path))
        return path;
    return p->req->method == HTTP_GET ? page_here(p) : record_url(p, id, "");
}

/* The form of a step that was sent when what was said before held no more. */
static bool is_step_sent(struct page *p)
{
    return p->req->method == HTTP_POST && form_get(&p->form, STR("_once")).at;
}

/* What was typed there goes along; what is asked here is asked anew, and each page has a token of its own. */
static void keep_typed(struct page *p)
{
    for (size_t i = 0; i < p->form.n; i++) {
        const struct form_field *f = &p->form.fields[i];

        if (!f->is_file && !str_eq(f->name, STR(STEP_SECRET)) && !str_eq(f->name, STR("csrf")) && !str_eq(f->name, STR(WHY_PURPOSE)) && !str_eq(f->name, STR(WHY_CASE)))
            field_hidden(&p->w, arena_str(p->arena, f->name).at, f->value);
    }
}

int page_why(struct page *p, const struct reg *reg, const char *id, const json_t *answer)
{
    bool is_sent = strcmp(json_str(answer, "error"), "asks") != 0, is_step = is_step_sent(p);
    const char *purpose = is_step ? WHY_PURPOSE : "purpose", *of = is_step ? WHY_CASE : "case";
    struct str next = next_of(p, id);

    p->n_crumbs = 0;
    page_crumb(p, T(p, MSG_REGISTERS_TITLE), STR("/registers"));
    page_crumb(p, text2_words(p, reg->title), register_url(p, reg->id));
    page_crumb(p, str_of(id), STR_NONE);
    page_begin(p, page_text(p, "%.*s　%s", STR_ARG(T(p, MSG_WHY_TITLE)), id), NAV_REGISTERS);
    if (is_sent) {
        p->resp->status = page_answer_status(answer);
        page_answer_notice(p, answer);
    }
    html_element(&p->html, HTML_P, NULL, is_sent ? T(p, MSG_WHY_TEXT) : page_answer_words(p, answer));
    if (!is_sent)
        html_element(&p->html, HTML_P, "tj-quiet", T(p, MSG_WHY_TEXT));
    if (is_step)
        html_element(&p->html, HTML_P, NULL, T(p, MSG_WHY_TYPED_KEPT));
    basis_show(p, &reg->reads->clauses);
    page_form_begin(p, is_step ? p->req->path : record_url(p, id, "/read"), false);
    if (is_step)
        keep_typed(p);
    else
        field_hidden(&p->w, "next", next);
    field_text(&p->w, &(struct field_info){.name = purpose, .label = T(p, MSG_WHY_PURPOSE), .support = T(p, MSG_WHY_PURPOSE_SUPPORT), .is_required = true}, LINE_TEXT,
               str_of(page_field(p, str_of(purpose))), "off");
    if (reg->reads->asks_case)
        field_text(&p->w, &(struct field_info){.name = of, .label = T(p, MSG_WHY_CASE), .support = T(p, MSG_WHY_CASE_SUPPORT), .show_optional = true}, LINE_TEXT,
                   str_of(page_field(p, str_of(of))), "off");
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_WHY_BUTTON), STR_NONE, STR_NONE);
    button_link(&p->w, BUTTON_OUTLINE, T(p, MSG_FORM_CANCEL), register_url(p, reg->id));
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
    return page_end(p);
}

int page_not_open(struct page *p, const char *id, const json_t *answer, enum message_key heading)
{
    const struct reg *reg = engine_reg_of_id(p->worker->engine, id);

    if (!p->is_api && reg && reg->reads && !strcmp(json_str(answer, "error"), "asks"))
        return page_why(p, reg, id, answer);
    return p->is_api ? api_keeper_problem(p, answer) : page_problem(p, page_answer_status(answer), T(p, heading), page_answer_words(p, answer));
}

/* What the form says under these names, to the keeper. NULL: no memory. */
static const json_t *say_why(struct page *p, const char *id, const char *purpose, const char *of)
{
    return page_ask(p, json_pack("{s:s, s:s, s:s, s:s, s:i}", "op", "read", "record", id, "purpose", page_field(p, str_of(purpose)), "case",
                                 page_field(p, str_of(of)), "only", 1));
}

int page_why_said(struct page *p, const struct reg *reg, const char *id, bool *ret_open)
{
    const json_t *answer;

    *ret_open = true;
    if (!reg->reads || !is_step_sent(p) || !form_get(&p->form, STR(WHY_PURPOSE)).at)
        return 0;
    if (!(answer = say_why(p, id, WHY_PURPOSE, WHY_CASE)))
        return -ENOMEM;
    *ret_open = json_flag(answer, "ok");
    return *ret_open ? 0 : page_why(p, reg, id, answer);
}

int record_read(struct page *p)
{
    const char *id = page_param(p, STR("id"));
    const struct reg *reg = engine_reg_of_id(p->worker->engine, id);
    const json_t *answer;
    json_t *view = NULL;
    int r = engine_view(p->worker->engine, p->session.person, id, p->now_us, &view);

    if (r)
        return r < 0 ? r : record_out_of_sight(p, id);
    if (!page_keep(p, view))
        return -ENOMEM;
    if (!reg || !reg->reads)
        return page_go(p, record_url(p, id, ""));
    answer = say_why(p, id, "purpose", "case");
    if (!answer)
        return -ENOMEM;
    return json_flag(answer, "ok") ? page_go(p, next_of(p, id)) : page_why(p, reg, id, answer);
}

/* What a program says in the head of its request, percent-encoded; at NULL: nothing. 1: it is no text. */
static int head_said(struct page *p, enum http_header_id name, struct str *ret)
{
    struct str typed = http_request_header(p->req, name);

    *ret = STR_NONE;
    return typed.at ? url_decode(typed, p->arena, ret) : 0;
}

int page_put_why(struct page *p, json_t *message)
{
    struct str purpose, of;
    int r = head_said(p, HTTP_HEADER_TSUJIBAN_PURPOSE, &purpose);

    if (!r)
        r = head_said(p, HTTP_HEADER_TSUJIBAN_CASE, &of);
    if (r < 0)
        return r;
    if (r) /* refused by the keeper as what it is: nothing that can be read */
        return json_put_str(message, "purpose", "");
    if (purpose.at && (r = json_put_strn(message, "purpose", purpose)))
        return r;
    return of.at ? json_put_strn(message, "case", of) : 0;
}
