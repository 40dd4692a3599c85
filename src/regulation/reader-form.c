/* forms/NAME.yaml (section 9). */
#include "regulation/reader.h"

#define HEADING_DEFAULT 30
#define HEADING_MIN 15
#define HEADING_MAX 60
#define LINES_MAX 60
#define WIDTH_MAX 12
#define STAMPS_MAX 6
#define TABLE_MAX 10

struct raw_form {
    struct word format, id, number, reg;
    struct text2 title;
    unsigned paper;
    struct number_value heading;
    const struct node *letter, *stamps, *rows, *table, *notes;
    struct words clauses;
};
struct raw_letter {
    struct text2 to;
    struct words by;
};
struct raw_stamp {
    struct text2 title;
    struct words by;
};
struct raw_cell {
    struct word field;
    struct text2 heading;
    struct number_value span, lines;
    struct word code;
    struct words beside, in;
};
struct raw_block {
    struct text2 side;
    const struct node *rows;
};
struct raw_column {
    struct word field;
    struct number_value width;
    struct text2 heading;
};

static const struct key letter_keys[] = {
    {"to", KEY_TEXT, offsetof(struct raw_letter, to), KEY_REQUIRED, "Whom it is addressed to."},
    {"by", KEY_IDS, offsetof(struct raw_letter, by), KEY_REQUIRED, "Steps whose day, and whose doer, stand in its head."},
};
static const struct shape letter_shape = SHAPE(LETTER, letter_keys);
static const struct key stamp_keys[] = {
    {"title", KEY_TEXT, offsetof(struct raw_stamp, title), KEY_REQUIRED, "Above the box."},
    {"by", KEY_IDS, offsetof(struct raw_stamp, by), KEY_REQUIRED, "Steps whose doer stands in it; blank until one is done."},
};
static const struct shape stamp_shape = SHAPE(STAMP_BOX, stamp_keys);
static const struct key cell_keys[] = {
    {"field", KEY_ID, offsetof(struct raw_cell, field), KEY_REQUIRED, "The field."},
    {"heading", KEY_TEXT, offsetof(struct raw_cell, heading), 0, "In place of the field's title."},
    {"span", KEY_NUMBER, offsetof(struct raw_cell, span), 0, "Parts of the row's width; default 1."},
    {"lines", KEY_NUMBER, offsetof(struct raw_cell, lines), 0, "Room for as many lines at least; default 1."},
    {"code", KEY_ID, offsetof(struct raw_cell, code), 0, "Field whose address is drawn as a two-dimensional code beside this field, which describes it."},
    {"beside", KEY_IDS, offsetof(struct raw_cell, beside), 0, "Further fields said where the code stands, such as until when it is valid."},
    {"in", KEY_IDS, offsetof(struct raw_cell, in), 0, "States in which the code is drawn; in others it has not been reviewed."},
};
static const struct shape cell_shape = SHAPE(CELL, cell_keys);
static const struct key block_keys[] = {
    {"side", KEY_TEXT, offsetof(struct raw_block, side), KEY_REQUIRED, "Written downwards at the left of its rows."},
    {"rows", KEY_NODE, offsetof(struct raw_block, rows), KEY_REQUIRED, "Rows of cells."},
};
static const struct shape block_shape = SHAPE(BLOCK, block_keys);
static const struct key column_keys[] = {
    {"field", KEY_ID, offsetof(struct raw_column, field), KEY_REQUIRED, "The field."},
    {"width", KEY_NUMBER, offsetof(struct raw_column, width), 0, "Parts of the paper's width; default 1."},
    {"heading", KEY_TEXT, offsetof(struct raw_column, heading), 0, "In place of the field's title."},
};
static const struct shape column_shape = SHAPE(COLUMN, column_keys);
static const char *const papers[] = {"portrait", "landscape", NULL};
static const struct key form_keys[] = {
    {"format", KEY_WORD, offsetof(struct raw_form, format), KEY_REQUIRED, "form/1"},
    {"id", KEY_ID, offsetof(struct raw_form, id), KEY_REQUIRED, "Its name."},
    {"title", KEY_TEXT, offsetof(struct raw_form, title), KEY_REQUIRED, "As people call it."},
    {"number", KEY_WORD, offsetof(struct raw_form, number), KEY_REQUIRED, "Its number in the directive, as 様式第12号."},
    {"register", KEY_ID, offsetof(struct raw_form, reg), KEY_REQUIRED, "The register whose records it prints."},
    {"paper", KEY_CHOICE, offsetof(struct raw_form, paper), 0, "How A4 lies for the register as a table; default portrait.", papers},
    {"heading", KEY_NUMBER, offsetof(struct raw_form, heading), 0, "Width of heading cells in millimetres; default 30."},
    {"letter", KEY_MAP, offsetof(struct raw_form, letter), 0, "Day, addressee and sender above the grid.", NULL, &letter_shape},
    {"stamps", KEY_LIST, offsetof(struct raw_form, stamps), 0, "Boxes for decisions, from the left.", NULL, &stamp_shape},
    {"rows", KEY_LIST, offsetof(struct raw_form, rows), KEY_REQUIRED, "Rows of cells, or blocks of rows, from the top."},
    {"table", KEY_LIST, offsetof(struct raw_form, table), 0, "Columns of the register as a table: fields, or {field, width, heading}."},
    {"notes", KEY_LIST, offsetof(struct raw_form, notes), 0, "Texts below the grid."},
    {"clauses", KEY_WORDS, offsetof(struct raw_form, clauses), 0, "Clauses that ask for it."},
};
const struct shape form_shape = SHAPE(FORM, form_keys);

