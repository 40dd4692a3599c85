/* How it works: each table is read in the order of its key, row by row; each row goes into a digest and into the other
 * store. The digest of a row is over its cells: a byte for the type, 8 bytes big-endian for the number or length, then
 * the bytes. Both databases order bytewise, so a table has the same digest in both. */
#include "store/backup.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/json.h"
#include "base/tell.h"
#include "base/time.h"
#include "base/utf8.h"
#include "store/backup-forget.h"
#include "store/driver.h"
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROGRESS_ROWS 10000
#define KEYS_AT_ONCE 1000
#define VAULT_NAME "vault.record_key"
#define BESIDE_TABLES_MAX 12
#define COPY_BYTES (1u << 20)

/* Rows and digest of one table. */
struct tally {
    uint64_t n_rows;
    struct digest digest;
};

struct copy_state {
    struct store *from, *to;     /* to: NULL to count only */
    const struct backup_progress *progress;
    struct diag *diag;
    const struct paths *paths; /* of the backup */
    struct forgotten *forgotten; /* what is left out; NULL: nothing is */
};

/* The paths of one backup. */
struct paths {
    char *file, *vault, *part, *vault_part;
    char *beside[BESIDE_COUNT], *beside_part[BESIDE_COUNT]; /* places beside the store */
};

static void tell(const struct copy_state *c, const char *table, uint64_t n_rows)
{
    if (c->progress && c->progress->told)
        c->progress->told(c->progress->arg, table, n_rows);
}

/* Did somebody who knew more say it already? */
static bool was_said(const struct copy_state *c)
{
    return c->diag && c->diag->n_errors > 0;
}

/* What the database says, else what `r` means; as the argument {why}. */
static struct message_arg why_of(const struct store *s, int r)
{
    return *store_message(s) ? (struct message_arg){.name = "why", .value = str_of(store_message(s))} : tell_why(r < 0 ? -r : EIO);
}

static int complain(struct copy_state *c, struct store *s, const char *table, int r)
{
    diag_tell(c->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_TABLE, {"table", str_of(table)},
              why_of(s, r));
    return r;
}

/* ---- rows ---- */

static void cell_add(struct sha256_state *sum, const struct value *v)
{
    uint64_t number = htobe64(v->type == VALUE_INT ? (uint64_t)v->number : v->bytes.len);
    char head[1 + sizeof(number)];

    head[0] = (char)v->type;
    memcpy(head + 1, &number, sizeof(number));
    sha256_add(sum, (struct str){head, sizeof(head)});
    if (v->type == VALUE_TEXT || v->type == VALUE_BLOB)
        sha256_add(sum, v->bytes);
}

static struct value cell(struct rows *rows, int col)
{
    switch (rows_type(rows, col)) {
    case VALUE_INT:
        return V_INT(rows_int(rows, col));
    case VALUE_TEXT:
        return V_STR(rows_str(rows, col));
    case VALUE_BLOB:
        return (struct value){.type = VALUE_BLOB, .bytes = rows_blob(rows, col)};
    case VALUE_NULL:
        break;
    }
    return V_NULL;
}

static int rows_copy(struct copy_state *c, const struct table *table, struct rows *rows, struct tally *ret)
{
    struct sha256_state *sum = sha256_new();
    struct value values[STORE_COLS_MAX];
    size_t n;
    int r;

    ret->n_rows = 0;
    if (!sum)
        return -ENOMEM;
    while ((r = rows_next(rows)) == 1) {
        n = (size_t)rows_n_cols(rows);
        for (size_t i = 0; i < n; i++)
            values[i] = cell(rows, (int)i);
        if (forgotten_has_row(c->forgotten, table->name, values))
            continue;
        for (size_t i = 0; i < n; i++)
            cell_add(sum, &values[i]);
        r = c->to ? store_run_any(c->to, table->copy, values, n) : 0;
        if (r) {
            complain(c, c->to, table->name, r);
            break;
        }
        if (++ret->n_rows % PROGRESS_ROWS == 0)
            tell(c, table->name, ret->n_rows);
    }
    ret->digest = sha256_end(sum);
    if (r < 0 && !was_said(c))
        complain(c, c->from, table->name, r);
    return r;
}

