/* The log that appends. In memory: the newest head (shard, tree, last time). It is read under the head's lock at log_begin(),
 * moves with each leaf, and is written back at log_end(); a mark lets one act be undone without its neighbours.
 *
 *     log_begin ── mark ── append … ── (back) ── mark ── append … ── log_end ── commit ── (forget on failure)
 *
 * Invariants L20-L27 of doc/design/ledger-format.md. */
#include "ledger/log.h"

#include "base/tell.h"

#include "ledger/checkpoint.h"
#include "ledger/leaf.h"
#include "ledger/tile.h"
#include "ledger/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

struct head {
    int64_t shard; /* year; 0: no entry yet */
    struct tree tree;
    uint64_t last_us;
    uint64_t stored_size; /* of this shard in the store: tiles up to here are written */
};

struct log {
    struct store *store;
    uint8_t seed[LOG_SEED_SIZE];
    char *origin; /* "<force>/<installation>" */
    struct head head;
    struct head marked, marked_inner;
    bool is_dirty;
};

static int read_head(struct log *l)
{
    ROWS_AUTO *rows = NULL;
    struct head head = {0};
    int r = STORE_QUERY(l->store, &rows, STMT_HEAD_LIST);

    if (r)
        return store_errno(r);
    while ((r = rows_next(rows)) == 1) {
        head.shard = rows_int(rows, 0);
        if (tree_parse(rows_blob(rows, 3), &head.tree) ||
            head.tree.size != (uint64_t)rows_int(rows, 2))
            return LOG_E_DAMAGED;
        head.last_us = (uint64_t)rows_int(rows, 5);
        head.stored_size = head.tree.size;
    }
    if (r)
        return r;
    l->head = head;
    l->is_dirty = false;
    return 0;
}

static int read_origin(struct log *l)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(l->store, &row, STMT_META_GET, V_TEXT("origin"));

    if (r)
        return r == STORE_E_NONE ? LOG_E_NONE : store_errno(r);
    l->origin = strdup(rows_text(row, 0));
    return l->origin ? 0 : -ENOMEM;
}

int log_open(struct store *s, const uint8_t seed[LOG_SEED_SIZE], struct log **ret, struct diag *diag)
{
    CLEANUP(log_closep) struct log *l = calloc(1, sizeof(*l));
    int r;

    if (!l)
        return -ENOMEM;
    l->store = s;
    memcpy(l->seed, seed, LOG_SEED_SIZE);
    if ((r = read_origin(l))) {
        if (r == LOG_E_NONE)
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_LEDGER_NO_NAME);
        return r;
    }
    if ((r = read_head(l))) {
        if (r == LOG_E_DAMAGED)
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_LEDGER_HEAD);
        return r;
    }
    *ret = TAKE(l);
    return 0;
}

void log_close(struct log *l)
{
    if (!l)
        return;
    sodium_memzero(l->seed, sizeof(l->seed));
    free(l->origin);
    free(l);
}

int log_begin(struct log *l)
{
    /* SQLite has one writer, this one; on PostgreSQL another node may have been here. */
    if (l->head.shard && store_kind(l->store) == STORE_SQLITE)
        return 0;
    return read_head(l);
}

void log_mark(struct log *l)
{
    l->marked = l->head;
}

static void back_to(struct log *l, const struct head *head)
{
    l->head = *head;
    l->is_dirty = l->head.tree.size != l->head.stored_size; /* a shard that opened meanwhile wrote the one before */
}

void log_back(struct log *l)
{
    back_to(l, &l->marked);
}

void log_mark_inner(struct log *l)
{
    l->marked_inner = l->head;
}

void log_back_inner(struct log *l)
{
    back_to(l, &l->marked_inner);
}

void log_forget(struct log *l)
{
    l->head = (struct head){0}; /* read again at the next log_begin() */
    l->is_dirty = false;
}

