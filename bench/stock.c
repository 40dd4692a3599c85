/* The store of threat intelligence with N objects (default 1 million) in DB, a directory or a URL of PostgreSQL, which must be empty: written in segments as
 * the keeper does, opened, asked, merged, asked again. Each object has a value of its own and one of a thousand; one in ten has the hottest one.
 *
 *     stock DB [N] */
#include "intel/stock.h"
#include "store/intel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

#define COLLECTION "IC-2026-0001"
#define ASKED 1000

struct stand {
    struct store *store, *intel;
    struct stock *stock;
    struct audience_table *table;
    struct sight *sight;
    int64_t audience;
    uint64_t n;
};

static void must(int r, const char *what)
{
    if (r) {
        fprintf(stderr, "%s: %d\n", what, r);
        exit(1);
    }
}

/* Processor time of all threads, as other work on the machine does not count in it; that of PostgreSQL's server is not in it either. */
static uint64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000;
}

static double since(uint64_t begun_us)
{
    return (double)(now_us() - begun_us) / 1e6;
}

static void have_audience(struct stand *s)
{
    struct arena *a = arena_new(1 << 20);
    struct audience au = {.label_id = "bench/intel"};
    const char *key = admit_unit(a, "u");
    struct label_set range;

    must(label_set_make(a, &key, 1, &range) ?: label_make(a, 1, 1, 1, (struct label_set){NULL, 0}, &range, 1, &au.label), "label");
    must(store_begin(s->store) ?: audience_intern(s->store, &au, &s->audience), "audience");
    must(STORE_RUN(s->store, STMT_INTEL_RUN_BEGIN, V_INT(1), V_TEXT("II-2026-0001"), V_TEXT(COLLECTION), V_TEXT("p"), V_INT(0), V_INT(s->audience),
                   V_INT(s->audience), V_INT(s->audience), V_INT(1), V_TEXT(""), V_TEXT("")) ?:
             store_commit(s->store),
         "run");
    s->table = audience_table_new();
    must(s->table ? audience_table_refresh(s->table, s->store, NULL, NULL) : 1, "audiences");
    must(sight_new(s->table, &key, 1, &s->sight), "sight");
    arena_free(a);
}

/* Some 350 bytes of JSON, as an indicator is. */
static void add(struct segment_writer *w, uint64_t i, ZSTD_CCtx *packer)
{
    char text[700], packed[1024], id[80], name[64];
    struct segment_object o = {.type = STR("indicator"), .version = STR("2026-04-10T09:00:00"), .life = SEGMENT_INDICATOR, .until_us = DECAY_NEVER};
    uint64_t mixed = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

    snprintf(id, sizeof(id), "indicator--%08x-%04x-4%03x-8%03x-%012" PRIx64, (unsigned)(mixed >> 32), (unsigned)(mixed >> 16) & 0xffff, (unsigned)(mixed >> 4) & 0xfff,
             (unsigned)mixed & 0xfff, i);
    snprintf(name, sizeof(name), "h%" PRIx64 ".example.jp", mixed);
    snprintf(text, sizeof(text),
             "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"%s\",\"created\":\"2026-04-10T09:00:00Z\",\"modified\":\"2026-04-10T09:00:00Z\","
             "\"indicator_types\":[\"malicious-activity\"],\"name\":\"%s\",\"pattern\":\"[domain-name:value = '%s']\",\"pattern_type\":\"stix\","
             "\"valid_from\":\"2026-04-10T09:00:00Z\"}",
             id, name, name);
    o.id = str_of(id);
    o.length = (uint32_t)strlen(text);
    o.packed = (struct str){packed, ZSTD_compressCCtx(packer, packed, sizeof(packed), text, o.length, 3)};
    o.sum = o.digest = sha256(str_of(text));
    must(segment_writer_value(w, CLUE_DOMAIN, false, str_of(name)), "value");
    snprintf(name, sizeof(name), "c%u.example.com", (unsigned)(mixed % 1000));
    must(segment_writer_value(w, CLUE_DOMAIN, false, str_of(name)), "value");
    if (i % 10 == 0)
        must(segment_writer_value(w, CLUE_DOMAIN, true, STR("hot.example.jp")), "value");
    must(segment_writer_add(w, &o), "object");
}

static void write_all(struct stand *s)
{
    struct intel_writing w = {.run = 1, .audiences = {s->audience, s->audience, s->audience}, .seen = intel_seen_new()};
    struct segment_writer *writer = segment_writer_new();
    ZSTD_CCtx *packer = ZSTD_createCCtx();
    uint64_t begun_us = now_us(), at_us = begun_us, known;
    double made = 0;
    struct buf message;
    int64_t n = 0;

    buf_init(&message, SEGMENT_SIZE_MAX);
    for (uint64_t i = 0; i < s->n; n++) {
        struct segment segment;
        struct digest digest;
        uint64_t make_us = now_us();

        segment_writer_clear(writer);
        buf_clear(&message);
        for (uint64_t k = 0; k < SEGMENT_OBJECTS_MAX && i < s->n; k++)
            add(writer, i++, packer);
        must(segment_writer_print(writer, &message), "print");
        made += since(make_us);
        digest = sha256(buf_str(&message));
        must(segment_read(buf_str(&message), &segment), "read");
        must(intel_write(s->intel, &w, n, &segment, &digest, &known), "write");
        segment_done(&segment);
        if (i % 500000 == 0 || i == s->n) {
            printf("written %10" PRIu64 "  %8.1f s in all, the last part %8.0f objects/s (processor time, as all below)\n", i, since(begun_us),
                   (double)(i % 500000 ? i % 500000 : 500000) / since(at_us));
            fflush(stdout);
            at_us = now_us();
        }
    }
    printf("made by the importing side in %.1f s of these; written at %.0f objects/s\n", made, (double)s->n / (since(begun_us) - made));
    buf_done(&message);
    segment_writer_free(writer);
    ZSTD_freeCCtx(packer);
    intel_seen_free(w.seen);
}

