/* The widgets of widget.h that show something: notices, chips, tables, lists, history, refusals. */
#include "web/widget.h"

#include "web/asset.h"

#include <inttypes.h>

void notice(struct widget_ctx *w, enum notice_kind kind, struct str heading, struct str text)
{
    static const char *const classes[] = {
        [NOTICE_INFO] = "tj-notice tj-notice--info",
        [NOTICE_SUCCESS] = "tj-notice tj-notice--success",
        [NOTICE_WARNING] = "tj-notice tj-notice--warning",
        [NOTICE_ERROR] = "tj-notice tj-notice--error",
    };
    struct html *h = w->html;

    html_begin(h, HTML_DIV, classes[kind]);
    html_attr(h, HTML_ROLE, kind == NOTICE_ERROR ? STR("alert") : STR("status"));
    html_element(h, HTML_P, "tj-notice__heading", heading);
    if (text.at)
        html_element(h, HTML_P, NULL, text);
    html_close(h, HTML_DIV);
}

void chip(struct widget_ctx *w, enum chip_kind kind, struct str text)
{
    static const char *const classes[] = {
        [CHIP_NEUTRAL] = "tj-chip",
        [CHIP_ACTIVE] = "tj-chip tj-chip--active",
        [CHIP_DONE] = "tj-chip tj-chip--done",
        [CHIP_WARNING] = "tj-chip tj-chip--warning",
        [CHIP_DANGER] = "tj-chip tj-chip--danger",
    };

    html_element(w->html, HTML_SPAN, classes[kind], text);
}

static void link_text(struct html *h, struct str text, struct str url)
{
    if (!url.at) {
        html_text(h, text);
        return;
    }
    html_open(h, HTML_A);
    html_attr_url(h, HTML_HREF, url);
    html_text(h, text);
    html_close(h, HTML_A);
}

/* ---- tables ---- */

#define FULL_COLUMNS 7 /* as many fit a small desk's screen only where they stand closer */
#define WIDE_COLUMNS 4 /* as many never fit a telephone, where the style shows how to see them */

static void column_heading(struct html *h, const struct column *c)
{
    html_begin(h, HTML_TH, c->is_number ? "tj-number" : NULL);
    html_attr(h, HTML_SCOPE, STR("col"));
    if (c->sort)
        html_attr(h, HTML_ARIA_SORT, str_of(c->sort));
    link_text(h, c->heading, c->sort_url);
    html_close(h, HTML_TH);
}

void table_begin(struct widget_ctx *w, struct table *t, const struct column *columns, size_t n, struct str caption)
{
    struct html *h = w->html;

    assert(caption.len);
    *t = (struct table){.columns = columns, .n_columns = n};
    if (n >= WIDE_COLUMNS)
        html_element(h, HTML_P, "tj-table-hint", message_text(w->lang, MSG_TABLE_SIDEWAYS));
    html_begin(h, HTML_DIV, "tj-table-scroll");
    html_attr_number(h, HTML_TABINDEX, 0); /* so that it can be scrolled without a mouse */
    html_attr(h, HTML_ROLE, STR("region"));
    html_attr(h, HTML_ARIA_LABEL, caption);
    html_begin(h, HTML_TABLE, n >= FULL_COLUMNS ? "tj-table tj-table--full" : "tj-table");
    html_element(h, HTML_CAPTION, NULL, caption);
    html_open(h, HTML_THEAD);
    html_open(h, HTML_TR);
    for (size_t i = 0; i < n; i++)
        column_heading(h, &columns[i]);
    html_close(h, HTML_TR);
    html_close(h, HTML_THEAD);
    html_open(h, HTML_TBODY);
}

void row_begin(struct widget_ctx *w, struct table *t)
{
    t->at = 0;
    html_open(w->html, HTML_TR);
}

void cell_begin(struct widget_ctx *w, struct table *t)
{
    const struct column *c = &t->columns[t->at];

    assert(t->at < t->n_columns);
    html_begin(w->html, c->is_row_heading ? HTML_TH : HTML_TD, c->is_number ? "tj-number" : c->is_time ? "tj-time" : NULL);
    if (c->is_row_heading)
        html_attr(w->html, HTML_SCOPE, STR("row"));
}

void cell_end(struct widget_ctx *w, struct table *t)
{
    html_close(w->html, t->columns[t->at].is_row_heading ? HTML_TH : HTML_TD);
    t->at++;
}

void cell_text(struct widget_ctx *w, struct table *t, struct str text)
{
    cell_begin(w, t);
    html_text(w->html, text);
    cell_end(w, t);
}

void cell_link(struct widget_ctx *w, struct table *t, struct str text, struct str url)
{
    cell_begin(w, t);
    link_text(w->html, text, url);
    cell_end(w, t);
}

void row_end(struct widget_ctx *w, struct table *t)
{
    assert(t->at == t->n_columns);
    html_close(w->html, HTML_TR);
}

void table_end(struct widget_ctx *w, struct table *t)
{
    html_close(w->html, HTML_TBODY);
    html_close(w->html, HTML_TABLE);
    html_close(w->html, HTML_DIV);
}

