#include "engine/seat.h"

#include "engine/obligation.h"

#define SEATS_MAX 500 /* records of one register that name one person */

static int met_in(struct stage *sc, const char *record, const struct obligation *o)
{
    struct record *rec;
    int r = stage_record(sc, record, &rec);

    if (r)
        return r < 0 ? r : 1; /* gone meanwhile */
    sc->hand = rec;
    sc->procedure = rec->reg->procedure;
    r = obligation_met(sc, o);
    sc->hand = NULL;
    return r;
}

int check_ends(struct stage *eve, struct stage *day, const char *record, const struct obligation *o)
{
    int r = met_in(day, record, o);

    return r ? MIN_OF(r, 0) : met_in(eve, record, o);
}

static bool is_seat(const struct role *role, const char *state)
{
    return !role->n_in_states || word_in(state, role->in_states, role->n_in_states);
}

static bool moves_itself(const struct effect *e)
{
    return e->kind == EFFECT_MOVE &&
           (e->of.kind == REF_NONE || (e->of.kind == REF_THIS && !e->of.n_hops));
}

/* A daily check of that state, which takes the record out of the states that make the seat. */
static bool unseats(const struct obligation *o, const struct role *role, const char *state)
{
    if (o->kind != OBLIGE_DAILY || !word_in(state, o->while_states, o->n_while))
        return false;
    for (size_t i = 0; i < o->n_missed; i++)
        if (moves_itself(&o->missed[i]) && !is_seat(role, o->missed[i].state))
            return true;
    return false;
}

static int ends_in(struct stage *eve, struct stage *day, const struct role *role,
                   const char *record, const struct unit **ret_unit)
{
    const struct procedure *p;
    struct record *rec;
    int r = stage_record(day, record, &rec);

    if (r || rec->disposed_us || !is_seat(role, rec->state))
        return MIN_OF(r, 0);
    *ret_unit = role->per_unit && role->unit_field
                    ? force_unit(day->e->force, json_str(rec->values, role->unit_field->id))
                    : NULL;
    p = rec->reg->procedure; /* the record's own text says what is checked */
    for (size_t i = 0; !r && i < p->n_obligations; i++)
        if (unseats(&p->obligations[i], role, rec->state))
            r = check_ends(eve, day, record, &p->obligations[i]);
    return r;
}

static int walk_role(struct stage *eve, struct stage *day, const struct person *person,
                     const struct reg *at, const struct role *role, seat_fn *fn, void *arg)
{
    ROWS_AUTO *rows = NULL;
    int r = store_failed(STORE_QUERY(day->e->store, &rows, STMT_INDEX_FIND, V_TEXT(role->reg->id),
                                     V_TEXT(role->person_field->id), V_TEXT(person->id), V_TEXT(""),
                                     V_INT(SEATS_MAX)));

    while (!r && (r = rows_next(rows)) > 0) {
        const struct unit *unit = NULL;

        if ((r = ends_in(eve, day, role, rows_text(rows, 0), &unit)) > 0)
            r = fn(arg, at, role, unit);
    }
    return r;
}

int seats_ending(struct stage *eve, struct stage *day, const struct person *person, seat_fn *fn,
                 void *arg)
{
    const struct pack *packs[ENGINE_PACKS_MAX];
    size_t n = engine_packs(day->e, packs, ARRAY_LEN(packs));
    int r = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; !r && packs[i]->n_regs && k < packs[i]->n_roles; k++)
            if (packs[i]->roles[k].source == ROLE_BY_REGISTER)
                r = walk_role(eve, day, person, &packs[i]->regs[0], &packs[i]->roles[k], fn, arg);
    return r;
}
