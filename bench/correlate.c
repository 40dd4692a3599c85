/* What shares values, over N objects (default 100,000) with ten values each, of which some are in nearly every second object and most in one (Zipf), in DB, a
 * directory or a URL of PostgreSQL, which must be empty: made and written as an import does, then one pass over all postings, questions for single objects,
 * both held against what was made, the count of the hottest value, and an exclusion.
 *
 *     correlate DB [N] */
#include "intel/correlate-pass.h"
#include "intel/stage.h"
#include "store/intel.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VALUES 10u
#define BELOW 20u   /* names below one registered domain */
#define ASKED 100u

struct stand {
    struct store *store, *intel;
    struct stock *stock;
    struct audience_table *table;
    struct sight *sight;
    int64_t audience;
    uint32_t n, n_ranks;
    uint32_t (*ranks)[VALUES]; /* of each object, each once; 0: it drew one twice */
    uint64_t seed;
    struct stage_way *stage;
    struct scanner *scanner;
    int64_t n_segments;
    uint32_t *number_of, *object_of; /* between places in the run and what was made */
    uint32_t asked[ASKED];
    uint64_t *digests; /* what the pass told of those that are asked: sum over the others */
    uint64_t *counts;
};

static void must(int r, const char *what)
{
    if (r) {
        fprintf(stderr, "%s: %d\n", what, r);
        exit(1);
    }
}

/* Processor time, as other work on the machine does not count in it. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double chance(struct stand *s)
{
    s->seed ^= s->seed << 13;
    s->seed ^= s->seed >> 7;
    s->seed ^= s->seed << 17;
    return (double)(s->seed >> 11) / (double)(UINT64_C(1) << 53);
}

/* Rank r with a weight of about 1/r. */
static void draw_all(struct stand *s)
{
    double span = log((double)s->n_ranks + 1);

    for (uint32_t i = 0; i < s->n; i++)
        for (unsigned k = 0; k < VALUES; k++) {
            uint32_t r = (uint32_t)exp(chance(s) * span);

            for (unsigned m = 0; m < k; m++)
                r = s->ranks[i][m] == r ? 0 : r;
            s->ranks[i][k] = r;
        }
}

/* ---- a place ---- */

static void have_audience(struct stand *s)
{
    struct arena *a = arena_new(1 << 20);
    struct audience au = {.label_id = "bench/intel"};
    const char *key = admit_unit(a, "u");
    struct label_set range;

    must(label_set_make(a, &key, 1, &range) ?: label_make(a, 1, 1, 1, (struct label_set){NULL, 0}, &range, 1, &au.label), "label");
    must(store_begin(s->store) ?: audience_intern(s->store, &au, &s->audience), "audience");
    must(STORE_RUN(s->store, STMT_INTEL_RUN_BEGIN, V_INT(1), V_TEXT("II-2026-0001"), V_TEXT("IC-2026-0001"), V_TEXT("p"), V_INT(0), V_INT(s->audience),
                   V_INT(s->audience), V_INT(s->audience), V_INT(1), V_TEXT(""), V_TEXT("")) ?:
             store_commit(s->store),
         "run");
    s->table = audience_table_new();
    must(s->table ? audience_table_refresh(s->table, s->store, NULL, NULL) : 1, "audiences");
    must(sight_new(s->table, &key, 1, &s->sight), "sight");
    arena_free(a);
}

static int send(struct str message, size_t n, void *context)
{
    struct stand *s = context;
    struct intel_writing w = {.run = 1, .audiences = {s->audience, s->audience, s->audience}};
    struct digest digest = sha256(message);
    struct segment segment;
    uint64_t known;

    must(segment_read(message, &segment), "read");
    must(intel_write(s->intel, &w, s->n_segments++, &segment, &digest, &known), "write");
    segment_done(&segment);
    return 0;
}

