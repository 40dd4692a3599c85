/* Registers: all of them, and the list of one. */
#include "web/list-asked.h"
#include "web/list-columns.h"
#include "web/pages.h"
#include "web/print-sheet.h"
#include "web/step-form.h"
#include "web/words.h"

#include <errno.h>

#define PACKS_MAX 64
#define PAGE_SIZE 50
#define MINE_AT_ONCE 12 /* more than these stand under the headings of their groups */

/* ---- all registers ---- */

static struct str count_url(struct page *p, const struct reg *reg, const char *state)
{
    return page_text(p, "%.*s?state=%s&sort=changed&page=1", STR_ARG(register_url(p, reg->id)), state);
}

static int count_of(struct page *p, const struct reg *reg, const char *state, struct str *ret)
{
    const struct list_query q = {.reg = reg->id, .state = state};
    uint64_t total;
    int r = engine_list_total(p->worker->engine, p->session.person, &q, &total);

    if (!r)
        *ret = page_text(p, "%llu", (unsigned long long)total);
    return r;
}

int cell_count(struct page *p, struct table *t, const struct reg *reg, const char *state)
{
    struct str n;
    int r = count_of(p, reg, state, &n);

    if (!r)
        cell_link(&p->w, t, n, count_url(p, reg, state));
    return r;
}

static int show_count(struct page *p, const struct reg *reg, const char *state, enum message_key words)
{
    struct str n;
    int r = count_of(p, reg, state, &n);

    if (r)
        return r;
    html_text(&p->html, page_text(p, "%.*s ", STR_ARG(T(p, words))));
    link_show(p, n, count_url(p, reg, state));
    return 0;
}

static int show_register(struct page *p, const struct reg *reg)
{
    int r;

    html_open(&p->html, HTML_LI);
    html_begin(&p->html, HTML_SPAN, "tj-registers__name");
    link_show(p, text2_words(p, reg->title), register_url(p, reg->id));
    html_close(&p->html, HTML_SPAN);
    if (*reg->form)
        html_element(&p->html, HTML_SPAN, "tj-registers__form", str_of(reg->form));
    html_begin(&p->html, HTML_SPAN, "tj-registers__counts");
    if (!(r = show_count(p, reg, LIST_UNFINISHED, MSG_REGISTERS_OPEN))) {
        html_text(&p->html, STR("　"));
        r = show_count(p, reg, "", MSG_REGISTERS_ALL);
    }
    html_close(&p->html, HTML_SPAN);
    html_close(&p->html, HTML_LI);
    return r;
}

/* One of his roles acts there. */
static bool is_mine(struct page *p, const json_t *roles, const struct reg *reg)
{
    const struct procedure *procedure = reg->procedure;

    for (size_t i = 0; i < procedure->n_roles; i++) {
        struct str key = page_text(p, "%s/%s", reg->pack->id, procedure->roles[i].role->id);

        for (size_t k = 0; k < json_array_size(roles); k++)
            if (str_eq(key, str_of(json_str(json_array_get(roles, k), "role"))))
                return true;
    }
    return false;
}

static bool is_in_group(const struct pack *pack, const struct reg *reg)
{
    for (size_t i = 0; i < pack->n_groups; i++)
        for (size_t k = 0; k < pack->groups[i].n; k++)
            if (pack->groups[i].regs[k] == reg)
                return true;
    return false;
}

/* Under one heading, those that are his, or those that are not. */
struct shelf {
    struct page *page;
    const json_t *roles;
    struct str heading;
    enum html_element level;
    bool mine, is_open;
};

static int put(struct shelf *s, const struct reg *reg)
{
    struct page *p = s->page;

    if (is_mine(p, s->roles, reg) != s->mine)
        return 0;
    if (!s->is_open) {
        html_element(&p->html, s->level, NULL, s->heading);
        html_begin(&p->html, HTML_UL, "tj-registers");
    }
    s->is_open = true;
    return show_register(p, reg);
}

static void close_shelf(struct shelf *s)
{
    if (s->is_open)
        html_close(&s->page->html, HTML_UL);
    s->is_open = false;
}

