#include "web/step-form.h"

#include "engine/record.h"
#include "engine/same.h"
#include "web/page-file.h"
#include "web/pages.h"
#include "web/step-offer.h"
#include "web/words.h"

#include <errno.h>

/* ---- values before anybody typed ---- */

static const json_t *held(const json_t *view, const char *id)
{
    const json_t *v = json_object_get(json_obj(view, "values"), id);

    return v ? v : json_object_get(json_obj(view, "personal"), id);
}

/* Defaults that are known before the act. "Today" and "now" are left to the moment of the act. */
static const json_t *given_before(const struct step_form *form, const struct field *f)
{
    if (!f->initial.has_shift && (f->initial.kind == REF_TODAY || f->initial.kind == REF_NOW))
        return NULL;
    return json_object_get(form->initial, f->id);
}

static int fill_typed(struct step_form *form, struct step_row *row)
{
    const json_t *v = form->view ? held(form->view, row->field->id) : NULL;
    json_t *typed;

    if (row->field->type == FIELD_SECRET) /* it is typed anew, whatever was */
        return 0;
    row->is_default = !v;
    if (!v && !(v = given_before(form, row->field)))
        return 0;
    if (!(typed = value_typed(form->page, row->field, v)))
        return -ENOMEM;
    row->typed = page_keep(form->page, typed);
    return row->typed ? 0 : -ENOMEM;
}

/* ---- rows ---- */

static struct str support_of(struct page *p, const struct field *f, bool is_filled)
{
    struct str own = text2_words(p, f->support);
    bool has_default = f->initial.kind != REF_NONE && !is_filled;
    struct str more = STR("");

    if (step_is_typed(p, f))
        more = T(p, MSG_STEP_LIST_SUPPORT);
    else if (f->type == FIELD_FILE)
        more = TF(p, MSG_STEP_FILE_SUPPORT, {"size", size_words(p, f->max_bytes)}, {"small", size_words(p, MIN_OF(f->max_bytes, (uint64_t)FORM_FILE_MAX))});
    else if (f->type == FIELD_RECORD && !f->reg)
        more = T(p, MSG_STEP_RECORD_SUPPORT);
    else if (has_default && f->initial.kind == REF_NOW && !f->initial.has_shift)
        more = T(p, MSG_STEP_NOW_SUPPORT);
    else if (has_default && f->initial.kind == REF_TODAY && !f->initial.has_shift)
        more = T(p, MSG_STEP_TODAY_SUPPORT);
    else if (has_default)
        more = T(p, MSG_STEP_DEFAULT_SUPPORT);
    if (own.len && more.len)
        return page_text(p, "%.*s　%.*s", STR_ARG(own), STR_ARG(more));
    return own.len ? own : more.len ? more : STR_NONE;
}

static bool refuses_blank(const struct cond *c, const struct field *f)
{
    return (c->kind == COND_CONFIRMED || c->kind == COND_ONE_OF || (c->kind == COND_FILLED && c->wanted)) &&
           c->subject.kind == REF_FIELD && c->subject.n_hops == 1 && c->subject.hops[0] == f;
}

/* What has to repeat another value is refused when it is empty and the other is not. */
static bool has_to_equal(const struct cond *c, const struct field *f)
{
    return c->kind == COND_SAME && !c->only_if && c->subject.kind == REF_FIELD && c->subject.n_hops == 1 && c->subject.hops[0] == f;
}

/* In some cases at least, an empty one is refused: it cannot be called optional. */
static bool is_asked_if(const struct step *step, const struct field *f)
{
    for (size_t i = 0; i < step->n_conds; i++)
        if ((step->conds[i]->only_if && refuses_blank(step->conds[i], f)) || has_to_equal(step->conds[i], f))
            return true;
    return false;
}

static const struct cond *demand_in(const struct cond *c, const struct field *f)
{
    const struct cond *found = NULL;

    if (c->only_if)
        return NULL;
    for (size_t i = 0; c->kind == COND_ALL && !found && i < c->n_children; i++)
        found = demand_in(c->children[i], f);
    return found ? found : refuses_blank(c, f) ? c : NULL;
}

