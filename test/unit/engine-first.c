/* The first of many rows that come in any order, held against a sorted array of all of them. */
#include "engine/first.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS 300
#define OK(call) assert_int_equal((call), 0)

static int ascending(const void *a, const void *b)
{
    const struct first_row *x = a, *y = b;
    int c = x->at < y->at ? -1 : x->at > y->at;

    if (!c)
        c = strcmp(x->id, y->id);
    return c ? c : strcmp(x->what, y->what);
}

static int descending(const void *a, const void *b)
{
    return ascending(b, a);
}

/* The same numbers on every machine. */
static int some(uint64_t *seed, int below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (int)((*seed >> 33) % (unsigned)below);
}

static void as_sorted(struct first f, uint64_t seed)
{
    static char ids[ROWS][16], whats[ROWS][16];
    CLEANUP(arena_freep) struct arena *arena = arena_new(1 << 20);
    struct first_row all[ROWS];

    OK(first_init(&f, arena));
    for (size_t i = 0; i < ROWS; i++) {
        snprintf(ids[i], sizeof(ids[i]), "R-%d", some(&seed, 50));
        snprintf(whats[i], sizeof(whats[i]), "s%d", some(&seed, 3));
        all[i] = (struct first_row){some(&seed, 20) - 10, ids[i], whats[i]};
        OK(first_put(&f, all[i].at, all[i].id, all[i].what));
    }
    first_sort(&f);
    qsort(all, ROWS, sizeof(all[0]), f.is_newest ? descending : ascending);
    assert_int_equal(f.n, MIN_OF(f.max, (size_t)ROWS));
    assert_int_equal(f.is_cut, f.max < ROWS);
    for (size_t i = 0; i < f.n; i++)
        assert_int_equal(ascending(&f.rows[i], &all[i]), 0);
}

static void they_are_those_that_sorting_finds(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 3, 7, 50, ROWS - 1, ROWS, ROWS + 1};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            as_sorted((struct first){.max = sizes[i]}, seed);
            as_sorted((struct first){.max = sizes[i], .is_newest = true}, seed);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(they_are_those_that_sorting_finds)};

    return cmocka_run_group_tests_name("engine-first", tests, NULL, NULL);
}
