/* A table as lines of JSON (https://jsonlines.org): one object a line, each member a cell of the column of its name. */
#include "base/sheet.h"

#include "base/json.h"
#include "base/tell.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct lines {
    const char *name;
    struct diag *diag;
    struct arena *arena;
    struct csv_table *t;
    size_t max_rows;
    unsigned line;
    int problem; /* 0, SHEET_E_*: the first kind met */
    size_t n_told;
};

static void told(struct lines *l, int kind, unsigned col, enum message_key key, struct str name)
{
    diag_tell(l->diag, DIAG_ERROR, ((struct diag_place){l->name, l->line, col, NULL}), key,
              {"name", name});
    l->n_told++;
    if (!l->problem)
        l->problem = kind;
}

/* Through the names of an object's members, in the order in which they stand. */
struct names {
    struct str line; /* an object, which was parsed */
    size_t at;
    unsigned col, depth;
};

static void pass(struct names *n)
{
    n->col += ((unsigned char)n->line.at[n->at++] & 0xc0) != 0x80;
}

static void pass_text(struct names *n)
{
    for (pass(n); n->at < n->line.len && n->line.at[n->at] != '"'; pass(n))
        if (n->line.at[n->at] == '\\')
            pass(n);
    if (n->at < n->line.len)
        pass(n);
}

static bool is_name(const struct names *n)
{
    size_t at = n->at;

    while (at < n->line.len &&
           (n->line.at[at] == ' ' || n->line.at[at] == '\t' || n->line.at[at] == '\r'))
        at++;
    return n->depth == 1 && at < n->line.len && n->line.at[at] == ':';
}

/* Where the next one begins, in characters from 1. */
static unsigned next_name(struct names *n)
{
    while (n->at < n->line.len) {
        char c = n->line.at[n->at];
        unsigned col = n->col + 1;

        if (c == '"') {
            pass_text(n);
            if (is_name(n))
                return col;
            continue;
        }
        n->depth += c == '{' || c == '[';
        n->depth -= c == '}' || c == ']';
        pass(n);
    }
    return 1;
}

/* Empty: there is nothing. false: it is no text, number or truth. */
static bool text_of(struct lines *l, const json_t *v, struct str *ret)
{
    char number[24];

    if (json_is_integer(v)) {
        snprintf(number, sizeof(number), "%" PRId64, (int64_t)json_integer_value(v));
        *ret = arena_str(l->arena, str_of(number));
    } else if (json_is_string(v)) {
        *ret = arena_str(l->arena, (struct str){json_string_value(v), json_string_length(v)});
    } else if (json_is_boolean(v)) {
        *ret = json_is_true(v) ? STR("yes") : STR("no");
    } else {
        *ret = STR("");
        return json_is_null(v);
    }
    return true;
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7f)
            return true;
    return false;
}

/* The columns are those of the first line. */
static int take_header(struct lines *l, json_t *object, struct str line)
{
    struct csv_table *t = l->t;
    struct names names = {.line = line};
    const char *key;
    json_t *v;

    if (!json_object_size(object) || json_object_size(object) > CSV_MAX_COLS) {
        told(l, SHEET_E_SYNTAX, 1, MSG_LINES_COLUMNS, STR(""));
        return 0;
    }
    if (!(t->header = arena_alloc_n(l->arena, json_object_size(object), sizeof(*t->header))))
        return -ENOMEM;
    json_object_foreach (object, key, v) {
        struct csv_cell *c = &t->header[t->n_cols];

        if (!*key || has_control(str_of(key)))
            told(l, SHEET_E_SYNTAX, 1, MSG_LINES_COLUMNS, STR(""));
        *c = (struct csv_cell){arena_str(l->arena, str_of(key)), l->line, next_name(&names)};
        if (!c->text.at)
            return -ENOMEM;
        t->n_cols++;
    }
    return 0;
}

static int take_cells(struct lines *l, json_t *object, struct str line)
{
    struct csv_table *t = l->t;
    struct csv_cell *row = &t->cells[t->n_rows * t->n_cols];
    struct names names = {.line = line};
    const char *key;
    json_t *v;

    for (size_t c = 0; c < t->n_cols; c++)
        row[c] = (struct csv_cell){STR(""), l->line, 1};
    json_object_foreach (object, key, v) {
        int c = csv_col(t, key);
        unsigned at = next_name(&names);

        if (c < 0) { /* so there are never more of them than columns */
            told(l, SHEET_E_SYNTAX, at, MSG_LINES_OTHER_COLUMN, str_of(key));
            break;
        }
        row[c].col = at;
        if (!text_of(l, v, &row[c].text) || has_control(row[c].text))
            told(l, SHEET_E_SYNTAX, at, MSG_LINES_VALUE, str_of(key));
        if (!row[c].text.at)
            return -ENOMEM;
    }
    t->n_rows++;
    return 0;
}

static int take_line(struct lines *l, struct str line)
{
    JSON_AUTO *object = NULL;
    struct diag inner;
    int r;

    diag_init(&inner);
    r = json_parse(line, (struct json_limits){LINES_LINE_MAX, 2}, &object, &inner);
    if (r < 0) {
        diag_done(&inner);
        return r;
    }
    if (r || !json_is_object(object)) {
        told(l, r == JSON_E_LIMIT ? SHEET_E_LIMIT : SHEET_E_SYNTAX,
             inner.n && inner.entries[0].col ? inner.entries[0].col : 1, MSG_LINES_NO_OBJECT,
             STR(""));
        r = 0;
    } else {
        r = l->t->header ? 0 : take_header(l, object, line);
        if (!r && !l->t->cells && !l->problem &&
            !(l->t->cells =
                  arena_alloc_n(l->arena, l->max_rows * l->t->n_cols, sizeof(*l->t->cells))))
            r = -ENOMEM;
        if (!r && l->t->cells)
            r = take_cells(l, object, line);
    }
    diag_done(&inner);
    return r;
}

static size_t count_lines(struct str s)
{
    size_t n = 1;

    for (size_t i = 0; i < s.len; i++)
        n += s.at[i] == '\n';
    return n;
}

/* All problems are told that are kept; where columns are not known, the first one only. */
static bool may_go_on(const struct lines *l)
{
    return !l->problem || (l->problem != SHEET_E_LIMIT && l->t->cells && l->n_told < DIAG_MAX);
}

bool lines_look_like(struct str bytes)
{
    if (str_starts(bytes, STR("\xef\xbb\xbf")))
        bytes = (struct str){bytes.at + 3, bytes.len - 3};
    return str_starts(str_trim(bytes), STR("{"));
}

int lines_parse(const char *name, struct str utf8, struct arena *arena, struct csv_table *ret,
                struct diag *diag)
{
    struct lines l = {.name = name, .diag = diag, .arena = arena, .t = ret};
    struct str rest = utf8, line;
    int r = 0;

    *ret = (struct csv_table){0};
    if (str_starts(rest, STR("\xef\xbb\xbf")))
        rest = (struct str){rest.at + 3, rest.len - 3};
    l.max_rows = count_lines(rest);
    if (l.max_rows > LINES_MAX) {
        told(&l, SHEET_E_LIMIT, 1, MSG_LINES_MANY, STR(""));
        return l.problem;
    }
    while (!r && may_go_on(&l) && str_split(&rest, '\n', &line)) {
        l.line++;
        line = str_trim(line);
        if (!line.len)
            continue;
        r = take_line(&l, line);
    }
    if (!r && !l.problem && !ret->n_rows)
        told(&l, SHEET_E_SYNTAX, 1, MSG_LINES_COLUMNS, STR(""));
    return r ? r : l.problem;
}
