/* 通知の受け取り方: to which address, in which language and when a person is mailed; his own, or, for administrators, anybody's. */
#include "web/pages.h"
#include "web/words.h"

#include "base/mail-address.h"

#include <errno.h>

#define DIGEST_DEFAULT_MINUTE 510 /* 8:30 */
#define STEP_MINUTES 30

struct contact {
    const char *person;
    struct str mail;
    bool is_english, at_once;
    int64_t minute;
    struct str mail_error;
};

/* ---- what is set, or was typed ---- */

static int contact_read(struct page *p, const char *person, struct contact *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(p->worker->store, &row, STMT_CONTACT_GET, V_TEXT(person));

    *ret = (struct contact){
        .person = person, .mail = STR(""), .at_once = true, .minute = DIGEST_DEFAULT_MINUTE};
    if (r)
        return r == STORE_E_NONE ? 0 : store_errno(r);
    ret->mail = arena_str(p->arena, rows_str(row, 0));
    ret->is_english = !strcmp(rows_text(row, 1), "en");
    ret->minute = rows_int(row, 2);
    ret->at_once = rows_int(row, 3) != 0;
    return ret->mail.at ? 0 : -ENOMEM;
}

static struct contact contact_typed(struct page *p, const char *person)
{
    struct contact c = {.person = person,
                        .mail = str_trim(form_get(&p->form, STR("mail"))),
                        .is_english = str_eq(form_get(&p->form, STR("language")), STR("en")),
                        .at_once = !str_eq(form_get(&p->form, STR("urgent")), STR("digest"))};

    if (!c.mail.at)
        c.mail = STR("");
    if (str_to_i64(form_get(&p->form, STR("minute")), 0, 24 * 60 - 1, &c.minute))
        c.minute = DIGEST_DEFAULT_MINUTE;
    if (c.mail.len && !mail_address_ok(c.mail))
        c.mail_error = T(p, MSG_CONTACT_MAIL_BAD);
    return c;
}

/* ---- the form ---- */

static void show_minutes(struct page *p, const struct contact *c)
{
    struct field_choice choices[24 * 60 / STEP_MINUTES + 1];
    size_t n = 0;

    for (int minute = 0; minute < 24 * 60; minute += STEP_MINUTES)
        choices[n++] = (struct field_choice){page_text(p, "%d", minute),
                                             page_text(p, "%d:%02d", minute / 60, minute % 60),
                                             STR_NONE, c->minute == minute};
    if (c->minute % STEP_MINUTES)
        choices[n++] =
            (struct field_choice){page_text(p, "%d", (int)c->minute),
                                  page_text(p, "%d:%02d", (int)c->minute / 60, (int)c->minute % 60),
                                  STR_NONE, true};
    field_select(&p->w,
                 &(struct field_info){.name = "minute",
                                      .label = T(p, MSG_CONTACT_MINUTE),
                                      .support = T(p, MSG_CONTACT_MINUTE_SUPPORT),
                                      .is_required = true},
                 choices, n);
}

static void show_form(struct page *p, struct str action, const struct contact *c)
{
    const struct field_info mail = {.name = "mail",
                                    .label = T(p, MSG_CONTACT_MAIL),
                                    .support = T(p, MSG_CONTACT_MAIL_SUPPORT),
                                    .error = c->mail_error,
                                    .show_optional = true};
    const struct field_info *const fields[] = {&mail};
    const struct field_choice languages[] = {{STR("ja"), STR("日本語"), STR_NONE, !c->is_english},
                                             {STR("en"), STR("English"), STR_NONE, c->is_english}};
    const struct field_choice urgent[] = {
        {STR("once"), T(p, MSG_CONTACT_URGENT_ONCE), STR_NONE, c->at_once},
        {STR("digest"), T(p, MSG_CONTACT_URGENT_DIGEST), STR_NONE, !c->at_once}};

    if (c->mail_error.at)
        error_summary(&p->w, fields, ARRAY_LEN(fields));
    page_form_begin(p, action, true);
    field_hidden(&p->w, "op", STR("save"));
    field_text(&p->w, &mail, LINE_TEXT, c->mail, "email");
    field_choice(&p->w,
                 &(struct field_info){
                     .name = "language", .label = T(p, MSG_CONTACT_LANGUAGE), .is_required = true},
                 languages, ARRAY_LEN(languages));
    show_minutes(p, c);
    field_choice(&p->w,
                 &(struct field_info){
                     .name = "urgent", .label = T(p, MSG_CONTACT_URGENT), .is_required = true},
                 urgent, ARRAY_LEN(urgent));
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_CONTACT_SAVE), STR_NONE, STR_NONE);
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

