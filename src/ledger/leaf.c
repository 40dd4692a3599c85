#include "ledger/leaf.h"

#include "base/tell.h"

#include <errno.h>

#define HEX_DIGEST_LEN 64u
#define INSTANT_LEN 27u /* 2026-04-10T00:00:00.000000Z */
#define RECORD_MAX ((size_t)16 << 20)

static int wrong(struct diag *diag, const char *member, const char *why)
{
    diag_error(diag, "\"%s\" of a ledger entry %s", member, why);
    return LEAF_E_SYNTAX;
}

/* ---- what single values may be ---- */

static bool is_name(const json_t *v)
{
    return json_is_string(v) && json_string_length(v) > 0 && json_string_length(v) <= LEAF_NAME_MAX;
}

static bool is_hex(const json_t *v, size_t len)
{
    const char *s = json_string_value(v);

    return s && json_string_length(v) == len && strspn(s, "0123456789abcdef") == len;
}

static bool is_digest(const json_t *v)
{
    return is_hex(v, HEX_DIGEST_LEN);
}

static bool is_salt(const json_t *v)
{
    return is_hex(v, (size_t)2 * LEAF_BLIND_SIZE);
}

/* The one spelling of an instant: UTC with microseconds, so that texts sort as times do. */
static bool instant_of(const json_t *v, uint64_t *ret_us)
{
    struct str s = {json_string_value(v), json_string_length(v)};

    return json_is_string(v) && s.len == INSTANT_LEN && s.at[19] == '.' && s.at[26] == 'Z' &&
           instant_parse(s, ret_us) == 0;
}

static bool is_instant(const json_t *v)
{
    uint64_t t;

    return instant_of(v, &t);
}

static bool is_true(const json_t *v)
{
    return json_is_true(v);
}

static bool is_authority(const json_t *v)
{
    const char *s = json_string_value(v);

    return s && (!strcmp(s, "own") || !strcmp(s, "acting") || !strcmp(s, "senketsu") || !strcmp(s, "daiketsu"));
}

static bool is_result(const json_t *v)
{
    const char *s = json_string_value(v);

    return s && (!strcmp(s, "allowed") || !strcmp(s, "refused") || !strcmp(s, "recorded"));
}

static bool is_version(const json_t *v)
{
    return json_is_integer(v) && json_integer_value(v) == LEAF_VERSION;
}

static bool is_seq(const json_t *v)
{
    return json_is_integer(v) && json_integer_value(v) >= 0;
}

static bool is_place(const json_t *v)
{
    struct str rest = {json_string_value(v), json_string_length(v)}, year;
    uint64_t n;

    return json_is_string(v) && str_split(&rest, '/', &year) && rest.at && year.len == 4 &&
           !str_to_u64(year, 1970, 9999, &n) && !str_to_u64(rest, 0, INT64_MAX, &n);
}

/* ---- what objects and lists may hold ---- */

struct member {
    const char *name;
    bool required;
    bool (*is_good)(const json_t *v);
    const char *should; /* "must be ..." */
};

static int check_members(const json_t *object, const char *what, const struct member *members, size_t n,
                         struct diag *diag)
{
    size_t known = 0;

    if (!json_is_object(object))
        return wrong(diag, what, "must be an object");
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_object_get(object, members[i].name);

        if (!v && !members[i].required)
            continue;
        if (!v)
            return wrong(diag, members[i].name, "is missing");
        if (!members[i].is_good(v))
            return wrong(diag, members[i].name, members[i].should);
        known++;
    }
    return known == json_object_size(object) ? 0 : wrong(diag, what, "has members that are not known");
}

