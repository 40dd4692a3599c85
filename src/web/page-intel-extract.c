/* Values in a text or document, confirmed by a person: the text is shown with each hit marked at its place, he takes what he wants, says what it is and whether
 * it is looked for, and what he took comes in as any file does, with its preview (doc/design/intelligence.md, EX1, PG7). Nothing is kept in between: the text
 * goes back and forth in the form, with the places of a document (web/intel-document.h). Of a long document a part is shown at a time. */
#include "web/intel-document.h"
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
#define PLACES_MAX ((size_t)1 << 20) /* bytes of places, as they go through the form */
#define PLACES_TOLD 3u               /* of one value, before they are counted */

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
    size_t n_shown;    /* places of the document that stand in the page by now */
    bool is_short;     /* there is more than is shown */
    struct document document;      /* places of the text that is shown, and nothing else behind the first step */
    const char *record, *attached; /* the record whose file it is, and that file; "" */
    const char *upload;            /* a file that was sent ahead; "" */
    uint64_t from, total;          /* of the document's text: where the part begins that is shown, and all of it; total 0: all is shown */
    unsigned n_inside;             /* files within it, which were not read */
    struct str error_text, error_file, error_choice;
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

/* "3ページ、5ページほか2" */
static struct str places_of(struct extracting *x, size_t number)
{
    const struct document_place *last = NULL;
    struct page *p = x->page;
    struct str told = STR("");
    unsigned n = 0;

    for (size_t i = 0; i < x->n_hits; i++) {
        const struct document_place *at = x->hits[i].value == number ? document_place_at(&x->document, x->hits[i].at) : NULL;

        if (!at || at == last)
            continue;
        last = at;
        if (n++ < PLACES_TOLD)
            told = page_text(p, "%.*s%s%.*s", STR_ARG(told), told.len ? " / " : "", STR_ARG(intel_place_words(p, &x->document, at)));
    }
    return n > PLACES_TOLD ? TF(p, MSG_PLACES_MORE, {"places", told}, {"n", number_of(p, n - PLACES_TOLD)}) : told;
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

/* Text between hits; a place of the document stands before what it is of. */
static void show_plain(struct extracting *x, size_t from, size_t to)
{
    const struct document_place *all = document_places(&x->document);
    struct html *w = &x->page->html;

    while (x->n_shown < document_n_places(&x->document) && all[x->n_shown].offset <= to) {
        const struct document_place *place = &all[x->n_shown++];
        size_t at = MAX_OF((size_t)place->offset, from);

        html_text(w, (struct str){x->text.at + from, at - from});
        html_element(w, HTML_SMALL, "tj-place", intel_place_words(x->page, &x->document, place));
        from = at;
    }
    html_text(w, (struct str){x->text.at + from, to - from});
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

        show_plain(x, at, h->at);
        show_hit(x, h, is_first);
        n_shown += is_first;
        at = h->at + h->len;
    }
    show_plain(x, at, x->text.len);
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
    html_begin(w, HTML_SELECT, "tj-input tj-input--select");
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
    if (document_n_places(&x->document))
        cell_text(&p->w, t, places_of(x, number));
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
    const struct column as = {.heading = T(p, MSG_EXTRACT_AS)};
    struct column columns[6] = {{.heading = T(p, MSG_INTEL_PAGE_VALUE), .is_row_heading = true},
                                {.heading = T(p, MSG_EXTRACT_WRITTEN)},
                                {.heading = T(p, MSG_INTEL_PAGE_READ_AS)},
                                {.heading = T(p, MSG_EXTRACT_PLACES), .is_number = true}};
    size_t n = 4;
    struct table t;

    if (document_n_places(&x->document))
        columns[n++] = (struct column){.heading = T(p, MSG_EXTRACT_PLACE)};
    columns[n++] = as;

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_EXTRACT_VALUES));
    table_begin(&p->w, &t, columns, n, T(p, MSG_EXTRACT_VALUES));
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
    list_rows_by_name(&rows);
    for (size_t i = 0; i < rows.n; i++)
        choices[i] = (struct field_choice){.value = str_of(rows.at[i].id), .label = str_of(rows.at[i].name), .is_chosen = !strcmp(rows.at[i].id, chosen)};
    field_select(&p->w, &(struct field_info){.name = name, .label = label, .is_required = true}, choices, rows.n);
    list_rows_done(&rows);
    return 0;
}