static int table_copy(struct copy_state *c, const struct table *table, struct tally *ret)
{
    ROWS_AUTO *rows = NULL;
    int r;

    if (c->to)
        tell(c, table->name, 0);
    r = store_scan(c->from, table->scan, &rows);
    return r ? complain(c, c->from, table->name, r) : rows_copy(c, table, rows, ret);
}

/* Put up to KEYS_AT_ONCE collected keys. */
static int keys_flush(struct copy_state *c, struct vault_op *ops, size_t *n)
{
    int r = c->to && *n ? c->to->driver->vault_keep(c->to, ops, *n) : 0;

    if (r)
        complain(c, c->to, VAULT_NAME, r);
    for (size_t i = 0; i < *n; i++)
        free(ops[i].record);
    sodium_memzero(ops, *n * sizeof(*ops));
    *n = 0;
    return r;
}

static int key_take(struct copy_state *c, struct rows *rows, struct vault_op *op)
{
    struct str key = rows_type(rows, 1) == VALUE_BLOB ? rows_blob(rows, 1) : STR_NONE;

    if (key.len != VAULT_KEY_SIZE || rows_type(rows, 0) != VALUE_TEXT) {
        diag_tell(c->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_TABLE_KEY, {"table", str_of(VAULT_NAME)});
        return STORE_E_DAMAGED;
    }
    *op = (struct vault_op){.record = strdup(rows_text(rows, 0))};
    if (!op->record)
        return -ENOMEM;
    memcpy(op->key, key.at, key.len);
    return 0;
}

static int vault_rows_copy(struct copy_state *c, struct rows *rows, struct vault_op *ops, struct tally *ret)
{
    struct sha256_state *sum = sha256_new();
    size_t n = 0;
    int r, flushed;

    ret->n_rows = 0;
    if (!sum)
        return -ENOMEM;
    while ((r = rows_next(rows)) == 1) {
        struct value record = cell(rows, 0), key = cell(rows, 1);

        if (c->forgotten && record.type == VALUE_TEXT && forgotten_has(c->forgotten, record.bytes))
            continue;
        cell_add(sum, &record);
        cell_add(sum, &key);
        r = key_take(c, rows, &ops[n]);
        if (r)
            break;
        ret->n_rows++;
        if (++n == KEYS_AT_ONCE && (r = keys_flush(c, ops, &n)))
            break;
    }
    flushed = keys_flush(c, ops, &n);
    ret->digest = sha256_end(sum);
    return r ? r : flushed;
}

static int vault_copy(struct copy_state *c, struct tally *ret)
{
    struct vault_op *ops = calloc(KEYS_AT_ONCE, sizeof(*ops));
    ROWS_AUTO *rows = NULL;
    int r;

    if (!ops)
        return -ENOMEM;
    if (c->to)
        tell(c, VAULT_NAME, 0);
    r = store_scan_vault(c->from, &rows);
    if (r)
        complain(c, c->from, VAULT_NAME, r);
    else
        r = vault_rows_copy(c, rows, ops, ret);
    free(ops);
    return r;
}

static bool tally_eq(const struct tally *a, const struct tally *b)
{
    return a->n_rows == b->n_rows && digest_eq(&a->digest, &b->digest);
}

/* What was written is what was read? */
static int read_back(struct copy_state *c, const struct table *table, const struct tally *want)
{
    struct copy_state back = {.from = c->to, .diag = c->diag};
    struct tally got;
    int r;

    r = table ? table_copy(&back, table, &got) : vault_copy(&back, &got);
    if (r || tally_eq(&got, want))
        return r;
    diag_tell(c->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_TABLE_DIFFERS, {"table", str_of(table ? table->name : VAULT_NAME)});
    return STORE_E_DAMAGED;
}

/* ---- the manifest ---- */

static const char manifest_schema[] = "CREATE TABLE manifest ("
                                      " name BYTETEXT NOT NULL PRIMARY KEY," /* of the table */
                                      " n_rows BIGINT NOT NULL,"
                                      " sha256 BYTETEXT NOT NULL)"; /* hex, over all rows in order */

static int manifest_add(struct copy_state *c, const char *name, const struct tally *t)
{
    struct digest_text hex = digest_text(&t->digest);
    struct value values[3];

    values[0] = V_TEXT(name);
    values[1] = V_INT(t->n_rows);
    values[2] = V_TEXT(hex.at);
    return store_run_any(c->to, STMT_MANIFEST_ADD, values, 3);
}

