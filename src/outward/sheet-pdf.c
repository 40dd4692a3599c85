#include "outward/sheet.h"

#include "base/time.h"
#include "outward/pdf-attach.h"
#include "outward/sheet-break.h"
#include "outward/sheet-pen.h"

#include <cairo-pdf.h>
#include <errno.h>

#define PAPER_SHORT (210 * MM)
#define PAPER_LONG (297 * MM)
#define LEFT (22 * MM) /* room for binding */
#define RIGHT (14 * MM)
#define TOP (12 * MM)
#define BOTTOM (28 * MM) /* the footer stands in it, … */
#define FOOT (23 * MM)   /* … below a line at this height */
#define PAD (1.6 * MM)
#define PAD_CLOSE (0.8 * MM) /* above and below, … */
#define ROW_CLOSE (7.4 * MM) /* … where that saves a page */
#define TEXT_SIZE 10.0
#define HEAD_SIZE 9.0
#define HEAD_PAD 2.0 /* above and below a heading */
#define TABLE_SIZE 8.5
#define SMALL_SIZE 7.0
#define SHORT_MAX 30u      /* bytes of a value that stands in one line: 令和12年12月31日 17:00, … */
#define SHORT_DAY 24u      /* … or where not all of those have room: 令和12年12月31日 */
#define PHRASED_MAX 120u   /* bytes of a value whose phrases are looked at */
#define LEAST_OF_PARTS 0.6 /* what a column keeps of its width in any case */
#define LINES_MEASURED 200
#define ROW_MIN (9 * MM)
#define SIDE_WIDTH (8 * MM)
#define SPLIT_LINES 8u /* a row of so many lines begins where a good part of the page is left, and goes on behind it */
#define SPLIT_ROOM 0.25
#define STAMP_WIDTH (25 * MM)
#define STAMP_WIDEST (38 * MM) /* where the names in it ask for it and there is room */
#define STAMP_NAME TABLE_SIZE
#define STAMP_SIZE (SMALL_SIZE + 0.5)
#define STAMP_HEIGHT (30 * MM)
#define STAMP_HEAD (6 * MM)
#define CODE_SIDE (30 * MM) /* of a two-dimensional code with its edge, … */
#define CODE_MODULE (0.45 * MM) /* … or what its modules need to be read off paper */
#define PROOF_SIDE (16 * MM)    /* of the code in the footer, without its edge, which is the paper's: read from 200 dots an inch on */
#define THICK 1.0
#define THIN 0.5

/* One run over the sheet. */
struct run {
    const struct sheet *s;
    struct pen pen;
    cairo_surface_t *surface;
    double width, height;             /* of the paper */
    double x, w;                      /* of the grid */
    double row_least, pad;            /* height of its rows, and what is left blank in them above and below */
    struct code proof;                /* width 0: none */
    double y, bottom;                 /* where the next thing goes; where the page ends for it */
    double widths[SHEET_COLUMNS_MAX]; /* of a table */
    unsigned page, pages; /* the one at hand from 1; how many there are, known when drawing */
    bool is_large;
    /* the block of rows with a label at their side */
    struct str side;
    double side_y;
};

/* ---- pages ---- */

/* With as much light to its left as its edge is wide. */
static double draw_proof(struct run *r, double y)
{
    double module = PROOF_SIDE / r->proof.width, side = PROOF_SIDE + 2 * CODE_EDGE * module;

    pen_code(&r->pen, &r->proof, r->x + r->w - side + CODE_EDGE * module, y + 1.5 * MM - CODE_EDGE * module, side);
    return PROOF_SIDE + CODE_EDGE * module;
}

static void draw_footer(struct run *r)
{
    char number[48];
    double y = r->height - FOOT, line = SMALL_SIZE * 1.6, w = r->w;

    pen_line(&r->pen, r->x, y, r->x + r->w, y, THIN);
    if (r->proof.width)
        w -= draw_proof(r, y);
    snprintf(number, sizeof(number), "%u / %u", r->page, r->pages);
    pen_text(&r->pen, r->s->label, FACE_GOTHIC, SMALL_SIZE + 1, r->x, y + 1, w * 0.8, line * 1.2, ALIGN_LEFT);
    pen_text(&r->pen, str_of(number), FACE_GOTHIC, SMALL_SIZE + 2, r->x + w * 0.8, y + 1, w * 0.2, line * 1.3, ALIGN_RIGHT);
    pen_text(&r->pen, r->s->printed, FACE_GOTHIC, SMALL_SIZE, r->x, y + 1 + line * 1.2, w, line, ALIGN_LEFT);
    pen_text(&r->pen, r->s->ledger, FACE_GOTHIC, SMALL_SIZE, r->x, y + 1 + line * 2.2, w, line * 2, ALIGN_LEFT);
}

