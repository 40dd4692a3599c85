#include "web/step-offer.h"

#include "engine/offer.h"
#include "web/words.h"

#include <errno.h>

/* ---- choices ---- */

struct str step_typed_text(const json_t *v)
{
    return json_is_string(v) ? (struct str){json_string_value(v), json_string_length(v)} : STR("");
}

static bool is_chosen(const json_t *typed, struct str value)
{
    if (json_is_string(typed))
        return str_eq(str_of(json_string_value(typed)), value);
    for (size_t i = 0; i < json_array_size(typed); i++)
        if (json_is_string(json_array_get(typed, i)) &&
            str_eq(str_of(json_string_value(json_array_get(typed, i))), value))
            return true;
    return false;
}

static void choice_add(struct choices *c, struct str value, struct str label)
{
    if (c->at && c->n < c->max)
        c->at[c->n++] = (struct field_choice){value, label, STR_NONE, is_chosen(c->typed, value)};
}

static struct choices choices_new(struct page *p, size_t max, const json_t *typed)
{
    return (struct choices){.at = arena_alloc_n(p->arena, max + 1, sizeof(struct field_choice)),
                            .max = max,
                            .typed = typed};
}

static struct choices named_choices(struct page *p, const struct field *f, const json_t *typed)
{
    struct choices c = choices_new(p, f->n_choices, typed);

    for (size_t i = 0; i < f->n_choices; i++)
        choice_add(&c, str_of(f->choices[i].id), text2_words(p, f->choices[i].title));
    return c;
}

static struct choices person_choices(struct page *p, const json_t *typed)
{
    size_t n;
    const struct person *const *all = force_persons(engine_force(p->worker->engine), &n);
    struct choices c = choices_new(p, n + json_array_size(typed), typed);
    int32_t today = day_of_instant(p->now_us);

    for (size_t i = 0; i < n; i++) {
        struct str post = person_post_words(p, all[i]->id);

        if (all[i]->to_day < today && !is_chosen(typed, str_of(all[i]->id)))
            continue;
        choice_add(&c, str_of(all[i]->id),
                   page_text(p, "%.*s（%.*s）", STR_ARG(person_words(p, all[i]->id)),
                             STR_ARG(post)));
    }
    return c;
}

static struct choices unit_choices(struct page *p, const struct field *f, const json_t *typed)
{
    size_t n;
    const struct unit *const *all = force_units(engine_force(p->worker->engine), &n);
    struct choices c = choices_new(p, n + json_array_size(typed), typed);

    for (size_t i = 0; i < n; i++)
        if (!*f->unit_kind || unit_has_kind(all[i], f->unit_kind))
            choice_add(&c, str_of(all[i]->id), unit_words(p, all[i]->id));
    return c;
}

static struct choices post_choices(struct page *p, const json_t *typed)
{
    size_t n;
    const struct post *const *all = force_posts(engine_force(p->worker->engine), &n);
    struct choices c = choices_new(p, n, typed);

    for (size_t i = 0; i < n; i++)
        choice_add(&c, str_of(all[i]->id), post_words(p, all[i]->id));
    return c;
}

static struct choices label_choices(struct page *p, const struct reg *reg, const json_t *typed)
{
    struct choices c = choices_new(p, reg->pack->n_labels, typed);

    for (size_t i = 0; i < reg->pack->n_labels; i++)
        choice_add(&c, str_of(reg->pack->labels[i].id), text2_words(p, reg->pack->labels[i].title));
    return c;
}

static struct choices flag_choices(struct page *p, const json_t *typed)
{
    struct choices c = choices_new(p, 2, typed);

    choice_add(&c, STR("yes"), T(p, MSG_WORDS_YES));
    choice_add(&c, STR("no"), T(p, MSG_WORDS_NO));
    return c;
}

static bool is_offered(const struct choices *c, struct str value)
{
    for (size_t i = 0; i < c->n; i++)
        if (str_eq(c->at[i].value, value))
            return true;
    return false;
}

/* Nobody gives up what stands there by not seeing it: a record out of sight stays chosen by the number that the value shows him. */
static void add_typed(struct choices *c, const json_t *typed)
{
    struct str text = step_typed_text(typed);

    if (text.len && !is_offered(c, text))
        choice_add(c, text, text);
    for (size_t i = 0; i < json_array_size(typed); i++)
        add_typed(c, json_array_get(typed, i));
}

