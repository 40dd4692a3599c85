#include "base/tell.h"

#include <stdio.h>

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

struct printing {
    enum message_lang lang;
    struct buf *out;
};

static int print_told(void *user, const struct diag_entry *e)
{
    static const enum message_key words[] = {[DIAG_WARNING] = MSG_CONSOLE_WARNING, [DIAG_NOTE] = MSG_CONSOLE_NOTE};
    const struct printing *p = user;
    int r = diag_print_place(e, p->out);

    if (!r && e->level != DIAG_ERROR)
        r = buf_printf(p->out, p->lang == MESSAGE_JA ? "%.*s" : "%.*s ", STR_ARG(message_text(p->lang, words[e->level])));
    return r ? r : buf_printf(p->out, "%s\n", diag_message(e, p->lang));
}

int diag_print_in(const struct diag *d, enum message_lang lang, struct buf *out)
{
    struct printing p = {lang, out};
    char n[24], max[24];
    int r = diag_each(d, print_told, &p);

    if (r || d->n_errors <= DIAG_MAX)
        return r;
    snprintf(n, sizeof(n), "%zu", d->n_errors);
    snprintf(max, sizeof(max), "%d", DIAG_MAX);
    r = message_print(out, lang, MSG_CONSOLE_MANY, {"n", str_of(n)}, {"max", str_of(max)});
    return r ? r : buf_add_char(out, '\n');
}

struct message_arg diag_why(const struct diag *d)
{
    const struct diag_entry *first = NULL;

    for (size_t i = 0; !first && i < d->n; i++)
        if (d->entries[i].level == DIAG_ERROR)
            first = &d->entries[i];
    if (!first)
        return (struct message_arg){.name = "why"};
    return (struct message_arg){.name = "why", .value = str_of(first->message), .ja = str_of(first->ja)};
}

struct message_arg tell_why(int error)
{
    static const struct {
        int error;
        enum message_key key;
    } words[] = {
        {ENOENT, MSG_ERRNO_ENOENT}, {EACCES, MSG_ERRNO_EACCES}, {EPERM, MSG_ERRNO_EPERM}, {EISDIR, MSG_ERRNO_EISDIR},
        {ENOTDIR, MSG_ERRNO_ENOTDIR}, {EEXIST, MSG_ERRNO_EEXIST}, {ENOSPC, MSG_ERRNO_ENOSPC}, {EROFS, MSG_ERRNO_EROFS},
        {EIO, MSG_ERRNO_EIO}, {ENOMEM, MSG_ERRNO_ENOMEM}, {EFBIG, MSG_ERRNO_EFBIG}, {EBUSY, MSG_ERRNO_EBUSY},
        {ENAMETOOLONG, MSG_ERRNO_ENAMETOOLONG}, {ELOOP, MSG_ERRNO_ELOOP}, {EMFILE, MSG_ERRNO_EMFILE},
        {ECONNREFUSED, MSG_ERRNO_ECONNREFUSED}, {ETIMEDOUT, MSG_ERRNO_ETIMEDOUT}, {ENOTCONN, MSG_ERRNO_ENOTCONN},
        {EBADMSG, MSG_ERRNO_EBADMSG}, {EINVAL, MSG_ERRNO_EINVAL}};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (words[i].error == error)
            return (struct message_arg)MESSAGE_WORD("why", words[i].key);
    return (struct message_arg){.name = "why", .value = str_of(strerrordesc_np(error))};
}
