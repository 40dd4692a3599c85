/* Tokens with which programs sign in as their owner: issue, list, end. doc/design/daily-use.md, T1 to T3. */
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

#define PACKS_MAX 64
#define TOKENS_PAGE_SIZE 20u

/* ---- the list ---- */

struct token_table {
    struct page *page;
    struct table table;
    struct str action;    /* where ending is posted to */
    unsigned skip, n;     /* those before the page; rows so far */
    bool is_everybodys, has_more;
};

static struct str register_names(struct page *p, const struct token_scope *scope)
{
    struct str rest = str_of(scope->registers), id, all = STR("");

    if (!scope->is_bounded)
        return T(p, MSG_TOKENS_ALL_REGISTERS);
    while (str_split(&rest, ' ', &id)) {
        const char *text = arena_strdup(p->arena, id);
        const struct reg *reg = text ? engine_reg(p->worker->engine, text) : NULL;
        struct str name = reg ? text2_words(p, reg->title) : id;

        all = page_text(p, "%.*s%s%.*s", STR_ARG(all), all.len ? "、" : "", STR_ARG(name));
    }
    return all;
}

static struct str scope_words(struct page *p, const struct token_scope *scope)
{
    return page_text(p, "%.*s／%.*s", STR_ARG(T(p, scope->may_act ? MSG_TOKENS_ACT : MSG_TOKENS_READ)),
                     STR_ARG(register_names(p, scope)));
}

static void end_cell(struct token_table *t, const struct token *token)
{
    struct page *p = t->page;

    cell_begin(&p->w, &t->table);
    if (token->ended_us) {
        html_text(&p->html, TF(p, MSG_TOKENS_ENDED, {"when", instant_words(p, token->ended_us)}));
    } else if (!token_is_valid(token, clock_real_us())) {
        html_text(&p->html, T(p, MSG_TOKENS_EXPIRED));
    } else {
        page_form_begin(p, t->action, false);
        field_hidden(&p->w, "op", STR("token-end"));
        field_hidden(&p->w, "id", str_of(token->id));
        button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_TOKENS_END), STR_NONE, STR_NONE);
        form_end(&p->w);
    }
    cell_end(&p->w, &t->table);
}

static int token_row(void *arg, const struct token *token)
{
    struct token_table *t = arg;
    struct page *p = t->page;

    if (t->n++ == TOKENS_PAGE_SIZE) {
        t->has_more = true;
        return 0;
    }
    row_begin(&p->w, &t->table);
    cell_text(&p->w, &t->table, page_text(p, "%s（%s）", token->name, token->id));
    if (t->is_everybodys)
        cell_text(&p->w, &t->table, arena_str(p->arena, str_of(token->login)));
    cell_text(&p->w, &t->table, scope_words(p, &token->scope));
    cell_text(&p->w, &t->table, instant_words(p, token->made_us));
    cell_text(&p->w, &t->table, instant_words(p, token->until_us));
    cell_text(&p->w, &t->table, token->used_us ? instant_words(p, token->used_us) : T(p, MSG_TOKENS_NEVER));
    end_cell(t, token);
    row_end(&p->w, &t->table);
    return 0;
}

/* Page number of the query, from 1. */
static unsigned asked_page(struct page *p)
{
    uint64_t n;

    return str_to_u64(form_get(&p->query, STR("tokens")), 1, 100000, &n) ? 1 : (unsigned)n;
}

static int write_table(struct token_table *t, const char *login)
{
    struct page *p = t->page;
    struct column columns[7];
    unsigned number = asked_page(p), n = 0;
    int r;

    columns[n++] = (struct column){.heading = T(p, MSG_TOKENS_NAME), .is_row_heading = true};
    if (t->is_everybodys)
        columns[n++] = (struct column){.heading = T(p, MSG_SIGN_IN_LOGIN)};
    columns[n++] = (struct column){.heading = T(p, MSG_TOKENS_SCOPE)};
    columns[n++] = (struct column){.heading = T(p, MSG_TOKENS_MADE)};
    columns[n++] = (struct column){.heading = T(p, MSG_TOKENS_UNTIL)};
    columns[n++] = (struct column){.heading = T(p, MSG_TOKENS_USED)};
    columns[n++] = (struct column){.heading = T(p, MSG_TOKENS_STATE)};
    t->skip = (number - 1) * TOKENS_PAGE_SIZE;
    table_begin(&p->w, &t->table, columns, n, T(p, MSG_TOKENS_LIST));
    r = token_each(p->worker->store, login, clock_real_us(), t->skip, TOKENS_PAGE_SIZE + 1, token_row, t);
    table_end(&p->w, &t->table);
    if (r)
        return r;
    if (!t->n)
        table_empty(&p->w);
    else if (t->has_more || number > 1)
        page_list(&p->w, t->skip + 1, t->skip + MIN_OF(t->n, TOKENS_PAGE_SIZE), 0, TOKENS_PAGE_SIZE,
                  number > 1 ? page_text(p, "%.*s?tokens=%u", STR_ARG(t->action), number - 1) : STR_NONE,
                  t->has_more ? page_text(p, "%.*s?tokens=%u", STR_ARG(t->action), number + 1) : STR_NONE);
    return 0;
}

