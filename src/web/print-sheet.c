#include "web/print-sheet.h"

#include "web/list-columns.h"
#include "web/words.h"

#include "base/url-host.h"

#include <errno.h>

#define BOXED_CHOICES_MAX 4 /* so many choices stand on paper as boxes */
#define CELL_MAX ((size_t)1 << 20)

const struct form *form_of(const struct reg *reg, const char *id)
{
    const struct form *first = NULL;

    for (size_t i = 0; i < reg->pack->n_forms; i++) {
        const struct form *f = &reg->pack->forms[i];

        if (f->reg != reg)
            continue;
        if (!strcmp(f->id, id))
            return f;
        if (!first)
            first = f;
    }
    return first;
}

/* ---- values ---- */

static struct str box(bool is_set)
{
    return is_set ? STR("■") : STR("□");
}

static void add_choices(struct page *p, const struct field *f, const json_t *v, struct buf *out)
{
    for (size_t i = 0; i < f->n_choices; i++) {
        struct str b = box(json_is_string(v) && !strcmp(json_string_value(v), f->choices[i].id));

        (void)buf_printf(out, "%s%.*s%.*s", i ? "　" : "", STR_ARG(b),
                         STR_ARG(text2_words(p, f->choices[i].title)));
    }
}

static bool is_confirmed(const json_t *list, const char *item)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_is_string(json_array_get(list, i)) &&
            !strcmp(json_string_value(json_array_get(list, i)), item))
            return true;
    return false;
}

static void add_items(struct page *p, const struct field *f, const json_t *v, struct buf *out)
{
    for (size_t i = 0; i < f->n_choices; i++)
        (void)buf_printf(out, "%s%.*s %.*s", i ? "\n" : "",
                         STR_ARG(box(is_confirmed(v, f->choices[i].id))),
                         STR_ARG(text2_words(p, f->choices[i].title)));
}

static void add_rows(struct page *p, const struct field *f, const json_t *rows, struct buf *out)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        (void)buf_printf(out, "%s(%zu)", i ? "\n" : "", i + 1);
        for (size_t c = 0; c < f->n_fields; c++) {
            const json_t *cell = json_object_get(json_array_get(rows, i), f->fields[c].id);

            if (cell)
                (void)buf_printf(out, "　%.*s：%.*s", STR_ARG(text2_words(p, f->fields[c].title)),
                                 STR_ARG(value_words(p, &f->fields[c], cell)));
        }
    }
}

/* A record by the name that people know it by, as far as it is among `named` ones. One that is known by another record, as a grant is by its medium,
 * stands on paper by its own number: the other's would be taken for what is named here. */
static struct str open_words(struct page *p, const json_t *named, const struct field *f, const json_t *v)
{
    const char *id = f->type == FIELD_RECORD && json_is_string(v) ? json_string_value(v) : "";

    for (size_t i = 0; *id && i < json_array_size(named); i++) {
        const json_t *one = json_array_get(named, i);
        const struct reg *reg = strcmp(json_str(one, "id"), id) != 0 ? NULL : engine_reg(p->worker->engine, json_str(one, "reg"));

        if (reg && reg->name_field && reg->name_field->type == FIELD_RECORD)
            break;
        if (!strcmp(json_str(one, "id"), id))
            return name_words(p, reg, json_str(one, "name"));
    }
    return value_words(p, f, v);
}

static void add_list(struct page *p, const json_t *named, const struct field *f, const json_t *v, struct buf *out)
{
    for (size_t i = 0; i < json_array_size(v); i++)
        (void)buf_printf(out, "%s・%.*s", i ? "\n" : "", STR_ARG(open_words(p, named, &f->fields[0], json_array_get(v, i))));
}

/* As a form shows it: choices and items with all that could be marked. */
static struct str cell_words(struct page *p, const json_t *named, const struct field *f, const json_t *v)
{
    CLEANUP(buf_done) struct buf out;

