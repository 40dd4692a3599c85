/* From keys to audiences. Every key that any audience names gets a number once; an audience is then a few lists of numbers,
 * and a viewer a set of flags over them, so that a sight over ten thousand audiences is a walk without comparing texts.
 *
 *   keys   "r:patrol/unit-manager@chuo" → 0   "u:cyber" → 1   …        open addressing, at most half full
 *   items  audience 7: [0 1] and [4]                                   runs in `numbers`, each led by its length */
#include "label/audience.h"

#include "store/store.h"

#include <errno.h>
#include <stdlib.h>

#define TABLE_ARENA_MAX ((size_t)512 << 20)

struct item {
    int64_t id;
    size_t at;       /* of its first run in `numbers` */
    size_t n_ranges; /* 0: everyone */
};

struct audience_table {
    struct arena *arena; /* texts of keys */
    const char **keys;   /* by number */
    uint32_t *slots;     /* hash table: number + 1; 0 free */
    size_t n_keys, n_slots;
    struct buf items;   /* struct item, ids ascending */
    struct buf numbers; /* uint32_t */
    int64_t last;       /* highest id taken up */
    /* Up to here everything is committed. What a writer reads inside its transaction may be rolled back and its number be
     * given again, so that it is read anew each time. */
    size_t settled_items, settled_numbers;
    int64_t settled_last;
};

struct sight {
    size_t n;
    int64_t ids[]; /* ascending */
};

struct audience_table *audience_table_new(void)
{
    struct audience_table *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return NULL;
    t->arena = arena_new(TABLE_ARENA_MAX);
    buf_init(&t->items, TABLE_ARENA_MAX);
    buf_init(&t->numbers, TABLE_ARENA_MAX);
    if (t->arena == NULL) {
        free(t);
        return NULL;
    }
    return t;
}

void audience_table_free(struct audience_table *t)
{
    if (t == NULL)
        return;
    arena_free(t->arena);
    free(t->keys);
    free(t->slots);
    buf_done(&t->items);
    buf_done(&t->numbers);
    free(t);
}

/* FNV-1a, 64 bits. Keys are ids of our own tables; nobody outside chooses many of them. */
static uint64_t hash(const char *key)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (; *key != '\0'; key++)
        h = (h ^ (unsigned char)*key) * UINT64_C(1099511628211);
    return h;
}

/* The slot of the key, or the free one where it belongs. */
static size_t slot_of(const struct audience_table *t, const char *key)
{
    size_t i = (size_t)hash(key) & (t->n_slots - 1);

    while (t->slots[i] != 0 && strcmp(t->keys[t->slots[i] - 1], key) != 0)
        i = (i + 1) & (t->n_slots - 1);
    return i;
}

static int grow(struct audience_table *t)
{
    size_t n = t->n_slots == 0 ? 64 : t->n_slots * 2;
    uint32_t *slots = calloc(n, sizeof(*slots));
    const char **keys = realloc(t->keys, n / 2 * sizeof(*keys));

    if (keys != NULL)
        t->keys = keys;
    if (slots == NULL || keys == NULL) {
        free(slots);
        return -ENOMEM;
    }
    free(t->slots);
    t->slots = slots;
    t->n_slots = n;
    for (size_t k = 0; k < t->n_keys; k++)
        t->slots[slot_of(t, t->keys[k])] = (uint32_t)k + 1;
    return 0;
}

static int number_of(struct audience_table *t, const char *key, uint32_t *ret)
{
    size_t i;

    if (t->n_keys == t->n_slots / 2) {
        int r = grow(t);

        if (r < 0)
            return r;
    }
    i = slot_of(t, key);
    if (t->slots[i] == 0) {
        const char *copy = arena_strdup(t->arena, str_of(key));

        if (copy == NULL)
            return -ENOMEM;
        t->keys[t->n_keys++] = copy;
        t->slots[i] = (uint32_t)t->n_keys;
    }
    *ret = t->slots[i] - 1;
    return 0;
}

