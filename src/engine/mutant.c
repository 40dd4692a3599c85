#include "engine/mutant.h"

#include <errno.h>

#define FOREVER "P9000Y"
#define OPEN_RANGE "open-to-everybody"

/* ---- finding the place in the canonical form ---- */

/* The value under `key` in an array of one-member objects; *ret_no its index. */
static json_t *ordered_get(json_t *list, const char *key)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *v = json_object_get(json_array_get(list, i), key);

        if (v)
            return v;
    }
    return NULL;
}

/* The object whose `id` that is, in an array. */
static json_t *with_id(json_t *list, const char *id)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_str(json_array_get(list, i), "id"), id))
            return json_array_get(list, i);
    return NULL;
}

/* An emptied list goes with its key: a list with nothing in it may be refused. */
static int drop_item(json_t *owner, const char *key, size_t no)
{
    json_t *list = json_object_get(owner, key);

    if (json_array_remove(list, no))
        return -EINVAL;
    if (!json_array_size(list))
        return json_object_del(owner, key) ? -EINVAL : 0;
    return 0;
}

static json_t *step_at(json_t *file, const struct step *s)
{
    size_t n_steps = s->procedure->n_steps - s->procedure->n_corrections;

    return s->is_correction ? json_array_get(json_object_get(file, "corrections"), s->no - n_steps)
                            : json_array_get(json_object_get(file, "steps"), s->no);
}

/* ---- conditions ---- */

static bool is_made_from_step(const struct cond *c)
{
    return c->kind == COND_STATE || c->kind == COND_BY || c->kind == COND_SEPARATE;
}

/* What the map says, or what it names says, in the end. The reader has seen that no name leads back to itself. */
static json_t *body_of(json_t *file, json_t *node)
{
    const char *name;

    while (node && *(name = json_str(node, "condition")))
        node = ordered_get(json_object_get(file, "conditions"), name);
    return node;
}

/* The same place: of a named condition at any place that names it. */
static bool is_same(const struct cond *a, const struct cond *b)
{
    return a == b || (a->part && b->part && !strcmp(a->part, b->part));
}

/* Within nested `all`: 0 done, MUTANT_E_NONE not in here. */
static int drop_inside(json_t *file, json_t *node, const struct cond *in, const struct cond *wanted)
{
    json_t *body = body_of(file, node), *list = json_object_get(body, "all");

    if (in->kind == COND_EACH)
        in = in->inside;
    if (in->kind != COND_ALL)
        return MUTANT_E_NONE;
    for (size_t i = 0; i < in->n_children; i++) {
        int r;

        if (is_same(in->children[i], wanted))
            return in->n_children > 1 ? drop_item(body, "all", i) : MUTANT_E_NONE;
        r = drop_inside(file, json_array_get(list, i), in->children[i], wanted);
        if (r != MUTANT_E_NONE)
            return r;
    }
    return MUTANT_E_NONE;
}

static int drop_required(json_t *file, const struct step *s, const struct cond *wanted)
{
    json_t *step = step_at(file, s), *list = json_object_get(step, "requires");
    size_t no = 0;

    for (size_t i = 0; i < s->n_conds; i++) {
        int r;

        if (is_made_from_step(s->conds[i]))
            continue;
        if (s->conds[i] == wanted)
            return drop_item(step, "requires", no);
        r = drop_inside(file, json_array_get(list, no), s->conds[i], wanted);
        if (r != MUTANT_E_NONE)
            return r;
        no++;
    }
    return MUTANT_E_NONE;
}

static bool has_text(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_is_string(json_array_get(list, i)) && !strcmp(json_string_value(json_array_get(list, i)), text))
            return true;
    return false;
}

static int drop_separation(json_t *file, const struct cond *c)
{
    json_t *list = json_object_get(file, "separate");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *roles = json_object_get(json_array_get(list, i), "roles");

        if (has_text(roles, c->by[0]->id) && has_text(roles, c->by[1]->id))
            return drop_item(file, "separate", i);
    }
    return MUTANT_E_NONE;
}

/* Met by what the pack says itself, whatever anybody does: the condition stands for a pack that says otherwise. */
static bool is_settled(const struct cond *c)
{
    return c->kind == COND_PARAM && !c->param->from && c->param->is_set && (!c->name || !*c->name || !strcmp(c->name, c->param->value));
}

