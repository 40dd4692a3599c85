/* Where what collectors wrote is brought in: choose the kind and the file, see what would be entered and what has no permission, enter it. The trial is
 * the act itself, undone by the keeper, so that what is shown is what comes. */
#include "web/pages.h"
#include "web/words.h"

#include "base/sheet.h"
#include "base/tell.h"
#include "base/utf8.h"
#include "engine/collect.h"
#include "engine/takeover.h"

#include <errno.h>

#define URL "/media/collect"
#define TABLE_ARENA_MAX ((size_t)128 << 20)
#define LINES_SHOWN 200u
#define CALLED_MAX 200u /* bytes of the file's name */

struct bringing {
    struct page *page;
    enum collect_kind kind;
    struct arena *arena; /* of the file */
    struct csv_table read;
    bool is_read, is_file;
    struct str problem, text;
    const json_t *answer; /* of the keeper; NULL: not asked */
    bool is_trial;
};

/* ---- reading ---- */

static void tell_problem(struct bringing *b, const struct diag *diag)
{
    struct page *p = b->page;
    const struct diag_entry *first = diag->n ? &diag->entries[0] : NULL;
    struct str words =
        first ? arena_str(p->arena, str_of(diag_message(first, p->lang))) : T(p, MSG_SHEET_DAMAGED);

    b->problem = first && first->line
                     ? page_text(p, "%u:%u %.*s", first->line, first->col, STR_ARG(words))
                     : words;
}

/* Back into the form as CSV, so that what was looked at is what is entered. */
static int write_text(struct bringing *b)
{
    CLEANUP(buf_done) struct buf out;
    int r;

    buf_init(&out, FORM_VALUE_MAX);
    r = csv_put_table(&out, &b->read);
    if (r == -ENOSPC) { /* then it has to come as a file each time */
        b->text = STR("");
        return 0;
    }
    b->text = r ? STR_NONE : arena_str(b->page->arena, buf_str(&out));
    return b->text.at ? 0 : -ENOMEM;
}

static int read_lines(struct bringing *b)
{
    struct page *p = b->page;
    const struct form_field *file = form_file(&p->form, STR("file"));
    struct str text = form_get(&p->form, STR("text"));
    enum table_kind kind = TABLE_CSV;
    struct diag diag;
    int r;

    b->text = text.at ? text : STR("");
    b->is_file = file != NULL;
    if (!file && !str_trim(b->text).len) {
        b->problem = T(p, MSG_COLLECT_NO_FILE);
        return 0;
    }
    diag_init(&diag);
    r = table_parse(NULL, file ? file->value : b->text, b->arena, &b->read, &kind, &diag);
    if (r > 0)
        tell_problem(b, &diag);
    else if (!r && kind == TABLE_SHEET)
        b->problem = T(p, MSG_COLLECT_NO_SHEET);
    diag_done(&diag);
    b->is_read = !r && !b->problem.at;
    return r < 0 ? r : b->is_read && b->is_file ? write_text(b) : 0;
}

/* ---- what comes of it ---- */

static struct str cell_words(struct page *p, const struct bringing *b, int64_t row,
                             const char *column)
{
    int col = csv_col(&b->read, column);

    return col < 0 || row < 1 || row > (int64_t)b->read.n_rows
               ? STR("")
               : arena_str(p->arena,
                           b->read.cells[(size_t)(row - 1) * b->read.n_cols + (size_t)col].text);
}

static struct str place_words(struct page *p, const struct bringing *b, const json_t *fault)
{
    int64_t row = json_int(fault, "row"), col = json_int(fault, "col");
    const struct csv_cell *cells =
        row ? &b->read.cells[(size_t)(row - 1) * b->read.n_cols] : b->read.header;
    struct str line = page_text(p, "%u", cells[MAX_OF(col, 0)].line);

