/* One pass over an object's members, each looked up by (shape, name) in a hash table over the rows, then what the rows demand together. */
#include "intel/stix-rules.h"

#include "base/codec.h"
#include "intel/stix-id.h"
#include "intel/stix-rules-inside.h"
#include "intel/stix-time.h"

#include <errno.h>
#include <stdlib.h>

#define MUST 1u
#define LIST 2u
#define NAME_MIN 3u
#define PATH_SHOWN_MAX 4096u

#define P(shape, name, kind, flags)
#define N(shape, name, least, most, flags)
#define V(shape, name, vocabulary, flags)
#define R(shape, name, types, flags)
#define O(shape, name, part, flags)
static const struct {
    struct str name;
    enum class class;
} shapes[] = {
    [SHAPE_NONE] = {{"", 0}, CLASS_PART},
#define SHAPE(id, name, class) [SHAPE_##id] = {{name, sizeof(name) - 1}, CLASS_##class},
#include "intel/stix-types.def"
#undef SHAPE
};
#undef P
#undef N
#undef V
#undef R
#undef O

#define WORD(vocabulary, word)
#define OPEN true
#define CLOSED false
static const struct {
    struct str name;
    bool is_open;
} vocabularies[] = {
#define VOCABULARY(id, name, is) [VOCABULARY_##id] = {{name, sizeof(name) - 1}, is},
#include "intel/stix-vocabularies.def"
#undef VOCABULARY
};
#undef WORD

#define VOCABULARY(id, name, is)
static const struct {
    enum vocabulary in;
    struct str word;
} words[] = {
#define WORD(vocabulary, word) {VOCABULARY_##vocabulary, {word, sizeof(word) - 1}},
#include "intel/stix-vocabularies.def"
#undef WORD
};
#undef VOCABULARY

struct row {
    enum shape shape;
    enum kind kind;
    struct str name;
    unsigned flags;
    unsigned what; /* vocabulary or part */
    const char *types;
    int64_t least, most;
};

#define SHAPE(id, name, class)
#define ROW(shape, name, kind, flags, ...) \
    {SHAPE_##shape, KIND_##kind, {name, sizeof(name) - 1}, flags, __VA_ARGS__},
#define P(shape, name, kind, flags) ROW(shape, name, kind, flags, 0, NULL, INT64_MIN, INT64_MAX)
#define N(shape, name, least, most, flags) ROW(shape, name, INTEGER, flags, 0, NULL, least, most)
#define V(shape, name, vocabulary, flags) \
    ROW(shape, name, WORD, flags, VOCABULARY_##vocabulary, NULL, 0, 0)
#define R(shape, name, types, flags) ROW(shape, name, REF, flags, 0, types, 0, 0)
#define O(shape, name, part, flags) ROW(shape, name, PART, flags, SHAPE_##part, NULL, 0, 0)
static const struct row rows[] = {
#include "intel/stix-types.def"
};
#undef SHAPE

enum constraint { ORDER, AFTER, ONE_OF, APART, NEEDS };
static const struct {
    enum shape shape;
    enum constraint is;
    const char *a, *b;
} constraints[] = {
#define ORDER(shape, a, b) {SHAPE_##shape, ORDER, a, b},
#define AFTER(shape, a, b) {SHAPE_##shape, AFTER, a, b},
#define ONE_OF(shape, list) {SHAPE_##shape, ONE_OF, list, NULL},
#define APART(shape, a, b) {SHAPE_##shape, APART, a, b},
#define NEEDS(shape, a, b) {SHAPE_##shape, NEEDS, a, b},
#include "intel/stix-constraints.def"
#undef ORDER
#undef AFTER
#undef ONE_OF
#undef APART
#undef NEEDS
};

/* ---- tables ---- */

static uint32_t hash(enum shape shape, struct str name)
{
    uint32_t h = 2166136261u ^ (uint32_t)shape * 2654435761u;

    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (unsigned char)name.at[i]) * 16777619u;
    return h;
}

static const struct row *row_of(const struct stix_rules *rules, enum shape shape, struct str name)
{
    for (uint32_t h = hash(shape, name) % INDEX_SIZE; rules->index[h]; h = (h + 1) % INDEX_SIZE) {
        const struct row *row = &rows[rules->index[h] - 1];

        if (row->shape == shape && str_eq(row->name, name))
            return row;
    }
    return NULL;
}

static void put_range(struct range *r, unsigned i)
{
    if (r->end == 0)
        r->first = i;
    assert(r->end == 0 || r->end == i); /* the rows of one stand together */
    r->end = i + 1;
}

struct stix_rules *stix_rules_new(void)
{
    struct stix_rules *rules = calloc(1, sizeof(*rules));

    static_assert(ARRAY_LEN(rows) * 2 < INDEX_SIZE, "the index is at most half full");
    if (!rules)
        return NULL;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t h = hash(rows[i].shape, rows[i].name) % INDEX_SIZE;

        while (rules->index[h])
            h = (h + 1) % INDEX_SIZE;
        rules->index[h] = (uint16_t)(i + 1);
        put_range(&rules->of_shape[rows[i].shape], i);
    }
    for (unsigned i = 0; i < ARRAY_LEN(words); i++)
        put_range(&rules->of_vocabulary[words[i].in], i);
    for (unsigned i = 0; i < ARRAY_LEN(constraints); i++)
        put_range(&rules->constraints_of[constraints[i].shape], i);
    buf_init(&rules->path, PATH_SHOWN_MAX);
    buf_init(&rules->scratch, PATH_SHOWN_MAX);
    return rules;
}

