/* A comparison for a request: clause by clause what the directive says against what the pack does. */
#include "regulation/coverage.h"

#include "base/csv.h"

#include <errno.h>

#define CELL_MAX ((size_t)1 << 20)

static const struct text2 status_words[] = {
    [CLAUSE_ENFORCED] = {"システムが強制する", "Enforced by the system"},
    [CLAUSE_DETECTED] = {"システムが検知する", "Detected by the system"},
    [CLAUSE_RECORDED] = {"システムが記録する", "Recorded by the system"},
    [CLAUSE_INFORMED] = {"システムが知らせる", "The system informs of it"},
    [CLAUSE_ORGANISATIONAL] = {"組織の措置による", "By measures of the organisation"},
    [CLAUSE_OUT_OF_SCOPE] = {"システムの対象外", "Outside the system"}};
static const struct text2 headings[COMPARE_COLUMNS] = {{"条項番号", "Clause"},
                                                       {"箇所", "Place"},
                                                       {"通達の定め", "What the directive says"},
                                                       {"文言・要旨の別", "Wording or summary"},
                                                       {"実施の区分", "How it is carried out"},
                                                       {"本システムにおける実施", "In this system"},
                                                       {"受入試験", "Shown by"},
                                                       {"理由", "Reason"},
                                                       {"申請から決定までの所要時間（実績）", "From application to decision, as it was"}};

const char *compare_heading(enum compare_column column, bool english)
{
    return text2_in(headings[column], english);
}

/* What the parts of a rule's id name. */
struct place_of_rule {
    const struct reg *reg;
    const struct step *step;
    bool english;
};

static struct place_of_rule place_of(struct coverage *c, const char *id, bool english)
{
    struct place_of_rule p = {NULL, NULL, english};
    size_t n = strcspn(id, "./!:="), m;
    char *name = arena_printf(c->rules.arena, "%.*s", (int)n, id);

    p.reg = name != NULL ? pack_reg(c->pack, name) : NULL;
    if (p.reg == NULL || p.reg->procedure == NULL || id[n] != '/')
        return p;
    m = strcspn(id + n + 1, "@#>~?");
    name = arena_printf(c->rules.arena, "%.*s", (int)m, id + n + 1);
    p.step = name != NULL ? procedure_step(p.reg->procedure, name, 0) : NULL;
    return p;
}

/* What a part of a step is: "手続「%s」（%s）の条件", "condition of the step “%s” (%s)"; titles in the reader's language. */
static void of_step(const struct place_of_rule *p, struct text2 what, struct buf *out)
{
    const char *step = text2_in(p->step->title, p->english), *reg = text2_in(p->reg->title, p->english);

    if (p->english)
        (void)buf_printf(out, "%s“%s” (%s)", what.en, step, reg);
    else
        (void)buf_printf(out, "手続「%s」（%s）%s", step, reg, what.ja);
}

static void of_register(const struct place_of_rule *p, struct text2 what, struct text2 title, struct buf *out)
{
    const char *reg = text2_in(p->reg->title, p->english);

    if (p->english)
        (void)buf_printf(out, *title.ja != '\0' ? "Register “%s”: %s “%s”" : "Register “%s”: %s", reg, what.en, text2_in(title, true));
    else
        (void)buf_printf(out, *title.ja != '\0' ? "簿冊「%s」の%s「%s」" : "簿冊「%s」の%s", reg, what.ja, title.ja);
}

static void of_itself(const struct place_of_rule *p, struct text2 what, struct text2 title, struct buf *out)
{
    (void)buf_printf(out, p->english ? "%s “%s”" : "%s「%s」", text2_in(what, p->english), text2_in(title, p->english));
}

static const struct text2 untitled = {"", ""};

