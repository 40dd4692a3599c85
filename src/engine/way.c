#include "engine/way.h"

#include "engine/obligation.h"
#include "engine/offer.h"
#include "engine/ref.h"

#define WALK_MAX 64  /* states of one register that a way goes through */
#define LOOKS_MAX 64 /* records looked at for one of them */
#define DEPTH_MAX 4  /* registers that a way goes through */
#define WHO_MAX 3    /* more than these are not named */

/* ---- the list ---- */

int ways_open(struct ways *w, struct stage *sc)
{
    *w = (struct ways){.sc = sc};
    return sc->actor ? sight_of_person(sc, sc->actor, &w->sight) : 0;
}

void ways_done(struct ways *w)
{
    sight_freep(&w->sight);
    *w = (struct ways){0};
}

/* What is done rarely, or refused for good, leads nowhere that whoever waits would know. */
static bool leads(const struct step *st)
{
    return st->waits && !st->is_correction && !step_ban(st->procedure, st->act);
}

static bool is_known(const struct ways *w, const struct step *st)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->at[i].step && w->at[i].step->procedure == st->procedure &&
            !strcmp(w->at[i].step->act, st->act))
            return true;
    return false;
}

/* Put a record and its procedure into the stage's hand; the other way round to put back. */
struct held {
    struct record *record;
    const struct procedure *procedure;
};

static struct held take_hand(struct stage *sc, struct held h)
{
    struct held was = {sc->hand, sc->procedure};

    sc->hand = h.record;
    sc->procedure = h.procedure;
    return was;
}

static bool asks_more(const struct step *st, const struct cond *c)
{
    for (size_t i = 0; i < st->n_asks; i++)
        if (cond_asks(c, st->procedure->reg, st->asks[i]))
            return true;
    return false;
}

/* By what stands in the record at hand: of several steps of one name one is meant for it. */
static int is_meant(struct stage *sc, const struct step *st)
{
    for (size_t i = 0; i < st->n_conds; i++) {
        const struct cond *c = st->conds[i];
        bool is_plain = c->kind == COND_SAME || c->kind == COND_OTHER || c->kind == COND_ONE_OF ||
                        c->kind == COND_NONE_OF;
        int e = is_plain && !c->only_if && !asks_more(st, c) ? leaf_true(sc, c) : 1;

        if (e <= 0)
            return e;
    }
    return 1;
}

static int meant_step(struct ways *w, const struct step *st, struct record *r,
                      const struct step **ret)
{
    struct held was = take_hand(w->sc, (struct held){r, st->procedure});
    const struct step *s;
    int e = 0;

    *ret = st;
    for (size_t n = 0; !e && (s = procedure_step(st->procedure, st->act, n)); n++)
        if (word_in(r->state, s->from, s->n_from) && (e = is_meant(w->sc, s)) > 0)
            *ret = s;
    take_hand(w->sc, was);
    return MIN_OF(e, 0);
}

static int add(struct ways *w, const struct step *st, struct record *r)
{
    int e;

    if (w->n == WAYS_MAX || !leads(st) || is_known(w, st))
        return 0;
    if (r && (e = meant_step(w, st, r, &st)))
        return e;
    w->at[w->n++] = (struct way){.step = st, .record = r};
    return 0;
}

/* ---- through the states of one register ---- */

struct wanted {
    const struct reg *reg;
    const char *const *states; /* none: any */
    size_t n_states;
    bool is_not; /* any but these */
    const struct where *wheres;
    size_t n_wheres;
    const struct during *during; /* only such as are in the way, or count; NULL: whenever */
};

static bool fits(const struct wanted *to, const char *state)
{
    return state && (!to->n_states || word_in(state, to->states, to->n_states) != to->is_not);
}

struct walk {
    const char *state;
    const struct step *first;
};

static bool was_walked(const struct walk *at, size_t n, const char *state)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(at[i].state, state))
            return true;
    return false;
}

