/* Word, Excel and PowerPoint (ECMA-376): parts are found by their relations, as programs find them, and not by what they are usually called. */
#include "guard/document-inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_LEN 600u
#define COLUMN_MAX 16384u /* of Excel */
#define ROW_MAX 1048576u

/* ---- relations ---- */

struct relation {
    char *id, *type, *target;
    bool is_external;
};
struct relations {
    struct relation *at;
    size_t n, n_room;
};

static void relations_done(struct relations *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->at[i].id);
        free(r->at[i].type);
        free(r->at[i].target);
    }
    free(r->at);
}

static int on_relation(void *context, const char *name, const char **attributes)
{
    const char *id = xml_attribute(attributes, "Id"), *type = xml_attribute(attributes, "Type"), *target = xml_attribute(attributes, "Target"),
               *mode = xml_attribute(attributes, "TargetMode");
    struct relations *all = context;
    struct relation *r;

    if (!xml_is(name, "Relationship") || !id || !type || !target)
        return 0;
    if (all->n == all->n_room) {
        size_t room = all->n_room ? 2 * all->n_room : 16;
        struct relation *more = reallocarray(all->at, room, sizeof(*more));

        if (!more)
            return -ENOMEM;
        all->at = more;
        all->n_room = room;
    }
    r = &all->at[all->n++];
    *r = (struct relation){strdup(id), strdup(type), strdup(target), mode && !strcmp(mode, "External")};
    return r->id && r->type && r->target ? 0 : -ENOMEM;
}

static int no_end(void *context, const char *name)
{
    return 0;
}

static int no_text(void *context, struct str text)
{
    return 0;
}

/* Those of a part, "" the container's own. None is no fault. */
static int relations_of(struct drawing *d, const struct package *p, const char *of, struct relations *ret)
{
    const struct xml_reader reader = {on_relation, no_end, no_text, ret};
    const char *slash = strrchr(of, '/');
    char path[PATH_MAX_LEN];
    const struct part *part;

    snprintf(path, sizeof(path), "%.*s_rels/%s.rels", slash ? (int)(slash - of) + 1 : 0, of, slash ? slash + 1 : of);
    part = package_part(p, str_of(path));
    return part ? xml_read(d, part, &reader) : 0;
}

static const struct relation *relation_of(const struct relations *all, const char *id)
{
    for (size_t i = 0; id && i < all->n; i++)
        if (!strcmp(all->at[i].id, id))
            return &all->at[i];
    return NULL;
}

/* "../slides/slide1.xml" from where `of` stands. */
static const struct part *part_of(const struct package *p, const char *of, const char *target)
{
    const char *slash = strrchr(of, '/');
    size_t folder = slash ? (size_t)(slash - of) : 0;
    char path[PATH_MAX_LEN];

    if (*target == '/')
        return package_part(p, str_of(target + 1));
    while (!strncmp(target, "../", 3)) {
        const char *last = folder ? memrchr(of, '/', folder) : NULL;

        folder = last ? (size_t)(last - of) : 0;
        target += 3;
    }
    snprintf(path, sizeof(path), "%.*s%s%s", (int)folder, of, folder ? "/" : "", target);
    return package_part(p, str_of(path));
}

static bool is_of(const struct relation *r, const char *word)
{
    size_t n = strlen(r->type), m = strlen(word);

    return !r->is_external && n > m && r->type[n - m - 1] == '/' && !strcmp(r->type + n - m, word);
}

/* ---- texts of Word and PowerPoint ---- */

/* Both write paragraphs of runs; a paragraph may hold others, in a text box. */
struct story {
    struct drawing *d;
    const struct relations *relations;
    enum document_place_kind kind;
    const char *part;
    uint32_t n;                              /* of the slide, or of the paragraph last begun */
    uint32_t open[DOCUMENT_DEPTH_MAX + 1];   /* numbers of the paragraphs that are open */
    unsigned n_open, skipped;                /* skipped: depth within what is not read */
    bool is_text;
    const char *target;                      /* of a link that is open, borrowed of the relations */
};

