/* What shares values with what, on SQLite and on a real PostgreSQL, held against a slow reference that compares every pair of objects and every pair of their
 * values: ways, counts, order, limits, lists, and nothing of what is out of sight (CO3 to CO5, LB2, LB3, LB5 of doc/design/intelligence.md). */
#include "intel/correlate-pass.h"
#include "base/file.h"
#include "base/json.h"
#include "intel/clue-keys.h"
#include "intel/json-scan.h"
#include "intel/misp-stix.h"
#include "intel/stix-clues.h"
#include "intel/suffix.h"
#include "store-place.h"
#include "store/intel.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <stdlib.h>
#include <zstd.h>

#define OK(call) assert_int_equal((call), 0)
#define ROWS_MAX 600u
#define RUNS 3
#define UNPACKED_MAX ((size_t)16 << 20)

/* An object as it was made. */
struct row {
    char id[80], version[32], *text;
    int minute, level; /* of its version, 0: it has none; from 0 */
    struct own {
        enum clue_type type;
        struct str bytes;
        bool is_own, is_derived, is_host;
    } *values;
    size_t n_values;
};

struct bench {
    struct place place;
    const char *db;
    struct store *store, *intel;
    struct stock *stock;
    struct audience_table *table;
    struct sight *sights[3]; /* of whoever sees the levels up to that one */
    int64_t audiences[3];
    struct segment_writer *writer;
    struct stix_clues *clues;
    struct scanner *scanner;
    enum clue_type before;
    bool is_apart;
    struct known *known;
    struct row rows[ROWS_MAX];
    size_t n_rows;
    uint64_t seed;
};

/* ---- a place with three audiences ---- */

static int64_t intern(struct bench *b, struct arena *a, int level, const char *unit)
{
    struct audience au = {.label_id = "test/intel"};
    const char *key = admit_unit(a, unit);
    struct label_set range;
    int64_t id = 0;

    OK(label_set_make(a, &key, 1, &range));
    OK(label_make(a, level, 1, 1, (struct label_set){NULL, 0}, &range, 1, &au.label));
    OK(audience_intern(b->store, &au, &id));
    return id;
}

static void have_audiences(struct bench *b)
{
    struct arena *a = arena_new(1 << 20);
    const char *keys[3];

    OK(store_begin(b->store));
    for (int i = 0; i < 3; i++) {
        char unit[2] = {(char)('a' + i), '\0'};

        b->audiences[i] = intern(b, a, i + 1, unit);
        keys[i] = admit_unit(a, unit);
    }
    OK(store_commit(b->store));
    b->table = audience_table_new();
    OK(audience_table_refresh(b->table, b->store, NULL, NULL));
    for (int i = 0; i < 3; i++)
        OK(sight_new(b->table, keys, (size_t)i + 1, &b->sights[i]));
    arena_free(a);
}

static void begin(struct bench *b, enum place_kind kind)
{
    struct diag diag;

    *b = (struct bench){.seed = 20261};
    diag_init(&diag);
    OK(place_start(&b->place, kind));
    b->db = place_fresh(&b->place);
    if (store_create(b->db, &b->store, &diag))
        fail_msg("%s", diag_first(&diag));
    OK(intel_open(b->db, STORE_WRITE, &b->intel, &diag));
    have_audiences(b);
    OK(stock_open(b->db, b->store, &b->stock, &diag));
    b->writer = segment_writer_new();
    b->clues = stix_clues_new();
    b->scanner = scanner_new(64 << 20);
    b->known = known_new();
    assert_true(b->writer && b->clues && b->scanner && b->known);
    diag_done(&diag);
}

static void end(struct bench *b)
{
    for (size_t i = 0; i < b->n_rows; i++) {
        for (size_t m = 0; m < b->rows[i].n_values; m++)
            free((char *)b->rows[i].values[m].bytes.at);
        free(b->rows[i].values);
        free(b->rows[i].text);
    }
    known_free(b->known);
    scanner_free(b->scanner);
    stix_clues_free(b->clues);
    segment_writer_free(b->writer);
    stock_close(b->stock);
    for (int i = 0; i < 3; i++)
        sight_free(b->sights[i]);
    audience_table_free(b->table);
    store_close(b->intel);
    store_close(b->store);
    place_stop(&b->place);
}

/* ---- objects ---- */

static const char *copy_of(const struct buf *bytes)
{
    char *copy = malloc(bytes->len);

    if (!copy)
        abort();
    memcpy(copy, bytes->at, bytes->len);
    return copy;
}

static int keep_key(unsigned kind, struct str bytes, void *context)
{
    return segment_writer_value(context, (uint8_t)kind, false, bytes);
}

static int keep_value(const struct clue *v, bool is_derived, void *context)
{
    struct bench *b = context;
    struct row *row = &b->rows[b->n_rows];
    bool is_host = is_derived && (b->before == CLUE_URL || b->before == CLUE_EMAIL);
    struct own *o;
    size_t at = 0;

    b->before = is_derived ? CLUE_NONE : v->type;
    OK(segment_writer_value(b->writer, (uint8_t)v->type, is_derived, buf_str(&v->bytes)));
    OK(clue_keys(v->type, buf_str(&v->bytes), keep_key, b->writer));
    if (b->is_apart) {
        char key[CLUE_APART_SIZE];

        clue_apart_key(v->type, buf_str(&v->bytes), key);
        OK(keep_key(CLUE_KEY_APART, (struct str){key, sizeof(key)}, b->writer));
    }
    while (at < row->n_values && (row->values[at].type != v->type || !str_eq(row->values[at].bytes, buf_str(&v->bytes))))
        at++;
    if (at == row->n_values) {
        row->values = reallocarray(row->values, ++row->n_values, sizeof(*row->values));
        assert_non_null(row->values);
        row->values[at] = (struct own){.type = v->type, .bytes = {copy_of(&v->bytes), v->bytes.len}};
    }
    o = &row->values[at];
    o->is_own |= !is_derived;
    o->is_derived |= is_derived;
    o->is_host |= is_host;
    return 0;
}

/* The row's id and text are given; `minute` 0: it has no version. Texts differ where ids do: of two like contents one is stored, whichever comes first in the
 * segment, which is in no order. */
static void add(struct bench *b, struct row row)
{
    struct segment_object o = {.tlp = (uint8_t)(row.level == 0 ? TLP_CLEAR : row.level == 1 ? TLP_AMBER : TLP_RED)};
    const char *dashes = strstr(row.id, "--");
    struct scan_place place;
    const struct scan_value *root;
    char *packed;

    assert_true(b->n_rows < ROWS_MAX);
    if (row.minute)
        snprintf(row.version, sizeof(row.version), "2026-04-10T%02d:%02d:00", row.minute / 60, row.minute % 60);
    b->rows[b->n_rows] = row;
    buf_init(&place.path, 1000);
    b->before = CLUE_NONE;
    if (scanner_read(b->scanner, str_of(row.text), &root, &place))
        fail_msg("%s", row.text);
    b->is_apart = stix_is_apart(root);
    OK(stix_clues(b->clues, root, keep_value, b));
    buf_done(&place.path);
    o.type = (struct str){row.id, (size_t)(dashes - row.id)};
    o.id = str_of(row.id);
    o.version = str_of(row.version);
    o.length = (uint32_t)strlen(row.text);
    packed = malloc(ZSTD_compressBound(o.length));
    assert_non_null(packed);
    o.packed = (struct str){packed, ZSTD_compress(packed, ZSTD_compressBound(o.length), row.text, o.length, 1)};
    o.sum = o.digest = sha256(str_of(row.text));
    OK(segment_writer_add(b->writer, &o));
    b->n_rows++;
    free(packed);
}

