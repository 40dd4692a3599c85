/* Values in a text, confirmed by a person: the text is shown with each hit marked at its place, he takes what he wants, says what it is and whether it is
 * looked for, and what he took comes in as any file does, with its preview (doc/design/intelligence.md, EX1, PG7). Nothing is kept in between: the text
 * goes back and forth in the form. */
#include "web/intel-show.h"
#include "web/page-file.h"
#include "web/pages.h"
#include "web/words.h"

#include "base/utf8.h"
#include "engine/intel.h"
#include "intel/clue-stix.h"
#include "intel/extract.h"
#include "intel/json-put.h"
#include "keeper/file-operation.h"

#include <errno.h>
#include <inttypes.h>

#define TEXT_MAX ((size_t)256 << 10)
#define VALUES_MAX 250u /* different ones: each has up to three fields of the form */
#define HITS_MAX 5000u
#define BUNDLE_MAX ((size_t)8 << 20)
#define SOURCE_MAX 120u /* bytes of what the text is called */

/* One value, wherever it stands. */
struct found_value {
    struct str written; /* where it stood first */
    struct clue value;
    uint32_t n;
    enum clue_type types[CLUE_N_TYPES]; /* as which it can be read, its own first */
    size_t n_types;
    enum clue_type chosen;
    bool is_taken, is_indicator;
};

struct hit {
    size_t at, len;
    unsigned value; /* place among the values */
};

struct extracting {
    struct page *page;
    const struct reg *imports, *channels, *collections;
    struct str text, source;
    struct found_value *values;
    size_t n_values;
    struct hit *hits;
    size_t n_hits;
    bool is_short;     /* there is more than is shown */
    struct str error_text, error_choice;
    const json_t *refused;
};

/* ---- finding ---- */

/* Everything that it can be read as. */
static int add_types(struct found_value *v)
{
    struct clue other;
    int r = 0;

    v->types[v->n_types++] = v->value.type;
    clue_init(&other);
    for (unsigned type = CLUE_NONE + 1; r >= 0 && type < CLUE_N_TYPES; type++) {
        r = type == v->value.type ? 1 : clue_read_as((enum clue_type)type, v->written, &other);
        if (!r && other.type == (enum clue_type)type)
            v->types[v->n_types++] = (enum clue_type)type;
    }
    clue_done(&other);
    return MIN_OF(r, 0);
}

static int copy_clue(const struct clue *from, struct clue *to)
{
    clue_init(to);
    to->type = from->type;
    return buf_add_str(&to->bytes, buf_str(&from->bytes));
}

static int take_hit(const struct extract_hit *hit, void *context)
{
    struct extracting *x = context;
    size_t k = 0;
    int r = 0;

    while (k < x->n_values && !clue_eq(&x->values[k].value, hit->value))
        k++;
    if ((k == x->n_values && k == VALUES_MAX) || x->n_hits == HITS_MAX) {
        x->is_short = true;
        return 0;
    }
    if (k == x->n_values) {
        struct found_value *v = &x->values[x->n_values++];

        *v = (struct found_value){.written = arena_str(x->page->arena, hit->written)};
        if (!v->written.at)
            return -ENOMEM;
        r = copy_clue(hit->value, &v->value) ?: add_types(v);
        v->chosen = v->value.type;
    }
    x->values[k].n++;
    x->hits[x->n_hits++] = (struct hit){(size_t)hit->offset, hit->written.len, (unsigned)k};
    return r;
}

static int find(struct extracting *x)
{
    CLEANUP(extractor_freep) struct extractor *e = extractor_new(take_hit, x);
    int r;

    x->values = arena_alloc_n(x->page->arena, VALUES_MAX, sizeof(*x->values));
    x->hits = arena_alloc_n(x->page->arena, HITS_MAX, sizeof(*x->hits));
    if (!e || !x->values || !x->hits)
        return -ENOMEM;
    r = extractor_add(e, x->text);
    return r ? r : extractor_end(e);
}

static void leave(struct extracting *x)
{
    for (size_t i = 0; i < x->n_values; i++)
        clue_done(&x->values[i].value);
    x->n_values = 0;
}

/* ---- what was chosen ---- */

