/* Any bytes as the path of a tile, and as a bundle of entries: what is taken is written again as it was. */
#include "ledger/tile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_path(struct str path)
{
    unsigned width;
    uint64_t n;
    int level;
    struct buf out;

    if (tile_path_parse(path, &level, &n, &width) != 0)
        return;
    buf_init(&out, path.len);
    if (tile_path(level, n, width, &out) || !str_eq(buf_str(&out), path))
        abort();
    buf_done(&out);
}

static void try_bundle(struct str bytes)
{
    struct str rest = bytes, entry;
    struct buf out;
    int r;

    buf_init(&out, bytes.len + 1);
    while ((r = bundle_next(&rest, &entry)) == 0)
        if (bundle_add(&out, entry))
            abort();
    assert(r == TILE_E_END ? rest.len == 0 : rest.len > 0);
    assert(str_eq(buf_str(&out), (struct str){bytes.at, bytes.len - rest.len}));
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data, size};

    try_path(bytes);
    try_bundle(bytes);
    return 0;
}
