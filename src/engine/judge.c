#include "engine/judge.h"

#include "engine/apply.h"
#include "engine/constrain.h"
#include "engine/decide.h"
#include "engine/ref.h"
#include "engine/say.h"
#include "engine/suspend.h"
#include "regulation/pack-print.h"

#include <stdlib.h>

#define STATES_MAX 128

/* ---- which states can still come ---- */

struct states {
    const struct procedure *p;
    bool reached[STATES_MAX];
};

static size_t state_no(const struct procedure *p, const char *id)
{
    for (size_t i = 0; i < p->n_states && i + 1 < STATES_MAX; i++)
        if (!strcmp(p->states[i].id, id))
            return i;
    return STATES_MAX - 1; /* none */
}

static bool reach(struct states *s, const char *id)
{
    size_t no = state_no(s->p, id);

    if (no == STATES_MAX - 1 || s->reached[no])
        return false;
    s->reached[no] = true;
    return true;
}

static bool any_reached(const struct states *s, const char *const *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s->reached[state_no(s->p, ids[i])])
            return true;
    return false;
}

static bool rests(const struct states *s)
{
    for (size_t i = 0; i < s->p->n_states && i + 1 < STATES_MAX; i++)
        if (s->reached[i] && !s->p->states[i].is_end)
            return false;
    return true;
}

/* Moves by effects: of this register's own records, and of other registers' acts on records of this one while it is open. */
static bool by_effects(struct states *s, const struct effect *effects, size_t n, const struct procedure *of,
                       bool possible)
{
    bool more = false;

    for (size_t i = 0; possible && i < n; i++) {
        const struct effect *f = &effects[i];
        const struct reg *reg = f->reg ? f->reg : of->reg;

        if ((f->kind == EFFECT_MOVE || f->kind == EFFECT_MOVE_ALL) && reg == s->p->reg && !rests(s))
            more |= reach(s, f->state);
    }
    return more;
}

static bool one_round(struct states *s)
{
    const struct pack *pack = s->p->reg->pack;
    bool more = false;

    for (size_t i = 0; i < s->p->n_steps; i++) {
        const struct step *st = &s->p->steps[i];

        if (st->to && any_reached(s, st->from, st->n_from))
            more |= reach(s, st->to);
    }
    for (size_t i = 0; i < pack->n_procedures; i++) {
        const struct procedure *p = &pack->procedures[i];

        for (size_t k = 0; k < p->n_steps; k++)
            more |= by_effects(s, p->steps[k].effects, p->steps[k].n_effects, p,
                               p != s->p || any_reached(s, p->steps[k].from, p->steps[k].n_from));
        for (size_t k = 0; k < p->n_obligations; k++)
            more |= by_effects(s, p->obligations[k].missed, p->obligations[k].n_missed, p,
                               p != s->p ||
                                   any_reached(s, p->obligations[k].while_states, p->obligations[k].n_while));
    }
    return more;
}

bool state_reachable(const struct procedure *p, const char *state, const struct step *st)
{
    struct states s = {.p = p};

    if (!strcmp(state, STATE_NONE)) {
        for (size_t i = 0; i < p->n_steps; i++)
            if (p->steps[i].makes_record && p->steps[i].to)
                reach(&s, p->steps[i].to);
    } else {
        reach(&s, state);
    }
    while (one_round(&s))
        ;
    return any_reached(&s, st->from, st->n_from);
}

/* ---- what is unmet ---- */

static int add_clauses(json_t *all, const json_t *some)
{
    for (size_t i = 0; i < json_array_size(some); i++) {
        const json_t *c = json_array_get(some, i);
        bool known = false;

        for (size_t k = 0; k < json_array_size(all); k++)
            known |= json_equal(json_array_get(all, k), c);
        if (!known && json_array_append(all, (json_t *)(uintptr_t)c))
            return -ENOMEM;
    }
    return 0;
}

int judged_add(struct judged *j, const char *rule, bool not_yet, json_t *clauses, json_t *say, const char *what)
{
    json_t *o;
    int e = clauses && say ? add_clauses(j->clauses, clauses) : -ENOMEM;

    if (e) {
        json_decref(clauses);
        json_decref(say);
        return e;
    }
    o = json_pack("{s:s, s:s, s:o, s:o, s:s}", "rule", rule, "kind", not_yet ? "not-yet" : "forbidden", "clauses",
                  clauses, "say", say, "what", what);
    if (!o || json_array_append_new(j->unmet, o))
        return -ENOMEM;
    if (!not_yet)
        j->result = VERDICT_FORBIDDEN;
    else if (j->result == VERDICT_ALLOWED)
        j->result = VERDICT_NOT_YET;
    return 0;
}

