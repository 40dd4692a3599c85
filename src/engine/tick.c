/* What is due is fired in order, a page of timers at a time. All of a page are looked at first, together (store/recall.h). Those that find nothing to do
 * are settled: when they are due again is kept here and written for many at once, at the latest before anything else is. The others are fired one by
 * one. A firing that did more than to tell may have set any timer and changed what any looks at, so the page is read anew behind it. */
#include "base/tell.h"
#include "engine/obligation.h"

#include "engine/succession.h"
#include "store/recall.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE_MAX 128u
#define PAGE_FIRST 8u
#define PAGE_GROWS 4u
#define TURNS_MAX 8 /* of looking together; what still asks then does so by itself */
#define FEW 2u      /* for so few together is not worth it */

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

/* What is due and what looking at it told. */
struct seen_timer {
    struct due_timer t;
    enum timer_verdict verdict;
    struct timer_next next;
};

/* Some of what is due up to an instant, in the order of the store. Nothing that is due stands before what is left of it. */
struct page {
    struct seen_timer at[PAGE_MAX];
    size_t from, n; /* what is left */
    size_t size;    /* to be read at once: more, the longer nothing had to be read anew */
    bool is_read, is_all;
};

/* A row that is still to be written, or to go. */
struct settled {
    struct due_timer t;
    bool is_over;
};

struct tick {
    struct engine *e;
    struct log *log;
    struct diag *diag;
    uint64_t *at_us, to_us;
    struct page page;
    struct settled settled[PAGE_MAX];
    size_t n_settled;
};

static int timer_order(const struct due_timer *a, const struct due_timer *b)
{
    int order = a->due_us < b->due_us ? -1 : a->due_us > b->due_us;

    order = order ? order : strcmp(a->record, b->record);
    order = order ? order : strcmp(a->obligation, b->obligation);
    return order ? order : strcmp(a->part, b->part);
}

static bool is_same_timer(const struct due_timer *a, const struct due_timer *b)
{
    return !strcmp(a->record, b->record) && !strcmp(a->obligation, b->obligation) && !strcmp(a->part, b->part);
}

/* ---- what is settled ---- */

static int write_settled(struct tick *k, bool is_over)
{
    struct value values[ARRAY_LEN(k->settled) * 5];
    size_t n = 0, n_rows = 0;

    for (size_t i = 0; i < k->n_settled; i++) {
        const struct due_timer *t = &k->settled[i].t;

        if (k->settled[i].is_over != is_over)
            continue;
        values[n++] = V_TEXT(t->record);
        values[n++] = V_TEXT(t->obligation);
        values[n++] = V_TEXT(t->part);
        if (!is_over) {
            values[n++] = V_INT(t->due_us);
            values[n++] = V_INT(t->nth);
        }
        n_rows++;
    }
    return n_rows ? store_failed(store_run_rows(k->e->store, is_over ? STMT_TIMER_DROP : STMT_TIMER_SET, values, n / n_rows, n_rows)) : 0;
}

static int settle_all(struct tick *k)
{
    uint64_t n_writes = store_n_writes(k->e->store);
    int r = k->n_settled ? write_settled(k, false) : 0;

    if (!r && k->n_settled)
        r = write_settled(k, true);
    k->n_settled = 0;
    store_recall_holds(k->e->store, n_writes);
    return r;
}

static int settle(struct tick *k, const struct due_timer *t, bool is_over)
{
    size_t i = 0;
    int r = 0;

    while (i < k->n_settled && !is_same_timer(&k->settled[i].t, t))
        i++;
    if (i == ARRAY_LEN(k->settled)) {
        r = settle_all(k);
        i = 0;
    }
    k->settled[i] = (struct settled){*t, is_over};
    k->n_settled = MAX_OF(k->n_settled, i + 1);
    return r;
}

/* ---- pages ---- */

static void take_row(struct rows *row, struct seen_timer *ret)
{
    *ret = (struct seen_timer){.verdict = TIMER_UNSEEN};
    snprintf(ret->t.record, sizeof(ret->t.record), "%s", rows_text(row, 0));
    snprintf(ret->t.obligation, sizeof(ret->t.obligation), "%s", rows_text(row, 1));
    snprintf(ret->t.part, sizeof(ret->t.part), "%s", rows_text(row, 2));
    ret->t.due_us = (uint64_t)rows_int(row, 3);
    ret->t.nth = rows_int(row, 4);
}

static int page_read(struct tick *k)
{
    struct page *p = &k->page;
    size_t limit = p->size + k->e->n_skipped, n = 0;
    ROWS_AUTO *rows = NULL;
    int r = settle_all(k);

    if (!r)
        r = store_failed(STORE_QUERY(k->e->store, &rows, STMT_TIMER_DUE, V_INT(k->to_us), V_INT(limit)));
    if (r)
        return r;
    p->from = p->n = 0;
    while (p->n < p->size && (r = rows_next(rows)) > 0) {
        take_row(rows, &p->at[p->n]);
        p->n += !is_skipped(k->e, &p->at[p->n].t);
        n++;
    }
    if (r < 0)
        return r;
    p->is_read = true;
    p->is_all = p->n < p->size && n < limit;
    p->size = MIN_OF(PAGE_GROWS * p->size, PAGE_MAX);
    return 0;
}

