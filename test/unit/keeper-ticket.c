/* Tickets: what leaves leaves once, exactly as it was allowed, and whoever tries otherwise is entered. */
#include "engine/ticket.h"
#include "base/codec.h"
#include "engine/holding.h"
#include "keeper-bench.h"
#include "keeper/account-operation.h"
#include "regulation/model.h"
#include "store/driver.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

struct begun {
    struct bench b;
    char paper[32], record[32], ticket[TICKET_SIZE];
};

static json_t *ask(struct bench *b, char person, json_t *message)
{
    OK(json_put_str(message, "token", keeper_place_cookie(&b->home, person)));
    return bench_run(b, true, bench_well_formed(b, message));
}

static json_t *act(struct bench *b, char person, const char *step, const char *record,
                   const char *ticket, json_t *with)
{
    json_t *m =
        bench_well_formed(b, keeper_place_act(&b->home, person, "sendings", step, record, with));

    if (ticket)
        OK(json_put_str(m, "ticket", ticket));
    return bench_run(b, true, m);
}

static const char *result_of(const json_t *answer)
{
    return json_str(json_obj(answer, "outcome"), "result");
}

static json_t *what(const char *paper, const char *content)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "unit", "sho", "paper", paper, "cipher",
                     "sealed", "medium", "M-014", "receiver", "M", "content", content, "size",
                     "10");
}

static void write_paper(struct begun *g, const char *class, char ret[32])
{
    json_t *made = bench_run(&g->b, true,
                             keeper_place_act(&g->b.home, 'M', "papers", "write", "",
                                              json_pack("{s:s, s:s, s:s}", "unit", "sho", "subject",
                                                        "名簿", "class", class)));

    snprintf(ret, 32, "%s", json_str(json_obj(made, "outcome"), "record"));
    json_decref(made);
    assert_true(*ret);
}

static void begin(struct begun *g)
{
    json_t *answer = act(&g->b, 'M', "begin", "", NULL, what(g->paper, "aa"));

    assert_string_equal(result_of(answer), "allowed");
    snprintf(g->record, sizeof(g->record), "%s", json_str(json_obj(answer, "outcome"), "record"));
    snprintf(g->ticket, sizeof(g->ticket), "%s", json_str(answer, "ticket"));
    assert_int_equal(strlen(g->ticket), TICKET_SIZE - 1);
    json_decref(answer);
}

static void open_begun(void **state, struct begun *g)
{
    *g = (struct begun){0};
    bench_open(state, &g->b);
    g->b.measured = MEASURED_MEDIA;
    write_paper(g, "c3", g->paper);
    begin(g);
}

static void close_begun(struct begun *g)
{
    bench_close(&g->b);
}

static json_t *said(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "cipher", "sealed", "medium", "M-014", "receiver",
                     "M", "content", "aa", "size", "10");
}

static json_t *use(struct begun *g, char person, const char *ticket, const char *channel,
                   json_t *with)
{
    return ask(&g->b, person,
               json_pack("{s:s, s:s, s:s, s:o}", "op", "ticket-use", "ticket", ticket, "channel",
                         channel, "with", with));
}

static void used(struct begun *g)
{
    json_t *answer = use(g, 'M', g->ticket, "medium-sealed", said());

    assert_string_equal(result_of(answer), "allowed");
    assert_string_equal(json_str(json_obj(answer, "outcome"), "record"), g->record);
    json_decref(answer);
}

/* Within the batch that is open, as the loop answers whoever asks at the same instant. */
static json_t *use_within(struct begun *g)
{
    JSON_AUTO *m = bench_well_formed(&g->b, json_pack("{s:s, s:s, s:s, s:s, s:o}", "op", "ticket-use", "token", keeper_place_cookie(&g->b.home, 'M'),
                                                      "ticket", g->ticket, "channel", "medium-sealed", "with", said()));
    const struct operation *op = operation_find("ticket-use");
    struct operation_context c = bench_context(&g->b);
    json_t *answer = NULL;

    OK(operation_authorize(&c, op, m, true, &answer));
    assert_null(answer);
    OK(op->run(&c, m, &answer));
    json_decref(c.tried);
    return answer;
}

