/* Accounts, codes and packs: what an administrator looks after. Two persons for a code, two for a pack. */
#include "regulation/falls.h"
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

/* ---- accounts ---- */

struct account_table {
    struct page *page;
    struct table table;
    int error;
};

static bool has_left(struct page *p, const struct account *a)
{
    return force_has_left(engine_force(p->worker->engine), a->person, day_of_instant(p->now_us));
}

static struct str state_of(struct page *p, const struct account *a)
{
    struct str state = T(p, a->state == ACCOUNT_NEW    ? MSG_ACCOUNTS_NEW
                            : a->state == ACCOUNT_OPEN ? MSG_ACCOUNTS_OPEN
                                                       : MSG_ACCOUNTS_CLOSED);

    return has_left(p, a) ? TF(p, MSG_ACCOUNTS_LEFT, {"state", state}) : state;
}

struct str rights_words(struct page *p, unsigned rights)
{
    static const struct {
        unsigned right;
        enum message_key key;
    } rows[] = {{RIGHT_ADMINISTRATOR, MSG_RIGHT_ADMINISTRATOR}, {RIGHT_AUDITOR, MSG_RIGHT_AUDITOR},
                {RIGHT_ACCOUNT_RESET, MSG_RIGHT_ACCOUNT_RESET}};
    struct str all = STR("");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rights & rows[i].right)
            all = page_text(p, "%.*s%s%.*s", STR_ARG(all), all.len ? "、" : "", STR_ARG(T(p, rows[i].key)));
    return all;
}

static bool is_self(const struct page *p, const char *login)
{
    return !strcmp(login, p->session.login);
}

static bool may_let_in(const struct page *p, const struct account *a)
{
    return reset_is_for((struct account_actor){p->session.person, p->session.rights}, a);
}

/* One button that posts an operation on one thing. */
static void operation_button(struct page *p, struct str action, const char *op, const char *name, struct str value,
                             enum message_key label)
{
    page_form_begin(p, action, false);
    field_hidden(&p->w, "op", str_of(op));
    field_hidden(&p->w, name, value);
    button_submit(&p->w, BUTTON_OUTLINE, T(p, label), STR_NONE, STR_NONE);
    form_end(&p->w);
}

static int account_row(void *arg, const struct account *a)
{
    struct account_table *t = arg;
    struct page *p = t->page;

    row_begin(&p->w, &t->table);
    cell_text(&p->w, &t->table, arena_str(p->arena, str_of(a->login)));
    cell_text(&p->w, &t->table, page_text(p, "%.*s（%s）", STR_ARG(person_words(p, a->person)), a->person));
    cell_text(&p->w, &t->table, state_of(p, a));
    cell_text(&p->w, &t->table, rights_words(p, a->rights));
    cell_begin(&p->w, &t->table);
    if (a->state != ACCOUNT_CLOSED && !has_left(p, a) && !is_self(p, a->login) && may_let_in(p, a))
        operation_button(p, STR("/admin/accounts"), "reset-propose", "login", str_of(a->login), MSG_ACCOUNTS_PROPOSE);
    cell_end(&p->w, &t->table);
    cell_begin(&p->w, &t->table);
    if (p->session.rights & RIGHT_ADMINISTRATOR)
        link_show(p, T(p, MSG_CONTACT_CHANGE),
                  page_text(p, "/admin/contacts/%.*s", STR_ARG(page_encoded(p, str_of(a->person)))));
    cell_end(&p->w, &t->table);
    cell_begin(&p->w, &t->table);
    account_change_link(p, a);
    cell_end(&p->w, &t->table);
    row_end(&p->w, &t->table);
    return 0;
}

static int show_accounts(struct page *p)
{
    const struct column columns[] = {{.heading = T(p, MSG_SIGN_IN_LOGIN), .is_row_heading = true},
                                     {.heading = T(p, MSG_ACCOUNTS_PERSON)}, {.heading = T(p, MSG_REGISTER_STATE)},
                                     {.heading = T(p, MSG_ACCOUNTS_RIGHTS)}, {.heading = T(p, MSG_ACCOUNTS_CODE)},
                                     {.heading = T(p, MSG_CONTACT_TITLE)}, {.heading = T(p, MSG_ACCOUNTS_CHANGE)}};
    struct account_table t = {.page = p};
    int r;

    table_begin(&p->w, &t.table, columns, ARRAY_LEN(columns), T(p, MSG_ACCOUNTS_TITLE));
    r = account_each(p->worker->store, account_row, &t);
    table_end(&p->w, &t.table);
    return r;
}

