/* What came in and what ends, and the objects that share a value (doc/design/intelligence.md, CO1, CO2, LI1, LB2). */
#include "web/intel-life.h"
#include "web/intel-exclude.h"
#include "web/intel-show.h"
#include "web/pages.h"
#include "web/words.h"

#include "engine/intel.h"
#include "intel/stix-id.h"

#include <errno.h>

#define IMPORTS_MAX 10u
#define ENDS_MAX 30u
#define SHARING_MAX 100u /* objects of one reading */

/* ---- collections ---- */

static int show_collection(struct intel *i, struct table *t, const struct list_row *row)
{
    struct page *p = i->page;
    struct stock_standing s;
    int r = stock_standing(i->stock, i->sight, str_of(row->id), &s);

    if (r)
        return intel_failed(r);
    row_begin(&p->w, t);
    cell_link(&p->w, t, str_of(row->name), record_url(p, row->id, ""));
    cell_begin(&p->w, t);
    chip(&p->w, state_chip(row->reg, row->state), state_words(p, row->reg, row->state));
    cell_end(&p->w, t);
    cell_text(&p->w, t, page_text(p, "%llu", (unsigned long long)s.n));
    cell_text(&p->w, t, s.opened_us > 0 ? instant_words(p, (uint64_t)s.opened_us) : T(p, MSG_INTEL_PAGE_NEVER));
    row_end(&p->w, t);
    return 0;
}

static int show_collections(struct intel *i)
{
    struct page *p = i->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_PAGE_COLLECTION), .is_row_heading = true},
                                     {.heading = T(p, MSG_REGISTER_STATE)},
                                     {.heading = T(p, MSG_INTEL_PAGE_MEMBERS), .is_number = true},
                                     {.heading = T(p, MSG_INTEL_PAGE_LAST)}};
    struct table t;
    int r = 0;

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_PAGE_COLLECTIONS));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_INTEL_PAGE_COLLECTIONS));
    for (size_t k = 0; !r && k < i->collections.n; k++)
        r = show_collection(i, &t, &i->collections.at[k]);
    table_end(&p->w, &t);
    if (!i->collections.n)
        table_empty(&p->w);
    if (i->collections.total > i->collections.n) {
        html_open(&p->html, HTML_P);
        link_show(p, T(p, MSG_INTEL_PAGE_REST), register_url(p, i->reg->id));
        html_close(&p->html, HTML_P);
    }
    html_open(&p->html, HTML_P);
    link_show(p, T(p, MSG_INTEL_READERS_LINK), STR("/intel/readers"));
    html_text(&p->html, STR("　"));
    link_show(p, T(p, MSG_INTEL_POLLS_TITLE), STR("/intel/polls"));
    html_close(&p->html, HTML_P);
    return r;
}

/* ---- imports ---- */

static void cell_named(struct page *p, struct table *t, const struct list_rows *rows, const char *id)
{
    const struct list_named *named = *id ? list_named_of(rows, id) : NULL;

    if (named)
        cell_link(&p->w, t, arena_str(p->arena, str_of(named->name)), record_url(p, arena_strdup(p->arena, str_of(id)), ""));
    else
        cell_text(&p->w, t, arena_str(p->arena, str_of(id)));
}

static void show_import(struct page *p, struct table *t, const struct list_rows *rows, const struct list_row *row)
{
    const json_t *n = json_object_get(row->values, "objects");

    row_begin(&p->w, t);
    cell_link(&p->w, t, str_of(row->id), record_url(p, row->id, ""));
    cell_named(p, t, rows, json_str(row->values, "collection"));
    cell_named(p, t, rows, json_str(row->values, "channel"));
    cell_text(&p->w, t, arena_str(p->arena, str_of(json_str(row->values, "source"))));
    cell_text(&p->w, t, n ? page_text(p, "%lld", (long long)json_int(row->values, "objects")) : STR(""));
    cell_begin(&p->w, t);
    chip(&p->w, state_chip(row->reg, row->state), state_words(p, row->reg, row->state));
    cell_end(&p->w, t);
    cell_text(&p->w, t, instant_words(p, row->changed_us));
    row_end(&p->w, t);
}

