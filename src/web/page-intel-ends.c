/* What of threat intelligence ends, what was seen lately, and what was withdrawn, as far as the reader sees it (doc/design/intelligence.md, PG1, LI1 to LI3). */
#include "web/intel-life.h"
#include "web/pages.h"
#include "web/words.h"

#include "engine/intel.h"
#include "keeper/lives-duty.h"

#include <errno.h>

#define ENDS_LISTED 200u
#define LISTED_US (INT64_C(90) * 86400 * US_PER_SECOND)
#define LATEST_MAX 10u

/* ---- what ends ---- */

/* The first of them, by end. */
struct ends {
    struct ending {
        struct stock_ref ref;
        int64_t end_us;
    } at[ENDS_LISTED + 1];
    size_t n, max; /* at most one more than are shown */
};

static int take_end(struct stock_ref ref, int64_t end_us, void *context)
{
    struct ends *e = context;
    size_t at = e->n;

    while (at && e->at[at - 1].end_us > end_us)
        at--;
    if (at > e->max)
        return 0;
    e->n = MIN_OF(e->n + 1, e->max + 1);
    memmove(&e->at[at + 1], &e->at[at], (e->n - 1 - at) * sizeof(e->at[0]));
    e->at[at] = (struct ending){ref, end_us};
    return 0;
}

/* What was versioned since ends otherwise. */
static int show_end(struct intel *i, struct table *t, const struct ending *e, size_t *n)
{
    struct page *p = i->page;
    struct intel_object o;
    struct stock_object found;
    struct stock_life life;
    int r = stock_head(i->stock, i->sight, e->ref, &found);

    if (r)
        return intel_failed(r);
    r = intel_latest(i, arena_str(p->arena, found.id), &o, NULL);
    if (r || o.ref.audience != e->ref.audience || o.ref.number != e->ref.number)
        return MIN_OF(r, 0);
    r = stock_life(i->stock, i->sight, o.ref, o.id, &life);
    if (r || life.end_us != e->end_us)
        return intel_failed(r);
    ++*n;
    row_begin(&p->w, t);
    cell_link(&p->w, t, o.title, intel_object_url(p, o.id, ""));
    cell_text(&p->w, t, instant_words(p, (uint64_t)e->end_us));
    cell_begin(&p->w, t);
    intel_tlp_chip(p, o.tlp);
    cell_end(&p->w, t);
    if (o.collection)
        cell_link(&p->w, t, str_of(o.collection->name), record_url(p, o.collection->id, ""));
    else
        cell_text(&p->w, t, STR(""));
    row_end(&p->w, t);
    return 0;
}

/* While ends are still those of another decay than the directive's. */
static int show_renewal(struct intel *i)
{
    CLEANUP(buf_done) struct buf text;
    struct page *p = i->page;
    struct decay decay;
    bool is_old = false;
    int r = engine_decay(p->worker->engine, p->now_us, &decay);

    buf_init(&text, DECAY_TEXT_MAX);
    if (!r)
        r = decay_print(&decay, &text) ?: lives_are_old(p->worker->store, buf_str(&text), &is_old, NULL);
    if (!r && is_old)
        notice(&p->w, NOTICE_INFO, T(p, MSG_INTEL_ENDS_RENEWAL), T(p, MSG_INTEL_ENDS_RENEWAL_TEXT));
    return r;
}

