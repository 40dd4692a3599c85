/* 本日の仕事: what waits for this person, what is due, and what he was told. */
#include "web/notice-item.h"
#include "web/pages.h"
#include "web/step-form.h"
#include "web/words.h"

#include "engine/second.h"

#include <errno.h>

#define TASKS_MAX 500  /* shown of each kind */
#define SOON_DAYS 90   /* what is due later is folded away */
#define NOTICES_MAX 10 /* shown here; all of them have a page of their own */

static const struct reg *reg_of(struct page *p, const json_t *one)
{
    return engine_reg(p->worker->engine, json_str(one, "reg"));
}

static struct str record_words(struct page *p, const json_t *today, const json_t *one)
{
    const char *id = json_str(one, "record"), *name = json_str(one, "name");

    return *name && strcmp(id, name) != 0 ? page_text(p, "%s　%.*s", id, STR_ARG(called_words(p, reg_of(p, one), today, name))) : str_of(id);
}

static const struct step *step_of(const struct reg *reg, const char *act)
{
    return reg && *act ? procedure_step(reg->procedure, act, 0) : NULL;
}

/* What officers know it by: its unit, and the names of what it names. */
static struct str about_words(struct page *p, const struct reg *reg, const json_t *today,
                              const json_t *one)
{
    struct str words = unit_words(p, json_str(one, "of_unit"));
    const json_t *about = json_obj(one, "about");

    for (size_t i = 0; reg && i < reg->n_fields; i++) {
        const char *id = json_str(about, reg->fields[i].id);
        struct str name = *id ? named_words(p, today, id) : STR_NONE;

        if (name.at)
            words = page_text(p, "%.*s%s%.*s %.*s", STR_ARG(words), words.len ? "　" : "",
                              STR_ARG(text2_words(p, reg->fields[i].title)), STR_ARG(name));
    }
    return words.len ? words : STR_NONE;
}

static void first_clause(struct page *p, const struct clause_list *list, struct task *t)
{
    if (!list->n)
        return;
    t->clause = clause_words(p, list->at[0]->id);
    t->clause_url = clause_url(p, list->at[0]->id);
}

/* What all rows of one record have in common. */
static struct task task_of_record(struct page *p, const json_t *today, const json_t *one)
{
    const struct reg *reg = reg_of(p, one);

    return (struct task){.record = record_words(p, today, one),
                         .record_url = record_url(p, json_str(one, "record"), ""),
                         .register_name = reg ? text2_words(p, reg->title) : STR(""),
                         .about = about_words(p, reg, today, one),
                         .is_urgent = json_flag(one, "urgent")};
}

/* ---- waiting ---- */

static struct task_link step_link(struct page *p, const json_t *one)
{
    const struct step *step = step_of(reg_of(p, one), json_str(one, "step"));
    struct task_link link = {.what = say_words(p, json_object_get(one, "title"))};

    if (!link.what.len && step)
        link.what = text2_words(p, step->title);
    link.url = todo_url(p, page_text(p, "%s/%s", json_str(one, "reg"), json_str(one, "step")).at,
                        json_str(one, "record"));
    return link;
}

/* The rows from the first one on that are of its record: one task. */
static size_t waiting_task(struct page *p, const json_t *today, const json_t *list, size_t first,
                           struct task *ret)
{
    const json_t *one = json_array_get(list, first);
    const struct step *step = step_of(reg_of(p, one), json_str(one, "step"));
    struct task_link *links;
    size_t n = 1;

