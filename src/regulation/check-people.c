/* Separation of duty and vacancies over a force, on each day ahead. Only what the force itself settles is looked at: roles by
 * post, duty apart, with acting appointments and delegations. Designations lie in the store. */
#include "regulation/check-inside.h"
#include "regulation/walk.h"

#include <errno.h>
#include <stdlib.h>

#define HOLDERS_MAX 256u /* persons in one role of one unit */

struct persons {
    const struct person *at[HOLDERS_MAX];
    size_t n;
    bool is_cut; /* there are more */
};

static void add_person(struct persons *all, const struct person *p, int32_t day)
{
    for (size_t i = 0; i < all->n; i++) {
        if (all->at[i] == p)
            return;
    }
    if (p->from_day > day || p->to_day < day)
        return;
    if (all->n < HOLDERS_MAX)
        all->at[all->n++] = p;
    else
        all->is_cut = true;
}

static bool has_person(const struct persons *all, const struct person *p)
{
    for (size_t i = 0; i < all->n; i++) {
        if (all->at[i] == p)
            return true;
    }
    return false;
}

static bool unit_counts(const struct role *role, const struct unit *where, const struct unit *unit)
{
    if (!role->per_unit)
        return role->in_kind == NULL || role->in_kind[0] == '\0' || unit_has_kind(where, role->in_kind);
    if (role->n_within == 0)
        return where == unit;
    for (size_t i = 0; i < role->n_within; i++) {
        if (unit_within(where, unit) && unit_has_kind(where, role->within[i]))
            return true;
    }
    return false;
}

/* In exactly this unit: the force finds those by itself. */
static void add_in_unit(const struct checking *ck, const struct role *role, const struct unit *unit, int32_t day, struct persons *all)
{
    const struct appointment *held[HOLDERS_MAX];

    for (size_t i = 0; i < role->n_posts; i++) {
        const struct post *post = force_post(ck->force, role->posts[i]);
        size_t n = post != NULL ? force_holders(ck->force, post, unit, day, held, HOLDERS_MAX) : 0;

        all->is_cut |= n > HOLDERS_MAX;
        for (size_t k = 0; k < MIN_OF(n, HOLDERS_MAX); k++) {
            if (held[k]->kind != APPOINT_ACTING || role->acting)
                add_person(all, held[k]->person, day);
        }
    }
}

static void add_by_post(const struct checking *ck, const struct role *role, const struct unit *unit, int32_t day, struct persons *all)
{
    size_t n;
    const struct appointment *const *a = force_all_appointments(ck->force, &n);

    for (size_t i = 0; i < n; i++) {
        if (!appointment_counts(a[i], day) || (a[i]->kind == APPOINT_ACTING && !role->acting))
            continue;
        if (word_among(a[i]->post->id, role->posts, role->n_posts) && unit_counts(role, a[i]->unit, unit))
            add_person(all, a[i]->person, day);
    }
}

/* A delegation goes to a post; who holds that post passes nothing further on, so that the chain ends there. */
static void add_delegated(const struct checking *ck, const struct role *role, const struct unit *unit, int32_t day, struct persons *all)
{
    const struct delegation *d[HOLDERS_MAX];
    const struct appointment *held[HOLDERS_MAX];
    struct buf key;
    size_t n;

    buf_init(&key, 256);
    if (buf_printf(&key, "%s/%s", ck->pack->id, role->id) == 0) {
        n = force_delegations(ck->force, key.at, role->per_unit ? unit : NULL, day, d, HOLDERS_MAX);
        all->is_cut |= n > HOLDERS_MAX;
        for (size_t i = 0; i < MIN_OF(n, HOLDERS_MAX); i++) {
            size_t n_held;

            if (!(d[i]->kind == DELEGATE_SENKETSU ? role->senketsu : role->daiketsu))
                continue;
            n_held = force_holders(ck->force, d[i]->to_post, d[i]->to_unit, day, held, HOLDERS_MAX);
            all->is_cut |= n_held > HOLDERS_MAX;
            for (size_t k = 0; k < MIN_OF(n_held, HOLDERS_MAX); k++)
                add_person(all, held[k]->person, day);
        }
    }
    buf_done(&key);
}

