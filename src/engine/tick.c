/* What is due is fired in order, a page of timers at a time. Most find nothing to do: they write their own row, and what was read of the others still
 * holds. A firing that wrote more may have set any timer, so the page is read anew behind it. */
#include "engine/obligation.h"

#include "engine/succession.h"

#include <stdio.h>

#define PAGE_MAX 64u
#define PAGE_FIRST 2u /* one, and whether another follows */
#define FORCE_PAGE 200

/* ---- what is due ---- */

static bool is_skipped(struct engine *e, const struct due_timer *t)
{
    for (size_t i = 0; i < e->n_skipped; i++)
        if (!strcmp(e->skipped[i].record, t->record) && !strcmp(e->skipped[i].obligation, t->obligation) &&
            !strcmp(e->skipped[i].part, t->part))
            return true;
    return false;
}

static void forget_old_skips(struct engine *e, uint64_t now_us)
{
    size_t n = 0;

    for (size_t i = 0; i < e->n_skipped; i++)
        if (e->skipped[i].retry_us > now_us)
            e->skipped[n++] = e->skipped[i];
    e->n_skipped = n;
}

/* Some of what is due up to an instant, in the order of the store. Nothing that is due stands before what is left of it. */
struct page {
    struct due_timer at[PAGE_MAX];
    size_t from, n; /* what is left */
    size_t size;    /* to be read at once: more, the longer nothing had to be read anew */
    bool is_read, is_all;
};

static int timer_order(const struct due_timer *a, const struct due_timer *b)
{
    int order = a->due_us < b->due_us ? -1 : a->due_us > b->due_us;

    order = order ? order : strcmp(a->record, b->record);
    order = order ? order : strcmp(a->obligation, b->obligation);
    return order ? order : strcmp(a->part, b->part);
}

static void take_row(struct rows *row, struct due_timer *ret)
{
    snprintf(ret->record, sizeof(ret->record), "%s", rows_text(row, 0));
    snprintf(ret->obligation, sizeof(ret->obligation), "%s", rows_text(row, 1));
    snprintf(ret->part, sizeof(ret->part), "%s", rows_text(row, 2));
    ret->due_us = (uint64_t)rows_int(row, 3);
    ret->nth = rows_int(row, 4);
}

static int page_read(struct engine *e, struct page *p, uint64_t until_us)
{
    size_t limit = p->size + e->n_skipped, n = 0;
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(e->store, &rows, STMT_TIMER_DUE, V_INT(until_us), V_INT(limit));

    if (r)
        return store_failed(r);
    p->from = p->n = 0;
    while (p->n < p->size && (r = rows_next(rows)) > 0) {
        take_row(rows, &p->at[p->n]);
        p->n += !is_skipped(e, &p->at[p->n]);
        n++;
    }
    if (r < 0)
        return r;
    p->is_read = true;
    p->is_all = p->n < p->size && n < limit;
    p->size = MIN_OF(2 * p->size, PAGE_MAX);
    return 0;
}

/* 1: *ret is the next one. 0: none is due. */
static int page_next(struct engine *e, struct page *p, uint64_t until_us, struct due_timer *ret)
{
    int r = p->is_read && (p->from < p->n || p->is_all) ? 0 : page_read(e, p, until_us);

    if (r || p->from == p->n)
        return r;
    *ret = p->at[p->from++];
    return 1;
}

/* Into the place of the one that was taken last; behind the last of a page that is not all it is read with those that follow. */
static void page_again(struct page *p, const struct due_timer *t)
{
    size_t at = p->from;

    while (at < p->n && timer_order(&p->at[at], t) < 0)
        at++;
    if (at == p->n && !p->is_all)
        return;
    memmove(&p->at[p->from - 1], &p->at[p->from], (at - p->from) * sizeof(*p->at));
    p->at[at - 1] = *t;
    p->from--;
}

static void page_forget(struct page *p)
{
    p->is_read = false;
    p->size = PAGE_FIRST;
}

/* ---- the tick ---- */

/* What fails for every timer, whichever it is. */
static bool is_fatal(int r)
{
    return r == -ENOMEM || r == -ENOSPC || r == -ENOTCONN || r == -EBUSY || r == -EIO || r == -ECANCELED;
}

static int skip(struct engine *e, const struct due_timer *t, uint64_t now_us, int why, struct diag *diag)
{
    struct skipped_timer *s = &e->skipped[e->n_skipped];

    if (e->n_skipped == ENGINE_SKIPPED_MAX)
        return why;
    e->n_skipped++;
    *s = (struct skipped_timer){.retry_us = now_us + TIMER_RETRY_US};
    snprintf(s->record, sizeof(s->record), "%s", t->record);
    snprintf(s->obligation, sizeof(s->obligation), "%s", t->obligation);
    snprintf(s->part, sizeof(s->part), "%s", t->part);
    diag_error(diag, "the timer %s (%s) of \"%s\" cannot be fired (%s); it is passed over and tried again later", t->obligation,
               t->part, t->record, strerror(-why));
    return 0;
}

