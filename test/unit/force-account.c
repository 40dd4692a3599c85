#include "force/account.h"

#include "base/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* after the four above */
#include <cmocka.h>

#define SECOND UINT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define START (UINT64_C(1800000000) * SECOND)

/* Not the hash of anything: whether the password is right is told to the functions under test. */
#define HASH_A "$argon2id$v=19$m=65536,t=3,p=1$AAAA$AAAA"
#define HASH_B "$argon2id$v=19$m=65536,t=3,p=1$BBBB$BBBB"

static const struct account_actor alice = {"p1", RIGHT_ADMINISTRATOR},
                                  bob = {"p2", RIGHT_ADMINISTRATOR},
                                  carol = {"p3", RIGHT_ACCOUNT_RESET}, dave = {"p4", RIGHT_AUDITOR};

/* One step in a transaction of its own, as the keeper runs it; the answer is checked after the commit. */
#define IN_TX(s, call)                        \
    ({                                        \
        int answer_;                          \
        assert_int_equal(store_begin(s), 0);  \
        answer_ = (call);                     \
        assert_int_equal(store_commit(s), 0); \
        answer_;                              \
    })

static struct store *new_store(void)
{
    static const char *const logins[] = {"alice", "bob", "carol", "dave"};
    static const char *const persons[] = {"p1", "p2", "p3", "p4"};
    static const unsigned rights[] = {RIGHT_ADMINISTRATOR, RIGHT_ADMINISTRATOR, RIGHT_ACCOUNT_RESET,
                                      RIGHT_AUDITOR};
    struct store *s = NULL;

    assert_int_equal(store_open(":memory:", STORE_WRITE, &s, NULL), 0);
    assert_int_equal(store_begin(s), 0);
    for (size_t i = 0; i < ARRAY_LEN(logins); i++) {
        assert_int_equal(account_add(s, ACCOUNT_OPERATOR, logins[i], persons[i], rights[i], START),
                         0);
        assert_int_equal(account_set_password(s, logins[i], HASH_A, START), 0);
    }
    assert_int_equal(store_commit(s), 0);
    return s;
}

static int sign_in(struct store *s, const char *login, bool is_right, uint64_t now_us,
                   struct session_key *ret)
{
    struct sign_in begun;

    assert_int_equal(sign_in_begin(s, str_of(login), &begun), 0);
    return IN_TX(s, sign_in_end(s, &begun, is_right, now_us, ret));
}

/* ---- accounts ---- */

static void test_logins_and_rights(void **state)
{
    char login[ACCOUNT_LOGIN_MAX + 1];
    struct buf out;
    unsigned rights;

    (void)state;
    assert_int_equal(login_normal(STR(" T.Yamada-2 "), login), 0);
    assert_string_equal(login, "t.yamada-2");
    assert_int_equal(login_normal(STR("　ｐｅｒｓｏｎ－Ｓ．２　"), login), 0);
    assert_string_equal(login, "person-s.2");
    assert_int_equal(login_normal(STR("ｘ"), login), ACCOUNT_E_INVALID);
    assert_int_equal(login_normal(STR("x"), login), ACCOUNT_E_INVALID);
    assert_int_equal(login_normal(STR("-x"), login), ACCOUNT_E_INVALID);
    /* Who does not look at the answer gets nobody's login, not the beginning of one. */
    memset(login, 'z', sizeof(login));
    assert_int_equal(login_normal(STR("two words"), login), ACCOUNT_E_INVALID);
    assert_string_equal(login, "");
    memset(login, 'z', sizeof(login));
    assert_int_equal(login_normal(STR("y"), login), ACCOUNT_E_INVALID);
    assert_string_equal(login, "");
    assert_int_equal(login_normal(STR("山田"), login), ACCOUNT_E_INVALID);
    assert_int_equal(login_normal(
        STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), login), ACCOUNT_E_INVALID);
    assert_int_equal(rights_parse(STR("auditor;administrator"), &rights), 0);
    assert_int_equal(rights, RIGHT_ADMINISTRATOR | RIGHT_AUDITOR);
    assert_int_equal(rights_parse(STR_NONE, &rights), 0);
    assert_int_equal(rights, 0);
    assert_int_equal(rights_parse(STR("root"), &rights), ACCOUNT_E_INVALID);
    buf_init(&out, 100);
    assert_int_equal(rights_print(RIGHT_ACCOUNT_RESET | RIGHT_ADMINISTRATOR | RIGHT_OPERATOR, &out),
                     0);
    assert_string_equal(out.at, "administrator;account-reset");
    buf_done(&out);
}

