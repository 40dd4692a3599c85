/* Doing a step: the form of a new record or of a step on one, and what became of it. */
#include "base/codec.h"
#include "engine/manifest.h"
#include "web/page-preview.h"
#include "web/pages.h"
#include "web/step-form.h"
#include "web/words.h"

#include <errno.h>

struct doing {
    struct page *page;
    const struct reg *reg;
    const char *act;        /* the step's name */
    const char *record;     /* "" a new one */
    const struct step *step;
    const json_t *judged;   /* its row of engine_steps() */
    const json_t *view;     /* of the record; NULL: a new one */
    const json_t *initial;  /* what the form of a new one about another record begins with; NULL: as the engine lists it */
    struct step_form form;
    const json_t *outcome;  /* of a refused act; NULL: none */
    const json_t *answer;   /* of a keeper that did not do it; NULL: none */
    bool is_stale;
    bool is_blank;          /* what must be filled in is empty, or a file was not taken: nothing was sent on */
    int64_t seen;           /* the version that the form was made for, when it is stale */
    const char *sent;       /* digest of what was sent */
    bool asks_again;        /* it was sent once; the step asks for a second time */
    const char *manifest;   /* digest of what would leave, which is shown before it is done; NULL: nothing would */
    json_t *with;           /* what was sent, where `manifest` is there */
    bool is_other;          /* something else was shown before */
    struct field_info reason; /* of a correction */
    struct field_info paper_day, paper_time;
};

/* Names of controls that are no fields; problems name the last as "_paper". */
#define REASON "_reason"
#define PAPER_DAY "_paper_day"
#define PAPER_TIME "_paper_time"
#define SURE "_sure" /* sent for the second time */
#define MANIFEST "_manifest" /* digest of what was shown to leave */
#define PAPER_TEXT_MAX 256 /* bytes of both together */

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
static int explain(struct doing *d)
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
static int find_steps(struct doing *d)
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
static json_t *asks_of(struct doing *d)
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

static int open_form(struct doing *d)
{
    json_t *asks = asks_of(d);
    int r;

    if (!asks)
        return -ENOMEM;
    r = step_form_init(&d->form, d->page, d->reg, d->step, asks, d->view, d->initial ? d->initial : json_obj(d->judged, "initial"));
    return r ? r : step_form_want(&d->form, json_obj(d->judged, "wanted"));
}

/* About the record that the address names: over the defaults. 1: about none. */
static int begin_from(struct doing *d)
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

static int find_new(struct doing *d)
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

static int find_on_record(struct doing *d)
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

/* ---- showing ---- */

static void crumbs(struct doing *d)
{
    struct page *p = d->page;

    page_crumb(p, T(p, MSG_REGISTERS_TITLE), STR("/registers"));
    page_crumb(p, text2_words(p, d->reg->title), register_url(p, d->reg->id));
    if (d->view)
        page_crumb(p, name_words(p, d->reg, json_str(d->view, "name")), record_url(p, d->record, ""));
    page_crumb(p, text2_words(p, d->step->title), STR_NONE);
}

static bool is_asked(const struct doing *d, const struct field *f)
{
    for (size_t i = 0; i < d->form.n_rows; i++)
        if (d->form.rows[i].field == f)
            return true;
    return false;
}

static bool is_signed(const struct doing *d, const struct field *f)
{
    for (size_t i = 0; i < d->step->n_signs; i++)
        if (d->step->signs[i] == f)
            return true;
    return false;
}

static const json_t *value_of(const struct doing *d, const struct field *f)
{
    const json_t *v = json_object_get(json_obj(d->view, "values"), f->id);

    return v ? v : json_object_get(json_obj(d->view, "personal"), f->id);
}

static void show_field(struct doing *d, const struct field *f)
{
    struct page *p = d->page;

    definition_open(&p->w, text2_words(p, f->title));
    value_show(p, d->view, f, value_of(d, f));
    definition_close(&p->w);
}

