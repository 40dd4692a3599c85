/* The log as others read it: hashes for proofs, re-derivation, export. No key, any handle. */
#include "base/tell.h"
#include "ledger/export.h"
#include "ledger/leaf.h"
#include "ledger/log.h"
#include "ledger/note.h"
#include "ledger/tile.h"
#include "ledger/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define PAGE_ENTRIES 1024 /* entries fetched at once */

/* ---- hashes for proofs ---- */

struct log_source {
    struct store *store;
    int64_t shard;
    uint64_t size;
    unsigned level;            /* of the tile kept */
    uint64_t n;                /* its number */
    size_t width;              /* hashes in it; 0: none kept */
    struct digest hashes[TILE_WIDTH];
};

int log_source_new(struct store *s, int64_t shard, struct log_source **ret)
{
    ROWS_AUTO *row = NULL;
    struct log_source *src;
    int r = STORE_ONE(s, &row, STMT_HEAD_GET, V_INT(shard));

    if (r)
        return r == STORE_E_NONE ? LOG_E_NONE : ERR_FOLD(r);
    src = calloc(1, sizeof(*src));
    if (!src)
        return -ENOMEM;
    src->store = s;
    src->shard = shard;
    src->size = (uint64_t)rows_int(row, 1);
    *ret = src;
    return 0;
}

void log_source_done(struct log_source *src)
{
    free(src);
}

static int add_hash(struct log_source *src, struct str bytes)
{
    if (bytes.len % SHA256_SIZE || src->width + bytes.len / SHA256_SIZE > TILE_WIDTH)
        return -EIO;
    memcpy(src->hashes + src->width, bytes.at, bytes.len);
    src->width += bytes.len / SHA256_SIZE;
    return 0;
}

static int fetch_full(struct log_source *src, unsigned level, uint64_t n)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(src->store, &row, STMT_TILE_GET, V_INT(src->shard), V_INT(level), V_INT(n));

    if (r)
        return r == STORE_E_NONE ? 1 : ERR_FOLD(r);
    return add_hash(src, rows_blob(row, 0));
}

static int fetch_leaves(struct log_source *src, uint64_t n)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(src->store, &rows, STMT_ENTRY_HASHES, V_INT(src->shard), V_INT(n * TILE_WIDTH),
                        V_INT((n + 1) * TILE_WIDTH));

    if (r)
        return ERR_FOLD(r);
    while ((r = rows_next(rows)) == 1)
        if ((r = add_hash(src, rows_blob(rows, 1))))
            return r;
    return r;
}

/* A tile that is not full yet: its hashes are roots of the full tiles below. */
static int fetch_partial(struct log_source *src, unsigned level, uint64_t n)
{
    uint64_t full_below = tile_full_count(level - 1, src->size);

    for (uint64_t i = n * TILE_WIDTH; i < (n + 1) * TILE_WIDTH && i < full_below; i++) {
        ROWS_AUTO *row = NULL;
        struct digest hashes[TILE_WIDTH], root;
        int r = STORE_ONE(src->store, &row, STMT_TILE_GET, V_INT(src->shard), V_INT(level - 1), V_INT(i));

        if (r)
            return r == STORE_E_NONE ? -EIO : ERR_FOLD(r);
        if (rows_blob(row, 0).len != sizeof(hashes))
            return -EIO;
        memcpy(hashes, rows_blob(row, 0).at, sizeof(hashes));
        root = tile_root(hashes);
        if ((r = add_hash(src, (struct str){(const char *)root.bytes, sizeof(root.bytes)})))
            return r;
    }
    return 0;
}

static int source_hash(void *user, unsigned level, uint64_t index, struct digest *ret_hash)
{
    struct log_source *src = user;
    uint64_t n = index / TILE_WIDTH;
    int r;

    if (!src->width || src->level != level || src->n != n || index % TILE_WIDTH >= src->width) {
        src->width = 0;
        r = fetch_full(src, level, n);
        if (r == 1)
            r = level ? fetch_partial(src, level, n) : fetch_leaves(src, n);
        if (r)
            return r;
        src->level = level;
        src->n = n;
    }
    if (index % TILE_WIDTH >= src->width)
        return -EIO;
    *ret_hash = src->hashes[index % TILE_WIDTH];
    return 0;
}

struct tree_source log_source_tree(struct log_source *src)
{
    return (struct tree_source){source_hash, src};
}