static void test_add(void **state)
{
    STORE_AUTO *s = new_store();
    struct account a;

    (void)state;
    assert_int_equal(IN_TX(s, account_add(s, dave, "erin", "p5", 0, START)), ACCOUNT_E_RIGHT);
    assert_int_equal(IN_TX(s, account_add(s, carol, "erin", "p5", 0, START)), ACCOUNT_E_RIGHT);
    assert_int_equal(IN_TX(s, account_add(s, alice, "Alice", "p5", 0, START)), ACCOUNT_E_EXISTS);
    assert_int_equal(IN_TX(s, account_add(s, alice, "erin", "p2", 0, START)), ACCOUNT_E_EXISTS);
    assert_int_equal(IN_TX(s, account_add(s, alice, "er in", "p5", 0, START)), ACCOUNT_E_INVALID);
    assert_int_equal(IN_TX(s, account_add(s, alice, "erin", "", 0, START)), ACCOUNT_E_INVALID);
    assert_int_equal(IN_TX(s, account_add(s, alice, "erin", "(operator)", 0, START)),
                     ACCOUNT_E_INVALID);
    assert_int_equal(IN_TX(s, account_add(s, alice, "erin", "p5", RIGHT_OPERATOR, START)),
                     ACCOUNT_E_INVALID);
    assert_int_equal(IN_TX(s, account_add(s, alice, "Erin", "p5", RIGHT_AUDITOR, START)), 0);
    assert_int_equal(account_get(s, "erin", &a), 0);
    assert_int_equal(a.state, ACCOUNT_NEW);
    assert_string_equal(a.hash, "");
    assert_int_equal(a.rights, RIGHT_AUDITOR);
    assert_int_equal(account_of_person(s, "p5", &a), 0);
    assert_string_equal(a.login, "erin");
    assert_int_equal(account_of_person(s, "p9", &a), ACCOUNT_E_NONE);
    assert_int_equal(account_get(s, "nobody", &a), ACCOUNT_E_NONE);
}

static void test_rights_and_closing(void **state)
{
    STORE_AUTO *s = new_store();
    struct session_key key;
    struct session session;
    struct account a;

    (void)state;
    assert_int_equal(IN_TX(s, account_set_rights(s, dave, "bob", 0, START)), ACCOUNT_E_RIGHT);
    assert_int_equal(IN_TX(s, account_set_rights(s, alice, "alice", RIGHT_AUDITOR, START)),
                     ACCOUNT_E_SELF);
    assert_int_equal(IN_TX(s, account_set_rights(s, alice, "bob", RIGHT_OPERATOR, START)),
                     ACCOUNT_E_INVALID);
    assert_int_equal(IN_TX(s, account_set_rights(s, alice, "nobody", 0, START)), ACCOUNT_E_NONE);
    assert_int_equal(IN_TX(s, account_set_rights(s, alice, "bob", RIGHT_AUDITOR, START)), 0);
    assert_int_equal(account_get(s, "bob", &a), 0);
    assert_int_equal(a.rights, RIGHT_AUDITOR);
    /* alice is the last one now */
    assert_int_equal(IN_TX(s, account_set_rights(s, ACCOUNT_OPERATOR, "alice", 0, START)),
                     ACCOUNT_E_LAST);
    assert_int_equal(IN_TX(s, account_close(s, ACCOUNT_OPERATOR, "alice", START)), ACCOUNT_E_LAST);

    assert_int_equal(sign_in(s, "dave", true, START, &key), 0);
    assert_int_equal(session_get(s, str_of(key.cookie), START, &session), 0);
    assert_int_equal(IN_TX(s, account_close(s, alice, "dave", START)), 0);
    assert_int_equal(session_get(s, str_of(key.cookie), START, &session), ACCOUNT_E_NONE);
    assert_int_equal(sign_in(s, "dave", true, START, &key), ACCOUNT_E_REFUSED);
    assert_int_equal(IN_TX(s, account_close(s, alice, "dave", START)), ACCOUNT_E_OVER);
    assert_int_equal(IN_TX(s, account_set_password(s, "dave", HASH_B, START)), ACCOUNT_E_CLOSED);
    assert_int_equal(IN_TX(s, account_reopen(s, alice, "dave", START)), 0);
    assert_int_equal(IN_TX(s, account_reopen(s, alice, "dave", START)), ACCOUNT_E_OVER);
    assert_int_equal(account_get(s, "dave", &a), 0);
    assert_int_equal(a.state, ACCOUNT_NEW);
    assert_string_equal(a.hash, ""); /* the old password does not come back */
}