/* 1: the next one is at[from]. 0: none is due. */
static int page_fill(struct tick *k)
{
    struct page *p = &k->page;
    int r = p->is_read && (p->from < p->n || p->is_all) ? 0 : page_read(k);

    return r ? r : p->from < p->n;
}

/* Into the place of the one that was taken last; behind the last of a page that is not all it is read with those that follow. */
static void page_again(struct page *p, const struct due_timer *t)
{
    size_t at = p->from;

    while (at < p->n && timer_order(&p->at[at].t, t) < 0)
        at++;
    if (at == p->n && !p->is_all)
        return;
    memmove(&p->at[p->from - 1], &p->at[p->from], (at - p->from) * sizeof(*p->at));
    p->at[at - 1] = (struct seen_timer){*t, TIMER_UNSEEN, {0}};
    p->from--;
}

static void page_forget(struct page *p)
{
    p->is_read = false;
    p->size = PAGE_FIRST;
    for (size_t i = p->from; i < p->n; i++)
        p->at[i].verdict = TIMER_UNSEEN;
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
    diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_TIMER, {"obligation", str_of(t->obligation)}, {"part", str_of(t->part)}, {"record", str_of(t->record)},
              tell_why(-why));
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

/* ---- looking ---- */

/* Each that nobody has looked at yet; *ret_n: how many asked for what is not known yet. One that cannot be looked at ends it, and is to be fired, and then
 * passed over, by itself. */
static int look_once(struct tick *k, size_t n, enum recalling how, size_t *ret_n)
{
    struct page *p = &k->page;
    int r = 0;

    *ret_n = 0;
    store_recall(k->e->store, how);
    for (size_t i = p->from; !r && i < p->from + n; i++) {
        struct seen_timer *s = &p->at[i];

        if (s->verdict != TIMER_UNSEEN)
            continue;
        r = timer_look(k->e, &s->t, MAX_OF(*k->at_us, s->t.due_us), &s->verdict, &s->next);
        if (r != STORE_NOTED)
            continue;
        s->verdict = TIMER_UNSEEN;
        ++*ret_n;
        r = 0;
    }
    store_recall(k->e->store, RECALL_NOT);
    return r;
}

static int look_in_turns(struct tick *k, size_t n)
{
    size_t n_left = n;
    int r = 0;

    for (size_t turn = 0; !r && n_left; turn++) {
        r = look_once(k, n, n_left > FEW && turn < TURNS_MAX ? RECALL_TOGETHER : RECALL_ALONE, &n_left);
        if (!r && n_left)
            r = store_failed(store_recall_ask(k->e->store));
    }
    return r;
}

/* In a savepoint, as what fails spoils what is under way. */
static int look_safely(struct tick *k, size_t n)
{
    int r = store_failed(store_savepoint(k->e->store)), lost;

    if (r)
        return r;
    if (!(r = look_in_turns(k, n)) && !(r = store_failed(store_release(k->e->store))))
        return 0;
    lost = store_failed(store_back_to(k->e->store));
    return lost ? lost : r;
}

/* At the next one, and with it at the `max` that follow. Where that fails for one of them, the next one is fired by itself. */
static int look(struct tick *k, size_t max)
{
    struct seen_timer *first = &k->page.at[k->page.from];
    int r;

    if (first->verdict != TIMER_UNSEEN)
        return 0;
    r = look_safely(k, MIN_OF(k->page.n - k->page.from, max));
    if (r && is_fatal(r))
        return r;
    if (first->verdict == TIMER_UNSEEN)
        first->verdict = TIMER_LOUD;
    return 0;
}

/* ---- firing ---- */

static int fire_loud(struct tick *k, struct due_timer *t)
{
    struct timer_next next = {(uint64_t)TIMER_NEVER, 0, false};
    uint64_t n_writes;
    int r = settle_all(k);

    if (r)
        return r;
    n_writes = store_n_writes(k->e->store);
    r = fire_or_skip(k->e, k->log, t, *k->at_us, &next, k->diag);
    if (next.has_only_told || store_n_writes(k->e->store) - n_writes <= 1)
        store_recall_holds(k->e->store, n_writes);
    else
        page_forget(&k->page);
    t->due_us = next.due_us;
    t->nth = next.nth;
    return r;
}

static int fire_next(struct tick *k)
{
    struct seen_timer s = k->page.at[k->page.from++];
    int r;

    *k->at_us = MAX_OF(*k->at_us, s.t.due_us);
    if (s.verdict == TIMER_LOUD) {
        r = fire_loud(k, &s.t);
    } else {
        s.t.due_us = s.verdict == TIMER_OVER ? (uint64_t)TIMER_NEVER : s.next.due_us;
        s.t.nth = s.next.nth;
        r = settle(k, &s.t, s.verdict == TIMER_OVER);
    }
    if (!r && k->page.is_read && s.t.due_us <= k->to_us)
        page_again(&k->page, &s.t);
    return r;
}

