#include "web/intel-links.h"

#include "engine/intel-exclusions.h"
#include "engine/intel.h"
#include "intel/clue-keys.h"
#include "intel/exclusions.h"
#include "intel/known-shelf.h"
#include "label/audience.h"
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

#define REASONS_SHOWN 10u
#define PARTS_SHOWN 20u
#define REASONS_BYTES 3000u /* of the text that goes into the record */
#define NOTE "note"

/* ---- what is there ---- */

void intel_links_done(struct intel_links *l)
{
    correlation_free(l->found);
    known_free(l->known);
    *l = (struct intel_links){NULL};
}

static int take_exclusions(struct page *p, struct known *lists, struct known **ret, bool *ret_is_cut)
{
    struct worker *w = p->worker;

    if (!w->exclusions && !(w->exclusions = exclusions_new()))
        return -ENOMEM;
    return exclusions_take(w->exclusions, w->engine, p->session.person, p->now_us, lists, ret, ret_is_cut);
}

int intel_known(struct page *p, struct known **ret, bool *ret_is_cut, struct str *ret_why)
{
    CLEANUP(known_freep) struct known *lists = NULL;
    struct diag diag;
    int r;

    *ret_why = STR_NONE;
    *ret_is_cut = false;
    diag_init(&diag);
    r = known_shelf_take(p->worker->known, &lists, &diag);
    if (r)
        *ret_why = arena_str(p->arena, str_of(diag_first(&diag)));
    diag_done(&diag);
    if (r)
        return r == -ENOMEM || !ret_why->at ? -ENOMEM : 1;
    return take_exclusions(p, lists, ret, ret_is_cut);
}

int intel_links_of(struct intel *i, struct str id, struct intel_links *ret)
{
    struct page *p = i->page;
    int r;

    *ret = (struct intel_links){NULL};
    r = intel_known(p, &ret->known, &ret->is_cut, &ret->why);
    if (!r)
        r = correlate(i->stock, i->sight, ret->known, id, &correlate_usual, &ret->found);
    else if (r == 1)
        r = 0;
    if (r) {
        intel_links_done(ret);
        return r == STOCK_E_NONE ? 1 : intel_failed(r);
    }
    r = engine_links(p->worker->engine, p->session.person, id, p->now_us, p->arena, &ret->said);
    if (r)
        intel_links_done(ret);
    return ERR_FOLD(r);
}

const struct correlate_related *intel_links_proposed(const struct intel_links *l, size_t *at)
{
    while (l->found && *at < l->found->n_related) {
        const struct correlate_related *o = &l->found->related[(*at)++];

        if (!engine_link_to(&l->said, o->id))
            return o;
    }
    return NULL;
}

/* ---- words ---- */

static struct str way_words(struct page *p, enum correlate_way way)
{
    static const enum message_key keys[CORRELATE_N_WAYS] = {
        [CORRELATE_SAME] = MSG_INTEL_WAY_SAME, [CORRELATE_HOST] = MSG_INTEL_WAY_HOST, [CORRELATE_REGISTERED] = MSG_INTEL_WAY_REGISTERED, [CORRELATE_NETWORK] = MSG_INTEL_WAY_NETWORK,
        [CORRELATE_WITHIN] = MSG_INTEL_WAY_WITHIN, [CORRELATE_NEAR] = MSG_INTEL_WAY_NEAR};

    return T(p, keys[way]);
}

static struct str bytes_text(struct page *p, enum clue_type type, struct str bytes)
{
    struct str text = STR("");
    struct clue clue;

    clue_init(&clue);
    clue.type = type;
    if (!buf_add_str(&clue.bytes, bytes))
        text = intel_clue_text(p, &clue);
    clue_done(&clue);
    return text;
}

static struct str clue_words(struct page *p, const struct correlate_value *v)
{
    return page_text(p, "%.*s %.*s", STR_ARG(intel_clue_words(p, v->type)), STR_ARG(bytes_text(p, v->type, v->bytes)));
}

