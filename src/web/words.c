#include "web/words.h"

#include "engine/intel.h"
#include "engine/record.h"
#include "engine/say.h"
#include "web/page-file.h"

#include <stdlib.h>

#define APPOINTMENTS_MAX 8

static bool is_en(const struct page *p)
{
    return p->lang == MESSAGE_EN;
}

static const struct force *force_of(const struct page *p)
{
    return engine_force(p->worker->engine);
}

struct str text2_words(const struct page *p, struct text2 t)
{
    return str_of(text2_in(t, is_en(p)));
}

struct str say_words(const struct page *p, const json_t *say)
{
    if (json_is_string(say))
        return str_of(json_string_value(say));
    return str_of(json_str(say, is_en(p) ? "en" : "ja"));
}

/* ---- time ---- */

static struct str printed(struct page *p, struct buf *out, int r)
{
    struct str s = r || !out->len ? STR("") : arena_str(p->arena, buf_str(out));

    buf_done(out);
    return s;
}

struct str day_words(struct page *p, int32_t day)
{
    struct buf out;

    buf_init(&out, 64);
    return printed(p, &out, is_en(p) ? day_print_iso(day, &out) : day_print_era(day, &out));
}

static struct str month_words(struct page *p, int32_t month)
{
    struct buf out;

    buf_init(&out, 64);
    return printed(p, &out, is_en(p) ? month_print_iso(month, &out) : month_print_era(month, &out));
}

struct str instant_words(struct page *p, uint64_t us)
{
    struct buf out;

    buf_init(&out, 64);
    return printed(p, &out, is_en(p) ? instant_print_local(us, &out) : instant_print_local_era(us, &out));
}

struct str when_words(struct page *p, const json_t *v)
{
    const char *text = json_string_value(v);
    uint64_t us;
    int32_t day, month;

    if (json_is_integer(v))
        return json_integer_value(v) > 0 ? instant_words(p, (uint64_t)json_integer_value(v)) : STR("");
    if (!text)
        return STR("");
    if (!day_parse_iso(str_of(text), &day))
        return day_words(p, day);
    if (!month_parse_iso(str_of(text), &month))
        return month_words(p, month);
    if (!instant_parse(str_of(text), &us))
        return instant_words(p, us);
    return str_of(text);
}

struct str when_iso(struct page *p, const json_t *v)
{
    struct buf out;

    if (json_is_string(v))
        return str_of(json_string_value(v));
    if (!json_is_integer(v))
        return STR_NONE;
    buf_init(&out, 64);
    return printed(p, &out, instant_print_utc((uint64_t)json_integer_value(v), &out));
}

/* ---- the force ---- */

struct str person_words(struct page *p, const char *id)
{
    const struct person *person = force_person(force_of(p), id);

    if (!strcmp(id, "system"))
        return T(p, MSG_WORDS_SYSTEM);
    if (!strcmp(id, "operator") || !strcmp(id, ACCOUNT_OPERATOR.person))
        return T(p, MSG_WORDS_OPERATOR);
    if (!person)
        return str_of(id);
    return str_of(is_en(p) && *person->name_en ? person->name_en : person->name);
}

static const char *name_of(const struct page *p, const char *ja, const char *en)
{
    return is_en(p) && *en ? en : ja;
}

struct str unit_words(struct page *p, const char *id)
{
    const struct unit *u = force_unit(force_of(p), id);

    if (!u)
        return str_of(id);
    if (!u->parent || !u->parent->parent) /* the force itself goes without saying */
        return str_of(name_of(p, u->name_ja, u->name_en));
    return page_text(p, is_en(p) ? "%s %s" : "%s%s", name_of(p, u->parent->name_ja, u->parent->name_en),
                     name_of(p, u->name_ja, u->name_en));
}

struct str post_words(struct page *p, const char *id)
{
    const struct post *post = force_post(force_of(p), id);

    return post ? str_of(name_of(p, post->name_ja, post->name_en)) : str_of(id);
}

struct str office_unit_words(struct page *p, const char *person, const char *post, const json_t *t)
{
    const struct appointment *held[APPOINTMENTS_MAX];
    const struct person *who = force_person(force_of(p), person);
    uint64_t us = 0;
    size_t n;

