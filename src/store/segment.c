#include "store/segment.h"

#include "store/decay.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC_SIZE 4u
static const char magic[MAGIC_SIZE] = {'T', 'S', 'G', '1'}, magic_of_keys[MAGIC_SIZE] = {'T', 'S', 'K', '1'};

/* ---- reading: a cursor that never passes the end ---- */

struct cursor {
    const char *at, *end;
    bool is_bad;
    bool is_keys; /* objects have no bytes */
};

static const char *take(struct cursor *c, size_t n)
{
    const char *at = c->at;

    if ((size_t)(c->end - c->at) < n) {
        c->is_bad = true;
        return NULL;
    }
    c->at += n;
    return at;
}

static uint64_t take_number(struct cursor *c, size_t n_bytes)
{
    const char *at = take(c, n_bytes);
    uint64_t v = 0;

    for (size_t i = 0; at && i < n_bytes; i++)
        v = v << 8 | (uint8_t)at[i];
    return v;
}

static struct str take_str(struct cursor *c, size_t n_bytes, size_t max)
{
    size_t len = (size_t)take_number(c, n_bytes);
    const char *at;

    if (len > max)
        c->is_bad = true;
    at = c->is_bad ? NULL : take(c, len);
    return at ? (struct str){at, len} : STR_NONE;
}

static void take_digest(struct cursor *c, struct digest *ret)
{
    const char *at = take(c, sizeof(ret->bytes));

    if (at)
        memcpy(ret->bytes, at, sizeof(ret->bytes));
}

/* Ids, types and instants of STIX: what else came is none. */
static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= ' ' || s.at[i] > '~')
            return false;
    return true;
}

/* Is `word` among the words of `list`? */
static bool has_word(struct str list, struct str word)
{
    struct str one;

    while (list.len && str_split(&list, ' ', &one))
        if (str_eq(one, word))
            return true;
    return false;
}

/* Words with one space between them, each within its limit and there once. */
static bool are_words(struct str s)
{
    struct str rest = s, one;

    if (s.len && s.at[s.len - 1] == ' ')
        return false;
    while (rest.len && str_split(&rest, ' ', &one))
        if (!one.len || one.len > SEGMENT_WORD_MAX || !is_word(one) || has_word(rest, one))
            return false;
    return true;
}

int segment_value_cmp(const struct segment_value *a, const struct segment_value *b)
{
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    if (a->is_derived != b->is_derived)
        return b->is_derived ? -1 : 1;
    return str_cmp(a->bytes, b->bytes);
}

static void take_value(struct cursor *c, struct segment_value *ret, const struct segment_value *before)
{
    uint64_t derived;

    ret->type = (uint8_t)take_number(c, 1);
    derived = take_number(c, 1);
    ret->is_derived = derived == 1;
    ret->bytes = take_str(c, 2, SEGMENT_VALUE_MAX);
    if (!c->is_bad && (derived > 1 || !ret->type || !ret->bytes.len || (before && segment_value_cmp(before, ret) >= 0)))
        c->is_bad = true;
    if (ret->type == SEGMENT_CONTENT && (ret->is_derived || ret->bytes.len != SHA256_SIZE))
        c->is_bad = true;
}

uint32_t segment_place(const struct segment_object *o, size_t i)
{
    uint32_t v;

    memcpy(&v, o->values + 4 * i, sizeof(v));
    return be32toh(v);
}

static bool are_places(const struct segment_object *o, size_t n_values)
{
    for (size_t i = 0; i < o->n_values; i++)
        if (segment_place(o, i) >= n_values || (i && segment_place(o, i) <= segment_place(o, i - 1)))
            return false;
    return true;
}

static void take_life(struct cursor *c, struct segment_object *ret)
{
    ret->decay_class = (uint8_t)take_number(c, 1);
    ret->at_us = (int64_t)take_number(c, 8);
    ret->until_us = (int64_t)take_number(c, 8);
    ret->n = (uint32_t)take_number(c, 4);
    ret->of = take_str(c, 2, SEGMENT_OF_MAX);
    if (ret->decay_class >= DECAY_N_CLASSES || ret->at_us < 0 || ret->until_us < 0 || !ret->of.len != (ret->life == SEGMENT_INDICATOR) || !are_words(ret->of))
        c->is_bad = true;
}

