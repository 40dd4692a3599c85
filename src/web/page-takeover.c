/* Proposals of tables to be taken over: all of them, and one with its rows, to be adopted by another administrator or dropped. */
#include "web/takeover-show.h"

#include "engine/takeover.h"
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

#define FAULTS_SHOWN 100
#define ROWS_SHOWN 50

/* ---- a table with its faults ---- */

static struct str heading_of(const struct takeover_view *v, int64_t col)
{
    const json_t *h = col >= 0 ? json_array_get(json_arr(v->table, "headings"), (size_t)col) : NULL;

    return h ? (struct str){json_string_value(h), json_string_length(h)} : STR("");
}

/* A row is counted, in every page and message alike; as long as its file is at hand, with the line there. */
static struct str row_words(struct page *p, const struct takeover_view *v, int64_t row)
{
    struct str n = page_text(p, "%lld", (long long)row);
    const struct csv_cell *cell;

    if (!row)
        return T(p, MSG_TAKEOVER_HEADINGS);
    if (!v->read || row > (int64_t)v->read->n_rows)
        return TF(p, MSG_TAKEOVER_ROW, {"n", n});
    cell = &v->read->cells[(size_t)(row - 1) * v->read->n_cols];
    return TF(p, MSG_TAKEOVER_ROW_LINE, {"n", n}, {"line", page_text(p, "%u", cell->line)});
}

static struct str place_words(struct page *p, const struct takeover_view *v, int64_t row,
                              int64_t col)
{
    CLEANUP(buf_done) struct buf a1;
    const struct csv_cell *cell;
    struct str heading = heading_of(v, col), words = row_words(p, v, row);

    buf_init(&a1, 64);
    if (heading.len)
        words = page_text(p, "%.*s「%.*s」", STR_ARG(words), STR_ARG(heading));
    if (!v->read || !v->is_sheet || col < 0 || row > (int64_t)v->read->n_rows)
        return words;
    cell = row ? &v->read->cells[(size_t)(row - 1) * v->read->n_cols + (size_t)col]
               : &v->read->header[col];
    return sheet_place(cell->line, cell->col, &a1) ? words : page_text(p, "%.*s %s", STR_ARG(words), a1.at);
}

void takeover_show_faults(struct page *p, const struct takeover_view *v)
{
    const json_t *faults = json_arr(v->judged, "faults");
    int64_t n = json_int(v->judged, "n_faults"), rows = json_int(v->judged, "n_rows");
    struct str counts = TF(p, MSG_TAKEOVER_COUNTS, {"rows", page_text(p, "%lld", (long long)rows)},
                           {"faults", page_text(p, "%lld", (long long)n)});

    if (!n) {
        notice(&p->w, NOTICE_SUCCESS, T(p, MSG_TAKEOVER_CLEAN), counts);
        return;
    }
    notice(&p->w, NOTICE_ERROR, T(p, MSG_TAKEOVER_FAULTY), counts);
    html_begin(&p->html, HTML_UL, "tj-problems");
    for (size_t i = 0; i < MIN_OF(json_array_size(faults), (size_t)FAULTS_SHOWN); i++) {
        const json_t *one = json_array_get(faults, i);

        html_element(
            &p->html, HTML_LI, NULL,
            page_text(p, "%.*s：%.*s",
                      STR_ARG(place_words(p, v, json_int(one, "row"), json_int(one, "col"))),
                      STR_ARG(say_words(p, json_object_get(one, "say")))));
    }
    html_close(&p->html, HTML_UL);
    if (n > FAULTS_SHOWN)
        html_element(&p->html, HTML_P, NULL,
                     TF(p, MSG_TAKEOVER_MORE_FAULTS, {"count", page_text(p, "%d", FAULTS_SHOWN)}));
}

static void show_cell(struct page *p, struct table *t, const struct takeover_view *v, int64_t row,
                      int64_t col, struct str text)
{
    const json_t *faults = json_arr(v->judged, "faults");

    cell_begin(&p->w, t);
    html_text(&p->html, text);
    for (size_t i = 0; i < json_array_size(faults); i++) {
        const json_t *one = json_array_get(faults, i);

        if (json_int(one, "row") != row || json_int(one, "col") != col)
            continue;
        html_element(&p->html, HTML_P, "tj-field__error",
                     page_text(p, "%.*s%.*s", STR_ARG(T(p, MSG_FORM_ERROR_MARK)),
                               STR_ARG(say_words(p, json_object_get(one, "say")))));
    }
    cell_end(&p->w, t);
}

