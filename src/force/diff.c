/* What changes for whom between two snapshots: one merge over both lists of persons, sorted by id, and one over both of mail addresses. */
#include "force/snapshot.h"

#include <errno.h>
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

static bool same_owner(const struct mailbox *a, const struct mailbox *b)
{
    if (a->person != NULL || b->person != NULL)
        return a->person != NULL && b->person != NULL && strcmp(a->person->id, b->person->id) == 0;
    return strcmp(a->unit->id, b->unit->id) == 0;
}

int force_diff_mailboxes(const struct force *before, const struct force *after, force_mailbox_change_fn *fn, void *arg)
{
    const struct id_index *a = &before->by_address, *b = &after->by_address;
    size_t i = 0, k = 0;
    int r = 0;

    while (r == 0 && (i < a->n || k < b->n)) {
        const struct mailbox *m = i < a->n ? a->at[i] : NULL, *o = k < b->n ? b->at[k] : NULL;
        int c = m == NULL ? 1 : o == NULL ? -1 : strcmp(m->address, o->address);

        i += c <= 0;
        k += c >= 0;
        if (c != 0 || !same_owner(m, o))
            r = fn(arg, c <= 0 ? m : NULL, c >= 0 ? o : NULL);
    }
    return r;
}

/* Persons, by their places in either force, whose addresses are others. */
struct moved_mail {
    const struct force *before, *after;
    bool *was, *is;
};

static int mark_moved(void *arg, const struct mailbox *before, const struct mailbox *after)
{
    struct moved_mail *m = arg;

    if (before != NULL && before->person != NULL)
        m->was[before->person - m->before->persons] = true;
    if (after != NULL && after->person != NULL)
        m->is[after->person - m->after->persons] = true;
    return 0;
}

static unsigned compare(const struct force *before, const struct person *p,
                        const struct force *after, const struct person *q, const struct moved_mail *moved)
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
    if (moved->was[p - before->persons] || moved->is[q - after->persons])
        what |= FORCE_CHANGED_ADDRESSES;
    return what;
}

static int diff_persons(const struct moved_mail *moved, force_change_fn *fn, void *arg)
{
    const struct force *before = moved->before, *after = moved->after;
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
            what = compare(before, p, after, q, moved);
        if (what != 0)
            r = fn(arg, c <= 0 ? p : NULL, c >= 0 ? q : NULL, what);
    }
    return r;
}

int force_diff(const struct force *before, const struct force *after, force_change_fn *fn,
               void *arg)
{
    struct moved_mail moved = {before, after, calloc(before->n[FORCE_PERSONS] + 1, sizeof(bool)), calloc(after->n[FORCE_PERSONS] + 1, sizeof(bool))};
    int r = moved.was != NULL && moved.is != NULL ? force_diff_mailboxes(before, after, mark_moved, &moved) : -ENOMEM;

    if (r == 0)
        r = diff_persons(&moved, fn, arg);
    free(moved.was);
    free(moved.is);
    return r;
}
