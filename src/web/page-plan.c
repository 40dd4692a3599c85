/* Plans of transfers: the list, a table pasted in and judged, what it changes, and the decision of a second administrator. */
#include "web/pages.h"
#include "web/words.h"

#include "base/tell.h"
#include "engine/gain.h"
#include "engine/preview.h"
#include "force/account.h"
#include "keeper/account-held.h"
#include "keeper/force-operation.h"

#include <errno.h>

#define LIST_SIZE 50
#define TASKS_MAX 2000

/* A plan as its row says. Texts live in the page's arena. */
struct shown_plan {
    const char *id, *title, *state, *body, *digest, *made_by, *decided_by;
    uint64_t made_us, decided_us;
    int32_t from_day;
};

static struct str plan_url(struct page *p, const char *id)
{
    return page_text(p, "/admin/plans/%.*s", STR_ARG(page_encoded(p, str_of(id))));
}

static struct str state_title_of(struct page *p, const char *state)
{
    return T(p, !strcmp(state, "draft") ? MSG_PLANS_DRAFT : !strcmp(state, "adopted") ? MSG_PLANS_ADOPTED : MSG_PLANS_DROPPED);
}

static enum chip_kind state_kind(const char *state)
{
    return !strcmp(state, "draft") ? CHIP_ACTIVE : !strcmp(state, "adopted") ? CHIP_DONE : CHIP_NEUTRAL;
}

/* ---- the table typed in ---- */

/* `body` and `title` as they are to be shown; `answer`: of a save that was refused, else NULL. */
static void show_form(struct page *p, struct str action, struct str title, struct str body, const json_t *answer)
{
    struct field_info name = {.name = "title", .label = T(p, MSG_PLANS_NAME), .support = T(p, MSG_PLANS_NAME_SUPPORT),
                              .is_required = true};
    struct field_info table = {.name = "body", .label = T(p, MSG_PLANS_TABLE), .support = T(p, MSG_PLANS_TABLE_SUPPORT),
                               .show_optional = true};
    const struct field_info *const fields[] = {&name, &table};
    const json_t *problems = json_arr(answer, "problems");

    if (!strcmp(json_str(answer, "error"), "title"))
        name.error = page_answer_words(p, answer);
    else if (json_array_size(problems))
        table.error = page_answer_words(p, answer);
    if (name.error.at || table.error.at)
        error_summary(&p->w, fields, ARRAY_LEN(fields));
    if (json_array_size(problems))
        problem_list(p, problems);
    html_begin(&p->html, HTML_P, NULL);
    link_show(p, T(p, MSG_PLANS_TEMPLATE), STR("/admin/plans/template"));
    html_close(&p->html, HTML_P);
    page_form_begin_files(p, action, true);
    field_hidden(&p->w, "op", STR("plan-save"));
    field_text(&p->w, &name, LINE_TEXT, title.at ? title : STR(""), "off");
    field_file(&p->w, &(struct field_info){.name = "file", .label = T(p, MSG_PLANS_FILE), .support = T(p, MSG_PLANS_FILE_SUPPORT)},
               STR(".xlsx,.csv,text/csv"));
    field_long_text(&p->w, &table, body.at ? body : STR(""), 16);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_PLANS_SAVE), STR_NONE, STR_NONE);
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

static json_t *save_message(struct page *p, const char *id)
{
    struct str title = form_get(&p->form, STR("title")), body = form_get(&p->form, STR("body"));

    return json_pack("{s:s, s:s, s:s%, s:s%}", "op", "plan-save", "plan", id, "title", title.at ? title.at : "", title.len, "body",
                     body.at ? body.at : "", body.len);
}

/* ---- the list ---- */

