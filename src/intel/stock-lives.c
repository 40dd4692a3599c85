#include "intel/stock-lives.h"

#include "intel/stock-inside.h"
#include "store/intel.h"

#include <errno.h>
#include <stdlib.h>

#define REPORTS_MAX 100000u /* of one indicator */

/* ---- a range of ends ---- */

struct ends {
    const struct sight *sight;
    int64_t behind_us, until_us;
    stock_end_fn *call;
    void *context;
};

/* The indicator is in sight, and it and what says so are there. */
static bool counts(const struct stock *k, const struct sight *sight, int64_t number, int64_t lies, int64_t told)
{
    return stock_may_see(k, sight, lies) && stock_has(k, number) && (told == number || stock_has(k, told));
}

static int tell_ends(struct stock *k, int64_t audience, int64_t run, void *context)
{
    const struct ends *e = context;
    int64_t end_us = e->behind_us, number = INT64_MAX, lies = INT64_MAX, told = INT64_MAX;
    bool any;
    int r = 0;

    do {
        ROWS_AUTO *rows = NULL;

        any = false;
        r = STORE_QUERY(k->place, &rows, STMT_INTEL_ENDING_LIST, V_INT(audience), V_INT(run), V_INT(end_us), V_INT(number), V_INT(lies), V_INT(told));
        while (!r && (r = rows_next(rows)) == 1) {
            end_us = rows_int(rows, 0);
            number = rows_int(rows, 1);
            lies = rows_int(rows, 2);
            told = rows_int(rows, 3);
            if (end_us > e->until_us)
                return 0;
            any = true;
            r = counts(k, e->sight, number, lies, told) ? e->call((struct stock_ref){lies, number}, end_us, e->context) : 0;
        }
    } while (!r && any);
    return r;
}

int stock_ends(struct stock *k, const struct sight *sight, int64_t behind_us, int64_t until_us, stock_end_fn *call, void *context)
{
    struct ends e = {sight, behind_us, until_us, call, context};
    int r;

    if (!k->place)
        return 0;
    r = stock_snapshot(k);
    if (r)
        return r;
    r = stock_each_place(k, sight, tell_ends, &e);
    store_end_read(k->place);
    return r;
}

struct revoked {
    const struct sight *sight;
    unsigned max;
    stock_end_fn *call;
    void *context;
};

static int tell_revoked(struct stock *k, int64_t audience, int64_t run, void *context)
{
    const struct revoked *v = context;
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(k->place, &rows, STMT_INTEL_ENDING_REVOKED, V_INT(audience), V_INT(run), V_INT(v->max));

    while (!r && (r = rows_next(rows)) == 1) {
        const struct stock_ref ref = {rows_int(rows, 1), rows_int(rows, 0)};

        r = counts(k, v->sight, ref.number, ref.audience, rows_int(rows, 2)) ? v->call(ref, 0, v->context) : 0;
    }
    return r;
}

int stock_revoked(struct stock *k, const struct sight *sight, unsigned max, stock_end_fn *call, void *context)
{
    struct revoked v = {sight, max, call, context};
    int r = k->place ? stock_snapshot(k) : 0;

    if (!k->place || r)
        return r;
    r = stock_each_place(k, sight, tell_revoked, &v);
    store_end_read(k->place);
    return r;
}

/* ---- one life ---- */

struct living {
    const struct sight *sight;
    struct stock_ref ref;
    struct str id;
    bool is_there;
    struct stock_life *life;
    struct report {
        size_t own, own_len, version, version_len; /* in `texts` */
        int64_t number, at_us, n;
        enum segment_life kind;
    } *reports;
    size_t n_reports, reports_size;
    struct told_end {
        int64_t end_us, told;
    } *ends; /* by reports */
    size_t n_ends, ends_size;
    struct buf texts;
};

static void living_done(struct living *l)
{
    free(l->reports);
    free(l->ends);
    buf_done(&l->texts);
}

static void *grow(void *at, size_t n, size_t *size, size_t item)
{
    void *more = at;

    if (n == *size) {
        *size = *size ? 2 * *size : 16;
        more = reallocarray(at, *size, item);
    }
    return more;
}

static int take_end(struct living *l, int64_t end_us, int64_t told)
{
    struct told_end *more;

    if (told == l->ref.number) {
        l->life->own_us = end_us;
        return 0;
    }
    more = grow(l->ends, l->n_ends, &l->ends_size, sizeof(*more));
    if (!more)
        return -ENOMEM;
    l->ends = more;
    l->ends[l->n_ends++] = (struct told_end){end_us, told};
    return 0;
}

