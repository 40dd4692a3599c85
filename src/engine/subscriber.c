#include "engine/subscriber.h"

#include "engine/inside.h"
#include "engine/intel.h"

#include <stdlib.h>

#define NOTED_US (UINT64_C(60) * 1000000u) /* of a reader who only goes on it is noted no oftener that he was there */

int subscriber_read(struct store *s, const char *person, const char *collection, struct subscriber *ret)
{
    ROWS_AUTO *row = NULL, *rows = NULL;
    size_t size = 0;
    int r = STORE_ONE(s, &row, STMT_INTEL_READER_GET, V_TEXT(collection), V_TEXT(person));

    *ret = (struct subscriber){.is_known = !r};
    if (r)
        return r == STORE_E_NONE ? 0 : store_failed(r);
    ret->level = (int)rows_int(row, 1);
    ret->upto = rows_int(row, 2);
    ret->last_us = rows_int(row, 4);
    r = STORE_QUERY(s, &rows, STMT_INTEL_SIGHT_LIST, V_TEXT(collection), V_TEXT(person));
    while (!r && (r = rows_next(rows)) == 1) {
        r = 0;
        if (ret->n == size) {
            struct sight_row *more = reallocarray(ret->rows, size = size ? 2 * size : 4, sizeof(*more));

            if (!more)
                return -ENOMEM;
            ret->rows = more;
        }
        ret->rows[ret->n++] = (struct sight_row){rows_int(rows, 0), rows_int(rows, 1), rows_int(rows, 2), rows_int(rows, 3),
                                                 {rows_int(rows, 4), rows_int(rows, 5), rows_int(rows, 6)}, rows_int(rows, 7), rows_int(rows, 8)};
    }
    return store_failed(r);
}

void subscriber_done(struct subscriber *b)
{
    free(b->rows);
    *b = (struct subscriber){.n = 0};
}

/* ---- places ---- */

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int place_cmp(const struct subscriber_place *a, const struct subscriber_place *b)
{
    int order = compare(a->opening, b->opening);

    if (!order)
        order = compare(a->under ? a->under : a->opening, b->under ? b->under : b->opening);
    return order ? order : compare(a->number, b->number);
}

static void lessen(struct subscriber_place *x, int64_t opening, int64_t number)
{
    struct subscriber_place y = {opening, number, 0};

    if (place_cmp(&y, x) < 0)
        *x = y;
}

/* The latest row of that shelf; NULL: he never saw it. */
static struct sight_row *latest(const struct subscriber *b, int64_t shelf)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->rows[i].shelf == shelf)
            return &b->rows[i];
    return NULL;
}

/* What of a shelf he has been told who stands at `at`: all up to that member, as they came into the collection. */
static struct subscriber_place told(const struct subscriber *b, int64_t shelf, const struct subscriber_place *at)
{
    struct subscriber_place x = {at->opening, at->under ? 0 : at->number, 0};

    for (size_t i = 0; i < b->n; i++) {
        const struct sight_row *r = &b->rows[i];
        struct subscriber_place inner = {at->under, at->number, 0}, after = {r->after_opening, r->after_number, 0};

        if (r->shelf != shelf || !r->since || r->since < at->opening)
            continue;
        if (r->since == at->opening && place_cmp(&inner, &after) > 0)
            after = inner;
        lessen(&x, after.opening, after.number);
    }
    return x;
}

/* ---- does it agree? ---- */

struct shelf_seen {
    int64_t shelf;
    bool is_seen;
};

/* The collection's shelves. */
static int read_shelves(struct store *s, const char *collection, const struct sight *sight, struct shelf_seen ret[STORE_INTEL_LEVELS], size_t *ret_n)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(s, &rows, STMT_INTEL_SHELVES_OF, V_TEXT(collection));

    *ret_n = 0;
    while (!r && (r = rows_next(rows)) == 1) {
        r = *ret_n == STORE_INTEL_LEVELS ? -EIO : 0;
        if (!r)
            ret[(*ret_n)++] = (struct shelf_seen){rows_int(rows, 0), sight_may_see(sight, rows_int(rows, 1))};
    }
    return store_failed(r);
}

