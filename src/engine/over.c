/* See over.h. */
#include "engine/over.h"

#include "engine/first.h"
#include "engine/judge.h"
#include "engine/ref.h"

#include <stdio.h>

#define PACKS_MAX 64
#define CHUNK 500
#define REG_ID_MAX 128

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

/* The next register that has or had records; 1: there is none any more. */
static int next_register(struct store *s, char reg[REG_ID_MAX])
{
    ROWS_AUTO *row = NULL;
    int e = store_failed(STORE_ONE(s, &row, STMT_TALLY_REGISTER, V_TEXT(reg)));

    if (e || rows_is_null(row, 0))
        return e ? e : 1;
    snprintf(reg, REG_ID_MAX, "%s", rows_text(row, 0));
    return 0;
}

/* The next audience in sight with records of the register that have a last day; 0 behind the last. */
static int next_audience(struct stage *sc, const struct sight *sight, const char *reg, int64_t *audience)
{
    struct value of[] = {V_TEXT(reg), V_INT(0)};

    return store_failed(sight_walk(sight, sc->e->store, STMT_RECORD_KEPT_AUDIENCE, of, ARRAY_LEN(of), audience));
}

static int count_of_register(struct stage *sc, const struct sight *sight, const char *reg, int64_t *n)
{
    int64_t audience = 0;
    int e;

    while (!(e = next_audience(sc, sight, reg, &audience)) && audience) {
        ROWS_AUTO *row = NULL;

        if ((e = store_failed(STORE_ONE(sc->e->store, &row, STMT_RECORD_OVER_COUNT, V_TEXT(reg), V_INT(audience), V_INT(sc->today)))))
            return e;
        *n += rows_int(row, 0);
    }
    return e;
}

static int count_seen(struct stage *sc, const struct sight *sight, json_t *list)
{
    char reg[REG_ID_MAX] = "";
    int e;

    while (!(e = next_register(sc->e->store, reg))) {
        int64_t n = 0;

        if ((e = count_of_register(sc, sight, reg, &n)) || (e = add_count(sc, reg, n, list)))
            return e;
    }
    return MIN_OF(e, 0);
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

int over_of_audience(struct stage *sc, const char *reg, int64_t audience, over_row_fn *call, void *arg)
{
    char behind[REG_ID_MAX] = "";
    int64_t day = INT64_MIN;
    size_t n;
    int e;

    do {
        ROWS_AUTO *rows = NULL;

        e = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_RECORD_OVER, V_TEXT(reg), V_INT(audience), V_INT(sc->today),
                                     V_INT(day), V_TEXT(behind), V_INT(CHUNK)));
        for (n = 0; !e && (e = rows_next(rows)) > 0; n++) {
            snprintf(behind, sizeof(behind), "%s", rows_text(rows, 0));
            day = rows_int(rows, 4);
            e = call(arg, rows);
        }
    } while (!e && n == CHUNK);
    return e;
}

static int put_row(void *arg, struct rows *row)
{
    return first_put(arg, 0, rows_text(row, 0), "");
}

/* In the order of their numbers, of all registers. */
static int find_over(struct stage *sc, const struct sight *sight, struct first *found)
{
    char reg[REG_ID_MAX] = "";
    int e = first_init(found, sc->arena);

    while (!e && !(e = next_register(sc->e->store, reg))) {
        int64_t audience = 0;

        while (!e && !(e = next_audience(sc, sight, reg, &audience)) && audience)
            e = over_of_audience(sc, reg, audience, put_row, found);
    }
    first_sort(found);
    return MIN_OF(e, 0);
}

static int list_over(struct stage *sc, unsigned max, json_t *list, bool *ret_more)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    struct first found = {.max = max};
    int e = sight_of_person(sc, sc->actor, &sight);

    if (!e)
        e = find_over(sc, sight, &found);
    *ret_more = found.is_cut;
    for (size_t i = 0; !e && i < found.n; i++)
        e = add_row(sc, found.rows[i].id, list);
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