static bool gives_alone(struct store *s)
{
    bool is_alone;

    assert_int_equal(account_gives_alone(s, &is_alone), 0);
    return is_alone;
}

/* Beside another one nobody makes an administrator by himself, nor when he has shut that one out before. */
static void test_second(void **state)
{
    const struct account_actor agreed = {"p1", RIGHT_ADMINISTRATOR | RIGHT_AGREED};
    STORE_AUTO *s = new_store();
    struct account a;

    (void)state;
    assert_false(gives_alone(s));
    assert_int_equal(IN_TX(s, account_set_rights(s, alice, "dave", RIGHT_ADMINISTRATOR, START)), ACCOUNT_E_SECOND);
    assert_int_equal(IN_TX(s, account_add(s, alice, "erin", "p5", RIGHT_ADMINISTRATOR | RIGHT_AUDITOR, START)), ACCOUNT_E_SECOND);
    assert_int_equal(account_get(s, "erin", &a), ACCOUNT_E_NONE);
    assert_int_equal(IN_TX(s, account_set_rights(s, alice, "bob", RIGHT_ADMINISTRATOR | RIGHT_AUDITOR, START)), 0); /* he has it */
    assert_int_equal(IN_TX(s, account_close(s, alice, "bob", START)), 0);
    assert_int_equal(IN_TX(s, account_reopen(s, alice, "bob", START)), ACCOUNT_E_SECOND);
    assert_false(gives_alone(s)); /* though he is the only one now */
    assert_int_equal(IN_TX(s, account_set_rights(s, alice, "dave", RIGHT_ADMINISTRATOR, START)), ACCOUNT_E_SECOND);
    assert_int_equal(IN_TX(s, account_set_rights(s, alice, "bob", 0, START)), 0);
    assert_int_equal(IN_TX(s, account_set_rights(s, alice, "bob", RIGHT_ADMINISTRATOR, START)), ACCOUNT_E_SECOND); /* of what is closed */
    assert_int_equal(IN_TX(s, account_reopen(s, alice, "bob", START)), 0);
    assert_int_equal(account_get(s, "dave", &a), 0);
    assert_int_equal(a.rights, RIGHT_AUDITOR);
    /* What another one asked for, by who is not given it himself, and the operator. */
    assert_int_equal(IN_TX(s, account_set_rights(s, agreed, "alice", RIGHT_ADMINISTRATOR, START)), ACCOUNT_E_SELF);
    assert_int_equal(IN_TX(s, account_set_rights(s, agreed, "dave", RIGHT_ADMINISTRATOR, START)), 0);
    assert_int_equal(IN_TX(s, account_add(s, ACCOUNT_OPERATOR, "erin", "p5", RIGHT_ADMINISTRATOR, START)), 0);
}

/* Setup: the first one makes the second. */
static void test_second_of_one(void **state)
{
    STORE_AUTO *s = NULL;
    char code[CODE_SIZE];

    (void)state;
    assert_int_equal(store_open(":memory:", STORE_WRITE, &s, NULL), 0);
    assert_int_equal(IN_TX(s, account_first(s, "alice", "p1", START, code)), 0);
    assert_true(gives_alone(s));
    assert_int_equal(IN_TX(s, account_add(s, alice, "bob", "p2", RIGHT_ADMINISTRATOR, START)), 0);
    assert_false(gives_alone(s)); /* though he has no password yet */
    assert_int_equal(IN_TX(s, account_add(s, alice, "dave", "p4", RIGHT_ADMINISTRATOR, START)), ACCOUNT_E_SECOND);
    assert_int_equal(IN_TX(s, account_add(s, alice, "dave", "p4", RIGHT_ACCOUNT_RESET, START)), 0);
}

/* ---- sign-in ---- */

static void test_sign_in(void **state)
{
    STORE_AUTO *s = new_store();
    struct sign_in begun;
    struct session_key key, other;
    struct session session;

    (void)state;
    assert_int_equal(sign_in_begin(s, STR(" ALICE "), &begun), 0);
    assert_true(begun.is_known);
    assert_string_equal(begun.hash, HASH_A);
    assert_int_equal(sign_in_begin(s, STR("mallory"), &begun), 0);
    assert_false(begun.is_known);
    assert_string_equal(begun.hash, "");
    assert_int_equal(sign_in_begin(s, STR("no such \xff"), &begun), 0);
    assert_false(begun.is_known);
    assert_int_equal(sign_in(s, "alice", true, START, &key), 0);
    assert_int_equal(sign_in(s, "alice", true, START, &other), 0);
    assert_string_not_equal(key.cookie, other.cookie);
    assert_string_not_equal(key.cookie, key.csrf);
    assert_int_equal(strlen(key.cookie), 43);
    assert_int_equal(session_get(s, str_of(key.cookie), START, &session), 0);
    assert_string_equal(session.login, "alice");
    assert_string_equal(session.person, "p1");
    assert_int_equal(session.rights, RIGHT_ADMINISTRATOR);
    assert_true(session_csrf_is(&session, str_of(key.csrf)));
    assert_false(session_csrf_is(&session, str_of(other.csrf)));
    assert_false(session_csrf_is(&session, STR_NONE));
    /* an unknown login stays unknown, whatever anybody claims about the password */
    assert_int_equal(sign_in(s, "mallory", true, START, &key), ACCOUNT_E_REFUSED);
    assert_int_equal(sign_in(s, "", true, START, &key), ACCOUNT_E_REFUSED);
}

