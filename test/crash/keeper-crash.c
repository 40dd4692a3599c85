/* Kill -9 under load. Several signed-in persons act through links of their own, and write down whatever was acknowledged; meanwhile
 * the keeper is killed at random moments and the links start the next one. Afterwards nothing that was acknowledged may be
 * missing, and the ledger, the records and an outsider's check must agree. Also the race: one lamp, many who would lend it.
 * CRASH_SEED repeats a run's moments, CRASH_KILLS sets how many; FSCK and TSUJIBAN name the programs. */
#include "keeper-place.h"
#include "engine/verify.h"
#include "ledger/leaf.h"
#include "ledger/log.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define CLIENTS 4
#define KILLS 16
#define ACKS_MAX 20000
#define KILL_MIN_MS 40 /* after the keeper answers again */
#define KILL_MAX_MS 400

/* ---- what was acknowledged ---- */

struct ack {
    int64_t shard, seq, version;
    char record[64], act[64];
};

struct load {
    struct keeper_place home;
    int id;
    struct ack *acks; /* ACKS_MAX */
    atomic_size_t n_acks; /* read while its client adds to it */
    size_t n_unknown, n_refused;
    int n_numbers;
    atomic_bool *is_over;
    const char *trouble; /* NULL: none */
};

/* The outcome of an act. NULL: nobody knows, or nothing was done. */
static json_t *act(struct load *l, struct keeper_link *link, char person, const char *reg, const char *step,
                   const char *record, json_t *with)
{
    JSON_AUTO *message = keeper_place_act(&l->home, person, reg, step, record, with);
    JSON_AUTO *answer = NULL;
    const json_t *outcome;
    struct ack *ack;
    int r = keeper_ask(link, message, &answer);

    if (r == -EPIPE || r == -ECONNREFUSED || r == -ECHILD || r == -ETIMEDOUT) {
        l->n_unknown++;
        return NULL;
    }
    if (r || !json_flag(answer, "ok")) {
        const char *error = json_str(answer, "error");

        if (r || (strcmp(error, "lost") && strcmp(error, "unknown-outcome") && strcmp(error, "busy")))
            l->trouble = r ? strerror(-r) : strdup(error);
        l->n_unknown++;
        return NULL;
    }
    outcome = json_obj(answer, "outcome");
    if (strcmp(json_str(outcome, "result"), "allowed")) {
        l->n_refused++;
        return json_incref(json_obj(answer, "outcome"));
    }
    if (l->n_acks == ACKS_MAX) {
        atomic_store(l->is_over, true);
        return json_incref(json_obj(answer, "outcome"));
    }
    ack = &l->acks[l->n_acks++];
    ack->shard = json_int(outcome, "shard");
    ack->seq = json_int(outcome, "seq");
    ack->version = json_int(outcome, "version");
    snprintf(ack->record, sizeof(ack->record), "%s", json_str(outcome, "record"));
    snprintf(ack->act, sizeof(ack->act), "%s/%s", reg, step);
    return json_incref(json_obj(answer, "outcome"));
}

static bool is_allowed(const json_t *outcome)
{
    return outcome && !strcmp(json_str(outcome, "result"), "allowed");
}

static json_t *loan_of(const char *item)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s, s]}", "item", item, "purpose", "patrol", "starts_on", "2026-04-10",
                     "ends_on", "2026-05-01", "owner", "090-0000-0000", "care", "dry", "lock");
}