    return col < 0 ? TF(p, MSG_TAKEOVER_LINE, {"n", line})
                   : page_text(p, "%.*s「%.*s」", STR_ARG(TF(p, MSG_TAKEOVER_LINE, {"n", line})),
                               STR_ARG(b->read.header[col].text));
}

static void show_faults(struct page *p, const struct bringing *b, const json_t *collected)
{
    const json_t *one;
    size_t i;

    html_begin(&p->html, HTML_UL, "tj-problems");
    json_array_foreach (json_arr(collected, "faults"), i, one)
        html_element(&p->html, HTML_LI, NULL,
                     page_text(p, "%.*s：%.*s", STR_ARG(place_words(p, b, one)),
                               STR_ARG(say_words(p, json_object_get(one, "say")))));
    html_close(&p->html, HTML_UL);
}

static void warn(struct page *p, const json_t *collected, const char *member, enum message_key key)
{
    if (*json_str(collected, member))
        notice(&p->w, NOTICE_WARNING, TF(p, key, {"what", str_of(json_str(collected, member))}),
               T(p, MSG_COLLECT_FINDING));
}

static void show_line(struct page *p, const struct bringing *b, struct table *t,
                      const struct reg *reg, const json_t *one)
{
    const char *state = json_str(one, "state");
    int64_t row = json_int(one, "row");
    struct str name = cell_words(p, b, row, "file");

    row_begin(&p->w, t);
    cell_text(&p->w, t, cell_words(p, b, row, "seq"));
    cell_begin(&p->w, t);
    chip(&p->w, !strcmp(state, "unpermitted") ? CHIP_WARNING : state_chip(reg, state),
         state_words(p, reg, state));
    cell_end(&p->w, t);
    cell_text(&p->w, t, cell_words(p, b, row, "at"));
    cell_text(&p->w, t, cell_words(p, b, row, "event"));
    cell_text(&p->w, t, cell_words(p, b, row, "computer"));
    cell_text(&p->w, t, cell_words(p, b, row, "account"));
    if (b->is_trial)
        cell_text(&p->w, t, name);
    else
        cell_link(&p->w, t, name.len ? name : arena_str(p->arena, str_of(json_str(one, "record"))),
                  record_url(p, json_str(one, "record"), ""));
    row_end(&p->w, t);
}

/* What lacks a permission stands first. */
static void show_lines(struct page *p, const struct bringing *b, const json_t *collected)
{
    const struct column columns[] = {{.heading = T(p, MSG_COLLECT_SEQ), .is_row_heading = true},
                                     {.heading = T(p, MSG_REGISTER_STATE)},
                                     {.heading = T(p, MSG_COLLECT_AT)},
                                     {.heading = T(p, MSG_COLLECT_EVENT)},
                                     {.heading = T(p, MSG_COLLECT_COMPUTER)},
                                     {.heading = T(p, MSG_COLLECT_ACCOUNT)},
                                     {.heading = T(p, MSG_COLLECT_FILE_NAME)}};
    const struct reg *reg = engine_reg(
        p->worker->engine, b->kind == COLLECT_TRAILS ? "*collected-lines" : "*terminal-states");
    const json_t *lines = json_arr(collected, "lines"), *one;
    struct table t;
    size_t i, shown = 0;

    if (!reg || !json_array_size(lines))
        return;
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_COLLECT_LINES));
    for (int wrong = 1; wrong >= 0; wrong--)
        json_array_foreach (lines, i, one)
            if ((strcmp(json_str(one, "state"), "unpermitted") == 0) == wrong &&
                shown < LINES_SHOWN) {
                show_line(p, b, &t, reg, one);
                shown++;
            }
    table_end(&p->w, &t);
    if (shown < json_array_size(lines))
        html_element(&p->html, HTML_P, NULL,
                     TF(p, MSG_TAKEOVER_FIRST_ROWS, {"count", page_text(p, "%zu", shown)}));
}

