/* Accounts, sign-in, sessions, and codes that let somebody set a password.
 *
 *   sign-in:  sign_in_begin (reads) → password_check (slow, outside of any transaction) → sign_in_end (writes)
 *   unlock:   the same with session_unlock_end
 *   code:     code_begin (reads) → password_judge, password_hash → code_use (writes)
 *
 * Functions over "reads" take any handle. Those that write are called by the keeper inside its transaction; what they wrote
 * is kept also when they answer ACCOUNT_E_REFUSED, since a failure is counted by then.
 *
 * Times    `now_us` is the real clock, not the installation's (doc/design/acts.md, C4).
 * Secrets  cookie and code are given out once; the store holds their SHA-256. Callers wipe them.
 * Threads  as the store handle; the rest are values.
 * Errors   negative as store_errno(). Positive ones are listed with each function. */
#pragma once

#include "force/password.h"
#include "store/store.h"

#define ACCOUNT_LOGIN_MAX 64u
#define ACCOUNT_PERSON_MAX 64u

#define SESSION_IDLE_US (15 * 60 * UINT64_C(1000000))  /* then the password is asked again */
#define SESSION_MAX_US (12 * 3600 * UINT64_C(1000000)) /* then it ends, whatever happens */
#define SESSION_TOUCH_US (60 * UINT64_C(1000000))      /* seen is written at most this often */
#define SIGN_IN_FREE 3u                                /* failures without a wait */
#define SIGN_IN_WAIT_MAX_US (15 * 60 * UINT64_C(1000000))
#define CODE_VALID_US (24 * 3600 * UINT64_C(1000000)) /* from its approval */
#define PROPOSAL_VALID_US (7 * 24 * 3600 * UINT64_C(1000000))

enum {
    ACCOUNT_E_NONE = 1, /* no such account, session, proposal */
    ACCOUNT_E_EXISTS, /* the login is taken; the person has an account; there are accounts already */
    ACCOUNT_E_INVALID, /* no login, person or rights that could be */
    ACCOUNT_E_REFUSED, /* wrong login, password or code, or too soon: which one is not told */
    ACCOUNT_E_LOCKED,  /* the session waits for its password */
    ACCOUNT_E_RIGHT,   /* the actor lacks the right */
    ACCOUNT_E_SELF,    /* nobody proposes or approves for his own account */
    ACCOUNT_E_SAME,    /* who proposed does not approve */
    ACCOUNT_E_OVER,    /* approved, used or expired already */
    ACCOUNT_E_CLOSED,  /* the account is closed */
    ACCOUNT_E_LAST,    /* the last administrator stays */
    ACCOUNT_E_SECOND,  /* another administrator has to agree */
};

/* ---- rights ---- */
enum {
    RIGHT_ADMINISTRATOR = 1, /* installation: accounts, imports, packs */
    RIGHT_AUDITOR = 2,       /* reads the ledger's entries */
    RIGHT_ACCOUNT_RESET = 4, /* proposes and approves codes */
    RIGHT_OPERATOR = 1 << 8, /* not stored: whoever stands at the console */
    RIGHT_AGREED = 1 << 9,   /* not stored: what another administrator asked for, done by who agrees */
};
/* "administrator;auditor". ACCOUNT_E_INVALID: an unknown word. */
MUST_CHECK int rights_parse(struct str s, unsigned *ret);
int rights_print(unsigned rights, struct buf *out);

/* Who does something to an account: a person's id with his rights, or the operator. */
struct account_actor {
    const char *person;
    unsigned rights;
};
#define ACCOUNT_OPERATOR ((struct account_actor){"(operator)", RIGHT_OPERATOR})

/* ---- accounts ---- */
enum account_state {
    ACCOUNT_NEW, /* no password yet */
    ACCOUNT_OPEN,
    ACCOUNT_CLOSED,
};
struct account {
    char login[ACCOUNT_LOGIN_MAX + 1];
    char person[ACCOUNT_PERSON_MAX + 1];
    char hash[PASSWORD_HASH_SIZE]; /* "" while there is no password */
    enum account_state state;
    unsigned rights;
    unsigned failures; /* since the last success */
    uint64_t wait_until_us;
    uint64_t changed_us;
};
const char *account_state_name(enum account_state s); /* "new", "open", "closed" */

/* Lower-case letters, digits, ".", "_", "-"; 2 to ACCOUNT_LOGIN_MAX; upper case, full width and spaces around are forgiven.
 * 0; with "" in `ret_login` ACCOUNT_E_INVALID: no login could be so, or -ENOMEM. */
