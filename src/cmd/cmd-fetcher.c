/* `tsujiban fetcher`: the process that fetches from other TAXII servers. Started by `serve`, not by people. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "outward/fetcher.h"

static int run(const struct arguments *args)
{
    struct fetcher_config config = {.starter_fd = home_starter_fd(args)};
    struct home home;
    struct diag diag;
    int r = home_of(args, &home);

    if (r || (r = home_become(&home, ROLE_FETCHER)))
        return r;
    config.data = home.data;
    diag_init(&diag);
    r = fetcher_run(&config, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail(MSG_FAIL_FETCHER_ENDS) : EXIT_DONE;
}

static const struct option_row options[] = {
    CHILD_OPTIONS,
};
const struct command cmd_fetcher = {
    "fetcher", "",  MSG_HELP_FETCHER, options, ARRAY_LEN(options), 0, 0,
    run,       true};