/* Refused for that reason, and entered so; the field that differs is named. */
static void refused(struct begun *g, json_t *answer, const char *why, const char *field)
{
    JSON_AUTO *in = NULL;

    assert_string_equal(result_of(answer), "refused");
    assert_string_equal(json_str(json_obj(answer, "outcome"), "why"), why);
    assert_string_equal(json_str(json_obj(answer, "outcome"), "field"), field);
    in = bench_last_entry(
        &g->b, strcmp(why, TICKET_NONE) ? "sendings/ticket-use" : "system/ticket-use", "refused");
    assert_string_equal(json_str(in, "why"), why);
    assert_string_equal(json_str(in, "field"), field);
    json_decref(answer);
}

static void ends(struct begun *g, const char *step, const char *ticket, const char *result)
{
    json_t *answer = act(&g->b, 'M', step, g->record, ticket,
                         !strcmp(step, "end") ? json_pack("{s:s}", "written", "10")
                                              : json_pack("{s:s}", "why", "満杯"));

    assert_string_equal(result_of(answer), result);
    json_decref(answer);
}

static void test_once(void **state)
{
    struct begun g;

    open_begun(state, &g);
    ends(&g, "end", g.ticket, "forbidden"); /* before it was used */
    used(&g);
    refused(&g, use(&g, 'M', g.ticket, "medium-sealed", said()), TICKET_USED, "");
    ends(&g, "end", NULL, "forbidden");
    ends(&g, "end", "0123456789012345678901234567890123456789012", "forbidden");
    ends(&g, "end", g.ticket, "allowed");
    refused(&g, use(&g, 'M', g.ticket, "medium-sealed", said()), TICKET_USED, "");
    ends(&g, "break", g.ticket, "forbidden");
    close_begun(&g);
}

/* One that broke does not come to life again. */
/* Two processes ask in one instant, before anything of the first is durable: one of them has it. */
static void test_once_in_one_batch(void **state)
{
    struct begun g;
    JSON_AUTO *first = NULL;
    json_t *second;

    open_begun(state, &g);
    bench_begin(&g.b);
    first = use_within(&g);
    second = use_within(&g);
    bench_end(&g.b);
    assert_string_equal(result_of(first), "allowed");
    refused(&g, second, TICKET_USED, "");
    ends(&g, "end", g.ticket, "allowed");
    close_begun(&g);
}

static void test_broken(void **state)
{
    struct begun g;

    open_begun(state, &g);
    ends(&g, "break", g.ticket, "allowed");
    refused(&g, use(&g, 'M', g.ticket, "medium-sealed", said()), TICKET_USED, "");
    begin(&g);
    used(&g);
    ends(&g, "break", g.ticket,
         "allowed"); /* used, and then it turned out that nothing was written */
    close_begun(&g);
}

/* A copy from before it was used gives nobody a second one; what became of it can still be entered. */
static void test_restored(void **state)
{
    struct begun g;

    open_begun(state, &g);
    bench_restore_elsewhere(*state, &g.b);
    g.b.measured = MEASURED_MEDIA;
    refused(&g, use(&g, 'M', g.ticket, "medium-sealed", said()), TICKET_USED, "");
    ends(&g, "end", g.ticket, "allowed");
    close_begun(&g);
}

static void test_exactly_that(void **state)
{
    static const struct {
        const char *field, *value;
    } others[] = {{"content", "ab"}, {"size", "11"},      {"medium", "M-015"},
                  {"receiver", "C"}, {"cipher", "plain"}, {"medium", ""}};
    struct begun g;

    open_begun(state, &g);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        json_t *with = said();

        OK(json_put_str(with, others[i].field, others[i].value));
        refused(&g, use(&g, 'M', g.ticket, "medium-sealed", with), TICKET_OTHER, others[i].field);
    }
    refused(&g, use(&g, 'M', g.ticket, "medium-plain", said()), TICKET_CHANNEL, "");
    used(&g);
    close_begun(&g);
}

