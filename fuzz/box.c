/* Any bytes as a box, for a key and for a passphrase: what comes out of it was sealed, so nothing does but of the boxes in the corpus; and any text as a key. */
#include "guard/box-seal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_with(int fd, const struct box_with *with)
{
    struct box_open *b;
    struct str piece;

    if (lseek(fd, 0, SEEK_SET) != 0 || box_open_new(fd, with, &b))
        return;
    for (unsigned i = 0; i < 64; i++) {
        if (box_open_read(b, &piece))
            break;
        assert(piece.len <= BOX_PIECE);
        if (piece.len == 0)
            break;
    }
    box_open_free(b);
}

static void read_as_key(struct str text)
{
    CLEANUP(buf_done) struct buf again;
    struct box_public key;

    buf_init(&again, 200);
    if (box_public_parse(text, &key))
        return;
    assert(!box_public_print(&key, &again));
    assert(str_starts(str_trim(text), str_trim(buf_str(&again))));
}

/* A header may ask for a gigabyte and a second: here, only for what is small. */
static bool asks_for_much(const uint8_t *data, size_t size)
{
    return size > 42 && data[16] == 1 &&
           (data[35] | data[36] | data[37] || data[38] > 3 || data[39] || data[40]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct box_secret secret = {"a secret key of the fuzz target"};
    int fd = memfd_create("box", MFD_CLOEXEC);

    if (fd < 0 || crypto_start())
        abort();
    read_as_key((struct str){(const char *)data, size});
    if (size <= 1u << 20 && write(fd, data, size) == (ssize_t)size) {
        open_with(fd, &(struct box_with){&secret, STR_NONE});
        if (!asks_for_much(data, size))
            open_with(fd, &(struct box_with){NULL, STR("a passphrase of the fuzz target")});
    }
    close(fd);
    return 0;
}
