/* What a directive says beside what is done, clause by clause: for whoever asks its issuer for a confirmation (5 of the acceptance story). As a page, on paper,
 * as a workbook and as CSV. Wordings and rules are the directive's own, which everybody on the staff may read; how long decisions took is told to administrators
 * alone, and counts no record that who asks does not see. */
#include "web/compare-sheet.h"
#include "web/pages.h"
#include "web/sheet-book.h"
#include "web/workbook.h"
#include "web/words.h"

#include "engine/decided.h"
#include "engine/intel.h"
#include "force/account.h"

#include <errno.h>

#define FILE_MAX ((size_t)16 << 20)

struct comparing {
    struct page *page;
    const struct pack *pack;
    struct compare_of of;
    struct coverage coverage;
    struct str printed;
};

/* ---- what it is made of ---- */

static int read_wordings(struct comparing *x)
{
    json_t *all = page_keep(x->page, json_object());
    ROWS_AUTO *rows = NULL;
    int r = all ? STORE_QUERY(x->page->worker->store, &rows, STMT_CLAUSE_TEXT_LIST, V_TEXT(x->pack->id)) : 0;

    if (!all || r)
        return r ? store_errno(r) : -ENOMEM;
    while ((r = rows_next(rows)) == 1) {
        char *clause = arena_strdup(x->page->arena, rows_str(rows, 0));

        if (!clause || json_put_strn(all, clause, rows_str(rows, 1)))
            return -ENOMEM;
    }
    x->of.wordings = all;
    return r ? store_errno(r) : 0;
}

static int read_shown_of(struct comparing *x, struct str hash, const char *clause, json_t *all)
{
    JSON_AUTO *titles = json_array();
    ROWS_AUTO *rows = NULL;
    int r = titles ? STORE_QUERY(x->page->worker->store, &rows, STMT_CLAUSE_SCENARIO_LIST, V_STR(hash), V_TEXT(clause)) : 0;

    if (!titles || r)
        return r ? store_errno(r) : -ENOMEM;
    while ((r = rows_next(rows)) == 1) {
        struct str title = rows_str(rows, x->of.english ? 2 : 1);

        if (json_array_append_new(titles, json_stringn(title.at, title.len)))
            return -ENOMEM;
    }
    return r ? store_errno(r) : json_object_set(all, clause, titles) ? -ENOMEM : 0;
}

/* The scenarios of the text as they were taken in with it. */
static int read_shown(struct comparing *x)
{
    json_t *all = page_keep(x->page, json_object());
    struct digest_text hash = digest_text(&x->pack->hash);
    int r = all ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < x->pack->n_clauses; i++)
        r = read_shown_of(x, str_of(hash.at), x->pack->clauses[i].id, all);
    x->of.shown = all;
    return r;
}

static int read_times(struct comparing *x)
{
    const struct page *p = x->page;
    CLEANUP(sight_freep) struct sight *sight = NULL;
    json_t *times = NULL;
    int r = 0;

    if (!(p->session.rights & RIGHT_ADMINISTRATOR))
        return 0;
    r = engine_sight(p->worker->engine, p->session.person, p->now_us, &sight);
    if (!r)
        r = engine_decided_words(p->worker->store, sight, x->pack, x->of.english, &times);
    if (!r)
        x->of.times = page_keep(x->page, times);
    return r;
}

static int open_comparison(struct page *p, const struct pack *pack, struct comparing *ret)
{
    int r;

    *ret = (struct comparing){.page = p, .pack = pack, .of = {.english = p->lang == MESSAGE_EN}};
    if ((r = read_wordings(ret)) || (r = read_shown(ret)) || (r = read_times(ret)))
        return r;
    ret->printed = TF(p, MSG_PRINT_PRINTED, {"time", instant_words(p, p->now_us)}, {"name", person_words(p, p->session.person)},
                      {"post", person_post_words(p, p->session.person)});
    return coverage_load(pack, NULL, &ret->coverage);
}

/* ---- as a file ---- */

static int hand_out(struct comparing *x, const char *type, const char *ending, const struct buf *bytes)
{
    struct page *p = x->page;
    int r = http_response_header(p->resp, HTTP_HEADER_CONTENT_DISPOSITION, page_text(p, "attachment; filename=\"comparison_%s.%s\"", x->pack->id, ending));

    p->resp->content_type = type;
    return r ? r : buf_add_str(&p->resp->body, buf_str(bytes));
}

