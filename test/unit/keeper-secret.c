/* Acts that set a secret, asked of a keeper that is a process, over both databases: what is taken, what is not, two at once, many at once, one sent again. */
#include "keeper-place.h"
#include "engine/verify.h"
#include "keeper/socket.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)
#define GOOD "hotaru no yado 42"
#define BETTER "kawa no nagare 7 hon"

struct world {
    struct keeper_place home;
    struct keeper_link *worker;
    char one[64], two[64];
};

static json_t *ask(struct world *w, json_t *message)
{
    json_t *answer = NULL;

    assert_non_null(message);
    OK(keeper_ask(w->worker, message, &answer));
    json_decref(message);
    return answer;
}

/* "allowed", another result, or the error's code. `answer` is taken. */
static void is_answered(json_t *answer, const char *wanted)
{
    const char *got = json_flag(answer, "ok") ? json_str(json_obj(answer, "outcome"), "result") : json_str(answer, "error");

    if (strcmp(got, wanted) != 0)
        fail_msg("%s instead of %s: %s", got, wanted, json_dumps(answer, 0));
    json_decref(answer);
}

static void open_login(struct world *w, const char *login, char ret[64])
{
    json_t *answer = ask(w, keeper_place_act(&w->home, 'M', "logins", "open", "", json_pack("{s:s, s:s}", "login", login, "who", "A")));

    snprintf(ret, 64, "%s", json_str(json_obj(answer, "outcome"), "record"));
    is_answered(answer, "allowed");
}

static void world_open(void **state, struct world *w)
{
    OK(ground_install(*state, &w->home));
    OK(keeper_link_open(w->home.data, w->home.db, true, &w->worker, NULL));
    open_login(w, "uke.ko", w->one);
    open_login(w, "uke.kanri", w->two);
}

/* Whatever was done, the ledger is sound. */
static void world_close(struct world *w)
{
    STORE_AUTO *s = NULL;
    struct verify_summary sum;
    struct diag diag;

    diag_init(&diag);
    OK(store_open(w->home.db, STORE_READ, &s, &diag));
    if (verify_installation(s, NULL, NULL, &sum, &diag))
        fail_msg("%s", diag_first(&diag));
    diag_done(&diag);
    keeper_link_close(w->worker);
}

static json_t *setting(struct world *w, char person, const char *record, const char *secret)
{
    json_t *m = keeper_place_act(&w->home, person, "logins", "set", record, NULL);

    assert_non_null(m);
    OK(json_put_str(m, "op", "act-secret"));
    OK(json_put_str(m, "secret", secret));
    return m;
}

static json_t *with_word(json_t *m, const char *once)
{
    OK(json_put_str(m, "once", once));
    return m;
}

/* ---- one after another ---- */

static void test_what_is_taken(void **state)
{
    struct world w = {0};
    char longest[2000];
    json_t *m;

    world_open(state, &w);
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    is_answered(ask(&w, setting(&w, 'A', w.one, "password1234")), "forbidden");
    is_answered(ask(&w, setting(&w, 'A', w.one, longest)), "invalid");
    is_answered(ask(&w, setting(&w, 'A', w.one, "")), "invalid");
    is_answered(ask(&w, setting(&w, 'B', w.one, GOOD)), "forbidden");
    is_answered(ask(&w, setting(&w, 'A', w.one, GOOD)), "allowed");
    is_answered(ask(&w, setting(&w, 'A', w.one, GOOD)), "forbidden");
    is_answered(ask(&w, setting(&w, 'A', w.two, GOOD)), "forbidden");
    is_answered(ask(&w, setting(&w, 'A', "LG-2026-9999", GOOD)), "unknown");
    m = setting(&w, 'A', w.one, GOOD);
    OK(json_put_str(m, "token", "nobody's"));
    is_answered(ask(&w, m), "sign-in");
    m = setting(&w, 'A', w.one, GOOD);
    OK(json_put_str(m, "step", "touch"));
    is_answered(ask(&w, m), "invalid");
    /* among the inputs it is no way in */
    is_answered(ask(&w, keeper_place_act(&w.home, 'A', "logins", "set", w.one, json_pack("{s:s}", "word", GOOD))), "invalid");
    is_answered(ask(&w, keeper_place_act(&w.home, 'A', "logins", "set", w.one, NULL)), "forbidden");
    world_close(&w);
}

/* Nobody judges for the keeper: such a member costs the connection. */
static void test_nobody_judges_for_the_keeper(void **state)
{
    static const char *const members[] = {"judged", "mark"};

    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        for (int is_secret = 0; is_secret < 2; is_secret++) {
            struct world w = {0};
            json_t *m;

            world_open(state, &w);
            m = setting(&w, 'A', w.one, GOOD);
            if (!is_secret) {
                OK(json_put_str(m, "op", "act"));
                json_object_del(m, "secret");
            }
            OK(json_put(m, members[i], i ? json_string("x") : json_pack("{s:b, s:i, s:{}, s:s}", "fit", 1, "length", 20, "same", "hash", "$argon2id$")));
            is_answered(ask(&w, m), "malformed");
            world_close(&w);
        }
}

static void test_one_that_is_sent_again(void **state)
{
    struct world w = {0};
    json_t *first, *second;

    world_open(state, &w);
    first = ask(&w, with_word(setting(&w, 'A', w.one, GOOD), "w1"));
    second = ask(&w, with_word(setting(&w, 'A', w.one, GOOD), "w1"));
    assert_true(json_equal(json_obj(first, "outcome"), json_obj(second, "outcome")));
    is_answered(first, "allowed");
    is_answered(second, "allowed");
    is_answered(ask(&w, with_word(setting(&w, 'A', w.one, BETTER), "w1")), "used");
    is_answered(ask(&w, with_word(setting(&w, 'A', w.one, BETTER), "w2")), "allowed");
    world_close(&w);
}