    buf_init(&out, CELL_MAX);
    if (json_is_object(v) && json_flag(v, "erased"))
        return T(p, MSG_RECORD_ERASED);
    if (f->type == FIELD_CHOICE && f->n_choices <= BOXED_CHOICES_MAX)
        add_choices(p, f, v, &out);
    else if (f->type == FIELD_FLAG)
        (void)buf_printf(&out, "%.*s%.*s　%.*s%.*s", STR_ARG(box(json_is_true(v))),
                         STR_ARG(T(p, MSG_WORDS_YES)), STR_ARG(box(json_is_false(v))),
                         STR_ARG(T(p, MSG_WORDS_NO)));
    else if (f->type == FIELD_CHECKLIST)
        add_items(p, f, v, &out);
    else if (f->type == FIELD_GROUP)
        add_rows(p, f, v, &out);
    else if (f->type == FIELD_LIST)
        add_list(p, named, f, v, &out);
    else
        return v ? open_words(p, named, f, v) : STR("");
    return buf_error(&out) ? STR_NONE : out.len ? arena_str(p->arena, buf_str(&out)) : STR("");
}

static const json_t *value_of(const json_t *view, const struct field *f)
{
    const json_t *v = json_object_get(json_obj(view, "values"), f->id);

    return v ? v : json_object_get(json_obj(view, "personal"), f->id);
}

/* ---- who decided ---- */

/* The newest entry of the history that is one of these acts of the register; NULL. */
static const json_t *entry_of(const json_t *view, const struct reg *reg, const char *const *acts,
                              size_t n)
{
    const json_t *history = json_arr(view, "history");
    size_t len = strlen(reg->id);

    for (size_t i = json_array_size(history); i--;) {
        const json_t *one = json_array_get(history, i);
        const char *act = json_str(one, "act");

        for (size_t k = 0; k < n; k++)
            if (!strncmp(act, reg->id, len) && act[len] == '/' && !strcmp(act + len + 1, acts[k]))
                return one;
    }
    return NULL;
}

static struct str day_of(struct page *p, const char *instant)
{
    uint64_t us;

    return instant_parse(str_of(instant), &us) ? STR("") : day_words(p, day_of_instant(us));
}

/* When it was done: of what was entered later from paper, the day on the paper. */
static struct str entry_day(struct page *p, const json_t *entry)
{
    const char *paper = json_str(entry, "paper");

    return day_of(p, *paper ? paper : json_str(entry, "t"));
}

static struct str entry_unit(struct page *p, const json_t *entry)
{
    return office_unit_words(p, json_str(entry, "actor"), json_str(entry, "post"), json_object_get(entry, "t"));
}

static struct str entry_mark(struct page *p, const json_t *entry)
{
    struct str mark = T(p, MSG_PRINT_ELECTRONIC);

    if (*json_str(entry, "paper"))
        mark = TF(p, MSG_PRINT_PAPER, {"keyed", day_of(p, json_str(entry, "t"))});
    return json_array_size(json_arr(entry, "under"))
               ? TF(p, MSG_PRINT_UNDER, {"mark", mark},
                    {"records", under_words(p, json_arr(entry, "under"))})
               : mark;
}

static struct str rank_words(struct page *p, const char *id)
{
    const struct person *person = force_person(engine_force(p->worker->engine), id);

    if (!person || !person->rank)
        return STR("");
    return str_of(p->lang == MESSAGE_EN && *person->rank->name_en ? person->rank->name_en
                                                                  : person->rank->name_ja);
}