/* A role of a unit of some kind is none of other units. */
static bool is_role_of(const struct role *role, const struct unit *unit)
{
    return role->in_kind == NULL || role->in_kind[0] == '\0' || unit_has_kind(unit, role->in_kind);
}

static void holders(const struct checking *ck, const struct role *role, const struct unit *unit, int32_t day, struct persons *ret)
{
    ret->n = 0;
    ret->is_cut = false;
    if (role->per_unit && !is_role_of(role, unit))
        return;
    if (role->per_unit && role->n_within == 0)
        add_in_unit(ck, role, unit, day, ret);
    else
        add_by_post(ck, role, unit, day, ret);
    add_delegated(ck, role, unit, day, ret);
}

/* ---- which units and days ---- */

struct kinds {
    const char *at[HOLDERS_MAX];
    size_t n;
};

static void add_kind(struct kinds *all, const char *kind)
{
    if (kind != NULL && kind[0] != '\0' && all->n < HOLDERS_MAX && !word_among(kind, all->at, all->n))
        all->at[all->n++] = kind;
}

static void see_post_kinds(void *user, const struct procedure *p, const struct cond *c)
{
    for (size_t i = 0; c->kind == COND_POST && i < c->n_kinds; i++)
        add_kind(user, c->kinds[i]);
}

/* Kinds of the units that own records, and kinds of sub-units where the pack's work is done. */
struct operating {
    struct kinds owners, workers;
};

static void find_kinds(const struct pack *p, struct operating *o)
{
    struct walk w = {.user = &o->workers, .cond = see_post_kinds};

    o->owners.n = o->workers.n = 0;
    for (size_t i = 0; i < p->n_regs; i++) {
        if (p->regs[i].unit_field != NULL)
            add_kind(&o->owners, p->regs[i].unit_field->unit_kind);
    }
    pack_walk(p, &w);
    for (size_t i = 0; i < p->n_roles; i++) {
        for (size_t k = 0; k < p->roles[i].n_within; k++)
            add_kind(&o->workers, p->roles[i].within[k]);
    }
}

static bool has_any_kind(const struct unit *u, const struct kinds *k)
{
    for (size_t i = 0; i < k->n; i++) {
        if (unit_has_kind(u, k->at[i]))
            return true;
    }
    return false;
}

/* It owns records, and the work is done in it or below it. */
static bool operates(const struct checking *ck, const struct operating *o, const struct unit *u, int32_t day)
{
    size_t n;
    const struct unit *const *all = force_units(ck->force, &n);

    if (u->from_day > day || u->to_day < day || !has_any_kind(u, &o->owners))
        return false;
    if (o->workers.n == 0)
        return true;
    for (size_t i = 0; i < n; i++) {
        if (unit_within(all[i], u) && has_any_kind(all[i], &o->workers) && all[i]->from_day <= day && all[i]->to_day >= day)
            return true;
    }
    return false;
}

/* Something of the force begins or has just ended on that day. Delegations are not listed, so that a pack with them is asked daily. */
static bool changes_on(const struct checking *ck, int32_t day)
{
    size_t n;
    const struct appointment *const *a = force_all_appointments(ck->force, &n);
    const struct person *const *p;
    const struct unit *const *u;

    for (size_t i = 0; i < n; i++) {
        if (a[i]->from_day == day || a[i]->to_day == day - 1)
            return true;
    }
    p = force_persons(ck->force, &n);
    for (size_t i = 0; i < n; i++) {
        if (p[i]->from_day == day || p[i]->to_day == day - 1)
            return true;
    }
    u = force_units(ck->force, &n);
    for (size_t i = 0; i < n; i++) {
        if (u[i]->from_day == day || u[i]->to_day == day - 1)
            return true;
    }
    return false;
}

static bool has_delegations(const struct pack *p)
{
    for (size_t i = 0; i < p->n_roles; i++) {
        if (p->roles[i].senketsu || p->roles[i].daiketsu)
            return true;
    }
    return false;
}

/* ---- vacancies ---- */

struct roster {
    struct checking *ck;
    struct operating kinds;
    int32_t day;
    char day_text[32];
    bool *vacant; /* role, unit: told already */
    bool *dead;   /* step of the pack, unit: told already */
    size_t n_units;
    bool cut_told; /* that holders were left out */
    size_t step_base, unit_no; /* of the procedure and unit at hand */
    const struct unit *const *units;
    size_t choice; /* whom parameters name in the case at hand */
};