/* The clauses that keep the named records: those of their registers. */
static int retention_clauses(struct stage *sc, const struct cond *c, json_t **ret)
{
    JSON_AUTO *v = NULL;
    JSON_AUTO *all = json_array();
    int e = all ? ref_eval(sc, &c->subject, &v) : -ENOMEM;
    size_t n = json_is_array(v) ? json_array_size(v) : v ? 1 : 0;

    for (size_t i = 0; !e && i < n; i++) {
        JSON_AUTO *some = NULL;
        struct record *r;

        e = stage_record(sc, json_string_value(json_is_array(v) ? json_array_get(v, i) : v), &r);
        if (e || (r->keep_until_day != DAY_NONE && r->keep_until_day < sc->today)) {
            e = MIN_OF(e, 0);
            continue;
        }
        some = clauses_json(r->reg->has_retention ? &r->reg->retention.clauses : &r->reg->clauses);
        e = some ? add_clauses(all, some) : -ENOMEM;
    }
    if (!e && !json_array_size(all)) {
        json_decref(all);
        all = clauses_json(&c->clauses);
    }
    if (!e)
        *ret = TAKE(all);
    return e;
}

/* 1: whoever may is named by rules alone of which none is in force, so that nobody may until one is. */
static int names_nobody(struct stage *sc, const struct cond *c)
{
    for (size_t i = 0; i < c->n_by; i++) {
        const struct role *role;
        int e = role_meant(sc, c->by[i]->role, &role);

        if (e || role)
            return e;
    }
    return c->n_by > 0;
}

int judged_cond(struct stage *sc, struct judged *j, const struct cond *c)
{
    bool not_yet = c->is_not_yet;
    json_t *clauses = NULL, *say = NULL;
    int e = 0;

    if (c->kind == COND_STATE)
        not_yet = state_reachable(sc->procedure, sc->hand->state, j->step);
    if (c->kind == COND_BY && (e = names_nobody(sc, c)) > 0)
        not_yet = true;
    if (e < 0)
        return e;
    e = 0;
    if (c->kind == COND_RETENTION)
        e = retention_clauses(sc, c, &clauses);
    else
        clauses = clauses_json(&c->clauses);
    if (!e)
        e = say_cond(sc, c, &say);
    if (e) {
        json_decref(clauses);
        return e;
    }
    return judged_add(j, c->rule, not_yet, clauses, say, cond_kind_name(c->kind));
}

/* ---- conditions on fields that are still to be typed ---- */

/* It is typed anew each time: what is judged of it is not there before, though one was set. */
static bool is_secret_to_come(const struct stage *sc, const struct field *f)
{
    return f->type == FIELD_SECRET && !sc->secret;
}

static bool asks_open_field(const struct stage *sc, const struct step *st, const struct cond *c)
{
    for (size_t i = 0; i < st->n_asks; i++)
        if ((!record_has(sc->hand, st->asks[i]) || is_secret_to_come(sc, st->asks[i])) && cond_asks(c, sc->hand->reg, st->asks[i]))
            return true;
    return false;
}

/* ---- who acts ---- */

int judge_standing(struct stage *sc, const struct step *st, const struct proc_role **ret)
{
    for (size_t i = 0; i < st->n_conds; i++) {
        const struct cond *c = st->conds[i];

        for (size_t k = 0; c->kind == COND_BY && k < c->n_by; k++) {
            const struct unit *u;
            int e = ref_unit(sc, &c->by[k]->of, &u);

            if (!e)
                e = role_holds(sc, sc->actor, sc->procedure->reg, c->by[k]->role, u, sc->act_name, &sc->standing);
            if (e < 0)
                return e;
            if (e) {
                *ret = c->by[k];
                return 0;
            }
        }
    }
    return 0;
}

/* Without a role of the step: the home appointment is all that is known of the person. */
static void home_standing(struct stage *sc)
{
    const struct appointment *held[1];

    if (sc->standing.authority != STANDING_NONE || !sc->actor)
        return;
    if (force_appointments(sc->e->force, sc->actor, sc->today, held, 1))
        sc->standing = (struct standing){STANDING_OWN, held[0]->post, held[0]->unit, ""};
    else
        sc->standing.for_person = "";
}

/* ---- together ---- */

int judge_role_held(struct stage *sc, const struct reg *reg, const struct cond *by)
{
    JSON_AUTO *roles = NULL;
    int e = roles_of(sc, sc->actor, &roles);

    for (size_t i = 0; !e && i < by->n_by; i++) {
        char *key = role_key(sc->arena, reg, by->by[i]->role);

        if (!key)
            return -ENOMEM;
        for (size_t k = 0; k < json_array_size(roles); k++)
            if (!strcmp(json_str(json_array_get(roles, k), "role"), key))
                return 1;
    }
    return e ? e : !by->n_by;
}

static int add_unseen(struct stage *sc, const struct reg *reg, struct judged *j)
{
    const struct step *st = j->step;
    struct clause_list none = {0};

    for (size_t i = 0; i < st->n_conds; i++) {
        const struct cond *c = st->conds[i];
        int e = c->kind == COND_BY ? judge_role_held(sc, reg, c) : 1;

        if (e < 0)
            return e;
        if (!e)
            return judged_cond(sc, j, c);
    }
    return judged_add(j, arena_printf(sc->arena, "%s/sight", reg->id), false,
                      clauses_json(reg->label ? &reg->label->clauses : &none),
                      text2_json((struct text2){"この記録の閲覧範囲に含まれる者が行う",
                                                "only those in the record's readable range may do this"}),
                      "sight");
}