static void test_throttle(void **state)
{
    STORE_AUTO *s = new_store();
    struct session_key key;
    struct account a;
    uint64_t now = START;

    (void)state;
    for (unsigned i = 1; i <= SIGN_IN_FREE; i++) {
        assert_int_equal(sign_in(s, "alice", false, now, &key), ACCOUNT_E_REFUSED);
        assert_int_equal(account_get(s, "alice", &a), 0);
        assert_int_equal(a.failures, i);
        assert_int_equal(a.wait_until_us, 0);
    }
    for (unsigned i = 0; i < 14; i++) {
        uint64_t wait = MIN_OF(SECOND << i, SIGN_IN_WAIT_MAX_US);

        assert_int_equal(sign_in(s, "alice", false, now, &key), ACCOUNT_E_REFUSED);
        assert_int_equal(account_get(s, "alice", &a), 0);
        assert_int_equal(a.wait_until_us, now + wait);
        /* during the wait even the right one is refused, and nothing is counted */
        assert_int_equal(sign_in(s, "alice", true, now + wait - 1, &key), ACCOUNT_E_REFUSED);
        assert_int_equal(sign_in(s, "alice", false, now + wait - 1, &key), ACCOUNT_E_REFUSED);
        assert_int_equal(account_get(s, "alice", &a), 0);
        assert_int_equal(a.failures, SIGN_IN_FREE + 1 + i);
        now += wait;
    }
    assert_int_equal(sign_in(s, "bob", true, START, &key), 0); /* nobody else waits */
    assert_int_equal(sign_in(s, "alice", true, now, &key), 0);
    assert_int_equal(account_get(s, "alice", &a), 0);
    assert_int_equal(a.failures, 0);
    assert_int_equal(a.wait_until_us, 0);
}

/* What was proved about an old password proves nothing about the new one; guesses hashed side by side do not slip through. */
static void test_sign_in_overtaken(void **state)
{
    STORE_AUTO *s = new_store();
    struct sign_in begun;
    struct session_key key;

    (void)state;
    assert_int_equal(sign_in_begin(s, STR("alice"), &begun), 0);
    assert_int_equal(IN_TX(s, account_set_password(s, "alice", HASH_B, START)), 0);
    assert_int_equal(IN_TX(s, sign_in_end(s, &begun, true, START, &key)), ACCOUNT_E_REFUSED);
    assert_int_equal(sign_in_begin(s, STR("alice"), &begun), 0);
    for (unsigned i = 0; i <= SIGN_IN_FREE; i++)
        assert_int_equal(sign_in(s, "alice", false, START, &key), ACCOUNT_E_REFUSED);
    assert_int_equal(IN_TX(s, sign_in_end(s, &begun, true, START, &key)), ACCOUNT_E_REFUSED);
    assert_int_equal(IN_TX(s, sign_in_end(s, &begun, true, START + SECOND, &key)), 0);
}

static bool is_password(const char *hash, struct str password)
{
    bool is_same;

    assert_int_equal(password_check(hash, password, &is_same), 0);
    return is_same;
}

/* The real thing once, with Argon2id. */
static void test_with_hash(void **state)
{
    STORE_AUTO *s = new_store();
    char hash[PASSWORD_HASH_SIZE];
    struct sign_in begun;
    struct session_key key;

    (void)state;
    assert_int_equal(password_hash(STR("kaki-no-tane 8482 umi"), hash), 0);
    assert_int_equal(IN_TX(s, account_set_password(s, "alice", hash, START)), 0);
    assert_int_equal(sign_in_begin(s, STR("alice"), &begun), 0);
    assert_int_equal(IN_TX(s, sign_in_end(s, &begun,
                                          is_password(begun.hash, STR("kaki-no-tane 8483 umi")),
                                          START, &key)),
                     ACCOUNT_E_REFUSED);
    assert_int_equal(IN_TX(s, sign_in_end(s, &begun,
                                          is_password(begun.hash, STR("kaki-no-tane 8482 umi")),
                                          START, &key)),
                     0);
}

