/* One object of threat intelligence: what stands in it, its versions, the values in it, what it is joined to, and its times. What is not in sight looks as what is
 * not there (ST7 of doc/design/intelligence.md). */
#include "web/intel-graph.h"
#include "web/intel-life.h"
#include "web/intel-links.h"
#include "web/intel-times.h"
#include "web/pages.h"
#include "web/words.h"

#include "base/utf8.h"
#include "intel/stix-clues.h"
#include "intel/stix-id.h"
#include "intel/stix-time.h"
#include "label/audience.h"

#include <errno.h>

#define VERSIONS_SHOWN 200u
#define VALUES_SHOWN 100u
#define LINKS_MAX 200u    /* references that are looked up */
#define PIECES_MAX 2000u  /* values of properties that are shown */
#define DEPTH_MAX 5u
#define LIST_SHOWN 200u   /* entries of one list */
#define TEXT_SHOWN 4000u  /* bytes of one text */
#define RAW_SHOWN ((size_t)256 << 10)
#define RAW_FOLDED 4096u  /* bytes, from which on it is folded away */
#define EVENTS_MAX 400u
#define OBJECT_MEMORY ((size_t)64 << 20)

struct showing {
    struct intel *intel;
    struct intel_object object;
    struct scanner *scanner;       /* of the version shown */
    struct buf bytes;
    const struct scan_value *root; /* NULL: it cannot be read */
    struct version_of {
        struct stock_ref ref;
        struct str version;
        bool is_conflict;
    } versions[VERSIONS_SHOWN];
    size_t n_versions, shown;
    unsigned n_links, n_pieces;
    struct event_of {
        struct str t, what, url;
    } events[EVENTS_MAX];
    size_t n_events;
    json_t *graph;
    struct intel_links links;
    int error;                     /* of a look-up in the middle of a page */
};

/* Bytes of whole characters. */
static struct str beginning(struct str s, size_t max)
{
    size_t n = MIN_OF(s.len, max);

    while (n && n < s.len && ((unsigned char)s.at[n] & 0xc0) == 0x80)
        n--;
    return (struct str){s.at, n};
}

/* ---- which version ---- */

static int take_version(const struct stock_version *v, void *context)
{
    struct showing *x = context;

    if (x->n_versions == VERSIONS_SHOWN) { /* the newest stay */
        memmove(&x->versions[0], &x->versions[1], (VERSIONS_SHOWN - 1) * sizeof(x->versions[0]));
        x->n_versions--;
    }
    x->versions[x->n_versions++] = (struct version_of){v->ref, arena_str(x->intel->page->arena, v->version), v->is_conflict};
    return 0;
}

/* The one that is asked for, counted from 1; else that which counts (ST4). */
static size_t choose(const struct showing *x)
{
    uint64_t n;
    size_t k = x->n_versions - 1;

    if (!str_to_u64(form_get(&x->intel->page->query, STR("version")), 1, x->n_versions, &n))
        return (size_t)n - 1;
    while (k && x->versions[k].is_conflict)
        k--;
    return k;
}

/* 1: there is none in sight. */
static int read_object(struct showing *x, struct str id)
{
    struct intel *i = x->intel;
    struct stock_object o;
    struct scan_place place;
    int r = utf8_is_valid(id) ? stock_versions(i->stock, i->sight, id, take_version, x) : STOCK_E_NONE;

    if (r)
        return r == STOCK_E_NONE ? 1 : intel_failed(r);
    x->shown = choose(x);
    r = stock_get(i->stock, i->sight, x->versions[x->shown].ref, &o);
    if (r)
        return intel_failed(r);
    r = buf_add_str(&x->bytes, o.bytes);
    if (!r)
        r = intel_take(i, &o, &x->object, NULL);
    if (r)
        return r;
    buf_init(&place.path, 4096);
    r = scanner_read(x->scanner, buf_str(&x->bytes), &x->root, &place);
    buf_done(&place.path);
    if (r || x->root->kind != SCAN_OBJECT)
        x->root = NULL;
    return MIN_OF(r, 0);
}