MUST_CHECK int login_normal(struct str typed, char ret_login[ACCOUNT_LOGIN_MAX + 1]);
/* Reads. ACCOUNT_E_NONE. */
MUST_CHECK int account_get(struct store *s, const char *login, struct account *ret);
/* Reads. The person's account; ACCOUNT_E_NONE. */
MUST_CHECK int account_of_person(struct store *s, const char *person, struct account *ret);
/* Reads. Each account in order of logins; the first answer of `fn` but 0 ends it and is returned. */
typedef int account_fn(void *arg, const struct account *a);
MUST_CHECK int account_each(struct store *s, account_fn *fn, void *arg);

/* Reads. One administrator gives that right to others by himself: there is no other whose account is not closed, and none was ever closed or lost
 * the right beside another one (who shut the others out is not alone by that). Else account_add(), account_set_rights() and account_reopen() by which
 * an account would come to have it answer ACCOUNT_E_SECOND, unless the actor is the operator or has RIGHT_AGREED. */
MUST_CHECK int account_gives_alone(struct store *s, bool *ret);

/* Writes. The account has no password: a code gives it one. The actor is an administrator or the operator.
 * ACCOUNT_E_EXISTS, ACCOUNT_E_INVALID, ACCOUNT_E_RIGHT, ACCOUNT_E_SECOND. */
MUST_CHECK int account_add(struct store *s, struct account_actor by, const char *login,
                           const char *person, unsigned rights, uint64_t now_us);
/* Writes. ACCOUNT_E_NONE, _INVALID, _RIGHT, _SELF (own rights are given by others), _LAST, _SECOND. */
MUST_CHECK int account_set_rights(struct store *s, struct account_actor by, const char *login,
                                  unsigned rights, uint64_t now_us);
/* Why an account is closed, or opened again, as the ledger tells for good: one of a few words, so that nothing personal gets there. The
 * `i`th of them; NULL: there are fewer. */
const char *account_reason(bool is_closing, size_t i);
bool account_reason_is(bool is_closing, const char *word);

/* Writes. Its sessions and tokens end and its codes are void. ACCOUNT_E_NONE, _RIGHT, _SELF, _LAST, _OVER (closed already). */
MUST_CHECK int account_close(struct store *s, struct account_actor by, const char *login,
                             uint64_t now_us);
/* Writes. Opened again it has no password. ACCOUNT_E_NONE, _RIGHT, _SELF, _OVER (it is not closed), _SECOND. */
MUST_CHECK int account_reopen(struct store *s, struct account_actor by, const char *login,
                              uint64_t now_us);
/* Writes. Its sessions, tokens and open codes end; the account stays as it is. */
MUST_CHECK int account_cut_off(struct store *s, const char *login, uint64_t now_us);
/* Reads. Each account with a session, a token that nobody has ended, or an open code; as account_each(), and `fn` may write. */
MUST_CHECK int account_each_held(struct store *s, account_fn *fn, void *arg);
/* Writes. A new password for somebody who gave his old one (password_confirm), or for a demonstration; all its
 * sessions and tokens end. `hash` is of password_hash(). ACCOUNT_E_NONE, ACCOUNT_E_CLOSED. */
MUST_CHECK int account_set_password(struct store *s, const char *login, const char *hash,
                                    uint64_t now_us);

/* ---- signing in ---- */
struct sign_in {
    char login[ACCOUNT_LOGIN_MAX + 1];
    char hash
        [PASSWORD_HASH_SIZE]; /* for password_check(); "" for an unknown login, which takes as long */
    bool is_known;
};
#define COOKIE_SIZE 44u /* 43 characters of base64url and a NUL */
struct session_key {
    char cookie[COOKIE_SIZE];
    char csrf[COOKIE_SIZE];
};

/* Reads. Always 0 but for store errors: unknown, waiting and closed ones are refused at the end, alike. */
MUST_CHECK int sign_in_begin(struct store *s, struct str typed_login, struct sign_in *ret);
/* Writes. `is_right` is what password_check(begun->hash, …) said. ACCOUNT_E_REFUSED: one answer for everything, the failure is
 * counted. After SIGN_IN_FREE failures each doubles the wait, from one second; attempts during a wait are refused
 * even when right, and not counted. */
MUST_CHECK int sign_in_end(struct store *s, const struct sign_in *begun, bool is_right,
                           uint64_t now_us, struct session_key *ret);

/* Writes. Somebody who is signed in gives his password once more. As sign_in_end(), without a session. */
MUST_CHECK int password_confirm(struct store *s, const struct sign_in *begun, bool is_right, uint64_t now_us);

/* ---- sessions ---- */
#define SESSION_CERTIFICATE_SIZE 65u /* SHA-256 in hexadecimal and a NUL */