static void draw_header(struct run *r)
{
    struct str title = r->s->title;

    pen_text(&r->pen, r->s->label, FACE_GOTHIC, HEAD_SIZE - 1, r->x, TOP, r->w * 0.66, 14,
             ALIGN_LEFT);
    pen_text(&r->pen, r->s->number, FACE_MINCHO, TEXT_SIZE, r->x + r->w * 0.66, TOP, r->w * 0.34,
             16, ALIGN_RIGHT);
    r->y = TOP + 18;
    if (r->page > 1) {
        CLEANUP(buf_done) struct buf again;

        buf_init(&again, 65536);
        if (buf_add_str(&again, title) || buf_add_str(&again, r->s->continued))
            r->pen.error = -ENOMEM;
        pen_text(&r->pen, buf_str(&again), FACE_MINCHO, TEXT_SIZE, r->x, r->y, r->w, 16,
                 ALIGN_CENTER);
        r->y += 20;
    }
}

static void page_start(struct run *r)
{
    if (r->page >= SHEET_PAGES_MAX) {
        r->is_large = true;
        return;
    }
    r->page++;
    r->bottom = r->height - BOTTOM;
    draw_header(r);
    draw_footer(r);
}

static void side_end(struct run *r);

/* The page is full. Whatever comes next stands on a new one. */
static void page_turn(struct run *r)
{
    side_end(r);
    if (r->pen.draws)
        cairo_show_page(r->pen.cr);
    page_start(r);
    r->side_y = r->y;
}

static bool goes_on(const struct run *r)
{
    return !r->is_large && !r->pen.error;
}

/* ---- the first page ---- */

enum { STAMP_TEXTS = 6, STAMP_NAMED = 3 };

static void stamp_texts(const struct sheet_stamp *stamp, struct str ret[STAMP_TEXTS])
{
    const struct str texts[STAMP_TEXTS] = {stamp->unit, stamp->post, stamp->rank, stamp->name, stamp->day, stamp->mark};

    memcpy(ret, texts, sizeof(texts));
}

static double stamp_size(size_t i)
{
    return i == STAMP_NAMED ? STAMP_NAME : STAMP_SIZE;
}

/* All boxes are as wide as the widest name asks for, as far as there is room. */
static double stamps_width(struct run *r)
{
    double w = STAMP_WIDTH;
    struct str texts[STAMP_TEXTS];

    for (size_t i = 0; i < r->s->n_stamps; i++) {
        stamp_texts(&r->s->stamps[i], texts);
        for (size_t k = 0; k < STAMP_TEXTS; k++)
            w = MAX_OF(w, pen_width(&r->pen, texts[k], FACE_MINCHO, stamp_size(k)) + 5);
    }
    return MIN_OF(MIN_OF(w, STAMP_WIDEST), (r->w - SIDE_WIDTH) / (double)r->s->n_stamps);
}

static void draw_stamp(struct run *r, const struct sheet_stamp *stamp, double x, double y, double w)
{
    struct str texts[STAMP_TEXTS];
    double line = (STAMP_HEIGHT - STAMP_HEAD - 2) / (double)STAMP_TEXTS,
           at = y + STAMP_HEAD + 1;

    stamp_texts(stamp, texts);
    pen_shade(&r->pen, x, y, w, STAMP_HEAD);
    pen_box(&r->pen, x, y, w, STAMP_HEIGHT, THIN);
    pen_line(&r->pen, x, y + STAMP_HEAD, x + w, y + STAMP_HEAD, THIN);
    pen_text(&r->pen, stamp->title, FACE_GOTHIC, HEAD_SIZE - 1, x + 2, y, w - 4, STAMP_HEAD,
             ALIGN_CENTER);
    for (size_t i = 0; i < STAMP_TEXTS; i++)
        if (texts[i].len)
            pen_text(&r->pen, texts[i], FACE_MINCHO, stamp_size(i), x + 2,
                     at + (double)i * line, w - 4, line, ALIGN_CENTER);
}