static struct found_value *value_of(struct extracting *x, struct str number)
{
    uint64_t n;

    return x->n_values && !str_to_u64(number, 0, x->n_values - 1, &n) ? &x->values[n] : NULL;
}

/* "type.3" */
static void choose_type(struct extracting *x, const struct form_field *f)
{
    struct found_value *v = value_of(x, (struct str){f->name.at + 5, f->name.len - 5});
    enum clue_type type = clue_type_of(f->value);

    for (size_t i = 0; v && i < v->n_types; i++)
        if (v->types[i] == type)
            v->chosen = type;
}

static void read_choice(struct extracting *x)
{
    const struct form_data *form = &x->page->form;
    struct str all = form_get(form, STR("all"));

    for (size_t i = 0; i < form->n; i++) {
        const struct form_field *f = &form->fields[i];
        struct found_value *v = NULL;

        if (str_eq(f->name, STR("take")) && (v = value_of(x, f->value)))
            v->is_taken = true;
        if (str_eq(f->name, STR("sought")) && (v = value_of(x, f->value)))
            v->is_indicator = true;
        if (str_starts(f->name, STR("type.")))
            choose_type(x, f);
    }
    for (size_t i = 0; all.len && i < x->n_values; i++)
        if (str_eq(all, STR("*")) || str_eq(all, str_of(clue_type_name(x->values[i].value.type))))
            x->values[i].is_taken = true;
    for (size_t i = 0; i < x->n_values && str_eq(form_get(form, STR("none")), STR("1")); i++)
        x->values[i].is_taken = false;
}

/* ---- the text with its hits ---- */

static struct str number_of(struct page *p, size_t n)
{
    return page_text(p, "%zu", n);
}

/* The first place of a value has the box by which it is taken; the others only say that it stands there, too. */
static void show_hit(struct extracting *x, const struct hit *h, bool is_first)
{
    struct page *p = x->page;
    struct html *w = &p->html;
    const struct found_value *v = &x->values[h->value];
    struct str written = {x->text.at + h->at, h->len};

    if (!is_first) {
        html_element(w, HTML_MARK, "tj-found", written);
        return;
    }
    html_begin(w, HTML_LABEL, "tj-found tj-found--first");
    html_open(w, HTML_INPUT);
    html_attr(w, HTML_TYPE, STR("checkbox"));
    html_attr(w, HTML_NAME, STR("take"));
    html_attr(w, HTML_VALUE, number_of(p, h->value));
    html_attr_if(w, HTML_CHECKED, v->is_taken);
    html_element(w, HTML_MARK, NULL, written);
    html_element(w, HTML_SMALL, NULL, intel_clue_words(p, v->value.type));
    html_close(w, HTML_LABEL);
}

static void show_text(struct extracting *x)
{
    struct page *p = x->page;
    unsigned n_shown = 0;
    size_t at = 0;

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_EXTRACT_TEXT_SHOWN));
    html_begin(&p->html, HTML_DIV, "tj-marked");
    for (size_t i = 0; i < x->n_hits; i++) {
        const struct hit *h = &x->hits[i];
        bool is_first = h->value == n_shown; /* values are numbered as they come */

        html_text(&p->html, (struct str){x->text.at + at, h->at - at});
        show_hit(x, h, is_first);
        n_shown += is_first;
        at = h->at + h->len;
    }
    html_text(&p->html, (struct str){x->text.at + at, x->text.len - at});
    html_close(&p->html, HTML_DIV);
}

/* ---- the values ---- */

static void show_types(struct page *p, const struct found_value *v, size_t number)
{
    struct html *w = &p->html;

    if (v->n_types == 1) {
        html_text(w, intel_clue_words(p, v->types[0]));
        return;
    }
    html_begin(w, HTML_SELECT, "tj-input");
    html_attr(w, HTML_NAME, page_text(p, "type.%zu", number));
    html_attr(w, HTML_ARIA_LABEL, TF(p, MSG_EXTRACT_TYPE_OF, {"value", v->written}));
    for (size_t i = 0; i < v->n_types; i++) {
        html_open(w, HTML_OPTION);
        html_attr(w, HTML_VALUE, str_of(clue_type_name(v->types[i])));
        html_attr_if(w, HTML_SELECTED, v->types[i] == v->chosen);
        html_text(w, intel_clue_words(p, v->types[i]));
        html_close(w, HTML_OPTION);
    }
    html_close(w, HTML_SELECT);
}

