#include "intel/match-walk.h"

#include "base/codec.h"
#include "intel/clue-inside.h"
#include "intel/match-inside.h"
#include "intel/set-inside.h"

#include <errno.h>
#include <stdlib.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define ALWAYS_INLINE inline __attribute__((always_inline)) /* into each way to walk */

#define STRIP_SIZE (CLASSIFY_STRIP * CLASSIFY_BLOCK) /* bytes */
#define ENDS_MAX      \
    (STRIP_SIZE / 2 + \
     4u) /* places of a strip that are told apart by a byte between, and what is written in advance */
#define WINDOW 57u /* bits that can be read at once wherever they begin */
#define BATCH 64u
#define IPV4_TEXT_MIN 7u
#define IPV4_TEXT_MAX 15u
#define TEXT_KEY 16u        /* bytes of a text that count (intel/set-hash.h) */
#define FULL_IPV6_COLONS 6u /* at least, where it has no :: */

enum {
    ASK_NAMES = 1,
    ASK_IPV4 = 2,
    ASK_IPV6 = 4, /* IPv4 addresses may be written as IPv6 */
    ASK_MAIL = 8,
    ASK_URLS = 16,
    ASK_HASHES = 32,
    ASK_BELOW = 64,
};

/* A token of a text. */
struct token {
    uint32_t place;    /* where its run begins */
    uint32_t from, to; /* its bytes, without joints at its ends */
    uint32_t last;     /* its last label */
    uint64_t dots;     /* of the WINDOW bytes before `to`, the highest bit the nearest */
    bool is_host;      /* :// stands before it */
};

/* A strip: its bits, and the texts in it that may be in the set. */
struct strip {
    struct classified c;
    uint32_t base; /* its first byte */
    struct {
        uint64_t hash;
        uint32_t end;
    } at[2 * ENDS_MAX];
    unsigned n, n_names; /* names are before addresses */
};

struct match_walk {
    const struct set *set;
    const struct set_hot *hot;
    classify_fn *classify;
    void (*walk)(struct match_walk *w);
    unsigned ask;
    uint64_t any_name, any_address,
        any_host;     /* all bits, or none: what is not asked is not looked for */
    uint64_t any_dot; /* the same: there are names that have no letter or _ behind a dot */
    uint32_t *places;
    size_t n, size;
    int error;
    /* the text at hand */
    struct str s;
    size_t words_end;  /* runs of letters and digits are looked at up to here */
    size_t word_place; /* of the last one: where its token begins */
    size_t ipv6_end;   /* those of which IPv6 addresses are made */
    struct {
        uint64_t hash;
        uint32_t place;
    } batch[BATCH];
    unsigned n_batch;
    bool tokens, hosts; /* an addition carried */
    uint32_t ends[ENDS_MAX], addresses[ENDS_MAX];
    /* the one at hand, and the one before, whose words of the filter are on their way */
    struct strip strips[2];
};

/* ---- what was kept ---- */

static void keep(struct match_walk *w, uint32_t place)
{
    if (w->n == w->size) {
        size_t size = w->size ? w->size * 2 : 256;
        uint32_t *at = reallocarray(w->places, size, sizeof(*at));

        if (!at) {
            w->error = -ENOMEM;
            return;
        }
        w->places = at;
        w->size = size;
    }
    w->places[w->n++] = place;
}

static bool is_url(uint32_t place)
{
    return (place & ((1u << MATCH_KIND_BITS) - 1)) == MATCH_URL;
}

/* Of a URL only the host was hashed, which has a place in the filter and no slot. */
static void look_up(struct match_walk *w)
{
    unsigned n = 0;

    for (unsigned i = 0; i < w->n_batch; i++) {
        if (!set_filter_has(w->hot, w->batch[i].hash))
            continue;
        __builtin_prefetch(set_slot_place(w->hot, w->batch[i].hash));
        w->batch[n++] = w->batch[i];
    }
    for (unsigned i = 0; i < n; i++)
        if (is_url(w->batch[i].place) || set_slots_have(w->hot, w->batch[i].hash))
            keep(w, w->batch[i].place);
    w->n_batch = 0;
}

static ALWAYS_INLINE void ask(struct match_walk *w, uint64_t h, size_t place, enum match_kind kind)
{
    unsigned n = w->n_batch;

    h = set_hash_end(h);
    __builtin_prefetch(set_filter_place(w->hot, h));
    w->batch[n].hash = h;
    w->batch[n].place = (uint32_t)(place << MATCH_KIND_BITS | kind);
    w->n_batch = ++n;
    if (n == BATCH)
        look_up(w);
}