static void take_object(struct cursor *c, struct segment_object *ret, size_t n_values)
{
    uint64_t life;

    ret->head = c->at;
    ret->tlp = (uint8_t)take_number(c, 1);
    life = take_number(c, 1);
    ret->life = life < SEGMENT_N_LIVES ? (enum segment_life)life : SEGMENT_LIFELESS;
    if (ret->life != SEGMENT_LIFELESS)
        take_life(c, ret);
    ret->type = take_str(c, 2, SEGMENT_WORD_MAX);
    ret->id = take_str(c, 2, SEGMENT_WORD_MAX);
    ret->version = take_str(c, 2, SEGMENT_WORD_MAX);
    take_digest(c, &ret->digest);
    take_digest(c, &ret->sum);
    ret->length = (uint32_t)take_number(c, 4);
    ret->packed = take_str(c, 4, SEGMENT_SIZE_MAX);
    ret->n_values = (size_t)take_number(c, 4);
    if (ret->n_values > SEGMENT_VALUES_MAX)
        c->is_bad = true;
    ret->values = c->is_bad ? NULL : take(c, 4 * ret->n_values);
    if (c->is_bad)
        return;
    c->is_bad = ret->tlp > SEGMENT_TLP_MAX || life >= SEGMENT_N_LIVES || !ret->type.len || !ret->id.len || !is_word(ret->type) || !is_word(ret->id) ||
                !is_word(ret->version) || !ret->length || ret->length > SEGMENT_UNPACKED_MAX || !ret->packed.len != c->is_keys || !are_places(ret, n_values);
}

/* What stands behind the values is none of them, nor of the keys that are kept. */
static void part_contents(struct segment *s)
{
    size_t n = s->n_values;

    while (n && s->values[n - 1].type == SEGMENT_CONTENT)
        n--;
    s->contents = s->values + n;
    s->n_contents = s->n_values - n;
    s->n_values = n;
    s->value_bytes.len -= s->n_contents * (4 + SHA256_SIZE);
    for (size_t i = 0; i < s->n_objects; i++) {
        struct segment_object *o = &s->objects[i];

        while (o->n_values && segment_place(o, o->n_values - 1) >= n) {
            o->n_values--;
            o->n_contents++;
        }
    }
}

static int take_rows(struct cursor *c, struct segment *s)
{
    s->values = calloc(s->n_values ? s->n_values : 1, sizeof(*s->values));
    s->objects = calloc(s->n_objects, sizeof(*s->objects));
    if (!s->values || !s->objects)
        return -ENOMEM;
    s->value_bytes.at = c->at;
    for (size_t i = 0; i < s->n_values && !c->is_bad; i++)
        take_value(c, &s->values[i], i ? &s->values[i - 1] : NULL);
    s->value_bytes.len = (size_t)(c->at - s->value_bytes.at);
    for (size_t i = 0; i < s->n_objects && !c->is_bad; i++)
        take_object(c, &s->objects[i], s->n_values);
    if (c->is_bad || c->at != c->end)
        return SEGMENT_E_BROKEN;
    part_contents(s);
    return 0;
}

static int read_all(struct str message, bool is_keys, struct segment *ret)
{
    struct cursor c = {message.at, message.at + message.len, false, is_keys};
    const char *head = message.len <= SEGMENT_SIZE_MAX ? take(&c, MAGIC_SIZE) : NULL;
    int r;

    *ret = (struct segment){0};
    if (!head || memcmp(head, is_keys ? magic_of_keys : magic, MAGIC_SIZE) != 0)
        return SEGMENT_E_BROKEN;
    ret->n_values = (size_t)take_number(&c, 4);
    ret->n_objects = (size_t)take_number(&c, 4);
    /* Each value has four bytes and one at least; so no number asks for memory that the message does not pay for. */
    if (c.is_bad || !ret->n_objects || ret->n_objects > SEGMENT_OBJECTS_MAX || ret->n_values > message.len / 5)
        r = SEGMENT_E_BROKEN;
    else
        r = take_rows(&c, ret);
    if (r)
        segment_done(ret);
    return r;
}

int segment_read(struct str message, struct segment *ret)
{
    return read_all(message, false, ret);
}

int segment_read_keys(struct str message, struct segment *ret)
{
    return read_all(message, true, ret);
}

