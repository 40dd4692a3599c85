/* The keeper as a process, over both databases: who may ask what, what hostile and stalled connections cost, and what happens
 * when it, or its database, goes away. */
#include "keeper-place.h"
#include "base/file.h"
#include "engine/verify.h"
#include "keeper/socket.h"
#include "ledger/leaf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)

/* ---- an installation for one test ---- */

struct world {
    struct ground *ground;
    struct keeper_place home;
    struct keeper_link *operator, *worker;
};

static void world_open(void **state, struct world *w)
{
    w->ground = *state;
    OK(ground_install(w->ground, &w->home));
    OK(keeper_link_open(w->home.data, w->home.db, false, &w->operator, NULL));
    OK(keeper_link_open(w->home.data, w->home.db, true, &w->worker, NULL));
}

static void world_close(struct world *w)
{
    keeper_link_close(w->worker);
    keeper_link_close(w->operator);
}

static json_t *ask(struct keeper_link *l, json_t *message)
{
    json_t *answer = NULL;

    assert_non_null(message);
    OK(keeper_ask(l, message, &answer));
    json_decref(message);
    return answer;
}

static json_t *add_item(struct world *w, const char *number)
{
    return ask(w->worker, keeper_place_act(&w->home, 'Y', "items", "add", "",
                                           json_pack("{s:s, s:s, s:s}", "number", number, "kind", "lamp", "price", "5")));
}

static json_t *act_as(struct world *w, char person, const char *reg, const char *step, const char *record, json_t *with)
{
    return ask(w->worker, keeper_place_act(&w->home, person, reg, step, record, with));
}

static void assert_allowed(json_t *answer)
{
    const json_t *outcome = json_obj(answer, "outcome");

    if (!json_flag(answer, "ok") || strcmp(json_str(outcome, "result"), "allowed"))
        fail_msg("%s", json_dumps(answer, 0));
    json_decref(answer);
}

static void assert_error(json_t *answer, const char *code)
{
    if (json_flag(answer, "ok") || strcmp(json_str(answer, "error"), code))
        fail_msg("wanted %s, got %s", code, json_dumps(answer, 0));
    json_decref(answer);
}

static void assert_sound(struct world *w)
{
    STORE_AUTO *s = NULL;
    struct verify_summary sum;
    struct diag diag;

    diag_init(&diag);
    OK(store_open(w->home.db, STORE_READ, &s, &diag));
    if (verify_installation(s, NULL, NULL, &sum, &diag))
        fail_msg("%s", diag_first(&diag));
    diag_done(&diag);
}

/* ---- raw connections ---- */

static int raw_connect(struct world *w)
{
    struct sockaddr_un address;
    struct timeval limit = {10, 0};
    int dir, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    OK(keeper_socket_address(w->home.data, KEEPER_SOCKET, &address, &dir));
    OK(connect(fd, (struct sockaddr *)&address, sizeof(address)));
    close(dir);
    OK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
    return fd;
}

