#include "engine/branch.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_NO_MEMORY 100
#define ANSWER_FAILED 101

void branches_init(struct branches *b, branch_fn *fn, branch_told_fn *told, void *user)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    *b = (struct branches){
        .user = user, .fn = fn, .told = told, .max = n < 1 ? 1 : (size_t)MIN_OF(n, BRANCHES_MAX)};
}

static int result_of(int status)
{
    if (!WIFEXITED(status) || WEXITSTATUS(status) > ANSWER_NO_MEMORY)
        return -EIO;
    return WEXITSTATUS(status) == ANSWER_NO_MEMORY ? -ENOMEM : WEXITSTATUS(status);
}

/* The first that was begun: the others go on meanwhile, and end soon as well. */
static int wait_one(struct branches *b)
{
    void *branch = b->at[0].branch;
    int status, r;

    while ((r = (int)waitpid(b->at[0].pid, &status, 0)) < 0 && errno == EINTR)
        ;
    b->n--;
    for (size_t i = 0; i < b->n; i++)
        b->at[i] = b->at[i + 1];
    r = r < 0 ? -errno : result_of(status);
    if (r < 0)
        return r;
    b->told(b->user, branch, r);
    return 0;
}

/* Of the parent's no handler runs, which would go on with its work, and nothing that it has still to print is printed twice. */
static _Noreturn void run(struct branches *b, void *branch)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    int r;

    for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
        (void)signal(fatal[i], SIG_DFL);
    r = b->fn(b->user, branch);

    _exit(r >= 0 && r <= BRANCH_ANSWER_MAX ? r : r == -ENOMEM ? ANSWER_NO_MEMORY : ANSWER_FAILED);
}

int branches_begin(struct branches *b, void *branch)
{
    int r = b->n == b->max ? wait_one(b) : 0;
    pid_t pid;

    if (r)
        return r;
    pid = fork();
    if (pid < 0)
        return -errno;
    if (!pid)
        run(b, branch);
    b->at[b->n].pid = pid;
    b->at[b->n].branch = branch;
    b->n++;
    return 0;
}

int branches_wait(struct branches *b)
{
    int r = 0;

    while (b->n) {
        int e = wait_one(b);

        r = r ? r : e;
    }
    return r;
}
