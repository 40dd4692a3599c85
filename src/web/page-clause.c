/* Directives and their clauses: what each clause says, how the program carries it out, and where. */
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

#define PACKS_MAX 64
#define REGISTERS_MAX 64 /* of one directive */

static const enum message_key status_keys[] = {
    [CLAUSE_ENFORCED] = MSG_CLAUSE_ENFORCED,     [CLAUSE_DETECTED] = MSG_CLAUSE_DETECTED,
    [CLAUSE_RECORDED] = MSG_CLAUSE_RECORDED,     [CLAUSE_INFORMED] = MSG_CLAUSE_INFORMED,
    [CLAUSE_ORGANISATIONAL] = MSG_CLAUSE_ORGANISATIONAL, [CLAUSE_OUT_OF_SCOPE] = MSG_CLAUSE_OUT_OF_SCOPE};

static size_t packs_in_force(struct page *p, const struct pack *ret[PACKS_MAX])
{
    return MIN_OF(engine_packs(p->worker->engine, ret, PACKS_MAX), (size_t)PACKS_MAX);
}

const struct pack *page_pack(struct page *p, const char *id)
{
    const struct pack *packs[PACKS_MAX];
    size_t n = packs_in_force(p, packs);

    for (size_t i = 0; i < n; i++)
        if (!strcmp(packs[i]->id, id))
            return packs[i];
    return NULL;
}

static struct str pack_url(struct page *p, const struct pack *pack)
{
    return page_text(p, "/clauses/%s", pack->id);
}

/* ---- from when until when ---- */

#define LAPSES_SOON_DAYS 180

static void show_in_force(struct page *p, const struct pack *pack)
{
    int32_t today = day_of_instant(p->now_us);
    struct str last = pack->to_day == FORCE_OPEN ? STR("") : day_words(p, pack->to_day);

    definition_open(&p->w, T(p, MSG_CLAUSES_IN_FORCE));
    html_text(&p->html,
              page_text(p, "%.*s 〜 %.*s ", STR_ARG(day_words(p, pack->from_day)), STR_ARG(last)));
    if (pack->from_day > today)
        chip(&p->w, CHIP_NEUTRAL, T(p, MSG_CLAUSES_NOT_YET));
    else if (pack->to_day < today)
        chip(&p->w, CHIP_DANGER, T(p, MSG_CLAUSES_LAPSED));
    else if (pack->to_day - today <= LAPSES_SOON_DAYS)
        chip(&p->w, CHIP_WARNING,
             TF(p, MSG_CLAUSES_LAPSES, {"days", page_text(p, "%d", pack->to_day - today)}));
    definition_close(&p->w);
}

/* ---- all directives ---- */

static void show_head(struct page *p, const struct pack *pack)
{
    definition_begin(&p->w);
    definition(&p->w, T(p, MSG_CLAUSES_NUMBER), str_of(pack->number));
    definition(&p->w, T(p, MSG_CLAUSES_ISSUED), day_words(p, pack->issued_day));
    show_in_force(p, pack);
    for (size_t i = 0; i < pack->n_authorities; i++) {
        const struct authority_rule *a = &pack->authorities[i];

        definition(&p->w, T(p, a->is_predecessor ? MSG_CLAUSES_PREDECESSOR : MSG_CLAUSES_CITED),
                   page_text(p, "%s　%.*s", a->number, STR_ARG(text2_words(p, a->title))));
    }
    definition_end(&p->w);
}

static void show_counts(struct page *p, const struct pack *pack)
{
    size_t counts[ARRAY_LEN(status_keys)] = {0};

    for (size_t i = 0; i < pack->n_clauses; i++)
        counts[pack->clauses[i].status]++;
    html_begin(&p->html, HTML_P, "tj-basis");
    for (size_t s = 0; s < ARRAY_LEN(status_keys); s++)
        if (counts[s]) {
            chip(&p->w, CHIP_NEUTRAL, page_text(p, "%.*s %zu", STR_ARG(T(p, status_keys[s])), counts[s]));
            html_text(&p->html, STR(" "));
        }
    html_close(&p->html, HTML_P);
}

int clauses_page(struct page *p)
{
    const struct pack *packs[PACKS_MAX];
    size_t n = packs_in_force(p, packs);

    page_begin(p, T(p, MSG_CLAUSES_TITLE), NAV_CLAUSES);
    if (!n)
        notice(&p->w, NOTICE_INFO, T(p, MSG_REGISTERS_NO_PACK), T(p, MSG_REGISTERS_NO_PACK_TEXT));
    for (size_t i = 0; i < n; i++) {
        html_begin(&p->html, HTML_H2, NULL);
        link_show(p, text2_words(p, packs[i]->title), pack_url(p, packs[i]));
        html_close(&p->html, HTML_H2);
        show_head(p, packs[i]);
        show_counts(p, packs[i]);
    }
    return page_end(p);
}