static void story_at(struct story *s)
{
    uint32_t n = s->kind == PLACE_PARAGRAPH && s->n_open ? s->open[s->n_open - 1] : s->n;

    drawing_at(s->d, s->kind, n, 0, str_of(s->part));
}

static int begin_paragraph(struct story *s)
{
    int r = drawing_end_line(s->d);

    if (s->kind == PLACE_PARAGRAPH)
        s->n++;
    s->open[s->n_open++] = s->n;
    story_at(s);
    return r;
}

static int end_paragraph(struct story *s)
{
    int r = drawing_end_line(s->d);

    s->n_open -= s->n_open > 0;
    story_at(s);
    return r;
}

static const char *target_of(const struct story *s, const char **attributes)
{
    const struct relation *r = relation_of(s->relations, xml_relation(attributes));

    return r && r->is_external ? r->target : NULL;
}

static int story_start(void *context, const char *name, const char **attributes)
{
    struct story *s = context;

    /* What a reader sees elsewhere, or no more; stops of tabulators are no text. */
    if (s->skipped || xml_is(name, "Fallback") || xml_is(name, "moveFrom") || xml_is(name, "tabs")) {
        s->skipped++;
        return 0;
    }
    if (xml_is(name, "p"))
        return begin_paragraph(s);
    s->is_text = xml_is(name, "t") || xml_is(name, "instrText") || xml_is(name, "text"); /* the last one of comments on slides */
    if (xml_is(name, "instrText"))
        return drawing_add(s->d, STR(" "));
    if (xml_is(name, "hyperlink") || xml_is(name, "hlinkClick"))
        s->target = target_of(s, attributes);
    if (xml_is(name, "tab"))
        return s->n_open ? drawing_add(s->d, STR("\t")) : 0;
    if (xml_is(name, "br") || xml_is(name, "cr"))
        return drawing_end_line(s->d);
    return xml_is(name, "noBreakHyphen") ? drawing_add(s->d, STR("-")) : 0;
}

static int add_target(struct story *s)
{
    const char *target = s->target;

    s->target = NULL;
    return target ? drawing_add_target(s->d, str_of(target)) : 0;
}

static int story_end(void *context, const char *name)
{
    struct story *s = context;
    int r = 0;

    if (s->skipped) {
        s->skipped--;
        return 0;
    }
    s->is_text = false;
    if (xml_is(name, "instrText"))
        r = drawing_add(s->d, STR(" "));
    else if (xml_is(name, "hyperlink") || (xml_is(name, "r") && s->kind == PLACE_SLIDE))
        r = add_target(s);
    else if (xml_is(name, "p"))
        r = end_paragraph(s);
    else if (xml_is(name, "text"))
        r = drawing_end_line(s->d);
    return r;
}

static int story_text(void *context, struct str text)
{
    struct story *s = context;

    return s->is_text && !s->skipped ? drawing_add(s->d, text) : 0;
}

static int draw_story(struct drawing *d, const struct package *p, const struct part *part, enum document_place_kind kind, uint32_t n, const char *name)
{
    struct relations relations = {0};
    struct story s = {.d = d, .relations = &relations, .kind = kind, .part = name, .n = n};
    const struct xml_reader reader = {story_start, story_end, story_text, &s};
    int r = relations_of(d, p, part->name, &relations);

    story_at(&s);
    if (!r)
        r = xml_read(d, part, &reader);
    if (!r)
        r = drawing_end_line(d);
    relations_done(&relations);
    return r;
}

static int draw_word(struct drawing *d, const struct package *p, const struct part *main)
{
    static const char *const others[] = {"header", "footer", "footnotes", "endnotes", "comments"};
    struct relations relations = {0};
    int r = draw_story(d, p, main, PLACE_PARAGRAPH, 0, "");

    if (!r)
        r = relations_of(d, p, main->name, &relations);
    for (size_t k = 0; k < ARRAY_LEN(others); k++)
        for (size_t i = 0; !r && i < relations.n; i++) {
            const struct part *part = is_of(&relations.at[i], others[k]) ? part_of(p, main->name, relations.at[i].target) : NULL;

            if (part)
                r = draw_story(d, p, part, PLACE_PARAGRAPH, 0, others[k]);
        }
    relations_done(&relations);
    return r;
}

