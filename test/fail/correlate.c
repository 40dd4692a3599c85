/* What shares values or has words, and lists of what is known, when memory runs out: it is said, and never that nothing is shared, found or on a list. */
#include "intel/clue-keys.h"
#include "intel/correlate.h"
#include "intel/json-scan.h"
#include "intel/stix-clues.h"
#include "intel/stix-keys.h"
#include "intel/stock-find.h"
#include "stock-bench.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <zstd.h>

#define OK(call) assert_int_equal((call), 0)
#define N_OBJECTS 3
#define LIST "{\"name\": \"Nets\", \"type\": \"cidr\", \"list\": [\"192.0.2.0/24\", \"2001:db8::/32\", \"no value\"]}"

struct bench {
    struct stock_bench in;
    struct known *known;
};

static const char *const texts[N_OBJECTS] = {
    "{\"type\": \"indicator\", \"id\": \"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01\", \"description\": \"hxxp 不正アクセス\", \"created_by_ref\": \"identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd09\", \"pattern\": \"[url:value = 'http://www.example.jp/a' OR ipv4-addr:value = '192.0.2.1' OR ipv4-addr:value = '192.0.2.0/30' OR file:hashes.SSDEEP = '3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C']\"}",
    "{\"type\": \"indicator\", \"id\": \"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02\", \"description\": \"hxxp 不正アクセス\", \"created_by_ref\": \"identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd09\", \"pattern\": \"[domain-name:value = 'www.example.jp' OR ipv4-addr:value = '192.0.2.1' OR file:hashes.SSDEEP = '3:AXGBicFlIHBGcL6wCrFQEv:AXGH6xLsr2C']\"}",
    "{\"type\": \"indicator\", \"id\": \"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03\", \"description\": \"hxxp 不正アクセス\", \"created_by_ref\": \"identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd09\", \"pattern\": \"[ipv4-addr:value = '192.0.2.0/25' OR domain-name:value = 'example.jp']\"}",
};

/* ---- what there is ---- */

static int keep_clue_key(unsigned kind, struct str bytes, void *context)
{
    return segment_writer_value(context, (uint8_t)kind, false, bytes);
}

static int keep_clue(const struct clue *v, bool is_derived, void *context)
{
    struct str bytes = buf_str(&v->bytes);

    return segment_writer_value(context, (uint8_t)v->type, is_derived, bytes) ?: clue_keys(v->type, bytes, keep_clue_key, context);
}

static int keep_key(enum stix_key kind, struct str bytes, void *context)
{
    return segment_writer_value(context, (uint8_t)kind, false, bytes);
}

static void add(struct segment_writer *w, struct scanner *s, struct stix_clues *clues, const char *text)
{
    struct segment_object o = {.type = STR("indicator"), .version = STR("2026-04-10T09:00:00"), .length = (uint32_t)strlen(text)};
    const struct scan_value *root;
    struct stix_keys *keys = stix_keys_new();
    struct scan_place place;
    char packed[2000];

    buf_init(&place.path, 1000);
    OK(scanner_read(s, str_of(text), &root, &place));
    OK(stix_clues(clues, root, keep_clue, w));
    OK(stix_keys(keys, root, keep_key, w));
    o.id = scan_text(root, STR("id"));
    o.packed = (struct str){packed, ZSTD_compress(packed, sizeof(packed), text, o.length, 1)};
    o.digest = o.sum = sha256(str_of(text));
    OK(segment_writer_add(w, &o));
    stix_keys_free(keys);
    buf_done(&place.path);
}

static void have_objects(struct stock_bench *b)
{
    struct segment_writer *w = segment_writer_new();
    struct stix_clues *clues = stix_clues_new();
    struct scanner *s = scanner_new(1 << 20);

    for (int i = 0; i < N_OBJECTS; i++)
        add(w, s, clues, texts[i]);
    stock_bench_take(b, w, NULL);
    scanner_free(s);
    stix_clues_free(clues);
    segment_writer_free(w);
}

static void begin(struct bench *b)
{
    stock_bench_begin(&b->in);
    have_objects(&b->in);
    b->known = known_new();
    OK(known_add(b->known, "a.txt", STR("example.jp\n"), NULL));
    known_ready(b->known);
}

