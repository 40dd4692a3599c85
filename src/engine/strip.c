/* See strip.h. */
#include "engine/strip.h"

#include "engine/inside.h"

#include <stdlib.h>

#define BLOCK 64u
#define READ_MAX 1024u        /* rows at once */
#define CHANGES_MAX 512u      /* more: read all anew */
#define STATES_MAX 255u
#define MARGIN_US 60000000    /* clocks of several nodes */
#define FILTER_BITS 20
enum { UNCOUNTED = BLOCK + 1, STALE }; /* what is no number of rows */
#define ID_LAST "\xf4\x8f\xbf\xbf" /* the last text there is */

struct row_place {
    int64_t at; /* 0 by id */
    char id[STRIP_ID_MAX];
};

struct block {
    struct row_place end; /* behind the one before, up to here */
    uint8_t n;
    uint8_t states[BLOCK];
    uint32_t audiences[BLOCK], marks[BLOCK];
};

struct strip {
    char reg[128];
    enum tally_order order;
    size_t rows_max;
    int64_t seq, since; /* up to which, and since when, changes are taken up */
    uint64_t used;
    struct block *blocks;
    uint8_t *seen; /* of each block's rows those of whom they are counted for; UNCOUNTED, or STALE: it is read anew */
    size_t n, max;
    bool is_whole; /* nothing stands behind the last one */
    char *states[STATES_MAX];
    size_t n_states;
    uint64_t serial; /* whom the blocks are counted for */
    const void *text;
    char state[64];
};

struct strips {
    struct strip at[STRIPS_MAX];
    size_t rows_max;
    uint64_t used;
};

struct strips *strips_new(void)
{
    struct strips *t = calloc(1, sizeof(*t));

    if (t)
        t->rows_max = STRIP_ROWS_MAX;
    return t;
}

static void strip_done(struct strip *p)
{
    for (size_t i = 0; i < p->n_states; i++)
        free(p->states[i]);
    free(p->blocks);
    free(p->seen);
    *p = (struct strip){0};
}

void strips_limit(struct strips *t, size_t rows)
{
    for (size_t i = 0; i < STRIPS_MAX; i++)
        strip_done(&t->at[i]);
    t->rows_max = rows;
}

void strips_free(struct strips *t)
{
    for (size_t i = 0; t && i < STRIPS_MAX; i++)
        strip_done(&t->at[i]);
    free(t);
}

void strips_forget_counts(struct strips *t)
{
    for (size_t i = 0; i < STRIPS_MAX; i++)
        t->at[i].serial = 0;
}

/* That one, or the one that was used least lately in its place. */
static struct strip *strip_of(struct strips *t, const struct strip_ask *ask)
{
    struct strip *p = &t->at[0];

    for (size_t i = 0; i < STRIPS_MAX; i++) {
        struct strip *one = &t->at[i];

        if (one->order == ask->order && !strcmp(one->reg, ask->reg)) {
            p = one;
            break;
        }
        if (one->used < p->used)
            p = one;
    }
    if (p->order != ask->order || strcmp(p->reg, ask->reg) != 0) {
        strip_done(p);
        snprintf(p->reg, sizeof(p->reg), "%s", ask->reg);
        p->order = ask->order;
    }
    p->used = ++t->used;
    p->rows_max = t->rows_max;
    return p;
}

/* <0: before it in the order. */
static int compare(enum tally_order order, const struct row_place *a, const struct row_place *b)
{
    if (order == TALLY_BY_ID)
        return strcmp(a->id, b->id);
    return a->at != b->at ? (a->at < b->at) - (a->at > b->at) : strcmp(b->id, a->id);
}

static uint32_t mark_of(struct str id)
{
    uint32_t hash = UINT32_C(0x811c9dc5);

    for (size_t i = 0; i < id.len; i++)
        hash = (hash ^ (unsigned char)id.at[i]) * UINT32_C(0x01000193);
    return hash ^ hash >> 15;
}

/* ---- reading ---- */

