#include "intel/set.h"

#include "base/tell.h"

#include "intel/clue-inside.h"
#include "intel/set-inside.h"
#include "intel/set-sort.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "TJBSET04"
#define ORDER 0x01020304u
#define PLACE_MASK ((UINT64_C(1) << SET_PLACE_BITS) - 1)
#define VALUES_A_WORD 4u /* of the filter, and of texts: 16 bits each */
#define NET_BITS 16u
#define ENTRIES_AHEAD 16u /* that are fetched while one is printed */

struct header {
    char magic[8];
    uint32_t order, rules;
    uint8_t key[SET_KEY_SIZE];
    struct digest digest; /* of the whole file, these bytes taken as zeros */
    uint64_t created_us, until_us;
    uint64_t n_entries, n_values, n_slots, n_words, n_texts, pool_size;
    uint32_t flags, types;         /* bit of each type */
    uint32_t prefixes_v4, longest; /* bit of each length; slots to look at for any value */
    uint64_t prefixes_v6[2];
    uint8_t confidentiality, tlp, odd_names, zeros[5];
};
static_assert(sizeof(struct header) == 168, "the header has no holes");
static_assert(CLUE_N_TYPES <= 32, "a bit for each type");

enum { ENTRY_MORE = 1, ENTRY_ENDS = 2 }; /* the next one is of the same value; it has an end */

struct entry_head {
    uint8_t type, flags;
    uint16_t len, indicator_len;
};
static_assert(sizeof(struct entry_head) == 6, "an entry has no holes");

/* ---- building ---- */

struct set_builder {
    struct header head;
    struct set_hash hash;
    struct buf pool; /* as in the file, each with its end */
    struct added {
        uint64_t hash, place;
    } * added;
    size_t n, size;
    struct hashes {
        uint64_t *at;
        size_t n, size;
    } hosts, texts;    /* of URLs; of what may be hit, as it is written */
    size_t n_filtered; /* values of the filter that are no hosts */
    uint8_t tops[SET_TABLE_SIZE], nets[SET_TABLE_SIZE];
    uint8_t noted[SET_TABLE_SIZE]; /* the /16 of `nets` */
};

void set_builder_mark(struct set_builder *b, const struct set_mark *mark)
{
    b->head.flags = mark->flags;
    b->head.created_us = mark->created_us;
    b->head.until_us = mark->until_us;
    b->head.confidentiality = (uint8_t)mark->confidentiality;
    b->head.tlp = (uint8_t)mark->tlp;
}

struct set_builder *set_builder_new(const struct set_mark *mark, const uint8_t key[SET_KEY_SIZE])
{
    struct set_builder *b = calloc(1, sizeof(*b));

    if (!b)
        return NULL;
    memcpy(b->head.magic, MAGIC, sizeof(b->head.magic));
    b->head.order = ORDER;
    b->head.rules = CLUE_RULES;
    set_builder_mark(b, mark);
    if (key)
        memcpy(b->head.key, key, SET_KEY_SIZE);
    else
        random_fill(b->head.key, SET_KEY_SIZE);
    set_hash_init(&b->hash, b->head.key);
    buf_init(&b->pool, PLACE_MASK - 1);
    return b;
}

void set_builder_free(struct set_builder *b)
{
    if (!b)
        return;
    buf_done(&b->pool);
    free(b->added);
    free(b->hosts.at);
    free(b->texts.at);
    free(b);
}

/* Room for one more of `n` things of that size. NULL: out of memory. */
static void *room_for_one(void *at, size_t n, size_t *size, size_t one)
{
    size_t more = *size ? *size * 2 : 1024;

    if (n < *size)
        return at;
    at = reallocarray(at, more, one);
    if (at)
        *size = more;
    return at;
}

static int make_room(struct set_builder *b)
{
    void *at = room_for_one(b->added, b->n, &b->size, sizeof(*b->added));

    if (at)
        b->added = at;
    return at ? 0 : -ENOMEM;
}

static void set_bit(uint8_t *table, unsigned bit)
{
    table[bit / 8] |= (uint8_t)(1u << (bit & 7));
}