static void raw_send(int fd, const char *text, uint32_t len)
{
    uint8_t head[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};

    assert_int_equal(send(fd, head, 4, MSG_NOSIGNAL), 4);
    if (*text)
        assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* The keeper hangs up, whatever it says before. */
static void assert_hung_up(int fd)
{
    char bytes[4096];
    ssize_t n;

    while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
        ;
    assert_true(n == 0 || errno == ECONNRESET);
    close(fd);
}

static double cpu_seconds(pid_t pid)
{
    struct timespec t;
    clockid_t clock;

    OK(clock_getcpuclockid(pid, &clock));
    OK(clock_gettime(clock, &t));
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- tests ---- */

static void test_who_may_ask_what(void **state)
{
    struct world w = {0};
    json_t *a;

    world_open(state, &w);
    assert_allowed(add_item(&w, "L-1"));
    assert_error(ask(w.worker, json_pack("{s:s, s:s, s:s}", "op", "account-add", "login", "new", "person", "X")), "sign-in");
    assert_error(ask(w.worker, json_pack("{s:s, s:s, s:s, s:s}", "op", "account-add", "login", "new", "person", "X", "token",
                                         keeper_place_cookie(&w.home, 'A'))), "forbidden");
    assert_error(ask(w.worker, json_pack("{s:s, s:s, s:s}", "op", "act", "reg", "items", "step", "add")), "sign-in");
    assert_error(ask(w.operator, json_pack("{s:s, s:s, s:s}", "op", "act", "reg", "items", "step", "add")), "sign-in");
    a = ask(w.operator, json_pack("{s:s, s:s, s:s}", "op", "account-add", "login", "new", "person", "X"));
    assert_true(json_flag(a, "ok"));
    json_decref(a);
    a = ask(w.worker, json_pack("{s:s, s:s, s:s}", "op", "act", "reg", "items", "step", "add"));
    json_decref(a);
    assert_error(ask(w.worker, json_pack("{s:s, s:s, s:s, s:s}", "op", "act", "reg", "items", "step", "add", "token",
                                         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")), "sign-in");
    assert_sound(&w);
    world_close(&w);
}

static json_t *print_item(struct world *w, const char *cookie, const char *id, int64_t version, const char *digest)
{
    return ask(w->worker, json_pack("{s:s, s:s, s:s, s:{s:I}, s:s}", "op", "print", "form", "form-1", "digest", digest, "records", id,
                                    (json_int_t)version, "token", cookie));
}

static int64_t ledger_size(struct world *w)
{
    json_t *a = ask(w->worker, json_pack("{s:s}", "op", "status"));
    int64_t size = json_int(a, "size");

    json_decref(a);
    return size;
}

static void test_a_print_is_entered_or_does_not_leave(void **state)
{
    static const char digest[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    struct world w = {0};
    JSON_AUTO *added = NULL;
    const char *id, *cookie;
    json_t *a;
    int64_t version, size;

    world_open(state, &w);
    added = add_item(&w, "L-1");
    id = json_str(json_obj(added, "outcome"), "record");
    version = json_int(json_obj(added, "outcome"), "version");
    cookie = keeper_place_cookie(&w.home, 'Y');
    size = ledger_size(&w);
    assert_error(print_item(&w, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", id, version, digest), "sign-in");
    assert_error(print_item(&w, cookie, id, version + 1, digest), "stale");
    assert_error(print_item(&w, cookie, "IT-1999-0001", version, digest), "none");
    assert_error(print_item(&w, cookie, id, version, "e3b0"), "invalid");
    assert_int_equal(ledger_size(&w), size);
    a = print_item(&w, cookie, id, version, digest);
    assert_true(json_flag(a, "ok"));
    json_decref(a);
    assert_int_equal(ledger_size(&w), size + 1);
    assert_sound(&w);
    world_close(&w);
}

static void test_a_malformed_frame_costs_its_sender_the_connection(void **state)
{
    static const char *const wrong[] = {"[1]", "{\"op\":1}", "{\"op\":\"none\"}", "{\"op\":\"act\"}", "{\"op\":\"status\"",
                                        "{\"op\":\"status\",\"extra\":1}",
                                        "{\"op\":\"sign-in\",\"login\":\"a\",\"password\":\"b\",\"verified\":true}"};
    struct world w = {0};
    int fd;

    world_open(state, &w);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        fd = raw_connect(&w);
        raw_send(fd, wrong[i], (uint32_t)strlen(wrong[i]));
        assert_hung_up(fd);
    }
    fd = raw_connect(&w);
    raw_send(fd, "", FRAME_MAX + 1);
    assert_hung_up(fd);
    fd = raw_connect(&w);
    raw_send(fd, "", 0);
    assert_hung_up(fd);
    assert_allowed(add_item(&w, "L-1"));
    world_close(&w);
}

static void test_a_stalled_half_frame_disturbs_nobody(void **state)
{
    struct world w = {0};
    double before;
    pid_t pid;
    int fd;

    world_open(state, &w);
    fd = raw_connect(&w);
    raw_send(fd, "{\"op\":", 100);
    assert_allowed(add_item(&w, "L-1"));
    pid = keeper_place_pid(w.home.data);
    before = cpu_seconds(pid);
    usleep(1000000);
    assert_true(cpu_seconds(pid) - before < 0.25); /* it sleeps meanwhile */
    close(fd);
    assert_allowed(add_item(&w, "L-2"));
    world_close(&w);
}

/* More connections than one batch takes, all asking at once: each gets its own answer. */
static void test_many_connections_each_get_an_answer(void **state)
{
    enum { N = 300 };
    static int fds[N];
    struct world w = {0};
    char bytes[4096];

    world_open(state, &w);
    for (int i = 0; i < N; i++) {
        fds[i] = raw_connect(&w);
        raw_send(fds[i], "{\"op\":\"status\"}", 15);
    }
    for (int i = 0; i < N; i++) {
        assert_true(recv(fds[i], bytes, sizeof(bytes), 0) > 8);
        close(fds[i]);
    }
    assert_allowed(add_item(&w, "L-1"));
    world_close(&w);
}

static void test_a_client_that_dies_while_its_password_is_hashed(void **state)
{
    static const char message[] = "{\"op\":\"sign-in\",\"login\":\"p-a\",\"password\":\"" PLACE_PASSWORD "\"}";
    struct world w = {0};
    json_t *a;

    world_open(state, &w);
    for (int i = 0; i < 6; i++) {
        int fd = raw_connect(&w);

        raw_send(fd, message, sizeof(message) - 1);
        close(fd);
    }
    a = ask(w.worker, json_pack("{s:s, s:s, s:s}", "op", "sign-in", "login", "p-b", "password", PLACE_PASSWORD));
    assert_true(json_flag(a, "ok"));
    assert_int_equal(strlen(json_str(a, "cookie")), COOKIE_SIZE - 1);
    json_decref(a);
    assert_error(ask(w.worker, json_pack("{s:s, s:s, s:s}", "op", "sign-in", "login", "p-b", "password", "wrong-one-here")),
                 "refused");
    assert_allowed(add_item(&w, "L-1"));
    world_close(&w);
}

/* A loan that is long overdue: a reminder for each day. Its record stays with the answer. */
static void lend_for_three_weeks(struct world *w)
{
    json_t *item = add_item(w, "L-1"), *loan;
    char id[64];

    assert_allowed(act_as(w, 'M', "users", "designate", "", json_pack("{s:s, s:s}", "person", "A", "unit", "sho")));
    loan = act_as(w, 'A', "loans", "apply", "",
                  json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s, s]}", "item", json_str(json_obj(item, "outcome"), "record"), "purpose",
                            "patrol", "starts_on", "2026-04-10", "ends_on", "2026-05-01", "owner", "090-0000-0000", "care", "dry",
                            "lock"));
    snprintf(id, sizeof(id), "%s", json_str(json_obj(loan, "outcome"), "record"));
    assert_allowed(loan);
    assert_allowed(item);
    assert_allowed(act_as(w, 'M', "loans", "permit", id, NULL));
    assert_allowed(act_as(w, 'Y', "loans", "lend", id, NULL));
}

/* What was due before an act is entered before it, however much there is. */
static void test_acts_wait_for_what_is_due(void **state)
{
    struct world w = {0};
    STORE_AUTO *s = NULL;
    ROWS_AUTO *rows = NULL;
    json_t *a;
    int64_t acted;
    int timers = 0, r;

    world_open(state, &w);
    lend_for_three_weeks(&w);
    a = ask(w.operator, json_pack("{s:s, s:s}", "op", "clock-advance", "to", "2027-12-01T09:00"));
    assert_true(json_flag(a, "ok"));
    json_decref(a);
    a = add_item(&w, "L-2");
    acted = json_int(json_obj(a, "outcome"), "seq");
    assert_int_equal(json_int(json_obj(a, "outcome"), "shard"), 2027);
    assert_allowed(a);
    for (int i = 0; i < 8; i++)
        json_decref(ask(w.operator, json_pack("{s:s}", "op", "tick")));
    OK(store_open(w.home.db, STORE_READ, &s, NULL));
    OK(STORE_QUERY(s, &rows, STMT_ENTRY_RANGE, V_INT(2027), V_INT(0), V_INT(100000)));
    while ((r = rows_next(rows)) == 1) {
        JSON_AUTO *json = NULL;
        struct leaf leaf;

        OK(leaf_parse(rows_blob(rows, 2), &leaf, &json, NULL));
        if (strncmp(leaf.act, "timer/", 6))
            continue;
        timers++;
        if ((int64_t)leaf.seq > acted)
            fail_msg("%s was due before the act that was entered as %d, and is entered as %d", leaf.act, (int)acted,
                     (int)leaf.seq);
    }
    OK(r);
    assert_true(timers > 300); /* more than one batch fires */
    world_close(&w);
}

/* The same word, the same outcome: neither twice done, nor another person's. */
static void test_an_act_with_a_word_is_done_once(void **state)
{
    struct world w = {0};
    json_t *answers[3], *message, *other;
    int r;

    world_open(state, &w);
    for (int i = 0; i < 3; i++) {
        message = keeper_place_act(&w.home, 'Y', "items", "add", "", json_pack("{s:s, s:s}", "number", "L-1", "price", "5"));
        OK(json_put_str(message, "once", "form-1"));
        if (i == 2)
            OK(kill(keeper_place_pid(w.home.data), SIGKILL)); /* kept by the store, not by the process */
        while ((r = keeper_ask(w.worker, message, &answers[i])) == -EPIPE)
            ; /* nobody knows: so it is asked again */
        OK(r);
        json_decref(message);
        assert_int_equal(json_int(json_obj(answers[i], "outcome"), "seq"), json_int(json_obj(answers[0], "outcome"), "seq"));
    }
    assert_true(json_equal(answers[0], answers[1]) && json_equal(answers[0], answers[2]));
    message = keeper_place_act(&w.home, 'Y', "items", "add", "", json_pack("{s:s, s:s}", "number", "L-4", "price", "5"));
    OK(json_put_str(message, "once", "form-1")); /* he would believe that this one was done */
    assert_error(ask(w.worker, message), "used");
    message = keeper_place_act(&w.home, 'M', "items", "add", "", json_pack("{s:s, s:s}", "number", "L-2", "price", "5"));
    OK(json_put_str(message, "once", "form-1"));
    other = ask(w.worker, message);
    assert_string_equal(json_str(json_obj(other, "outcome"), "result"), "forbidden");
    json_decref(other);
    for (int i = 0; i < 3; i++)
        assert_allowed(answers[i]);
    message = keeper_place_act(&w.home, 'Y', "items", "add", "", json_pack("{s:s}", "number", "L-3"));
    OK(json_put_str(message, "once", "0123456789012345678901234567890123456789012345678901234567890123456789"));
    assert_error(ask(w.worker, message), "invalid");
    assert_sound(&w);
    world_close(&w);
}

static json_t *from_form(struct world *w, const char *sent, json_t *with)
{
    json_t *message = keeper_place_act(&w->home, 'Y', "items", "add", "", with);

    OK(json_put_str(message, "once", "form-1"));
    OK(json_put_str(message, "sent", sent));
    return ask(w->worker, message);
}

/* What a form changes is less by the second sending, for the first has entered it; it is the same act all the same. */
static void test_a_form_sent_again_is_the_same_act(void **state)
{
    struct world w = {0};
    json_t *first, *again;

    world_open(state, &w);
    first = from_form(&w, "abc", json_pack("{s:s, s:s}", "number", "L-1", "price", "5"));
    again = from_form(&w, "abc", json_pack("{s:s}", "number", "L-1"));
    assert_true(json_equal(first, again));
    json_decref(again);
    assert_error(from_form(&w, "abd", json_pack("{s:s, s:s}", "number", "L-1", "price", "5")), "used");
    assert_allowed(first);
    assert_sound(&w);
    world_close(&w);
}

static json_t *from_paper(struct world *w, const char *written, const char *more)
{
    json_t *message = keeper_place_act(&w->home, 'Y', "items", "add", "", json_pack("{s:s, s:s}", "number", "L-1", "price", "5"));

    OK(json_put_str(message, "once", "form-1"));
    OK(json_put(message, "paper", json_pack("{s:s, s:s*}", "written", written, "person", more)));
    return ask(w->worker, message);
}

/* What is keyed in from paper is another act when the paper says another time; and it says nothing of who did it. */
static void test_paper_with_a_word_is_keyed_in_once(void **state)
{
    struct world w = {0};
    json_t *first, *again;

    world_open(state, &w);
    first = from_paper(&w, "2026-04-09 10:00", NULL);
    again = from_paper(&w, "2026-04-09 10:00", NULL);
    assert_true(json_equal(first, again));
    json_decref(again);
    assert_error(from_paper(&w, "2026-04-09 10:01", NULL), "used");
    assert_error(from_paper(&w, "2026-04-09 10:00", "M"), "invalid");
    assert_allowed(first);
    assert_sound(&w);
    world_close(&w);
}

static json_t *weigh(struct world *w, struct keeper_link *l, const char *paper)
{
    return ask(l, keeper_place_act(&w->home, 'M', "papers", "weigh", paper, json_pack("{s:s}", "weighed", "12")));
}

/* What a person sends as measured is not; a gate of another kind measured something else; and no gate is one twice. */
static void test_a_gate_measures(void **state)
{
    static const char twice[] = "{\"op\":\"hello\",\"as\":\"worker\"}";
    struct world w = {0};
    struct keeper_link *media = NULL, *mail = NULL, *other = NULL;
    json_t *made, *answer = NULL;
    const char *id;

    world_open(state, &w);
    OK(keeper_link_open_gate(w.home.data, KEEPER_MEDIA_GATE, &media, NULL));
    OK(keeper_link_open_gate(w.home.data, KEEPER_MAIL_GATE, &mail, NULL));
    assert_int_not_equal(keeper_link_open_gate(w.home.data, "door-gate", &other, NULL), 0);
    made = act_as(&w, 'M', "papers", "write", "", json_pack("{s:s, s:s}", "unit", "sho", "subject", "計量"));
    id = json_str(json_obj(made, "outcome"), "record");
    answer = weigh(&w, w.worker, id);
    assert_string_equal(json_str(json_obj(answer, "outcome"), "result"), "invalid");
    json_decref(answer);
    assert_allowed(weigh(&w, media, id));
    assert_allowed(weigh(&w, mail, id));
    answer = ask(media, json_loads(twice, 0, NULL));
    assert_error(answer, "malformed");
    /* nor does a worker become a courier: who left would be counted as another than who came */
    OK(keeper_link_open(w.home.data, w.home.db, true, &other, NULL));
    assert_error(ask(other, json_pack("{s:s, s:s}", "op", "hello", "as", "courier")), "malformed");
    keeper_link_close(other);
    assert_sound(&w);
    json_decref(made);
    keeper_link_close(media);
    keeper_link_close(mail);
    world_close(&w);
}

static json_t *weigh_for(struct keeper_link *l, const char *sender, const char *step, const char *paper)
{
    return ask(l, json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s}}", "op", "act", "sender", sender, "reg", "papers", "step", step, "record",
                            paper, "with", "weighed", "12"));
}

static json_t *about_contents(struct keeper_link *l, const char *sender, const char *record)
{
    static const char digest[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    json_t *m = json_pack("{s:s, s:{s:i}}", "sender", sender, "contents", digest, 100);

    if (record) {
        OK(json_put_str(m, "record", record));
        OK(json_put_str(m, "form", "sealed"));
    }
    OK(json_put_str(m, "op", record ? "holding-note" : "holding-label"));
    return ask(l, m);
}

/* Whom a relay authenticated is asked for by the mail gate alone, and in steps alone that ask what it measures. */
static void test_a_mail_gate_asks_for_a_login(void **state)
{
    struct world w = {0};
    struct keeper_link *media = NULL, *mail = NULL;
    json_t *made, *held;
    const char *id;

    world_open(state, &w);
    OK(keeper_link_open_gate(w.home.data, KEEPER_MAIL_GATE, &mail, NULL));
    made = act_as(&w, 'M', "papers", "write", "", json_pack("{s:s, s:s}", "unit", "sho", "subject", "計量"));
    id = json_str(json_obj(made, "outcome"), "record");
    assert_allowed(weigh_for(mail, "p-m", "weigh", id));
    assert_allowed(weigh_for(mail, "P-M", "weigh", id));
    assert_error(weigh_for(mail, "p-nobody", "weigh", id), "none");
    assert_error(weigh_for(mail, "", "weigh", id), "none");
    assert_error(weigh_for(mail, "p-m", "write", ""), "forbidden");
    held = about_contents(mail, "p-m", NULL);
    assert_true(json_flag(held, "ok"));
    assert_false(json_flag(held, "held"));
    json_decref(held);
    assert_error(about_contents(mail, "p-nobody", NULL), "none");
    assert_error(about_contents(mail, "p-m", "PA-2026-0777"), "none");
    held = about_contents(mail, "p-m", id);
    assert_true(json_flag(held, "ok"));
    json_decref(held);
    held = about_contents(mail, "p-m", NULL);
    assert_true(json_flag(held, "held"));
    json_decref(held);
    assert_error(ask(mail, json_pack("{s:s, s:s, s:s}", "op", "act", "sender", "p-m", "token", keeper_place_cookie(&w.home, 'M'))),
                 "malformed");
    keeper_link_close(mail);
    OK(keeper_link_open_gate(w.home.data, KEEPER_MAIL_GATE, &mail, NULL));
    assert_error(ask(mail, json_pack("{s:s, s:s}", "op", "sign-out", "sender", "p-m")), "forbidden");
    /* nothing but what a gate needs: what the person has sent elsewhere is not the gate's to drop or to mark as read */
    assert_error(ask(mail, json_pack("{s:s, s:s, s:s}", "op", "file-drop", "sender", "p-m", "id", "x")), "forbidden");
    assert_error(ask(mail, json_pack("{s:s, s:s, s:i, s:i, s:i}", "op", "notice-read", "sender", "p-m", "shard", 2026, "seq", 1, "n", 0)), "forbidden");
    assert_error(ask(mail, json_pack("{s:s, s:s, s:s}", "op", "notices-read", "sender", "p-m", "until", "x")), "malformed");
    OK(keeper_link_open_gate(w.home.data, KEEPER_MEDIA_GATE, &media, NULL));
    assert_error(weigh_for(media, "p-m", "weigh", id), "malformed");
    keeper_link_close(media);
    OK(keeper_link_open_gate(w.home.data, KEEPER_MEDIA_GATE, &media, NULL));
    assert_error(about_contents(media, "p-m", NULL), "malformed");
    assert_error(weigh_for(w.worker, "p-m", "weigh", id), "malformed");
    assert_sound(&w);
    json_decref(made);
    keeper_link_close(media);
    keeper_link_close(mail);
    world_close(&w);
}

static void test_a_killed_keeper_is_started_again(void **state)
{
    struct world w = {0};
    pid_t pid;

    world_open(state, &w);
    assert_allowed(add_item(&w, "L-1"));
    pid = keeper_place_pid(w.home.data);
    assert_true(pid > 0);
    OK(kill(pid, SIGKILL));
    usleep(200000);
    assert_allowed(add_item(&w, "L-2"));
    assert_int_not_equal(keeper_place_pid(w.home.data), pid);
    assert_sound(&w);
    world_close(&w);
}

/* What was asked before the order to end is answered; the next one starts a new keeper. */
static void test_an_ordered_end_answers_first(void **state)
{
    static const char message[] = "{\"op\":\"status\"}";
    struct world w = {0};
    char bytes[4096];
    pid_t pid;
    int fd;

    world_open(state, &w);
    pid = keeper_place_pid(w.home.data);
    fd = raw_connect(&w);
    OK(kill(pid, SIGSTOP));
    raw_send(fd, message, sizeof(message) - 1);
    OK(kill(pid, SIGTERM));
    OK(kill(pid, SIGCONT));
    assert_true(recv(fd, bytes, sizeof(bytes), 0) > 8);
    assert_hung_up(fd);
    assert_allowed(add_item(&w, "L-1"));
    world_close(&w);
}

/* A password that is being hashed then belongs to what had arrived. */
static void test_an_ordered_end_answers_who_signs_in(void **state)
{
    static const char message[] = "{\"op\":\"sign-in\",\"login\":\"p-a\",\"password\":\"" PLACE_PASSWORD "\"}";
    struct world w = {0};
    char bytes[4096];
    int fds[4];
    pid_t pid;

    world_open(state, &w);
    pid = keeper_place_pid(w.home.data);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        fds[i] = raw_connect(&w);
    OK(kill(pid, SIGSTOP));
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        raw_send(fds[i], message, sizeof(message) - 1);
    OK(kill(pid, SIGTERM));
    OK(kill(pid, SIGCONT));
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        ssize_t n = recv(fds[i], bytes, sizeof(bytes) - 1, 0);

        assert_true(n > 8);
        bytes[n] = '\0';
        assert_non_null(strstr(bytes + 4, "cookie"));
        assert_hung_up(fds[i]);
    }
    assert_allowed(add_item(&w, "L-1"));
    world_close(&w);
}

/* Whoever sees the keeper's memory has the signing key. */
static void test_a_crash_would_leave_no_image_of_the_key(void **state)
{
    CLEANUP(buf_done) struct buf limits;
    struct rlimit core;
    struct world w = {0};
    char path[64];
    const char *line;

    OK(getrlimit(RLIMIT_CORE, &core));
    core.rlim_cur = core.rlim_max;
    OK(setrlimit(RLIMIT_CORE, &core)); /* the keeper inherits it */
    world_open(state, &w);
    buf_init(&limits, 65536);
    snprintf(path, sizeof(path), "/proc/%d/limits", (int)keeper_place_pid(w.home.data));
    OK(file_read(path, 65536, &limits, NULL));
    assert_non_null(line = strstr(limits.at, "Max core file size"));
    line += strlen("Max core file size");
    assert_int_equal(strncmp(line + strspn(line, " "), "0 ", 2), 0);
    world_close(&w);
}

static void test_one_keeper_for_a_directory(void **state)
{
    struct world w = {0};
    struct keeper_config config = {.starter_fd = -1};
    struct diag diag;

    world_open(state, &w);
    config.data = w.home.data;
    config.db = w.home.db;
    diag_init(&diag);
    assert_int_equal(keeper_run(&config, &diag), KEEPER_E_HELD);
    assert_non_null(strstr(diag_first(&diag), "another keeper is at work"));
    diag_done(&diag);
    world_close(&w);
}

/* Two data directories over one SQLite database would be two writers of one ledger. */
static void test_one_keeper_for_a_sqlite_database(void **state)
{
    struct world w = {0};
    struct keeper_config config = {.starter_fd = -1};
    struct keeper_place other;
    struct diag diag;

    world_open(state, &w);
    OK(keeper_place_node(&w.home, ground_folder(w.ground), &other));
    config.data = other.data;
    config.db = other.db;
    diag_init(&diag);
    assert_int_equal(keeper_run(&config, &diag), KEEPER_E_HELD);
    diag_done(&diag);
    world_close(&w);
}

/* Links that find nobody start keepers at once: one gets the directory, the others find it. */
static void *open_and_ask(void *user)
{
    struct world *w = user;
    CLEANUP(keeper_link_closep) struct keeper_link *l = NULL;
    JSON_AUTO *message = json_pack("{s:s}", "op", "status");
    JSON_AUTO *answer = NULL;

    if (keeper_link_open(w->home.data, w->home.db, true, &l, NULL) || keeper_ask(l, message, &answer))
        return w;
    return json_flag(answer, "ok") ? NULL : w;
}

static void test_links_that_start_at_once_find_one_keeper(void **state)
{
    struct world w = {0};
    pthread_t threads[6];

    world_open(state, &w);
    world_close(&w);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        OK(pthread_create(&threads[i], NULL, open_and_ask, &w));
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *failed;

        OK(pthread_join(threads[i], &failed));
        assert_null(failed);
    }
}