static void show_value(struct extracting *x, struct table *t, size_t number)
{
    const struct found_value *v = &x->values[number];
    struct page *p = x->page;
    struct html *w = &p->html;

    row_begin(&p->w, t);
    cell_text(&p->w, t, intel_clue_text(p, &v->value));
    cell_text(&p->w, t, v->written);
    cell_begin(&p->w, t);
    show_types(p, v, number);
    cell_end(&p->w, t);
    cell_text(&p->w, t, page_text(p, "%u", v->n));
    cell_begin(&p->w, t);
    html_begin(w, HTML_LABEL, "tj-choice");
    html_open(w, HTML_INPUT);
    html_attr(w, HTML_TYPE, STR("checkbox"));
    html_attr(w, HTML_NAME, STR("sought"));
    html_attr(w, HTML_VALUE, number_of(p, number));
    html_attr_if(w, HTML_CHECKED, v->is_indicator);
    html_element(w, HTML_SPAN, "tj-choice__text", T(p, MSG_EXTRACT_SOUGHT));
    html_close(w, HTML_LABEL);
    cell_end(&p->w, t);
    row_end(&p->w, t);
}

static void show_values(struct extracting *x)
{
    struct page *p = x->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_PAGE_VALUE), .is_row_heading = true},
                                     {.heading = T(p, MSG_EXTRACT_WRITTEN)},
                                     {.heading = T(p, MSG_INTEL_PAGE_READ_AS)},
                                     {.heading = T(p, MSG_EXTRACT_PLACES), .is_number = true},
                                     {.heading = T(p, MSG_EXTRACT_AS)}};
    struct table t;

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_EXTRACT_VALUES));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_EXTRACT_VALUES));
    for (size_t i = 0; i < x->n_values; i++)
        show_value(x, &t, i);
    table_end(&p->w, &t);
    if (x->is_short)
        html_element(&p->html, HTML_P, NULL, TF(p, MSG_EXTRACT_SHORT, {"n", page_text(p, "%u", VALUES_MAX)}));
}

/* All of one type, all, none: for who does not want to click on each. */
static void show_all_buttons(struct extracting *x)
{
    struct page *p = x->page;

    html_begin(&p->html, HTML_DIV, "tj-actions");
    for (unsigned type = CLUE_NONE + 1; type < CLUE_N_TYPES; type++) {
        size_t n = 0;

        for (size_t i = 0; i < x->n_values; i++)
            n += x->values[i].value.type == (enum clue_type)type;
        if (n)
            button_submit(&p->w, BUTTON_OUTLINE, TF(p, MSG_EXTRACT_ALL_OF, {"type", intel_clue_words(p, (enum clue_type)type)}, {"n", number_of(p, n)}),
                          STR("all"), str_of(clue_type_name((enum clue_type)type)));
    }
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_EXTRACT_NONE), STR("none"), STR("1"));
    html_close(&p->html, HTML_DIV);
}

/* ---- forms ---- */

static int show_select(struct extracting *x, const char *name, const struct reg *reg, struct str label)
{
    struct page *p = x->page;
    const char *chosen = page_field(p, str_of(name));
    const struct list_query q = {.reg = reg->id, .state = LIST_UNFINISHED, .field = "", .key = "", .sort = "id", .page = 1, .page_size = 200};
    struct field_choice *choices = arena_alloc_n(p->arena, 200, sizeof(*choices));
    struct list_rows rows;
    int r = choices ? engine_list_rows(p->worker->engine, p->session.person, &q, p->arena, &rows) : -ENOMEM;

    if (r)
        return ERR_FOLD(r);
    for (size_t i = 0; i < rows.n; i++)
        choices[i] = (struct field_choice){.value = str_of(rows.at[i].id), .label = str_of(rows.at[i].name), .is_chosen = !strcmp(rows.at[i].id, chosen)};
    field_select(&p->w, &(struct field_info){.name = name, .label = label, .is_required = true}, choices, rows.n);
    list_rows_done(&rows);
    return 0;
}