/* STORE_E_DAMAGED unless the manifest says the same. */
static int manifest_check(struct copy_state *c, const char *name, const struct tally *t)
{
    struct value value = V_TEXT(name);
    struct digest_text hex = digest_text(&t->digest);
    ROWS_AUTO *rows = NULL;
    int r;

    r = store_query_any(c->from, STMT_MANIFEST_GET, &value, 1, &rows);
    if (!r)
        r = rows_next(rows);
    if (r == -ENOMEM)
        return r;
    if (r < 0 || (r == 1 && (rows_type(rows, 0) != VALUE_INT || rows_type(rows, 1) != VALUE_TEXT))) {
        diag_tell(c->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_MANIFEST);
        return STORE_E_DAMAGED;
    }
    if (r == 1 && rows_int(rows, 0) == (int64_t)t->n_rows && str_eq(rows_str(rows, 1), str_of(hex.at)))
        return 0;
    diag_tell(c->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_TABLE_ROWS, {"table", str_of(name)});
    return STORE_E_DAMAGED;
}

/* ---- places beside the store ---- */

struct tallies {
    struct tally at[BESIDE_TABLES_MAX];
};

static void tallies_none(struct tallies *ret)
{
    for (size_t i = 0; i < BESIDE_TABLES_MAX; i++)
        ret->at[i] = (struct tally){.digest = sha256(STR(""))};
}

/* Where that is the same database, it is not closed. */
static void beside_close(struct store *s, struct store *beside)
{
    if (beside != s)
        store_close(beside);
}

static int tables_copy(struct copy_state *part, enum beside which, struct tallies *ret)
{
    size_t n;
    const struct table *tables = table_list_beside(which, &n);
    int r = 0;

    assert(n <= BESIDE_TABLES_MAX);
    for (size_t i = 0; !r && i < n; i++)
        r = table_copy(part, &tables[i], &ret->at[i]);
    return r;
}

/* Numbers of values that were copied are not given again. */
static int values_settle(struct store *to)
{
    ROWS_AUTO *row = NULL;

    return STORE_ONE(to, &row, STMT_INTEL_VALUE_RESTORED);
}

/* From one such place to another, in one transaction of the latter and one state of the former; to NULL only to count. */
static int beside_copy(struct copy_state *c, enum beside which, struct store *from, struct store *to, struct tallies *ret)
{
    struct copy_state part = {.from = from, .to = to, .progress = c->progress, .diag = c->diag};
    bool is_own = to && !store_in_transaction(to), is_alone = from->tx == TX_NONE;
    int r = is_own ? store_begin_by(to, CONTROL_BEGIN_OWN) : 0;

    if (!r && is_alone && which == BESIDE_INTEL)
        r = store_begin_read(from);
    if (!r)
        r = tables_copy(&part, which, ret);
    if (is_alone && which == BESIDE_INTEL)
        store_end_read(from);
    if (!r && to && which == BESIDE_INTEL)
        r = values_settle(to);
    if (!r && is_own)
        r = store_commit(to);
    if (r && is_own)
        store_rollback(to);
    return r;
}

static int beside_into_part(struct copy_state *c, enum beside which, struct store *from, struct tallies *ret)
{
    struct store *to = NULL;
    uint64_t n = 0;
    int r = sqlite_open_beside_file(c->paths->beside_part[which], which, STORE_WRITE, true, &to, c->diag);

    if (!r)
        r = beside_copy(c, which, from, to, ret);
    store_close(to);
    for (size_t i = 0; i < BESIDE_TABLES_MAX; i++)
        n += ret->at[i].n_rows;
    if (!r && !n) /* with nothing beside it a backup is two files */
        unlink(c->paths->beside_part[which]);
    return r;
}

