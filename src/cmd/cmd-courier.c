/* `tsujiban courier`: the process that carries mail out. Started by `serve`, not by people. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "outward/courier.h"

static int run(const struct arguments *args)
{
    struct courier_config config = {.starter_fd = home_starter_fd(args)};
    struct home home;
    struct diag diag;
    int r = home_of(args, &home);

    if (r || (r = home_become(&home, ROLE_COURIER)))
        return r;
    config.data = home.data;
    config.db = home.db;
    diag_init(&diag);
    r = courier_run(&config, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail(MSG_FAIL_COURIER_ENDS) : EXIT_DONE;
}

static const struct option_row options[] = {
    CHILD_OPTIONS,
};
const struct command cmd_courier = {
    "courier", "",  MSG_HELP_COURIER, options, ARRAY_LEN(options), 0, 0,
    run,       true};
