#include "intel/stock-values.h"

#include "intel/stix-clues.h"

#include <errno.h>

#define OBJECT_MEMORY ((size_t)64 << 20)

struct taking {
    struct set_builder *set;
    struct stix_clues *clues;
    struct scanner *scanner;
    struct scan_place place;
    struct stock_values *got;
    struct stock_place at;
    struct str indicator;
    const struct stock_current *current;
    uint64_t until_us;
    int level;
};

int stock_level(enum tlp tlp)
{
    return tlp <= TLP_GREEN ? 1 : tlp <= TLP_AMBER_STRICT ? 2 : 3;
}

static int take_value(const struct clue *v, bool is_derived, void *context)
{
    struct taking *t = context;
    int r = is_derived ? 0 : set_builder_add(t->set, v, t->indicator, t->until_us);

    t->got->values += !r && !is_derived;
    return r;
}

static int take_indicator(struct taking *t, const struct stock_member *m, const struct scan_value *root)
{
    struct stock_values *got = t->got;
    int r;

    t->indicator = m->object.id;
    r = stix_clues_listed(t->clues, root, take_value, t);
    if (r == STIX_CLUES_NO_LIST) {
        got->unlisted++;
        return 0;
    }
    if (r)
        return r;
    got->indicators++;
    got->tlp = MAX_OF(got->tlp, m->object.tlp);
    return 0;
}

static int take_member(const struct stock_member *m, void *context)
{
    struct taking *t = context;
    int64_t end_us = stock_current_end(t->current, m->object.ref);
    const struct scan_value *root;
    int r;

    t->at = m->place;
    if (stock_level(m->object.tlp) > t->level) {
        t->got->held++;
        return 0;
    }
    if (!end_us) {
        t->got->over++;
        return 0;
    }
    t->until_us = end_us == DECAY_NEVER ? 0 : (uint64_t)end_us;
    r = scanner_read(t->scanner, m->object.bytes, &root, &t->place);
    if (r)
        return r < 0 ? r : STOCK_E_DAMAGED;
    return take_indicator(t, m, root);
}

static int take_all(struct taking *t, struct stock *k, const struct sight *sight, struct str collection)
{
    static const struct str indicators[] = {{"indicator", 9}};
    struct stock_query q = {.collection = collection, .types = indicators, .n_types = 1, .which = STOCK_LAST, .limit = STOCK_PAGE_MAX, .wants_bytes = true};
    bool more = true;
    int r = 0;

    while (!r && more) {
        q.after = t->at;
        r = stock_page(k, sight, &q, take_member, t, &more);
    }
    return r;
}

int stock_values(struct stock *k, const struct sight *sight, struct str collection, int level, uint64_t now_us, struct set_builder *set,
                 struct stock_values *ret)
{
    struct taking t = {.set = set, .clues = stix_clues_new(), .scanner = scanner_new(OBJECT_MEMORY), .got = ret, .level = level};
    CLEANUP(stock_current_freep) struct stock_current *current = NULL;
    int r = stock_current(k, sight, (int64_t)now_us, &current);

    *ret = (struct stock_values){.tlp = TLP_CLEAR};
    buf_init(&t.place.path, 4096);
    t.current = current;
    if (!r)
        r = t.clues && t.scanner ? take_all(&t, k, sight, collection) : -ENOMEM;
    stix_clues_free(t.clues);
    scanner_free(t.scanner);
    buf_done(&t.place.path);
    return r;
}