/* Who is named by a parameter is looked at as each whom it may name. */
static const struct role *meant(const struct role *role, size_t choice)
{
    return role->source == ROLE_BY_PARAMETER ? role->named[MIN_OF(choice, role->named_by->n_choices - 1)] : role;
}

static bool is_by_post(const struct role *r)
{
    return r->source == ROLE_BY_POST;
}

static size_t n_choices_of(const struct procedure *p)
{
    size_t n = 1;

    for (size_t i = 0; i < p->n_roles; i++) {
        if (p->roles[i].role->source == ROLE_BY_PARAMETER)
            n = MAX_OF(n, p->roles[i].role->named_by->n_choices);
    }
    return n;
}

static bool has_steps(const struct pack *p, const struct role *role)
{
    for (size_t i = 0; i < p->n_procedures; i++) {
        for (size_t k = 0; k < p->procedures[i].n_roles; k++) {
            const struct role *one = p->procedures[i].roles[k].role;

            for (size_t m = 0; m < (one->source == ROLE_BY_PARAMETER ? one->named_by->n_choices : 1); m++) {
                if (meant(one, m) == role)
                    return true;
            }
        }
    }
    return false;
}

static void check_vacant(struct roster *r, const struct role *role, size_t role_no, const struct unit *unit, size_t unit_no)
{
    bool *told = &r->vacant[role_no * (r->n_units + 1) + unit_no];
    struct persons all;

    if (*told)
        return;
    holders(r->ck, role, unit, r->day, &all);
    if (all.n > 0)
        return;
    *told = true;
    if (unit != NULL)
        check_error(r->ck, role->at, MSG_PACK_NOBODY_OF, {"day", str_of(r->day_text)}, {"role", str_of(role->id)}, {"unit", str_of(unit->id)},
                    {"name", str_of(unit->name_ja)});
    else
        check_error(r->ck, role->at, MSG_PACK_NOBODY, {"day", str_of(r->day_text)}, {"role", str_of(role->id)});
}

static void check_vacancies(struct roster *r)
{
    const struct pack *p = r->ck->pack;

    for (size_t i = 0; i < p->n_roles; i++) {
        if (!is_by_post(&p->roles[i]) || !has_steps(p, &p->roles[i]))
            continue;
        if (!p->roles[i].per_unit)
            check_vacant(r, &p->roles[i], i, NULL, r->n_units);
        for (size_t k = 0; p->roles[i].per_unit && k < r->n_units; k++) {
            if (operates(r->ck, &r->kinds, r->units[k], r->day) && is_role_of(&p->roles[i], r->units[k]))
                check_vacant(r, &p->roles[i], i, r->units[k], k);
        }
    }
}

/* ---- deadlocks: one case, played with one person who holds separated roles ---- */

#define PLAY_ROLES_MAX 12u /* of a procedure; one with more is not played */

/* Everybody else acts wherever somebody else can, so that what the person does is what nobody else could do. */
struct solo {
    struct roster *r;
    const struct procedure *p;
    const struct person *person;
    const struct unit *unit;
    uint32_t holds;  /* roles of the procedure that the person holds */
    uint32_t others; /* roles that somebody else holds, too; a role by designation or duty always */
    bool *seen;      /* state (n_states: none) times what the person acted as */
};

static uint32_t role_bit(const struct procedure *p, const struct proc_role *role)
{
    for (size_t i = 0; i < p->n_roles; i++) {
        if (&p->roles[i] == role)
            return UINT32_C(1) << i;
    }
    return 0;
}

static void find_roles(struct solo *s)
{
    for (size_t i = 0; i < s->p->n_roles; i++) {
        const struct role *role = meant(s->p->roles[i].role, s->r->choice);
        struct persons all;

        if (!is_by_post(role)) {
            s->others |= UINT32_C(1) << i;
            continue;
        }
        holders(s->r->ck, role, s->unit, s->r->day, &all);
        if (has_person(&all, s->person))
            s->holds |= UINT32_C(1) << i;
        if (all.n > 1 || (all.n == 1 && all.at[0] != s->person))
            s->others |= UINT32_C(1) << i;
    }
}

static const struct cond *by_of(const struct step *st)
{
    for (size_t i = 0; i < st->n_conds; i++) {
        if (st->conds[i]->kind == COND_BY)
            return st->conds[i];
    }
    return NULL;
}