    if (json_is_integer(t))
        us = (uint64_t)json_integer_value(t);
    else if (!json_is_string(t) || instant_parse(str_of(json_string_value(t)), &us))
        return STR("");
    n = who ? force_appointments(force_of(p), who, day_of_instant(us), held, ARRAY_LEN(held)) : 0;
    for (size_t i = 0; i < MIN_OF(n, ARRAY_LEN(held)); i++)
        if (!strcmp(held[i]->post->id, post))
            return unit_words(p, held[i]->unit->id);
    return STR("");
}

struct str under_words(struct page *p, const json_t *ids)
{
    struct str words = STR("");

    for (size_t i = 0; i < json_array_size(ids); i++)
        words = page_text(p, "%.*s%s%s", STR_ARG(words), i ? " " : "",
                          json_string_value(json_array_get(ids, i)));
    return words;
}

struct str person_post_words(struct page *p, const char *id)
{
    const struct appointment *held[APPOINTMENTS_MAX];
    const struct person *person = force_person(force_of(p), id);

    if (!person || !force_appointments(force_of(p), person, day_of_instant(p->now_us), held, ARRAY_LEN(held)))
        return STR("");
    return page_text(p, "%.*s %s", STR_ARG(unit_words(p, held[0]->unit->id)),
                     name_of(p, held[0]->post->name_ja, held[0]->post->name_en));
}

static struct str add_amount(struct page *p, struct str before, enum message_key unit, uint64_t n)
{
    struct str one;

    if (!n)
        return before;
    one = TF(p, unit, {"n", page_text(p, "%llu", (unsigned long long)n)});
    return before.len ? page_text(p, "%.*s %.*s", STR_ARG(before), STR_ARG(one)) : one;
}

struct str duration_words(struct page *p, struct duration d)
{
    uint64_t minutes = d.us / (60 * US_PER_SECOND);
    struct str words = add_amount(p, STR(""), MSG_WORDS_MONTHS, (uint64_t)d.months);

    words = add_amount(p, words, MSG_WORDS_DAYS, (uint64_t)d.days);
    words = add_amount(p, words, MSG_WORDS_HOURS, minutes / 60);
    return add_amount(p, words, MSG_WORDS_MINUTES, minutes % 60);
}

/* ---- registers ---- */

struct str state_words(struct page *p, const struct reg *reg, const char *state)
{
    return reg ? text2_words(p, state_title(reg, state)) : str_of(state);
}

enum chip_kind state_chip(const struct reg *reg, const char *state)
{
    const struct state *s = reg ? procedure_state(reg->procedure, state) : NULL;

    return !s ? CHIP_NEUTRAL : s->is_end ? CHIP_DONE : CHIP_ACTIVE;
}

static struct str restriction_words(struct page *p, const struct pack *pack, const char *id)
{
    for (size_t i = 0; i < pack->n_restrictions; i++)
        if (!strcmp(pack->restrictions[i].id, id))
            return text2_words(p, pack->restrictions[i].title);
    return str_of(id);
}

struct str label_words(struct page *p, const struct reg *reg, const json_t *view)
{
    static const enum message_key confidentiality[] = {MSG_LABEL_C1, MSG_LABEL_C2, MSG_LABEL_C3};
    static const enum message_key integrity[] = {MSG_LABEL_I1, MSG_LABEL_I2};
    static const enum message_key availability[] = {MSG_LABEL_A1, MSG_LABEL_A2};
    const struct label_def *own = reg->label;
    const json_t *now = json_obj(view, "label_in_force"), *restrictions = json_arr(now, "restrictions");
    int64_t c = now ? json_int(now, "confidentiality") : own ? own->confidentiality : 0;
    int64_t i = now ? json_int(now, "integrity") : own ? own->integrity : 0;
    int64_t a = now ? json_int(now, "availability") : own ? own->availability : 0;
    const char *tlp;
    struct str words;

    if (!view && reg->has_label_from)
        return T(p, MSG_LABEL_BY_RECORD);
    if (c < 1 || c > 3 || i < 1 || i > 2 || a < 1 || a > 2)
        return STR_NONE;
    words = page_text(p, "%.*s　%.*s　%.*s", STR_ARG(T(p, confidentiality[c - 1])), STR_ARG(T(p, integrity[i - 1])),
                      STR_ARG(T(p, availability[a - 1])));
    for (size_t k = 0; now && k < json_array_size(restrictions); k++)
        words = page_text(p, "%.*s　%.*s", STR_ARG(words),
                          STR_ARG(restriction_words(p, reg->pack, json_string_value(json_array_get(restrictions, k)))));
    for (size_t k = 0; !now && k < own->n_restrictions; k++)
        words = page_text(p, "%.*s　%.*s", STR_ARG(words), STR_ARG(restriction_words(p, reg->pack, own->restrictions[k])));
    tlp = now ? json_str(now, "tlp") : reg->pack->bears_tlp ? tlp_name(reg->pack->tlp.mark[c - 1][own->n_restrictions > 0 || !range_is_everyone(reg->range)]) : "";
    return *tlp ? page_text(p, "%.*s　%s", STR_ARG(words), tlp) : words;
}

