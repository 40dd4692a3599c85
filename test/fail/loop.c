#include "loop.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_LEAK_CHECK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LEAK_CHECK 1
#endif
#endif
#ifdef HAS_LEAK_CHECK
#include <sanitizer/lsan_interface.h>
#else
static int __lsan_do_recoverable_leak_check(void)
{
    return 0;
}
#endif

const int fail_no_memory[] = {-ENOMEM, 0};
const int fail_io[] = {-EIO, -ENOSPC, 0};

static const char *const kind_names[FAULT_KINDS] = {"allocation", "allocations from", "write", "writes from"};

static bool is_documented(const struct fail_operation *op, int r)
{
    for (const int *a = op->answers; *a; a++)
        if (*a == r)
            return true;
    return false;
}

static unsigned rounds_of(const struct fail_operation *op)
{
    const char *text = getenv("FAIL_ROUNDS");

    return text ? (unsigned)strtoul(text, NULL, 10) : op->rounds;
}

/* How many places there are: a run without faults. */
static size_t count(const struct fail_operation *op, enum fault_kind kind, void *user)
{
    size_t n;
    int r;

    fault_arm(kind, 0);
    r = op->run(user);
    fault_disarm(&n);
    if (r)
        fail_msg("%s: answers %d without any fault", op->name, r);
    if (op->check)
        op->check(user, r);
    return n;
}

/* True: a fault struck. */
static bool once(const struct fail_operation *op, enum fault_kind kind, size_t nth, void *user)
{
    bool has_failed;
    int r;

    fault_arm(kind, nth);
    r = op->run(user);
    has_failed = fault_disarm(NULL);
    if (r && !has_failed)
        fail_msg("%s: answers %d although %s %zu was not reached", op->name, r, kind_names[kind], nth);
    if (r && !is_documented(op, r))
        fail_msg("%s: %s %zu failed, and it answers %d", op->name, kind_names[kind], nth, r);
    if (getenv("FAIL_TALK"))
        print_message("# %s: %s %zu: %d\n", op->name, kind_names[kind], nth, r);
    if (op->check)
        op->check(user, r);
    if (getenv("FAIL_LEAKS") && __lsan_do_recoverable_leak_check())
        fail_msg("%s: something leaks when %s %zu fails", op->name, kind_names[kind], nth);
    return has_failed;
}

static void loop_kind(const struct fail_operation *op, enum fault_kind kind, void *user)
{
    size_t n = count(op, kind, user), n_rounds = 0, stride = 1;
    unsigned rounds = rounds_of(op);

    if (!n)
        fail_msg("%s: there is no %s that could fail", op->name, kind_names[kind]);
    if (rounds && n > rounds)
        stride = (n + rounds - 1) / rounds;
    for (size_t nth = 1; once(op, kind, nth, user); nth += stride)
        n_rounds++;
    print_message("# %s: %zu places, %s each %zu. fails: %zu rounds\n", op->name, n, kind_names[kind], stride, n_rounds);
}

void fail_loop(const struct fail_operation *op, void *user)
{
    for (enum fault_kind kind = FAULT_ALLOC; kind < FAULT_KINDS; kind++)
        if (op->kinds & 1u << kind)
            loop_kind(op, kind, user);
}