static void show_upload(struct extracting *x)
{
    struct page *p = x->page;
    const struct upload_info u = {.id_name = INTEL_FILE_FIELD, .reg = x->imports->id, .id = str_of(x->upload), .is_unexamined = true,
                                  .held = *x->upload ? file_words(p, page_keep(p, json_string(x->upload))) : STR_NONE};

    field_upload(&p->w, &(struct field_info){.name = "file", .label = T(p, MSG_EXTRACT_FILE), .support = T(p, MSG_EXTRACT_FILE_SUPPORT),
                                             .error = x->error_file, .show_optional = true}, &u);
}

/* Of a record: what is read is said, and nothing is to be typed. */
static void show_of_record(struct extracting *x)
{
    struct page *p = x->page;

    html_element(&p->html, HTML_P, NULL, TF(p, MSG_EXTRACT_OF_RECORD, {"record", str_of(x->record)}));
    if (x->error_text.at)
        notice(&p->w, NOTICE_ERROR, x->error_text, STR_NONE);
    page_form_begin(p, STR("/intel/extract"), true);
    field_hidden(&p->w, "record", str_of(x->record));
    field_hidden(&p->w, "attached", str_of(x->attached));
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_EXTRACT_FIND), STR_NONE, STR_NONE);
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

static void show_first(struct extracting *x)
{
    struct page *p = x->page;

    if (*x->record) {
        show_of_record(x);
        return;
    }
    html_element(&p->html, HTML_P, NULL, T(p, MSG_EXTRACT_INTRO));
    page_form_begin_files(p, STR("/intel/extract"), true);
    field_text(&p->w, &(struct field_info){.name = "source", .label = T(p, MSG_EXTRACT_SOURCE), .support = T(p, MSG_EXTRACT_SOURCE_SUPPORT), .show_optional = true},
               LINE_TEXT, x->source, "off");
    field_long_text(&p->w, &(struct field_info){.name = "text", .label = T(p, MSG_EXTRACT_TEXT), .support = T(p, MSG_EXTRACT_TEXT_SUPPORT),
                                                .error = x->error_text, .show_optional = true}, x->text, 16);
    show_upload(x);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_EXTRACT_FIND), STR_NONE, STR_NONE);
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

/* How what comes in is marked at least; its channel's own default counts in any case. */
static void show_marks(struct extracting *x)
{
    struct page *p = x->page;
    const char *chosen = page_field(p, STR("mark"));
    struct field_choice choices[TLP_RED + 2] = {{.value = STR("-"), .label = T(p, MSG_EXTRACT_MARK_CHANNEL), .is_chosen = !*chosen || *chosen == '-'}};

    for (unsigned t = TLP_GREEN; t <= TLP_RED; t++)
        choices[t] = (struct field_choice){.value = str_of(tlp_name((enum tlp)t)), .label = str_of(tlp_name((enum tlp)t)),
                                           .is_chosen = !strcmp(chosen, tlp_name((enum tlp)t))};
    field_select(&p->w, &(struct field_info){.name = "mark", .label = T(p, MSG_EXTRACT_MARK),
                                             .support = T(p, *x->record ? MSG_EXTRACT_MARK_RECORD : MSG_EXTRACT_MARK_SUPPORT)}, choices, TLP_RED + 1);
}