void stix_rules_free(struct stix_rules *rules)
{
    if (!rules)
        return;
    buf_done(&rules->path);
    buf_done(&rules->scratch);
    free(rules);
}

/* ---- telling ---- */

/* Findings mostly come in the order of the object: lines are counted on from the last one. */
static struct scan_line line_at(struct stix_rules *c, size_t offset)
{
    if (offset == 0)
        return c->o->at;
    if (offset < c->passed.offset) {
        c->passed.offset = 0;
        c->passed.at = c->o->at;
    }
    scan_line_pass(&c->passed.at,
                   (struct str){c->o->bytes.at + c->passed.offset, offset - c->passed.offset});
    c->passed.offset = offset;
    return c->passed.at;
}

static void put(struct stix_rules *c, struct stix_finding *f, const struct scan_value *v)
{
    buf_clear(&c->path);
    if (scan_path(c->o->root, v, &c->path) == -ENOMEM || buf_error(&c->scratch) == -ENOMEM) {
        c->answer = -ENOMEM; /* a path too long is only cut */
        return;
    }
    f->number = c->o->number;
    f->id = c->id;
    f->path = buf_str(&c->path);
    f->offset = c->o->offset + v->offset;
    f->at = line_at(c, v->offset);
    c->answer = c->fault(f, c->context);
}

void stix_tell_why(struct stix_rules *c, enum stix_fault fault, const struct scan_value *v,
                   struct str wanted, bool has_why, enum message_key why)
{
    enum stix_level level = stix_fault_level(fault);
    struct stix_finding f = {.has_why = has_why, .why = why, .fault = fault, .wanted = wanted};

    if (c->answer)
        return;
    c->n_errors += level == STIX_ERROR;
    if (++c->n_found[level] > STIX_FINDINGS_MAX + 1)
        return;
    if (c->n_found[level] > STIX_FINDINGS_MAX)
        f = (struct stix_finding){.fault = level == STIX_ERROR ? STIX_E_MORE_ERRORS
                                                               : STIX_E_MORE_WARNINGS};
    else if (v->kind == SCAN_STRING || v->kind == SCAN_NUMBER)
        f.value = scan_str(v);
    put(c, &f, v);
}

void stix_tell(struct stix_rules *c, enum stix_fault fault, const struct scan_value *v,
               struct str wanted)
{
    stix_tell_why(c, fault, v, wanted, false, MSG_STIX_PATTERN);
}

/* ---- single values ---- */

static bool next_word(struct str *rest, struct str *ret)
{
    return str_split(rest, ' ', ret);
}

static bool has_word(const char *list, struct str word)
{
    struct str rest = str_of(list), one;

    while (next_word(&rest, &one))
        if (str_eq(one, word))
            return true;
    return false;
}