/* What else the record holds: the reasons for what is decided. */
static void show_material(struct doing *d)
{
    struct page *p = d->page;
    bool any = false;

    for (size_t i = 0; i < d->reg->n_fields; i++) {
        const struct field *f = &d->reg->fields[i];

        if (!value_of(d, f) || is_signed(d, f) || is_asked(d, f))
            continue;
        if (!any) {
            html_begin(&p->html, HTML_DETAILS, "tj-cannot");
            html_element(&p->html, HTML_SUMMARY, NULL, T(p, MSG_STEP_MATERIAL));
            definition_begin(&p->w);
        }
        any = true;
        show_field(d, f);
    }
    if (!any)
        return;
    definition_end(&p->w);
    html_close(&p->html, HTML_DETAILS);
}

/* What the step signs, as it stands: the person decides on exactly this, and on what he writes into the form below. */
static void show_signed(struct doing *d)
{
    struct page *p = d->page;
    bool any = false;

    if (d->view)
        record_disposal_show(p, d->reg, d->view);
    if (!d->view || !d->step->n_signs)
        return;
    for (size_t i = 0; i < d->step->n_signs; i++) {
        if (is_asked(d, d->step->signs[i]))
            continue;
        if (!any) {
            html_element(&p->html, HTML_H2, NULL, T(p, MSG_STEP_SIGNED));
            definition_begin(&p->w);
        }
        any = true;
        show_field(d, d->step->signs[i]);
    }
    if (any)
        definition_end(&p->w);
    show_material(d);
}

/* Problems with the controls that are no fields go to them; what is left, to the rows. */
static const json_t *place_own_errors(struct doing *d, const json_t *fields)
{
    json_t *rest = page_keep(d->page, json_array());

    for (size_t i = 0; rest && i < json_array_size(fields); i++) {
        json_t *one = json_array_get(fields, i);
        const char *name = json_str(one, "field");
        struct str say = say_words(d->page, json_object_get(one, "say"));

        if (!strcmp(name, REASON))
            d->reason.error = say;
        else if (!strcmp(name, "_paper"))
            d->paper_day.error = say;
        else
            IGNORE(json_array_append(rest, one),
                   "an error that is not shown beside its field is still refused");
    }
    return rest;
}

static bool takes_paper(const struct doing *d)
{
    const struct param *window = pack_param(d->reg->pack, "paper-window");

    return window && window->is_set;
}

static void name_own_controls(struct doing *d)
{
    struct page *p = d->page;

    d->reason = (struct field_info){.name = REASON,
                                    .label = T(p, MSG_STEP_REASON),
                                    .support = T(p, MSG_STEP_REASON_SUPPORT),
                                    .is_required = true};
    d->paper_day = (struct field_info){.name = PAPER_DAY, .label = T(p, MSG_STEP_PAPER_DAY)};
    d->paper_time = (struct field_info){.name = PAPER_TIME, .label = T(p, MSG_STEP_PAPER_TIME),
                                        .support = T(p, MSG_STEP_PAPER_TIME_SUPPORT), .has_example = true};
    if (d->step->is_correction)
        d->form.more[d->form.n_more++] = &d->reason;
    if (takes_paper(d))
        d->form.more[d->form.n_more++] = &d->paper_day;
}

/* ---- what others did meanwhile ---- */

static bool is_possible(const struct doing *d)
{
    const char *result = json_str(d->judged, "result");

    return !strcmp(result, "allowed") || !strcmp(result, "open");
}

/* Since what the person saw, the newest first. *ret_own: all of it is his own doing. */
static size_t events_since(struct doing *d, struct event *events, bool *ret_own)
{
    struct page *p = d->page;
    const json_t *history = json_arr(d->view, "history");
    size_t n = 0;

    *ret_own = true;
    for (size_t i = json_array_size(history); i-- > 0;) {
        const json_t *one = json_array_get(history, i);

        if (json_int(one, "version") <= d->seen)
            continue;
        *ret_own = *ret_own && !strcmp(json_str(one, "actor"), p->session.person);
        events[n++] = (struct event){.time = when_words(p, json_object_get(one, "t")), .time_iso = when_iso(p, json_object_get(one, "t")),
                                     .what = record_entry_title(p, one), .who = record_actor_words(p, one),
                                     .note = *json_str(one, "to") ? state_words(p, d->reg, json_str(one, "to")) : STR_NONE};
    }
    return n;
}