static void test_whose_it_is(void **state)
{
    struct begun g;

    open_begun(state, &g);
    refused(&g, use(&g, 'C', g.ticket, "medium-sealed", said()), TICKET_PERSON, "");
    g.b.measured = MEASURED_MAIL;
    refused(&g, use(&g, 'M', g.ticket, "medium-sealed", said()), TICKET_PERSON, "");
    g.b.measured = MEASURED_MEDIA;
    refused(&g,
            use(&g, 'M', "0123456789012345678901234567890123456789012", "medium-sealed", said()),
            TICKET_NONE, "");
    g.b.measured = 0;
    assert_answer(use(&g, 'M', g.ticket, "medium-sealed", said()), "forbidden");
    g.b.measured = MEASURED_MEDIA;
    assert_answer(use(&g, 'M', "short", "medium-sealed", said()), "invalid");
    used(&g);
    g.b.measured = MEASURED_MAIL;
    ends(&g, "end", g.ticket, "forbidden");
    close_begun(&g);
}

/* To the microsecond; what was used in time may be told later. */
static void test_its_time(void **state)
{
    struct begun g;

    open_begun(state, &g);
    g.b.now_us += 15 * 60 * US_PER_SECOND - 1;
    used(&g);
    begin(&g);
    g.b.now_us += 15 * 60 * US_PER_SECOND;
    refused(&g, use(&g, 'M', g.ticket, "medium-sealed", said()), TICKET_OVER, "");
    ends(&g, "end", g.ticket, "forbidden");
    ends(&g, "break", g.ticket, "allowed");
    close_begun(&g);
}

/* Of another record, in another row, with another end: what a ticket is bound to is not in the store's hands. */
static void test_changed_rows(void **state)
{
    static const char *const changes[] = {"UPDATE ticket SET until_us = until_us + 1",
                                          "UPDATE ticket SET seq = seq + 1"};
    struct begun g;

    open_begun(state, &g);
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        bench_begin(&g.b);
        OK(g.b.store->driver->exec(g.b.store, changes[i]));
        bench_end(&g.b);
        refused(&g, use(&g, 'M', g.ticket, "medium-sealed", said()), TICKET_MOVED, "");
    }
    close_begun(&g);
}

/* Somebody dealt with the record meanwhile. */
static void test_a_record_that_moved(void **state)
{
    struct begun g;
    bool more = true;

    open_begun(state, &g);
    g.b.now_us += 16 * 60 * US_PER_SECOND;
    bench_begin(&g.b);
    while (more)
        OK(engine_tick(g.b.engine, g.b.log, g.b.now_us, 100, &more, NULL));
    bench_end(&g.b);
    g.b.now_us -= 16 * 60 * US_PER_SECOND; /* another node's clock */
    refused(&g, use(&g, 'M', g.ticket, "medium-sealed", said()), TICKET_MOVED, "");
    close_begun(&g);
}

static void mark_paper(struct begun *g, json_t *with)
{
    unsigned measured = g->b.measured;
    JSON_AUTO *answer = NULL;

    g->b.measured = 0;
    answer = bench_run(&g->b, true, keeper_place_act(&g->b.home, 'M', "papers", "mark", g->paper, with));
    g->b.measured = measured;
    assert_string_equal(result_of(answer), "allowed");
}

/* Class, restrictions or readers of what it names ask for more since it was given, or another may have it: it was allowed as it was. */
static void test_a_label_that_rose(void **state)
{
    struct begun g = {0};

    bench_open(state, &g.b);
    g.b.measured = MEASURED_MEDIA;
    write_paper(&g, "c2", g.paper);
    begin(&g);
    mark_paper(&g, json_pack("{s:s}", "class", "c2")); /* nothing of its label */
    used(&g);
    begin(&g);
    mark_paper(&g, json_pack("{s:[s]}", "limits", "no-copy"));
    refused(&g, use(&g, 'M', g.ticket, "medium-sealed", said()), TICKET_MOVED, "");
    ends(&g, "break", g.ticket, "allowed");
    begin(&g);
    mark_paper(&g, json_pack("{s:s}", "class", "c3"));
    refused(&g, use(&g, 'M', g.ticket, "medium-sealed", said()), TICKET_MOVED, "");
    ends(&g, "end", g.ticket, "forbidden");
    ends(&g, "break", g.ticket, "allowed");
    begin(&g);
    mark_paper(&g, json_pack("{s:[s]}", "readers", "M"));
    refused(&g, use(&g, 'M', g.ticket, "medium-sealed", said()), TICKET_MOVED, "");
    begin(&g);
    used(&g);
    close_begun(&g);
}

