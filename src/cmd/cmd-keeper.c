/* `tsujiban keeper`: the process that holds key and write handle. Started by others, not by people. */
#include "cmd/commands.h"
#include "cmd/home.h"

enum { OPT_STARTER = HOME_N };
#define STARTER_FD 3

static int run(const struct arguments *args)
{
    struct keeper_config config = {.starter_fd = args->values[OPT_STARTER] ? STARTER_FD : -1, .publish = true};
    struct home home;
    struct diag diag;
    int r = home_of(args, &home);

    if (r)
        return r;
    config.data = home.data;
    config.db = home.db;
    diag_init(&diag);
    r = keeper_run(&config, &diag);
    if (r == KEEPER_E_HELD && config.starter_fd >= 0) { /* the starter connects to the other one */
        diag_done(&diag);
        return KEEPER_EXIT_HELD;
    }
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail("the keeper ends") : EXIT_DONE;
}

static const struct option_row options[] = {
    HOME_OPTIONS,
    {"--starter", NULL, "descriptor 3 is the socket of who started it"},
};
const struct command cmd_keeper = {"keeper", "", "Holds the signing key and performs every act (started by serve)", options,
                                   ARRAY_LEN(options), 0, 0, run, true};
