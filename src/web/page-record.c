/* A record: what it says, what can be done with it and what cannot, and how it came to be. */
#include "engine/ref.h"
#include "engine/offer.h"
#include "engine/takeover.h"
#include "web/pages.h"
#include "web/step-form.h"
#include "web/words.h"

#include "ledger/checkpoint.h"
#include "ledger/log.h"

#include <errno.h>

/* ---- sight ---- */

static int forbidden(struct page *p, const json_t *outcome)
{
    page_begin(p, T(p, MSG_RECORD_FORBIDDEN), NAV_REGISTERS);
    p->resp->status = 403;
    refusal_show(p, outcome, true);
    html_element(&p->html, HTML_P, "tj-quiet", T(p, MSG_RECORD_FORBIDDEN_TEXT));
    return page_end(p);
}

int record_out_of_sight(struct page *p, const char *id)
{
    json_t *answer = page_ask(p, json_pack("{s:s, s:s}", "op", "read", "record", id));
    const json_t *outcome = json_obj(answer, "outcome");

    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        return page_problem(p, page_answer_status(answer), T(p, MSG_KEEPER_NOT_DONE), page_answer_words(p, answer));
    if (strcmp(json_str(outcome, "result"), "forbidden") != 0)
        return page_not_found(p);
    if (p->is_api)
        return page_problem(p, 403, T(p, MSG_RECORD_FORBIDDEN), T(p, MSG_RECORD_FORBIDDEN_TEXT));
    return forbidden(p, outcome);
}

/* ---- what it says ---- */

/* ---- corrections ---- */

static const json_t *history_of(const json_t *view, json_int_t version)
{
    const json_t *history = json_arr(view, "history");

    for (size_t i = 0; i < json_array_size(history); i++)
        if (json_int(json_array_get(history, i), "version") == version)
            return json_array_get(history, i);
    return NULL;
}

struct str record_actor_words(struct page *p, const json_t *entry)
{
    const char *actor = json_str(entry, "actor"), *post = json_str(entry, "post");
    struct str unit;

    if (!*actor)
        return T(p, MSG_WORDS_SYSTEM);
    if (!*post)
        return person_words(p, actor);
    unit = office_unit_words(p, actor, post, json_object_get(entry, "t"));
    return page_text(p, "%.*s%s%.*s %.*s", STR_ARG(unit), unit.len ? " " : "", STR_ARG(post_words(p, post)),
                     STR_ARG(person_words(p, actor)));
}

static struct str reason_words(struct page *p, const json_t *correction)
{
    const json_t *reason = json_object_get(correction, "reason");

    return json_is_string(reason) ? str_of(json_string_value(reason)) : T(p, json_flag(reason, "hidden") ? MSG_RECORD_HIDDEN : MSG_RECORD_ERASED);
}

/* What stood there before, newest first, struck through, with who corrected it when and why. */
static void show_old_values(struct page *p, const struct field *f, const json_t *view)
{
    const json_t *list = json_arr(view, "corrections");

    for (size_t i = json_array_size(list); i-- > 0;) {
        const json_t *correction = json_array_get(list, i),
                     *was = value_corrected(correction, f->id);
        const json_t *entry = history_of(view, json_int(correction, "version"));

        if (!was)
            continue;
        html_begin(&p->html, HTML_DIV, "tj-corrected");
        html_open(&p->html, HTML_DEL);
        value_show(p, view, f, json_object_get(was, "was"));
        html_close(&p->html, HTML_DEL);
        html_element(&p->html, HTML_SPAN, "tj-quiet",
                     TF(p, MSG_RECORD_CORRECTED,
                        {"time", when_words(p, json_object_get(entry, "t"))},
                        {"who", record_actor_words(p, entry)}, {"reason", reason_words(p, correction)}));
        html_close(&p->html, HTML_DIV);
    }
}

/* ---- values ---- */

static void show_value_row(struct page *p, const struct field *f, const json_t *v, bool is_personal,
                           const json_t *view)
{
    definition_open(&p->w, text2_words(p, f->title));
    value_show(p, view, f, v);
    if (is_personal) {
        html_text(&p->html, STR(" "));
        chip(&p->w, CHIP_NEUTRAL, T(p, MSG_RECORD_PERSONAL));
    }
    show_old_values(p, f, view);
    definition_close(&p->w);
}

/* What is named for disposal, by which the table of it is called before it is decided on. */
static const struct field *to_dispose_of(const struct reg *reg)
{
    const struct field *f = NULL;

    for (size_t i = 0; !f && i < reg->procedure->n_steps; i++)
        f = step_over_field(&reg->procedure->steps[i]);
    return f;
}