static bool has_bit(const uint8_t *table, unsigned bit)
{
    return table[bit / 8] >> (bit & 7) & 1;
}

/* By its text with two dots. */
static void note_net_16(struct set_builder *b, unsigned net)
{
    char text[sizeof(uint64_t) + 1] = {0};

    if (has_bit(b->noted, net))
        return;
    set_bit(b->noted, net);
    snprintf(text, sizeof(text), "%u.%u.", net >> 8, net & 0xff);
    set_bit(b->nets, set_hash_place(&b->hash, set_hash_load(text)));
}

static void note_net(struct set_builder *b, struct str bytes)
{
    unsigned bits = (unsigned char)bytes.at[bytes.len - 1],
             first = (unsigned)(unsigned char)bytes.at[0] << 8 | (unsigned char)bytes.at[1],
             n = bits < NET_BITS ? 1u << (NET_BITS - bits) : 1;

    b->head.prefixes_v4 |= 1u << bits;
    first &= ~(n - 1); /* a network that is not canonical would go on behind the table */
    for (unsigned i = 0; i < n; i++)
        note_net_16(b, first + i);
}

static int note_hash(struct hashes *all, uint64_t h)
{
    void *at = room_for_one(all->at, all->n, &all->size, sizeof(*all->at));

    if (!at)
        return -ENOMEM;
    all->at = at;
    all->at[all->n++] = h;
    return 0;
}

static int note_text(struct set_builder *b, struct str text)
{
    return note_hash(&b->texts, set_hash_text(&b->hash, text));
}

/* Behind the last dot of `name` but `n`; 0: it has not so many. */
static size_t labels_from(struct str name, unsigned n)
{
    size_t at = name.len;

    for (;;) {
        while (at && name.at[at - 1] != '.')
            at--;
        if (!at || !--n)
            return at;
        at--;
    }
}

/* No letter or _ behind any dot, by which names are found in a text. */
static bool is_odd_name(struct str name)
{
    for (size_t i = 1; i < name.len; i++)
        if (name.at[i - 1] == '.' && !strchr("0123456789.-", name.at[i]))
            return false;
    return name.len && memchr(name.at, '.', name.len);
}

static int note_name(struct set_builder *b, struct str name)
{
    size_t top = labels_from(name, 1), two = labels_from(name, 2);

    b->head.odd_names |= is_odd_name(name);
    set_bit(b->tops, set_hash_top(&b->hash, (struct str){name.at + top, name.len - top}));
    return note_text(b, (struct str){name.at + two, name.len - two});
}

static int note_ipv4(struct set_builder *b, const uint8_t four[4])
{
    char text[16];
    int n = snprintf(text, sizeof(text), "%u.%u.%u.%u", four[0], four[1], four[2], four[3]);

    return note_text(b, (struct str){text, (size_t)n});
}

static int note_host(struct set_builder *b, struct str host)
{
    const struct set_hash *k = &b->hash;
    uint8_t four[4];
    uint64_t h;
    int r;

    if (clue_parse_ipv4(host, four)) {
        r = note_name(b, host);
        h = set_hash_name(k, host);
    } else {
        r = note_ipv4(b, four);
        h = set_hash_bytes(k, k->start[CLUE_IPV4], (struct str){(const char *)four, 4}, 0, 0);
    }
    return r ? r : note_hash(&b->hosts, set_hash_end(set_hash_step(k, h, SET_HASH_HOST)));
}

/* What the tables know of a value. */
static int note(struct set_builder *b, enum clue_type type, struct str bytes)
{
    b->head.types |= 1u << type;
    if (type == CLUE_IPV4_NET)
        note_net(b, bytes);
    if (type == CLUE_IPV6_NET) {
        unsigned bits = (unsigned char)bytes.at[bytes.len - 1];

        b->head.prefixes_v6[bits / 64] |= UINT64_C(1) << (bits % 64);
    }
    if (type == CLUE_DOMAIN)
        return note_name(b, bytes);
    if (type == CLUE_IPV4)
        return note_ipv4(b, (const uint8_t *)bytes.at);
    return type == CLUE_URL ? note_host(b, clue_url_host(bytes)) : 0;
}

