/* Wiping a medium (第6の5, 第3の4(2); U1 and U2 of doc/design/information.md): what lies on it is overwritten as far as the medium lets us, read
 * back, compared, and deleted.
 *
 *   folder   of a mounted medium: every file, then the free space; folders, links and the like are only deleted
 *            with files_only any folder; refused when a file in it has a second name (a hard link), which may lie elsewhere
 *   image, block device   all of it; nothing is left that a system could mount
 *
 * What is written is a keyed stream whose key dies with the call, so that reading back proves that each byte was written anew.
 *
 * The report, as JSON: {"what": "folder" | "image" | "device", "files": n, "others": n, "overwritten": bytes, "free": bytes of free space that were
 * overwritten, "medium": "flash" | "turning" | "memory" | "unknown", "is_sure": BOOL}. `is_sure`: no copies that the medium keeps for itself
 * are to be feared; false for flash and for what the kernel does not know.
 * Threads  one each medium. */
#pragma once

#include "base/json.h"

struct wipe_progress {
    void (*tell)(void *user, uint64_t done,
                 uint64_t size); /* bytes written and read; `size` 0: nobody knows */
    void *user;
};
struct wipe_request {
    const char *path;
    bool files_only; /* a folder: leave the free space, and take one that is no medium's root */
    struct wipe_progress progress;
};
enum {
    WIPE_E_REFUSED = 1, /* nothing was touched; diag says why */
    WIPE_E_FAILED,      /* diag names what could not be overwritten; what came before it is gone */
};
/* What would be wiped: the report, with the sizes as they are, and the refusals. 0, WIPE_E_REFUSED, -ENOMEM. */
MUST_CHECK int wipe_look(const struct wipe_request *q, json_t **ret_report, struct diag *diag);
/* 0; the two above; -ENOMEM. */
MUST_CHECK int wipe(const struct wipe_request *q, json_t **ret_report, struct diag *diag);
