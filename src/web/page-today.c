/* 本日の仕事: what waits for this person, what is due, and what he was told. */
#include "web/notice-item.h"
#include "web/pages.h"
#include "web/step-form.h"
#include "web/words.h"

#include "engine/second.h"

#include <errno.h>

#define TASKS_MAX 500 /* shown of each kind */
#define NOTICES_MAX 10 /* shown here; all of them have a page of their own */

static const struct reg *reg_of(struct page *p, const json_t *one)
{
    return engine_reg(p->worker->engine, json_str(one, "reg"));
}

static struct str record_words(struct page *p, const json_t *one)
{
    const char *id = json_str(one, "record"), *name = json_str(one, "name");

    return *name && strcmp(id, name) != 0 ? page_text(p, "%s　%.*s", id, STR_ARG(name_words(p, reg_of(p, one), name))) : str_of(id);
}

static const struct step *step_of(const struct reg *reg, const char *act)
{
    return reg && *act ? procedure_step(reg->procedure, act, 0) : NULL;
}

static void first_clause(struct page *p, const struct clause_list *list, struct task *t)
{
    if (!list->n)
        return;
    t->clause = clause_words(p, list->at[0]->id);
    t->clause_url = clause_url(p, list->at[0]->id);
}

/* ---- waiting ---- */

static struct task waiting_task(struct page *p, const json_t *one)
{
    const struct reg *reg = reg_of(p, one);
    const struct step *step = step_of(reg, json_str(one, "step"));
    const char *record = json_str(one, "record");
    struct task t = {.what = say_words(p, json_object_get(one, "title")), .record = record_words(p, one)};

    if (!t.what.len && step)
        t.what = text2_words(p, step->title);
    t.url = record_url(p, record, "");
    t.register_name = reg ? text2_words(p, reg->title) : STR("");
    if (step)
        first_clause(p, &step->clauses, &t);
    t.due = TF(p, MSG_TODAY_SINCE, {"time", when_words(p, json_object_get(one, "since"))});
    return t;
}

/* ---- due ---- */

/* The last day on which it is in time: what is due at midnight is due on the day before. 1: no time at all. */
static int due_day(const json_t *due, int32_t *ret)
{
    struct str text = str_of(json_is_string(due) ? json_string_value(due) : "");
    uint64_t us = json_is_integer(due) ? (uint64_t)json_integer_value(due) : 0;

    if (!day_parse_iso(text, ret))
        return 0;
    if (!us && instant_parse(text, &us))
        return 1;
    *ret = day_of_instant(us ? us - 1 : 0);
    return 0;
}

struct str due_words(struct page *p, const json_t *one)
{
    const json_t *due = json_object_get(one, "due");
    int32_t day, today = day_of_instant(p->now_us);

    if (due_day(due, &day))
        return when_words(p, due);
    if (day < today)
        return TF(p, MSG_DUE_OVERDUE, {"days", page_text(p, "%d", today - day)});
    if (day == today)
        return json_flag(one, "overdue") ? when_words(p, due) : T(p, MSG_DUE_TODAY);
    return page_text(p, "%.*s（%.*s）", STR_ARG(TF(p, MSG_DUE_IN_DAYS, {"days", page_text(p, "%d", day - today)})),
                     STR_ARG(day_words(p, day)));
}

/* What the new record begins with stands in the address. */
static struct str begin_query(struct page *p, const json_t *one)
{
    struct str query = STR("");
    const char *field;
    json_t *v;

    json_object_foreach(json_obj(one, "begin"), field, v) {
        if (json_is_string(v))
            query = page_text(p, "%.*s%s%s=%.*s", STR_ARG(query), query.len ? "&" : "?", field,
                              STR_ARG(page_encoded(p, str_of(json_string_value(v)))));
    }
    return query;
}

struct str due_url(struct page *p, const json_t *one)
{
    const char *todo = json_str(one, "do"), *record = json_str(one, "record");
    struct str url = *todo ? todo_url(p, todo, record) : STR_NONE;

    if (json_object_size(json_obj(one, "begin")) && url.at)
        return page_text(p, "%.*s%.*s", (int)strcspn(url.at, "?"), url.at, STR_ARG(begin_query(p, one)));
    return url.at ? url : record_url(p, record, "");
}

static struct task due_task(struct page *p, const json_t *one)
{
    const struct reg *reg = reg_of(p, one);
    struct task t = {.what = say_words(p, json_object_get(one, "title")), .record = record_words(p, one)};

    t.url = due_url(p, one);
    t.register_name = reg ? text2_words(p, reg->title) : STR("");
    t.is_overdue = json_flag(one, "overdue");
    t.due = due_words(p, one);
    for (size_t i = 0; reg && i < reg->procedure->n_obligations; i++)
        if (!strcmp(reg->procedure->obligations[i].id, json_str(one, "obligation")))
            first_clause(p, &reg->procedure->obligations[i].clauses, &t);
    return t;
}