int log_root_at(struct store *s, int64_t shard, uint64_t size, struct digest *ret)
{
    CLEANUP(log_source_donep) struct log_source *src = NULL;
    struct tree_source source;
    int r = log_source_new(s, shard, &src);

    if (r)
        return r;
    if (size > src->size)
        return LOG_E_RANGE;
    source = log_source_tree(src);
    return tree_source_root(&source, size, ret);
}

static int time_of(struct store *s, int64_t shard, uint64_t seq, uint64_t *ret_us)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_ENTRY_GET, V_INT(shard), V_INT(seq));

    if (!r)
        *ret_us = (uint64_t)rows_int(row, 0);
    return r == STORE_E_NONE ? -EIO : ERR_FOLD(r);
}

/* Times of a shard never decrease. */
static int count_before(struct store *s, int64_t shard, uint64_t us, uint64_t *ret)
{
    ROWS_AUTO *row = NULL;
    uint64_t low = 0, high = 0;
    int r = STORE_ONE(s, &row, STMT_ENTRY_NEXT, V_INT(shard));

    if (!r)
        high = (uint64_t)rows_int(row, 0);
    while (!r && low < high) {
        uint64_t middle = low + (high - low) / 2, t_us;

        if ((r = time_of(s, shard, middle, &t_us)))
            break;
        if (t_us < us)
            low = middle + 1;
        else
            high = middle;
    }
    *ret = low;
    return ERR_FOLD(r);
}

int log_size_before(struct store *s, uint64_t us, int64_t *ret_shard, uint64_t *ret_size)
{
    ROWS_AUTO *rows = NULL;
    uint64_t size;
    int r = STORE_QUERY(s, &rows, STMT_SHARD_LIST);

    *ret_size = 0;
    if (r)
        return ERR_FOLD(r);
    while ((r = rows_next(rows)) == 1 && !*ret_size) {
        if ((r = count_before(s, rows_int(rows, 0), us, &size)))
            return r;
        *ret_shard = rows_int(rows, 0);
        *ret_size = size;
    }
    return r < 0 ? r : *ret_size ? 0 : LOG_E_NONE;
}

/* ---- walking the entries ---- */

struct walk {
    struct store *store;
    int64_t shard;
    uint64_t size;
    int (*entry)(void *user, uint64_t seq, uint64_t t_us, struct str leaf, struct str hash);
    void *user;
};

static int walk_page(const struct walk *w, uint64_t from, uint64_t *ret_next)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(w->store, &rows, STMT_ENTRY_RANGE, V_INT(w->shard), V_INT(from),
                        V_INT(from + PAGE_ENTRIES));

    if (r)
        return ERR_FOLD(r);
    while ((r = rows_next(rows)) == 1) {
        r = w->entry(w->user, (uint64_t)rows_int(rows, 0), (uint64_t)rows_int(rows, 1), rows_blob(rows, 2),
                     rows_blob(rows, 3));
        if (r)
            return r;
    }
    *ret_next = from + PAGE_ENTRIES;
    return r;
}

/* ---- verifying ---- */

/* How the shard before ended, as its head says. */
struct before {
    int64_t shard; /* 0: there is none */
    char origin[NOTE_NAME_MAX + 1];
    uint64_t size;
    struct digest root;
};

struct verify {
    struct store *store;
    struct diag *diag;
    int64_t shard;
    struct before before;
    struct tree tree;
    uint64_t next;    /* the sequence number that must come */
    uint64_t last_us;
    uint64_t n;       /* entries seen */
    bool is_odd;      /* an entry is not what it should be: tiles would only repeat it */
    struct tiler tiler;
};

static void finding(struct verify *v, uint64_t seq, enum message_key what)
{
    diag_tell(v->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_LEDGER_ENTRY, {"shard", INTEGER(v->shard)}, {"entry", NUMBER(seq)}, MESSAGE_WORD("what", what));
    v->is_odd = true;
}

static void finding_of_shard(struct verify *v, enum message_key what)
{
    diag_tell(v->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_LEDGER_SHARD, {"shard", INTEGER(v->shard)}, MESSAGE_WORD("what", what));
}

static int read_before(struct verify *v)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(v->store, &rows, STMT_HEAD_LIST);

    if (r)
        return ERR_FOLD(r);
    while ((r = rows_next(rows)) == 1 && rows_int(rows, 0) < v->shard) {
        struct str root = rows_blob(rows, 4);

        v->before = (struct before){.shard = rows_int(rows, 0), .size = (uint64_t)rows_int(rows, 2)};
        (void)snprintf(v->before.origin, sizeof(v->before.origin), "%s", rows_text(rows, 1));
        if (root.len == SHA256_SIZE)
            memcpy(v->before.root.bytes, root.at, SHA256_SIZE);
    }
    return MIN_OF(r, 0);
}

