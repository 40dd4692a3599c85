/* Where a table is brought in: choose the register, send a file or paste a table, see every fault at its cell, propose. */
#include "web/takeover-show.h"

#include "base/tell.h"
#include "engine/takeover.h"
#include "web/pages.h"
#include "web/words.h"
#include "web/workbook.h"

#include <errno.h>

#define PACKS_MAX 64
#define LIST_SIZE 20u
#define PREVIEW_ROWS 50
#define TABLE_TEXT_MAX FORM_VALUE_MAX
#define TABLE_ARENA_MAX ((size_t)128 << 20)

struct bringing {
    struct page *page;
    const struct reg *reg; /* NULL: none chosen */
    struct arena *arena;   /* of the file: larger than a request's */
    struct csv_table read;
    enum table_kind kind;
    bool is_read, is_file;
    struct str problem; /* why the file or the text cannot be read */
    struct str text;    /* back into the form, as CSV */
    struct takeover_view view;
    const json_t *answer; /* of the keeper; NULL none */
};

/* ---- reading ---- */

/* The first problem, in the reader's words, with its place. */
static void tell_problem(struct bringing *b, const struct diag *diag)
{
    struct page *p = b->page;
    const struct diag_entry *first = &diag->entries[0];
    struct str words = diag->n ? arena_str(p->arena, str_of(diag_message(first, p->lang)))
                               : T(p, MSG_SHEET_DAMAGED);
    CLEANUP(buf_done) struct buf place;

    buf_init(&place, 64);
    b->problem = words;
    if (!diag->n || !first->line)
        return;
    if (b->kind == TABLE_SHEET && !sheet_place(first->line, first->col, &place))
        b->problem = page_text(p, "%s：%.*s", place.at, STR_ARG(words));
    else
        b->problem =
            page_text(p, "%.*s：%.*s",
                      STR_ARG(TF(p, MSG_TAKEOVER_LINE, {"n", page_text(p, "%u", first->line)})),
                      STR_ARG(words));
}

/* What was read goes back as CSV, whatever it came as, so that a fault can be mended in the form itself. */
static int write_text(struct bringing *b)
{
    CLEANUP(buf_done) struct buf out;
    int r;

    buf_init(&out, TABLE_TEXT_MAX);
    r = csv_put_table(&out, &b->read);
    if (r == -ENOSPC) { /* then it has to come as a file each time */
        b->text = STR("");
        return 0;
    }
    b->text = r ? STR_NONE : arena_str(b->page->arena, buf_str(&out));
    return b->text.at ? 0 : -ENOMEM;
}

static int read_table(struct bringing *b, struct str bytes)
{
    struct diag diag;
    json_t *table;
    int r;

    diag_init(&diag);
    r = table_parse(NULL, bytes, b->arena, &b->read, &b->kind, &diag);
    if (r > 0)
        tell_problem(b, &diag);
    diag_done(&diag);
    if (r)
        return MIN_OF(r, 0);
    table = page_keep(b->page, takeover_table(&b->read));
    if (!table)
        return -ENOMEM;
    b->is_read = true;
    b->view = (struct takeover_view){
        .table = table, .read = &b->read, .is_sheet = b->kind == TABLE_SHEET};
    return b->is_file ? write_text(b) : 0;
}

static int take_table(struct bringing *b)
{
    struct page *p = b->page;
    const struct form_field *file = form_file(&p->form, STR("file"));
    struct str text = form_get(&p->form, STR("text"));

    b->text = text.at ? text : STR("");
    b->is_file = file != NULL;
    if (!file && !str_trim(b->text).len) {
        b->problem = T(p, MSG_TAKEOVER_NO_TABLE);
        return 0;
    }
    return read_table(b, file ? file->value : b->text);
}

/* ---- the form ---- */

