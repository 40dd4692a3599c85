#include "intel/id-set.h"

#include "base/codec.h"

#include <errno.h>
#include <stdlib.h>

void id_set_done(struct id_set *s)
{
    free(s->at);
    *s = (struct id_set){0};
}

void id_set_clear(struct id_set *s)
{
    if (s->at)
        memset(s->at, 0, s->size * sizeof(*s->at));
    s->n = 0;
}

/* Where it stands, or would. */
static size_t place(uint8_t (*table)[16], size_t size, const uint8_t key[16])
{
    size_t at;

    memcpy(&at, key + 1, sizeof(at));
    for (at %= size; table[at][0] && memcmp(table[at], key, 16) != 0; at = (at + 1) % size)
        ;
    return at;
}

static int grow(struct id_set *s)
{
    size_t size = s->size ? s->size * 2 : 64;
    uint8_t(*more)[16] = calloc(size, sizeof(*more));

    if (!more)
        return -ENOMEM;
    for (size_t i = 0; i < s->size; i++)
        if (s->at[i][0])
            memcpy(more[place(more, size, s->at[i])], s->at[i], sizeof(*more));
    free(s->at);
    s->at = more;
    s->size = size;
    return 0;
}

static void key_of(struct str id, uint8_t ret[16])
{
    struct digest d = sha256(id);

    ret[0] = 1;
    memcpy(ret + 1, d.bytes, 15);
}

bool id_set_has(const struct id_set *s, struct str id)
{
    uint8_t key[16];

    key_of(id, key);
    return s->size && s->at[place(s->at, s->size, key)][0];
}

int id_set_add(struct id_set *s, struct str id, bool *ret_is_new)
{
    uint8_t key[16];
    size_t at;
    int r = s->n * 2 < s->size ? 0 : grow(s);

    if (r)
        return r;
    key_of(id, key);
    at = place(s->at, s->size, key);
    *ret_is_new = !s->at[at][0];
    memcpy(s->at[at], key, sizeof(key));
    s->n += *ret_is_new;
    return 0;
}
