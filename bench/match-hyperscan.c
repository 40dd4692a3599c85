/* What Hyperscan does with the same feed and log: every value a literal, in blocks of 1 MiB; it takes parts of words for values.
 * Usage: match-hyperscan FEED LOG     times are the processor's */
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCK ((size_t)1 << 20)

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static char *read_file(const char *path, size_t *ret_size)
{
    FILE *f = fopen(path, "rb");
    char *at;

    if (!f || fseek(f, 0, SEEK_END))
        exit(1);
    *ret_size = (size_t)ftell(f);
    rewind(f);
    at = malloc(*ret_size + 1);
    if (!at || fread(at, 1, *ret_size, f) != *ret_size)
        exit(1);
    fclose(f);
    return at;
}

static int count(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                 void *n)
{
    ++*(size_t *)n;
    return 0;
}

int main(int argc, char **argv)
{
    size_t feed_size, log_size, n = 0, k = 0, hits = 0;
    char *feed, *text;
    const char **values;
    unsigned *flags, *ids;
    size_t *lens;
    hs_database_t *db;
    hs_compile_error_t *error;
    hs_scratch_t *scratch = NULL;
    double begun;

    if (argc != 3)
        return 2;
    feed = read_file(argv[1], &feed_size);
    text = read_file(argv[2], &log_size);
    for (size_t i = 0; i < feed_size; i++)
        n += feed[i] == '\n';
    values = calloc(n, sizeof(*values));
    flags = calloc(n, sizeof(*flags));
    ids = calloc(n, sizeof(*ids));
    lens = calloc(n, sizeof(*lens));
    if (!values || !flags || !ids || !lens)
        return 1;
    for (size_t i = 0, at = 0; i < feed_size; i++)
        if (feed[i] == '\n') {
            values[k] = feed + at;
            lens[k] = i - at;
            ids[k] = (unsigned)k;
            k++;
            at = i + 1;
        }
    begun = seconds();
    if (hs_compile_lit_multi(values, flags, ids, lens, (unsigned)n, HS_MODE_BLOCK, NULL, &db,
                             &error) != HS_SUCCESS) {
        printf("hyperscan: refused after %.1f s: %s\n", seconds() - begun, error->message);
        return 1;
    }
    printf("hyperscan: compiled in %.1f s\n", seconds() - begun);
    if (hs_alloc_scratch(db, &scratch) != HS_SUCCESS)
        return 1;
    begun = seconds();
    for (size_t at = 0; at < log_size; at += BLOCK)
        hs_scan(db, text + at, (unsigned)(log_size - at < BLOCK ? log_size - at : BLOCK), 0,
                scratch, count, &hits);
    printf("hyperscan: %.3f GB/s, %zu matches\n", (double)log_size / 1e9 / (seconds() - begun),
           hits);
    return 0;
}