static int drop_cond(json_t *file, const struct procedure *p, const struct cond *c)
{
    for (size_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->steps[i];
        int r;

        for (size_t k = 0; k < s->n_conds; k++) {
            if (s->conds[k] != c || !is_made_from_step(c))
                continue;
            if (c->kind == COND_SEPARATE)
                return drop_separation(file, c);
            if (c->kind == COND_STATE || c->n_by == 0)
                return MUTANT_E_NONE;
            return json_object_set_new(step_at(file, s), "by", json_pack("[s]", "anyone")) ? -ENOMEM : 0;
        }
        r = drop_required(file, s, c);
        if (r != MUTANT_E_NONE)
            return r;
    }
    for (size_t i = 0; i < p->n_constrains; i++)
        for (size_t k = 0; k < p->constrains[i].n_conds; k++)
            if (p->constrains[i].conds[k] == c)
                return json_array_remove(json_object_get(json_array_get(json_object_get(file, "constrains"), i), "requires"), k) ? -EINVAL : 0;
    return MUTANT_E_NONE; /* an `if`, an alternative, or what an obligation asks */
}

/* ---- what was signed ---- */

static bool is_signed(const struct step *signer, const struct field *f)
{
    for (size_t i = 0; i < signer->n_signs; i++)
        if (signer->signs[i] == f)
            return true;
    return false;
}

static bool effects_touch(const struct effect *effects, size_t n, const struct step *signer)
{
    for (size_t i = 0; i < n; i++) {
        if (effects[i].link && is_signed(signer, effects[i].link))
            return true;
        for (size_t k = 0; k < effects[i].n_sets; k++)
            if (is_signed(signer, effects[i].sets[k].field))
                return true;
    }
    return false;
}

/* One that makes a record fills its own, and who signs again signs what stands there now. */
static bool step_touches(const struct step *s, const struct step *signer)
{
    bool signs_itself = s->makes_record || (s->procedure == signer->procedure && !strcmp(s->act, signer->act));

    for (size_t i = 0; !signs_itself && i < s->n_asks; i++)
        if (is_signed(signer, s->asks[i]))
            return true;
    return effects_touch(s->effects, s->n_effects, signer);
}

static bool brings_to(const struct effect *effects, size_t n, const struct step *signer)
{
    for (size_t i = 0; i < n; i++)
        if (effects[i].state && !strcmp(effects[i].state, signer->to) && (!effects[i].reg || effects[i].reg == signer->procedure->reg))
            return true;
    return false;
}

/* Nothing but its act brings a record into the state to which it leads. */
static bool comes_by_signing(const struct pack *pack, const struct step *signer)
{
    for (size_t i = 0; i < pack->n_procedures; i++) {
        const struct procedure *p = &pack->procedures[i];

        for (size_t k = 0; k < p->n_steps; k++) {
            const struct step *s = &p->steps[k];

            if (brings_to(s->effects, s->n_effects, signer) || (p == signer->procedure && s != signer && s->to && !strcmp(s->to, signer->to)))
                return false;
        }
        for (size_t k = 0; k < p->n_obligations; k++)
            if (brings_to(p->obligations[k].missed, p->obligations[k].n_missed, signer))
                return false;
    }
    return true;
}

static bool is_from(const struct step *s, const char *state)
{
    for (size_t i = 0; i < s->n_from; i++)
        if (!strcmp(s->from[i], state))
            return true;
    return false;
}

/* From the signer's act until the condition is asked the record stays in one state. */
static bool is_asked_at_once(const struct pack *pack, const struct rule_row *row, const struct step *signer)
{
    for (size_t i = 0; i < row->procedure->n_steps; i++) {
        const struct step *s = &row->procedure->steps[i];

        for (size_t k = 0; k < s->n_conds; k++)
            if (s->conds[k] == row->part)
                return signer->to && s->n_from == 1 && is_from(s, signer->to) && comes_by_signing(pack, signer);
    }
    return false;
}