/* ---- slides, in the order in which they are shown ---- */

struct slides {
    struct drawing *d;
    const struct package *p;
    const struct part *main;
    struct relations relations;
    uint32_t n;
};

static int draw_slide(struct slides *s, const struct part *part)
{
    static const struct {
        const char *type, *name;
    } beside[] = {{"notesSlide", "notes"}, {"comments", "comments"}, {"comment", "comments"}};
    struct relations relations = {0};
    int r = draw_story(s->d, s->p, part, PLACE_SLIDE, s->n, "");

    if (!r)
        r = relations_of(s->d, s->p, part->name, &relations);
    for (size_t i = 0; !r && i < relations.n; i++)
        for (size_t k = 0; !r && k < ARRAY_LEN(beside); k++) {
            const struct part *other = is_of(&relations.at[i], beside[k].type) ? part_of(s->p, part->name, relations.at[i].target) : NULL;

            if (other)
                r = draw_story(s->d, s->p, other, PLACE_SLIDE, s->n, beside[k].name);
        }
    relations_done(&relations);
    return r;
}

static int on_slide(void *context, const char *name, const char **attributes)
{
    struct slides *s = context;
    const struct relation *r = xml_is(name, "sldId") ? relation_of(&s->relations, xml_relation(attributes)) : NULL;
    const struct part *part = r && !r->is_external ? part_of(s->p, s->main->name, r->target) : NULL;

    s->n += xml_is(name, "sldId");
    return part ? draw_slide(s, part) : 0;
}

static int draw_slides(struct drawing *d, const struct package *p, const struct part *main)
{
    struct slides s = {.d = d, .p = p, .main = main};
    const struct xml_reader reader = {on_slide, no_end, no_text, &s};
    int r = relations_of(d, p, main->name, &s.relations);

    if (!r)
        r = xml_read(d, main, &reader);
    relations_done(&s.relations);
    return r;
}

/* ---- sheets ---- */

/* Texts that cells name by number. */
struct shared {
    struct buf text;
    struct buf ends; /* uint32_t */
    unsigned phonetic; /* depth within what says how a text is read aloud */
    bool is_text;
};

static int shared_start(void *context, const char *name, const char **attributes)
{
    struct shared *s = context;

    s->phonetic += s->phonetic || xml_is(name, "rPh");
    s->is_text = !s->phonetic && xml_is(name, "t");
    return 0;
}

static int shared_end(void *context, const char *name)
{
    struct shared *s = context;
    uint32_t end = (uint32_t)s->text.len;

    s->is_text = false;
    if (s->phonetic)
        s->phonetic--;
    return xml_is(name, "si") ? buf_add(&s->ends, &end, sizeof(end)) : 0;
}

static int shared_text(void *context, struct str text)
{
    struct shared *s = context;

    return s->is_text ? buf_add_str(&s->text, text) : 0;
}

static struct str shared_at(const struct shared *s, struct str number)
{
    const uint32_t *ends = (const uint32_t *)(const void *)s->ends.at;
    uint64_t n;

    if (str_to_u64(number, 0, UINT32_MAX, &n) || n >= s->ends.len / sizeof(*ends))
        return STR("");
    return (struct str){s->text.at + (n ? ends[n - 1] : 0), ends[n] - (n ? ends[n - 1] : 0)};
}

/* "B7"; false: no cell's name. */
static bool read_cell_name(struct str s, uint32_t *ret_row, uint32_t *ret_column)
{
    uint64_t row;
    uint32_t column = 0;
    size_t i = 0;

    for (; i < s.len && i < 3 && s.at[i] >= 'A' && s.at[i] <= 'Z'; i++)
        column = column * 26 + (uint32_t)(s.at[i] - 'A') + 1;
    if (!column || column > COLUMN_MAX || str_to_u64((struct str){s.at + i, s.len - i}, 1, ROW_MAX, &row))
        return false;
    *ret_row = (uint32_t)row;
    *ret_column = column;
    return true;
}

enum cell_part { CELL_NONE, CELL_VALUE, CELL_INLINE, CELL_FORMULA };

