/* OpenDocument 1.3: texts, spreadsheets and presentations, each of which is one part, "content.xml"; heads and feet of texts stand in "styles.xml". */
#include "guard/document-inside.h"

#include <string.h>

#define REPEATED_MAX 1048576u
#define SPACES_MAX 1000u

struct odf {
    struct drawing *d;
    enum document_place_kind kind;
    const char *part;
    uint32_t n, row, column, row_repeated, column_repeated;
    uint32_t open[DOCUMENT_DEPTH_MAX + 1]; /* numbers of the paragraphs that are open */
    unsigned n_open, skipped, notes;       /* skipped, notes: depth within what is not read, within notes of a slide */
    char sheet[DOCUMENT_NAME_MAX + 1];
    char target[2048];                     /* of a link that is open; "": none */
};

static void odf_at(struct odf *o)
{
    if (o->kind == PLACE_CELL)
        drawing_at(o->d, o->kind, o->row, o->column, str_of(o->sheet));
    else if (o->kind == PLACE_SLIDE)
        drawing_at(o->d, o->kind, o->n, 0, str_of(o->notes ? "notes" : ""));
    else
        drawing_at(o->d, o->kind, o->n_open ? o->open[o->n_open - 1] : o->n, 0, str_of(o->part));
}

static uint32_t number(const char **attributes, const char *name, uint32_t max)
{
    const char *text = xml_attribute(attributes, name);
    uint64_t n;

    return text && !str_to_u64(str_of(text), 1, max, &n) ? (uint32_t)n : 1;
}

static void begin_sheet(struct odf *o, const char **attributes)
{
    const char *name = xml_attribute(attributes, "name");

    if (o->kind != PLACE_CELL)
        return;
    snprintf(o->sheet, sizeof(o->sheet), "%s", name ? name : "");
    o->row = 0;
    o->row_repeated = 1;
}

/* Where a row or cell stands for many, what is in it is told at the first. */
static void begin_row(struct odf *o, const char **attributes)
{
    o->row = MIN_OF(o->row + o->row_repeated, REPEATED_MAX);
    o->row_repeated = number(attributes, "number-rows-repeated", REPEATED_MAX);
    o->column = 0;
    o->column_repeated = 1;
}

static void begin_cell(struct odf *o, const char **attributes)
{
    o->column = MIN_OF(o->column + o->column_repeated, REPEATED_MAX);
    o->column_repeated = number(attributes, "number-columns-repeated", REPEATED_MAX);
    odf_at(o);
}

static int begin_paragraph(struct odf *o)
{
    int r = drawing_end_line(o->d);

    o->n += o->kind == PLACE_PARAGRAPH;
    o->open[o->n_open++] = o->n;
    odf_at(o);
    return r;
}

static int add_spaces(struct odf *o, const char **attributes)
{
    int r = 0;

    for (uint32_t i = number(attributes, "c", SPACES_MAX); !r && i; i--)
        r = drawing_add(o->d, STR(" "));
    return r;
}

static int begin_text(struct odf *o, const char *name, const char **attributes)
{
    const char *target;

    if (xml_is(name, "p") || xml_is(name, "h"))
        return begin_paragraph(o);
    if (xml_is(name, "s"))
        return o->n_open ? add_spaces(o, attributes) : 0;
    if (xml_is(name, "tab"))
        return o->n_open ? drawing_add(o->d, STR("\t")) : 0;
    if (xml_is(name, "line-break"))
        return drawing_end_line(o->d);
    if (xml_is(name, "a") && (target = xml_attribute(attributes, "href")))
        snprintf(o->target, sizeof(o->target), "%s", target);
    return 0;
}

static int odf_start(void *context, const char *name, const char **attributes)
{
    struct odf *o = context;

    if (o->skipped || xml_is(name, "tracked-changes") || xml_is(name, "binary-data")) {
        o->skipped++;
        return 0;
    }
    if (o->kind == PLACE_SLIDE && (o->notes || xml_is(name, "notes")))
        o->notes++;
    if (o->kind == PLACE_SLIDE && xml_is(name, "page"))
        o->n++;
    if (xml_is(name, "table"))
        begin_sheet(o, attributes);
    else if (o->kind == PLACE_CELL && xml_is(name, "table-row"))
        begin_row(o, attributes);
    else if (o->kind == PLACE_CELL && (xml_is(name, "table-cell") || xml_is(name, "covered-table-cell")))
        begin_cell(o, attributes);
    return begin_text(o, name, attributes);
}

static int odf_end(void *context, const char *name)
{
    struct odf *o = context;
    int r = 0;

    if (o->skipped) {
        o->skipped--;
        return 0;
    }
    if (xml_is(name, "a") && *o->target) {
        r = drawing_add_target(o->d, str_of(o->target));
        *o->target = '\0';
    }
    if (xml_is(name, "p") || xml_is(name, "h")) {
        r = r ? r : drawing_end_line(o->d);
        o->n_open -= o->n_open > 0;
        odf_at(o);
    }
    o->notes -= o->notes > 0;
    return r;
}

static int odf_text(void *context, struct str text)
{
    struct odf *o = context;

    return o->n_open && !o->skipped ? drawing_add(o->d, text) : 0;
}

static int draw_part(struct drawing *d, const struct part *part, enum document_place_kind kind, const char *name)
{
    struct odf o = {.d = d, .kind = kind, .part = name};
    const struct xml_reader reader = {odf_start, odf_end, odf_text, &o};
    int r = xml_read(d, part, &reader);

    return r ? r : drawing_end_line(d);
}

static bool is_kind(const struct part *type, const char *word)
{
    return memmem(type->bytes.at, type->bytes.len, word, strlen(word));
}

int draw_opendocument(struct drawing *d, const struct package *p)
{
    const struct part *type = package_part(p, STR("mimetype")), *manifest = package_part(p, STR("META-INF/manifest.xml")),
                      *content = package_part(p, STR("content.xml")), *styles = package_part(p, STR("styles.xml"));
    enum document_place_kind kind = is_kind(type, ".spreadsheet")                                       ? PLACE_CELL
                                    : is_kind(type, ".presentation") || is_kind(type, ".graphics") ? PLACE_SLIDE
                                                                                                   : PLACE_PARAGRAPH;
    int r;

    if (manifest && is_kind(manifest, ":encryption-data"))
        return drawing_refuse(d, DOCUMENT_E_ENCRYPTED, "", 0, 0);
    if (!content)
        return drawing_refuse(d, DOCUMENT_E_KIND, "", 0, 0);
    r = draw_part(d, content, kind, "");
    return r || !styles || kind != PLACE_PARAGRAPH ? r : draw_part(d, styles, kind, "header");
}