static void ask_value(struct match_walk *w, enum clue_type type, const void *bytes, size_t n,
                      size_t place, enum match_kind kind)
{
    uint64_t h =
        set_hash_bytes(&w->hot->hash, w->hot->hash.start[type], (struct str){bytes, n}, 0, 0);

    ask(w, h, place, kind);
}

/* ---- addresses ---- */

static void ask_nets(struct match_walk *w, enum clue_type net, const uint8_t *address, size_t n,
                     size_t place, enum match_kind kind)
{
    uint8_t bytes[17];

    for (unsigned bits = 0; bits < 8 * n; bits++) {
        if (!set_has_prefix(w->set, net, bits))
            continue;
        memcpy(bytes, address, n);
        match_keep_bits(bytes, n, bits);
        bytes[n] = (uint8_t)bits;
        ask_value(w, net, bytes, n + 1, place, kind);
    }
}

static uint32_t word_of(const uint8_t bytes[4])
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The bytes of an address as a word whose lowest byte is the first. */
static ALWAYS_INLINE uint64_t hash_ipv4(const struct match_walk *w, uint32_t address)
{
    return set_hash_step(&w->hot->hash, w->hot->hash.start[CLUE_IPV4], address);
}

static ALWAYS_INLINE void ask_ipv4(struct match_walk *w, uint32_t address, size_t place,
                                   enum match_kind kind)
{
    ask(w, hash_ipv4(w, address), place, kind);
    if (w->hot->has_nets) {
        uint8_t bytes[4] = {(uint8_t)address, (uint8_t)(address >> 8), (uint8_t)(address >> 16),
                            (uint8_t)(address >> 24)};

        ask_nets(w, CLUE_IPV4_NET, bytes, 4, place, kind);
    }
}

/* The run that holds the colon at `at`, once. */
static void ask_ipv6(struct match_walk *w, size_t at)
{
    size_t start, from, to;
    uint8_t bytes[16];

    if (at < w->ipv6_end)
        return;
    start = match_run_start(w->s, at, w->ipv6_end, IN_IPV6);
    w->ipv6_end = match_run_end(w->s, at, IN_IPV6);
    if (!match_find_ipv6(w->s, start, &from, &to, bytes))
        return;
    if (match_is_mapped(bytes)) {
        ask_ipv4(w, word_of(bytes + 12), start, MATCH_IPV6);
        return;
    }
    ask_value(w, CLUE_IPV6, bytes, sizeof(bytes), start, MATCH_IPV6);
    if (set_has_type(w->set, CLUE_IPV6_NET))
        ask_nets(w, CLUE_IPV6_NET, bytes, sizeof(bytes), start, MATCH_IPV6);
}

/* One octet of `n` digits at `p`, of which four bytes can be read. Of anything else, any number. */
static ALWAYS_INLINE uint32_t read_octet(const char *p, unsigned n)
{
    uint32_t x;

    memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap32(x);
#endif
    x = (x & 0x0f0f0f0fu) << ((32 - 8 * n) & 31);
    return ((x >> 24) + 10 * (x >> 16 & 0xff) + 100 * (x >> 8 & 0xff)) & 0xff;
}

/* The address, in the order of its bytes, of what clue_parse_ipv4() takes. Of much else an address, too, since only that it is exact
 * costs less than to know that it is none. false: three dots it has not. */
static ALWAYS_INLINE bool read_ipv4(struct str s, size_t from, size_t to, uint64_t dots,
                                    uint32_t *ret)
{
    unsigned a, b, c;
    uint8_t bytes[4];

    if (__builtin_popcountll(dots) != 3)
        return false;
    if (s.len - to < sizeof(uint32_t)) {
        if (clue_parse_ipv4((struct str){s.at + from, to - from}, bytes))
            return false;
        *ret = word_of(bytes);
        return true;
    }
    a = (unsigned)__builtin_ctzll(dots);
    dots &= dots - 1;
    b = (unsigned)__builtin_ctzll(dots);
    c = (unsigned)__builtin_ctzll(dots & (dots - 1));
    *ret = read_octet(s.at + from, a) | read_octet(s.at + from + a + 1, b - a - 1) << 8 |
           read_octet(s.at + from + b + 1, c - b - 1) << 16 |
           read_octet(s.at + from + c + 1, (unsigned)(to - from) - c - 1) << 24;
    return true;
}

