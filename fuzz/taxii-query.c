/* Any bytes as a question to a TAXII server, and as its headers: what is read has one text, which a second reading gives again. */
#include "web/taxii-query.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)
#define TEXT_MAX (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_query(struct str text, enum taxii_resource resource)
{
    struct arena *arena = arena_new(ARENA_MAX);
    CLEANUP(buf_done) struct buf a, b;
    struct taxii_query q;
    struct str name;

    buf_init(&a, TEXT_MAX);
    buf_init(&b, TEXT_MAX);
    if (!arena)
        abort();
    for (int turn = 0; turn < 2; turn++) {
        int r = taxii_query_read(text, resource, arena, &q, &name);

        if (r < 0)
            abort();
        if (r)
            break;
        assert(q.n_versions > 0 && q.n_versions <= TAXII_VALUES_MAX && q.n_ids <= TAXII_VALUES_MAX);
        if (taxii_query_print(&q, resource, turn ? &b : &a))
            abort();
        assert(!turn || str_eq(buf_str(&a), buf_str(&b)));
    }
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};

    for (enum taxii_resource r = 0; r < TAXII_N_RESOURCES; r++)
        try_query(text, r);
    /* A body of our type is one that we would send. */
    if (taxii_type_is(text) && !memchr(text.at ? text.at : "", ',', text.len))
        assert(taxii_accepted(text) || memmem(text.at, text.len, "q", 1) ||
               memmem(text.at, text.len, "Q", 1));
    return 0;
}
