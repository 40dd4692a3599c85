/* Separation of duty and vacancies over a force, on each day ahead. Only what the force itself settles is looked at: roles by
 * post, duty apart, with acting appointments and delegations. Designations lie in the store. */
#include "regulation/check-inside.h"
#include "regulation/walk.h"

#include <errno.h>

#define HOLDERS_MAX 256u /* persons in one role of one unit */

struct persons {
    const struct person *at[HOLDERS_MAX];
    size_t n;
};

static void add_person(struct persons *all, const struct person *p, int32_t day)
{
    for (size_t i = 0; i < all->n; i++) {
        if (all->at[i] == p)
            return;
    }
    if (p->from_day <= day && p->to_day >= day && all->n < HOLDERS_MAX)
        all->at[all->n++] = p;
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

static void add_by_post(const struct checking *ck, const struct role *role, const struct unit *unit, int32_t day, struct persons *all)
{
    size_t n;
    const struct appointment *const *a = force_all_appointments(ck->force, &n);

    for (size_t i = 0; i < n; i++) {
        if (a[i]->from_day > day || a[i]->to_day < day || (a[i]->kind == APPOINT_ACTING && !role->acting))
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
        for (size_t i = 0; i < MIN_OF(n, HOLDERS_MAX); i++) {
            size_t n_held;

            if (!(d[i]->kind == DELEGATE_SENKETSU ? role->senketsu : role->daiketsu))
                continue;
            n_held = force_holders(ck->force, d[i]->to_post, d[i]->to_unit, day, held, HOLDERS_MAX);
            for (size_t k = 0; k < MIN_OF(n_held, HOLDERS_MAX); k++)
                add_person(all, held[k]->person, day);
        }
    }
    buf_done(&key);
}

static void holders(const struct checking *ck, const struct role *role, const struct unit *unit, int32_t day, struct persons *ret)
{
    ret->n = 0;
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
    bool *dead;   /* condition's leaf of a procedure, unit: told already */
    size_t n_units, n_dead;
    const struct unit *const *units;
};

static bool is_by_post(const struct role *r)
{
    return r->source == ROLE_BY_POST;
}

static bool has_steps(const struct pack *p, const struct role *role)
{
    for (size_t i = 0; i < p->n_procedures; i++) {
        for (size_t k = 0; k < p->procedures[i].n_roles; k++) {
            if (p->procedures[i].roles[k].role == role)
                return true;
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
        check_error(r->ck, role->at, "from %s nobody holds the role %s of the unit %s (%s); appoint someone, also acting, or delegate it", r->day_text,
                    role->id, unit->id, unit->name_ja);
    else
        check_error(r->ck, role->at, "from %s nobody holds the role %s; appoint someone, also acting, or delegate it", r->day_text, role->id);
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
            if (operates(r->ck, &r->kinds, r->units[k], r->day))
                check_vacant(r, &p->roles[i], i, r->units[k], k);
        }
    }
}

/* ---- deadlocks ---- */

static bool share_a_state(const struct step *a, const struct step *b)
{
    for (size_t i = 0; i < a->n_from; i++) {
        if (word_among(a->from[i], b->from, b->n_from))
            return true;
    }
    return false;
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

/* Could somebody else do this act of the case when `applicant` acted as `other`? Designated persons are taken to be there. */
static bool someone_else(const struct roster *r, const struct step *step, const struct proc_role *other, const struct unit *unit,
                         const struct person *applicant)
{
    const struct procedure *p = step->procedure;
    struct persons all;

    for (size_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->steps[i];

        if (strcmp(s->act, step->act) != 0 || !share_a_state(s, step))
            continue;
        for (size_t k = 0; k < s->n_conds; k++) {
            const struct cond *by = s->conds[k];

            for (size_t m = 0; by->kind == COND_BY && m < by->n_by; m++) {
                if (!is_by_post(by->by[m]->role))
                    return true;
                holders(r->ck, by->by[m]->role, unit, r->day, &all);
                if (all.n > 1 || (all.n == 1 && (all.at[0] != applicant || separation(s, by->by[m], other) == NULL)))
                    return true;
            }
            if (by->kind == COND_BY && by->n_by == 0)
                return true;
        }
    }
    return false;
}

static void check_pair(struct roster *r, const struct step *s, const struct cond *c, const struct unit *unit, size_t unit_no)
{
    const struct proc_role *mine = c->by[0], *other = c->by[1];
    bool *told = r->dead + (size_t)(c->leaf % r->n_dead) * (r->n_units + 1) + unit_no;
    struct persons others;

    if (!is_by_post(mine->role) || !is_by_post(other->role) || *told)
        return;
    holders(r->ck, other->role, unit, r->day, &others);
    for (size_t i = 0; i < others.n; i++) {
        struct persons same;

        holders(r->ck, mine->role, unit, r->day, &same);
        if (!has_person(&same, others.at[i]))
            continue;
        r->ck->summary->n_double_holders++;
        if (others.n > 1 || someone_else(r, s, other, unit, others.at[i]))
            continue;
        *told = true;
        check_error(r->ck, s->at,
                    "from %s only %s (%s) holds both %s and %s in the unit %s, so that nobody may do %s/%s there; name a second role for the step, or part the posts",
                    r->day_text, others.at[i]->id, others.at[i]->name, mine->id, other->id, unit->id, s->procedure->reg->id, s->act);
        return;
    }
}

/* Conditions are told apart by their place among all separations of the pack. */
static void check_deadlocks(struct roster *r)
{
    const struct pack *p = r->ck->pack;
    size_t no = 0;

    for (size_t i = 0; i < p->n_procedures; i++) {
        for (size_t k = 0; k < p->procedures[i].n_steps; k++) {
            const struct step *s = &p->procedures[i].steps[k];

            for (size_t m = 0; m < s->n_conds; m++) {
                struct cond c;

                if (s->conds[m]->kind != COND_SEPARATE)
                    continue;
                c = *s->conds[m];
                c.leaf = (unsigned)no++;
                for (size_t u = 0; u < r->n_units; u++) {
                    if (operates(r->ck, &r->kinds, r->units[u], r->day))
                        check_pair(r, s, &c, r->units[u], u);
                }
            }
        }
    }
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

/* Somebody who could hold both today, for the message; *ret_unit where. */
static const struct person *both(struct checking *ck, const struct proc_role *a, const struct proc_role *b, const struct unit **ret_unit)
{
    size_t n;
    const struct unit *const *units;
    struct persons x, y;

    if (ck->force == NULL || !is_by_post(a->role) || !is_by_post(b->role))
        return NULL;
    units = force_units(ck->force, &n);
    for (size_t i = 0; i < n; i++) {
        holders(ck, a->role, units[i], ck->options.from_day, &x);
        holders(ck, b->role, units[i], ck->options.from_day, &y);
        for (size_t k = 0; k < x.n; k++) {
            if (has_person(&y, x.at[k])) {
                *ret_unit = units[i];
                return x.at[k];
            }
        }
    }
    return NULL;
}

static void tell_open(struct checking *ck, const struct step *s, const struct proc_role *mine, const struct proc_role *other)
{
    const struct unit *unit = NULL;
    const struct person *p = both(ck, mine, other, &unit);

    if (p != NULL)
        check_error(ck, s->at, "%s/%s as %s is open to who acted as %s, though the two are separated elsewhere: %s (%s) could be both in the unit %s; separate them here, too",
                    s->procedure->reg->id, s->act, mine->id, other->id, p->id, p->name, unit->id);
    else
        check_error(ck, s->at, "%s/%s as %s is open to who acted as %s, though the two are separated elsewhere; separate them here, too",
                    s->procedure->reg->id, s->act, mine->id, other->id);
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

static size_t count_separations(const struct pack *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_procedures; i++) {
        for (unsigned k = 0; k < p->procedures[i].n_leaves; k++)
            n += p->procedures[i].leaves[k]->kind == COND_SEPARATE;
    }
    return n;
}

static int open_roster(struct checking *ck, struct roster *ret)
{
    *ret = (struct roster){.ck = ck, .n_dead = count_separations(ck->pack) + 1};
    ret->units = force_units(ck->force, &ret->n_units);
    find_kinds(ck->pack, &ret->kinds);
    ret->vacant = arena_alloc_n(ck->arena, (ck->pack->n_roles + 1) * (ret->n_units + 1), sizeof(bool));
    ret->dead = arena_alloc_n(ck->arena, ret->n_dead * (ret->n_units + 1), sizeof(bool));
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
        check_deadlocks(&r);
    }
    return e;
}