static void show_first(struct extracting *x)
{
    struct page *p = x->page;

    html_element(&p->html, HTML_P, NULL, T(p, MSG_EXTRACT_INTRO));
    page_form_begin(p, STR("/intel/extract"), true);
    field_text(&p->w, &(struct field_info){.name = "source", .label = T(p, MSG_EXTRACT_SOURCE), .support = T(p, MSG_EXTRACT_SOURCE_SUPPORT), .show_optional = true},
               LINE_TEXT, x->source, "off");
    field_long_text(&p->w, &(struct field_info){.name = "text", .label = T(p, MSG_EXTRACT_TEXT), .support = T(p, MSG_EXTRACT_TEXT_SUPPORT),
                                                .error = x->error_text, .is_required = true}, x->text, 16);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_EXTRACT_FIND), STR_NONE, STR_NONE);
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

static int show_second(struct extracting *x)
{
    struct page *p = x->page;
    int r;

    html_element(&p->html, HTML_P, NULL, T(p, MSG_EXTRACT_CONFIRM));
    page_form_begin(p, STR("/intel/extract"), true);
    field_hidden(&p->w, "text", x->text);
    field_hidden(&p->w, "source", x->source);
    show_text(x);
    show_all_buttons(x);
    show_values(x);
    r = show_select(x, "collection", x->collections, T(p, MSG_INTEL_PAGE_COLLECTION)) ?: show_select(x, "channel", x->channels, T(p, MSG_INTEL_PAGE_CHANNEL));
    if (r)
        return r;
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_EXTRACT_BRING), STR("do"), STR("bring"));
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
    return 0;
}

static int write(struct extracting *x)
{
    struct page *p = x->page;
    int r = 0;

    page_crumb(p, T(p, MSG_INTEL_PAGE_TITLE), STR("/intel"));
    page_crumb(p, T(p, MSG_EXTRACT_TITLE), STR_NONE);
    page_begin(p, T(p, MSG_EXTRACT_TITLE), NAV_INTEL);
    if (x->error_text.at || x->error_choice.at)
        p->resp->status = 422;
    if (x->error_choice.at)
        notice(&p->w, NOTICE_ERROR, x->error_choice, STR_NONE);
    if (x->refused) {
        p->resp->status = page_answer_status(x->refused);
        page_answer_notice(p, x->refused);
        if (json_obj(x->refused, "outcome"))
            refusal_show(p, json_obj(x->refused, "outcome"), true);
    }
    if (x->n_values)
        r = show_second(x);
    else
        show_first(x);
    return r ? r : page_end(p);
}

static int enter(struct page *p, struct extracting *x)
{
    const struct engine *e = p->worker->engine;
    int r;

    *x = (struct extracting){.page = p, .imports = engine_holding(e, HOLDS_INTEL_IMPORTS, p->now_us), .channels = engine_holding(e, HOLDS_INTEL_CHANNELS, p->now_us),
                             .collections = engine_holding(e, HOLDS_INTEL_COLLECTIONS, p->now_us), .text = STR(""), .source = STR("")};
    if (x->imports && x->channels && x->collections)
        return 0;
    r = page_not_found(p);
    return r ? r : 1;
}

int intel_extract_page(struct page *p)
{
    struct extracting x;
    int r = enter(p, &x);

    return r ? MIN_OF(r, 0) : write(&x);
}

/* ---- bringing it in ---- */

/* 1: STIX has no place for it, which is said. */
static int put_value(struct extracting *x, const struct found_value *v, struct buf *out)
{
    CLEANUP(buf_done) struct buf object, id;
    const struct clue_indicator i = {.description = x->source, .made_us = x->page->now_us, .confidence = -1, .tlp = -1};
    struct clue value;
    int r;

    buf_init(&object, BUNDLE_MAX);
    buf_init(&id, 300);
    clue_init(&value);
    r = clue_read_as(v->chosen, v->written, &value);
    if (!r)
        r = clue_stix_observable(&value, &object, &id);
    if (!r)
        json_put_raw(out, buf_str(&object));
    if (!r && v->is_indicator) {
        buf_clear(&object);
        r = clue_stix_indicator(&value, &i, &object);
        if (!r)
            json_put_raw(out, buf_str(&object));
    }
    clue_done(&value);
    if (r > 0)
        x->error_choice = TF(x->page, MSG_EXTRACT_NO_PLACE, {"value", v->written});
    return r > 0 ? 1 : r;
}

