#include "outward/sheet-break.h"

#include "base/utf8.h"

#include <string.h>

/* ---- characters ---- */

static bool is_box(uint32_t c)
{
    return c == 0x25a0 || c == 0x25a1; /* ■ □ */
}

static bool is_space(uint32_t c)
{
    return c == ' ' || c == 0x3000;
}

static bool is_hiragana(uint32_t c)
{
    return c >= 0x3041 && c <= 0x309f;
}

static bool is_katakana(uint32_t c)
{
    return (c >= 0x30a1 && c <= 0x30fa) || (c >= 0x30fc && c <= 0x30ff);
}

static bool is_kanji(uint32_t c)
{
    return (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff) || c == 0x3005; /* 々 */
}

static bool is_of(uint32_t c, const char *set)
{
    struct str all = str_of(set);

    for (size_t at = 0; at < all.len;)
        if (utf8_next(all, &at) == c)
            return true;
    return false;
}

static bool opens(uint32_t c)
{
    return is_of(c, "（「『【〔［(");
}

static bool closes(uint32_t c)
{
    return is_of(c, "）」』】〕］)、。，．・");
}

/* 持ち出し, 取り扱い: the first of two verbs ends so, and the word goes on. */
static bool goes_on_as_verb(uint32_t before, uint32_t a, uint32_t b)
{
    return is_kanji(before) && is_kanji(b) && is_of(a, "いきしちみりぎじび");
}

bool break_is_phrase_end(uint32_t before, uint32_t a, uint32_t b)
{
    if (is_space(a))
        return !is_space(b);
    if (opens(a) || closes(b) || is_space(b))
        return false;
    if (opens(b) || closes(a))
        return true;
    return is_hiragana(a) && !is_hiragana(b) && b != 0x30fc && !goes_on_as_verb(before, a, b);
}

size_t break_phrase_end(struct str text, size_t from)
{
    uint32_t before = 0, last = 0;

    for (size_t at = from, here = from; at < text.len; here = at) {
        uint32_t c = utf8_next(text, &at);

        if (last && (c == '\n' || last == '\n' || break_is_phrase_end(before, last, c)))
            return here;
        before = last;
        last = c;
    }
    return text.len;
}

bool break_is_word_end(uint32_t before, uint32_t a, uint32_t b)
{
    return break_is_phrase_end(before, a, b) || (is_kanji(a) && is_katakana(b)) || (is_katakana(a) && is_kanji(b));
}

/* ---- pieces ---- */

struct breaks {
    PangoLayout *layout;
    PangoAttrList *kept;
    struct str text;
    double width;
    bool is_whole;
    unsigned n_measured;
};

/* Of bytes that stand in one line while the layout has no width. From right to left the last of them is the leftmost, and widths are negative. */
static double width_of(const struct breaks *b, size_t from, size_t to)
{
    size_t last = to;
    PangoRectangle first, end;
    int left, right;

    while (last > from + 1 && ((unsigned char)b->text.at[last - 1] & 0xc0) == 0x80)
        last--;
    pango_layout_index_to_pos(b->layout, (int)from, &first);
    pango_layout_index_to_pos(b->layout, (int)(last - 1), &end);
    left = MIN_OF(MIN_OF(first.x, first.x + first.width), MIN_OF(end.x, end.x + end.width));
    right = MAX_OF(MAX_OF(first.x, first.x + first.width), MAX_OF(end.x, end.x + end.width));
    return (double)(right - left) / PANGO_SCALE;
}

static void keep(struct breaks *b, size_t from, size_t to)
{
    PangoAttribute *whole = pango_attr_allow_breaks_new(FALSE);

    whole->start_index = (guint)from;
    whole->end_index = (guint)to;
    pango_attr_list_insert(b->kept, whole);
}

