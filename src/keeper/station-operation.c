#include "keeper/station-operation.h"

#include "keeper/station-act.h"

#include "base/codec.h"
#include "base/utf8.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_BYTES 16
#define ID_SIZE (2 * ID_BYTES + 1)
#define WORD_MAX 200u /* bytes of a label, a name, a station */

struct bay {
    char id[WORD_MAX + 1], name[WORD_MAX + 1], gate[ACCOUNT_PERSON_MAX + 1];
    json_t *slots, *receivers;
    uint64_t seen_us; /* real, as all here */
};

enum job_state { JOB_WAITING, JOB_TAKEN, JOB_ENDED };

struct job {
    char id[ID_SIZE], person[ACCOUNT_PERSON_MAX + 1], login[ACCOUNT_LOGIN_MAX + 1],
        gate[ACCOUNT_PERSON_MAX + 1];
    char station[WORD_MAX + 1];
    char lent[COOKIE_SIZE]; /* the session that the gate has for it; "": none */
    json_t *asked;  /* {"do", "slot", "with"} */
    json_t *events; /* array */
    enum job_state state;
    int64_t end;
    uint64_t told_us;
    uint64_t secret_us; /* when the gate told a password; 0: none, or it is forgotten */
    enum { FRESH_NOT, FRESH_ACT, FRESH_BATCH } fresh; /* asked or taken, and it may be undone yet */
};

struct stations {
    struct bay at[STATIONS_MAX];
    struct job jobs[JOBS_MAX];
    size_t n, n_jobs;
};

struct stations *stations_new(void)
{
    return calloc(1, sizeof(struct stations));
}

/* What a gate told may be a password. */
static void job_done(struct job *j)
{
    json_t *one;
    size_t i;

    json_array_foreach (j->events, i, one) {
        json_t *secret = json_object_get(one, "password");

        if (json_is_string(secret))
            sodium_memzero((char *)(uintptr_t)json_string_value(secret),
                           json_string_length(secret));
    }
    json_decref(j->asked);
    json_decref(j->events);
    sodium_memzero(j, sizeof(*j));
}

void stations_free(struct stations *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++) {
        json_decref(s->at[i].slots);
        json_decref(s->at[i].receivers);
    }
    for (size_t i = 0; i < s->n_jobs; i++)
        job_done(&s->jobs[i]);
    free(s);
}

/* One that was typed serves the gate that takes it, and nobody afterwards. */
static void forget_typed(struct job *j)
{
    IGNORE(json_object_del(json_object_get(j->asked, "with"), "password"), "most requests have none");
}

static void drop_job(struct stations *s, size_t i)
{
    job_done(&s->jobs[i]);
    memmove(&s->jobs[i], &s->jobs[i + 1], (--s->n_jobs - i) * sizeof(s->jobs[0]));
}

/* Back to what it was before it was asked or taken. */
static void revert(struct stations *s, size_t i)
{
    struct job *j = &s->jobs[i];

    if (j->state == JOB_WAITING) {
        drop_job(s, i);
    } else {
        j->state = JOB_WAITING;
        j->fresh = FRESH_NOT;
        sodium_memzero(j->lent, sizeof(j->lent));
    }
}

void stations_settle(struct stations *s, enum stations_step step)
{
    for (size_t i = s ? s->n_jobs : 0; i-- > 0;) {
        struct job *j = &s->jobs[i];

        if (step == STATIONS_COMMITTED) {
            j->fresh = FRESH_NOT;
            if (j->state != JOB_WAITING) /* it went with the answer, which is a copy */
                forget_typed(j);
        } else if (step == STATIONS_KEPT && j->fresh == FRESH_ACT) {
            j->fresh = FRESH_BATCH;
        } else if ((step == STATIONS_UNDONE && j->fresh == FRESH_ACT) || (step == STATIONS_ROLLED_BACK && j->fresh)) {
            revert(s, i);
        }
    }
}

static bool is_silent(const struct job *j, uint64_t now_us, uint64_t for_us)
{
    return now_us > j->told_us + for_us;
}

static bool is_lost(const struct job *j, uint64_t now_us)
{
    return (j->state == JOB_WAITING && is_silent(j, now_us, JOB_WAITS_US)) ||
           (j->state == JOB_TAKEN && is_silent(j, now_us, JOB_SILENT_US));
}

