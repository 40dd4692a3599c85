/* Mail when memory runs out, when a connection is cut, at each byte of what either side says, and when the server is slow or falls silent: held
 * against what the server has. What was said to be sent is there; what is tried again is not; what may be there or not is said to be uncertain,
 * and only that. Nothing is there twice and nothing is lost. ENGINE_PACK names the pack. */
#include "keeper-bench.h"
#include "engine/verify.h"
#include "loop.h"
#include "outward/courier.h"
#include "outward/smtp.h"
#include "smtp-sink.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define SENDER "tsujiban@police.example"
#define RECEIVER "hanako@police.example"
#define TIMEOUT_S 1
#define COURIER_TIMEOUT_S 15 /* twice that is longer than any run takes: nothing becomes uncertain by time */
#define AWAY_MS 100          /* a keeper that faults have taken away comes back for nobody */
#define BLOCKED_MAX_US \
    (30 * US_PER_SECOND) /* on a busy machine; the library's own patience is two minutes */
#define ROUNDS 40
#define REPLIES 7 /* greeting, EHLO, MAIL, RCPT, DATA, its end, QUIT */
#define TEXT                                                                                       \
    "Message-ID: <tsujiban.1.x>\r\nSubject: a line\r\n\r\nA first line,\r\n.one that begins with " \
    "a dot,\r\nand the last of them.\r\n"

/* ---- one message to the server ---- */

struct sending {
    struct sink *sink;
    char url[64];
    struct smtp_answer answer;
};

static void sending_init(struct sending *s)
{
    s->sink = sink_start();
    snprintf(s->url, sizeof(s->url), "smtp://127.0.0.1:%u", sink_port(s->sink));
}

static int send_text(void *user)
{
    struct sending *s = user;
    struct smtp_server server = {.url = s->url,
                                 .is_here = true,
                                 .user = "",
                                 .password = "",
                                 .ca_file = "",
                                 .timeout_s = TIMEOUT_S};
    int r = smtp_send(&server, SENDER, RECEIVER, STR(TEXT), NULL, NULL, &s->answer);

    buf_done(&s->answer.trouble);
    return r;
}

/* What is wrong with what the client believes; NULL: nothing. `is_well`: nothing failed at the client's side. */
static const char *fault_of(const struct sink_seen *seen, enum smtp_result result, bool is_well)
{
    if (result == SMTP_FAILED)
        return "the server has refused nothing";
    if (result == SMTP_SENT && !seen->is_answered)
        return "it is said to be sent, and was not answered";
    if (result == SMTP_LATER && seen->has_all)
        return "it would be sent again, and is there";
    if (result == SMTP_UNCERTAIN && !seen->is_data)
        return "it is said to be uncertain, and was not begun";
    if (is_well && seen->is_answered && result != SMTP_SENT)
        return "it was answered, and is not said to be sent";
    return NULL;
}

static void check_sending(struct sending *s, const char *what, size_t at, bool is_well)
{
    struct sink_seen seen = sink_see(s->sink);
    const char *fault = fault_of(&seen, s->answer.result, is_well);

    if (fault)
        fail_msg("%s %zu: %s (%d, code %d)", what, at, fault, s->answer.result, s->answer.code);
}

/* ---- cut at each byte ---- */

/* How much is said and heard when all goes well. */
static struct sink_seen whole_talk(struct sending *s)
{
    struct sink_seen seen;

    sink_order(s->sink, SINK_WELL);
    OK(send_text(s));
    seen = sink_see(s->sink);
    assert_int_equal(s->answer.result, SMTP_SENT);
    assert_true(seen.is_answered && seen.said > 50 && seen.heard > sizeof(TEXT));
    return seen;
}

static void loop_cuts(struct sending *s, const char *what, size_t n, bool is_said)
{
    size_t n_of[SMTP_UNCERTAIN + 1] = {0};

    for (size_t at = 0; at <= n; at++) {
        struct sink_orders orders = SINK_WELL;

        *(is_said ? &orders.say_max : &orders.hear_max) = at;
        sink_order(s->sink, orders);
        OK(send_text(s));
        check_sending(s, what, at, true);
        n_of[s->answer.result]++;
    }
    print_message("# %s: %zu cuts: %zu sent, %zu later, %zu uncertain\n", what, n + 1,
                  n_of[SMTP_SENT], n_of[SMTP_LATER], n_of[SMTP_UNCERTAIN]);
    assert_true(n_of[SMTP_SENT] && n_of[SMTP_LATER] && n_of[SMTP_UNCERTAIN]);
}

