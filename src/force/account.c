/* Accounts: rows in and out, and who may change them. Signing in and sessions are in session.c, codes in reset.c. */
#include "force/account.h"

#include "base/utf8.h"
#include "force/account-row.h"
#include "force/token.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#define WIDE_BYTES 3u /* of a letter in full width */

/* ---- rights, states, logins ---- */

struct right_word {
    unsigned right;
    const char *word;
};
static const struct right_word right_words[] = {
    {RIGHT_ADMINISTRATOR, "administrator"},
    {RIGHT_AUDITOR, "auditor"},
    {RIGHT_ACCOUNT_RESET, "account-reset"},
};
#define RIGHTS_STORED (RIGHT_ADMINISTRATOR | RIGHT_AUDITOR | RIGHT_ACCOUNT_RESET)

int rights_parse(struct str s, unsigned *ret)
{
    struct str word;
    unsigned rights = 0;

    while (s.len > 0 && str_split(&s, ';', &word)) {
        size_t i = 0;

        while (i < ARRAY_LEN(right_words) && !str_eq(word, str_of(right_words[i].word)))
            i++;
        if (i == ARRAY_LEN(right_words))
            return ACCOUNT_E_INVALID;
        rights |= right_words[i].right;
    }
    *ret = rights;
    return 0;
}

int rights_print(unsigned rights, struct buf *out)
{
    bool first = true;
    int r = 0;

    for (size_t i = 0; r == 0 && i < ARRAY_LEN(right_words); i++) {
        if (!(rights & right_words[i].right))
            continue;
        r = buf_printf(out, "%s%s", first ? "" : ";", right_words[i].word);
        first = false;
    }
    return r;
}

static const char *const state_names[] = {"new", "open", "closed"};

const char *account_state_name(enum account_state s)
{
    return state_names[s];
}

int login_normal(struct str typed, char ret_login[ACCOUNT_LOGIN_MAX + 1])
{
    CLEANUP(buf_done) struct buf folded;
    int r;

    buf_init(&folded, WIDE_BYTES * ACCOUNT_LOGIN_MAX);
    ret_login[0] = '\0';
    typed = str_trim(typed);
    r = typed.len > WIDE_BYTES * ACCOUNT_LOGIN_MAX ? ACCOUNT_E_INVALID : utf8_fold(typed, &folded);
    if (r)
        return r == -ENOMEM ? r : ACCOUNT_E_INVALID;
    typed = buf_str(&folded);
    if (typed.len < 2 || typed.len > ACCOUNT_LOGIN_MAX)
        return ACCOUNT_E_INVALID;
    for (size_t i = 0; i < typed.len; i++) {
        char c = typed.at[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              (i > 0 && (c == '.' || c == '_' || c == '-')))) {
            ret_login[0] = '\0';
            return ACCOUNT_E_INVALID;
        }
        ret_login[i] = c;
    }
    ret_login[typed.len] = '\0';
    return 0;
}

/* ---- rows ---- */

bool account_copy(char *to, size_t size, struct str from)
{
    if (from.len >= size)
        return false;
    if (from.len > 0)
        memcpy(to, from.at, from.len);
    to[from.len] = '\0';
    return true;
}

static bool read_state(struct str s, enum account_state *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(state_names); i++) {
        if (str_eq(s, str_of(state_names[i]))) {
            *ret = (enum account_state)i;
            return true;
        }
    }
    return false;
}

int account_get(struct store *s, const char *login, struct account *ret)
{
    ROWS_AUTO *rows = NULL;
    struct account a = {.failures = 0};
    int r = STORE_ONE(s, &rows, STMT_ACCOUNT_GET, V_TEXT(login));

    if (r == STORE_E_NONE)
        return ACCOUNT_E_NONE;
    if (r != 0)
        return store_errno(r);
    /* A row that nobody of ours wrote signs nobody in. */
    if (!account_copy(a.login, sizeof(a.login), str_of(login)) ||
        !account_copy(a.person, sizeof(a.person), rows_str(rows, 0)) ||
        !account_copy(a.hash, sizeof(a.hash), rows_str(rows, 1)) ||
        !read_state(rows_str(rows, 2), &a.state) || rights_parse(rows_str(rows, 3), &a.rights) != 0)
        return -EBADMSG;
    a.failures = (unsigned)rows_int(rows, 4);
    a.wait_until_us = (uint64_t)rows_int(rows, 5);
    a.changed_us = (uint64_t)rows_int(rows, 6);
    *ret = a;
    return 0;
}