/* What the step signed is as it was whatever anybody does: the condition stands against a store that was written to by hand. */
static bool is_kept_anyhow(const struct pack *pack, const struct rule_row *row)
{
    const struct cond *c = row->part;
    const struct step *signer = c->kind == COND_UNCHANGED ? procedure_step(row->procedure, c->name, 0) : NULL;
    bool at_once;

    if (!signer || signer->has_manifest)
        return false;
    at_once = is_asked_at_once(pack, row, signer);
    for (size_t i = 0; i < pack->n_procedures; i++) {
        const struct procedure *p = &pack->procedures[i];

        for (size_t k = 0; k < p->n_steps; k++) {
            const struct step *s = &p->steps[k];
            bool comes_later = at_once && p == signer->procedure && !is_from(s, signer->to) && !effects_touch(s->effects, s->n_effects, signer);

            if (!comes_later && step_touches(s, signer))
                return false;
        }
        for (size_t k = 0; k < p->n_obligations; k++)
            if (effects_touch(p->obligations[k].missed, p->obligations[k].n_missed, signer))
                return false;
    }
    return true;
}

/* ---- effects and obligations ---- */

static int drop_effect(json_t *file, const struct procedure *p, const struct effect *e)
{
    json_t *obligations = json_object_get(file, "obligations");

    for (size_t i = 0; i < p->n_steps; i++)
        for (size_t k = 0; k < p->steps[i].n_effects; k++)
            if (&p->steps[i].effects[k] == e)
                return drop_item(step_at(file, &p->steps[i]), "then", k);
    for (size_t i = 0; i < p->n_obligations; i++)
        for (size_t k = 0; k < p->obligations[i].n_missed; k++)
            if (&p->obligations[i].missed[k] == e)
                return drop_item(json_array_get(obligations, i), "missed", k);
    return MUTANT_E_NONE;
}

static int drop_obligation(json_t *file, const struct procedure *p, const struct obligation *o)
{
    return drop_item(file, "obligations", (size_t)(o - p->obligations));
}

/* The item stays in its checklist, and does nothing. */
static int drop_lift(json_t *file, const struct procedure *p, const struct lift *l)
{
    json_t *lifts = json_object_get(json_object_get(file, "suspend"), "lifts");

    return json_array_remove(lifts, (size_t)(l - p->suspends->lifts)) ? -EINVAL : 0;
}

static int forbid_step(json_t *file, const struct step *s)
{
    json_t *step = step_at(file, s), *list = json_object_get(step, "requires");

    if (!list && json_object_set_new(step, "requires", json_array()))
        return -ENOMEM;
    list = json_object_get(step, "requires");
    return json_array_append_new(list, json_pack("{s:s}", "never", "yes")) ? -ENOMEM : 0;
}

/* ---- the rest ---- */

static bool is_corrected(const struct pack *pack, const struct field *f)
{
    for (size_t i = 0; i < pack->n_procedures; i++)
        for (size_t k = 0; k < pack->procedures[i].n_steps; k++) {
            const struct step *s = &pack->procedures[i].steps[k];

            for (size_t m = 0; s->is_correction && m < s->n_asks; m++)
                if (s->asks[m] == f)
                    return true;
        }
    return false;
}

/* An empty one is filled in before it is looked at, with what is always there; a correction fills nothing in. */
static bool is_filled_anyhow(const struct pack *pack, const struct field *f)
{
    return (f->initial.kind == REF_LITERAL || f->initial.kind == REF_ACTOR) && !is_corrected(pack, f);
}

static int loosen_field(json_t *file, const struct pack *pack, const struct field *f)
{
    json_t *o = with_id(json_object_get(file, "fields"), f->id);

    if (!o || (f->unique == UNIQUE_NO && (!f->required || is_filled_anyhow(pack, f))))
        return MUTANT_E_NONE;
    IGNORE(json_object_del(o, "required"), "it may be the other one");
    IGNORE(json_object_del(o, "unique"), "it may be the other one");
    return 0;
}

static int unset_param(json_t *file, const struct param *p)
{
    json_t *o = with_id(json_object_get(file, "parameters"), p->id);

    if (!o || (!p->is_set && !p->from))
        return MUTANT_E_NONE;
    return json_object_del(o, p->from ? "from" : "value") ? MUTANT_E_NONE : 0;
}

static int lift_cap(json_t *file, const struct period *p)
{
    json_t *o = ordered_get(json_object_get(file, "periods"), p->id);

    if (!o)
        return MUTANT_E_NONE;
    return json_object_set_new(o, "at_most", json_string(FOREVER)) ? -ENOMEM : 0;
}