static void list_row(struct page *p, struct table *t, struct rows *rows, const char *id)
{
    const char *state = arena_strdup(p->arena, rows_str(rows, 2)), *made_by = arena_strdup(p->arena, rows_str(rows, 4));

    row_begin(&p->w, t);
    cell_link(&p->w, t, arena_str(p->arena, rows_str(rows, 1)), plan_url(p, id));
    cell_text(&p->w, t, str_of(id));
    cell_begin(&p->w, t);
    chip(&p->w, state_kind(state ? state : ""), state_title_of(p, state ? state : ""));
    cell_end(&p->w, t);
    cell_text(&p->w, t, day_words(p, (int32_t)rows_int(rows, 3)));
    cell_text(&p->w, t, page_text(p, "%.*s（%.*s）", STR_ARG(person_words(p, made_by ? made_by : "")),
                                  STR_ARG(instant_words(p, (uint64_t)rows_int(rows, 5)))));
    row_end(&p->w, t);
}

static int show_list(struct page *p)
{
    const struct column columns[] = {{.heading = T(p, MSG_PLANS_NAME), .is_row_heading = true}, {.heading = T(p, MSG_PLANS_NUMBER)},
                                     {.heading = T(p, MSG_REGISTER_STATE)}, {.heading = T(p, MSG_PLANS_FIRST_DAY)},
                                     {.heading = T(p, MSG_PLANS_MADE)}};
    const char *behind = page_query(p, STR("behind")), *last = "";
    bool is_first = !*behind, more = false;
    ROWS_AUTO *rows = NULL;
    struct table t;
    size_t n = 0;
    int r = STORE_QUERY(p->worker->store, &rows, STMT_PLAN_LIST, V_TEXT(is_first ? "PLAN-~" : behind), V_INT(LIST_SIZE + 1));

    if (r)
        return store_errno(r);
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_PLANS_TITLE));
    while ((r = rows_next(rows)) == 1 && !(more = n == LIST_SIZE)) {
        last = arena_strdup(p->arena, rows_str(rows, 0));
        if (!last)
            return -ENOMEM;
        list_row(p, &t, rows, last);
        n++;
    }
    table_end(&p->w, &t);
    if (!n)
        table_empty(&p->w);
    if (more || !is_first)
        page_list(&p->w, 1, n, 0, LIST_SIZE, is_first ? STR_NONE : STR("/admin/plans"),
                  more ? page_text(p, "/admin/plans?behind=%.*s", STR_ARG(page_encoded(p, str_of(last)))) : STR_NONE);
    return MIN_OF(r, 0);
}

static int write_list(struct page *p, const json_t *answer)
{
    bool is_refused = answer && !json_array_size(json_arr(answer, "problems")) && strcmp(json_str(answer, "error"), "title") != 0;
    int r;

    if (answer)
        p->resp->status = page_answer_status(answer);
    page_begin(p, T(p, MSG_PLANS_TITLE), NAV_PLANS);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_PLANS_TEXT));
    if (is_refused)
        page_answer_notice(p, answer);
    if (!answer && (r = show_list(p)))
        return r;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_PLANS_NEW));
    show_form(p, STR("/admin/plans"), form_get(&p->form, STR("title")), form_get(&p->form, STR("body")), answer);
    return page_end(p);
}

int plans_page(struct page *p)
{
    int r;

    return page_allows(p, RIGHT_ADMINISTRATOR, &r) ? write_list(p, NULL) : r;
}

int plans_act(struct page *p)
{
    json_t *answer;
    int r;

    if (!page_allows(p, RIGHT_ADMINISTRATOR, &r) || (r = plan_take_file(p, &answer)))
        return r;
    if (!answer && !(answer = page_ask(p, save_message(p, ""))))
        return -ENOMEM;
    return json_flag(answer, "ok") ? page_go(p, plan_url(p, json_str(answer, "plan"))) : write_list(p, answer);
}

/* ---- one plan ---- */

