#include "base/json.h"

#include "base/json-quick.h"
#include "base/tell.h"
#include "base/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>

#define DEPTH_MAX 64
/* Where "I-JSON" integers end (RFC 7493): beyond, RFC 8785 would round them. */
#define INTEGER_MAX ((INT64_C(1) << 53) - 1)
/* Longest path that is shown. */
#define PATH_MAX_BYTES 1024

/* ---- parsing ---- */

/* Deepest nesting of brackets outside strings, found before the parser descends. Wrong JSON may give a wrong depth,
 * which is harmless: the parser never descends beyond the brackets it has seen open. *ret_at: where `max` was passed. */
static bool is_too_deep(struct str text, unsigned max, size_t *ret_at)
{
    unsigned depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > max) {
                *ret_at = i;
                return true;
            }
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return false;
}

static void diag_at(struct diag *diag, struct str text, size_t at, const char *message)
{
    unsigned line = 1;
    size_t start = 0;

    for (size_t i = 0; i < at; i++) {
        if (text.at[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    diag_add(diag, DIAG_ERROR, NULL, line,
             (unsigned)utf8_count((struct str){text.at + start, at - start}) + 1, "%s", message);
}

/* Where jansson has no memory for a token it takes a part of it, or calls it invalid: so it is asked for otherwise. */
static _Thread_local bool ran_short;

static void *malloc_watched(size_t size)
{
    void *at = malloc(size);

    if (at == NULL)
        ran_short = true;
    return at;
}

/* Values carry keys, passwords and personal texts: nothing of them stays in memory that was given back. The whole block, for jansson does not
 * say how much of it is in use. */
static void free_wiped(void *at)
{
    if (at != NULL)
        explicit_bzero(at, malloc_usable_size(at));
    free(at);
}

/* Before anything else, so that no thread can see half of it. */
__attribute__((constructor)) static void watch_memory(void)
{
    json_set_alloc_funcs(malloc_watched, free_wiped);
}

static int parse_slowly(struct str text, json_t **ret, json_error_t *error)
{
    json_t *v;

    ran_short = false;
    v = json_loadb(text.len > 0 ? text.at : "", text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
                   error);
    if (ran_short) {
        json_decref(v);
        return -ENOMEM;
    }
    if (v == NULL)
        return JSON_E_SYNTAX;
    *ret = v;
    return 0;
}

int json_slow(struct str text, json_t **ret)
{
    json_error_t error;

    return parse_slowly(text, ret, &error);
}

int json_parse(struct str text, struct json_limits limits, json_t **ret, struct diag *diag)
{
    unsigned max_depth = MIN_OF(limits.max_depth, (unsigned)DEPTH_MAX);
    json_error_t error = {0};
    size_t at = 0;
    int r;

    if (text.len > limits.max_bytes) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_BASE_JSON_LARGE, {"n", NUMBER(text.len)}, {"max", NUMBER(limits.max_bytes)});
        return JSON_E_LIMIT;
    }
    r = json_quick(text, max_depth, ret);
    if (r <= 0)
        return r;
    if (is_too_deep(text, max_depth, &at)) {
        diag_at(diag, text, at, "the JSON text is nested too deeply; flatten it");
        return JSON_E_LIMIT;
    }
    r = parse_slowly(text, ret, &error);
    if (r == JSON_E_SYNTAX)
        diag_tell(diag, DIAG_ERROR,
                  ((struct diag_place){NULL, error.line > 0 ? (unsigned)error.line : 1, error.column > 0 ? (unsigned)error.column : 1, NULL}),
                  MSG_BASE_JSON_MALFORMED, {"why", str_of(error.text)});
    return r;
}

/* ---- copies ---- */

/* Takes the reference. */
static json_t *whole(json_t *copy)
{
    if (!ran_short)
        return copy;
    json_decref(copy);
    return NULL;
}

json_t *json_copied(const json_t *v)
{
    ran_short = false;
    return whole(json_copy((json_t *)(uintptr_t)v));
}

json_t *json_copied_deep(const json_t *v)
{
    ran_short = false;
    return whole(json_deep_copy(v));
}

/* ---- as it is ---- */

static int print_escaped(unsigned char c, struct buf *out)
{
    static const char with[] = "\"\"\\\\\bb\ff\nn\rr\tt";

    for (size_t i = 0; i < sizeof(with) - 1; i += 2)
        if ((unsigned char)with[i] == c)
            return buf_add_char(out, '\\') ?: buf_add_char(out, with[i + 1]);
    return buf_printf(out, "\\u%04X", c);
}

static int print_string(struct str s, struct buf *out)
{
    size_t start = 0;
    int r = buf_add_char(out, '"');

    for (size_t i = 0; !r && i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        r = buf_add(out, s.at + start, i - start) ?: print_escaped(c, out);
        start = i + 1;
    }
    return r ? r : buf_add(out, s.at + start, s.len - start) ?: buf_add_char(out, '"');
}

/* A real number: jansson knows how many digits it takes. */
static int print_other(const json_t *v, struct buf *out)
{
    char text[64];
    size_t n = json_dumpb(v, text, sizeof(text), JSON_ENCODE_ANY | JSON_COMPACT);

    return n && n <= sizeof(text) ? buf_add(out, text, n) : -ENOMEM;
}

int json_print(const json_t *v, struct buf *out)
{
    size_t i = 0;
    json_t *member;
    int r;

    switch (json_typeof(v)) {
    case JSON_STRING:
        return print_string((struct str){json_string_value(v), json_string_length(v)}, out);
    case JSON_INTEGER:
        return buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    case JSON_ARRAY:
        r = buf_add_char(out, '[');
        json_array_foreach (v, i, member)
            r = r ? r : (i ? buf_add_char(out, ',') : 0) ?: json_print(member, out);
        return r ? r : buf_add_char(out, ']');
    case JSON_OBJECT:
        r = buf_add_char(out, '{');
        for (void *at = json_object_iter((json_t *)(uintptr_t)v); !r && at; at = json_object_iter_next((json_t *)(uintptr_t)v, at)) {
            r = i++ ? buf_add_char(out, ',') : 0;
            r = r ? r : print_string((struct str){json_object_iter_key(at), json_object_iter_key_len(at)}, out) ?: buf_add_char(out, ':');
            r = r ? r : json_print(json_object_iter_value(at), out);
        }
        return r ? r : buf_add_char(out, '}');
    case JSON_TRUE:
        return buf_add_str(out, STR("true"));
    case JSON_FALSE:
        return buf_add_str(out, STR("false"));
    case JSON_NULL:
        return buf_add_str(out, STR("null"));
    case JSON_REAL:
        break;
    }
    return print_other(v, out);
}

/* ---- canonical form ---- */

/* The way down to the value being written, as a list through the callers' frames. */
struct place {
    const struct place *up; /* NULL at the root */
    const char *key;        /* of an object's member; NULL: of an array */
    size_t index;
};

struct writer {
    struct buf *out;
    struct diag *diag;
};

static void print_path(const struct place *at, struct buf *path)
{
    if (at == NULL)
        return;
    print_path(at->up, path);
    if (at->key != NULL)
        (void)buf_printf(path, "/%s", at->key);
    else
        (void)buf_printf(path, "/%zu", at->index);
}

static int refuse(struct writer *w, const struct place *at, enum message_key why)
{
    struct buf path;

    buf_init(&path, PATH_MAX_BYTES);
    print_path(at, &path);
    diag_tell(w->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_BASE_JSON_FORM, {"path", buf_str(&path)}, MESSAGE_WORD("why", why));
    buf_done(&path);
    return JSON_E_CANON;
}

/* U+0000 to U+001F, U+007F to U+009F: the latter are 0xc2 and their own number. */
static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];

        if (c < 0x20 || c == 0x7f || (c == 0xc2 && i + 1 < s.len && (unsigned char)s.at[i + 1] < 0xa0))
            return true;
    }
    return false;
}

