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
#define KEPT_MAX 64u /* sights that a table keeps */

struct item {
    int64_t id;
    size_t at;       /* of its first run in `numbers` */
    size_t n_ranges; /* 0: everyone */
    int confidentiality;
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
    struct sight *kept[KEPT_MAX]; /* asked for lately, the next one to go at `oldest` */
    size_t n_kept, oldest;
    uint64_t serial; /* of the last sight made */
};

struct sight {
    unsigned refs;
    uint64_t serial;
    size_t n, n_items; /* audiences seen; of how many of the table */
    char *grants;      /* one after the other, each with its end; NULL: not kept */
    size_t grants_len;
    size_t n_words;
    uint64_t seen[]; /* one bit for each number: they are dense */
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
    for (size_t i = 0; i < t->n_kept; i++)
        sight_free(t->kept[i]);
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
    struct item item = {id, t->numbers.len / sizeof(uint32_t), l->n_ranges, l->confidentiality};
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

static struct sight *sight_alloc(int64_t last)
{
    size_t n_words = (size_t)MAX_OF(last, 0) / 64 + 1;
    struct sight *g = calloc(1, sizeof(*g) + n_words * sizeof(g->seen[0]));

    if (g == NULL)
        return NULL;
    g->refs = 1;
    g->n_words = n_words;
    return g;
}

static int64_t last_of(const struct audience_table *t)
{
    size_t n = t->items.len / sizeof(struct item);

    return n > 0 ? ((const struct item *)(const void *)t->items.at)[n - 1].id : 0;
}

/* Looks at the audiences that it has not seen yet. */
static int look_further(struct sight *g, struct audience_table *t, const char *const *grants, size_t n)
{
    size_t n_items = t->items.len / sizeof(struct item);
    const struct item *items = (const struct item *)(const void *)t->items.at;
    bool *has = calloc(t->n_keys + 1, sizeof(*has));

    if (has == NULL)
        return -ENOMEM;
    mark(t, grants, n, has);
    for (size_t i = g->n_items; i < n_items; i++) {
        if (admitted(t, &items[i], has)) {
            g->n++;
            g->seen[items[i].id / 64] |= UINT64_C(1) << (items[i].id % 64);
        }
    }
    free(has);
    g->n_items = n_items;
    g->serial = ++t->serial;
    return 0;
}

/* ---- kept sights: the same grants see the same, and what was added since ---- */

static int join_grants(const char *const *grants, size_t n, struct buf *out)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < n; i++)
        r = buf_add(out, grants[i], strlen(grants[i]) + 1);
    return r;
}

static struct sight **kept_of(struct audience_table *t, struct str grants)
{
    for (size_t i = 0; i < t->n_kept; i++)
        if (t->kept[i]->grants_len == grants.len && memcmp(t->kept[i]->grants, grants.at, grants.len) == 0)
            return &t->kept[i];
    return NULL;
}

/* Without memory for it, it is not kept: no more than slow. */
static void keep(struct audience_table *t, struct sight *g, struct str grants)
{
    struct sight **slot = t->n_kept < KEPT_MAX ? &t->kept[t->n_kept] : &t->kept[t->oldest++ % KEPT_MAX];

    if ((g->grants = malloc(grants.len + 1)) == NULL)
        return;
    memcpy(g->grants, grants.at, grants.len);
    g->grants_len = grants.len;
    if (t->n_kept < KEPT_MAX)
        t->n_kept++;
    else
        sight_free(*slot);
    g->refs++;
    *slot = g;
}

/* One that others may be looking through stays as it is for them. */
static int renew(struct audience_table *t, struct sight **slot, const char *const *grants, size_t n)
{
    struct sight *old = *slot, *g = sight_alloc(last_of(t));
    int r;

    if (g == NULL)
        return -ENOMEM;
    memcpy(g->seen, old->seen, old->n_words * sizeof(g->seen[0]));
    g->n = old->n;
    g->n_items = old->n_items;
    if ((r = look_further(g, t, grants, n)) != 0) {
        sight_free(g);
        return r;
    }
    g->grants = old->grants;
    g->grants_len = old->grants_len;
    old->grants = NULL;
    sight_free(old);
    *slot = g;
    return 0;
}

