/* What a view says of other records. */
#include "engine/view-link.h"

#include "engine/ref.h"

/* ---- those that name this one ---- */

#define LINKS_MAX 200       /* shown */
#define LINKS_READ_MAX 100000 /* of one field, among them those out of sight */

static bool may_name(const struct field *f, const struct reg *reg)
{
    if (f->type == FIELD_LIST && f->n_fields == 1)
        f = &f->fields[0];
    return f->type == FIELD_RECORD && (!f->reg || !strcmp(f->reg->id, reg->id));
}

static int add_links(struct stage *sc, const struct sight *sight, const struct record *to, const struct reg *reg,
                     const struct field *f, json_t *list)
{
    ROWS_AUTO *rows = NULL;
    int e = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_INDEX_FIND, V_TEXT(reg->id), V_TEXT(f->id), V_TEXT(to->id),
                                     V_TEXT(""), V_INT(LINKS_READ_MAX)));

    if (e)
        return e;
    while (json_array_size(list) < LINKS_MAX && (e = rows_next(rows)) > 0) {
        struct record *r;
        json_t *one;

        if (!sight_may_see(sight, rows_int(rows, 1)))
            continue;
        if ((e = stage_record(sc, rows_text(rows, 0), &r)) < 0)
            return e;
        if (e)
            continue;
        one = json_pack("{s:s, s:o, s:s, s:s, s:s, s:o, s:s}", "reg", reg->id, "reg_title", text2_json(reg->title), "id",
                        r->id, "name", record_name(sc, r), "state", r->state, "state_title",
                        text2_json(state_title(r->reg, r->state)), "field", f->id);
        if (!one || json_array_append_new(list, one))
            return -ENOMEM;
    }
    return MIN_OF(e, 0);
}

int view_put_links(struct stage *sc, const struct sight *sight, const struct record *r, json_t *o)
{
    const struct reg *now = engine_reg_on(sc->e, r->reg->id, sc->today);
    const struct pack *p = (now ? now : r->reg)->pack;
    JSON_AUTO *list = json_array();
    int e = list ? 0 : -ENOMEM;

    for (size_t i = 0; !e && i < p->n_regs; i++)
        for (size_t k = 0; !e && k < p->regs[i].n_fields; k++)
            if (may_name(&p->regs[i].fields[k], r->reg))
                e = add_links(sc, sight, r, &p->regs[i], &p->regs[i].fields[k], list);
    return e ? e : json_put(o, "links", json_incref(list));
}

/* ---- those that this one names ---- */

#define NAMED_MAX 1000

static int add_named(const struct field *f, const json_t *v, json_t *ids);

static int add_named_of_row(const struct field *f, const json_t *row, json_t *ids)
{
    int e = 0;

    for (size_t i = 0; !e && i < f->n_fields; i++)
        e = add_named(&f->fields[i], json_object_get(row, f->fields[i].id), ids);
    return e;
}

/* As the keys of `ids`: each once. */
static int add_named(const struct field *f, const json_t *v, json_t *ids)
{
    const char *id = f->type == FIELD_RECORD ? json_string_value(v) : NULL;
    int e = 0;

    if (id && *id && json_object_size(ids) < NAMED_MAX)
        return json_put_flag(ids, id, true);
    for (size_t i = 0; !e && i < json_array_size(v); i++)
        if (f->type == FIELD_GROUP)
            e = add_named_of_row(f, json_array_get(v, i), ids);
        else if (f->type == FIELD_LIST)
            e = add_named(&f->fields[0], json_array_get(v, i), ids);
    return e;
}

static int named_in_corrections(const struct reg *reg, const json_t *o, json_t *ids)
{
    const json_t *list = json_arr(o, "corrections");
    int e = 0;

    for (size_t i = 0; !e && i < json_array_size(list); i++) {
        const json_t *fields = json_arr(json_array_get(list, i), "fields");

        for (size_t k = 0; !e && k < json_array_size(fields); k++) {
            const json_t *one = json_array_get(fields, k);
            const struct field *f = reg_field(reg, json_str(one, "field"));

            e = f ? add_named(f, json_object_get(one, "was"), ids) : 0;
        }
    }
    return e;
}

static int named_in(const struct reg *reg, const json_t *o, json_t *ids)
{
    int e = 0;

    for (size_t i = 0; !e && i < reg->n_fields; i++) {
        const struct field *f = &reg->fields[i];

        e = add_named(f, json_object_get(json_obj(o, "values"), f->id), ids);
        if (!e)
            e = add_named(f, json_object_get(json_obj(o, "personal"), f->id), ids);
    }
    return e ? e : named_in_corrections(reg, o, ids);
}

static int name_one(struct stage *sc, const char *reg, const char *id, json_t *list)
{
    struct record *r = NULL;
    int e = stage_record(sc, id, &r);
    json_t *one = e < 0 ? NULL : json_pack("{s:s, s:s, s:s}", "reg", reg, "id", id, "name", e ? id : record_name(sc, r));

    if (e < 0)
        return e;
    return one && !json_array_append_new(list, one) ? 0 : -ENOMEM;
}

static int ids_in_sight(struct stage *sc, const struct sight *sight, const json_t *ids, json_t *list)
{
    CLEANUP(buf_done) struct buf text = {0};
    ROWS_AUTO *rows = NULL;
    int e;

    buf_init(&text, (size_t)1 << 20);
    if ((e = ERR_FOLD(json_canonical(ids, &text, NULL))) ||
        (e = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_RECORD_AUDIENCES, V_STR(buf_str(&text))))))
        return e;
    while ((e = rows_next(rows)) > 0)
        if (rows_int(rows, 2) && sight_may_see(sight, rows_int(rows, 2)) &&
            (e = name_one(sc, rows_text(rows, 1), rows_text(rows, 0), list)))
            return e;
    return e;
}

static int named_ones(struct stage *sc, const json_t *ids, json_t **ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    JSON_AUTO *list = json_array();
    int e = list ? 0 : -ENOMEM;

    if (!e && sc->actor && json_object_size(ids))
        e = sight_of_person(sc, sc->actor, &sight);
    if (!e && sight)
        e = ids_in_sight(sc, sight, ids, list);
    if (!e)
        *ret = TAKE(list);
    return e;
}

int engine_named(struct engine *e, const char *person, const json_t *ids, uint64_t now_us, json_t **ret)
{
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    if (!r)
        r = named_ones(&sc, ids, ret);
    stage_done(&sc);
    return r;
}

int view_put_named(struct stage *sc, const struct sight *sight, const struct reg *reg, json_t *o)
{
    JSON_AUTO *ids = json_object();
    JSON_AUTO *list = json_array();
    int e = ids && list ? named_in(reg, o, ids) : -ENOMEM;

    if (!e && json_object_size(ids))
        e = ids_in_sight(sc, sight, ids, list);
    return e ? e : json_put(o, "named", json_incref(list));
}
