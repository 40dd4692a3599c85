/* JSON Schema (2020-12) of each file of a pack, printed from the tables that the reader itself uses, for editors that help while
 * typing. It knows keys, forms and fixed words; what refers to other files only the reader judges.
 * Threads  any. */
#pragma once

#include "base/buf.h"

/* `format`: "register/1" and its kin. 0; -EINVAL for an unknown one; -ENOMEM, -ENOSPC. */
int pack_schema(const char *format, struct buf *out);
/* Every keyword once, in the tables' order: the i-th, or NULL behind the last. For tests that count what is covered. */
const char *pack_keyword(size_t i);
