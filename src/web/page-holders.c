/* Who holds what, in which version, by whose approval (R4 of doc/design/information.md): of one item, linked from its record, and of one holder. The lines are
 * records of the register that packs feed; what is done with one are its steps, to which this page leads. Nothing is shown but what the person sees. */
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

#define ROWS_MAX 200u
#define ROWS_ARENA ((size_t)32 << 20)
#define VERSION_SHOWN 12 /* digits of a digest; all of it stands in the record */
#define FIELDS_MAX 32u

/* The fields whose values the lines need. */
struct wanted {
    const char *ids[FIELDS_MAX];
    size_t n;
};

static void want(struct wanted *w, const struct field *f)
{
    if (f && w->n < FIELDS_MAX)
        w->ids[w->n++] = f->id;
}

static void want_all(struct wanted *w, const struct held_by *h)
{
    want(w, h->of);
    want(w, h->version);
    want(w, h->form);
    want(w, h->number);
    for (size_t i = 0; i < h->n_holder; i++)
        want(w, h->holder[i]);
    for (size_t i = 0; i < h->n_approval; i++)
        want(w, h->approval[i]);
}

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

static enum field_type type_of_one(const struct field *f)
{
    return f->type == FIELD_LIST ? f->fields[0].type : f->type;
}

/* One of whom a field names, linked where he has a page; behind others. */
static void show_one(struct page *p, const struct list_rows *rows, const struct field *f, const char *id, bool is_first)
{
    const char *kept = arena_strdup(p->arena, str_of(id));

    if (!kept || !*kept)
        return;
    if (!is_first)
        html_text(&p->html, STR("、"));
    if (type_of_one(f) == FIELD_RECORD && list_named_of(rows, kept))
        link_show(p, record_words(p, rows, kept), record_url(p, kept, ""));
    else if (f->type == FIELD_PERSON)
        link_show(p, arena_str(p->arena, person_words(p, kept)), page_text(p, "/holders/%.*s", STR_ARG(page_encoded(p, str_of(kept)))));
    else
        html_text(&p->html, type_of_one(f) == FIELD_RECORD ? str_of(kept) : arena_str(p->arena, person_words(p, kept)));
}

static size_t show_all(struct page *p, const struct list_rows *rows, const struct field *f, const json_t *v, size_t n_before)
{
    size_t n = json_is_array(v) ? json_array_size(v) : json_is_string(v) && json_string_length(v);

    for (size_t i = 0; i < n; i++)
        show_one(p, rows, f, json_string_value(json_is_array(v) ? json_array_get(v, i) : v), n_before + i == 0);
    return n;
}

static void cell_holder(struct page *p, struct table *t, const struct list_rows *rows, const struct held_by *h, const json_t *values)
{
    size_t n = 0;

    cell_begin(&p->w, t);
    for (size_t i = 0; !n && i < h->n_holder; i++)
        n = show_all(p, rows, h->holder[i], json_object_get(values, h->holder[i]->id), 0);
    cell_end(&p->w, t);
}

/* Who decided, and the record that permits it. */
static void cell_approval(struct page *p, struct table *t, const struct list_rows *rows, const struct held_by *h, const json_t *values)
{
    size_t n = 0;

    cell_begin(&p->w, t);
    for (size_t i = 0; i < h->n_approval; i++)
        n += show_all(p, rows, h->approval[i], json_object_get(values, h->approval[i]->id), n);
    cell_end(&p->w, t);
}

static struct str value_of(struct page *p, const struct list_row *row, const struct field *f)
{
    const struct field *its = f ? reg_field(row->reg, f->id) : NULL; /* in the text that the row goes by */
    const json_t *v = f ? json_object_get(row->values, f->id) : NULL;

    return its && v ? arena_str(p->arena, value_words(p, its, v)) : STR("");
}

static void show_row(struct page *p, struct table *t, const struct list_rows *rows, const struct list_row *row, const struct held_by *h, bool with_item)
{
    const char *version = h->version ? json_str(row->values, h->version->id) : "";
    const char *id = arena_strdup(p->arena, str_of(row->id));
    struct str number = value_of(p, row, h->number);

    row_begin(&p->w, t);
    cell_link(&p->w, t, str_of(id ? id : ""), record_url(p, id ? id : "", ""));
    if (with_item)
        cell_record(p, t, rows, json_str(row->values, h->of->id));
    else
        cell_holder(p, t, rows, h, row->values);
    cell_text(&p->w, t, page_text(p, "%.*s%s%.*s", STR_ARG(value_of(p, row, h->form)), number.len ? " " : "", STR_ARG(number)));
    cell_begin(&p->w, t);
    html_element(&p->html, HTML_CODE, "tj-digest", arena_str(p->arena, (struct str){version, strnlen(version, VERSION_SHOWN)}));
    cell_end(&p->w, t);
    cell_approval(p, t, rows, h, row->values);
    cell_begin(&p->w, t);
    chip(&p->w, state_chip(row->reg, row->state), state_words(p, row->reg, row->state));
    cell_end(&p->w, t);
    row_end(&p->w, t);
}

