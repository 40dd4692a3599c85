/* Any bytes as text: normal forms stay as they are when they are made again, and what is printed for a terminal holds no
 * control. */
#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One character grows to at most 18 bytes for each of its own (U+FDFA in NFKC). */
#define GROWTH 20

typedef int form_fn(struct str s, struct buf *out);

static int nfc_line(struct str s, struct buf *out)
{
    return utf8_nfc(s, false, out);
}

static int nfc_lines(struct str s, struct buf *out)
{
    return utf8_nfc(s, true, out);
}

static void try_form(struct str text, form_fn *form, bool is_nfc)
{
    struct buf once, twice;
    int r;

    buf_init(&once, 64 + text.len * GROWTH);
    buf_init(&twice, 64 + text.len * GROWTH * 2);
    r = form(text, &once);
    assert(r >= 0 && (r != 0 || utf8_is_valid(text)));
    if (r == 0) {
        assert(utf8_is_valid(buf_str(&once)) && (!is_nfc || utf8_check_nfc(buf_str(&once)) == 0));
        if (form(buf_str(&once), &twice) || !str_eq(buf_str(&once), buf_str(&twice)))
            abort();
    }
    buf_done(&once);
    buf_done(&twice);
}

static void try_characters(struct str text)
{
    bool is_valid = utf8_is_valid(text);
    size_t n = 0;
    struct buf out;

    buf_init(&out, 64 + text.len * 3);
    for (size_t at = 0, before = 0; at < text.len; before = at, n++) {
        uint32_t c = utf8_next(text, &at);

        assert(at > before && at <= text.len && c <= 0x10ffff);
        if (utf8_put(c, &out))
            abort();
    }
    assert(utf8_is_valid(buf_str(&out)) && utf8_count(buf_str(&out)) == n);
    if (is_valid)
        assert(str_eq(buf_str(&out), text) && utf8_count(text) == n);
    buf_done(&out);
}

static void try_print(struct str text)
{
    struct buf out;

    buf_init(&out, 64 + text.len * 4);
    if (utf8_print_safe(text, &out))
        abort();
    assert(utf8_is_valid(buf_str(&out)));
    for (size_t i = 0; i < out.len; i++)
        assert((unsigned char)out.at[i] >= 0x20 && out.at[i] != 0x7f);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};

    try_form(text, nfc_line, true);
    try_form(text, nfc_lines, true);
    try_form(text, utf8_fold, false);
    try_characters(text);
    try_print(text);
    return 0;
}
