/* Segments of threat intelligence, as they reach the keeper: a message is read whole or refused, and what was read is printed anew and read back the same. */
#include "store/segment.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct segment *s, struct buf *out)
{
    struct segment_writer *w = segment_writer_new();

    if (!w)
        abort();
    for (size_t i = 0; i < s->n_objects; i++) {
        for (size_t k = 0; k < s->objects[i].n_values + s->objects[i].n_contents; k++) {
            const struct segment_value *v = &s->values[segment_place(&s->objects[i], k)];

            if (segment_writer_value(w, v->type, v->is_derived, v->bytes))
                abort();
        }
        if (segment_writer_add(w, &s->objects[i]))
            abort();
    }
    if (segment_writer_print(w, out))
        abort();
    segment_writer_free(w);
}

static void compare(const struct segment *a, const struct segment *b)
{
    if (a->n_objects != b->n_objects)
        abort();
    for (size_t i = 0; i < a->n_objects; i++) {
        const struct segment_object *x = &a->objects[i], *y = &b->objects[i];

        if (x->n_values != y->n_values || x->n_contents != y->n_contents || !str_eq(x->id, y->id) || !str_eq(x->packed, y->packed) || x->life != y->life || x->at_us != y->at_us ||
            x->until_us != y->until_us || x->n != y->n || !str_eq(x->of, y->of) || x->tlp != y->tlp)
            abort();
        for (size_t k = 0; k < x->n_values + x->n_contents; k++)
            if (!str_eq(a->values[segment_place(x, k)].bytes, b->values[segment_place(y, k)].bytes))
                abort();
    }
}

/* Its keys: every other object, backwards. */
static void try_keys(const struct segment *s)
{
    uint32_t *order = calloc(s->n_objects, sizeof(*order));
    bool *is_left_out = calloc(s->n_objects, sizeof(*is_left_out));
    struct segment keys;
    struct buf out;
    size_t n = 0;

    if (!order || !is_left_out)
        abort();
    for (size_t i = 0; i < s->n_objects; i++) {
        order[i] = (uint32_t)(s->n_objects - 1 - i);
        is_left_out[i] = i % 2;
    }
    buf_init(&out, SEGMENT_SIZE_MAX);
    if (segment_print_keys(s, order, is_left_out, &out) || segment_read_keys(buf_str(&out), &keys) || keys.n_values != s->n_values)
        abort();
    for (size_t i = 0; i < s->n_objects; i++) {
        const struct segment_object *o = &s->objects[order[i]], *k = &keys.objects[n];

        if (is_left_out[order[i]])
            continue;
        if (!str_eq(o->id, k->id) || k->packed.len || o->n_values != k->n_values || memcmp(&o->digest, &k->digest, sizeof(o->digest)) != 0 ||
            memcmp(o->values, k->values, 4 * o->n_values) != 0)
            abort();
        n++;
    }
    if (n != keys.n_objects)
        abort();
    segment_done(&keys);
    buf_done(&out);
    free(order);
    free(is_left_out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct segment s, again;
    struct buf out;

    if (!segment_read_keys((struct str){(const char *)data, size}, &s))
        segment_done(&s);
    if (segment_read((struct str){(const char *)data, size}, &s))
        return 0;
    try_keys(&s);
    buf_init(&out, SEGMENT_SIZE_MAX);
    write_again(&s, &out);
    if (segment_read(buf_str(&out), &again))
        abort();
    compare(&s, &again);
    segment_done(&again);
    segment_done(&s);
    buf_done(&out);
    return 0;
}
