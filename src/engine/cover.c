#include "engine/cover.h"

#include "engine/applies.h"
#include "engine/label-of.h"
#include "engine/ref.h"
#include "engine/roles.h"

static int put_heeds(struct stage *sc, const struct pack *p, const json_t *label, json_t *o)
{
    JSON_AUTO *heed = json_array(), *titles = json_array(), *rows = json_array();
    const json_t *row;
    size_t i;
    int e = heed && titles && rows ? applies_heed(sc, p, label, rows) : -ENOMEM;

    json_array_foreach (rows, i, row) {
        json_t *of = json_object_get(row, "of"), *say = json_object_get(row, "say");

        if (!e && ((of && json_array_append(titles, of)) || (say && json_array_append(heed, say))))
            e = -ENOMEM;
    }
    return e || (e = json_put(o, "heed", TAKE(heed))) ? e : json_put(o, "restrictions", TAKE(titles));
}

/* "": nothing stands there. */
static int text_of(struct stage *sc, struct record *r, const struct field *f, const char **ret)
{
    json_t *v = NULL;
    int e = f ? record_value(sc->e->store, r, f, &v) : 0;

    *ret = v && json_is_string(v) ? json_string_value(v) : "";
    return e;
}

/* What that record is called, in full; its number where it is not in sight. */
static int called(struct stage *sc, const struct sight *sight, const char *id, const char **ret)
{
    struct record *r;
    int e = stage_record(sc, id, &r), seen;

    *ret = id;
    if (e)
        return MIN_OF(e, 0);
    if ((seen = sight_of_record(sc, sight, r)) > 0)
        *ret = record_name_in_full(sc, r);
    return *ret ? MIN_OF(seen, 0) : -ENOMEM;
}

/* Whoever the record names as who receives it. */
static int put_receiver(struct stage *sc, const struct sight *sight, struct record *by, json_t *o)
{
    const struct cover_of *c = &by->reg->cover;

    for (size_t i = 0; i < c->n_to; i++) {
        const struct person *person;
        const char *id, *name;
        int e = text_of(sc, by, c->to[i], &id);

        if (e)
            return e;
        if (!*id)
            continue;
        if (c->to[i]->type == FIELD_TEXT)
            return json_put_str(o, "to", id);
        if (c->to[i]->type == FIELD_PERSON)
            return json_put_str(o, "to", (person = force_person(sc->e->force, id)) ? person->name : id);
        return (e = called(sc, sight, id, &name)) ? e : json_put_str(o, "to", name);
    }
    return json_put_str(o, "to", "");
}

static int put_cover(struct stage *sc, const struct sight *sight, struct record *by, struct record *what, json_t *o)
{
    const struct unit *unit = force_unit(sc->e->force, by->unit);
    const char *notes;
    json_t *label;
    int e = text_of(sc, by, by->reg->cover.notes, &notes);

    if (e)
        return e;
    if (!(label = label_json(sc, what)))
        return -ENOMEM;
    if (json_put(o, "label", label) || json_put_str(o, "record", what->id) || json_put_str(o, "by", by->id) || json_put_int(o, "at", (int64_t)sc->now_us) ||
        json_put(o, "unit", text2_json(unit ? (struct text2){unit->name_ja, unit->name_en} : (struct text2){"", ""})) ||
        json_put_str(o, "notes", notes))
        return -ENOMEM;
    return put_receiver(sc, sight, by, o) ?: put_heeds(sc, what->reg->pack, label, o);
}

static int cover(struct stage *sc, const char *record, json_t **ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    JSON_AUTO *o = json_object();
    const struct cover_of *c;
    struct record *by, *what;
    int e = o ? stage_seen(sc, record, &sight) : -ENOMEM;

    if (e)
        return e;
    by = what = sc->hand;
    c = &by->reg->cover;
    if (!c->is_any || !by->reg->label)
        return ENGINE_COVER_E_NONE;
    if (c->of) {
        if ((e = stage_record(sc, json_str(by->values, c->of->id), &what)))
            return e;
        if ((e = sight_of_record(sc, sight, what)) <= 0)
            return e ? e : 1;
        if (!what->reg->label)
            return ENGINE_COVER_E_NONE;
    }
    if ((e = put_cover(sc, sight, by, what, o)))
        return e;
    *ret = TAKE(o);
    return 0;
}

int engine_cover(struct engine *e, const char *person, const char *record, uint64_t now_us, json_t **ret)
{
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    *ret = NULL;
    if (!r)
        r = cover(&sc, record, ret);
    stage_done(&sc);
    return r;
}
