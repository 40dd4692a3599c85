#include "engine/offer.h"

#include "engine/apply.h"
#include "engine/input.h"
#include "engine/judge.h"
#include "engine/ref.h"
#include "engine/say.h"
#include "engine/suspend.h"
#include "engine/way.h"

#include <stdlib.h>

#define VARIANTS_MAX 8 /* steps of one name */
#define ROUNDS_MAX 6   /* how many fields with one value left may narrow the others */

/* Truth of a condition while fields are open. */
enum { SEEN_FALSE, SEEN_TRUE, SEEN_MAYBE };

struct asked {
    const struct field *field;
    const json_t *values;    /* that could be chosen; NULL: anything may be typed */
    const struct cond **why; /* of each value: what refuses it; NULL: it is offered */
    size_t n_left;
    bool is_whole;           /* every value was judged */
    bool is_fixed;           /* the record has its only value */
    bool must[VARIANTS_MAX]; /* that step refuses an empty one */
};

struct offers {
    struct stage *sc;
    const struct reg *reg;
    const struct step *steps[VARIANTS_MAX];
    size_t n_steps, at; /* at: the one being asked */
    struct asked *asked;
    size_t n_asked;
    const struct asked *tried; /* whose value stands in the record to be judged; NULL: none */
    size_t n_looks;            /* values judged */
    uint8_t *known;            /* enum truth of leaves that ask no open field */
    const uint8_t *lifted
        [VARIANTS_MAX]; /* of each step: clauses that are suspended for who does it, by their numbers; NULL: none */
};

/* ---- truth with open fields ---- */

static bool is_list(const struct field *f)
{
    return f->type == FIELD_LIST;
}

/* The open field that the leaf asks; NULL. */
static const struct asked *open_field(const struct offers *o, const struct cond *leaf)
{
    for (size_t i = 0; i < o->n_asked; i++) {
        const struct asked *a = &o->asked[i];

        if (a != o->tried && !a->is_fixed && leaf_asks(leaf, o->reg, a->field))
            return a;
    }
    return NULL;
}

/* Of a field that must be filled nothing is possible but that it is. */
static int open_seen(const struct offers *o, const struct cond *leaf, const struct asked *a)
{
    if (leaf->kind == COND_FILLED && leaf->subject.kind == REF_FIELD && leaf->subject.n_hops == 1 &&
        a->must[o->at])
        return leaf->wanted ? SEEN_TRUE : SEEN_FALSE;
    return SEEN_MAYBE;
}

/* A list may get others beside the one that is tried: what asks all of them stays false, and nothing else is sure. */
static int list_seen(const struct cond *leaf, int truth)
{
    switch (leaf->kind) {
    case COND_FILLED:
        return truth;
    case COND_STATE_OF:
    case COND_RETENTION:
    case COND_UNLOCKED:
    case COND_LABEL:
    case COND_ONE_OF:
    case COND_NONE_OF:
    case COND_HOLDS:
    case COND_POST:
    case COND_RANK:
    case COND_SUCCESSOR:
    case COND_SUPERIOR:
    case COND_EACH:
    case COND_WITHIN:
        return truth == SEEN_FALSE ? SEEN_FALSE : SEEN_MAYBE;
    default:
        return SEEN_MAYBE;
    }
}

/* An answer of enum SEEN, or negative. `permits`: as in gather_cond(). */
static int leaf_seen(struct offers *o, const struct cond *c, bool permits)
{
    const struct asked *open = open_field(o, c);
    bool is_tried = o->tried && leaf_asks(c, o->reg, o->tried->field);
    int e;

    if (open)
        return open_seen(o, c, open);
    if (c->kind == COND_INHERITS) /* what is typed beside it may raise the label */
        return SEEN_MAYBE;
    if (!is_tried && o->known[c->leaf] != TRUTH_UNASKED)
        return o->known[c->leaf] == TRUTH_TRUE ? SEEN_TRUE : SEEN_FALSE;
    if ((e = leaf_rests_on_unset(o->sc, c)))
        return e < 0 ? e : permits ? SEEN_FALSE : SEEN_TRUE;
    if ((e = leaf_judged(o->sc, c, permits)) < 0)
        return e;
    if (is_tried)
        return is_list(o->tried->field) ? list_seen(c, e ? SEEN_TRUE : SEEN_FALSE)
               : e                      ? SEEN_TRUE
                                        : SEEN_FALSE;
    o->known[c->leaf] = e ? TRUTH_TRUE : TRUTH_FALSE;
    return e ? SEEN_TRUE : SEEN_FALSE;
}

