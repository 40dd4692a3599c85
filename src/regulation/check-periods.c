/* A period never lasts longer than its cap, and retention never less than its keeping time, whichever day it begins: the calendar
 * repeats after 400 years, so that 146,097 first days are all there are. The last day is reckoned here a second time, on the
 * civil date, apart from base/time. Likewise a record that an obligation looks for in its period is kept to the end of that period,
 * on whichever day it was completed. What an obligation reads through a field is guarded by the engine (record_is_awaited).
 * And a rule that retention waits for comes and goes by the day, so that the engine hears of it (engine/keeping.h). */
#include "regulation/check-inside.h"
#include "regulation/walk.h"

#define CYCLE_DAYS 146097
#define FIRST_YEAR 2000
#define DURATIONS_MAX 64 /* different ones of a pack that are looked at */

static bool is_empty(struct duration d)
{
    return d.months == 0 && d.days == 0 && d.us == 0;
}

/* The day that many months on; a date that does not exist is the first of the month behind. */
static int32_t anniversary(int32_t day, int32_t months)
{
    struct civil c = civil_from_day(day);
    int32_t total = c.year * 12 + c.month - 1 + months;
    int32_t year = total / 12, month = total % 12 + 1;

    if (c.day <= days_in_month(year, month))
        return day_from_civil((struct civil){year, month, c.day});
    return day_from_civil((struct civil){year, month, days_in_month(year, month)}) + 1;
}

static int32_t begun_days(struct duration d)
{
    return d.days + (int32_t)((d.us + US_PER_DAY - 1) / US_PER_DAY);
}

static void print_day(struct buf *out, int32_t day)
{
    IGNORE(day_print_iso(day, out), "a day is short");
}

static void tell_day(struct checking *ck, struct place at, enum message_key what, const char *id, int32_t start, int32_t last)
{
    struct buf a, b;

    buf_init(&a, 32);
    buf_init(&b, 32);
    print_day(&a, start);
    print_day(&b, last);
    check_error(ck, at, MSG_PACK_PERIOD_END, MESSAGE_WORD("what", what), {"id", str_of(id)}, {"from", str_of(a.at)}, {"to", str_of(b.at)});
    buf_done(&a);
    buf_done(&b);
}

static bool same_duration(struct duration a, struct duration b)
{
    return a.months == b.months && a.days == b.days && a.us == b.us;
}

/* Every first day of the cycle, the first day counted in. */
static void run_cap(struct checking *ck, const struct period *p, struct duration cap)
{
    int32_t first = day_from_civil((struct civil){FIRST_YEAR, 1, 1});

    for (int32_t start = first; start < first + CYCLE_DAYS; start++) {
        int32_t last = period_last_day(start, cap);

        ck->summary->n_days++;
        if (last == anniversary(start, cap.months) + begun_days(cap) - 1)
            continue;
        tell_day(ck, p->at, MSG_PACK_WORD_THE_PERIOD, p->id, start, last);
        return;
    }
}

/* Whole years are kept to the last day of a year, and never less than the keeping time. */
static void run_retention(struct checking *ck, const struct reg *r, struct duration keep, enum year_basis basis)
{
    int32_t first = day_from_civil((struct civil){FIRST_YEAR, 1, 1});

    for (int32_t day = first; day < first + CYCLE_DAYS; day++) {
        int32_t last = retention_last_day(day, keep, basis);
        struct civil c = civil_from_day(last + 1);
        bool is_whole = keep.months % 12 == 0 && keep.days == 0 && keep.us == 0;
        bool ends_a_year = c.day == 1 && c.month == (basis == YEAR_FISCAL ? 4 : 1);

        ck->summary->n_days++;
        if (last >= day_add(day, keep, 1) && (!is_whole || ends_a_year))
            continue;
        tell_day(ck, r->retention.at, MSG_PACK_WORD_THE_RETENTION, r->id, day, last);
        return;
    }
}

struct seen {
    struct duration at[DURATIONS_MAX];
    size_t n;
};