/* Who did what meanwhile, how the record stands, and whether sending it again makes sense. */
static void show_stale(struct doing *d)
{
    struct page *p = d->page;
    struct event *events = arena_alloc_n(p->arena, json_array_size(json_arr(d->view, "history")) + 1, sizeof(*events));
    bool is_own;
    size_t n = events ? events_since(d, events, &is_own) : 0;

    if (!events)
        return;
    notice(&p->w, NOTICE_WARNING, T(p, n && is_own ? MSG_STEP_STALE_OWN : MSG_STEP_STALE),
           TF(p, is_possible(d) ? MSG_STEP_STALE_TEXT : MSG_STEP_STALE_OVER, {"step", text2_words(p, d->step->title)},
              {"state", state_words(p, d->reg, json_str(d->view, "state"))}));
    if (n)
        timeline(&p->w, events, n);
    html_open(&p->html, HTML_P);
    link_show(p, T(p, MSG_STEP_STALE_LINK), record_url(p, d->record, ""));
    html_close(&p->html, HTML_P);
}

/* What was typed for a step that cannot be done any more: to be read, not to be sent. */
static void show_typed(struct doing *d)
{
    struct page *p = d->page;
    bool any = false;

    for (size_t i = 0; i < d->form.n_rows; i++) {
        const struct step_row *row = &d->form.rows[i];

        if (!row->typed || row->field->type == FIELD_SECRET || (json_is_string(row->typed) && !json_string_length(row->typed)))
            continue;
        if (!any) {
            html_element(&p->html, HTML_H2, NULL, T(p, MSG_STEP_TYPED));
            definition_begin(&p->w);
        }
        any = true;
        definition_open(&p->w, text2_words(p, row->field->title));
        if (json_is_string(row->typed) && (row->field->type == FIELD_NUMBER || row->field->type == FIELD_DAY || row->field->type == FIELD_INSTANT))
            html_text(&p->html, str_of(json_string_value(row->typed))); /* as it was typed */
        else
            value_show(p, d->view, row->field, row->typed);
        definition_close(&p->w);
    }
    if (any)
        definition_end(&p->w);
}

static void show_what_happened(struct doing *d)
{
    struct page *p = d->page;
    const char *result = json_str(d->outcome, "result");

    if (d->answer)
        page_answer_notice(p, d->answer);
    if (d->is_stale)
        show_stale(d);
    if (d->is_blank)
        step_form_summary(&d->form);
    if (!strcmp(result, "invalid")) {
        step_form_errors(&d->form, place_own_errors(d, json_arr(d->outcome, "fields")));
        step_form_summary(&d->form);
    } else if (d->outcome && !d->is_stale) {
        refusal_show(p, d->outcome, true);
    }
}

/* What cannot be undone by another step is sent twice. */
static void show_asks_again(struct doing *d)
{
    struct page *p = d->page;

    if (!d->asks_again)
        return;
    if (d->manifest) {
        notice(&p->w, NOTICE_WARNING, T(p, d->is_other ? MSG_PREVIEW_OTHER : MSG_PREVIEW_BEFORE), TF(p, MSG_PREVIEW_BEFORE_TEXT, {"step", text2_words(p, d->step->title)}));
        return;
    }
    notice(&p->w, NOTICE_WARNING, TF(p, MSG_STEP_SURE, {"step", text2_words(p, d->step->title)}),
           TF(p, MSG_STEP_SURE_TEXT, {"step", text2_words(p, d->step->title)}, {"record", d->view ? str_of(d->record) : text2_words(p, d->reg->title)}));
}

/* ---- what would leave ---- */

/* Names that stand sealed in what the act names. */
static int names_of_sent(struct doing *d, struct preview_names *names)
{
    int r = *d->record ? preview_names_of_record(names, d->record) : 0;

    for (size_t i = 0; !r && i < d->step->n_signs; i++)
        if (d->step->signs[i]->type == FIELD_RECORD)
            r = preview_names_of_record(names, json_str(d->with, d->step->signs[i]->id));
    return r ? r : preview_names_typed(names, form_get(&d->page->form, STR(PREVIEW_TYPED)));
}