/* One that the gate made was told, and is said to be gone. */
static void forget_made(struct job *j)
{
    json_t *one;
    size_t i;

    json_array_foreach (j->events, i, one)
        IGNORE(json_object_del(one, "password"), "most events have none");
    j->secret_us = 0;
}

void stations_sweep(struct stations *s, uint64_t now_us)
{
    for (size_t i = s ? s->n_jobs : 0; i-- > 0;) {
        struct job *j = &s->jobs[i];

        if (is_silent(j, now_us, JOB_KEPT_US)) {
            drop_job(s, i);
            continue;
        }
        if (is_lost(j, now_us))
            forget_typed(j);
        if (j->secret_us && now_us > j->secret_us + JOB_SECRET_US)
            forget_made(j);
    }
}

static struct bay *find_station(struct stations *s, const char *id)
{
    for (size_t i = 0; s && i < s->n; i++)
        if (!strcmp(s->at[i].id, id))
            return &s->at[i];
    return NULL;
}

static struct job *find_job(struct stations *s, const char *id)
{
    for (size_t i = 0; s && i < s->n_jobs; i++)
        if (!strcmp(s->jobs[i].id, id))
            return &s->jobs[i];
    return NULL;
}

static bool is_here(const struct bay *at, uint64_t now_us)
{
    return now_us <= at->seen_us + STATION_AWAY_US;
}

static bool fits(const json_t *o, size_t max)
{
    size_t n = json_dumpb(o, NULL, 0, JSON_COMPACT);

    return n && n <= max;
}

static bool is_word(const char *text)
{
    return *text && strlen(text) <= WORD_MAX;
}

static int no_gate(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "forbidden", "媒体の出入口装置だけが行えます。",
                         "Only a gate of media may do this.");
}

static int none(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "none", "その依頼はありません。", "There is no such request.");
}

static int invalid(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "invalid", "依頼の形が正しくありません。",
                         "This is no request that a station could do.");
}

/* ---- the gate's ---- */

/* The oldest that waits there; NULL: none. */
static struct job *next_job(struct stations *s, const char *station, uint64_t now_us)
{
    for (size_t i = 0; i < s->n_jobs; i++)
        if (s->jobs[i].state == JOB_WAITING && !s->jobs[i].fresh && !is_lost(&s->jobs[i], now_us) &&
            !strcmp(s->jobs[i].station, station))
            return &s->jobs[i];
    return NULL;
}

/* Nothing of the memory changes before all of the answer is there. */
static int give_job(struct operation_context *c, struct job *j, json_t **ret_answer)
{
    struct session_key key;
    json_t *members;
    int r = session_lend(c->store, j->login, c->real_us, &key);

    if (r > 0) { /* the account was closed meanwhile */
        j->state = JOB_ENDED;
        j->end = 1;
        return answer_done(json_object(), ret_answer);
    }
    if (r)
        return r;
    members = json_pack("{s:{s:s, s:O, s:O, s:o}, s:s}", "job", "id", j->id, "do",
                        json_object_get(j->asked, "do"), "slot", json_object_get(j->asked, "slot"),
                        "with", json_deep_copy(json_object_get(j->asked, "with")), "cookie", key.cookie);
    if (!(r = answer_done(members, ret_answer)))
        memcpy(j->lent, key.cookie, sizeof(j->lent));
    sodium_memzero(&key, sizeof(key));
    if (r)
        return r;
    snprintf(j->gate, sizeof(j->gate), "%s", c->person);
    j->state = JOB_TAKEN;
    j->fresh = FRESH_ACT;
    j->told_us = c->real_us;
    return 0;
}

