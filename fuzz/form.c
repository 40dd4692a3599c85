/* Any bytes as a form or a path segment: what is taken can be encoded and is read back as the same. */
#include "web/form.h"

#include "base/utf8.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode(struct str s, struct buf *out)
{
    assert(utf8_is_valid(s) && (s.len == 0 || !memchr(s.at, '\0', s.len)));
    if (url_encode(s, out))
        abort();
}

static void try_segment(struct str text, struct arena *arena)
{
    struct str plain, again;
    struct buf out;

    buf_init(&out, 64 + text.len * 3);
    if (url_decode(text, arena, &plain) == 0) {
        encode(plain, &out);
        if (url_decode(buf_str(&out), arena, &again) || !str_eq(plain, again))
            abort();
    }
    buf_done(&out);
}

static void try_form(struct str text, struct arena *arena)
{
    struct form_data form, again;
    struct buf out;

    buf_init(&out, 64 + text.len * 4);
    if (form_parse(text, arena, &form) == 0) {
        assert(form.n <= FORM_FIELDS_MAX && (form.n == 0 || form_count(&form, form.fields[0].name) > 0));
        for (size_t i = 0; i < form.n; i++) {
            encode(form.fields[i].name, &out);
            buf_add_char(&out, '=');
            encode(form.fields[i].value, &out);
            buf_add_char(&out, '&');
        }
        if (buf_error(&out) || form_parse(buf_str(&out), arena, &again))
            abort();
        assert(again.n == form.n);
        for (size_t i = 0; i < form.n; i++)
            assert(str_eq(form.fields[i].name, again.fields[i].name) &&
                   str_eq(form.fields[i].value, again.fields[i].value));
    }
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct arena *arena = arena_new(ARENA_MAX);

    if (!arena)
        abort();
    try_segment(text, arena);
    try_form(text, arena);
    arena_free(arena);
    return 0;
}