static int beside_out(struct copy_state *c, enum beside which, struct tallies *ret)
{
    struct store *from = NULL;
    const char *old = c->forgotten ? c->forgotten->old_beside[which] : NULL;
    int r = !old               ? c->from->driver->beside(c->from, which, STORE_READ, &from)
            : access(old, F_OK) ? STORE_E_NONE
                                : sqlite_open_beside_file(old, which, STORE_READ, false, &from, c->diag);

    tallies_none(ret);
    if (r)
        return r == STORE_E_NONE ? 0 : complain(c, c->from, table_list_beside(which, &(size_t){0})->name, r);
    r = from == c->from ? 0 : store_deadline(from, 0);
    if (!r)
        r = beside_into_part(c, which, from, ret);
    beside_close(c->from, from);
    return r;
}

/* All of them, with their rows in the manifest. */
static int besides_out(struct copy_state *c)
{
    struct tallies tallies;
    int r = 0;

    for (unsigned which = 0; !r && which < BESIDE_COUNT; which++) {
        size_t n;
        const struct table *tables = table_list_beside((enum beside)which, &n);

        r = beside_out(c, (enum beside)which, &tallies);
        for (size_t i = 0; !r && i < n; i++)
            r = manifest_add(c, tables[i].name, &tallies.at[i]);
    }
    return r;
}

/* What was written reads back as it was. */
static int beside_in(struct copy_state *c, enum beside which, struct store *from)
{
    size_t n;
    const struct table *tables = table_list_beside(which, &n);
    struct store *to = NULL;
    struct tallies want, got;
    int r = c->to->driver->beside(c->to, which, STORE_WRITE, &to);

    if (r)
        return complain(c, c->to, tables[0].name, r);
    r = beside_copy(c, which, from, to, &want) ?: beside_copy(c, which, to, NULL, &got);
    for (size_t i = 0; !r && i < n; i++)
        if (!tally_eq(&want.at[i], &got.at[i])) {
            diag_tell(c->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_TABLE_DIFFERS, {"table", str_of(tables[i].name)});
            r = STORE_E_DAMAGED;
        }
    beside_close(c->to, to);
    return r;
}

/* ---- out ---- */

/* One mark for each name, and the table counted anew with them. */
static int marks_add(struct copy_state *c, const struct table *meta, struct tally *ret)
{
    struct copy_state back = {.from = c->to, .diag = c->diag};
    char key[256];
    int r = 0;

    for (size_t i = 0; !r && i < c->forgotten->n; i++) {
        snprintf(key, sizeof(key), META_FORGOTTEN "%s", c->forgotten->names[i]);
        r = store_run_any(c->to, STMT_META_SET, (struct value[]){V_TEXT(key), V_TEXT("1")}, 2); /* a text is measured where it stands */
    }
    return r ? r : table_copy(&back, meta, ret);
}

static int backup_inside(struct copy_state *c)
{
    struct tally tally;
    size_t n;
    const struct table *tables = table_list(&n);
    int r = 0;

    r = schema_make(c->to, store_schema_number(), c->diag);
    if (!r)
        r = c->to->driver->exec(c->to, "DELETE FROM meta") ?: c->to->driver->exec(c->to, manifest_schema);
    for (size_t i = 0; !r && i < n; i++) {
        r = table_copy(c, &tables[i], &tally);
        if (!r && c->forgotten && !strcmp(tables[i].name, "meta"))
            r = marks_add(c, &tables[i], &tally);
        if (!r)
            r = manifest_add(c, tables[i].name, &tally);
    }
    /* After the tables: a key is there before its record, so none is missing. */
    if (!r)
        r = vault_copy(c, &tally);
    if (!r)
        r = manifest_add(c, VAULT_NAME, &tally);
    /* After the store, too: a piece is there before the act that names its file, and a run before it is opened. */
    return r ? r : besides_out(c);
}

static int backup_into(struct copy_state *c)
{
    int r;

    r = store_begin_by(c->to, CONTROL_BEGIN_CREATE);
    if (r)
        return complain(c, c->to, "manifest", r);
    r = backup_inside(c);
    if (!r)
        r = store_commit(c->to);
    if (r && !was_said(c))
        complain(c, c->to, "manifest", r);
    return r;
}

static int ask_whether(struct copy_state *c, bool is_last)
{
    const struct backup_progress *p = c->progress;

    return !p || !p->may || (is_last && c->forgotten) || p->may(p->arg, c->from, is_last) ? 0 : -ECANCELED;
}

