#include "engine/label-of.h"

#include "engine/holding.h"
#include "engine/ref.h"

#include <errno.h>

int keys_add(struct keys *k, const char *key)
{
    if (!key)
        return -ENOMEM;
    if (k->n == KEYS_MAX)
        return -E2BIG;
    k->at[k->n++] = key;
    return 0;
}

int keys_open(struct stage *sc, struct keys *k)
{
    *k = (struct keys){arena_alloc_n(sc->arena, KEYS_MAX, sizeof(*k->at)), 0};
    return k->at ? 0 : -ENOMEM;
}

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

/* ---- the register's range ---- */

static int add_role_reader(struct stage *sc, const struct record *r, const struct reader *reader, struct keys *k)
{
    char *key = role_key(sc->arena, r->reg, reader->role);
    const struct field *f = *reader->field ? reg_field(r->reg, reader->field) : NULL;
    struct texts units = texts_of(r, f ? f : r->reg->unit_field);
    int e = key ? 0 : -ENOMEM;

    if (!e && !reader->role->per_unit)
        return keys_add(k, admit_role(sc->arena, key, ""));
    for (size_t i = 0; !e && i < units.n; i++)
        e = keys_add(k, admit_role(sc->arena, key, text_at(units, i)));
    return e;
}

static int add_persons(struct stage *sc, struct texts persons, struct keys *k)
{
    int e = 0;

    for (size_t i = 0; !e && i < persons.n; i++)
        e = keys_add(k, admit_person(sc->arena, text_at(persons, i)));
    return e;
}

static int add_reader(struct stage *sc, const struct record *r, const struct reader *reader, struct keys *k)
{
    switch (reader->kind) {
    case READER_EVERYONE:
        return keys_add(k, LABEL_EVERYONE);
    case READER_UNIT_KIND:
        return keys_add(k, admit_unit_kind(sc->arena, reader->unit_kind));
    case READER_PERSON:
        return add_persons(sc, texts_of(r, reg_field(r->reg, reader->field)), k);
    case READER_ROLE:
        return add_role_reader(sc, r, reader, k);
    }
    return -EINVAL;
}

static int register_range(struct stage *sc, const struct record *r, struct label_set *ret)
{
    const struct range *range = r->reg->range;
    struct keys k;
    int e = keys_open(sc, &k);

    for (size_t i = 0; !e && range && i < range->n_readers; i++)
        e = add_reader(sc, r, &range->readers[i], &k);
    return e ? e : ERR_FOLD(label_set_make(sc->arena, k.at, k.n, ret));
}

/* ---- fields ---- */

static enum field_type element_type(const struct field *f)
{
    return f->type == FIELD_LIST ? f->fields[0].type : f->type;
}

static int field_range(struct stage *sc, const struct record *r, const struct label_from *l, struct keys *k)
{
    int e = 0;

    for (size_t i = 0; !e && i < l->n[LABEL_RANGE]; i++) {
        const struct field *f = l->fields[LABEL_RANGE][i];
        struct texts named = texts_of(r, f);

        if (element_type(f) == FIELD_PERSON)
            e = add_persons(sc, named, k);
        else
            for (size_t m = 0; !e && m < named.n; m++)
                e = keys_add(k, admit_unit(sc->arena, text_at(named, m)));
    }
    return e;
}

/* The highest of the axis' fields; 0: all are empty. */
static int level_of(const struct record *r, const struct label_from *l, enum label_axis axis)
{
    int level = 0;

    for (size_t i = 0; i < l->n[axis]; i++) {
        struct texts t = texts_of(r, l->fields[axis][i]);

        if (t.n)
            level = MAX_OF(level, field_level(l->fields[axis][i], text_at(t, 0)));
    }
    return level;
}

static int field_restrictions(struct stage *sc, const struct record *r, const struct label_from *l, struct label_set *ret)
{
    struct keys k;
    int e = keys_open(sc, &k);

    for (size_t i = 0; !e && i < l->n[LABEL_RESTRICTIONS]; i++) {
        struct texts t = texts_of(r, l->fields[LABEL_RESTRICTIONS][i]);

        for (size_t m = 0; !e && m < t.n; m++)
            e = keys_add(&k, text_at(t, m));
    }
    return e ? e : ERR_FOLD(label_set_make(sc->arena, k.at, k.n, ret));
}

