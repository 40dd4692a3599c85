/* Mail as the keeper keeps it, over both databases: who is written to, when digests are gathered, what a message may say, and what becomes
 * of one that is begun, refused, forgotten or decided on. */
#include "keeper-bench.h"
#include "engine/mail-trouble.h"
#include "engine/mail.h"
#include "keeper/account-operation.h"
#include "keeper/mail-operation.h"
#include "store/backup.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define MINUTE_US (60 * US_PER_SECOND)
#define HOUR_US (60 * MINUTE_US)
#define DIGEST "0000000000000000000000000000000000000000000000000000000000000000"

/* `person` 0: without a session: the operator or the courier. `message` is taken. */
static json_t *run(struct bench *b, char person, json_t *message)
{
    if (person)
        OK(json_put_str(message, "token", keeper_place_cookie(&b->home, person)));
    return bench_run(b, person != 0, bench_well_formed(b, message));
}

static void set_server(struct bench *b)
{
    assert_answer(run(b, 0,
                      json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "op", "mail-set", "server",
                                "smtp://127.0.0.1:25", "sender", "tsujiban@police.example", "base",
                                "https://x.example", "user", "", "timeout", 10, "plain", 0)),
                  "");
}

static json_t *contact(const char *person, const char *mail, int minute, int urgent)
{
    json_t *m = json_pack("{s:s, s:s, s:s, s:i, s:i}", "op", "contact-set", "mail", mail,
                          "language", "ja", "minute", minute, "urgent", urgent);

    if (person)
        OK(json_put_str(m, "person", person));
    return m;
}

/* ---- acts that tell ---- */

static void act(struct bench *b, char person, const char *reg, const char *step, const char *record,
                json_t *with, char *ret_id)
{
    JSON_AUTO *answer =
        bench_run(b, true, keeper_place_act(&b->home, person, reg, step, record, with));
    const json_t *outcome = json_obj(answer, "outcome");

    if (strcmp(json_str(outcome, "result"), "allowed"))
        fail_msg("%s", json_dumps(answer, 0));
    if (ret_id)
        snprintf(ret_id, 64, "%s", json_str(outcome, "record"));
}

/* A notice to `person`, about a record or none, as an act would write it. */
static void tell(struct bench *b, const char *person, const char *record, bool urgent)
{
    struct operation_context c = bench_context(b);
    struct log_place place;

    bench_begin(b);
    c.person = "";
    OK(operation_enter(&c, "told-in-test", "recorded", NULL, &place));
    OK(STORE_RUN(b->store, STMT_NOTICE_ADD, V_INT(place.shard), V_INT(place.seq), V_INT(0),
                 V_INT(place.t_us), V_TEXT(person), V_TEXT(record), V_TEXT("x"), V_INT(urgent),
                 V_TEXT("{\"en\":\"Told\",\"ja\":\"告げた\"}")));
    if (urgent)
        OK(mail_queue_urgent(b->engine, person, place.shard, place.seq, 0, place.t_us));
    bench_end(b);
}

static void gather(struct bench *b)
{
    bool more;

    bench_begin(b);
    OK(engine_mail_digests(b->engine, b->now_us, 100, &more));
    bench_end(b);
    assert_false(more);
}

static int64_t count(struct bench *b, const char *state)
{
    ROWS_AUTO *rows = NULL;
    int64_t n = 0;

    OK(STORE_QUERY(b->store, &rows, STMT_OUTBOX_COUNT));
    while (rows_next(rows) == 1)
        if (!strcmp(rows_text(rows, 0), state))
            n = rows_int(rows, 1);
    return n;
}

static void assert_state(struct bench *b, int64_t id, const char *state, int64_t tries)
{
    ROWS_AUTO *row = NULL;

    OK(STORE_ONE(b->store, &row, STMT_OUTBOX_GET, V_INT(id)));
    assert_string_equal(rows_text(row, 3), state);
    assert_int_equal(rows_int(row, 6), tries);
}

static json_t *items_of(struct bench *b, int64_t id, const char *person)
{
    JSON_AUTO *body = NULL;
    ROWS_AUTO *row = NULL;
    json_t *items = NULL;

    OK(STORE_ONE(b->store, &row, STMT_OUTBOX_GET, V_INT(id)));
    OK(json_parse(rows_str(row, 7), JSON_LIMITS_DEFAULT, &body, NULL));
    OK(engine_mail_items(b->engine, person, body, b->now_us, &items));
    return items;
}

/* ---- tests ---- */

