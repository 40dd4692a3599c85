#include "intel/set.h"

#include "base/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "TJBSET02"
#define ORDER 0x01020304u
#define PLACE_BITS 40u
#define PLACE_MASK ((UINT64_C(1) << PLACE_BITS) - 1)
#define KEY_SIZE 16u /* crypto_shorthash_KEYBYTES */

struct header {
    char magic[8];
    uint32_t order, rules;
    uint8_t key[KEY_SIZE];
    uint64_t n_entries, n_values, n_slots, pool_size;
    uint32_t flags, types;         /* bit of each type */
    uint32_t prefixes_v4, longest; /* bit of each length; slots to look at for any value */
    uint64_t prefixes_v6[2];
};
static_assert(sizeof(struct header) == 96, "the header has no holes");
static_assert(CLUE_N_TYPES <= 32, "a bit for each type");

struct entry_head {
    uint8_t type, more; /* 1: the next one is of the same value */
    uint16_t len, indicator_len;
};
static_assert(sizeof(struct entry_head) == 6, "an entry has no holes");

static uint64_t hash(const uint8_t key[KEY_SIZE], enum clue_type type, struct str bytes)
{
    unsigned char text[CLUE_URL_MAX * 2 + 1], out[crypto_shorthash_BYTES];
    uint64_t h;

    assert(bytes.len < sizeof(text));
    text[0] = (unsigned char)type;
    if (bytes.len)
        memcpy(text + 1, bytes.at, bytes.len);
    crypto_shorthash(out, text, bytes.len + 1, key);
    memcpy(&h, out, sizeof(h));
    return h;
}

/* ---- building ---- */

struct set_builder {
    struct header head;
    struct buf pool;
    struct added {
        uint64_t hash, place;
    } * added;
    size_t n, size;
};

struct set_builder *set_builder_new(unsigned flags)
{
    struct set_builder *b = calloc(1, sizeof(*b));

    if (!b)
        return NULL;
    memcpy(b->head.magic, MAGIC, sizeof(b->head.magic));
    b->head.order = ORDER;
    b->head.rules = CLUE_RULES;
    b->head.flags = flags;
    random_fill(b->head.key, sizeof(b->head.key));
    buf_init(&b->pool, PLACE_MASK - 1);
    return b;
}

void set_builder_free(struct set_builder *b)
{
    if (!b)
        return;
    buf_done(&b->pool);
    free(b->added);
    free(b);
}

static int make_room(struct set_builder *b)
{
    size_t size = b->size ? b->size * 2 : 1024;
    struct added *added;

    if (b->n < b->size)
        return 0;
    added = realloc(b->added, size * sizeof(*added));
    if (!added)
        return -ENOMEM;
    b->added = added;
    b->size = size;
    return 0;
}

static void note_prefix(struct header *h, const struct clue *v)
{
    unsigned bits = (unsigned char)v->bytes.at[v->bytes.len - 1];

    if (v->type == CLUE_IPV4_NET)
        h->prefixes_v4 |= 1u << bits;
    if (v->type == CLUE_IPV6_NET)
        h->prefixes_v6[bits / 64] |= UINT64_C(1) << (bits % 64);
}

int set_builder_add(struct set_builder *b, const struct clue *value, struct str indicator)
{
    struct entry_head head = {.type = (uint8_t)value->type,
                              .len = (uint16_t)value->bytes.len,
                              .indicator_len = (uint16_t)indicator.len};
    int r;

    if (b->n == SET_ENTRIES_MAX || indicator.len > SET_INDICATOR_MAX)
        return SET_E_LIMIT;
    r = make_room(b);
    if (r)
        return ERR(r);
    b->added[b->n] =
        (struct added){hash(b->head.key, value->type, buf_str(&value->bytes)), b->pool.len};
    r = buf_add(&b->pool, &head, sizeof(head));
    if (!r)
        r = buf_add_str(&b->pool, buf_str(&value->bytes));
    if (!r)
        r = buf_add_str(&b->pool, indicator);
    if (r)
        return r == -ENOSPC ? SET_E_LIMIT : ERR(r);
    b->n++;
    b->head.types |= 1u << value->type;
    note_prefix(&b->head, value);
    return 0;
}

