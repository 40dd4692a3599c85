#include "engine/leaving.h"

#include "engine/inside.h"

#include <errno.h>
#include <string.h>

/* A step that enters what left, and what it is told. */
struct entering {
    const struct reg *reg;
    const struct step *step;
    const struct field *way, *what, *digest; /* digest: NULL, it asks for none */
};

static bool has_choice(const struct field *f, const char *id)
{
    for (size_t i = 0; i < f->n_choices; i++)
        if (!strcmp(f->choices[i].id, id))
            return true;
    return false;
}

static bool enters(const struct reg *reg, const struct step *st, const char *way, struct entering *ret)
{
    *ret = (struct entering){.reg = reg, .step = st};
    for (size_t i = 0; st->makes_record && i < st->n_asks; i++) {
        const struct field *f = st->asks[i];

        if (f->type == FIELD_CHOICE && (f->measured & MEASURED_PROGRAM) && has_choice(f, way))
            ret->way = f;
        else if (f->type == FIELD_TEXT && (f->measured & MEASURED_PROGRAM))
            ret->digest = f;
        else if (f->type == FIELD_RECORD && f->reg && !ret->what)
            ret->what = f;
    }
    return ret->way && ret->what;
}

/* The record of that register which this one is, or names. "" none. */
static int counted(struct stage *sc, const struct entering *en, const char *way, const char *id, const char **ret)
{
    const struct reg *reg = engine_reg_of_id(sc->e, id);
    struct record *r;
    int e;

    *ret = "";
    if (reg && !strcmp(reg->id, en->what->reg->id)) {
        *ret = id;
        return 0;
    }
    if (strcmp(way, "file") != 0 || (e = stage_record(sc, id, &r)) > 0)
        return 0;
    for (size_t i = 0; !e && !**ret && i < r->reg->n_fields; i++) {
        const struct field *f = &r->reg->fields[i];
        json_t *v = NULL;

        if (f->type != FIELD_RECORD || !f->reg || strcmp(f->reg->id, en->what->reg->id) != 0)
            continue;
        if (!(e = record_value(sc->e->store, r, f, &v)) && json_is_string(v) && !(*ret = arena_strdup(sc->arena, str_of(json_string_value(v)))))
            e = -ENOMEM;
    }
    return e;
}

/* {id: true} of what is a copy of something that is counted. */
static int find_counted(struct engine *e, const char *person, const struct entering *en, const char *way, const json_t *records, uint64_t now_us, json_t *found)
{
    json_t *each = (json_t *)(uintptr_t)records, *v;
    const char *id, *what;
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    json_object_foreach (each, id, v)
        if (!r && !(r = counted(&sc, en, way, id, &what)) && *what)
            r = json_put_flag(found, what, true);
    stage_done(&sc);
    return r;
}

static int enter_one(struct engine *e, struct log *log, const char *person, const struct entering *en, const char *way, const char *what, const char *digest,
                     uint64_t now_us, json_t **ret_outcome)
{
    JSON_AUTO *with = json_pack("{s:s, s:s}", en->what->id, what, en->way->id, way);
    JSON_AUTO *outcome = NULL;
    struct act act = {.person = person, .reg = en->reg->id, .step = en->step->act, .record = "", .with = with, .signs = "", .measured = MEASURED_PROGRAM, .now_us = now_us};
    int r = with ? 0 : -ENOMEM;

    if (!r && en->digest && *digest)
        r = json_put_str(with, en->digest->id, digest);
    if (r || (r = engine_act(e, log, &act, &outcome)))
        return r;
    if (!strcmp(json_str(outcome, "result"), "allowed"))
        return 0;
    *ret_outcome = TAKE(outcome);
    return LEAVING_E_REFUSED;
}

static int enter_all(struct engine *e, struct log *log, const char *person, const struct entering *en, const char *way, const json_t *records, const char *digest,
                     uint64_t now_us, json_t **ret_outcome)
{
    JSON_AUTO *found = json_object();
    const char *what;
    json_t *v;
    int r = found ? find_counted(e, person, en, way, records, now_us, found) : -ENOMEM;

    if (!r && json_object_size(found) > LEAVING_MAX)
        return LEAVING_E_MANY;
    json_object_foreach (found, what, v)
        r = r ? r : enter_one(e, log, person, en, way, what, digest, now_us, ret_outcome);
    return r;
}

int engine_leaving(struct engine *e, struct log *log, const char *person, const char *way, const json_t *records, const char *digest, uint64_t now_us,
                   json_t **ret_outcome)
{
    const struct pack *packs[ENGINE_PACKS_MAX];
    size_t n = engine_packs(e, packs, ARRAY_LEN(packs));
    int r = 0;

    *ret_outcome = NULL;
    for (size_t i = 0; i < MIN_OF(n, ARRAY_LEN(packs)); i++)
        for (size_t k = 0; k < packs[i]->n_regs; k++) {
            const struct reg *reg = &packs[i]->regs[k];
            struct entering en;

            if (!reg->procedure || engine_reg(e, reg->id) != reg) /* a text that is over, or to come */
                continue;
            for (size_t s = 0; !r && s < reg->procedure->n_steps; s++)
                if (enters(reg, &reg->procedure->steps[s], way, &en))
                    r = enter_all(e, log, person, &en, way, records, digest, now_us, ret_outcome);
        }
    return r;
}
