/* `tsujiban keeper`: the process that holds key and write handle. Started by others, not by people. */
#include "cmd/commands.h"
#include "cmd/home.h"

static int run(const struct arguments *args)
{
    struct keeper_config config = {.starter_fd = home_starter_fd(args), .publish = true};
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
    return r ? command_fail(MSG_FAIL_KEEPER_ENDS) : EXIT_DONE;
}

static const struct option_row options[] = {
    CHILD_OPTIONS,
};
const struct command cmd_keeper = {"keeper", "", MSG_HELP_KEEPER, options,
                                   ARRAY_LEN(options), 0, 0, run, true};
