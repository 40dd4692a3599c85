/* Any bytes as text and attribute: the writer's output holds exactly the markup that was asked for. */
#include "base/utf8.h"
#include "web/html.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct buf out;
    struct html h;
    size_t n_tags = 0, n_quotes = 0;

    buf_init(&out, 64 + size * 20);
    html_init(&h, &out, true);
    html_open(&h, HTML_DIV);
    html_attr(&h, HTML_ID, text);
    if (html_url_is_allowed(text)) {
        html_open(&h, HTML_A);
        html_attr_url(&h, HTML_HREF, text);
        html_close(&h, HTML_A);
    }
    html_text(&h, text);
    html_close(&h, HTML_DIV);
    if (html_end(&h))
        abort();
    for (size_t i = 0; i < out.len; i++) {
        n_tags += out.at[i] == '<';
        n_quotes += out.at[i] == '"';
        assert((unsigned char)out.at[i] >= 0x20 || out.at[i] == '\t' || out.at[i] == '\n');
    }
    assert(n_tags == (html_url_is_allowed(text) ? 4u : 2u) && n_quotes == n_tags);
    assert(utf8_is_valid(buf_str(&out)));
    buf_done(&out);
    return 0;
}
