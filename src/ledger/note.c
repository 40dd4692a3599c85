#include "ledger/note.h"

#include "base/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>

#define DASH "\xe2\x80\x94 " /* U+2014 and a space: how a signature line begins */
#define BLOB_MAX 8192u       /* bytes of one signature; the largest known has under 3,000 */
#define ED25519_SIZE crypto_sign_BYTES
#define TIME_SIZE 8u
#define COSIGNATURE_HEAD "cosignature/v1\ntime %" PRIu64 "\n"
#define HEAD_MAX 64u

_Static_assert(NOTE_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "Ed25519 public key");
_Static_assert(NOTE_SECRET_SIZE == crypto_sign_SECRETKEYBYTES, "Ed25519 secret key");
_Static_assert(NOTE_SEED_SIZE == crypto_sign_SEEDBYTES, "Ed25519 seed");

/* Unicode's White_Space property. */
static bool is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x3000;
}

bool note_name_is_valid(struct str name)
{
    size_t at = 0;

    if (name.len == 0 || name.len > NOTE_NAME_MAX || !utf8_is_valid(name))
        return false;
    while (at < name.len) {
        uint32_t c = utf8_next(name, &at);

        if (c < 0x20 || c == '+' || is_space(c))
            return false;
    }
    return true;
}

/* UTF-8, no control character below 0x20 but newline. */
static bool is_text(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((uint8_t)s.at[i] < 0x20 && s.at[i] != '\n')
            return false;
    return utf8_is_valid(s);
}

/* ---- keys ---- */

int note_key_init(struct note_key *ret_key, struct str name, enum note_key_type type,
                  const uint8_t public_key[static NOTE_PUBLIC_SIZE])
{
    char tail[2] = {'\n', (char)type};
    struct digest d;

    if (!note_name_is_valid(name))
        return NOTE_E_SYNTAX;
    d = sha256_3(name, (struct str){tail, sizeof(tail)},
                 (struct str){(const char *)public_key, NOTE_PUBLIC_SIZE});
    memset(ret_key, 0, sizeof(*ret_key));
    memcpy(ret_key->name, name.at, name.len);
    memcpy(ret_key->id, d.bytes, NOTE_KEY_ID_SIZE);
    memcpy(ret_key->public_key, public_key, NOTE_PUBLIC_SIZE);
    ret_key->type = type;
    return 0;
}

/* type || public key, as base64. */
static int key_from_base64(struct str name, struct str base64, struct note_key *ret_key)
{
    struct buf bytes;
    int r;

    buf_init(&bytes, NOTE_VKEY_MAX);
    r = base64_parse(base64, &bytes);
    if (r) {
        r = r > 0 || r == -ENOSPC ? NOTE_E_SYNTAX : r;
        goto out;
    }
    r = NOTE_E_TYPE;
    if (bytes.len == 0 ||
        ((uint8_t)bytes.at[0] != NOTE_ED25519 && (uint8_t)bytes.at[0] != NOTE_COSIGNATURE_ED25519))
        goto out;
    r = NOTE_E_SYNTAX;
    if (bytes.len != 1 + NOTE_PUBLIC_SIZE)
        goto out;
    r = note_key_init(ret_key, name, (enum note_key_type)(uint8_t)bytes.at[0],
                      (const uint8_t *)bytes.at + 1);
out:
    buf_done(&bytes);
    return r;
}

static bool is_lower(struct str hex)
{
    for (size_t i = 0; i < hex.len; i++)
        if (hex.at[i] >= 'A' && hex.at[i] <= 'F')
            return false;
    return true;
}

int note_key_parse(struct str vkey, struct note_key *ret_key)
{
    struct str rest = vkey, name, id_hex;
    uint8_t id[NOTE_KEY_ID_SIZE];
    struct note_key key;
    int r;

    if (vkey.len > NOTE_VKEY_MAX)
        return NOTE_E_LIMIT;
    /* base64 may hold '+', so only the first two separate */
    if (!str_split(&rest, '+', &name) || !rest.at || !str_split(&rest, '+', &id_hex) || !rest.at)
        return NOTE_E_SYNTAX;
    if (hex_parse(id_hex, id, sizeof(id)) || !is_lower(id_hex)) /* one spelling for one key */
        return NOTE_E_SYNTAX;
    r = key_from_base64(name, rest, &key);
    if (r)
        return r;
    if (memcmp(id, key.id, sizeof(id)) != 0)
        return NOTE_E_SYNTAX;
    *ret_key = key;
    return 0;
}