static int load(struct page *p, const char *id, struct shown_plan *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(p->worker->store, &row, STMT_PLAN_GET, V_TEXT(id));

    if (r)
        return r == STORE_E_NONE ? 1 : store_errno(r);
    *ret = (struct shown_plan){.id = id,
                               .title = arena_strdup(p->arena, rows_str(row, 0)),
                               .state = arena_strdup(p->arena, rows_str(row, 1)),
                               .from_day = (int32_t)rows_int(row, 2),
                               .body = arena_strdup(p->arena, rows_str(row, 3)),
                               .digest = arena_strdup(p->arena, rows_str(row, 4)),
                               .made_by = arena_strdup(p->arena, rows_str(row, 5)),
                               .made_us = (uint64_t)rows_int(row, 6),
                               .decided_by = arena_strdup(p->arena, rows_str(row, 7)),
                               .decided_us = rows_is_null(row, 8) ? 0 : (uint64_t)rows_int(row, 8)};
    return ret->title && ret->state && ret->body && ret->digest && ret->made_by && ret->decided_by ? 0 : -ENOMEM;
}

static void show_head(struct page *p, const struct shown_plan *s)
{
    definition_begin(&p->w);
    definition(&p->w, T(p, MSG_PLANS_NUMBER), str_of(s->id));
    definition_open(&p->w, T(p, MSG_REGISTER_STATE));
    chip(&p->w, state_kind(s->state), state_title_of(p, s->state));
    definition_close(&p->w);
    definition(&p->w, T(p, MSG_PLANS_FIRST_DAY), day_words(p, s->from_day));
    definition(&p->w, T(p, MSG_PLANS_MADE),
               page_text(p, "%.*s（%.*s）", STR_ARG(person_words(p, s->made_by)), STR_ARG(instant_words(p, s->made_us))));
    if (s->decided_us)
        definition(&p->w, T(p, MSG_PLANS_DECIDED),
                   page_text(p, "%.*s（%.*s）", STR_ARG(person_words(p, s->decided_by)),
                             STR_ARG(instant_words(p, s->decided_us))));
    definition_end(&p->w);
}

/* Names as they will be: who comes is known to nobody else yet. */
static struct str planned_person(struct page *p, const struct plan *plan, const char *id)
{
    const struct person *who = force_person(plan->after, id);

    return who ? str_of(who->name) : str_of(id);
}

static struct str unit_title(const struct page *p, const struct unit *u)
{
    return str_of(p->lang == MESSAGE_EN && *u->name_en ? u->name_en : u->name_ja);
}

/* Sections of the same name are in several stations. */
static struct str place_words(struct page *p, const struct unit *u)
{
    const struct unit *home = unit_up_to(u, "shozoku");

    return home && home != u ? page_text(p, "%.*s　%.*s", STR_ARG(unit_title(p, home)), STR_ARG(unit_title(p, u)))
                             : unit_title(p, u);
}

static struct str post_title(const struct page *p, const struct post *o)
{
    return str_of(p->lang == MESSAGE_EN && *o->name_en ? o->name_en : o->name_ja);
}

static struct str deed_words(struct page *p, const struct plan_row *row)
{
    static const enum message_key kinds[] = {MSG_PLANS_REGULAR, MSG_PLANS_CONCURRENT, MSG_PLANS_ACTING};
    struct str kind = T(p, kinds[row->kind]);

    if (row->deed == PLAN_LEAVE)
        return T(p, MSG_PLANS_LEAVES);
    return row->deed == PLAN_END ? TF(p, MSG_PLANS_ENDS, {"kind", kind}) : row->is_new ? TF(p, MSG_PLANS_COMES, {"kind", kind}) : kind;
}

