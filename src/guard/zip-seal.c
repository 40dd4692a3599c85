#include "guard/zip-seal.h"

#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <errno.h>
#include <locale.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#define ROUNDS 1000 /* of PBKDF2: the format's */
#define SALT_SIZE 16u
#define CHECK_SIZE 2u
#define MAC_SIZE 10u
#define KEY_SIZE 32u
#define OVERHEAD (SALT_SIZE + CHECK_SIZE + MAC_SIZE)
#define BLOCK 16u
#define STEP ((size_t)16 << 10) /* counters, mask and bytes of one step stay in the innermost cache */
#define SIZE_32 0xffffffffu /* "see the ZIP64 field" */
#define DAY_1980 0x0021u    /* 1980-01-01 in DOS's form */
#define FLAGS 0x0801u       /* encrypted; the name is UTF-8 */
#define VERSION 51u         /* what reading AES asks for */
#define METHOD_AES 99u
#define CENTRAL_MAX ((size_t)16 << 20)

struct zip_seal {
    struct outgoing *out;
    struct buf *memory; /* in its place */
    struct str password;
    uint64_t at; /* bytes written */
    EVP_CIPHER_CTX *cipher;
    EVP_MAC_CTX *mac;
    uint64_t counters[STEP / 8]; /* of 16 bytes each, whose upper halves stay 0 */
    uint8_t mask[STEP];          /* what they become */
    uint64_t counter, left;
    struct buf central; /* headers of the members so far */
    size_t n;
};

/* ---- numbers, least significant byte first ---- */

static int add_le(struct buf *b, uint64_t v, unsigned n)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < n; i++)
        bytes[i] = (uint8_t)(v >> (8 * i));
    return buf_add(b, bytes, n);
}

struct number {
    uint64_t value;
    unsigned n;
};

static int add_all(struct buf *b, const struct number *numbers, size_t n)
{
    int r = 0;

    for (size_t i = 0; !r && i < n; i++)
        r = add_le(b, numbers[i].value, numbers[i].n);
    return r;
}
#define ADD_ALL(b, ...)                                \
    add_all((b), (const struct number[]){__VA_ARGS__}, \
            ARRAY_LEN(((const struct number[]){__VA_ARGS__})))

static int write_out(struct zip_seal *z, struct str bytes)
{
    z->at += bytes.len;
    return z->memory ? buf_add(z->memory, bytes.at, bytes.len) : outgoing_add(z->out, bytes);
}

/* ---- cipher ---- */

/* A MAC whose key changes with each member. */
static EVP_MAC_CTX *mac_new(void)
{
    EVP_MAC *kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = kind ? EVP_MAC_CTX_new(kind) : NULL;

    EVP_MAC_free(kind);
    return mac;
}

int zip_seal_new(struct outgoing *out, struct str password, struct zip_seal **ret)
{
    struct zip_seal *z = calloc(1, sizeof(*z));

    if (!z)
        return -ENOMEM;
    z->out = out;
    z->password = password;
    buf_init(&z->central, CENTRAL_MAX);
    z->cipher = EVP_CIPHER_CTX_new();
    z->mac = mac_new();
    if (!z->cipher || !z->mac) {
        zip_seal_free(z);
        return -ENOMEM;
    }
    *ret = z;
    return 0;
}

int zip_seal_new_in(struct buf *memory, struct str password, struct zip_seal **ret)
{
    int r = zip_seal_new(NULL, password, ret);

    if (!r)
        (*ret)->memory = memory;
    return r;
}

void zip_seal_free(struct zip_seal *z)
{
    if (!z)
        return;
    EVP_CIPHER_CTX_free(z->cipher);
    EVP_MAC_CTX_free(z->mac);
    buf_done(&z->central);
    sodium_memzero(z, sizeof(*z));
    free(z);
}

static int start_mac(EVP_MAC_CTX *mac, const uint8_t *key)
{
    char sha1[] = "SHA1";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha1, 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_MAC_init(mac, key, KEY_SIZE, params) == 1 ? 0 : -ENOMEM;
}