/* Keepers that let in, and go before they are asked anything: as many as there are, the next one is asked. */
#define GOING 5

static void say(int fd, const char *text)
{
    raw_send(fd, text, (uint32_t)strlen(text));
}

static void take_one(int fd)
{
    uint8_t head[4], body[256];
    uint32_t len;

    assert_int_equal(recv(fd, head, sizeof(head), MSG_WAITALL), sizeof(head));
    len = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
    assert_true(len <= sizeof(body));
    assert_int_equal(recv(fd, body, len, MSG_WAITALL), len);
}

static void *be_keepers_that_go(void *user)
{
    int listener = *(int *)user;

    for (int i = 0; i <= GOING; i++) {
        int fd = accept(listener, NULL, NULL);

        take_one(fd); /* its greeting */
        if (i < GOING)
            shutdown(fd, SHUT_RD);
        say(fd, "{\"ok\":true}");
        if (i == GOING) {
            take_one(fd);
            say(fd, "{\"ok\":true,\"n\":7}");
        }
        close(fd);
    }
    return NULL;
}

static void test_keepers_that_go_one_after_another(void **state)
{
    CLEANUP(keeper_link_closep) struct keeper_link *l = NULL;
    const char *data = ground_folder(*state);
    struct sockaddr_un address;
    pthread_t thread;
    json_t *answer;
    int dir, listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    OK(dir_make(data, 0700, NULL));
    OK(keeper_socket_address(data, KEEPER_SOCKET, &address, &dir));
    OK(bind(listener, (struct sockaddr *)&address, sizeof(address)));
    OK(listen(listener, 1));
    OK(pthread_create(&thread, NULL, be_keepers_that_go, &listener));
    OK(keeper_link_open(data, data, true, &l, NULL));
    answer = ask(l, json_pack("{s:s}", "op", "status"));
    assert_int_equal(json_int(answer, "n"), 7);
    json_decref(answer);
    OK(pthread_join(thread, NULL));
    close(listener);
    close(dir);
}