/* The first step of the shortest way from `state` into one that is wanted, by the register's own steps; NULL. */
static const struct step *first_step(const struct wanted *to, const char *state)
{
    const struct procedure *p = to->reg->procedure;
    struct walk at[WALK_MAX] = {{state, NULL}};
    size_t n = 1;

    for (size_t i = 0; p && i < n; i++)
        for (size_t k = 0; k < p->n_steps; k++) {
            const struct step *st = &p->steps[k], *first = at[i].first ? at[i].first : st;

            if (!st->to || !word_in(at[i].state, st->from, st->n_from) || !leads(st))
                continue;
            if (fits(to, st->to))
                return first;
            if (n < WALK_MAX && !was_walked(at, n, st->to))
                at[n++] = (struct walk){st->to, first};
        }
    return NULL;
}

/* ---- records that are there ---- */

struct looking {
    struct ways *w;
    const struct wanted *to; /* NULL: any record will do */
    const char *unit;        /* one of that unit is preferred */
    struct record *best;
    size_t n;
};

static bool is_better(const struct looking *l, const struct record *r)
{
    bool is_own = !strcmp(r->unit, l->unit), was_own = l->best && !strcmp(l->best->unit, l->unit);

    if (!l->best || is_own != was_own)
        return !l->best || is_own;
    return r->changed_us > l->best->changed_us;
}

static int look(void *user, struct record *r)
{
    struct looking *l = user;
    int e;

    if (++l->n > LOOKS_MAX)
        return 1;
    e = l->w->sight ? sight_of_record(l->w->sc, l->w->sight, r) : 0;
    if (e > 0 && (!l->to || first_step(l->to, r->state)) && is_better(l, r))
        l->best = r;
    return MIN_OF(e, 0);
}

static const char *unit_at_hand(const struct stage *sc)
{
    return sc->hand && sc->hand->reg->unit_field
               ? json_str(sc->hand->values, sc->hand->reg->unit_field->id)
               : "";
}

/* Those of `wheres` whose value is known; in the arena. */
static int known_wheres(struct ways *w, const struct wanted *to, struct record_search *q)
{
    struct where *known = arena_alloc_n(w->sc->arena, to->n_wheres + 1, sizeof(*known));

    if (!known)
        return -ENOMEM;
    for (size_t i = 0; i < to->n_wheres; i++) {
        JSON_AUTO *v = NULL;
        int e = ref_eval(w->sc, &to->wheres[i].value, &v);

        if (e)
            return e;
        if (v)
            known[q->n_wheres++] = to->wheres[i];
    }
    q->wheres = known;
    return 0;
}

/* The best of the records in those states that the actor sees. */
static int look_in(struct looking *l, const struct wanted *in, const char *const *states, size_t n)
{
    struct record_search q = {.reg = in->reg, .states = states, .n_states = n, .during = in->during};
    int e = n ? known_wheres(l->w, in, &q) : 0;

    l->unit = unit_at_hand(l->w->sc);
    if (!e && n)
        e = search_records(l->w->sc, &q, look, l);
    return MIN_OF(e, 0);
}

/* One that is under way: in a state that is not wanted, nor the end of it. */
static int find_begun(struct ways *w, const struct wanted *to, struct record **ret)
{
    const struct procedure *p = to->reg->procedure;
    struct looking l = {.w = w, .to = to};
    const char *states[WALK_MAX];
    size_t n = 0;
    int e;

    for (size_t i = 0; p && to->n_states && i < p->n_states && n < WALK_MAX; i++)
        if (!p->states[i].is_end && !fits(to, p->states[i].id) && first_step(to, p->states[i].id))
            states[n++] = p->states[i].id;
    e = look_in(&l, to, states, n);
    *ret = l.best;
    return e;
}

/* One in those states; *ret NULL: none, and *ret_many tells that not all were looked at. */
static int find_in(struct ways *w, const struct wanted *in, struct record **ret, bool *ret_many)
{
    struct looking l = {.w = w};
    int e = look_in(&l, in, in->states, in->n_states);

    *ret = l.best;
    *ret_many = l.n > LOOKS_MAX;
    return e;
}

/* ---- through several registers ---- */

/* A way ends where it has gone far enough. `begun`: only records that are there lead on. */
struct going {
    unsigned depth;
    bool begun;
};

static int way_into(struct ways *w, const struct wanted *to, struct going g);

static const struct field *plain_field(const struct ref *r)
{
    return r->kind == REF_FIELD && r->n_hops == 1 ? r->hops[0] : NULL;
}

