/* Any bytes in pieces of any length: whether an archive or an image of a disc lies in them does not go by how they are cut. The first byte says how long the pieces are. */
#include "guard/examine-inside.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t step = size ? data[0] + 1u : 1;
    struct marks whole = {0}, pieces = {0};

    if (size < 2 || size > 1u << 20)
        return 0;
    marks_add(&whole, (struct str){(const char *)data + 1, size - 1});
    for (size_t at = 1; at < size; at += step)
        marks_add(&pieces, (struct str){(const char *)data + at, MIN_OF(step, size - at)});
    assert(whole.is_found == pieces.is_found);
    return 0;
}
