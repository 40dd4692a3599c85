/* Tiles and entry bundles: how a tree lies in files (C2SP tlog-tiles).
 *
 *     tile/<L>/<N>[.p/<W>]        up to 256 hashes of 32 bytes; hash i of tile N is the tree hash (L, N * 256 + i)
 *     tile/entries/<N>[.p/<W>]    up to 256 entries, each uint16 big-endian length and bytes
 *
 * A tile is full at 256 hashes and then never changes; its root is a hash of the level above. What does not fill a tile
 * lies in a partial one, whose width is part of its name; a width of 0 is never written.
 * Threads  one tiler, one thread; the rest are pure functions.
 * Source   C2SP tlog-tiles; doc/design/ledger-format.md L5-L9. */
#pragma once

#include "base/file.h"
#include "ledger/tree.h"

#define TILE_WIDTH 256u
#define TILE_LEVELS 8u        /* levels that a tree of TREE_SIZE_MAX leaves can have */
#define TILE_LEVEL_MAX 63     /* what a path may name */
#define TILE_ENTRIES (-1)     /* as a level: the entry bundles */
#define TILE_ENTRY_MAX 65535u /* bytes of one entry: its length has 16 bits */
#define TILE_BUNDLE_MAX (TILE_WIDTH * (TILE_ENTRY_MAX + 2u)) /* bytes */

enum { TILE_E_SYNTAX = 1, TILE_E_LIMIT, TILE_E_END };

/* "tile/0/x001/234.p/17"; width TILE_WIDTH for a full tile. 0, -ENOMEM, -ENOSPC. */
int tile_path(int level, uint64_t n, unsigned width, struct buf *out);
/* The same read strictly: only what tile_path() writes. 0, TILE_E_SYNTAX. */
MUST_CHECK int tile_path_parse(struct str path, int *ret_level, uint64_t *ret_n, unsigned *ret_width);
/* Full tiles of a level in a tree of `size`, and the width of the partial one behind them (0: none). */
uint64_t tile_full_count(unsigned level, uint64_t size);
unsigned tile_partial_width(unsigned level, uint64_t size);
/* Root of a full tile. */
struct digest tile_root(const struct digest hashes[static TILE_WIDTH]);

/* 0; TILE_E_LIMIT: the entry is longer than TILE_ENTRY_MAX; -ENOMEM, -ENOSPC. */
MUST_CHECK int bundle_add(struct buf *bundle, struct str entry);
/* Takes the next entry off *rest. 0; TILE_E_END: nothing left; TILE_E_SYNTAX: cut short. */
MUST_CHECK int bundle_next(struct str *rest, struct str *ret_entry);

/* Takes one tile; `bytes` borrowed for the call. 0 or a negative error that goes up unchanged. */
struct tile_sink {
    int (*put)(void *user, int level, uint64_t n, unsigned width, struct str bytes);
    void *user;
};

/* Writes tiles below a directory: user is a `const char *` path. Files are written whole or not at all. */
int tile_dir_put(void *user, int level, uint64_t n, unsigned width, struct str bytes);

/* Turns leaf hashes into tiles as they come: about 64 KB, the caller's storage. */
struct tiler {
    uint64_t size;                                 /* leaves so far */
    unsigned width[TILE_LEVELS];                   /* private: hashes in the unfinished tile */
    bool changed[TILE_LEVELS];                     /* private: since the last flush */
    struct digest hashes[TILE_LEVELS][TILE_WIDTH]; /* private */
};

/* Begin at `size` leaves; the unfinished tiles are read from `source` (may be NULL when size is 0).
 * 0, or what the source answered. */
MUST_CHECK int tiler_init(struct tiler *tiler, uint64_t size, const struct tree_source *source);
/* One more leaf; every tile that it fills goes to the sink. 0, or what the sink answered: the tiler is spoiled then. */
MUST_CHECK int tiler_add(struct tiler *tiler, const struct digest *leaf_hash, const struct tile_sink *sink);
/* The partial tiles that changed since the last flush. */
MUST_CHECK int tiler_flush(struct tiler *tiler, const struct tile_sink *sink);