/* ---- sessions ---- */

static void test_session_times(void **state)
{
    STORE_AUTO *s = new_store();
    struct session_key key;
    struct session session;
    struct str cookie;
    uint64_t now = START;

    (void)state;
    assert_int_equal(sign_in(s, "alice", true, START, &key), 0);
    cookie = str_of(key.cookie);
    assert_int_equal(session_get(s, cookie, START + MINUTE - 1, &session), 0);
    assert_false(session.is_touch_due);
    assert_int_equal(session_get(s, cookie, START + MINUTE, &session), 0);
    assert_true(session.is_touch_due);
    assert_int_equal(session_get(s, cookie, START + 15 * MINUTE - 1, &session), 0);
    assert_int_equal(session_get(s, cookie, START + 15 * MINUTE, &session), ACCOUNT_E_LOCKED);
    assert_string_equal(session.login, "alice");
    /* touching does not wake it */
    assert_int_equal(IN_TX(s, session_touch(s, cookie, START + 15 * MINUTE)), ACCOUNT_E_LOCKED);
    assert_int_equal(session_get(s, cookie, START + 15 * MINUTE, &session), ACCOUNT_E_LOCKED);
    /* a clock set back neither locks nor lengthens */
    assert_int_equal(session_get(s, cookie, START - HOUR, &session), 0);
    assert_int_equal(IN_TX(s, session_touch(s, cookie, START - HOUR)), 0);
    assert_int_equal(session_get(s, cookie, START, &session), 0);
    assert_int_equal(session.seen_us, START);
    /* kept awake, it ends after twelve hours all the same */
    for (now = START; now < START + 12 * HOUR; now += 10 * MINUTE)
        assert_int_equal(IN_TX(s, session_touch(s, cookie, now)), 0);
    assert_int_equal(session_get(s, cookie, START + 12 * HOUR - 1, &session), 0);
    assert_int_equal(session_get(s, cookie, START + 12 * HOUR, &session), ACCOUNT_E_NONE);
    assert_int_equal(IN_TX(s, session_touch(s, cookie, START + 12 * HOUR)), ACCOUNT_E_NONE);
}

static void test_session_strange(void **state)
{
    STORE_AUTO *s = new_store();
    struct session_key key;
    struct session session;
    char other[COOKIE_SIZE];

    (void)state;
    assert_int_equal(sign_in(s, "alice", true, START, &key), 0);
    memcpy(other, key.cookie, sizeof(other));
    other[0] = other[0] == 'A' ? 'B' : 'A';
    assert_int_equal(session_get(s, str_of(other), START, &session), ACCOUNT_E_NONE);
    assert_int_equal(session_get(s, STR_NONE, START, &session), ACCOUNT_E_NONE);
    assert_int_equal(session_get(s, STR("' OR 1=1 --"), START, &session), ACCOUNT_E_NONE);
    assert_int_equal(IN_TX(s, session_end(s, STR("nonsense"))), 0);
    assert_int_equal(IN_TX(s, session_end(s, str_of(key.cookie))), 0);
    assert_int_equal(session_get(s, str_of(key.cookie), START, &session), ACCOUNT_E_NONE);
    assert_int_equal(IN_TX(s, session_lock(s, str_of(key.cookie), START)), ACCOUNT_E_NONE);
}

/* Neither cookie nor token lies in the store. */
static void test_session_secret(void **state)
{
    STORE_AUTO *s = new_store();
    ROWS_AUTO *rows = NULL;
    struct session_key key;
    struct digest d;

    (void)state;
    assert_int_equal(sign_in(s, "alice", true, START, &key), 0);
    assert_int_equal(STORE_ONE(s, &rows, STMT_SESSION_GET, V_BLOB(key.cookie, 43)), STORE_E_NONE);
    d = sha256(str_of(key.cookie));
    assert_int_equal(STORE_ONE(s, &rows, STMT_SESSION_GET, V_BLOB(d.bytes, SHA256_SIZE)), 0);
}

