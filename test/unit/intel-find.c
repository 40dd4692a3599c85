/* Objects by their words, types and references, on SQLite and on a real PostgreSQL, held against a slow reference that folds every text of every object and
 * looks through it: hits, their order and number, pages, newest versions alone, nothing of what is out of sight, the same before and after merging; a word
 * that everything has stays bounded (FO1 to FO6, LB2, LB5 of doc/design/intelligence.md). */
#include "intel/stock-find.h"
#include "intel/pack.h"
#include "intel/stix-keys.h"
#include "store-place.h"
#include "store/intel.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <stdlib.h>
#include <zstd.h>

#define OK(call) assert_int_equal((call), 0)
#define ROWS_MAX 8000u

struct row {
    char id[80], type[20], version[32], name[120], description[200], refers[80], maker[80];
    int level;
};

struct bench {
    struct place place;
    const char *db;
    struct store *store, *intel;
    struct stock *stock;
    struct audience_table *table;
    struct sight *sights[2]; /* who sees level 1; who sees all */
    int64_t audiences[3];
    struct segment_writer *writer;
    struct stix_keys *keys;
    struct scanner *scanner;
    struct row *rows;
    size_t n_rows;
    int64_t n_runs, n_sent;
    uint64_t seed;
};

/* ---- a place with three audiences ---- */

static void have_audiences(struct bench *b)
{
    struct arena *a = arena_new(1 << 20);
    const char *keys[3];

    OK(store_begin(b->store));
    for (int i = 0; i < 3; i++) {
        struct audience au = {.label_id = "test/intel"};
        char unit[2] = {(char)('a' + i), '\0'};
        struct label_set range;

        keys[i] = admit_unit(a, unit);
        OK(label_set_make(a, &keys[i], 1, &range));
        OK(label_make(a, i + 1, 1, 1, (struct label_set){NULL, 0}, &range, 1, &au.label));
        OK(audience_intern(b->store, &au, &b->audiences[i]));
    }
    OK(store_commit(b->store));
    b->table = audience_table_new();
    OK(audience_table_refresh(b->table, b->store, NULL, NULL));
    OK(sight_new(b->table, keys, 1, &b->sights[0]));
    OK(sight_new(b->table, keys, 3, &b->sights[1]));
    arena_free(a);
}

static void begin(struct bench *b, enum place_kind kind)
{
    *b = (struct bench){.seed = 20262};
    OK(place_start(&b->place, kind));
    b->db = place_fresh(&b->place);
    OK(store_create(b->db, &b->store, NULL));
    OK(intel_open(b->db, STORE_WRITE, &b->intel, NULL));
    have_audiences(b);
    OK(stock_open(b->db, b->store, &b->stock, NULL));
    b->writer = segment_writer_new();
    b->keys = stix_keys_new();
    b->scanner = scanner_new(64 << 20);
    b->rows = calloc(ROWS_MAX, sizeof(*b->rows));
    assert_true(b->writer && b->keys && b->scanner && b->rows);
}

static void end(struct bench *b)
{
    free(b->rows);
    scanner_free(b->scanner);
    stix_keys_free(b->keys);
    segment_writer_free(b->writer);
    stock_close(b->stock);
    sight_free(b->sights[0]);
    sight_free(b->sights[1]);
    audience_table_free(b->table);
    store_close(b->intel);
    store_close(b->store);
    place_stop(&b->place);
}

/* ---- objects ---- */

static int add_key(enum stix_key kind, struct str bytes, void *context)
{
    return segment_writer_value(context, (uint8_t)kind, false, bytes);
}