void takeover_show_rows(struct page *p, const struct takeover_view *v, size_t first, size_t n)
{
    const json_t *headings = json_arr(v->table, "headings"), *rows = json_arr(v->table, "rows");
    size_t n_cols = MIN_OF(json_array_size(headings), (size_t)CSV_MAX_COLS);
    struct column columns[CSV_MAX_COLS + 1] = {
        {.heading = T(p, MSG_TAKEOVER_PLACE), .is_row_heading = true}};
    struct table t;

    for (size_t c = 0; c < n_cols; c++)
        columns[c + 1] = (struct column){.heading = heading_of(v, (int64_t)c)};
    table_begin(&p->w, &t, columns, n_cols + 1, T(p, MSG_TAKEOVER_TABLE));
    for (size_t i = first; i < MIN_OF(json_array_size(rows), first + n); i++) {
        row_begin(&p->w, &t);
        show_cell(p, &t, v, (int64_t)i + 1, -1, row_words(p, v, (int64_t)i + 1));
        for (size_t c = 0; c < n_cols; c++) {
            const json_t *cell = json_array_get(json_array_get(rows, i), c);

            show_cell(p, &t, v, (int64_t)i + 1, (int64_t)c,
                      cell ? (struct str){json_string_value(cell), json_string_length(cell)}
                           : STR(""));
        }
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

/* ---- one proposal ---- */

static enum chip_kind chip_of(const char *state)
{
    return !strcmp(state, "adopted")   ? CHIP_DONE
           : !strcmp(state, "dropped") ? CHIP_NEUTRAL
                                       : CHIP_ACTIVE;
}

static struct str state_of(struct page *p, const char *state)
{
    return T(p, !strcmp(state, "adopted")   ? MSG_TAKEOVER_ADOPTED
                : !strcmp(state, "dropped") ? MSG_TAKEOVER_DROPPED
                                            : MSG_TAKEOVER_PROPOSED);
}

static struct str reg_words(struct page *p, const char *id)
{
    const struct reg *reg = engine_reg(p->worker->engine, id);

    return reg ? text2_words(p, reg->title) : arena_str(p->arena, str_of(id));
}

static struct str who_words(struct page *p, const json_t *kept, const char *who, const char *when)
{
    const char *person = json_str(kept, who);

    if (!*person)
        return STR("");
    return page_text(p, "%.*s（%.*s）",
                     STR_ARG(!strcmp(person, TAKEOVER_OPERATOR) ? T(p, MSG_TAKEOVER_CONSOLE)
                                                         : person_words(p, person)),
                     STR_ARG(when_words(p, json_object_get(kept, when))));
}

static void show_head(struct page *p, const json_t *kept)
{
    const char *state = json_str(kept, "state");

    definition_begin(&p->w);
    definition_open(&p->w, T(p, MSG_TAKEOVER_STATE));
    chip(&p->w, chip_of(state), state_of(p, state));
    definition_close(&p->w);
    definition_open(&p->w, T(p, MSG_TAKEOVER_REGISTER));
    link_show(p, reg_words(p, json_str(kept, "reg")), register_url(p, json_str(kept, "reg")));
    definition_close(&p->w);
    definition(&p->w, T(p, MSG_TAKEOVER_ROWS),
               page_text(p, "%lld", (long long)json_int(kept, "n_rows")));
    definition(&p->w, T(p, MSG_TAKEOVER_MADE), who_words(p, kept, "made_by", "made"));
    if (*json_str(kept, "decided_by"))
        definition(&p->w, T(p, MSG_TAKEOVER_DECIDED), who_words(p, kept, "decided_by", "decided"));
    definition(&p->w, T(p, MSG_TAKEOVER_DIGEST), str_of(json_str(kept, "digest")));
    definition_end(&p->w);
}

static void decision_button(struct page *p, const json_t *kept, const char *op,
                            enum button_kind kind, enum message_key label)
{
    page_form_begin(p, page_text(p, TAKEOVER_URL "/%s", json_str(kept, "id")), false);
    field_hidden(&p->w, "op", str_of(op));
    field_hidden(&p->w, "digest", str_of(json_str(kept, "digest")));
    button_submit(&p->w, kind, T(p, label), STR_NONE, STR_NONE);
    form_end(&p->w);
}

static void show_decision(struct page *p, const json_t *kept, bool is_clean)
{
    bool is_own = !strcmp(json_str(kept, "made_by"), p->session.person);

    if (is_own)
        notice(&p->w, NOTICE_INFO, T(p, MSG_TAKEOVER_SECOND), STR_NONE);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    if (!is_own && is_clean)
        decision_button(p, kept, "takeover-adopt", BUTTON_SOLID, MSG_TAKEOVER_ADOPT);
    decision_button(p, kept, "takeover-drop", BUTTON_DANGER, MSG_TAKEOVER_DROP);
    html_close(&p->html, HTML_DIV);
}

static struct str rows_url(struct page *p, const json_t *kept, uint64_t number)
{
    return page_text(p, TAKEOVER_URL "/%s?page=%llu", json_str(kept, "id"),
                     (unsigned long long)number);
}

/* The rows page by page: whoever adopts can see all of them. */
static void show_table(struct page *p, const json_t *kept, const struct takeover_view *v)
{
    uint64_t number = 1, total = json_array_size(json_arr(v->table, "rows")), first;

    IGNORE(str_to_u64(form_get(&p->query, STR("page")), 1, 1000, &number), "the first page then");
    first = (number - 1) * ROWS_SHOWN;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_TAKEOVER_TABLE));
    if (first >= total)
        first = 0;
    takeover_show_rows(p, v, (size_t)first, ROWS_SHOWN);
    if (total > ROWS_SHOWN)
        page_list(&p->w, first + 1, MIN_OF(first + ROWS_SHOWN, total), total, ROWS_SHOWN,
                  first ? rows_url(p, kept, number - 1) : STR_NONE,
                  first + ROWS_SHOWN < total ? rows_url(p, kept, number + 1) : STR_NONE);
}

