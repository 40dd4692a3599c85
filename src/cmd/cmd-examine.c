/* `tsujiban examine FILE...`: what is in files, down to the last member, and whether it may be taken in. Nothing is kept of it. */
#include "cmd/commands.h"
#include "cmd/examined.h"
#include "cmd/findings.h"
#include "cmd/scanner.h"
#include "cmd/secret-file.h"

#include "guard/examiner.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPT_SCANNER, OPT_STREAM, OPT_PASSWORD, OPT_JSON };

static void print_member(const json_t *m)
{
    const char *verdict = json_str(m, "verdict"), *digest = json_str(m, "sha256");

    printf("  %s\n    ", json_str(m, "name"));
    if (*digest)
        printf("%s, %" PRId64 " %s, sha256 %s", json_str(m, "type"), json_int(m, "size"), command_word(MSG_WORD_BYTES),
               digest);
    else
        printf("%s", command_word(MSG_WORD_NOT_WHOLE));
    if (!strcmp(verdict, "infected"))
        printf(", %s %s", command_word(MSG_WORD_INFECTED_BY), json_str(m, "found"));
    if (json_flag(m, "macros"))
        printf(", %s", command_word(MSG_WORD_MACROS));
    putchar('\n');
    findings_print(json_arr(m, "metadata"), MSG_EXAMINE_METADATA);
    findings_print(json_arr(m, "hidden"), MSG_CLEAN_WORD_HIDDEN);
}

void examined_print(const json_t *report)
{
    const char *verdict = json_str(report, "verdict");
    const struct str why = scanner_reason(json_str(report, "why"));
    const json_t *m;
    size_t i;

    if (!strcmp(verdict, "clean"))
        printf("%s  %s\n", command_word(MSG_WORD_CLEAN), *json_str(report, "scanner") ? json_str(report, "scanner") : "");
    else if (!strcmp(verdict, "infected"))
        printf("%s  %s %s %s\n", command_word(MSG_WORD_INFECTED), json_str(report, "found"), command_word(MSG_WORD_IN), json_str(report, "place"));
    else
        printf("%s  %s: %.*s\n", command_word(MSG_WORD_NOT_EXAMINABLE), json_str(report, "place"), STR_ARG(why));
    json_array_foreach (json_arr(report, "members"), i, m)
        print_member(m);
}

int examined_status(const json_t *report)
{
    const char *verdict = json_str(report, "verdict");

    return !strcmp(verdict, "clean")      ? EXIT_DONE
           : !strcmp(verdict, "infected") ? EXIT_FORBIDDEN
                                          : EXIT_NOT_YET;
}

int examined_worse(int a, int b)
{
    return a == EXIT_FAILED || b == EXIT_FAILED         ? EXIT_FAILED
           : a == EXIT_FORBIDDEN || b == EXIT_FORBIDDEN ? EXIT_FORBIDDEN
                                                        : MAX_OF(a, b);
}

int examined_file(const char *path, const char *scanner, const char *password, bool is_drawn, const struct examine_limits *limits,
                  json_t **ret_report)
{
    const char *slash = strrchr(path, '/');
    struct examine_input in = {.name = slash && slash[1] ? slash + 1 : path, .password = password, .is_drawn = is_drawn};
    struct stat st;
    int r;

    in.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (in.fd < 0)
        return command_fail_why(MSG_CONSOLE_READ, path, errno);
    if (fstat(in.fd, &st) || !S_ISREG(st.st_mode)) {
        close(in.fd);
        return command_fail_why(MSG_CONSOLE_NO_FILE, path, 0);
    }
    r = examiner_run(scanner ? scanner : CLAMD_SOCKET, &in, limits, ret_report);
    close(in.fd);
    return r ? command_fail_why(MSG_CONSOLE_EXAMINED, path, -r) : 0;
}

static int examine_one(const struct arguments *args, const char *path, const char *password,
                       const struct examine_limits *limits)
{
    JSON_AUTO *report = NULL;
    int r = examined_file(path, args->values[OPT_SCANNER], password, false, limits, &report);

    if (r)
        return r;
    if (args->values[OPT_JSON])
        r = json_dumpf(report, stdout, JSON_COMPACT) || putchar('\n') < 0
                ? command_fail(MSG_CONSOLE_REPORT)
                : 0;
    else
        examined_print(report);
    return r ? r : examined_status(report);
}

/* The worst of all files counts. */
static int run(const struct arguments *args)
{
    struct examine_limits limits = examine_limits_default;
    CLEANUP(buf_wipe) struct buf password;
    int worst = EXIT_DONE;

    buf_init(&password, EXAMINE_PASSWORD_MAX + 1);
    if (scanner_stream_max(args->values[OPT_STREAM], &limits.stream_max))
        return EXIT_USAGE;
    if (args->values[OPT_PASSWORD] &&
        secret_file_read(args->values[OPT_PASSWORD], MSG_WORD_PASSWORD, EXAMINE_PASSWORD_MAX, &password))
        return EXIT_FAILED;
    for (size_t i = 0; i < args->n_rest; i++) {
        int r = examine_one(args, args->rest[i], args->values[OPT_PASSWORD] ? password.at : NULL,
                            &limits);

        worst = examined_worse(r, worst);
    }
    return worst;
}

static const struct option_row options[] = {
    {"--scanner", "SOCKET", MSG_OPTION_SCANNER},
    {"--stream-max", "MIB",
     MSG_OPTION_EXAMINE_STREAM_MAX},
    {"--password-file", "FILE", MSG_OPTION_EXAMINE_PASSWORD_FILE},
    {"--json", NULL, MSG_OPTION_CLEAN_JSON},
};
const struct command cmd_examine = {"examine",
                                    "FILE…",
                                    MSG_HELP_EXAMINE,
                                    options,
                                    ARRAY_LEN(options),
                                    1,
                                    SIZE_MAX,
                                    run,
                                    false};
