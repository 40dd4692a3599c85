/* Any bytes as a file of collectors in pieces: what the pieces hold below their headings is the file below its own, byte by byte, and each piece says how
 * many lines of it lie before. */
#include "cmd/collect-pieces.h"
#include "cmd/command.h"

#include "base/file.h"
#include "base/sheet.h"
#include "engine/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int command_fail_args(enum message_key key, const struct message_arg *args, size_t n)
{
    (void)key, (void)args, (void)n;
    return EXIT_FAILED;
}

int command_fail_why(enum message_key key, const char *name, int error)
{
    (void)key, (void)name, (void)error;
    return EXIT_FAILED;
}

const char *command_why(int error)
{
    (void)error;
    return "";
}

static unsigned lines_of(struct str s)
{
    unsigned n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += s.at[i] == '\n';
    return n;
}

/* Bytes of its first row. */
static size_t headings_of(struct str s)
{
    bool is_quoted = false;

    for (size_t i = 0; i < s.len; i++) {
        is_quoted ^= s.at[i] == '"';
        if (s.at[i] == '\n' && !is_quoted)
            return i + 1;
    }
    return s.len;
}

/* All of them against the file. */
static void compare(struct pieces *p, struct str file)
{
    CLEANUP(buf_done) struct buf piece;
    size_t headings = headings_of(file), at = headings;
    unsigned before;
    int r;

    buf_init(&piece, SHEET_MAX_BYTES);
    while (!(r = pieces_next(p, &piece, &before))) {
        if (lines_look_like(file)) {
            assert(buf_str(&piece).len == file.len && !before);
            at = file.len;
            continue;
        }
        assert(piece.len >= headings && piece.len - headings <= file.len - at);
        assert(!headings || !memcmp(piece.at, file.at, headings));
        assert(before == lines_of((struct str){file.at + headings, at - headings}));
        assert(piece.len == headings ||
               !memcmp(piece.at + headings, file.at + at, piece.len - headings));
        at += piece.len - headings;
    }
    assert(r != 1 || at == file.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pieces *p = NULL;
    char path[64];
    int fd = memfd_create("pieces", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (!pieces_open(path, &p))
        compare(p, (struct str){(const char *)data, size});
    pieces_close(p);
    close(fd);
    return 0;
}
