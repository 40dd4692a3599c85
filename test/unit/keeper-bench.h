/* The keeper's operations without its process: what the loop does with one message, in a batch of its own. For cmocka tests; what
 * fails fails the test.
 * Owner  the caller of bench_open(). */
#pragma once

#include "keeper-place.h"
#include "keeper/operation.h"

struct bench {
    struct keeper_place home;
    struct store *store;
    struct engine *engine;
    struct log *log;
    struct clock_setting clock;
    uint64_t now_us, real_us; /* of the batches; they stand still unless a test moves them */
    unsigned measured;        /* who asks does so through that gate: enum measurer; 0: none */
    const char *station_key;  /* that gate has proved this one; NULL none */
    struct stations *stations; /* the test's own; NULL */
    struct diag diag;
};

/* Over a fresh installation of the ground in *state, or over one that is there. */
void bench_open(void **state, struct bench *b);
void bench_open_at(const struct keeper_place *home, struct bench *b);
/* Goes on with the backup of this installation, restored in another place of the same kind; keys are the first one's, and everybody has signed in anew. */
void bench_restore_elsewhere(struct ground *g, struct bench *b);
/* The same with texts that other benches of the process have read already; NULL: none. */
void bench_open_over(const struct keeper_place *home, struct engine_shared *shared, struct bench *b);
void bench_close(struct bench *b);

struct operation_context bench_context(struct bench *b); /* of nobody */
void bench_begin(struct bench *b);
void bench_end(struct bench *b);
/* Everybody anew: after a restore the sessions of before are over. */
void bench_sign_in(struct bench *b);

/* Who asks is found out as the loop does; the shape of the message is not looked at, as after hashing. `message` is taken. */
json_t *bench_run(struct bench *b, bool is_worker, json_t *message);
/* `person` asks, with the right to. `message` is taken. */
json_t *bench_run_as(struct bench *b, const char *person, json_t *message);
/* The message has the shape that its operation asks for; it is given back. */
json_t *bench_well_formed(struct bench *b, json_t *message);

/* A plan of transfers with these rows, saved by M and adopted by Y. */
void bench_transfer(struct bench *b, const char *table);

/* `error` "": it was done. `answer` is taken. */
void assert_answer(json_t *answer, const char *error);
/* The last entry is of that act and result; its inputs, yours. */
json_t *bench_last_entry(struct bench *b, const char *act, const char *result);
