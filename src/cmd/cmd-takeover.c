/* `tsujiban takeover check | propose`: a table from paper, judged on the console; an administrator adopts it on the pages. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "base/file.h"
#include "base/sheet.h"
#include "engine/takeover.h"

#include <inttypes.h>
#include <stdio.h>

#define TABLE_ARENA_MAX ((size_t)128 << 20)

/* Rows and columns of the table as the file has them. */
struct brought {
    struct arena *arena;
    struct csv_table read;
    enum table_kind kind;
    json_t *table;
};

static void brought_done(struct brought *b)
{
    json_decref(b->table);
    arena_free(b->arena);
}

static int bring(const char *path, struct brought *b)
{
    CLEANUP(buf_done) struct buf bytes;
    struct diag diag;
    int r;

    buf_init(&bytes, SHEET_MAX_BYTES);
    diag_init(&diag);
    b->arena = arena_new(TABLE_ARENA_MAX);
    r = !b->arena ? -ENOMEM : file_read(path, SHEET_MAX_BYTES, &bytes, &diag);
    if (!r)
        r = table_parse(path, buf_str(&bytes), b->arena, &b->read, &b->kind, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return command_fail(MSG_FAIL_TAKEOVER_NONE);
    if (b->kind == TABLE_CSV_CP932)
        command_note(MSG_SAID_SHIFT_JIS, {"path", str_of(path)});
    b->table = takeover_table(&b->read);
    return b->table ? EXIT_DONE : command_fail(MSG_CONSOLE_MEMORY);
}

static void print_place(const struct brought *b, const char *path, int64_t row, int64_t col)
{
    const struct csv_cell *cells =
        row ? &b->read.cells[(size_t)(row - 1) * b->read.n_cols] : b->read.header;
    const struct csv_cell *cell = &cells[col < 0 ? 0 : col];
    CLEANUP(buf_done) struct buf a1;

    buf_init(&a1, 64);
    if (col < 0)
        fprintf(stderr, "%s:%u: ", path, cell->line);
    else if (b->kind == TABLE_SHEET && !sheet_place(cell->line, cell->col, &a1))
        fprintf(stderr, "%s:%s: ", path, a1.at);
    else
        fprintf(stderr, "%s:%u:%u: ", path, cell->line, cell->col);
}

/* EXIT_FAILED when there are faults. */
static int print_judged(const struct brought *b, const char *path, const json_t *judged)
{
    const json_t *faults = json_arr(judged, "faults");

    for (size_t i = 0; i < json_array_size(faults); i++) {
        const json_t *one = json_array_get(faults, i);

        print_place(b, path, json_int(one, "row"), json_int(one, "col"));
        fprintf(stderr, "%s\n", json_str(json_obj(one, "say"), "en"));
    }
    if (json_int(judged, "n_faults"))
        return command_fail(MSG_FAIL_TAKEOVER_FAULTS, {"rows", INTEGER(json_int(judged, "n_rows"))},
                            {"faults", INTEGER(json_int(judged, "n_faults"))});
    return EXIT_DONE;
}

static int judge(const struct home *home, const char *reg, const char *path,
                 const struct brought *b)
{
    CLEANUP(engine_closep) struct engine *e = NULL;
    STORE_AUTO *store = NULL;
    JSON_AUTO *judged = NULL;
    struct diag diag;
    int r = home_open(home, STORE_READ, &store);

    if (r)
        return r;
    diag_init(&diag);
    r = engine_open(store, &e, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return command_fail(MSG_FAIL_STORE_READ);
    r = engine_takeover_judge(e, TAKEOVER_OPERATOR, reg, b->table, engine_now(e), &judged);
    if (r)
        return command_fail(r == TAKEOVER_E_NONE ? MSG_FAIL_TAKEOVER_REGISTER : MSG_FAIL_TAKEOVER_JUDGED, {"register", str_of(reg)});
    r = print_judged(b, path, judged);
    if (!r)
        command_say(MSG_SAID_TAKEOVER_SOUND, {"rows", INTEGER(json_int(judged, "n_rows"))});
    return r;
}

static int run_check(const struct arguments *args)
{
    struct brought b = {0};
    struct home home;
    int r = home_of(args, &home);

    if (!r)
        r = bring(args->rest[1], &b);
    if (!r)
        r = judge(&home, args->rest[0], args->rest[1], &b);
    brought_done(&b);
    return r;
}

static int run_propose(const struct arguments *args)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    JSON_AUTO *answer = NULL;
    struct brought b = {0};
    struct home home;
    int r = home_of(args, &home);

    if (!r)
        r = bring(args->rest[1], &b);
    if (!r)
        r = judge(&home, args->rest[0], args->rest[1], &b);
    if (!r)
        r = home_keeper(&home, &link);
    if (!r)
        r = home_ask(link,
                     json_pack("{s:s, s:s, s:O}", "op", "takeover-propose", "reg", args->rest[0],
                               "table", b.table),
                     &answer);
    if (!r)
        command_say(MSG_SAID_TAKEOVER_PROPOSED, {"id", str_of(json_str(answer, "id"))});
    brought_done(&b);
    return r;
}

static const struct option_row check_options[] = {HOME_OPTIONS};
const struct command cmd_takeover_check = {"takeover check",
                                           "REGISTER FILE",
                                           MSG_HELP_TAKEOVER_CHECK,
                                           check_options,
                                           ARRAY_LEN(check_options),
                                           2,
                                           2,
                                           run_check,
                                           false};
static const struct option_row propose_options[] = {HOME_OPTIONS};
const struct command cmd_takeover_propose = {"takeover propose",
                                             "REGISTER FILE",
                                             MSG_HELP_TAKEOVER_PROPOSE,
                                             propose_options,
                                             ARRAY_LEN(propose_options),
                                             2,
                                             2,
                                             run_propose,
                                             false};
