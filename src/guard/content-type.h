/* What bytes are, by themselves: names and declared types are whatever the sender likes.
 * Threads  any. */
#pragma once

#include "base/str.h"

#define CONTENT_HEAD 4096u /* bytes from the start that are looked at */

enum content_type {
    CONTENT_OTHER, /* none of the below */
    CONTENT_EMPTY,
    CONTENT_TEXT, /* UTF-8 or ASCII without controls but tab and line ends, as far as was looked */
    CONTENT_ZIP,  /* also what lies in one: office documents, OpenDocument, EPUB, JAR */
    CONTENT_7Z,
    CONTENT_RAR,
    CONTENT_CAB,
    CONTENT_LHA,
    CONTENT_TAR,
    CONTENT_CPIO,
    CONTENT_AR,
    CONTENT_ISO,
    CONTENT_GZIP,
    CONTENT_BZIP2,
    CONTENT_XZ,
    CONTENT_ZSTD,
    CONTENT_LZIP,
    CONTENT_LZMA, /* alone, as xz was before */
    CONTENT_LZ4,
    CONTENT_COMPRESS, /* .Z */
    CONTENT_OLE,      /* compound file: old office documents, .msg */
    CONTENT_PDF,
    CONTENT_RTF,
    CONTENT_JPEG,
    CONTENT_PNG,
    CONTENT_GIF,
    CONTENT_TIFF,
    CONTENT_WEBP,
    CONTENT_PE,  /* a program of Windows */
    CONTENT_ELF, /* a program of Linux */
    CONTENT_TYPES
};

/* `head` are the first CONTENT_HEAD bytes, or all there are; an ISO image is known by its bytes at 32,769, which may be absent. */
enum content_type content_type_of(struct str head);
#define CONTENT_ISO_AT 32769u                       /* where "CD001" stands */
const char *content_type_name(enum content_type t); /* "zip" */
/* It holds other files, or one other file, which are looked at one by one. */
bool content_type_holds(enum content_type t);
