/* A register's list as a file: the rows that the person sees under the filter he sees, entered in the ledger before a byte goes out. */
#include "web/list-asked.h"
#include "web/pages.h"
#include "web/words.h"
#include "web/workbook.h"

#include "base/csv.h"
#include "base/time.h"
#include "keeper/export-operation.h"

#include <errno.h>
#include <stdio.h>

#define PAGE_SIZE 200u
#define FILE_MAX ((size_t)48 << 20)
#define COLUMNS_MAX 128u

struct exporting {
    struct page *page;
    const struct reg *reg;
    struct list_asked asked;
    bool is_xlsx;
    json_t *rows;    /* of engine_list(), all pages */
    json_t *records; /* {id: version} */
    json_t *
        names; /* {id: number and name} of the records that they name and the person sees; "" of others */
    uint64_t total;
    const struct field *fields[COLUMNS_MAX]; /* shown after number and state */
    size_t n_fields;
};

/* ---- how the records are called that they name ---- */

static bool is_known(const struct exporting *x, const char *id)
{
    return json_object_get(x->names, id) != NULL;
}

/* Of one page of rows, those that no page before has named. */
static int ids_of(struct exporting *x, const json_t *rows, json_t *ids)
{
    int r = 0;

    for (size_t i = 0; !r && i < json_array_size(rows); i++)
        for (size_t k = 0; !r && k < x->n_fields; k++) {
            const char *id =
                x->fields[k]->type == FIELD_RECORD
                    ? json_str(json_obj(json_array_get(rows, i), "values"), x->fields[k]->id)
                    : "";

            r = *id && !is_known(x, id) ? json_put_flag(ids, id, true) : 0;
        }
    return r;
}

static int read_names(struct exporting *x, const json_t *rows)
{
    struct page *p = x->page;
    JSON_AUTO *ids = json_object();
    JSON_AUTO *named = NULL;
    const char *id;
    json_t *v;
    int r = ids ? ids_of(x, rows, ids) : -ENOMEM;

    if (r || !json_object_size(ids))
        return r;
    if ((r = engine_named(p->worker->engine, p->session.person, ids, p->now_us, &named)))
        return r;
    json_object_foreach (ids, id, v)
        if ((r = json_put_str(x->names, id, "")))
            return r;
    for (size_t i = 0; !r && i < json_array_size(named); i++) {
        const json_t *one = json_array_get(named, i);
        const char *of = json_str(one, "id"), *name = json_str(one, "name");

        if (strcmp(of, name) != 0)
            r = json_put_strn(
                x->names, of,
                page_text(p, "%s　%.*s", of,
                          STR_ARG(name_words(p, engine_reg(p->worker->engine, json_str(one, "reg")),
                                             name))));
    }
    return r;
}

/* ---- which rows ---- */

/* Behind the place of the last one; *behind: NULL at first, "" after the last page. */
static int add_page(struct exporting *x, const char **behind)
{
    struct page *p = x->page;
    struct list_query q = x->asked.query;
    json_t *list = NULL, *rows;
    int r;

    q.page = 1;
    q.behind = *behind;
    q.page_size = PAGE_SIZE;
    r = engine_list(p->worker->engine, p->session.person, &q, &list);
    if (r || !page_keep(p, list))
        return r ? r : -ENOMEM;
    rows = json_arr(list, "rows");
    x->total = (uint64_t)json_int(list, "total");
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (json_array_append(x->rows, json_array_get(rows, i)) ||
            json_put_int(x->records, json_str(json_array_get(rows, i), "id"),
                         json_int(json_array_get(rows, i), "version")))
            return -ENOMEM;
    *behind = x->total <= EXPORT_ROWS_MAX ? json_str(list, "behind") : "";
    return read_names(x, rows);
}

static int read_rows(struct exporting *x)
{
    const char *behind = NULL;
    int r = 0;

    x->rows = page_keep(x->page, json_array());
    x->records = page_keep(x->page, json_object());
    x->names = page_keep(x->page, json_object());
    if (!x->rows || !x->records || !x->names)
        return -ENOMEM;
    while (!r && (!behind || *behind))
        r = add_page(x, &behind);
    return r;
}

/* ---- columns ---- */

static bool is_personal(const struct field *f)
{
    bool found = f->personal || f->type == FIELD_LONG_TEXT || f->type == FIELD_FILE;

    for (size_t i = 0; !found && i < f->n_fields; i++)
        found = is_personal(&f->fields[i]);
    return found;
}