/* The fields are those that a register of imports has to have (ST10). */
static int show_imports(struct intel *i)
{
    static const char *const fields[] = {"collection", "channel", "source", "objects"};
    struct page *p = i->page;
    const struct reg *reg = engine_holding(p->worker->engine, HOLDS_INTEL_IMPORTS, p->now_us);
    const struct list_query q = {.reg = reg ? reg->id : "", .state = "", .field = "", .key = "", .sort = "changed", .page = 1, .page_size = IMPORTS_MAX,
                                 .fields = fields, .n_fields = ARRAY_LEN(fields), .has_named = true};
    const struct column columns[] = {{.heading = T(p, MSG_REGISTER_NUMBER), .is_row_heading = true},
                                     {.heading = T(p, MSG_INTEL_PAGE_COLLECTION)},
                                     {.heading = T(p, MSG_INTEL_PAGE_CHANNEL)},
                                     {.heading = T(p, MSG_INTEL_PAGE_SOURCE)},
                                     {.heading = T(p, MSG_INTEL_PAGE_OBJECTS), .is_number = true},
                                     {.heading = T(p, MSG_REGISTER_STATE)},
                                     {.heading = T(p, MSG_INTEL_PAGE_WHEN)}};
    struct list_rows rows;
    struct table t;
    int r = reg ? engine_list_rows(p->worker->engine, p->session.person, &q, p->arena, &rows) : 1;

    if (r)
        return MIN_OF(r, 0);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_PAGE_IMPORTS));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_INTEL_PAGE_IMPORTS));
    for (size_t k = 0; k < rows.n; k++)
        show_import(p, &t, &rows, &rows.at[k]);
    table_end(&p->w, &t);
    if (!rows.n)
        table_empty(&p->w);
    list_rows_done(&rows);
    return 0;
}

static void show_basis(struct intel *i)
{
    struct page *p = i->page;

    html_begin(&p->html, HTML_P, "tj-basis");
    if (p->label.at)
        html_element(&p->html, HTML_SPAN, "tj-label", p->label);
    clause_list_chips(p, &i->reg->clauses);
    html_close(&p->html, HTML_P);
}

static int show_all(struct intel *i)
{
    struct page *p = i->page;
    int r;

    p->label = label_words(p, i->reg, NULL);
    page_begin(p, T(p, MSG_INTEL_PAGE_TITLE), NAV_INTEL);
    show_basis(i);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_INTEL_PAGE_TEXT));
    intel_find_form(p, STR(""));
    if (engine_holding(p->worker->engine, HOLDS_INTEL_IMPORTS, p->now_us)) {
        html_open(&p->html, HTML_P);
        link_show(p, T(p, MSG_INTAKE_TITLE), STR("/intel/import"));
        html_text(&p->html, STR("　"));
        link_show(p, T(p, MSG_EXTRACT_TITLE), STR("/intel/extract"));
        html_close(&p->html, HTML_P);
    }
    r = show_collections(i) ?: intel_types_show(i) ?: show_imports(i) ?: intel_show_seen(i) ?: intel_show_ends(i, INTEL_WEEK_US, ENDS_MAX) ?:
        intel_show_withdrawn(i);
    return r ? r : page_end(p);
}

int intel_page(struct page *p)
{
    struct intel i;
    int r = intel_enter(p, &i);

    if (r)
        return MIN_OF(r, 0);
    r = show_all(&i);
    intel_leave(&i);
    return r;
}

/* ---- finding ---- */

/* What the typed text can be. */
struct readings {
    struct reading_of {
        struct clue value;
        uint64_t n, n_below;
    } at[CLUE_N_TYPES];
    size_t n;
    int fault; /* why it is no value, where it is none */
};

static bool is_known(const struct readings *all, const struct clue *v)
{
    for (size_t k = 0; k < all->n; k++)
        if (clue_eq(&all->at[k].value, v))
            return true;
    return false;
}

/* As every type, or as that one. */
static int read_typed(struct str typed, enum clue_type only, struct readings *all)
{
    int r = 0;

    for (unsigned type = CLUE_NONE + 1; r >= 0 && type < CLUE_N_TYPES; type++) {
        struct clue *v = &all->at[all->n].value;

        if (only != CLUE_NONE && type != only)
            continue;
        r = clue_read_as(type, typed, v);
        all->n += !r && !is_known(all, v);
    }
    if (r >= 0 && !all->n)
        all->fault = r = clue_read(typed, &all->at[0].value);
    return MIN_OF(r, 0);
}