static struct str nearness_words(struct page *p, const struct correlate_reason *reason)
{
    bool is_score = reason->value->type == CLUE_SSDEEP;
    struct str n = page_text(p, "%u", is_score ? reason->nearness : 100 - reason->nearness);

    return is_score ? TF(p, MSG_INTEL_LINKS_SCORE, {"n", n}) : TF(p, MSG_INTEL_LINKS_DISTANCE, {"n", n});
}

static struct str near_words(struct page *p, const struct correlate_reason *reason)
{
    return TF(p, MSG_INTEL_LINKS_REASON_NEAR, {"way", way_words(p, reason->way)}, {"value", clue_words(p, reason->value)},
              {"other", bytes_text(p, reason->value->type, reason->other)}, {"nearness", nearness_words(p, reason)},
              {"n", page_text(p, "%llu", (unsigned long long)reason->n)});
}

struct str intel_way_words(struct page *p, const struct correlate_reason *reason)
{
    return reason->way == CORRELATE_NEAR ? nearness_words(p, reason) : way_words(p, reason->way);
}

struct str intel_reason_words(struct page *p, const struct correlate_reason *reason)
{
    struct str words = reason->way == CORRELATE_NEAR
                           ? near_words(p, reason)
                           : TF(p, MSG_INTEL_LINKS_REASON, {"way", way_words(p, reason->way)}, {"value", clue_words(p, reason->value)},
                                {"n", page_text(p, "%llu", (unsigned long long)reason->n)});

    if (reason->is_apart)
        words = page_text(p, "%.*s%.*s", STR_ARG(words), STR_ARG(T(p, MSG_INTEL_LINKS_APART)));
    if (!reason->value->list.len)
        return words;
    return page_text(p, "%.*s%.*s", STR_ARG(words), STR_ARG(TF(p, MSG_INTEL_LINKS_LISTED, {"list", reason->value->list})));
}

static struct str strength_words(struct page *p, uint64_t strength)
{
    return page_text(p, "%llu", (unsigned long long)strength);
}

/* ---- proposed ---- */

static void cell_object(struct intel *i, struct table *t, struct str id, struct str type)
{
    struct page *p = i->page;
    struct intel_object o;
    int r = intel_latest(i, id, &o, NULL);

    if (r)
        cell_text(&p->w, t, id);
    else
        cell_link(&p->w, t, page_text(p, "%.*s　%.*s", STR_ARG(intel_type_words(p, type.len ? type : o.type)), STR_ARG(o.title)), intel_object_url(p, o.id, ""));
}

static void cell_reasons(struct page *p, struct table *t, const struct correlate_related *o)
{
    cell_begin(&p->w, t);
    html_open(&p->html, HTML_UL);
    for (size_t k = 0; k < o->n_reasons && k < REASONS_SHOWN; k++)
        html_element(&p->html, HTML_LI, NULL, intel_reason_words(p, &o->reasons[k]));
    if (o->n_reasons > REASONS_SHOWN)
        html_element(&p->html, HTML_LI, NULL, TF(p, MSG_INTEL_LINKS_REASONS_MORE, {"n", page_text(p, "%zu", o->n_reasons - REASONS_SHOWN)}));
    html_close(&p->html, HTML_UL);
    cell_end(&p->w, t);
}

static struct str once_word(struct page *p)
{
    uint8_t random[16];
    CLEANUP(buf_done) struct buf hex;

    buf_init(&hex, 2 * sizeof(random));
    random_fill(random, sizeof(random));
    return hex_print(random, sizeof(random), &hex) ? STR("") : arena_str(p->arena, buf_str(&hex));
}

