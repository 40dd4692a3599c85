/* What a suspension may lift: clauses that some condition refuses by, none that keeps labels, records, trails or the suspension itself. */
#include "regulation/check-inside.h"

/* Why no suspension lifts a clause. */
enum keeps {
    KEEPS_NOTHING,
    KEEPS_LABELS,
    KEEPS_RECORDS,
    KEEPS_TRAIL,
    KEEPS_ITSELF,
    KEEPS_SIGNED,
    KEEPS_LOCKS,
    KEEPS_SCANS
};
struct kept {
    const struct clause *clause;
    const struct procedure *suspending;
    enum keeps by;
    struct place at; /* of what cites it so */
    bool is_asked;   /* some condition that can be lifted cites it */
};

static void keep(struct kept *k, enum keeps by, const struct clause_list *l, struct place at)
{
    if (k->by == KEEPS_NOTHING && clauses_have(l, k->clause)) {
        k->by = by;
        k->at = at;
    }
}

static enum keeps kept_by_kind(enum cond_kind kind)
{
    switch (kind) {
    case COND_LABEL:
    case COND_INHERITS:
    case COND_LEAVES:
        return KEEPS_LABELS;
    case COND_RETENTION:
        return KEEPS_RECORDS;
    case COND_UNCHANGED:
        return KEEPS_SIGNED;
    case COND_UNLOCKED:
        return KEEPS_LOCKS;
    case COND_SCAN:
        return KEEPS_SCANS;
    default:
        return KEEPS_NOTHING;
    }
}

/* Somewhere in it, what is asked in an `if` apart. */
static enum keeps kept_inside(const struct cond *c)
{
    enum keeps by = kept_by_kind(c->kind);

    for (size_t i = 0; by == KEEPS_NOTHING && i < c->n_children; i++)
        by = kept_inside(c->children[i]);
    for (size_t i = 0; by == KEEPS_NOTHING && c->inside != NULL && i < c->inside->n_children; i++)
        by = kept_inside(c->inside->children[i]);
    return by;
}

/* What would fall with it. Signature, lock and scan stay in force on their own, so that others may cite the same clause: only inside another
 * condition they would be lifted with the whole. Nobody may believe that of labels and records. */
static enum keeps kept_by(const struct cond *c)
{
    enum keeps by = kept_inside(c);

    return by == kept_by_kind(c->kind) && by >= KEEPS_SIGNED ? KEEPS_NOTHING : by;
}

static void look_at_cond(struct kept *k, const struct procedure *p, const struct cond *c)
{
    if (c->kind == COND_ALL) {
        for (size_t i = 0; i < c->n_children; i++)
            look_at_cond(k, p, c->children[i]);
        return;
    }
    if (!clauses_have(&c->clauses, k->clause))
        return;
    if (kept_by(c) != KEEPS_NOTHING)
        keep(k, kept_by(c), &c->clauses, c->at);
    else if (cond_can_lift(c) && p == k->suspending)
        keep(k, KEEPS_ITSELF, &c->clauses, c->at);
    else
        k->is_asked = k->is_asked || cond_can_lift(c);
}

static void look_at_register(struct kept *k, const struct reg *r)
{
    if (r->has_label_from)
        keep(k, KEEPS_LABELS, &r->label_from.clauses, r->label_from.at);
    if (r->has_held_as)
        keep(k, KEEPS_LABELS, &r->held_as.clauses, r->held_as.at);
    if (r->has_retention)
        keep(k, KEEPS_RECORDS, &r->retention.clauses, r->retention.at);
    for (size_t i = 0; i < r->n_fields; i++) {
        if (r->fields[i].measured != 0)
            keep(k, KEEPS_TRAIL, &r->fields[i].clauses, r->fields[i].at);
    }
}

static void look(struct kept *k, const struct pack *pack)
{
    for (size_t i = 0; i < pack->n_labels; i++)
        keep(k, KEEPS_LABELS, &pack->labels[i].clauses, pack->labels[i].at);
    for (size_t i = 0; i < pack->n_regs; i++)
        look_at_register(k, &pack->regs[i]);
    for (size_t i = 0; i < pack->n_procedures; i++) {
        const struct procedure *p = &pack->procedures[i];

        for (size_t n = 0; n < p->n_steps; n++)
            for (size_t c = 0; c < p->steps[n].n_conds; c++)
                look_at_cond(k, p, p->steps[n].conds[c]);
    }
}

