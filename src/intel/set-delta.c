#include "intel/set-delta.h"

#include "intel/clue-inside.h"
#include "intel/fuzzy.h"

#include <errno.h>
#include <stdlib.h>

#define MAGIC "TJBDLT01"
#define ORDER 0x01020304u

struct header {
    char magic[8];
    uint32_t order, rules;
    struct digest from, to;
    uint8_t key[SET_KEY_SIZE];
    uint64_t created_us, until_us, n_removed, n_added;
    uint32_t flags;
    uint8_t confidentiality, tlp, zeros[2];
};
static_assert(sizeof(struct header) == 136, "the header has no holes");

struct row_head {
    uint64_t until_us;
    uint32_t type;
    uint16_t len, indicator_len;
};
static_assert(sizeof(struct row_head) == 16, "a row has no holes");

/* ---- entries in order ---- */

struct entries {
    struct set_entry *at;
    size_t n, size;
};

static int entry_cmp(const void *a, const void *b)
{
    const struct set_entry *x = a, *y = b;
    int order = (x->type > y->type) - (x->type < y->type);

    if (!order)
        order = str_cmp(x->bytes, y->bytes);
    if (!order)
        order = str_cmp(x->indicator, y->indicator);
    return order ? order : (x->until_us > y->until_us) - (x->until_us < y->until_us);
}

static int add_entry(struct entries *e, const struct set_entry *entry)
{
    if (e->n == e->size) {
        size_t size = e->size ? e->size * 2 : 1024;
        struct set_entry *at = reallocarray(e->at, size, sizeof(*at));

        if (!at)
            return -ENOMEM;
        e->at = at;
        e->size = size;
    }
    e->at[e->n++] = *entry;
    return 0;
}

static void sort(struct entries *e)
{
    if (e->n > 1)
        qsort(e->at, e->n, sizeof(*e->at), entry_cmp);
}

static int read_set(const struct set *set, struct entries *ret)
{
    struct set_entry entry;
    uint64_t place = 0;
    int r = 0;

    while (!r && set_walk(set, &place, &entry))
        r = add_entry(ret, &entry);
    sort(ret);
    return r;
}

/* ---- making ---- */

static int print_row(const struct set_entry *e, struct buf *out)
{
    struct row_head head = {e->until_us, e->type, (uint16_t)e->bytes.len,
                            (uint16_t)e->indicator.len};
    int r = buf_add(out, &head, sizeof(head));

    if (!r)
        r = buf_add_str(out, e->bytes);
    return r ? r : buf_add_str(out, e->indicator);
}

/* What is in `a` and not in `b`. */
static int print_rows(const struct entries *a, const struct entries *b, uint64_t *ret_n,
                      struct buf *out)
{
    size_t k = 0;
    int r = 0;

    for (size_t i = 0; i < a->n && !r; i++) {
        int order = -1;

        while (k < b->n && (order = entry_cmp(&a->at[i], &b->at[k])) > 0)
            k++;
        if (k < b->n && !order)
            continue;
        r = print_row(&a->at[i], out);
        ++*ret_n;
    }
    return r;
}

static int print_all(struct header *h, const struct entries *from, const struct entries *to,
                     struct buf *out)
{
    struct digest digest;
    int r = buf_add(out, h, sizeof(*h));

    if (!r)
        r = print_rows(from, to, &h->n_removed, out);
    if (!r)
        r = print_rows(to, from, &h->n_added, out);
    if (r)
        return r;
    memcpy(out->at, h, sizeof(*h));
    digest = sha256(buf_str(out));
    return buf_add(out, &digest, sizeof(digest));
}

int set_delta_print(const struct set *from, const struct set *to, struct buf *out)
{
    const struct set_mark *mark = set_mark(to);
    struct entries a = {0}, b = {0};
    struct header h = {.magic = MAGIC,
                       .order = ORDER,
                       .rules = CLUE_RULES,
                       .from = *set_digest(from),
                       .to = *set_digest(to),
                       .created_us = mark->created_us,
                       .until_us = mark->until_us,
                       .flags = mark->flags,
                       .confidentiality = (uint8_t)mark->confidentiality,
                       .tlp = (uint8_t)mark->tlp};
    int r;

    memcpy(h.key, set_key(to), SET_KEY_SIZE);
    r = read_set(from, &a);
    if (!r)
        r = read_set(to, &b);
    if (!r)
        r = print_all(&h, &a, &b, out);
    free(a.at);
    free(b.at);
    return r;
}

/* ---- applying ---- */

static bool read_row(struct str *rest, struct set_entry *ret)
{
    struct row_head head;
    size_t len;

    if (rest->len < sizeof(head))
        return false;
    memcpy(&head, rest->at, sizeof(head));
    len = (size_t)head.len + head.indicator_len;
    if (rest->len - sizeof(head) < len || head.type == CLUE_NONE || head.type >= CLUE_N_TYPES)
        return false;
    *ret = (struct set_entry){
        (enum clue_type)head.type,
        {rest->at + sizeof(head), head.len},
        {rest->at + sizeof(head) + head.len, head.indicator_len},
        head.until_us,
    };
    *rest = (struct str){rest->at + sizeof(head) + len, rest->len - sizeof(head) - len};
    return true;
}