static void add(struct bench *b, const struct row *row)
{
    struct segment_object o = {.tlp = (uint8_t)(row->level == 0 ? TLP_CLEAR : row->level == 1 ? TLP_AMBER : TLP_RED)};
    const struct scan_value *root;
    struct scan_place place;
    char text[900], packed[1200];

    assert_true(b->n_rows < ROWS_MAX);
    b->rows[b->n_rows++] = *row;
    snprintf(text, sizeof(text), "{\"type\":\"%s\",\"id\":\"%s\",\"version\":\"%s\",\"name\":\"%s\",\"description\":\"%s\",\"created_by_ref\":\"%s\",\"x\":{\"y\":[{\"object_ref\":\"%s\"}]}}",
             row->type, row->id, row->version, row->name, row->description, row->maker, row->refers);
    buf_init(&place.path, 1000);
    if (scanner_read(b->scanner, str_of(text), &root, &place))
        fail_msg("%s", text);
    buf_done(&place.path);
    OK(stix_keys(b->keys, root, add_key, b->writer));
    o.type = str_of(row->type);
    o.id = str_of(row->id);
    o.version = str_of(row->version);
    o.length = (uint32_t)strlen(text);
    o.packed = (struct str){packed, ZSTD_compress(packed, sizeof(packed), text, o.length, 1)};
    o.sum = o.digest = sha256(str_of(text));
    OK(segment_writer_add(b->writer, &o));
}

static void send(struct bench *b)
{
    CLEANUP(buf_done) struct buf message;
    struct intel_writing w = {.run = b->n_runs + 1};
    struct segment segment;
    struct digest digest;
    uint64_t n_known;

    memcpy(w.audiences, b->audiences, sizeof(w.audiences));
    buf_init(&message, SEGMENT_SIZE_MAX);
    OK(segment_writer_print(b->writer, &message));
    OK(segment_read(buf_str(&message), &segment));
    digest = sha256(buf_str(&message));
    OK(intel_write(b->intel, &w, b->n_sent++, &segment, &digest, &n_known));
    segment_done(&segment);
    segment_writer_clear(b->writer);
}

static void begin_run(struct bench *b)
{
    char record[32];

    snprintf(record, sizeof(record), "II-2026-%04d", (int)b->n_runs + 1);
    OK(store_begin(b->store));
    OK(STORE_RUN(b->store, STMT_INTEL_RUN_BEGIN, V_INT(b->n_runs + 1), V_TEXT(record), V_TEXT("IC-2026-0001"), V_TEXT("p1"), V_INT(0), V_INT(b->audiences[0]),
                 V_INT(b->audiences[1]), V_INT(b->audiences[2]), V_INT(1), V_TEXT(""), V_TEXT("")));
    OK(store_commit(b->store));
}

static void open_run(struct bench *b)
{
    struct intel_writing w = {.run = ++b->n_runs};
    struct intel_totals t;

    memcpy(w.audiences, b->audiences, sizeof(w.audiences));
    OK(intel_finish(b->intel, &w, &t));
    OK(store_begin(b->store));
    OK(STORE_RUN(b->store, STMT_INTEL_RUN_OPEN, V_INT(w.run), V_INT(w.run), V_INT(w.run * 1000000), V_INT(t.n_objects), V_TEXT("")));
    OK(store_commit(b->store));
    OK(stock_refresh(b->stock));
    b->n_sent = 0;
}

static void merge_some(struct bench *b, int64_t run, unsigned steps)
{
    bool more = true;

    for (unsigned i = 0; more && i < steps; i++)
        OK(intel_merge(b->intel, run, true, &more));
}

/* ---- the slow reference ---- */

static bool is_newest(const struct bench *b, size_t i, int level)
{
    for (size_t k = 0; k < b->n_rows; k++)
        if (b->rows[k].level <= level && !strcmp(b->rows[k].id, b->rows[i].id) && strcmp(b->rows[k].version, b->rows[i].version) > 0)
            return false;
    return b->rows[i].level <= level;
}

/* 3: it has none of the ranks. */
static unsigned slow_rank(const struct row *row, const struct fold_words *words)
{
    const char *texts[] = {row->name, row->description};
    unsigned in_names = 0, in_texts = 0, all = (1u << words->n) - 1;
    bool is_called = false;

    for (int t = 0; t < 2; t++) {
        struct folded f;

        folded_init(&f, 1000);
        OK(fold(str_of(texts[t]), &f));
        for (size_t w = 0; w < words->n; w++)
            if (folded_find(&f, &words->at[w], 0) != SIZE_MAX) {
                in_texts |= 1u << w;
                in_names |= t ? 0 : 1u << w;
            }
        folded_drop_sound(&f);
        is_called |= !t && f.n && stix_name_is(&f, words);
        folded_done(&f);
    }
    return is_called ? STOCK_CALLED : in_names == all ? STOCK_IN_NAMES : in_texts != all ? 99 : strcmp(row->type, "relationship") ? STOCK_IN_TEXTS : STOCK_IN_LINKS;
}