/* To the microsecond at which whoever gets it is a reader no more. */
static void test_a_reader_who_went(void **state)
{
    for (int is_late = 0; is_late < 2; is_late++) {
        struct begun g = {0};
        json_t *with, *answer;

        bench_open(state, &g.b);
        g.b.measured = MEASURED_MEDIA;
        write_paper(&g, "c3", g.paper);
        g.b.measured = 0;
        bench_transfer(&g.b, "person,unit,post,kind,from,to,leaving\nA,,,,,,2026-04-15\n");
        g.b.measured = MEASURED_MEDIA;
        g.b.now_us = instant_of_day(day_of_instant(g.b.now_us) + 6) - 1; /* the last instant of the 15th */
        with = what(g.paper, "aa");
        OK(json_put_str(with, "receiver", "A"));
        answer = act(&g.b, 'M', "begin", "", NULL, with);
        assert_string_equal(result_of(answer), "allowed");
        snprintf(g.ticket, sizeof(g.ticket), "%s", json_str(answer, "ticket"));
        json_decref(answer);
        g.b.now_us += is_late;
        with = said();
        OK(json_put_str(with, "receiver", "A"));
        answer = use(&g, 'M', g.ticket, "medium-sealed", with);
        if (is_late) {
            refused(&g, answer, TICKET_LEAVES, "");
        } else {
            assert_string_equal(result_of(answer), "allowed");
            json_decref(answer);
        }
        bench_close(&g.b);
    }
}

/* No ticket where it is refused, where a person asks, or by a way that does not carry it. */
static void test_what_gives_none(void **state)
{
    struct begun g;
    json_t *answer, *with;

    open_begun(state, &g);
    with = what(g.paper, "aa");
    OK(json_put_str(with, "cipher", "plain"));
    answer = act(&g.b, 'M', "begin", "", NULL, with);
    assert_string_equal(result_of(answer), "forbidden");
    assert_null(json_object_get(answer, "ticket"));
    json_decref(answer);
    g.b.measured = 0;
    answer = act(&g.b, 'M', "begin", "", NULL, what(g.paper, "aa"));
    assert_string_equal(result_of(answer), "invalid");
    assert_null(json_object_get(answer, "ticket"));
    json_decref(answer);
    close_begun(&g);
}

/* The entry says that there was a ticket, and by which way and until when; nothing says which. */
static void test_it_is_kept_nowhere(void **state)
{
    struct begun g;
    ROWS_AUTO *rows = NULL;
    JSON_AUTO *in = NULL;

    open_begun(state, &g);
    in = bench_last_entry(&g.b, "sendings/begin", "allowed");
    assert_string_equal(json_str(json_obj(in, "ticket"), "channel"), "medium-sealed");
    assert_true(*json_str(json_obj(in, "ticket"), "until"));
    assert_int_equal(STORE_ONE(g.b.store, &rows, STMT_TICKET_GET, V_TEXT(g.ticket)), STORE_E_NONE);
    close_begun(&g);
}

/* A page offers nobody what the gate alone can say: neither to begin nor to end. */
static void test_pages_offer_nothing_of_the_gates(void **state)
{
    struct begun g;
    json_t *list = NULL;

    open_begun(state, &g);
    OK(engine_steps(g.b.engine, "M", "sendings", g.record, g.b.now_us, &list));
    assert_int_equal(json_array_size(list), 0); /* "end", "break" */
    json_decref(list);
    OK(engine_steps(g.b.engine, "M", "sendings", "", g.b.now_us, &list));
    assert_int_equal(json_array_size(list), 0); /* "begin", "take" */
    json_decref(list);
    close_begun(&g);
}