static bool others_can(const struct solo *s, const struct step *st)
{
    const struct cond *by = by_of(st);
    bool can = by == NULL || by->n_by == 0;

    for (size_t i = 0; !can && i < by->n_by; i++)
        can = (s->others & role_bit(s->p, by->by[i])) != 0;
    return can;
}

/* The role by which the person can do it, having acted as those in `acted`; 0: none. *ret_blocked: a separation is in the way. */
static uint32_t can_as(const struct solo *s, const struct step *st, uint32_t acted, const struct cond **ret_blocked)
{
    const struct cond *by = by_of(st);

    for (size_t i = 0; by != NULL && i < by->n_by; i++) {
        uint32_t as = role_bit(s->p, by->by[i]);
        bool is_free = (s->holds & as) != 0;

        for (size_t k = 0; k < st->n_conds && (s->holds & as) != 0; k++) {
            const struct cond *c = st->conds[k];

            if (c->kind == COND_SEPARATE && c->by[0] == by->by[i] && (acted & role_bit(s->p, c->by[1])) != 0) {
                *ret_blocked = c;
                is_free = false;
            }
        }
        if (is_free)
            return as;
    }
    return 0;
}

static bool starts_in(const struct step *st, const char *state)
{
    return word_among(state, st->from, st->n_from);
}

static void tell_dead(struct solo *s, const struct step *st, const struct cond *pair)
{
    bool *told = s->r->dead + (size_t)(s->r->step_base + st->no) * (s->r->n_units + 1) + s->r->unit_no;

    if (*told)
        return;
    *told = true;
    check_error(s->r->ck, st->at, MSG_PACK_ONLY_BOTH, {"day", str_of(s->r->day_text)}, {"person", str_of(s->person->id)},
                {"name", str_of(s->person->name)}, {"one", str_of(pair->by[0]->id)}, {"other", str_of(pair->by[1]->id)},
                {"unit", str_of(s->unit->id)}, {"register", str_of(s->p->reg->id)}, {"step", str_of(st->act)});
}

/* Another step of the same name that can be done there? */
static bool has_way(const struct solo *s, const struct step *st, const char *state, uint32_t acted)
{
    const struct cond *blocked;

    for (size_t i = 0; i < s->p->n_steps; i++) {
        const struct step *o = &s->p->steps[i];

        if (strcmp(o->act, st->act) == 0 && starts_in(o, state) && (others_can(s, o) || can_as(s, o, acted, &blocked) != 0))
            return true;
    }
    return false;
}

static size_t node_of(const struct solo *s, const char *state, uint32_t acted)
{
    size_t no = 0;

    while (no < s->p->n_states && strcmp(s->p->states[no].id, state) != 0)
        no++;
    return (no << s->p->n_roles) + acted;
}

static const char *node_state(const struct solo *s, size_t node)
{
    size_t no = node >> s->p->n_roles;

    return no < s->p->n_states ? s->p->states[no].id : "none";
}

/* All steps from one node; true when a new node was found. */
static bool play_node(struct solo *s, size_t node)
{
    const char *state = node_state(s, node);
    uint32_t acted = (uint32_t)(node & ((UINT32_C(1) << s->p->n_roles) - 1));
    bool more = false;

    for (size_t i = 0; i < s->p->n_steps; i++) {
        const struct step *st = &s->p->steps[i];
        const struct cond *blocked = NULL;
        uint32_t as = 0;
        size_t next;

        if (!starts_in(st, state))
            continue;
        if (!others_can(s, st) && (as = can_as(s, st, acted, &blocked)) == 0) {
            if (blocked != NULL && !has_way(s, st, state, acted))
                tell_dead(s, st, blocked);
            continue;
        }
        next = node_of(s, st->to != NULL ? st->to : state, acted | as);
        more = more || !s->seen[next];
        s->seen[next] = true;
    }
    return more;
}

static int play_case(struct roster *r, const struct procedure *p, const struct unit *unit, const struct person *person)
{
    struct solo s = {.r = r, .p = p, .person = person, .unit = unit};
    size_t n = (p->n_states + 1) << p->n_roles;
    bool more = true;

    s.seen = calloc(n, sizeof(bool));
    if (s.seen == NULL)
        return -ENOMEM;
    find_roles(&s);
    s.seen[node_of(&s, "none", 0)] = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < n; i++)
            more = (s.seen[i] && play_node(&s, i)) || more;
    }
    free(s.seen);
    return 0;
}

