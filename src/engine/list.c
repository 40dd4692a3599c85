/* Lists of a register, page by page, of what a person may see only: counts are exact for him, and what is hidden costs nothing.
 * First the numbers of a page are found, then its rows are read in one go (list-row.c). Numbers are found in one of two ways:
 *
 *   lanes   the audiences (and states) in his sight side by side, each in the order asked for, merged; the tally (tally.h) says where
 *           the first of each can stand, so that only those are opened that the page can show
 *   walk    all records of the register in that order, passing over what he does not see: for who sees a good part of them
 *
 * Both find the same; which is cheaper is reckoned from the tally. Both begin at a place (an instant and a number, which say where a row stands or would
 * stand) and go on or back from it, so that a page far behind costs what the first one costs. Of a page by its number alone the rows before it are
 * counted in memory (strip.h), or those behind it where they are few, and then it begins at a place, too. */
#include "base/utf8.h"
#include "engine/digest.h"
#include "engine/first.h"
#include "engine/input.h"
#include "engine/list-row.h"
#include "engine/over.h"
#include "engine/ref.h"
#include "engine/strip.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE_SIZE_MAX 200
#define COUNTED_FROM 100u /* so many rows are passed over; more before a page by its number are counted in memory */
#define CHUNK_MAX 64u /* rows read of a lane at once */
#define LANES_AT_FIRST 16u /* opened together where a question is a round trip, and then */
#define LANES_AT_ONCE 64u  /* at most */
#define LANE_COST 12  /* opening one costs about as much as walking so many rows */
#define WALK_CHUNK 2000u
#define LIST_PLACE_ID_MAX 128
#define ID_LAST "\xf4\x8f\xbf\xbf" /* the last text there is */
#define LOOKED_MAX 1000       /* records that are opened in one go, to see whether they show a value */

/* By which the rows are sorted; all but BY_ID newest first. */
enum order { BY_CHANGE, BY_OPENING, BY_ID };

struct lane { /* one audience, or its records of one state */
    int64_t audience;
    const char *state; /* "": all */
    const char **ids;
    int64_t *at; /* instants by which they are sorted */
    size_t next, n, max; /* rows read ahead */
    bool ended;
    int64_t last_at; /* behind which it is read on */
    const char *last_id;
};

/* Where a page begins: behind it, or before it. */
struct list_place {
    int64_t at; /* 0 by id */
    const char *id;
};

struct listing {
    struct stage sc;
    const struct list_query *q;
    const char *key; /* of `q`, as the rows have it */
    const struct reg *reg;
    struct sight *sight;
    enum order order;
    const struct list_place *from; /* NULL: the beginning */
    bool back;                     /* away from it towards the beginning, the nearest first */
    struct list_place by_number;   /* it, where a page by its number was found */
    uint64_t total;
    const struct tally *tally;
    enum tally_order by;
    const struct tally_sum *sum;
    const char **ids; /* of the page, in its order */
    size_t n_ids;
    size_t skip, want;
    bool is_from_end; /* counted from there, which is nearer; `back` then */
    struct strip_place jump; /* and else where those before a page by its number were counted up to */
    bool is_too_far;         /* it can be counted up to from neither end */
    size_t nearest;          /* rows before the nearest page that can be */
    struct stage look; /* of records that are opened for their value */
    size_t n_looked;
};

static bool state_fits(const struct reg *reg, const char *wanted, const char *state)
{
    const struct state *s;

    if (!*wanted)
        return true;
    if (!strcmp(wanted, LIST_OVER))
        return true;
    if (strcmp(wanted, LIST_UNFINISHED) != 0)
        return !strcmp(wanted, state);
    s = procedure_state(reg->procedure, state);
    return s && !s->is_end;
}

/* One more record that belongs to the list. 1: the page is full. */
static int take(struct listing *l, const char *id)
{
    if (l->skip) {
        l->skip--;
        return 0;
    }
    l->ids[l->n_ids] = arena_strdup(l->sc.arena, str_of(id));
    if (!l->ids[l->n_ids])
        return -ENOMEM;
    l->n_ids++;
    return --l->want ? 0 : 1;
}

/* ---- lanes ---- */

#define LANE_VALUES 6

static const enum store_stmt lane_stmts[][2] = {[BY_ID] = {STMT_RECORD_PAGE_ID, STMT_RECORD_BACK_ID},
                                                [BY_OPENING] = {STMT_RECORD_PAGE_OPENED, STMT_RECORD_BACK_OPENED},
                                                [BY_CHANGE] = {STMT_RECORD_PAGE_STATE, STMT_RECORD_BACK_STATE}};

