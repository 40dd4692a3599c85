/* The text of a document, with the place where each piece of it stands (EX6 of doc/design/intelligence.md): what a person sees as page 3, paragraph 12, cell
 * B7 of a sheet, slide 2.
 *
 *   in the examiner's cage   Word, Excel, PowerPoint (OOXML), OpenDocument, mail, HTML, plain text in UTF-8, UTF-16 and code page 932
 *   in the sandbox           PDF, by pdftotext (poppler), which opens fonts and tables and cannot work in the cage (guard/sandbox.h)
 *
 * What comes back is one stream, whoever made it: UTF-8 without controls but tab, line and page ends, in which a place stands before the text that it is of, as
 * 0x1E, its kind, ',' and two numbers, ',' and a name, 0x1F. It is read strictly (document_take()), since what made it may have been taken over by the file:
 * then it may lie about text and places, and nothing else.
 * Not read: pictures, diagrams and charts, files within the document (they are counted), text that was deleted and is kept as a change.
 * Threads  any number side by side, a process each. */
#pragma once

#include "base/buf.h"
#include "base/json.h"

#define DOCUMENT_TIME_S 60u
#define DOCUMENT_FILE_MAX ((uint64_t)256 << 20)   /* of a document; text alone is streamed elsewhere and has no such bound */
#define DOCUMENT_TEXT_MAX ((size_t)32 << 20)      /* bytes of its text */
#define DOCUMENT_STREAM_MAX ((size_t)96 << 20)    /* with its places */
#define DOCUMENT_PLACES_MAX ((size_t)1 << 20)
#define DOCUMENT_NAME_MAX 200u                    /* bytes of a name of a sheet or part */
#define DOCUMENT_PARTS_MAX ((uint64_t)128 << 20)  /* unpacked bytes of all parts of a document together */
#define DOCUMENT_MEMBERS_MAX 10000u               /* files in its container */
#define DOCUMENT_RATIO_MAX 200u                   /* unpacked against packed, once DOCUMENT_RATIO_FREE bytes were unpacked */
#define DOCUMENT_RATIO_FREE ((uint64_t)64 << 20)
#define DOCUMENT_DEPTH_MAX 200u                   /* of elements */

/* As letters in the stream; the numbers count from 1. */
enum document_place_kind {
    PLACE_PAGE = 'p',      /* n: of a PDF */
    PLACE_PARAGRAPH = 'g', /* n: in the order of the document; name: of its part ("header", "footnotes", …), "" the body */
    PLACE_CELL = 'c',      /* n: row, column; name: of the sheet */
    PLACE_SLIDE = 's',     /* n: as shown; name "notes" or "comments", "" the slide itself */
    PLACE_HEAD = 'h',      /* name: of a mail's header */
    PLACE_PART = 'm',      /* name: of a mail's part, "1.2" */
    PLACE_FILE = 'f',      /* name: of a mail's part; the text is what the file in it is called */
};
struct document_place {
    uint64_t offset; /* bytes of the text before it */
    enum document_place_kind kind;
    uint32_t n, column;
    uint32_t name_at, name_len; /* in the document's names */
};
struct document {
    struct buf text, places, names; /* private but for document_…() */
};
void document_init(struct document *d);
void document_done(struct document *d);
struct str document_str(const struct document *d);
size_t document_n_places(const struct document *d);
const struct document_place *document_places(const struct document *d);
struct str document_name(const struct document *d, const struct document_place *p);
/* Of what stands at that byte of the text; NULL: no place stands before it. */
const struct document_place *document_place_at(const struct document *d, uint64_t offset);
/* "B7"; appends. */
int document_print_cell(const struct document_place *p, struct buf *out);
/* From a stream. 0; 1: it is none; -ENOMEM. `d` is new, and half filled behind anything but 0. */
MUST_CHECK int document_take(struct str stream, struct document *d);

/* Positive answers. */
enum {
    DOCUMENT_E_NONE = 1,  /* PDF: the sandbox or its program is missing or may not work here */
    DOCUMENT_E_DAMAGED,   /* `where` says where: a part with line and column, where that is known */
    DOCUMENT_E_ENCRYPTED, /* it asks for a password */
    DOCUMENT_E_TIME,
    DOCUMENT_E_LARGE,     /* more than the bounds above, or more unpacked than any document is */
    DOCUMENT_E_KIND,      /* no text is taken out of it: an archive, a picture, a program, a document of the old office format */
    DOCUMENT_E_DOCTYPE,   /* it declares entities, as no office document does; `where` as above */
    DOCUMENT_E_AWAY,      /* asked of another process (guard/document-door.h): it is not there, or has too much to do */
};
struct document_answer {
    char where[DOCUMENT_NAME_MAX + 64]; /* "word/document.xml:1:2034"; "": nowhere in particular */
    unsigned n_inside;                  /* files within it, which were not read */
};
/* By its first bytes (64 KiB are enough): text is taken out of it. False: it is text as it stands, or nothing that is known. */
bool document_is_one(struct str head);
/* The text of the file in `fd`, from its beginning, as a stream to `out`, a memory file, from its beginning; both stay the caller's.
 * 0; the above; -ENOMEM, -errno. `ret` is filled in each case. */
MUST_CHECK int document_text(int fd, int out, struct document_answer *ret);
/* Reads `out` back. 0; DOCUMENT_E_DAMAGED; -ENOMEM, -errno. */
MUST_CHECK int document_load(int out, struct document *d);