static void end(struct bench *b)
{
    known_free(b->known);
    stock_bench_end(&b->in);
}

/* ---- loops ---- */

static int print(struct buf *out, const struct correlation *c)
{
    int r = 0;

    for (size_t i = 0; !r && i < c->n_related; i++)
        r = buf_printf(out, "%.*s %d %zu\n", STR_ARG(c->related[i].id), (int)c->related[i].strength, c->related[i].n_reasons);
    return r;
}

static int run_object(void *user)
{
    struct bench *b = user;
    struct correlation *c = NULL;
    int r = correlate(b->in.stock, b->in.sight, b->known, STR("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01"), &correlate_usual, &c);

    r = r ? store_errno(r) : print(&b->in.is, c);
    correlation_free(c);
    return r;
}

static int run_value(void *user)
{
    struct bench *b = user;
    struct correlation *c = NULL;
    struct clue v;
    int r;

    clue_init(&v);
    r = clue_read(STR("192.0.2.1"), &v);
    if (!r)
        r = correlate_clue(b->in.stock, b->in.sight, b->known, &v, &correlate_usual, &c);
    r = r ? store_errno(r) : print(&b->in.is, c);
    correlation_free(c);
    clue_done(&v);
    return r;
}

static int add_lists(struct known *k, struct diag *diag)
{
    return known_add(k, "a.json", STR(LIST), diag) ?: known_add(k, "b.txt", STR("example.jp # all\n.example.com\n"), diag);
}

static int run_lists(void *user)
{
    struct bench *b = user;
    struct known *k = known_new();
    struct diag diag;
    int r;

    diag_init(&diag);
    r = k ? add_lists(k, &diag) : -ENOMEM;
    if (!r) {
        struct str name, net;

        known_ready(k);
        name = known_list(k, CLUE_DOMAIN, STR("www.example.com"));
        net = known_list(k, CLUE_IPV4, STR("\xc0\x00\x02\x01"));
        r = buf_printf(&b->in.is, "%.*s %.*s\n", STR_ARG(name), STR_ARG(net));
    }
    diag_done(&diag);
    known_free(k);
    return r;
}

static int print_hit(const struct stock_hit *hit, void *context)
{
    return buf_printf(context, "%.*s %d %.*s\n", STR_ARG(hit->object->id), (int)hit->rank, STR_ARG(hit->hit));
}

static int run_find(void *user)
{
    struct bench *b = user;
    struct stock_found found = {0, false};
    struct fold_words words;
    int r = fold_words_read(STR("ｈｔｔｐ 不正"), &words);

    assert_true(r <= 0);
    if (!r)
        r = store_errno(stock_find(b->in.stock, b->in.sight, &words, STR("indicator"), 0, 2, print_hit, &b->in.is, &found));
    fold_words_done(&words);
    return r ? r : buf_printf(&b->in.is, "%d %d\n", (int)found.total, found.more);
}

static int run_list(void *user)
{
    struct bench *b = user;
    struct stock_listed listed;
    uint64_t n = 0;
    int r = store_errno(stock_list(b->in.stock, b->in.sight, STOCK_MADE_BY, STR("identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd09"), STR("indicator"), 1, 2, print_hit,
                                   &b->in.is, &listed) ?:
                        stock_list_count(b->in.stock, b->in.sight, STOCK_OF_TYPE, STR("indicator"), &n));

    return r ? r : buf_printf(&b->in.is, "%d %d\n", (int)listed.n, (int)n);
}

static void loop(const char *name, int (*run)(void *))
{
    struct bench b;

    begin(&b);
    stock_bench_loop(&b.in, name, run, &b);
    end(&b);
}

static void objects_are_related(void **state)
{
    loop("correlate", run_object);
}

static void values_are_related(void **state)
{
    loop("correlate_clue", run_value);
}

static void lists_are_read(void **state)
{
    loop("known", run_lists);
}

static void objects_are_found(void **state)
{
    loop("stock_find", run_find);
}

static void objects_are_listed(void **state)
{
    loop("stock_list", run_list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_related),
        cmocka_unit_test(values_are_related),
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(objects_are_found),
        cmocka_unit_test(objects_are_listed),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