static int count_all(struct intel *i, struct readings *all)
{
    int r = 0;

    for (size_t k = 0; !r && k < all->n; k++)
        r = stock_count(i->stock, i->sight, &all->at[k].value, STOCK_AS_IT_IS, &all->at[k].n) ?:
                stock_count(i->stock, i->sight, &all->at[k].value, STOCK_DERIVED, &all->at[k].n_below);
    return intel_failed(r);
}

static int show_readings(struct intel *i, const struct readings *all)
{
    struct page *p = i->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_PAGE_READ_AS), .is_row_heading = true},
                                     {.heading = T(p, MSG_INTEL_PAGE_VALUE)},
                                     {.heading = T(p, MSG_INTEL_PAGE_SHARED), .is_number = true},
                                     {.heading = T(p, MSG_INTEL_PAGE_BELOW), .is_number = true},
                                     {.heading = T(p, MSG_INTEL_EXCLUDE_TITLE)}};
    struct intel_exclude x;
    struct table t;
    int r = intel_exclude_enter(i, &x);

    if (r)
        return r;
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_INTEL_PAGE_READINGS));
    for (size_t k = 0; k < all->n; k++) {
        row_begin(&p->w, &t);
        cell_text(&p->w, &t, intel_clue_words(p, all->at[k].value.type));
        cell_text(&p->w, &t, intel_clue_text(p, &all->at[k].value));
        cell_text(&p->w, &t, page_text(p, "%llu", (unsigned long long)all->at[k].n));
        cell_text(&p->w, &t, page_text(p, "%llu", (unsigned long long)all->at[k].n_below));
        intel_exclude_cell(&x, &t, &all->at[k].value);
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
    intel_exclude_leave(&x);
    return 0;
}

struct sharing {
    struct intel *intel;
    struct table t;
    unsigned n;
};
enum { SHARING_ENOUGH = 1000 };

static int show_sharing(struct stock_ref ref, void *context)
{
    struct sharing *s = context;
    struct intel_object o;
    struct stock_object found;
    int r = s->n++ == SHARING_MAX ? SHARING_ENOUGH : stock_get(s->intel->stock, s->intel->sight, ref, &found);

    if (r)
        return r;
    r = intel_take(s->intel, &found, &o, NULL);
    if (!r)
        intel_row(s->intel->page, &s->t, &o);
    return r;
}

static int show_hits(struct intel *i, const struct clue *v, enum stock_how how, uint64_t n)
{
    struct page *p = i->page;
    struct sharing s = {.intel = i};
    struct str heading = TF(p, how == STOCK_DERIVED ? MSG_INTEL_PAGE_HITS_BELOW : MSG_INTEL_PAGE_HITS, {"type", intel_clue_words(p, v->type)},
                            {"value", intel_clue_text(p, v)}, {"n", page_text(p, "%llu", (unsigned long long)n)});
    int r;

    if (!n)
        return 0;
    html_element(&p->html, HTML_H2, NULL, heading);
    intel_table_begin(p, &s.t, heading);
    r = stock_sharing(i->stock, i->sight, v, how, (struct stock_ref){0, 0}, show_sharing, &s);
    table_end(&p->w, &s.t);
    if (r == SHARING_ENOUGH)
        html_element(&p->html, HTML_P, NULL, TF(p, MSG_INTEL_PAGE_HITS_MORE, {"n", page_text(p, "%u", SHARING_MAX)}));
    return r == SHARING_ENOUGH ? 0 : intel_failed(r);
}

static int show_id(struct intel *i, struct str id, bool *ret_found)
{
    struct page *p = i->page;
    struct intel_object o;
    struct table t;
    int r = intel_latest(i, id, &o, NULL);

    *ret_found = !r;
    if (r)
        return MIN_OF(r, 0);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_PAGE_OF_ID));
    intel_table_begin(p, &t, T(p, MSG_INTEL_PAGE_OF_ID));
    intel_row(p, &t, &o);
    table_end(&p->w, &t);
    return 0;
}

