/* Where lines of a sheet may end. Pango knows what must not begin or end a line (、。）ー and small kana, an opening bracket); this says
 * what is kept whole beyond that, as a clerk would write it:
 *
 *     a choice     from its box to the next one, or to the end of its line
 *     a phrase     of a short text, a heading or a choice that is too long for a line: 許可と異なる, 電子計算機; of one that is too
 *                  long, too, its words, as far as kana and kanji tell
 *
 * What is wider than a line by itself is broken as any text is; nothing is put in where it is, no hyphen either. */
#pragma once

#include "base/buf.h"

#include <pango/pangocairo.h>

#define BREAK_SHORT_MAX 40u /* characters of a text whose phrases are kept */
#define BREAK_MEASURED_MAX 256u /* choices and phrases of a text; behind them a box is kept beside one letter */

/* `layout` holds `text`, which is clean, and has no width yet; it will be given `width` points.
 * False: a word of a short text is wider than that. */
bool break_keep(PangoLayout *layout, struct str text, double width);

/* A phrase ends between `a` and `b`; `before` stands before `a`, 0: nothing. */
bool break_is_phrase_end(uint32_t before, uint32_t a, uint32_t b);
/* Where the phrase that begins at `from` ends. from < text.len. */
size_t break_phrase_end(struct str text, size_t from);
/* There, or where kanji and katakana meet. */
bool break_is_word_end(uint32_t before, uint32_t a, uint32_t b);
