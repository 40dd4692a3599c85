/* Objects of a collection as TAXII gives them: pages of objects and of their manifest, one object, its versions.
 *
 *     question ─> place (cursor, or added_after) ─> stock_page() ─> envelope, cursor behind its last member
 *
 * A page ends at its limit, at PAGE_BYTES_MAX, or at the end of the list; what is behind it is asked for by `next` or by the date of its last member, and
 * both lead to the same place (TX2). */
#include "web/api.h"
#include "web/pages.h"
#include "web/taxii.h"
#include "web/taxii-cursor.h"

#include "base/codec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE_BYTES_MAX ((size_t)16 << 20)
#define OBJECT_TYPE "application/stix+json;version=2.1"

/* A page as it is written. */
struct writing {
    struct page *page;
    enum taxii_resource resource;
    unsigned limit, n;
    bool is_full;              /* more stands behind it */
    struct stock_place last;   /* of what was written */
    int64_t first_us, last_us; /* `date_added` of its first and last */
};

static int add_time(struct buf *out, int64_t us)
{
    return instant_print_utc((uint64_t)us, out);
}

/* An instant of the stock's one form, with milliseconds at least, as STIX wants `modified`; what has none bears when it was added. */
static int add_version(struct buf *out, const struct stock_member *m)
{
    struct str v = m->object.version;
    size_t dot = 0;
    int r;

    if (!v.len)
        return add_time(out, m->added_us);
    while (dot < v.len && v.at[dot] != '.')
        dot++;
    r = buf_add_str(out, v);
    if (!r && dot == v.len)
        r = buf_add_char(out, '.');
    for (size_t digits = dot < v.len ? v.len - dot - 1 : 0; !r && digits < 3; digits++)
        r = buf_add_char(out, '0');
    return r ? r : buf_add_char(out, 'Z');
}

static int add_manifest(struct buf *out, const struct stock_member *m)
{
    int r = buf_printf(out, "{\"id\":\"%.*s\",\"date_added\":\"", STR_ARG(m->object.id));

    if (!r)
        r = add_time(out, m->added_us);
    if (!r)
        r = buf_add_text(out, "\",\"version\":\"");
    if (!r)
        r = add_version(out, m);
    return r ? r : buf_add_text(out, "\",\"media_type\":\"" OBJECT_TYPE "\"}");
}

static int add_quoted_version(struct buf *out, const struct stock_member *m)
{
    int r = buf_add_char(out, '"');

    if (!r)
        r = add_version(out, m);
    return r ? r : buf_add_char(out, '"');
}

static int write_member(const struct stock_member *m, void *context)
{
    struct writing *w = context;
    struct buf *out = &w->page->resp->body;
    int r = 0;

    if (w->n == w->limit || (w->n && out->len + m->object.bytes.len > PAGE_BYTES_MAX)) {
        w->is_full = true;
        return 1;
    }
    if (w->n++)
        r = buf_add_char(out, ',');
    else
        w->first_us = m->added_us;
    w->last = m->place;
    w->last_us = m->added_us;
    if (r)
        return r;
    if (w->resource == TAXII_MANIFEST)
        return add_manifest(out, m);
    return w->resource == TAXII_VERSIONS ? add_quoted_version(out, m)
                                         : buf_add_str(out, m->object.bytes);
}

/* ---- where it begins ---- */

static int bound_of(struct page *p, const struct taxii_collection *c, const struct taxii_query *q,
                    enum taxii_resource resource, struct buf *question, struct taxii_bound *ret)
{
    int r = taxii_query_print(q, resource, question);

    if (!r)
        r = buf_printf(question, ";object:%s", page_param(p, STR("object")));
    *ret = (struct taxii_bound){str_of(p->session.login), str_of(c->record), buf_str(question)};
    return r;
}

static int64_t number_of(const char *at)
{
    uint64_t n = 0;

    for (size_t i = 0; i < sizeof(n); i++)
        n = n << 8 | (uint8_t)at[i];
    return (int64_t)n;
}

static int wrong_next(struct page *p)
{
    int r = taxii_problem(p, 400, "next", T(p, MSG_TAXII_QUERY), T(p, MSG_TAXII_NEXT));

    return r ? r : 1;
}

#define POSITION_SIZE (3 * sizeof(uint64_t))

