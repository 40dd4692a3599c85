/* Reading a plan: columns, then every cell of every row, then what concerns several rows of one person. plan-force.c applies
 * what is left. */
#include "force/plan.h"

#include "base/utf8.h"
#include "force/cells.h"
#include "force/plan-inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PLAN_ARENA_MAX ((size_t)256 << 20)
/* Above this many faults nobody reads suggestions, and finding them costs a pass each. */
#define SUGGEST_MAX 20u
#define SHOWN_MAX 60u /* bytes of a cell in a message */

static const char *const headings[PLAN_COLUMNS][4] = {
    [PLAN_PERSON] = {"person", "職員番号", "職員"},
    [PLAN_NAME] = {"name", "氏名"},
    [PLAN_KANA] = {"kana", "ふりがな", "フリガナ"},
    [PLAN_RANK] = {"rank", "階級"},
    [PLAN_UNIT] = {"unit", "所属"},
    [PLAN_POST] = {"post", "職名", "職"},
    [PLAN_KIND] = {"kind", "区分"},
    [PLAN_FROM] = {"from", "発令日"},
    [PLAN_TO] = {"to", "終了日"},
    [PLAN_LEAVING] = {"leaving", "退職日"},
};

const char *plan_heading(size_t i, bool is_en)
{
    return i < PLAN_COLUMNS ? headings[i][is_en ? 0 : 1] : NULL;
}

void plan_free(struct plan *p)
{
    if (p == NULL)
        return;
    force_unref(p->after);
    arena_free(p->arena);
    free(p);
}

/* ---- words ---- */

void plan_fault_args(struct plan_judge *j, struct plan_line *line, enum plan_column column, enum message_key key,
                     const struct message_arg *args, size_t n_args)
{
    const struct csv_cell *cell = line->cells[column];
    struct diag_place at = {j->name, cell ? cell->line : line->no, cell ? cell->col : 1, NULL};

    if (cell)
        at.heading = arena_strdup(j->arena, j->table.header[j->col[column]].text);
    line->is_bad = true;
    j->n_faults++;
    diag_tell_args(j->diag, DIAG_ERROR, at, key, args, n_args);
}

struct str plan_cell(const struct plan_line *line, enum plan_column column)
{
    return line->cells[column] ? str_trim(line->cells[column]->text) : STR("");
}

static struct str shown(struct plan_judge *j, struct str s)
{
    CLEANUP(buf_done) struct buf out;
    size_t end = 0;

    while (end < s.len && end < SHOWN_MAX)
        (void)utf8_next(s, &end);
    buf_init(&out, 8 * SHOWN_MAX);
    (void)utf8_print_safe((struct str){s.at, MIN_OF(end, s.len)}, &out);
    (void)buf_add_text(&out, end < s.len ? "…" : "");
    s = buf_error(&out) ? STR_NONE : arena_str(j->arena, buf_str(&out));
    return s.at ? s : STR("");
}

struct str plan_shown(struct plan_judge *j, const struct plan_line *line, enum plan_column column)
{
    return shown(j, plan_cell(line, column));
}

struct str plan_day_text(struct plan_judge *j, int32_t day)
{
    CLEANUP(buf_done) struct buf out;
    struct str s;

    buf_init(&out, 32);
    s = day_print_iso(day, &out) ? STR_NONE : arena_str(j->arena, buf_str(&out));
    return s.at ? s : STR("");
}

struct str plan_line_text(struct plan_judge *j, const struct plan_line *line)
{
    return str_of(arena_printf(j->arena, "%u", line->no));
}

/* ---- columns ---- */

static int column_named(struct str name)
{
    for (int c = 0; c < PLAN_COLUMNS; c++)
        for (size_t i = 0; i < ARRAY_LEN(headings[c]) && headings[c][i]; i++)
            if (str_eq(name, str_of(headings[c][i])))
                return c;
    return -1;
}

static void header_fault(struct plan_judge *j, const struct csv_cell *cell, enum message_key key)
{
    j->n_faults++;
    diag_tell(j->diag, DIAG_ERROR, ((struct diag_place){j->name, cell->line, cell->col, NULL}), key,
              {"column", shown(j, cell->text)});
}

