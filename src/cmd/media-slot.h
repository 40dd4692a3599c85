/* What is plugged in at a station: folders where media are mounted, each with a label that people are shown and a request names, and the medium as far as the
 * register knows it, by its serial number or its tag. The gate asks once more by itself which medium it is (gate_medium()).
 * Owner    the caller. Threads  one. */
#pragma once

#include "cmd/media-gate.h"

#define SLOTS_MAX 16u
#define SLOT_LABEL_SIZE 128u

struct slot {
    char label[SLOT_LABEL_SIZE]; /* "usb1", "user/STICK"; unique */
    char dir[PATH_MAX];
    char medium[GATE_ID_SIZE],
        name[GATE_NAME_SIZE]; /* "": the register knows none by what it tells */
    dev_t device;             /* for which medium and name were looked up */
};

struct slots {
    const char *root;         /* NULL: none; borrowed, as the next */
    const char *const *fixed; /* folders that are always a place for a medium */
    size_t n_fixed;
    struct slot at[SLOTS_MAX];
    size_t n;
};

void slots_init(struct slots *s, const char *root, const char *const *fixed, size_t n_fixed);
void slots_done(struct slots *s);
/* Looks what is there now; *ret: {label: {"medium", "name", "size", "free", "read_only", "serial": told or not}}, as op media-here takes it, for the
 * caller. More than SLOTS_MAX: the rest is left out. 0, or an exit status after words. */
MUST_CHECK int slots_look(struct slots *s, struct gate *g, json_t **ret);
/* Where the medium of that label is mounted; NULL: there is none. */
const char *slots_dir(const struct slots *s, const char *label);
/* Another file system than the folder above: a medium, and no folder of the disk. */
bool slot_is_mounted(const char *dir);
