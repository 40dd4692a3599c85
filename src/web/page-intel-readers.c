/* Who gets what of the collections in sight by TAXII (TX3 of doc/design/intelligence.md, PG8): of each reader what he was given it up to and when he asked
 * last. Where he stands is not told, since it would count what lies between for those who do not see it. */
#include "web/intel-show.h"
#include "web/pages.h"
#include "web/words.h"

#include "engine/subscriber.h"

struct reading {
    struct intel *intel;
    struct table *t;
    size_t n;
};

static int show_reader(const struct subscriber_known *k, void *context)
{
    static const enum message_key levels[] = {MSG_LABEL_C1, MSG_LABEL_C2, MSG_LABEL_C3};
    struct reading *x = context;
    struct page *p = x->intel->page;
    const char *person = arena_strdup(p->arena, str_of(k->person));
    const struct list_row *collection = NULL;

    if (!person)
        return -ENOMEM;
    for (size_t i = 0; i < x->intel->collections.n; i++)
        if (!strcmp(x->intel->collections.at[i].id, k->collection))
            collection = &x->intel->collections.at[i];
    if (!collection)
        return 0;
    x->n++;
    row_begin(&p->w, x->t);
    cell_link(&p->w, x->t, str_of(collection->name), record_url(p, collection->id, ""));
    cell_text(&p->w, x->t, person_words(p, person));
    cell_text(&p->w, x->t, arena_str(p->arena, str_of(k->program)));
    cell_text(&p->w, x->t, T(p, levels[MIN_OF(MAX_OF(k->level, 1), 3) - 1]));
    cell_text(&p->w, x->t, instant_words(p, (uint64_t)k->first_us));
    cell_text(&p->w, x->t, instant_words(p, (uint64_t)k->last_us));
    row_end(&p->w, x->t);
    return 0;
}

static int show_readers(struct intel *i)
{
    struct page *p = i->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_PAGE_COLLECTION), .is_row_heading = true},
                                     {.heading = T(p, MSG_INTEL_READERS_WHO)},
                                     {.heading = T(p, MSG_INTEL_READERS_PROGRAM)},
                                     {.heading = T(p, MSG_INTEL_READERS_LEVEL)},
                                     {.heading = T(p, MSG_INTEL_READERS_FIRST)},
                                     {.heading = T(p, MSG_INTEL_READERS_LAST)}};
    struct table t;
    struct reading x = {.intel = i, .t = &t};
    JSON_AUTO *ids = json_array();
    int r = ids ? 0 : -ENOMEM;

    for (size_t k = 0; !r && k < i->collections.n; k++)
        r = json_array_append_new(ids, json_string(i->collections.at[k].id)) ? -ENOMEM : 0;
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_INTEL_READERS_TITLE));
    if (!r)
        r = subscriber_each(p->worker->store, ids, show_reader, &x);
    table_end(&p->w, &t);
    if (!x.n)
        table_empty(&p->w);
    return r;
}

int intel_readers_page(struct page *p)
{
    struct intel i;
    int r = intel_enter(p, &i);

    if (r)
        return MIN_OF(r, 0);
    page_crumb(p, T(p, MSG_INTEL_PAGE_TITLE), STR("/intel"));
    page_crumb(p, T(p, MSG_INTEL_READERS_TITLE), STR_NONE);
    page_begin(p, T(p, MSG_INTEL_READERS_TITLE), NAV_INTEL);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_INTEL_READERS_TEXT));
    r = show_readers(&i) ?: page_end(p);
    intel_leave(&i);
    return r;
}
