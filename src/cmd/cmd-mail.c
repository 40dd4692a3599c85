/* `tsujiban mail set | show | test`: the server that mail goes through, and whether it does. The password never stands on a command
 * line or in the store: DATA/keys/smtp.password holds it. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "engine/mail-trouble.h"
#include "engine/mail.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEST_WAIT_S 60

/* ---- set ---- */

enum { OPT_SERVER = HOME_N, OPT_FROM, OPT_BASE, OPT_USER, OPT_PLAIN, OPT_TIMEOUT, OPT_OFF };

static const char *or_none(const char *text)
{
    return text ? text : "";
}

static int run_set(const struct arguments *args)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    JSON_AUTO *answer = NULL;
    bool is_off = args->values[OPT_OFF] != NULL;
    uint64_t timeout_s = MAIL_TIMEOUT_S;
    struct home home;
    int r = home_of(args, &home);

    if (r)
        return r;
    if (is_off == (args->values[OPT_SERVER] != NULL)) {
        return command_wrong(MSG_WRONG_MAIL);
    }
    if (args->values[OPT_TIMEOUT] &&
        str_to_u64(str_of(args->values[OPT_TIMEOUT]), 1, MAIL_TIMEOUT_MAX_S, &timeout_s)) {
        return command_wrong(MSG_WRONG_TIMEOUT, {"max", NUMBER(MAIL_TIMEOUT_MAX_S)});
    }
    if ((r = home_keeper(&home, &link)))
        return r;
    r = home_ask(link,
                 json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:i}", "op", "mail-set", "server",
                           or_none(args->values[OPT_SERVER]), "sender",
                           or_none(args->values[OPT_FROM]), "base", or_none(args->values[OPT_BASE]),
                           "user", or_none(args->values[OPT_USER]), "timeout",
                           (json_int_t)timeout_s, "plain", args->values[OPT_PLAIN] != NULL),
                 &answer);
    if (!r)
        command_say(is_off ? MSG_SAID_MAIL_OFF : MSG_SAID_MAIL_SET);
    return r;
}

static const struct option_row set_options[] = {
    HOME_OPTIONS,
    {"--server", "URL",
     MSG_OPTION_MAIL_SERVER},
    {"--from", "ADDRESS", MSG_OPTION_MAIL_FROM},
    {"--base", "URL", MSG_OPTION_MAIL_BASE},
    {"--user", "NAME",
     MSG_OPTION_MAIL_USER},
    {"--plain", NULL, MSG_OPTION_MAIL_PLAIN},
    {"--timeout", "SECONDS", MSG_OPTION_MAIL_TIMEOUT},
    {"--off", NULL, MSG_OPTION_MAIL_OFF},
};
const struct command cmd_mail_set = {"mail set",
                                     "",
                                     MSG_HELP_MAIL_SET,
                                     set_options,
                                     ARRAY_LEN(set_options),
                                     0,
                                     0,
                                     run_set,
                                     false};

/* ---- show ---- */

static int print_setting(struct store *store, const char *key)
{
    ROWS_AUTO *row = NULL;
    char name[32];
    int r;

    snprintf(name, sizeof(name), "mail.%s", key);
    r = STORE_ONE(store, &row, STMT_META_GET, V_TEXT(name));
    if (r && r != STORE_E_NONE)
        return r;
    printf("%-8s %s\n", key, r || !*rows_text(row, 0) ? "-" : rows_text(row, 0));
    return 0;
}

static int run_show(const struct arguments *args)
{
    static const char *const keys[] = {"server", "sender", "base", "user", "plain", "timeout"};
    STORE_AUTO *store = NULL;
    ROWS_AUTO *rows = NULL;
    struct home home;
    int r = home_of(args, &home);

    if (r || (r = home_open(&home, STORE_READ, &store)))
        return r;
    for (size_t i = 0; !r && i < ARRAY_LEN(keys); i++)
        r = print_setting(store, keys[i]);
    if (!r)
        r = STORE_QUERY(store, &rows, STMT_OUTBOX_COUNT);
    while (!r && (r = rows_next(rows)) == 1) {
        printf("%-8s %lld\n", rows_text(rows, 0), (long long)rows_int(rows, 1));
        r = 0;
    }
    return r ? command_fail(MSG_FAIL_SETTINGS_READ) : EXIT_DONE;
}

static const struct option_row show_options[] = {HOME_OPTIONS};
const struct command cmd_mail_show = {
    "mail show",
    "",
    MSG_HELP_MAIL_SHOW,
    show_options,
    ARRAY_LEN(show_options),
    0,
    0,
    run_show,
    false};

/* ---- test ---- */

static int tell_trouble(const char *state, struct str kept)
{
    enum message_key key;
    struct str words = kept;

    if (!mail_trouble_read(kept, &key, &words))
        return command_fail(MSG_FAIL_VALUE_BAD, {"given", str_of(state)}, {"why", words});
    return command_fail(MSG_FAIL_MAIL_STATE, {"state", str_of(state)}, {"meaning", message_text(home_language(), key)}, {"words", words});
}

/* -1: not settled yet. */
static int print_outcome(struct store *store, int64_t id)
{
    ROWS_AUTO *row = NULL;
    const char *state;

    if (STORE_ONE(store, &row, STMT_OUTBOX_GET, V_INT(id)))
        return -1;
    state = rows_text(row, 3);
    if (!strcmp(state, "sent")) {
        command_say(MSG_SAID_SENT);
        return EXIT_DONE;
    }
    if (!strcmp(state, "begun") || (!strcmp(state, "waiting") && !rows_int(row, 6)))
        return -1;
    return tell_trouble(state, rows_str(row, 8));
}

static int run_test(const struct arguments *args)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    STORE_AUTO *store = NULL;
    JSON_AUTO *answer = NULL;
    struct timespec step = {0, 200000000L};
    struct home home;
    int r = home_of(args, &home);

    if (r || (r = home_open(&home, STORE_READ, &store)) || (r = home_keeper(&home, &link)) ||
        (r = home_ask(link, json_pack("{s:s, s:s}", "op", "mail-test", "person", args->rest[0]),
                      &answer)))
        return r;
    for (int i = 0; i < TEST_WAIT_S * 5; i++) {
        if ((r = print_outcome(store, json_int(answer, "id"))) >= 0)
            return r;
        nanosleep(&step, NULL);
    }
    return command_fail(MSG_FAIL_OUTBOX_WAITS);
}

static const struct option_row test_options[] = {HOME_OPTIONS};
const struct command cmd_mail_test = {"mail test",
                                      "PERSON",
                                      MSG_HELP_MAIL_TEST,
                                      test_options,
                                      ARRAY_LEN(test_options),
                                      1,
                                      1,
                                      run_test,
                                      false};
