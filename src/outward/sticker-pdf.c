#include "outward/sticker.h"

#include "base/time.h"
#include "outward/sheet-pen.h"

#include <cairo-pdf.h>
#include <errno.h>

#define WIDTH (STICKER_WIDTH * MM)
#define HEIGHT (STICKER_HEIGHT * MM)
#define EDGE (3 * MM)
#define CODE_SIDE (24 * MM)
#define GAP (2 * MM)

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned length)
{
    return buf_add(closure, data, length) ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static bool is_small_enough(const struct sticker *l)
{
    const struct str all[] = {l->title,           l->reg,  l->name, l->number, l->unit,
                              l->confidentiality, l->foot, l->code, l->says};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (all[i].len > STICKER_TEXT_MAX)
            return false;
    for (size_t i = 0; i < l->n_marks; i++)
        if (l->marks[i].len > STICKER_TEXT_MAX)
            return false;
    return l->n_marks <= STICKER_MARKS_MAX;
}

/* One line, from `y` down. */
static void line(struct pen *pen, struct str text, double size, double y, double w, double h)
{
    if (text.len)
        pen_text(pen, text, FACE_GOTHIC, size, EDGE + 1 * MM, y, w, h, ALIGN_LEFT);
}

/* 0, or code_make()'s failure; no code is no failure. */
static int draw_code(struct pen *pen, const struct sticker *l, bool *ret_drawn)
{
    double x = WIDTH - EDGE - CODE_SIDE - 1 * MM;
    struct code code;
    int e;

    *ret_drawn = false;
    if (!l->code.len || !l->says.len)
        return 0;
    e = code_make(l->code, &code);
    if (e)
        return e > 0 ? 0 : e;
    pen_code(pen, &code, x, EDGE + 2 * MM, CODE_SIDE);
    code_done(&code);
    pen_text(pen, l->says, FACE_GOTHIC, 7, x - 4 * MM, EDGE + 2 * MM + CODE_SIDE,
             CODE_SIDE + 4 * MM, 5 * MM, ALIGN_RIGHT);
    *ret_drawn = true;
    return 0;
}

static int draw(struct pen *pen, const struct sticker *l)
{
    double inner = WIDTH - 2 * EDGE, w = inner - 2 * MM, text;
    bool has_code;
    int e = draw_code(pen, l, &has_code);

    if (e)
        return e;
    text = has_code ? w - CODE_SIDE - GAP : w;
    pen_box(pen, EDGE / 2, EDGE / 2, WIDTH - EDGE, HEIGHT - EDGE, 0.8);
    line(pen, l->reg, 7, EDGE, text, 4 * MM);
    line(pen, l->name, 22, EDGE + 4 * MM, text, 12 * MM);
    line(pen, l->number, 10, EDGE + 16.5 * MM, text, 5 * MM);
    line(pen, l->unit, 9, EDGE + 22 * MM, text, 5 * MM);
    for (size_t i = 0; i < l->n_marks; i++)
        line(pen, l->marks[i], 7.5, EDGE + (28 + 3.6 * (double)i) * MM, text - 4 * MM, 3.6 * MM);
    if (l->confidentiality.len) {
        pen_box(pen, EDGE, HEIGHT - EDGE - 11.5 * MM, inner, 7 * MM, 1.2);
        pen_text(pen, l->confidentiality, FACE_GOTHIC, 11, EDGE + 1 * MM, HEIGHT - EDGE - 11.5 * MM,
                 inner - 2 * MM, 7 * MM, ALIGN_CENTER);
    }
    pen_text(pen, l->foot, FACE_GOTHIC, 6, EDGE, HEIGHT - EDGE - 4 * MM, inner, 4 * MM,
             ALIGN_RIGHT);
    return pen->error;
}

static int describe(cairo_surface_t *surface, const struct sticker *l)
{
    CLEANUP(buf_done) struct buf text;
    int e;

    buf_init(&text, 4096);
    if ((e = pen_clean(l->title, &text)))
        return e;
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, text.at ? text.at : "");
    buf_clear(&text);
    if ((e = instant_print_utc(l->created_us / US_PER_SECOND * US_PER_SECOND, &text)))
        return e;
    memcpy(text.at + 19, "Z", 2); /* whole seconds: 2026-11-28T06:20:24 */
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, text.at);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_MOD_DATE, text.at);
    return 0;
}

int sticker_pdf(const struct sticker *l, struct buf *out)
{
    struct pen pen;
    cairo_surface_t *surface;
    cairo_t *cr;
    int e;

    if (!is_small_enough(l))
        return STICKER_E_LARGE;
    surface = cairo_pdf_surface_create_for_stream(write_bytes, out, WIDTH, HEIGHT);
    cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_4);
    cr = cairo_create(surface);
    pen_open(&pen, cr);
    pen.draws = true;
    if (!(e = describe(surface, l)))
        e = draw(&pen, l);
    if (!e)
        cairo_show_page(cr);
    cairo_surface_finish(surface);
    if (!e && buf_error(out))
        e = buf_error(out);
    if (!e && (cairo_status(cr) || cairo_surface_status(surface)))
        e = -EIO;
    pen_close(&pen);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    if (e)
        buf_clear(out);
    return e;
}
