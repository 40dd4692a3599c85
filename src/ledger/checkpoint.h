/* Checkpoints (C2SP tlog-checkpoint): what a log says of itself, as the text of a signed note.
 *
 *     <origin>
 *     <size>
 *     <base64 of the root>
 *
 * and receipts (C2SP tlog-proof): the proof that one entry is under a checkpoint, in one small text that needs no network.
 * The size is believed only after the signature: checkpoint_open() does both.
 * Owner    texts in the results are borrowed from what was parsed.
 * Threads  any.
 * Source   C2SP tlog-checkpoint v1.0.0, tlog-proof; doc/design/ledger-format.md L12-L18. */
#pragma once

#include "ledger/note.h"
#include "ledger/tree.h"

enum {
    CHECKPOINT_E_SYNTAX = 1,
    CHECKPOINT_E_SIGNATURE, /* a known key's signature is bad, or the log's own is missing */
    CHECKPOINT_E_ORIGIN,    /* of another log */
};

struct checkpoint {
    struct str origin; /* borrowed */
    uint64_t size;     /* entries */
    struct digest root;
    bool has_extensions; /* further lines, which nobody audits: our own logs never write them */
};

/* The text without signatures. The origin must be a valid key name. */
int checkpoint_print(const struct checkpoint *checkpoint, struct buf *out);
/* The text of a note, strictly. CHECKPOINT_E_SYNTAX; -ENOMEM. */
MUST_CHECK int checkpoint_parse(struct str text, struct checkpoint *ret_checkpoint);
/* Text, blank line and the log's signature line; the origin is the signer's key name.
 * A log must have made `size` and `root` durable before it signs them, and never sign two that contradict. */
MUST_CHECK int checkpoint_sign(const struct note_signer *signer, uint64_t size, const struct digest *root,
                               struct buf *out);
/* A signed checkpoint of the log whose key is keys[0], whose name is the origin; the others may be witnesses.
 * ret_verdicts: one a key, may be NULL. 0, CHECKPOINT_E_*; -ENOMEM. */
MUST_CHECK int checkpoint_open(struct str bytes, const struct note_key *keys, size_t n_keys,
                               struct checkpoint *ret_checkpoint, struct note_verdict *ret_verdicts);

#define RECEIPT_EXTRA_MAX 65536u /* bytes */

/* A receipt: "c2sp.org/tlog-proof@v1". */
struct receipt {
    uint64_t index;          /* of the entry */
    struct tree_proof proof; /* of inclusion under the checkpoint's size */
    struct str checkpoint;   /* the signed note; borrowed */
    bool has_extra;
    struct str extra; /* printing: any bytes; parsing: their base64, borrowed */
};

int receipt_print(const struct receipt *receipt, struct buf *out);
/* CHECKPOINT_E_SYNTAX; -ENOMEM. The checkpoint inside is only cut out: receipt_verify() opens it. */
MUST_CHECK int receipt_parse(struct str bytes, struct receipt *ret_receipt);
/* The entry with this hash is in the log of keys[0]. 0, CHECKPOINT_E_*, or CHECKPOINT_E_SIGNATURE when the proof does
 * not lead to the signed root. */
MUST_CHECK int receipt_verify(const struct receipt *receipt, const struct digest *leaf_hash,
                              const struct note_key *keys, size_t n_keys);