static int show_label(struct doing *d, const struct field *f, const char *id)
{
    struct page *p = d->page;
    json_t *view = NULL;
    const struct reg *reg;
    int r = engine_view(p->worker->engine, p->session.person, id, p->now_us, &view);

    if (r < 0 || (!r && !page_keep(p, view)))
        return r < 0 ? r : -ENOMEM;
    if (!r && (reg = engine_reg(p->worker->engine, json_str(view, "reg"))))
        definition(&p->w, text2_words(p, f->title),
                   TF(p, MSG_PREVIEW_LABEL_OF, {"name", name_elsewhere(p, reg, view)}, {"label", label_words(p, reg, view)}));
    return 0;
}

/* Under which labels it goes: those of what the act names, or its record, where it was named before. */
static int show_labels(struct doing *d)
{
    int r = 0;

    for (size_t i = 0; !r && i < d->step->n_signs; i++) {
        const struct field *f = d->step->signs[i];
        const json_t *v = json_object_get(d->with, f->id), *one;
        size_t k;

        if (f->type != FIELD_RECORD && (f->type != FIELD_LIST || f->fields[0].type != FIELD_RECORD))
            continue;
        v = v ? v : value_of(d, f);
        r = json_is_string(v) ? show_label(d, f, json_string_value(v)) : 0;
        json_array_foreach (v, k, one)
            r = r || !json_is_string(one) ? r : show_label(d, f, json_string_value(one));
    }
    return r;
}

/* Each file that the act would take, as long as it is the person's own. *ret_answer as preview_show(). */
static int show_preview(struct doing *d, json_t **ret_answer)
{
    CLEANUP(preview_names_freep) struct preview_names *names = NULL;
    struct page *p = d->page;
    int r;

    *ret_answer = NULL;
    if (!d->manifest)
        return 0;
    if ((r = preview_names_new(p, &names)) || (step_signs_file(d->step) && (r = names_of_sent(d, names))))
        return r;
    for (size_t i = 0; !r && !*ret_answer && i < d->step->n_signs; i++) {
        const struct field *f = d->step->signs[i];
        json_t *file = NULL;

        if (f->type == FIELD_FILE && is_asked(d, f) && !(r = preview_own_file(p, json_str(d->with, f->id), &file)) && file)
            r = preview_show(names, file, ret_answer);
    }
    if (r || *ret_answer)
        return r;
    html_element(&p->html, HTML_H3, NULL, T(p, MSG_PREVIEW_LABEL));
    definition_begin(&p->w);
    r = show_labels(d);
    definition_open(&p->w, T(p, MSG_PREVIEW_MANIFEST));
    html_element(&p->html, HTML_CODE, "tj-digest", str_of(d->manifest));
    definition_close(&p->w);
    definition_end(&p->w);
    return r;
}

/* In the form: what is typed comes again with it. */
static void show_preview_controls(struct doing *d)
{
    struct page *p = d->page;
    struct str typed = form_get(&p->form, STR(PREVIEW_TYPED));

    if (!d->manifest)
        return;
    field_hidden(&p->w, MANIFEST, str_of(d->manifest));
    if (!step_signs_file(d->step))
        return;
    field_long_text(&p->w,
                    &(struct field_info){.name = PREVIEW_TYPED, .label = T(p, MSG_PREVIEW_LOOK_FOR), .support = T(p, MSG_PREVIEW_LOOK_FOR_SUPPORT)},
                    typed.at ? typed : STR(""), 3);
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_PREVIEW_LOOK_BUTTON), STR(STEP_LOOK), STR("1"));
}

/* ---- what one gives up by it ---- */

static bool holds(const json_t *roles, const struct pack *pack, const struct role *role)
{
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const char *key = json_str(json_array_get(roles, i), "role"), *slash = strchr(key, '/');

        if (slash && strlen(pack->id) == (size_t)(slash - key) && !strncmp(pack->id, key, (size_t)(slash - key)) && !strcmp(slash + 1, role->id))
            return true;
    }
    return false;
}