static int print_keys_of(const struct segment_object *o, struct buf *out)
{
    const char *length = o->packed.at - 4;
    int r = buf_add(out, o->head, (size_t)(length - o->head)) ?: buf_add_be32(out, 0) ?: buf_add_be32(out, (uint32_t)o->n_values);

    return r ? r : buf_add(out, o->values, 4 * o->n_values);
}

int segment_print_keys(const struct segment *s, const uint32_t *order, const bool *is_left_out, struct buf *out)
{
    uint32_t n = 0;
    int r;

    for (size_t i = 0; i < s->n_objects; i++)
        n += !is_left_out[i];
    assert(n);
    r = buf_add(out, magic_of_keys, MAGIC_SIZE) ?: buf_add_be32(out, (uint32_t)s->n_values) ?: buf_add_be32(out, n) ?: buf_add_str(out, s->value_bytes);
    for (size_t i = 0; !r && i < s->n_objects; i++)
        if (!is_left_out[order[i]])
            r = print_keys_of(&s->objects[order[i]], out);
    return r;
}

void segment_leave_out(struct segment *s, const bool *is_left_out)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n_objects; i++)
        if (!is_left_out[i])
            s->objects[n++] = s->objects[i];
    s->n_objects = n;
}

void segment_done(struct segment *s)
{
    free(s->values);
    free(s->objects);
    *s = (struct segment){0};
}

/* ---- writing ---- */

#define HEAD_SIZE 12u
#define OBJECT_SIZE 108u /* of an object besides its texts, at most: 1 + 1 + 3 * 2 + 2 * 32 + 3 * 4 + 1 + 8 + 8 + 4 + 2 = 107 */

/* A value in `bytes`, found by its hash. */
struct kept {
    uint8_t type;
    bool is_derived;
    uint32_t at, len;
    uint32_t place; /* once sorted */
    uint64_t stamp; /* of the last object that has it */
};

/* Short values that came lately, found without looking at where they lie: texts are cut into some hundred thousand pieces of which most are a few thousand. */
#define RECENT 16384u /* a power of two */
struct recent {
    uint64_t key;   /* type, derived, length and bytes; 0: none */
    uint32_t n;     /* among the values */
    uint64_t stamp; /* of the object that has it */
};

struct segment_writer {
    struct recent recent[RECENT];
    struct buf bytes;    /* of values */
    struct buf values;   /* struct kept */
    uint32_t *slots;     /* number + 1; 0 free; n_slots a power of two */
    size_t n_slots;
    struct buf objects;  /* each as it is printed, but that values are numbers in `values` in the order of coming */
    struct buf ends;     /* uint64_t: where each ends in `objects` */
    struct buf pending;  /* uint32_t: values of the next object */
    size_t n_settled;    /* values of objects that were added */
    size_t settled_bytes, size; /* bytes of these; of the message */
    uint64_t stamp;      /* of the next object */
};

struct segment_writer *segment_writer_new(void)
{
    struct segment_writer *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    buf_init(&w->bytes, 2 * SEGMENT_SIZE_MAX);
    buf_init(&w->values, 64u << 20);
    buf_init(&w->objects, SEGMENT_SIZE_MAX);
    buf_init(&w->ends, SEGMENT_OBJECTS_MAX * sizeof(uint64_t));
    buf_init(&w->pending, SEGMENT_VALUES_MAX * sizeof(uint32_t));
    w->size = HEAD_SIZE;
    w->stamp = 1;
    return w;
}

void segment_writer_free(struct segment_writer *w)
{
    if (!w)
        return;
    buf_done(&w->bytes);
    buf_done(&w->values);
    buf_done(&w->objects);
    buf_done(&w->ends);
    buf_done(&w->pending);
    free(w->slots);
    free(w);
}

static struct kept *kept_of(const struct segment_writer *w)
{
    return (struct kept *)(void *)w->values.at;
}

static size_t n_kept(const struct segment_writer *w)
{
    return w->values.len / sizeof(struct kept);
}

static uint64_t hash_of(uint8_t type, bool is_derived, struct str s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ type ^ (uint64_t)is_derived << 8;

    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (uint8_t)s.at[i]) * UINT64_C(0x100000001b3);
    return h ^ h >> 29;
}