/* ---- one directive ---- */

static enum chip_kind status_chip(enum clause_status s)
{
    return s == CLAUSE_ENFORCED ? CHIP_DONE : s == CLAUSE_DETECTED || s == CLAUSE_RECORDED ? CHIP_ACTIVE : CHIP_NEUTRAL;
}

int pack_page(struct page *p)
{
    const struct pack *pack = page_pack(p, page_param(p, STR("pack")));
    const struct column columns[] = {{.heading = T(p, MSG_CLAUSE_PLACE), .is_row_heading = true},
                                     {.heading = T(p, MSG_CLAUSE_TITLE)}, {.heading = T(p, MSG_CLAUSE_STATUS)}};
    struct table t;

    if (!pack)
        return page_not_found(p);
    page_crumb(p, T(p, MSG_CLAUSES_TITLE), STR("/clauses"));
    page_crumb(p, text2_words(p, pack->title), STR_NONE);
    page_begin(p, text2_words(p, pack->title), NAV_CLAUSES);
    show_head(p, pack);
    show_counts(p, pack);
    html_open(&p->html, HTML_P);
    link_show(p, T(p, MSG_COMPARE_TITLE), page_text(p, "/comparisons/%s", pack->id));
    html_close(&p->html, HTML_P);
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), text2_words(p, pack->title));
    for (size_t i = 0; i < pack->n_clauses; i++) {
        const struct clause *c = &pack->clauses[i];

        row_begin(&p->w, &t);
        cell_link(&p->w, &t, clause_words(p, c->id), clause_url(p, c->id));
        cell_text(&p->w, &t, text2_words(p, c->title));
        cell_begin(&p->w, &t);
        chip(&p->w, status_chip(c->status), T(p, status_keys[c->status]));
        cell_end(&p->w, &t);
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
    return page_end(p);
}

/* ---- one clause ---- */

static bool cites(const struct clause_list *list, const struct clause *c)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->at[i] == c)
            return true;
    return false;
}

struct citing {
    struct page *page;
    const struct clause *clause;
    const struct reg *reg; /* whose things are asked now */
    bool any;
    const struct reg *regs[REGISTERS_MAX]; /* that cite the clause */
    size_t n_regs;
};

/* One place of the directive's data that cites the clause. */
static void cited(struct citing *c, enum message_key kind, struct str where, struct str what, const char *rule, struct str url)
{
    struct page *p = c->page;

    if (!c->any) {
        html_element(&p->html, HTML_H2, NULL, T(p, MSG_CLAUSE_RULES));
        html_begin(&p->html, HTML_UL, "tj-cites");
    }
    c->any = true;
    if (c->reg && c->n_regs < REGISTERS_MAX && (!c->n_regs || c->regs[c->n_regs - 1] != c->reg))
        c->regs[c->n_regs++] = c->reg;
    html_open(&p->html, HTML_LI);
    chip(&p->w, CHIP_NEUTRAL, T(p, kind));
    html_text(&p->html, STR(" "));
    link_show(p, where, url);
    if (what.len) {
        html_text(&p->html, STR("　"));
        html_text(&p->html, what);
    }
    if (*rule) {
        html_text(&p->html, STR(" "));
        html_element(&p->html, HTML_CODE, "tj-id", str_of(rule));
    }
    html_close(&p->html, HTML_LI);
}

static void cond_cites(struct citing *c, const struct reg *reg, const struct step *s, const struct cond *cond)
{
    struct page *p = c->page;

    if (cites(&cond->clauses, c->clause) && !cites(&s->clauses, c->clause))
        cited(c, MSG_CLAUSE_CONDITION, text2_words(p, reg->title),
              *cond->say.ja ? text2_words(p, cond->say) : text2_words(p, s->title), cond->rule, register_url(p, reg->id));
    for (size_t i = 0; i < cond->n_children; i++)
        cond_cites(c, reg, s, cond->children[i]);
}

static void step_cites(struct citing *c, const struct reg *reg, const struct step *s)
{
    struct page *p = c->page;

    if (cites(&s->clauses, c->clause))
        cited(c, MSG_CLAUSE_STEP, text2_words(p, reg->title), text2_words(p, s->title), s->act, register_url(p, reg->id));
    for (size_t i = 0; i < s->n_conds; i++)
        cond_cites(c, reg, s, s->conds[i]);
    for (size_t i = 0; i < s->n_effects; i++)
        if (cites(&s->effects[i].clauses, c->clause) && !cites(&s->clauses, c->clause))
            cited(c, MSG_CLAUSE_EFFECT, text2_words(p, reg->title), text2_words(p, s->title), s->effects[i].rule,
                  register_url(p, reg->id));
}

