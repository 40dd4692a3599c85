#include "intel/log-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define INPUT_SIZE ((size_t)64 << 10)
#define GZIP_WINDOW (15 + 16) /* the largest; with the head of gzip */
#define MAGIC_SIZE 4u

static const uint8_t gzip_magic[] = {0x1f, 0x8b}, zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd};

struct log_file {
    int fd;
    enum { PLAIN, GZIP, ZSTD } kind;
    char input[INPUT_SIZE];
    size_t from, to; /* what of it is not used yet */
    uint64_t size, given, read;
    bool is_at_end;  /* the file has no more */
    bool is_between; /* of a packed one: a member or frame is over, and none has begun */
    z_stream gzip;
    ZSTD_DStream *zstd;
};

/* More input, behind what is there. 0, -errno. */
static int fetch(struct log_file *f)
{
    ssize_t n;

    if (f->from == f->to)
        f->from = f->to = 0;
    do
        n = read(f->fd, f->input + f->to, sizeof(f->input) - f->to);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    f->is_at_end = !n;
    f->to += (size_t)n;
    f->read += (uint64_t)n;
    return 0;
}

static bool begins_with(const struct log_file *f, const uint8_t *magic, size_t n)
{
    return f->to - f->from >= n && !memcmp(f->input + f->from, magic, n);
}

static int look_at_magic(struct log_file *f)
{
    int r = 0;

    while (!r && f->to < MAGIC_SIZE && !f->is_at_end)
        r = fetch(f);
    if (r)
        return r;
    f->is_between = true;
    if (begins_with(f, gzip_magic, sizeof(gzip_magic))) {
        f->kind = GZIP;
        return inflateInit2(&f->gzip, GZIP_WINDOW) == Z_OK ? 0 : -ENOMEM;
    }
    if (begins_with(f, zstd_magic, sizeof(zstd_magic))) {
        f->kind = ZSTD;
        f->zstd = ZSTD_createDStream();
        if (!f->zstd ||
            ZSTD_isError(ZSTD_DCtx_setParameter(f->zstd, ZSTD_d_windowLogMax, LOG_WINDOW_LOG)))
            return -ENOMEM;
    }
    return 0;
}

int log_file_open(const char *path, struct log_file **ret)
{
    struct log_file *f = calloc(1, sizeof(*f));
    struct stat st;
    int r;

    if (!f)
        return -ENOMEM;
    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    r = f->fd < 0 || fstat(f->fd, &st) ? -errno : look_at_magic(f);
    if (r) {
        log_file_close(f);
        return r;
    }
    f->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    *ret = f;
    return 0;
}

void log_file_close(struct log_file *f)
{
    if (!f)
        return;
    if (f->kind == GZIP)
        inflateEnd(&f->gzip);
    ZSTD_freeDStream(f->zstd);
    if (f->fd >= 0)
        close(f->fd);
    free(f);
}

/* Straight into the caller's room, but for what was read to know what it is. */
static int read_plain(struct log_file *f, char *at, size_t size, size_t *ret_n)
{
    ssize_t n;

    if (f->from < f->to) {
        *ret_n = MIN_OF(size, f->to - f->from);
        memcpy(at, f->input + f->from, *ret_n);
        f->from += *ret_n;
        return 0;
    }
    do
        n = read(f->fd, at, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    f->read += (uint64_t)n;
    *ret_n = (size_t)n;
    return 0;
}

/* Behind a member of gzip another one may follow, or zeros, with which tapes are filled up. */
static void pass_over_zeros(struct log_file *f)
{
    while (f->from < f->to && !f->input[f->from])
        f->from++;
}

static int unpack_gzip(struct log_file *f, char *at, size_t size, size_t *ret_n)
{
    z_stream *z = &f->gzip;
    int r;

    z->next_in = (Bytef *)f->input + f->from;
    z->avail_in = (uInt)(f->to - f->from);
    z->next_out = (Bytef *)at;
    z->avail_out = (uInt)MIN_OF(size, (size_t)1 << 30);
    *ret_n = z->avail_out;
    r = inflate(z, Z_NO_FLUSH);
    f->from = f->to - z->avail_in;
    *ret_n -= z->avail_out;
    f->is_between = r == Z_STREAM_END;
    if (r == Z_STREAM_END)
        return inflateReset(z) == Z_OK ? 0 : -ENOMEM;
    return r == Z_OK || r == Z_BUF_ERROR ? 0 : r == Z_MEM_ERROR ? -ENOMEM : LOG_E_BROKEN;
}

static int unpack_zstd(struct log_file *f, char *at, size_t size, size_t *ret_n)
{
    ZSTD_inBuffer in = {f->input, f->to, f->from};
    ZSTD_outBuffer out = {at, size, 0};
    size_t left = ZSTD_decompressStream(f->zstd, &out, &in);

    f->from = in.pos;
    *ret_n = out.pos;
    f->is_between = !left;
    return ZSTD_isError(left) ? LOG_E_BROKEN : 0;
}

int log_file_read(struct log_file *f, char *at, size_t size, size_t *ret_n)
{
    int r = 0;

    *ret_n = 0;
    if (f->kind == PLAIN)
        return read_plain(f, at, size, ret_n);
    while (!r && !*ret_n) {
        if (f->from == f->to && !f->is_at_end)
            r = fetch(f);
        if (!r && f->kind == GZIP && f->is_between)
            pass_over_zeros(f);
        if (!r && f->from == f->to && f->is_between) {
            if (f->is_at_end)
                return 0;
            continue;
        }
        if (!r)
            r = f->kind == GZIP ? unpack_gzip(f, at, size, ret_n) : unpack_zstd(f, at, size, ret_n);
        if (!r && !*ret_n && f->from == f->to && f->is_at_end && !f->is_between)
            r = LOG_E_CUT;
    }
    f->given += *ret_n;
    return !r && f->given > LOG_UNPACKED_MAX ? LOG_E_LIMIT : r;
}

uint64_t log_file_size(const struct log_file *f)
{
    return f->size;
}

uint64_t log_file_done(const struct log_file *f)
{
    return f->read - (f->to - f->from);
}
