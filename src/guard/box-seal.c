#include "guard/box-seal.h"

#include "force/password.h"

#include "base/file.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#define MAGIC "tsujiban-box 2\n" /* with its NUL 16 bytes */
#define MAGIC_SIZE 16u
#define ID_SIZE 8u
#define SLOT_SIZE (ID_SIZE + crypto_box_SEALBYTES + BOX_KEY_SIZE)
#define PASS_SLOT_SIZE                                                                        \
    (crypto_pwhash_SALTBYTES + 8u + crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + \
     BOX_KEY_SIZE)
#define FRAME (BOX_PIECE + crypto_secretstream_xchacha20poly1305_ABYTES)
#define HEAD_MAX (MAGIC_SIZE + 3 + BOX_SLOTS_MAX * SLOT_SIZE + PASS_SLOT_SIZE + SHA256_SIZE + 64)

static_assert(BOX_KEY_SIZE == crypto_secretstream_xchacha20poly1305_KEYBYTES, "one size of keys");
static_assert(BOX_KEY_SIZE == crypto_box_PUBLICKEYBYTES, "one size of keys");
static_assert(sizeof(MAGIC) == MAGIC_SIZE, "the magic fills its place");

struct box_seal {
    struct outgoing *out;
    crypto_secretstream_xchacha20poly1305_state state;
    struct digest head;
    uint8_t piece[BOX_PIECE], frame[FRAME];
    size_t n;
};

struct box_open {
    int fd;
    crypto_secretstream_xchacha20poly1305_state state;
    struct sha256_state *sha;
    struct digest head, manifest;
    uint8_t frame[FRAME], piece[BOX_PIECE];
    bool is_over;
};

/* ---- keys ---- */

void box_key_make(struct box_secret *ret_secret, struct box_public *ret_public)
{
    crypto_box_keypair(ret_public->bytes, ret_secret->bytes);
}

#define PUBLIC_WORD "tsujiban-public-key "
#define SECRET_WORD "tsujiban-secret-key "

static int key_print(const char *word, const uint8_t *key, struct buf *out)
{
    int r = buf_add_text(out, word);

    if (!r && !(r = base64_print(key, BOX_KEY_SIZE, out)))
        r = buf_add_char(out, '\n');
    return r;
}

int box_public_print(const struct box_public *k, struct buf *out)
{
    return key_print(PUBLIC_WORD, k->bytes, out);
}

int box_secret_print(const struct box_secret *k, struct buf *out)
{
    return key_print(SECRET_WORD, k->bytes, out);
}

static int key_parse(struct str line, struct str word, uint8_t *ret)
{
    CLEANUP(buf_wipe) struct buf key;
    struct str rest, text;
    int r;

    buf_init(&key, BOX_KEY_SIZE);
    line = str_trim(line);
    if (!str_starts(line, word))
        return BOX_E_SYNTAX;
    rest = (struct str){line.at + word.len, line.len - word.len};
    if (!str_split(&rest, ' ', &text))
        return BOX_E_SYNTAX;
    r = base64_parse(text, &key);
    if (r == -ENOMEM)
        return r;
    if (r || key.len != BOX_KEY_SIZE)
        return BOX_E_SYNTAX;
    memcpy(ret, key.at, BOX_KEY_SIZE);
    return 0;
}

int box_public_parse(struct str line, struct box_public *ret)
{
    return key_parse(line, STR(PUBLIC_WORD), ret->bytes);
}

int box_secret_parse(struct str line, struct box_secret *ret)
{
    return key_parse(line, STR(SECRET_WORD), ret->bytes);
}

/* ---- sealing ---- */

static int add_key_slot(struct buf *head, const struct box_public *to, const uint8_t *key)
{
    uint8_t slot[SLOT_SIZE];

    crypto_generichash(slot, ID_SIZE, to->bytes, BOX_KEY_SIZE, NULL, 0);
    if (crypto_box_seal(slot + ID_SIZE, key, BOX_KEY_SIZE, to->bytes))
        return -EINVAL; /* no point of the curve */
    return buf_add(head, slot, sizeof(slot));
}

static int passphrase_key(struct str passphrase, const uint8_t *salt, uint32_t passes,
                          uint32_t memory_kib, uint8_t *ret)
{
    return crypto_pwhash(ret, crypto_secretbox_KEYBYTES, passphrase.at, passphrase.len, salt,
                         passes, (size_t)memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13)
               ? -ENOMEM
               : 0;
}

