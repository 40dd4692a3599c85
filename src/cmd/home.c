#include "cmd/home.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int home_of(const struct arguments *args, struct home *ret)
{
    const char *data = args->values[HOME_DATA] ? args->values[HOME_DATA] : getenv("TSUJIBAN_DATA");

    if (!data || !*data) {
        return command_wrong(MSG_WRONG_HOME);
    }
    ret->data = data;
    ret->db = args->values[HOME_DB] ? args->values[HOME_DB] : data;
    return 0;
}

int home_become(const struct home *p, enum keeper_role role)
{
    struct keeper_users users;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = keeper_users_drop(p->data, role, &users, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? EXIT_FAILED : 0;
}

/* Behind a failure: whoever else may do it. */
static void tell_user(const struct home *p)
{
    struct passwd *owner;
    struct stat st;

    if (stat(p->data, &st)) {
        if (errno == EACCES)
            command_fail(MSG_FAIL_HOME_CLOSED, {"path", str_of(p->data)});
        return;
    }
    if (st.st_uid == geteuid())
        return;
    owner = getpwuid(st.st_uid);
    if (owner)
        command_fail(MSG_FAIL_HOME_USER, {"path", str_of(p->data)}, {"user", str_of(owner->pw_name)});
    else
        command_fail(MSG_FAIL_HOME_UID, {"path", str_of(p->data)}, {"user", NUMBER((unsigned long)st.st_uid)});
}

int home_starter_fd(const struct arguments *args)
{
    return args->values[CHILD_STARTER] ? 3 : -1;
}

int home_open(const struct home *p, enum store_role role, struct store **ret)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    r = store_open(p->db, role, ret, &diag);
    if (r) {
        command_print_diag(&diag);
        command_fail(r == STORE_E_NONE ? MSG_FAIL_NO_INSTALLATION : MSG_FAIL_STORE_OPEN, {"path", str_of(p->data)});
        tell_user(p);
    }
    diag_done(&diag);
    return r ? EXIT_FAILED : 0;
}

int home_keeper(const struct home *p, struct keeper_link **ret)
{
    STORE_AUTO *store = NULL;
    struct diag diag;
    int r = home_open(p, STORE_READ, &store); /* says plainly that there is none */

    if (r)
        return r;
    diag_init(&diag);
    r = keeper_link_open(p->data, p->db, false, ret, &diag);
    if (r)
        command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        tell_user(p);
    return r ? command_fail(MSG_FAIL_NOTHING_CHANGED) : 0;
}

static void print_problems(const json_t *problems)
{
    size_t i;
    json_t *p;

    json_array_foreach (problems, i, p)
        fprintf(stderr, "%s:%d:%d: %s\n", json_str(p, "file"), (int)json_int(p, "line"), (int)json_int(p, "col"),
                json_str(json_obj(p, "say"), message_lang_tag(home_language())));
}

enum message_lang home_language(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);

        if (value && *value)
            return !strncmp(value, "ja", 2) ? MESSAGE_JA : MESSAGE_EN;
    }
    return MESSAGE_EN;
}

int home_ask(struct keeper_link *link, json_t *message, json_t **ret_answer)
{
    JSON_AUTO *owned = message;
    JSON_AUTO *answer = NULL;
    const char *error;
    int r = owned ? keeper_ask(link, owned, &answer) : -ENOMEM;

    if (r == -ETIMEDOUT || r == -EPIPE)
        return command_fail(MSG_FAIL_KEEPER_SILENT);
    if (r == -ENOSPC)
        return command_fail(MSG_FAIL_TOO_MUCH);
    if (r)
        return command_fail(MSG_FAIL_KEEPER_NONE, {"why", str_of(command_why(-r))});
    if (json_flag(answer, "ok")) {
        *ret_answer = TAKE(answer);
        return EXIT_DONE;
    }
    error = json_str(answer, "error");
    print_problems(json_arr(answer, "problems"));
    command_fail_text(str_of(json_str(json_obj(answer, "say"), message_lang_tag(home_language()))));
    return !strcmp(error, "forbidden") || !strcmp(error, "second") || !strcmp(error, "shut") ? EXIT_FORBIDDEN : !strcmp(error, "not-yet") ? EXIT_NOT_YET : EXIT_FAILED;
}

int home_ask_whole(const struct home *p, const char *channel, struct store *snapshot, json_t **answer)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    JSON_AUTO *again = NULL;
    json_int_t allowed = *answer ? json_int(*answer, "confidentiality") : 0;
    int held = 0, r = snapshot ? engine_held_most(snapshot, &held) : 0;

    if (r)
        return command_fail(MSG_FAIL_HELD_READ);
    if ((r = home_keeper(p, &link)))
        return r;
    return home_ask(link, json_pack("{s:s, s:s, s:i, s:I}", "op", "whole-copy", "channel", channel, "held", held, "allowed", allowed), *answer ? &again : answer);
}