static void test_contacts(void **state)
{
    struct bench b;
    ROWS_AUTO *rows = NULL;
    int64_t shard;
    uint64_t size;

    bench_open(state, &b);
    assert_answer(run(&b, 'A', contact(NULL, "a@police.example", 510, 1)), "");
    assert_answer(run(&b, 'A', contact("B", "b@police.example", 510, 1)), "forbidden");
    assert_answer(run(&b, 'C', contact("B", "b@police.example", 510, 1)), "");
    assert_answer(run(&b, 0, contact(NULL, "b@police.example", 510, 1)), "forbidden");
    assert_answer(run(&b, 0, contact("B", "b@police.example", 510, 1)), "");
    assert_answer(run(&b, 'C', contact("nobody", "b@police.example", 510, 1)), "none");
    assert_answer(run(&b, 'A', contact(NULL, "a@police.example\r\nBcc: x@y.example", 510, 1)),
                  "invalid");
    assert_answer(run(&b, 'A', contact(NULL, "a@police.example", 1440, 1)), "invalid");
    assert_answer(run(&b, 'A', contact(NULL, "a@police.example", 510, 2)), "invalid");
    log_head(b.log, &shard, &size);
    OK(STORE_QUERY(b.store, &rows, STMT_ENTRY_RANGE, V_INT(shard), V_INT(0), V_INT(size)));
    while (rows_next(rows) == 1) /* the address is in no entry */
        assert_null(memmem(rows_blob(rows, 2).at, rows_blob(rows, 2).len, "police.example", 14));
    bench_close(&b);
}

static void test_nothing_without_a_server_or_an_address(void **state)
{
    struct bench b;

    bench_open(state, &b);
    assert_answer(run(&b, 'A', contact(NULL, "a@police.example", 510, 1)), "");
    tell(&b, "A", "", true);
    assert_answer(run(&b, 'A', json_pack("{s:s}", "op", "mail-test")), "none");
    set_server(&b);
    tell(&b, "B", "", true);
    assert_answer(run(&b, 'B', json_pack("{s:s}", "op", "mail-test")), "none");
    assert_int_equal(count(&b, "waiting"), 0);
    tell(&b, "A", "", true);
    assert_answer(run(&b, 'A', json_pack("{s:s}", "op", "mail-test")), "");
    assert_int_equal(count(&b, "waiting"), 2);
    assert_answer(run(&b, 'A', contact(NULL, "a@police.example", 510, 0)), "");
    tell(&b, "A", "", true); /* he wants them with the others */
    assert_int_equal(count(&b, "waiting"), 2);
    bench_close(&b);
}

static void assert_says(json_t *answer, const char *words)
{
    if (!strstr(json_str(json_obj(answer, "say"), "en"), words))
        fail_msg("wanted \"%s\", got %s", words, json_dumps(answer, 0));
    json_decref(answer);
}

static json_t *test_to(struct bench *b, char who, const char *person)
{
    return run(b, who, json_pack("{s:s, s:s}", "op", "mail-test", "person", person));
}

/* A login is as good as a person's number; what hinders is told apart, for it is mended by different people. */
static void test_who_is_meant_and_what_hinders(void **state)
{
    struct bench b;

    bench_open(state, &b);
    assert_answer(run(&b, 'C', contact("p-a", "a@police.example", 510, 1)), "");
    assert_says(test_to(&b, 'C', "A"), "No mail server is set");
    set_server(&b);
    assert_answer(test_to(&b, 'C', "A"), "");
    assert_answer(test_to(&b, 0, "Ｐ－Ａ"), "");
    assert_answer(test_to(&b, 'A', "p-a"), "");
    assert_says(test_to(&b, 'B', "p-a"), "Only administrators");
    assert_says(test_to(&b, 'C', "p-b"), "no mail address");
    assert_says(test_to(&b, 'C', "nobody"), "no person with that number or login");
    bench_close(&b);
}

/* What was met on the way is told in the reader's language, the words of a server as they are. */
static void test_troubles_are_read_again(void **state)
{
    static const char *const servers[] = {"", "550 no such user", "451: later", "Connection reset", "connect"};
    enum message_key key;
    struct str words;

    assert_true(mail_trouble_read(STR("connect: Couldn't connect to server"), &key, &words));
    assert_int_equal(key, MSG_MAIL_AT_WAY);
    assert_true(str_eq(words, STR("Couldn't connect to server")));
    for (enum mail_trouble t = MAIL_TROUBLE_RESOLVE; t <= MAIL_TROUBLE_BROKEN; t++) {
        char kept[64];

        snprintf(kept, sizeof(kept), "%s: x", mail_trouble_word(t));
        assert_true(mail_trouble_read(str_of(kept), &key, &words));
    }
    for (size_t i = 0; i < ARRAY_LEN(servers); i++)
        assert_false(mail_trouble_read(str_of(servers[i]), &key, &words));
}

