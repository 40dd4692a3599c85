/* See list-row.h. */
#include "engine/list-row.h"

#include "base/json-look.h"
#include "engine/digest.h"
#include "engine/holding.h"
#include "engine/ref.h"

#include <stdlib.h>

#define VALUE_LIMITS ((struct json_limits){8u << 20, 16}) /* as a body's */

/* ---- what a body says ---- */

/* What the engine keeps among the values for itself. */
static void drop_own(json_t *values)
{
    static const char *const own[] = {"_parties", "_acted", "_signed", RECORD_FORMER, RECORD_HELD};

    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        json_object_del(values, own[i]);
}

static int take_all(struct str text, json_t **ret)
{
    int r = json_look_value(text, VALUE_LIMITS, ret);

    return r || json_is_object(*ret) ? r : -EBADMSG;
}

static const char *name_field(const struct list_row *row)
{
    return row->reg->name_field ? row->reg->name_field->id : "";
}

/* Keys of values, and the last of them: in canonical text none stands behind it. */
struct wanted {
    const struct str *keys;
    size_t n;
    struct str last;
};

static bool is_wanted(const struct wanted *w, struct str key)
{
    for (size_t i = 0; i < w->n; i++)
        if (str_eq(key, w->keys[i]))
            return true;
    return false;
}

static int put_wanted(const struct wanted *w, struct str name, struct str key, struct str value,
                      json_t *values)
{
    json_t *v;
    int r;

    if (!is_wanted(w, key) && !str_eq(key, name) && !str_eq(key, STR(RECORD_FORMER)))
        return 0;
    r = json_look_value(value, VALUE_LIMITS, &v);
    return r ? r : json_object_setn_new_nocheck(values, key.at, key.len, v) ? -ENOMEM : 0;
}

/* Those that are shown, the name, and the number on paper. */
static int take_some(const struct wanted *w, const struct list_row *row, struct str text,
                     json_t **ret)
{
    struct str key, value, name = str_of(name_field(row)),
                           last = str_cmp(name, w->last) > 0 ? name : w->last;
    struct json_look look;
    int r = json_look_begin(text, &look);

    if (!(*ret = json_object()))
        return -ENOMEM;
    while (!r && (r = json_look_next(&look, &key, &value)) > 0) {
        if (str_cmp(key, last) > 0)
            return 0;
        r = put_wanted(w, name, key, value, *ret);
    }
    return r;
}

/* `w` NULL: all of them. */
static int take_values(const struct wanted *w, struct list_row *row, struct str body)
{
    struct str key, value;
    struct json_look look;
    int r = json_look_begin(body, &look);

    while (!r && (r = json_look_next(&look, &key, &value)) > 0) {
        r = 0;
        if (str_eq(key, STR("values")))
            return w ? take_some(w, row, value, &row->values) : take_all(value, &row->values);
    }
    return r ? r : -EBADMSG;
}

/* The texts of the row that stand among its values. */
static int take_names(const struct wanted *w, struct list_row *row, struct arena *a)
{
    const char *name = json_str(row->values, name_field(row));

    row->former = arena_strdup(a, str_of(json_str(row->values, RECORD_FORMER)));
    row->name = *name ? arena_strdup(a, str_of(name)) : row->id;
    if (w && *name_field(row) && !is_wanted(w, str_of(name_field(row))))
        json_object_del(row->values, name_field(row));
    drop_own(row->values);
    return row->former && row->name ? 0 : -ENOMEM;
}

/* ---- rows ---- */

struct reading {
    struct stage *sc;
    const struct sight *sight;
    const struct wanted *wanted; /* NULL: everything */
    struct arena *a;
    struct list_row *last; /* the one read before */
    const char *last_pack; /* and the hash of its text */
};

/* Nearly all rows of a page go by one text. */
static const struct reg *reg_of(struct reading *g, struct str pack, const char *reg)
{
    if (!g->last || !str_eq(pack, str_of(g->last_pack)) || strcmp(reg, g->last->reg->id) != 0) {
        g->last_pack = arena_strdup(g->sc->arena, pack);
        return g->last_pack ? engine_reg_in(g->sc->e, reg, g->last_pack) : NULL;
    }
    return g->last->reg;
}

