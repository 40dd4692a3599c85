#include "intel/pack.h"

#include "intel/stix-keys.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

#define LEVEL 3

/* Of indicators; of relationships and sightings; of all others. */
enum { OF_INDICATORS, OF_LINKS, OF_OTHERS, N_DICTIONARIES };

#define DICTIONARY(id, size, ...) static const uint8_t dictionary_##id[size] = {__VA_ARGS__};
#include "intel/pack-dictionaries.def"
#undef DICTIONARY

static const struct {
    unsigned id;
    const uint8_t *at;
    size_t size;
} dictionaries[] = {
#define DICTIONARY(id, size, ...) {id, dictionary_##id, size},
#include "intel/pack-dictionaries.def"
#undef DICTIONARY
};
static_assert(ARRAY_LEN(dictionaries) == N_DICTIONARIES, "a dictionary for each kind");

struct packer {
    ZSTD_CCtx *context;
    ZSTD_CDict *by[N_DICTIONARIES];
};

struct packer *packer_new(void)
{
    CLEANUP(packer_freep) struct packer *p = calloc(1, sizeof(*p));

    if (!p || !(p->context = ZSTD_createCCtx()))
        return NULL;
    for (size_t i = 0; i < N_DICTIONARIES; i++)
        if (!(p->by[i] = ZSTD_createCDict(dictionaries[i].at, dictionaries[i].size, LEVEL)))
            return NULL;
    return TAKE(p);
}

void packer_free(struct packer *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < N_DICTIONARIES; i++)
        ZSTD_freeCDict(p->by[i]);
    ZSTD_freeCCtx(p->context);
    free(p);
}

int packer_add(struct packer *p, struct str type, struct str bytes, struct buf *out)
{
    unsigned which = str_eq(type, STR("indicator")) ? OF_INDICATORS : stix_is_link(type) ? OF_LINKS : OF_OTHERS;
    size_t bound = ZSTD_compressBound(bytes.len), before = out->len, n;
    char *at = buf_grow(out, bound);

    if (!at)
        return buf_error(out);
    n = ZSTD_compress_usingCDict(p->context, at, bound, bytes.at, bytes.len, p->by[which]);
    if (ZSTD_isError(n))
        return -ENOMEM;
    buf_cut(out, before + n);
    return 0;
}

struct unpacker {
    ZSTD_DCtx *context;
    ZSTD_DDict *by[N_DICTIONARIES];
};

struct unpacker *unpacker_new(void)
{
    CLEANUP(unpacker_freep) struct unpacker *u = calloc(1, sizeof(*u));

    if (!u || !(u->context = ZSTD_createDCtx()))
        return NULL;
    for (size_t i = 0; i < N_DICTIONARIES; i++)
        if (!(u->by[i] = ZSTD_createDDict(dictionaries[i].at, dictionaries[i].size)))
            return NULL;
    return TAKE(u);
}

void unpacker_free(struct unpacker *u)
{
    if (!u)
        return;
    for (size_t i = 0; i < N_DICTIONARIES; i++)
        ZSTD_freeDDict(u->by[i]);
    ZSTD_freeDCtx(u->context);
    free(u);
}

bool unpacker_get(struct unpacker *u, struct str packed, size_t length, char *out)
{
    unsigned id = ZSTD_getDictID_fromFrame(packed.at, packed.len);
    size_t i = 0;

    if (!id)
        return ZSTD_decompressDCtx(u->context, out, length, packed.at, packed.len) == length;
    while (i < N_DICTIONARIES && dictionaries[i].id != id)
        i++;
    return i < N_DICTIONARIES && ZSTD_decompress_usingDDict(u->context, out, length, packed.at, packed.len, u->by[i]) == length;
}