static struct str bytes_of(const struct segment_writer *w, const struct kept *v)
{
    return (struct str){w->bytes.at + v->at, v->len};
}

static uint32_t *slot_of(const struct segment_writer *w, uint8_t type, bool is_derived, struct str s)
{
    size_t i = hash_of(type, is_derived, s) & (w->n_slots - 1);

    for (; w->slots[i]; i = (i + 1) & (w->n_slots - 1)) {
        const struct kept *v = &kept_of(w)[w->slots[i] - 1];

        if (v->type == type && v->is_derived == is_derived && str_eq(bytes_of(w, v), s))
            break;
    }
    return &w->slots[i];
}

/* All that are kept, into `n_slots`, a power of two and more than twice as many. */
static int slots_fill(struct segment_writer *w, size_t n_slots)
{
    uint32_t *slots = calloc(n_slots, sizeof(*slots));

    if (!slots)
        return -ENOMEM;
    free(w->slots);
    w->slots = slots;
    w->n_slots = n_slots;
    for (size_t i = 0; i < n_kept(w); i++) {
        const struct kept *v = &kept_of(w)[i];

        *slot_of(w, v->type, v->is_derived, bytes_of(w, v)) = (uint32_t)i + 1;
    }
    return 0;
}

static int keep(struct segment_writer *w, uint8_t type, bool is_derived, struct str bytes, uint32_t *ret)
{
    struct kept v = {.type = type, .is_derived = is_derived, .at = (uint32_t)w->bytes.len, .len = (uint32_t)bytes.len};
    uint32_t *slot;
    int r;

    if (2 * (n_kept(w) + 1) >= w->n_slots && (r = slots_fill(w, w->n_slots ? 2 * w->n_slots : 1024)))
        return r;
    slot = slot_of(w, type, is_derived, bytes);
    if (!*slot) {
        r = buf_add_str(&w->bytes, bytes) ?: buf_add(&w->values, &v, sizeof(v));
        if (r)
            return r;
        *slot = (uint32_t)n_kept(w);
    }
    *ret = *slot - 1;
    return 0;
}

/* 0: it is longer than that. */
static uint64_t key_of(uint8_t type, bool is_derived, struct str bytes)
{
    uint64_t key = 0;

    if (bytes.len > 6)
        return 0;
    memcpy(&key, bytes.at, bytes.len);
    return key << 16 | (uint64_t)type << 8 | (uint64_t)is_derived << 7 | bytes.len;
}

static struct recent *recent_of(struct segment_writer *w, uint64_t key)
{
    return &w->recent[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 50];
}

int segment_writer_value(struct segment_writer *w, uint8_t type, bool is_derived, struct str bytes)
{
    struct recent *recent;
    uint64_t key;
    uint32_t n;
    int r;

    assert(type);
    if (!bytes.len || bytes.len > SEGMENT_VALUE_MAX || w->pending.len == SEGMENT_VALUES_MAX * sizeof(n))
        return -ENOSPC;
    key = key_of(type, is_derived, bytes);
    recent = recent_of(w, key);
    if (key && recent->key == key) {
        if (recent->stamp == w->stamp)
            return 0;
        n = recent->n;
    } else if ((r = keep(w, type, is_derived, bytes, &n)))
        return r;
    if (key)
        *recent = (struct recent){key, n, w->stamp};
    if (kept_of(w)[n].stamp == w->stamp)
        return 0;
    kept_of(w)[n].stamp = w->stamp;
    return buf_add(&w->pending, &n, sizeof(n));
}

int segment_writer_forget(struct segment_writer *w)
{
    buf_clear(&w->pending);
    w->stamp++;
    if (n_kept(w) == w->n_settled)
        return 0;
    buf_cut(&w->values, w->n_settled * sizeof(struct kept));
    buf_cut(&w->bytes, w->settled_bytes);
    memset(w->recent, 0, sizeof(w->recent));
    return slots_fill(w, w->n_slots);
}

static int print_life(struct buf *out, const struct segment_object *o)
{
    int r = buf_add_char(out, (char)o->decay_class) ?: buf_add_be64(out, (uint64_t)o->at_us) ?: buf_add_be64(out, (uint64_t)o->until_us);

    return r ? r : buf_add_be32(out, o->n) ?: buf_add_be16(out, (uint16_t)o->of.len) ?: buf_add_str(out, o->of);
}

