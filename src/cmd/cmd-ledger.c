/* `tsujiban ledger verify | checkpoint | prove | export`. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "base/file.h"
#include "base/tell.h"
#include "engine/verify.h"
#include "intel/stock-verify.h"
#include "ledger/checkpoint.h"
#include "ledger/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void show_progress(void *user, uint64_t done, uint64_t size)
{
    if (!isatty(STDERR_FILENO))
        return;
    fputc('\r', stderr);
    command_print(stderr, MSG_SAID_ENTRIES, MESSAGE_ARGS({"done", NUMBER(done)}, {"all", NUMBER(size)}));
    if (done == size)
        fputc('\n', stderr);
}

/* ---- verify ---- */

enum { OPT_SINCE = HOME_N, OPT_FILES };

#define SINCE_MAX (256u << 10)

/* A file of a published year. 1: it cannot be read, which is a finding. */
static int read_published(const char *dir, const char *year, const char *name, struct buf *path, struct buf *text,
                          struct diag *diag)
{
    int r;

    buf_clear(path);
    if ((r = buf_printf(path, "%s/%s/%s", dir, year, name)))
        return r;
    if (!file_read(path->at, SINCE_MAX, text, NULL))
        return 0;
    diag_tell(diag, DIAG_ERROR, ((struct diag_place){0}), MSG_FAIL_PUBLISHED_MISSING, {"path", str_of(path->at)}, {"name", str_of(name)});
    return 1;
}

static int check_year(struct store *store, const char *dir, const char *year, struct diag *diag)
{
    CLEANUP(buf_done) struct buf path, note, line;
    struct note_key key;
    int r;

    buf_init(&path, 4096);
    buf_init(&note, SINCE_MAX);
    buf_init(&line, SINCE_MAX);
    if ((r = read_published(dir, year, "key", &path, &line, diag)) ||
        (r = read_published(dir, year, "checkpoint", &path, &note, diag)))
        return r;
    if (!note_key_parse(str_trim(buf_str(&line)), &key))
        return verify_since(store, path.at, buf_str(&note), &key, diag);
    diag_tell(diag, DIAG_ERROR, ((struct diag_place){0}), MSG_FAIL_PUBLISHED_KEY, {"dir", str_of(dir)}, {"year", str_of(year)});
    return 1;
}

/* What the keeper last published is held against the store as well: whoever cuts the database short has to think of it. */
static int check_published(struct store *store, const struct home *home, struct diag *diag)
{
    CLEANUP(buf_done) struct buf dir;
    char **names = NULL;
    size_t n = 0;
    int r = 0;

    buf_init(&dir, 4096);
    if (buf_printf(&dir, "%s/ledger", home->data))
        return -ENAMETOOLONG;
    if (dir_list(dir.at, "", true, &names, &n, NULL))
        return 0; /* nothing was published here */
    for (size_t i = 0; i < n && r >= 0; i++)
        r = check_year(store, dir.at, names[i], diag);
    names_free(names, n);
    return MIN_OF(r, 0);
}

static int check_since(struct store *store, const char *path, struct diag *diag)
{
    CLEANUP(buf_done) struct buf note;
    int r;

    buf_init(&note, SINCE_MAX);
    r = file_read(path, SINCE_MAX, &note, diag);
    if (r)
        return r < 0 ? r : -ENOENT;
    return MIN_OF(verify_since(store, path, buf_str(&note), NULL, diag), 0);
}