/* ---- at once ---- */

static int send_raw(struct world *w, json_t *m)
{
    char *text = json_dumps(m, JSON_COMPACT);
    uint32_t len = (uint32_t)strlen(text);
    uint8_t head[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
    struct sockaddr_un address;
    struct timeval limit = {60, 0};
    int dir, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    OK(keeper_socket_address(w->home.data, KEEPER_SOCKET, &address, &dir));
    OK(connect(fd, (struct sockaddr *)&address, sizeof(address)));
    close(dir);
    OK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
    assert_int_equal(send(fd, head, 4, MSG_NOSIGNAL), 4);
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
    free(text);
    json_decref(m);
    return fd;
}

static void take(int fd, void *to, size_t n)
{
    size_t have = 0;
    ssize_t one;

    for (; have < n && (one = recv(fd, (char *)to + have, n - have, 0)) > 0; have += (size_t)one)
        ;
    assert_int_equal(have, n);
}

/* "allowed" … or the error's code. */
static const char *answer_of(int fd, char ret[32])
{
    static char text[1 << 16];
    uint8_t head[4];
    size_t len;
    json_t *answer;

    take(fd, head, 4);
    len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    assert_true(len < sizeof(text));
    take(fd, text, len);
    close(fd);
    answer = json_loadb(text, len, 0, NULL);
    assert_non_null(answer);
    snprintf(ret, 32, "%s", json_flag(answer, "ok") ? json_str(json_obj(answer, "outcome"), "result") : json_str(answer, "error"));
    json_decref(answer);
    return ret;
}

/* Two acts at once set one secret for two of a person's: whichever is first is allowed, and never both. */
static void test_two_at_once(void **state)
{
    struct world w = {0};
    char first[32], second[32];
    int fds[2];

    world_open(state, &w);
    for (int i = 0; i < 4; i++) {
        char secret[64];

        snprintf(secret, sizeof(secret), "nana iro no kumo %d to %c", i, 'a' + i);
        fds[0] = send_raw(&w, setting(&w, 'A', w.one, secret));
        fds[1] = send_raw(&w, setting(&w, 'A', w.two, secret));
        answer_of(fds[0], first);
        answer_of(fds[1], second);
        if (!strcmp(first, "allowed") == !strcmp(second, "allowed"))
            fail_msg("%s and %s", first, second);
        if (strcmp(first, "allowed") != 0)
            memcpy(second, first, sizeof(second));
        if (strcmp(second, "stale") != 0 && strcmp(second, "forbidden") != 0)
            fail_msg("the later one is answered %s", second);
    }
    world_close(&w);
}

/* More than are taken: each is answered, those beyond with "busy", and whoever signs in meanwhile gets in. */
static void test_many_at_once(void **state)
{
    enum { N = 2 * KEEPER_JUDGING_MAX };
    struct world w = {0};
    int fds[N];
    char got[32];
    int n_taken = 0;

    world_open(state, &w);
    for (int i = 0; i < N; i++) {
        char secret[64];

        snprintf(secret, sizeof(secret), "ao iro no umi %d to %c", i, 'a' + i % 20);
        fds[i] = send_raw(&w, setting(&w, 'A', i % 2 ? w.one : w.two, secret));
    }
    {
        json_t *a = ask(&w, json_pack("{s:s, s:s, s:s}", "op", "sign-in", "login", "p-b", "password", PLACE_PASSWORD));

        assert_true(json_flag(a, "ok"));
        json_decref(a);
    }
    for (int i = 0; i < N; i++) {
        answer_of(fds[i], got);
        n_taken += !strcmp(got, "allowed");
        if (strcmp(got, "allowed") != 0 && strcmp(got, "busy") != 0 && strcmp(got, "stale") != 0)
            fail_msg("%d of them: %s", i, got);
    }
    assert_true(n_taken > 0);
    is_answered(ask(&w, setting(&w, 'A', w.one, GOOD)), "allowed");
    world_close(&w);
}

/* Whoever hangs up meanwhile costs nobody anything. */
static void test_who_hangs_up(void **state)
{
    struct world w = {0};

    world_open(state, &w);
    for (int i = 0; i < KEEPER_JUDGING_MAX; i++)
        close(send_raw(&w, setting(&w, 'A', w.one, GOOD)));
    for (;;) {
        json_t *a = ask(&w, setting(&w, 'A', w.two, BETTER));
        bool is_busy = !strcmp(json_str(a, "error"), "busy") || !strcmp(json_str(json_obj(a, "outcome"), "result"), "stale");

        if (!is_busy) {
            is_answered(a, "allowed");
            break;
        }
        json_decref(a);
        usleep(20000);
    }
    world_close(&w);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_what_is_taken),
        ON_SQLITE(test_nobody_judges_for_the_keeper),
        ON_BOTH(test_one_that_is_sent_again),
        ON_BOTH(test_two_at_once),
        ON_BOTH(test_many_at_once),
        ON_BOTH(test_who_hangs_up),
    };
    int status = keeper_place_main(argc, argv);

    return status >= 0 ? status : cmocka_run_group_tests_name("keeper-secret", tests, grounds_start, grounds_stop);
}
