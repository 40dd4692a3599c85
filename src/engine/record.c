#include "engine/record.h"

#include "base/seal.h"
#include "engine/attachment.h"
#include "engine/holding.h"
#include "engine/inside.h"
#include "ledger/leaf.h"
#include "store/tally-notes.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#define BODY_LIMITS ((struct json_limits){8u << 20, 16})
#define BODY_MAX ((size_t)8 << 20)
#define COMMIT_LEN ((size_t)2 * SHA256_SIZE)

bool field_is_personal(const struct field *f)
{
    if (f->personal || f->type == FIELD_LONG_TEXT || f->type == FIELD_FILE)
        return true;
    for (size_t i = 0; i < f->n_fields; i++)
        if (field_is_personal(&f->fields[i]))
            return true;
    return false;
}

bool field_is_chosen(const struct field *f)
{
    switch (f->type) {
    case FIELD_CHOICE:
    case FIELD_FLAG:
    case FIELD_CHECKLIST:
    case FIELD_PERSON:
    case FIELD_UNIT:
    case FIELD_POST:
    case FIELD_RECORD:
    case FIELD_LABEL:
    case FIELD_FILE:
        return true;
    case FIELD_LIST:
        return field_is_chosen(&f->fields[0]);
    default:
        return false;
    }
}

bool field_is_text(const struct field *f)
{
    switch (f->type) {
    case FIELD_NUMBER:
    case FIELD_FLAG:
    case FIELD_FILE:
    case FIELD_CHECKLIST:
    case FIELD_GROUP:
    case FIELD_LIST:
        return false;
    default:
        return true;
    }
}

/* ---- reading ---- */

static int split_body(struct str body, struct record *r)
{
    JSON_AUTO *o = NULL;
    int e = json_parse(body, BODY_LIMITS, &o, NULL);

    if (e)
        return e < 0 ? e : -EBADMSG;
    r->values = json_incref(json_obj(o, "values"));
    r->commits = json_incref(json_obj(o, "commits"));
    return r->values && r->commits ? 0 : -EBADMSG;
}

static int fill_from_row(struct rows *row, struct arena *a, const char *id, struct record *r)
{
    r->id = arena_strdup(a, str_of(id));
    r->state = arena_strdup(a, rows_str(row, 1));
    r->version = r->stored_version = rows_int(row, 2);
    r->audience = rows_int(row, 3);
    r->unit = arena_strdup(a, rows_str(row, 4));
    r->pack = arena_strdup(a, rows_str(row, 5));
    r->opened_us = (uint64_t)rows_int(row, 6);
    r->changed_us = (uint64_t)rows_int(row, 7);
    r->completed_day = rows_is_null(row, 8) ? DAY_NONE : rows_int(row, 8);
    r->keep_until_day = rows_is_null(row, 9) ? DAY_NONE : rows_int(row, 9);
    r->disposed_us = (uint64_t)rows_int(row, 10);
    r->from_state = r->stored_state = r->state;
    r->stored_audience = r->audience;
    if (!r->id || !r->state || !r->unit || !r->pack)
        return -ENOMEM;
    return split_body(rows_str(row, 11), r);
}

int record_load(struct store *s, struct arena *a, const char *id,
                const struct reg *(*reg_of)(void *user, const char *reg, const char *pack), void *user,
                struct record *ret)
{
    ROWS_AUTO *row = NULL;
    struct record r = {0};
    int e = STORE_ONE(s, &row, STMT_RECORD_GET, V_TEXT(id));

    if (e == STORE_E_NONE)
        return 1;
    if (e)
        return store_failed(e);
    e = fill_from_row(row, a, id, &r);
    if (!e) {
        r.reg = reg_of(user, rows_text(row, 0), r.pack);
        e = r.reg ? 0 : 1;
    }
    if (e) {
        record_done(&r);
        return e;
    }
    *ret = r;
    return 0;
}

bool record_has_ended(const struct record *r)
{
    const struct state *s = r->reg->procedure ? procedure_state(r->reg->procedure, r->state) : NULL;

    return r->disposed_us || !s || s->is_end;
}