int set_builder_add(struct set_builder *b, const struct clue *value, struct str indicator,
                    uint64_t until_us)
{
    struct entry_head head = {.type = (uint8_t)value->type,
                              .flags = ENTRY_ENDS,
                              .len = (uint16_t)value->bytes.len,
                              .indicator_len = (uint16_t)indicator.len};
    struct str bytes = buf_str(&value->bytes);
    int r;

    if (b->n == SET_ENTRIES_MAX || indicator.len > SET_INDICATOR_MAX)
        return SET_E_LIMIT;
    r = make_room(b);
    if (!r)
        r = note(b, value->type, bytes);
    if (r)
        return ERR(r);
    b->added[b->n] = (struct added){set_hash_value(&b->hash, value->type, bytes), b->pool.len};
    r = buf_add(&b->pool, &head, sizeof(head));
    if (!r)
        r = buf_add(&b->pool, &until_us, sizeof(until_us));
    if (!r)
        r = buf_add_str(&b->pool, bytes);
    if (!r)
        r = buf_add_str(&b->pool, indicator);
    if (r)
        return r == -ENOSPC ? SET_E_LIMIT : ERR(r);
    b->n++;
    return 0;
}

static struct entry_head head_at(const struct buf *pool, uint64_t place)
{
    struct entry_head head;

    memcpy(&head, pool->at + place, sizeof(head));
    return head;
}

static uint64_t *until_at(const struct buf *pool, uint64_t place, uint64_t *ret)
{
    memcpy(ret, pool->at + place + sizeof(struct entry_head), sizeof(*ret));
    return ret;
}

/* The value with its type, or the whole entry. */
static struct str entry_text(const struct buf *pool, uint64_t place, bool with_indicator)
{
    struct entry_head head = head_at(pool, place);

    return (struct str){pool->at + place + sizeof(head) + sizeof(uint64_t),
                        (size_t)head.len + (with_indicator ? head.indicator_len : 0)};
}

/* By the hash as far as that tells; the pool is touched only where it does not. */
static int value_cmp(const struct buf *pool, const struct added *a, const struct added *b)
{
    struct entry_head x, y;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    x = head_at(pool, a->place);
    y = head_at(pool, b->place);
    if (x.type != y.type)
        return x.type < y.type ? -1 : 1;
    return str_cmp(entry_text(pool, a->place, false), entry_text(pool, b->place, false));
}

/* By hash, value and indicator. Of the same value the texts begin alike. */
static int added_cmp(const void *a, const void *b, void *pool)
{
    const struct added *x = a, *y = b;
    int order = value_cmp(pool, x, y);

    return order ? order
                 : str_cmp(entry_text(pool, x->place, true), entry_text(pool, y->place, true));
}

/* Of two that are the same but for their ends, the first gets the later one. */
static void join_ends(const struct buf *pool, uint64_t kept, uint64_t dropped)
{
    uint64_t a, b;

    if (*until_at(pool, kept, &a) && (!*until_at(pool, dropped, &b) || b > a))
        memcpy(pool->at + kept + sizeof(struct entry_head), &b, sizeof(b));
}

/* A URL is looked for by its host. */
static bool is_filtered(const struct buf *pool, const struct added *a)
{
    return head_at(pool, a->place).type != CLUE_URL;
}

/* Sorted, each once: how many values there are. */
static size_t sort_added(struct set_builder *b)
{
    size_t n = 0, n_values = 0;

    b->n_filtered = 0;
    if (b->n)
        set_sort_pairs(b->added, b->n, added_cmp, &b->pool);
    for (size_t i = 0; i < b->n; i++) {
        if (n && !added_cmp(&b->added[n - 1], &b->added[i], &b->pool)) {
            join_ends(&b->pool, b->added[n - 1].place, b->added[i].place);
            continue;
        }
        if (!n || value_cmp(&b->pool, &b->added[n - 1], &b->added[i])) {
            n_values++;
            b->n_filtered += is_filtered(&b->pool, &b->added[i]);
        }
        b->added[n++] = b->added[i];
    }
    b->n = n;
    return n_values;
}