static int query(const struct strip *p, struct store *s, const struct row_place *begin, unsigned n, struct rows **ret)
{
    static const enum store_stmt stmts[] = {[TALLY_BY_CHANGE] = STMT_RECORD_SKIM, [TALLY_BY_OPENING] = STMT_RECORD_SKIM_OPENED};

    if (p->order == TALLY_BY_ID)
        return store_failed(STORE_QUERY(s, ret, STMT_RECORD_SKIM_ID, V_TEXT(p->reg), V_TEXT(begin ? begin->id : ""), V_INT(n)));
    return store_failed(STORE_QUERY(s, ret, stmts[p->order], V_TEXT(p->reg), V_INT(begin ? begin->at : INT64_MAX), V_TEXT(begin ? begin->id : ""), V_INT(n)));
}

static int state_of(struct strip *p, struct str state, uint8_t *ret)
{
    size_t i = 0;

    while (i < p->n_states && !str_eq(state, str_of(p->states[i])))
        i++;
    if (i == STATES_MAX)
        return -ENOSPC;
    if (i == p->n_states) {
        if (!(p->states[i] = strndup(state.at, state.len)))
            return -ENOMEM;
        p->n_states++;
    }
    *ret = (uint8_t)i;
    return 0;
}

static int take_row(struct strip *p, struct block *b, struct rows *rows, struct str id)
{
    int64_t audience = rows_int(rows, 0);
    int r = state_of(p, rows_blob(rows, 1), &b->states[b->n]);

    if (r || audience < 0 || audience > UINT32_MAX)
        return r ? r : -ENOSPC;
    b->audiences[b->n] = (uint32_t)audience;
    b->marks[b->n++] = mark_of(id);
    return 0;
}

static int place_of(const struct strip *p, struct rows *rows, struct str id, struct row_place *ret)
{
    if (id.len >= sizeof(ret->id))
        return -ENOSPC;
    ret->at = p->order == TALLY_BY_ID ? 0 : rows_int(rows, 2);
    memcpy(ret->id, id.at, id.len);
    ret->id[id.len] = '\0';
    return 0;
}

static int make_room(struct strip *p, size_t at)
{
    if (p->n == p->max) {
        size_t max = p->max ? 2 * p->max : 16;
        struct block *grown = realloc(p->blocks, max * sizeof(*grown));
        uint8_t *seen;

        if (!grown)
            return -ENOMEM;
        p->blocks = grown;
        if (!(seen = realloc(p->seen, max)))
            return -ENOMEM;
        p->seen = seen;
        p->max = max;
    }
    memmove(p->blocks + at + 1, p->blocks + at, (p->n - at) * sizeof(*p->blocks));
    memmove(p->seen + at + 1, p->seen + at, p->n - at);
    p->blocks[at] = (struct block){0};
    p->seen[at] = UNCOUNTED;
    p->n++;
    return 0;
}

static void take_out(struct strip *p, size_t at)
{
    p->n--;
    memmove(p->blocks + at, p->blocks + at + 1, (p->n - at) * sizeof(*p->blocks));
    memmove(p->seen + at, p->seen + at + 1, p->n - at);
}

static size_t rows_of(const struct strip *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++)
        n += p->blocks[i].n;
    return n;
}

/* Blocks that were split come together again as soon as both fit into one. */
static void merge(struct strip *p, size_t i)
{
    while (i + 1 < p->n && p->seen[i] != STALE && p->seen[i + 1] != STALE && p->blocks[i].n + p->blocks[i + 1].n <= (int)BLOCK) {
        struct block *b = &p->blocks[i];
        const struct block *next = b + 1;

        memcpy(b->states + b->n, next->states, next->n * sizeof(next->states[0]));
        memcpy(b->audiences + b->n, next->audiences, next->n * sizeof(next->audiences[0]));
        memcpy(b->marks + b->n, next->marks, next->n * sizeof(next->marks[0]));
        b->n = (uint8_t)(b->n + next->n);
        b->end = next->end;
        p->seen[i] = UNCOUNTED;
        take_out(p, i + 1);
    }
}

/* What came in before them pushes the last ones out; not the one behind block i, which is read next. */
static void cut_end(struct strip *p, size_t i)
{
    size_t n = rows_of(p);

    while (p->n > i + 2 && n > p->rows_max + READ_MAX) {
        n -= p->blocks[--p->n].n;
        p->is_whole = false;
    }
}

static const struct row_place *begin_of(const struct strip *p, size_t i)
{
    return i ? &p->blocks[i - 1].end : NULL;
}