static void show_choices(struct bringing *b)
{
    struct page *p = b->page;
    const struct pack *packs[PACKS_MAX];
    size_t n = MIN_OF(engine_packs(p->worker->engine, packs, PACKS_MAX), (size_t)PACKS_MAX),
           total = 0, at = 0;
    struct field_choice *choices;

    for (size_t i = 0; i < n; i++)
        total += packs[i]->n_regs;
    if (!(choices = arena_alloc_n(p->arena, total + 1, sizeof(*choices))))
        return;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < packs[i]->n_regs; k++) {
            const struct reg *reg = &packs[i]->regs[k];

            choices[at++] = (struct field_choice){.value = str_of(reg->id),
                                                  .label = text2_words(p, reg->title),
                                                  .is_chosen = reg == b->reg};
        }
    field_select(&p->w,
                 &(struct field_info){.name = "reg",
                                      .label = T(p, MSG_TAKEOVER_REGISTER),
                                      .is_required = true,
                                      .error = p->req->method == HTTP_POST && !b->reg
                                                   ? T(p, MSG_TAKEOVER_NO_REGISTER)
                                                   : STR_NONE},
                 choices, at);
}

static void show_form(struct bringing *b)
{
    struct page *p = b->page;
    bool in_file = b->problem.at && b->is_file;

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_TAKEOVER_FORM));
    page_form_begin_files(p, STR(TAKEOVER_URL), false);
    show_choices(b);
    field_file(&p->w,
               &(struct field_info){.name = "file",
                                    .label = T(p, MSG_TAKEOVER_FILE),
                                    .support = T(p, MSG_TAKEOVER_FILE_SUPPORT),
                                    .error = in_file ? b->problem : STR_NONE},
               STR(".xlsx,.csv,text/csv"));
    field_long_text(&p->w,
                    &(struct field_info){.name = "text",
                                         .label = T(p, MSG_TAKEOVER_PASTE),
                                         .support = T(p, MSG_TAKEOVER_PASTE_SUPPORT),
                                         .error =
                                             b->problem.at && !in_file ? b->problem : STR_NONE},
                    b->text.at ? b->text : STR(""), 8);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_TAKEOVER_CHECK), STR("op"), STR("check"));
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_TAKEOVER_PROPOSE), STR("op"), STR("propose"));
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

/* Before anything is brought: which register, so that its headings and templates can be had. */
static void show_registers(struct bringing *b)
{
    struct page *p = b->page;
    const struct pack *packs[PACKS_MAX];
    size_t n = MIN_OF(engine_packs(p->worker->engine, packs, PACKS_MAX), (size_t)PACKS_MAX);

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_TAKEOVER_PREPARE));
    html_element(&p->html, HTML_P, NULL, T(p, MSG_TAKEOVER_PREPARE_TEXT));
    html_begin(&p->html, HTML_NAV, "tj-filters");
    html_attr(&p->html, HTML_ARIA_LABEL, T(p, MSG_TAKEOVER_REGISTER));
    html_open(&p->html, HTML_UL);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < packs[i]->n_regs; k++) {
            const struct reg *reg = &packs[i]->regs[k];

            html_open(&p->html, HTML_LI);
            html_begin(&p->html, HTML_A, "tj-filter");
            html_attr_url(&p->html, HTML_HREF, page_text(p, TAKEOVER_URL "?reg=%s", reg->id));
            if (reg == b->reg)
                html_attr(&p->html, HTML_ARIA_CURRENT, STR("true"));
            html_text(&p->html, text2_words(p, reg->title));
            html_close(&p->html, HTML_A);
            html_close(&p->html, HTML_LI);
        }
    html_close(&p->html, HTML_UL);
    html_close(&p->html, HTML_NAV);
    if (b->reg)
        takeover_show_guide(p, b->reg);
}

/* ---- what a register takes ---- */

static struct str choices_words(struct page *p, const struct field *f)
{
    CLEANUP(buf_done) struct buf out;

    buf_init(&out, 1u << 16);
    for (size_t i = 0; i < f->n_choices; i++) {
        struct str title = text2_words(p, f->choices[i].title);

        if (buf_printf(&out, "%s%.*s", i ? "、" : "", STR_ARG(title)))
            break;
    }
    return out.len ? arena_str(p->arena, buf_str(&out)) : STR("");
}

