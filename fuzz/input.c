/* Any bytes as what is typed into a field, which the first byte chooses among all that a small directive has; an object or a list of JSON
 * is what a form with rows sends. What is taken is taken again as the same, and what is not taken is explained. */
#include "engine/input.h"
#include "engine/ref.h"
#include "place.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct field *field_of(const struct pack *pack, uint8_t nth,
                                    const struct reg **ret_reg)
{
    size_t n = 0;

    for (size_t i = 0; i < pack->n_regs; i++)
        n += pack->regs[i].n_fields;
    nth = (uint8_t)(nth % n);
    for (const struct reg *reg = pack->regs;; nth = (uint8_t)(nth - reg++->n_fields))
        if (nth < reg->n_fields) {
            *ret_reg = reg;
            return &reg->fields[nth];
        }
}

/* The value, or NULL. */
static json_t *take(struct stage *sc, const struct field *f, const json_t *typed)
{
    JSON_AUTO *problems = json_array();
    json_t *value = NULL;

    if (!problems || input_value(sc, f, typed, NULL, &value, problems))
        abort();
    assert(!value ||
           !json_array_size(problems)); /* not the other way round: nothing may have been typed */
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const json_t *one = json_array_get(problems, i);

        assert(str_starts(str_of(json_str(one, "field")), str_of(f->id)));
        assert(*json_str(json_obj(one, "say"), "ja") && *json_str(json_obj(one, "say"), "en"));
    }
    return value;
}

static void try_field(struct stage *sc, const struct field *f, const json_t *typed)
{
    JSON_AUTO *value = take(sc, f, typed);
    JSON_AUTO *again = value ? take(sc, f, value) : NULL;
    JSON_AUTO *kept = NULL;

    if (!value)
        return;
    assert(json_equal(value, again));
    if (input_coerce(f, value, &kept)) /* it has the shape that its type is kept in */
        abort();
    assert(json_equal(value, kept));
}

static void try_instant(const char *text)
{
    JSON_AUTO *printed = NULL;
    uint64_t us, again;

    if (input_instant(text, PLACE_NOW_US, &us))
        return;
    printed = instant_json(us);
    if (!printed || input_instant(json_string_value(printed), 0, &again) || us != again)
        abort();
}

/* NULL: neither text nor JSON, or with a NUL in it, which no form and no JSON brings. */
static json_t *typed_of(struct str text)
{
    json_t *v = NULL;

    if (!text.len || memchr(text.at, 0, text.len))
        return NULL;
    if ((text.at[0] == '{' || text.at[0] == '[') &&
        !json_parse(text, JSON_LIMITS_DEFAULT, &v, NULL))
        return v;
    return json_stringn(text.at, text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct engine *engine = scenario_play_engine(place_get());
    JSON_AUTO *typed = size ? typed_of((struct str){(const char *)data + 1, size - 1}) : NULL;
    const struct pack *pack;
    const struct field *f;
    const struct reg *reg;
    struct stage sc;

    if (!typed)
        return 0;
    if (engine_packs(engine, &pack, 1) != 1 || stage_open(&sc, engine, "Y", PLACE_NOW_US))
        abort();
    f = field_of(pack, data[0], &reg);
    sc.procedure = reg->procedure;
    try_field(&sc, f, typed);
    if (json_is_string(typed))
        try_instant(json_string_value(typed));
    stage_done(&sc);
    return 0;
}
