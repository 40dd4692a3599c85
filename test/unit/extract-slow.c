#include "extract-slow.h"

#include "base/utf8.h"
#include "intel/extract-line.h"
#include "intel/fuzzy.h"
#include "intel/suffix.h"
#include "intel/clue-inside.h"

#include <regex.h>
#include <stdlib.h>
#include <utf8proc.h>

#define UNITS_MAX 65536u

/* The line as it is meant: `c` one byte a unit (1 ends values, 2 is a letter, 3 hiragana), NUL-ended. */
struct slow {
    struct str text;
    char c[UNITS_MAX + 1];
    size_t from[UNITS_MAX], to[UNITS_MAX];
    bool wide[UNITS_MAX], fanged[UNITS_MAX];
    size_t n;
};

/* ---- reading ---- */

static bool alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Marks until neighbours are known: 4 an ideographic dot, 5 a wide one, 6 a sound mark. */
static char class_of(uint32_t c)
{
    utf8proc_category_t cat = utf8proc_category((utf8proc_int32_t)c);

    if (c == ' ' || c == '\t' || c == 0x3000)
        return ' ';
    if (c == 0xff0e)
        return 5;
    if (c == 0x3002 || c == 0xff61)
        return 4;
    if (c == 0x30fc || c == 0xff70)
        return 6;
    if (c > 0x20 && c < 0x7f)
        return (char)c;
    if (c > 0xff00 && c < 0xff5f)
        return (char)(c - 0xfee0);
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xfe63)
        return '-';
    if (c < 0x80 || c == 0xfffd)
        return 1;
    if (c > 0x3040 && c < 0x30a0)
        return 3;
    return (cat >= UTF8PROC_CATEGORY_LU && cat <= UTF8PROC_CATEGORY_NO) ? 2 : 1;
}

static void decode(struct slow *s)
{
    for (size_t at = 0; at < s->text.len;) {
        size_t from = at;
        uint32_t c = utf8_next(s->text, &at);

        if (c == 0xad || (c >= 0x200b && c <= 0x200d) || c == 0x2060 || c == 0xfeff)
            continue;
        s->c[s->n] = class_of(c);
        s->from[s->n] = from;
        s->to[s->n] = at;
        s->wide[s->n] = (c > 0xff00 && c < 0xff5f) || c == 0x3002 || c == 0xff61;
        s->fanged[s->n++] = false;
    }
}

static char at(const struct slow *s, size_t i)
{
    return i < s->n ? s->c[i] : 1;
}

static char before(const struct slow *s, size_t i)
{
    return i ? s->c[i - 1] : 1;
}

static bool in(char c, const char *set)
{
    return c && strchr(set, c);
}

static void settle(struct slow *s)
{
    static char old[UNITS_MAX + 1];

    memcpy(old, s->c, s->n);
    for (size_t i = 0; i < s->n; i++) {
        char a = i ? old[i - 1] : 1, b = i + 1 < s->n ? old[i + 1] : 1;
        bool same = alnum(a) && alnum(b) && s->wide[i - 1] == s->wide[i + 1];

        if (old[i] == 6)
            s->c[i] = digit(a) && digit(b) ? '-' : 2;
        else if (old[i] == 5)
            s->c[i] = same ? '.' : in(a, "[({") || in(b, "])}") ? 5 : 1;
        else if (old[i] == 4)
            s->c[i] = same && s->wide[i - 1] ? '.' : in(a, "[({") && in(b, "])}") ? 5 : 1;
    }
}

static void replace(struct slow *s, size_t i, size_t n, char c)
{
    s->c[i] = c;
    s->to[i] = s->to[i + n - 1];
    s->wide[i] = false;
    s->fanged[i] = true;
    for (size_t k = i + 1; k + n - 1 < s->n; k++) {
        s->c[k] = s->c[k + n - 1];
        s->from[k] = s->from[k + n - 1];
        s->to[k] = s->to[k + n - 1];
        s->wide[k] = s->wide[k + n - 1];
        s->fanged[k] = s->fanged[k + n - 1];
    }
    s->n -= n - 1;
}

static bool says(const struct slow *s, size_t i, const char *word)
{
    for (size_t k = 0; word[k]; k++)
        if ((at(s, i + k) | 0x20) != word[k])
            return false;
    return true;
}

