/* Signed notes, keys and checkpoints, as C2SP signed-note, tlog-checkpoint and tlog-cosignature have them. */
#include "fsck/fsck.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DASH "\xe2\x80\x94 "
#define DASH_LEN 4u
#define BLOB_MAX 8192u

/* Cut at the first `c`. false: it is not there. */
static bool cut(struct slice *rest, char c, struct slice *ret)
{
    const char *at = rest->len ? memchr(rest->at, c, rest->len) : NULL;

    if (!at)
        return false;
    *ret = (struct slice){rest->at, (size_t)(at - rest->at)};
    *rest = (struct slice){at + 1, rest->len - ret->len - 1};
    return true;
}

/* Strict base64, also in the bits that no byte takes. Bytes, or -1. */
static int from_base64(struct slice text, uint8_t *ret, size_t size)
{
    char again[BLOB_MAX * 2];
    size_t len;
    const char *end;

    if (text.len > BLOB_MAX || sodium_base642bin(ret, size, text.at, text.len, NULL, &len, &end,
                                                 sodium_base64_VARIANT_ORIGINAL) != 0)
        return -1;
    if (end != text.at + text.len)
        return -1;
    (void)sodium_bin2base64(again, sizeof(again), ret, len, sodium_base64_VARIANT_ORIGINAL);
    return strlen(again) == text.len && memcmp(again, text.at, text.len) == 0 ? (int)len : -1;
}

/* ---- keys ---- */

static void key_id(const struct vkey *key, uint8_t ret[static 4])
{
    struct sha256 *sha = sha256_new();
    struct hash h;

    sha256_start(sha);
    sha256_add(sha, key->name, strlen(key->name));
    sha256_add(sha, "\n", 1);
    sha256_add(sha, &key->type, 1);
    sha256_add(sha, key->public_key, sizeof(key->public_key));
    h = sha256_end(sha);
    sha256_free(sha);
    memcpy(ret, h.bytes, 4);
}

bool vkey_parse(struct slice line, struct vkey *ret)
{
    struct slice rest = line, name, hex;
    uint8_t bytes[64], id[4];
    char want[9];

    if (!cut(&rest, '+', &name) || !cut(&rest, '+', &hex) || name.len == 0 || name.len > NAME_MAX_LEN ||
        memchr(name.at, ' ', name.len) || memchr(name.at, '\0', name.len))
        return false;
    if (from_base64(rest, bytes, sizeof(bytes)) != 33 || (bytes[0] != 1 && bytes[0] != 4))
        return false;
    memset(ret, 0, sizeof(*ret));
    memcpy(ret->name, name.at, name.len);
    ret->type = bytes[0];
    memcpy(ret->public_key, bytes + 1, sizeof(ret->public_key));
    key_id(ret, id);
    memcpy(ret->id, id, sizeof(id));
    (void)snprintf(want, sizeof(want), "%02x%02x%02x%02x", id[0], id[1], id[2], id[3]);
    return slice_is(hex, want);
}

const char *vkeys_read(const char *path, struct vkey *keys, size_t *n_keys)
{
    struct bytes b = {0};
    struct slice rest, line;
    const char *problem = NULL;

    if (bytes_read(path, TEXT_MAX, &b) != FILE_READ) {
        bytes_done(&b);
        return "cannot be read";
    }
    rest = (struct slice){b.at, b.len};
    while (!problem && rest.len > 0) {
        if (!cut(&rest, '\n', &line)) {
            line = rest;
            rest.len = 0;
        }
        if (line.len == 0 || line.at[0] == '#')
            continue;
        if (*n_keys == KEYS_MAX)
            problem = "holds too many keys";
        else if (!vkey_parse(line, &keys[*n_keys]))
            problem = "holds a line that is not a key: name+id+key";
        else
            ++*n_keys;
    }
    bytes_done(&b);
    return problem;
}

/* ---- checkpoints ---- */

static bool parse_size(struct slice s, uint64_t *ret)
{
    uint64_t v = 0;

    if (s.len == 0 || (s.at[0] == '0' && s.len > 1) || s.len > 19)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(s.at[i] - '0');
    }
    *ret = v;
    return v <= INT64_MAX;
}

/* The last blank line separates text and signatures. */
static bool split(struct slice bytes, struct slice *ret_text, struct slice *ret_sigs)
{
    for (size_t i = bytes.len; i >= 2; i--) {
        if (bytes.at[i - 1] == '\n' && bytes.at[i - 2] == '\n') {
            *ret_text = (struct slice){bytes.at, i - 1};
            *ret_sigs = (struct slice){bytes.at + i, bytes.len - i};
            return ret_sigs->len > 0 && bytes.at[bytes.len - 1] == '\n';
        }
    }
    return false;
}

const char *checkpoint_parse(struct slice bytes, struct checkpoint *ret)
{
    struct checkpoint c = {0};
    struct slice rest, line;

    for (size_t i = 0; i < bytes.len; i++)
        if ((unsigned char)bytes.at[i] < 0x20 && bytes.at[i] != '\n')
            return "it holds control characters";
    if (!split(bytes, &c.text, &c.signatures))
        return "it is not a text with signature lines";
    rest = c.text;
    if (!cut(&rest, '\n', &c.origin) || c.origin.len == 0 || c.origin.len > NAME_MAX_LEN)
        return "its first line is no origin";
    if (!cut(&rest, '\n', &line) || !parse_size(line, &c.size))
        return "its second line is no size";
    if (!cut(&rest, '\n', &line) || from_base64(line, c.root.bytes, HASH_SIZE) != (int)HASH_SIZE)
        return "its third line is no root";
    c.has_extensions = rest.len > 0;
    *ret = c;
    return NULL;
}

static bool blob_is_good(const struct checkpoint *c, const struct vkey *key, const uint8_t *blob, int len)
{
    char message[TEXT_MAX + 64];
    int head = 0, sig = 4;

    if (key->type == 4) {
        uint64_t t = 0;

        for (; sig < 12 && sig < len; sig++)
            t = t << 8 | blob[sig];
        head = snprintf(message, sizeof(message), "cosignature/v1\ntime %" PRIu64 "\n", t);
    }
    if (len != sig + (int)crypto_sign_BYTES || c->text.len > TEXT_MAX)
        return false;
    memcpy(message + head, c->text.at, c->text.len);
    return crypto_sign_verify_detached(blob + sig, (const uint8_t *)message, (size_t)head + c->text.len,
                                       key->public_key) == 0;
}

int checkpoint_signed_by(const struct checkpoint *c, const struct vkey *key)
{
    struct slice rest = c->signatures, line, name;
    int answer = SIGNED_NOT;

    while (cut(&rest, '\n', &line)) {
        uint8_t blob[BLOB_MAX];
        int len;

        if (line.len <= DASH_LEN || memcmp(line.at, DASH, DASH_LEN) != 0)
            return SIGNED_BAD;
        line = (struct slice){line.at + DASH_LEN, line.len - DASH_LEN};
        if (!cut(&line, ' ', &name))
            return SIGNED_BAD;
        len = from_base64(line, blob, sizeof(blob));
        if (len < 5)
            return SIGNED_BAD;
        if (!slice_is(name, key->name) || memcmp(blob, key->id, 4) != 0)
            continue;
        if (!blob_is_good(c, key, blob, len))
            return SIGNED_BAD;
        answer = SIGNED_GOOD;
    }
    return answer;
}