/* What a condition hangs on will be so when the new record at hand can be made: it keeps its default, is filled in already, or is what
 * the step asks for itself. */
static bool will_hold(const struct stage *sc, const struct cond *g)
{
    const struct field *f = plain_field(&g->subject);
    bool all = g->kind == COND_ALL && !g->only_if;

    for (size_t i = 0; all && i < g->n_children; i++)
        all = will_hold(sc, g->children[i]);
    if (all || g->only_if || g->kind == COND_ALL)
        return all;
    switch (g->kind) {
    case COND_STATE_OF:
    case COND_HOLDS:
        return true;
    case COND_FILLED:
        return g->wanted && f && record_has(sc->hand, f);
    case COND_ONE_OF:
        return f && f->initial.kind == REF_LITERAL &&
               word_in(f->initial.text, g->words, g->n_words);
    default:
        return false;
    }
}

static bool is_asked(const struct stage *sc, const struct cond *c)
{
    return !c->only_if || will_hold(sc, c->only_if);
}

/* The register of the record that the step asks for in a state; NULL. */
static const struct reg *reg_asked(const struct step *st, const struct cond *c)
{
    const struct field *f = c->kind == COND_STATE_OF ? plain_field(&c->subject) : NULL;

    for (size_t i = 0; f && i < st->n_asks; i++)
        if (st->asks[i] == f)
            return f->type == FIELD_RECORD ? f->reg : NULL;
    return NULL;
}

/* A record as the step would begin it: of the unit at hand, with what is known of the one that is wanted. */
static int begin_new(struct ways *w, const struct step *st, const struct wanted *to,
                     struct record **ret)
{
    const struct reg *reg = st->procedure->reg;
    const struct unit *actors = stage_actor_unit(w->sc);
    const char *unit = *unit_at_hand(w->sc) ? unit_at_hand(w->sc) : actors ? actors->id : "";
    JSON_AUTO *own = json_string(unit);
    int e = own ? stage_new_record(w->sc, reg, ret) : -ENOMEM;

    if (!e && reg->unit_field && *unit)
        e = record_set(*ret, reg->unit_field, own, NULL);
    for (size_t i = 0; !e && to && to->reg == reg && i < to->n_wheres; i++) {
        JSON_AUTO *v = NULL;

        e = ref_eval(w->sc, &to->wheres[i].value, &v);
        if (!e && v)
            e = record_set(*ret, to->wheres[i].field, v, NULL);
    }
    return e;
}

/* What a condition of the new record at hand asks to be there, and is not: 1, and *ret says what. */
static int is_missing(struct ways *w, const struct step *st, const struct cond *c,
                      struct wanted *ret)
{
    struct record_search q = {.states = (const char *const *)c->words, .n_states = c->n_words};
    struct record *there;
    int64_t n = 0;
    bool many;
    int e;

    if (!is_asked(w->sc, c))
        return 0;
    *ret = (struct wanted){.reg = reg_asked(st, c), .states = q.states, .n_states = q.n_states};
    if (ret->reg && record_has(w->sc->hand, c->subject.hops[0])) {
        e = leaf_true(w->sc, c);
        return e < 0 ? e : !e;
    }
    if (ret->reg) {
        e = find_in(w, ret, &there, &many);
        return e ? e : !there && !many;
    }
    if (c->kind != COND_RECORD || c->count != COUNT_AT_LEAST)
        return 0;
    *ret = (struct wanted){c->reg, q.states, q.n_states, false, c->wheres, c->n_wheres, NULL};
    q.reg = c->reg;
    q.during = c->during;
    if ((e = known_wheres(w, ret, &q)) || (c->n_wheres && !q.n_wheres))
        return e; /* it hangs on what is filled in */
    e = search_count(w->sc, &q, 1, &n);
    return e ? e : !n;
}

/* To a step that makes a record: as long as something that it asks for is not there, the way to that. */
static int way_to_new(struct ways *w, const struct step *st, const struct wanted *to,
                      struct going g)
{
    struct held was = {w->sc->hand, w->sc->procedure};
    size_t n = w->n;
    struct record *r;
    int e = begin_new(w, st, to, &r);

