#include "guard/compound.h"

#include "base/little-endian.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_SIZE 512u
#define HEADER_FAT_SECTORS 109u
#define ENTRY_SIZE 128u
#define LAST_SECTOR 0xfffffffau /* larger numbers are none */
#define FREE_SECTOR 0xffffffffu
enum { ENTRY_STREAM = 2 };

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_named(const char *at, const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (small(at[2 * i]) != small(name[i]) || (i && at[2 * i - 1]))
            return false;
    return true;
}

bool compound_names(struct str bytes, const char *name)
{
    const size_t n = strlen(name);

    for (size_t at = 0; at + 2 * n - 1 <= bytes.len; at++)
        if (is_named(bytes.at + at, name, n))
            return true;
    return false;
}

/* The bytes of a sector, which at the end of the file may be fewer. */
static struct str sector(const struct compound *c, uint32_t n)
{
    uint64_t at = ((uint64_t)n + 1) * c->sector;

    if (n > LAST_SECTOR || at >= c->s.len)
        return (struct str){c->s.at, 0};
    return (struct str){c->s.at + at, MIN_OF(c->sector, c->s.len - (size_t)at)};
}

/* Entry `n` of a table of numbers. */
static uint32_t number(const struct buf *table, uint32_t n)
{
    return (uint64_t)n * 4 + 4 <= table->len ? le32(table->at + (size_t)n * 4) : FREE_SECTOR;
}

/* What is missing of it keeps its place. */
static int add_fat(struct compound *c, uint32_t n)
{
    static const char none[4] = {'\xff', '\xff', '\xff', '\xff'};
    struct str s = sector(c, n);
    int r = n > LAST_SECTOR ? 0 : buf_add_str(&c->fat, (struct str){s.at, s.len / 4 * 4});

    if (n > LAST_SECTOR || r)
        return r;
    c->is_short = c->is_short || s.len < c->sector;
    for (size_t i = s.len / 4 * 4; !r && i < c->sector; i += 4)
        r = buf_add(&c->fat, none, sizeof(none));
    return r;
}

/* The table that says which sector follows which: its sectors are listed in the header, and from there in a chain of lists. */
static int read_fat(struct compound *c)
{
    uint32_t list = le32(c->s.at + 68);
    int r = 0;

    for (size_t i = 0; !r && i < HEADER_FAT_SECTORS; i++)
        r = add_fat(c, le32(c->s.at + 76 + 4 * i));
    for (uint32_t steps = 0; !r && list <= LAST_SECTOR; steps++) {
        struct str s = sector(c, list);

        if (s.len < c->sector || steps >= c->n_sectors)
            return COMPOUND_E_BROKEN;
        for (size_t i = 0; !r && i + 8 <= s.len; i += 4)
            r = add_fat(c, le32(s.at + i));
        list = le32(s.at + s.len - 4);
    }
    return r;
}

/* A chain that comes back to where it was is none. */
static bool is_seen(uint8_t *seen, uint32_t n)
{
    bool was = seen[n / 8] & 1u << n % 8;

    seen[n / 8] = (uint8_t)(seen[n / 8] | 1u << n % 8);
    return was;
}

static int read_chain(const struct compound *c, uint32_t first, uint64_t max, struct buf *out)
{
    uint8_t *seen = calloc(1, (size_t)c->n_sectors / 8 + 1);
    const size_t from = out->len;
    bool is_open = false; /* nothing says where it goes on */
    int r = seen ? 0 : -ENOMEM;

    for (uint32_t n = first; !r && n <= LAST_SECTOR && out->len - from < max; n = number(&c->fat, n)) {
        struct str s = sector(c, n);

        if (!s.len || is_seen(seen, n))
            r = COMPOUND_E_BROKEN;
        else
            r = buf_add(out, s.at, (size_t)MIN_OF((uint64_t)s.len, max - (out->len - from)));
        is_open = !r && number(&c->fat, n) == FREE_SECTOR;
    }
    free(seen);
    return !r && is_open && out->len - from < max ? COMPOUND_E_BROKEN : r;
}

static int read_mini_chain(const struct compound *c, uint32_t first, uint64_t max, struct buf *out)
{
    uint8_t *seen = calloc(1, c->mini.len / c->mini_sector / 8 + 1);
    const size_t from = out->len;
    int r = seen ? 0 : -ENOMEM;

    for (uint32_t n = first; !r && n <= LAST_SECTOR && out->len - from < max; n = number(&c->mini_fat, n)) {
        uint64_t at = (uint64_t)n * c->mini_sector;

        if (at >= c->mini.len || is_seen(seen, n))
            r = COMPOUND_E_BROKEN;
        else
            r = buf_add(out, c->mini.at + at, (size_t)MIN_OF(MIN_OF((uint64_t)c->mini_sector, c->mini.len - at), max - (out->len - from)));
    }
    free(seen);
    return r;
}

