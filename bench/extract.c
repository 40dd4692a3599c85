/* How fast values are found in a text and read as fields, beside going over the same bytes once.
 * Usage: extract FILE [ROUNDS]     FILE of any size that memory holds; times are the processor's. */
#include "base/file.h"
#include "intel/extract.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FILE_MAX ((size_t)2 << 30)
#define WRITTEN_MAX ((size_t)1 << 30)

struct found {
    size_t n;
    struct buf written; /* of all hits, with a line break behind each */
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int keep(const struct extract_hit *hit, void *context)
{
    struct found *f = context;

    f->n++;
    return buf_add_str(&f->written, hit->written) || buf_add_char(&f->written, '\n') ? -1 : 0;
}

static void say(const char *what, double took, size_t bytes, unsigned rounds, size_t n)
{
    printf("%s: %.3f s, %.1f MB/s, %zu values, %.0f ns a value\n", what, took,
           (double)bytes * rounds / took / 1e6, n, n ? took / rounds / (double)n * 1e9 : 0);
}

/* The limit: every byte is looked at, and lines are counted. */
static size_t lines(struct str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += text.at[i] == '\n';
    return n;
}

static void find(struct str text, struct found *f)
{
    struct extractor *x = extractor_new(keep, f);

    f->n = 0;
    buf_clear(&f->written);
    if (!x || extractor_add(x, text) || extractor_end(x))
        exit(1);
    extractor_free(x);
}

static void read_fields(struct str written)
{
    struct str field;
    struct clue clue;

    clue_init(&clue);
    while (str_split(&written, '\n', &field))
        if (clue_read(field, &clue) < 0)
            exit(1);
    clue_done(&clue);
}

int main(int argc, char **argv)
{
    uint64_t rounds = 1;
    struct found f = {0};
    volatile size_t n_lines = 0;
    struct buf text;
    double begun;

    buf_init(&text, FILE_MAX);
    buf_init(&f.written, WRITTEN_MAX);
    if (argc < 2 || argc > 3 || (argc == 3 && str_to_u64(str_of(argv[2]), 1, 1000, &rounds)) ||
        file_read(argv[1], FILE_MAX, &text, NULL)) {
        fprintf(stderr, "usage: extract FILE [ROUNDS]\n");
        return 2;
    }
    begun = seconds();
    for (uint64_t i = 0; i < rounds; i++)
        n_lines = lines(buf_str(&text));
    printf("lines: %zu; ", n_lines);
    say("bytes once", seconds() - begun, text.len, (unsigned)rounds, 0);
    begun = seconds();
    for (uint64_t i = 0; i < rounds; i++)
        find(buf_str(&text), &f);
    say("found", seconds() - begun, text.len, (unsigned)rounds, f.n);
    begun = seconds();
    for (uint64_t i = 0; i < rounds; i++)
        read_fields(buf_str(&f.written));
    say("read as fields", seconds() - begun, f.written.len, (unsigned)rounds, f.n);
    buf_done(&text);
    buf_done(&f.written);
    return 0;
}
