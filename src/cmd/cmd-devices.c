/* `tsujiban devices require`: whether pages and API answer registered devices alone (doc/design/information.md, DV2). From the console, so that nobody locks himself
 * out by a page. */
#include "cmd/commands.h"
#include "cmd/home.h"

enum { OPT_OFF = HOME_N };

static int run(const struct arguments *args)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    JSON_AUTO *answer = NULL;
    bool is_on = !args->values[OPT_OFF];
    struct home home;
    int r = home_of(args, &home);

    if (r || (r = home_keeper(&home, &link)))
        return r;
    r = home_ask(link, json_pack("{s:s, s:i}", "op", "devices-require", "on", is_on), &answer);
    if (!r)
        command_say(is_on ? MSG_SAID_DEVICES_ON : MSG_SAID_DEVICES_OFF);
    return r;
}

static const struct option_row options[] = {
    HOME_OPTIONS,
    {"--off", NULL, MSG_OPTION_DEVICES_OFF},
};
const struct command cmd_devices_require = {"devices require", "", MSG_HELP_DEVICES_REQUIRE, options, ARRAY_LEN(options), 0, 0, run, false};
