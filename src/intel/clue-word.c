/* What has a shape and no more: telephone numbers, accounts, names of files, CVEs, ATT&CK techniques.
 * Source   E.164; the Japanese numbering plan (Telecommunications Numbering Plan of the Ministry of Internal Affairs and Communications);
 *          CVE's syntax of 2014; attack.mitre.org. */
#include "intel/clue-inside.h"

#include <errno.h>
#include <stdlib.h>
#include <utf8proc.h>

#define E164_MIN 7u
#define E164_MAX 15u /* digits, the country's code among them */
#define JAPAN_TYPED_MAX 24u
#define FILE_NAME_MAX 255u
#define ACCOUNT_MAX 64u
#define CVE_FIRST 1999
#define CVE_LAST 2199
#define CVE_DIGITS_MAX 19u

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- telephone ---- */

/* The digits behind 0 are a number of the plan: ten for 020, 050, 060, 070, 080 and 090 (0800 among them), nine for the others; none begins
 * with 00. */
static bool is_japanese(const char *d, size_t n)
{
    bool long_one = n >= 2 && d[1] == '0' && (d[0] == '2' || (d[0] >= '5' && d[0] <= '9'));

    return n && d[0] != '0' && n == (long_one ? 10u : 9u) && (long_one || d[1] != '0');
}

static int put_phone(const char *digits, size_t n, struct clue *ret)
{
    int r = buf_add_char(&ret->bytes, '+');

    return r ? ERR(r) : buf_add(&ret->bytes, digits, n);
}

static int put_japanese(const char *digits, size_t n, struct clue *ret)
{
    int r;

    if (!is_japanese(digits, n))
        return CLUE_E_NATIONAL;
    r = buf_add_text(&ret->bytes, "+81");
    return r ? ERR(r) : buf_add(&ret->bytes, digits, n);
}

/* The digits alone. Between them may stand - . / ( ) and blanks; + only before them, and (0) is left out behind it. */
static int phone_digits(struct str s, char digits[JAPAN_TYPED_MAX], size_t *ret_n, bool *ret_plus)
{
    size_t n = 0;

    *ret_plus = s.len && s.at[0] == '+';
    for (size_t i = *ret_plus ? 1 : 0; i < s.len; i++) {
        if (*ret_plus && n && s.len - i >= 3 && !memcmp(s.at + i, "(0)", 3)) {
            i += 2;
            continue;
        }
        if (is_digit(s.at[i])) {
            if (n == JAPAN_TYPED_MAX)
                return CLUE_E_LONG;
            digits[n++] = s.at[i];
        } else if (!s.at[i] || !strchr("-./() ", s.at[i])) {
            return CLUE_E_SHAPE;
        }
    }
    *ret_n = n;
    return n ? 0 : CLUE_E_SHAPE;
}

static int put_international(const char *digits, size_t n, struct clue *ret)
{
    if (n < E164_MIN || n > E164_MAX || digits[0] == '0')
        return n > E164_MAX ? CLUE_E_LONG : CLUE_E_NATIONAL;
    if (n > 2 && digits[0] == '8' && digits[1] == '1')
        return digits[2] == '0' ? put_japanese(digits + 3, n - 3, ret)
                                : put_japanese(digits + 2, n - 2, ret);
    return put_phone(digits, n, ret);
}

int clue_make_phone(struct str s, struct clue *ret)
{
    char digits[JAPAN_TYPED_MAX];
    bool plus;
    size_t n;
    int r = phone_digits(s, digits, &n, &plus);

    if (r)
        return r;
    if (plus)
        return put_international(digits, n, ret);
    /* 010 is how one dials abroad from Japan. */
    if (n > 11 && !memcmp(digits, "010", 3))
        return put_international(digits + 3, n - 3, ret);
    return digits[0] == '0' ? put_japanese(digits + 1, n - 1, ret) : CLUE_E_NATIONAL;
}

/* ---- accounts ---- */