static void print_value(uint32_t r, char *text, size_t size)
{
    if (r % 10 < 4)
        snprintf(text, size, "file:hashes.MD5 = '%08x%08x%08x%08x'", r * 2654435761u, r, ~r, r * 40503u);
    else if (r % 10 < 7)
        snprintf(text, size, "ipv4-addr:value = '%u.%u.%u.%u'", 1 + (r * 7) % 199, r >> 16 & 255, r >> 8 & 255, r & 255);
    else
        snprintf(text, size, "domain-name:value = 'w%u.n%u.jp'", r, r / BELOW);
}

static void add(struct stand *s, uint32_t i)
{
    char text[2048], value[100];
    int n = snprintf(text, sizeof(text), "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--00000000-0000-4000-8000-%012x\",\"created\":"
                                         "\"2026-04-10T09:00:00Z\",\"modified\":\"2026-04-10T09:00:00Z\",\"pattern\":\"[", i);
    struct stix_object o = {0};
    struct scan_place place;
    enum stage_left left;
    enum tlp tlp;
    bool is_first = true;

    for (unsigned k = 0; k < VALUES; k++) {
        if (!s->ranks[i][k])
            continue;
        print_value(s->ranks[i][k], value, sizeof(value));
        n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%s", is_first ? "" : " OR ", value);
        is_first = false;
    }
    n += snprintf(text + n, sizeof(text) - (size_t)n, "]\",\"pattern_type\":\"stix\",\"valid_from\":\"2026-04-10T09:00:00Z\"}");
    o.bytes = (struct str){text, (size_t)n};
    buf_init(&place.path, 100);
    must(scanner_read(s->scanner, o.bytes, &o.root, &place), "scan");
    buf_done(&place.path);
    must(stage_add(s->stage, &o, &left, &tlp), "stage");
    must(left != STAGE_TAKEN, "taken");
}

static int take_id(struct stock_ref ref, struct str id, void *context)
{
    struct stand *s = context;
    char hex[13] = {0};
    uint32_t i, place = (uint32_t)ref.number;

    memcpy(hex, id.at + id.len - 12, 12);
    i = (uint32_t)strtoul(hex, NULL, 16);
    s->object_of[place] = i;
    s->number_of[i] = place;
    return 0;
}

static void write_all(struct stand *s)
{
    struct intel_writing w = {.run = 1, .audiences = {s->audience, s->audience, s->audience}};
    struct intel_totals t;
    double begun = now();
    bool more = true;

    s->stage = stage_new(TLP_CLEAR, send, s);
    s->scanner = scanner_new(1 << 20);
    must(!s->stage || !s->scanner, "stage");
    for (uint32_t i = 0; i < s->n; i++)
        add(s, i);
    must(stage_flush(s->stage), "flush");
    must(intel_finish(s->intel, &w, &t), "finish");
    printf("made and written in %.1f s, %.0f objects/s (processor time, as all below)\n", now() - begun, s->n / (now() - begun));
    must(store_begin(s->store), "begin");
    must(STORE_RUN(s->store, STMT_INTEL_RUN_OPEN, V_INT(1), V_INT(1), V_INT(1), V_INT(t.n_objects), V_TEXT("")), "open");
    must(store_commit(s->store), "commit");
    begun = now();
    while (more)
        must(intel_merge(s->intel, 1, true, &more), "merge");
    printf("merged in %.1f s\n", now() - begun);
    must(stock_refresh(s->stock), "refresh");
    must(stock_ids(s->stock, s->sight, take_id, s), "ids");
    stage_free(s->stage);
    scanner_free(s->scanner);
}

/* ---- what was made ---- */

static bool is_name(uint32_t r)
{
    return r && r % 10 >= 7;
}

static bool has(const struct stand *s, uint32_t i, uint32_t r)
{
    for (unsigned k = 0; k < VALUES; k++)
        if (r && s->ranks[i][k] == r)
            return true;
    return false;
}

static bool has_below(const struct stand *s, uint32_t i, uint32_t domain)
{
    for (unsigned k = 0; k < VALUES; k++)
        if (is_name(s->ranks[i][k]) && s->ranks[i][k] / BELOW == domain)
            return true;
    return false;
}