static int show_proposed(struct page *p, const json_t *kept)
{
    struct takeover_view v = {.table = json_obj(kept, "table")};
    json_t *judged = NULL;
    int r = engine_takeover_judge(p->worker->engine, json_str(kept, "made_by"), json_str(kept, "reg"), v.table, p->now_us, &judged);

    if (r < 0)
        return r;
    if (!r && !(v.judged = page_keep(p, judged)))
        return -ENOMEM;
    if (!r)
        takeover_show_faults(p, &v);
    show_decision(p, kept, !r && !json_int(v.judged, "n_faults"));
    show_table(p, kept, &v);
    return 0;
}

/* Sent twice, the second answer finds the table taken by the first: what was asked for is done. */
static bool is_done_already(struct page *p, const json_t *kept)
{
    return !strcmp(page_field(p, STR("op")), "takeover-adopt") && !strcmp(json_str(kept, "state"), "adopted") &&
           !strcmp(json_str(kept, "decided_by"), p->session.person) &&
           !strcmp(json_str(kept, "digest"), page_field(p, STR("digest")));
}

static int write_proposal(struct page *p, const json_t *answer)
{
    const char *id = page_param(p, STR("id"));
    json_t *kept = NULL;
    int r = engine_takeover_get(p->worker->engine, id, true, &kept);

    if (r)
        return r < 0 ? r : page_not_found(p);
    if (!page_keep(p, kept))
        return -ENOMEM;
    page_crumb(p, T(p, MSG_TAKEOVER_TITLE), STR(TAKEOVER_URL));
    page_crumb(p, str_of(json_str(kept, "id")), STR_NONE);
    page_begin(p, TF(p, MSG_TAKEOVER_OF, {"register", reg_words(p, json_str(kept, "reg"))}),
               NAV_TAKEOVER);
    if (answer && !json_flag(answer, "ok") && !is_done_already(p, kept)) {
        p->resp->status = page_answer_status(answer);
        page_answer_notice(p, answer);
    } else if (answer) {
        notice(&p->w, NOTICE_SUCCESS, state_of(p, json_str(kept, "state")),
               *json_str(answer, "first")
                   ? TF(p, MSG_TAKEOVER_MADE_RECORDS, {"first", str_of(json_str(answer, "first"))},
                        {"last", str_of(json_str(answer, "last"))})
                   : STR_NONE);
    } else if (form_get(&p->query, STR("new")).at) {
        notice(&p->w, NOTICE_SUCCESS, T(p, MSG_TAKEOVER_SENT), STR_NONE);
    }
    show_head(p, kept);
    if (!strcmp(json_str(kept, "state"), "proposed") && (r = show_proposed(p, kept)))
        return r;
    return page_end(p);
}

int proposal_page(struct page *p)
{
    int r;

    return page_allows(p, RIGHT_ADMINISTRATOR, &r) ? write_proposal(p, NULL) : r;
}

int proposal_act(struct page *p)
{
    bool adopts = !strcmp(page_field(p, STR("op")), "takeover-adopt");
    const char *id = page_param(p, STR("id"));
    json_t *answer;
    int r;

    if (!page_allows(p, RIGHT_ADMINISTRATOR, &r))
        return r;
    answer = page_ask(p, adopts ? json_pack("{s:s, s:s, s:s}", "op", "takeover-adopt", "table", id,
                                            "digest", page_field(p, STR("digest")))
                                : json_pack("{s:s, s:s}", "op", "takeover-drop", "table", id));
    return answer ? write_proposal(p, answer) : -ENOMEM;
}
