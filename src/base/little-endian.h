/* Numbers in foreign bytes, the lowest byte first, at whatever address.
 * Threads  any. */
#pragma once

#include <stdint.h>

static inline uint32_t le16(const void *at)
{
    const uint8_t *p = (const uint8_t *)at;

    return p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t le32(const void *at)
{
    return le16(at) | le16((const uint8_t *)at + 2) << 16;
}

static inline uint64_t le64(const void *at)
{
    return le32(at) | (uint64_t)le32((const uint8_t *)at + 4) << 32;
}
