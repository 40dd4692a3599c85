/* Signing in, and what follows until signing out.
 *
 *   ── sign_in_end ──> live ──15 min unseen, or session_lock──> locked ──session_unlock_end──> live
 *                       └──────────── 12 h after signing in, session_end, password set, account closed ───> gone
 *
 * "Locked by idleness" is not written anywhere: it follows from `seen`, so that no timer has to be on time. */
#include "force/account-row.h"

#include "base/codec.h"

#include <errno.h>
#include <sodium.h>

#define TOKEN_BYTES 32u
static_assert(COOKIE_SIZE == 44, "32 bytes are 43 characters of base64url");

/* ---- tokens ---- */

static void new_token(char ret[COOKIE_SIZE])
{
    uint8_t bytes[TOKEN_BYTES];

    random_fill(bytes, sizeof(bytes));
    (void)sodium_bin2base64(ret, COOKIE_SIZE, bytes, sizeof(bytes),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof(bytes));
}

/* The key of the row; false when it has not even the shape of a cookie. */
static bool token_of(struct str cookie, struct digest *ret)
{
    if (cookie.len != COOKIE_SIZE - 1)
        return false;
    *ret = sha256(cookie);
    return true;
}
#define V_TOKEN(d) V_BLOB((d).bytes, SHA256_SIZE)

/* Since `then`; a clock that was set back counts as no time. */
static uint64_t since(uint64_t then_us, uint64_t now_us)
{
    return now_us > then_us ? now_us - then_us : 0;
}

/* ---- failures ---- */

int sign_in_begin(struct store *s, struct str typed_login, struct sign_in *ret)
{
    struct sign_in begun = {.is_known = false};
    struct account a;
    int r;

    r = login_normal(typed_login, begun.login);
    if (r < 0)
        return r;
    if (r) {
        *ret = begun;
        return 0;
    }
    r = account_get(s, begun.login, &a);
    if (r < 0)
        return r;
    if (r == 0 && a.state == ACCOUNT_OPEN) {
        begun.is_known = true;
        memcpy(begun.hash, a.hash, sizeof(begun.hash));
    }
    *ret = begun;
    return 0;
}

static uint64_t wait_after(unsigned failures)
{
    uint64_t wait = UINT64_C(1000000);

    if (failures <= SIGN_IN_FREE)
        return 0;
    for (unsigned i = SIGN_IN_FREE + 1; i < failures && wait < SIGN_IN_WAIT_MAX_US; i++)
        wait *= 2;
    return MIN_OF(wait, SIGN_IN_WAIT_MAX_US);
}

/* A write like that of a counted failure, so that neither time nor disk tells an unknown login from a known one. */
static int count_aside(struct store *s)
{
    return store_errno(STORE_RUN(s, STMT_COUNTER_NEXT, V_TEXT("sign-in.refused")));
}

/* 0: it is he. ACCOUNT_E_REFUSED otherwise; the failure is counted by then. *ret is the account as it is now. */
static int judge(struct store *s, const struct sign_in *begun, bool is_right, uint64_t now_us,
                 struct account *ret)
{
    uint64_t until;
    int r = begun->is_known ? account_get(s, begun->login, ret) : ACCOUNT_E_NONE;

    if (r < 0)
        return r;
    /* Closed, or another password, since the hash was read: nothing was proved about the account as it is now. */
    if (r != 0 || ret->state != ACCOUNT_OPEN || strcmp(ret->hash, begun->hash) != 0 ||
        now_us < ret->wait_until_us) {
        r = count_aside(s);
        return r < 0 ? r : ACCOUNT_E_REFUSED;
    }
    if (is_right) {
        if (ret->failures == 0)
            return 0;
        return store_errno(
            STORE_RUN(s, STMT_ACCOUNT_FAILURES, V_TEXT(ret->login), V_INT(0), V_INT(0)));
    }
    until = wait_after(ret->failures + 1) ? now_us + wait_after(ret->failures + 1) : 0;
    r = store_errno(STORE_RUN(s, STMT_ACCOUNT_FAILURES, V_TEXT(ret->login),
                              V_INT(ret->failures + 1), V_INT(until)));
    return r < 0 ? r : ACCOUNT_E_REFUSED;
}

int sign_in_end(struct store *s, const struct sign_in *begun, bool is_right, uint64_t now_us,
                struct session_key *ret)
{
    struct session_key key;
    struct digest token;
    struct account a;
    int r = judge(s, begun, is_right, now_us, &a);

    if (r != 0)
        return r;
    new_token(key.cookie);
    new_token(key.csrf);
    token = sha256(str_of(key.cookie));
    r = store_errno(STORE_RUN(s, STMT_SESSION_ADD, V_TOKEN(token), V_TEXT(a.login),
                              V_TEXT(key.csrf), V_INT(now_us)));
    if (r == 0)
        *ret = key;
    sodium_memzero(&key, sizeof(key));
    return r;
}

int session_lend(struct store *s, const char *login, uint64_t now_us, struct session_key *ret)
{
    struct session_key key = {.csrf = ""};
    struct digest token;
    struct account a;
    int r = account_get(s, login, &a);

    if (!r && a.state != ACCOUNT_OPEN)
        r = ACCOUNT_E_CLOSED;
    if (r)
        return r;
    new_token(key.cookie);
    token = sha256(str_of(key.cookie));
    r = store_errno(
        STORE_RUN(s, STMT_SESSION_ADD, V_TOKEN(token), V_TEXT(a.login), V_TEXT(""), V_INT(now_us)));
    if (r == 0)
        *ret = key;
    sodium_memzero(&key, sizeof(key));
    return r;
}