static int find_ends(struct stock *k, struct living *l, int64_t audience, int64_t run)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(k->place, &rows, STMT_INTEL_ENDING_OF, V_INT(audience), V_INT(run), V_INT(l->ref.number));

    while (!r && (r = rows_next(rows)) == 1)
        r = rows_int(rows, 2) == l->ref.audience && counts(k, l->sight, l->ref.number, l->ref.audience, rows_int(rows, 3))
                ? take_end(l, rows_int(rows, 0), rows_int(rows, 3))
                : 0;
    return r;
}

static int take_report(struct stock *k, struct living *l, struct rows *row)
{
    struct str own = rows_str(row, 0), version = rows_str(row, 1);
    struct report *more;

    if (!stock_has(k, rows_int(row, 2)))
        return 0;
    more = l->n_reports < REPORTS_MAX ? grow(l->reports, l->n_reports, &l->reports_size, sizeof(*more)) : l->reports;
    if (!more)
        return -ENOMEM;
    l->reports = more;
    if (l->n_reports == REPORTS_MAX)
        return 0;
    l->reports[l->n_reports++] = (struct report){.own = l->texts.len,
                                                 .own_len = own.len,
                                                 .version = l->texts.len + own.len,
                                                 .version_len = version.len,
                                                 .number = rows_int(row, 2),
                                                 .kind = (enum segment_life)rows_int(row, 3),
                                                 .at_us = rows_int(row, 4),
                                                 .n = rows_int(row, 5)};
    return buf_add_str(&l->texts, own) ?: buf_add_str(&l->texts, version);
}

static int find_reports(struct stock *k, struct living *l, int64_t audience, int64_t run)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(k->place, &rows, STMT_INTEL_SIGHTING_LIST, V_INT(audience), V_INT(run), V_STR(l->id));

    while (!r && (r = rows_next(rows)) == 1)
        r = take_report(k, l, rows);
    return r;
}

static int find_self(struct stock *k, struct living *l)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(k->place, &row, STMT_INTEL_LIFE_GET, V_STR(l->id), V_INT(l->ref.number), V_INT(l->ref.audience));

    if (r)
        return r == STORE_E_NONE ? 0 : r;
    l->life->from_us = rows_int(row, 1);
    l->life->until_us = rows_int(row, 2);
    l->is_there = true;
    return 0;
}

static int find_place(struct stock *k, int64_t audience, int64_t run, void *context)
{
    struct living *l = context;
    int r = find_ends(k, l, audience, run) ?: find_reports(k, l, audience, run);

    return r || audience != l->ref.audience || l->is_there ? r : find_self(k, l);
}

static struct str own_of(const struct living *l, const struct report *r)
{
    return (struct str){l->texts.at + r->own, r->own_len};
}

static int report_cmp(const void *a, const void *b, void *context)
{
    const struct living *l = context;
    const struct report *x = a, *y = b;
    int order = str_cmp(own_of(l, x), own_of(l, y));

    if (!order)
        order = str_cmp((struct str){l->texts.at + x->version, x->version_len}, (struct str){l->texts.at + y->version, y->version_len});
    return order ? order : x->number < y->number ? -1 : x->number > y->number;
}

/* The kind that the newest version of the report with that number has. */
static enum segment_life kind_of(const struct living *l, int64_t number)
{
    for (size_t i = 0; i < l->n_reports; i++)
        if (l->reports[i].number == number) {
            while (i + 1 < l->n_reports && str_eq(own_of(l, &l->reports[i]), own_of(l, &l->reports[i + 1])))
                i++;
            return l->reports[i].kind;
        }
    return SEGMENT_VOID;
}

static void count_report(struct stock_life *life, const struct report *r)
{
    switch (r->kind) {
    case SEGMENT_SIGHTING:
        life->n_reports++;
        life->n_seen += (uint64_t)r->n;
        life->first_seen_us = life->first_seen_us ? MIN_OF(life->first_seen_us, r->at_us) : r->at_us;
        life->last_seen_us = MAX_OF(life->last_seen_us, r->at_us);
        break;
    case SEGMENT_FALSE:
        life->n_false++;
        life->last_false_us = MAX_OF(life->last_false_us, r->at_us);
        break;
    case SEGMENT_WITHDRAWAL:
        life->withdrawn_us = life->withdrawn_us ? MIN_OF(life->withdrawn_us, r->at_us) : r->at_us;
        break;
    default:
        break;
    }
}

