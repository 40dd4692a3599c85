#include "engine/holding.h"

#include "base/codec.h"
#include "engine/label-of.h"

#include <sodium.h>

static const char *const form_names[HOLDING_FORMS] = {"taken-in", "member", "cleaned", "packed", "sealed", "written", "said"};

const char *holding_form_name(enum holding_form form)
{
    return form_names[form];
}

bool holding_form_of(const char *name, enum holding_form *ret)
{
    for (size_t i = 0; i < HOLDING_FORMS; i++)
        if (!strcmp(name, form_names[i])) {
            *ret = (enum holding_form)i;
            return true;
        }
    return false;
}

/* ---- the keyed hash ---- */

#define HASH_HEX_SIZE (2 * SHA256_SIZE + 1)

static void hash_by(const uint8_t key[VAULT_KEY_SIZE], const struct digest *sha256, char ret[HASH_HEX_SIZE])
{
    uint8_t hash[SHA256_SIZE];

    crypto_generichash(hash, sizeof(hash), sha256->bytes, sizeof(sha256->bytes), key, VAULT_KEY_SIZE);
    sodium_bin2hex(ret, HASH_HEX_SIZE, hash, sizeof(hash));
}

/* 1: there is no key yet. */
static int hash_known(struct store *s, const struct digest *sha256, char ret[HASH_HEX_SIZE])
{
    uint8_t key[VAULT_KEY_SIZE];
    int r = vault_get(s, STR(HOLDING_KEY), key);

    if (r)
        return r == STORE_E_NONE ? 1 : store_failed(r);
    hash_by(key, sha256, ret);
    sodium_memzero(key, sizeof(key));
    return 0;
}

static int hash_new(struct store *s, const struct digest *sha256, char ret[HASH_HEX_SIZE])
{
    uint8_t key[VAULT_KEY_SIZE];
    int r = hash_known(s, sha256, ret);

    if (r <= 0)
        return r;
    random_fill(key, sizeof(key));
    if (!(r = store_failed(vault_put(s, STR(HOLDING_KEY), key))))
        hash_by(key, sha256, ret);
    sodium_memzero(key, sizeof(key));
    return r;
}

/* ---- rows ---- */

int holding_add(struct store *s, const char *record, const char *attachment, enum holding_form form, const struct digest *sha256, uint64_t size)
{
    char hash[HASH_HEX_SIZE];
    int r = size < HOLDING_SIZE_MIN ? 1 : hash_new(s, sha256, hash);

    if (r)
        return MIN_OF(r, 0);
    return store_failed(STORE_RUN(s, STMT_HOLDING_ADD, V_TEXT(hash), V_TEXT(record), V_TEXT(attachment), V_TEXT(form_names[form])));
}

int holding_claim(struct store *s, const char *attachment, const char *record)
{
    return store_failed(STORE_RUN(s, STMT_HOLDING_CLAIM, V_TEXT(attachment), V_TEXT(record)));
}

int holding_drop(struct store *s, const char *attachment)
{
    return store_failed(STORE_RUN(s, STMT_HOLDING_DROP, V_TEXT(attachment)));
}

int holding_drop_record(struct store *s, const char *record)
{
    return store_failed(STORE_RUN(s, STMT_HOLDING_DROP_RECORD, V_TEXT(record)));
}

/* ---- what they ask for ---- */

/* A join of labels that begins with none. */
struct joining {
    struct stage *sc;
    struct label label;
    size_t n;
};

static int join(struct joining *j, const char *id)
{
    struct label one;
    struct record *r;
    int e = stage_record(j->sc, id, &r);

    if (e)
        return e < 0 ? e : -EBADMSG; /* rows go with their record */
    if (!r->reg->label)
        return 0;
    if ((e = label_of_itself(j->sc, r, &one)))
        return e;
    if (j->n && (e = label_join(j->sc->arena, &j->label, &one, &one)))
        return e == LABEL_E_LIMIT ? -E2BIG : ERR_FOLD(e);
    j->label = one;
    j->n++;
    return 0;
}

static int join_all(struct joining *j, struct rows *rows)
{
    int r;

    for (size_t n = 0; (r = rows_next(rows)) == 1; n++) {
        if (n == HOLDING_RECORDS_MAX)
            return -E2BIG;
        if ((r = join(j, rows_text(rows, 0))))
            return r;
    }
    return store_failed(r);
}

