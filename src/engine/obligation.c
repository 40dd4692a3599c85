#include "engine/obligation.h"

#include "engine/apply.h"
#include "engine/draw.h"
#include "engine/reading-day.h"
#include "engine/ref.h"
#include "engine/succession.h"

#include <stdio.h>

#define EXISTING_MAX 256
#define EXPIRY "!expiry"

const struct obligation *obligation_named(const struct reg *reg, const char *id)
{
    const struct procedure *p = reg->procedure;

    for (size_t i = 0; p && i < p->n_obligations; i++)
        if (!strcmp(p->obligations[i].id, id))
            return &p->obligations[i];
    return NULL;
}

/* ---- when ---- */

/* Timers count periods: months by their numbers, others by their first days. */
static int64_t period_of_day(const struct obligation *o, int32_t day)
{
    return o->every == PERIOD_MONTH ? month_of_day(day) : calendar_period_first(o->every, day);
}

static int32_t period_first_day(const struct obligation *o, int64_t nth)
{
    return o->every == PERIOD_MONTH ? month_first_day((int32_t)nth) : (int32_t)nth;
}

static int64_t period_behind(const struct obligation *o, int64_t nth)
{
    return period_of_day(o, calendar_period_next(o->every, period_first_day(o, nth)));
}

static uint64_t period_end(const struct obligation *o, int64_t nth)
{
    return instant_of_day(period_first_day(o, period_behind(o, nth)));
}

int obligation_due(struct stage *sc, const struct obligation *o, uint64_t *ret_us)
{
    JSON_AUTO *v = NULL;
    struct when w;
    int e;

    if (o->kind == OBLIGE_PERIODIC) {
        *ret_us = period_end(o, o->every == PERIOD_MONTH ? sc->month : period_of_day(o, sc->judged));
        return 0;
    }
    if (o->kind == OBLIGE_DAILY) {
        *ret_us = instant_of_day(sc->today + 1);
        return 0;
    }
    if ((e = ref_eval(sc, &o->due, &v)))
        return e;
    w = when_of(v);
    if (w.kind == WHEN_NONE)
        return 1;
    *ret_us = w.kind == WHEN_DAY ? instant_of_day(w.day + 1) : w.us;
    return 0;
}

/* Days count from local midnight: before, of the last day (that ends with `due_us`) or of the day of the due instant; after, of the
 * day of the due instant, which behind a last day is the day after it. */
static uint64_t distance_from(uint64_t due_us, struct duration d, int sign)
{
    if (d.us)
        return instant_add(due_us, d, sign);
    return instant_of_day(
        day_add(day_of_instant(sign < 0 && due_us ? due_us - 1 : due_us), d, sign));
}

static uint64_t reminder_in_period(const struct obligation *o, const struct reminder *r, int64_t nth)
{
    struct civil c = {(int32_t)nth / 12, (int32_t)nth % 12 + 1, r->day};

    if (!r->day)
        return distance_from(period_end(o, nth), r->distance, r->is_after ? 1 : -1);
    c.day = MIN_OF(c.day, days_in_month(c.year, c.month));
    return instant_of_day(day_from_civil(c));
}

/* ---- met ---- */

int obligation_met(struct stage *sc, const struct obligation *o)
{
    const struct procedure *p = sc->procedure;
    uint8_t *truth;
    int e;

    if (!o->met_by)
        return 0;
    if (!(truth = arena_alloc(sc->arena, p->n_leaves + 1)))
        return -ENOMEM;
    memset(truth, TRUTH_UNASKED, p->n_leaves + 1);
    if ((e = gather_cond(sc, o->met_by, truth)))
        return e;
    return cond_true(o->met_by, truth);
}

/* ---- setting timers ---- */

struct timer_row {
    const char *obligation, *part;
    int64_t due_us, nth;
    bool wanted;
};
struct timer_rows {
    struct timer_row at[EXISTING_MAX];
    size_t n;
};

