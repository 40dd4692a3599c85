#include "guard/prepare.h"

#include "guard/prepare-inside.h"

#include "guard/survey.h"

#include <errno.h>
#include <unistd.h>

int prepare_write(int out, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(out, bytes.at, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -EIO;
        bytes = (struct str){bytes.at + n, bytes.len - (size_t)n};
    }
    return 0;
}

static int read_whole(int fd, struct buf *out)
{
    char piece[65536];
    ssize_t n;
    int r = 0;

    while (!r && (n = pread(fd, piece, sizeof(piece), (off_t)out->len)) != 0)
        r = n < 0 ? (errno == EINTR ? 0 : -EIO) : buf_add(out, piece, (size_t)n);
    return r == -ENOSPC ? PREPARE_E_KIND : r;
}

int prepare(enum prepare_what what, int in, int out)
{
    CLEANUP(buf_done) struct buf bytes;
    int r;

    buf_init(&bytes, SURVEY_BYTES_MAX);
    if (what == PREPARE_OFFICE)
        return prepare_office(in, out);
    r = read_whole(in, &bytes);
    return r ? r : prepare_jpeg(buf_str(&bytes), out);
}