static int show_tasks(struct page *p, enum message_key heading, enum message_key none, const json_t *list,
                      struct task (*task_of)(struct page *, const json_t *))
{
    size_t n = MIN_OF(json_array_size(list), (size_t)TASKS_MAX);
    struct task *tasks = arena_alloc_n(p->arena, n + 1, sizeof(*tasks));

    if (!tasks)
        return -ENOMEM;
    html_open(&p->html, HTML_SECTION);
    html_begin(&p->html, HTML_H2, NULL);
    html_text(&p->html, T(p, heading));
    if (n) {
        html_text(&p->html, STR(" "));
        html_element(&p->html, HTML_SPAN, "tj-count", page_text(p, "%zu", n));
    }
    html_close(&p->html, HTML_H2);
    for (size_t i = 0; i < n; i++)
        tasks[i] = task_of(p, json_array_get(list, i));
    if (n)
        task_list(&p->w, tasks, n);
    else
        html_element(&p->html, HTML_P, "tj-empty", T(p, none));
    html_close(&p->html, HTML_SECTION);
    return 0;
}

/* ---- what has been kept long enough ---- */

/* The steps that make a record by which others are disposed of. */
static void show_disposing(struct page *p)
{
    const struct pack *packs[64];
    size_t n = MIN_OF(engine_packs(p->worker->engine, packs, ARRAY_LEN(packs)), ARRAY_LEN(packs));

    html_begin(&p->html, HTML_DIV, "tj-actions");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < packs[i]->n_procedures; k++)
            for (size_t m = 0; m < packs[i]->procedures[k].n_steps; m++) {
                const struct step *st = &packs[i]->procedures[k].steps[m];

                if (st->makes_record && step_over_field(st))
                    button_link(&p->w, BUTTON_OUTLINE, text2_words(p, st->title),
                                page_text(p, "/registers/%s/new/%s", st->procedure->reg->id, st->act));
            }
    html_close(&p->html, HTML_DIV);
}

static void show_over(struct page *p, const json_t *list)
{
    if (!json_array_size(list))
        return;
    html_open(&p->html, HTML_SECTION);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_TODAY_OVER));
    html_open(&p->html, HTML_UL);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);

        html_open(&p->html, HTML_LI);
        link_show(p, TF(p, MSG_TODAY_OVER_COUNT, {"register", say_words(p, json_object_get(one, "title"))},
                        {"count", page_text(p, "%lld", (long long)json_int(one, "n"))}),
                  page_text(p, "%.*s?state=%s&sort=id&page=1", STR_ARG(register_url(p, json_str(one, "reg"))), LIST_OVER));
        html_close(&p->html, HTML_LI);
    }
    html_close(&p->html, HTML_UL);
    show_disposing(p);
    html_close(&p->html, HTML_SECTION);
}

/* ---- notices ---- */

/* Up to `max` of those that are urgent, or of those that are not, in the order given. */
static size_t show_some(struct page *p, const json_t *list, bool urgent, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(list) && n < max; i++) {
        if (json_flag(json_array_get(list, i), "urgent") != urgent)
            continue;
        notice_item(p, json_array_get(list, i), STR("/"));
        n++;
    }
    return n;
}

static void show_notices(struct page *p, const json_t *list)
{
    size_t n;

    html_open(&p->html, HTML_SECTION);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_TODAY_NOTICES));
    if (!json_array_size(list))
        html_element(&p->html, HTML_P, "tj-empty", T(p, MSG_TODAY_NO_NOTICES));
    html_begin(&p->html, HTML_UL, "tj-told-list");
    n = show_some(p, list, true, NOTICES_MAX);
    show_some(p, list, false, NOTICES_MAX - n);
    html_close(&p->html, HTML_UL);
    if (json_array_size(list)) {
        html_open(&p->html, HTML_P);
        link_show(p, json_array_size(list) > NOTICES_MAX
                         ? TF(p, MSG_TODAY_MORE_NOTICES, {"count", page_text(p, "%lld", (long long)p->n_unread)})
                         : T(p, MSG_TODAY_ALL_NOTICES),
                  STR("/notices"));
        html_close(&p->html, HTML_P);
    }
    html_close(&p->html, HTML_SECTION);
}

/* ---- roles ---- */