struct session {
    char login[ACCOUNT_LOGIN_MAX + 1];
    char person[ACCOUNT_PERSON_MAX + 1];
    char csrf[COOKIE_SIZE];
    unsigned rights;
    uint64_t opened_us, seen_us;
    char certificate[SESSION_CERTIFICATE_SIZE]; /* session_bind(); "" none */
    bool is_lent;      /* by session_lend(): no browser's */
    bool is_touch_due; /* SESSION_TOUCH_US since it was seen: ask the keeper for session_touch() */
};
/* Reads. 0; ACCOUNT_E_LOCKED: *ret is filled for the page that asks for the password, nothing else may be done;
 * ACCOUNT_E_NONE: sign in (no such session, ended, account closed, or not even the shape of a cookie). */
MUST_CHECK int session_get(struct store *s, struct str cookie, uint64_t now_us,
                           struct session *ret);
/* The form's token is the session's; constant time. */
MUST_CHECK bool session_csrf_is(const struct session *session, struct str given);
/* Writes. Another session of the open account for a gate that acts for its person: without a token for forms, so that no page takes it. It is not
 * locked with that person's own; it ends as any. ACCOUNT_E_NONE, ACCOUNT_E_CLOSED. ret->csrf is "". */
MUST_CHECK int session_lend(struct store *s, const char *login, uint64_t now_us,
                            struct session_key *ret);
/* Writes. The session is of the browser that shows the certificate of that SHA-256 (hexadecimal, lower case); it stays so under a new cookie, too. */
MUST_CHECK int session_bind(struct store *s, struct str cookie, const char *certificate);
/* Writes. Never wakes a session that is locked or over: then as session_get(). */
MUST_CHECK int session_touch(struct store *s, struct str cookie, uint64_t now_us);
/* Writes. The person leaves his desk. ACCOUNT_E_NONE. */
MUST_CHECK int session_lock(struct store *s, struct str cookie, uint64_t now_us);
/* Writes. With the session's own login in `begun`: the session goes on under a new cookie and token.
 * ACCOUNT_E_REFUSED (counted as a failed sign-in), ACCOUNT_E_NONE. */
MUST_CHECK int session_unlock_end(struct store *s, struct str cookie, const struct sign_in *begun,
                                  bool is_right, uint64_t now_us, struct session_key *ret);
/* Writes. Also when there is none. */
MUST_CHECK int session_end(struct store *s, struct str cookie);
/* Writes. Drops what is over. */
MUST_CHECK int session_sweep(struct store *s, uint64_t now_us);

/* ---- codes: a password forgotten, or not set yet ----
 * Two persons: one proposes, another approves and is shown the code, neither of them for himself. The operator at the console may be
 * one of the two; of an administrator's account both are administrators or the operator. Approving makes older codes of the account void. */
#define CODE_SIZE 24u /* "XXXXX-XXXXX-XXXXX-XXXXX" and a NUL: 100 bits */
#define RESET_ID_SIZE 17u

/* Whether his rights are those of one who may propose and approve a code for that account; himself he may not. */
bool reset_is_for(struct account_actor by, const struct account *a);

/* Writes. ACCOUNT_E_NONE, _RIGHT, _SELF, _CLOSED. */
MUST_CHECK int reset_propose(struct store *s, struct account_actor by, const char *login,
                             uint64_t now_us, char ret_id[RESET_ID_SIZE]);
/* Writes. ACCOUNT_E_NONE, _RIGHT, _SELF, _SAME, _OVER, _CLOSED. */
MUST_CHECK int reset_approve(struct store *s, struct account_actor by, const char *id,
                             uint64_t now_us, char ret_code[CODE_SIZE]);
/* Reads. Open proposals and codes, oldest first; as account_each(). */
struct reset {
    char id[RESET_ID_SIZE];
    char login[ACCOUNT_LOGIN_MAX + 1];
    char proposed_by[ACCOUNT_PERSON_MAX + 1];
    char approved_by[ACCOUNT_PERSON_MAX + 1]; /* "" while it waits */
    uint64_t proposed_us, approved_us;
};
typedef int reset_fn(void *arg, const struct reset *r);
MUST_CHECK int reset_each(struct store *s, uint64_t now_us, reset_fn *fn, void *arg);

/* Reads. Is this the code of that login? `ret_id` is for code_use(). Lower case, spaces and missing hyphens are forgiven.
 * ACCOUNT_E_REFUSED. */
MUST_CHECK int code_begin(struct store *s, struct str typed_login, struct str typed_code,
                          uint64_t now_us, char ret_id[RESET_ID_SIZE]);
/* Writes. Checks again, sets the password, ends the account's sessions and uses the code up. ACCOUNT_E_REFUSED. */
MUST_CHECK int code_use(struct store *s, const char *id, struct str typed_code, const char *hash,
                        uint64_t now_us);

/* Writes. The first account of an installation, administrator, with its code. ACCOUNT_E_EXISTS: there is an account already.
 * ACCOUNT_E_INVALID. */
MUST_CHECK int account_first(struct store *s, const char *login, const char *person,
                             uint64_t now_us, char ret_code[CODE_SIZE]);