    if (e)
        return e;
    take_hand(w->sc, (struct held){r, st->procedure});
    for (size_t i = 0; !e && w->n == n && g.depth < DEPTH_MAX && i < st->n_conds; i++) {
        struct wanted in;

        if ((e = is_missing(w, st, st->conds[i], &in)) > 0)
            e = way_into(w, &in, (struct going){g.depth + 1, false});
    }
    take_hand(w->sc, was);
    return e || w->n > n ? e : add(w, st, NULL);
}

static int way_to_step(struct ways *w, const struct step *st, const struct wanted *of,
                       struct going g)
{
    struct wanted in = {.reg = st->procedure->reg,
                        .states = (const char *const *)st->from,
                        .n_states = st->n_from,
                        .wheres = of ? of->wheres : NULL,
                        .n_wheres = of ? of->n_wheres : 0};
    struct record *r;
    bool many;
    int e;

    if (!leads(st) || g.depth >= DEPTH_MAX)
        return 0;
    if (st->makes_record)
        return way_to_new(w, st, &in, g);
    if ((e = find_in(w, &in, &r, &many)))
        return e;
    return r ? add(w, st, r) : way_into(w, &in, (struct going){g.depth + 1, g.begun});
}

typedef bool effect_test(const void *arg, const struct procedure *p, const struct effect *e);

static int way_by_effect(struct ways *w, const struct pack *pack, effect_test *test,
                         const void *arg, struct going g)
{
    int e = 0;

    for (size_t i = 0; i < pack->n_procedures; i++)
        for (size_t k = 0; k < pack->procedures[i].n_steps; k++) {
            const struct step *st = &pack->procedures[i].steps[k];

            for (size_t n = 0; !e && n < st->n_effects; n++)
                if (test(arg, &pack->procedures[i], &st->effects[n]))
                    e = way_to_step(w, st, NULL, g);
        }
    return e;
}

static bool moves_there(const void *arg, const struct procedure *p, const struct effect *e)
{
    const struct wanted *to = arg;

    if (e->kind != EFFECT_MOVE && e->kind != EFFECT_MOVE_ALL && e->kind != EFFECT_CREATE &&
        e->kind != EFFECT_COPY)
        return false;
    return (e->reg ? e->reg : p->reg) == to->reg && fits(to, e->state);
}

static int way_into(struct ways *w, const struct wanted *to, struct going g)
{
    const struct step *first;
    struct record *begun;
    int e = g.depth < DEPTH_MAX ? find_begun(w, to, &begun) : 1;

    if (e)
        return MIN_OF(e, 0);
    if (begun)
        return add(w, first_step(to, begun->state), begun);
    if (!g.begun && (first = first_step(to, STATE_NONE))) {
        if ((e = way_to_new(w, first, to, g)))
            return e;
        g.begun = true;
    }
    g.depth++;
    return way_by_effect(w, to->reg->pack, moves_there, to, g);
}

/* ---- to what a condition asks ---- */

static bool asks_actor(const struct cond *c)
{
    return c->subject.kind == REF_ACTOR || c->other.kind == REF_ACTOR;
}

/* By a condition of the new record at hand on that field: nothing that happens later makes it true. */
static int is_refused(struct stage *sc, const struct step *st, const struct field *f)
{
    const struct procedure *p = st->procedure;
    uint8_t *truth = arena_alloc_n(sc->arena, p->n_leaves + 1, sizeof(*truth));
    int e = truth ? 0 : -ENOMEM;

    if (truth)
        memset(truth, TRUTH_UNASKED, p->n_leaves + 1);
    for (size_t i = 0; !e && i < st->n_conds; i++) {
        const struct cond *c = st->conds[i];

        if (c->is_not_yet || c->kind == COND_BY || c->kind == COND_SEPARATE || asks_actor(c) ||
            !cond_asks(c, p->reg, f))
            continue;
        if (!(e = gather_cond(sc, c, truth)) && !cond_true(c, truth))
            return 1;
    }
    return e;
}