static void show_roles(struct page *p)
{
    json_t *roles = NULL;

    if (engine_roles(p->worker->engine, p->session.person, p->now_us, &roles) || !page_keep(p, roles) ||
        !json_array_size(roles))
        return;
    html_begin(&p->html, HTML_P, "tj-roles");
    html_element(&p->html, HTML_SPAN, "tj-roles__word", T(p, MSG_TODAY_ROLES));
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const json_t *one = json_array_get(roles, i);
        const char *unit = json_str(one, "unit");
        struct str title = say_words(p, json_object_get(one, "title"));

        html_text(&p->html, STR(" "));
        chip(&p->w, CHIP_NEUTRAL,
             *unit ? page_text(p, "%.*s（%.*s）", STR_ARG(title), STR_ARG(unit_words(p, unit))) : title);
    }
    html_close(&p->html, HTML_P);
}

/* Nothing can be done before a directive is in force; who can change that is led there. */
static void show_beginning(struct page *p)
{
    const struct pack *packs[1];

    if (engine_packs(p->worker->engine, packs, ARRAY_LEN(packs)))
        return;
    notice(&p->w, NOTICE_INFO, T(p, MSG_REGISTERS_NO_PACK), T(p, MSG_REGISTERS_NO_PACK_TEXT));
    if (!(p->session.rights & RIGHT_ADMINISTRATOR))
        return;
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_link(&p->w, BUTTON_SOLID, T(p, MSG_PACKS_TITLE), STR("/admin/packs"));
    button_link(&p->w, BUTTON_OUTLINE, T(p, MSG_IMPORT_TITLE), STR("/admin/force"));
    html_close(&p->html, HTML_DIV);
}

/* Who looks after mail is told when it does not go. */
static void show_mail_trouble(struct page *p)
{
    int64_t n = 0;

    if (!(p->session.rights & RIGHT_ADMINISTRATOR) || mail_trouble_count(p, &n) || !n)
        return;
    notice(&p->w, NOTICE_WARNING, T(p, MSG_TODAY_MAIL_TROUBLE),
           TF(p, MSG_TODAY_MAIL_TROUBLE_TEXT, {"count", page_text(p, "%lld", (long long)n)}));
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_link(&p->w, BUTTON_OUTLINE, T(p, MSG_MAIL_TITLE), STR("/admin/mail"));
    html_close(&p->html, HTML_DIV);
}

/* What another administrator began, with its number: nobody else is told of it. */
static int show_second(struct page *p)
{
    struct account_actor self = {p->session.person, p->session.rights};
    struct second_wanted n;
    int r = second_wanted(p->worker->store, self, p->session.login, clock_real_us(), &n);
    const struct {
        size_t n;
        enum message_key key;
        struct str url;
    } kinds[] = {{n.codes, MSG_TODAY_SECOND_CODES, STR("/admin/accounts")},
                 {n.takeovers, MSG_TODAY_SECOND_TAKEOVERS, STR("/admin/takeover")},
                 {n.plans, MSG_TODAY_SECOND_PLANS, STR("/admin/plans")},
                 {n.packs, MSG_TODAY_SECOND_PACKS, STR("/admin/packs")}};

    if (r || !(n.codes + n.takeovers + n.plans + n.packs))
        return r;
    html_open(&p->html, HTML_SECTION);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_TODAY_SECOND));
    html_open(&p->html, HTML_UL);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!kinds[i].n)
            continue;
        html_open(&p->html, HTML_LI);
        link_show(p, TF(p, kinds[i].key, {"count", page_text(p, "%zu", kinds[i].n)}), kinds[i].url);
        html_close(&p->html, HTML_LI);
    }
    html_close(&p->html, HTML_UL);
    html_close(&p->html, HTML_SECTION);
    return 0;
}

int today_page(struct page *p)
{
    json_t *today = NULL;
    int r = engine_today(p->worker->engine, p->session.person, p->now_us, &today);

    if (r || !page_keep(p, today))
        return r < 0 ? r : -ENOMEM;
    page_begin(p, T(p, MSG_TODAY_TITLE), NAV_TODAY);
    html_element(&p->html, HTML_P, "tj-quiet", day_words(p, day_of_instant(p->now_us)));
    show_roles(p);
    show_beginning(p);
    show_mail_trouble(p);
    if ((r = show_second(p)) || (r = show_tasks(p, MSG_TODAY_DUE, MSG_TODAY_NO_DUE, json_arr(today, "due"), due_task)) ||
        (r = show_tasks(p, MSG_TODAY_WAITING, MSG_TODAY_NO_WAITING, json_arr(today, "waiting"), waiting_task)))
        return r;
    show_over(p, json_arr(today, "over"));
    if (json_flag(today, "more"))
        notice(&p->w, NOTICE_INFO, T(p, MSG_TODAY_MORE), T(p, MSG_TODAY_MORE_TEXT));
    show_notices(p, json_arr(today, "notices"));
    return page_end(p);
}
