/* Keys and the canonical form. A key is one letter, a colon and ids; "r:pack/role@unit". No id holds "@". */
#include "label/audience.h"

#include "base/tell.h"
#include "base/utf8.h"
#include "label/audience-quick.h"
#include "store/store.h"

#include <errno.h>

const char *admit_role(struct arena *a, const char *role, const char *unit)
{
    return arena_printf(a, "r:%s@%s", role, unit);
}

const char *admit_unit(struct arena *a, const char *unit)
{
    return arena_printf(a, "u:%s", unit);
}

const char *admit_unit_kind(struct arena *a, const char *kind)
{
    return arena_printf(a, "k:%s", kind);
}

const char *admit_person(struct arena *a, const char *person)
{
    return arena_printf(a, "p:%s", person);
}

/* ---- out ---- */

static int put_role(json_t *member, struct str rest)
{
    struct str role;
    int r;

    if (!str_split(&rest, '@', &role) || rest.at == NULL)
        return -EINVAL;
    r = json_put_strn(member, "role", role);
    return r < 0 || rest.len == 0 ? r : json_put_strn(member, "unit", rest);
}

static int put_member(json_t *list, const char *key)
{
    json_t *member = json_object();
    struct str rest = str_of(key);
    int r = -EINVAL;

    if (member == NULL)
        return -ENOMEM;
    if (rest.len > 2 && key[1] == ':') {
        rest = (struct str){key + 2, rest.len - 2};
        r = key[0] == 'r'   ? put_role(member, rest)
            : key[0] == 'u' ? json_put_strn(member, "unit", rest)
            : key[0] == 'k' ? json_put_strn(member, "unit_kind", rest)
            : key[0] == 'p' ? json_put_strn(member, "person", rest)
                            : -EINVAL;
    } else if (strcmp(key, LABEL_EVERYONE) == 0) {
        r = json_put_flag(member, "everyone", true);
    }
    if (r < 0) {
        json_decref(member);
        return r;
    }
    return json_array_append_new(list, member) == 0 ? 0 : -ENOMEM;
}

static int put_range(json_t *list, struct label_set range)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < range.n; i++)
        r = put_member(list, range.at[i]);
    return r;
}

static int put_ranges(json_t *o, const struct label *l)
{
    json_t *first = json_array(), *also = NULL;
    int r;

    if (first == NULL)
        return -ENOMEM;
    r = json_put(o, "range", first);
    if (r == 0)
        r = l->n_ranges == 0 ? put_member(first, LABEL_EVERYONE) : put_range(first, l->ranges[0]);
    if (r < 0 || l->n_ranges < 2)
        return r;
    also = json_array();
    if (also == NULL)
        return -ENOMEM;
    r = json_put(o, "also", also);
    for (size_t i = 1; r == 0 && i < l->n_ranges; i++) {
        json_t *list = json_array();

        if (list == NULL || json_array_append_new(also, list) != 0)
            return -ENOMEM;
        r = put_range(list, l->ranges[i]);
    }
    return r;
}

static int put_restrictions(json_t *o, struct label_set restrictions)
{
    json_t *list = json_array();
    int r;

    if (list == NULL)
        return -ENOMEM;
    r = json_put(o, "restrictions", list);
    for (size_t i = 0; r == 0 && i < restrictions.n; i++) {
        if (!utf8_is_valid(str_of(restrictions.at[i])))
            return -EINVAL;
        r = json_array_append_new(list, json_string(restrictions.at[i])) == 0 ? 0 : -ENOMEM;
    }
    return r;
}

static int to_json(const struct audience *au, json_t *o)
{
    int r = json_put_str(o, "label", au->label_id);

    if (r == 0)
        r = json_put_int(o, "c", au->label.confidentiality);
    if (r == 0)
        r = json_put_int(o, "i", au->label.integrity);
    if (r == 0)
        r = json_put_int(o, "a", au->label.availability);
    if (r == 0)
        r = put_restrictions(o, au->label.restrictions);
    return r < 0 ? r : put_ranges(o, &au->label);
}

int audience_print(const struct audience *au, struct buf *out)
{
    JSON_AUTO *o = json_object();
    struct buf body;
    int r;

    if (o == NULL)
        return -ENOMEM;
    r = to_json(au, o);
    if (r < 0)
        return r == -EINVAL ? AUDIENCE_E_INVALID : r;
    buf_init(&body, AUDIENCE_BODY_MAX);
    r = json_canonical(o, &body, NULL);
    if (r == 0)
        r = buf_add_str(out, buf_str(&body));
    buf_done(&body);
    return r > 0 ? AUDIENCE_E_INVALID : r;
}

/* ---- in ---- */

/* One member as a key. AUDIENCE_E_INVALID: none of the shapes. */
static int key_of(const json_t *member, struct arena *a, const char **ret)
{
    size_t n = json_object_size(member);
    const char *role = json_str(member, "role"), *unit = json_str(member, "unit");

    if (role[0] != '\0' && strchr(role, '@') == NULL && strchr(unit, '@') == NULL &&
        n == (unit[0] != '\0' ? 2 : 1))
        *ret = admit_role(a, role, unit);
    else if (n != 1)
        return AUDIENCE_E_INVALID;
    else if (unit[0] != '\0')
        *ret = admit_unit(a, unit);
    else if (json_str(member, "unit_kind")[0] != '\0')
        *ret = admit_unit_kind(a, json_str(member, "unit_kind"));
    else if (json_str(member, "person")[0] != '\0')
        *ret = admit_person(a, json_str(member, "person"));
    else if (json_flag(member, "everyone"))
        *ret = LABEL_EVERYONE;
    else
        return AUDIENCE_E_INVALID;
    return *ret != NULL ? 0 : -ENOMEM;
}