static void show_rows(struct page *p, const struct plan *plan)
{
    const struct column columns[] = {{.heading = T(p, MSG_ACCOUNTS_PERSON), .is_row_heading = true},
                                     {.heading = T(p, MSG_PLANS_DEED)}, {.heading = T(p, MSG_PLANS_PLACE)},
                                     {.heading = T(p, MSG_PLANS_DAYS)}};
    struct table t;

    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_PLANS_ROWS));
    for (size_t i = 0; i < plan->n_rows; i++) {
        const struct plan_row *row = &plan->rows[i];
        struct str from = row->deed == PLAN_APPOINT ? day_words(p, row->from_day) : STR("");
        struct str to = row->to_day == FORCE_OPEN ? STR("") : day_words(p, row->to_day);

        row_begin(&p->w, &t);
        cell_text(&p->w, &t, page_text(p, "%s（%s）", row->person->name, row->person->id));
        cell_text(&p->w, &t, deed_words(p, row));
        cell_text(&p->w, &t, row->unit ? page_text(p, "%.*s　%.*s", STR_ARG(place_words(p, row->unit)), STR_ARG(post_title(p, row->post)))
                                       : STR(""));
        cell_text(&p->w, &t, page_text(p, "%.*s〜%.*s", STR_ARG(from), STR_ARG(to)));
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

/* ---- what has to be decided before ---- */

struct work {
    struct page *page;
    const struct plan *plan;
    struct task tasks[TASKS_MAX];
    size_t n;
};

static struct str role_words(struct page *p, const json_t *role)
{
    struct str unit = say_words(p, json_obj(role, "unit_name"));

    return unit.len ? page_text(p, "%.*s（%.*s）", STR_ARG(say_words(p, json_obj(role, "title"))), STR_ARG(unit))
                    : say_words(p, json_obj(role, "title"));
}

static struct str people_words(struct work *w, const json_t *ids)
{
    struct str all = STR("");

    for (size_t i = 0; i < json_array_size(ids); i++)
        all = page_text(w->page, "%.*s%s%.*s", STR_ARG(all), i ? "、" : "",
                        STR_ARG(planned_person(w->page, w->plan, json_string_value(json_array_get(ids, i)))));
    return all;
}

static void add_task(struct work *w, struct task t)
{
    if (w->n < TASKS_MAX)
        w->tasks[w->n++] = t;
}

static struct str by_day(struct page *p, const json_t *day)
{
    return TF(p, MSG_PLANS_BEFORE, {"day", when_words(p, day)});
}

static void add_role_tasks(struct work *w, const json_t *day, const char *list, enum message_key key, const char *people)
{
    const json_t *roles = json_arr(day, list);

    for (size_t i = 0; i < json_array_size(roles); i++) {
        const json_t *role = json_array_get(roles, i);
        const char *clause = json_string_value(json_array_get(json_arr(role, "clauses"), 0));
        struct str who = people_words(w, json_arr(role, people)), reg = say_words(w->page, json_obj(role, "reg_title"));

        add_task(w, (struct task){.what = TF(w->page, reg.len ? MSG_PLANS_VACANT_SEAT : key, {"role", role_words(w->page, role)},
                                             {"who", who}, {"register", reg}),
                                  .url = STR_NONE, .register_name = T(w->page, MSG_PLANS_OF_ROLES), .record = STR_NONE,
                                  .due = by_day(w->page, json_object_get(day, "day")),
                                  .clause = clause ? clause_words(w->page, clause) : STR_NONE,
                                  .clause_url = clause ? clause_url(w->page, clause) : STR_NONE});
    }
}

/* A record with its link; `key` says what is to be decided of it. */
static void add_record_task(struct work *w, const json_t *o, const json_t *day, struct str what)
{
    const char *id = json_str(o, "record"), *name = json_str(o, "name");
    const char *clause = json_string_value(json_array_get(json_arr(o, "clauses"), 0));

    add_task(w, (struct task){.what = what, .url = record_url(w->page, id, ""),
                              .register_name = say_words(w->page, json_obj(o, "reg_title")),
                              .record = strcmp(id, name) ? page_text(w->page, "%s %.*s", id,
                                                                     STR_ARG(name_words(w->page, engine_reg(w->page->worker->engine,
                                                                                                            json_str(o, "reg")), name)))
                                                         : str_of(id),
                              .due = by_day(w->page, day),
                              .clause = clause ? clause_words(w->page, clause) : STR_NONE,
                              .clause_url = clause ? clause_url(w->page, clause) : STR_NONE});
}

static void add_day_tasks(struct work *w, const json_t *day)
{
    const json_t *stuck = json_arr(day, "stuck"), *ends = json_arr(day, "ends");

    add_role_tasks(w, day, "vacant", MSG_PLANS_VACANT, "before");
    add_role_tasks(w, day, "second", MSG_PLANS_SECOND, "after");
    for (size_t i = 0; i < json_array_size(stuck); i++) {
        const json_t *o = json_array_get(stuck, i);

        add_record_task(w, o, json_object_get(day, "day"),
                        TF(w->page, MSG_PLANS_STUCK, {"step", say_words(w->page, json_obj(o, "title"))}));
    }
    for (size_t i = 0; i < json_array_size(ends); i++) {
        const json_t *o = json_array_get(ends, i);

        add_record_task(w, o, json_object_get(day, "day"),
                        TF(w->page, MSG_PLANS_CHECK, {"title", say_words(w->page, json_obj(o, "title"))}));
    }
}

static void add_naming_tasks(struct work *w, const json_t *records)
{
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *o = json_array_get(records, i);
        struct str who = planned_person(w->page, w->plan, json_str(o, "person"));
        struct str field = say_words(w->page, json_obj(o, "field_title")), state = say_words(w->page, json_obj(o, "state_title"));

        add_record_task(w, o, json_object_get(o, "day"),
                        TF(w->page, json_flag(o, "leaves") ? MSG_PLANS_NAMED_LEAVER : MSG_PLANS_NAMED_MOVER, {"who", who},
                           {"field", field}, {"state", state}));
    }
}