void record_done(struct record *r)
{
    json_decref(r->values);
    json_decref(r->commits);
    json_decref(r->opened);
    json_decref(r->fresh);
    sodium_memzero(r->key, sizeof(r->key));
    *r = (struct record){0};
}

/* ---- sealing ---- */

static int key_for_reading(struct store *s, struct record *r)
{
    int e = r->has_key ? 0 : vault_get(s, str_of(r->id), r->key);

    if (!e)
        r->has_key = true;
    return e;
}

/* The record's key, made when its first personal value comes. */
static int key_for_writing(struct store *s, struct record *r)
{
    ROWS_AUTO *row = NULL;
    int e;

    if (r->has_key)
        return 0;
    e = STORE_ONE(s, &row, STMT_PERSONAL_ANY, V_TEXT(r->id));
    if (!e)
        return key_for_reading(s, r);
    if (e != STORE_E_NONE)
        return e;
    random_fill(r->key, sizeof(r->key));
    e = vault_put(s, str_of(r->id), r->key);
    if (!e)
        r->has_key = true;
    return e;
}

static int bound_to(const struct record *r, const char *field, struct buf *out)
{
    return buf_printf(out, "%s/%s", r->id, field);
}

static int value_bytes(const json_t *value, struct buf *out)
{
    if (json_is_string(value))
        return buf_add(out, json_string_value(value), json_string_length(value));
    return ERR_FOLD(json_canonical(value, out, NULL));
}

static int seal(struct store *s, struct record *r, const char *field, const json_t *fresh)
{
    CLEANUP(buf_wipe) struct buf plain = {0};
    CLEANUP(buf_done) struct buf sealed = {0};
    CLEANUP(buf_done) struct buf ad = {0};
    uint8_t salt[LEAF_SALT_SIZE];
    int e;

    buf_init(&plain, BODY_MAX);
    buf_init(&sealed, BODY_MAX + 128);
    buf_init(&ad, 512);
    if ((e = bound_to(r, field, &ad)))
        return e;
    if (hex_parse(str_of(json_str(fresh, "salt")), salt, sizeof(salt)))
        return -EBADMSG;
    if ((e = buf_add(&plain, salt, sizeof(salt))) || (e = value_bytes(json_object_get(fresh, "value"), &plain)))
        return e;
    if ((e = seal_add(r->key, buf_str(&ad), buf_str(&plain), &sealed)))
        return e;
    return STORE_RUN(s, STMT_PERSONAL_SET, V_TEXT(r->id), V_TEXT(field), V_BLOB(sealed.at, sealed.len));
}

int record_seal_aside(struct store *s, struct record *r, const char *name, const json_t *value, char ret_commit[2 * SHA256_SIZE + 1])
{
    uint8_t salt[LEAF_SALT_SIZE];
    char hex[2 * LEAF_SALT_SIZE + 1];
    JSON_AUTO *fresh = NULL;
    struct digest commit;
    int e;

    random_fill(salt, sizeof(salt));
    sodium_bin2hex(hex, sizeof(hex), salt, sizeof(salt));
    fresh = json_pack("{s:s, s:O}", "salt", hex, "value", value);
    if (!fresh)
        return -ENOMEM;
    if ((e = ERR_FOLD(leaf_commit(salt, value, &commit, NULL))))
        return e;
    if ((e = key_for_writing(s, r)) || (e = seal(s, r, name, fresh)))
        return store_failed(e);
    sodium_bin2hex(ret_commit, 2 * SHA256_SIZE + 1, commit.bytes, sizeof(commit.bytes));
    return 0;
}

/* Clear text of a sealed value without its salt. */
static int unseal(const struct record *r, const struct field *f, struct str sealed, uint8_t *ret_salt, json_t **ret)
{
    CLEANUP(buf_wipe) struct buf plain = {0};
    CLEANUP(buf_done) struct buf ad = {0};
    struct str value;
    int e;

    if (sealed.len < SEAL_MORE + LEAF_SALT_SIZE)
        return -EBADMSG;
    buf_init(&plain, sealed.len);
    buf_init(&ad, 512);
    if ((e = bound_to(r, f->id, &ad)) || (e = seal_open(r->key, buf_str(&ad), sealed, &plain)))
        return e;
    if (ret_salt)
        memcpy(ret_salt, plain.at, LEAF_SALT_SIZE);
    value = (struct str){plain.at + LEAF_SALT_SIZE, plain.len - LEAF_SALT_SIZE};
    if (field_is_text(f)) {
        *ret = json_stringn(value.at, value.len);
        return *ret ? 0 : -ENOMEM;
    }
    e = json_parse(value, BODY_LIMITS, ret, NULL);
    return e > 0 ? -EBADMSG : e;
}

