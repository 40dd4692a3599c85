#include "keeper/filing.h"

#include "base/codec.h"
#include "engine/attachment.h"
#include "keeper/asker.h"
#include "keeper/operation.h"
#include "regulation/model.h"
#include "store/blobs.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define TIDY_MAX 1000 /* files looked at in one go */

/* A thread's: the store, to be read, and the third place, to be written. */
struct places {
    struct store *store, *blobs;
    char tidied[BLOBS_FILE_MAX + 1]; /* the file that was looked at last; "": none yet */
};

const char *gate_name(unsigned measured)
{
    return measured ? measurer_name(measured) : "";
}

static bool wants(const char *op)
{
    return !strcmp(op, "file-piece");
}

/* ---- room ---- */

bool filing_has_room(const char *db, uint64_t size)
{
    struct statvfs st;

    if (!strncmp(db, "postgres", 8) || statvfs(db, &st))
        return true; /* the database itself says when it is full */
    return (uint64_t)st.f_bavail * st.f_frsize >= FILING_FREE_MIN + size;
}

json_t *filing_full(void)
{
    return answer_error("full", "記憶装置の空きが少ないため、ファイルを受け取れません。管理者に知らせてください。",
                        "Too little space is left on the storage to take files. Tell the administrator.");
}

/* ---- answers ---- */


static int tell_offset(json_t *m, uint64_t offset, bool is_ok)
{
    json_t *answer = is_ok ? json_pack("{s:b}", "ok", 1)
                           : answer_error("offset", "ファイルの続きの位置が違います。",
                                          "Another part of the file comes next.");

    if (answer && json_put_int(answer, "offset", (int64_t)offset)) {
        json_decref(answer);
        answer = NULL;
    }
    return aside_tell(m, answer);
}

static int tell_none(json_t *m)
{
    return aside_tell(m, answer_error("none", "そのファイルは送られていません。初めから送り直してください。",
                                "No such file is being sent. Begin again."));
}

static int tell_invalid(json_t *m)
{
    return aside_tell(m, answer_error("invalid", "ファイルの一部の大きさ又は形式が正しくありません。",
                                "This piece has the wrong size or form."));
}

/* ---- a piece ---- */

/* What is there already, in bytes. */
static uint64_t offset_of(const struct attachment *a, int64_t n)
{
    return MIN_OF((uint64_t)n * ATTACHMENT_PIECE, a->size);
}

static int write_piece(struct places *p, const struct attachment *a, int64_t n, struct str plain)
{
    CLEANUP(buf_done) struct buf sealed;
    uint8_t key[VAULT_KEY_SIZE];
    int r = attachment_key(p->store, a, key);

    buf_init(&sealed, BLOBS_PIECE_MAX);
    if (!r)
        r = attachment_seal_piece(a->id, a->size, n, key, plain, &sealed);
    sodium_memzero(key, sizeof(key));
    return r < 0 ? r : r ? STORE_E_NONE : blobs_add(p->blobs, a->id, n, buf_str(&sealed));
}

/* The next piece, of which `n` are there. */
static int add_piece(struct places *p, const char *db, json_t *m, const struct attachment *a, int64_t n)
{
    CLEANUP(buf_wipe) struct buf plain;
    struct str data = str_of(json_str(m, "data"));
    int r;

    buf_init(&plain, ATTACHMENT_PIECE);
    if (!filing_has_room(db, ATTACHMENT_PIECE))
        return aside_tell(m, filing_full());
    r = base64_parse(data, &plain);
    if (r == -ENOMEM)
        return r;
    if (r || plain.len != attachment_piece_size(a->size, n))
        return tell_invalid(m);
    r = write_piece(p, a, n, buf_str(&plain));
    if (r == STORE_E_EXISTS) /* somebody sends the same file twice at once */
        return tell_offset(m, offset_of(a, n + 1), false);
    if (r == STORE_E_NONE)
        return tell_none(m);
    if (r == STORE_E_FULL)
        return aside_tell(m, filing_full());
    if (r)
        return store_errno(r);
    return n + 1 < attachment_pieces(a->size) ? tell_offset(m, offset_of(a, n + 1), true) : 0;
}

/* Whoever began it goes on with it: no gate adds to what a person sends, nor a person, or another gate, to what a gate does. */
static int is_by(struct places *p, const json_t *m, const struct attachment *a, bool *ret)
{
    JSON_AUTO *head = NULL;
    int r = attachment_head(p->store, a, &head);

    *ret = !r && !strcmp(json_str(head, "gate"), json_str(m, FILING_GATE));
    return MIN_OF(r, 0);
}

static int take_piece(struct places *p, const char *db, json_t *m)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    struct asker asker;
    int64_t n = 0;
    bool is_end = !*json_str(m, "data"), is_his = false;
    int r = asker_find(p->store, m, true, &asker);

    if (r)
        return MIN_OF(r, 0);
    r = attachment_get(p->store, json_str(m, "id"), &a);
    if (r < 0)
        return r;
    if (r || strcmp(a.owner, asker.person) != 0 || strcmp(a.state, "coming") != 0)
        return tell_none(m);
    if ((r = is_by(p, m, &a, &is_his)))
        return r;
    if (!is_his)
        return tell_none(m);
    if ((r = blobs_count(p->blobs, a.id, &n)))
        return store_errno(r);
    if (json_int(m, "offset") < 0 || (uint64_t)json_int(m, "offset") != offset_of(&a, n))
        return tell_offset(m, offset_of(&a, n), false);
    if (n == attachment_pieces(a.size))
        return is_end ? 0 : tell_invalid(m);
    return is_end ? tell_offset(m, offset_of(&a, n), true) : add_piece(p, db, m, &a, n);
}

/* ---- what is left over ---- */

/* No row names it, or its key was destroyed. A row is there before its first piece, so none that comes is taken for gone. */
static int is_gone(struct places *p, const char *id)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    int r = attachment_get(p->store, id, &a);

    return r ? r : !strcmp(a.state, "gone");
}

static int tidy(struct places *p, json_t *m)
{
    char *id = p->tidied;
    int r = 0;

    for (int i = 0; i < TIDY_MAX && !(r = blobs_next(p->blobs, id, id)); i++)
        if ((r = is_gone(p, id)) < 0 || (r && (r = blobs_drop(p->blobs, id))))
            return store_errno(r);
    if (r == STORE_E_NONE)
        *id = '\0';
    return r == STORE_E_NONE ? 0 : r ? store_errno(r) : json_put_flag(m, "more", true);
}

/* ---- the thread's ---- */

static void end(void *things)
{
    struct places *p = things;

    if (!p)
        return;
    store_close(p->store);
    store_close(p->blobs);
    free(p);
}

static int open_places(const char *db, void **ret)
{
    struct places *p = calloc(1, sizeof(*p));
    int r = p ? store_open(db, STORE_READ, &p->store, NULL) : -ENOMEM;

    if (!r)
        r = blobs_open(db, STORE_WRITE, &p->blobs, NULL);
    if (r)
        end(p);
    else
        *ret = p;
    return store_errno(r);
}

static int work(void *things, const char *db, json_t *m)
{
    return wants(json_str(m, "op")) ? take_piece(things, db, m) : tidy(things, m);
}

static bool run(const char *db, void **things, json_t *m)
{
    static const struct aside_handles handles = {open_places, end, work};

    return aside_try(&handles, db, things, m);
}

static void wipe(json_t *m)
{
    const char *data = json_str(m, "data");

    if (*data)
        sodium_memzero((char *)(uintptr_t)data, strlen(data));
    json_object_del(m, "data");
}

const struct aside_work filing_work = {wants, run, end, wipe};
