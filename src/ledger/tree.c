#include "ledger/tree.h"

#include <errno.h>

struct digest tree_leaf_hash(struct str entry)
{
    return sha256_3((struct str){"\0", 1}, entry, STR_NONE);
}

struct digest tree_node_hash(const struct digest *left, const struct digest *right)
{
    return sha256_3((struct str){"\1", 1}, (struct str){(const char *)left->bytes, SHA256_SIZE},
                    (struct str){(const char *)right->bytes, SHA256_SIZE});
}

void tree_init(struct tree *tree)
{
    memset(tree, 0, sizeof(*tree));
}

void tree_push(struct tree *tree, const struct digest *leaf_hash)
{
    struct digest h = *leaf_hash;

    assert(tree->size < TREE_SIZE_MAX);
    for (uint64_t k = tree->size; k & 1; k >>= 1)
        h = tree_node_hash(&tree->stack[--tree->n], &h);
    assert(tree->n < TREE_STACK_MAX);
    tree->stack[tree->n++] = h;
    tree->size++;
}

struct digest tree_root(const struct tree *tree)
{
    struct digest r;

    if (tree->n == 0)
        return sha256(STR_NONE);
    r = tree->stack[tree->n - 1];
    for (unsigned i = tree->n - 1; i > 0; i--)
        r = tree_node_hash(&tree->stack[i - 1], &r);
    return r;
}

int tree_print(const struct tree *tree, struct buf *out)
{
    int r = buf_add_be64(out, tree->size);

    return r ? r : buf_add(out, tree->stack, (size_t)tree->n * SHA256_SIZE);
}

int tree_parse(struct str bytes, struct tree *ret_tree)
{
    uint64_t size = 0;
    unsigned n;

    if (bytes.len < 8)
        return TREE_E_SYNTAX;
    for (int i = 0; i < 8; i++)
        size = size << 8 | (uint8_t)bytes.at[i];
    if (size > TREE_SIZE_MAX)
        return TREE_E_SYNTAX;
    n = (unsigned)__builtin_popcountll(size);
    if (bytes.len - 8 != (size_t)n * SHA256_SIZE)
        return TREE_E_SYNTAX;
    tree_init(ret_tree);
    ret_tree->size = size;
    ret_tree->n = n;
    memcpy(ret_tree->stack, bytes.at + 8, bytes.len - 8);
    return 0;
}

/* ---- hashes of ranges, from a source ---- */

/* Root of the 2^height leaves that start with leaf index << height. Heights between tile levels are built from up to
 * 128 hashes of the level below. */
static int source_full(const struct tree_source *source, unsigned height, uint64_t index,
                       struct digest *ret)
{
    unsigned spare = height % 8;
    uint64_t first = index << spare;
    struct tree sub;

    if (spare == 0)
        return source->hash(source->user, height / 8, index, ret);
    tree_init(&sub);
    for (uint64_t i = 0; i < UINT64_C(1) << spare; i++) {
        struct digest h;
        int r = source->hash(source->user, height / 8, first + i, &h);

        if (r)
            return r;
        tree_push(&sub, &h);
    }
    *ret = tree_root(&sub);
    return 0;
}

/* MTH(D[lo:hi]) for lo < hi, where lo is a multiple of the smallest power of two >= hi - lo, as in every subtree that
 * the definition of the tree cuts. */
static int source_range(const struct tree_source *source, uint64_t lo, uint64_t hi, struct digest *ret)
{
    struct digest part[TREE_STACK_MAX];
    unsigned n = 0;

    for (int height = 63; height >= 0; height--) {
        int r;

        if (!((hi - lo) >> height))
            continue;
        r = source_full(source, (unsigned)height, lo >> height, &part[n++]);
        if (r)
            return ERR(r);
        lo += UINT64_C(1) << height;
        if (lo == hi)
            break;
    }
    *ret = part[n - 1];
    for (unsigned i = n - 1; i > 0; i--)
        *ret = tree_node_hash(&part[i - 1], ret);
    return 0;
}

int tree_source_root(const struct tree_source *source, uint64_t size, struct digest *ret_root)
{
    if (size == 0) {
        *ret_root = sha256(STR_NONE);
        return 0;
    }
    return source_range(source, 0, size, ret_root);
}