    while (!strcmp(json_str(json_array_get(list, first + n), "record"), json_str(one, "record")))
        n++;
    *ret = task_of_record(p, today, one);
    links = arena_alloc_n(p->arena, n, sizeof(*links));
    for (size_t i = 0; links && i < n; i++)
        links[i] = step_link(p, json_array_get(list, first + i));
    ret->links = links;
    ret->n_links = links ? n : 0;
    if (step)
        first_clause(p, &step->clauses, ret);
    ret->due = TF(p, MSG_TODAY_SINCE, {"time", when_words(p, json_object_get(one, "since"))});
    return n;
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

bool due_is_soon(struct page *p, const json_t *one)
{
    int32_t day;

    return json_flag(one, "urgent") || due_day(json_object_get(one, "due"), &day) ||
           day <= day_of_instant(p->now_us) + SOON_DAYS;
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
    return page_text(p, "%.*s（%.*s）",
                     STR_ARG(TF(p, MSG_DUE_IN_DAYS, {"days", page_text(p, "%d", day - today)})),
                     STR_ARG(day_words(p, day)));
}

struct str due_url(struct page *p, const json_t *one)
{
    const char *todo = json_str(one, "do"), *record = json_str(one, "record");
    struct str url = *todo ? todo_url(p, todo, record) : STR_NONE;

    return url.at ? url : record_url(p, record, "");
}

/* What is due leads to what is to be done; where there are two ways, each does by its step's own name. */
static void due_links(struct page *p, const json_t *one, struct task_link links[2],
                      struct task *ret)
{
    struct str title = say_words(p, json_object_get(one, "title"));
    const char *other = json_str(one, "or");
    struct str url = *other ? todo_url(p, other, json_str(one, "record")) : STR_NONE;

    links[0] = (struct task_link){title, due_url(p, one)};
    ret->links = links;
    ret->n_links = 1;
    if (!url.at)
        return;
    ret->what = title;
    links[0].what = todo_words(p, json_str(one, "do"));
    links[1] = (struct task_link){todo_words(p, other), url};
    ret->n_links = 2;
}

static size_t due_task(struct page *p, const json_t *today, const json_t *list, size_t first,
                       struct task *ret)
{
    const json_t *one = json_array_get(list, first);
    const struct reg *reg = reg_of(p, one);
    struct task_link *links = arena_alloc_n(p->arena, 2, sizeof(*links));

