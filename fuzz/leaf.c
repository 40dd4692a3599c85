/* Any bytes as an entry of the ledger: what is refused is explained, what is taken prints as exactly the bytes read. */
#include "ledger/leaf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data, size};
    JSON_AUTO *json = NULL;
    struct leaf leaf;
    struct diag diag;
    struct buf out;
    int r;

    diag_init(&diag);
    buf_init(&out, LEAF_MAX);
    r = leaf_parse(bytes, &leaf, &json, &diag);
    assert(r >= 0 && (r == 0) == (diag.n_errors == 0));
    if (r == 0 && (leaf_print(&leaf, &out, &diag) || !str_eq(buf_str(&out), bytes)))
        abort();
    buf_done(&out);
    diag_done(&diag);
    return 0;
}