/* Salt and check go before the ciphertext. */
static int start_cipher(struct zip_seal *z)
{
    uint8_t salt[SALT_SIZE], keys[2 * KEY_SIZE + CHECK_SIZE];
    int r = 0;

    random_fill(salt, sizeof(salt));
    if (PKCS5_PBKDF2_HMAC(z->password.at, (int)z->password.len, salt, sizeof(salt), ROUNDS,
                          EVP_sha1(), sizeof(keys), keys) != 1 ||
        EVP_EncryptInit_ex(z->cipher, EVP_aes_256_ecb(), NULL, keys, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(z->cipher, 0) != 1)
        r = -ENOMEM;
    if (!r && !(r = start_mac(z->mac, keys + KEY_SIZE)) &&
        !(r = write_out(z, (struct str){(const char *)salt, sizeof(salt)})))
        r = write_out(z, (struct str){(const char *)keys + sizeof(keys) - CHECK_SIZE, CHECK_SIZE});
    sodium_memzero(keys, sizeof(keys));
    z->counter = 0;
    return r;
}

/* Lays one over the other, 64 bytes at a time. */
static void lay_over(uint8_t *restrict bytes, const uint8_t *restrict mask, size_t len)
{
    size_t i = 0;

    for (; i + 64 <= len; i += 64) {
        uint64_t a[8], b[8];

        memcpy(a, bytes + i, 64);
        memcpy(b, mask + i, 64);
        for (unsigned k = 0; k < 8; k++)
            a[k] ^= b[k];
        memcpy(bytes + i, a, 64);
    }
    for (; i < len; i++)
        bytes[i] ^= mask[i];
}

/* Counters count from 1, least significant byte first: not the counter mode that OpenSSL has, so many blocks are encrypted at once
 * and laid over the bytes. At most STEP. */
static int encrypt(struct zip_seal *z, uint8_t *bytes, size_t len)
{
    size_t n = (len + BLOCK - 1) / BLOCK;
    int made;

    for (size_t i = 0; i < n; i++)
        z->counters[2 * i] = htole64(++z->counter);
    if (EVP_EncryptUpdate(z->cipher, z->mask, &made, (const uint8_t *)z->counters, (int)(n * BLOCK)) != 1)
        return -ENOMEM;
    lay_over(bytes, z->mask, len);
    return EVP_MAC_update(z->mac, bytes, len) == 1 ? 0 : -ENOMEM;
}

/* ---- members ---- */

static bool is_large(uint64_t size)
{
    return size >= SIZE_32 - OVERHEAD;
}

/* The extra field of AES: version 2 ("AE-2"), vendor, 256 bits, and what the bytes are underneath: stored. */
static int add_aes_field(struct buf *b)
{
    return ADD_ALL(b, {0x9901, 2}, {7, 2}, {2, 2}, {'A', 1}, {'E', 1}, {3, 1}, {0, 2});
}

#define AES_FIELD_SIZE 11u

static int local_header(struct buf *b, const char *name, uint64_t size)
{
    bool large = is_large(size);
    size_t len = strlen(name);
    int r = ADD_ALL(b, {0x04034b50, 4}, {VERSION, 2}, {FLAGS, 2}, {METHOD_AES, 2}, {0, 2},
                    {DAY_1980, 2}, {0, 4}, {large ? SIZE_32 : size + OVERHEAD, 4},
                    {large ? SIZE_32 : size, 4}, {len, 2}, {AES_FIELD_SIZE + (large ? 20 : 0), 2});

    if (!r && !(r = buf_add(b, name, len)))
        r = add_aes_field(b);
    if (!r && large)
        r = ADD_ALL(b, {1, 2}, {16, 2}, {size, 8}, {size + OVERHEAD, 8});
    return r;
}

static int central_header(struct buf *b, const char *name, uint64_t size, uint64_t at)
{
    bool large = is_large(size) || at >= SIZE_32;
    size_t len = strlen(name);
    int r = ADD_ALL(b, {0x02014b50, 4}, {VERSION, 2}, {VERSION, 2}, {FLAGS, 2}, {METHOD_AES, 2},
                    {0, 2}, {DAY_1980, 2}, {0, 4}, {large ? SIZE_32 : size + OVERHEAD, 4},
                    {large ? SIZE_32 : size, 4}, {len, 2}, {AES_FIELD_SIZE + (large ? 28 : 0), 2},
                    {0, 2}, {0, 2}, {0, 2}, {0, 4}, {large ? SIZE_32 : at, 4});

    if (!r && !(r = buf_add(b, name, len)))
        r = add_aes_field(b);
    if (!r && large)
        r = ADD_ALL(b, {1, 2}, {24, 2}, {size, 8}, {size + OVERHEAD, 8}, {at, 8});
    return r;
}

int zip_seal_begin(struct zip_seal *z, const char *name, uint64_t size)
{
    CLEANUP(buf_done) struct buf head;
    int r;

    buf_init(&head, 4096);
    z->left = size;
    z->n++;
    if ((r = central_header(&z->central, name, size, z->at)) ||
        (r = local_header(&head, name, size)) || (r = write_out(z, buf_str(&head))))
        return r;
    return start_cipher(z);
}

int zip_seal_add(struct zip_seal *z, uint8_t *bytes, size_t len)
{
    int r;

    if (len > z->left || len > ZIP_SEAL_PIECE)
        return -EINVAL;
    z->left -= len;
    for (size_t at = 0; at < len; at += STEP)
        if ((r = encrypt(z, bytes + at, MIN_OF(len - at, STEP))))
            return r;
    return write_out(z, (struct str){(const char *)bytes, len});
}

int zip_seal_end(struct zip_seal *z)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    size_t n;

    if (z->left)
        return -EINVAL;
    if (EVP_MAC_final(z->mac, mac, &n, sizeof(mac)) != 1)
        return -ENOMEM;
    return write_out(z, (struct str){(const char *)mac, MAC_SIZE});
}

