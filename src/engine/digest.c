#include "engine/digest.h"

#include "base/codec.h"
#include "base/utf8.h"

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

int digest_keyed(struct store *s, const struct digest *d, char ret[DIGEST_KEYED_SIZE])
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
    memcpy(ret, DIGEST_MARK, strlen(DIGEST_MARK));
    memcpy(ret + strlen(DIGEST_MARK), hash, sizeof(hash));
    return 0;
}

bool digest_is_keyed(const char *value)
{
    return !strncmp(value, DIGEST_MARK, strlen(DIGEST_MARK)) && strlen(value) == DIGEST_KEYED_SIZE - 1;
}

static int note(struct stage *sc, const char *keyed, const struct digest *d)
{
    char hex[2 * SHA256_SIZE + 1];

    if (!sc->digests && !(sc->digests = json_object()))
        return -ENOMEM;
    sodium_bin2hex(hex, sizeof(hex), d->bytes, sizeof(d->bytes));
    return json_put_str(sc->digests, keyed, hex);
}

int digest_value(struct stage *sc, struct str typed, json_t **ret)
{
    char keyed[DIGEST_KEYED_SIZE];
    struct digest d;
    int e = digest_read(typed, &d);

    if (e || (e = digest_keyed(sc->e->store, &d, keyed)) || (e = note(sc, keyed, &d)))
        return e;
    *ret = json_string(keyed);
    return *ret ? 0 : -ENOMEM;
}

/* ---- values that hold some ---- */

bool digest_is_in(const struct field *f)
{
    bool found = f->type == FIELD_DIGEST;

    for (size_t i = 0; !found && i < f->n_fields; i++)
        found = digest_is_in(&f->fields[i]);
    return found;
}

/* Other than 0 ends the walk. */
typedef int keyed_fn(void *user, const char *keyed);

static int walk(const struct field *f, const json_t *v, keyed_fn *fn, void *user)
{
    int e = 0;

    if (f->type == FIELD_DIGEST)
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

static int show(const struct field *f, const json_t *v, const json_t *known, json_t **ret)
{
    const json_t *clear;
    json_t *out;

    if (f->type == FIELD_DIGEST) {
        clear = json_object_get(known, json_is_string(v) ? json_string_value(v) : "");
        *ret = clear ? json_copied_deep(clear) : json_pack("{s:b}", "erased", 1);
        return *ret ? 0 : -ENOMEM;
    }
    if (!(out = json_copied_deep(v)))
        return -ENOMEM;
    *ret = out;
    for (size_t i = 0; i < json_array_size(out); i++) {
        json_t *one = json_array_get(out, i);

        for (size_t k = 0; k < f->n_fields; k++) {
            const json_t *cell = f->type == FIELD_GROUP ? json_object_get(one, f->fields[k].id) : one;
            json_t *shown = NULL;

            if (!cell || !digest_is_in(&f->fields[k]))
                continue;
            if (show(&f->fields[k], cell, known, &shown) ||
                (f->type == FIELD_GROUP ? json_object_set_new(one, f->fields[k].id, shown) : json_array_set_new(out, i, shown)))
                return -ENOMEM;
        }
    }
    return 0;
}

/* What this act was told, too: a form shows what stands in it. */
int digest_show(struct stage *sc, struct record *r, const struct field *f, const json_t *value, json_t **ret)
{
    JSON_AUTO *known = NULL;
    int e = 0;

    if (!digest_is_in(f)) {
        *ret = json_incref((json_t *)(uintptr_t)value);
        return 0;
    }
    if (*r->id && !r->disposed_us)
        e = open_sealed(sc->e->store, r, &known);
    else if (!(known = json_object()))
        e = -ENOMEM;
    if (!e && sc->digests && json_object_update_missing(known, sc->digests))
        e = -ENOMEM;
    if (!e && (e = show(f, value, known, ret))) {
        json_decref(*ret);
        *ret = NULL;
    }
    return e;
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
        diag_error(c->diag, "record %s: removed: what a digest in it stands for is sealed no more, but nothing disposed of the record", c->r->id);
        return 0;
    }
    if (digest_read(str_of(clear), &d)) {
        diag_error(c->diag, "record %s: altered: what is sealed for a digest in it is none", c->r->id);
        return 0;
    }
    if ((e = digest_keyed(c->s, &d, again)))
        return e;
    if (strcmp(again, keyed) != 0)
        diag_error(c->diag, "record %s: altered: what is sealed for a digest in it is another one", c->r->id);
    return 0;
}

int digest_verify(struct store *s, struct arena *a, struct record *r, struct diag *diag)
{
    JSON_AUTO *known = NULL;
    struct checking c = {s, r, NULL, diag};
    int e = r->disposed_us ? 0 : open_sealed(s, r, &known);

    if (e == -EBADMSG) {
        diag_error(diag, "record %s: altered: what is sealed for its digests does not open", r->id);
        return 0;
    }
    c.known = known;
    return e || r->disposed_us ? e : walk_record(a, r, check_one, &c);
}
