/* The Merkle tree: known roots, the recursive definition, every proof up to 70 leaves, and the two traps. */
#include "ledger/tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define SIZE_TESTED 70u

static const char *const ROOTS[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static struct digest from_hex(const char *hex)
{
    struct digest d;

    assert_int_equal(hex_parse(str_of(hex), d.bytes, SHA256_SIZE), 0);
    return d;
}

static void assert_digest(const struct digest *d, const char *hex)
{
    struct digest want = from_hex(hex);

    assert_memory_equal(d->bytes, want.bytes, SHA256_SIZE);
}

/* Leaves of the tests: the index as 16 bits. */
static struct digest leaf_at(uint64_t i)
{
    char bytes[2] = {(char)(i >> 8), (char)i};

    return tree_leaf_hash((struct str){bytes, 2});
}

/* The definition, word for word. */
static struct digest definition(uint64_t lo, uint64_t hi)
{
    struct digest left, right;
    uint64_t k = 1;

    if (lo == hi)
        return sha256(STR_NONE);
    if (hi - lo == 1)
        return leaf_at(lo);
    while (k * 2 < hi - lo)
        k *= 2;
    left = definition(lo, lo + k);
    right = definition(lo + k, hi);
    return tree_node_hash(&left, &right);
}

/* Answers only for full subtrees below *user leaves, as tiles on disk would. */
static int source_hash(void *user, unsigned level, uint64_t index, struct digest *ret)
{
    uint64_t span = UINT64_C(1) << (8 * level);

    if ((index + 1) * span > *(uint64_t *)user)
        return -ERANGE;
    *ret = definition(index * span, (index + 1) * span);
    return 0;
}

static void known_roots(void **state)
{
    static const char *const leaves[] = {
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    };
    struct tree tree;
    struct digest r;

    tree_init(&tree);
    for (size_t i = 0; i < ARRAY_LEN(leaves); i++) {
        char bytes[16];
        size_t len = strlen(leaves[i]) / 2;

        r = tree_root(&tree);
        assert_digest(&r, ROOTS[i]);
        assert_int_equal(hex_parse(str_of(leaves[i]), bytes, len), 0);
        r = tree_leaf_hash((struct str){bytes, len});
        tree_push(&tree, &r);
    }
    r = tree_root(&tree);
    assert_digest(&r, ROOTS[8]);
}

static void roots_over_one_tile(void **state)
{
    struct tree tree;
    struct digest r;

    tree_init(&tree);
    for (uint64_t i = 0; i < 257; i++) {
        r = leaf_at(i);
        tree_push(&tree, &r);
        r = tree_root(&tree);
        if (tree.size == 256)
            assert_digest(&r, "16284532241f522a3fba7a0ae0863cb456ad381219176c2d424516ac230e3110");
    }
    assert_digest(&r, "56dafde5bb3a6d3100c0a5a4a40f1e3eedfb0bd82b6f38a927fb7fe427f87e8b");
}

static void growing_equals_definition(void **state)
{
    struct tree tree;

    tree_init(&tree);
    for (uint64_t n = 0; n <= SIZE_TESTED; n++) {
        struct digest want = definition(0, n), got = tree_root(&tree), h = leaf_at(n);

        assert_memory_equal(&got, &want, sizeof(got));
        tree_push(&tree, &h);
    }
}

static void state_as_bytes(void **state)
{
    struct tree tree, again;
    struct buf bytes;

    tree_init(&tree);
    buf_init(&bytes, 4096);
    for (uint64_t n = 0; n < SIZE_TESTED; n++) {
        struct digest h = leaf_at(n), a, b;

        buf_clear(&bytes);
        assert_int_equal(tree_print(&tree, &bytes), 0);
        assert_int_equal(tree_parse(buf_str(&bytes), &again), 0);
        a = tree_root(&tree);
        b = tree_root(&again);
        assert_int_equal(again.size, n);
        assert_memory_equal(&a, &b, sizeof(a));
        assert_int_equal(tree_parse((struct str){bytes.at, bytes.len - 1}, &again), TREE_E_SYNTAX);
        tree_push(&tree, &h);
    }
    buf_done(&bytes);
}

/* Each size: every leaf is proven; a wrong leaf, root, index, a shorter or longer proof is not. */
static void inclusion_all_pairs(void **state)
{
    for (uint64_t n = 1; n <= SIZE_TESTED; n++) {
        struct tree_source source = {source_hash, &n};
        struct digest root = definition(0, n), other = leaf_at(999);

        for (uint64_t i = 0; i < n; i++) {
            struct tree_proof p;
            struct digest leaf = leaf_at(i);

            assert_int_equal(tree_prove_inclusion(&source, i, n, &p), 0);
            assert_int_equal(tree_verify_inclusion(&leaf, i, n, p.at, p.n, &root), 0);
            assert_int_equal(tree_verify_inclusion(&other, i, n, p.at, p.n, &root), TREE_E_PROOF);
            assert_int_equal(tree_verify_inclusion(&leaf, i, n, p.at, p.n, &other), TREE_E_PROOF);
            assert_int_equal(tree_verify_inclusion(&leaf, n, n, p.at, p.n, &root), TREE_E_PROOF);
            if (i > 0)
                assert_int_equal(tree_verify_inclusion(&leaf, i - 1, n, p.at, p.n, &root), TREE_E_PROOF);
            if (p.n > 0)
                assert_int_equal(tree_verify_inclusion(&leaf, i, n, p.at, p.n - 1, &root), TREE_E_PROOF);
            p.at[p.n] = other;
            assert_int_equal(tree_verify_inclusion(&leaf, i, n, p.at, p.n + 1, &root), TREE_E_PROOF);
        }
        assert_int_equal(tree_prove_inclusion(&source, n, n, &(struct tree_proof){0}), TREE_E_RANGE);
    }
}

static void consistency_all_pairs(void **state)
{
    for (uint64_t n = 0; n <= SIZE_TESTED; n++) {
        struct tree_source source = {source_hash, &n};
        struct digest root = definition(0, n), other = leaf_at(999);

        for (uint64_t m = 0; m <= n; m++) {
            struct tree_proof p;
            struct digest old = definition(0, m);

            assert_int_equal(tree_prove_consistency(&source, m, n, &p), 0);
            assert_int_equal(tree_verify_consistency(m, n, &old, &root, p.at, p.n), 0);
            if (m == 0)
                continue;
            assert_int_equal(tree_verify_consistency(m, n, &other, &root, p.at, p.n), TREE_E_PROOF);
            assert_int_equal(tree_verify_consistency(m, n, &old, &other, p.at, p.n), TREE_E_PROOF);
            if (p.n > 0)
                assert_int_equal(tree_verify_consistency(m, n, &old, &root, p.at, p.n - 1), TREE_E_PROOF);
            p.at[p.n] = other;
            assert_int_equal(tree_verify_consistency(m, n, &old, &root, p.at, p.n + 1), TREE_E_PROOF);
        }
        assert_int_equal(tree_prove_consistency(&source, n + 1, n, &(struct tree_proof){0}), TREE_E_RANGE);
    }
}

/* Trap (a): a proof that stops below the root of the larger tree must not pass for it. The hashes of the tree of 8
 * lead to both roots; only the size, whose path is not used up, tells that the tree of 9 or more was meant. */
static void proof_must_be_used_up(void **state)
{
    uint64_t n = 8;
    struct tree_source source = {source_hash, &n};
    struct tree_proof p;
    struct digest leaf = leaf_at(0), root = definition(0, 8), old = definition(0, 6);

    assert_int_equal(tree_prove_inclusion(&source, 0, 8, &p), 0);
    for (uint64_t wrong = 9; wrong < 70; wrong++)
        assert_int_equal(tree_verify_inclusion(&leaf, 0, wrong, p.at, p.n, &root), TREE_E_PROOF);
    assert_int_equal(tree_prove_consistency(&source, 6, 8, &p), 0);
    for (uint64_t wrong = 9; wrong < 70; wrong++)
        assert_int_equal(tree_verify_consistency(6, wrong, &old, &root, p.at, p.n), TREE_E_PROOF);
}

/* Trap (b): the root does not commit to the size. These counts are a property of the tree itself: they say why a size
 * must come from a signed checkpoint. */
static void root_does_not_commit_to_size(void **state)
{
    unsigned accepted = 0, tried = 0;

    for (uint64_t n = 1; n <= 20; n++) {
        struct tree_source source = {source_hash, &n};
        struct digest root = definition(0, n);

        for (uint64_t i = 0; i < n; i++) {
            struct tree_proof p;
            struct digest leaf = leaf_at(i);

            assert_int_equal(tree_prove_inclusion(&source, i, n, &p), 0);
            for (uint64_t wrong = 1; wrong <= 20; wrong++) {
                if (wrong == n)
                    continue;
                tried++;
                accepted += tree_verify_inclusion(&leaf, i, wrong, p.at, p.n, &root) == 0;
            }
        }
    }
    assert_true(accepted > 0);
    assert_true(accepted < tried / 2);
}

/* Proofs over tile levels: 65,536 and more leaves are too slow by definition, so a source that counts. */
static int marked_hash(void *user, unsigned level, uint64_t index, struct digest *ret)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "%u/%llu", level, (unsigned long long)index);
    *ret = sha256(str_of(text));
    return level <= 2 && (index + 1) << (8 * level) <= 70000 ? 0 : -ERANGE;
}

static void large_trees_ask_for_full_subtrees_only(void **state)
{
    struct tree_source source = {marked_hash, NULL};
    struct tree_proof p;
    struct digest root;

    assert_int_equal(tree_source_root(&source, 70000, &root), 0);
    assert_int_equal(tree_prove_consistency(&source, 300, 70000, &p), 0);
    assert_int_equal(tree_prove_inclusion(&source, 69999, 70000, &p), 0);
    assert_int_equal(tree_prove_inclusion(&source, 0, 70001, &p), -ERANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_roots),
        cmocka_unit_test(roots_over_one_tile),
        cmocka_unit_test(growing_equals_definition),
        cmocka_unit_test(state_as_bytes),
        cmocka_unit_test(inclusion_all_pairs),
        cmocka_unit_test(consistency_all_pairs),
        cmocka_unit_test(proof_must_be_used_up),
        cmocka_unit_test(root_does_not_commit_to_size),
        cmocka_unit_test(large_trees_ask_for_full_subtrees_only),
    };

    return crypto_start() ? 1 : cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