static int run_verify(const struct arguments *args)
{
    STORE_AUTO *store = NULL;
    struct verify_summary sum = {0};
    uint64_t n_files = 0, n_bytes = 0, n_objects = 0;
    struct home home;
    struct diag diag;
    int r = home_of(args, &home);
    bool is_damaged;

    if (r || (r = home_open(&home, STORE_READ, &store)))
        return r;
    diag_init(&diag);
    r = MIN_OF(check_published(store, &home, &diag), 0);
    if (!r && args->values[OPT_SINCE])
        r = check_since(store, args->values[OPT_SINCE], &diag);
    if (!r)
        r = MIN_OF(verify_installation(store, show_progress, NULL, &sum, &diag), 0);
    if (!r)
        r = stock_verify(home.db, store, &n_objects, &diag);
    if (!r && args->values[OPT_FILES])
        r = MIN_OF(verify_files(store, home.db, &n_files, &n_bytes, &diag), 0);
    is_damaged = diag.n_errors > 0;
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return command_fail(MSG_FAIL_LEDGER_WHY, {"why", str_of(command_why(-r))});
    command_print(stdout, MSG_SAID_VERIFIED,
                  MESSAGE_ARGS({"shards", NUMBER(sum.n_shards)}, {"entries", NUMBER(sum.n_entries)}, {"records", NUMBER(sum.n_records)}));
    if (n_objects)
        command_print(stdout, MSG_SAID_VERIFIED_OBJECTS, MESSAGE_ARGS({"n", NUMBER(n_objects)}));
    if (args->values[OPT_FILES])
        command_print(stdout, MSG_SAID_VERIFIED_FILES, MESSAGE_ARGS({"n", NUMBER(n_files)}, {"size", NUMBER(n_bytes)}));
    command_say(MSG_SAID_VERIFIED_END, MESSAGE_WORD("word", is_damaged ? MSG_WORD_DAMAGED : MSG_WORD_SOUND));
    return is_damaged ? EXIT_FAILED : EXIT_DONE;
}

static const struct option_row verify_options[] = {
    HOME_OPTIONS,
    {"--since", "CHECKPOINT", MSG_OPTION_LEDGER_SINCE},
    {"--files", NULL, MSG_OPTION_LEDGER_FILES},
};
const struct command cmd_ledger_verify = {"ledger verify", "", MSG_HELP_LEDGER_VERIFY,
                                          verify_options, ARRAY_LEN(verify_options), 0, 0, run_verify, false};

/* ---- checkpoint ---- */

static int ask_checkpoint(const struct home *home, int64_t shard, json_t **ret)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    int r = home_keeper(home, &link);

    return r ? r : home_ask(link, json_pack("{s:s, s:I}", "op", "checkpoint", "shard", (json_int_t)shard), ret);
}

static int run_checkpoint(const struct arguments *args)
{
    JSON_AUTO *answer = NULL;
    struct home home;
    int r = home_of(args, &home);

    if (r || (r = ask_checkpoint(&home, 0, &answer)))
        return r;
    fputs(json_str(answer, "note"), stdout);
    return EXIT_DONE;
}

static const struct option_row checkpoint_options[] = {HOME_OPTIONS};
const struct command cmd_ledger_checkpoint = {"ledger checkpoint", "", MSG_HELP_LEDGER_CHECKPOINT,
                                              checkpoint_options, ARRAY_LEN(checkpoint_options), 0, 0, run_checkpoint,
                                              false};

/* ---- prove ---- */

static int print_receipt(struct store *store, int64_t shard, uint64_t seq, struct str note, struct str vkey)
{
    CLEANUP(log_source_donep) struct log_source *src = NULL;
    CLEANUP(buf_done) struct buf text;
    struct receipt receipt = {.index = seq, .checkpoint = note};
    struct tree_source source;
    struct checkpoint cp;
    struct note_key key;
    int r;

    buf_init(&text, 1u << 20);
    if (note_key_parse(vkey, &key) || checkpoint_open(note, &key, 1, &cp, NULL))
        return command_fail(MSG_FAIL_CHECKPOINT);
    if (log_source_new(store, shard, &src))
        return command_fail(MSG_FAIL_NO_SHARD, {"shard", INTEGER(shard)});
    source = log_source_tree(src);
    r = tree_prove_inclusion(&source, seq, cp.size, &receipt.proof);
    if (r == TREE_E_RANGE)
        return command_fail(MSG_FAIL_SHARD_ENTRIES, {"shard", INTEGER(shard)}, {"last", NUMBER(cp.size - 1)});
    if (r || receipt_print(&receipt, &text))
        return command_fail(MSG_FAIL_PROOF);
    fwrite(text.at, 1, text.len, stdout);
    return EXIT_DONE;
}

