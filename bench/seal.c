/* One file sealed as `tsujiban seal` does from beginning to end, flushed, read back and opened by the separate reader, and what its parts cost alone.
 *
 *     seal FILE DIR zip|box     one line: processor's and wall's time
 *     seal FILE DIR parts       a line each: the same bytes digested by SHA-256 and HMAC-SHA1, encrypted block by block, and copied into DIR and flushed
 *
 * What it makes in DIR is removed. */
#include "guard/box-seal.h"
#include "guard/seal.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PASSWORD STR("Kz7mWq4tRb9xHc2pVn5d")
#define PIECE ((size_t)64 << 10)

static double processor(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void tell(const char *what, double before, uint64_t begun_us, uint64_t size)
{
    double all = processor() - before, wall = (double)(clock_monotonic_us() - begun_us) / 1e6;

    printf("%s: %.2f s of processor, %.0f MB/s; %.2f s by the clock\n", what, all, (double)size / 1e6 / all, wall);
}

static int seal(int fd, const char *dir, bool is_zip)
{
    const struct seal_source source = {"a.bin", fd};
    const struct seal_request q = {.dir = dir, .name = "sealed", .sources = &source, .n = 1};
    struct box_secret secret;
    struct box_public public;
    JSON_AUTO *report = NULL;

    if (is_zip)
        return seal_zip(&q, PASSWORD, &report, NULL);
    box_key_make(&secret, &public);
    return seal_box(&q, &(struct box_for){&public, 1, STR_NONE}, &report, NULL);
}

static int whole(int fd, const char *dir, bool is_zip, uint64_t size)
{
    CLEANUP(buf_done) struct buf path;
    double before = processor();
    uint64_t begun_us = clock_monotonic_us();
    int r = seal(fd, dir, is_zip);

    if (!r)
        tell("whole", before, begun_us, size);
    buf_init(&path, 4096);
    return r ? r : buf_printf(&path, "%s/sealed", dir) ? -ENOMEM : unlink(path.at);
}

/* One part over pieces of the size that sealing has, from memory. */
static int part(const char *what, uint64_t size, int (*one)(void *ctx, uint8_t *piece), void *ctx)
{
    uint8_t *piece = calloc(1, PIECE);
    double before = processor();
    uint64_t begun_us = clock_monotonic_us();
    int r = piece ? 0 : -ENOMEM;

    for (uint64_t at = 0; !r && at < size; at += PIECE)
        r = one(ctx, piece);
    if (!r)
        tell(what, before, begun_us, size);
    free(piece);
    return r;
}

static int one_digest(void *ctx, uint8_t *piece)
{
    return EVP_DigestUpdate(ctx, piece, PIECE) == 1 ? 0 : -EIO;
}

static int one_cipher(void *ctx, uint8_t *piece)
{
    int made;

    return EVP_EncryptUpdate(ctx, piece, &made, piece, (int)PIECE) == 1 ? 0 : -EIO;
}

static int copied(int fd, const char *dir, uint64_t size)
{
    CLEANUP(buf_done) struct buf path;
    uint8_t *piece = malloc(PIECE);
    double before = processor();
    uint64_t begun_us = clock_monotonic_us();
    ssize_t n = 0;
    int to, r = -EIO;

    buf_init(&path, 4096);
    to = piece && !buf_printf(&path, "%s/copied", dir) ? open(path.at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    while (to >= 0 && (n = read(fd, piece, PIECE)) > 0 && write(to, piece, (size_t)n) == n)
        ;
    if (to >= 0 && n == 0 && !fsync(to) && !close(to)) {
        tell("copying and flushing", before, begun_us, size);
        r = unlink(path.at);
    }
    free(piece);
    return r;
}

static int parts(int fd, const char *dir, uint64_t size)
{
    static const uint8_t key[32] = {1};
    EVP_MD_CTX *sha256 = EVP_MD_CTX_new(), *sha1 = EVP_MD_CTX_new();
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    int r = -ENOMEM;

    if (EVP_DigestInit_ex(sha256, EVP_sha256(), NULL) == 1 && EVP_DigestInit_ex(sha1, EVP_sha1(), NULL) == 1 &&
        EVP_EncryptInit_ex(aes, EVP_aes_256_ecb(), NULL, key, NULL) == 1 && !(r = part("SHA-256", size, one_digest, sha256)) &&
        !(r = part("SHA-1", size, one_digest, sha1)) && !(r = part("AES-256", size, one_cipher, aes)))
        r = copied(fd, dir, size);
    EVP_MD_CTX_free(sha256);
    EVP_MD_CTX_free(sha1);
    EVP_CIPHER_CTX_free(aes);
    return r;
}

int main(int argc, char **argv)
{
    struct stat st;
    int fd = argc == 4 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0 || fstat(fd, &st) || crypto_start())
        return 1;
    if (!strcmp(argv[3], "parts"))
        return parts(fd, argv[2], (uint64_t)st.st_size) != 0;
    return whole(fd, argv[2], !strcmp(argv[3], "zip"), (uint64_t)st.st_size) != 0;
}
