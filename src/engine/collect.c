#include "engine/collect.h"

#include "engine/collect-inside.h"

#include <inttypes.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)
#define NOTES_MAX 390u /* bytes of what is told of gaps, breaks, silent days */

/* ---- kinds and columns ---- */

static const struct cell_rule rules[] = {
#define COLUMN(kind_, name_, type_, field_, required_, ja_, en_) \
    {COLLECT_##kind_, CELL_##type_, field_, {name_, {ja_, en_}, required_}},
#include "engine/collect-columns.def"
#undef COLUMN
};
static const struct collect_column columns[] = {
#define COLUMN(kind_, name_, type_, field_, required_, ja_, en_) {name_, {ja_, en_}, required_},
#include "engine/collect-columns.def"
#undef COLUMN
};

static const struct collect_words kinds[COLLECT_KINDS] = {
    [COLLECT_TRAILS] = {"trails", "*collected-lines", ENTER, NULL},
    [COLLECT_SETTINGS] = {"settings", "*terminal-states", "settings", "settings"},
    [COLLECT_SCANS] = {"scans", "*terminal-states", "scan", "scan"}};

enum collect_kind collect_kind_of(const char *word)
{
    size_t k = 0;

    while (k < COLLECT_KINDS && strcmp(kinds[k].word, word) != 0)
        k++;
    return (enum collect_kind)k;
}

const struct collect_words *collect_words(enum collect_kind k)
{
    return &kinds[k];
}

const char *collect_kind_word(enum collect_kind k)
{
    return kinds[k].word;
}

static size_t first_rule(enum collect_kind k)
{
    size_t i = 0;

    while (rules[i].kind != k)
        i++;
    return i;
}

const struct collect_column *collect_columns(enum collect_kind k, size_t *ret_n)
{
    size_t first = first_rule(k), n = 0;

    while (first + n < ARRAY_LEN(rules) && rules[first + n].kind == k)
        n++;
    *ret_n = n;
    return &columns[first];
}

/* ---- what is told ---- */

int collect_fault(struct collect *c, size_t row, int rule, const char *ja, const char *en)
{
    json_t *o;

    if (c->n_faults++ >= COLLECT_FAULTS_MAX)
        return 0;
    o = json_pack("{s:I, s:i, s:{s:s, s:s}}", "row", (json_int_t)row, "col",
                  rule < 0 ? -1 : c->column[rule], "say", "ja", ja, "en", en);
    return o && !json_array_append_new(c->faults, o) ? 0 : -ENOMEM;
}

int collect_fault_of(struct collect *c, size_t row, int col, const char *word, const char *ja,
                     const char *en)
{
    const char *both_ja = arena_printf(c->arena, "「%s」%s", word, ja),
               *both_en = arena_printf(c->arena, "\"%s\" %s", word, en);
    json_t *o;

    if (!both_ja || !both_en)
        return -ENOMEM;
    if (c->n_faults++ >= COLLECT_FAULTS_MAX)
        return 0;
    o = json_pack("{s:I, s:i, s:{s:s, s:s}}", "row", (json_int_t)row, "col", col, "say", "ja",
                  both_ja, "en", both_en);
    return o && !json_array_append_new(c->faults, o) ? 0 : -ENOMEM;
}

/* "4–9、12": what does not fit is counted. */
int collect_note(struct buf *out, const char *text)
{
    if (out->len + strlen(text) + 4 > NOTES_MAX)
        return str_ends(buf_str(out), STR("…")) ? 0 : buf_add_text(out, "…");
    return buf_printf(out, "%s%s", out->len ? ", " : "", text);
}

/* ---- the whole ---- */

void collect_free(struct collect *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_lines; i++)
        json_decref(c->lines[i].with);
    json_decref(c->faults);
    buf_done(&c->all);
    buf_done(&c->gaps);
    buf_done(&c->breaks);
    buf_done(&c->silent);
    arena_free(c->arena);
    free(c);
}
int collect_new(struct engine *e, enum collect_kind k, const json_t *table, uint64_t now_us,
                struct collect **ret)
{
    CLEANUP(collect_freep) struct collect *c = calloc(1, sizeof(*c));