int intel_show_ends(struct intel *i, int64_t within_us, unsigned max)
{
    struct page *p = i->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_PAGE_NAME), .is_row_heading = true},
                                     {.heading = T(p, MSG_INTEL_PAGE_UNTIL)},
                                     {.heading = T(p, MSG_INTEL_PAGE_MARK)},
                                     {.heading = T(p, MSG_INTEL_PAGE_COLLECTION)}};
    struct ends e = {.max = MIN_OF(max, ENDS_LISTED)};
    struct str caption = T(p, within_us == INTEL_WEEK_US ? MSG_INTEL_PAGE_ENDS : MSG_INTEL_ENDS_LISTED);
    struct table t;
    size_t n = 0;
    int r = stock_ends(i->stock, i->sight, (int64_t)p->now_us, (int64_t)p->now_us + within_us, take_end, &e);

    if (r || (r = show_renewal(i)))
        return intel_failed(r);
    html_element(&p->html, HTML_H2, NULL, caption);
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), caption);
    for (size_t k = 0; !r && k < MIN_OF(e.n, e.max); k++)
        r = show_end(i, &t, &e.at[k], &n);
    table_end(&p->w, &t);
    if (!n)
        table_empty(&p->w);
    if (e.n > e.max)
        html_element(&p->html, HTML_P, NULL, TF(p, MSG_INTEL_PAGE_ENDS_MORE, {"n", page_text(p, "%zu", e.max)}));
    if (!r && within_us == INTEL_WEEK_US) {
        html_open(&p->html, HTML_P);
        link_show(p, T(p, MSG_INTEL_ENDS_LINK), STR("/intel/ends"));
        html_close(&p->html, HTML_P);
    }
    return r;
}

/* ---- what was said last ---- */

/* Of several reports on one indicator the last one. */
struct latest {
    struct page *page;
    struct said {
        struct str id;
        enum segment_life kind;
        int64_t at_us;
        uint64_t n;
    } at[LATEST_MAX + 1];
    size_t n;
};

static void drop_at(struct latest *l, size_t at)
{
    memmove(&l->at[at], &l->at[at + 1], (l->n - at - 1) * sizeof(l->at[0]));
    l->n--;
}

static int take_said(struct latest *l, struct str id, enum segment_life kind, int64_t at_us, uint64_t n)
{
    size_t at = 0;

    for (size_t k = 0; k < l->n; k++)
        if (str_eq(l->at[k].id, id)) {
            if (l->at[k].at_us >= at_us)
                return 0;
            drop_at(l, k);
            break;
        }
    while (at < l->n && l->at[at].at_us >= at_us)
        at++;
    if (at == LATEST_MAX)
        return 0;
    id = arena_str(l->page->arena, id);
    if (!id.at)
        return -ENOMEM;
    memmove(&l->at[at + 1], &l->at[at], (l->n - at) * sizeof(l->at[0]));
    l->at[at] = (struct said){id, kind, at_us, n};
    l->n = MIN_OF(l->n + 1, (size_t)LATEST_MAX);
    return 0;
}

static int take_report(const struct stock_report *r, void *context)
{
    return take_said(context, r->id, r->kind, r->at_us, r->n);
}

/* The reason that stands today; what was taken back, or is out of sight, is passed over. */
static int show_said(struct intel *i, struct table *t, const struct said *s, bool is_seen, size_t *n)
{
    struct page *p = i->page;
    struct intel_object o;
    struct stock_life life;
    int r = intel_latest(i, s->id, &o, NULL);

    if (!r && (r = stock_life(i->stock, i->sight, o.ref, o.id, &life)) == STOCK_E_NONE)
        return 0;
    if (r)
        return r < 0 ? r : r == 1 ? 0 : intel_failed(r);
    if (is_seen ? !life.n_reports : life.why != STOCK_WHY_FALSE && life.why != STOCK_WHY_WITHDRAWN && life.why != STOCK_WHY_REVOKED)
        return 0;
    ++*n;
    row_begin(&p->w, t);
    cell_link(&p->w, t, o.title, intel_object_url(p, o.id, ""));
    cell_text(&p->w, t, instant_words(p, (uint64_t)s->at_us));
    if (is_seen)
        cell_text(&p->w, t, page_text(p, "%llu", (unsigned long long)life.n_seen));
    else
        cell_text(&p->w, t, intel_why_words(p, life.why));
    cell_begin(&p->w, t);
    intel_tlp_chip(p, o.tlp);
    cell_end(&p->w, t);
    row_end(&p->w, t);
    return 0;
}