struct walk {
    const struct bench *b;
    const struct fold_words *words;
    int level;
    unsigned last;
    int64_t last_number;
    bool *seen;
    size_t n;
};

static int take_hit(const struct stock_hit *hit, void *context)
{
    struct walk *w = context;
    size_t i = 0;

    while (i < w->b->n_rows && (!str_eq(str_of(w->b->rows[i].id), hit->object->id) || !str_eq(str_of(w->b->rows[i].version), hit->object->version)))
        i++;
    assert_true(i < w->b->n_rows && !w->seen[i]);
    w->seen[i] = true;
    w->n++;
    assert_true(is_newest(w->b, i, w->level));
    assert_int_equal(hit->rank, slow_rank(&w->b->rows[i], w->words));
    assert_true(hit->rank > w->last || (hit->rank == w->last && hit->object->ref.number < w->last_number));
    w->last = hit->rank;
    w->last_number = hit->object->ref.number;
    if (hit->hit.len)
        assert_true(memmem(w->b->rows[i].description, strlen(w->b->rows[i].description), hit->before.at,
                           (size_t)(hit->after.at + hit->after.len - hit->before.at)) != NULL);
    return 0;
}

static size_t slow_count(const struct bench *b, const struct fold_words *words, int level, const char *type)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n_rows; i++)
        n += (!*type || !strcmp(type, b->rows[i].type)) && is_newest(b, i, level) && slow_rank(&b->rows[i], words) != 99;
    return n;
}

/* In pages that grow, for who sees that much. */
static size_t check_words(const struct bench *b, const char *typed, int level, const char *type)
{
    struct fold_words words;
    struct walk w = {.b = b, .words = &words, .level = level, .last_number = INT64_MAX, .seen = calloc(ROWS_MAX, sizeof(bool))};
    struct stock_found found = {.more = true};
    size_t wanted;

    assert_non_null(w.seen);
    OK(fold_words_read(str_of(typed), &words));
    wanted = slow_count(b, &words, level, type);
    for (unsigned skip = 0, limit = 7; found.more; skip += limit, limit *= 4) {
        OK(stock_find(b->stock, b->sights[level > 0], &words, str_of(type), skip, limit, take_hit, &w, &found));
        if (w.n != MIN_OF(wanted, (size_t)skip + limit) || found.total != w.n || found.more != (w.n < wanted))
            fail_msg("\"%s\" at %u: %zu of %zu, told %zu%s", typed, skip, w.n, wanted, (size_t)found.total, found.more ? "+" : "");
    }
    fold_words_done(&words);
    free(w.seen);
    return wanted;
}

/* ---- random objects ---- */

static unsigned under(struct bench *b, unsigned n)
{
    b->seed = b->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(b->seed >> 33) % n;
}

static const char *const pieces[] = {"Emotet", "ＥＭＯＴＥＴ", "エモテット", "ｴﾓﾃｯﾄ", "えもてっと", "c2", "T1059", "t1059.001", "不正アクセス", "國學院", "国学院", "サーバー", "ｻｰﾊﾞ",
                                     "渡邉", "標的型", "攻撃", "phishing", "Phish", "ab", "abc", "力", "メール", "CVE-2024-1234"};

static void random_text(struct bench *b, unsigned most, char *out, size_t size)
{
    unsigned n = under(b, most + 1);

    *out = '\0';
    for (unsigned i = 0; i < n; i++) {
        size_t at = strlen(out);

        snprintf(out + at, size - at, "%s%s", i ? under(b, 3) ? " " : "" : "", pieces[under(b, ARRAY_LEN(pieces))]);
    }
}

static void random_row(struct bench *b, struct row *row)
{
    static const char *const types[] = {"malware", "relationship", "note", "tool"};
    unsigned who = under(b, 200);

    *row = (struct row){.level = (int)under(b, 3)};
    snprintf(row->type, sizeof(row->type), "%s", types[who % 4]);
    snprintf(row->id, sizeof(row->id), "%s--00000000-0000-4000-8000-%012u", row->type, who);
    snprintf(row->version, sizeof(row->version), "2026-04-10T09:00:00.%06zu", b->n_rows + 1);
    random_text(b, 2, row->name, sizeof(row->name));
    random_text(b, 6, row->description, sizeof(row->description));
    snprintf(row->refers, sizeof(row->refers), "malware--00000000-0000-4000-8000-%012u", 4 * under(b, 5));
    snprintf(row->maker, sizeof(row->maker), "identity--00000000-0000-4000-8000-%012u", under(b, 2));
}