static void cut_at_each_byte(void **state)
{
    struct sink_seen whole;
    struct sending s;

    sending_init(&s);
    whole = whole_talk(&s);
    loop_cuts(&s, "bytes said by the server", whole.said, true);
    loop_cuts(&s, "bytes heard by the server", whole.heard, false);
    sink_stop(s.sink);
}

/* ---- silent and slow servers ---- */

/* Side by side, as each takes its time. */
static void *send_aside(void *user)
{
    return send_text(user) ? user : NULL;
}

static void loop_orders(const struct sink_orders *orders, const enum smtp_result *wanted, size_t n)
{
    uint64_t from_us = clock_monotonic_us();
    struct sending s[16];
    pthread_t threads[16];

    assert_true(n <= ARRAY_LEN(s));
    for (size_t i = 0; i < n; i++) {
        sending_init(&s[i]);
        sink_order(s[i].sink, orders[i]);
        OK(pthread_create(&threads[i], NULL, send_aside, &s[i]));
    }
    for (size_t i = 0; i < n; i++) {
        void *failed;

        OK(pthread_join(threads[i], &failed));
        assert_null(failed);
        check_sending(&s[i], "order", i,
                      wanted != NULL); /* who is slow may answer while the client gives up */
        if (wanted && s[i].answer.result != wanted[i])
            fail_msg("order %zu: wanted %d, got %d", i, wanted[i], s[i].answer.result);
        sink_stop(s[i].sink);
    }
    assert_true(clock_monotonic_us() - from_us < BLOCKED_MAX_US);
}

static void silent_at_each_reply(void **state)
{
    static const enum smtp_result wanted[REPLIES] = {
        SMTP_LATER, SMTP_LATER, SMTP_LATER, SMTP_LATER, SMTP_LATER, SMTP_UNCERTAIN, SMTP_SENT};
    struct sink_orders orders[REPLIES];

    for (unsigned i = 0; i < REPLIES; i++) {
        orders[i] = SINK_WELL;
        orders[i].silent_at = i + 1;
    }
    loop_orders(orders, wanted, REPLIES);
}

/* The time runs out anywhere. */
static void slow_in_each_reply(void **state)
{
    struct sink_orders orders[12];

    for (unsigned i = 0; i < ARRAY_LEN(orders); i++) {
        orders[i] = SINK_WELL;
        orders[i].pause_ms = 1000 * TIMEOUT_S / (i + 1) + 5;
    }
    loop_orders(orders, NULL, ARRAY_LEN(orders));
}

/* ---- faults of the client ---- */

static int run_sending(void *user)
{
    struct sending *s = user;

    sink_order(s->sink, SINK_WELL);
    return send_text(s);
}

static void check_run(void *user, int r)
{
    struct sending *s = user;
    struct sink_seen seen = sink_see(s->sink);

    if (r && seen.has_all)
        fail_msg("nothing is said to have happened, and the message is there");
    if (!r)
        check_sending(s, "fault", 0, false);
}

static void sending_with_faults(void **state)
{
    struct fail_operation op = {"sending",      run_sending, check_run, FAIL_ALLOC | FAIL_SOCKET,
                                fail_no_memory, ROUNDS};
    struct sending s;

    sending_init(&s);
    OK(run_sending(&s)); /* what is made once is there */
    fail_loop(&op, &s);
    sink_stop(s.sink);
}

/* ---- the courier ---- */

#define QUIET_MS 300 /* so long nothing has moved: the message stays as it is */
#define LOOK_MS 2
#define ENDS_MS (2 * COURIER_TIMEOUT_S * 1000 + 10 * QUIET_MS) /* what a courier began who is gone is uncertain by then */

/* A keeper, a courier, and messages for him one after the other. */
struct delivery {
    struct keeper_place home;
    struct keeper_link *keeper;
    struct sink *sink;
    struct store *store; /* of who looks on */
    pthread_t thread;    /* … which is there before any fault is */
    int orders[2];       /* to it and back */
    int starter_fd;
    int64_t id, first; /* of the message at hand, and of all */
    bool wants_all;    /* until nothing waits, and not only this one */
};

static json_t *ask(struct delivery *d, json_t *message)
{
    json_t *answer = NULL;

    OK(keeper_ask(d->keeper, message, &answer));
    json_decref(message);
    if (!json_flag(answer, "ok"))
        fail_msg("%s", json_dumps(answer, 0));
    return answer;
}