    *ret = task_of_record(p, today, one);
    if (links)
        due_links(p, one, links, ret);
    ret->is_overdue = json_flag(one, "overdue");
    ret->due = due_words(p, one);
    for (size_t i = 0; reg && i < reg->procedure->n_obligations; i++)
        if (!strcmp(reg->procedure->obligations[i].id, json_str(one, "obligation")))
            first_clause(p, &reg->procedure->obligations[i].clauses, ret);
    return 1;
}

/* How many of what is due, which stands in the order of its days behind what is urgent, are due soon. */
static size_t due_soon(struct page *p, const json_t *list)
{
    size_t n = json_array_size(list);

    while (n && !due_is_soon(p, json_array_get(list, n - 1)))
        n--;
    return n;
}

/* ---- tasks ---- */

typedef size_t task_fn(struct page *p, const json_t *today, const json_t *list, size_t first,
                       struct task *ret);

/* The tasks of rows [first, end). Each row makes one at most. */
static struct task *tasks_of(struct page *p, const json_t *today, const json_t *list, size_t first,
                             size_t end, task_fn *task_of, size_t *ret_n)
{
    struct task *tasks = arena_alloc_n(p->arena, end - first + 1, sizeof(*tasks));

    *ret_n = 0;
    while (tasks && first < end)
        first += task_of(p, today, list, first, &tasks[(*ret_n)++]);
    return tasks;
}

static void tasks_heading(struct page *p, enum message_key heading, size_t n)
{
    html_begin(&p->html, HTML_H2, NULL);
    html_text(&p->html, T(p, heading));
    if (n) {
        html_text(&p->html, STR(" "));
        html_element(&p->html, HTML_SPAN, "tj-count", page_text(p, "%zu", n));
    }
    html_close(&p->html, HTML_H2);
}

static int show_due(struct page *p, const json_t *today, const json_t *list)
{
    size_t soon = due_soon(p, list), n, n_later;
    struct task *tasks = tasks_of(p, today, list, 0, soon, due_task, &n);
    struct task *later = tasks_of(p, today, list, soon, json_array_size(list), due_task, &n_later);

    if (!tasks || !later)
        return -ENOMEM;
    html_open(&p->html, HTML_SECTION);
    tasks_heading(p, MSG_TODAY_DUE, n);
    if (n)
        task_list(&p->w, tasks, MIN_OF(n, (size_t)TASKS_MAX));
    else
        html_element(&p->html, HTML_P, "tj-empty", T(p, MSG_TODAY_NO_DUE));
    if (n_later) {
        html_begin(&p->html, HTML_DETAILS, "tj-narrow");
        html_element(&p->html, HTML_SUMMARY, NULL,
                     TF(p, MSG_TODAY_LATER, {"days", page_text(p, "%d", SOON_DAYS)},
                        {"count", page_text(p, "%zu", n_later)}));
        task_list(&p->w, later, MIN_OF(n_later, (size_t)TASKS_MAX));
        html_close(&p->html, HTML_DETAILS);
    }
    html_close(&p->html, HTML_SECTION);
    return 0;
}

static int show_waiting(struct page *p, const json_t *today, const json_t *list)
{
    size_t n;
    struct task *tasks = tasks_of(p, today, list, 0, json_array_size(list), waiting_task, &n);

    if (!tasks)
        return -ENOMEM;
    html_open(&p->html, HTML_SECTION);
    tasks_heading(p, MSG_TODAY_WAITING, n);
    if (n)
        task_list(&p->w, tasks, MIN_OF(n, (size_t)TASKS_MAX));
    else
        html_element(&p->html, HTML_P, "tj-empty", T(p, MSG_TODAY_NO_WAITING));
    html_close(&p->html, HTML_SECTION);
    return 0;
}

/* ---- what has been kept long enough ---- */

/* What the person may do of the steps by which records of a register begin; *judged is asked once. */
static int judge_begins(struct page *p, const struct procedure *procedure, json_t **judged)
{
    int r;

    if (*judged)
        return 0;
    r = engine_steps(p->worker->engine, p->session.person, procedure->reg->id, "", p->now_us, judged);
    if (r || !(*judged = page_keep(p, *judged)))
        return r < 0 ? r : r ? 0 : -ENOMEM;
    return 0;
}

static int show_disposing_of(struct page *p, const struct procedure *procedure)
{
    json_t *judged = NULL;

    for (size_t i = 0; i < procedure->n_steps; i++) {
        const struct step *st = &procedure->steps[i];
        int r;

        if (!st->makes_record || !step_over_field(st) || procedure_step(procedure, st->act, 0) != st)
            continue;
        if ((r = judge_begins(p, procedure, &judged)))
            return r;
        if (step_may_begin(judged, st->act))
            button_link(&p->w, BUTTON_OUTLINE, text2_words(p, st->title),
                        page_text(p, "/registers/%s/new/%s", procedure->reg->id, st->act));
    }
    return 0;
}

/* The steps that make a record by which others are disposed of, as far as they are the person's: who decides proposes nothing. */
static int show_disposing(struct page *p)
{
    const struct pack *packs[64];
    size_t n = MIN_OF(engine_packs(p->worker->engine, packs, ARRAY_LEN(packs)), ARRAY_LEN(packs));
    int r = 0;

    html_begin(&p->html, HTML_DIV, "tj-actions");
    for (size_t i = 0; !r && i < n; i++)
        for (size_t k = 0; !r && k < packs[i]->n_procedures; k++)
            r = show_disposing_of(p, &packs[i]->procedures[k]);
    html_close(&p->html, HTML_DIV);
    return r;
}

static int show_over(struct page *p, const json_t *list)
{
    int r;

    if (!json_array_size(list))
        return 0;
    html_open(&p->html, HTML_SECTION);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_TODAY_OVER));
    html_open(&p->html, HTML_UL);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);

        html_open(&p->html, HTML_LI);
        link_show(p,
                  TF(p, MSG_TODAY_OVER_COUNT,
                     {"register", say_words(p, json_object_get(one, "title"))},
                     {"count", page_text(p, "%lld", (long long)json_int(one, "n"))}),
                  page_text(p, "%.*s?state=%s&sort=id&page=1",
                            STR_ARG(register_url(p, json_str(one, "reg"))), LIST_OVER));
        html_close(&p->html, HTML_LI);
    }
    html_close(&p->html, HTML_UL);
    r = show_disposing(p);
    html_close(&p->html, HTML_SECTION);
    return r;
}

