/* Lists as a worker reads them, without HTTP and HTML: what need-to-know costs.
 *
 *     lists STORE REGISTER SECONDS PERSON...    one line each: what is seen of the register, and processor time of a page of fifty
 *     lists STORE REGISTER Np PERSON...         the same of N pages each, for counting instructions; LIST=newest: of that one alone
 *
 * Asked for in turn: the newest, those of one state, by opening, by number; pages far behind and half-way as people come to them, behind and before
 * the rows of another page; one far behind by its number alone; how many there are. The first page ever, for which everything about audiences is read,
 * is told apart. FIELD=KEY in the environment as FILTER: those with a value, too. */
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

struct list { /* what is measured */
    const char *name, *state, *sort;
    unsigned page;
    enum { BY_NUMBER, BEHIND, BEFORE, HALF_WAY, COUNTED, CHOSEN } how;
};

/* `last`: of the page's rows the last one's place, else the first one's. */
static int one_page(struct engine *e, const char *person, const struct list_query *q, uint64_t *ret_total, size_t *ret_n, bool last, char place[256])
{
    CLEANUP(arena_freep) struct arena *a = arena_new((size_t)8 << 20);
    struct list_rows rows;
    int r = a ? engine_list_rows(e, person, q, a, &rows) : -ENOMEM;

    if (r)
        return r;
    *ret_total = rows.total;
    *ret_n = rows.n;
    if (place)
        snprintf(place, 256, "%s", last ? rows.last : rows.first);
    list_rows_done(&rows);
    return 0;
}

/* The instant between those of the first row and of the last one. */
static int half_way(struct engine *e, const char *person, const struct list_query *q, char place[256])
{
    struct list_query of = *q;
    char newest[256];
    uint64_t total;
    size_t n;
    int r;

    of.page_size = 1;
    if ((r = one_page(e, person, &of, &total, &n, false, newest)))
        return r;
    of.before = *q->sort == 'o' ? "o0-" : "c0-";
    of.page = 2;
    if ((r = one_page(e, person, &of, &total, &n, false, place)))
        return r;
    snprintf(place, 256, "%c%llu-", *newest, (strtoull(newest + 1, NULL, 10) + strtoull(place + 1, NULL, 10)) / 2);
    return 0;
}

/* Where the page that is asked for begins or ends. */
static int find_place(struct engine *e, const char *person, const struct list *l, struct list_query *q, char place[256])
{
    struct list_query of = *q;
    uint64_t total;
    size_t n;
    int r = 0;

    *place = '\0';
    if (l->how == HALF_WAY)
        r = half_way(e, person, q, place);
    else if (l->how == BEHIND || l->how == BEFORE) {
        of.page = l->how == BEHIND ? l->page - 1 : l->page + 1;
        r = one_page(e, person, &of, &total, &n, l->how == BEHIND, place);
    }
    if (l->how == BEFORE)
        q->before = place;
    else
        q->behind = place;
    return r;
}

/* Until so much time has passed, or so many pages were made: one of them is 0. */
struct amount {
    uint64_t seconds, pages;
};

static bool is_enough(const struct amount *of, uint64_t took_us, uint64_t pages)
{
    return of->pages ? pages >= of->pages : took_us >= of->seconds * 1000000;
}

static int measure(struct engine *e, const char *person, const struct list *l, struct list_query *q, const struct amount *of)
{
    uint64_t began, now, total = 0, first = 0, pages = 0;
    char place[256];
    size_t n = 0;
    int r = find_place(e, person, l, q, place);

    began = now = processor_us();
    while (!r && !is_enough(of, now - began, pages)) {
        r = l->how == COUNTED ? engine_list_total(e, person, q, &total) : one_page(e, person, q, &total, &n, false, NULL);
        now = processor_us();
        if (!first)
            first = now - began;
        pages++;
    }
    if (!r)
        printf("%s, %s: %" PRIu64 " seen, %zu shown, first %.2f ms, then %.3f ms a page\n", person, l->name, total, n, (double)first / 1e3,
               pages > 1 ? (double)(now - began - first) / (double)(pages - 1) / 1e3 : 0.0);
    fflush(stdout);
    return r;
}

static const struct list lists[] = {
    {"newest", "", "changed", 1, BY_NUMBER},
    {"unfinished", LIST_UNFINISHED, "changed", 1, BY_NUMBER},
    {"closed", "closed", "changed", 1, BY_NUMBER},
    {"by opening", "", "opened", 1, BY_NUMBER},
    {"by number", "", "id", 1, BY_NUMBER},
    {"newest, page 40", "", "changed", 40, BEHIND},
    {"newest, page 150", "", "changed", 150, BEHIND},
    {"newest, half-way", "", "changed", 40, HALF_WAY},
    {"newest, back to page 40", "", "changed", 40, BEFORE},
    {"closed, page 40", "closed", "changed", 40, BEHIND},
    {"by opening, page 40", "", "opened", 40, BEHIND},
    {"by opening, half-way", "", "opened", 40, HALF_WAY},
    {"by number, page 40", "", "id", 40, BEHIND},
    {"by number, back to page 40", "", "id", 40, BEFORE},
    {"newest, page 40 by its number", "", "changed", 40, BY_NUMBER},
    {"counted", "", "changed", 1, COUNTED},
    {"with a value", "", "changed", 1, CHOSEN},
    {"with a value, page 10", "", "changed", 10, CHOSEN},
};

static int measure_all(struct engine *e, const char *person, const char *reg, const struct amount *of)
{
    const char *only = getenv("LIST"), *filter = getenv("FILTER"), *key = filter ? strchr(filter, '=') : NULL;
    char field[128] = "";
    int r = 0;

    if (key)
        snprintf(field, sizeof(field), "%.*s", (int)(key - filter), filter);
    for (size_t i = 0; !r && i < ARRAY_LEN(lists); i++) {
        const struct list *l = &lists[i];
        struct list_query q = {.reg = reg, .state = l->state, .sort = l->sort, .page = l->page, .page_size = 50};

        if (l->how == CHOSEN) {
            q.field = field;
            q.key = key ? key + 1 : "";
        }
        if (only ? !strcmp(only, l->name) : l->how != CHOSEN || key)
            r = measure(e, person, l, &q, of);
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