static ALWAYS_INLINE bool is_digit(char c)
{
    return (unsigned char)c - (unsigned)'0' < 10;
}

/* ---- names ---- */

#define NAME_WORDS (MATCH_NAME_MAX / SET_HASH_WORD + 1)

static ALWAYS_INLINE uint64_t word_before(const struct match_walk *w, uint64_t h, const char *end,
                                          size_t room)
{
    return set_hash_step(&w->hot->hash, h,
                         set_hash_word(end - SET_HASH_WORD, SET_HASH_WORD, SET_HASH_WORD + room,
                                       SET_HASH_LOWER));
}

/* The rows of whole words from the right. Of short names always the same number, though not all are of the name, since a guess of the number
 * costs more when it is wrong. */
static ALWAYS_INLINE void hash_words(const struct match_walk *w, const struct token *t,
                                     uint64_t rows[NAME_WORDS])
{
    const char *end = w->s.at + t->to;
    size_t n = (t->to - t->from) / SET_HASH_WORD, room = w->s.len - t->to;

    rows[0] = w->hot->hash.start[CLUE_DOMAIN];
    if (n <= 3 && t->to >= 3 * SET_HASH_WORD) {
        rows[1] = word_before(w, rows[0], end, room);
        rows[2] = word_before(w, rows[1], end - SET_HASH_WORD, 1);
        rows[3] = word_before(w, rows[2], end - 2 * SET_HASH_WORD, 1);
        return;
    }
    for (size_t i = 1; i <= n; i++)
        rows[i] = word_before(w, rows[i - 1], end - (i - 1) * SET_HASH_WORD, i > 1 ? 1 : room);
}

/* Of the name that begins at `from`. */
static ALWAYS_INLINE uint64_t hash_from(const struct match_walk *w, const struct token *t,
                                        size_t from, const uint64_t rows[NAME_WORDS])
{
    size_t n = t->to - from;

    return set_hash_step(&w->hot->hash, rows[n / SET_HASH_WORD],
                         set_hash_word(w->s.at + from, n % SET_HASH_WORD, w->s.len - from,
                                       SET_HASH_LOWER));
}

/* The names above it that have a dot. */
static ALWAYS_INLINE void ask_above(struct match_walk *w, const struct token *t,
                                    const uint64_t rows[NAME_WORDS])
{
    size_t n = t->to - t->from, from = t->from;

    if (n < WINDOW) {
        uint64_t dots = t->dots >> (64 - n);

        for (dots &= ~(UINT64_C(1) << (t->last - 1 - t->from)); dots; dots &= dots - 1)
            ask(w, hash_from(w, t, t->from + (unsigned)__builtin_ctzll(dots) + 1, rows), t->place,
                MATCH_TOKEN);
        return;
    }
    for (;;) {
        from = (size_t)((const char *)memchr(w->s.at + from, '.', t->to - from) - w->s.at) + 1;
        if (from >= t->last)
            return;
        ask(w, hash_from(w, t, from, rows), t->place, MATCH_TOKEN);
    }
}

static ALWAYS_INLINE void ask_names(struct match_walk *w, const struct token *t)
{
    uint64_t rows[NAME_WORDS], h;

    if (t->to - t->from > MATCH_NAME_MAX)
        return;
    hash_words(w, t, rows);
    h = hash_from(w, t, t->from, rows);
    if (t->is_host)
        ask(w, set_hash_step(&w->hot->hash, h, SET_HASH_HOST), t->place - 3, MATCH_URL);
    if (!(w->ask & ASK_NAMES) || t->last == t->from)
        return;
    ask(w, h, t->place, MATCH_TOKEN);
    if (w->ask & ASK_BELOW)
        ask_above(w, t, rows);
}

/* ---- tokens ---- */

static uint64_t dots_before(const struct match_walk *w, size_t from, size_t end)
{
    uint64_t dots = 0;

    for (size_t i = 0; i < MIN_OF(end - from, 64u); i++)
        dots |= (uint64_t)(w->s.at[end - 1 - i] == '.') << (63 - i);
    return dots;
}

static bool is_top(const struct match_walk *w, size_t from, size_t to)
{
    return set_table_has(w->hot->tops,
                         set_hash_top(&w->hot->hash, (struct str){w->s.at + from, to - from}));
}