/* 1: it is none of the list's. */
static int read_row(struct reading *g, struct rows *rows, const char *id, struct list_row *row)
{
    int r;

    if (!rows_int(rows, 4) || !sight_may_see(g->sight, rows_int(rows, 4)))
        return 1;
    *row = (struct list_row){.id = arena_strdup(g->a, str_of(id)),
                             .state = arena_strdup(g->a, rows_str(rows, 2)),
                             .unit = arena_strdup(g->a, rows_str(rows, 5)),
                             .version = rows_int(rows, 3),
                             .audience = rows_int(rows, 4),
                             .opened_us = (uint64_t)rows_int(rows, 7),
                             .changed_us = (uint64_t)rows_int(rows, 8),
                             .is_disposed = rows_int(rows, 9) != 0,
                             .reg = reg_of(g, rows_str(rows, 6), rows_text(rows, 1))};
    if (!row->id || !row->state || !row->unit)
        return -ENOMEM;
    if (!row->reg) {
        g->last = NULL;
        return arena_error(g->sc->arena) ? -ENOMEM : 1;
    }
    g->last = row;
    r = take_values(g->wanted, row, rows_str(rows, 10));
    return r ? r : take_names(g->wanted, row, g->a);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(**(const char *const *const *)a, **(const char *const *const *)b);
}

/* Places of `ids` in the order in which the store gives its rows. */
static const char *const **sorted(struct stage *sc, const char *const *ids, size_t n)
{
    const char *const **places = arena_alloc_n(sc->arena, n, sizeof(*places));

    for (size_t i = 0; places && i < n; i++)
        places[i] = &ids[i];
    if (places)
        qsort((void *)places, n, sizeof(*places), by_text);
    return places;
}

static int print_ids(const char *const *ids, size_t n, struct buf *out)
{
    JSON_AUTO *list = words_json(ids, n);

    return list ? ERR_FOLD(json_canonical(list, out, NULL)) : -ENOMEM;
}

static int read_rows(struct reading *g, const char *const *ids, size_t n, struct list_row *ret)
{
    CLEANUP(buf_done) struct buf text;
    ROWS_AUTO *rows = NULL;
    const char *const **places = sorted(g->sc, ids, n);
    size_t at = 0;
    int r;

    buf_init(&text, (size_t)1 << 20);
    if (!places)
        return -ENOMEM;
    if ((r = print_ids(ids, n, &text)) ||
        (r = store_failed(
             STORE_QUERY(g->sc->e->store, &rows, STMT_RECORD_ROWS, V_STR(buf_str(&text))))))
        return r;
    while ((r = rows_next(rows)) > 0) {
        while (at < n && strcmp(*places[at], rows_text(rows, 0)) < 0)
            at++;
        if (at == n || strcmp(*places[at], rows_text(rows, 0)) != 0)
            return -EBADMSG; /* not in the order that was asked for */
        if ((r = read_row(g, rows, *places[at], &ret[places[at] - ids])) < 0)
            return r;
        if (r)
            ret[places[at] - ids].id = NULL;
    }
    return r;
}

/* A sealed name, opened when the statement of the rows has ended: keys may be another process's to give. */
static int open_name(struct reading *g, struct list_row *row)
{
    const struct field *f = row->reg->name_field;
    struct record r = {.id = row->id, .reg = row->reg};
    uint8_t salt[LEAF_SALT_SIZE];
    json_t *v = NULL;
    int e = !f || !field_is_personal(f) || row->is_disposed ? 1 : name_stays_sealed(g->sc, row->audience);

    if (e)
        return MIN_OF(e, 0);
    e = record_open(g->sc->e->store, &r, f, salt, &v);
    record_done(&r);
    if (!e && json_is_string(v) && json_string_length(v)) {
        row->name = arena_strdup(g->a, str_of(json_string_value(v)));
        e = !row->name || ((!g->wanted || is_wanted(g->wanted, str_of(f->id))) && json_object_set(row->values, f->id, v)) ? -ENOMEM : 0;
    }
    json_decref(v);
    return e;
}