static void reg_cites(struct citing *c, const struct reg *reg)
{
    struct page *p = c->page;
    const struct procedure *procedure = reg->procedure;

    if (cites(&reg->clauses, c->clause))
        cited(c, MSG_CLAUSE_REGISTER, text2_words(p, reg->title), str_of(reg->form), "", register_url(p, reg->id));
    for (size_t i = 0; i < reg->n_fields; i++)
        if (cites(&reg->fields[i].clauses, c->clause))
            cited(c, MSG_CLAUSE_FIELD, text2_words(p, reg->title), text2_words(p, reg->fields[i].title), "",
                  register_url(p, reg->id));
    if (reg->has_retention && cites(&reg->retention.clauses, c->clause))
        cited(c, MSG_CLAUSE_RETENTION, text2_words(p, reg->title), STR(""), "", register_url(p, reg->id));
    for (size_t i = 0; i < procedure->n_roles; i++)
        if (cites(&procedure->roles[i].clauses, c->clause))
            cited(c, MSG_CLAUSE_ROLE, text2_words(p, reg->title),
                  procedure->roles[i].role ? text2_words(p, procedure->roles[i].role->title) : STR(""),
                  procedure->roles[i].id, register_url(p, reg->id));
    for (size_t i = 0; i < procedure->n_steps; i++)
        step_cites(c, reg, &procedure->steps[i]);
    for (size_t i = 0; i < procedure->n_obligations; i++)
        if (cites(&procedure->obligations[i].clauses, c->clause))
            cited(c, MSG_CLAUSE_OBLIGATION, text2_words(p, reg->title), text2_words(p, procedure->obligations[i].title),
                  procedure->obligations[i].rule, register_url(p, reg->id));
}

static struct str param_words(struct page *p, const struct param *param)
{
    if (param->from != NULL)
        return T(p, MSG_CLAUSE_BY_RECORD);
    if (!param->is_set)
        return T(p, MSG_CLAUSE_UNSET);
    if (param->type == PARAM_DURATION)
        return duration_words(p, param->duration);
    if (param->type == PARAM_FLAG)
        return T(p, param->number ? MSG_WORDS_YES : MSG_WORDS_NO);
    if (param->type == PARAM_DAY)
        return day_words(p, (int32_t)param->number);
    return str_of(param->value);
}

static void pack_cites(struct citing *c, const struct pack *pack)
{
    struct page *p = c->page;

    for (size_t i = 0; i < pack->n_roles; i++)
        if (cites(&pack->roles[i].clauses, c->clause))
            cited(c, MSG_CLAUSE_ROLE, text2_words(p, pack->roles[i].title), STR(""), pack->roles[i].id, STR_NONE);
    for (size_t i = 0; i < pack->n_labels; i++)
        if (cites(&pack->labels[i].clauses, c->clause))
            cited(c, MSG_CLAUSE_LABEL, text2_words(p, pack->labels[i].title), STR(""), pack->labels[i].id, STR_NONE);
    for (size_t i = 0; i < pack->n_params; i++)
        if (cites(&pack->params[i].clauses, c->clause))
            cited(c, MSG_CLAUSE_PARAMETER, text2_words(p, pack->params[i].why),
                  param_words(p, &pack->params[i]), pack->params[i].id, STR_NONE);
    for (size_t i = 0; i < pack->n_regs; i++) {
        c->reg = &pack->regs[i];
        reg_cites(c, c->reg);
    }
    if (c->any)
        html_close(&p->html, HTML_UL);
}

/* What stands here instead, and who takes the wording in, and how. */
static void show_no_wording(struct page *p, const struct pack *pack)
{
    html_element(&p->html, HTML_P, "tj-empty", T(p, MSG_CLAUSE_NO_WORDING));
    html_begin(&p->html, HTML_DETAILS, "tj-cannot");
    html_element(&p->html, HTML_SUMMARY, NULL, T(p, MSG_CLAUSE_LOAD));
    html_element(&p->html, HTML_P, NULL, T(p, MSG_CLAUSE_LOAD_TEXT));
    html_element(&p->html, HTML_PRE, NULL, page_text(p, "tsujiban regulation text --data DIR %s FILE", pack->id));
    html_close(&p->html, HTML_DETAILS);
}

