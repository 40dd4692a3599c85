/* From the archive to cells: relations lead to the workbook, the workbook to its first sheet, styles tell dates from numbers.
 *
 *   _rels/.rels ─> xl/workbook.xml ─> xl/_rels/workbook.xml.rels ─> styles, shared strings, worksheet
 */
#include "base/sheet.h"

#include "base/sheet-part.h"
#include "base/tell.h"
#include "base/time.h"
#include "base/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define REL_OFFICE "/officeDocument"
#define REL_STYLES "/styles"
#define REL_STRINGS "/sharedStrings"
#define PATH_MAX_LEN 256u

enum date_kind { DATE_NONE, DATE_DAY, DATE_TIME, DATE_BOTH };

struct placed_cell {
    unsigned row, col;
    struct str text;
};

struct workbook {
    struct sheet_parts *parts;
    struct arena *arena;
    const char *name;
    struct diag *diag;
    bool is_1904;
    char sheet_rel[128], sheet[PATH_MAX_LEN], styles[PATH_MAX_LEN], strings[PATH_MAX_LEN],
        book[PATH_MAX_LEN];
    const char *wanted_type; /* of a relation being looked for; NULL: by id */
    const char *wanted_id;
    char *found;      /* PATH_MAX_LEN */
    const char *base; /* path that targets are relative to */
    /* styles */
    uint8_t *kinds; /* enum date_kind by cell style */
    size_t n_kinds;
    struct {
        unsigned id;
        enum date_kind kind;
    } formats[512];
    size_t n_formats;
    bool in_cell_xfs;
    /* strings */
    struct str *shared;
    size_t n_shared;
    unsigned phonetic; /* inside rPh */
    bool in_text;
    struct buf text;
    /* cells */
    struct buf cells; /* struct placed_cell */
    unsigned row, col;
    char type[16];
    unsigned style;
    bool in_value, has_value;
    struct buf value;
    int problem;
};

static int bad(struct workbook *w, int kind, unsigned row, unsigned col, enum message_key key)
{
    diag_tell(w->diag, DIAG_ERROR, ((struct diag_place){w->name, row, col, NULL}), key);
    w->problem = w->problem ? w->problem : kind;
    return kind;
}

/* Nothing is wrong with the file then. */
static bool is_short_of_memory(struct workbook *w, int r)
{
    if (r == -ENOMEM)
        w->problem = r;
    return r == -ENOMEM;
}

/* ---- relations ---- */

/* "worksheets/sheet1.xml" beside xl/workbook.xml is xl/worksheets/sheet1.xml; "/xl/…" is from the top. */
static bool resolve(const char *base, const char *target, char ret[PATH_MAX_LEN])
{
    const char *slash = strrchr(base, '/');
    int n;

    if (strstr(target, "..") || strchr(target, ':'))
        return false;
    if (target[0] == '/')
        n = snprintf(ret, PATH_MAX_LEN, "%s", target + 1);
    else
        n = snprintf(ret, PATH_MAX_LEN, "%.*s%s", slash ? (int)(slash - base) + 1 : 0, base,
                     target);
    return n > 0 && n < (int)PATH_MAX_LEN;
}

static void open_relation(void *user, const char *name, const char **attributes)
{
    struct workbook *w = user;
    const char *type = sheet_attribute(attributes, "Type"), *id = sheet_attribute(attributes, "Id");
    const char *target = sheet_attribute(attributes, "Target"),
               *mode = sheet_attribute(attributes, "TargetMode");

    if (strcmp(name, "Relationship") != 0 || !type || !id || !target ||
        (mode && !strcmp(mode, "External")) || *w->found)
        return;
    if (w->wanted_type ? str_ends(str_of(type), str_of(w->wanted_type)) : !strcmp(id, w->wanted_id))
        if (!resolve(w->base, target, w->found))
            *w->found = '\0';
}