/* ---- label ---- */

static json_t *label_view(const struct label *l)
{
    json_t *v = json_pack("{s:{s:i, s:i, s:i, s:[]}}", "label_in_force", "confidentiality", l->confidentiality, "integrity", l->integrity, "availability",
                          l->availability, "restrictions");
    json_t *restrictions = json_arr(json_obj(v, "label_in_force"), "restrictions");

    for (size_t k = 0; restrictions && k < l->restrictions.n; k++)
        if (json_array_append_new(restrictions, json_string(l->restrictions.at[k]))) {
            json_decref(v);
            return NULL;
        }
    return v;
}

static int read_label(struct showing *x)
{
    struct page *p = x->intel->page;
    struct audience au;
    json_t *view;
    int r = audience_get(p->worker->store, stock_audience(x->intel->stock, x->object.ref.audience), p->arena, &au, NULL);

    if (r)
        return ERR_FOLD(r);
    view = page_keep(p, label_view(&au.label));
    if (!view)
        return -ENOMEM;
    p->label = label_words(p, x->intel->reg, view);
    if (au.label.confidentiality >= LABEL_CONFIDENTIALITY_MAX)
        p->window = intel_type_words(p, x->object.type);
    return 0;
}

static void show_head(struct showing *x)
{
    struct page *p = x->intel->page;
    const struct intel_object *o = &x->object;

    definition_begin(&p->w);
    definition(&p->w, T(p, MSG_INTEL_PAGE_TYPE), intel_type_words(p, o->type));
    definition_open(&p->w, STR("ID"));
    html_element(&p->html, HTML_CODE, "tj-digest", o->id);
    definition_close(&p->w);
    definition_open(&p->w, T(p, MSG_INTEL_PAGE_MARK));
    intel_tlp_chip(p, o->tlp);
    if (o->is_revoked)
        chip(&p->w, CHIP_WARNING, T(p, MSG_INTEL_PAGE_REVOKED));
    definition_close(&p->w);
    if (p->label.at)
        definition(&p->w, T(p, MSG_INTEL_PAGE_LABEL), p->label);
    if (o->collection) {
        definition_open(&p->w, T(p, MSG_INTEL_PAGE_COLLECTION));
        link_show(p, str_of(o->collection->name), record_url(p, o->collection->id, ""));
        definition_close(&p->w);
    }
    definition_end(&p->w);
}

/* ---- what stands in it ---- */

static void show_text(struct showing *x, struct str s)
{
    struct page *p = x->intel->page;
    struct stix_time t;
    struct str type, shown = beginning(s, TEXT_SHOWN);
    struct intel_object o;
    int r = 1;

    if (stix_id_is(s, &type) && x->n_links < LINKS_MAX) {
        x->n_links++;
        r = intel_latest(x->intel, s, &o, NULL);
        x->error = x->error ? x->error : MIN_OF(r, 0);
    }
    if (!r)
        link_show(p, page_text(p, "%.*s　%.*s", STR_ARG(intel_type_words(p, o.type)), STR_ARG(o.title)), intel_object_url(p, o.id, ""));
    else if (stix_time_read(s, &t))
        html_text(&p->html, intel_instant_words(p, s));
    else
        html_text(&p->html, shown);
    if (shown.len < s.len)
        html_text(&p->html, STR("…"));
}

static void show_value(struct showing *x, const struct scan_value *v, unsigned depth);

static void show_rows(struct showing *x, const struct scan_value *of, unsigned depth)
{
    struct page *p = x->intel->page;
    const struct scan_value *v = of + 1;

    html_open(&p->html, HTML_UL);
    for (uint32_t k = 0; k < of->len; k++) {
        const struct scan_value *value = of->kind == SCAN_OBJECT ? v + 1 : v;

        html_open(&p->html, HTML_LI);
        if (k == LIST_SHOWN || x->n_pieces >= PIECES_MAX || depth == DEPTH_MAX) {
            html_text(&p->html, T(p, MSG_INTEL_PAGE_CUT));
            html_close(&p->html, HTML_LI);
            break;
        }
        if (of->kind == SCAN_OBJECT) {
            html_text(&p->html, intel_property_words(p, scan_str(v)));
            html_text(&p->html, STR("： "));
        }
        show_value(x, value, depth + 1);
        html_close(&p->html, HTML_LI);
        v = value + value->skip;
    }
    html_close(&p->html, HTML_UL);
}