static void keep_url(struct match_walk *w, size_t colon)
{
    keep(w, (uint32_t)(colon << MATCH_KIND_BITS | MATCH_URL));
}

static ALWAYS_INLINE void look_at_address(struct match_walk *w, const struct token *t)
{
    uint32_t address;

    if (!read_ipv4(w->s, t->from, t->to, t->dots >> (64 - (t->to - t->from)), &address))
        return;
    if (w->ask & ASK_IPV4)
        ask_ipv4(w, address, t->place, MATCH_TOKEN);
    if (t->is_host)
        ask(w, set_hash_step(&w->hot->hash, hash_ipv4(w, address), SET_HASH_HOST), t->place - 3,
            MATCH_URL);
}

/* Of the shape of an IPv4 address; the last label of a name is no number. */
static ALWAYS_INLINE bool may_be_address(char first, char last, size_t n)
{
    return (unsigned)is_digit(first) & (unsigned)is_digit(last) &
           (unsigned)(n - IPV4_TEXT_MIN <= IPV4_TEXT_MAX - IPV4_TEXT_MIN);
}

/* A host that begins its last label with a digit is an address, perhaps in an odd spelling. */
static ALWAYS_INLINE bool is_odd_host(const struct match_walk *w, const struct token *t)
{
    uint8_t bytes[4];

    return t->is_host && is_digit(w->s.at[t->last]) &&
           clue_parse_ipv4((struct str){w->s.at + t->from, t->to - t->from}, bytes) != 0;
}

static void look_at_token(struct match_walk *w, const struct token *t)
{
    if (is_odd_host(w, t))
        keep_url(w, t->place - 3);
    if (may_be_address(w->s.at[t->from], w->s.at[t->last], t->to - t->from))
        look_at_address(w, t);
    if (is_top(w, t->last, t->to))
        ask_names(w, t);
}

/* Whether what stands behind the host of a URL leaves it as it is: a port of digits, a path, a query, or the end; no user's @, and nothing
 * that would be a part of it. */
static bool is_ended(struct str s, size_t to)
{
    if (match_is_in(s, to, IN_URL) && s.at[to] == ':')
        for (to++; to < s.len && is_digit(s.at[to]);)
            to++;
    return !match_is_in(s, to, IN_URL) || s.at[to] == '/' || s.at[to] == '?' || s.at[to] == '#';
}

/* ---- hashes ---- */

/* Where the token begins that holds the word from `from` on. What was looked at before is not looked at again. */
static size_t place_of_word(const struct match_walk *w, size_t from)
{
    size_t place = match_run_start(w->s, from, w->words_end, IN_TOKEN);

    return place == w->words_end && match_was_in(w->s, place, IN_TOKEN) ? w->word_place : place;
}

/* The run of letters and digits that holds `at`. */
static void look_at_word(struct match_walk *w, size_t at)
{
    size_t from, to;
    enum clue_type type;
    uint8_t bytes[MATCH_HASH_MAX / 2];

    if (at < w->words_end)
        return;
    from = match_run_start(w->s, at, w->words_end, IN_ALNUM);
    w->word_place = place_of_word(w, from);
    to = w->words_end = match_run_end(w->s, at, IN_ALNUM);
    type = clue_hash_of(to - from);
    if (type != CLUE_NONE && set_has_type(w->set, type) &&
        hex_parse((struct str){w->s.at + from, to - from}, bytes, (to - from) / 2) == 0)
        ask_value(w, type, bytes, (to - from) / 2, w->word_place, MATCH_TOKEN);
}

/* ---- mail ---- */

static void look_at_mail(struct match_walk *w, size_t sign)
{
    const struct set_hash *k = &w->hot->hash;
    size_t from, to;

    if (match_find_mail(w->s, sign, &from, &to))
        ask(w,
            set_hash_bytes(k, k->start[CLUE_EMAIL], (struct str){w->s.at + from, to - from},
                           w->s.len - to, SET_HASH_LOWER),
            sign, MATCH_MAIL);
}

/* The places behind runs of `run` that have a bit of `marks`, which are some of theirs. */
static ALWAYS_INLINE uint64_t ends_of(uint64_t run, uint64_t marks, bool *carry)
{
    uint64_t sum, out;
    bool first = __builtin_add_overflow(run, marks, &sum),
         second = __builtin_add_overflow(sum, (uint64_t)*carry, &out);

    *carry = first || second;
    return out & ~run;
}