static bool is_open(const struct reg *r)
{
    for (size_t i = 0; r->range && i < r->range->n_readers; i++)
        if (r->range->readers[i].kind == READER_EVERYONE)
            return true;
    return false;
}

/* Registers with that label, or the one register, become readable by everybody. Those that are so anyhow are no mutant. */
static int open_registers(json_t *all, const struct pack *pack, const struct label_def *label, const struct reg *only)
{
    json_t *ranges = json_object_get(json_object_get(all, "labels.yaml"), "ranges");
    bool is_changed = false;

    if (json_array_append_new(ranges, json_pack("{s:[{s:s}]}", OPEN_RANGE, "everyone", "yes")))
        return -ENOMEM;
    for (size_t i = 0; i < pack->n_regs; i++) {
        const struct reg *r = &pack->regs[i];
        json_t *file = json_object_get(all, r->at.file);

        if ((r != only && (!label || r->label != label)) || is_open(r))
            continue;
        is_changed = true;
        if (json_object_set_new(file, "readable", json_string(OPEN_RANGE)))
            return -ENOMEM;
    }
    return is_changed ? 0 : MUTANT_E_NONE;
}

static int change(const struct pack *pack, json_t *all, const struct rule_row *row)
{
    json_t *file = json_object_get(all, row->at.file ? row->at.file : "");

    switch (row->kind) {
    case RULE_COND:
        return is_settled(row->part) || is_kept_anyhow(pack, row) ? MUTANT_E_NONE : drop_cond(file, row->procedure, row->part);
    case RULE_EFFECT:
        return drop_effect(file, row->procedure, row->part);
    case RULE_OBLIGATION:
        return drop_obligation(file, row->procedure, row->part);
    case RULE_SUSPEND:
        return json_object_del(file, "suspend") ? MUTANT_E_NONE : 0;
    case RULE_LIFT:
        return drop_lift(file, row->procedure, row->part);
    case RULE_STEP:
        return forbid_step(file, row->part);
    case RULE_FIELD:
        return loosen_field(file, pack, row->part);
    case RULE_PARAM:
        return unset_param(file, row->part);
    case RULE_PERIOD:
        return lift_cap(file, row->part);
    case RULE_LABEL_FROM:
        return json_object_del(file, "label_from") ? MUTANT_E_NONE : 0;
    case RULE_HELD_AS:
        return json_object_del(file, "held_as") ? MUTANT_E_NONE : 0;
    case RULE_READS:
        return json_object_set_new(file, "reads", json_string("recorded")) ? -ENOMEM : 0;
    case RULE_DAILY:
        return json_object_del(json_object_get(file, "reads"), "daily") ? MUTANT_E_NONE : 0;
    case RULE_RETENTION:
        return json_object_del(file, "retention") ? MUTANT_E_NONE : 0;
    case RULE_LABEL:
        return open_registers(all, pack, row->part, NULL);
    case RULE_REGISTER:
        return open_registers(all, pack, NULL, row->part);
    default:
        return MUTANT_E_NONE;
    }
}

int mutant_make(const struct pack *pack, json_t *canonical, const struct rule_row *row, struct pack **ret)
{
    struct diag diag;
    int r = change(pack, canonical, row);

    if (r)
        return r;
    diag_init(&diag);
    r = pack_load_tree(canonical, ret, &diag);
    diag_done(&diag);
    return r > 0 ? MUTANT_E_UNREADABLE : r;
}

int mutant_load(const struct pack *pack, const json_t *canonical, const struct rule_row *row, struct pack **ret)
{
    JSON_AUTO *all = json_copied_deep(canonical);

    return all ? mutant_make(pack, all, row, ret) : -ENOMEM;
}

bool mutant_same(const struct rule_row *a, const struct rule_row *b)
{
    const struct cond *x = a->part, *y = b->part;

    if (a->kind != RULE_COND || b->kind != RULE_COND || a->procedure != b->procedure)
        return a->part == b->part && a->kind == b->kind;
    if (x->kind != COND_SEPARATE || y->kind != COND_SEPARATE)
        return is_same(x, y);
    return x->at.line == y->at.line && x->at.col == y->at.col;
}