struct str takeover_cell_words(struct page *p, const struct field *f)
{
    switch (f->type) {
    case FIELD_CHOICE:
        return choices_words(p, f);
    case FIELD_CHECKLIST:
        return TF(p, MSG_TAKEOVER_TAKES_CHECKLIST, {"items", choices_words(p, f)});
    case FIELD_FLAG:
        return T(p, MSG_TAKEOVER_TAKES_FLAG);
    case FIELD_NUMBER:
        return T(p, MSG_TAKEOVER_TAKES_NUMBER);
    case FIELD_DAY:
        return T(p, MSG_TAKEOVER_TAKES_DAY);
    case FIELD_MONTH:
        return T(p, MSG_TAKEOVER_TAKES_MONTH);
    case FIELD_INSTANT:
        return T(p, MSG_TAKEOVER_TAKES_INSTANT);
    case FIELD_DURATION:
        return T(p, MSG_TAKEOVER_TAKES_DURATION);
    case FIELD_PERSON:
        return T(p, MSG_TAKEOVER_TAKES_PERSON);
    case FIELD_UNIT:
        return T(p, MSG_TAKEOVER_TAKES_UNIT);
    case FIELD_POST:
        return T(p, MSG_TAKEOVER_TAKES_POST);
    case FIELD_RECORD:
        return T(p, MSG_TAKEOVER_TAKES_RECORD);
    case FIELD_LIST:
        return TF(p, MSG_TAKEOVER_TAKES_LIST, {"item", takeover_cell_words(p, &f->fields[0])});
    case FIELD_GROUP:
        return T(p, MSG_TAKEOVER_TAKES_GROUP);
    case FIELD_FILE:
        return T(p, MSG_TAKEOVER_TAKES_NO_FILE);
    default:
        return T(p, MSG_TAKEOVER_TAKES_TEXT);
    }
}

static struct str states_words(struct page *p, const struct reg *reg)
{
    CLEANUP(buf_done) struct buf out;

    buf_init(&out, 1u << 16);
    for (size_t i = 0; i < reg->procedure->n_states; i++) {
        struct str title = text2_words(p, reg->procedure->states[i].title);

        if (buf_printf(&out, "%s%.*s", i ? "、" : "", STR_ARG(title)))
            break;
    }
    return out.len ? arena_str(p->arena, buf_str(&out)) : STR("");
}

static void guide_row(struct page *p, struct table *t, struct str heading, struct str id,
                      struct str takes)
{
    row_begin(&p->w, t);
    cell_text(&p->w, t, heading);
    cell_text(&p->w, t, id);
    cell_text(&p->w, t, takes);
    row_end(&p->w, t);
}

void takeover_show_guide(struct page *p, const struct reg *reg)
{
    const struct column columns[] = {{.heading = T(p, MSG_TAKEOVER_HEADING),
                                      .is_row_heading = true},
                                     {.heading = T(p, MSG_TAKEOVER_HEADING_ID)},
                                     {.heading = T(p, MSG_TAKEOVER_TAKES)}};
    struct table t;

    html_begin(&p->html, HTML_DETAILS, NULL);
    html_attr_if(&p->html, HTML_OPEN, p->req->method == HTTP_GET);
    html_element(&p->html, HTML_SUMMARY, NULL,
                 TF(p, MSG_TAKEOVER_GUIDE, {"register", text2_words(p, reg->title)}));
    html_begin(&p->html, HTML_P, NULL);
    link_show(p, T(p, MSG_TAKEOVER_TEMPLATE_XLSX),
              page_text(p, TAKEOVER_URL "/template/%s/xlsx", reg->id));
    html_text(&p->html, STR("　"));
    link_show(p, T(p, MSG_TAKEOVER_TEMPLATE_CSV),
              page_text(p, TAKEOVER_URL "/template/%s/csv", reg->id));
    html_close(&p->html, HTML_P);
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns),
                TF(p, MSG_TAKEOVER_GUIDE, {"register", text2_words(p, reg->title)}));
    guide_row(p, &t, STR("状態"), STR("state"), states_words(p, reg));
    guide_row(p, &t, STR("旧番号"), STR(TAKEOVER_FORMER_ID), T(p, MSG_TAKEOVER_TAKES_FORMER));
    for (size_t i = 0; i < reg->n_fields; i++) {
        const struct field *f = &reg->fields[i];

        guide_row(p, &t, text2_words(p, f->title), str_of(f->id), takeover_cell_words(p, f));
        for (size_t k = 0; f->type == FIELD_GROUP && k < f->n_fields; k++)
            guide_row(p, &t,
                      page_text(p, "%.*s／%.*s", STR_ARG(text2_words(p, f->title)),
                                STR_ARG(text2_words(p, f->fields[k].title))),
                      page_text(p, "%s.%s", f->id, f->fields[k].id),
                      takeover_cell_words(p, &f->fields[k]));
    }
    for (size_t i = 0; i < reg->procedure->n_roles; i++) {
        const struct proc_role *role = &reg->procedure->roles[i];

        guide_row(p, &t, role->role ? text2_words(p, role->role->title) : STR(""),
                  page_text(p, "by.%s", role->id), T(p, MSG_TAKEOVER_TAKES_PARTY));
    }
    table_end(&p->w, &t);
    html_close(&p->html, HTML_DETAILS);
}

