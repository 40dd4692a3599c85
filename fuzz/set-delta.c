/* Rows of a delta in a frame that is right: it makes nothing, and takes no harm. Two bytes say how many rows are removed and added. The same bytes
 * as a whole delta. */
#include "intel/set-delta.h"

#include <stdlib.h>

/* Places in the header. */
enum { AT_FROM = 16, AT_N_REMOVED = 112, AT_N_ADDED = 120, HEADER = 136 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_set(struct buf *file, struct set **ret)
{
    static const char *const values[] = {"192.0.2.1",
                                         "198.51.100.0/24",
                                         "2001:db8::/32",
                                         "example.jp",
                                         "http://example.jp/",
                                         "a@example.jp",
                                         "d41d8cd98f00b204e9800998ecf8427e"};
    static const uint8_t key[SET_KEY_SIZE] = "sixteen bytes of";
    struct set_builder *b = set_builder_new(&(struct set_mark){.flags = SET_BELOW}, key);
    struct clue v;

    clue_init(&v);
    for (size_t i = 0; b && i < ARRAY_LEN(values); i++)
        if (clue_read(str_of(values[i]), &v) || set_builder_add(b, &v, STR("i"), 0))
            abort();
    buf_init(file, 1 << 20);
    if (!b || set_builder_print(b, file) || set_of(buf_str(file), ret))
        abort();
    clue_done(&v);
    set_builder_free(b);
}

static void apply(const struct set *set, struct str delta, bool is_framed)
{
    struct buf out;
    int r;

    buf_init(&out, 1 << 22);
    r = set_delta_apply(set, delta, &out);
    if (r != DELTA_E_DAMAGED && (is_framed || r != DELTA_E_OTHER))
        abort();
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf file, delta;
    struct set *set = NULL;
    char header[HEADER] = "TJBDLT01";
    uint32_t order = 0x01020304, rules = CLUE_RULES;
    struct digest digest;

    make_set(&file, &set);
    apply(set, (struct str){(const char *)data, size}, false);
    if (size >= 2) {
        uint64_t n_removed = data[0], n_added = data[1];

        memcpy(header + 8, &order, sizeof(order));
        memcpy(header + 12, &rules, sizeof(rules));
        memcpy(header + AT_FROM, set_digest(set), sizeof(digest));
        memcpy(header + AT_N_REMOVED, &n_removed, sizeof(n_removed));
        memcpy(header + AT_N_ADDED, &n_added, sizeof(n_added));
        buf_init(&delta, 1 << 22);
        if (buf_add(&delta, header, sizeof(header)) || buf_add(&delta, data + 2, size - 2))
            abort();
        digest = sha256(buf_str(&delta));
        if (buf_add(&delta, &digest, sizeof(digest)))
            abort();
        apply(set, buf_str(&delta), true);
        buf_done(&delta);
    }
    set_free(set);
    buf_done(&file);
    return 0;
}