/* Names of controls are told apart by the row. */
static void cell_decide(struct page *p, struct table *t, struct str id, const struct correlate_related *o, size_t row)
{
    cell_begin(&p->w, t);
    page_form_begin(p, intel_object_url(p, id, "/links"), false);
    field_hidden(&p->w, "_once", once_word(p));
    field_hidden(&p->w, "other", o->id);
    field_hidden(&p->w, "row", page_text(p, "%zu", row));
    html_begin(&p->html, HTML_DETAILS, "tj-narrow");
    html_element(&p->html, HTML_SUMMARY, NULL, T(p, MSG_INTEL_LINKS_NOTE));
    field_text(&p->w, &(struct field_info){.name = page_text(p, NOTE "%zu", row).at, .label = T(p, MSG_INTEL_LINKS_NOTE)}, LINE_TEXT, STR(""), NULL);
    html_close(&p->html, HTML_DETAILS);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_INTEL_LINKS_CONFIRM), STR("do"), STR("confirm"));
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_INTEL_LINKS_REJECT), STR("do"), STR("reject"));
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
    cell_end(&p->w, t);
}

/* What was not looked through whole: too much lies in a network, or has pieces of a fuzzy hash. */
static void show_parts(struct page *p, const struct correlation *c)
{
    size_t n = 0;

    for (size_t k = 0; k < c->n_values; k++) {
        const struct correlate_value *v = &c->values[k];

        if (v->is_whole)
            continue;
        if (!n++)
            html_open(&p->html, HTML_UL);
        html_element(&p->html, HTML_LI, NULL,
                     TF(p, clue_is_fuzzy(v->type) ? MSG_INTEL_LINKS_PART_FUZZY : MSG_INTEL_LINKS_PART_NET, {"value", clue_words(p, v)},
                        {"n", page_text(p, "%llu", (unsigned long long)v->n_within)}));
        if (n == PARTS_SHOWN)
            break;
    }
    if (n)
        html_close(&p->html, HTML_UL);
}

static int show_proposed(struct intel *i, const struct intel_object *o, const struct intel_links *l, bool may_decide)
{
    struct page *p = i->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_LINKS_OTHER), .is_row_heading = true},
                                     {.heading = T(p, MSG_INTEL_LINKS_STRENGTH), .is_number = true},
                                     {.heading = T(p, MSG_INTEL_LINKS_REASONS)},
                                     {.heading = T(p, MSG_INTEL_LINKS_DECIDE)}};
    const struct correlate_related *other;
    size_t at = 0, n = 0;
    struct table t;

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_LINKS_PROPOSED));
    if (l->why.at) {
        notice(&p->w, NOTICE_WARNING, T(p, MSG_INTEL_LINKS_UNREADABLE), l->why);
        return 0;
    }
    html_element(&p->html, HTML_P, NULL, T(p, MSG_INTEL_LINKS_TEXT));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns) - !may_decide, T(p, MSG_INTEL_LINKS_PROPOSED));
    while (n < INTEL_PROPOSED_MAX && (other = intel_links_proposed(l, &at))) {
        row_begin(&p->w, &t);
        cell_object(i, &t, other->id, other->type);
        cell_text(&p->w, &t, strength_words(p, other->strength));
        cell_reasons(p, &t, other);
        if (may_decide)
            cell_decide(p, &t, o->id, other, n);
        row_end(&p->w, &t);
        n++;
    }
    table_end(&p->w, &t);
    if (!n)
        table_empty(&p->w);
    if (n && intel_links_proposed(l, &at))
        html_element(&p->html, HTML_P, NULL, TF(p, MSG_INTEL_LINKS_MORE, {"n", page_text(p, "%u", INTEL_PROPOSED_MAX)}));
    show_parts(p, l->found);
    if (l->is_cut)
        html_element(&p->html, HTML_P, NULL, TF(p, MSG_INTEL_LINKS_CUT, {"n", page_text(p, "%u", ENGINE_EXCLUSIONS_MAX)}));
    return 0;
}

/* ---- decided ---- */

static size_t n_decided(const struct intel_links *l, bool is_confirmed)
{
    size_t n = 0;

    for (size_t k = 0; k < l->said.n; k++)
        n += l->said.at[k].is_confirmed == is_confirmed;
    return n;
}

