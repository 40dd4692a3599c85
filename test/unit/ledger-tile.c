/* Tiles: paths, widths, bundles, and the tiler against the tree. */
#include "ledger/tile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void assert_path(int level, uint64_t n, unsigned width, const char *want)
{
    struct buf out;
    int got_level;
    uint64_t got_n;
    unsigned got_width;

    buf_init(&out, 256);
    assert_int_equal(tile_path(level, n, width, &out), 0);
    assert_string_equal(out.at, want);
    assert_int_equal(tile_path_parse(buf_str(&out), &got_level, &got_n, &got_width), 0);
    assert_int_equal(got_level, level);
    assert_int_equal(got_n, n);
    assert_int_equal(got_width, width);
    buf_done(&out);
}

static void paths(void **state)
{
    assert_path(0, 0, 256, "tile/0/000");
    assert_path(0, 999, 256, "tile/0/999");
    assert_path(1, 1000, 256, "tile/1/x001/000");
    assert_path(63, 1234067, 256, "tile/63/x001/x234/067");
    assert_path(0, 273, 112, "tile/0/273.p/112");
    assert_path(TILE_ENTRIES, 1000, 1, "tile/entries/x001/000.p/1");
    assert_path(0, TREE_SIZE_MAX, 255, "tile/0/x009/x223/x372/x036/x854/x775/807.p/255");
}

static void wrong_paths(void **state)
{
    static const char *const wrong[] = {
        "",           "tile",         "tile/0",          "tile/0/",         "tile/0/00",
        "tile/0/0000", "tile/64/000", "tile/00/000",     "tile/-1/000",     "tile/0/x000/000",
        "tile/0/x001", "tile/0/x001/", "tile/0/001/000", "tile/0/000.p",    "tile/0/000.p/",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000/", "tile/x/000",
        "tile/0/../000", "tile/entries/", "/tile/0/000", "tile/0/000.p/1/2",
        "tile/0/x009/x223/x372/x036/x854/x775/808", "tile/0/x999/x999/x999/x999/x999/x999/999",
    };

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        int level;
        uint64_t n;
        unsigned width;

        if (tile_path_parse(str_of(wrong[i]), &level, &n, &width) != TILE_E_SYNTAX)
            fail_msg("taken: %s", wrong[i]);
    }
}

static void widths_of_70000(void **state)
{
    assert_int_equal(tile_full_count(0, 70000), 273);
    assert_int_equal(tile_partial_width(0, 70000), 112);
    assert_int_equal(tile_full_count(1, 70000), 1);
    assert_int_equal(tile_partial_width(1, 70000), 17);
    assert_int_equal(tile_full_count(2, 70000), 0);
    assert_int_equal(tile_partial_width(2, 70000), 1);
    assert_int_equal(tile_partial_width(3, 70000), 0);
    assert_int_equal(tile_partial_width(8, TREE_SIZE_MAX), 0);
}

static void bundles(void **state)
{
    static char long_entry[TILE_ENTRY_MAX + 1];
    struct str rest, entry;
    struct buf b;

    buf_init(&b, TILE_BUNDLE_MAX);
    assert_int_equal(bundle_add(&b, STR("one")), 0);
    assert_int_equal(bundle_add(&b, STR_NONE), 0);
    assert_int_equal(bundle_add(&b, (struct str){long_entry, TILE_ENTRY_MAX}), 0);
    assert_int_equal(bundle_add(&b, (struct str){long_entry, TILE_ENTRY_MAX + 1}), TILE_E_LIMIT);
    assert_memory_equal(b.at, "\0\3one\0\0\xff\xff", 9);
    rest = buf_str(&b);
    assert_int_equal(bundle_next(&rest, &entry), 0);
    assert_true(str_eq(entry, STR("one")));
    assert_int_equal(bundle_next(&rest, &entry), 0);
    assert_int_equal(entry.len, 0);
    assert_int_equal(bundle_next(&rest, &entry), 0);
    assert_int_equal(entry.len, TILE_ENTRY_MAX);
    assert_int_equal(bundle_next(&rest, &entry), TILE_E_END);
    rest = (struct str){b.at, 4};
    assert_int_equal(bundle_next(&rest, &entry), TILE_E_SYNTAX);
    rest = (struct str){b.at, 1};
    assert_int_equal(bundle_next(&rest, &entry), TILE_E_SYNTAX);
    buf_done(&b);
}