/* What lane_stmts take; how many. */
static size_t lane_values(const struct listing *l, const struct lane *a, struct value *v)
{
    size_t n = 0;

    v[n++] = V_TEXT(l->reg->id);
    v[n++] = V_INT(a->audience);
    if (l->order != BY_ID)
        v[n++] = V_INT(a->last_at);
    v[n++] = V_TEXT(a->last_id);
    v[n++] = V_INT((int64_t)a->max);
    if (l->order == BY_CHANGE)
        v[n++] = V_TEXT(a->state);
    return n;
}

/* At first what each would show if all showed as many; one that shows more is read further ahead each time. */
static int widen(struct listing *l, struct lane *a)
{
    size_t max = a->max ? 4 * a->max : (l->skip + l->want) / l->sum->lanes + 3;

    max = MIN_OF(max, CHUNK_MAX);

    if (max <= a->max)
        return 0;
    a->ids = arena_alloc_n(l->sc.arena, max, sizeof(a->ids[0]));
    a->at = arena_alloc_n(l->sc.arena, max, sizeof(a->at[0]));
    a->max = max;
    return a->ids && a->at ? 0 : -ENOMEM;
}

struct lane_reading {
    struct listing *l;
    struct lane *const *lanes;
};

static int take_lane(struct rows *rows, size_t at, void *context)
{
    const struct lane_reading *g = context;
    struct listing *l = g->l;
    struct lane *a = g->lanes[at];
    size_t read = 0;
    int e;

    while ((e = rows_next(rows)) > 0) {
        bool fits = *a->state || state_fits(l->reg, l->q->state, rows_text(rows, 1));

        if (++read < a->max && !fits)
            continue;
        a->last_at = rows_int(rows, 2);
        if (!(a->last_id = arena_strdup(l->sc.arena, rows_str(rows, 0))))
            return -ENOMEM;
        if (!fits)
            continue;
        a->ids[a->n] = a->last_id;
        a->at[a->n++] = a->last_at;
    }
    a->ended = read < a->max;
    return e;
}

/* The next rows of each, at most LANES_AT_ONCE; one that the list has none of may stay empty without having ended. */
static int read_lanes(struct listing *l, struct lane *const *lanes, size_t n)
{
    struct lane_reading g = {l, lanes};
    struct value values[LANES_AT_ONCE * LANE_VALUES];
    size_t n_values = 0;

    for (size_t i = 0; i < n; i++) {
        int e = widen(l, lanes[i]);

        if (e)
            return e;
        lanes[i]->next = lanes[i]->n = 0;
        n_values = lane_values(l, lanes[i], values + i * n_values);
    }
    return store_failed(store_query_rows(l->sc.e->store, lane_stmts[l->order][l->back], values, n_values, n, take_lane, &g));
}

static int fill_lane(struct listing *l, struct lane *a)
{
    while (a->next == a->n && !a->ended) {
        int e = read_lanes(l, &a, 1);

        if (e)
            return e;
    }
    return 0;
}

/* <0: the one stands before the other in the list. */
static int compare_places(enum order order, const struct list_place *a, const struct list_place *b)
{
    if (order == BY_ID)
        return strcmp(a->id, b->id);
    return a->at != b->at ? (a->at < b->at) - (a->at > b->at) : strcmp(b->id, a->id);
}

static bool is_behind(const struct listing *l, const struct list_place *row)
{
    int c = l->from ? compare_places(l->order, row, l->from) : 1;

    return l->back ? c < 0 : c > 0;
}

static bool comes_first(const struct listing *l, const struct lane *a, const struct lane *b)
{
    const struct list_place x = {a->at[a->next], a->ids[a->next]}, y = {b->at[b->next], b->ids[b->next]};
    int c = compare_places(l->order, &x, &y);

    return l->back ? c > 0 : c < 0;
}

/* Lanes that are open and have a row, as a heap: the one whose row comes first is at 0. */
struct merge {
    struct lane **at;
    size_t n, max;
    size_t behind;    /* rows of the tally's order that were looked at */
    size_t at_once;   /* so many are opened together next */
    uint64_t *opened; /* a bit for each audience: lanes of all states stand in the tally once for each state */
};

static void swap(struct merge *m, size_t i, size_t k)
{
    struct lane *lane = m->at[i];

    m->at[i] = m->at[k];
    m->at[k] = lane;
}