static bool says_kana(const struct slow *s, size_t i, const char *word)
{
    size_t len = strlen(word);

    if (i + 3 > s->n)
        return false;
    for (size_t k = 0; k < 3; k++)
        if (s->to[i + k] - s->from[i + k] != len / 3 ||
            memcmp(s->text.at + s->from[i + k], word + k * (len / 3), len / 3))
            return false;
    return true;
}

/* How long the content of brackets is that stands for `*ret`, at unit i behind an opening one; 0. */
static size_t content(const struct slow *s, size_t i, char opening, char *ret)
{
    char c = at(s, i);

    *ret = c == 5 ? '.' : c;
    if (in(*ret, ".@:") || (c == '/' && opening != '('))
        return 1;
    *ret = '.';
    if (says(s, i, "dot") || says_kana(s, i, "ドット"))
        return 3;
    *ret = '@';
    if (says(s, i, "at"))
        return 2;
    return says_kana(s, i, "アット") ? 3 : 0;
}

static bool replace_bracket(struct slow *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const char *kind = in(s->c[i], "[({") ? strchr("[](){}", s->c[i]) : NULL;
        size_t n;
        char c;

        if (!kind)
            continue;
        n = content(s, i + 1, *kind, &c);
        if (n && at(s, i + n + 1) == kind[1]) {
            replace(s, i, n + 2, c);
            return true;
        }
        if (*kind != '(' && at(s, i + 1) == ':' && at(s, i + 2) == '/' && at(s, i + 3) == '/' &&
            at(s, i + 4) == kind[1]) {
            replace(s, i + 3, 2, '/');
            replace(s, i + 2, 1, '/');
            replace(s, i, 2, ':');
            return true;
        }
    }
    return false;
}

static bool replace_half(struct slow *s)
{
    for (size_t i = 1; i < s->n; i++) {
        char a = s->c[i], b = at(s, i + 1);

        if (alnum(s->c[i - 1]) && alnum(at(s, i + 2)) &&
            ((a == '[' && b == '.') || (a == '.' && b == ']') || (a == '\\' && b == '.'))) {
            replace(s, i, 2, '.');
            return true;
        }
        if (alnum(s->c[i - 1]) && a == ' ' && in(b, ".@") && s->fanged[i + 1] &&
            at(s, i + 2) == ' ' && alnum(at(s, i + 3))) {
            replace(s, i, 3, b);
            return true;
        }
    }
    return false;
}

static void read_line(struct slow *s, struct str text)
{
    s->text = text;
    s->n = 0;
    decode(s);
    settle(s);
    while (replace_bracket(s) || replace_half(s))
        ;
    for (size_t i = 0; i < s->n; i++)
        if (s->c[i] == 5)
            s->c[i] = 1;
    s->c[s->n] = 0;
}

/* ---- shapes ---- */

/* The end of the first group of the expression, which begins at unit i; 0: it does not. */
static size_t shape(const struct slow *s, size_t i, const char *expression)
{
    static struct {
        const char *expression;
        regex_t compiled;
    } kept[64];
    regmatch_t groups[2];
    size_t k = 0;

    while (kept[k].expression && kept[k].expression != expression)
        k++;
    if (!kept[k].expression) {
        if (regcomp(&kept[k].compiled, expression, REG_EXTENDED))
            abort();
        kept[k].expression = expression;
    }
    return regexec(&kept[k].compiled, s->c + i, 2, groups, 0) ? 0 : i + (size_t)groups[1].rm_eo;
}

static bool top(const struct slow *s, size_t from, size_t to)
{
    char label[65];

    if (to - from > 64)
        return false;
    for (size_t i = from; i < to; i++)
        label[i - from] = (char)(s->c[i] >= 'A' && s->c[i] <= 'Z' ? s->c[i] | 0x20 : s->c[i]);
    return suffix_is_top((struct str){label, to - from});
}

/* i is the first unit of its run of `set` that is not in `joins`. */
static bool begins(const struct slow *s, size_t i, const char *set, const char *joins)
{
    if (!in(s->c[i], set) || in(s->c[i], joins))
        return false;
    while (in(before(s, i), joins))
        i--;
    return !in(before(s, i), set);
}

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define WORD ALNUM "_"
#define TOKEN WORD ".-"
#define LOCAL TOKEN "%+"
#define XRUN ALNUM ":."
#define FILES TOKEN "\x02"
#define HOST TOKEN "~%:@[]\x02\x03"

