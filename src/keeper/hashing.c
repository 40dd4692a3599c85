#include "keeper/hashing.h"

#include "base/time.h"
#include "force/account.h"
#include "store/store.h"

#include <errno.h>
#include <sodium.h>

static bool wants(const char *op)
{
    return !strcmp(op, "sign-in") || !strcmp(op, "unlock") || !strcmp(op, "password-set") || !strcmp(op, "reset-use") ||
           !strcmp(op, "token-issue");
}

/* ---- the work ---- */

/* The login whose password is meant: typed (sign-in, reset-use), or that of the session. */
static int login_of(struct store *s, const json_t *m, char ret_login[ACCOUNT_LOGIN_MAX + 1])
{
    struct session session;
    int r;

    ret_login[0] = '\0';
    if (*json_str(m, "login")) { /* what is no login has no account */
        r = login_normal(str_of(json_str(m, "login")), ret_login);
        return MIN_OF(r, 0);
    }
    r = session_get(s, str_of(json_str(m, "token")), clock_real_us(), &session);
    if (r && r != ACCOUNT_E_LOCKED)
        return r < 0 ? r : 0;
    memcpy(ret_login, session.login, sizeof(session.login));
    return 0;
}

static int verify(struct store *s, json_t *m, const char *member)
{
    char login[ACCOUNT_LOGIN_MAX + 1];
    struct sign_in begun;
    bool is_right;
    int r = login_of(s, m, login);

    if (!r)
        r = sign_in_begin(s, str_of(login), &begun);
    if (r)
        return ERR_FOLD(r);
    /* An unknown login costs the same time. */
    r = password_check(begun.hash, str_of(json_str(m, member)), &is_right);
    if (!r)
        r = json_put_flag(m, "verified", is_right && begun.is_known);
    if (!r)
        r = json_put_str(m, "against", begun.hash);
    sodium_memzero(&begun, sizeof(begun));
    return r;
}

static int hash_new(struct store *s, json_t *m)
{
    char login[ACCOUNT_LOGIN_MAX + 1], hash[PASSWORD_HASH_SIZE];
    struct str password = str_of(json_str(m, "password"));
    enum password_fault fault;
    int r = login_of(s, m, login);

    if (r)
        return r;
    fault = password_judge(str_of(login), password);
    if (fault != PASSWORD_GOOD)
        return json_put_int(m, "weak", fault);
    if ((r = password_hash(password, hash)))
        return r;
    return json_put_str(m, "hash", hash);
}

static void wipe_member(json_t *m, const char *name)
{
    const char *v = json_str(m, name);

    if (*v)
        sodium_memzero((char *)(uintptr_t)v, strlen(v));
    json_object_del(m, name);
}

static int work(struct store *s, json_t *m)
{
    const char *op = json_str(m, "op");
    int r = 0;

    if (!strcmp(op, "sign-in") || !strcmp(op, "unlock") || !strcmp(op, "token-issue"))
        r = verify(s, m, "password");
    else if (!strcmp(op, "password-set"))
        r = verify(s, m, "old");
    if (!r && (!strcmp(op, "password-set") || !strcmp(op, "reset-use")))
        r = hash_new(s, m);
    return r;
}

/* A handle that failed is opened anew once: its server may have been started again since the last job. */
static bool run(const char *db, void **things, json_t *m)
{
    struct store *s = *things;
    int r = -EIO;

    for (int i = 0; i < 2 && r; i++) {
        r = s ? 0 : store_open(db, STORE_READ, &s, NULL);
        if (!r)
            r = work(s, m);
        if (r) {
            store_close(s);
            s = NULL;
        }
    }
    *things = s;
    return !r;
}

static void end(void *things)
{
    store_close(things);
}

static void wipe(json_t *m)
{
    wipe_member(m, "password");
    wipe_member(m, "old");
}

const struct aside_work hashing_work = {wants, run, end, wipe};