static int cond_seen(struct offers *o, const struct cond *c, bool permits);

/* `ends`: the truth of a member that settles the whole. */
static int members_seen(struct offers *o, const struct cond *c, bool permits, int ends)
{
    int all = ends == SEEN_FALSE ? SEEN_TRUE : SEEN_FALSE;

    for (size_t i = 0; i < c->n_children; i++) {
        int e = cond_seen(o, c->children[i], permits);

        if (e < 0 || e == ends)
            return e;
        if (e == SEEN_MAYBE)
            all = SEEN_MAYBE;
    }
    return all;
}

static int bare_seen(struct offers *o, const struct cond *c, bool permits)
{
    int e;

    switch (c->kind) {
    case COND_ALL:
        return members_seen(o, c, permits, SEEN_FALSE);
    case COND_ANY:
        return members_seen(o, c, permits, SEEN_TRUE);
    case COND_NOT:
        e = cond_seen(o, c->children[0], !permits);
        return e == SEEN_TRUE ? SEEN_FALSE : e == SEEN_FALSE ? SEEN_TRUE : e;
    default:
        return leaf_seen(o, c, permits);
    }
}

/* Reads a tree whose depth the reader has capped. */
static int cond_seen(struct offers *o, const struct cond *c, bool permits)
{
    int guard = c->only_if ? cond_seen(o, c->only_if, !permits) : SEEN_TRUE, e;

    if (guard < 0 || guard == SEEN_FALSE)
        return guard < 0 ? guard : SEEN_TRUE;
    e = bare_seen(o, c, permits);
    return guard == SEEN_MAYBE && e == SEEN_FALSE ? SEEN_MAYBE : e;
}

/* What a suspension lifts refuses nothing. */
static bool is_lifted(const uint8_t *lifted, const struct cond *c)
{
    size_t n = 0;

    while (lifted && cond_can_lift(c) && n < c->clauses.n && lifted[c->clauses.at[n]->no])
        n++;
    return lifted && cond_can_lift(c) && n == c->clauses.n;
}

/* What refuses by a condition that is false: of an `all` the first member that does, for it has its own clauses. NULL: what is false is
 * lifted, and of the rest it is not sure. */
static int blame(struct offers *o, const struct cond *c, const uint8_t *lifted,
                 const struct cond **ret)
{
    bool one_fell = false; /* a member is false, and lifted */

    *ret = NULL;
    if (c->kind != COND_ALL) {
        *ret = is_lifted(lifted, c) ? NULL : c;
        return 0;
    }
    for (size_t i = 0; !*ret && i < c->n_children; i++) {
        int e = cond_seen(o, c->children[i], true);

        if (e < 0)
            return e;
        if (e == SEEN_FALSE) {
            if ((e = blame(o, c->children[i], lifted, ret)))
                return e;
            one_fell = true;
        }
    }
    if (!*ret && !one_fell)
        *ret = c;
    return 0;
}

/* ---- one value ---- */

static int put_value(struct offers *o, const struct asked *a, const json_t *v)
{
    JSON_AUTO *list = v && is_list(a->field) ? json_pack("[O]", v) : NULL;

    if (v && is_list(a->field) && !list)
        return -ENOMEM;
    return record_set(o->sc->hand, a->field, list ? list : v, NULL);
}

/* What of the step refuses the field as it stands in the record; NULL: nothing, as far as can be told. */
static int refused_in(struct offers *o, size_t at, const struct asked *a, const struct cond **ret)
{
    const struct step *st = o->steps[at];
    int e = 0;

    *ret = NULL;
    o->at = at;
    o->tried = a;
    for (size_t i = 0; !*ret && i < st->n_conds; i++) {
        if (!cond_asks(st->conds[i], o->reg, a->field))
            continue;
        if ((e = cond_seen(o, st->conds[i], true)) < 0)
            break;
        e = e == SEEN_FALSE ? blame(o, st->conds[i], o->lifted[at], ret) : 0;
        if (e)
            break;
    }
    o->tried = NULL;
    return e;
}

/* Refused by every step of that name. */
static int refused(struct offers *o, const struct asked *a, const json_t *v,
                   const struct cond **ret)
{
    const struct cond *first = NULL;
    int e = put_value(o, a, v);

    *ret = NULL;
    for (size_t i = 0; !e && i < o->n_steps; i++) {
        const struct cond *c;

        e = refused_in(o, i, a, &c);
        if (!e && !c)
            return 0;
        first = first ? first : c;
    }
    *ret = first;
    return e;
}