static int put_group(struct shelf *s, const struct reg_group *g)
{
    int r = 0;

    for (size_t i = 0; !r && i < g->n; i++)
        r = put(s, g->regs[i]);
    return r;
}

/* What the pack names in no group. */
static int put_rest(struct shelf *s, const struct pack *pack)
{
    int r = 0;

    for (size_t i = 0; !r && i < pack->n_regs; i++)
        if (!is_in_group(pack, &pack->regs[i]))
            r = put(s, &pack->regs[i]);
    return r;
}

/* Those that are his, or those that are not, each under the heading of its group. */
static int show_groups(struct page *p, const struct pack *pack, const json_t *roles, enum html_element level, bool mine)
{
    struct shelf rest = {p, roles, T(p, MSG_REGISTERS_REST), level, mine, false};
    int r = 0;

    for (size_t i = 0; !r && i < pack->n_groups; i++) {
        struct shelf group = {p, roles, text2_words(p, pack->groups[i].title), level, mine, false};

        r = put_group(&group, &pack->groups[i]);
        close_shelf(&group);
    }
    if (!r)
        r = put_rest(&rest, pack);
    close_shelf(&rest);
    return r;
}

/* In one list. */
static int show_mine(struct page *p, const struct pack *pack, const json_t *roles)
{
    struct shelf mine = {p, roles, T(p, MSG_REGISTERS_MINE), HTML_H3, true, false};
    int r = 0;

    for (size_t i = 0; !r && i < pack->n_groups; i++)
        r = put_group(&mine, &pack->groups[i]);
    if (!r)
        r = put_rest(&mine, pack);
    close_shelf(&mine);
    return r;
}

static size_t count_mine(struct page *p, const struct pack *pack, const json_t *roles)
{
    size_t n = 0;

    for (size_t i = 0; i < pack->n_regs; i++)
        n += is_mine(p, roles, &pack->regs[i]);
    return n;
}

static int show_pack(struct page *p, const struct pack *pack, const json_t *roles)
{
    int r;

    html_element(&p->html, HTML_H2, NULL, text2_words(p, pack->title));
    html_begin(&p->html, HTML_P, "tj-quiet");
    link_show(p, str_of(pack->number), page_text(p, "/clauses/%s", pack->id));
    html_close(&p->html, HTML_P);
    if (!pack->n_groups || count_mine(p, pack, roles) <= MINE_AT_ONCE) {
        r = show_mine(p, pack, roles);
        return r ? r : show_groups(p, pack, roles, HTML_H3, false);
    }
    html_element(&p->html, HTML_H3, NULL, T(p, MSG_REGISTERS_MINE));
    if ((r = show_groups(p, pack, roles, HTML_H4, true)))
        return r;
    if (count_mine(p, pack, roles) < pack->n_regs)
        html_element(&p->html, HTML_H3, NULL, T(p, MSG_REGISTERS_OTHERS));
    return show_groups(p, pack, roles, HTML_H4, false);
}

int registers_page(struct page *p)
{
    const struct pack *packs[PACKS_MAX];
    size_t n = MIN_OF(engine_packs(p->worker->engine, packs, PACKS_MAX), (size_t)PACKS_MAX);
    json_t *roles = NULL;
    int r = engine_roles(p->worker->engine, p->session.person, p->now_us, &roles);

    if (r || !page_keep(p, roles))
        return r < 0 ? r : -ENOMEM;
    page_begin(p, T(p, MSG_REGISTERS_TITLE), NAV_REGISTERS);
    if (!n)
        notice(&p->w, NOTICE_INFO, T(p, MSG_REGISTERS_NO_PACK), T(p, MSG_REGISTERS_NO_PACK_TEXT));
    for (size_t i = 0; !r && i < n; i++)
        r = show_pack(p, packs[i], roles);
    return r ? r : page_end(p);
}

/* ---- one register ---- */

struct listing {
    struct page *page;
    const struct reg *reg;
    struct list_asked asked;
    const struct field *fields[REG_LIST_MAX]; /* shown in columns of their own */
    size_t n_fields;
    struct list_rows rows;
};

