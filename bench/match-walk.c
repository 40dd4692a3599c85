/* How fast a log is gone over for a set, one core, from memory: reading every byte once, the bits of each byte, the walk, and the whole matcher.
 * Usage: match-walk SET FILE [ROUNDS]     FILE of any size that memory holds; times are the processor's. */
#include "base/file.h"
#include "intel/match-classify.h"
#include "intel/match-walk.h"
#include "intel/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FILE_MAX ((size_t)4 << 30)
#define PIECE ((size_t)256 << 10)

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int count(const struct match_hit *hit, void *context)
{
    size_t *n = context;

    ++*n;
    return 0;
}

/* In pieces that stay in the processor's cache, as the command reads them. */
static struct str piece_at(struct str text, size_t at)
{
    return (struct str){text.at + at, MIN_OF(PIECE, text.len - at)};
}

static void say(const char *what, double took, size_t bytes, size_t n, const char *of)
{
    printf("%-16s %.3f GB/s", what, (double)bytes / took / 1e9);
    if (of)
        printf(", %zu %s", n, of);
    putchar('\n');
}

static void once(struct str text)
{
    double begun = seconds();
    uint64_t n = 0;

    for (size_t at = 0; at < text.len; at += PIECE)
        n += classify_count_lines(piece_at(text, at));
    say("lines", seconds() - begun, text.len, n, "lines");
}

static void bits(struct str text)
{
    static struct classified c;
    const size_t strip = (size_t)CLASSIFY_STRIP * CLASSIFY_BLOCK;
    struct classify_way ways[CLASSIFY_WAYS_MAX];
    size_t n = classify_ways(ways);

    for (size_t w = 0; w < n; w++) {
        double begun = seconds();

        classify_begin(&c);
        for (size_t at = 0; at + strip <= text.len; at += strip) {
            ways[w].run(text.at + at, CLASSIFY_STRIP, &c);
            classify_go_on(&c, &c, CLASSIFY_STRIP);
        }
        say(ways[w].name, seconds() - begun, text.len, 0, NULL);
    }
}

static void walk(const struct set *set, struct str text)
{
    struct match_walk *w = match_walk_new(set, NULL);
    struct match_places places;
    size_t n = 0;
    double begun = seconds();

    for (size_t at = 0; w && at < text.len; at += PIECE) {
        if (match_walk(w, piece_at(text, at), &places))
            exit(1);
        n += places.n;
    }
    say("walk", seconds() - begun, text.len, n, "places kept");
    match_walk_free(w);
}

static void match(const struct set *set, struct str text)
{
    size_t n = 0;
    struct matcher *m = matcher_new(set, NULL, count, &n);
    double begun = seconds();

    for (size_t at = 0; at < text.len; at += PIECE)
        if (!m || matcher_add(m, piece_at(text, at)))
            exit(1);
    if (matcher_end(m))
        exit(1);
    say("match", seconds() - begun, text.len, n, "hits");
    matcher_free(m);
}

int main(int argc, char **argv)
{
    uint64_t rounds = 1;
    struct set *set;
    struct diag diag;
    struct buf text;

    if (argc < 3 || (argc > 3 && str_to_u64(str_of(argv[3]), 1, 1000, &rounds))) {
        fputs("usage: match-walk SET FILE [ROUNDS]\n", stderr);
        return 2;
    }
    diag_init(&diag);
    buf_init(&text, FILE_MAX);
    if (crypto_start() || set_open(argv[1], &set, &diag) ||
        file_read(argv[2], FILE_MAX, &text, &diag)) {
        fputs("match-walk: set or log cannot be read\n", stderr);
        return 1;
    }
    for (uint64_t i = 0; i < rounds; i++) {
        once(buf_str(&text));
        bits(buf_str(&text));
        walk(set, buf_str(&text));
        match(set, buf_str(&text));
    }
    set_free(set);
    buf_done(&text);
    diag_done(&diag);
    return 0;
}
