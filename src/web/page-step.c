/* Doing a step: the form of a new record or of a step on one, and what became of it. */
#include "base/codec.h"
#include "engine/manifest.h"
#include "web/pages.h"
#include "web/step-doing.h"
#include "web/words.h"

#include <errno.h>
#include <string.h>

/* ---- what is meant ---- */

/* The row that can be done, else the first of that name. */
static const json_t *judged_step(const json_t *steps, const char *act)
{
    const json_t *first = NULL;

    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *one = json_array_get(steps, i);
        const char *result = json_str(one, "result");

        if (strcmp(json_str(one, "step"), act) != 0)
            continue;
        if (!strcmp(result, "allowed") || !strcmp(result, "open"))
            return one;
        first = first ? first : one;
    }
    return first;
}

static bool starts_in(const struct step *s, const char *state)
{
    for (size_t i = 0; i < s->n_from; i++)
        if (!strcmp(s->from[i], state))
            return true;
    return false;
}

/* Of several of one name the one that was judged; one of another state where none was. */
static const struct step *model_step(const struct reg *reg, const json_t *judged, const char *act, const char *state)
{
    const struct step *first = procedure_step(reg->procedure, act, 0), *s = first;

    if (first && judged)
        return step_judged(reg, judged);
    for (size_t i = 0; s; s = procedure_step(reg->procedure, act, ++i))
        if (starts_in(s, state))
            return s;
    return first;
}

/* A step of another state: what stands in its way. */
static int explain(struct step_doing *d)
{
    struct page *p = d->page;
    struct act act = {.person = p->session.person, .reg = d->reg->id, .step = d->act, .record = d->record, .with = NULL,
                      .seen_version = 0, .signs = "", .tells_way = true, .now_us = p->now_us};
    json_t *outcome = NULL;
    int r = engine_explain(p->worker->engine, &act, &outcome);

    if (r)
        return r;
    d->judged = page_keep(p, outcome);
    return d->judged ? 0 : -ENOMEM;
}

/* 1: there is no such thing in the person's sight. */
static int find_steps(struct step_doing *d)
{
    struct page *p = d->page;
    json_t *steps = NULL;
    int r = engine_steps(p->worker->engine, p->session.person, d->reg->id, d->record, p->now_us, &steps);

    if (r)
        return r;
    if (!page_keep(p, steps))
        return -ENOMEM;
    d->judged = judged_step(steps, d->act);
    d->step = model_step(d->reg, d->judged, d->act, d->view ? json_str(d->view, "state") : "none");
    if (!d->step)
        return 1;
    return d->judged ? 0 : explain(d);
}

/* The engine lists the fields; a step that it does not list still has its form, so that the refusal can be asked for. */
static json_t *asks_of(struct step_doing *d)
{
    json_t *asks = json_arr(d->judged, "asks");

    if (asks)
        return asks;
    asks = page_keep(d->page, json_array());
    for (size_t i = 0; asks && i < d->step->n_asks; i++)
        if (json_array_append_new(asks, json_string(d->step->asks[i]->id)))
            return NULL;
    return asks;
}

static int open_form(struct step_doing *d)
{
    json_t *asks = asks_of(d);
    int r;

    if (!asks)
        return -ENOMEM;
    r = step_form_init(&d->form, d->page, d->reg, d->step, asks, d->view, d->initial ? d->initial : json_obj(d->judged, "initial"));
    return r ? r : step_form_want(&d->form, json_obj(d->judged, "wanted"));
}

/* About the record that the address names: over the defaults. 1: about none. */
static int begin_from(struct step_doing *d)
{
    struct page *p = d->page;
    const char *from = page_query(p, STR("from"));
    json_t *values = NULL, *initial = json_obj(d->judged, "initial");
    int r = *from ? engine_next_values(p->worker->engine, p->session.person, d->step, from, p->now_us, &values) : 1;

    if (r)
        return r;
    if (!page_keep(p, values))
        return -ENOMEM;
    if (initial && (!(initial = page_keep(p, json_copied(initial))) || json_object_update(initial, values)))
        return -ENOMEM;
    d->initial = initial ? initial : values;
    return 0;
}

static int find_new(struct step_doing *d)
{
    struct page *p = d->page;
    int r;

    d->act = page_param(p, STR("step"));
    d->record = "";
    d->reg = engine_reg(p->worker->engine, page_param(p, STR("reg")));
    if (!d->reg)
        return 1;
    if ((r = find_steps(d)))
        return r;
    if (!d->step->makes_record)
        return 1;
    r = begin_from(d);
    return r < 0 ? r : open_form(d);
}