static void map_columns(struct plan_judge *j)
{
    for (int c = 0; c < PLAN_COLUMNS; c++)
        j->col[c] = -1;
    for (size_t i = 0; i < j->table.n_cols; i++) {
        int c = column_named(str_trim(j->table.header[i].text));

        if (c < 0)
            header_fault(j, &j->table.header[i], MSG_FORCE_UNKNOWN_COLUMN);
        else if (j->col[c] >= 0)
            header_fault(j, &j->table.header[i], MSG_PLAN_COLUMN_TWICE);
        else
            j->col[c] = (int)i;
    }
    if (j->col[PLAN_PERSON] < 0) {
        j->n_faults++;
        diag_tell(j->diag, DIAG_ERROR, ((struct diag_place){j->name, 1, 1, NULL}), MSG_PLAN_NO_PERSON_COLUMN);
    }
}

/* ---- one cell ---- */

static const char *keep(struct plan_judge *j, struct str s)
{
    const char *copy = s.len ? arena_strdup(j->arena, s) : "";

    if (!copy)
        j->out_of_memory = true;
    return copy ? copy : "";
}

/* NFC, as the force keeps names; "" when it is none, which is told. */
static const char *read_name(struct plan_judge *j, struct plan_line *line, enum plan_column column)
{
    CLEANUP(buf_done) struct buf out;
    struct str s = plan_cell(line, column);
    int r;

    buf_init(&out, 1u << 20);
    if (!s.len)
        return "";
    r = utf8_nfc(s, false, &out);
    if (r < 0)
        j->out_of_memory = true;
    else if (csv_formula_head(s))
        plan_fault(j, line, column, MSG_FORCE_FORMULA, {"value", (struct str){s.at, csv_formula_head(s)}});
    else if (r > 0)
        plan_fault(j, line, column, MSG_FORCE_NAME_BREAKS);
    else if (utf8_count(buf_str(&out)) > FORCE_NAME_MAX)
        plan_fault(j, line, column, MSG_FORCE_NAME_LONG, FORCE_NUMBER("max", FORCE_NAME_MAX));
    else
        return keep(j, buf_str(&out));
    return "";
}

static bool read_day(struct plan_judge *j, struct plan_line *line, enum plan_column column, int32_t *ret)
{
    struct str s = plan_cell(line, column);
    int r;

    *ret = FORCE_OPEN;
    if (!s.len)
        return false;
    r = day_parse_any(s, ret);
    if (r < 0)
        j->out_of_memory = true;
    else if (r)
        plan_fault(j, line, column, MSG_FORCE_NO_DAY, {"value", plan_shown(j, line, column)});
    else if (*ret < j->today)
        plan_fault(j, line, column, MSG_PLAN_PAST, {"value", plan_day_text(j, *ret)});
    else
        return true;
    *ret = FORCE_OPEN;
    return false;
}

static void read_kind(struct plan_judge *j, struct plan_line *line)
{
    static const struct {
        const char *word;
        enum appointment_kind kind;
    } words[] = {{"", APPOINT_REGULAR},          {"regular", APPOINT_REGULAR}, {"本務", APPOINT_REGULAR},
                 {"concurrent", APPOINT_CONCURRENT}, {"兼務", APPOINT_CONCURRENT}, {"acting", APPOINT_ACTING},
                 {"事務取扱", APPOINT_ACTING},   {"心得", APPOINT_ACTING}};
    struct str s = plan_cell(line, PLAN_KIND);

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq(s, str_of(words[i].word))) {
            line->kind = words[i].kind;
            return;
        }
    plan_fault(j, line, PLAN_KIND, MSG_PLAN_NO_KIND, {"value", plan_shown(j, line, PLAN_KIND)});
}

static_assert(offsetof(struct unit, name_ja) == offsetof(struct named_row, name_ja) &&
                  offsetof(struct rank, name_ja) == offsetof(struct named_row, name_ja) &&
                  offsetof(struct post, name_ja) == offsetof(struct named_row, name_ja),
              "id and name stand first");

static const struct named_row *nearest_person(struct plan_judge *j, struct str s)
{
    const struct named_row *best = NULL;
    unsigned least = 3;

    for (size_t i = 0; j->n_faults < SUGGEST_MAX && i < j->f->n[FORCE_PERSONS]; i++) {
        const struct named_row *row = j->f->listed[FORCE_PERSONS][i];
        unsigned d = str_distance(s, str_of(row->id));

        if (d < least) {
            least = d;
            best = row;
        }
    }
    return best;
}

static void tell_no_row(struct plan_judge *j, struct plan_line *line, enum plan_column column, enum force_file target,
                        struct str s)
{
    struct str near = j->n_faults < SUGGEST_MAX ? plan_near(j, target, s) : STR("");
    struct message_arg word = MESSAGE_WORD("target", force_row_word[target]);

    if (near.len)
        plan_fault(j, line, column, MSG_PLAN_NO_REF_NEAR, word, {"value", shown(j, s)}, {"near", near});
    else
        plan_fault(j, line, column, MSG_PLAN_NO_REF, word, {"value", shown(j, s)});
}

