/* The text of a document whose format needs a program of others: PDF by pdftotext (poppler), in the sandbox that guard/clean.h uses, because that program
 * opens fonts and tables and cannot work in the examiner's cage (EX6 of doc/design/intelligence.md). What it says is text and nothing else is believed of it.
 * Threads  any number side by side. */
#pragma once

#include "base/buf.h"

#define DOCUMENT_TIME_S 60u

/* Positive answers. */
enum {
    DOCUMENT_E_NONE = 1,  /* the sandbox or the program is missing or may not work here; `said` has the words */
    DOCUMENT_E_FAILED,    /* damaged; `said` has its words */
    DOCUMENT_E_ENCRYPTED, /* it asks for a password */
    DOCUMENT_E_TIME,
    DOCUMENT_E_LARGE,     /* more text than SANDBOX_OUT_MAX */
};
/* The text of the PDF in `fd` is written to `out`, UTF-8, pages apart by form feeds; both stay the caller's. `said` as for sandbox_run().
 * 0; the above; -ENOMEM, -errno. */
MUST_CHECK int document_text_of_pdf(int fd, int out, struct buf *said);