static int show_wording(struct page *p, const struct pack *pack, const struct clause *c)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(p->worker->store, &row, STMT_CLAUSE_TEXT_GET, V_TEXT(pack->id), V_TEXT(c->id));

    if (r && r != STORE_E_NONE)
        return store_errno(r);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_CLAUSE_WORDING));
    if (r)
        show_no_wording(p, pack);
    else
        html_element(&p->html, HTML_P, "tj-wording", rows_str(row, 0));
    return 0;
}

/* The scenarios of the directive that show the clause, as they were taken in with its text. */
static int show_scenarios(struct page *p, const struct pack *pack, const struct clause *c)
{
    struct digest_text hash = digest_text(&pack->hash);
    ROWS_AUTO *rows = NULL;
    size_t n = 0;
    int r;

    if ((r = STORE_QUERY(p->worker->store, &rows, STMT_CLAUSE_SCENARIO_LIST, V_TEXT(hash.at), V_TEXT(c->id))))
        return store_errno(r);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_CLAUSE_SCENARIOS));
    while ((r = rows_next(rows)) == 1) {
        if (!n++)
            html_begin(&p->html, HTML_UL, "tj-cites");
        html_open(&p->html, HTML_LI);
        html_text(&p->html, rows_str(rows, p->lang == MESSAGE_EN ? 2 : 1));
        html_text(&p->html, STR(" "));
        html_element(&p->html, HTML_CODE, "tj-id", rows_str(rows, 0));
        html_close(&p->html, HTML_LI);
    }
    if (r)
        return store_errno(r);
    if (n)
        html_close(&p->html, HTML_UL);
    else
        html_element(&p->html, HTML_P, "tj-empty", T(p, MSG_CLAUSE_NO_SCENARIO));
    return 0;
}

/* The records that come under the clause, by register: as many as the person may see. */
static int show_records(struct citing *c)
{
    struct page *p = c->page;
    const struct column columns[] = {{.heading = T(p, MSG_REGISTERS_NAME), .is_row_heading = true},
                                     {.heading = T(p, MSG_REGISTERS_OPEN), .is_number = true},
                                     {.heading = T(p, MSG_REGISTERS_ALL), .is_number = true}};
    struct table t;
    int r;

    if (!c->n_regs)
        return 0;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_CLAUSE_RECORDS));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_CLAUSE_RECORDS));
    for (size_t i = 0; i < c->n_regs; i++) {
        const struct reg *reg = c->regs[i];

        row_begin(&p->w, &t);
        cell_text(&p->w, &t, text2_words(p, reg->title));
        if ((r = cell_count(p, &t, reg, LIST_UNFINISHED)) || (r = cell_count(p, &t, reg, "")))
            return r;
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
    return 0;
}

int clause_page(struct page *p)
{
    const struct pack *pack = page_pack(p, page_param(p, STR("pack")));
    const struct clause *c = pack ? pack_clause(pack, page_param(p, STR("id"))) : NULL;
    struct citing citing = {.page = p, .clause = c, .n_regs = 0};
    const struct role *by;
    int r;

    if (!c)
        return page_not_found(p);
    page_crumb(p, T(p, MSG_CLAUSES_TITLE), STR("/clauses"));
    page_crumb(p, text2_words(p, pack->title), pack_url(p, pack));
    page_crumb(p, clause_words(p, c->id), STR_NONE);
    page_begin(p, clause_words(p, c->id), NAV_CLAUSES);
    by = *c->by ? pack_role(pack, c->by) : NULL;
    definition_begin(&p->w);
    definition(&p->w, T(p, MSG_CLAUSES_NUMBER), page_text(p, "%s　%.*s", pack->number, STR_ARG(text2_words(p, pack->title))));
    show_in_force(p, pack);
    definition(&p->w, T(p, MSG_CLAUSE_TITLE), text2_words(p, c->title));
    definition_open(&p->w, T(p, MSG_CLAUSE_STATUS));
    chip(&p->w, status_chip(c->status), T(p, status_keys[c->status]));
    definition_close(&p->w);
    if (*c->reason.ja)
        definition(&p->w, T(p, MSG_CLAUSE_REASON), text2_words(p, c->reason));
    if (by)
        definition(&p->w, T(p, MSG_CLAUSE_BY), text2_words(p, by->title));
    definition_end(&p->w);
    if ((r = show_wording(p, pack, c)))
        return r;
    pack_cites(&citing, pack);
    if ((r = show_scenarios(p, pack, c)) || (r = show_records(&citing)))
        return r;
    return page_end(p);
}