static const struct {
    const char *word; /* lower case */
    const char *service;
} services[] = {
    {"telegram", "telegram"},
    {"テレグラム", "telegram"},
    {"twitter", "x"},
    {"ツイッター", "x"},
    {"x", "x"},
    {"instagram", "instagram"},
    {"インスタグラム", "instagram"},
    {"インスタ", "instagram"},
    {"facebook", "facebook"},
    {"フェイスブック", "facebook"},
    {"line", "line"},
    {"discord", "discord"},
    {"ディスコード", "discord"},
    {"tiktok", "tiktok"},
    {"youtube", "youtube"},
    {"github", "github"},
    {"signal", "signal"},
    {"シグナル", "signal"},
    {"mastodon", "mastodon"},
    {"bluesky", "bluesky"},
    {"wechat", "wechat"},
    {"whatsapp", "whatsapp"},
    {"カカオトーク", "kakaotalk"},
    {"kakaotalk", "kakaotalk"},
    {"skype", "skype"},
    {"windows", "windows"},
};

struct str clue_service(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(services); i++)
        if (str_eq_nocase(word, str_of(services[i].word)))
            return str_of(services[i].service);
    return STR_NONE;
}

static bool is_alnum(char c)
{
    return is_digit(c) || (unsigned)((c | 0x20) - 'a') < 26;
}

/* `word` ends at `end` of the text. */
static bool stands_at(struct str text, size_t end, struct str word)
{
    size_t from = end - word.len;

    if (word.len > end || !str_eq_nocase((struct str){text.at + from, word.len}, word))
        return false;
    if (!is_alnum(word.at[0]))
        return true;
    return (from == 0 || !is_alnum(text.at[from - 1])) &&
           (end == text.len || !is_alnum(text.at[end]));
}

struct str clue_service_in(struct str text)
{
    for (size_t end = text.len; end > 0; end--)
        for (size_t i = 0; i < ARRAY_LEN(services); i++)
            if (stands_at(text, end, str_of(services[i].word)))
                return str_of(services[i].service);
    return STR_NONE;
}

/* service:name, with or without @ before the name. */
int clue_make_account(struct str s, struct clue *ret)
{
    struct str service, name = s;
    int r;

    if (!str_split(&name, ':', &service) || !name.at)
        return CLUE_E_SERVICE;
    service = clue_service(str_trim(service));
    if (!service.len)
        return CLUE_E_SERVICE;
    name = str_trim(name);
    if (name.len && name.at[0] == '@')
        name = (struct str){name.at + 1, name.len - 1};
    if (!name.len || name.len > ACCOUNT_MAX)
        return name.len ? CLUE_E_LONG : CLUE_E_SHAPE;
    r = buf_add_str(&ret->bytes, service);
    if (!r)
        r = buf_add_char(&ret->bytes, ':');
    for (size_t i = 0; i < name.len && !r; i++) {
        char c = name.at[i] >= 'A' && name.at[i] <= 'Z' ? (char)(name.at[i] | 0x20) : name.at[i];

        if (!(c >= 'a' && c <= 'z') && !is_digit(c) && !strchr("_.-\\#", c))
            return CLUE_E_SHAPE;
        r = buf_add_char(&ret->bytes, c);
    }
    return r;
}

/* ---- files ---- */

static const char *const extensions[] = {
    "7z",    "apk",  "asp",  "aspx", "avi", "bat",  "bin",  "bmp",  "bz2",  "cab",  "cfg",  "chm",
    "class", "cmd",  "conf", "cpl",  "csv", "dat",  "deb",  "dll",  "dmg",  "doc",  "docm", "docx",
    "dot",   "dotm", "drv",  "elf",  "eml", "exe",  "gif",  "gz",   "hta",  "htm",  "html", "ico",
    "img",   "ini",  "ipa",  "iso",  "jar", "jpeg", "jpg",  "js",   "jse",  "json", "jsp",  "jtd",
    "jtdc",  "lha",  "lnk",  "log",  "lzh", "mov",  "mp3",  "mp4",  "msg",  "msi",  "ocx",  "one",
    "pdf",   "php",  "pif",  "pkg",  "pl",  "png",  "ppt",  "pptm", "pptx", "ps1",  "psm1", "py",
    "rar",   "rb",   "rpm",  "rtf",  "scr", "sh",   "so",   "svg",  "swf",  "sys",  "tar",  "tgz",
    "tmp",   "txt",  "url",  "vbe",  "vbs", "vhd",  "vhdx", "wav",  "wsf",  "xdw",  "xls",  "xlsb",
    "xlsm",  "xlsx", "xml",  "xz",   "zip", "zst",
};