/* By id, or by a name that one row alone has, also as the pages show it. NULL: empty or told. */
static const void *read_ref(struct plan_judge *j, struct plan_line *line, enum plan_column column, enum force_file target)
{
    struct str s = plan_cell(line, column);
    const struct named_row *found, *other;

    if (!s.len)
        return NULL;
    for (size_t i = 0; i < j->f->n[target]; i++) {
        const struct named_row *row = j->f->listed[target][i];

        if (str_eq(s, str_of(row->id)))
            return row;
    }
    found = plan_named(j, target, s, &other);
    if (!found)
        tell_no_row(j, line, column, target, s);
    else if (other)
        plan_fault(j, line, column, MSG_PLAN_AMBIGUOUS, MESSAGE_WORD("target", force_row_word[target]), {"value", shown(j, s)},
                   {"one", str_of(found->id)}, {"other", str_of(other->id)});
    return other ? NULL : found;
}

/* ---- one row ---- */

static void tell_no_person(struct plan_judge *j, struct plan_line *line, struct str s)
{
    const struct named_row *near = nearest_person(j, s);

    if (near)
        plan_fault(j, line, PLAN_PERSON, MSG_PLAN_NO_PERSON_NEAR, {"value", shown(j, s)}, {"near", str_of(near->id)});
    else
        plan_fault(j, line, PLAN_PERSON, MSG_PLAN_NO_PERSON, {"value", shown(j, s)});
}

/* Spaces between the parts of a name are everybody's own habit. */
static bool name_is(const char *name, struct str typed)
{
    struct str s = str_of(name);
    size_t i = 0, k = 0;

    for (;;) {
        size_t a = i, b = k;
        uint32_t x = 0, y = 0;

        while (i < s.len && ((x = utf8_next(s, &i)) == ' ' || x == 0x3000))
            a = i;
        while (k < typed.len && ((y = utf8_next(typed, &k)) == ' ' || y == 0x3000))
            b = k;
        if (a == s.len || b == typed.len)
            return a == s.len && b == typed.len;
        if (x != y)
            return false;
    }
}

/* Full width is forgiven in a number; case is not, for it may tell two persons apart. */
static struct str narrow(struct plan_judge *j, struct str s)
{
    CLEANUP(buf_done) struct buf out;

    buf_init(&out, s.len + 1);
    for (size_t at = 0; at < s.len;) {
        uint32_t c = utf8_next(s, &at);

        if (utf8_put(c > 0xFF00 && c < 0xFF5F ? c - 0xFEE0 : c, &out))
            return s;
    }
    return out.len ? str_of(keep(j, buf_str(&out))) : s;
}

static void read_person(struct plan_judge *j, struct plan_line *line)
{
    struct str s = narrow(j, plan_cell(line, PLAN_PERSON));

    if (!s.len) {
        plan_fault(j, line, PLAN_PERSON, MSG_PLAN_EMPTY_PERSON);
        return;
    }
    if (!force_cell_is_id(s)) {
        plan_fault(j, line, PLAN_PERSON, MSG_PLAN_BAD_PERSON, {"value", shown(j, s)}, FORCE_NUMBER("max", FORCE_ID_MAX));
        return;
    }
    line->id = keep(j, s);
    line->known = force_person(j->f, line->id);
    line->name = read_name(j, line, PLAN_NAME);
    line->kana = read_name(j, line, PLAN_KANA);
    if (line->is_bad)
        return;
    if (!line->known && !*line->name)
        tell_no_person(j, line, s);
    else if (line->known && *line->name && !name_is(line->known->name, str_of(line->name)))
        plan_fault(j, line, PLAN_NAME, MSG_PLAN_OTHER_NAME, {"value", str_of(line->id)},
                   {"name", str_of(line->known->name)});
}

/* Empty cells that the row needs. */
static void check_filled(struct plan_judge *j, struct plan_line *line)
{
    bool has_place = plan_cell(line, PLAN_UNIT).len || plan_cell(line, PLAN_POST).len;
    bool has_from = plan_cell(line, PLAN_FROM).len, has_to = plan_cell(line, PLAN_TO).len;

    line->leaves = plan_cell(line, PLAN_LEAVING).len;
    if (!has_place && !has_from && !has_to) {
        if (!line->leaves)
            plan_fault(j, line, PLAN_PERSON, MSG_PLAN_NO_DEED);
        return;
    }
    line->appoints = has_from;
    line->ends = !has_from && has_to;
    if (!plan_cell(line, PLAN_UNIT).len)
        plan_fault(j, line, PLAN_UNIT, MSG_PLAN_EMPTY_UNIT);
    if (!plan_cell(line, PLAN_POST).len)
        plan_fault(j, line, PLAN_POST, MSG_PLAN_EMPTY_POST);
    if (!has_from && !has_to)
        plan_fault(j, line, PLAN_FROM, MSG_PLAN_NO_FROM);
}

