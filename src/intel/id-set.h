/* Which texts came before: identifiers, of any length.
 * Owner    whoever zeroed it; id_set_done().
 * Limits   memory alone; 32 bytes a text at most. Two texts are told apart by 120 bits of their SHA-256.
 * Threads  one at a time. */
#pragma once

#include "base/str.h"

struct id_set {
    uint8_t (*at)[16]; /* private: open addressing; byte 0 says that it is taken */
    size_t n, size;
};

void id_set_done(struct id_set *s); /* accepts a zeroed struct */
void id_set_clear(struct id_set *s);
/* 0, -ENOMEM. */
MUST_CHECK int id_set_add(struct id_set *s, struct str id, bool *ret_is_new);
bool id_set_has(const struct id_set *s, struct str id);