static void tell_cut(struct roster *r, const struct role *role, const struct unit *unit)
{
    if (!r->cut_told)
        check_warning(r->ck, role->at, MSG_PACK_TOO_MANY, {"day", str_of(r->day_text)}, {"max", NUMBER(HOLDERS_MAX)}, {"role", str_of(role->id)},
                      {"unit", str_of(unit->id)}, {"name", str_of(unit->name_ja)});
    r->cut_told = true;
}

/* Who holds both roles of a pair there. */
static int check_pair(struct roster *r, const struct procedure *p, const struct cond *pair, const struct unit *unit)
{
    const struct role *a = meant(pair->by[0]->role, r->choice), *b = meant(pair->by[1]->role, r->choice);
    struct persons mine, other;
    int e = 0;

    if (!is_by_post(a) || !is_by_post(b))
        return 0;
    holders(r->ck, a, unit, r->day, &mine);
    holders(r->ck, b, unit, r->day, &other);
    if (mine.is_cut || other.is_cut)
        tell_cut(r, mine.is_cut ? a : b, unit);
    for (size_t i = 0; e == 0 && i < mine.n; i++) {
        if (!has_person(&other, mine.at[i]))
            continue;
        r->ck->summary->n_double_holders++;
        if (p->n_roles <= PLAY_ROLES_MAX)
            e = play_case(r, p, unit, mine.at[i]);
    }
    return e;
}

static bool is_first_of_pair(const struct procedure *p, const struct cond *c);

static int check_deadlocks(struct roster *r)
{
    const struct pack *p = r->ck->pack;
    int e = 0;

    r->step_base = 0;
    for (size_t i = 0; e == 0 && i < p->n_procedures; i++) {
        const struct procedure *proc = &p->procedures[i];

        for (unsigned k = 0; k < proc->n_leaves; k++) {
            const struct cond *c = proc->leaves[k];

            for (size_t u = 0; e == 0 && c->kind == COND_SEPARATE && is_first_of_pair(proc, c) && u < r->n_units; u++) {
                r->unit_no = u;
                if (!operates(r->ck, &r->kinds, r->units[u], r->day))
                    continue;
                for (r->choice = 0; e == 0 && r->choice < n_choices_of(proc); r->choice++)
                    e = check_pair(r, proc, c, r->units[u]);
            }
        }
        r->step_base += proc->n_steps;
    }
    return e;
}

/* Does the step forbid what `mine` does to who acted as `other`? */
static const struct cond *separation(const struct step *s, const struct proc_role *mine, const struct proc_role *other)
{
    for (size_t i = 0; i < s->n_conds; i++) {
        if (s->conds[i]->kind == COND_SEPARATE && s->conds[i]->by[0] == mine && s->conds[i]->by[1] == other)
            return s->conds[i];
    }
    return NULL;
}

/* ---- separation holds in both orders ---- */

static bool step_is_by(const struct step *s, const struct proc_role *role)
{
    for (size_t i = 0; i < s->n_conds; i++) {
        for (size_t k = 0; s->conds[i]->kind == COND_BY && k < s->conds[i]->n_by; k++) {
            if (s->conds[i]->by[k] == role)
                return true;
        }
    }
    return false;
}

/* Somebody who holds both today; *ret_unit where. */
static const struct person *holds_both(struct checking *ck, const struct role *a, const struct role *b, const struct unit **ret_unit)
{
    size_t n;
    const struct unit *const *units;
    struct persons x, y;

    if (!is_by_post(a) || !is_by_post(b))
        return NULL;
    units = force_units(ck->force, &n);
    for (size_t i = 0; i < n; i++) {
        holders(ck, a, units[i], ck->options.from_day, &x);
        holders(ck, b, units[i], ck->options.from_day, &y);
        for (size_t k = 0; k < x.n; k++) {
            if (has_person(&y, x.at[k])) {
                *ret_unit = units[i];
                return x.at[k];
            }
        }
    }
    return NULL;
}