static void sink(const struct listing *l, struct merge *m, size_t i)
{
    for (;;) {
        size_t best = i, k = 2 * i + 1;

        for (size_t end = MIN_OF(k + 2, m->n); k < end; k++)
            if (comes_first(l, m->at[k], m->at[best]))
                best = k;
        if (best == i)
            return;
        swap(m, i, best);
        i = best;
    }
}

static int push(struct listing *l, struct merge *m, struct lane *lane)
{
    size_t i = m->n;

    if (m->n == m->max) {
        struct lane **grown = arena_alloc_n(l->sc.arena, m->max ? 2 * m->max : 16, sizeof(struct lane *));

        if (!grown)
            return -ENOMEM;
        if (m->n)
            memcpy(grown, m->at, m->n * sizeof(struct lane *));
        m->at = grown;
        m->max = m->max ? 2 * m->max : 16;
    }
    m->at[m->n++] = lane;
    for (; i && comes_first(l, m->at[i], m->at[(i - 1) / 2]); i = (i - 1) / 2)
        swap(m, i, (i - 1) / 2);
    return 0;
}

static bool row_belongs(const struct listing *l, const struct tally_row *row)
{
    return row->n && sight_may_see(l->sight, row->audience) && state_fits(l->reg, l->q->state, row->state);
}

/* The next row of the tally that belongs to the list; NULL: none. */
static const struct tally_row *next_candidate(const struct listing *l, struct merge *m)
{
    for (; m->behind < l->tally->n; m->behind++) {
        const struct tally_row *row = &l->tally->rows[l->tally->order[l->by][m->behind]];
        size_t a = (size_t)row->audience;

        if (row_belongs(l, row) && (l->order == BY_CHANGE || !(m->opened[a / 64] >> (a % 64) & 1)))
            return row;
    }
    return NULL;
}

/* The lane's first record may come before all that is open, or be it. Backwards nothing is known of it. */
static bool may_come_first(const struct listing *l, const struct tally_row *row, const struct lane *top)
{
    if (l->back)
        return true;
    switch (l->order) {
    case BY_ID:
        return strcmp(row->first_id, top->ids[top->next]) <= 0;
    case BY_OPENING:
        return row->opened_us >= top->at[top->next];
    default:
        return row->changed_us >= top->at[top->next];
    }
}

static struct lane *lane_new(struct listing *l, struct merge *m, const struct tally_row *row)
{
    struct lane *lane = arena_alloc(l->sc.arena, sizeof(*lane));

    if (!lane)
        return NULL;
    *lane = (struct lane){.audience = row->audience,
                          .last_at = l->from ? l->from->at : INT64_MAX,
                          .last_id = l->from ? l->from->id : "",
                          .state = l->order == BY_CHANGE ? row->state : ""};
    m->opened[(size_t)row->audience / 64] |= UINT64_C(1) << (row->audience % 64);
    m->behind++;
    return lane;
}

/* The next one, and, where a question is a round trip, with it those that are asked for next. */
static int open_some(struct listing *l, struct merge *m, const struct tally_row *row)
{
    struct lane *lanes[LANES_AT_ONCE];
    size_t n = 0;
    int e;

    do {
        if (!(lanes[n++] = lane_new(l, m, row)))
            return -ENOMEM;
    } while (n < m->at_once && (row = next_candidate(l, m)));
    m->at_once = MIN_OF(m->at_once * m->at_once, LANES_AT_ONCE);
    e = read_lanes(l, lanes, n);
    for (size_t i = 0; !e && i < n; i++)
        if (!(e = fill_lane(l, lanes[i])) && lanes[i]->next < lanes[i]->n)
            e = push(l, m, lanes[i]);
    return e;
}

static int open_lanes(struct listing *l, struct merge *m)
{
    const struct tally_row *row;
    int e = 0;

    while (!e && (row = next_candidate(l, m)) && (!m->n || may_come_first(l, row, m->at[0])))
        e = open_some(l, m, row);
    return e;
}

static int list_lanes(struct listing *l)
{
    size_t n_opened = (size_t)l->sum->last_audience / 64 + 1;
    struct merge m = {.opened = arena_alloc_n(l->sc.arena, n_opened, sizeof(*m.opened)),
                      .at_once = store_kind(l->sc.e->store) == STORE_POSTGRES ? LANES_AT_FIRST : 1};
    int e = 0;

    if (!m.opened)
        return -ENOMEM;
    memset(m.opened, 0, n_opened * sizeof(*m.opened));
    while (!e && l->want) {
        struct lane *top;

        if ((e = open_lanes(l, &m)) || !m.n)
            break;
        top = m.at[0];
        e = take(l, top->ids[top->next++]);
        if (e)
            break;
        if ((e = fill_lane(l, top)))
            break;
        if (top->next == top->n)
            m.at[0] = m.at[--m.n];
        sink(l, &m, 0);
    }
    return MIN_OF(e, 0);
}

