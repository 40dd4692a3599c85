#include "outward/sheet-pen.h"

#include "outward/sheet-break.h"

#include "base/utf8.h"

#include <errno.h>

#define TEXT_MAX ((size_t)32 << 20)
#define SIZE_MIN 5.0
#define PITCH_CLOSE 1.28 /* of the lines of a short text */
#define SIZE_WORD 6.4 /* so small it may be to keep a word whole */
#define BALANCE_STEPS 6

static const char *const families[] = {
    [FACE_MINCHO] = "IPAexMincho,Noto Serif CJK JP,Noto Sans CJK JP,serif",
    [FACE_GOTHIC] = "IPAexGothic,Noto Sans CJK JP,sans-serif",
};

static PangoContext *context_new(cairo_t *cr)
{
    PangoContext *c = pango_font_map_create_context(pango_cairo_font_map_get_default());
    cairo_font_options_t *options = cairo_font_options_create();

    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(c, options);
    pango_cairo_context_set_resolution(c, 72);
    pango_context_set_language(c, pango_language_from_string("ja"));
    pango_context_set_base_dir(c, PANGO_DIRECTION_LTR);
    pango_context_set_round_glyph_positions(c, FALSE);
    cairo_font_options_destroy(options);
    pango_cairo_update_context(cr, c);
    return c;
}

void pen_open(struct pen *pen, cairo_t *cr)
{
    *pen = (struct pen){.cr = cr, .upright = context_new(cr), .downward = context_new(cr)};
    pango_context_set_base_gravity(pen->downward, PANGO_GRAVITY_EAST);
}

void pen_close(struct pen *pen)
{
    g_object_unref(pen->upright);
    g_object_unref(pen->downward);
}

/* ---- lines ---- */

void pen_line(struct pen *pen, double x1, double y1, double x2, double y2, double width)
{
    if (!pen->draws)
        return;
    cairo_set_line_width(pen->cr, width);
    cairo_move_to(pen->cr, x1, y1);
    cairo_line_to(pen->cr, x2, y2);
    cairo_stroke(pen->cr);
}

void pen_box(struct pen *pen, double x, double y, double w, double h, double width)
{
    if (!pen->draws)
        return;
    cairo_set_line_width(pen->cr, width);
    cairo_rectangle(pen->cr, x, y, w, h);
    cairo_stroke(pen->cr);
}

void pen_shade(struct pen *pen, double x, double y, double w, double h)
{
    if (!pen->draws)
        return;
    cairo_set_source_rgb(pen->cr, 0.93, 0.93, 0.93);
    cairo_rectangle(pen->cr, x, y, w, h);
    cairo_fill(pen->cr);
    cairo_set_source_rgb(pen->cr, 0, 0, 0);
}

/* All of it in one fill: between squares filled one by one, readers see light lines where they touch. */
void pen_code(struct pen *pen, const struct code *c, double x, double y, double side)
{
    double module = side / (c->width + 2 * CODE_EDGE);

    if (!pen->draws)
        return;
    for (unsigned row = 0; row < c->width; row++)
        for (unsigned from = 0, to; from < c->width; from = to + 1) {
            for (to = from; to < c->width && c->dark[row * c->width + to];)
                to++;
            if (to > from)
                cairo_rectangle(pen->cr, x + module * (CODE_EDGE + from), y + module * (CODE_EDGE + row), module * (to - from), module);
        }
    cairo_fill(pen->cr);
}

/* ---- texts ---- */

/* Marks that turn the order of what is read, and those that show nothing, would let paper say something else than the record. */
static bool shows_as_written(uint32_t c)
{
    return c >= 0x20 && !(c >= 0x7f && c <= 0x9f) && c != 0x61c && !(c >= 0x200b && c <= 0x200f) &&
           !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff &&
           c != 0xfffd && !(c >= 0xfff9 && c <= 0xfffb) && !(c >= 0xe0000 && c <= 0xe007f);
}

int pen_clean(struct str text, struct buf *out)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);

        if (c == '\r' && at < text.len && text.at[at] == '\n')
            continue;
        if (c == '\t')
            c = ' ';
        (void)utf8_put(c == '\n' || shows_as_written(c) ? c : 0x3013, out);
    }
    return buf_error(out);
}