/* The first of the step's roles that the person holds: in that one he acts. */
static const struct proc_role *acts_as(const struct step *st, const struct pack *pack, const json_t *roles)
{
    for (size_t i = 0; i < st->n_conds; i++)
        for (size_t k = 0; st->conds[i]->kind == COND_BY && k < st->conds[i]->n_by; k++)
            if (holds(roles, pack, st->conds[i]->by[k]->role))
                return st->conds[i]->by[k];
    return NULL;
}

/* Who acts as `as` may never do that step of the same case, which he could do otherwise. */
static bool is_given_up(const struct step *st, const struct proc_role *as, const struct pack *pack, const json_t *roles)
{
    for (size_t i = 0; i < st->n_conds; i++) {
        const struct cond *c = st->conds[i];

        if (c->kind == COND_SEPARATE && c->n_by == 2 && c->by[1] == as && holds(roles, pack, c->by[0]->role))
            return true;
    }
    return false;
}

static int show_given_up(struct doing *d)
{
    struct page *p = d->page;
    const struct procedure *procedure = d->reg->procedure;
    const struct proc_role *as;
    json_t *roles = NULL;
    int r = engine_roles(p->worker->engine, p->session.person, p->now_us, &roles);

    if (r || !page_keep(p, roles))
        return r < 0 ? r : -ENOMEM;
    as = acts_as(d->step, d->reg->pack, roles);
    for (size_t i = 0; as && i < procedure->n_steps; i++) {
        const struct step *st = &procedure->steps[i];

        if (!st->makes_record && !st->is_correction && st->waits && strcmp(st->act, d->act) != 0 &&
            procedure_step(procedure, st->act, 0) == st && is_given_up(st, as, d->reg->pack, roles))
            notice(&p->w, NOTICE_INFO, TF(p, MSG_STEP_GIVEN_UP, {"step", text2_words(p, st->title)}), T(p, MSG_STEP_GIVEN_UP_TEXT));
    }
    return 0;
}

/* Before anything was sent: what stands in the way already. */
static void show_beforehand(struct doing *d)
{
    const char *result = json_str(d->judged, "result");

    if (d->outcome || d->answer || !d->judged || !strcmp(result, "allowed") || !strcmp(result, "open"))
        return;
    refusal_show(d->page, d->judged, false);
    html_element(&d->page->html, HTML_P, "tj-quiet", T(d->page, MSG_STEP_MAY_TRY));
}

/* The act's own word: sent again under it, after an answer that never came, it is not done twice. Once something was entered,
 * also by another sending of this form, the next attempt is another act. */
static struct str once_word(struct doing *d)
{
    struct str sent = form_get(&d->page->form, STR("_once"));
    uint8_t random[16];
    CLEANUP(buf_done) struct buf hex;

    buf_init(&hex, 2 * sizeof(random));
    if (sent.len == 2 * sizeof(random) && !d->outcome && strcmp(json_str(d->answer, "error"), "used"))
        return sent;
    random_fill(random, sizeof(random));
    return hex_print(random, sizeof(random), &hex) ? STR("") : arena_str(d->page->arena, buf_str(&hex));
}

static void show_reason(struct doing *d)
{
    struct page *p = d->page;

    if (!d->step->is_correction)
        return;
    field_long_text(&p->w, &d->reason, form_get(&p->form, STR(REASON)), 3);
}

/* Something was typed, or he asks for the form of it. */
static bool is_from_paper(struct doing *d)
{
    struct page *p = d->page;

    return takes_paper(d) &&
           (form_get(&p->form, STR(PAPER_DAY)).len || form_get(&p->form, STR(PAPER_TIME)).len ||
            *page_query(p, STR("paper")));
}