struct str originators_words(struct page *p, const json_t *view)
{
    const json_t *all = json_arr(view, "originators");
    struct str words = STR_NONE;

    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        const char *unit = json_str(one, "unit"), *person = json_str(one, "person"), *name = json_str(one, "name");
        struct str word = *unit ? unit_words(p, unit) : *person ? person_words(p, person) : str_of(*name ? name : json_str(one, "record"));

        words = words.len ? page_text(p, "%.*s%s%.*s", STR_ARG(words), p->lang == MESSAGE_EN ? ", " : "、", STR_ARG(word)) : word;
    }
    return json_flag(view, "originators_cut") ? TF(p, MSG_RECORD_AND_MORE, {"list", words}) : words;
}

struct str record_url(struct page *p, const char *id, const char *tail)
{
    return page_text(p, "/records/%.*s%s", STR_ARG(page_encoded(p, str_of(id))), tail);
}

static const struct step *step_of_todo(struct page *p, const char *todo)
{
    struct str rest = str_of(todo), reg_id = STR_NONE;
    const struct reg *reg;

    if (!str_split(&rest, '/', &reg_id) || !rest.at)
        return NULL;
    reg = engine_reg(p->worker->engine, page_text(p, "%.*s", STR_ARG(reg_id)).at);
    return reg ? procedure_step(reg->procedure, rest.at, 0) : NULL;
}

struct str todo_url(struct page *p, const char *todo, const char *record)
{
    const struct step *s = step_of_todo(p, todo);

    if (!s)
        return STR_NONE;
    if (!s->makes_record)
        return record_url(p, record, page_text(p, "/steps/%s", s->act).at);
    return page_text(p, "/registers/%s/new/%s%s%.*s", s->procedure->reg->id, s->act, *record ? "?from=" : "",
                     STR_ARG(page_encoded(p, str_of(record))));
}

struct str todo_words(struct page *p, const char *todo)
{
    const struct step *s = step_of_todo(p, todo);

    return s ? text2_words(p, s->title) : STR("");
}

struct str register_url(struct page *p, const char *reg)
{
    return page_text(p, "/registers/%.*s", STR_ARG(page_encoded(p, str_of(reg))));
}

struct str problem_words(struct page *p, const json_t *problem)
{
    struct str say = say_words(p, json_obj(problem, "say")), where = STR("");
    const char *heading = json_str(problem, "heading");
    struct str line = page_text(p, "%lld", (long long)json_int(problem, "line"));

    if (!json_int(problem, "line"))
        return say;
    if (*heading)
        where = TF(p, MSG_IMPORT_PLACE_HEADING, {"line", line}, {"heading", str_of(heading)});
    else
        where = TF(p, MSG_IMPORT_PLACE, {"line", line},
                   {"column", page_text(p, "%lld", (long long)json_int(problem, "col"))});
    return page_text(p, "%.*s%s%.*s", STR_ARG(where), p->lang == MESSAGE_EN ? " " : "", STR_ARG(say));
}

void problem_list(struct page *p, const json_t *problems)
{
    html_begin(&p->html, HTML_UL, "tj-problems");
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const json_t *one = json_array_get(problems, i);
        const char *file = json_str(one, "file");

        html_element(&p->html, HTML_LI, NULL,
                     page_text(p, "%s%s%.*s", file, *file ? " " : "", STR_ARG(problem_words(p, one))));
    }
    html_close(&p->html, HTML_UL);
}

void link_show(struct page *p, struct str text, struct str url)
{
    if (!url.at) {
        html_text(&p->html, text);
        return;
    }
    html_open(&p->html, HTML_A);
    html_attr_url(&p->html, HTML_HREF, url);
    html_text(&p->html, text);
    html_close(&p->html, HTML_A);
}

/* ---- clauses ---- */

