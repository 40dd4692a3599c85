#include "base/buf.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_SIZE 64

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_init_secret(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max, .is_secret = true};
}

void buf_done(struct buf *b)
{
    free(b->at);
    *b = (struct buf){.max = b->max, .is_secret = b->is_secret};
}

void buf_wipe(struct buf *b)
{
    if (b->at != NULL)
        sodium_memzero(b->at, b->size);
    buf_done(b);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->error = 0;
    if (b->at != NULL)
        b->at[0] = '\0';
}

void buf_cut(struct buf *b, size_t len)
{
    assert(len <= b->len);
    b->len = len;
    b->error = 0;
    if (b->at != NULL)
        b->at[len] = '\0';
}

int buf_error(const struct buf *b)
{
    return b->error;
}

struct str buf_str(const struct buf *b)
{
    return (struct str){b->at != NULL ? b->at : "", b->len};
}

/* realloc() would leave the bytes behind where they were. */
static char *moved(const struct buf *b, size_t size)
{
    char *at = malloc(size);

    if (at == NULL || b->at == NULL)
        return at;
    memcpy(at, b->at, b->len + 1);
    sodium_memzero(b->at, b->size);
    free(b->at);
    return at;
}

/* Room for `more` bytes and the NUL behind them. */
static int reserve(struct buf *b, size_t more)
{
    size_t need, size;
    char *at;

    if (b->error != 0)
        return b->error;
    if (more > b->max - b->len)
        return b->error = -ENOSPC;
    if (__builtin_add_overflow(b->len, more, &need) || __builtin_add_overflow(need, 1, &need))
        return b->error = -ENOSPC;
    if (need <= b->size)
        return 0;
    size = b->size < FIRST_SIZE ? FIRST_SIZE : b->size;
    while (size < need) {
        if (__builtin_mul_overflow(size, 2, &size))
            size = need;
    }
    /* Never more than the cap asks for: a cap of 100 bytes costs 101. */
    if (size - 1 > b->max)
        size = b->max + 1;
    at = b->is_secret ? moved(b, size) : realloc(b->at, size);
    if (at == NULL)
        return b->error = -ENOMEM;
    b->at = at;
    b->size = size;
    return 0;
}

/* The usual case: there is room already, which never goes beyond the cap. */
static bool has_room(const struct buf *b, size_t more)
{
    return b->at != NULL && b->error == 0 && more < b->size - b->len;
}

void *buf_grow(struct buf *b, size_t len)
{
    char *at;

    if (!has_room(b, len) && reserve(b, len) != 0)
        return NULL;
    at = b->at + b->len;
    b->len += len;
    b->at[b->len] = '\0';
    return at;
}

int buf_add(struct buf *b, const void *bytes, size_t len)
{
    char *at = buf_grow(b, len);

    if (at == NULL)
        return b->error;
    if (len > 0)
        memcpy(at, bytes, len);
    return 0;
}

int buf_add_str(struct buf *b, struct str s)
{
    return buf_add(b, s.at, s.len);
}

int buf_add_text(struct buf *b, const char *nul_ended)
{
    return buf_add(b, nul_ended, strlen(nul_ended));
}

int buf_add_char(struct buf *b, char c)
{
    return buf_add(b, &c, 1);
}

int buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    size_t room;
    int len;

    if (b->error != 0 || (b->at == NULL && reserve(b, 0) != 0))
        return b->error;
    room = b->size - b->len; /* with the NUL's */
    va_copy(again, ap);
    len = vsnprintf(b->at + b->len, room, fmt, again);
    va_end(again);
    if (len < 0 || (size_t)len >= room)
        b->at[b->len] = '\0'; /* nothing of what did not fit */
    if (len < 0)
        return b->error = -ENOMEM;
    if ((size_t)len >= room) {
        if (reserve(b, (size_t)len) != 0)
            return b->error;
        (void)vsnprintf(b->at + b->len, (size_t)len + 1, fmt, ap);
    }
    b->len += (size_t)len;
    return 0;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int r;

    va_start(ap, fmt);
    r = buf_vprintf(b, fmt, ap);
    va_end(ap);
    return r;
}

static int add_be(struct buf *b, uint64_t v, size_t size)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(v >> (8 * (size - 1 - i)));
    return buf_add(b, bytes, size);
}

int buf_add_be16(struct buf *b, uint16_t v)
{
    return add_be(b, v, 2);
}

int buf_add_be32(struct buf *b, uint32_t v)
{
    return add_be(b, v, 4);
}

int buf_add_be64(struct buf *b, uint64_t v)
{
    return add_be(b, v, 8);
}

char *buf_take(struct buf *b)
{
    char *at;

    /* An empty buffer gives an empty string, not NULL. */
    if (reserve(b, 0) != 0)
        return NULL;
    b->at[b->len] = '\0';
    at = TAKE(b->at);
    *b = (struct buf){.max = b->max};
    return at;
}
