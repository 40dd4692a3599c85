#include "keeper/account-operation.h"

#include "force/account.h"
#include "keeper/account-held.h"
#include "keeper/device-operation.h"
#include "keeper/token-operation.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

static const struct {
    int answer;
    const char *code, *ja, *en;
} account_errors[] = {
    {ACCOUNT_E_NONE, "none", "該当するものがありません。", "There is no such account, session or proposal."},
    {ACCOUNT_E_EXISTS, "exists", "その名前はすでに使われているか、その職員には利用者登録があります。",
     "That login is taken, or the person has an account already."},
    {ACCOUNT_E_INVALID, "invalid", "利用者名、職員又は権限の書き方が正しくありません。", "No login, person or right could be written so."},
    {ACCOUNT_E_REFUSED, "refused", "利用者名又はパスワード（又はコード）が違うか、続けて誤ったため待ち時間中です。",
     "Wrong login, password or code, or too soon after failed attempts."},
    {ACCOUNT_E_LOCKED, "locked", "画面が施錠されています。パスワードを入力してください。", "The session is locked. Give your password."},
    {ACCOUNT_E_RIGHT, "forbidden", "その操作の権限がありません。", "You do not have the right to do that."},
    {ACCOUNT_E_SELF, "forbidden", "自分自身の利用者登録には行えません。別の人が行ってください。",
     "Nobody does this for his own account. Another person has to."},
    {ACCOUNT_E_SAME, "forbidden", "申し出た本人は承認できません。別の人が承認してください。",
     "Who proposed it cannot approve it. Another person has to."},
    {ACCOUNT_E_OVER, "over", "すでに済んでいるか、期限が切れています。", "It is done already, or has expired."},
    {ACCOUNT_E_CLOSED, "closed", "その利用者登録は閉じられています。", "That account is closed."},
    {ACCOUNT_E_LAST, "forbidden", "最後の管理者は外せません。", "The last administrator stays."},
    {ACCOUNT_E_SECOND, "second", "管理者の権限を付けるには、別の管理者の採用が要ります。",
     "Another administrator has to adopt that this right is given."},
};

int account_answer(int r, json_t **ret_answer)
{
    if (r < 0)
        return r;
    for (size_t i = 0; i < ARRAY_LEN(account_errors); i++)
        if (account_errors[i].answer == r) {
            return answer_refuse(ret_answer, account_errors[i].code, account_errors[i].ja,
                                 account_errors[i].en);
        }
    return -EIO;
}

/* ---- who asks ---- */

static int forbidden(json_t **ret_answer)
{
    return account_answer(ACCOUNT_E_RIGHT, ret_answer);
}

bool operation_has_left(const struct operation_context *c, const char *person)
{
    return force_has_left(engine_force(c->engine), person, day_of_instant(c->now_us));
}

/* The session, unless its person has left since it was opened. */
static int find_session(struct operation_context *c)
{
    int r = session_get(c->store, c->cookie, c->real_us, &c->session);

    if (!r && c->session.is_lent && c->measured != MEASURED_MEDIA) /* to a gate, and to nobody else */
        return ACCOUNT_E_NONE;

    return r >= 0 && r != ACCOUNT_E_NONE && operation_has_left(c, c->session.person) ? ACCOUNT_E_NONE : r;
}

static int authorize_operator(struct operation_context *c, const struct operation *op, bool is_worker, json_t **ret_answer)
{
    if (op->right == OPERATION_ANY)
        return 0;
    if (is_worker || op->right == OPERATION_SESSION) {
        return answer_refuse(ret_answer, "sign-in", "サインインしてください。", "Please sign in.");
    }
    c->person = "operator";
    c->rights = RIGHT_OPERATOR;
    return 0;
}

int account_of_sender(struct store *s, const char *typed, struct account *ret)
{
    char login[ACCOUNT_LOGIN_MAX + 1];
    int r = login_normal(str_of(typed), login);

    r = r ? r : account_get(s, login, ret);
    return !r && ret->state != ACCOUNT_OPEN ? ACCOUNT_E_NONE : r == ACCOUNT_E_INVALID ? ACCOUNT_E_NONE : r;
}