/* One snapshot, and no deadline, as one statement may run over millions of rows. */
static int backup_from(struct copy_state *c)
{
    unsigned deadline_ms = c->from->deadline_ms;
    int r;

    r = store_deadline(c->from, 0);
    if (!r)
        r = store_begin_read(c->from);
    if (r)
        return complain(c, c->from, "meta", r);
    if (!(r = ask_whether(c, false)) && !(r = backup_into(c)))
        r = ask_whether(c, true);
    store_end_read(c->from);
    IGNORE(store_deadline(c->from, deadline_ms), "a lost connection sets it anew");
    return r;
}

static int sync_parent(const char *file)
{
    char *copy = strdup(file);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int r = fd >= 0 && fsync(fd) == 0 ? 0 : -errno;

    if (fd >= 0)
        close(fd);
    free(copy);
    return r;
}

static void paths_done(struct paths *p)
{
    free(p->file);
    free(p->vault);
    free(p->part);
    free(p->vault_part);
    for (unsigned i = 0; i < BESIDE_COUNT; i++) {
        free(p->beside[i]);
        free(p->beside_part[i]);
    }
}

static int paths_init(struct paths *p, const char *file)
{
    static const char *const names[BESIDE_COUNT] = {[BESIDE_BLOBS] = "files", [BESIDE_INTEL] = "intel"};

    *p = (struct paths){0};
    if (asprintf(&p->file, "%s", file) < 0 || asprintf(&p->vault, "%s.vault", file) < 0 || asprintf(&p->part, "%s.part", file) < 0 ||
        asprintf(&p->vault_part, "%s.vault.part", file) < 0)
        return -ENOMEM;
    for (unsigned i = 0; i < BESIDE_COUNT; i++)
        if (asprintf(&p->beside[i], "%s.%s", file, names[i]) < 0 || asprintf(&p->beside_part[i], "%s.%s.part", file, names[i]) < 0)
            return -ENOMEM;
    return 0;
}

/* Complete files get their names: the vault first, so that FILE never stands without its keys. renameat2 would say
 * "exists" in one step, but not on every file system; link does. */
static int put_in_place(const struct paths *p, struct diag *diag)
{
    const char *const parts[] = {p->vault_part, p->beside_part[0], p->beside_part[1], p->part};
    const char *const places[] = {p->vault, p->beside[0], p->beside[1], p->file};
    bool is_there[ARRAY_LEN(parts)] = {false};
    int r = 0;

    for (size_t i = 0; !r && i < ARRAY_LEN(parts); i++) {
        if ((parts[i] == p->beside_part[0] || parts[i] == p->beside_part[1]) && access(parts[i], F_OK) != 0)
            continue;
        is_there[i] = !link(parts[i], places[i]);
        r = is_there[i] ? 0 : errno == EEXIST ? STORE_E_EXISTS : -errno;
        if (r)
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_PLACED, {"path", str_of(places[i])}, tell_why(r < 0 ? -r : EEXIST));
    }
    if (!r && (r = sync_parent(p->file)))
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_PLACED, {"path", str_of(p->file)}, tell_why(-r));
    for (size_t i = 0; r && i < ARRAY_LEN(parts); i++)
        if (is_there[i])
            unlink(places[i]);
    return r;
}

/* With what SQLite leaves beside it on a full disk: a journal would be played back into the next file of that name. */
static void remove_part(const char *part)
{
    static const char *const beside[] = {"", "-journal", "-wal", "-shm"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
        if (snprintf(path, sizeof(path), "%s%s", part, beside[i]) < (int)sizeof(path))
            unlink(path);
}

static bool is_any_there(const struct paths *p)
{
    bool is_there = access(p->file, F_OK) == 0 || access(p->vault, F_OK) == 0;

    for (unsigned i = 0; i < BESIDE_COUNT; i++)
        is_there = is_there || access(p->beside[i], F_OK) == 0;
    return is_there;
}

/* Those that have no name yet. */
static void remove_parts(const struct paths *p)
{
    remove_part(p->part);
    remove_part(p->vault_part);
    for (unsigned i = 0; i < BESIDE_COUNT; i++)
        remove_part(p->beside_part[i]);
}

static int backup_files(struct store *s, const struct paths *p, const struct backup_progress *progress, struct forgotten *forgotten,
                        struct diag *diag)
{
    struct copy_state c = {.from = s, .progress = progress, .diag = diag, .paths = p, .forgotten = forgotten};
    int r;

    if (is_any_there(p)) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_BACKUP_EXISTS, {"path", str_of(p->file)});
        return STORE_E_EXISTS;
    }
    remove_parts(p); /* left over by one that was killed */
    r = sqlite_open_files(p->part, p->vault_part, STORE_WRITE, OPEN_BULK, &c.to, diag);
    if (!r)
        r = backup_from(&c);
    store_close(c.to);
    if (!r)
        r = put_in_place(p, diag);
    remove_parts(p);
    return r;
}

