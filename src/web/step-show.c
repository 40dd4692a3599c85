#include "web/step-doing.h"

#include "base/codec.h"
#include "engine/manifest.h"
#include "web/page-preview.h"
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>
#include <string.h>

/* ---- what is asked ---- */

static void crumbs(struct step_doing *d)
{
    struct page *p = d->page;

    page_crumb(p, T(p, MSG_REGISTERS_TITLE), STR("/registers"));
    page_crumb(p, text2_words(p, d->reg->title), register_url(p, d->reg->id));
    if (d->view)
        page_crumb(p, view_name_words(p, d->reg, d->view), record_url(p, d->record, ""));
    page_crumb(p, text2_words(p, d->step->title), STR_NONE);
}

static bool is_asked(const struct step_doing *d, const struct field *f)
{
    for (size_t i = 0; i < d->form.n_rows; i++)
        if (d->form.rows[i].field == f)
            return true;
    return false;
}

static bool is_signed(const struct step_doing *d, const struct field *f)
{
    for (size_t i = 0; i < d->step->n_signs; i++)
        if (d->step->signs[i] == f)
            return true;
    return false;
}

static const json_t *value_of(const struct step_doing *d, const struct field *f)
{
    const json_t *v = json_object_get(json_obj(d->view, "values"), f->id);

    return v ? v : json_object_get(json_obj(d->view, "personal"), f->id);
}

static void show_field(struct step_doing *d, const struct field *f)
{
    struct page *p = d->page;

    definition_open(&p->w, text2_words(p, f->title));
    value_show(p, d->view, f, value_of(d, f));
    definition_close(&p->w);
}

/* What else the record holds: the reasons for what is decided. */
static void show_material(struct step_doing *d)
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
static void show_signed(struct step_doing *d)
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
static const json_t *place_own_errors(struct step_doing *d, const json_t *fields)
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

static bool takes_paper(const struct step_doing *d)
{
    const struct param *window = pack_param(d->reg->pack, "paper-window");

    return window && window->is_set;
}

static void name_own_controls(struct step_doing *d)
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

bool step_is_possible(const struct step_doing *d)
{
    const char *result = json_str(d->judged, "result");

    return !strcmp(result, "allowed") || !strcmp(result, "open");
}

/* Since what the person saw, the newest first. *ret_own: all of it is his own doing. */
static size_t events_since(struct step_doing *d, struct event *events, bool *ret_own)
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
static void show_stale(struct step_doing *d)
{
    struct page *p = d->page;
    struct event *events = arena_alloc_n(p->arena, json_array_size(json_arr(d->view, "history")) + 1, sizeof(*events));
    bool is_own;
    size_t n = events ? events_since(d, events, &is_own) : 0;

    if (!events)
        return;
    notice(&p->w, NOTICE_WARNING, T(p, n && is_own ? MSG_STEP_STALE_OWN : MSG_STEP_STALE),
           TF(p, step_is_possible(d) ? MSG_STEP_STALE_TEXT : MSG_STEP_STALE_OVER, {"step", text2_words(p, d->step->title)},
              {"state", state_words(p, d->reg, json_str(d->view, "state"))}));
    if (n)
        timeline(&p->w, events, n);
    html_open(&p->html, HTML_P);
    link_show(p, T(p, MSG_STEP_STALE_LINK), record_url(p, d->record, ""));
    html_close(&p->html, HTML_P);
}

/* What was typed for a step that cannot be done any more: to be read, not to be sent. */
static void show_typed(struct step_doing *d)
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

static void show_what_happened(struct step_doing *d)
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
static void show_asks_again(struct step_doing *d)
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
static int names_of_sent(struct step_doing *d, struct preview_names *names)
{
    int r = *d->record ? preview_names_of_record(names, d->record) : 0;

    for (size_t i = 0; !r && i < d->step->n_signs; i++)
        if (d->step->signs[i]->type == FIELD_RECORD)
            r = preview_names_of_record(names, json_str(d->with, d->step->signs[i]->id));
    return r ? r : preview_names_typed(names, form_get(&d->page->form, STR(PREVIEW_TYPED)));
}

static int show_label(struct step_doing *d, const struct field *f, const char *id)
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
static int show_labels(struct step_doing *d)
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
static int show_preview(struct step_doing *d, json_t **ret_answer)
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
static void show_preview_controls(struct step_doing *d)
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

static int show_given_up(struct step_doing *d)
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
static void show_beforehand(struct step_doing *d)
{
    const char *result = json_str(d->judged, "result");

    if (d->outcome || d->answer || !d->judged || !strcmp(result, "allowed") || !strcmp(result, "open"))
        return;
    refusal_show(d->page, d->judged, false);
    html_element(&d->page->html, HTML_P, "tj-quiet", T(d->page, MSG_STEP_MAY_TRY));
}

/* The act's own word: sent again under it, after an answer that never came, it is not done twice. Once something was entered,
 * also by another sending of this form, the next attempt is another act. */
static struct str once_word(struct step_doing *d)
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

static void show_reason(struct step_doing *d)
{
    struct page *p = d->page;

    if (!d->step->is_correction)
        return;
    field_long_text(&p->w, &d->reason, form_get(&p->form, STR(REASON)), 3);
}

/* Something was typed, or he asks for the form of it. */
static bool is_from_paper(struct step_doing *d)
{
    struct page *p = d->page;

    return takes_paper(d) &&
           (form_get(&p->form, STR(PAPER_DAY)).len || form_get(&p->form, STR(PAPER_TIME)).len ||
            *page_query(p, STR("paper")));
}

/* Closed, unless something is in it: work on paper is rare. */
static void show_paper(struct step_doing *d)
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
static void show_measured(struct step_doing *d)
{
    struct page *p = d->page;

    for (size_t i = 0; i < d->step->n_asks; i++)
        if (d->step->asks[i]->measured)
            html_element(&p->html, HTML_P, "tj-quiet", TF(p, MSG_STEP_MEASURED, {"field", text2_words(p, d->step->asks[i]->title)}));
}

static int show_form(struct step_doing *d)
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
    d->form.hides_secret = d->judged && !step_is_possible(d);
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

int step_show(struct step_doing *d)
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
    if (d->is_stale && !step_is_possible(d)) {
        show_typed(d);
        return page_end(p);
    }
    show_signed(d);
    r = show_form(d);
    return r ? r : page_end(p);
}