enum shape stix_shape_of(struct str type)
{
    for (unsigned i = 1; i < N_SHAPES; i++)
        if (shapes[i].class != CLASS_PART && shapes[i].class != CLASS_EXTENSION &&
            str_eq(shapes[i].name, type))
            return (enum shape)i;
    return SHAPE_NONE;
}

/* May a reference to that type stand where `types` are asked for? Of a type that is not the specification's own, its class cannot be told. */
bool stix_type_fits(const char *types, struct str type)
{
    static const char *const names[] = {
        [CLASS_SDO] = "SDO", [CLASS_SRO] = "SRO", [CLASS_SCO] = "SCO", [CLASS_META] = "META"};
    enum shape shape = stix_shape_of(type);

    if (types[0] == '*')
        return !str_eq(type, STR("bundle"));
    if (shape == SHAPE_NONE)
        return !str_eq(type, STR("bundle")) &&
               (has_word(types, STR("SDO")) || has_word(types, STR("SCO")));
    return has_word(types, type) || has_word(types, str_of(names[shapes[shape].class]));
}

static bool is_integer(struct str number)
{
    for (size_t i = 0; i < number.len; i++)
        if (number.at[i] == '.' || (number.at[i] | 0x20) == 'e')
            return false;
    return true;
}

static void check_integer(struct stix_rules *c, const struct row *row, const struct scan_value *v)
{
    struct str least_most;
    int64_t n;

    if (v->kind != SCAN_NUMBER || !is_integer(scan_str(v))) {
        stix_tell(c, STIX_E_KIND, v, STR("integer"));
        return;
    }
    if (row->least == INT64_MIN || str_to_i64(scan_str(v), row->least, row->most, &n) == 0)
        return;
    buf_clear(&c->scratch);
    if (row->most == INT64_MAX)
        IGNORE(buf_printf(&c->scratch, ">= %lld", (long long)row->least), "only words");
    else
        IGNORE(buf_printf(&c->scratch, "%lld..%lld", (long long)row->least, (long long)row->most),
               "only words");
    least_most = buf_str(&c->scratch);
    stix_tell(c, STIX_E_RANGE, v, least_most);
}

static void check_word(struct stix_rules *c, const struct row *row, const struct scan_value *v)
{
    struct range r = c->of_vocabulary[row->what];
    bool is_open = vocabularies[row->what].is_open;

    if (v->kind != SCAN_STRING) {
        stix_tell(c, STIX_E_KIND, v, STR("string"));
        return;
    }
    for (unsigned i = r.first; i < r.end; i++)
        if (str_eq(words[i].word, scan_str(v)))
            return;
    stix_tell(c, is_open ? STIX_E_WORD_OPEN : STIX_E_WORD, v, vocabularies[row->what].name);
}

static void check_ref(struct stix_rules *c, const struct row *row, const struct scan_value *v)
{
    struct str type;

    if (v->kind != SCAN_STRING)
        stix_tell(c, STIX_E_KIND, v, STR("identifier"));
    else if (!stix_id_is(scan_str(v), &type))
        stix_tell(c, STIX_E_ID, v, STR_NONE);
    else if (!stix_id_is_rfc4122(scan_str(v)))
        stix_tell(c, STIX_E_ID_UUID, v, STR_NONE);
    else if (!stix_type_fits(row->types, type))
        stix_tell(c, STIX_E_REF_TYPE, v, str_of(row->types));
}

static void check_hash(struct stix_rules *c, const struct scan_value *key)
{
    static const struct {
        const char *name;
        unsigned digits;
    } known[] = {{"MD5", 32},      {"SHA-1", 40},    {"SHA-256", 64},
                 {"SHA-512", 128}, {"SHA3-256", 64}, {"SHA3-512", 128}};
    const struct scan_value *v = key + 1;

    if (v->kind != SCAN_STRING) {
        stix_tell(c, STIX_E_KIND, v, STR("string"));
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        bool is_hash = v->len == known[i].digits;

        if (!str_eq(scan_str(key), str_of(known[i].name)))
            continue;
        for (uint32_t k = 0; k < v->len && is_hash; k++)
            is_hash = hex_digit(v->at[k]) >= 0;
        if (!is_hash)
            stix_tell(c, STIX_E_HASH, v, scan_str(key));
        return;
    }
    if (!str_eq(scan_str(key), STR("SSDEEP")) && !str_eq(scan_str(key), STR("TLSH")))
        stix_tell(c, STIX_E_WORD_OPEN, key, STR("hash-algorithm-ov"));
}

