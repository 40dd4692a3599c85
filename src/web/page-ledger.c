/* The ledger over HTTP as C2SP tlog-tiles lays it out: checkpoint, key and hash tiles for everybody; entries for auditors.
 * A checkpoint comes from the keeper and is kept for a second by each thread. doc/design/ledger-format.md. */
#include "web/pages.h"

#include "ledger/checkpoint.h"
#include "ledger/log.h"
#include "ledger/tile.h"

#include <errno.h>

#define CHECKPOINT_FRESH_US UINT64_C(1000000)

static int missing(struct page *p)
{
    http_response_plain(p->resp, 404, STR("there is no such part of the ledger"));
    return 0;
}

/* 1: not a year. */
static int year_of(struct page *p, int64_t *ret)
{
    struct str year = route_param(p->call, STR("year"));

    return year.len == 4 && !str_to_i64(year, 1970, 9999, ret) ? 0 : 1;
}

/* The keeper's newest checkpoint of that year. 1: there is none. */
static int head_of(struct page *p, int64_t year, const json_t **ret)
{
    struct worker *w = p->worker;
    uint64_t now_us = clock_monotonic_us();
    json_t *answer;

    if (w->checkpoint && json_int(w->checkpoint, "shard") == year && now_us - w->checkpoint_us < CHECKPOINT_FRESH_US) {
        *ret = w->checkpoint;
        return 0;
    }
    answer = page_ask(p, json_pack("{s:s, s:I}", "op", "checkpoint", "shard", (json_int_t)year));
    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        return !strcmp(json_str(answer, "error"), "none") ? 1 : -EBUSY;
    json_decref(w->checkpoint);
    w->checkpoint = json_incref(answer);
    w->checkpoint_us = now_us;
    *ret = answer;
    return 0;
}

static int write_text(struct page *p, const char *member, bool ends_line)
{
    const json_t *head;
    int64_t year;
    int r = year_of(p, &year);

    if (!r)
        r = head_of(p, year, &head);
    if (r)
        return r < 0 ? r : missing(p);
    p->resp->content_type = "text/plain; charset=utf-8";
    if ((r = buf_add_text(&p->resp->body, json_str(head, member))))
        return r;
    return ends_line ? buf_add_char(&p->resp->body, '\n') : 0;
}

int ledger_checkpoint(struct page *p)
{
    return write_text(p, "note", false);
}

int ledger_key(struct page *p)
{
    return write_text(p, "vkey", true);
}

/* ---- tiles ---- */

static int tree_size(struct page *p, int64_t year, uint64_t *ret)
{
    const json_t *head;
    struct note_key key;
    struct checkpoint checkpoint;
    int r = head_of(p, year, &head);

    if (r)
        return r;
    if (note_key_parse(str_of(json_str(head, "vkey")), &key))
        return -EBADMSG;
    if ((r = checkpoint_open(str_of(json_str(head, "note")), &key, 1, &checkpoint, NULL)))
        return r < 0 ? r : -EBADMSG;
    *ret = checkpoint.size;
    return 0;
}

/* Full ones, and the one partial tile that belongs to the signed tree; a partial one of an older tree may be asked for, too. */
static bool tile_exists(int level, uint64_t n, unsigned width, uint64_t size)
{
    unsigned l = level == TILE_ENTRIES ? 0 : (unsigned)level;
    uint64_t full;

    if (l >= TILE_LEVELS)
        return false;
    full = tile_full_count(l, size);
    if (n < full)
        return true;
    return n == full && width <= tile_partial_width(l, size);
}

static int write_hashes(struct page *p, int64_t year, unsigned level, uint64_t n, unsigned width)
{
    CLEANUP(log_source_donep) struct log_source *source = NULL;
    struct tree_source tree;
    int r = log_source_new(p->worker->store, year, &source);

    if (r)
        return ERR_FOLD(r);
    tree = log_source_tree(source);
    for (unsigned i = 0; i < width; i++) {
        struct digest hash;

        if ((r = tree.hash(tree.user, level, n * TILE_WIDTH + i, &hash)) ||
            (r = buf_add(&p->resp->body, hash.bytes, sizeof(hash.bytes))))
            return ERR_FOLD(r);
    }
    return 0;
}

static int write_entries(struct page *p, int64_t year, uint64_t n, unsigned width)
{
    ROWS_AUTO *rows = NULL;
    unsigned got = 0;
    int r = STORE_QUERY(p->worker->store, &rows, STMT_ENTRY_RANGE, V_INT(year), V_INT(n * TILE_WIDTH),
                        V_INT(n * TILE_WIDTH + width));

    if (r)
        return store_errno(r);
    while ((r = rows_next(rows)) == 1) {
        if ((r = bundle_add(&p->resp->body, rows_blob(rows, 2))))
            return ERR_FOLD(r);
        got++;
    }
    return r ? r : got == width ? 0 : -EIO;
}

/* Entries name persons and their acts: only for those who are appointed to check them. */
static bool may_read_entries(const struct page *p)
{
    return p->standing == PAGE_SIGNED_IN && (p->session.rights & RIGHT_AUDITOR);
}

int ledger_tile(struct page *p)
{
    struct str path = p->req->path;
    int64_t year;
    uint64_t n, size;
    unsigned width;
    int level, r = year_of(p, &year);

    if (r)
        return missing(p);
    path.at += sizeof("/ledger/2026/") - 1;
    path.len -= sizeof("/ledger/2026/") - 1;
    if (tile_path_parse(path, &level, &n, &width))
        return missing(p);
    if (level == TILE_ENTRIES && !may_read_entries(p)) {
        http_response_plain(p->resp, 403, STR("entries are for auditors who are signed in"));
        return 0;
    }
    if ((r = tree_size(p, year, &size)))
        return r < 0 ? r : missing(p);
    if (!tile_exists(level, n, width, size))
        return missing(p);
    p->resp->content_type = "application/octet-stream";
    if (level == TILE_ENTRIES)
        return write_entries(p, year, n, width);
    p->resp->cache = HTTP_CACHE_FOR_EVER;
    return write_hashes(p, year, (unsigned)level, n, width);
}
