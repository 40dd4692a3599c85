/* One file sealed as `tsujiban seal` does, with the processor's and the wall's time of each part.
 *
 *     seal FILE DIR zip|box     lines: sealing (a thread reads and digests; another encrypts, authenticates, writes), then flushing and reading back
 *
 * The busier of the two threads is what the clock shows where each has a processor to itself; "the busier" says its seconds of processor.
 *
 * The sealed file is removed. */
#include "guard/box-seal.h"
#include "guard/outgoing.h"
#include "guard/read-ahead.h"
#include "guard/zip-seal.h"

#include "base/time.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PASSWORD STR("Kz7mWq4tRb9xHc2pVn5d")

/* Seconds of processor: of all threads, and of this one. */
struct used {
    double all, here;
};

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct used used(void)
{
    return (struct used){seconds(CLOCK_PROCESS_CPUTIME_ID), seconds(CLOCK_THREAD_CPUTIME_ID)};
}

static void tell(const char *what, struct used before, uint64_t begun_us, uint64_t size)
{
    double wall = (double)(clock_monotonic_us() - begun_us) / 1e6;
    struct used now = used();
    double all = now.all - before.all, here = now.here - before.here,
           busier = MAX_OF(here, all - here);

    printf("%s: %.2f s of processor, %.0f MB/s; the busier %.2f s, %.0f MB/s; %.2f s by the clock\n",
           what, all, (double)size / 1e6 / all, busier, (double)size / 1e6 / busier, wall);
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
                   : zip_seal_finish(z, STR_NONE);
    box_key_make(&secret, &public);
    r = box_seal_new(out, &(struct box_for){&public, 1, STR_NONE}, &(struct digest){{0}}, &b);
    return r || (r = pour(fd, size, add_box, b)) ? r : box_seal_finish(b);
}

int main(int argc, char **argv)
{
    CLEANUP(outgoing_dropp) struct outgoing *out = NULL;
    struct stat st;
    uint64_t begun_us;
    struct used before;
    int fd = argc == 4 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0 || fstat(fd, &st) || crypto_start() || outgoing_begin(argv[2], "sealed", &out))
        return 1;
    begun_us = clock_monotonic_us();
    before = used();
    if (seal(fd, (uint64_t)st.st_size, !strcmp(argv[3], "zip"), out))
        return 1;
    tell("sealing", before, begun_us, (uint64_t)st.st_size);
    begun_us = clock_monotonic_us();
    before = used();
    if (outgoing_settle(out))
        return 1;
    tell("flushing and reading back", before, begun_us, (uint64_t)st.st_size);
    return 0;
}