/* Closed, unless something is in it: work on paper is rare. */
static void show_paper(struct doing *d)
{
    struct page *p = d->page;
    struct str day = form_get(&p->form, STR(PAPER_DAY)), time = form_get(&p->form, STR(PAPER_TIME));
    const struct param *window = pack_param(d->reg->pack, "paper-window");

    if (!takes_paper(d))
        return;
    html_begin(&p->html, HTML_DETAILS, "tj-cannot");
    html_attr_if(&p->html, HTML_OPEN, d->form.is_paper || d->paper_day.error.at);
    html_element(&p->html, HTML_SUMMARY, NULL, T(p, MSG_STEP_PAPER));
    html_element(&p->html, HTML_P, "tj-quiet",
                 TF(p, MSG_STEP_PAPER_TEXT, {"window", duration_words(p, window->duration)}));
    field_text(&p->w, &d->paper_day, LINE_DATE, day, NULL);
    field_text(&p->w, &d->paper_time, LINE_TIME, time, NULL);
    if (!d->form.is_paper) {
        html_open(&p->html, HTML_P);
        link_show(p, T(p, MSG_STEP_PAPER_CHOICES),
                  page_text(p, "%.*s?paper=1", STR_ARG(p->req->path)));
        html_close(&p->html, HTML_P);
    }
    html_close(&p->html, HTML_DETAILS);
}

/* What the step takes from a device and not from this form. */
static void show_measured(struct doing *d)
{
    struct page *p = d->page;

    for (size_t i = 0; i < d->step->n_asks; i++)
        if (d->step->asks[i]->measured)
            html_element(&p->html, HTML_P, "tj-quiet", TF(p, MSG_STEP_MEASURED, {"field", text2_words(p, d->step->asks[i]->title)}));
}

static int show_form(struct doing *d)
{
    struct page *p = d->page;
    int r;

    if (step_form_has_files(&d->form))
        page_form_begin_files(p, p->req->path, true);
    else
        page_form_begin(p, p->req->path, true);
    field_hidden(&p->w, "_once", once_word(d));
    if (d->asks_again)
        field_hidden(&p->w, SURE, STR("1"));
    field_hidden(&p->w, "_seen", page_text(p, "%lld", (long long)json_int(d->view, "version")));
    if (d->view) /* of a new record the whole form is what is signed */
        field_hidden(&p->w, "_signs", str_of(json_str(d->judged, "signs")));
    d->form.is_paper = is_from_paper(d);
    d->form.hides_secret = d->judged && !is_possible(d);
    if ((r = step_form_show(&d->form)))
        return r;
    show_measured(d);
    show_reason(d);
    show_paper(d);
    show_preview_controls(d);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, d->step->confirm ? BUTTON_DANGER : BUTTON_SOLID, text2_words(p, d->step->title), STR_NONE, STR_NONE);
    button_link(&p->w, BUTTON_OUTLINE, T(p, MSG_FORM_CANCEL),
                d->view ? record_url(p, d->record, "") : register_url(p, d->reg->id));
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
    return 0;
}

static int show(struct doing *d)
{
    struct page *p = d->page;
    json_t *answer = NULL;
    int r = d->view ? page_enter_read(p, d->reg, d->record, &answer) : 0; /* the form holds what the record holds */

    if (r)
        return r;
    if (answer)
        return page_not_open(p, d->record, answer, MSG_KEEPER_NOT_DONE);

    crumbs(d);
    page_begin(p, text2_words(p, d->step->title), NAV_REGISTERS);
    html_begin(&p->html, HTML_P, "tj-quiet");
    html_text(&p->html, text2_words(p, d->reg->title));
    if (*d->reg->form)
        html_text(&p->html, page_text(p, "（%s）", d->reg->form));
    html_close(&p->html, HTML_P);
    name_own_controls(d);
    if (d->step->is_correction)
        html_element(&p->html, HTML_P, NULL, T(p, MSG_STEP_CORRECT_TEXT));
    show_what_happened(d);
    show_asks_again(d);
    if ((r = show_preview(d, &answer)))
        return r;
    if (answer)
        return page_problem(p, page_answer_status(answer), T(p, MSG_KEEPER_NOT_DONE), page_answer_words(p, answer));
    show_beforehand(d);
    step_under_show(d->page, json_arr(d->judged, "under"));
    if ((r = show_given_up(d)))
        return r;
    basis_show(d->page, &d->step->clauses);
    if (d->is_stale && !is_possible(d)) {
        show_typed(d);
        return page_end(p);
    }
    show_signed(d);
    r = show_form(d);
    return r ? r : page_end(p);
}

/* ---- doing ---- */