static int print_object(struct segment_writer *w, const struct segment_object *o)
{
    struct buf *out = &w->objects;
    int r = buf_add_char(out, (char)o->tlp) ?: buf_add_char(out, (char)o->life) ?: (o->life == SEGMENT_LIFELESS ? 0 : print_life(out, o));
    const struct str words[] = {o->type, o->id, o->version};

    for (size_t i = 0; !r && i < ARRAY_LEN(words); i++)
        r = buf_add_be16(out, (uint16_t)words[i].len) ?: buf_add_str(out, words[i]);
    if (!r)
        r = buf_add(out, o->digest.bytes, sizeof(o->digest.bytes)) ?: buf_add(out, o->sum.bytes, sizeof(o->sum.bytes)) ?: buf_add_be32(out, o->length);
    if (!r)
        r = buf_add_be32(out, (uint32_t)o->packed.len) ?: buf_add_str(out, o->packed);
    if (!r)
        r = buf_add_be32(out, (uint32_t)(w->pending.len / 4)) ?: buf_add_str(out, buf_str(&w->pending));
    return r;
}

int segment_writer_add(struct segment_writer *w, const struct segment_object *o)
{
    size_t own = OBJECT_SIZE + o->type.len + o->id.len + o->version.len + o->of.len + o->packed.len + w->pending.len;
    size_t grown = w->bytes.len - w->settled_bytes + 4 * (n_kept(w) - w->n_settled), all = 0;
    uint64_t end;
    int r;

    assert(o->type.len <= SEGMENT_WORD_MAX && o->id.len <= SEGMENT_WORD_MAX && o->version.len <= SEGMENT_WORD_MAX);
    for (size_t i = 0; i < w->pending.len; i += 4) {
        uint32_t n;

        memcpy(&n, w->pending.at + i, sizeof(n));
        all += 4 + kept_of(w)[n].len;
    }
    if (HEAD_SIZE + own + all > SEGMENT_SIZE_MAX) {
        r = segment_writer_forget(w);
        return r ? r : SEGMENT_E_LARGE;
    }
    if (w->size + own + grown > SEGMENT_SIZE_MAX || segment_writer_count(w) == SEGMENT_OBJECTS_MAX)
        return SEGMENT_E_FULL;
    r = print_object(w, o);
    end = w->objects.len;
    r = r ? r : buf_add(&w->ends, &end, sizeof(end));
    if (r)
        return r;
    w->size += own + grown;
    w->n_settled = n_kept(w);
    w->settled_bytes = w->bytes.len;
    buf_clear(&w->pending);
    w->stamp++;
    return 0;
}

size_t segment_writer_count(const struct segment_writer *w)
{
    return w->ends.len / sizeof(uint64_t);
}

struct ordered {
    struct segment_value value;
    uint32_t no;
};

static int ordered_cmp(const void *a, const void *b)
{
    return segment_value_cmp(&((const struct ordered *)a)->value, &((const struct ordered *)b)->value);
}

/* In their order; kept_of(w)[i].place says where each came to lie. */
static int print_values(struct segment_writer *w, struct buf *out)
{
    struct ordered *all = calloc(w->n_settled ? w->n_settled : 1, sizeof(*all));
    int r = all ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < w->n_settled; i++) {
        const struct kept *v = &kept_of(w)[i];

        all[i] = (struct ordered){{v->type, v->is_derived, bytes_of(w, v)}, (uint32_t)i};
    }
    if (!r && w->n_settled)
        qsort(all, w->n_settled, sizeof(*all), ordered_cmp);
    for (size_t i = 0; !r && i < w->n_settled; i++) {
        const struct segment_value *v = &all[i].value;

        kept_of(w)[all[i].no].place = (uint32_t)i;
        r = buf_add_char(out, (char)v->type) ?: buf_add_char(out, v->is_derived) ?: buf_add_be16(out, (uint16_t)v->bytes.len);
        r = r ? r : buf_add_str(out, v->bytes);
    }
    free(all);
    return r;
}

