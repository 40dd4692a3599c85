/* `tsujiban init`: an empty installation and its first administrator, who gets a one-time code and no default password. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "force/account.h"
#include "keeper/install.h"

#include <stdio.h>
#include <string.h>

enum { OPT_NAME = HOME_N, OPT_NAME_EN, OPT_ORIGIN, OPT_ADMIN, OPT_DEMO };

static int make(const struct arguments *args, const struct home *home)
{
    struct install_config c = {.data = home->data,
                               .db = home->db,
                               .name_ja = args->values[OPT_NAME],
                               .name_en = args->values[OPT_NAME_EN] ? args->values[OPT_NAME_EN] : args->values[OPT_NAME],
                               .origin = args->values[OPT_ORIGIN] ? args->values[OPT_ORIGIN] : "tsujiban.example/main"};
    struct diag diag;
    int r;

    if (args->values[OPT_DEMO]) {
        c.clock.kind = CLOCK_DEMONSTRATION;
        c.clock.real_us = clock_real_us();
        if (instant_parse(str_of(args->values[OPT_DEMO]), &c.clock.set_us)) {
            return command_wrong(MSG_WRONG_INSTANT, {"given", str_of(args->values[OPT_DEMO])});
        }
    }
    diag_init(&diag);
    r = install_create(&c, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r == INSTALL_E_EXISTS)
        return command_fail(MSG_FAIL_INSTALLED);
    return r ? command_fail(MSG_FAIL_INSTALL_NONE) : EXIT_DONE;
}

static int add_administrator(const struct home *home, const char *login)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    JSON_AUTO *answer = NULL;
    int r = home_keeper(home, &link);

    if (r)
        return r;
    r = home_ask(link, json_pack("{s:s, s:s, s:s, s:s}", "op", "account-add", "login", login, "person", login, "rights",
                                  "administrator"),
                  &answer);
    if (r)
        return r;
    command_say(MSG_SAID_INSTALLED, {"login", str_of(login)}, {"code", str_of(json_str(answer, "code"))});
    return EXIT_DONE;
}

static int run(const struct arguments *args)
{
    const char *login = args->values[OPT_ADMIN] ? args->values[OPT_ADMIN] : "admin";
    char normal[ACCOUNT_LOGIN_MAX + 1];
    struct home home;
    int r = home_of(args, &home);

    if (r || (r = home_become(&home, KEEPER_ROLES)))
        return r;
    if (!args->values[OPT_NAME]) {
        return command_wrong(MSG_WRONG_FORCE_NAME);
    }
    if ((r = login_normal(str_of(login), normal)) < 0)
        return command_fail_text(str_of(command_why(-r)));
    if (r) {
        return command_wrong(MSG_WRONG_LOGIN, {"given", str_of(login)}, {"max", NUMBER(ACCOUNT_LOGIN_MAX)});
    }
    r = make(args, &home);
    return r ? r : add_administrator(&home, normal);
}

static const struct option_row options[] = {
    HOME_OPTIONS,
    {"--name", "TEXT", MSG_OPTION_INIT_NAME},
    {"--name-en", "TEXT", MSG_OPTION_INIT_NAME_EN},
    {"--origin", "NAME", MSG_OPTION_INIT_ORIGIN},
    {"--admin", "LOGIN", MSG_OPTION_INIT_ADMIN},
    {"--demonstration-clock", "INSTANT", MSG_OPTION_INIT_DEMONSTRATION_CLOCK},
};
const struct command cmd_init = {"init", "", MSG_HELP_INIT, options,
                                 ARRAY_LEN(options), 0, 0, run, false};