/* The person whom the condition asks for can never get the role: 1. */
static int is_out_for_good(struct ways *w, const struct cond *c, const struct wanted *to)
{
    const struct role *role = c->role;
    const struct step *st = first_step(to, STATE_NONE);
    struct held was = {w->sc->hand, w->sc->procedure};
    JSON_AUTO *of = NULL;
    JSON_AUTO *who = NULL;
    const struct unit *u = NULL;
    struct record *r;
    int e = st && st->makes_record && role->person_field ? ref_eval(w->sc, &c->subject, &who) : 0;

    if (e || !who || (e = role->per_unit ? ref_unit(w->sc, &c->other, &u) : 0))
        return e;
    if (u && !(of = json_string(u->id)))
        return -ENOMEM;
    if ((e = begin_new(w, st, NULL, &r)) || (e = record_set(r, role->person_field, who, NULL)))
        return e;
    if (of && role->unit_field && (e = record_set(r, role->unit_field, of, NULL)))
        return e;
    take_hand(w->sc, (struct held){r, st->procedure});
    e = is_refused(w->sc, st, role->person_field);
    take_hand(w->sc, was);
    return e;
}

/* Somebody holds it already, whom the actor asks: 1. `of`: the unit for which it is asked. */
static int add_holder(struct ways *w, const struct role *role, const struct ref *of)
{
    JSON_AUTO *who = NULL;
    const struct unit *u = NULL;
    int e = role->per_unit ? ref_unit(w->sc, of, &u) : 0;

    if (!u && role->per_unit)
        u = stage_actor_unit(w->sc);
    if (!e)
        e = role_holders(w->sc, w->sc->procedure->reg, role, u, &who);
    if (e || !json_array_size(who))
        return e;
    for (size_t i = 0; i < w->n; i++)
        if (w->at[i].role == role && w->at[i].unit == u)
            return 1;
    if (w->n < WAYS_MAX)
        w->at[w->n++] = (struct way){.role = role, .unit = u};
    return 1;
}

static int way_to_role(struct ways *w, const struct role *role)
{
    struct wanted to = {.reg = role->reg,
                        .states = (const char *const *)role->in_states,
                        .n_states = role->n_in_states};

    return role->source == ROLE_BY_REGISTER ? way_into(w, &to, (struct going){0}) : 0;
}

static int way_to_held(struct ways *w, const struct cond *c)
{
    struct wanted to = {.reg = c->role->reg,
                        .states = (const char *const *)c->role->in_states,
                        .n_states = c->role->n_in_states};
    int e = 0;

    if (c->role->source != ROLE_BY_REGISTER)
        return 0;
    e = c->subject.kind == REF_ACTOR ? add_holder(w, c->role, &c->other)
                                     : is_out_for_good(w, c, &to);
    return e ? MIN_OF(e, 0) : way_to_role(w, c->role);
}

/* Those of that lock whose effect is on the record that is locked. */
struct unlocking {
    const char *lock, *record;
};

static int way_to_unlocked(struct ways *w, const struct pack *pack, const struct unlocking *u)
{
    int e = 0;

    for (size_t i = 0; i < pack->n_procedures; i++)
        for (size_t k = 0; k < pack->procedures[i].n_steps; k++) {
            const struct step *st = &pack->procedures[i].steps[k];

            for (size_t n = 0; !e && n < st->n_effects; n++) {
                const struct effect *f = &st->effects[n];
                bool is_field =
                    f->of.kind == REF_FIELD && f->of.n_hops == 1 && f->of.property == PROP_NONE;
                struct where of = {is_field ? f->of.hops[0] : NULL,
                                   {.kind = REF_LITERAL, .text = u->record}};
                struct wanted about = {.wheres = &of, .n_wheres = is_field && *u->record ? 1 : 0};

                if (f->kind == EFFECT_UNLOCK && !strcmp(f->lock, u->lock))
                    e = way_to_step(w, st, &about, (struct going){0, true});
            }
        }
    return e;
}

/* The register of the record that a reference ends in; NULL. */
static const struct reg *reg_of(const struct ref *r)
{
    const struct field *f = r->kind == REF_FIELD && r->n_hops ? r->hops[r->n_hops - 1] : NULL;

    return !f ? NULL : f->type == FIELD_LIST ? f->fields[0].reg : f->reg;
}