/* Whatever else stands in the form, an empty one is refused by a clause. */
static const struct cond *demand_of_step(const struct step *step, const struct field *f)
{
    const struct cond *found = NULL;

    for (size_t i = 0; !found && i < step->n_conds; i++)
        found = demand_in(step->conds[i], f);
    return found;
}

static bool share_a_state(const struct step *a, const struct step *b)
{
    for (size_t i = 0; i < a->n_from; i++)
        for (size_t k = 0; k < b->n_from; k++)
            if (!strcmp(a->from[i], b->from[k]))
                return true;
    return false;
}

/* Of several steps of one name, what all of them demand. */
static const struct cond *demand_of(const struct step *step, const struct field *f)
{
    const struct step *s = procedure_step(step->procedure, step->act, 0);

    for (size_t i = 0; s; s = procedure_step(step->procedure, step->act, ++i))
        if (share_a_state(step, s) && !demand_of_step(s, f))
            return NULL;
    return demand_of_step(step, f);
}

static struct field_info info_of(struct page *p, const struct field *f, const char *name, bool is_filled)
{
    bool has_default = f->initial.kind != REF_NONE; /* an empty one is then filled in, not refused */

    return (struct field_info){.name = name, .label = text2_words(p, f->title), .support = support_of(p, f, is_filled),
                               .is_required = f->required && !has_default, .show_optional = !f->required};
}

static size_t group_rows(const struct step_row *row)
{
    return MIN_OF(json_array_size(row->typed) + STEP_FORM_ROWS_MORE, (size_t)STEP_FORM_ROWS_MAX);
}

/* The control that takes the file itself; that of the field's own name holds its id. */
static const char *file_control(struct page *p, const struct field *f)
{
    struct str name = page_text(p, "%s._file", f->id);

    return name.at ? name.at : "";
}

static const char *control_name(struct page *p, const struct field *f)
{
    return f->type == FIELD_FILE ? file_control(p, f) : f->type == FIELD_SECRET ? STEP_SECRET : f->id;
}

int step_form_init(struct step_form *form, struct page *p, const struct reg *reg, const struct step *step,
                   const json_t *asks, const json_t *view, const json_t *initial)
{
    size_t n = json_array_size(asks);
    int r;

    *form = (struct step_form){.page = p, .reg = reg, .step = step, .view = view, .initial = initial};
    form->rows = arena_alloc_n(p->arena, n + 1, sizeof(*form->rows));
    if (!form->rows)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const char *id = json_string_value(json_array_get(asks, i));
        const struct field *f = id ? reg_field(reg, id) : NULL;
        struct step_row *row = &form->rows[form->n_rows];

        if (!f || f->measured) /* what nobody types */
            continue;
        *row = (struct step_row){.field = f};
        if ((r = fill_typed(form, row)))
            return r;
        row->info = info_of(p, f, control_name(p, f), row->typed != NULL);
        row->demand = demand_of(step, f);
        row->info.is_demanded = row->demand != NULL;
        row->info.show_sometimes = row->info.show_optional && is_asked_if(step, f);
        row->n_rows = group_rows(row);
        form->n_rows++;
    }
    return 0;
}

/* ---- what lists are compared with ---- */

static int want_texts(struct step_form *form, struct step_row *row, const json_t *texts)
{
    size_t n = json_array_size(texts);

    row->wanted = arena_alloc_n(form->page->arena, n + 1, sizeof(*row->wanted));
    if (!row->wanted)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const json_t *text = json_array_get(texts, i);
        struct str s = arena_str(form->page->arena, (struct str){json_string_value(text), json_string_length(text)});

        if (s.len)
            row->wanted[row->n_wanted++] = (struct field_choice){.value = s, .label = s, .hint = STR_NONE};
    }
    row->info.support = text2_words(form->page, row->field->support);
    if (!row->info.support.len)
        row->info.support = T(form->page, MSG_STEP_OFFERED_SUPPORT);
    return 0;
}

