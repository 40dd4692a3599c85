/* How fast a file of STIX is read, and read and checked, beside jansson on the same bytes, in turns. bench/stix-pairs adds Python.
 * Usage: stix FILE [ROUNDS]     FILE as large as memory holds; times are the processor's, the least and the median of the rounds. */
#include "base/file.h"
#include "intel/stix-rules.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FILE_MAX ((size_t)2 << 30)
#define ROUNDS_MAX 100u
#define PIECE ((size_t)256 << 10)

struct checking {
    struct stix_rules *rules; /* NULL: only read */
    uint64_t n_objects, n_findings;
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fault(const struct stix_finding *f, void *context)
{
    ((struct checking *)context)->n_findings++;
    return 0;
}

static int object(const struct stix_object *o, void *context)
{
    struct checking *c = context;
    unsigned n_errors;

    c->n_objects++;
    return c->rules ? stix_check(c->rules, o, fault, c, &n_errors) : 0;
}

static double ours(struct str text, struct checking *c)
{
    const struct stix_reader_calls calls = {object, fault};
    struct stix_reader *r = stix_reader_new(&calls, c);
    double begun = seconds();

    c->n_objects = c->n_findings = 0;
    if (!r)
        exit(1);
    for (size_t at = 0; at < text.len; at += PIECE)
        if (stix_reader_add(r, (struct str){text.at + at, MIN_OF(PIECE, text.len - at)}))
            exit(1);
    if (stix_reader_end(r))
        exit(1);
    stix_reader_free(r);
    return seconds() - begun;
}

static double theirs(struct str text)
{
    double begun = seconds();
    json_t *all = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);

    if (!all)
        exit(1);
    json_decref(all);
    return seconds() - begun;
}

static int by_time(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void say(const char *what, double *times, unsigned n, size_t bytes)
{
    qsort(times, n, sizeof(*times), by_time);
    printf("%-16s least %.3f s, %6.1f MB/s; median %.3f s, %6.1f MB/s\n", what, times[0],
           (double)bytes / times[0] / 1e6, times[n / 2], (double)bytes / times[n / 2] / 1e6);
}

int main(int argc, char **argv)
{
    static double reading[ROUNDS_MAX], checking[ROUNDS_MAX], jansson[ROUNDS_MAX];
    struct checking c = {.rules = NULL};
    struct stix_rules *rules = stix_rules_new();
    uint64_t rounds = 5;
    struct buf file;

    buf_init(&file, FILE_MAX);
    if (argc < 2 || argc > 3 || !rules ||
        (argc == 3 && str_to_u64(str_of(argv[2]), 1, ROUNDS_MAX, &rounds)) ||
        file_read(argv[1], FILE_MAX, &file, NULL)) {
        fprintf(stderr, "usage: stix FILE [ROUNDS]\n");
        return 2;
    }
    for (unsigned i = 0; i < rounds; i++) {
        c.rules = NULL;
        reading[i] = ours(buf_str(&file), &c);
        jansson[i] = theirs(buf_str(&file));
        c.rules = rules;
        checking[i] = ours(buf_str(&file), &c);
    }
    printf("%s: %zu bytes, %llu objects, %llu findings, %u rounds in turns\n", argv[1], file.len,
           (unsigned long long)c.n_objects, (unsigned long long)c.n_findings, (unsigned)rounds);
    say("read", reading, (unsigned)rounds, file.len);
    say("read and check", checking, (unsigned)rounds, file.len);
    say("jansson", jansson, (unsigned)rounds, file.len);
    stix_rules_free(rules);
    buf_done(&file);
    return 0;
}
