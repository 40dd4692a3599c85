/* Cells of a row: to the state, the former number, values and persons that they bring. */
#include "engine/takeover-inside.h"

#include "base/utf8.h"
#include "engine/input.h"

#define LIST_MAX 1000 /* pieces of one cell */

static int state_cell(struct takeover *t, const struct placed *at, int col, struct str s,
                      struct takeover_row *r)
{
    const struct procedure *p = t->reg->procedure;
    const char *key = takeover_fold(t, s);

    for (size_t i = 0; i < p->n_states; i++)
        if (str_eq(s, str_of(p->states[i].id)) || takeover_is_title(t, key, p->states[i].title)) {
            r->state = &p->states[i];
            return 0;
        }
    return s.len
               ? takeover_fault(t, at->row, col, "この様式にない状態です",
                                "is no state of this register")
               : takeover_fault(t, at->row, col, "状態を記入してください", "the state is missing");
}

static int former_cell(struct takeover *t, struct placed *at, int col, struct str s,
                       struct takeover_row *r)
{
    CLEANUP(buf_done) struct buf clean;
    const char *id;
    size_t other;
    int e;

    buf_init(&clean, 4096);
    if (!s.len)
        return 0;
    e = utf8_nfc(s, false, &clean);
    if (e > 0)
        return takeover_fault(t, at->row, col, "使えない文字が含まれています",
                              "holds characters that cannot be used");
    if (e == -ENOSPC || (!e && utf8_count(buf_str(&clean)) > TAKEOVER_FORMER_MAX))
        return takeover_fault(t, at->row, col, "旧番号は60文字以内にしてください",
                              "the number must have at most 60 characters");
    if (e || !(r->former = arena_strdup(t->arena, buf_str(&clean))) ||
        (e = takeover_see(t, RECORD_FORMER, r->former, at->row, &other)))
        return e ? e : -ENOMEM;
    if (other)
        return takeover_fault_twice(t, at->row, col, other);
    e = takeover_find_former(&at->sc, t->reg, buf_str(&clean), &id);
    if (!e)
        return takeover_fault(t, at->row, col, "この旧番号の記録は、すでに引き継がれています",
                              "a record with this number was taken over already");
    return MIN_OF(e, 0);
}

/* How the pieces of a cell are told apart. */
enum pieces_by {
    PIECES_BY_LINE = 1,
    PIECES_BY_SEMICOLON = 3, /* or line: then "、" is part of a piece */
    PIECES_BY_TOUTEN = 5,    /* or "、" */
    PIECES_BY_COMMA = 6      /* or ",", as no item of a checklist has one */
};
static const char *const piece_signs[] = {"\n", ";", "；", "、", "，", ","};

/* In a list 、 parts what nothing else does: 充電器、ケース are two, 充電器;ケース（赤、青） too. */
static enum pieces_by list_pieces(struct str s)
{
    for (size_t at = 0; at < s.len; at++)
        for (size_t i = 0; i < PIECES_BY_SEMICOLON; i++)
            if (str_starts((struct str){s.at + at, s.len - at}, str_of(piece_signs[i])))
                return PIECES_BY_SEMICOLON;
    return PIECES_BY_TOUTEN;
}

static int pieces(struct takeover *t, struct placed *at, int col, const struct field *of,
                  struct str s, enum pieces_by by, json_t **ret)
{
    bool by_line = by == PIECES_BY_LINE;
    JSON_AUTO *list = json_array();

    while (list && (s.len || by_line)) {
        size_t len = 0, sep = 0;
        const char *word = "";
        struct str one;

        for (; len < s.len && !sep; len += !sep)
            for (size_t i = 0; !sep && i < (size_t)by; i++)
                if (str_starts((struct str){s.at + len, s.len - len}, str_of(piece_signs[i])))
                    sep = strlen(piece_signs[i]);
        one = str_trim((struct str){s.at, len});
        s = (struct str){s.at + len + sep, s.len - len - sep};
        if (one.len && takeover_word(t, at, col, of, one, &word))
            return -ENOMEM;
        if ((one.len || by_line) && json_array_append_new(list, json_string(word)))
            return -ENOMEM;
        if (!sep)
            break;
        if (json_array_size(list) > LIST_MAX)
            return takeover_fault(t, at->row, col, "一つのセルに値が多すぎます",
                                  "there are too many values in one cell");
    }
    *ret = list ? TAKE(list) : NULL;
    return *ret ? 0 : -ENOMEM;
}