static void show_filter_link(struct listing *l, const struct list_asked *to, bool is_current, struct str words)
{
    struct page *p = l->page;

    html_open(&p->html, HTML_LI);
    html_begin(&p->html, HTML_A, "tj-filter");
    html_attr_url(&p->html, HTML_HREF, list_asked_url(p, to, 1));
    if (is_current)
        html_attr(&p->html, HTML_ARIA_CURRENT, STR("true"));
    html_text(&p->html, words);
    html_close(&p->html, HTML_A);
    html_close(&p->html, HTML_LI);
}

static void show_state_link(struct listing *l, const char *state, struct str words)
{
    struct list_asked to = l->asked;

    to.query.state = state;
    show_filter_link(l, &to, !strcmp(l->asked.query.state, state), words);
}

static void show_filters(struct listing *l)
{
    struct page *p = l->page;
    const struct procedure *procedure = l->reg->procedure;

    html_begin(&p->html, HTML_NAV, "tj-filters");
    html_attr(&p->html, HTML_ARIA_LABEL, T(p, MSG_REGISTER_STATE));
    html_open(&p->html, HTML_UL);
    show_state_link(l, "", T(p, MSG_REGISTER_ALL));
    show_state_link(l, LIST_UNFINISHED, T(p, MSG_REGISTER_OPEN));
    for (size_t i = 0; i < procedure->n_states; i++)
        show_state_link(l, procedure->states[i].id, text2_words(p, procedure->states[i].title));
    if (l->reg->has_retention)
        show_state_link(l, LIST_OVER, T(p, MSG_REGISTER_OVER));
    html_close(&p->html, HTML_UL);
    html_close(&p->html, HTML_NAV);
}

/* ---- rows with a value ---- */

static void show_field_link(struct listing *l, const struct field *f, struct str words)
{
    struct list_asked to = l->asked;

    to.field = f;
    to.typed = STR("");
    show_filter_link(l, &to, l->asked.field == f, words);
}

/* The fields by which rows can be found. */
static void show_fields(struct listing *l)
{
    struct page *p = l->page;

    html_begin(&p->html, HTML_NAV, "tj-filters");
    html_attr(&p->html, HTML_ARIA_LABEL, T(p, MSG_REGISTER_NARROW));
    html_open(&p->html, HTML_UL);
    show_field_link(l, NULL, T(p, MSG_REGISTER_ALL));
    for (size_t i = 0; i < l->reg->n_fields; i++)
        if (list_can_choose(&l->reg->fields[i]))
            show_field_link(l, &l->reg->fields[i], text2_words(p, l->reg->fields[i].title));
    html_close(&p->html, HTML_UL);
    html_close(&p->html, HTML_NAV);
}

/* A plain GET: what was asked can be bookmarked. */
static int show_key(struct listing *l, const struct field_info *info)
{
    struct page *p = l->page;
    const struct list_asked *a = &l->asked;
    json_t *typed = page_keep(p, json_stringn(a->typed.at, a->typed.len));
    int r;

    if (!typed)
        return -ENOMEM;
    form_begin_get(&p->w, register_url(p, l->reg->id));
    field_hidden(&p->w, "state", str_of(a->query.state));
    field_hidden(&p->w, "sort", str_of(a->query.sort));
    field_hidden(&p->w, "field", str_of(a->field->id));
    r = field_control(p, l->reg, a->field, info, typed);
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_REGISTER_NARROW_GO), STR_NONE, STR_NONE);
    form_end(&p->w);
    return r;
}

static int show_narrowing(struct listing *l)
{
    struct page *p = l->page;
    const struct field *f = l->asked.field;
    const struct field_info info = {.name = "key", .label = f ? text2_words(p, f->title) : STR(""), .error = l->asked.wrong};
    const struct field_info *const infos[] = {&info};
    bool any = false;
    int r = 0;

    for (size_t i = 0; i < l->reg->n_fields; i++)
        any |= list_can_choose(&l->reg->fields[i]);
    if (!any)
        return 0;
    error_summary(&p->w, infos, ARRAY_LEN(infos));
    html_begin(&p->html, HTML_DETAILS, "tj-narrow");
    html_attr_if(&p->html, HTML_OPEN, f);
    html_element(&p->html, HTML_SUMMARY, NULL, T(p, MSG_REGISTER_NARROW));
    show_fields(l);
    if (f)
        r = show_key(l, &info);
    html_close(&p->html, HTML_DETAILS);
    return r;
}