int account_of_person(struct store *s, const char *person, struct account *ret)
{
    ROWS_AUTO *rows = NULL;
    int r = store_errno(STORE_QUERY(s, &rows, STMT_ACCOUNT_OF_PERSON, V_TEXT(person)));

    if (r < 0)
        return r;
    r = rows_next(rows);
    if (r < 0)
        return r;
    return r == 0 ? ACCOUNT_E_NONE : account_get(s, rows_text(rows, 0), ret);
}

int account_each(struct store *s, account_fn *fn, void *arg)
{
    ROWS_AUTO *rows = NULL;
    int r = store_errno(STORE_QUERY(s, &rows, STMT_ACCOUNT_LIST));

    if (r < 0)
        return r;
    while ((r = rows_next(rows)) == 1) {
        struct account a;

        r = account_get(s, rows_text(rows, 0), &a);
        if (r == 0)
            r = fn(arg, &a);
        sodium_memzero(&a, sizeof(a));
        if (r != 0)
            return r;
    }
    return r;
}

#define HELD_MAX 64 /* logins read at once, so that nothing is read while `fn` writes */

struct held {
    char logins[HELD_MAX][ACCOUNT_LOGIN_MAX + 1];
    size_t n;
};

static int read_held(struct store *s, const char *after, struct held *ret)
{
    ROWS_AUTO *rows = NULL;
    int r = store_errno(STORE_QUERY(s, &rows, STMT_ACCOUNT_HELD, V_TEXT(after), V_INT(HELD_MAX)));

    if (r < 0)
        return r;
    for (ret->n = 0; ret->n < HELD_MAX && (r = rows_next(rows)) == 1; ret->n++)
        if (!account_copy(ret->logins[ret->n], sizeof(ret->logins[ret->n]), rows_str(rows, 0)))
            return -EBADMSG;
    return MIN_OF(r, 0);
}

int account_each_held(struct store *s, account_fn *fn, void *arg)
{
    char after[ACCOUNT_LOGIN_MAX + 1] = "";
    struct held held;
    struct account a;
    int r;

    do {
        if ((r = read_held(s, after, &held)))
            return r;
        for (size_t i = 0; i < held.n; i++) {
            if (!(r = account_get(s, held.logins[i], &a)))
                r = fn(arg, &a);
            sodium_memzero(&a, sizeof(a));
            if (r)
                return r;
        }
        if (held.n)
            memcpy(after, held.logins[held.n - 1], sizeof(after));
    } while (held.n == HELD_MAX);
    return 0;
}

/* ---- who may ---- */

static bool may_administer(struct account_actor by)
{
    return by.rights & (RIGHT_ADMINISTRATOR | RIGHT_OPERATOR);
}

/* The account to be changed, when the actor may and is not its owner. */
static int target(struct store *s, struct account_actor by, const char *login, struct account *ret)
{
    int r;

    if (!may_administer(by))
        return ACCOUNT_E_RIGHT;
    r = account_get(s, login, ret);
    if (r != 0)
        return r;
    return strcmp(ret->person, by.person) == 0 ? ACCOUNT_E_SELF : 0;
}

static int count_administrator(void *arg, const struct account *a)
{
    unsigned *n = arg;

    *n += a->state != ACCOUNT_CLOSED && (a->rights & RIGHT_ADMINISTRATOR) != 0;
    return 0;
}

#define META_ENDED "administrators.ended" /* "1": there has been one more, whose account was closed or lost the right */

