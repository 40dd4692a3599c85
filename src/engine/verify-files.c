/* Contents of files against what the records say of them. */
#include "engine/verify.h"

#include "base/codec.h"
#include "base/tell.h"
#include "engine/attachment.h"
#include "store/blobs.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#define PAGE 200

struct looking {
    struct store *store, *blobs; /* blobs: NULL, there are none */
    struct diag *diag;
    uint64_t n, bytes;
};

static int find_fault(struct looking *l, const struct attachment *a, enum message_key what)
{
    diag_tell(l->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_FILE, {"record", str_of(a->record)}, {"n", INTEGER(a->n)}, {"id", str_of(a->id)}, MESSAGE_WORD("what", what));
    return VERIFY_E_DAMAGED;
}

/* 1: a piece is missing; -EBADMSG: one does not open. */
static int hash_pieces(struct looking *l, const struct attachment *a, const uint8_t key[VAULT_KEY_SIZE], struct sha256_state *sha)
{
    for (int64_t n = 0; n < attachment_pieces(a->size); n++) {
        CLEANUP(buf_done) struct buf sealed;
        CLEANUP(buf_wipe) struct buf plain;
        int r;

        buf_init(&sealed, BLOBS_PIECE_MAX);
        buf_init(&plain, ATTACHMENT_PIECE);
        r = l->blobs ? blobs_get(l->blobs, a->id, n, &sealed) : STORE_E_NONE;
        if (r)
            return r == STORE_E_NONE ? 1 : store_errno(r);
        if ((r = attachment_open_piece(a->id, a->size, n, key, buf_str(&sealed), &plain)))
            return r;
        sha256_add(sha, buf_str(&plain));
    }
    return 0;
}

static int hash_file(struct looking *l, const struct attachment *a, struct digest *ret)
{
    struct sha256_state *sha;
    uint8_t key[VAULT_KEY_SIZE];
    int r = attachment_key(l->store, a, key);

    if (r)
        return r > 0 ? -EKEYREJECTED : r;
    if (!(sha = sha256_new()))
        return -ENOMEM;
    r = hash_pieces(l, a, key, sha);
    *ret = sha256_end(sha);
    sodium_memzero(key, sizeof(key));
    return r;
}

static int look_at(struct looking *l, const struct attachment *a)
{
    JSON_AUTO *head = NULL;
    struct digest is, was;
    const char *sha;
    int r = hash_file(l, a, &is);

    if (r == -EKEYREJECTED)
        return find_fault(l, a, MSG_FINDING_ITS_KEY_IS_MISSING);
    if (r == -EBADMSG)
        return find_fault(l, a, MSG_FINDING_A_PIECE_OF_IT_WAS_CHANGED_OR_IS_ANOTHER);
    if (r == 1)
        return find_fault(l, a, MSG_FINDING_A_PIECE_OF_IT_IS_MISSING);
    if (r || (r = attachment_head(l->store, a, &head)) < 0)
        return r;
    sha = json_str(head, "sha256");
    if (r || (*sha && (hex_parse(str_of(sha), &was, sizeof(was)) || !digest_eq(&is, &was))))
        return find_fault(l, a, MSG_FINDING_IT_IS_NOT_WHAT_WAS_EXAMINED);
    l->n++;
    l->bytes += a->size;
    return 0;
}

/* *last is the id of the last one; 0: there is no more. */
static int look_at_page(struct looking *l, char last[ATTACHMENT_ID_SIZE], int *ret_n)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(l->store, &rows, STMT_ATTACHMENT_PAGE, V_TEXT(last), V_INT(PAGE));

    *ret_n = 0;
    if (r)
        return store_errno(r);
    while ((r = rows_next(rows)) == 1) {
        CLEANUP(attachment_done) struct attachment a = {0};

        ++*ret_n;
        r = attachment_get(l->store, rows_text(rows, 0), &a);
        if (r > 0)
            continue; /* dropped meanwhile */
        memcpy(last, a.id, sizeof(a.id));
        if (!r && *a.record && strcmp(a.state, "gone") != 0)
            r = look_at(l, &a);
        if (r < 0)
            return r;
    }
    return r;
}

int verify_files(struct store *s, const char *db, uint64_t *ret_n, uint64_t *ret_bytes, struct diag *diag)
{
    struct looking l = {.store = s, .diag = diag};
    char last[ATTACHMENT_ID_SIZE] = "";
    size_t before = diag->n_errors;
    int n = 1, r = blobs_open(db, STORE_READ, &l.blobs, diag);

    r = r == STORE_E_NONE ? 0 : store_errno(r);
    while (!r && n)
        r = look_at_page(&l, last, &n);
    store_close(l.blobs);
    *ret_n = l.n;
    *ret_bytes = l.bytes;
    return r ? r : diag->n_errors > before ? VERIFY_E_DAMAGED : 0;
}
