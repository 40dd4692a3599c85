/* Styles and scripts, compiled into the binary from assets/ by tools/embed-assets.c.
 * An asset's address holds a digest of its bytes, so that browsers may keep it for ever and never show an old one.
 * Threads  any; everything is constant. */
#pragma once

#include "web/asset-list.h" /* made by the build: enum asset_id, one ASSET_NAME_EXT for each file */
#include "web/route.h"

struct asset {
    const char *name; /* "tsujiban.css" */
    const char *type; /* Content-Type */
    const char *url;  /* "/assets/0123456789abcdef/tsujiban.css" */
    const char *etag; /* quoted digest */
    struct str bytes;
};

const struct asset *asset_get(enum asset_id id);

/* For the row {HTTP_GET, "/assets/:digest/:name", asset_serve, "asset", ROUTE_OPEN}. */
int asset_serve(struct http_request *req, const struct route_call *call, struct http_response *resp, void *ctx);