/* 1: the cursor is none of ours, and that is answered. */
static int begin_at(struct page *p, const struct taxii_reading *reading, const struct taxii_collection *c,
                    const struct taxii_query *q, const struct taxii_bound *bound,
                    const struct taxii_keys *keys, struct stock_place *ret)
{
    CLEANUP(buf_done) struct buf place;
    int r;

    *ret = (struct stock_place){0, 0, 0};
    buf_init(&place, TAXII_POSITION_MAX);
    if (!q->next.at)
        return q->has_added_after
                   ? stock_place_of(reading->stock, str_of(c->record), &reading->reader, stix_time_us(q->added_after), ret)
                   : 0;
    r = taxii_cursor_read(keys, bound, q->next, (int64_t)clock_real_us(), &place);
    if (r == TAXII_E_CURSOR || (!r && place.len != POSITION_SIZE))
        return wrong_next(p);
    if (!r)
        *ret = (struct stock_place){number_of(place.at), number_of(place.at + sizeof(uint64_t)), number_of(place.at + 2 * sizeof(uint64_t))};
    return r;
}

static int add_next(struct writing *w, const struct taxii_bound *bound,
                    const struct taxii_keys *keys)
{
    CLEANUP(buf_done) struct buf place;
    struct buf *out = &w->page->resp->body;
    int r;

    buf_init(&place, TAXII_POSITION_MAX);
    buf_add_be64(&place, (uint64_t)w->last.opening);
    buf_add_be64(&place, (uint64_t)w->last.number);
    buf_add_be64(&place, (uint64_t)w->last.under);
    r = buf_error(&place);
    if (!r)
        r = buf_add_text(out, ",\"more\":true,\"next\":\"");
    if (!r)
        r = taxii_cursor_print(keys, bound, buf_str(&place),
                               (int64_t)clock_real_us() + TAXII_CURSOR_LIFE_US, out);
    return r ? r : buf_add_char(out, '"');
}

/* ---- a page ---- */

static int put_date(struct page *p, enum http_header_id id, int64_t us)
{
    CLEANUP(buf_done) struct buf text;
    int r;

    buf_init(&text, 64);
    r = add_time(&text, us);
    return r ? r : http_response_header(p->resp, id, buf_str(&text));
}

static int finish_page(struct writing *w, const struct taxii_bound *bound,
                       const struct taxii_keys *keys)
{
    struct page *p = w->page;
    int r = buf_add_char(&p->resp->body, ']');

    if (!r && w->is_full)
        r = add_next(w, bound, keys);
    if (!r)
        r = buf_add_char(&p->resp->body, '}');
    if (!r && w->n)
        r = put_date(p, HTTP_HEADER_X_TAXII_DATE_ADDED_FIRST, w->first_us);
    if (!r && w->n)
        r = put_date(p, HTTP_HEADER_X_TAXII_DATE_ADDED_LAST, w->last_us);
    taxii_written(p);
    return r;
}

/* ---- which versions ---- */

static const enum stock_which which_of[] = {
    [TAXII_VERSION_LAST] = STOCK_LAST,
    [TAXII_VERSION_FIRST] = STOCK_FIRST,
    [TAXII_VERSION_ALL] = STOCK_ALL,
    [TAXII_VERSION_AT] = STOCK_VERSION,
};

/* In the stock's one form of an instant. */
static int version_text(struct page *p, const struct taxii_version *v, struct str *ret)
{
    *ret = STR("");
    if (v->kind == TAXII_VERSION_AT)
        *ret = page_text(p, "%.*s%s%.*s", (int)(sizeof("2026-04-10T09:00:00") - 1), v->text.at,
                         v->at.fraction.len ? "." : "", STR_ARG(v->at.fraction));
    return ret->at ? 0 : -ENOMEM;
}

/* One of them, straight into the answer. */
static int page_of_one(struct writing *w, struct stock *stock, const struct sight *sight,
                       struct stock_query *s, const struct taxii_version *v)
{
    bool more = false;
    int r = version_text(w->page, v, &s->version);

    if (r)
        return r;
    s->which = which_of[v->kind];
    r = stock_page(stock, sight, s, write_member, w, &more);
    if (r == 1) /* the page is full by its bytes */
        r = 0;
    w->is_full = w->is_full || more;
    return r;
}

/* A member that one of several asks for. */
struct picked {
    struct stock_place place;
    struct stock_ref ref;
    int64_t added_us;
};
struct picking {
    struct picked *at;
    size_t n, max;
};

static int pick(const struct stock_member *m, void *context)
{
    struct picking *k = context;

    if (k->n == k->max)
        return -ENOSPC;
    k->at[k->n++] = (struct picked){m->place, m->object.ref, m->added_us};
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct picked *x = a, *y = b;

    if (x->place.opening != y->place.opening)
        return x->place.opening < y->place.opening ? -1 : 1;
    if (x->place.under != y->place.under)
        return x->place.under < y->place.under ? -1 : 1;
    return (x->place.number > y->place.number) - (x->place.number < y->place.number);
}