/* The first entry names the end of the shard before (L30). */
static void check_chain(struct verify *v, const json_t *in)
{
    const struct before *b = &v->before;
    struct digest root = {0};

    if (!b->shard) {
        if (*json_str(in, "prev_origin"))
            diag_tell(v->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_LEDGER_CHAIN_GONE, {"shard", INTEGER(v->shard)},
                      {"origin", str_of(json_str(in, "prev_origin"))});
        return;
    }
    if (strcmp(json_str(in, "prev_origin"), b->origin) != 0 || json_int(in, "prev_size") != (int64_t)b->size ||
        hex_parse(str_of(json_str(in, "prev_root")), root.bytes, sizeof(root.bytes)) || !digest_eq(&root, &b->root))
        diag_tell(v->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_LEDGER_CHAIN_END, {"shard", INTEGER(v->shard)}, {"before", INTEGER(b->shard)});
}

static void check_leaf(struct verify *v, uint64_t seq, uint64_t t_us, struct str bytes)
{
    JSON_AUTO *json = NULL;
    struct leaf said;

    if (leaf_parse(bytes, &said, &json, v->diag)) {
        finding(v, seq, MSG_FINDING_ALTERED_IT_IS_NOT_A_CANONICAL_ENTRY);
        return;
    }
    if ((uint64_t)said.seq != seq)
        finding(v, seq, MSG_FINDING_REORDERED_IT_BEARS_ANOTHER_NUMBER);
    else if (said.t_us != t_us || t_us < v->last_us)
        finding(v, seq, MSG_FINDING_ITS_TIME_GOES_BACK_OR_DIFFERS_FROM_THE_I);
    else if (year_of_instant(t_us) != v->shard)
        finding(v, seq, MSG_FINDING_WRONG_YEAR_IT_WAS_ENTERED_IN_ANOTHER_ONE);
    if (seq == 0)
        check_chain(v, said.in);
}

/* A tile that filled up, against the one in the store. */
static int compare_tile(void *user, int level, uint64_t n, unsigned width, struct str bytes)
{
    struct verify *v = user;
    ROWS_AUTO *row = NULL;
    int r;

    if (v->is_odd)
        return 0;
    r = STORE_ONE(v->store, &row, STMT_TILE_GET, V_INT(v->shard), V_INT(level), V_INT(n));
    if (r && r != STORE_E_NONE)
        return ERR_FOLD(r);
    if (r || !str_eq(rows_blob(row, 0), bytes))
        diag_tell(v->diag, DIAG_ERROR, DIAG_NOWHERE, r ? MSG_LEDGER_TILE_GONE : MSG_LEDGER_TILE_ALTERED, {"shard", INTEGER(v->shard)}, {"level", INTEGER(level)},
                  {"n", NUMBER(n)});
    return 0;
}

static int verify_entry(void *user, uint64_t seq, uint64_t t_us, struct str leaf, struct str hash)
{
    struct verify *v = user;
    struct tile_sink sink = {compare_tile, v};
    struct digest d = tree_leaf_hash(leaf);

    for (; v->next < seq; v->next++)
        finding(v, v->next, MSG_FINDING_REMOVED_THERE_IS_NO_SUCH_ENTRY);
    v->next = seq + 1;
    v->n++;
    if (hash.len != SHA256_SIZE || memcmp(d.bytes, hash.at, SHA256_SIZE))
        finding(v, seq, MSG_FINDING_ALTERED_ITS_BYTES_DO_NOT_HAVE_THE_HASH_T);
    check_leaf(v, seq, t_us, leaf);
    v->last_us = t_us;
    tree_push(&v->tree, &d);
    return tiler_add(&v->tiler, &d, &sink);
}

/* What proofs are made of must lead to the root as well. */
static int verify_source(struct verify *v)
{
    CLEANUP(log_source_donep) struct log_source *src = NULL;
    struct tree_source source;
    struct digest root, own = tree_root(&v->tree);
    int r = log_source_new(v->store, v->shard, &src);

    if (r)
        return r;
    source = log_source_tree(src);
    r = tree_source_root(&source, v->tree.size, &root);
    if (r == -EIO || (!r && !digest_eq(&root, &own))) {
        finding_of_shard(v, MSG_FINDING_A_STORED_TILE_DOES_NOT_FIT_THE_ENTRIES);
        return 0;
    }
    return r;
}

