/* A borrowed piece of bytes: pointer and length, never owned, may hold NUL and bad UTF-8.
 * Threads  values; any. */
#pragma once

#include "base/macros.h"
#include <stdbool.h>
#include <string.h>

struct str {
    const char *at; /* may be NULL when len is 0 */
    size_t len;     /* bytes */
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
/* For printf("%.*s"). */
#define STR_ARG(s) (int)(s).len, (s).at ? (s).at : ""

static inline struct str str_of(const char *nul_ended)
{
    return (struct str){nul_ended, nul_ended ? strlen(nul_ended) : 0};
}

/* As much of it as has at most `max` bytes, cut between two characters. */
struct str str_head(const char *nul_ended, size_t max);

bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
int str_cmp(struct str a, struct str b);        /* bytewise; shorter first */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Without ASCII spaces, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);
/* Cut at the first `sep`: returns what is before it and moves *rest behind it.
 * false and untouched when *rest is exhausted (rest->at == NULL). */
bool str_split(struct str *rest, char sep, struct str *ret_piece);
/* Edit distance (Damerau-Levenshtein, capped at 64 bytes), for "did you mean". */
unsigned str_distance(struct str a, struct str b);

/* The whole text must be a decimal number within [min, max]; no sign for unsigned, no spaces.
 * 0, or STR_E_SYNTAX, STR_E_RANGE. */
enum { STR_E_SYNTAX = 1, STR_E_RANGE };
MUST_CHECK int str_to_u64(struct str s, uint64_t min, uint64_t max, uint64_t *ret);
MUST_CHECK int str_to_i64(struct str s, int64_t min, int64_t max, int64_t *ret);
