/* Signing in and out, the idle lock, passwords and the codes that give one. */
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>
#include <stdio.h>

/* A path of ours from a form or the query, else home. */
static struct str next_path(const struct form_data *f)
{
    struct str path = form_get(f, STR("next"));

    return path.at && http_path_is_local(path) ? path : STR("/");
}

static struct str name_in(const struct form_data *f, struct str name)
{
    struct str v = form_get(f, name);

    return v.at ? v : STR("");
}

static json_t *message_of(struct page *p, const char *op, const char *const *names, size_t n)
{
    json_t *m = json_pack("{s:s}", "op", op);

    for (size_t i = 0; m && i < n; i++)
        if (json_put_strn(m, names[i], name_in(&p->form, str_of(names[i])))) {
            json_decref(m);
            return NULL;
        }
    return m;
}

static int set_session(struct page *p, const json_t *answer)
{
    return http_response_cookie(p->resp, session_cookie_name(p->req), str_of(json_str(answer, "cookie")), -1,
                                p->req->is_secure);
}

static void password_row(struct page *p, const char *name, enum message_key label, const char *autocomplete)
{
    field_text(&p->w, &(struct field_info){.name = name, .label = T(p, label), .is_required = true}, LINE_PASSWORD, STR(""),
               autocomplete);
}

static void submit_row(struct page *p, enum message_key label)
{
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, label), STR_NONE, STR_NONE);
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

/* The text's own answer when the keeper refused, as a notice above the form. */
static void show_answer(struct page *p, const json_t *answer)
{
    if (!answer)
        return;
    p->resp->status = page_answer_status(answer);
    page_answer_notice(p, answer);
}

/* ---- sign in ---- */

struct sign_in_form {
    struct str login, next;
    struct str kept; /* what was sent, sealed; at NULL: nothing */
};

/* Somebody who did not mean to be here is told why he is, and that nothing was entered. */
static void show_ended(struct page *p)
{
    bool had_session = http_request_cookie(p->req, session_cookie_name(p->req)).len, is_kept = kept_may(p);
    struct str why = T(p, had_session ? MSG_SIGN_IN_ENDED_OVER : MSG_SIGN_IN_ENDED_OUT);
    enum message_key what = !is_kept ? MSG_SIGN_IN_ENDED_LOST : kept_drops_file(p) ? MSG_SIGN_IN_ENDED_FILE : MSG_SIGN_IN_ENDED_KEPT;

    if (p->req->method != HTTP_POST) {
        notice(&p->w, NOTICE_WARNING, T(p, MSG_SIGN_IN_ENDED), why);
        return;
    }
    notice(&p->w, NOTICE_WARNING, T(p, MSG_SIGN_IN_ENDED_SENT),
           page_text(p, "%.*s%s%.*s", STR_ARG(why), p->lang == MESSAGE_EN ? " " : "",
                     STR_ARG(T(p, what))));
}

static int write_sign_in(struct page *p, const struct sign_in_form *f, bool is_ended, const json_t *answer)
{
    page_begin(p, T(p, MSG_SIGN_IN_TITLE), NAV_NONE);
    show_answer(p, answer);
    if (form_get(&p->query, STR("done")).at)
        notice(&p->w, NOTICE_SUCCESS, T(p, MSG_RESET_DONE), STR_NONE);
    if (is_ended)
        show_ended(p);
    else if (f->kept.len)
        notice(&p->w, NOTICE_INFO, T(p, MSG_SIGN_IN_ENDED_KEPT), STR_NONE);
    page_form_begin(p, STR("/sign-in"), false);
    field_hidden(&p->w, "next", f->next);
    if (f->kept.len)
        field_hidden(&p->w, "kept", f->kept);
    field_text(&p->w, &(struct field_info){.name = "login", .label = T(p, MSG_SIGN_IN_LOGIN), .is_required = true},
               LINE_TEXT, f->login, "username");
    password_row(p, "password", MSG_SIGN_IN_PASSWORD, "current-password");
    submit_row(p, MSG_SIGN_IN_BUTTON);
    html_open(&p->html, HTML_P);
    link_show(p, T(p, MSG_SIGN_IN_FORGOTTEN), STR("/reset"));
    html_close(&p->html, HTML_P);
    return page_end(p);
}

int sign_in_page(struct page *p)
{
    struct sign_in_form f = {.login = STR(""), .next = next_path(&p->query)};

    if (p->standing == PAGE_SIGNED_IN)
        return page_go(p, f.next);
    return write_sign_in(p, &f, form_get(&p->query, STR("ended")).at, NULL);
}

int sign_in_first(struct page *p)
{
    struct sign_in_form f = {.login = STR(""), .next = p->req->path};
    int r = kept_seal(p, &f.kept);

    p->resp->status = 401;
    return r ? r : write_sign_in(p, &f, true, NULL);
}

/* ---- what was sent before ---- */

/* A step's form shows what is in it before it is sent, too. */
static bool is_step(struct str path)
{
    return str_starts(path, STR("/records/")) || str_starts(path, STR("/registers/"));
}