static int read_timers(struct stage *sc, const char *record, struct timer_rows *ret)
{
    ROWS_AUTO *rows = NULL;
    int e = STORE_QUERY(sc->e->store, &rows, STMT_TIMER_LIST, V_TEXT(record));

    ret->n = 0;
    if (e)
        return store_failed(e);
    while ((e = rows_next(rows)) > 0) {
        if (ret->n == EXISTING_MAX)
            return -E2BIG;
        ret->at[ret->n] = (struct timer_row){arena_strdup(sc->arena, rows_str(rows, 0)),
                                             arena_strdup(sc->arena, rows_str(rows, 1)), rows_int(rows, 2),
                                             rows_int(rows, 3), false};
        if (!ret->at[ret->n].obligation || !ret->at[ret->n].part)
            return -ENOMEM;
        ret->n++;
    }
    return e;
}

static struct timer_row *row_of(struct timer_rows *rows, const char *obligation, const char *part)
{
    for (size_t i = 0; i < rows->n; i++)
        if (!strcmp(rows->at[i].obligation, obligation) && !strcmp(rows->at[i].part, part))
            return &rows->at[i];
    return NULL;
}

static int set_timer(struct stage *sc, const char *record, const char *obligation, const char *part, int64_t due_us,
                     int64_t nth)
{
    return store_failed(STORE_RUN(sc->e->store, STMT_TIMER_SET, V_TEXT(record), V_TEXT(obligation), V_TEXT(part),
                                  V_INT(due_us), V_INT(nth)));
}

struct arming {
    struct stage *sc;
    struct record *r;
    const struct obligation *o;
    struct timer_rows *rows;
    uint64_t now_us;
};

/* Keep the row of that part when it is for the same `nth` (or any), else set it. */
static int want(struct arming *a, const char *part, bool any_nth, int64_t due_us, int64_t nth)
{
    struct timer_row *row = row_of(a->rows, a->o->id, part);

    if (row)
        row->wanted = true;
    if (row && (any_nth || row->nth == nth))
        return 0;
    return set_timer(a->sc, a->r->id, a->o->id, part, due_us, nth);
}

static char *part_name(struct stage *sc, size_t reminder)
{
    return arena_printf(sc->arena, "remind/%zu", reminder);
}

/* Another text may have had another period, or a due day, under the same name: its rows count by what this one does not. */
static bool counts_these_periods(const struct arming *a)
{
    const struct timer_row *row = row_of(a->rows, a->o->id, "missed");
    int64_t nth;

    if (!row || row->due_us <= 0)
        return !row;
    nth = period_of_day(a->o, day_of_instant((uint64_t)row->due_us - 1));
    return row->nth == nth && (uint64_t)row->due_us == period_end(a->o, nth);
}

static int arm_periodic(struct arming *a)
{
    int64_t now = period_of_day(a->o, day_of_instant(a->now_us));
    bool keep = counts_these_periods(a);
    int e = want(a, "missed", keep, (int64_t)period_end(a->o, now), now);

    for (size_t i = 0; !e && i < a->o->n_reminders; i++) {
        const struct reminder *r = &a->o->reminders[i];
        int64_t nth = now;
        char *part = part_name(a->sc, i);

        while (reminder_in_period(a->o, r, nth) <= a->now_us)
            nth = period_behind(a->o, nth);
        e = part ? want(a, part, keep, (int64_t)reminder_in_period(a->o, r, nth), nth) : -ENOMEM;
    }
    return e;
}

static struct duration times(struct duration d, uint64_t n)
{
    return (struct duration){(int32_t)(d.months * (int64_t)n), (int32_t)(d.days * (int64_t)n), d.us * n};
}

/* The first after `now_us`. Each is counted from the due instant: from the 31st a month on is the month's last day, two months
 * on the 31st again. */
static uint64_t next_again(const struct obligation *o, uint64_t due_us, uint64_t now_us)
{
    struct duration every = o->again_every;
    uint64_t longest = ((uint64_t)every.months * 31 + (uint64_t)every.days) * US_PER_DAY + every.us;
    uint64_t n = longest && now_us > due_us ? (now_us - due_us) / longest : 0, t;

    do {
        t = instant_add(due_us, times(every, n + 1), 1);
        if (t <= instant_add(due_us, times(every, n), 1))
            return (uint64_t)TIMER_NEVER;
        n++;
    } while (t <= now_us);
    return t;
}

