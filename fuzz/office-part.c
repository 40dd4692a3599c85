/* Any bytes as a part of a Word document that is rewritten: refused, or XML again in which no mark of a change or a comment is left, and which another
 * pass leaves as it is. */
#include "guard/prepare.h"
#include "guard/survey.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the survey finds of that kind. */
static bool tells(struct str part, enum survey_kind kind)
{
    struct survey s;
    const json_t *f;
    bool is_told = false;
    size_t i;

    if (survey_init(&s) || survey_bytes(&s, CONTENT_TEXT, STR("word/document.xml"), part))
        abort();
    json_array_foreach (kind > METADATA_KINDS ? s.hidden : s.metadata, i, f)
        is_told = is_told || !strcmp(json_str(f, "kind"), survey_kind_word(kind));
    survey_done(&s);
    return is_told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str part = {(const char *)data + 1, size ? size - 1 : 0};
    CLEANUP(buf_done) struct buf once, twice;
    bool is_story = size && data[0] % 2 == 0;

    buf_init(&once, 4u << 20);
    buf_init(&twice, 4u << 20);
    if (size < 2 || size > 1u << 20 || prepare_office_part(part, is_story, &once))
        return 0;
    assert(once.len <= part.len);
    if (once.len == 0 || prepare_office_part(buf_str(&once), is_story, &twice))
        return 0; /* the root itself was such a mark */
    assert(str_eq(buf_str(&once), buf_str(&twice)));
    if (is_story && memmem(part.at, part.len, "wordprocessingml", 16) &&
        !memmem(part.at, part.len, "xmlns:", 6))
        assert(!tells(buf_str(&once), HIDDEN_CHANGE));
    return 0;
}