/* Every field again, and one button; of a step also one that only shows the form with them. */
static int write_kept(struct page *p, struct str path, const struct form_data *form)
{
    page_begin(p, T(p, MSG_UNLOCK_AGAIN_TITLE), NAV_NONE);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_UNLOCK_AGAIN_TEXT));
    page_form_begin(p, path, true);
    for (size_t i = 0; i < form->n; i++)
        if (!form->fields[i].is_file && !str_eq(form->fields[i].name, STR(STEP_SECRET)) && !str_eq(form->fields[i].name, STR("csrf")) && !str_eq(form->fields[i].name, STR(STEP_LOOK)))
            field_hidden(&p->w, page_text(p, "%.*s", STR_ARG(form->fields[i].name)).at, form->fields[i].value);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_UNLOCK_AGAIN_BUTTON), STR_NONE, STR_NONE);
    if (is_step(path))
        button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_UNLOCK_AGAIN_LOOK), STR(STEP_LOOK), STR("1"));
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
    return page_end(p);
}

int kept_page(struct page *p)
{
    p->resp->status = 409;
    return write_kept(p, p->req->path, &p->form);
}

/* The person has given his password; what comes back is opened if it is his. */
static int open_kept(struct page *p, struct str sealed)
{
    struct kept kept;
    int r = kept_open(p, sealed, p->session.login, &kept);

    if (r < 0)
        return r;
    if (r == KEPT_E_OTHER)
        return page_problem(p, 200, T(p, MSG_KEPT_OTHER), T(p, MSG_KEPT_OTHER_TEXT));
    if (r)
        return page_problem(p, 200, T(p, MSG_KEPT_NONE), T(p, MSG_KEPT_NONE_TEXT));
    return write_kept(p, kept.path, &kept.form);
}

/* From the next line on the request is the new session's. */
static int go_on(struct page *p, const json_t *answer, struct str kept)
{
    int r = session_get(p->worker->store, str_of(json_str(answer, "cookie")), clock_real_us(), &p->session);

    if (r)
        return r < 0 ? r : page_go(p, STR("/sign-in"));
    p->standing = PAGE_SIGNED_IN;
    return open_kept(p, kept);
}

int sign_in_act(struct page *p)
{
    static const char *const names[] = {"login", "password"};
    struct sign_in_form f = {.login = name_in(&p->form, STR("login")), .next = next_path(&p->form),
                             .kept = form_get(&p->form, STR("kept"))};
    json_t *answer;
    int r;

    answer = page_ask(p, message_of(p, "sign-in", names, ARRAY_LEN(names))); /* ends the browser's former session */
    p->cookie = STR_NONE;
    p->standing = PAGE_NOBODY;
    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        return write_sign_in(p, &f, false, answer);
    if ((r = set_session(p, answer)))
        return r;
    return f.kept.len ? go_on(p, answer, f.kept) : page_go(p, f.next);
}

int sign_out_act(struct page *p)
{
    json_t *answer = page_ask(p, json_pack("{s:s}", "op", "sign-out"));
    int r;

    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        return page_problem(p, page_answer_status(answer), T(p, MSG_KEEPER_NOT_DONE), page_answer_words(p, answer));
    r = http_response_cookie(p->resp, session_cookie_name(p->req), STR("x"), 0, p->req->is_secure);
    return r ? r : page_go(p, STR("/sign-in"));
}

/* ---- the idle lock ---- */

static int write_unlock(struct page *p, struct str next, struct str kept, const json_t *answer)
{
    page_begin(p, T(p, MSG_UNLOCK_TITLE), NAV_NONE);
    show_answer(p, answer);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_UNLOCK_TEXT));
    if (kept.len)
        notice(&p->w, NOTICE_INFO, T(p, MSG_UNLOCK_KEPT), STR_NONE);
    page_form_begin(p, STR("/unlock"), false);
    field_hidden(&p->w, "next", next);
    if (kept.len)
        field_hidden(&p->w, "kept", kept);
    html_begin(&p->html, HTML_P, "tj-locked-login");
    html_text(&p->html, TF(p, MSG_UNLOCK_LOGIN, {"login", str_of(p->session.login)}));
    html_close(&p->html, HTML_P);
    password_row(p, "password", MSG_SIGN_IN_PASSWORD, "current-password");
    submit_row(p, MSG_UNLOCK_BUTTON);
    html_open(&p->html, HTML_P);
    link_show(p, T(p, MSG_UNLOCK_OTHER), STR("/sign-in"));
    html_close(&p->html, HTML_P);
    return page_end(p);
}

int locked_page(struct page *p)
{
    bool is_post = p->req->method == HTTP_POST;
    struct str kept;
    int r = kept_seal(p, &kept);

    p->resp->status = is_post ? 401 : 200;
    return r ? r : write_unlock(p, is_post ? p->req->path : page_here(p), kept, NULL);
}

int unlock_page(struct page *p)
{
    if (p->standing == PAGE_NOBODY)
        return page_go(p, STR("/sign-in"));
    if (p->standing == PAGE_SIGNED_IN)
        return page_go(p, STR("/"));
    return write_unlock(p, STR("/"), STR_NONE, NULL);
}

