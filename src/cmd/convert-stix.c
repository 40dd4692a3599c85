/* Ways that write a bundle of STIX. */
#include "cmd/convert.h"

#include "base/codec.h"
#include "intel/stix-id.h"

#include <errno.h>
#include <stdlib.h>

#define BUNDLE_BEGIN "{\"type\":\"bundle\",\"objects\":["

struct bundle {
    struct misp_stix *misp;
    struct sha256_state *
        digest; /* of the objects: the bundle's id comes from it, so that the same file gives the same bytes */
};

static int put_object(struct str object, void *context)
{
    struct conversion *c = context;
    struct bundle *b = c->state;
    int r = convert_put(c, c->n_objects ? STR(",\n") : STR(BUNDLE_BEGIN "\n"));

    sha256_add(b->digest, object);
    c->n_objects++;
    return r ? r : convert_put(c, object);
}

static int open_bundle(struct conversion *c)
{
    struct bundle *b = calloc(1, sizeof(*b));

    c->state = b;
    if (!b)
        return -ENOMEM;
    b->digest = sha256_new();
    return b->digest ? 0 : -ENOMEM;
}

static int close_bundle(struct conversion *c)
{
    struct bundle *b = c->state;
    struct digest d = sha256_end(TAKE(b->digest));
    CLEANUP(buf_done) struct buf end;
    int r;

    buf_init(&end, 200);
    buf_add_text(&end, c->n_objects ? "" : BUNDLE_BEGIN);
    buf_add_text(&end, "\n],\"id\":\"bundle--");
    r = stix_uuid5(
        d.bytes, (struct str){(const char *)d.bytes + STIX_UUID_SIZE, SHA256_SIZE - STIX_UUID_SIZE},
        &end);
    if (!r)
        r = buf_add_text(&end, "\"}\n");
    return r ? r : convert_put(c, buf_str(&end));
}

static void done_bundle(struct conversion *c)
{
    struct bundle *b = c->state;

    if (!b)
        return;
    misp_stix_free(b->misp);
    if (b->digest)
        (void)sha256_end(b->digest);
    free(b);
}

/* ---- from MISP ---- */

static int begin_misp(struct conversion *c)
{
    struct bundle *b = c->state;

    b->misp = misp_stix_new(put_object, convert_tell_misp, c);
    return b->misp ? 0 : -ENOMEM;
}

static int add_misp(struct conversion *c, struct str piece)
{
    return misp_stix_add(((struct bundle *)c->state)->misp, piece);
}

static int end_misp(struct conversion *c)
{
    struct bundle *b = c->state;
    int r = misp_stix_end(b->misp);

    c->n_left_out += misp_stix_broken(b->misp);
    misp_stix_free(TAKE(b->misp));
    return r;
}

const struct convert_way convert_misp_to_stix = {.from = "misp",
                                                 .to = "stix",
                                                 .open = open_bundle,
                                                 .begin = begin_misp,
                                                 .add = add_misp,
                                                 .end = end_misp,
                                                 .close = close_bundle,
                                                 .done = done_bundle};