static int find_on_record(struct step_doing *d)
{
    struct page *p = d->page;
    json_t *view = NULL;
    int r;

    d->act = page_param(p, STR("step"));
    d->record = page_param(p, STR("id"));
    r = engine_view(p->worker->engine, p->session.person, d->record, p->now_us, &view);
    if (r)
        return r;
    d->view = page_keep(p, view);
    if (!d->view)
        return -ENOMEM;
    d->reg = engine_reg(p->worker->engine, json_str(d->view, "reg"));
    if (!d->reg)
        return 1;
    r = find_steps(d);
    return r ? r : open_form(d);
}

/* ---- doing ---- */

static int put_own_controls(struct step_doing *d, json_t *m)
{
    struct page *p = d->page;
    struct str day = str_trim(form_get(&p->form, STR(PAPER_DAY))),
               time = str_trim(form_get(&p->form, STR(PAPER_TIME)));
    json_t *paper;

    if (d->step->is_correction && json_put_strn(m, "reason", form_get(&p->form, STR(REASON))))
        return -ENOMEM;
    if (!day.len && !time.len)
        return 0;
    /* No instant is longer: then a word that is none gets the same answer. */
    paper = json_pack("{s:s}", "written", day.len + time.len > PAPER_TEXT_MAX ? "-" : page_text(p, "%.*s %.*s", STR_ARG(day), STR_ARG(time)).at);
    return paper ? json_put(m, "paper", paper) : -ENOMEM;
}

/* Of what was typed, by which the keeper knows the same form again; not of what belongs to a showing of it: the token, what was seen,
 * rows that stayed empty. */
static int sent_digest(const struct form_data *form, struct digest *ret)
{
    struct sha256_state *state = sha256_new();

    if (!state)
        return -ENOMEM;
    for (size_t i = 0; i < form->n; i++) {
        const struct form_field *f = &form->fields[i];

        if (!f->value.len || str_starts(f->name, STR("_")) || str_eq(f->name, STR("csrf")))
            continue;
        sha256_add(state, f->name);
        sha256_add(state, (struct str){"", 1}); /* no NUL is in a form */
        sha256_add(state, f->value);
        sha256_add(state, (struct str){"", 1});
    }
    *ret = sha256_end(state);
    return 0;
}

/* It is judged before it comes to a batch, which never sees it. */
static int put_secret(struct step_doing *d, json_t *m)
{
    struct str typed = form_get(&d->page->form, STR(STEP_SECRET));

    if (!step_secret(d->step) || !typed.len)
        return 0;
    return json_put_str(m, "op", "act-secret") ? -ENOMEM : json_put_strn(m, "secret", typed);
}

static json_t *act_message(struct step_doing *d, json_t *with)
{
    struct page *p = d->page;
    uint64_t seen = 0;
    json_t *m;

    IGNORE(str_to_u64(form_get(&p->form, STR("_seen")), 0, INT64_MAX, &seen), "not said");
    m = json_pack("{s:s, s:s, s:s, s:s, s:O, s:I, s:s, s:s, s:s, s:s}", "op", "act", "reg", d->reg->id,
                  "step", d->act, "record", d->record, "with", with, "seen", (json_int_t)seen,
                  "signs", *d->record ? page_field(p, STR("_signs")) : "", "manifest", page_field(p, STR(MANIFEST)), "once",
                  page_field(p, STR("_once")), "sent", d->sent);
    if (m && !put_own_controls(d, m) && !put_secret(d, m))
        return m;
    json_decref(m);
    return NULL;
}

static int done(struct step_doing *d, const json_t *outcome)
{
    struct page *p = d->page;

    return page_go(p, page_text(p, "%.*s?done=%s%.*s", STR_ARG(record_url(p, json_str(outcome, "record"), "")), d->act,
                                STR_ARG(made_query(p, outcome))));
}

static int look_again(struct step_doing *d)
{
    return d->view ? find_on_record(d) : find_new(d);
}

/* The record is not what was seen: the form again, over what it is now, with what was typed. */
static int stale(struct step_doing *d)
{
    json_t *with;
    uint64_t seen = 0;
    int r;

    IGNORE(str_to_u64(form_get(&d->page->form, STR("_seen")), 0, INT64_MAX, &seen), "then all of the history is new");
    d->seen = (int64_t)seen;
    d->is_stale = true;
    d->page->resp->status = 409;
    if ((r = look_again(d)) || (r = step_form_read(&d->form, &d->page->form, &with)) < 0)
        return r > 0 ? page_not_found(d->page) : r;
    return step_show(d);
}

