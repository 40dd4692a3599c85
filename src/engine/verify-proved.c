#include "engine/verify-proved.h"

#include "base/tell.h"
#include "base/time.h"
#include "base/utf8.h"
#include "engine/inside.h"

#include <inttypes.h>
#include <sodium.h>

#define SHOWN_MAX 400u /* bytes of a value */

/* {field: {"value": v or null, "t": us}} of what was typed, and the state under "". */
static int note(json_t *proved, const char *field, json_t *value, uint64_t t_us)
{
    json_t *o = json_pack("{s:O?, s:I}", "value", value, "t", (json_int_t)t_us);

    return o && !json_object_set_new(proved, field, o) ? 0 : -ENOMEM;
}

static int note_entry(json_t *proved, const struct leaf *leaf, const char *record)
{
    json_t *with = json_obj(leaf->in, "with"), *cleared = json_arr(leaf->in, "cleared"), *v;
    const char *field;
    size_t i;
    int e = 0;

    if (!leaf->case_id || strcmp(leaf->case_id, record) != 0)
        return 0;
    json_object_foreach(with, field, v)
        if (!e)
            e = note(proved, field, v, leaf->t_us);
    json_array_foreach(cleared, i, v)
        if (!e)
            e = note(proved, json_string_value(v), NULL, leaf->t_us);
    if (!e && leaf->to && *leaf->to && !strcmp(leaf->result, "allowed")) {
        JSON_AUTO *to = json_string(leaf->to);

        e = to ? note(proved, "", to, leaf->t_us) : -ENOMEM;
    }
    return e;
}

static int read_entry(struct store *s, int64_t shard, int64_t seq, json_t *proved, const char *record)
{
    JSON_AUTO *json = NULL;
    ROWS_AUTO *row = NULL;
    struct leaf leaf;
    int e = STORE_QUERY(s, &row, STMT_ENTRY_RANGE, V_INT(shard), V_INT(seq), V_INT(seq + 1));

    if (e || (e = rows_next(row)) != 1)
        return store_failed(e);
    e = leaf_parse(rows_blob(row, 2), &leaf, &json, NULL);
    return e ? MIN_OF(e, 0) : note_entry(proved, &leaf, record);
}

static int read_entries(struct store *s, const char *record, json_t *proved)
{
    ROWS_AUTO *rows = NULL;
    int e = store_failed(STORE_QUERY(s, &rows, STMT_HISTORY_LIST, V_TEXT(record)));

    while (!e && (e = rows_next(rows)) == 1)
        e = read_entry(s, rows_int(rows, 1), rows_int(rows, 2), proved, record);
    return e;
}

/* ---- putting them in its place ---- */

static json_t *value_now(const struct record *r, const char *field)
{
    return json_object_get(r->values, field);
}

static bool differs(const struct record *r, const char *field, const json_t *proved)
{
    const json_t *is = value_now(r, field), *was = json_object_get(proved, "value");

    if (!*field)
        return strcmp(r->state, json_string_value(was)) != 0;
    return json_is_null(was) ? is != NULL : !is || !json_equal(is, was);
}

/* Those that differ, or `only` one of them. 1: it gives the digest. */
static int gives(struct record *r, const json_t *proved, const char *only, const char *cited)
{
    json_t *each = (json_t *)(uintptr_t)proved, *o, *values = r->values;
    const char *field, *state = r->state;
    char hex[2 * SHA256_SIZE + 1];
    struct digest d;
    int e;

    if (!(r->values = json_copied(values))) {
        r->values = values;
        return -ENOMEM;
    }
    json_object_foreach(each, field, o) {
        json_t *was = json_object_get(o, "value");

        if ((only && strcmp(only, field) != 0) || !differs(r, field, o))
            continue;
        if (!*field)
            r->state = json_string_value(was);
        else if (json_is_null(was))
            json_object_del(r->values, field);
        else if (json_object_set(r->values, field, was))
            r->state = NULL;
    }
    e = r->state ? record_digest(r, &d) : -ENOMEM;
    json_decref(r->values);
    r->values = values;
    r->state = state;
    if (e)
        return e;
    sodium_bin2hex(hex, sizeof(hex), d.bytes, sizeof(d.bytes));
    return !strcmp(hex, cited);
}

/* ---- words ---- */

/* `out` stays empty where there is none. */
static int add_value(const json_t *v, struct buf *out)
{
    CLEANUP(buf_done) struct buf text;
    int e;

    buf_init(&text, 1u << 20);
    if (!v || json_is_null(v))
        return 0;
    e = json_is_string(v) ? buf_add_text(&text, json_string_value(v)) : ERR_FOLD(json_canonical(v, &text, NULL));
    if (e)
        return e;
    text.len = MIN_OF(text.len, SHOWN_MAX);
    return utf8_print_safe(buf_str(&text), out);
}

static int name(const struct record *r, const char *field, const json_t *proved, struct diag *diag)
{
    CLEANUP(buf_done) struct buf is, was, at;
    JSON_AUTO *state = json_string(r->state);
    int e;

    buf_init(&is, 4096);
    buf_init(&was, 4096);
    buf_init(&at, 64);
    if (!state || (e = add_value(*field ? value_now(r, field) : state, &is)) || (e = add_value(json_object_get(proved, "value"), &was)) ||
        (e = instant_print_local(json_int(proved, "t"), &at)))
        return state ? e : -ENOMEM;
    diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_PROVED, {"record", str_of(r->id)}, MESSAGE_BOTH("register", r->reg->title),
              {"at", str_of(at.at)}, {"what", str_of(field), .is_word = !*field, .word = MSG_VERIFY_PROVED_STATE},
              {"have", buf_str(&is), .is_word = !is.len, .word = MSG_VERIFY_PROVED_NOTHING},
              {"proved", buf_str(&was), .is_word = !was.len, .word = MSG_VERIFY_PROVED_NOTHING});
    return 0;
}

static int name_all(const struct record *r, const json_t *proved, const char *only, struct diag *diag)
{
    json_t *each = (json_t *)(uintptr_t)proved, *o;
    const char *field;
    int e = 0;

    json_object_foreach(each, field, o)
        if (!e && (!only || !strcmp(only, field)) && differs(r, field, o))
            e = name(r, field, o, diag);
    return e;
}

int verify_name_values(struct store *s, struct record *r, const char *cited, struct diag *diag)
{
    JSON_AUTO *proved = json_object();
    const char *field;
    json_t *o;
    int e = proved ? read_entries(s, r->id, proved) : -ENOMEM;

    if (!e)
        e = gives(r, proved, NULL, cited);
    if (e)
        return e < 0 ? e : name_all(r, proved, NULL, diag);
    json_object_foreach(proved, field, o) { /* what an effect set since stands rightly there */
        if (!differs(r, field, o))
            continue;
        if ((e = gives(r, proved, field, cited)))
            return e < 0 ? e : name_all(r, proved, field, diag);
    }
    return 1;
}
