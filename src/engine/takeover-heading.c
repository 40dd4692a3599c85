/* Headings of a table: which field, state, number or role each column brings. */
#include "engine/digest.h"
#include "engine/takeover-inside.h"

#define HEADING_MAX 1024u /* bytes that are looked through for a group and its column */

static bool column_is(const struct column *a, const struct column *b)
{
    return a->kind != COLUMN_UNKNOWN && a->kind == b->kind && a->field == b->field &&
           a->inner == b->inner && a->role == b->role;
}

static bool find_in_group(struct takeover *t, const struct field *group, struct str s,
                          struct column *c)
{
    const char *key = takeover_fold(t, s);

    for (size_t i = 0; i < group->n_fields; i++) {
        const struct field *inner = &group->fields[i];

        if (!str_eq(s, str_of(inner->id)) && !takeover_is_title(t, key, inner->title))
            continue;
        *c = (struct column){.kind = COLUMN_CELL_OF_ROWS, .field = group, .inner = inner};
        return true;
    }
    return false;
}

static bool split_here(struct takeover *t, struct str left, struct str right, struct column *c)
{
    for (size_t i = 0; i < t->reg->n_fields; i++) {
        const struct field *f = &t->reg->fields[i];

        if (f->type == FIELD_GROUP &&
            (str_eq(left, str_of(f->id)) ||
             takeover_is_title(t, takeover_fold(t, left), f->title)) &&
            find_in_group(t, f, right, c))
            return true;
    }
    return false;
}

/* "items.name", "物品／品名" */
static bool find_inner(struct takeover *t, struct str s, struct column *c)
{
    static const char *const between[] = {".", "／", "/"};

    for (size_t k = 0; s.len <= HEADING_MAX && k < ARRAY_LEN(between); k++) {
        struct str sep = str_of(between[k]);

        for (size_t at = 1; at + sep.len < s.len; at++)
            if (str_starts((struct str){s.at + at, s.len - at}, sep) &&
                split_here(t, (struct str){s.at, at},
                           (struct str){s.at + at + sep.len, s.len - at - sep.len}, c))
                return true;
    }
    return false;
}

/* Fields that a title means. */
static size_t find_titled(struct takeover *t, struct str s, const struct field **ret)
{
    const char *key = takeover_fold(t, s);
    size_t n = 0;

    for (size_t i = 0; i < t->reg->n_fields; i++)
        if (takeover_is_title(t, key, t->reg->fields[i].title)) {
            *ret = &t->reg->fields[i];
            n++;
        }
    return n;
}

static void find_party(struct takeover *t, struct str s, struct column *c)
{
    const struct procedure *p = t->reg->procedure;

    if (!str_starts(s, STR("by.")))
        return;
    for (size_t i = 0; i < p->n_roles; i++)
        if (str_eq((struct str){s.at + 3, s.len - 3}, str_of(p->roles[i].id)))
            *c = (struct column){.kind = COLUMN_PARTY, .role = &p->roles[i]};
}

static int find_column(struct takeover *t, size_t at, struct str s, struct column *c)
{
    const struct field *f = NULL;
    const char *key;
    size_t n;

    if (str_eq(s, STR("state")))
        c->kind = COLUMN_STATE;
    for (size_t i = 0; c->kind == COLUMN_UNKNOWN && i < t->reg->n_fields; i++)
        if (str_eq(s, str_of(t->reg->fields[i].id)))
            *c = (struct column){.kind = COLUMN_FIELD, .field = &t->reg->fields[i]};
    if (c->kind != COLUMN_UNKNOWN)
        return 0;
    n = find_titled(t, s, &f);
    key = takeover_fold(t, s);
    if (n > 1)
        return takeover_fault(t, 0, (int)at,
                              "同じ見出しの項目が複数あります。項目のIDで指定してください",
                              "several fields have this title; name the field by its id");
    if (n == 1)
        *c = (struct column){.kind = COLUMN_FIELD, .field = f};
    else if (takeover_is_name(t, key, "状態"))
        c->kind = COLUMN_STATE;
    else if (str_eq(s, STR(TAKEOVER_FORMER_ID)) || takeover_is_name(t, key, "旧番号") || takeover_is_name(t, key, "former number"))
        c->kind = COLUMN_FORMER;
    else
        find_party(t, s, c);
    if (c->kind == COLUMN_UNKNOWN && !find_inner(t, s, c))
        return takeover_fault(
            t, 0, (int)at,
            "この様式にない見出しです。見出しは項目名、項目のID、「状態」、「旧番号」のい"
            "ずれかにしてください",
            "is no heading of this register; use titles or ids of its fields, \"state\" "
            "or \"" TAKEOVER_FORMER_ID "\"");
    return 0;
}