static int put_own_controls(struct doing *d, json_t *m)
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
static int sent_digest(const struct form_data *form, struct buf *ret_hex)
{
    struct sha256_state *state = sha256_new();
    struct digest digest;

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
    digest = sha256_end(state);
    return hex_print(digest.bytes, sizeof(digest.bytes), ret_hex);
}

/* It is judged before it comes to a batch, which never sees it. */
static int put_secret(struct doing *d, json_t *m)
{
    struct str typed = form_get(&d->page->form, STR(STEP_SECRET));

    if (!step_secret(d->step) || !typed.len)
        return 0;
    return json_put_str(m, "op", "act-secret") ? -ENOMEM : json_put_strn(m, "secret", typed);
}

static json_t *act_message(struct doing *d, json_t *with)
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

static int done(struct doing *d, const json_t *outcome)
{
    struct page *p = d->page;

    return page_go(p, page_text(p, "%.*s?done=%s%.*s", STR_ARG(record_url(p, json_str(outcome, "record"), "")), d->act,
                                STR_ARG(made_query(p, outcome))));
}

static int look_again(struct doing *d)
{
    return d->view ? find_on_record(d) : find_new(d);
}

/* The record is not what was seen: the form again, over what it is now, with what was typed. */
static int stale(struct doing *d)
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
    return show(d);
}

static int conclude(struct doing *d, json_t *with, const json_t *answer)
{
    struct page *p = d->page;
    const json_t *outcome = json_obj(answer, "outcome");
    const char *result = json_str(outcome, "result");

    if (!json_flag(answer, "ok")) {
        d->answer = answer;
        p->resp->status = page_answer_status(answer);
        return show(d);
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
        return show(d);
    }
    d->outcome = outcome;
    if (!strcmp(result, "stale"))
        return stale(d);
    p->resp->status = !strcmp(result, "invalid") ? 422 : !strcmp(result, "forbidden") ? 403 : 409;
    return show(d);
}

/* What would leave by what was sent, where the act would be done. 1: it is to be shown first. */
static int find_manifest(struct doing *d, json_t *with)
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
static int take_sent(struct doing *d, bool *ret_taken)
{
    CLEANUP(buf_done) struct buf hex;
    struct page *p = d->page;
    int r;

    buf_init(&hex, 2 * SHA256_SIZE);
    if ((r = sent_digest(&p->form, &hex)))
        return r;
    d->sent = arena_strdup(p->arena, buf_str(&hex));
    return d->sent ? step_form_files(&d->form, &p->form, ret_taken) : -ENOMEM;
}

static int act(struct doing *d)
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
        return show(d);
    }
    if (r || (form_get(&d->page->form, STR(STEP_LOOK)).at && !form_get(&d->page->form, STR(MANIFEST)).at))
        return show(d);
    if (step_form_blanks(&d->form)) {
        d->is_blank = true;
        d->page->resp->status = 422;
        return show(d);
    }
    if ((r = find_manifest(d, with)))
        return r < 0 ? r : show(d);
    if (form_get(&d->page->form, STR(STEP_LOOK)).at)
        return show(d);
    d->asks_again = d->step->confirm && !form_get(&d->page->form, STR(SURE)).at;
    if (d->asks_again)
        return show(d);
    answer = page_ask(d->page, act_message(d, with));
    return answer ? conclude(d, with, answer) : -ENOMEM;
}

/* ---- addresses ---- */

int new_record_page(struct page *p)
{
    struct doing d = {.page = p};
    int r = find_new(&d);

    return r < 0 ? r : r ? page_not_found(p) : show(&d);
}

int new_record_act(struct page *p)
{
    struct doing d = {.page = p};
    int r = find_new(&d);

    return r < 0 ? r : r ? page_not_found(p) : act(&d);
}

int step_page(struct page *p)
{
    struct doing d = {.page = p};
    int r = find_on_record(&d);

    return r < 0 ? r : r ? record_out_of_sight(p, d.record) : show(&d);
}

int step_act(struct page *p)
{
    struct doing d = {.page = p};
    bool is_open = true;
    int r = find_on_record(&d);

    if (!r)
        r = page_why_said(p, d.reg, d.record, &is_open);
    if (!is_open)
        return r;
    return r < 0 ? r : r ? record_out_of_sight(p, d.record) : act(&d);
}