/* Not before the day is over on which it was entered: of an earlier day the root is known, and with it on what the draw would fall. */
static int arm_draw(struct arming *a, uint64_t due)
{
    uint64_t entered = a->sc->entry_us ? a->sc->entry_us : a->now_us;
    uint64_t over = instant_of_day(day_of_instant(MAX_OF(entered, a->now_us)) + 1);

    return want(a, DRAW_PART, false, (int64_t)MAX_OF(due, over), (int64_t)due);
}

static int arm_due(struct arming *a)
{
    uint64_t due;
    int e = obligation_due(a->sc, a->o, &due);

    if (e)
        return e < 0 ? e : 0;
    if (a->o->has_draw)
        return arm_draw(a, due);
    e = want(a, "missed", false, (int64_t)MAX_OF(due, a->now_us), (int64_t)due);
    for (size_t i = 0; !e && i < a->o->n_reminders; i++) {
        const struct reminder *r = &a->o->reminders[i];
        uint64_t at = distance_from(due, r->distance, r->is_after ? 1 : -1);
        char *part = part_name(a->sc, i);

        e = part ? want(a, part, false, at > a->now_us ? (int64_t)at : TIMER_NEVER, (int64_t)due) : -ENOMEM;
    }
    if (!e && a->o->has_again)
        e = want(a, "again", false, (int64_t)next_again(a->o, due, a->now_us), (int64_t)due);
    return e;
}

static int arm_one(struct arming *a)
{
    switch (a->o->kind) {
    case OBLIGE_PERIODIC:
        return arm_periodic(a);
    case OBLIGE_DUE:
        return arm_due(a);
    case OBLIGE_DAILY:
        return want(a, "check", true, (int64_t)instant_of_day(day_of_instant(a->now_us) + 1), 0);
    }
    return -EINVAL;
}

/* Put a record and its procedure into the stage's hand; the other way round to put back. */
struct hand {
    struct record *record;
    const struct procedure *procedure;
    int32_t month;
};

static struct hand take_hand(struct stage *sc, struct hand h)
{
    struct hand was = {sc->hand, sc->procedure, sc->month};

    sc->hand = h.record;
    sc->procedure = h.procedure;
    sc->month = h.month;
    return was;
}

static int arm_all(struct stage *sc, struct record *r, uint64_t now_us, struct timer_rows *rows)
{
    const struct procedure *p = r->reg->procedure;
    int e = 0;

    for (size_t i = 0; !e && i < p->n_obligations; i++) {
        struct arming a = {sc, r, &p->obligations[i], rows, now_us};

        if (word_in(r->state, a.o->while_states, a.o->n_while))
            e = arm_one(&a);
    }
    for (size_t i = 0; !e && i < rows->n; i++)
        if (!rows->at[i].wanted)
            e = store_failed(STORE_RUN(sc->e->store, STMT_TIMER_DROP, V_TEXT(r->id), V_TEXT(rows->at[i].obligation),
                                       V_TEXT(rows->at[i].part)));
    return e;
}

int timers_arm(struct stage *sc, struct record *r, uint64_t now_us)
{
    const struct procedure *p = r->reg->procedure;
    struct timer_rows *rows;
    struct hand was;
    int e;

    if (!p || !p->n_obligations)
        return 0;
    if (!(rows = arena_alloc(sc->arena, sizeof(*rows))))
        return -ENOMEM;
    was = take_hand(sc, (struct hand){r, p, month_of_day(day_of_instant(now_us))});
    e = read_timers(sc, r->id, rows);
    if (!e)
        e = arm_all(sc, r, now_us, rows);
    take_hand(sc, was);
    return e;
}

/* ---- who is waited for ---- */

#define WAITING_MAX 256
struct waiting_row {
    const char *step, *role, *unit;
};
struct waiting_rows {
    struct waiting_row at[WAITING_MAX];
    size_t n;
};

static int add_waiting_row(struct waiting_rows *w, struct waiting_row row)
{
    for (size_t i = 0; i < w->n; i++)
        if (!strcmp(w->at[i].step, row.step) && !strcmp(w->at[i].role, row.role) && !strcmp(w->at[i].unit, row.unit))
            return 0;
    if (w->n == WAITING_MAX)
        return -E2BIG;
    w->at[w->n++] = row;
    return 0;
}