/* The number when it is given and within its bounds, else `otherwise`. */
static unsigned bounded(struct reading *rd, const struct node *n, const char *key, struct number_value v, int min, int max, unsigned otherwise)
{
    if (!v.is_set)
        return otherwise;
    if (v.value >= min && v.value <= max)
        return (unsigned)v.value;
    problem(&rd->src, node_get(n, key)->at, MSG_PACK_RANGE_OF, {"key", str_of(key)}, {"min", INTEGER(min)}, {"max", INTEGER(max)},
            {"given", INTEGER(v.value)});
    return otherwise;
}

/* ---- rows ---- */

/* Where a code stands, what it leads to stands with it: there is none without a field that describes it. */
static bool read_code(struct reading *rd, const struct node *n, const struct form *f, const struct raw_cell *raw, struct form_cell *c)
{
    bool ok = true;

    if (raw->code.text == NULL) {
        if (raw->beside.node != NULL || raw->in.node != NULL)
            problem(&rd->src, n->at, MSG_PACK_CODE_ONLY, {"key", str_of(raw->beside.node != NULL ? "beside" : "in")});
        return raw->beside.node == NULL && raw->in.node == NULL;
    }
    c->code = want_field(rd, f->reg, raw->code);
    if (c->code != NULL && c->code == c->field) {
        problem(&rd->src, raw->code.at, MSG_PACK_CODE_SELF, {"field", str_of(c->code->id)});
        ok = false;
    } else if (c->code != NULL && ((c->code->type != FIELD_TEXT && c->code->type != FIELD_URL) || c->code->personal)) {
        problem(&rd->src, raw->code.at, MSG_PACK_CODE_OPEN, {"field", str_of(c->code->id)});
        ok = false;
    }
    if (raw->in.n == 0) {
        problem(&rd->src, n->at, MSG_PACK_CODE_IN);
        ok = false;
    }
    ok = want_states(rd, f->reg->procedure, &raw->in, &c->states, &c->n_states) && ok;
    c->beside = source_alloc(&rd->src, raw->beside.n + 1, sizeof(*c->beside));
    for (size_t i = 0; c->beside != NULL && i < raw->beside.n; i++) {
        if ((c->beside[c->n_beside] = want_field(rd, f->reg, raw->beside.at[i])) != NULL)
            c->n_beside++;
        else
            ok = false;
    }
    words_unique(&rd->src, &raw->beside, MSG_PACK_WORD_FIELD);
    return c->code != NULL && ok;
}

static bool read_cell(struct reading *rd, const struct node *n, struct form *f, struct form_cell *ret)
{
    struct raw_cell raw = {0};

    *ret = (struct form_cell){.heading = {"", ""}, .span = 1, .lines = 1};
    if (n->kind == NODE_TEXT) {
        if (!read_id(&rd->src, n, &raw.field))
            return false;
    } else if (!shape_read(&rd->src, n, &cell_shape, &raw)) {
        return false;
    }
    if (raw.heading.ja != NULL)
        ret->heading = raw.heading;
    ret->span = bounded(rd, n, "span", raw.span, 1, FORM_SPAN_MAX, 1);
    ret->lines = bounded(rd, n, "lines", raw.lines, 1, LINES_MAX, 1);
    ret->field = want_field(rd, f->reg, raw.field);
    return read_code(rd, n, f, &raw, ret) && ret->field != NULL;
}

