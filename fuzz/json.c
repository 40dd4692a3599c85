/* Any bytes as JSON: the reader answers and explains what it refuses; a canonical form is read back as the same value and
 * has itself as its canonical form, and a look at its members finds the same values.
 * What the quick reader reads, jansson reads as well. */
#include "base/json-look.h"
#include "base/json-quick.h"

#include <errno.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct json_limits limits = {1u << 20, 16};

/* True: it knew how to. */
static bool is_read_quickly(struct str text)
{
    JSON_AUTO *quick = NULL;
    JSON_AUTO *slow = NULL;
    int r = json_quick(text, limits.max_depth, &quick);

    assert(r == 0 || r == 1);
    if (r == 0 && json_slow(text, &slow))
        abort();
    assert(r || json_equal(quick, slow));
    return r == 0;
}

/* Any bytes: what is given lies within them, and the walk ends. */
static size_t look_at(struct str text, const json_t *whole)
{
    struct json_look look;
    struct str key, value;
    size_t n = 0;
    int r = json_look_begin(text, &look);

    assert(r == 0 || r == -EBADMSG);
    for (; !r && (r = json_look_next(&look, &key, &value)) > 0; n++) {
        JSON_AUTO *v = NULL;

        assert(key.at > text.at && value.at > key.at + key.len && value.len);
        assert(value.at + value.len <= text.at + text.len);
        r = json_look_value(value, limits, &v);
        assert(r == 0 || (r == -EBADMSG && !whole));
        if (whole && !memchr(key.at, '\\', key.len))
            assert(json_equal(v, json_object_getn(whole, key.at, key.len)));
        r = 0;
    }
    assert(r == 0 || (r == -EBADMSG && !whole));
    return n;
}

static void try_printed(const json_t *v)
{
    char *want = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
    struct buf out;

    buf_init(&out, 64u << 20);
    assert(want && !json_print(v, &out) && str_eq(buf_str(&out), str_of(want)));
    buf_done(&out);
    free(want);
}

static void try_canonical(const json_t *v, size_t size)
{
    JSON_AUTO *again = NULL;
    struct digest digest, digest_again;
    struct buf out, out_again;
    struct diag diag;
    int r;

    diag_init(&diag);
    buf_init(&out, 64 + size * 8);
    buf_init(&out_again, 64 + size * 8);
    r = json_canonical(v, &out, &diag);
    assert(r >= 0 && (r == 0) == (diag.n_errors == 0));
    if (r == 0) {
        if (json_parse(buf_str(&out), limits, &again, NULL) || json_canonical(again, &out_again, NULL))
            abort();
        assert(str_eq(buf_str(&out), buf_str(&out_again)));
        assert(is_read_quickly(buf_str(&out)));
        if (json_is_object(v))
            assert(look_at(buf_str(&out), v) == json_object_size(v));
        if (json_digest(v, &digest, NULL) || json_digest(again, &digest_again, NULL))
            abort();
        assert(digest_eq(&digest, &digest_again));
    }
    buf_done(&out);
    buf_done(&out_again);
    diag_done(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    JSON_AUTO *v = NULL;
    struct diag diag;
    int r;

    IGNORE(is_read_quickly((struct str){(const char *)data, size}), "it need not know how to");
    diag_init(&diag);
    r = json_parse((struct str){(const char *)data, size}, limits, &v, &diag);
    assert(r >= 0 && (r == 0) == (diag.n_errors == 0));
    assert((r == 0) == (v != NULL));
    if (v) {
        try_printed(v);
        try_canonical(v, size);
    }
    IGNORE(look_at((struct str){(const char *)data, size}, NULL), "only that it ends within the bytes");
    diag_done(&diag);
    return 0;
}