/* ---- walk ---- */

struct walk {
    int64_t at;
    char id[128];
    uint64_t left; /* rows that may still be read before this was the wrong way */
    unsigned chunk;
};

static int query_walk(struct listing *l, const struct walk *w, struct rows **ret)
{
    static const enum store_stmt ids[] = {STMT_RECORD_WALK_ID, STMT_RECORD_WALK_BACK_ID}, opened[] = {STMT_RECORD_WALK_OPENED, STMT_RECORD_WALK_BACK_OPENED},
                                 changed[] = {STMT_RECORD_WALK, STMT_RECORD_WALK_BACK};
    struct store *s = l->sc.e->store;

    if (l->order == BY_ID)
        return store_failed(STORE_QUERY(s, ret, ids[l->back], V_TEXT(l->reg->id), V_TEXT(w->id), V_INT(w->chunk)));
    return store_failed(STORE_QUERY(s, ret, l->order == BY_OPENING ? opened[l->back] : changed[l->back], V_TEXT(l->reg->id), V_INT(w->at),
                                    V_TEXT(w->id), V_INT(w->chunk)));
}

/* 1: the page is full, or nothing is left. */
static int walk_chunk(struct listing *l, struct walk *w)
{
    ROWS_AUTO *rows = NULL;
    int e = query_walk(l, w, &rows);
    unsigned n = 0;

    while (!e && (e = rows_next(rows)) > 0) {
        const char *id = rows_text(rows, 0);

        e = 0;
        if (sight_may_see(l->sight, rows_int(rows, 3)) && state_fits(l->reg, l->q->state, rows_text(rows, 1)) && (e = take(l, id)))
            break;
        if (++n == w->chunk) {
            w->at = rows_int(rows, 2);
            snprintf(w->id, sizeof(w->id), "%s", id);
        }
    }
    w->left -= MIN_OF(w->left, n);
    return e ? e : n < w->chunk;
}

/* Where the first one can stand: what lies before is not his. Or at the place, when that lies behind. */
static void start_walk(const struct listing *l, struct walk *w)
{
    const struct tally_row *first = &l->tally->rows[l->sum->first];
    struct list_place start = {(l->order == BY_OPENING ? first->opened_us : first->changed_us) + 1, ""};
    size_t len = strlen(first->first_id);

    if (l->order == BY_ID && len)
        memcpy(w->id, first->first_id, len - 1);
    start.id = w->id;
    if (l->from && (l->back || compare_places(l->order, l->from, &start) > 0)) {
        start.at = l->from->at;
        snprintf(w->id, sizeof(w->id), "%s", l->from->id);
    }
    w->at = start.at;
}

/* About so many rows are walked over for so many of his. */
static double rows_for(const struct listing *l, size_t n)
{
    return (double)n * (double)l->sum->all / (double)l->sum->total;
}

/* Most lanes begin before a place, so all are opened there. */
static bool walk_is_cheaper(const struct listing *l)
{
    size_t n = l->skip + l->want, lanes = l->from ? l->sum->lanes : MIN_OF(l->sum->lanes, n);

    return rows_for(l, n) < (double)n + (double)LANE_COST * (double)lanes;
}

/* 1: his records lie far behind those of others; nothing was found. */
static int list_walk(struct listing *l)
{
    size_t skip = l->skip, want = l->want;
    double rows = rows_for(l, skip + want);
    struct walk w = {.left = 1000 + (uint64_t)(4 * rows), .chunk = (unsigned)MIN_OF(rows * 1.25 + 16, (double)WALK_CHUNK)};
    int e = 0;

    start_walk(l, &w);
    while (!e && w.left)
        e = walk_chunk(l, &w);
    if (e < 0)
        return e;
    if (e)
        return 0;
    l->skip = skip;
    l->want = want;
    l->n_ids = 0;
    return 1;
}

/* ---- a whole register ---- */