static void read_row(struct reading *rd, const struct node *n, struct form *f)
{
    struct form_line *row = &f->rows[f->n_rows];
    unsigned span = 0;

    if (!node_is(&rd->src, n, NODE_LIST, what_word(MSG_PACK_WORD_A_ROW)))
        return;
    f->n_rows++;
    if (n->n == 0)
        problem(&rd->src, n->at, MSG_PACK_ROW_EMPTY);
    row->cells = source_alloc(&rd->src, n->n, sizeof(*row->cells));
    for (const struct node *m = n->first; row->cells != NULL && m != NULL; m = m->next)
        if (read_cell(rd, m, f, &row->cells[row->n]))
            span += row->cells[row->n++].span;
    for (const struct node *m = n->first; n->n > 1 && m != NULL; m = m->next)
        if (node_get(m, "code") != NULL)
            problem(&rd->src, m->at, MSG_PACK_CODE_ROW, {"n", NUMBER(n->n)});
    if (span > FORM_SPAN_MAX)
        problem(&rd->src, n->at, MSG_PACK_ROW_SPAN, {"max", NUMBER(FORM_SPAN_MAX)}, {"n", NUMBER(span)});
}

static void read_block(struct reading *rd, const struct node *n, struct form *f)
{
    struct raw_block raw = {0};
    size_t first = f->n_rows;

    if (!shape_read(&rd->src, n, &block_shape, &raw) || !node_is(&rd->src, raw.rows, NODE_LIST, what_key("rows")))
        return;
    if (raw.rows->n == 0)
        problem(&rd->src, raw.rows->at, MSG_PACK_BLOCK_EMPTY);
    for (const struct node *m = raw.rows->first; m != NULL; m = m->next)
        read_row(rd, m, f);
    if (f->n_rows == first)
        return;
    f->rows[first].side = raw.side;
    f->rows[first].side_rows = f->n_rows - first;
}

static size_t rows_of(const struct node *rows)
{
    size_t n = 0;

    for (const struct node *m = rows->first; m != NULL; m = m->next) {
        const struct node *inside = node_get(m, "rows");

        n += inside != NULL ? inside->n : 1;
    }
    return n;
}

static void read_rows(struct reading *rd, const struct node *rows, struct form *f)
{
    size_t n = rows_of(rows);

    f->rows = source_alloc(&rd->src, n, sizeof(*f->rows));
    for (size_t i = 0; f->rows != NULL && i < n; i++)
        f->rows[i].side = (struct text2){"", ""};
    for (const struct node *m = rows->first; f->rows != NULL && m != NULL; m = m->next) {
        if (m->kind == NODE_MAP)
            read_block(rd, m, f);
        else
            read_row(rd, m, f);
    }
}

/* ---- what stands around them ---- */

/* Steps of the register's procedure by name. */
static const char **want_acts(struct reading *rd, const struct form *f, const struct words *w, size_t *ret_n)
{
    const struct procedure *p = f->reg->procedure;

    for (size_t i = 0; i < w->n; i++)
        if (p == NULL || procedure_step(p, w->at[i].text, 0) == NULL)
            problem(&rd->src, w->at[i].at, MSG_PACK_FORM_STEP, {"register", str_of(f->reg->id)}, {"step", str_of(w->at[i].text)});
    if (w->node != NULL && w->n == 0)
        problem(&rd->src, w->node->at, MSG_PACK_STEPS_EMPTY);
    words_unique(&rd->src, w, MSG_PACK_WORD_STEP);
    *ret_n = w->n;
    return words_texts(&rd->src, w);
}

static void read_letter(struct reading *rd, const struct node *n, struct form *f)
{
    struct raw_letter raw = {0};

    if (n == NULL || !shape_read(&rd->src, n, &letter_shape, &raw))
        return;
    notice_text_read(&(struct rule){.sc = {.rd = rd, .reg = f->reg, .proc = f->reg->procedure}}, raw.to, n->at, &f->to);
    f->from = want_acts(rd, f, &raw.by, &f->n_from);
}

