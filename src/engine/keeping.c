/* See keeping.h. */
#include "engine/keeping.h"

#include "engine/ref.h"

#include <stdio.h>

#define CHUNK 500

static bool is_completed(const struct record *r)
{
    return r->reg->has_retention &&
           word_in(r->state, r->reg->retention.completed_in, r->reg->retention.n_completed_in);
}

/* What it waits for: the source of the parameter; NULL: of none. */
static const struct param_source *source_of(const struct param *p)
{
    return p ? p->from : NULL;
}

/* How long, and from the end of which years. */
struct keep {
    struct duration length;
    enum year_basis basis;
};

/* As the rule stands when the deed is entered, whenever it was done. */
static int rule_now(struct stage *sc, const struct param *p, const struct param **ret)
{
    uint64_t now_us = sc->now_us;
    int e;

    sc->now_us = sc->entry_us ? sc->entry_us : now_us;
    e = param_now(sc, p, ret);
    sc->now_us = now_us;
    return e;
}

/* 1, 0: one of the two is not set, or a rule says no time at all. Negative. */
static int keep_of(struct stage *sc, const struct retention *t, struct keep *ret)
{
    const struct param *p = t->param, *years = t->basis_param;
    int e = t->by_param ? rule_now(sc, t->param, &p) : 0;

    if (!e && years)
        e = rule_now(sc, t->basis_param, &years);
    if (e || (t->by_param && (!p || !p->is_set)) || (years && !years->is_set))
        return e;
    ret->length = t->by_param ? p->duration : t->keep;
    ret->basis = (years ? !strcmp(years->value, RETAIN_BY_FISCAL) : t->basis == RETAIN_FISCAL) ? YEAR_FISCAL : YEAR_CALENDAR;
    return ret->length.months || ret->length.days || ret->length.us;
}

static int64_t last_day(const struct reg *reg, struct keep keep, int32_t completed, int32_t opened)
{
    const struct param *anchor = pack_param(reg->pack, "retention-anchor");
    const char *by = anchor && anchor->is_set ? anchor->value : "completed";
    int64_t from_completed = retention_last_day(completed, keep.length, keep.basis),
            from_opened = retention_last_day(opened, keep.length, keep.basis);

    if (!strcmp(by, "opened"))
        return from_opened;
    return !strcmp(by, "later") ? MAX_OF(from_opened, from_completed) : from_completed;
}

int keeping_set(struct stage *sc, struct record *r)
{
    const struct retention *t = &r->reg->retention;
    struct keep keep;
    struct when on;
    int e;

    if (!is_completed(r)) {
        r->completed_day = r->keep_until_day = DAY_NONE;
        return 0;
    }
    on = when_of(t->completed_on ? json_object_get(r->values, t->completed_on->id) : NULL);
    if (on.kind != WHEN_NONE)
        r->completed_day = on.day;
    else if (r->completed_day == DAY_NONE)
        r->completed_day = sc->today;
    r->keep_until_day = DAY_NONE;
    if ((e = keep_of(sc, t, &keep)) <= 0)
        return e;
    r->keep_until_day = last_day(r->reg, keep, (int32_t)r->completed_day, r->opened_us ? day_of_instant(r->opened_us) : sc->today);
    return 0;
}

/* ---- what waits ---- */

/* One page of the register's completed records under that text. Rows that say so already are left alone. */
static int page_again(struct stage *sc, const struct pack_slot *slot, const struct reg *reg, const struct keep *keep,
                      char behind[128], size_t *ret_n)
{
    ROWS_AUTO *rows = NULL;
    int e = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_RECORD_KEPT, V_TEXT(reg->id), V_TEXT(slot->hash), V_TEXT(behind), V_INT(CHUNK)));

    for (*ret_n = 0; !e && (e = rows_next(rows)) > 0; ++*ret_n) {
        int64_t day = keep ? last_day(reg, *keep, (int32_t)rows_int(rows, 1), day_of_instant((uint64_t)rows_int(rows, 2))) : DAY_NONE;
        int64_t was = rows_is_null(rows, 3) ? DAY_NONE : rows_int(rows, 3);

        snprintf(behind, 128, "%s", rows_text(rows, 0));
        e = day == was ? 0
                       : store_failed(STORE_RUN(sc->e->store, STMT_RECORD_KEEP, V_TEXT(behind), day == DAY_NONE ? V_NULL : V_INT(day)));
        if (e)
            return e;
    }
    return e;
}

static int reg_again(struct stage *sc, const struct pack_slot *slot, const struct reg *reg)
{
    char behind[128] = "";
    struct keep keep;
    int is_set = keep_of(sc, &reg->retention, &keep), e = MIN_OF(is_set, 0);
    size_t n;

    do {
        if (e || (e = page_again(sc, slot, reg, is_set ? &keep : NULL, behind, &n)))
            return e;
    } while (n == CHUNK);
    return 0;
}

/* A record of the source came into the states that count, left them or changed in them. */
static bool is_touched(const struct stage *sc, const struct param_source *source)
{
    for (size_t i = 0; source && i < sc->n_records; i++) {
        const struct record *r = sc->records[i];

        if (r->is_touched && !strcmp(r->reg->id, source->reg->id) &&
            (word_in(r->state, source->in_states, source->n_in_states) || (r->from_state && word_in(r->from_state, source->in_states, source->n_in_states))))
            return true;
    }
    return false;
}

int keeping_follow(struct stage *sc)
{
    int e = 0;

    for (size_t i = 0; i < sc->e->n_packs; i++)
        for (size_t k = 0; !e && k < sc->e->packs[i].pack->n_regs; k++) {
            const struct reg *reg = &sc->e->packs[i].pack->regs[k];

            if (reg->has_retention && (is_touched(sc, source_of(reg->retention.param)) || is_touched(sc, source_of(reg->retention.basis_param))))
                e = reg_again(sc, &sc->e->packs[i], reg);
        }
    return e;
}
