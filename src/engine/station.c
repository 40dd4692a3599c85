#include "engine/station.h"

#include "engine/inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FOUND_MAX 16 /* former holders of one key that came to an end */

const struct reg *engine_reg_of_stations(const struct engine *e)
{
    const struct pack *packs[ENGINE_PACKS_MAX];
    size_t n = engine_packs(e, packs, ARRAY_LEN(packs));

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < packs[i]->n_regs; k++)
            if (packs[i]->regs[k].stations.key)
                return &packs[i]->regs[k];
    return NULL;
}

/* By the record's own text, whichever that is: 0, STATION_E_NONE (it holds another key by now), STATION_E_OVER, negative. */
static int look(struct stage *sc, const char *id, const char *key)
{
    struct record *r;
    const struct state *state;
    const char *until;
    int32_t day;
    int e = stage_record(sc, id, &r);

    if (e)
        return e > 0 ? STATION_E_NONE : e;
    if (!r->reg->stations.key || strcmp(json_str(r->values, r->reg->stations.key->id), key) != 0)
        return STATION_E_NONE;
    state = procedure_state(r->reg->procedure, r->state);
    if (r->disposed_us || !state || state->is_end)
        return STATION_E_OVER;
    until = r->reg->stations.until ? json_str(r->values, r->reg->stations.until->id) : "";
    if (*until && (day_parse_iso(str_of(until), &day) || day < sc->today))
        return STATION_E_OVER;
    return 0;
}

static int find(struct stage *sc, const struct reg *reg, const char *key, struct station *ret)
{
    ROWS_AUTO *rows = NULL;
    int e = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_INDEX_FIND, V_TEXT(reg->id),
                                     V_TEXT(reg->stations.key->id), V_TEXT(key), V_TEXT(""),
                                     V_INT(FOUND_MAX)));
    int worst = STATION_E_NONE;

    while (!e && (e = rows_next(rows)) > 0) {
        snprintf(ret->id, sizeof(ret->id), "%s", rows_text(rows, 0));
        if ((e = look(sc, ret->id, key)) <= 0)
            return e;
        worst = MAX_OF(worst, e);
        e = 0;
    }
    return e < 0 ? e : worst;
}

int engine_station(struct engine *e, const char *key, uint64_t now_us, struct station *ret)
{
    const struct reg *reg = engine_reg_of_stations(e);
    struct stage sc;
    int r;

    *ret = (struct station){.id = ""};
    if (!reg || strlen(key) != STATION_KEY_HEX - 1)
        return STATION_E_NONE;
    snprintf(ret->key, sizeof(ret->key), "%s", key);
    if (!(r = stage_open(&sc, e, "", now_us))) {
        r = find(&sc, reg, key, ret);
        stage_done(&sc);
    }
    return r;
}

bool engine_station_names(const struct engine *e, const struct station *s, const char *reg,
                          const char *step, const json_t *with, const char **ret_other)
{
    const struct reg *of = engine_reg(e, reg), *stations = engine_reg_of_stations(e);
    const struct procedure *p = of ? of->procedure : NULL;

    for (size_t i = 0; p && stations && i < p->n_steps; i++)
        for (size_t k = 0; !strcmp(p->steps[i].act, step) && k < p->steps[i].n_asks; k++) {
            const struct field *f = p->steps[i].asks[k];

            *ret_other = f->type == FIELD_RECORD && f->reg && !strcmp(f->reg->id, stations->id)
                             ? json_str(with, f->id)
                             : "";
            if (**ret_other && strcmp(*ret_other, s->id) != 0)
                return true;
        }
    return false;
}
