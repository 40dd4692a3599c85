#include "store/intel-post.h"

#include "store/intel.h"
#include "store/load.h"

#include <stdlib.h>
#include <string.h>

bool intel_block_next(struct str *block, int64_t *number)
{
    uint64_t difference = 0;
    size_t i = 0;

    for (; i < block->len && i < 9; i++) {
        difference |= (uint64_t)((uint8_t)block->at[i] & 0x7f) << (7 * i);
        if (!((uint8_t)block->at[i] & 0x80))
            break;
    }
    if (i >= block->len || i == 9 || !difference || difference > (uint64_t)(INT64_MAX - *number))
        return false;
    *number += (int64_t)difference;
    block->at += i + 1;
    block->len -= i + 1;
    return true;
}

size_t intel_varint(uint64_t v, char ret[10])
{
    size_t n = 0;

    for (; v >= 0x80; v >>= 7)
        ret[n++] = (char)(v | 0x80);
    ret[n++] = (char)v;
    return n;
}

/* The block of one value that is written at. */
struct block {
    const struct posted *of;
    int64_t first, last, n;
    size_t len;
    bool is_stored;
    char bytes[STORE_INTEL_BLOCK];
};

/* Some values, whose last blocks are read together and written together. */
struct piece {
    struct store *s;
    int64_t run;
    size_t n, n_asked;
    struct block blocks[STORE_ROWS_AT_ONCE];
    struct block *asked[STORE_ROWS_AT_ONCE];
    struct value values[3 * STORE_ROWS_AT_ONCE];
    struct load add, set;
};

static int take_last(struct rows *rows, size_t at, void *context)
{
    const struct piece *x = context;
    struct block *b = x->asked[at];
    struct str bytes;
    int r = rows_next(rows);

    if (r != 1)
        return r;
    b->first = b->last = rows_int(rows, 0);
    b->n = rows_int(rows, 1);
    bytes = rows_blob(rows, 2);
    if (bytes.len > sizeof(b->bytes))
        return -EIO;
    memcpy(b->bytes, bytes.at, bytes.len);
    b->len = bytes.len;
    while (bytes.len)
        if (!intel_block_next(&bytes, &b->last))
            return -EIO;
    b->is_stored = true;
    return 0;
}

static int put(struct piece *x, const struct block *b)
{
    return LOAD_ADD(b->is_stored ? &x->set : &x->add, V_INT(b->of->audience), V_INT(x->run), V_INT(b->of->value), V_INT(b->first), V_INT(b->n),
                    V_BLOB(b->bytes, b->len));
}

/* A full one, as the same memory takes the next. */
static int put_now(struct piece *x, const struct block *b)
{
    return put(x, b) ?: load_flush(&x->add) ?: load_flush(&x->set);
}

static int grow(struct piece *x, struct block *b)
{
    int r = 0;

    for (size_t i = 0; !r && i < b->of->n; i++) {
        int64_t number = b->of->numbers[i];
        char bytes[10];
        size_t len = b->n ? intel_varint((uint64_t)(number - b->last), bytes) : 0;

        if (b->n && b->len + len > sizeof(b->bytes)) {
            r = put_now(x, b);
            b->n = 0;
            b->is_stored = false;
        }
        if (b->n) {
            memcpy(b->bytes + b->len, bytes, len);
            b->len += len;
        } else {
            b->first = number;
            b->len = 0;
        }
        b->last = number;
        b->n++;
    }
    return r;
}

static int post_piece(struct piece *x, const struct posted *items, size_t n)
{
    int r;

    x->n_asked = 0;
    for (size_t i = 0; i < n; i++) {
        struct block *b = &x->blocks[i];

        b->of = &items[i];
        b->n = 0;
        b->len = 0;
        b->is_stored = false;
        if (!items[i].may_be_there)
            continue;
        memcpy(x->values + 3 * x->n_asked, (const struct value[]){V_INT(items[i].audience), V_INT(x->run), V_INT(items[i].value)}, 3 * sizeof(*x->values));
        x->asked[x->n_asked++] = b;
    }
    r = x->n_asked ? store_query_rows(x->s, STMT_INTEL_POSTING_LAST, x->values, 3, x->n_asked, take_last, x) : 0;
    for (size_t i = 0; !r && i < n; i++) {
        r = grow(x, &x->blocks[i]);
        if (!r && x->blocks[i].n)
            r = put(x, &x->blocks[i]);
    }
    return r ? r : load_flush(&x->add) ?: load_flush(&x->set);
}

int intel_post(struct store *s, int64_t run, const struct posted *items, size_t n)
{
    struct piece *x = calloc(1, sizeof(*x));
    int r = -ENOMEM;

    if (!x)
        return r;
    x->s = s;
    x->run = run;
    r = load_init(&x->add, s, STMT_INTEL_POSTING_ADD, 6) ?: load_init(&x->set, s, STMT_INTEL_POSTING_SET, 6);
    for (size_t at = 0; !r && at < n; at += STORE_ROWS_AT_ONCE)
        r = post_piece(x, items + at, MIN_OF(n - at, STORE_ROWS_AT_ONCE));
    load_done(&x->add);
    load_done(&x->set);
    free(x);
    return r;
}