/* What a relay's login may do through the mail gate: acts on what it measures, the files that they name, what its bytes are held as. */
static bool is_for_sender(const struct operation *op)
{
    static const char *const names[] = {"act", "ticket-use", "file-begin", "file-piece", "holding-label", "holding-note", "cover"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!strcmp(op->name, names[i]))
            return true;
    return false;
}

static int authorize_sender(struct operation_context *c, const struct operation *op, const json_t *message, json_t **ret_answer)
{
    struct account account;
    int r;

    if (!is_for_sender(op) || *c->cookie.at || json_object_get(message, "bearer"))
        return forbidden(ret_answer);
    r = account_of_sender(c->store, json_str(message, "sender"), &account);
    if (!r && operation_has_left(c, account.person))
        r = ACCOUNT_E_NONE;
    if (r)
        return account_answer(r, ret_answer);
    snprintf(c->session.person, sizeof(c->session.person), "%s", account.person);
    snprintf(c->session.login, sizeof(c->session.login), "%s", account.login);
    c->person = c->session.person;
    c->login = c->session.login;
    c->is_sender = true;
    return 0;
}

int operation_authorize(struct operation_context *c, const struct operation *op, const json_t *message,
                        bool is_worker, json_t **ret_answer)
{
    const char *cookie = json_str(message, "token");
    int r;

    c->person = c->login = "";
    c->cookie = str_of(cookie);
    c->rights = 0;
    c->token.id[0] = '\0';
    c->device[0] = '\0';
    c->is_sender = false;
    if (operation_has_sender(op, message))
        return authorize_sender(c, op, message, ret_answer);
    if (op->right == OPERATION_COURIER || op->right == OPERATION_EXAMINER || op->right == OPERATION_FETCHER) { /* what the connection is was asked of it before */
        c->person = op->right == OPERATION_COURIER ? "courier" : op->right == OPERATION_EXAMINER ? "examiner" : "fetcher";
        return 0;
    }
    if (json_object_get(message, "bearer"))
        return token_authorize(c, op, message, ret_answer);
    if (!*cookie)
        return authorize_operator(c, op, is_worker, ret_answer);
    r = find_session(c);
    if (op->right == OPERATION_ANY && r >= 0)
        return 0;
    if (r == ACCOUNT_E_NONE) {
        return answer_refuse(ret_answer, "sign-in", "サインインし直してください。",
                             "Please sign in again.");
    }
    if (r)
        return account_answer(r, ret_answer);
    c->person = c->session.person;
    c->login = c->session.login;
    c->rights = c->session.rights;
    if ((r = device_authorize(c, message, ret_answer)) || *ret_answer)
        return r;
    if (op->right == OPERATION_ADMINISTRATOR && !(c->rights & RIGHT_ADMINISTRATOR))
        return forbidden(ret_answer);
    if (op->right == OPERATION_OPERATOR)
        return forbidden(ret_answer);
    return 0;
}

/* The account room's actor. */
static struct account_actor actor_of(const struct operation_context *c)
{
    return c->rights & RIGHT_OPERATOR ? ACCOUNT_OPERATOR : (struct account_actor){c->person, c->rights};
}

/* ---- sessions ---- */

static int key_answer(struct session_key *key, json_t **ret_answer)
{
    int r =
        answer_done(json_pack("{s:s, s:s}", "cookie", key->cookie, "csrf", key->csrf), ret_answer);

    sodium_memzero(key, sizeof(*key));
    return r;
}

static int enter_login(struct operation_context *c, const char *name, const char *result, const char *login)
{
    JSON_AUTO *in = json_pack("{s:s}", "login", login);

    return in ? operation_enter(c, name, result, in, NULL) : -ENOMEM;
}

/* Whose account it is has left the force. */
static int login_has_left(struct operation_context *c, const char *login, bool *ret)
{
    struct account a;
    int r = account_get(c->store, login, &a);

    *ret = !r && operation_has_left(c, a.person);
    return MIN_OF(r, 0);
}

