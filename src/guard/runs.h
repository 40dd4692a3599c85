/* What a receiver's machine would run, mount or follow when somebody opens it: by its bytes, and by its name, for machines go by names. A scanner that
 * finds nothing says of such a file that it is not known as malware, and no more. Pure.
 *   disguised   a name that shows another kind than it is: marks that turn the direction of writing (U+202E and its kin), a second ending behind that of
 *               a document (請求書.pdf.exe)
 *   program     PE and DOS, ELF, Mach-O, Java and Android, packages of Windows Installer
 *   script      of a shell, of Windows Script Host, of PowerShell, HTA, CHM and what else is interpreted
 *   shortcut    .lnk, .url, .desktop and their kin
 *   disk        an image that is mounted: ISO, UDF, VHD, VHDX, VMDK, DMG, WIM, a boot sector
 *   macros      an office document or a PDF that has macros, or a name that says so
 * The first of them that something is counts. Weak: a text that only a name makes a script, under another name, is a text; XLM macros of old office files.
 * Threads  any. */
#pragma once

#include "guard/content-type.h"

#include "base/json.h"

enum runs { RUNS_NONE, RUNS_DISGUISED, RUNS_PROGRAM, RUNS_SCRIPT, RUNS_SHORTCUT, RUNS_DISK, RUNS_MACROS, RUNS_KINDS };

#define RUNS_KEY "runs"     /* of a member in a report, absent where it is none */
#define RUNS_END_BYTES 512u /* last bytes that are looked at */

/* As bytes, or as utf8_print_safe() shows it; whole, for what counts stands at its end. */
enum runs runs_by_name(struct str name);
/* Its first bytes, as content_type_of() takes them. */
enum runs runs_by_head(enum content_type type, struct str head);
/* Its last RUNS_END_BYTES. */
enum runs runs_by_end(struct str end);
/* A compound file that holds a package of Windows Installer has one of these bytes among its own, wherever: the class of its root. */
bool runs_is_installer(struct str bytes);
/* Of two the first in the order of above. */
enum runs runs_first(enum runs a, enum runs b);

const char *runs_word(enum runs r); /* "program" */
enum runs runs_of_word(const char *word); /* RUNS_NONE: it is none */
/* Into RUNS_KEY of `o`, unless what stands there comes first. 0, -ENOMEM. */
MUST_CHECK int runs_put(json_t *o, enum runs r);