static int field_label(struct stage *sc, const struct record *r, const struct label_from *l, struct label *ret)
{
    int c = l->n[LABEL_CONFIDENTIALITY] ? level_of(r, l, LABEL_CONFIDENTIALITY) : 1;
    struct label_set restrictions, range;
    struct keys k;
    int e = keys_open(sc, &k);

    if (!e)
        e = field_restrictions(sc, r, l, &restrictions);
    if (!e)
        e = field_range(sc, r, l, &k);
    if (!e)
        e = ERR_FOLD(label_set_make(sc->arena, k.at, k.n, &range));
    return e ? e
             : ERR_FOLD(label_make(sc->arena, c ? c : 2, MAX_OF(level_of(r, l, LABEL_INTEGRITY), 1),
                                   MAX_OF(level_of(r, l, LABEL_AVAILABILITY), 1), restrictions, &range, k.n ? 1 : 0, ret));
}

/* The record that a field names has readers of its own, and whoever reads this one is among them: a link tells of both its sides. What is named
 * rests on no other record (regulation/check-holds.c), so one step is all. */
static int join_named(struct stage *sc, const struct record *r, const struct field *field, struct label *label)
{
    struct texts t = texts_of(r, field);
    struct record *named;
    struct label own;
    int e = t.n ? stage_record(sc, text_at(t, 0), &named) : 1;

    if (e)
        return MIN_OF(e, 0);
    e = label_of_itself(sc, named, &own);
    return e ? e : label_join(sc->arena, label, &own, label);
}

int label_of_itself(struct stage *sc, const struct record *r, struct label *ret)
{
    const struct label_def *l = r->reg->label;
    struct label_set restrictions, range;
    struct label own, fields;
    int e = label_set_make(sc->arena, (const char *const *)l->restrictions, l->n_restrictions, &restrictions);

    if (!e)
        e = register_range(sc, r, &range);
    if (!e)
        e = label_make(sc->arena, l->confidentiality, l->integrity, l->availability, restrictions, &range, 1, &own);
    if (!e && r->reg->has_label_from)
        e = field_label(sc, r, &r->reg->label_from, &fields);
    if (!e && r->reg->has_label_from)
        e = label_join(sc->arena, &own, &fields, &own);
    for (size_t i = 0; !e && i < r->reg->label_from.n_records; i++)
        e = join_named(sc, r, r->reg->label_from.records[i], &own);
    *ret = own;
    return e == LABEL_E_LIMIT ? -E2BIG : ERR_FOLD(e);
}

/* Of whom the label's ranges are: the record that its files are of (`of`), else its own. */
static int label_of_readers(struct stage *sc, const struct record *r, struct label *ret)
{
    struct record *of;
    int e;

    for (size_t i = 0; i < r->reg->n_fields; i++) {
        const struct field *f = &r->reg->fields[i];
        const char *id = f->type == FIELD_FILE && f->of ? json_str(r->values, f->of->id) : "";

        if (*id && (e = stage_record(sc, id, &of)) <= 0)
            return e ? e : label_of_itself(sc, of, ret);
    }
    return label_of_itself(sc, r, ret);
}

/* What is public is kept from nobody; else who reads the record reads what it holds. */
int label_held_as(struct stage *sc, const struct record *r, struct label *ret)
{
    const struct label_from *l = &r->reg->held_as;
    struct label own;
    int e;

    if (!r->reg->has_held_as || level_of(r, l, LABEL_CONFIDENTIALITY) == 0)
        return 1;
    e = field_label(sc, r, l, ret);
    if (e || ret->confidentiality == 1)
        return e;
    if ((e = label_of_readers(sc, r, &own)))
        return e;
    ret->ranges = own.ranges;
    ret->n_ranges = own.n_ranges;
    return e;
}

int label_of(struct stage *sc, const struct record *r, struct label *ret)
{
    int e = label_of_itself(sc, r, ret);

    return e ? e : holding_add_to_label(sc, r, ret);
}

/* ---- taking over the labels of sources ---- */

static bool any_in(const struct keys *k, struct label_set range)
{
    for (size_t i = 0; i < k->n; i++)
        if (label_set_has(range, k->at[i]))
            return true;
    return false;
}

