/* A file that may be packed, read in pieces of three sizes: the same answer at the end, and the same bytes; or, of one that is damaged, more or less
 * of the same. */
#include "base/file.h"
#include "intel/log-file.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define OUT_MAX ((size_t)4 << 20) /* looked at */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_all(const char *path, size_t piece, struct buf *out)
{
    static char at[1 << 16];
    struct log_file *f;
    size_t n = 1;
    int r = log_file_open(path, &f);

    if (r)
        abort();
    while (!r && n && out->len < OUT_MAX) {
        r = log_file_read(f, at, piece, &n);
        if (n > piece || buf_add(out, at, n))
            abort();
        if (log_file_done(f) > log_file_size(f))
            abort();
    }
    log_file_close(f);
    return r;
}

static bool are_same(const struct buf *a, const struct buf *b, int answer)
{
    size_t n = MIN_OF(a->len, b->len);

    return (a->len == b->len || answer) && (!n || !memcmp(a->at, b->at, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {1 << 16, 1000, 7};
    int fd = memfd_create("log", MFD_CLOEXEC), answers[ARRAY_LEN(pieces)];
    struct buf outs[ARRAY_LEN(pieces)];
    char path[64];

    if (fd < 0 || file_write_all(fd, (struct str){(const char *)data, size}))
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        buf_init(&outs[i], OUT_MAX + (1 << 16));
        answers[i] = read_all(path, pieces[i], &outs[i]);
        if (outs[0].len < OUT_MAX && outs[i].len < OUT_MAX &&
            (answers[i] != answers[0] || !are_same(&outs[i], &outs[0], answers[0])))
            abort();
    }
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
        buf_done(&outs[i]);
    close(fd);
    return 0;
}