static void test_checkpoints_of_an_earlier_moment(void **state)
{
    struct world w = {0};
    json_t *now, *then;

    world_open(state, &w);
    now = ask(w.worker, json_pack("{s:s}", "op", "checkpoint"));
    assert_allowed(add_item(&w, "L-1"));
    then = ask(w.worker, json_pack("{s:s, s:I, s:I}", "op", "checkpoint", "shard", (json_int_t)2026, "size", (json_int_t)2));
    assert_string_equal(json_str(now, "note"), json_str(then, "note"));
    json_decref(now);
    json_decref(then);
    assert_error(ask(w.worker, json_pack("{s:s, s:I, s:I}", "op", "checkpoint", "shard", (json_int_t)2026, "size",
                                         (json_int_t)99)), "none");
    assert_error(ask(w.worker, json_pack("{s:s, s:I}", "op", "checkpoint", "shard", (json_int_t)1999)), "none");
    world_close(&w);
}

/* The files beside the database say what was published, and only when there is something new. */
static void test_published_checkpoint(void **state)
{
    CLEANUP(buf_done) struct buf note;
    struct world w = {0};
    STORE_AUTO *s = NULL;
    struct diag diag;
    char path[256];
    int tries = 0;

    world_open(state, &w);
    assert_allowed(add_item(&w, "L-1"));
    buf_init(&note, 65536);
    snprintf(path, sizeof(path), "%s/ledger/2026/checkpoint", w.home.data);
    while (tries++ < 50 && (buf_clear(&note), file_read(path, 65536, &note, NULL) || !strstr(note.at, "\n3\n")))
        usleep(100000);
    assert_true(tries < 50);
    diag_init(&diag);
    OK(store_open(w.home.db, STORE_READ, &s, &diag));
    OK(verify_since(s, path, buf_str(&note), NULL, &diag));
    *strstr(note.at, "\n3\n") = '9'; /* "2026" becomes another shard's name */
    assert_int_equal(verify_since(s, path, buf_str(&note), NULL, &diag), VERIFY_E_DAMAGED);
    diag_done(&diag);
    world_close(&w);
}

