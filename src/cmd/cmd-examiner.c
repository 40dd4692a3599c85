/* `tsujiban examiner`: the process that looks into foreign files. Started by whoever wants one examined, not by people. */
#include "cmd/commands.h"

#include "guard/examiner.h"

static int run(const struct arguments *args)
{
    examiner_main();
}

const struct command cmd_examiner = {
    EXAMINER_WORD, "",  MSG_HELP_FILE_EXAMINER, NULL, 0, 0, 0,
    run,           true};
