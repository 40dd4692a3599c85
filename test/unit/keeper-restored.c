/* A store that was restored, from and to either database: nothing leaves but by pages and notices, by whatever way it is asked for, until two
 * administrators have looked. */
#include "engine/restored.h"
#include "engine/second.h"
#include "force/token.h"
#include "keeper-bench.h"
#include "store/backup.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* `person` 0: the operator at the console. */
static json_t *ask(struct bench *b, char person, json_t *message)
{
    bench_well_formed(b, message);
    if (person)
        OK(json_put_str(message, "token", keeper_place_cookie(&b->home, person)));
    return bench_run(b, person != 0, message);
}

static void write_paper(struct bench *b, const char *class, char ret_id[64])
{
    JSON_AUTO *made = bench_run(b, true, keeper_place_act(&b->home, 'M', "papers", "write", "",
                                                          json_pack("{s:s, s:s, s:s}", "unit", "sho", "subject", "名簿", "class", class)));

    assert_string_equal(json_str(json_obj(made, "outcome"), "result"), "allowed");
    snprintf(ret_id, 64, "%s", json_str(json_obj(made, "outcome"), "record"));
}

static json_t *ways(const char *op, const char *record)
{
    json_t *m = json_pack("{s:s, s:s, s:{s:i}}", "op", op, "digest", DIGEST, "records", record, 1);

    if (!strcmp(op, "print"))
        OK(json_put_str(m, "form", "form-1"));
    else
        OK(json_put_str(m, "reg", "papers") || json_put_str(m, "format", "csv"));
    return m;
}

static json_t *whole(const char *channel)
{
    return json_pack("{s:s, s:s}", "op", "whole-copy", "channel", channel);
}

static json_t *opens(const char *record)
{
    return json_pack("{s:s, s:s}", "op", "read", "record", record);
}

/* The same by a token of M's. */
static json_t *by_program(struct bench *b, json_t *message)
{
    static struct token_scope scope = {.may_act = true};
    char secret[TOKEN_SIZE], id[TOKEN_ID_SIZE], name[32];
    static unsigned n;

    snprintf(name, sizeof(name), "roster %u", ++n);
    bench_begin(b);
    OK(token_issue(b->store, "p-m", str_of(name), &scope, 30, b->real_us, id, secret));
    bench_end(b);
    OK(json_put_str(message, "bearer", secret));
    return bench_run(b, true, message);
}

/* What the refusal of the act says was unmet by the restore. */
static bool is_unmet(const json_t *outcome, const char *what)
{
    const json_t *unmet = json_arr(outcome, "unmet");

    for (size_t i = 0; i < json_array_size(unmet); i++)
        if (!strcmp(json_str(json_array_get(unmet, i), "what"), what))
            return true;
    return false;
}

static json_t *spreads(struct bench *b, const char *record)
{
    return keeper_place_act(&b->home, 'M', "handovers", "spread", "",
                            json_pack("{s:s, s:[s], s:[s]}", "unit", "sho", "papers", record, "persons", "B"));
}

static void is_shut(struct bench *b, const char *record)
{
    JSON_AUTO *spread = bench_run(b, true, spreads(b, record));

    assert_answer(ask(b, 'M', ways("print", record)), "shut");
    json_decref(bench_last_entry(b, "system/print", "refused"));
    assert_answer(ask(b, 'M', ways("export", record)), "shut");
    json_decref(bench_last_entry(b, "system/export", "refused"));
    assert_answer(ask(b, 0, whole("backup")), "shut");
    json_decref(bench_last_entry(b, "system/whole-copy", "refused"));
    assert_answer(ask(b, 0, whole("ledger-files")), "shut");
    assert_string_not_equal(json_str(json_obj(spread, "outcome"), "result"), "allowed");
    assert_true(is_unmet(json_obj(spread, "outcome"), "restored"));
    assert_answer(ask(b, 'M', opens(record)), ""); /* its page */
}