static void add_promotion_tasks(struct work *w)
{
    for (size_t i = 0; i < w->plan->n_promotions; i++) {
        const struct plan_promotion *m = &w->plan->promotions[i];

        add_task(w, (struct task){.what = TF(w->page, MSG_PLANS_PROMOTION, {"who", str_of(m->person->name)},
                                             {"from", str_of(m->person->rank->name_ja)}, {"to", str_of(m->rank->name_ja)}),
                                  .url = STR("/admin/force"), .register_name = T(w->page, MSG_IMPORT_TITLE), .record = STR_NONE,
                                  .due = m->day == FORCE_OPEN ? STR_NONE : TF(w->page, MSG_PLANS_ON, {"day", day_words(w->page, m->day)}),
                                  .clause = STR_NONE, .clause_url = STR_NONE});
    }
}

static int show_work(struct page *p, const struct plan *plan, const json_t *preview)
{
    struct work *w = arena_alloc(p->arena, sizeof(*w));
    const json_t *days = json_arr(preview, "days");

    if (!w)
        return -ENOMEM;
    w->page = p;
    w->plan = plan;
    w->n = 0;
    for (size_t i = 0; i < json_array_size(days); i++)
        add_day_tasks(w, json_array_get(days, i));
    add_naming_tasks(w, json_arr(preview, "records"));
    add_promotion_tasks(w);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_PLANS_DECIDE));
    html_element(&p->html, HTML_P, "tj-quiet", T(p, MSG_PLANS_DECIDE_TEXT));
    if (json_flag(preview, "more") || w->n == TASKS_MAX)
        notice(&p->w, NOTICE_WARNING, T(p, MSG_PLANS_MORE), STR_NONE);
    if (w->n)
        task_list(&p->w, w->tasks, w->n);
    else
        html_element(&p->html, HTML_P, NULL, T(p, MSG_PLANS_NOTHING));
    return 0;
}

/* ---- who loses and gains what ---- */

static struct str roles_words(struct page *p, const json_t *roles)
{
    struct str all = STR("");

    for (size_t i = 0; i < json_array_size(roles); i++)
        all = page_text(p, "%.*s%s%.*s", STR_ARG(all), i ? "、" : "", STR_ARG(role_words(p, json_array_get(roles, i))));
    return all;
}