/* Where the numbers of the object's values stand, and how many. */
static char *numbers_of(char *object, size_t len, size_t *ret_n)
{
    struct cursor c = {.at = object, .end = object + len};

    take(&c, 1);
    if (take_number(&c, 1) != SEGMENT_LIFELESS) {
        take(&c, 1 + 8 + 8 + 4);
        take_str(&c, 2, SEGMENT_OF_MAX);
    }
    for (int i = 0; i < 3; i++)
        take_str(&c, 2, SEGMENT_WORD_MAX);
    take(&c, 2 * SHA256_SIZE + 4);
    take_str(&c, 4, SEGMENT_SIZE_MAX);
    *ret_n = (size_t)take_number(&c, 4);
    assert(!c.is_bad && (size_t)(c.end - c.at) == 4 * *ret_n);
    return object + (c.at - object);
}

/* Objects by the places of their values: sorted by counting, and dealt out again in the order of places, so that each gets its own in order. */
struct dealing {
    char **at;       /* of each object: where its next place is printed */
    uint32_t *ends;  /* of each place, in `objects` */
    uint32_t *objects;
    size_t n;        /* objects of all values */
};

static int begin_dealing(const struct segment_writer *w, char *objects, struct dealing *ret)
{
    size_t n = segment_writer_count(w), from = 0;

    *ret = (struct dealing){.at = calloc(n, sizeof(*ret->at)), .ends = calloc(w->n_settled + 1, sizeof(*ret->ends))};
    if (!ret->at || !ret->ends)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        uint64_t end;
        size_t n_values;

        memcpy(&end, w->ends.at + i * sizeof(end), sizeof(end));
        ret->at[i] = numbers_of(objects + from, (size_t)end - from, &n_values);
        ret->n += n_values;
        from = (size_t)end;
        for (size_t k = 0; k < n_values; k++) {
            uint32_t no;

            memcpy(&no, ret->at[i] + 4 * k, sizeof(no));
            ret->ends[kept_of(w)[no].place]++;
        }
    }
    return 0;
}

static int deal(const struct segment_writer *w, struct dealing *d)
{
    uint32_t sum = 0;

    d->objects = calloc(d->n ? d->n : 1, sizeof(*d->objects));
    if (!d->objects)
        return -ENOMEM;
    for (size_t place = 0; place <= w->n_settled; place++) {
        uint32_t n = d->ends[place];

        d->ends[place] = sum; /* its beginning, until it is filled */
        sum += n;
    }
    for (size_t i = 0; i < segment_writer_count(w); i++) {
        uint32_t n, no;

        memcpy(&n, d->at[i] - 4, sizeof(n));
        n = be32toh(n);
        for (size_t k = 0; k < n; k++) {
            memcpy(&no, d->at[i] + 4 * k, sizeof(no));
            d->objects[d->ends[kept_of(w)[no].place]++] = (uint32_t)i;
        }
    }
    for (uint32_t place = 0, k = 0; place < w->n_settled; place++)
        for (uint32_t be = htobe32(place); k < d->ends[place]; k++) {
            memcpy(d->at[d->objects[k]], &be, sizeof(be));
            d->at[d->objects[k]] += sizeof(be);
        }
    return 0;
}

/* Numbers of values become their places, in order. */
static int print_objects(struct segment_writer *w, struct buf *out)
{
    struct dealing d = {0};
    size_t base = out->len;
    int r = buf_add_str(out, buf_str(&w->objects)) ?: begin_dealing(w, out->at + base, &d) ?: deal(w, &d);

    free(d.at);
    free(d.ends);
    free(d.objects);
    return r;
}

int segment_writer_print(struct segment_writer *w, struct buf *out)
{
    int r = buf_add(out, magic, MAGIC_SIZE) ?: buf_add_be32(out, (uint32_t)w->n_settled) ?: buf_add_be32(out, (uint32_t)segment_writer_count(w));

    r = r ? r : print_values(w, out);
    return r ? r : print_objects(w, out);
}

void segment_writer_clear(struct segment_writer *w)
{
    buf_clear(&w->bytes);
    buf_clear(&w->values);
    buf_clear(&w->objects);
    buf_clear(&w->ends);
    buf_clear(&w->pending);
    memset(w->recent, 0, sizeof(w->recent));
    if (w->slots)
        memset(w->slots, 0, w->n_slots * sizeof(*w->slots));
    w->n_settled = w->settled_bytes = 0;
    w->stamp++;
    w->size = HEAD_SIZE;
}
