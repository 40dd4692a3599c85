/* See same.h. */
#include "engine/same.h"

#include "base/utf8.h"

#define FOLDED_TEXT_MAX ((size_t)16 << 20) /* bytes; a text has at most a quarter of it */

/* ---- comparing ---- */

static bool holds_texts(const struct field *f)
{
    return f->type == FIELD_TEXT ||
           (f->type == FIELD_LIST && f->n_fields == 1 && f->fields[0].type == FIELD_TEXT);
}

bool same_takes_texts(const struct ref *r)
{
    return (r->kind == REF_FIELD || r->kind == REF_ROW) && r->n_hops && r->property == PROP_NONE &&
           holds_texts(r->hops[r->n_hops - 1]);
}

/* Folding makes the full-width space a plain one. */
static int fold_text(const json_t *text, json_t **ret)
{
    struct str s = {json_string_value(text), json_string_length(text)};
    CLEANUP(buf_done) struct buf folded = {0};
    CLEANUP(buf_done) struct buf plain = {0};
    int e;

    buf_init(&folded, FOLDED_TEXT_MAX);
    buf_init(&plain, FOLDED_TEXT_MAX);
    e = utf8_fold(s, &folded);
    for (size_t i = 0; !e && i < folded.len; i++)
        if (folded.at[i] != ' ')
            e = buf_add_char(&plain, folded.at[i]);
    if (e < 0)
        return e;
    if (e) /* no text that was ever taken: it is only like itself */
        *ret = json_incref((json_t *)(uintptr_t)text);
    else
        *ret = json_stringn(plain.at ? plain.at : "", plain.len);
    return *ret ? 0 : -ENOMEM;
}

int same_folded(const json_t *value, json_t **ret)
{
    JSON_AUTO *list = NULL;

    if (json_is_string(value))
        return fold_text(value, ret);
    if (!json_is_array(value)) {
        *ret = json_incref((json_t *)(uintptr_t)value);
        return 0;
    }
    if (!(list = json_array()))
        return -ENOMEM;
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *one = NULL;
        int e = same_folded(json_array_get(value, i), &one);

        if (e || json_array_append_new(list, one))
            return e ? e : -ENOMEM;
    }
    *ret = TAKE(list);
    return 0;
}

bool same_holds(const json_t *list, const json_t *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), text))
            return true;
    return false;
}

/* ---- the list of another record ---- */

static bool is_wanted_list(const struct cond *c)
{
    return c->kind == COND_SAME && same_takes_texts(&c->subject) && c->subject.n_hops == 1 &&
           c->subject.hops[0]->type == FIELD_LIST && same_takes_texts(&c->other) &&
           c->other.n_hops == 2;
}

/* *ret NULL: it holds nothing, or he may not see it. 1: he may not. */
static int other_list(struct stage *sc, const struct sight *sight, const struct cond *c,
                      json_t **ret)
{
    struct ref holder = c->other;
    struct record *r = NULL;
    int e;

    *ret = NULL;
    holder.n_hops = 1;
    e = ref_record(sc, &holder, &r);
    if (e < 0)
        return e;
    if (e || sight_of_record(sc, sight, r) <= 0)
        return 1;
    return ref_eval(sc, &c->other, ret);
}

/* Those of `list` that are not in `other`, both as typed. */
static int left_over(const json_t *list, const json_t *other, json_t **ret)
{
    JSON_AUTO *folded = NULL;
    JSON_AUTO *folded_other = NULL;
    JSON_AUTO *left = json_array();
    int e = left ? same_folded(list, &folded) : -ENOMEM;

    if (!e)
        e = same_folded(other, &folded_other);
    for (size_t i = 0; !e && i < json_array_size(list); i++)
        if (!same_holds(folded_other, json_array_get(folded, i)) &&
            json_array_append(left, json_array_get(list, i)))
            e = -ENOMEM;
    if (!e)
        *ret = TAKE(left);
    return e;
}

int same_difference(struct stage *sc, const struct cond *c, json_t **ret_missing,
                    json_t **ret_beyond)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    JSON_AUTO *have = NULL;
    JSON_AUTO *want = NULL;
    JSON_AUTO *missing = NULL;
    int e;

    *ret_missing = *ret_beyond = NULL;
    if (!is_wanted_list(c) || !sc->actor)
        return 0;
    if ((e = sight_of_person(sc, sc->actor, &sight)) || (e = other_list(sc, sight, c, &want)))
        return MIN_OF(e, 0);
    if ((e = ref_eval(sc, &c->subject, &have)) || (e = left_over(want, have, &missing)) ||
        (e = left_over(have, want, ret_beyond)))
        return e;
    *ret_missing = TAKE(missing);
    return 0;
}

static bool is_asked(const struct step *st, const struct field *f)
{
    for (size_t i = 0; i < st->n_asks; i++)
        if (st->asks[i] == f)
            return true;
    return false;
}

/* Is there a list to be laid before anybody? */
static bool wants_list(const struct step *st, const struct cond *c)
{
    for (size_t i = 0; c->kind == COND_ALL && i < c->n_children; i++)
        if (wants_list(st, c->children[i]))
            return true;
    return is_wanted_list(c) && is_asked(st, c->subject.hops[0]);
}

static int add_wanted(struct stage *sc, const struct sight *sight, const struct step *st,
                      const struct cond *c, json_t *all)
{
    json_t *list = NULL;
    int e = 0;

    for (size_t i = 0; !e && c->kind == COND_ALL && i < c->n_children; i++)
        e = add_wanted(sc, sight, st, c->children[i], all);
    if (e || !wants_list(st, c) || c->kind == COND_ALL)
        return e;
    if ((e = other_list(sc, sight, c, &list)) || !list)
        return MIN_OF(e, 0);
    return json_object_set_new(all, c->subject.hops[0]->id, list) ? -ENOMEM : 0;
}

int same_wanted(struct stage *sc, const struct step *st, json_t **ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    JSON_AUTO *all = json_object();
    int e = all ? 0 : -ENOMEM;

    for (size_t i = 0; !e && sc->actor && i < st->n_conds; i++) {
        if (!wants_list(st, st->conds[i]))
            continue;
        e = sight ? 0 : sight_of_person(sc, sc->actor, &sight);
        if (!e)
            e = add_wanted(sc, sight, st, st->conds[i], all);
    }
    if (!e)
        *ret = TAKE(all);
    return e;
}
