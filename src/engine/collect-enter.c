#include "engine/collect-inside.h"

#include "engine/input.h"
#include "engine/judge.h"

#include <inttypes.h>

/* ---- who may ---- */

static int refused(json_t *outcome, size_t row, bool is_first, json_t **ret)
{
    *ret = json_pack("{s:O, s:I, s:b}", "outcome", outcome, "row", (json_int_t)row, "is_first",
                     is_first);
    return *ret ? COLLECT_E_REFUSED : -ENOMEM;
}

/* 1: one of the step's roles is his, in whichever unit; whose file it is, only its rows say. */
static int holds_role(struct stage *sc, const struct reg *reg, const struct step *st)
{
    int r = 0;

    for (size_t i = 0; !r && st && i < st->n_conds; i++)
        if (st->conds[i]->kind == COND_BY)
            r = judge_role_held(sc, reg, st->conds[i]);
    return r;
}

/* 1: he may not, and *ret says why as an outcome does. */
static int judge_entering(struct stage *sc, const struct reg *reg, json_t **ret)
{
    const struct step *st = NULL;
    struct judged j = {0};
    bool open = false;
    int r = sc->actor ? stage_new_record(sc, reg, &sc->hand) : -EACCES;

    sc->procedure = reg->procedure;
    if (!r && !(st = reg_part(reg, ENTER)))
        r = -ENOENT;
    if (!r && !(sc->act_name = arena_printf(sc->arena, "%s/%s", reg->id, st->act)))
        r = -ENOMEM;
    if (r || (r = input_defaults(sc, st->act)) || (r = judge_act(sc, st->act, true, &j, &open)))
        return r;
    if (j.result != VERDICT_ALLOWED && !(r = holds_role(sc, reg, j.step))) {
        *ret = json_pack("{s:s, s:s, s:s, s:s, s:O, s:O}", "result", "forbidden", "reg", reg->id,
                         "record", "", "step", st->act, "clauses", j.clauses, "unmet", j.unmet);
        r = *ret ? 1 : -ENOMEM;
    } else {
        r = MIN_OF(r, 0);
    }
    judged_done(&j);
    return r;
}

int engine_collect_may(struct engine *e, const char *person, uint64_t now_us, json_t **ret)
{
    const struct reg *reg = engine_reg(e, COLLECTIONS);
    JSON_AUTO *outcome = NULL;
    struct stage sc;
    int r;

    if (!reg)
        return COLLECT_E_NONE;
    r = stage_open(&sc, e, person, now_us);
    if (!r)
        r = judge_entering(&sc, reg, &outcome);
    stage_done(&sc);
    return r > 0 ? refused(outcome, 0, true, ret) : r;
}

/* ---- entering ---- */

static int put_number(json_t *o, const char *key, uint64_t n)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, n);
    return json_put_str(o, key, text);
}

static int put_instant(json_t *o, const char *key, uint64_t t_us)
{
    CLEANUP(buf_done) struct buf text;
    int r;

    buf_init(&text, 40);
    r = instant_print_utc(t_us, &text);
    return r ? r : json_put_str(o, key, text.at);
}

static int collection_with(const struct collect *c, const char *file_name, json_t **ret)
{
    const struct line *first = &c->lines[c->n_skipped], *last = &c->lines[c->n_lines - 1];
    struct digest d = sha256(buf_str(&c->all));
    JSON_AUTO *o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "unit", c->unit, "collector",
                             c->collector, "kind", collect_words(c->kind)->word, "file_name",
                             file_name, "last_digest", last->digest);
    int r;

    if (!o)
        return -ENOMEM;
    if ((r = json_put_str(o, "file_digest", digest_text(&d).at)) ||
        (r = put_number(o, "first_seq", first->seq)) ||
        (r = put_number(o, "last_seq", last->seq)) ||
        (r = put_instant(o, "first_at", first->at_us)) ||
        (r = put_instant(o, "last_at", last->at_us)))
        return r;
    if ((c->gaps.len && (r = json_put_str(o, "gaps", c->gaps.at))) ||
        (c->breaks.len && (r = json_put_str(o, "breaks", c->breaks.at))) ||
        (c->silent.len && (r = json_put_str(o, "silent", c->silent.at))) ||
        (*c->known.id && (r = json_put_str(o, "before", c->known.id))))
        return r;
    *ret = TAKE(o);
    return 0;
}