/* By an indexed field. */
static int show_rows(struct page *p, const struct reg *reg, const char *field, const char *key, bool with_item, struct str caption)
{
    const struct column columns[] = {{.heading = T(p, MSG_REGISTER_NUMBER), .is_row_heading = true},
                                     {.heading = T(p, with_item ? MSG_HOLDERS_ITEM : MSG_HOLDERS_HOLDER)},
                                     {.heading = T(p, MSG_HOLDERS_FORM)},
                                     {.heading = T(p, MSG_HOLDERS_VERSION)},
                                     {.heading = T(p, MSG_HOLDERS_APPROVAL)},
                                     {.heading = T(p, MSG_REGISTER_STATE)}};
    CLEANUP(arena_freep) struct arena *arena = arena_new(ROWS_ARENA);
    struct wanted w = {0};
    struct list_query q = {.reg = reg->id, .state = "", .field = field, .key = key, .sort = "changed", .page = 1, .page_size = ROWS_MAX, .has_named = true};
    struct list_rows rows;
    struct table t;
    int r;

    want_all(&w, &reg->held_by);
    q.fields = w.ids;
    q.n_fields = w.n;
    r = arena ? engine_list_rows(p->worker->engine, p->session.person, &q, arena, &rows) : -ENOMEM;
    if (r)
        return r;
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), caption);
    for (size_t i = 0; i < rows.n; i++)
        show_row(p, &t, &rows, &rows.at[i], &reg->held_by, with_item);
    table_end(&p->w, &t);
    if (!rows.n)
        table_empty(&p->w);
    if (rows.total > rows.n)
        html_element(&p->html, HTML_P, NULL, TF(p, MSG_HOLDERS_MORE, {"count", page_text(p, "%llu", (unsigned long long)(rows.total - rows.n))}));
    list_rows_done(&rows);
    return 0;
}

static void begin(struct page *p, const struct reg *reg, struct str title)
{
    page_crumb(p, T(p, MSG_REGISTERS_TITLE), STR("/registers"));
    page_crumb(p, T(p, MSG_HOLDERS_TITLE), register_url(p, reg->id));
    page_crumb(p, title, STR_NONE);
    page_begin(p, page_text(p, "%.*s　%.*s", STR_ARG(T(p, MSG_HOLDERS_TITLE)), STR_ARG(title)), NAV_REGISTERS);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_HOLDERS_TEXT));
}

bool holders_are_counted(struct page *p, const struct reg *reg)
{
    return engine_reg_of_holders(p->worker->engine, reg->id) != NULL;
}

/* Of one item, which is read by it. */
int holders_of_item(struct page *p)
{
    const char *id = page_param(p, STR("id"));
    const struct reg *reg, *copies;
    json_t *view;
    int r = page_record_or_answer(p, id, &view, &reg);

    if (r)
        return MIN_OF(r, 0);
    if (!(copies = engine_reg_of_holders(p->worker->engine, reg->id)))
        return page_not_found(p);
    p->label = label_words(p, reg, view);
    p->window = record_window(p, reg, view);
    begin(p, copies, view_name_words(p, reg, view));
    html_open(&p->html, HTML_P);
    link_show(p, page_text(p, "%.*s %s", STR_ARG(text2_words(p, reg->title)), id), record_url(p, id, ""));
    html_close(&p->html, HTML_P);
    r = show_rows(p, copies, copies->held_by.of->id, id, false, T(p, MSG_HOLDERS_OF_ITEM));
    return r ? r : page_end(p);
}

/* By which one person is found; NULL: holders are no persons. */
static const struct field *person_field(const struct held_by *h)
{
    for (size_t i = 0; i < h->n_holder; i++)
        if (h->holder[i]->type == FIELD_PERSON)
            return h->holder[i];
    return NULL;
}

/* Of one member of staff. */
int holders_of_person(struct page *p)
{
    const char *id = page_param(p, STR("person"));
    const struct reg *copies = engine_reg_of_holders(p->worker->engine, "");
    const struct field *by = copies ? person_field(&copies->held_by) : NULL;
    int r;

    if (!by || !force_person(engine_force(p->worker->engine), id))
        return page_not_found(p);
    begin(p, copies, person_words(p, id));
    r = show_rows(p, copies, by->id, id, true, T(p, MSG_HOLDERS_OF_PERSON));
    return r ? r : page_end(p);
}