static int read_rows(struct str *rest, uint64_t n, struct entries *ret)
{
    struct set_entry entry;
    int r = 0;

    for (; n && !r; n--)
        r = read_row(rest, &entry) ? add_entry(ret, &entry) : DELTA_E_DAMAGED;
    return r;
}

/* Bytes that a builder can take for a value of that type; whether they are canonical is the business of whoever made the set. */
static bool has_shape(enum clue_type type, struct str bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.at;

    switch (type) {
    case CLUE_IPV4:
    case CLUE_ASN:
        return bytes.len == 4;
    case CLUE_IPV4_NET:
        return bytes.len == 5 && at[4] < 32;
    case CLUE_IPV6:
        return bytes.len == 16;
    case CLUE_IPV6_NET:
        return bytes.len == 17 && at[16] < 128;
    case CLUE_URL:
        return bytes.len && bytes.len <= CLUE_URL_MAX && memmem(at, bytes.len, "://", 3) &&
               clue_url_host(bytes).len;
    case CLUE_MD5:
    case CLUE_SHA1:
    case CLUE_SHA224:
    case CLUE_SHA256:
    case CLUE_SHA384:
    case CLUE_SHA512:
        return clue_hash_of(2 * bytes.len) == type;
    case CLUE_TLSH:
        return bytes.len == TLSH_BYTES;
    default:
        return bytes.len && bytes.len <= CLUE_URL_MAX;
    }
}

static int add_to(struct set_builder *b, const struct set_entry *e, struct clue *v)
{
    int r;

    if (!has_shape(e->type, e->bytes))
        return DELTA_E_DAMAGED;
    buf_clear(&v->bytes);
    v->type = e->type;
    r = buf_add_str(&v->bytes, e->bytes);
    if (!r)
        r = set_builder_add(b, v, e->indicator, e->until_us);
    return r > 0 ? DELTA_E_DAMAGED : r;
}

/* All of the set but what is removed, and what is added. */
static int build(struct set_builder *b, const struct set *from, const struct entries *removed,
                 const struct entries *added)
{
    struct set_entry entry;
    uint64_t place = 0;
    struct clue v;
    int r = 0;

    clue_init(&v);
    while (!r && set_walk(from, &place, &entry))
        if (!removed->n || !bsearch(&entry, removed->at, removed->n, sizeof(entry), entry_cmp))
            r = add_to(b, &entry, &v);
    for (size_t i = 0; i < added->n && !r; i++)
        r = add_to(b, &added->at[i], &v);
    clue_done(&v);
    return r;
}

static int make(const struct header *h, const struct set *from, const struct entries *removed,
                const struct entries *added, struct buf *out)
{
    CLEANUP(set_freep) struct set *made = NULL;
    struct set_mark mark = {h->created_us, h->until_us, h->confidentiality, (enum tlp)h->tlp,
                            h->flags};
    struct set_builder *b = set_builder_new(&mark, h->key);
    int r = b ? build(b, from, removed, added) : -ENOMEM;

    if (!r)
        r = set_builder_print(b, out);
    set_builder_free(b);
    if (!r)
        r = set_of(buf_str(out), &made);
    if (r)
        return r > 0 ? DELTA_E_DAMAGED : r;
    return digest_eq(set_digest(made), &h->to) ? 0 : DELTA_E_DAMAGED;
}

/* The bytes come to the digest at their end, and the header is of this release. */
static bool is_whole(struct str delta, struct header *ret)
{
    struct digest is, said;

    if (delta.len < sizeof(*ret) + sizeof(said))
        return false;
    memcpy(ret, delta.at, sizeof(*ret));
    memcpy(&said, delta.at + delta.len - sizeof(said), sizeof(said));
    is = sha256((struct str){delta.at, delta.len - sizeof(said)});
    return digest_eq(&is, &said) && !memcmp(ret->magic, MAGIC, sizeof(ret->magic)) &&
           ret->order == ORDER && ret->rules == CLUE_RULES;
}

int set_delta_apply(const struct set *from, struct str delta, struct buf *out)
{
    struct entries removed = {0}, added = {0};
    struct header h;
    struct str rest;
    int r;

    if (!is_whole(delta, &h))
        return DELTA_E_DAMAGED;
    if (!digest_eq(&h.from, set_digest(from)))
        return DELTA_E_OTHER;
    rest = (struct str){delta.at + sizeof(h), delta.len - sizeof(h) - sizeof(struct digest)};
    r = read_rows(&rest, h.n_removed, &removed);
    if (!r)
        r = read_rows(&rest, h.n_added, &added);
    if (!r && rest.len)
        r = DELTA_E_DAMAGED;
    sort(&removed);
    if (!r)
        r = make(&h, from, &removed, &added, out);
    free(removed.at);
    free(added.at);
    return r;
}