static void check_lifted(struct checking *ck, const struct procedure *p, const struct lift *l,
                         const struct clause *c)
{
    static const enum message_key whats[] = {MSG_PACK_WORD_THIS, /* nothing keeps it */
                                        MSG_PACK_WORD_KEEPS_LABELS,
                                        MSG_PACK_WORD_KEEPS_RECORDS,
                                        MSG_PACK_WORD_KEEPS_MEASURED,
                                        MSG_PACK_WORD_KEEPS_SUSPENSION,
                                        MSG_PACK_WORD_KEEPS_SIGNED,
                                        MSG_PACK_WORD_KEEPS_LOCK,
                                        MSG_PACK_WORD_KEEPS_SCAN};
    struct kept k = {.clause = c, .suspending = p};

    look(&k, ck->pack);
    if (k.by != KEEPS_NOTHING)
        check_error(ck, l->at, MSG_PACK_LIFT_RULED, {"item", str_of(l->item)}, {"clause", str_of(c->id)}, MESSAGE_WORD("what", whats[k.by]),
                    {"file", str_of(k.at.file)}, {"line", NUMBER(k.at.line)});
    else if (!k.is_asked)
        check_error(ck, l->at, MSG_PACK_LIFT_NOTHING, {"item", str_of(l->item)}, {"clause", str_of(c->id)});
}

static void check_scope(struct checking *ck, const struct suspension *s)
{
    for (size_t i = 0; i < s->scope->n_choices; i++) {
        bool is_there = false;

        for (size_t k = 0; k < s->n_lifts; k++)
            is_there = is_there || strcmp(s->lifts[k].item, s->scope->choices[i].id) == 0;
        if (!is_there)
            check_error(ck, s->at, MSG_PACK_LIFT_ITEM, {"item", str_of(s->scope->choices[i].id)}, {"field", str_of(s->scope->id)});
    }
}

/* ---- what is lifted ---- */

static bool lifts_all(const struct lift *l, size_t n, const struct clause_list *clauses)
{
    for (size_t i = 0; i < clauses->n; i++) {
        bool is_there = false;

        for (size_t k = 0; k < n; k++)
            is_there = is_there || clauses_have(&l[k].clauses, clauses->at[i]);
        if (!is_there)
            return false;
    }
    return true;
}

/* A clause is cited by more than what its item is meant for: each condition that falls is told, so that one which must stay gets a clause of its
 * own. */
static void tell_lifted(struct checking *ck, const struct procedure *p, const struct cond *c)
{
    const struct suspension *s = p->suspends;
    bool is_alone = false;

    if (c->kind == COND_ALL) {
        for (size_t i = 0; i < c->n_children; i++)
            tell_lifted(ck, p, c->children[i]);
        return;
    }
    if (!cond_can_lift(c))
        return;
    for (size_t i = 0; i < s->n_lifts; i++) {
        if (!lifts_all(&s->lifts[i], 1, &c->clauses))
            continue;
        is_alone = true;
        check_note(ck, c->at, MSG_PACK_LIFTED, {"rule", str_of(c->rule)}, {"item", str_of(s->lifts[i].item)}, {"procedure", str_of(p->reg->id)});
    }
    if (!is_alone && lifts_all(s->lifts, s->n_lifts, &c->clauses))
        check_note(ck, c->at, MSG_PACK_LIFTED_TOGETHER, {"rule", str_of(c->rule)}, {"procedure", str_of(p->reg->id)});
}

static void list_lifted(struct checking *ck, const struct procedure *p)
{
    for (size_t i = 0; i < ck->pack->n_procedures; i++) {
        const struct procedure *of = &ck->pack->procedures[i];

        for (size_t n = 0; n < of->n_steps; n++)
            for (size_t c = 0; c < of->steps[n].n_conds; c++)
                tell_lifted(ck, p, of->steps[n].conds[c]);
    }
}

int check_suspend(struct checking *ck)
{
    for (size_t i = 0; i < ck->pack->n_procedures; i++) {
        const struct procedure *p = &ck->pack->procedures[i];
        const struct suspension *s = p->suspends;

        if (s == NULL)
            continue;
        check_scope(ck, s);
        for (size_t n = 0; n < s->n_lifts; n++)
            for (size_t c = 0; c < s->lifts[n].clauses.n; c++)
                check_lifted(ck, p, &s->lifts[n], s->lifts[n].clauses.at[c]);
        list_lifted(ck, p);
    }
    return 0;
}