#define PACKS_MAX 64

const struct clause *find_clause(struct page *p, const char *id, const struct pack **ret_pack)
{
    const struct pack *packs[PACKS_MAX];
    size_t n = MIN_OF(engine_packs(p->worker->engine, packs, PACKS_MAX), (size_t)PACKS_MAX);

    for (size_t i = 0; i < n; i++) {
        const struct clause *c = pack_clause(packs[i], id);

        if (!c)
            continue;
        *ret_pack = packs[i];
        return c;
    }
    return NULL;
}

static struct str clause_label(struct page *p, const struct clause *c)
{
    return page_text(p, "%s（%s）", c->where, c->id);
}

struct str clause_words(struct page *p, const char *id)
{
    const struct pack *pack;
    const struct clause *c = find_clause(p, id, &pack);

    return c ? clause_label(p, c) : str_of(id);
}

struct str clause_url(struct page *p, const char *id)
{
    const struct pack *pack;
    const struct clause *c = find_clause(p, id, &pack);

    return c ? page_text(p, "/clauses/%s/%.*s", pack->id, STR_ARG(page_encoded(p, str_of(id)))) : STR_NONE;
}

static void clause_chip(struct page *p, const char *id)
{
    html_begin(&p->html, HTML_SPAN, "tj-clause");
    link_show(p, clause_words(p, id), clause_url(p, id));
    html_close(&p->html, HTML_SPAN);
    html_text(&p->html, STR(" "));
}

void clause_chips(struct page *p, const json_t *ids)
{
    for (size_t i = 0; i < json_array_size(ids); i++)
        if (json_is_string(json_array_get(ids, i)))
            clause_chip(p, json_string_value(json_array_get(ids, i)));
}

void clause_list_chips(struct page *p, const struct clause_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        clause_chip(p, list->at[i]->id);
}

void basis_show(struct page *p, const struct clause_list *list)
{
    html_begin(&p->html, HTML_P, "tj-basis");
    html_element(&p->html, HTML_SPAN, "tj-basis__word", T(p, MSG_STEP_BASIS));
    html_text(&p->html, STR(" "));
    clause_list_chips(p, list);
    html_close(&p->html, HTML_P);
}

/* ---- values ---- */

static struct str choice_words(struct page *p, const struct field *f, const char *id)
{
    for (size_t i = 0; i < f->n_choices; i++)
        if (!strcmp(f->choices[i].id, id))
            return text2_words(p, f->choices[i].title);
    return str_of(id);
}

static bool is_erased(const json_t *v)
{
    return json_is_object(v) && json_flag(v, "erased");
}

/* It is of a record that he who looks does not see. */
static bool is_hidden(const json_t *v)
{
    return json_is_object(v) && json_flag(v, "hidden");
}

/* Parts with a mark between them. */
static struct str joined(struct page *p, const struct field *f, const json_t *list,
                         struct str (*words)(struct page *, const struct field *, const json_t *))
{
    struct str all = STR("");

    for (size_t i = 0; i < json_array_size(list); i++)
        all = page_text(p, "%.*s%s%.*s", STR_ARG(all), i ? (is_en(p) ? ", " : "、") : "",
                        STR_ARG(words(p, f, json_array_get(list, i))));
    return all;
}

static struct str item_words(struct page *p, const struct field *f, const json_t *v)
{
    return choice_words(p, f, json_is_string(v) ? json_string_value(v) : "");
}

static struct str row_words(struct page *p, const struct field *f, const json_t *row)
{
    struct str all = STR("");

    for (size_t i = 0; i < f->n_fields; i++) {
        const json_t *cell = json_object_get(row, f->fields[i].id);

        if (cell)
            all = page_text(p, "%.*s%s%.*s", STR_ARG(all), all.len ? " " : "",
                            STR_ARG(value_words(p, &f->fields[i], cell)));
    }
    return all;
}

const json_t *value_corrected(const json_t *correction, const char *field)
{
    const json_t *fields = json_arr(correction, "fields");

    for (size_t i = 0; i < json_array_size(fields); i++)
        if (!strcmp(json_str(json_array_get(fields, i), "field"), field))
            return json_array_get(fields, i);
    return NULL;
}

bool value_is_corrected(const json_t *view, const char *field)
{
    const json_t *list = json_arr(view, "corrections");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (value_corrected(json_array_get(list, i), field))
            return true;
    return false;
}

