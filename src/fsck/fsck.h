/* tsujiban-fsck: checks an exported ledger from its files alone.
 *
 *     main.c    options, the order of work, the summary
 *     shard.c   one year: checkpoint, tiles of all levels, root, chain to the year before
 *     bundle.c  256 entries against their hashes: altered, removed, reordered, repeated
 *     entry.c   what one entry says           scan.c   canonical JSON, read once, without building anything
 *     draws.c   draws, reckoned again
 *     record.c  records and commitments       table.c  what the entries said of each record
 *     note.c    keys, signatures, checkpoints hash.c   SHA-256 and the tree
 *     report.c  findings                      files.c  reading
 *     crew.c    a second thread that reads half of the entries
 *
 * It is written against doc/design/ledger-format.md and shares nothing with the program that writes, so that a mistake
 * there is not repeated here. Everything it reads is hostile: every length is checked, every file has a limit.
 * Threads  the caller's; entries are hashed and read by two (crew.c), everything else by one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_SIZE 32u
#define WIDTH 256u          /* hashes in a tile, entries in a bundle */
#define LEVELS 8u           /* of tiles that 2^63 entries can have */
#define NAME_MAX_LEN 255u   /* bytes of an origin or a key name */
#define ENTRY_MAX 65535u    /* bytes of an entry */
#define RECORD_MAX (16u << 20)
#define TEXT_MAX (256u << 10) /* bytes of a checkpoint or a file of keys */
#define SINCE_MAX 64u
#define KEYS_MAX 256u
#define PATH_LEN 4096u

/* Borrowed bytes. */
struct slice {
    const char *at;
    size_t len;
};
/* In the header, so that the length of a literal is known where it is compared. */
static inline bool slice_is(struct slice s, const char *text)
{
    size_t len = strlen(text);

    return s.len == len && memcmp(s.at, text, len) == 0;
}
bool slice_eq(struct slice a, struct slice b);

struct hash {
    uint8_t bytes[HASH_SIZE];
};

/* ---- files.c ---- */

struct bytes {
    char *at; /* one spare byte lies before it and one behind */
    size_t len;
    size_t size; /* private */
    char *base;  /* private */
};
void bytes_done(struct bytes *b);
enum { FILE_READ = 0, FILE_MISSING, FILE_TOO_LARGE, FILE_BROKEN };
/* The whole file into *b, replacing what was there. */
int bytes_read(const char *path, size_t max, struct bytes *b);
/* Calls `each` for every regular file below `path`; `name` is relative to it. Sorted. Stops when `each` is false.
 * false: a directory cannot be read or is nested too deeply. */
bool files_walk(const char *path, bool (*each)(void *user, const char *name), void *user);
/* Sub-directories of `path` whose names are four digits, ascending. -1: cannot be read. */
int files_years(const char *path, int *ret_years, size_t max);

/* ---- hash.c: each call aborts when OpenSSL fails ---- */

struct sha256;
struct sha256 *sha256_new(void);
void sha256_free(struct sha256 *s);
void sha256_start(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *at, size_t len);
struct hash sha256_end(struct sha256 *s);
struct hash sha256_of(struct sha256 *s, const void *at, size_t len);
struct hash hash_node(struct sha256 *s, const struct hash *left, const struct hash *right);
bool hash_eq(const struct hash *a, const struct hash *b);
bool hash_from_hex(struct slice hex, struct hash *ret); /* 64 digits, lower case */
void hash_to_hex(const struct hash *h, char ret[static 65]);

/* A tree as its unfinished tiles, one a level. All-zero is the empty one. */
struct tower {
    uint64_t size;
    unsigned width[LEVELS];
    struct hash at[LEVELS][WIDTH];
};
/* One more leaf. Returns how many tiles it filled: levels 0..n-1, whose hashes are still in at[] until the next call. */
unsigned tower_push(struct tower *t, struct sha256 *s, const struct hash *leaf);
struct hash tower_root(const struct tower *t, struct sha256 *s);

/* ---- crew.c ---- */