static void show_decided(struct intel *i, const struct intel_links *l, bool is_confirmed, struct str caption)
{
    struct page *p = i->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_LINKS_OTHER), .is_row_heading = true},
                                     {.heading = T(p, MSG_INTEL_LINKS_STRENGTH), .is_number = true},
                                     {.heading = T(p, MSG_INTEL_LINKS_BY)},
                                     {.heading = T(p, MSG_INTEL_LINKS_WHEN)},
                                     {.heading = T(p, MSG_INTEL_LINKS_RECORD)}};
    struct table t;

    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), caption);
    for (size_t k = 0; k < l->said.n; k++) {
        const struct engine_link *one = &l->said.at[k];

        if (one->is_confirmed != is_confirmed)
            continue;
        row_begin(&p->w, &t);
        cell_object(i, &t, one->id, STR(""));
        cell_text(&p->w, &t, page_text(p, "%lld", (long long)one->strength));
        cell_text(&p->w, &t, person_words(p, one->maker));
        cell_text(&p->w, &t, instant_words(p, one->made_us));
        cell_begin(&p->w, &t);
        link_show(p, str_of(one->record), record_url(p, one->record, ""));
        html_text(&p->html, STR("　"));
        link_show(p, T(p, MSG_INTEL_LINKS_WITHDRAW), record_url(p, one->record, "/steps/withdraw"));
        cell_end(&p->w, &t);
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

static void show_said(struct intel *i, const struct intel_links *l)
{
    struct page *p = i->page;
    size_t n_rejected = n_decided(l, false);

    if (n_decided(l, true)) {
        html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_LINKS_CONFIRMED));
        show_decided(i, l, true, T(p, MSG_INTEL_LINKS_CONFIRMED));
    }
    if (n_rejected) {
        html_begin(&p->html, HTML_DETAILS, "tj-narrow");
        html_element(&p->html, HTML_SUMMARY, NULL, TF(p, MSG_INTEL_LINKS_REJECTED_N, {"n", page_text(p, "%zu", n_rejected)}));
        show_decided(i, l, false, T(p, MSG_INTEL_LINKS_REJECTED));
        html_close(&p->html, HTML_DETAILS);
    }
    if (l->said.is_cut)
        html_element(&p->html, HTML_P, NULL, TF(p, MSG_INTEL_LINKS_CUT, {"n", page_text(p, "%u", ENGINE_LINKS_MAX)}));
}

/* Whether the person could begin one: his role, as far as nothing that is not typed yet decides it. */
static int may_decide(struct page *p, const struct reg *reg, bool *ret)
{
    json_t *steps = NULL;
    int r = reg ? engine_steps(p->worker->engine, p->session.person, reg->id, "", p->now_us, &steps) : 1;

    *ret = false;
    if (r)
        return MIN_OF(r, 0);
    if (!page_keep(p, steps))
        return -ENOMEM;
    *ret = step_may_begin(steps, "confirm");
    return 0;
}

/* Behind an act of this page: what became of it. */
static void show_done(struct page *p, const struct intel_links *l)
{
    const char *record = page_query(p, STR("said"));

    for (size_t k = 0; k < l->said.n; k++)
        if (!strcmp(l->said.at[k].record, record))
            notice(&p->w, NOTICE_SUCCESS, T(p, l->said.at[k].is_confirmed ? MSG_INTEL_LINKS_DONE_CONFIRMED : MSG_INTEL_LINKS_DONE_REJECTED), str_of(record));
}

int intel_links_show(struct intel *i, const struct intel_object *o, const struct intel_links *l)
{
    struct page *p = i->page;
    bool may = false;
    int r = may_decide(p, engine_holding(p->worker->engine, HOLDS_INTEL_LINKS, p->now_us), &may);

    if (r)
        return r;
    show_done(p, l);
    show_said(i, l);
    return show_proposed(i, o, l, may);
}