static uint64_t count_rank(const struct stand *s, uint32_t r)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < s->n; i++)
        n += has(s, i, r);
    return n;
}

static uint64_t count_below(const struct stand *s, uint32_t domain)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < s->n; i++)
        n += has_below(s, i, domain);
    return n;
}

/* An order that no sum keeps. */
static uint64_t mixed(uint32_t i)
{
    uint64_t x = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

    return (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
}

/* Every object, one after the other: which of them share a value of `i` that is walked. */
static void slow(const struct stand *s, uint32_t i, uint64_t *ret_n, uint64_t *ret_sum)
{
    bool is_walked[VALUES], is_below[VALUES];

    *ret_n = *ret_sum = 0;
    for (unsigned k = 0; k < VALUES; k++) {
        uint32_t r = s->ranks[i][k];

        is_walked[k] = r && count_rank(s, r) <= correlate_usual.hot;
        is_below[k] = is_name(r) && count_below(s, r / BELOW) <= correlate_usual.hot;
    }
    for (uint32_t y = 0; y < s->n; y++) {
        bool shares = false;

        for (unsigned k = 0; y != i && k < VALUES; k++)
            shares = shares || (is_walked[k] && has(s, y, s->ranks[i][k])) || (is_below[k] && has_below(s, y, s->ranks[i][k] / BELOW));
        *ret_n += shares;
        *ret_sum += shares ? mixed(y) : 0;
    }
}

/* ---- asking ---- */

static int take_rows(struct stock_ref of, const struct correlate_pass_row *rows, size_t n, void *context)
{
    struct stand *s = context;
    uint32_t i = s->object_of[(uint32_t)of.number];

    if (i % (s->n / ASKED) || i / (s->n / ASKED) >= ASKED)
        return 0;
    s->counts[i / (s->n / ASKED)] = n;
    for (size_t k = 0; k < n; k++)
        s->digests[i / (s->n / ASKED)] += mixed(s->object_of[(uint32_t)rows[k].ref.number]);
    return 0;
}

static void pass(struct stand *s)
{
    struct correlate_pass_totals t;
    double begun = now();

    must(correlate_pass(s->stock, s->sight, NULL, &correlate_usual, take_rows, s, &t), "pass");
    printf("one pass: %.1f s; %" PRIu64 " objects, %" PRIu64 " values, %" PRIu64 " places; %" PRIu64 " places walked, %" PRIu64
           " related; %" PRIu64 " values in more than %" PRIu64 " objects\n",
           now() - begun, t.objects, t.values, t.places, t.walked, t.related, t.hot, correlate_usual.hot);
}

static void ask_all(struct stand *s)
{
    double spent = 0, worst = 0;
    uint64_t told = 0;

    for (unsigned a = 0; a < ASKED; a++) {
        uint32_t i = a * (s->n / ASKED);
        struct correlation *c = NULL;
        uint64_t n, sum, by_question = 0;
        char id[80];
        double begun = now(), took;

        snprintf(id, sizeof(id), "indicator--00000000-0000-4000-8000-%012x", i);
        must(correlate(s->stock, s->sight, NULL, str_of(id), &correlate_usual, &c), "correlate");
        took = now() - begun;
        spent += took;
        worst = took > worst ? took : worst;
        for (size_t k = 0; k < c->n_related; k++)
            by_question += mixed((uint32_t)strtoul(c->related[k].id.at + c->related[k].id.len - 12, NULL, 16));
        slow(s, i, &n, &sum);
        if (c->n_related != n || by_question != sum || s->counts[a] != n || s->digests[a] != sum) {
            fprintf(stderr, "object %u: %" PRIu64 " are related, the question found %zu, the pass %" PRIu64 "\n", i, n, c->n_related, s->counts[a]);
            exit(1);
        }
        told += n;
        correlation_free(c);
    }
    printf("%u objects held against all others: the question and the pass tell every related one and no other, %" PRIu64 " in all; a question %.1f ms, the longest %.1f ms\n",
           ASKED, told, spent * 1e3 / ASKED, worst * 1e3);
}

static void count_hottest(struct stand *s)
{
    struct clue v;
    char text[100];
    uint64_t n = 0;
    double begun;
    char *quote;

    print_value(1, text, sizeof(text));
    quote = strchr(text, '\'');
    clue_init(&v);
    must(clue_read((struct str){quote + 1, strlen(quote + 1) - 1}, &v), "clue");
    begun = now();
    must(stock_count(s->stock, s->sight, &v, STOCK_AS_IT_IS, &n), "count");
    printf("count of the hottest value: %" PRIu64 " in %.3f ms, %s\n", n, (now() - begun) * 1e3, n == count_rank(s, 1) ? "exact" : "WRONG");
    must(n != count_rank(s, 1), "count");
    clue_done(&v);
}

static uint64_t strength(struct stand *s, const struct known *known, const char *id)
{
    struct correlation *c = NULL;
    uint64_t sum = 0;

    must(correlate(s->stock, s->sight, known, str_of(id), &correlate_usual, &c), "correlate");
    for (size_t k = 0; k < c->n_related; k++)
        sum += c->related[k].strength;
    correlation_free(c);
    return sum;
}

/* All values of the object asked for first are left out. */
static void exclude(struct stand *s)
{
    static const char id[] = "indicator--00000000-0000-4000-8000-000000000000";
    struct known *known = known_new();
    uint64_t before = strength(s, NULL, id), after;
    char text[100];
    double begun = now();

    must(!known, "known");
    for (unsigned k = 0; k < VALUES; k++) {
        uint32_t r = s->ranks[0][k];
        char *quote;

        if (!r)
            continue;
        print_value(r, text, sizeof(text));
        quote = strchr(text, '\'');
        must(known_add_own(known, "out", (struct str){quote + 1, strlen(quote + 1) - 1}), "exclusion");
        if (is_name(r)) {
            snprintf(text, sizeof(text), "n%u.jp", r / BELOW);
            must(known_add_own(known, "out", str_of(text)), "exclusion");
        }
    }
    known_ready(known);
    after = strength(s, known, id);
    printf("exclusion: strength %" PRIu64 " before, %" PRIu64 " in the next question, %.1f ms with reading it\n", before, after, (now() - begun) * 1e3);
    must(after != 0, "exclusion");
    known_free(known);
}

int main(int argc, char **argv)
{
    struct stand s = {.n = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 100000, .seed = 20261130};

    if (argc < 2 || s.n < ASKED || crypto_start()) {
        fprintf(stderr, "correlate DB [N]     N is %u at least\n", ASKED);
        return 2;
    }
    s.n_ranks = s.n * 5;
    s.ranks = calloc(s.n, sizeof(*s.ranks));
    s.number_of = calloc(s.n, sizeof(*s.number_of));
    s.object_of = calloc(s.n, sizeof(*s.object_of));
    s.counts = calloc(ASKED, sizeof(*s.counts));
    s.digests = calloc(ASKED, sizeof(*s.digests));
    must(!s.ranks || !s.number_of || !s.object_of || !s.counts || !s.digests, "memory");
    draw_all(&s);
    must(store_create(argv[1], &s.store, NULL), "an empty place");
    must(intel_open(argv[1], STORE_WRITE, &s.intel, NULL), "the fourth place");
    have_audience(&s);
    must(stock_open(argv[1], s.store, &s.stock, NULL), "stock");
    write_all(&s);
    count_hottest(&s);
    pass(&s);
    ask_all(&s);
    exclude(&s);
    stock_close(s.stock);
    sight_free(s.sight);
    audience_table_free(s.table);
    store_close(s.intel);
    store_close(s.store);
    free(s.ranks);
    free(s.number_of);
    free(s.object_of);
    free(s.counts);
    free(s.digests);
    return 0;
}