/* ---- proposals so far ---- */

static void kept_row(struct page *p, struct table *t, const json_t *one)
{
    const char *id = json_str(one, "id"), *state = json_str(one, "state");
    const struct reg *reg = engine_reg(p->worker->engine, json_str(one, "reg"));

    row_begin(&p->w, t);
    cell_link(&p->w, t, str_of(id), page_text(p, TAKEOVER_URL "/%s", id));
    cell_text(&p->w, t, reg ? text2_words(p, reg->title) : str_of(json_str(one, "reg")));
    cell_text(&p->w, t, page_text(p, "%lld", (long long)json_int(one, "n_rows")));
    cell_text(&p->w, t,
              T(p, !strcmp(state, "adopted")   ? MSG_TAKEOVER_ADOPTED
                   : !strcmp(state, "dropped") ? MSG_TAKEOVER_DROPPED
                                               : MSG_TAKEOVER_PROPOSED));
    cell_text(&p->w, t, when_words(p, json_object_get(one, "made")));
    row_end(&p->w, t);
}

static int show_kept(struct page *p)
{
    const struct column columns[] = {{.heading = T(p, MSG_REGISTER_NUMBER), .is_row_heading = true},
                                     {.heading = T(p, MSG_TAKEOVER_REGISTER)},
                                     {.heading = T(p, MSG_TAKEOVER_ROWS), .is_number = true},
                                     {.heading = T(p, MSG_TAKEOVER_STATE)},
                                     {.heading = T(p, MSG_TAKEOVER_MADE)}};
    const char *behind = page_query(p, STR("behind"));
    json_t *list = NULL;
    struct table t;
    size_t n;
    int r = engine_takeover_list(p->worker->engine, behind, LIST_SIZE + 1, &list);

    if (r || !page_keep(p, list))
        return r ? r : -ENOMEM;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_TAKEOVER_KEPT));
    if (!(n = json_array_size(list))) {
        table_empty(&p->w);
        return 0;
    }
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_TAKEOVER_KEPT));
    for (size_t i = 0; i < MIN_OF(n, LIST_SIZE); i++)
        kept_row(p, &t, json_array_get(list, i));
    table_end(&p->w, &t);
    if (*behind || n > LIST_SIZE) {
        html_begin(&p->html, HTML_P, NULL);
        if (n > LIST_SIZE)
            link_show(p, T(p, MSG_TAKEOVER_OLDER),
                      page_text(p, TAKEOVER_URL "?behind=%s",
                                json_str(json_array_get(list, LIST_SIZE - 1), "id")));
        else
            link_show(p, T(p, MSG_TAKEOVER_NEWEST), STR(TAKEOVER_URL));
        html_close(&p->html, HTML_P);
    }
    return 0;
}

/* ---- together ---- */