int note_key_print(const struct note_key *key, struct buf *out)
{
    uint8_t bytes[1 + NOTE_PUBLIC_SIZE];
    int r;

    bytes[0] = (uint8_t)key->type;
    memcpy(bytes + 1, key->public_key, NOTE_PUBLIC_SIZE);
    r = buf_printf(out, "%s+", key->name);
    if (!r)
        r = hex_print(key->id, sizeof(key->id), out);
    if (!r)
        r = buf_add_char(out, '+');
    return r ? r : base64_print(bytes, sizeof(bytes), out);
}

int note_signer_init(struct note_signer *ret_signer, struct str name, enum note_key_type type,
                     const uint8_t seed[static NOTE_SEED_SIZE])
{
    uint8_t public_key[NOTE_PUBLIC_SIZE];

    if (crypto_sign_seed_keypair(public_key, ret_signer->secret, seed) != 0)
        return -EIO;
    return note_key_init(&ret_signer->key, name, type, public_key);
}

void note_signer_done(struct note_signer *signer)
{
    sodium_memzero(signer, sizeof(*signer));
}

/* ---- signing ---- */

/* What a key of this type signs. */
static int signed_message(enum note_key_type type, struct str text, uint64_t time_s, struct buf *out)
{
    int r = 0;

    if (type == NOTE_COSIGNATURE_ED25519)
        r = buf_printf(out, COSIGNATURE_HEAD, time_s);
    return r ? r : buf_add_str(out, text);
}

static int make_blob(const struct note_signer *signer, struct str text, uint64_t time_s,
                     struct buf *blob)
{
    struct buf message;
    uint8_t *at;
    int r;

    buf_init(&message, NOTE_MAX + HEAD_MAX);
    r = signed_message(signer->key.type, text, time_s, &message);
    if (!r)
        r = buf_add(blob, signer->key.id, NOTE_KEY_ID_SIZE);
    if (!r && signer->key.type == NOTE_COSIGNATURE_ED25519)
        r = buf_add_be64(blob, time_s);
    if (r)
        goto out;
    at = buf_grow(blob, ED25519_SIZE);
    r = at ? crypto_sign_detached(at, NULL, (const uint8_t *)message.at, message.len, signer->secret)
           : buf_error(blob);
out:
    buf_done(&message);
    return r;
}

int note_sign_line(const struct note_signer *signer, struct str text, uint64_t time_s, struct buf *out)
{
    struct buf blob;
    int r;

    if (text.len == 0 || text.len > NOTE_MAX || text.at[text.len - 1] != '\n' || !is_text(text))
        return NOTE_E_SYNTAX;
    buf_init(&blob, BLOB_MAX);
    r = make_blob(signer, text, time_s, &blob);
    if (!r)
        r = buf_printf(out, DASH "%s ", signer->key.name);
    if (!r)
        r = base64_print(blob.at, blob.len, out);
    if (!r)
        r = buf_add_char(out, '\n');
    buf_done(&blob);
    return r;
}

int note_sign(const struct note_signer *signer, struct str text, uint64_t time_s, struct buf *out)
{
    int r = buf_add_str(out, text);

    if (!r)
        r = buf_add_char(out, '\n');
    return r ? r : note_sign_line(signer, text, time_s, out);
}

/* ---- reading ---- */

/* The last blank line ends the text. */
static bool split_note(struct str bytes, struct str *ret_text, struct str *ret_sigs)
{
    for (size_t i = bytes.len; i >= 2; i--) {
        if (bytes.at[i - 1] != '\n' || bytes.at[i - 2] != '\n')
            continue;
        *ret_text = (struct str){bytes.at, i - 1};
        *ret_sigs = (struct str){bytes.at + i, bytes.len - i};
        return true;
    }
    return false;
}