static void draw_stamps(struct run *r)
{
    double w, x;

    if (!r->s->n_stamps)
        return;
    w = stamps_width(r);
    x = r->x + r->w - w * (double)r->s->n_stamps;
    pen_shade(&r->pen, x - SIDE_WIDTH, r->y, SIDE_WIDTH, STAMP_HEIGHT);
    pen_box(&r->pen, x - SIDE_WIDTH, r->y, SIDE_WIDTH, STAMP_HEIGHT, THIN);
    pen_downward(&r->pen, r->s->stamps_title, HEAD_SIZE, x - SIDE_WIDTH, r->y, SIDE_WIDTH,
                 STAMP_HEIGHT);
    for (size_t i = 0; i < r->s->n_stamps; i++)
        draw_stamp(r, &r->s->stamps[i], x + (double)i * w, r->y, w);
    r->y += STAMP_HEIGHT + 4 * MM;
}

static void draw_letter(struct run *r)
{
    const struct sheet *s = r->s;
    double half = r->w / 2;

    if (!s->letter_to.at)
        return;
    pen_text(&r->pen, s->letter_day, FACE_MINCHO, TEXT_SIZE, r->x + half, r->y, half, 18,
             ALIGN_RIGHT);
    r->y += 22;
    pen_text(&r->pen, s->letter_to, FACE_MINCHO, TEXT_SIZE + 1, r->x + 4 * MM, r->y, half, 20,
             ALIGN_LEFT);
    r->y += 24;
    pen_text(&r->pen, s->letter_post, FACE_MINCHO, TEXT_SIZE, r->x + half, r->y, half, 18,
             ALIGN_RIGHT);
    r->y += 18;
    pen_text(&r->pen, s->letter_name, FACE_MINCHO, TEXT_SIZE + 1, r->x + half, r->y, half, 18,
             ALIGN_RIGHT);
    r->y += 26;
}

static void draw_opening(struct run *r, bool tells_unknown)
{
    pen_text(&r->pen, r->s->title, FACE_MINCHO, 16, r->x, r->y, r->w, 30, ALIGN_CENTER);
    r->y += 36;
    if (tells_unknown) {
        pen_text(&r->pen, r->s->unknown, FACE_GOTHIC, HEAD_SIZE, r->x, r->y, r->w, 16, ALIGN_LEFT);
        r->y += 18;
    }
    draw_stamps(r);
    draw_letter(r);
}

/* ---- one row of texts, over pages if it must ---- */

struct part {
    struct str heading, mark;
    struct flow flow;
    double x, w;          /* of the part with its heading */
    double heading_width; /* 0: none */
    struct code code;     /* at the left of the text; width 0: none, or drawn on an earlier page */
    double code_side;     /* 0: none */
    enum pen_align align;
};
struct strip {
    struct part parts[SHEET_SPANS_MAX];
    size_t n;
    double least; /* height */
    double whole; /* of it, what stands on one page: a code */
};

static size_t lines_left(const struct strip *strip)
{
    size_t most = 0;

    for (size_t i = 0; i < strip->n; i++)
        most = MAX_OF(most, strip->parts[i].flow.n_left);
    return most;
}

static double pitch_of(const struct strip *strip)
{
    return strip->parts[0].flow.pitch;
}

/* Of what stands small below a heading, in two lines where one would be too small to read. */
static double mark_height(struct run *r, const struct part *p)
{
    return p->mark.len ? MAX_OF(pen_height(&r->pen, p->mark, FACE_GOTHIC, SMALL_SIZE * SIZE_STEP, p->heading_width - 2 * PAD) + 1, 10) : 0;
}

/* As many lines of each part as `height` holds. */
static void draw_slice(struct run *r, struct strip *strip, double height, size_t lines)
{
    for (size_t i = 0; i < strip->n; i++) {
        struct part *p = &strip->parts[i];
        double shown = (double)MIN_OF(lines, p->flow.n_left) * p->flow.pitch,
               mark = mark_height(r, p);

        if (p->heading_width > 0) {
            pen_shade(&r->pen, p->x, r->y, p->heading_width, height);
            pen_box(&r->pen, p->x, r->y, p->heading_width, height, THIN);
            pen_text(&r->pen, p->heading, FACE_GOTHIC, HEAD_SIZE, p->x + PAD, r->y + HEAD_PAD,
                     p->heading_width - 2 * PAD, height - 2 * HEAD_PAD - mark, ALIGN_CENTER);
            if (p->mark.len)
                pen_text(&r->pen, p->mark, FACE_GOTHIC, SMALL_SIZE, p->x + PAD,
                         r->y + height - mark - 1, p->heading_width - 2 * PAD, mark, ALIGN_CENTER);
        }
        pen_box(&r->pen, p->x, r->y, p->w, height, THIN);
        if (p->code.width)
            pen_code(&r->pen, &p->code, p->x + p->heading_width + PAD, r->y + MAX_OF(height - p->code_side, 0) / 2, p->code_side);
        code_done(&p->code);
        flow_draw(&r->pen, &p->flow, lines, p->x + p->heading_width + p->code_side + PAD,
                  r->y + MAX_OF(height - shown, 0) / 2, p->align);
    }
    r->y += height;
}

