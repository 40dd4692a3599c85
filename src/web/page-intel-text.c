/* Objects found by the words in them, and lists: of a type, of what refers to an object, of what somebody made (doc/design/intelligence.md, FO1 to FO6, LB2). */
#include "web/intel-show.h"
#include "web/pages.h"
#include "web/words.h"

#include "engine/intel.h"
#include "intel/stix-id.h"

#include <errno.h>

#define PAGES_MAX (STOCK_FIND_HITS_MAX / INTEL_TEXTS_SHOWN)
#define LIST_SHOWN 50u
#define LIST_PAGES_MAX (STOCK_LIST_MAX / LIST_SHOWN)

static unsigned page_number(struct page *p, unsigned most)
{
    uint64_t n = 1;

    IGNORE(str_to_u64(form_get(&p->query, STR("page")), 1, most, &n), "the first page then");
    return (unsigned)n;
}

/* ---- finding ---- */

struct collecting {
    struct intel *intel;
    struct intel_texts *texts;
};

static int take_hit(const struct stock_hit *hit, void *context)
{
    struct collecting *c = context;
    struct arena *a = c->intel->page->arena;
    struct intel_text_hit *h = &c->texts->hits[c->texts->n++];

    h->before = arena_str(a, hit->before);
    h->hit = arena_str(a, hit->hit);
    h->after = arena_str(a, hit->after);
    return intel_take(c->intel, hit->object, &h->object, NULL);
}

int intel_texts_find(struct intel *i, struct str typed, struct intel_texts *ret)
{
    struct page *p = i->page;
    struct str kind = form_get(&p->query, STR("kind"));
    struct collecting c = {i, ret};
    struct fold_words words;
    int r = fold_words_read(typed, &words);

    *ret = (struct intel_texts){.typed = typed, .kind = kind.at && stix_type_is(kind) ? kind : STR(""), .number = page_number(p, PAGES_MAX)};
    if (!r)
        r = intel_failed(
            stock_find(i->stock, i->sight, &words, ret->kind, (ret->number - 1) * INTEL_TEXTS_SHOWN, INTEL_TEXTS_SHOWN, take_hit, &c, &ret->found));
    fold_words_done(&words);
    ret->refused = MAX_OF(r, 0);
    return MIN_OF(r, 0);
}

static struct str texts_url(struct page *p, const struct intel_texts *t, struct str kind, unsigned number)
{
    return page_text(p, "/intel/find?q=%.*s&kind=%.*s&page=%u", STR_ARG(page_encoded(p, t->typed)), STR_ARG(page_encoded(p, kind)), number);
}

static void show_hit(struct page *p, const struct intel_text_hit *h)
{
    html_begin(&p->html, HTML_LI, "tj-hit");
    html_begin(&p->html, HTML_P, "tj-hit__head");
    link_show(p, h->object.title, intel_object_url(p, h->object.id, ""));
    chip(&p->w, CHIP_NEUTRAL, intel_type_words(p, h->object.type));
    intel_tlp_chip(p, h->object.tlp);
    if (h->object.is_revoked)
        chip(&p->w, CHIP_WARNING, T(p, MSG_INTEL_PAGE_REVOKED));
    html_close(&p->html, HTML_P);
    if (h->object.collection)
        html_element(&p->html, HTML_P, "tj-quiet", str_of(h->object.collection->name));
    if (h->hit.len) {
        html_begin(&p->html, HTML_P, "tj-hit__text");
        html_text(&p->html, h->before);
        html_element(&p->html, HTML_MARK, NULL, h->hit);
        html_text(&p->html, h->after);
        html_close(&p->html, HTML_P);
    }
    html_close(&p->html, HTML_LI);
}

static void show_kind(struct page *p, const struct intel_texts *t, struct str kind, struct str words)
{
    html_open(&p->html, HTML_LI);
    html_begin(&p->html, HTML_A, "tj-filter");
    html_attr_url(&p->html, HTML_HREF, texts_url(p, t, kind, 1));
    if (str_eq(kind, t->kind))
        html_attr(&p->html, HTML_ARIA_CURRENT, STR("true"));
    html_text(&p->html, words);
    html_close(&p->html, HTML_A);
    html_close(&p->html, HTML_LI);
}

/* The types of the hits at hand; within one, the way back to all. */
static void show_kinds(struct page *p, const struct intel_texts *t)
{
    html_begin(&p->html, HTML_NAV, "tj-filters");
    html_attr(&p->html, HTML_ARIA_LABEL, T(p, MSG_INTEL_PAGE_KINDS));
    html_open(&p->html, HTML_UL);
    show_kind(p, t, STR(""), T(p, MSG_REGISTER_ALL));
    for (size_t i = 0; i < t->n; i++) {
        bool is_first = true;

        for (size_t k = 0; k < i; k++)
            is_first = is_first && !str_eq(t->hits[k].object.type, t->hits[i].object.type);
        if (is_first)
            show_kind(p, t, t->hits[i].object.type, intel_type_words(p, t->hits[i].object.type));
    }
    html_close(&p->html, HTML_UL);
    html_close(&p->html, HTML_NAV);
}