static void check_unit_lives(struct plan_judge *j, struct plan_line *line)
{
    if (line->appoints && !line->is_bad && (line->unit->from_day > line->from || line->unit->to_day < line->from))
        plan_fault(j, line, PLAN_UNIT, MSG_PLAN_UNIT_GONE, {"value", plan_shown(j, line, PLAN_UNIT)},
                   {"day", plan_day_text(j, line->from)});
}

static void check_service(struct plan_judge *j, struct plan_line *line)
{
    const struct person *p = line->known;
    int32_t day = line->appoints ? line->from : line->leaves ? line->leaving : line->to;
    enum plan_column at = line->appoints ? PLAN_FROM : line->leaves ? PLAN_LEAVING : PLAN_TO;

    if (!p || line->is_bad)
        return;
    if (p->to_day < day && (line->appoints || p->to_day < j->today))
        plan_fault(j, line, at, MSG_PLAN_HAS_LEFT, {"day", plan_day_text(j, p->to_day)});
    else if (p->from_day > day)
        plan_fault(j, line, at, MSG_PLAN_NOT_HERE_YET, {"day", plan_day_text(j, p->from_day)});
}

static void read_line(struct plan_judge *j, struct plan_line *line)
{
    line->from = line->to = line->leaving = FORCE_OPEN;
    read_person(j, line);
    check_filled(j, line);
    line->rank = read_ref(j, line, PLAN_RANK, FORCE_RANKS);
    line->unit = read_ref(j, line, PLAN_UNIT, FORCE_UNITS);
    line->post = read_ref(j, line, PLAN_POST, FORCE_POSTS);
    read_kind(j, line);
    (void)read_day(j, line, PLAN_FROM, &line->from);
    line->has_to = read_day(j, line, PLAN_TO, &line->to);
    (void)read_day(j, line, PLAN_LEAVING, &line->leaving);
    if (line->id && !line->known && *line->name && !line->is_bad && !line->rank)
        plan_fault(j, line, PLAN_RANK, MSG_PLAN_NEW_RANK, {"value", str_of(line->id)});
    if (!line->is_bad && line->appoints && line->to < line->from)
        plan_fault(j, line, PLAN_TO, MSG_PLAN_ENDS_BEFORE);
    check_unit_lives(j, line);
    check_service(j, line);
}

static int read_lines(struct plan_judge *j)
{
    j->lines = arena_alloc_n(j->arena, j->n + 1, sizeof(*j->lines));
    j->sorted = arena_alloc_n(j->arena, j->n + 1, sizeof(struct plan_line *));
    if (!j->lines || !j->sorted)
        return -ENOMEM;
    for (size_t i = 0; i < j->n; i++) {
        struct plan_line *line = &j->lines[i];
        const struct csv_cell *cells = &j->table.cells[i * j->table.n_cols];

        *line = (struct plan_line){.no = cells[0].line};
        for (int c = 0; c < PLAN_COLUMNS; c++)
            line->cells[c] = j->col[c] < 0 ? NULL : &cells[j->col[c]];
        read_line(j, line);
        j->sorted[i] = line;
    }
    return j->out_of_memory ? -ENOMEM : 0;
}

/* ---- rows of one person ---- */

static int line_order(const void *a, const void *b)
{
    const struct plan_line *x = *(struct plan_line *const *)a, *y = *(struct plan_line *const *)b;
    int c = strcmp(x->id ? x->id : "", y->id ? y->id : "");

    if (c == 0 && x->from != y->from)
        c = x->from < y->from ? -1 : 1;
    return c != 0 ? c : x->no < y->no ? -1 : x->no > y->no;
}

static bool same_text(const char *a, const char *b)
{
    return !*a || !*b || strcmp(a, b) == 0;
}