/* What was added since the last one becomes a run, and is opened. */
static void open_run(struct bench *b, int64_t run, bool is_merged)
{
    CLEANUP(buf_done) struct buf message;
    struct intel_writing w = {.run = run};
    struct segment segment;
    struct intel_totals t;
    struct digest digest;
    uint64_t n_known;
    char record[32];
    bool more = is_merged;

    memcpy(w.audiences, b->audiences, sizeof(w.audiences));
    snprintf(record, sizeof(record), "II-2026-%04d", (int)run);
    OK(store_begin(b->store));
    OK(STORE_RUN(b->store, STMT_INTEL_RUN_BEGIN, V_INT(run), V_TEXT(record), V_TEXT("IC-2026-0001"), V_TEXT("p1"), V_INT(0), V_INT(b->audiences[0]),
                 V_INT(b->audiences[1]), V_INT(b->audiences[2]), V_INT(1), V_TEXT(""), V_TEXT("")));
    OK(store_commit(b->store));
    buf_init(&message, SEGMENT_SIZE_MAX);
    OK(segment_writer_print(b->writer, &message));
    OK(segment_read(buf_str(&message), &segment));
    digest = sha256(buf_str(&message));
    OK(intel_write(b->intel, &w, 0, &segment, &digest, &n_known));
    segment_done(&segment);
    segment_writer_clear(b->writer);
    OK(intel_finish(b->intel, &w, &t));
    OK(store_begin(b->store));
    OK(STORE_RUN(b->store, STMT_INTEL_RUN_OPEN, V_INT(run), V_INT(run), V_INT(run * 1000000), V_INT(t.n_objects), V_TEXT("")));
    OK(store_commit(b->store));
    while (more)
        OK(intel_merge(b->intel, run, true, &more));
    OK(stock_refresh(b->stock));
}

/* ---- made data ---- */

static unsigned draw(struct bench *b, unsigned n)
{
    b->seed ^= b->seed << 13;
    b->seed ^= b->seed >> 7;
    b->seed ^= b->seed << 17;
    return (unsigned)(b->seed >> 20) % n;
}

/* Of three families, in which each is some letters away from the first. */
static void add_ssdeep(struct bench *b, struct buf *out)
{
    static const char *const families[] = {"MUPMinqP6+wNQ7Q40L/iB3n2rIBrP0GZKF4jsef", "JkjRcePWsNVQza3ntZStn5VfsoXMhRD9+xJMinq", "pDSC8olnoL1v/uawvbQD7XlZUFYzYyMb615NktY"};
    const char *family = families[draw(b, 3)];
    unsigned size = 96u << draw(b, 2), n_changed = draw(b, 8);
    char text[2][40];

    for (int p = 0; p < 2; p++) {
        memcpy(text[p], family, sizeof(text[p]));
        for (unsigned n = n_changed; n; n--)
            text[p][draw(b, 39)] = (char)('A' + draw(b, 20));
    }
    OK(buf_printf(out, "file:hashes.SSDEEP = '%u:%s:%.20s'", size, text[0], text[1]));
}

static void add_tlsh(struct bench *b, struct buf *out)
{
    static const char *const families[] = {"1FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE", "45D18407A78523B35A030267671FA2C2F725402973629B25545EB43C3356679477F7FC"};
    char text[80];

    snprintf(text, sizeof(text), "%s", families[draw(b, 2)]);
    if (draw(b, 2))
        text[3] = text[3] == 'A' ? 'B' : 'C'; /* the length */
    for (unsigned n = draw(b, 14); n; n--)
        text[6 + draw(b, 64)] = "0123456789ABCDEF"[draw(b, 16)];
    OK(buf_printf(out, "file:hashes.TLSH = 'T1%s'", text));
}

/* One comparison, of few values so that many are shared; some are common, some rare. */
static void add_test(struct bench *b, struct buf *out)
{
    unsigned rare = draw(b, 4) ? draw(b, 40) : draw(b, 3);

    switch (draw(b, 12)) {
    case 10:
        add_ssdeep(b, out);
        return;
    case 11:
        add_tlsh(b, out);
        return;
    case 0:
        OK(buf_printf(out, "ipv4-addr:value = '192.0.2.%u'", rare));
        return;
    case 1:
        OK(buf_printf(out, "ipv4-addr:value = '192.0.2.%u/%u'", draw(b, 64), 24 + draw(b, 8)));
        return;
    case 2:
        OK(buf_printf(out, "ipv6-addr:value = '2001:db8::%x'", rare));
        return;
    case 3:
        OK(buf_printf(out, "ipv6-addr:value = '2001:db8::/%u'", 32 + 16 * draw(b, 6)));
        return;
    case 4:
        OK(buf_printf(out, "domain-name:value = 'h%u.example%u.co.jp'", rare % 5, rare));
        return;
    case 5:
        OK(buf_printf(out, "domain-name:value = 'example%u.co.jp'", rare));
        return;
    case 6:
        OK(buf_printf(out, "url:value = 'http://h%u.example%u.co.jp/%u'", rare % 5, rare, draw(b, 3)));
        return;
    case 7:
        OK(buf_printf(out, "url:value = 'http://%s/%u'", draw(b, 2) ? "192.0.2.7" : "[2001:db8::7]", draw(b, 30)));
        return;
    case 8:
        OK(buf_printf(out, "email-addr:value = 'a%u@example%u.co.jp'", draw(b, 3), rare));
        return;
    default:
        OK(buf_printf(out, "file:hashes.MD5 = '%032x'", rare));
    }
}

static void add_made(struct bench *b, unsigned number)
{
    struct row row = {.minute = (int)draw(b, 60), .level = (int)draw(b, 3)};
    struct buf text;

    buf_init(&text, 1 << 20);
    snprintf(row.id, sizeof(row.id), "indicator--%08u-0000-4000-8000-000000000000", number);
    OK(buf_printf(&text, "{\"type\": \"indicator\", \"id\": \"%s\", \"n\": %zu, \"pattern\": \"[", row.id, b->n_rows));
    for (unsigned i = 1 + draw(b, 5); i; i--) {
        add_test(b, &text);
        OK(buf_add_text(&text, i > 1 ? " OR " : "]\"}"));
    }
    row.text = buf_take(&text);
    if (!row.minute)
        row.minute = 1 + (int)b->n_rows % 250; /* several versions of an id must differ */
    add(b, row);
}

static void add_observable(struct bench *b, unsigned number)
{
    struct row row = {.level = (int)draw(b, 3)};
    struct buf text;

    buf_init(&text, 1 << 20);
    snprintf(row.id, sizeof(row.id), "domain-name--%08u-0000-4000-8000-000000000000", number);
    OK(buf_printf(&text, "{\"type\": \"domain-name\", \"id\": \"%s\", \"value\": \"h%u.example%u.co.jp\"}", row.id, draw(b, 5), draw(b, 40)));
    row.text = buf_take(&text);
    add(b, row);
}