const struct field *step_over_field(const struct step *st)
{
    for (size_t i = 0; i < st->n_conds; i++) {
        const struct cond *c = st->conds[i];

        if (c->kind == COND_RETENTION && c->subject.kind == REF_FIELD && c->subject.n_hops == 1 && c->subject.hops[0]->type == FIELD_LIST)
            return c->subject.hops[0];
    }
    return NULL;
}

static struct str over_words(struct page *p, const json_t *one)
{
    const struct reg *reg = engine_reg(p->worker->engine, json_str(one, "reg"));
    const char *id = json_str(one, "id"), *name = json_str(one, "name");
    struct str words = page_text(p, "%s　%.*s", id, STR_ARG(reg ? text2_words(p, reg->title) : STR("")));

    return strcmp(id, name) != 0 ? page_text(p, "%.*s　%.*s", STR_ARG(words), STR_ARG(name_words(p, reg, name))) : words;
}

/* The others, when there are more than fit, are still taken by number. */
static int want_over(struct step_form *form, struct step_row *row)
{
    struct page *p = form->page;
    json_t *over = NULL;
    const json_t *rows;
    int r = engine_over(p->worker->engine, p->session.person, STEP_FORM_LIST_MAX, p->now_us, &over);

    if (r || !page_keep(p, over))
        return r < 0 ? r : -ENOMEM;
    rows = json_arr(over, "rows");
    if (!json_array_size(rows))
        return 0;
    row->wanted = arena_alloc_n(p->arena, json_array_size(rows), sizeof(*row->wanted));
    if (!row->wanted)
        return -ENOMEM;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *one = json_array_get(rows, i);

        row->wanted[row->n_wanted++] = (struct field_choice){
            .value = str_of(json_str(one, "id")), .label = over_words(p, one),
            .hint = TF(p, MSG_STEP_KEPT_UNTIL, {"day", when_words(p, json_object_get(one, "keep_until"))})};
    }
    row->info.support = T(p, json_flag(over, "more") ? MSG_STEP_OVER_MORE : MSG_STEP_OVER_SUPPORT);
    return 0;
}

int step_form_want(struct step_form *form, const json_t *wanted)
{
    const struct field *over = step_over_field(form->step);
    int r = 0;

    for (size_t i = 0; !r && i < form->n_rows; i++) {
        const json_t *texts = json_object_get(wanted, form->rows[i].field->id);

        if (json_array_size(texts))
            r = want_texts(form, &form->rows[i], texts);
        else if (over == form->rows[i].field)
            r = want_over(form, &form->rows[i]);
    }
    return r;
}

/* ---- what was sent ---- */

static json_t *text_value(struct str s)
{
    return json_stringn(s.at ? s.at : "", s.len);
}

static int append_lines(json_t *list, struct str value)
{
    struct str rest = value, line;

    while (str_split(&rest, '\n', &line)) {
        line = str_trim(line);
        if (line.len && json_array_append_new(list, text_value(line)))
            return -ENOMEM;
    }
    return 0;
}

