#include "web/intel-graph.h"

#include "intel/stix-clues.h"
#include "intel/stix-keys.h"
#include "intel/suffix.h"
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

#define REFS_MAX 500u
#define VALUES_MAX 100u
#define FOUND_MAX 150u

struct drawing {
    struct intel *intel;
    json_t *graph; /* the page's */
    json_t *known; /* ids of nodes and edges */
    unsigned n_nodes;
    struct str id; /* of the object in the middle */
    struct ref_of {
        struct str property, id;
    } *refs;
    size_t n_refs;
    struct str only; /* of the references, where it is not empty */
    struct value_in {
        struct str id, label, type, url, more;
    } *values;
    size_t n_values;
    struct str *found; /* ids of what may refer to it */
    size_t n_found;
};

static void cut_off(struct drawing *d)
{
    json_object_set_new(d->graph, "cut", json_true());
}

/* ---- nodes and edges ---- */

static bool has(const struct drawing *d, struct str id)
{
    const char *key = arena_strdup(d->intel->page->arena, id);

    return key && json_object_get(d->known, key);
}

static int know(struct drawing *d, struct str id)
{
    const char *key = arena_strdup(d->intel->page->arena, id);

    return key ? json_put(d->known, key, json_true()) : -ENOMEM;
}

static int add_node(struct drawing *d, struct str id, struct str label, struct str kind, struct str url, struct str more)
{
    json_t *n;
    int r;

    if (has(d, id))
        return 0;
    if (d->n_nodes == INTEL_NODES_MAX) {
        cut_off(d);
        return 0;
    }
    d->n_nodes++;
    n = json_object();
    r = n && !json_array_append_new(json_arr(d->graph, "nodes"), n) ? know(d, id) : -ENOMEM;
    return r ?: json_put_strn(n, "id", id) ?: json_put_strn(n, "label", label) ?: json_put_strn(n, "kind", kind) ?: json_put_strn(n, "url", url) ?:
               json_put_strn(n, "more", more);
}

static int add_object(struct drawing *d, const struct intel_object *o)
{
    struct page *p = d->intel->page;

    return add_node(d, o->id, o->title, o->type, intel_object_url(p, o->id, ""), intel_object_url(p, o->id, "/graph.json"));
}

/* Where both ends are there. `url`: of what states it; "" the object at its beginning. */
static int add_edge_of(struct drawing *d, const char *kind, struct str id, struct str from, struct str to, struct str label, struct str url)
{
    json_t *e;
    int r;

    if (!has(d, from) || !has(d, to) || has(d, id))
        return 0;
    e = json_object();
    r = e && !json_array_append_new(json_arr(d->graph, "edges"), e) ? know(d, id) : -ENOMEM;
    return r ?: json_put_strn(e, "id", id) ?: json_put_strn(e, "from", from) ?: json_put_strn(e, "to", to) ?: json_put_strn(e, "label", label) ?:
               json_put_str(e, "kind", kind) ?: json_put_strn(e, "url", url);
}

static int add_edge(struct drawing *d, struct str id, struct str from, struct str to, struct str label, struct str url)
{
    return add_edge_of(d, "stated", id, from, to, label, url);
}

static int add_reference(struct drawing *d, struct str from, struct str property, struct str to)
{
    struct page *p = d->intel->page;

    return add_edge(d, page_text(p, "%.*s %.*s %.*s", STR_ARG(from), STR_ARG(property), STR_ARG(to)), from, to, intel_property_words(p, property),
                    STR(""));
}

/* ---- what stands in the object ---- */

static int take_reference(struct str property, struct str id, void *context)
{
    struct drawing *d = context;

    if (d->only.len && !str_eq(d->only, id))
        return 0;
    if (d->n_refs == REFS_MAX)
        cut_off(d);
    else
        d->refs[d->n_refs++] = (struct ref_of){arena_str(d->intel->page->arena, property), arena_str(d->intel->page->arena, id)};
    return 0;
}