static void read_stamps(struct reading *rd, const struct node *list, struct form *f)
{
    if (list == NULL)
        return;
    if (list->n > STAMPS_MAX)
        problem(&rd->src, list->at, MSG_PACK_FORM_STAMPS, {"max", NUMBER(STAMPS_MAX)}, {"n", NUMBER(list->n)});
    f->stamps = source_alloc(&rd->src, list->n, sizeof(*f->stamps));
    for (const struct node *m = list->first; f->stamps != NULL && m != NULL; m = m->next) {
        struct form_stamp *stamp = &f->stamps[f->n_stamps];
        struct raw_stamp raw = {0};

        if (!shape_read(&rd->src, m, &stamp_shape, &raw))
            continue;
        f->n_stamps++;
        stamp->title = raw.title;
        stamp->acts = want_acts(rd, f, &raw.by, &stamp->n_acts);
    }
}

static bool read_column(struct reading *rd, const struct node *n, struct form *f, struct form_column *ret)
{
    struct raw_column raw = {0};

    if (n->kind == NODE_TEXT ? !read_id(&rd->src, n, &raw.field) : !shape_read(&rd->src, n, &column_shape, &raw))
        return false;
    *ret = (struct form_column){want_field(rd, f->reg, raw.field), bounded(rd, n, "width", raw.width, 1, WIDTH_MAX, 1), {"", ""}};
    if (raw.heading.ja != NULL)
        ret->heading = raw.heading;
    if (ret->field != NULL && ret->field != f->reg->name_field && (ret->field->personal || ret->field->type == FIELD_LONG_TEXT || ret->field->type == FIELD_FILE || ret->field->type == FIELD_SECRET))
        problem(&rd->src, raw.field.at, MSG_PACK_TABLE_SEALED, {"field", str_of(ret->field->id)});
    return ret->field != NULL;
}

static void read_table(struct reading *rd, const struct node *list, struct form *f)
{
    if (list == NULL)
        return;
    if (list->n > TABLE_MAX)
        problem(&rd->src, list->at, MSG_PACK_TABLE_COLUMNS, {"max", NUMBER(TABLE_MAX)}, {"n", NUMBER(list->n)});
    f->table = source_alloc(&rd->src, list->n, sizeof(*f->table));
    for (const struct node *m = list->first; f->table != NULL && m != NULL; m = m->next)
        if (read_column(rd, m, f, &f->table[f->n_table]))
            f->n_table++;
}

static void read_notes(struct reading *rd, const struct node *list, struct form *f)
{
    if (list == NULL)
        return;
    f->notes = source_alloc(&rd->src, list->n, sizeof(*f->notes));
    for (const struct node *m = list->first; f->notes != NULL && m != NULL; m = m->next)
        if (read_text(&rd->src, m, &f->notes[f->n_notes]))
            f->n_notes++;
}

void read_forms(struct reading *rd)
{
    struct pack *p = rd->pack;
    size_t n = reader_count(rd, FILE_FORM);

    p->forms = source_alloc(&rd->src, n, sizeof(*p->forms));
    for (size_t i = 0; p->forms != NULL && i < n; i++) {
        const struct node *root = reader_file(rd, FILE_FORM, i)->root;
        struct form *f = &p->forms[p->n_forms];
        struct raw_form raw = {0};

        if (!shape_read(&rd->src, root, &form_shape, &raw))
            continue;
        for (size_t k = 0; k < p->n_forms; k++) {
            if (strcmp(p->forms[k].id, raw.id.text) == 0)
                problem(&rd->src, raw.id.at, MSG_PACK_FORM_TWICE, {"form", str_of(raw.id.text)}, {"file", str_of(p->forms[k].at.file)});
        }
        *f = (struct form){.id = raw.id.text, .number = raw.number.text, .title = raw.title, .reg = want_reg(rd, raw.reg), .to = {"", ""},
                           .is_landscape = raw.paper == 2, .at = root->at};
        f->heading = bounded(rd, root, "heading", raw.heading, HEADING_MIN, HEADING_MAX, HEADING_DEFAULT);
        IGNORE(!read_clauses(rd, &raw.clauses, &f->clauses), "reported");
        p->n_forms++;
        if (f->reg == NULL)
            continue;
        read_letter(rd, raw.letter, f);
        read_stamps(rd, raw.stamps, f);
        read_rows(rd, raw.rows, f);
        read_table(rd, raw.table, f);
        read_notes(rd, raw.notes, f);
    }
}