/* What the step asks, of what the line has. */
static int asked_of(const struct reg *reg, const char *step, const json_t *with, json_t **ret)
{
    const struct step *st = procedure_step(reg->procedure, step, 0);
    JSON_AUTO *o = json_object();

    for (size_t i = 0; o && st && i < st->n_asks; i++) {
        json_t *v = json_object_get(with, st->asks[i]->id);

        if (v && json_object_set(o, st->asks[i]->id, v))
            return -ENOMEM;
    }
    *ret = TAKE(o);
    return *ret ? 0 : -ENOMEM;
}

static int act(struct collect *c, struct log *log, const char *person, const struct reg *reg,
               const char *step, const json_t *with, json_t **ret)
{
    const struct step *st = reg_part(reg, step);
    JSON_AUTO *asked = NULL;
    int r = st ? asked_of(reg, st->act, with, &asked) : -ENOENT;

    return r ? r
             : engine_act(c->e, log,
                          &(struct act){.person = person,
                                        .reg = reg->id,
                                        .step = st->act,
                                        .record = "",
                                        .with = asked,
                                        .signs = "",
                                        .measured = MEASURED_IMPORT,
                                        .now_us = c->now_us},
                          ret);
}

static bool is_allowed(const json_t *outcome)
{
    return !strcmp(json_str(outcome, "result"), "allowed");
}

static int enter_line(struct collect *c, struct log *log, const char *person,
                      const char *collection, struct line *l, json_t *lines, json_t *states,
                      json_t **ret)
{
    CLEANUP(buf_done) struct buf month;
    JSON_AUTO *outcome = NULL;
    const char *state;
    int r;

    buf_init(&month, 32);
    if ((r = day_print_iso(day_of_instant(l->at_us), &month)))
        return r;
    month.at[7] = '\0'; /* 2026-08 */
    if ((r = json_put_str(l->with, "month", month.at)) ||
        (r = json_put_str(l->with, "unit", l->unit)) ||
        (r = json_put_str(l->with, "collection", collection)) ||
        (r = put_number(l->with, "seq", l->seq)) ||
        (r = act(c, log, person, c->reg, collect_words(c->kind)->step, l->with, &outcome)))
        return r;
    if (!is_allowed(outcome))
        return refused(outcome, l->row, false, ret);
    state = json_str(outcome, "state");
    if ((r = json_put_int(states, state, json_int(states, state) + 1)))
        return r;
    return json_array_append_new(lines,
                                 json_pack("{s:I, s:s, s:s}", "row", (json_int_t)l->row, "record",
                                           json_str(outcome, "record"), "state", state))
               ? -ENOMEM
               : 0;
}

static int enter(struct collect *c, struct log *log, const char *person, const char *file_name,
                 json_t *lines, json_t *states, json_t **ret)
{
    JSON_AUTO *with = NULL;
    JSON_AUTO *outcome = NULL;
    int r = collection_with(c, file_name, &with);

    if (!r)
        r = act(c, log, person, c->collections, ENTER, with, &outcome);
    if (r)
        return r;
    if (!is_allowed(outcome))
        return refused(outcome, 0, true, ret);
    for (size_t i = c->n_skipped; !r && i < c->n_lines; i++)
        if (!c->lines[i].is_mark)
            r = enter_line(c, log, person, json_str(outcome, "record"), &c->lines[i], lines, states,
                           ret);
    return r;
}

int engine_collect_enter(struct engine *e, struct log *log, const char *person, enum collect_kind k,
                         const char *file_name, const json_t *table, uint64_t now_us, json_t **ret)
{
    CLEANUP(collect_freep) struct collect *c = NULL;
    JSON_AUTO *lines = json_array();
    JSON_AUTO *states = json_object();
    json_t *o;
    int r = lines && states ? collect_new(e, k, table, now_us, &c) : -ENOMEM;

    if (r)
        return r;
    if (!c->reg || !c->collections)
        return COLLECT_E_NONE;
    if ((r = collect_judge(c)))
        return r;
    if (!c->n_faults && c->n_skipped < c->n_lines &&
        (r = enter(c, log, person, file_name, lines, states, ret)))
        return r;
    if (!(o = collect_told(c)) || json_object_set(o, "lines", lines) ||
        json_object_set(o, "states", states)) {
        json_decref(o);
        return -ENOMEM;
    }
    *ret = o;
    return c->n_faults ? COLLECT_E_FAULTS : 0;
}