typedef void heads_fn(struct run *r);

/* What does not fit where it is stands whole on a fresh page if it can, but not for the price of a page that is left half blank. */
static bool wants_page(const struct run *r, const struct strip *strip, double height, double room)
{
    double whole = r->height - BOTTOM - TOP - 38 - 20 * MM; /* about what a fresh page holds */
    bool splits = lines_left(strip) >= SPLIT_LINES && strip->whole <= 0 && room >= whole * SPLIT_ROOM;

    return height > room && ((height <= whole && !splits) || room < MAX_OF(4 * pitch_of(strip) + 2 * r->pad, strip->whole));
}

static void draw_strip(struct run *r, struct strip *strip, heads_fn *heads)
{
    double pitch = pitch_of(strip), room = r->bottom - r->y,
           height = MAX_OF((double)lines_left(strip) * pitch + 2 * r->pad, strip->least);

    if (wants_page(r, strip, height, room)) {
        page_turn(r);
        if (heads)
            heads(r);
        room = r->bottom - r->y;
    }
    while (goes_on(r)) {
        size_t lines = lines_left(strip), fit = (size_t)MAX_OF((room - 2 * r->pad) / pitch, 1);

        if (lines <= fit) {
            draw_slice(r, strip,
                       MIN_OF(MAX_OF((double)lines * pitch + 2 * r->pad, strip->least), room), lines);
            return;
        }
        draw_slice(r, strip, room, fit);
        strip->least = 0;
        page_turn(r);
        if (heads)
            heads(r);
        room = r->bottom - r->y;
    }
}

static void strip_close(struct strip *strip)
{
    for (size_t i = 0; i < strip->n; i++) {
        flow_close(&strip->parts[i].flow);
        code_done(&strip->parts[i].code);
    }
}

/* ---- a form's grid ---- */

static void side_end(struct run *r)
{
    if (r->side.at && r->y > r->side_y) {
        pen_shade(&r->pen, r->x, r->side_y, SIDE_WIDTH, r->y - r->side_y);
        pen_box(&r->pen, r->x, r->side_y, SIDE_WIDTH, r->y - r->side_y, THIN);
        pen_downward(&r->pen, r->side, HEAD_SIZE, r->x, r->side_y, SIDE_WIDTH, r->y - r->side_y);
    }
    r->side_y = r->y;
}

static unsigned span_of(const struct sheet_cell *c)
{
    return c->span ? c->span : 1;
}

/* A reader's camera needs modules of a size: a longer text is a larger square. */
static void open_code(struct run *r, struct part *p, const struct sheet_cell *c)
{
    int e;

    if (!c->code.at || !c->text.len)
        return;
    e = code_make(c->code, &p->code);
    if (e < 0)
        r->pen.error = e;
    r->is_large = r->is_large || e > 0;
    if (!e)
        p->code_side = MAX_OF(CODE_SIDE, (p->code.width + 2 * CODE_EDGE) * CODE_MODULE);
}

/* A heading of several lines may be a step smaller, and no more. */
static double heading_height(struct run *r, const struct part *p)
{
    return pen_height(&r->pen, p->heading, FACE_GOTHIC, HEAD_SIZE * SIZE_STEP, p->heading_width - 2 * PAD) + 2 * HEAD_PAD + mark_height(r, p);
}