static void is_open(struct bench *b, const char *record)
{
    JSON_AUTO *spread = bench_run(b, true, spreads(b, record));

    assert_string_equal(json_str(json_obj(spread, "outcome"), "result"), "allowed");
    assert_answer(ask(b, 'M', ways("print", record)), "");
    assert_answer(ask(b, 'M', ways("export", record)), "");
    assert_answer(ask(b, 0, whole("backup")), "");
    assert_answer(ask(b, 'M', opens(record)), "");
}

static uint64_t restored_at(struct bench *b)
{
    struct restored r;

    OK(restored_get(b->store, &r));
    return r.at_us;
}

static json_t *confirms(uint64_t at_us)
{
    return json_pack("{s:s, s:I}", "op", "restored-confirm", "at", (json_int_t)at_us);
}

static size_t wanted(struct bench *b, const char *person)
{
    struct second_wanted n;

    OK(second_wanted(b->store, (struct account_actor){person, RIGHT_ADMINISTRATOR}, "", b->real_us, b->now_us, &n));
    return n.restored;
}

static void confirmed(struct bench *b, char person, const char *error, int looks)
{
    JSON_AUTO *in = NULL;

    assert_answer(ask(b, person, confirms(restored_at(b))), error);
    in = bench_last_entry(b, "system/restored-confirm", *error ? "refused" : "recorded");
    assert_string_equal(json_str(in, "file"), "copy");
    assert_int_equal(json_int(in, "looks"), looks);
}

/* Agreements to copy everything: the one by which the backup was made may have been used, a standing one ended since. */
static void test_agreements_are_over(void **state)
{
    char record[64];
    struct bench b;

    bench_open(state, &b);
    write_paper(&b, "c3", record);
    assert_answer(ask(&b, 0, whole("ledger-files")), "second");
    assert_answer(ask(&b, 'C', json_pack("{s:s, s:s}", "op", "whole-copy-approve", "copy", "COPY-2026-0001")), "");
    assert_answer(ask(&b, 0, json_pack("{s:s, s:s, s:s}", "op", "whole-copy-ask", "channel", "backup", "until", "2026-07-01")), "");
    assert_answer(ask(&b, 'C', json_pack("{s:s, s:s}", "op", "whole-copy-approve", "copy", "COPY-2026-0002")), "");
    bench_restore_elsewhere(*state, &b);
    assert_answer(ask(&b, 0, json_pack("{s:s, s:s, s:s}", "op", "account-rights", "login", "p-m", "rights", "administrator")), "");
    confirmed(&b, 'C', "", 1);
    confirmed(&b, 'M', "", 2);
    assert_answer(ask(&b, 0, whole("backup")), "second");
    assert_answer(ask(&b, 0, whole("ledger-files")), "second");
    bench_close(&b);
}

static void test_shut_until_two_have_looked(void **state)
{
    char record[64];
    struct restored r;
    struct bench b;
    uint64_t size;
    int64_t shard;

    bench_open(state, &b);
    write_paper(&b, "c2", record);
    assert_int_equal(wanted(&b, "C"), 0);
    assert_answer(ask(&b, 'C', confirms(1)), "none");
    is_open(&b, record);
    log_head(b.log, &shard, &size);
    bench_restore_elsewhere(*state, &b);
    OK(restored_get(b.store, &r));
    assert_string_equal(r.file, "copy");
    assert_int_equal(r.shard, shard);
    assert_int_equal(r.n_entries, size);
    assert_int_equal(r.n_looks, 0);
    is_shut(&b, record);
    assert_int_equal(wanted(&b, "C"), 1);
    assert_answer(ask(&b, 'A', confirms(r.at_us)), "forbidden");     /* no administrator */
    assert_answer(ask(&b, 'C', confirms(r.at_us + 1)), "none");      /* another restore than he was shown */
    confirmed(&b, 0, "forbidden", 0);                                /* the console */
    confirmed(&b, 'C', "", 1);
    assert_int_equal(wanted(&b, "C"), 0);
    assert_int_equal(wanted(&b, "M"), 1);
    is_shut(&b, record);
    confirmed(&b, 'C', "forbidden", 1); /* himself again */
    is_shut(&b, record);
    assert_answer(ask(&b, 0, json_pack("{s:s, s:s, s:s}", "op", "account-rights", "login", "p-m", "rights", "administrator")), "");
    confirmed(&b, 'M', "", 2);
    assert_int_equal(wanted(&b, "Y"), 0);
    is_open(&b, record);
    assert_answer(ask(&b, 'M', confirms(r.at_us)), "over");
    bench_restore_elsewhere(*state, &b); /* who looked at the first restore has not looked at this one */
    is_shut(&b, record);
    bench_close(&b);
}