static void queue(struct delivery *d)
{
    json_t *answer = ask(d, json_pack("{s:s, s:s}", "op", "mail-test", "person", "A"));

    d->id = json_int(answer, "id");
    d->first = d->first ? d->first : d->id;
    json_decref(answer);
}

static int state_of(struct delivery *d, int64_t id, char ret[16], int64_t *ret_tries)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(d->store, &row, STMT_OUTBOX_GET, V_INT(id));

    if (r)
        return r;
    snprintf(ret, 16, "%s", rows_text(row, 3));
    *ret_tries = rows_int(row, 6);
    return 0;
}

static size_t n_unsettled(struct delivery *d)
{
    size_t n = 0;

    for (int64_t id = d->wants_all ? d->first : d->id; id <= d->id; id++) {
        char state[16];
        int64_t tries;

        n += state_of(d, id, state, &tries) || !strcmp(state, "begun") ||
             (!strcmp(state, "waiting") && (!tries || d->wants_all));
    }
    return n;
}

/* Until the messages are dealt with, nothing moves any more, or the courier has ended by himself. */
static void wait_for_courier(struct delivery *d)
{
    int quiet_ms = 0, most_ms = d->wants_all ? ENDS_MS : QUIET_MS;
    size_t n = SIZE_MAX, now;

    while ((now = n_unsettled(d)) && quiet_ms < most_ms) {
        struct pollfd gone = {.fd = d->starter_fd, .events = POLLIN};

        quiet_ms = now < n ? 0 : quiet_ms + LOOK_MS;
        n = now;
        if (poll(&gone, 1, LOOK_MS) > 0)
            return;
    }
}

/* Who has started the courier, and lets go of him. */
static void *look_on(void *user)
{
    struct delivery *d = user;
    char c;

    while (read(d->orders[1], &c, 1) == 1) {
        wait_for_courier(d);
        shutdown(d->starter_fd, SHUT_RDWR);
        if (write(d->orders[1], &c, 1) != 1)
            break;
    }
    return NULL;
}

static void delivery_open(void **state, struct delivery *d)
{
    char url[64];

    *d = (struct delivery){.sink = sink_start()};
    snprintf(url, sizeof(url), "smtp://127.0.0.1:%u", sink_port(d->sink));
    OK(ground_install(*state, &d->home));
    OK(keeper_link_open(d->home.data, d->home.db, false, &d->keeper, NULL));
    OK(store_open(d->home.db, STORE_READ, &d->store, NULL));
    json_decref(ask(d, json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "op", "mail-set", "server",
                                 url, "sender", SENDER, "base", "https://x.example", "user", "",
                                 "timeout", COURIER_TIMEOUT_S, "plain", 0)));
    json_decref(
        ask(d, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "op", "contact-set", "person", "A",
                         "mail", RECEIVER, "language", "ja", "minute", 510, "urgent", 1)));
    OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, d->orders));
    OK(pthread_create(&d->thread, NULL, look_on, d));
    queue(d);
}

static void delivery_close(struct delivery *d)
{
    close(d->orders[0]);
    OK(pthread_join(d->thread, NULL));
    close(d->orders[1]);
    store_close(d->store);
    keeper_link_close(d->keeper);
    sink_stop(d->sink);
}

static int run_courier(void *user)
{
    struct delivery *d = user;
    struct courier_config config = {.data = d->home.data, .db = d->home.db, .away_ms = AWAY_MS};
    struct diag diag;
    char c = 'x';
    int pair[2], r;

    OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
    d->starter_fd = pair[0];
    config.starter_fd = pair[1];
    diag_init(&diag);
    assert_int_equal(write(d->orders[0], &c, 1), 1);
    r = courier_run(&config, &diag);
    close(pair[1]);
    assert_int_equal(read(d->orders[0], &c, 1), 1);
    close(pair[0]);
    diag_done(&diag);
    return r;
}

/* What may be in the outbox of a message that the server has seen so. */
static const char *fault_of_state(const char *state, const struct sink_seen *seen)
{
    if (!strcmp(state, "sent"))
        return fault_of(seen, SMTP_SENT, false);
    if (!strcmp(state, "waiting"))
        return fault_of(seen, SMTP_LATER, false);
    if (!strcmp(state, "uncertain"))
        return fault_of(seen, SMTP_UNCERTAIN, false);
    return strcmp(state, "begun") ? "no such state was to be expected"
                                  : NULL; /* the keeper will call it uncertain by time */
}

