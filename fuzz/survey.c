/* Any bytes as a picture, a PDF, or a part of an office document: findings within their limits, of known kinds, as visible text. The first byte says as
 * what. */
#include "guard/survey.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    enum content_type type;
    const char *name;
} as[] = {
    {CONTENT_JPEG, "a.jpg"},
    {CONTENT_PNG, "a.png"},
    {CONTENT_GIF, "a.gif"},
    {CONTENT_TIFF, "a.tif"},
    {CONTENT_WEBP, "a.webp"},
    {CONTENT_PDF, "a.pdf"},
    {CONTENT_OLE, "a.doc"},
    {CONTENT_TEXT, "word/document.xml"},
    {CONTENT_TEXT, "word/comments.xml"},
    {CONTENT_TEXT, "word/people.xml"},
    {CONTENT_TEXT, "xl/workbook.xml"},
    {CONTENT_TEXT, "xl/worksheets/sheet1.xml"},
    {CONTENT_TEXT, "ppt/slides/slide1.xml"},
    {CONTENT_TEXT, "docProps/core.xml"},
    {CONTENT_TEXT, "docProps/custom.xml"},
    {CONTENT_TEXT, "content.xml"},
    {CONTENT_TEXT, "meta.xml"},
};

static void check_list(const json_t *list, bool is_hidden)
{
    const json_t *f;
    size_t i;

    assert(json_array_size(list) <= SURVEY_FINDINGS_MAX);
    json_array_foreach (list, i, f) {
        const char *value = json_str(f, "value");
        enum survey_kind k;

        assert(survey_kind_of(json_str(f, "kind"), is_hidden, &k));
        assert(strlen(value) <= SURVEY_VALUE_MAX && utf8_is_valid(str_of(value)));
        for (const char *at = value; *at; at++)
            assert((uint8_t)*at >= 0x20 && *at != 0x7f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct survey s;
    size_t i;

    if (size == 0 || size > 1u << 20)
        return 0;
    i = data[0] % ARRAY_LEN(as);
    assert(survey_wants(as[i].type, str_of(as[i].name)));
    if (survey_init(&s))
        abort();
    if (survey_bytes(&s, as[i].type, str_of(as[i].name),
                     (struct str){(const char *)data + 1, size - 1}))
        abort();
    check_list(s.metadata, false);
    check_list(s.hidden, true);
    survey_done(&s);
    return 0;
}
