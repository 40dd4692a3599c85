/* `tsujiban force import | export`. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "base/file.h"
#include "base/utf8.h"
#include "force/force.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CSV_FILE_MAX (6u << 20) /* one message holds all of them */

/* ---- import ---- */

/* Where it stops being UTF-8: line and column from 1, the column in characters. */
static int not_utf8(const char *path, struct str text)
{
    unsigned line = 1, col = 1;

    for (size_t at = 0, was = 0; at < text.len; was = at) {
        uint32_t c = utf8_next(text, &at);

        if (c == 0xFFFD && at - was == 1)
            break;
        col = c == '\n' ? 1 : col + 1;
        line += c == '\n';
    }
    return command_fail("%s:%u:%u: this is not UTF-8; save the file as UTF-8 and try again", path, line, col);
}

static int read_files(const char *dir, json_t *files, struct diag *diag)
{
    for (int f = 0; f < FORCE_FILES; f++) {
        CLEANUP(buf_done) struct buf path, text;
        int r;

        buf_init(&path, 4096);
        buf_init(&text, CSV_FILE_MAX);
        if (buf_printf(&path, "%s/%s", dir, force_file_name(f)))
            return command_fail("the path is too long");
        r = file_read(path.at, CSV_FILE_MAX, &text, f > FORCE_APPOINTMENTS ? NULL : diag);
        if (r == FILE_E_MISSING && f > FORCE_APPOINTMENTS)
            continue; /* these may be absent */
        if (r)
            return EXIT_FAILED;
        if (!utf8_is_valid(buf_str(&text)))
            return not_utf8(path.at, buf_str(&text));
        if (text.len && json_put_strn(files, force_file_name(f), buf_str(&text)))
            return command_fail("\"%s\" cannot be sent", path.at);
    }
    return EXIT_DONE;
}

static int run_import(const struct arguments *args)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    JSON_AUTO *files = json_object(), *answer = NULL;
    struct home home;
    struct diag diag;
    int r = home_of(args, &home);

    if (r)
        return r;
    diag_init(&diag);
    r = read_files(args->rest[0], files, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r || (r = home_keeper(&home, &link)))
        return r;
    r = home_ask(link, json_pack("{s:s, s:O}", "op", "force-import", "files", files), &answer);
    if (!r)
        printf("%" PRId64 " persons are in the force now\n", json_int(answer, "persons"));
    return r;
}

static const struct option_row import_options[] = {HOME_OPTIONS};
const struct command cmd_force_import = {"force import", "DIR", "Take in units, ranks, posts, persons and appointments from CSV files",
                                         import_options, ARRAY_LEN(import_options), 1, 1, run_import, false};

/* ---- export ---- */

static int export_file(const struct force *force, enum force_file f, const char *dir, struct diag *diag)
{
    CLEANUP(buf_done) struct buf path, text;

    buf_init(&path, 4096);
    buf_init(&text, 256u << 20);
    if (buf_printf(&path, "%s/%s", dir, force_file_name(f)) || force_export(force, f, &text))
        return command_fail("the force could not be written as CSV");
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
const struct command cmd_force_export = {"force export", "DIR", "Write the force as CSV files", export_options,
                                         ARRAY_LEN(export_options), 1, 1, run_export, false};
