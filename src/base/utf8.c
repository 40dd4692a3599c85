#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <utf8proc.h>

#define REPLACEMENT 0xfffdu

/* Length and value of the well-formed character at the start of s, 0 when there is none (Unicode, table 3-7). */
static size_t decode(struct str s, uint32_t *ret)
{
    const unsigned char *p = (const unsigned char *)s.at;
    unsigned char low = 0x80, high = 0xbf;
    size_t need;
    uint32_t c;

    if (s.len == 0)
        return 0;
    if (p[0] < 0x80) {
        *ret = p[0];
        return 1;
    }
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    need = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (need > s.len)
        return 0;
    /* The second byte's range shuts out overlong forms, surrogates and what lies above U+10FFFF. */
    if (p[0] == 0xe0)
        low = 0xa0;
    else if (p[0] == 0xed)
        high = 0x9f;
    else if (p[0] == 0xf0)
        low = 0x90;
    else if (p[0] == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    c = (uint32_t)(p[0] & (0x7f >> need)) << 6 | (p[1] & 0x3f);
    for (size_t i = 2; i < need; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    *ret = c;
    return need;
}

static struct str from(struct str s, size_t at)
{
    return (struct str){s.at + at, s.len - at};
}

/* Are the 8 bytes at `p` ASCII? */
static bool is_ascii_8(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return (word & UINT64_C(0x8080808080808080)) == 0;
}

bool utf8_is_valid(struct str s)
{
    size_t at = 0;

    while (at < s.len) {
        uint32_t c;
        size_t n;

        if (s.len - at >= 8 && is_ascii_8(s.at + at)) {
            at += 8;
            continue;
        }
        n = decode(from(s, at), &c);
        if (n == 0)
            return false;
        at += n;
    }
    return true;
}

uint32_t utf8_next(struct str s, size_t *at)
{
    uint32_t c = REPLACEMENT;
    size_t n;

    assert(*at < s.len);
    n = decode(from(s, *at), &c);
    *at += n > 0 ? n : 1;
    return c;
}

int utf8_put(uint32_t c, struct buf *out)
{
    char bytes[4];
    size_t n;

    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        c = REPLACEMENT;
    if (c < 0x80) {
        bytes[0] = (char)c;
        n = 1;
    } else if (c < 0x800) {
        bytes[0] = (char)(0xc0 | c >> 6);
        n = 2;
    } else if (c < 0x10000) {
        bytes[0] = (char)(0xe0 | c >> 12);
        n = 3;
    } else {
        bytes[0] = (char)(0xf0 | c >> 18);
        n = 4;
    }
    for (size_t i = 1; i < n; i++)
        bytes[i] = (char)(0x80 | (c >> (6 * (n - 1 - i)) & 0x3f));
    return buf_add(out, bytes, n);
}

size_t utf8_count(struct str s)
{
    size_t n = 0;

    for (size_t at = 0; at < s.len; n++)
        (void)utf8_next(s, &at);
    return n;
}

/* Unicode's White_Space property. */
static bool is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool utf8_is_blank(struct str s)
{
    for (size_t at = 0; at < s.len;)
        if (!is_space(utf8_next(s, &at)))
            return false;
    return true;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

/* Characters that NFC leaves as they are whatever stands beside them, as long as all are of this kind. Nearly all
 * Japanese text is, which saves taking it apart. Outside: combining marks (0300, 302A, 3099), singletons (2000, F900). */
static bool is_plain(uint32_t c)
{
    return c < 0x300 || (c >= 0x3000 && c < 0x302a) || (c >= 0x3030 && c < 0x3099) ||
           (c >= 0x309b && c < 0x3100) || (c >= 0x3400 && c < 0x4dc0) ||
           (c >= 0x4e00 && c < 0xa000) || (c >= 0xff00 && c < 0xfff0);
}

/* One look at a whole text. SCAN_UNSURE: only the normalisation itself can tell whether it is NFC. */
enum scan { SCAN_NFC, SCAN_UNSURE, SCAN_INVALID, SCAN_CONTROL };

static enum scan scan_text(struct str s, bool allow_control, bool multiline)
{
    enum scan answer = SCAN_NFC;
    size_t at = 0;

    while (at < s.len) {
        uint32_t c;
        size_t n = decode(from(s, at), &c);

        if (n == 0)
            return SCAN_INVALID;
        at += n;
        if (!allow_control && is_control(c) && !(multiline && (c == '\t' || c == '\n')))
            return SCAN_CONTROL;
        if (!is_plain(c))
            answer = SCAN_UNSURE;
    }
    return answer;
}

/* s is valid. *ret is malloc'ed. -ENOMEM, -EOVERFLOW. */
static int map(struct str s, int options, struct str *ret)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t len;

    if (s.len > INT32_MAX / 8)
        return -EOVERFLOW;
    len = utf8proc_map((const utf8proc_uint8_t *)s.at, (utf8proc_ssize_t)s.len, &mapped,
                       (utf8proc_option_t)options);
    if (len < 0)
        return len == UTF8PROC_ERROR_OVERFLOW ? -EOVERFLOW : -ENOMEM;
    *ret = (struct str){(const char *)mapped, (size_t)len};
    return 0;
}

int utf8_nfc(struct str s, bool multiline, struct buf *out)
{
    struct str mapped;
    int r;

    switch (scan_text(s, false, multiline)) {
    case SCAN_INVALID:
        return UTF8_E_INVALID;
    case SCAN_CONTROL:
        return UTF8_E_CONTROL;
    case SCAN_NFC:
        return buf_add_str(out, s);
    case SCAN_UNSURE:
        break;
    }
    r = map(s, UTF8PROC_STABLE | UTF8PROC_COMPOSE, &mapped);
    if (r < 0)
        return ERR(r);
    r = buf_add_str(out, mapped);
    free((void *)(uintptr_t)mapped.at);
    return r;
}

int utf8_check_nfc(struct str s)
{
    struct str mapped;
    int r;

    switch (scan_text(s, true, false)) {
    case SCAN_NFC:
        return 0;
    case SCAN_INVALID:
        return UTF8_E_INVALID;
    case SCAN_CONTROL:
    case SCAN_UNSURE:
        break;
    }
    r = map(s, UTF8PROC_STABLE | UTF8PROC_COMPOSE, &mapped);
    if (r < 0)
        return ERR(r);
    r = str_eq(s, mapped) ? 0 : UTF8_E_FORM;
    free((void *)(uintptr_t)mapped.at);
    return r;
}

int utf8_fold(struct str s, struct buf *out)
{
    struct str mapped;
    int r;

    if (!utf8_is_valid(s))
        return UTF8_E_INVALID;
    if (s.len == 0)
        return 0;
    r = map(s, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD, &mapped);
    if (r < 0)
        return ERR(r);
    /* NFKC has made every wide and unbreakable space a plain one. */
    r = buf_add_str(out, str_trim(mapped));
    free((void *)(uintptr_t)mapped.at);
    return r;
}

/* Marks that turn the direction of what follows: a name with one can show a terminal line backwards. */
static bool turns_direction(uint32_t c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
           c == 0x200f;
}

int utf8_print_safe(struct str s, struct buf *out)
{
    size_t at = 0;

    while (at < s.len) {
        uint32_t c = 0;
        size_t n = decode(from(s, at), &c);
        bool good = n > 0 && !is_control(c) && !turns_direction(c);

        n = n > 0 ? n : 1;
        if (good)
            (void)buf_add(out, s.at + at, n);
        for (size_t i = 0; !good && i < n; i++)
            (void)buf_printf(out, "\\x%02X", (unsigned char)s.at[at + i]);
        at += n;
    }
    return buf_error(out);
}
