/* `tsujiban examine FILE...`: what is in files, down to the last member, and whether it may be taken in. Nothing is kept of it. */
#include "cmd/commands.h"
#include "cmd/examined.h"
#include "cmd/findings.h"
#include "cmd/scanner.h"
#include "cmd/secret-file.h"

#include "guard/examiner.h"

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
        printf("%s, %" PRId64 " bytes, sha256 %s", json_str(m, "type"), json_int(m, "size"),
               digest);
    else
        printf("not read to the end");
    if (!strcmp(verdict, "infected"))
        printf(", infected: %s", json_str(m, "found"));
    if (json_flag(m, "macros"))
        printf(", holds macros");
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
        printf("CLEAN  %s\n", *json_str(report, "scanner") ? json_str(report, "scanner") : "");
    else if (!strcmp(verdict, "infected"))
        printf("INFECTED  %s in %s\n", json_str(report, "found"), json_str(report, "place"));
    else
        printf("NOT EXAMINABLE  %s: %.*s\n", json_str(report, "place"), STR_ARG(why));
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
        return command_fail("%s cannot be read: %m", path);
    if (fstat(in.fd, &st) || !S_ISREG(st.st_mode)) {
        close(in.fd);
        return command_fail("%s is not a file; name a regular file", path);
    }
    r = examiner_run(scanner ? scanner : CLAMD_SOCKET, &in, limits, ret_report);
    close(in.fd);
    return r ? command_fail("%s cannot be examined: %s", path, strerror(-r)) : 0;
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
                ? command_fail("the report cannot be written")
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
        secret_file_read(args->values[OPT_PASSWORD], "password", EXAMINE_PASSWORD_MAX, &password))
        return EXIT_FAILED;
    for (size_t i = 0; i < args->n_rest; i++) {
        int r = examine_one(args, args->rest[i], args->values[OPT_PASSWORD] ? password.at : NULL,
                            &limits);

        worst = examined_worse(r, worst);
    }
    return worst;
}

static const struct option_row options[] = {
    {"--scanner", "SOCKET", "clamd's socket; without it " CLAMD_SOCKET},
    {"--stream-max", "MIB",
     "what the scanner takes in one piece: its StreamMaxLength; without it 25"},
    {"--password-file", "FILE", "its first line is tried on what is encrypted"},
    {"--json", NULL, "the whole report, one line a file"},
};
const struct command cmd_examine = {"examine",
                                    "FILE…",
                                    "Says what is in files and whether they may be taken in",
                                    options,
                                    ARRAY_LEN(options),
                                    1,
                                    SIZE_MAX,
                                    run,
                                    false};