static bool has_version(const struct bench *b, unsigned number, int minute)
{
    char id[80];

    snprintf(id, sizeof(id), "indicator--%08u-0000-4000-8000-000000000000", number);
    for (size_t i = 0; i < b->n_rows; i++)
        if (!strcmp(b->rows[i].id, id) && b->rows[i].minute == minute)
            return true;
    return false;
}

static void fill(struct bench *b, unsigned n)
{
    for (int run = 1; run <= RUNS; run++) {
        for (unsigned i = 0; i < n; i++) {
            unsigned number = draw(b, 2) ? (unsigned)run * 1000 + i : draw(b, 20);
            uint64_t seed = b->seed;

            if (draw(b, 8) == 0) {
                add_observable(b, (unsigned)run * 1000 + i);
                continue;
            }
            b->seed = seed; /* the same minute as add_made() draws */
            if (!has_version(b, number, (int)draw(b, 60))) {
                b->seed = seed;
                add_made(b, number);
            }
        }
        open_run(b, run, run == 1);
    }
}

/* ---- the slow reference ---- */

struct slow_value {
    const struct own *of; /* of the one asked for, or a network of others that contains one of its */
    bool is_network, is_walked;
    uint64_t n_same, n_derived, n_within, n_near;
    struct str list;
};

struct slow_related {
    const struct row *row; /* the newest that shares something */
    struct {
        const struct slow_value *value;
        enum correlate_way way;
        uint64_t n;
        unsigned nearness;
    } reasons[200];
    size_t n_reasons;
    uint64_t strength;
    int apart;
};

struct slow {
    struct slow_value values[2000];
    size_t n_values;
    struct slow_related related[ROWS_MAX];
    size_t n_related;
};

static bool is_same(const struct own *a, enum clue_type type, struct str bytes)
{
    return a->type == type && str_eq(a->bytes, bytes);
}

static bool bit_of(struct str bytes, unsigned i)
{
    return (uint8_t)bytes.at[i / 8] >> (7 - i % 8) & 1;
}

/* `net` holds `v`, which is an address or a longer network. */
static bool contains(const struct own *net, const struct own *v)
{
    bool is_four = net->type == CLUE_IPV4_NET;
    unsigned bits, own;

    if (!net->is_own || (net->type != CLUE_IPV4_NET && net->type != CLUE_IPV6_NET) ||
        (v->type != (is_four ? CLUE_IPV4 : CLUE_IPV6) && v->type != net->type))
        return false;
    bits = (uint8_t)net->bytes.at[net->bytes.len - 1];
    own = v->type == net->type ? (uint8_t)v->bytes.at[v->bytes.len - 1] : 999;
    for (unsigned i = 0; i < bits; i++)
        if (bit_of(net->bytes, i) != bit_of(v->bytes, i))
            return false;
    return bits < own;
}

static struct slow_value *slow_value(struct slow *s, const struct own *of)
{
    for (size_t i = 0; i < s->n_values; i++)
        if (is_same(s->values[i].of, of->type, of->bytes))
            return &s->values[i];
    assert_true(s->n_values < ARRAY_LEN(s->values));
    s->values[s->n_values] = (struct slow_value){.of = of};
    return &s->values[s->n_values++];
}

static bool walks_before(const struct slow_value *a, const struct slow_value *b)
{
    uint64_t n = a->n_same + a->n_derived, m = b->n_same + b->n_derived;

    if (!a->list.len != !b->list.len)
        return !a->list.len;
    if (n != m)
        return n < m;
    return a->of->type != b->of->type ? a->of->type < b->of->type : str_cmp(a->of->bytes, b->of->bytes) < 0;
}

static const struct own *own_of(const struct row *x, const struct own *v)
{
    for (size_t i = 0; i < x->n_values; i++)
        if (is_same(&x->values[i], v->type, v->bytes))
            return &x->values[i];
    return NULL;
}

/* Some other row has it; of one that has versions, perhaps its own. */
static bool is_beyond(const struct row *x, const struct slow_value *v)
{
    const struct own *a = *x->id ? own_of(x, v->of) : NULL;

    return v->n_same > (a && a->is_own) || v->n_derived > (a && a->is_derived);
}

static bool is_asked_for_more(const struct row *x, const struct slow_value *v)
{
    const struct own *a = own_of(x, v->of);

    return a && a->is_own && (clue_is_net(a->type) || clue_is_fuzzy(a->type));
}

/* `v` lies in the network `net`, or is it. */
static bool lies_in(const struct own *v, const struct own *net)
{
    return contains(net, v) || (v->is_own && is_same(v, net->type, net->bytes));
}

/* Objects with something in the network `v`, and near the hash. */
static void slow_around(const struct bench *b, struct slow_value *v, int level)
{
    for (size_t i = 0; i < b->n_rows; i++) {
        const struct row *y = &b->rows[i];
        bool is_in = false, is_near = false;

        for (size_t m = 0; y->level <= level && m < y->n_values; m++) {
            is_in = is_in || (clue_is_net(v->of->type) && v->of->is_own && lies_in(&y->values[m], v->of));
            is_near = is_near || (y->values[m].type == v->of->type && clue_nearness(v->of->type, v->of->bytes, y->values[m].bytes));
        }
        v->n_within += is_in;
        v->n_near += is_near;
    }
}

/* The values of the row `x`, which is the one asked for, and networks around them, with their counts. */
static void slow_values(const struct bench *b, struct slow *s, const struct row *x, int level, const struct correlate_limits *limits)
{
    uint64_t left = limits->walked;

    for (size_t i = 0; i < x->n_values; i++)
        slow_value(s, &x->values[i]);
    for (size_t i = 0; i < b->n_rows; i++)
        for (size_t m = 0; b->rows[i].level <= level && m < b->rows[i].n_values; m++)
            for (size_t v = 0; v < x->n_values; v++)
                if (contains(&b->rows[i].values[m], &x->values[v]))
                    slow_value(s, &b->rows[i].values[m])->is_network = true;
    for (size_t i = 0; i < b->n_rows; i++)
        for (size_t m = 0; b->rows[i].level <= level && m < b->rows[i].n_values; m++)
            for (size_t v = 0; v < s->n_values; v++)
                if (is_same(s->values[v].of, b->rows[i].values[m].type, b->rows[i].values[m].bytes)) {
                    s->values[v].n_same += b->rows[i].values[m].is_own;
                    s->values[v].n_derived += b->rows[i].values[m].is_derived;
                }
    for (size_t v = 0; v < s->n_values; v++)
        if (is_asked_for_more(x, &s->values[v]))
            slow_around(b, &s->values[v], level);
    for (size_t v = 0; v < s->n_values; v++)
        s->values[v].list = known_list(b->known, s->values[v].of->type, s->values[v].of->bytes);
    for (;;) {
        struct slow_value *next = NULL;

        for (size_t v = 0; v < s->n_values; v++) {
            uint64_t n = s->values[v].n_same + s->values[v].n_derived;

            if (!s->values[v].is_walked && (is_beyond(x, &s->values[v]) || is_asked_for_more(x, &s->values[v])) && n <= limits->hot && n <= left && (!next || walks_before(&s->values[v], next)))
                next = &s->values[v];
        }
        if (!next)
            return;
        next->is_walked = true;
        left -= next->n_same + next->n_derived;
    }
}

