#include "store/intel-lives.h"

/* An indicator as its row says. */
struct lives_row {
    int64_t audience, number, from_us, until_us;
    enum decay_class class;
};

static int add_end(struct store *s, const struct intel_life *l, int64_t audience, const struct lives_row *of, int64_t end_us, int64_t told)
{
    return STORE_RUN(s, STMT_INTEL_ENDING_ADD, V_INT(audience), V_INT(l->to_run), V_INT(end_us), V_INT(of->number), V_INT(of->audience), V_INT(told));
}

/* One that was seen before its source vouched for it lives no longer by that. */
static int add_seen(struct store *s, const struct intel_life *l, int64_t audience, const struct lives_row *of, int64_t at_us, int64_t told)
{
    int64_t end_us = decay_end_us(l->decay, of->class, at_us, of->until_us);

    return at_us > of->from_us && end_us > decay_end_us(l->decay, of->class, of->from_us, of->until_us)
               ? add_end(s, l, audience, of, end_us, told)
               : 0;
}

/* By itself, and by what was seen of it already. */
static int end_indicator(struct store *s, const struct intel_life *l, struct str id, const struct lives_row *of)
{
    ROWS_AUTO *rows = NULL;
    int r = add_end(s, l, of->audience, of, decay_end_us(l->decay, of->class, of->from_us, of->until_us), of->number);

    if (!r)
        r = STORE_QUERY(s, &rows, STMT_INTEL_SIGHTINGS_OF, V_STR(id), V_INT(SEGMENT_SIGHTING), V_INT(of->from_us));
    while (!r && (r = rows_next(rows)) == 1)
        r = add_seen(s, l, rows_int(rows, 0), of, rows_int(rows, 2), rows_int(rows, 1));
    return r;
}

/* A sighting, of all versions that are there, whoever sees them. */
static int end_seen(struct store *s, const struct intel_life *l, struct str id, int64_t at_us)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(s, &rows, STMT_INTEL_LIVES_OF, V_STR(id));

    while (!r && (r = rows_next(rows)) == 1) {
        const struct lives_row of = {rows_int(rows, 0), rows_int(rows, 1), rows_int(rows, 3), rows_int(rows, 4), (enum decay_class)rows_int(rows, 2)};

        r = add_seen(s, l, l->audience, &of, at_us, l->number);
    }
    return r;
}

int intel_life_add(struct store *s, const struct intel_life *l, const struct segment_object *o)
{
    const struct lives_row own = {l->audience, l->number, o->at_us, o->until_us, (enum decay_class)o->decay_class};
    int r;

    if (o->life == SEGMENT_LIFELESS)
        return 0;
    if (o->life == SEGMENT_INDICATOR) {
        r = STORE_RUN(s, STMT_INTEL_LIFE_ADD, V_INT(l->audience), V_INT(l->run), V_STR(o->id), V_INT(l->number), V_INT(o->decay_class), V_INT(o->at_us),
                      V_INT(o->until_us));
        return r ? r : end_indicator(s, l, o->id, &own);
    }
    r = STORE_RUN(s, STMT_INTEL_SIGHTING_ADD, V_INT(l->audience), V_INT(l->run), V_STR(o->of), V_STR(o->id), V_STR(o->version), V_INT(l->number),
                  V_INT(o->life), V_INT(o->at_us), V_INT(o->n));
    return r || o->life != SEGMENT_SIGHTING ? r : end_seen(s, l, o->of, o->at_us);
}
