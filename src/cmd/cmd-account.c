/* `tsujiban account code`: a one-time code takes two persons, and the one at the console may be one of them. So the second
 * account of an installation, whose first administrator has nobody yet who could approve, gets its code as well. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include <stdio.h>

static int run_code(const struct arguments *args)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    JSON_AUTO *answer = NULL;
    struct home home;
    int r = home_of(args, &home);

    if (r || (r = home_keeper(&home, &link)))
        return r;
    r = home_ask(link, json_pack("{s:s, s:s}", "op", "reset-propose", "login", args->rest[0]), &answer);
    if (!r)
        command_say(MSG_SAID_CODE_PROPOSED, {"login", str_of(args->rest[0])});
    return r;
}

static const struct option_row code_options[] = {HOME_OPTIONS};
const struct command cmd_account_code = {"account code", "LOGIN", MSG_HELP_ACCOUNT_CODE,
                                         code_options, ARRAY_LEN(code_options), 1, 1, run_code, false};
