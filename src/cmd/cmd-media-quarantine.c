/* `tsujiban media quarantine`: what an import refused is kept sealed in the place for files, with an entry that two persons decide on (第4の1(10)).
 * The keeper's own examiner says what it is; what it finds clean is not kept. The medium itself is only read. */
#include "cmd/commands.h"
#include "cmd/media-quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { Q_AT = GATE_WHO_N, Q_MEDIUM, Q_SOURCE, Q_N };

static int take(struct gate *g, const char *path, struct quarantine_of of)
{
    const char *slash = strrchr(path, '/');
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW), r;
    struct stat st;

    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        close(fd);
        errno = EINVAL;
        fd = -1;
    }
    if (fd < 0)
        return command_fail(MSG_FAIL_UNREADABLE, {"path", str_of(path)}, {"why", str_of(command_why(errno))});
    of.name = slash ? slash + 1 : path;
    r = quarantine_keep(g, fd, &of);
    close(fd);
    return r;
}

static int run_quarantine(const struct arguments *args)
{
    const char *source = args->values[Q_SOURCE];
    char medium[GATE_ID_SIZE] = "";
    const struct quarantine_of of = {NULL, medium, source ? source : ""};
    struct gate g;
    int r = gate_enter(args, &g), worst = 0;

    if (!r && !quarantine_is_known(&g))
        r = command_fail(MSG_FAIL_NO_QUARANTINE);
    if (!r && args->values[Q_AT])
        r = gate_at(&g, args->values[Q_AT]);
    if (!r) {
        quarantine_look_back(&g);
        if (args->values[Q_MEDIUM])
            r = gate_find(&g, QUARANTINE_FILES, "medium", args->values[Q_MEDIUM], medium);
    }
    for (size_t i = 0; !r && i < args->n_rest; i++) {
        r = take(&g, args->rest[i], of);
        if (r == EXIT_NOT_YET) { /* the others are kept all the same */
            worst = r;
            r = 0;
        }
    }
    gate_close(&g);
    return r ? r : worst;
}

static const struct option_row quarantine_options[] = {
    GATE_WHO_OPTIONS,
    {"--at", "NAME", MSG_OPTION_MEDIA_QUARANTINE_AT},
    {"--medium", "NAME", MSG_OPTION_MEDIA_QUARANTINE_MEDIUM},
    {"--source", "TEXT", MSG_OPTION_MEDIA_QUARANTINE_SOURCE},
};
const struct command cmd_media_quarantine = {
    "media quarantine",
    "FILE…",
    MSG_HELP_MEDIA_QUARANTINE,
    quarantine_options,
    ARRAY_LEN(quarantine_options),
    1,
    SIZE_MAX,
    run_quarantine,
    false};
