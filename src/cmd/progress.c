#include "cmd/progress.h"

#include "base/time.h"
#include "cmd/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define FIRST_US US_PER_SECOND
#define EACH_US (US_PER_SECOND / 5)

void progress_begin(struct progress *p, const char *word)
{
    uint64_t now = clock_monotonic_us();

    *p = (struct progress){.word = word, .begun_us = now, .told_us = now + FIRST_US - EACH_US};
}

static void tell_part(const struct progress *p, uint64_t percent, uint64_t size_mib)
{
    char shown[24];

    snprintf(shown, sizeof(shown), "%3" PRIu64, percent);
    fputc('\r', stderr);
    command_print(stderr, MSG_PROGRESS_PART, MESSAGE_ARGS({"word", str_of(p->word)}, {"percent", str_of(shown)}, {"size", NUMBER(size_mib)}));
    fputc(' ', stderr);
}

void progress_tell(void *user, uint64_t done, uint64_t size)
{
    struct progress *p = user;
    uint64_t now = clock_monotonic_us();

    if (now < p->told_us + EACH_US || !isatty(STDERR_FILENO))
        return;
    p->told_us = now;
    p->is_shown = true;
    if (size)
        tell_part(p, size > done ? done * 100 / size : 100, size >> 20);
    else
        fprintf(stderr, "\r%s %" PRIu64 " MiB ", p->word, done >> 20);
}

void progress_end(struct progress *p)
{
    if (p->is_shown)
        fputs("\r\033[K", stderr);
    p->is_shown = false;
}

int progress_read(int fd, uint64_t size, const char *word, int (*add)(void *to, struct str piece), void *to)
{
    static char piece[PROGRESS_PIECE];
    struct progress progress;
    uint64_t done = 0;
    ssize_t n;
    int r = 0;

    progress_begin(&progress, word);
    while (!r && (n = read(fd, piece, sizeof(piece))) != 0) {
        if (n < 0) {
            r = errno == EINTR ? 0 : -errno;
            continue;
        }
        r = add(to, (struct str){piece, (size_t)n});
        done += (uint64_t)n;
        progress_tell(&progress, done, MAX_OF(size, done));
    }
    progress_end(&progress);
    return r;
}
