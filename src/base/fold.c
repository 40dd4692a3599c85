#include "base/fold.h"

#include "base/utf8.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define FIRST_SIZE 64
#define SEQUENCE_MAX 32 /* one character becomes at most 18 (U+FDFA) */

#define VOICED 0x3099u      /* the mark that makes か to が */
#define HALF_VOICED 0x309au /* は to ぱ */
#define LONG 0x30fcu        /* ー, kept; until the end of fold() also one that may go */
#define DASH 0x2010u        /* any other dash, until the end of fold() */

/* ---- the folded text ---- */

void folded_init(struct folded *f, size_t max)
{
    *f = (struct folded){.max = MIN_OF(max, FOLDED_MAX)};
}

void folded_done(struct folded *f)
{
    if (f->at)
        sodium_memzero(f->at, f->size * sizeof(*f->at));
    free(f->at);
    *f = (struct folded){.max = f->max};
}

/* Not realloc: it may leave a copy behind. */
static int grow(struct folded *f)
{
    size_t size = MIN_OF(f->size ? 2 * f->size : FIRST_SIZE, f->max);
    struct folded_char *at;

    if (f->n < f->size)
        return 0;
    if (f->size == f->max)
        return FOLD_E_LONG;
    if (!(at = calloc(size, sizeof(*at))))
        return -ENOMEM;
    if (f->n) {
        memcpy(at, f->at, f->n * sizeof(*at));
        sodium_memzero(f->at, f->n * sizeof(*at));
    }
    free(f->at);
    f->at = at;
    f->size = size;
    return 0;
}

static int add(struct folded *f, struct folded_char c)
{
    int r = grow(f);

    if (!r)
        f->at[f->n++] = c;
    return r;
}

static struct folded_char *last_of(struct folded *f)
{
    return f->n ? &f->at[f->n - 1] : NULL;
}

/* ---- kana ---- */

static bool is_hiragana(uint32_t c)
{
    return c >= 0x3041 && c <= 0x3096;
}

/* Katakana become hiragana, and small ones large. */
static uint32_t fold_kana(uint32_t c)
{
    if ((c >= 0x30a1 && c <= 0x30f6) || c == 0x30fd)
        c -= 0x60;
    switch (c) {
    case 0x3041: /* ぁぃぅぇぉ */
    case 0x3043:
    case 0x3045:
    case 0x3047:
    case 0x3049:
    case 0x3063: /* っ */
    case 0x3083: /* ゃゅょ */
    case 0x3085:
    case 0x3087:
    case 0x308e: /* ゎ */
        return c + 1;
    case 0x3095: /* ゕ */
        return 0x304b;
    case 0x3096: /* ゖ */
        return 0x3051;
    case 0x3090: /* ゐ */
        return 0x3044;
    case 0x3091: /* ゑ */
        return 0x3048;
    default:
        return c;
    }
}

/* Small letters for Ainu: ㇰ to ㇿ, as their large ones. */
static uint32_t fold_small_extension(uint32_t c)
{
    static const uint16_t large[] = {0x304f, 0x3057, 0x3059, 0x3068, 0x306c, 0x306f, 0x3072, 0x3075,
                                     0x3078, 0x307b, 0x3080, 0x3089, 0x308a, 0x308b, 0x308c, 0x308d};

    return c >= 0x31f0 && c <= 0x31ff ? large[c - 0x31f0] : c;
}

/* The kana with that mark; itself where there is none. */
static uint32_t voice(uint32_t c, uint32_t mark)
{
    bool is_ha = c >= 0x306f && c <= 0x307b && (c - 0x306f) % 3 == 0;

    if (mark == HALF_VOICED)
        return is_ha ? c + 2 : c;
    if (is_ha || (c >= 0x304b && c <= 0x3061 && c % 2) || c == 0x3064 || c == 0x3066 || c == 0x3068)
        return c + 1;
    return c == 0x3046 ? 0x3094 : c;
}

static uint32_t unvoiced(uint32_t c)
{
    for (uint32_t base = c - MIN_OF(c, 2u); base < c; base++)
        if (voice(base, VOICED) == c || voice(base, HALF_VOICED) == c)
            return base;
    return c == 0x3094 ? 0x3046 : c;
}

/* ---- kanji ---- */