/* ---- a database that goes away ---- */

static void test_a_full_disk_stops_acts_and_loses_nothing(void **state)
{
    struct world w = {0};
    struct rlimit limit = {512u << 10, RLIM_INFINITY}, before;
    pid_t pid;
    bool was_full = false;
    char number[24];
    int n = 0;

    world_open(state, &w);
    pid = keeper_place_pid(w.home.data);
    OK(prlimit(pid, RLIMIT_FSIZE, &limit, &before)); /* no file may grow beyond: as a full disk, with EFBIG */
    for (; n < 2000 && !was_full; n++) {
        json_t *a;

        snprintf(number, sizeof(number), "N-%d", n);
        a = add_item(&w, number);
        was_full = !json_flag(a, "ok");
        if (was_full)
            assert_error(a, "full");
        else
            assert_allowed(a);
    }
    assert_true(was_full);
    OK(prlimit(pid, RLIMIT_FSIZE, &before, NULL));
    assert_allowed(add_item(&w, number)); /* the same process goes on */
    assert_int_equal(keeper_place_pid(w.home.data), pid);
    assert_sound(&w);
    world_close(&w);
}

static void test_a_lost_connection_is_made_again(void **state)
{
    struct world w = {0};
    pid_t pid;
    json_t *a;

    world_open(state, &w);
    assert_allowed(add_item(&w, "L-1"));
    pid = keeper_place_pid(w.home.data);
    for (int i = 0; i < 3; i++) {
        char number[24];

        OK(pg_server_sql(w.ground->server, NULL,
                         "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname LIKE 't%'"));
        snprintf(number, sizeof(number), "M-%d", i);
        a = add_item(&w, number);
        if (json_flag(a, "ok")) {
            assert_allowed(a);
            continue;
        }
        assert_error(a, "lost"); /* nothing was committed, and it says so */
        assert_allowed(add_item(&w, number));
    }
    a = ask(w.worker, json_pack("{s:s, s:s, s:s}", "op", "sign-in", "login", "p-b", "password", PLACE_PASSWORD));
    assert_true(json_flag(a, "ok")); /* the hashing threads have found their way back, too */
    json_decref(a);
    assert_int_equal(keeper_place_pid(w.home.data), pid);
    assert_sound(&w);
    world_close(&w);
}