static const struct member actor_members[] = {
    {"id", true, is_name, "must be a short text"},
    {"post", false, is_name, "must be a short text"},
    {"rank", false, is_name, "must be a short text"},
    {"authority", false, is_authority, "must be own, acting, senketsu or daiketsu"},
    {"for", false, is_name, "must be a short text"},
    {"station", false, is_name, "must be a short text"},
    {"device", false, is_name, "must be a short text"},
    {"station_key", false, is_digest, "must be 64 hexadecimal digits in lower case"},
};
static const struct member obj_members[] = {
    {"kind", true, is_name, "must be a short text"},
    {"id", true, is_name, "must be a short text"},
    {"digest", false, is_digest, "must be 64 hexadecimal digits in lower case"},
    {"disposed", false, is_true, "must be true or left out"},
};
static const struct member pii_members[] = {
    {"field", true, is_name, "must be a short text"},
    {"commit", true, is_digest, "must be 64 hexadecimal digits in lower case"},
    {"record", false, is_name, "must be a short text"},
};
static const struct member paper_members[] = {
    {"written", true, is_instant, "must be an instant in UTC with microseconds"},
    {"keyed", true, is_instant, "must be an instant in UTC with microseconds"},
};

static bool is_list(const json_t *v)
{
    return json_is_array(v) && json_array_size(v) <= LEAF_LIST_MAX;
}

static int check_list(const json_t *list, const char *what, const struct member *members, size_t n,
                      struct diag *diag)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        int r = check_members(json_array_get(list, i), what, members, n, diag);

        if (r)
            return r;
    }
    return 0;
}

static bool is_names(const json_t *v)
{
    if (!is_list(v))
        return false;
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!is_name(json_array_get(v, i)))
            return false;
    return true;
}

static bool is_unmet(const json_t *v)
{
    if (!is_list(v))
        return false;
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *one = json_array_get(v, i);

        if (!is_name(one) && !json_is_object(one))
            return false;
    }
    return true;
}

static bool is_object(const json_t *v)
{
    return json_is_object(v);
}

static const struct member leaf_members[] = {
    {"v", true, is_version, "must be 1"},
    {"seq", true, is_seq, "must be a number from 0"},
    {"t", true, is_instant, "must be an instant in UTC with microseconds"},
    {"act", true, is_name, "must be a short text"},
    {"result", true, is_result, "must be allowed, refused or recorded"},
    {"due", false, is_instant, "must be an instant in UTC with microseconds"},
    {"case", false, is_name, "must be a short text"},
    {"from", false, is_name, "must be a short text"},
    {"to", false, is_name, "must be a short text"},
    {"actor", false, is_object, "must be an object"},
    {"obj", false, is_list, "must be a list"},
    {"label", false, is_name, "must be a short text"},
    {"rules", false, is_digest, "must be 64 hexadecimal digits in lower case"},
    {"clauses", false, is_names, "must be a list of short texts"},
    {"unmet", false, is_unmet, "must be a list of short texts or objects"},
    {"in", false, is_object, "must be an object"},
    {"pii", false, is_list, "must be a list"},
    {"paper", false, is_object, "must be an object"},
    {"ref", false, is_place, "must be \"<year>/<seq>\""},
    {"salt", false, is_salt, "must be 32 hexadecimal digits in lower case"},
};

static int check_leaf(const json_t *leaf, struct diag *diag)
{
    const json_t *actor = json_object_get(leaf, "actor"), *paper = json_object_get(leaf, "paper");
    int r = check_members(leaf, "an entry", leaf_members, ARRAY_LEN(leaf_members), diag);

    if (!r && actor)
        r = check_members(actor, "actor", actor_members, ARRAY_LEN(actor_members), diag);
    if (!r)
        r = check_list(json_object_get(leaf, "obj"), "obj", obj_members, ARRAY_LEN(obj_members), diag);
    if (!r)
        r = check_list(json_object_get(leaf, "pii"), "pii", pii_members, ARRAY_LEN(pii_members), diag);
    if (!r && paper)
        r = check_members(paper, "paper", paper_members, ARRAY_LEN(paper_members), diag);
    return r;
}

/* ---- building ---- */

static int put_text(json_t *object, const char *key, const char *text)
{
    return text && *text ? json_put_str(object, key, text) : 0;
}

/* A borrowed value; the cast only lets the count be raised. */
static int put_borrowed(json_t *object, const char *key, const json_t *v)
{
    return v ? json_put(object, key, json_incref((json_t *)(uintptr_t)v)) : 0;
}

static int put_instant(json_t *object, const char *key, uint64_t t_us)
{
    struct buf text;
    int r;

    buf_init(&text, 64);
    r = instant_print_utc(t_us, &text);
    if (!r)
        r = json_put_strn(object, key, buf_str(&text));
    buf_done(&text);
    return r;
}

