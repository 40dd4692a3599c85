/* Copies of everything at once, over both databases: entered before they are made; two persons where confidentiality 3 is held, the second by an
 * account of his own and in time; a standing agreement that ends. */
#include "keeper-bench.h"
#include "engine/engine.h"
#include "engine/second.h"
#include "engine/whole-copy.h"
#include "store/backup.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define HOUR_US (3600ull * 1000000u)
#define DAY_US (24 * HOUR_US)

/* `person` 0: the operator at the console. */
static json_t *ask(struct bench *b, char person, json_t *message)
{
    bench_well_formed(b, message);
    if (person)
        OK(json_put_str(message, "token", keeper_place_cookie(&b->home, person)));
    return bench_run(b, person != 0, message);
}

static json_t *copies(const char *channel)
{
    return json_pack("{s:s, s:s}", "op", "whole-copy", "channel", channel);
}

static json_t *approves(const char *copy)
{
    return json_pack("{s:s, s:s}", "op", "whole-copy-approve", "copy", copy);
}

static json_t *ends(const char *copy)
{
    return json_pack("{s:s, s:s}", "op", "whole-copy-end", "copy", copy);
}

static json_t *asks(const char *until)
{
    return json_pack("{s:s, s:s, s:s}", "op", "whole-copy-ask", "channel", "backup", "until", until);
}

static void hold(struct bench *b, const char *class)
{
    JSON_AUTO *made = bench_run(b, true,
                                keeper_place_act(&b->home, 'M', "papers", "write", "",
                                                 json_pack("{s:s, s:s, s:s}", "unit", "sho", "subject", "名簿", "class", class)));

    assert_string_equal(json_str(json_obj(made, "outcome"), "result"), "allowed");
}

static void entered(struct bench *b, const char *act, const char *result, const char *copy)
{
    JSON_AUTO *in = bench_last_entry(b, act, result);

    assert_string_equal(json_str(in, "copy"), copy);
}

static void allowed(struct bench *b, const char *channel, int held, const char *copy)
{
    JSON_AUTO *answer = ask(b, 0, copies(channel));
    JSON_AUTO *in = bench_last_entry(b, "system/whole-copy", "recorded");
    CLEANUP(buf_done) struct buf day;
    const char *until;

    buf_init(&day, 32);
    OK(day_print_iso(day_of_instant(b->now_us) + 31, &day)); /* vault-copies of the pack */
    until = day.at;
    assert_true(json_flag(answer, "ok"));
    assert_int_equal(json_int(answer, "confidentiality"), held);
    assert_string_equal(json_str(answer, "until"), until);
    assert_string_equal(json_str(answer, "copy"), copy);
    assert_string_equal(json_str(in, "channel"), channel);
    assert_string_equal(json_str(in, "copy"), copy);
    assert_int_equal(json_int(in, "confidentiality"), held);
}

static void waits(struct bench *b, const char *channel, const char *copy)
{
    assert_answer(ask(b, 0, copies(channel)), "second");
    entered(b, "system/whole-copy", "refused", copy);
}

static size_t wanted(struct bench *b, const char *person)
{
    struct second_wanted n;

    OK(second_wanted(b->store, (struct account_actor){person, RIGHT_ADMINISTRATOR}, "p-c", b->real_us, b->now_us, &n));
    return n.copies;
}

static void test_one_person_below_three(void **state)
{
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c2");
    allowed(&b, "backup", 2, "");
    allowed(&b, "ledger-files", 2, "");
    assert_answer(ask(&b, 0, copies("page")), "invalid"); /* nothing whole */
    assert_answer(ask(&b, 0, copies("pigeon")), "invalid");
    assert_answer(ask(&b, 'C', copies("backup")), "forbidden"); /* the console's alone */
    bench_close(&b);
}

static void test_two_persons_at_three(void **state)
{
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    waits(&b, "backup", "COPY-2026-0001");
    waits(&b, "backup", "COPY-2026-0001"); /* one question, however often it is asked */
    assert_int_equal(wanted(&b, "C"), 1);
    assert_answer(ask(&b, 0, approves("COPY-2026-0001")), "forbidden"); /* himself */
    entered(&b, "system/whole-copy-approve", "refused", "COPY-2026-0001");
    assert_answer(ask(&b, 'A', approves("COPY-2026-0001")), "forbidden"); /* no administrator */
    assert_answer(ask(&b, 'C', approves("COPY-2026-0009")), "none");
    waits(&b, "ledger-files", "COPY-2026-0002"); /* of another kind */
    assert_answer(ask(&b, 'C', approves("COPY-2026-0001")), "");
    entered(&b, "system/whole-copy-approve", "recorded", "COPY-2026-0001");
    assert_answer(ask(&b, 'C', approves("COPY-2026-0001")), "over");
    assert_int_equal(wanted(&b, "C"), 1);
    waits(&b, "ledger-files", "COPY-2026-0002"); /* the backup's is not good for it */
    allowed(&b, "backup", 3, "COPY-2026-0001");
    waits(&b, "backup", "COPY-2026-0003"); /* once */
    assert_answer(ask(&b, 'C', ends("COPY-2026-0001")), "over");
    bench_close(&b);
}