/* With a width, broken into lines of it; 0: in one line. */
static PangoLayout *layout_new(struct pen *pen, PangoContext *context, struct str text, enum pen_face face, double size, double width, bool *ret_whole)
{
    CLEANUP(buf_done) struct buf shown;
    PangoFontDescription *font = pango_font_description_from_string(families[face]);
    PangoLayout *layout = pango_layout_new(context);

    buf_init(&shown, TEXT_MAX);
    if (pen_clean(text, &shown))
        pen->error = buf_error(&shown);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_auto_dir(layout, FALSE);
    pango_layout_set_text(layout, shown.at ? shown.at : "", (int)shown.len);
    if (width > 0) {
        *ret_whole = break_keep(layout, buf_str(&shown), width);
        pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    }
    return layout;
}

/* As many lines as before, and none much shorter than the others. */
static void flow_balance(struct flow *f)
{
    double most = f->width, least = f->width / (double)f->n_left;

    for (unsigned i = 0; i < BALANCE_STEPS; i++) {
        double middle = (most + least) / 2;

        pango_layout_set_width(f->layout, (int)(middle * PANGO_SCALE));
        if ((size_t)pango_layout_get_line_count(f->layout) > f->n_left)
            least = middle;
        else
            most = middle;
    }
    pango_layout_set_width(f->layout, (int)(most * PANGO_SCALE));
    f->next = pango_layout_get_lines_readonly(f->layout);
    f->n_left = (size_t)pango_layout_get_line_count(f->layout);
}

/* A digest, an address: nothing tells where to break it. */
static bool is_one_word(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] <= ' ' || (unsigned char)text.at[i] >= 0x7f)
            return false;
    return text.len > 0;
}

void flow_open(struct pen *pen, struct flow *f, struct str text, enum pen_face face, double size,
               double width)
{
    *f = (struct flow){.size = size, .pitch = size * 1.5, .width = width, .is_whole = true};
    if (!text.len)
        return;
    f->layout = layout_new(pen, pen->upright, text, face, size, width, &f->is_whole);
    f->next = pango_layout_get_lines_readonly(f->layout);
    f->n_left = (size_t)pango_layout_get_line_count(f->layout);
    if (f->n_left > 1 && is_one_word(text))
        flow_balance(f);
    if (!pen->draws)
        pen->n_unknown += (uint64_t)pango_layout_get_unknown_glyphs_count(f->layout);
}

double pen_height(struct pen *pen, struct str text, enum pen_face face, double size, double width)
{
    struct flow f;
    double height;

    flow_open(pen, &f, text, face, size, width);
    height = (double)f.n_left * size * PITCH_CLOSE;
    flow_close(&f);
    return height;
}

double pen_width(struct pen *pen, struct str text, enum pen_face face, double size)
{
    PangoLayout *layout;
    int w, h;

    if (!text.len)
        return 0;
    layout = layout_new(pen, pen->upright, text, face, size, 0, NULL);
    pango_layout_get_size(layout, &w, &h);
    g_object_unref(layout);
    return (double)w / PANGO_SCALE;
}

void flow_close(struct flow *f)
{
    if (f->layout)
        g_object_unref(f->layout);
    *f = (struct flow){0};
}

double flow_height(const struct flow *f)
{
    return (double)f->n_left * f->pitch;
}

static double line_width(PangoLayoutLine *line)
{
    PangoRectangle logical;

    pango_layout_line_get_extents(line, NULL, &logical);
    return (double)logical.width / PANGO_SCALE;
}

static void draw_line(struct pen *pen, const struct flow *f, double x, double y,
                      enum pen_align align)
{
    double spare = f->width - line_width(f->next->data);

    if (align == ALIGN_CENTER)
        x += MAX_OF(spare, 0) / 2;
    else if (align == ALIGN_RIGHT)
        x += MAX_OF(spare, 0);
    cairo_move_to(pen->cr, x, y + (f->pitch - f->size) / 2 + f->size * 0.88);
    pango_cairo_show_layout_line(pen->cr, f->next->data);
}