static int open_personal(struct store *s, struct record *r, const struct field *f, json_t **ret)
{
    ROWS_AUTO *row = NULL;
    json_t *v = NULL;
    int e = key_for_reading(s, r);

    if (!r->opened && !(r->opened = json_object()))
        return -ENOMEM;
    if (!e)
        e = STORE_ONE(s, &row, STMT_PERSONAL_GET, V_TEXT(r->id), V_TEXT(f->id));
    if (e == STORE_E_NONE)
        v = json_null(); /* erased, or known by its commitment alone */
    else if (e)
        return store_failed(e);
    else if ((e = unseal(r, f, rows_blob(row, 0), NULL, &v)))
        return e;
    if (json_object_set_new(r->opened, f->id, v))
        return -ENOMEM;
    *ret = json_is_null(v) ? NULL : v;
    return 0;
}

int record_open(struct store *s, struct record *r, const struct field *f, uint8_t ret_salt[LEAF_SALT_SIZE], json_t **ret)
{
    ROWS_AUTO *row = NULL;
    int e = key_for_reading(s, r);

    *ret = NULL;
    if (!e)
        e = STORE_ONE(s, &row, STMT_PERSONAL_GET, V_TEXT(r->id), V_TEXT(f->id));
    if (e)
        return e == STORE_E_NONE ? 0 : store_failed(e);
    return unseal(r, f, rows_blob(row, 0), ret_salt, ret);
}

int record_open_aside(struct store *s, struct record *r, const char *name, json_t **ret)
{
    const struct field aside = {.id = name, .type = FIELD_GROUP}; /* no text: canonical JSON */
    uint8_t salt[LEAF_SALT_SIZE];

    return record_open(s, r, &aside, salt, ret);
}

int record_value(struct store *s, struct record *r, const struct field *f, json_t **ret)
{
    json_t *v;

    *ret = NULL;
    if (!field_is_personal(f)) {
        *ret = json_object_get(r->values, f->id);
        return 0;
    }
    if (!json_object_get(r->commits, f->id))
        return 0;
    if ((v = json_object_get(r->opened, f->id))) {
        *ret = json_is_null(v) ? NULL : v;
        return 0;
    }
    return open_personal(s, r, f, ret);
}

bool record_has(const struct record *r, const struct field *f)
{
    return json_object_get(field_is_personal(f) ? r->commits : r->values, f->id) != NULL;
}

static bool is_empty(const json_t *v)
{
    return !v || json_is_null(v) || (json_is_string(v) && !json_string_length(v)) ||
           (json_is_array(v) && !json_array_size(v)) || (json_is_object(v) && !json_object_size(v));
}

static json_t **made(json_t **o)
{
    if (!*o)
        *o = json_object();
    return o;
}

static int set_personal(struct record *r, const struct field *f, const json_t *value, const char *commit)
{
    struct digest d;
    uint8_t salt[LEAF_SALT_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    json_t *fresh;
    int e;

    if (!*made(&r->fresh) || !*made(&r->opened))
        return -ENOMEM;
    if (commit) {
        if (json_object_set_new(r->opened, f->id, json_null()))
            return -ENOMEM;
        json_object_del(r->fresh, f->id);
        return json_put_str(r->commits, f->id, commit);
    }
    if (is_empty(value)) {
        json_object_del(r->commits, f->id);
        json_object_del(r->opened, f->id);
        return json_object_set_new(r->fresh, f->id, json_null()) ? -ENOMEM : 0;
    }
    random_fill(salt, sizeof(salt));
    if ((e = leaf_commit(salt, value, &d, NULL)))
        return ERR_FOLD(e);
    sodium_bin2hex(hex, sizeof(hex), d.bytes, sizeof(d.bytes));
    if ((e = json_put_str(r->commits, f->id, hex)))
        return e;
    sodium_bin2hex(hex, sizeof(hex), salt, sizeof(salt));
    fresh = json_pack("{s:s, s:o}", "salt", hex, "value", json_copied_deep(value));
    if (!fresh || json_object_set_new(r->fresh, f->id, fresh))
        return -ENOMEM;
    return json_object_set_new(r->opened, f->id, json_copied_deep(value)) ? -ENOMEM : 0;
}

int record_set(struct record *r, const struct field *f, const json_t *value, const char *commit)
{
    r->is_dirty = true;
    if (field_is_personal(f))
        return set_personal(r, f, value, commit);
    if (is_empty(value)) {
        json_object_del(r->values, f->id);
        return 0;
    }
    return json_object_set_new(r->values, f->id, json_copied_deep(value)) ? -ENOMEM : 0;
}

const char *record_party(const struct record *r, const char *role)
{
    return json_str(json_obj(r->values, "_parties"), role);
}

static bool list_has(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_string_value(json_array_get(list, i)), text))
            return true;
    return false;
}

