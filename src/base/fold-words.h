/* What somebody types who looks for texts: words that stand apart by spaces, each folded as the texts are (base/fold.h), and all wanted. One way for records
 * and for objects of threat intelligence.
 *
 *   ＡＰＴ２９　サーバー     apt29, さーば      a sound mark at the end is often left out: what finds the shorter finds both
 *   「」 佐藤　一            佐藤, 一           what is nothing but separators is no word
 *
 * Owner    the caller; fold_words_done().
 * Limits   FOLD_WORDS_MAX words of FOLD_WORDS_TEXT_MAX characters in all, as they are typed.
 * Threads  any. */
#pragma once

#include "base/fold.h"

#define FOLD_WORDS_MAX 8
#define FOLD_WORDS_TEXT_MAX 200

struct fold_words {
    struct folded at[FOLD_WORDS_MAX];
    struct str typed[FOLD_WORDS_MAX]; /* borrowed from the text */
    size_t n;
};

/* Positive answers. FOLD_WORDS_SHORT: no word has two characters, so that no index proposes anything; the words are there. */
enum { FOLD_WORDS_SHORT = 1, FOLD_WORDS_LONG, FOLD_WORDS_NONE };

/* 0, or one of the above: too many or too long; no word, or no UTF-8. -ENOMEM. fold_words_done() in any case. */
MUST_CHECK int fold_words_read(struct str text, struct fold_words *ret);
/* Drops sound marks at the end, as of each word. */
void folded_drop_sound(struct folded *f);
void fold_words_done(struct fold_words *w); /* accepts a zeroed struct */