static struct str digest_bytes(const struct digest *d)
{
    return (struct str){(const char *)d->bytes, sizeof(d->bytes)};
}

static int put_head(struct log *l)
{
    CLEANUP(buf_done) struct buf frontier;
    CLEANUP(buf_done) struct buf origin;
    struct digest root = tree_root(&l->head.tree);
    int r;

    buf_init(&frontier, 8 + TREE_STACK_MAX * SHA256_SIZE);
    buf_init(&origin, 1024);
    if ((r = tree_print(&l->head.tree, &frontier)))
        return r;
    if ((r = buf_printf(&origin, "%s/%04" PRId64, l->origin, l->head.shard)))
        return r;
    return STORE_RUN(l->store, STMT_HEAD_SET, V_INT(l->head.shard), V_STR(buf_str(&origin)),
                     V_INT(l->head.tree.size), V_BLOB(frontier.at, frontier.len),
                     V_BLOB(root.bytes, sizeof(root.bytes)), V_INT(l->head.last_us));
}

/* ---- tiles ---- */

static int tile_from_entries(struct log *l, int64_t n, struct buf *out)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(l->store, &rows, STMT_ENTRY_HASHES, V_INT(l->head.shard), V_INT(n * TILE_WIDTH),
                        V_INT((n + 1) * TILE_WIDTH));

    if (r)
        return store_errno(r);
    while ((r = rows_next(rows)) == 1)
        if ((r = buf_add_str(out, rows_blob(rows, 1))))
            return r;
    return r;
}

static int tile_from_tiles(struct log *l, unsigned level, int64_t n, struct buf *out)
{
    for (int64_t i = n * TILE_WIDTH; i < (n + 1) * TILE_WIDTH; i++) {
        ROWS_AUTO *row = NULL;
        struct digest hashes[TILE_WIDTH], d;
        int r = STORE_ONE(l->store, &row, STMT_TILE_GET, V_INT(l->head.shard), V_INT(level - 1), V_INT(i));

        if (r)
            return r == STORE_E_NONE ? -EIO : store_errno(r);
        if (rows_blob(row, 0).len != sizeof(hashes))
            return -EIO;
        memcpy(hashes, rows_blob(row, 0).at, sizeof(hashes));
        d = tile_root(hashes);
        if ((r = buf_add_str(out, digest_bytes(&d))))
            return r;
    }
    return 0;
}

static int put_tile(struct log *l, unsigned level, int64_t n)
{
    CLEANUP(buf_done) struct buf hashes;
    int r;

    buf_init(&hashes, TILE_WIDTH * SHA256_SIZE);
    r = level ? tile_from_tiles(l, level, n, &hashes) : tile_from_entries(l, n, &hashes);
    if (r)
        return r;
    if (hashes.len != TILE_WIDTH * SHA256_SIZE)
        return -EIO;
    return STORE_RUN(l->store, STMT_TILE_ADD, V_INT(l->head.shard), V_INT(level), V_INT(n),
                     V_BLOB(hashes.at, hashes.len));
}

static int put_tiles(struct log *l)
{
    uint64_t from = l->head.stored_size, to = l->head.tree.size;

    for (unsigned level = 0; to / TILE_WIDTH; level++) {
        from /= TILE_WIDTH;
        to /= TILE_WIDTH;
        for (uint64_t n = from; n < to; n++) {
            int r = put_tile(l, level, (int64_t)n);

            if (r)
                return r;
        }
    }
    return 0;
}

int log_end(struct log *l)
{
    int r;

    if (!l->is_dirty || !l->head.shard)
        return 0;
    if ((r = put_tiles(l)))
        return r;
    if ((r = put_head(l)))
        return r;
    l->head.stored_size = l->head.tree.size;
    l->is_dirty = false;
    return 0;
}

/* ---- appending ---- */

