#include "engine/verify.h"

#include "base/tell.h"

#include "engine/digest.h"
#include "engine/draw.h"
#include "engine/inside.h"
#include "engine/secret.h"
#include "engine/verify-proved.h"
#include "ledger/checkpoint.h"
#include "ledger/export.h"
#include "ledger/log.h"
#include "ledger/tree.h"
#include "store/backup.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE 512 /* entries or records fetched at once */
#define RECORD_ARENA_MAX ((size_t)64 << 20)

/* ---- what the ledger says of each record last ---- */

/* {id: {"digest": hex, "disposed": bool, "shard": n, "seq": n}} */
static int note_objects(const json_t *obj, int64_t shard, int64_t seq, json_t *last)
{
    const json_t *o;
    size_t i;

    json_array_foreach (obj, i, o) {
        const char *id = json_str(o, "id"), *digest = json_str(o, "digest");
        json_t *said = json_object_get(last, id);
        bool disposed = json_flag(o, "disposed") || json_flag(said, "disposed"); /* for good */

        if (strcmp(json_str(o, "kind"), "record") || (!*digest && !json_flag(o, "disposed")))
            continue; /* without a digest the act left the record alone (L27) */
        said = json_pack("{s:s, s:b, s:I, s:I}", "digest", digest, "disposed", disposed, "shard", (json_int_t)shard, "seq",
                         (json_int_t)seq);
        if (!said || json_object_set_new(last, id, said))
            return -ENOMEM;
    }
    return 0;
}

static int check_draw(struct store *s, int64_t shard, const struct leaf *leaf, struct diag *diag)
{
    enum message_key why = MSG_FINDING_ITS_DRAW_CANNOT_BE_RECKONED_AGAIN_ENTRIE;
    int r = draw_check(s, leaf, &why);

    if (r != DRAW_E_DAMAGED && r != -EIO)
        return r;
    diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_ENTRY_ALTERED, {"shard", INTEGER(shard)}, {"seq", INTEGER(leaf->seq)},
              {"act", str_of(leaf->act)}, MESSAGE_WORD("why", why));
    return 0;
}

static int note_page(struct store *s, int64_t shard, int64_t from, json_t *last, struct diag *diag)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(s, &rows, STMT_ENTRY_RANGE, V_INT(shard), V_INT(from), V_INT(from + PAGE));

    if (r)
        return store_failed(r);
    while ((r = rows_next(rows)) == 1) {
        JSON_AUTO *json = NULL;
        struct leaf leaf;

        if (leaf_parse(rows_blob(rows, 2), &leaf, &json, NULL))
            continue; /* log_verify_shard() has named it */
        if ((r = note_objects(leaf.obj, shard, rows_int(rows, 0), last)) || (r = check_draw(s, shard, &leaf, diag)))
            return r;
    }
    return r;
}

struct shard_list {
    int64_t year[256], size[256];
    size_t n;
};

static int list_shards(struct store *s, struct shard_list *ret)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(s, &rows, STMT_HEAD_LIST);

    ret->n = 0;
    if (r)
        return store_failed(r);
    while ((r = rows_next(rows)) == 1 && ret->n < ARRAY_LEN(ret->year)) {
        ret->year[ret->n] = rows_int(rows, 0);
        ret->size[ret->n++] = rows_int(rows, 2);
    }
    return r < 0 ? r : 0;
}

static int note_all(struct store *s, const struct shard_list *shards, json_t *last, struct diag *diag)
{
    for (size_t i = 0; i < shards->n; i++)
        for (int64_t at = 0; at < shards->size[i]; at += PAGE) {
            int r = note_page(s, shards->year[i], at, last, diag);

            if (r)
                return r;
        }
    return 0;
}

/* ---- records ---- */

struct walk {
    struct store *store;
    struct engine *engine;
    json_t *last;                     /* NULL when exporting */
    struct export_records *exported;  /* NULL when verifying */
    struct verify_summary *sum;
    struct diag *diag;
};

static const struct reg *reg_of(void *user, const char *reg, const char *pack)
{
    const struct engine *e = user;

    for (size_t i = 0; i < e->n_packs; i++)
        if (!strcmp(e->packs[i].hash, pack))
            return pack_reg(e->packs[i].pack, reg);
    return engine_reg(e, reg);
}

static void damaged(struct walk *w, const struct record *r, enum message_key what)
{
    diag_tell(w->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_RECORD, {"record", str_of(r->id)}, MESSAGE_WORD("what", what));
}