/* Next local time `minute` after the bench's now. */
static void go_to(struct bench *b, int minute)
{
    uint64_t at = instant_of_day(day_of_instant(b->now_us)) + (uint64_t)minute * MINUTE_US;

    b->now_us = at > b->now_us ? at : at + US_PER_DAY;
}

static void test_digests(void **state)
{
    JSON_AUTO *items = NULL;
    struct bench b;

    bench_open(state, &b);
    set_server(&b);
    assert_answer(run(&b, 'A', contact(NULL, "a@police.example", 510, 1)), "");
    gather(&b);
    assert_int_equal(count(&b, "waiting"), 0); /* nothing was told since he gave his address */
    tell(&b, "A", "", false);
    tell(&b, "A", "", false);
    go_to(&b, 509);
    gather(&b);
    assert_int_equal(count(&b, "waiting"), 0);
    go_to(&b, 510);
    gather(&b);
    gather(&b);
    assert_int_equal(count(&b, "waiting"), 1);
    assert_int_equal(json_array_size(items = items_of(&b, 1, "A")), 2);
    b.now_us += HOUR_US;
    tell(&b, "A", "", false);
    gather(&b);
    assert_int_equal(count(&b, "waiting"), 1); /* tomorrow */
    b.now_us += 3 * US_PER_DAY;
    gather(&b);
    gather(&b);
    assert_int_equal(count(&b, "waiting"), 2); /* three mornings were missed: once */
    go_to(&b, 510);
    gather(&b);
    assert_int_equal(count(&b, "waiting"), 2); /* nothing new */
    bench_close(&b);
}

static void test_what_was_read_is_left_out(void **state)
{
    JSON_AUTO *before = NULL;
    JSON_AUTO *after = NULL;
    struct bench b;

    bench_open(state, &b);
    set_server(&b);
    assert_answer(run(&b, 'A', contact(NULL, "a@police.example", 510, 1)), "");
    tell(&b, "A", "", true);
    tell(&b, "A", "", false);
    before = items_of(&b, 1, "A");
    assert_int_equal(json_array_size(before), 1);
    assert_answer(run(&b, 'A',
                      json_pack("{s:s, s:I}", "op", "notices-read", "until",
                                (json_int_t)(b.now_us + HOUR_US))),
                  "");
    after = items_of(&b, 1, "A");
    assert_int_equal(json_array_size(after), 0);
    go_to(&b, 510);
    gather(&b);
    assert_int_equal(count(&b, "waiting"), 1); /* no digest of what was read */
    bench_close(&b);
}

static void test_nothing_to_who_has_left(void **state)
{
    JSON_AUTO *before = NULL;
    JSON_AUTO *after = NULL;
    struct bench b;

    bench_open(state, &b);
    set_server(&b);
    assert_answer(run(&b, 'A', contact(NULL, "a@police.example", 510, 1)), "");
    bench_transfer(&b, "person,unit,post,kind,from,to,leaving\nA,,,,,,2026-04-15\n");
    b.now_us = instant_of_day(day_of_instant(b.now_us) + 6) - 1; /* the last instant of the 15th */
    gather(&b);
    tell(&b, "A", "", true);
    tell(&b, "A", "", false);
    assert_int_equal(count(&b, "waiting"), 1);
    before = items_of(&b, 1, "A");
    assert_int_equal(json_array_size(before), 1);
    b.now_us++;
    after = items_of(&b, 1, "A"); /* what waited has nothing to say any more */
    assert_int_equal(json_array_size(after), 0);
    tell(&b, "A", "", true);
    go_to(&b, 510);
    gather(&b);
    assert_int_equal(count(&b, "waiting"), 1);
    bench_close(&b);
}

/* A register of level 1 may be named to who sees it; one of level 2 may not, nor to who does not see it, nor a notice about nothing. */
static void test_what_may_leave(void **state)
{
    char user[64], item[64];
    JSON_AUTO *named = NULL;
    struct bench b;

    bench_open(state, &b);
    set_server(&b);
    assert_answer(run(&b, 'A', contact(NULL, "a@police.example", 510, 1)), "");
    act(&b, 'M', "users", "designate", "", json_pack("{s:s, s:s}", "person", "A", "unit", "sho"),
        user);
    tell(&b, "A", user, true);
    act(&b, 'Y', "items", "add", "",
        json_pack("{s:s, s:s, s:s}", "number", "N-1", "kind", "lamp", "price", "5"), item);
    tell(&b, "A", item, true);
    tell(&b, "A", "", true);
    named = items_of(&b, 1, "A");
    assert_int_equal(json_array_size(named), 1);
    assert_string_equal(json_str(json_array_get(named, 0), "record"), user);
    assert_string_equal(json_str(json_obj(json_array_get(named, 0), "title"), "ja"), "告げた");
    for (int64_t id = 2; id <= 3; id++) {
        JSON_AUTO *hidden = items_of(&b, id, "A");

        assert_int_equal(json_array_size(hidden), 1);
        assert_int_equal(json_object_size(json_array_get(hidden, 0)), 0);
    }
    bench_close(&b);
}