static int build_head(const struct leaf *leaf, json_t *o)
{
    int r = json_put_int(o, "v", LEAF_VERSION);

    if (!r)
        r = json_put_int(o, "seq", leaf->seq);
    if (!r)
        r = put_instant(o, "t", leaf->t_us);
    if (!r && leaf->due_us)
        r = put_instant(o, "due", leaf->due_us);
    return r;
}

static int build(const struct leaf *leaf, json_t *o)
{
    const struct {
        const char *key, *text;
    } texts[] = {
        {"act", leaf->act},     {"case", leaf->case_id}, {"from", leaf->from},     {"to", leaf->to},
        {"label", leaf->label}, {"rules", leaf->rules},  {"result", leaf->result}, {"ref", leaf->ref},
        {"salt", leaf->salt},
    };
    const struct {
        const char *key;
        const json_t *value;
    } values[] = {
        {"actor", leaf->actor}, {"obj", leaf->obj}, {"clauses", leaf->clauses}, {"unmet", leaf->unmet},
        {"in", leaf->in},       {"pii", leaf->pii}, {"paper", leaf->paper},
    };
    int r = build_head(leaf, o);

    for (size_t i = 0; !r && i < ARRAY_LEN(texts); i++)
        r = put_text(o, texts[i].key, texts[i].text);
    for (size_t i = 0; !r && i < ARRAY_LEN(values); i++)
        r = put_borrowed(o, values[i].key, values[i].value);
    return r;
}

/* Brackets within brackets beyond `left`, as json_parse() counts them. */
static bool is_deeper(const json_t *v, unsigned left)
{
    const char *key;
    json_t *one;
    size_t i;

    if (!json_is_object(v) && !json_is_array(v))
        return false;
    if (left == 0)
        return true;
    json_array_foreach (v, i, one)
        if (is_deeper(one, left - 1))
            return true;
    json_object_foreach ((json_t *)(uintptr_t)v, key, one)
        if (is_deeper(one, left - 1))
            return true;
    return false;
}

static int check_depth(const json_t *o, struct diag *diag)
{
    if (!is_deeper(o, LEAF_DEPTH_MAX))
        return 0;
    diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_LEDGER_LEAF_DEEP, {"max", NUMBER(LEAF_DEPTH_MAX)});
    return LEAF_E_LIMIT;
}

/* A leaf that is well formed, as bytes. */
static int print_json(const json_t *o, struct buf *out, struct diag *diag)
{
    struct buf text;
    int r;

    buf_init(&text, LEAF_MAX);
    r = json_canonical(o, &text, diag);
    if (r == -ENOSPC) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_LEDGER_LEAF_LARGE, {"max", NUMBER(LEAF_MAX)});
        r = LEAF_E_LIMIT;
    } else if (r > 0) {
        r = LEAF_E_SYNTAX;
    }
    if (!r)
        r = buf_add_str(out, buf_str(&text));
    buf_done(&text);
    return r;
}

int leaf_print(const struct leaf *leaf, struct buf *out, struct diag *diag)
{
    JSON_AUTO *o = json_object();
    int r;

    if (!o)
        return -ENOMEM;
    r = build(leaf, o);
    if (r == -EINVAL)
        return wrong(diag, "a text", "is not UTF-8");
    if (!r)
        r = check_depth(o, diag); /* first: what follows goes down as far as the value does */
    if (!r)
        r = check_leaf(o, diag);
    return r ? r : print_json(o, out, diag);
}

/* ---- reading ---- */