static bool is_due_for(const struct subscriber *b, const struct shelf_seen *shelf, const struct subscriber_place *at)
{
    const struct sight_row *r = latest(b, shelf->shelf);
    bool is_open = r && r->until.opening < 0;

    if (shelf->is_seen || !at)
        return shelf->is_seen && !is_open;
    return is_open || (r && place_cmp(at, &r->until) < 0);
}

int subscriber_is_due(struct store *s, const struct subscriber *b, const char *collection, const struct sight *sight, const struct subscriber_place *at,
                      uint64_t now_us, bool *ret)
{
    struct shelf_seen shelves[STORE_INTEL_LEVELS];
    size_t n;
    int r = read_shelves(s, collection, sight, shelves, &n);

    *ret = !b->is_known || (int64_t)now_us < b->last_us || now_us - (uint64_t)b->last_us >= NOTED_US;
    for (size_t i = 0; !r && i < n; i++)
        *ret = *ret || is_due_for(b, &shelves[i], at);
    return r;
}

bool subscriber_agrees(struct store *s, const struct subscriber *b, const char *collection, const struct sight *sight)
{
    struct shelf_seen shelves[STORE_INTEL_LEVELS];
    size_t n;

    if (read_shelves(s, collection, sight, shelves, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct sight_row *r = latest(b, shelves[i].shelf);

        if (r && r->until.opening < 0 && !shelves[i].is_seen)
            return false;
    }
    return true;
}

/* ---- what the keeper does ---- */

/* Imports and what came into a reader's sight are counted together. */
int engine_next_opening(struct store *s, uint64_t now_us, int64_t *ret_opening, int64_t *ret_us)
{
    static const enum store_stmt last[] = {STMT_INTEL_OPENING_LAST, STMT_INTEL_SIGHT_LAST};
    int r = 0;

    *ret_opening = 1;
    *ret_us = (int64_t)now_us;
    for (size_t i = 0; !r && i < ARRAY_LEN(last); i++) {
        ROWS_AUTO *row = NULL;

        r = store_one(s, &row, last[i], NULL, 0);
        if (!r) {
            *ret_opening = MAX_OF(*ret_opening, rows_int(row, 0) + 1);
            *ret_us = MAX_OF(*ret_us, rows_int(row, 1)); /* TX2 */
        }
        r = r == STORE_E_NONE ? 0 : store_failed(r);
    }
    return r;
}

struct asking {
    struct store *s;
    const char *person, *collection;
    struct subscriber b;
    const struct subscriber_place *at;
    int64_t since, at_us, span; /* of this poll's own opening; since 0: it needs none */
    int64_t n_missed;           /* of the shelf at hand */
    uint64_t now_us;
};

static int set_until(struct asking *a, const struct sight_row *r, const struct subscriber_place *until)
{
    return store_failed(STORE_RUN(a->s, STMT_INTEL_SIGHT_UNTIL, V_TEXT(a->collection), V_TEXT(a->person), V_INT(r->shelf), V_INT(r->since),
                                  V_INT(until->opening), V_INT(until->number), V_INT(until->under)));
}

static int add_row(struct asking *a, int64_t shelf, int64_t since, const struct subscriber_place *after)
{
    return store_failed(STORE_RUN(a->s, STMT_INTEL_SIGHT_ADD, V_TEXT(a->collection), V_TEXT(a->person), V_INT(shelf), V_INT(since), V_INT(after->opening),
                                  V_INT(after->number), V_INT(since ? a->at_us : 0), V_INT(since ? a->span : 0)));
}

/* What he was told of it before it went out of sight; nothing where it never was in. */
static struct subscriber_place behind(const struct asking *a, int64_t shelf)
{
    const struct sight_row *r = latest(&a->b, shelf);

    return r ? told(&a->b, shelf, &r->until) : (struct subscriber_place){0, 0, 0};
}

/* Openings by which something came onto a shelf behind his place there: how many, and the microseconds that the runs of all of them take. */
static int look_back(struct asking *a, const struct shelf_seen *shelves, size_t n, bool is_counted[STORE_INTEL_LEVELS])
{
    struct subscriber_place after[STORE_INTEL_LEVELS];
    int64_t from = INT64_MAX, last = 0;
    ROWS_AUTO *rows = NULL;
    int r;

    for (size_t i = 0; i < n; i++) {
        const struct sight_row *row = latest(&a->b, shelves[i].shelf);

        after[i] = behind(a, shelves[i].shelf);
        is_counted[i] = false;
        if (shelves[i].is_seen && !(row && row->until.opening < 0))
            from = MIN_OF(from, after[i].opening);
        else
            after[i].opening = INT64_MAX;
    }
    if (from == INT64_MAX)
        return 0;
    r = STORE_QUERY(a->s, &rows, STMT_INTEL_MEMBERS, V_TEXT(a->collection), V_INT(from - 1));
    while (!r && (r = rows_next(rows)) == 1) {
        int64_t opening = rows_int(rows, 2), span = rows_int(rows, 6);

        r = 0;
        for (size_t i = 0; i < n; i++) {
            if (rows_int(rows, 1) != shelves[i].shelf || !sight_row_is_behind(after[i].opening, after[i].number, opening, span))
                continue;
            is_counted[i] = true;
            a->span += opening == last ? 0 : span;
            last = opening;
        }
    }
    return store_failed(r);
}

static int take_shelf(struct asking *a, const struct shelf_seen *shelf, bool has_missed)
{
    static const struct subscriber_place open = {-1, 0, 0};
    const struct sight_row *r = latest(&a->b, shelf->shelf);
    bool is_open = r && r->until.opening < 0;
    struct subscriber_place after = behind(a, shelf->shelf);

    if (!shelf->is_seen)
        return r && a->at && (is_open || place_cmp(a->at, &r->until) < 0) ? set_until(a, r, a->at) : 0;
    if (is_open)
        return 0;
    if (!a->b.is_known || (!r && !has_missed))
        return add_row(a, shelf->shelf, 0, &(struct subscriber_place){0, 0, 0});
    return has_missed ? add_row(a, shelf->shelf, a->since, &after) : set_until(a, r, &open);
}

static int take_shelves(struct asking *a, const struct sight *sight)
{
    struct shelf_seen shelves[STORE_INTEL_LEVELS];
    bool has_missed[STORE_INTEL_LEVELS] = {false};
    size_t n;
    int r = read_shelves(a->s, a->collection, sight, shelves, &n);

    if (!r && a->b.is_known)
        r = look_back(a, shelves, n, has_missed);
    if (!r && a->span)
        r = engine_next_opening(a->s, a->now_us, &a->since, &a->at_us);
    for (size_t i = 0; !r && i < n; i++)
        r = take_shelf(a, &shelves[i], has_missed[i]);
    return r;
}

int subscriber_enter(struct store *s, const struct subscriber_asks *who, const struct sight *sight, int level, uint64_t now_us)
{
    struct asking a = {.s = s, .person = who->person, .collection = who->collection, .at = who->at, .now_us = now_us};
    int r = subscriber_read(s, who->person, who->collection, &a.b);

    if (!r)
        r = take_shelves(&a, sight);
    if (!r)
        r = store_failed(STORE_RUN(s, STMT_INTEL_READER_SET, V_TEXT(who->collection), V_TEXT(who->person), V_TEXT(who->program), V_INT(level),
                                   V_INT(who->at ? who->at->opening : a.b.upto), V_INT(now_us)));
    subscriber_done(&a.b);
    return r;
}

int subscriber_ask(struct engine *e, const struct subscriber_asks *who, uint64_t now_us)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    enum release_answer answer;
    int level = 0, r = engine_intel_level(e, who->person, who->collection, RELEASE_API, now_us, &level, &answer);

    if (!r && !level)
        r = ENGINE_INTEL_E_NONE;
    if (!r)
        r = engine_sight_at_most(e, who->person, level, now_us, &sight);
    return r ? r : subscriber_enter(e->store, who, sight, level, now_us);
}

int subscriber_each(struct store *s, const json_t *collections, subscriber_fn *call, void *context)
{
    char *ids = json_dumps(collections, JSON_COMPACT);
    ROWS_AUTO *rows = NULL;
    int r = ids ? store_failed(STORE_QUERY(s, &rows, STMT_INTEL_READERS, V_TEXT(ids))) : -ENOMEM;

    while (!r && (r = rows_next(rows)) == 1) {
        const struct subscriber_known k = {rows_text(rows, 0), rows_text(rows, 1), rows_text(rows, 2), (int)rows_int(rows, 3), rows_int(rows, 4),
                                           rows_int(rows, 5)};

        r = call(&k, context);
    }
    free(ids);
    return r;
}
