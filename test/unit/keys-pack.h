/* A small directive about keys of a cabinet, which every check passes, and a folder of it with some lines changed.
 * Threads  one. */
#pragma once

#include "base/diag.h"
#include "regulation/model.h"

/* In a file of the pack, one text in place of another (or, with an empty `from`, behind all). */
struct keys_change {
    const char *file, *from, *to;
};
/* A new folder under /tmp; the caller gives it back with keys_pack_remove(). Fails the test when a change does not apply. */
char *keys_pack_make(const struct keys_change *changes, size_t n);
void keys_pack_remove(char *dir);