int tokens_of_all(struct page *p, struct str action)
{
    struct token_table t = {.page = p, .action = action, .is_everybodys = true};

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_TOKENS_OF_ALL));
    html_element(&p->html, HTML_P, "tj-quiet", T(p, MSG_TOKENS_OF_ALL_TEXT));
    return write_table(&t, NULL);
}

/* ---- the form ---- */

struct token_form {
    struct form_data typed;
    struct field_info name, may, registers, days, password;
};

static bool is_sent(const struct token_form *f, struct str name, struct str value)
{
    for (size_t i = 0; i < form_count(&f->typed, name); i++)
        if (str_eq(form_get_nth(&f->typed, name, i), value))
            return true;
    return false;
}

static bool has_name(const struct page *p)
{
    return str_trim(form_get(&p->form, STR("name"))).len > 0;
}

static void form_init(struct token_form *f, struct page *p, const json_t *answer)
{
    const char *code = json_str(answer, "error");

    *f = (struct token_form){
        .name = {.name = "name", .label = T(p, MSG_TOKENS_NAME), .support = T(p, MSG_TOKENS_NAME_SUPPORT), .is_required = true},
        .may = {.name = "may", .label = T(p, MSG_TOKENS_MAY), .is_required = true},
        .registers = {.name = "registers", .label = T(p, MSG_TOKENS_REGISTERS), .support = T(p, MSG_TOKENS_REGISTERS_SUPPORT),
                      .show_optional = true},
        .days = {.name = "days", .label = T(p, MSG_TOKENS_DAYS), .is_required = true},
        .password = {.name = "password", .label = T(p, MSG_PASSWORD_OLD), .support = T(p, MSG_TOKENS_PASSWORD_SUPPORT),
                     .is_required = true}};
    if (!answer)
        return;
    f->typed = p->form;
    if (!strcmp(code, "refused"))
        f->password.error = page_answer_words(p, answer);
    else if (!strcmp(code, "exists"))
        f->name.error = T(p, MSG_TOKENS_NAME_TAKEN);
    else if (!strcmp(code, "invalid") && !has_name(p))
        f->name.error = T(p, MSG_TOKENS_NAME_NONE);
    else if (!strcmp(code, "invalid"))
        f->name.error = T(p, MSG_TOKENS_NAME_BAD);
}

static void registers_row(struct page *p, const struct token_form *f)
{
    const struct pack *packs[PACKS_MAX];
    size_t n_packs = MIN_OF(engine_packs(p->worker->engine, packs, PACKS_MAX), (size_t)PACKS_MAX), n = 0, max = 0;
    struct field_choice *choices;

    for (size_t i = 0; i < n_packs; i++)
        max += packs[i]->n_regs;
    choices = arena_alloc_n(p->arena, max + 1, sizeof(*choices));
    if (!choices || !max)
        return;
    for (size_t i = 0; i < n_packs; i++)
        for (size_t k = 0; k < packs[i]->n_regs; k++) {
            const struct reg *reg = &packs[i]->regs[k];

            choices[n++] = (struct field_choice){str_of(reg->id), text2_words(p, reg->title), STR_NONE,
                                                 is_sent(f, STR("registers"), str_of(reg->id))};
        }
    field_checks(&p->w, &f->registers, choices, n);
}

