/* Any bytes as the beginning of a connection: the head reader answers, never reads behind them, says the same whether
 * they come at once or one by one, and what it accepts holds together. */
#include "web/http-head.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every accepted head. */
static void check_accepted(const struct http_head *h, const uint8_t *data)
{
    const char *begin = (const char *)data, *end = begin + h->head_size;

    assert(h->head_size <= HTTP_HEAD_SIZE_MAX && h->n_headers <= HTTP_HEADERS_MAX);
    assert(h->path.len && (h->path.at[0] == '/' || h->method == HTTP_OPTIONS));
    assert(h->path.at >= begin && h->path.at + h->path.len <= end);
    assert(!memchr(h->path.at, '\0', h->path.len) && !memchr(h->path.at, '?', h->path.len));
    assert(h->has_content_length || !h->content_length);
    assert(h->host.len || h->is_http10);
    for (size_t i = 0; i < h->n_headers; i++) {
        struct str value = h->headers[i].value;

        assert(h->headers[i].name.len && h->headers[i].id != HTTP_HEADER_TRANSFER_ENCODING);
        for (size_t k = 0; k < value.len; k++)
            assert((unsigned char)value.at[k] >= 0x20 || value.at[k] == '\t');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct http_limits limits;
    struct http_head_error error = {0}, error_slow = {0};
    struct http_head *head = malloc(sizeof(*head)); /* not the stack: the sanitizer then knows its ends */
    char *copy = malloc(size ? size : 1);
    size_t scanned = 0, head_size = 0;
    enum http_head_answer at_once, slowly = HTTP_HEAD_MORE;

    if (!head || !copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    at_once = http_head_check((struct str){copy, size}, &limits, head, &error);
    if (at_once == HTTP_HEAD_OK)
        check_accepted(head, (const uint8_t *)copy);
    if (at_once == HTTP_HEAD_BAD)
        assert(error.status >= 400 && error.status <= 505 && error.reason);
    for (size_t n = 1; n <= size && slowly == HTTP_HEAD_MORE; n++)
        slowly = http_head_scan(copy, n, &scanned, &limits, &head_size, &error_slow);
    if (slowly == HTTP_HEAD_OK)
        slowly = http_head_read((struct str){copy, head_size}, &limits, head, &error_slow);
    assert(slowly == at_once && error.status == error_slow.status);
    free(copy);
    free(head);
    return 0;
}