int store_backup(struct store *s, const char *file, const struct backup_progress *progress, struct diag *diag)
{
    struct paths paths;
    int r;

    assert(!store_in_transaction(s));
    r = paths_init(&paths, file);
    if (!r)
        r = backup_files(s, &paths, progress, NULL, diag);
    paths_done(&paths);
    return r;
}

static int forget_from(struct store *live, struct store *old, const struct paths *from, const struct paths *to,
                       root_at_fn *root_at, const struct backup_progress *progress, uint64_t *ret_n, struct diag *diag)
{
    struct forgotten f = {.live = live, .old_beside = (const char *const *)from->beside};
    int r = forgotten_check(live, old, from->file, root_at, diag);

    if (!r && (r = forgotten_find(&f, old)))
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_FORGET_KEYS, {"path", str_of(from->vault)});
    if (!r)
        r = backup_files(old, to, progress, &f, diag);
    *ret_n = f.n_keys;
    forgotten_done(&f);
    return r;
}

int store_backup_forget(struct store *live, const char *old, const char *file, root_at_fn *root_at, const struct backup_progress *progress,
                        uint64_t *ret_n, struct diag *diag)
{
    struct paths from = {0}, to = {0};
    struct store *s = NULL;
    int r = paths_init(&from, old) ?: paths_init(&to, file);

    if (!r && (access(from.file, F_OK) || access(from.vault, F_OK))) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_MISSING_TWO, {"path", str_of(from.file)}, {"other", str_of(from.vault)});
        r = STORE_E_NONE;
    }
    if (!r)
        r = sqlite_open_files(from.file, from.vault, STORE_READ, OPEN_EXISTING, &s, diag);
    if (!r)
        r = forget_from(live, s, &from, &to, root_at, progress, ret_n, diag);
    store_close(s);
    paths_done(&from);
    paths_done(&to);
    return r;
}

/* ---- back ---- */

/* How many rows the manifest counts; 0 where it has no such table. */
static int manifest_count(struct copy_state *c, const char *name, int64_t *ret)
{
    struct value value = V_TEXT(name);
    ROWS_AUTO *rows = NULL;
    int r = store_query_any(c->from, STMT_MANIFEST_GET, &value, 1, &rows);

    if (!r)
        r = rows_next(rows);
    *ret = r == 1 && rows_type(rows, 0) == VALUE_INT ? rows_int(rows, 0) : 0;
    return r == -ENOMEM ? r : 0;
}

/* Rows that the manifest counts, but no file of them. */
static int verify_none_beside(struct copy_state *c, enum beside which)
{
    size_t n;
    const struct table *tables = table_list_beside(which, &n);
    struct tallies none;
    int64_t count = 0;
    int r = 0;

    tallies_none(&none);
    for (size_t i = 0; !r && i < n; i++) {
        r = manifest_count(c, tables[i].name, &count);
        if (!r && count > 0) {
            diag_tell(c->diag, DIAG_ERROR, DIAG_NOWHERE, which == BESIDE_BLOBS ? MSG_STORE_BESIDE_FILES : MSG_STORE_BESIDE_INTEL, {"path", str_of(c->paths->beside[which])});
            return STORE_E_NONE;
        }
        if (!r)
            r = manifest_check(c, tables[i].name, &none.at[i]);
    }
    return r;
}

static int verify_beside(struct copy_state *c, enum beside which, struct store *from)
{
    size_t n;
    const struct table *tables = table_list_beside(which, &n);
    struct tallies tallies;
    int r;

    if (!from)
        return verify_none_beside(c, which);
    r = beside_copy(c, which, from, NULL, &tallies);
    for (size_t i = 0; !r && i < n; i++)
        r = manifest_check(c, tables[i].name, &tallies.at[i]);
    return r;
}

