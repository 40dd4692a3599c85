#include "engine/digest.h"

#include "base/codec.h"
#include "base/tell.h"
#include "base/utf8.h"
#include "engine/ref.h"

#include <sodium.h>

#define TYPED_MAX 4096u /* bytes */

/* ---- forms ---- */

static struct str without_name(struct str s)
{
    static const char *const names[] = {"sha256:", "sha-256:"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_starts(s, str_of(names[i])))
            return (struct str){s.at + strlen(names[i]), s.len - strlen(names[i])};
    return s;
}

int digest_read(struct str typed, struct digest *ret)
{
    CLEANUP(buf_done) struct buf folded = {0};
    char hex[2 * SHA256_SIZE];
    struct str s;
    size_t n = 0;
    int e;

    if (typed.len > TYPED_MAX)
        return 1;
    buf_init(&folded, (size_t)4 * TYPED_MAX);
    if ((e = utf8_fold(typed, &folded)))
        return e == -ENOSPC ? 1 : MIN_OF(e, 1);
    s = without_name(str_trim(buf_str(&folded)));
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] == ' ')
            continue;
        if (n == sizeof(hex))
            return 1;
        hex[n++] = s.at[i];
    }
    return n != sizeof(hex) || hex_parse((struct str){hex, n}, ret, sizeof(*ret)) ? 1 : 0;
}

static int keyed_as(struct store *s, const char *mark, const struct digest *d, char ret[DIGEST_KEYED_SIZE])
{
    char hash[HOLDING_HASH_SIZE];
    int e = holding_hash(s, d, hash);

    if (e < 0)
        return e;
    if (e) { /* nobody has any: another one for each digest, and none that the key will give */
        uint8_t none[SHA256_SIZE];

        crypto_generichash(none, sizeof(none), d->bytes, sizeof(d->bytes), NULL, 0);
        sodium_bin2hex(hash, sizeof(hash), none, sizeof(none));
    }
    memcpy(ret, mark, strlen(DIGEST_MARK));
    memcpy(ret + strlen(DIGEST_MARK), hash, sizeof(hash));
    return 0;
}

int digest_keyed(struct store *s, const struct digest *d, char ret[DIGEST_KEYED_SIZE])
{
    return keyed_as(s, DIGEST_MARK, d, ret);
}

static bool is_text(const char *keyed)
{
    return !strncmp(keyed, DIGEST_MARK_TEXT, strlen(DIGEST_MARK_TEXT));
}

bool digest_is_keyed(const char *value)
{
    return strlen(value) == DIGEST_KEYED_SIZE - 1 && (is_text(value) || !strncmp(value, DIGEST_MARK, strlen(DIGEST_MARK)));
}

/* The keyed value, and the stage knows what it stands for. */
static int known_as(struct stage *sc, const char *keyed, struct str clear, json_t **ret)
{
    if (!sc->digests && !(sc->digests = json_object()))
        return -ENOMEM;
    if (json_object_set_new(sc->digests, keyed, json_stringn(clear.at ? clear.at : "", clear.len)))
        return -ENOMEM;
    *ret = json_string(keyed);
    return *ret ? 0 : -ENOMEM;
}

int digest_value(struct stage *sc, struct str typed, json_t **ret)
{
    char keyed[DIGEST_KEYED_SIZE], hex[2 * SHA256_SIZE + 1];
    struct digest d;
    int e = digest_read(typed, &d);

    if (e || (e = digest_keyed(sc->e->store, &d, keyed)))
        return e;
    sodium_bin2hex(hex, sizeof(hex), d.bytes, sizeof(d.bytes));
    return known_as(sc, keyed, str_of(hex), ret);
}

int digest_of_text(struct stage *sc, struct str text, json_t **ret)
{
    struct digest d = sha256(text);
    char keyed[DIGEST_KEYED_SIZE];
    int e = keyed_as(sc->e->store, DIGEST_MARK_TEXT, &d, keyed);

    return e ? e : known_as(sc, keyed, text, ret);
}

/* ---- values that hold some ---- */

bool digest_is_in(const struct field *f)
{
    bool found = field_is_keyed(f);

    for (size_t i = 0; !found && i < f->n_fields; i++)
        found = digest_is_in(&f->fields[i]);
    return found;
}

