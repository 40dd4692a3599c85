#include "base/tell.h"

#include <errno.h>

/* A text of the catalogue with its arguments; what is kept of it is cut by diag. */
#define FILLED_MAX (64u * 1024)

void diag_tell_args(struct diag *d, enum diag_level level, struct diag_place at,
                    enum message_key key, const struct message_arg *args, size_t n_args)
{
    CLEANUP(buf_done) struct buf en, ja;
    int r;

    buf_init(&en, FILLED_MAX);
    buf_init(&ja, FILLED_MAX);
    r = message_print_args(&en, MESSAGE_EN, key, args, n_args);
    assert(r != -EINVAL);
    r = message_print_args(&ja, MESSAGE_JA, key, args, n_args);
    assert(r != -EINVAL);
    diag_add_both(d, level, at, (int)key, buf_error(&en) ? NULL : en.at, buf_error(&ja) ? NULL : ja.at);
}

const char *diag_message(const struct diag_entry *e, enum message_lang lang)
{
    return lang == MESSAGE_JA && e->ja ? e->ja : e->message;
}