/* The one record that a reference names, as far as he sees it; *ret NULL: none. */
static int named_record(struct ways *w, const struct ref *ref, struct record **ret)
{
    JSON_AUTO *v = NULL;
    int e = ref->kind == REF_NONE ? 0 : ref_eval(w->sc, ref, &v);

    *ret = NULL;
    if (e || !json_is_string(v))
        return e;
    if ((e = stage_record(w->sc, json_string_value(v), ret)))
        *ret = NULL;
    if (!e && (!w->sight || (e = sight_of_record(w->sc, w->sight, *ret)) <= 0))
        *ret = NULL;
    return MIN_OF(e, 0);
}

/* Of the record that is named; where nothing leads it there, of another one. */
static int way_to_state_of(struct ways *w, const struct cond *c, const struct reg *reg)
{
    struct wanted to = {
        .reg = reg, .states = (const char *const *)c->words, .n_states = c->n_words};
    const struct step *first;
    struct record *r;
    int e = named_record(w, &c->subject, &r);

    if (e)
        return e;
    if (r && r->reg == reg && (first = first_step(&to, r->state)))
        return add(w, first, r);
    return way_into(w, &to, (struct going){0});
}

/* Out of the states in which none may be: the next step of the one that is in the way. */
static int way_out(struct ways *w, const struct cond *c)
{
    struct wanted in = {.reg = c->reg,
                        .states = (const char *const *)c->words,
                        .n_states = c->n_words,
                        .wheres = c->wheres,
                        .n_wheres = c->n_wheres,
                        .during = c->during};
    struct wanted out = in;
    const struct step *first;
    struct record *r;
    bool many;
    int e = find_in(w, &in, &r, &many);

    out.is_not = true;
    if (e || !r || !(first = first_step(&out, r->state)))
        return e;
    return add(w, first, r);
}

static int way_to_unlocked_of(struct ways *w, const struct cond *c)
{
    struct record *r;
    int e = named_record(w, c->subject.kind != REF_NONE ? &c->subject : &c->other, &r);
    struct unlocking u = {c->name, !e && r ? r->id : ""};

    return e ? e : way_to_unlocked(w, w->sc->procedure->reg->pack, &u);
}

int ways_to_cond(struct ways *w, const struct cond *c)
{
    const struct reg *reg = reg_of(&c->subject);
    struct wanted to = {.reg = c->reg,
                        .states = (const char *const *)c->words,
                        .n_states = c->n_words,
                        .wheres = c->wheres,
                        .n_wheres = c->n_wheres};
    int e = 0;

    switch (c->kind) {
    case COND_STATE_OF:
        return reg ? way_to_state_of(w, c, reg) : 0;
    case COND_RECORD:
        return c->count == COUNT_FEWER_THAN ? 0 : c->count == COUNT_NONE ? way_out(w, c) : way_into(w, &to, (struct going){0});
    case COND_UNLOCKED:
        return way_to_unlocked_of(w, c);
    case COND_HOLDS:
        return way_to_held(w, c);
    case COND_BY:
        for (size_t i = 0; !e && i < c->n_by; i++)
            if (!(e = add_holder(w, c->by[i]->role, &c->by[i]->of)))
                e = way_to_role(w, c->by[i]->role);
            else
                e = MIN_OF(e, 0);
        return e;
    default:
        return 0;
    }
}

/* ---- into sight ---- */

static bool is_sight_field(const struct reg *reg, const struct field *f)
{
    for (size_t i = 0; reg->range && i < reg->range->n_readers; i++) {
        const struct reader *r = &reg->range->readers[i];

        if ((r->kind == READER_ROLE || r->kind == READER_PERSON) && r->field &&
            !strcmp(r->field, f->id))
            return true;
    }
    return false;
}

/* A value out of the record itself brings it to nobody new. */
static bool is_own_value(const struct effect *e, const struct ref *v)
{
    return v->kind == REF_FIELD && e->of.kind == REF_FIELD && v->n_hops && e->of.n_hops &&
           v->hops[0] == e->of.hops[0];
}

static bool brings_into_sight(const void *arg, const struct procedure *p, const struct effect *e)
{
    const struct reg *reg = arg;

    if (e->kind != EFFECT_SET || e->reg != reg)
        return false;
    for (size_t i = 0; i < e->n_sets; i++)
        if (is_sight_field(reg, e->sets[i].field) && !is_own_value(e, &e->sets[i].value))
            return true;
    return false;
}