/* Each once: how long a filter is may not hang on how often a value was added. */
static void sort_hashes(struct hashes *all)
{
    size_t n = 0;

    if (all->n)
        set_sort_hashes(all->at, all->n);
    for (size_t i = 0; i < all->n; i++)
        if (!n || all->at[n - 1] != all->at[i])
            all->at[n++] = all->at[i];
    all->n = n;
}

static void put_filter(struct header *h, uint64_t *filter, uint64_t hash)
{
    filter[set_at(hash, h->n_words)] |= set_filter_bits(hash);
}

static void put_text(struct header *h, uint64_t *texts, uint64_t hash)
{
    texts[set_at(hash, h->n_texts)] |= set_text_bits(hash);
}

static void place_value(struct header *h, uint64_t *slots, uint64_t hash, uint64_t place)
{
    uint64_t at = set_at(hash, h->n_slots);
    uint32_t steps = 1;

    for (; slots[at]; at = at + 1 < h->n_slots ? at + 1 : 0)
        steps++;
    slots[at] = set_fingerprint(hash) << SET_PLACE_BITS | (place + 1);
    h->longest = MAX_OF(h->longest, steps);
}

/* Returns behind it. */
static char *print_entry(const struct buf *from, uint64_t place, bool has_more, char *to)
{
    struct entry_head head = head_at(from, place);
    struct str text = entry_text(from, place, true);
    uint64_t until;

    head.flags =
        (uint8_t)((has_more ? ENTRY_MORE : 0) | (*until_at(from, place, &until) ? ENTRY_ENDS : 0));
    memcpy(to, &head, sizeof(head));
    to += sizeof(head);
    if (until) {
        memcpy(to, &until, sizeof(until));
        to += sizeof(until);
    }
    memcpy(to, text.at, text.len);
    return to + text.len;
}

/* What is looked into before the pool. */
struct parts {
    uint64_t *texts, *filter, *slots;
};

static void put_value(struct set_builder *b, const struct parts *parts, const struct added *a,
                      uint64_t place)
{
    place_value(&b->head, parts->slots, a->hash, place);
    if (is_filtered(&b->pool, a))
        put_filter(&b->head, parts->filter, a->hash);
}

/* Entries lie in the order in which they were added, and are wanted in that of their hashes: each is a miss, but for this. */
static void come_near(const struct set_builder *b, size_t i)
{
    if (i < b->n)
        __builtin_prefetch(b->pool.at + b->added[i].place);
}

/* The pool in the order of `added`, and a slot for each first one of a value. Returns behind it. */
static char *print_entries(struct set_builder *b, const struct parts *parts, char *pool)
{
    bool is_first = true;
    char *to = pool;

    for (size_t i = 0; i < b->n; i++) {
        const struct added *a = &b->added[i];
        bool has_more = i + 1 < b->n && !value_cmp(&b->pool, a, a + 1);

        come_near(b, i + ENTRIES_AHEAD);
        if (is_first)
            put_value(b, parts, a, (uint64_t)(to - pool));
        is_first = !has_more;
        to = print_entry(&b->pool, a->place, has_more, to);
    }
    for (size_t i = 0; i < b->hosts.n; i++)
        put_filter(&b->head, parts->filter, b->hosts.at[i]);
    for (size_t i = 0; i < b->texts.n; i++)
        put_text(&b->head, parts->texts, b->texts.at[i]);
    b->head.n_entries = b->n;
    b->head.pool_size = (uint64_t)(to - pool);
    return to;
}

