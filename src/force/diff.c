/* What changes for whom between two snapshots: one merge over both lists of persons, sorted by id. */
#include "force/snapshot.h"

#include <stdlib.h>

static int appointment_cmp(const struct appointment *x, const struct appointment *y)
{
    int c = strcmp(x->post->id, y->post->id);

    if (c == 0)
        c = strcmp(x->unit->id, y->unit->id);
    if (c != 0 || x->kind != y->kind)
        return c != 0 ? c : x->kind < y->kind ? -1 : 1;
    if (x->from_day != y->from_day)
        return x->from_day < y->from_day ? -1 : 1;
    return x->to_day == y->to_day ? 0 : x->to_day < y->to_day ? -1 : 1;
}

/* Every one of `a` has an equal in `b`; a person has few, so that pairs are tried. Ids of appointments do not matter. */
static bool covered(const struct appointment **a, size_t n_a, const struct appointment **b,
                    size_t n_b)
{
    for (size_t i = 0; i < n_a; i++) {
        bool found = false;

        for (size_t k = 0; !found && k < n_b; k++)
            found = appointment_cmp(a[i], b[k]) == 0;
        if (!found)
            return false;
    }
    return true;
}

/* Addresses of a person that the other force does not know as his. */
static bool has_other_addresses(const struct force *f, const struct person *p, const struct force *other)
{
    for (size_t i = 0; i < f->n[FORCE_ADDRESSES]; i++) {
        const struct mailbox *m = &f->mailboxes[i], *there;

        if (m->person != p)
            continue;
        there = force_mailbox(other, str_of(m->address));
        if (!there || !there->person || strcmp(there->person->id, p->id) != 0)
            return true;
    }
    return false;
}

static unsigned compare(const struct force *before, const struct person *p,
                        const struct force *after, const struct person *q)
{
    const struct appointment **a, **b;
    size_t n_a = force_appointments_of(before, p, &a), n_b = force_appointments_of(after, q, &b);
    unsigned what = 0;

    if (strcmp(p->name, q->name) != 0 || strcmp(p->kana, q->kana) != 0 ||
        strcmp(p->name_en, q->name_en) != 0 || p->from_day != q->from_day || p->to_day != q->to_day)
        what |= FORCE_CHANGED_PERSON;
    if (strcmp(p->rank->id, q->rank->id) != 0)
        what |= FORCE_CHANGED_RANK;
    if (n_a != n_b || !covered(a, n_a, b, n_b) || !covered(b, n_b, a, n_a))
        what |= FORCE_CHANGED_APPOINTMENTS;
    if (has_other_addresses(before, p, after) || has_other_addresses(after, q, before))
        what |= FORCE_CHANGED_ADDRESSES;
    return what;
}

int force_diff(const struct force *before, const struct force *after, force_change_fn *fn,
               void *arg)
{
    const struct id_index *a = &before->by_id[FORCE_PERSONS], *b = &after->by_id[FORCE_PERSONS];
    size_t i = 0, k = 0;
    int r = 0;

    while (r == 0 && (i < a->n || k < b->n)) {
        const struct person *p = i < a->n ? a->at[i] : NULL, *q = k < b->n ? b->at[k] : NULL;
        int c = p == NULL ? 1 : q == NULL ? -1 : strcmp(p->id, q->id);
        unsigned what = FORCE_CHANGED_PERSON | FORCE_CHANGED_APPOINTMENTS;

        i += c <= 0;
        k += c >= 0;
        if (c == 0)
            what = compare(before, p, after, q);
        if (what != 0)
            r = fn(arg, c <= 0 ? p : NULL, c >= 0 ? q : NULL, what);
    }
    return r;
}
