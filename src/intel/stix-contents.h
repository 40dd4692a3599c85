/* The bytes that an object of STIX carries whole: what a text of it is when it lies in a file, and what is in it as base64 (`payload_bin` of an artifact, the
 * data of an attachment of MISP). Their digests go with the object's segment, so that the keeper, which opens no object, can ask whether a record holds them
 * (doc/design/intelligence.md, ST13).
 *
 * Each text of at least STIX_CONTENT_MIN bytes, wherever it stands: as it is; with lines that end in LF and in CRLF, none at the end and one. One that is
 * base64 throughout, spaces and line breaks aside: as it is, and what it stands for. A digest in hexadecimal, and a pattern of STIX, which was read as one, are
 * no contents.
 * Threads  one at a time. */
#pragma once

#include "base/codec.h"
#include "intel/json-scan.h"

#define STIX_CONTENT_MIN 64u /* shorter ones nobody is known to hold (engine/holding.h) */

/* 0 goes on; anything else is the answer. */
typedef int stix_content_fn(const struct digest *sha256, void *context);

struct stix_contents;
struct stix_contents *stix_contents_new(void);     /* NULL: no memory */
void stix_contents_free(struct stix_contents *x);  /* accepts NULL */
/* Of a value that scanner_read() gave. 0, -ENOMEM, or what `call` answered. The same digest may come twice. */
MUST_CHECK int stix_contents(struct stix_contents *x, const struct scan_value *object, stix_content_fn *call, void *context);