/* ---- what can be begun ---- */

static bool is_possible(const json_t *judged)
{
    const char *result = json_str(judged, "result");

    return !strcmp(result, "allowed") || !strcmp(result, "open");
}

static void show_new_link(struct listing *l, const struct step *step, const json_t *judged)
{
    struct page *p = l->page;
    struct str url = page_text(p, "/registers/%s/new/%s", l->reg->id, step->act);

    if (is_possible(judged)) {
        button_link(&p->w, BUTTON_SOLID, text2_words(p, step->title), url);
        return;
    }
    html_begin(&p->html, HTML_DETAILS, "tj-cannot");
    html_element(&p->html, HTML_SUMMARY, NULL, TF(p, MSG_RECORD_CANNOT, {"step", text2_words(p, step->title)}));
    refusal_show(p, judged, false);
    html_open(&p->html, HTML_P);
    link_show(p, T(p, MSG_RECORD_TRY), url);
    html_close(&p->html, HTML_P);
    html_close(&p->html, HTML_DETAILS);
}

/* What can be begun here. */
static int show_new(struct listing *l)
{
    struct page *p = l->page;
    json_t *steps = NULL;
    int r = engine_steps(p->worker->engine, p->session.person, l->reg->id, "", p->now_us, &steps);

    if (r || !page_keep(p, steps))
        return r < 0 ? r : r ? 0 : -ENOMEM;
    html_begin(&p->html, HTML_DIV, "tj-begin");
    for (int pass = 0; pass < 2; pass++) /* what can be done stands first */
        for (size_t i = 0; i < json_array_size(steps); i++) {
            const json_t *one = json_array_get(steps, i);
            const struct step *step = step_judged(l->reg, one);

            if (step && is_possible(one) == !pass)
                show_new_link(l, step, one);
        }
    html_close(&p->html, HTML_DIV);
    return 0;
}

#define COLUMNS_MAX (5 + REG_LIST_MAX)

/* A record by the name that people know it by. */
static struct str record_name_words(struct listing *l, const char *id)
{
    const struct list_named *named = list_named_of(&l->rows, id);

    return named ? name_words(l->page, named->reg, named->name) : str_of(id);
}

static struct str row_name_words(struct listing *l, const struct list_row *row)
{
    if (!strcmp(row->name, row->id))
        return STR("");
    return l->reg->name_field->type == FIELD_RECORD ? record_name_words(l, row->name)
                                                    : name_words(l->page, l->reg, row->name);
}

static bool stays_in_pieces(const struct field *f)
{
    return f->type == FIELD_DAY || f->type == FIELD_MONTH || f->type == FIELD_INSTANT || f->type == FIELD_PERSON || f->type == FIELD_RECORD;
}

/* A narrow column breaks dates, names and numbers only where a reader would: at a space, and behind the year. */
static void cell_pieces(struct listing *l, struct table *t, struct str text)
{
    struct html *h = &l->page->html;
    size_t from = 0;

    cell_begin(&l->page->w, t);
    for (size_t at = 0; at <= text.len; at++) {
        bool is_space = at == text.len || text.at[at] == ' ';
        bool is_year = !is_space && text.at[at] >= '0' && text.at[at] <= '9' && str_ends((struct str){text.at + from, at - from}, STR("年"));

        if (!is_space && !is_year)
            continue;
        html_element(h, HTML_SPAN, "tj-piece", (struct str){text.at + from, at - from});
        if (is_space && at < text.len)
            html_text(h, STR(" "));
        from = is_space ? at + 1 : at;
    }
    cell_end(&l->page->w, t);
}