static int add_pass_slot(struct buf *head, struct str passphrase, const uint8_t *key)
{
    uint8_t salt[crypto_pwhash_SALTBYTES], nonce[crypto_secretbox_NONCEBYTES],
        under[crypto_secretbox_KEYBYTES], shut[crypto_secretbox_MACBYTES + BOX_KEY_SIZE];
    int r;

    random_fill(salt, sizeof(salt));
    random_fill(nonce, sizeof(nonce));
    if ((r = passphrase_key(passphrase, salt, PASSWORD_PASSES, PASSWORD_MEMORY / 1024, under)))
        return r;
    crypto_secretbox_easy(shut, key, BOX_KEY_SIZE, nonce, under);
    sodium_memzero(under, sizeof(under));
    if (!(r = buf_add(head, salt, sizeof(salt))) && !(r = buf_add_be32(head, PASSWORD_PASSES)) &&
        !(r = buf_add_be32(head, PASSWORD_MEMORY / 1024)) &&
        !(r = buf_add(head, nonce, sizeof(nonce))))
        r = buf_add(head, shut, sizeof(shut));
    return r;
}

static int add_slots(struct buf *head, const struct box_for *who, const uint8_t *key)
{
    int r = buf_add(head, MAGIC, MAGIC_SIZE);

    if (!r && !(r = buf_add_char(head, who->n ? 0 : 1)))
        r = buf_add_be16(head, who->n ? (uint16_t)who->n : 1);
    if (!r && !who->n)
        r = add_pass_slot(head, who->passphrase, key);
    for (size_t i = 0; !r && i < who->n; i++)
        r = add_key_slot(head, &who->keys[i], key);
    return r;
}