void flow_draw(struct pen *pen, struct flow *f, size_t n, double x, double y, enum pen_align align)
{
    n = MIN_OF(n, f->n_left);
    if (pen->draws && n) {
        cairo_save(pen->cr);
        cairo_rectangle(pen->cr, x - 1, y, f->width + 2, (double)n * f->pitch);
        cairo_clip(pen->cr);
    }
    for (size_t i = 0; i < n; i++, f->n_left--, f->next = f->next->next)
        if (pen->draws)
            draw_line(pen, f, x, y + (double)i * f->pitch, align);
    if (pen->draws && n)
        cairo_restore(pen->cr);
}

/* The size at which no word of a heading is broken, if there is one that can be read. */
static double size_of_words(struct pen *pen, struct str text, enum pen_face face, double size, double w)
{
    for (double smaller = size; smaller >= SIZE_WORD; smaller *= SIZE_STEP) {
        struct flow f;
        bool is_whole;

        flow_open(pen, &f, text, face, smaller, w);
        is_whole = f.is_whole;
        flow_close(&f);
        if (is_whole)
            return smaller;
    }
    return size;
}

void pen_text(struct pen *pen, struct str text, enum pen_face face, double size, double x, double y,
              double w, double h, enum pen_align align)
{
    struct flow f;

    if (pen_width(pen, text, face, size) > w && pen_width(pen, text, face, size * SIZE_STEP) <= w)
        size *= SIZE_STEP; /* one line that is a little smaller is better than two */
    else if (align == ALIGN_CENTER)
        size = size_of_words(pen, text, face, size, w);
    for (;; size = MAX_OF(size * SIZE_STEP, SIZE_MIN)) {
        flow_open(pen, &f, text, face, size, w);
        f.pitch = size * PITCH_CLOSE;
        if (flow_height(&f) <= h + 0.1 || size <= SIZE_MIN)
            break;
        flow_close(&f);
    }
    if (pen->draws && align == ALIGN_CENTER && f.n_left > 1)
        flow_balance(&f);
    flow_draw(pen, &f, f.n_left, x, y + MAX_OF(h - flow_height(&f), 0) / 2, align);
    flow_close(&f);
}

/* In one column, else in as many as stand beside each other in `w`; NULL: it is too large for both. */
static PangoLayout *column_new(struct pen *pen, struct str text, double size, double w, double h, bool is_last)
{
    PangoLayout *layout = layout_new(pen, pen->downward, text, FACE_GOTHIC, size, 0, NULL);
    int len, thick;
    bool is_whole;

    pango_layout_get_size(layout, &len, &thick);
    if ((double)len / PANGO_SCALE <= h || is_last)
        return layout;
    g_object_unref(layout);
    layout = layout_new(pen, pen->downward, text, FACE_GOTHIC, size, h, &is_whole);
    pango_layout_get_size(layout, &len, &thick);
    if ((double)len / PANGO_SCALE <= h && (double)thick / PANGO_SCALE <= w)
        return layout;
    g_object_unref(layout);
    return NULL;
}

void pen_downward(struct pen *pen, struct str text, double size, double x, double y, double w,
                  double h)
{
    PangoLayout *layout;
    int len, thick;

    if (!pen->draws)
        return;
    while (!(layout = column_new(pen, text, size, w, h, size <= SIZE_MIN)))
        size = MAX_OF(size * SIZE_STEP, SIZE_MIN);
    pango_layout_get_size(layout, &len, &thick);
    cairo_save(pen->cr);
    cairo_rectangle(pen->cr, x, y, w, h);
    cairo_clip(pen->cr);
    cairo_translate(pen->cr, x + (w + (double)thick / PANGO_SCALE) / 2,
                    y + MAX_OF(h - (double)len / PANGO_SCALE, 0) / 2);
    cairo_rotate(pen->cr, G_PI / 2);
    pango_cairo_update_layout(pen->cr, layout);
    pango_cairo_show_layout(pen->cr, layout);
    cairo_restore(pen->cr);
    g_object_unref(layout);
}