static bool is_registered(const struct own *v)
{
    return v->type == CLUE_DOMAIN && str_eq(suffix_registered(v->bytes), v->bytes);
}

/* How `x`, for which it is `a` or nothing, shares it with one in which it stands as it is, or from which it was derived. */
static enum correlate_way slow_way(const struct own *a, const struct slow_value *v, bool is_derived)
{
    if (!is_derived && a && a->is_own)
        return CORRELATE_SAME;
    if (!is_derived && v->is_network)
        return CORRELATE_NETWORK;
    return is_registered(v->of) && (is_derived || !a || !a->is_host) ? CORRELATE_REGISTERED : CORRELATE_HOST;
}

/* The strongest way, then the rarest. */
static void slow_reason(struct slow_related *r, const struct slow_value *v, enum correlate_way way, uint64_t n, unsigned nearness)
{
    size_t i = 0;

    while (i < r->n_reasons && r->reasons[i].value != v)
        i++;
    assert_true(i < ARRAY_LEN(r->reasons));
    if (i == r->n_reasons) {
        r->reasons[i].value = v;
        r->n_reasons++;
    } else if (way > r->reasons[i].way || (way == r->reasons[i].way && way == CORRELATE_NEAR && nearness <= r->reasons[i].nearness) ||
               (way == r->reasons[i].way && way != CORRELATE_NEAR && n >= r->reasons[i].n)) {
        return;
    }
    r->reasons[i].way = way;
    r->reasons[i].n = n;
    r->reasons[i].nearness = nearness;
}

/* What is not shared itself. */
static void slow_pair_around(struct slow_related *r, const struct row *x, const struct row *y, const struct slow_value *v)
{
    if (!is_asked_for_more(x, v))
        return;
    for (size_t m = 0; m < y->n_values; m++) {
        unsigned nearness = y->values[m].type == v->of->type ? clue_nearness(v->of->type, v->of->bytes, y->values[m].bytes) : 0;
        bool is_in = clue_is_net(v->of->type) && lies_in(&y->values[m], v->of);

        if (is_in)
            slow_reason(r, v, CORRELATE_WITHIN, v->n_within, 0);
        if (nearness)
            slow_reason(r, v, CORRELATE_NEAR, v->n_near, nearness);
        if (is_in || nearness)
            r->row = !r->row || y->minute > r->row->minute ? y : r->row;
    }
}

static void slow_pair(struct slow_related *r, const struct row *x, const struct row *y, const struct slow_value *v)
{
    const struct own *a = own_of(x, v->of), *c = own_of(y, v->of);

    if (!v->is_walked || !c || (!a && !(v->is_network && c->is_own)))
        return;
    if (c->is_own)
        slow_reason(r, v, slow_way(a, v, false), v->n_same, 0);
    if (c->is_derived)
        slow_reason(r, v, slow_way(a, v, true), v->n_derived, 0);
    r->row = !r->row || y->minute > r->row->minute ? y : r->row;
}

static const struct row *newest(const struct bench *b, const char *id, int level)
{
    const struct row *x = NULL;

    for (size_t i = 0; i < b->n_rows; i++)
        if (b->rows[i].level <= level && !strcmp(b->rows[i].id, id) && (!x || b->rows[i].minute > x->minute))
            x = &b->rows[i];
    return x;
}

static void slow_correlate(const struct bench *b, const struct row *x, int level, const struct correlate_limits *limits, struct slow *s)
{
    s->n_values = s->n_related = 0;
    slow_values(b, s, x, level, limits);
    for (size_t i = 0; i < b->n_rows; i++) {
        const struct row *y = &b->rows[i];
        struct slow_related *r = s->related;

        if (y->level > level || !strcmp(y->id, x->id))
            continue;
        while (r < s->related + s->n_related && strcmp(r->row->id, y->id))
            r++;
        if (r == s->related + s->n_related)
            *r = (struct slow_related){.row = NULL};
        for (size_t v = 0; v < s->n_values; v++)
            slow_pair(r, x, y, &s->values[v]);
        for (size_t v = 0; v < s->n_values; v++)
            slow_pair_around(r, x, y, &s->values[v]);
        s->n_related += r == s->related + s->n_related && r->row;
    }
    for (size_t i = 0; i < s->n_related; i++) {
        struct slow_related *r = &s->related[i];

        r->apart = x->minute && r->row->minute ? abs(x->minute - r->row->minute) : -1;
        for (size_t m = 0; m < r->n_reasons; m++) {
            const struct slow_value *v = r->reasons[m].value;
            unsigned points = v->list.len ? 0 : correlate_points(r->reasons[m].way, v->of->type, v->of->bytes, r->reasons[m].n);

            r->strength += r->reasons[m].way == CORRELATE_NEAR ? points * r->reasons[m].nearness / 100 : points;
        }
    }
}

/* ---- comparing ---- */

static const struct slow_related *slow_of(const struct slow *s, struct str id)
{
    for (size_t i = 0; i < s->n_related; i++)
        if (str_eq(str_of(s->related[i].row->id), id))
            return &s->related[i];
    fprintf(stderr, "%.*s is not related\n", STR_ARG(id));
    abort();
}

static void compare_reasons(const struct slow_related *want, const struct correlate_related *got)
{
    assert_int_equal(got->n_reasons, want->n_reasons);
    for (size_t i = 0; i < got->n_reasons; i++) {
        const struct correlate_reason *reason = &got->reasons[i];
        size_t m = 0;

        while (m < want->n_reasons && !is_same(want->reasons[m].value->of, reason->value->type, reason->value->bytes))
            m++;
        assert_true(m < want->n_reasons);
        assert_int_equal(reason->way, want->reasons[m].way);
        assert_int_equal(reason->n, want->reasons[m].n);
        assert_int_equal(reason->nearness, want->reasons[m].nearness);
        assert_int_equal(reason->value->n_same, want->reasons[m].value->n_same);
        assert_int_equal(reason->value->n_derived, want->reasons[m].value->n_derived);
        assert_true(str_eq(reason->value->list, want->reasons[m].value->list));
        assert_true(i == 0 || got->reasons[i - 1].points >= reason->points);
    }
}

static void compare(const struct slow *want, const struct correlation *got)
{
    assert_int_equal(got->n_related, want->n_related);
    for (size_t i = 0; i < got->n_related; i++) {
        const struct correlate_related *r = &got->related[i], *last = i ? r - 1 : NULL;
        const struct slow_related *w = slow_of(want, r->id);

        compare_reasons(w, r);
        assert_int_equal(r->strength, w->strength);
        assert_int_equal(r->apart_us, w->apart < 0 ? -1 : w->apart * INT64_C(60000000));
        assert_true(str_eq(r->version, str_of(w->row->version)));
        assert_true(!last || last->strength > r->strength ||
                    (last->strength == r->strength && ((uint64_t)last->apart_us < (uint64_t)r->apart_us ||
                                                       (last->apart_us == r->apart_us && str_cmp(last->id, r->id) < 0))));
    }
    for (size_t i = 0; i < got->n_values; i++)
        for (size_t m = 0; m < want->n_values; m++)
            if (is_same(want->values[m].of, got->values[i].type, got->values[i].bytes)) {
                assert_int_equal(got->values[i].is_walked, want->values[m].is_walked);
                assert_int_equal(got->values[i].n_same, want->values[m].n_same);
                assert_int_equal(got->values[i].n_derived, want->values[m].n_derived);
                assert_int_equal(got->values[i].n_within, want->values[m].n_within);
                assert_int_equal(got->values[i].n_near, want->values[m].n_near);
                assert_true(got->values[i].is_whole);
            }
}