static int add_range(struct audience_table *t, struct label_set range)
{
    uint32_t number = (uint32_t)range.n;
    int r = buf_add(&t->numbers, &number, sizeof(number));

    for (size_t i = 0; r == 0 && i < range.n; i++) {
        r = number_of(t, range.at[i], &number);
        if (r == 0)
            r = buf_add(&t->numbers, &number, sizeof(number));
    }
    return r;
}

static int add_audience(struct audience_table *t, int64_t id, const struct label *l)
{
    struct item item = {id, t->numbers.len / sizeof(uint32_t), l->n_ranges};
    int r = 0;

    for (size_t i = 0; r == 0 && i < l->n_ranges; i++)
        r = add_range(t, l->ranges[i]);
    return r < 0 ? r : buf_add(&t->items, &item, sizeof(item));
}

static int take_row(struct audience_table *t, struct rows *rows, struct diag *diag)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new(4u << 20);
    struct audience au;
    int r;

    if (scratch == NULL)
        return -ENOMEM;
    r = audience_parse(rows_str(rows, 1), scratch, &au, diag);
    if (r == 0)
        r = add_audience(t, rows_int(rows, 0), &au.label);
    if (r == 0)
        t->last = rows_int(rows, 0);
    return r;
}

int audience_table_refresh(struct audience_table *t, struct store *s, bool *ret_grown,
                           struct diag *diag)
{
    ROWS_AUTO *rows = NULL;
    bool had_loose = t->last != t->settled_last;
    int r = store_errno(STORE_QUERY(s, &rows, STMT_AUDIENCE_AFTER, V_INT(t->settled_last)));

    if (r < 0)
        return r;
    buf_cut(&t->items, t->settled_items); /* memory may have run out the last time */
    buf_cut(&t->numbers, t->settled_numbers);
    t->last = t->settled_last;
    while ((r = rows_next(rows)) == 1) {
        r = take_row(t, rows, diag);
        if (r != 0)
            return r;
    }
    if (r < 0)
        return r;
    if (ret_grown != NULL)
        *ret_grown = had_loose || t->last != t->settled_last;
    if (store_role(s) == STORE_READ || !store_in_transaction(s)) {
        t->settled_items = t->items.len;
        t->settled_numbers = t->numbers.len;
        t->settled_last = t->last;
    }
    return 0;
}

/* ---- sights ---- */

static bool admitted(const struct audience_table *t, const struct item *item, const bool *has)
{
    const uint32_t *at;

    if (item->n_ranges == 0)
        return true;
    at = (const uint32_t *)(const void *)t->numbers.at + item->at;
    for (size_t range = 0; range < item->n_ranges; range++) {
        uint32_t n = *at++;
        bool any = false;

        for (uint32_t i = 0; i < n; i++)
            any = any || has[at[i]];
        if (!any)
            return false;
        at += n;
    }
    return true;
}

static void mark(const struct audience_table *t, const char *const *grants, size_t n, bool *has)
{
    for (size_t i = 0; t->n_slots > 0 && i < n; i++) {
        size_t slot = slot_of(t, grants[i]);

        if (t->slots[slot] != 0)
            has[t->slots[slot] - 1] = true;
    }
}

int sight_new(const struct audience_table *t, const char *const *grants, size_t n,
              struct sight **ret)
{
    size_t n_items = t->items.len / sizeof(struct item);
    const struct item *items = (const struct item *)(const void *)t->items.at;
    bool *has = calloc(t->n_keys + 1, sizeof(*has));
    struct sight *g = malloc(sizeof(*g) + n_items * sizeof(g->ids[0]));

    if (has == NULL || g == NULL) {
        free(has);
        free(g);
        return -ENOMEM;
    }
    mark(t, grants, n, has);
    g->n = 0;
    for (size_t i = 0; i < n_items; i++) {
        if (admitted(t, &items[i], has))
            g->ids[g->n++] = items[i].id;
    }
    free(has);
    *ret = g;
    return 0;
}

void sight_free(struct sight *g)
{
    free(g);
}

bool sight_may_see(const struct sight *g, int64_t audience)
{
    size_t low = 0, high = g->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (g->ids[mid] == audience)
            return true;
        if (g->ids[mid] < audience)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

const int64_t *sight_audiences(const struct sight *g, size_t *ret_n)
{
    *ret_n = g->n;
    return g->ids;
}