/* ---- all values ---- */

/* Of a field that has its only value it is known already. */
static int find_musts(struct offers *o)
{
    int e = 0;

    for (size_t i = 0; !e && i < o->n_asked; i++) {
        struct asked *a = &o->asked[i];

        if (a->is_fixed)
            continue;
        e = put_value(o, a, NULL);
        for (size_t k = 0; !e && k < o->n_steps; k++) {
            const struct cond *c;

            e = refused_in(o, k, a, &c);
            a->must[k] = a->field->required || c;
        }
    }
    return e;
}

static int judge_values(struct offers *o, struct asked *a)
{
    size_t n = json_array_size(a->values);

    a->n_left = 0;
    for (size_t i = 0; i < n; i++) {
        int e = 0;

        if (i < OFFER_VALUES_MAX && !a->why[i])
            e = o->n_looks++ >= OFFER_LOOKS_MAX
                    ? -E2BIG
                    : refused(o, a, json_array_get(a->values, i), &a->why[i]);
        if (e == -E2BIG) { /* or enough was looked at: the same of this field from here on */
            a->is_whole = false;
            a->n_left += n - i;
            return 0;
        }
        if (e)
            return e;
        a->n_left += !a->why[i];
    }
    return 0;
}

static const json_t *first_left(const struct asked *a)
{
    for (size_t i = 0; i < json_array_size(a->values); i++)
        if (!a->why[i])
            return json_array_get(a->values, i);
    return NULL;
}

static bool is_needed(const struct offers *o, const struct asked *a)
{
    for (size_t k = 0; k < o->n_steps; k++)
        if (!a->must[k])
            return false;
    return o->n_steps > 0;
}

static bool has_one_left(const struct offers *o, const struct asked *a)
{
    return a->values && a->is_whole && a->n_left == 1 && !is_list(a->field) && is_needed(o, a);
}

/* Fix the first field that has one value left: where two of them do not go together, the later one is told to have none. 1: one was. */
static int fix_field(struct offers *o)
{
    for (size_t i = 0; i < o->n_asked; i++) {
        struct asked *a = &o->asked[i];
        int e;

        if (a->is_fixed || !has_one_left(o, a))
            continue;
        if ((e = put_value(o, a, first_left(a))))
            return e;
        a->is_fixed = true;
        return 1;
    }
    return 0;
}

static int judge_fields(struct offers *o)
{
    int e = 0, more = 1;

    for (int round = 0; !e && more && round < ROUNDS_MAX; round++) {
        e = find_musts(o);
        for (size_t i = 0; !e && i < o->n_asked; i++)
            if (o->asked[i].values && !o->asked[i].is_fixed)
                e = judge_values(o, &o->asked[i]);
        if (!e && (more = fix_field(o)) < 0)
            e = more;
    }
    return e;
}

/* ---- which step ---- */

/* Refused already, whatever is filled in. */
static int is_dead(struct offers *o, const struct step *st, const uint8_t *lifted)
{
    const struct cond *by = NULL;
    int e = SEEN_TRUE;

    for (size_t i = 0; !by && e >= 0 && i < st->n_conds; i++) {
        e = cond_seen(o, st->conds[i], true);
        if (e == SEEN_FALSE)
            e = blame(o, st->conds[i], lifted, &by);
    }
    return e < 0 ? e : by != NULL;
}

/* What is lifted for him by the standing in which he would do the step, as it is judged. Of a role whose unit is still to be typed nothing is
 * known yet: then it goes by his own unit. */
static int lifted_for(struct offers *o, const struct step *st, const uint8_t **ret)
{
    struct stage *sc = o->sc;
    struct standing before = sc->standing;
    const struct proc_role *as = NULL;
    int e = judge_standing(sc, st, &as);

    if (!e)
        e = suspended_now(sc, ret);
    sc->standing = before;
    return e;
}

static bool is_asked(const struct offers *o, const struct field *f)
{
    for (size_t i = 0; i < o->n_asked; i++)
        if (o->asked[i].field == f)
            return true;
    return false;
}

static int add_asked(struct offers *o, const struct field *f, const json_t *values)
{
    size_t n = json_array_size(values);
    struct asked *a = &o->asked[o->n_asked];

    if (is_asked(o, f))
        return 0;
    *a = (struct asked){
        .field = f, .values = values, .n_left = n, .is_whole = n <= OFFER_VALUES_MAX};
    if (!(a->why = arena_alloc_n(o->sc->arena, n + 1, sizeof(*a->why))))
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        a->why[i] = NULL;
    o->n_asked++;
    return 0;
}