/* What a sink got, kept to be a source again. */
struct shelf {
    struct digest hashes[3][300 * TILE_WIDTH];
    unsigned n_full, n_partial;
};

static int shelf_put(void *user, int level, uint64_t n, unsigned width, struct str bytes)
{
    struct shelf *shelf = user;

    assert_int_equal(bytes.len, width * SHA256_SIZE);
    assert_in_range(level, 0, 2);
    memcpy(&shelf->hashes[level][n * TILE_WIDTH], bytes.at, bytes.len);
    if (width == TILE_WIDTH)
        shelf->n_full++;
    else
        shelf->n_partial++;
    return 0;
}

static int shelf_hash(void *user, unsigned level, uint64_t index, struct digest *ret)
{
    *ret = ((struct shelf *)user)->hashes[level][index];
    return 0;
}

static struct digest leaf_at(uint64_t i)
{
    char bytes[8];

    memcpy(bytes, &i, sizeof(bytes));
    return tree_leaf_hash((struct str){bytes, sizeof(bytes)});
}

/* 70,000 leaves, the tiler thrown away and begun again now and then: every tile is there and gives the root. */
static void tiler_and_tree_agree(void **state)
{
    struct shelf *shelf = calloc(1, sizeof(*shelf));
    struct tile_sink sink = {shelf_put, shelf};
    struct tree_source source = {shelf_hash, shelf};
    struct tiler *tiler = calloc(1, sizeof(*tiler));
    struct tree tree;
    struct digest a, b;
    struct tree_proof p;

    assert_non_null(shelf);
    assert_non_null(tiler);
    tree_init(&tree);
    for (uint64_t i = 0; i < 70000; i++) {
        struct digest h = leaf_at(i);

        if (i % 9973 == 0) {
            assert_int_equal(tiler_flush(tiler, &sink), 0);
            assert_int_equal(tiler_init(tiler, i, &source), 0);
        }
        tree_push(&tree, &h);
        assert_int_equal(tiler_add(tiler, &h, &sink), 0);
    }
    assert_int_equal(tiler_flush(tiler, &sink), 0);
    shelf->n_partial = 0;
    assert_int_equal(tiler_flush(tiler, &sink), 0);
    assert_int_equal(shelf->n_partial, 0);
    assert_int_equal(shelf->n_full, 273 + 1);
    a = tree_root(&tree);
    assert_int_equal(tree_source_root(&source, 70000, &b), 0);
    assert_memory_equal(&a, &b, sizeof(a));
    assert_int_equal(tree_prove_inclusion(&source, 65535, 70000, &p), 0);
    b = leaf_at(65535);
    assert_int_equal(tree_verify_inclusion(&b, 65535, 70000, p.at, p.n, &a), 0);
    assert_int_equal(tree_source_root(&source, 65537, &b), 0);
    assert_int_equal(tree_prove_consistency(&source, 65537, 70000, &p), 0);
    assert_int_equal(tree_verify_consistency(65537, 70000, &b, &a, p.at, p.n), 0);
    free(tiler);
    free(shelf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),   cmocka_unit_test(wrong_paths),          cmocka_unit_test(widths_of_70000),
        cmocka_unit_test(bundles), cmocka_unit_test(tiler_and_tree_agree),
    };

    return crypto_start() ? 1 : cmocka_run_group_tests_name("tile", tests, NULL, NULL);
}