/* `only`: those to that id. */
static int take_refs(struct drawing *d, const struct scan_value *root, struct str only)
{
    d->n_refs = 0;
    d->only = only;
    return stix_references(root, take_reference, d);
}

static struct value_in value_in_of(struct drawing *d, const struct clue *v)
{
    struct page *p = d->intel->page;
    struct str shown = intel_clue_text(p, v);

    return (struct value_in){page_text(p, "%s:%.*s", clue_type_name(v->type), STR_ARG(shown)), shown, intel_clue_words(p, v->type),
                             intel_find_url(p, "/intel/find", v), intel_find_url(p, "/intel/find/graph.json", v)};
}

static int take_value(const struct clue *v, bool is_derived, void *context)
{
    struct drawing *d = context;

    if (is_derived)
        return 0;
    if (d->n_values == VALUES_MAX)
        cut_off(d);
    else
        d->values[d->n_values++] = value_in_of(d, v);
    return 0;
}

static int take_values(struct drawing *d, const struct scan_value *root)
{
    CLEANUP(stix_clues_freep) struct stix_clues *clues = stix_clues_new();

    return clues ? stix_clues(clues, root, take_value, d) : -ENOMEM;
}

static int add_refs(struct drawing *d, struct str from)
{
    struct intel_object o;
    int r = 0;

    for (size_t k = 0; r >= 0 && k < d->n_refs; k++) {
        r = intel_latest(d->intel, d->refs[k].id, &o, NULL);
        if (!r)
            r = add_object(d, &o) ?: add_reference(d, from, d->refs[k].property, o.id);
    }
    return MIN_OF(r, 0);
}

static int add_values(struct drawing *d)
{
    int r = 0;

    for (size_t k = 0; !r && k < d->n_values; k++) {
        const struct value_in *v = &d->values[k];

        r = add_node(d, v->id, v->label, STR("value"), v->url, v->more) ?:
            add_edge(d, page_text(d->intel->page, "%.*s %.*s", STR_ARG(d->id), STR_ARG(v->id)), d->id, v->id, v->type, STR(""));
    }
    return r;
}

/* ---- what refers to it ---- */

static int take_referring(const struct stock_hit *hit, void *context)
{
    struct drawing *d = context;
    struct str id = hit->object->id;

    if (!str_eq(id, d->id))
        d->found[d->n_found++] = arena_str(d->intel->page->arena, id);
    return 0;
}

static int add_relationship(struct drawing *d, const struct intel_object *by, const struct scan_value *root)
{
    struct page *p = d->intel->page;
    struct str from = arena_str(p->arena, scan_text(root, STR("source_ref"))), to = arena_str(p->arena, scan_text(root, STR("target_ref")));
    struct str word = intel_relation_words(p, scan_text(root, STR("relationship_type")));
    struct intel_object other;
    int r;

    if (!str_eq(from, d->id) && !str_eq(to, d->id))
        return 0;
    r = intel_latest(d->intel, str_eq(from, d->id) ? to : from, &other, NULL);
    if (r)
        return MIN_OF(r, 0);
    return add_object(d, &other) ?: add_edge(d, by->id, from, to, word, intel_object_url(p, by->id, ""));
}

static struct str kept_text(struct drawing *d, const struct scan_value *root, struct str member)
{
    struct str s = scan_text(root, member);

    return s.at ? arena_str(d->intel->page->arena, s) : STR("");
}

static int add_sighting(struct drawing *d, const struct intel_object *o, const struct scan_value *root)
{
    json_t *s = json_object();
    int r = s && !json_array_append_new(json_arr(d->graph, "sightings"), s) ? 0 : -ENOMEM;

    return r ?: json_put_strn(s, "id", o->id) ?: json_put_strn(s, "first", kept_text(d, root, STR("first_seen"))) ?:
               json_put_strn(s, "last", kept_text(d, root, STR("last_seen"))) ?: json_put_strn(s, "created", kept_text(d, root, STR("created")));
}

