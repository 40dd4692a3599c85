/* Two passes over units. The first reads characters; dots and sound marks whose meaning depends on their neighbours become
 * marks of their own. The second copies the units onto themselves as onto a stack: where one closes something, the top of the stack
 * is looked at and replaced, so that what a replacement brings together is seen as well, in linear time. */
#include "intel/reading.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <utf8proc.h>

/* Marks of the first pass only. */
enum { DOT_IDEOGRAPHIC = 0x04, DOT_WIDE = 0x05, SOUND_MARK = 0x06 };

#define WORD_UNITS 3 /* ドット, アット */

void reading_init(struct reading *r)
{
    *r = (struct reading){0};
}

void reading_done(struct reading *r)
{
    free(r->at);
    *r = (struct reading){0};
}

static int make_room(struct reading *r, size_t n)
{
    struct reading_unit *at;

    if (n <= r->size)
        return 0;
    n += n / 2 + 64;
    at = realloc(r->at, n * sizeof(*at));
    if (!at)
        return -ENOMEM;
    r->at = at;
    r->size = n;
    return 0;
}

/* ---- the first pass ---- */

static bool is_unseen(uint32_t c)
{
    return c == 0xad || (c >= 0x200b && c <= 0x200d) || c == 0x2060 || c == 0xfeff;
}

static bool is_dash(uint32_t c)
{
    return (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xfe63;
}

static uint8_t class_of(uint32_t c)
{
    if (c >= 0x3041 && c <= 0x309f)
        return READING_HIRAGANA;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return READING_LETTER;
    default:
        return READING_END;
    }
}

/* false: the character is passed over. */
static bool unit_of(uint32_t c, struct reading_unit *u)
{
    u->flags = 0;
    if (c >= 0x21 && c <= 0x7e) {
        u->c = (uint8_t)c;
    } else if (c == ' ' || c == '\t' || c == 0x3000) {
        u->c = READING_BLANK;
    } else if (c == 0xff0e) {
        u->c = DOT_WIDE;
        u->flags = READING_WIDE;
    } else if (c >= 0xff01 && c <= 0xff5e) {
        u->c = (uint8_t)(c - 0xff01 + 0x21);
        u->flags = READING_WIDE;
    } else if (c == 0x3002 || c == 0xff61) {
        u->c = DOT_IDEOGRAPHIC;
        u->flags = READING_WIDE;
    } else if (c == 0x30fc || c == 0xff70) {
        u->c = SOUND_MARK;
    } else if (is_dash(c)) {
        u->c = '-';
    } else if (is_unseen(c)) {
        return false;
    } else {
        u->c = c < 0x80 || c == 0xfffd ? READING_END : class_of(c);
    }
    return true;
}

static void read_characters(struct str text, struct reading *r)
{
    r->n = 0;
    for (size_t at = 0; at < text.len;) {
        struct reading_unit *u = &r->at[r->n];
        size_t from = at;

        if (unit_of(utf8_next(text, &at), u)) {
            u->from = (uint32_t)from;
            u->to = (uint32_t)at;
            r->n++;
        }
    }
}

/* ---- the second pass ---- */

static bool is_opening(uint8_t c)
{
    return c == '[' || c == '(' || c == '{';
}

static uint8_t opening_of(uint8_t closing)
{
    return closing == ']' ? '[' : closing == ')' ? '(' : closing == '}' ? '{' : 0;
}

static bool is_any_dot(uint8_t c)
{
    return c == '.' || c == DOT_WIDE || c == DOT_IDEOGRAPHIC;
}

static struct str unit_text(const struct reading *r, size_t i)
{
    return (struct str){r->text.at + r->at[i].from, r->at[i].to - r->at[i].from};
}