static int reset_row(void *arg, const struct reset *reset)
{
    struct account_table *t = arg;
    struct page *p = t->page;
    struct account of = {0};
    int r = account_get(p->worker->store, reset->login, &of);

    if (r)
        return r < 0 ? r : -EBADMSG;
    row_begin(&p->w, &t->table);
    cell_text(&p->w, &t->table, arena_str(p->arena, str_of(reset->login)));
    cell_text(&p->w, &t->table, person_words(p, arena_strdup(p->arena, str_of(reset->proposed_by))));
    cell_text(&p->w, &t->table, instant_words(p, reset->proposed_us));
    cell_begin(&p->w, &t->table);
    if (*reset->approved_by)
        html_text(&p->html, TF(p, MSG_ACCOUNTS_APPROVED,
                               {"who", person_words(p, arena_strdup(p->arena, str_of(reset->approved_by)))}));
    else if (!strcmp(reset->proposed_by, p->session.person) || is_self(p, reset->login) || !may_let_in(p, &of))
        html_text(&p->html, T(p, MSG_ACCOUNTS_SECOND));
    else
        operation_button(p, STR("/admin/accounts"), "reset-approve", "reset", str_of(reset->id), MSG_ACCOUNTS_APPROVE);
    cell_end(&p->w, &t->table);
    row_end(&p->w, &t->table);
    return 0;
}

static int show_resets(struct page *p)
{
    const struct column columns[] = {{.heading = T(p, MSG_SIGN_IN_LOGIN), .is_row_heading = true},
                                     {.heading = T(p, MSG_ACCOUNTS_PROPOSED_BY)},
                                     {.heading = T(p, MSG_ACCOUNTS_PROPOSED)}, {.heading = T(p, MSG_ACCOUNTS_CODE)}};
    struct account_table t = {.page = p};
    int r;

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_ACCOUNTS_RESETS));
    html_element(&p->html, HTML_P, "tj-quiet", T(p, MSG_ACCOUNTS_RESETS_TEXT));
    table_begin(&p->w, &t.table, columns, ARRAY_LEN(columns), T(p, MSG_ACCOUNTS_RESETS));
    r = reset_each(p->worker->store, clock_real_us(), reset_row, &t);
    table_end(&p->w, &t.table);
    return r;
}

/* The form of a new account, with what was typed as long as it was not taken. */
struct add_form {
    struct form_data typed;
    struct field_info login, person;
};

static int login_fault(struct page *p, struct str typed, struct str *ret)
{
    char login[ACCOUNT_LOGIN_MAX + 1];
    struct account there;
    int r;

    if ((r = login_normal(typed, login)) < 0)
        return r;
    if (r) {
        *ret = T(p, MSG_ACCOUNTS_LOGIN_BAD);
        return 0;
    }
    r = account_get(p->worker->store, login, &there);
    if (!r)
        *ret = T(p, MSG_ACCOUNTS_LOGIN_TAKEN);
    return r < 0 ? r : 0;
}

static int person_fault(struct page *p, const char *person, struct str *ret)
{
    struct account there;
    int r = *person ? account_of_person(p->worker->store, person, &there) : ACCOUNT_E_NONE;

    if (!*person)
        *ret = T(p, MSG_ACCOUNTS_PERSON_NONE);
    else if (!r)
        *ret = T(p, MSG_ACCOUNTS_PERSON_TAKEN);
    return r < 0 ? r : 0;
}

/* `answer` of an account that was not added, else NULL: the keeper says that something is wrong, this says which field. */
static int add_form_init(struct add_form *f, struct page *p, const json_t *answer)
{
    const char *code = json_str(answer, "error");
    int r = 0;

    *f = (struct add_form){.login = {.name = "login", .label = T(p, MSG_SIGN_IN_LOGIN),
                                     .support = T(p, MSG_ACCOUNTS_LOGIN_SUPPORT), .is_required = true},
                           .person = {.name = "person", .label = T(p, MSG_ACCOUNTS_PERSON), .is_required = true}};
    if (!answer)
        return 0;
    f->typed = p->form;
    if (!strcmp(code, "invalid") || !strcmp(code, "exists"))
        r = login_fault(p, form_get(&p->form, STR("login")), &f->login.error);
    if (!r && (!strcmp(code, "invalid") || !strcmp(code, "exists")))
        r = person_fault(p, page_field(p, STR("person")), &f->person.error);
    return r;
}