static void open_run(struct stand *s)
{
    struct intel_writing w = {.run = 1, .audiences = {s->audience, s->audience, s->audience}};
    struct intel_totals t;
    uint64_t begun_us = now_us();

    must(intel_finish(s->intel, &w, &t), "finish");
    must(store_begin(s->store), "begin");
    must(STORE_RUN(s->store, STMT_INTEL_RUN_OPEN, V_INT(1), V_INT(1), V_INT(1), V_INT(t.n_objects), V_TEXT("")), "open");
    must(STORE_RUN(s->store, STMT_INTEL_MEMBER_ADD, V_TEXT(COLLECTION), V_INT(s->audience), V_INT(1), V_INT(1), V_INT(t.n_objects), V_INT(1)), "member");
    must(store_commit(s->store), "commit");
    printf("opened in %.1f ms\n", since(begun_us) * 1e3);
    must(stock_refresh(s->stock), "refresh");
}

static int no_ref(struct stock_ref ref, void *context)
{
    ++*(uint64_t *)context;
    return 0;
}

static int no_member(const struct stock_member *m, void *context)
{
    *(struct stock_place *)context = m->place;
    return 0;
}

static void count_of(struct stand *s, const char *what, const char *name, enum stock_how how)
{
    struct clue v;
    uint64_t begun_us, n = 0;

    clue_init(&v);
    must(clue_read_as(CLUE_DOMAIN, str_of(name), &v), "clue");
    begun_us = now_us();
    for (int i = 0; i < ASKED; i++)
        must(stock_count(s->stock, s->sight, &v, how, &n), "count");
    printf("  count of %s: %" PRIu64 " in %.3f ms\n", what, n, since(begun_us) * 1e3 / ASKED);
    clue_done(&v);
}

static void ask(struct stand *s)
{
    struct stock_query q = {.collection = STR(COLLECTION), .limit = 100, .wants_bytes = true};
    struct stock_place place = {0, 0};
    struct stock_object o;
    struct clue v;
    uint64_t begun_us, told = 0;
    bool more;

    count_of(s, "the hottest value", "hot.example.jp", STOCK_DERIVED);
    count_of(s, "one of a thousand", "c7.example.com", STOCK_AS_IT_IS);
    clue_init(&v);
    begun_us = now_us();
    for (uint64_t i = 0; i < ASKED; i++) {
        char name[64];

        snprintf(name, sizeof(name), "h%" PRIx64 ".example.jp", (i * (s->n / ASKED) + 1) * UINT64_C(0x9e3779b97f4a7c15));
        must(clue_read_as(CLUE_DOMAIN, str_of(name), &v), "clue");
        must(stock_sharing(s->stock, s->sight, &v, STOCK_AS_IT_IS, (struct stock_ref){0, 0}, no_ref, &told), "sharing");
    }
    printf("  find of a rare value: %.3f ms (%" PRIu64 " found)\n", since(begun_us) * 1e3 / ASKED, told);
    clue_done(&v);
    for (int part = 0; part < 3; part++) {
        q.after = (struct stock_place){1, INT64_C(1) << 32 | (int64_t)(s->n / 3 * (uint64_t)part)};
        begun_us = now_us();
        for (int i = 0; i < 100; i++)
            must(stock_page(s->stock, s->sight, &q, no_member, &place, &more), "page");
        printf("  page of 100 from %d/3 on: %.2f ms\n", part, since(begun_us) * 1e3 / 100);
    }
    begun_us = now_us();
    for (int i = 0; i < ASKED; i++)
        must(stock_get(s->stock, s->sight, (struct stock_ref){s->audience, INT64_C(1) << 32 | (int64_t)(s->n / ASKED * (uint64_t)i)}, &o), "get");
    printf("  object by its number: %.3f ms\n", since(begun_us) * 1e3 / ASKED);
}

static void merge(struct stand *s)
{
    uint64_t begun_us = now_us(), longest = 0;
    bool more = true;

    while (more) {
        uint64_t at_us = now_us(), took;

        must(intel_merge(s->intel, 1, true, &more), "merge");
        took = now_us() - at_us;
        longest = took > longest ? took : longest;
    }
    printf("merged in %.1f s, the longest transaction %.0f ms\n", since(begun_us), (double)longest / 1e3);
}

int main(int argc, char **argv)
{
    struct stand s = {.n = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000};

    if (argc < 2 || !s.n || crypto_start()) {
        fputs("stock DB [N]\n", stderr);
        return 2;
    }
    must(store_create(argv[1], &s.store, NULL), "an empty place");
    must(intel_open(argv[1], STORE_WRITE, &s.intel, NULL), "the fourth place");
    have_audience(&s);
    must(stock_open(argv[1], s.store, &s.stock, NULL), "stock");
    write_all(&s);
    open_run(&s);
    ask(&s);
    merge(&s);
    ask(&s);
    stock_close(s.stock);
    sight_free(s.sight);
    audience_table_free(s.table);
    store_close(s.intel);
    store_close(s.store);
    return 0;
}