/* The small streams lie one behind the other in the stream of the root, which is the first entry. */
static int read_mini(struct compound *c)
{
    int r = read_chain(c, le32(c->s.at + 60), UINT64_MAX, &c->mini_fat);

    if (r || c->directory.len < ENTRY_SIZE)
        return r ? r : COMPOUND_E_BROKEN;
    return read_chain(c, le32(c->directory.at + 116), UINT64_MAX, &c->mini);
}

int compound_open(struct str bytes, struct compound *ret)
{
    uint32_t shift, mini_shift;
    int r;

    *ret = (struct compound){.s = bytes};
    buf_init(&ret->directory, (size_t)COMPOUND_ENTRIES_MAX * ENTRY_SIZE);
    buf_init(&ret->fat, bytes.len);
    buf_init(&ret->mini_fat, bytes.len);
    buf_init(&ret->mini, bytes.len);
    if (bytes.len < HEADER_SIZE)
        return COMPOUND_E_BROKEN;
    shift = le16(bytes.at + 30);
    mini_shift = le16(bytes.at + 32);
    if (shift < 7 || shift > 16 || mini_shift < 4 || mini_shift >= shift)
        return COMPOUND_E_BROKEN;
    ret->sector = (size_t)1 << shift;
    ret->mini_sector = (size_t)1 << mini_shift;
    ret->n_sectors = (uint32_t)MIN_OF((uint64_t)bytes.len / ret->sector + 1, (uint64_t)LAST_SECTOR);
    ret->cutoff = le32(bytes.at + 56);
    r = read_fat(ret);
    if (!r)
        r = read_chain(ret, le32(bytes.at + 48), UINT64_MAX, &ret->directory);
    if (!r)
        r = read_mini(ret);
    if (!r && ret->is_short)
        r = COMPOUND_E_BROKEN;
    return r == -ENOSPC ? COMPOUND_E_BROKEN : r; /* more than the file has: something is listed twice */
}

void compound_close(struct compound *c)
{
    buf_done(&c->directory);
    buf_done(&c->fat);
    buf_done(&c->mini_fat);
    buf_done(&c->mini);
}

size_t compound_count(const struct compound *c)
{
    return c->directory.len / ENTRY_SIZE;
}

/* Entries of a storage are a tree: two beside each, and of a storage the first one that lies in it. Each is gone to once, whatever says so. */
int compound_owners(const struct compound *c, uint32_t *owners)
{
    const size_t n = compound_count(c);
    uint32_t *waiting = n ? calloc(n, sizeof(*waiting)) : NULL;
    size_t n_waiting = 0;

    if (n && !waiting)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        owners[i] = COMPOUND_NOWHERE;
    if (n) {
        owners[0] = 0;
        waiting[n_waiting++] = 0;
    }
    while (n_waiting) {
        const uint32_t at = waiting[--n_waiting];
        const char *e = c->directory.at + (size_t)at * ENTRY_SIZE;
        const uint32_t next[] = {le32(e + 68), le32(e + 72), le32(e + 76)}, owner[] = {owners[at], owners[at], at};

        for (size_t k = at ? 0 : 2; k < ARRAY_LEN(next); k++)
            if (next[k] < n && owners[next[k]] == COMPOUND_NOWHERE) {
                owners[next[k]] = owner[k];
                waiting[n_waiting++] = next[k];
            }
    }
    free(waiting);
    return 0;
}

bool compound_stream(const struct compound *c, size_t i, struct compound_entry *ret)
{
    const char *e = c->directory.at + i * ENTRY_SIZE;
    size_t n = MIN_OF((size_t)le16(e + 64) / 2, (size_t)COMPOUND_NAME_MAX + 1);

    if ((uint8_t)e[66] != ENTRY_STREAM)
        return false;
    *ret = (struct compound_entry){.start = le32(e + 116), .size = le32(e + 120) | (uint64_t)le32(e + 124) << 32};
    if (c->sector == HEADER_SIZE)
        ret->size = (uint32_t)ret->size; /* the upper half is whatever a writer of that version left there */
    for (size_t k = 0; k < n && k < COMPOUND_NAME_MAX; k++) {
        uint32_t ch = le16(e + 2 * k);

        if (!ch)
            break;
        ret->name[k] = (char)(ch < 0x7f ? ch : '?');
    }
    return true;
}

int compound_read(const struct compound *c, const struct compound_entry *e, uint64_t max, struct buf *out)
{
    const uint64_t wanted = MIN_OF(max, e->size);
    const size_t from = out->len;
    int r = e->size < c->cutoff ? read_mini_chain(c, e->start, wanted, out) : read_chain(c, e->start, wanted, out);

    return r ? r : out->len - from < wanted ? COMPOUND_E_BROKEN : 0;
}