void intel_texts_show(struct intel *i, const struct intel_texts *t)
{
    struct page *p = i->page;
    uint64_t first = (uint64_t)(t->number - 1) * INTEL_TEXTS_SHOWN + 1, last = first + t->n - 1;
    struct str count = page_text(p, "%llu", (unsigned long long)t->found.total);
    bool has_next = t->found.more && t->number < PAGES_MAX;

    if (!t->found.total && !t->kind.len)
        return;
    html_element(&p->html, HTML_H2, NULL,
                 TF(p, t->found.more ? MSG_INTEL_PAGE_TEXTS_MORE : MSG_INTEL_PAGE_TEXTS, {"words", t->typed}, {"n", count}));
    show_kinds(p, t);
    if (!t->n) {
        html_element(&p->html, HTML_P, "tj-empty", T(p, MSG_SEARCH_BEYOND));
        return;
    }
    html_begin(&p->html, HTML_OL, "tj-hits");
    html_attr_number(&p->html, HTML_START, (int64_t)first);
    for (size_t k = 0; k < t->n; k++)
        show_hit(p, &t->hits[k]);
    html_close(&p->html, HTML_OL);
    if (t->number > 1 || has_next)
        page_list(&p->w, first, last, t->found.more ? 0 : t->found.total, INTEL_TEXTS_SHOWN,
                  t->number > 1 ? texts_url(p, t, t->kind, t->number - 1) : STR_NONE, has_next ? texts_url(p, t, t->kind, t->number + 1) : STR_NONE);
}

/* ---- in the search for records ---- */

static int count_hit(const struct stock_hit *hit, void *context)
{
    return 0;
}

int intel_texts_offer(struct page *p, struct str typed)
{
    struct stock_found found = {0, false};
    struct fold_words words;
    struct intel i;
    int r;

    if (!engine_holding(p->worker->engine, HOLDS_INTEL_COLLECTIONS, p->now_us))
        return 0;
    if ((r = intel_enter(p, &i)))
        return MIN_OF(r, 0);
    r = fold_words_read(typed, &words);
    if (!r)
        r = intel_failed(stock_find(i.stock, i.sight, &words, STR(""), 0, INTEL_TEXTS_SHOWN, count_hit, NULL, &found));
    fold_words_done(&words);
    if (!r && found.total) {
        html_open(&p->html, HTML_P);
        link_show(p,
                  TF(p, found.more ? MSG_SEARCH_INTEL_MORE : MSG_SEARCH_INTEL, {"words", typed},
                     {"n", page_text(p, "%llu", (unsigned long long)found.total)}),
                  page_text(p, "/intel/find?q=%.*s", STR_ARG(page_encoded(p, typed))));
        html_close(&p->html, HTML_P);
    }
    intel_leave(&i);
    return MIN_OF(r, 0);
}

/* ---- lists ---- */

struct listing {
    struct intel *intel;
    enum stock_list what;
    struct str key;
    struct str heading;
    unsigned number;
    struct table t;
};

static struct str list_url(struct page *p, enum stock_list what, struct str key, unsigned number)
{
    static const char *const names[] = {[STOCK_OF_TYPE] = "type", [STOCK_REFERRING] = "refers", [STOCK_MADE_BY] = "by"};

    return page_text(p, number > 1 ? "/intel/list?%s=%.*s&page=%u" : "/intel/list?%s=%.*s", names[what], STR_ARG(page_encoded(p, key)), number);
}

int intel_types_show(struct intel *i)
{
    struct page *p = i->page;
    bool any = false;
    int r = 0;

    for (size_t n = 0; !r; n++) {
        struct str type = intel_type_at(n);
        uint64_t count = 0;

        if (!type.at)
            break;
        r = intel_failed(stock_list_count(i->stock, i->sight, STOCK_OF_TYPE, type, &count));
        if (r || !count)
            continue;
        if (!any) {
            html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_PAGE_BY_TYPE));
            html_begin(&p->html, HTML_NAV, "tj-filters");
            html_attr(&p->html, HTML_ARIA_LABEL, T(p, MSG_INTEL_PAGE_BY_TYPE));
            html_open(&p->html, HTML_UL);
            any = true;
        }
        html_open(&p->html, HTML_LI);
        html_begin(&p->html, HTML_A, "tj-filter");
        html_attr_url(&p->html, HTML_HREF, list_url(p, STOCK_OF_TYPE, type, 1));
        html_text(&p->html, page_text(p, "%.*s %llu", STR_ARG(intel_type_words(p, type)), (unsigned long long)count));
        html_close(&p->html, HTML_A);
        html_close(&p->html, HTML_LI);
    }
    if (any) {
        html_close(&p->html, HTML_UL);
        html_close(&p->html, HTML_NAV);
    }
    return r;
}