static void show_changes(struct page *p, const struct plan *plan, const json_t *day)
{
    const struct column columns[] = {{.heading = T(p, MSG_ACCOUNTS_PERSON), .is_row_heading = true},
                                     {.heading = T(p, MSG_PLANS_LOST)}, {.heading = T(p, MSG_PLANS_GAINED)}};
    const json_t *changes = json_arr(day, "changes");
    struct str caption = TF(p, MSG_PLANS_CHANGES, {"day", when_words(p, json_object_get(day, "day"))});
    struct table t;

    html_element(&p->html, HTML_H2, NULL, caption);
    if (!json_array_size(changes)) {
        html_element(&p->html, HTML_P, NULL, T(p, MSG_PLANS_NO_CHANGES));
        return;
    }
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), caption);
    for (size_t i = 0; i < json_array_size(changes); i++) {
        const json_t *one = json_array_get(changes, i);

        row_begin(&p->w, &t);
        cell_text(&p->w, &t, planned_person(p, plan, json_str(one, "person")));
        cell_text(&p->w, &t, roles_words(p, json_arr(one, "lost")));
        cell_text(&p->w, &t, roles_words(p, json_arr(one, "gained")));
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

static int show_preview(struct page *p, const struct plan *plan)
{
    json_t *preview, *got;
    const json_t *days;
    int r = engine_preview(p->worker->engine, plan, p->session.person, p->now_us, &got);

    if (r)
        return r;
    if (!(preview = page_keep(p, got)))
        return -ENOMEM;
    if ((r = show_work(p, plan, preview)))
        return r;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_PLANS_ROWS));
    show_rows(p, plan);
    days = json_arr(preview, "days");
    for (size_t i = 0; i < json_array_size(days); i++)
        show_changes(p, plan, json_array_get(days, i));
    return 0;
}

/* ---- deciding ---- */

static void show_drop(struct page *p, struct str url)
{
    page_form_begin(p, url, false);
    field_hidden(&p->w, "op", STR("plan-drop"));
    button_submit(&p->w, BUTTON_DANGER, T(p, MSG_PLANS_DROP), STR_NONE, STR_NONE);
    form_end(&p->w);
}

static void show_adopt(struct page *p, const struct shown_plan *s, struct str url, enum message_key text)
{
    html_element(&p->html, HTML_P, NULL, T(p, text));
    page_form_begin(p, url, false);
    field_hidden(&p->w, "op", STR("plan-adopt"));
    field_hidden(&p->w, "digest", str_of(s->digest));
    field_hidden(&p->w, "seen", str_of(engine_setting(p->worker->engine, "generation")));
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_PLANS_ADOPT), STR_NONE, STR_NONE);
    form_end(&p->w);
}

static void show_decision(struct page *p, const struct shown_plan *s, bool is_sound)
{
    struct str url = plan_url(p, s->id);

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_PLANS_DECISION));
    if (!is_sound)
        html_element(&p->html, HTML_P, NULL, T(p, MSG_PLANS_UNSOUND));
    else if (!strcmp(s->made_by, p->session.person))
        html_element(&p->html, HTML_P, NULL, T(p, MSG_PLANS_OTHER));
    if (is_sound && strcmp(s->made_by, p->session.person) != 0)
        show_adopt(p, s, url, MSG_PLANS_ADOPT_TEXT);
    show_drop(p, url);
}

/* Faults that came with a change of the force since the plan was saved. */
static void show_new_faults(struct page *p, const struct diag *diag)
{
    notice(&p->w, NOTICE_ERROR, T(p, MSG_PLANS_FAULTY), STR_NONE);
    html_begin(&p->html, HTML_UL, "tj-problems");
    for (size_t i = 0; i < diag->n; i++) {
        const struct diag_entry *e = &diag->entries[i];

        html_element(&p->html, HTML_LI, NULL,
                     page_text(p, "%.*s %s",
                               STR_ARG(TF(p, MSG_IMPORT_PLACE_HEADING, {"line", page_text(p, "%u", e->line)},
                                          {"heading", str_of(e->heading ? e->heading : "")})),
                               diag_message(e, p->lang)));
    }
    html_close(&p->html, HTML_UL);
}