static int count_entries(struct verify *v, uint64_t size)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(v->store, &row, STMT_ENTRY_COUNT, V_INT(v->shard));

    if (r)
        return ERR_FOLD(r);
    if (v->next > size || (uint64_t)rows_int(row, 0) != v->n)
        finding_of_shard(v, MSG_FINDING_THERE_ARE_ENTRIES_OUTSIDE_OF_ITS_HEAD);
    return 0;
}

static int verify_head(struct verify *v, struct rows *head)
{
    CLEANUP(buf_done) struct buf frontier;
    struct digest root = tree_root(&v->tree);
    int r;

    buf_init(&frontier, 8 + TREE_STACK_MAX * SHA256_SIZE);
    if ((r = tree_print(&v->tree, &frontier)))
        return r;
    if (rows_blob(head, 3).len != SHA256_SIZE || memcmp(root.bytes, rows_blob(head, 3).at, SHA256_SIZE))
        finding_of_shard(v, MSG_FINDING_THE_ENTRIES_DO_NOT_HAVE_THE_ROOT_THAT_WA);
    else if (!str_eq(rows_blob(head, 2), buf_str(&frontier)))
        finding_of_shard(v, MSG_FINDING_THE_FRONTIER_OF_ITS_TREE_WAS_ALTERED);
    if (!v->is_odd && (uint64_t)rows_int(head, 4) != v->last_us)
        finding_of_shard(v, MSG_FINDING_ITS_LAST_TIME_IS_NOT_THAT_OF_ITS_LAST_EN);
    return 0;
}

static int verify_shard(struct verify *v, struct rows *head, void (*progress)(void *user, uint64_t done, uint64_t size),
                        void *user)
{
    struct walk w = {.store = v->store, .shard = v->shard, .size = (uint64_t)rows_int(head, 1), .entry = verify_entry,
                     .user = v};
    size_t errors = v->diag->n_errors;
    int r = read_before(v);

    for (uint64_t at = 0; !r && at < w.size;) {
        r = walk_page(&w, at, &at);
        if (!r && progress)
            progress(user, MIN_OF(at, w.size), w.size);
    }
    if (r)
        return r;
    for (; v->next < w.size; v->next++)
        finding(v, v->next, MSG_FINDING_REMOVED_THERE_IS_NO_SUCH_ENTRY);
    if ((r = count_entries(v, w.size)) || (r = verify_head(v, head)))
        return r;
    if (v->diag->n_errors == errors && (r = verify_source(v)))
        return r;
    return v->diag->n_errors == errors ? 0 : LOG_E_DAMAGED;
}

int log_verify_shard(struct store *s, int64_t shard, void (*progress)(void *user, uint64_t done, uint64_t size),
                     void *user, struct diag *diag)
{
    ROWS_AUTO *head = NULL;
    struct verify *v;
    int r = STORE_ONE(s, &head, STMT_HEAD_GET, V_INT(shard));

    if (r)
        return r == STORE_E_NONE ? LOG_E_NONE : ERR_FOLD(r);
    v = calloc(1, sizeof(*v));
    if (!v)
        return -ENOMEM;
    v->store = s;
    v->diag = diag;
    v->shard = shard;
    r = verify_shard(v, head, progress, user);
    free(v);
    return r;
}

/* ---- exporting ---- */

static int export_entry(void *user, uint64_t seq, uint64_t t_us, struct str leaf, struct str hash)
{
    struct export_shard *shard = user;
    int r;

    if (seq != export_shard_tree(shard).size)
        return -EIO; /* verify names what is wrong */
    r = export_shard_add(shard, leaf);
    return r > 0 ? -EIO : r;
}

int log_export_shard(struct store *s, int64_t shard, const char *dir, struct str note, struct str vkey,
                     struct diag *diag)
{
    CLEANUP(export_shard_freep) struct export_shard *x = NULL;
    ROWS_AUTO *row = NULL;
    struct walk w = {.store = s, .shard = shard, .entry = export_entry};
    int r = STORE_ONE(s, &row, STMT_HEAD_GET, V_INT(shard));

    if (r)
        return r == STORE_E_NONE ? LOG_E_NONE : ERR_FOLD(r);
    w.size = (uint64_t)rows_int(row, 1);
    if ((r = export_shard_new(dir, (int32_t)shard, &x, diag)))
        return r;
    w.user = x;
    for (uint64_t at = 0; !r && at < w.size;)
        r = walk_page(&w, at, &at);
    if (r == -EIO)
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_LEDGER_SHARD_DAMAGED, {"shard", INTEGER(shard)});
    return r ? r : export_shard_end(x, vkey, note, diag);
}
