#include "engine/succession.h"

#include "engine/apply.h"
#include "engine/obligation.h"

#include <stdio.h>

#define FIND_PAGE 256

static const char *state_in(const struct procedure *p, const char *state)
{
    const struct state *s;

    for (size_t i = 0; i < p->n_successions; i++)
        if (!strcmp(p->successions[i].old, state))
            return p->successions[i].state;
    s = procedure_state(p, state);
    return s ? s->id : NULL;
}

static bool is_open(const struct record *r)
{
    const struct state *s = procedure_state(r->reg->procedure, r->state);

    return s && !s->is_end && !r->disposed_us && !r->is_leaving;
}

void record_succeed(struct stage *sc, struct record *r)
{
    const struct reg *now = engine_reg_on(sc->e, r->reg->id, sc->today);
    const struct pack_slot *from = engine_slot(sc->e, r->reg->pack), *to = now ? engine_slot(sc->e, now->pack) : NULL;
    const char *state;

    if (!from || !to || from == to || slot_is_later(from, to) || !is_open(r) || !(state = state_in(now->procedure, r->state)))
        return;
    record_touch(r);
    r->reg = now;
    r->pack = to->hash;
    r->state = state;
}

/* ---- timers ---- */

static int set_timer(struct engine *e, const char *record, const char *part, uint64_t due_us, int64_t nth)
{
    return store_failed(STORE_RUN(e->store, STMT_TIMER_SET, V_TEXT(record), V_TEXT(SUCCEED), V_TEXT(part), V_INT(due_us),
                                  V_INT(nth)));
}

int succession_catch_up(struct stage *sc, const struct record *r)
{
    const struct reg *now = engine_reg_on(sc->e, r->reg->id, day_of_instant(sc->entry_us));

    if (!sc->is_paper || !is_open(r) || !now || now == r->reg)
        return 0;
    return set_timer(sc->e, r->id, "", sc->entry_us, 0);
}

static bool has_predecessor(const struct engine *e, const struct pack_slot *s)
{
    for (size_t i = 0; i < e->n_packs; i++)
        if (!strcmp(e->packs[i].pack->id, s->pack->id) && slot_is_later(s, &e->packs[i]))
            return true;
    return false;
}

/* A text that is taken up after its first day begins to be followed at once. */
static int arm_slot(struct stage *sc, const struct pack_slot *s, uint64_t now_us)
{
    char *record = arena_printf(sc->arena, "pack:%s", s->pack->id);
    ROWS_AUTO *row = NULL;
    int r;

    if (!record)
        return -ENOMEM;
    r = STORE_ONE(sc->e->store, &row, STMT_TIMER_GET, V_TEXT(record), V_TEXT(SUCCEED), V_TEXT(s->hash));
    if (!r && rows_int(row, 1) == s->from_day)
        return 0;
    if (r && r != STORE_E_NONE)
        return store_failed(r);
    return set_timer(sc->e, record, s->hash, MAX_OF(instant_of_day(s->from_day), now_us), s->from_day);
}

int succession_arm(struct engine *e, uint64_t now_us)
{
    struct stage sc;
    int r = stage_open(&sc, e, "", now_us);

    for (size_t i = 0; !r && i < e->n_packs; i++)
        if (has_predecessor(e, &e->packs[i]))
            r = arm_slot(&sc, &e->packs[i], now_us);
    stage_done(&sc);
    return r;
}

static int spread_register(struct stage *sc, const struct pack_slot *old, const struct reg *reg)
{
    char behind[128] = "";
    size_t n;

    do {
        ROWS_AUTO *rows = NULL;
        char *ids[FIND_PAGE];
        int r = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_RECORD_OF_PACK, V_TEXT(reg->id), V_TEXT(old->hash),
                                         V_TEXT(behind), V_INT(FIND_PAGE)));

        if (r)
            return r;
        for (n = 0; n < FIND_PAGE && (r = rows_next(rows)) > 0; n++) {
            const struct state *s = procedure_state(reg->procedure, rows_text(rows, 1));

            snprintf(behind, sizeof(behind), "%s", rows_text(rows, 0));
            ids[n] = s && !s->is_end ? arena_strdup(sc->arena, rows_str(rows, 0)) : NULL;
        }
        for (size_t i = 0; r >= 0 && i < n; i++)
            if (ids[i])
                r = set_timer(sc->e, ids[i], "", sc->now_us, 0);
        if (r < 0)
            return r;
    } while (n == FIND_PAGE);
    return 0;
}

int succession_spread(struct stage *sc, const char *pack, const char *hash)
{
    const struct engine *e = sc->e;
    const struct pack_slot *now = NULL;
    int r = 0;

    for (size_t i = 0; i < e->n_packs; i++)
        if (!strcmp(e->packs[i].hash, hash))
            now = &e->packs[i];
    for (size_t i = 0; now && i < e->n_packs; i++) {
        const struct pack_slot *old = &e->packs[i];

        if (strcmp(old->pack->id, pack) != 0 || !slot_is_later(now, old))
            continue;
        for (size_t k = 0; !r && k < old->pack->n_regs; k++)
            r = spread_register(sc, old, &old->pack->regs[k]);
    }
    return r;
}

/* ---- one record ---- */

int succession_redo(struct deed *d)
{
    struct stage *sc = d->sc;

    record_succeed(sc, sc->hand);
    if (!sc->hand->is_touched)
        return 1;
    sc->procedure = sc->hand->reg->procedure;
    d->clauses = &sc->procedure->clauses;
    return deed_finish(d);
}

int succession_fire(struct stage *sc, struct log *log, const char *record, uint64_t due_us)
{
    struct deed d = {0};
    int r = stage_record(sc, record, &sc->hand);

    if (r)
        return MIN_OF(r, 0);
    sc->procedure = sc->hand->reg->procedure;
    if (!(r = deed_open(&d, sc, log))) {
        d.rule = arena_printf(sc->arena, "%s!%s", sc->hand->reg->id, SUCCEED);
        d.act = arena_printf(sc->arena, "timer/%s!%s", sc->hand->reg->id, SUCCEED);
        d.result = "recorded";
        d.due_us = due_us;
        r = d.act && d.rule ? succession_redo(&d) : -ENOMEM;
    }
    deed_done(&d);
    return MIN_OF(r, 0);
}