static int parse_sig(struct str line, struct note_sig *ret_sig)
{
    struct str name, rest;
    struct buf blob;
    int r;

    if (!str_starts(line, STR(DASH)))
        return NOTE_E_SYNTAX;
    rest = (struct str){line.at + sizeof(DASH) - 1, line.len - (sizeof(DASH) - 1)};
    if (!str_split(&rest, ' ', &name) || !rest.at || !note_name_is_valid(name))
        return NOTE_E_SYNTAX;
    buf_init(&blob, BLOB_MAX);
    r = base64_parse(rest, &blob);
    if (r == -ENOSPC)
        r = NOTE_E_LIMIT;
    else if (r > 0 || (r == 0 && blob.len <= NOTE_KEY_ID_SIZE))
        r = NOTE_E_SYNTAX;
    if (!r) {
        *ret_sig = (struct note_sig){.name = name, .base64 = rest};
        memcpy(ret_sig->id, blob.at, NOTE_KEY_ID_SIZE);
    }
    buf_done(&blob);
    return r;
}

int note_parse(struct str bytes, struct note *ret_note)
{
    struct str rest, line;

    ret_note->n_sigs = 0;
    if (bytes.len > NOTE_MAX)
        return NOTE_E_LIMIT;
    if (!is_text(bytes) || !split_note(bytes, &ret_note->text, &rest))
        return NOTE_E_SYNTAX;
    if (rest.len == 0 || rest.at[rest.len - 1] != '\n')
        return NOTE_E_SYNTAX;
    rest.len--;
    while (str_split(&rest, '\n', &line)) {
        int r;

        if (ret_note->n_sigs == NOTE_SIGS_MAX)
            return NOTE_E_LIMIT;
        r = parse_sig(line, &ret_note->sigs[ret_note->n_sigs]);
        if (r)
            return r;
        ret_note->n_sigs++;
    }
    return 0;
}

/* ---- verification ---- */

/* 0, NOTE_E_SIGNATURE; -ENOMEM. */
static int check_blob(const struct note_key *key, struct str blob, struct str text, uint64_t *ret_time_s)
{
    size_t head = key->type == NOTE_COSIGNATURE_ED25519 ? NOTE_KEY_ID_SIZE + TIME_SIZE : NOTE_KEY_ID_SIZE;
    struct buf message;
    uint64_t time_s = 0;
    int r;

    if (blob.len != head + ED25519_SIZE)
        return NOTE_E_SIGNATURE;
    for (size_t i = NOTE_KEY_ID_SIZE; i < head; i++)
        time_s = time_s << 8 | (uint8_t)blob.at[i];
    buf_init(&message, NOTE_MAX + HEAD_MAX);
    r = signed_message(key->type, text, time_s, &message);
    if (!r && crypto_sign_verify_detached((const uint8_t *)blob.at + head, (const uint8_t *)message.at, message.len,
                                          key->public_key))
        r = NOTE_E_SIGNATURE;
    buf_done(&message);
    *ret_time_s = time_s;
    return r;
}

static int verify_sig(const struct note *note, const struct note_sig *sig, const struct note_key *key,
                      struct note_verdict *verdict)
{
    struct buf blob;
    uint64_t time_s;
    int r;

    buf_init(&blob, BLOB_MAX);
    r = base64_parse(sig->base64, &blob);
    if (r > 0)
        r = NOTE_E_SIGNATURE;
    if (!r)
        r = check_blob(key, buf_str(&blob), note->text, &time_s);
    if (!r)
        *verdict = (struct note_verdict){.signed_it = true, .time_s = time_s};
    buf_done(&blob);
    return r;
}

int note_verify(const struct note *note, const struct note_key *keys, size_t n_keys,
                struct note_verdict *ret_verdicts)
{
    struct note_verdict verdicts[NOTE_KEYS_MAX] = {0};
    bool any = false;

    assert(n_keys <= NOTE_KEYS_MAX);
    for (size_t s = 0; s < note->n_sigs; s++) {
        for (size_t k = 0; k < n_keys; k++) {
            int r;

            if (memcmp(note->sigs[s].id, keys[k].id, NOTE_KEY_ID_SIZE) != 0 ||
                !str_eq(note->sigs[s].name, str_of(keys[k].name)))
                continue;
            r = verify_sig(note, &note->sigs[s], &keys[k], &verdicts[k]);
            if (r)
                return r;
            any = true;
        }
    }
    if (ret_verdicts)
        memcpy(ret_verdicts, verdicts, n_keys * sizeof(*verdicts));
    return any ? 0 : NOTE_E_UNSIGNED;
}