static void list_count(const struct listing *l, struct tally_sum *sum)
{
    const struct tally *t = l->tally;

    for (size_t i = 0; i < t->n; i++) {
        sum->all += t->rows[i].n;
        if (!row_belongs(l, &t->rows[i]))
            continue;
        sum->total += t->rows[i].n;
        sum->last_audience = MAX_OF(sum->last_audience, t->rows[i].audience);
        sum->lanes++;
    }
    for (size_t i = 0; sum->lanes && sum->first < 0; i++)
        if (row_belongs(l, &t->rows[t->order[l->by][i]]))
            sum->first = t->order[l->by][i];
}

/* How many stand behind the page is known, as all are counted; it is as large as before, or what is left. */
static void count_from_end(struct listing *l)
{
    size_t shown = MIN_OF(l->want - 1, (size_t)l->total - l->skip);

    l->by_number = (struct list_place){INT64_MIN, l->order == BY_ID ? ID_LAST : ""};
    l->from = &l->by_number;
    l->back = l->is_from_end = true;
    l->skip = (size_t)l->total - l->skip - shown;
    l->want = shown;
}

/* The last page that can be counted up to from the beginning, or the first one from the end: whichever is nearer. `counted`: as far as a strip goes. */
static void find_nearest(struct listing *l, size_t size, size_t counted)
{
    size_t depth = l->sc.e->list_depth, near = MAX_OF(depth, counted ? counted - 1 : 0), far = (size_t)l->total - depth - 1;

    near -= near % size;
    far -= far % size;
    l->nearest = l->skip - near <= far - l->skip ? near : far;
    l->is_too_far = true;
}

static bool fits_list(const void *arg, const char *state)
{
    const struct listing *l = arg;

    return state_fits(l->reg, l->q->state, state);
}

/* 1: it begins at a place now. */
static int count_from_begin(struct listing *l)
{
    const struct strip_ask ask = {.reg = l->reg->id, .order = l->by, .seq = tally_counter(l->sc.e->tallies, l->reg->id), .sight = l->sight,
                                  .state = l->q->state, .text = l->reg, .fits = fits_list, .arg = l, .skip = l->skip};
    int e = ask.seq ? strip_find(l->sc.e->strips, l->sc.e->store, &ask, &l->jump) : 0;

    if (e <= 0)
        return e;
    l->by_number = (struct list_place){l->jump.at, l->jump.id};
    l->from = l->jump.is_begin ? NULL : &l->by_number;
    l->skip = l->jump.skip;
    return 1;
}

static size_t counted_from(const struct listing *l)
{
    return MIN_OF((size_t)COUNTED_FROM, l->sc.e->list_depth + 1);
}

/* A page by its number, which is not among the first ones. */
static int count_up_to(struct listing *l)
{
    size_t size = l->want - 1, behind = (size_t)l->total - MIN_OF((size_t)l->total, l->skip + size);
    int e = behind < counted_from(l) ? 0 : count_from_begin(l);

    if (e)
        return MIN_OF(e, 0);
    if (MIN_OF(l->skip, behind) > l->sc.e->list_depth)
        find_nearest(l, size, l->jump.skip);
    else if (l->skip > behind)
        count_from_end(l);
    return 0;
}

static int list_all(struct listing *l)
{
    struct tallies *tallies = l->sc.e->tallies;
    struct tally_sum *sum;
    bool known;
    int e = tally_of(tallies, l->sc.e->store, l->reg->id, &l->tally);

    if (e)
        return e;
    sum = tally_sum(tallies, l->reg, sight_serial(l->sight), l->by, l->q->state, &known);
    if (!known)
        list_count(l, sum);
    l->sum = sum;
    l->total = sum->total;
    if (!l->want || l->skip >= l->total)
        return 0;
    if (!l->from && l->skip >= counted_from(l) && ((e = count_up_to(l)) || l->is_too_far))
        return e;
    if (walk_is_cheaper(l) && (e = list_walk(l)) <= 0)
        return e;
    return list_lanes(l);
}

/* ---- those with a value, or kept long enough: each one in sight is counted, none is loaded that is not shown, and nothing else is read ---- */

static bool is_over(const struct listing *l)
{
    return !strcmp(l->q->state, LIST_OVER);
}

/* A digest, or a text of another record, finds no more than what the list would show of it: else whoever does not see what it is of could try values
 * until one is found. 1: it is shown. */
static int key_is_shown(struct listing *l, const struct field *f, const char *id, int64_t audience)
{
    struct record *r;
    int e;

    if (!f || !digest_is_in(f))
        return 1;
    if ((e = name_stays_sealed(&l->sc, audience)))
        return MIN_OF(e, 0);
    if (l->n_looked++ % LOOKED_MAX == 0) { /* what was loaded is let go */
        stage_done(&l->look);
        e = stage_open(&l->look, l->sc.e, l->sc.actor->id, l->sc.now_us);
    }
    if (!e)
        e = stage_record(&l->look, id, &r);
    return e ? MIN_OF(e, 0) : digest_is_told(&l->look, true, r, f, l->key);
}