/* What comes in is what was examined: other bytes, another medium or another way get no name. */
static void test_what_comes_in(void **state)
{
    struct begun g;
    json_t *answer, *with = json_pack("{s:s, s:s, s:s, s:s, s:s}", "unit", "sho", "medium", "M-014", "content", "aa", "size", "10", "paper", "");

    open_begun(state, &g);
    OK(json_put_str(with, "paper", g.paper));
    answer = act(&g.b, 'M', "take", "", NULL, with);
    assert_string_equal(result_of(answer), "allowed");
    snprintf(g.record, sizeof(g.record), "%s", json_str(json_obj(answer, "outcome"), "record"));
    snprintf(g.ticket, sizeof(g.ticket), "%s", json_str(answer, "ticket"));
    json_decref(answer);
    refused(&g, use(&g, 'M', g.ticket, "medium-in", json_pack("{s:s, s:s, s:s}", "medium", "M-014", "content", "ab", "size", "10")), TICKET_OTHER, "content");
    refused(&g, use(&g, 'M', g.ticket, "medium-in", json_pack("{s:s, s:s, s:s}", "medium", "M-015", "content", "aa", "size", "10")), TICKET_OTHER, "medium");
    refused(&g, use(&g, 'M', g.ticket, "medium-plain", said()), TICKET_CHANNEL, "");
    json_decref(use(&g, 'M', g.ticket, "medium-in", json_pack("{s:s, s:s, s:s}", "medium", "M-014", "content", "aa", "size", "10")));
    refused(&g, use(&g, 'M', g.ticket, "medium-in", said()), TICKET_USED, "");
    ends(&g, "end", g.ticket, "allowed");
    close_begun(&g);
}

/* ---- mail: no record leaves, and what leaves was measured ---- */

static json_t *mail_of(const char *digest, const char *address)
{
    return json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "digest", digest, "line", "external", "receivers", "address", address, "outside", "yes");
}

/* As the gate asks for whom the relay's login is. */
static json_t *mails(struct begun *g, const char *login, const char *step, const char *record, const char *ticket, json_t *with)
{
    return bench_run(&g->b, true,
                     bench_well_formed(&g->b, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "op", "act", "sender", login, "reg", "mails", "step", step,
                                                        "record", record, "ticket", ticket, "with", with)));
}

static void begin_mail(struct begun *g)
{
    json_t *with = mail_of("aa", "x@partner.example"), *answer;

    OK(json_put_str(with, "unit", "sho"));
    OK(json_put_str(with, "outside", "yes"));
    OK(json_put(with, "files", json_pack("[{s:s, s:s}]", "name", "a", "said", "c1")));
    answer = mails(g, "p-m", "begin", "", "", with);
    assert_string_equal(result_of(answer), "allowed");
    snprintf(g->record, sizeof(g->record), "%s", json_str(json_obj(answer, "outcome"), "record"));
    snprintf(g->ticket, sizeof(g->ticket), "%s", json_str(answer, "ticket"));
    assert_int_equal(strlen(g->ticket), TICKET_SIZE - 1);
    json_decref(answer);
}

static void open_mail(void **state, struct begun *g)
{
    *g = (struct begun){0};
    bench_open(state, &g->b);
    g->b.measured = MEASURED_MAIL;
    begin_mail(g);
}

static json_t *use_mail(struct begun *g, const char *login, const char *channel, json_t *with)
{
    return bench_run(&g->b, true,
                     bench_well_formed(&g->b, json_pack("{s:s, s:s, s:s, s:s, s:o}", "op", "ticket-use", "sender", login, "ticket", g->ticket, "channel",
                                                        channel, "with", with)));
}

static void mail_refused(struct begun *g, json_t *answer, const char *why, const char *field)
{
    JSON_AUTO *in = bench_last_entry(&g->b, "mails/ticket-use", "refused");

    assert_string_equal(result_of(answer), "refused");
    assert_string_equal(json_str(in, "why"), why);
    assert_string_equal(json_str(in, "field"), field);
    json_decref(answer);
}

