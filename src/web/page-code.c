/* A two-dimensional code of a record on its page, with what its form says beside it (print-sheet.h), and the picture itself. */
#include "outward/code.h"
#include "web/pages.h"
#include "web/print-sheet.h"
#include "web/words.h"

#include <errno.h>

#define MODULE_PIXELS 5

/* The first one that a form of the register draws of this record; false: none does. */
static bool first_code(struct page *p, const struct reg *reg, const json_t *view, struct code_shown *ret)
{
    for (size_t i = 0; i < reg->pack->n_forms; i++) {
        const struct form *form = &reg->pack->forms[i];

        for (size_t row = 0; form->reg == reg && row < form->n_rows; row++)
            for (size_t k = 0; k < form->rows[row].n; k++)
                if (code_of_cell(p, &form->rows[row].cells[k], view, ret))
                    return true;
    }
    return false;
}

int record_code_show(struct page *p, const struct reg *reg, const json_t *view)
{
    struct code_shown shown;
    struct str rest, line;
    struct code code;
    unsigned side;
    int e;

    if (!first_code(p, reg, view, &shown))
        return 0;
    if ((e = code_make(shown.url, &code)))
        return MIN_OF(e, 0);
    side = (code.width + 2 * CODE_EDGE) * MODULE_PIXELS;
    code_done(&code);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_RECORD_CODE));
    html_begin(&p->html, HTML_DIV, "tj-code");
    html_open(&p->html, HTML_IMG);
    html_attr_url(&p->html, HTML_SRC, record_url(p, json_str(view, "id"), "/code.svg"));
    html_attr(&p->html, HTML_ALT, TF(p, MSG_RECORD_CODE_ALT, {"url", shown.url}));
    html_attr_number(&p->html, HTML_WIDTH, side);
    html_attr_number(&p->html, HTML_HEIGHT, side);
    html_open(&p->html, HTML_DIV);
    rest = shown.text;
    while (str_split(&rest, '\n', &line))
        html_element(&p->html, HTML_P, NULL, line);
    html_close(&p->html, HTML_DIV);
    html_close(&p->html, HTML_DIV);
    return 0;
}

static int put_svg(const struct code *c, struct buf *out)
{
    unsigned all = c->width + 2 * CODE_EDGE;

    (void)buf_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%uv%uH0z\"/><path d=\"",
                     all, all, all, all);
    for (unsigned row = 0; row < c->width; row++)
        for (unsigned from = 0, to; from < c->width; from = to + 1) {
            for (to = from; to < c->width && c->dark[row * c->width + to];)
                to++;
            if (to > from)
                (void)buf_printf(out, "M%u %uh%uv1h-%uz", CODE_EDGE + from, CODE_EDGE + row, to - from, to - from);
        }
    return buf_add_text(out, "\"/></svg>");
}

int record_code(struct page *p)
{
    const char *id = page_param(p, STR("id"));
    const struct reg *reg;
    struct code_shown shown;
    struct code code;
    json_t *view;
    int r = page_record_or_answer(p, id, &view, &reg);

    if (r)
        return MIN_OF(r, 0);
    if (!first_code(p, reg, view, &shown))
        return page_not_found(p);
    if ((r = code_make(shown.url, &code)))
        return r < 0 ? r : page_not_found(p);
    p->resp->content_type = "image/svg+xml";
    r = put_svg(&code, &p->resp->body);
    code_done(&code);
    return r;
}