/* Every value of that name; in lists each line is one. */
static json_t *sent_list(const struct form_data *sent, const char *name)
{
    size_t n = form_count(sent, str_of(name));
    json_t *list = json_array();

    for (size_t i = 0; list && i < n; i++)
        if (append_lines(list, form_get_nth(sent, str_of(name), i))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *sent_row(struct page *p, const struct field *f, const struct form_data *sent, size_t nth, bool *ret_is_filled)
{
    json_t *row = json_object();

    for (size_t c = 0; row && c < f->n_fields; c++) {
        struct str name = page_text(p, "%s.%zu.%s", f->id, nth, f->fields[c].id);
        struct str value = str_trim(form_get(sent, name));

        if (!value.len)
            continue;
        *ret_is_filled = true;
        if (json_object_set_new(row, f->fields[c].id, text_value(value))) {
            json_decref(row);
            return NULL;
        }
    }
    return row;
}

/* Rows as they stand in the form; empty ones are dropped. */
static json_t *sent_group(struct page *p, const struct field *f, const struct form_data *sent, size_t *ret_shown)
{
    json_t *rows = json_array();

    *ret_shown = 0;
    for (size_t i = 1; rows && i <= STEP_FORM_ROWS_MAX; i++) {
        struct str first = page_text(p, "%s.%zu.%s", f->id, i, f->fields[0].id);
        bool is_filled = false;
        json_t *row;

        if (!form_count(sent, first))
            break;
        *ret_shown = i;
        row = sent_row(p, f, sent, i, &is_filled);
        if (row && !is_filled) {
            json_decref(row);
            continue;
        }
        if (!row || json_array_append_new(rows, row)) {
            json_decref(rows);
            return NULL;
        }
    }
    return rows;
}

static json_t *sent_value(struct step_form *form, struct step_row *row, const struct form_data *sent)
{
    const struct field *f = row->field;
    json_t *v;

    switch (f->type) {
    case FIELD_CHECKLIST:
    case FIELD_LIST:
        return sent_list(sent, f->id);
    case FIELD_GROUP:
        v = sent_group(form->page, f, sent, &row->n_rows);
        if (str_eq(form_get(sent, STR("_add")), str_of(f->id)))
            row->n_rows += STEP_FORM_ROWS_MORE;
        row->n_rows = MIN_OF(MAX_OF(row->n_rows, (size_t)1), (size_t)STEP_FORM_ROWS_MAX);
        return v;
    case FIELD_SECRET: /* that one was: the text goes from the form to the keeper, and into no row */
        return text_value(form_get(sent, STR(STEP_SECRET)).len ? STR("typed") : STR(""));
    default:
        return text_value(form_get(sent, str_of(f->id)));
    }
}

static bool is_empty(const json_t *v)
{
    return !v || (json_is_string(v) && !*json_string_value(v)) || (json_is_array(v) && !json_array_size(v));
}

static struct str blank_words(struct page *p, const struct field *f, const struct cond *demand)
{
    bool is_chosen = field_is_chosen(f);
    struct str clause =
        demand && demand->clauses.n ? clause_words(p, demand->clauses.at[0]->id) : STR_NONE;

    if (!clause.at)
        return T(p, is_chosen ? MSG_STEP_UNCHOSEN : MSG_STEP_BLANK);
    return TF(p, is_chosen ? MSG_STEP_UNCHOSEN_BASIS : MSG_STEP_BLANK_BASIS, {"clause", clause});
}

/* Lines end in CR LF when browsers send them. */
static bool same_value(const json_t *a, const json_t *b)
{
    const char *x = json_string_value(a), *y = json_string_value(b);

    if (is_empty(a) && is_empty(b))
        return true;
    if (!x || !y)
        return a && b && json_equal(a, b);
    while (*x || *y) {
        x += x[0] == '\r' && x[1] == '\n';
        y += y[0] == '\r' && y[1] == '\n';
        if (*x != *y)
            return false;
        x++;
        y++;
    }
    return true;
}

/* In the place of the file that came with the form: the id by which the keeper has it; of one that it did not take what was `held` before. */
static int take_file(struct step_form *form, struct step_row *row, struct str held, struct form_field *sent)
{
    struct page *p = form->page;
    char id[ATTACHMENT_ID_SIZE];
    const json_t *answer;
    int r = file_send(p, form->reg, row->field, sent, id, &answer);

    if (r)
        return r;
    if (answer)
        row->info.error = page_answer_words(p, answer);
    *sent = (struct form_field){.name = str_of(row->field->id), .value = answer ? held : arena_str(p->arena, str_of(id))};
    return answer || sent->value.at ? 0 : -ENOMEM;
}

int step_form_files(struct step_form *form, struct form_data *sent, bool *ret_taken)
{
    struct form_field *fields = arena_alloc_n(form->page->arena, sent->n + 1, sizeof(*fields));

    *ret_taken = true;
    if (!fields)
        return -ENOMEM;
    for (size_t i = 0; i < form->n_rows; i++) {
        struct step_row *row = &form->rows[i];
        const struct form_field *file = row->field->type == FIELD_FILE ? form_file(sent, str_of(row->info.name)) : NULL;
        struct str held = form_get(sent, str_of(row->field->id));
        bool drops = row->field->type == FIELD_FILE && form_get(sent, page_text(form->page, "%s_none", row->info.name)).len;
        size_t n = 0;
        int r = 0;

        if (!file && !drops)
            continue;
        for (size_t k = 0; k < sent->n; k++) /* without what the hidden control held */
            if (&sent->fields[k] == file || !str_eq(sent->fields[k].name, str_of(row->field->id)))
                fields[n++] = sent->fields[k];
        for (size_t k = 0; !r && k < n; k++)
            if (file && fields[k].is_file && str_eq(fields[k].name, file->name))
                r = take_file(form, row, held.at ? held : STR(""), &fields[k]);
        if (r)
            return r;
        *ret_taken = *ret_taken && !row->info.error.at;
        *sent = (struct form_data){fields, n};
        if (!(fields = arena_alloc_n(form->page->arena, sent->n + 1, sizeof(*fields))))
            return -ENOMEM;
    }
    return 0;
}

int step_form_read(struct step_form *form, const struct form_data *sent, json_t **ret_with)
{
    json_t *with = page_keep(form->page, json_object());

    if (!with)
        return -ENOMEM;
    for (size_t i = 0; i < form->n_rows; i++) {
        struct step_row *row = &form->rows[i];
        json_t *before = row->typed, *v = page_keep(form->page, sent_value(form, row, sent));
        bool is_unchanged = form->view ? same_value(before, v) : is_empty(v);

        if (!v)
            return -ENOMEM;
        row->typed = v;
        row->is_default = false;
        if (!is_unchanged && row->field->type != FIELD_SECRET && json_object_set(with, row->field->id, v))
            return -ENOMEM;
    }
    *ret_with = with;
    return form_get(sent, STR("_add")).len ? 1 : 0;
}

/* ---- errors ---- */

static bool is_plain(const struct cond *demand)
{
    return demand && demand->kind != COND_CONFIRMED && !*demand->say.ja;
}

size_t step_form_blanks(struct step_form *form)
{
    struct page *p = form->page;
    size_t n = 0;

    for (size_t i = 0; i < form->n_rows; i++)
        n += is_plain(form->rows[i].demand) && is_empty(form->rows[i].typed);
    for (size_t i = 0; n && i < form->n_rows; i++) {
        struct step_row *row = &form->rows[i];
        const struct cond *demand = is_plain(row->demand) ? row->demand : NULL;

        if (!is_empty(row->typed) || (!demand && !row->info.is_required))
            continue;
        row->info.error = blank_words(p, row->field, demand);
    }
    return n;
}

/* "kept_data.3" or "measures.2.title" of a row: where inside it. */
static struct str placed_error(struct page *p, const struct field *f, const char *rest, struct str say)
{
    const char *dot = strchr(rest, '.');
    int line = 0;

    while (*rest >= '0' && *rest <= '9' && line < 100000)
        line = line * 10 + (*rest++ - '0');
    for (size_t i = 0; dot && i < f->n_fields; i++)
        if (!strcmp(f->fields[i].id, dot + 1))
            say = page_text(p, "%.*s：%.*s", STR_ARG(text2_words(p, f->fields[i].title)), STR_ARG(say));
    return TF(p, MSG_STEP_LINE_ERROR, {"line", page_text(p, "%d", line)}, {"say", say});
}

static bool place_error(struct step_form *form, const char *path, struct str say)
{
    struct page *p = form->page;

    for (size_t i = 0; i < form->n_rows; i++) {
        struct step_row *row = &form->rows[i];
        size_t len = strlen(row->field->id);
        struct str error;

        if (strncmp(path, row->field->id, len) != 0 || (path[len] && path[len] != '.'))
            continue;
        error = path[len] ? placed_error(p, row->field, path + len + 1, say) : say;
        row->info.error =
            row->info.error.at ? page_text(p, "%.*s　%.*s", STR_ARG(row->info.error), STR_ARG(error)) : error;
        return true;
    }
    return false;
}

void step_form_errors(struct step_form *form, const json_t *fields)
{
    struct page *p = form->page;

    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *one = json_array_get(fields, i);
        const char *path = json_str(one, "field");
        const struct field *f = reg_field(form->reg, path);
        struct str say = say_words(p, json_object_get(one, "say"));

        if (!place_error(form, path, say))
            notice(&p->w, NOTICE_ERROR, f ? text2_words(p, f->title) : T(p, MSG_STEP_INVALID), say);
    }
}

void step_form_summary(struct step_form *form)
{
    const struct field_info **infos =
        arena_alloc_n(form->page->arena, form->n_rows + form->n_more + 1, sizeof(*infos));

    if (!infos)
        return;
    for (size_t i = 0; i < form->n_rows; i++)
        infos[i] = &form->rows[i].info;
    for (size_t i = 0; i < form->n_more; i++)
        infos[form->n_rows + i] = form->more[i];
    error_summary(&form->page->w, infos, form->n_rows + form->n_more);
}

/* ---- controls ---- */

static struct str typed_lines(struct page *p, const json_t *list)
{
    CLEANUP(buf_done) struct buf out;

    buf_init(&out, FORM_VALUE_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct str s = step_typed_text(json_array_get(list, i));

        if ((i && buf_add_char(&out, '\n')) || buf_add_str(&out, s))
            return STR("");
    }
    return out.len ? arena_str(p->arena, buf_str(&out)) : STR("");
}

static void show_choices(struct page *p, const struct field *f, const struct field_info *info,
                         const struct choices *c, bool is_cell)
{
    bool is_few =
        !is_cell && (f->type == FIELD_FLAG || (f->type == FIELD_CHOICE && f->n_choices <= 6));

    if (f->type == FIELD_CHECKLIST || f->type == FIELD_LIST)
        field_checks(&p->w, info, c->at, c->n);
    else if (is_few)
        field_choice(&p->w, info, c->at, c->n);
    else
        field_select(&p->w, info, c->at, c->n);
}

/* Where there is nothing to choose from. */
static void show_line(struct page *p, const struct field *f, const struct field_info *info,
                      const json_t *typed, bool is_cell)
{
    enum line_kind line = f->type == FIELD_NUMBER    ? LINE_NUMBER
                          : f->type == FIELD_DAY     ? LINE_DATE
                          : f->type == FIELD_MONTH   ? LINE_MONTH
                          : f->type == FIELD_INSTANT ? LINE_TIME
                                                     : LINE_TEXT;

    switch (f->type) {
    case FIELD_LONG_TEXT:
        field_long_text(&p->w, info, step_typed_text(typed), is_cell ? 2 : 5);
        return;
    case FIELD_LIST:
        field_long_text(&p->w, info, typed_lines(p, typed), 4);
        return;
    case FIELD_SECRET:
        field_text(&p->w, info, LINE_PASSWORD, STR(""), "new-password");
        return;
    default:
        field_text(&p->w, info, line, step_typed_text(typed), "off");
    }
}

/* One control for a value that is not a group, by itself. */
static int show_control(struct page *p, const struct reg *reg, const struct field *f,
                        const struct field_info *info, const json_t *typed, bool is_cell)
{
    struct choices c = {0};
    int r = step_choices(p, reg, f, typed, &c);

    if (r < 0)
        return r;
    if (r)
        show_line(p, f, info, typed, is_cell);
    else
        show_choices(p, f, info, &c, is_cell);
    return 0;
}

static int show_group_row(struct step_form *form, const struct field *f, size_t nth, const json_t *typed)
{
    struct page *p = form->page;
    int r = 0;

    html_begin(&p->html, HTML_DIV, "tj-rows__row");
    html_element(&p->html, HTML_P, "tj-rows__number", TF(p, MSG_STEP_ROW, {"line", page_text(p, "%zu", nth)}));
    for (size_t c = 0; !r && c < f->n_fields; c++) {
        struct str name = page_text(p, "%s.%zu.%s", f->id, nth, f->fields[c].id);
        struct field_info info = info_of(p, &f->fields[c], name.at, false);

        info.is_required = info.show_sometimes = info.show_optional = false; /* an empty row is no row */
        r = show_control(p, form->reg, &f->fields[c], &info, json_object_get(typed, f->fields[c].id), true);
    }
    html_close(&p->html, HTML_DIV);
    return r;
}

static int show_group(struct step_form *form, struct step_row *row)
{
    struct page *p = form->page;
    const struct field *f = row->field;
    int r = 0;

    group_begin(&p->w, &row->info);
    for (size_t i = 0; !r && i < row->n_rows; i++)
        r = show_group_row(form, f, i + 1, json_array_get(row->typed, i));
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_STEP_MORE_ROWS), STR("_add"), str_of(f->id));
    group_end(&p->w, &row->info);
    return r;
}

