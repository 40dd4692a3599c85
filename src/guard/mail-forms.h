/* Under which digests a file may be known that goes by mail in another shape than it has as a file: mail ends lines in CRLF, mail programs write a text in the encoding that they like best and carry a picture or a file
 * within a text as base64. Adds to `to`, an object {SHA-256 in hex: size}. Nothing below FORM_MIN bytes, which nobody is known to hold (engine/holding.h).
 * What a person or a program changes beyond that is another content.
 * Threads  any, once mail_forms_prepare() answered 0. */
#pragma once

#include "base/json.h"
#include "base/str.h"

#define FORM_MIN 64u
#define FORM_TEXT_MAX ((size_t)4 << 20) /* bytes of a text that is reckoned in other encodings, too */

/* Loads the encodings, which are found without the disk afterwards. 0, -EIO. */
MUST_CHECK int mail_forms_prepare(void);
/* Of a text with its declared encoding (NULL: none is): lines that end in LF and in CRLF; with no end, one and as many as there are behind the last; as UTF-8 with and without a mark, CP932, EUC-JP and UTF-16 as Windows
 * writes it. What is no text of that encoding is read as UTF-8, ISO-2022-JP or CP932 where it is one, else by its bytes. 0, -ENOMEM. */
MUST_CHECK int mail_forms_text(struct str bytes, const char *charset, json_t *to);
/* Of what lies in it as base64: lines of nothing else, or a run of it within a line (data: of a page, a header). 0, -ENOMEM. */
MUST_CHECK int mail_forms_coded(struct str text, json_t *to);