/* The account with the hash that the password was compared with beside the loop: when another one has taken its place since, the
 * account room refuses. It refuses who has left, too, in the same words: no hash is his. */
static int begin_as_hashed(struct operation_context *c, const json_t *m, const char *login, struct sign_in *ret)
{
    bool has_left = false;
    int r = sign_in_begin(c->store, str_of(login), ret);

    if (!r && ret->is_known)
        r = login_has_left(c, ret->login, &has_left);
    if (!r)
        snprintf(ret->hash, sizeof(ret->hash), "%s", has_left ? "" : json_str(m, "against"));
    return ERR_FOLD(r);
}

/* Who has the right password, at a device that does not count: the session is undone, and who it was is entered. */
static int refuse_device(struct operation_context *c, const json_t *m, const char *why, const char *login, struct session_key *key, json_t **ret_answer)
{
    struct account a;
    int r = account_get(c->store, login, &a);

    if (!r)
        r = session_end(c->store, str_of(key->cookie));
    sodium_memzero(key, sizeof(*key));
    if (r)
        return r < 0 ? r : -EBADMSG;
    c->person = a.person;
    r = device_refuse(c, m, why, ret_answer);
    c->person = "";
    return r;
}

/* The new session is this browser's, where it has shown a certificate. */
static int bind(struct operation_context *c, const json_t *m, const struct session_key *key)
{
    const char *certificate = json_str(m, "certificate");

    return *certificate ? session_bind(c->store, str_of(key->cookie), certificate) : 0;
}

int op_sign_in(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct sign_in begun;
    struct session_key key;
    const char *why;
    int r = begin_as_hashed(c, m, json_str(m, "login"), &begun);

    if (r || (r = device_look(c, m, NULL, &why)))
        return r;
    r = sign_in_end(c->store, &begun, json_flag(m, "verified"), c->real_us, &key);
    if (r < 0)
        return r;
    if (r) { /* an unknown login is what somebody typed, perhaps a password: it stays out of the ledger */
        int e = enter_login(c, "sign-in", "refused", begun.is_known ? begun.login : "");

        /* At such a device nobody is told whether it was the right one. */
        return e ? e : why ? device_answer(why, ret_answer) : account_answer(r, ret_answer);
    }
    if (why)
        return refuse_device(c, m, why, begun.login, &key, ret_answer);
    if ((r = bind(c, m, &key)) || (r = enter_login(c, "sign-in", "recorded", begun.login)) || (r = session_end(c->store, c->cookie)))
        return r;
    return key_answer(&key, ret_answer);
}

int op_unlock(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct session session;
    struct sign_in begun;
    struct session_key key;
    const char *why;
    int r = session_get(c->store, str_of(json_str(m, "token")), c->real_us, &session);

    if (r && r != ACCOUNT_E_LOCKED)
        return account_answer(r, ret_answer);
    if (operation_has_left(c, session.person))
        return account_answer(ACCOUNT_E_NONE, ret_answer);
    if ((r = device_look(c, m, session.certificate, &why)))
        return r;
    if (why) {
        c->person = session.person;
        r = device_refuse(c, m, why, ret_answer);
        c->person = "";
        return r ? r : session_end(c->store, str_of(json_str(m, "token")));
    }
    if ((r = begin_as_hashed(c, m, session.login, &begun)))
        return r;
    r = session_unlock_end(c->store, str_of(json_str(m, "token")), &begun, json_flag(m, "verified"), c->real_us, &key);
    return r ? account_answer(r, ret_answer) : key_answer(&key, ret_answer);
}

int op_sign_out(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    int r = session_end(c->store, c->cookie);

    return r ? account_answer(r, ret_answer) : answer_done(json_object(), ret_answer);
}

int op_lock(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    int r = session_lock(c->store, c->cookie, c->real_us);

    return r ? account_answer(r, ret_answer) : answer_done(json_object(), ret_answer);
}

