/* Judging a table: headings to columns, cells to values, each row to a record that could be. Every fault is told by its cell. */
#include "engine/takeover.h"

#include "engine/takeover-inside.h"

#include "engine/roles.h"

#include <stdlib.h>

#define TABLE_ARENA_MAX ((size_t)64 << 20)

static json_t *texts(const struct csv_cell *cells, size_t n)
{
    JSON_AUTO *list = json_array();

    for (size_t i = 0; list && i < n; i++)
        if (json_array_append_new(list, json_stringn(cells[i].text.at ? cells[i].text.at : "",
                                                     cells[i].text.len)))
            return NULL;
    return TAKE(list);
}

json_t *takeover_table(const struct csv_table *t)
{
    JSON_AUTO *rows = json_array();

    for (size_t i = 0; rows && i < t->n_rows; i++)
        if (json_array_append_new(rows, texts(t->cells + i * t->n_cols, t->n_cols)))
            return NULL;
    return rows ? json_pack("{s:o, s:O}", "headings", texts(t->header, t->n_cols), "rows", rows)
                : NULL;
}

/* ---- faults ---- */

int takeover_fault_say(struct takeover *t, size_t row, int col, const json_t *say)
{
    json_t *o;

    if (t->n_faults++ >= TAKEOVER_FAULTS_MAX)
        return 0;
    o = json_pack("{s:I, s:i, s:O}", "row", (json_int_t)row, "col", col, "say", say);
    return o && !json_array_append_new(t->faults, o) ? 0 : -ENOMEM;
}

int takeover_fault(struct takeover *t, size_t row, int col, const char *ja, const char *en)
{
    JSON_AUTO *say = json_pack("{s:s, s:s}", "ja", ja, "en", en);

    return say ? takeover_fault_say(t, row, col, say) : -ENOMEM;
}

/* With a name in both sentences. */
int takeover_fault_of(struct takeover *t, size_t row, int col, struct text2 name, const char *ja,
                      const char *en)
{
    const char *both_ja = arena_printf(t->arena, "「%s」%s", name.ja, ja);
    const char *both_en = arena_printf(t->arena, "\"%s\" %s", name.en, en);

    return both_ja && both_en ? takeover_fault(t, row, col, both_ja, both_en) : -ENOMEM;
}

/* Has another row, or a record adopted before, this value already? The row that has it, 0 none. */
int takeover_see(struct takeover *t, const char *field, const char *key, size_t row,
                 size_t *ret_other)
{
    const char *name = arena_printf(t->arena, "%s %s", field, key);
    const json_t *other = name ? json_object_get(t->seen, name) : NULL;

    *ret_other = other ? (size_t)json_integer_value(other) : 0;
    if (!name)
        return -ENOMEM;
    return other ? 0 : json_put_int(t->seen, name, (int64_t)row);
}

int takeover_fault_twice(struct takeover *t, size_t row, int col, size_t other)
{
    const char *ja = arena_printf(t->arena, "%zu件目の行と重複しています", other);
    const char *en = arena_printf(t->arena, "is the same as in row %zu", other);

    return ja && en ? takeover_fault(t, row, col, ja, en) : -ENOMEM;
}

/* ---- the whole ---- */

int takeover_judge(struct takeover *t)
{
    const json_t *rows = json_arr(t->table, "rows");
    int e = takeover_judge_headings(t);

    if (!e)
        e = takeover_find_needed(t);
    if (!e && !json_array_size(rows))
        e = takeover_fault(t, 0, -1, "見出しの下に行がありません",
                           "there are no rows below the headings");
    if (!e && json_array_size(rows) > TAKEOVER_ROWS_MAX)
        return takeover_fault(t, 0, -1, "一度に引き継げるのは5,000行までです。表を分けてください",
                              "at most 5,000 rows can be taken over at once; split the table");
    t->rows = arena_alloc_n(t->arena, json_array_size(rows) + 1, sizeof(*t->rows));
    if (!t->rows)
        return -ENOMEM;
    for (size_t i = 0; !e && !t->error && i < json_array_size(rows); i++) {
        struct placed at = {.row = i + 1};

        e = stage_open(&at.sc, t->e, "", t->now_us);
        t->n_rows = i + 1;
        if (!e)
            e = takeover_judge_row(t, &at, json_array_get(rows, i), &t->rows[i]);
        stage_done(&at.sc);
    }
    return e ? e : t->error;
}