static void show_judged(struct bringing *b)
{
    struct page *p = b->page;

    if (b->is_read && b->kind == TABLE_CSV_CP932)
        notice(&p->w, NOTICE_INFO, T(p, MSG_TAKEOVER_CP932), STR_NONE);
    if (!b->view.judged)
        return;
    takeover_show_faults(p, &b->view);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_TAKEOVER_TABLE));
    if (b->read.n_rows > PREVIEW_ROWS)
        html_element(&p->html, HTML_P, NULL,
                     TF(p, MSG_TAKEOVER_FIRST_ROWS, {"count", page_text(p, "%d", PREVIEW_ROWS)}));
    takeover_show_rows(p, &b->view, 0, PREVIEW_ROWS);
}

static int write_form(struct bringing *b)
{
    struct page *p = b->page;
    int r;

    page_begin(p, T(p, MSG_TAKEOVER_TITLE), NAV_TAKEOVER);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_TAKEOVER_TEXT));
    if (b->answer && !b->view.judged) {
        p->resp->status = page_answer_status(b->answer);
        page_answer_notice(p, b->answer);
    } else if (p->req->method == HTTP_POST &&
               (b->problem.at || !b->reg || json_int(b->view.judged, "n_faults"))) {
        p->resp->status = 422;
    }
    show_judged(b);
    show_registers(b);
    show_form(b);
    if ((r = show_kept(p)))
        return r;
    return page_end(p);
}

int takeover_page(struct page *p)
{
    struct bringing b = {.page = p,
                         .reg = engine_reg(p->worker->engine, page_query(p, STR("reg")))};
    int r;

    return page_allows(p, RIGHT_ADMINISTRATOR, &r) ? write_form(&b) : r;
}

static int check(struct bringing *b)
{
    struct page *p = b->page;
    json_t *judged = NULL;
    int r = engine_takeover_judge(p->worker->engine, p->session.person, b->reg->id, b->view.table, p->now_us, &judged);

    if (r)
        return r < 0 ? r : -EIO;
    b->view.judged = page_keep(p, judged);
    return b->view.judged ? write_form(b) : -ENOMEM;
}

static int propose(struct bringing *b)
{
    struct page *p = b->page;

    b->answer = page_ask(p, json_pack("{s:s, s:s, s:O}", "op", "takeover-propose", "reg",
                                      b->reg->id, "table", b->view.table));
    if (!b->answer)
        return -ENOMEM;
    if (json_flag(b->answer, "ok"))
        return page_go(p, page_text(p, TAKEOVER_URL "/%s?new=1", json_str(b->answer, "id")));
    b->view.judged = json_obj(b->answer, "judged");
    return write_form(b);
}

static int bring(struct bringing *b)
{
    int r = take_table(b);

    if (r)
        return r;
    if (!b->reg || !b->is_read)
        return write_form(b);
    return !strcmp(page_field(b->page, STR("op")), "propose") ? propose(b) : check(b);
}

int takeover_act(struct page *p)
{
    struct bringing b = {.page = p,
                         .reg = engine_reg(p->worker->engine, page_field(p, STR("reg")))};
    int r;

    if (!page_allows(p, RIGHT_ADMINISTRATOR, &r))
        return r;
    if (!(b.arena = arena_new(TABLE_ARENA_MAX)))
        return -ENOMEM;
    r = bring(&b);
    arena_free(b.arena);
    return r;
}

/* ---- templates ---- */

/* Headings as a table wants them, and the field of each (NULL: number, state). */
static size_t template_headings(const struct reg *reg, struct str *row, const struct field **fields)
{
    size_t n = 0;

    row[n++] = STR("旧番号");
    row[n++] = STR("状態");
    for (size_t i = 0; i < reg->n_fields; i++) {
        const struct field *f = &reg->fields[i];

        if (f->type == FIELD_FILE || f->type == FIELD_SECRET || f->type == FIELD_GROUP || field_is_keyed(f) || (f->measured && !(f->measured & MEASURED_IMPORT)))
            continue;
        fields[n] = f;
        row[n++] = str_of(f->title.ja);
    }
    return n;
}