static void leaf_from_json(const json_t *o, struct leaf *leaf)
{
    *leaf = (struct leaf){
        .seq = json_int(o, "seq"),
        .act = json_str(o, "act"),
        .case_id = json_str(o, "case"),
        .from = json_str(o, "from"),
        .to = json_str(o, "to"),
        .actor = json_object_get(o, "actor"),
        .obj = json_object_get(o, "obj"),
        .label = json_str(o, "label"),
        .rules = json_str(o, "rules"),
        .clauses = json_object_get(o, "clauses"),
        .result = json_str(o, "result"),
        .unmet = json_object_get(o, "unmet"),
        .in = json_object_get(o, "in"),
        .pii = json_object_get(o, "pii"),
        .paper = json_object_get(o, "paper"),
        .ref = json_str(o, "ref"),
        .salt = json_str(o, "salt"),
    };
    (void)instant_of(json_object_get(o, "t"), &leaf->t_us);
    if (json_object_get(o, "due"))
        (void)instant_of(json_object_get(o, "due"), &leaf->due_us);
}

static int check_bytes(struct str bytes, const json_t *o, struct diag *diag)
{
    struct buf again;
    int r;

    buf_init(&again, LEAF_MAX);
    r = print_json(o, &again, diag);
    if (!r && !str_eq(bytes, buf_str(&again)))
        r = wrong(diag, "the text", "is not in canonical form");
    buf_done(&again);
    return r;
}

int leaf_parse(struct str bytes, struct leaf *ret_leaf, json_t **ret_json, struct diag *diag)
{
    JSON_AUTO *o = NULL;
    int r = json_parse(bytes, (struct json_limits){LEAF_MAX, LEAF_DEPTH_MAX}, &o, diag);

    if (r < 0)
        return ERR(r);
    if (r)
        return r == JSON_E_LIMIT ? LEAF_E_LIMIT : LEAF_E_SYNTAX;
    r = check_leaf(o, diag);
    if (!r)
        r = check_bytes(bytes, o, diag);
    if (r)
        return r;
    if (ret_leaf)
        leaf_from_json(o, ret_leaf);
    *ret_json = TAKE(o);
    return 0;
}

static int put_digest(json_t *object, const char *key, const struct digest *d)
{
    return json_put_str(object, key, digest_text(d).at);
}

json_t *leaf_opening(const char *prev_origin, uint64_t prev_size, const struct digest *prev_root,
                     json_t *clock)
{
    JSON_AUTO *in = json_object();
    int r = in ? 0 : -ENOMEM;

    if (!r && clock)
        r = put_borrowed(in, "clock", clock);
    if (!r && prev_origin)
        r = json_put_str(in, "prev_origin", prev_origin);
    if (!r && prev_origin)
        r = json_put_int(in, "prev_size", (int64_t)prev_size);
    if (!r && prev_origin)
        r = put_digest(in, "prev_root", prev_root);
    return r ? NULL : TAKE(in);
}

/* ---- commitments and records ---- */

struct digest leaf_commit_bytes(const uint8_t salt[static LEAF_SALT_SIZE], struct str value)
{
    return sha256_3((struct str){(const char *)salt, LEAF_SALT_SIZE}, value, STR_NONE);
}

int leaf_commit(const uint8_t salt[static LEAF_SALT_SIZE], const json_t *value, struct digest *ret_commit,
                struct diag *diag)
{
    struct buf text;
    int r;

    if (json_is_string(value)) {
        *ret_commit = leaf_commit_bytes(
            salt, (struct str){json_string_value(value), json_string_length(value)});
        return 0;
    }
    buf_init(&text, RECORD_MAX);
    r = json_canonical(value, &text, diag);
    if (!r)
        *ret_commit = leaf_commit_bytes(salt, buf_str(&text));
    buf_wipe(&text);
    return r;
}

/* A borrowed object, or an empty one. */
static int put_object(json_t *object, const char *key, const json_t *v)
{
    return v ? put_borrowed(object, key, v) : json_put(object, key, json_object());
}

int leaf_record_digest(const struct leaf_record *record, struct digest *ret_digest, struct diag *diag)
{
    JSON_AUTO *o = json_object();
    int r;

    if (!o)
        return -ENOMEM;
    r = json_put_str(o, "id", record->id);
    if (!r)
        r = json_put_str(o, "register", record->register_id);
    if (!r)
        r = json_put_str(o, "state", record->state);
    if (!r)
        r = json_put_int(o, "version", record->version);
    if (!r)
        r = put_object(o, "values", record->values);
    if (!r)
        r = put_object(o, "personal", record->personal);
    return r ? r : json_digest(o, ret_digest, diag);
}