/* The fields of all steps of that name which may be meant in the record's state, and those of the steps that may still be allowed. */
static int open_steps(struct offers *o, const char *act, const json_t *asked)
{
    const struct procedure *p = o->sc->procedure;
    const struct step *all[VARIANTS_MAX];
    const uint8_t *lifted[VARIANTS_MAX] = {0};
    size_t n = 0;
    int e = 0;

    for (size_t i = 0; i < p->n_steps && n < VARIANTS_MAX; i++)
        if (!strcmp(p->steps[i].act, act) &&
            word_in(o->sc->hand->state, p->steps[i].from, p->steps[i].n_from))
            all[n++] = &p->steps[i];
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; !e && k < all[i]->n_asks; k++)
            e = add_asked(o, all[i]->asks[k], json_arr(asked, all[i]->asks[k]->id));
    for (size_t i = 0; !e && i < n; i++) {
        int dead;

        if ((e = lifted_for(o, all[i], &lifted[i])))
            break;
        dead = is_dead(o, all[i], lifted[i]);
        if (dead < 0)
            e = dead;
        else if (!dead) {
            o->lifted[o->n_steps] = lifted[i];
            o->steps[o->n_steps++] = all[i];
        }
    }
    if (e || o->n_steps)
        return e;
    o->n_steps = n;
    memcpy(o->steps, all, n * sizeof(*all));
    memcpy(o->lifted, lifted, n * sizeof(*lifted));
    return 0;
}

/* 1: nothing of the kind in sight. */
static int open_stage(struct offers *o, const char *reg, const char *record, const char *act)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    struct stage *sc = o->sc;
    const struct reg *at = engine_reg_on(sc->e, reg, sc->today);
    int e = sc->actor ? 0 : 1;

    if (!e && !*record)
        e = at ? stage_new_record(sc, at, &sc->hand) : 1;
    if (!e && *record) {
        e = stage_record(sc, record, &sc->hand);
        if (!e)
            e = sight_of_person(sc, sc->actor, &sight);
        if (!e && (e = sight_of_record(sc, sight, sc->hand)) >= 0)
            e = e && !sc->hand->disposed_us ? 0 : 1;
    }
    if (!e)
        e = stage_tell(sc);
    if (e)
        return e;
    o->reg = sc->hand->reg;
    sc->procedure = o->reg->procedure;
    sc->act_name = arena_printf(sc->arena, "%s/%s", o->reg->id, act);
    o->asked = arena_alloc_n(sc->arena, o->reg->n_fields + 1, sizeof(*o->asked));
    o->known = arena_alloc(sc->arena, sc->procedure->n_leaves + 1);
    if (!sc->act_name || !o->asked || !o->known)
        return -ENOMEM;
    memset(o->known, TRUTH_UNASKED, sc->procedure->n_leaves + 1);
    return input_defaults(sc, act);
}

/* ---- the answer ---- */

struct reason {
    const struct cond *cond;
    size_t n;
};

static int by_number(const void *a, const void *b)
{
    const struct reason *x = a, *y = b;

    return (x->n < y->n) - (x->n > y->n);
}

/* How many values each condition refuses, the commonest first; in the arena. */
static struct reason *count_reasons(const struct offers *o, const struct asked *a, size_t *ret_n)
{
    size_t n = json_array_size(a->values);
    struct reason *r = arena_alloc_n(o->sc->arena, n + 1, sizeof(*r));

    *ret_n = 0;
    for (size_t i = 0; r && i < n; i++) {
        size_t k = 0;

        if (!a->why[i])
            continue;
        while (k < *ret_n && r[k].cond != a->why[i])
            k++;
        if (k == *ret_n)
            r[(*ret_n)++] = (struct reason){a->why[i], 0};
        r[k].n++;
    }
    if (r)
        qsort(r, *ret_n, sizeof(*r), by_number);
    return r;
}

static int why_json(struct offers *o, const struct reason *r, size_t n, json_t **ret)
{
    JSON_AUTO *list = json_array();

    for (size_t i = 0; list && i < n; i++) {
        const struct cond *c = r[i].cond;
        json_t *say = NULL;
        int e = say_rule(o->sc, c, &say);

        if (e)
            return e;
        if (json_array_append_new(list, json_pack("{s:I, s:s, s:o, s:o}", "n", (json_int_t)r[i].n,
                                                  "rule", c->rule, "clauses",
                                                  clauses_json(&c->clauses), "say", say)))
            return -ENOMEM;
    }
    *ret = TAKE(list);
    return *ret ? 0 : -ENOMEM;
}