/* Somebody who could hold both today, for the message. */
static const struct person *both(struct checking *ck, const struct procedure *p, const struct proc_role *a, const struct proc_role *b, const struct unit **ret_unit)
{
    const struct person *found = NULL;

    for (size_t i = 0; ck->force != NULL && found == NULL && i < n_choices_of(p); i++)
        found = holds_both(ck, meant(a->role, i), meant(b->role, i), ret_unit);
    return found;
}

static void tell_open(struct checking *ck, const struct step *s, const struct proc_role *mine, const struct proc_role *other)
{
    const struct unit *unit = NULL;
    const struct person *p = both(ck, s->procedure, mine, other, &unit);

    if (p != NULL)
        check_error(ck, s->at, MSG_PACK_APART_BY, {"register", str_of(s->procedure->reg->id)}, {"step", str_of(s->act)}, {"role", str_of(mine->id)},
                    {"other", str_of(other->id)}, {"person", str_of(p->id)}, {"name", str_of(p->name)}, {"unit", str_of(unit->id)});
    else
        check_error(ck, s->at, MSG_PACK_APART, {"register", str_of(s->procedure->reg->id)}, {"step", str_of(s->act)}, {"role", str_of(mine->id)},
                    {"other", str_of(other->id)});
}

static void check_separation(struct checking *ck, const struct procedure *p, const struct cond *pair)
{
    for (size_t i = 0; i < p->n_steps; i++) {
        for (size_t k = 0; k < 2; k++) {
            const struct proc_role *mine = pair->by[k], *other = pair->by[1 - k];

            if (step_is_by(&p->steps[i], mine) && separation(&p->steps[i], mine, other) == NULL)
                tell_open(ck, &p->steps[i], mine, other);
        }
    }
}

/* Each pair once: at the first condition that parts it. */
static bool is_first_of_pair(const struct procedure *p, const struct cond *c)
{
    for (unsigned i = 0; i < p->n_leaves && p->leaves[i] != c; i++) {
        const struct cond *o = p->leaves[i];

        if (o->kind == COND_SEPARATE && ((o->by[0] == c->by[0] && o->by[1] == c->by[1]) || (o->by[0] == c->by[1] && o->by[1] == c->by[0])))
            return false;
    }
    return true;
}

static void check_separations(struct checking *ck)
{
    for (size_t i = 0; i < ck->pack->n_procedures; i++) {
        const struct procedure *p = &ck->pack->procedures[i];

        for (unsigned k = 0; k < p->n_leaves; k++) {
            if (p->leaves[k]->kind == COND_SEPARATE && is_first_of_pair(p, p->leaves[k]))
                check_separation(ck, p, p->leaves[k]);
        }
    }
}

/* ---- together ---- */

static size_t count_steps(const struct pack *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_procedures; i++)
        n += p->procedures[i].n_steps;
    return n;
}

static int open_roster(struct checking *ck, struct roster *ret)
{
    *ret = (struct roster){.ck = ck};
    ret->units = force_units(ck->force, &ret->n_units);
    find_kinds(ck->pack, &ret->kinds);
    ret->vacant = arena_alloc_n(ck->arena, (ck->pack->n_roles + 1) * (ret->n_units + 1), sizeof(bool));
    ret->dead = arena_alloc_n(ck->arena, (count_steps(ck->pack) + 1) * (ret->n_units + 1), sizeof(bool));
    return ret->vacant != NULL && ret->dead != NULL ? 0 : -ENOMEM;
}

static void enter_day(struct roster *r, int32_t day)
{
    struct buf b;

    r->day = day;
    buf_init(&b, sizeof(r->day_text));
    if (day_print_iso(day, &b) == 0)
        memcpy(r->day_text, b.at, MIN_OF(b.len + 1, sizeof(r->day_text) - 1));
    buf_done(&b);
}

int check_people(struct checking *ck)
{
    struct roster r;
    bool daily = has_delegations(ck->pack);
    int e;

    check_separations(ck);
    if (ck->force == NULL)
        return 0;
    e = open_roster(ck, &r);
    for (int32_t i = 0; e == 0 && i < ck->options.n_days; i++) {
        int32_t day = ck->options.from_day + i;

        if (i > 0 && !daily && !changes_on(ck, day))
            continue;
        enter_day(&r, day);
        ck->summary->n_double_holders = 0; /* those of the last day */
        check_vacancies(&r);
        e = check_deadlocks(&r);
    }
    return e;
}
