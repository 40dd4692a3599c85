/* Any bytes as a part of a Word document that is rewritten: refused, or bytes that are no more than before and that another pass leaves as they are. */
#include "guard/prepare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str part = {(const char *)data + 1, size ? size - 1 : 0};
    CLEANUP(buf_done) struct buf once, twice;
    bool is_story = size && data[0] % 2 == 0;

    buf_init(&once, 4u << 20);
    buf_init(&twice, 4u << 20);
    if (size < 2 || size > 1u << 20 || prepare_office_part(part, is_story, &once))
        return 0;
    assert(once.len <= part.len);
    if (once.len == 0 || prepare_office_part(buf_str(&once), is_story, &twice))
        return 0; /* the root itself was such a mark */
    assert(str_eq(buf_str(&once), buf_str(&twice)));
    return 0;
}
