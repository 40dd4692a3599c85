#include "loop.h"
#include "base/macros.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
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

static const char *const kind_names[FAULT_KINDS] = {"allocation", "allocations from", "write", "writes from", "socket", "sockets from"};

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

/* ---- places and their sites ---- */

#define PLACES_MAX ((size_t)1 << 20) /* whose sites are told apart */
#define SITES_MAX ((size_t)1 << 16)

/* Of all loops, for each kind: by hash, open addressing. 0 is no site. */
static uint64_t taken[FAULT_KINDS][SITES_MAX];

/* True: it is new. */
static bool site_take(enum fault_kind kind, uint64_t site)
{
    for (size_t i = site % SITES_MAX, n = 0; n < SITES_MAX; i = (i + 1) % SITES_MAX, n++) {
        if (taken[kind][i] == site)
            return false;
        if (!taken[kind][i]) {
            taken[kind][i] = site;
            return true;
        }
    }
    return false;
}

struct places {
    size_t n;
    uint64_t *sites; /* of each */
    bool *is_chosen;
    size_t n_new, n_chosen;
};

static void places_done(struct places *p)
{
    free(p->sites);
    free(p->is_chosen);
}

static void places_choose(struct places *p, size_t at)
{
    p->n_chosen += !p->is_chosen[at];
    p->is_chosen[at] = true;
}

/* A run without faults, which says how many places there are and where. */
static void places_count(const struct fail_operation *op, enum fault_kind kind, void *user, struct places *p)
{
    int r;

    *p = (struct places){.sites = calloc(PLACES_MAX, sizeof(*p->sites)), .is_chosen = calloc(PLACES_MAX, sizeof(bool))};
    assert_non_null(p->sites);
    assert_non_null(p->is_chosen);
    fault_trace(kind, p->sites, PLACES_MAX);
    r = op->run(user);
    fault_disarm(&p->n);
    if (r)
        fail_msg("%s: answers %d without any fault", op->name, r);
    if (op->check)
        op->check(user, r);
    if (!p->n || p->n > PLACES_MAX)
        fail_msg("%s: there are %zu places of %s, of 1 to %zu that a loop takes", op->name, p->n, kind_names[kind], PLACES_MAX);
}

/* Where nothing works from some place on, what differs is how far it came: places alone count there. */
static bool is_once(enum fault_kind kind)
{
    return kind == FAULT_ALLOC || kind == FAULT_WRITE_BAD || kind == FAULT_SOCKET_CUT;
}

static void choose(const struct fail_operation *op, enum fault_kind kind, struct places *p)
{
    size_t rounds = rounds_of(op), stride;

    for (size_t i = 0; is_once(kind) && i < p->n; i++)
        if (site_take(kind, p->sites[i])) {
            places_choose(p, i);
            p->n_new++;
        }
    if (!rounds)
        rounds = p->n;
    if (rounds <= p->n_chosen)
        return;
    stride = MAX_OF(p->n / (rounds - p->n_chosen), (size_t)1);
    for (size_t i = 0; i < p->n; i += stride)
        places_choose(p, i);
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

/* `p`: what was counted for this kind, or for the one before, whose places are the same; nothing is chosen of it yet. */
static void loop_kind(const struct fail_operation *op, enum fault_kind kind, void *user, struct places *p)
{
    size_t n_unreached = 0;

    choose(op, kind, p);
    for (size_t i = 0; i < p->n; i++)
        if (p->is_chosen[i])
            n_unreached += !once(op, kind, i + 1, user);
    if (once(op, kind, SIZE_MAX, user))
        fail_msg("%s: there is no end of %s", op->name, kind_names[kind]);
    print_message("# %s: %s fails at %zu of %zu places, %zu of them at new sites\n", op->name, kind_names[kind], p->n_chosen, p->n,
                  p->n_new);
    if (n_unreached)
        print_message("# %s: %zu places were not reached again\n", op->name, n_unreached);
    memset(p->is_chosen, 0, p->n * sizeof(*p->is_chosen));
    p->n_chosen = p->n_new = 0;
}

static_assert(FAULT_ALLOC_SINCE == FAULT_ALLOC + 1 && FAULT_WRITE_FULL == FAULT_WRITE_BAD + 1 && FAULT_SOCKET_GONE == FAULT_SOCKET_CUT + 1 &&
                  FAULT_KINDS == FAULT_SOCKET_GONE + 1,
              "kinds come in pairs");

/* One place alone, and from it on: places are counted once for both. */
void fail_loop(const struct fail_operation *op, void *user)
{
    for (enum fault_kind kind = FAULT_ALLOC; kind < FAULT_KINDS; kind += 2) {
        struct places p;

        if (!(op->kinds >> kind & 3))
            continue;
        places_count(op, kind, user, &p);
        for (enum fault_kind one = kind; one < kind + 2; one++)
            if (op->kinds & 1u << one)
                loop_kind(op, one, user, &p);
        places_done(&p);
    }
}