/* The whole file against its manifest. */
static int verify(struct copy_state *c, int64_t number, struct store *const *beside)
{
    size_t n;
    const struct table *tables = table_list(&n);
    struct tally tally;
    int r = 0;

    for (size_t i = 0; !r && i < n; i++) {
        if (tables[i].since > number)
            continue;
        r = table_copy(c, &tables[i], &tally) ?: manifest_check(c, tables[i].name, &tally);
    }
    if (!r)
        r = vault_copy(c, &tally) ?: manifest_check(c, VAULT_NAME, &tally);
    for (unsigned which = 0; !r && which < BESIDE_COUNT; which++)
        if (number >= table_list_beside((enum beside)which, &n)->since)
            r = verify_beside(c, (enum beside)which, beside[which]);
    return r;
}

/* The newest shard's row of HEAD_LIST. A store without ledger has none. */
static int last_entry(struct store *s, json_t *into)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(s, &rows, STMT_HEAD_LIST);

    while (!r && (r = rows_next(rows)) == 1)
        r = json_put_int(into, "shard", rows_int(rows, 0)) ?: json_put_int(into, "size", rows_int(rows, 2)) ?: json_put_int(into, "last", rows_int(rows, 5));
    return r;
}

/* What a ticket was given for may have left since the copy was made, a code may have been used and a session have ended: none of them is good again. A name that is no text is told as "?". */
static int mark_restored(struct copy_state *c)
{
    const char *slash = strrchr(c->paths->file, '/'), *name = slash ? slash + 1 : c->paths->file;
    JSON_AUTO *mark = json_pack("{s:I, s:s}", "at", (json_int_t)clock_real_us(), "file", utf8_check_nfc(str_of(name)) ? "?" : name);
    int r = mark ? last_entry(c->to, mark) : -ENOMEM;
    char *text = r ? NULL : json_dumps(mark, JSON_COMPACT | JSON_SORT_KEYS);

    if (r)
        return r;
    r = text ? STORE_RUN(c->to, STMT_META_SET, V_TEXT(META_RESTORED), V_TEXT(text)) : -ENOMEM;
    if (!r)
        r = STORE_RUN(c->to, STMT_TICKET_SPEND);
    if (!r)
        r = STORE_RUN(c->to, STMT_SESSION_DROP_ALL);
    if (!r)
        r = STORE_RUN(c->to, STMT_RESET_VOID_ALL, V_INT((int64_t)clock_real_us()));
    if (!r)
        r = STORE_RUN(c->to, STMT_WHOLE_COPY_END_ALL); /* one was used for this very copy, another ended since */
    free(text);
    return r;
}

/* Every table from `c->from`, the keys from `vault`. */
static int restore_inside(struct copy_state *c, struct store *vault, struct store *const *beside)
{
    struct copy_state keys = *c;
    struct tally tally;
    size_t n;
    const struct table *tables = table_list(&n);
    int r;

    keys.from = vault;
    r = schema_make(c->to, store_schema_number(), c->diag);
    if (!r)
        r = c->to->driver->exec(c->to, "DELETE FROM meta");
    for (size_t i = 0; !r && i < n; i++)
        r = table_copy(c, &tables[i], &tally) ?: read_back(c, &tables[i], &tally);
    if (!r)
        r = STORE_RUN(c->to, STMT_SEARCH_WORDS_AGAIN);
    if (!r)
        r = STORE_RUN(c->to, STMT_OUTBOX_RESTORED);
    if (!r)
        r = mark_restored(c);
    if (!r)
        r = vault_copy(&keys, &tally) ?: read_back(&keys, NULL, &tally);
    for (unsigned which = 0; !r && which < BESIDE_COUNT; which++)
        if (beside[which])
            r = beside_in(c, (enum beside)which, beside[which]);
    return r;
}

static int restore_into(struct copy_state *c, struct store *vault, struct store *const *beside, const char *db)
{
    int r;

    r = store_open_raw(db, STORE_WRITE, OPEN_BULK, &c->to, c->diag);
    if (r)
        return r;
    r = store_deadline(c->to, 0) ?: store_begin_by(c->to, CONTROL_BEGIN_CREATE);
    if (!r)
        r = restore_inside(c, vault, beside) ?: store_commit(c->to);
    if (r && !was_said(c))
        complain(c, c->to, "meta", r);
    store_close(TAKE(c->to));
    if (r)
        store_unmake(db);
    return r;
}