static int run_prove(const struct arguments *args)
{
    STORE_AUTO *store = NULL;
    JSON_AUTO *answer = NULL;
    struct home home;
    struct str rest = str_of(args->rest[0]), year, number;
    uint64_t shard, seq;
    int r = home_of(args, &home);

    if (r)
        return r;
    if (!str_split(&rest, '/', &year) || !str_split(&rest, '/', &number) || str_to_u64(year, 1970, 9999, &shard) ||
        str_to_u64(number, 0, INT64_MAX, &seq)) {
        return command_wrong(MSG_WRONG_ENTRY, {"given", str_of(args->rest[0])});
    }
    if ((r = ask_checkpoint(&home, (int64_t)shard, &answer)) || (r = home_open(&home, STORE_READ, &store)))
        return r;
    return print_receipt(store, (int64_t)shard, seq, str_of(json_str(answer, "note")), str_of(json_str(answer, "vkey")));
}

static const struct option_row prove_options[] = {HOME_OPTIONS};
const struct command cmd_ledger_prove = {"ledger prove", "YEAR/NUMBER", MSG_HELP_LEDGER_PROVE,
                                         prove_options, ARRAY_LEN(prove_options), 1, 1, run_prove, false};

/* ---- export ---- */

enum { OPT_OUT = HOME_N, OPT_RECORDS };

static int export_shard(struct keeper_link *link, struct store *store, int64_t shard, int64_t size, const char *out,
                        struct diag *diag)
{
    JSON_AUTO *answer = NULL;
    int r = home_ask(link, json_pack("{s:s, s:I, s:I}", "op", "checkpoint", "shard", (json_int_t)shard, "size", (json_int_t)size),
                     &answer);

    if (r)
        return r;
    r = log_export_shard(store, shard, out, str_of(json_str(answer, "note")), str_of(json_str(answer, "vkey")), diag);
    return r ? command_fail(MSG_FAIL_SHARD_EXPORTED, {"shard", INTEGER(shard)}) : EXIT_DONE;
}

/* Everything as of one moment (L46): the keeper may append meanwhile, and signs what we see.
 * `answer`: what the keeper said of the records; NULL: they stay here. */
static int export_all(const struct home *home, struct keeper_link *link, struct store *store, const char *out, json_t *answer, struct diag *diag)
{
    ROWS_AUTO *rows = NULL;
    int r = store_begin_read(store);

    if (r)
        return command_fail(MSG_FAIL_LEDGER_READ);
    if (answer && (r = home_ask_whole(home, "ledger-files", store, &answer)))
        return r;
    if ((r = STORE_QUERY(store, &rows, STMT_HEAD_LIST)))
        return command_fail(MSG_FAIL_LEDGER_READ);
    while ((r = rows_next(rows)) == 1)
        if ((r = export_shard(link, store, rows_int(rows, 0), rows_int(rows, 2), out, diag)))
            return r;
    if (r)
        return command_fail(MSG_FAIL_LEDGER_READ);
    if (answer && verify_export_records(store, out, diag))
        return command_fail(MSG_FAIL_RECORDS_EXPORTED);
    return EXIT_DONE;
}

static int run_export(const struct arguments *args)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    STORE_AUTO *store = NULL;
    const char *out = args->values[OPT_OUT];
    JSON_AUTO *answer = NULL;
    struct home home;
    struct diag diag;
    int r = home_of(args, &home);

    if (r)
        return r;
    if (!out) {
        return command_wrong(MSG_WRONG_LEDGER_OUT);
    }
    if (args->values[OPT_RECORDS] && (r = home_ask_whole(&home, "ledger-files", NULL, &answer)))
        return r;
    if ((r = home_keeper(&home, &link)) || (r = home_open(&home, STORE_READ, &store)))
        return r;
    diag_init(&diag);
    r = export_all(&home, link, store, out, answer, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (!r)
        command_say(MSG_SAID_LEDGER_EXPORTED, {"path", str_of(out)});
    return r;
}

static const struct option_row export_options[] = {
    HOME_OPTIONS,
    {"--out", "DIR", MSG_OPTION_LEDGER_OUT},
    {"--records", NULL, MSG_OPTION_LEDGER_RECORDS},
};
const struct command cmd_ledger_export = {"ledger export", "", MSG_HELP_LEDGER_EXPORT,
                                          export_options, ARRAY_LEN(export_options), 0, 0, run_export, false};