static ALWAYS_INLINE bool follows_scheme(const char *s, size_t from)
{
    return from >= 3 && s[from - 1] == '/' && s[from - 2] == '/' && s[from - 3] == ':';
}

/* Whatever the token is. */
static void look_slowly(struct match_walk *w, uint32_t end)
{
    const char *s = w->s.at, *dot;
    uint32_t from = (uint32_t)match_run_start(w->s, end, 0, IN_TOKEN);
    struct token t = {.place = from, .from = from, .to = end, .last = from};

    t.is_host = (w->ask & ASK_URLS) && follows_scheme(s, from);
    if (t.is_host &&
        (match_is_joint(s[from]) || match_is_joint(s[end - 1]) || !is_ended(w->s, end))) {
        keep_url(w, from - 3);
        t.is_host = false;
    }
    while (t.from < t.to && match_is_joint(s[t.from]))
        t.from++;
    while (t.to > t.from && match_is_joint(s[t.to - 1]))
        t.to--;
    if (t.from == t.to)
        return;
    dot = memrchr(s + t.from, '.', t.to - t.from);
    t.last = dot ? (uint32_t)(dot + 1 - s) : t.from;
    t.dots = dots_before(w, t.from, t.to);
    look_at_token(w, &t);
}

/* An address of four numbers up to `end`, alone in its token. */
static void look_at_numbers(struct match_walk *w, uint32_t end)
{
    uint32_t from = end, place, behind = end, address;
    uint8_t bytes[4];

    while (from && end - from <= IPV4_TEXT_MAX &&
           (is_digit(w->s.at[from - 1]) || w->s.at[from - 1] == '.'))
        from--;
    while (from < end && w->s.at[from] == '.')
        from++;
    for (place = from; place && match_is_joint(w->s.at[place - 1]);)
        place--;
    while (behind < w->s.len && match_is_joint(w->s.at[behind]))
        behind++;
    if (match_was_in(w->s, place, IN_TOKEN) || match_is_in(w->s, behind, IN_TOKEN) ||
        clue_parse_ipv4((struct str){w->s.at + from, end - from}, bytes))
        return;
    address = word_of(bytes);
    ask_ipv4(w, address, place, MATCH_TOKEN);
}

/* ---- texts ---- */

/* By how many bytes of a text there are: the bits of them in its last eight bytes, and in those before. */
static const uint64_t last_bytes[TEXT_KEY + 1] = {
    0,
    UINT64_C(0xff00000000000000),
    UINT64_C(0xffff000000000000),
    UINT64_C(0xffffff0000000000),
    UINT64_C(0xffffffff00000000),
    UINT64_C(0xffffffffff000000),
    UINT64_C(0xffffffffffff0000),
    UINT64_C(0xffffffffffffff00),
    [8 ... 16] = UINT64_MAX,
};
static const uint64_t bytes_before[TEXT_KEY + 1] = {
    [9] = UINT64_C(0xff00000000000000),  [10] = UINT64_C(0xffff000000000000),
    [11] = UINT64_C(0xffffff0000000000), [12] = UINT64_C(0xffffffff00000000),
    [13] = UINT64_C(0xffffffffff000000), [14] = UINT64_C(0xffffffffffff0000),
    [15] = UINT64_C(0xffffffffffffff00), [16] = UINT64_MAX,
};