/* Work on the things `from` to `to` - 1 of `ctx`, with hashes by `sha`. Touches no others. */
typedef void crew_work(void *ctx, size_t from, size_t to, struct sha256 *sha);
#define CREW_WORTH 32u /* fewer things are not worth a meeting */
struct crew;
/* With one processor, or where there is no thread to be had, the caller does everything himself. Aborts when out of memory. */
struct crew *crew_new(void);
void crew_free(struct crew *c);
/* Returns when all `n` things are done. Without a crew (NULL) the caller does them. */
void crew_do(struct crew *c, crew_work *work, void *ctx, size_t n, struct sha256 *own);

/* ---- report.c ---- */

struct report {
    uint64_t n_findings;
    uint64_t n_shown; /* since the last report_part() */
};
/* A new shard, or the records: the limit of lines shown starts again. */
void report_part(struct report *r);
/* One line: "<where>: <what>: <sentence>". Bytes from files are made safe to print. */
void report_add(struct report *r, const char *where, const char *what, const char *fmt, ...)
    __attribute__((__format__(__printf__, 4, 5)));
/* Up to 200 bytes, control and foreign bytes as \xNN; the storage is the caller's. */
const char *report_safe(struct slice s, char ret[static 1024]);

/* ---- scan.c: canonical JSON ---- */

struct scan {
    const char *at, *end;
    const char *problem; /* the first thing that is wrong, or NULL */
};
struct scan_object {
    struct slice key; /* of the member just found, as written */
    bool started;
    bool has_escaped; /* private: a key so far holds an escape */
};
#define SCAN_DEPTH 64u
bool scan_open(struct scan *s, char bracket);
/* The next member's key, its value then to be scanned by the caller. 1, 0 at the end, -1 on a problem. */
int scan_member(struct scan *s, struct scan_object *o);
int scan_element(struct scan *s, bool *started);
bool scan_string(struct scan *s, struct slice *ret); /* between the quotes, escapes as written */
bool scan_integer(struct scan *s, int64_t *ret);
bool scan_literal(struct scan *s, const char *text);
bool scan_skip(struct scan *s, unsigned depth); /* any value */
bool scan_fail(struct scan *s, const char *problem); /* false */
/* The text of a string without its escapes, into `ret` (at least s.len bytes). */
size_t scan_unescape(struct slice s, char *ret);

/* ---- note.c ---- */

struct vkey {
    char name[NAME_MAX_LEN + 1];
    uint8_t id[4];
    uint8_t type; /* 1 log, 4 witness */
    uint8_t public_key[32];
};
bool vkey_parse(struct slice line, struct vkey *ret);
/* A file of keys: one a line, # comments. NULL, or what is wrong. */
const char *vkeys_read(const char *path, struct vkey *keys, size_t *n_keys);

struct checkpoint {
    struct slice origin;
    uint64_t size;
    struct hash root;
    bool has_extensions;
    struct slice text;       /* signed part */
    struct slice signatures; /* lines */
};
/* NULL, or what is wrong. */
const char *checkpoint_parse(struct slice bytes, struct checkpoint *ret);
enum { SIGNED_NOT = 0, SIGNED_GOOD, SIGNED_BAD };
int checkpoint_signed_by(const struct checkpoint *c, const struct vkey *key);

/* ---- entry.c ---- */

/* What an entry says of a draw (L32). */
struct draw {
    int64_t shard, size, one_in;
    struct slice root;
    bool is_drawn;
};
struct entry {
    int64_t seq;
    struct slice t;    /* "2026-04-10T00:00:00.000000Z": sorts as time does */
    struct slice act;
    struct slice due;     /* as t; empty when absent */
    bool has_draw;
    struct draw draw;
    struct slice case_id;
    struct slice obj;  /* JSON texts; empty when absent */
    struct slice pii;
    bool has_prev;
    struct slice prev_origin, prev_root;
    int64_t prev_size;
};
/* NULL, or what is wrong. *ret->seq is -1 unless it was read. */
const char *entry_scan(struct slice bytes, struct entry *ret);

/* ---- table.c ---- */

