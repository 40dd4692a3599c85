/* What objects are found by is the same whether it is written a segment at a time or for many at once, on SQLite and PostgreSQL: ids, values, postings, lives and
 * ends, of three levels, with what comes again in other segments, and with values and sightings that go over segments (doc/design/intelligence.md, ST6). */
#include "intel/clue.h"
#include "store-place.h"
#include "store/intel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define DAY_US (INT64_C(86400) * 1000000)
#define SEGMENTS 12

static const struct decay decay = {.threshold = 10, .of = {[DECAY_ADDRESS] = {10, DECAY_STEADY}, [DECAY_URL] = {30, DECAY_EARLY}}};

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* ---- writing ---- */

static void add_values(struct segment_writer *w, uint64_t *seed, uint64_t which)
{
    char value[40];

    for (uint64_t n = next(seed) % 4; n; n--) {
        snprintf(value, sizeof(value), "v%llu", (unsigned long long)(next(seed) % (n == 1 ? 7 : 400)));
        OK(segment_writer_value(w, (uint8_t)(1 + next(seed) % 3), next(seed) % 2, str_of(value)));
    }
    snprintf(value, sizeof(value), "own%llu", (unsigned long long)which);
    OK(segment_writer_value(w, CLUE_DOMAIN, false, str_of(value)));
}

/* One of 300 objects, each always of the same content but for what it is seeded with. */
static void add_object(struct segment_writer *w, uint64_t which)
{
    uint64_t seed = which * 2654435761u + 1;
    char id[80], of[80] = "", text[200];
    struct segment_object o = {.tlp = (uint8_t)(which % 5), .version = STR("2026-04-10T09:00:00"), .length = 5, .packed = STR("bytes")};

    o.life = which % 3 == 0 ? SEGMENT_INDICATOR : which % 3 == 1 ? SEGMENT_SIGHTING : SEGMENT_LIFELESS;
    o.type = o.life == SEGMENT_INDICATOR ? STR("indicator") : STR("tool");
    snprintf(id, sizeof(id), "%.*s--%llu", STR_ARG(o.type), (unsigned long long)(which / 7 * 7)); /* seven contents of an id */
    if (o.life == SEGMENT_SIGHTING)
        snprintf(of, sizeof(of), "indicator--%llu indicator--%llu", (unsigned long long)(next(&seed) % 40 * 7), (unsigned long long)(280 + next(&seed) % 2 * 7));
    o.of = str_of(of);
    o.id = str_of(id);
    o.decay_class = which % 2 ? DECAY_ADDRESS : DECAY_URL;
    o.at_us = (int64_t)(which % 50) * DAY_US;
    o.until_us = o.life == SEGMENT_INDICATOR ? (which % 4 ? DECAY_NEVER : 60 * DAY_US) : 0;
    o.n = o.life == SEGMENT_SIGHTING;
    snprintf(text, sizeof(text), "%s %llu", id, (unsigned long long)which);
    o.digest = o.sum = sha256(str_of(text));
    add_values(w, &seed, which);
    OK(segment_writer_add(w, &o));
}

static void write_run(struct store *intel, const struct intel_writing *writing)
{
    struct segment_writer *w = segment_writer_new();
    struct intel_totals totals;
    uint64_t seed = 1, n_known, all_known = 0;
    struct buf message;

    assert_non_null(w);
    buf_init(&message, SEGMENT_SIZE_MAX);
    for (int64_t n = 0; n < SEGMENTS; n++) {
        struct segment segment;
        struct digest digest;

        segment_writer_clear(w);
        buf_clear(&message);
        for (int i = 0; i < 40; i++)
            add_object(w, next(&seed) % 300);
        OK(segment_writer_print(w, &message));
        OK(segment_read(buf_str(&message), &segment));
        digest = sha256(buf_str(&message));
        OK(intel_write(intel, writing, n, &segment, &digest, &n_known));
        all_known += n_known;
        OK(intel_write(intel, writing, n, &segment, &digest, &n_known)); /* its answer was lost */
        segment_done(&segment);
    }
    OK(intel_finish(intel, writing, &totals));
    assert_int_equal(all_known + (uint64_t)totals.n_objects, 40 * SEGMENTS);
    assert_true(all_known > 100);
    segment_writer_free(w);
    buf_done(&message);
}