static int find_relation(struct workbook *w, const char *rels, const char *base, const char *type,
                         const char *id, char *ret)
{
    static const struct sheet_handler handler = {.open = open_relation};

    w->wanted_type = type;
    w->wanted_id = id;
    w->base = base;
    w->found = ret;
    *ret = '\0';
    return sheet_part_read(w->parts, rels, &handler, w);
}

static void open_workbook(void *user, const char *name, const char **attributes)
{
    struct workbook *w = user;
    const char *date1904 = sheet_attribute(attributes, "date1904"),
               *state = sheet_attribute(attributes, "state");
    const char *id = sheet_attribute(attributes, "id");

    if (!strcmp(name, "workbookPr"))
        w->is_1904 = date1904 && (!strcmp(date1904, "1") || !strcmp(date1904, "true"));
    if (!strcmp(name, "sheet") && !*w->sheet_rel && id && (!state || !strcmp(state, "visible")))
        snprintf(w->sheet_rel, sizeof(w->sheet_rel), "%s", id);
}

static int find_parts(struct workbook *w)
{
    static const struct sheet_handler handler = {.open = open_workbook};
    char rels[PATH_MAX_LEN + 16];
    const char *slash;
    int r = find_relation(w, "_rels/.rels", "", REL_OFFICE, NULL, w->book);

    if (r || !*w->book)
        return r ? r : bad(w, SHEET_E_SYNTAX, 0, 0, MSG_SHEET_KIND);
    if ((r = sheet_part_read(w->parts, w->book, &handler, w)))
        return r;
    if (!*w->sheet_rel)
        return bad(w, SHEET_E_SYNTAX, 0, 0, MSG_SHEET_NO_SHEET);
    slash = strrchr(w->book, '/');
    snprintf(rels, sizeof(rels), "%.*s_rels/%s.rels", slash ? (int)(slash - w->book) + 1 : 0,
             w->book, slash ? slash + 1 : w->book);
    if ((r = find_relation(w, rels, w->book, NULL, w->sheet_rel, w->sheet)) ||
        (r = find_relation(w, rels, w->book, REL_STYLES, NULL, w->styles)) ||
        (r = find_relation(w, rels, w->book, REL_STRINGS, NULL, w->strings)))
        return r;
    return *w->sheet ? 0 : bad(w, SHEET_E_SYNTAX, 0, 0, MSG_SHEET_DAMAGED);
}

/* ---- number formats ---- */

/* Formats that Excel has built in; 27 to 36 and 50 to 58 as its Japanese edition shows them. */
static enum date_kind built_in(unsigned id)
{
    if (id == 22)
        return DATE_BOTH;
    if ((id >= 18 && id <= 21) || (id >= 45 && id <= 47) || id == 32 || id == 33)
        return DATE_TIME;
    if ((id >= 14 && id <= 17) || (id >= 27 && id <= 36) || (id >= 50 && id <= 58))
        return DATE_DAY;
    return DATE_NONE;
}

/* Letters of a format outside of quotes, brackets and escapes. */
static enum date_kind kind_of_format(const char *code)
{
    bool day = false, time = false, minute = false;

    if (str_starts(str_of(code), STR("General")))
        return DATE_NONE;
    for (const char *at = code; *at && *at != ';'; at++) {
        char c = *at | 0x20;

        if (*at == '"') {
            const char *end = strchr(at + 1, '"');

            if (!end)
                break;
            at = end;
        } else if (*at == '[') {
            const char *end = strchr(at, ']');

            if (!end)
                break;
            time |= end == at + 2 && strchr("hHmMsS", at[1]);
            at = end;
        } else if (*at == '\\' || *at == '_' || *at == '*') {
            if (at[1])
                at++;
        } else if (c == 'y' || c == 'd' || c == 'g' || (c == 'e' && at[1] != '+' && at[1] != '-')) {
            day = true;
        } else if (c == 'h' || c == 's') {
            time = true;
        } else if (c == 'm') {
            minute = true;
        }
    }
    if (minute && !day && !time)
        day = true;
    return day && time ? DATE_BOTH : day ? DATE_DAY : time ? DATE_TIME : DATE_NONE;
}