static bool is_kanji(uint32_t c)
{
    return (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

uint32_t fold_kanji(uint32_t c)
{
    static const struct {
        uint32_t other, compared;
    } rows[] = {
#define KANJI(other, compared) {other, compared},
#include "base/fold-kanji.def"
#undef KANJI
    };
    size_t low = 0, high = ARRAY_LEN(rows);

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (rows[mid].other == c)
            return rows[mid].compared;
        if (rows[mid].other < c)
            low = mid + 1;
        else
            high = mid;
    }
    return c;
}

/* ---- what is dropped ---- */

static bool is_separator(uint32_t c)
{
    switch (c) {
    case '_':
    case '|':
    case ',':
    case '"':
    case '\'':
    case '`':
    case 0x00b7: /* · */
    case 0x3001: /* 、。 */
    case 0x3002:
    case 0x30fb: /* ・ */
        return true;
    default:
        return false;
    }
}

static bool is_dropped(uint32_t c)
{
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_PS: /* brackets */
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI: /* quotation marks */
    case UTF8PROC_CATEGORY_PF:
        return true;
    default:
        return is_separator(c);
    }
}

static bool is_mark(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);

    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

static bool is_dash(uint32_t c)
{
    return c == 0x2212 /* minus */ || c == 0x301c /* wave */ || c == '~' || c == 0x223c || c == 0x2500 /* ruled line */ ||
           utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_PD;
}

/* ---- one character ---- */

/* A mark stays with what it marks, also where a hit is shown. */
static void take_mark(struct folded *f, struct folded_char m)
{
    struct folded_char *last = last_of(f);

    if (!last || (last->to != m.from && last->from != m.from))
        return;
    if (m.c == VOICED || m.c == HALF_VOICED)
        last->c = voice(last->c, m.c);
    last->to = m.to;
}

/* ゝ stands for the kana before it, 々 for the kanji. At the beginning nobody knows what they stand for. */
static int repeat(struct folded *f, struct folded_char m)
{
    const struct folded_char *last = last_of(f);

    if (!last || !(m.c == 0x3005 ? is_kanji(last->c) : is_hiragana(last->c)))
        return 0;
    m.c = unvoiced(last->c);
    return add(f, m);
}

static int put(struct folded *f, struct folded_char m)
{
    if (is_mark(m.c)) {
        take_mark(f, m);
        return 0;
    }
    if (m.c == LONG)
        return add(f, m);
    if (is_dash(m.c)) {
        m.c = DASH;
        return add(f, m);
    }
    if (is_dropped(m.c))
        return 0;
    m.c = fold_small_extension(fold_kana(m.c));
    if (m.c == 0x3005 || m.c == 0x309d)
        return repeat(f, m);
    if (is_kanji(m.c))
        m.c = fold_kanji(m.c);
    return add(f, m);
}

/* Of ASCII what put() would come to, without asking for each letter; 0: it is dropped. */
static uint32_t fold_ascii(uint32_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
        return c;
    if (c >= 'A' && c <= 'Z')
        return c | 0x20;
    if (c == '-' || c == '~')
        return DASH;
    return c <= ' ' || c == 0x7f || is_separator(c) || strchr("()[]{}", (int)c) ? 0 : c;
}

static int put_all(struct folded *f, uint32_t c, uint32_t from, uint32_t to)
{
    utf8proc_int32_t seq[SEQUENCE_MAX];
    int last_class = 0, r = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)c, seq, SEQUENCE_MAX,
                                                 UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
                                                 &last_class);

    assert(n <= SEQUENCE_MAX);
    if (!n) /* not seen itself: a variation selector */
        take_mark(f, (struct folded_char){c, from, to});
    for (utf8proc_ssize_t i = 0; !r && i < n; i++)
        r = put(f, (struct folded_char){(uint32_t)seq[i], from, to});
    return r;
}

/* ---- dashes, once both neighbours are known ---- */

static bool is_sound(uint32_t c)
{
    return is_hiragana(c) || c == LONG;
}

static void settle_dashes(struct folded *f)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->n; i++) {
        struct folded_char m = f->at[i];
        bool after = kept && is_sound(f->at[kept - 1].c);

        if (m.c == DASH || m.c == LONG) {
            if (!after || (m.c == DASH && !(i + 1 < f->n && is_hiragana(f->at[i + 1].c))))
                continue;
            m.c = LONG;
        }
        f->at[kept++] = m;
    }
    f->n = kept;
}

