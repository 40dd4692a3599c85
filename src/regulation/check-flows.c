/* Confidentiality never falls by copying: a value that a procedure writes into another record stands there under a label that asks for
 * no less than its own record's can, unless its field is `plain` (B7 of doc/design/information.md).
 *
 *   asks for no less   the register's own confidentiality and restrictions; or the record's label is made from the other's: the step says
 *                      `inherits` of it, or the effect that makes the record copies all fields of confidentiality into such
 *   shown to others    a field that says of what it is (`of`) is shown to who sees that, whatever its record's label is
 *   not looked at      ranges, which depend on the record's unit; integrity and availability, which the packs' conditions guard; texts of
 *                      notices, whose places are filled for each reader by his sight; forms, which print what their reader sees
 *
 * A register whose records can be of confidentiality 3, or above what the text lets a page show, enters who reads them: the keeper, which enters it,
 * refuses such a page, and is asked for no other. */
#include "regulation/check-inside.h"

#define CONFIDENTIALITY_RECORDED 3

/* The most that a record of the register can be. */
static int highest(const struct reg *r)
{
    return r->has_label_from && r->label_from.n[LABEL_CONFIDENTIALITY] > 0 ? CONFIDENTIALITY_RECORDED : r->label->confidentiality;
}

static bool is_least(const struct reg *into, const struct reg *from)
{
    for (size_t i = 0; i < from->label->n_restrictions; i++) {
        if (!word_among(from->label->restrictions[i], into->label->restrictions, into->label->n_restrictions))
            return false;
    }
    return into->label->confidentiality >= highest(from);
}

/* One value on its way. */
struct flow {
    const struct reg *hand;    /* the record at hand is of it */
    const struct step *step;   /* NULL: a timer's, or a default */
    const struct effect *effect; /* NULL: a default */
    const struct ref *value;
    const struct reg *into;
    const struct field *target;
    const struct reg *from;    /* where the value lies; NULL: any register */
    const struct field *field; /* which it is there; NULL: its name, of any register */
};

static const struct reg *named_by(const struct field *f)
{
    return f->type == FIELD_LIST && f->n_fields == 1 ? f->fields[0].reg : f->reg;
}

/* false: nothing that is written there, but what the program knows itself: a number, a state, the unit, a day. */
static bool find_source(struct flow *w)
{
    const struct ref *v = w->value;
    const struct field *last;

    if ((v->kind != REF_FIELD && v->kind != REF_ROW) || v->n_hops == 0)
        return false;
    last = v->hops[v->n_hops - 1];
    w->from = v->n_hops > 1 ? named_by(v->hops[v->n_hops - 2]) : w->hand;
    w->field = last;
    if (v->property == PROP_NAME) {
        w->from = named_by(last);
        w->field = w->from != NULL ? w->from->name_field : NULL;
        return w->from == NULL || w->field != NULL; /* without a name it is the number */
    }
    return v->property == PROP_NONE || v->property == PROP_HOST || v->property == PROP_MAIL || v->property == PROP_HOSTS;
}

/* It stays in its record. */
static bool is_own(const struct flow *w)
{
    const struct effect *e = w->effect;

    return w->value->n_hops == 1 && w->value->property != PROP_NAME &&
           (e == NULL || (e->kind == EFFECT_SET && (e->of.kind == REF_NONE || e->of.kind == REF_THIS)));
}

/* The paths lead to the same record: they differ in the last hop alone. */
static bool beside(const struct ref *a, const struct ref *b)
{
    if (a->kind != b->kind || a->n_hops != b->n_hops)
        return false;
    for (unsigned i = 0; i + 1 < a->n_hops; i++) {
        if (a->hops[i] != b->hops[i])
            return false;
    }
    return true;
}

static bool is_in(const struct field *f, const struct field *const *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fields[i] == f)
            return true;
    }
    return false;
}

/* The new record takes over what makes the other as confidential as it is. */
static bool copies_label(const struct flow *w)
{
    const struct label_from *to = &w->into->label_from, *of = &w->from->label_from;
    const struct effect *e = w->effect;

    if (!w->into->has_label_from || !w->from->has_label_from || e == NULL || e->kind != EFFECT_CREATE)
        return false;
    for (size_t i = 0; i < of->n[LABEL_CONFIDENTIALITY]; i++) {
        bool is_copied = false;

        for (size_t k = 0; k < e->n_sets; k++) {
            const struct ref *v = &e->sets[k].value;

            is_copied = is_copied || (v->property == PROP_NONE && v->n_hops > 0 && beside(v, w->value) &&
                                      v->hops[v->n_hops - 1] == of->fields[LABEL_CONFIDENTIALITY][i] &&
                                      is_in(e->sets[k].field, to->fields[LABEL_CONFIDENTIALITY], to->n[LABEL_CONFIDENTIALITY]));
        }
        if (!is_copied)
            return false;
    }
    return of->n[LABEL_CONFIDENTIALITY] > 0;
}

