#include "guard/content-type.h"

#include "base/little-endian.h"
#include "base/macros.h"
#include "base/utf8.h"

#include <string.h>

/* Bytes at a place; more than one row may name a type. */
static const struct {
    enum content_type type;
    uint16_t at, len;
    const char *bytes;
} marks[] = {
    {CONTENT_ZIP, 0, 4, "PK\3\4"},
    {CONTENT_ZIP, 0, 4, "PK\5\6"},  /* with nothing in it */
    {CONTENT_ZIP, 0, 4, "PK\7\10"}, /* in parts */
    {CONTENT_7Z, 0, 6, "7z\xbc\xaf\x27\x1c"},
    {CONTENT_RAR, 0, 6, "Rar!\x1a\7"},
    {CONTENT_CAB, 0, 4, "MSCF"},
    {CONTENT_TAR, 257, 5, "ustar"},
    {CONTENT_CPIO, 0, 6, "070701"},
    {CONTENT_CPIO, 0, 6, "070702"},
    {CONTENT_CPIO, 0, 6, "070707"},
    {CONTENT_AR, 0, 8, "!<arch>\n"},
    {CONTENT_GZIP, 0, 3, "\x1f\x8b\x08"},
    {CONTENT_BZIP2, 0, 3, "BZh"},
    {CONTENT_XZ, 0, 6,
     "\xfd"
     "7zXZ\0"},
    {CONTENT_ZSTD, 0, 4, "\x28\xb5\x2f\xfd"},
    {CONTENT_LZIP, 0, 5, "LZIP\1"},
    {CONTENT_LZIP, 0, 5, "LZIP\0"},
    {CONTENT_LZ4, 0, 4, "\x04\x22\x4d\x18"},
    {CONTENT_LZ4, 0, 4, "\x02\x21\x4c\x18"},
    {CONTENT_COMPRESS, 0, 2, "\x1f\x9d"},
    {CONTENT_OLE, 0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"},
    {CONTENT_RTF, 0, 4, "{\\rt"}, /* Word wants no more */
    {CONTENT_JPEG, 0, 3, "\xff\xd8\xff"},
    {CONTENT_PNG, 0, 8, "\x89PNG\r\n\x1a\n"},
    {CONTENT_GIF, 0, 4, "GIF8"},
    {CONTENT_TIFF, 0, 4, "II*\0"},
    {CONTENT_TIFF, 0, 4, "MM\0*"},
    {CONTENT_WEBP, 8, 4, "WEBP"},
    {CONTENT_ELF, 0, 4,
     "\x7f"
     "ELF"},
    {CONTENT_PE, 0, 2, "MZ"},
};

/* PDF readers take a header anywhere in the first kilobyte. */
static bool is_pdf(struct str head)
{
    return head.len >= 5 && memmem(head.at, MIN_OF(head.len, (size_t)1024), "%PDF-", 5);
}

/* "-lh5-" and its kin, two bytes from the beginning. */
static bool is_lha(struct str head)
{
    return head.len > 6 && head.at[2] == '-' && head.at[3] == 'l' && (head.at[4] == 'h' || head.at[4] == 'z') && head.at[6] == '-';
}

/* One byte of settings, the size of its dictionary, and the length, or that nobody knows it. */
static bool is_lzma(struct str head)
{
    uint32_t dictionary;
    uint64_t size;

    if (head.len < 14 || (uint8_t)head.at[0] >= 9 * 5 * 5 || head.at[13])
        return false;
    dictionary = le32(head.at + 1);
    size = le64(head.at + 5);
    return dictionary >= 4096 && !(dictionary & (dictionary - 1)) && (size == UINT64_MAX || (size > 0 && size < (uint64_t)1 << 38));
}

/* One of before "ustar": a name, then numbers in letters, and their sum. */
static bool is_old_tar(struct str head)
{
    uint32_t sum = 8 * ' ', said = 0;
    size_t at = 148;

    if (head.len < 512 || !head.at[0])
        return false;
    while (at < 156 && head.at[at] == ' ')
        at++;
    if (at == 156 || head.at[at] < '0' || head.at[at] > '7')
        return false;
    for (; at < 156 && head.at[at] >= '0' && head.at[at] <= '7'; at++)
        said = said * 8 + (uint32_t)(head.at[at] - '0');
    for (size_t i = 0; i < 512; i++)
        sum += i < 148 || i >= 156 ? (uint8_t)head.at[i] : 0;
    return sum == said;
}

static bool is_text(struct str head)
{
    size_t at = 0;

    while (at < head.len) {
        size_t start = at;
        uint32_t c = utf8_next(head, &at);

        if (c == 0xfffd && at - start == 1 && head.len - start >= 4)
            return false; /* a character cut at the end is none of the sender's doing */
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return false;
    }
    return true;
}

enum content_type content_type_of(struct str head)
{
    if (head.len == 0)
        return CONTENT_EMPTY;
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (head.len >= (size_t)marks[i].at + marks[i].len &&
            !memcmp(head.at + marks[i].at, marks[i].bytes, marks[i].len))
            return marks[i].type;
    if (is_lha(head))
        return CONTENT_LHA;
    if (head.len >= CONTENT_ISO_AT + 5 && !memcmp(head.at + CONTENT_ISO_AT, "CD001", 5))
        return CONTENT_ISO;
    if (is_pdf(head))
        return CONTENT_PDF;
    if (is_lzma(head))
        return CONTENT_LZMA;
    if (is_old_tar(head))
        return CONTENT_TAR;
    return is_text((struct str){head.at, MIN_OF(head.len, (size_t)CONTENT_HEAD)}) ? CONTENT_TEXT
                                                                                  : CONTENT_OTHER;
}

const char *content_type_name(enum content_type t)
{
    static const char *const names[CONTENT_TYPES] = {
        "other", "empty", "text", "zip",  "7z",    "rar",  "cab",  "lha",      "tar",
        "cpio",  "ar",    "iso",  "gzip", "bzip2", "xz",   "zstd", "lzip", "lzma", "lz4", "compress", "ole",
        "pdf",   "rtf",   "jpeg", "png",  "gif",   "tiff", "webp", "pe",       "elf",
    };

    return names[t];
}

bool content_type_holds(enum content_type t)
{
    return t >= CONTENT_ZIP && t <= CONTENT_COMPRESS;
}