struct keyed { /* those of one value, or of all */
    struct listing *l;
    const struct field *f; /* NULL: of all */
    int64_t audience;
    struct first found;
};

/* A row has the record, its state, when it was changed and opened, and its last day. */
static int one_of_key(void *arg, struct rows *row)
{
    struct keyed *k = arg;
    struct listing *l = k->l;
    struct list_place place;
    int e;

    if (!state_fits(l->reg, l->q->state, rows_text(row, 1)) || (is_over(l) && (rows_is_null(row, 4) || rows_int(row, 4) >= l->sc.today)))
        return 0;
    if ((e = key_is_shown(l, k->f, rows_text(row, 0), k->audience)) <= 0)
        return e;
    l->total++;
    place = (struct list_place){l->order == BY_ID ? 0 : rows_int(row, l->order == BY_OPENING ? 3 : 2), rows_text(row, 0)};
    return is_behind(l, &place) ? first_put(&k->found, place.at, place.id, "") : 0;
}

static int with_key(struct keyed *k)
{
    const struct listing *l = k->l;
    char behind[128] = "";
    size_t n;
    int e;

    do {
        ROWS_AUTO *rows = NULL;

        e = store_failed(STORE_QUERY(l->sc.e->store, &rows, STMT_INDEX_OF_AUDIENCE, V_TEXT(l->reg->id), V_TEXT(l->q->field), V_TEXT(l->key),
                                     V_INT(k->audience), V_TEXT(behind), V_INT(WALK_CHUNK)));
        for (n = 0; !e && (e = rows_next(rows)) > 0; n++) {
            snprintf(behind, sizeof(behind), "%s", rows_text(rows, 0));
            e = one_of_key(k, rows);
        }
    } while (!e && n == WALK_CHUNK);
    return e;
}

/* As the rows have it, however it is typed. */
static int row_key(struct listing *l, const struct field *f)
{
    CLEANUP(buf_done) struct buf key = {0};
    JSON_AUTO *typed = json_string(l->q->key);
    int e;

    struct digest d;

    l->key = l->q->key;
    if (field_of_key(f).type == FIELD_DIGEST && !digest_is_keyed(l->q->key)) {
        char *keyed = arena_alloc(l->sc.arena, DIGEST_KEYED_SIZE);

        if (!keyed || (e = digest_read(str_of(l->q->key), &d)) < 0)
            return -ENOMEM;
        l->key = keyed;
        return e ? (*keyed = '\0', 0) : digest_keyed(l->sc.e->store, &d, keyed);
    }
    if (!field_key_is_folded(f))
        return 0;
    if (!typed)
        return utf8_is_valid(str_of(l->q->key)) ? -ENOMEM : 0;
    buf_init(&key, 4096);
    if ((e = index_key(f, typed, &key)))
        return MIN_OF(e, 0);
    l->key = arena_strdup(l->sc.arena, buf_str(&key));
    return l->key ? 0 : -ENOMEM;
}

/* Audience by audience of those in sight that have some. */
static int find_keyed(struct keyed *k)
{
    const struct listing *l = k->l;
    struct value with[] = {V_TEXT(l->reg->id), V_TEXT(l->q->field), V_TEXT(l->key), V_INT(0)}, kept[] = {V_TEXT(l->reg->id), V_INT(0)};
    int e;

    do {
        e = store_failed(k->f ? sight_walk(l->sight, l->sc.e->store, STMT_INDEX_AUDIENCE, with, ARRAY_LEN(with), &k->audience)
                              : sight_walk(l->sight, l->sc.e->store, STMT_RECORD_KEPT_AUDIENCE, kept, ARRAY_LEN(kept), &k->audience));
        if (!e && k->audience)
            e = k->f ? with_key(k) : over_of_audience(&k->l->sc, l->reg->id, k->audience, one_of_key, k);
    } while (!e && k->audience);
    return e;
}