/* Compare with the last citation, and cross it off. */
static int compare(struct walk *w, struct record *r)
{
    json_t *said = json_object_get(w->last, r->id);
    struct digest own;
    char hex[2 * SHA256_SIZE + 1];
    int e;

    if (!said) {
        damaged(w, r, MSG_FINDING_THE_LEDGER_DOES_NOT_KNOW_IT);
        return 0;
    }
    if ((e = record_digest(r, &own)))
        return e;
    sodium_bin2hex(hex, sizeof(hex), own.bytes, sizeof(own.bytes));
    if (strcmp(hex, json_str(said, "digest"))) {
        if ((e = verify_name_values(w->store, r, json_str(said, "digest"), w->diag)) < 0)
            return e;
        if (e)
            diag_tell(w->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_RECORD_CITED, {"record", str_of(r->id)},
                      {"shard", INTEGER(json_int(said, "shard"))}, {"seq", INTEGER(json_int(said, "seq"))});
    } else if (json_flag(said, "disposed") != (r->disposed_us != 0)) {
        damaged(w, r, MSG_FINDING_DISPOSED_IN_ONE_PLACE_AND_NOT_IN_THE_OTH);
    }
    json_object_del(w->last, r->id);
    return 0;
}

static int check_commitment(struct walk *w, struct record *r, const struct field *f, const uint8_t *salt, const json_t *value)
{
    struct digest d;
    char hex[2 * SHA256_SIZE + 1];
    int e = leaf_commit(salt, value, &d, NULL);

    if (e)
        return ERR_FOLD(e);
    sodium_bin2hex(hex, sizeof(hex), d.bytes, sizeof(d.bytes));
    w->sum->n_commitments++;
    if (strcmp(hex, json_str(r->commits, f->id)))
        diag_tell(w->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_VALUE_ALTERED, {"record", str_of(r->id)}, {"field", str_of(f->id)});
    return 0;
}

static int personal_json(const uint8_t *salt, const char *commit, json_t *value, json_t **ret)
{
    char hex[2 * LEAF_SALT_SIZE + 1];

    if (value) {
        sodium_bin2hex(hex, sizeof(hex), salt, LEAF_SALT_SIZE);
        *ret = json_pack("{s:O, s:s}", "value", value, "salt", hex);
    } else {
        *ret = json_pack("{s:s, s:b}", "commit", commit, "erased", 1);
    }
    return *ret ? 0 : -ENOMEM;
}

/* 1: a backup was written anew without its values (store/backup.h). */
static int is_forgotten(struct store *s, const char *record)
{
    ROWS_AUTO *row = NULL;
    char key[256];
    int r;

    snprintf(key, sizeof(key), META_FORGOTTEN "%s", record);
    r = STORE_ONE(s, &row, STMT_META_GET, V_TEXT(key));
    return r == STORE_E_NONE ? 0 : r ? store_failed(r) : 1;
}

static int one_personal(struct walk *w, struct record *r, const struct field *f, json_t *personal)
{
    uint8_t salt[LEAF_SALT_SIZE];
    JSON_AUTO *value = NULL;
    json_t *out;
    int e = record_open(w->store, r, f, salt, &value);

    if (e == -EBADMSG) {
        diag_tell(w->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_VALUE_OPENS, {"record", str_of(r->id)}, {"field", str_of(f->id)});
        return 0;
    }
    if (e)
        return e;
    if (!w->exported && !value && !r->disposed_us && (e = is_forgotten(w->store, r->id)) < 0)
        return e;
    if (e)
        diag_tell(w->diag, DIAG_WARNING, DIAG_NOWHERE, MSG_VERIFY_VALUE_FORGOTTEN, {"record", str_of(r->id)}, {"field", str_of(f->id)});
    else if (!w->exported && !value && !r->disposed_us)
        diag_tell(w->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_VALUE_GONE, {"record", str_of(r->id)}, {"field", str_of(f->id)});
    if (!w->exported)
        return value ? check_commitment(w, r, f, salt, value) : 0;
    if ((e = personal_json(salt, json_str(r->commits, f->id), value, &out)))
        return e;
    return json_put(personal, f->id, out);
}

static int all_personal(struct walk *w, struct arena *a, struct record *r, json_t *personal)
{
    const char *name;
    json_t *commit;

    json_object_foreach (r->commits, name, commit) {
        const struct field *f = record_field(a, r->reg, name);
        int e = f ? one_personal(w, r, f, personal) : 0;

        if (e)
            return e;
    }
    return 0;
}

static bool has_secret(const struct record *r)
{
    for (size_t i = 0; i < r->reg->n_fields; i++)
        if (r->reg->fields[i].type == FIELD_SECRET && record_has(r, &r->reg->fields[i]))
            return true;
    return false;
}