/* Who would see what of confidentiality 3. */
static void show_gain_rows(struct page *p, const json_t *gains)
{
    const struct column columns[] = {{.heading = T(p, MSG_ACCOUNTS_PERSON), .is_row_heading = true}, {.heading = T(p, MSG_REGISTERS_NAME)},
                                     {.heading = T(p, MSG_PLANS_GAINS_RECORDS), .is_number = true}};
    const json_t *one;
    struct table t;
    size_t i;

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_PLANS_GAINS));
    html_element(&p->html, HTML_P, NULL, T(p, MSG_PLANS_GAINS_TEXT));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_PLANS_GAINS));
    json_array_foreach (gains, i, one) {
        const struct reg *reg = engine_reg(p->worker->engine, json_str(one, "register"));

        row_begin(&p->w, &t);
        cell_text(&p->w, &t, page_text(p, "%s（%s）", json_str(one, "name"), json_str(one, "person")));
        cell_text(&p->w, &t, reg ? text2_words(p, reg->title) : str_of(json_str(one, "register")));
        cell_text(&p->w, &t, page_text(p, "%lld", (long long)json_int(one, "records")));
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

static int show_gains(struct page *p, struct force *after)
{
    json_t *gains = NULL;
    int r = engine_gains(p->worker->engine, after, p->now_us, &gains);

    if (r || !page_keep(p, gains))
        return r ? r : -ENOMEM;
    if (json_array_size(gains))
        show_gain_rows(p, gains);
    return 0;
}

static int show_draft(struct page *p, const struct shown_plan *s, const json_t *answer)
{
    CLEANUP(plan_freep) struct plan *plan = NULL;
    struct diag diag;
    bool is_save = answer && !strcmp(page_field(p, STR("op")), "plan-save");
    int r;

    diag_init(&diag);
    r = plan_read(engine_force(p->worker->engine), "plan.csv", str_of(s->body), day_of_instant(p->now_us), &plan, &diag);
    if (r == PLAN_E_INVALID) {
        show_new_faults(p, &diag);
        r = 0;
    }
    diag_done(&diag);
    if (!r && plan)
        r = show_preview(p, plan) ?: show_gains(p, plan->after);
    if (r)
        return r;
    show_decision(p, s, plan);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_PLANS_CHANGE));
    show_form(p, plan_url(p, s->id), is_save ? form_get(&p->form, STR("title")) : str_of(s->title),
              is_save ? form_get(&p->form, STR("body")) : str_of(s->body), is_save ? answer : NULL);
    return 0;
}

/* An import of the force that waits for a second person. */
static int show_held(struct page *p, const struct shown_plan *s)
{
    CLEANUP(force_unrefp) struct force *force = NULL;
    JSON_AUTO *problems = NULL;
    int r = force_of_held(str_of(s->body), &force, &problems);

    if (!r && force)
        r = show_gains(p, force);
    if (r)
        return r;
    show_decision(p, s, force != NULL);
    return 0;
}

/* ---- the administrator's right ---- */

static void show_right(struct page *p, const json_t *right, const char *person)
{
    const char *op = json_str(right, "op");
    unsigned rights;

    definition_begin(&p->w);
    definition(&p->w, T(p, MSG_PLANS_DEED),
               T(p, !strcmp(op, "account-add")      ? MSG_PLANS_RIGHT_ADD
                    : !strcmp(op, "account-reopen") ? MSG_PLANS_RIGHT_REOPEN
                                                    : MSG_PLANS_RIGHT_CHANGE));
    definition(&p->w, T(p, MSG_SIGN_IN_LOGIN), str_of(json_str(right, "login")));
    definition(&p->w, T(p, MSG_ACCOUNTS_PERSON), page_text(p, "%.*s（%s）", STR_ARG(person_words(p, person)), person));
    if (json_object_get(right, "rights") && !rights_parse(str_of(json_str(right, "rights")), &rights))
        definition(&p->w, T(p, MSG_ACCOUNTS_RIGHTS), rights_words(p, rights));
    definition_end(&p->w);
}

static void show_right_decision(struct page *p, const struct shown_plan *s, const char *person)
{
    bool is_maker = !strcmp(s->made_by, p->session.person), is_given = !strcmp(person, p->session.person);
    struct str url = plan_url(p, s->id);

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_PLANS_DECISION));
    if (is_maker || is_given)
        html_element(&p->html, HTML_P, NULL, T(p, is_maker ? MSG_PLANS_OTHER : MSG_PLANS_GIVEN));
    else
        show_adopt(p, s, url, MSG_PLANS_RIGHT_ADOPT_TEXT);
    show_drop(p, url);
}