void record_disposal_show(struct page *p, const struct reg *reg, const json_t *view)
{
    const json_t *disposal = json_obj(view, "disposal");
    const struct field *f = disposal ? reg_field(reg, json_str(disposal, "field")) : NULL, *named = to_dispose_of(reg);
    struct field table;

    if (!f)
        return;
    table = *f;
    if (named)
        table.title = named->title;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_RECORD_DISPOSAL));
    value_show(p, view, &table, json_arr(disposal, "rows"));
}

/* Whole minutes that are over; nothing where it has not ended, or ended before it began. */
static void show_span(struct page *p, const struct span *s, const json_t *values)
{
    struct when from = when_of(json_object_get(values, s->from->id)), to = when_of(json_object_get(values, s->to->id));

    if (from.kind != WHEN_INSTANT || to.kind != WHEN_INSTANT || to.us < from.us)
        return;
    definition(&p->w, text2_words(p, s->title),
               TF(p, MSG_RECORD_MINUTES, {"minutes", page_text(p, "%llu", (unsigned long long)((to.us - from.us) / (60 * US_PER_SECOND)))}));
}

static void show_values(struct page *p, const struct reg *reg, const json_t *view)
{
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_RECORD_CONTENT));
    definition_begin(&p->w);
    for (size_t i = 0; i < reg->n_fields; i++) {
        const struct field *f = &reg->fields[i];
        const json_t *v = json_object_get(json_obj(view, "values"), f->id);
        const json_t *personal = json_object_get(json_obj(view, "personal"), f->id);

        if (v || personal || value_is_corrected(view, f->id))
            show_value_row(p, f, v ? v : personal, f->personal, view);
    }
    for (size_t i = 0; i < reg->n_spans; i++)
        show_span(p, &reg->spans[i], json_obj(view, "values"));
    definition_end(&p->w);
}

/* With unit and post of today: several roles of one case may bear one name. */
static struct str party_words(struct page *p, const char *person)
{
    struct str post = person_post_words(p, person), name = person_words(p, person);

    return post.len ? page_text(p, "%.*s（%.*s）", STR_ARG(name), STR_ARG(post)) : name;
}

static void show_parties(struct page *p, const struct reg *reg, const json_t *view)
{
    for (size_t i = 0; i < reg->procedure->n_roles; i++) {
        const struct proc_role *role = &reg->procedure->roles[i];
        const char *person = json_str(json_obj(view, "parties"), role->id);

        if (*person)
            definition(&p->w, role->role ? text2_words(p, role->role->title) : str_of(role->id), party_words(p, person));
    }
}

static void show_originators(struct page *p, const json_t *view)
{
    struct str words = originators_words(p, view);

    if (words.len)
        definition(&p->w, T(p, MSG_RECORD_ORIGINATORS), words);
}

/* Its first act tells. */
static bool is_taken_over(const json_t *view)
{
    const json_t *history = json_arr(view, "history");

    for (size_t i = 0; i < json_array_size(history); i++) {
        const json_t *one = json_array_get(history, i);

        if (json_int(one, "version") == 1)
            return str_ends(str_of(json_str(one, "act")), STR("/" TAKEOVER_ACT));
    }
    return false;
}

static void show_head(struct page *p, const struct reg *reg, const json_t *view)
{
    const char *state = json_str(view, "state"), *unit = json_str(view, "unit");
    const json_t *keep = json_object_get(view, "keep_until");
    struct str label = label_words(p, reg, view);

    definition_begin(&p->w);
    definition_open(&p->w, T(p, MSG_REGISTER_STATE));
    chip(&p->w, state_chip(reg, state), state_words(p, reg, state));
    if (is_taken_over(view))
        chip(&p->w, CHIP_NEUTRAL, T(p, MSG_TAKEOVER_MARK));
    if (json_flag(view, "expired_rule"))
        chip(&p->w, CHIP_WARNING, text2_words(p, reg->pack->expiry_stamp));
    definition_close(&p->w);
    definition(&p->w, T(p, MSG_REGISTER_NUMBER), str_of(json_str(view, "id")));
    if (*json_str(view, "former"))
        definition(&p->w, T(p, MSG_TAKEOVER_FORMER), str_of(json_str(view, "former")));
    if (*unit)
        definition(&p->w, T(p, MSG_RECORD_UNIT), unit_words(p, unit));
    if (label.at)
        definition(&p->w, T(p, MSG_RECORD_LABEL), label);
    show_originators(p, view);
    show_parties(p, reg, view);
    definition(&p->w, T(p, MSG_RECORD_OPENED), when_words(p, json_object_get(view, "opened")));
    if (when_words(p, keep).len)
        definition(&p->w, T(p, MSG_RECORD_KEEP), when_words(p, keep));
    definition_open(&p->w, T(p, MSG_STEP_BASIS));
    clause_list_chips(p, &reg->clauses);
    definition_close(&p->w);
    definition_end(&p->w);
}

