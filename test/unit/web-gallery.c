/* web-gallery [PORT]: serve the page with every widget on 127.0.0.1 until Enter or end of input; for looking at, for
 * measuring, and for hostile clients. Not installed. */
#include "web-gallery-page.h"

#include "base/codec.h"
#include "web/asset.h"

#include <stdio.h>

static int page(struct http_request *req, const struct route_call *call, struct http_response *resp,
                void *ctx)
{
    return gallery_page(req, resp, MESSAGE_JA, STR_NONE);
}

static int small(struct http_request *req, const struct route_call *call,
                 struct http_response *resp, void *ctx)
{
    return buf_add_text(&resp->body, "small");
}

static int graph(struct http_request *req, const struct route_call *call,
                 struct http_response *resp, void *ctx)
{
    resp->content_type = "application/json";
    return buf_add_text(
        &resp->body,
        "{\"nodes\":[{\"id\":\"a\",\"label\":\"偽サイト "
        "令和8年4月\",\"kind\":\"report\",\"url\":\"/small\",\"more\":\"/more.json\"},"
        "{\"id\":\"b\",\"label\":\"login.example.jp\",\"kind\":\"value\",\"url\":\"/small\"},"
        "{\"id\":\"c\",\"label\":\"偽サイトの指標\",\"kind\":\"indicator\",\"url\":\"/small\"}],"
        "\"edges\":[{\"id\":\"1\",\"from\":\"c\",\"to\":\"a\",\"label\":\"based-on\",\"kind\":"
        "\"stated\"},"
        "{\"id\":\"2\",\"from\":\"c\",\"to\":\"b\",\"label\":\"\",\"kind\":\"proposed\"}]}");
}

static int more(struct http_request *req, const struct route_call *call, struct http_response *resp,
                void *ctx)
{
    resp->content_type = "application/json";
    return buf_add_text(&resp->body, "{\"nodes\":[{\"id\":\"d\",\"label\":\"192.0.2.7\",\"kind\":"
                                     "\"value\",\"url\":\"\",\"more\":\"\"}],"
                                     "\"edges\":[{\"id\":\"3\",\"from\":\"a\",\"to\":\"d\","
                                     "\"label\":\"\",\"kind\":\"confirmed\"}]}");
}

static const struct route rows[] = {
    {HTTP_GET, "/", page, "gallery", ROUTE_OPEN, 0},
    {HTTP_POST, "/", small, "post", ROUTE_OPEN, 0},
    {HTTP_GET, "/graph.json", graph, "graph", ROUTE_OPEN, 0},
    {HTTP_GET, "/more.json", more, "more", ROUTE_OPEN, 0},
    {HTTP_GET, "/small", small, "small", ROUTE_OPEN, 0},
    {HTTP_GET, "/assets/:digest/:name", asset_serve, "asset", ROUTE_OPEN, 0},
};
static const struct route_table table = {rows, ARRAY_LEN(rows)};

static int handle(struct http_request *req, struct http_response *resp, void *ctx)
{
    return route_run(&table, req, resp, ctx);
}

int main(int argc, char **argv)
{
    struct http_config config = {.address = "127.0.0.1", .address_max = 2000};
    struct http_server *server = NULL;
    struct diag diag;
    uint64_t port = 0;

    diag_init(&diag);
    if (argc > 2 || (argc > 1 && str_to_u64(str_of(argv[1]), 0, 65535, &port)) || crypto_start())
        return 2;
    config.port = (uint16_t)port;
    if (http_server_start(&config, handle, NULL, &server, &diag)) {
        fprintf(stderr, "%s\n", diag_first(&diag));
        return 1;
    }
    printf("http://127.0.0.1:%u\n", http_server_port(server));
    fflush(stdout);
    getchar();
    http_server_stop(server);
    diag_done(&diag);
    return 0;
}
