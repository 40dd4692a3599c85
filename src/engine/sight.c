/* Sight: a record belongs to one audience (its register's label and range, with the units and persons that its fields name); a
 * person has keys. label/audience.h compares the two. */
#include "engine/inside.h"

#define APPOINTMENTS_MAX 64
#define KEYS_MAX 4096

struct keys {
    const char **at;
    size_t n;
};

static int add_key(struct keys *k, const char *key)
{
    if (!key)
        return -ENOMEM;
    if (k->n == KEYS_MAX)
        return -E2BIG;
    k->at[k->n++] = key;
    return 0;
}

static int keys_open(struct stage *sc, struct keys *k)
{
    *k = (struct keys){arena_alloc_n(sc->arena, KEYS_MAX, sizeof(*k->at)), 0};
    return k->at ? 0 : -ENOMEM;
}

/* ---- what a person may see ---- */

static int add_role_keys(struct stage *sc, const struct person *person, struct keys *k)
{
    JSON_AUTO *roles = NULL;
    int r = roles_of(sc, person, &roles);

    for (size_t i = 0; !r && i < json_array_size(roles); i++) {
        const json_t *o = json_array_get(roles, i);

        r = add_key(k, admit_role(sc->arena, json_str(o, "role"), json_str(o, "unit")));
    }
    return r;
}

static int add_unit_keys(struct stage *sc, const struct person *person, struct keys *k)
{
    const struct appointment *held[APPOINTMENTS_MAX];
    size_t n = force_appointments(sc->e->force, person, sc->today, held, ARRAY_LEN(held));
    int r = 0;

    n = MIN_OF(n, ARRAY_LEN(held));
    for (size_t i = 0; i < n; i++)
        for (const struct unit *u = held[i]->unit; !r && u; u = u->parent) {
            r = add_key(k, admit_unit(sc->arena, u->id));
            for (size_t m = 0; !r && m < u->n_kinds; m++)
                r = add_key(k, admit_unit_kind(sc->arena, u->kinds[m]));
        }
    return r;
}

static bool is_here(const struct stage *sc, const struct person *person)
{
    return person && person->from_day <= sc->today && person->to_day >= sc->today;
}

bool reg_is_open_to(const struct stage *sc, const struct reg *reg, const struct person *person)
{
    for (size_t i = 0; reg->range && i < reg->range->n_readers; i++)
        if (reg->range->readers[i].kind == READER_EVERYONE)
            return is_here(sc, person);
    return false;
}

int sight_of_person(struct stage *sc, const struct person *person, struct sight **ret)
{
    bool here = is_here(sc, person);
    struct keys k;
    int r = keys_open(sc, &k);

    if (!r)
        r = audience_table_refresh(sc->e->audiences, sc->e->store, NULL, NULL);
    if (!r && here)
        r = add_key(&k, LABEL_EVERYONE);
    if (!r && here)
        r = add_key(&k, admit_person(sc->arena, person->id));
    if (!r && here)
        r = add_role_keys(sc, person, &k);
    if (!r && here)
        r = add_unit_keys(sc, person, &k);
    return r ? ERR_FOLD(r) : sight_new(sc->e->audiences, k.at, k.n, ret);
}

int sight_of_record(struct stage *sc, const struct sight *sight, const struct record *r)
{
    return r->audience && sight_may_see(sight, r->audience);
}

/* ---- making audiences ---- */

/* The values of a field as texts: one, or each of a list. */
struct texts {
    const json_t *value;
    size_t n;
};

static struct texts texts_of(const struct record *r, const struct field *f)
{
    const json_t *v = f ? json_object_get(r->values, f->id) : NULL;

    return (struct texts){v, json_is_array(v) ? json_array_size(v) : v ? 1 : 0};
}

static const char *text_at(struct texts t, size_t i)
{
    const char *s = json_string_value(json_is_array(t.value) ? json_array_get(t.value, i) : t.value);

    return s ? s : "";
}

static int add_role_reader(struct stage *sc, const struct record *r, const struct reader *reader, struct keys *k)
{
    char *key = role_key(sc->arena, r->reg, reader->role);
    const struct field *f = *reader->field ? reg_field(r->reg, reader->field) : NULL;
    struct texts units = texts_of(r, f ? f : r->reg->unit_field);
    int e = key ? 0 : -ENOMEM;

    if (!e && !reader->role->per_unit)
        return add_key(k, admit_role(sc->arena, key, ""));
    for (size_t i = 0; !e && i < units.n; i++)
        e = add_key(k, admit_role(sc->arena, key, text_at(units, i)));
    return e;
}

static int add_reader(struct stage *sc, const struct record *r, const struct reader *reader, struct keys *k)
{
    struct texts persons;
    int e = 0;

    switch (reader->kind) {
    case READER_EVERYONE:
        return add_key(k, LABEL_EVERYONE);
    case READER_UNIT_KIND:
        return add_key(k, admit_unit_kind(sc->arena, reader->unit_kind));
    case READER_PERSON:
        persons = texts_of(r, reg_field(r->reg, reader->field));
        for (size_t i = 0; !e && i < persons.n; i++)
            e = add_key(k, admit_person(sc->arena, text_at(persons, i)));
        return e;
    case READER_ROLE:
        return add_role_reader(sc, r, reader, k);
    }
    return -EINVAL;
}

static int make_label(struct stage *sc, const struct record *r, struct keys *k, struct label *ret)
{
    const struct label_def *l = r->reg->label;
    struct label_set restrictions, range;
    int e = label_set_make(sc->arena, (const char *const *)l->restrictions, l->n_restrictions, &restrictions);

    if (!e)
        e = label_set_make(sc->arena, k->at, k->n, &range);
    if (!e)
        e = label_make(sc->arena, l->confidentiality, l->integrity, l->availability, restrictions, &range, 1, ret);
    return ERR_FOLD(e);
}

int audience_of(struct stage *sc, struct record *r)
{
    const struct range *range = r->reg->range;
    struct audience au = {.label_id = arena_printf(sc->arena, "%s/%s", r->reg->pack->id, r->reg->label->id)};
    struct keys k;
    int e = keys_open(sc, &k);

    for (size_t i = 0; !e && range && i < range->n_readers; i++)
        e = add_reader(sc, r, &range->readers[i], &k);
    if (!e)
        e = au.label_id ? make_label(sc, r, &k, &au.label) : -ENOMEM;
    if (!e)
        e = audience_intern(sc->e->store, &au, &r->audience);
    return ERR_FOLD(e);
}