/* All of it is laid out in `out`, the pool at its end, which takes no more than what was collected. */
static int print_parts(struct set_builder *b, struct buf *out)
{
    struct header *h = &b->head;
    size_t words = h->n_texts + h->n_words + h->n_slots, before = sizeof(*h) + sizeof(b->tops) + sizeof(b->nets);
    char *at = buf_grow(out, before + words * sizeof(uint64_t) + b->pool.len), *end;
    struct parts parts;

    if (!at)
        return buf_error(out);
    memcpy(at + sizeof(*h), b->tops, sizeof(b->tops));
    memcpy(at + sizeof(*h) + sizeof(b->tops), b->nets, sizeof(b->nets));
    memset(at + before, 0, words * sizeof(uint64_t));
    parts.texts = (uint64_t *)(void *)(at + before);
    parts.filter = parts.texts + h->n_texts;
    parts.slots = parts.filter + h->n_words;
    end = print_entries(b, &parts, (char *)(parts.slots + h->n_slots));
    memcpy(at, h, sizeof(*h));
    buf_cut(out, out->len - b->pool.len + h->pool_size);
    assert(end == out->at + out->len);
    return h->longest <= SET_STEPS_MAX ? 0 : -ENOSPC;
}

static uint64_t slots_for(uint64_t n_values)
{
    return n_values + n_values / 3 + 4;
}

static struct digest digest_of(const struct header *h, struct str rest)
{
    struct header without = *h;

    memset(&without.digest, 0, sizeof(without.digest));
    return sha256_3((struct str){(const char *)&without, sizeof(without)}, rest, STR_NONE);
}

/* `out` is empty. */
int set_builder_print(struct set_builder *b, struct buf *out)
{
    struct header *h = &b->head;
    int r;

    h->n_values = sort_added(b);
    sort_hashes(&b->hosts);
    sort_hashes(&b->texts);
    h->n_slots = slots_for(h->n_values);
    h->n_words = (b->n_filtered + b->hosts.n) / VALUES_A_WORD + 1;
    h->n_texts = b->texts.n / VALUES_A_WORD + 1;
    h->longest = 0;
    memset(&h->digest, 0, sizeof(h->digest));
    r = print_parts(b, out);
    if (r)
        return r;
    h->digest = sha256(buf_str(out));
    memcpy(out->at, h, sizeof(*h));
    return 0;
}

/* ---- reading ---- */

struct set {
    struct header head;
    struct set_mark mark;
    struct set_hot hot;
    struct str rest, pool; /* all behind the header; the last of it */
    void *mapped;          /* the file, or a copy of it; NULL: the bytes are the caller's */
    size_t mapped_size;
    char *
        near; /* of a file where it lies: a copy of what nearly every question touches; NULL: there is none */
    size_t near_size;
};

/* Sizes that fit together; every place is looked at before it is used. */
static bool is_sound(const struct header *h, size_t size)
{
    size_t room = size - sizeof(*h) - 2 * SET_TABLE_SIZE, words = room / sizeof(uint64_t);

    return h->n_texts && h->n_texts <= words && h->n_words && h->n_words <= words - h->n_texts &&
           h->n_slots <= words - h->n_texts - h->n_words &&
           h->pool_size == room - (h->n_slots + h->n_words + h->n_texts) * sizeof(uint64_t) &&
           h->n_entries <= h->pool_size / sizeof(struct entry_head) &&
           h->n_values <= h->n_entries && slots_for(h->n_values) <= h->n_slots &&
           h->longest <= SET_STEPS_MAX && h->longest <= h->n_values &&
           h->confidentiality <= LABEL_CONFIDENTIALITY_MAX && h->tlp <= TLP_RED;
}

static bool is_ours(const struct header *h)
{
    return !memcmp(h->magic, MAGIC, sizeof(h->magic)) && h->order == ORDER &&
           h->rules == CLUE_RULES;
}

