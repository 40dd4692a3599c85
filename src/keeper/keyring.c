#include "keeper/keyring.h"

#include "base/codec.h"
#include "base/time.h"
#include "engine/attachment.h"
#include "engine/find.h"
#include "engine/holding.h"
#include "keeper/asker.h"
#include "keeper/operation.h"
#include "store/blobs.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* A thread's. */
struct ring {
    const char *db;
    struct store *store;
    struct engine *engine;
    struct store *blobs; /* NULL: not asked for yet, or there are none */
};

static bool is_of_file(const char *op)
{
    return !strcmp(op, "file-bytes") || !strcmp(op, "exam-bytes") || !strcmp(op, "file-count");
}

static bool wants(const char *op)
{
    return !strcmp(op, "vault-key") || is_of_file(op);
}

static int tell_none(json_t *m)
{
    return aside_tell(m, answer_error("none", "その鍵又は内容はありません。",
                                      "There is no such key or piece."));
}

/* ---- who may have a key ---- */

static bool has_left(const struct ring *k, const struct asker *a)
{
    return force_has_left(engine_force(k->engine), a->person,
                          day_of_instant(engine_now(k->engine)));
}

/* Seen on a page by the person, or let out to his program, whose own bounds come on top. */
static int sees_record(struct ring *k, const struct asker *a, const char *record, bool *ret)
{
    const struct reg *reg = engine_reg_of_id(k->engine, record);

    *ret = false;
    if (a->is_program && (!reg || !token_scope_has(&a->token.scope, reg->id)))
        return 0;
    return engine_key_release(k->engine, a->person, record, a->is_program ? RELEASE_API : RELEASE_PAGE, engine_now(k->engine), ret);
}

static int may_have_table(struct ring *k, const struct asker *a, const char *id, bool *ret)
{
    ROWS_AUTO *row = NULL;
    int r = a->rights & RIGHT_ADMINISTRATOR
                ? STORE_ONE(k->store, &row, STMT_TAKEOVER_GET, V_TEXT(id))
                : STORE_E_NONE;

    *ret = !r;
    return r == STORE_E_NONE ? 0 : store_errno(r);
}

static int may_have_upload(struct ring *k, const struct asker *a, const char *id, bool *ret)
{
    CLEANUP(attachment_done) struct attachment file = {0};
    int r = attachment_get(k->store, id, &file);

    *ret = !r && !*file.record && !strcmp(file.owner, a->person);
    return MIN_OF(r, 0);
}

static int may_have_key(struct ring *k, const struct asker *a, const char *name, bool *ret)
{
    int r;

    *ret = !strcmp(name, SEARCH_KEY);
    if (*ret || strchr(name, '#') || strchr(name, '*'))
        return 0; /* what a file of a record holds is opened by file-open alone */
    if (attachment_id_ok(name))
        return may_have_upload(k, a, name, ret);
    r = may_have_table(k, a, name, ret);
    return r || *ret ? r : sees_record(k, a, name, ret);
}

static int tell_key(json_t *m, const uint8_t key[VAULT_KEY_SIZE])
{
    char hex[2 * VAULT_KEY_SIZE + 1];
    int r;

    sodium_bin2hex(hex, sizeof(hex), key, VAULT_KEY_SIZE);
    r = aside_tell(m, json_pack("{s:b, s:s}", "ok", 1, "key", hex));
    sodium_memzero(hex, sizeof(hex));
    return r;
}

/* What stands for one digest, to anybody who is signed in: the key itself goes to nobody. */
static int give_hash(struct ring *k, json_t *m, const char *hex)
{
    char text[HOLDING_HASH_SIZE];
    uint8_t hash[VAULT_KEY_SIZE];
    struct digest d;
    int r = hex_parse(str_of(hex), &d, sizeof(d)) ? 1 : holding_hash(k->store, &d, text);

    if (r || (r = hex_parse(str_of(text), hash, sizeof(hash))))
        return r < 0 ? r : tell_none(m);
    return tell_key(m, hash);
}

static int give_key(struct ring *k, const struct asker *a, json_t *m)
{
    const char *name = json_str(m, "record");
    uint8_t key[VAULT_KEY_SIZE];
    bool may;
    int r;

    if (!strncmp(name, HOLDING_HASH_ASKED, strlen(HOLDING_HASH_ASKED)))
        return give_hash(k, m, name + strlen(HOLDING_HASH_ASKED));
    r = may_have_key(k, a, name, &may);

    if (r)
        return r;
    r = may ? vault_get(k->store, str_of(name), key) : STORE_E_NONE;
    if (r)
        return r == STORE_E_NONE ? tell_none(m) : store_errno(r);
    r = tell_key(m, key);
    sodium_memzero(key, sizeof(key));
    return r;
}

