/* Lists as a worker reads them, without HTTP and HTML: what need-to-know costs.
 *
 *     lists STORE REGISTER SECONDS PERSON...    one line each: what is seen of the register, and processor time of a page of fifty
 *     lists STORE REGISTER Np PERSON...         the same of N pages each, for counting instructions; LIST=newest: of that one alone
 *
 * Asked for in turn: the newest, those of one state, by opening, by number, and a page far behind. The first page ever, for which
 * everything about audiences is read, is told apart. */
#include "base/time.h"
#include "engine/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t processor_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int one_page(struct engine *e, const char *person, const struct list_query *q, uint64_t *ret_total, size_t *ret_n)
{
    CLEANUP(arena_freep) struct arena *a = arena_new((size_t)8 << 20);
    struct list_rows rows;
    int r = a ? engine_list_rows(e, person, q, a, &rows) : -ENOMEM;

    if (r)
        return r;
    *ret_total = rows.total;
    *ret_n = rows.n;
    list_rows_done(&rows);
    return 0;
}

/* Until so much time has passed, or so many pages were made: one of them is 0. */
struct amount {
    uint64_t seconds, pages;
};

static bool is_enough(const struct amount *of, uint64_t took_us, uint64_t pages)
{
    return of->pages ? pages >= of->pages : took_us >= of->seconds * 1000000;
}

static int measure(struct engine *e, const char *person, const char *name, const struct list_query *q, const struct amount *of)
{
    uint64_t began = processor_us(), now = began, total = 0, first = 0, pages = 0;
    size_t n = 0;
    int r = 0;

    while (!r && !is_enough(of, now - began, pages)) {
        r = one_page(e, person, q, &total, &n);
        now = processor_us();
        if (!first)
            first = now - began;
        pages++;
    }
    if (!r)
        printf("%s, %s: %" PRIu64 " seen, %zu shown, first %.2f ms, then %.3f ms a page\n", person, name, total, n, (double)first / 1e3,
               pages > 1 ? (double)(now - began - first) / (double)(pages - 1) / 1e3 : 0.0);
    fflush(stdout);
    return r;
}

static int measure_all(struct engine *e, const char *person, const char *reg, const struct amount *of)
{
    static const struct {
        const char *name, *state, *sort;
        unsigned page;
    } lists[] = {{"newest", "", "changed", 1},
                 {"unfinished", LIST_UNFINISHED, "changed", 1},
                 {"closed", "closed", "changed", 1},
                 {"by opening", "", "opened", 1},
                 {"by number", "", "id", 1},
                 {"newest, page 40", "", "changed", 40}};
    const char *only = getenv("LIST");
    int r = 0;

    for (size_t i = 0; !r && i < ARRAY_LEN(lists); i++) {
        struct list_query q = {.reg = reg, .state = lists[i].state, .sort = lists[i].sort, .page = lists[i].page, .page_size = 50};

        if (!only || !strcmp(only, lists[i].name))
            r = measure(e, person, lists[i].name, &q, of);
    }
    return r;
}

static bool read_amount(struct str text, struct amount *ret)
{
    bool is_pages = text.len && text.at[text.len - 1] == 'p';

    *ret = (struct amount){0};
    return !str_to_u64((struct str){text.at, text.len - is_pages}, 1, is_pages ? 1000000 : 60, is_pages ? &ret->pages : &ret->seconds);
}

int main(int argc, char **argv)
{
    STORE_AUTO *store = NULL;
    CLEANUP(engine_closep) struct engine *engine = NULL;
    struct diag diag;
    struct amount of;
    int r;

    if (argc < 5 || !read_amount(str_of(argv[3]), &of)) {
        fprintf(stderr, "usage: lists STORE REGISTER SECONDS|Np PERSON...\n");
        return 2;
    }
    diag_init(&diag);
    r = store_open(argv[1], STORE_READ, &store, &diag);
    if (!r)
        r = engine_open(store, &engine, &diag);
    for (int i = 4; !r && i < argc; i++)
        r = measure_all(engine, argv[i], argv[2], &of);
    if (r)
        fprintf(stderr, "lists: answer %d %s\n", r, store ? store_message(store) : "no store");
    diag_done(&diag);
    return r ? 1 : 0;
}
