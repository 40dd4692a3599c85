/* See asset.h.  The table `asset_table` is made by tools/embed-assets.c. */
#include "web/asset.h"

#include "web/asset-table.h"

const struct asset *asset_get(enum asset_id id)
{
    assert(id < ASSET_COUNT);
    return &asset_table[id];
}

int asset_serve(struct http_request *req, const struct route_call *call, struct http_response *resp, void *ctx)
{
    struct str etag;

    for (unsigned i = 0; i < ASSET_COUNT; i++) {
        const struct asset *a = &asset_table[i];

        if (!str_eq(req->path, str_of(a->url)))
            continue;
        etag = str_of(a->etag);
        resp->cache = HTTP_CACHE_FOR_EVER;
        if (http_etag_listed(http_request_header(req, HTTP_HEADER_IF_NONE_MATCH), etag)) {
            resp->status = 304;
        } else {
            resp->content_type = a->type;
            resp->body_static = a->bytes;
        }
        return http_response_header(resp, HTTP_HEADER_ETAG, etag);
    }
    http_response_plain(resp, 404, STR("there is no such asset; reload the page that named it"));
    return 0;
}
