/* Any bytes folded: characters in order of the text and on its boundaries; folded again the same; and what begins or ends at any
 * character folds to a part of the whole, unless the cut parts a kana from its mark. */
#include "base/fold.h"
#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX 512 /* bytes: every cut is tried */

static bool is_start(struct str s, size_t at)
{
    return at == s.len || ((unsigned char)s.at[at] & 0xc0) != 0x80;
}

static void look_at_places(struct str s, const struct folded *f)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct folded_char *c = &f->at[i];

        assert(c->from < c->to && c->to <= s.len && is_start(s, c->from) && is_start(s, c->to));
        assert(!i || c->from >= f->at[i - 1].from);
    }
}

static void fold_again(const struct folded *f)
{
    struct folded twice;
    struct buf text;

    folded_init(&twice, FOLDED_MAX);
    buf_init(&text, 4 * f->n + 1);
    for (size_t i = 0; i < f->n; i++)
        if (utf8_put(f->at[i].c, &text))
            abort();
    if (fold(buf_str(&text), &twice) || twice.n != f->n)
        abort();
    for (size_t i = 0; i < f->n; i++)
        assert(twice.at[i].c == f->at[i].c);
    buf_done(&text);
    folded_done(&twice);
}

/* A character that belongs to the one before it: a mark, and what holds one when it is taken apart. */
static bool clings(struct str s, size_t at)
{
    uint32_t c = utf8_next(s, &at);

    return c == 0xff9e || c == 0xff9f || c == 0x3099 || c == 0x309a || c == 0x309b || c == 0x309c || c == 0x309e || c == 0x30fe;
}

static void cut_everywhere(struct str s, const struct folded *whole)
{
    struct folded part;

    folded_init(&part, FOLDED_MAX);
    for (size_t at = 1; at < s.len; at++) {
        if (!is_start(s, at) || clings(s, at))
            continue;
        if (fold((struct str){s.at, at}, &part) || (part.n && folded_find(whole, &part, 0) == SIZE_MAX) ||
            fold((struct str){s.at + at, s.len - at}, &part) || (part.n && folded_find(whole, &part, 0) == SIZE_MAX))
            abort();
    }
    folded_done(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = {(const char *)data, MIN_OF(size, (size_t)INPUT_MAX)};
    struct folded f;
    int r;

    folded_init(&f, FOLDED_MAX);
    r = fold(s, &f);
    assert(r == 0 || r == FOLD_E_INVALID);
    assert((r == 0) == utf8_is_valid(s));
    if (!r) {
        look_at_places(s, &f);
        fold_again(&f);
        cut_everywhere(s, &f);
    }
    folded_done(&f);
    return 0;
}