static void fill_run(struct bench *b, unsigned n, bool is_opened)
{
    struct row row;

    begin_run(b);
    for (unsigned i = 0; i < n; i++) {
        random_row(b, &row);
        add(b, &row);
        if (i % 50 == 49)
            send(b);
    }
    if (is_opened)
        open_run(b);
}

static void check_all(struct bench *b, unsigned n)
{
    size_t any = 0;

    for (unsigned i = 0; i < n; i++) {
        char typed[200];

        do
            random_text(b, 2, typed, sizeof(typed));
        while (!*typed || !strcmp(typed, "力") || !strcmp(typed, "力 力") || !strcmp(typed, "力力"));
        any += check_words(b, typed, 0, "");
        any += check_words(b, typed, 2, i % 3 ? "" : "note");
    }
    assert_true(any > n);
}

/* ---- lists ---- */

struct list_walk {
    const struct bench *b;
    int64_t last_number;
    size_t n;
};

static int take_row(const struct stock_hit *hit, void *context)
{
    struct list_walk *w = context;

    assert_true(hit->object->ref.number < w->last_number);
    assert_true(hit->object->bytes.len > 0);
    w->last_number = hit->object->ref.number;
    w->n++;
    return 0;
}

static void check_list(const struct bench *b, enum stock_list what, const char *key, int level)
{
    struct list_walk w = {.b = b, .last_number = INT64_MAX};
    struct stock_listed listed = {.more = true};
    size_t all = 0, newest = 0, older = 0;
    uint64_t counted;

    for (size_t i = 0; i < b->n_rows; i++) {
        const struct row *row = &b->rows[i];
        const char *of = what == STOCK_OF_TYPE ? row->type : what == STOCK_REFERRING ? row->refers : row->maker;

        if (row->level > level || strcmp(of, key))
            continue;
        all++;
        newest += is_newest(b, i, level);
    }
    OK(stock_list_count(b->stock, b->sights[level > 0], what, str_of(key), &counted));
    assert_int_equal(counted, all);
    for (unsigned skip = 0; listed.more; skip += 9) {
        OK(stock_list(b->stock, b->sights[level > 0], what, str_of(key), STR(""), skip, 9, take_row, &w, &listed));
        assert_int_equal(listed.n, all);
        assert_int_equal(listed.more, skip + 9 < all);
        older += listed.n_older;
    }
    assert_int_equal(w.n, newest);
    assert_int_equal(older, all - newest);
    assert_true(!*key || key[0] == 'x' || all > 0);
}

static void check_lists(const struct bench *b)
{
    for (int level = 0; level <= 2; level += 2) {
        check_list(b, STOCK_OF_TYPE, "malware", level);
        check_list(b, STOCK_OF_TYPE, "x-none", level);
        check_list(b, STOCK_REFERRING, "malware--00000000-0000-4000-8000-000000000004", level);
        check_list(b, STOCK_MADE_BY, "identity--00000000-0000-4000-8000-000000000001", level);
    }
}

static void found_as_slowly(enum place_kind kind)
{
    struct bench b;
    size_t n;

    begin(&b, kind);
    fill_run(&b, 150, true);
    check_all(&b, 12);
    fill_run(&b, 250, true);
    check_all(&b, 12);
    merge_some(&b, 1, 100000);
    merge_some(&b, 2, 2); /* in the middle */
    check_all(&b, 12);
    check_lists(&b);
    fill_run(&b, 150, true);
    check_all(&b, 12);
    n = b.n_rows;
    fill_run(&b, 100, false); /* what is not open is not there */
    b.n_rows = n;
    check_all(&b, 12);
    check_lists(&b);
    end(&b);
}

/* ---- spellings ---- */