static int fire_all(struct tick *k, size_t max, bool *ret_more)
{
    int r = arm(k->e, *k->at_us);

    for (size_t i = 0; !r && i < max; i++) {
        if ((r = page_fill(k)) <= 0)
            break;
        r = look(k, max - i);
        if (!r)
            r = fire_next(k);
    }
    if (!r && (r = page_fill(k)) > 0) {
        *ret_more = true;
        r = 0;
    }
    return r ? r : settle_all(k);
}

int engine_tick_through(struct engine *e, struct log *log, uint64_t *at_us, uint64_t to_us, size_t max, bool *ret_more, struct diag *diag)
{
    struct tick *k = calloc(1, sizeof(*k));
    int r = -ENOMEM;

    *ret_more = false;
    forget_old_skips(e, *at_us);
    if (k) {
        k->e = e;
        k->log = log;
        k->diag = diag;
        k->at_us = at_us;
        k->to_us = to_us;
        k->page.size = PAGE_FIRST;
        r = fire_all(k, max, ret_more);
    }
    free(k);
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

static int take_nth(struct rows *rows, size_t at, void *context)
{
    struct page *p = context;
    int r = rows_next(rows);

    p->at[p->from + at].t.nth = r > 0 ? rows_int(rows, 1) : 0;
    return MIN_OF(r, 0);
}

/* For what is left of the page, as their rows stand now; there may be none. */
static int read_nths(struct tick *k)
{
    struct page *p = &k->page;
    struct value values[PAGE_MAX * 3];
    size_t n = 0;
    int r = settle_all(k);

    for (size_t i = p->from; i < p->n; i++) {
        values[n++] = V_TEXT(p->at[i].t.record);
        values[n++] = V_TEXT(p->at[i].t.obligation);
        values[n++] = V_TEXT(p->at[i].t.part);
    }
    if (!r)
        r = store_failed(store_query_rows(k->e->store, STMT_TIMER_GET, values, 3, p->n - p->from, take_nth, p));
    p->is_read = true;
    return r;
}

/* All of a page, whether they are due or not. */
static int recheck(struct tick *k)
{
    struct page *p = &k->page;
    int r = 0;

    while (!r && p->from < p->n) {
        r = p->is_read ? 0 : read_nths(k);
        if (!r)
            r = look(k, PAGE_MAX);
        if (!r)
            r = fire_next(k);
    }
    return r ? r : settle_all(k);
}

/* The check of each record of a page by its id: firing changes the rows that the query walks. */
static int take_checks(struct tick *k, const struct obligation *o, const char *state, const char *behind)
{
    struct page *p = &k->page;
    ROWS_AUTO *rows = NULL;
    int r = store_failed(STORE_QUERY(k->e->store, &rows, STMT_RECORD_IN_STATE, V_TEXT(o->procedure->reg->id), V_TEXT(state), V_TEXT(behind), V_INT(PAGE_MAX)));

    *p = (struct page){.size = PAGE_FIRST};
    while (!r && p->n < PAGE_MAX && (r = rows_next(rows)) > 0) {
        struct due_timer *t = &p->at[p->n++].t;

        t->due_us = *k->at_us;
        snprintf(t->record, sizeof(t->record), "%s", rows_text(rows, 0));
        snprintf(t->obligation, sizeof(t->obligation), "%s", o->id);
        snprintf(t->part, sizeof(t->part), "check");
        r = 0;
    }
    return r;
}

static int recheck_state(struct tick *k, const struct obligation *o, const char *state)
{
    char behind[128] = "";
    size_t n = PAGE_MAX;
    int r = 0;

    while (!r && n == PAGE_MAX) {
        r = take_checks(k, o, state, behind);
        n = k->page.n;
        if (!r && n)
            snprintf(behind, sizeof(behind), "%s", k->page.at[n - 1].t.record);
        if (!r)
            r = recheck(k);
    }
    return r;
}

static int recheck_all(struct tick *k)
{
    const struct pack *packs[ENGINE_PACKS_MAX];
    size_t n = engine_packs(k->e, packs, ARRAY_LEN(packs));
    int r = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < packs[i]->n_procedures; j++) {
            const struct procedure *p = &packs[i]->procedures[j];

            for (size_t m = 0; m < p->n_obligations; m++) {
                const struct obligation *o = &p->obligations[m];

                for (size_t s = 0; !r && o->kind == OBLIGE_DAILY && s < o->n_while; s++)
                    r = recheck_state(k, o, o->while_states[s]);
            }
        }
    return r;
}

int engine_force_changed(struct engine *e, struct log *log, uint64_t now_us, struct diag *diag)
{
    struct tick *k = calloc(1, sizeof(*k));
    int r = -ENOMEM;

    if (k) {
        k->e = e;
        k->log = log;
        k->diag = diag;
        k->at_us = &now_us;
        r = recheck_all(k);
    }
    free(k);
    return r;
}
