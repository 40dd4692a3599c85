/* `tsujiban pack propose | scenarios | list`: a pack comes into force by two persons' acts. The operator proposes on the console;
 * an administrator adopts it on the pages. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "regulation/coverage.h"

#include <stdio.h>
#include <string.h>

/* ---- a pack's folder ---- */

struct folder {
    struct pack *pack;
    json_t *scenarios; /* which show which clauses */
};

static void folder_done(struct folder *f)
{
    pack_unref(f->pack);
    json_decref(f->scenarios);
}

static int load(const char *dir, struct folder *f, struct diag *diag)
{
    CLEANUP(scenario_set_freep) struct scenario_set *set = NULL;
    int r = pack_load_dir(dir, &f->pack, diag);

    if (!r)
        r = scenario_set_load(dir, f->pack, &set, diag);
    return r ? r : coverage_scenarios(f->pack, set, &f->scenarios);
}

static int folder_load(const char *dir, struct folder *f)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    r = load(dir, f, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail(MSG_FAIL_PACK_REFUSED) : EXIT_DONE;
}

/* ---- propose ---- */

static int run_propose(const struct arguments *args)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    CLEANUP(folder_done) struct folder f = {0};
    JSON_AUTO *answer = NULL;
    struct home home;
    int r = home_of(args, &home);

    if (r || (r = folder_load(args->rest[0], &f)) || (r = home_keeper(&home, &link)))
        return r;
    r = home_ask(link, json_pack("{s:s, s:s%, s:O}", "op", "pack-propose", "canonical", f.pack->canonical.at, f.pack->canonical.len,
                                 "scenarios", f.scenarios),
                  &answer);
    if (!r)
        command_say(MSG_SAID_PACK_PROPOSED, {"hash", str_of(json_str(answer, "hash"))});
    return r;
}

static const struct option_row propose_options[] = {HOME_OPTIONS};
const struct command cmd_pack_propose = {"pack propose", "DIR", MSG_HELP_PACK_PROPOSE, propose_options,
                                         ARRAY_LEN(propose_options), 1, 1, run_propose, false};

/* ---- scenarios ---- */

static int run_scenarios(const struct arguments *args)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    CLEANUP(folder_done) struct folder f = {0};
    JSON_AUTO *answer = NULL;
    struct home home;
    int r = home_of(args, &home);

    if (r || (r = folder_load(args->rest[0], &f)) || (r = home_keeper(&home, &link)))
        return r;
    r = home_ask(link, json_pack("{s:s, s:s, s:O}", "op", "pack-scenarios", "hash", digest_text(&f.pack->hash).at, "scenarios", f.scenarios), &answer);
    if (!r)
        command_say(MSG_SAID_PACK_SCENARIOS, {"n", NUMBER(json_object_size(f.scenarios))}, {"pack", str_of(f.pack->id)});
    return r;
}

static const struct option_row scenarios_options[] = {HOME_OPTIONS};
const struct command cmd_pack_scenarios = {"pack scenarios", "DIR", MSG_HELP_PACK_SCENARIOS, scenarios_options,
                                           ARRAY_LEN(scenarios_options), 1, 1, run_scenarios, false};

/* ---- list ---- */

static int run_list(const struct arguments *args)
{
    STORE_AUTO *store = NULL;
    ROWS_AUTO *rows = NULL;
    struct home home;
    int r = home_of(args, &home);

    if (r || (r = home_open(&home, STORE_READ, &store)))
        return r;
    if (STORE_QUERY(store, &rows, STMT_PACK_LIST))
        return command_fail(MSG_FAIL_PACKS_READ);
    while ((r = rows_next(rows)) == 1) {
        CLEANUP(buf_done) struct buf from, to;

        buf_init(&from, 64);
        buf_init(&to, 64);
        if (day_print_iso((int32_t)rows_int(rows, 2), &from) || day_print_iso((int32_t)rows_int(rows, 3), &to))
            return command_fail(MSG_CONSOLE_MEMORY);
        printf("%s %s %s..%s %s\n", rows_text(rows, 0), rows_text(rows, 1), from.at, to.at,
               command_word(rows_is_null(rows, 6) ? MSG_WORD_PROPOSED : MSG_WORD_ADOPTED));
    }
    return r ? command_fail(MSG_FAIL_PACKS_READ) : EXIT_DONE;
}

static const struct option_row list_options[] = {HOME_OPTIONS};
const struct command cmd_pack_list = {"pack list", "", MSG_HELP_PACK_LIST, list_options,
                                      ARRAY_LEN(list_options), 0, 0, run_list, false};