int holding_label_of_file(struct stage *sc, const char *attachment, const char *but, struct label *ret, size_t *ret_n)
{
    struct joining j = {.sc = sc};
    ROWS_AUTO *rows = NULL;
    int r = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_HOLDING_ALIKE, V_TEXT(attachment), V_TEXT(but), V_INT(HOLDING_RECORDS_MAX + 1)));

    if (!r && !(r = join_all(&j, rows))) {
        *ret_n = j.n;
        *ret = j.label;
    }
    return r;
}

static int join_digest(struct joining *j, const struct digest *sha256, const char *but)
{
    char hash[HASH_HEX_SIZE];
    ROWS_AUTO *rows = NULL;
    int r = hash_known(j->sc->e->store, sha256, hash);

    if (r)
        return r;
    r = store_failed(STORE_QUERY(j->sc->e->store, &rows, STMT_HOLDING_RECORDS, V_TEXT(hash), V_TEXT(but), V_INT(HOLDING_RECORDS_MAX + 1)));
    return r ? r : join_all(j, rows);
}

int holding_label_of_digest(struct stage *sc, const struct digest *sha256, const char *but, struct label *ret, size_t *ret_n)
{
    struct joining j = {.sc = sc};
    int r = join_digest(&j, sha256, but);

    if (!r) {
        *ret_n = j.n;
        *ret = j.label;
    }
    return r;
}

/* ---- what was joined to a record ---- */

static int held_json(const struct label *l, json_t **ret)
{
    *ret = json_pack("{s:i, s:i, s:i, s:o}", "confidentiality", l->confidentiality, "integrity", l->integrity, "availability", l->availability,
                     "restrictions", words_json(l->restrictions.at, l->restrictions.n));
    return *ret ? 0 : -ENOMEM;
}

static int held_label(struct stage *sc, const json_t *held, struct label *ret)
{
    const json_t *words = json_arr(held, "restrictions");
    struct label_set restrictions;
    struct keys k;
    int e = keys_open(sc, &k);

    for (size_t i = 0; !e && i < json_array_size(words); i++)
        e = keys_add(&k, json_string_value(json_array_get(words, i)));
    if (!e)
        e = label_set_make(sc->arena, k.at, k.n, &restrictions);
    if (!e)
        e = label_make(sc->arena, (int)json_int(held, "confidentiality"), (int)json_int(held, "integrity"), (int)json_int(held, "availability"),
                       restrictions, NULL, 0, ret);
    return e == LABEL_E_LIMIT ? -E2BIG : ERR_FOLD(e);
}

int holding_add_to_label(struct stage *sc, const struct record *r, struct label *label)
{
    const json_t *held = json_obj(r->values, RECORD_HELD);
    struct label more;
    int e = held ? held_label(sc, held, &more) : 0;

    if (!e && held)
        e = label_join(sc->arena, label, &more, label);
    return e == LABEL_E_LIMIT ? -E2BIG : ERR_FOLD(e);
}

/* Without ranges. */
static int join_to_record(struct stage *sc, struct record *r, const struct label *found)
{
    struct label has, both, more = *found;
    JSON_AUTO *held = NULL;
    int e = label_of(sc, r, &has);

    more.ranges = NULL;
    more.n_ranges = 0;
    if (e || label_le(&more, &has))
        return e;
    if ((e = holding_add_to_label(sc, r, &more)) || (e = held_json(&more, &held)) || (e = held_label(sc, held, &both)))
        return e;
    r->is_dirty = true;
    return json_put(r->values, RECORD_HELD, TAKE(held));
}

static int join_file(struct stage *sc, struct record *r, const char *attachment)
{
    struct label found;
    size_t n;
    int e = holding_label_of_file(sc, attachment, r->id, &found, &n);

    return e || !n ? e : join_to_record(sc, r, &found);
}

int holding_join(struct stage *sc, struct record *r)
{
    const char *name;
    json_t *v;
    int e = 0;

    if (!r->reg->label)
        return 0;
    json_object_foreach(r->fresh, name, v) {
        const struct field *f = reg_field(r->reg, name);

        if (f && f->type == FIELD_FILE && !json_is_null(v) && (e = join_file(sc, r, json_str(json_obj(v, "value"), "id"))))
            return e;
    }
    return 0;
}

void holding_release(struct record *r)
{
    if (json_object_del(r->values, RECORD_HELD) == 0)
        r->is_dirty = true;
}

static bool has_any(const struct keys *k, struct label_set range)
{
    for (size_t i = 0; i < k->n; i++)
        if (label_set_has(range, k->at[i]))
            return true;
    return false;
}