int unlock_act(struct page *p)
{
    static const char *const names[] = {"password"};
    struct str next = next_path(&p->form), kept = form_get(&p->form, STR("kept"));
    json_t *answer;
    int r;

    if (p->standing == PAGE_NOBODY)
        return page_go(p, STR("/sign-in"));
    answer = page_ask(p, message_of(p, "unlock", names, ARRAY_LEN(names)));
    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        return write_unlock(p, next, kept, answer);
    if ((r = set_session(p, answer)))
        return r;
    if (!kept.len)
        return page_go(p, next);
    snprintf(p->session.csrf, sizeof(p->session.csrf), "%s", json_str(answer, "csrf"));
    p->standing = PAGE_SIGNED_IN;
    return open_kept(p, kept);
}

/* ---- passwords ---- */

static bool repeats(struct page *p)
{
    return str_eq(name_in(&p->form, STR("password")), name_in(&p->form, STR("again")));
}

/* The two rows of a new password, and what is wrong with them: they differ, or the keeper found the first one weak. */
struct new_password {
    struct field_info first, again;
};

static struct new_password new_password(struct page *p, bool differs, const json_t *answer)
{
    struct new_password n = {.first = {.name = "password", .label = T(p, MSG_PASSWORD_NEW),
                                       .support = T(p, MSG_PASSWORD_SUPPORT), .is_required = true},
                             .again = {.name = "again", .label = T(p, MSG_PASSWORD_AGAIN), .is_required = true}};

    if (differs)
        n.again.error = T(p, MSG_PASSWORD_DIFFERS);
    if (!strcmp(json_str(answer, "error"), "weak"))
        n.first.error = page_answer_words(p, answer);
    return n;
}

static void show_faults(struct page *p, const struct new_password *n, const json_t *answer)
{
    const struct field_info *const fields[] = {&n->first, &n->again};

    if (!n->first.error.at && !n->again.error.at) {
        show_answer(p, answer);
        return;
    }
    p->resp->status = 422;
    error_summary(&p->w, fields, ARRAY_LEN(fields));
}

static void new_password_rows(struct page *p, const struct new_password *n)
{
    field_text(&p->w, &n->first, LINE_PASSWORD, STR(""), "new-password");
    field_text(&p->w, &n->again, LINE_PASSWORD, STR(""), "new-password");
}

static int write_reset(struct page *p, bool differs, const json_t *answer)
{
    struct new_password n = new_password(p, differs, answer);

    page_begin(p, T(p, MSG_RESET_TITLE), NAV_NONE);
    show_faults(p, &n, answer);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_RESET_TEXT));
    page_form_begin(p, STR("/reset"), false);
    field_text(&p->w, &(struct field_info){.name = "login", .label = T(p, MSG_SIGN_IN_LOGIN), .is_required = true},
               LINE_TEXT, name_in(&p->form, STR("login")), "username");
    field_text(&p->w, &(struct field_info){.name = "code", .label = T(p, MSG_RESET_CODE),
                                           .support = T(p, MSG_RESET_CODE_SUPPORT), .is_required = true},
               LINE_TEXT, name_in(&p->form, STR("code")), "one-time-code");
    new_password_rows(p, &n);
    submit_row(p, MSG_PASSWORD_BUTTON);
    return page_end(p);
}

int reset_page(struct page *p)
{
    return write_reset(p, false, NULL);
}

int reset_act(struct page *p)
{
    static const char *const names[] = {"login", "code", "password"};
    json_t *answer;

    if (!repeats(p))
        return write_reset(p, true, NULL);
    p->cookie = STR_NONE;
    answer = page_ask(p, message_of(p, "reset-use", names, ARRAY_LEN(names)));
    if (!answer)
        return -ENOMEM;
    return json_flag(answer, "ok") ? page_go(p, STR("/sign-in?done=reset")) : write_reset(p, false, answer);
}

static int write_password(struct page *p, bool differs, const json_t *answer)
{
    struct new_password n = new_password(p, differs, answer);

    page_begin(p, T(p, MSG_PASSWORD_TITLE), NAV_NONE);
    show_faults(p, &n, answer);
    page_form_begin(p, STR("/password"), false);
    password_row(p, "old", MSG_PASSWORD_OLD, "current-password");
    new_password_rows(p, &n);
    submit_row(p, MSG_PASSWORD_BUTTON);
    return page_end(p);
}

int password_page(struct page *p)
{
    return write_password(p, false, NULL);
}

int password_act(struct page *p)
{
    static const char *const names[] = {"old", "password"};
    json_t *answer;

    if (!repeats(p))
        return write_password(p, true, NULL);
    answer = page_ask(p, message_of(p, "password-set", names, ARRAY_LEN(names)));
    if (!answer)
        return -ENOMEM;
    return json_flag(answer, "ok") ? page_go(p, STR("/sign-in?done=password")) : write_password(p, false, answer);
}