static int show_latest(struct intel *i, const struct latest *l, bool is_seen)
{
    struct page *p = i->page;
    struct str caption = T(p, is_seen ? MSG_INTEL_ENDS_SEEN : MSG_INTEL_ENDS_WITHDRAWN);
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_PAGE_NAME), .is_row_heading = true},
                                     {.heading = T(p, MSG_INTEL_PAGE_WHEN)},
                                     {.heading = T(p, is_seen ? MSG_INTEL_REPORT_COUNT : MSG_INTEL_ENDS_WHY), .is_number = is_seen},
                                     {.heading = T(p, MSG_INTEL_PAGE_MARK)}};
    struct table t;
    size_t n = 0;
    int r = 0;

    html_element(&p->html, HTML_H2, NULL, caption);
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), caption);
    for (size_t k = 0; !r && k < l->n; k++)
        r = show_said(i, &t, &l->at[k], is_seen, &n);
    table_end(&p->w, &t);
    if (!n)
        table_empty(&p->w);
    return r;
}

int intel_show_seen(struct intel *i)
{
    struct latest l = {.page = i->page};
    int r = stock_reports(i->stock, i->sight, SEGMENT_SIGHTING, take_report, &l);

    return r ? intel_failed(r) : show_latest(i, &l, true);
}

/* Those that their makers revoked, by number: the last ones are looked at. */
struct revoked {
    struct stock_ref at[LATEST_MAX];
    size_t n;
};

static int take_revoked(struct stock_ref ref, int64_t end_us, void *context)
{
    struct revoked *v = context;
    size_t at = v->n;

    while (at && v->at[at - 1].number < ref.number)
        at--;
    if (at == LATEST_MAX)
        return 0;
    v->n = MIN_OF(v->n + 1, (size_t)LATEST_MAX);
    memmove(&v->at[at + 1], &v->at[at], (v->n - 1 - at) * sizeof(v->at[0]));
    v->at[at] = ref;
    return 0;
}

static int add_revoked(struct intel *i, struct latest *l, struct stock_ref ref)
{
    struct stock_life life;
    struct stock_object o;
    struct str id;
    int r = stock_head(i->stock, i->sight, ref, &o);

    if (r)
        return intel_failed(r);
    id = arena_str(i->page->arena, o.id);
    r = stock_life(i->stock, i->sight, ref, id, &life);
    return r ? intel_failed(r) : take_said(l, id, SEGMENT_INDICATOR, life.from_us, 0);
}

int intel_show_withdrawn(struct intel *i)
{
    struct latest l = {.page = i->page};
    struct revoked revoked = {.n = 0};
    int r = stock_reports(i->stock, i->sight, SEGMENT_FALSE, take_report, &l) ?: stock_reports(i->stock, i->sight, SEGMENT_WITHDRAWAL, take_report, &l) ?:
            stock_revoked(i->stock, i->sight, LATEST_MAX, take_revoked, &revoked);

    if (r)
        return intel_failed(r);
    for (size_t k = 0; !r && k < revoked.n; k++)
        r = add_revoked(i, &l, revoked.at[k]);
    return r ? r : show_latest(i, &l, false);
}

/* ---- the page ---- */

int intel_ends_page(struct page *p)
{
    struct intel i;
    int r = intel_enter(p, &i);

    if (r)
        return MIN_OF(r, 0);
    page_crumb(p, T(p, MSG_INTEL_PAGE_TITLE), STR("/intel"));
    page_crumb(p, T(p, MSG_INTEL_ENDS_TITLE), STR_NONE);
    page_begin(p, T(p, MSG_INTEL_ENDS_TITLE), NAV_INTEL);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_INTEL_ENDS_TEXT));
    r = intel_show_ends(&i, LISTED_US, ENDS_LISTED) ?: intel_show_withdrawn(&i);
    r = r ? r : page_end(p);
    intel_leave(&i);
    return r;
}