static void mail_ends(struct begun *g, const char *step, const char *result)
{
    json_t *answer = mails(g, "p-m", step, g->record, g->ticket, !strcmp(step, "end") ? json_pack("{s:s}", "taken", "4X") : json_pack("{s:s}", "why", "切断"));

    assert_string_equal(result_of(answer), result);
    json_decref(answer);
}

/* A byte of header or body, a receiver, one more, the line, the way, somebody else: another message. Then the right one goes, once. */
static void test_mail_is_what_was_allowed(void **state)
{
    struct begun g;
    json_t *with;

    open_mail(state, &g);
    mail_ends(&g, "end", "forbidden"); /* before it was used */
    mail_refused(&g, use_mail(&g, "p-m", "mail-open", mail_of("ab", "x@partner.example")), TICKET_OTHER, "digest");
    mail_refused(&g, use_mail(&g, "p-m", "mail-open", mail_of("aa", "y@partner.example")), TICKET_OTHER, "receivers");
    with = mail_of("aa", "x@partner.example");
    OK(json_array_append_new(json_object_get(with, "receivers"), json_pack("{s:s, s:s}", "address", "y@partner.example", "outside", "yes")));
    mail_refused(&g, use_mail(&g, "p-m", "mail-open", with), TICKET_OTHER, "receivers");
    with = mail_of("aa", "x@partner.example");
    OK(json_put_str(with, "line", "internal"));
    mail_refused(&g, use_mail(&g, "p-m", "mail-open", with), TICKET_OTHER, "line");
    mail_refused(&g, use_mail(&g, "p-m", "mail-sealed", mail_of("aa", "x@partner.example")), TICKET_CHANNEL, "");
    mail_refused(&g, use_mail(&g, "p-c", "mail-open", mail_of("aa", "x@partner.example")), TICKET_PERSON, "");
    json_decref(with = use_mail(&g, "p-m", "mail-open", mail_of("aa", "x@partner.example")));
    mail_refused(&g, use_mail(&g, "p-m", "mail-open", mail_of("aa", "x@partner.example")), TICKET_USED, "");
    mail_ends(&g, "end", "allowed");
    mail_refused(&g, use_mail(&g, "p-m", "mail-open", mail_of("aa", "x@partner.example")), TICKET_USED, "");
    close_begun(&g);
}

static void write_summed(struct bench *b, const char *sum, const char *limit, char ret[32])
{
    json_t *with = json_pack("{s:s, s:s, s:s, s:s}", "unit", "sho", "subject", "名簿", "class", "c1", "sum", sum), *made;

    if (*limit)
        OK(json_put(with, "limits", json_pack("[s]", limit)));
    made = bench_run(b, true, keeper_place_act(&b->home, 'M', "papers", "write", "", with));
    snprintf(ret, 32, "%s", json_str(json_obj(made, "outcome"), "record"));
    json_decref(made);
    assert_true(*ret);
}

static json_t *mail_with(struct begun *g, const char *digest, json_t *files)
{
    json_t *with = mail_of(digest, "x@partner.example");

    OK(json_put_str(with, "unit", "sho"));
    OK(json_put_str(with, "outside", "yes"));
    OK(json_put(with, "files", files));
    return mails(g, "p-m", "begin", "", "", with);
}

#define SUM "1111111111111111111111111111111111111111111111111111111111111111"
#define NO_COPY "2222222222222222222222222222222222222222222222222222222222222222"
#define NOBODYS "3333333333333333333333333333333333333333333333333333333333333333"