static bool is_dictionary_key(struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.at[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-'))
            return false;
    }
    return key.len > 0 && key.len <= NAME_MAX_LEN;
}

static void check_dictionary(struct stix_rules *c, const struct row *row,
                             const struct scan_value *v)
{
    const struct scan_value *key = v + 1;

    if (v->kind != SCAN_OBJECT) {
        stix_tell(c, STIX_E_KIND, v, STR("dictionary"));
        return;
    }
    if (v->len == 0)
        stix_tell(c, STIX_E_EMPTY, v, STR_NONE);
    for (uint32_t i = 0; i < v->len; i++, key += 1 + key[1].skip) {
        if (row->kind == KIND_HASHES)
            check_hash(c, key);
        else if (!is_dictionary_key(scan_str(key)))
            stix_tell(c, STIX_E_PROPERTY_NAME, key, STR_NONE);
    }
}

/* RFC 5646, its shape: subtags of one to eight letters and digits, the first of letters. */
static bool is_language(struct str s)
{
    struct str rest = s, tag;
    bool is_first = true;

    while (str_split(&rest, '-', &tag)) {
        if (tag.len < 1 || tag.len > 8)
            return false;
        for (size_t i = 0; i < tag.len; i++) {
            char c = (char)(tag.at[i] | 0x20);

            if (!((c >= 'a' && c <= 'z') || (!is_first && tag.at[i] >= '0' && tag.at[i] <= '9')))
                return false;
        }
        is_first = false;
    }
    return !is_first && s.len <= 100;
}

static bool is_hex(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (hex_digit(s.at[i]) < 0)
            return false;
    return s.len % 2 == 0;
}

static bool is_base64(struct str s)
{
    size_t pad = 0;

    while (pad < 2 && pad < s.len && s.at[s.len - 1 - pad] == '=')
        pad++;
    for (size_t i = 0; i < s.len - pad; i++) {
        char c = s.at[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '+' || c == '/'))
            return false;
    }
    return s.len % 4 == 0;
}

static void check_part(struct stix_rules *c, enum shape shape, const struct scan_value *v);
static void check_extensions(struct stix_rules *c, const struct scan_value *v);

static void check_text(struct stix_rules *c, const struct row *row, const struct scan_value *v)
{
    struct stix_time t;

    if (v->kind != SCAN_STRING) {
        stix_tell(c, STIX_E_KIND, v, row->kind == KIND_TIME ? STR("timestamp") : STR("string"));
        return;
    }
    if (row->kind == KIND_TIME && !stix_time_read(scan_str(v), &t))
        stix_tell(c, STIX_E_TIME, v, STR_NONE);
    else if (row->kind == KIND_HEX && !is_hex(scan_str(v)))
        stix_tell(c, STIX_E_HEX, v, STR_NONE);
    else if (row->kind == KIND_BINARY && !is_base64(scan_str(v)))
        stix_tell(c, STIX_E_BINARY, v, STR_NONE);
    else if (row->kind == KIND_LANGUAGE && !is_language(scan_str(v)))
        stix_tell(c, STIX_E_LANGUAGE, v, STR_NONE);
}

static void check_value(struct stix_rules *c, const struct row *row, const struct scan_value *v)
{
    switch (row->kind) {
    case KIND_INTEGER:
        check_integer(c, row, v);
        break;
    case KIND_FLOAT:
        if (v->kind != SCAN_NUMBER)
            stix_tell(c, STIX_E_KIND, v, STR("float"));
        break;
    case KIND_BOOLEAN:
        if (v->kind != SCAN_TRUE && v->kind != SCAN_FALSE)
            stix_tell(c, STIX_E_KIND, v, STR("boolean"));
        break;
    case KIND_WORD:
        check_word(c, row, v);
        break;
    case KIND_REF:
        check_ref(c, row, v);
        break;
    case KIND_DICTIONARY:
    case KIND_HASHES:
        check_dictionary(c, row, v);
        break;
    case KIND_PART:
        check_part(c, (enum shape)row->what, v);
        break;
    case KIND_EXTENSIONS:
        check_extensions(c, v);
        break;
    case KIND_ANY:
    case KIND_ID: /* looked at first of all */
        break;
    default:
        check_text(c, row, v);
        break;
    }
}

