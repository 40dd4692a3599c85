/* `tsujiban force import | export | plan`. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "base/file.h"
#include "engine/clock.h"
#include "force/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CSV_FILES_MAX (6u << 20) /* bytes of all of them: one message holds them, and its form takes some more */

/* ---- import ---- */

/* Every problem of every file, with the path that was given; the keeper checks once more what it is sent. */
static int check_files(const char *dir)
{
    CLEANUP(force_unrefp) struct force *force = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = force_load_dir(dir, &force, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail(MSG_FAIL_NOTHING_IN) : EXIT_DONE;
}

static int read_files(const char *dir, json_t *files)
{
    size_t left = CSV_FILES_MAX;

    for (int f = 0; f < FORCE_FILES; f++) {
        CLEANUP(buf_done) struct buf path, text;
        int r;

        buf_init(&path, 4096);
        buf_init(&text, CSV_FILES_MAX);
        if (buf_printf(&path, "%s/%s", dir, force_file_name(f)))
            return command_fail(MSG_FAIL_PATH_LONG);
        r = file_read(path.at, CSV_FILES_MAX, &text, NULL);
        if (r == FILE_E_MISSING && f > FORCE_APPOINTMENTS)
            continue; /* these may be absent */
        if (r == FILE_E_LIMIT || (!r && text.len > left))
            return command_fail(MSG_FAIL_FORCE_BYTES, {"path", str_of(path.at)}, {"max", NUMBER(CSV_FILES_MAX)});
        if (r)
            return command_fail_why(MSG_CONSOLE_READ, path.at, r < 0 ? -r : EIO);
        left -= text.len;
        if (text.len && json_put_strn(files, force_file_name(f), buf_str(&text)))
            return command_fail(MSG_FAIL_FORCE_SENT, {"path", str_of(path.at)});
    }
    return EXIT_DONE;
}

static int run_import(const struct arguments *args)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    JSON_AUTO *files = json_object(), *answer = NULL;
    struct home home;
    int r = home_of(args, &home);

    if (r)
        return r;
    if ((r = check_files(args->rest[0])))
        return r;
    if ((r = read_files(args->rest[0], files)) || (r = home_keeper(&home, &link)))
        return r;
    r = home_ask(link, json_pack("{s:s, s:O}", "op", "force-import", "files", files), &answer);
    if (!r)
        command_say(MSG_SAID_FORCE_PERSONS, {"n", INTEGER(json_int(answer, "persons"))});
    return r;
}

static const struct option_row import_options[] = {HOME_OPTIONS};
const struct command cmd_force_import = {"force import", "DIR", MSG_HELP_FORCE_IMPORT,
                                         import_options, ARRAY_LEN(import_options), 1, 1, run_import, false};

/* ---- export ---- */

static int export_file(const struct force *force, enum force_file f, const char *dir, struct diag *diag)
{
    CLEANUP(buf_done) struct buf path, text;

    buf_init(&path, 4096);
    buf_init(&text, 256u << 20);
    if (buf_printf(&path, "%s/%s", dir, force_file_name(f)) || force_export(force, f, &text))
        return command_fail(MSG_FAIL_FORCE_CSV);
    return file_write_atomic(path.at, buf_str(&text), 0600, diag) ? EXIT_FAILED : EXIT_DONE;
}

static int run_export(const struct arguments *args)
{
    CLEANUP(force_unrefp) struct force *force = NULL;
    STORE_AUTO *store = NULL;
    struct home home;
    struct diag diag;
    int r = home_of(args, &home);

    if (r || (r = home_open(&home, STORE_READ, &store)))
        return r;
    diag_init(&diag);
    r = force_load_store(store, &force, &diag) || dir_make(args->rest[0], 0700, &diag) ? EXIT_FAILED : EXIT_DONE;
    for (int f = 0; !r && f < FORCE_FILES; f++)
        r = export_file(force, f, args->rest[0], &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r;
}

static const struct option_row export_options[] = {HOME_OPTIONS};
const struct command cmd_force_export = {"force export", "DIR", MSG_HELP_FORCE_EXPORT, export_options,
                                         ARRAY_LEN(export_options), 1, 1, run_export, false};

/* ---- plan ---- */

enum { PLAN_OPTION_TITLE = HOME_N, PLAN_OPTION_CHECK };

/* Every fault, with the path that was given; the keeper judges once more what it is sent. */
static int check_plan(const struct home *home, const char *path, struct str text, bool is_all)
{
    CLEANUP(force_unrefp) struct force *force = NULL;
    CLEANUP(plan_freep) struct plan *plan = NULL;
    STORE_AUTO *store = NULL;
    struct clock_setting clock;
    struct diag diag;
    int r = home_open(home, STORE_READ, &store);

    if (r)
        return r;
    diag_init(&diag);
    r = force_load_store(store, &force, &diag) || clock_load(store, &clock) ? EXIT_FAILED : EXIT_DONE;
    if (!r && plan_read(force, path, text, day_of_instant(clock_now(clock)), &plan, &diag))
        r = EXIT_FAILED;
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return command_fail(MSG_FAIL_NOTHING_KEPT);
    if (is_all)
        command_say(MSG_SAID_PLAN_ROWS, {"rows", NUMBER(plan->n_rows)}, {"persons", NUMBER(plan->n_persons)});
    return EXIT_DONE;
}

static int run_plan(const struct arguments *args)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    CLEANUP(buf_done) struct buf text = {0};
    JSON_AUTO *answer = NULL;
    const char *path = args->rest[0], *title = args->values[PLAN_OPTION_TITLE];
    struct home home;
    int r = home_of(args, &home);

    if (r)
        return r;
    buf_init(&text, PLAN_BYTES_MAX);
    if (file_read(path, PLAN_BYTES_MAX, &text, NULL))
        return command_fail(MSG_FAIL_PLAN_READ, {"path", str_of(path)}, {"max", NUMBER(PLAN_BYTES_MAX)});
    if ((r = check_plan(&home, path, buf_str(&text), args->values[PLAN_OPTION_CHECK])) || args->values[PLAN_OPTION_CHECK] || (r = home_keeper(&home, &link)))
        return r;
    r = home_ask(link, json_pack("{s:s, s:s, s:s%}", "op", "plan-save", "title", title ? title : path, "body", text.at, text.len),
                 &answer);
    if (!r)
        command_say(MSG_SAID_PLAN_KEPT, {"plan", str_of(json_str(answer, "plan"))});
    return r;
}

static const struct option_row plan_options[] = {
    HOME_OPTIONS,
    {"--title", "TEXT", MSG_OPTION_FORCE_TITLE},
    {"--check", NULL, MSG_OPTION_FORCE_CHECK},
};
const struct command cmd_force_plan = {"force plan", "FILE", MSG_HELP_FORCE_PLAN, plan_options,
                                       ARRAY_LEN(plan_options), 1, 1, run_plan, false};