static void open_styles(void *user, const char *name, const char **attributes)
{
    struct workbook *w = user;
    const char *code = sheet_attribute(attributes, "formatCode"),
               *id = sheet_attribute(attributes, "numFmtId");
    uint64_t n = 0;
    enum date_kind kind;

    if (!strcmp(name, "cellXfs"))
        w->in_cell_xfs = true;
    if (id && str_to_u64(str_of(id), 0, 1u << 20, &n))
        n = 0;
    if (!strcmp(name, "numFmt") && code && w->n_formats < ARRAY_LEN(w->formats)) {
        w->formats[w->n_formats].id = (unsigned)n;
        w->formats[w->n_formats++].kind = kind_of_format(code);
    }
    if (strcmp(name, "xf") != 0 || !w->in_cell_xfs || w->n_kinds == SHEET_STYLES_MAX)
        return;
    kind = built_in((unsigned)n);
    for (size_t i = 0; i < w->n_formats; i++)
        if (w->formats[i].id == n)
            kind = w->formats[i].kind;
    w->kinds[w->n_kinds++] = (uint8_t)kind;
}

static void close_styles(void *user, const char *name)
{
    struct workbook *w = user;

    if (!strcmp(name, "cellXfs"))
        w->in_cell_xfs = false;
}

static int read_styles(struct workbook *w)
{
    static const struct sheet_handler handler = {.open = open_styles, .close = close_styles};

    w->kinds = arena_alloc(w->arena, SHEET_STYLES_MAX);
    if (!w->kinds)
        return -ENOMEM;
    return *w->styles ? sheet_part_read(w->parts, w->styles, &handler, w) : 0;
}

/* ---- shared strings ---- */

/* Texts of a string or of an inline one: every t but those of phonetic runs. */
static void open_text(struct workbook *w, const char *name)
{
    if (!strcmp(name, "rPh"))
        w->phonetic++;
    else if (!strcmp(name, "t") && !w->phonetic)
        w->in_text = true;
}

static void close_text(struct workbook *w, const char *name)
{
    if (!strcmp(name, "rPh") && w->phonetic)
        w->phonetic--;
    else if (!strcmp(name, "t"))
        w->in_text = false;
}

static void open_string(void *user, const char *name, const char **attributes)
{
    struct workbook *w = user;

    if (!strcmp(name, "si"))
        buf_clear(&w->text);
    open_text(w, name);
}

static struct str kept_text(struct workbook *w, const struct buf *text)
{
    struct str s = text->len ? arena_str(w->arena, buf_str(text)) : STR("");

    if (!s.at)
        w->problem = -ENOMEM;
    return s;
}

static void close_string(void *user, const char *name)
{
    struct workbook *w = user;

    close_text(w, name);
    if (strcmp(name, "si") != 0)
        return;
    if (is_short_of_memory(w, buf_error(&w->text)))
        return;
    if (w->n_shared == SHEET_STRINGS_MAX || buf_error(&w->text)) {
        bad(w, SHEET_E_LIMIT, 0, 0, MSG_SHEET_LARGE);
        return;
    }
    w->shared[w->n_shared++] = kept_text(w, &w->text);
}

static void add_text(void *user, const char *text, size_t len)
{
    struct workbook *w = user;

    if (w->in_text)
        IGNORE(buf_add(&w->text, text, len), "sticky: looked at when the text ends");
}

static int read_strings(struct workbook *w)
{
    static const struct sheet_handler handler = {
        .open = open_string, .close = close_string, .text = add_text};

    if (!*w->strings)
        return 0;
    w->shared = arena_alloc_n(w->arena, SHEET_STRINGS_MAX, sizeof(*w->shared));
    if (!w->shared)
        return -ENOMEM;
    return sheet_part_read(w->parts, w->strings, &handler, w);
}

/* ---- values ---- */

