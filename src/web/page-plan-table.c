/* The table of a plan as a file: one that is brought in place of a table pasted, and the template that one begins with. */
#include "web/pages.h"
#include "web/words.h"

#include "base/sheet.h"
#include "base/tell.h"
#include "force/plan.h"

#include <errno.h>

#define TABLE_ARENA_MAX ((size_t)64 << 20)
#define HEADINGS_MAX 16

/* ---- a file ---- */

/* As the keeper tells of a table that it does not take. */
static json_t *unreadable(struct page *p, const struct diag *diag)
{
    const struct diag_entry *e = diag->n ? &diag->entries[0] : NULL;
    struct str ja = e ? str_of(diag_message(e, MESSAGE_JA))
                      : message_text(MESSAGE_JA, MSG_SHEET_DAMAGED),
               en = e ? str_of(diag_message(e, MESSAGE_EN))
                      : message_text(MESSAGE_EN, MSG_SHEET_DAMAGED),
               heading_ja = message_text(MESSAGE_JA, MSG_PLANS_UNREADABLE),
               heading_en = message_text(MESSAGE_EN, MSG_PLANS_UNREADABLE);

    return page_keep(
        p, json_pack("{s:b, s:s, s:{s:s%, s:s%}, s:[{s:s, s:i, s:i, s:s, s:{s:s%, s:s%}}]}", "ok",
                     0, "error", "invalid", "say", "ja", heading_ja.at, heading_ja.len, "en",
                     heading_en.at, heading_en.len, "problems", "file", "", "line",
                     e ? (int)e->line : 0, "col", e ? (int)e->col : 0, "heading", "", "say", "ja",
                     ja.at, ja.len, "en", en.at, en.len));
}

/* The form as if this text had been pasted: faults are mended in the page, whatever the table came as. */
static int put_body(struct page *p, struct str text)
{
    struct form_field *fields = arena_alloc_n(p->arena, p->form.n + 1, sizeof(*fields));
    size_t n = 0;

    if (!fields || !text.at)
        return -ENOMEM;
    for (size_t i = 0; i < p->form.n; i++)
        if (!p->form.fields[i].is_file && !str_eq(p->form.fields[i].name, STR("body")))
            fields[n++] = p->form.fields[i];
    fields[n++] = (struct form_field){.name = STR("body"), .value = text};
    p->form = (struct form_data){fields, n};
    return 0;
}

static int write_text(struct page *p, const struct csv_table *t)
{
    CLEANUP(buf_done) struct buf out;
    struct str row[CSV_MAX_COLS];
    int r = 0;

    buf_init(&out, FORM_VALUE_MAX);
    for (size_t i = 0; !r && i <= t->n_rows; i++) {
        for (size_t c = 0; c < t->n_cols; c++)
            row[c] = (i ? &t->cells[(i - 1) * t->n_cols] : t->header)[c].text;
        r = csv_put_row(&out, row, t->n_cols, false);
    }
    return r ? r : put_body(p, arena_str(p->arena, buf_str(&out)));
}

static int read_file(struct page *p, struct str bytes, struct arena *arena, json_t **ret_answer)
{
    struct csv_table table;
    enum table_kind kind;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = table_parse(NULL, bytes, arena, &table, &kind, &diag);
    if (r > 0)
        r = (*ret_answer = unreadable(p, &diag)) ? 0 : -ENOMEM;
    else if (!r)
        r = write_text(p, &table);
    diag_done(&diag);
    return r;
}

int plan_take_file(struct page *p, json_t **ret_answer)
{
    const struct form_field *file = form_file(&p->form, STR("file"));
    struct arena *arena;
    int r;

    *ret_answer = NULL;
    if (!file)
        return 0;
    if (!(arena = arena_new(TABLE_ARENA_MAX)))
        return -ENOMEM;
    r = read_file(p, file->value, arena, ret_answer);
    arena_free(arena);
    return r;
}

/* ---- the template ---- */

int plan_template(struct page *p)
{
    struct str row[HEADINGS_MAX];
    const char *heading;
    size_t n = 0;
    int r;

    if (!page_allows(p, RIGHT_ADMINISTRATOR, &r))
        return r;
    for (; n < HEADINGS_MAX && (heading = plan_heading(n, p->lang == MESSAGE_EN)); n++)
        row[n] = str_of(heading);
    p->resp->content_type = "text/csv; charset=utf-8";
    if ((r = http_response_header(p->resp, HTTP_HEADER_CONTENT_DISPOSITION,
                                  STR("attachment; filename=\"plan.csv\""))) ||
        (r = buf_add_text(&p->resp->body, "\xef\xbb\xbf")))
        return r;
    return csv_put_row(&p->resp->body, row, n, true);
}
