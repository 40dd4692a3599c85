#include "keeper/install.h"

#include "base/file.h"
#include "base/tell.h"
#include "base/utf8.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#define KEY_FILE_MAX 256

static bool origin_is_valid(const char *origin)
{
    size_t n = strlen(origin);

    if (!n || n > 200 || origin[0] == '/' || origin[n - 1] == '/')
        return false;
    return strspn(origin, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-/") == n;
}

static int key_path(const char *data, struct buf *path)
{
    return buf_printf(path, "%s/keys/ledger.key", data);
}

int install_read_seed(const char *data, uint8_t ret_seed[LOG_SEED_SIZE], struct diag *diag)
{
    CLEANUP(buf_done) struct buf path;
    CLEANUP(buf_wipe) struct buf text;
    int r;

    buf_init(&path, 4096);
    buf_init(&text, KEY_FILE_MAX);
    if ((r = key_path(data, &path)))
        return r;
    if ((r = file_read(path.at, KEY_FILE_MAX, &text, diag)))
        return r < 0 ? r : INSTALL_E_INVALID;
    if (hex_parse(str_trim(buf_str(&text)), ret_seed, LOG_SEED_SIZE)) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_SIGNING_KEY, {"path", str_of(path.at)});
        return INSTALL_E_INVALID;
    }
    return 0;
}

static int make_key(const char *data, uint8_t ret_seed[LOG_SEED_SIZE], struct diag *diag)
{
    CLEANUP(buf_done) struct buf path;
    CLEANUP(buf_wipe) struct buf text;
    int r;

    buf_init(&path, 4096);
    buf_init(&text, KEY_FILE_MAX);
    if ((r = buf_printf(&path, "%s/keys", data)) || (r = dir_make(path.at, 0700, diag)))
        return r;
    buf_clear(&path);
    if ((r = key_path(data, &path)))
        return r;
    random_fill(ret_seed, LOG_SEED_SIZE);
    if ((r = hex_print(ret_seed, LOG_SEED_SIZE, &text)) || (r = buf_add_char(&text, '\n')))
        return r;
    return file_write_atomic(path.at, buf_str(&text), 0600, diag);
}

/* Without memory, as the lack of it may be why. */
static void drop_key(const char *data)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof(path), "%s/keys/ledger.key", data) < (int)sizeof(path))
        unlink(path);
}

/* INSTALL_E_EXISTS: the directory has a key. */
static int look_for_key(const char *data, struct diag *diag)
{
    CLEANUP(buf_done) struct buf path;
    int r;

    buf_init(&path, 4096);
    if ((r = key_path(data, &path)))
        return r;
    if (access(path.at, F_OK))
        return 0;
    diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_INSTALL_EXISTS, {"path", str_of(path.at)});
    return INSTALL_E_EXISTS;
}

/* A new store, or one that an earlier attempt left with its tables alone. */
static int no_room(const char *db, struct diag *diag)
{
    diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_MADE, {"path", str_of(db)}, tell_why(ENOSPC));
    return INSTALL_E_STORE;
}

static int make_store(const char *db, struct store **ret, struct diag *diag)
{
    ROWS_AUTO *row = NULL;
    int r = store_create(db, ret, NULL);

    if (r == STORE_E_EXISTS) {
        if ((r = store_open(db, STORE_WRITE, ret, diag)))
            return r < 0 ? r : INSTALL_E_EXISTS;
        r = STORE_ONE(*ret, &row, STMT_META_GET, V_TEXT("origin"));
        if (r == STORE_E_NONE)
            return 0;
        return r < 0 ? r : r ? INSTALL_E_STORE : INSTALL_E_EXISTS;
    }
    if (r == STORE_E_FULL)
        return no_room(db, diag);
    if (r) { /* the plain attempt was without words: an existing store is not always a mistake */
        int again = store_create(db, ret, diag);

        return again < 0 ? again : again ? INSTALL_E_STORE : 0;
    }
    return 0;
}

static int put_meta(struct store *s, const struct install_config *c)
{
    const char *const rows[][2] = {
        {"force.name.ja", c->name_ja}, {"force.name.en", c->name_en}, {"origin", c->origin},
        {"packs", ""},                 {"generation", "1"},
    };
    int r;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if ((r = STORE_RUN(s, STMT_META_SET, V_TEXT(rows[i][0]), V_TEXT(rows[i][1]))))
            return r;
    return clock_save(s, c->clock);
}

static int enter_init(struct log *log, const struct install_config *c, struct diag *diag)
{
    JSON_AUTO *actor = json_pack("{s:s}", "id", "operator");
    JSON_AUTO *in = json_pack("{s:s, s:s, s:s}", "name_ja", c->name_ja, "name_en", c->name_en, "origin", c->origin);
    struct log_leaf leaf = {.act = "system/init", .case_id = "", .from = "", .to = "", .label = "",
                            .rules = "", .result = "recorded", .in = in, .actor = actor};
    struct log_place place;

    if (!actor || !in)
        return -ENOMEM;
    return log_append(log, &leaf, clock_now(c->clock), &place, diag);
}

/* *ret_tried: it came to the commit. */
static int fill(struct store *s, const struct install_config *c, const uint8_t *seed, bool *ret_tried, struct diag *diag)
{
    CLEANUP(log_closep) struct log *log = NULL;
    int r = store_begin(s);

    if (!r)
        r = put_meta(s, c);
    if (!r)
        r = log_open(s, seed, &log, diag);
    if (!r)
        r = log_begin(log);
    if (!r)
        r = enter_init(log, c, diag);
    if (!r)
        r = log_end(log);
    *ret_tried = !r;
    if (!r)
        return store_commit(s);
    store_rollback(s);
    return r;
}

int install_create(const struct install_config *config, struct diag *diag)
{
    const char *db = config->db ? config->db : config->data;
    STORE_AUTO *s = NULL;
    uint8_t seed[LOG_SEED_SIZE];
    bool was_tried = false;
    int r;

    if (!origin_is_valid(config->origin)) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_ORIGIN, {"origin", str_of(config->origin)});
        return INSTALL_E_INVALID;
    }
    if ((r = utf8_check_nfc(str_of(config->name_ja))) < 0)
        return r;
    if (r || !*config->name_ja || !*config->name_en) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_FORCE_NAMES);
        return INSTALL_E_INVALID;
    }
    if ((r = dir_make(config->data, 0700, diag)) || (r = look_for_key(config->data, diag)) ||
        (r = make_store(db, &s, diag)))
        return r;
    r = make_key(config->data, seed, diag); /* written it may be even when this fails */
    if (!r && (r = fill(s, config, seed, &was_tried, diag)) == STORE_E_FULL)
        r = no_room(config->data, diag);
    sodium_memzero(seed, sizeof(seed));
    if (r)
        drop_key(config->data);
    if (r && was_tried) { /* what could not be synced may be there all the same when it is opened again, and nobody goes on with it without its key */
        store_close(TAKE(s));
        store_unmake(db);
    }
    return r > 0 ? INSTALL_E_STORE : r;
}