static json_t *begin_message(int64_t id, int64_t tries)
{
    return json_pack("{s:s, s:I, s:I, s:s, s:i}", "op", "mail-begin", "id", (json_int_t)id, "tries",
                     (json_int_t)tries, "digest", DIGEST, "size", 100);
}

static json_t *end_message(int64_t id, int64_t tries, const char *result)
{
    return json_pack("{s:s, s:I, s:I, s:s, s:i, s:s}", "op", "mail-end", "id", (json_int_t)id,
                     "tries", (json_int_t)tries, "result", result, "code", 250, "trouble", "");
}

static void queue_test(struct bench *b)
{
    set_server(b);
    assert_answer(run(b, 'A', contact(NULL, "a@police.example", 510, 1)), "");
    assert_answer(run(b, 'A', json_pack("{s:s}", "op", "mail-test")), "");
    b->real_us = clock_real_us(); /* not before the message: queued by the real time */
}

static void test_a_message_is_begun_once(void **state)
{
    struct bench b;

    bench_open(state, &b);
    queue_test(&b);
    assert_answer(run(&b, 0, begin_message(1, 1)), "over");
    assert_answer(run(&b, 0, end_message(1, 0, "sent")), "over");
    assert_answer(run(&b, 0, begin_message(1, 0)), "");
    assert_answer(run(&b, 0, begin_message(1, 0)), "over");
    assert_answer(run(&b, 0, begin_message(1, 1)), "over");
    assert_answer(run(&b, 0, begin_message(2, 0)), "over");
    assert_answer(run(&b, 0, end_message(1, 1, "perhaps")), "invalid");
    assert_answer(run(&b, 0, end_message(1, 1, "sent")), "");
    assert_answer(run(&b, 0, end_message(1, 1, "sent")), "over");
    assert_state(&b, 1, "sent", 1);
    bench_close(&b);
}

static void test_tries_and_waits(void **state)
{
    static const unsigned minutes[] = {1, 5, 15, 60, 60};
    struct bench b;

    bench_open(state, &b);
    queue_test(&b);
    for (int64_t i = 0; i < MAIL_TRIES_MAX; i++) {
        uint64_t pause = minutes[MIN_OF((size_t)i, ARRAY_LEN(minutes) - 1)] * MINUTE_US;

        assert_answer(run(&b, 0, begin_message(1, i)), "");
        assert_answer(run(&b, 0, end_message(1, i + 1, "later")), "");
        b.real_us += pause - 1;
        if (i + 1 < MAIL_TRIES_MAX)
            assert_answer(run(&b, 0, begin_message(1, i + 1)), "over");
        b.real_us += 1;
    }
    assert_state(&b, 1, "failed", MAIL_TRIES_MAX);
    bench_close(&b);
}

static void watch(struct bench *b)
{
    struct operation_context c = bench_context(b);

    bench_begin(b);
    OK(mail_watch(&c));
    bench_end(b);
}

static json_t *decision(const char *op, int64_t id)
{
    return json_pack("{s:s, s:I}", "op", op, "id", (json_int_t)id);
}

static void test_what_nobody_reports_is_uncertain(void **state)
{
    struct bench b;

    bench_open(state, &b);
    queue_test(&b);
    assert_answer(run(&b, 0, begin_message(1, 0)), "");
    b.real_us += 20 * US_PER_SECOND; /* twice the longest time */
    watch(&b);
    assert_state(&b, 1, "begun", 1);
    b.real_us += 1;
    watch(&b);
    assert_state(&b, 1, "uncertain", 1);
    assert_answer(run(&b, 0, begin_message(1, 1)), "over");
    assert_answer(run(&b, 'A', decision("mail-again", 1)), "forbidden");
    assert_answer(run(&b, 'C', decision("mail-again", 1)), "");
    assert_answer(run(&b, 'C', decision("mail-again", 1)), "over");
    assert_answer(run(&b, 0, end_message(1, 1, "sent")),
                  "over"); /* too late: a person has decided */
    assert_answer(run(&b, 0, begin_message(1, 1)), "");
    b.real_us += US_PER_DAY;
    watch(&b);
    assert_answer(run(&b, 0, end_message(1, 2, "sent")), ""); /* late, but nobody had decided */
    assert_state(&b, 1, "sent", 2);
    bench_close(&b);
}