static void check_courier(void *user, int r)
{
    struct delivery *d = user;
    struct sink_seen seen = sink_see(d->sink);
    const char *fault;
    char state[16];
    int64_t tries;

    OK(state_of(d, d->id, state, &tries));
    if (seen.id != d->id) /* an earlier one, whose minute was over */
        seen.has_all = seen.is_answered = false;
    if ((fault = fault_of_state(state, &seen)))
        fail_msg("the courier answered %d, and message %d is %s: %s", r, (int)d->id, state, fault);
    assert_true(sink_times(d->sink, d->id) <= 1);
    sink_order(d->sink, SINK_WELL);
    if (strcmp(state, "waiting") || tries) /* one that nobody began goes next time */
        queue(d);
}

/* No minutes of waiting: what is to be tried again is due. */
static void make_due(struct delivery *d)
{
    char path[256];
    sqlite3 *db;

    snprintf(path, sizeof(path), "%s/tsujiban.db", d->home.db);
    OK(sqlite3_open(path, &db));
    OK(sqlite3_busy_timeout(db, 20000));
    OK(sqlite3_exec(db, "UPDATE outbox SET next_us = 0 WHERE state = 'waiting'", NULL, NULL, NULL));
    sqlite3_close(db);
}

/* In the end a courier whom nothing hinders carries what is left. */
static void assert_all_accounted_for(struct delivery *d)
{
    struct verify_summary sum;
    size_t n_sent = 0, n_uncertain = 0;
    struct diag diag;

    make_due(d);
    d->wants_all = true;
    OK(run_courier(d));
    for (int64_t id = d->first; id <= d->id; id++) {
        unsigned times = sink_times(d->sink, id);
        bool is_sent;
        char state[16];
        int64_t tries;

        OK(state_of(d, id, state, &tries));
        is_sent = !strcmp(state, "sent");
        if (is_sent ? times != 1 : times > 1 || strcmp(state, "uncertain"))
            fail_msg("message %d is %s, and came %u times", (int)id, state, times);
        n_sent += is_sent;
        n_uncertain += !is_sent;
    }
    print_message("# %zu messages sent, %zu uncertain\n", n_sent, n_uncertain);
    assert_true(n_sent > 0);
    diag_init(&diag);
    if (verify_installation(d->store, NULL, NULL, &sum, &diag))
        fail_msg("%s", diag_first(&diag));
    diag_done(&diag);
}

static void a_courier_with_faults(void **state)
{
    static const int answers[] = {-ENOMEM, -EPIPE, -ECONNRESET, -ECONNREFUSED, 0};
    struct fail_operation op = {"courier", run_courier, check_courier, FAIL_ALLOC | FAIL_SOCKET,
                                answers,   ROUNDS};
    struct delivery d;

    delivery_open(state, &d);
    fail_loop(&op, &d);
    assert_all_accounted_for(&d);
    delivery_close(&d);
}

#define CUT_STEP 7 /* of what is heard; each byte of it is cut above */

static void a_courier_whose_server_is_cut_off(void **state)
{
    struct delivery d;
    struct sink_seen whole;

    delivery_open(state, &d);
    OK(run_courier(&d));
    whole = sink_see(d.sink);
    assert_true(whole.is_answered);
    check_courier(&d, 0);
    for (size_t at = 0; at <= whole.said + whole.heard; at += at < whole.said ? 1 : CUT_STEP) {
        struct sink_orders orders = SINK_WELL;

        *(at <= whole.said ? &orders.say_max : &orders.hear_max) =
            at <= whole.said ? at : at - whole.said;
        sink_order(d.sink, orders);
        OK(run_courier(&d));
        check_courier(&d, 0);
    }
    assert_all_accounted_for(&d);
    delivery_close(&d);
}

int main(int argc, char **argv)
{
    static struct ground ground;
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_at_each_byte),
        cmocka_unit_test(silent_at_each_reply),
        cmocka_unit_test(slow_in_each_reply),
        cmocka_unit_test(sending_with_faults),
        {"a_courier_with_faults", a_courier_with_faults, NULL, NULL, &ground},
        {"a_courier_whose_server_is_cut_off", a_courier_whose_server_is_cut_off, NULL, NULL,
         &ground},
    };
    int status = keeper_place_main(argc, argv);

    if (status >= 0)
        return status;
    if (smtp_start() || ground_start(&ground, false))
        return 1;
    status = cmocka_run_group_tests_name("fail-mail", tests, NULL, NULL);
    ground_stop(&ground);
    return status;
}
