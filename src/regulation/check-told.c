/* What an answer tells of records that whoever gets it does not see (K1 of doc/design/information.md).
 *
 *   unique   a refusal says that some record holds the value, so that whoever writes one, or opens a record again, sees each record that it is
 *            held against: all of the register; or those of one unit (`within`), where he writes as one of its readers and names it himself
 *            in the step that makes the record, by which he is a holder of his role there
 *   numbers  that run tell whoever reads some of a register's records how many others there are: they are drawn, or clauses ask for one book
 *   not looked at      what a gate measures, which nobody can try; what a timer does, which nobody is answered */
#include "regulation/check-inside.h"

/* By a post in a unit of that kind, or below one, whose people read: an authority that comes from elsewhere is none. */
static bool serves_in(const struct role *r, const char *unit_kind)
{
    return r->source == ROLE_BY_POST && !r->senketsu && !r->daiketsu && r->in_kind != NULL && strcmp(r->in_kind, unit_kind) == 0;
}

/* Whoever holds the role reads every record. */
static bool reads_all(const struct range *range, const struct role *role)
{
    for (size_t i = 0; i < range->n_readers; i++) {
        const struct reader *r = &range->readers[i];

        if (r->kind == READER_EVERYONE || (r->kind == READER_ROLE && r->role == role && !role->per_unit) ||
            (r->kind == READER_UNIT_KIND && serves_in(role, r->unit_kind)))
            return true;
    }
    return false;
}

/* Whoever holds the role in the unit that the field names reads every record that names it there. */
static bool reads_unit(const struct range *range, const struct proc_role *by, const struct field *unit)
{
    const struct ref *of = &by->of;

    if (of->kind != REF_FIELD || of->n_hops != 1 || of->hops[0] != unit || of->property != PROP_NONE || of->up_to != NULL)
        return false;
    for (size_t i = 0; i < range->n_readers; i++) {
        const struct reader *r = &range->readers[i];

        if (r->kind == READER_ROLE && r->role == by->role && strcmp(r->field, unit->id) == 0)
            return true;
    }
    return false;
}

/* `unit`: that whose records the value is held against, and by which who does the step is asked; NULL: all are. */
static void check_doers(struct checking *ck, const struct step *st, const struct reg *reg, const struct field *f, const struct field *unit, struct place at)
{
    const struct cond *by = NULL;

    for (size_t i = 0; i < st->n_conds && by == NULL; i++)
        by = st->conds[i]->kind == COND_BY ? st->conds[i] : NULL;
    if ((by == NULL || by->n_by == 0) && !range_is_everyone(reg->range))
        check_error(ck, at, MSG_PACK_UNIQUE_SIGHT_ANYONE, {"field", str_of(f->id)}, {"register", str_of(reg->id)}, {"step", str_of(st->act)});
    for (size_t i = 0; by != NULL && i < by->n_by; i++) {
        if (!reads_all(reg->range, by->by[i]->role) && (unit == NULL || !reads_unit(reg->range, by->by[i], unit)))
            check_error(ck, at, MSG_PACK_UNIQUE_SIGHT, {"field", str_of(f->id)}, {"register", str_of(reg->id)}, {"role", str_of(by->by[i]->role->id)},
                        {"step", str_of(st->act)});
    }
}

static bool asks(const struct step *st, const struct field *f)
{
    for (size_t i = 0; f != NULL && i < st->n_asks; i++)
        if (st->asks[i] == f)
            return true;
    return false;
}

/* What a record in an end state held is held again. */
static bool opens_again(const struct step *st)
{
    const struct state *to = st->to != NULL ? procedure_state(st->procedure, st->to) : NULL;

    for (size_t i = 0; to != NULL && !to->is_end && i < st->n_from; i++) {
        const struct state *from = procedure_state(st->procedure, st->from[i]);

        if (from != NULL && from->is_end)
            return true;
    }
    return false;
}

static bool writes(const struct effect *e, const struct reg *reg, const struct field *f)
{
    if (e->kind == EFFECT_COPY && e->reg == reg)
        return true;
    for (size_t i = 0; i < e->n_sets; i++)
        if (e->sets[i].field == f || (f->within != NULL && e->sets[i].field == f->within))
            return true;
    return false;
}

static void check_unique_field(struct checking *ck, const struct reg *reg, const struct field *f)
{
    const struct field *unit = f->within != NULL ? f->within : f;
    const struct procedure *p = reg->procedure;

    for (size_t i = 0; i < p->n_steps; i++) {
        const struct step *st = &p->steps[i];

        if (st->makes_record ? asks(st, f) || f->initial.kind != REF_NONE : asks(st, f) || asks(st, f->within) || opens_again(st))
            check_doers(ck, st, reg, f, unit->type == FIELD_UNIT && (st->makes_record || !asks(st, unit)) ? unit : NULL, st->at);
    }
    for (size_t i = 0; i < ck->pack->n_procedures; i++) {
        p = &ck->pack->procedures[i];
        for (size_t k = 0; k < p->n_steps; k++)
            for (size_t m = 0; m < p->steps[k].n_effects; m++)
                if (writes(&p->steps[k].effects[m], reg, f))
                    check_doers(ck, &p->steps[k], reg, f, NULL, p->steps[k].at);
    }
}

/* Whoever reads one of its records reads all. */
static bool is_read_whole(const struct range *range)
{
    bool is_part = false;

    for (size_t i = 0; i < range->n_readers; i++) {
        const struct reader *r = &range->readers[i];

        if (r->kind == READER_EVERYONE)
            return true;
        is_part = is_part || r->kind == READER_PERSON || (r->kind == READER_ROLE && r->role->per_unit);
    }
    return !is_part;
}

int check_told(struct checking *ck)
{
    for (size_t i = 0; i < ck->pack->n_regs; i++) {
        const struct reg *reg = &ck->pack->regs[i];

        for (size_t k = 0; k < reg->n_fields; k++)
            if (reg->fields[k].unique != UNIQUE_NO && reg->fields[k].measured == 0)
                check_unique_field(ck, reg, &reg->fields[k]);
        if (!reg->draws_numbers && reg->runs_by.n == 0 && !is_read_whole(reg->range))
            check_error(ck, reg->at, MSG_PACK_NUMBERS_TELL, {"register", str_of(reg->id)});
    }
    return 0;
}