static void show_done(struct page *p, const struct bringing *b, const json_t *collected)
{
    int64_t n_new = json_int(collected, "n_new"),
            wrong = json_int(json_obj(collected, "states"), "unpermitted");
    struct str counts =
        TF(p, MSG_COLLECT_COUNTS,
           {"lines", page_text(p, "%lld", (long long)json_int(collected, "n_lines"))},
           {"new", page_text(p, "%lld", (long long)n_new)},
           {"marks", page_text(p, "%lld", (long long)json_int(collected, "n_marks"))},
           {"first", page_text(p, "%lld", (long long)json_int(collected, "first"))},
           {"last", page_text(p, "%lld", (long long)json_int(collected, "last"))},
           {"collector", str_of(json_str(collected, "collector"))});

    if (!n_new)
        notice(&p->w, NOTICE_INFO, T(p, MSG_COLLECT_ALL_OLD), STR_NONE);
    else
        notice(&p->w, b->is_trial ? NOTICE_INFO : NOTICE_SUCCESS,
               T(p, b->is_trial ? MSG_COLLECT_TRIAL : MSG_COLLECT_ENTERED), counts);
    if (wrong)
        notice(&p->w, NOTICE_WARNING,
               TF(p, MSG_COLLECT_UNPERMITTED, {"n", page_text(p, "%lld", (long long)wrong)}),
               STR_NONE);
    warn(p, collected, "gaps", MSG_COLLECT_GAPS);
    warn(p, collected, "breaks", MSG_COLLECT_BREAKS);
    warn(p, collected, "silent", MSG_COLLECT_SILENT);
    show_lines(p, b, collected);
}

static void show_answer(struct bringing *b)
{
    struct page *p = b->page;
    const json_t *refused = json_obj(b->answer, "refused");

    if (!b->answer)
        return;
    if (json_flag(b->answer, "ok")) {
        show_done(p, b, json_obj(b->answer, "collected"));
        return;
    }
    p->resp->status = page_answer_status(b->answer);
    page_answer_notice(p, b->answer);
    if (refused && *json_str(json_obj(refused, "outcome"), "result"))
        refusal_show(p, json_obj(refused, "outcome"), json_flag(refused, "is_first"));
    else
        show_faults(p, b, json_obj(b->answer, "collected"));
}

/* ---- the form ---- */

static void show_form(struct bringing *b)
{
    static const enum message_key titles[COLLECT_KINDS] = {MSG_COLLECT_TRAILS, MSG_COLLECT_SETTINGS,
                                                           MSG_COLLECT_SCANS};
    struct page *p = b->page;
    struct field_choice choices[COLLECT_KINDS];
    bool is_over = b->answer && json_flag(b->answer, "ok") && !b->is_trial;

    for (int k = 0; k < COLLECT_KINDS; k++)
        choices[k] = (struct field_choice){.value = str_of(collect_kind_word((enum collect_kind)k)),
                                           .label = T(p, titles[k]),
                                           .is_chosen = b->kind == (enum collect_kind)k};
    page_form_begin_files(p, STR(URL), false);
    field_choice(
        &p->w,
        &(struct field_info){.name = "kind", .label = T(p, MSG_COLLECT_KIND), .is_required = true},
        choices, COLLECT_KINDS);
    field_file(&p->w,
               &(struct field_info){.name = "file",
                                    .label = T(p, MSG_COLLECT_FILE),
                                    .support = T(p, MSG_COLLECT_FILE_SUPPORT),
                                    .error = b->problem},
               STR(".csv,.json,.jsonl,text/csv,application/json"));
    field_long_text(&p->w,
                    &(struct field_info){.name = "text",
                                         .label = T(p, MSG_COLLECT_TEXT_LABEL),
                                         .support = T(p, MSG_COLLECT_TEXT_SUPPORT)},
                    b->text.at && !is_over ? b->text : STR(""), 6);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_COLLECT_CHECK), STR("op"), STR("check"));
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_COLLECT_ENTER), STR("op"), STR("enter"));
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