/* Can records be kept by these years? One that waits for a rule takes either. */
static bool counts_by(const struct retention *t, enum year_basis basis)
{
    const struct param *p = t->basis_param;

    if (p == NULL)
        return (t->basis == RETAIN_FISCAL) == (basis == YEAR_FISCAL);
    return !p->is_set || (strcmp(p->value, RETAIN_BY_FISCAL) == 0) == (basis == YEAR_FISCAL);
}

static bool is_new(struct seen *s, struct duration d)
{
    for (size_t i = 0; i < s->n; i++) {
        if (same_duration(s->at[i], d))
            return false;
    }
    if (s->n < DURATIONS_MAX)
        s->at[s->n++] = d;
    return true;
}

static void check_period(struct checking *ck, const struct period *p, struct seen *seen)
{
    static const struct duration usual[] = {{.days = 1}, {.days = 30}, {.months = 1}, {.months = 6}, {.months = 12}};
    struct duration cap = p->by_param ? p->param->duration : p->at_most;

    if (p->by_param && p->param->from != NULL) { /* a rule entered later says how long; these stand for all lengths */
        for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
            if (is_new(seen, usual[i]))
                run_cap(ck, p, usual[i]);
        }
    }
    if (p->by_param && !p->param->is_set) {
        check_note(ck, p->at, MSG_PACK_PERIOD_CAP, {"period", str_of(p->id)}, {"param", str_of(p->param->id)});
        return;
    }
    if (is_empty(cap))
        check_error(ck, p->at, MSG_PACK_PERIOD_ZERO, {"period", str_of(p->id)});
    else if (is_new(seen, cap))
        run_cap(ck, p, cap);
}

static bool moves(const struct obligation *o, const struct param_source *s, bool into)
{
    for (size_t i = 0; i < o->n_missed; i++) {
        const struct effect *f = &o->missed[i];

        if (f->kind == EFFECT_MOVE && (f->of.kind == REF_NONE || f->of.kind == REF_THIS) && word_among(f->state, s->in_states, s->n_in_states) == into)
            return true;
    }
    return false;
}

/* On the day in that field something brings a record of the source into the states that count, or out of them. */
static bool is_moved_on(const struct param_source *s, const struct field *day, bool into)
{
    const struct procedure *p = s->reg->procedure;

    for (size_t i = 0; i < p->n_obligations; i++) {
        const struct obligation *o = &p->obligations[i];

        if (o->kind == OBLIGE_DUE && !o->has_draw && o->due.kind == REF_FIELD && o->due.n_hops == 1 && o->due.hops[0] == day && moves(o, s, into))
            return true;
    }
    return false;
}

/* Last days are reckoned anew when a record of the source changes, and no clock changes one. */
static void check_waiting(struct checking *ck, const struct reg *r, const struct param *p)
{
    const struct param_source *s = p != NULL ? p->from : NULL;

    if (s == NULL)
        return;
    if (!is_moved_on(s, s->during->from, true))
        check_error(ck, r->retention.at, MSG_PACK_KEEP_INTO, {"register", str_of(r->id)}, {"other", str_of(s->reg->id)},
                    {"state", str_of(s->in_states[0])}, {"field", str_of(s->during->from->id)});
    if (s->during->to != NULL && !is_moved_on(s, s->during->to, false))
        check_error(ck, r->retention.at, MSG_PACK_KEEP_OUT, {"register", str_of(r->id)}, {"other", str_of(s->reg->id)},
                    {"state", str_of(s->in_states[0])}, {"field", str_of(s->during->to->id)});
}

static void check_retention(struct checking *ck, const struct reg *r, enum year_basis basis, struct seen *seen)
{
    const struct retention *t = &r->retention;
    struct duration keep = t->by_param ? t->param->duration : t->keep;

    if (!r->has_retention || (t->by_param && !t->param->is_set))
        return; /* not yet settled: nothing of it is disposed of */
    if (is_empty(keep))
        check_error(ck, t->at, MSG_PACK_KEEP_ZERO, {"register", str_of(r->id)});
    else if (is_new(seen, keep))
        run_retention(ck, r, keep, basis);
}

