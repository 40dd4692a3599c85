/* Any bytes as a signed note, a checkpoint, a receipt or a key: what is taken prints as exactly the bytes that were read. */
#include "ledger/checkpoint.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The keys of the seeds 0101… and 0202…, which sign the good files of the corpus. */
#define LOG_VKEY "ledger.example/audit+d2684154+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
#define WITNESS_VKEY "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"

static void take_keys(struct note_key keys[static 2])
{
    if (crypto_start() || note_key_parse(STR(LOG_VKEY), &keys[0]) || note_key_parse(STR(WITNESS_VKEY), &keys[1]))
        abort();
}

static void try_key(struct str text)
{
    struct note_key key;
    struct buf out;

    if (note_key_parse(text, &key) != 0)
        return;
    buf_init(&out, NOTE_VKEY_MAX);
    if (note_key_print(&key, &out) || !str_eq(buf_str(&out), text))
        abort();
    buf_done(&out);
}

static void try_checkpoint(struct str text)
{
    struct checkpoint c;
    struct buf out;

    if (checkpoint_parse(text, &c) != 0 || c.has_extensions)
        return;
    buf_init(&out, NOTE_MAX);
    if (checkpoint_print(&c, &out) || !str_eq(buf_str(&out), text))
        abort();
    buf_done(&out);
}

static void try_note(struct str bytes, const struct note_key keys[static 2])
{
    struct note *note = malloc(sizeof(*note));
    struct note_verdict verdicts[2];
    struct checkpoint c;
    int parsed, verified = NOTE_E_UNSIGNED, opened;

    if (!note)
        abort();
    opened = checkpoint_open(bytes, keys, 2, &c, verdicts);
    parsed = note_parse(bytes, note);
    assert(opened >= 0 && parsed >= 0 && (opened != 0 || parsed == 0));
    if (parsed == 0) {
        assert(note->n_sigs > 0 && note->n_sigs <= NOTE_SIGS_MAX);
        verified = note_verify(note, keys, 2, verdicts);
        try_checkpoint(note->text);
    }
    /* Nobody but the holders of the keys can make these: only the vector's own text is signed. */
    assert(verified >= 0 && (opened != 0 || (verified == 0 && verdicts[0].signed_it && c.size == 7)));
    free(note);
}

static void try_receipt(struct str bytes, const struct note_key keys[static 2])
{
    struct receipt *receipt = malloc(sizeof(*receipt));
    struct digest leaf = sha256(bytes);
    struct buf out, extra;

    if (!receipt)
        abort();
    buf_init(&out, NOTE_MAX * 2);
    buf_init(&extra, RECEIPT_EXTRA_MAX);
    if (receipt_parse(bytes, receipt) == 0) {
        assert(receipt_verify(receipt, &leaf, keys, 2) > 0);
        if (receipt->has_extra) {
            if (base64_parse(receipt->extra, &extra))
                abort();
            receipt->extra = buf_str(&extra);
        }
        if (receipt_print(receipt, &out) || !str_eq(buf_str(&out), bytes))
            abort();
    }
    buf_done(&out);
    buf_done(&extra);
    free(receipt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data, size};
    struct note_key keys[2];

    take_keys(keys);
    try_key(bytes);
    try_checkpoint(bytes);
    try_note(bytes, keys);
    try_receipt(bytes, keys);
    return 0;
}