static int typed(struct takeover *t, struct placed *at, int col, const struct field *f,
                 const json_t *v, struct takeover_row *r)
{
    JSON_AUTO *problems = json_array();
    JSON_AUTO *value = NULL;
    int e = problems ? input_value(&at->sc, f, v, t->sight, &value, problems) : -ENOMEM;

    for (size_t i = 0; !e && i < json_array_size(problems); i++)
        e = takeover_fault_say(t, at->row, col,
                               json_object_get(json_array_get(problems, i), "say"));
    if (!e && value)
        e = json_object_set(r->values, f->id, value) ? -ENOMEM : 0;
    return e;
}

static int field_cell(struct takeover *t, struct placed *at, int col, const struct field *f,
                      struct str s, struct takeover_row *r)
{
    size_t before = t->n_faults;
    JSON_AUTO *v = NULL;
    const char *word;
    struct field item = *f;
    int e;

    if (!s.len || f->type == FIELD_FILE || f->type == FIELD_SECRET || f->type == FIELD_GROUP || field_is_keyed(f))
        return 0;
    if (f->type == FIELD_LIST || f->type == FIELD_CHECKLIST) {
        item.type = FIELD_CHOICE;
        e = pieces(t, at, col, f->type == FIELD_LIST ? &f->fields[0] : &item, s,
                   f->type == FIELD_CHECKLIST ? PIECES_BY_COMMA : list_pieces(s), &v);
    } else if (!(e = takeover_word(t, at, col, f, s, &word)) && !(v = json_string(word))) {
        e = utf8_is_valid(str_of(word)) ? -ENOMEM
                                        : takeover_fault(t, at->row, col, "使えない文字が含まれています",
                                                         "holds characters that cannot be used");
    }
    return e || t->n_faults > before ? e : typed(t, at, col, f, v, r);
}

/* The nth line of each column makes the nth row of the group. */
static int rows_cell(struct takeover *t, struct placed *at, int col, const struct column *c,
                     struct str s, json_t *groups)
{
    json_t *rows = json_arr(groups, c->field->id);
    JSON_AUTO *lines = NULL;
    int e = s.len ? pieces(t, at, col, c->inner, s, PIECES_BY_LINE, &lines) : 0;

    if (e || !s.len)
        return e;
    if (!rows && (!(rows = json_array()) || json_object_set_new(groups, c->field->id, rows)))
        return -ENOMEM;
    for (size_t i = 0; i < json_array_size(lines); i++) {
        if (i == json_array_size(rows) && json_array_append_new(rows, json_object()))
            return -ENOMEM;
        if (json_object_set(json_array_get(rows, i), c->inner->id, json_array_get(lines, i)))
            return -ENOMEM;
    }
    return 0;
}

static int party_cell(struct takeover *t, struct placed *at, int col, const struct column *c,
                      struct str s, struct takeover_row *r)
{
    const struct field person = {.id = c->role->id, .type = FIELD_PERSON};
    const char *word = "";
    int e = s.len ? takeover_word(t, at, col, &person, s, &word) : 0;

    if (e || !s.len)
        return e;
    if (!force_person(t->e->force, word))
        return takeover_fault(t, at->row, col, "そのような職員はいません",
                              "is not a person of this force");
    return json_put_str(r->parties, c->role->id, word);
}

static int judge_cell(struct takeover *t, struct placed *at, size_t col, struct str s,
                      struct takeover_row *r, json_t *groups)
{
    const struct column *c = &t->columns[col];

    switch (c->kind) {
    case COLUMN_STATE:
        return state_cell(t, at, (int)col, s, r);
    case COLUMN_FORMER:
        return former_cell(t, at, (int)col, s, r);
    case COLUMN_FIELD:
        return field_cell(t, at, (int)col, c->field, s, r);
    case COLUMN_CELL_OF_ROWS:
        return rows_cell(t, at, (int)col, c, s, groups);
    case COLUMN_PARTY:
        return party_cell(t, at, (int)col, c, s, r);
    case COLUMN_UNKNOWN:
        break;
    }
    return 0;
}

/* ---- all of a row ---- */

static int judge_groups(struct takeover *t, struct placed *at, json_t *groups,
                        struct takeover_row *r)
{
    const char *key;
    json_t *rows;
    int e = 0;

    json_object_foreach (groups, key, rows) {
        const struct field *f = reg_field(t->reg, key);

        if (!e && f)
            e = typed(t, at, takeover_column_of(t, f), f, rows, r);
    }
    return e;
}

int takeover_judge_cells(struct takeover *t, struct placed *at, const json_t *cells,
                         struct takeover_row *r)
{
    JSON_AUTO *groups = json_object();
    int e = groups ? 0 : -ENOMEM;

    for (size_t i = 0; !e && i < t->n_columns; i++) {
        const json_t *cell = json_array_get(cells, i);
        struct str s = str_trim((struct str){json_string_value(cell), json_string_length(cell)});

        e = judge_cell(t, at, i, s.at ? s : STR(""), r, groups);
    }
    return e ? e : judge_groups(t, at, groups, r);
}