void table_empty(struct widget_ctx *w)
{
    html_element(w->html, HTML_P, "tj-empty", message_text(w->lang, MSG_TABLE_EMPTY));
}

static struct str number_text(struct widget_ctx *w, uint64_t n)
{
    return str_of(arena_printf(w->arena, "%" PRIu64, n));
}

void page_list(struct widget_ctx *w, uint64_t first, uint64_t last, uint64_t total, unsigned page_size,
               struct str previous_url, struct str next_url)
{
    struct str size = number_text(w, page_size);
    struct html *h = w->html;

    html_begin(h, HTML_NAV, "tj-pages");
    html_attr(h, HTML_ARIA_LABEL, message_text(w->lang, MSG_PAGE_LIST_LABEL));
    if (previous_url.at)
        button_link(w, BUTTON_OUTLINE, message_in(w->arena, w->lang, MSG_PAGE_LIST_PREVIOUS, {"count", size}),
                    previous_url);
    html_begin(h, HTML_SPAN, "tj-pages__range");
    html_text(h, message_in(w->arena, w->lang, MSG_PAGE_LIST_RANGE, {"first", number_text(w, first)},
                            {"last", number_text(w, last)}));
    if (total) {
        html_text(h, STR(" / "));
        html_text(h, message_in(w->arena, w->lang, MSG_TABLE_COUNT, {"count", number_text(w, total)}));
    }
    html_close(h, HTML_SPAN);
    if (next_url.at)
        button_link(w, BUTTON_OUTLINE, message_in(w->arena, w->lang, MSG_PAGE_LIST_NEXT, {"count", size}), next_url);
    html_close(h, HTML_NAV);
}

/* ---- a record's fields ---- */

void definition_begin(struct widget_ctx *w)
{
    html_begin(w->html, HTML_DL, "tj-fields");
}

void definition_open(struct widget_ctx *w, struct str term)
{
    html_begin(w->html, HTML_DIV, "tj-fields__row");
    html_element(w->html, HTML_DT, NULL, term);
    html_open(w->html, HTML_DD);
}

void definition_close(struct widget_ctx *w)
{
    html_close(w->html, HTML_DD);
    html_close(w->html, HTML_DIV);
}

void definition(struct widget_ctx *w, struct str term, struct str text)
{
    definition_open(w, term);
    html_text(w->html, text);
    definition_close(w);
}

void definition_end(struct widget_ctx *w)
{
    html_close(w->html, HTML_DL);
}

/* ---- history, tasks, refusals ---- */

void timeline(struct widget_ctx *w, const struct event *events, size_t n)
{
    struct html *h = w->html;

    if (!n) {
        table_empty(w);
        return;
    }
    html_begin(h, HTML_OL, "tj-timeline");
    for (size_t i = 0; i < n; i++) {
        const struct event *e = &events[i];

        html_begin(h, HTML_LI, e->is_refusal ? "tj-timeline__item tj-timeline__item--refused" : "tj-timeline__item");
        html_begin(h, HTML_TIME, "tj-timeline__time");
        if (e->time_iso.at)
            html_attr(h, HTML_DATETIME, e->time_iso);
        html_text(h, e->time);
        html_close(h, HTML_TIME);
        html_begin(h, HTML_DIV, "tj-timeline__text");
        html_begin(h, HTML_P, "tj-timeline__what");
        link_text(h, e->what, e->url);
        html_close(h, HTML_P);
        if (e->who.at)
            html_element(h, HTML_P, "tj-timeline__who", e->who);
        if (e->note.at)
            html_element(h, HTML_P, "tj-timeline__note", e->note);
        html_close(h, HTML_DIV);
        html_close(h, HTML_LI);
    }
    html_close(h, HTML_OL);
}

void task_list(struct widget_ctx *w, const struct task *tasks, size_t n)
{
    struct html *h = w->html;

    html_begin(h, HTML_UL, "tj-tasks");
    for (size_t i = 0; i < n; i++) {
        const struct task *t = &tasks[i];

        html_begin(h, HTML_LI, t->is_overdue ? "tj-task tj-task--overdue" : "tj-task");
        html_begin(h, HTML_P, "tj-task__what");
        if (t->is_urgent)
            chip(w, CHIP_DANGER, message_text(w->lang, MSG_TODAY_URGENT));
        if (t->what.at)
            link_text(h, t->what, t->url);
        for (size_t k = 0; k < t->n_links; k++) {
            if (k || t->is_urgent || t->what.at)
                html_text(h, STR(" "));
            html_open(h, HTML_SPAN);
            link_text(h, t->links[k].what, t->links[k].url);
            html_close(h, HTML_SPAN);
        }
        html_close(h, HTML_P);
        html_begin(h, HTML_P, "tj-task__where");
        html_text(h, t->register_name);
        if (t->record.at) {
            html_begin(h, HTML_SPAN, "tj-task__record");
            if (t->record_url.at)
                link_text(h, t->record, t->record_url);
            else
                html_text(h, t->record);
            html_close(h, HTML_SPAN);
        }
        if (t->about.at)
            html_element(h, HTML_SPAN, NULL, t->about);
        if (t->clause.at) {
            html_begin(h, HTML_SPAN, "tj-clause");
            link_text(h, t->clause, t->clause_url);
            html_close(h, HTML_SPAN);
        }
        html_close(h, HTML_P);
        if (t->due.at) {
            html_begin(h, HTML_P, "tj-task__due");
            chip(w, t->is_overdue ? CHIP_DANGER : CHIP_NEUTRAL, t->due);
            html_close(h, HTML_P);
        }
        html_close(h, HTML_LI);
    }
    html_close(h, HTML_UL);
}