static struct entry_head head_at(const struct buf *pool, uint64_t place)
{
    struct entry_head head;

    memcpy(&head, pool->at + place, sizeof(head));
    return head;
}

/* The value with its type, or the whole entry. */
static struct str entry_text(const struct buf *pool, uint64_t place, bool with_indicator)
{
    struct entry_head head = head_at(pool, place);

    return (struct str){pool->at + place + sizeof(head),
                        (size_t)head.len + (with_indicator ? head.indicator_len : 0)};
}

static int value_cmp(const struct buf *pool, const struct added *a, const struct added *b)
{
    struct entry_head x = head_at(pool, a->place), y = head_at(pool, b->place);

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
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

/* Sorted, each once: how many values there are. */
static size_t sort_added(struct set_builder *b)
{
    size_t n = 0, n_values = 0;

    if (b->n)
        qsort_r(b->added, b->n, sizeof(*b->added), added_cmp, &b->pool);
    for (size_t i = 0; i < b->n; i++) {
        if (n && !added_cmp(&b->added[n - 1], &b->added[i], &b->pool))
            continue;
        n_values += !n || value_cmp(&b->pool, &b->added[n - 1], &b->added[i]);
        b->added[n++] = b->added[i];
    }
    b->n = n;
    return n_values;
}

static void place_value(struct header *h, uint64_t *slots, uint64_t hash, uint64_t place)
{
    uint64_t at = hash & (h->n_slots - 1);
    uint32_t steps = 1;

    for (; slots[at]; at = (at + 1) & (h->n_slots - 1))
        steps++;
    slots[at] = hash >> PLACE_BITS << PLACE_BITS | (place + 1);
    h->longest = MAX_OF(h->longest, steps);
}

/* The pool in the order of `added`, and a slot for each first one of a value. */
static int print_entries(struct set_builder *b, uint64_t *slots, struct buf *pool)
{
    bool is_first = true;
    int r = 0;

    for (size_t i = 0; i < b->n && !r; i++) {
        const struct added *a = &b->added[i];
        struct entry_head head = head_at(&b->pool, a->place);

        head.more = i + 1 < b->n && !value_cmp(&b->pool, a, a + 1);
        if (is_first)
            place_value(&b->head, slots, a->hash, pool->len);
        is_first = !head.more;
        r = buf_add(pool, &head, sizeof(head));
        if (!r)
            r = buf_add_str(pool, entry_text(&b->pool, a->place, true));
    }
    b->head.n_entries = b->n;
    b->head.pool_size = pool->len;
    return r || b->head.longest <= SET_STEPS_MAX ? r : -ENOSPC;
}

static int print_slots(struct set_builder *b, uint64_t *slots, struct buf *out)
{
    CLEANUP(buf_done) struct buf pool;
    int r;

    buf_init(&pool, PLACE_MASK - 1);
    r = print_entries(b, slots, &pool);
    if (!r)
        r = buf_add(out, &b->head, sizeof(b->head));
    if (!r)
        r = buf_add(out, slots, b->head.n_slots * sizeof(*slots));
    return r ? r : buf_add_str(out, buf_str(&pool));
}

int set_builder_print(struct set_builder *b, struct buf *out)
{
    uint64_t *slots;
    size_t n_slots = 4;
    int r;

    b->head.n_values = sort_added(b);
    while (n_slots / 4 * 3 <= b->head.n_values)
        n_slots *= 2;
    slots = calloc(n_slots, sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    b->head.n_slots = n_slots;
    b->head.longest = 0;
    r = print_slots(b, slots, out);
    free(slots);
    return r;
}

/* ---- reading ---- */

struct set {
    struct header head;
    const char *slots; /* 8 bytes each */
    struct str pool;
    void *mapped; /* the file, or a copy of it; NULL: the bytes are the caller's */
    size_t mapped_size;
};

/* Sizes that fit together; every place is looked at before it is used. */
static bool is_sound(const struct header *h, size_t size)
{
    size_t room = size - sizeof(*h);

    return !memcmp(h->magic, MAGIC, sizeof(h->magic)) && h->order == ORDER && h->n_slots >= 2 &&
           !(h->n_slots & (h->n_slots - 1)) && h->n_slots <= room / sizeof(uint64_t) &&
           h->pool_size == room - h->n_slots * sizeof(uint64_t) &&
           h->n_entries <= h->pool_size / sizeof(struct entry_head) &&
           h->n_values <= h->n_entries && h->n_values < h->n_slots / 4 * 3 &&
           h->longest <= SET_STEPS_MAX && h->longest <= h->n_values;
}

int set_of(struct str bytes, struct set **ret)
{
    struct set *set;

    if (bytes.len < sizeof(struct header))
        return SET_E_DAMAGED;
    set = calloc(1, sizeof(*set));
    if (!set)
        return -ENOMEM;
    memcpy(&set->head, bytes.at, sizeof(set->head));
    if (!is_sound(&set->head, bytes.len) || set->head.rules != CLUE_RULES) {
        free(set);
        return SET_E_DAMAGED;
    }
    set->slots = bytes.at + sizeof(set->head);
    set->pool =
        (struct str){set->slots + set->head.n_slots * sizeof(uint64_t), set->head.pool_size};
    *ret = set;
    return 0;
}

/* A small file is copied: what happens to it later changes nothing. */
static void *copy(int fd, size_t size)
{
    char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
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
        return 0;
    }
    if (at)
        munmap(at, size);
    if (r == SET_E_DAMAGED)
        diag_add(
            diag, DIAG_ERROR, path, 0, 0,
            "this is no set, one of another release, or one that was cut short; compile it again");
    return r;
}

int set_open(const char *path, struct set **ret, struct diag *diag)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;

    if (fd < 0) {
        r = errno == ENOENT ? SET_E_MISSING : -errno;
        diag_add(diag, DIAG_ERROR, path, 0, 0, "the set cannot be read: %m");
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
    free(set);
}

size_t set_count(const struct set *set)
{
    return set->head.n_entries;
}

unsigned set_flags(const struct set *set)
{
    return set->head.flags;
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
    uint64_t h = hash(set->head.key, type, bytes);

    return (struct set_cursor){
        .slot = h & (set->head.n_slots - 1), .left = set->head.longest, .wanted = h >> PLACE_BITS};
}

/* false: the place leads out of the pool. */
static bool read_entry(const struct set *set, uint64_t place, struct set_entry *ret,
                       uint64_t *ret_more)
{
    struct entry_head head;
    size_t room;

    if (place > set->pool.len || set->pool.len - place < sizeof(head))
        return false;
    memcpy(&head, set->pool.at + place, sizeof(head));
    room = set->pool.len - place - sizeof(head);
    if ((size_t)head.len + head.indicator_len > room || head.type >= CLUE_N_TYPES)
        return false;
    ret->type = (enum clue_type)head.type;
    ret->bytes = (struct str){set->pool.at + place + sizeof(head), head.len};
    ret->indicator = (struct str){ret->bytes.at + head.len, head.indicator_len};
    *ret_more = head.more ? place + sizeof(head) + head.len + head.indicator_len + 1 : 0;
    return true;
}

bool set_next(const struct set *set, enum clue_type type, struct str bytes, struct set_cursor *c,
              struct set_entry *ret)
{
    if (c->place)
        return read_entry(set, c->place - 1, ret, &c->place) && ret->type == type &&
               str_eq(ret->bytes, bytes);
    while (c->left) {
        uint64_t slot, more;

        memcpy(&slot, set->slots + c->slot * sizeof(slot), sizeof(slot));
        if (!slot)
            return false;
        c->slot = (c->slot + 1) & (set->head.n_slots - 1);
        c->left--;
        if (slot >> PLACE_BITS == c->wanted &&
            read_entry(set, (slot & PLACE_MASK) - 1, ret, &more) && ret->type == type &&
            str_eq(ret->bytes, bytes)) {
            c->place = more;
            c->left = 0;
            return true;
        }
    }
    return false;
}