/* Is one whom the field names admitted by `range`, as he, or everybody of that unit, stands today? */
static int reader_is_admitted(struct stage *sc, const struct field *f, const char *id, struct label_set range)
{
    const struct force *force = sc->e->force;
    struct keys k;
    int e = keys_open(sc, &k);

    if (!e)
        e = element_type(f) == FIELD_PERSON ? keys_of_person(sc, force_person(force, id), &k)
                                            : keys_of_unit(sc, force_unit(force, id), &k);
    return e ? e : any_in(&k, range);
}

/* 1: fields of the range are filled, and whoever they name is admitted by `range`. */
static int readers_are_admitted(struct stage *sc, const struct record *r, struct label_set range)
{
    const struct label_from *l = &r->reg->label_from;
    bool is_filled = false;
    int e = 1;

    for (size_t i = 0; e > 0 && i < l->n[LABEL_RANGE]; i++) {
        const struct field *f = l->fields[LABEL_RANGE][i];
        struct texts named = texts_of(r, f);

        for (size_t m = 0; e > 0 && m < named.n; m++) {
            is_filled = true;
            e = reader_is_admitted(sc, f, text_at(named, m), range);
        }
    }
    return e < 0 ? e : e && is_filled;
}

static bool has_range_within(const struct label *l, struct label_set range)
{
    for (size_t i = 0; i < l->n_ranges; i++)
        if (label_set_within(l->ranges[i], range))
            return true;
    return false;
}

static int admits_no_more(struct stage *sc, const struct record *r, const struct label *has, const struct label *asked)
{
    int e;

    for (size_t i = 0; i < asked->restrictions.n; i++)
        if (!label_set_has(has->restrictions, asked->restrictions.at[i]))
            return 0;
    for (size_t i = 0; i < asked->n_ranges; i++) {
        if (has_range_within(has, asked->ranges[i]))
            continue;
        if ((e = readers_are_admitted(sc, r, asked->ranges[i])) <= 0)
            return e;
    }
    return 1;
}

static int labels_of(struct stage *sc, const struct record *r, const struct record *source, struct label *has, struct label *asked)
{
    int e = label_of(sc, r, has);

    return e ? e : label_of(sc, source, asked);
}

int label_inherits(struct stage *sc, const struct record *r, const struct record *source)
{
    struct label has, asked;
    int e = labels_of(sc, r, source, &has, &asked);

    if (e)
        return e;
    return has.confidentiality >= asked.confidentiality ? admits_no_more(sc, r, &has, &asked) : 0;
}

int label_admits_no_more(struct stage *sc, const struct record *r, const struct record *source)
{
    struct label has, asked;
    int e = labels_of(sc, r, source, &has, &asked);

    return e ? e : admits_no_more(sc, r, &has, &asked);
}

int label_of_sources(struct stage *sc, const struct ref *ref, struct label *ret, size_t *ret_n)
{
    JSON_AUTO *v = NULL;
    int e = ref_eval(sc, ref, &v);
    size_t n = json_is_array(v) ? json_array_size(v) : v ? 1 : 0;

    *ret_n = 0;
    for (size_t i = 0; !e && i < n; i++) {
        struct label one;
        struct record *r;

        if ((e = stage_record(sc, json_string_value(json_is_array(v) ? json_array_get(v, i) : v), &r)))
            return MIN_OF(e, 0);
        e = label_of(sc, r, &one);
        if (!e && *ret_n)
            e = label_join(sc->arena, ret, &one, &one);
        *ret = one;
        ++*ret_n;
    }
    return e == LABEL_E_LIMIT ? -E2BIG : ERR_FOLD(e);
}

/* ---- parties ---- */

int label_parties_of(struct stage *sc, const struct record *r, const char *party, struct label_set *ret)
{
    const struct label_parties *p = &r->reg->label_from.parties;
    const struct where wheres[] = {{.field = p->of, .value = {.kind = REF_LITERAL, .text = r->id}},
                                   {.field = p->reader, .value = {.kind = REF_LITERAL, .text = party}}};
    const struct record_search q = {p->reg, wheres, ARRAY_LEN(wheres), p->states, p->n_states, NULL};
    struct record *his;
    int64_t n = 0;
    int e;

    *ret = (struct label_set){NULL, 0};
    if (!p->reg || !*r->id || (e = stage_record(sc, party, &his)) > 0)
        return 0;
    if (e || strcmp(his->reg->id, p->reader->reg->id) != 0 || record_has_ended(his) || (e = search_count(sc, &q, 1, &n)) || !n)
        return e;
    return ERR_FOLD(label_set_make(sc->arena, &party, 1, ret));
}