static struct str what_applies(struct page *p, const json_t *row, const json_t *view)
{
    struct str say = say_words(p, json_object_get(row, "say")), until = when_words(p, json_object_get(view, "keep_until"));

    if (strcmp(json_str(row, "kind"), "retention") != 0)
        return say;
    if (!until.len)
        return TF(p, say.len ? MSG_APPLIES_KEPT_FROM_END : MSG_APPLIES_KEPT_UNSET, {"period", say});
    return TF(p, MSG_APPLIES_KEPT, {"period", say}, {"until", until});
}

/* Open where each record has a label of its own: elsewhere all records of the register have the same. */
static void show_applies(struct page *p, const struct reg *reg, const json_t *view)
{
    const struct column columns[] = {{.heading = T(p, MSG_APPLIES_KIND), .is_row_heading = true}, {.heading = T(p, MSG_APPLIES_WHAT)}};
    const json_t *rows = json_arr(view, "applies"), *row;
    struct table t;
    size_t i;

    if (!json_array_size(rows))
        return;
    html_begin(&p->html, HTML_DETAILS, "tj-applies");
    html_attr_if(&p->html, HTML_OPEN, reg->has_label_from);
    html_element(&p->html, HTML_SUMMARY, NULL, T(p, MSG_APPLIES_TITLE));
    html_element(&p->html, HTML_P, "tj-quiet", T(p, MSG_APPLIES_TEXT));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_APPLIES_TITLE));
    json_array_foreach (rows, i, row) {
        const char *kind = json_str(row, "kind");
        struct str of = say_words(p, json_object_get(row, "of"));

        if (!json_object_get(row, "say"))
            continue;
        row_begin(&p->w, &t);
        cell_text(&p->w, &t, of.len ? of : T(p, !strcmp(kind, "ask") ? MSG_APPLIES_ASK : !strcmp(kind, "heed") ? MSG_APPLIES_HEED : MSG_APPLIES_RETENTION));
        cell_begin(&p->w, &t);
        html_element(&p->html, HTML_P, NULL, what_applies(p, row, view));
        html_begin(&p->html, HTML_P, "tj-basis");
        clause_chips(p, json_arr(row, "clauses"));
        html_close(&p->html, HTML_P);
        cell_end(&p->w, &t);
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
    html_close(&p->html, HTML_DETAILS);
}

static void show_locks(struct page *p, const json_t *locks)
{
    for (size_t i = 0; i < json_array_size(locks); i++) {
        const json_t *one = json_array_get(locks, i);
        const json_t *clauses = json_arr(one, "clauses");

        notice(&p->w, NOTICE_WARNING,
               TF(p, MSG_RECORD_LOCKED, {"since", when_words(p, json_object_get(one, "since"))}),
               say_words(p, json_object_get(one, "why")));
        if (!json_array_size(clauses))
            continue;
        html_begin(&p->html, HTML_P, "tj-basis");
        clause_chips(p, clauses);
        html_close(&p->html, HTML_P);
    }
}

/* ---- what is due ---- */

/* Roles, each with the unit in which it is held. */
static struct str whose_words(struct page *p, const json_t *by)
{
    bool is_en = p->lang == MESSAGE_EN;
    struct str all = STR("");

    for (size_t i = 0; i < json_array_size(by); i++) {
        const json_t *one = json_array_get(by, i);
        const char *id = json_str(one, "unit");
        struct str title = say_words(p, json_object_get(one, "title")),
                   unit = *id ? unit_words(p, id) : STR("");

        all = page_text(p, "%.*s%s%.*s%s%.*s", STR_ARG(all), !all.len ? "" : is_en ? ", " : "、",
                        STR_ARG(is_en ? title : unit), !unit.len ? "" : is_en ? ", " : "の",
                        STR_ARG(is_en ? unit : title));
    }
    return all;
}