static size_t compare_all(struct bench *b, struct slow *s, const struct correlate_limits *limits, size_t step)
{
    size_t n = 0;

    for (int level = 0; level < 3; level++)
        for (size_t i = 0; i < b->n_rows; i += step) {
            const struct row *x = newest(b, b->rows[i].id, level);
            struct correlation *c = NULL;
            int r = correlate(b->stock, b->sights[level], b->known, str_of(b->rows[i].id), limits, &c);

            assert_int_equal(r, x ? 0 : STOCK_E_NONE); /* out of sight is as not there */
            if (!x)
                continue;
            slow_correlate(b, x, level, limits, s);
            compare(s, c);
            n += c->n_related;
            correlation_free(c);
        }
    return n;
}

/* ---- tests ---- */

static void add_list(struct bench *b, const char *file, const char *text)
{
    struct diag diag;

    diag_init(&diag);
    if (known_add(b->known, file, str_of(text), &diag))
        fail_msg("%s", diag_first(&diag));
    diag_done(&diag);
    known_ready(b->known);
}

static void against_slow(enum place_kind kind, unsigned n)
{
    static const struct correlate_limits tight = {5000, 12, 60, 1000, 20000, 2000};
    struct slow *s = calloc(1, sizeof(*s));
    struct bench *b = calloc(1, sizeof(*b));

    assert_true(s && b);
    begin(b, kind);
    fill(b, n);
    assert_true(compare_all(b, s, &correlate_usual, 7) > 300);
    assert_true(compare_all(b, s, &tight, 5) > 100);
    add_list(b, "house.txt", "example1.co.jp\n192.0.2.0/27 # the exercise's\n00000000000000000000000000000002\n");
    assert_true(compare_all(b, s, &tight, 5) > 100);
    end(b);
    free(b);
    free(s);
}

static void on_sqlite(void **state)
{
    against_slow(PLACE_DIR, 90);
}

static void on_postgres(void **state)
{
    against_slow(PLACE_POSTGRES, 40);
}

/* The values asked for by themselves: as an object that holds one alone and that nobody has. */
static void of_values(void **state)
{
    static const char *const texts[] = {"192.0.2.1", "h1.example1.co.jp", "example2.co.jp", "http://h2.example2.co.jp/0", "2001:db8::7", "192.0.2.0/25",
                                        "00000000000000000000000000000001", "nowhere.example.com"};
    struct slow *s = calloc(1, sizeof(*s));
    struct bench *b = calloc(1, sizeof(*b));
    struct row *asked;
    struct clue v;

    assert_true(s && b);
    begin(b, PLACE_DIR);
    fill(b, 100);
    clue_init(&v);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct correlation *c = NULL;

        asked = &b->rows[b->n_rows];
        *asked = (struct row){.level = 9};
        b->before = CLUE_NONE;
        OK(clue_read(str_of(texts[i]), &v));
        OK(stix_clues_of(b->clues, &v, keep_value, b));
        slow_correlate(b, asked, 1, &correlate_usual, s);
        OK(correlate_clue(b->stock, b->sights[1], b->known, &v, &correlate_usual, &c));
        compare(s, c);
        assert_true((c->n_related > 0) == (i < 7));
        correlation_free(c);
        for (size_t m = 0; m < asked->n_values; m++)
            free((char *)asked->values[m].bytes.at);
        free(asked->values);
    }
    clue_done(&v);
    end(b);
    free(b);
    free(s);
}

/* A value in more objects than are walked is counted and told; the rare one beside it leads on. */
static void hot_values(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct correlation *c = NULL;
    size_t n_hot = 0;

    assert_non_null(b);
    begin(b, PLACE_DIR);
    for (unsigned i = 0; i < 300; i++) {
        struct row row = {.minute = 1 + (int)i % 200};

        snprintf(row.id, sizeof(row.id), "indicator--%08u-0000-4000-8000-000000000000", i);
        assert_true(asprintf(&row.text, "{\"n\": %u, \"type\": \"indicator\", \"pattern\": \"[ipv4-addr:value = '198.51.100.1' OR domain-name:value = 'r%u.example.jp']\"}",
                             i, i / 2) > 0);
        add(b, row);
    }
    open_run(b, 1, false);
    OK(correlate(b->stock, b->sights[2], NULL, str_of(b->rows[10].id), &(struct correlate_limits){5000, 299, 20000, 1000, 20000, 2000}, &c));
    for (size_t i = 0; i < c->n_values; i++)
        n_hot += !c->values[i].is_walked && (c->values[i].n_same == 300 || c->values[i].n_derived == 300);
    assert_int_equal(n_hot, 2); /* the address, and example.jp */
    assert_int_equal(c->n_related, 1);
    assert_true(str_eq(c->related[0].id, str_of(b->rows[11].id)));
    assert_int_equal(c->related[0].reasons[0].n, 2);
    correlation_free(c);
    OK(correlate(b->stock, b->sights[2], NULL, str_of(b->rows[10].id), &(struct correlate_limits){1, 299, 20000, 1000, 20000, 2000}, &c));
    assert_int_equal(c->n_left, 2);
    correlation_free(c);
    end(b);
    free(b);
}

/* A network with more in it than is walked, and a fuzzy hash of which everybody has a piece, are told as not whole; what is proposed is near for certain. */
static void bounds_of_what_is_around(void **state)
{
    static const struct correlate_limits whole = {5000, 1000, 20000, 1000, 20000, 2000}, tight = {5000, 1000, 20000, 50, 300, 20}, few = {5000, 1000, 20000, 1000, 20000, 3};
    struct bench *b = calloc(1, sizeof(*b));
    struct correlation *c = NULL;
    size_t n_part = 0, n_near = 0;

    assert_non_null(b);
    begin(b, PLACE_DIR);
    for (unsigned i = 0; i < 100; i++) {
        struct row row = {.minute = 1 + (int)i};

        snprintf(row.id, sizeof(row.id), "indicator--%08u-0000-4000-8000-000000000000", i);
        assert_true(asprintf(&row.text, "{\"n\": %u, \"type\": \"indicator\", \"pattern\": \"[ipv4-addr:value = '198.51.%u.1%s' OR file:hashes.SSDEEP = "
                                        "'96:MUPMinqP6%cwNQ7Q40L/iB3n2rIBrP%u:JkjRcePWsNVQza'] AND [file:hashes.TLSH = "
                                        "'T11FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FF%02X']\"}",
                             i, i, i ? "" : "/16", 'A' + (int)i % 26, i, i) > 0);
        add(b, row);
    }
    open_run(b, 1, false);
    OK(correlate(b->stock, b->sights[2], NULL, str_of(b->rows[0].id), &whole, &c));
    assert_int_equal(c->n_related, 99);
    for (size_t i = 0; i < c->n_values; i++)
        assert_true(c->values[i].is_whole);
    correlation_free(c);
    OK(correlate(b->stock, b->sights[2], NULL, str_of(b->rows[0].id), &tight, &c));
    for (size_t i = 0; i < c->n_values; i++) {
        n_part += !c->values[i].is_whole;
        assert_true(c->values[i].is_whole || c->values[i].type != CLUE_IPV4_NET || c->values[i].n_within == 100);
    }
    assert_true(n_part == 3);
    correlation_free(c);
    OK(correlate(b->stock, b->sights[2], NULL, str_of(b->rows[0].id), &few, &c));
    for (size_t i = 0; i < c->n_related; i++)
        for (size_t m = 0; m < c->related[i].n_reasons; m++)
            n_near += c->related[i].reasons[m].way == CORRELATE_NEAR;
    assert_true(n_near > 0 && n_near <= 6); /* two hashes of three objects, the one asked for perhaps among them */
    correlation_free(c);
    end(b);
    free(b);
}