/* It will be an administrator's no more. Without it nobody may be left; whoever is left alone is so by this. */
static int end_administrator(struct store *s, const struct account *a)
{
    unsigned n = 0;
    int r;

    if (a->state == ACCOUNT_CLOSED || !(a->rights & RIGHT_ADMINISTRATOR))
        return 0;
    r = account_each(s, count_administrator, &n);
    if (r != 0)
        return r;
    return n <= 1 ? ACCOUNT_E_LAST : store_errno(STORE_RUN(s, STMT_META_SET, V_TEXT(META_ENDED), V_TEXT("1")));
}

int account_gives_alone(struct store *s, bool *ret)
{
    ROWS_AUTO *row = NULL;
    unsigned n = 0;
    int r = STORE_ONE(s, &row, STMT_META_GET, V_TEXT(META_ENDED));

    *ret = false;
    if (r != STORE_E_NONE)
        return store_errno(r);
    r = account_each(s, count_administrator, &n);
    *ret = r == 0 && n <= 1;
    return r;
}

static int check_second(struct store *s, struct account_actor by)
{
    bool is_alone;
    int r;

    if (by.rights & (RIGHT_OPERATOR | RIGHT_AGREED))
        return 0;
    r = account_gives_alone(s, &is_alone);
    return r != 0 ? r : is_alone ? 0 : ACCOUNT_E_SECOND;
}

/* ---- reasons ---- */

static const char *const closing_reasons[] = {"left", "absent", "duty", "leak", "mistake"};
static const char *const reopening_reasons[] = {"back", "needed", "wrongly"};

const char *account_reason(bool is_closing, size_t i)
{
    if (is_closing)
        return i < ARRAY_LEN(closing_reasons) ? closing_reasons[i] : NULL;
    return i < ARRAY_LEN(reopening_reasons) ? reopening_reasons[i] : NULL;
}

bool account_reason_is(bool is_closing, const char *word)
{
    const char *one;

    for (size_t i = 0; (one = account_reason(is_closing, i)); i++)
        if (!strcmp(one, word))
            return true;
    return false;
}

/* ---- changing ---- */

static int insert(struct store *s, const char *login, const char *person, unsigned rights,
                  uint64_t now_us)
{
    struct buf words;
    int r;

    buf_init(&words, 200);
    r = rights_print(rights, &words);
    if (r == 0)
        r = store_errno(STORE_RUN(s, STMT_ACCOUNT_ADD, V_TEXT(login), V_TEXT(person), V_TEXT(""),
                                  V_TEXT(state_names[ACCOUNT_NEW]), V_STR(buf_str(&words)),
                                  V_INT(now_us)));
    buf_done(&words);
    return r;
}

static bool is_person(const char *person)
{
    size_t n = strlen(person);

    return n > 0 && n <= ACCOUNT_PERSON_MAX && person[0] != '(';
}

int account_add(struct store *s, struct account_actor by, const char *login, const char *person,
                unsigned rights, uint64_t now_us)
{
    char normal[ACCOUNT_LOGIN_MAX + 1];
    struct account a;
    int r;

    if (!may_administer(by))
        return ACCOUNT_E_RIGHT;
    if ((r = login_normal(str_of(login), normal)))
        return r;
    if (!is_person(person) || (rights & ~(unsigned)RIGHTS_STORED))
        return ACCOUNT_E_INVALID;
    r = account_get(s, normal, &a);
    if (r == ACCOUNT_E_NONE)
        r = account_of_person(s, person, &a);
    if (r == 0)
        return ACCOUNT_E_EXISTS;
    if (r == ACCOUNT_E_NONE && rights & RIGHT_ADMINISTRATOR && (r = check_second(s, by)) == 0)
        r = ACCOUNT_E_NONE;
    return r == ACCOUNT_E_NONE ? insert(s, normal, person, rights, now_us) : r;
}

