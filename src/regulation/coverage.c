#include "regulation/coverage.h"

#include <errno.h>

static bool has_word(const struct scene_words *w, const char *id)
{
    for (size_t i = 0; i < w->n; i++) {
        if (strcmp(w->at[i], id) == 0)
            return true;
    }
    return false;
}

bool scenario_shows(const struct scenario *s, const struct clause *c)
{
    for (size_t i = 0; i < s->n_scenes; i++) {
        const struct scene *a = &s->scenes[i];
        bool refuses = a->answer == SCENE_FORBIDDEN || a->answer == SCENE_NOT_YET;

        if (has_word(&a->clauses, c->id) || (refuses && has_word(&a->expected, c->id)))
            return true;
    }
    return false;
}

static int add_shown(const struct pack *pack, const struct scenario *s, json_t *all)
{
    json_t *clauses = json_array();
    json_t *one = json_pack("{s:s, s:s, s:o}", "ja", s->title.ja, "en", s->title.en, "clauses", clauses);
    int r = one != NULL ? 0 : -1;

    for (size_t i = 0; r == 0 && i < pack->n_clauses; i++) {
        if (scenario_shows(s, &pack->clauses[i]))
            r = json_array_append_new(clauses, json_string(pack->clauses[i].id));
    }
    if (r == 0 && json_array_size(clauses) > 0)
        r = json_object_set(all, s->id, one);
    json_decref(one);
    return r != 0 ? -ENOMEM : 0;
}

int coverage_scenarios(const struct pack *pack, const struct scenario_set *scenarios, json_t **ret)
{
    JSON_AUTO *all = json_object();
    int r = all != NULL ? 0 : -ENOMEM;

    for (size_t i = 0; r == 0 && i < scenarios->n_scenarios; i++)
        r = add_shown(pack, &scenarios->scenarios[i], all);
    if (r == 0)
        *ret = json_incref(all);
    return r;
}

static int fill_row(struct coverage *cov, const struct scenario_set *set, struct coverage_row *row)
{
    size_t n_scenarios = set != NULL ? set->n_scenarios : 0;

    for (size_t i = 0; i < cov->rules.n; i++)
        row->n_rules += clauses_have(&cov->rules.at[i].clauses, row->clause);
    row->rules = arena_alloc_n(cov->rules.arena, row->n_rules + 1, sizeof(const struct rule_row *));
    row->scenarios = arena_alloc_n(cov->rules.arena, n_scenarios + 1, sizeof(const struct scenario *));
    if (row->rules == NULL || row->scenarios == NULL)
        return -ENOMEM;
    row->n_rules = 0;
    for (size_t i = 0; i < cov->rules.n; i++) {
        if (clauses_have(&cov->rules.at[i].clauses, row->clause))
            row->rules[row->n_rules++] = &cov->rules.at[i];
    }
    for (size_t i = 0; i < n_scenarios; i++) {
        if (scenario_shows(&set->scenarios[i], row->clause))
            row->scenarios[row->n_scenarios++] = &set->scenarios[i];
    }
    return 0;
}

int coverage_load(const struct pack *pack, const struct scenario_set *scenarios, struct coverage *ret)
{
    struct coverage c = {.pack = pack, .n_rows = pack->n_clauses};
    int r = rule_table_load(pack, &c.rules);

    if (r == 0 && (c.rows = arena_alloc_n(c.rules.arena, c.n_rows + 1, sizeof(*c.rows))) == NULL)
        r = -ENOMEM;
    for (size_t i = 0; r == 0 && i < c.n_rows; i++) {
        c.rows[i].clause = &pack->clauses[i];
        r = fill_row(&c, scenarios, &c.rows[i]);
    }
    if (r != 0) {
        coverage_done(&c);
        return ERR(r);
    }
    *ret = c;
    return 0;
}

void coverage_done(struct coverage *c)
{
    rule_table_done(&c->rules);
    *c = (struct coverage){0};
}

bool coverage_is_missing(const struct coverage_row *r)
{
    return r->clause->status == CLAUSE_ENFORCED && (r->n_rules == 0 || r->n_scenarios == 0);
}

size_t coverage_n_missing(const struct coverage *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n_rows; i++)
        n += coverage_is_missing(&c->rows[i]);
    return n;
}

/* A cell of the table: what would break the line becomes a space. */
static void cell(const char *text, struct buf *out)
{
    for (const char *p = text; *p != '\0'; p++)
        (void)buf_add_char(out, *p == '\t' || *p == '\n' || *p == '\r' ? ' ' : *p);
}

int coverage_print_tsv(const struct coverage *c, struct buf *out)
{
    for (size_t i = 0; i < c->n_rows; i++) {
        const struct coverage_row *r = &c->rows[i];

        (void)buf_printf(out, "%s\t%s\t", r->clause->id, clause_status_name(r->clause->status));
        for (size_t k = 0; k < r->n_rules; k++)
            (void)buf_printf(out, "%s%s", k > 0 ? "," : "", r->rules[k]->id);
        (void)buf_add_char(out, '\t');
        for (size_t k = 0; k < r->n_scenarios; k++)
            (void)buf_printf(out, "%s%s", k > 0 ? "," : "", r->scenarios[k]->id);
        (void)buf_add_char(out, '\t');
        cell(r->clause->reason.en, out);
        (void)buf_add_char(out, '\n');
    }
    return buf_error(out);
}

struct totals {
    size_t n, ruled, shown;
};

static void print_missing(const struct coverage_row *r, struct buf *out)
{
    const struct clause *c = r->clause;

    (void)buf_printf(out, "%s:%u:%u: the clause %s (%s) is enforced, but no %s\n", c->at.file, c->at.line, c->at.col, c->id, c->title.en,
                     r->n_rules == 0 && r->n_scenarios == 0 ? "rule cites it and no scenario shows it"
                     : r->n_rules == 0                      ? "rule cites it"
                                                            : "scenario shows it");
}

int coverage_print(const struct coverage *c, struct buf *out)
{
    struct totals by[CLAUSE_OUT_OF_SCOPE + 1] = {{0}};

    for (size_t i = 0; i < c->n_rows; i++) {
        const struct coverage_row *r = &c->rows[i];
        struct totals *t = &by[r->clause->status];

        t->n++;
        t->ruled += r->n_rules > 0;
        t->shown += r->n_scenarios > 0;
        if (coverage_is_missing(r))
            print_missing(r, out);
    }
    (void)buf_printf(out, "%s: %zu clauses\n", c->pack->id, c->n_rows);
    for (enum clause_status s = CLAUSE_ENFORCED; s <= CLAUSE_OUT_OF_SCOPE; s++)
        (void)buf_printf(out, "  %-16s %4zu   with a rule %4zu   with a scenario %4zu\n", clause_status_name(s), by[s].n, by[s].ruled, by[s].shown);
    return buf_error(out);
}
