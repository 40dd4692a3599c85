/* Closing somebody's account, and opening it again: asked for in the list of accounts, done with a reason in a form of its own. */
#include "web/pages.h"
#include "web/words.h"

static enum message_key reason_key(const char *reason)
{
    static const struct {
        const char *word;
        enum message_key key;
    } rows[] = {{"left", MSG_ACCOUNTS_REASON_LEFT},       {"absent", MSG_ACCOUNTS_REASON_ABSENT},
                {"duty", MSG_ACCOUNTS_REASON_DUTY},       {"leak", MSG_ACCOUNTS_REASON_LEAK},
                {"mistake", MSG_ACCOUNTS_REASON_MISTAKE}, {"back", MSG_ACCOUNTS_REASON_BACK},
                {"needed", MSG_ACCOUNTS_REASON_NEEDED},   {"wrongly", MSG_ACCOUNTS_REASON_WRONGLY}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!strcmp(rows[i].word, reason))
            return rows[i].key;
    return MSG_ACCOUNTS_REASON_MISTAKE;
}

#define REASONS_MAX 8

static void reason_row(struct page *p, bool is_closing, struct str error)
{
    struct field_choice choices[REASONS_MAX];
    struct str chosen = form_get(&p->form, STR("reason"));
    const char *word;
    size_t n = 0;

    for (; n < REASONS_MAX && (word = account_reason(is_closing, n)); n++)
        choices[n] = (struct field_choice){str_of(word), T(p, reason_key(word)), STR_NONE,
                                           str_eq(chosen, str_of(word))};
    field_choice(&p->w,
                 &(struct field_info){.name = "reason",
                                      .label = T(p, MSG_ACCOUNTS_REASON),
                                      .is_required = true,
                                      .error = error},
                 choices, n);
}

static bool may_change(struct page *p, const struct account *a)
{
    return p->session.rights & RIGHT_ADMINISTRATOR && strcmp(a->login, p->session.login) != 0;
}

void account_change_link(struct page *p, const struct account *a)
{
    if (may_change(p, a))
        link_show(
            p,
            T(p, a->state == ACCOUNT_CLOSED ? MSG_ACCOUNTS_REOPEN_LINK : MSG_ACCOUNTS_CLOSE_LINK),
            page_text(p, "/admin/accounts?about=%.*s", STR_ARG(page_encoded(p, str_of(a->login)))));
}

int account_change_show(struct page *p, const char *login, const json_t *answer)
{
    struct account a;
    bool is_closing, is_alone, lacks_reason = !strcmp(json_str(answer, "error"), "invalid");
    int r = account_get(p->worker->store, login, &a);

    if (r || !may_change(p, &a))
        return MIN_OF(r, 0);
    is_closing = a.state != ACCOUNT_CLOSED;
    if ((r = account_gives_alone(p->worker->store, &is_alone)))
        return r;
    html_element(&p->html, HTML_H2, NULL,
                 T(p, is_closing ? MSG_ACCOUNTS_CLOSE : MSG_ACCOUNTS_REOPEN));
    html_element(&p->html, HTML_P, NULL,
                 TF(p, is_closing ? MSG_ACCOUNTS_CLOSE_TEXT : MSG_ACCOUNTS_REOPEN_TEXT,
                    {"login", arena_str(p->arena, str_of(a.login))},
                    {"name", person_words(p, arena_strdup(p->arena, str_of(a.person)))}));
    if (!is_closing && a.rights & RIGHT_ADMINISTRATOR)
        html_element(&p->html, HTML_P, NULL, T(p, is_alone ? MSG_ACCOUNTS_ALONE : MSG_ACCOUNTS_NOT_ALONE));
    page_form_begin(p, STR("/admin/accounts"), false);
    field_hidden(&p->w, "op", is_closing ? STR("account-close") : STR("account-reopen"));
    field_hidden(&p->w, "login", arena_str(p->arena, str_of(a.login)));
    reason_row(p, is_closing, lacks_reason ? page_answer_words(p, answer) : STR_NONE);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, is_closing ? BUTTON_DANGER : BUTTON_SOLID,
                  T(p, is_closing ? MSG_ACCOUNTS_CLOSE : MSG_ACCOUNTS_REOPEN), STR_NONE, STR_NONE);
    button_link(&p->w, BUTTON_OUTLINE, T(p, MSG_FORM_CANCEL), STR("/admin/accounts"));
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
    return 0;
}