#define DAY_OF_1900 25569 /* serial number of 1970-01-01 */
#define DAYS_TO_1904 1462
#define SERIAL_MAX 2958466.0 /* the day behind 9999-12-31 */

static int print_time(unsigned seconds, struct buf *out)
{
    if (seconds % 60)
        return buf_printf(out, "%02u:%02u:%02u", seconds / 3600, seconds / 60 % 60, seconds % 60);
    return buf_printf(out, "%02u:%02u", seconds / 3600, seconds / 60 % 60);
}

/* Days since 1899-12-31, with a 29 February 1900 that never was; or since 1904-01-01. */
static int print_serial(const struct workbook *w, double serial, enum date_kind kind,
                        struct buf *out)
{
    double whole = floor(serial);
    double seconds = floor((serial - whole) * 86400 + 0.5);
    int32_t day;
    int r;

    if (seconds >= 86400) {
        whole += 1;
        seconds -= 86400;
    }
    day = (int32_t)whole - DAY_OF_1900 + (w->is_1904 ? DAYS_TO_1904 : whole < 60 ? 1 : 0);
    if (kind == DATE_TIME)
        return print_time((unsigned)seconds, out);
    r = day_print_iso(day, out);
    if (r || kind == DATE_DAY)
        return r;
    if ((r = buf_add_char(out, ' ')))
        return r;
    return print_time((unsigned)seconds, out);
}

static int print_number(struct workbook *w, struct buf *out)
{
    enum date_kind kind = w->style < w->n_kinds ? (enum date_kind)w->kinds[w->style] : DATE_NONE;
    const char *text = w->value.at ? w->value.at : "";
    char *end;
    double v = strtod(text, &end);

    if (!*text || *end || !isfinite(v))
        return 1;
    if (kind != DATE_NONE && v >= 0 && v < SERIAL_MAX)
        return print_serial(w, v, kind, out);
    if (fabs(v) < 9007199254740992.0 && floor(v) == v)
        return buf_printf(out, "%lld", (long long)v);
    return buf_printf(out, "%.15g", v);
}

static int print_value(struct workbook *w, struct buf *out)
{
    struct str v = buf_str(&w->value);
    uint64_t n;

    if (!strcmp(w->type, "s")) {
        if (str_to_u64(v, 0, UINT32_MAX, &n) || n >= w->n_shared)
            return 1;
        return buf_add_str(out, w->shared[n]);
    }
    if (!strcmp(w->type, "inlineStr"))
        return buf_add_str(out, buf_str(&w->text));
    if (!strcmp(w->type, "b"))
        return buf_add_text(out, str_eq(v, STR("1")) || str_eq(v, STR("true")) ? "true" : "false");
    if (!strcmp(w->type, "str") || !strcmp(w->type, "d"))
        return buf_add_str(out, v);
    return !strcmp(w->type, "n") ? print_number(w, out) : 1;
}

/* ---- cells ---- */

/* "AB12" to 12 and 28; without it the cell is the next one. */
static bool read_place(const char *text, unsigned *row, unsigned *col)
{
    unsigned c = 0;
    uint64_t r;
    size_t n = 0;

    for (; text[n] >= 'A' && text[n] <= 'Z' && n < 4; n++)
        c = c * 26 + (unsigned)(text[n] - 'A' + 1);
    if (!n || n == 4 || str_to_u64(str_of(text + n), 1, 1048576, &r))
        return false;
    *row = (unsigned)r;
    *col = c;
    return true;
}

int sheet_place(unsigned row, unsigned col, struct buf *out)
{
    char letters[8];
    size_t n = sizeof(letters);

    for (; col && n; col = (col - 1) / 26)
        letters[--n] = (char)('A' + (col - 1) % 26);
    if (buf_add(out, letters + n, sizeof(letters) - n))
        return buf_error(out);
    return buf_printf(out, "%u", row);
}