static void show_value(struct listing *l, struct table *t, const struct field *f, const json_t *v)
{
    struct page *p = l->page;
    const char *id = f->type == FIELD_RECORD && json_is_string(v) ? json_string_value(v) : "";

    if (*id && list_named_of(&l->rows, id)) {
        cell_link(&p->w, t, record_name_words(l, id), record_url(p, id, ""));
    } else if (v && f->type == FIELD_DIGEST) {
        cell_begin(&p->w, t);
        value_show(p, NULL, f, v);
        cell_end(&p->w, t);
    } else if (v && stays_in_pieces(f)) {
        cell_pieces(l, t, value_words(p, f, v));
    } else {
        cell_text(&p->w, t, v ? value_words(p, f, v) : STR(""));
    }
}

/* A record that is called by its unit says so once. */
static bool has_unit_column(const struct reg *reg)
{
    return reg->unit_field && reg->unit_field != reg->name_field;
}

static void show_row(struct listing *l, struct table *t, const struct list_row *row)
{
    struct page *p = l->page;

    row_begin(&p->w, t);
    cell_link(&p->w, t, str_of(row->id), record_url(p, row->id, ""));
    if (l->reg->name_field)
        cell_text(&p->w, t, row_name_words(l, row));
    if (has_unit_column(l->reg))
        cell_text(&p->w, t, unit_words(p, row->unit));
    for (size_t i = 0; i < l->n_fields; i++)
        show_value(l, t, l->fields[i], json_object_get(row->values, l->fields[i]->id));
    cell_begin(&p->w, t);
    chip(&p->w, state_chip(l->reg, row->state), state_words(p, l->reg, row->state));
    cell_end(&p->w, t);
    cell_text(&p->w, t, instant_words(p, row->changed_us));
    row_end(&p->w, t);
}

static struct column sorted(struct listing *l, enum message_key heading, const char *sort, const char *direction)
{
    struct list_asked to = l->asked;

    to.query.sort = sort;
    return (struct column){.heading = T(l->page, heading),
                           .sort_url = list_asked_url(l->page, &to, 1),
                           .sort = strcmp(l->asked.query.sort, sort) ? NULL : direction};
}

static void show_list(struct listing *l)
{
    struct page *p = l->page;
    struct column columns[COLUMNS_MAX] = {0};
    size_t c = 0;
    struct table t;

    if (!l->rows.n) {
        table_empty(&p->w);
        return;
    }
    columns[c] = sorted(l, MSG_REGISTER_NUMBER, "id", "ascending");
    columns[c++].is_row_heading = true;
    if (l->reg->name_field)
        columns[c++] = (struct column){.heading = text2_words(p, l->reg->name_field->title)};
    if (has_unit_column(l->reg))
        columns[c++] = (struct column){.heading = text2_words(p, l->reg->unit_field->title)};
    for (size_t i = 0; i < l->n_fields; i++)
        columns[c++] = (struct column){.heading = text2_words(p, l->fields[i]->title)};
    columns[c++] = (struct column){.heading = T(p, MSG_REGISTER_STATE)};
    columns[c] = sorted(l, MSG_REGISTER_CHANGED, "changed", "descending");
    columns[c++].is_time = true;
    table_begin(&p->w, &t, columns, c, text2_words(p, l->reg->title));
    for (size_t i = 0; i < l->rows.n; i++)
        show_row(l, &t, &l->rows.at[i]);
    table_end(&p->w, &t);
}

/* Rows went, or a page was asked for by a number that is too high: a way back to what there is. */
static void show_way_back(struct listing *l)
{
    struct page *p = l->page;
    unsigned last = MIN_OF(l->rows.page - 1, l->rows.pages);

    html_begin(&p->html, HTML_DIV, "tj-pages");
    button_link(&p->w, BUTTON_OUTLINE, message_in(p->arena, p->lang, MSG_PAGE_LIST_PREVIOUS, {"count", page_text(p, "%u", PAGE_SIZE)}),
                list_asked_url(p, &l->asked, last));
    html_close(&p->html, HTML_DIV);
}

