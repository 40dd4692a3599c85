/* `tsujiban pack propose | list`: a pack comes into force by two persons' acts. The operator proposes on the console;
 * an administrator adopts it on the pages. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "regulation/model.h"

#include <stdio.h>
#include <string.h>

/* ---- propose ---- */

static int run_propose(const struct arguments *args)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    CLEANUP(pack_unrefp) struct pack *pack = NULL;
    JSON_AUTO *answer = NULL;
    struct home home;
    struct diag diag;
    int r = home_of(args, &home);

    if (r)
        return r;
    diag_init(&diag);
    r = pack_load_dir(args->rest[0], &pack, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return command_fail("the pack is refused whole; what is in force stays");
    if ((r = home_keeper(&home, &link)))
        return r;
    r = home_ask(link, json_pack("{s:s, s:s%}", "op", "pack-propose", "canonical", pack->canonical.at, pack->canonical.len),
                  &answer);
    if (!r)
        printf("proposed: %s\nAn administrator adopts it on the pages, at /admin/packs.\n", json_str(answer, "hash"));
    return r;
}

static const struct option_row propose_options[] = {HOME_OPTIONS};
const struct command cmd_pack_propose = {"pack propose", "DIR", "Offer a pack for adoption by another person", propose_options,
                                         ARRAY_LEN(propose_options), 1, 1, run_propose, false};

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
        return command_fail("the packs cannot be read");
    while ((r = rows_next(rows)) == 1) {
        CLEANUP(buf_done) struct buf from, to;

        buf_init(&from, 64);
        buf_init(&to, 64);
        if (day_print_iso((int32_t)rows_int(rows, 2), &from) || day_print_iso((int32_t)rows_int(rows, 3), &to))
            return command_fail("out of memory");
        printf("%s %s %s..%s %s\n", rows_text(rows, 0), rows_text(rows, 1), from.at, to.at,
               rows_is_null(rows, 6) ? "proposed" : "adopted");
    }
    return r ? command_fail("the packs cannot be read") : EXIT_DONE;
}

static const struct option_row list_options[] = {HOME_OPTIONS};
const struct command cmd_pack_list = {"pack list", "", "List the packs that were proposed and adopted", list_options,
                                      ARRAY_LEN(list_options), 0, 0, run_list, false};