static void show_columns(struct page *p)
{
    static const enum message_key titles[COLLECT_KINDS] = {MSG_COLLECT_TRAILS, MSG_COLLECT_SETTINGS,
                                                           MSG_COLLECT_SCANS};

    html_begin(&p->html, HTML_DETAILS, NULL);
    html_element(&p->html, HTML_SUMMARY, NULL, T(p, MSG_COLLECT_COLUMNS));
    for (int k = 0; k < COLLECT_KINDS; k++) {
        const struct column columns[] = {{.heading = T(p, MSG_COLLECT_COLUMN),
                                          .is_row_heading = true},
                                         {.heading = T(p, MSG_COLLECT_MEANS)}};
        const struct collect_column *all;
        struct table t;
        size_t n;

        all = collect_columns((enum collect_kind)k, &n);
        table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, titles[k]));
        for (size_t i = 0; i < n; i++) {
            row_begin(&p->w, &t);
            cell_text(&p->w, &t, str_of(all[i].name));
            cell_text(&p->w, &t,
                      all[i].is_required
                          ? text2_words(p, all[i].title)
                          : page_text(p, "%.*s（%.*s）", STR_ARG(text2_words(p, all[i].title)),
                                      STR_ARG(T(p, MSG_FORM_OPTIONAL))));
            row_end(&p->w, &t);
        }
        table_end(&p->w, &t);
    }
    html_close(&p->html, HTML_DETAILS);
}

static int write_page(struct bringing *b)
{
    struct page *p = b->page;

    page_crumb(p, T(p, MSG_MEDIA_DESK_TITLE), STR("/media"));
    page_crumb(p, T(p, MSG_COLLECT_TITLE), STR_NONE);
    page_begin(p, T(p, MSG_COLLECT_TITLE), NAV_MEDIA);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_COLLECT_TEXT));
    if (b->problem.at)
        p->resp->status = 422;
    show_answer(b);
    show_form(b);
    show_columns(p);
    return page_end(p);
}

int collect_page(struct page *p)
{
    struct bringing b = {.page = p};

    return engine_reg(p->worker->engine, "*collections") ? write_page(&b) : page_not_found(p);
}

static int ask(struct bringing *b)
{
    struct page *p = b->page;
    const struct form_field *file = form_file(&p->form, STR("file"));
    struct str called = file && file->filename.len && file->filename.len <= CALLED_MAX &&
                                utf8_is_valid(file->filename)
                            ? file->filename
                            : STR("-");
    JSON_AUTO *table = takeover_table(&b->read);
    JSON_AUTO *name = json_stringn(called.at, called.len);

    b->is_trial = strcmp(page_field(p, STR("op")), "enter") != 0;
    if (!table || !name)
        return -ENOMEM;
    b->answer = page_ask(p, json_pack("{s:s, s:s, s:O, s:O, s:s}", "op", "collect", "kind",
                                      collect_kind_word(b->kind), "file", name, "table", table,
                                      "trial", b->is_trial ? "yes" : "no"));
    return b->answer ? write_page(b) : -ENOMEM;
}

int collect_act(struct page *p)
{
    struct bringing b = {.page = p, .kind = collect_kind_of(page_field(p, STR("kind")))};
    int r;

    if (!engine_reg(p->worker->engine, "*collections"))
        return page_not_found(p);
    if (!(b.arena = arena_new(TABLE_ARENA_MAX)))
        return -ENOMEM;
    r = read_lines(&b);
    if (!r && b.kind == COLLECT_KINDS) {
        b.kind = COLLECT_TRAILS;
        b.problem = T(p, MSG_COLLECT_NO_KIND);
        b.is_read = false;
    }
    if (!r)
        r = b.is_read ? ask(&b) : write_page(&b);
    arena_free(b.arena);
    return r;
}