static int make(struct audience_table *t, const char *const *grants, size_t n, struct str joined, struct sight **ret)
{
    struct sight *g = sight_alloc(last_of(t));
    int r = g != NULL ? look_further(g, t, grants, n) : -ENOMEM;

    if (r != 0) {
        sight_free(g);
        return r;
    }
    if (t->items.len == t->settled_items)
        keep(t, g, joined);
    *ret = g;
    return 0;
}

int sight_new(struct audience_table *t, const char *const *grants, size_t n, struct sight **ret)
{
    CLEANUP(buf_done) struct buf joined = {0};
    struct sight **kept = NULL;
    int r;

    buf_init(&joined, TABLE_ARENA_MAX);
    if ((r = join_grants(grants, n, &joined)) != 0)
        return r;
    if (t->items.len == t->settled_items)
        kept = kept_of(t, buf_str(&joined));
    if (kept == NULL)
        return make(t, grants, n, buf_str(&joined), ret);
    if ((*kept)->n_items * sizeof(struct item) < t->items.len && (r = renew(t, kept, grants, n)) != 0)
        return r;
    (*kept)->refs++;
    *ret = *kept;
    return 0;
}

static int sight_some(struct audience_table *t, const struct sight *g, int confidentiality, bool and_lower, struct sight **ret)
{
    const struct item *items = (const struct item *)(const void *)t->items.at;
    struct sight *some = sight_alloc((int64_t)g->n_words * 64 - 1);

    if (some == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < t->items.len / sizeof(struct item); i++) {
        bool is_low = items[i].confidentiality <= confidentiality, is_seen = sight_may_see(g, items[i].id);

        if ((size_t)items[i].id / 64 < some->n_words && (and_lower ? is_low || is_seen : is_low && is_seen)) {
            some->n++;
            some->seen[items[i].id / 64] |= UINT64_C(1) << (items[i].id % 64);
        }
    }
    some->serial = ++t->serial;
    *ret = some;
    return 0;
}

int sight_at_most(struct audience_table *t, const struct sight *g, int confidentiality, struct sight **ret)
{
    return sight_some(t, g, confidentiality, false, ret);
}

int sight_and_lower(struct audience_table *t, const struct sight *g, int confidentiality, struct sight **ret)
{
    return sight_some(t, g, confidentiality, true, ret);
}

void sight_free(struct sight *g)
{
    if (g == NULL || --g->refs > 0)
        return;
    free(g->grants);
    free(g);
}

bool sight_may_see(const struct sight *g, int64_t audience)
{
    return audience >= 0 && (size_t)audience / 64 < g->n_words && (g->seen[audience / 64] >> (audience % 64) & 1) != 0;
}

size_t sight_count(const struct sight *g)
{
    return g->n;
}

uint64_t sight_serial(const struct sight *g)
{
    return g->serial;
}

int64_t sight_next(const struct sight *g, int64_t after)
{
    size_t i = (size_t)(after + 1) / 64;
    uint64_t word;

    if (i >= g->n_words)
        return 0;
    word = g->seen[i] & (~UINT64_C(0) << ((after + 1) % 64));
    while (word == 0) {
        if (++i == g->n_words)
            return 0;
        word = g->seen[i];
    }
    return (int64_t)(i * 64) + __builtin_ctzll(word);
}

int sight_walk(const struct sight *g, struct store *s, enum store_stmt id, struct value *values, size_t n, int64_t *audience)
{
    int64_t seen = sight_next(g, *audience);

    for (*audience = 0; seen;) {
        ROWS_AUTO *row = NULL;
        int64_t found;
        int r;

        values[n - 1] = V_INT(seen);
        if ((r = store_one(s, &row, id, values, n)))
            return store_errno(r);
        if (rows_is_null(row, 0))
            return 0;
        found = rows_int(row, 0);
        if (sight_may_see(g, found)) {
            *audience = found;
            return 0;
        }
        seen = sight_next(g, found);
    }
    return 0;
}