/* ---- what obligations look for ---- */

struct lookups {
    struct checking *ck;
    const struct obligation *at;
};

/* False: what is completed on the first day of a period that is judged is gone before that period is over, which is told. */
static bool lasts_by(struct lookups *l, const struct cond *c, struct duration keep, enum year_basis basis)
{
    for (int32_t n = 0, day = day_from_civil((struct civil){FIRST_YEAR, 1, 1}); n < CYCLE_DAYS; n++, day++) {
        struct buf from, until;

        if (calendar_period_first(l->at->every, day) != day)
            continue;
        l->ck->summary->n_days++;
        if (retention_last_day(day, keep, basis) >= calendar_period_next(l->at->every, day) - 1)
            continue;
        buf_init(&from, 32);
        buf_init(&until, 32);
        print_day(&from, day);
        print_day(&until, retention_last_day(day, keep, basis));
        check_error(l->ck, c->at, MSG_PACK_KEEP_SHORT, {"obligation", str_of(l->at->id)}, {"register", str_of(c->reg->id)},
                    {"period", str_of(calendar_period_name(l->at->every))}, {"from", str_of(from.at)}, {"to", str_of(until.at)});
        buf_done(&from);
        buf_done(&until);
        return false;
    }
    return true;
}

static void see_lookup(void *user, const struct procedure *p, const struct cond *c)
{
    struct lookups *l = user;
    const struct retention *t = c->kind == COND_RECORD || (c->kind == COND_EACH && c->reg != NULL) ? &c->reg->retention : NULL;
    struct duration keep;

    if (t == NULL || !c->reg->has_retention || (t->by_param && !t->param->is_set))
        return;
    keep = t->by_param ? t->param->duration : t->keep;
    if ((!counts_by(t, YEAR_CALENDAR) || lasts_by(l, c, keep, YEAR_CALENDAR)) && counts_by(t, YEAR_FISCAL))
        IGNORE(lasts_by(l, c, keep, YEAR_FISCAL), "told");
}

static void check_lookups(struct checking *ck, const struct procedure *p)
{
    for (size_t i = 0; i < p->n_obligations; i++) {
        struct lookups l = {.ck = ck, .at = &p->obligations[i]};
        const struct walk w = {.user = &l, .cond = see_lookup};

        if (p->obligations[i].kind == OBLIGE_PERIODIC)
            obligation_walk(p, &p->obligations[i], &w);
    }
}

/* In a text anything can be typed, and what is no period leaves the parameter unset without a word. */
static void check_source(struct checking *ck, const struct param *p)
{
    const struct field *f = p->type == PARAM_DURATION && p->from != NULL ? p->from->value : NULL;

    if (f != NULL && f->type != FIELD_DURATION)
        check_error(ck, f->at, MSG_PACK_PERIOD_TEXT, {"field", str_of(f->id)}, {"period", str_of(p->id)});
}

int check_periods(struct checking *ck)
{
    struct seen caps = {.n = 0}, calendar = {.n = 0}, fiscal = {.n = 0};

    for (size_t i = 0; i < ck->pack->n_params; i++)
        check_source(ck, &ck->pack->params[i]);
    for (size_t i = 0; i < ck->pack->n_procedures; i++) {
        for (size_t k = 0; k < ck->pack->procedures[i].n_periods; k++)
            check_period(ck, &ck->pack->procedures[i].periods[k], &caps);
        check_lookups(ck, &ck->pack->procedures[i]);
    }
    for (size_t i = 0; i < ck->pack->n_regs; i++) {
        const struct reg *r = &ck->pack->regs[i];

        if (r->has_retention && r->retention.by_param)
            check_waiting(ck, r, r->retention.param);
        if (r->has_retention)
            check_waiting(ck, r, r->retention.basis_param);
        if (counts_by(&r->retention, YEAR_CALENDAR))
            check_retention(ck, r, YEAR_CALENDAR, &calendar);
        if (counts_by(&r->retention, YEAR_FISCAL))
            check_retention(ck, r, YEAR_FISCAL, &fiscal);
    }
    return 0;
}