static void test_in_time(void **state)
{
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    waits(&b, "backup", "COPY-2026-0001");
    b.now_us += HOUR_US;
    assert_int_equal(wanted(&b, "C"), 0);
    assert_answer(ask(&b, 'C', approves("COPY-2026-0001")), "over");
    waits(&b, "backup", "COPY-2026-0002");
    assert_answer(ask(&b, 'C', approves("COPY-2026-0002")), "");
    b.now_us += HOUR_US; /* agreed to in time, used too late */
    waits(&b, "backup", "COPY-2026-0003");
    bench_close(&b);
}

static void test_standing(void **state)
{
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    assert_answer(ask(&b, 0, asks("2026-04-09")), "invalid"); /* over */
    assert_answer(ask(&b, 0, asks("2027-04-12")), "invalid"); /* 367 days */
    assert_answer(ask(&b, 0, asks("next year")), "invalid");
    assert_answer(ask(&b, 0, asks("2026-04-12")), "");
    entered(&b, "system/whole-copy-ask", "recorded", "COPY-2026-0001");
    waits(&b, "backup", "COPY-2026-0002"); /* asked for is not agreed to */
    assert_answer(ask(&b, 'C', approves("COPY-2026-0001")), "");
    for (int day = 0; day < 3; day++, b.now_us += DAY_US)
        allowed(&b, "backup", 3, "COPY-2026-0001");
    waits(&b, "backup", "COPY-2026-0003"); /* the 13th */
    bench_close(&b);
}

static void test_ended(void **state)
{
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    assert_answer(ask(&b, 0, asks("2026-05-10")), "");
    assert_answer(ask(&b, 'C', approves("COPY-2026-0001")), "");
    allowed(&b, "backup", 3, "COPY-2026-0001");
    assert_answer(ask(&b, 'C', ends("COPY-2026-0001")), "");
    entered(&b, "system/whole-copy-end", "recorded", "COPY-2026-0001");
    waits(&b, "backup", "COPY-2026-0002");
    bench_close(&b);
}

static json_t *copies_of(int held, int allowed)
{
    return json_pack("{s:s, s:s, s:i, s:i}", "op", "whole-copy", "channel", "backup", "held", held, "allowed", allowed);
}

/* What is copied may be older than what the keeper sees: a record of 3 may be of 2 by now, and is of 3 in the copy. */
static void test_snapshot_counts(void **state)
{
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c2");
    assert_answer(ask(&b, 0, copies_of(4, 0)), "invalid");
    assert_answer(ask(&b, 0, copies_of(0, -1)), "invalid");
    assert_answer(ask(&b, 0, copies_of(2, 0)), "");
    assert_answer(ask(&b, 0, copies_of(3, 0)), "second");
    entered(&b, "system/whole-copy", "refused", "COPY-2026-0001");
    assert_answer(ask(&b, 'C', approves("COPY-2026-0001")), "");
    assert_answer(ask(&b, 0, copies_of(3, 0)), "");
    bench_close(&b);
}

struct copying {
    struct bench *b;
    int allowed, n_asked;
    bool is_entered; /* the record of 3, by somebody else while the copy goes on */
};

static bool may(void *arg, struct store *snapshot, bool is_last)
{
    struct copying *c = arg;
    json_t *answer;
    bool is_ok;
    int held;

    c->n_asked++;
    OK(engine_held_most(snapshot, &held));
    assert_int_equal(held, 2); /* also at the end */
    answer = ask(c->b, 0, copies_of(held, c->allowed));
    is_ok = json_flag(answer, "ok");
    if (!is_last) {
        c->allowed = (int)json_int(answer, "confidentiality");
        if (c->is_entered)
            hold(c->b, "c3");
    }
    json_decref(answer);
    return is_ok;
}

/* A first record of 3 comes between the decision and the copy's end: its key and its pieces would go along with what was decided on for one person. */
static void test_entered_meanwhile(void **state)
{
    for (int is_entered = 0; is_entered < 2; is_entered++) {
        struct copying c = {.is_entered = is_entered};
        const struct backup_progress progress = {NULL, &c, may};
        STORE_AUTO *reader = NULL;
        char file[200];
        struct bench b;

        bench_open(state, &b);
        c.b = &b;
        hold(&b, "c2");
        OK(store_open(b.home.db, STORE_READ, &reader, &b.diag));
        snprintf(file, sizeof(file), "%s/copy", b.home.data);
        assert_int_equal(store_backup(reader, file, &progress, &b.diag), is_entered ? -ECANCELED : 0);
        assert_int_equal(c.n_asked, 2);
        assert_int_equal(access(file, F_OK), is_entered ? -1 : 0);
        if (is_entered)
            entered(&b, "system/whole-copy", "refused", "COPY-2026-0001");
        else
            entered(&b, "system/whole-copy", "recorded", ""); /* once */
        bench_close(&b);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_one_person_below_three), ON_BOTH(test_two_persons_at_three), ON_BOTH(test_in_time), ON_BOTH(test_standing), ON_BOTH(test_ended),
        ON_BOTH(test_snapshot_counts), ON_BOTH(test_entered_meanwhile),
    };
    int status = keeper_place_main(argc, argv);

    return status >= 0 ? status : cmocka_run_group_tests_name("keeper-whole-copy", tests, grounds_start, grounds_stop);
}