    if (!c)
        return -ENOMEM;
    c->e = e;
    c->kind = k;
    c->table = table;
    c->now_us = now_us;
    c->reg = engine_reg(e, kinds[k].reg);
    c->collections = engine_reg(e, COLLECTIONS);
    c->rules = &rules[first_rule(k)];
    collect_columns(k, &c->n_rules);
    buf_init(&c->all, (size_t)COLLECT_DIGEST_HEX * COLLECT_LINES_MAX + 1);
    buf_init(&c->gaps, 1024);
    buf_init(&c->breaks, 1024);
    buf_init(&c->silent, 1024);
    c->arena = arena_new(ARENA_MAX);
    c->faults = json_array();
    c->found = c->arena ? arena_alloc_n(c->arena, CANDIDATES_MAX, sizeof(*c->found)) : NULL;
    if (!c->found || !c->faults)
        return -ENOMEM;
    *ret = TAKE(c);
    return 0;
}

static int judge_rows(struct collect *c)
{
    const json_t *rows = json_arr(c->table, "rows");
    size_t n = json_array_size(rows);
    int r = 0;

    if (!n || n > COLLECT_LINES_MAX)
        return collect_fault(c, 0, -1,
                             n ? "一度に取り込めるのは1,000行までです。ファイルを分けてください"
                               : "見出しの下に行がありません",
                             n ? "at most 1,000 lines are taken in at once; split the file"
                               : "there are no lines below the headings");
    if (!(c->lines = arena_alloc_n(c->arena, n, sizeof(*c->lines))))
        return -ENOMEM;
    for (size_t i = 0; !r && i < n; i++) {
        c->lines[i] = (struct line){.row = i + 1, .before = "", .unit = ""};
        c->n_lines = i + 1;
        if ((r = stage_open(&c->sc, c->e, "", c->now_us)))
            return r;
        r = collect_row(c, json_array_get(rows, i), &c->lines[i]);
        stage_done(&c->sc);
        c->n_marks += c->lines[i].is_mark;
    }
    return r;
}

int collect_judge(struct collect *c)
{
    int r = collect_headings(c);

    if (!r && !c->n_faults)
        r = judge_rows(c);
    if (r || c->n_faults || !c->collector)
        return r;
    if ((r = stage_open(&c->sc, c->e, "", c->now_us)))
        return r;
    if (!(r = collect_find_known(c)) && !c->n_faults && !(r = collect_pass_over(c)) && !c->n_faults)
        r = collect_chain(c);
    stage_done(&c->sc);
    return r;
}

json_t *collect_told(const struct collect *c)
{
    bool has = c->n_skipped < c->n_lines;

    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s%, s:s%, s:s%, s:O, s:I}", "kind",
                     kinds[c->kind].word, "collector", c->collector_name ? c->collector_name : "",
                     "n_lines", (json_int_t)c->n_lines, "n_new",
                     (json_int_t)(c->n_lines - c->n_skipped), "n_marks", (json_int_t)c->n_marks,
                     "first", (json_int_t)(has ? c->lines[c->n_skipped].seq : 0), "last",
                     (json_int_t)(has ? c->lines[c->n_lines - 1].seq : 0), "gaps",
                     c->gaps.len ? c->gaps.at : "", c->gaps.len, "breaks",
                     c->breaks.len ? c->breaks.at : "", c->breaks.len, "silent",
                     c->silent.len ? c->silent.at : "", c->silent.len, "faults", c->faults,
                     "n_faults", (json_int_t)c->n_faults);
}

int engine_collect_judge(struct engine *e, enum collect_kind k, const json_t *table,
                         uint64_t now_us, json_t **ret)
{
    CLEANUP(collect_freep) struct collect *c = NULL;
    int r = collect_new(e, k, table, now_us, &c);

    if (r)
        return r;
    if (!c->reg || !c->collections)
        return COLLECT_E_NONE;
    if ((r = collect_judge(c)))
        return r;
    *ret = collect_told(c);
    return *ret ? 0 : -ENOMEM;
}
