/* Labels: joins of two, and decisions whether something labelled may leave, on one core without a store.
 *
 *     labels SECONDS    one line each: how many a second
 *
 * A thousand labels with up to three restrictions and a range of three to thirty readers are joined in turn; what comes of it is
 * interned here by number and asked about for a reader who sees every third of ten thousand audiences, on each channel in turn. */
#include "base/time.h"
#include "label/release.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define LABELS 1000
#define AUDIENCES 10000
#define ROUND 1000

static uint64_t processor_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* The i-th of them, each other than its neighbours. */
static int make_label(struct arena *a, size_t i, struct label *ret)
{
    static const char *const words[] = {"no-copy", "no-forward", "return-by", "seal", "two-persons"};
    const char *restrictions[3], *keys[30];
    size_t n_restrictions = i % 4, n_keys = 3 + i % 28;
    struct label_set set, *range = arena_alloc(a, sizeof(*range));
    int r;

    for (size_t k = 0; k < n_restrictions; k++)
        restrictions[k] = words[(i + 2 * k) % ARRAY_LEN(words)];
    for (size_t k = 0; k < n_keys; k++)
        if (!(keys[k] = admit_person(a, arena_printf(a, "p%zu", (i * 7 + k * 13) % 500))))
            return -1;
    if (!range || (r = label_set_make(a, restrictions, n_restrictions, &set)) || (r = label_set_make(a, keys, n_keys, range)))
        return -1;
    return label_make(a, 1 + (int)(i % 3), 1 + (int)(i % 2), 1 + (int)(i / 2 % 2), set, range, 1, ret);
}

static int bench_joins(const struct label *labels, uint64_t seconds)
{
    uint64_t began = processor_us(), now = began, n = 0;

    while (now < began + seconds * 1000000) {
        CLEANUP(arena_freep) struct arena *a = arena_new((size_t)64 << 20);

        for (size_t i = 0; i < ROUND; i++, n++) {
            struct label joined;

            if (!a || label_join(a, &labels[n % LABELS], &labels[(n * 31 + 17) % LABELS], &joined))
                return -1;
        }
        now = processor_us();
    }
    printf("joins: %.0f a second\n", (double)n * 1e6 / (double)(now - began));
    return 0;
}

static int fill_table(struct arena *a, const struct label *labels, struct audience_table *t)
{
    STORE_AUTO *s = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = store_open(":memory:", STORE_WRITE, &s, &diag);
    if (!r)
        r = store_begin(s);
    for (size_t i = 0; !r && i < AUDIENCES; i++) {
        const char *keys[2] = {admit_person(a, arena_printf(a, "own%zu", i)), admit_person(a, i % 3 ? "other" : "reader")};
        struct label_set range;
        struct audience au = {.label_id = "l", .label = labels[i % LABELS]};
        int64_t id;

        r = label_set_make(a, keys, 2, &range);
        au.label.ranges = &range;
        au.label.n_ranges = 1;
        if (!r)
            r = audience_intern(s, &au, &id);
    }
    if (!r)
        r = store_commit(s);
    if (!r)
        r = audience_table_refresh(t, s, NULL, &diag);
    diag_done(&diag);
    return r;
}

static int bench_decisions(struct arena *a, const struct label *labels, uint64_t seconds)
{
    CLEANUP(audience_table_freep) struct audience_table *t = audience_table_new();
    CLEANUP(sight_freep) struct sight *sight = NULL;
    const char *key = admit_person(a, "reader");
    uint64_t began, now, n = 0, allowed = 0;

    if (!t || !key || fill_table(a, labels, t) || sight_new(t, &key, 1, &sight))
        return -1;
    began = now = processor_us();
    while (now < began + seconds * 1000000) {
        for (size_t i = 0; i < ROUND; i++, n++) {
            struct release_question q = {.label = &labels[n % LABELS], .audience = (int64_t)(n * 7919 % AUDIENCES) + 1,
                                         .channel = (enum release_channel)(n % RELEASE_CHANNELS), .sight = sight};

            allowed += release_decide(&q) == RELEASE_ALLOWED;
        }
        now = processor_us();
    }
    printf("decisions: %.0f a second, %.0f in a hundred allowed\n", (double)n * 1e6 / (double)(now - began),
           (double)allowed * 100 / (double)n);
    return 0;
}

int main(int argc, char **argv)
{
    CLEANUP(arena_freep) struct arena *a = arena_new((size_t)64 << 20);
    static struct label labels[LABELS];
    uint64_t seconds;

    if (argc != 2 || str_to_u64(str_of(argv[1]), 1, 60, &seconds)) {
        fprintf(stderr, "usage: labels SECONDS\n");
        return 2;
    }
    for (size_t i = 0; i < LABELS; i++)
        if (!a || make_label(a, i, &labels[i]))
            return 1;
    return bench_joins(labels, seconds) || bench_decisions(a, labels, seconds) ? 1 : 0;
}