static void compare_lines(struct plan_judge *j, const struct plan_line *a, struct plan_line *b)
{
    bool same_place = a->unit == b->unit && a->post == b->post && a->kind == b->kind;

    if (a->leaves && b->leaves)
        plan_fault(j, b, PLAN_LEAVING, MSG_PLAN_LEAVES_TWICE, {"line", plan_line_text(j, a)});
    else if (a->appoints && b->appoints && same_place && a->from == b->from)
        plan_fault(j, b, PLAN_PERSON, MSG_PLAN_TWICE, {"line", plan_line_text(j, a)});
    else if (a->ends && b->ends && same_place)
        plan_fault(j, b, PLAN_PERSON, MSG_PLAN_TWICE, {"line", plan_line_text(j, a)});
    else if (!a->known && (!same_text(a->name, b->name) || !same_text(a->kana, b->kana) || a->rank != b->rank))
        plan_fault(j, b, PLAN_NAME, MSG_PLAN_NEW_TWICE, {"line", plan_line_text(j, a)});
}

/* Each pair once; a person has few rows, but a table may give one person all of them. */
#define ROWS_OF_PERSON_MAX 200u

static void check_pairs(struct plan_judge *j)
{
    for (size_t i = 0; i < j->n; i++) {
        struct plan_line *b = j->sorted[i];

        for (size_t k = i; k-- > 0 && i - k <= ROWS_OF_PERSON_MAX;) {
            const struct plan_line *a = j->sorted[k];

            if (!b->id || !a->id || strcmp(a->id, b->id) != 0)
                break;
            if (i - k == ROWS_OF_PERSON_MAX)
                plan_fault(j, b, PLAN_PERSON, MSG_PLAN_MANY_OF_PERSON, FORCE_NUMBER("max", ROWS_OF_PERSON_MAX));
            else if (!a->is_bad && !b->is_bad)
                compare_lines(j, a, b);
        }
    }
}

/* ---- all of it ---- */

static int judge(struct plan_judge *j, struct plan *ret)
{
    int r;

    map_columns(j);
    if (j->table.n_rows > PLAN_ROWS_MAX || !j->table.n_rows) {
        j->n_faults++;
        diag_tell(j->diag, DIAG_ERROR, ((struct diag_place){.file = j->name}),
                  j->table.n_rows ? MSG_FORCE_MANY_ROWS : MSG_PLAN_NO_ROWS, FORCE_NUMBER("count", j->table.n_rows),
                  FORCE_NUMBER("max", PLAN_ROWS_MAX));
    }
    if (j->n_faults)
        return PLAN_E_INVALID;
    j->n = j->table.n_rows;
    if ((r = read_lines(j)))
        return r;
    qsort(j->sorted, j->n, sizeof(struct plan_line *), line_order);
    check_pairs(j);
    return plan_build(j, ret);
}

int plan_read(const struct force *before, const char *name, struct str text, int32_t today, struct plan **ret,
              struct diag *diag)
{
    CLEANUP(plan_freep) struct plan *p = calloc(1, sizeof(*p));
    struct plan_judge j = {.f = before, .name = name, .today = today, .diag = diag};
    int r;

    if (!p || !(p->arena = arena_new(PLAN_ARENA_MAX)))
        return -ENOMEM;
    j.arena = p->arena;
    if (text.len > PLAN_BYTES_MAX) {
        diag_tell(diag, DIAG_ERROR, ((struct diag_place){.file = name}), MSG_CSV_LARGE, FORCE_NUMBER("bytes", text.len),
                  FORCE_NUMBER("max", PLAN_BYTES_MAX));
        return PLAN_E_INVALID;
    }
    r = csv_parse(name, text, p->arena, &j.table, diag);
    if (r)
        return r < 0 ? r : PLAN_E_INVALID;
    if ((r = judge(&j, p)))
        return r;
    *ret = TAKE(p);
    return 0;
}

int plan_of_adopted(struct force *now, struct str text, int32_t today, struct plan **ret)
{
    CLEANUP(plan_freep) struct plan *p = calloc(1, sizeof(*p));
    struct plan_judge j = {.f = now, .name = "", .today = INT32_MIN};
    size_t past = 0;
    int r;

    if (!p || !(p->arena = arena_new(PLAN_ARENA_MAX)))
        return -ENOMEM;
    j.arena = p->arena;
    r = csv_parse("", text, p->arena, &j.table, NULL);
    if (r)
        return r < 0 ? r : PLAN_E_INVALID;
    map_columns(&j);
    if (j.n_faults)
        return PLAN_E_INVALID;
    j.n = j.table.n_rows;
    if ((r = read_lines(&j)))
        return r;
    qsort(j.sorted, j.n, sizeof(struct plan_line *), line_order);
    p->after = force_ref(now);
    if ((r = plan_tell(&j, p)))
        return r;
    while (past < p->n_days && p->days[past] <= today)
        past++;
    memmove(p->days, p->days + past, (p->n_days - past) * sizeof(p->days[0]));
    p->n_days -= past;
    *ret = TAKE(p);
    return 0;
}