/* An item, sometimes scrapped, sometimes applied for: new records, second versions, personal values. */
static void one_story(struct load *l, struct keeper_link *link)
{
    char number[24], id[64];
    JSON_AUTO *added = NULL, *then = NULL, *applied = NULL;

    snprintf(number, sizeof(number), "C%d-%d", l->id, l->n_numbers++);
    added = act(l, link, 'Y', "items", "add", "", json_pack("{s:s, s:s}", "number", number, "price", "7"));
    if (!is_allowed(added))
        return;
    snprintf(id, sizeof(id), "%s", json_str(added, "record"));
    if (l->n_numbers % 3 == 0) {
        then = act(l, link, 'Y', "items", "scrap", id, NULL);
        return;
    }
    applied = act(l, link, 'A', "loans", "apply", "", loan_of(id));
    if (is_allowed(applied) && l->n_numbers % 2)
        then = act(l, link, 'M', "loans", "permit", json_str(applied, "record"), NULL);
}

static void *client(void *user)
{
    struct load *l = user;
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;

    while (!atomic_load(l->is_over)) {
        if (!link && keeper_link_open(l->home.data, l->home.db, true, &link, NULL)) {
            usleep(20000);
            continue;
        }
        one_story(l, link);
    }
    return NULL;
}

/* ---- afterwards ---- */

static void assert_kept(struct store *s, const struct ack *a)
{
    ROWS_AUTO *row = NULL;
    ROWS_AUTO *record = NULL;
    JSON_AUTO *json = NULL;
    struct leaf leaf;

    OK(STORE_QUERY(s, &row, STMT_ENTRY_RANGE, V_INT(a->shard), V_INT(a->seq), V_INT(a->seq + 1)));
    if (rows_next(row) != 1)
        fail_msg("entry %" PRId64 " (%s) was acknowledged and is lost", a->seq, a->act);
    OK(leaf_parse(rows_blob(row, 2), &leaf, &json, NULL));
    assert_string_equal(leaf.act, a->act);
    assert_string_equal(leaf.case_id, a->record);
    OK(STORE_ONE(s, &record, STMT_RECORD_VERSION, V_TEXT(a->record)));
    assert_true(rows_int(record, 0) >= a->version);
}

static void assert_sound(const struct keeper_place *home)
{
    STORE_AUTO *s = NULL;
    struct verify_summary sum;
    struct diag diag;

    diag_init(&diag);
    OK(store_open(home->db, STORE_READ, &s, &diag));
    OK(store_deadline(s, 0));
    if (verify_installation(s, NULL, NULL, &sum, &diag))
        fail_msg("%s", diag_first(&diag));
    print_message("# %" PRIu64 " entries, %" PRIu64 " records, %" PRIu64 " commitments: sound\n", sum.n_entries, sum.n_records,
                  sum.n_commitments);
    diag_done(&diag);
}

static void run(const char *const *argv)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status;

    OK(posix_spawn_file_actions_init(&actions));
    OK(posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0));
    OK(posix_spawn(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ));
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        fail_msg("%s %s ended with %d", argv[0], argv[1], status);
}

/* The second program, from files alone. */
static void assert_outsider_agrees(const struct keeper_place *home)
{
    const char *program = getenv("TSUJIBAN"), *fsck = getenv("FSCK");
    char out[256];
    const char *export[] = {program, "ledger", "export", "--data", home->data, "--db", home->db, "--out", out, "--records",
                            NULL};
    const char *check[] = {fsck, out, NULL};

    assert_true(program && fsck);
    snprintf(out, sizeof(out), "%s/export", home->data);
    run(export);
    run(check);
}

/* ---- the moments ---- */

static unsigned seed_of_run(void)
{
    const char *given = getenv("CRASH_SEED");
    uint64_t seed = (uint64_t)time(NULL) % 1000000;

    if (given)
        OK(str_to_u64(str_of(given), 0, UINT32_MAX, &seed));
    print_message("# CRASH_SEED=%" PRIu64 "\n", seed);
    return (unsigned)seed;
}

static uint64_t kills_of_run(void)
{
    const char *given = getenv("CRASH_KILLS");
    uint64_t kills = KILLS;

    if (given)
        OK(str_to_u64(str_of(given), 1, 100000, &kills));
    return kills;
}