/* Its newest version, which may refer to it no more. */
static int add_referring(struct drawing *d, struct str id)
{
    struct intel_object o;
    const struct scan_value *root;
    int r = intel_latest(d->intel, id, &o, &root);

    if (r || !root)
        return MIN_OF(r, 0);
    if (str_eq(o.type, STR("relationship")))
        return add_relationship(d, &o, root);
    r = take_refs(d, root, d->id);
    if (!r && str_eq(o.type, STR("sighting")) && str_eq(scan_text(root, STR("sighting_of_ref")), d->id))
        r = add_sighting(d, &o, root);
    for (size_t k = 0; !r && k < d->n_refs; k++)
        if (!stix_is_of_maker(d->refs[k].property))
            r = add_object(d, &o) ?: add_reference(d, o.id, d->refs[k].property, d->id);
    return r;
}

static int add_all_referring(struct drawing *d)
{
    struct stock_listed listed;
    int r = intel_failed(
        stock_list(d->intel->stock, d->intel->sight, STOCK_REFERRING, d->id, STR(""), 0, FOUND_MAX, take_referring, d, &listed));

    if (!r && listed.more)
        cut_off(d);
    for (size_t k = 0; !r && k < d->n_found; k++)
        r = add_referring(d, d->found[k]);
    return r;
}

/* ---- links ---- */

/* Both ends lead to the same edge, whichever is asked for. */
static struct str pair_id(struct drawing *d, struct str other)
{
    bool turned = str_cmp(d->id, other) > 0;

    return page_text(d->intel->page, "link %.*s %.*s", STR_ARG(turned ? other : d->id), STR_ARG(turned ? d->id : other));
}

static int add_link(struct drawing *d, const char *kind, struct str other, struct str label, struct str url)
{
    struct intel_object o;
    int r = intel_latest(d->intel, other, &o, NULL);
    bool turned = str_cmp(d->id, other) > 0;

    if (r)
        return MIN_OF(r, 0);
    return add_object(d, &o) ?: add_edge_of(d, kind, pair_id(d, other), turned ? other : d->id, turned ? d->id : other, label, url);
}

static int add_confirmed(struct drawing *d, const struct intel_links *links)
{
    struct page *p = d->intel->page;
    int r = 0;

    for (size_t k = 0; !r && k < links->said.n; k++)
        if (links->said.at[k].is_confirmed)
            r = add_link(d, "confirmed", links->said.at[k].id, T(p, MSG_INTEL_LINKS_EDGE_CONFIRMED), record_url(p, links->said.at[k].record, ""));
    return r;
}

/* The value by which it is proposed, and how each side has it. What stands in the object itself has its edge already. */
static int add_reason(struct drawing *d, const struct correlate_related *other, const struct correlate_reason *reason)
{
    struct page *p = d->intel->page;
    struct str words = intel_way_words(p, reason);
    struct value_in v;
    struct clue clue;
    int r;

    clue_init(&clue);
    clue.type = reason->value->type;
    r = buf_add_str(&clue.bytes, reason->value->bytes);
    if (!r)
        v = value_in_of(d, &clue);
    clue_done(&clue);
    return r ?: add_node(d, v.id, v.label, STR("value"), v.url, v.more) ?:
               add_edge_of(d, "proposed", page_text(p, "%.*s %.*s", STR_ARG(other->id), STR_ARG(v.id)), other->id, v.id, words, STR("")) ?:
               add_edge_of(d, "proposed", page_text(p, "%.*s %.*s", STR_ARG(d->id), STR_ARG(v.id)), d->id, v.id, words, STR(""));
}

static int add_reasons(struct drawing *d, const struct correlate_related *other)
{
    int r = 0;

    for (size_t k = 0; !r && k < other->n_reasons && k < INTEL_DRAWN_REASONS; k++)
        r = has(d, other->id) ? add_reason(d, other, &other->reasons[k]) : 0;
    return r;
}

