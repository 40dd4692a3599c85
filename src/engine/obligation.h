/* What must be done by when: timers of records, and the rows that say who is waited for.
 *
 *   part      due                                    when it fires
 *   remind/N  Nth reminder of the obligation         met? nothing : notices
 *   missed    the due instant; the period's end      met? nothing : effects of `missed`, once for each due
 *   again     every so long after the due instant    met? nothing : notices
 *   draw      a midnight, the due day being over     met? nothing : an entry, and the effects of `missed` where the draw falls on it (draw.h)
 *   check     each midnight                          met? nothing : effects of `missed`, once until it is met again
 *
 * The pack's own dates are timers of the record "pack:<id>", obligation "!expiry"; each day's reading is one of READING_DAY (reading-day.h).
 * Threads  as the engine: the keeper's. */
#pragma once

#include "engine/apply.h"

#define DRAW_PART "draw"
#define TIMER_NEVER ((int64_t)INT64_MAX) /* due_us of a part that is done with; nth says for which due */

/* Set the timers of a record anew after it changed, as seen at instant `now_us`. */
MUST_CHECK int timers_arm(struct stage *sc, struct record *r, uint64_t now_us);
/* Who is waited for, with a record in its state. `since_us` for what is new. */
MUST_CHECK int waiting_write(struct stage *sc, struct record *r, uint64_t since_us);
/* May the stage's actor never do this step of the record at hand, as he has acted in it otherwise? Who may not does not wait for
 * himself. 1: so it is. (today.c) */
MUST_CHECK int step_is_barred(struct stage *sc, const char *act);
/* The due instant of an obligation of the stage's record at hand: the end of the month or period at hand, or what `due` names. 1: none. */
MUST_CHECK int obligation_due(struct stage *sc, const struct obligation *o, uint64_t *ret_us);
/* Whether `met_by` holds for the stage's record at hand (and month). */
MUST_CHECK int obligation_met(struct stage *sc, const struct obligation *o);
/* What a reminder, or its repetition after the due instant, tells. */
struct telling reminder_telling(const struct obligation *o, const struct reminder *r);
struct telling again_telling(const struct obligation *o);
const struct obligation *obligation_named(const struct reg *reg, const char *id);
/* Replay: the timer of that part has been passed over, met, as often as it was due before `until_us`, and fired at it when
 * `is_entered`. */
MUST_CHECK int timer_passed(struct stage *sc, const struct record *r, const struct obligation *o, const char *part, uint64_t until_us,
                            bool is_entered);

/* ---- for the tick (tick.c) ---- */

/* A row of the timers. */
struct due_timer {
    char record[128], obligation[128], part[80];
    uint64_t due_us;
    int64_t nth;
};
/* When it is due again, and for which; TIMER_NEVER: it is done with. */
struct timer_next {
    uint64_t due_us;
    int64_t nth;
    bool has_only_told; /* beside that row, what the firing wrote is its entry and notices, which no timer asks about */
};
/* What firing it comes to. */
enum timer_verdict {
    TIMER_UNSEEN,
    TIMER_QUIET, /* nothing, but that its row moves on */
    TIMER_OVER,  /* nothing, and its row goes: nothing is asked of the record any more */
    TIMER_LOUD,
};
/* By what the store holds now; reads only, so that STORE_NOTED can be answered. *ret_next is of a quiet one. */
MUST_CHECK int timer_look(struct engine *e, const struct due_timer *t, uint64_t now_us, enum timer_verdict *ret, struct timer_next *ret_next);
/* Fires it. It writes its own row first, and nothing else where it finds nothing to do; *ret is what stands in that row then. */
MUST_CHECK int timer_fire(struct engine *e, struct log *log, const struct due_timer *t, uint64_t now_us, struct timer_next *ret);
/* Set the timers of the texts' own dates. */
MUST_CHECK int timers_arm_packs(struct engine *e, uint64_t now_us);