static int put_stamps(struct page *p, const struct form *form, const json_t *view, struct sheet *s)
{
    struct sheet_stamp *stamps = arena_alloc_n(p->arena, form->n_stamps + 1, sizeof(*stamps));

    if (!stamps)
        return -ENOMEM;
    for (size_t i = 0; i < form->n_stamps; i++) {
        const json_t *entry =
            entry_of(view, form->reg, form->stamps[i].acts, form->stamps[i].n_acts);

        stamps[i] = (struct sheet_stamp){.title = text2_words(p, form->stamps[i].title)};
        if (!entry)
            continue;
        stamps[i].unit = entry_unit(p, entry);
        stamps[i].post = post_words(p, json_str(entry, "post"));
        stamps[i].rank = rank_words(p, json_str(entry, "actor"));
        stamps[i].name = person_words(p, json_str(entry, "actor"));
        stamps[i].day = entry_day(p, entry);
        stamps[i].mark = entry_mark(p, entry);
    }
    s->stamps = stamps;
    s->n_stamps = form->n_stamps;
    s->stamps_title = T(p, MSG_PRINT_STAMPS);
    return 0;
}

#define UNTOLD "…" /* as engine_filled() says it of an empty field */

/* Nothing was filled in where the form says to whom: 殿 alone addresses nobody. */
static bool is_to_nobody(struct page *p, struct text2 to, struct str said)
{
    const char *text = text2_in(to, p->lang == MESSAGE_EN), *open = strchr(text, '{');
    struct str rest = said;

    if (!open)
        return false;
    for (; open; text = strchr(open, '}') + 1, open = strchr(text, '{')) {
        struct str part = {text, (size_t)(open - text)};

        if (!str_starts(rest, part) || !strchr(open, '}'))
            return false;
        rest = (struct str){rest.at + part.len, rest.len - part.len};
        if (!str_starts(rest, STR(UNTOLD)))
            return false;
        rest = (struct str){rest.at + strlen(UNTOLD), rest.len - strlen(UNTOLD)};
    }
    return str_eq(rest, str_of(text));
}

static int put_letter(struct page *p, const struct form *form, const json_t *view, struct sheet *s)
{
    const json_t *entry = entry_of(view, form->reg, form->from, form->n_from);
    json_t *to = NULL;
    int r;

    if (!form->n_from)
        return 0;
    r = engine_filled(p->worker->engine, p->session.person, json_str(view, "id"), form->to, p->now_us, &to);
    if (r || !page_keep(p, to))
        return r ? r : -ENOMEM;
    s->letter_to = say_words(p, to);
    if (is_to_nobody(p, form->to, s->letter_to))
        s->letter_to = STR("");
    s->letter_day = entry ? entry_day(p, entry) : STR("");
    s->letter_post = entry ? page_text(p, "%.*s　%.*s", STR_ARG(entry_unit(p, entry)), STR_ARG(post_words(p, json_str(entry, "post")))) : STR("");
    s->letter_name =
        entry ? page_text(p, "%.*s　%.*s", STR_ARG(rank_words(p, json_str(entry, "actor"))),
                          STR_ARG(person_words(p, json_str(entry, "actor"))))
              : STR("");
    return 0;
}

/* ---- a record ---- */

static bool has_id(const json_t *ids, const json_t *id)
{
    for (size_t i = 0; i < json_array_size(ids); i++)
        if (json_equal(json_array_get(ids, i), id))
            return true;
    return false;
}

/* Under which records anything of it was done; "". */
static struct str suspended_mark(struct page *p, const json_t *view)
{
    const json_t *history = json_arr(view, "history");
    JSON_AUTO *ids = json_array();

    for (size_t i = 0; ids && i < json_array_size(history); i++) {
        const json_t *under = json_arr(json_array_get(history, i), "under");

        for (size_t k = 0; k < json_array_size(under); k++)
            if (!has_id(ids, json_array_get(under, k)) &&
                json_array_append(ids, json_array_get(under, k)))
                return STR("");
    }
    return json_array_size(ids) ? TF(p, MSG_PRINT_SUSPENDED, {"records", under_words(p, ids)})
                                : STR("");
}

