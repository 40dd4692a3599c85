/* Any text as each type of value: what is taken shows and defangs to forms that read back as the same value, and to nothing that a mail
 * program would make a link of. */
#include "intel/clue.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const struct clue *v, int (*print)(const struct clue *v, struct buf *out))
{
    struct clue again;
    struct buf text;

    clue_init(&again);
    buf_init(&text, 16 * CLUE_TEXT_MAX);
    if (print(v, &text))
        abort();
    /* Defanging makes some texts longer than a field is. */
    if (text.len <= CLUE_TEXT_MAX &&
        (clue_read_as(v->type, buf_str(&text), &again) || !clue_eq(v, &again)))
        abort();
    buf_done(&text);
    clue_done(&again);
}

static void check(const struct clue *v)
{
    assert(v->type != CLUE_NONE && v->bytes.len > 0);
    read_back(v, clue_show);
    read_back(v, clue_defang);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct clue v;

    clue_init(&v);
    for (unsigned type = 1; type < CLUE_N_TYPES; type++) {
        int r = clue_read_as((enum clue_type)type, text, &v);

        assert(r >= 0 && (r == 0) == (v.type != CLUE_NONE));
        if (r == 0)
            check(&v);
    }
    if (clue_read(text, &v) == 0)
        check(&v);
    clue_done(&v);
    return 0;
}