/* Other than 0 ends the walk. */
typedef int keyed_fn(void *user, const char *keyed);

static int walk(const struct field *f, const json_t *v, keyed_fn *fn, void *user)
{
    int e = 0;

    if (field_is_keyed(f))
        return json_is_string(v) && digest_is_keyed(json_string_value(v)) ? fn(user, json_string_value(v)) : 0;
    for (size_t i = 0; !e && i < json_array_size(v); i++)
        for (size_t k = 0; !e && k < f->n_fields; k++) {
            const json_t *one = json_array_get(v, i);

            e = walk(&f->fields[k], f->type == FIELD_GROUP ? json_object_get(one, f->fields[k].id) : one, fn, user);
        }
    return e;
}

/* All of the record, also what its fields held before they were corrected. */
static int walk_record(struct arena *a, const struct record *r, keyed_fn *fn, void *user)
{
    const char *name;
    json_t *v;
    int e = 0;

    json_object_foreach (r->values, name, v) {
        const struct field *f = *name == '_' ? NULL : record_field(a, r->reg, name);

        if (!e && f && digest_is_in(f))
            e = walk(f, v, fn, user);
    }
    return e;
}

/* ---- the clear forms ---- */

/* *ret is yours, {} where nothing is sealed or nothing can be opened any more. */
static int open_sealed(struct store *s, struct record *r, json_t **ret)
{
    int e = record_open_aside(s, r, DIGEST_SEALED, ret);

    if (!e && !*ret)
        *ret = json_object();
    return e ? e : *ret ? 0 : -ENOMEM;
}

struct showing {
    struct stage *sc;
    const struct sight *sight; /* NULL: the program's own */
    bool is_list;
    const struct record *r;
    const json_t *known;
};

/* 1: whoever looks is shown what is of that record: it could be shown to him, or to his program, itself. */
static int sees(const struct showing *s, const char *id)
{
    enum release_answer answer;
    struct record *of;
    int e = stage_record(s->sc, id, &of);

    if (e) /* it is gone: nobody sees it any more */
        return MIN_OF(e, 0);
    if ((e = sight_of_record(s->sc, s->sight, of)) <= 0)
        return e;
    if (of->audience && ((e = release_record(s->sc, s->sight, s->sc->e->asked_by, of, &answer)) || answer != RELEASE_ALLOWED))
        return e;
    if (!s->is_list)
        return 1;
    return (e = name_stays_sealed(s->sc, of->audience)) < 0 ? e : !e;
}

#define HOLDERS_MAX 256 /* that are asked; of more nobody is shown anything */

/* The records whose content a register of copies goes by. */
static int has_content(const struct showing *s, const char *keyed, json_t *found)
{
    const struct engine *e = s->sc->e;

    for (size_t i = 0; i < e->n_packs; i++)
        for (size_t k = 0; k < e->packs[i].pack->n_regs; k++) {
            const struct held_by *h = &e->packs[i].pack->regs[k].held_by;
            ROWS_AUTO *rows = NULL;
            int r;

            if (!h->content || !h->of)
                continue;
            r = store_failed(STORE_QUERY(e->store, &rows, STMT_INDEX_STATES, V_TEXT(h->of->reg->id), V_TEXT(h->content->id), V_TEXT(keyed), V_TEXT(""), V_INT(HOLDERS_MAX + 1)));
            while (!r && (r = rows_next(rows)) == 1)
                r = json_put_flag(found, rows_text(rows, 0), true);
            if (r < 0)
                return store_failed(r);
        }
    return 0;
}

/* As the keys of *ret, which is yours. */
static int holders_of(const struct showing *s, const char *keyed, json_t **ret)
{
    int r = (*ret = json_object()) ? holding_records_of(s->sc, digest_hash(keyed), HOLDERS_MAX + 1, *ret) : -ENOMEM;

    return r ? r : has_content(s, keyed, *ret);
}

/* 1: he sees all that is known to hold these bytes, be it nothing. */
static int sees_holders(const struct showing *s, const char *keyed)
{
    JSON_AUTO *found = NULL;
    const char *id;
    json_t *v;
    int r = holders_of(s, keyed, &found);

    if (!r)
        r = json_object_size(found) <= HOLDERS_MAX;
    json_object_foreach (found, id, v)
        if (r == 1 && strcmp(id, s->r->id) != 0)
            r = sees(s, id);
    return r;
}

