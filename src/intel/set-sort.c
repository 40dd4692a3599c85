#include "intel/set-sort.h"

#include <stdlib.h>
#include <string.h>

#define FEW 32u /* rows that are sorted by insertion */

struct sorting {
    set_order_fn *order; /* NULL: rows of one hash are alike */
    void *context;
};

/* `words` is written into each call below, so that a compiler has rows of known size before it. */
static inline int row_cmp(const struct sorting *s, const uint64_t *a, const uint64_t *b)
{
    if (*a != *b)
        return *a < *b ? -1 : 1;
    return s->order ? s->order(a, b, s->context) : 0;
}

static inline void insert_all(const struct sorting *s, uint64_t *rows, size_t n, size_t words)
{
    uint64_t kept[2];

    for (size_t i = 1; i < n; i++) {
        size_t at = i;

        memcpy(kept, rows + i * words, words * sizeof(*rows));
        for (; at && row_cmp(s, rows + (at - 1) * words, kept) > 0; at--)
            memcpy(rows + at * words, rows + (at - 1) * words, words * sizeof(*rows));
        memcpy(rows + at * words, kept, words * sizeof(*rows));
    }
}

/* Each row to the place that is next among those with its byte. */
static inline void deal(uint64_t *rows, const size_t ends[256], size_t next[256], unsigned shift, size_t words)
{
    uint64_t hand[2], other[2];

    for (unsigned pile = 0; pile < 256; pile++)
        while (next[pile] < ends[pile]) {
            size_t to;

            memcpy(hand, rows + next[pile] * words, words * sizeof(*rows));
            while ((to = hand[0] >> shift & 255) != pile) {
                uint64_t *there = rows + next[to]++ * words;

                memcpy(other, there, words * sizeof(*rows));
                memcpy(there, hand, words * sizeof(*rows));
                memcpy(hand, other, words * sizeof(*rows));
            }
            memcpy(rows + next[pile]++ * words, hand, words * sizeof(*rows));
        }
}

static inline void split(uint64_t *rows, size_t n, unsigned shift, size_t words, size_t ends[256])
{
    size_t next[256] = {0}, sum = 0;

    for (size_t i = 0; i < n; i++)
        next[rows[i * words] >> shift & 255]++;
    for (unsigned pile = 0; pile < 256; pile++) {
        size_t of = next[pile];

        next[pile] = sum;
        ends[pile] = sum += of;
    }
    deal(rows, ends, next, shift, words);
}

static void sort_pairs(const struct sorting *s, uint64_t *rows, size_t n, unsigned shift)
{
    size_t ends[256];

    if (n <= FEW) {
        insert_all(s, rows, n, 2);
        return;
    }
    split(rows, n, shift, 2, ends);
    for (unsigned pile = 0; pile < 256; pile++) {
        size_t from = pile ? ends[pile - 1] : 0;

        if (shift)
            sort_pairs(s, rows + from * 2, ends[pile] - from, shift - 8);
        else if (s->order && ends[pile] - from > 1)
            qsort_r(rows + from * 2, ends[pile] - from, 2 * sizeof(*rows), s->order, s->context);
    }
}

static void sort_hashes(const struct sorting *s, uint64_t *rows, size_t n, unsigned shift)
{
    size_t ends[256];

    if (n <= FEW) {
        insert_all(s, rows, n, 1);
        return;
    }
    split(rows, n, shift, 1, ends);
    for (unsigned pile = 0; shift && pile < 256; pile++) {
        size_t from = pile ? ends[pile - 1] : 0;

        sort_hashes(s, rows + from, ends[pile] - from, shift - 8);
    }
}

void set_sort_pairs(void *rows, size_t n, set_order_fn *order, void *context)
{
    const struct sorting s = {order, context};

    sort_pairs(&s, rows, n, 56);
}

void set_sort_hashes(uint64_t *rows, size_t n)
{
    const struct sorting s = {NULL, NULL};

    sort_hashes(&s, rows, n, 56);
}