/* ---- deciding ---- */

struct deciding {
    struct intel *intel;
    const struct reg *reg;
    const char *act; /* confirm, reject */
    struct intel_object a, b; /* by id */
    struct str a_in, b_in;
    int class;
    const struct correlate_related *related;
    const json_t *initial; /* of the step's form: who decides, among it */
};

static int side(struct deciding *d, struct str id, struct intel_object *ret, struct str *ret_in)
{
    struct page *p = d->intel->page;
    CLEANUP(buf_done) struct buf collection;
    struct audience au;
    int r = intel_latest(d->intel, id, ret, NULL);

    buf_init(&collection, 256);
    if (r)
        return r;
    if ((r = stock_collection(d->intel->stock, d->intel->sight, ret->ref, &collection)))
        return intel_failed(r);
    *ret_in = arena_str(p->arena, buf_str(&collection));
    r = audience_get(p->worker->store, stock_audience(d->intel->stock, ret->ref.audience), p->arena, &au, NULL);
    if (r)
        return ERR_FOLD(r);
    d->class = MAX_OF(d->class, au.label.confidentiality);
    return ret_in->at ? 0 : -ENOMEM;
}

static struct str reasons_text(struct page *p, const struct correlate_related *o)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 1 << 20);
    for (size_t k = 0; k < o->n_reasons; k++) {
        struct str one = intel_reason_words(p, &o->reasons[k]);

        if (text.len + one.len > REASONS_BYTES)
            break;
        if (buf_printf(&text, "%s%.*s", k ? "\n" : "", STR_ARG(one)))
            return STR_NONE;
    }
    return arena_str(p->arena, buf_str(&text));
}

/* What the step's form would begin with: the defaults of the register. */
static int read_initial(struct deciding *d)
{
    struct page *p = d->intel->page;
    json_t *steps = NULL;
    int r = engine_steps(p->worker->engine, p->session.person, d->reg->id, "", p->now_us, &steps);

    if (r)
        return MIN_OF(r, 0);
    if (!page_keep(p, steps))
        return -ENOMEM;
    for (size_t k = 0; k < json_array_size(steps); k++)
        if (!strcmp(json_str(json_array_get(steps, k), "step"), d->act))
            d->initial = json_obj(json_array_get(steps, k), "initial");
    return 0;
}

/* Which of both comes first says nothing: the lesser id. */
static json_t *act_inputs(struct deciding *d)
{
    struct page *p = d->intel->page;
    bool turned = str_cmp(d->a.id, d->b.id) > 0;
    const char *note_name = page_text(p, NOTE "%s", page_field(p, STR("row"))).at;
    struct str note = note_name ? str_trim(form_get(&p->form, str_of(note_name))) : STR_NONE, reasons = reasons_text(p, d->related);
    json_t *with = json_object();
    int r = with && reasons.at && (!d->initial || !json_object_update(with, (json_t *)d->initial)) ? 0 : -ENOMEM;

    r = r ?: json_put_strn(with, "a", turned ? d->b.id : d->a.id) ?: json_put_strn(with, "a_in", turned ? d->b_in : d->a_in) ?:
        json_put_strn(with, "b", turned ? d->a.id : d->b.id) ?: json_put_strn(with, "b_in", turned ? d->a_in : d->b_in) ?:
        json_put_strn(with, "class", page_text(p, "c%d", d->class)) ?: json_put_int(with, "strength", (int64_t)d->related->strength) ?:
        json_put_strn(with, "reasons", reasons) ?: (note.len ? json_put_strn(with, "note", note) : 0);
    if (!r)
        return page_keep(p, with);
    json_decref(with);
    return NULL;
}

/* What was filled in for the person and does not do. */
static void tell_fields(struct page *p, const json_t *fields)
{
    html_open(&p->html, HTML_UL);
    for (size_t k = 0; k < json_array_size(fields); k++) {
        const json_t *one = json_array_get(fields, k);

        html_element(&p->html, HTML_LI, NULL, page_text(p, "%s: %.*s", json_str(one, "field"), STR_ARG(say_words(p, json_object_get(one, "say")))));
    }
    html_close(&p->html, HTML_UL);
}

