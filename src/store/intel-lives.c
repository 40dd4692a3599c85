#include "store/intel-lives.h"

#include "store/load.h"

#include <stdlib.h>

struct end {
    int64_t audience, end_us, number, lies, told;
};

struct writing {
    struct store *s;
    const struct decay *decay;
    int64_t run;
    struct load own;                              /* rows of what came */
    struct end *ends;                             /* that follow */
    size_t n_ends, n_allocated;
    const struct intel_life *asked[STORE_ROWS_AT_ONCE]; /* of which the other side is looked up */
    struct value values[3 * STORE_ROWS_AT_ONCE];
    size_t n_asked;
};

/* An indicator as its row says. */
struct lives_row {
    int64_t audience, number, from_us, until_us;
    enum decay_class class;
};

static int add_end(struct writing *x, int64_t audience, const struct lives_row *of, int64_t end_us, int64_t told)
{
    if (x->n_ends == x->n_allocated) {
        size_t n = x->n_allocated ? 2 * x->n_allocated : 1024;
        struct end *more = reallocarray(x->ends, n, sizeof(*more));

        if (!more)
            return -ENOMEM;
        x->ends = more;
        x->n_allocated = n;
    }
    x->ends[x->n_ends++] = (struct end){audience, end_us, of->number, of->audience, told};
    return 0;
}

static int end_cmp(const void *a, const void *b)
{
    const struct end *m = a, *n = b;
    const int64_t ours[] = {m->audience, m->end_us, m->number, m->lies, m->told}, theirs[] = {n->audience, n->end_us, n->number, n->lies, n->told};
    size_t i = 0;

    while (i + 1 < ARRAY_LEN(ours) && ours[i] == theirs[i])
        i++;
    return ours[i] < theirs[i] ? -1 : ours[i] > theirs[i];
}

/* In the order of their key. */
static int write_ends(struct writing *x)
{
    struct load rows;
    int r = load_init(&rows, x->s, STMT_INTEL_ENDING_ADD, 6);

    if (x->n_ends)
        qsort(x->ends, x->n_ends, sizeof(*x->ends), end_cmp);
    for (size_t i = 0; !r && i < x->n_ends; i++) {
        const struct end *e = &x->ends[i];

        r = LOAD_ADD(&rows, V_INT(e->audience), V_INT(x->run), V_INT(e->end_us), V_INT(e->number), V_INT(e->lies), V_INT(e->told));
    }
    r = r ? r : load_flush(&rows);
    load_done(&rows);
    return r;
}

/* One that was seen before its source vouched for it lives no longer by that. */
static int add_seen(struct writing *x, int64_t audience, const struct lives_row *of, int64_t at_us, int64_t told)
{
    int64_t end_us = decay_end_us(x->decay, of->class, at_us, of->until_us);

    return at_us > of->from_us && end_us > decay_end_us(x->decay, of->class, of->from_us, of->until_us) ? add_end(x, audience, of, end_us, told) : 0;
}

static struct lives_row row_of(const struct intel_life *l)
{
    return (struct lives_row){l->audience, l->number, l->at_us, l->o->until_us, (enum decay_class)l->o->decay_class};
}

/* What was seen of an indicator already. */
static int sightings_of(struct rows *rows, size_t at, void *context)
{
    struct writing *x = context;
    const struct lives_row of = row_of(x->asked[at]);
    int r;

    while ((r = rows_next(rows)) == 1)
        if ((r = add_seen(x, rows_int(rows, 0), &of, rows_int(rows, 2), rows_int(rows, 1))))
            return r;
    return r;
}

/* All versions of what was seen that are there, whoever sees them. */
static int lives_of(struct rows *rows, size_t at, void *context)
{
    struct writing *x = context;
    const struct intel_life *l = x->asked[at];
    int r;

    while ((r = rows_next(rows)) == 1) {
        const struct lives_row of = {rows_int(rows, 0), rows_int(rows, 1), rows_int(rows, 3), rows_int(rows, 4), (enum decay_class)rows_int(rows, 2)};

        if ((r = add_seen(x, l->audience, &of, l->at_us, l->number)))
            return r;
    }
    return r;
}