bool record_has_acted(const struct record *r, const char *role, const char *person)
{
    return *person && (!strcmp(record_party(r, role), person) ||
                       list_has(json_arr(json_obj(r->values, "_acted"), role), person));
}

/* The object of that name among the values, made when it is not there. */
static json_t *member(struct record *r, const char *name)
{
    json_t *o = json_obj(r->values, name);

    if (!o && (o = json_object()) && json_object_set_new(r->values, name, o))
        o = NULL;
    return o;
}

static int set_aside(struct record *r, const char *role, const char *person)
{
    json_t *acted = member(r, "_acted"), *list = acted ? json_arr(acted, role) : NULL;

    if (!acted || (!list && (!(list = json_array()) || json_object_set_new(acted, role, list))))
        return -ENOMEM;
    return list_has(list, person) || !json_array_append_new(list, json_string(person)) ? 0 : -ENOMEM;
}

int record_add_party(struct record *r, const char *role, const char *person)
{
    return !*person || record_has_acted(r, role, person) ? 0 : set_aside(r, role, person);
}

int record_set_party(struct record *r, const char *role, const char *person)
{
    const char *before = record_party(r, role);
    json_t *parties;

    if (*before && strcmp(before, person) != 0 && set_aside(r, role, before))
        return -ENOMEM;
    parties = member(r, "_parties");
    return parties ? json_put_str(parties, role, person) : -ENOMEM;
}

/* ---- corrections ---- */

#define REASON "_reason"

static const struct field *field_as_of(struct arena *a, const struct field *f, int64_t version)
{
    struct field *old = arena_alloc(a, sizeof(*old));

    if (!old)
        return NULL;
    *old = *f;
    old->id = arena_printf(a, "%s@%" PRId64, f->id, version);
    return old->id ? old : NULL;
}

const struct field *record_reason_field(struct arena *a, int64_t version)
{
    static const struct field reason = {.id = REASON,
                                        .title = {"訂正の理由", "Reason of the correction"},
                                        .type = FIELD_LONG_TEXT,
                                        .max = 2000};

    return field_as_of(a, &reason, version);
}

const struct field *record_field(struct arena *a, const struct reg *reg, const char *name)
{
    const char *at = strchr(name, '@');
    char id[128];
    int64_t version;
    const struct field *f;

    if (!at || (size_t)(at - name) >= sizeof(id) ||
        str_to_i64(str_of(at + 1), 1, INT64_MAX, &version))
        return reg_field(reg, name);
    snprintf(id, sizeof(id), "%.*s", (int)(at - name), name);
    if (!strcmp(id, REASON))
        return record_reason_field(a, version);
    f = reg_field(reg, id);
    return f ? field_as_of(a, f, version) : NULL;
}