static void open_cell_or_row(struct workbook *w, const char *name, const char **attributes)
{
    const char *place = sheet_attribute(attributes, "r"), *type = sheet_attribute(attributes, "t");
    const char *style = sheet_attribute(attributes, "s");
    uint64_t n = 0;

    if (!strcmp(name, "row")) {
        if (place && str_to_u64(str_of(place), 1, 1048576, &n))
            bad(w, SHEET_E_SYNTAX, 0, 0, MSG_SHEET_DAMAGED);
        w->row = n ? (unsigned)n : w->row + 1;
        w->col = 0;
        return;
    }
    w->col++;
    if (place && !read_place(place, &w->row, &w->col))
        bad(w, SHEET_E_SYNTAX, 0, 0, MSG_SHEET_DAMAGED);
    snprintf(w->type, sizeof(w->type), "%s", type ? type : "n");
    w->style = !style || str_to_u64(str_of(style), 0, SHEET_STYLES_MAX, &n) ? 0 : (unsigned)n;
    w->has_value = false;
    buf_clear(&w->value);
    buf_clear(&w->text);
}

static void open_sheet(void *user, const char *name, const char **attributes)
{
    struct workbook *w = user;

    if (!strcmp(name, "row") || !strcmp(name, "c"))
        open_cell_or_row(w, name, attributes);
    else if (!strcmp(name, "v"))
        w->in_value = w->has_value = true;
    else if (!strcmp(name, "is"))
        w->has_value = true;
    open_text(w, name);
}

static void keep_cell(struct workbook *w)
{
    struct placed_cell cell = {.row = w->row, .col = w->col};
    CLEANUP(buf_done) struct buf out;
    int r;

    buf_init(&out, 4 * SHEET_TEXT_MAX);
    r = buf_error(&w->value) ? buf_error(&w->value) : buf_error(&w->text);
    if (!r)
        r = print_value(w, &out);
    if (is_short_of_memory(w, r))
        return;
    if (!strcmp(w->type, "e"))
        bad(w, SHEET_E_CELL, w->row, w->col, MSG_SHEET_CELL_ERROR);
    else if (r == -ENOSPC)
        bad(w, SHEET_E_LIMIT, w->row, w->col, MSG_SHEET_CELL_LONG);
    else if (r)
        bad(w, SHEET_E_CELL, w->row, w->col, MSG_SHEET_CELL_BAD);
    if (w->problem || !str_trim(buf_str(&out)).len)
        return;
    cell.text = kept_text(w, &out);
    if (!w->problem && !is_short_of_memory(w, buf_add(&w->cells, &cell, sizeof(cell))) && buf_error(&w->cells))
        bad(w, SHEET_E_LIMIT, w->row, w->col, MSG_SHEET_LARGE);
}

static void close_sheet(void *user, const char *name)
{
    struct workbook *w = user;

    close_text(w, name);
    if (!strcmp(name, "v"))
        w->in_value = false;
    else if (!strcmp(name, "c") && w->has_value && !w->problem)
        keep_cell(w);
}

static void sheet_text(void *user, const char *text, size_t len)
{
    struct workbook *w = user;

    if (w->in_value)
        IGNORE(buf_add(&w->value, text, len), "sticky: looked at when the cell ends");
    add_text(w, text, len);
}

/* ---- from places to a table ---- */

static const struct placed_cell *cell_at(const struct workbook *w, size_t i)
{
    return (const struct placed_cell *)(const void *)(w->cells.at + i * sizeof(struct placed_cell));
}

static int by_place(const void *a, const void *b)
{
    const struct placed_cell *x = a, *y = b;

    return x->row != y->row ? (x->row > y->row) - (x->row < y->row)
                            : (x->col > y->col) - (x->col < y->col);
}

static int by_number(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

    return (x > y) - (x < y);
}

