/* A first line as the boundary, the rest as a form with files: parts lie in the body, apart from each other, and their names are text. */
#include "web/form.h"

#include "base/utf8.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str body = {(const char *)data, size}, boundary;
    struct arena *arena = arena_new(ARENA_MAX);
    struct form_data form;

    if (!arena)
        abort();
    if (str_split(&body, '\n', &boundary) && body.at &&
        form_parse_multipart(body, boundary, arena, &form) == 0) {
        assert(form.n <= FORM_PARTS_MAX);
        for (size_t i = 0; i < form.n; i++) {
            const struct form_field *f = &form.fields[i];

            assert(utf8_is_valid(f->name) && f->name.len <= FORM_NAME_MAX);
            assert(f->is_file ? f->value.at >= body.at && f->value.len <= body.len
                              : utf8_is_valid(f->value));
        }
    }
    arena_free(arena);
    return 0;
}