int op_media_here(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    const char *id = json_str(m, "station"), *name = json_str(m, "name");
    struct bay *at = find_station(c->stations, id);
    struct job *j;
    int r;

    if (c->measured != MEASURED_MEDIA || !c->stations)
        return no_gate(ret_answer);
    if ((r = station_may_serve(c, id, ret_answer)))
        return MIN_OF(r, 0);
    if (!is_word(id) || !is_word(name) || !fits(json_obj(m, "slots"), SLOTS_BYTES) ||
        (json_obj(m, "receivers") && !fits(json_obj(m, "receivers"), SLOTS_BYTES)))
        return invalid(ret_answer);
    if (!at && c->stations->n == STATIONS_MAX)
        return answer_refuse(ret_answer, "full", "検査用端末が多すぎます。",
                             "There are too many stations.");
    if (!at)
        at = &c->stations->at[c->stations->n++];
    json_decref(at->receivers);
    at->receivers = json_incref(json_obj(m, "receivers"));
    json_decref(at->slots);
    at->slots = json_incref(json_obj(m, "slots"));
    snprintf(at->id, sizeof(at->id), "%s", id);
    snprintf(at->name, sizeof(at->name), "%s", name);
    snprintf(at->gate, sizeof(at->gate), "%s", c->person);
    at->seen_us = c->real_us;
    stations_sweep(c->stations, c->real_us);
    j = next_job(c->stations, id, c->real_us);
    return j ? give_job(c, j, ret_answer) : answer_done(json_object(), ret_answer);
}

int op_media_tell(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct job *j = find_job(c->stations, json_str(m, "job"));
    const json_t *event = json_obj(m, "event");
    int r;

    if (c->measured != MEASURED_MEDIA)
        return no_gate(ret_answer);
    if (!j || j->state != JOB_TAKEN || strcmp(j->gate, c->person) != 0)
        return none(ret_answer);
    if (event && (!fits(event, JOB_EVENT_BYTES) || json_array_size(j->events) >= JOB_EVENTS_MAX))
        event = NULL; /* the rest stands in the trail */
    if (event && json_array_append(j->events, (json_t *)(uintptr_t)event))
        return -ENOMEM;
    /* Whether the gate gives the session back itself or not. */
    if (json_object_get(m, "end") && (r = session_end(c->store, str_of(j->lent))))
        return r;
    if ((r = answer_done(json_object(), ret_answer)))
        return r;
    j->told_us = c->real_us;
    if (json_object_get(event, "password"))
        j->secret_us = c->real_us;
    if (json_object_get(m, "end")) {
        j->state = JOB_ENDED;
        j->end = json_int(m, "end");
        sodium_memzero(j->lent, sizeof(j->lent));
    }
    return 0;
}

/* ---- people's ---- */

static bool is_done_there(const char *what)
{
    static const char *const all[] = {"export", "import", "wipe"};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (!strcmp(what, all[i]))
            return true;
    return false;
}

static size_t held_by(const struct stations *s, const char *person)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n_jobs; i++)
        n += !strcmp(s->jobs[i].person, person);
    return n;
}

static int make_job(struct operation_context *c, const json_t *m, struct job *j)
{
    uint8_t bytes[ID_BYTES];
    JSON_AUTO *in = NULL;

    *j = (struct job){.state = JOB_WAITING, .fresh = FRESH_ACT, .told_us = c->real_us};
    random_fill(bytes, sizeof(bytes));
    sodium_bin2hex(j->id, sizeof(j->id), bytes, sizeof(bytes));
    snprintf(j->person, sizeof(j->person), "%s", c->person);
    snprintf(j->login, sizeof(j->login), "%s", c->login);
    snprintf(j->station, sizeof(j->station), "%s", json_str(m, "station"));
    j->asked = json_pack("{s:O, s:O, s:O}", "do", json_object_get(m, "do"), "slot",
                         json_object_get(m, "slot"), "with", json_object_get(m, "with"));
    j->events = json_array();
    in = json_pack("{s:s, s:O, s:O}", "job", j->id, "do", json_object_get(m, "do"), "station",
                   json_object_get(m, "station"));
    return j->asked && j->events && in ? operation_enter(c, "media-ask", "recorded", in, NULL)
                                       : -ENOMEM;
}