/* Blanks at its end may hang over. Each measuring goes through the line: of a text that is nothing but boxes only the first ones are measured. */
static bool fits(struct breaks *b, size_t from, size_t to)
{
    if (b->n_measured++ >= BREAK_MEASURED_MAX)
        return false;
    while (to > from + 3 && !memcmp(b->text.at + to - 3, "\xe3\x80\x80", 3))
        to -= 3;
    return to > from && width_of(b, from, to) <= b->width - 0.1;
}

/* The box and the letter that it stands beside, be there a blank between them or not. */
static size_t end_of_box(struct str text, size_t from, size_t to)
{
    size_t at = from, head;

    if (from >= to || !is_box(utf8_next(text, &at)) || at >= to)
        return from;
    head = at;
    if (is_space(utf8_next(text, &head)) && head < to)
        (void)utf8_next(text, &head);
    return head;
}

typedef bool end_fn(uint32_t before, uint32_t a, uint32_t b);
typedef void keep_fn(struct breaks *b, size_t from, size_t to);

static void keep_word(struct breaks *b, size_t from, size_t to)
{
    size_t box = end_of_box(b->text, from, to);

    bool is_whole = to <= from || fits(b, from, to);

    if (is_whole && to > from)
        keep(b, from, to);
    else if (box > from)
        keep(b, from, box);
    b->is_whole = b->is_whole && is_whole;
}

static void keep_each(struct breaks *b, size_t from, size_t to, end_fn *ends, keep_fn *keeps)
{
    size_t begun = from, box = end_of_box(b->text, from, to);
    uint32_t before = 0, last = 0;

    for (size_t at = from; at < to;) {
        size_t here = at;
        uint32_t c = utf8_next(b->text, &at);

        if (here >= box && last && ends(before, last, c)) {
            keeps(b, begun, here);
            begun = here;
        }
        before = last;
        last = c;
    }
    keeps(b, begun, to);
}

static void keep_phrase(struct breaks *b, size_t from, size_t to)
{
    if (fits(b, from, to))
        keep(b, from, to);
    else
        keep_each(b, from, to, break_is_word_end, keep_word);
}

/* One line of the text as it was typed, or a choice. */
static void keep_phrases(struct breaks *b, size_t from, size_t to)
{
    keep_each(b, from, to, break_is_phrase_end, keep_phrase);
}

/* Where the choice that begins at `from` ends: blanks behind it are not its own. */
static size_t end_of_choice(struct str text, size_t from, size_t end)
{
    size_t at = from, to;

    (void)utf8_next(text, &at);
    for (to = at; at < end;) {
        size_t here = at;
        uint32_t c = utf8_next(text, &at);

        if (is_box(c))
            return to;
        if (!is_space(c) || here == to)
            to = at;
    }
    return to;
}

static void keep_line(struct breaks *b, size_t from, size_t end, bool is_short)
{
    size_t at = from, begun = from;

    while (at < end) {
        size_t here = at, to;

        if (!is_box(utf8_next(b->text, &at)))
            continue;
        if (is_short)
            keep_phrases(b, begun, here);
        to = end_of_choice(b->text, here, end);
        if (fits(b, here, to))
            keep(b, here, to);
        else
            keep_phrases(b, here, to);
        at = begun = to;
    }
    if (is_short)
        keep_phrases(b, begun, end);
}

bool break_keep(PangoLayout *layout, struct str text, double width)
{
    struct breaks b = {.layout = layout, .kept = pango_attr_list_new(), .text = text, .width = width, .is_whole = true};
    bool is_short = utf8_count(text) <= BREAK_SHORT_MAX;

    pango_attr_list_insert(b.kept, pango_attr_insert_hyphens_new(FALSE)); /* a digest with one more letter would be another */
    for (size_t from = 0; from < text.len;) {
        const char *stop = memchr(text.at + from, '\n', text.len - from);
        size_t end = stop ? (size_t)(stop - text.at) : text.len;

        keep_line(&b, from, end, is_short);
        from = end + 1;
    }
    pango_layout_set_attributes(layout, b.kept);
    pango_attr_list_unref(b.kept);
    return b.is_whole;
}