/* What is known by its content alone is entered as taken, once for each, before the ticket is given; what cannot be entered does not leave. */
static void test_mail_is_counted(void **state)
{
    char paper[32], closed[32];
    struct begun g = {0};
    JSON_AUTO *in = NULL;
    json_t *answer;

    bench_open(state, &g.b);
    write_summed(&g.b, SUM, "", paper);
    write_summed(&g.b, NO_COPY, "no-copy", closed);
    g.b.measured = MEASURED_MAIL;
    answer = mail_with(&g, "a1", json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}, {s:s, s:s, s:s}]", "name", "a", "said", "c1", "sum", SUM, "name", "b", "said", "c1", "sum", SUM,
                                           "name", "c", "said", "c1", "sum", NOBODYS));
    assert_string_equal(result_of(answer), "allowed");
    assert_int_equal(strlen(json_str(answer, "ticket")), TICKET_SIZE - 1);
    in = bench_last_entry(&g.b, "takings/note", "allowed");
    assert_string_equal(json_str(json_obj(in, "with"), "paper"), paper);
    assert_memory_equal(json_str(json_obj(in, "with"), "version"), "k1:", 3); /* what stands for SUM */
    assert_string_equal(json_str(json_obj(in, "with"), "with"), json_str(json_obj(answer, "outcome"), "record"));
    json_decref(answer);
    answer = mail_with(&g, "a2", json_pack("[{s:s, s:s, s:s}]", "name", "c", "said", "c1", "sum", NOBODYS));
    assert_string_equal(result_of(answer), "allowed");
    json_decref(answer);
    answer = mail_with(&g, "a3", json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}]", "name", "a", "said", "c1", "sum", SUM, "name", "b", "said", "c1", "sum", NO_COPY));
    assert_null(json_object_get(answer, "ticket"));
    assert_answer(answer, "copies"); /* and the loop undoes all of it (keeper-undone.c) */
    bench_close(&g.b);
}

/* What holds its bytes is raised behind the gate's question, or behind the ticket. */
static void test_mail_whose_bytes_rose(void **state)
{
    struct begun g = {0};
    struct digest d;
    json_t *answer;

    bench_open(state, &g.b);
    OK(hex_parse(STR(SUM), &d, sizeof(d)));
    write_paper(&g, "c1", g.paper);
    bench_begin(&g.b);
    OK(holding_add(g.b.store, g.paper, "", HOLDING_WRITTEN, &d, HOLDING_SIZE_MIN));
    bench_end(&g.b);
    for (int is_late = 0; is_late < 2; is_late++) {
        if (!is_late)
            mark_paper(&g, json_pack("{s:s}", "class", "c1"));
        g.b.measured = MEASURED_MAIL;
        answer = mail_with(&g, is_late ? "b2" : "b1", json_pack("[{s:s, s:s, s:s}]", "name", "a", "said", "c1", "sum", SUM));
        assert_string_equal(result_of(answer), is_late ? "forbidden" : "allowed");
        snprintf(g.ticket, sizeof(g.ticket), "%s", json_str(answer, "ticket"));
        json_decref(answer);
        mark_paper(&g, json_pack("{s:s}", "class", "c3"));
        if (!is_late)
            mail_refused(&g, use_mail(&g, "p-m", "mail-open", mail_of("b1", "x@partner.example")), TICKET_LEAVES, "");
    }
    bench_close(&g.b);
}

#define READER "a@police.example"

static json_t *mail_inside(const char *digest, const char *address, const char *limits, bool is_known, int64_t size)
{
    json_t *with = json_pack("{s:s, s:s, s:s, s:[{s:s, s:s}], s:[{s:s, s:s, s:s, s:I}]}", "unit", "sho", "digest", digest, "line", "internal", "receivers", "address",
                             address, "outside", "no", "files", "name", "a", "said", "c1", "sum", SUM, "size", (json_int_t)size);

    if (*limits)
        OK(json_put(with, "limits", json_pack("[s]", limits)));
    if (is_known)
        OK(json_put(with, "strangers", json_pack("[{s:s, s:s}]", "address", address, "sum", SUM)));
    return with;
}

static void begins_inside(struct begun *g, json_t *with, const char *result)
{
    json_t *answer = mails(g, "p-m", "begin", "", "", with);

    assert_string_equal(result_of(answer), result);
    snprintf(g->ticket, sizeof(g->ticket), "%s", json_str(answer, "ticket"));
    snprintf(g->record, sizeof(g->record), "%s", json_str(json_obj(answer, "outcome"), "record"));
    json_decref(answer);
}

static json_t *use_inside(struct begun *g, const char *digest, const char *address)
{
    return use_mail(g, "p-m", "mail-internal",
                    json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "digest", digest, "line", "internal", "receivers", "address", address, "outside", "no"));
}

