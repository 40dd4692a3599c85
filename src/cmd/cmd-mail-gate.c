/* `tsujiban mail-gate`: the milter that a relay asks about each message. Runs until it is told to end. */
#include "cmd/commands.h"
#include "cmd/mail-rules.h"

#include "guard/mail-gate.h"
#include "outward/cover.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_LISTEN, OPT_CONFIG, OPT_DATA, OPT_ALONE };

static void tell(const char *id, const char *outcome, const char *words)
{
    fprintf(stderr, "tsujiban mail-gate: %s: %s%s%s\n", *id ? id : "-", outcome, *words ? " " : "",
            words);
}

/* In Japanese, as its answers are: whoever receives it is seldom asked for his language. */
static int make_cover(const json_t *cover, struct buf *ret_name, struct buf *ret_pdf)
{
    const struct cover_sheet sheet = {.cover = cover, .lang = MESSAGE_JA};

    return cover_name(cover, MESSAGE_JA, ret_name) ?: cover_pdf(&sheet, ret_pdf);
}

static int run(const struct arguments *args)
{
    CLEANUP(mail_rules_done) struct mail_rules rules = {0};
    struct mail_gate gate = {.listen = args->values[OPT_LISTEN], .rules = &rules, .data = args->values[OPT_DATA], .tell = tell, .cover = make_cover};
    bool is_alone = args->values[OPT_ALONE] != NULL;
    int r;

    if (!gate.listen || !args->values[OPT_CONFIG])
        return command_wrong(MSG_FAIL_GATE_WHAT);
    if (!gate.data && !is_alone)
        gate.data = getenv("TSUJIBAN_DATA");
    if (is_alone == (gate.data != NULL)) { /* a gate that asks nobody is nobody's mistake */
        return command_wrong(MSG_FAIL_GATE_WHOM);
    }
    fputs("tsujiban mail-gate: ", stderr);
    command_print(stderr, is_alone ? MSG_SAID_GATE_ALONE : MSG_SAID_GATE_ASKS, MESSAGE_ARGS({"data", str_of(gate.data)}));
    fputc('\n', stderr);
    if ((r = mail_rules_load(args->values[OPT_CONFIG], &rules)))
        return r;
    signal(SIGPIPE, SIG_IGN);
    r = mail_gate_run(&gate);
    if (r == -EADDRINUSE)
        return command_fail(MSG_FAIL_GATE_LISTEN, {"address", str_of(gate.listen)});
    return r ? command_fail(MSG_FAIL_GATE_ENDED, {"why", str_of(command_why(-r))}) : EXIT_DONE;
}

static const struct option_row options[] = {
    {"--listen", "SOCKET", MSG_OPTION_MAIL_GATE_LISTEN},
    {"--config", "FILE", MSG_OPTION_MAIL_GATE_CONFIG},
    {"--data", "DIR", MSG_OPTION_MAIL_GATE_DATA},
    {"--alone", NULL, MSG_OPTION_MAIL_GATE_ALONE},
};
const struct command cmd_mail_gate = {"mail-gate",
                                      "",
                                      MSG_HELP_MAIL_GATE,
                                      options,
                                      ARRAY_LEN(options),
                                      0,
                                      0,
                                      run,
                                      false};