/* What was typed before such a field was one may be none, and is shown as it is. */
static struct str length_words(struct page *p, const char *text)
{
    struct buf ja, en;
    struct duration d;
    struct str out = str_of(text);

    if (duration_parse(str_of(text), &d))
        return out;
    buf_init(&ja, 200);
    buf_init(&en, 200);
    if (!say_length(d, &ja, &en))
        out = arena_str(p->arena, buf_str(p->lang == MESSAGE_EN ? &en : &ja));
    buf_done(&ja);
    buf_done(&en);
    return out;
}

struct str value_words(struct page *p, const struct field *f, const json_t *v)
{
    const char *text = json_is_string(v) ? json_string_value(v) : "";

    if (is_erased(v) || is_hidden(v))
        return T(p, is_erased(v) ? MSG_RECORD_ERASED : MSG_RECORD_HIDDEN);
    switch (f->type) {
    case FIELD_NUMBER:
        return json_is_integer(v) ? page_text(p, "%lld", (long long)json_integer_value(v)) : STR("");
    case FIELD_FLAG:
        return !v ? STR("") : T(p, json_is_true(v) ? MSG_WORDS_YES : MSG_WORDS_NO);
    case FIELD_CHOICE:
        return choice_words(p, f, text);
    case FIELD_DAY:
    case FIELD_MONTH:
    case FIELD_INSTANT:
        return when_words(p, v);
    case FIELD_DURATION:
        return length_words(p, text);
    case FIELD_PERSON:
        return person_words(p, text);
    case FIELD_UNIT:
        return unit_words(p, text);
    case FIELD_POST:
        return post_words(p, text);
    case FIELD_SECRET:
        return T(p, MSG_WORDS_SECRET);
    case FIELD_FILE:
        return file_words(p, v);
    case FIELD_CHECKLIST:
        return joined(p, f, v, item_words);
    case FIELD_GROUP:
        return joined(p, f, v, row_words);
    case FIELD_LIST:
        return joined(p, &f->fields[0], v, value_words);
    default:
        return str_of(text);
    }
}

static const json_t *named_in(const json_t *view, const char *id)
{
    const json_t *named = json_arr(view, "named");

    for (size_t i = 0; i < json_array_size(named); i++)
        if (!strcmp(json_str(json_array_get(named, i), "id"), id))
            return json_array_get(named, i);
    return NULL;
}

struct str named_words(struct page *p, const json_t *view, const char *id)
{
    const json_t *one = named_in(view, id);
    const char *name = json_str(one, "name");

    return one && strcmp(name, id) != 0 ? name_words(p, engine_reg(p->worker->engine, json_str(one, "reg")), name) : STR_NONE;
}

/* Beside its number the name by which people know it. */
static void show_record(struct page *p, const json_t *named)
{
    const char *id = json_str(named, "id"), *name = json_str(named, "name");

    link_show(p, str_of(id), record_url(p, id, ""));
    if (strcmp(name, id) != 0)
        html_text(&p->html, page_text(p, "　%.*s", STR_ARG(name_words(p, engine_reg(p->worker->engine, json_str(named, "reg")), name))));
}