void refusal_box(struct widget_ctx *w, const struct refusal *r)
{
    struct html *h = w->html;

    html_begin(h, HTML_SECTION, "tj-refusal");
    html_attr(h, HTML_ROLE, STR("alert"));
    html_element(h, HTML_H2, "tj-refusal__heading", message_text(w->lang, MSG_REFUSAL_HEADING));
    html_element(h, HTML_H3, NULL, message_text(w->lang, MSG_REFUSAL_CLAUSES));
    html_begin(h, HTML_UL, "tj-refusal__clauses");
    for (size_t i = 0; i < r->n_clauses; i++) {
        html_open(h, HTML_LI);
        html_begin(h, HTML_SPAN, "tj-clause");
        link_text(h, r->clauses[i].clause, r->clauses[i].clause_url);
        html_close(h, HTML_SPAN);
        html_element(h, HTML_SPAN, "tj-refusal__why", r->clauses[i].why);
        html_close(h, HTML_LI);
    }
    html_close(h, HTML_UL);
    if (r->n_satisfy) {
        html_element(h, HTML_H3, NULL, message_text(w->lang, MSG_REFUSAL_SATISFY));
        html_begin(h, HTML_UL, "tj-refusal__satisfy");
        for (size_t i = 0; i < r->n_satisfy; i++)
            html_element(h, HTML_LI, NULL, r->satisfy[i]);
        html_close(h, HTML_UL);
    }
    if (r->is_recorded)
        html_element(h, HTML_P, "tj-refusal__recorded", message_text(w->lang, MSG_REFUSAL_RECORDED));
    html_close(h, HTML_SECTION);
}

/* ---- graphs ---- */

static void script(struct html *h, enum asset_id id)
{
    html_open(h, HTML_SCRIPT);
    html_attr_url(h, HTML_SRC, str_of(asset_get(id)->url));
    html_attr_if(h, HTML_DEFER, true);
    html_close(h, HTML_SCRIPT);
}

/* What was chosen, and what can be done with it; shown by the script. */
static void graph_chosen(struct widget_ctx *w)
{
    struct html *h = w->html;

    html_begin(h, HTML_P, "tj-graph__said");
    /* Here Cytoscape.js finds the style that it would else write into the page; tsujiban.css has it. */
    html_attr(h, HTML_ID, STR("__________cytoscape_stylesheet"));
    html_attr(h, HTML_ROLE, STR("status"));
    html_close(h, HTML_P);
    html_begin(h, HTML_DIV, "tj-actions");
    html_begin(h, HTML_A, "tj-graph__open tj-graph--off tj-button tj-button--outline");
    html_attr_url(h, HTML_HREF, STR("#"));
    html_text(h, message_text(w->lang, MSG_GRAPH_OPEN));
    html_close(h, HTML_A);
    html_begin(h, HTML_BUTTON, "tj-graph__more tj-graph--off tj-button tj-button--outline");
    html_attr(h, HTML_TYPE, STR("button"));
    html_text(h, message_text(w->lang, MSG_GRAPH_MORE));
    html_close(h, HTML_BUTTON);
    html_close(h, HTML_DIV);
}

void graph_view(struct widget_ctx *w, struct str name, struct str url)
{
    struct html *h = w->html;

    html_begin(h, HTML_DIV, "tj-graph");
    html_attr(h, HTML_DATA_FAILED, message_text(w->lang, MSG_GRAPH_FAILED));
    html_begin(h, HTML_A, "tj-graph__source tj-graph--off");
    html_attr_url(h, HTML_HREF, url);
    html_text(h, name);
    html_close(h, HTML_A);
    html_begin(h, HTML_DIV, "tj-graph__canvas");
    html_attr(h, HTML_ROLE, STR("application"));
    html_attr(h, HTML_ARIA_LABEL, name);
    html_attr_number(h, HTML_TABINDEX, 0);
    html_close(h, HTML_DIV);
    html_element(h, HTML_P, "tj-graph__keys", message_text(w->lang, MSG_GRAPH_KEYS));
    graph_chosen(w);
    html_close(h, HTML_DIV);
    script(h, ASSET_CYTOSCAPE_MIN_JS);
    script(h, ASSET_GRAPH_JS);
}

void progress_view(struct widget_ctx *w, struct str words, struct str url)
{
    struct html *h = w->html;

    html_begin(h, HTML_DIV, "tj-watch");
    html_begin(h, HTML_A, "tj-watch__source");
    html_attr_url(h, HTML_HREF, url);
    html_text(h, words);
    html_close(h, HTML_A);
    html_close(h, HTML_DIV);
    script(h, ASSET_WATCH_JS);
}