/* The sealed value under its other name, with the salt that its commitment was made with. */
static int keep_personal(struct store *s, struct record *r, const struct field *f,
                         const struct field *old)
{
    uint8_t salt[LEAF_SALT_SIZE];
    char hex[2 * LEAF_SALT_SIZE + 1];
    JSON_AUTO *value = NULL;
    json_t *fresh;
    int e = record_open(s, r, f, salt, &value);

    if (!e)
        e = json_put_str(r->commits, old->id, json_str(r->commits, f->id));
    if (e || !value)
        return e; /* known by its commitment alone */
    if (!*made(&r->fresh))
        return -ENOMEM;
    sodium_bin2hex(hex, sizeof(hex), salt, sizeof(salt));
    fresh = json_pack("{s:s, s:O}", "salt", hex, "value", value);
    sodium_memzero(salt, sizeof(salt));
    return fresh && !json_object_set_new(r->fresh, old->id, fresh) ? 0 : -ENOMEM;
}

int record_keep_old(struct store *s, struct arena *a, struct record *r, const struct field *f)
{
    int64_t version = r->version + !r->is_touched;
    json_t *corrected = member(r, "_corrected"), *fields;
    const struct field *old = field_as_of(a, f, version);
    char key[24];
    size_t at = 0;

    snprintf(key, sizeof(key), "%" PRId64, version);
    if (!corrected || !old)
        return -ENOMEM;
    fields = json_arr(corrected, key);
    if (!fields && (!(fields = json_array()) || json_object_set_new(corrected, key, fields)))
        return -ENOMEM;
    if (list_has(fields, f->id))
        return 0;
    while (at < json_array_size(fields) &&
           strcmp(json_string_value(json_array_get(fields, at)), f->id) < 0)
        at++;
    if (json_array_insert_new(fields, at,
                              json_string(f->id))) /* sorted, in whatever order they were given */
        return -ENOMEM;
    if (!record_has(r, f))
        return 0;
    if (field_is_personal(f))
        return keep_personal(s, r, f, old);
    return json_object_set(r->values, old->id, json_object_get(r->values, f->id)) ? -ENOMEM : 0;
}

void record_touch(struct record *r)
{
    r->is_dirty = true;
    if (r->is_touched)
        return;
    r->is_touched = true;
    r->version++;
}

int record_digest(const struct record *r, struct digest *ret)
{
    struct leaf_record l = {.id = r->id, .register_id = r->reg->id, .state = r->state, .version = r->version,
                            .values = r->values, .personal = r->commits};

    return ERR_FOLD(leaf_record_digest(&l, ret, NULL));
}

int record_signed_digest(const struct record *r, const struct field *const *fields, size_t n, struct digest *ret)
{
    JSON_AUTO *o = json_object();

    if (!o)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        json_t *v = json_object_get(field_is_personal(fields[i]) ? r->commits : r->values, fields[i]->id);

        if (v && json_object_set(o, fields[i]->id, v))
            return -ENOMEM;
    }
    return ERR_FOLD(json_digest(o, ret, NULL));
}

int record_note_signed(struct record *r, const char *step, const char *hex)
{
    json_t *o = member(r, "_signed");

    return o ? json_put_str(o, step, hex) : -ENOMEM;
}

/* ---- writing ---- */

/* The next of the register and year. */
static int count_on(struct store *s, struct arena *a, const struct reg *reg, int year, const char **ret)
{
    char *name = arena_printf(a, "record/%s-%04d", reg->prefix, year);
    ROWS_AUTO *row = NULL;
    int e;

    if (!name)
        return -ENOMEM;
    if ((e = STORE_RUN(s, STMT_COUNTER_NEXT, V_TEXT(name))) || (e = STORE_ONE(s, &row, STMT_COUNTER_GET, V_TEXT(name))))
        return store_failed(e);
    *ret = arena_printf(a, "%s-%04d-%04lld", reg->prefix, year, (long long)rows_int(row, 0));
    return *ret ? 0 : -ENOMEM;
}

/* A record keeps its row when it is disposed of, and so its number. */
static int is_taken(struct store *s, const char *id, bool *ret)
{
    ROWS_AUTO *row = NULL;
    int e = STORE_ONE(s, &row, STMT_RECORD_GET, V_TEXT(id));

    *ret = !e;
    return e == STORE_E_NONE ? 0 : store_failed(e);
}

#define DRAWN_LEAST UINT64_C(100000) /* six digits each … */
#define DRAWN_MANY UINT64_C(900000)
#define DRAWS_MAX 64u                /* … and nine when these are nearly used up: two in three taken, it happens once in 10^11 */