static int put_head_row(struct page *p, const struct reg *reg, const json_t *view,
                        struct sheet_row *row)
{
    struct sheet_cell *cells = arena_alloc_n(p->arena, 2, sizeof(*cells));

    if (!cells)
        return -ENOMEM;
    cells[0] = (struct sheet_cell){.heading = T(p, MSG_PRINT_NUMBER),
                                   .text = str_of(json_str(view, "id"))};
    cells[1] = (struct sheet_cell){.heading = T(p, MSG_REGISTER_STATE),
                                   .text = state_words(p, reg, json_str(view, "state"))};
    if (json_flag(view, "expired_rule"))
        cells[1].mark = text2_words(p, reg->pack->expiry_stamp);
    cells[0].mark = suspended_mark(p, view);
    *row = (struct sheet_row){.cells = cells, .n = 2};
    return 0;
}

/* ---- codes ---- */

static bool is_state_of_code(const struct form_cell *c, const char *state)
{
    for (size_t i = 0; i < c->n_states; i++)
        if (!strcmp(c->states[i], state))
            return true;
    return false;
}

bool code_of_cell(struct page *p, const struct form_cell *c, const json_t *view, struct code_shown *ret)
{
    const json_t *url = c->code ? value_of(view, c->code) : NULL, *text = value_of(view, c->field);
    char host[URL_HOST_MAX];
    CLEANUP(buf_done) struct buf out;

    buf_init(&out, CELL_MAX);
    if (!json_is_string(url) || !json_is_string(text) || !json_string_length(text) || !is_state_of_code(c, json_str(view, "state")) ||
        value_is_corrected(view, c->code->id))
        return false;
    url_host(str_of(json_string_value(url)), host);
    if (!*host)
        return false;
    (void)buf_printf(&out, "%s\n%s\n%.*s", json_string_value(text), json_string_value(url),
                     STR_ARG(TF(p, MSG_PRINT_CODE_HOST, {"host", str_of(host)})));
    for (size_t i = 0; i < c->n_beside; i++) {
        struct str words = cell_words(p, json_arr(view, "named"), c->beside[i], value_of(view, c->beside[i]));

        if (words.len)
            (void)buf_printf(&out, "\n%.*s", STR_ARG(TF(p, MSG_PRINT_CODE_BESIDE, {"title", text2_words(p, c->beside[i]->title)}, {"value", words})));
    }
    ret->url = str_of(json_string_value(url));
    ret->text = buf_error(&out) ? STR_NONE : arena_str(p->arena, buf_str(&out));
    return ret->text.at != NULL;
}

static int put_form_row(struct page *p, const struct form_line *line, const json_t *view,
                        struct sheet_row *row)
{
    struct sheet_cell *cells = arena_alloc_n(p->arena, line->n + 1, sizeof(*cells));

    if (!cells)
        return -ENOMEM;
    for (size_t i = 0; i < line->n; i++) {
        const struct form_cell *c = &line->cells[i];
        struct code_shown shown;

        cells[i] = (struct sheet_cell){
            .heading = text2_words(p, *c->heading.ja ? c->heading : c->field->title),
            .text = cell_words(p, json_arr(view, "named"), c->field, value_of(view, c->field)),
            .mark = value_is_corrected(view, c->field->id) ? T(p, MSG_PRINT_CORRECTED) : STR_NONE,
            .span = c->span,
            .lines = c->lines};
        if (code_of_cell(p, c, view, &shown)) {
            cells[i].code = shown.url;
            cells[i].text = shown.text;
        }
    }
    *row = (struct sheet_row){.cells = cells, .n = line->n, .side_rows = line->side_rows};
    if (line->side_rows)
        row->side = text2_words(p, line->side);
    return 0;
}

static int put_field_row(struct page *p, const struct field *f, const json_t *view,
                         struct sheet_row *row)
{
    struct form_cell cell = {.field = f, .heading = {"", ""}, .span = 1, .lines = 1};
    struct form_line line = {.cells = &cell, .n = 1};