static void choose_fields(struct exporting *x)
{
    for (size_t i = 0; i < x->reg->n_fields && x->n_fields < COLUMNS_MAX; i++)
        if (!is_personal(&x->reg->fields[i]) || &x->reg->fields[i] == x->reg->name_field) /* 3 is exported by nobody */
            x->fields[x->n_fields++] = &x->reg->fields[i];
}

#define FIXED_COLUMNS 5
#define NUMBER_MAX INT64_C(1000000000000000) /* Excel keeps 15 digits */
static size_t headings(struct exporting *x, struct str *ret)
{
    struct page *p = x->page;
    static const enum message_key keys[FIXED_COLUMNS] = {MSG_REGISTER_NUMBER, MSG_TAKEOVER_FORMER,
                                                         MSG_REGISTER_STATE, MSG_RECORD_OPENED,
                                                         MSG_REGISTER_CHANGED};
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        ret[n++] = T(p, keys[i]);
    for (size_t i = 0; i < x->n_fields; i++)
        ret[n++] = text2_words(p, x->fields[i]->title);
    return n;
}

static struct str cell_words(struct exporting *x, const struct field *f, const json_t *v)
{
    const char *named = f->type == FIELD_RECORD && json_is_string(v)
                            ? json_str(x->names, json_string_value(v))
                            : "";

    return *named ? str_of(named) : v ? value_words(x->page, f, v) : STR("");
}

static size_t cells(struct exporting *x, const json_t *row, struct str *ret)
{
    struct page *p = x->page;
    size_t n = 0;

    ret[n++] = str_of(json_str(row, "id"));
    ret[n++] = str_of(json_str(row, "former"));
    ret[n++] = state_words(p, x->reg, json_str(row, "state"));
    ret[n++] = when_words(p, json_object_get(row, "opened"));
    ret[n++] = when_words(p, json_object_get(row, "changed"));
    for (size_t i = 0; i < x->n_fields; i++)
        ret[n++] =
            cell_words(x, x->fields[i], json_object_get(json_obj(row, "values"), x->fields[i]->id));
    return n;
}

/* As an entry's time, or as a field holds one. */
static bool instant_of(const json_t *v, uint64_t *ret)
{
    if (!json_is_integer(v))
        return json_is_string(v) && !instant_parse(str_of(json_string_value(v)), ret);
    *ret = (uint64_t)json_integer_value(v);
    return json_integer_value(v) > 0;
}

/* What Excel reckons with: numbers, days, months and times, as far as it can count them. */
static struct book_cell as_number(const struct field *f, const json_t *v, struct str text)
{
    struct book_cell cell = {.text = text};
    uint64_t us;
    int32_t day;

    if (f->type == FIELD_NUMBER && json_is_integer(v) && json_integer_value(v) < NUMBER_MAX && json_integer_value(v) > -NUMBER_MAX) {
        cell.kind = BOOK_NUMBER;
        cell.number = (double)json_integer_value(v);
    } else if (f->type == FIELD_DAY && json_is_string(v) && !day_parse_iso(str_of(json_string_value(v)), &day) && day >= BOOK_DAY_LEAST) {
        cell.kind = BOOK_DAY;
        cell.number = book_day(day);
    } else if (f->type == FIELD_MONTH && json_is_string(v) && !month_parse_iso(str_of(json_string_value(v)), &day) &&
               month_first_day(day) >= BOOK_DAY_LEAST) {
        cell.kind = BOOK_MONTH;
        cell.number = book_day(month_first_day(day));
    } else if (f->type == FIELD_INSTANT && instant_of(v, &us)) {
        day = day_of_instant(us);
        cell.kind = BOOK_INSTANT;
        cell.number = book_day(day) + (double)((us - instant_of_day(day)) / US_PER_SECOND) / 86400.0;
    }
    return cell;
}

static size_t book_row_of(struct exporting *x, const json_t *row, struct book_cell *ret)
{
    struct str texts[COLUMNS_MAX + FIXED_COLUMNS];
    size_t n = cells(x, row, texts);
    static const struct field instant = {.type = FIELD_INSTANT};
    static const char *const fixed[FIXED_COLUMNS] = {"", "", "", "opened", "changed"};

    for (size_t i = 0; i < FIXED_COLUMNS; i++)
        ret[i] = *fixed[i] ? as_number(&instant, json_object_get(row, fixed[i]), texts[i]) : (struct book_cell){.text = texts[i]};
    for (size_t i = 0; i < x->n_fields; i++)
        ret[FIXED_COLUMNS + i] = as_number(x->fields[i], json_object_get(json_obj(row, "values"), x->fields[i]->id), texts[FIXED_COLUMNS + i]);
    return n;
}