/* The units [from, from + n) are this ASCII word in any case. */
static bool units_are(const struct reading *r, size_t from, size_t n, const char *word)
{
    if (strlen(word) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (r->at[from + i].c >= 0x80 || (r->at[from + i].c | 0x20) != (uint8_t)word[i])
            return false;
    return true;
}

/* Or this one of three katakana. */
static bool units_are_kana(const struct reading *r, size_t from, size_t n, const char *first)
{
    return n == WORD_UNITS && str_eq(unit_text(r, from), str_of(first)) &&
           str_eq(unit_text(r, from + 1), STR("ッ")) && str_eq(unit_text(r, from + 2), STR("ト"));
}

/* What stands for itself within brackets; 0: nothing that was made harmless. */
static uint8_t meaning_of(const struct reading *r, size_t from, size_t n, uint8_t opening)
{
    uint8_t c = r->at[from].c;

    if (n == 1 && is_any_dot(c))
        return '.';
    if (n == 1 && (c == '@' || c == ':' || (c == '/' && opening != '(')))
        return c;
    if (units_are(r, from, n, "dot") || units_are_kana(r, from, n, "ド"))
        return '.';
    if (units_are(r, from, n, "at") || units_are_kana(r, from, n, "ア"))
        return '@';
    return 0;
}

/* The top of the stack, which ends in a closing bracket, has `n` units between brackets of its kind. */
static bool encloses(const struct reading *r, size_t top, size_t n)
{
    return top >= n + 2 && r->at[top - n - 2].c == opening_of(r->at[top - 1].c);
}

static size_t put_fanged(struct reading *r, size_t at, uint8_t c, uint32_t from, uint32_t to)
{
    r->at[at] = (struct reading_unit){.from = from, .to = to, .c = c, .flags = READING_FANGED};
    return at + 1;
}

/* [://] is three units again; each of the first two came from its own bytes and the bracket before. */
static size_t put_scheme_end(struct reading *r, size_t top)
{
    size_t at = top - 5;

    for (size_t i = 0; i < 3; i++) {
        struct reading_unit inner = r->at[at + 1 + i];

        put_fanged(r, at + i, inner.c, i ? inner.from : r->at[at].from,
                   i < 2 ? inner.to : r->at[top - 1].to);
    }
    return at + 3;
}

/* The stack's height after what its closing bracket closes was replaced. */
static size_t close_bracket(struct reading *r, size_t top)
{
    uint8_t opening = opening_of(r->at[top - 1].c);

    for (size_t n = 1; n <= WORD_UNITS; n++) {
        uint8_t c = encloses(r, top, n) ? meaning_of(r, top - n - 1, n, opening) : 0;

        if (c)
            return put_fanged(r, top - n - 2, c, r->at[top - n - 2].from, r->at[top - 1].to);
        if (n == 3 && encloses(r, top, n) && opening != '(' && r->at[top - 4].c == ':' &&
            r->at[top - 3].c == '/' && r->at[top - 2].c == '/')
            return put_scheme_end(r, top);
    }
    return top;
}

/* The letter or digit on top came behind `a b`, with another one before those: is that half of something made harmless? */
static bool is_half(uint8_t a, uint8_t b)
{
    return (a == '[' && b == '.') || (a == '.' && b == ']') || (a == '\\' && b == '.');
}

static size_t close_word(struct reading *r, size_t top)
{
    struct reading_unit last = r->at[top - 1];

    if (top >= 4 && reading_is_alnum(r->at[top - 4].c) &&
        is_half(r->at[top - 3].c, r->at[top - 2].c)) {
        put_fanged(r, top - 3, '.', r->at[top - 3].from, r->at[top - 2].to);
        r->at[top - 2] = last;
        return top - 1;
    }
    if (top >= 5 && reading_is_alnum(r->at[top - 5].c) && r->at[top - 4].c == READING_BLANK &&
        r->at[top - 2].c == READING_BLANK && (r->at[top - 3].c == '.' || r->at[top - 3].c == '@') &&
        (r->at[top - 3].flags & READING_FANGED)) {
        put_fanged(r, top - 4, r->at[top - 3].c, r->at[top - 4].from, r->at[top - 2].to);
        r->at[top - 3] = last;
        return top - 2;
    }
    return top;
}

/* What a dot or sound mark of the first pass is between its neighbours of the text. */
static uint8_t decide(const struct reading_unit *before, const struct reading_unit *u,
                      const struct reading_unit *after, enum reading_mode mode)
{
    bool between = before && after && reading_is_alnum(before->c) && reading_is_alnum(after->c) &&
                   !((before->flags ^ after->flags) & READING_WIDE);

    if (u->c == SOUND_MARK)
        return before && after && reading_is_digit(before->c) && reading_is_digit(after->c)
                   ? '-'
                   : READING_LETTER;
    if (mode == READING_FIELD)
        return '.';
    if (u->c == DOT_IDEOGRAPHIC)
        return between && (before->flags & READING_WIDE) ? '.' : READING_END;
    /* Its bracket, if it has one, has yet to close over it. */
    return between                                                                ? '.'
           : (before && is_opening(before->c)) || (after && opening_of(after->c)) ? DOT_WIDE
                                                                                  : READING_END;
}

static void decide_all(struct reading *r, enum reading_mode mode)
{
    struct reading_unit before, now;

    for (size_t i = 0; i < r->n; i++) {
        now = r->at[i];
        if (now.c >= DOT_IDEOGRAPHIC && now.c <= SOUND_MARK) {
            const struct reading_unit *after = i + 1 < r->n ? &r->at[i + 1] : NULL;
            uint8_t c = decide(i ? &before : NULL, &now, after, mode);

            /* 。 alone in brackets is a dot, too. */
            if (c == READING_END && now.c == DOT_IDEOGRAPHIC && i && is_opening(before.c) &&
                after && opening_of(after->c))
                c = DOT_WIDE;
            r->at[i].c = c;
        }
        before = now;
    }
}

static void close_all(struct reading *r)
{
    size_t top = 0;

    for (size_t i = 0; i < r->n; i++) {
        uint8_t c = r->at[i].c;

        r->at[top++] = r->at[i];
        if (opening_of(c))
            top = close_bracket(r, top);
        else if (reading_is_alnum(c))
            top = close_word(r, top);
    }
    r->n = top;
    for (size_t i = 0; i < r->n; i++)
        if (r->at[i].c == DOT_WIDE)
            r->at[i].c = READING_END;
}

int reading_read(struct str text, enum reading_mode mode, struct reading *r)
{
    int e;

    if (text.len > READING_MAX)
        return READING_E_LONG;
    e = make_room(r, text.len);
    if (e)
        return ERR(e);
    r->text = text;
    read_characters(text, r);
    decide_all(r, mode);
    close_all(r);
    return 0;
}

int reading_print(const struct reading *r, size_t from, size_t to, struct buf *out)
{
    for (size_t i = from; i < to; i++) {
        uint8_t c = r->at[i].c;
        int e = c >= READING_BLANK ? buf_add_char(out, (char)c) : buf_add_str(out, unit_text(r, i));

        if (e)
            return ERR(e);
    }
    return 0;
}

struct str reading_written(const struct reading *r, size_t from, size_t to)
{
    return (struct str){r->text.at + r->at[from].from, r->at[to - 1].to - r->at[from].from};
}