    return put_form_row(p, &line, view, row);
}

static int put_rows(struct page *p, const struct reg *reg, const struct form *form,
                    const json_t *view, struct sheet *s)
{
    size_t n = form ? form->n_rows : reg->n_fields;
    struct sheet_row *rows = arena_alloc_n(p->arena, n + 1, sizeof(*rows));
    int e = rows ? put_head_row(p, reg, view, &rows[0]) : -ENOMEM;

    for (size_t i = 0; !e && i < n; i++)
        e = form ? put_form_row(p, &form->rows[i], view, &rows[i + 1])
                 : put_field_row(p, &reg->fields[i], view, &rows[i + 1]);
    s->rows = rows;
    s->n_rows = n + 1;
    return e;
}

/* ---- what every sheet has ---- */

static int put_common(struct page *p, const struct reg *reg, const struct form *form,
                      const json_t *view, struct sheet *s)
{
    struct str originators, *notes = arena_alloc_n(p->arena, (form ? form->n_notes : 0) + 2, sizeof(*notes));

    if (!notes)
        return -ENOMEM;
    *s = (struct sheet){.number = form ? str_of(form->number) : str_of(reg->form),
                        .title = text2_words(p, form ? form->title : reg->title),
                        .label = label_words(p, reg, view),
                        .heading_mm = form ? form->heading : 0,
                        .created_us = p->now_us,
                        .notes_title = T(p, MSG_PRINT_NOTES),
                        .continued = T(p, MSG_PRINT_CONTINUED),
                        .unknown = T(p, MSG_PRINT_UNKNOWN),
                        .empty = T(p, MSG_TABLE_EMPTY)};
    s->printed = TF(p, MSG_PRINT_PRINTED, {"time", instant_words(p, p->now_us)},
                    {"name", person_words(p, p->session.person)},
                    {"post", person_post_words(p, p->session.person)});
    for (size_t i = 0; form && i < form->n_notes; i++)
        notes[s->n_notes++] = text2_words(p, form->notes[i]);
    if (view && (originators = originators_words(p, view)).len)
        notes[s->n_notes++] = TF(p, MSG_PRINT_ORIGINATORS, {"list", originators});
    s->notes = notes;
    return 0;
}

/* What `ledger` says, for machines: a record with its version or a register with so many records, year/size of the ledger, and the digest. */
static struct str proof_words(struct page *p, struct print_position at, const char *of, long long n, const char *digest)
{
    return page_text(p, "%s %lld %lld/%lld sha256:%s", of, n, (long long)at.year, (long long)at.size, digest);
}

int sheet_of_record(struct page *p, const struct reg *reg, const struct form *form,
                    const json_t *view, struct print_position at, struct sheet *ret)
{
    int e = put_common(p, reg, form, view, ret);

    if (!e && form)
        e = put_stamps(p, form, view, ret);
    if (e)
        return e;
    if (form && (e = put_letter(p, form, view, ret)))
        return e;
    ret->ledger = TF(p, MSG_PRINT_LEDGER, {"year", page_text(p, "%lld", (long long)at.year)},
                     {"size", page_text(p, "%lld", (long long)at.size)},
                     {"record", str_of(json_str(view, "id"))},
                     {"version", page_text(p, "%lld", (long long)json_int(view, "version"))},
                     {"digest", str_of(json_str(view, "digest"))});
    ret->proof = proof_words(p, at, json_str(view, "id"), json_int(view, "version"), json_str(view, "digest"));
    return put_rows(p, reg, form, view, ret);
}

/* ---- a register ---- */

/* As on the page: unit, name, and what the list shows. */
static size_t fields_of_list(const struct reg *reg, const struct field **ret)
{
    size_t n = 0;

    if (reg->unit_field)
        ret[n++] = reg->unit_field;
    if (reg->name_field && reg->name_field != reg->unit_field)
        ret[n++] = reg->name_field;
    return n + list_columns(reg, ret + n);
}