/* Whose account would be, or was, an administrator's; also when that has been decided. */
static int show_held_right(struct page *p, const struct shown_plan *s)
{
    const char *person;
    struct account a;
    json_t *right = NULL;
    int r = account_of_held(str_of(s->body), &right);

    if (r || !page_keep(p, right))
        return r ? r : -ENOMEM;
    person = json_str(right, "person");
    if (!*person) {
        if ((r = account_get(p->worker->store, json_str(right, "login"), &a)) < 0)
            return r;
        person = r ? "" : arena_strdup(p->arena, str_of(a.person));
    }
    if (!person)
        return -ENOMEM;
    show_right(p, right, person);
    if (!strcmp(s->state, "draft"))
        show_right_decision(p, s, person);
    return 0;
}

/* What has been entered, and until its last day what has to be decided still. */
static int show_adopted(struct page *p, const struct shown_plan *s)
{
    CLEANUP(plan_freep) struct plan *plan = NULL;
    CLEANUP(force_unrefp) struct force *force = NULL;
    int r = force_load_store(p->worker->store, &force, NULL);

    if (!r)
        r = plan_of_adopted(force, str_of(s->body), day_of_instant(p->now_us), &plan);
    if (r)
        return r < 0 ? r : -EBADMSG;
    if (plan->n_days)
        return show_preview(p, plan);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_PLANS_ROWS));
    show_rows(p, plan);
    return 0;
}

static int write_plan(struct page *p, const json_t *answer)
{
    const char *id = page_param(p, STR("id"));
    struct shown_plan s = {0};
    int r = load(p, id, &s);

    if (r)
        return r > 0 ? page_not_found(p) : r;
    if (answer && !json_flag(answer, "ok"))
        p->resp->status = page_answer_status(answer);
    page_crumb(p, T(p, MSG_PLANS_TITLE), STR("/admin/plans"));
    page_crumb(p, str_of(s.title), STR_NONE);
    page_begin(p, str_of(s.title), NAV_PLANS);
    if (answer && !json_flag(answer, "ok"))
        page_answer_notice(p, answer);
    show_head(p, &s);
    if (force_is_held(str_of(s.body)))
        r = !strcmp(s.state, "draft") ? show_held(p, &s) : 0;
    else if (account_is_held(str_of(s.body)))
        r = show_held_right(p, &s);
    else
        r = !strcmp(s.state, "draft") ? show_draft(p, &s, answer) : !strcmp(s.state, "adopted") ? show_adopted(p, &s) : 0;
    return r ? r : page_end(p);
}

int plan_page(struct page *p)
{
    int r;

    return page_allows(p, RIGHT_ADMINISTRATOR, &r) ? write_plan(p, NULL) : r;
}

int plan_act(struct page *p)
{
    const char *op = page_field(p, STR("op")), *id = page_param(p, STR("id"));
    json_t *message, *answer;
    int r;

    if (!page_allows(p, RIGHT_ADMINISTRATOR, &r) || (r = plan_take_file(p, &answer)))
        return r;
    if (answer)
        return write_plan(p, answer);
    if (!strcmp(op, "plan-adopt"))
        message = json_pack("{s:s, s:s, s:s, s:s}", "op", op, "plan", id, "digest", page_field(p, STR("digest")), "seen",
                            page_field(p, STR("seen")));
    else if (!strcmp(op, "plan-drop"))
        message = json_pack("{s:s, s:s}", "op", op, "plan", id);
    else
        message = save_message(p, id);
    if (!(answer = page_ask(p, message)))
        return -ENOMEM;
    if (json_flag(answer, "ok"))
        return page_go(p, plan_url(p, id));
    if ((r = engine_refresh(p->worker->engine, NULL)))
        return store_errno(r);
    return write_plan(p, answer);
}