/* What stands by a keyed form is shown where a sealed name is, and where the person sees what it is of. */
static int open_keyed(struct reading *g, struct list_row *row)
{
    const struct field *name = row->reg->name_field;
    struct record *r = NULL;
    const char *text;
    int e = 0;

    for (size_t i = 0; !e && i < row->reg->n_fields; i++) {
        const struct field *f = &row->reg->fields[i];
        const json_t *v = json_object_get(row->values, f->id);
        bool is_name = f == name && field_is_keyed(f) && digest_is_keyed(row->name);
        json_t *shown = NULL;

        if ((!v && !is_name) || !digest_is_in(f))
            continue;
        if (!r && (e = stage_record(g->sc, row->id, &r)))
            return MIN_OF(e, 0);
        if ((e = name_stays_sealed(g->sc, row->audience)) < 0)
            return e;
        if (e) {
            e = !v ? 0 : json_put(row->values, f->id, json_pack("{s:b}", "hidden", 1));
            row->name = is_name ? row->id : row->name;
            continue;
        }
        if (v && !(e = digest_show(g->sc, true, r, f, v, &shown)))
            e = json_put(row->values, f->id, shown);
        if (!e && is_name && !(e = digest_show_text(g->sc, true, r, f, &text)) && !(row->name = *text ? arena_strdup(g->a, str_of(text)) : row->id))
            e = -ENOMEM;
    }
    return e;
}

static int open_names(struct reading *g, struct list_row *rows, size_t n)
{
    int r = 0;

    for (size_t i = 0; !r && i < n; i++)
        if (rows[i].id && !(r = open_name(g, &rows[i])))
            r = open_keyed(g, &rows[i]);
    return r;
}

static int want(struct stage *sc, const struct list_query *q, struct wanted *ret)
{
    struct str *keys = arena_alloc_n(sc->arena, q->n_fields, sizeof(*keys)),
               last = STR(RECORD_FORMER);

    if (!keys)
        return -ENOMEM;
    for (size_t i = 0; i < q->n_fields; i++) {
        keys[i] = str_of(q->fields[i]);
        if (str_cmp(keys[i], last) > 0)
            last = keys[i];
    }
    *ret = (struct wanted){keys, q->n_fields, last};
    return 0;
}

/* ---- what they name ---- */

/* The ids in the values of the fields that name records, and in the rows' own names. */
static void add_ids(const struct list_query *q, const struct list_rows *rows, const char **ids,
                    size_t *n)
{
    for (size_t i = 0; i < rows->n; i++) {
        const struct list_row *row = &rows->at[i];
        const struct field *name = row->reg->name_field;

        for (size_t k = 0; k < q->n_fields; k++) {
            const struct field *f = reg_field(row->reg, q->fields[k]);
            const char *id = f && f->type == FIELD_RECORD ? json_str(row->values, f->id) : "";

            if (*id)
                ids[(*n)++] = id;
        }
        if (name && name->type == FIELD_RECORD)
            ids[(*n)++] = row->name;
    }
}

