/* Any bytes in pieces of any length: whether an archive or an image of a disc lies in them does not go by how they are cut; whether it is a container that nobody opens. The first byte says how long the pieces are. */
#include "guard/examine-inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What it is by how it begins goes by the first bytes alone. */
static void look_at_head(struct str bytes)
{
    char *head = malloc(bytes.len);
    const enum content_type type = content_type_of(bytes);

    assert(head);
    memcpy(head, bytes.at, bytes.len);
    assert(archive_is_unknown(type, bytes, false) == archive_is_unknown(type, (struct str){head, bytes.len}, false));
    free(head);
}

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
    look_at_head((struct str){(const char *)data + 1, size - 1});
    return 0;
}