static int put_leaf(struct log *l, const struct log_leaf *leaf, uint64_t t_us, struct log_place *ret,
                    struct diag *diag)
{
    CLEANUP(buf_done) struct buf bytes;
    uint8_t blind[LEAF_BLIND_SIZE];
    char salt[2 * LEAF_BLIND_SIZE + 1];
    struct leaf full;
    struct digest hash;
    int r;

    random_fill(blind, sizeof(blind));
    sodium_bin2hex(salt, sizeof(salt), blind, sizeof(blind));
    buf_init(&bytes, LEAF_MAX);
    full = (struct leaf){.seq = (int64_t)l->head.tree.size, .t_us = t_us, .due_us = leaf->due_us,
                         .act = leaf->act, .case_id = leaf->case_id, .from = leaf->from, .to = leaf->to,
                         .actor = leaf->actor, .obj = leaf->obj, .label = leaf->label, .rules = leaf->rules,
                         .clauses = leaf->clauses, .result = leaf->result, .unmet = leaf->unmet, .in = leaf->in,
                         .pii = leaf->pii, .paper = leaf->paper, .salt = salt};
    r = leaf_print(&full, &bytes, diag);
    if (r)
        return r == -ENOSPC || r == LEAF_E_LIMIT ? LOG_E_LARGE : r > 0 ? -EINVAL : r;
    hash = tree_leaf_hash(buf_str(&bytes));
    r = STORE_RUN(l->store, STMT_ENTRY_ADD, V_INT(l->head.shard), V_INT(l->head.tree.size), V_INT(t_us),
                  V_BLOB(bytes.at, bytes.len), V_BLOB(hash.bytes, sizeof(hash.bytes)));
    if (r)
        return r;
    *ret = (struct log_place){l->head.shard, (int64_t)l->head.tree.size, t_us, hash};
    tree_push(&l->head.tree, &hash);
    l->head.last_us = t_us;
    l->is_dirty = true;
    return 0;
}

static int meta_text(struct log *l, const char *key, char **ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(l->store, &row, STMT_META_GET, V_TEXT(key));

    if (r && r != STORE_E_NONE)
        return store_errno(r);
    *ret = strdup(r ? "" : rows_text(row, 0));
    return *ret ? 0 : -ENOMEM;
}

static void freep(char **p)
{
    free(*p);
}

/* {"clock", "packs", "prev_origin", "prev_size", "prev_root"}: the link to the shard before. */
static int shard_input(struct log *l, const struct head *prev, json_t *in)
{
    CLEANUP(freep) char *clock = NULL, *packs = NULL;
    CLEANUP(buf_done) struct buf text;
    struct digest root = tree_root(&prev->tree);
    int r;

    buf_init(&text, 2048);
    if ((r = meta_text(l, "clock.kind", &clock)) || (r = meta_text(l, "packs", &packs)))
        return r;
    if ((r = json_put_str(in, "clock", *clock ? clock : "system")) || (r = json_put_str(in, "packs", packs)))
        return r;
    if (!prev->shard)
        return 0;
    if ((r = buf_printf(&text, "%s/%04" PRId64, l->origin, prev->shard)) ||
        (r = json_put_strn(in, "prev_origin", buf_str(&text))))
        return r;
    if ((r = json_put_str(in, "prev_root", digest_text(&root).at)))
        return r;
    return json_put_int(in, "prev_size", (int64_t)prev->tree.size);
}

static int open_shard(struct log *l, uint64_t t_us, struct diag *diag)
{
    struct head prev = l->head;
    JSON_AUTO *in = json_object(), *actor = json_object();
    struct log_leaf leaf = {.act = "system/shard", .case_id = "", .from = "", .to = "", .label = "",
                            .rules = "", .result = "recorded", .in = in, .actor = actor};
    struct log_place place;
    int r;

    if (!in || !actor || json_put_str(actor, "id", "system"))
        return -ENOMEM;
    if ((r = shard_input(l, &prev, in)))
        return r;
    if (prev.shard && l->is_dirty) { /* the old year's last entries may be of this very batch */
        if ((r = log_end(l)))
            return r;
    }
    l->head = (struct head){.shard = year_of_instant(t_us), .last_us = t_us};
    return put_leaf(l, &leaf, t_us, &place, diag);
}