/* ---- pieces ---- */

/* The examiner looks into it, or reads it into an import. */
static int is_in_work(struct ring *k, const struct attachment *file, bool *ret)
{
    ROWS_AUTO *row = NULL;
    int r;

    *ret = !strcmp(file->state, "begun");
    if (*ret || *file->record)
        return 0;
    r = STORE_ONE(k->store, &row, STMT_INTAKE_OF_FILE, V_TEXT(file->id));
    *ret = !r;
    return r == STORE_E_NONE ? 0 : store_errno(r);
}

/* `a` NULL: the examiner asks. */
static int may_have_bytes(struct ring *k, const struct asker *a, const struct attachment *file,
                          bool *ret)
{
    if (!a)
        return is_in_work(k, file, ret);
    *ret = !*file->record && !strcmp(file->owner, a->person);
    return *file->record ? sees_record(k, a, file->record, ret) : 0;
}

static int open_blobs(struct ring *k)
{
    return k->blobs ? 0 : blobs_open(k->db, STORE_READ, &k->blobs, NULL);
}

static int tell_piece(struct ring *k, json_t *m)
{
    CLEANUP(buf_done) struct buf sealed, text;
    int r;

    buf_init(&sealed, BLOBS_PIECE_MAX);
    buf_init(&text, 2 * (size_t)BLOBS_PIECE_MAX);
    r = blobs_get(k->blobs, json_str(m, "id"), json_int(m, "n"), &sealed);
    if (r)
        return r == STORE_E_NONE ? tell_none(m) : store_errno(r);
    if ((r = base64_print(sealed.at, sealed.len, &text)))
        return r;
    return aside_tell(m, json_pack("{s:b, s:s}", "ok", 1, "data", text.at ? text.at : ""));
}

static int tell_count(struct ring *k, json_t *m)
{
    int64_t n = 0;
    int r = blobs_count(k->blobs, json_str(m, "id"), &n);

    return r && r != STORE_E_NONE
               ? store_errno(r)
               : aside_tell(m, json_pack("{s:b, s:I}", "ok", 1, "n", (json_int_t)n));
}

static int give_bytes(struct ring *k, const struct asker *a, json_t *m)
{
    CLEANUP(attachment_done) struct attachment file = {0};
    bool is_count = !strcmp(json_str(m, "op"), "file-count"), may = false;
    int r = attachment_get(k->store, json_str(m, "id"), &file);

    if (!r)
        r = may_have_bytes(k, a, &file, &may);
    if (r < 0)
        return r;
    if (!may)
        return tell_none(m);
    r = open_blobs(k);
    if (r)
        return r != STORE_E_NONE ? store_errno(r)
               : is_count        ? aside_tell(m, json_pack("{s:b, s:i}", "ok", 1, "n", 0))
                                 : tell_none(m);
    return is_count ? tell_count(k, m) : tell_piece(k, m);
}

/* ---- the thread's ---- */

static int answer(struct ring *k, json_t *m)
{
    bool is_examiner = !strcmp(json_str(m, "op"), "exam-bytes");
    struct asker a;
    int r = engine_refresh(k->engine, NULL);

    if (!r && is_examiner)
        return give_bytes(k, NULL, m);
    if (!r)
        r = asker_find(k->store, m, false, &a);
    if (r)
        return MIN_OF(r, 0);
    if (has_left(k, &a))
        return aside_tell(m, answer_error("sign-in", "サインインし直してください。",
                                          "Please sign in again."));
    r = is_of_file(json_str(m, "op")) ? give_bytes(k, &a, m) : give_key(k, &a, m);
    sodium_memzero(&a, sizeof(a));
    return r;
}

static void end(void *things)
{
    struct ring *k = things;

    if (!k)
        return;
    engine_close(k->engine);
    store_close(k->blobs);
    store_close(k->store);
    free(k);
}

static int open_ring(const char *db, struct ring **ret)
{
    struct ring *k = calloc(1, sizeof(*k));
    int r = k ? store_open(db, STORE_READ, &k->store, NULL) : -ENOMEM;

    if (!r)
        r = engine_open(k->store, &k->engine, NULL);
    if (r) {
        end(k);
        return store_errno(r);
    }
    k->db = db;
    *ret = k;
    return 0;
}

/* Handles that failed are opened anew once. */
static bool run(const char *db, void **things, json_t *m)
{
    struct ring *k = *things;
    int r = -EIO;

    for (int i = 0; i < 2 && r; i++) {
        r = k ? 0 : open_ring(db, &k);
        if (!r)
            r = answer(k, m);
        if (r) {
            end(k);
            k = NULL;
        }
    }
    *things = k;
    return !r;
}

const struct aside_work keyring_work = {wants, run, end, NULL};