static size_t run(const struct slow *s, size_t i, const char *set)
{
    while (in(at(s, i), set))
        i++;
    return i;
}

static bool is_scheme(const struct slow *s, size_t i)
{
    return shape(
        s, i,
        "^(([Hh]([Tt][Tt]|[Xx][Xx]|\\*\\*|[Xx][Tt]|[Tt][Xx])[Pp][Ss]?|[Mm][Ee][Oo][Ww]|[Ff][TtXx]["
        "Pp][Ss]?|[Ss][Ff][Tt][Pp]|[Ww][Ss][Ss]?|[Tt][Cc][Pp]|[Uu][Dd][Pp])://)");
}

static bool balanced(const struct slow *s, size_t from, size_t to, char open, char close)
{
    ptrdiff_t depth = 0;

    for (size_t i = from; i < to; i++)
        depth += s->c[i] == open ? 1 : s->c[i] == close ? -1 : 0;
    return depth >= 0;
}

static size_t without_trail(const struct slow *s, size_t i, size_t end)
{
    while (end > i && (in(s->c[end - 1], ".,;:!?'*([") ||
                       (s->c[end - 1] == ')' && !balanced(s, i, end, '(', ')')) ||
                       (s->c[end - 1] == ']' && !balanced(s, i, end, '[', ']'))))
        end--;
    return end;
}

static size_t email(const struct slow *s, size_t i)
{
    size_t end, dot, sign;

    if (!begins(s, i, LOCAL, ".-%+"))
        return 0;
    sign = shape(s, i, "^([A-Za-z0-9._%+-]+)@[A-Za-z0-9_]");
    if (!sign || sign - i > SPAN_LOCAL_MAX)
        return 0;
    end = run(s, sign + 1, TOKEN);
    while (end > sign + 1 && !alnum(s->c[end - 1]))
        end--;
    for (dot = end - 1; dot > sign && s->c[dot] != '.';)
        dot--;
    return dot > sign && end - sign - 1 <= SPAN_NAME_MAX && top(s, dot + 1, end) ? end : 0;
}

static size_t n_digits(const struct slow *s, size_t from, size_t to)
{
    size_t n = 0;

    for (size_t i = from; i < to; i++)
        n += digit(s->c[i]);
    return n;
}

#define POST "($|[^A-Za-z0-9_@-])"
#define MOBILE "0[256789]0"
#define WHOLE(expression) ("^(" expression ")" POST)

static size_t phone_japan(const struct slow *s, size_t i)
{
    return shape(s, i,
                 "^(\\+81[ -]?(\\(0\\)[ -]?|0)?([1-9][ -]?0([ -]?[0-9]){8}|[1-9][ -]?[1-9]([ "
                 "-]?[0-9]){7}))" POST);
}

static size_t phone_plus(const struct slow *s, size_t i)
{
    size_t end = shape(s, i, "^(\\+[1-9](-?[0-9]){6,14}|\\+[1-9][0-9]{0,2} [0-9](-?[0-9])*)" POST);

    return end && n_digits(s, i, end) >= 9 && n_digits(s, i, end) <= 15 ? end : 0;
}

static size_t phone_home(const struct slow *s, size_t i)
{
    static const char *const mobile[] = {
        WHOLE(MOBILE "[0-9]{8}"),
        WHOLE(MOBILE "-[0-9]{8}"),
        WHOLE("\\(" MOBILE "\\)-?[0-9]{8}"),
        WHOLE(MOBILE "-[0-9]{4}-[0-9]{4}"),
        WHOLE("\\(" MOBILE "\\)-?[0-9]{4}-[0-9]{4}"),
        WHOLE(MOBILE "\\([0-9]{4}\\)[0-9]{4}"),
        WHOLE("0800-[0-9]{3}-[0-9]{4}"),
    };
    static const char *const wired[] = {
        WHOLE("0[1-9][0-9]{0,3}-[0-9]{1,4}-[0-9]{3,4}"),
        WHOLE("\\(0[1-9][0-9]{0,3}\\)-?[0-9]{1,4}-[0-9]{3,4}"),
        WHOLE("0[1-9][0-9]{0,3}\\([0-9]{1,4}\\)[0-9]{3,4}"),
    };
    size_t end = 0;

    for (size_t k = 0; k < ARRAY_LEN(mobile) && !end; k++)
        end = shape(s, i, mobile[k]);
    for (size_t k = 0; k < ARRAY_LEN(wired) && !end; k++) {
        end = shape(s, i, wired[k]);
        end = end && n_digits(s, i, end) == 10 ? end : 0;
    }
    return end;
}

