/* Whether the same bytes come twice: GMAC under a key of their own, ten times as fast as SHA-256, at which nobody can aim who does not have the key.
 * Threads  one; and one after the other, where a lock lies between them. */
#pragma once

#include "base/codec.h"

#define SAMENESS_SIZE 16u

struct sameness_key {
    uint8_t bytes[32]; /* random, of nothing else, and nowhere but in memory */
};
struct sameness_mark {
    uint8_t bytes[SAMENESS_SIZE];
};
bool sameness_eq(const struct sameness_mark *a, const struct sameness_mark *b);

struct sameness;
/* 0; -ENOMEM. `key` is borrowed for the call. */
MUST_CHECK int sameness_new(const struct sameness_key *key, struct sameness **ret);
MUST_CHECK int sameness_add(struct sameness *s, struct str bytes);
/* Frees it. */
MUST_CHECK int sameness_end(struct sameness *s, struct sameness_mark *ret);
void sameness_free(struct sameness *s); /* accepts NULL */
DEFINE_CLEANUP(struct sameness, sameness_free);
