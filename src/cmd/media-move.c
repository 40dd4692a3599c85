#include "cmd/media-move.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *move_base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && slash[1] ? slash + 1 : path;
}

int move_hex_of(struct digest d, char ret[2 * SHA256_SIZE + 1])
{
    CLEANUP(buf_done) struct buf hex;

    buf_init(&hex, 2 * SHA256_SIZE + 1);
    if (hex_print(d.bytes, sizeof(d.bytes), &hex))
        return command_fail("out of memory");
    snprintf(ret, 2 * SHA256_SIZE + 1, "%s", hex.at);
    return 0;
}

int move_open_file(const char *path, int flags)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);

    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

/* All bytes of `fd` into `o`, which is settled then. 0, or what outgoing.h answers. */
int move_pour(int fd, struct outgoing *o)
{
    char piece[65536];
    off_t at = 0;
    ssize_t n = 0;
    int r = 0;

    while (!r && (n = pread(fd, piece, sizeof(piece), at)) > 0) {
        r = outgoing_add(o, (struct str){piece, (size_t)n});
        at += n;
    }
    return r ? r : n < 0 ? -errno : outgoing_settle(o);
}

int move_tell(const char *name, int r)
{
    struct diag diag;

    diag_init(&diag);
    outgoing_tell(&diag, name, r);
    command_print_diag(&diag);
    diag_done(&diag);
    return EXIT_FAILED;
}

int move_put_measured(json_t *with, const char *name, uint64_t size, const char *digest)
{
    char number[24];

    snprintf(number, sizeof(number), "%" PRIu64, size);
    return json_put_str(with, "file_name", name) || json_put_str(with, "size", number) || json_put_str(with, "file_digest", digest)
               ? command_fail("out of memory")
               : 0;
}

int move_with_of(const struct gate *g, const char *grant, const char *item, const char *cipher, json_t **ret)
{
    *ret = json_pack("{s:s, s:s, s:s, s:s}", "medium", g->medium, "computer", g->computer, "item", item, "cipher", cipher);
    return !*ret || (*grant && json_put_str(*ret, "grant", grant)) ? command_fail("out of memory") : 0;
}