static int write_choices(struct page *p, const struct reg *reg, const struct field *const *fields,
                         size_t n, struct book *b)
{
    size_t most = reg->procedure->n_states;
    struct str *words;
    int r = 0;

    for (size_t i = 0; i < n; i++)
        most = fields[i] ? MAX_OF(most, fields[i]->n_choices) : most;
    if (!(words = arena_alloc_n(p->arena, most + 1, sizeof(*words))))
        return -ENOMEM;
    for (size_t i = 0; i < reg->procedure->n_states; i++)
        words[i] = str_of(reg->procedure->states[i].title.ja);
    r = book_choices(b, 1, words, reg->procedure->n_states);
    for (size_t c = 2; !r && c < n; c++) {
        if (fields[c]->type != FIELD_CHOICE)
            continue;
        for (size_t i = 0; i < fields[c]->n_choices; i++)
            words[i] = str_of(fields[c]->choices[i].title.ja);
        r = book_choices(b, c, words, fields[c]->n_choices);
    }
    return r;
}

/* What each column takes, on a second sheet. */
static int write_guide(struct page *p, const struct reg *reg, const struct str *headings,
                       const struct field *const *fields, size_t n, struct book *b)
{
    const struct str heads[] = {T(p, MSG_TAKEOVER_HEADING), T(p, MSG_TAKEOVER_TAKES)};
    int r = book_sheet(b, &(struct book_page){.name = T(p, MSG_BOOK_GUIDE).at,
                                              .headings = heads,
                                              .n = ARRAY_LEN(heads),
                                              .left = STR(""),
                                              .right = STR("")});

    for (size_t i = 0; !r && i < n; i++) {
        const struct str row[] = {headings[i], fields[i] ? takeover_cell_words(p, fields[i])
                                               : i       ? states_words(p, reg)
                                                         : T(p, MSG_TAKEOVER_TAKES_FORMER)};

        r = book_row(b, row, ARRAY_LEN(row));
    }
    return r;
}

static int write_template_xlsx(struct page *p, const struct reg *reg, const struct str *row,
                               const struct field *const *fields, size_t n)
{
    CLEANUP(book_freep) struct book *b = NULL;
    int r = book_new(&b);

    if (!r)
        r = book_sheet(b, &(struct book_page){.name = T(p, MSG_BOOK_TABLE).at,
                                              .headings = row,
                                              .n = n,
                                              .left = text2_words(p, reg->title),
                                              .right = STR("")});
    if (!r)
        r = write_choices(p, reg, fields, n, b);
    if (!r)
        r = write_guide(p, reg, row, fields, n, b);
    return r ? r : book_finish(b, &p->resp->body);
}

int takeover_template(struct page *p)
{
    const struct reg *reg = engine_reg(p->worker->engine, page_param(p, STR("reg")));
    const char *kind = page_param(p, STR("kind"));
    bool is_xlsx = !strcmp(kind, "xlsx");
    const struct field **fields;
    struct str *row;
    size_t n;
    int r;

    if (!page_allows(p, RIGHT_ADMINISTRATOR, &r))
        return r;
    if (!reg || (!is_xlsx && strcmp(kind, "csv") != 0))
        return page_not_found(p);
    row = arena_alloc_n(p->arena, reg->n_fields + 2, sizeof(*row));
    fields = arena_alloc_n(p->arena, reg->n_fields + 2, sizeof(*fields));
    if (!row || !fields)
        return -ENOMEM;
    n = template_headings(reg, row, fields);
    r = http_response_header(p->resp, HTTP_HEADER_CONTENT_DISPOSITION,
                             page_text(p, "attachment; filename=\"%s.%s\"", reg->id, kind));
    p->resp->content_type = is_xlsx ? BOOK_TYPE : "text/csv; charset=utf-8";
    if (r || is_xlsx)
        return r ? r : write_template_xlsx(p, reg, row, fields, n);
    return (r = buf_add_text(&p->resp->body, "\xef\xbb\xbf"))
               ? r
               : csv_put_row(&p->resp->body, row, n, true);
}
