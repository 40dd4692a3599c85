/* `tsujiban regulation diff OLD NEW`: what an amendment changes. */
#include "cmd/cmd-regulation.h"
#include "cmd/commands.h"
#include "regulation/diff.h"

#include <stdio.h>

#define TEXT_MAX ((size_t)64 << 20)

static int run_diff(const struct arguments *a)
{
    CLEANUP(regulation_done) struct regulation before = {0};
    CLEANUP(regulation_done) struct regulation after = {0};
    CLEANUP(buf_done) struct buf text;
    struct diff_summary s;
    int r = regulation_open(a->rest[0], &before);

    buf_init(&text, TEXT_MAX);
    if (!r)
        r = regulation_open(a->rest[1], &after);
    if (r)
        return r;
    if (pack_diff(before.pack, after.pack, after.force, &text, &s))
        return command_fail(MSG_FAIL_DIFF_LARGE, {"one", str_of(a->rest[0])}, {"other", str_of(a->rest[1])});
    if (text.len)
        (void)fwrite(text.at, 1, text.len, stdout);
    command_print(stdout, MSG_SUM_DIFF, MESSAGE_ARGS({"n", NUMBER(s.n_lines)}, {"cases", NUMBER(s.n_cases)}));
    (void)printf(s.n_sampled ? " %s\n" : "\n", command_word(MSG_SUM_DIFF_SEARCH));
    return s.n_lines || s.n_cases ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_regulation_diff = {"regulation diff", "OLD NEW",
                                            MSG_HELP_REGULATION_DIFF, NULL, 0, 2, 2,
                                            run_diff, false};