static int write_string(struct writer *w, const struct place *at, struct str s)
{
    int r;

    if (has_control(s))
        return refuse(w, at, MSG_BASE_JSON_FORM_CONTROL);
    if ((r = utf8_check_nfc(s)) < 0)
        return ERR(r);
    if (r)
        return refuse(w, at, MSG_BASE_JSON_FORM_NFC);
    (void)buf_add_char(w->out, '"');
    for (size_t start = 0, i = 0; i <= s.len; i++) {
        if (i < s.len && s.at[i] != '"' && s.at[i] != '\\')
            continue;
        (void)buf_add(w->out, s.at + start, i - start);
        if (i < s.len)
            (void)buf_add_char(w->out, '\\');
        start = i;
    }
    return buf_add_char(w->out, '"');
}

static int write_value(struct writer *w, const struct place *at, const json_t *v, unsigned depth);

static int write_array(struct writer *w, const struct place *at, const json_t *array,
                       unsigned depth)
{
    size_t n = json_array_size(array);
    int r = buf_add_char(w->out, '[');

    for (size_t i = 0; r == 0 && i < n; i++) {
        struct place here = {.up = at, .index = i};

        if (i > 0)
            (void)buf_add_char(w->out, ',');
        r = write_value(w, &here, json_array_get(array, i), depth + 1);
    }
    return r ? r : buf_add_char(w->out, ']');
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_ascii(const char *key)
{
    for (; *key != '\0'; key++) {
        if (*key < 0x20 || *key > 0x7e)
            return false;
    }
    return true;
}

static int write_members(struct writer *w, const struct place *at, const json_t *object,
                         const char *const *keys, size_t n, unsigned depth)
{
    int r = buf_add_char(w->out, '{');

    for (size_t i = 0; r == 0 && i < n; i++) {
        struct place here = {.up = at, .key = keys[i]};

        if (!is_ascii(keys[i]))
            return refuse(w, &here, MSG_BASE_JSON_FORM_KEY);
        if (i > 0)
            (void)buf_add_char(w->out, ',');
        r = write_string(w, &here, str_of(keys[i]));
        if (r == 0)
            r = buf_add_char(w->out, ':');
        if (r == 0)
            r = write_value(w, &here, json_object_get(object, keys[i]), depth + 1);
    }
    return r ? r : buf_add_char(w->out, '}');
}

static int write_object(struct writer *w, const struct place *at, const json_t *object,
                        unsigned depth)
{
    const char *key;
    const json_t *value;
    const char **keys;
    size_t n = 0;
    int r;

    keys = calloc(json_object_size(object) + 1, sizeof(*keys));
    if (keys == NULL)
        return -ENOMEM;
    /* The walk does not change the object; jansson's macro only lacks the const. */
    json_object_foreach ((json_t *)(uintptr_t)object, key, value)
        keys[n++] = key;
    qsort(keys, n, sizeof(*keys), compare_keys);
    r = write_members(w, at, object, keys, n, depth);
    free(keys);
    return r;
}

static int write_value(struct writer *w, const struct place *at, const json_t *v, unsigned depth)
{
    if (v == NULL)
        return refuse(w, at, MSG_BASE_JSON_FORM_NONE);
    if (depth > DEPTH_MAX)
        return refuse(w, at, MSG_BASE_JSON_FORM_DEEP);
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return write_object(w, at, v, depth);
    case JSON_ARRAY:
        return write_array(w, at, v, depth);
    case JSON_STRING:
        return write_string(w, at, (struct str){json_string_value(v), json_string_length(v)});
    case JSON_INTEGER:
        if (json_integer_value(v) > INTEGER_MAX || json_integer_value(v) < -INTEGER_MAX)
            return refuse(w, at, MSG_BASE_JSON_FORM_INTEGER);
        return buf_printf(w->out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    case JSON_TRUE:
        return buf_add_text(w->out, "true");
    case JSON_FALSE:
        return buf_add_text(w->out, "false");
    case JSON_REAL:
        return refuse(w, at, MSG_BASE_JSON_FORM_REAL);
    case JSON_NULL:
        return refuse(w, at, MSG_BASE_JSON_FORM_NULL);
    }
    return refuse(w, at, MSG_BASE_JSON_FORM_TYPE);
}

int json_canonical(const json_t *v, struct buf *out, struct diag *diag)
{
    struct writer w = {.out = out, .diag = diag};
    int r = write_value(&w, NULL, v, 0);

    return r ? r : buf_error(out);
}

int json_digest(const json_t *v, struct digest *ret, struct diag *diag)
{
    struct buf text;
    int r;

    buf_init(&text, SIZE_MAX / 2);
    r = json_canonical(v, &text, diag);
    if (r == 0)
        *ret = sha256(buf_str(&text));
    buf_done(&text);
    return r;
}

/* ---- members ---- */

const char *json_str_or(const json_t *object, const char *key, const char *otherwise)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value != NULL ? value : otherwise;
}