/* WINDOW bits before byte `end` of the strip, the highest for the nearest, and some more or zeros. */
static ALWAYS_INLINE uint64_t window(const uint64_t *bits, unsigned end)
{
    uint64_t x;

    memcpy(&x, (const char *)bits + (end + 7) / 8, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x << (-end & 7);
}

/* Of bits that may be none, any place then. */
static ALWAYS_INLINE uint32_t first_place(uint64_t bits)
{
    return (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
}

/* The places of `bits` of a block that begins at `base`, behind `n` others; how many there are then. Three are written whether there are so many or
 * not, for how many is often guessed wrong. */
static ALWAYS_INLINE unsigned put_ends(uint32_t *ends, unsigned n, uint64_t bits, uint32_t base)
{
    unsigned more = (unsigned)__builtin_popcountll(bits);
    uint32_t *at = ends + n;

    at[0] = base + first_place(bits);
    bits &= bits - 1;
    at[1] = base + first_place(bits);
    bits &= bits - 1;
    at[2] = base + first_place(bits);
    for (bits &= bits - 1; bits; bits &= bits - 1)
        at++[3] = base + (uint32_t)__builtin_ctzll(bits);
    return n + more;
}

/* The tokens that end at w->ends, `n` of them, which have a dot before a letter: what of their last two labels may be in the set. */
static ALWAYS_INLINE void ask_roots(struct match_walk *w, struct strip *a, unsigned n)
{
    const char *s = w->s.at;
    uint32_t base = a->base;

    for (unsigned i = 0; i < n; i++) {
        uint32_t end = w->ends[i];
        uint64_t edges, last, before, h;
        unsigned top, two;
        bool is_top;

        while (end && match_is_joint(s[end - 1]))
            end--;
        /* no edge in sight, or there at once, where the token is of joints only */
        if (end < TEXT_KEY || end < base || (edges = window(a->c.edge, end - base)) == 0 ||
            edges >> 63) {
            look_slowly(w, end);
            continue;
        }
        top = (unsigned)__builtin_clzll(edges);
        edges = edges << top << 1;
        two = MIN_OF(top + 1 + (edges ? (unsigned)__builtin_clzll(edges) : TEXT_KEY), TEXT_KEY);
        if (s[end - two] == '-') {
            look_slowly(w, end);
            continue;
        }
        last = set_hash_load(s + end - 8) | SET_HASH_LOWER;
        before = set_hash_load(s + end - TEXT_KEY) | SET_HASH_LOWER;
        is_top = set_table_has(w->hot->tops,
                               set_hash_place(&w->hot->hash, last >> (64 - 8 * MIN_OF(top, 8u))));
        h = set_hash_pair(&w->hot->hash, last & last_bytes[two], before & bytes_before[two]);
        __builtin_prefetch(is_top ? set_text_place(w->hot, h) : w->hot->tops);
        a->at[a->n].hash = h;
        a->at[a->n].end = end;
        a->n += is_top;
    }
}

/* Whether the set has a network that touches the /16 of the address that begins at `p`, of which eight bytes can be read. */
static ALWAYS_INLINE bool has_net(const struct match_walk *w, const char *p)
{
    uint64_t text = set_hash_load(p), x = text ^ UINT64_C(0x2e2e2e2e2e2e2e2e),
             dots = (x - UINT64_C(0x0101010101010101)) & ~x & UINT64_C(0x8080808080808080);

    dots &= dots - 1;
    return set_table_has(w->hot->nets, set_hash_place(&w->hot->hash, text & (dots ^ (dots - 1))));
}

/* The four numbers that end at w->addresses, `n` of them. */
static ALWAYS_INLINE void ask_addresses(struct match_walk *w, struct strip *a, unsigned n)
{
    const char *s = w->s.at;

    for (unsigned i = 0; i < n; i++) {
        uint32_t end = w->addresses[i];
        uint64_t gap = window(a->c.unnumber, end - a->base), last, before, h;
        unsigned len = gap ? (unsigned)__builtin_clzll(gap) : WINDOW;

        if (end < TEXT_KEY || w->s.len - end < 8) {
            look_at_numbers(w, end);
            continue;
        }
        while (s[end - len] == '.')
            len--;
        if (len > IPV4_TEXT_MAX)
            continue;
        if (w->hot->has_nets && has_net(w, s + end - len)) {
            look_at_numbers(w, end);
            continue;
        }
        last = set_hash_load(s + end - 8) | SET_HASH_LOWER;
        before = set_hash_load(s + end - TEXT_KEY) | SET_HASH_LOWER;
        h = set_hash_pair(&w->hot->hash, last & last_bytes[len], before & bytes_before[len]);
        __builtin_prefetch(set_text_place(w->hot, h));
        a->at[a->n].hash = h;
        a->at[a->n++].end = end;
    }
}

/* The name that ends at `end`, in this strip. What is a host, but no name with a path behind it, is looked at elsewhere. */
static ALWAYS_INLINE void look_at_name(struct match_walk *w, const struct strip *a, uint32_t end)
{
    const char *s = w->s.at;
    uint64_t gap, dots;
    unsigned len;
    struct token t;

    if (end < a->base || !(gap = ~window(a->c.token, end - a->base)) ||
        (len = (unsigned)__builtin_clzll(gap)) >= WINDOW || match_is_joint(s[end - len])) {
        look_slowly(w, end);
        return;
    }
    dots = window(a->c.dot, end - a->base);
    t.to = end;
    t.place = t.from = end - len;
    t.last = end - (uint32_t)__builtin_clzll(dots);
    t.dots = dots;
    t.is_host = (w->ask & ASK_URLS) && follows_scheme(s, t.from) && end < w->s.len && s[end] == '/';
    ask_names(w, &t);
}

/* What was asked, when the filter does not deny it. */
static ALWAYS_INLINE void answer(struct match_walk *w, const struct strip *a)
{
    for (unsigned i = 0; i < a->n_names; i++)
        if (set_texts_have(w->hot, a->at[i].hash))
            look_at_name(w, a, a->at[i].end);
    for (unsigned i = a->n_names; i < a->n; i++)
        if (set_texts_have(w->hot, a->at[i].hash))
            look_at_numbers(w, a->at[i].end);
}

/* ---- the walk ---- */

/* An address has :: or stands, with six colons at least, in two blocks at most, of which the second has the last of them. */
static ALWAYS_INLINE void walk_ipv6(struct match_walk *w, uint64_t colon, uint64_t before,
                                    size_t base)
{
    uint64_t at = colon & (colon << 1 | before >> 63);

    if ((unsigned)__builtin_popcountll(colon) + (unsigned)__builtin_popcountll(before) >=
        FULL_IPV6_COLONS)
        at = colon;
    for (; at; at &= at - 1)
        ask_ipv6(w, base + (unsigned)__builtin_ctzll(at));
}

/* A run of 32 hexadecimal digits covers 16 that begin at a multiple of 16. */
static void walk_words(struct match_walk *w, uint64_t hex, size_t base)
{
    for (unsigned bit = 0; bit < 64; bit += 16)
        if ((hex >> bit & 0xffff) == 0xffff)
            look_at_word(w, base + bit);
}

static ALWAYS_INLINE bool has_words(uint64_t hex)
{
    uint64_t gaps = ~hex;

    return (gaps - UINT64_C(0x0001000100010001)) & hex & UINT64_C(0x8000800080008000);
}

/* What is neither name nor IPv4 address. */
static ALWAYS_INLINE void walk_others(struct match_walk *w, const struct classified *c, size_t i,
                                      size_t base)
{
    if ((w->ask & ASK_IPV6) && c->colon[i])
        walk_ipv6(w, c->colon[i], c->colon[i - 1], base);
    if ((w->ask & ASK_HASHES) && has_words(c->hex[i]))
        walk_words(w, c->hex[i], base);
    if (w->ask & ASK_MAIL)
        for (uint64_t at = c->at[i]; at; at &= at - 1)
            look_at_mail(w, base + (unsigned)__builtin_ctzll(at));
}

/* Hosts of URLs that are more or less than a name with a path behind it. */
static void walk_odd_hosts(struct match_walk *w, uint64_t ends, uint64_t no_token, size_t base)
{
    for (; ends; ends &= ends - 1)
        look_slowly(w, (uint32_t)base + (unsigned)__builtin_ctzll(ends));
    for (; no_token; no_token &= no_token - 1)
        keep_url(w, base + (unsigned)__builtin_ctzll(no_token) - 3);
}

/* `n` blocks, which begin at byte `base` of the text; `before`: the strip before. */
static ALWAYS_INLINE void walk_strip(struct match_walk *w, struct strip *a,
                                     const struct strip *before, const char *blocks, size_t base,
                                     size_t n)
{
    struct classified *c = &a->c;
    unsigned n_ends = 0, n_addresses = 0;

    w->classify(blocks, n, c);
    for (size_t i = 1; i <= n; i++) {
        size_t at = base + (i - 1) * CLASSIFY_BLOCK;
        uint64_t marks = (c->lettered[i] & w->any_name) | (c->dot[i] & w->any_dot),
                 names = ends_of(c->token[i], marks, &w->tokens),
                 hosts = ends_of(c->token[i], c->host[i] & w->any_host, &w->hosts),
                 odd = hosts & (~(names & c->path[i]) | w->any_dot),
                 no_token = c->odd_host[i] & w->any_host;

        __builtin_prefetch(w->s.at + MIN_OF(at + 2 * STRIP_SIZE, w->s.len)); /* soon */
        if (odd | no_token)
            walk_odd_hosts(w, odd, no_token, at);
        n_ends = put_ends(w->ends, n_ends, names, (uint32_t)at);
        n_addresses =
            put_ends(w->addresses, n_addresses, c->address[i] & w->any_address, (uint32_t)at);
        walk_others(w, c, i, at);
    }
    a->base = (uint32_t)base;
    a->n = 0;
    ask_roots(w, a, n_ends);
    a->n_names = a->n;
    ask_addresses(w, a, n_addresses);
    answer(w, before);
}

static ALWAYS_INLINE void walk_all(struct match_walk *w)
{
    size_t whole = w->s.len / CLASSIFY_BLOCK * CLASSIFY_BLOCK, n;
    char last[CLASSIFY_BLOCK] = {0};
    struct strip *a = &w->strips[0], *before = &w->strips[1], *other;

    classify_begin(&a->c);
    w->tokens = w->hosts = false;
    before->n = before->n_names = 0;
    for (size_t at = 0; at < whole; at += n * CLASSIFY_BLOCK) {
        n = MIN_OF((whole - at) / CLASSIFY_BLOCK, CLASSIFY_STRIP);
        walk_strip(w, a, before, w->s.at + at, at, n);
        other = a;
        a = before;
        before = other;
        classify_go_on(&a->c, &before->c, n);
    }
    /* the rest, and behind it what ends the last run */
    if (whole < w->s.len)
        memcpy(last, w->s.at + whole, w->s.len - whole);
    walk_strip(w, a, before, last, whole, 1);
    answer(w, a);
    look_up(w);
}

static void walk_plainly(struct match_walk *w)
{
    walk_all(w);
}

#if defined(__x86_64__)

/* The same with instructions that count bits, which all processors with AVX2 have but old ones have not. */
__attribute__((target("popcnt,lzcnt,bmi,bmi2"))) static void walk_by_bits(struct match_walk *w)
{
    walk_all(w);
}

static bool has_bits(void)
{
    unsigned a, b, c, d;

    return __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __get_cpuid(0x80000001u, &a, &b, &c, &d) &&
           (c & bit_LZCNT);
}

#endif

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

int match_walk(struct match_walk *w, struct str slice, struct match_places *ret)
{
    size_t n = 0;

    assert(slice.len <= MATCH_SLICE_MAX);
    w->s = slice;
    w->n = 0;
    w->words_end = w->word_place = w->ipv6_end = 0;
    w->error = 0;
    if (slice.len)
        w->walk(w);
    if (w->error)
        return w->error;
    if (w->n > 1)
        qsort(w->places, w->n, sizeof(*w->places), compare);
    for (size_t i = 0; i < w->n; i++)
        if (!n || w->places[n - 1] != w->places[i])
            w->places[n++] = w->places[i];
    *ret = (struct match_places){w->places, n};
    return 0;
}

/* What a set asks of a text. */
static unsigned questions(const struct set *set)
{
    bool four = set_has_type(set, CLUE_IPV4) || set_has_type(set, CLUE_IPV4_NET),
         six = set_has_type(set, CLUE_IPV6) || set_has_type(set, CLUE_IPV6_NET);
    unsigned ask = (four ? ASK_IPV4 | ASK_IPV6 : 0) | (six ? ASK_IPV6 : 0);

    for (size_t n = MATCH_HASH_MIN; n <= MATCH_HASH_MAX; n++)
        if (clue_hash_of(n) != CLUE_NONE && set_has_type(set, clue_hash_of(n)))
            ask |= ASK_HASHES;
    return ask | (set_has_type(set, CLUE_DOMAIN) ? ASK_NAMES : 0) |
           (set_has_type(set, CLUE_EMAIL) ? ASK_MAIL : 0) |
           (set_has_type(set, CLUE_URL) ? ASK_URLS : 0) |
           (set_mark(set)->flags & SET_BELOW ? ASK_BELOW : 0);
}

struct match_walk *match_walk_new(const struct set *set, classify_fn *classify)
{
    struct match_walk *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    w->set = set;
    w->hot = set_hot(set);
    w->classify = classify ? classify : classify_best();
    w->walk = walk_plainly;
#if defined(__x86_64__)
    if (!classify && has_bits())
        w->walk = walk_by_bits;
#endif
    w->ask = questions(set);
    w->any_name = w->ask & (ASK_NAMES | ASK_URLS) ? UINT64_MAX : 0;
    w->any_dot = w->any_name && w->hot->has_odd_names ? UINT64_MAX : 0;
    w->any_address = w->ask & ASK_IPV4 ? UINT64_MAX : 0;
    w->any_host = w->ask & ASK_URLS ? UINT64_MAX : 0;
    return w;
}

void match_walk_free(struct match_walk *w)
{
    if (!w)
        return;
    free(w->places);
    free(w);
}
