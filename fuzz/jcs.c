/* Any JSON has one canonical form: reading it again gives the same form. The id of an observable is the same however it was written. */
#include "intel/jcs.h"
#include "intel/stix-id.h"

#include <stdlib.h>

#define OUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int forms(struct scanner *s, struct str text, struct buf *form, struct buf *id)
{
    struct scan_place place;
    const struct scan_value *v;
    int r;

    buf_init(&place.path, 4096);
    r = scanner_read(s, text, &v, &place);
    if (!r) {
        r = jcs_print(v, form);
        if (r < 0 || stix_id_of_observable(v, id) < 0)
            abort();
    } else {
        assert(r > 0 && place.offset <= text.len);
    }
    buf_done(&place.path);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scanner *s = scanner_new(1 << 24);
    struct buf form, again, id, id_again;

    if (!s)
        abort();
    buf_init(&form, OUT_MAX);
    buf_init(&again, OUT_MAX);
    buf_init(&id, 400);
    buf_init(&id_again, 400);
    if (forms(s, (struct str){(const char *)data, size}, &form, &id) == 0) {
        if (forms(s, buf_str(&form), &again, &id_again) ||
            !str_eq(buf_str(&form), buf_str(&again)) || !str_eq(buf_str(&id), buf_str(&id_again)))
            abort();
    }
    buf_done(&form);
    buf_done(&again);
    buf_done(&id);
    buf_done(&id_again);
    scanner_free(s);
    return 0;
}