/* What the value is of. `row`: of the group whose column it is; NULL. */
static const json_t *what_of(const struct showing *s, const struct field *f, const json_t *row, const json_t *value)
{
    const json_t *of = json_object_get(row, f->of->id);

    if (f->of == f || (f->of->type == FIELD_DIGEST && f->type == FIELD_DIGEST && !strcmp(f->of->id, f->id)))
        return value;
    return of ? of : json_object_get(s->r->values, f->of->id);
}

static int is_shown(const struct showing *s, const struct field *f, const json_t *row, const json_t *value)
{
    const json_t *of;

    if (!s->sight || !f->of)
        return 1;
    of = what_of(s, f, row, value);
    if (!json_is_string(of) || !json_string_length(of))
        return 1; /* of nothing that is known */
    return f->of->type == FIELD_DIGEST ? sees_holders(s, json_string_value(of)) : sees(s, json_string_value(of));
}

static int show_one(const struct showing *s, const struct field *f, const json_t *row, const json_t *v, json_t **ret)
{
    const json_t *clear = json_object_get(s->known, json_is_string(v) ? json_string_value(v) : "");
    int e = is_shown(s, f, row, v);

    if (e < 0)
        return e;
    *ret = !e ? json_pack("{s:b}", "hidden", 1) : clear ? json_copied_deep(clear) : json_pack("{s:b}", "erased", 1);
    return *ret ? 0 : -ENOMEM;
}

static int show(const struct showing *s, const struct field *f, const json_t *v, json_t **ret)
{
    json_t *out;
    int e = 0;

    if (field_is_keyed(f))
        return show_one(s, f, NULL, v, ret);
    if (!(out = json_copied_deep(v)))
        return -ENOMEM;
    *ret = out;
    for (size_t i = 0; i < json_array_size(out); i++) {
        const json_t *was = json_array_get(v, i);
        json_t *one = json_array_get(out, i);

        for (size_t k = 0; k < f->n_fields; k++) {
            const json_t *cell = f->type == FIELD_GROUP ? json_object_get(was, f->fields[k].id) : was;
            json_t *shown = NULL;

            if (!cell || !digest_is_in(&f->fields[k]))
                continue;
            if ((e = show_one(s, &f->fields[k], was, cell, &shown)))
                return e;
            if (f->type == FIELD_GROUP ? json_object_set_new(one, f->fields[k].id, shown) : json_array_set_new(out, i, shown))
                return -ENOMEM;
        }
    }
    return 0;
}

/* By the sight of the stage's actor. */
static int look_as(struct showing *s)
{
    struct stage *sc = s->sc;
    int e = sc->actor && !sc->shown_to ? sight_of_person(sc, sc->actor, &sc->shown_to) : 0;

    s->sight = sc->shown_to;
    return e;
}

/* A file is sealed as it is: name, size, type and digest of it are shown together, or nothing. */
static int show_file(struct showing *s, const struct field *f, const json_t *value, json_t **ret)
{
    int e = look_as(s);

    if (!e)
        e = is_shown(s, f, NULL, value);
    if (e < 0)
        return e;
    *ret = e ? json_incref((json_t *)(uintptr_t)value) : json_pack("{s:b}", "hidden", 1);
    return *ret ? 0 : -ENOMEM;
}

/* What this act was told, too: a form shows what stands in it. */
int digest_show(struct stage *sc, bool is_list, struct record *r, const struct field *f, const json_t *value, json_t **ret)
{
    JSON_AUTO *known = NULL;
    struct showing s = {sc, NULL, is_list, r, NULL};
    int e = 0;

    if (f->type == FIELD_FILE && f->of)
        return show_file(&s, f, value, ret);
    if (!digest_is_in(f)) {
        *ret = json_incref((json_t *)(uintptr_t)value);
        return 0;
    }
    if ((e = look_as(&s)))
        return e;
    if (*r->id && !r->disposed_us)
        e = open_sealed(sc->e->store, r, &known);
    else if (!(known = json_object()))
        e = -ENOMEM;
    if (!e && sc->digests && json_object_update_missing(known, sc->digests))
        e = -ENOMEM;
    s.known = known;
    if (!e && (e = show(&s, f, value, ret))) {
        json_decref(*ret);
        *ret = NULL;
    }
    return e;
}