int holding_admits(struct stage *sc, const struct person *person, const struct label *label)
{
    struct keys k;
    int e = keys_open(sc, &k);

    if (!e && person)
        e = keys_of_person(sc, person, &k);
    if (e)
        return e;
    for (size_t i = 0; i < label->n_ranges; i++)
        if (!has_any(&k, label->ranges[i]))
            return 0;
    return person != NULL;
}

/* ---- the gates' question ---- */

/* HEX: size. False: it is none. */
static bool read_content(const char *hex, const json_t *size, struct digest *ret)
{
    return json_is_integer(size) && json_integer_value(size) >= 0 && !hex_parse(str_of(hex), ret, sizeof(*ret));
}

static bool contents_ok(const json_t *contents)
{
    json_t *each = (json_t *)(uintptr_t)contents, *size;
    struct digest d;
    const char *hex;

    if (!json_is_object(contents) || json_object_size(contents) > HOLDING_CONTENTS_MAX)
        return false;
    json_object_foreach(each, hex, size)
        if (!read_content(hex, size, &d))
            return false;
    return true;
}

static int join_contents(struct joining *j, const json_t *contents)
{
    json_t *each = (json_t *)(uintptr_t)contents, *size;
    struct digest d = {0};
    const char *hex;
    int r;

    json_object_foreach(each, hex, size)
        if (read_content(hex, size, &d) && (uint64_t)json_integer_value(size) >= HOLDING_SIZE_MIN && (r = join_digest(j, &d, "")))
            return MIN_OF(r, 0);
    return 0;
}

static int answer_label(struct joining *j, const char *receiver, json_t **ret)
{
    JSON_AUTO *label = NULL;
    int admitted = 0, r = held_json(&j->label, &label);

    if (!r)
        *ret = json_pack("{s:b, s:O}", "held", 1, "label", label);
    if (r || !*ret)
        return -ENOMEM;
    if (!*receiver)
        return 0;
    admitted = holding_admits(j->sc, force_person(j->sc->e->force, receiver), &j->label);
    return admitted < 0 ? admitted : json_put_flag(*ret, "admitted", admitted);
}

int engine_holding_label(struct engine *e, const json_t *contents, const char *receiver, uint64_t now_us, json_t **ret)
{
    struct joining j = {0};
    struct stage sc;
    int r;

    if (!contents_ok(contents))
        return 1;
    r = stage_open(&sc, e, "", now_us);
    j.sc = &sc;
    if (!r)
        r = join_contents(&j, contents);
    if (!r)
        r = j.n ? answer_label(&j, receiver, ret) : (*ret = json_pack("{s:b}", "held", 0)) ? 0 : -ENOMEM;
    stage_done(&sc);
    return r;
}

int holding_add_all(struct store *s, const char *record, const char *attachment, enum holding_form form, const json_t *contents)
{
    json_t *each = (json_t *)(uintptr_t)contents, *size;
    struct digest d = {0};
    const char *hex;
    int r;

    if (!contents_ok(contents))
        return 1;
    json_object_foreach(each, hex, size)
        if (read_content(hex, size, &d) && (r = holding_add(s, record, attachment, form, &d, (uint64_t)json_integer_value(size))))
            return r;
    return 0;
}

/* 2: no such record in his sight. */
static int check_seen(struct stage *sc, const char *record)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    struct record *r;
    int e = sc->actor ? stage_record(sc, record, &r) : 1;

    if (e)
        return e < 0 ? e : 2;
    if ((e = sight_of_person(sc, sc->actor, &sight)))
        return e;
    e = sight_of_record(sc, sight, r);
    return e < 0 ? e : e && !r->disposed_us ? 0 : 2;
}

int engine_holding_note(struct engine *e, const char *person, const char *record, const char *form, const json_t *contents, uint64_t now_us,
                        json_t **ret_in)
{
    enum holding_form of;
    struct stage sc;
    int r;

    if (!holding_form_of(form, &of) || of == HOLDING_TAKEN_IN || of == HOLDING_SAID)
        return 1;
    r = stage_open(&sc, e, person, now_us);
    if (!r)
        r = check_seen(&sc, record);
    stage_done(&sc);
    if (r || (r = holding_add_all(e->store, record, "", of, contents)))
        return r;
    *ret_in = json_pack("{s:s, s:s, s:I}", "record", record, "form", form, "n", (json_int_t)json_object_size(contents));
    return *ret_in ? 0 : -ENOMEM;
}
