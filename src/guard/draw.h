/* The text that stands in a file or member, drawn out so that it can be looked through elsewhere (N8 of doc/design/information.md). Foreign bytes:
 * called in the examiner's cage only.
 *   plain text     UTF-8, UTF-16 with its mark, code page 932 (Shift_JIS as Windows writes it): told apart by the bytes
 *   markup         XML, HTML and parts of office documents, in those encodings: what stands between the tags, joined as a reader sees it; behind it
 *                  comments, and values of attributes that could be names of people
 * Not drawn: PDF, RTF, documents of the old office format, pictures.
 * Threads  any, once draw_prepare() was called. */
#pragma once

#include "guard/content-type.h"

#include "base/buf.h"

#define DRAW_BYTES_MAX ((size_t)8 << 20)

enum drawn {
    DRAWN_ALL,  /* nothing of it was left out */
    DRAWN_PART, /* there is more than `max` bytes */
    DRAWN_NONE, /* it is of no kind that is drawn here, or in no encoding above */
};

/* Opens what decoding needs from the disk, before the process gives that up. 0; -EINVAL: this system does not know code page 932; -ENOMEM. */
MUST_CHECK int draw_prepare(void);
/* Whether draw() wants the bytes of what has this type. */
bool draw_wants(enum content_type type);
/* All bytes of a file or member; appends UTF-8 in NFC without controls, any white space as one space. Of more than DRAW_BYTES_MAX
 * the first lines are looked at. 0 with *ret; -ENOMEM. */
MUST_CHECK int draw(enum content_type type, struct str bytes, size_t max, struct buf *out, enum drawn *ret);
/* Bytes of code page 932 as UTF-8. 0; 1: they are not, `out` is as it was; -ENOMEM. */
MUST_CHECK int draw_cp932(struct str bytes, struct buf *out);
/* Text with its lines as they are, as UTF-8; of markup what stands between the tags, with the addresses of links behind it. 0; 1: no encoding of text; -ENOMEM,
 * -ENOSPC. The first one for markup that is UTF-8 already. */
MUST_CHECK int draw_markup(struct str utf8, struct buf *out);
MUST_CHECK int draw_plain(struct str bytes, struct buf *out);
const char *drawn_word(enum drawn d); /* "all" */