static int draw_number(struct store *s, struct arena *a, const struct reg *reg, int year, const char **ret)
{
    bool taken = true;
    int e = 0;

    for (unsigned i = 0; !e && taken; i++) {
        uint64_t scale = i < DRAWS_MAX ? 1 : 1000, number;

        random_fill(&number, sizeof(number));
        *ret = arena_printf(a, "%s-%04d-%llu", reg->prefix, year, (unsigned long long)(scale * DRAWN_LEAST + number % (scale * DRAWN_MANY)));
        e = *ret ? is_taken(s, *ret, &taken) : -ENOMEM;
    }
    return e;
}

/* What an entry gives must have this form and be nobody's. Entries of before numbers were drawn have such as ran, of four digits or more. */
static int given_before(struct store *s, struct arena *a, const struct reg *reg, int year, const char *given, const char **ret)
{
    char *start = arena_printf(a, "%s-%04d-", reg->prefix, year);
    size_t len = start ? strlen(start) : 0, n;
    bool taken;
    int e;

    if (!start)
        return -ENOMEM;
    if (strncmp(given, start, len) != 0)
        return -EBADMSG;
    n = strspn(given + len, "0123456789");
    if (given[len + n] || n < 4 || n > 9)
        return -EBADMSG;
    if ((e = is_taken(s, given, &taken)) || taken)
        return e ? e : -EBADMSG;
    *ret = arena_strdup(a, str_of(given));
    return *ret ? 0 : -ENOMEM;
}

int record_number(struct store *s, struct arena *a, struct record *r, int32_t day, const char *given)
{
    int year = (int)civil_from_day(day).year, e;

    if (r->reg->draws_numbers)
        return given ? given_before(s, a, r->reg, year, given, &r->id) : draw_number(s, a, r->reg, year, &r->id);
    e = count_on(s, a, r->reg, year, &r->id);
    return e || !given || !strcmp(given, r->id) ? e : -EBADMSG;
}

static int print_body(const struct record *r, bool is_tombstone, struct buf *out)
{
    JSON_AUTO *o = json_object();
    int e;

    if (!o)
        return -ENOMEM;
    if ((e = json_put(o, "values", is_tombstone ? json_object() : json_incref(r->values))) ||
        (e = json_put(o, "commits", json_incref(r->commits))))
        return e;
    return ERR_FOLD(json_canonical(o, out, NULL));
}

static struct value value_day(int64_t day)
{
    return day == DAY_NONE ? V_NULL : V_INT(day);
}

static int put_row(struct store *s, struct record *r, struct str body)
{
    if (r->is_new)
        return STORE_RUN(s, STMT_RECORD_ADD, V_TEXT(r->id), V_TEXT(r->reg->id), V_TEXT(r->state), V_INT(r->version),
                         V_INT(r->audience), V_TEXT(r->unit), V_TEXT(r->pack), V_INT(r->opened_us),
                         V_INT(r->changed_us), value_day(r->completed_day), value_day(r->keep_until_day), V_NULL,
                         V_STR(body));
    return STORE_RUN(s, STMT_RECORD_UPDATE, V_TEXT(r->id), V_TEXT(r->state), V_INT(r->version), V_INT(r->audience),
                     V_TEXT(r->unit), V_TEXT(r->pack), V_INT(r->changed_us), value_day(r->completed_day),
                     value_day(r->keep_until_day), V_STR(body), V_INT(r->stored_version));
}

/* From where its row counted to where it counts now. */
static int change_tally(struct store *s, struct record *r)
{
    const struct tally_note leaves = {.reg = r->reg->id, .audience = r->stored_audience, .state = r->stored_state},
                            comes = {.reg = r->reg->id, .audience = r->audience, .state = r->state, .comes = true, .changed_us = (int64_t)r->changed_us,
                                     .opened_us = (int64_t)r->opened_us, .id = r->id};
    int e = r->is_new ? 0 : store_tally(s, &leaves);

    if (!e)
        e = store_tally(s, &comes);
    if (!e) {
        r->stored_audience = r->audience;
        r->stored_state = r->state;
    }
    return e;
}

static int save_row(struct store *s, struct record *r, struct str body)
{
    int e = put_row(s, r, body);

    if (e)
        return store_failed(e);
    if (!r->is_new && !store_changed(s))
        return -ESTALE;
    return change_tally(s, r);
}