static void check_property(struct stix_rules *c, const struct row *row, const struct scan_value *v)
{
    const struct scan_value *entry = v + 1;

    if (!(row->flags & LIST)) {
        check_value(c, row, v);
        return;
    }
    if (v->kind != SCAN_ARRAY) {
        stix_tell(c, STIX_E_KIND, v, STR("list"));
        return;
    }
    if (v->len == 0)
        stix_tell(c, STIX_E_EMPTY, v, STR_NONE);
    for (uint32_t i = 0; i < v->len; i++, entry += entry->skip)
        check_value(c, row, entry);
}

/* ---- properties together ---- */

static bool time_of(const struct scan_value *object, const char *name, struct stix_time *ret)
{
    struct str text = scan_text(object, str_of(name));

    return text.at && stix_time_read(text, ret);
}

static void check_order(struct stix_rules *c, const struct scan_value *object, const char *a,
                        const char *b, bool is_after)
{
    struct stix_time first, second;
    int cmp;

    if (!time_of(object, a, &first) || !time_of(object, b, &second))
        return;
    cmp = stix_time_cmp(first, second);
    if (cmp > 0 || (is_after && cmp == 0))
        stix_tell(c, STIX_E_ORDER, scan_member(object, str_of(b)), str_of(a));
}

static bool has_one_of(const struct scan_value *object, const char *list)
{
    struct str rest = str_of(list), name;

    while (next_word(&rest, &name))
        if (scan_member(object, name))
            return true;
    return false;
}

static void check_constraints(struct stix_rules *c, enum shape shape,
                              const struct scan_value *object)
{
    struct range r = c->constraints_of[shape];

    for (unsigned i = r.first; i < r.end; i++) {
        const char *a = constraints[i].a, *b = constraints[i].b;
        const struct scan_value *x =
            constraints[i].is == ONE_OF ? NULL : scan_member(object, str_of(a));

        switch (constraints[i].is) {
        case ONE_OF:
            if (!has_one_of(object, a))
                stix_tell(c, STIX_E_ONE_OF, object, str_of(a));
            break;
        case APART:
            if (x && scan_member(object, str_of(b)))
                stix_tell(c, STIX_E_APART, x, str_of(b));
            break;
        case NEEDS:
            if (x && !scan_member(object, str_of(b)))
                stix_tell(c, STIX_E_NEEDS, x, str_of(b));
            break;
        default:
            check_order(c, object, a, b, constraints[i].is == AFTER);
            break;
        }
    }
}

static void check_required(struct stix_rules *c, enum shape shape, const struct scan_value *object)
{
    struct range r = c->of_shape[shape];

    for (unsigned i = r.first; i < r.end; i++) {
        if (!(rows[i].flags & MUST) || scan_member(object, rows[i].name))
            continue;
        if (shape == SHAPE_COMMON && c->shape == SHAPE_MARKING_DEFINITION &&
            str_eq(rows[i].name, STR("modified")))
            continue; /* a marking never changes (section 7.2) */
        stix_tell(c, STIX_E_REQUIRED, object, rows[i].name);
    }
}

static void check_part(struct stix_rules *c, enum shape shape, const struct scan_value *v)
{
    const struct scan_value *key = v + 1;

    if (v->kind != SCAN_OBJECT) {
        stix_tell(c, STIX_E_KIND, v, STR("object"));
        return;
    }
    if (v->len == 0)
        stix_tell(c, STIX_E_EMPTY, v, STR_NONE);
    for (uint32_t i = 0; i < v->len; i++, key += 1 + key[1].skip) {
        const struct row *row = row_of(c, shape, scan_str(key));

        if (row)
            check_property(c, row, key + 1);
        else if (!str_starts(scan_str(key), STR("x_")))
            stix_tell(c, STIX_E_PROPERTY, key, STR_NONE);
    }
    check_required(c, shape, v);
    check_constraints(c, shape, v);
}