static void lay_out(struct set *set, struct str bytes)
{
    const struct header *h = &set->head;
    const char *at = bytes.at + sizeof(*h);

    set->rest = (struct str){at, bytes.len - sizeof(*h)};
    set_hash_init(&set->hot.hash, h->key);
    set->hot.n_words = h->n_words;
    set->hot.n_slots = h->n_slots;
    set->hot.longest = h->longest;
    set->hot.tops = at;
    set->hot.nets = set->hot.tops + SET_TABLE_SIZE;
    set->hot.texts = set->hot.nets + SET_TABLE_SIZE;
    set->hot.n_texts = h->n_texts;
    set->hot.has_odd_names = h->odd_names;
    set->hot.has_nets = h->types >> CLUE_IPV4_NET & 1;
    set->hot.filter = set->hot.texts + h->n_texts * sizeof(uint64_t);
    set->hot.slots = set->hot.filter + h->n_words * sizeof(uint64_t);
    set->pool = (struct str){set->hot.slots + h->n_slots * sizeof(uint64_t), h->pool_size};
    set->mark = (struct set_mark){h->created_us, h->until_us, h->confidentiality, (enum tlp)h->tlp,
                                  h->flags};
}

int set_of(struct str bytes, struct set **ret)
{
    struct set *set;

    if (bytes.len < sizeof(struct header) + 2 * SET_TABLE_SIZE)
        return SET_E_DAMAGED;
    set = calloc(1, sizeof(*set));
    if (!set)
        return -ENOMEM;
    memcpy(&set->head, bytes.at, sizeof(set->head));
    if (!is_ours(&set->head) || !is_sound(&set->head, bytes.len)) {
        free(set);
        return SET_E_DAMAGED;
    }
    lay_out(set, bytes);
    *ret = set;
    return 0;
}

/* Memory that is asked for at random places: with large pages, each question costs one miss less. */
static char *large_pages(size_t size)
{
    char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at != MAP_FAILED)
        IGNORE(madvise(at, size, MADV_HUGEPAGE), "it is a hint");
    return at;
}