static void count_reports(struct living *l)
{
    if (l->n_reports)
        qsort_r(l->reports, l->n_reports, sizeof(*l->reports), report_cmp, l);
    for (size_t i = 0; i < l->n_reports; i++)
        if (i + 1 == l->n_reports || !str_eq(own_of(l, &l->reports[i]), own_of(l, &l->reports[i + 1])))
            count_report(l->life, &l->reports[i]);
}

static void cut(struct stock_life *life, int64_t at_us, enum stock_why why)
{
    if (at_us >= life->end_us)
        return;
    life->end_us = at_us;
    life->why = why;
}

static void decide(struct living *l)
{
    struct stock_life *life = l->life;

    life->end_us = life->own_us;
    life->why = life->own_us == DECAY_NEVER ? STOCK_WHY_NEVER : life->own_us == life->until_us ? STOCK_WHY_UNTIL : STOCK_WHY_DECAY;
    for (size_t i = 0; i < l->n_ends; i++)
        if (l->ends[i].end_us > life->end_us && kind_of(l, l->ends[i].told) == SEGMENT_SIGHTING) {
            life->end_us = l->ends[i].end_us;
            life->why = life->end_us == life->until_us ? STOCK_WHY_UNTIL : STOCK_WHY_SEEN;
        }
    if (life->n_false && life->last_false_us >= MAX_OF(life->from_us, life->last_seen_us))
        cut(life, life->last_false_us, STOCK_WHY_FALSE);
    if (life->withdrawn_us)
        cut(life, life->withdrawn_us, STOCK_WHY_WITHDRAWN);
    if (!life->until_us) {
        life->end_us = 0;
        life->why = STOCK_WHY_REVOKED;
    }
}

int stock_life(struct stock *k, const struct sight *sight, struct stock_ref ref, struct str id, struct stock_life *ret)
{
    CLEANUP(living_done) struct living l = {.sight = sight, .ref = ref, .id = id, .life = ret};
    int r = k->place && stock_may_see(k, sight, ref.audience) && stock_has(k, ref.number) ? 0 : STOCK_E_NONE;

    *ret = (struct stock_life){0};
    buf_init(&l.texts, 64u << 20);
    if (!r)
        r = stock_snapshot(k);
    if (r)
        return r;
    r = stock_each_place(k, sight, find_place, &l);
    store_end_read(k->place);
    if (r || !l.is_there)
        return r ? r : STOCK_E_NONE;
    count_reports(&l);
    decide(&l);
    return 0;
}

/* ---- the last reports ---- */

struct telling {
    enum segment_life kind;
    stock_report_fn *call;
    void *context;
};

static int tell_reports(struct stock *k, int64_t audience, int64_t run, void *context)
{
    const struct telling *t = context;
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(k->place, &rows, STMT_INTEL_SIGHTING_LAST, V_INT(audience), V_INT(run), V_INT(t->kind));

    while (!r && (r = rows_next(rows)) == 1) {
        const struct stock_report report = {rows_str(rows, 0), t->kind, rows_int(rows, 2), (uint64_t)rows_int(rows, 3)};

        r = stock_opened_of(k, STOCK_RUN(rows_int(rows, 1))) ? t->call(&report, t->context) : 0;
    }
    return r;
}

int stock_reports(struct stock *k, const struct sight *sight, enum segment_life kind, stock_report_fn *call, void *context)
{
    struct telling t = {kind, call, context};
    int r = k->place ? stock_snapshot(k) : 0;

    if (!k->place || r)
        return r;
    r = stock_each_place(k, sight, tell_reports, &t);
    store_end_read(k->place);
    return r;
}

/* ---- all that are current ---- */

struct stock_current {
    struct current_row {
        int64_t number, lies, end_us;
    } *at;
    size_t n, size;
    struct buf ids; /* of which more was said than that they were seen, each with a zero behind it */
};

void stock_current_free(struct stock_current *c)
{
    if (!c)
        return;
    free(c->at);
    buf_done(&c->ids);
    free(c);
}

static int add_current(struct stock_ref ref, int64_t end_us, void *context)
{
    struct stock_current *c = context;
    struct current_row *more = grow(c->at, c->n, &c->size, sizeof(*more));

    if (!more)
        return -ENOMEM;
    c->at = more;
    c->at[c->n++] = (struct current_row){ref.number, ref.audience, end_us};
    return 0;
}