/* State, role and separation say nothing of their own. */
static void cond_words(const struct place_of_rule *p, const struct cond *c, struct buf *out)
{
    if (c->say.ja == NULL || *c->say.ja == '\0')
        return;
    if (p->step != NULL)
        of_step(p, (struct text2){"の条件", "Condition of the step "}, out);
    else
        of_register(p, (struct text2){"条件", "condition"}, untitled, out);
    (void)buf_printf(out, p->english ? ": %s" : "：%s", text2_in(c->say, p->english));
}

/* One line; nothing where the id names nothing that people know. */
static void rule_words(struct coverage *c, const struct rule_row *r, bool english, struct buf *out)
{
    struct place_of_rule p = place_of(c, r->id, english);

    switch (r->kind) {
    case RULE_REGISTER:
        of_itself(&p, (struct text2){"簿冊", "Register"}, p.reg->title, out);
        break;
    case RULE_FIELD:
        of_register(&p, (struct text2){"項目", "field"}, ((const struct field *)r->part)->title, out);
        break;
    case RULE_LABEL_FROM:
        of_register(&p, (struct text2){"分類及び取扱制限", "class and restrictions"}, untitled, out);
        break;
    case RULE_HELD_AS:
        of_register(&p, (struct text2){"ファイルの内容の分類", "class of what files hold"}, untitled, out);
        break;
    case RULE_READS:
    case RULE_DAILY:
        of_register(&p, (struct text2){"閲覧目的の記録及び利用日誌", "purposes of reading, and the journal of use"}, untitled, out);
        break;
    case RULE_RETENTION:
        of_register(&p, (struct text2){"保存期間", "retention"}, untitled, out);
        break;
    case RULE_STEP:
        if (p.step != NULL)
            of_step(&p, (struct text2){"", "Step "}, out);
        break;
    case RULE_COND:
        cond_words(&p, r->part, out);
        break;
    case RULE_EFFECT:
        if (p.step != NULL)
            of_step(&p, (struct text2){"による記録又は通知", "Record or notice by the step "}, out);
        break;
    case RULE_OBLIGATION:
        of_register(&p, (struct text2){"期限", "deadline"}, ((const struct obligation *)r->part)->title, out);
        break;
    case RULE_SUSPEND:
    case RULE_LIFT:
        of_register(&p, (struct text2){"緊急時の特例", "exception in an emergency"}, untitled, out);
        break;
    case RULE_FORM:
        of_itself(&p, (struct text2){"様式", "Form"}, ((const struct form *)r->part)->title, out);
        break;
    case RULE_ROLE:
        of_itself(&p, (struct text2){"役割", "Role"}, ((const struct role *)r->part)->title, out);
        break;
    case RULE_PARAM:
        of_itself(&p, (struct text2){"設定値", "Parameter"}, ((const struct param *)r->part)->why, out);
        break;
    case RULE_HEAD:
    case RULE_EXPIRY:
    case RULE_EASING:
    case RULE_AUTHORITY:
        (void)buf_add_text(out, english ? "Title, days, period and cited rules of the directive" : "規程の題名、日付、有効期間及び引用する規程");
        break;
    case RULE_LABEL:
    case RULE_PROCEDURE:
    case RULE_PROC_ROLE:
    case RULE_PERIOD:
        break; /* told by the rules that use them */
    }
}

/* The line stands in the cell already. */
static bool has_line(struct str cell, struct str line)
{
    struct str rest = cell, one;

    while (str_split(&rest, '\n', &one))
        if (str_eq(one, line))
            return true;
    return false;
}

static int add_line(struct buf *cell, struct str line)
{
    if (line.len == 0 || has_line(buf_str(cell), line))
        return 0;
    if (cell->len > 0)
        (void)buf_add_char(cell, '\n');
    (void)buf_add_str(cell, line);
    return buf_error(cell);
}

static int done_cell(struct coverage *c, const struct coverage_row *row, bool english, struct buf *cell)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < row->n_rules; i++) {
        CLEANUP(buf_done) struct buf line;

        buf_init(&line, CELL_MAX);
        rule_words(c, row->rules[i], english, &line);
        r = buf_error(&line);
        if (r == 0)
            r = add_line(cell, buf_str(&line));
    }
    return r;
}