static int show_way(struct intel *i, enum stock_list what, struct str id, enum message_key words)
{
    struct page *p = i->page;
    uint64_t n;
    int r = intel_failed(stock_list_count(i->stock, i->sight, what, id, &n));

    if (r || !n)
        return r;
    html_open(&p->html, HTML_P);
    link_show(p, TF(p, words, {"n", page_text(p, "%llu", (unsigned long long)n)}), list_url(p, what, id, 1));
    html_close(&p->html, HTML_P);
    return 0;
}

int intel_referring_show(struct intel *i, struct str id)
{
    return show_way(i, STOCK_REFERRING, id, MSG_INTEL_PAGE_REFERRING) ?: show_way(i, STOCK_MADE_BY, id, MSG_INTEL_PAGE_MADE);
}

static int show_row(const struct stock_hit *hit, void *context)
{
    struct listing *l = context;
    struct intel_object o;
    int r = intel_take(l->intel, hit->object, &o, NULL);

    if (!r)
        intel_row(l->intel->page, &l->t, &o);
    return r;
}

static int show_list(struct listing *l)
{
    struct page *p = l->intel->page;
    unsigned skip = (l->number - 1) * LIST_SHOWN;
    struct stock_listed listed;
    uint64_t last;
    int r;

    html_element(&p->html, HTML_H1, NULL, l->heading);
    intel_table_begin(p, &l->t, l->heading);
    r = intel_failed(stock_list(l->intel->stock, l->intel->sight, l->what, l->key, STR(""), skip, LIST_SHOWN, show_row, l, &listed));
    table_end(&p->w, &l->t);
    if (r)
        return r;
    if (!listed.n)
        table_empty(&p->w);
    if (listed.n_older)
        html_element(&p->html, HTML_P, NULL, TF(p, MSG_INTEL_PAGE_OLDER, {"n", page_text(p, "%u", listed.n_older)}));
    last = MIN_OF((uint64_t)skip + LIST_SHOWN, listed.n);
    if (l->number > 1 || listed.more)
        page_list(&p->w, skip + 1, last, listed.n, LIST_SHOWN, l->number > 1 ? list_url(p, l->what, l->key, l->number - 1) : STR_NONE,
                  listed.more && l->number < LIST_PAGES_MAX ? list_url(p, l->what, l->key, l->number + 1) : STR_NONE);
    return 0;
}

/* 1: the query names nothing that there can be a list of. An id has to be in sight, as the page of its object. */
static int read_listing(struct listing *l)
{
    struct page *p = l->intel->page;
    struct str type = form_get(&p->query, STR("type")), refers = form_get(&p->query, STR("refers")), by = form_get(&p->query, STR("by"));
    struct intel_object o;
    int r = 0;

    l->number = page_number(p, LIST_PAGES_MAX);
    l->what = type.len ? STOCK_OF_TYPE : refers.len ? STOCK_REFERRING : STOCK_MADE_BY;
    l->key = type.len ? type : refers.len ? refers : by;
    if (l->what == STOCK_OF_TYPE) {
        l->heading = intel_type_words(p, type);
        return !stix_type_is(type);
    }
    if (!l->key.len || (r = intel_latest(l->intel, l->key, &o, NULL)))
        return l->key.len ? r : 1;
    l->heading = TF(p, l->what == STOCK_REFERRING ? MSG_INTEL_PAGE_REFERRING_OF : MSG_INTEL_PAGE_MADE_OF, {"name", o.title});
    return 0;
}

int intel_list_page(struct page *p)
{
    struct listing l;
    struct intel i;
    int r = intel_enter(p, &i);

    if (r)
        return MIN_OF(r, 0);
    l.intel = &i;
    r = read_listing(&l);
    if (!r) {
        p->label = label_words(p, i.reg, NULL);
        page_crumb(p, T(p, MSG_INTEL_PAGE_TITLE), STR("/intel"));
        page_crumb(p, l.heading, STR_NONE);
        page_begin(p, l.heading, NAV_INTEL);
        r = show_list(&l);
        r = r ? r : page_end(p);
    } else if (r > 0) {
        r = page_not_found(p);
    }
    intel_leave(&i);
    return r;
}