/* ---- hits ---- */

struct search {
    struct slow *s;
    struct clue value;
    size_t to;
};

static bool is_value(struct search *f, enum clue_type type, size_t from, size_t to,
                     const char *prefix)
{
    struct slow *s = f->s;
    struct buf text;
    bool good;

    if (!to)
        return false;
    buf_init(&text, 65536);
    if (buf_add_text(&text, prefix))
        abort();
    if (type == CLUE_FILE_NAME &&
        buf_add(&text, s->text.at + s->from[from], s->to[to - 1] - s->from[from]))
        abort();
    for (size_t i = from; i < to && type != CLUE_FILE_NAME; i++)
        if ((unsigned char)s->c[i] >= ' '
                ? buf_add_char(&text, s->c[i])
                : buf_add(&text, s->text.at + s->from[i], s->to[i] - s->from[i]))
            abort();
    good = clue_make(type, buf_str(&text), &f->value) == 0;
    buf_done(&text);
    f->to = to;
    return good;
}

static bool is_phone(struct search *f, size_t i)
{
    if (in(before(f->s, i), WORD "+/@&%-"))
        return false;
    return is_value(f, CLUE_PHONE, i, phone_japan(f->s, i), "") ||
           is_value(f, CLUE_PHONE, i, phone_plus(f->s, i), "") ||
           is_value(f, CLUE_PHONE, i, phone_home(f->s, i), "");
}

static bool with_prefix(struct search *f, enum clue_type type, size_t i, size_t end)
{
    return is_value(f, type, i, shape(f->s, end, "^(/[0-9]{1,3})($|[^A-Za-z0-9_/-])"), "") ||
           is_value(f, type, i, end, "");
}

static bool has_colons(struct search *f, size_t i)
{
    struct slow *s = f->s;
    size_t a = i, b = run(s, i, XRUN), first, start, label, n = 0, colons = 0;
    bool pairs;

    if (!in(s->c[i], XRUN))
        return false;
    while (in(before(s, a), XRUN))
        a--;
    for (first = a; first < b && !alnum(s->c[first]);)
        first++;
    if (first == b)
        return false;
    start = first - a >= 2 && s->c[first - 1] == ':' && s->c[first - 2] == ':' ? first - 2 : first;
    label = run(s, first, ALNUM);
    label =
        at(s, label) == ':' &&
                (alnum(at(s, label + 1)) ||
                 (at(s, label + 1) == ':' && at(s, label + 2) == ':' && alnum(at(s, label + 3))))
            ? label + 1
            : SIZE_MAX;
    if (i != start && i != label)
        return false;
    while (!alnum(s->c[b - 1]))
        b--;
    if (at(s, b) == ':' && at(s, b + 1) == ':')
        b += 2;
    if (b - i > SPAN_COLONS_MAX)
        return false;
    pairs =
        shape(s, i,
              "^([0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*)($|[^A-Za-z0-9:.]|[:.]+($|[^A-Za-z0-9:.]))") == b;
    n = pairs ? (b - i + 1) / 3 : 0;
    if (n >= 4 && n <= 21 && finder_says_serial(s->text, s->from[i]) &&
        is_value(f, CLUE_CERT_SERIAL, i, b, ""))
        return true;
    if (n == 16 || n == 20 || n == 32)
        return is_value(f, CLUE_CERT_DIGEST, i, b, "");
    for (size_t k = i; k < b; k++)
        colons += s->c[k] == ':';
    return colons >= 2 && n_digits(s, i, b) && n != 8 && with_prefix(f, CLUE_IPV6_NET, i, b);
}