/* What waits for a role that a parameter names waits for the unit's and for the force's: which it is may change meanwhile, and each
 * of the two finds it as what he holds then (roles_of). */
static int add_waiting(struct stage *sc, struct waiting_rows *w, const char *step, const struct role *role,
                       const struct ref *of)
{
    const struct unit *u = NULL;
    char *key = role_key(sc->arena, sc->procedure->reg, role);
    int e = role->per_unit ? ref_unit(sc, of, &u) : 0;

    if (e || !key)
        return e ? e : -ENOMEM;
    e = add_waiting_row(w, (struct waiting_row){step, key, u ? u->id : ""});
    if (!e && u && role->source == ROLE_BY_PARAMETER)
        e = add_waiting_row(w, (struct waiting_row){step, key, ""});
    return e;
}

static int wanted_waiting(struct stage *sc, const struct record *r, struct waiting_rows *w)
{
    const struct procedure *p = r->reg->procedure;
    int e = 0;

    for (size_t i = 0; i < p->n_steps; i++) {
        const struct step *st = &p->steps[i];

        if (!st->waits || !word_in(r->state, st->from, st->n_from))
            continue;
        for (size_t k = 0; k < st->n_conds; k++)
            for (size_t n = 0; !e && st->conds[k]->kind == COND_BY && n < st->conds[k]->n_by; n++)
                e = add_waiting(sc, w, st->act, st->conds[k]->by[n]->role, &st->conds[k]->by[n]->of);
    }
    for (size_t i = 0; !e && i < p->n_obligations; i++) {
        const struct obligation *o = &p->obligations[i];
        char *name;

        if (!o->by || !word_in(r->state, o->while_states, o->n_while))
            continue;
        name = arena_printf(sc->arena, "!%s", o->id);
        e = name ? add_waiting(sc, w, name, o->by, &o->by_of) : -ENOMEM;
    }
    return e;
}

static bool is_wanted(const struct waiting_rows *w, const char *step, const char *role, const char *unit)
{
    for (size_t i = 0; i < w->n; i++)
        if (!strcmp(w->at[i].step, step) && !strcmp(w->at[i].role, role) && !strcmp(w->at[i].unit, unit))
            return true;
    return false;
}

static int drop_stale(struct stage *sc, const struct record *r, const struct waiting_rows *w)
{
    struct waiting_row stale[WAITING_MAX];
    size_t n = 0;
    ROWS_AUTO *rows = NULL;
    int e = STORE_QUERY(sc->e->store, &rows, STMT_WAITING_LIST, V_TEXT(r->id));

    if (e)
        return store_failed(e);
    while ((e = rows_next(rows)) > 0) {
        struct waiting_row row;

        if (n == WAITING_MAX || is_wanted(w, rows_text(rows, 0), rows_text(rows, 1), rows_text(rows, 2)))
            continue;
        row = (struct waiting_row){arena_strdup(sc->arena, rows_str(rows, 0)), arena_strdup(sc->arena, rows_str(rows, 1)),
                                   arena_strdup(sc->arena, rows_str(rows, 2))};
        if (!row.step || !row.role || !row.unit)
            return -ENOMEM;
        stale[n++] = row;
    }
    for (size_t i = 0; !e && i < n; i++)
        e = store_failed(STORE_RUN(sc->e->store, STMT_WAITING_DROP_ONE, V_TEXT(r->id), V_TEXT(stale[i].step),
                                   V_TEXT(stale[i].role), V_TEXT(stale[i].unit)));
    return e;
}

int waiting_write(struct stage *sc, struct record *r, uint64_t since_us)
{
    struct waiting_rows *w = arena_alloc(sc->arena, sizeof(*w));
    struct hand was = take_hand(sc, (struct hand){r, r->reg->procedure, sc->month});
    int e = w ? wanted_waiting(sc, r, w) : -ENOMEM;

    if (!e)
        e = drop_stale(sc, r, w);
    for (size_t i = 0; !e && i < w->n; i++)
        e = store_failed(STORE_RUN(sc->e->store, STMT_WAITING_ADD, V_TEXT(r->id), V_TEXT(w->at[i].step),
                                   V_TEXT(w->at[i].role), V_TEXT(w->at[i].unit), V_INT(since_us),
                                   V_INT(r->audience), V_NULL));
    take_hand(sc, was);
    return e;
}