/* What the ledger says of a record, or of one personal field of a record. */
struct known {
    char *key; /* id, or id NUL field */
    size_t key_len;
    int year;
    int64_t seq; /* of the entry that said it last */
    struct hash hash;
    bool has_hash, is_disposed, is_seen;
};
struct table {
    struct known *rows;
    size_t n, size;
};
void table_done(struct table *t);
/* The row of a key; made when missing and `make`. NULL: missing. Aborts when out of memory. */
struct known *table_at(struct table *t, struct slice key, bool make);

/* ---- the work ---- */

/* An older checkpoint held elsewhere. */
struct since {
    const char *path;
    struct bytes bytes;
    struct checkpoint checkpoint;
    bool is_read, is_used;
    bool has_root[2];
    struct hash root[2]; /* of the first checkpoint.size leaves: by entries, by tiles */
};

struct fsck {
    const char *dir;
    int first_year; /* --first: earlier shards were lawfully disposed of; 0 none */
    bool with_records;
    struct report report;
    struct sha256 *sha;
    struct crew *crew;
    struct vkey trusted[KEYS_MAX];
    size_t n_trusted;
    struct since since[SINCE_MAX];
    size_t n_since;
    struct table records, commits, manifest;
    uint64_t n_shards, n_entries, n_tiles, n_records, n_commitments, n_cosignatures, n_draws;
    bool has_own_key; /* a shard was held against the key that lies beside it */
};

/* The end of a shard, which the next one must name. */
struct shard_end {
    int year;
    bool is_known;
    char origin[NAME_MAX_LEN + 1];
    uint64_t size;
    struct hash root;
};

/* One shard while it is checked. */
struct shard {
    struct fsck *f;
    int year;
    char where[32];
    struct checkpoint checkpoint;
    struct tower entries, tiles; /* by the entries themselves; by the level 0 tiles */
    bool is_split;               /* the two differ, and both are kept */
    uint64_t want;               /* next seq */
    char last_t[32];
    char low[48], high[48];      /* instants of the year: first, and first of the next */
    struct bytes bundle, tile, other;
    bool has_first;              /* the first entry could be read */
    struct entry first;          /* its texts lie in first_bytes */
    char first_bytes[ENTRY_MAX];
    uint64_t early[64];          /* seqs that stood far before their place */
    size_t n_early;
    uint64_t next_since[2];      /* size at which an older checkpoint wants the root; 0 none */
    struct gap {                 /* seqs that no entry has, until one turns up out of place */
        uint64_t lo, hi;         /* both included */
    } gaps[1024];
    size_t n_gaps;
    struct odd {                 /* entries that do not fit the hash in their tile */
        uint64_t seq;
    } odds[1024];
    size_t n_odds;
    struct shard_end prev;       /* the year before */
    struct moment {              /* before the first entry of each half day */
        char t[27];              /* of that entry */
        uint64_t size;
        struct hash root;
    } *moments;
    size_t n_moments, max_moments;
    char last_half[13];
    bool has_draws_broken;       /* an entry was missing or odd: roots behind it are another ledger's */
};

void shard_check(struct fsck *f, int year, struct shard_end *prev);
/* Bundle and level 0 tile `n`, of `width`, both in the shard's buffers; has_* whether they could be read. */
void bundle_check(struct shard *s, uint64_t n, unsigned width, bool has_bundle, bool has_tile);
/* Before the entry is pushed: remember the root at the end of a day, and reckon its draw again. */
void draws_take(struct shard *s, const struct entry *e);
/* <dir>/<year>/tile/<level>/<n>[.p/<width>]; level -1: entries. */
void tile_name(const struct shard *s, int level, uint64_t n, unsigned width, char ret[static PATH_LEN]);
/* Read one tile into `b`; false when missing or of another length. */
bool tile_read(struct shard *s, int level, uint64_t n, unsigned width, struct bytes *b);
/* One more leaf in the tower of the entries (0) or of the tiles (1); compares the tiles that it fills. */
void shard_push(struct shard *s, int which, const struct hash *leaf);
/* Hashes of level `level` in a tree of `size`. */
uint64_t hashes_at(unsigned level, uint64_t size);
/* Take in what an entry says of records. */
void record_learn(struct fsck *f, int year, const struct entry *e);
void records_check(struct fsck *f);
