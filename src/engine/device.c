#include "engine/device.h"

#include "engine/inside.h"

#include <stdio.h>
#include <string.h>

#define FOUND_MAX 16 /* former holders of one certificate that came to an end */

const struct reg *engine_reg_of_pages(const struct engine *e)
{
    const struct pack *packs[ENGINE_PACKS_MAX];
    size_t n = engine_packs(e, packs, ARRAY_LEN(packs));

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < packs[i]->n_regs; k++)
            if (packs[i]->regs[k].pages.key)
                return &packs[i]->regs[k];
    return NULL;
}

bool engine_devices_are_required(const struct engine *e)
{
    return *engine_setting(e, META_DEVICES) != '\0';
}

void engine_ask_from(struct engine *e, const char *device)
{
    e->asked_from = device;
}

/* By the record's own text, whichever that is: 0, DEVICE_E_NONE (it holds another one by now), DEVICE_E_OVER, negative. */
static int look(struct stage *sc, const char *id, const char *certificate)
{
    struct record *r;
    const struct state *state;
    const char *until;
    int32_t day;
    int e = stage_record(sc, id, &r);

    if (e)
        return e > 0 ? DEVICE_E_NONE : e;
    if (!r->reg->pages.key || strcmp(json_str(r->values, r->reg->pages.key->id), certificate) != 0)
        return DEVICE_E_NONE;
    state = procedure_state(r->reg->procedure, r->state);
    if (r->disposed_us || !state || state->is_end)
        return DEVICE_E_OVER;
    until = r->reg->pages.until ? json_str(r->values, r->reg->pages.until->id) : "";
    if (*until && (day_parse_iso(str_of(until), &day) || day < sc->today))
        return DEVICE_E_OVER;
    return 0;
}

static int find(struct stage *sc, const struct reg *reg, const char *certificate, struct device *ret)
{
    ROWS_AUTO *rows = NULL;
    int e = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_INDEX_FIND, V_TEXT(reg->id), V_TEXT(reg->pages.key->id), V_TEXT(certificate), V_TEXT(""),
                                     V_INT(FOUND_MAX)));
    int worst = DEVICE_E_NONE;

    while (!e && (e = rows_next(rows)) > 0) {
        const char *id = rows_text(rows, 0);

        e = look(sc, id, certificate);
        if (e <= 0 || e > worst || !*ret->id)
            snprintf(ret->id, sizeof(ret->id), "%s", e == DEVICE_E_NONE ? "" : id);
        if (e <= 0)
            return e;
        worst = MAX_OF(worst, e);
        e = 0;
    }
    return e < 0 ? e : worst;
}

int engine_device(struct engine *e, const char *certificate, uint64_t now_us, struct device *ret)
{
    const struct reg *reg = engine_reg_of_pages(e);
    struct stage sc;
    int r;

    *ret = (struct device){.id = ""};
    if (!reg || strlen(certificate) != DEVICE_CERTIFICATE_SIZE - 1)
        return DEVICE_E_NONE;
    if (!(r = stage_open(&sc, e, "", now_us)))
        r = find(&sc, reg, certificate, ret);
    stage_done(&sc);
    return r;
}
