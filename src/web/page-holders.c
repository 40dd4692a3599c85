/* Who holds what, in which version, by whose approval (R4 of doc/design/information.md): of one item, linked from its record, and of one holder. The lines are
 * records of the register that packs feed; what is done with one are its steps, to which this page leads. Nothing is shown but what the person sees. */
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

#define COPIES "copies"
#define ROWS_MAX 200u
#define ROWS_ARENA ((size_t)32 << 20)
#define VERSION_SHOWN 12 /* digits of a digest; all of it stands in the record */

static const char *const fields[] = {"item", "form", "number", "version", "holder", "outside", "receivers", "medium", "approval", "decider", "left_by"};

static struct str record_words(struct page *p, const struct list_rows *rows, const char *id)
{
    const struct list_named *named = *id ? list_named_of(rows, id) : NULL;

    return *id ? arena_str(p->arena, str_of(named ? named->name : id)) : STR("");
}

static void cell_record(struct page *p, struct table *t, const struct list_rows *rows, const char *id)
{
    if (*id && list_named_of(rows, id))
        cell_link(&p->w, t, record_words(p, rows, id), record_url(p, arena_strdup(p->arena, str_of(id)), ""));
    else
        cell_text(&p->w, t, arena_str(p->arena, str_of(id)));
}

static void cell_holder(struct page *p, struct table *t, const struct list_rows *rows, const json_t *values)
{
    const json_t *receivers = json_arr(values, "receivers"), *one;
    struct str words = person_words(p, json_str(values, "holder"));
    size_t i;

    if (*json_str(values, "outside")) {
        cell_record(p, t, rows, json_str(values, "outside"));
        return;
    }
    if (*json_str(values, "holder") && !json_array_size(receivers)) {
        cell_link(&p->w, t, arena_str(p->arena, words), page_text(p, "/holders/%.*s", STR_ARG(page_encoded(p, str_of(json_str(values, "holder"))))));
        return;
    }
    json_array_foreach (receivers, i, one)
        words = page_text(p, "%.*s%s%.*s", STR_ARG(words), words.len ? "、" : "", STR_ARG(person_words(p, json_string_value(one))));
    cell_text(&p->w, t, arena_str(p->arena, words));
}

/* The record that permits it, or who decided. */
static void cell_approval(struct page *p, struct table *t, const struct list_rows *rows, const json_t *values)
{
    struct str who = person_words(p, json_str(values, "decider"));

    cell_begin(&p->w, t);
    html_text(&p->html, arena_str(p->arena, who));
    if (*json_str(values, "approval") && list_named_of(rows, json_str(values, "approval"))) {
        const char *id = arena_strdup(p->arena, str_of(json_str(values, "approval")));

        html_text(&p->html, STR("　"));
        if (id)
            link_show(p, str_of(id), record_url(p, id, ""));
    }
    cell_end(&p->w, t);
}

static struct str value_of(struct page *p, const struct list_row *row, const char *field)
{
    const struct field *f = reg_field(row->reg, field);
    const json_t *v = json_object_get(row->values, field);

    return f && v ? arena_str(p->arena, value_words(p, f, v)) : STR("");
}

static void show_row(struct page *p, struct table *t, const struct list_rows *rows, const struct list_row *row, bool with_item)
{
    const char *version = json_str(row->values, "version");
    const char *id = arena_strdup(p->arena, str_of(row->id));

    row_begin(&p->w, t);
    cell_link(&p->w, t, str_of(id ? id : ""), record_url(p, id ? id : "", ""));
    if (with_item)
        cell_record(p, t, rows, json_str(row->values, "item"));
    else
        cell_holder(p, t, rows, row->values);
    cell_text(&p->w, t, page_text(p, "%.*s%s%.*s", STR_ARG(value_of(p, row, "form")), json_object_get(row->values, "number") ? " " : "",
                                  STR_ARG(value_of(p, row, "number"))));
    cell_begin(&p->w, t);
    html_element(&p->html, HTML_CODE, "tj-digest", arena_str(p->arena, (struct str){version, strnlen(version, VERSION_SHOWN)}));
    cell_end(&p->w, t);
    cell_approval(p, t, rows, row->values);
    cell_begin(&p->w, t);
    chip(&p->w, state_chip(row->reg, row->state), state_words(p, row->reg, row->state));
    cell_end(&p->w, t);
    row_end(&p->w, t);
}