static void any_spelling_is_found(void **state)
{
    static const char *const pairs[][2] = {
        {"エモテット", "ｴﾓﾃｯﾄ"}, {"エモテット", "えもてっと"}, {"國學院", "国学院"}, {"渡邉", "渡辺"},   {"サーバー", "サーバ"},    {"Ｃ２", "c2"},
        {"c2", "Ｃ２"},          {"T1059", "ｔ１０５９"},     {"攻撃", "攻擊"},     {"不正アクセス", "不正 アクセス"}, {"evil.example", "ｅｖｉｌ．ｅｘａｍｐｌｅ"},
        {"evil[.]example", "evil.example"}, {"hxxp://bad[dot]example", "http://bad.example"}, {"example。jp", "example.jp"},
    };
    struct bench b;
    struct row row = {.type = "malware", .version = "2026-04-10T09:00:00"};

    begin(&b, PLACE_DIR);
    begin_run(&b);
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        snprintf(row.id, sizeof(row.id), "malware--00000000-0000-4000-8000-%012zu", i);
        snprintf(row.name, sizeof(row.name), "n%zu", i);
        snprintf(row.description, sizeof(row.description), "これは%sです。", pairs[i][0]);
        add(&b, &row);
    }
    send(&b);
    open_run(&b);
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        for (int k = 0; k < 2; k++)
            assert_true(check_words(&b, pairs[i][k], 0, "") >= 1);
    assert_int_equal(check_words(&b, "無関係", 0, ""), 0);
    end(&b);
}

/* ---- bounded ---- */

static int count_hit(const struct stock_hit *hit, void *context)
{
    ++*(unsigned *)context;
    return 0;
}

static void a_common_word_is_bounded(void **state)
{
    struct row row = {.type = "tool", .version = "2026-04-10T09:00:00"};
    struct stock_found found;
    struct fold_words words;
    struct bench b;
    unsigned n = 0;

    begin(&b, PLACE_DIR);
    begin_run(&b);
    for (unsigned i = 0; i < 7000; i++) {
        snprintf(row.id, sizeof(row.id), "tool--00000000-0000-4000-8000-%012u", i);
        snprintf(row.description, sizeof(row.description), i ? "攻撃 %u bacb" : "攻撃 %u acb bac abac", i);
        add(&b, &row);
        if (i % 1000 == 999)
            send(&b);
    }
    open_run(&b);
    OK(fold_words_read(STR("攻撃"), &words));
    OK(stock_find(b.stock, b.sights[0], &words, STR(""), 980, 20, count_hit, &n, &found));
    assert_int_equal(n, 20);
    assert_int_equal(found.total, STOCK_FIND_HITS_MAX);
    assert_true(found.more);
    assert_int_equal(stock_find(b.stock, b.sights[0], &words, STR(""), 981, 20, count_hit, &n, &found), -EINVAL);
    fold_words_done(&words);
    /* All have its pieces, one in the first object: it is too far away, and the answer says that there may be more. */
    OK(fold_words_read(STR("bacacb"), &words));
    n = 0;
    OK(stock_find(b.stock, b.sights[0], &words, STR(""), 0, 20, count_hit, &n, &found));
    assert_int_equal(n, 0);
    fold_words_done(&words);
    end(&b);
}

/* ---- keys ---- */

static int print_key(enum stix_key kind, struct str bytes, void *context)
{
    return buf_printf(context, "%x:%.*s ", kind, STR_ARG(bytes));
}

static void keys_of_an_object(void **state)
{
    static const char text[] =
        "{\"type\":\"report\",\"name\":\"Ab\",\"external_references\":[{\"external_id\":\"T1\",\"source_name\":\"x\"}],"
        "\"object_refs\":[\"tool--00000000-0000-4000-8000-000000000001\",\"none\"],\"created_by_ref\":\"identity--00000000-0000-4000-8000-000000000002\","
        "\"object_marking_refs\":[\"marking-definition--00000000-0000-4000-8000-000000000003\"],\"description\":\"金 星\"}";
    struct stix_keys *k = stix_keys_new();
    struct scanner *s = scanner_new(1 << 20);
    const struct scan_value *root;
    struct scan_place place;
    struct buf out;

    buf_init(&out, 4096);
    buf_init(&place.path, 100);
    OK(scanner_read(s, str_of(text), &root, &place));
    OK(stix_keys(k, root, print_key, &out));
    assert_string_equal(out.at, "f0:report f1:tool--00000000-0000-4000-8000-000000000001 f2:identity--00000000-0000-4000-8000-000000000002 "
                                "f4:ab f3:ab f3:\002ab f3:ab\002 f4:t1 f3:t1 f3:\002t1 f3:t1\002 f4:金星 ");
    buf_done(&place.path);
    buf_done(&out);
    scanner_free(s);
    stix_keys_free(k);
}