static void show_rows(struct page *p, const json_t *view, const struct field *f, const json_t *rows)
{
    struct column *columns = arena_alloc_n(p->arena, f->n_fields, sizeof(*columns));
    struct table t;

    if (!columns)
        return;
    for (size_t i = 0; i < f->n_fields; i++)
        columns[i] = (struct column){.heading = text2_words(p, f->fields[i].title),
                                     .is_number = f->fields[i].type == FIELD_NUMBER};
    table_begin(&p->w, &t, columns, f->n_fields, text2_words(p, f->title));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        row_begin(&p->w, &t);
        for (size_t c = 0; c < f->n_fields; c++) {
            cell_begin(&p->w, &t);
            value_show(p, view, &f->fields[c], json_object_get(json_array_get(rows, i), f->fields[c].id));
            cell_end(&p->w, &t);
        }
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

#define ITEMS_COUNTED 5 /* so many are told by their number, too; fewer are seen at a glance */

static void show_items(struct page *p, const json_t *view, const struct field *f, const json_t *items)
{
    if (f->type == FIELD_LIST && json_array_size(items) >= ITEMS_COUNTED)
        html_element(&p->html, HTML_SPAN, "tj-quiet", TF(p, MSG_WORDS_COUNT, {"count", page_text(p, "%zu", json_array_size(items))}));
    html_open(&p->html, HTML_UL);
    for (size_t i = 0; i < json_array_size(items); i++) {
        html_open(&p->html, HTML_LI);
        if (f->type == FIELD_CHECKLIST)
            html_text(&p->html, item_words(p, f, json_array_get(items, i)));
        else
            value_show(p, view, &f->fields[0], json_array_get(items, i));
        html_close(&p->html, HTML_LI);
    }
    html_close(&p->html, HTML_UL);
}

/* One that is only typed into a form is in no record yet. */
static bool is_handed_out(struct page *p, const json_t *view, const json_t *file)
{
    const struct reg *reg = json_is_object(file) && *json_str(view, "id") ? engine_reg(p->worker->engine, json_str(view, "reg")) : NULL;

    return reg && strcmp(json_str(file, "state"), "infected") != 0 && reg_hands_out(reg, json_str(view, "state"));
}

/* With a link where it can be had. */
static void show_file(struct page *p, const json_t *view, const json_t *v)
{
    struct str words = file_words(p, v);

    if (is_handed_out(p, view, v))
        link_show(p, words, record_url(p, json_str(view, "id"), page_text(p, "/files/%s", json_str(v, "id")).at));
    else
        html_text(&p->html, words);
    if (json_is_object(v) && *json_str(view, "id")) {
        html_text(&p->html, STR("　"));
        link_show(p, T(p, MSG_PREVIEW_LINK), record_url(p, json_str(view, "id"), page_text(p, "/files/%s/preview", json_str(v, "id")).at));
        if (is_handed_out(p, view, v) && engine_holding(p->worker->engine, HOLDS_INTEL_IMPORTS, p->now_us)) {
            html_text(&p->html, STR("　"));
            link_show(p, T(p, MSG_EXTRACT_LINK), page_text(p, "/intel/extract?record=%.*s&file=%s", STR_ARG(page_encoded(p, str_of(json_str(view, "id")))), json_str(v, "id")));
        }
        html_element(&p->html, HTML_P, "tj-quiet", T(p, MSG_PREVIEW_SAME_ALONE));
    }
}

void value_show(struct page *p, const json_t *view, const struct field *f, const json_t *v)
{
    const char *text = json_is_string(v) ? json_string_value(v) : "";
    const json_t *named;

    if (!v || (json_is_array(v) && !json_array_size(v))) {
        html_element(&p->html, HTML_SPAN, "tj-none", T(p, MSG_WORDS_NONE));
        return;
    }
    if (is_erased(v) || is_hidden(v)) {
        chip(&p->w, CHIP_NEUTRAL, T(p, is_erased(v) ? MSG_RECORD_ERASED : MSG_RECORD_HIDDEN));
        return;
    }
    if (f->type == FIELD_FILE)
        show_file(p, view, v);
    else if (f->type == FIELD_GROUP && json_is_array(v))
        show_rows(p, view, f, v);
    else if ((f->type == FIELD_LIST || f->type == FIELD_CHECKLIST) && json_is_array(v))
        show_items(p, view, f, v);
    else if (f->type == FIELD_RECORD && (named = named_in(view, text)))
        show_record(p, named);
    else if (f->type == FIELD_DIGEST)
        html_element(&p->html, HTML_CODE, "tj-digest", str_of(text)); /* short to see, whole when it is copied */
    else
        html_text(&p->html, value_words(p, f, v));
}

struct str name_words(struct page *p, const struct reg *reg, const char *name)
{
    JSON_AUTO *v = NULL;
    struct str words;

    if (!reg || !reg->name_field || !*name || reg->name_field->type == FIELD_NUMBER || reg->name_field->type == FIELD_FLAG)
        return str_of(name);
    v = json_string(name);
    words = v ? value_words(p, reg->name_field, v) : STR("");
    return words.len ? arena_str(p->arena, words) : str_of(name);
}

struct str called_words(struct page *p, const struct reg *reg, const json_t *view, const char *name)
{
    struct str words = STR_NONE;

    if (reg && reg->name_field && reg->name_field->type == FIELD_RECORD)
        words = named_words(p, view, name);
    return words.at ? words : name_words(p, reg, name);
}

struct str view_name_words(struct page *p, const struct reg *reg, const json_t *view)
{
    return called_words(p, reg, view, json_str(view, "name"));
}

bool is_for_own_page(const json_t *view)
{
    return json_int(json_obj(view, "label_in_force"), "confidentiality") >= 3;
}

struct str name_elsewhere(struct page *p, const struct reg *reg, const json_t *view)
{
    bool is_sealed = reg && reg->name_field && field_is_personal(reg->name_field);

    return is_sealed && is_for_own_page(view) ? arena_str(p->arena, str_of(json_str(view, "id"))) : view_name_words(p, reg, view);
}

/* ---- as typed ---- */

static json_t *typed_rows(struct page *p, const struct field *f, const json_t *v)
{
    json_t *rows = json_array();

    for (size_t i = 0; rows && i < json_array_size(v); i++) {
        json_t *row = json_object();

        for (size_t c = 0; row && c < f->n_fields; c++) {
            const json_t *cell = json_object_get(json_array_get(v, i), f->fields[c].id);
            json_t *typed = cell ? value_typed(p, &f->fields[c], cell) : NULL;

            if (typed && json_object_set_new(row, f->fields[c].id, typed)) {
                json_decref(row);
                row = NULL;
            }
        }
        if (!row || json_array_append_new(rows, row)) {
            json_decref(rows);
            return NULL;
        }
    }
    return rows;
}

static json_t *typed_list(struct page *p, const struct field *f, const json_t *v)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < json_array_size(v); i++) {
        json_t *one = value_typed(p, &f->fields[0], json_array_get(v, i));

        if (!one || json_array_append_new(list, one)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

json_t *value_typed(struct page *p, const struct field *f, const json_t *v)
{
    struct str s;

    if (is_erased(v) || is_hidden(v))
        return json_string("");
    switch (f->type) {
    case FIELD_FILE:
        return json_string(json_is_string(v) ? json_string_value(v) : json_str(v, "id"));
    case FIELD_CHECKLIST:
        return json_copied_deep(v);
    case FIELD_GROUP:
        return typed_rows(p, f, v);
    case FIELD_LIST:
        return typed_list(p, f, v);
    case FIELD_FLAG:
        return json_string(json_is_true(v) ? "yes" : "no");
    case FIELD_NUMBER:
    case FIELD_DAY:
    case FIELD_MONTH:
    case FIELD_INSTANT:
        s = value_words(p, f, v);
        return json_stringn(s.at ? s.at : "", s.len);
    case FIELD_DURATION: /* as it is typed: 3年, or P3Y where the words are not Japanese */
        s = p->lang == MESSAGE_EN || !json_is_string(v) ? str_of(json_is_string(v) ? json_string_value(v) : "") : value_words(p, f, v);
        return json_stringn(s.at ? s.at : "", s.len);
    default:
        return json_string(json_is_string(v) ? json_string_value(v) : "");
    }
}

/* ---- what has to be done before ---- */

static struct str and_one(struct page *p, struct str all, struct str one)
{
    struct str between = p->lang == MESSAGE_EN ? STR(", ") : STR("、");

    return all.len ? page_text(p, "%.*s%.*s%.*s", STR_ARG(all), STR_ARG(between), STR_ARG(one)) : one;
}

/* Roles, or of few persons the persons with their posts. */
static struct str doers_words(struct page *p, const json_t *one)
{
    const json_t *who = json_arr(one, "who"), *by = json_arr(one, "by");
    struct str all = STR("");

    for (size_t i = 0; i < json_array_size(who); i++) {
        const char *id = json_string_value(json_array_get(who, i));
        struct str post = person_post_words(p, id);

        all = and_one(p, all, page_text(p, "%.*s%s%.*s", STR_ARG(post), post.len ? " " : "", STR_ARG(person_words(p, id))));
    }
    for (size_t i = 0; !json_array_size(who) && i < json_array_size(by); i++)
        all = and_one(p, all, say_words(p, json_array_get(by, i)));
    return all;
}

static void show_way(struct page *p, const json_t *one)
{
    const char *record = json_str(one, "record");
    struct str step = say_words(p, json_object_get(one, "title")), by = doers_words(p, one),
               todo = page_text(p, "%s/%s", json_str(one, "reg"), json_str(one, "step"));

    html_open(&p->html, HTML_LI);
    if (!*json_str(one, "step")) {
        html_text(&p->html, TF(p, MSG_RECORD_DUE_BY, {"by", by}));
        html_close(&p->html, HTML_LI);
        return;
    }
    link_show(p, say_words(p, json_object_get(one, "reg_title")),
              register_url(p, json_str(one, "reg")));
    html_text(&p->html, STR(" "));
    if (*record) {
        link_show(p, str_of(record), record_url(p, record, ""));
        html_text(&p->html, STR(" "));
    }
    if (json_flag(one, "own"))
        link_show(p, TF(p, MSG_STEP_BEFORE_OWN, {"step", step}),
                  todo_url(p, todo.at, *record ? record : json_str(one, "from")));
    else
        html_text(&p->html, TF(p, by.len ? MSG_STEP_BEFORE_STEP : MSG_STEP_BEFORE_STEP_ANYONE,
                               {"step", step}, {"by", by}));
    html_close(&p->html, HTML_LI);
}

void ways_show(struct page *p, struct str heading, const json_t *before)
{
    if (!json_array_size(before))
        return;
    html_element(&p->html, HTML_P, NULL, heading);
    html_begin(&p->html, HTML_UL, "tj-ways");
    for (size_t i = 0; i < json_array_size(before); i++)
        show_way(p, json_array_get(before, i));
    html_close(&p->html, HTML_UL);
}

const struct step *step_judged(const struct reg *reg, const json_t *one)
{
    const struct procedure *p = reg->procedure;
    const char *act = json_str(one, "step");
    json_int_t no = json_int(one, "no");

    if (p && no >= 0 && (size_t)no < p->n_steps && !strcmp(p->steps[no].act, act))
        return &p->steps[no];
    return procedure_step(p, act, 0); /* the record is of an older text */
}

bool step_may_begin(const json_t *judged, const char *act)
{
    for (size_t i = 0; i < json_array_size(judged); i++) {
        const json_t *one = json_array_get(judged, i);
        const char *result = json_str(one, "result");

        if (!strcmp(json_str(one, "step"), act) &&
            (!strcmp(result, "allowed") || !strcmp(result, "open")))
            return true;
    }
    return false;
}

/* ---- refusals ---- */

#define REFUSAL_MAX 256

static void add_clause(struct page *p, struct refusal *r, struct refusal_clause *clauses, const char *id)
{
    const struct pack *pack;
    const struct clause *c = find_clause(p, id, &pack);
    struct str label = c ? clause_label(p, c) : str_of(id);

    for (size_t i = 0; i < r->n_clauses; i++)
        if (str_eq(clauses[i].clause, label))
            return;
    if (r->n_clauses < REFUSAL_MAX)
        clauses[r->n_clauses++] = (struct refusal_clause){
            label, clause_url(p, id), c ? text2_words(p, c->title) : STR("")};
}

static void add_clauses(struct page *p, struct refusal *r, struct refusal_clause *clauses, const json_t *ids)
{
    for (size_t i = 0; i < json_array_size(ids); i++)
        if (json_is_string(json_array_get(ids, i)))
            add_clause(p, r, clauses, json_string_value(json_array_get(ids, i)));
}

/* What two rules ask in the same words is said once. */
static void add_satisfy(struct refusal *r, struct str *satisfy, struct str say)
{
    for (size_t i = 0; i < r->n_satisfy; i++)
        if (str_eq(satisfy[i], say))
            return;
    if (say.len && r->n_satisfy < REFUSAL_MAX)
        satisfy[r->n_satisfy++] = say;
}

void refusal_show(struct page *p, const json_t *outcome, bool is_recorded)
{
    struct refusal_clause *clauses = arena_alloc_n(p->arena, REFUSAL_MAX, sizeof(*clauses));
    struct str *satisfy = arena_alloc_n(p->arena, REFUSAL_MAX, sizeof(*satisfy));
    const json_t *unmet = json_arr(outcome, "unmet");
    struct refusal r = {.clauses = clauses, .satisfy = satisfy, .is_recorded = is_recorded};

    if (!clauses || !satisfy)
        return;
    add_clauses(p, &r, clauses, json_arr(outcome, "clauses"));
    for (size_t i = 0; i < json_array_size(unmet); i++) {
        const json_t *one = json_array_get(unmet, i);

        add_clauses(p, &r, clauses, json_arr(one, "clauses"));
        add_satisfy(&r, satisfy, say_words(p, json_object_get(one, "say")));
    }
    refusal_box(&p->w, &r);
    ways_show(p, T(p, MSG_REFUSAL_BEFORE), json_arr(outcome, "before"));
}
