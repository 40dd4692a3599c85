/* Index rows: (register, field, key, record), by which conditions, lists and links find records. */
#include "base/utf8.h"
#include "engine/inside.h"

bool field_is_indexed(const struct field *f)
{
    if (field_is_personal(f))
        return false;
    if (f->type == FIELD_LIST)
        return f->n_fields == 1 && field_is_indexed(&f->fields[0]);
    if (f->indexed || f->unique != UNIQUE_NO)
        return f->type != FIELD_GROUP;
    switch (f->type) {
    case FIELD_CHOICE:
    case FIELD_DAY:
    case FIELD_MONTH:
    case FIELD_PERSON:
    case FIELD_UNIT:
    case FIELD_POST:
    case FIELD_RECORD:
        return true;
    default:
        return false;
    }
}

struct field field_of_key(const struct field *f)
{
    struct field one = f->type == FIELD_LIST ? f->fields[0] : *f;

    if (one.type == FIELD_CHECKLIST)
        one.type = FIELD_CHOICE;
    return one;
}

bool field_key_is_folded(const struct field *f)
{
    return field_of_key(f).type == FIELD_TEXT;
}

#define FOLDED_SIZE_MAX ((size_t)16 << 20) /* bytes; a text has at most a quarter of it */

int index_key(const struct field *f, const json_t *value, struct buf *out)
{
    struct str s = {json_string_value(value), json_string_length(value)};
    CLEANUP(buf_done) struct buf folded = {0};
    struct digest d;
    int e;

    if (json_is_integer(value))
        return buf_printf(out, "%lld", (long long)json_integer_value(value));
    if (json_is_boolean(value))
        return buf_add_text(out, json_is_true(value) ? "yes" : "no");
    if (!json_is_string(value))
        return 1;
    buf_init(&folded, FOLDED_SIZE_MAX);
    if (f && field_key_is_folded(f)) {
        if ((e = utf8_fold(s, &folded)))
            return MIN_OF(e, 1);
        s = buf_str(&folded);
    }
    if (s.len <= INDEX_KEY_MAX)
        return buf_add_str(out, s);
    d = sha256(s);
    return hex_print(d.bytes, sizeof(d.bytes), out);
}

static int add_row(struct store *s, const struct record *r, const struct field *f, const json_t *value)
{
    CLEANUP(buf_done) struct buf key = {0};
    int e;

    buf_init(&key, 4096);
    e = index_key(f, value, &key);
    if (e)
        return e < 0 ? e : 0;
    e = STORE_RUN(s, STMT_INDEX_ADD, V_TEXT(r->reg->id), V_TEXT(f->id), V_STR(buf_str(&key)), V_TEXT(r->id),
                  V_INT(r->audience));
    return store_failed(e);
}

static int add_former(struct store *s, const struct record *r)
{
    CLEANUP(buf_done) struct buf key = {0};
    const json_t *former = json_object_get(r->values, RECORD_FORMER);
    int e;

    buf_init(&key, 4096);
    if (!former || (e = index_key(NULL, former, &key)))
        return former ? ERR_FOLD(e) : 0;
    return store_failed(STORE_RUN(s, STMT_INDEX_ADD, V_TEXT(r->reg->id), V_TEXT(RECORD_FORMER), V_STR(buf_str(&key)), V_TEXT(r->id),
                                  V_INT(r->audience)));
}

int index_write(struct store *s, const struct record *r)
{
    int e = STORE_RUN(s, STMT_INDEX_DROP, V_TEXT(r->id));

    if (e)
        return store_failed(e);
    if ((e = add_former(s, r)))
        return e;
    for (size_t i = 0; i < r->reg->n_fields; i++) {
        const struct field *f = &r->reg->fields[i];
        const json_t *v = json_object_get(r->values, f->id);
        size_t n = json_is_array(v) ? json_array_size(v) : v ? 1 : 0;

        if (!field_is_indexed(f))
            continue;
        for (size_t k = 0; k < n; k++)
            if ((e = add_row(s, r, f, json_is_array(v) ? json_array_get(v, k) : v)))
                return e;
    }
    return 0;
}
