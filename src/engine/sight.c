/* Sight: a record belongs to one audience, that of its label; a person has keys. label/audience.h compares the two. */
#include "engine/label-of.h"
#include "engine/paper.h"

#define APPOINTMENTS_MAX 64

/* ---- what a person may see ---- */

static int add_role_keys(struct stage *sc, const struct person *person, struct keys *k)
{
    JSON_AUTO *roles = NULL;
    int r = roles_of_sight(sc, person, &roles);

    for (size_t i = 0; !r && i < json_array_size(roles); i++) {
        const json_t *o = json_array_get(roles, i);

        r = keys_add(k, admit_role(sc->arena, json_str(o, "role"), json_str(o, "unit")));
    }
    return r;
}

int keys_of_unit(struct stage *sc, const struct unit *unit, struct keys *k)
{
    int r = 0;

    for (const struct unit *u = unit; !r && u; u = u->parent) {
        r = keys_add(k, admit_unit(sc->arena, u->id));
        for (size_t m = 0; !r && m < u->n_kinds; m++)
            r = keys_add(k, admit_unit_kind(sc->arena, u->kinds[m]));
    }
    return r;
}

static int add_unit_keys(struct stage *sc, const struct person *person, struct keys *k)
{
    const struct appointment *held[APPOINTMENTS_MAX];
    size_t n = force_appointments(sc->e->force, person, sc->today, held, ARRAY_LEN(held));
    int r = 0;

    n = MIN_OF(n, ARRAY_LEN(held));
    for (size_t i = 0; !r && i < n; i++)
        r = keys_of_unit(sc, held[i]->unit, k);
    return r;
}

static bool is_here(const struct stage *sc, const struct person *person)
{
    return person && person->from_day <= sc->today && person->to_day >= sc->today;
}

bool reg_is_open_to(const struct stage *sc, const struct reg *reg, const struct person *person)
{
    for (size_t i = 0; reg->range && i < reg->range->n_readers; i++)
        if (reg->range->readers[i].kind == READER_EVERYONE)
            return is_here(sc, person);
    return false;
}

int keys_of_person(struct stage *sc, const struct person *person, struct keys *k)
{
    int r = 0;

    if (!is_here(sc, person))
        return 0;
    r = keys_add(k, LABEL_EVERYONE);
    if (!r)
        r = keys_add(k, admit_person(sc->arena, person->id));
    if (!r)
        r = add_role_keys(sc, person, k);
    return r ? r : add_unit_keys(sc, person, k);
}

bool mailbox_is_open(const struct stage *sc, const struct mailbox *box)
{
    if (!box)
        return false;
    if (box->unit)
        return box->unit->from_day <= sc->today && box->unit->to_day >= sc->today;
    return person_serves(box->person, sc->today) && !force_has_left(sc->e->force, box->person->id, sc->today);
}

int keys_of_mailbox(struct stage *sc, const struct mailbox *box, struct keys *k)
{
    int r = keys_add(k, LABEL_EVERYONE);

    if (r || !mailbox_is_open(sc, box))
        return r;
    return box->person ? keys_of_person(sc, box->person, k) : keys_of_unit(sc, box->unit, k);
}

int sight_of_mailbox(struct stage *sc, const struct mailbox *box, struct sight **ret)
{
    struct keys k;
    int r = keys_open(sc, &k);

    if (!r)
        r = audience_table_refresh(sc->e->audiences, sc->e->store, NULL, NULL);
    if (!r)
        r = keys_of_mailbox(sc, box, &k);
    return r ? ERR_FOLD(r) : sight_new(sc->e->audiences, k.at, k.n, ret);
}

int sight_of_person(struct stage *sc, const struct person *person, struct sight **ret)
{
    struct keys k;
    int r = keys_open(sc, &k);

    if (!r)
        r = audience_table_refresh(sc->e->audiences, sc->e->store, NULL, NULL);
    if (!r)
        r = keys_of_person(sc, person, &k);
    return r ? ERR_FOLD(r) : sight_new(sc->e->audiences, k.at, k.n, ret);
}

int sight_of_record(struct stage *sc, const struct sight *sight, const struct record *r)
{
    if (!r->audience || !sight_may_see(sight, r->audience))
        return 0;
    return sc->is_paper && r->stored_version ? paper_tells(sc, r) : 1;
}

/* Is there one that he may see, by its row alone? What is out of sight takes as long as what is not there. */
static int is_there_for(struct stage *sc, const struct sight *sight, const char *id)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(sc->e->store, &row, STMT_RECORD_SIGHT, V_TEXT(id));

    return r == STORE_E_NONE ? 0 : r ? store_failed(r) : sight_may_see(sight, rows_int(row, 0));
}

int stage_seen(struct stage *sc, const char *id, struct sight **ret_sight)
{
    int r = sc->actor ? sight_of_person(sc, sc->actor, ret_sight) : 1;

    if (r)
        return r;
    if ((r = is_there_for(sc, *ret_sight, id)) <= 0)
        return r < 0 ? r : 1;
    if ((r = stage_record(sc, id, &sc->hand)))
        return r;
    r = sight_of_record(sc, *ret_sight, sc->hand);
    return r < 0 ? r : !r;
}

/* ---- what is told beforehand ---- */

int stage_tell(struct stage *sc)
{
    return sc->actor && !sc->told_to ? sight_of_person(sc, sc->actor, &sc->told_to) : 0;
}

bool stage_is_unseen(struct stage *sc, const struct record *r)
{
    bool is_unseen = sc->told_to && r->stored_version && r != sc->hand && (!r->audience || !sight_may_see(sc->told_to, r->audience));

    sc->met_unseen |= is_unseen;
    return is_unseen;
}

int stage_row_is_unseen(struct stage *sc, const char *id)
{
    int r = sc->told_to ? is_there_for(sc, sc->told_to, id) : 1;

    return r < 0 ? r : !r;
}

/* ---- making audiences ---- */

int held_audience_of(struct stage *sc, const struct record *r, int64_t *ret)
{
    struct audience au = {0};
    int e = r->reg->has_held_as ? label_held_as(sc, r, &au.label) : 1;

    *ret = 0;
    if (e)
        return MIN_OF(e, 0);
    au.label_id = arena_printf(sc->arena, "%s/%s", r->reg->pack->id, r->reg->label->id);
    return au.label_id ? ERR_FOLD(audience_intern(sc->e->store, &au, ret)) : -ENOMEM;
}

int audience_of(struct stage *sc, struct record *r)
{
    struct audience au = {.label_id = arena_printf(sc->arena, "%s/%s", r->reg->pack->id, r->reg->label->id)};
    int e = au.label_id ? label_of(sc, r, &au.label) : -ENOMEM;

    if (!e)
        e = audience_intern(sc->e->store, &au, &r->audience);
    if (!e)
        e = held_audience_of(sc, r, &r->held);
    return ERR_FOLD(e);
}