static void show_value(struct showing *x, const struct scan_value *v, unsigned depth)
{
    struct page *p = x->intel->page;

    x->n_pieces++;
    switch ((enum scan_kind)v->kind) {
    case SCAN_STRING:
        show_text(x, scan_str(v));
        break;
    case SCAN_NUMBER:
        html_text(&p->html, beginning(scan_str(v), TEXT_SHOWN));
        break;
    case SCAN_TRUE:
    case SCAN_FALSE:
        html_text(&p->html, T(p, v->kind == SCAN_TRUE ? MSG_INTEL_PAGE_YES : MSG_INTEL_PAGE_NO));
        break;
    case SCAN_NULL:
        break;
    case SCAN_ARRAY:
    case SCAN_OBJECT:
        if (v->kind == SCAN_ARRAY && v->len == 1)
            show_value(x, &v[1], depth);
        else if (v->len)
            show_rows(x, v, depth);
        break;
    }
}

static bool stands_above(struct str property)
{
    return str_eq(property, STR("type")) || str_eq(property, STR("id"));
}

static void show_properties(struct showing *x)
{
    struct page *p = x->intel->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_PAGE_PROPERTY), .is_row_heading = true}, {.heading = T(p, MSG_INTEL_PAGE_CONTENT)}};
    const struct scan_value *v = x->root ? x->root + 1 : NULL;
    struct table t;

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_PAGE_PROPERTIES));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_INTEL_PAGE_PROPERTIES));
    for (uint32_t k = 0; v && k < x->root->len && x->n_pieces < PIECES_MAX; k++, v += 1 + v[1].skip) {
        if (stands_above(scan_str(v)))
            continue;
        row_begin(&p->w, &t);
        cell_text(&p->w, &t, intel_property_words(p, scan_str(v)));
        cell_begin(&p->w, &t);
        show_value(x, &v[1], 0);
        cell_end(&p->w, &t);
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

/* ---- versions ---- */

static struct str version_url(struct showing *x, size_t k)
{
    struct page *p = x->intel->page;

    return page_text(p, "%.*s?version=%zu", STR_ARG(intel_object_url(p, x->object.id, "")), k + 1);
}

static void show_versions(struct showing *x)
{
    struct page *p = x->intel->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_PAGE_NUMBER), .is_row_heading = true}, {.heading = T(p, MSG_INTEL_PAGE_VERSION)},
                                     {.heading = T(p, MSG_REGISTER_STATE)}};
    struct table t;

    if (x->n_versions < 2)
        return;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_PAGE_VERSIONS));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_INTEL_PAGE_VERSIONS));
    for (size_t k = 0; k < x->n_versions; k++) {
        const struct version_of *v = &x->versions[k];

        row_begin(&p->w, &t);
        cell_link(&p->w, &t, page_text(p, "%zu", k + 1), version_url(x, k));
        cell_text(&p->w, &t, v->version.len ? intel_instant_words(p, v->version) : STR(""));
        cell_begin(&p->w, &t);
        if (k == x->shown)
            chip(&p->w, CHIP_ACTIVE, T(p, MSG_INTEL_PAGE_SHOWN));
        if (v->is_conflict)
            chip(&p->w, CHIP_WARNING, T(p, MSG_INTEL_PAGE_CONFLICT));
        cell_end(&p->w, &t);
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

/* ---- values ---- */

struct values {
    struct showing *x;
    struct table t;
    const char *seen[VALUES_SHOWN]; /* their addresses: type and value */
    size_t n;
};

static int show_clue(const struct clue *v, bool is_derived, void *context)
{
    struct values *s = context;
    struct intel *i = s->x->intel;
    struct page *p = i->page;
    struct str url = intel_find_url(p, "/intel/find", v);
    uint64_t n, below;
    int r;

    if (is_derived || s->n == VALUES_SHOWN || !url.at)
        return 0;
    for (size_t k = 0; k < s->n; k++)
        if (!strcmp(s->seen[k], url.at))
            return 0;
    s->seen[s->n++] = url.at;
    r = stock_count(i->stock, i->sight, v, STOCK_AS_IT_IS, &n) ?: stock_count(i->stock, i->sight, v, STOCK_DERIVED, &below);
    if (r)
        return intel_failed(r);
    row_begin(&p->w, &s->t);
    cell_link(&p->w, &s->t, intel_clue_text(p, v), url);
    cell_text(&p->w, &s->t, intel_clue_words(p, v->type));
    cell_text(&p->w, &s->t, page_text(p, "%llu", (unsigned long long)n));
    cell_text(&p->w, &s->t, page_text(p, "%llu", (unsigned long long)below));
    row_end(&p->w, &s->t);
    return 0;
}

static int show_values(struct showing *x)
{
    CLEANUP(stix_clues_freep) struct stix_clues *clues = stix_clues_new();
    struct page *p = x->intel->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_PAGE_VALUE), .is_row_heading = true},
                                     {.heading = T(p, MSG_INTEL_PAGE_TYPE)},
                                     {.heading = T(p, MSG_INTEL_PAGE_SHARED), .is_number = true},
                                     {.heading = T(p, MSG_INTEL_PAGE_BELOW), .is_number = true}};
    struct values s = {.x = x};
    int r;

    if (!clues)
        return -ENOMEM;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_PAGE_VALUES));
    table_begin(&p->w, &s.t, columns, ARRAY_LEN(columns), T(p, MSG_INTEL_PAGE_VALUES));
    r = x->root ? stix_clues(clues, x->root, show_clue, &s) : 0;
    table_end(&p->w, &s.t);
    if (!s.n)
        table_empty(&p->w);
    return r;
}

