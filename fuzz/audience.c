/* Any bytes as an audience kept in the store: what is refused is explained, what is taken prints as exactly the bytes read. */
#include "label/audience.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str body = {(const char *)data, size};
    struct arena *arena = arena_new(ARENA_MAX);
    struct audience audience;
    struct diag diag;
    struct buf out;
    int r;

    if (!arena)
        abort();
    diag_init(&diag);
    buf_init(&out, AUDIENCE_BODY_MAX);
    r = audience_parse(body, arena, &audience, &diag);
    assert(r >= 0 && (r == 0) == (diag.n_errors == 0));
    if (r == 0) {
        if (audience_print(&audience, &out) || !str_eq(buf_str(&out), body))
            abort();
        assert(label_le(&audience.label, &audience.label) && tlp_name(tlp_default(&audience.label)));
    }
    buf_done(&out);
    diag_done(&diag);
    arena_free(arena);
    return 0;
}
