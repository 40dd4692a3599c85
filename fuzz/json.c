/* Any bytes as JSON: the reader answers and explains what it refuses; a canonical form is read back as the same value and
 * has itself as its canonical form. */
#include "base/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct json_limits limits = {1u << 20, 16};

static void try_canonical(const json_t *v, size_t size)
{
    JSON_AUTO *again = NULL;
    struct digest digest, digest_again;
    struct buf out, out_again;
    struct diag diag;
    int r;

    diag_init(&diag);
    buf_init(&out, 64 + size * 8);
    buf_init(&out_again, 64 + size * 8);
    r = json_canonical(v, &out, &diag);
    assert(r >= 0 && (r == 0) == (diag.n_errors == 0));
    if (r == 0) {
        if (json_parse(buf_str(&out), limits, &again, NULL) || json_canonical(again, &out_again, NULL))
            abort();
        assert(str_eq(buf_str(&out), buf_str(&out_again)));
        if (json_digest(v, &digest, NULL) || json_digest(again, &digest_again, NULL))
            abort();
        assert(digest_eq(&digest, &digest_again));
    }
    buf_done(&out);
    buf_done(&out_again);
    diag_done(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    JSON_AUTO *v = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = json_parse((struct str){(const char *)data, size}, limits, &v, &diag);
    assert(r >= 0 && (r == 0) == (diag.n_errors == 0));
    assert((r == 0) == (v != NULL));
    if (v)
        try_canonical(v, size);
    diag_done(&diag);
    return 0;
}