/* What is not shown now, and the way to it. */
static void show_rest(struct extracting *x)
{
    struct page *p = x->page;
    uint64_t to = x->from + x->text.len;
    bool is_kept = *x->record || *x->upload;

    if (x->n_inside)
        html_element(&p->html, HTML_P, NULL, TF(p, MSG_EXTRACT_INSIDE, {"n", number_of(p, x->n_inside)}));
    if (!x->total)
        return;
    html_element(&p->html, HTML_P, NULL, TF(p, is_kept ? MSG_EXTRACT_PART : MSG_EXTRACT_FIRST_PART, {"from", size_words(p, x->from)}, {"to", size_words(p, to)},
                                            {"all", size_words(p, x->total)}));
    if (to >= x->total || !is_kept)
        return;
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_EXTRACT_NEXT_PART), STR("next"), page_text(p, "%" PRIu64, to));
    html_close(&p->html, HTML_DIV);
}

static int hide_source(struct extracting *x)
{
    CLEANUP(buf_done) struct buf places;
    struct page *p = x->page;
    int r;

    buf_init(&places, PLACES_MAX);
    r = intel_places_print(&x->document, 0, x->text.len, &places);
    if (r == -ENOMEM)
        return r;
    field_hidden(&p->w, "text", x->text);
    field_hidden(&p->w, "source", x->source);
    field_hidden(&p->w, "places", places.len ? buf_str(&places) : STR(""));
    field_hidden(&p->w, "record", str_of(x->record));
    field_hidden(&p->w, "attached", str_of(x->attached));
    field_hidden(&p->w, INTEL_FILE_FIELD, str_of(x->upload));
    field_hidden(&p->w, "from", page_text(p, "%" PRIu64, x->from));
    field_hidden(&p->w, "total", page_text(p, "%" PRIu64, x->total));
    return 0;
}

static int show_second(struct extracting *x)
{
    struct page *p = x->page;
    int r;

    html_element(&p->html, HTML_P, NULL, T(p, MSG_EXTRACT_CONFIRM));
    page_form_begin(p, STR("/intel/extract"), true);
    if ((r = hide_source(x)))
        return r;
    show_text(x);
    show_rest(x);
    show_all_buttons(x);
    show_values(x);
    r = show_select(x, "collection", x->collections, T(p, MSG_INTEL_PAGE_COLLECTION)) ?: show_select(x, "channel", x->channels, T(p, MSG_INTEL_PAGE_CHANNEL));
    if (r)
        return r;
    show_marks(x);
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
    if (x->error_text.at || x->error_file.at || x->error_choice.at)
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
                             .collections = engine_holding(e, HOLDS_INTEL_COLLECTIONS, p->now_us), .text = STR(""), .source = STR(""), .record = "", .attached = "", .upload = ""};
    document_init(&x->document);
    if (x->imports && x->channels && x->collections)
        return 0;
    r = page_not_found(p);
    return r ? r : 1;
}