static void test_unlock(void **state)
{
    STORE_AUTO *s = new_store();
    struct session_key key, renewed;
    struct session session;
    struct sign_in begun;
    struct account a;
    uint64_t now = START + 20 * MINUTE;

    (void)state;
    assert_int_equal(sign_in(s, "alice", true, START, &key), 0);
    assert_int_equal(IN_TX(s, session_lock(s, str_of(key.cookie), START)), 0);
    assert_int_equal(session_get(s, str_of(key.cookie), START, &session), ACCOUNT_E_LOCKED);
    /* the right password of somebody else */
    assert_int_equal(sign_in_begin(s, STR("bob"), &begun), 0);
    assert_int_equal(IN_TX(s,
                           session_unlock_end(s, str_of(key.cookie), &begun, true, now, &renewed)),
                     ACCOUNT_E_REFUSED);
    assert_int_equal(sign_in_begin(s, str_of(session.login), &begun), 0);
    assert_int_equal(IN_TX(s,
                           session_unlock_end(s, str_of(key.cookie), &begun, false, now, &renewed)),
                     ACCOUNT_E_REFUSED);
    assert_int_equal(account_get(s, "alice", &a), 0);
    assert_int_equal(a.failures, 1);
    assert_int_equal(
        IN_TX(s, session_unlock_end(s, str_of(key.cookie), &begun, true, now, &renewed)), 0);
    assert_int_equal(session_get(s, str_of(key.cookie), now, &session),
                     ACCOUNT_E_NONE); /* the old cookie is dead */
    assert_int_equal(session_get(s, str_of(renewed.cookie), now, &session), 0);
    assert_true(session_csrf_is(&session, str_of(renewed.csrf)));
    assert_int_equal(session.opened_us, START); /* unlocking does not lengthen the twelve hours */
    assert_int_equal(session_get(s, str_of(renewed.cookie), START + 12 * HOUR, &session),
                     ACCOUNT_E_NONE);
    assert_int_equal(IN_TX(s, session_unlock_end(s, str_of(renewed.cookie), &begun, true,
                                                 START + 12 * HOUR, &key)),
                     ACCOUNT_E_NONE);
}

static void test_sessions_end(void **state)
{
    STORE_AUTO *s = new_store();
    struct session_key a, b, c;
    struct session session;

    (void)state;
    assert_int_equal(sign_in(s, "alice", true, START, &a), 0);
    assert_int_equal(sign_in(s, "bob", true, START + HOUR, &b), 0);
    assert_int_equal(sign_in(s, "carol", true, START + HOUR, &c), 0);
    assert_int_equal(IN_TX(s, session_sweep(s, START + 12 * HOUR + 1)), 0);
    assert_int_equal(session_get(s, str_of(a.cookie), START, &session), ACCOUNT_E_NONE);
    assert_int_equal(session_get(s, str_of(b.cookie), START + HOUR, &session), 0);
    /* a new password ends all sessions of the account and no others */
    assert_int_equal(IN_TX(s, account_set_password(s, "bob", HASH_B, START + HOUR)), 0);
    assert_int_equal(session_get(s, str_of(b.cookie), START + HOUR, &session), ACCOUNT_E_NONE);
    assert_int_equal(session_get(s, str_of(c.cookie), START + HOUR, &session), 0);
}

/* ---- codes ---- */

static int count(void *arg, const struct reset *r)
{
    *(int *)arg += r->approved_us > 0 ? 100 : 1;
    return 0;
}

static int waiting(struct store *s, uint64_t now_us)
{
    int n = 0;

    assert_int_equal(reset_each(s, now_us, count, &n), 0);
    return n;
}

/* As it is typed while a Japanese input method is on. */
static struct str widened(const char *code, char ret[3 * CODE_SIZE])
{
    size_t n = 0;

    for (const char *c = code; *c; c++) {
        unsigned wide = 0xff00u + (unsigned)*c - 0x20u;

        ret[n++] = (char)(0xe0 | wide >> 12);
        ret[n++] = (char)(0x80 | (wide >> 6 & 0x3f));
        ret[n++] = (char)(0x80 | (wide & 0x3f));
    }
    return (struct str){ret, n};
}