/* `f` NULL: of all values. */
static int list_by_key(struct listing *l, const struct field *f)
{
    size_t depth = l->sc.e->list_depth, skip = MIN_OF(l->skip, depth);
    struct keyed k = {.l = l, .f = f, .found = {.max = l->want ? skip + l->want : 0, .is_newest = (l->order != BY_ID) != l->back}};
    int e = f ? row_key(l, f) : 0;

    if (!e)
        e = first_init(&k.found, l->sc.arena);
    if (!e)
        e = find_keyed(&k);
    if (e)
        return e;
    if (skip < l->skip && l->skip < l->total) {
        l->is_too_far = true;
        l->nearest = depth - depth % (l->want - 1);
        return 0;
    }
    if (skip < l->skip) /* there is no such page */
        return 0;
    first_sort(&k.found);
    for (size_t i = skip; i < k.found.n; i++)
        l->ids[l->n_ids++] = k.found.rows[i].id;
    return 0;
}

/* ---- together ---- */

static int find_ids(struct listing *l)
{
    const struct field *f = *l->q->field ? reg_field(l->reg, l->q->field) : NULL;

    if (!*l->q->field)
        return is_over(l) ? list_by_key(l, NULL) : list_all(l);
    return f && field_is_indexed(f) ? list_by_key(l, f) : 0;
}

static enum order order_of(const char *sort)
{
    return !strcmp(sort, "id") ? BY_ID : !strcmp(sort, "opened") ? BY_OPENING : BY_CHANGE;
}

static void turn_round(const char **ids, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        const char *id = ids[i];

        ids[i] = ids[n - 1 - i];
        ids[n - 1 - i] = id;
    }
}

/* One more than are shown is looked for, which tells whether there are others; or it is known. */
static int find_page(struct listing *l, unsigned size, unsigned page, bool *ret_more)
{
    bool is_by_number = !l->from;
    size_t skip = is_by_number ? (size_t)(page - 1) * size : 0;
    int e;

    l->total = 0;
    l->n_ids = 0;
    l->is_too_far = false;
    l->skip = skip;
    l->want = size + 1;
    if ((e = find_ids(l)))
        return e;
    *ret_more = l->is_from_end ? skip + size < l->total : l->n_ids > size;
    l->n_ids = MIN_OF(l->n_ids, size);
    if (l->back)
        turn_round(l->ids, l->n_ids);
    if (is_by_number) { /* it is no page before or behind a place */
        l->from = NULL;
        l->back = l->is_from_end = false;
    }
    return 0;
}

static const char *place_of(const struct listing *l, struct arena *a, const struct list_row *row)
{
    static const char letters[] = {[BY_CHANGE] = 'c', [BY_OPENING] = 'o', [BY_ID] = 'i'};
    uint64_t at = l->order == BY_ID ? 0 : l->order == BY_OPENING ? row->opened_us : row->changed_us;

    return arena_printf(a, "%c%" PRIu64 "-%s", letters[l->order], at, row->id);
}

/* Behind a place the number is what the page says, as far as it can be. */
static uint64_t number_of(const struct list_rows *rows, unsigned size)
{
    uint64_t last = rows->total - MIN_OF(rows->total, rows->n); /* rows before those, if they were the last ones */
    uint64_t before = (uint64_t)(rows->page - 1) * size;

    return 1 + (rows->has_more ? MIN_OF(before, last - MIN_OF(last, UINT64_C(1))) : last);
}

static int list_page(struct listing *l, struct arena *a, unsigned size, unsigned page, struct list_rows *ret)
{
    bool more = false;
    int e = find_page(l, size, page, &more);

    if (!e && l->is_too_far) {
        page = (unsigned)(l->nearest / size) + 1;
        e = find_page(l, size, page, &more);
    }
    if (!e && l->back && !more) { /* the first page, then, and a whole one */
        l->from = NULL;
        l->back = false;
        page = 1;
        e = find_page(l, size, page, &more);
    }
    if (e)
        return e;
    *ret = (struct list_rows){.total = l->total, .page = page, .pages = (unsigned)((l->total + size - 1) / size), .has_more = more || l->back,
                              .has_before = l->from || page > 1};
    if (l->n_ids && (e = list_rows_read(&l->sc, l->sight, l->q, l->ids, l->n_ids, a, ret)))
        return e;
    ret->number = number_of(ret, size);
    ret->first = ret->n ? place_of(l, a, &ret->at[0]) : "";
    ret->last = ret->n ? place_of(l, a, &ret->at[ret->n - 1]) : "";
    if (ret->first && ret->last)
        return 0;
    list_rows_done(ret);
    return -ENOMEM;
}