static int out_json(const struct asked *a, json_t **ret)
{
    JSON_AUTO *list = json_array();

    for (size_t i = 0; list && i < json_array_size(a->values); i++)
        if (a->why[i] && json_array_append(list, json_array_get(a->values, i)))
            return -ENOMEM;
    *ret = TAKE(list);
    return *ret ? 0 : -ENOMEM;
}

/* What has to be done before there is a value to choose: by what refuses all there are, or by what the step asks of the field where
 * there is none. */
static int before_json(struct offers *o, const struct asked *a, const struct reason *r, size_t n,
                       json_t **ret)
{
    const json_t *only = json_array_size(a->values) == 1 ? json_array_get(a->values, 0) : NULL;
    struct ways w;
    int e = ways_open(&w, o->sc);

    if (!e && !a->is_fixed)
        e = put_value(o, a, only);
    for (size_t i = 0; !e && i < n; i++)
        e = ways_to_cond(&w, r[i].cond);
    for (size_t k = 0; !e && !n && k < o->n_steps; k++)
        e = ways_to_field(&w, o->steps[k], a->field);
    if (!e)
        e = ways_json(&w, ret);
    ways_done(&w);
    return e;
}

static int field_json(struct offers *o, const struct asked *a, json_t *all)
{
    JSON_AUTO *out = NULL;
    JSON_AUTO *why = NULL;
    JSON_AUTO *before = NULL;
    size_t n;
    struct reason *r = count_reasons(o, a, &n);
    int e = r ? out_json(a, &out) : -ENOMEM;
    json_t *one;

    if (!e)
        e = why_json(o, r, n, &why);
    if (!e && !a->n_left)
        e = before_json(o, a, r, n, &before);
    if (e)
        return e;
    one = json_pack("{s:O, s:O, s:b}", "out", out, "why", why, "needed", is_needed(o, a));
    if (!one || json_object_set_new(all, a->field->id, one))
        return -ENOMEM;
    if (before && json_put(one, "before", TAKE(before)))
        return -ENOMEM;
    return has_one_left(o, a) ? json_put(one, "only", json_copied_deep(first_left(a))) : 0;
}

static int offers(struct offers *o, const char *reg, const char *record, const char *act,
                  const json_t *asked, json_t *all)
{
    int e = open_stage(o, reg, record, act);

    if (!e)
        e = open_steps(o, act, asked);
    if (!e)
        e = judge_fields(o);
    for (size_t i = 0; !e && i < o->n_asked; i++)
        if (o->asked[i].values)
            e = field_json(o, &o->asked[i], all);
    return MIN_OF(e, 0);
}

int engine_offers(struct engine *e, const char *person, const char *reg, const char *record,
                  const char *act, const json_t *asked, uint64_t now_us, json_t **ret)
{
    JSON_AUTO *all = json_object();
    struct stage sc;
    struct offers o = {.sc = &sc};
    int r = stage_open(&sc, e, person, now_us);

    if (!r)
        r = all ? offers(&o, reg, record, act, asked, all) : -ENOMEM;
    stage_done(&sc);
    if (r == -E2BIG) /* more records than one look may open: everything is offered */
        r = json_object_clear(all);
    if (!r)
        *ret = TAKE(all);
    return r;
}

/* ---- what is banned ---- */

static const struct cond *never_in(const struct cond *c)
{
    const struct cond *never = NULL;

    if (c->only_if)
        return NULL;
    for (size_t i = 0; !never && c->kind == COND_ALL && i < c->n_children; i++)
        never = never_in(c->children[i]);
    return c->kind == COND_NEVER ? c : never;
}

static const struct cond *ban_of(const struct step *st)
{
    const struct cond *never = NULL;

    for (size_t i = 0; !never && i < st->n_conds; i++)
        never = never_in(st->conds[i]);
    return never;
}

const struct cond *step_ban(const struct procedure *p, const char *act)
{
    const struct cond *first = NULL;
    const struct step *st;

    for (size_t n = 0; (st = procedure_step(p, act, n)); n++) {
        const struct cond *never = ban_of(st);

        if (!never)
            return NULL;
        first = first ? first : never;
    }
    return first;
}

bool step_is_gates(const struct step *st)
{
    for (size_t i = 0; i < st->n_asks; i++)
        if (st->asks[i]->measured)
            return true;
    return st->closes != CLOSES_NOTHING;
}
