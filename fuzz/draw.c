/* Any bytes as text, markup or a name in code page 932: what is drawn is UTF-8 in NFC without controls, within its limit. */
#include "guard/draw.h"

#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST 1000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data, size};
    struct buf out;
    enum drawn how;

    buf_init(&out, 1u << 24);
    if (draw(CONTENT_OTHER, bytes, MOST, &out, &how))
        abort();
    assert(out.len <= MOST && !utf8_check_nfc(buf_str(&out)));
    assert(how != DRAWN_NONE || !out.len);
    for (size_t i = 0; i < out.len; i++)
        assert((uint8_t)out.at[i] >= 0x20 && out.at[i] != 0x7f);
    buf_clear(&out);
    if (draw_cp932(bytes, &out) < 0)
        abort();
    assert(utf8_is_valid(buf_str(&out)));
    buf_done(&out);
    return 0;
}