/* Whatever there is below confidentiality 3, and of 3 what he sees. */
static int open_sight(struct takeover *t, const char *by)
{
    CLEANUP(sight_freep) struct sight *his = NULL;
    struct stage sc;
    int e;

    if (!strcmp(by, TAKEOVER_OPERATOR))
        return 0;
    e = stage_open(&sc, t->e, by, t->now_us);
    if (!e)
        e = sight_of_person(&sc, sc.actor, &his);
    stage_done(&sc);
    return e ? e : sight_and_lower(t->e->audiences, his, 2, &t->sight);
}

int takeover_open(struct engine *e, const char *by, const struct reg *reg, const json_t *table, uint64_t now_us, struct takeover **ret)
{
    CLEANUP(takeover_closep) struct takeover *t = calloc(1, sizeof(*t));
    int r;

    if (!t)
        return -ENOMEM;
    *t = (struct takeover){.e = e,
                           .reg = reg,
                           .table = table,
                           .now_us = now_us,
                           .arena = arena_new(TABLE_ARENA_MAX),
                           .faults = json_array(),
                           .seen = json_object(),
                           .titles = json_object(),
                           .n_columns = json_array_size(json_arr(table, "headings"))};
    buf_init(&t->folded, TABLE_ARENA_MAX);
    if (!t->arena || !t->faults || !t->seen || !t->titles)
        return -ENOMEM;
    t->columns = arena_alloc_n(t->arena, t->n_columns + 1, sizeof(*t->columns));
    if (!t->columns)
        return -ENOMEM;
    if ((r = open_sight(t, by)))
        return r;
    *ret = TAKE(t);
    return 0;
}

void takeover_close(struct takeover *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n_rows; i++) {
        json_decref(t->rows[i].values);
        json_decref(t->rows[i].parties);
    }
    json_decref(t->faults);
    json_decref(t->persons);
    json_decref(t->units);
    json_decref(t->posts);
    json_decref(t->seen);
    json_decref(t->titles);
    buf_done(&t->folded);
    sight_free(t->sight);
    arena_free(t->arena);
    free(t);
}

size_t takeover_faults(const struct takeover *t)
{
    return t->n_faults;
}

const struct takeover_row *takeover_rows(const struct takeover *t, size_t *ret_n)
{
    *ret_n = t->n_rows;
    return t->rows;
}

static const char *column_field(const struct column *c)
{
    switch (c->kind) {
    case COLUMN_STATE:
        return "state";
    case COLUMN_FORMER:
        return TAKEOVER_FORMER_ID;
    case COLUMN_PARTY:
        return c->role->id;
    case COLUMN_FIELD:
    case COLUMN_CELL_OF_ROWS:
        return c->field->id;
    case COLUMN_UNKNOWN:
        break;
    }
    return "";
}

json_t *takeover_told(const struct takeover *t)
{
    JSON_AUTO *columns = json_array();

    for (size_t i = 0; columns && i < t->n_columns; i++)
        if (json_array_append_new(columns,
                                  json_pack("{s:s, s:s}", "heading",
                                            t->columns[i].heading ? t->columns[i].heading : "",
                                            "field", column_field(&t->columns[i]))))
            return NULL;
    return json_pack("{s:s, s:I, s:O, s:O, s:I}", "reg", t->reg->id, "n_rows",
                     (json_int_t)json_array_size(json_arr(t->table, "rows")), "columns", columns,
                     "faults", t->faults, "n_faults", (json_int_t)t->n_faults);
}

int engine_takeover_judge(struct engine *e, const char *by, const char *reg, const json_t *table, uint64_t now_us, json_t **ret)
{
    CLEANUP(takeover_closep) struct takeover *t = NULL;
    const struct reg *found = engine_reg_on(e, reg, day_of_instant(now_us));
    int r = found ? takeover_open(e, by, found, table, now_us, &t) : TAKEOVER_E_NONE;

    if (!r)
        r = takeover_judge(t);
    if (!r && !(*ret = takeover_told(t)))
        r = -ENOMEM;
    return r;
}
