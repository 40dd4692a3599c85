/* One pass over the units of a line. Each kind of value has a function that says how far it goes from a unit, or 0. Runs (of what names,
 * local parts, addresses are made of) are those of the whole line, whatever was found before in it, and looked at from their start
 * only, so that each unit is read a bounded number of times. */
#include "intel/extract-line.h"

#include "base/codec.h"
#include "intel/fuzzy.h"
#include "intel/suffix.h"
#include "intel/clue-inside.h"

#include <errno.h>

/* Sets of units. */
enum {
    IN_WORD = 1,    /* A-Z a-z 0-9 _ */
    IN_TOKEN = 2,   /* and . - */
    IN_LOCAL = 4,   /* and % + */
    IN_COLONS = 8,  /* A-Z a-z 0-9 : . */
    IN_HOST = 16,   /* of a URL's authority, in ASCII */
    IN_REST = 32,   /* of what follows it */
    IN_FILE = 64,   /* a token, and letters that are no hiragana */
    IN_TRAIL = 128, /* what a sentence puts behind a URL */
};

#define ALNUM_SETS (IN_WORD | IN_TOKEN | IN_LOCAL | IN_COLONS | IN_HOST | IN_REST | IN_FILE)

static const uint8_t sets[256] = {
    [READING_LETTER] = IN_FILE,
    ['A' ... 'Z'] = ALNUM_SETS,
    ['a' ... 'z'] = ALNUM_SETS,
    ['0' ... '9'] = ALNUM_SETS,
    ['_'] = ALNUM_SETS & ~IN_COLONS,
    ['.'] = IN_TOKEN | IN_LOCAL | IN_COLONS | IN_HOST | IN_REST | IN_FILE | IN_TRAIL,
    ['-'] = IN_TOKEN | IN_LOCAL | IN_HOST | IN_REST | IN_FILE,
    ['%'] = IN_LOCAL | IN_HOST | IN_REST,
    ['+'] = IN_LOCAL | IN_REST,
    [':'] = IN_COLONS | IN_HOST | IN_REST | IN_TRAIL,
    ['['] = IN_HOST | IN_REST | IN_TRAIL,
    [']'] = IN_HOST | IN_REST,
    ['~'] = IN_HOST | IN_REST,
    ['@'] = IN_HOST | IN_REST,
    ['('] = IN_REST | IN_TRAIL,
    [')'] = IN_REST,
    ['/'] = IN_REST,
    ['='] = IN_REST,
    ['&'] = IN_REST,
    ['$'] = IN_REST,
    ['#'] = IN_REST,
    [','] = IN_REST | IN_TRAIL,
    [';'] = IN_REST | IN_TRAIL,
    ['!'] = IN_REST | IN_TRAIL,
    ['?'] = IN_REST | IN_TRAIL,
    ['*'] = IN_REST | IN_TRAIL,
    ['\''] = IN_REST | IN_TRAIL,
};

static uint8_t unit(const struct reading *r, size_t i)
{
    return i < r->n ? r->at[i].c : READING_END;
}

/* The unit before `i`. */
static uint8_t before(const struct reading *r, size_t i)
{
    return i ? r->at[i - 1].c : READING_END;
}

static bool is_in(uint8_t c, uint8_t set)
{
    return sets[c] & set;
}

static size_t run_end(const struct reading *r, size_t i, uint8_t set, size_t max)
{
    size_t end = i;

    while (end < r->n && end - i < max && is_in(r->at[end].c, set))
        end++;
    return end;
}

/* What runs of the set are made of, beside what only joins it (`. - % +`). */
static bool is_body(uint8_t c, uint8_t set)
{
    return is_in(c, IN_WORD) || (set == IN_FILE && c == READING_LETTER);
}

/* Unit `i` is the first of its run that does not only join. */
static bool begins_run(const struct reading *r, size_t i, uint8_t set)
{
    if (!is_body(r->at[i].c, set))
        return false;
    while (is_in(before(r, i), set) && !is_body(before(r, i), set))
        i--;
    return !is_in(before(r, i), set);
}