/* ---- what it is joined to ---- */

static const json_t *node_of(const json_t *graph, const char *id)
{
    const json_t *nodes = json_arr(graph, "nodes");

    for (size_t k = 0; k < json_array_size(nodes); k++)
        if (!strcmp(json_str(json_array_get(nodes, k), "id"), id))
            return json_array_get(nodes, k);
    return NULL;
}

static void cell_node(struct showing *x, struct table *t, const char *id)
{
    struct page *p = x->intel->page;
    const json_t *n = node_of(x->graph, id);
    struct str label = str_of(json_str(n, "label"));

    if (str_eq(str_of(id), x->object.id))
        cell_text(&p->w, t, label);
    else
        cell_link(&p->w, t, label, str_of(json_str(n, "url")));
}

static void show_edges(struct showing *x)
{
    struct page *p = x->intel->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_PAGE_FROM), .is_row_heading = true},
                                     {.heading = T(p, MSG_INTEL_PAGE_EDGE)},
                                     {.heading = T(p, MSG_INTEL_PAGE_TO)}};
    const json_t *edges = json_arr(x->graph, "edges");
    struct table t;

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_PAGE_EDGES));
    graph_view(&p->w, T(p, MSG_INTEL_PAGE_GRAPH), intel_object_url(p, x->object.id, "/graph.json"));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_INTEL_PAGE_EDGES));
    for (size_t k = 0; k < json_array_size(edges); k++) {
        const json_t *e = json_array_get(edges, k);

        row_begin(&p->w, &t);
        cell_node(x, &t, json_str(e, "from"));
        if (*json_str(e, "url"))
            cell_link(&p->w, &t, str_of(json_str(e, "label")), str_of(json_str(e, "url")));
        else
            cell_text(&p->w, &t, str_of(json_str(e, "label")));
        cell_node(x, &t, json_str(e, "to"));
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
    if (!json_array_size(edges))
        table_empty(&p->w);
    if (json_flag(x->graph, "cut"))
        html_element(&p->html, HTML_P, NULL, T(p, MSG_INTEL_PAGE_EDGES_CUT));
}

