/* `tsujiban clean FILE...`: copies without what could name somebody, a place, a time or a machine, and what was taken out of them. It works on
 * files alone: whether something may leave is asked elsewhere. */
#include "cmd/commands.h"
#include "cmd/findings.h"
#include "cmd/home.h"

#include "guard/clean.h"
#include "guard/examine.h"
#include "guard/outgoing.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPT_OUT, OPT_ACCEPT, OPT_JSON };

static struct str said(enum message_key key)
{
    return message_text(home_language(), key);
}

static void print_report(const char *name, const json_t *report)
{
    const char *verdict = json_str(report, "verdict");
    struct str why = findings_why(json_str(report, "why"));

    if (!strcmp(verdict, "cleaned"))
        printf("%s  %s  %" PRId64 " %s, sha256 %s\n", command_word(MSG_WORD_CLEANED), name, json_int(report, "size"), command_word(MSG_WORD_BYTES),
               json_str(report, "sha256"));
    else if (!strcmp(verdict, "not-cleaned"))
        printf("%s  %s: %.*s (%s)\n", command_word(MSG_WORD_NOT_CLEANED), name, STR_ARG(why), json_str(report, "format"));
    else
        printf("%s  %s: %.*s (%s)\n", command_word(MSG_WORD_REFUSED), name, STR_ARG(why), json_str(report, "format"));
    findings_print(json_arr(report, "removed"), MSG_CLEAN_WORD_REMOVED);
    findings_print(json_arr(report, "hidden"), MSG_CLEAN_WORD_HIDDEN);
    findings_print(json_arr(report, "left"), MSG_CLEAN_WORD_LEFT);
    if (!strcmp(verdict, "cleaned") && json_int(report, "width")) {
        struct str w = said(MSG_CLEAN_WORD_PICTURE);

        printf("  %.*s: %" PRId64 " x %" PRId64 "\n", STR_ARG(w), json_int(report, "width"),
               json_int(report, "height"));
    }
    if (*json_str(report, "said"))
        printf("  %s\n", json_str(report, "said"));
}

/* The copy in memory becomes a file. */
static int write_copy(int copy, const char *dir, const char *name)
{
    CLEANUP(outgoing_dropp) struct outgoing *out = NULL;
    struct diag diag;
    char piece[65536];
    off_t at = 0;
    ssize_t n = 0;
    int r = outgoing_begin(dir, name, &out);

    while (!r && (n = pread(copy, piece, sizeof(piece), at)) > 0) {
        r = outgoing_add(out, (struct str){piece, (size_t)n});
        at += n;
    }
    if (!r && n < 0)
        r = -errno;
    if (!r && !(r = outgoing_settle(out)))
        r = outgoing_name(out);
    if (!r)
        return EXIT_DONE;
    diag_init(&diag);
    outgoing_tell(&diag, name, r);
    command_print_diag(&diag);
    diag_done(&diag);
    return EXIT_FAILED;
}

static int status_of(const json_t *report)
{
    if (strcmp(json_str(report, "verdict"), "refused"))
        return EXIT_DONE;
    return strcmp(json_str(report, "why"), "no-sandbox") ? EXIT_NOT_YET : EXIT_FAILED;
}

static int clean_open(const struct arguments *args, int fd, const char *name, const char *shown)
{
    const struct clean_request q = {fd, name, args->values[OPT_ACCEPT] != NULL};
    JSON_AUTO *report = NULL;
    int copy = memfd_create("copy", MFD_CLOEXEC), r = copy < 0 ? -errno : 0, status;

    if (!r)
        r = clean(&q, copy, &report);
    status = r ? EXIT_FAILED : status_of(report);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    if (!r && status == EXIT_DONE)
        status = write_copy(copy, args->values[OPT_OUT], name);
    if (copy >= 0)
        close(copy);
    if (r)
        return command_fail_why(MSG_CONSOLE_CLEANED, shown, -r);
    if (status == EXIT_FAILED && strcmp(json_str(report, "verdict"), "refused"))
        return status; /* it was told why it could not be written */
    if (!args->values[OPT_JSON])
        print_report(shown, report);
    else if (json_dumpf(report, stdout, JSON_COMPACT) || putchar('\n') < 0)
        return command_fail(MSG_CONSOLE_REPORT);
    return status;
}

/* Names are whatever the sender likes: a terminal sees them escaped. */
static int clean_named(const struct arguments *args, int fd, const char *name)
{
    CLEANUP(buf_done) struct buf shown;

    buf_init(&shown, 8192);
    if (examine_name(name, &shown))
        return command_fail(MSG_CONSOLE_MEMORY);
    if (isatty(STDERR_FILENO)) {
        fputc('\r', stderr);
        command_print(stderr, MSG_SAID_CLEANING, MESSAGE_ARGS({"name", buf_str(&shown)}));
        fputs("\033[K", stderr);
    }
    return clean_open(args, fd, name, shown.at);
}

static int clean_one(const struct arguments *args, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash && slash[1] ? slash + 1 : path;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), r;

    if (fd < 0)
        return command_fail_why(MSG_CONSOLE_READ, path, errno);
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        r = command_fail_why(MSG_CONSOLE_NO_FILE, path, 0);
    else
        r = clean_named(args, fd, name);
    close(fd);
    return r;
}

static int run(const struct arguments *args)
{
    int worst = EXIT_DONE;

    if (!args->values[OPT_OUT]) {
        return command_wrong(MSG_WRONG_CLEAN);
    }
    for (size_t i = 0; i < args->n_rest; i++) {
        int r = clean_one(args, args->rest[i]);

        worst = r == EXIT_FAILED || worst == EXIT_FAILED ? EXIT_FAILED : MAX_OF(r, worst);
    }
    return worst;
}

static const struct option_row options[] = {
    {"--out", "DIR", MSG_OPTION_CLEAN_OUT},
    {"--accept-unsupported", NULL, MSG_OPTION_CLEAN_ACCEPT_UNSUPPORTED},
    {"--json", NULL, MSG_OPTION_CLEAN_JSON},
};
const struct command cmd_clean = {
    "clean",
    "FILE…",
    MSG_HELP_CLEAN,
    options,
    ARRAY_LEN(options),
    1,
    SIZE_MAX,
    run,
    false};