static int start_stream(struct box_seal *b, const struct box_for *who, const struct digest *manifest)
{
    uint8_t key[BOX_KEY_SIZE], stream[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    CLEANUP(buf_done) struct buf head;
    int r;

    buf_init(&head, HEAD_MAX);
    crypto_secretstream_xchacha20poly1305_keygen(key);
    r = add_slots(&head, who, key);
    crypto_secretstream_xchacha20poly1305_init_push(&b->state, stream, key);
    sodium_memzero(key, sizeof(key));
    if (r || (r = buf_add(&head, manifest->bytes, SHA256_SIZE)) || (r = buf_add(&head, stream, sizeof(stream))))
        return r;
    b->head = sha256(buf_str(&head));
    return outgoing_add(b->out, buf_str(&head));
}

int box_seal_new(struct outgoing *out, const struct box_for *who, const struct digest *manifest, struct box_seal **ret)
{
    struct box_seal *b = calloc(1, sizeof(*b));
    int r;

    if (!b)
        return -ENOMEM;
    b->out = out;
    if ((r = start_stream(b, who, manifest))) {
        box_seal_free(b);
        return r;
    }
    *ret = b;
    return 0;
}

static int push(struct box_seal *b, uint8_t tag)
{
    unsigned long long n;

    crypto_secretstream_xchacha20poly1305_push(&b->state, b->frame, &n, b->piece, b->n,
                                               b->head.bytes, SHA256_SIZE, tag);
    b->n = 0;
    return outgoing_add(b->out, (struct str){(const char *)b->frame, (size_t)n});
}

/* A full piece waits until it is known not to be the last. */
int box_seal_add(struct box_seal *b, struct str bytes)
{
    while (bytes.len > 0) {
        size_t n = MIN_OF(bytes.len, BOX_PIECE - b->n);
        int r;

        if (n == 0) {
            if ((r = push(b, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE)))
                return r;
            continue;
        }
        memcpy(b->piece + b->n, bytes.at, n);
        b->n += n;
        bytes = (struct str){bytes.at + n, bytes.len - n};
    }
    return 0;
}

int box_seal_finish(struct box_seal *b)
{
    return push(b, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
}

void box_seal_free(struct box_seal *b)
{
    if (!b)
        return;
    sodium_memzero(b, sizeof(*b));
    free(b);
}

/* ---- opening ---- */

/* Bytes of the header, which count for its digest. */
static int take(struct box_open *b, uint8_t *at, size_t n)
{
    ssize_t got = file_read_full(b->fd, at, n);

    if (got < 0)
        return (int)got;
    if ((size_t)got < n)
        return BOX_E_NOT_ONE;
    sha256_add(b->sha, (struct str){(const char *)at, n});
    return 0;
}

static uint32_t be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int take_pass_slot(struct box_open *b, const struct box_with *with, uint8_t *ret_key)
{
    uint8_t slot[PASS_SLOT_SIZE], under[crypto_secretbox_KEYBYTES];
    const uint8_t *numbers = slot + crypto_pwhash_SALTBYTES, *nonce = numbers + 8,
                  *shut = nonce + crypto_secretbox_NONCEBYTES;
    int r = take(b, slot, sizeof(slot));

    if (r)
        return r;
    if (with->key)
        return BOX_E_KEY;
    if (be32(numbers) < crypto_pwhash_OPSLIMIT_MIN || be32(numbers) > BOX_PASSES_MAX ||
        be32(numbers + 4) < crypto_pwhash_MEMLIMIT_MIN / 1024 ||
        be32(numbers + 4) > BOX_MEMORY_MAX_KIB)
        return BOX_E_NOT_ONE;
    if ((r = passphrase_key(with->passphrase, slot, be32(numbers), be32(numbers + 4), under)))
        return r;
    r = crypto_secretbox_open_easy(ret_key, shut, crypto_secretbox_MACBYTES + BOX_KEY_SIZE, nonce,
                                   under)
            ? BOX_E_KEY
            : 0;
    sodium_memzero(under, sizeof(under));
    return r;
}

static bool opens(const uint8_t *slot, const struct box_with *with, uint8_t *ret_key)
{
    uint8_t public[BOX_KEY_SIZE], id[ID_SIZE];

    if (!with->key || crypto_scalarmult_base(public, with->key->bytes))
        return false;
    crypto_generichash(id, ID_SIZE, public, BOX_KEY_SIZE, NULL, 0);
    return !memcmp(id, slot, ID_SIZE) &&
           !crypto_box_seal_open(ret_key, slot + ID_SIZE, crypto_box_SEALBYTES + BOX_KEY_SIZE,
                                 public, with->key->bytes);
}

static int take_key_slots(struct box_open *b, size_t n, const struct box_with *with,
                          uint8_t *ret_key)
{
    bool is_open = false;

    for (size_t i = 0; i < n; i++) {
        uint8_t slot[SLOT_SIZE];
        int r = take(b, slot, sizeof(slot));

        if (r)
            return r;
        is_open = is_open || opens(slot, with, ret_key);
    }
    return is_open ? 0 : BOX_E_KEY;
}

static int take_slots(struct box_open *b, const struct box_with *with, uint8_t *ret_key)
{
    uint8_t start[MAGIC_SIZE + 3];
    int r = take(b, start, sizeof(start));
    size_t n = (size_t)start[MAGIC_SIZE + 1] << 8 | start[MAGIC_SIZE + 2];
    uint8_t kind = start[MAGIC_SIZE];

    if (r)
        return r;
    if (memcmp(start, MAGIC, MAGIC_SIZE) || kind > 1 || n == 0 || n > BOX_SLOTS_MAX ||
        (kind == 1 && n != 1))
        return BOX_E_NOT_ONE;
    return kind == 1 ? take_pass_slot(b, with, ret_key) : take_key_slots(b, n, with, ret_key);
}

static int open_stream(struct box_open *b, const struct box_with *with)
{
    uint8_t key[BOX_KEY_SIZE] = {0}, stream[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    int r = take_slots(b, with, key);

    if (!r && !(r = take(b, b->manifest.bytes, SHA256_SIZE)) && !(r = take(b, stream, sizeof(stream)))) {
        b->head = sha256_end(TAKE(b->sha));
        r = crypto_secretstream_xchacha20poly1305_init_pull(&b->state, stream, key) ? BOX_E_NOT_ONE
                                                                                    : 0;
    }
    sodium_memzero(key, sizeof(key));
    return r;
}

int box_open_new(int fd, const struct box_with *with, struct box_open **ret)
{
    struct box_open *b = calloc(1, sizeof(*b));
    int r;

    if (!b)
        return -ENOMEM;
    b->fd = fd;
    b->sha = sha256_new();
    r = b->sha ? open_stream(b, with) : -ENOMEM;
    if (r) {
        box_open_free(b);
        return r;
    }
    *ret = b;
    return 0;
}

int box_open_read(struct box_open *b, struct str *ret)
{
    unsigned long long n;
    uint8_t tag, more;
    ssize_t got;

    if (b->is_over) {
        *ret = STR_NONE;
        return 0;
    }
    got = file_read_full(b->fd, b->frame, FRAME);
    if (got < 0)
        return (int)got;
    if ((size_t)got < crypto_secretstream_xchacha20poly1305_ABYTES ||
        crypto_secretstream_xchacha20poly1305_pull(&b->state, b->piece, &n, &tag, b->frame,
                                                   (unsigned long long)got, b->head.bytes,
                                                   SHA256_SIZE))
        return BOX_E_DAMAGED;
    if (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL) {
        b->is_over = true;
        if ((got = file_read_full(b->fd, &more, 1)) != 0)
            return got < 0 ? (int)got : BOX_E_DAMAGED;
    } else if (tag != crypto_secretstream_xchacha20poly1305_TAG_MESSAGE || n != BOX_PIECE) {
        return BOX_E_DAMAGED;
    }
    *ret = (struct str){(const char *)b->piece, (size_t)n};
    return 0;
}

struct digest box_open_manifest(const struct box_open *b)
{
    return b->manifest;
}

void box_open_free(struct box_open *b)
{
    if (!b)
        return;
    if (b->sha)
        IGNORE(sha256_end(b->sha).bytes[0], "the header was none");
    sodium_memzero(b, sizeof(*b));
    free(b);
}
