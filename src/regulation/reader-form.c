/* forms/NAME.yaml (section 9). */
#include "regulation/reader.h"

struct raw_form {
    struct word format, id, number, reg;
    struct text2 title;
    const struct node *rows;
    struct words clauses;
};
static const struct key form_keys[] = {
    {"format", KEY_WORD, offsetof(struct raw_form, format), KEY_REQUIRED, "form/1"},
    {"id", KEY_ID, offsetof(struct raw_form, id), KEY_REQUIRED, "Its name."},
    {"title", KEY_TEXT, offsetof(struct raw_form, title), KEY_REQUIRED, "As people call it."},
    {"number", KEY_WORD, offsetof(struct raw_form, number), KEY_REQUIRED, "Its number in the directive, as 様式第12号."},
    {"register", KEY_ID, offsetof(struct raw_form, reg), KEY_REQUIRED, "The register whose records it prints."},
    {"rows", KEY_LIST, offsetof(struct raw_form, rows), KEY_REQUIRED, "Rows of fields, from the top."},
    {"clauses", KEY_WORDS, offsetof(struct raw_form, clauses), 0, "Clauses that ask for it."},
};
const struct shape form_shape = SHAPE("form", form_keys);

static void read_rows(struct reading *rd, const struct node *rows, struct form *f)
{
    size_t n = 0;

    for (const struct node *row = rows->first; row != NULL; row = row->next)
        n += row->n + 1;
    f->cells = source_alloc(&rd->src, n, sizeof(*f->cells));
    if (f->cells == NULL)
        return;
    for (const struct node *row = rows->first; row != NULL; row = row->next) {
        struct words w = {0};

        if (!read_words(&rd->src, row, true, &w))
            continue;
        if (w.n == 0)
            problem(&rd->src, row->at, "the row is empty; name a field or take it out");
        for (size_t i = 0; i < w.n; i++)
            f->cells[f->n_cells++] = want_field(rd, f->reg, w.at[i]);
        f->cells[f->n_cells++] = NULL;
    }
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
                problem(&rd->src, raw.id.at, "the form \"%s\" is also in %s; rename one", raw.id.text, p->forms[k].at.file);
        }
        *f = (struct form){.id = raw.id.text, .number = raw.number.text, .title = raw.title, .reg = want_reg(rd, raw.reg), .at = root->at};
        IGNORE(!read_clauses(rd, &raw.clauses, &f->clauses), "reported");
        p->n_forms++;
        if (f->reg != NULL)
            read_rows(rd, raw.rows, f);
    }
}