static int as_sheet(struct comparing *x, bool is_book)
{
    struct page *p = x->page;
    CLEANUP(buf_done) struct buf bytes;
    struct sheet s;
    int r = compare_sheet(&x->coverage, &x->of, x->printed, p->now_us, p->arena, &s);

    buf_init(&bytes, FILE_MAX);
    if (!r)
        r = is_book ? sheet_book(&s, T(p, MSG_BOOK_COMPARISON).at, &bytes) : sheet_pdf(&s, &bytes, NULL);
    if (r)
        return r < 0 ? r : -E2BIG;
    return is_book ? hand_out(x, BOOK_TYPE, "xlsx", &bytes) : hand_out(x, "application/pdf", "pdf", &bytes);
}

static int as_csv(struct comparing *x)
{
    CLEANUP(buf_done) struct buf bytes;
    int r;

    buf_init(&bytes, FILE_MAX);
    r = coverage_print_compare(&x->coverage, &x->of, &bytes);
    return r ? r : hand_out(x, "text/csv; charset=utf-8", "csv", &bytes);
}

/* ---- as a page ---- */

static void put_lines(struct page *p, struct str text)
{
    struct str rest = text, line;

    for (bool first = true; str_split(&rest, '\n', &line); first = false) {
        if (!first)
            html_open(&p->html, HTML_BR);
        html_text(&p->html, line);
    }
}

struct shown_rows {
    struct comparing *x;
    struct table table;
};

static int show_row(void *user, const struct clause *clause, const struct str cells[COMPARE_COLUMNS])
{
    struct shown_rows *s = user;
    struct page *p = s->x->page;

    row_begin(&p->w, &s->table);
    cell_link(&p->w, &s->table, clause_words(p, clause->id), clause_url(p, clause->id));
    cell_text(&p->w, &s->table, cells[COMPARE_SAYS]);
    cell_text(&p->w, &s->table, cells[COMPARE_STATUS]);
    for (size_t c = COMPARE_DONE; c < (s->x->of.times ? COMPARE_COLUMNS : COMPARE_TIMES); c++) {
        cell_begin(&p->w, &s->table);
        put_lines(p, cells[c]);
        cell_end(&p->w, &s->table);
    }
    row_end(&p->w, &s->table);
    return 0;
}

static void show_files(struct comparing *x)
{
    static const char *const kinds[] = {"pdf", "xlsx", "csv"};
    struct page *p = x->page;

    html_begin(&p->html, HTML_P, "tj-basis");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        static const enum message_key words[] = {MSG_COMPARE_PDF, MSG_COMPARE_BOOK, MSG_COMPARE_CSV};

        html_text(&p->html, str_of(i ? "　" : ""));
        link_show(p, T(p, words[i]), page_text(p, "/comparisons/%s?as=%s", x->pack->id, kinds[i]));
    }
    html_close(&p->html, HTML_P);
}

static int show(struct comparing *x)
{
    struct page *p = x->page;
    bool english = x->of.english;
    const struct column columns[] = {{.heading = str_of(compare_heading(COMPARE_ID, english)), .is_row_heading = true},
                                     {.heading = str_of(compare_heading(COMPARE_SAYS, english))},
                                     {.heading = str_of(compare_heading(COMPARE_STATUS, english))},
                                     {.heading = str_of(compare_heading(COMPARE_DONE, english))},
                                     {.heading = str_of(compare_heading(COMPARE_SHOWN, english))},
                                     {.heading = str_of(compare_heading(COMPARE_REASON, english))},
                                     {.heading = str_of(compare_heading(COMPARE_TIMES, english))}};
    struct shown_rows rows = {.x = x};
    int r;

    page_crumb(p, T(p, MSG_CLAUSES_TITLE), STR("/clauses"));
    page_crumb(p, text2_words(p, x->pack->title), page_text(p, "/clauses/%s", x->pack->id));
    page_crumb(p, T(p, MSG_COMPARE_TITLE), STR_NONE);
    page_begin(p, T(p, MSG_COMPARE_TITLE), NAV_CLAUSES);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_COMPARE_TEXT));
    show_files(x);
    table_begin(&p->w, &rows.table, columns, x->of.times ? ARRAY_LEN(columns) : ARRAY_LEN(columns) - 1, T(p, MSG_COMPARE_TITLE));
    r = coverage_compare(&x->coverage, &x->of, show_row, &rows);
    table_end(&p->w, &rows.table);
    return r ? r : page_end(p);
}

int compare_page(struct page *p)
{
    const struct pack *pack = page_pack(p, page_param(p, STR("pack")));
    const char *as = page_query(p, STR("as"));
    struct comparing x;
    int r;

    if (!pack)
        return page_not_found(p);
    if (!(r = open_comparison(p, pack, &x)))
        r = !strcmp(as, "pdf") || !strcmp(as, "xlsx") ? as_sheet(&x, *as == 'x') : !strcmp(as, "csv") ? as_csv(&x) : show(&x);
    coverage_done(&x.coverage);
    return r;
}
