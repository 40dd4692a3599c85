/* Containers that nothing here opens, by how they begin: archives of other makers, mail folders, what is coded as a text. Each is held against what its format wants where its first bytes are few, so that other files are none. */
#include "guard/examine-inside.h"
#include "guard/runs-inside.h"

#include "base/little-endian.h"

#include <string.h>

/* ---- by bytes that are enough by themselves ---- */

static const struct {
    uint16_t at, len;
    const char *bytes;
} marks[] = {
    {7, 7, "**ACE**"},
    {0, 4, "ALZ\1"},
    {0, 4, "EGGA"},
    {0, 16, "StuffIt (c)1997-"},
    {0, 8, "StuffIt!"},
    {0, 8, "StuffIt?"},
    {10, 4, "rLau"}, /* StuffIt of before */
    {0, 9, "\x89LZO\0\r\n\x1a\n"},
    {0, 5, "LRZI\0"},
    {0, 5, "RZIP\2"},
    {0, 4, "zPQ\1"},
    {0, 4, "7kSt"}, /* ZPAQ */
    {20, 4, "\xdc\xa7\xc4\xfd"}, /* ZOO */
    {14, 5, "\x1aJar\x1b"},
    {0, 4, "UFA\xc6"},
    {0, 5, "HLSQZ"},
    {0, 4, "yz01"}, /* YZ1, GCA and DGCA of Japan */
    {0, 4, "GCA0"},
    {0, 4, "GCA1"},
    {0, 4, "GCAX"},
    {0, 4, "DGCA"},
    {0, 4, "ArC\1"},
    {0, 8, "SZDD\x88\xf0\x27\x33"}, /* of Windows itself: FILE.EX_ */
    {0, 8, "KWAJ\x88\xf0\x27\xd1"},
    {0, 8, "SZ \x88\xf0\x27\x33\xd1"},
    {0, 4, "ISc("}, /* an installer's cabinet */
    {0, 10, "\xff\6\0\0sNaPpY"},
    {0, 4, "bvx2"}, /* Apple's */
    {0, 4, "bvxn"},
    {0, 4, "pbzx"},
    {0, 4, "pbze"},
    {0, 4, "AA01"},
    {0, 4, "YAA1"},
    {0, 4, "xar!"},
    {0, 4, "\xed\xab\xee\xdb"}, /* RPM */
    {0, 8, "!<thin>\n"},
    {0, 4, "\x78\x9f\x3e\x22"}, /* winmail.dat */
    {0, 4, "!BDN"},             /* folders of Outlook, Outlook Express and Notes */
    {0, 4, "\xcf\xad\x12\xfe"},
    {0, 6, "\x1a\0\0\4\0\0"},
};

static bool has_at(struct str s, size_t at, const char *bytes, size_t len)
{
    return s.len >= at + len && !memcmp(s.at + at, bytes, len);
}

/* ---- by a few bytes and what follows them ---- */

static bool is_arj(struct str s)
{
    return has_at(s, 0, "\x60\xea", 2) && s.len > 11 && le16(s.at + 2) >= 30 && le16(s.at + 2) <= 2600 && (uint8_t)s.at[4] >= 30 && (uint8_t)s.at[4] <= le16(s.at + 2) && s.at[10] == 2;
}

static bool is_pmarc(struct str s)
{
    return has_at(s, 2, "-pm", 3) && s.len > 6 && s.at[6] == '-' && memchr("012s", s.at[5], 4);
}

/* ARC and PAK: a method, and a name of DOS. */
static bool is_arc(struct str s)
{
    size_t n;

    if (s.len < 29 || s.at[0] != '\x1a' || s.at[1] < 1 || s.at[1] > 20)
        return false;
    for (n = 0; n < 13 && s.at[2 + n] > ' ' && s.at[2 + n] < 0x7f; n++)
        ;
    return n > 0 && n < 13 && s.at[2 + n] == '\0' && le32(s.at + 15) > 0;
}

/* A cpio of before there were ones in letters: its magic, and the length of the name that follows. */
static bool is_old_cpio(struct str s)
{
    const bool is_swapped = has_at(s, 0, "\x71\xc7", 2);
    uint32_t n;

    if (s.len < 27 || (!is_swapped && !has_at(s, 0, "\xc7\x71", 2)))
        return false;
    n = is_swapped ? (uint32_t)(uint8_t)s.at[20] << 8 | (uint8_t)s.at[21] : le16(s.at + 20);
    return n > 1 && n <= 1024 && s.at[26] > ' ' && (s.len < 26 + n || !s.at[25 + n]);
}

/* pack of Unix: the length, then how deep its tree is. */
static bool is_pack(struct str s)
{
    return has_at(s, 0, "\x1f\x1e", 2) && s.len > 7 && s.at[6] >= 1 && s.at[6] <= 24 && !s.at[2];
}

/* ---- texts ---- */