static int write_picked(struct writing *w, struct stock *stock, const struct sight *sight,
                        const struct picked *k)
{
    struct stock_member m = {.place = k->place, .added_us = k->added_us};
    int r = stock_get(stock, sight, k->ref, &m.object);

    return r ? r : write_member(&m, w);
}

/* First and last, or several instants: a page of each, put in order, each member once. Whichever of them ended for its limit may have more behind its
 * last, which lies behind what the whole page takes. */
static int page_of_several(struct writing *w, struct stock *stock, const struct sight *sight,
                           struct stock_query *s, const struct taxii_query *q)
{
    struct picking k = {.max = q->n_versions * w->limit};
    int r = 0;

    k.at = arena_alloc_n(w->page->arena, k.max, sizeof(*k.at));
    if (!k.at)
        return -ENOMEM;
    s->wants_bytes = false;
    for (size_t i = 0; !r && i < q->n_versions; i++) {
        bool more = false;

        r = version_text(w->page, &q->versions[i], &s->version);
        s->which = which_of[q->versions[i].kind];
        if (!r)
            r = stock_page(stock, sight, s, pick, &k, &more);
        w->is_full = w->is_full || more;
    }
    qsort(k.at, k.n, sizeof(*k.at), by_place);
    for (size_t i = 0; !r && i < k.n; i++)
        if (!i || by_place(&k.at[i], &k.at[i - 1]))
            r = write_picked(w, stock, sight, &k.at[i]);
    return r == 1 ? 0 : r;
}

static int page_of(struct writing *w, const struct taxii_reading *reading, const struct taxii_collection *c, const struct taxii_query *q,
                   struct stock_place after)
{
    struct stock *stock = reading->stock;
    const struct sight *sight = reading->sight;
    struct str id = str_of(page_param(w->page, STR("object")));
    struct stock_query s = {
        .collection = str_of(c->record),
        .after = after,
        .types = q->types,
        .n_types = q->n_types,
        .ids = id.len ? &id : q->ids,
        .n_ids = id.len ? 1 : q->n_ids,
        .limit = w->limit,
        .reader = &reading->reader,
        .wants_bytes = w->resource == TAXII_OBJECTS || w->resource == TAXII_OBJECT,
    };
    static const struct taxii_version all = {.kind = TAXII_VERSION_ALL};

    if (w->resource == TAXII_VERSIONS)
        return page_of_one(w, stock, sight, &s, &all);
    for (size_t i = 0; i < q->n_versions; i++)
        if (q->versions[i].kind == TAXII_VERSION_ALL)
            return page_of_one(w, stock, sight, &s, &all);
    return q->n_versions == 1 ? page_of_one(w, stock, sight, &s, &q->versions[0])
                              : page_of_several(w, stock, sight, &s, q);
}

/* Everything that we hold is of STIX 2.1. */
static bool takes_2_1(const struct taxii_query *q)
{
    for (size_t i = 0; i < q->n_spec_versions; i++)
        if (str_eq(q->spec_versions[i], STR("2.1")))
            return true;
    return !q->n_spec_versions;
}

/* ---- the addresses ---- */

/* Does the address tell what the asker has of the collection? One object alone does not, unless he goes on from somewhere. */
static bool tells_place(enum taxii_resource resource, const struct taxii_query *q)
{
    return q->next.at || q->has_added_after || resource == TAXII_OBJECTS || resource == TAXII_MANIFEST;
}

static int write_page(struct page *p, enum taxii_resource resource,
                      const struct taxii_collection *c, const struct taxii_query *q)
{
    CLEANUP(buf_done) struct buf question;
    CLEANUP(taxii_reading_done) struct taxii_reading reading = {.stock = NULL};
    struct writing w = {.page = p,
                        .resource = resource,
                        .limit = q->limit ? MIN_OF(q->limit, STOCK_PAGE_MAX) : STOCK_PAGE_MAX};
    const struct taxii_keys *keys = NULL;
    struct taxii_bound bound;
    struct stock_place after;
    int r;

    buf_init(&question, 1u << 20);
    r = taxii_read(p, c, &reading);
    if (!r)
        r = taxii_keys_of(p, &keys);
    if (!r)
        r = bound_of(p, c, q, resource, &question, &bound);
    if (!r)
        r = begin_at(p, &reading, c, q, &bound, keys, &after);
    if (!r)
        r = taxii_read_on(p, c, tells_place(resource, q) ? &after : NULL, &reading);
    if (r)
        return r;
    buf_clear(&p->resp->body);
    r = buf_add_text(&p->resp->body,
                     resource == TAXII_VERSIONS ? "{\"versions\":[" : "{\"objects\":[");
    if (!r && takes_2_1(q))
        r = page_of(&w, &reading, c, q, after);
    if (!r)
        r = finish_page(&w, &bound, keys);
    /* One that is asked for by its id and is not there, or not in sight. */
    if (!r && !w.n && !q->next.at && !q->has_added_after &&
        (resource == TAXII_OBJECT || resource == TAXII_VERSIONS))
        return taxii_problem(p, 404, "object", T(p, MSG_TAXII_NO_OBJECT), STR(""));
    return r;
}

