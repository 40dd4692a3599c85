/* Texts folded for comparing: what people take for the same word becomes the same characters, and each of them knows which
 * bytes of the text it came from, so that a hit is marked in the text as it was typed. Only the folded form is compared; names
 * and texts are never stored folded.
 *
 *   ﾃﾞｰﾀｰ･ｾﾝﾀｰ, データーセンター    でーたーせんたー
 *   ＴＯ－２０２６－０００１        to20260001
 *   渡邉　太郎, 渡邊太郎            渡辺太郎
 *
 * What is made one, in this order:
 *   width and compatibility  NFKD with case folding: ㈱ ① Ａ ｱ; a kana and its voicing mark are one character again, however typed.
 *   marks                    accents, variation selectors and what is not seen are dropped.
 *   kana                     katakana to hiragana; small ones to large ones, for old data has none; ゐ ゑ to い え.
 *   repetition               々 ゝ ゞ to what they repeat.
 *   kanji                    old and variant forms to one (fold-kanji.def): the old forms in parentheses in the table of kanji for
 *                            common use (Cabinet notice 2 of 2010), since documents before it and family names have them; and the
 *                            forms in which family and place names differ between a person's papers (髙 﨑 邉 嶋 濵 𠮷). The four
 *                            kanji of the name Saitō are one, which mixes up two characters: people mix them up, too. Nothing
 *                            else that only looks alike is joined (力 and カ, 一 and ー, 日 and 曰).
 *   defanged                 hxxp is http; dot, ドット, at and アット in [] {} () are . and @ (brackets themselves are dropped, so [.] is .); 。 is .
 *                            between letters or digits of ASCII, whatever their width.
 *   spaces and separators    dropped: spaces, controls, brackets, quotation marks, commas, 、。・ and _ |. What tells addresses
 *                            and amounts apart stays: . : / @ # % & + =
 *   dashes                   the sound mark ー (ｰ) stays behind a kana and is a dash elsewhere (０３ー１２３４). Any other dash, minus
 *                            or wave is the sound mark between two kana (ｻ-ﾊﾞ-ｻ) and is dropped elsewhere (MED-2026-0001).
 * So a part of a text folds to a part of the folded text, wherever it is cut between characters that do not belong together
 * (a kana and its mark, a dash and its kana).
 *
 * Owner    the caller of folded_init(); folded_done().
 * Limits   `max` characters, at most FOLDED_MAX; texts below 4 GiB.
 * Threads  any. */
#pragma once

#include "base/str.h"

#define FOLDED_MAX ((size_t)1 << 22)

struct folded_char {
    uint32_t c;
    uint32_t from, to; /* bytes of the text: start included, end excluded */
};

struct folded {
    struct folded_char *at;
    size_t n;
    size_t size, max; /* private */
};

enum { FOLD_E_INVALID = 1, FOLD_E_LONG };

void folded_init(struct folded *f, size_t max);
void folded_done(struct folded *f); /* accepts a zeroed struct; wipes, for the text may be personal */

/* What was in `f` is replaced. 0; FOLD_E_INVALID: no UTF-8; FOLD_E_LONG: more than `max` characters, `f` holds the first ones;
 * -ENOMEM. */
MUST_CHECK int fold(struct str s, struct folded *f);
/* Where `needle` begins in `f`, at or behind `from`; SIZE_MAX: nowhere. An empty needle is nowhere. */
size_t folded_find(const struct folded *f, const struct folded *needle, size_t from);
/* The form by which a kanji is compared: itself, or that of the table. */
uint32_t fold_kanji(uint32_t c);