int op_touch(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    /* A token's use is noted with whatever it asks. */
    int r = *c->token.id ? 0 : session_touch(c->store, c->cookie, c->real_us);

    return r ? account_answer(r, ret_answer) : answer_done(json_object(), ret_answer);
}

/* ---- passwords and codes ---- */

/* A new password that was not taken: why. 0 and no answer when there is a hash. */
static int weak_answer(const json_t *m, json_t **ret_answer)
{
    enum password_fault fault = (enum password_fault)json_int(m, "weak");

    if (*json_str(m, "hash"))
        return 0;
    if (fault == PASSWORD_GOOD)
        return -EIO; /* hashing failed */
    return answer_refuse(ret_answer, "weak", password_fault_ja(fault), password_fault_en(fault));
}

int account_confirm(struct operation_context *c, const json_t *m, const char *name, json_t **ret_answer)
{
    struct sign_in begun;
    int r = begin_as_hashed(c, m, c->login, &begun);

    if (r || (r = password_confirm(c->store, &begun, json_flag(m, "verified"), c->real_us)) <= 0)
        return r;
    r = enter_login(c, name, "refused", c->login);
    return r ? r : account_answer(ACCOUNT_E_REFUSED, ret_answer);
}

int op_password_set(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    int r = weak_answer(m, ret_answer);

    if (r || *ret_answer)
        return r;
    if ((r = account_confirm(c, m, "password-set", ret_answer)) || *ret_answer)
        return r;
    if ((r = account_set_password(c->store, c->login, json_str(m, "hash"), c->real_us)))
        return account_answer(r, ret_answer);
    if ((r = enter_login(c, "password-set", "recorded", c->login)))
        return r;
    return answer_done(json_object(), ret_answer);
}

/* code_begin(), for who has not left. */
static int begin_code(struct operation_context *c, const json_t *m, char ret_id[RESET_ID_SIZE])
{
    char login[ACCOUNT_LOGIN_MAX + 1];
    bool has_left = false;
    int r = login_normal(str_of(json_str(m, "login")), login);

    if (!r)
        r = login_has_left(c, login, &has_left);
    if (r || has_left)
        return r < 0 ? r : ACCOUNT_E_REFUSED;
    return code_begin(c->store, str_of(login), str_of(json_str(m, "code")), c->real_us, ret_id);
}

/* The code is named, which the entry of its approval names, too; its user is nobody yet. */
int op_reset_use(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    JSON_AUTO *in = NULL;
    char id[RESET_ID_SIZE];
    struct str code = str_of(json_str(m, "code"));
    int r = weak_answer(m, ret_answer);

    if (r || *ret_answer)
        return r;
    if ((r = begin_code(c, m, id)))
        return account_answer(r, ret_answer);
    if ((r = code_use(c->store, id, code, json_str(m, "hash"), c->real_us)))
        return account_answer(r, ret_answer);
    if (!(in = json_pack("{s:s}", "reset", id)))
        return -ENOMEM;
    if ((r = operation_enter(c, "reset-use", "recorded", in, NULL)))
        return r;
    return answer_done(json_object(), ret_answer);
}

int op_reset_propose(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    char id[RESET_ID_SIZE];
    int r = reset_propose(c->store, actor_of(c), json_str(m, "login"), c->real_us, id);

    if (r)
        return account_answer(r, ret_answer);
    if ((r = enter_login(c, "reset-propose", "recorded", json_str(m, "login"))))
        return r;
    return answer_done(json_pack("{s:s}", "reset", id), ret_answer);
}

int op_reset_approve(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    JSON_AUTO *in = json_pack("{s:s}", "reset", json_str(m, "reset"));
    char code[CODE_SIZE];
    int r = in ? reset_approve(c->store, actor_of(c), json_str(m, "reset"), c->real_us, code) : -ENOMEM;

    if (r)
        return account_answer(r, ret_answer);
    if ((r = operation_enter(c, "reset-approve", "recorded", in, NULL)))
        return r;
    r = answer_done(json_pack("{s:s}", "code", code), ret_answer);
    sodium_memzero(code, sizeof(code));
    return r;
}