/* ---- its times ---- */

static void add_event(struct showing *x, struct str t, struct str what, struct str url)
{
    struct stix_time read;
    struct page *p = x->intel->page;
    struct str kept = !t.len ? STR_NONE : t.at[t.len - 1] == 'Z' ? arena_str(p->arena, t) : page_text(p, "%.*sZ", STR_ARG(t));

    if (kept.at && x->n_events < EVENTS_MAX && stix_time_read(kept, &read))
        x->events[x->n_events++] = (struct event_of){kept, what, url};
}

static int event_cmp(const void *a, const void *b)
{
    const struct event_of *x = a, *y = b;
    struct stix_time t = {0}, u = {0};

    return !stix_time_read(x->t, &t) || !stix_time_read(y->t, &u) ? 0 : stix_time_cmp(t, u);
}

static void gather_events(struct showing *x)
{
    static const struct str members[] = {{"created", 7}, {"published", 9}, {"first_seen", 10}, {"last_seen", 9}, {"first_observed", 14}, {"last_observed", 13},
                                         {"start_time", 10}, {"stop_time", 9}, {"valid_from", 10}, {"valid_until", 11}};
    struct page *p = x->intel->page;
    const json_t *sightings = json_arr(x->graph, "sightings");

    for (size_t k = 0; k < ARRAY_LEN(members); k++)
        add_event(x, scan_text(x->root, members[k]), intel_property_words(p, members[k]), STR_NONE);
    for (size_t k = 0; k < x->n_versions; k++)
        if (x->versions[k].version.len)
            add_event(x, x->versions[k].version, page_text(p, "%.*s　%zu", STR_ARG(T(p, MSG_INTEL_PAGE_VERSION)), k + 1), version_url(x, k));
    for (size_t k = 0; k < json_array_size(sightings); k++) {
        const json_t *s = json_array_get(sightings, k);
        struct str url = intel_object_url(p, str_of(json_str(s, "id")), "");
        bool has_times = *json_str(s, "first") || *json_str(s, "last");

        add_event(x, str_of(json_str(s, "first")), TF(p, MSG_INTEL_PAGE_SEEN, {"what", T(p, MSG_INTEL_PROPERTY_FIRST_SEEN)}), url);
        add_event(x, str_of(json_str(s, "last")), TF(p, MSG_INTEL_PAGE_SEEN, {"what", T(p, MSG_INTEL_PROPERTY_LAST_SEEN)}), url);
        if (!has_times)
            add_event(x, str_of(json_str(s, "created")), TF(p, MSG_INTEL_PAGE_SEEN, {"what", T(p, MSG_INTEL_PROPERTY_CREATED)}), url);
    }
    if (x->n_events)
        qsort(x->events, x->n_events, sizeof(x->events[0]), event_cmp);
}

static int show_times(struct showing *x)
{
    struct page *p = x->intel->page;
    struct event *events = arena_alloc_n(p->arena, EVENTS_MAX, sizeof(*events));

    if (!events)
        return -ENOMEM;
    gather_events(x);
    for (size_t k = 0; k < x->n_events; k++) {
        events[k].time = intel_instant_words(p, x->events[k].t);
        events[k].time_iso = x->events[k].t;
        events[k].what = x->events[k].what;
        events[k].url = x->events[k].url;
    }
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_PAGE_TIMELINE));
    timeline(&p->w, events, x->n_events);
    return 0;
}

/* ---- the page ---- */