/* Whoever is sent it within may read it when it is asked and when it goes, or the gate has said that he may not; so with the restrictions of what holds it. */
static void test_mail_whose_readers_went(void **state)
{
    struct begun g = {0};
    struct digest d;

    bench_open(state, &g.b);
    OK(hex_parse(STR(SUM), &d, sizeof(d)));
    write_paper(&g, "c1", g.paper);
    bench_begin(&g.b);
    OK(holding_add(g.b.store, g.paper, "", HOLDING_WRITTEN, &d, HOLDING_SIZE_MIN));
    bench_end(&g.b);
    g.b.measured = MEASURED_MAIL;
    /* readers, all that may be */
    begins_inside(&g, mail_inside("c1", READER, "", false, 100), "allowed");
    json_decref(use_inside(&g, "c1", READER));
    mail_ends(&g, "end", "allowed");
    /* he is one no more behind the ticket */
    begins_inside(&g, mail_inside("c2", READER, "", false, 100), "allowed");
    mark_paper(&g, json_pack("{s:s, s:[s]}", "class", "c1", "readers", "M"));
    mail_refused(&g, use_inside(&g, "c2", READER), TICKET_LEAVES, "");
    /* and behind the gate's question */
    begins_inside(&g, mail_inside("c3", READER, "", false, 100), "forbidden");
    /* whom the gate tells of, and what is too short to be anybody's, others judge */
    begins_inside(&g, mail_inside("c4", READER, "", true, 100), "allowed");
    json_decref(use_inside(&g, "c4", READER));
    mail_ends(&g, "end", "allowed");
    begins_inside(&g, mail_inside("c5", READER, "", false, HOLDING_SIZE_MIN - 1), "allowed");
    /* nobody is known behind this one */
    begins_inside(&g, mail_inside("c6", "all@police.example", "", false, 100), "forbidden");
    begins_inside(&g, mail_inside("c7", READER, "", true, 100), "allowed");
    mark_paper(&g, json_pack("{s:s, s:[s], s:[s]}", "class", "c1", "readers", "M", "limits", "inside"));
    mail_refused(&g, use_inside(&g, "c7", READER), TICKET_LEAVES, "");
    begins_inside(&g, mail_inside("c8", READER, "", true, 100), "forbidden");
    begins_inside(&g, mail_inside("c9", READER, "inside", true, 100), "allowed");
    bench_close(&g.b);
}

static void test_mail_in_its_time(void **state)
{
    struct begun g;

    open_mail(state, &g);
    g.b.now_us += 15 * 60 * US_PER_SECOND;
    mail_refused(&g, use_mail(&g, "p-m", "mail-open", mail_of("aa", "x@partner.example")), TICKET_OVER, "");
    mail_ends(&g, "end", "forbidden");
    mail_ends(&g, "break", "allowed");
    close_begun(&g);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_once),
        ON_BOTH(test_once_in_one_batch),
        ON_BOTH(test_broken),
        ON_BOTH(test_restored),
        ON_BOTH(test_exactly_that),
        ON_BOTH(test_whose_it_is),
        ON_BOTH(test_its_time),
        ON_BOTH(test_changed_rows),
        ON_BOTH(test_a_record_that_moved),
        ON_BOTH(test_a_label_that_rose),
        ON_BOTH(test_a_reader_who_went),
        ON_SQLITE(test_what_gives_none),
        ON_BOTH(test_it_is_kept_nowhere),
        ON_SQLITE(test_pages_offer_nothing_of_the_gates),
        ON_SQLITE(test_what_comes_in),
        ON_BOTH(test_mail_is_what_was_allowed),
        ON_BOTH(test_mail_is_counted),
        ON_BOTH(test_mail_whose_bytes_rose),
        ON_BOTH(test_mail_whose_readers_went),
        ON_SQLITE(test_mail_in_its_time),
    };
    int r = keeper_place_main(argc, argv);

    return r >= 0 ? r : cmocka_run_group_tests_name("tickets", tests, grounds_start, grounds_stop);
}
