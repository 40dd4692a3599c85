/* A sink: a bundle of STIX. */
#include "cmd/convert.h"

#include "base/codec.h"
#include "intel/stix-id.h"

#include <errno.h>
#include <stdlib.h>

#define BUNDLE_BEGIN "{\"type\":\"bundle\",\"objects\":["

struct bundle {
    struct sha256_state *
        digest; /* of the objects: the bundle's id comes from it, so that the same file gives the same bytes */
};

static int put_object(struct conversion *c, struct str object)
{
    struct bundle *b = c->sink_state;
    int r = convert_put(c, c->n_objects ? STR(",\n") : STR(BUNDLE_BEGIN "\n"));

    sha256_add(b->digest, object);
    c->n_objects++;
    return r ? r : convert_put(c, object);
}

static int open_bundle(struct conversion *c)
{
    struct bundle *b = calloc(1, sizeof(*b));

    c->sink_state = b;
    if (!b)
        return -ENOMEM;
    b->digest = sha256_new();
    return b->digest ? 0 : -ENOMEM;
}

static int close_bundle(struct conversion *c)
{
    struct bundle *b = c->sink_state;
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
    struct bundle *b = c->sink_state;

    if (!b)
        return;
    if (b->digest)
        (void)sha256_end(b->digest);
    free(b);
}

const struct convert_sink convert_to_stix = {"stix",     false,        open_bundle,
                                             put_object, close_bundle, done_bundle};