/* Another place of the ground's kind, filled from a copy of the bench's. */
static void restore(void **state, struct bench *b, struct keeper_place *ret)
{
    struct ground *g = *state;
    char file[160];

    *ret = b->home; /* with its key */
    snprintf(file, sizeof(file), "%s.backup", b->home.data);
    OK(store_backup(b->store, file, NULL, &b->diag));
    snprintf(ret->db, sizeof(ret->db), "%s",
             g->is_postgres ? pg_server_database(g->server) : ground_folder(g));
    OK(store_restore(file, ret->db, NULL, &b->diag));
}

/* Since the copy was made it may have gone: nothing that waited then is sent by itself. */
static void test_what_waited_in_a_backup_is_uncertain(void **state)
{
    struct keeper_place home;
    struct bench b, after;

    bench_open(state, &b);
    queue_test(&b);
    restore(state, &b, &home);
    bench_open_at(&home, &after);
    bench_sign_in(&after);
    assert_answer(run(&after, 0, begin_message(1, 0)), "over"); /* even before anybody looked */
    watch(&after);
    json_decref(bench_last_entry(&after, "system/mail-uncertain", "recorded"));
    assert_state(&after, 1, "uncertain", 0);
    assert_answer(run(&after, 0, end_message(1, 0, "nothing")), "over");
    assert_answer(run(&after, 'C', decision("mail-again", 1)), "");
    assert_answer(run(&after, 0, begin_message(1, 0)), "");
    assert_answer(run(&b, 0, begin_message(1, 0)), ""); /* where it was copied nothing changed */
    bench_close(&after);
    bench_close(&b);
}

static void test_dropping(void **state)
{
    struct bench b;

    bench_open(state, &b);
    queue_test(&b);
    assert_answer(run(&b, 'C', decision("mail-drop", 1)), "over");
    assert_answer(run(&b, 0, begin_message(1, 0)), "");
    assert_answer(run(&b, 0, end_message(1, 1, "failed")), "");
    assert_answer(run(&b, 'C', decision("mail-drop", 1)), "");
    assert_state(&b, 1, "dropped", 1);
    assert_answer(run(&b, 'A', json_pack("{s:s}", "op", "mail-test")), "");
    assert_answer(run(&b, 0, end_message(2, 0, "nothing")), "");
    assert_state(&b, 2, "dropped", 0);
    bench_close(&b);
}

/* The courier may ask two questions, and nobody else may ask them. */
static void test_who_may_ask(void **state)
{
    struct keeper_place home;
    struct keeper_link *worker, *courier;
    json_t *answer = NULL;
    JSON_AUTO *begun = begin_message(1, 0);
    JSON_AUTO *status = json_pack("{s:s}", "op", "status");

    OK(ground_install(*state, &home));
    assert_true(keeper_link_open_courier(home.data, KEEPER_AWAY_MS, &courier, NULL) < 0); /* it starts no keeper */
    OK(keeper_link_open(home.data, home.db, true, &worker, NULL));
    OK(keeper_link_open_courier(home.data, KEEPER_AWAY_MS, &courier, NULL));
    OK(keeper_ask(courier, begun, &answer));
    assert_answer(answer, "over");
    OK(keeper_ask(courier, status, &answer));
    assert_answer(answer, "malformed");
    OK(keeper_ask(worker, begun, &answer));
    assert_answer(answer, "malformed");
    keeper_link_close(courier);
    keeper_link_close(worker);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_contacts),
        ON_BOTH(test_nothing_without_a_server_or_an_address),
        ON_BOTH(test_digests),
        ON_BOTH(test_what_was_read_is_left_out),
        ON_BOTH(test_nothing_to_who_has_left),
        ON_BOTH(test_what_may_leave),
        ON_BOTH(test_a_message_is_begun_once),
        ON_BOTH(test_who_is_meant_and_what_hinders),
        cmocka_unit_test(test_troubles_are_read_again),
        ON_BOTH(test_tries_and_waits),
        ON_BOTH(test_what_nobody_reports_is_uncertain),
        ON_BOTH(test_what_waited_in_a_backup_is_uncertain),
        ON_BOTH(test_dropping),
        ON_BOTH(test_who_may_ask),
    };
    int status = keeper_place_main(argc, argv);

    return status >= 0
               ? status
               : cmocka_run_group_tests_name("keeper-mail", tests, grounds_start, grounds_stop);
}