static bool is_checked(const struct add_form *f, struct str right)
{
    for (size_t i = 0; i < form_count(&f->typed, STR("rights")); i++)
        if (str_eq(form_get_nth(&f->typed, STR("rights"), i), right))
            return true;
    return false;
}

static void show_add(struct page *p, const struct add_form *f, bool is_alone)
{
    size_t n;
    const struct person *const *persons = force_persons(engine_force(p->worker->engine), &n);
    struct field_choice *choices = arena_alloc_n(p->arena, n + 1, sizeof(*choices));
    struct str chosen = form_get(&f->typed, STR("person")), login = form_get(&f->typed, STR("login"));
    struct field_choice rights[] = {{STR("administrator"), T(p, MSG_RIGHT_ADMINISTRATOR), STR_NONE, false},
                                    {STR("auditor"), T(p, MSG_RIGHT_AUDITOR), STR_NONE, false},
                                    {STR("account-reset"), T(p, MSG_RIGHT_ACCOUNT_RESET), STR_NONE, false}};

    if (!choices)
        return;
    for (size_t i = 0; i < n; i++)
        choices[i] = (struct field_choice){str_of(persons[i]->id), page_text(p, "%.*s（%.*s）",
                                           STR_ARG(person_words(p, persons[i]->id)),
                                           STR_ARG(person_post_words(p, persons[i]->id))), STR_NONE,
                                           str_eq(chosen, str_of(persons[i]->id))};
    for (size_t i = 0; i < ARRAY_LEN(rights); i++)
        rights[i].is_chosen = is_checked(f, rights[i].value);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_ACCOUNTS_ADD));
    page_form_begin(p, STR("/admin/accounts"), false);
    field_hidden(&p->w, "op", STR("account-add"));
    field_text(&p->w, &f->login, LINE_TEXT, login.at ? login : STR(""), "off");
    field_select(&p->w, &f->person, choices, n);
    field_checks(&p->w, &(struct field_info){.name = "rights", .label = T(p, MSG_ACCOUNTS_RIGHTS), .show_optional = true,
                                             .support = T(p, is_alone ? MSG_ACCOUNTS_ALONE : MSG_ACCOUNTS_NOT_ALONE)}, rights,
                 ARRAY_LEN(rights));
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_ACCOUNTS_ADD), STR_NONE, STR_NONE);
    form_end(&p->w);
}

/* Whose code was just made: of the approved proposal, or of the very first account. */
static struct str code_login(struct page *p)
{
    const char *reset = page_field(p, STR("reset"));
    ROWS_AUTO *row = NULL;

    if (!*reset)
        return form_get(&p->form, STR("login"));
    if (STORE_ONE(p->worker->store, &row, STMT_RESET_GET, V_TEXT(reset)))
        return STR("");
    return arena_str(p->arena, rows_str(row, 0));
}

static void show_account_answer(struct page *p, const json_t *answer, const struct add_form *f)
{
    if (!answer)
        return;
    if (json_flag(answer, "ok") && *json_str(answer, "code")) {
        notice(&p->w, NOTICE_SUCCESS,
               TF(p, MSG_ACCOUNTS_CODE_IS, {"login", code_login(p)}, {"code", str_of(json_str(answer, "code"))}),
               T(p, MSG_ACCOUNTS_CODE_TEXT));
    } else if (json_flag(answer, "ok")) {
        notice(&p->w, NOTICE_SUCCESS, T(p, MSG_ACCOUNTS_DONE), STR_NONE);
    } else {
        const struct field_info *const fields[] = {&f->login, &f->person};

        p->resp->status = page_answer_status(answer);
        if (f->login.error.at || f->person.error.at)
            error_summary(&p->w, fields, ARRAY_LEN(fields));
        else
            page_answer_notice(p, answer);
    }
}

