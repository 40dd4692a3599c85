/* A text as it is meant: full-width characters as ASCII, dashes as '-', and what was made harmless (defanged) as it was before,
 * each unit with the bytes of the text that it came from. Values are read and found in readings only.
 *
 *   ｈｘｘｐ：／／ｅｘａｍｐｌｅ［．］ｊｐ   hxxp://example.jp     (the scheme is the business of intel/clue.h)
 *   user[at]example(dot)jp        user@example.jp
 *   例え。jp を見た               L L . j p ' ' H L H     in a field; in a text 。 ends what stands before it
 *
 * A unit is one byte: a printable ASCII character, or one of the READING_ classes for everything else.
 *
 * Dots          in a field each of . ．。｡ is a dot. In a text ．is one between two letters or digits of the same width, 。 and ｡ between
 *               full-width ones; elsewhere they end a sentence.
 * Dashes        ‐ ‑ ‒ – — ― − － are '-'; the sound mark ー and ｰ between two digits, too (０３ー１２３４ー５６７８).
 * Defanged      in [], {} or (): a dot (of any kind), dot, ドット, @, at, アット, ':'; in [] or {} also '/' and '://'. Half of a bracket
 *               between two letters or digits (example[.jp, example.]jp), \. between such, and a bracketed dot or @ with a blank on both sides
 *               (example [.] jp).
 * Not seen      zero-width characters and soft hyphens are passed over.
 *
 * Owner    the caller of reading_init(); reading_done().
 * Limits   READING_MAX bytes a text.
 * Threads  any; one reading belongs to one at a time. */
#pragma once

#include "base/buf.h"

#define READING_MAX ((size_t)1 << 20) /* bytes */

enum {
    READING_END =
        0x01, /* ends any value: punctuation and symbols beyond ASCII, controls, bytes that are no UTF-8 */
    READING_LETTER = 0x02, /* a letter, mark or digit beyond ASCII that is not hiragana */
    READING_HIRAGANA = 0x03,
    READING_BLANK = ' ', /* also TAB and the ideographic space */
};

/* What else is known of a unit. */
enum {
    READING_WIDE = 1,   /* it was a full-width form */
    READING_FANGED = 2, /* it was written defanged */
};

struct reading_unit {
    uint32_t from, to; /* bytes of the text: start included, end excluded */
    uint8_t c;
    uint8_t flags;
};

struct reading {
    struct str text; /* borrowed by reading_read() */
    struct reading_unit *at;
    size_t n;
    size_t size; /* private */
};

enum reading_mode { READING_TEXT, READING_FIELD };

enum { READING_E_LONG = 1 };

void reading_init(struct reading *r);
void reading_done(struct reading *r); /* accepts a zeroed struct */
/* What was in `r` is replaced. `text` is borrowed until then. 0, READING_E_LONG, -ENOMEM. */
MUST_CHECK int reading_read(struct str text, enum reading_mode mode, struct reading *r);
/* The units [from, to) as UTF-8: ASCII as read, everything else as it was written. 0, -ENOMEM, -ENOSPC. */
int reading_print(const struct reading *r, size_t from, size_t to, struct buf *out);
/* The bytes of the text that the units [from, to) came from; from < to. */
struct str reading_written(const struct reading *r, size_t from, size_t to);

static inline bool reading_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}
static inline bool reading_is_alnum(uint8_t c)
{
    return reading_is_digit(c) || (uint8_t)((c | 0x20) - 'a') < 26;
}