/* What this record asks for next, where that is a record of its own, or where it is one of two ways. */
static void show_due(struct page *p, const json_t *due)
{
    for (size_t i = 0; i < json_array_size(due); i++) {
        const json_t *one = json_array_get(due, i);
        const char *other = json_str(one, "or");

        if (!due_is_soon(p, one))
            continue;
        notice(&p->w, NOTICE_WARNING, say_words(p, json_object_get(one, "title")), due_words(p, one));
        if (json_object_get(one, "by")) {
            html_element(&p->html, HTML_P, "tj-quiet",
                         TF(p, MSG_RECORD_DUE_BY, {"by", whose_words(p, json_arr(one, "by"))}));
            continue;
        }
        html_begin(&p->html, HTML_DIV, "tj-actions");
        button_link(&p->w, BUTTON_SOLID,
                    *other ? todo_words(p, json_str(one, "do")) : T(p, MSG_RECORD_DUE_GO),
                    due_url(p, one));
        if (*other && todo_url(p, other, "").at)
            button_link(&p->w, BUTTON_SOLID, todo_words(p, other),
                        todo_url(p, other, json_str(one, "record")));
        html_close(&p->html, HTML_DIV);
    }
}

/* ---- what can be done ---- */

static bool is_possible(const json_t *step)
{
    const char *result = json_str(step, "result");

    return !strcmp(result, "allowed") || !strcmp(result, "open");
}

static struct str step_words(struct page *p, const struct reg *reg, const json_t *one)
{
    struct str title = say_words(p, json_object_get(one, "title"));
    const struct step *step = procedure_step(reg->procedure, json_str(one, "step"), 0);

    return title.len ? title : step ? text2_words(p, step->title) : str_of(json_str(one, "step"));
}

static struct str step_url(struct page *p, const json_t *view, const json_t *one)
{
    return record_url(p, json_str(view, "id"), page_text(p, "/steps/%s", json_str(one, "step")).at);
}

/* The first of them is what is likely to be done; what ends something stands back. */
static enum button_kind step_button(const struct reg *reg, const char *act, bool *is_first)
{
    const struct step *step = procedure_step(reg->procedure, act, 0);
    bool is_likely = *is_first && strcmp(act, CORRECTION_ACT) && !(step && step->confirm);

    *is_first = *is_first && !is_likely;
    return is_likely ? BUTTON_SOLID : BUTTON_OUTLINE;
}

static void show_possible(struct page *p, const struct reg *reg, const json_t *view, const json_t *steps)
{
    bool any = false, is_first = true;

    html_element(&p->html, HTML_H2, "tj-at-screen", T(p, MSG_RECORD_STEPS));
    html_begin(&p->html, HTML_DIV, "tj-actions");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *one = json_array_get(steps, i);

        if (!is_possible(one))
            continue;
        button_link(&p->w, step_button(reg, json_str(one, "step"), &is_first), step_words(p, reg, one), step_url(p, view, one));
        any = true;
    }
    html_close(&p->html, HTML_DIV);
    if (!any)
        html_element(&p->html, HTML_P, "tj-empty tj-at-screen", T(p, MSG_RECORD_NO_STEPS));
}

static void show_impossible(struct page *p, const struct reg *reg, const json_t *view, const json_t *steps)
{
    bool any = false;

    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *one = json_array_get(steps, i);

        if (is_possible(one) || step_ban(reg->procedure, json_str(one, "step")))
            continue;
        if (!any)
            html_element(&p->html, HTML_H3, "tj-at-screen", T(p, MSG_RECORD_IMPOSSIBLE));
        any = true;
        html_begin(&p->html, HTML_DETAILS, "tj-cannot");
        html_element(&p->html, HTML_SUMMARY, NULL, TF(p, MSG_RECORD_CANNOT, {"step", step_words(p, reg, one)}));
        refusal_show(p, one, false);
        html_open(&p->html, HTML_P);
        link_show(p, T(p, MSG_RECORD_TRY), step_url(p, view, one));
        html_close(&p->html, HTML_P);
        html_close(&p->html, HTML_DETAILS);
    }
}

/* What begins a record of another register about this one. */
static int show_next(struct page *p, const json_t *view)
{
    const char *id = json_str(view, "id");
    json_t *next = NULL;
    int r = engine_next(p->worker->engine, p->session.person, id, p->now_us, &next);

    if (r < 0 || !page_keep(p, next))
        return r < 0 ? r : -ENOMEM;
    if (!json_array_size(next))
        return 0;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_RECORD_NEXT));
    html_open(&p->html, HTML_UL);
    for (size_t i = 0; i < json_array_size(next); i++) {
        const json_t *one = json_array_get(next, i);
        struct str todo = page_text(p, "%s/%s", json_str(one, "reg"), json_str(one, "step"));

        html_open(&p->html, HTML_LI);
        link_show(p, say_words(p, json_object_get(one, "title")), todo_url(p, todo.at, id));
        html_text(&p->html, page_text(p, "（%.*s）", STR_ARG(say_words(p, json_object_get(one, "reg_title")))));
        html_close(&p->html, HTML_LI);
    }
    html_close(&p->html, HTML_UL);
    return 0;
}

