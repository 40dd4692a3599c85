/* See list-columns.h. */
#include "web/list-columns.h"

#define CHOSEN 4 /* of a register that names none */

static bool may_show(const struct reg *reg, const struct field *f)
{
    return !f->personal && f != reg->unit_field && f != reg->name_field &&
           f->type != FIELD_LONG_TEXT && f->type != FIELD_GROUP && f->type != FIELD_LIST &&
           f->type != FIELD_CHECKLIST && f->type != FIELD_FILE;
}

static bool is_set_by(const struct step *st, const struct field *f)
{
    for (size_t i = 0; i < st->n_asks; i++)
        if (st->asks[i] == f)
            return true;
    for (size_t i = 0; i < st->n_effects; i++)
        for (size_t k = 0; st->effects[i].kind == EFFECT_SET &&
                           st->effects[i].of.kind == REF_NONE && k < st->effects[i].n_sets;
             k++)
            if (st->effects[i].sets[k].field == f)
                return true;
    return false;
}

/* Every record has it, or may have it, as soon as it is made. */
static bool is_there_first(const struct reg *reg, const struct field *f)
{
    const struct procedure *p = reg->procedure;

    for (size_t i = 0; p && i < p->n_steps; i++)
        if (p->steps[i].makes_record && is_set_by(&p->steps[i], f))
            return true;
    return false;
}

static bool is_named_by(const struct ref *ref, const struct field *f)
{
    return ref->kind == REF_FIELD && ref->n_hops == 1 && ref->hops[0] == f;
}

/* On that day something is due, or a period ends. */
static bool is_deadline(const struct reg *reg, const struct field *f)
{
    const struct procedure *p = reg->procedure;

    for (size_t i = 0; p && i < p->n_periods; i++)
        if (is_named_by(&p->periods[i].to, f))
            return true;
    for (size_t i = 0; p && i < p->n_obligations; i++)
        if (is_named_by(&p->obligations[i].due, f))
            return true;
    return false;
}

static unsigned says(const struct reg *reg, const struct field *f)
{
    unsigned first = is_there_first(reg, f) ? 2 : 0;

    if (is_deadline(reg, f))
        return first + 4;
    switch (f->type) {
    case FIELD_RECORD:
    case FIELD_PERSON:
        return first + 3;
    case FIELD_CHOICE:
    case FIELD_MONTH:
        return first + 2;
    case FIELD_DAY:
    case FIELD_INSTANT:
    case FIELD_UNIT:
        return first + 1;
    default:
        return first;
    }
}

static bool is_among(const struct field *const *list, size_t n, const struct field *f)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == f)
            return true;
    return false;
}

/* The first of those that say most and are not chosen yet; NULL: all are. */
static const struct field *best(const struct reg *reg, const struct field *const *chosen, size_t n)
{
    const struct field *found = NULL;

    for (size_t i = 0; i < reg->n_fields; i++) {
        const struct field *f = &reg->fields[i];

        if (may_show(reg, f) && !is_among(chosen, n, f) &&
            (!found || says(reg, f) > says(reg, found)))
            found = f;
    }
    return found;
}

size_t list_columns(const struct reg *reg, const struct field *ret[REG_LIST_MAX])
{
    const struct field *chosen[CHOSEN], *f;
    size_t n = 0, out = 0;

    for (size_t i = 0; i < reg->n_list; i++)
        ret[out++] = reg->list[i];
    if (out)
        return out;
    while (n < CHOSEN && (f = best(reg, chosen, n)))
        chosen[n++] = f;
    for (size_t i = 0; i < reg->n_fields; i++)
        if (is_among(chosen, n, &reg->fields[i]))
            ret[out++] = &reg->fields[i];
    return out;
}
