#include "fault.h"
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#endif

/* What the functions below stand before: the sanitizer's, or the C library's by their other names. */
#ifdef WITH_ASAN
#define REAL(name) __interceptor_##name
#else
#define REAL(name) __libc_##name
#endif
void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t n, size_t size);
void *REAL(realloc)(void *at, size_t size);
#ifdef WITH_ASAN
int __interceptor_posix_memalign(void **ret, size_t alignment, size_t size);
#else
void *__libc_memalign(size_t alignment, size_t size);
#endif

/* Large files have names of their own, which the headers may put in the place of these. */
ssize_t fault_pwrite(int fd, const void *bytes, size_t len, int64_t at) __asm__("pwrite");
ssize_t fault_pwrite64(int fd, const void *bytes, size_t len, int64_t at) __asm__("pwrite64");
int fault_ftruncate(int fd, int64_t size) __asm__("ftruncate");
int fault_ftruncate64(int fd, int64_t size) __asm__("ftruncate64");

#define SITE_FRAMES 3
#define OWN_FRAMES 4  /* of this file, at most */

struct fault {
    enum fault_kind kind;
    bool is_armed, has_failed;
    size_t nth, n;
    uint64_t *sites; /* NULL: not asked for */
    size_t max;
};

static _Thread_local struct fault fault;

void fault_arm(enum fault_kind kind, size_t nth)
{
    fault = (struct fault){.kind = kind, .is_armed = true, .nth = nth};
}

void fault_trace(enum fault_kind kind, uint64_t *sites, size_t max)
{
    void *frame;

    backtrace(&frame, 1); /* it allocates when it is called first */
    fault = (struct fault){.kind = kind, .is_armed = true, .sites = sites, .max = max};
}

bool fault_disarm(size_t *ret_n)
{
    fault.is_armed = false;
    if (ret_n)
        *ret_n = fault.n;
    return fault.has_failed;
}

/* FNV-1a over the addresses of the callers. Not within its caller: the address sanitizer asks for an array's place what it has not yet when it
 * allocates first. */
static __attribute__((noinline)) uint64_t site(void)
{
    void *frames[OWN_FRAMES + SITE_FRAMES];
    int n = backtrace(frames, OWN_FRAMES + SITE_FRAMES);
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (int i = 0; i < n; i++)
        h = (h ^ (uint64_t)(uintptr_t)frames[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* Does this one fail? */
static bool strikes(enum fault_kind once, enum fault_kind since)
{
    struct fault *f = &fault;

    if (!f->is_armed || (f->kind != once && f->kind != since))
        return false;
    if (f->sites && f->n < f->max) {
        f->is_armed = false;
        f->sites[f->n] = site();
        f->is_armed = true;
    }
    f->n++;
    if (!f->nth || f->n < f->nth || (f->kind == once && f->n > f->nth))
        return false;
    f->has_failed = true;
    return true;
}

/* libarchive ends the program when a string of its own cannot grow, by design, and which of its allocations are strings cannot be told from here.
 * libzstd before 1.5.6 writes into a dictionary for which it had no memory (its pull request 3847).
 * Not within its caller, as above. */
static __attribute__((noinline)) bool is_spared(const void *caller)
{
    Dl_info of;

    if (!dladdr(caller, &of))
        return false;
    return (of.dli_fname && strstr(of.dli_fname, "libarchive")) || (of.dli_sname && strstr(of.dli_sname, "ZSTD_createCDict"));
}

static bool no_memory(const void *caller)
{
    if (!strikes(FAULT_ALLOC, FAULT_ALLOC_SINCE) || is_spared(caller))
        return false;
    errno = ENOMEM;
    return true;
}

static bool no_write(void)
{
    if (!strikes(FAULT_WRITE_BAD, FAULT_WRITE_FULL))
        return false;
    errno = fault.kind == FAULT_WRITE_BAD ? EIO : ENOSPC;
    return true;
}

/* ---- memory ---- */

void *malloc(size_t size)
{
    return no_memory(__builtin_return_address(0)) ? NULL : REAL(malloc)(size);
}

void *calloc(size_t n, size_t size)
{
    return no_memory(__builtin_return_address(0)) ? NULL : REAL(calloc)(n, size);
}

void *realloc(void *at, size_t size)
{
    return no_memory(__builtin_return_address(0)) ? NULL : REAL(realloc)(at, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    if (no_memory(__builtin_return_address(0)))
        return ENOMEM;
#ifdef WITH_ASAN
    return __interceptor_posix_memalign(ret, alignment, size);
#else
    void *at = __libc_memalign(alignment, size);

    if (!at)
        return ENOMEM;
    *ret = at;
    return 0;
#endif
}

/* ---- files ---- */

ssize_t write(int fd, const void *bytes, size_t len)
{
    return no_write() ? -1 : syscall(SYS_write, fd, bytes, len);
}

ssize_t fault_pwrite(int fd, const void *bytes, size_t len, int64_t at)
{
    return no_write() ? -1 : syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t fault_pwrite64(int fd, const void *bytes, size_t len, int64_t at)
{
    return no_write() ? -1 : syscall(SYS_pwrite64, fd, bytes, len, at);
}

int fsync(int fd)
{
    return no_write() ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return no_write() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fault_ftruncate(int fd, int64_t size)
{
    return no_write() ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int fault_ftruncate64(int fd, int64_t size)
{
    return no_write() ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int link(const char *from, const char *to)
{
    return no_write() ? -1 : (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int rename(const char *from, const char *to)
{
    return no_write() ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* ---- sockets ---- */

/* What is cut is cut at both ends: the other one sees it, too. */
static bool no_socket(int fd)
{
    if (!strikes(FAULT_SOCKET_CUT, FAULT_SOCKET_GONE))
        return false;
    shutdown(fd, SHUT_RDWR);
    errno = ECONNRESET;
    return true;
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
    return no_socket(fd) ? -1 : syscall(SYS_sendto, fd, bytes, len, flags, NULL, 0);
}

ssize_t recv(int fd, void *bytes, size_t len, int flags)
{
    return no_socket(fd) ? -1 : syscall(SYS_recvfrom, fd, bytes, len, flags, NULL, NULL);
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    return no_socket(fd) ? -1 : (int)syscall(SYS_connect, fd, address, len);
}