/* Two nodes over one PostgreSQL: sequence, time and rules are of whoever was last. */
static void test_two_nodes_share_a_database(void **state)
{
    struct world w = {0}, v = {0};
    char number[24];
    json_t *a;

    world_open(state, &w);
    v.ground = w.ground;
    OK(keeper_place_node(&w.home, ground_folder(w.ground), &v.home));
    OK(keeper_link_open(v.home.data, v.home.db, true, &v.worker, NULL));
    for (int i = 0; i < 10; i++) {
        snprintf(number, sizeof(number), "T-%d", i);
        assert_allowed(add_item(i % 2 ? &v : &w, number));
        a = add_item(i % 2 ? &w : &v, number); /* the other node knows it at once */
        assert_string_equal(json_str(json_obj(a, "outcome"), "result"), "forbidden");
        json_decref(a);
    }
    a = ask(w.operator, json_pack("{s:s, s:s}", "op", "clock-advance", "to", "2026-05-01T09:00"));
    assert_true(json_flag(a, "ok"));
    json_decref(a);
    a = add_item(&v, "T-clock");
    assert_int_equal(strncmp(json_str(json_obj(a, "outcome"), "t"), "2026-05-01", 10), 0);
    assert_allowed(a);
    assert_sound(&w);
    world_close(&v);
    world_close(&w);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_who_may_ask_what),
        ON_BOTH(test_a_print_is_entered_or_does_not_leave),
        ON_BOTH(test_a_malformed_frame_costs_its_sender_the_connection),
        ON_BOTH(test_a_stalled_half_frame_disturbs_nobody),
        ON_SQLITE(test_many_connections_each_get_an_answer),
        ON_BOTH(test_a_client_that_dies_while_its_password_is_hashed),
        ON_BOTH(test_acts_wait_for_what_is_due),
        ON_BOTH(test_an_act_with_a_word_is_done_once),
        ON_BOTH(test_a_form_sent_again_is_the_same_act),
        ON_BOTH(test_paper_with_a_word_is_keyed_in_once),
        ON_BOTH(test_a_gate_measures),
        ON_BOTH(test_a_mail_gate_asks_for_a_login),
        ON_BOTH(test_a_killed_keeper_is_started_again),
        ON_BOTH(test_an_ordered_end_answers_first),
        ON_BOTH(test_an_ordered_end_answers_who_signs_in),
        ON_SQLITE(test_a_crash_would_leave_no_image_of_the_key),
        ON_BOTH(test_one_keeper_for_a_directory),
        ON_SQLITE(test_one_keeper_for_a_sqlite_database),
        ON_BOTH(test_links_that_start_at_once_find_one_keeper),
        ON_SQLITE(test_keepers_that_go_one_after_another),
        ON_BOTH(test_checkpoints_of_an_earlier_moment),
        ON_BOTH(test_published_checkpoint),
        ON_SQLITE(test_a_full_disk_stops_acts_and_loses_nothing),
        ON_POSTGRES(test_a_lost_connection_is_made_again),
        ON_POSTGRES(test_two_nodes_share_a_database),
    };
    int status = keeper_place_main(argc, argv);

    return status >= 0 ? status
                       : cmocka_run_group_tests_name("keeper", tests, grounds_start, grounds_stop);
}
