/* Signed notes (C2SP signed-note): a text, a blank line, and lines of signatures.
 *
 *     text ending in a newline
 *     <blank line>
 *     — <key name> <base64 of 4-byte key id and signature>
 *
 * Two kinds of keys sign here: a log's own (Ed25519 over the text) and a witness's (Ed25519 over the time and the text).
 * A signature by a key that the reader does not know is ignored; a bad one by a known key refuses the whole note.
 * Owner    everything is the caller's storage; texts inside a parsed note are borrowed from what was parsed.
 * Limits   NOTE_MAX bytes, NOTE_SIGS_MAX signature lines, NOTE_NAME_MAX bytes a key name.
 * Threads  any; crypto_start() first.
 * Source   C2SP signed-note v1.0.0, tlog-cosignature v1.0.1; RFC 8032; doc/design/ledger-format.md L10-L17. */
#pragma once

#include "base/codec.h"
#include "base/diag.h"

#define NOTE_MAX ((size_t)256 << 10)
#define NOTE_SIGS_MAX 64u
#define NOTE_NAME_MAX 255u
#define NOTE_KEYS_MAX 64u
#define NOTE_KEY_ID_SIZE 4u
#define NOTE_PUBLIC_SIZE 32u
#define NOTE_SECRET_SIZE 64u
#define NOTE_SEED_SIZE 32u
#define NOTE_VKEY_MAX 512u /* bytes of a key's line */

enum note_key_type {
    NOTE_ED25519 = 0x01,           /* signs the text */
    NOTE_COSIGNATURE_ED25519 = 0x04, /* a witness: signs time and text */
};

enum {
    NOTE_E_SYNTAX = 1,
    NOTE_E_LIMIT,
    NOTE_E_SIGNATURE, /* a known key's signature is bad */
    NOTE_E_UNSIGNED,  /* none of the known keys signed */
    NOTE_E_TYPE,      /* a key of a type that is not supported */
};

/* A verification key. */
struct note_key {
    char name[NOTE_NAME_MAX + 1];
    uint8_t id[NOTE_KEY_ID_SIZE];
    enum note_key_type type;
    uint8_t public_key[NOTE_PUBLIC_SIZE];
};

/* A signing key: note_signer_done() wipes it. */
struct note_signer {
    struct note_key key;
    uint8_t secret[NOTE_SECRET_SIZE];
};

/* May this be a key's name: UTF-8, not empty, no white space, no control character, no '+'? */
bool note_name_is_valid(struct str name);

/* "name+hex(id)+base64(type || key)", without a newline. NOTE_E_SYNTAX (also when the id does not fit the key),
 * NOTE_E_TYPE, NOTE_E_LIMIT. */
MUST_CHECK int note_key_parse(struct str vkey, struct note_key *ret_key);
int note_key_print(const struct note_key *key, struct buf *out);
/* From name, type and public key; fills in the id. NOTE_E_SYNTAX: not a key name. */
MUST_CHECK int note_key_init(struct note_key *ret_key, struct str name, enum note_key_type type,
                             const uint8_t public_key[static NOTE_PUBLIC_SIZE]);

/* The key pair of a 32-byte seed. NOTE_E_SYNTAX: not a key name. */
MUST_CHECK int note_signer_init(struct note_signer *ret_signer, struct str name, enum note_key_type type,
                                const uint8_t seed[static NOTE_SEED_SIZE]);
void note_signer_done(struct note_signer *signer);

/* Append the signature line for `text`, which must end in a newline. `time_s` (posix seconds) is used by a
 * cosignature only. NOTE_E_SYNTAX: not a text that may be signed; -ENOMEM, -ENOSPC. */
MUST_CHECK int note_sign_line(const struct note_signer *signer, struct str text, uint64_t time_s,
                              struct buf *out);
/* Append text, blank line and one signature line. */
MUST_CHECK int note_sign(const struct note_signer *signer, struct str text, uint64_t time_s,
                         struct buf *out);

struct note_sig {
    struct str name;   /* borrowed */
    struct str base64; /* borrowed; well formed, of at least five bytes */
    uint8_t id[NOTE_KEY_ID_SIZE];
};

struct note {
    struct str text; /* borrowed; with its final newline */
    size_t n_sigs;
    struct note_sig sigs[NOTE_SIGS_MAX];
};

/* 0, NOTE_E_SYNTAX, NOTE_E_LIMIT; -ENOMEM. */
MUST_CHECK int note_parse(struct str bytes, struct note *ret_note);

/* What one key said of a note. */
struct note_verdict {
    bool signed_it;
    uint64_t time_s; /* of a cosignature: when the witness saw it */
};

/* ret_verdicts: one for each key, written also for NOTE_E_UNSIGNED; may be NULL. 0: at least one key signed and none of
 * them badly. NOTE_E_SIGNATURE, NOTE_E_UNSIGNED; -ENOMEM. n_keys at most NOTE_KEYS_MAX. */
MUST_CHECK int note_verify(const struct note *note, const struct note_key *keys, size_t n_keys,
                           struct note_verdict *ret_verdicts);