struct sheet {
    struct drawing *d;
    const struct shared *shared;
    const struct relations *relations;
    struct str name;
    uint32_t row, column; /* of the cell at hand */
    bool is_shared;       /* its value is a number of a text */
    unsigned phonetic;
    enum cell_part part;
    struct buf value, formula;
};

static void sheet_at(struct sheet *s, const char *where)
{
    struct str cell = str_of(where);
    const char *colon = where ? strchr(where, ':') : NULL; /* of a range its first */

    if (colon)
        cell.len = (size_t)(colon - where);
    if (!where || !read_cell_name(cell, &s->row, &s->column))
        s->column++;
    drawing_at(s->d, PLACE_CELL, s->row, s->column, s->name);
}

static void begin_row(struct sheet *s, const char *number)
{
    uint64_t n;

    s->row = number && !str_to_u64(str_of(number), 1, ROW_MAX, &n) ? (uint32_t)n : s->row + 1;
    s->column = 0;
}

static int begin_cell(struct sheet *s, const char **attributes)
{
    const char *type = xml_attribute(attributes, "t");

    sheet_at(s, xml_attribute(attributes, "r"));
    s->is_shared = type && !strcmp(type, "s");
    buf_clear(&s->value);
    buf_clear(&s->formula);
    return 0;
}

static int link_cell(struct sheet *s, const char **attributes)
{
    const struct relation *r = relation_of(s->relations, xml_relation(attributes));
    int e = 0;

    if (!r || !r->is_external)
        return 0;
    sheet_at(s, xml_attribute(attributes, "ref"));
    e = drawing_add_target(s->d, str_of(r->target));
    return e ? e : drawing_end_line(s->d);
}

static int sheet_start(void *context, const char *name, const char **attributes)
{
    struct sheet *s = context;

    if (s->phonetic || xml_is(name, "rPh")) {
        s->phonetic++;
        s->part = CELL_NONE;
    } else if (xml_is(name, "row")) {
        begin_row(s, xml_attribute(attributes, "r"));
    } else if (xml_is(name, "c")) {
        return begin_cell(s, attributes);
    } else if (xml_is(name, "hyperlink")) {
        return link_cell(s, attributes);
    } else if (xml_is(name, "comment") || xml_is(name, "threadedComment")) { /* of the sheet's own parts */
        sheet_at(s, xml_attribute(attributes, "ref"));
        buf_clear(&s->value);
    } else {
        s->part = xml_is(name, "v") ? CELL_VALUE : xml_is(name, "t") || xml_is(name, "text") ? CELL_INLINE : xml_is(name, "f") ? CELL_FORMULA : CELL_NONE;
    }
    return 0;
}

static int sheet_end(void *context, const char *name)
{
    struct sheet *s = context;
    struct str value = buf_str(&s->value), formula = buf_str(&s->formula);
    int r = 0;

    s->part = CELL_NONE;
    if (s->phonetic) {
        s->phonetic--;
        return 0;
    }
    if (!xml_is(name, "c") && !xml_is(name, "comment") && !xml_is(name, "threadedComment"))
        return 0;
    value = s->is_shared && xml_is(name, "c") ? shared_at(s->shared, value) : value;
    r = drawing_add(s->d, value);
    if (!r && formula.len && memmem(formula.at, formula.len, "://", 3)) /* HYPERLINK("https://…") */
        r = drawing_add_target(s->d, formula);
    return r ? r : drawing_end_line(s->d);
}

static int sheet_text(void *context, struct str text)
{
    struct sheet *s = context;

    return s->part == CELL_NONE ? 0 : buf_add_str(s->part == CELL_FORMULA ? &s->formula : &s->value, text);
}

struct book {
    struct drawing *d;
    const struct package *p;
    const struct part *main;
    struct relations relations;
    struct shared shared;
};

static int draw_sheet_part(struct book *b, const struct part *part, struct str name, const struct relations *relations)
{
    struct sheet s = {.d = b->d, .shared = &b->shared, .relations = relations, .name = name};
    const struct xml_reader reader = {sheet_start, sheet_end, sheet_text, &s};
    int r;

    buf_init(&s.value, DOCUMENT_TEXT_MAX);
    buf_init(&s.formula, DOCUMENT_TEXT_MAX);
    r = xml_read(b->d, part, &reader);
    buf_done(&s.value);
    buf_done(&s.formula);
    return r == -ENOSPC ? drawing_refuse(b->d, DOCUMENT_E_LARGE, part->name, 0, 0) : r;
}