/* ---- accounts ---- */

/* The very first account gets its code at once: there is no second person yet who could approve one. */
static int first_account(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    char code[CODE_SIZE];
    int r = account_first(c->store, json_str(m, "login"), json_str(m, "person"), c->real_us, code);

    if (r)
        return r == ACCOUNT_E_EXISTS ? 1 : account_answer(r, ret_answer);
    if ((r = enter_login(c, "account-add", "recorded", json_str(m, "login"))))
        return r;
    r = answer_done(json_pack("{s:s}", "code", code), ret_answer);
    sodium_memzero(code, sizeof(code));
    return r;
}

static int rights_of(const json_t *m, unsigned *ret)
{
    return rights_parse(str_of(json_str(m, "rights")), ret);
}

/* `plan`: of what is adopted; NULL none. */
static int enter_change(struct operation_context *c, const json_t *m, const char *plan)
{
    JSON_AUTO *in = json_pack("{s:s}", "login", json_str(m, "login"));

    if (!in || (json_object_get(m, "reason") && json_put_str(in, "reason", json_str(m, "reason"))) || (plan && json_put_str(in, "plan", plan)))
        return -ENOMEM;
    return operation_enter(c, json_str(m, "op"), "recorded", in, NULL);
}

/* Adding, opening again, giving rights; with its entry. */
static int give(struct operation_context *c, struct account_actor by, const json_t *m, const char *plan)
{
    const char *op = json_str(m, "op"), *login = json_str(m, "login");
    unsigned rights;
    int r = rights_of(m, &rights);

    if (r)
        return r;
    if (!strcmp(op, "account-add"))
        r = account_add(c->store, by, login, json_str(m, "person"), rights, c->real_us);
    else if (!strcmp(op, "account-reopen"))
        r = account_reopen(c->store, by, login, c->real_us);
    else
        r = account_set_rights(c->store, by, login, rights, c->real_us);
    return r ? r : enter_change(c, m, plan);
}

static int ask_to_give(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    int r = give(c, actor_of(c), m, NULL);

    if (r == ACCOUNT_E_SECOND)
        return account_hold(c, m, ret_answer);
    return r ? account_answer(r, ret_answer) : answer_done(json_object(), ret_answer);
}

int account_give_agreed(struct operation_context *c, const json_t *m, const char *plan)
{
    struct account_actor by = actor_of(c);

    by.rights |= RIGHT_AGREED;
    return give(c, by, m, plan);
}

int op_account_add(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    unsigned rights;
    int r = rights_of(m, &rights);

    if (r)
        return account_answer(r, ret_answer);
    if (c->rights & RIGHT_OPERATOR && (r = first_account(c, m, ret_answer)) <= 0)
        return r;
    return ask_to_give(c, m, ret_answer);
}

static int no_reason(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "invalid", "理由を選んでください。", "Choose the reason.");
}

int op_account_close(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    int r;

    if (!account_reason_is(true, json_str(m, "reason")))
        return no_reason(ret_answer);
    r = account_close(c->store, actor_of(c), json_str(m, "login"), c->real_us);
    if (!r)
        r = enter_change(c, m, NULL);
    return r ? account_answer(r, ret_answer) : answer_done(json_object(), ret_answer);
}

int op_account_reopen(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    return account_reason_is(false, json_str(m, "reason")) ? ask_to_give(c, m, ret_answer) : no_reason(ret_answer);
}

static int cut_off_if_left(void *arg, const struct account *a)
{
    struct operation_context *c = arg;
    int r;

    if (!operation_has_left(c, a->person))
        return 0;
    r = account_cut_off(c->store, a->login, c->real_us);
    return r ? r : enter_login(c, "account-left", "recorded", a->login);
}

int account_sweep_left(struct operation_context *c)
{
    return account_each_held(c->store, cut_off_if_left, c);
}

int op_account_rights(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    return ask_to_give(c, m, ret_answer);
}