/* ---- bytes ---- */

static int write_csv(struct exporting *x, struct buf *out)
{
    struct str row[COLUMNS_MAX + FIXED_COLUMNS];
    int r = buf_add_text(out, "\xef\xbb\xbf");

    if (!r)
        r = csv_put_row(out, row, headings(x, row), true);
    for (size_t i = 0; !r && i < json_array_size(x->rows); i++)
        r = csv_put_row(out, row, cells(x, json_array_get(x->rows, i), row), true);
    return r;
}

static int write_xlsx(struct exporting *x, struct buf *out)
{
    struct page *p = x->page;
    CLEANUP(book_freep) struct book *b = NULL;
    struct book_cell line[COLUMNS_MAX + FIXED_COLUMNS];
    struct str row[COLUMNS_MAX + FIXED_COLUMNS], label = label_words(p, x->reg, NULL), narrowed = list_asked_words(p, &x->asked);
    struct book_page sheet = {.name = T(p, MSG_BOOK_LIST).at, .headings = row, .is_english = p->lang == MESSAGE_EN, .has_filters = true,
                              .left = page_text(p, "%.*s%s%.*s", STR_ARG(label), label.len && narrowed.len ? "　" : "",
                                                STR_ARG(narrowed))};
    int r = book_new(&b);

    sheet.n = headings(x, row);
    sheet.right = page_text(p, "%.*s　%.*s", STR_ARG(person_words(p, p->session.person)),
                            STR_ARG(instant_words(p, p->now_us)));
    if (!r)
        r = book_sheet(b, &sheet);
    for (size_t i = 0; !r && i < json_array_size(x->rows); i++)
        r = book_cells(b, line, book_row_of(x, json_array_get(x->rows, i), line));
    return r ? r : book_finish(b, out);
}

/* ---- together ---- */

static int enter(struct exporting *x, struct str bytes, json_t **ret)
{
    struct digest digest = sha256(bytes);

    *ret = page_ask(x->page, json_pack("{s:s, s:s, s:s, s:s, s:O}", "op", "export", "reg",
                                       x->reg->id, "format", x->is_xlsx ? "xlsx" : "csv", "digest",
                                       digest_text(&digest).at, "records", x->records));
    return *ret ? 0 : -ENOMEM;
}

static int send_file(struct exporting *x, struct str bytes)
{
    struct page *p = x->page;
    const char *kind = x->is_xlsx ? "xlsx" : "csv";
    int r = http_response_header(p->resp, HTTP_HEADER_CONTENT_DISPOSITION,
                                 page_text(p, "attachment; filename=\"%s%s.%s\"", x->reg->id,
                                           list_asked_words(p, &x->asked).at ? "-part" : "", kind));

    p->resp->content_type = x->is_xlsx ? BOOK_TYPE : "text/csv; charset=utf-8";
    return r ? r : buf_add_str(&p->resp->body, bytes);
}

static int export_rows(struct exporting *x)
{
    struct page *p = x->page;
    CLEANUP(buf_done) struct buf bytes;
    json_t *answer;
    int r;

    buf_init(&bytes, FILE_MAX);
    choose_fields(x);
    if ((r = read_rows(x)))
        return r;
    if (x->total > EXPORT_ROWS_MAX)
        return page_problem(p, 413, T(p, MSG_EXPORT_TITLE),
                            TF(p, MSG_EXPORT_TOO_MANY,
                               {"count", page_text(p, "%llu", (unsigned long long)x->total)}));
    if ((r = x->is_xlsx ? write_xlsx(x, &bytes) : write_csv(x, &bytes)) ||
        (r = enter(x, buf_str(&bytes), &answer)))
        return r;
    if (!json_flag(answer, "ok"))
        return page_problem(p, page_answer_status(answer), T(p, MSG_KEEPER_NOT_DONE),
                            page_answer_words(p, answer));
    return send_file(x, buf_str(&bytes));
}

int register_export(struct page *p)
{
    const char *format = page_field(p, STR("format"));
    struct exporting x = {.page = p,
                          .reg = engine_reg(p->worker->engine, page_param(p, STR("reg"))),
                          .is_xlsx = !strcmp(format, "xlsx")};
    int r;

    if (!x.reg || (!x.is_xlsx && strcmp(format, "csv") != 0))
        return page_not_found(p);
    if ((r = list_asked_sent(p, x.reg, &x.asked)))
        return MIN_OF(r, 0);
    return export_rows(&x);
}