static int read_range(const json_t *list, struct arena *a, struct label_set *ret)
{
    const char *keys[LABEL_SET_MAX];
    size_t n = json_array_size(list);
    int r;

    if (!json_is_array(list) || n > LABEL_SET_MAX)
        return AUDIENCE_E_INVALID;
    for (size_t i = 0; i < n; i++) {
        r = key_of(json_array_get(list, i), a, &keys[i]);
        if (r != 0)
            return r;
    }
    return label_set_make(a, keys, n, ret);
}

static int read_restrictions(const json_t *list, struct arena *a, struct label_set *ret)
{
    const char *words[LABEL_SET_MAX];
    size_t n = json_array_size(list);

    if (!json_is_array(list) || n > LABEL_SET_MAX)
        return AUDIENCE_E_INVALID;
    for (size_t i = 0; i < n; i++) {
        const char *word = json_string_value(json_array_get(list, i));

        if (word == NULL || word[0] == '\0')
            return AUDIENCE_E_INVALID;
        words[i] = arena_strdup(a, str_of(word));
        if (words[i] == NULL)
            return -ENOMEM;
    }
    return label_set_make(a, words, n, ret);
}

static int from_json(const json_t *o, struct arena *a, struct audience *ret)
{
    const json_t *also = json_obj(o, "also") ? NULL : json_arr(o, "also");
    struct label_set restrictions, ranges[LABEL_SET_MAX];
    size_t n = 1 + json_array_size(also);
    int r = read_restrictions(json_arr(o, "restrictions"), a, &restrictions);

    if (r == 0 && n > LABEL_SET_MAX)
        r = AUDIENCE_E_INVALID;
    if (r == 0)
        r = read_range(json_arr(o, "range"), a, &ranges[0]);
    for (size_t i = 1; r == 0 && i < n; i++)
        r = read_range(json_array_get(also, i - 1), a, &ranges[i]);
    if (r != 0)
        return r;
    ret->label_id = arena_strdup(a, str_of(json_str(o, "label")));
    if (ret->label_id == NULL)
        return -ENOMEM;
    r = label_make(a, (int)json_int(o, "c"), (int)json_int(o, "i"), (int)json_int(o, "a"),
                   restrictions, ranges, n, &ret->label);
    return r > 0 ? AUDIENCE_E_INVALID : r;
}

/* Whatever was read must print to what stood there: so unknown members, wrong order and doubles are refused in one go. */
static int check_same(const struct audience *au, struct str body)
{
    struct buf again;
    int r;

    buf_init(&again, AUDIENCE_BODY_MAX);
    r = audience_print(au, &again);
    if (r == 0 && !str_eq(buf_str(&again), body))
        r = AUDIENCE_E_INVALID;
    buf_done(&again);
    return r;
}

int audience_parse(struct str body, struct arena *a, struct audience *ret, struct diag *diag)
{
    JSON_AUTO *o = NULL;
    struct audience au;
    int r = audience_read_quick(body, a, ret);

    if (r <= 0)
        return r;
    r = json_parse(body, (struct json_limits){AUDIENCE_BODY_MAX, 6}, &o, diag);
    if (r != 0)
        return r > 0 ? AUDIENCE_E_INVALID : r;
    if (json_is_object(o)) {
        r = from_json(o, a, &au);
        if (r == 0)
            r = check_same(&au, body);
    } else {
        r = AUDIENCE_E_INVALID;
    }
    if (r > 0)
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_LABEL_FAULT_AUDIENCE_FORM);
    if (r == 0)
        *ret = au;
    return r > 0 ? AUDIENCE_E_INVALID : r;
}

/* ---- the store ---- */

static int intern(struct store *s, struct str body, int64_t *ret_id)
{
    ROWS_AUTO *rows = NULL;
    int64_t next;
    int r = STORE_ONE(s, &rows, STMT_AUDIENCE_FIND, V_STR(body));

    if (r == 0)
        *ret_id = rows_int(rows, 0);
    if (r != STORE_E_NONE)
        return store_errno(r);
    r = STORE_ONE(s, &rows, STMT_AUDIENCE_MAX);
    if (r != 0)
        return store_errno(r);
    /* There is one writer under one lock (S3), so nobody else takes the number. */
    next = rows_int(rows, 0) + 1;
    r = STORE_RUN(s, STMT_AUDIENCE_ADD, V_INT(next), V_STR(body));
    if (r == 0)
        *ret_id = next;
    return store_errno(r);
}

int audience_intern(struct store *s, const struct audience *au, int64_t *ret_id)
{
    struct buf body;
    int r;

    buf_init(&body, AUDIENCE_BODY_MAX);
    r = audience_print(au, &body);
    if (r == 0)
        r = intern(s, buf_str(&body), ret_id);
    buf_done(&body);
    return r;
}

int audience_get(struct store *s, int64_t id, struct arena *a, struct audience *ret,
                 struct diag *diag)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_ONE(s, &rows, STMT_AUDIENCE_GET, V_INT(id));

    if (r == STORE_E_NONE) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_LABEL_FAULT_AUDIENCE_NONE, {"audience", INTEGER(id)});
        return AUDIENCE_E_INVALID;
    }
    return r != 0 ? store_errno(r) : audience_parse(rows_str(rows, 0), a, ret, diag);
}