static int judged_open(struct judged *ret)
{
    *ret = (struct judged){.unmet = json_array(), .clauses = json_array()};
    if (ret->unmet && ret->clauses)
        return 0;
    judged_done(ret);
    return -ENOMEM;
}

int judge_unseen(struct stage *sc, const struct reg *reg, const char *act, struct judged *ret)
{
    struct judged j;
    int e = judged_open(&j);

    if (e)
        return e;
    j.step = procedure_step(reg->procedure, act, 0);
    j.result = VERDICT_ALLOWED;
    e = j.step ? add_unseen(sc, reg, &j) : -EINVAL;
    home_standing(sc);
    if (e) {
        judged_done(&j);
        return e;
    }
    *ret = j;
    return 0;
}

/* The unit for which he does the step, by his standing in it; where he has none for it, that which `before` tells. */
static int unit_for(struct stage *sc, const struct step *st, struct standing before, const struct unit **ret)
{
    const struct proc_role *as = NULL;
    int e;

    sc->standing = before;
    e = judge_standing(sc, st, &as);
    *ret = e ? NULL : stage_actor_unit(sc);
    return e;
}

/* Judge again what is refused, without the clauses that are suspended for who acts. Another step of that name may be nearer then: where he
 * does that one for another unit, nothing is lifted. */
static int judge_suspended(struct stage *sc, const struct program *program, struct facts *facts,
                           struct verdict *v, struct judged *j)
{
    struct standing before = sc->standing;
    const struct unit *by, *now = NULL;
    int e = unit_for(sc, v->step, before, &by);

    if (!e)
        e = suspended_now(sc, &facts->lifted);
    if (!e && facts->lifted) {
        program_decide(program, facts, v);
        e = unit_for(sc, v->step, before, &now);
    }
    if (!e && facts->lifted && now != by) {
        facts->lifted = NULL;
        program_decide(program, facts, v);
    }
    if (!e && facts->lifted && v->n_lifted)
        e = suspended_by(sc, v->lifted, v->n_lifted, &j->under);
    sc->standing = before;
    return e;
}

/* The first condition in it, or in what it is asked for, that something leaves by a way that a restore shuts; NULL. */
static const struct cond *shut_way(const struct cond *c)
{
    const struct cond *found = NULL;
    enum release_channel channel;

    if (c->kind == COND_LEAVES)
        return release_channel_parse(str_of(c->name), &channel) && release_channel_stays_open(channel) ? NULL : c;
    for (size_t i = 0; !found && i < c->n_children; i++)
        found = shut_way(c->children[i]);
    if (!found && c->inside)
        found = shut_way(c->inside);
    return found || !c->only_if ? found : shut_way(c->only_if);
}

/* Nothing leaves a store that was restored, whatever permits it in place of the label. */
static int shut_after_restore(struct stage *sc, struct judged *j)
{
    const struct cond *c = NULL;

    for (size_t i = 0; sc->e->is_shut && !c && i < j->step->n_conds; i++)
        c = shut_way(j->step->conds[i]);
    return c ? judged_add(j, c->rule, true, clauses_json(&c->clauses),
                          text2_json((struct text2){"控えから復元した後、管理者二人が確認するまでは、何も外へ出せません",
                                                    "after a restore nothing leaves before two administrators have looked at it"}),
                          "restored")
             : 0;
}

int judge_act(struct stage *sc, const char *act, bool open_fields, struct judged *ret,
              bool *ret_open)
{
    const struct program *program = engine_program(sc->e, sc->procedure);
    struct facts facts = {.procedure = sc->procedure, .act = act};
    struct verdict *v = arena_alloc(sc->arena, sizeof(*v));
    struct judged j;
    int e = judged_open(&j);

    if (e)
        return e;
    e = program && v ? gather_steps(sc, act, &j.truth) : -ENOMEM;
    if (!e) {
        facts.truth = j.truth;
        program_decide(program, &facts, v);
        if (v->result == VERDICT_FORBIDDEN || v->result == VERDICT_NOT_YET)
            e = judge_suspended(sc, program, &facts, v, &j);
        j.step = v->step;
        j.result = v->result == VERDICT_NO_STEP ? VERDICT_NO_STEP : VERDICT_ALLOWED;
    }
    for (size_t i = 0; !e && i < v->n_unmet; i++) {
        if (open_fields && asks_open_field(sc, j.step, v->unmet[i])) {
            *ret_open = true;
            continue;
        }
        e = judged_cond(sc, &j, v->unmet[i]);
    }
    if (!e && j.step)
        e = constrained(sc, open_fields, &j, ret_open);
    if (!e && j.step)
        e = shut_after_restore(sc, &j);
    if (!e && j.step)
        e = judge_standing(sc, j.step, &j.as);
    home_standing(sc);
    if (e) {
        judged_done(&j);
        return e;
    }
    *ret = j;
    return 0;
}

void judged_done(struct judged *j)
{
    json_decref(j->unmet);
    json_decref(j->clauses);
    json_decref(j->under);
    *j = (struct judged){0};
}