/* Columns that hold anything, ascending. */
static int find_columns(struct workbook *w, size_t n, unsigned **ret, size_t *ret_n)
{
    unsigned *all = arena_alloc_n(w->arena, n + 1, sizeof(*all));
    size_t kept = 0;

    if (!all)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        all[i] = cell_at(w, i)->col;
    qsort(all, n, sizeof(*all), by_number);
    for (size_t i = 0; i < n; i++)
        if (!i || all[i] != all[kept - 1])
            all[kept++] = all[i];
    *ret = all;
    *ret_n = kept;
    return kept > CSV_MAX_COLS ? bad(w, SHEET_E_LIMIT, 0, 0, MSG_SHEET_COLUMNS) : 0;
}

static int place_cells(struct workbook *w, size_t n, size_t n_rows, struct csv_table *ret)
{
    unsigned *columns;
    size_t n_cols, row = 0;
    struct csv_cell *cells;
    int r = find_columns(w, n, &columns, &n_cols);

    if (r)
        return r;
    if (!(cells = arena_alloc_n(w->arena, n_rows * n_cols, sizeof(*cells))))
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct placed_cell *c = cell_at(w, i);
        const unsigned *col = bsearch(&c->col, columns, n_cols, sizeof(*columns), by_number);

        if (i && c->row != cell_at(w, i - 1)->row)
            row++;
        for (size_t k = 0; (!i || c->row != cell_at(w, i - 1)->row) && k < n_cols; k++)
            cells[row * n_cols + k] = (struct csv_cell){STR(""), c->row, columns[k]};
        if (cells[row * n_cols + (size_t)(col - columns)].text.len)
            return bad(w, SHEET_E_SYNTAX, c->row, c->col, MSG_SHEET_DAMAGED);
        cells[row * n_cols + (size_t)(col - columns)].text = c->text;
    }
    *ret = (struct csv_table){
        .n_cols = n_cols, .n_rows = n_rows - 1, .header = cells, .cells = cells + n_cols};
    return 0;
}

static int make_table(struct workbook *w, struct csv_table *ret)
{
    size_t n = w->cells.len / sizeof(struct placed_cell), n_rows = 0;

    if (!n)
        return bad(w, SHEET_E_SYNTAX, 0, 0, MSG_SHEET_EMPTY);
    qsort(w->cells.at, n, sizeof(struct placed_cell), by_place);
    for (size_t i = 0; i < n; i++)
        n_rows += !i || cell_at(w, i)->row != cell_at(w, i - 1)->row;
    if (n_rows > SHEET_ROWS_MAX)
        return bad(w, SHEET_E_LIMIT, 0, 0, MSG_SHEET_ROWS);
    return place_cells(w, n, n_rows, ret);
}

static int read_sheet(struct workbook *w, struct csv_table *ret)
{
    static const struct sheet_handler handler = {
        .open = open_sheet, .close = close_sheet, .text = sheet_text};
    int r = find_parts(w);

    if (!r)
        r = read_styles(w);
    if (!r && !(r = read_strings(w)))
        r = w->problem;
    w->phonetic = 0;
    w->in_text = false;
    if (!r && !(r = sheet_part_read(w->parts, w->sheet, &handler, w)))
        r = w->problem;
    return r ? r : make_table(w, ret);
}

int sheet_parse(const char *name, struct str bytes, struct arena *arena, struct csv_table *ret,
                struct diag *diag)
{
    struct workbook *w = arena_alloc(arena, sizeof(*w));
    int r;

    if (!w)
        return -ENOMEM;
    w->arena = arena;
    w->name = name;
    w->diag = diag;
    if ((r = sheet_parts_open(name, bytes, &w->parts, diag)))
        return r;
    buf_init(&w->cells, (size_t)SHEET_CELLS_MAX * sizeof(struct placed_cell));
    buf_init(&w->text, 4 * SHEET_TEXT_MAX);
    buf_init(&w->value, 4 * SHEET_TEXT_MAX);
    r = read_sheet(w, ret);
    buf_done(&w->cells);
    buf_done(&w->text);
    buf_done(&w->value);
    sheet_parts_close(w->parts);
    return r;
}