static bool is_listed(const json_t *steps, const char *act)
{
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (!strcmp(json_str(json_array_get(steps, i), "step"), act))
            return true;
    return false;
}

static bool is_first(const struct step *s)
{
    return procedure_step(s->procedure, s->act, 0) == s;
}

/* What the directive bans for good is told with its clause. There is no link to its form: it could only be refused. */
static void show_banned(struct page *p, const struct reg *reg)
{
    const struct procedure *procedure = reg->procedure;
    bool any = false;

    for (size_t i = 0; i < procedure->n_steps; i++) {
        const struct step *s = &procedure->steps[i];
        const struct cond *ban =
            s->makes_record || !is_first(s) ? NULL : step_ban(procedure, s->act);

        if (!ban)
            continue;
        if (!any) {
            html_begin(&p->html, HTML_DETAILS, "tj-cannot");
            html_element(&p->html, HTML_SUMMARY, NULL, T(p, MSG_RECORD_BANNED));
            html_element(&p->html, HTML_P, "tj-quiet", T(p, MSG_RECORD_BANNED_TEXT));
            html_open(&p->html, HTML_UL);
        }
        any = true;
        html_open(&p->html, HTML_LI);
        html_text(&p->html, text2_words(p, s->title));
        if (text2_words(p, ban->say).len)
            html_text(&p->html, page_text(p, "%s%.*s", p->lang == MESSAGE_EN ? ": " : "：",
                                          STR_ARG(text2_words(p, ban->say))));
        html_text(&p->html, STR(" "));
        clause_list_chips(p, ban->clauses.n ? &ban->clauses : &s->clauses);
        html_close(&p->html, HTML_LI);
    }
    if (!any)
        return;
    html_close(&p->html, HTML_UL);
    html_close(&p->html, HTML_DETAILS);
}

/* Steps of other states: whoever tries one is told why not, and the attempt is entered. */
static void show_others(struct page *p, const struct reg *reg, const json_t *view, const json_t *steps)
{
    const struct procedure *procedure = reg->procedure;
    bool any = false;

    for (size_t i = 0; i < procedure->n_steps; i++) {
        const struct step *s = &procedure->steps[i];

        if (s->makes_record || is_listed(steps, s->act) || !is_first(s) ||
            step_ban(procedure, s->act) || step_is_gates(s))
            continue;
        if (!any) {
            html_begin(&p->html, HTML_DETAILS, "tj-cannot");
            html_element(&p->html, HTML_SUMMARY, NULL, T(p, MSG_RECORD_OTHERS));
            html_element(&p->html, HTML_P, "tj-quiet", T(p, MSG_RECORD_OTHERS_TEXT));
            html_open(&p->html, HTML_UL);
        }
        any = true;
        html_open(&p->html, HTML_LI);
        link_show(p, text2_words(p, s->title), record_url(p, json_str(view, "id"), page_text(p, "/steps/%s", s->act).at));
        html_close(&p->html, HTML_LI);
    }
    if (!any)
        return;
    html_close(&p->html, HTML_UL);
    html_close(&p->html, HTML_DETAILS);
}

/* ---- how it came to be ---- */

static const json_t *correction_of(const json_t *view, json_int_t version)
{
    const json_t *list = json_arr(view, "corrections");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_int(json_array_get(list, i), "version") == version)
            return json_array_get(list, i);
    return NULL;
}

/* What is said of one entry beside its title: state and place, the reason of a correction, both times of what was done on paper. */
static struct str entry_note(struct page *p, const struct reg *reg, const json_t *view,
                             const json_t *one)
{
    const char *to = json_str(one, "to");
    const json_t *correction = correction_of(view, json_int(one, "version"));
    struct str note = TF(p, MSG_RECORD_ENTRY, {"state", *to ? state_words(p, reg, to) : STR("－")},
                         {"year", page_text(p, "%lld", (long long)json_int(one, "shard"))},
                         {"number", page_text(p, "%lld", (long long)json_int(one, "seq"))});

    if (correction)
        note = page_text(p, "%.*s　%.*s",
                         STR_ARG(TF(p, MSG_RECORD_REASON, {"reason", reason_words(p, correction)})),
                         STR_ARG(note));
    if (*json_str(one, "paper"))
        note = page_text(p, "%.*s　%.*s",
                         STR_ARG(TF(p, MSG_RECORD_PAPER,
                                    {"written", when_words(p, json_object_get(one, "paper"))},
                                    {"keyed", when_words(p, json_object_get(one, "t"))})),
                         STR_ARG(note));
    if (json_array_size(json_arr(one, "under")))
        note = page_text(
            p, "%.*s　%.*s",
            STR_ARG(TF(p, MSG_RECORD_UNDER, {"records", under_words(p, json_arr(one, "under"))})),
            STR_ARG(note));
    return note;
}