/* Tick what stands in the row already, however it is written; the rest of it goes to the lines. */
static int tick_wanted(struct step_row *row, json_t *lines)
{
    JSON_AUTO *folded = NULL;
    int r = same_folded(row->typed, &folded);

    for (size_t i = 0; !r && i < json_array_size(row->typed); i++) {
        bool is_wanted = false;

        for (size_t k = 0; !r && k < row->n_wanted; k++) {
            JSON_AUTO *text = json_stringn(row->wanted[k].value.at, row->wanted[k].value.len);
            JSON_AUTO *one = NULL;

            r = text ? same_folded(text, &one) : -ENOMEM;
            if (r || !json_equal(one, json_array_get(folded, i)))
                continue;
            is_wanted = row->wanted[k].is_chosen = true;
        }
        if (!r && !is_wanted && json_array_append(lines, json_array_get(row->typed, i)))
            r = -ENOMEM;
    }
    return r;
}

static int show_wanted(struct step_form *form, struct step_row *row)
{
    struct page *p = form->page;
    json_t *lines = page_keep(p, json_array());
    int r = lines ? tick_wanted(row, lines) : -ENOMEM;

    if (!r)
        field_checks_and_lines(&p->w, &row->info, row->wanted, row->n_wanted, T(p, row->field->fields[0].type == FIELD_RECORD ? MSG_STEP_OFFERED_NUMBERS : MSG_STEP_OFFERED_LINES), typed_lines(p, lines));
    return r;
}

