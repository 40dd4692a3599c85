/* Media at stations: only a media gate says what is plugged in and takes requests, a request is its asker's alone, one that nobody takes is lost, and the
 * session that is lent for it serves a gate and nobody else. */
#include "keeper-bench.h"
#include "keeper/station-operation.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

struct station_test {
    struct bench b;
    struct keeper_place home;
};

/* As that person, by a gate or not; the answer is the caller's. */
static json_t *asks(struct station_test *t, char who, unsigned measured, json_t *message)
{
    OK(json_put_str(message, "token", keeper_place_cookie(&t->home, who)));
    t->b.measured = measured;
    return bench_run(&t->b, true, message);
}

static void is_answered(json_t *answer, const char *error)
{
    assert_string_equal(json_str(answer, "error"), error);
    json_decref(answer);
}

static json_t *here(const char *station)
{
    return json_pack("{s:s, s:s, s:s, s:{s:{s:s}}}", "op", "media-here", "station", station, "name",
                     station, "slots", "usb1", "name", "M-1");
}

static json_t *ask(const char *station, const char *slot, const char *what)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:{s:s}}", "op", "media-ask", "station", station, "slot",
                     slot, "do", what, "with", "medium", "M-1");
}

static json_t *of_job(const char *op, const char *id)
{
    return json_pack("{s:s, s:s}", "op", op, "job", id);
}

static void begin(void **state, struct station_test *t)
{
    bench_open(state, &t->b);
    t->home = t->b.home;
    assert_non_null(t->b.stations = stations_new());
}

static void end(struct station_test *t)
{
    stations_free(t->b.stations);
    bench_close(&t->b);
}

static void test_who_may(void **state)
{
    struct station_test t;

    begin(state, &t);
    is_answered(asks(&t, 'M', 0, here("PC-1")), "forbidden");
    is_answered(asks(&t, 'M', MEASURED_MAIL, here("PC-1")), "forbidden");
    is_answered(asks(&t, 'A', 0, ask("PC-1", "usb1", "wipe")), "none");
    is_answered(asks(&t, 'M', MEASURED_MEDIA, here("PC-1")), "");
    is_answered(asks(&t, 'A', 0, ask("PC-1", "usb2", "wipe")), "none");
    is_answered(asks(&t, 'A', 0, ask("PC-1", "usb1", "burn")), "invalid");
    is_answered(asks(&t, 'A', MEASURED_MEDIA, ask("PC-1", "usb1", "wipe")), "invalid");
    for (unsigned i = 0; i < JOBS_EACH; i++)
        is_answered(asks(&t, 'A', 0, ask("PC-1", "usb1", "wipe")), "");
    is_answered(asks(&t, 'A', 0, ask("PC-1", "usb1", "wipe")), "busy");
    t.b.real_us += STATION_AWAY_US + 1;
    is_answered(asks(&t, 'Y', 0, ask("PC-1", "usb1", "wipe")), "none");
    end(&t);
}

static const char *state_of(struct station_test *t, const char *id, char ret[16])
{
    json_t *answer = asks(t, 'A', 0, of_job("media-jobs", id));

    snprintf(ret, 16, "%s", json_str(json_array_get(json_arr(answer, "jobs"), 0), "state"));
    json_decref(answer);
    return ret;
}

static void test_one_request(void **state)
{
    char id[64], cookie[COOKIE_SIZE], word[16];
    struct station_test t;
    struct session session;
    json_t *answer;

    begin(state, &t);
    is_answered(asks(&t, 'M', MEASURED_MEDIA, here("PC-1")), "");
    answer = asks(&t, 'A', 0, ask("PC-1", "usb1", "wipe"));
    snprintf(id, sizeof(id), "%s", json_str(answer, "id"));
    json_decref(answer);
    assert_string_equal(state_of(&t, id, word), "waiting");
    is_answered(asks(&t, 'Y', 0, of_job("media-jobs", id)), "none");
    is_answered(asks(&t, 'Y', 0, of_job("media-drop", id)), "none");
    answer = asks(&t, 'M', MEASURED_MEDIA, here("PC-2")); /* another station's gate gets nothing */
    assert_null(json_obj(answer, "job"));
    json_decref(answer);
    answer = asks(&t, 'M', MEASURED_MEDIA, here("PC-1"));
    assert_string_equal(json_str(json_obj(answer, "job"), "id"), id);
    snprintf(cookie, sizeof(cookie), "%s", json_str(answer, "cookie"));
    json_decref(answer);
    assert_string_equal(state_of(&t, id, word), "taken");
    is_answered(asks(&t, 'A', 0, of_job("media-drop", id)), "over");
    /* the lent session: his person's, a gate's, no page's */
    OK(session_get(t.b.store, str_of(cookie), t.b.real_us, &session));
    assert_string_equal(session.person, "A");
    assert_true(session.is_lent);
    t.b.measured = 0;
    is_answered(bench_run(&t.b, true, json_pack("{s:s, s:s}", "op", "touch", "token", cookie)),
                "sign-in");
    t.b.measured = MEASURED_MEDIA;
    is_answered(bench_run(&t.b, true, json_pack("{s:s, s:s}", "op", "touch", "token", cookie)), "");
    /* told by the gate that has it alone */
    is_answered(asks(&t, 'Y', MEASURED_MEDIA,
                     json_pack("{s:s, s:s, s:i}", "op", "media-tell", "job", id, "end", 0)),
                "none");
    is_answered(asks(&t, 'M', MEASURED_MEDIA,
                     json_pack("{s:s, s:s, s:{s:s}}", "op", "media-tell", "job", id, "event",
                               "event", "wiped")),
                "");
    is_answered(asks(&t, 'M', MEASURED_MEDIA,
                     json_pack("{s:s, s:s, s:i}", "op", "media-tell", "job", id, "end", 3)),
                "");
    assert_string_equal(state_of(&t, id, word), "ended");
    /* and with it the session, though the gate did not sign out */
    assert_int_equal(session_get(t.b.store, str_of(cookie), t.b.real_us, &session), ACCOUNT_E_NONE);
    is_answered(asks(&t, 'M', MEASURED_MEDIA,
                     json_pack("{s:s, s:s, s:i}", "op", "media-tell", "job", id, "end", 0)),
                "none");
    t.b.real_us += JOB_KEPT_US + 1; /* by when his session is locked */
    is_answered(bench_run_as(&t.b, "A", of_job("media-jobs", id)), "none");
    end(&t);
}

