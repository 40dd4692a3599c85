/* Sets are small sorted arrays; everything is merges and walks over them. */
#include "label/label.h"

#include <errno.h>
#include <stdlib.h>

/* ---- sets ---- */

static int word_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int label_set_make(struct arena *a, const char *const *words, size_t n, struct label_set *ret)
{
    const char **at;
    size_t kept = 0;

    if (n > LABEL_SET_MAX)
        return LABEL_E_LIMIT;
    at = arena_alloc_n(a, n + 1, sizeof(*at));
    if (at == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        at[i] = words[i];
    qsort(at, n, sizeof(*at), word_order);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || strcmp(at[kept - 1], at[i]) != 0)
            at[kept++] = at[i];
    }
    *ret = (struct label_set){at, kept};
    return 0;
}

bool label_set_has(struct label_set s, const char *word)
{
    size_t low = 0, high = s.n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = strcmp(s.at[mid], word);

        if (c == 0)
            return true;
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

bool label_set_within(struct label_set inner, struct label_set outer)
{
    for (size_t i = 0; i < inner.n; i++) {
        if (!label_set_has(outer, inner.at[i]))
            return false;
    }
    return true;
}

int label_set_cmp(struct label_set a, struct label_set b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        int c = strcmp(a.at[i], b.at[i]);

        if (c != 0)
            return c;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

static int set_order(const void *a, const void *b)
{
    return label_set_cmp(*(const struct label_set *)a, *(const struct label_set *)b);
}

/* ---- labels ---- */

/* The range at `i` says nothing beyond the others: it admits everyone, or it contains another one, or stands twice. */
static bool is_idle(const struct label_set *ranges, size_t n, size_t i)
{
    if (label_set_has(ranges[i], LABEL_EVERYONE))
        return true;
    for (size_t k = 0; k < n; k++) {
        if (k == i || !label_set_within(ranges[k], ranges[i]))
            continue;
        if (ranges[k].n < ranges[i].n || k < i)
            return true;
    }
    return false;
}

static int minimal(struct arena *a, const struct label_set *ranges, size_t n, struct label *ret)
{
    struct label_set *kept;
    size_t m = 0;

    if (n > LABEL_SET_MAX)
        return LABEL_E_LIMIT;
    kept = arena_alloc_n(a, n + 1, sizeof(*kept));
    if (kept == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!is_idle(ranges, n, i))
            kept[m++] = ranges[i];
    }
    qsort(kept, m, sizeof(*kept), set_order);
    ret->ranges = kept;
    ret->n_ranges = m;
    return 0;
}

static bool is_level(int level, int max)
{
    return level >= 1 && level <= max;
}

int label_make(struct arena *a, int confidentiality, int integrity, int availability,
               struct label_set restrictions, const struct label_set *ranges, size_t n_ranges,
               struct label *ret)
{
    struct label l = {confidentiality, integrity, availability, {NULL, 0}, NULL, 0, {NULL, 0}};
    int r;

    if (!is_level(confidentiality, LABEL_CONFIDENTIALITY_MAX) ||
        !is_level(integrity, LABEL_INTEGRITY_MAX) ||
        !is_level(availability, LABEL_AVAILABILITY_MAX))
        return LABEL_E_LEVEL;
    l.restrictions = restrictions;
    r = minimal(a, ranges, n_ranges, &l);
    if (r == 0)
        *ret = l;
    return r;
}

static int join_words(struct arena *a, struct label_set x, struct label_set y,
                      struct label_set *ret)
{
    const char *words[2 * LABEL_SET_MAX];
    size_t n = 0;

    if (x.n + y.n > LABEL_SET_MAX)
        return LABEL_E_LIMIT;
    for (size_t i = 0; i < x.n; i++)
        words[n++] = x.at[i];
    for (size_t i = 0; i < y.n; i++)
        words[n++] = y.at[i];
    return label_set_make(a, words, n, ret);
}

int label_join(struct arena *a, const struct label *x, const struct label *y, struct label *ret)
{
    struct label_set restrictions, originators, ranges[LABEL_SET_MAX];
    size_t n = 0;
    int r = join_words(a, x->restrictions, y->restrictions, &restrictions);

    if (r == 0)
        r = join_words(a, x->originators, y->originators, &originators);
    if (r != 0)
        return r;
    if (x->n_ranges + y->n_ranges > LABEL_SET_MAX)
        return LABEL_E_LIMIT;
    for (size_t i = 0; i < x->n_ranges; i++)
        ranges[n++] = x->ranges[i];
    for (size_t i = 0; i < y->n_ranges; i++)
        ranges[n++] = y->ranges[i];
    r = label_make(a, MAX_OF(x->confidentiality, y->confidentiality),
                   MAX_OF(x->integrity, y->integrity), MAX_OF(x->availability, y->availability),
                   restrictions, ranges, n, ret);
    if (r == 0)
        ret->originators = originators;
    return r;
}

/* Every range of x is implied by one of y, that is, contains it. */
static bool ranges_le(const struct label *x, const struct label *y)
{
    for (size_t i = 0; i < x->n_ranges; i++) {
        bool implied = false;

        for (size_t k = 0; !implied && k < y->n_ranges; k++)
            implied = label_set_within(y->ranges[k], x->ranges[i]);
        if (!implied)
            return false;
    }
    return true;
}

bool label_le(const struct label *x, const struct label *y)
{
    return x->confidentiality <= y->confidentiality && x->integrity <= y->integrity &&
           x->availability <= y->availability &&
           label_set_within(x->restrictions, y->restrictions) && ranges_le(x, y) &&
           label_set_within(x->originators, y->originators);
}

bool label_eq(const struct label *x, const struct label *y)
{
    if (x->confidentiality != y->confidentiality || x->integrity != y->integrity ||
        x->availability != y->availability || x->n_ranges != y->n_ranges ||
        label_set_cmp(x->restrictions, y->restrictions) != 0 ||
        label_set_cmp(x->originators, y->originators) != 0)
        return false;
    for (size_t i = 0; i < x->n_ranges; i++) {
        if (label_set_cmp(x->ranges[i], y->ranges[i]) != 0)
            return false;
    }
    return true;
}

/* ---- words ---- */

int label_print_ja(const struct label *l, struct buf *out)
{
    static const char *const three[] = {"低", "中", "高"}, *const two[] = {"低", "高"};

    return buf_printf(out, "機密性%d（%s）・完全性%d（%s）・可用性%d（%s）", l->confidentiality,
                      three[l->confidentiality - 1], l->integrity, two[l->integrity - 1],
                      l->availability, two[l->availability - 1]);
}

int label_print_short(const struct label *l, struct buf *out)
{
    return buf_printf(out, "C%dI%dA%d", l->confidentiality, l->integrity, l->availability);
}

static const char *const tlp_names[] = {
    [TLP_CLEAR] = "TLP:CLEAR", [TLP_GREEN] = "TLP:GREEN",
    [TLP_AMBER] = "TLP:AMBER", [TLP_AMBER_STRICT] = "TLP:AMBER+STRICT",
    [TLP_RED] = "TLP:RED",
};

const char *tlp_name(enum tlp t)
{
    return tlp_names[t];
}

bool tlp_parse(struct str s, enum tlp *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(tlp_names); i++) {
        struct str name = str_of(tlp_names[i]), bare = {name.at + 4, name.len - 4};

        if (str_eq_nocase(s, name) || str_eq_nocase(s, bare)) {
            *ret = (enum tlp)i;
            return true;
        }
    }
    return false;
}

const struct tlp_map tlp_map_default = {{{TLP_GREEN, TLP_GREEN}, {TLP_AMBER, TLP_AMBER_STRICT}, {TLP_RED, TLP_RED}}};

enum tlp tlp_of(const struct tlp_map *map, const struct label *l)
{
    return map->mark[l->confidentiality - 1][l->restrictions.n > 0 || l->n_ranges > 0];
}

enum tlp tlp_default(const struct label *l)
{
    return tlp_of(&tlp_map_default, l);
}