static int ask(struct writing *x, enum store_stmt id, size_t n, store_rows_fn *call)
{
    int r = x->n_asked ? store_query_rows(x->s, id, x->values, n, x->n_asked, call, x) : 0;

    x->n_asked = 0;
    return r;
}

/* ---- indicators ---- */

static int ask_sightings(struct writing *x)
{
    return ask(x, STMT_INTEL_SIGHTINGS_OF, 3, sightings_of);
}

static int add_indicator(struct writing *x, const struct intel_life *l, bool is_asked)
{
    const struct segment_object *o = l->o;
    const struct lives_row of = row_of(l);
    int r = LOAD_ADD(&x->own, V_INT(l->audience), V_INT(x->run), V_STR(o->id), V_INT(l->number), V_INT(o->decay_class), V_INT(l->at_us), V_INT(o->until_us));

    if (!r)
        r = add_end(x, l->audience, &of, decay_end_us(x->decay, of.class, of.from_us, of.until_us), of.number);
    if (r || !is_asked)
        return r;
    memcpy(x->values + 3 * x->n_asked, (const struct value[]){V_STR(o->id), V_INT(SEGMENT_SIGHTING), V_INT(l->at_us)}, 3 * sizeof(*x->values));
    x->asked[x->n_asked++] = l;
    return x->n_asked == STORE_ROWS_AT_ONCE ? ask_sightings(x) : 0;
}

/* Whether there are any at all: where none came yet, none is looked up. */
static int any_sighting(struct store *s, bool *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTEL_SIGHTING_ANY);

    *ret = !r;
    return r == STORE_E_NONE ? 0 : r;
}

static int add_indicators(struct writing *x, const struct intel_life *lives, size_t n)
{
    bool is_asked;
    int r = any_sighting(x->s, &is_asked) ?: load_init(&x->own, x->s, STMT_INTEL_LIFE_ADD, 7);

    for (size_t i = 0; !r && i < n; i++)
        if (lives[i].o->life == SEGMENT_INDICATOR)
            r = add_indicator(x, &lives[i], is_asked);
    r = r ? r : ask_sightings(x) ?: load_flush(&x->own);
    load_done(&x->own);
    return r;
}

/* ---- reports on them ---- */

static int ask_lives(struct writing *x)
{
    return ask(x, STMT_INTEL_LIVES_OF, 1, lives_of);
}

static int add_report_of(struct writing *x, const struct intel_life *l, struct str of)
{
    const struct segment_object *o = l->o;
    int r = LOAD_ADD(&x->own, V_INT(l->audience), V_INT(x->run), V_STR(of), V_STR(o->id), V_STR(o->version), V_INT(l->number), V_INT(o->life),
                     V_INT(l->at_us), V_INT(o->n));

    if (r || o->life != SEGMENT_SIGHTING)
        return r;
    x->values[x->n_asked] = V_STR(of);
    x->asked[x->n_asked++] = l;
    return x->n_asked == STORE_ROWS_AT_ONCE ? ask_lives(x) : 0;
}

/* It counts for each indicator that it is about. */
static int add_report(struct writing *x, const struct intel_life *l)
{
    struct str rest = l->o->of, of;
    int r = 0;

    while (!r && rest.len && str_split(&rest, ' ', &of))
        r = add_report_of(x, l, of);
    return r;
}

static int add_reports(struct writing *x, const struct intel_life *lives, size_t n)
{
    int r = load_init(&x->own, x->s, STMT_INTEL_SIGHTING_ADD, 9);

    for (size_t i = 0; !r && i < n; i++)
        if (lives[i].o->life != SEGMENT_INDICATOR && lives[i].o->life != SEGMENT_LIFELESS)
            r = add_report(x, &lives[i]);
    r = r ? r : ask_lives(x) ?: load_flush(&x->own);
    load_done(&x->own);
    return r;
}

/* Indicators first: a report of the same lot finds them, as it finds those that came before. */
int intel_lives_add(struct store *s, const struct decay *decay, int64_t run, const struct intel_life *lives, size_t n)
{
    struct writing x = {.s = s, .decay = decay, .run = run};
    int r = add_indicators(&x, lives, n) ?: add_reports(&x, lives, n) ?: write_ends(&x);

    free(x.ends);
    return r;
}