struct str record_entry_title(struct page *p, const json_t *one)
{
    struct str title = say_words(p, json_object_get(one, "title"));

    if (!title.len)
        title = str_of(json_str(one, "act"));
    if (*json_str(one, "paper"))
        title = TF(p, MSG_RECORD_PAPER_TITLE, {"title", title});
    return json_array_size(json_arr(one, "under")) ? TF(p, MSG_RECORD_UNDER_TITLE, {"title", title})
                                                   : title;
}

static void show_history(struct page *p, const struct reg *reg, const json_t *view)
{
    const json_t *history = json_arr(view, "history");
    size_t n = json_array_size(history);
    struct event *events = arena_alloc_n(p->arena, n + 1, sizeof(*events));

    if (!events)
        return;
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(history, n - 1 - i);

        events[i] = (struct event){
            .time = when_words(p, json_object_get(one, "t")),
            .time_iso = when_iso(p, json_object_get(one, "t")),
            .what = record_entry_title(p, one),
            .who = record_actor_words(p, one),
            .note = entry_note(p, reg, view, one),
        };
    }
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_RECORD_HISTORY));
    timeline(&p->w, events, n);
    html_open(&p->html, HTML_P);
    link_show(p, T(p, MSG_RECORD_PROOF), record_url(p, json_str(view, "id"), "/proof"));
    html_close(&p->html, HTML_P);
}

