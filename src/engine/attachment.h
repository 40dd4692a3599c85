/* Files that people send, and that acts name: what each is, its key, its contents piece by piece (doc/design/information.md, E1 to E6).
 *
 *     coming ──all pieces are there──> waiting ──> begun ──examined──> clean, infected, not-examinable, crashed, no-scanner
 *                                                                        │ an act names it: RECORD#n
 *                                                                        └──> gone: the record was disposed of
 *
 *   id       32 hexadecimal digits, random; names its pieces in the third place (store/blobs.h)
 *   key      in the vault under the id, from the act that names it on under RECORD#n
 *   piece n  sealed under the key, bound to "ID/n" or, the last one, "ID/n/last": none can be left out, moved, or put in another's place
 *   head     {"name", "gate", "type", "sha256", "why", "place", "found", "seen": as engine/seen.h} as far as known, sealed likewise, bound to "ID/head"
 *
 * A field's value is {"id", "name", "size", "type", "sha256", "state", "tells"}, as it was when the act named the file; "tells": file_tells of
 * regulation/model.h, absent where nobody can say (it was not examined to its end, or by an older version). It is personal: the entry holds
 * a salted commitment to it, so that whoever has the file can hold it against the ledger.
 * Owner    attachment_get() gives one that attachment_done() lets go of.
 * Threads  as the store's handle. */
#pragma once

#include "base/json.h"
#include "store/store.h"

#define ATTACHMENT_ID_SIZE 33
#define ATTACHMENT_PIECE (1u << 20)    /* bytes of every piece but the last */
#define ATTACHMENT_NAME_MAX 255u       /* bytes */
#define ATTACHMENT_KEY_NAME_SIZE 160

struct attachment {
    char id[ATTACHMENT_ID_SIZE], owner[128], record[128], state[24];
    int64_t n;          /* within its record, from 1; 0: no act has named it */
    int64_t tries;
    uint64_t size;      /* bytes */
    uint64_t next_us, made_us; /* real clock */
    struct buf sealed;  /* its head; empty when gone */
};

/* 32 digits of either case are none: "0123…" in lower case only. */
bool attachment_id_ok(const char *id);
/* 0; 1: there is none. */
MUST_CHECK int attachment_get(struct store *s, const char *id, struct attachment *ret);
void attachment_done(struct attachment *a); /* accepts a zeroed struct */
/* Under which its key lies in the vault. */
void attachment_key_name(const struct attachment *a, char ret[ATTACHMENT_KEY_NAME_SIZE]);
/* 0: wipe it after use; 1: it is gone. */
MUST_CHECK int attachment_key(struct store *s, const struct attachment *a, uint8_t ret_key[VAULT_KEY_SIZE]);
/* 0; 1: it is gone. */
MUST_CHECK int attachment_head(struct store *s, const struct attachment *a, json_t **ret);
/* Ended in one of the ways that an examination can (file_states of regulation/model.h). */
bool attachment_is_examined(const struct attachment *a);
/* What a field holds that names it. 0; 1: it is gone. */
MUST_CHECK int attachment_value(struct store *s, const struct attachment *a, json_t **ret);
/* The size that fits, by which pieces are counted: 0 for an empty file, of which there is none. */
static inline int64_t attachment_pieces(uint64_t size)
{
    return (int64_t)((size + ATTACHMENT_PIECE - 1) / ATTACHMENT_PIECE);
}
/* Bytes of its nth piece in clear. */
static inline size_t attachment_piece_size(uint64_t size, int64_t n)
{
    uint64_t from = (uint64_t)n * ATTACHMENT_PIECE;

    return from >= size ? 0 : (size_t)MIN_OF(size - from, (uint64_t)ATTACHMENT_PIECE);
}

/* ---- pieces ---- */
/* Append piece n, of attachment_piece_size() bytes, sealed or opened. -EBADMSG: it does not open as that piece, or is of another length. */
MUST_CHECK int attachment_seal_piece(const char *id, uint64_t size, int64_t n, const uint8_t key[VAULT_KEY_SIZE], struct str plain,
                                     struct buf *out);
MUST_CHECK int attachment_open_piece(const char *id, uint64_t size, int64_t n, const uint8_t key[VAULT_KEY_SIZE], struct str sealed,
                                     struct buf *out);

/* ---- inside a transaction ---- */
/* A fresh one in state "coming", with its key. `name` as attachment_clean_name() made it; `gate`: that sends it, "" a person does. */
MUST_CHECK int attachment_new(struct store *s, const char *owner, const char *gate, const char *name, uint64_t size, uint64_t real_us,
                              char ret_id[ATTACHMENT_ID_SIZE]);
/* Write state, tries, next_us and, where it is not NULL, another head. */
MUST_CHECK int attachment_save(struct store *s, struct attachment *a, const json_t *head);
/* An act on the record names it: its key gets the record's name. Once it has, nothing happens. -ESTALE: another record has it. */
MUST_CHECK int attachment_claim(struct store *s, const char *id, const char *record);
/* The record is disposed of: keys of all its files go with the batch. */
MUST_CHECK int attachment_destroy(struct store *s, const char *record);
/* One that no act has named goes, with its key. Its pieces are the caller's, afterwards. */
MUST_CHECK int attachment_drop(struct store *s, const struct attachment *a);

/* "25 MiB", "1.5 KiB", "68 B". */
#define ATTACHMENT_SIZE_WORDS 32
void attachment_size_words(uint64_t bytes, char ret[ATTACHMENT_SIZE_WORDS]);
/* The name of a file as its sender writes it, without folders, in NFC, cut to the limit with its ending kept. 1: nothing of it is left. */
MUST_CHECK int attachment_clean_name(struct str typed, struct buf *out);
