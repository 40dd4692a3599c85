#include "guard/document-text.h"

#include "guard/sandbox.h"

#include <string.h>

int document_text_of_pdf(int fd, int out, struct buf *said)
{
    const struct sandbox_job job = {.script = "pdftotext -enc UTF-8 -eol unix in.pdf -", .name = "in.pdf", .in = fd, .out = out, .time_s = DOCUMENT_TIME_S};
    int r = sandbox_run(&job, said);

    switch (r) {
    case SANDBOX_E_NONE:
        return DOCUMENT_E_NONE;
    case SANDBOX_E_FAILED:
        if (said->len && memmem(said->at, said->len, "not found", strlen("not found")))
            return DOCUMENT_E_NONE;
        return said->len && memmem(said->at, said->len, "assword", strlen("assword")) ? DOCUMENT_E_ENCRYPTED : DOCUMENT_E_FAILED;
    case SANDBOX_E_TIME:
        return DOCUMENT_E_TIME;
    case SANDBOX_E_LARGE:
        return DOCUMENT_E_LARGE;
    default:
        return r;
    }
}