/* Pages before and behind are found by the rows that are shown, not by number. */
static void show_pages(struct listing *l)
{
    struct page *p = l->page;
    const struct list_rows *rows = &l->rows;
    struct str previous = STR_NONE, next = STR_NONE;

    if (!rows->n) {
        if (rows->total && rows->page > 1)
            show_way_back(l);
        return;
    }
    if (!*l->asked.query.behind && !*l->asked.query.before && rows->page != l->asked.query.page)
        html_element(&p->html, HTML_P, NULL, T(p, MSG_PAGE_LIST_NEAREST));
    if (rows->has_before)
        previous = list_asked_url_at(p, &l->asked, MAX_OF(rows->page, 2u) - 1, "before", rows->first);
    if (rows->has_more)
        next = list_asked_url_at(p, &l->asked, rows->page + 1, "behind", rows->last);
    if (previous.at || next.at)
        page_list(&p->w, rows->number, rows->number + rows->n - 1, rows->total, PAGE_SIZE, previous, next);
}

/* These rows as a file: of the filter, whatever page of them is shown. */
static void show_export(struct listing *l)
{
    struct page *p = l->page;

    if (!l->rows.total)
        return;
    page_form_begin(p, page_text(p, "%.*s/export", STR_ARG(register_url(p, l->reg->id))), false);
    list_asked_hidden(p, &l->asked);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_EXPORT_CSV), STR("format"), STR("csv"));
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_EXPORT_XLSX), STR("format"), STR("xlsx"));
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

/* "" when it is none of this order: the page of that number then. */
static const char *place_asked(struct listing *l, struct str name)
{
    const char *place = page_query(l->page, name);

    return list_place_fits(place, l->asked.query.sort) ? place : "";
}

static int read_query(struct listing *l)
{
    struct page *p = l->page;
    uint64_t number = 1;
    int r = list_asked_read(p, l->reg, page_query, &l->asked);

    if (r < 0)
        return r;
    IGNORE(str_to_u64(form_get(&p->query, STR("page")), 1, 1000000, &number), "the first page then");
    l->asked.query.page = (unsigned)number;
    l->asked.query.behind = place_asked(l, STR("behind"));
    l->asked.query.before = place_asked(l, STR("before"));
    l->asked.query.page_size = PAGE_SIZE;
    return 0;
}

static int fetch(struct listing *l)
{
    struct list_query q = l->asked.query;
    const char *ids[REG_LIST_MAX];

    l->n_fields = list_columns(l->reg, l->fields);
    for (size_t i = 0; i < l->n_fields; i++)
        ids[i] = l->fields[i]->id;
    q.fields = ids;
    q.n_fields = l->n_fields;
    q.has_named = true;
    return engine_list_rows(l->page->worker->engine, l->page->session.person, &q, l->page->arena, &l->rows);
}

static int show_listing(struct listing *l)
{
    struct page *p = l->page;
    struct str label;
    int r;

    page_crumb(p, T(p, MSG_REGISTERS_TITLE), STR("/registers"));
    page_crumb(p, text2_words(p, l->reg->title), STR_NONE);
    label = p->label = label_words(p, l->reg, NULL);
    page_begin(p, text2_words(p, l->reg->title), NAV_REGISTERS);
    html_begin(&p->html, HTML_P, "tj-basis");
    if (*l->reg->form)
        html_element(&p->html, HTML_SPAN, "tj-basis__word", str_of(l->reg->form));
    if (label.at)
        html_element(&p->html, HTML_SPAN, "tj-label", label);
    clause_list_chips(p, &l->reg->clauses);
    html_close(&p->html, HTML_P);
    if ((r = show_new(l)))
        return r;
    show_filters(l);
    if ((r = show_narrowing(l)))
        return r;
    if (l->asked.wrong.at)
        return page_end(p);
    show_list(l);
    show_pages(l);
    print_button(p, page_text(p, "%.*s/print", STR_ARG(register_url(p, l->reg->id))), l->reg, form_of(l->reg, ""), &l->asked);
    show_export(l);
    return page_end(p);
}

int register_page(struct page *p)
{
    struct listing l = {.page = p, .reg = engine_reg(p->worker->engine, page_param(p, STR("reg")))};
    int r;

    if (!l.reg)
        return page_not_found(p);
    if ((r = read_query(&l)) || (r = fetch(&l)))
        return r;
    r = show_listing(&l);
    list_rows_done(&l.rows);
    return r;
}
