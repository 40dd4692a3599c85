#include "base/fold-words.h"

#include "base/utf8.h"

#define SOUND 0x30fcu /* ー */

void fold_words_done(struct fold_words *w)
{
    for (size_t i = 0; i < FOLD_WORDS_MAX; i++)
        folded_done(&w->at[i]);
    w->n = 0;
}

void folded_drop_sound(struct folded *f)
{
    while (f->n > 2 && f->at[f->n - 1].c == SOUND)
        f->n--;
}

static int add(struct fold_words *w, struct str typed, bool *is_proposed)
{
    struct folded *word = &w->at[w->n];
    int r;

    if (w->n == FOLD_WORDS_MAX)
        return FOLD_WORDS_LONG;
    folded_done(word);
    folded_init(word, FOLD_WORDS_TEXT_MAX);
    if ((r = fold(typed, word)))
        return r < 0 ? r : r == FOLD_E_LONG ? FOLD_WORDS_LONG : 0;
    if (!word->n)
        return 0;
    w->typed[w->n++] = typed;
    folded_drop_sound(word);
    *is_proposed |= word->n > 1;
    return 0;
}

static bool is_space(uint32_t c)
{
    return c <= ' ' || c == 0xa0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200a);
}

int fold_words_read(struct str text, struct fold_words *ret)
{
    size_t at = 0, begin = 0, n = 0;
    bool is_proposed = false;
    int r = 0;

    *ret = (struct fold_words){.n = 0};
    if (!utf8_is_valid(text))
        return FOLD_WORDS_NONE;
    while (!r && at < text.len) {
        size_t here = at;

        if (is_space(utf8_next(text, &at))) {
            r = here > begin ? add(ret, (struct str){text.at + begin, here - begin}, &is_proposed) : 0;
            begin = at;
        } else if (++n > FOLD_WORDS_TEXT_MAX) {
            r = FOLD_WORDS_LONG;
        }
    }
    if (!r && text.len > begin)
        r = add(ret, (struct str){text.at + begin, text.len - begin}, &is_proposed);
    return r ? r : is_proposed ? 0 : ret->n ? FOLD_WORDS_SHORT : FOLD_WORDS_NONE;
}
