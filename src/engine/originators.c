#include "engine/originators.h"

#include "engine/label-of.h"
#include "engine/ref.h"
#include "engine/roles.h"

#define PERSON "person:"
#define UNIT "unit:"
#define RECORD "record:"

struct following {
    struct stage *sc;
    const struct sight *sight;
    struct keys names;
    const struct record *records[ORIGINATORS_FOLLOWED];
    size_t n_records, n_done;
    bool is_cut;
};

static int name(struct following *f, const char *kind, const char *id)
{
    CLEANUP(buf_done) struct buf text = {0};
    int e;

    if (f->names.n == LABEL_SET_MAX) {
        f->is_cut = true;
        return 0;
    }
    buf_init(&text, 4096);
    e = buf_printf(&text, "%s%s", kind, id);
    return e ? e : keys_add(&f->names, arena_strdup(f->sc->arena, buf_str(&text)));
}

/* Once: whoever names one that was followed says no more by it. */
static void follow(struct following *f, const struct record *r)
{
    for (size_t i = 0; i < f->n_records; i++)
        if (f->records[i] == r)
            return;
    if (f->n_records == ORIGINATORS_FOLLOWED)
        f->is_cut = true;
    else
        f->records[f->n_records++] = r;
}

static int take_record(struct following *f, const char *id)
{
    struct record *r;
    int e = stage_record(f->sc, id, &r);

    if (!e)
        e = sight_of_record(f->sc, f->sight, r);
    else
        return MIN_OF(e, 0);
    if (e <= 0)
        return e;
    if (!r->reg->label_from.n_originators)
        return name(f, RECORD, id);
    follow(f, r);
    return 0;
}

static int take_value(struct following *f, const struct field *field, const json_t *v)
{
    enum field_type type = field->type == FIELD_LIST ? field->fields[0].type : field->type;
    const char *id = json_string_value(v);

    if (!id || !*id)
        return 0;
    return type == FIELD_RECORD ? take_record(f, id) : name(f, type == FIELD_UNIT ? UNIT : PERSON, id);
}

static int take_fields(struct following *f, const struct record *r)
{
    const struct label_from *l = &r->reg->label_from;
    int e = 0;

    for (size_t i = 0; !e && i < l->n_originators; i++) {
        const json_t *v = json_object_get(r->values, l->originators[i]->id);

        if (!json_is_array(v))
            e = take_value(f, l->originators[i], v);
        for (size_t k = 0; !e && k < json_array_size(v); k++)
            e = take_value(f, l->originators[i], json_array_get(v, k));
    }
    return e;
}

int originators_of(struct stage *sc, const struct sight *sight, const struct record *r, struct label_set *ret, bool *ret_is_cut)
{
    struct following *f = arena_alloc(sc->arena, sizeof(*f));
    int e = f ? keys_open(sc, &f->names) : -ENOMEM;

    if (e)
        return e;
    f->sc = sc;
    f->sight = sight;
    f->n_records = f->n_done = 0;
    f->is_cut = false;
    follow(f, r);
    while (!e && f->n_done < f->n_records)
        e = take_fields(f, f->records[f->n_done++]);
    *ret_is_cut = f->is_cut;
    return e ? e : ERR_FOLD(label_set_make(sc->arena, f->names.at, f->names.n, ret));
}

static json_t *one_json(struct stage *sc, const char *word)
{
    struct record *r;

    if (!strncmp(word, UNIT, strlen(UNIT)))
        return json_pack("{s:s}", "unit", word + strlen(UNIT));
    if (!strncmp(word, PERSON, strlen(PERSON)))
        return json_pack("{s:s}", "person", word + strlen(PERSON));
    word += strlen(RECORD);
    return stage_record(sc, word, &r) ? NULL : json_pack("{s:s, s:s}", "record", word, "name", record_name(sc, r));
}

int originators_put(struct stage *sc, const struct sight *sight, const struct record *r, json_t *o)
{
    JSON_AUTO *list = json_array();
    struct label_set all;
    bool is_cut;
    int e = list ? 0 : -ENOMEM;

    if (!r->reg->label_from.n_originators)
        return e;
    if (!e)
        e = originators_of(sc, sight, r, &all, &is_cut);
    for (size_t i = 0; !e && i < all.n; i++)
        e = json_array_append_new(list, one_json(sc, all.at[i])) ? -ENOMEM : 0;
    if (!e && is_cut)
        e = json_put_flag(o, "originators_cut", true);
    return e ? e : json_put(o, "originators", TAKE(list));
}