/* ---- notices ---- */

/* Before everything else: what has to be done at once; what is known to him already, or done, is not in its way. */
static bool is_pressing(const json_t *one)
{
    return json_flag(one, "urgent") && !json_flag(one, "read") && !json_flag(one, "done");
}

/* Up to `max` of those that press, or of the others, in the order given. */
static void show_some(struct page *p, const json_t *list, bool pressing, size_t max)
{
    size_t n = 0;

    html_begin(&p->html, HTML_UL, "tj-told-list");
    for (size_t i = 0; i < json_array_size(list) && n < max; i++) {
        if (is_pressing(json_array_get(list, i)) != pressing)
            continue;
        notice_item(p, json_array_get(list, i), STR("/"));
        n++;
    }
    html_close(&p->html, HTML_UL);
}

static void show_pressing(struct page *p, const json_t *list)
{
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(list); i++)
        n += is_pressing(json_array_get(list, i));
    if (!n)
        return;
    html_open(&p->html, HTML_SECTION);
    tasks_heading(p, MSG_TODAY_PRESSING, n);
    show_some(p, list, true, NOTICES_MAX);
    html_close(&p->html, HTML_SECTION);
}

static void show_notices(struct page *p, const json_t *list)
{
    html_open(&p->html, HTML_SECTION);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_TODAY_NOTICES));
    if (!json_array_size(list))
        html_element(&p->html, HTML_P, "tj-empty", T(p, MSG_TODAY_NO_NOTICES));
    show_some(p, list, false, NOTICES_MAX);
    if (json_array_size(list)) {
        html_open(&p->html, HTML_P);
        link_show(p,
                  json_array_size(list) > NOTICES_MAX
                      ? TF(p, MSG_TODAY_MORE_NOTICES,
                           {"count", page_text(p, "%lld", (long long)p->n_unread)})
                      : T(p, MSG_TODAY_ALL_NOTICES),
                  STR("/notices"));
        html_close(&p->html, HTML_P);
    }
    html_close(&p->html, HTML_SECTION);
}

/* ---- what cannot wait for its place in a register ---- */

/* Whatever is filled in, somebody is told at once. */
static bool tells_urgently(const struct step *st)
{
    for (size_t i = 0; i < st->n_effects; i++)
        if (st->effects[i].kind == EFFECT_TELL && st->effects[i].urgent && !st->effects[i].only_if)
            return true;
    return false;
}

/* What it is for: the first thing of which it asks to choose one. */
static struct str kinds_words(struct page *p, const struct step *st)
{
    const char *mark = p->lang == MESSAGE_EN ? ", " : "、";
    struct str words = STR("");
    size_t i = 0;

    while (i < st->n_asks && st->asks[i]->type != FIELD_CHOICE)
        i++;
    for (size_t k = 0; i < st->n_asks && k < st->asks[i]->n_choices; k++)
        words = page_text(p, "%.*s%s%.*s", STR_ARG(words), k ? mark : "",
                          STR_ARG(text2_words(p, st->asks[i]->choices[k].title)));
    return words;
}

static void show_report(struct page *p, const struct step *st, size_t *n)
{
    struct str kinds = kinds_words(p, st);

    if (!(*n)++) {
        html_begin(&p->html, HTML_SECTION, "tj-reports");
        html_element(&p->html, HTML_H2, NULL, T(p, MSG_TODAY_REPORTS));
        html_begin(&p->html, HTML_UL, NULL);
    }
    html_open(&p->html, HTML_LI);
    button_link(&p->w, BUTTON_OUTLINE, text2_words(p, st->title),
                page_text(p, "/registers/%s/new/%s", st->procedure->reg->id, st->act));
    if (kinds.len)
        html_element(&p->html, HTML_SPAN, "tj-quiet", kinds);
    html_close(&p->html, HTML_LI);
}