static int conclude(struct step_doing *d, json_t *with, const json_t *answer)
{
    struct page *p = d->page;
    const json_t *outcome = json_obj(answer, "outcome");
    const char *result = json_str(outcome, "result");

    if (!json_flag(answer, "ok")) {
        d->answer = answer;
        p->resp->status = page_answer_status(answer);
        return step_show(d);
    }
    if (!strcmp(result, "allowed"))
        return done(d, outcome);
    if (!strcmp(result, "unknown"))
        return page_not_found(p);
    if (!strcmp(result, "unseen")) { /* since this process looked at it */
        d->manifest = json_str(outcome, "manifest");
        d->with = with;
        d->is_other = d->asks_again = true;
        p->resp->status = 409;
        return step_show(d);
    }
    d->outcome = outcome;
    if (!strcmp(result, "stale"))
        return stale(d);
    p->resp->status = !strcmp(result, "invalid") ? 422 : !strcmp(result, "forbidden") ? 403 : 409;
    return step_show(d);
}

/* What would leave by what was sent, where the act would be done. 1: it is to be shown first. */
static int find_manifest(struct step_doing *d, json_t *with)
{
    struct page *p = d->page;
    const char *shown = page_field(p, STR(MANIFEST)), *manifest;
    struct act act = {.person = p->session.person, .reg = d->reg->id, .step = d->act, .record = d->record, .with = with, .signs = "", .now_us = p->now_us};
    json_t *outcome = NULL;
    int r = step_has_manifest(d->step) ? engine_explain(p->worker->engine, &act, &outcome) : 0;

    if (r || !outcome)
        return r;
    if (!page_keep(p, outcome))
        return -ENOMEM;
    manifest = json_str(outcome, "manifest");
    if (!*manifest || (!strcmp(manifest, shown) && !form_get(&p->form, STR(STEP_LOOK)).at))
        return 0;
    d->manifest = manifest;
    d->with = with;
    d->is_other = *shown && strcmp(manifest, shown) != 0;
    d->asks_again = true;
    return 1;
}

/* Of the form as it came: a file counts by its bytes, before it has an id. */
static int take_sent(struct step_doing *d, bool *ret_taken)
{
    struct page *p = d->page;
    struct digest digest;
    int r = sent_digest(&p->form, &digest);

    if (r)
        return r;
    d->sent = arena_strdup(p->arena, str_of(digest_text(&digest).at));
    return d->sent ? step_form_files(&d->form, &p->form, ret_taken) : -ENOMEM;
}

static int act(struct step_doing *d)
{
    json_t *with = NULL, *answer;
    bool is_taken;
    int r = take_sent(d, &is_taken);

    if (!r)
        r = step_form_read(&d->form, &d->page->form, &with);
    if (r < 0)
        return r;
    if (!is_taken) {
        d->is_blank = true;
        d->page->resp->status = 422;
        return step_show(d);
    }
    if (r || (form_get(&d->page->form, STR(STEP_LOOK)).at && !form_get(&d->page->form, STR(MANIFEST)).at))
        return step_show(d);
    if (step_form_blanks(&d->form)) {
        d->is_blank = true;
        d->page->resp->status = 422;
        return step_show(d);
    }
    if ((r = find_manifest(d, with)))
        return r < 0 ? r : step_show(d);
    if (form_get(&d->page->form, STR(STEP_LOOK)).at)
        return step_show(d);
    d->asks_again = d->step->confirm && !form_get(&d->page->form, STR(SURE)).at;
    if (d->asks_again)
        return step_show(d);
    answer = page_ask(d->page, act_message(d, with));
    return answer ? conclude(d, with, answer) : -ENOMEM;
}

/* ---- addresses ---- */

int new_record_page(struct page *p)
{
    struct step_doing d = {.page = p};
    int r = find_new(&d);

    return r < 0 ? r : r ? page_not_found(p) : step_show(&d);
}

int new_record_act(struct page *p)
{
    struct step_doing d = {.page = p};
    int r = find_new(&d);

    return r < 0 ? r : r ? page_not_found(p) : act(&d);
}

int step_page(struct page *p)
{
    struct step_doing d = {.page = p};
    int r = find_on_record(&d);

    return r < 0 ? r : r ? record_out_of_sight(p, d.record) : step_show(&d);
}

int step_act(struct page *p)
{
    struct step_doing d = {.page = p};
    bool is_open = true;
    int r = find_on_record(&d);

    if (!r)
        r = page_why_said(p, d.reg, d.record, &is_open);
    if (!is_open)
        return r;
    return r < 0 ? r : r ? record_out_of_sight(p, d.record) : act(&d);
}
