/* The few macros every file may use.
 * A result marked MUST_CHECK is looked at or dropped by IGNORE with a reason; gcc warns even behind (void). */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((__warn_unused_result__))
#define PRINTF_LIKE(fmt, first) __attribute__((__format__(__printf__, fmt, first)))

/* Run `fn(&variable)` when the variable leaves its scope. */
#define CLEANUP(fn) __attribute__((__cleanup__(fn)))

/* Hand a pointer over and forget it here: `*ret = TAKE(local);` */
#define TAKE(p)                                                                                    \
    ({                                                                                             \
        __typeof__(p) take_value_ = (p);                                                           \
        (p) = NULL;                                                                                \
        take_value_;                                                                               \
    })

/* Declares `name##p`, the CLEANUP helper of a destructor `name(type *)`. */
#define DEFINE_CLEANUP(type, name)                                                                 \
    static inline void name##p(type **p)                                                           \
    {                                                                                              \
        if (*p)                                                                                    \
            name(*p);                                                                              \
    }                                                                                              \
    struct name##_cleanup_needs_a_semicolon

#define IGNORE(call, reason)                                                                       \
    do {                                                                                           \
        if (call) {                                                                                \
            (void)sizeof(reason);                                                                  \
        }                                                                                          \
    } while (0)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))

/* A negative result goes up unchanged; the macro marks the place for a reader and a debugger. */
#define ERR(r) (r)
/* Any positive answer that the caller cannot mean anything by is a bug of ours: fold it. */
#define ERR_FOLD(r)                                                                                \
    ({                                                                                             \
        int fold_value_ = (r); /* once: it is often a call */                                      \
        fold_value_ > 0 ? -EIO : fold_value_;                                                      \
    })