/* What asks in which state the record in the field is. */
static const struct cond *state_asked(const struct step *st, const struct field *f)
{
    for (size_t i = 0; i < st->n_conds; i++) {
        const struct cond *c = st->conds[i];

        if (c->kind == COND_STATE_OF && c->subject.kind == REF_FIELD && c->subject.n_hops == 1 &&
            c->subject.hops[0] == f)
            return c;
    }
    return NULL;
}

int ways_to_field(struct ways *w, const struct step *st, const struct field *f)
{
    const struct reg *reg = f->type == FIELD_LIST     ? f->fields[0].reg
                            : f->type == FIELD_RECORD ? f->reg
                                                      : NULL;
    const struct cond *c = state_asked(st, f);
    size_t n = w->n;
    int e;

    if (!reg)
        return 0;
    if (c)
        return ways_to_cond(w, c);
    e = way_by_effect(w, w->sc->procedure->reg->pack, brings_into_sight, reg, (struct going){0});
    return e || w->n > n ? e : way_into(w, &(struct wanted){.reg = reg}, (struct going){0});
}

/* ---- who does it ---- */

struct doers {
    json_t *by, *who; /* titles; persons */
    bool is_own, is_many;
};

static int add_person(struct doers *d, const char *id)
{
    for (size_t i = 0; i < json_array_size(d->who); i++)
        if (!strcmp(json_string_value(json_array_get(d->who, i)), id))
            return 0;
    return json_array_append_new(d->who, json_string(id)) ? -ENOMEM : 0;
}

static int add_holders(struct stage *sc, const struct step *st, const struct proc_role *as,
                       struct doers *d)
{
    JSON_AUTO *who = NULL;
    const struct unit *u = NULL;
    int e = as->role->per_unit ? ref_unit(sc, &as->of, &u) : 0;

    if (!e && json_array_append_new(d->by, text2_json(as->role->title)))
        e = -ENOMEM;
    if (e || (as->role->per_unit && !u)) { /* whose it is depends on what is filled in */
        d->is_many = true;
        return e;
    }
    e = role_holders(sc, st->procedure->reg, as->role, u, &who);
    for (size_t i = 0; !e && i < json_array_size(who); i++)
        e = add_person(d, json_string_value(json_array_get(who, i)));
    if (!e && sc->actor)
        e = role_holds(sc, sc->actor, st->procedure->reg, as->role, u,
                       arena_printf(sc->arena, "%s/%s", st->procedure->reg->id, st->act), NULL);
    d->is_own |= e > 0;
    return MIN_OF(e, 0);
}

/* A step that one person alone may take. */
static int only_doer(struct stage *sc, const struct step *st, struct doers *d)
{
    for (size_t i = 0; i < st->n_conds; i++) {
        const struct cond *c = st->conds[i];
        const char *id;
        int e;

        if (c->kind != COND_SAME_PERSON || c->only_if || c->subject.kind != REF_ACTOR ||
            !sc->hand->stored_version)
            continue;
        if ((e = ref_text(sc, &c->other, &id)))
            return e;
        if (!*id)
            continue;
        json_array_clear(d->who);
        d->is_own = d->is_own && !strcmp(id, sc->actor->id);
        d->is_many = false;
        return add_person(d, id);
    }
    return 0;
}

/* Of the record at hand. */
static int find_doers(struct stage *sc, const struct step *st, struct doers *d)
{
    int e = (d->by = json_array()) && (d->who = json_array()) ? 0 : -ENOMEM;

    for (size_t i = 0; i < st->n_conds; i++)
        for (size_t k = 0; !e && st->conds[i]->kind == COND_BY && k < st->conds[i]->n_by; k++)
            e = add_holders(sc, st, st->conds[i]->by[k], d);
    if (!e && sc->actor)
        e = only_doer(sc, st, d);
    if (!e && d->is_own && (e = step_is_barred(sc, st->act)) > 0) {
        d->is_own = false;
        e = 0;
    }
    if (!e && (d->is_many || json_array_size(d->who) > WHO_MAX))
        json_array_clear(d->who);
    return e;
}