static bool is_add(struct page *p)
{
    return p->req->method == HTTP_POST && !strcmp(page_field(p, STR("op")), "account-add");
}

/* The account that is to be closed or opened again, by the address or by a form that was not taken; "" none. */
static const char *changed_login(struct page *p, const json_t *answer)
{
    const char *op = page_field(p, STR("op"));

    if (p->req->method != HTTP_POST)
        return page_query(p, STR("about"));
    if (json_flag(answer, "ok") || (strcmp(op, "account-close") && strcmp(op, "account-reopen")))
        return "";
    return page_field(p, STR("login"));
}

static int write_accounts(struct page *p, const json_t *answer)
{
    bool is_admin = p->session.rights & RIGHT_ADMINISTRATOR, is_alone;
    struct add_form add;
    int r = add_form_init(&add, p, answer && !json_flag(answer, "ok") && is_add(p) ? answer : NULL);

    if (r)
        return r;
    page_begin(p, T(p, MSG_ACCOUNTS_TITLE), NAV_ACCOUNTS);
    show_account_answer(p, answer, &add);
    if (*changed_login(p, answer) && (r = account_change_show(p, changed_login(p, answer), answer)))
        return r;
    if ((r = show_accounts(p)) || (r = show_resets(p)))
        return r;
    if (is_admin && (r = tokens_of_all(p, STR("/admin/accounts"))))
        return r;
    if (is_admin && (r = account_gives_alone(p->worker->store, &is_alone)))
        return r;
    if (is_admin)
        show_add(p, &add, is_alone);
    return page_end(p);
}

int accounts_page(struct page *p)
{
    int r;

    return page_allows(p, RIGHT_ADMINISTRATOR | RIGHT_ACCOUNT_RESET, &r) ? write_accounts(p, NULL) : r;
}

static struct str rights_sent(struct page *p)
{
    struct str all = STR("");

    for (size_t i = 0; i < form_count(&p->form, STR("rights")); i++)
        all = page_text(p, "%.*s%s%.*s", STR_ARG(all), all.len ? ";" : "",
                        STR_ARG(form_get_nth(&p->form, STR("rights"), i)));
    return all;
}

static json_t *accounts_message(struct page *p)
{
    const char *op = page_field(p, STR("op"));

    if (!strcmp(op, "reset-approve"))
        return json_pack("{s:s, s:s}", "op", op, "reset", page_field(p, STR("reset")));
    if (!strcmp(op, "token-end"))
        return token_end_message(p);
    if (!strcmp(op, "account-close") || !strcmp(op, "account-reopen"))
        return json_pack("{s:s, s:s, s:s}", "op", op, "login", page_field(p, STR("login")), "reason", page_field(p, STR("reason")));
    if (!strcmp(op, "reset-propose"))
        return json_pack("{s:s, s:s}", "op", op, "login", page_field(p, STR("login")));
    return json_pack("{s:s, s:s, s:s, s:s%}", "op", "account-add", "login", page_field(p, STR("login")), "person",
                     page_field(p, STR("person")), "rights", rights_sent(p).at, rights_sent(p).len);
}

int accounts_act(struct page *p)
{
    json_t *answer;
    int r;

    if (!page_allows(p, RIGHT_ADMINISTRATOR | RIGHT_ACCOUNT_RESET, &r))
        return r;
    answer = page_ask(p, accounts_message(p));
    return answer ? write_accounts(p, answer) : -ENOMEM;
}

/* ---- packs ---- */

static struct str till(struct page *p, struct rows *rows, int col)
{
    int64_t day = rows_int(rows, col);

    return rows_is_null(rows, col) || day >= FORCE_OPEN ? STR("") : day_words(p, (int32_t)day);
}