/* ---- all that stands of it, without numbers, which are given by chance ---- */

struct lines {
    struct store *intel;
    const struct intel_writing *w;
    char *at[8000];
    size_t n;
};

static void object_name(const struct lines *l, int64_t audience, int64_t number, char ret[80])
{
    ROWS_AUTO *row = NULL;

    OK(STORE_ONE(l->intel, &row, STMT_INTEL_OBJECT_HEAD, V_INT(audience), V_INT(number >> 32), V_INT(number & UINT32_MAX)));
    snprintf(ret, 80, "%s/%02x%02x%02x", rows_text(row, 1), (uint8_t)rows_blob(row, 5).at[0], (uint8_t)rows_blob(row, 5).at[1], (uint8_t)rows_blob(row, 5).at[2]);
}

static void line(struct lines *l, const char *text)
{
    assert_true(l->n < ARRAY_LEN(l->at));
    l->at[l->n] = strdup(text);
    assert_non_null(l->at[l->n++]);
}

/* Whichever audience it lies in. */
static int64_t find_audience(const struct lines *l, int64_t number)
{
    for (unsigned i = 0; i < STORE_INTEL_LEVELS; i++) {
        ROWS_AUTO *row = NULL;

        if (!STORE_ONE(l->intel, &row, STMT_INTEL_OBJECT_HEAD, V_INT(l->w->audiences[i]), V_INT(number >> 32), V_INT(number & UINT32_MAX)))
            return l->w->audiences[i];
    }
    fail_msg("no such object");
    return 0;
}

static void tell_idents(struct lines *l, unsigned level)
{
    ROWS_AUTO *rows = NULL;
    int64_t audience = l->w->audiences[level];
    char text[400], name[80];

    OK(STORE_QUERY(l->intel, &rows, STMT_INTEL_IDENT_ALL, V_INT(audience), V_INT(l->w->run), V_TEXT(""), V_TEXT(""), V_INT(0)));
    while (rows_next(rows) == 1) {
        ROWS_AUTO *life = NULL;

        object_name(l, audience, rows_int(rows, 2), name);
        snprintf(text, sizeof(text), "ident %u %s %s %s", level, rows_text(rows, 0), rows_text(rows, 1), name);
        line(l, text);
        if (!STORE_ONE(l->intel, &life, STMT_INTEL_LIFE_GET, V_TEXT(rows_text(rows, 0)), V_INT(rows_int(rows, 2)), V_INT(audience))) {
            snprintf(text, sizeof(text), "life %u %s %lld %lld %lld", level, name, (long long)rows_int(life, 0), (long long)rows_int(life, 1),
                     (long long)rows_int(life, 2));
            line(l, text);
        }
    }
}

static void tell_postings(struct lines *l, unsigned level)
{
    ROWS_AUTO *rows = NULL;
    int64_t audience = l->w->audiences[level];
    char text[400], name[80];

    OK(STORE_QUERY(l->intel, &rows, STMT_INTEL_POSTING_ALL, V_INT(audience), V_INT(l->w->run), V_INT(0), V_INT(0), V_INT(255)));
    while (rows_next(rows) == 1) {
        int64_t number = rows_int(rows, 1), n = 1;
        struct str block = rows_blob(rows, 3);

        do {
            object_name(l, audience, number, name);
            snprintf(text, sizeof(text), "posting %u %lld %lld %.*s %s", level, (long long)rows_int(rows, 4), (long long)rows_int(rows, 5),
                     STR_ARG(rows_blob(rows, 6)), name);
            line(l, text);
        } while (block.len && intel_block_next(&block, &number) && ++n);
        assert_int_equal(block.len, 0);
        assert_int_equal(rows_int(rows, 2), n);
    }
}

static void tell_ends(struct lines *l, unsigned level)
{
    ROWS_AUTO *rows = NULL;
    int64_t audience = l->w->audiences[level];
    char text[400], name[80], told[80];

    OK(STORE_QUERY(l->intel, &rows, STMT_INTEL_ENDING_LIST, V_INT(audience), V_INT(l->w->run), V_INT(-1), V_INT(0), V_INT(0), V_INT(0)));
    while (rows_next(rows) == 1) {
        object_name(l, rows_int(rows, 2), rows_int(rows, 1), name);
        object_name(l, find_audience(l, rows_int(rows, 3)), rows_int(rows, 3), told);
        snprintf(text, sizeof(text), "end %u %lld %s %lld %s", level, (long long)rows_int(rows, 0), name, (long long)rows_int(rows, 2), told);
        line(l, text);
    }
}