int op_media_ask(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct bay *at = find_station(c->stations, json_str(m, "station"));
    struct job j;
    int r;

    if (!*c->login || c->measured) /* a gate asks itself, and a program has no station */
        return invalid(ret_answer);
    if (!at || !is_here(at, c->real_us) || !json_object_get(at->slots, json_str(m, "slot")))
        return answer_refuse(ret_answer, "none",
                             "その検査用端末は応答していないか、その媒体は挿さっていません。",
                             "That station does not answer, or this medium is not there any more.");
    if (!is_done_there(json_str(m, "do")) || !fits(json_obj(m, "with"), JOB_BYTES))
        return invalid(ret_answer);
    stations_sweep(c->stations, c->real_us);
    if (c->stations->n_jobs == JOBS_MAX || held_by(c->stations, c->person) >= JOBS_EACH)
        return answer_refuse(
            ret_answer, "busy",
            "検査用端末への依頼が多すぎます。終わった依頼を片付けてから、やり直してください。",
            "These are too many requests at once. Clear those that are over, and try again.");
    if (!(r = make_job(c, m, &j)))
        r = answer_done(json_pack("{s:s}", "id", j.id), ret_answer);
    if (r) {
        job_done(&j);
        return r;
    }
    c->stations->jobs[c->stations->n_jobs++] = j;
    return 0;
}

static const char *state_word(const struct job *j, uint64_t now_us)
{
    return is_lost(j, now_us)        ? "lost"
           : j->state == JOB_WAITING ? "waiting"
           : j->state == JOB_TAKEN   ? "taken"
                                     : "ended";
}

static json_t *told_job(const struct job *j, bool is_whole, uint64_t now_us)
{
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:I, s:O, s:O, s:b}", "id", j->id, "station", j->station, "state",
                  state_word(j, now_us), "end", (json_int_t)j->end, "do",
                  json_object_get(j->asked, "do"), "slot", json_object_get(j->asked, "slot"), "holds_typed",
                  *json_str(json_obj(j->asked, "with"), "password") != '\0');

    if (o && is_whole &&
        (json_object_set_new(o, "with", json_deep_copy(json_object_get(j->asked, "with"))) ||
         json_object_set_new(o, "events", json_deep_copy(j->events)))) {
        json_decref(o);
        return NULL;
    }
    if (o && is_whole) /* he has typed it himself */
        IGNORE(json_object_del(json_object_get(o, "with"), "password"), "most requests have none");
    return o;
}

static int tell_all(struct operation_context *c, json_t **ret_answer)
{
    JSON_AUTO *stations = json_array();
    JSON_AUTO *jobs = json_array();
    struct stations *s = c->stations;

    for (size_t i = 0; s && stations && i < s->n; i++)
        if (json_array_append_new(stations,
                                  json_pack("{s:s, s:s, s:O, s:O*, s:b}", "station", s->at[i].id, "name",
                                            s->at[i].name, "slots", s->at[i].slots, "receivers", s->at[i].receivers, "is_here",
                                            is_here(&s->at[i], c->real_us))))
            return -ENOMEM;
    for (size_t i = 0; s && jobs && i < s->n_jobs; i++)
        if (!strcmp(s->jobs[i].person, c->person) &&
            json_array_append_new(jobs, told_job(&s->jobs[i], false, c->real_us)))
            return -ENOMEM;
    return answer_done(
        stations && jobs ? json_pack("{s:O, s:O}", "stations", stations, "jobs", jobs) : NULL,
        ret_answer);
}

int op_media_jobs(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct job *j;
    json_t *told;

    if (c->stations)
        stations_sweep(c->stations, c->real_us);
    if (!*json_str(m, "job"))
        return tell_all(c, ret_answer);
    j = find_job(c->stations, json_str(m, "job"));
    if (!j || strcmp(j->person, c->person) != 0)
        return none(ret_answer);
    told = told_job(j, true, c->real_us);
    return told ? answer_done(json_pack("{s:[o]}", "jobs", told), ret_answer) : -ENOMEM;
}

int op_media_drop(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct job *j = find_job(c->stations, json_str(m, "job"));
    int r;

    if (!j || strcmp(j->person, c->person) != 0)
        return none(ret_answer);
    if (j->state == JOB_TAKEN && !is_lost(j, c->real_us))
        return answer_refuse(ret_answer, "over",
                             "検査用端末が作業中です。終わるまで取り消せません。",
                             "The station is at work on it; it cannot be taken back any more.");
    /* A gate of which nothing was heard any more does nothing in his name from here on. */
    if (*j->lent && (r = session_end(c->store, str_of(j->lent))))
        return r;
    if ((r = answer_done(json_object(), ret_answer)))
        return r;
    drop_job(c->stations, (size_t)(j - c->stations->jobs));
    return 0;
}