static void show_upload(struct step_form *form, struct step_row *row)
{
    struct page *p = form->page;
    struct str id = step_typed_text(row->typed);
    const struct upload_info u = {.id_name = row->field->id,
                                  .reg = form->reg->id,
                                  .id = id,
                                  .held = id.len ? file_words(p, row->typed) : STR_NONE,
                                  .drop = id.len && !row->field->required ? T(p, MSG_FILE_DROP) : STR_NONE};

    field_upload(&p->w, &row->info, &u);
}

bool step_form_has_files(const struct step_form *form)
{
    for (size_t i = 0; i < form->n_rows; i++)
        if (form->rows[i].field->type == FIELD_FILE)
            return true;
    return false;
}

int step_form_show(struct step_form *form)
{
    struct page *p = form->page;
    int r = step_offers(form);

    for (size_t i = 0; !r && i < form->n_rows; i++) {
        struct step_row *row = &form->rows[i];

        if (row->field->type == FIELD_SECRET && form->hides_secret)
            continue;
        if (row->field->type == FIELD_GROUP)
            r = show_group(form, row);
        else if (row->field->type == FIELD_FILE)
            show_upload(form, row);
        else if (row->wanted)
            r = show_wanted(form, row);
        else if (row->offer)
            show_choices(p, row->field, &row->info, &row->offer->choices, false);
        else
            show_line(p, row->field, &row->info, row->typed, false);
    }
    return r;
}

int field_control(struct page *p, const struct reg *reg, const struct field *f, const struct field_info *info, const json_t *typed)
{
    const struct field one = field_of_key(f);

    return show_control(p, reg, &one, info, typed, true);
}

void step_under_show(struct page *p, const json_t *under)
{
    struct str words = STR("");

    for (size_t i = 0; i < json_array_size(under); i++)
        words = page_text(p, "%.*s%s%s", STR_ARG(words), i ? " " : "", json_str(json_array_get(under, i), "id"));
    if (words.len)
        notice(&p->w, NOTICE_WARNING, TF(p, MSG_STEP_UNDER, {"records", words}), T(p, MSG_STEP_UNDER_TEXT));
}