static bool is_account(struct search *f, size_t i)
{
    struct slow *s = f->s;
    size_t end = shape(s, i, "^(@[A-Za-z0-9_.]*)");
    struct str service = finder_service(s->text, s->from[i]);
    char prefix[40];

    if (!end || in(before(s, i), LOCAL "@") || end - i > SPAN_ACCOUNT_MAX + 1 ||
        in(at(s, end), "@-"))
        return false;
    while (s->c[end - 1] == '.')
        end--;
    if (end - i < 3 || !service.len)
        return false;
    snprintf(prefix, sizeof(prefix), "%.*s:", STR_ARG(service));
    if (!is_value(f, CLUE_ACCOUNT, i + 1, end, prefix))
        return false;
    f->to = end;
    return true;
}

static size_t file(const struct slow *s, size_t i, const char *set)
{
    for (size_t end = i + 1; end <= s->n && in(s->c[end - 1], set); end++) {
        size_t dot = end;
        char name[12] = "a.";

        while (dot > i && alnum(s->c[dot - 1]) && !s->wide[dot - 1] && !s->fanged[dot - 1])
            dot--;
        if (dot - i < 2 || s->c[dot - 1] != '.' || s->wide[dot - 1] || s->fanged[dot - 1] ||
            end - dot > 9 || end == dot || dot - 1 - i > SPAN_FILE_MAX || in(at(s, end), "_-") ||
            (at(s, end) == '.' && alnum(at(s, end + 1))) || alnum(at(s, end)))
            continue;
        memcpy(name + 2, s->c + dot, end - dot);
        if (clue_is_file(str_of(name)))
            return end;
    }
    return 0;
}

static bool is_token(struct search *f, size_t i)
{
    struct slow *s = f->s;
    bool whole = begins(s, i, TOKEN, ".-");

    if (whole) {
        size_t end = run(s, i, TOKEN), dot, dots = 0;
        bool fanged = false, good = at(s, end) != '@';

        while (!alnum(s->c[end - 1]) && end > i + 1)
            end--;
        for (dot = end - 1; dot > i && s->c[dot] != '.';)
            dot--;
        for (size_t k = i; k < end; k++) {
            dots += s->c[k] == '.';
            fanged |= s->c[k] == '.' && (s->fanged[k] || s->wide[k]);
            good &= !(s->c[k] == '.' && s->c[k + 1] == '.');
        }
        good = good && dots && end - i <= SPAN_NAME_MAX && top(s, dot + 1, end);
        if (good && !(dots == 1 && !fanged && file(s, i, FILES)) &&
            is_value(f, CLUE_DOMAIN, i, end, ""))
            return true;
    }
    if (begins(s, i, FILES, ".-") && is_value(f, CLUE_FILE_NAME, i, file(s, i, FILES), ""))
        return true;
    return whole && is_value(f, CLUE_FILE_NAME, i, file(s, i, TOKEN), "");
}

/* f->to is the end of the hit, or of what is too long and passed over. */
enum url { NO_URL, URL, URL_TOO_LONG };

static enum url is_url(struct search *f, size_t i)
{
    struct slow *s = f->s;
    size_t h, end, host, dots = 0;
    bool letters = false, glued = false;

    if (alnum(before(s, i)) || !is_scheme(s, i))
        return NO_URL;
    h = shape(s, i, "^([^:]*://)");
    end = run(s, h, HOST);
    for (size_t k = h; k < end; k++)
        letters |= in(s->c[k], "\x02\x03");
    /* what of it ends first in a top-level domain with a letter behind */
    for (size_t k = h + 1; letters && k < end; k++) {
        size_t dot = k;

        while (dot > h && s->c[dot - 1] != '.')
            dot--;
        if (in(s->c[k], "\x02\x03") && alnum(s->c[k - 1]) && dot > h && top(s, dot, k)) {
            end = k;
            glued = true;
            break;
        }
    }
    host = end;
    if (!glued && in(at(s, end), "/?#"))
        while (end < s->n && s->c[end] > ' ' && !in(s->c[end], "\"<>`{}|^\\") &&
               (s->fanged[end] || s->wide[end] == s->wide[i]) &&
               !(in(s->c[end], ",;") && is_scheme(s, end + 1)))
            end++;
    else
        host = end = without_trail(s, i, end);
    for (size_t k = h; k < host; k++)
        dots += in(s->c[k], ".[");
    if (host <= h || !dots || host - i > SPAN_URL_MAX || !is_value(f, CLUE_URL, i, host, ""))
        return NO_URL;
    if (end - i <= SPAN_URL_MAX && is_value(f, CLUE_URL, i, without_trail(s, i, end), ""))
        return URL;
    f->to = end;
    return URL_TOO_LONG;
}