static bool is_letter(uint8_t c)
{
    return c == READING_LETTER || c == READING_HIRAGANA;
}

/* The units [from, to) as text; false: out of memory. */
static bool print(struct finder *f, size_t from, size_t to)
{
    buf_clear(&f->text);
    return reading_print(f->r, from, to, &f->text) == 0;
}

/* The label is a top-level domain. */
static bool is_top(const struct reading *r, size_t from, size_t to)
{
    char label[64];

    if (to - from > sizeof(label))
        return false;
    for (size_t i = from; i < to; i++) {
        uint8_t c = r->at[i].c;

        label[i - from] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    return suffix_is_top((struct str){label, to - from});
}

/* ---- URL ---- */

static const char *const schemes[] = {"http",  "https", "hxxp",  "hxxps", "h**p", "h**ps", "hxtp",
                                      "hxtps", "htxp",  "htxps", "meow",  "ftp",  "ftps",  "fxp",
                                      "fxps",  "sftp",  "ws",    "wss",   "tcp",  "udp"};

/* The unit behind a scheme and its ://; 0: there is none at `i`. */
static size_t scheme_end(const struct reading *r, size_t i)
{
    for (size_t k = 0; k < ARRAY_LEN(schemes); k++) {
        const char *s = schemes[k];
        size_t at = i;

        while (*s && (unit(r, at) | 0x20) == (uint8_t)(*s | 0x20)) {
            s++;
            at++;
        }
        if (!*s && unit(r, at) == ':' && unit(r, at + 1) == '/' && unit(r, at + 2) == '/')
            return at + 3;
    }
    return 0;
}

/* The end of the authority that begins at `h`: of all that hosts are made of, letters beyond ASCII among it. When there are some, the
 * shortest start of it that ends in a top-level domain with a letter behind is all (http://example.jp」を, http://example.jpを見た). */
static size_t host_end(const struct reading *r, size_t h, bool *ret_glued)
{
    size_t end = h, label = SIZE_MAX;

    *ret_glued = false;
    for (; end < r->n && (is_in(r->at[end].c, IN_HOST) || is_letter(r->at[end].c)); end++) {
        if (is_letter(r->at[end].c) && end > h && reading_is_alnum(r->at[end - 1].c) &&
            label != SIZE_MAX && is_top(r, label, end)) {
            *ret_glued = true;
            return end;
        }
        if (r->at[end].c == '.')
            label = end + 1;
    }
    return end;
}

/* Path, query and fragment go on in the width in which the URL began, up to the next URL of a list. */
static size_t rest_end(const struct reading *r, size_t from, size_t i)
{
    uint8_t width = r->at[i].flags & READING_WIDE;
    size_t end = from;

    for (; end < r->n && is_in(r->at[end].c, IN_REST); end++) {
        const struct reading_unit *u = &r->at[end];

        if (!(u->flags & READING_FANGED) && (u->flags & READING_WIDE) != width)
            break;
        if ((u->c == ',' || u->c == ';') && scheme_end(r, end + 1))
            break;
    }
    return end;
}

/* Without what the sentence has put behind it; closing brackets that were opened in it stay. */
static size_t trimmed(const struct reading *r, size_t i, size_t end)
{
    size_t round = 0, square = 0; /* closing ones without opening ones */

    for (size_t k = i; k < end; k++) {
        uint8_t c = r->at[k].c;

        round += c == ')' ? 1 : c == '(' ? (size_t)-1 : 0;
        square += c == ']' ? 1 : c == '[' ? (size_t)-1 : 0;
    }
    for (; end > i; end--) {
        uint8_t c = r->at[end - 1].c;

        if (c == ')' && (ptrdiff_t)round > 0)
            round--;
        else if (c == ']' && (ptrdiff_t)square > 0)
            square--;
        else if (!is_in(c, IN_TRAIL))
            break;
        round += c == '(';
        square += c == '[';
    }
    return end;
}

static bool has_dot(const struct reading *r, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (r->at[i].c == '.' || r->at[i].c == '[')
            return true;
    return false;
}

/* ---- mail ---- */

static size_t email_end(const struct reading *r, size_t i)
{
    size_t sign, end, dot = 0;

    if (!begins_run(r, i, IN_LOCAL))
        return 0;
    sign = run_end(r, i, IN_LOCAL, SIZE_MAX);
    if (unit(r, sign) != '@' || sign - i > SPAN_LOCAL_MAX || !is_in(unit(r, sign + 1), IN_WORD))
        return 0;
    end = run_end(r, sign + 1, IN_TOKEN, SIZE_MAX);
    while (end > sign && !reading_is_alnum(r->at[end - 1].c))
        end--;
    for (size_t k = sign + 1; k < end; k++)
        dot = r->at[k].c == '.' ? k : dot;
    return dot && end - sign - 1 <= SPAN_NAME_MAX && is_top(r, dot + 1, end) ? end : 0;
}

/* ---- telephone ---- */

static size_t digits_end(const struct reading *r, size_t i, size_t max)
{
    size_t end = i;

    while (end - i < max && reading_is_digit(unit(r, end)))
        end++;
    return end;
}

static bool phone_may_end(const struct reading *r, size_t end)
{
    return !is_in(unit(r, end), IN_WORD) && unit(r, end) != '@' && unit(r, end) != '-';
}

static bool is_blank_or_dash(uint8_t c)
{
    return c == ' ' || c == '-';
}

/* +81, with as many digits as the plan has. */
static size_t phone_81_end(const struct reading *r, size_t i)
{
    size_t at = i + 3, n = 1, need;
    uint8_t first;

    if (unit(r, i + 1) != '8' || unit(r, i + 2) != '1')
        return 0;
    at += is_blank_or_dash(unit(r, at));
    if (unit(r, at) == '(' && unit(r, at + 1) == '0' && unit(r, at + 2) == ')') {
        at += 3;
        at += is_blank_or_dash(unit(r, at));
    } else if (unit(r, at) == '0') {
        at++;
    }
    first = unit(r, at++);
    if (first < '1' || first > '9')
        return 0;
    need = 9;
    while (n < need) {
        at += is_blank_or_dash(unit(r, at));
        if (!reading_is_digit(unit(r, at)))
            return 0;
        if (n == 1 && unit(r, at) == '0')
            need = 10;
        at++;
        n++;
    }
    return phone_may_end(r, at) ? at : 0;
}

/* + and 9 to 15 digits, for fewer are dates more often; single dashes between them, and one blank behind one to three. */
static size_t phone_plus_end(const struct reading *r, size_t i)
{
    size_t at = i + 1, n = 0;
    bool dashed = false, blank = false;

    if (!reading_is_digit(unit(r, at)) || unit(r, at) == '0')
        return 0;
    while (n <= 15) {
        if (reading_is_digit(unit(r, at))) {
            n++;
            at++;
        } else if (unit(r, at) == '-' && reading_is_digit(unit(r, at + 1))) {
            dashed = true;
            at++;
        } else if (unit(r, at) == ' ' && reading_is_digit(unit(r, at + 1)) && !dashed && !blank &&
                   n <= 3) {
            blank = true;
            at++;
        } else {
            break;
        }
    }
    return n >= 9 && n <= 15 && phone_may_end(r, at) ? at : 0;
}

/* 020, 050 to 090. */
static bool is_mobile(const struct reading *r, size_t i)
{
    return unit(r, i) == '0' && unit(r, i + 1) >= '2' && unit(r, i + 1) <= '9' &&
           unit(r, i + 1) != '3' && unit(r, i + 1) != '4' && unit(r, i + 2) == '0';
}

/* The lengths of the three groups fit the plan. */
static bool fits(const struct reading *r, size_t digits, size_t a, size_t b, size_t c, bool dashes)
{
    bool is_0800 =
        a == 4 && is_mobile(r, digits) && unit(r, digits + 1) == '8' && unit(r, digits + 3) == '0';

    if (unit(r, digits) != '0' || unit(r, digits + 1) == '0')
        return false;
    if (a == 3 && b == 4 && c == 4)
        return is_mobile(r, digits);
    if (dashes && is_0800 && b == 3 && c == 4)
        return true;
    return a >= 2 && a <= 5 && b >= 1 && b <= 4 && c >= 3 && c <= 4 && a + b + c == 10;
}

/* 03-1234-5678, (03)1234-5678, 03(1234)5678, 090-1234-5678, 09012345678, 090-12345678. */
static size_t phone_home_end(const struct reading *r, size_t i)
{
    bool open = unit(r, i) == '(';
    size_t digits = i + open, a = digits_end(r, digits, 12), b, c;
    uint8_t separator = unit(r, a);

    if (!open && a - digits == 11 && is_mobile(r, digits))
        return phone_may_end(r, a) ? a : 0;
    if (separator != (open ? ')' : '-') && (open || separator != '('))
        return 0;
    b = a + 1;
    b += open && unit(r, b) == '-';
    c = digits_end(r, b, 9);
    if (separator != '(' && c - b == 8 && a - digits == 3 && is_mobile(r, digits))
        return phone_may_end(r, c) ? c : 0;
    if (unit(r, c) != (separator == '(' ? ')' : '-'))
        return 0;
    if (!fits(r, digits, a - digits, c - b, digits_end(r, c + 1, 5) - c - 1,
              !open && separator == '-'))
        return 0;
    c = digits_end(r, c + 1, 5);
    return phone_may_end(r, c) ? c : 0;
}

static bool phone_may_begin(const struct reading *r, size_t i)
{
    uint8_t c = before(r, i);

    return !is_in(c, IN_WORD) && !memchr("+/@&%-", c, 6);
}

/* ---- what has colons ---- */

/* `i` begins what is left of a run of letters, digits, dots and colons without the single ones at its start; or, behind the first colon,
 * that without what stands before it, which may be a label (IPv6:2001:db8::1). */
static bool begins_colons(const struct reading *r, size_t i)
{
    size_t at = i;

    if (r->at[i].c == ':') {
        if (unit(r, i + 1) != ':' || !reading_is_alnum(unit(r, i + 2)))
            return false;
    } else if (!reading_is_alnum(r->at[i].c)) {
        return false;
    } else if (i >= 2 && before(r, i) == ':' && before(r, i - 1) == ':') {
        return false; /* it begins with the two */
    }
    if (before(r, at) == ':') {
        at--;
        while (reading_is_alnum(before(r, at)))
            at--;
    }
    if (reading_is_alnum(before(r, at)))
        return false;
    while (is_in(before(r, at), IN_COLONS) && !reading_is_alnum(before(r, at)))
        at--;
    return !is_in(before(r, at), IN_COLONS);
}

static size_t colons_end(const struct reading *r, size_t i)
{
    size_t end = run_end(r, i, IN_COLONS, SIZE_MAX), full = end;

    while (end > i && !reading_is_alnum(r->at[end - 1].c))
        end--;
    return full - end >= 2 && r->at[end].c == ':' && r->at[end + 1].c == ':' ? end + 2 : end;
}

/* How many pairs of hexadecimal digits with colons between them the span is; 0: it is not. */
static size_t pairs(const struct reading *r, size_t from, size_t to)
{
    if ((to - from + 1) % 3)
        return 0;
    for (size_t i = from; i < to; i++) {
        bool is_colon = (i - from) % 3 == 2;

        if (is_colon ? r->at[i].c != ':' : hex_digit((char)r->at[i].c) < 0)
            return 0;
    }
    return (to - from + 1) / 3;
}

static bool looks_like_ipv6(const struct reading *r, size_t from, size_t to)
{
    size_t colons = 0, digits = 0;

    for (size_t i = from; i < to; i++) {
        colons += r->at[i].c == ':';
        digits += reading_is_digit(r->at[i].c);
    }
    return colons >= 2 && digits > 0 && pairs(r, from, to) != 8;
}

/* With /nn when that stands behind it and ends there. */
static size_t prefix_end(const struct reading *r, size_t end)
{
    size_t at = unit(r, end) == '/' ? digits_end(r, end + 1, 3) : end;

    if (at == end || at == end + 1 || is_in(unit(r, at), IN_WORD) || unit(r, at) == '/' ||
        unit(r, at) == '-')
        return end;
    return at;
}

/* ---- tokens and words ---- */

static size_t ipv4_end(const struct reading *r, size_t i)
{
    size_t at = i;

    if (is_in(before(r, i), IN_WORD) || before(r, i) == '.')
        return 0;
    for (unsigned part = 0; part < 4; part++) {
        size_t end;

        if (part && unit(r, at++) != '.')
            return 0;
        end = digits_end(r, at, 4);
        if (end == at || end - at > 3)
            return 0;
        at = end;
    }
    return is_in(unit(r, at), IN_WORD) || (unit(r, at) == '.' && reading_is_alnum(unit(r, at + 1)))
               ? 0
               : at;
}

/* The name, of the whole token; 0: it is none, or rather a file's. */
static size_t domain_end(const struct reading *r, size_t i)
{
    size_t end = run_end(r, i, IN_TOKEN, SIZE_MAX), dots = 0, dot = 0;

    if (unit(r, end) == '@')
        return 0;
    while (end > i && !reading_is_alnum(r->at[end - 1].c))
        end--;
    if (end - i > SPAN_NAME_MAX)
        return 0;
    for (size_t k = i; k < end; k++) {
        if (r->at[k].c != '.')
            continue;
        if (r->at[k + 1].c == '.')
            return 0;
        dot = k;
        dots++;
    }
    return dots && is_top(r, dot + 1, end) ? end : 0;
}

/* The shortest name from `i` on, within a run of `set`, that ends in an extension as it is written. */
static size_t file_end(struct finder *f, size_t i, uint8_t set)
{
    const struct reading *r = f->r;

    for (size_t dot = i; dot < r->n && dot - i <= SPAN_FILE_MAX && is_in(r->at[dot].c, set);
         dot++) {
        size_t end = dot + 1;
        char name[16] = {'a', '.'};

        if (r->at[dot].c != '.' || r->at[dot].flags || dot == i)
            continue;
        while (end - dot < 10 && reading_is_alnum(unit(r, end)) && !r->at[end].flags) {
            name[end - dot + 1] = (char)r->at[end].c;
            end++;
        }
        if (is_in(unit(r, end), IN_WORD) || unit(r, end) == '-' ||
            (unit(r, end) == '.' && reading_is_alnum(unit(r, end + 1))))
            continue;
        if (clue_is_file((struct str){name, end - dot + 1}))
            return end;
    }
    return 0;
}

static size_t cve_end(const struct reading *r, size_t i)
{
    size_t year, end;

    if ((unit(r, i) | 0x20) != 'c' || (unit(r, i + 1) | 0x20) != 'v' ||
        (unit(r, i + 2) | 0x20) != 'e' || unit(r, i + 3) != '-')
        return 0;
    year = digits_end(r, i + 4, 5);
    end = unit(r, year) == '-' ? digits_end(r, year + 1, 20) : year;
    return year - i == 8 && end > year + 4 && end - year <= 20 && !is_in(unit(r, end), IN_WORD)
               ? end
               : 0;
}

/* Hexadecimal, with both digits and letters: a number of so many digits is none. */
static bool is_hash(const struct reading *r, size_t from, size_t to)
{
    bool digits = false, letters = false;

    if (clue_hash_of(to - from) == CLUE_NONE)
        return false;
    for (size_t i = from; i < to; i++) {
        if (hex_digit((char)r->at[i].c) < 0)
            return false;
        digits |= reading_is_digit(r->at[i].c);
        letters |= !reading_is_digit(r->at[i].c);
    }
    return digits && letters;
}

static bool is_asn(const struct reading *r, size_t from, size_t to)
{
    return to - from >= 3 && to - from <= 12 && r->at[from].c == 'A' && r->at[from + 1].c == 'S' &&
           digits_end(r, from + 2, 11) == to && before(r, from) != '-' && unit(r, to) != '-';
}

static size_t technique_end(const struct reading *r, size_t from, size_t to)
{
    if (to - from != 5 || r->at[from].c != 'T' || digits_end(r, from + 1, 5) != to ||
        before(r, from) == '-' || unit(r, to) == '-')
        return 0;
    return unit(r, to) == '.' && digits_end(r, to + 1, 4) == to + 4 &&
                   !is_in(unit(r, to + 4), IN_WORD)
               ? to + 4
               : to;
}

/* ---- all kinds in their order ---- */

void finder_init(struct finder *f)
{
    *f = (struct finder){0};
    clue_init(&f->value);
    buf_init(&f->text, 4 * CLUE_TEXT_MAX);
}

void finder_done(struct finder *f)
{
    clue_done(&f->value);
    buf_done(&f->text);
}

void finder_start(struct finder *f, const struct reading *r)
{
    f->r = r;
    f->at = 0;
}

static struct str context(struct str text, size_t at)
{
    size_t from = at > SPAN_CONTEXT_MAX ? at - SPAN_CONTEXT_MAX : 0;

    return (struct str){text.at + from, at - from};
}

struct str finder_service(struct str text, size_t at)
{
    return clue_service_in(context(text, at));
}

bool finder_says_serial(struct str text, size_t at)
{
    struct str s = context(text, at);

    for (size_t i = 0; i + 6 <= s.len; i++)
        if (str_eq_nocase((struct str){s.at + i, 6}, STR("serial")))
            return true;
    return s.len && memmem(s.at, s.len, "シリアル", strlen("シリアル"));
}

/* 1: the span is a value of the type. */
static int take(struct finder *f, enum clue_type type, size_t from, size_t to)
{
    int r;

    if (!to)
        return 0;
    if (type == CLUE_FILE_NAME) {
        r = clue_make(type, reading_written(f->r, from, to), &f->value);
    } else {
        if (!print(f, from, to))
            return -ENOMEM;
        r = clue_make(type, buf_str(&f->text), &f->value);
    }
    if (r)
        return r < 0 ? ERR(r) : 0;
    f->from = from;
    f->to = to;
    return 1;
}

/* With a prefix length that stands behind it, when that is one. */
static int take_prefixed(struct finder *f, enum clue_type type, size_t i, size_t end)
{
    size_t whole = prefix_end(f->r, end);
    int taken = whole > end ? take(f, type, i, whole) : 0;

    return taken ? taken : take(f, type, i, end);
}

/* What has a good authority is a URL, or is too long for one and passed over whole, so that no rest is gone through twice. Then *ret_passed is
 * its end. */
static int take_url(struct finder *f, size_t i, size_t *ret_passed)
{
    const struct reading *r = f->r;
    size_t h = reading_is_alnum(before(r, i)) ? 0 : scheme_end(r, i), host, end;
    bool glued, has_rest;
    int taken;

    if (!h)
        return 0;
    host = end = host_end(r, h, &glued);
    has_rest = !glued && memchr("/?#", unit(r, host), 3);
    if (!has_rest)
        host = end = trimmed(r, i, end);
    if (end <= h || end - i > SPAN_URL_MAX || !has_dot(r, h, host))
        return 0;
    taken = take(f, CLUE_URL, i, host);
    if (taken <= 0 || !has_rest)
        return taken;
    end = rest_end(r, end, i);
    taken = end - i <= SPAN_URL_MAX ? take(f, CLUE_URL, i, trimmed(r, i, end)) : 0;
    if (!taken)
        *ret_passed = end;
    return taken;
}

static bool is_piece_of_ssdeep(uint8_t c)
{
    return reading_is_alnum(c) || c == '+' || c == '/';
}

/* Digits, and two rows of base64 behind colons; 0: it is none. */
static size_t ssdeep_end(const struct reading *r, size_t i)
{
    size_t end = digits_end(r, i, SPAN_BLOCK_MAX);

    for (unsigned piece = 0; piece < 2; piece++) {
        size_t from = end + 1;

        if (unit(r, end) != ':')
            return 0;
        for (end = from; end - from <= SSDEEP_PIECES_MAX && is_piece_of_ssdeep(unit(r, end));)
            end++;
        if (end - from > SSDEEP_PIECES_MAX)
            return 0;
    }
    return unit(r, end) == ':' || unit(r, end) == '_' ? 0 : end;
}

/* Only what can hardly be anything else: rows of letters behind a number and a colon are many things. */
static int take_ssdeep(struct finder *f, size_t i)
{
    uint8_t last = before(f->r, i);
    size_t end = is_piece_of_ssdeep(last) || is_in(last, IN_TOKEN | IN_COLONS) ? 0 : ssdeep_end(f->r, i);

    if (!end)
        return 0;
    if (!print(f, i, end))
        return -ENOMEM;
    return ssdeep_is_certain(buf_str(&f->text)) ? take(f, CLUE_SSDEEP, i, end) : 0;
}

static int take_colons(struct finder *f, size_t i)
{
    const struct reading *r = f->r;
    size_t end, n;

    if (!begins_colons(r, i))
        return 0;
    end = colons_end(r, i);
    n = pairs(r, i, end);
    if (end - i > SPAN_COLONS_MAX || end == i)
        return 0;
    if (n >= 4 && n <= 21 && finder_says_serial(r->text, r->at[i].from)) {
        int taken = take(f, CLUE_CERT_SERIAL, i, end);

        if (taken)
            return taken;
    }
    if (n == 16 || n == 20 || n == 32)
        return take(f, CLUE_CERT_DIGEST, i, end);
    if (!looks_like_ipv6(r, i, end))
        return 0;
    return take_prefixed(f, CLUE_IPV6_NET, i, end);
}

static int take_account(struct finder *f, size_t i)
{
    const struct reading *r = f->r;
    size_t end = i + 1;
    struct str service;
    int e;

    if (is_in(before(r, i), IN_LOCAL) || before(r, i) == '@')
        return 0;
    while (end - i <= SPAN_ACCOUNT_MAX && (is_in(unit(r, end), IN_WORD) || unit(r, end) == '.'))
        end++;
    if (is_in(unit(r, end), IN_WORD) || unit(r, end) == '@' || unit(r, end) == '-')
        return 0;
    while (end > i && r->at[end - 1].c == '.')
        end--;
    service = finder_service(r->text, r->at[i].from);
    if (end - i < 3 || !service.len)
        return 0;
    buf_clear(&f->text);
    if (buf_add_str(&f->text, service) || buf_add_char(&f->text, ':') ||
        reading_print(r, i + 1, end, &f->text))
        return -ENOMEM;
    e = clue_make(CLUE_ACCOUNT, buf_str(&f->text), &f->value);
    f->from = i;
    f->to = end;
    return e ? (e < 0 ? ERR(e) : 0) : 1;
}

static int take_phone(struct finder *f, size_t i)
{
    const struct reading *r = f->r;
    int taken = 0;

    if (!phone_may_begin(r, i))
        return 0;
    if (r->at[i].c != '+')
        return take(f, CLUE_PHONE, i, phone_home_end(r, i));
    taken = take(f, CLUE_PHONE, i, phone_81_end(r, i));
    return taken ? taken : take(f, CLUE_PHONE, i, phone_plus_end(r, i));
}

static int take_ipv4(struct finder *f, size_t i)
{
    size_t end = ipv4_end(f->r, i);

    return end ? take_prefixed(f, CLUE_IPV4_NET, i, end) : 0;
}

/* Two labels that nobody defanged and whose end is an extension are a file first. */
static bool is_rather_a_file(struct finder *f, size_t i, size_t end)
{
    size_t dots = 0;
    bool fanged = false;

    for (size_t k = i; k < end; k++) {
        dots += f->r->at[k].c == '.';
        fanged |= f->r->at[k].c == '.' && f->r->at[k].flags;
    }
    return dots == 1 && !fanged && file_end(f, i, IN_FILE);
}

static int take_token(struct finder *f, size_t i)
{
    const struct reading *r = f->r;
    bool is_token = begins_run(r, i, IN_TOKEN);
    int taken = 0;

    if (is_token) {
        size_t end = domain_end(r, i);

        if (end && !is_rather_a_file(f, i, end))
            taken = take(f, CLUE_DOMAIN, i, end);
    }
    if (!taken && begins_run(r, i, IN_FILE))
        taken = take(f, CLUE_FILE_NAME, i, file_end(f, i, IN_FILE));
    if (!taken && is_token)
        taken = take(f, CLUE_FILE_NAME, i, file_end(f, i, IN_TOKEN));
    return taken;
}

static int take_word(struct finder *f, size_t i)
{
    const struct reading *r = f->r;
    size_t end;
    int taken;

    if (!reading_is_alnum(r->at[i].c) || is_in(before(r, i), IN_WORD))
        return 0;
    taken = take(f, CLUE_CVE, i, cve_end(r, i));
    if (taken)
        return taken;
    for (end = i; reading_is_alnum(unit(r, end));)
        end++;
    if (unit(r, end) == '_')
        return 0;
    if (is_hash(r, i, end))
        return take(f, clue_hash_of(end - i), i, end);
    if (end - i == TLSH_DIGITS + 2 && (r->at[i].c | 0x20) == 't' && r->at[i + 1].c == '1')
        return take(f, CLUE_TLSH, i, end);
    if (end - i == 42 && r->at[i].c == '0' && (r->at[i + 1].c | 0x20) == 'x')
        return take(f, CLUE_ETH, i, end);
    if (end - i >= 14 && end - i <= 90 && strchr("13bB", r->at[i].c))
        return take(f, CLUE_BTC, i, end);
    if (is_asn(r, i, end))
        return take(f, CLUE_ASN, i, end);
    return take(f, CLUE_TECHNIQUE, i, technique_end(r, i, end));
}

static int take_any(struct finder *f, size_t i)
{
    uint8_t c = f->r->at[i].c;
    size_t passed = 0;
    int taken = 0;

    if (c == READING_END || c == READING_HIRAGANA || c == READING_BLANK)
        return 0;
    if (reading_is_alnum(c))
        taken = take_url(f, i, &passed);
    if (passed) {
        f->at = passed - 1;
        return 0;
    }
    if (!taken && reading_is_digit(c))
        taken = take_ssdeep(f, i);
    if (!taken && is_in(c, IN_WORD))
        taken = take(f, CLUE_EMAIL, i, email_end(f->r, i));
    if (!taken && (c == '0' || c == '+' || c == '('))
        taken = take_phone(f, i);
    if (!taken && is_in(c, IN_COLONS))
        taken = take_colons(f, i);
    if (!taken && c == '@')
        taken = take_account(f, i);
    if (!taken && reading_is_digit(c))
        taken = take_ipv4(f, i);
    if (!taken && (is_in(c, IN_WORD) || c == READING_LETTER))
        taken = take_token(f, i);
    return taken ? taken : take_word(f, i);
}

int finder_next(struct finder *f)
{
    for (; f->at < f->r->n; f->at++) {
        int taken = take_any(f, f->at);

        if (taken) {
            if (taken > 0)
                f->at = f->to;
            return taken;
        }
    }
    return 0;
}
