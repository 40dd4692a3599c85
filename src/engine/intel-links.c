#include "engine/intel-links.h"

#include "base/arena.h"
#include "engine/inside.h"
#include "engine/intel.h"
#include "label/audience.h"

#include <errno.h>
#include <stdlib.h>

#define PAGE_SIZE 200u

struct asking {
    struct engine *e;
    const char *person;
    const struct reg *reg;
    struct str id;
    struct arena *arena;
    struct engine_links *ret;
    size_t size;
    unsigned n_read;
};

static int add(struct asking *x, struct engine_link l)
{
    struct engine_links *all = x->ret;

    if (all->n == x->size) {
        size_t size = x->size ? 2 * x->size : 32;
        struct engine_link *more = arena_alloc_n(x->arena, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        if (all->n)
            memcpy(more, all->at, all->n * sizeof(*more));
        all->at = more;
        x->size = size;
    }
    all->at[all->n++] = l;
    return l.record && l.id.at && l.maker ? 0 : -ENOMEM;
}

/* The index knows texts whatever their case; identifiers are told apart by it. */
static int take_row(struct asking *x, const struct list_row *row, const char *side, const char *other)
{
    struct arena *a = x->arena;
    bool is_confirmed = !strcmp(row->state, "confirmed");

    if ((!is_confirmed && strcmp(row->state, "rejected") != 0) || !str_eq(str_of(json_str(row->values, side)), x->id))
        return 0;
    return add(x, (struct engine_link){.record = row->id, .id = arena_str(a, str_of(json_str(row->values, other))), .is_confirmed = is_confirmed,
                                       .maker = arena_strdup(a, str_of(json_str(row->values, "maker"))), .made_us = row->opened_us,
                                       .strength = json_int(row->values, "strength"), .n_records = 1});
}

/* A page of the records in which it stands on that side. */
static int read_page(struct asking *x, const char *side, const char *other, const char *key, unsigned page, unsigned *ret_pages)
{
    const char *const fields[] = {side, other, "maker", "strength"};
    const struct list_query q = {.reg = x->reg->id, .state = "", .field = side, .key = key, .sort = "opened", .page = page, .page_size = PAGE_SIZE,
                                 .fields = fields, .n_fields = ARRAY_LEN(fields)};
    struct list_rows rows;
    int r = engine_list_rows(x->e, x->person, &q, x->arena, &rows);

    if (r)
        return ERR_FOLD(r);
    for (size_t i = 0; !r && i < rows.n; i++)
        r = take_row(x, &rows.at[i], side, other);
    x->n_read += (unsigned)rows.n;
    *ret_pages = rows.pages;
    list_rows_done(&rows);
    return r;
}

static int read_side(struct asking *x, const char *side, const char *other)
{
    CLEANUP(buf_done) struct buf key;
    JSON_AUTO *say = NULL;
    unsigned pages = 1;
    int r;

    buf_init(&key, 4096);
    r = engine_list_key(x->e, x->person, x->reg, reg_field(x->reg, side), x->id, &key, &say);
    if (r)
        return MIN_OF(r, 0); /* no text that could stand there */
    for (unsigned page = 1; !r && page <= pages; page++) {
        if (x->n_read >= ENGINE_LINKS_MAX) {
            x->ret->is_cut = true;
            break;
        }
        r = read_page(x, side, other, key.at ? key.at : "", page, &pages);
    }
    return r;
}

/* Of one id the newest first. */
static int link_cmp(const void *a, const void *b)
{
    const struct engine_link *x = a, *y = b;
    int order = str_cmp(x->id, y->id);

    if (!order && x->made_us != y->made_us)
        order = x->made_us > y->made_us ? -1 : 1;
    return order ? order : strcmp(y->record, x->record);
}

static void settle(struct engine_links *all)
{
    size_t n = 0;

    if (all->n)
        qsort(all->at, all->n, sizeof(*all->at), link_cmp);
    for (size_t i = 0; i < all->n; i++) {
        if (n && str_eq(all->at[n - 1].id, all->at[i].id))
            all->at[n - 1].n_records++;
        else
            all->at[n++] = all->at[i];
    }
    all->n = n;
}

int engine_links(struct engine *e, const char *person, struct str id, uint64_t now_us, struct arena *a, struct engine_links *ret)
{
    struct asking x = {.e = e, .person = person, .reg = engine_holding(e, HOLDS_INTEL_LINKS, now_us), .id = id, .arena = a, .ret = ret};
    int r;

    *ret = (struct engine_links){NULL, 0, false};
    if (!x.reg || !id.len)
        return 0;
    r = read_side(&x, "a", "b");
    if (!r)
        r = read_side(&x, "b", "a");
    settle(ret);
    return r;
}

const struct engine_link *engine_link_to(const struct engine_links *all, struct str id)
{
    for (size_t from = 0, to = all->n; from < to;) {
        size_t at = from + (to - from) / 2;
        int order = str_cmp(all->at[at].id, id);

        if (!order)
            return &all->at[at];
        if (order < 0)
            from = at + 1;
        else
            to = at;
    }
    return NULL;
}

/* ---- pairs of a collection ---- */

struct said {
    struct engine_pair pair;
    bool is_confirmed;
};

struct pairing {
    struct engine *e;
    const char *person;
    const struct reg *reg;
    struct str collection;
    struct arena *arena;
    struct said *at;
    size_t n, size;
};

static int add_said(struct pairing *x, const struct list_row *row)
{
    struct arena *a = x->arena;
    struct audience au;
    struct said one = {.is_confirmed = !strcmp(row->state, "confirmed")};
    int r;

    if ((!one.is_confirmed && strcmp(row->state, "rejected") != 0) || !str_eq(str_of(json_str(row->values, "b_in")), x->collection))
        return 0;
    if (x->n == x->size) {
        size_t size = x->size ? 2 * x->size : 64;
        struct said *more = arena_alloc_n(a, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        if (x->n)
            memcpy(more, x->at, x->n * sizeof(*more));
        x->at = more;
        x->size = size;
    }
    r = audience_get(x->e->store, row->audience, a, &au, NULL);
    if (r)
        return ERR_FOLD(r);
    one.pair = (struct engine_pair){arena_strdup(a, str_of(row->id)), arena_str(a, str_of(json_str(row->values, "a"))), arena_str(a, str_of(json_str(row->values, "b"))),
                                    au.label.confidentiality, row->opened_us};
    x->at[x->n++] = one;
    return one.pair.record && one.pair.a.at && one.pair.b.at ? 0 : -ENOMEM;
}

static int read_pairs(struct pairing *x, const char *key, unsigned page, unsigned *ret_pages)
{
    static const char *const fields[] = {"a", "b", "b_in"};
    const struct list_query q = {.reg = x->reg->id, .state = "", .field = "a_in", .key = key, .sort = "id", .page = page, .page_size = PAGE_SIZE, .fields = fields,
                                 .n_fields = ARRAY_LEN(fields)};
    struct list_rows rows;
    int r = engine_list_rows(x->e, x->person, &q, x->arena, &rows);

    if (r)
        return ERR_FOLD(r);
    for (size_t i = 0; !r && i < rows.n; i++)
        r = add_said(x, &rows.at[i]);
    *ret_pages = rows.pages;
    list_rows_done(&rows);
    return r;
}

/* Of one pair the last word first. */
static int said_cmp(const void *a, const void *b)
{
    const struct said *x = a, *y = b;
    int order = str_cmp(x->pair.a, y->pair.a);

    order = order ? order : str_cmp(x->pair.b, y->pair.b);
    if (!order && x->pair.made_us != y->pair.made_us)
        order = x->pair.made_us > y->pair.made_us ? -1 : 1;
    return order ? order : strcmp(y->pair.record, x->pair.record);
}

static int give_pairs(struct pairing *x, struct engine_pairs *ret)
{
    ret->at = arena_alloc_n(x->arena, MAX_OF(x->n, 1), sizeof(*ret->at));
    if (!ret->at)
        return -ENOMEM;
    if (x->n)
        qsort(x->at, x->n, sizeof(*x->at), said_cmp);
    for (size_t i = 0; i < x->n; i++) {
        const struct engine_pair *p = &x->at[i].pair, *last = i ? &x->at[i - 1].pair : NULL;

        if (x->at[i].is_confirmed && (!last || !str_eq(last->a, p->a) || !str_eq(last->b, p->b)))
            ret->at[ret->n++] = *p;
    }
    return 0;
}

int engine_pairs(struct engine *e, const char *person, struct str collection, uint64_t now_us, struct arena *a, struct engine_pairs *ret)
{
    CLEANUP(buf_done) struct buf key = {0};
    JSON_AUTO *say = NULL;
    struct pairing x = {.e = e, .person = person, .reg = engine_holding(e, HOLDS_INTEL_LINKS, now_us), .collection = collection, .arena = a};
    unsigned pages = 1;
    int r;

    *ret = (struct engine_pairs){NULL, 0};
    if (!x.reg)
        return 0;
    buf_init(&key, 4096);
    r = engine_list_key(e, person, x.reg, reg_field(x.reg, "a_in"), collection, &key, &say);
    if (r)
        return MIN_OF(r, 0); /* he does not see that collection */
    for (unsigned page = 1; !r && page <= pages; page++)
        r = read_pairs(&x, key.at ? key.at : "", page, &pages);
    return r ? r : give_pairs(&x, ret);
}
