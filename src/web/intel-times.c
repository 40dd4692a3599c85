#include "web/intel-times.h"

#include "intel/stix-time.h"
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>
#include <stdlib.h>

#define GATHERED_MAX 2000u

struct time_of {
    struct stix_time t;
    struct event event;
};

struct gathering {
    struct intel *intel;
    struct time_of *at;
    size_t n;
};

static void add(struct gathering *g, const struct intel_object *o, struct str text, struct str property)
{
    struct page *p = g->intel->page;
    struct str kept = text.len ? arena_str(p->arena, text) : STR_NONE;
    struct time_of *at = &g->at[g->n];

    if (!kept.at || g->n == GATHERED_MAX || !stix_time_read(kept, &at->t))
        return;
    at->event = (struct event){.time = intel_instant_words(p, kept), .time_iso = kept, .url = intel_object_url(p, o->id, ""),
                               .what = page_text(p, "%.*s　%.*s: %.*s", STR_ARG(intel_type_words(p, o->type)), STR_ARG(o->title), STR_ARG(intel_property_words(p, property)))};
    g->n++;
}

static int add_object(struct gathering *g, struct str id)
{
    static const struct str members[] = {{"created", 7}, {"published", 9}, {"first_seen", 10}, {"last_seen", 9}, {"first_observed", 14}, {"last_observed", 13},
                                         {"start_time", 10}, {"stop_time", 9}, {"valid_from", 10}, {"valid_until", 11}};
    const struct scan_value *root;
    struct intel_object o;
    int r = intel_latest(g->intel, id, &o, &root);

    if (r || !root)
        return MIN_OF(r, 0);
    for (size_t k = 0; k < ARRAY_LEN(members); k++)
        add(g, &o, scan_text(root, members[k]), members[k]);
    return 0;
}

static int time_cmp(const void *a, const void *b)
{
    const struct time_of *x = a, *y = b;
    int order = stix_time_cmp(x->t, y->t);

    return order ? order : str_cmp(x->event.url, y->event.url);
}

static bool is_object(const json_t *node, struct str self)
{
    return strcmp(json_str(node, "kind"), "value") != 0 && !str_eq(str_of(json_str(node, "id")), self);
}

int intel_times_show(struct intel *i, struct str self, const json_t *graph)
{
    struct page *p = i->page;
    const json_t *nodes = json_arr(graph, "nodes");
    struct gathering g = {.intel = i, .at = arena_alloc_n(p->arena, GATHERED_MAX + 1, sizeof(*g.at))};
    struct event *events = arena_alloc_n(p->arena, INTEL_TIMES_MAX, sizeof(*events));
    size_t from;
    int r = g.at && events ? 0 : -ENOMEM;

    for (size_t k = 0; !r && k < json_array_size(nodes); k++)
        if (is_object(json_array_get(nodes, k), self))
            r = add_object(&g, str_of(json_str(json_array_get(nodes, k), "id")));
    if (r || !g.n)
        return r;
    qsort(g.at, g.n, sizeof(*g.at), time_cmp);
    from = g.n > INTEL_TIMES_MAX ? g.n - INTEL_TIMES_MAX : 0;
    for (size_t k = from; k < g.n; k++)
        events[k - from] = g.at[k].event;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_PAGE_TIMELINE_ALL));
    timeline(&p->w, events, g.n - from);
    return 0;
}