/* Why it was opened, by whom: for whoever may open it. */
static void show_readings(struct page *p, const json_t *readings)
{
    struct column columns[] = {{.heading = T(p, MSG_READINGS_TIME), .is_row_heading = true}, {.heading = T(p, MSG_READINGS_WHO)},
                               {.heading = T(p, MSG_WHY_PURPOSE)}, {.heading = T(p, MSG_WHY_CASE)}};
    struct table t;

    if (!json_array_size(readings))
        return;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_READINGS_TITLE));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_READINGS_TITLE));
    for (size_t i = 0; i < json_array_size(readings); i++) {
        const json_t *one = json_array_get(readings, i);
        const char *of = json_str(one, "case");
        bool is_hidden = json_flag(json_obj(one, "purpose"), "hidden");

        row_begin(&p->w, &t);
        cell_text(&p->w, &t, when_words(p, json_object_get(one, "t")));
        cell_text(&p->w, &t, person_words(p, json_str(one, "person")));
        cell_text(&p->w, &t, is_hidden ? T(p, MSG_RECORD_HIDDEN) : str_of(json_str(one, "purpose")));
        cell_text(&p->w, &t, is_hidden ? T(p, MSG_RECORD_HIDDEN) : *of ? str_of(of) : T(p, MSG_READINGS_NO_CASE));
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

static void show_links(struct page *p, const json_t *links)
{
    struct column columns[] = {{.heading = T(p, MSG_REGISTER_NUMBER), .is_row_heading = true},
                               {.heading = T(p, MSG_REGISTERS_NAME)}, {.heading = T(p, MSG_RECORD_NAME)},
                               {.heading = T(p, MSG_REGISTER_STATE)}};
    struct table t;

    if (!json_array_size(links))
        return;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_RECORD_LINKS));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_RECORD_LINKS));
    for (size_t i = 0; i < json_array_size(links); i++) {
        const json_t *one = json_array_get(links, i);
        const struct reg *reg = engine_reg(p->worker->engine, json_str(one, "reg"));
        const char *id = json_str(one, "id"), *name = json_str(one, "name");

        row_begin(&p->w, &t);
        cell_link(&p->w, &t, str_of(id), record_url(p, id, ""));
        cell_text(&p->w, &t, reg ? text2_words(p, reg->title) : STR(""));
        cell_text(&p->w, &t, strcmp(id, name) != 0 ? name_words(p, reg, name) : STR(""));
        cell_text(&p->w, &t, say_words(p, json_object_get(one, "state_title")));
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

/* ---- the page ---- */

static int show_done(struct page *p, const struct reg *reg, const json_t *view)
{
    const struct step *step = procedure_step(reg->procedure, page_query(p, STR("done")), 0);

    if (!step)
        return 0;
    notice(&p->w, NOTICE_SUCCESS, TF(p, MSG_RECORD_DONE, {"step", text2_words(p, step->title)}), STR_NONE);
    return made_show(p, view);
}

static int show(struct page *p, const struct reg *reg, const json_t *view)
{
    struct str name = view_name_words(p, reg, view);
    json_t *steps = NULL;
    int r = engine_steps(p->worker->engine, p->session.person, reg->id, json_str(view, "id"), p->now_us, &steps);

    if (r < 0 || (!r && !page_keep(p, steps)))
        return r < 0 ? r : -ENOMEM;
    page_crumb(p, T(p, MSG_REGISTERS_TITLE), STR("/registers"));
    page_crumb(p, text2_words(p, reg->title), register_url(p, reg->id));
    page_crumb(p, name, STR_NONE);
    p->label = label_words(p, reg, view);
    p->window = record_window(p, reg, view);
    page_begin(p, page_text(p, "%.*s　%.*s", STR_ARG(text2_words(p, reg->title)), STR_ARG(name)), NAV_REGISTERS);
    if ((r = show_done(p, reg, view)))
        return r;
    show_locks(p, json_arr(view, "locks"));
    show_due(p, json_arr(view, "due"));
    show_head(p, reg, view);
    show_applies(p, reg, view);
    print_buttons(p, reg, record_url(p, json_str(view, "id"), "/print"));
    label_button(p, reg, json_str(view, "id"));
    cover_button(p, reg, json_str(view, "id"));
    show_possible(p, reg, view, steps);
    if ((r = show_next(p, view)))
        return r;
    show_impossible(p, reg, view, steps);
    show_others(p, reg, view, steps);
    show_banned(p, reg);
    record_disposal_show(p, reg, view);
    show_values(p, reg, view);
    if ((r = record_code_show(p, reg, view)))
        return r;
    if (holders_are_counted(p, reg)) {
        html_open(&p->html, HTML_P);
        link_show(p, T(p, MSG_HOLDERS_LINK), record_url(p, json_str(view, "id"), "/holders"));
        html_close(&p->html, HTML_P);
    }
    if (reg->holds == HOLDS_INTEL_IMPORTS) {
        html_open(&p->html, HTML_P);
        link_show(p, T(p, MSG_INTAKE_REPORT), page_text(p, "/intel/imports/%s", json_str(view, "id")));
        html_close(&p->html, HTML_P);
    }
    show_readings(p, json_arr(view, "readings"));
    show_links(p, json_arr(view, "links"));
    show_history(p, reg, view);
    return page_end(p);
}

struct str record_window(struct page *p, const struct reg *reg, const json_t *view)
{
    bool is_high = json_int(json_obj(view, "label_in_force"), "confidentiality") == LABEL_CONFIDENTIALITY_MAX; /* by what it holds */

    return reg->reads_recorded || is_high ? page_text(p, "%.*s　%s", STR_ARG(text2_words(p, reg->title)), json_str(view, "id")) : STR_NONE;
}

/* What a person may see and then did not get entered is not shown: it left his sight, or its directive says less for the channel. */
static bool is_read(const json_t *answer)
{
    const char *result = json_str(json_obj(answer, "outcome"), "result");

    return !strcmp(result, "recorded") || !strcmp(result, "quiet");
}

static int enter_read(struct page *p, const struct reg *reg, const char *id, bool is_aside, json_t **ret_answer)
{
    json_t *answer, *message;
    bool is_entered;
    int r = engine_reading_is_entered(p->worker->engine, p->session.person, id, &is_entered);

    *ret_answer = NULL;
    if (r || (!is_entered && !p->token))
        return r;
    message = json_pack("{s:s, s:s}", "op", "read", "record", id);
    if (message && ((is_aside && json_put_int(message, "aside", 1)) || (p->is_api && reg->reads && page_put_why(p, message)))) {
        json_decref(message);
        return -ENOMEM;
    }
    answer = page_ask(p, message);
    if (!answer)
        return -ENOMEM;
    if (json_flag(answer, "ok") && !is_read(answer) &&
        (json_put_flag(answer, "ok", false) || json_put_str(answer, "error", "none") ||
         json_put(answer, "say", json_pack("{s:s, s:s}", "ja", "その記録はありません。", "en", "There is no such record."))))
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        *ret_answer = answer;
    return 0;
}

int page_enter_read(struct page *p, const struct reg *reg, const char *id, json_t **ret_answer)
{
    return enter_read(p, reg, id, false, ret_answer);
}

int page_enter_read_aside(struct page *p, const struct reg *reg, const char *id, json_t **ret_answer)
{
    return enter_read(p, reg, id, true, ret_answer);
}

int page_record_open(struct page *p, const char *id, json_t **ret_view, const struct reg **ret_reg, json_t **ret_answer)
{
    json_t *view = NULL;
    int r = engine_view(p->worker->engine, p->session.person, id, p->now_us, &view);

    *ret_answer = NULL;
    if (r)
        return r;
    *ret_view = page_keep(p, view);
    *ret_reg = *ret_view ? engine_reg(p->worker->engine, json_str(view, "reg")) : NULL;
    if (!*ret_view)
        return -ENOMEM;
    if (!*ret_reg)
        return 1;
    return page_enter_read(p, *ret_reg, id, ret_answer);
}

int page_record_or_answer(struct page *p, const char *id, json_t **ret_view, const struct reg **ret_reg)
{
    json_t *answer;
    int r = page_record_open(p, id, ret_view, ret_reg, &answer);

    if (r < 0 || (!r && !answer))
        return r;
    r = r ? record_out_of_sight(p, id)
          : page_not_open(p, id, answer, MSG_KEEPER_NOT_DONE);
    return r ? r : 1;
}

int record_page(struct page *p)
{
    const char *id = page_param(p, STR("id"));
    const struct reg *reg;
    json_t *view;
    int r = page_record_or_answer(p, id, &view, &reg);

    if (r)
        return MIN_OF(r, 0);
    return show(p, reg, view);
}

/* ---- proof ---- */

int page_receipt(struct page *p, int64_t shard, uint64_t seq, const json_t *signed_head, struct str *ret)
{
    struct str note = str_of(json_str(signed_head, "note"));
    struct note_key key;
    CLEANUP(log_source_donep) struct log_source *source = NULL;
    CLEANUP(buf_done) struct buf out;
    struct receipt receipt = {.index = seq, .checkpoint = note};
    struct tree_source tree;
    struct checkpoint head;
    int r;

    buf_init(&out, NOTE_MAX * 2);
    if (note_key_parse(str_of(json_str(signed_head, "vkey")), &key))
        return 1;
    if ((r = checkpoint_open(note, &key, 1, &head, NULL)))
        return r < 0 ? r : 1;
    if ((r = log_source_new(p->worker->store, shard, &source)))
        return r < 0 ? r : 1;
    tree = log_source_tree(source);
    r = tree_prove_inclusion(&tree, seq, head.size, &receipt.proof);
    if (r)
        return r < 0 ? r : 1;
    if ((r = receipt_print(&receipt, &out)))
        return r;
    *ret = arena_str(p->arena, buf_str(&out));
    return ret->at ? 0 : -ENOMEM;
}

static int show_receipt(struct page *p, const json_t *one)
{
    int64_t shard = json_int(one, "shard");
    uint64_t seq = (uint64_t)json_int(one, "seq");
    json_t *answer = page_ask(p, json_pack("{s:s, s:I}", "op", "checkpoint", "shard", (json_int_t)shard));
    struct str text = STR("");
    int r;

    if (!answer)
        return -ENOMEM;
    html_element(&p->html, HTML_H2, NULL,
                 TF(p, MSG_PROOF_ENTRY, {"title", say_words(p, json_object_get(one, "title"))},
                    {"year", page_text(p, "%lld", (long long)shard)}, {"number", page_text(p, "%llu", (unsigned long long)seq)}));
    if (!json_flag(answer, "ok")) {
        page_answer_notice(p, answer);
        return 0;
    }
    r = page_receipt(p, shard, seq, answer, &text);
    if (r < 0)
        return r;
    if (r)
        html_element(&p->html, HTML_P, "tj-empty", T(p, MSG_PROOF_NONE));
    else
        html_element(&p->html, HTML_PRE, NULL, text);
    return 0;
}

int record_proof(struct page *p)
{
    const char *id = page_param(p, STR("id"));
    const struct reg *reg;
    json_t *view;
    const json_t *history;
    int r = page_record_or_answer(p, id, &view, &reg);

    if (r)
        return MIN_OF(r, 0);
    page_crumb(p, str_of(id), record_url(p, id, ""));
    page_crumb(p, T(p, MSG_RECORD_PROOF), STR_NONE);
    page_begin(p, T(p, MSG_RECORD_PROOF), NAV_REGISTERS);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_PROOF_TEXT));
    history = json_arr(view, "history");
    for (size_t i = json_array_size(history); i-- && json_array_size(history) - i <= 20;)
        if ((r = show_receipt(p, json_array_get(history, i))))
            return r;
    return page_end(p);
}
