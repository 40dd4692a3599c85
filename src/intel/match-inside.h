/* What the matcher and the walk before it have in common: which bytes a value of each kind is made of, and where it ends. Private to them. */
#pragma once

#include "base/str.h"

#define MATCH_NAME_MAX 253u
#define MATCH_LOCAL_MAX 64u
#define MATCH_SCHEME_MAX 16u
#define MATCH_HASH_MIN 32u  /* digits */
#define MATCH_HASH_MAX 128u /* digits */

enum { IN_ALNUM = 1, IN_TOKEN = 2, IN_LOCAL = 4, IN_IPV6 = 8, IN_URL = 16, IN_SCHEME = 32 };

extern const uint8_t match_sets[256];

static inline bool match_is_in(struct str s, size_t i, uint8_t set)
{
    return i < s.len && (match_sets[(unsigned char)s.at[i]] & set);
}

static inline bool match_was_in(struct str s, size_t i, uint8_t set)
{
    return i > 0 && match_is_in(s, i - 1, set);
}

static inline size_t match_run_end(struct str s, size_t i, uint8_t set)
{
    while (match_is_in(s, i, set))
        i++;
    return i;
}

/* Where the run that holds what is before `i` begins, but not before `least`. */
static inline size_t match_run_start(struct str s, size_t i, size_t least, uint8_t set)
{
    while (i > least && match_is_in(s, i - 1, set))
        i--;
    return i;
}

static inline bool match_is_joint(char c)
{
    return c == '.' || c == '-';
}

/* The IPv6 address in the run of IN_IPV6 that begins at `i`. */
bool match_find_ipv6(struct str s, size_t i, size_t *ret_from, size_t *ret_to,
                     uint8_t ret_bytes[16]);
/* ::ffff:a.b.c.d, which is an IPv4 address: its last four bytes. */
bool match_is_mapped(const uint8_t bytes[16]);
/* The address of mail around the @ at `sign`. */
bool match_find_mail(struct str s, size_t sign, size_t *ret_from, size_t *ret_to);
/* All but the first `bits` bits are cleared. */
void match_keep_bits(uint8_t *bytes, size_t n, unsigned bits);