/* ---- firing ---- */

struct firing {
    struct stage sc;
    struct log *log;
    const struct obligation *o;
    struct record *r;
    const char *part;
    uint64_t due_us;
    int64_t nth;
    struct timer_next next;
};

static int open_timer_deed(struct firing *f, struct deed *d)
{
    int e = deed_open(d, &f->sc, f->log);

    if (e)
        return e;
    d->act = arena_printf(f->sc.arena, "timer/%s", f->o->rule);
    d->rule = f->o->rule;
    d->result = "recorded";
    d->due_us = f->due_us;
    d->part = f->part;
    d->clauses = &f->o->clauses;
    return d->act ? 0 : -ENOMEM;
}

struct telling reminder_telling(const struct obligation *o, const struct reminder *r)
{
    return (struct telling){o->rule, *r->text.ja ? r->text : o->title, o->todo, r->urgent};
}

struct telling again_telling(const struct obligation *o)
{
    return (struct telling){o->rule, *o->again_text.ja ? o->again_text : o->title, o->todo, o->again_urgent};
}

static int fire_notice(struct firing *f, const struct told *tolds, size_t n, struct telling t)
{
    struct deed d;
    int e = open_timer_deed(f, &d);

    if (!e)
        e = deed_tell(&d, tolds, n, &t);
    if (!e)
        e = deed_finish(&d);
    deed_done(&d);
    return e;
}

static int gather_effects(struct firing *f, uint8_t **ret)
{
    uint8_t *truth = arena_alloc(f->sc.arena, f->sc.procedure->n_leaves + 1);
    int e = truth ? 0 : -ENOMEM;

    if (truth)
        memset(truth, TRUTH_UNASKED, f->sc.procedure->n_leaves + 1);
    for (size_t i = 0; !e && i < f->o->n_missed; i++)
        if (f->o->missed[i].only_if)
            e = gather_cond(&f->sc, f->o->missed[i].only_if, truth);
    *ret = truth;
    return e;
}

static int fire_missed(struct firing *f)
{
    struct deed d;
    uint8_t *truth;
    int e;

    if (!f->o->n_missed)
        return 0;
    e = open_timer_deed(f, &d);
    if (!e)
        e = gather_effects(f, &truth);
    if (!e)
        e = deed_effects(&d, f->o->missed, f->o->n_missed, truth);
    if (!e)
        e = deed_finish(&d);
    deed_done(&d);
    return e;
}

/* An entry also where it falls on nothing. */
static int fire_draw(struct firing *f)
{
    const struct obligation *o = f->o;
    struct draw draw;
    struct deed d;
    uint32_t one_in;
    uint8_t *truth;
    int e = draw_one_in(&f->sc, o, &one_in);

    if (!e)
        e = draw_make(f->sc.e->store, f->due_us, f->r->id, one_in, &draw);
    if (e)
        return e;
    e = open_timer_deed(f, &d);
    if (!e)
        e = draw_put(&draw, d.in);
    if (!e && draw.is_drawn && !(e = gather_effects(f, &truth)))
        e = deed_effects(&d, o->missed, o->n_missed, truth);
    if (!e)
        e = deed_finish(&d);
    deed_done(&d);
    return e;
}

/* When that part is due again after it was due: `nth` and *due move on. `unmet`: what it asks for was missing. */
static void move_on(const struct obligation *o, const char *part, bool unmet, uint64_t *due, int64_t *nth)
{
    uint64_t n;

    if (!strcmp(part, "again")) {
        *due = next_again(o, (uint64_t)*nth, *due);
    } else if (!strcmp(part, "check")) {
        *due = instant_of_day(day_of_instant(*due) + 1);
        *nth = unmet;
    } else if (o->kind != OBLIGE_PERIODIC) {
        *due = (uint64_t)TIMER_NEVER;
    } else if (!strcmp(part, "missed")) {
        *nth = period_behind(o, *nth);
        *due = period_end(o, *nth);
    } else if (!str_to_u64(str_of(part + strlen("remind/")), 0, UINT32_MAX, &n) && n < o->n_reminders) {
        *nth = period_behind(o, *nth);
        *due = reminder_in_period(o, &o->reminders[n], *nth);
    } else {
        *due = (uint64_t)TIMER_NEVER;
    }
}

