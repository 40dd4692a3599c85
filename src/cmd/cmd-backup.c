/* `tsujiban backup | restore`: two files out, a third with what was attached, a fourth with threat intelligence, and back into an empty place of either kind, verified before it is used.
 * The keeper is asked, and enters it, before the first byte. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "engine/verify.h"
#include "ledger/log.h"
#include "store/backup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void told(void *arg, const char *table, uint64_t n_rows)
{
    char name[32], n[24];

    if (!isatty(STDERR_FILENO))
        return;
    snprintf(name, sizeof(name), "%-20s", table);
    snprintf(n, sizeof(n), "%12" PRIu64, n_rows);
    fputc('\r', stderr);
    command_print(stderr, MSG_SAID_ROWS, MESSAGE_ARGS({"table", str_of(name)}, {"n", str_of(n)}));
    fputc(' ', stderr);
}

static void progress_end(void)
{
    if (isatty(STDERR_FILENO))
        fputc('\n', stderr);
}

/* Further files, when there are contents of files, and threat intelligence. */
static void show_beside(const char *file)
{
    static const char *const names[] = {"files", "intel"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(buf_done) struct buf path;

        buf_init(&path, 4096);
        if (!buf_printf(&path, "%s.%s", file, names[i]) && !access(path.at, F_OK))
            puts(path.at);
    }
}

enum { OPT_FORGET = HOME_N, OPT_STANDING };

struct copying {
    const struct home *home;
    json_t *answer; /* what the keeper said before the first byte */
    int status;     /* why not */
};

/* The end of either way: what was wrong, or the files' names. `diag` is done. */
static int told_of(int r, const struct copying *c, const char *file, struct diag *diag)
{
    progress_end();
    command_print_diag(diag);
    diag_done(diag);
    if (c->status)
        return c->status;
    if (r)
        return command_fail(MSG_FAIL_BACKUP_NONE);
    printf("%s\n%s.vault\n", file, file);
    show_beside(file);
    return EXIT_DONE;
}

static bool may_copy(void *arg, struct store *snapshot, bool is_last)
{
    struct copying *c = arg;

    c->status = home_ask_whole(c->home, "backup", snapshot, &c->answer);
    return !c->status;
}

/* An earlier backup anew, without what was destroyed since. */
static int run_forget(const struct arguments *args, struct copying *c, struct store *store, const char *old)
{
    const struct backup_progress progress = {told, c, may_copy};
    struct diag diag;
    uint64_t n = 0;
    int r;

    diag_init(&diag);
    r = store_backup_forget(store, old, args->rest[0], log_root_at, &progress, &n, &diag);
    if ((r = told_of(r, c, args->rest[0], &diag)))
        return r;
    command_say(MSG_SAID_BACKUP_FORGOTTEN, {"n", NUMBER(n)}, {"old", str_of(old)});
    return EXIT_DONE;
}

/* For copies that nobody is there to agree to each time. */
static int ask_standing(const struct home *home, const char *until)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    JSON_AUTO *answer = NULL;
    int r = home_keeper(home, &link);

    if (r || (r = home_ask(link, json_pack("{s:s, s:s, s:s}", "op", "whole-copy-ask", "channel", "backup", "until", until), &answer)))
        return r;
    command_say(MSG_SAID_COPY_WAITS, {"copy", str_of(json_str(answer, "copy"))});
    return EXIT_DONE;
}

/* The keeper was asked; inside the snapshot that is copied it is asked again. */
static int copy_store(const struct arguments *args, const struct home *home, struct store *store, json_t *answer)
{
    struct copying c = {.home = home, .answer = answer};
    const struct backup_progress progress = {told, &c, may_copy};
    struct diag diag;
    int r;

    if (args->values[OPT_FORGET]) {
        r = run_forget(args, &c, store, args->values[OPT_FORGET]);
    } else {
        diag_init(&diag);
        r = told_of(store_backup(store, args->rest[0], &progress, &diag), &c, args->rest[0], &diag);
    }
    return r;
}

static int run_backup(const struct arguments *args)
{
    STORE_AUTO *store = NULL;
    JSON_AUTO *answer = NULL;
    struct home home;
    int r = home_of(args, &home);

    if (r)
        return r;
    if (args->values[OPT_STANDING])
        return ask_standing(&home, args->values[OPT_STANDING]);
    if (!args->n_rest) {
        return command_wrong(MSG_WRONG_BACKUP);
    }
    if ((r = home_ask_whole(&home, "backup", NULL, &answer)) || (r = home_open(&home, STORE_READ, &store)))
        return r;
    r = copy_store(args, &home, store, answer);
    if (r || args->values[OPT_FORGET])
        return r;
    command_say(MSG_SAID_BACKUP_VAULT);
    if (*json_str(answer, "until"))
        command_say(MSG_SAID_BACKUP_UNTIL, {"until", str_of(json_str(answer, "until"))});
    return EXIT_DONE;
}

static const struct option_row backup_options[] = {
    HOME_OPTIONS,
    {"--forget", "OLD", MSG_OPTION_BACKUP_FORGET},
    {"--standing", "DAY", MSG_OPTION_BACKUP_STANDING},
};
const struct command cmd_backup = {"backup", "[FILE]", MSG_HELP_BACKUP, backup_options,
                                   ARRAY_LEN(backup_options), 0, 1, run_backup, false};

/* ---- restore ---- */

/* Without its key a copy can be read and verified, but nothing can be entered. */
static void remind_of_key(const struct home *home)
{
    CLEANUP(buf_done) struct buf path;

    buf_init(&path, 4096);
    if (!buf_printf(&path, "%s/keys/ledger.key", home->data) && access(path.at, F_OK))
        command_say(MSG_SAID_RESTORE_KEY, {"path", buf_str(&path)});
}

static int check_restored(const struct home *home)
{
    STORE_AUTO *store = NULL;
    struct verify_summary sum = {0};
    struct diag diag;
    int r = home_open(home, STORE_READ, &store);

    if (r)
        return r;
    diag_init(&diag);
    r = verify_installation(store, NULL, NULL, &sum, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return command_fail(MSG_FAIL_RESTORED_UNSOUND);
    command_say(MSG_SAID_RESTORED, {"shards", NUMBER(sum.n_shards)}, {"entries", NUMBER(sum.n_entries)}, {"records", NUMBER(sum.n_records)});
    remind_of_key(home);
    command_say(MSG_SAID_RESTORED_FIRST);
    return EXIT_DONE;
}

static int run_restore(const struct arguments *args)
{
    const struct backup_progress progress = {told, NULL};
    struct home home;
    struct diag diag;
    int r = home_of(args, &home);

    if (r)
        return r;
    diag_init(&diag);
    r = store_restore(args->rest[0], home.db, &progress, &diag);
    progress_end();
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return command_fail(MSG_FAIL_RESTORED_NONE);
    return check_restored(&home);
}

static const struct option_row restore_options[] = {HOME_OPTIONS};
const struct command cmd_restore = {"restore", "FILE", MSG_HELP_RESTORE,
                                    restore_options, ARRAY_LEN(restore_options), 1, 1, run_restore, false};