static int compare_extension(const void *key, const void *row)
{
    return str_cmp(*(const struct str *)key, str_of(*(const char *const *)row));
}

bool clue_is_file(struct str name)
{
    const char *dot = name.len ? memrchr(name.at, '.', name.len) : NULL;
    size_t len = dot ? name.len - (size_t)(dot + 1 - name.at) : 0;
    char lower[8];
    struct str key = {lower, len};

    if (!dot || dot == name.at || len > sizeof(lower))
        return false;
    for (size_t i = 0; i < len; i++)
        lower[i] = dot[i + 1] >= 'A' && dot[i + 1] <= 'Z' ? (char)(dot[i + 1] | 0x20) : dot[i + 1];
    return bsearch(&key, extensions, ARRAY_LEN(extensions), sizeof(extensions[0]),
                   compare_extension);
}

/* The last part of a path, of Windows or Unix. */
static struct str base_name(struct str s)
{
    size_t at = s.len;

    while (at > 0 && s.at[at - 1] != '/' && s.at[at - 1] != '\\')
        at--;
    return (struct str){s.at + at, s.len - at};
}

/* What no file system of Windows takes. */
static bool has_forbidden(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] < 0x20 || strchr("<>\"|?*:", s.at[i]))
            return true;
    return false;
}

/* NFC and one case, and nothing folded beyond that: a full-width 1 in a name is another name. */
static int put_folded(struct str s, struct buf *out)
{
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t len =
        utf8proc_map((const utf8proc_uint8_t *)s.at, (utf8proc_ssize_t)s.len, &folded,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    int r;

    if (len < 0)
        return len == UTF8PROC_ERROR_NOMEM ? -ENOMEM : CLUE_E_TEXT;
    r = buf_add(out, folded, (size_t)len);
    free(folded);
    return r;
}

int clue_make_file_name(struct str s, struct clue *ret)
{
    struct str name = clue_trim(base_name(s));

    if (!name.len || str_eq(name, STR(".")) || str_eq(name, STR("..")))
        return CLUE_E_SHAPE;
    if (name.len > FILE_NAME_MAX)
        return CLUE_E_LONG;
    return has_forbidden(name) ? CLUE_E_SHAPE : put_folded(name, &ret->bytes);
}

/* ---- numbers of catalogues ---- */

int clue_make_cve(struct str s, struct clue *ret)
{
    uint64_t year;
    size_t n = s.len > 9 ? s.len - 9 : 0;

    if (s.len < 13 || !str_eq_nocase((struct str){s.at, 4}, STR("CVE-")) || s.at[8] != '-')
        return CLUE_E_SHAPE;
    for (size_t i = 4; i < s.len; i++)
        if (i != 8 && !is_digit(s.at[i]))
            return CLUE_E_SHAPE;
    if (str_to_u64((struct str){s.at + 4, 4}, CVE_FIRST, CVE_LAST, &year))
        return CLUE_E_RANGE;
    /* Four digits, or more that do not begin with 0. */
    if (n > CVE_DIGITS_MAX || (n > 4 && s.at[9] == '0'))
        return CLUE_E_RANGE;
    return buf_printf(&ret->bytes, "CVE-%.*s", STR_ARG(((struct str){s.at + 4, s.len - 4})));
}

int clue_make_technique(struct str s, struct clue *ret)
{
    if ((s.len != 5 && s.len != 9) || (s.at[0] | 0x20) != 't' || (s.len == 9 && s.at[5] != '.'))
        return CLUE_E_SHAPE;
    for (size_t i = 1; i < s.len; i++)
        if (i != 5 && !is_digit(s.at[i]))
            return CLUE_E_SHAPE;
    return buf_printf(&ret->bytes, "T%.*s", STR_ARG(((struct str){s.at + 1, s.len - 1})));
}