/* ---- what a source says is not to be joined (CO5) ---- */

static const struct correlate_reason *reason_to(const struct correlation *c, const char *id)
{
    for (size_t i = 0; i < c->n_related; i++)
        if (str_eq(c->related[i].id, str_of(id)))
            return &c->related[i].reasons[0];
    fprintf(stderr, "%s is not related\n", id);
    abort();
}

static void add_apart(struct bench *b, unsigned number, const char *said)
{
    struct row row = {.minute = 1};

    snprintf(row.id, sizeof(row.id), "indicator--%08u-0000-4000-8000-000000000000", number);
    assert_true(asprintf(&row.text, "{\"n\": %u, \"type\": \"indicator\", \"pattern\": \"[ipv4-addr:value = '198.51.100.1']\", \"extensions\": {\"" MISP_EXTENSION
                                    "\": {\"misp\": {\"type\": \"ip-dst\"%s}}}}",
                         number, said) > 0);
    add(b, row);
}

static void add_seen(struct bench *b, unsigned number, const char *extension)
{
    struct row row = {.minute = 0};

    snprintf(row.id, sizeof(row.id), "ipv4-addr--%08u-0000-4000-8000-000000000000", number);
    assert_true(asprintf(&row.text, "{\"type\": \"ipv4-addr\", \"id\": \"%s\", \"value\": \"198.51.100.1\"%s}", row.id, extension) > 0);
    add(b, row);
}

/* An observable says so by itself; where another content of it does not, it is joined, whichever of the two came last. */
static void look_apart_as_seen(bool is_said_last)
{
    static const char *const said = ", \"extensions\": {\"" MISP_EXTENSION "\": {\"extension_type\": \"property-extension\", \"apart\": true}}";
    struct bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    begin(b, PLACE_DIR);
    add_apart(b, 1, "");
    add_seen(b, 2, said);
    add_seen(b, 3, is_said_last ? "" : said);
    open_run(b, 1, true);
    add_seen(b, 3, is_said_last ? said : "");
    open_run(b, 2, true);
    for (size_t i = 0; i < 3; i++) { /* each of them asked for */
        struct correlation *c = NULL;

        OK(correlate(b->stock, b->sights[0], NULL, str_of(b->rows[i].id), &correlate_usual, &c));
        assert_int_equal(c->n_related, 2);
        for (size_t m = 0; m < 3; m++)
            if (m != i)
                assert_int_equal(reason_to(c, b->rows[m].id)->points > 0, i != 1 && m != 1);
        correlation_free(c);
    }
    end(b);
    free(b);
}

static void apart_as_seen(void **state)
{
    look_apart_as_seen(false);
    look_apart_as_seen(true);
}

/* From either side: told, and for nothing; between two who say nothing it counts. */
static void apart(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct correlation *c = NULL;

    assert_non_null(b);
    begin(b, PLACE_DIR);
    add_apart(b, 1, "");
    add_apart(b, 2, ", \"disable_correlation\": true");
    add_apart(b, 3, ", \"disable_correlation\": false");
    add_apart(b, 4, ", \"disable_correlation\": \"1\"");
    open_run(b, 1, true);
    OK(correlate(b->stock, b->sights[0], NULL, str_of(b->rows[0].id), &correlate_usual, &c));
    assert_int_equal(c->n_related, 3);
    assert_true(!reason_to(c, b->rows[2].id)->is_apart && reason_to(c, b->rows[2].id)->points > 0);
    for (int i = 1; i < 4; i += 2)
        assert_true(reason_to(c, b->rows[i].id)->is_apart && !reason_to(c, b->rows[i].id)->points);
    correlation_free(c);
    OK(correlate(b->stock, b->sights[0], NULL, str_of(b->rows[1].id), &correlate_usual, &c));
    assert_int_equal(c->n_related, 3);
    for (size_t i = 0; i < c->n_related; i++)
        assert_true(c->related[i].reasons[0].is_apart && !c->related[i].strength);
    correlation_free(c);
    end(b);
    free(b);
}

/* ---- one pass (CO7) ---- */

struct passed {
    struct bench *b;
    int level;
    const struct correlate_limits *limits;
    size_t n, n_equal;
};

static size_t n_versions(const struct bench *b, struct str id, int level)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n_rows; i++)
        n += b->rows[i].level <= level && str_eq(str_of(b->rows[i].id), id);
    return n;
}

static bool is_in_pass(const struct correlate_reason *reason)
{
    return reason->way == CORRELATE_SAME || reason->way == CORRELATE_HOST || reason->way == CORRELATE_REGISTERED;
}

static bool is_by_pass(const struct correlate_related *o)
{
    for (size_t i = 0; i < o->n_reasons; i++)
        if (is_in_pass(&o->reasons[i]))
            return true;
    return false;
}

static const struct correlate_related *related_of(const struct correlation *c, struct str id)
{
    for (size_t i = 0; i < c->n_related; i++)
        if (str_eq(c->related[i].id, id))
            return &c->related[i];
    fprintf(stderr, "%.*s is not related\n", STR_ARG(id));
    abort();
}

static void compare_row(struct passed *x, const struct correlation *c, const struct correlate_pass_row *row)
{
    const struct correlate_related *o;
    struct stock_object other;
    bool is_exact = true;
    uint64_t points = 0;

    OK(stock_head(x->b->stock, x->b->sights[x->level], row->ref, &other));
    o = related_of(c, other.id);
    assert_true(is_by_pass(o));
    for (size_t i = 0; i < o->n_reasons; i++) {
        points += is_in_pass(&o->reasons[i]) ? o->reasons[i].points : 0;
        is_exact = is_exact && !o->reasons[i].value->is_host; /* which a pass cannot tell */
    }
    assert_true(row->strength <= points);
    if (is_exact && n_versions(x->b, other.id, x->level) == 1) {
        assert_int_equal(row->strength, points);
        x->n_equal++;
    }
}

/* Kept until the pass is over, as it may not be asked within. */
struct told_row {
    struct stock_ref of;
    struct correlate_pass_row row;
};
struct told_rows {
    struct told_row *at;
    size_t n;
};