/* Whose account was closed since the backup has it again: what is 3 waits for those who look. */
static void test_pages_show_no_level_3(void **state)
{
    char record[64];
    struct bench b;
    struct restored r;

    bench_open(state, &b);
    write_paper(&b, "c3", record);
    assert_answer(ask(&b, 'M', opens(record)), "");
    bench_restore_elsewhere(*state, &b);
    OK(restored_get(b.store, &r));
    assert_answer(ask(&b, 'M', opens(record)), "shut");
    json_decref(bench_last_entry(&b, "papers/read", "refused"));
    confirmed(&b, 'C', "", 1);
    assert_answer(ask(&b, 'M', opens(record)), "shut");
    assert_answer(ask(&b, 0, json_pack("{s:s, s:s, s:s}", "op", "account-rights", "login", "p-m", "rights", "administrator")), "");
    confirmed(&b, 'M', "", 2);
    assert_answer(ask(&b, 'M', opens(record)), "");
    bench_close(&b);
}

static json_t *lowers(struct bench *b, const char *record)
{
    return keeper_place_act(&b->home, 'M', "papers", "review", record, json_pack("{s:s}", "class", "c2"));
}

/* Who decides a label may be somebody who did so before the restore alone: none falls by him meanwhile. */
static void test_no_label_falls(void **state)
{
    char record[64];
    struct bench b;
    JSON_AUTO *shut = NULL;
    JSON_AUTO *open = NULL;

    bench_open(state, &b);
    write_paper(&b, "c3", record);
    bench_restore_elsewhere(*state, &b);
    shut = bench_run(&b, true, lowers(&b, record));
    assert_string_equal(json_str(json_obj(shut, "outcome"), "result"), "not-yet");
    assert_true(is_unmet(json_obj(shut, "outcome"), "restored"));
    assert_answer(ask(&b, 'M', opens(record)), "shut");
    assert_answer(ask(&b, 0, json_pack("{s:s, s:s, s:s}", "op", "account-rights", "login", "p-m", "rights", "administrator")), "");
    confirmed(&b, 'C', "", 1);
    confirmed(&b, 'M', "", 2);
    open = bench_run(&b, true, lowers(&b, record));
    assert_string_equal(json_str(json_obj(open, "outcome"), "result"), "allowed");
    bench_close(&b);
}

static void test_programs_read_nothing(void **state)
{
    char record[64];
    struct bench b;

    bench_open(state, &b);
    write_paper(&b, "c1", record);
    assert_answer(by_program(&b, opens(record)), "");
    bench_restore_elsewhere(*state, &b);
    assert_answer(by_program(&b, opens(record)), "shut");
    json_decref(bench_last_entry(&b, "papers/read", "refused"));
    bench_close(&b);
}

/* What cannot be read opens nothing. */
static void test_a_damaged_mark_shuts(void **state)
{
    static const char *const marks[] = {"{", "[]", "{\"at\":0}", "{\"at\":1,\"by\":[1,2,3]}"};

    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        assert_true(restored_shuts(marks[i]));
    assert_false(restored_shuts(""));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {ON_BOTH(test_shut_until_two_have_looked), ON_BOTH(test_agreements_are_over), ON_BOTH(test_pages_show_no_level_3), ON_BOTH(test_no_label_falls), ON_BOTH(test_programs_read_nothing), ON_SQLITE(test_a_damaged_mark_shuts)};
    int status = keeper_place_main(argc, argv);

    return status >= 0 ? status : cmocka_run_group_tests_name("keeper-restored", tests, grounds_start, grounds_stop);
}