static int holder_json(struct ways *w, const struct way *one, json_t *list)
{
    JSON_AUTO *who = NULL;
    json_t *o;
    int e = role_holders(w->sc, w->sc->procedure->reg, one->role, one->unit, &who);

    if (!e && json_array_size(who) > WHO_MAX)
        json_array_clear(who);
    if (e)
        return e;
    o = json_pack("{s:s, s:o, s:s, s:o, s:s, s:s, s:[o], s:O, s:b}", "reg", "", "reg_title",
                  text2_json((struct text2){"", ""}), "step", "", "title",
                  text2_json((struct text2){"", ""}), "record", "", "from", "", "by",
                  text2_json(one->role->title), "who", who, "own", false);
    return json_array_append_new(list, o) ? -ENOMEM : 0;
}

static int way_json(struct ways *w, const struct way *one, json_t *list)
{
    struct stage *sc = w->sc;
    const struct step *st = one->step;
    const struct reg *reg = st->procedure->reg;
    const char *from = sc->hand && sc->hand->stored_version ? sc->hand->id : "";
    struct record *r = one->record;
    struct doers d = {0};
    struct held was;
    json_t *o = NULL;
    int e = r ? 0 : begin_new(w, st, NULL, &r);

    if (e)
        return e;
    was = take_hand(sc, (struct held){r, st->procedure});
    e = find_doers(sc, st, &d);
    take_hand(sc, was);
    if (!e)
        o = json_pack("{s:s, s:o, s:s, s:o, s:s, s:s, s:O, s:O, s:b}", "reg", reg->id, "reg_title",
                      text2_json(reg->title), "step", st->act, "title", text2_json(st->title),
                      "record", one->record ? one->record->id : "", "from", one->record ? "" : from,
                      "by", d.by, "who", d.who, "own", d.is_own);
    json_decref(d.by);
    json_decref(d.who);
    return e ? e : json_array_append_new(list, o) ? -ENOMEM : 0;
}

int ways_json(struct ways *w, json_t **ret)
{
    JSON_AUTO *list = json_array();
    int e = list ? 0 : -ENOMEM;

    for (size_t i = 0; !e && i < w->n; i++)
        e = w->at[i].step ? way_json(w, &w->at[i], list) : holder_json(w, &w->at[i], list);
    if (!e)
        *ret = TAKE(list);
    return e;
}

/* ---- of what was judged ---- */

/* The record at hand itself has to come into another state first. */
static int way_of_hand(struct ways *w, const struct step *st)
{
    struct record *hand = w->sc->hand;
    struct wanted to = {
        .reg = hand->reg, .states = (const char *const *)st->from, .n_states = st->n_from};
    const struct step *first = hand->stored_version ? first_step(&to, hand->state) : NULL;

    return first ? add(w, first, hand) : 0;
}

/* What of the condition is false; whose step it is the refusal tells. */
static int ways_to_false(struct ways *w, const struct step *st, const struct cond *c,
                         const uint8_t *truth)
{
    int e = 0;

    if (cond_true(c, truth) || c->kind == COND_NOT || c->kind == COND_BY ||
        c->kind == COND_SEPARATE)
        return 0;
    for (size_t i = 0; !e && i < c->n_children; i++)
        e = ways_to_false(w, st, c->children[i], truth);
    if (e || c->n_children)
        return e;
    return c->kind == COND_STATE ? way_of_hand(w, st) : ways_to_cond(w, c);
}

static bool is_unmet(const struct judged *j, const struct cond *c)
{
    for (size_t i = 0; i < c->n_children; i++)
        if (is_unmet(j, c->children[i]))
            return true;
    for (size_t i = 0; i < json_array_size(j->unmet); i++)
        if (!strcmp(json_str(json_array_get(j->unmet, i), "rule"), c->rule))
            return true;
    return false;
}

int ways_of_judged(struct stage *sc, const struct judged *j, json_t **ret)
{
    struct ways w;
    int e = ways_open(&w, sc);

    for (size_t i = 0; !e && j->step && j->truth && i < j->step->n_conds; i++)
        if (is_unmet(j, j->step->conds[i]))
            e = ways_to_false(&w, j->step, j->step->conds[i], j->truth);
    if (!e)
        e = ways_json(&w, ret);
    ways_done(&w);
    if (e == -E2BIG) /* more records than one look may open: nothing is told */
        e = (*ret = json_array()) ? 0 : -ENOMEM;
    return e;
}
