/* Any text: the extractor finds what the slow one of the tests finds, at the same places, whatever pieces the text comes in. */
#include "../test/unit/extract-slow.h"
#include "intel/extract.h"

#include <stdlib.h>

#define TEXT_MAX 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct expected {
    struct slow_hit hits[SLOW_HITS_MAX];
    size_t n, seen;
};

static int compare(const struct extract_hit *hit, void *context)
{
    struct expected *e = context;
    const struct slow_hit *want = &e->hits[e->seen];

    if (e->n == SLOW_HITS_MAX)
        return 0;
    assert(e->seen < e->n);
    assert(hit->offset == want->offset && hit->written.len == want->len);
    assert(hit->value->type == want->type &&
           str_eq(buf_str(&hit->value->bytes), buf_str(&want->bytes)));
    e->seen++;
    return 0;
}

/* All lines by the slow extractor, with places in the whole text. */
static void expect(struct str text, struct expected *e)
{
    static struct slow_hit hits[SLOW_HITS_MAX];

    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.at + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - text.at) - at : text.len - at,
               n = slow_extract((struct str){text.at + at, len}, hits);

        for (size_t i = 0; i < n; i++) {
            hits[i].offset += at;
            if (e->n < SLOW_HITS_MAX)
                e->hits[e->n++] = hits[i];
            else
                slow_free(&hits[i], 1);
        }
        at += len + 1;
    }
}

static void extract(struct str text, size_t piece, struct expected *e)
{
    struct extractor *x = extractor_new(compare, e);

    if (!x)
        abort();
    e->seen = 0;
    for (size_t at = 0; at < text.len; at += piece)
        if (extractor_add(x, (struct str){text.at + at, MIN_OF(piece, text.len - at)}))
            abort();
    if (extractor_end(x))
        abort();
    assert(e->seen == e->n || e->n == SLOW_HITS_MAX);
    extractor_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct expected e;
    struct str text = {(const char *)data, size};

    if (size > TEXT_MAX)
        return 0;
    e.n = 0;
    expect(text, &e);
    extract(text, size ? size : 1, &e);
    extract(text, 3, &e);
    slow_free(e.hits, e.n);
    return 0;
}