static int current_cmp(const void *a, const void *b)
{
    const struct current_row *x = a, *y = b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->lies < y->lies ? -1 : x->lies > y->lies;
}

/* One row each, with its last end. */
static void settle(struct stock_current *c)
{
    size_t n = 0;

    if (c->n)
        qsort(c->at, c->n, sizeof(*c->at), current_cmp);
    for (size_t i = 0; i < c->n; i++)
        if (n && !current_cmp(&c->at[n - 1], &c->at[i]))
            c->at[n - 1].end_us = MAX_OF(c->at[n - 1].end_us, c->at[i].end_us);
        else
            c->at[n++] = c->at[i];
    c->n = n;
}

static struct current_row *row_of(const struct stock_current *c, struct stock_ref ref)
{
    struct current_row key = {.number = ref.number, .lies = ref.audience};

    return c->n ? bsearch(&key, c->at, c->n, sizeof(key), current_cmp) : NULL;
}

static int add_id(struct stock *k, int64_t audience, int64_t run, void *context)
{
    struct stock_current *c = context;
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(k->place, &rows, STMT_INTEL_SIGHTING_OTHERS, V_INT(audience), V_INT(run), V_INT(SEGMENT_SIGHTING));

    while (!r && (r = rows_next(rows)) == 1)
        r = stock_has(k, rows_int(rows, 1)) ? buf_add_str(&c->ids, rows_str(rows, 0)) ?: buf_add_char(&c->ids, '\0') : 0;
    return r;
}

static int find_ids(struct stock *k, const struct sight *sight, struct stock_current *c)
{
    int r = stock_snapshot(k);

    if (r)
        return r;
    r = stock_each_place(k, sight, add_id, c);
    store_end_read(k->place);
    return r;
}

/* Where an id lies, in all audiences: the same content has a row in each. */
struct places {
    struct str id;
    struct stock_ref *at;
    size_t n, size;
};

static int find_refs(struct stock *k, int64_t audience, int64_t run, void *context)
{
    struct places *p = context;
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(k->place, &rows, STMT_INTEL_IDENT_OF_ID, V_INT(audience), V_INT(run), V_STR(p->id));

    while (!r && (r = rows_next(rows)) == 1) {
        struct stock_ref *more = grow(p->at, p->n, &p->size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        p->at = more;
        p->at[p->n++] = (struct stock_ref){audience, rows_int(rows, 1)};
        r = 0;
    }
    return r;
}

static int look_again(struct stock *k, const struct sight *sight, struct stock_current *c, struct str id, struct stock_ref ref, int64_t now_us)
{
    struct current_row *row = row_of(c, ref);
    struct stock_life life;
    int r = row ? stock_life(k, sight, ref, id, &life) : STOCK_E_NONE;

    if (!r)
        row->end_us = life.end_us > now_us ? life.end_us : 0;
    return r == STOCK_E_NONE ? 0 : r;
}

/* Of those few all that is known counts. */
static int correct(struct stock *k, const struct sight *sight, struct stock_current *c, int64_t now_us)
{
    struct str rest = buf_str(&c->ids);
    struct places p = {.n = 0};
    int r = 0;

    while (!r && rest.len && str_split(&rest, '\0', &p.id)) {
        p.n = 0;
        r = stock_snapshot(k);
        if (!r) {
            r = stock_each_place(k, sight, find_refs, &p);
            store_end_read(k->place);
        }
        for (size_t i = 0; !r && i < p.n; i++)
            r = look_again(k, sight, c, p.id, p.at[i], now_us);
    }
    free(p.at);
    return r;
}

int stock_current(struct stock *k, const struct sight *sight, int64_t now_us, struct stock_current **ret)
{
    CLEANUP(stock_current_freep) struct stock_current *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return -ENOMEM;
    buf_init(&c->ids, 256u << 20);
    r = stock_ends(k, sight, now_us, INT64_MAX, add_current, c);
    settle(c);
    if (!r && k->place)
        r = find_ids(k, sight, c) ?: correct(k, sight, c, now_us);
    if (!r)
        *ret = TAKE(c);
    return r;
}

int64_t stock_current_end(const struct stock_current *c, struct stock_ref ref)
{
    const struct current_row *row = row_of(c, ref);

    return row ? row->end_us : 0;
}