static void open_row(struct run *r, struct strip *strip, const struct sheet_row *row)
{
    double side = r->side.at ? SIDE_WIDTH : 0;
    double heading = (r->s->heading_mm ? r->s->heading_mm : 30) * MM;
    unsigned all = 0, at = 0, lines = 0;

    strip->n = MIN_OF(row->n, SHEET_SPANS_MAX);
    for (size_t i = 0; i < strip->n; i++) {
        all += span_of(&row->cells[i]);
        lines = MAX_OF(lines, row->cells[i].lines);
    }
    for (size_t i = 0; i < strip->n; i++) {
        const struct sheet_cell *c = &row->cells[i];
        double from = r->x + r->w * at / all, to = r->x + r->w * (at + span_of(c)) / all;
        /* Edges stand below each other whether or not a label stands before the row. */
        double own = i == 0 ? heading - side : heading;
        struct part *p = &strip->parts[i];

        if (i == 0)
            from += side;
        *p = (struct part){.heading = c->heading,
                           .mark = c->mark,
                           .x = from,
                           .w = to - from,
                           .heading_width = MIN_OF(own, (to - from) * 0.45)};
        open_code(r, p, c);
        flow_open(&r->pen, &p->flow, c->text, FACE_MINCHO, TEXT_SIZE,
                  p->w - p->heading_width - p->code_side - 2 * PAD);
        strip->whole = MAX_OF(strip->whole, p->code_side > 0 ? p->code_side + 2 * PAD : 0);
        strip->least = MAX_OF(strip->least, heading_height(r, p));
        at += span_of(c);
    }
    strip->least = MAX_OF(MAX_OF(MAX_OF(strip->least, r->row_least), strip->whole), lines * TEXT_SIZE * 1.5 + 2 * r->pad);
}

static void draw_grid(struct run *r)
{
    size_t side_left = 0;

    r->side = STR_NONE;
    for (size_t i = 0; goes_on(r) && i < r->s->n_rows; i++) {
        const struct sheet_row *row = &r->s->rows[i];
        struct strip strip = {0};

        if (!side_left) {
            side_end(r);
            r->side = row->side_rows ? row->side : STR_NONE;
            side_left = row->side_rows ? row->side_rows : 1;
        }
        side_left--;
        if (!row->n)
            continue;
        open_row(r, &strip, row);
        if (row->side_rows == 1) /* alone beside its label, which is to be read */
            strip.least = MAX_OF(strip.least, pen_width(&r->pen, r->side, FACE_GOTHIC, HEAD_SIZE * SIZE_STEP) + 2);
        draw_strip(r, &strip, NULL);
        strip_close(&strip);
    }
    side_end(r);
    r->side = STR_NONE;
}

/* ---- a table ---- */

static double parts_of(const struct sheet_column *c)
{
    return c->width ? c->width : 1;
}

/* Of the widest phrase of the value, as far as it is short. */
static double widest_phrase(struct run *r, struct str text)
{
    double most = 0;

    for (size_t from = 0, end; from < text.len; from = end) {
        end = break_phrase_end(text, from);
        if (end - from <= SHORT_DAY)
            most = MAX_OF(most, pen_width(&r->pen, (struct str){text.at + from, end - from}, FACE_MINCHO, TABLE_SIZE));
    }
    return most;
}

/* What the column needs so that none of its short values is broken, such as a number or a day; at 0, none of their phrases. */
static double column_least(struct run *r, size_t n, size_t short_max)
{
    double least = 0;

    for (size_t line = 0; line < MIN_OF(r->s->n_lines, (size_t)LINES_MEASURED); line++) {
        struct str text = r->s->texts[line * r->s->n_columns + n];

        if (!short_max && text.len <= PHRASED_MAX)
            least = MAX_OF(least, widest_phrase(r, text) + 2 * PAD + 1);
        if (text.len && text.len <= short_max)
            least = MAX_OF(least, pen_width(&r->pen, text, FACE_MINCHO, TABLE_SIZE) + 2 * PAD + 1);
    }
    return least;
}

/* Those with room to spare give to those whose short values would break. False: there is not enough, and nothing was changed. */
static bool share_out(struct run *r, size_t short_max)
{
    double least[SHEET_COLUMNS_MAX], missing = 0, spare = 0;

    for (size_t i = 0; i < r->s->n_columns; i++) {
        least[i] = MAX_OF(column_least(r, i, short_max), r->widths[i] * (short_max ? LEAST_OF_PARTS : 0));
        missing += MAX_OF(least[i] - r->widths[i], 0);
        spare += MAX_OF(r->widths[i] - least[i], 0);
    }
    for (size_t i = 0; missing > 0 && missing <= spare && i < r->s->n_columns; i++) {
        if (least[i] > r->widths[i])
            r->widths[i] = least[i];
        else
            r->widths[i] -= (r->widths[i] - least[i]) * missing / spare;
    }
    return missing <= spare;
}

