/* `tsujiban mail check FILE`: whether a message may leave, before it is sent. Nothing is kept of it. */
#include "cmd/commands.h"
#include "cmd/home.h"
#include "cmd/mail-rules.h"

#include "guard/examiner.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPT_CONFIG, OPT_JSON };

static const char *words_of(const json_t *finding, const char *key)
{
    return json_str(json_obj(finding, key), message_lang_tag(home_language()));
}

static void print_done(const json_t *judgement)
{
    CLEANUP(buf_done) struct buf text;
    char sealed[24], outside[24];

    buf_init(&text, SIZE_MAX);
    snprintf(sealed, sizeof(sealed), "%" PRId64, json_int(judgement, "sealed"));
    snprintf(outside, sizeof(outside), "%" PRId64, json_int(judgement, "outside"));
    if (!message_print(&text, home_language(), MSG_MAIL_GATE_DONE, {"sealed", str_of(sealed)},
                       {"outside", str_of(outside)}))
        printf("%s  %s\n", command_word(MSG_WORD_DONE), text.at);
}

static int print_judgement(const char *path, const json_t *judgement)
{
    struct str satisfy = message_text(home_language(), MSG_MAIL_GATE_WOULD_SATISFY);
    const char *verdict = json_str(judgement, "verdict");
    const json_t *f;
    size_t i;

    if (!strcmp(verdict, "allowed")) {
        print_done(judgement);
        return EXIT_DONE;
    }
    printf("%s (%s)  %s\n", command_word(MSG_WORD_REFUSED), command_word(!strcmp(verdict, "not-yet") ? MSG_WORD_NOT_YET : MSG_WORD_FORBIDDEN), path);
    json_array_foreach (json_arr(judgement, "findings"), i, f) {
        const char *satisfies = words_of(f, "satisfies");

        printf("  %-9s %s\n", json_str(f, "clause"), words_of(f, "words"));
        if (*satisfies)
            printf("            %.*s %s\n", STR_ARG(satisfy), satisfies);
    }
    return !strcmp(verdict, "not-yet") ? EXIT_NOT_YET : EXIT_FORBIDDEN;
}

static int fail_unreadable(const char *path, const json_t *report)
{
    CLEANUP(buf_done) struct buf why;
    CLEANUP(buf_done) struct buf text;

    buf_init(&why, SIZE_MAX);
    buf_init(&text, SIZE_MAX);
    return mail_why_print(report, home_language() == MESSAGE_EN, &why) ||
                   message_print(&text, home_language(), MSG_MAIL_GATE_NOT_JUDGED, {"file", str_of(path)}, {"why", buf_str(&why)})
               ? command_fail(MSG_CONSOLE_MEMORY)
               : command_fail_text(buf_str(&text));
}

static int print_json(const json_t *report, const json_t *judgement)
{
    JSON_AUTO *both = json_pack("{s:O, s:O}", "message", report, "judgement", judgement);

    return both && !json_dumpf(both, stdout, JSON_COMPACT) && putchar('\n') >= 0
               ? 0
               : command_fail(MSG_CONSOLE_REPORT);
}

static int check(const struct arguments *args, int fd, const struct mail_rules *rules)
{
    JSON_AUTO *report = NULL, *judgement = NULL;
    const char *path = args->rest[0];
    int r = examiner_mail(rules->scanner, fd, &examine_limits_default, &report), status;

    if (r)
        return command_fail_why(MSG_CONSOLE_READ, path, -r);
    if (strcmp(json_str(report, "verdict"), "read") != 0)
        return fail_unreadable(path, report);
    if (mail_judge(report, NULL, rules, &judgement))
        return command_fail(MSG_CONSOLE_MEMORY);
    if (!args->values[OPT_JSON])
        return print_judgement(path, judgement);
    status = !strcmp(json_str(judgement, "verdict"), "allowed")   ? EXIT_DONE
             : !strcmp(json_str(judgement, "verdict"), "not-yet") ? EXIT_NOT_YET
                                                                  : EXIT_FORBIDDEN;
    r = print_json(report, judgement);
    return r ? r : status;
}

static int run(const struct arguments *args)
{
    CLEANUP(mail_rules_done) struct mail_rules rules = {0};
    const char *path = args->rest[0];
    struct stat st;
    int fd, r = mail_rules_load(args->values[OPT_CONFIG], &rules);

    if (r)
        return r;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return command_fail_why(MSG_CONSOLE_READ, path, errno);
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        r = command_fail_why(MSG_CONSOLE_NO_FILE, path, 0);
    else
        r = check(args, fd, &rules);
    close(fd);
    return r;
}

static const struct option_row options[] = {
    {"--config", "FILE", MSG_OPTION_MAIL_CHECK_CONFIG},
    {"--json", NULL, MSG_OPTION_MAIL_CHECK_JSON},
};
const struct command cmd_mail_check = {"mail check",
                                       "FILE",
                                       MSG_HELP_MAIL_CHECK,
                                       options,
                                       ARRAY_LEN(options),
                                       1,
                                       1,
                                       run,
                                       false};