static int line_cmp(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void tell_all(struct lines *l)
{
    for (unsigned level = 0; level < STORE_INTEL_LEVELS; level++) {
        tell_idents(l, level);
        tell_postings(l, level);
        tell_ends(l, level);
    }
    qsort(l->at, l->n, sizeof(*l->at), line_cmp);
}

static void forget(struct lines *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->at[i]);
    free(l);
}

/* ---- the ways ---- */

static struct lines *written_by(enum place_kind kind, size_t pending_max, bool is_remembered)
{
    struct intel_writing w = {.run = 1, .audiences = {11, 12, 13}, .decay = &decay, .pending_max = pending_max, .seen = is_remembered ? intel_seen_new() : NULL};
    struct lines *l = calloc(1, sizeof(*l));
    struct store *store, *intel;
    struct place place;
    const char *db;

    OK(place_start(&place, kind));
    db = place_fresh(&place);
    OK(store_create(db, &store, NULL));
    OK(intel_open(db, STORE_WRITE, &intel, NULL));
    write_run(intel, &w);
    assert_non_null(l);
    l->intel = intel;
    l->w = &w;
    tell_all(l);
    intel_seen_free(w.seen);
    store_close(intel);
    store_close(store);
    place_stop(&place);
    return l;
}

static void assert_same(const struct lines *a, const struct lines *b)
{
    for (size_t i = 0; i < MIN_OF(a->n, b->n); i++)
        assert_string_equal(a->at[i], b->at[i]);
    assert_int_equal(a->n, b->n);
}

static void same_by_all_ways(void **state)
{
    struct lines *alone = written_by(PLACE_DIR, 1, false);
    static const struct {
        enum place_kind kind;
        size_t pending_max;
        bool is_remembered;
    } ways[] = {{PLACE_DIR, 0, true}, {PLACE_DIR, 0, false}, {PLACE_DIR, 12000, true}, {PLACE_DIR, 1, true}, {PLACE_POSTGRES, 0, true}, {PLACE_POSTGRES, 12000, false}};

    assert_true(alone->n > 1000);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        struct lines *l = written_by(ways[i].kind, ways[i].pending_max, ways[i].is_remembered);

        assert_same(alone, l);
        forget(l);
    }
    forget(alone);
}

/* Two runs by turns, with one memory of what is there. */
static void by_turns(void **state)
{
    struct intel_writing w = {.audiences = {11, 11, 11}, .decay = &decay, .seen = intel_seen_new()};
    struct segment_writer *writer = segment_writer_new();
    struct segment segment;
    struct digest digest;
    struct buf message;
    struct store *store, *intel;
    struct intel_totals totals;
    struct place place;
    const char *db;

    OK(place_start(&place, PLACE_DIR));
    db = place_fresh(&place);
    OK(store_create(db, &store, NULL));
    OK(intel_open(db, STORE_WRITE, &intel, NULL));
    buf_init(&message, SEGMENT_SIZE_MAX);
    for (uint64_t i = 0; i < 50; i++)
        add_object(writer, i);
    OK(segment_writer_print(writer, &message));
    OK(segment_read(buf_str(&message), &segment));
    for (int64_t n = 0; n < 3; n++)
        for (w.run = 1; w.run < 3; w.run++) {
            uint64_t n_known;

            digest = sha256(buf_str(&message));
            digest.bytes[0] ^= (uint8_t)n;
            OK(intel_write(intel, &w, n, &segment, &digest, &n_known));
            assert_int_equal(n_known, n ? 50 : 0);
        }
    for (w.run = 1; w.run < 3; w.run++) {
        OK(intel_finish(intel, &w, &totals));
        assert_int_equal(totals.n_objects, 50);
        assert_int_equal(totals.n_segments, 3);
    }
    segment_done(&segment);
    segment_writer_free(writer);
    buf_done(&message);
    intel_seen_free(w.seen);
    store_close(intel);
    store_close(store);
    place_stop(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_by_all_ways),
        cmocka_unit_test(by_turns),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
