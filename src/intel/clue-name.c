/* Domain names and addresses of mail.
 * Source   UTS 46, non-transitional, by libidn2; RFC 1035, 2.3.4 for the sizes; RFC 5321, 4.5.3.1 for those of mail.
 * Names of machines and of malware have underscores, and hyphens in odd places: both pass in ASCII names, which resolvers take. */
#include "intel/clue-inside.h"

#include "base/codec.h"
#include "base/mail-address.h"
#include "base/utf8.h"

#include <errno.h>
#include <idn2.h>
#include <stdlib.h>

#define NAME_MAX_LEN 253u
#define LABEL_MAX 63u
#define NAME_TYPED_MAX 1024u /* before it is converted */

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] >= 0x80)
            return false;
    return true;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool is_number(struct str label)
{
    size_t i = 0;
    bool hex = label.len >= 2 && label.at[0] == '0' && label.at[1] == 'x';

    for (i = hex ? 2 : 0; i < label.len; i++)
        if (hex ? hex_digit(label.at[i]) < 0 : label.at[i] < '0' || label.at[i] > '9')
            return false;
    return true;
}

/* Lower-case ASCII: labels of 1 to 63, in all 253, the last one no number, for that would be an address. */
static int check(struct str name, unsigned dots)
{
    struct str rest = name, label = STR_NONE;
    unsigned n = 0;

    if (!name.len)
        return CLUE_E_SHAPE;
    if (name.len > NAME_MAX_LEN)
        return CLUE_E_LONG;
    while (str_split(&rest, '.', &label)) {
        if (!label.len || label.len > LABEL_MAX)
            return label.len ? CLUE_E_LONG : CLUE_E_NAME;
        for (size_t i = 0; i < label.len; i++)
            if (!is_name_char(label.at[i]))
                return CLUE_E_NAME;
        n++;
    }
    if (n <= dots || is_number(label))
        return CLUE_E_SHAPE;
    return 0;
}

static int put_lower(struct str s, struct buf *out)
{
    char *at = buf_grow(out, s.len);

    if (!at)
        return buf_error(out);
    for (size_t i = 0; i < s.len; i++)
        at[i] = lower(s.at[i]);
    return 0;
}

/* By libidn2, which refuses what UTS 46 maps to nothing or has forbidden. */
static int put_converted(struct str s, struct buf *out)
{
    char typed[NAME_TYPED_MAX + 1], *ascii = NULL;
    int r;

    if (s.len > NAME_TYPED_MAX)
        return CLUE_E_LONG;
    if (!s.len || memchr(s.at, 0, s.len))
        return CLUE_E_NAME;
    memcpy(typed, s.at, s.len);
    typed[s.len] = 0;
    r = idn2_to_ascii_8z(typed, &ascii, IDN2_NONTRANSITIONAL);
    if (r == IDN2_MALLOC)
        return -ENOMEM;
    if (r)
        return r == IDN2_TOO_BIG_DOMAIN || r == IDN2_TOO_BIG_LABEL ? CLUE_E_LONG : CLUE_E_NAME;
    r = put_lower(str_of(ascii), out);
    idn2_free(ascii);
    return r;
}

int clue_name(struct str s, unsigned dots, struct buf *out)
{
    size_t start = out->len;
    struct str name;
    int r;

    if (s.len > 1 && s.at[s.len - 1] == '.')
        s.len--;
    if (!s.len)
        return CLUE_E_SHAPE;
    r = is_ascii(s) ? put_lower(s, out) : put_converted(s, out);
    if (r)
        return r;
    name = (struct str){out->at + start, out->len - start};
    return check(name, dots);
}

int clue_make_domain(struct str s, struct clue *ret)
{
    return s.len && memchr(s.at, '.', s.len) ? clue_name(s, 1, &ret->bytes) : CLUE_E_SHAPE;
}

/* The atoms of RFC 5322, and dots in any place: addresses of Japanese mobile carriers have them doubled and last. */
static bool is_local_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

int clue_make_email(struct str s, struct clue *ret)
{
    static const struct str mailto = {"mailto:", 7};
    const char *sign;
    size_t local;
    int r;

    if (str_starts(s, mailto))
        s = (struct str){s.at + mailto.len, s.len - mailto.len};
    sign = s.len ? memrchr(s.at, '@', s.len) : NULL;
    local = sign ? (size_t)(sign - s.at) : 0;
    if (!sign || !local)
        return CLUE_E_SHAPE;
    if (local > MAIL_LOCAL_MAX)
        return CLUE_E_LONG;
    r = put_lower((struct str){s.at, local + 1}, &ret->bytes);
    if (r)
        return ERR(r);
    for (size_t i = 0; i < local; i++)
        if (!is_local_char(ret->bytes.at[i]))
            return CLUE_E_SHAPE;
    r = clue_name((struct str){sign + 1, s.len - local - 1}, 1, &ret->bytes);
    return !r && ret->bytes.len > MAIL_ADDRESS_MAX ? CLUE_E_LONG : r;
}

/* ---- shown ---- */

static bool is_japanese(uint32_t c)
{
    return (c >= 0x3041 && c <= 0x30ff) || c == 0x3005 || (c >= 0x4e00 && c <= 0x9fff) ||
           (c >= 0x3400 && c <= 0x4dbf) || (c < 0x80 && is_name_char((char)c)) || c == '.';
}

/* Kana, kanji and ASCII only, and it reads back as the same name: then *ret. 0, -ENOMEM. */
static int may_be_shown(struct str unicode, struct str name, bool *ret)
{
    struct buf again;
    int r;

    *ret = false;
    for (size_t at = 0; at < unicode.len;)
        if (!is_japanese(utf8_next(unicode, &at)))
            return 0;
    buf_init(&again, NAME_TYPED_MAX);
    r = clue_name(unicode, 0, &again);
    *ret = r == 0 && str_eq(buf_str(&again), name);
    buf_done(&again);
    return r < 0 ? ERR(r) : 0;
}

int clue_show_name(struct str name, struct buf *out)
{
    char text[NAME_MAX_LEN + 1], *unicode = NULL;
    bool is_shown = false;
    int r;

    if (!name.len || name.len > NAME_MAX_LEN || !memmem(name.at, name.len, "xn--", 4))
        return buf_add_str(out, name);
    memcpy(text, name.at, name.len);
    text[name.len] = 0;
    r = idn2_to_unicode_8z8z(text, &unicode, IDN2_NONTRANSITIONAL);
    if (r == IDN2_MALLOC)
        return -ENOMEM;
    r = r == IDN2_OK ? may_be_shown(str_of(unicode), name, &is_shown) : 0;
    if (!r)
        r = buf_add_str(out, is_shown ? str_of(unicode) : name);
    idn2_free(unicode);
    return r;
}

int clue_defang_name(struct str name, struct buf *out)
{
    int r = 0;

    for (size_t i = 0; i < name.len && !r; i++)
        r = name.at[i] == '.' ? buf_add_text(out, "[.]") : buf_add_char(out, name.at[i]);
    return r;
}