/* ---- what was made harmless ---- */

/* Full-width forms as ASCII, letters small. */
static uint32_t plain(uint32_t c)
{
    if (c >= 0xff01 && c <= 0xff5e)
        c -= 0xfee0;
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool is_letter_or_digit(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

#define BRACKETED_MAX 3u /* ドット, アット */

/* At an opening bracket: what stands for "[dot]" and the like, and where it ends; 0: nothing of the kind. */
static uint32_t bracketed(struct str s, size_t at, size_t *ret_end)
{
    static const struct {
        uint32_t c[BRACKETED_MAX + 1], means;
    } rows[] = {
        {{'d', 'o', 't'}, '.'}, {{0x30c9, 0x30c3, 0x30c8}, '.'}, {{'a', 't'}, '@'}, {{0x30a2, 0x30c3, 0x30c8}, '@'},
    };
    uint32_t inside[BRACKETED_MAX + 1] = {0}, open = plain(utf8_next(s, &at)), c = 0;

    for (size_t n = 0; at < s.len && n <= BRACKETED_MAX; n++) {
        c = plain(utf8_next(s, &at));
        if (c == ')' || c == ']' || c == '}')
            break;
        if (n < BRACKETED_MAX)
            inside[n] = c;
    }
    if (c != (open == '(' ? ')' : open + 2))
        return 0;
    *ret_end = at;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!memcmp(inside, rows[i].c, sizeof(inside)))
            return rows[i].means;
    return 0;
}

/* 。 behind the characters of `f`, `next` behind it. */
static bool is_dot_of_name(const struct folded *f, struct str s, size_t from, size_t next)
{
    return f->n && f->at[f->n - 1].to == from && is_letter_or_digit(f->at[f->n - 1].c) && next < s.len && is_letter_or_digit(plain(utf8_next(s, &next)));
}

/* What stands at `at` for something else, and where it ends; 0: nothing does. */
static uint32_t refanged(const struct folded *f, struct str s, size_t at, size_t *ret_end)
{
    size_t next = at;
    uint32_t c = utf8_next(s, &next);

    *ret_end = next;
    switch (plain(c)) {
    case '(':
    case '[':
    case '{':
        return bracketed(s, at, ret_end);
    case 0x3002: /* 。｡ */
    case 0xff61:
        return is_dot_of_name(f, s, at, next) ? '.' : 0;
    default:
        return 0;
    }
}

static void settle_schemes(struct folded *f)
{
    for (size_t i = 3; i < f->n; i++)
        if (f->at[i].c == 'p' && f->at[i - 1].c == 'x' && f->at[i - 2].c == 'x' && f->at[i - 3].c == 'h')
            f->at[i - 1].c = f->at[i - 2].c = 't';
}

int fold(struct str s, struct folded *f)
{
    int r = 0;

    f->n = 0;
    if (s.len > UINT32_MAX || !utf8_is_valid(s))
        return FOLD_E_INVALID;
    for (size_t at = 0; !r && at < s.len;) {
        size_t from = at, end;
        uint32_t c = (uint8_t)s.at[at];

        if (c < 0x80 && c != '(' && c != '[' && c != '{') {
            c = fold_ascii(c);
            at++;
            r = c ? add(f, (struct folded_char){c, (uint32_t)from, (uint32_t)at}) : 0;
            continue;
        }
        c = refanged(f, s, at, &end);
        if (c) {
            at = end;
            r = add(f, (struct folded_char){c, (uint32_t)from, (uint32_t)at});
            continue;
        }
        c = utf8_next(s, &at);
        r = put_all(f, c, (uint32_t)from, (uint32_t)at);
    }
    settle_dashes(f);
    settle_schemes(f);
    return r;
}

size_t folded_find(const struct folded *f, const struct folded *needle, size_t from)
{
    if (!needle->n || needle->n > f->n)
        return SIZE_MAX;
    for (size_t i = from; i <= f->n - needle->n; i++) {
        size_t k = 0;

        while (k < needle->n && f->at[i + k].c == needle->at[k].c)
            k++;
        if (k == needle->n)
            return i;
    }
    return SIZE_MAX;
}
