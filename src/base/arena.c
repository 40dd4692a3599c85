/* Blocks in a list, the newest first; each piece is cut from the front block, or gets a block of its own when it is
 * large. With a sanitizer every piece is a block, so that a read or write past its end is caught.
 *
 *     arena -> [block | piece piece piece ....free....] -> [block | piece] -> NULL */
#include "base/arena.h"

#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ONE_PIECE_PER_BLOCK 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ONE_PIECE_PER_BLOCK 1
#endif
#ifndef ONE_PIECE_PER_BLOCK
#define ONE_PIECE_PER_BLOCK 0
#endif

#define ALIGN _Alignof(max_align_t)
#define BLOCK_SIZE_FIRST ((size_t)1024)
#define BLOCK_SIZE_MAX ((size_t)256 * 1024)

struct block {
    struct block *next;
    size_t size; /* of bytes[] */
    size_t used;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *blocks; /* the first one is being filled */
    size_t max;           /* cap on `used` */
    size_t used;          /* bytes asked for, in all */
    size_t next_size;     /* of the next ordinary block */
    bool is_short;        /* something was refused */
};

struct arena *arena_new(size_t max)
{
    struct arena *a = calloc(1, sizeof(*a));

    if (a == NULL)
        return NULL;
    a->max = max;
    a->next_size = BLOCK_SIZE_FIRST;
    return a;
}

void arena_free(struct arena *a)
{
    struct block *block;

    if (a == NULL)
        return;
    block = a->blocks;
    while (block != NULL) {
        struct block *next = block->next;

        free(block);
        block = next;
    }
    free(a);
}

static struct block *block_new(size_t size)
{
    struct block *block;
    size_t whole;

    if (__builtin_add_overflow(sizeof(*block), size, &whole))
        return NULL;
    block = calloc(1, whole);
    if (block != NULL)
        block->size = size;
    return block;
}

/* A piece alone in its block, put second in the list so that the front block is filled on. */
static void *alloc_alone(struct arena *a, size_t size)
{
    struct block *block = block_new(size);

    if (block == NULL)
        return NULL;
    block->used = size;
    if (a->blocks != NULL) {
        block->next = a->blocks->next;
        a->blocks->next = block;
    } else {
        a->blocks = block;
    }
    return block->bytes;
}

static void *alloc_in_block(struct arena *a, size_t size)
{
    size_t rounded = (size + ALIGN - 1) / ALIGN * ALIGN;
    struct block *block = a->blocks;
    void *piece;

    if (block == NULL || rounded > block->size - block->used) {
        block = block_new(a->next_size);
        if (block == NULL)
            return NULL;
        block->next = a->blocks;
        a->blocks = block;
        a->next_size = MIN_OF(a->next_size * 2, BLOCK_SIZE_MAX);
    }
    piece = block->bytes + block->used;
    block->used += rounded;
    return piece;
}

void *arena_alloc(struct arena *a, size_t size)
{
    void *piece;

    /* Two pieces never share an address. */
    if (size == 0)
        size = 1;
    if (size > a->max - a->used) {
        a->is_short = true;
        return NULL;
    }
    if (ONE_PIECE_PER_BLOCK || size > a->next_size / 4)
        piece = alloc_alone(a, size);
    else
        piece = alloc_in_block(a, size);
    if (piece != NULL)
        a->used += size;
    else
        a->is_short = true;
    return piece;
}

void *arena_alloc_n(struct arena *a, size_t n, size_t size)
{
    size_t whole;

    if (__builtin_mul_overflow(n, size, &whole))
        whole = SIZE_MAX;
    return arena_alloc(a, whole);
}

char *arena_strdup(struct arena *a, struct str s)
{
    size_t size;
    char *copy;

    if (__builtin_add_overflow(s.len, 1, &size))
        return NULL;
    copy = arena_alloc(a, size);
    if (copy != NULL && s.len > 0)
        memcpy(copy, s.at, s.len);
    return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
    char *copy = arena_strdup(a, s);

    return (struct str){copy, copy != NULL ? s.len : 0};
}

#define PRINTED_SMALL 256 /* bytes; most texts are shorter, and then formatted once */

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    char small[PRINTED_SMALL], *text;
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(small, sizeof(small), fmt, ap);
    va_end(ap);
    if (len < 0)
        return NULL;
    if ((size_t)len < sizeof(small))
        return arena_strdup(a, (struct str){small, (size_t)len});
    text = arena_alloc(a, (size_t)len + 1);
    if (text == NULL)
        return NULL;
    va_start(ap, fmt);
    (void)vsnprintf(text, (size_t)len + 1, fmt, ap);
    va_end(ap);
    return text;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}

int arena_error(const struct arena *a)
{
    return a->is_short ? -ENOMEM : 0;
}
