/* Attach one file to a PDF that cairo wrote: an update behind its end (ISO 32000-1, 7.5.6 and 7.11.4), so that the program that reads
 * the paper back needs no recognition of characters.
 * Threads  any. */
#pragma once

#include "base/buf.h"

/* `pdf` is a file of cairo's with a classical cross-reference table. `name` is ASCII without ( ) and \.
 * -EBADMSG: it is no such file; -ENOSPC, -ENOMEM. */
MUST_CHECK int pdf_attach(struct buf *pdf, struct str name, struct str type, struct str data);