int digest_show_text(struct stage *sc, bool is_list, struct record *r, const struct field *f, const char **ret)
{
    JSON_AUTO *shown = NULL;
    json_t *v = NULL;
    int e = record_value(sc->e->store, r, f, &v);

    *ret = "";
    if (!e && v)
        e = digest_show(sc, is_list, r, f, v, &shown);
    if (e || !json_is_string(shown))
        return e;
    *ret = arena_strdup(sc->arena, str_of(json_string_value(shown)));
    return *ret ? 0 : -ENOMEM;
}

/* 1: of that record, or of one that holds that content, as its field says. */
static int is_of_high(const struct showing *s, const struct field *of, const char *id, int confidentiality)
{
    JSON_AUTO *found = NULL;
    json_t *v;
    int e = of->type == FIELD_DIGEST ? holders_of(s, id, &found) : (found = json_pack("{s:b}", id, 1)) ? 0 : -ENOMEM;

    json_object_foreach (found, id, v) {
        struct audience au;
        struct record *r;

        if (e || (e = stage_record(s->sc, id, &r)) || !r->audience) {
            e = MIN_OF(e, 0);
            continue;
        }
        e = ERR_FOLD(audience_get(s->sc->e->store, r->audience, s->sc->arena, &au, NULL));
        if (!e && au.label.confidentiality >= confidentiality)
            return 1;
    }
    return e;
}

static int shows_of(const struct showing *s, const struct field *f, const json_t *row, const json_t *value, int confidentiality)
{
    const json_t *of = f->of && (f->type == FIELD_TEXT || f->type == FIELD_FILE) ? what_of(s, f, row, value) : NULL;
    int e = json_string_length(of) ? is_shown(s, f, row, value) : 0;

    return e <= 0 ? e : is_of_high(s, f->of, json_string_value(of), confidentiality);
}

static int group_shows_of(const struct showing *s, struct record *r, const struct field *f, int confidentiality)
{
    json_t *v = NULL;
    int e = record_value(s->sc->e->store, r, f, &v);

    for (size_t i = 0; !e && i < json_array_size(v); i++)
        for (size_t k = 0; !e && k < f->n_fields; k++) {
            const json_t *row = json_array_get(v, i), *cell = json_object_get(row, f->fields[k].id);

            e = cell ? shows_of(s, &f->fields[k], row, cell, confidentiality) : 0;
        }
    return e;
}

int digest_shows_of(struct stage *sc, struct record *r, int confidentiality)
{
    struct showing s = {sc, NULL, false, r, NULL};
    int e = look_as(&s);

    for (size_t i = 0; !e && i < r->reg->n_fields; i++) {
        const struct field *f = &r->reg->fields[i];

        if (f->type == FIELD_GROUP)
            e = group_shows_of(&s, r, f, confidentiality);
        else if (record_has(r, f))
            e = shows_of(&s, f, NULL, json_object_get(r->values, f->id), confidentiality);
    }
    return e == -E2BIG ? 1 : e; /* more records than one look may open */
}

/* 1: the value holds what stands by that form, and it is shown. */
static int is_told_in(const struct showing *s, const struct field *f, const json_t *v, const char *keyed, bool *ret_held)
{
    int e = 0;

    if (field_is_keyed(f)) {
        if (!json_is_string(v) || strcmp(json_string_value(v), keyed) != 0)
            return 0;
        *ret_held = true;
        return is_shown(s, f, NULL, v);
    }
    for (size_t i = 0; !e && i < json_array_size(v); i++)
        for (size_t k = 0; !e && k < f->n_fields; k++) {
            const json_t *row = json_array_get(v, i), *cell = f->type == FIELD_GROUP ? json_object_get(row, f->fields[k].id) : row;

            if (!field_is_keyed(&f->fields[k]) || !json_is_string(cell) || strcmp(json_string_value(cell), keyed) != 0)
                continue;
            *ret_held = true;
            e = is_shown(s, &f->fields[k], row, cell);
        }
    return e;
}