/* What stands between number and state. */
static size_t put_columns(struct page *p, const struct reg *reg, const struct form *form,
                          const struct field **fields, struct sheet_column *columns)
{
    bool is_form = form && form->n_table;
    size_t n = is_form ? form->n_table : fields_of_list(reg, fields);

    for (size_t i = 0; i < n; i++) {
        if (is_form)
            fields[i] = form->table[i].field;
        columns[1 + i] = (struct sheet_column){text2_words(p, is_form && *form->table[i].heading.ja ? form->table[i].heading : fields[i]->title),
                                               is_form ? form->table[i].width : 2, fields[i]->type == FIELD_NUMBER};
    }
    columns[0] = (struct sheet_column){T(p, MSG_REGISTER_NUMBER), 3, false};
    columns[1 + n] = (struct sheet_column){T(p, MSG_REGISTER_STATE), 2, false};
    return n;
}

/* Every record that the columns name, once: *ret, kept by the page, are those in sight. */
static int names_of(struct page *p, const struct field *const *fields, size_t n, const json_t *rows, json_t **ret)
{
    JSON_AUTO *ids = json_object();
    json_t *named = NULL;
    int r = ids ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < json_array_size(rows); i++)
        for (size_t c = 0; !r && c < n; c++) {
            const char *id = json_str(json_obj(json_array_get(rows, i), "values"), fields[c]->id);

            r = fields[c]->type == FIELD_RECORD && *id ? json_put_flag(ids, id, true) : 0;
        }
    if (!r)
        r = engine_named(p->worker->engine, p->session.person, ids, p->now_us, &named);
    if (!r && !(*ret = page_keep(p, named)))
        r = -ENOMEM;
    return r;
}

static void put_line(struct page *p, const struct reg *reg, const struct field *const *fields,
                     size_t n, const json_t *named, const json_t *row, struct str *texts)
{
    texts[0] = str_of(json_str(row, "id"));
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_object_get(json_obj(row, "values"), fields[i]->id);

        texts[1 + i] = v ? open_words(p, named, fields[i], v) : STR("");
    }
    texts[1 + n] = state_words(p, reg, json_str(row, "state"));
}

int sheet_of_list(struct page *p, const struct reg *reg, const struct form *form,
                  const json_t *rows, struct print_position at, const char *digest,
                  struct sheet *ret)
{
    struct sheet_column *columns = arena_alloc_n(p->arena, SHEET_COLUMNS_MAX, sizeof(*columns));
    const struct field *fields[SHEET_COLUMNS_MAX];
    size_t n_rows = json_array_size(rows), n;
    json_t *named;
    struct str *texts = arena_alloc_n(p->arena, n_rows * SHEET_COLUMNS_MAX + 1, sizeof(*texts));
    int e = columns && texts ? put_common(p, reg, form, NULL, ret) : -ENOMEM;

    if (e)
        return e;
    n = put_columns(p, reg, form, fields, columns);
    if ((e = names_of(p, fields, n, rows, &named)))
        return e;
    for (size_t i = 0; i < n_rows; i++)
        put_line(p, reg, fields, n, named, json_array_get(rows, i), texts + i * (n + 2));
    ret->is_landscape = form ? form->is_landscape : true;
    ret->columns = columns;
    ret->n_columns = n + 2;
    ret->texts = texts;
    ret->n_lines = n_rows;
    ret->ledger = TF(p, MSG_PRINT_LEDGER_LIST, {"year", page_text(p, "%lld", (long long)at.year)},
                     {"size", page_text(p, "%lld", (long long)at.size)},
                     {"count", page_text(p, "%zu", n_rows)}, {"digest", str_of(digest)});
    ret->proof = proof_words(p, at, reg->id, (long long)n_rows, digest);
    return 0;
}