static void show_raw(struct showing *x)
{
    struct page *p = x->intel->page;
    struct str all = buf_str(&x->bytes), shown = beginning(all, RAW_SHOWN);

    html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_PAGE_RAW));
    html_open(&p->html, HTML_DETAILS);
    html_attr_if(&p->html, HTML_OPEN, all.len < RAW_FOLDED);
    html_element(&p->html, HTML_SUMMARY, NULL, TF(p, MSG_INTEL_PAGE_RAW_BYTES, {"n", page_text(p, "%zu", all.len)}));
    html_begin(&p->html, HTML_PRE, "tj-raw");
    html_text(&p->html, shown);
    html_close(&p->html, HTML_PRE);
    html_close(&p->html, HTML_DETAILS);
    if (shown.len < all.len)
        html_element(&p->html, HTML_P, NULL, T(p, MSG_INTEL_PAGE_RAW_CUT));
}

static int show(struct showing *x)
{
    struct page *p = x->intel->page;
    int r = read_label(x) ?: intel_links_of(x->intel, x->object.id, &x->links) ?: intel_graph_of(x->intel, x->object.id, &x->links, &x->graph);

    if (r)
        return r < 0 ? r : -EIO;
    page_crumb(p, T(p, MSG_INTEL_PAGE_TITLE), STR("/intel"));
    page_crumb(p, x->object.title, STR_NONE);
    page_begin(p, page_text(p, "%.*s　%.*s", STR_ARG(intel_type_words(p, x->object.type)), STR_ARG(x->object.title)), NAV_INTEL);
    show_head(x);
    if ((r = intel_show_life(x->intel, &x->object, x->root)))
        return r;
    show_properties(x);
    if ((r = show_values(x)))
        return r;
    show_edges(x);
    if ((r = intel_referring_show(x->intel, x->object.id)) || (r = intel_links_show(x->intel, &x->object, &x->links)) || (r = show_times(x)) ||
        (r = intel_times_show(x->intel, x->object.id, x->graph)))
        return r;
    show_versions(x);
    show_raw(x);
    return x->error ? x->error : page_end(p);
}

int intel_object_page(struct page *p)
{
    struct showing *x = arena_alloc(p->arena, sizeof(*x));
    struct intel i;
    int r = x ? intel_enter(p, &i) : -ENOMEM;

    if (r)
        return MIN_OF(r, 0);
    x->intel = &i;
    buf_init(&x->bytes, SIZE_MAX);
    x->scanner = scanner_new(OBJECT_MEMORY);
    r = x->scanner ? read_object(x, str_of(page_param(p, STR("id")))) : -ENOMEM;
    r = r > 0 ? page_not_found(p) : r ? r : show(x);
    scanner_free(x->scanner);
    buf_done(&x->bytes);
    intel_links_done(&x->links);
    intel_leave(&i);
    return r;
}

/* ---- graphs, for assets/graph.js ---- */

static int write_graph(struct page *p, const json_t *graph)
{
    char *text = json_dumps(graph, JSON_COMPACT);
    int r;

    if (!text)
        return -ENOMEM;
    p->resp->content_type = "application/json";
    r = buf_add_text(&p->resp->body, text);
    free(text);
    return r;
}

int intel_object_graph(struct page *p)
{
    struct str id = str_of(page_param(p, STR("id")));
    struct intel_links links;
    struct intel i;
    json_t *graph;
    int r = intel_enter(p, &i);

    if (r)
        return MIN_OF(r, 0);
    r = intel_links_of(&i, id, &links);
    if (!r) {
        r = intel_graph_of(&i, id, &links, &graph);
        intel_links_done(&links);
    }
    r = r > 0 ? page_not_found(p) : r ? r : write_graph(p, graph);
    intel_leave(&i);
    return r;
}

int intel_value_graph(struct page *p)
{
    enum clue_type type = clue_type_of(form_get(&p->query, STR("type")));
    struct clue v;
    struct intel i;
    json_t *graph;
    int r = intel_enter(p, &i);

    if (r)
        return MIN_OF(r, 0);
    clue_init(&v);
    r = type == CLUE_NONE ? CLUE_E_SHAPE : clue_read_as(type, form_get(&p->query, STR("q")), &v);
    if (!r)
        r = intel_graph_of_value(&i, &v, &graph);
    r = r > 0 ? page_not_found(p) : r ? r : write_graph(p, graph);
    clue_done(&v);
    intel_leave(&i);
    return r;
}