static int keep_rows(struct stock_ref of, const struct correlate_pass_row *rows, size_t n, void *context)
{
    struct told_rows *t = context;

    t->at = reallocarray(t->at, t->n + n, sizeof(*t->at));
    assert_non_null(t->at);
    for (size_t i = 0; i < n; i++)
        t->at[t->n++] = (struct told_row){of, rows[i]};
    return 0;
}

static void compare_pass(struct passed *x, const struct row *of, const struct told_rows *t)
{
    struct bench *b = x->b;
    struct correlation *c = NULL;
    struct stock_object o;
    struct stock_ref ref;
    size_t n_pass = 0, n_question = 0;

    OK(stock_latest(b->stock, b->sights[x->level], str_of(of->id), &o));
    ref = o.ref;
    OK(correlate(b->stock, b->sights[x->level], b->known, str_of(of->id), x->limits, &c));
    for (size_t i = 0; i < c->n_related; i++)
        n_question += is_by_pass(&c->related[i]) ? n_versions(b, c->related[i].id, x->level) > 0 : 0;
    for (size_t i = 0; i < t->n; i++) {
        struct stock_object other;

        if (t->at[i].of.audience != ref.audience || t->at[i].of.number != ref.number)
            continue;
        compare_row(x, c, &t->at[i].row);
        OK(stock_head(b->stock, b->sights[x->level], t->at[i].row.ref, &other));
        n_pass += n_versions(b, other.id, x->level) == 1;
    }
    for (size_t i = 0; i < c->n_related; i++)
        n_question -= is_by_pass(&c->related[i]) && n_versions(b, c->related[i].id, x->level) > 1;
    assert_int_equal(n_pass, n_question);
    x->n += n_pass;
    correlation_free(c);
}

/* For each object the pass tells what the question tells, whoever asks; what is on a list with no strength. */
static void one_pass(enum place_kind kind, unsigned n)
{
    static const struct correlate_limits few = {5000, 12, 20000, 1000, 20000, 2000};
    struct bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    begin(b, kind);
    fill(b, n);
    add_list(b, "house.txt", "example1.co.jp\n00000000000000000000000000000002\n");
    for (int level = 0; level < 3; level++) {
        struct passed x = {.b = b, .level = level, .limits = level == 1 ? &few : &correlate_usual};
        struct correlate_pass_totals totals;
        struct told_rows t = {NULL};
        size_t n_rows = 0;

        OK(correlate_pass(b->stock, b->sights[level], b->known, x.limits, keep_rows, &t, &totals));
        for (size_t i = 0; i < b->n_rows; i++)
            n_rows += b->rows[i].level <= level;
        assert_true(totals.objects <= n_rows && totals.objects > n_rows / 2);
        assert_int_equal(totals.related, t.n);
        for (size_t i = 0; i < b->n_rows; i += 3)
            if (newest(b, b->rows[i].id, level))
                compare_pass(&x, &b->rows[i], &t);
        assert_true(x.n > (kind == PLACE_DIR ? 50 : 10) && x.n_equal > (kind == PLACE_DIR ? 20 : 3));
        free(t.at);
    }
    end(b);
    free(b);
}

static void pass_on_sqlite(void **state)
{
    one_pass(PLACE_DIR, 60);
}

static void pass_on_postgres(void **state)
{
    one_pass(PLACE_POSTGRES, 40);
}

/* ---- many runs (CO2) ---- */

static void merge_run(struct bench *b, int64_t run, bool is_next)
{
    bool more = true;

    while (more)
        OK(intel_merge(b->intel, run, is_next, &more));
    OK(stock_refresh(b->stock));
}

static size_t n_blocks(struct bench *b, const struct clue *v)
{
    ROWS_AUTO *row = NULL, *blocks = NULL;
    size_t n = 0;

    OK(STORE_ONE(b->intel, &row, STMT_INTEL_VALUE_GET, V_INT(v->type), V_INT(0), V_BLOB(v->bytes.at, v->bytes.len)));
    OK(STORE_QUERY(b->intel, &blocks, STMT_INTEL_POSTING_LIST, V_INT(b->audiences[0]), V_INT(0), V_INT(rows_int(row, 0)), V_INT(0)));
    while (rows_next(blocks) == 1)
        n++;
    return n;
}

static int next_in_order(struct stock_ref ref, void *context)
{
    int64_t *last = context;

    assert_true(ref.number > last[0]);
    last[0] = ref.number;
    last[1]++;
    return 0;
}

/* All of them, and those behind any one. */
static void sharing_is_whole(struct bench *b, const struct clue *v, int64_t n)
{
    int64_t last[2] = {-1, 0}, behind[2];
    uint64_t count;

    OK(stock_count(b->stock, b->sights[0], v, STOCK_AS_IT_IS, &count));
    assert_int_equal(count, n);
    OK(stock_sharing(b->stock, b->sights[0], v, STOCK_AS_IT_IS, (struct stock_ref){0, 0}, next_in_order, last));
    assert_int_equal(last[1], n);
    for (int64_t run = 1; run <= 40; run += 13) {
        struct stock_ref after = {b->audiences[0], run << 32};

        behind[0] = after.number;
        behind[1] = 0;
        OK(stock_sharing(b->stock, b->sights[0], v, STOCK_AS_IT_IS, after, next_in_order, behind));
        assert_int_equal(behind[1], 3 * (40 - run) + 2);
    }
}

/* Forty imports with three objects each that share an address, merged as they come, but for two that wait while later ones are merged. */
static void many_runs(enum place_kind kind)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct clue v;

    assert_non_null(b);
    begin(b, kind);
    clue_init(&v);
    OK(clue_read(STR("198.51.100.1"), &v));
    for (int64_t run = 1; run <= 40; run++) {
        for (int i = 0; i < 3; i++) {
            struct row row = {.minute = 1 + i};

            snprintf(row.id, sizeof(row.id), "indicator--%08u-0000-4000-8000-000000000000", (unsigned)(3 * run + i));
            assert_true(asprintf(&row.text, "{\"n\": %zu, \"type\": \"indicator\", \"pattern\": \"[ipv4-addr:value = '198.51.100.1']\"}", b->n_rows) > 0);
            add(b, row);
        }
        open_run(b, run, false);
        if (run != 7 && run != 20)
            merge_run(b, run, true); /* the waiting one is seen in the place, whatever is said here */
        if (run == 12)
            merge_run(b, 7, true);
        if (run == 30)
            merge_run(b, 20, false);
    }
    sharing_is_whole(b, &v, 120);
    assert_true(n_blocks(b, &v) <= 20 && n_blocks(b, &v) >= 10); /* of 40; those merged while another waited stay apart */
    clue_done(&v);
    end(b);
    free(b);
}

static void many_runs_on_sqlite(void **state)
{
    many_runs(PLACE_DIR);
}

static void many_runs_on_postgres(void **state)
{
    many_runs(PLACE_POSTGRES);
}

/* ---- real cases ---- */