int timer_passed(struct stage *sc, const struct record *r, const struct obligation *o, const char *part, uint64_t until_us,
                 bool is_entered)
{
    ROWS_AUTO *row = NULL;
    uint64_t due;
    int64_t nth;
    int e = STORE_ONE(sc->e->store, &row, STMT_TIMER_GET, V_TEXT(r->id), V_TEXT(o->id), V_TEXT(part));

    if (e)
        return e == STORE_E_NONE ? 0 : store_failed(e);
    due = (uint64_t)rows_int(row, 0);
    nth = rows_int(row, 1);
    while (due < until_us)
        move_on(o, part, nth == 1, &due, &nth);
    if (is_entered && due == until_us)
        move_on(o, part, true, &due, &nth);
    return set_timer(sc, r->id, o->id, part, (int64_t)due, nth);
}

static const struct reminder *reminder_of(const struct firing *f)
{
    uint64_t n;

    if (strncmp(f->part, "remind/", 7) != 0 || str_to_u64(str_of(f->part + 7), 0, UINT32_MAX, &n) || n >= f->o->n_reminders)
        return NULL;
    return &f->o->reminders[n];
}

static bool is_missed_now(const struct firing *f)
{
    return f->o->n_missed && (!strcmp(f->part, "missed") || (!strcmp(f->part, "check") && !f->nth));
}

/* What is not met: is there anything to do? */
static bool does_something(const struct firing *f)
{
    return !strcmp(f->part, DRAW_PART) || !strcmp(f->part, "again") || is_missed_now(f) || reminder_of(f);
}

static int do_part(struct firing *f)
{
    const struct obligation *o = f->o;
    const struct reminder *r = reminder_of(f);

    if (!strcmp(f->part, DRAW_PART))
        return fire_draw(f);
    if (is_missed_now(f))
        return fire_missed(f);
    f->next.has_only_told = true;
    return r ? fire_notice(f, r->tolds, r->n_tolds, reminder_telling(o, r)) :
               fire_notice(f, o->again_tolds, o->n_again_tolds, again_telling(o));
}

/* Whether what is asked for is there, and when it is due again. 1: nothing is asked of the record any more. */
static int judge_on_record(struct firing *f, const char *record, const char *obligation, bool *ret_met)
{
    int e = stage_record(&f->sc, record, &f->r), met;

    if (e < 0)
        return e;
    f->o = e ? NULL : obligation_named(f->r->reg, obligation);
    if (!f->o || f->r->disposed_us || !word_in(f->r->state, f->o->while_states, f->o->n_while))
        return 1;
    f->sc.hand = f->r;
    f->sc.procedure = f->r->reg->procedure;
    if (f->o->kind == OBLIGE_PERIODIC) {
        f->sc.judged = period_first_day(f->o, f->nth);
        f->sc.month = month_of_day(f->sc.judged);
    }
    if ((met = obligation_met(&f->sc, f->o)) < 0)
        return met;
    *ret_met = met;
    move_on(f->o, f->part, !met, &f->next.due_us, &f->next.nth);
    return 0;
}

static int fire_on_record(struct firing *f, const char *record, const char *obligation)
{
    bool met = false;
    int e;

    f->next = (struct timer_next){f->due_us, f->nth, false};
    e = judge_on_record(f, record, obligation, &met);
    if (e)
        f->next = (struct timer_next){(uint64_t)TIMER_NEVER, f->nth, false};
    if (e > 0)
        return store_failed(STORE_RUN(f->sc.e->store, STMT_TIMER_DROP, V_TEXT(record), V_TEXT(obligation), V_TEXT(f->part)));
    if (!e)
        e = set_timer(&f->sc, f->r->id, f->o->id, f->part, (int64_t)f->next.due_us, f->next.nth);
    return e || met || !does_something(f) ? e : do_part(f);
}

/* ---- the packs' own dates ---- */

/* A text that another one follows does not lapse. */
static bool has_successor(const struct engine *e, const struct pack_slot *s)
{
    for (size_t i = 0; i < e->n_packs; i++)
        if (!strcmp(e->packs[i].pack->id, s->pack->id) && slot_is_later(&e->packs[i], s))
            return true;
    return false;
}