/* A repeatable row of numbers: only the moments hang on it. */
static unsigned next_number(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

static size_t count_acks(struct load loads[CLIENTS])
{
    size_t n = 0;

    for (int i = 0; i < CLIENTS; i++)
        n += atomic_load(&loads[i].n_acks);
    return n;
}

/* Wait until another act is acknowledged, however slow the machine. */
static void await_progress(struct load loads[CLIENTS])
{
    size_t before = count_acks(loads);
    int tries = 0;

    while (count_acks(loads) == before && tries++ < 6000)
        usleep(10000);
    assert_true(count_acks(loads) > before);
}

/* Wait for a keeper, give it a while, kill it. */
static void kill_one(const char *data, unsigned *seed)
{
    pid_t pid = 0;
    int tries = 0;

    while (!(pid = keeper_place_pid(data)) && tries++ < 1000)
        usleep(10000);
    assert_true(pid > 0);
    assert_int_not_equal(pid, getpid());
    usleep((useconds_t)(KILL_MIN_MS + next_number(seed) % (KILL_MAX_MS - KILL_MIN_MS)) * 1000);
    IGNORE(kill(pid, SIGKILL), "its own starter may have ended it just now");
}

/* The server hangs up on everybody, perhaps in the middle of a commit. */
static void cut_connections(struct ground *g, unsigned *seed)
{
    usleep((useconds_t)(next_number(seed) % KILL_MAX_MS) * 1000);
    OK(pg_server_sql(g->server, NULL,
                     "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname LIKE 't%'"));
}

/* The way to a loan: A is a user, so that applications are allowed. */
static void designate(struct keeper_place *home)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    JSON_AUTO *message = keeper_place_act(home, 'M', "users", "designate", "", json_pack("{s:s, s:s}", "person", "A", "unit",
                                                                                          "sho"));
    JSON_AUTO *answer = NULL;

    OK(keeper_link_open(home->data, home->db, true, &link, NULL));
    OK(keeper_ask(link, message, &answer));
    if (!is_allowed(json_obj(answer, "outcome")))
        fail_msg("%s", json_dumps(answer, 0));
}

static void test_nothing_acknowledged_is_lost(void **state)
{
    struct load loads[CLIENTS] = {0};
    pthread_t threads[CLIENTS];
    struct keeper_place home;
    atomic_bool is_over = false;
    unsigned seed = seed_of_run();
    uint64_t kills = kills_of_run();
    size_t n_unknown = 0;
    STORE_AUTO *s = NULL;

    OK(ground_install(*state, &home));
    designate(&home);
    for (int i = 0; i < CLIENTS; i++) {
        loads[i] = (struct load){.home = home, .id = i, .is_over = &is_over,
                                 .acks = calloc(ACKS_MAX, sizeof(struct ack))};
        assert_non_null(loads[i].acks);
        OK(pthread_create(&threads[i], NULL, client, &loads[i]));
    }
    for (uint64_t i = 0; i < kills; i++) {
        if (i % 4) /* each fourth may fall while the next keeper is being started */
            await_progress(loads);
        kill_one(home.data, &seed);
        if (((struct ground *)*state)->is_postgres)
            cut_connections(*state, &seed);
    }
    usleep(300000);
    atomic_store(&is_over, true);
    for (int i = 0; i < CLIENTS; i++)
        OK(pthread_join(threads[i], NULL));
    OK(store_open(home.db, STORE_READ, &s, NULL));
    for (int i = 0; i < CLIENTS; i++) {
        if (loads[i].trouble)
            fail_msg("client %d was told: %s", i, loads[i].trouble);
        for (size_t k = 0; k < loads[i].n_acks; k++)
            assert_kept(s, &loads[i].acks[k]);
        n_unknown += loads[i].n_unknown;
        free(loads[i].acks);
    }
    print_message("# %" PRIu64 " kills, %zu acknowledged, %zu of unknown outcome\n", kills, count_acks(loads), n_unknown);
    assert_true(count_acks(loads) >= kills - (kills + 3) / 4); /* one at least for each kill that waited */
    assert_sound(&home);
    assert_outsider_agrees(&home);
}