static int tell_refused(struct deciding *d, const json_t *answer)
{
    struct page *p = d->intel->page;
    const json_t *outcome = json_obj(answer, "outcome");

    p->resp->status = outcome ? (strcmp(json_str(outcome, "result"), "invalid") ? 403 : 422) : page_answer_status(answer);
    page_crumb(p, T(p, MSG_INTEL_PAGE_TITLE), STR("/intel"));
    page_crumb(p, d->a.title, intel_object_url(p, d->a.id, ""));
    page_begin(p, T(p, MSG_INTEL_LINKS_DECIDE), NAV_INTEL);
    if (!strcmp(json_str(outcome, "result"), "invalid"))
        tell_fields(p, json_arr(outcome, "fields"));
    else if (outcome)
        refusal_show(p, outcome, true);
    else
        page_answer_notice(p, answer);
    html_open(&p->html, HTML_P);
    link_show(p, d->a.title, intel_object_url(p, d->a.id, ""));
    html_close(&p->html, HTML_P);
    return page_end(p);
}

static int decide(struct deciding *d)
{
    struct page *p = d->intel->page;
    json_t *with, *answer;
    int r = read_initial(d);

    if (r)
        return r;
    if (!(with = act_inputs(d)))
        return -ENOMEM;
    answer = page_ask(p, json_pack("{s:s, s:s, s:s, s:s, s:O, s:I, s:s, s:s, s:s, s:s}", "op", "act", "reg", d->reg->id, "step", d->act, "record", "", "with", with,
                                   "seen", (json_int_t)0, "signs", "", "manifest", "", "once", page_field(p, STR("_once")), "sent", ""));
    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok") || strcmp(json_str(json_obj(answer, "outcome"), "result"), "allowed") != 0)
        return tell_refused(d, answer);
    return page_go(p, page_text(p, "%.*s?said=%s", STR_ARG(intel_object_url(p, d->a.id, "")), json_str(json_obj(answer, "outcome"), "record")));
}

/* What both share is reckoned anew, so that the record tells it as it is now. 1: it is no link (any more). */
static int find_related(struct deciding *d, struct intel_links *links)
{
    for (size_t k = 0; links->found && k < links->found->n_related; k++)
        if (str_eq(links->found->related[k].id, d->b.id)) {
            d->related = &links->found->related[k];
            return 0;
        }
    return 1;
}

static int judge(struct deciding *d, struct str id, struct str other)
{
    struct page *p = d->intel->page;
    struct intel_links links;
    int r = side(d, id, &d->a, &d->a_in);

    if (!r)
        r = side(d, other, &d->b, &d->b_in);
    if (!r)
        r = intel_links_of(d->intel, d->a.id, &links);
    if (r)
        return r < 0 ? r : page_not_found(p);
    r = find_related(d, &links) ? page_problem(p, 409, T(p, MSG_INTEL_LINKS_NONE), links.why.at ? links.why : T(p, MSG_INTEL_LINKS_NONE_TEXT)) : decide(d);
    intel_links_done(&links);
    return r;
}

int intel_links_act(struct page *p)
{
    struct intel i;
    struct deciding d = {.intel = &i, .reg = engine_holding(p->worker->engine, HOLDS_INTEL_LINKS, p->now_us), .act = page_field(p, STR("do"))};
    int r;

    if (!d.reg || (strcmp(d.act, "confirm") != 0 && strcmp(d.act, "reject") != 0))
        return page_not_found(p);
    r = intel_enter(p, &i);
    if (r)
        return MIN_OF(r, 0);
    r = judge(&d, str_of(page_param(p, STR("id"))), form_get(&p->form, STR("other")));
    intel_leave(&i);
    return r;
}