const char *json_str(const json_t *object, const char *key)
{
    return json_str_or(object, key, "");
}

json_t *json_obj(const json_t *object, const char *key)
{
    json_t *v = json_object_get(object, key);

    return json_is_object(v) ? v : NULL;
}

json_t *json_arr(const json_t *object, const char *key)
{
    json_t *v = json_object_get(object, key);

    return json_is_array(v) ? v : NULL;
}

int64_t json_int(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

bool json_flag(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

int json_put(json_t *object, const char *key, json_t *value)
{
    assert(json_is_object(object));
    return value != NULL && json_object_set_new(object, key, value) == 0 ? 0 : -ENOMEM;
}

int json_put_strn(json_t *object, const char *key, struct str value)
{
    json_t *v;

    if (!utf8_is_valid(value))
        return -EINVAL;
    v = json_stringn_nocheck(value.len > 0 ? value.at : "", value.len);
    return json_put(object, key, v);
}

int json_put_str(json_t *object, const char *key, const char *value)
{
    return json_put_strn(object, key, str_of(value));
}

int json_put_int(json_t *object, const char *key, int64_t value)
{
    return json_put(object, key, json_integer(value));
}

int json_put_flag(json_t *object, const char *key, bool value)
{
    return json_put(object, key, json_boolean(value));
}