static void test_nobody_takes_it(void **state)
{
    struct station_test t;
    char id[64], word[16];
    json_t *answer;

    begin(state, &t);
    is_answered(asks(&t, 'M', MEASURED_MEDIA, here("PC-1")), "");
    answer = asks(&t, 'A', 0, ask("PC-1", "usb1", "import"));
    snprintf(id, sizeof(id), "%s", json_str(answer, "id"));
    json_decref(answer);
    t.b.real_us += JOB_WAITS_US + 1;
    assert_string_equal(state_of(&t, id, word), "lost");
    answer = asks(&t, 'M', MEASURED_MEDIA, here("PC-1")); /* nobody waits for it any more */
    assert_null(json_obj(answer, "job"));
    json_decref(answer);
    is_answered(asks(&t, 'A', 0, of_job("media-drop", id)), "");
    end(&t);
}

/* A gate that went silent has nobody's session any more once he drops what he asked for. */
static void test_gate_goes_silent(void **state)
{
    struct station_test t;
    struct session session;
    char id[64], cookie[COOKIE_SIZE];
    json_t *answer;

    begin(state, &t);
    is_answered(asks(&t, 'M', MEASURED_MEDIA, here("PC-1")), "");
    answer = asks(&t, 'A', 0, ask("PC-1", "usb1", "import"));
    snprintf(id, sizeof(id), "%s", json_str(answer, "id"));
    json_decref(answer);
    answer = asks(&t, 'M', MEASURED_MEDIA, here("PC-1"));
    snprintf(cookie, sizeof(cookie), "%s", json_str(answer, "cookie"));
    json_decref(answer);
    OK(session_get(t.b.store, str_of(cookie), t.b.real_us, &session));
    t.b.real_us += JOB_SILENT_US + 1;
    is_answered(bench_run_as(&t.b, "A", of_job("media-drop", id)), "");
    assert_int_equal(session_get(t.b.store, str_of(cookie), t.b.real_us, &session), ACCOUNT_E_NONE);
    end(&t);
}

/* Is the one that was typed still held, and which one did the gate tell in its first event? "" none. */
static void assert_passwords(struct station_test *t, const char *id, bool typed, const char *made)
{
    json_t *answer = asks(t, 'A', 0, of_job("media-jobs", id)), *job = json_array_get(json_arr(answer, "jobs"), 0);

    assert_null(json_object_get(json_obj(job, "with"), "password")); /* a page is not shown what he typed */
    assert_int_equal(json_flag(job, "holds_typed"), typed);
    assert_string_equal(json_str(json_array_get(json_arr(job, "events"), 0), "password"), made);
    json_decref(answer);
}

/* What the request still holds, as the next gate would get it. */
static void assert_given(struct station_test *t, const char *password)
{
    json_t *answer = asks(t, 'M', MEASURED_MEDIA, here("PC-1"));

    assert_string_equal(json_str(json_obj(json_obj(answer, "job"), "with"), "password"), password);
    json_decref(answer);
}

static void test_passwords_go(void **state)
{
    struct station_test t;
    char id[64];
    json_t *answer, *message = ask("PC-1", "usb1", "import");

    begin(state, &t);
    is_answered(asks(&t, 'M', MEASURED_MEDIA, here("PC-1")), "");
    OK(json_put_str(json_object_get(message, "with"), "password", "open sesame"));
    answer = asks(&t, 'A', 0, message);
    snprintf(id, sizeof(id), "%s", json_str(answer, "id"));
    json_decref(answer);
    assert_passwords(&t, id, true, "");
    assert_given(&t, "open sesame");
    assert_passwords(&t, id, false, ""); /* the batch stands: the gate has it */
    is_answered(asks(&t, 'M', MEASURED_MEDIA,
                     json_pack("{s:s, s:s, s:{s:s, s:s}}", "op", "media-tell", "job", id, "event", "event", "password", "password", "xyzzy")),
                "");
    assert_passwords(&t, id, false, "xyzzy");
    t.b.real_us += JOB_SECRET_US;
    stations_sweep(t.b.stations, t.b.real_us);
    assert_passwords(&t, id, false, "xyzzy");
    stations_sweep(t.b.stations, t.b.real_us + 1);
    assert_passwords(&t, id, false, "");
    end(&t);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {ON_BOTH(test_who_may), ON_BOTH(test_one_request),
                                       ON_BOTH(test_nobody_takes_it),
                                       ON_BOTH(test_gate_goes_silent), ON_BOTH(test_passwords_go)};
    int status = keeper_place_main(argc, argv);

    return status >= 0
               ? status
               : cmocka_run_group_tests_name("keeper-station", tests, grounds_start, grounds_stop);
}
