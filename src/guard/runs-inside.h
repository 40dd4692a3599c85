/* Shared by runs.c (names and first bytes), runs-text.c (texts by how they begin), runs-page.c (markup), runs-part.c (parts of documents), runs-rtf.c and runs-office.c (documents): what tells it only by all bytes. Pure, but for the memory that a document needs.
 * Threads  any. */
#pragma once

#include "guard/runs.h"

#define RUNS_ENDING_SIZE 27u
/* The ending of a name in small letters with a space before and behind it, as lists have them. false: it has none. */
bool runs_ending(struct str name, char ret[RUNS_ENDING_SIZE]);
/* How a text begins: behind a mark of the order of its bytes and white space, in small letters, without the zeros of UTF-16. The bytes of `ret` that were filled. */
size_t runs_begin(struct str bytes, char *ret, size_t max);

/* A text that says by how it begins what opens it. */
enum runs runs_in_text(struct str head);

/* A page, or a picture in markup, by its name whatever its bytes are, or by how it begins. */
bool runs_is_page(enum content_type type, struct str name, struct str head);
/* Is anything in it that a browser runs? What cannot be read through in a time that goes by its size counts as such. */
bool runs_in_page(struct str name, struct str bytes);

/* A spreadsheet as SYLK has it, a sheet of Excel before there were compound files, a section of OneNote, by how they begin. */
bool runs_is_sheet(struct str head);

/* A part of an office document that is markup, or all of one that is. */
bool runs_is_part(enum content_type type, struct str name, struct str head);
/* Does it say that there are macros, or call a program, or fetch what is opened? 0, -ENOMEM. */
MUST_CHECK int runs_in_part(struct str name, struct str bytes, bool *ret);
/* In small letters. Another machine's, as an address or a name of a file says; a program of the system that is called by an address (ms-msdt:). */
bool runs_is_remote(struct str to);
bool runs_is_handler(struct str to);
/* What fields of Word say, in small letters, each between the two signs: does one of them call a program, or fetch a document? */
#define RUNS_FIELD_OPENS '\1'
#define RUNS_FIELD_ENDS '\2'
bool runs_in_fields(struct str instructions);

/* Into *ret what was found; `is_cut`: there are more bytes. 0, -ENOMEM. */
MUST_CHECK int runs_in_compound(struct str bytes, bool is_cut, struct runs_found *ret);
bool runs_pdf_is_locked(struct str bytes);
MUST_CHECK int runs_in_rtf(struct str bytes, struct runs_found *ret);
/* What an object of OLE 1 holds; `class` in small letters says what opens it. */
MUST_CHECK int runs_in_embedded(const char *class, struct str bytes, struct runs_found *ret);
MUST_CHECK int runs_in_document(struct str name, struct str bytes, bool is_cut, struct runs_found *ret);