/* It asks for less than `before` of confidentiality, restrictions or range; integrity and availability are the pack's own matter. */
static bool label_falls(const struct label *before, const struct label *after)
{
    struct label same = *after;

    same.integrity = MAX_OF(before->integrity, after->integrity);
    same.availability = MAX_OF(before->availability, after->availability);
    return !label_le(before, &same);
}

/* Without the readers, which nobody is told and which are the most work: whether there are any is all that is kept of a range. */
static int label_shown(struct stage *sc, const struct record *r, struct label *ret)
{
    const struct label_def *l = r->reg->label;

    if (r->reg->has_label_from || json_object_get(r->values, RECORD_HELD))
        return label_of(sc, r, ret);
    *ret = (struct label){l->confidentiality, l->integrity, l->availability, {(const char *const *)l->restrictions, l->n_restrictions}, NULL, !range_is_everyone(r->reg->range), {NULL, 0}};
    return 0;
}

json_t *label_json(struct stage *sc, const struct record *r)
{
    const struct pack *p = r->reg->pack;
    struct label now;
    json_t *o;

    if (!r->reg->label || label_shown(sc, r, &now))
        return NULL;
    o = json_pack("{s:i, s:i, s:i, s:o}", "confidentiality", now.confidentiality, "integrity", now.integrity, "availability",
                  now.availability, "restrictions", words_json(now.restrictions.at, now.restrictions.n));
    if (o && p->bears_tlp && json_put_str(o, "tlp", tlp_name(tlp_of(&p->tlp, &now)))) {
        json_decref(o);
        return NULL;
    }
    return o;
}

/* What the row of a record that is joined with others asks for as those stand today: that one of them was lowered since was decided there, and is no
 * fall by this act. */
static int has_fallen_by_itself(struct stage *sc, const struct record *r)
{
    struct stage own;
    struct record *was;
    struct label before, after;
    int e = stage_open(&own, sc->e, "", sc->now_us);

    if (!e)
        e = stage_record(&own, r->id, &was);
    if (!e)
        e = label_of(&own, was, &before);
    if (!e)
        e = label_of(sc, r, &after);
    e = e < 0 ? e : e ? -EBADMSG : label_falls(&before, &after);
    stage_done(&own);
    return e;
}

int label_has_fallen(struct stage *sc, const struct record *r)
{
    struct audience before;
    struct label after;
    int e;

    if (!r->stored_version || !r->audience || r->is_leaving || !r->reg->has_label_from)
        return 0;
    if (r->reg->label_from.n_records)
        return has_fallen_by_itself(sc, r);
    if (!(e = ERR_FOLD(audience_get(sc->e->store, r->audience, sc->arena, &before, NULL))))
        e = label_of(sc, r, &after);
    return e ? e : label_falls(&before.label, &after);
}

int label_fallen(struct stage *sc, const struct record **ret)
{
    *ret = NULL;
    for (size_t i = 0; i < sc->n_records; i++) {
        const struct record *r = sc->records[i];
        int e = label_has_fallen(sc, r);

        if (e < 0)
            return e;
        if (e) {
            *ret = r;
            return 0;
        }
    }
    return 0;
}

char *label_text(struct stage *sc, const struct reg *reg, const struct record *r)
{
    const struct label_def *l = reg->label;
    struct label now;

    if (!l)
        return arena_strdup(sc->arena, STR(""));
    if (!r || (!reg->has_label_from && !json_object_get(r->values, RECORD_HELD)))
        return arena_printf(sc->arena, "C%dI%dA%d", l->confidentiality, l->integrity, l->availability);
    if (label_of(sc, r, &now))
        return NULL;
    return arena_printf(sc->arena, "C%dI%dA%d", now.confidentiality, now.integrity, now.availability);
}