int account_set_rights(struct store *s, struct account_actor by, const char *login, unsigned rights,
                       uint64_t now_us)
{
    struct account a;
    struct buf words;
    int r = target(s, by, login, &a);

    if (r != 0)
        return r;
    if (rights & ~(unsigned)RIGHTS_STORED)
        return ACCOUNT_E_INVALID;
    if (!(rights & RIGHT_ADMINISTRATOR))
        r = end_administrator(s, &a);
    else if (!(a.rights & RIGHT_ADMINISTRATOR))
        r = check_second(s, by);
    if (r != 0)
        return r;
    buf_init(&words, 200);
    r = rights_print(rights, &words);
    if (r == 0)
        r = store_errno(STORE_RUN(s, STMT_ACCOUNT_RIGHTS, V_TEXT(login), V_STR(buf_str(&words)),
                                  V_INT(now_us)));
    buf_done(&words);
    return r;
}

int account_cut_off(struct store *s, const char *login, uint64_t now_us)
{
    int r = STORE_RUN(s, STMT_SESSION_DROP_LOGIN, V_TEXT(login));

    if (r == 0)
        r = STORE_RUN(s, STMT_RESET_VOID, V_TEXT(login), V_INT(now_us), V_TEXT(""));
    if (r == 0)
        r = token_end_all(s, login, now_us);
    return store_errno(r);
}

int account_close(struct store *s, struct account_actor by, const char *login, uint64_t now_us)
{
    struct account a;
    int r = target(s, by, login, &a);

    if (r == 0 && a.state == ACCOUNT_CLOSED)
        r = ACCOUNT_E_OVER;
    if (r == 0)
        r = end_administrator(s, &a);
    if (r != 0)
        return r;
    r = store_errno(STORE_RUN(s, STMT_ACCOUNT_PASSWORD, V_TEXT(login), V_TEXT(""),
                              V_TEXT(state_names[ACCOUNT_CLOSED]), V_INT(now_us)));
    return r < 0 ? r : account_cut_off(s, login, now_us);
}

int account_reopen(struct store *s, struct account_actor by, const char *login, uint64_t now_us)
{
    struct account a;
    int r = target(s, by, login, &a);

    if (r == 0 && a.state != ACCOUNT_CLOSED)
        r = ACCOUNT_E_OVER;
    if (r == 0 && a.rights & RIGHT_ADMINISTRATOR)
        r = check_second(s, by);
    if (r != 0)
        return r;
    return store_errno(STORE_RUN(s, STMT_ACCOUNT_STATE, V_TEXT(login),
                                 V_TEXT(state_names[ACCOUNT_NEW]), V_INT(now_us)));
}

int account_set_password(struct store *s, const char *login, const char *hash, uint64_t now_us)
{
    struct account a;
    int r = account_get(s, login, &a);

    if (r != 0)
        return r;
    if (a.state == ACCOUNT_CLOSED)
        return ACCOUNT_E_CLOSED;
    r = store_errno(STORE_RUN(s, STMT_ACCOUNT_PASSWORD, V_TEXT(login), V_TEXT(hash),
                              V_TEXT(state_names[ACCOUNT_OPEN]), V_INT(now_us)));
    return r < 0 ? r : account_cut_off(s, login, now_us);
}

/* ---- the first one ---- */

static int stop_at_first(void *arg, const struct account *a)
{
    return ACCOUNT_E_EXISTS;
}

int account_first(struct store *s, const char *login, const char *person, uint64_t now_us,
                  char ret_code[CODE_SIZE])
{
    char normal[ACCOUNT_LOGIN_MAX + 1], id[RESET_ID_SIZE];
    int r = account_each(s, stop_at_first, NULL);

    if (r != 0)
        return r;
    r = account_add(s, ACCOUNT_OPERATOR, login, person, RIGHT_ADMINISTRATOR, now_us);
    if (r != 0)
        return r;
    if ((r = login_normal(str_of(login), normal)))
        return r;
    return reset_issue(s, normal, now_us, id, ret_code);
}
