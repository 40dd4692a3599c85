/* Paper: a record's form, or the rows of a register that a person sees, as PDF with the same data inside for machines.
 * The page is made first, then the keeper asks whether it may leave and enters what it holds, and only then it is handed out. So a
 * print that fails leaves no entry, and no paper is without one. */
#include "engine/cover.h"
#include "outward/cover.h"
#include "outward/sticker.h"
#include "web/list-asked.h"
#include "web/pages.h"
#include "web/print-sheet.h"
#include "web/sheet-book.h"
#include "web/workbook.h"
#include "web/words.h"

#include <errno.h>
#include <stdlib.h>

#define PRINT_ROWS_MAX 1000
#define LIST_SIZE 200
#define DATA_MAX ((size_t)16 << 20)
#define DATA_NAME STR("data.json")

static int too_large(struct page *p)
{
    return page_problem(p, 413, T(p, MSG_PRINT_LARGE), TF(p, MSG_PRINT_LARGE_TEXT, {"count", page_text(p, "%d", PRINT_ROWS_MAX)}));
}

static int not_done(struct page *p, const json_t *answer)
{
    return page_problem(p, page_answer_status(answer), T(p, MSG_PRINT_NOT_DONE), page_answer_words(p, answer));
}

/* Where the ledger stands. *ret_answer: what the keeper said when it did not tell. */
static int position(struct page *p, struct print_position *ret, json_t **ret_answer)
{
    json_t *answer = page_ask(p, json_pack("{s:s}", "op", "status"));

    *ret_answer = NULL;
    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        *ret_answer = answer;
    *ret = (struct print_position){json_int(answer, "shard"), json_int(answer, "size")};
    return 0;
}