static bool holds_aside(const struct record *r)
{
    for (size_t i = 0; i < r->reg->n_fields; i++)
        if (digest_is_in(&r->reg->fields[i]))
            return true;
    return has_secret(r);
}

/* What is sealed beside its values: what digests stand for, hashes of secrets. */
static int all_aside(struct walk *w, struct arena *a, struct record *r)
{
    int e = !r->disposed_us && holds_aside(r) ? is_forgotten(w->store, r->id) : 0;

    if (e > 0 && has_secret(r))
        diag_tell(w->diag, DIAG_WARNING, DIAG_NOWHERE, MSG_VERIFY_RECORD_FORGOTTEN, {"record", str_of(r->id)});
    if (e)
        return MIN_OF(e, 0);
    e = digest_verify(w->store, a, r, w->diag);
    return e ? e : secret_verify(w->store, r, w->diag);
}

static int one_record(struct walk *w, const char *id)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(RECORD_ARENA_MAX);
    JSON_AUTO *personal = json_object(), *out = NULL;
    struct record r = {0};
    int e = a && personal ? record_load(w->store, a, id, reg_of, w->engine, &r) : -ENOMEM;

    if (e == 1 || e == -EBADMSG) {
        diag_tell(w->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_RECORD_UNREADABLE, {"record", str_of(id)});
        record_done(&r);
        return 0;
    }
    if (!e && w->last)
        e = compare(w, &r);
    if (!e)
        e = all_personal(w, a, &r, personal);
    if (!e && w->last)
        e = all_aside(w, a, &r);
    if (!e && w->exported) {
        out = json_pack("{s:s, s:s, s:s, s:I, s:O, s:O}", "id", r.id, "register", r.reg->id, "state", r.state, "version",
                        (json_int_t)r.version, "values", r.values, "personal", personal);
        e = out ? export_records_add(w->exported, out, w->diag) : -ENOMEM;
    }
    w->sum->n_records++;
    record_done(&r);
    return ERR_FOLD(e);
}

static int walk_records(struct walk *w)
{
    char *after = strdup("");
    int r = 0;

    for (bool has_more = after; has_more && !r;) {
        ROWS_AUTO *rows = NULL;

        has_more = false;
        if ((r = store_failed(STORE_QUERY(w->store, &rows, STMT_RECORD_ALL, V_TEXT(after), V_INT(PAGE)))))
            break;
        while (!r && (r = rows_next(rows)) == 1) {
            free(after);
            has_more = (after = strdup(rows_text(rows, 0))) != NULL;
            r = after ? one_record(w, after) : -ENOMEM;
        }
    }
    free(after);
    return r;
}

/* ---- both uses ---- */

/* A list would show that record too late, or never. */
static int check_tally_bounds(struct store *s, struct diag *diag)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_TALLY_PASSED);

    if (r)
        return r == STORE_E_NONE ? 0 : store_failed(r);
    diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_RECORD_BOUNDS, {"record", str_of(rows_text(row, 0))});
    return 0;
}

/* Lists show these counts; where the records themselves are altered, that was said already. */
static int check_tally(struct store *s, struct diag *diag)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_TALLY_DIFFERS);

    if (r)
        return r == STORE_E_NONE ? 0 : store_failed(r);
    diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_TALLY, {"register", str_of(rows_text(row, 0))}, {"state", str_of(rows_text(row, 2))},
              {"audience", INTEGER(rows_int(row, 1))}, {"off", INTEGER(rows_int(row, 3))});
    return 0;
}

static int verify_all(struct store *s, struct engine_shared *shared, void (*progress)(void *user, uint64_t done, uint64_t size), void *user,
                      struct verify_summary *ret, struct diag *diag)
{
    CLEANUP(engine_closep) struct engine *engine = NULL;
    JSON_AUTO *last = json_object();
    struct walk w = {.store = s, .last = last, .sum = ret, .diag = diag};
    struct shard_list shards;
    size_t errors = diag->n_errors;
    const char *id;
    json_t *said;
    int r = last ? list_shards(s, &shards) : -ENOMEM;

