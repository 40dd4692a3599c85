/* The parts of a workbook's archive, read as XML with bounds; private to base/sheet.c.
 * Threads  one. */
#pragma once

#include "base/sheet.h"

struct sheet_parts;
/* `bytes` are borrowed until sheet_parts_close(). SHEET_E_*; -ENOMEM. */
MUST_CHECK int sheet_parts_open(const char *name, struct str bytes, struct sheet_parts **ret,
                                struct diag *diag);
void sheet_parts_close(struct sheet_parts *p); /* accepts NULL */

/* Names come without their name spaces, as attributes' do. */
struct sheet_handler {
    void (*open)(void *user, const char *name, const char **attributes);
    void (*close)(void *user, const char *name);            /* may be NULL */
    void (*text)(void *user, const char *text, size_t len); /* may be NULL */
};
/* Read one part. SHEET_E_SYNTAX: it is not there, damaged, or declares a document type. SHEET_E_LIMIT. -ENOMEM. */
MUST_CHECK int sheet_part_read(struct sheet_parts *p, const char *path,
                               const struct sheet_handler *handler, void *user);
/* NULL when it is absent. */
const char *sheet_attribute(const char **attributes, const char *name);