/* ---- the race ---- */

enum { RACERS = 6, RACES = 8 };

struct racer {
    struct load load;
    pthread_barrier_t *start;
    char loans[RACES][64]; /* one for each lamp: permitted, to be lent */
    unsigned won[RACES];
};

static void *race(void *user)
{
    struct racer *r = user;
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    int opened = keeper_link_open(r->load.home.data, r->load.home.db, true, &link, NULL);

    for (int i = 0; i < RACES; i++) {
        JSON_AUTO *outcome = NULL;

        pthread_barrier_wait(r->start);
        outcome = opened ? NULL : act(&r->load, link, 'Y', "loans", "lend", r->loans[i], NULL);
        r->won[i] = is_allowed(outcome);
    }
    return NULL;
}

static void must(struct load *l, struct keeper_link *link, char person, const char *reg, const char *step, const char *record,
                 json_t *with, char ret_record[64])
{
    JSON_AUTO *outcome = act(l, link, person, reg, step, record, with);

    if (!is_allowed(outcome))
        fail_msg("%s/%s: %s", reg, step, outcome ? json_dumps(outcome, 0) : "no answer");
    if (ret_record)
        snprintf(ret_record, 64, "%s", json_str(outcome, "record"));
}

/* Every racer holds a permitted loan of the same lamp. */
static void prepare(struct racer *racers, struct load *l)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    char lamp[64], number[24];

    OK(keeper_link_open(l->home.data, l->home.db, true, &link, NULL));
    for (int i = 0; i < RACES; i++) {
        snprintf(number, sizeof(number), "R-%d", i);
        must(l, link, 'Y', "items", "add", "", json_pack("{s:s, s:s}", "number", number, "price", "7"), lamp);
        for (int k = 0; k < RACERS; k++) {
            must(l, link, 'A', "loans", "apply", "", loan_of(lamp), racers[k].loans[i]);
            must(l, link, 'M', "loans", "permit", racers[k].loans[i], NULL, NULL);
        }
    }
}

static void test_two_never_both_win(void **state)
{
    static struct racer racers[RACERS];
    static struct ack acks[RACERS][ACKS_MAX / 100], own[ACKS_MAX / 100];
    struct ground *ground = *state;
    struct keeper_place home, node;
    pthread_t threads[RACERS];
    pthread_barrier_t start;
    atomic_bool is_over = false;
    struct load l = {.acks = own, .is_over = &is_over};

    OK(ground_install(ground, &home));
    node = home;
    if (ground->is_postgres) /* half of them go by another node */
        OK(keeper_place_node(&home, ground_folder(ground), &node));
    designate(&home);
    l.home = home;
    prepare(racers, &l);
    OK(pthread_barrier_init(&start, NULL, RACERS));
    for (int i = 0; i < RACERS; i++) {
        racers[i].load = (struct load){.home = i % 2 ? node : home, .id = i, .is_over = &is_over, .acks = acks[i]};
        racers[i].start = &start;
        OK(pthread_create(&threads[i], NULL, race, &racers[i]));
    }
    for (int i = 0; i < RACERS; i++)
        OK(pthread_join(threads[i], NULL));
    for (int i = 0; i < RACES; i++) {
        unsigned winners = 0;

        for (int k = 0; k < RACERS; k++)
            winners += racers[k].won[i];
        assert_int_equal(winners, 1);
    }
    pthread_barrier_destroy(&start);
    assert_sound(&home);
    assert_outsider_agrees(&home);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {ON_BOTH(test_nothing_acknowledged_is_lost),
                                       ON_BOTH(test_two_never_both_win)};
    int status = keeper_place_main(argc, argv);

    return status >= 0
               ? status
               : cmocka_run_group_tests_name("keeper-crash", tests, grounds_start, grounds_stop);
}
