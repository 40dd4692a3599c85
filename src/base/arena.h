/* Memory that lives and dies together: one request, one pack, one parse.
 * Owner    the caller of arena_new(); arena_free() gives everything back at once.
 * Limits   `max` bytes in all; beyond it arena_alloc() returns NULL.
 * Threads  one at a time.
 * In sanitizer builds each piece is a malloc of its own, so that overruns are caught. */
#pragma once

#include "base/str.h"

struct arena;

struct arena *arena_new(size_t max);
void arena_free(struct arena *a); /* accepts NULL */
DEFINE_CLEANUP(struct arena, arena_free);

/* Zeroed, aligned for any type; NULL when out of memory or over the cap. */
void *arena_alloc(struct arena *a, size_t size);
/* Same with n * size checked for overflow. */
void *arena_alloc_n(struct arena *a, size_t n, size_t size);
/* NUL-ended copies. */
char *arena_strdup(struct arena *a, struct str s);
struct str arena_str(struct arena *a, struct str s);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
size_t arena_used(const struct arena *a);
/* -ENOMEM: something that was asked for was not given. For texts made of many pieces, looked at once they are complete. */
MUST_CHECK int arena_error(const struct arena *a);