static int copy_bytes(int from, int to)
{
    char *bytes = malloc(COPY_BYTES);
    ssize_t n = 1, done;
    int r = bytes ? 0 : -ENOMEM;

    while (!r && (n = read(from, bytes, COPY_BYTES)) > 0) {
        for (ssize_t at = 0; !r && at < n; at += done) {
            done = write(to, bytes + at, (size_t)(n - at));
            if (done < 0)
                r = -errno;
        }
    }
    if (!r && n < 0)
        r = -errno;
    free(bytes);
    return r;
}

static int copy_file(const char *from, const char *to, struct diag *diag)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int r = out < 0 ? -errno : copy_bytes(in, out);

    if (r)
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_COPIED, {"path", str_of(from)}, {"to", str_of(to)}, tell_why(-r));
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return r == -ENOSPC || r == -EDQUOT ? STORE_E_FULL : r;
}

/* The older backup itself stays as it is: a copy of it is brought forward and read instead. */
static int restore_older(struct copy_state *c, const struct paths *p, struct store *const *beside, const char *db)
{
    struct store *original = c->from;
    char dir[] = "/var/tmp/tsujiban-restore-XXXXXX";
    struct paths copy;
    char path[sizeof(dir) + 16];
    int r;

    if (!mkdtemp(dir)) {
        diag_tell(c->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_VAR_TMP, tell_why(errno));
        return -errno;
    }
    snprintf(path, sizeof(path), "%s/copy", dir);
    r = paths_init(&copy, path);
    if (!r)
        r = copy_file(p->file, path, c->diag);
    if (!r)
        r = sqlite_open_files(path, p->vault, STORE_WRITE, OPEN_EXISTING, &c->from, c->diag);
    if (!r) {
        r = schema_advance(c->from, store_schema_number(), c->diag) ?: restore_into(c, original, beside, db);
        store_close(c->from);
    }
    c->from = original;
    unlink(path);
    rmdir(dir);
    paths_done(&copy);
    return r;
}

static int restore_from(struct copy_state *c, const struct paths *p, struct store *const *beside, const char *db)
{
    int64_t number;
    int r;

    r = store_deadline(c->from, 0) ?: store_begin_read(c->from) ?: schema_number(c->from, &number);
    if (r) {
        diag_tell(c->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_READ, {"path", str_of(p->file)}, {"why", str_of(store_message(c->from))});
        return r;
    }
    if (number > store_schema_number()) {
        diag_tell(c->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_SCHEMA_OF, {"path", str_of(p->file)}, {"schema", INTEGER(number)},
                  {"known", INTEGER(store_schema_number())});
        return STORE_E_SCHEMA;
    }
    r = verify(c, number, beside);
    if (r)
        return r;
    return number < store_schema_number() ? restore_older(c, p, beside, db) : restore_into(c, c->from, beside, db);
}

int store_restore(const char *file, const char *db, const struct backup_progress *progress, struct diag *diag)
{
    struct paths paths;
    struct copy_state c = {.progress = progress, .diag = diag, .paths = &paths};
    struct store *beside[BESIDE_COUNT] = {NULL};
    int r;

    r = paths_init(&paths, file);
    if (!r && access(paths.vault, F_OK) != 0) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_TWO_FILES, {"path", str_of(paths.vault)});
        r = STORE_E_NONE;
    }
    if (!r)
        r = sqlite_open_files(paths.file, paths.vault, STORE_READ, OPEN_EXISTING, &c.from, diag);
    for (unsigned i = 0; !r && i < BESIDE_COUNT; i++)
        if (access(paths.beside[i], F_OK) == 0 &&
            (r = sqlite_open_beside_file(paths.beside[i], (enum beside)i, STORE_READ, false, &beside[i], diag)) == 0)
            r = store_deadline(beside[i], 0);
    if (!r)
        r = restore_from(&c, &paths, beside, db);
    store_close(c.from);
    for (unsigned i = 0; i < BESIDE_COUNT; i++)
        store_close(beside[i]);
    paths_done(&paths);
    return r;
}
