/* The Merkle tree of RFC 6962 (SHA-256): hashes, the growing tree, proofs and their checks.
 *
 *     leaf(d) = SHA256(00 || d)      node(l, r) = SHA256(01 || l || r)      empty tree = SHA256("")
 *
 * The tree that grows keeps only its frontier: the roots of the full subtrees whose sizes are the binary digits of
 * `size`, largest first. Pushing leaf i merges as many of them as i ends in one-bits; the root folds them from the right.
 *
 * A root does not commit to the size: about a quarter of all proofs still verify under a wrong size. So a size handed
 * to a verification here must come from a signed checkpoint and from nowhere else.
 * Threads  values; any number of threads may use different trees.
 * Source   RFC 6962 section 2.1; RFC 9162 sections 2.1.3.2 and 2.1.4.2; doc/design/ledger-format.md L1-L4. */
#pragma once

#include "base/codec.h"

#define TREE_SIZE_MAX ((uint64_t)INT64_MAX) /* so that sizes fit the integers of a leaf */
#define TREE_STACK_MAX 64
#define TREE_PROOF_MAX 64 /* hashes; enough for TREE_SIZE_MAX leaves */

enum { TREE_E_SYNTAX = 1, TREE_E_PROOF, TREE_E_RANGE };

struct digest tree_leaf_hash(struct str entry);
struct digest tree_node_hash(const struct digest *left, const struct digest *right);

/* A tree that only grows. The caller's storage; all-zero is the empty tree; copying it by value copies the state. */
struct tree {
    uint64_t size;                       /* leaves */
    unsigned n;                          /* hashes on the stack: the one-bits of size */
    struct digest stack[TREE_STACK_MAX]; /* roots of full subtrees, largest first */
};

void tree_init(struct tree *tree);
/* tree->size must be below TREE_SIZE_MAX. */
void tree_push(struct tree *tree, const struct digest *leaf_hash);
struct digest tree_root(const struct tree *tree);

/* The state as bytes: size (8, big-endian), then the frontier (32 each). 0, -ENOMEM, -ENOSPC. */
int tree_print(const struct tree *tree, struct buf *out);
/* 0; TREE_E_SYNTAX: length and size disagree. */
MUST_CHECK int tree_parse(struct str bytes, struct tree *ret_tree);

/* Where the hashes of a tree lie. `level` counts tiles: the hash (level, index) is the root of the 256^level leaves
 * that start with leaf index * 256^level; only such full subtrees are asked for.
 * Answers 0, or a negative error that goes up unchanged. Neighbours are asked in ascending order: keep the last tile. */
struct tree_source {
    int (*hash)(void *user, unsigned level, uint64_t index, struct digest *ret_hash);
    void *user;
};

struct tree_proof {
    size_t n;
    struct digest at[TREE_PROOF_MAX];
};

/* Root of the first `size` leaves. 0, or what the source answered. */
MUST_CHECK int tree_source_root(const struct tree_source *source, uint64_t size, struct digest *ret_root);
/* That leaf `index` is in the tree of `size`. TREE_E_RANGE: index >= size or size above TREE_SIZE_MAX. */
MUST_CHECK int tree_prove_inclusion(const struct tree_source *source, uint64_t index, uint64_t size,
                                    struct tree_proof *ret_proof);
/* That the tree of `old_size` is the beginning of the tree of `size`; empty when old_size is 0 or size.
 * TREE_E_RANGE: old_size > size or size above TREE_SIZE_MAX. */
MUST_CHECK int tree_prove_consistency(const struct tree_source *source, uint64_t old_size, uint64_t size,
                                      struct tree_proof *ret_proof);

/* 0: proven. TREE_E_PROOF: not. `size`, `old_size`: from signed checkpoints only. */
MUST_CHECK int tree_verify_inclusion(const struct digest *leaf_hash, uint64_t index, uint64_t size,
                                     const struct digest *proof, size_t n_proof, const struct digest *root);
MUST_CHECK int tree_verify_consistency(uint64_t old_size, uint64_t size, const struct digest *old_root,
                                       const struct digest *root, const struct digest *proof, size_t n_proof);