/* ---- extensions (section 7.3) ---- */

static enum shape extension_of(enum shape type, struct str name)
{
    for (unsigned i = type + 1;
         i < N_SHAPES && (shapes[i].class == CLASS_EXTENSION || shapes[i].class == CLASS_PART); i++)
        if (shapes[i].class == CLASS_EXTENSION && str_eq(shapes[i].name, name))
            return (enum shape)i;
    return SHAPE_NONE;
}

static void check_extension(struct stix_rules *c, const struct scan_value *key)
{
    const struct scan_value *v = key + 1, *type;
    enum shape shape = c->class == CLASS_SCO ? extension_of(c->shape, scan_str(key)) : SHAPE_NONE;
    struct str id_type;

    if (shape != SHAPE_NONE) {
        check_part(c, shape, v);
        return;
    }
    if (v->kind != SCAN_OBJECT) {
        stix_tell(c, STIX_E_KIND, v, STR("object"));
        return;
    }
    if (v->len == 0)
        stix_tell(c, STIX_E_EMPTY, v, STR_NONE);
    type = scan_member(v, STR("extension_type"));
    if (!stix_id_is(scan_str(key), &id_type) || !str_eq(id_type, STR("extension-definition"))) {
        stix_tell(c,
                  str_starts(scan_str(key), STR("extension-definition")) ? STIX_E_ID
                                                                         : STIX_E_EXTENSION_NAME,
                  key, STR_NONE);
    } else if (type) {
        const struct row row = {.kind = KIND_WORD, .what = VOCABULARY_EXTENSION_TYPE};

        check_word(c, &row, type);
    } else {
        stix_tell(c, STIX_E_EXTENSION, v, STR("extension_type"));
    }
}

static void check_extensions(struct stix_rules *c, const struct scan_value *v)
{
    const struct scan_value *key = v + 1;

    if (v->kind != SCAN_OBJECT) {
        stix_tell(c, STIX_E_KIND, v, STR("dictionary"));
        return;
    }
    if (v->len == 0)
        stix_tell(c, STIX_E_EMPTY, v, STR_NONE);
    for (uint32_t i = 0; i < v->len; i++, key += 1 + key[1].skip)
        check_extension(c, key);
}

/* What the extensions say of the object itself. */
static void look_at_extensions(struct stix_rules *c)
{
    const struct scan_value *v = scan_member(c->o->root, STR("extensions")), *key = within(v);

    for (uint32_t i = 0; v && v->kind == SCAN_OBJECT && i < v->len; i++, key += 1 + key[1].skip) {
        struct str is = scan_text(key + 1, STR("extension_type"));

        c->is_extended |= str_eq(is, STR("toplevel-property-extension"));
        if (c->shape != SHAPE_NONE)
            continue;
        if (str_eq(is, STR("new-sdo")))
            c->class = CLASS_SDO;
        else if (str_eq(is, STR("new-sro")))
            c->class = CLASS_SRO;
        else if (str_eq(is, STR("new-sco")))
            c->class = CLASS_SCO;
        c->is_extended |= c->class != CLASS_PART;
    }
}

/* ---- the object ---- */

static bool is_property_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!((s.at[i] >= 'a' && s.at[i] <= 'z') || (s.at[i] >= '0' && s.at[i] <= '9') ||
              s.at[i] == '_'))
            return false;
    return s.len >= NAME_MIN && s.len <= NAME_MAX_LEN;
}