    if (r)
        return r;
    *ret = (struct verify_summary){.n_shards = shards.n};
    for (size_t i = 0; i < shards.n; i++) {
        r = log_verify_shard(s, shards.year[i], progress, user, diag);
        if (r < 0)
            return r;
        ret->n_entries += (uint64_t)shards.size[i];
    }
    if ((r = engine_open_shared(s, shared, &engine, diag)))
        return ERR_FOLD(r);
    w.engine = engine;
    if ((r = note_all(s, &shards, last, diag)) || (r = walk_records(&w)))
        return r;
    json_object_foreach (last, id, said)
        if (*json_str(said, "digest")) /* else nothing stays of it (L28) */
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_RECORD_GONE, {"record", str_of(id)}, {"shard", INTEGER(json_int(said, "shard"))},
                      {"seq", INTEGER(json_int(said, "seq"))});
    if (diag->n_errors == errors && ((r = check_tally(s, diag)) || (r = check_tally_bounds(s, diag))))
        return r;
    return diag->n_errors == errors ? 0 : VERIFY_E_DAMAGED;
}

int verify_installation_over(struct store *s, struct engine_shared *shared, void (*progress)(void *user, uint64_t done, uint64_t size), void *user,
                             struct verify_summary *ret, struct diag *diag)
{
    int r = store_failed(store_begin_read(s)); /* of one moment, also while a keeper works */

    if (r)
        return r;
    r = verify_all(s, shared, progress, user, ret, diag);
    store_end_read(s);
    return r;
}

int verify_installation(struct store *s, void (*progress)(void *user, uint64_t done, uint64_t size), void *user,
                        struct verify_summary *ret, struct diag *diag)
{
    return verify_installation_over(s, NULL, progress, user, ret, diag);
}

/* ---- a checkpoint kept elsewhere ---- */

/* Its text ends at the first empty line; the signatures behind it are of whoever signed. */
static struct str note_text(struct str note)
{
    char *end = memmem(note.at, note.len, "\n\n", 2);

    return end ? (struct str){note.at, (size_t)(end + 1 - note.at)} : note;
}

static int shard_of(struct store *s, struct str origin, int64_t *ret_shard, uint64_t *ret_size)
{
    ROWS_AUTO *rows = NULL;
    int r = store_failed(STORE_QUERY(s, &rows, STMT_HEAD_LIST));

    while (!r && (r = rows_next(rows)) == 1)
        if (str_eq(rows_str(rows, 1), origin)) {
            *ret_shard = rows_int(rows, 0);
            *ret_size = (uint64_t)rows_int(rows, 2);
            return 0;
        } else {
            r = 0;
        }
    return r ? r : 1;
}

static int root_at(struct store *s, int64_t shard, uint64_t size, struct digest *ret)
{
    CLEANUP(log_source_donep) struct log_source *src = NULL;
    struct tree_source source;
    int r = log_source_new(s, shard, &src);

    if (r)
        return ERR_FOLD(r);
    source = log_source_tree(src);
    return tree_source_root(&source, size, ret);
}

int verify_since(struct store *s, const char *name, struct str note, const struct note_key *key, struct diag *diag)
{
    struct checkpoint cp;
    struct digest root;
    uint64_t size;
    int64_t shard;
    int r;

    if (key ? checkpoint_open(note, key, 1, &cp, NULL) : checkpoint_parse(note_text(note), &cp)) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_SINCE_NONE, {"name", str_of(name)});
        return VERIFY_E_DAMAGED;
    }
    r = shard_of(s, cp.origin, &shard, &size);
    if (r < 0)
        return r;
    if (r) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_SINCE_SHARD, {"name", str_of(name)}, {"origin", cp.origin});
        return VERIFY_E_DAMAGED;
    }
    if (cp.size > size) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_SINCE_SHORT, {"name", str_of(name)}, {"signed", NUMBER(cp.size)},
                  {"shard", INTEGER(shard)}, {"has", NUMBER(size)});
        return VERIFY_E_DAMAGED;
    }
    r = root_at(s, shard, cp.size, &root);
    if (r && r != -EIO)
        return r;
    if (!r && digest_eq(&root, &cp.root))
        return 0;
    diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_SINCE_OTHER, {"name", str_of(name)}, {"n", NUMBER(cp.size)}, {"shard", INTEGER(shard)});
    return VERIFY_E_DAMAGED;
}

int verify_export_records(struct store *s, const char *dir, struct diag *diag)
{
    CLEANUP(engine_closep) struct engine *engine = NULL;
    CLEANUP(export_records_freep) struct export_records *exported = NULL;
    struct verify_summary sum = {0};
    struct walk w = {.store = s, .sum = &sum, .diag = diag};
    int r = engine_open(s, &engine, diag);

    if (r || (r = export_records_new(dir, &exported, diag)))
        return ERR_FOLD(r);
    w.engine = engine;
    w.exported = exported;
    if ((r = walk_records(&w)))
        return r;
    return ERR_FOLD(export_records_end(exported, diag));
}