/* Which directive lapses when, or has. */
static int expiry_title(struct stage *sc, const struct pack *pack, bool is_over, struct text2 *ret)
{
    CLEANUP(buf_done) struct buf ja = {0};
    CLEANUP(buf_done) struct buf en = {0};
    int r;

    buf_init(&ja, 64);
    buf_init(&en, 64);
    if ((r = day_print_era(pack->to_day, &ja)) || (r = day_print_iso(pack->to_day, &en)))
        return r;
    ret->ja = arena_printf(sc->arena,
                           is_over ? "「%s」の効力は%sで満了し、後継の規程がありません。手続は満了後の表示を付して続いています"
                                   : "「%s」は%sで効力を失います。改正又は延長の要否を確認してください",
                           pack->title.ja, ja.at);
    ret->en = arena_printf(sc->arena,
                           is_over ? "\"%s\" lapsed after %s and no text follows; what is done goes on, and is stamped"
                                   : "\"%s\" lapses after %s; see whether it is to be amended or prolonged",
                           pack->title.en, en.at);
    return ret->ja && ret->en ? 0 : -ENOMEM;
}

/* The next time, as long as no text follows. */
static int again_after_expiry(struct firing *f, const struct pack *pack)
{
    char *record = arena_printf(f->sc.arena, "pack:%s", pack->id);
    int32_t next = day_add(day_of_instant(f->due_us), pack->expiry_again, 1);

    return record ? set_timer(&f->sc, record, EXPIRY, f->part, (int64_t)instant_of_day(next), f->nth) : -ENOMEM;
}

static int fire_expiry(struct firing *f, const char *pack_id)
{
    struct engine *e = f->sc.e;
    const struct pack *pack = NULL;
    struct told told[16] = {0};
    struct obligation o = {.kind = OBLIGE_DUE, .id = EXPIRY, .again_text = {"", ""}};
    bool is_again = !strcmp(f->part, "again");
    size_t n = 0;
    int r;

    for (size_t i = 0; i < e->n_packs; i++)
        if (!strcmp(e->packs[i].pack->id, pack_id) && !has_successor(e, &e->packs[i]))
            pack = e->packs[i].pack;
    if (!pack || !pack->n_procedures)
        return 0;
    if (is_again && (r = again_after_expiry(f, pack)))
        return r;
    if ((r = expiry_title(&f->sc, pack, is_again, &o.title)))
        return r;
    for (; n < MIN_OF(pack->n_expiry_told, ARRAY_LEN(told)); n++)
        told[n].role = pack->expiry_told[n];
    o.rule = arena_printf(f->sc.arena, "%s%s", pack->id, EXPIRY);
    o.clauses = pack->clauses_of_expiry;
    if (!o.rule)
        return -ENOMEM;
    f->o = &o;
    f->sc.procedure = &pack->procedures[0];
    return fire_notice(f, told, n, (struct telling){o.rule, o.title, NULL, false});
}

/* From the day after the last one; of an installation that begins later, the next of those days. */
static int arm_again(struct stage *sc, const char *record, const struct pack_slot *slot, uint64_t now_us)
{
    ROWS_AUTO *row = NULL;
    int32_t day = slot->to_day + 1;
    int r = STORE_ONE(sc->e->store, &row, STMT_TIMER_GET, V_TEXT(record), V_TEXT(EXPIRY), V_TEXT("again"));

    if ((r && r != STORE_E_NONE) || (!r && rows_int(row, 1) == slot->to_day))
        return r;
    while (instant_of_day(day) < now_us)
        day = day_add(day, slot->pack->expiry_again, 1);
    return set_timer(sc, record, EXPIRY, "again", (int64_t)instant_of_day(day), slot->to_day);
}

