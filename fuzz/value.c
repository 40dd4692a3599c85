/* Any text as each type of value: what is taken shows and defangs to forms that read back as the same value, and to nothing that a mail
 * program would make a link of. */
#include "intel/value.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const struct value *v, int (*print)(const struct value *v, struct buf *out))
{
    struct value again;
    struct buf text;

    value_init(&again);
    buf_init(&text, 16 * VALUE_TEXT_MAX);
    if (print(v, &text))
        abort();
    /* Defanging makes some texts longer than a field is. */
    if (text.len <= VALUE_TEXT_MAX &&
        (value_read_as(v->type, buf_str(&text), &again) || !value_eq(v, &again)))
        abort();
    buf_done(&text);
    value_done(&again);
}

static void check(const struct value *v)
{
    assert(v->type != VALUE_NONE && v->bytes.len > 0);
    read_back(v, value_show);
    read_back(v, value_defang);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct value v;

    value_init(&v);
    for (unsigned type = 1; type < VALUE_N_TYPES; type++) {
        int r = value_read_as((enum value_type)type, text, &v);

        assert(r >= 0 && (r == 0) == (v.type != VALUE_NONE));
        if (r == 0)
            check(&v);
    }
    if (value_read(text, &v) == 0)
        check(&v);
    value_done(&v);
    return 0;
}
