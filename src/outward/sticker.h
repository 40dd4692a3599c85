/* A label to stick onto a thing: its name large, what it is, whose, how confidential, and a two-dimensional code with what it says beside it. One page of a
 * card's size, STICKER_WIDTH by STICKER_HEIGHT millimetres, black on white.
 *
 *   +--------------------------------------------+
 *   | register                                   |
 *   | NAME                                [code] |
 *   | number                              [code] |
 *   | unit                            what it is |
 *   | ■ mark  □ mark                             |
 *   | [ label of confidentiality               ] |
 *   +--------------------------------------------+
 *
 * A text that is too long for its place is drawn smaller, and cut at five points.
 * Owner    everything is borrowed for the call. Threads  any. */
#pragma once

#include "base/buf.h"

#define STICKER_WIDTH 86u
#define STICKER_HEIGHT 54u
#define STICKER_MARKS_MAX 3u
#define STICKER_TEXT_MAX 400u /* bytes of each text */

struct sticker {
    struct str title; /* of the document */
    struct str reg, name, number, unit, marks[STICKER_MARKS_MAX], confidentiality, foot;
    size_t n_marks;
    struct str code;     /* what the code holds */
    struct str says;     /* what that is, in words, below it; there is no code without */
    uint64_t created_us; /* the document says when */
};

enum { STICKER_E_LARGE = 1 };
/* The PDF behind what `out` holds. 0; STICKER_E_LARGE: a text is longer than STICKER_TEXT_MAX; -ENOMEM, -EIO. */
MUST_CHECK int sticker_pdf(const struct sticker *l, struct buf *out);
