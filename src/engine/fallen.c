#include "engine/fallen.h"

#include "engine/label-of.h"

#define SEALED "_fallen"

/* Of a register that takes no label from its fields what it holds can fall alone; who reads it is its own matter. */
static int held_has_fallen(struct stage *sc, const struct record *r)
{
    struct audience before;
    struct label after;
    int e;

    if (!r->is_lowered || !r->stored_version || !r->audience || r->is_leaving)
        return 0;
    if (!(e = ERR_FOLD(audience_get(sc->e->store, r->audience, sc->arena, &before, NULL))))
        e = label_of(sc, r, &after);
    return e ? e : after.confidentiality < before.label.confidentiality || !label_set_within(before.label.restrictions, after.restrictions);
}

static int note_one(struct stage *sc, struct record *r)
{
    JSON_AUTO *list = NULL;
    JSON_AUTO *one = json_pack("{s:I, s:I, s:I}", "version", (json_int_t)r->version, "t", (json_int_t)(sc->entry_us ? sc->entry_us : sc->now_us), "audience",
                               (json_int_t)r->audience);
    char commit[2 * SHA256_SIZE + 1];
    int e = one ? fallen_list(sc, r, &list) : -ENOMEM;

    if (!e && !list && !(list = json_array()))
        e = -ENOMEM;
    if (!e && json_array_append(list, one))
        e = -ENOMEM;
    return e ? e : record_seal_aside(sc->e->store, r, SEALED, list, commit);
}

int fallen_note(struct stage *sc)
{
    int e = 0;

    for (size_t i = 0; !e && i < sc->n_records; i++) {
        struct record *r = sc->records[i];

        e = r->reg->has_label_from ? label_has_fallen(sc, r) : held_has_fallen(sc, r);
        if (e > 0)
            e = note_one(sc, r);
    }
    return e;
}

int fallen_list(struct stage *sc, struct record *r, json_t **ret)
{
    *ret = NULL;
    return r->disposed_us ? 0 : record_open_aside(sc->e->store, r, SEALED, ret);
}

/* 1: he may see the record by that label. */
static int may_see(struct stage *sc, const struct sight *sight, const struct record *r, int64_t audience)
{
    struct release_question q = release_ask(sc->e, r->reg->pack, sc->e->asked_by);
    struct audience au;
    int e = ERR_FOLD(audience_get(sc->e->store, audience, sc->arena, &au, NULL));

    q.label = &au.label;
    q.audience = audience;
    q.sight = sight;
    return e ? e : release_decide(&q) == RELEASE_ALLOWED;
}

/* By whichever of the two the record counts. */
static int tells(struct stage *sc, const struct sight *sight, const struct record *r, const json_t *list, const char *by, int64_t at)
{
    int e = 1;

    for (size_t i = 0; e == 1 && i < json_array_size(list); i++) {
        const json_t *fall = json_array_get(list, i);

        if (at <= json_int(fall, by))
            e = may_see(sc, sight, r, json_int(fall, "audience"));
    }
    return e;
}

int fallen_tells_version(struct stage *sc, const struct sight *sight, const struct record *r, const json_t *list, int64_t version)
{
    return tells(sc, sight, r, list, "version", version);
}

int fallen_tells_instant(struct stage *sc, const struct sight *sight, const struct record *r, const json_t *list, uint64_t t_us)
{
    return tells(sc, sight, r, list, "t", (int64_t)t_us);
}

int fallen_tells_file(struct stage *sc, const struct sight *sight, struct record *r, const char *file)
{
    JSON_AUTO *list = NULL;
    const char *name;
    json_t *commit;
    int told = 1, e = fallen_list(sc, r, &list);

    if (e || !list)
        return e ? e : 1;
    json_object_foreach (r->commits, name, commit) {
        const struct field *f = record_field(sc->arena, r->reg, name);
        const char *at = strchr(name, '@');
        json_t *v = NULL;
        int64_t version;

        if (!f || f->type != FIELD_FILE)
            continue;
        if ((e = record_value(sc->e->store, r, f, &v)))
            return e;
        if (strcmp(json_str(v, "id"), file) != 0)
            continue;
        if (!at)
            return 1;
        if (str_to_i64(str_of(at + 1), 1, INT64_MAX, &version))
            return -EBADMSG;
        if ((e = fallen_tells_version(sc, sight, r, list, version)) < 0)
            return e;
        told = told && e;
    }
    return told;
}