/* The record at hand must be as confidential as the one that the path begins with. */
static bool inherits(const struct flow *w)
{
    if (w->step == NULL || w->into != w->hand || !w->into->has_label_from || w->value->kind != REF_FIELD)
        return false;
    for (size_t i = 0; i < w->step->n_conds; i++) {
        const struct cond *c = w->step->conds[i];

        if (c->kind == COND_INHERITS && c->only_if == NULL && c->subject.n_hops > 0 && c->subject.hops[0] == w->value->hops[0])
            return true;
    }
    return false;
}

static void check_flow(struct checking *ck, struct flow w)
{
    struct place at = w.value->at;

    if (!find_source(&w) || is_own(&w) || (w.field != NULL && w.field->is_plain) || w.target->of != NULL)
        return; /* the target's `of` says who is shown it */
    if (w.from == NULL)
        check_error(ck, at, MSG_PACK_FLOW_ANY, {"field", str_of(w.target->id)}, {"register", str_of(w.into->id)});
    else if (!is_least(w.into, w.from) && !copies_label(&w) && !inherits(&w))
        check_error(ck, at, MSG_PACK_FLOW_UP, {"from_field", str_of(w.field->id)}, {"from", str_of(w.from->id)}, {"level", INTEGER(highest(w.from))},
                    {.name = "more", .is_word = w.into->label->confidentiality >= highest(w.from), .word = MSG_PACK_PART_RESTRICTIONS},
                    {"field", str_of(w.target->id)}, {"register", str_of(w.into->id)}, {"own", INTEGER(w.into->label->confidentiality)});
}

static void check_effects(struct checking *ck, const struct procedure *p, const struct step *st, const struct effect *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < at[i].n_sets; k++)
            check_flow(ck, (struct flow){.hand = p->reg, .step = st, .effect = &at[i], .value = &at[i].sets[k].value, .into = at[i].reg != NULL ? at[i].reg : p->reg,
                                         .target = at[i].sets[k].field});
    }
}

/* Entries hold what is not sealed, for good and for everybody who verifies them. */
static bool holds_text(const struct field *f)
{
    bool found = f->type == FIELD_TEXT && !f->personal && !f->is_plain && !field_is_keyed(f);

    for (size_t i = 0; !found && !f->personal && !f->is_plain && i < f->n_fields; i++)
        found = holds_text(&f->fields[i]);
    return found;
}

static void check_open_texts(struct checking *ck, const struct reg *r)
{
    for (size_t i = 0; i < r->n_fields; i++) {
        const struct field *f = &r->fields[i];

        if (holds_text(f))
            check_error(ck, f->at, MSG_PACK_FLOW_CLEAR, {"register", str_of(r->id)}, {"field", str_of(f->id)});
    }
}

static void check_register(struct checking *ck, const struct reg *r)
{
    int cap = pack_channel_cap(ck->pack, "page");

    if (highest(r) >= CONFIDENTIALITY_RECORDED && !r->reads_recorded)
        check_error(ck, r->at, MSG_PACK_READS_RECORDED, {"register", str_of(r->id)});
    else if (cap > 0 && highest(r) > cap && !r->reads_recorded)
        check_error(ck, r->at, MSG_PACK_READS_CAP, {"register", str_of(r->id)}, {"cap", INTEGER(cap)});
    if (highest(r) >= CONFIDENTIALITY_RECORDED)
        check_open_texts(ck, r);
    for (size_t i = 0; i < r->n_fields; i++)
        check_flow(ck, (struct flow){.hand = r, .value = &r->fields[i].initial, .into = r, .target = &r->fields[i]});
}

int check_flows(struct checking *ck)
{
    for (size_t i = 0; i < ck->pack->n_regs; i++)
        check_register(ck, &ck->pack->regs[i]);
    for (size_t i = 0; i < ck->pack->n_procedures; i++) {
        const struct procedure *p = &ck->pack->procedures[i];

        for (size_t k = 0; k < p->n_steps; k++)
            check_effects(ck, p, &p->steps[k], p->steps[k].effects, p->steps[k].n_effects);
        for (size_t k = 0; k < p->n_obligations; k++)
            check_effects(ck, p, NULL, p->obligations[k].missed, p->obligations[k].n_missed);
    }
    return 0;
}
