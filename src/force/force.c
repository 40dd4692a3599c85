/* Asking the snapshot. Loading is in build.c and read.c, the store in tables.c. */
#include "force/force.h"

#include "base/mail-address.h"
#include "force/snapshot.h"

#include <errno.h>
#include <stdlib.h>

struct force *force_new(void)
{
    struct force *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return NULL;
    atomic_init(&f->refs, 1);
    f->arena = arena_new(FORCE_ARENA_MAX);
    if (f->arena == NULL) {
        free(f);
        return NULL;
    }
    return f;
}

struct force *force_ref(struct force *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

void force_unref(struct force *f)
{
    if (f == NULL || atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) > 1)
        return;
    arena_free(f->arena);
    free(f);
}

/* ---- by id ---- */

const void *id_index_find(const struct id_index *index, const char *id)
{
    size_t low = 0, high = index->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = strcmp(*(const char *const *)index->at[mid], id);

        if (c == 0)
            return index->at[mid];
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct unit *force_unit(const struct force *f, const char *id)
{
    return id_index_find(&f->by_id[FORCE_UNITS], id);
}

const struct rank *force_rank(const struct force *f, const char *id)
{
    return id_index_find(&f->by_id[FORCE_RANKS], id);
}

const struct post *force_post(const struct force *f, const char *id)
{
    return id_index_find(&f->by_id[FORCE_POSTS], id);
}

const struct person *force_person(const struct force *f, const char *id)
{
    return id_index_find(&f->by_id[FORCE_PERSONS], id);
}

const struct mailbox *force_mailbox(const struct force *f, struct str address)
{
    char small[MAIL_ADDRESS_MAX + 1];

    if (!mail_address_ok(address))
        return NULL;
    mail_address_small(address, small);
    return id_index_find(&f->by_address, small);
}

/* ---- units ---- */

static bool within_days(int32_t from, int32_t to, int32_t day)
{
    return from <= day && day <= to;
}

bool unit_has_kind(const struct unit *u, const char *kind)
{
    for (size_t i = 0; i < u->n_kinds; i++) {
        if (strcmp(u->kinds[i], kind) == 0)
            return true;
    }
    return false;
}

bool unit_within(const struct unit *u, const struct unit *top)
{
    for (; u != NULL; u = u->parent) {
        if (u == top)
            return true;
    }
    return false;
}

const struct unit *unit_up_to(const struct unit *u, const char *kind)
{
    while (u != NULL && !unit_has_kind(u, kind))
        u = u->parent;
    return u;
}

static size_t first_of_kind(const struct force *f, const char *kind)
{
    size_t low = 0, high = f->n_kinds;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (strcmp(f->by_kind[mid].kind, kind) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const struct unit *force_unit_of_kind(const struct force *f, const char *kind, int32_t day)
{
    const struct unit *found = NULL;

    for (size_t i = first_of_kind(f, kind); i < f->n_kinds; i++) {
        const struct unit *u = f->by_kind[i].unit;

        if (strcmp(f->by_kind[i].kind, kind) != 0)
            break;
        if (!within_days(u->from_day, u->to_day, day))
            continue;
        if (found != NULL)
            return NULL;
        found = u;
    }
    return found;
}

/* ---- appointments ---- */

bool person_serves(const struct person *p, int32_t day)
{
    return within_days(p->from_day, p->to_day, day);
}

bool appointment_counts(const struct appointment *a, int32_t day)
{
    return within_days(a->from_day, a->to_day, day) && person_serves(a->person, day) &&
           within_days(a->unit->from_day, a->unit->to_day, day);
}

size_t force_appointments_of(const struct force *f, const struct person *p,
                             const struct appointment ***ret)
{
    size_t low = 0, high = f->n[FORCE_APPOINTMENTS], n = 0;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (f->by_person[mid]->person < p)
            low = mid + 1;
        else
            high = mid;
    }
    *ret = f->by_person + low;
    while (low + n < f->n[FORCE_APPOINTMENTS] && f->by_person[low + n]->person == p)
        n++;
    return n;
}

size_t force_appointments(const struct force *f, const struct person *p, int32_t day,
                          const struct appointment **ret, size_t max)
{
    const struct appointment **all;
    size_t n_all = force_appointments_of(f, p, &all), n = 0;

    for (size_t i = 0; i < n_all; i++) {
        if (!appointment_counts(all[i], day))
            continue;
        if (n < max)
            ret[n] = all[i];
        n++;
    }
    return n;
}

bool force_has_left(const struct force *f, const char *person, int32_t day)
{
    const struct person *p = force_person(f, person);
    const struct appointment **all;
    size_t n = p ? force_appointments_of(f, p, &all) : 0;

    if (!p || p->to_day < day)
        return p;
    for (size_t i = 0; i < n; i++)
        if (all[i]->to_day >= day && all[i]->unit->to_day >= day)
            return false;
    return n;
}

static bool place_before(const struct appointment *a, const struct post *post, const struct unit *u)
{
    return a->post != post ? a->post < post : a->unit < u;
}

size_t force_holders(const struct force *f, const struct post *post, const struct unit *u,
                     int32_t day, const struct appointment **ret, size_t max)
{
    size_t low = 0, high = f->n[FORCE_APPOINTMENTS], n = 0;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (place_before(f->by_place[mid], post, u))
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < f->n[FORCE_APPOINTMENTS]; low++) {
        const struct appointment *a = f->by_place[low];

        if (a->post != post || a->unit != u)
            break;
        if (!appointment_counts(a, day))
            continue;
        if (n < max)
            ret[n] = a;
        n++;
    }
    return n;
}

const struct unit *force_home(const struct force *f, const struct person *p, int32_t day)
{
    const struct appointment *a;

    if (force_appointments(f, p, day, &a, 1) == 0 || a->kind != APPOINT_REGULAR)
        return NULL;
    return unit_up_to(a->unit, "shozoku");
}

/* ---- delegations, roster, holidays ---- */

size_t force_delegations(const struct force *f, const char *role, const struct unit *u, int32_t day,
                         const struct delegation **ret, size_t max)
{
    size_t low = 0, high = f->n[FORCE_DELEGATIONS], n = 0;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (strcmp(f->by_role[mid]->role, role) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < f->n[FORCE_DELEGATIONS] && strcmp(f->by_role[low]->role, role) == 0; low++) {
        const struct delegation *d = f->by_role[low];

        if (d->unit != u || !within_days(d->from_day, d->to_day, day))
            continue;
        if (n < max)
            ret[n] = d;
        n++;
    }
    return n;
}

static int duty_cmp(const struct roster_row *r, const char *duty, const struct unit *u,
                    const struct person *p)
{
    int c = strcmp(r->duty, duty);

    if (c != 0)
        return c;
    if (r->unit != u)
        return r->unit < u ? -1 : 1;
    return r->person == p ? 0 : r->person < p ? -1 : 1;
}

/* The first row of that duty and unit, and of that person unless NULL; or where it would stand. */
static size_t first_duty(const struct force *f, const char *duty, const struct unit *u, const struct person *p)
{
    size_t low = 0, high = f->n[FORCE_ROSTER];

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (duty_cmp(f->by_duty[mid], duty, u, p) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

bool force_on_duty(const struct force *f, const char *duty, const struct unit *u,
                   const struct person *p, uint64_t t_us)
{
    size_t low = first_duty(f, duty, u, p);

    for (; low < f->n[FORCE_ROSTER] && duty_cmp(f->by_duty[low], duty, u, p) == 0; low++) {
        if (f->by_duty[low]->from_us <= t_us && t_us < f->by_duty[low]->to_us)
            return true;
    }
    return false;
}

/* Who takes over at `t_us` is on duty until the answer; 0: nobody. `low`: the first row of that duty and unit. */
static uint64_t relieved_at(const struct force *f, size_t low, const char *duty, const struct unit *u, uint64_t t_us)
{
    uint64_t until = 0;

    for (size_t i = low; i < f->n[FORCE_ROSTER] && f->by_duty[i]->unit == u && !strcmp(f->by_duty[i]->duty, duty); i++) {
        const struct roster_row *r = f->by_duty[i];

        if (r->from_us <= t_us && t_us < r->to_us && r->to_us > until)
            until = r->to_us;
    }
    return until;
}

bool force_has_duty(const struct force *f, const char *duty, const struct unit *u, uint64_t from_us, uint64_t to_us)
{
    size_t low = first_duty(f, duty, u, NULL);

    while (from_us && from_us < to_us)
        from_us = relieved_at(f, low, duty, u, from_us);
    return from_us >= to_us;
}

bool force_is_holiday(const struct force *f, int32_t day)
{
    size_t low = 0, high = f->n[FORCE_HOLIDAYS];
    int32_t weekday = day_of_week(day);

    if (weekday == 0 || weekday == 6)
        return true;
    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (f->by_day[mid]->day < day)
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->n[FORCE_HOLIDAYS] && f->by_day[low]->day == day;
}

/* ---- whole tables ---- */

const struct unit *const *force_units(const struct force *f, size_t *ret_n)
{
    *ret_n = f->n[FORCE_UNITS];
    return (const struct unit *const *)f->listed[FORCE_UNITS];
}

const struct rank *const *force_ranks(const struct force *f, size_t *ret_n)
{
    *ret_n = f->n[FORCE_RANKS];
    return (const struct rank *const *)f->listed[FORCE_RANKS];
}

const struct post *const *force_posts(const struct force *f, size_t *ret_n)
{
    *ret_n = f->n[FORCE_POSTS];
    return (const struct post *const *)f->listed[FORCE_POSTS];
}

const struct person *const *force_persons(const struct force *f, size_t *ret_n)
{
    *ret_n = f->n[FORCE_PERSONS];
    return (const struct person *const *)f->listed[FORCE_PERSONS];
}

const struct mailbox *force_mailboxes(const struct force *f, size_t *ret_n)
{
    *ret_n = f->n[FORCE_ADDRESSES];
    return f->mailboxes;
}

const struct appointment *const *force_all_appointments(const struct force *f, size_t *ret_n)
{
    *ret_n = f->n[FORCE_APPOINTMENTS];
    return (const struct appointment *const *)f->listed[FORCE_APPOINTMENTS];
}

/* ---- the sorted views ---- */

static int place_order(const void *a, const void *b)
{
    const struct appointment *x = *(const struct appointment *const *)a;
    const struct appointment *y = *(const struct appointment *const *)b;

    if (x->post != y->post)
        return x->post < y->post ? -1 : 1;
    if (x->unit != y->unit)
        return x->unit < y->unit ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->from_day != y->from_day)
        return x->from_day < y->from_day ? -1 : 1;
    return strcmp(x->id, y->id);
}

static int person_order(const void *a, const void *b)
{
    const struct appointment *x = *(const struct appointment *const *)a;
    const struct appointment *y = *(const struct appointment *const *)b;

    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->from_day != y->from_day)
        return x->from_day < y->from_day ? -1 : 1;
    return strcmp(x->id, y->id);
}

static int role_order(const void *a, const void *b)
{
    const struct delegation *x = *(const struct delegation *const *)a;
    const struct delegation *y = *(const struct delegation *const *)b;
    int c = strcmp(x->role, y->role);

    return c != 0 ? c : x < y ? -1 : x > y;
}

static int duty_order(const void *a, const void *b)
{
    const struct roster_row *x = *(const struct roster_row *const *)a;
    const struct roster_row *y = *(const struct roster_row *const *)b;
    int c = duty_cmp(x, y->duty, y->unit, y->person);

    return c != 0 ? c : x->from_us < y->from_us ? -1 : x->from_us > y->from_us;
}

static int day_order(const void *a, const void *b)
{
    const struct holiday *x = *(const struct holiday *const *)a;
    const struct holiday *y = *(const struct holiday *const *)b;

    return x->day < y->day ? -1 : x->day > y->day;
}

static int kind_order(const void *a, const void *b)
{
    const struct kind_entry *x = a, *y = b;
    int c = strcmp(x->kind, y->kind);

    return c != 0 ? c : x->unit < y->unit ? -1 : x->unit > y->unit;
}

static int index_kinds(struct force *f)
{
    size_t n = 0;

    for (size_t i = 0; i < f->n[FORCE_UNITS]; i++)
        n += f->units[i].n_kinds;
    f->by_kind = arena_alloc_n(f->arena, n + 1, sizeof(*f->by_kind));
    if (f->by_kind == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < f->n[FORCE_UNITS]; i++) {
        for (size_t k = 0; k < f->units[i].n_kinds; k++)
            f->by_kind[f->n_kinds++] = (struct kind_entry){f->units[i].kinds[k], &f->units[i]};
    }
    qsort(f->by_kind, f->n_kinds, sizeof(*f->by_kind), kind_order);
    return 0;
}

/* Pointers to `n` rows of `size` bytes, sorted. NULL when out of memory. */
static void *sorted_pointers(struct force *f, const void *rows, size_t n, size_t size,
                             int (*order)(const void *, const void *))
{
    const void **p = arena_alloc_n(f->arena, n + 1, sizeof(*p));

    if (p == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        p[i] = (const char *)rows + i * size;
    qsort(p, n, sizeof(*p), order);
    return p;
}

int force_index(struct force *f)
{
    f->by_person = sorted_pointers(f, f->appointments, f->n[FORCE_APPOINTMENTS],
                                   sizeof(*f->appointments), person_order);
    f->by_place = sorted_pointers(f, f->appointments, f->n[FORCE_APPOINTMENTS],
                                  sizeof(*f->appointments), place_order);
    f->by_role = sorted_pointers(f, f->delegations, f->n[FORCE_DELEGATIONS],
                                 sizeof(*f->delegations), role_order);
    f->by_duty = sorted_pointers(f, f->roster, f->n[FORCE_ROSTER], sizeof(*f->roster), duty_order);
    f->by_day =
        sorted_pointers(f, f->holidays, f->n[FORCE_HOLIDAYS], sizeof(*f->holidays), day_order);
    if (f->by_person == NULL || f->by_place == NULL || f->by_role == NULL || f->by_duty == NULL ||
        f->by_day == NULL)
        return -ENOMEM;
    return index_kinds(f);
}