static int draw_sheet(struct book *b, const struct part *part, const char *name)
{
    struct relations relations = {0};
    int r = relations_of(b->d, b->p, part->name, &relations);

    if (!r)
        r = draw_sheet_part(b, part, str_of(name), &relations);
    for (size_t i = 0; !r && i < relations.n; i++) {
        bool is_comments = is_of(&relations.at[i], "comments") || is_of(&relations.at[i], "threadedComment");
        const struct part *other = is_comments ? part_of(b->p, part->name, relations.at[i].target) : NULL;

        if (other)
            r = draw_sheet_part(b, other, str_of(name), &relations);
    }
    relations_done(&relations);
    return r;
}

static int on_sheet(void *context, const char *name, const char **attributes)
{
    struct book *b = context;
    const char *title = xml_attribute(attributes, "name");
    const struct relation *r = xml_is(name, "sheet") ? relation_of(&b->relations, xml_relation(attributes)) : NULL;
    const struct part *part = r && !r->is_external ? part_of(b->p, b->main->name, r->target) : NULL;

    return part ? draw_sheet(b, part, title ? title : "") : 0;
}

static int read_shared(struct book *b)
{
    const struct xml_reader reader = {shared_start, shared_end, shared_text, &b->shared};
    int r = 0;

    for (size_t i = 0; !r && i < b->relations.n; i++) {
        const struct part *part = is_of(&b->relations.at[i], "sharedStrings") ? part_of(b->p, b->main->name, b->relations.at[i].target) : NULL;

        if (part)
            r = xml_read(b->d, part, &reader);
    }
    return r == -ENOSPC ? drawing_refuse(b->d, DOCUMENT_E_LARGE, "sharedStrings", 0, 0) : r;
}

static int draw_book(struct drawing *d, const struct package *p, const struct part *main)
{
    struct book b = {.d = d, .p = p, .main = main};
    const struct xml_reader reader = {on_sheet, no_end, no_text, &b};
    int r;

    buf_init(&b.shared.text, DOCUMENT_PARTS_MAX);
    buf_init(&b.shared.ends, DOCUMENT_PARTS_MAX);
    r = relations_of(d, p, main->name, &b.relations);
    if (!r)
        r = read_shared(&b);
    if (!r)
        r = xml_read(d, main, &reader);
    relations_done(&b.relations);
    buf_done(&b.shared.text);
    buf_done(&b.shared.ends);
    return r;
}

/* ---- which of them ---- */

struct root {
    char name[32];
};

static int on_root(void *context, const char *name, const char **attributes)
{
    struct root *root = context;

    if (!*root->name)
        snprintf(root->name, sizeof(root->name), "%s", name);
    return 0;
}

static int draw_main(struct drawing *d, const struct package *p, const struct part *main)
{
    struct root root = {""};
    const struct xml_reader reader = {on_root, no_end, no_text, &root};
    int r = xml_read(d, main, &reader);

    if (r)
        return r;
    if (xml_is(root.name, "document"))
        return draw_word(d, p, main);
    if (xml_is(root.name, "workbook"))
        return draw_book(d, p, main);
    return xml_is(root.name, "presentation") ? draw_slides(d, p, main) : drawing_refuse(d, DOCUMENT_E_KIND, main->name, 0, 0);
}

int draw_ooxml(struct drawing *d, const struct package *p)
{
    struct relations relations = {0};
    const struct part *main = NULL;
    int r = relations_of(d, p, "", &relations);

    for (size_t i = 0; !r && !main && i < relations.n; i++)
        main = is_of(&relations.at[i], "officeDocument") ? part_of(p, "", relations.at[i].target) : NULL;
    if (!r)
        r = main ? draw_main(d, p, main) : drawing_refuse(d, DOCUMENT_E_KIND, "", 0, 0);
    relations_done(&relations);
    return r;
}
