/* One file sealed as `tsujiban seal` does, with the processor's and the wall's time of each part.
 *
 *     seal FILE DIR zip|box     lines: sealing (a thread reads and digests; another encrypts, authenticates, writes), then flushing and reading back
 *
 * The sealed file is removed. */
#include "guard/box-seal.h"
#include "guard/outgoing.h"
#include "guard/read-ahead.h"
#include "guard/zip-seal.h"

#include "base/time.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD STR("Kz7mWq4tRb9xHc2pVn5d")

static double cpu(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void tell(const char *what, double cpu_s, uint64_t begun_us, uint64_t size)
{
    double wall = (double)(clock_monotonic_us() - begun_us) / 1e6;

    printf("%s: %.2f s of processor, %.0f MB/s; %.2f s by the clock\n", what, cpu_s,
           (double)size / 1e6 / cpu_s, wall);
}

/* 0, or what failed. */
static int pour(int fd, uint64_t size, int (*add)(void *to, uint8_t *bytes, size_t n), void *to)
{
    CLEANUP(read_ahead_freep) struct read_ahead *ahead = NULL;
    uint8_t *piece;
    size_t n;
    int r = read_ahead_new(fd, size, &ahead), more = 1;

    while (!r && (more = read_ahead_next(ahead, &piece, &n)) > 0)
        r = add(to, piece, n);
    return r ? r : more;
}

static int add_zip(void *to, uint8_t *bytes, size_t n)
{
    return zip_seal_add(to, bytes, n);
}

static int add_box(void *to, uint8_t *bytes, size_t n)
{
    return box_seal_add(to, (struct str){(const char *)bytes, n});
}

static int seal(int fd, uint64_t size, bool is_zip, struct outgoing *out)
{
    CLEANUP(zip_seal_freep) struct zip_seal *z = NULL;
    CLEANUP(box_seal_freep) struct box_seal *b = NULL;
    struct box_secret secret;
    struct box_public public;
    int r;

    if (is_zip)
        return (r = zip_seal_new(out, PASSWORD, &z)) || (r = zip_seal_begin(z, "a.bin", size)) ||
                       (r = pour(fd, size, add_zip, z)) || (r = zip_seal_end(z))
                   ? r
                   : zip_seal_finish(z);
    box_key_make(&secret, &public);
    r = box_seal_new(out, &(struct box_for){&public, 1, STR_NONE}, &b);
    return r || (r = pour(fd, size, add_box, b)) ? r : box_seal_finish(b);
}

int main(int argc, char **argv)
{
    CLEANUP(outgoing_dropp) struct outgoing *out = NULL;
    struct stat st;
    uint64_t begun_us;
    double before;
    int fd = argc == 4 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0 || fstat(fd, &st) || crypto_start() || outgoing_begin(argv[2], "sealed", &out))
        return 1;
    begun_us = clock_monotonic_us();
    before = cpu();
    if (seal(fd, (uint64_t)st.st_size, !strcmp(argv[3], "zip"), out))
        return 1;
    tell("sealing", cpu() - before, begun_us, (uint64_t)st.st_size);
    begun_us = clock_monotonic_us();
    before = cpu();
    if (outgoing_settle(out))
        return 1;
    tell("flushing and reading back", cpu() - before, begun_us, (uint64_t)st.st_size);
    return 0;
}