int zip_seal_finish(struct zip_seal *z, struct str comment)
{
    uint64_t at = z->at, size = z->central.len;
    bool large = at >= SIZE_32 || z->n >= 0xffff;
    CLEANUP(buf_done) struct buf end;
    int r = write_out(z, buf_str(&z->central));

    buf_init(&end, 256 + ZIP_SEAL_COMMENT_MAX);
    assert(comment.len <= ZIP_SEAL_COMMENT_MAX);
    if (!r && large)
        r = ADD_ALL(&end, {0x06064b50, 4}, {44, 8}, {VERSION, 2}, {VERSION, 2}, {0, 4}, {0, 4},
                    {z->n, 8}, {z->n, 8}, {size, 8}, {at, 8}, {0x07064b50, 4}, {0, 4},
                    {at + size, 8}, {1, 4});
    if (!r)
        r = ADD_ALL(&end, {0x06054b50, 4}, {0, 2}, {0, 2}, {large ? 0xffff : z->n, 2},
                    {large ? 0xffff : z->n, 2}, {size, 4}, {large ? SIZE_32 : at, 4}, {comment.len, 2});
    if (!r)
        r = buf_add_str(&end, comment);
    return r ? r : write_out(z, buf_str(&end));
}

/* ---- the separate reader ---- */

/* Reads all of it, or its first piece. */
static int read_member(struct archive *a, bool whole, const struct zip_expected *want)
{
    char *piece = malloc(ZIP_SEAL_PIECE);
    struct sha256_state *sha = sha256_new();
    la_ssize_t n = 0;
    struct digest d;

    if (!piece || !sha) {
        free(piece);
        if (sha)
            IGNORE(sha256_end(sha).bytes[0], "there is no memory");
        return -ENOMEM;
    }
    while ((n = archive_read_data(a, piece, ZIP_SEAL_PIECE)) > 0) {
        sha256_add(sha, (struct str){piece, (size_t)n});
        if (!whole)
            break;
    }
    d = sha256_end(sha);
    sodium_memzero(piece, ZIP_SEAL_PIECE);
    free(piece);
    if (n < 0)
        return ZIP_SEAL_E_OTHER;
    return !whole || digest_eq(&d, &want->sha256) ? 0 : ZIP_SEAL_E_OTHER;
}

static int check_member(struct archive *a, bool whole, const struct zip_expected *want)
{
    struct archive_entry *e;
    int next = archive_read_next_header(a, &e);
    const char *name;

    if (next != ARCHIVE_OK)
        return ZIP_SEAL_E_OTHER;
    name = archive_entry_pathname_utf8(e);
    if (!name || strcmp(name, want->name) || !archive_entry_is_data_encrypted(e) ||
        (uint64_t)archive_entry_size(e) != want->size)
        return ZIP_SEAL_E_OTHER;
    return read_member(a, whole, want);
}

static int check_all(struct archive *a, int fd, const char *password,
                     const struct zip_expected *want, size_t n)
{
    struct archive_entry *e;
    uint64_t total = 0;

    if (archive_read_support_format_zip_seekable(a) != ARCHIVE_OK ||
        archive_read_add_passphrase(a, password) != ARCHIVE_OK || lseek(fd, 0, SEEK_SET) != 0 ||
        archive_read_open_fd(a, fd, ZIP_SEAL_PIECE) != ARCHIVE_OK)
        return ZIP_SEAL_E_OTHER;
    for (size_t i = 0; i < n; i++)
        total += want[i].size;
    for (size_t i = 0; i < n; i++) {
        int r = check_member(a, total <= ZIP_CHECK_WHOLE, &want[i]);

        if (r)
            return r;
    }
    return archive_read_next_header(a, &e) == ARCHIVE_EOF ? 0 : ZIP_SEAL_E_OTHER;
}

/* libarchive drops names that the locale has no letters for; this thread's is changed for the while. */
static int check_with_all_letters(struct archive *a, int fd, const char *password,
                                  const struct zip_expected *want, size_t n)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), old;
    int r;

    if (!utf8)
        return -ENOMEM;
    old = uselocale(utf8);
    r = check_all(a, fd, password, want, n);
    uselocale(old);
    freelocale(utf8);
    return r;
}

int zip_seal_check(int fd, struct str password, const struct zip_expected *want, size_t n)
{
    struct archive *a = archive_read_new();
    char *text = strndup(password.at, password.len);
    int r = a && text ? check_with_all_letters(a, fd, text, want, n) : -ENOMEM;

    if (text)
        sodium_memzero(text, password.len);
    free(text);
    if (a)
        archive_read_free(a);
    return r;
}
