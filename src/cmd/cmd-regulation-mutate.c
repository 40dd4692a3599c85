/* `tsujiban regulation mutate`: what `regulation check` does last, by itself, in slices, of some rules, and going on where it was ended. */
#include "cmd/cmd-regulation.h"

#include "cmd/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SLICES_MAX 1000

/* One line that is overwritten, only on a terminal. */
static void show_progress(void *user, size_t done, size_t total, const char *rule)
{
    bool is_whole = !strcmp(rule, MUTATION_WHOLE);

    if (!isatty(STDERR_FILENO))
        return;
    (void)fputs("\r\033[K", stderr);
    command_print(stderr, is_whole ? MSG_SAID_MUTATING_WHOLE : MSG_SAID_MUTATING,
                  MESSAGE_ARGS({"done", NUMBER(done + 1)}, {"total", NUMBER(total)}, {"rule", str_of(rule)}));
}

static void print_summary(const struct regulation *r, const struct mutation_options *options, const struct mutation_summary *m)
{
    (void)printf("%s: ", r->pack->id);
    if (options->n_slices) {
        command_print(stdout, MSG_SUM_SLICE, MESSAGE_ARGS({"k", NUMBER(options->slice)}, {"n", NUMBER(options->n_slices)}));
        (void)putchar(' ');
    }
    command_print(stdout, MSG_SUM_MUTANTS,
                  MESSAGE_ARGS({"n", NUMBER(m->n_mutants)}, {"noticed", NUMBER(m->n_killed)}, {"unnoticed", NUMBER(m->n_survivors)},
                               {"unreadable", NUMBER(m->n_unreadable)}));
    (void)putchar(' ');
    if (!options->n_slices && !options->only) {
        command_print(stdout, MSG_SUM_CLAUSES, MESSAGE_ARGS({"n", NUMBER(m->n_clauses)}, {"unproved", NUMBER(m->n_unproved)}));
        (void)putchar(' ');
    }
    command_print(stdout, MSG_SUM_RUNS, MESSAGE_ARGS({"n", NUMBER(m->n_runs)}));
    (void)putchar('\n');
}

int regulation_mutate(const struct regulation *r, const struct mutation_options *options, bool *ret_ok)
{
    struct mutation_options told = *options;
    struct mutation_summary m;
    struct diag diag;
    int e;

    told.told = show_progress;
    diag_init(&diag);
    e = mutate_pack(r->pack, r->scenarios, r->forces, &told, &diag, &m);
    if (isatty(STDERR_FILENO))
        (void)fputs("\r\033[K", stderr);
    regulation_print_diag(r->dir, &diag);
    diag_done(&diag);
    if (e == MUTATE_E_NOTHING)
        return command_fail(MSG_FAIL_MUTATE_ONLY, {"dir", str_of(r->dir)}, {"given", str_of(options->only)});
    if (e)
        return command_fail(MSG_FAIL_MUTATE_STOPPED, {"dir", str_of(r->dir)});
    print_summary(r, options, &m);
    *ret_ok = *ret_ok && !m.n_errors;
    return EXIT_DONE;
}

/* ---- the command ---- */

enum { MUTATE_SLICE, MUTATE_KEEP, MUTATE_ONLY };
static const struct option_row mutate_options[] = {
    {"--slice", "K/N", MSG_OPTION_REGULATION_MUTATE_SLICE},
    {"--keep", "FILE", MSG_OPTION_REGULATION_MUTATE_KEEP},
    {"--only", "RULE", MSG_OPTION_REGULATION_MUTATE_ONLY},
};

static int read_slice(const char *text, struct mutation_options *ret)
{
    struct str rest = str_of(text), piece;
    uint64_t n = 0, slice = 0;
    bool is_one = str_split(&rest, '/', &piece) && !str_to_u64(rest, 1, SLICES_MAX, &n) && !str_to_u64(piece, 1, n, &slice);

    if (!is_one) {
        return command_wrong(MSG_WRONG_SLICE, {"given", str_of(text)}, {"max", NUMBER(SLICES_MAX)});
    }
    ret->slice = (unsigned)slice;
    ret->n_slices = (unsigned)n;
    return EXIT_DONE;
}

static int open_memory(const struct regulation *r, const char *file, struct mutation_memory **ret)
{
    struct diag diag;
    int e;

    diag_init(&diag);
    e = mutation_memory_open(file, r->dir, r->pack, r->scenarios, ret, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return e ? command_fail(MSG_FAIL_MUTATE_KEPT, {"path", str_of(file)}) : EXIT_DONE;
}

static int mutate_one(const char *dir, struct mutation_options options, const char *file, bool *ret_ok)
{
    CLEANUP(regulation_done) struct regulation r = {0};
    CLEANUP(mutation_memory_closep) struct mutation_memory *memory = NULL;
    int e = regulation_open(dir, &r);

    if (!e && file)
        e = open_memory(&r, file, &memory);
    options.memory = memory;
    return e ? e : regulation_mutate(&r, &options, ret_ok);
}

static int run_mutate(const struct arguments *a)
{
    struct mutation_options options = {.only = a->values[MUTATE_ONLY]};
    bool ok = true;
    int r = a->values[MUTATE_SLICE] ? read_slice(a->values[MUTATE_SLICE], &options) : EXIT_DONE;

    for (size_t i = 0; !r && i < a->n_rest; i++)
        r = mutate_one(a->rest[i], options, a->values[MUTATE_KEEP], &ok);
    return r ? r : ok ? EXIT_DONE : EXIT_FAILED;
}

const struct command cmd_regulation_mutate = {"regulation mutate", "DIR…", MSG_HELP_REGULATION_MUTATE, mutate_options,
                                              ARRAY_LEN(mutate_options), 1, SIZE_MAX, run_mutate, false};
