#include "regulation/coverage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* The rows in the order of their clauses' ids, so that each of the many citations finds its own. */
static int by_id(const void *a, const void *b)
{
    const struct coverage_row *const *x = a, *const *y = b;

    return strcmp((*x)->clause->id, (*y)->clause->id);
}

static struct coverage_row *row_of(struct coverage_row *const *sorted, size_t n, const struct clause *clause)
{
    const struct coverage_row wanted = {.clause = clause}, *key = &wanted;
    struct coverage_row *const *found = bsearch(&key, sorted, n, sizeof(struct coverage_row *), by_id);

    return found ? *found : NULL;
}

static bool is_cited_before(const struct clause_list *l, size_t at)
{
    const struct clause_list before = {.at = l->at, .n = at};

    return clauses_have(&before, l->at[at]);
}

/* Each rule to the rows of what it cites; with `counted` they have room, without it is only counted. */
static void cite(const struct coverage *cov, struct coverage_row *const *sorted, bool counted)
{
    for (size_t i = 0; i < cov->rules.n; i++) {
        const struct clause_list *l = &cov->rules.at[i].clauses;

        for (size_t k = 0; k < l->n; k++) {
            struct coverage_row *row = is_cited_before(l, k) ? NULL : row_of(sorted, cov->n_rows, l->at[k]);

            if (row && counted)
                row->rules[row->n_rules] = &cov->rules.at[i];
            if (row)
                row->n_rules++;
        }
    }
}

static int make_room(struct coverage *cov, const struct scenario_set *set, struct coverage_row *row)
{
    size_t n_scenarios = set != NULL ? set->n_scenarios : 0;

    row->rules = arena_alloc_n(cov->rules.arena, row->n_rules + 1, sizeof(const struct rule_row *));
    row->scenarios = arena_alloc_n(cov->rules.arena, n_scenarios + 1, sizeof(const struct scenario *));
    if (row->rules == NULL || row->scenarios == NULL)
        return -ENOMEM;
    row->n_rules = 0;
    for (size_t i = 0; i < n_scenarios; i++) {
        if (scenario_shows(&set->scenarios[i], row->clause))
            row->scenarios[row->n_scenarios++] = &set->scenarios[i];
    }
    return 0;
}

static int fill_rows(struct coverage *cov, const struct scenario_set *set)
{
    struct coverage_row **sorted = arena_alloc_n(cov->rules.arena, cov->n_rows + 1, sizeof(*sorted));
    int r = sorted != NULL ? 0 : -ENOMEM;

    for (size_t i = 0; r == 0 && i < cov->n_rows; i++) {
        cov->rows[i].clause = &cov->pack->clauses[i];
        sorted[i] = &cov->rows[i];
    }
    if (r != 0)
        return r;
    qsort(sorted, cov->n_rows, sizeof(struct coverage_row *), by_id);
    cite(cov, sorted, false);
    for (size_t i = 0; r == 0 && i < cov->n_rows; i++)
        r = make_room(cov, set, &cov->rows[i]);
    if (r == 0)
        cite(cov, sorted, true);
    return r;
}

int coverage_load(const struct pack *pack, const struct scenario_set *scenarios, struct coverage *ret)
{
    struct coverage c = {.pack = pack, .n_rows = pack->n_clauses};
    int r = rule_table_load(pack, &c.rules);

    if (r == 0 && (c.rows = arena_alloc_n(c.rules.arena, c.n_rows + 1, sizeof(*c.rows))) == NULL)
        r = -ENOMEM;
    if (r == 0)
        r = fill_rows(&c, scenarios);
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