int timers_arm_packs(struct engine *e, uint64_t now_us)
{
    struct stage sc;
    int r = stage_open(&sc, e, "", now_us);

    for (size_t i = 0; !r && i < e->n_packs; i++) {
        const struct pack *p = e->packs[i].pack;
        char *record = arena_printf(sc.arena, "pack:%s", p->id);

        if (has_successor(e, &e->packs[i]))
            continue;
        if (!record)
            r = -ENOMEM;
        if (!r && p->has_expiry_again)
            r = arm_again(&sc, record, &e->packs[i], now_us);
        for (size_t k = 0; !r && k < p->n_expiry_reminders; k++) {
            char *part = part_name(&sc, k);
            uint64_t at = instant_of_day(day_add(e->packs[i].to_day, p->expiry_reminders[k], -1));
            ROWS_AUTO *row = NULL;

            r = part ? STORE_ONE(e->store, &row, STMT_TIMER_GET, V_TEXT(record), V_TEXT(EXPIRY), V_TEXT(part)) : -ENOMEM;
            if (!r && rows_int(row, 1) == e->packs[i].to_day)
                continue;
            if (!r || r == STORE_E_NONE)
                r = set_timer(&sc, record, EXPIRY, part, at > now_us ? (int64_t)at : TIMER_NEVER,
                              e->packs[i].to_day);
        }
    }
    if (!r)
        r = reading_day_arm(&sc, now_us);
    stage_done(&sc);
    if (!r)
        e->expiry_armed = true;
    return store_failed(r);
}

/* ---- firing ---- */

static int fire_succession(struct firing *f, const struct due_timer *t)
{
    struct store *s = f->sc.e->store;
    int r;

    if (!strncmp(t->record, "pack:", 5)) {
        r = set_timer(&f->sc, t->record, SUCCEED, t->part, TIMER_NEVER, t->nth);
        return r ? r : succession_spread(&f->sc, t->record + 5, t->part);
    }
    r = store_failed(STORE_RUN(s, STMT_TIMER_DROP, V_TEXT(t->record), V_TEXT(SUCCEED), V_TEXT(t->part)));
    return r ? r : succession_fire(&f->sc, f->log, t->record, t->due_us);
}

int timer_look(struct engine *e, const struct due_timer *t, uint64_t now_us, enum timer_verdict *ret, struct timer_next *ret_next)
{
    struct firing f = {.part = t->part, .due_us = t->due_us, .nth = t->nth, .next = {t->due_us, t->nth, false}};
    bool met = false;
    int r;

    *ret = TIMER_LOUD;
    if (!strcmp(t->obligation, EXPIRY) || !strcmp(t->obligation, READING_DAY) || !strcmp(t->obligation, SUCCEED))
        return 0;
    r = stage_open(&f.sc, e, "", t->due_us);
    f.sc.entry_us = now_us;
    if (!r)
        r = judge_on_record(&f, t->record, t->obligation, &met);
    if (r > 0)
        *ret = TIMER_OVER;
    else if (!r && (met || !does_something(&f)))
        *ret = TIMER_QUIET;
    *ret_next = f.next;
    stage_done(&f.sc);
    return MIN_OF(r, 0);
}

int timer_fire(struct engine *e, struct log *log, const struct due_timer *t, uint64_t now_us, struct timer_next *ret)
{
    struct firing f = {.log = log, .part = t->part, .due_us = t->due_us, .nth = t->nth, .next = {(uint64_t)TIMER_NEVER, t->nth, false}};
    int r = stage_open(&f.sc, e, "", t->due_us);

    f.sc.entry_us = now_us;
    if (!r && !strcmp(t->obligation, EXPIRY)) {
        r = set_timer(&f.sc, t->record, t->obligation, t->part, TIMER_NEVER, t->nth);
        if (!r && !strncmp(t->record, "pack:", 5))
            r = fire_expiry(&f, t->record + 5);
    } else if (!r && !strcmp(t->obligation, READING_DAY)) {
        f.next.due_us = instant_of_day(day_of_instant(t->due_us) + 1);
        r = set_timer(&f.sc, t->record, READING_DAY, t->part, (int64_t)f.next.due_us, t->nth);
        if (!r)
            r = reading_day_fire(e, log, t->part, t->due_us, now_us);
    } else if (!r && !strcmp(t->obligation, SUCCEED)) {
        r = fire_succession(&f, t);
    } else if (!r) {
        r = fire_on_record(&f, t->record, t->obligation);
    }
    stage_done(&f.sc);
    *ret = f.next;
    return r;
}
