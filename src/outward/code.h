/* A two-dimensional code (ISO/IEC 18004, model 2): a text as a square of dark and light modules, which a camera reads back byte by byte.
 *
 *     text "https://police.shiken.example/"  ->  width 29, dark[row * width + column] true: dark
 *
 * The text goes in as bytes, unchanged, with error correction M (a sixth of the square may be lost); the smallest square that holds it.
 * The light edge of CODE_EDGE modules around it, without which readers do not find it, is not in `dark`: who draws it leaves it.
 * Owner    code_done() frees the square; the text is borrowed for the call.
 * Threads  any. */
#pragma once

#include "base/str.h"

#define CODE_TEXT_MAX 2331u /* bytes that the largest square holds at M in byte mode */
#define CODE_EDGE 4u        /* modules, on each side */

struct code {
    unsigned width; /* modules in a row, 21 to 177 */
    bool *dark;     /* width * width, row by row from the upper left */
};

enum { CODE_E_LARGE = 1, CODE_E_EMPTY };
/* 0; CODE_E_LARGE: longer than CODE_TEXT_MAX; CODE_E_EMPTY: no text; -ENOMEM; -EIO: the library failed otherwise. */
MUST_CHECK int code_make(struct str text, struct code *ret);
void code_done(struct code *c);