static void check_members(struct stix_rules *c, enum shape common, bool is_20)
{
    const struct scan_value *key = c->o->root + 1;

    for (uint32_t i = 0; i < c->o->root->len; i++, key += 1 + key[1].skip) {
        const struct row *row = row_of(c, common, scan_str(key));

        if (!row && c->shape != SHAPE_NONE && !is_20)
            row = row_of(c, c->shape, scan_str(key));
        if (row)
            check_property(c, row, key + 1);
        else if (!is_20 && !is_property_name(scan_str(key)))
            stix_tell(c, STIX_E_PROPERTY_NAME, key, STR_NONE);
        else if (!is_20 && c->shape != SHAPE_NONE && !c->is_extended &&
                 !str_starts(scan_str(key), STR("x_")))
            stix_tell(c, STIX_E_PROPERTY, key, STR_NONE);
    }
}

/* False: without a type nothing more can be said. */
static bool check_type(struct stix_rules *c)
{
    const struct scan_value *type = scan_member(c->o->root, STR("type")),
                            *id = scan_member(c->o->root, STR("id"));
    struct str id_type;

    if (!type || type->kind != SCAN_STRING) {
        stix_tell(c, STIX_E_NO_TYPE, type ? type : c->o->root, STR_NONE);
        return false;
    }
    c->type = scan_str(type);
    c->shape = stix_shape_of(c->type);
    c->class = shapes[c->shape].class;
    if (!stix_type_is(c->type))
        stix_tell(c, STIX_E_TYPE_NAME, type, STR_NONE);
    if (id && (id->kind != SCAN_STRING || !stix_id_is(scan_str(id), &id_type)))
        stix_tell(c, STIX_E_ID, id, STR_NONE);
    else if (id && stix_type_is(c->type) && !str_eq(id_type, c->type)) /* its words hold the type */
        stix_tell(c, STIX_E_ID_TYPE, id, c->type);
    else if (id && !stix_id_is_rfc4122(scan_str(id)))
        stix_tell(c, STIX_E_ID_UUID, id, STR_NONE);
    return true;
}

static bool check_version(struct stix_rules *c)
{
    const struct scan_value *v = scan_member(c->o->root, STR("spec_version"));
    bool is_20 = v ? v->kind == SCAN_STRING && str_eq(scan_str(v), STR("2.0"))
                   : c->class != CLASS_SCO && scan_member(c->o->root, STR("created"));

    if (is_20)
        stix_tell(c, STIX_E_VERSION_20, v ? v : c->o->root, STR_NONE);
    else if (v && (v->kind != SCAN_STRING || !str_eq(scan_str(v), STR("2.1"))))
        stix_tell(c, STIX_E_SPEC_VERSION, v, STR("2.1"));
    else if (!v && c->class != CLASS_SCO)
        stix_tell(c, STIX_E_REQUIRED, c->o->root, STR("spec_version"));
    return is_20;
}

static void check_object(struct stix_rules *c)
{
    enum shape common;
    bool is_20;

    if (!check_type(c))
        return;
    look_at_extensions(c);
    if (c->shape == SHAPE_NONE && c->class == CLASS_PART && !str_starts(c->type, STR("x-")))
        stix_tell(c, STIX_E_TYPE_UNKNOWN, scan_member(c->o->root, STR("type")), STR_NONE);
    is_20 = check_version(c);
    common = c->class == CLASS_SCO ? SHAPE_COMMON_SCO : SHAPE_COMMON;
    check_members(c, common, is_20);
    check_required(c, common, c->o->root);
    check_constraints(c, common, c->o->root);
    stix_check_selectors(c);
    if (is_20)
        return;
    check_required(c, c->shape, c->o->root);
    check_constraints(c, c->shape, c->o->root);
    stix_check_type(c);
}

int stix_check(struct stix_rules *c, const struct stix_object *o,
               int (*fault)(const struct stix_finding *f, void *context), void *context,
               unsigned *ret_errors)
{
    struct str id = scan_text(o->root, STR("id"));

    c->o = o;
    c->id = id.at ? id : STR_NONE;
    c->type = STR_NONE;
    c->shape = SHAPE_NONE;
    c->class = CLASS_PART;
    c->is_extended = false;
    c->fault = fault;
    c->context = context;
    c->n_errors = c->n_found[STIX_ERROR] = c->n_found[STIX_WARNING] = 0;
    c->passed.offset = 0;
    c->passed.at = o->at;
    c->answer = 0;
    check_object(c);
    *ret_errors = c->n_errors;
    return c->answer;
}