static int answer_page(struct page *p, enum taxii_resource resource)
{
    struct taxii_collection c;
    struct taxii_query q;
    int r = taxii_query_of(p, resource, &q);

    if (!r)
        r = taxii_collection_open(p, &c);
    if (!r)
        r = write_page(p, resource, &c, &q);
    return MIN_OF(r, 0);
}

int taxii_objects(struct page *p)
{
    return answer_page(p, TAXII_OBJECTS);
}

int taxii_object(struct page *p)
{
    return answer_page(p, TAXII_OBJECT);
}

int taxii_manifest(struct page *p)
{
    return answer_page(p, TAXII_MANIFEST);
}

int taxii_versions(struct page *p)
{
    return answer_page(p, TAXII_VERSIONS);
}

/* ---- taking out ---- */

struct removing {
    json_t *at;          /* {number: shelf} */
    struct buf digests;  /* of contents, in the order in which they are met */
    unsigned n;
};

static int note_removed(const struct stock_member *m, void *context)
{
    struct removing *x = context;
    char number[24];

    snprintf(number, sizeof(number), "%lld", (long long)m->object.ref.number);
    if (json_object_get(x->at, number))
        return 0;
    x->n++;
    return json_put_int(x->at, number, m->object.ref.audience) ? -ENOMEM : buf_add(&x->digests, m->object.digest.bytes, sizeof(m->object.digest.bytes));
}

static int find_removed(struct page *p, const struct taxii_collection *c, const struct taxii_query *q, struct removing *x)
{
    CLEANUP(taxii_reading_done) struct taxii_reading reading = {.stock = NULL};
    struct str id = str_of(page_param(p, STR("object")));
    struct stock_query s = {.collection = str_of(c->record), .ids = &id, .n_ids = 1, .limit = STOCK_PAGE_MAX};
    int r = taxii_read(p, c, &reading);

    for (size_t i = 0; !r && takes_2_1(q) && i < q->n_versions; i++) {
        bool more = false;

        s.which = which_of[q->versions[i].kind];
        r = version_text(p, &q->versions[i], &s.version);
        if (!r)
            r = stock_page(reading.stock, reading.sight, &s, note_removed, x, &more);
    }
    return r;
}

static int ask_to_remove(struct page *p, const struct taxii_collection *c, struct removing *x)
{
    struct digest d = sha256(buf_str(&x->digests));
    const json_t *answer;

    answer = page_ask(p, json_pack("{s:s, s:s, s:s, s:s, s:O}", "op", "intel-remove", "collection", c->record, "object",
                                   page_param(p, STR("object")), "root", digest_text(&d).at, "at", x->at));
    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok") && !strcmp(json_str(answer, "error"), "none"))
        return taxii_problem(p, 404, "object", T(p, MSG_TAXII_NO_OBJECT), STR(""));
    if (!json_flag(answer, "ok"))
        return api_keeper_problem(p, answer);
    buf_clear(&p->resp->body);
    taxii_written(p);
    return 0;
}

int taxii_delete(struct page *p)
{
    struct removing x = {.at = page_keep(p, json_object())};
    struct taxii_collection c;
    struct taxii_query q;
    int r = x.at ? taxii_query_of(p, TAXII_OBJECT_DELETE, &q) : -ENOMEM;

    buf_init(&x.digests, STOCK_PAGE_MAX * SHA256_SIZE);
    if (!r)
        r = taxii_collection_open(p, &c);
    if (!r && !c.can_write)
        r = taxii_problem(p, 403, "read-only", T(p, MSG_TAXII_READ_ONLY), STR("")) ?: 1;
    if (!r)
        r = find_removed(p, &c, &q, &x);
    if (!r && !x.n)
        r = taxii_problem(p, 404, "object", T(p, MSG_TAXII_NO_OBJECT), STR("")) ?: 1;
    if (!r)
        r = ask_to_remove(p, &c, &x);
    buf_done(&x.digests);
    return MIN_OF(r, 0);
}