/* By an indexed field. */
static int show_rows(struct page *p, const char *field, const char *key, bool with_item, struct str caption)
{
    const struct column columns[] = {{.heading = T(p, MSG_REGISTER_NUMBER), .is_row_heading = true},
                                     {.heading = T(p, with_item ? MSG_HOLDERS_ITEM : MSG_HOLDERS_HOLDER)},
                                     {.heading = T(p, MSG_HOLDERS_FORM)},
                                     {.heading = T(p, MSG_HOLDERS_VERSION)},
                                     {.heading = T(p, MSG_HOLDERS_APPROVAL)},
                                     {.heading = T(p, MSG_REGISTER_STATE)}};
    CLEANUP(arena_freep) struct arena *arena = arena_new(ROWS_ARENA);
    struct list_query q = {.reg = COPIES, .state = "", .field = field, .key = key, .sort = "changed", .page = 1, .page_size = ROWS_MAX, .fields = fields,
                           .n_fields = ARRAY_LEN(fields), .has_named = true};
    struct list_rows rows;
    struct table t;
    int r = arena ? engine_list_rows(p->worker->engine, p->session.person, &q, arena, &rows) : -ENOMEM;

    if (r)
        return r;
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), caption);
    for (size_t i = 0; i < rows.n; i++)
        show_row(p, &t, &rows, &rows.at[i], with_item);
    table_end(&p->w, &t);
    if (!rows.n)
        table_empty(&p->w);
    if (rows.total > rows.n)
        html_element(&p->html, HTML_P, NULL, TF(p, MSG_HOLDERS_MORE, {"count", page_text(p, "%llu", (unsigned long long)(rows.total - rows.n))}));
    list_rows_done(&rows);
    return 0;
}

static void begin(struct page *p, struct str title)
{
    page_crumb(p, T(p, MSG_REGISTERS_TITLE), STR("/registers"));
    page_crumb(p, T(p, MSG_HOLDERS_TITLE), register_url(p, COPIES));
    page_crumb(p, title, STR_NONE);
    page_begin(p, page_text(p, "%.*s　%.*s", STR_ARG(T(p, MSG_HOLDERS_TITLE)), STR_ARG(title)), NAV_REGISTERS);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_HOLDERS_TEXT));
}

bool holders_are_counted(struct page *p, const struct reg *reg)
{
    const struct reg *copies = engine_reg(p->worker->engine, COPIES);
    const struct field *f = copies ? reg_field(copies, "item") : NULL;

    return f && f->type == FIELD_RECORD && f->reg && !strcmp(f->reg->id, reg->id);
}

/* Of one item, which is read by it. */
int holders_of_item(struct page *p)
{
    const char *id = page_param(p, STR("id"));
    const struct reg *reg;
    json_t *view;
    int r = page_record_or_answer(p, id, &view, &reg);

    if (r)
        return MIN_OF(r, 0);
    if (!holders_are_counted(p, reg))
        return page_not_found(p);
    p->label = label_words(p, reg, view);
    p->window = record_window(p, reg, view);
    begin(p, name_words(p, reg, json_str(view, "name")));
    html_open(&p->html, HTML_P);
    link_show(p, page_text(p, "%.*s %s", STR_ARG(text2_words(p, reg->title)), id), record_url(p, id, ""));
    html_close(&p->html, HTML_P);
    r = show_rows(p, "item", id, false, T(p, MSG_HOLDERS_OF_ITEM));
    return r ? r : page_end(p);
}

/* Of one member of staff. */
int holders_of_person(struct page *p)
{
    const char *id = page_param(p, STR("person"));
    const struct reg *copies = engine_reg(p->worker->engine, COPIES);
    int r;

    if (!copies || !force_person(engine_force(p->worker->engine), id))
        return page_not_found(p);
    begin(p, person_words(p, id));
    r = show_rows(p, "holder", id, true, T(p, MSG_HOLDERS_OF_PERSON));
    return r ? r : page_end(p);
}