/* A small file is copied: what happens to it later changes nothing. */
static void *copy(int fd, size_t size)
{
    char *at = large_pages(size);
    size_t done = 0;
    ssize_t n = 1;

    if (at == MAP_FAILED)
        return at;
    while (done < size && n) {
        n = read(fd, at + done, size - done);
        if (n < 0 && errno != EINTR) {
            munmap(at, size);
            return MAP_FAILED;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return at; /* what was cut off meanwhile is zeros */
}

/* Of a large one only the tables and the filters. Without memory for that, they are asked where they lie. */
static void copy_filters(struct set *set)
{
    struct set_hot *hot = &set->hot;
    size_t size = (size_t)(hot->slots - hot->tops);
    char *at = large_pages(size);

    if (at == MAP_FAILED)
        return;
    memcpy(at, hot->tops, size);
    set->near = at;
    set->near_size = size;
    hot->nets = at + (hot->nets - hot->tops);
    hot->texts = at + (hot->texts - hot->tops);
    hot->filter = at + (hot->filter - hot->tops);
    hot->tops = at;
}

static int take_file(int fd, const char *path, struct set **ret, struct diag *diag)
{
    struct stat st;
    void *at = NULL;
    size_t size;
    int r;

    if (fstat(fd, &st))
        return -errno;
    size = S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size : 0;
    if (size)
        at =
            size <= SET_COPY_MAX ? copy(fd, size) : mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return -errno;
    r = at ? set_of((struct str){at, size}, ret) : SET_E_DAMAGED;
    if (!r) {
        (*ret)->mapped = at;
        (*ret)->mapped_size = size;
        if (size > SET_COPY_MAX)
            copy_filters(*ret);
        return 0;
    }
    if (at)
        munmap(at, size);
    if (r == SET_E_DAMAGED)
        diag_tell(diag, DIAG_ERROR, ((struct diag_place){path, 0, 0, NULL}), MSG_INTEL_FAULT_SET_NONE);
    return r;
}

int set_open(const char *path, struct set **ret, struct diag *diag)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;

    if (fd < 0) {
        r = errno == ENOENT ? SET_E_MISSING : -errno;
        diag_tell(diag, DIAG_ERROR, ((struct diag_place){path, 0, 0, NULL}), MSG_INTEL_FAULT_SET_READ, tell_why(errno));
        return r;
    }
    r = take_file(fd, path, ret, diag);
    close(fd);
    return r;
}

void set_free(struct set *set)
{
    if (!set)
        return;
    if (set->mapped)
        munmap(set->mapped, set->mapped_size);
    if (set->near)
        munmap(set->near, set->near_size);
    free(set);
}

size_t set_count(const struct set *set)
{
    return set->head.n_entries;
}

const struct set_mark *set_mark(const struct set *set)
{
    return &set->mark;
}

const uint8_t *set_key(const struct set *set)
{
    return set->head.key;
}

const struct digest *set_digest(const struct set *set)
{
    return &set->head.digest;
}

bool set_is_whole(const struct set *set)
{
    struct digest is = digest_of(&set->head, set->rest);

    return digest_eq(&is, &set->head.digest);
}

const struct set_hot *set_hot(const struct set *set)
{
    return &set->hot;
}

bool set_has_type(const struct set *set, enum clue_type type)
{
    return set->head.types >> type & 1;
}

bool set_has_prefix(const struct set *set, enum clue_type type, unsigned bits)
{
    if (type == CLUE_IPV4_NET)
        return bits < 32 && (set->head.prefixes_v4 >> bits & 1);
    return type == CLUE_IPV6_NET && bits < 128 &&
           (set->head.prefixes_v6[bits / 64] >> (bits % 64) & 1);
}

struct set_cursor set_find(const struct set *set, enum clue_type type, struct str bytes)
{
    uint64_t h = set_hash_value(&set->hot.hash, type, bytes);

    return (struct set_cursor){.slot = set_at(h, set->head.n_slots),
                               .left = set->head.longest,
                               .wanted = set_fingerprint(h)};
}

/* *ret_next is where the next one stands, *ret_more whether that is of the same value. false: the place leads out of the pool. */
static bool read_entry(const struct set *set, uint64_t place, struct set_entry *ret,
                       uint64_t *ret_next, bool *ret_more)
{
    struct entry_head head;
    size_t room, ends;
    const char *at;

    if (place > set->pool.len || set->pool.len - place < sizeof(head))
        return false;
    at = set->pool.at + place;
    memcpy(&head, at, sizeof(head));
    ends = head.flags & ENTRY_ENDS ? sizeof(ret->until_us) : 0;
    room = set->pool.len - place - sizeof(head);
    if (ends + head.len + head.indicator_len > room || head.type >= CLUE_N_TYPES)
        return false;
    ret->type = (enum clue_type)head.type;
    ret->until_us = 0;
    memcpy(&ret->until_us, at + sizeof(head), ends);
    ret->bytes = (struct str){at + sizeof(head) + ends, head.len};
    ret->indicator = (struct str){ret->bytes.at + head.len, head.indicator_len};
    *ret_next = place + sizeof(head) + ends + head.len + head.indicator_len;
    *ret_more = head.flags & ENTRY_MORE;
    return true;
}

/* The entry there, if it is of that value; the cursor goes on to the next of the same. */
static bool take_entry(const struct set *set, uint64_t place, enum clue_type type, struct str bytes,
                       struct set_cursor *c, struct set_entry *ret)
{
    uint64_t next;
    bool more;

    if (!read_entry(set, place, ret, &next, &more) || ret->type != type ||
        !str_eq(ret->bytes, bytes))
        return false;
    c->place = more ? next + 1 : 0;
    c->left = 0;
    return true;
}

bool set_next(const struct set *set, enum clue_type type, struct str bytes, struct set_cursor *c,
              struct set_entry *ret)
{
    if (c->place)
        return take_entry(set, c->place - 1, type, bytes, c, ret);
    while (c->left) {
        uint64_t slot;

        memcpy(&slot, set->hot.slots + c->slot * sizeof(slot), sizeof(slot));
        if (!slot)
            return false;
        c->slot = c->slot + 1 < set->head.n_slots ? c->slot + 1 : 0;
        c->left--;
        if (slot >> SET_PLACE_BITS == c->wanted &&
            take_entry(set, (slot & PLACE_MASK) - 1, type, bytes, c, ret))
            return true;
    }
    return false;
}

bool set_walk(const struct set *set, uint64_t *place, struct set_entry *ret)
{
    bool more;

    return *place < set->pool.len && read_entry(set, *place, ret, place, &more);
}
