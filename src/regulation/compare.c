/* A comparison for a request: clause by clause what the directive says against what the pack does. */
#include "regulation/coverage.h"

#include "base/csv.h"

#include <errno.h>

#define CELL_MAX ((size_t)1 << 20)

static const char *const status_words[] = {
    [CLAUSE_ENFORCED] = "システムが強制する",     [CLAUSE_DETECTED] = "システムが検知する",       [CLAUSE_RECORDED] = "システムが記録する",
    [CLAUSE_INFORMED] = "システムが知らせる",     [CLAUSE_ORGANISATIONAL] = "組織の措置による", [CLAUSE_OUT_OF_SCOPE] = "システムの対象外"};

/* What the parts of a rule's id name. */
struct place_of_rule {
    const struct reg *reg;
    const struct step *step;
};

static struct place_of_rule place_of(struct coverage *c, const char *id)
{
    struct place_of_rule p = {NULL, NULL};
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

static void of_step(const struct place_of_rule *p, const char *what, struct buf *out)
{
    (void)buf_printf(out, "手続「%s」（%s）%s", p->step->title.ja, p->reg->title.ja, what);
}

static void of_register(const struct place_of_rule *p, const char *what, const char *title, struct buf *out)
{
    (void)buf_printf(out, "簿冊「%s」の%s", p->reg->title.ja, what);
    if (*title != '\0')
        (void)buf_printf(out, "「%s」", title);
}

/* State, role and separation say nothing of their own. */
static void cond_words(const struct place_of_rule *p, const struct cond *c, struct buf *out)
{
    if (c->say.ja == NULL || *c->say.ja == '\0')
        return;
    if (p->step != NULL)
        of_step(p, "の条件", out);
    else
        of_register(p, "条件", "", out);
    (void)buf_printf(out, "：%s", c->say.ja);
}

/* One line in Japanese; nothing where the id names nothing that people know. */
static void rule_words(struct coverage *c, const struct rule_row *r, struct buf *out)
{
    struct place_of_rule p = place_of(c, r->id);

    switch (r->kind) {
    case RULE_REGISTER:
        (void)buf_printf(out, "簿冊「%s」", p.reg->title.ja);
        break;
    case RULE_FIELD:
        of_register(&p, "項目", ((const struct field *)r->part)->title.ja, out);
        break;
    case RULE_LABEL_FROM:
        of_register(&p, "分類及び取扱制限", "", out);
        break;
    case RULE_HELD_AS:
        of_register(&p, "ファイルの内容の分類", "", out);
        break;
    case RULE_READS:
    case RULE_DAILY:
        of_register(&p, "閲覧目的の記録及び利用日誌", "", out);
        break;
    case RULE_RETENTION:
        of_register(&p, "保存期間", "", out);
        break;
    case RULE_STEP:
        if (p.step != NULL)
            of_step(&p, "", out);
        break;
    case RULE_COND:
        cond_words(&p, r->part, out);
        break;
    case RULE_EFFECT:
        if (p.step != NULL)
            of_step(&p, "による記録又は通知", out);
        break;
    case RULE_OBLIGATION:
        of_register(&p, "期限", ((const struct obligation *)r->part)->title.ja, out);
        break;
    case RULE_SUSPEND:
    case RULE_LIFT:
        of_register(&p, "緊急時の特例", "", out);
        break;
    case RULE_FORM:
        (void)buf_printf(out, "様式「%s」", ((const struct form *)r->part)->title.ja);
        break;
    case RULE_ROLE:
        (void)buf_printf(out, "役割「%s」", ((const struct role *)r->part)->title.ja);
        break;
    case RULE_PARAM:
        (void)buf_printf(out, "設定値「%s」", ((const struct param *)r->part)->why.ja);
        break;
    case RULE_HEAD:
    case RULE_EXPIRY:
    case RULE_EASING:
    case RULE_AUTHORITY:
        (void)buf_add_text(out, "規程の題名、日付、有効期間及び引用する規程");
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

static int done_cell(struct coverage *c, const struct coverage_row *row, struct buf *cell)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < row->n_rules; i++) {
        CLEANUP(buf_done) struct buf line;

        buf_init(&line, CELL_MAX);
        rule_words(c, row->rules[i], &line);
        r = buf_error(&line);
        if (r == 0)
            r = add_line(cell, buf_str(&line));
    }
    return r;
}

static int shown_cell(const struct coverage_row *row, struct buf *cell)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < row->n_scenarios; i++)
        r = add_line(cell, str_of(row->scenarios[i]->title.ja));
    return r;
}

/* The books of the clause in which something was decided, each once, with how long that took. */
static int times_cell(struct coverage *c, const struct coverage_row *row, const json_t *times, struct buf *cell)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < row->n_rules; i++) {
        const struct reg *reg = place_of(c, row->rules[i]->id).reg;
        const char *took = reg != NULL ? json_str(times, reg->id) : "";
        CLEANUP(buf_done) struct buf line;

        buf_init(&line, CELL_MAX);
        if (*took == '\0')
            continue;
        if ((r = buf_printf(&line, "%s：%s", reg->title.ja, took)) == 0)
            r = add_line(cell, buf_str(&line));
    }
    return r;
}

static int put_row(struct coverage *c, const struct coverage_row *row, const json_t *wordings, const json_t *times, struct buf *out)
{
    const struct clause *cl = row->clause;
    const char *official = json_str(wordings, cl->id);
    CLEANUP(buf_done) struct buf done, shown, took;
    int r;

    buf_init(&took, CELL_MAX);
    buf_init(&done, CELL_MAX);
    buf_init(&shown, CELL_MAX);
    r = done_cell(c, row, &done);
    if (r == 0)
        r = shown_cell(row, &shown);
    if (r == 0 && times != NULL)
        r = times_cell(c, row, times, &took);
    if (r != 0)
        return r;
    return csv_put_row(out,
                       (struct str[]){str_of(cl->id), str_of(cl->where), str_of(*official != '\0' ? official : cl->title.ja), str_of(*official != '\0' ? "文言" : "要旨"),
                                      str_of(status_words[cl->status]), buf_str(&done), buf_str(&shown), str_of(cl->reason.ja != NULL ? cl->reason.ja : ""), buf_str(&took)},
                       times != NULL ? 9 : 8, true);
}

int coverage_print_compare(struct coverage *c, const json_t *wordings, const json_t *times, struct buf *out)
{
    int r = csv_put_row(out,
                        (struct str[]){STR("条項番号"), STR("箇所"), STR("通達の定め"), STR("文言・要旨の別"), STR("実施の区分"), STR("本システムにおける実施"), STR("受入試験"), STR("理由"), STR("申請から決定までの所要時間（実績）")},
                        times != NULL ? 9 : 8, false);

    for (size_t i = 0; r == 0 && i < c->n_rows; i++)
        r = put_row(c, &c->rows[i], wordings, times, out);
    return r;
}