static int by_id(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, each once. */
static size_t once(const char **ids, size_t n)
{
    size_t kept = 0;

    if (n)
        qsort((void *)ids, n, sizeof(*ids), by_id);
    for (size_t i = 0; i < n; i++)
        if (!kept || strcmp(ids[kept - 1], ids[i]) != 0)
            ids[kept++] = ids[i];
    return kept;
}

/* Their rows as those of a list that shows nothing but names. */
static int read_named(struct stage *sc, const struct sight *sight, const struct list_query *q,
                      struct arena *a, struct list_rows *ret)
{
    static const char *const nothing[] = {""};
    const struct list_query bare = {.fields = nothing, .n_fields = 0};
    const char **ids = arena_alloc_n(sc->arena, ret->n * (q->n_fields + 1) + 1, sizeof(*ids));
    struct list_rows named = {0};
    size_t n = 0;
    int r = ids ? 0 : -ENOMEM;

    if (!r) {
        add_ids(q, ret, ids, &n);
        n = once(ids, n);
    }
    if (!r && n)
        r = list_rows_read(sc, sight, &bare, ids, n, a, &named);
    if (!r && !(ret->named = arena_alloc_n(a, named.n + 1, sizeof(*ret->named))))
        r = -ENOMEM;
    for (size_t i = 0; !r && i < named.n; i++)
        ret->named[ret->n_named++] =
            (struct list_named){named.at[i].id, named.at[i].name, named.at[i].reg};
    list_rows_done(&named);
    return r;
}

static int by_named(const void *id, const void *named)
{
    return strcmp(id, ((const struct list_named *)named)->id);
}

const struct list_named *list_named_of(const struct list_rows *rows, const char *id)
{
    return rows->n_named ? bsearch(id, rows->named, rows->n_named, sizeof(*rows->named), by_named)
                         : NULL;
}

int list_rows_read(struct stage *sc, const struct sight *sight, const struct list_query *q,
                   const char *const *ids, size_t n, struct arena *a, struct list_rows *ret)
{
    struct wanted wanted;
    struct reading g = {.sc = sc, .sight = sight, .wanted = q->fields ? &wanted : NULL, .a = a};
    struct list_row *rows = arena_alloc_n(a, n, sizeof(*rows));
    int r = !rows ? -ENOMEM : q->fields ? want(sc, q, &wanted) : 0;

    if (!r)
        r = read_rows(&g, ids, n, rows);
    if (!r)
        r = open_names(&g, rows, n);
    ret->at = rows;
    ret->n = rows ? n : 0;
    if (r) {
        list_rows_done(ret);
        return r;
    }
    ret->n = 0;
    for (size_t i = 0; i < n; i++)
        if (rows[i].id)
            rows[ret->n++] = rows[i];
    if (q->has_named && (r = read_named(sc, sight, q, a, ret)))
        list_rows_done(ret);
    return r;
}

void list_rows_done(struct list_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        json_decref(rows->at[i].values);
    rows->n = rows->n_named = 0;
}

static int name_cmp(const void *a, const void *b)
{
    const struct list_row *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : strcmp(x->id, y->id);
}

void list_rows_by_name(struct list_rows *rows)
{
    if (rows->n)
        qsort(rows->at, rows->n, sizeof(*rows->at), name_cmp);
}

/* ---- as JSON ---- */

static json_t *row_json(const struct list_row *row)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:o, s:b, s:s, s:o, s:o, s:O}", "former",
                     row->former, "id", row->id, "name", row->name, "version",
                     (json_int_t)row->version, "state", row->state, "state_title",
                     text2_json(state_title(row->reg, row->state)), "disposed",
                     (int)row->is_disposed, "unit", row->unit, "opened",
                     instant_json(row->opened_us), "changed", instant_json(row->changed_us),
                     "values", row->values);
}

static int rows_json(const struct list_rows *rows, json_t **ret)
{
    JSON_AUTO *list = json_array();

    for (size_t i = 0; i < rows->n; i++)
        if (!list || json_array_append_new(list, row_json(&rows->at[i])))
            return -ENOMEM;
    *ret = list ? json_pack("{s:O, s:I, s:I, s:I, s:s, s:s}", "rows", list, "total", (json_int_t)rows->total,
                            "page", (json_int_t)rows->page, "pages", (json_int_t)rows->pages, "before",
                            rows->has_before ? rows->first : "", "behind", rows->has_more ? rows->last : "")
                : NULL;
    return *ret ? 0 : -ENOMEM;
}

int engine_list(struct engine *e, const char *person, const struct list_query *q, json_t **ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(STAGE_ARENA_MAX);
    struct list_rows rows;
    int r = a ? engine_list_rows(e, person, q, a, &rows) : -ENOMEM;

    if (r)
        return r;
    r = rows_json(&rows, ret);
    list_rows_done(&rows);
    return r;
}