static void test_reset(void **state)
{
    STORE_AUTO *s = new_store();
    char id[RESET_ID_SIZE], found[RESET_ID_SIZE], code[CODE_SIZE], typed[CODE_SIZE], wide[3 * CODE_SIZE];
    struct session_key key;
    struct session session;
    struct account a;

    (void)state;
    assert_int_equal(sign_in(s, "dave", true, START, &key), 0);
    assert_int_equal(IN_TX(s, reset_propose(s, alice, "dave", START, id)), 0);
    assert_int_equal(waiting(s, START), 1);
    assert_int_equal(IN_TX(s, reset_approve(s, carol, id, START + HOUR, code)), 0);
    assert_int_equal(waiting(s, START + HOUR), 100);
    assert_int_equal(strlen(code), 23);
    assert_int_equal(session_get(s, str_of(key.cookie), START, &session),
                     0); /* nothing has changed yet */

    assert_int_equal(code_begin(s, STR("alice"), str_of(code), START + HOUR, found),
                     ACCOUNT_E_REFUSED);
    assert_int_equal(code_begin(s, STR("nobody"), str_of(code), START + HOUR, found),
                     ACCOUNT_E_REFUSED);
    assert_int_equal(code_begin(s, STR("dave"), STR("00000-00000-00000-00000"), START + HOUR,
                                found),
                     ACCOUNT_E_REFUSED);
    assert_int_equal(code_begin(s, STR("dave"), STR(""), START + HOUR, found), ACCOUNT_E_REFUSED);
    for (size_t i = 0; i < CODE_SIZE; i++)
        typed[i] = code[i] == '-'   ? ' '
                   : code[i] >= 'A' ? (char)(code[i] + 32)
                   : code[i] == '0' ? 'o'
                                    : code[i];
    assert_int_equal(code_begin(s, STR("Dave"), str_of(typed), START + HOUR, found), 0);
    assert_string_equal(found, id);
    assert_int_equal(code_begin(s, STR("ｄａｖｅ"), widened(code, wide), START + HOUR, found), 0);
    assert_int_equal(
        IN_TX(s, code_use(s, found, STR("00000-00000-00000-00000"), HASH_B, START + HOUR)),
        ACCOUNT_E_REFUSED);
    assert_int_equal(IN_TX(s, code_use(s, "0123", str_of(code), HASH_B, START + HOUR)),
                     ACCOUNT_E_REFUSED);
    assert_int_equal(IN_TX(s, code_use(s, found, str_of(typed), HASH_B, START + HOUR)), 0);
    assert_int_equal(account_get(s, "dave", &a), 0);
    assert_string_equal(a.hash, HASH_B);
    assert_int_equal(session_get(s, str_of(key.cookie), START, &session), ACCOUNT_E_NONE);
    /* once only */
    assert_int_equal(code_begin(s, STR("dave"), str_of(code), START + HOUR, found),
                     ACCOUNT_E_REFUSED);
    assert_int_equal(IN_TX(s, code_use(s, id, str_of(code), HASH_A, START + HOUR)),
                     ACCOUNT_E_REFUSED);
    assert_int_equal(waiting(s, START + HOUR), 0);
}

static void test_reset_persons(void **state)
{
    STORE_AUTO *s = new_store();
    char id[RESET_ID_SIZE], code[CODE_SIZE];

    (void)state;
    assert_int_equal(IN_TX(s, reset_propose(s, dave, "carol", START, id)), ACCOUNT_E_RIGHT);
    assert_int_equal(IN_TX(s, reset_propose(s, alice, "alice", START, id)), ACCOUNT_E_SELF);
    assert_int_equal(IN_TX(s, reset_propose(s, alice, "nobody", START, id)), ACCOUNT_E_NONE);
    assert_int_equal(IN_TX(s, reset_propose(s, alice, "bob", START, id)), 0);
    assert_int_equal(IN_TX(s, reset_approve(s, alice, id, START, code)), ACCOUNT_E_SAME);
    assert_int_equal(IN_TX(s, reset_approve(s, bob, id, START, code)), ACCOUNT_E_SELF);
    assert_int_equal(IN_TX(s, reset_approve(s, dave, id, START, code)), ACCOUNT_E_RIGHT);
    assert_int_equal(IN_TX(s, reset_approve(s, carol, "0123", START, code)), ACCOUNT_E_NONE);
    assert_int_equal(IN_TX(s, reset_approve(s, ACCOUNT_OPERATOR, id, START, code)), 0);
    assert_int_equal(IN_TX(s, reset_approve(s, ACCOUNT_OPERATOR, id, START, code)), ACCOUNT_E_OVER);
    /* an administrator is let in by administrators and the operator alone */
    assert_int_equal(IN_TX(s, reset_propose(s, carol, "bob", START, id)), ACCOUNT_E_RIGHT);
    assert_int_equal(IN_TX(s, reset_propose(s, alice, "bob", START, id)), 0);
    assert_int_equal(IN_TX(s, reset_approve(s, carol, id, START, code)), ACCOUNT_E_RIGHT);
    assert_int_equal(IN_TX(s, reset_propose(s, carol, "dave", START, id)), 0);
    assert_int_equal(IN_TX(s, reset_approve(s, alice, id, START, code)), 0);
    assert_int_equal(IN_TX(s, reset_propose(s, ACCOUNT_OPERATOR, "bob", START, id)), 0);
    assert_int_equal(IN_TX(s, reset_approve(s, ACCOUNT_OPERATOR, id, START, code)), ACCOUNT_E_SAME);
}

