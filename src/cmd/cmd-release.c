/* `tsujiban release preview FILE…`: what would leave, before anybody signs it (R2 of doc/design/information.md): members, metadata and hidden things as
 * the examiner sees them, and names that look like colleagues' or, from a list, like those of people in the case. Nothing is kept or entered. */
#include "cmd/commands.h"
#include "cmd/examined.h"
#include "cmd/home.h"
#include "cmd/scanner.h"
#include "cmd/secret-file.h"

#include "base/file.h"
#include "force/force.h"
#include "guard/name-search.h"

#include <stdio.h>
#include <string.h>

#define NAMES_MOST ((size_t)8 << 20)

enum { OPT_NAMES = HOME_N, OPT_SCANNER, OPT_STREAM, OPT_PASSWORD };

static int add_force(const struct home *home, struct name_search *names)
{
    CLEANUP(force_unrefp) struct force *force = NULL;
    const struct person *const *persons;
    struct store *store = NULL;
    struct diag diag;
    size_t n = 0;
    int r = home_open(home, STORE_READ, &store);

    if (r)
        return r;
    diag_init(&diag);
    r = force_load_store(store, &force, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    store_close(store);
    if (r)
        return command_fail(MSG_FAIL_FORCE_READ);
    persons = force_persons(force, &n);
    for (size_t i = 0; !r && i < n; i++) {
        r = name_search_add(names, str_of(persons[i]->name), "staff");
        if (!r)
            r = name_search_add(names, str_of(persons[i]->name_en), "staff");
    }
    return r ? command_fail(MSG_FAIL_NAMES_MANY) : 0;
}

/* One name a line. */
static int add_list(const char *path, struct name_search *names)
{
    CLEANUP(buf_wipe) struct buf text;
    struct str rest, line;
    struct diag diag;
    int r;

    buf_init(&text, NAMES_MOST);
    diag_init(&diag);
    r = file_read(path, NAMES_MOST, &text, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return command_fail(MSG_FAIL_NAMES_READ, {"path", str_of(path)});
    rest = buf_str(&text);
    while (!r && str_split(&rest, '\n', &line))
        r = name_search_add(names, str_trim(line), "case");
    return r ? command_fail(MSG_FAIL_NAMES_FILE, {"path", str_of(path)}) : 0;
}

static int look(const struct name_search *names, const char *text, json_t *found)
{
    int r = name_search_in(names, str_of(text), found);

    return r < 0 ? command_fail(MSG_CONSOLE_MEMORY) : 0;
}

static int look_at_findings(const struct name_search *names, const json_t *list, json_t *found)
{
    const json_t *o;
    size_t i;
    int r = 0;

    json_array_foreach (list, i, o)
        r = r ? r : look(names, json_str(o, "value"), found);
    return r;
}

/* *ret_all: the text of nothing but pictures and the like was left out. */
static int look_at_report(const struct name_search *names, const json_t *report, json_t *found, bool *ret_all)
{
    const json_t *members = json_arr(report, "members"), *m;
    size_t i;
    int r = 0;

    *ret_all = true;
    json_array_foreach (members, i, m) {
        r = r ? r : look(names, json_str(m, "name"), found);
        r = r ? r : look_at_findings(names, json_arr(m, "metadata"), found);
        r = r ? r : look_at_findings(names, json_arr(m, "hidden"), found);
        r = r ? r : look(names, json_str(m, "text"), found);
        *ret_all = *ret_all && (!json_object_get(m, "drawn") || !strcmp(json_str(m, "drawn"), "all"));
    }
    return r;
}

static void say(enum message_key key, const struct message_arg *args, size_t n)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 4096);
    if (!message_print_args(&text, home_language(), key, args, n))
        printf("    %.*s\n", STR_ARG(buf_str(&text)));
}

static void print_names(const json_t *found, bool is_all)
{
    const json_t *o;
    size_t i;

    json_array_foreach (found, i, o)
        say(!strcmp(json_str(o, "kind"), "staff") ? MSG_RELEASE_NAME_STAFF : MSG_RELEASE_NAME_CASE, MESSAGE_ARGS({"name", str_of(json_str(o, "name"))}));
    if (!is_all)
        say(MSG_RELEASE_NAMES_PARTLY, NULL, 0);
}

static bool tells_more(const json_t *report)
{
    const json_t *m;
    size_t i;

    json_array_foreach (json_arr(report, "members"), i, m)
        if (json_array_size(json_arr(m, "metadata")) || json_array_size(json_arr(m, "hidden")) || json_flag(m, "macros"))
            return true;
    return false;
}

static int preview(const struct arguments *args, const char *path, const struct name_search *names, const struct examine_limits *limits,
                   const char *password)
{
    JSON_AUTO *report = NULL;
    JSON_AUTO *found = json_array();
    bool is_all;
    int r = found ? examined_file(path, args->values[OPT_SCANNER], password, true, limits, &report) : command_fail(MSG_CONSOLE_MEMORY);

    if (r || (r = look_at_report(names, report, found, &is_all)))
        return r;
    examined_print(report);
    print_names(found, is_all);
    say(MSG_RELEASE_SAME_ALONE, NULL, 0);
    r = examined_status(report);
    return r ? r : json_array_size(found) || tells_more(report) ? EXIT_NOT_YET : EXIT_DONE;
}

static int run(const struct arguments *args)
{
    struct examine_limits limits = examine_limits_default;
    CLEANUP(name_search_freep) struct name_search *names = NULL;
    CLEANUP(buf_wipe) struct buf password;
    struct home home;
    int worst = EXIT_DONE, r = home_of(args, &home);

    buf_init(&password, EXAMINE_PASSWORD_MAX + 1);
    if (r || (r = scanner_stream_max(args->values[OPT_STREAM], &limits.stream_max)))
        return r;
    if (args->values[OPT_PASSWORD] && (r = secret_file_read(args->values[OPT_PASSWORD], MSG_WORD_PASSWORD, EXAMINE_PASSWORD_MAX, &password)))
        return r;
    if (name_search_new(&names))
        return command_fail(MSG_CONSOLE_MEMORY);
    if ((r = add_force(&home, names)) || (args->values[OPT_NAMES] && (r = add_list(args->values[OPT_NAMES], names))))
        return r;
    for (size_t i = 0; i < args->n_rest; i++)
        worst = examined_worse(preview(args, args->rest[i], names, &limits, args->values[OPT_PASSWORD] ? password.at : NULL), worst);
    return worst;
}

static const struct option_row options[] = {
    HOME_OPTIONS,
    {"--names", "FILE", MSG_OPTION_RELEASE_NAMES},
    {"--scanner", "SOCKET", MSG_OPTION_SCANNER},
    {"--stream-max", "MIB", MSG_OPTION_EXAMINE_STREAM_MAX},
    {"--password-file", "FILE", MSG_OPTION_EXAMINE_PASSWORD_FILE},
};
const struct command cmd_release_preview = {"release preview",
                                            "FILE…",
                                            MSG_HELP_RELEASE_PREVIEW,
                                            options,
                                            ARRAY_LEN(options),
                                            1,
                                            SIZE_MAX,
                                            run,
                                            false};