/* ---- packing ---- */

static void packed_by_dictionaries(void **state)
{
    static const char *const types[] = {"indicator", "relationship", "sighting", "url", "x-none"};
    struct packer *p = packer_new();
    struct unpacker *u = unpacker_new();
    char text[600], back[600], plain[1000];

    assert_true(p && u);
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct buf out;
        size_t len, n;

        snprintf(text, sizeof(text),
                 "{\"type\":\"%s\",\"spec_version\":\"2.1\",\"id\":\"%s--31b940d4-6f7f-459a-80ea-9c1f17b5891b\",\"created\":\"2026-04-06T20:03:48.000Z\","
                 "\"modified\":\"2026-04-06T20:03:48.000Z\",\"pattern_type\":\"stix\",\"relationship_type\":\"uses\"}",
                 types[i], types[i]);
        len = strlen(text);
        buf_init(&out, 4096);
        OK(buf_add_char(&out, '!')); /* appended */
        OK(packer_add(p, str_of(types[i]), str_of(text), &out));
        n = out.len - 1;
        assert_true(ZSTD_getDictID_fromFrame(out.at + 1, n) >= 40001);
        assert_true(n < ZSTD_compress(plain, sizeof(plain), text, len, 3)); /* or it were for nothing */
        assert_true(unpacker_get(u, (struct str){out.at + 1, n}, len, back) && !memcmp(text, back, len));
        assert_false(unpacker_get(u, (struct str){out.at + 1, n}, len - 1, back));
        assert_false(unpacker_get(u, (struct str){out.at + 1, n - 1}, len, back));
        out.at[6] ^= 0x20; /* within the id */
        assert_false(unpacker_get(u, (struct str){out.at + 1, n}, len, back));
        n = ZSTD_compress(plain, sizeof(plain), text, len, 3);
        assert_true(unpacker_get(u, (struct str){plain, n}, len, back) && !memcmp(text, back, len));
        assert_false(unpacker_get(u, STR("none"), len, back));
        buf_done(&out);
    }
    packer_free(p);
    unpacker_free(u);
}

/* What a release packed is unpacked for ever: dictionaries that were released never change. */
static void packed_by_a_release(void **state)
{
    static const struct {
        const char *frame, *text;
    } rows[] = {
        {"28b52ffd22419c2a6d0000087d037c0057110f1a4151d00e", "{\"type\":\"indicator\",\"pattern_type\":\"stix\"}"},
        {"28b52ffd22429c329500003075736573227d037c00a882366ad2d6793b", "{\"type\":\"relationship\",\"relationship_type\":\"uses\"}"},
        {"28b52ffd22439c287d00001831227d037c0045859bda4de3e704", "{\"type\":\"ipv4-addr\",\"value\":\"192.0.2.1\"}"},
    };
    struct unpacker *u = unpacker_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t n = strlen(rows[i].frame) / 2, len = strlen(rows[i].text);
        uint8_t frame[64];
        char back[100];

        OK(hex_parse(str_of(rows[i].frame), frame, n));
        assert_true(unpacker_get(u, (struct str){(char *)frame, n}, len, back) && !memcmp(back, rows[i].text, len));
    }
    unpacker_free(u);
}

static void on_sqlite(void **state)
{
    found_as_slowly(PLACE_DIR);
}

static void on_postgres(void **state)
{
    found_as_slowly(PLACE_POSTGRES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_an_object), cmocka_unit_test(packed_by_dictionaries), cmocka_unit_test(packed_by_a_release),     cmocka_unit_test(on_sqlite), cmocka_unit_test(on_postgres),
        cmocka_unit_test(any_spelling_is_found), cmocka_unit_test(a_common_word_is_bounded),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests_name("find", tests, NULL, NULL);
}