int password_confirm(struct store *s, const struct sign_in *begun, bool is_right, uint64_t now_us)
{
    struct account a;

    return judge(s, begun, is_right, now_us, &a);
}

/* ---- sessions ---- */

static int read_session(struct store *s, struct digest token, struct session *ret, bool *ret_locked)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_ONE(s, &rows, STMT_SESSION_GET, V_TOKEN(token));

    if (r == STORE_E_NONE)
        return ACCOUNT_E_NONE;
    if (r != 0)
        return store_errno(r);
    if (!account_copy(ret->login, sizeof(ret->login), rows_str(rows, 0)) ||
        !account_copy(ret->csrf, sizeof(ret->csrf), rows_str(rows, 1)) ||
        !account_copy(ret->certificate, sizeof(ret->certificate), rows_str(rows, 5)))
        return -EBADMSG;
    ret->opened_us = (uint64_t)rows_int(rows, 2);
    ret->seen_us = (uint64_t)rows_int(rows, 3);
    *ret_locked = rows_int(rows, 4) != 0;
    return 0;
}

int session_get(struct store *s, struct str cookie, uint64_t now_us, struct session *ret)
{
    struct session session = {.rights = 0};
    struct digest token;
    struct account a;
    bool locked = false;
    int r;

    if (!token_of(cookie, &token))
        return ACCOUNT_E_NONE;
    r = read_session(s, token, &session, &locked);
    if (r == 0)
        r = account_get(s, session.login, &a);
    if (r != 0)
        return r;
    if (a.state != ACCOUNT_OPEN || since(session.opened_us, now_us) >= SESSION_MAX_US)
        return ACCOUNT_E_NONE;
    memcpy(session.person, a.person, sizeof(session.person));
    session.rights = a.rights;
    session.is_lent = !*session.csrf;
    session.is_touch_due = since(session.seen_us, now_us) >= SESSION_TOUCH_US;
    *ret = session;
    return locked || since(session.seen_us, now_us) >= SESSION_IDLE_US ? ACCOUNT_E_LOCKED : 0;
}

bool session_csrf_is(const struct session *session, struct str given)
{
    return given.len == COOKIE_SIZE - 1 && strlen(session->csrf) == COOKIE_SIZE - 1 &&
           sodium_memcmp(session->csrf, given.at, COOKIE_SIZE - 1) == 0;
}

int session_touch(struct store *s, struct str cookie, uint64_t now_us)
{
    struct session session;
    struct digest token;
    int r = session_get(s, cookie, now_us, &session);

    if (r != 0 || !token_of(cookie, &token))
        return r;
    return store_errno(STORE_RUN(s, STMT_SESSION_SEEN, V_TOKEN(token), V_INT(now_us)));
}

int session_lock(struct store *s, struct str cookie, uint64_t now_us)
{
    struct session session;
    struct digest token;
    int r = session_get(s, cookie, now_us, &session);

    if (r < 0 || r == ACCOUNT_E_NONE || !token_of(cookie, &token))
        return r;
    return store_errno(STORE_RUN(s, STMT_SESSION_LOCK, V_TOKEN(token), V_INT(1)));
}

int session_unlock_end(struct store *s, struct str cookie, const struct sign_in *begun,
                       bool is_right, uint64_t now_us, struct session_key *ret)
{
    struct session session;
    struct session_key key;
    struct digest token, renewed;
    struct account a;
    int r = session_get(s, cookie, now_us, &session);

    if (r < 0 || r == ACCOUNT_E_NONE || !token_of(cookie, &token))
        return r;
    /* The right password of another account opens nothing, and is not even looked at. */
    if (strcmp(session.login, begun->login) != 0) {
        r = count_aside(s);
        return r < 0 ? r : ACCOUNT_E_REFUSED;
    }
    r = judge(s, begun, is_right, now_us, &a);
    if (r != 0)
        return r;
    new_token(key.cookie);
    new_token(key.csrf);
    renewed = sha256(str_of(key.cookie));
    r = store_errno(STORE_RUN(s, STMT_SESSION_RENEW, V_TOKEN(token), V_TOKEN(renewed),
                              V_TEXT(key.csrf), V_INT(now_us)));
    if (r == 0)
        r = store_errno(STORE_RUN(s, STMT_SESSION_DEVICE_RENEW, V_TOKEN(token), V_TOKEN(renewed)));
    if (r == 0)
        *ret = key;
    sodium_memzero(&key, sizeof(key));
    return r;
}

int session_bind(struct store *s, struct str cookie, const char *certificate)
{
    struct digest token;

    if (!token_of(cookie, &token))
        return ACCOUNT_E_NONE;
    return store_errno(STORE_RUN(s, STMT_SESSION_BIND, V_TOKEN(token), V_TEXT(certificate)));
}

int session_end(struct store *s, struct str cookie)
{
    struct digest token;

    if (!token_of(cookie, &token))
        return 0;
    return store_errno(STORE_RUN(s, STMT_SESSION_DROP, V_TOKEN(token)));
}

int session_sweep(struct store *s, uint64_t now_us)
{
    uint64_t oldest = now_us > SESSION_MAX_US ? now_us - SESSION_MAX_US : 0;

    /* Locked ones stay until their twelve hours are over. */
    return store_errno(STORE_RUN(s, STMT_SESSION_DROP_OLD, V_INT(oldest), V_INT(oldest)) ?: STORE_RUN(s, STMT_SESSION_DEVICE_SWEEP));
}