static bool read_place(const char *text, const char *sort, struct list_place *ret)
{
    const char *end = strchr(text, '-');
    uint64_t at;

    if (!end || end == text || str_to_u64((struct str){text + 1, (size_t)(end - text) - 1}, 0, INT64_MAX, &at) || strlen(end + 1) >= LIST_PLACE_ID_MAX ||
        !utf8_is_valid(str_of(end + 1)))
        return false;
    *ret = (struct list_place){(int64_t)at, end + 1};
    switch (order_of(sort)) {
    case BY_ID:
        return *text == 'i' && !at;
    case BY_OPENING:
        return *text == 'o';
    default:
        return *text == 'c';
    }
}

bool list_place_fits(const char *place, const char *sort)
{
    struct list_place p;

    return read_place(place, sort, &p);
}

/* `a` NULL: only the total. */
static int list(struct listing *l, struct arena *a, struct list_rows *ret)
{
    unsigned size = MIN_OF(MAX_OF(l->q->page_size, 1u), PAGE_SIZE_MAX), page = MAX_OF(l->q->page, 1u);
    bool on = *l->q->behind, back = !on && *l->q->before;
    struct list_place from;
    int e;

    l->order = order_of(l->q->sort);
    l->by = l->order == BY_ID ? TALLY_BY_ID : l->order == BY_OPENING ? TALLY_BY_OPENING : TALLY_BY_CHANGE;
    if ((on || back) && !read_place(on ? l->q->behind : l->q->before, l->q->sort, &from))
        return -EINVAL;
    l->from = on || back ? &from : NULL;
    l->back = back;
    if ((e = sight_of_person(&l->sc, l->sc.actor, &l->sight)))
        return e;
    if (!(l->ids = arena_alloc_n(l->sc.arena, size + 1, sizeof(*l->ids))))
        return -ENOMEM;
    if (a)
        return list_page(l, a, size, page, ret);
    if ((e = find_ids(l)))
        return e;
    ret->total = l->total;
    return 0;
}

static int open_list(struct engine *e, const char *person, const struct list_query *q, struct arena *a, struct list_rows *ret)
{
    struct list_query filled = *q;
    struct listing l = {.q = &filled};
    int r = stage_open(&l.sc, e, person, engine_now(e));

    *ret = (struct list_rows){.page = 1, .first = "", .last = ""};
    filled.state = q->state ? q->state : "";
    filled.field = q->field ? q->field : "";
    filled.key = q->key ? q->key : "";
    filled.sort = q->sort ? q->sort : "";
    filled.behind = q->behind ? q->behind : "";
    filled.before = q->before ? q->before : "";
    if (!r)
        l.reg = engine_reg_on(e, q->reg, l.sc.today);
    if (!r && l.reg && l.sc.actor)
        r = list(&l, a, ret);
    sight_free(l.sight);
    stage_done(&l.look);
    stage_done(&l.sc);
    return r;
}

int engine_list_rows(struct engine *e, const char *person, const struct list_query *q, struct arena *a, struct list_rows *ret)
{
    return open_list(e, person, q, a, ret);
}

int engine_list_total(struct engine *e, const char *person, const struct list_query *q, uint64_t *ret)
{
    struct list_rows none;
    int r = open_list(e, person, q, NULL, &none);

    if (!r)
        *ret = none.total;
    return r;
}

/* ---- what is typed to find some ---- */

static int key_of(struct stage *sc, const struct field *f, const json_t *typed, struct buf *key, json_t *problems)
{
    const struct field one = field_of_key(f);
    struct sight *sight = NULL;
    JSON_AUTO *value = NULL;
    int e = sight_of_person(sc, sc->actor, &sight);

    if (!e)
        e = input_value(sc, &one, typed, sight, &value, problems);
    if (!e && value)
        e = index_key(&one, value, key);
    sight_free(sight);
    return ERR_FOLD(e);
}

int engine_list_key(struct engine *e, const char *person, const struct reg *reg, const struct field *f, struct str typed,
                    struct buf *key, json_t **ret_say)
{
    JSON_AUTO *v = json_stringn(typed.at ? typed.at : "", typed.len);
    JSON_AUTO *problems = json_array();
    struct stage sc;
    int r;

    if (!v || !problems)
        return -ENOMEM;
    r = stage_open(&sc, e, person, engine_now(e));
    sc.procedure = reg->procedure;
    if (!r && sc.actor)
        r = key_of(&sc, f, v, key, problems);
    stage_done(&sc);
    if (r || !json_array_size(problems))
        return r;
    *ret_say = json_incref(json_object_get(json_array_get(problems, 0), "say"));
    return 1;
}