static void add_records(struct page *p, const struct reg *reg, const struct list_rows *rows,
                        struct choices *c)
{
    for (size_t i = 0; i < rows->n; i++) {
        const struct list_row *row = &rows->at[i];
        const struct list_named *other = reg->name_field && reg->name_field->type == FIELD_RECORD ? list_named_of(rows, row->name) : NULL;
        struct str name = other ? name_words(p, other->reg, other->name) : name_words(p, reg, row->name), state = state_words(p, reg, row->state);

        if (!row->is_disposed)
            choice_add(c, str_of(row->id),
                       strcmp(row->id, row->name) != 0
                           ? page_text(p, "%.*s　%s［%.*s］",
                                       STR_ARG(name), row->id,
                                       STR_ARG(state))
                           : page_text(p, "%s［%.*s］", row->id, STR_ARG(state)));
    }
}

/* Records in sight that are kept, newest first, and what stands there. 1: more than fit into a list. */
static int record_choices(struct page *p, const struct reg *reg, const json_t *typed,
                          struct choices *ret)
{
    static const char *const none[1];
    const struct list_query q = {.reg = reg->id,
                                 .sort = "changed",
                                 .page = 1,
                                 .page_size = STEP_FORM_LIST_MAX,
                                 .fields = none,
                                 .has_named = true};
    struct list_rows rows;
    int r = engine_list_rows(p->worker->engine, p->session.person, &q, p->arena, &rows);

    if (r)
        return r;
    if (rows.total <= STEP_FORM_LIST_MAX) {
        *ret = choices_new(p, rows.n + MAX_OF(json_array_size(typed), 1u), typed);
        add_records(p, reg, &rows, ret);
        ret->n_seen = ret->n;
        add_typed(ret, typed);
    } else {
        r = 1;
    }
    list_rows_done(&rows);
    return r;
}

/* Units and persons that a list can name, a box each; 1: more than fit. Posts and choices are typed. */
static int listed_choices(struct page *p, const struct field *element, const json_t *typed, struct choices *ret)
{
    if (element->type != FIELD_UNIT && element->type != FIELD_PERSON)
        return 1;
    *ret = element->type == FIELD_UNIT ? unit_choices(p, element, typed) : person_choices(p, typed);
    if (!ret->at)
        return -ENOMEM;
    if (ret->n > STEP_FORM_LIST_MAX)
        return 1;
    ret->n_seen = ret->n;
    add_typed(ret, typed);
    return 0;
}

bool step_is_typed(struct page *p, const struct field *f)
{
    struct choices ignored;

    if (f->type != FIELD_LIST || f->fields[0].type == FIELD_RECORD)
        return f->type == FIELD_LIST && !f->fields[0].reg;
    return listed_choices(p, &f->fields[0], NULL, &ignored) == 1;
}

int step_choices(struct page *p, const struct reg *reg, const struct field *f, const json_t *typed,
                 struct choices *ret)
{
    const struct field *element = f->type == FIELD_LIST ? &f->fields[0] : f;

    if (element->type == FIELD_RECORD)
        return element->reg ? record_choices(p, element->reg, typed, ret) : 1;
    if (f->type == FIELD_LIST)
        return listed_choices(p, element, typed, ret);
    switch (f->type) {
    case FIELD_FLAG:
        *ret = flag_choices(p, typed);
        break;
    case FIELD_CHOICE:
    case FIELD_CHECKLIST:
        *ret = named_choices(p, f, typed);
        break;
    case FIELD_PERSON:
        *ret = person_choices(p, typed);
        break;
    case FIELD_UNIT:
        *ret = unit_choices(p, f, typed);
        break;
    case FIELD_POST:
        *ret = post_choices(p, typed);
        break;
    case FIELD_LABEL:
        *ret = label_choices(p, reg, typed);
        break;
    default:
        return 1;
    }
    ret->n_seen = ret->n;
    return ret->at ? 0 : -ENOMEM;
}

/* ---- what the step would refuse ---- */

/* What one confirms or declares is no offer. */
static bool is_judged(const struct step_offer *o)
{
    bool is_declared = o->field->type == FIELD_FLAG || o->field->type == FIELD_CHECKLIST;

    return !is_declared && o->choices.n_seen == o->choices.n;
}

static int ask_values(const struct step_offer *o, json_t *asked)
{
    json_t *values = json_array();

    if (!values || json_object_set_new(asked, o->field->id, values))
        return -ENOMEM;
    for (size_t i = 0; i < o->choices.n; i++)
        if (json_array_append_new(values, json_stringn(o->choices.at[i].value.at,
                                                       o->choices.at[i].value.len)))
            return -ENOMEM;
    return 0;
}

