/* What a receiver's machine would run, mount or follow when somebody opens it: by its bytes, and by its name, for machines go by names. A scanner that
 * finds nothing says of such a file that it is not known as malware, and no more. Pure, but for the memory that a document needs.
 *   disguised   a name that shows another kind than it is: marks that turn the direction of writing (U+202E and its kin), a second ending behind that of
 *               a document (請求書.pdf.exe)
 *   program     PE and DOS, ELF, Mach-O, Java and Android, packages of Windows Installer, of macOS (xar) and of Linux, what lies in a folder that macOS opens as a program
 *   script      of a shell, of Windows Script Host, of PowerShell, HTA, CHM and what else is interpreted; SYLK and queries of Excel (.slk, .iqy), which run
 *               formulas of whoever answers; a text embedded in a section of OneNote, where its name makes it one; what changes a machine or starts something on it when it is opened: registry
 *               files, .inf, sandboxes (.wsb), ClickOnce (.application, .vsto, .xbap), troubleshooters (.diagcab), profiles, terminals and workflows of macOS
 *   shortcut    .lnk, .url, .desktop, .rdp, .theme, searches and libraries of Windows, .appinstaller and their kin
 *   disk        an image that is mounted: ISO, UDF, VHD, VHDX, VMDK, VDI, DMG, WIM, SquashFS, a boot sector
 *   macros      a document, a picture or a page that acts by itself: an office document or a PDF with macros, of Excel 4.0 too (a sheet of that kind in an old workbook,
 *               shown or hidden, or in a newer one under whatever name), a name that says so; fields and links that ask a program (DDE) in documents of any age, in rich text, and as cells of
 *               a CSV that call; templates, frames and objects that are fetched from elsewhere, and relations that call a program of the system (ms-msdt:); rich text whose object is updated by
 *               itself or is not plain digits; a page (HTML, XHTML, SVG, a stylesheet) with a script, a handler of
 *               an event or an address that is one, and each MHT, for what is in one is coded; a workbook or a page that cannot be read through, and a
 *               compound file that says of its streams or of itself more than its bytes, or the first RUNS_BYTES_MAX of them, are
 * The first of them that something is counts. What an archive holds, an image of a disc as far as it is opened, is judged member by member (examine.h). Containers that
 * people open by a double click are judged by what is embedded in them as well: compound files (a package of OLE, what is attached to a .msg), whose members are told besides, and rich text and sections of OneNote, which nobody unpacks.
 * Weak: a text that only a name makes a script, under another name, is a text; what is embedded in a compound file by other ways than those; formulas in cells of a page that Excel opens.
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
/* Do all its bytes tell what neither its name nor its beginning does? */
#define RUNS_BYTES_MAX ((size_t)64 << 20)
bool runs_wants(enum content_type type, struct str name, struct str head);
struct runs_found {
    enum runs runs;
    bool is_locked; /* an old office document or a PDF with a password: nobody looked at what it holds */
};
/* Of its bytes, or RUNS_BYTES_MAX + 1 of them where there are more. 0, -ENOMEM. */
MUST_CHECK int runs_inside(enum content_type type, struct str name, struct str bytes, struct runs_found *ret);
/* A table in a text, of which a program that opens it reckons its cells: one that begins as a formula and calls a program, or asks for what lies elsewhere. Its bytes in pieces; begins as zeros. */
struct runs_cells {
    enum { CELL_BEGINS, CELL_IS_TEXT, CELL_IS_FORMULA } state;
    bool is_quoted, is_open; /* it began with a quotation mark; which did not end yet */
    bool has_bar;            /* a program was named, and what it is asked comes */
    bool acts;
    char last, word[16];
    uint8_t n_word, n_brackets; /* that are open */
    uint8_t before[2];          /* bytes, the last one first */
    bool is_first_passed;       /* the first line says no more */
    uint8_t n_first;            /* letters of what it may say */
    char first, separator;      /* of the cells, as it says; '\0': as usual */
};
bool runs_is_table(struct str name);
void runs_cells_add(struct runs_cells *c, struct str bytes);

/* Of two the first in the order of above. */
enum runs runs_first(enum runs a, enum runs b);

const char *runs_word(enum runs r); /* "program" */
enum runs runs_of_word(const char *word); /* RUNS_NONE: it is none */
/* Into RUNS_KEY of `o`, unless what stands there comes first. 0, -ENOMEM. */
MUST_CHECK int runs_put(json_t *o, enum runs r);