static int print_bundle(struct extracting *x, struct buf *out)
{
    size_t n = 0;
    int r = 0;

    json_put_open(out, '{');
    json_put_member(out, "type", STR("bundle"));
    json_put_member(out, "id", STR("bundle--00000000-0000-4000-8000-000000000000"));
    json_put_key(out, "objects");
    json_put_open(out, '[');
    for (size_t i = 0; !r && i < x->n_values; i++) {
        n += x->values[i].is_taken;
        r = x->values[i].is_taken ? put_value(x, &x->values[i], out) : 0;
    }
    json_put_close(out, ']');
    json_put_close(out, '}');
    if (!r && !n) {
        x->error_choice = T(x->page, MSG_EXTRACT_NOTHING_TAKEN);
        return 1;
    }
    return r ? r : buf_error(out);
}

static int begin_import(struct extracting *x, const char *file)
{
    struct page *p = x->page;
    struct str name = x->source.len ? x->source : T(p, MSG_EXTRACT_NAMELESS);
    json_t *answer = page_ask(p, json_pack("{s:s, s:s, s:s, s:s%, s:s, s:s}", "op", "intel-begin", "collection", page_field(p, STR("collection")), "channel",
                                           page_field(p, STR("channel")), "source", name.at, name.len, "file", file, "format", "stix"));

    if (!answer)
        return -ENOMEM;
    if (json_flag(answer, "ok"))
        return page_go(p, page_text(p, "/intel/imports/%s", json_str(answer, "record")));
    x->refused = answer;
    return write(x);
}

/* As a file of STIX, which is read, checked and shown as any other. */
static int bring(struct extracting *x)
{
    static const struct field field = {.id = INTEL_FILE_FIELD};
    CLEANUP(buf_done) struct buf bundle;
    struct form_field sent = {.filename = STR("values.json"), .is_file = true};
    char id[ATTACHMENT_ID_SIZE];
    int r;

    buf_init(&bundle, BUNDLE_MAX);
    if (!*page_field(x->page, STR("collection")) || !*page_field(x->page, STR("channel"))) {
        x->error_choice = T(x->page, MSG_EXTRACT_WHERE);
        return write(x);
    }
    r = print_bundle(x, &bundle);
    if (r)
        return r > 0 ? write(x) : r;
    sent.value = buf_str(&bundle);
    r = file_send(x->page, x->imports, &field, &sent, id, &x->refused);
    if (r)
        return r;
    return x->refused ? write(x) : begin_import(x, id);
}

static struct str source_of(struct page *p)
{
    struct str s = str_trim(form_get(&p->form, STR("source")));
    size_t n = MIN_OF(s.len, (size_t)SOURCE_MAX);

    while (n < s.len && n > 0 && ((unsigned char)s.at[n] & 0xc0) == 0x80)
        n--;
    return n ? (struct str){s.at, n} : STR("");
}

static int act(struct extracting *x)
{
    struct page *p = x->page;
    int r;

    if (x->text.len > TEXT_MAX)
        x->error_text = T(p, MSG_EXTRACT_LONG);
    else if (!x->text.len || utf8_is_blank(x->text))
        x->error_text = T(p, MSG_EXTRACT_EMPTY);
    if (x->error_text.at)
        return write(x);
    r = find(x);
    if (r)
        return r;
    if (!x->n_values) {
        x->error_text = T(p, MSG_EXTRACT_NO_VALUES);
        return write(x);
    }
    read_choice(x);
    return str_eq(form_get(&p->form, STR("do")), STR("bring")) ? bring(x) : write(x);
}

int intel_extract_act(struct page *p)
{
    struct extracting x;
    int r = enter(p, &x);

    if (r)
        return MIN_OF(r, 0);
    x.text = form_get(&p->form, STR("text"));
    x.text = x.text.at ? x.text : STR("");
    x.source = source_of(p);
    r = act(&x);
    leave(&x);
    return r;
}
