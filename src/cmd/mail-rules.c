#include "cmd/mail-rules.h"

#include "cmd/command.h"

#include "base/file.h"

static int load(const char *path, struct mail_rules *rules, struct diag *diag)
{
    CLEANUP(buf_done) struct buf text;
    int r;

    buf_init(&text, MAIL_RULES_MAX_BYTES);
    r = file_read(path, MAIL_RULES_MAX_BYTES, &text, diag);
    return r ? r : mail_rules_parse(path, buf_str(&text), rules, diag);
}

int mail_rules_load(const char *path, struct mail_rules *rules)
{
    struct diag diag;
    int r = mail_rules_init(rules);

    if (r || !path)
        return r ? command_fail(MSG_CONSOLE_MEMORY) : 0;
    diag_init(&diag);
    r = load(path, rules, &diag);
    if (r && diag.n_errors)
        command_print_diag(&diag);
    else if (r)
        command_fail(MSG_FAIL_READ, {"path", str_of(path)});
    diag_done(&diag);
    return r ? EXIT_FAILED : 0;
}