static int check_column(struct takeover *t, size_t at)
{
    const struct column *c = &t->columns[at];

    if (c->kind == COLUMN_FIELD && digest_is_in(c->field))
        return takeover_fault(t, 0, (int)at, "要約値など、封緘される値の項目は表からは引き継げません。この列を除いてください",
                              "holds digests or what is sealed like them, which a table cannot bring; leave the column out");
    if (c->kind == COLUMN_FIELD && c->field->type == FIELD_SECRET)
        return takeover_fault(t, 0, (int)at, "主体認証情報は表からは引き継げません。この列を除いてください",
                              "holds secrets, which are set by an act alone; leave the column out");
    if (c->kind == COLUMN_FIELD && c->field->type == FIELD_FILE)
        return takeover_fault(t, 0, (int)at,
                              "ファイルの項目は表からは引き継げません。この列を除いてください",
                              "holds files, which a table cannot bring; leave the column out");
    if (c->kind == COLUMN_FIELD && c->field->measured && !(c->field->measured & MEASURED_IMPORT))
        return takeover_fault(t, 0, (int)at, "機器が測って記録する項目は表からは引き継げません。この列を除いてください",
                              "is measured, which a table cannot bring; leave the column out");
    if (c->kind == COLUMN_FIELD && c->field->type == FIELD_GROUP)
        return takeover_fault(
            t, 0, (int)at, "行を持つ項目です。「項目名／列名」の見出しを列ごとに置いてください",
            "is a group; give a heading \"group.column\" for each of its columns");
    for (size_t i = 0; i < at; i++)
        if (column_is(&t->columns[i], c))
            return takeover_fault(t, 0, (int)at,
                                  "同じ項目の見出しが二度あります。一つにしてください",
                                  "stands twice; leave one out");
    return 0;
}

static bool has_column(const struct takeover *t, enum column_kind kind, const struct field *f)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (t->columns[i].kind == kind && (!f || t->columns[i].field == f))
            return true;
    return false;
}

int takeover_judge_headings(struct takeover *t)
{
    const json_t *headings = json_arr(t->table, "headings");
    int e = 0;

    for (size_t i = 0; !e && i < t->n_columns; i++) {
        const json_t *h = json_array_get(headings, i);
        struct str s = str_trim((struct str){json_string_value(h), json_string_length(h)});

        e = s.len
                ? find_column(t, i, s, &t->columns[i])
                : takeover_fault(t, 0, (int)i, "見出しがありません", "this column has no heading");
        t->columns[i].heading = arena_strdup(t->arena, s.len ? s : STR(""));
        if (!t->columns[i].heading)
            return -ENOMEM;
        if (!e && t->columns[i].kind != COLUMN_UNKNOWN)
            e = check_column(t, i);
    }
    if (!e && !has_column(t, COLUMN_STATE, NULL))
        e = takeover_fault(t, 0, -1, "「状態」の列がありません。各行の現在の状態を記入してください",
                           "there is no column \"state\"; say in which state each row is");
    return e;
}

int takeover_column_of(const struct takeover *t, const struct field *f)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if ((t->columns[i].kind == COLUMN_FIELD || t->columns[i].kind == COLUMN_CELL_OF_ROWS) &&
            t->columns[i].field == f)
            return (int)i;
    return -1;
}