#define TEXT_LOOKED ((size_t)64 << 10)

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* A line of as many characters as its first one says, in the letters of uuencode or of xxencode. */
static bool is_line_of(struct str line, unsigned n)
{
    return n > 0 && line.len >= 1 + (n + 2) / 3 * 4 && line.len <= 3 + (n + 2) / 3 * 4;
}

static bool is_coded_line(struct str line)
{
    static const char letters[] = "+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const char *at = line.len ? memchr(letters, line.at[0], sizeof(letters) - 1) : NULL;

    return line.len && (is_line_of(line, ((unsigned)(uint8_t)line.at[0] - ' ') & 63) || (at && is_line_of(line, (unsigned)(at - letters))));
}

/* "begin 644 NAME" before a line of what is coded. */
static bool begins_coded(struct str line, struct str next)
{
    const bool is_64 = str_starts(line, STR("begin-base64 "));
    const struct str rest = is_64 ? (struct str){line.at + 13, line.len - 13} : str_starts(line, STR("begin ")) ? (struct str){line.at + 6, line.len - 6} : STR_NONE;

    next = str_trim(next);
    return rest.len > 4 && is_octal(rest.at[0]) && is_octal(rest.at[1]) && is_octal(rest.at[2]) && (rest.at[3] == ' ' || rest.at[4] == ' ') &&
           (is_64 ? next.len > 0 && !memchr(next.at, ' ', next.len) : is_coded_line(next));
}

/* Line by line, whatever stands before. */
static bool holds_coded(struct str text)
{
    struct str rest = {text.at, MIN_OF(text.len, TEXT_LOOKED)}, line;

    while (str_split(&rest, '\n', &line)) {
        struct str ahead = rest, next = STR_NONE;

        line = str_trim(line);
        if (line.len < 8 || !memchr("b=(", line.at[0], 3))
            continue;
        IGNORE(str_split(&ahead, '\n', &next), "it may be the last one");
        if (begins_coded(line, next) || str_starts(line, STR("(This file must be converted with BinHex")) ||
            (str_starts(line, STR("=ybegin ")) && memmem(line.at, line.len, "line=", 5) && memmem(line.at, line.len, "name=", 5)))
            return true;
    }
    return false;
}

static int value_of(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* A text of base64 and nothing else, behind a line of dashes or not: what its first bytes are. */
static enum content_type type_of_coded(struct str text, struct str *ret_head, char bytes[static 1024])
{
    uint32_t bits = 0;
    size_t n = 0, n_bits = 0;

    text = str_trim(text);
    if (str_starts(text, STR("-----BEGIN "))) {
        struct str line;

        IGNORE(str_split(&text, '\n', &line), "the line of dashes");
    }
    for (size_t i = 0; i < text.len && n < 1024; i++) {
        const int v = value_of(text.at[i]);

        if (text.at[i] == '\r' || text.at[i] == '\n')
            continue;
        if (v < 0) {
            if (text.at[i] != '=' && text.at[i] != '-')
                return CONTENT_EMPTY;
            break;
        }
        bits = bits << 6 | (uint32_t)v;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            bytes[n++] = (char)(bits >> n_bits);
        }
    }
    *ret_head = (struct str){bytes, n};
    return n < 16 ? CONTENT_EMPTY : content_type_of(*ret_head);
}

static bool is_coded_whole(struct str text)
{
    char bytes[1024];
    struct str head = STR_NONE;
    const enum content_type type = type_of_coded(text, &head, bytes);

    return content_type_holds(type) || type == CONTENT_OLE || (head.len && runs_by_head(type, head));
}

/* Folders of mail in one file. */
static bool is_mailbox(struct str s)
{
    const char *end = str_starts(s, STR("From ")) ? memchr(s.at, '\n', s.len) : NULL;
    struct str line;

    if (!end)
        return false;
    s = (struct str){end + 1, s.len - (size_t)(end + 1 - s.at)};
    return str_split(&s, '\n', &line) && memchr(line.at, ':', line.len) && line.len > 1 && line.at[0] > ' ' && !memchr(line.at, ' ', (size_t)((const char *)memchr(line.at, ':', line.len) - line.at));
}

/* A message that only who has a key reads, by S/MIME ([RFC 5652]: enveloped data, by its number); that of OpenPGP is a text. */
static bool is_enveloped(struct str s)
{
    static const char number[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";

    return s.len > 32 && s.at[0] == '0' && memmem(s.at, 32, number, sizeof(number) - 1);
}

bool archive_is_unknown(enum content_type type, struct str head, bool is_message)
{
    if (type == CONTENT_TEXT)
        return holds_coded(head) || is_coded_whole(head) || (!is_message && is_mailbox(head)) || str_starts(str_trim(head), STR("-----BEGIN PGP MESSAGE-----"));
    if (type != CONTENT_OTHER && type != CONTENT_AR)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (has_at(head, marks[i].at, marks[i].bytes, marks[i].len))
            return true;
    return type == CONTENT_OTHER && (is_arj(head) || is_pmarc(head) || is_arc(head) || is_old_cpio(head) || is_pack(head) || is_enveloped(head) || holds_coded(head));
}
