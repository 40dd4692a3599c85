/* Private to the sheet: lines, boxes and texts at places in points, from the upper left corner. Everything is laid out twice: once
 * with a pen that does not draw, to know how many pages there are.
 * Pitch    lines stand at a distance that we give, not the fonts, so that a fallback font moves nothing.
 * Errors   sticky in the pen.
 * Threads  one. */
#pragma once

#include "outward/code.h"

#include "base/buf.h"

#include <pango/pangocairo.h>

#define MM (72.0 / 25.4)
#define SIZE_STEP 0.85 /* smaller, until it fits */

struct pen {
    cairo_t *cr;
    PangoContext *upright, *downward;
    bool draws;
    uint64_t n_unknown; /* characters that no font has */
    int error;          /* 0, -ENOMEM */
};

enum pen_face { FACE_MINCHO, FACE_GOTHIC };
enum pen_align { ALIGN_LEFT, ALIGN_CENTER, ALIGN_RIGHT };

/* A text broken into lines of a width; what is not drawn yet stays for the next page. */
struct flow {
    PangoLayout *layout; /* NULL: an empty text */
    GSList *next;        /* lines that are left */
    size_t n_left;
    double size, pitch, width;
    bool is_whole; /* no word of a short text is broken */
};

/* The text as it is printed. */
MUST_CHECK int pen_clean(struct str text, struct buf *out);

void pen_open(struct pen *pen, cairo_t *cr);
void pen_close(struct pen *pen);

void pen_line(struct pen *pen, double x1, double y1, double x2, double y2, double width);
void pen_box(struct pen *pen, double x, double y, double w, double h, double width);
void pen_shade(struct pen *pen, double x, double y, double w, double h);

/* In a square of `side` from the upper left, with its light edge inside. */
void pen_code(struct pen *pen, const struct code *c, double x, double y, double side);

void flow_open(struct pen *pen, struct flow *f, struct str text, enum pen_face face, double size,
               double width);
void flow_close(struct flow *f);
double flow_height(const struct flow *f);
/* How high pen_text() makes it in that width, and how wide it is in one line. */
double pen_height(struct pen *pen, struct str text, enum pen_face face, double size, double width);
double pen_width(struct pen *pen, struct str text, enum pen_face face, double size);
/* The next `n` lines, or all that are left, from `y` down; nothing leaves the flow's width or those lines. */
void flow_draw(struct pen *pen, struct flow *f, size_t n, double x, double y, enum pen_align align);

/* A whole short text in a box, smaller until it fits (to 5 points), in the middle of its height. */
void pen_text(struct pen *pen, struct str text, enum pen_face face, double size, double x, double y,
              double w, double h, enum pen_align align);
/* Written downwards in the middle of a box, smaller until it fits. */
void pen_downward(struct pen *pen, struct str text, double size, double x, double y, double w,
                  double h);