static char *read_packed(const char *folder, const char *name)
{
    struct buf packed;
    char path[1000], *text;
    size_t n;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    buf_init(&packed, 64 << 20);
    if (file_read(path, 64 << 20, &packed, NULL)) {
        buf_done(&packed);
        return NULL;
    }
    if (!str_ends(str_of(name), STR(".zst")))
        return buf_take(&packed);
    text = calloc(1, UNPACKED_MAX + 1);
    if (!text)
        abort();
    n = ZSTD_decompress(text, UNPACKED_MAX, packed.at, packed.len);
    assert_false(ZSTD_isError(n));
    text[n] = '\0'; /* what is behind it was room to work in */
    buf_done(&packed);
    return text;
}

/* As whoever reads a report would enter it: one indicator with all of its values. */
static void add_case(struct bench *b, const json_t *of)
{
    struct row row = {.minute = 1 + (int)b->n_rows};
    struct buf text;
    struct clue v;
    const json_t *value;
    size_t i, n = 0;

    buf_init(&text, 4 << 20);
    clue_init(&v);
    snprintf(row.id, sizeof(row.id), "indicator--%08zu-0000-4000-8000-000000000000", b->n_rows);
    OK(buf_printf(&text, "{\"type\": \"indicator\", \"id\": \"%s\", \"pattern\": \"[", row.id));
    json_array_foreach(json_arr(of, "indicators"), i, value) {
        const char *s = json_string_value(value), *path = NULL;

        if (clue_read(str_of(s), &v))
            continue;
        path = v.type == CLUE_IPV4 ? "ipv4-addr:value" : v.type == CLUE_DOMAIN ? "domain-name:value" : v.type == CLUE_MD5 ? "file:hashes.MD5"
               : v.type == CLUE_SHA1 ? "file:hashes.'SHA-1'" : v.type == CLUE_SHA256 ? "file:hashes.'SHA-256'" : NULL;
        if (path)
            OK(buf_printf(&text, "%s%s = '%s'", n++ ? " OR " : "", path, s));
    }
    OK(buf_add_text(&text, n ? "]\"}" : "\"}"));
    row.text = buf_take(&text);
    clue_done(&v);
    add(b, row);
}

static size_t case_of(const json_t *names, const char *name)
{
    size_t i = 0;

    while (strcmp(json_string_value(json_array_get(names, i)), name))
        i++;
    return i;
}

/* The reason by which `id` is related. */
static const struct correlate_reason *reason_of(const struct correlation *c, const char *id, const struct clue *v)
{
    for (size_t i = 0; i < c->n_related; i++)
        for (size_t m = 0; str_eq(c->related[i].id, str_of(id)) && m < c->related[i].n_reasons; m++)
            if (c->related[i].reasons[m].value->type == v->type && str_eq(c->related[i].reasons[m].value->bytes, buf_str(&v->bytes)))
                return &c->related[i].reasons[m];
    fprintf(stderr, "%s is not related\n", id);
    abort();
}

/* Each pair of cases of each value that stands in several is found by it; what is marked as noise counts for nothing once it is on a list. */
static void check_shared(struct bench *b, const json_t *shared, const json_t *names)
{
    struct correlation **all = calloc(b->n_rows, sizeof(struct correlation *));
    size_t n_links = 0, n_noise = 0, i, k, m;
    const json_t *entry;
    struct clue v;

    clue_init(&v);
    assert_non_null(all);
    for (i = 0; i < b->n_rows; i++)
        OK(correlate(b->stock, b->sights[0], b->known, str_of(b->rows[i].id), &correlate_usual, &all[i]));
    json_array_foreach(shared, i, entry) {
        const json_t *cases = json_arr(entry, "cases");
        bool is_noise = *json_str(entry, "noise");

        if (clue_read(str_of(json_str(entry, "value")), &v)) {
            print_message("# no value of ours: %s\n", json_str(entry, "value"));
            continue;
        }
        for (k = 0; k < json_array_size(cases); k++)
            for (m = 0; m < json_array_size(cases); m++) {
                size_t from = case_of(names, json_string_value(json_array_get(cases, k))), to = case_of(names, json_string_value(json_array_get(cases, m)));
                const struct correlate_reason *reason;

                if (from == to)
                    continue;
                reason = reason_of(all[from], b->rows[to].id, &v);
                assert_int_equal(reason->way, CORRELATE_SAME);
                assert_int_equal(reason->points == 0, is_noise);
                n_links += !is_noise;
                n_noise += is_noise;
            }
    }
    print_message("# real cases: %zu links by values, %zu by what is on a list\n", n_links / 2, n_noise / 2);
    assert_true(n_links > 0 && n_noise > 0);
    for (i = 0; i < b->n_rows; i++)
        correlation_free(all[i]);
    free(all);
    clue_done(&v);
}

static void real_cases(void **state)
{
    const char *shared_data = getenv("SHARED_DATA");
    char folder[900], *cases, *shared_text;
    struct slow *s;
    struct bench *b;
    struct buf house;
    JSON_AUTO *shared = NULL;
    JSON_AUTO *names = json_array();
    const json_t *entry;
    struct str rest, line;
    struct diag diag;
    size_t i;

    diag_init(&diag);
    snprintf(folder, sizeof(folder), "%s/correlation", shared_data ? shared_data : "");
    cases = read_packed(folder, "cases.jsonl.zst");
    shared_text = read_packed(folder, "shared-values.json");
    if (!cases || !shared_text) {
        print_message("# left out: correlation of the shared data is not here\n");
        return;
    }
    s = calloc(1, sizeof(*s));
    b = calloc(1, sizeof(*b));
    assert_true(s && b);
    begin(b, PLACE_DIR);
    for (rest = str_of(cases); str_split(&rest, '\n', &line) && line.len;) {
        JSON_AUTO *of = NULL;

        if (json_parse(line, JSON_LIMITS_DEFAULT, &of, &diag))
            fail_msg("%s", diag_first(&diag));
        json_array_append_new(names, json_string(json_str(of, "case")));
        add_case(b, of);
    }
    open_run(b, 1, true);
    OK(json_parse(str_of(shared_text), JSON_LIMITS_DEFAULT, &shared, NULL));
    buf_init(&house, 1 << 20);
    OK(buf_add_text(&house, "{\"name\": \"Noise\", \"type\": \"string\", \"list\": [\"192.0.2.1\""));
    json_array_foreach(shared, i, entry)
        if (*json_str(entry, "noise"))
            OK(buf_printf(&house, ", \"%s\"", json_str(entry, "value")));
    OK(buf_add_text(&house, "]}"));
    add_list(b, "noise.json", house.at);
    check_shared(b, shared, names);
    compare_all(b, s, &correlate_usual, 40);
    buf_done(&house);
    end(b);
    free(b);
    free(s);
    free(cases);
    free(shared_text);
    diag_done(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_sqlite), cmocka_unit_test(on_postgres), cmocka_unit_test(of_values), cmocka_unit_test(hot_values),
        cmocka_unit_test(bounds_of_what_is_around), cmocka_unit_test(apart_as_seen), cmocka_unit_test(apart), cmocka_unit_test(pass_on_sqlite), cmocka_unit_test(pass_on_postgres),
        cmocka_unit_test(many_runs_on_sqlite), cmocka_unit_test(many_runs_on_postgres), cmocka_unit_test(real_cases),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests_name("correlate", tests, NULL, NULL);
}
