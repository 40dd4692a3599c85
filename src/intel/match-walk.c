#include "intel/match-walk.h"

#include "base/codec.h"
#include "intel/clue-inside.h"
#include "intel/match-inside.h"
#include "intel/set-inside.h"

#include <errno.h>
#include <stdlib.h>

#define STRIP 64u /* blocks that are classified at once */
#define BATCH 64u
#define IPV4_TEXT_MIN 7u
#define IPV4_TEXT_MAX 15u
#define FULL_IPV6_COLONS 6u /* at least, where it has no :: */

enum {
    ASK_NAMES = 1,
    ASK_IPV4 = 2,
    ASK_IPV6 = 4, /* IPv4 addresses may be written as IPv6 */
    ASK_MAIL = 8,
    ASK_URLS = 16,
    ASK_HASHES = 32,
    ASK_BELOW = 64,
    ASK_TOKENS = ASK_NAMES | ASK_IPV4,
};

struct match_walk {
    const struct set *set;
    const struct set_hot *hot;
    classify_fn *classify;
    unsigned ask;
    uint32_t *places;
    size_t n, size;
    int error;
    /* the text at hand */
    struct str s;
    size_t words_end; /* runs of letters and digits are looked at up to here */
    struct {
        uint64_t hash;
        uint32_t place;
    } batch[BATCH];
    unsigned n_batch;
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

static inline void ask(struct match_walk *w, uint64_t h, size_t place, enum match_kind kind)
{
    h = set_hash_end(h);
    __builtin_prefetch(set_filter_place(w->hot, h));
    w->batch[w->n_batch].hash = h;
    w->batch[w->n_batch].place = (uint32_t)(place << MATCH_KIND_BITS | kind);
    if (++w->n_batch == BATCH)
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

static void ask_ipv4(struct match_walk *w, const uint8_t bytes[4], size_t place,
                     enum match_kind kind)
{
    const struct set_hash *k = &w->hot->hash;
    uint32_t word;

    memcpy(&word, bytes, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    ask(w, set_hash_step(k, k->start[CLUE_IPV4], word), place, kind);
    if (set_table_has(w->hot->nets, (unsigned)bytes[0] << 8 | bytes[1]))
        ask_nets(w, CLUE_IPV4_NET, bytes, 4, place, kind);
}

static void ask_ipv6(struct match_walk *w, size_t end)
{
    size_t start = match_run_start(w->s, end, 0, IN_IPV6), from, to;
    uint8_t bytes[16];

    if (!match_find_ipv6(w->s, start, &from, &to, bytes))
        return;
    if (match_is_mapped(bytes)) {
        ask_ipv4(w, bytes + 12, start, MATCH_IPV6);
        return;
    }
    ask_value(w, CLUE_IPV6, bytes, sizeof(bytes), start, MATCH_IPV6);
    if (set_has_type(w->set, CLUE_IPV6_NET))
        ask_nets(w, CLUE_IPV6_NET, bytes, sizeof(bytes), start, MATCH_IPV6);
}

/* Four numbers with dots between; all that clue_parse_ipv4() takes, and some that it does not (007, 300). */
static bool read_ipv4(const char *p, size_t n, uint8_t ret[4])
{
    unsigned octet = 0, digits = 0, dots = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned char)p[i] - (unsigned)'0';

        if (d < 10) {
            octet = octet * 10 + d;
            digits++;
            continue;
        }
        if (p[i] != '.' || !digits || dots == 3)
            return false;
        ret[dots++] = (uint8_t)octet;
        octet = digits = 0;
    }
    ret[3] = (uint8_t)octet;
    return dots == 3 && digits;
}

static inline bool is_digit(char c)
{
    return (unsigned char)c - (unsigned)'0' < 10;
}

/* ---- names ---- */

static inline uint64_t add_label(const struct match_walk *w, uint64_t h, size_t from, size_t to)
{
    return set_hash_bytes(&w->hot->hash, h, (struct str){w->s.at + from, to - from}, w->s.len - to,
                          SET_HASH_LOWER);
}

/* The last dot in [from, end); `dots` has those of [covered, end), the highest bit for the byte before `end`. SIZE_MAX: none. */
static inline size_t dot_before(const struct match_walk *w, size_t from, size_t end, uint64_t dots,
                                size_t covered)
{
    const char *p;

    if (dots) {
        size_t far = (size_t)__builtin_clzll(dots) + 1;

        return far <= end - from ? end - far : SIZE_MAX;
    }
    if (from >= covered)
        return SIZE_MAX;
    p = memrchr(w->s.at + from, '.', MIN_OF(end, covered) - from);
    return p ? (size_t)(p - w->s.at) : SIZE_MAX;
}

/* Every name above the one at [from, to) that has a dot, and itself. */
static void ask_names(struct match_walk *w, size_t from, size_t to, uint64_t dots, size_t place)
{
    uint64_t h = w->hot->hash.start[CLUE_DOMAIN];
    size_t end = to, covered = to > 64 ? to - 64 : 0;
    bool has_dot = false;

    for (;;) {
        size_t dot = dot_before(w, from, end, dots, covered), gone = end - dot;

        if (dot == SIZE_MAX)
            break;
        h = add_label(w, h, dot + 1, end);
        if (has_dot && (w->ask & ASK_BELOW))
            ask(w, h, place, MATCH_TOKEN);
        has_dot = true;
        dots = gone < 64 ? dots << gone : 0;
        end = dot;
    }
    h = add_label(w, h, from, end);
    if (has_dot)
        ask(w, h, place, MATCH_TOKEN);
}

/* ---- tokens ---- */

static uint64_t dots_before(const struct match_walk *w, size_t end)
{
    uint64_t dots = 0;

    for (size_t i = 0; i < MIN_OF(end, 64u); i++)
        dots |= (uint64_t)(w->s.at[end - 1 - i] == '.') << (63 - i);
    return dots;
}

/* A token that begins and ends with no joint and has a dot, the last one at `dot`; its run begins at `place`. */
static inline void look_at_token(struct match_walk *w, size_t place, size_t from, size_t to,
                                 size_t dot, uint64_t dots)
{
    const char *s = w->s.at;
    uint8_t bytes[4];

    if (is_digit(s[dot + 1]) && is_digit(s[from]) &&
        to - from - IPV4_TEXT_MIN <= IPV4_TEXT_MAX - IPV4_TEXT_MIN &&
        read_ipv4(s + from, to - from, bytes)) {
        if (w->ask & ASK_IPV4)
            ask_ipv4(w, bytes, place, MATCH_TOKEN);
        return;
    }
    if (set_table_has(w->hot->tops,
                      set_hash_top(&w->hot->hash, s + dot + 1, to - dot - 1, w->s.len - to)) &&
        (w->ask & ASK_NAMES) && to - from <= MATCH_NAME_MAX)
        ask_names(w, from, to, dots, place);
}

/* The same with joints at its ends. */
static void look_at_jointed(struct match_walk *w, size_t place, size_t to)
{
    size_t from = place;
    const char *s = w->s.at, *dot;

    while (from < to && match_is_joint(s[from]))
        from++;
    while (to > from && match_is_joint(s[to - 1]))
        to--;
    dot = to > from ? memrchr(s + from, '.', to - from) : NULL;
    if (dot)
        look_at_token(w, place, from, to, (size_t)(dot - s), dots_before(w, to));
}

/* ---- hashes ---- */

/* The run of letters and digits that holds `at`, in the token from `place` on. */
static void look_at_word(struct match_walk *w, size_t at, size_t place)
{
    size_t from, to;
    enum clue_type type;
    uint8_t bytes[MATCH_HASH_MAX / 2];

    if (at < w->words_end)
        return;
    from = match_run_start(w->s, at, w->words_end, IN_ALNUM);
    to = w->words_end = match_run_end(w->s, at, IN_ALNUM);
    type = clue_hash_of(to - from);
    if (type != CLUE_NONE && set_has_type(w->set, type) &&
        hex_parse((struct str){w->s.at + from, to - from}, bytes, (to - from) / 2) == 0)
        ask_value(w, type, bytes, (to - from) / 2, place, MATCH_TOKEN);
}

/* ---- mail, URLs ---- */

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

/* A host that clue_make_url() leaves as it is but for the case of letters: labels of letters, digits, _ and -, none empty, the last one of no
 * number (or the whole is an address in its one form), and behind it a port of digits, a path, a query, or nothing. */
static bool is_plain_host(struct str s, size_t from, size_t to)
{
    size_t end = to, last;
    const char *dot, *p = s.at + from;
    uint8_t bytes[4];

    if (from == to || match_is_joint(p[0]) || match_is_joint(s.at[to - 1]) ||
        memmem(p, to - from, "..", 2))
        return false;
    if (match_is_in(s, to, IN_URL) && s.at[to] == ':')
        for (end = to + 1; end < s.len && is_digit(s.at[end]);)
            end++;
    if (match_is_in(s, end, IN_URL) && s.at[end] != '/' && s.at[end] != '?' && s.at[end] != '#')
        return false;
    dot = memrchr(p, '.', to - from);
    last = dot ? (size_t)(dot + 1 - s.at) : from;
    return !is_digit(s.at[last]) || clue_parse_ipv4((struct str){p, to - from}, bytes) == 0;
}

/* :// with the colon at `colon`. What is not plain is kept without a question. */
static void look_at_url(struct match_walk *w, size_t colon)
{
    size_t from = colon + 3, to;

    if (!match_was_in(w->s, colon, IN_SCHEME))
        return;
    to = match_run_end(w->s, from, IN_TOKEN);
    if (is_plain_host(w->s, from, to))
        ask(w,
            set_hash_name(&w->hot->hash, w->hot->hash.host,
                          (struct str){w->s.at + from, to - from}),
            colon, MATCH_URL);
    else
        keep(w, (uint32_t)(colon << MATCH_KIND_BITS | MATCH_URL));
}

/* ---- the walk ---- */

/* What of the blocks before the one at hand still counts. */
struct before {
    bool tokens, pairs, colons; /* an addition carried */
    uint64_t colon, slash, dot; /* of the last block */
    bool pair;                  /* it ended with a colon */
    size_t start; /* of the run of a token that reaches its end, or the block's own place */
    size_t last_dot;
};

/* The places behind runs of `run` that have a bit of `marks`, which are some of theirs. */
static inline uint64_t ends_of(uint64_t run, uint64_t marks, bool *carry)
{
    uint64_t sum, out;
    bool first = __builtin_add_overflow(run, marks, &sum),
         second = __builtin_add_overflow(sum, (uint64_t)*carry, &out);

    *carry = first | second;
    return out & ~run;
}

static inline uint64_t below(unsigned bit)
{
    return (UINT64_C(1) << bit) - 1;
}

static inline size_t token_start(const struct before *b, uint64_t token, size_t base, unsigned bit)
{
    uint64_t gap = ~token & below(bit);

    return gap ? base + 64 - (size_t)__builtin_clzll(gap) : b->start;
}

static inline void walk_tokens(struct match_walk *w, const struct classified *c, struct before *b,
                               size_t base)
{
    uint64_t ends = ends_of(c->token, c->dot, &b->tokens);

    for (; ends; ends &= ends - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(ends);
        size_t to = base + bit, start = token_start(b, c->token, base, bit);
        uint64_t dots = c->dot & below(bit);
        size_t dot = dots ? base + 63 - (size_t)__builtin_clzll(dots) : b->last_dot;

        dots = bit ? c->dot << (64 - bit) | b->dot >> bit : b->dot;
        if (match_is_joint(w->s.at[start]) || match_is_joint(w->s.at[to - 1]))
            look_at_jointed(w, start, to);
        else
            look_at_token(w, start, start, to, dot, dots);
    }
}

static inline void walk_ipv6(struct match_walk *w, const struct classified *c, struct before *b,
                             size_t base)
{
    uint64_t run = c->hex | c->colon | c->dot, pairs = c->colon & (c->colon << 1 | b->pair);
    uint64_t ends = ends_of(run, pairs, &b->pairs), all = ends_of(run, c->colon, &b->colons);

    if ((unsigned)__builtin_popcountll(c->colon) + (unsigned)__builtin_popcountll(b->colon) >=
        FULL_IPV6_COLONS)
        ends |= all;
    for (; ends; ends &= ends - 1)
        ask_ipv6(w, base + (unsigned)__builtin_ctzll(ends));
    b->pair = c->colon >> 63;
}

static inline void walk_urls(struct match_walk *w, const struct classified *c,
                             const struct before *b, size_t base)
{
    uint64_t second =
        c->slash & (c->slash << 1 | b->slash >> 63) & (c->colon << 2 | b->colon >> 62);

    for (; second; second &= second - 1)
        look_at_url(w, base + (unsigned)__builtin_ctzll(second) - 2);
}

/* A run of 32 hexadecimal digits covers 16 that begin at a multiple of 16. */
static inline void walk_words(struct match_walk *w, const struct classified *c,
                              const struct before *b, size_t base)
{
    for (unsigned bit = 0; bit < 64; bit += 16)
        if ((c->hex >> bit & 0xffff) == 0xffff)
            look_at_word(w, base + bit, token_start(b, c->token, base, bit));
}

static inline bool has_words(uint64_t hex)
{
    uint64_t gaps = ~hex;

    return (gaps - UINT64_C(0x0001000100010001)) & hex & UINT64_C(0x8000800080008000);
}

static inline void walk_block(struct match_walk *w, const struct classified *c, struct before *b,
                              size_t base)
{
    uint64_t gap = ~c->token;

    if (w->ask & ASK_TOKENS)
        walk_tokens(w, c, b, base);
    if (w->ask & ASK_IPV6)
        walk_ipv6(w, c, b, base);
    if (w->ask & ASK_URLS)
        walk_urls(w, c, b, base);
    if ((w->ask & ASK_HASHES) && has_words(c->hex))
        walk_words(w, c, b, base);
    if (w->ask & ASK_MAIL)
        for (uint64_t at = c->at; at; at &= at - 1)
            look_at_mail(w, base + (unsigned)__builtin_ctzll(at));
    if (gap)
        b->start = base + 64 - (size_t)__builtin_clzll(gap);
    if (c->dot)
        b->last_dot = base + 63 - (size_t)__builtin_clzll(c->dot);
    b->dot = c->dot;
    b->colon = c->colon;
    b->slash = c->slash;
}

static void walk_all(struct match_walk *w)
{
    struct classified strip[STRIP];
    struct before b = {0};
    size_t n_blocks = w->s.len / CLASSIFY_BLOCK, done = 0;
    char last[CLASSIFY_BLOCK] = {0};

    while (done < n_blocks) {
        size_t n = MIN_OF(n_blocks - done, STRIP);

        w->classify(w->s.at + done * CLASSIFY_BLOCK, n, strip);
        for (size_t i = 0; i < n; i++)
            walk_block(w, &strip[i], &b, (done + i) * CLASSIFY_BLOCK);
        done += n;
    }
    /* the rest, and behind it what ends the last run */
    if (w->s.len % CLASSIFY_BLOCK)
        memcpy(last, w->s.at + n_blocks * CLASSIFY_BLOCK, w->s.len % CLASSIFY_BLOCK);
    w->classify(last, 1, strip);
    walk_block(w, strip, &b, n_blocks * CLASSIFY_BLOCK);
    look_up(w);
}

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
    w->words_end = 0;
    w->error = 0;
    if (slice.len)
        walk_all(w);
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
    w->ask = questions(set);
    return w;
}

void match_walk_free(struct match_walk *w)
{
    if (!w)
        return;
    free(w->places);
    free(w);
}