static int add_proposed(struct drawing *d, const struct intel_links *links)
{
    struct page *p = d->intel->page;
    const struct correlate_related *other;
    size_t at = 0;
    int r = 0;

    for (unsigned n = 0; !r && n < INTEL_DRAWN_PROPOSED && (other = intel_links_proposed(links, &at)); n++)
        r = add_link(d, "proposed", other->id, TF(p, MSG_INTEL_LINKS_EDGE_PROPOSED, {"n", page_text(p, "%llu", (unsigned long long)other->strength)}), STR("")) ?:
            add_reasons(d, other);
    return r;
}

/* ---- the whole ---- */

static int begin(struct drawing *d, struct intel *i)
{
    struct page *p = i->page;
    json_t *graph = json_pack("{s:[], s:[], s:[], s:b}", "nodes", "edges", "sightings", "cut", 0);

    *d = (struct drawing){.intel = i, .refs = arena_alloc_n(p->arena, REFS_MAX, sizeof(*d->refs)),
                          .values = arena_alloc_n(p->arena, VALUES_MAX, sizeof(*d->values)), .found = arena_alloc_n(p->arena, FOUND_MAX, sizeof(*d->found))};
    d->graph = page_keep(p, graph);
    d->known = page_keep(p, json_object());
    return d->refs && d->values && d->found && d->graph && d->known ? 0 : -ENOMEM;
}

int intel_graph_of(struct intel *i, struct str id, const struct intel_links *links, json_t **ret)
{
    struct drawing d;
    struct intel_object o;
    const struct scan_value *root;
    int r = begin(&d, i);

    if (!r)
        r = intel_latest(i, id, &o, &root);
    if (r)
        return r;
    d.id = o.id;
    if (root && root->kind == SCAN_OBJECT) {
        r = take_refs(&d, root, STR("")) ?: take_values(&d, root);
    }
    r = r ?: add_object(&d, &o) ?: add_confirmed(&d, links) ?: add_refs(&d, o.id) ?: add_values(&d) ?: add_all_referring(&d) ?: add_proposed(&d, links);
    *ret = d.graph;
    return r;
}

struct sharers {
    struct drawing *d;
    struct str id;
    struct str word; /* how they have it */
};
enum { SHARERS_ENOUGH = 1000 };

static int add_sharer(struct stock_ref ref, void *context)
{
    struct sharers *s = context;
    struct drawing *d = s->d;
    struct stock_object found;
    struct intel_object o;
    int r = d->n_nodes == INTEL_NODES_MAX ? SHARERS_ENOUGH : stock_get(d->intel->stock, d->intel->sight, ref, &found);

    if (r)
        return r;
    return intel_take(d->intel, &found, &o, NULL) ?: add_object(d, &o) ?:
               add_edge(d, page_text(d->intel->page, "%.*s %.*s", STR_ARG(o.id), STR_ARG(s->id)), o.id, s->id, s->word, STR(""));
}

int intel_graph_of_value(struct intel *i, const struct clue *v, json_t **ret)
{
    struct drawing d;
    struct sharers s = {.d = &d};
    int r = begin(&d, i);

    if (r)
        return r;
    if ((r = take_value(v, false, &d)))
        return r;
    s.id = d.values[0].id;
    r = add_node(&d, s.id, d.values[0].label, STR("value"), d.values[0].url, d.values[0].more);
    s.word = d.values[0].type;
    if (!r)
        r = stock_sharing(i->stock, i->sight, v, STOCK_AS_IT_IS, (struct stock_ref){0, 0}, add_sharer, &s);
    s.word = T(i->page, v->type == CLUE_DOMAIN && str_eq(suffix_registered(buf_str(&v->bytes)), buf_str(&v->bytes)) ? MSG_INTEL_WAY_REGISTERED : MSG_INTEL_WAY_HOST);
    if (!r)
        r = stock_sharing(i->stock, i->sight, v, STOCK_DERIVED, (struct stock_ref){0, 0}, add_sharer, &s);
    if (r == SHARERS_ENOUGH)
        cut_off(&d);
    *ret = d.graph;
    return r == SHARERS_ENOUGH ? 0 : intel_failed(r);
}