int digest_is_told(struct stage *sc, bool is_list, struct record *r, const struct field *only, const char *keyed)
{
    struct showing s = {sc, NULL, is_list, r, NULL};
    bool is_held = false;
    int e = look_as(&s);

    for (size_t i = 0; !e && i < r->reg->n_fields; i++) {
        const struct field *f = &r->reg->fields[i];
        json_t *v = NULL;

        if (!digest_is_in(f) || (only && strcmp(only->id, f->id) != 0))
            continue;
        e = record_value(sc->e->store, r, f, &v);
        if (!e && v)
            e = is_told_in(&s, f, v, keyed, &is_held);
    }
    if (e == -E2BIG) /* more records than one look may open */
        return 0;
    return e ? e : !only && !is_held;
}

struct keeping {
    struct stage *sc;
    const struct record *r;
    json_t *was, *now;
};

/* Of a record that this one was filled from. */
static int from_others(struct keeping *k, const char *keyed, json_t **ret)
{
    for (size_t i = 0; !*ret && i < k->sc->n_records; i++) {
        struct record *other = k->sc->records[i];
        JSON_AUTO *known = NULL;
        int e = other == k->r || !*other->id || other->disposed_us ? 0 : open_sealed(k->sc->e->store, other, &known);

        if (e)
            return e;
        *ret = json_incref(json_object_get(known, keyed));
    }
    return 0;
}

static int keep_one(void *user, const char *keyed)
{
    struct keeping *k = user;
    json_t *clear = json_object_get(k->was, keyed);
    int e = 0;

    if (json_object_get(k->now, keyed))
        return 0;
    if (!clear)
        clear = json_object_get(k->sc->digests, keyed);
    if (clear)
        json_incref(clear);
    else
        e = from_others(k, keyed, &clear);
    return e ? e : clear ? json_put(k->now, keyed, clear) : 0;
}

int digest_keep(struct stage *sc, struct record *r)
{
    struct keeping k = {.sc = sc, .r = r, .now = json_object()};
    JSON_AUTO *now = k.now;
    JSON_AUTO *was = NULL;
    char commit[2 * SHA256_SIZE + 1];
    bool holds = false;
    int e;

    for (size_t i = 0; i < r->reg->n_fields; i++)
        holds = holds || digest_is_in(&r->reg->fields[i]);
    if (!holds)
        return 0;
    if (!now)
        return -ENOMEM;
    if ((e = open_sealed(sc->e->store, r, &was)))
        return e;
    k.was = was;
    if ((e = walk_record(sc->arena, r, keep_one, &k)) || json_equal(was, now))
        return e;
    return record_seal_aside(sc->e->store, r, DIGEST_SEALED, now, commit);
}

/* ---- verifying ---- */

struct checking {
    struct store *s;
    const struct record *r;
    const json_t *known;
    struct diag *diag;
};

static int check_one(void *user, const char *keyed)
{
    const struct checking *c = user;
    const char *clear = json_str(c->known, keyed);
    char again[DIGEST_KEYED_SIZE];
    struct digest d;
    int e;

    if (!*clear) {
        diag_tell(c->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_DIGEST_GONE, {"record", str_of(c->r->id)});
        return 0;
    }
    if (is_text(keyed)) {
        d = sha256(str_of(clear));
    } else if (digest_read(str_of(clear), &d)) {
        diag_tell(c->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_DIGEST_NONE, {"record", str_of(c->r->id)});
        return 0;
    }
    if ((e = keyed_as(c->s, is_text(keyed) ? DIGEST_MARK_TEXT : DIGEST_MARK, &d, again)))
        return e;
    if (strcmp(again, keyed) != 0)
        diag_tell(c->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_DIGEST_OTHER, {"record", str_of(c->r->id)});
    return 0;
}

int digest_verify(struct store *s, struct arena *a, struct record *r, struct diag *diag)
{
    JSON_AUTO *known = NULL;
    struct checking c = {s, r, NULL, diag};
    int e = r->disposed_us ? 0 : open_sealed(s, r, &known);

    if (e == -EBADMSG) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_DIGEST_OPENS, {"record", str_of(r->id)});
        return 0;
    }
    c.known = known;
    return e || r->disposed_us ? e : walk_record(a, r, check_one, &c);
}
