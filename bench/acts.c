/* Durable acts: many clients, each asking the keeper for one act after the other and waiting for its answer, which comes after
 * the commit. The act makes a record with a personal value: a consultation of the patrol directive.
 *
 *     acts DATA DB LOGIN PASSWORD CLIENTS SECONDS     one line: acts, seconds, acts/s, p50 p99 p99.9 in milliseconds
 *
 * DATA is a demonstration (`tsujiban demo --no-serve`) whose keeper is at work or can be started. DB "" is SQLite in DATA. */
#include "base/time.h"
#include "keeper/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLIENTS_MAX 512
#define SAMPLES_MAX 2000000

struct run {
    const char *data, *db, *login, *password;
    atomic_bool is_on, is_over;
    size_t clients;
    atomic_size_t n_samples, n_failed, n_ready;
    uint32_t *samples; /* microseconds of each act */
};

static json_t *ask(struct keeper_link *l, json_t *message)
{
    json_t *answer = NULL;
    int r = message ? keeper_ask(l, message, &answer) : -ENOMEM;

    json_decref(message);
    return r ? NULL : answer;
}

static json_t *propose(const char *token)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}}", "op", "act", "token", token, "reg", "consultations", "step",
                     "propose", "record", "", "with", "subject", "loan", "outline",
                     "捜査用端末の借用について、必要な期間と保管場所を協議したい。");
}

static bool is_allowed(const json_t *answer)
{
    return json_flag(answer, "ok") && !strcmp(json_str(json_obj(answer, "outcome"), "result"), "allowed");
}

static void one_act(struct run *run, struct keeper_link *l, const char *token)
{
    uint64_t began = clock_monotonic_us();
    JSON_AUTO *answer = ask(l, propose(token));
    size_t n;

    if (!is_allowed(answer)) {
        if (!atomic_fetch_add(&run->n_failed, 1)) {
            char *text = json_dumps(answer, JSON_COMPACT);

            fprintf(stderr, "acts: not allowed: %s\n", text ? text : "no answer");
            free(text);
        }
        return;
    }
    if (!atomic_load(&run->is_on))
        return;
    n = atomic_fetch_add(&run->n_samples, 1);
    if (n < SAMPLES_MAX)
        run->samples[n] = (uint32_t)(clock_monotonic_us() - began);
}

static void *client(void *arg)
{
    struct run *run = arg;
    CLEANUP(keeper_link_closep) struct keeper_link *l = NULL;
    JSON_AUTO *session = NULL;
    struct diag diag;

    diag_init(&diag);
    if (!keeper_link_open(run->data, run->db, true, &l, &diag))
        session = ask(l, json_pack("{s:s, s:s, s:s}", "op", "sign-in", "login", run->login, "password", run->password));
    while (session && !json_flag(session, "ok") && !strcmp(json_str(session, "error"), "busy")) {
        json_decref(session);
        session = ask(l, json_pack("{s:s, s:s, s:s}", "op", "sign-in", "login", run->login, "password", run->password));
    }
    if (!json_flag(session, "ok"))
        atomic_fetch_add(&run->n_failed, 1);
    atomic_fetch_add(&run->n_ready, 1);
    while (atomic_load(&run->n_ready) < run->clients) /* signing in hashes a password for each */
        usleep(10000);
    while (json_flag(session, "ok") && !atomic_load(&run->is_over))
        one_act(run, l, json_str(session, "cookie"));
    diag_done(&diag);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static double at(const struct run *run, size_t n, double part)
{
    return n ? run->samples[MIN_OF((size_t)((double)n * part), n - 1)] / 1000.0 : 0;
}

static int measure(struct run *run, size_t clients, unsigned seconds)
{
    pthread_t threads[CLIENTS_MAX];
    uint64_t began, took;
    size_t n;

    for (size_t i = 0; i < clients; i++)
        if (pthread_create(&threads[i], NULL, client, run))
            return 1;
    while (atomic_load(&run->n_ready) < clients)
        usleep(10000);
    sleep(1);
    began = clock_monotonic_us();
    atomic_store(&run->is_on, true);
    sleep(seconds);
    atomic_store(&run->is_on, false);
    took = clock_monotonic_us() - began;
    atomic_store(&run->is_over, true);
    for (size_t i = 0; i < clients; i++)
        pthread_join(threads[i], NULL);
    n = MIN_OF(atomic_load(&run->n_samples), (size_t)SAMPLES_MAX);
    qsort(run->samples, n, sizeof(*run->samples), by_size);
    printf("%zu clients: %zu acts in %.2f s = %.0f acts/s, p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, %zu failed\n", clients, n,
           (double)took / 1e6, (double)n / ((double)took / 1e6), at(run, n, 0.5), at(run, n, 0.99), at(run, n, 0.999),
           atomic_load(&run->n_failed));
    return atomic_load(&run->n_failed) ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct run run = {0};
    uint64_t clients, seconds;
    int r;

    if (argc != 7 || str_to_u64(str_of(argv[5]), 1, CLIENTS_MAX, &clients) || str_to_u64(str_of(argv[6]), 1, 3600, &seconds)) {
        fprintf(stderr, "usage: acts DATA DB LOGIN PASSWORD CLIENTS SECONDS\n");
        return 2;
    }
    run.data = argv[1];
    run.db = *argv[2] ? argv[2] : argv[1];
    run.clients = (size_t)clients;
    run.login = argv[3];
    run.password = argv[4];
    run.samples = calloc(SAMPLES_MAX, sizeof(*run.samples));
    if (!run.samples || crypto_start())
        return 1;
    r = measure(&run, (size_t)clients, (unsigned)seconds);
    free(run.samples);
    return r;
}
