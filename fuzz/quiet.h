/* Turns standard output away while a program speaks to people, so that a replayed corpus prints nothing but TAP. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Returns what quiet_end() wants back. */
static inline int quiet_begin(void)
{
    int kept, nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    fflush(stdout);
    kept = dup(STDOUT_FILENO);
    if (nowhere < 0 || kept < 0 || dup2(nowhere, STDOUT_FILENO) < 0)
        abort();
    close(nowhere);
    return kept;
}

static inline void quiet_end(int kept)
{
    fflush(stdout);
    if (dup2(kept, STDOUT_FILENO) < 0)
        abort();
    close(kept);
}