/* Behind the last one. Where the register ends in the midst of a block, that one takes all that comes later. */
static int extend(struct strip *p, struct store *s)
{
    ROWS_AUTO *rows = NULL;
    unsigned n = 0, max = (unsigned)MIN_OF((size_t)READ_MAX, (p->rows_max - rows_of(p) + BLOCK - 1) / BLOCK * BLOCK);
    int r = query(p, s, begin_of(p, p->n), max, &rows);
    struct block *b = NULL;

    while (!r && (r = rows_next(rows)) > 0) {
        struct str id = rows_blob(rows, 3);

        if (n++ % BLOCK == 0 && (r = make_room(p, p->n)) < 0)
            return r;
        b = &p->blocks[p->n - 1];
        r = take_row(p, b, rows, id);
        if (!r && b->n == BLOCK)
            r = place_of(p, rows, id, &b->end);
    }
    p->is_whole = n < max;
    if (b && b->n < BLOCK)
        b->end = p->order == TALLY_BY_ID ? (struct row_place){0, ID_LAST} : (struct row_place){INT64_MIN, ""};
    return r;
}

/* Of block i up to its end as many rows as a block has; what is left stays stale behind them. */
static int renew(struct strip *p, struct store *s, size_t i)
{
    ROWS_AUTO *rows = NULL;
    struct block fresh = {0};
    bool is_more = false;
    int r = query(p, s, begin_of(p, i), BLOCK + 1, &rows);

    while (!r && (r = rows_next(rows)) > 0) {
        struct str id = rows_blob(rows, 3);
        struct row_place place;

        if ((r = place_of(p, rows, id, &place)))
            return r;
        if (compare(p->order, &place, &p->blocks[i].end) > 0)
            break;
        if (fresh.n == BLOCK) {
            is_more = true;
            break;
        }
        fresh.end = place;
        r = take_row(p, &fresh, rows, id);
    }
    if (r < 0)
        return r;
    if (is_more) {
        if ((r = make_room(p, i)))
            return r;
        cut_end(p, i);
    } else if (fresh.n) {
        fresh.end = p->blocks[i].end;
    } else {
        take_out(p, i);
        return 0;
    }
    p->blocks[i] = fresh;
    p->seen[i] = UNCOUNTED;
    return 0;
}

/* ---- changes ---- */

struct changes {
    uint32_t marks[CHANGES_MAX];
    size_t n;
    uint64_t *filter; /* a bit for the low bits of each mark */
    int64_t newest;
};

static void clear(struct strip *p)
{
    p->n = 0;
    p->is_whole = false;
}

/* The block in which it stands, or would. */
static void mark_place(struct strip *p, const struct row_place *place)
{
    size_t low = 0, high = p->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (compare(p->order, place, &p->blocks[mid].end) > 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < p->n)
        p->seen[low] = STALE;
    else
        p->is_whole = false;
}

static int take_change(struct strip *p, struct rows *rows, struct changes *c)
{
    struct str id = rows_str(rows, 0);
    uint32_t mark = mark_of(id), bit = mark & ((1u << FILTER_BITS) - 1);
    struct row_place place = {.at = p->order == TALLY_BY_ID ? 0 : rows_int(rows, p->order == TALLY_BY_OPENING ? 2 : 1)};

    if (id.len >= sizeof(place.id))
        return -ENOSPC;
    memcpy(place.id, id.at, id.len);
    if (!c->n)
        c->newest = rows_int(rows, 1);
    c->marks[c->n++] = mark;
    c->filter[bit / 64] |= UINT64_C(1) << (bit % 64);
    mark_place(p, &place);
    return 0;
}