static void test_reset_times(void **state)
{
    STORE_AUTO *s = new_store();
    char id[RESET_ID_SIZE], second[RESET_ID_SIZE], found[RESET_ID_SIZE], code[CODE_SIZE],
        newer[CODE_SIZE];

    (void)state;
    assert_int_equal(IN_TX(s, reset_propose(s, alice, "dave", START, id)), 0);
    assert_int_equal(IN_TX(s, reset_approve(s, bob, id, START + PROPOSAL_VALID_US, code)),
                     ACCOUNT_E_OVER);
    assert_int_equal(IN_TX(s, reset_approve(s, bob, id, START + PROPOSAL_VALID_US - 1, code)), 0);
    assert_int_equal(waiting(s, START + 30 * 24 * HOUR), 0);
    assert_int_equal(code_begin(s, STR("dave"), str_of(code),
                                START + PROPOSAL_VALID_US + 24 * HOUR - 2, found),
                     0);
    assert_int_equal(code_begin(s, STR("dave"), str_of(code),
                                START + PROPOSAL_VALID_US + 24 * HOUR - 1, found),
                     ACCOUNT_E_REFUSED);
    assert_int_equal(
        IN_TX(s, code_use(s, id, str_of(code), HASH_B, START + PROPOSAL_VALID_US + 24 * HOUR - 1)),
        ACCOUNT_E_REFUSED);
    /* a newer code makes the older one void */
    assert_int_equal(IN_TX(s, reset_propose(s, alice, "dave", START, second)), 0);
    assert_int_equal(IN_TX(s, reset_approve(s, bob, second, START + HOUR, newer)), 0);
    assert_int_equal(code_begin(s, STR("dave"), str_of(code), START + HOUR, found),
                     ACCOUNT_E_REFUSED);
    assert_int_equal(code_begin(s, STR("dave"), str_of(newer), START + HOUR, found), 0);
    /* closing the account, too */
    assert_int_equal(IN_TX(s, account_close(s, alice, "dave", START + HOUR)), 0);
    assert_int_equal(IN_TX(s, code_use(s, second, str_of(newer), HASH_B, START + HOUR)),
                     ACCOUNT_E_REFUSED);
    assert_int_equal(IN_TX(s, reset_propose(s, alice, "dave", START, id)), ACCOUNT_E_CLOSED);
}

static void test_first(void **state)
{
    STORE_AUTO *s = NULL;
    char code[CODE_SIZE], id[RESET_ID_SIZE];
    struct session_key key;
    struct account a;

    (void)state;
    assert_int_equal(store_open(":memory:", STORE_WRITE, &s, NULL), 0);
    assert_int_equal(IN_TX(s, account_first(s, "no login", "p1", START, code)), ACCOUNT_E_INVALID);
    assert_int_equal(IN_TX(s, account_first(s, "Alice", "p1", START, code)), 0);
    assert_int_equal(account_get(s, "alice", &a), 0);
    assert_int_equal(a.rights, RIGHT_ADMINISTRATOR);
    assert_int_equal(a.state, ACCOUNT_NEW);
    assert_int_equal(sign_in(s, "alice", true, START, &key),
                     ACCOUNT_E_REFUSED); /* no default password */
    assert_int_equal(IN_TX(s, account_first(s, "mallory", "p9", START, code)), ACCOUNT_E_EXISTS);
    assert_int_equal(code_begin(s, STR("alice"), str_of(code), START + HOUR, id), 0);
    assert_int_equal(IN_TX(s, code_use(s, id, str_of(code), HASH_A, START + HOUR)), 0);
    assert_int_equal(sign_in(s, "alice", true, START + HOUR, &key), 0);
}

static int setup(void **state)
{
    (void)state;
    return crypto_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logins_and_rights),
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_rights_and_closing),
        cmocka_unit_test(test_second),
        cmocka_unit_test(test_second_of_one),
        cmocka_unit_test(test_sign_in),
        cmocka_unit_test(test_throttle),
        cmocka_unit_test(test_sign_in_overtaken),
        cmocka_unit_test(test_with_hash),
        cmocka_unit_test(test_session_times),
        cmocka_unit_test(test_session_strange),
        cmocka_unit_test(test_session_secret),
        cmocka_unit_test(test_unlock),
        cmocka_unit_test(test_sessions_end),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_reset_persons),
        cmocka_unit_test(test_reset_times),
        cmocka_unit_test(test_first),
    };

    return cmocka_run_group_tests_name("force-account", tests, setup, NULL);
}
