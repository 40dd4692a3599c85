#include "web/taxii-cursor.h"

#include "base/codec.h"

#include <errno.h>

#define UNTIL_SIZE 8u
#define SEALED_MAX (SEAL_MORE + UNTIL_SIZE + TAXII_POSITION_MAX)
#define BOUND_MAX (1u << 20)

/* What it is bound to as one text; each piece with its length. */
static int bound_print(const struct taxii_bound *b, struct buf *out)
{
    const struct str pieces[] = {STR("taxii-cursor/1"), b->reader, b->collection, b->question};

    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        buf_add_be64(out, pieces[i].len);
        buf_add_str(out, pieces[i]);
    }
    return buf_error(out);
}

int taxii_cursor_print(const struct taxii_keys *keys, const struct taxii_bound *bound,
                       struct str position, int64_t until_us, struct buf *out)
{
    CLEANUP(buf_done) struct buf name, plain, sealed;
    int r;

    buf_init(&name, BOUND_MAX);
    buf_init(&plain, UNTIL_SIZE + TAXII_POSITION_MAX);
    buf_init(&sealed, SEALED_MAX);
    if (position.len > TAXII_POSITION_MAX)
        return -E2BIG;
    r = bound_print(bound, &name);
    if (!r)
        r = buf_add_be64(&plain, (uint64_t)until_us);
    if (!r)
        r = buf_add_str(&plain, position);
    if (!r)
        r = seal_add(keys->now, buf_str(&name), buf_str(&plain), &sealed);
    return r ? r : hex_print(sealed.at, sealed.len, out);
}

static int64_t until_of(const char *at)
{
    uint64_t n = 0;

    for (size_t i = 0; i < UNTIL_SIZE; i++)
        n = n << 8 | (uint8_t)at[i];
    return (int64_t)n;
}

int taxii_cursor_read(const struct taxii_keys *keys, const struct taxii_bound *bound,
                      struct str cursor, int64_t now_us, struct buf *out)
{
    CLEANUP(buf_done) struct buf name, plain;
    uint8_t sealed[SEALED_MAX];
    size_t size = cursor.len / 2;
    int r;

    buf_init(&name, BOUND_MAX);
    buf_init(&plain, SEALED_MAX);
    if (size < SEAL_MORE + UNTIL_SIZE || size > sizeof(sealed) || hex_parse(cursor, sealed, size))
        return TAXII_E_CURSOR;
    r = bound_print(bound, &name);
    if (!r)
        r = seal_open(keys->now, buf_str(&name), (struct str){(const char *)sealed, size}, &plain);
    if (r == -EBADMSG) {
        buf_clear(&plain);
        r = seal_open(keys->before, buf_str(&name), (struct str){(const char *)sealed, size},
                      &plain);
    }
    if (r)
        return r == -EBADMSG ? TAXII_E_CURSOR : r;
    if (plain.len < UNTIL_SIZE || until_of(plain.at) < now_us)
        return TAXII_E_CURSOR;
    return buf_add(out, plain.at + UNTIL_SIZE, plain.len - UNTIL_SIZE);
}