int log_append(struct log *l, const struct log_leaf *leaf, uint64_t now_us, struct log_place *ret,
               struct diag *diag)
{
    uint64_t t_us = MAX_OF(now_us, l->head.last_us);
    int r;

    if (!l->head.shard || year_of_instant(t_us) != l->head.shard)
        if ((r = open_shard(l, t_us, diag)))
            return r;
    return put_leaf(l, leaf, t_us, ret, diag);
}

/* ---- checkpoints ---- */

void log_head(const struct log *l, int64_t *ret_shard, uint64_t *ret_size)
{
    *ret_shard = l->head.shard;
    *ret_size = l->head.tree.size;
}

static int signer_of(const struct log *l, int64_t shard, struct note_signer *ret)
{
    CLEANUP(buf_done) struct buf name;
    int r;

    buf_init(&name, NOTE_NAME_MAX);
    if ((r = buf_printf(&name, "%s/%04" PRId64, l->origin, shard)))
        return r;
    r = note_signer_init(ret, buf_str(&name), NOTE_ED25519, l->seed);
    return r > 0 ? -EINVAL : r;
}

int log_checkpoint(struct log *l, struct buf *out)
{
    struct note_signer signer;
    struct digest root = tree_root(&l->head.tree);
    int r;

    if (!l->head.shard || l->is_dirty)
        return -EINVAL; /* never sign what is not durable */
    if ((r = signer_of(l, l->head.shard, &signer)))
        return r;
    r = checkpoint_sign(&signer, l->head.tree.size, &root, out);
    note_signer_done(&signer);
    return r > 0 ? -EINVAL : r;
}

int log_vkey(const struct log *l, int64_t shard, struct buf *out)
{
    struct note_signer signer;
    int r = signer_of(l, shard, &signer);

    if (r)
        return r;
    r = note_key_print(&signer.key, out);
    note_signer_done(&signer);
    return r > 0 ? -EINVAL : r;
}

int log_checkpoint_of(struct log *l, int64_t shard, struct buf *out)
{
    ROWS_AUTO *row = NULL;
    struct note_signer signer;
    struct tree tree;
    struct digest root;
    int r;

    r = STORE_ONE(l->store, &row, STMT_HEAD_GET, V_INT(shard));
    if (r)
        return r == STORE_E_NONE ? LOG_E_NONE : store_errno(r);
    if (tree_parse(rows_blob(row, 2), &tree))
        return LOG_E_DAMAGED;
    root = tree_root(&tree);
    if ((r = signer_of(l, shard, &signer)))
        return r;
    r = checkpoint_sign(&signer, tree.size, &root, out);
    note_signer_done(&signer);
    return r > 0 ? -EINVAL : r;
}

int log_checkpoint_at(struct log *l, int64_t shard, uint64_t size, struct buf *out)
{
    CLEANUP(log_source_donep) struct log_source *src = NULL;
    ROWS_AUTO *row = NULL;
    struct tree_source source;
    struct note_signer signer;
    struct digest root;
    int r = STORE_ONE(l->store, &row, STMT_HEAD_GET, V_INT(shard));

    if (r)
        return r == STORE_E_NONE ? LOG_E_NONE : store_errno(r);
    if (size > (uint64_t)rows_int(row, 1))
        return LOG_E_RANGE;
    if ((r = log_source_new(l->store, shard, &src)))
        return r;
    source = log_source_tree(src);
    if ((r = tree_source_root(&source, size, &root)) || (r = signer_of(l, shard, &signer)))
        return r;
    r = checkpoint_sign(&signer, size, &root, out);
    note_signer_done(&signer);
    return r > 0 ? -EINVAL : r;
}