#define END "($|[^A-Za-z0-9_])"

static bool is_hash(struct search *f, size_t i)
{
    struct slow *s = f->s;
    size_t end = shape(s, i, "^([0-9A-Fa-f]+)" END), n = end ? n_digits(s, i, end) : 0;

    return end && clue_hash_of(end - i) != CLUE_NONE && n > 0 && n < end - i &&
           is_value(f, clue_hash_of(end - i), i, end, "");
}

static bool is_word(struct search *f, size_t i)
{
    struct slow *s = f->s;
    bool dash = before(s, i) == '-';

    if (!alnum(s->c[i]) || in(before(s, i), WORD))
        return false;
    return is_value(f, CLUE_CVE, i, shape(s, i, "^([Cc][Vv][Ee]-[0-9]{4}-[0-9]{4,19})" END), "") ||
           is_hash(f, i) ||
           is_value(f, CLUE_TLSH, i, shape(s, i, "^([Tt]1[0-9A-Fa-f]{70})" END), "") ||
           is_value(f, CLUE_ETH, i, shape(s, i, "^(0[xX][0-9A-Fa-f]{40})" END), "") ||
           is_value(f, CLUE_BTC, i, shape(s, i, "^([13bB][A-Za-z0-9]{13,89})" END), "") ||
           (!dash &&
            is_value(f, CLUE_ASN, i, shape(s, i, "^(AS[0-9]{1,10})($|[^A-Za-z0-9_-])"), "")) ||
           (!dash &&
            is_value(f, CLUE_TECHNIQUE, i, shape(s, i, "^(T[0-9]{4}\\.[0-9]{3})" END), "")) ||
           (!dash &&
            is_value(f, CLUE_TECHNIQUE, i, shape(s, i, "^(T[0-9]{4})($|[^A-Za-z0-9_-])"), ""));
}

static bool is_ssdeep(struct search *f, size_t i)
{
    struct slow *s = f->s;
    size_t end = in(before(s, i), TOKEN "+/:") ? 0 : shape(s, i, "^([0-9]{1,10}(:[A-Za-z0-9+/]{0,64}){2})($|[^A-Za-z0-9+/_:])");
    struct str text = {s->c + i, end - i};

    return end && ssdeep_is_certain(text) && is_value(f, CLUE_SSDEEP, i, end, "");
}

static bool is_hit(struct search *f, size_t i)
{
    struct slow *s = f->s;

    return is_ssdeep(f, i) || is_value(f, CLUE_EMAIL, i, email(s, i), "") || is_phone(f, i) || has_colons(f, i) ||
           is_account(f, i) ||
           (!in(before(s, i), WORD ".") &&
            shape(s, i, "^([0-9]{1,3}(\\.[0-9]{1,3}){3})($|[^A-Za-z0-9_.]|\\.($|[^A-Za-z0-9]))") &&
            with_prefix(f, CLUE_IPV4_NET, i, shape(s, i, "^([0-9]{1,3}(\\.[0-9]{1,3}){3})"))) ||
           is_token(f, i) || is_word(f, i);
}

size_t slow_extract(struct str line, struct slow_hit hits[SLOW_HITS_MAX])
{
    static struct slow s;
    struct search f = {.s = &s};
    size_t n = 0;

    assert(line.len < UNITS_MAX);
    clue_init(&f.value);
    read_line(&s, line);
    for (size_t i = 0; i < s.n && n < SLOW_HITS_MAX;) {
        enum url url = is_url(&f, i);

        if (url == URL_TOO_LONG) {
            i = f.to;
            continue;
        }
        if (url == NO_URL && !is_hit(&f, i)) {
            i++;
            continue;
        }
        hits[n] = (struct slow_hit){
            .offset = s.from[i], .len = s.to[f.to - 1] - s.from[i], .type = f.value.type};
        buf_init(&hits[n].bytes, 65536);
        if (buf_add_str(&hits[n].bytes, buf_str(&f.value.bytes)))
            abort();
        n++;
        i = f.to;
    }
    clue_done(&f.value);
    return n;
}

void slow_free(struct slow_hit *hits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_done(&hits[i].bytes);
}