static int compare_marks(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static bool has_changed(const struct block *b, const struct changes *c)
{
    for (size_t i = 0; i < b->n; i++) {
        uint32_t bit = b->marks[i] & ((1u << FILTER_BITS) - 1);

        if ((c->filter[bit / 64] >> (bit % 64) & 1) && bsearch(&b->marks[i], c->marks, c->n, sizeof(c->marks[0]), compare_marks))
            return true;
    }
    return false;
}

static int take_changes(struct strip *p, struct store *s, struct changes *c)
{
    ROWS_AUTO *rows = NULL;
    bool is_first = !p->n;
    int r = store_failed(STORE_QUERY(s, &rows, STMT_RECORD_CHANGED_SINCE, V_TEXT(p->reg), V_INT(is_first ? 0 : p->since - MARGIN_US),
                                     V_INT(is_first ? 1 : CHANGES_MAX + 1)));

    while (!r && (r = rows_next(rows)) > 0) {
        if (c->n == CHANGES_MAX) {
            clear(p);
            return 0;
        }
        r = take_change(p, rows, c);
    }
    if (r)
        return r;
    qsort(c->marks, c->n, sizeof(c->marks[0]), compare_marks);
    for (size_t i = 0; i < p->n; i++)
        if (p->seen[i] != STALE && has_changed(&p->blocks[i], c))
            p->seen[i] = STALE;
    return 0;
}

static int update(struct strip *p, struct store *s, int64_t seq)
{
    struct changes *c;
    int r;

    if (p->seq == seq && p->n)
        return 0;
    if (!(c = calloc(1, sizeof(*c))) || !(c->filter = calloc((1u << FILTER_BITS) / 64, sizeof(*c->filter)))) {
        free(c);
        return -ENOMEM;
    }
    r = take_changes(p, s, c);
    if (!r && c->n)
        p->since = c->newest;
    p->seq = seq;
    free(c->filter);
    free(c);
    return r;
}

/* ---- counting ---- */

struct counting {
    const struct strip_ask *ask;
    uint8_t fits[STATES_MAX]; /* 0 not known, 1 no, 2 yes */
};

static void count_for(struct strip *p, const struct strip_ask *ask)
{
    uint64_t serial = sight_serial(ask->sight);

    if (p->serial == serial && p->text == ask->text && !strcmp(p->state, ask->state))
        return;
    p->serial = strlen(ask->state) < sizeof(p->state) ? serial : 0;
    p->text = ask->text;
    snprintf(p->state, sizeof(p->state), "%s", ask->state);
    for (size_t i = 0; i < p->n; i++)
        if (p->seen[i] != STALE)
            p->seen[i] = UNCOUNTED;
}

static bool is_his(const struct strip *p, struct counting *c, const struct block *b, size_t i)
{
    uint8_t *fits = &c->fits[b->states[i]];

    if (!sight_may_see(c->ask->sight, b->audiences[i]))
        return false;
    if (!*fits)
        *fits = c->ask->fits(c->ask->arg, p->states[b->states[i]]) ? 2 : 1;
    return *fits == 2;
}

static uint8_t count_block(const struct strip *p, struct counting *c, const struct block *b)
{
    uint8_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        n += is_his(p, c, b, i);
    return n;
}

/* Block i is right, and counted. 0: there is none. */
static int ready_block(struct strip *p, struct store *s, struct counting *c, size_t i)
{
    int r = 0;

    while (!r && (i == p->n || p->seen[i] == STALE)) {
        if (i < p->n)
            r = renew(p, s, i);
        else if (p->is_whole || rows_of(p) >= p->rows_max)
            return 0;
        else
            r = extend(p, s);
    }
    if (r)
        return r;
    merge(p, i);
    if (p->seen[i] == UNCOUNTED)
        p->seen[i] = count_block(p, c, &p->blocks[i]);
    return 1;
}

static int find(struct strip *p, struct store *s, const struct strip_ask *ask, struct strip_place *ret)
{
    struct counting c = {.ask = ask};
    uint64_t left = ask->skip;
    int r;

    for (size_t i = 0; (r = ready_block(p, s, &c, i)) > 0; i++) {
        if (left < p->seen[i]) {
            const struct row_place *begin = begin_of(p, i);

            *ret = (struct strip_place){.is_begin = !begin, .at = begin ? begin->at : 0, .skip = (size_t)left};
            if (begin)
                memcpy(ret->id, begin->id, sizeof(ret->id));
            return 1;
        }
        left -= p->seen[i];
    }
    *ret = (struct strip_place){.skip = (size_t)(ask->skip - left)};
    return r;
}

int strip_find(struct strips *t, struct store *s, const struct strip_ask *ask, struct strip_place *ret)
{
    struct strip *p = strip_of(t, ask);
    int r = update(p, s, ask->seq);

    *ret = (struct strip_place){0};
    if (!r) {
        count_for(p, ask);
        r = find(p, s, ask, ret);
    }
    if (r < 0)
        strip_done(p); /* half read */
    return r == -ENOSPC ? 0 : r;
}