/* Of one procedure, those that begin a record and that the person may do. */
static int show_reports_of(struct page *p, const struct procedure *procedure, size_t *n)
{
    json_t *judged = NULL;

    for (size_t i = 0; i < procedure->n_steps; i++) {
        const struct step *st = &procedure->steps[i];
        int r;

        if (!st->makes_record || !tells_urgently(st) || procedure_step(procedure, st->act, 0) != st)
            continue;
        if ((r = judge_begins(p, procedure, &judged)))
            return r;
        if (step_may_begin(judged, st->act))
            show_report(p, st, n);
    }
    return 0;
}

static int show_reports(struct page *p)
{
    const struct pack *packs[64];
    size_t n_packs =
               MIN_OF(engine_packs(p->worker->engine, packs, ARRAY_LEN(packs)), ARRAY_LEN(packs)),
           n = 0;
    int r = 0;

    for (size_t i = 0; !r && i < n_packs; i++)
        for (size_t k = 0; !r && k < packs[i]->n_procedures; k++)
            r = show_reports_of(p, &packs[i]->procedures[k], &n);
    if (n) {
        html_close(&p->html, HTML_UL);
        html_close(&p->html, HTML_SECTION);
    }
    return r;
}

/* ---- roles ---- */

static void show_roles(struct page *p)
{
    json_t *roles = NULL;

    if (engine_roles(p->worker->engine, p->session.person, p->now_us, &roles) ||
        !page_keep(p, roles) || !json_array_size(roles))
        return;
    html_begin(&p->html, HTML_P, "tj-roles");
    html_element(&p->html, HTML_SPAN, "tj-roles__word", T(p, MSG_TODAY_ROLES));
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const json_t *one = json_array_get(roles, i);
        const char *unit = json_str(one, "unit");
        struct str title = say_words(p, json_object_get(one, "title"));

        html_text(&p->html, STR(" "));
        chip(&p->w, CHIP_NEUTRAL,
             *unit ? page_text(p, "%.*s（%.*s）", STR_ARG(title), STR_ARG(unit_words(p, unit)))
                   : title);
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
    int r = second_wanted(p->worker->store, self, p->session.login, clock_real_us(), p->now_us, &n);
    const struct {
        size_t n;
        enum message_key key;
        struct str url;
    } kinds[] = {{n.codes, MSG_TODAY_SECOND_CODES, STR("/admin/accounts")},
                 {n.takeovers, MSG_TODAY_SECOND_TAKEOVERS, STR("/admin/takeover")},
                 {n.plans, MSG_TODAY_SECOND_PLANS, STR("/admin/plans")},
                 {n.packs, MSG_TODAY_SECOND_PACKS, STR("/admin/packs")},
                 {n.copies, MSG_TODAY_SECOND_COPIES, STR("/admin/whole-copies")},
                 {n.restored, MSG_TODAY_SECOND_RESTORED, STR("/admin/restored")}};

    if (r || !(n.codes + n.takeovers + n.plans + n.packs + n.copies + n.restored))
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
    if ((r = show_reports(p)))
        return r;
    show_roles(p);
    show_beginning(p);
    show_mail_trouble(p);
    show_pressing(p, json_arr(today, "notices"));
    if ((r = show_second(p)) || (r = show_due(p, today, json_arr(today, "due"))) ||
        (r = show_waiting(p, today, json_arr(today, "waiting"))) || (r = show_over(p, json_arr(today, "over"))))
        return r;
    if (json_flag(today, "more"))
        notice(&p->w, NOTICE_INFO, T(p, MSG_TODAY_MORE), T(p, MSG_TODAY_MORE_TEXT));
    show_notices(p, json_arr(today, "notices"));
    return page_end(p);
}
