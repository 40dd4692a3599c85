/* Work done in processes of their own, at most as many at once as there are processors. A branch begins with everything that its parent has
 * in memory, so that a play goes on in it from where it stands, and the parent's stands as it was.
 * Owner    the caller of branches_init(), who waits for all with branches_wait() before he leaves it.
 * Threads  one: a process that has others must not branch.
 * Limits   BRANCHES_MAX at once. What a branch finds out is one byte. */
#pragma once

#include "base/macros.h"

#include <sys/types.h>

#define BRANCHES_MAX 64

/* In the branch: 0 to BRANCH_ANSWER_MAX, or negative, of which the parent learns -ENOMEM as it is and others as -EIO. */
typedef int branch_fn(void *user, void *branch);
/* In the parent, in the order in which they were begun. */
typedef void branch_told_fn(void *user, void *branch, int answer);
#define BRANCH_ANSWER_MAX 99

struct branches {
    void *user; /* of both functions */
    branch_fn *fn;
    branch_told_fn *told;
    struct { /* private */
        pid_t pid;
        void *branch;
    } at[BRANCHES_MAX];
    size_t n, max;
};

void branches_init(struct branches *b, branch_fn *fn, branch_told_fn *told, void *user);
/* Begin one, waiting first for one to end when all processors have one. `branch` is the caller's, kept until it is told.
 * Negative: none was begun, or one that ended was killed or failed. */
MUST_CHECK int branches_begin(struct branches *b, void *branch);
/* Wait until all have ended. Negative: one failed. */
MUST_CHECK int branches_wait(struct branches *b);