static void measure_columns(struct run *r)
{
    double parts = 0;

    for (size_t i = 0; i < r->s->n_columns; i++)
        parts += parts_of(&r->s->columns[i]);
    for (size_t i = 0; i < r->s->n_columns; i++)
        r->widths[i] = r->w * parts_of(&r->s->columns[i]) / parts;
    if (!share_out(r, SHORT_MAX) && !share_out(r, SHORT_DAY))
        (void)share_out(r, 0);
}

static void column_at(const struct run *r, size_t n, double *ret_x, double *ret_w)
{
    *ret_x = r->x;
    for (size_t i = 0; i < n; i++)
        *ret_x += r->widths[i];
    *ret_w = r->widths[n];
}

static void draw_heads(struct run *r)
{
    double height = 9 * MM, x, w;

    for (size_t i = 0; i < r->s->n_columns; i++) {
        column_at(r, i, &x, &w);
        pen_shade(&r->pen, x, r->y, w, height);
        pen_box(&r->pen, x, r->y, w, height, THIN);
        pen_text(&r->pen, r->s->columns[i].heading, FACE_GOTHIC, TABLE_SIZE, x + 2, r->y, w - 4,
                 height, ALIGN_CENTER);
    }
    r->y += height;
}

static void draw_table(struct run *r)
{
    struct strip strip = {0};

    measure_columns(r);
    draw_heads(r);
    for (size_t line = 0; goes_on(r) && line < r->s->n_lines; line++) {
        strip.n = r->s->n_columns;
        strip.least = 7 * MM;
        for (size_t i = 0; i < strip.n; i++) {
            struct part *p = &strip.parts[i];

            *p = (struct part){.heading = STR_NONE, .align = r->s->columns[i].is_number ? ALIGN_RIGHT : ALIGN_LEFT};
            column_at(r, i, &p->x, &p->w);
            flow_open(&r->pen, &p->flow, r->s->texts[line * r->s->n_columns + i], FACE_MINCHO,
                      TABLE_SIZE, p->w - 2 * PAD);
        }
        draw_strip(r, &strip, draw_heads);
        strip_close(&strip);
    }
    if (!r->s->n_lines) {
        pen_box(&r->pen, r->x, r->y, r->w, 9 * MM, THIN);
        pen_text(&r->pen, r->s->empty, FACE_MINCHO, TEXT_SIZE, r->x, r->y, r->w, 9 * MM,
                 ALIGN_CENTER);
        r->y += 9 * MM;
    }
}

/* ---- below ---- */

/* What they are stands beside the first one of each page. */
static void draw_notes(struct run *r)
{
    bool is_titled = false;

    r->y += 2 * MM;
    for (size_t i = 0; goes_on(r) && i < r->s->n_notes; i++) {
        struct flow f;

        flow_open(&r->pen, &f, r->s->notes[i], FACE_MINCHO, HEAD_SIZE, r->w - 14 * MM);
        while (goes_on(r) && f.n_left) {
            size_t fit = (size_t)MAX_OF((r->bottom - r->y) / f.pitch, 0);

            if (!fit) {
                page_turn(r);
                is_titled = false;
                continue;
            }
            fit = MIN_OF(fit, f.n_left);
            if (!is_titled)
                pen_text(&r->pen, r->s->notes_title, FACE_GOTHIC, HEAD_SIZE, r->x, r->y, 13 * MM,
                         f.pitch, ALIGN_LEFT);
            is_titled = true;
            flow_draw(&r->pen, &f, fit, r->x + 14 * MM, r->y, ALIGN_LEFT);
            r->y += (double)fit * f.pitch;
        }
        flow_close(&f);
    }
}

/* ---- the whole ---- */