static int shown_cell(const struct coverage_row *row, const struct compare_of *of, struct buf *cell)
{
    const json_t *told = json_arr(of->shown, row->clause->id);
    int r = 0;

    for (size_t i = 0; r == 0 && i < json_array_size(told); i++)
        r = add_line(cell, str_of(json_string_value(json_array_get(told, i))));
    for (size_t i = 0; r == 0 && i < row->n_scenarios; i++)
        r = add_line(cell, str_of(text2_in(row->scenarios[i]->title, of->english)));
    return r;
}

/* The books of the clause in which something was decided, each once, with how long that took. */
static int times_cell(struct coverage *c, const struct coverage_row *row, const struct compare_of *of, struct buf *cell)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < row->n_rules; i++) {
        const struct reg *reg = place_of(c, row->rules[i]->id, of->english).reg;
        const char *took = reg != NULL ? json_str(of->times, reg->id) : "";
        CLEANUP(buf_done) struct buf line;

        buf_init(&line, CELL_MAX);
        if (*took == '\0')
            continue;
        if ((r = buf_printf(&line, of->english ? "%s: %s" : "%s：%s", text2_in(reg->title, of->english), took)) == 0)
            r = add_line(cell, buf_str(&line));
    }
    return r;
}

static int put_row(struct coverage *c, const struct coverage_row *row, const struct compare_of *of, compare_row_fn *put, void *user)
{
    const struct clause *cl = row->clause;
    const char *official = json_str(of->wordings, cl->id);
    struct text2 kind = *official != '\0' ? (struct text2){"文言", "Wording"} : (struct text2){"要旨", "Summary"};
    CLEANUP(buf_done) struct buf done, shown, took;
    int r;

    buf_init(&took, CELL_MAX);
    buf_init(&done, CELL_MAX);
    buf_init(&shown, CELL_MAX);
    r = done_cell(c, row, of->english, &done);
    if (r == 0)
        r = shown_cell(row, of, &shown);
    if (r == 0 && of->times != NULL)
        r = times_cell(c, row, of, &took);
    if (r != 0)
        return r;
    return put(user, cl,
               (struct str[COMPARE_COLUMNS]){str_of(cl->id), str_of(cl->where), str_of(*official != '\0' ? official : text2_in(cl->title, of->english)),
                                             str_of(text2_in(kind, of->english)), str_of(text2_in(status_words[cl->status], of->english)), buf_str(&done),
                                             buf_str(&shown), str_of(cl->reason.ja != NULL ? text2_in(cl->reason, of->english) : ""), buf_str(&took)});
}

int coverage_compare(struct coverage *c, const struct compare_of *of, compare_row_fn *put, void *user)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < c->n_rows; i++)
        r = put_row(c, &c->rows[i], of, put, user);
    return r;
}

struct csv_rows {
    struct buf *out;
    size_t n_columns;
};

static int put_csv(void *user, const struct clause *clause, const struct str cells[COMPARE_COLUMNS])
{
    const struct csv_rows *rows = user;

    IGNORE(clause, "its cells say all");
    return csv_put_row(rows->out, cells, rows->n_columns, true);
}

int coverage_print_compare(struct coverage *c, const struct compare_of *of, struct buf *out)
{
    struct csv_rows rows = {out, of->times != NULL ? COMPARE_COLUMNS : COMPARE_TIMES};
    struct str cells[COMPARE_COLUMNS];
    int r;

    for (size_t i = 0; i < COMPARE_COLUMNS; i++)
        cells[i] = str_of(compare_heading((enum compare_column)i, of->english));
    r = csv_put_row(out, cells, rows.n_columns, false);
    return r != 0 ? r : coverage_compare(c, of, put_csv, &rows);
}