/* Only to the address that is set, not to one that was merely typed. */
static void show_test(struct page *p, struct str action, const struct contact *set)
{
    if (!set->mail.len || !*engine_setting(p->worker->engine, "mail.server"))
        return;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_CONTACT_TEST));
    html_element(&p->html, HTML_P, NULL, TF(p, MSG_CONTACT_TEST_TEXT, {"mail", set->mail}));
    page_form_begin(p, action, false);
    field_hidden(&p->w, "op", STR("test"));
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_CONTACT_TEST_BUTTON), STR_NONE, STR_NONE);
    form_end(&p->w);
}

static void show_answer(struct page *p, const json_t *answer)
{
    if (!answer)
        return;
    if (!json_flag(answer, "ok")) {
        p->resp->status = page_answer_status(answer);
        page_answer_notice(p, answer);
    } else if (json_object_get(answer, "id")) {
        notice(&p->w, NOTICE_SUCCESS, T(p, MSG_CONTACT_TEST_QUEUED),
               T(p, MSG_CONTACT_TEST_QUEUED_TEXT));
    } else {
        notice(&p->w, NOTICE_SUCCESS, T(p, MSG_CONTACT_SAVED), STR_NONE);
    }
}

/* `typed` NULL: what is set. */
static int write_contact(struct page *p, const char *person, const struct contact *typed,
                         const json_t *answer)
{
    bool is_own = !strcmp(person, p->session.person);
    struct str action =
        is_own ? STR("/settings")
               : page_text(p, "/admin/contacts/%.*s", STR_ARG(page_encoded(p, str_of(person))));
    struct contact set;
    int r = contact_read(p, person, &set);

    if (r)
        return r;
    if (!is_own) {
        page_crumb(p, T(p, MSG_ACCOUNTS_TITLE), STR("/admin/accounts"));
        page_crumb(p, person_words(p, person), STR_NONE);
    }
    page_begin(p,
               is_own ? T(p, MSG_CONTACT_TITLE)
                      : TF(p, MSG_CONTACT_OF, {"person", person_words(p, person)}),
               is_own ? NAV_NONE : NAV_ACCOUNTS);
    show_answer(p, answer);
    if (typed && typed->mail_error.at)
        p->resp->status = 422;
    html_element(&p->html, HTML_P, NULL, T(p, MSG_CONTACT_TEXT));
    if (!*engine_setting(p->worker->engine, "mail.server"))
        notice(&p->w, NOTICE_INFO, T(p, MSG_CONTACT_NO_SERVER), T(p, MSG_CONTACT_NO_SERVER_TEXT));
    show_form(p, action, typed ? typed : &set);
    show_test(p, action, &set);
    return page_end(p);
}

/* ---- saving ---- */

static json_t *save_message(const struct contact *c)
{
    return json_pack("{s:s, s:s, s:s%, s:s, s:I, s:i}", "op", "contact-set", "person", c->person,
                     "mail", c->mail.at, c->mail.len, "language", c->is_english ? "en" : "ja",
                     "minute", (json_int_t)c->minute, "urgent", c->at_once);
}

static int act_on(struct page *p, const char *person)
{
    bool is_test = str_eq(form_get(&p->form, STR("op")), STR("test"));
    struct contact typed = contact_typed(p, person);
    json_t *answer;

    if (!is_test && typed.mail_error.at)
        return write_contact(p, person, &typed, NULL);
    answer = page_ask(p, is_test ? json_pack("{s:s, s:s}", "op", "mail-test", "person", person)
                                 : save_message(&typed));
    if (!answer)
        return -ENOMEM;
    return write_contact(p, person, is_test || json_flag(answer, "ok") ? NULL : &typed, answer);
}

int settings_page(struct page *p)
{
    return write_contact(p, p->session.person, NULL, NULL);
}

int settings_act(struct page *p)
{
    return act_on(p, p->session.person);
}

/* A person with an account; the page is answered already when there is none, or it is not his to see. */
static const char *other_person(struct page *p, int *ret)
{
    const char *person = page_param(p, STR("person"));
    struct account there;

    if (!page_allows(p, RIGHT_ADMINISTRATOR, ret))
        return NULL;
    if (!(*ret = account_of_person(p->worker->store, person, &there)))
        return person;
    if (*ret > 0)
        *ret = page_not_found(p);
    return NULL;
}

int contact_page(struct page *p)
{
    int r;
    const char *person = other_person(p, &r);

    return person ? write_contact(p, person, NULL, NULL) : r;
}

int contact_act(struct page *p)
{
    int r;
    const char *person = other_person(p, &r);

    return person ? act_on(p, person) : r;
}