/* A file that the act names belongs to the record from now on; only now the record has its number. */
static int claim_file(struct store *s, const struct record *r, const char *field, const json_t *fresh)
{
    const struct field *f = reg_field(r->reg, field);

    return f && f->type == FIELD_FILE ? attachment_claim(s, json_str(json_obj(fresh, "value"), "id"), r->id) : 0;
}

static int save_personal(struct store *s, struct record *r)
{
    const char *field;
    json_t *v;
    int e;

    json_object_foreach(r->fresh, field, v) {
        if (json_is_null(v))
            e = STORE_RUN(s, STMT_PERSONAL_DROP_FIELD, V_TEXT(r->id), V_TEXT(field));
        else if (!(e = claim_file(s, r, field, v)) && !(e = key_for_writing(s, r)))
            e = seal(s, r, field, v);
        if (e)
            return e;
    }
    json_decref(r->fresh);
    r->fresh = NULL;
    return 0;
}

int record_save(struct store *s, struct record *r, uint64_t now_us)
{
    CLEANUP(buf_done) struct buf body = {0};
    int e;

    buf_init(&body, BODY_MAX);
    r->changed_us = now_us;
    if (r->is_new && !r->opened_us)
        r->opened_us = now_us;
    if ((e = print_body(r, false, &body)))
        return e;
    if ((e = holding_say(s, r)) || (e = save_row(s, r, buf_str(&body))))
        return e;
    r->is_new = false;
    r->is_dirty = false;
    r->stored_version = r->version;
    if ((e = save_personal(s, r)))
        return store_failed(e);
    if (r->reg->has_held_as && (e = holding_count_as(s, r->id, r->held)))
        return e;
    return index_write(s, r);
}

/* What was read into an import (doc/design/intelligence.md, PG6) tells of the file: it goes with the import's record. */
static int drop_report(struct store *s, const char *record)
{
    ROWS_AUTO *run = NULL, *intake = NULL;
    int r = STORE_ONE(s, &run, STMT_INTEL_RUN_OF_RECORD, V_TEXT(record));

    if (!r)
        r = STORE_ONE(s, &intake, STMT_INTAKE_GET, V_INT(rows_int(run, 0)));
    if (!r)
        r = STORE_RUN(s, STMT_INTAKE_END, V_INT(rows_int(run, 0)), V_TEXT(rows_text(intake, 2)), V_INT(rows_int(intake, 7)), V_STR(STR("{}")));
    return r == STORE_E_NONE ? 0 : r;
}

int record_dispose(struct store *s, struct record *r, uint64_t now_us)
{
    static const enum store_stmt drops[] = {STMT_PERSONAL_DROP, STMT_INDEX_DROP, STMT_LOCK_DROP_RECORD,
                                            STMT_TIMER_DROP_RECORD, STMT_WAITING_DROP, STMT_SEARCH_WORDS_DROP, STMT_SEARCH_DROP, STMT_TICKET_DROP_RECORD, STMT_READING_DROP};
    CLEANUP(buf_done) struct buf body = {0};
    int e;

    buf_init(&body, BODY_MAX);
    if ((e = print_body(r, true, &body)))
        return e;
    r->changed_us = now_us;
    e = STORE_RUN(s, STMT_RECORD_DISPOSE, V_TEXT(r->id), V_TEXT(r->state), V_INT(r->version), V_INT(now_us),
                  V_STR(buf_str(&body)), V_INT(r->stored_version));
    if (!e && !store_changed(s))
        return -ESTALE;
    if (!e)
        e = change_tally(s, r);
    for (size_t i = 0; !e && i < ARRAY_LEN(drops); i++)
        e = STORE_RUN(s, drops[i], V_TEXT(r->id));
    if (!e)
        e = vault_destroy(s, str_of(r->id));
    if (!e)
        e = attachment_destroy(s, r->id);
    if (!e)
        e = drop_report(s, r->id);
    if (!e)
        e = holding_drop_record(s, r->id);
    r->disposed_us = now_us;
    r->stored_version = r->version;
    r->is_dirty = false;
    return store_failed(e);
}