/* The largest power of two below n; n > 1. */
static uint64_t split_point(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

static int proof_add(const struct tree_source *source, uint64_t lo, uint64_t hi,
                     struct tree_proof *proof)
{
    assert(proof->n < TREE_PROOF_MAX);
    return source_range(source, lo, hi, &proof->at[proof->n++]);
}

/* Collected from the root down; a proof reads from the leaf up. */
static void proof_reverse(struct tree_proof *proof)
{
    for (size_t i = 0; i < proof->n / 2; i++) {
        struct digest h = proof->at[i];

        proof->at[i] = proof->at[proof->n - 1 - i];
        proof->at[proof->n - 1 - i] = h;
    }
}

int tree_prove_inclusion(const struct tree_source *source, uint64_t index, uint64_t size,
                         struct tree_proof *ret_proof)
{
    struct tree_proof proof = {0};
    uint64_t lo = 0, hi = size;

    if (index >= size || size > TREE_SIZE_MAX)
        return TREE_E_RANGE;
    while (hi - lo > 1) {
        uint64_t mid = lo + split_point(hi - lo);
        bool left = index < mid;
        int r = left ? proof_add(source, mid, hi, &proof) : proof_add(source, lo, mid, &proof);

        if (r)
            return ERR(r);
        if (left)
            hi = mid;
        else
            lo = mid;
    }
    proof_reverse(&proof);
    *ret_proof = proof;
    return 0;
}

int tree_prove_consistency(const struct tree_source *source, uint64_t old_size, uint64_t size,
                           struct tree_proof *ret_proof)
{
    struct tree_proof proof = {0};
    uint64_t lo = 0, hi = size;
    bool whole = true; /* D[lo:old_size] is the whole old tree, whose root the reader has */
    int r;

    if (old_size > size || size > TREE_SIZE_MAX)
        return TREE_E_RANGE;
    if (old_size == 0 || old_size == size) {
        ret_proof->n = 0;
        return 0;
    }
    while (old_size != hi) {
        uint64_t mid = lo + split_point(hi - lo);
        bool left = old_size <= mid;

        r = left ? proof_add(source, mid, hi, &proof) : proof_add(source, lo, mid, &proof);
        if (r)
            return ERR(r);
        if (left) {
            hi = mid;
        } else {
            lo = mid;
            whole = false;
        }
    }
    if (!whole) {
        r = proof_add(source, lo, hi, &proof);
        if (r)
            return ERR(r);
    }
    proof_reverse(&proof);
    *ret_proof = proof;
    return 0;
}

/* ---- verification ---- */

int tree_verify_inclusion(const struct digest *leaf_hash, uint64_t index, uint64_t size,
                          const struct digest *proof, size_t n_proof, const struct digest *root)
{
    struct digest r = *leaf_hash;
    uint64_t fn = index, sn = size - 1;

    if (index >= size)
        return TREE_E_PROOF;
    for (size_t i = 0; i < n_proof; i++) {
        if (sn == 0)
            return TREE_E_PROOF;
        if ((fn & 1) || fn == sn) {
            r = tree_node_hash(&proof[i], &r);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            r = tree_node_hash(&r, &proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && digest_eq(&r, root) ? 0 : TREE_E_PROOF;
}

/* The walk of RFC 9162 2.1.4.2: `fr` must become the old root, `sr` the new one. */
static int consistency_walk(uint64_t old_size, uint64_t size, const struct digest *first,
                            const struct digest *rest, size_t n_rest, const struct digest *old_root,
                            const struct digest *root)
{
    struct digest fr = *first, sr = *first;
    uint64_t fn = old_size - 1, sn = size - 1;

    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    for (size_t i = 0; i < n_rest; i++) {
        if (sn == 0)
            return TREE_E_PROOF;
        if ((fn & 1) || fn == sn) {
            fr = tree_node_hash(&rest[i], &fr);
            sr = tree_node_hash(&rest[i], &sr);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = tree_node_hash(&sr, &rest[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && digest_eq(&fr, old_root) && digest_eq(&sr, root) ? 0 : TREE_E_PROOF;
}

int tree_verify_consistency(uint64_t old_size, uint64_t size, const struct digest *old_root,
                            const struct digest *root, const struct digest *proof, size_t n_proof)
{
    if (old_size > size)
        return TREE_E_PROOF;
    if (old_size == size)
        return n_proof == 0 && digest_eq(old_root, root) ? 0 : TREE_E_PROOF;
    if (old_size == 0)
        return n_proof == 0 ? 0 : TREE_E_PROOF;
    if (n_proof == 0)
        return TREE_E_PROOF;
    if ((old_size & (old_size - 1)) == 0) /* the reader has this subtree's root already */
        return consistency_walk(old_size, size, old_root, proof, n_proof, old_root, root);
    return consistency_walk(old_size, size, &proof[0], proof + 1, n_proof - 1, old_root, root);
}
