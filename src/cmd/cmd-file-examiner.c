/* `tsujiban file-examiner`: the process that has files examined. Started by `serve`, not by people. */
#include "cmd/commands.h"
#include "cmd/home.h"
#include "cmd/scanner.h"

#include "guard/examiner.h"
#include "guard/file-courier.h"

enum { OPT_SCANNER = CHILD_STARTER + 1, OPT_STREAM };

static int run(const struct arguments *args)
{
    struct file_courier_config config = {.starter_fd = home_starter_fd(args)};
    struct home home;
    struct diag diag;
    int r = home_of(args, &home);

    if (r || (r = home_become(&home, ROLE_EXAMINER)))
        return r;
    if ((r = scanner_stream_max(args->values[OPT_STREAM], &config.stream_max)))
        return r;
    config.data = home.data;
    config.db = home.db;
    config.scanner = args->values[OPT_SCANNER] ? args->values[OPT_SCANNER] : CLAMD_SOCKET;
    diag_init(&diag);
    r = file_courier_run(&config, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail(MSG_FAIL_FILE_EXAMINER_ENDS) : EXIT_DONE;
}

static const struct option_row options[] = {
    CHILD_OPTIONS,
    {"--scanner", "SOCKET", MSG_OPTION_SCANNER},
    {"--stream-max", "MIB", MSG_OPTION_FILE_EXAMINER_STREAM_MAX},
};
const struct command cmd_file_examiner = {
    "file-examiner", "",  MSG_HELP_FILE_EXAMINER, options, ARRAY_LEN(options), 0, 0,
    run,       true};