static void show_none(struct page *p, struct str typed, const struct readings *all, bool is_id)
{
    struct str heading = TF(p, MSG_INTEL_PAGE_NOTHING, {"words", typed});

    if (is_id)
        notice(&p->w, NOTICE_INFO, heading, T(p, MSG_INTEL_PAGE_NOTHING_ID));
    else if (all->n)
        notice(&p->w, NOTICE_INFO, heading, T(p, MSG_INTEL_PAGE_NOTHING_TEXT));
    else
        notice(&p->w, NOTICE_INFO, heading, TF(p, MSG_INTEL_PAGE_NOTHING_WORDS, {"why", T(p, clue_fault_text(all->fault))}));
}

static bool is_any(const struct readings *all)
{
    for (size_t k = 0; k < all->n; k++)
        if (all->at[k].n || all->at[k].n_below)
            return true;
    return false;
}

/* As a value or an id; on pages behind the first only by words. */
static int show_found(struct intel *i, struct str typed, struct readings *all, const struct intel_texts *texts)
{
    struct page *p = i->page;
    struct str type;
    bool is_id = stix_id_is(typed, &type), found = is_any(all) || texts->found.total || texts->kind.len;
    int r = is_id ? show_id(i, typed, &found) : 0;

    if (!found)
        show_none(p, typed, all, is_id);
    if (all->n && !is_id && (is_any(all) || !texts->found.total))
        r = r ? r : show_readings(i, all);
    for (size_t k = 0; !r && k < all->n; k++)
        r = show_hits(i, &all->at[k].value, STOCK_AS_IT_IS, all->at[k].n) ?: show_hits(i, &all->at[k].value, STOCK_DERIVED, all->at[k].n_below);
    if (!r)
        intel_texts_show(i, texts);
    return r;
}

/* A type of value is asked for by what leads to a value, and then nothing else is; behind the first page, and within a type of object, only words are. */
static int look_for(struct intel *i, struct str typed, struct readings *all, struct intel_texts *texts)
{
    enum clue_type only = clue_type_of(form_get(&i->page->query, STR("type")));
    int r = 0;

    if (!typed.len || typed.len > CLUE_TEXT_MAX)
        return 0;
    if (only == CLUE_NONE)
        r = intel_texts_find(i, typed, texts);
    if (r || texts->kind.len || texts->number > 1)
        return r;
    return read_typed(typed, only, all) ?: count_all(i, all);
}

static int find(struct intel *i, struct str typed, struct readings *all)
{
    struct page *p = i->page;
    struct intel_texts *texts = arena_alloc(p->arena, sizeof(*texts));
    int r = texts ? look_for(i, typed, all, texts) : -ENOMEM;

    if (r)
        return r;
    p->label = label_words(p, i->reg, NULL);
    page_crumb(p, T(p, MSG_INTEL_PAGE_TITLE), STR("/intel"));
    page_crumb(p, T(p, MSG_INTEL_PAGE_FIND_TITLE), STR_NONE);
    page_begin(p, T(p, MSG_INTEL_PAGE_FIND_TITLE), NAV_INTEL);
    show_basis(i);
    intel_find_form(p, typed);
    if (typed.len > CLUE_TEXT_MAX)
        notice(&p->w, NOTICE_WARNING, T(p, MSG_CLUE_LONG), STR_NONE);
    else if (typed.len)
        r = show_found(i, typed, all, texts);
    return r ? r : page_end(p);
}

int intel_find_page(struct page *p)
{
    struct str typed = str_trim(form_get(&p->query, STR("q")));
    struct readings *all;
    struct intel i;
    int r = intel_enter(p, &i);

    if (r)
        return MIN_OF(r, 0);
    all = arena_alloc(p->arena, sizeof(*all));
    for (size_t k = 0; all && k < ARRAY_LEN(all->at); k++)
        clue_init(&all->at[k].value);
    r = all ? find(&i, typed.at ? typed : STR(""), all) : -ENOMEM;
    for (size_t k = 0; all && k < ARRAY_LEN(all->at); k++)
        clue_done(&all->at[k].value);
    intel_leave(&i);
    return r;
}
