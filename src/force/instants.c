/* When somebody may begin to hold what he does not hold yet. */
#include "force/snapshot.h"

struct teller {
    uint64_t since_us;
    force_instant_fn *fn;
    void *arg;
    int r;
};

static void tell(struct teller *t, const struct person *person, uint64_t at_us)
{
    if (!t->r && at_us > t->since_us)
        t->r = t->fn(t->arg, person, at_us);
}

static void tell_day(struct teller *t, const struct person *person, int32_t day)
{
    if (day > INT32_MIN && day < FORCE_OPEN)
        tell(t, person, instant_of_day(day));
}

/* The day after the last one. */
static void tell_end(struct teller *t, const struct person *person, int32_t last)
{
    if (last < FORCE_OPEN)
        tell_day(t, person, last + 1);
}

/* It counts in the person's service and the unit's life alone, whichever begins last. */
static int32_t first_day(const struct appointment *a)
{
    return MAX_OF(a->from_day, MAX_OF(a->person->from_day, a->unit->from_day));
}

/* Off hours, in which a duty may count alone, lie around a midnight: what of them is on a night of the roster holds one, or an end of that night. */
static void tell_duty(struct teller *t, const struct roster_row *r)
{
    uint64_t from_us = MAX_OF(r->from_us, t->since_us + 1), midnight_us = instant_of_day(day_of_instant(from_us) + 1);

    if (r->to_us <= from_us)
        return;
    tell(t, r->person, from_us);
    if (midnight_us < r->to_us)
        tell(t, r->person, midnight_us);
    tell(t, r->person, r->to_us - 1);
}

int force_instants(const struct force *f, uint64_t since_us, force_instant_fn *fn, void *arg)
{
    struct teller t = {since_us, fn, arg, 0};

    for (size_t i = 0; i < f->n[FORCE_PERSONS]; i++)
        tell_day(&t, &f->persons[i], f->persons[i].from_day);
    for (size_t i = 0; i < f->n[FORCE_APPOINTMENTS]; i++) {
        const struct appointment *a = &f->appointments[i];

        tell_day(&t, a->person, first_day(a));
        tell_end(&t, a->person, a->to_day); /* of somebody with very many the next one counts then */
    }
    for (size_t i = 0; i < f->n[FORCE_ROSTER]; i++)
        tell_duty(&t, &f->roster[i]);
    for (size_t i = 0; i < f->n[FORCE_UNITS]; i++) {
        tell_day(&t, NULL, f->units[i].from_day);
        tell_end(&t, NULL, f->units[i].to_day);
    }
    for (size_t i = 0; i < f->n[FORCE_DELEGATIONS]; i++)
        tell_day(&t, NULL, f->delegations[i].from_day);
    return t.r;
}

int force_ends(const struct force *f, uint64_t since_us, force_instant_fn *fn, void *arg)
{
    struct teller t = {since_us, fn, arg, 0};

    for (size_t i = 0; i < f->n[FORCE_PERSONS]; i++)
        tell_end(&t, &f->persons[i], f->persons[i].to_day);
    for (size_t i = 0; i < f->n[FORCE_APPOINTMENTS]; i++)
        tell_end(&t, f->appointments[i].person, f->appointments[i].to_day);
    for (size_t i = 0; i < f->n[FORCE_UNITS]; i++)
        tell_end(&t, NULL, f->units[i].to_day);
    for (size_t i = 0; i < f->n[FORCE_DELEGATIONS]; i++)
        tell_end(&t, NULL, f->delegations[i].to_day);
    return t.r;
}