/* Leave out what would be refused, unless it stands there already. A default gives way to what would not be. */
static void leave_out(struct step_offer *o, const struct step_row *row)
{
    const json_t *out = json_arr(o->judged, "out");
    struct choices *c = &o->choices;
    size_t n = 0;

    o->is_empty = json_array_size(out) == c->n;
    for (size_t i = 0; i < c->n; i++) {
        bool stays = c->at[i].is_chosen && (!row->is_default || o->is_empty);

        if (is_chosen(out, c->at[i].value) && !stays)
            o->n_out++;
        else
            c->at[n++] = c->at[i];
    }
    c->n = n;
}

static void choose_only(struct step_offer *o, const struct step_row *row)
{
    const char *only = json_str(o->judged, "only");

    if (!*only || (row->typed && !row->is_default) || o->field->type == FIELD_PERSON)
        return;
    for (size_t i = 0; i < o->choices.n; i++)
        o->choices.at[i].is_chosen = str_eq(o->choices.at[i].value, str_of(only));
}

/* Every list of the form first, as what one field can have may hang on what another can. */
static int open_offers(struct step_form *form, json_t *asked)
{
    struct page *p = form->page;

    for (size_t i = 0; i < form->n_rows; i++) {
        struct step_row *row = &form->rows[i];
        struct choices c = {0};
        int r = row->field->type == FIELD_GROUP
                    ? 1
                    : step_choices(p, form->reg, row->field, row->typed, &c);

        if (r < 0)
            return r;
        if (r)
            continue;
        if (!(row->offer = arena_alloc(p->arena, sizeof(*row->offer))))
            return -ENOMEM;
        *row->offer = (struct step_offer){.page = p, .field = row->field, .choices = c};
        if (is_judged(row->offer) && (r = ask_values(row->offer, asked)))
            return r;
    }
    return 0;
}

static void show_note(void *arg);

int step_offers(struct step_form *form)
{
    struct page *p = form->page;
    json_t *asked = page_keep(p, json_object()), *judged = NULL;
    int r = asked ? open_offers(form, asked) : -ENOMEM;

    if (!r && form->is_paper)
        return 0;
    if (!r)
        r = engine_offers(p->worker->engine, p->session.person, form->reg->id,
                          json_str(form->view, "id"), form->step->act, asked, p->now_us, &judged);
    if (r || !page_keep(p, judged))
        return r ? r : -ENOMEM;
    for (size_t i = 0; i < form->n_rows; i++) {
        struct step_row *row = &form->rows[i];
        struct step_offer *o = row->offer;

        if (!o || !(o->judged = json_obj(judged, row->field->id)))
            continue;
        leave_out(o, row);
        choose_only(o, row);
        row->info.is_demanded |= row->field->initial.kind == REF_NONE && json_flag(o->judged, "needed");
        if (!o->n_out && !o->is_empty)
            continue;
        row->info.note = show_note;
        row->info.note_arg = o;
    }
    return 0;
}

/* Why, with the clauses; with how many where there are several reasons. */
static void show_reasons(struct page *p, const json_t *why)
{
    html_open(&p->html, HTML_UL);
    for (size_t i = 0; i < json_array_size(why); i++) {
        const json_t *one = json_array_get(why, i);
        struct str say = say_words(p, json_object_get(one, "say")),
                   count = page_text(p, "%lld", (long long)json_int(one, "n"));

        html_open(&p->html, HTML_LI);
        html_text(&p->html, json_array_size(why) > 1
                                ? TF(p, MSG_STEP_LEFT_OUT_OF, {"say", say}, {"count", count})
                                : say);
        html_text(&p->html, STR(" "));
        clause_chips(p, json_arr(one, "clauses"));
        html_close(&p->html, HTML_LI);
    }
    html_close(&p->html, HTML_UL);
}

static void show_note(void *arg)
{
    struct step_offer *o = arg;
    struct page *p = o->page;
    const json_t *why = json_arr(o->judged, "why");
    struct str count = page_text(p, "%zu", o->n_out);

    if (!o->is_empty)
        html_element(&p->html, HTML_P, NULL, TF(p, MSG_STEP_LEFT_OUT, {"count", count}));
    else
        html_element(&p->html, HTML_P, NULL,
                     T(p, json_array_size(why) ? MSG_STEP_NOTHING_LEFT : MSG_STEP_NOTHING_THERE));
    if (json_array_size(why))
        show_reasons(p, why);
    if (json_flag(o->judged, "needed"))
        ways_show(p, T(p, MSG_STEP_BEFORE), json_arr(o->judged, "before"));
}
