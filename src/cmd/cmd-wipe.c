/* `tsujiban wipe PATH`: a medium without what lay on it. It works on the path alone: whether a medium may be wiped is asked elsewhere. */
#include "cmd/commands.h"
#include "cmd/home.h"
#include "cmd/progress.h"

#include "guard/wipe.h"

#include <inttypes.h>
#include <stdio.h>

enum { OPT_YES, OPT_FILES_ONLY, OPT_JSON };

static void print_amount(const json_t *report, enum message_key key)
{
    command_say(key, {"what", str_of(json_str(report, "what"))}, {"files", INTEGER(json_int(report, "files"))}, {"others", INTEGER(json_int(report, "others"))},
                {"bytes", INTEGER(json_int(report, "overwritten"))}, {"free", INTEGER(json_int(report, "free"))});
}

static void print_promise(const json_t *report)
{
    struct str s = message_text(home_language(),
                                json_flag(report, "is_sure") ? MSG_WIPE_SURE : MSG_WIPE_NOT_SURE);

    printf("  %s: %.*s\n", json_str(report, "medium"), STR_ARG(s));
}

static int print_report(const struct arguments *args, const json_t *report)
{
    bool is_wiped = args->values[OPT_YES] != NULL;

    if (args->values[OPT_JSON])
        return json_dumpf(report, stdout, JSON_COMPACT) || putchar('\n') < 0
                   ? command_fail(MSG_CONSOLE_REPORT)
                   : 0;
    print_amount(report, is_wiped ? MSG_SAID_WIPED : MSG_SAID_WIPE_WOULD);
    if (is_wiped)
        print_promise(report);
    else
        command_say(MSG_SAID_WIPE_YES);
    return 0;
}

static int run(const struct arguments *args)
{
    struct progress progress;
    const struct wipe_request q = {
        args->rest[0], args->values[OPT_FILES_ONLY] != NULL, {progress_tell, &progress}};
    JSON_AUTO *report = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    progress_begin(&progress, command_word(MSG_PROGRESS_WIPING));
    r = args->values[OPT_YES] ? wipe(&q, &report, &diag) : wipe_look(&q, &report, &diag);
    progress_end(&progress);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r < 0)
        return command_fail(MSG_CONSOLE_MEMORY);
    if (r == WIPE_E_FAILED)
        return command_fail(MSG_FAIL_WIPED_NOT, {"path", str_of(q.path)});
    if (r || print_report(args, report))
        return EXIT_FAILED;
    return args->values[OPT_YES] ? EXIT_DONE : EXIT_NOT_YET;
}

static const struct option_row options[] = {
    {"--yes", NULL, MSG_OPTION_WIPE_YES},
    {"--files-only", NULL,
     MSG_OPTION_WIPE_FILES_ONLY},
    {"--json", NULL, MSG_OPTION_SEAL_JSON},
};
const struct command cmd_wipe = {
    "wipe",
    "PATH",
    MSG_HELP_WIPE,
    options,
    ARRAY_LEN(options),
    1,
    1,
    run,
    false};
/* The same under the gate's name; it asks for no act. */
const struct command cmd_media_wipe = {"media wipe", "PATH", MSG_HELP_MEDIA_WIPE, options, ARRAY_LEN(options), 1, 1, run, false};