int intel_extract_page(struct page *p)
{
    struct extracting x;
    int r = enter(p, &x);

    x.record = page_query(p, STR("record"));
    x.attached = page_query(p, STR("file"));
    r = r ? MIN_OF(r, 0) : write(&x);
    document_done(&x.document);
    return r;
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
    enum tlp mark = TLP_CLEAR;
    json_t *answer;

    IGNORE(!tlp_parse(str_of(page_field(p, STR("mark"))), &mark), "then the channel's own mark counts");
    answer = page_ask(p, json_pack("{s:s, s:s, s:s, s:s%, s:s, s:s, s:s, s:i}", "op", "intel-begin", "collection", page_field(p, STR("collection")), "channel",
                                   page_field(p, STR("channel")), "source", name.at, name.len, "file", file, "format", "stix", "of", x->record, "tlp", (int)mark));

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

/* The part that is shown, to the end of a line where there is one, with its places. */
static int take_part(struct extracting *x, const struct document *d)
{
    CLEANUP(buf_done) struct buf places;
    struct str all = document_str(d), part;
    const char *end;
    int r;

    buf_init(&places, PLACES_MAX);
    x->from = MIN_OF(x->from, (uint64_t)all.len);
    while (x->from && x->from < all.len && ((unsigned char)all.at[x->from] & 0xc0) == 0x80)
        x->from--;
    part = (struct str){all.at + x->from, MIN_OF(all.len - (size_t)x->from, TEXT_MAX)};
    if (x->from + part.len < all.len && (end = memrchr(part.at, '\n', part.len)))
        part.len = (size_t)(end - part.at) + 1;
    while (part.len && x->from + part.len < all.len && ((unsigned char)part.at[part.len] & 0xc0) == 0x80)
        part.len--;
    x->total = part.len < all.len ? all.len : 0;
    x->text = part.len ? arena_str(x->page->arena, part) : STR("");
    r = x->text.at ? intel_places_print(d, x->from, x->from + part.len, &places) : -ENOMEM;
    if (r && r != -ENOSPC)
        return r;
    return intel_places_take(places.len ? buf_str(&places) : STR(""), &x->document);
}

/* What it was taken out of is named by number: a file of a record may have a name that is of the record. */
static void name_source(struct extracting *x, const struct form_field *sent)
{
    if (x->source.len)
        return;
    if (*x->record)
        x->source = str_of(x->record);
    else if (sent && sent->filename.len && sent->filename.len <= SOURCE_MAX)
        x->source = sent->filename;
}

/* Told at the field where it was chosen; another one is chosen then. */
static int refuse_document(struct extracting *x)
{
    if (!*x->record) {
        x->error_file = x->error_text;
        x->error_text = STR_NONE;
        x->upload = "";
    }
    return write(x);
}

/* 1: the page was written, or there is something to say. */
static int read_document(struct extracting *x)
{
    const struct form_field *sent = form_file(&x->page->form, STR("file"));
    struct document d;
    int r;

    document_init(&d);
    if (*x->record || *x->upload)
        r = intel_document_read(x->page, x->record, *x->record ? x->attached : x->upload, &d, &x->error_text, &x->n_inside);
    else if (sent && sent->value.len)
        r = intel_document_of(x->page, sent->value, &d, &x->error_text, &x->n_inside);
    else
        r = 0;
    name_source(x, sent);
    if (!r && document_str(&d).len) {
        r = take_part(x, &d);
    } else if (!r && (*x->record || *x->upload || (sent && sent->value.len))) {
        x->error_text = T(x->page, MSG_EXTRACT_NO_VALUES);
        r = 2;
    }
    document_done(&d);
    return r == 2 ? refuse_document(x) ?: 1 : r;
}

/* Browsers send ends of lines as two characters; places count one. */
static int without_returns(struct extracting *x)
{
    char *to = arena_alloc_n(x->page->arena, x->text.len + 1, 1);
    size_t n = 0;

    if (!to)
        return -ENOMEM;
    for (size_t i = 0; i < x->text.len; i++)
        if (x->text.at[i] != '\r')
            to[n++] = x->text.at[i];
    x->text = (struct str){to, n};
    return intel_places_take(form_get(&x->page->form, STR("places")), &x->document);
}

/* The text of the form, or of a document, or of its next part. 1: the page was written. */
static int take_text(struct extracting *x)
{
    const char *next = page_field(x->page, STR("next"));

    if (!*next && x->text.len)
        return without_returns(x);
    x->text = STR("");
    if (str_to_u64(str_of(next), 0, DOCUMENT_TEXT_MAX, &x->from))
        x->from = 0;
    return read_document(x);
}

static int act(struct extracting *x)
{
    struct page *p = x->page;
    int r = take_text(x);

    if (r)
        return MIN_OF(r, 0);
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

    if (r) {
        document_done(&x.document);
        return MIN_OF(r, 0);
    }
    x.text = form_get(&p->form, STR("text"));
    x.text = x.text.at ? x.text : STR("");
    x.source = source_of(p);
    x.record = page_field(p, STR("record"));
    x.attached = page_field(p, STR("attached"));
    x.upload = page_field(p, STR(INTEL_FILE_FIELD));
    if (str_to_u64(str_of(page_field(p, STR("from"))), 0, DOCUMENT_TEXT_MAX, &x.from) ||
        str_to_u64(str_of(page_field(p, STR("total"))), 0, DOCUMENT_TEXT_MAX, &x.total))
        x.from = x.total = 0;
    r = act(&x);
    leave(&x);
    document_done(&x.document);
    return r;
}