/* Text and digest of the data that goes with the paper. */
static int data_text(struct page *p, json_t *data, struct str *ret, const char **ret_digest)
{
    char *text = data ? json_dumps(data, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    struct digest d;

    if (!text)
        return -ENOMEM;
    *ret = arena_str(p->arena, str_of(text));
    free(text);
    if (!ret->at)
        return -ENOMEM;
    d = sha256(*ret);
    *ret_digest = arena_strdup(p->arena, str_of(digest_text(&d).at));
    return *ret_digest ? 0 : -ENOMEM;
}

/* Paper may leave where a file may not: then it goes without its data. */
static int put_data(struct page *p, struct sheet *s, const json_t *records, struct str data)
{
    JSON_AUTO *outcome = NULL;
    int r = engine_release(p->worker->engine, p->session.person, RELEASE_EXPORT, records, p->now_us, &outcome);

    if (r || strcmp(json_str(outcome, "result"), "allowed") != 0)
        return r;
    s->data_name = DATA_NAME;
    s->data = data;
    return 0;
}

static json_t *print_message(const struct buf *pdf, const char *form, json_t *records)
{
    struct digest d = sha256(buf_str(pdf));

    return json_pack("{s:s, s:s, s:s, s:O}", "op", "print", "form", form, "digest", digest_text(&d).at, "records", records);
}

/* Have it entered, hand it out. */
static int hand_out_pdf(struct page *p, const struct buf *pdf, const char *form, json_t *records, struct str file)
{
    json_t *answer = page_ask(p, print_message(pdf, form, records));
    int r;

    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        return not_done(p, answer);
    p->resp->content_type = "application/pdf";
    if (!file.at || (r = http_response_header(p->resp, HTTP_HEADER_CONTENT_DISPOSITION,
                                              page_text(p, "attachment; filename=\"%.*s.pdf\"", STR_ARG(file)))))
        return file.at ? r : -ENOMEM;
    return buf_add_str(&p->resp->body, buf_str(pdf));
}

/* Make it, have it entered, hand it out. */
static int hand_out(struct page *p, const struct sheet *s, const char *form, json_t *records, struct str file)
{
    CLEANUP(buf_done) struct buf pdf;
    int r;

    buf_init(&pdf, p->resp->body.max);
    if ((r = sheet_pdf(s, &pdf, NULL)))
        return r == SHEET_E_LARGE ? too_large(p) : r;
    return hand_out_pdf(p, &pdf, form, records, file);
}

/* The same as a workbook: it leaves as a file, and is entered as one. */
static int hand_out_book(struct page *p, const struct sheet *s, const struct reg *reg, json_t *records, struct str file)
{
    CLEANUP(buf_done) struct buf book;
    struct digest d;
    json_t *answer;
    int r;

    buf_init(&book, p->resp->body.max);
    if ((r = sheet_book(s, T(p, MSG_BOOK_FORM).at, &book)))
        return r;
    d = sha256(buf_str(&book));
    answer = page_ask(p, json_pack("{s:s, s:s, s:s, s:s, s:O}", "op", "export", "reg", reg->id, "format", "xlsx", "digest", digest_text(&d).at, "records", records));
    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        return not_done(p, answer);
    p->resp->content_type = BOOK_TYPE;
    if (!file.at || (r = http_response_header(p->resp, HTTP_HEADER_CONTENT_DISPOSITION,
                                              page_text(p, "attachment; filename=\"%.*s.xlsx\"", STR_ARG(file)))))
        return file.at ? r : -ENOMEM;
    return buf_add_str(&p->resp->body, buf_str(&book));
}

static json_t *data_head(struct page *p, const char *form, struct print_position at)
{
    return json_pack("{s:s, s:s, s:{s:s, s:I, s:{s:I, s:I}}}", "format", "print/1", "form", form, "printed", "by", p->session.person,
                     "at_us", (json_int_t)p->now_us, "ledger", "shard", (json_int_t)at.year, "size", (json_int_t)at.size);
}

/* ---- one record ---- */

/* The view without the records that refer to it, which are not on the paper, and without what its reader sees of others. */
static json_t *record_data(struct page *p, const char *form, const json_t *view, struct print_position at)
{
    json_t *data = page_keep(p, data_head(p, form, at)), *copy = page_keep(p, json_copied((json_t *)(uintptr_t)view));

    if (!data || !copy || json_object_set(data, "record", copy))
        return NULL;
    json_object_del(copy, "links");
    json_object_del(copy, "named");
    return data;
}

static int print_view(struct page *p, const struct reg *reg, const json_t *view, struct print_position at)
{
    const struct form *form = form_of(reg, page_field(p, STR("form")));
    const char *name = form ? form->id : reg->id, *digest, *id = json_str(view, "id");
    json_t *records = page_keep(p, json_pack("{s:I}", id, (json_int_t)json_int(view, "version")));
    struct str data;
    struct sheet s;
    int r = records ? data_text(p, record_data(p, name, view, at), &data, &digest) : -ENOMEM;

    if (!r)
        r = sheet_of_record(p, reg, form, view, at, &s);
    if (!r && !strcmp(page_field(p, STR("as")), "xlsx"))
        return hand_out_book(p, &s, reg, records, page_text(p, "%s_%.*s", name, STR_ARG(page_encoded(p, str_of(id)))));
    if (!r)
        r = put_data(p, &s, records, data);
    return r ? r : hand_out(p, &s, name, records, page_text(p, "%s_%.*s", name, STR_ARG(page_encoded(p, str_of(id)))));
}

int record_print(struct page *p)
{
    const char *id = page_param(p, STR("id"));
    const struct reg *reg;
    json_t *view, *answer;
    struct print_position at;
    int r = page_record_open(p, id, &view, &reg, &answer);

    if (r)
        return r < 0 ? r : record_out_of_sight(p, id);
    if (!answer && (r = position(p, &at, &answer)))
        return r;
    return answer ? page_not_open(p, id, answer, MSG_PRINT_NOT_DONE) : print_view(p, reg, view, at);
}

/* ---- what a record has beside its forms ---- */

typedef int sheet_fn(struct page *p, const struct reg *reg, const json_t *view);

/* Opened as its page is, and entered so. */
static int hand_out_of_record(struct page *p, sheet_fn *make)
{
    const char *id = page_param(p, STR("id"));
    const struct reg *reg;
    json_t *view, *answer;
    int r = page_record_open(p, id, &view, &reg, &answer);

    if (r)
        return r < 0 ? r : record_out_of_sight(p, id);
    return answer ? not_done(p, answer) : make(p, reg, view);
}

static void sheet_button(struct page *p, const char *id, const char *tail, enum message_key words)
{
    html_begin(&p->html, HTML_DIV, "tj-print");
    page_form_begin(p, record_url(p, id, tail), false);
    button_submit(&p->w, BUTTON_OUTLINE, T(p, words), STR_NONE, STR_NONE);
    form_end(&p->w);
    html_close(&p->html, HTML_DIV);
}

/* ---- the label of a medium ---- */

#define LABEL_FORM "media-label"

/* "■要機密情報を取り扱った" */
static struct str mark_words(struct page *p, const struct reg *reg, const json_t *values, const char *field)
{
    const struct field *f = reg_field(reg, field);

    return f ? page_text(p, "%s%.*s", json_flag(values, field) ? "■" : "□", STR_ARG(text2_words(p, f->title))) : STR("");
}

static void fill_label(struct page *p, const struct reg *reg, const json_t *view, struct sticker *l)
{
    const json_t *values = json_obj(view, "values");
    struct str name = str_of(json_str(view, "name"));

    *l = (struct sticker){.title = TF(p, MSG_LABEL_TITLE, {"name", name}),
                        .reg = text2_words(p, reg->title),
                        .name = name,
                        .number = str_of(json_str(view, "id")),
                        .unit = unit_words(p, json_str(view, "unit")),
                        .marks = {mark_words(p, reg, values, "confidential"), mark_words(p, reg, values, "encrypted")},
                        .n_marks = 2,
                        .confidentiality = label_words(p, reg, view),
                        .foot = TF(p, MSG_LABEL_PRINTED, {"when", instant_words(p, p->now_us)}),
                        .code = name,
                        .says = TF(p, MSG_LABEL_SAYS, {"name", name}),
                        .created_us = p->now_us};
}

static int print_label(struct page *p, const struct reg *reg, const json_t *view)
{
    const char *id = json_str(view, "id");
    json_t *records = page_keep(p, json_pack("{s:I}", id, (json_int_t)json_int(view, "version")));
    CLEANUP(buf_done) struct buf pdf;
    struct sticker l;
    int r;

    buf_init(&pdf, p->resp->body.max);
    if (reg->holds != HOLDS_MEDIA)
        return page_not_found(p);
    fill_label(p, reg, view, &l);
    if (!records)
        return -ENOMEM;
    r = sticker_pdf(&l, &pdf);
    if (r)
        return r == STICKER_E_LARGE ? too_large(p) : r;
    return hand_out_pdf(p, &pdf, LABEL_FORM, records, page_text(p, LABEL_FORM "_%.*s", STR_ARG(page_encoded(p, str_of(id)))));
}

int record_label(struct page *p)
{
    return hand_out_of_record(p, print_label);
}

void label_button(struct page *p, const struct reg *reg, const char *id)
{
    if (reg->holds == HOLDS_MEDIA)
        sheet_button(p, id, "/label", MSG_LABEL_BUTTON);
}

/* ---- the cover of what goes by a record ---- */

#define COVER_FORM "cover"

/* Of records that something goes by; of what goes itself it comes with what a gate seals. */
static bool has_cover(const struct reg *reg)
{
    return reg->cover.is_any && reg->cover.of;
}

static int print_cover(struct page *p, const struct reg *reg, const json_t *view)
{
    const char *id = json_str(view, "id");
    json_t *records = page_keep(p, json_pack("{s:I}", id, (json_int_t)json_int(view, "version"))), *cover = NULL;
    CLEANUP(buf_done) struct buf pdf = {0};
    struct cover_sheet sheet = {.lang = p->lang};
    int r = has_cover(reg) ? engine_cover(p->worker->engine, p->session.person, id, p->now_us, &cover) : ENGINE_COVER_E_NONE;

    if (r)
        return r < 0 ? r : page_not_found(p);
    if (!page_keep(p, cover) || !records)
        return -ENOMEM;
    buf_init(&pdf, p->resp->body.max);
    sheet.cover = cover;
    if ((r = cover_pdf(&sheet, &pdf)))
        return r == SHEET_E_LARGE ? too_large(p) : r;
    return hand_out_pdf(p, &pdf, COVER_FORM, records, page_text(p, COVER_FORM "_%.*s", STR_ARG(page_encoded(p, str_of(id)))));
}

int record_cover(struct page *p)
{
    return hand_out_of_record(p, print_cover);
}

void cover_button(struct page *p, const struct reg *reg, const char *id)
{
    if (has_cover(reg))
        sheet_button(p, id, "/cover", MSG_COVER_BUTTON);
}

/* ---- a register ---- */

/* Every row of the filter, with its version; 1: more than go onto paper. */
static int fetch_all(struct page *p, struct list_query q, json_t *rows, json_t *records)
{
    q.page_size = LIST_SIZE;
    for (q.page = 1;;) {
        JSON_AUTO *list = NULL;
        int r = engine_list(p->worker->engine, p->session.person, &q, &list);

        if (r)
            return r < 0 ? r : -EIO;
        if (json_int(list, "total") > PRINT_ROWS_MAX)
            return 1;
        if (json_array_extend(rows, json_arr(list, "rows")))
            return -ENOMEM;
        if (!*json_str(list, "behind"))
            break;
        if (!(q.behind = arena_strdup(p->arena, str_of(json_str(list, "behind")))))
            return -ENOMEM;
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        if (json_put_int(records, json_str(row, "id"), json_int(row, "version")))
            return -ENOMEM;
    }
    return 0;
}

/* Nobody takes a part of a register for all of it: on every page, and in the data. */
static int say_narrowed(struct page *p, const struct list_asked *asked, struct sheet *s)
{
    struct str words = list_asked_words(p, asked);

    if (words.at)
        s->label = s->label.at ? page_text(p, "%.*s　%.*s", STR_ARG(s->label), STR_ARG(words)) : words;
    return s->label.at || !words.at ? 0 : -ENOMEM;
}

static int put_asked(json_t *all, const struct list_asked *asked)
{
    return json_put(all, "asked", json_pack("{s:s, s:s, s:s}", "state", asked->query.state, "field", asked->query.field, "key",
                                            asked->query.key));
}

static int print_rows(struct page *p, const struct list_asked *asked, json_t *rows, json_t *records, struct print_position at)
{
    const struct reg *reg = asked->reg;
    const struct form *form = form_of(reg, page_field(p, STR("form")));
    const char *name = form ? form->id : reg->id, *digest;
    json_t *all = page_keep(p, data_head(p, name, at));
    struct str data;
    struct sheet s;
    int r = all && !json_put_str(all, "register", reg->id) && !put_asked(all, asked) && !json_object_set(all, "rows", rows) ? 0 : -ENOMEM;

    if (!r)
        r = data_text(p, all, &data, &digest);
    if (!r)
        r = sheet_of_list(p, reg, form, rows, at, digest, &s);
    if (!r)
        r = say_narrowed(p, asked, &s);
    if (!r)
        r = put_data(p, &s, records, data);
    return r ? r : hand_out(p, &s, name, records, str_of(reg->id));
}

static int print_register(struct page *p, const struct list_asked *asked, struct print_position at)
{
    json_t *rows = page_keep(p, json_array()), *records = page_keep(p, json_object());
    int r = rows && records ? fetch_all(p, asked->query, rows, records) : -ENOMEM;

    if (r)
        return r < 0 ? r : too_large(p);
    if (json_object_size(records) != json_array_size(rows)) /* they moved while they were read */
        return page_problem(p, 409, T(p, MSG_PRINT_NOT_DONE), T(p, MSG_PRINT_MOVED));
    return print_rows(p, asked, rows, records, at);
}

int register_print(struct page *p)
{
    const struct reg *reg = engine_reg(p->worker->engine, page_param(p, STR("reg")));
    struct list_asked asked;
    struct print_position at;
    json_t *answer;
    int r;

    if (!reg)
        return page_not_found(p);
    if ((r = list_asked_sent(p, reg, &asked)))
        return MIN_OF(r, 0);
    if ((r = position(p, &at, &answer)))
        return r;
    return answer ? not_done(p, answer) : print_register(p, &asked, at);
}

/* ---- the buttons ---- */

void print_button(struct page *p, struct str action, const struct reg *reg, const struct form *form, const struct list_asked *list)
{
    html_begin(&p->html, HTML_DIV, "tj-print");
    page_form_begin(p, action, false);
    if (form)
        field_hidden(&p->w, "form", str_of(form->id));
    if (list)
        list_asked_hidden(p, list);
    button_submit(&p->w, BUTTON_OUTLINE,
                  list ? T(p, MSG_PRINT_LIST) : TF(p, MSG_PRINT_FORM, {"form", form ? str_of(form->number) : text2_words(p, reg->title)}),
                  STR_NONE, STR_NONE);
    if (!list)
        button_submit(&p->w, BUTTON_OUTLINE, TF(p, MSG_PRINT_BOOK, {"form", form ? str_of(form->number) : text2_words(p, reg->title)}), STR("as"),
                      STR("xlsx"));
    form_end(&p->w);
    html_close(&p->html, HTML_DIV);
}

void print_buttons(struct page *p, const struct reg *reg, struct str action)
{
    bool any = false;

    for (size_t i = 0; i < reg->pack->n_forms; i++)
        if (reg->pack->forms[i].reg == reg) {
            print_button(p, action, reg, &reg->pack->forms[i], NULL);
            any = true;
        }
    if (!any)
        print_button(p, action, reg, NULL, NULL);
}