static void show_form(struct page *p, const struct token_form *f)
{
    static const char *const days[] = {"30", "90", "180", "365"};
    struct field_choice may[] = {{STR("read"), T(p, MSG_TOKENS_READ), STR_NONE, !is_sent(f, STR("may"), STR("act"))},
                                 {STR("act"), T(p, MSG_TOKENS_ACT), STR_NONE, is_sent(f, STR("may"), STR("act"))}};
    struct field_choice periods[ARRAY_LEN(days)];
    struct str name = form_get(&f->typed, STR("name")), chosen = form_get(&f->typed, STR("days"));

    for (size_t i = 0; i < ARRAY_LEN(days); i++)
        periods[i] = (struct field_choice){str_of(days[i]), TF(p, MSG_TOKENS_DAYS_N, {"days", str_of(days[i])}), STR_NONE,
                                           chosen.at ? str_eq(chosen, str_of(days[i])) : i == 1};
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_TOKENS_ISSUE));
    page_form_begin(p, STR("/tokens"), false);
    field_hidden(&p->w, "op", STR("token-issue"));
    field_text(&p->w, &f->name, LINE_TEXT, name.at ? name : STR(""), "off");
    field_choice(&p->w, &f->may, may, ARRAY_LEN(may));
    registers_row(p, f);
    field_select(&p->w, &f->days, periods, ARRAY_LEN(periods));
    field_text(&p->w, &f->password, LINE_PASSWORD, STR(""), "current-password");
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_TOKENS_ISSUE), STR_NONE, STR_NONE);
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

static void show_answer(struct page *p, const json_t *answer, const struct token_form *f)
{
    const struct field_info *const fields[] = {&f->name, &f->password};

    if (!answer)
        return;
    if (*json_str(answer, "secret")) {
        notice(&p->w, NOTICE_SUCCESS, T(p, MSG_TOKENS_SECRET), T(p, MSG_TOKENS_SECRET_TEXT));
        html_element(&p->html, HTML_PRE, NULL, str_of(json_str(answer, "secret")));
    } else if (json_flag(answer, "ok")) {
        notice(&p->w, NOTICE_SUCCESS, T(p, MSG_TOKENS_DONE), STR_NONE);
    } else {
        p->resp->status = page_answer_status(answer);
        if (f->name.error.at || f->password.error.at)
            error_summary(&p->w, fields, ARRAY_LEN(fields));
        else
            page_answer_notice(p, answer);
    }
}

static int write_page(struct page *p, const json_t *answer)
{
    struct token_table t = {.page = p, .action = STR("/tokens")};
    struct token_form f;
    int r;

    form_init(&f, p, answer && !json_flag(answer, "ok") ? answer : NULL);
    page_begin(p, T(p, MSG_TOKENS_TITLE), NAV_NONE);
    show_answer(p, answer, &f);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_TOKENS_TEXT));
    if ((r = write_table(&t, p->session.login)))
        return r;
    show_form(p, &f);
    return page_end(p);
}

int tokens_page(struct page *p)
{
    return write_page(p, NULL);
}

/* ---- issue and end ---- */

static json_t *scope_sent(struct page *p)
{
    size_t n = form_count(&p->form, STR("registers"));
    json_t *scope = !strcmp(page_field(p, STR("may")), "act") ? json_pack("{s:[s, s]}", "may", "read", "act")
                                                              : json_pack("{s:[s]}", "may", "read");
    json_t *list = json_array();

    for (size_t i = 0; list && i < n; i++) {
        struct str id = form_get_nth(&p->form, STR("registers"), i);

        if (json_array_append_new(list, json_stringn(id.at, id.len))) {
            json_decref(list);
            list = NULL;
        }
    }
    if (scope && list && n && json_object_set(scope, "registers", list)) {
        json_decref(scope);
        scope = NULL;
    }
    json_decref(list);
    return scope;
}

static json_t *issue_message(struct page *p)
{
    int64_t days;

    if (str_to_i64(form_get(&p->form, STR("days")), 1, TOKEN_DAYS_MAX, &days))
        days = 0;
    return json_pack("{s:s, s:s, s:s, s:o, s:I}", "op", "token-issue", "password", page_field(p, STR("password")), "name",
                     page_field(p, STR("name")), "scope", scope_sent(p), "days", (json_int_t)days);
}

json_t *token_end_message(struct page *p)
{
    return json_pack("{s:s, s:s}", "op", "token-end", "id", page_field(p, STR("id")));
}

/* No failure of the password is counted for a form that could issue nothing. */
static json_t *nameless(struct page *p)
{
    return page_keep(p, json_pack("{s:b, s:s}", "ok", 0, "error", "invalid"));
}

int tokens_act(struct page *p)
{
    bool is_end = !strcmp(page_field(p, STR("op")), "token-end");
    json_t *answer = is_end       ? page_ask(p, token_end_message(p))
                     : has_name(p) ? page_ask(p, issue_message(p))
                                   : nameless(p);

    return answer ? write_page(p, answer) : -ENOMEM;
}