/* In a savepoint of its own. */
static int fire_or_skip(struct engine *e, struct log *log, const struct due_timer *t, uint64_t now_us, struct timer_next *ret, struct diag *diag)
{
    int r = store_failed(store_savepoint(e->store)), why;

    if (r)
        return r;
    log_mark_inner(log);
    why = timer_fire(e, log, t, now_us, ret);
    if (!why && !(why = store_failed(store_release(e->store))))
        return 0;
    if ((r = store_failed(store_back_to(e->store))) || is_fatal(why))
        return r ? r : why;
    log_back_inner(log);
    ret->due_us = (uint64_t)TIMER_NEVER;
    return skip(e, t, now_us, why, diag);
}

static int arm(struct engine *e, uint64_t now_us)
{
    int r = e->expiry_armed ? 0 : timers_arm_packs(e, now_us);

    if (!r && !e->succession_armed && !(r = succession_arm(e, now_us)))
        e->succession_armed = true;
    return r;
}

static int fire_next(struct engine *e, struct log *log, struct page *p, struct due_timer *t, uint64_t *at_us, uint64_t to_us, struct diag *diag)
{
    uint64_t n_writes = store_n_writes(e->store);
    struct timer_next next = {(uint64_t)TIMER_NEVER, 0};
    int r;

    *at_us = MAX_OF(*at_us, t->due_us);
    r = fire_or_skip(e, log, t, *at_us, &next, diag);
    if (store_n_writes(e->store) - n_writes > 1)
        page_forget(p);
    t->due_us = next.due_us;
    t->nth = next.nth;
    if (!r && p->is_read && t->due_us <= to_us)
        page_again(p, t);
    return r;
}

static int fire_all(struct engine *e, struct log *log, uint64_t *at_us, uint64_t to_us, size_t max, bool *ret_more, struct diag *diag)
{
    struct page page = {.size = PAGE_FIRST};
    struct due_timer t;
    int r = arm(e, *at_us);

    for (size_t i = 0; !r && i < max; i++) {
        if ((r = page_next(e, &page, to_us, &t)) <= 0)
            return r;
        r = fire_next(e, log, &page, &t, at_us, to_us, diag);
    }
    if (!r && (r = page_next(e, &page, to_us, &t)) > 0) {
        *ret_more = true;
        r = 0;
    }
    return r;
}

int engine_tick_through(struct engine *e, struct log *log, uint64_t *at_us, uint64_t to_us, size_t max, bool *ret_more, struct diag *diag)
{
    int r;

    *ret_more = false;
    forget_old_skips(e, *at_us);
    r = fire_all(e, log, at_us, to_us, max, ret_more, diag);
    if (r)
        e->expiry_armed = e->succession_armed = false; /* the caller undoes what was set */
    return r;
}

int engine_tick(struct engine *e, struct log *log, uint64_t now_us, size_t max, bool *ret_more, struct diag *diag)
{
    uint64_t at_us = now_us;

    return engine_tick_through(e, log, &at_us, now_us, max, ret_more, diag);
}

/* ---- when the force changed ---- */

static int recheck(struct engine *e, struct log *log, const struct obligation *o, const char *record, uint64_t now_us,
                   struct diag *diag)
{
    struct due_timer t = {.due_us = now_us};
    struct timer_next next;
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(e->store, &row, STMT_TIMER_GET, V_TEXT(record), V_TEXT(o->id), V_TEXT("check"));

    if (r && r != STORE_E_NONE)
        return store_failed(r);
    snprintf(t.record, sizeof(t.record), "%s", record);
    snprintf(t.obligation, sizeof(t.obligation), "%s", o->id);
    snprintf(t.part, sizeof(t.part), "check");
    t.nth = r ? 0 : rows_int(row, 1);
    return fire_or_skip(e, log, &t, now_us, &next, diag);
}

/* Ids of one page first: firing changes the rows that the query walks. */
static int recheck_state(struct engine *e, struct log *log, const struct obligation *o, const char *state,
                         uint64_t now_us, struct diag *diag)
{
    char ids[FORCE_PAGE][128];
    char behind[128] = "";
    size_t n;

    do {
        ROWS_AUTO *rows = NULL;
        int r = STORE_QUERY(e->store, &rows, STMT_RECORD_IN_STATE, V_TEXT(o->procedure->reg->id), V_TEXT(state),
                            V_TEXT(behind), V_INT(FORCE_PAGE));

        if (r)
            return store_failed(r);
        for (n = 0; n < FORCE_PAGE && (r = rows_next(rows)) > 0; n++)
            snprintf(ids[n], sizeof(ids[n]), "%s", rows_text(rows, 0));
        if (r < 0)
            return r;
        rows_done(rows);
        rows = NULL;
        for (size_t i = 0; i < n; i++)
            if ((r = recheck(e, log, o, ids[i], now_us, diag)))
                return r;
        if (n)
            snprintf(behind, sizeof(behind), "%s", ids[n - 1]);
    } while (n == FORCE_PAGE);
    return 0;
}

int engine_force_changed(struct engine *e, struct log *log, uint64_t now_us, struct diag *diag)
{
    const struct pack *packs[ENGINE_PACKS_MAX];
    size_t n = engine_packs(e, packs, ARRAY_LEN(packs));
    int r = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < packs[i]->n_procedures; k++) {
            const struct procedure *p = &packs[i]->procedures[k];

            for (size_t m = 0; m < p->n_obligations; m++) {
                const struct obligation *o = &p->obligations[m];

                for (size_t s = 0; !r && o->kind == OBLIGE_DAILY && s < o->n_while; s++)
                    r = recheck_state(e, log, o, o->while_states[s], now_us, diag);
            }
        }
    return r;
}
