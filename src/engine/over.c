/* See over.h. */
#include "engine/over.h"

#include "engine/judge.h"
#include "engine/ref.h"

#include <stdio.h>

#define PACKS_MAX 64
#define CHUNK 500

static bool asks_retention(const struct step *st)
{
    for (size_t i = 0; i < st->n_conds; i++)
        if (st->conds[i]->kind == COND_RETENTION)
            return true;
    return false;
}

static int may_do(struct stage *sc, const struct step *st)
{
    for (size_t i = 0; i < st->n_conds; i++)
        if (st->conds[i]->kind == COND_BY)
            return judge_role_held(sc, st->procedure->reg, st->conds[i]);
    return 0;
}

/* 1: a step of that text that disposes of records is one of his. */
static int disposes(struct stage *sc, const struct pack *pack)
{
    int e = 0;

    for (size_t i = 0; !e && i < pack->n_procedures; i++)
        for (size_t k = 0; !e && k < pack->procedures[i].n_steps; k++)
            if (asks_retention(&pack->procedures[i].steps[k]))
                e = may_do(sc, &pack->procedures[i].steps[k]);
    return e;
}

static int is_concerned(struct stage *sc)
{
    const struct pack *packs[PACKS_MAX];
    size_t n = MIN_OF(engine_packs(sc->e, packs, PACKS_MAX), (size_t)PACKS_MAX);
    int e = 0;

    for (size_t i = 0; !e && sc->actor && i < n; i++)
        e = disposes(sc, packs[i]);
    return e;
}

static int add_count(struct stage *sc, const char *reg_id, int64_t n, json_t *list)
{
    const struct reg *reg = engine_reg_on(sc->e, reg_id, sc->today);
    json_t *one;

    if (!reg || !n)
        return 0;
    one = json_pack("{s:s, s:o, s:I}", "reg", reg->id, "title", text2_json(reg->title), "n",
                    (json_int_t)n);
    return one && !json_array_append_new(list, one) ? 0 : -ENOMEM;
}

static int count_seen(struct stage *sc, const struct sight *sight, json_t *list)
{
    ROWS_AUTO *rows = NULL;
    char reg[128] = "";
    int64_t n = 0;
    int e =
        store_failed(STORE_QUERY(sc->e->store, &rows, STMT_RECORD_OVER_TALLY, V_INT(sc->today)));

    while (!e && (e = rows_next(rows)) > 0) {
        e = 0;
        if (strcmp(reg, rows_text(rows, 0)) != 0) {
            if ((e = add_count(sc, reg, n, list)))
                return e;
            snprintf(reg, sizeof(reg), "%s", rows_text(rows, 0));
            n = 0;
        }
        if (sight_may_see(sight, rows_int(rows, 1)))
            n += rows_int(rows, 2);
    }
    return e ? e : add_count(sc, reg, n, list);
}

int over_counts(struct stage *sc, const struct sight *sight, json_t **ret)
{
    JSON_AUTO *list = json_array();
    int e = list ? is_concerned(sc) : -ENOMEM;

    if (e > 0)
        e = count_seen(sc, sight, list);
    if (!e)
        *ret = TAKE(list);
    return e;
}

/* ---- one by one ---- */

static int add_row(struct stage *sc, const char *id, json_t *list)
{
    struct record *r;
    json_t *one;
    int e = stage_record(sc, id, &r);

    if (e)
        return MIN_OF(e, 0);
    one = json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", r->id, "reg", r->reg->id, "name",
                    record_name(sc, r), "state", r->state, "keep_until",
                    day_json((int32_t)r->keep_until_day));
    return one && !json_array_append_new(list, one) ? 0 : -ENOMEM;
}

static int list_over(struct stage *sc, unsigned max, json_t *list, bool *ret_more)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    char behind[128] = "";
    size_t n;
    int e = sight_of_person(sc, sc->actor, &sight);

    do {
        ROWS_AUTO *rows = NULL;

        n = 0;
        if (!e)
            e = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_RECORD_TO_DISPOSE,
                                         V_INT(sc->today), V_TEXT(behind), V_INT(CHUNK)));
        while (!e && (e = rows_next(rows)) > 0) {
            n++;
            snprintf(behind, sizeof(behind), "%s", rows_text(rows, 0));
            /* What is out of sight counts for nothing: neither for `max` nor as one more. */
            e = rows_int(rows, 1) && sight_may_see(sight, rows_int(rows, 1)) ? add_row(sc, behind, list) : 0;
            if (!e && json_array_size(list) > max) {
                *ret_more = true;
                return json_array_remove(list, max) ? -ENOMEM : 0;
            }
        }
    } while (!e && n == CHUNK);
    return e;
}

int engine_over(struct engine *e, const char *person, unsigned max, uint64_t now_us, json_t **ret)
{
    JSON_AUTO *list = json_array();
    bool more = false;
    struct stage sc;
    int r = list ? stage_open(&sc, e, person, now_us) : -ENOMEM;

    if (!list)
        return r;
    if (!r && sc.actor)
        r = list_over(&sc, max, list, &more);
    if (!r && !(*ret = json_pack("{s:O, s:b}", "rows", list, "more", more)))
        r = -ENOMEM;
    stage_done(&sc);
    return r;
}