/* What the text asks less of than the one before it: whoever adopts it sees all of that. */
static int show_falls(struct page *p, const char *hash)
{
    CLEANUP(pack_unrefp) struct pack *pack = NULL;
    ROWS_AUTO *row = NULL;
    const struct pack *before;
    struct fall *falls;
    size_t n = 0;
    int r = store_errno(STORE_ONE(p->worker->store, &row, STMT_PACK_GET, V_TEXT(hash)));

    if (!r && (r = pack_load_canonical(rows_str(row, 3), &pack, NULL)) > 0)
        r = -EIO;
    before = r ? NULL : engine_pack_before(p->worker->engine, pack);
    if (before)
        r = pack_falls(before, pack, p->arena, &falls, &n);
    if (r || !n)
        return r;
    html_element(&p->html, HTML_P, NULL, T(p, MSG_PACKS_EASES));
    html_begin(&p->html, HTML_UL, NULL);
    for (size_t i = 0; i < n; i++) {
        struct str title = text2_words(p, falls[i].title), how = text2_words(p, falls[i].how);

        html_element(&p->html, HTML_LI, NULL, page_text(p, "%.*s: %.*s", STR_ARG(title), STR_ARG(how)));
    }
    html_close(&p->html, HTML_UL);
    return 0;
}

static int pack_row(struct page *p, struct table *t, struct rows *rows)
{
    int r = 0;
    bool is_adopted = !rows_is_null(rows, 6);
    struct str hash = arena_str(p->arena, rows_str(rows, 0));
    const char *by = arena_strdup(p->arena, rows_str(rows, 5));

    row_begin(&p->w, t);
    cell_text(&p->w, t, arena_str(p->arena, rows_str(rows, 1)));
    cell_text(&p->w, t, page_text(p, "%.*s 〜 %.*s", STR_ARG(till(p, rows, 2)), STR_ARG(till(p, rows, 3))));
    cell_text(&p->w, t, page_text(p, "%.16s…", hash.at));
    cell_text(&p->w, t, page_text(p, "%.*s（%.*s）", STR_ARG(person_words(p, by ? by : "")),
                                  STR_ARG(instant_words(p, (uint64_t)rows_int(rows, 4)))));
    cell_begin(&p->w, t);
    if (is_adopted)
        html_text(&p->html, instant_words(p, (uint64_t)rows_int(rows, 6)));
    else if (by && !strcmp(by, p->session.person))
        html_text(&p->html, T(p, MSG_PACKS_SECOND));
    else
        operation_button(p, STR("/admin/packs"), "pack-adopt", "hash", hash, MSG_PACKS_ADOPT);
    if (!is_adopted)
        r = show_falls(p, hash.at);
    cell_end(&p->w, t);
    row_end(&p->w, t);
    return r;
}

static int write_packs(struct page *p, const json_t *answer)
{
    const struct column columns[] = {{.heading = T(p, MSG_PACKS_ID), .is_row_heading = true},
                                     {.heading = T(p, MSG_CLAUSES_IN_FORCE)}, {.heading = T(p, MSG_PACKS_HASH)},
                                     {.heading = T(p, MSG_ACCOUNTS_PROPOSED_BY)}, {.heading = T(p, MSG_PACKS_ADOPTED)}};
    ROWS_AUTO *rows = NULL;
    struct table t;
    int r;

    page_begin(p, T(p, MSG_PACKS_TITLE), NAV_PACKS);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_PACKS_TEXT));
    if (answer && !json_flag(answer, "ok")) {
        p->resp->status = page_answer_status(answer);
        page_answer_notice(p, answer);
    } else if (answer) {
        notice(&p->w, NOTICE_SUCCESS, T(p, MSG_PACKS_DONE), STR_NONE);
    }
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_PACKS_TITLE));
    if ((r = STORE_QUERY(p->worker->store, &rows, STMT_PACK_LIST)))
        return store_errno(r);
    while ((r = rows_next(rows)) == 1)
        if ((r = pack_row(p, &t, rows)))
            return r;
    table_end(&p->w, &t);
    return r ? r : page_end(p);
}

int packs_page(struct page *p)
{
    int r;

    return page_allows(p, RIGHT_ADMINISTRATOR, &r) ? write_packs(p, NULL) : r;
}

int packs_act(struct page *p)
{
    json_t *answer;
    int r;

    if (!page_allows(p, RIGHT_ADMINISTRATOR, &r))
        return r;
    answer = page_ask(p, json_pack("{s:s, s:s}", "op", "pack-adopt", "hash", page_field(p, STR("hash"))));
    if (!answer)
        return -ENOMEM;
    if (json_flag(answer, "ok") && (r = engine_refresh(p->worker->engine, NULL)))
        return r;
    return write_packs(p, answer);
}