static void run_over(struct run *r, bool tells_unknown)
{
    r->page = 0;
    r->side = STR_NONE;
    page_start(r);
    draw_opening(r, tells_unknown);
    if (r->s->n_columns)
        draw_table(r);
    else
        draw_grid(r);
    draw_notes(r);
    if (r->pen.draws && goes_on(r))
        cairo_show_page(r->pen.cr);
}

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned length)
{
    return buf_add(closure, data, length) ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static int describe(struct run *r)
{
    CLEANUP(buf_done) struct buf text;
    int e;

    buf_init(&text, 65536);
    if ((e = pen_clean(r->s->title, &text)))
        return e;
    cairo_pdf_surface_set_metadata(r->surface, CAIRO_PDF_METADATA_TITLE, text.at ? text.at : "");
    buf_clear(&text);
    if ((e = instant_print_utc(r->s->created_us / US_PER_SECOND * US_PER_SECOND, &text)))
        return e;
    memcpy(text.at + 19, "Z", 2); /* whole seconds: 2026-11-28T06:20:24 */
    cairo_pdf_surface_set_metadata(r->surface, CAIRO_PDF_METADATA_CREATE_DATE, text.at);
    cairo_pdf_surface_set_metadata(r->surface, CAIRO_PDF_METADATA_MOD_DATE, text.at);
    return 0;
}

/* The rows of a form are closer together where that saves a page: a few rows, or notes alone, want none of their own. */
static void choose_rows(struct run *r)
{
    unsigned pages;

    r->row_least = ROW_MIN;
    r->pad = PAD;
    run_over(r, false);
    if (!goes_on(r) || r->page < 2 || r->s->n_columns)
        return;
    pages = r->page;
    r->row_least = ROW_CLOSE;
    r->pad = PAD_CLOSE;
    run_over(r, false);
    if (r->page < pages)
        return;
    r->row_least = ROW_MIN;
    r->pad = PAD;
    r->page = pages;
}

static int write_pages(struct run *r, struct buf *out, unsigned *ret_pages)
{
    bool tells_unknown;

    choose_rows(r);
    tells_unknown = r->pen.n_unknown && r->s->unknown.len;
    if (tells_unknown && goes_on(r))
        run_over(r, true);
    if (r->is_large)
        return SHEET_E_LARGE;
    if (r->pen.error)
        return r->pen.error;
    *ret_pages = r->pages = r->page;
    r->pen.draws = true;
    run_over(r, tells_unknown);
    cairo_surface_finish(r->surface);
    if (buf_error(out))
        return buf_error(out) == -ENOSPC ? SHEET_E_LARGE : buf_error(out);
    return cairo_status(r->pen.cr) || cairo_surface_status(r->surface) ? -EIO : 0;
}

static bool is_small_enough(const struct sheet *s)
{
    size_t all = s->title.len + s->number.len;

    if (s->n_columns > SHEET_COLUMNS_MAX)
        return false;
    for (size_t i = 0; i < s->n_rows; i++)
        for (size_t k = 0; k < s->rows[i].n; k++)
            all += s->rows[i].cells[k].text.len;
    for (size_t i = 0; i < s->n_lines * s->n_columns; i++)
        all += s->texts[i].len;
    for (size_t i = 0; i < s->n_notes; i++)
        all += s->notes[i].len;
    return all <= SHEET_TEXT_MAX;
}

int sheet_pdf(const struct sheet *s, struct buf *out, unsigned *ret_pages)
{
    struct run r = {.s = s,
                    .width = s->is_landscape ? PAPER_LONG : PAPER_SHORT,
                    .height = s->is_landscape ? PAPER_SHORT : PAPER_LONG};
    unsigned pages = 0;
    cairo_t *cr;
    int e;

    if (!is_small_enough(s))
        return SHEET_E_LARGE;
    if (s->proof.at && (e = code_make(s->proof, &r.proof)))
        return e == CODE_E_LARGE ? SHEET_E_LARGE : e == CODE_E_EMPTY ? -EIO : e;
    r.x = LEFT;
    r.w = r.width - LEFT - RIGHT;
    r.surface = cairo_pdf_surface_create_for_stream(write_bytes, out, r.width, r.height);
    cairo_pdf_surface_restrict_to_version(
        r.surface, CAIRO_PDF_VERSION_1_4); /* with a classical cross-reference table */
    cr = cairo_create(r.surface);
    pen_open(&r.pen, cr);
    e = describe(&r);
    if (!e)
        e = write_pages(&r, out, &pages);
    pen_close(&r.pen);
    cairo_destroy(cr);
    cairo_surface_destroy(r.surface);
    code_done(&r.proof);
    if (!e && s->data.at)
        e = pdf_attach(out, s->data_name, STR("application#2Fjson"), s->data);
    if (e)
        buf_clear(out);
    if (ret_pages)
        *ret_pages = pages;
    return e == -ENOSPC ? SHEET_E_LARGE : e;
}
