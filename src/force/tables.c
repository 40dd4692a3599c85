/* The force in the store's tables. Rows come out as cells of text, so that what is in the tables passes the same checks
 * as a file; what goes in takes the cells of the export. One spelling, one set of rules. */
#include "base/tell.h"
#include "force/snapshot.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>

#define CELLS_MAX ((size_t)1 << 30)

/* What a column of a statement holds, and how it is spelt as a cell. */
enum {
    SKIP = '-',    /* not ours */
    TEXT = 't',    /* as it is */
    NUMBER = 'n',  /* whole number */
    FLAG = 'f',    /* 0 or 1: no, yes */
    DAY = 'd',     /* day; NULL or the smallest number: empty */
    INSTANT = 'i', /* microseconds: UTC */
};

struct table {
    const char *name; /* for diag */
    enum store_stmt list, set, clear;
    const char *list_types; /* one letter a column of `list` */
    const char
        *list_names[FORCE_COLUMNS_MAX]; /* column of the CSV file, without the skipped ones */
};

static const struct table tables[FORCE_FILES] = {
    [FORCE_UNITS] = {"table unit",
                     STMT_UNIT_LIST,
                     STMT_UNIT_SET,
                     STMT_UNIT_CLEAR,
                     "tttttdd",
                     {"id", "parent", "name_ja", "name_en", "kinds", "from", "to"}},
    [FORCE_RANKS] = {"table rank",
                     STMT_RANK_LIST,
                     STMT_RANK_SET,
                     STMT_RANK_CLEAR,
                     "tnttt",
                     {"id", "level", "name_ja", "name_en", "service"}},
    [FORCE_POSTS] = {"table post",
                     STMT_POST_LIST,
                     STMT_POST_SET,
                     STMT_POST_CLEAR,
                     "tttf-",
                     {"id", "name_ja", "name_en", "is_head"}},
    [FORCE_PERSONS] = {"table person",
                       STMT_PERSON_LIST,
                       STMT_PERSON_SET,
                       STMT_PERSON_CLEAR,
                       "tttttdd",
                       {"id", "name", "kana", "name_en", "rank", "from", "to"}},
    [FORCE_APPOINTMENTS] = {"table appointment",
                            STMT_APPOINTMENT_LIST,
                            STMT_APPOINTMENT_SET,
                            STMT_APPOINTMENT_CLEAR,
                            "tttttdd",
                            {"id", "person", "post", "unit", "kind", "from", "to"}},
    [FORCE_DELEGATIONS] = {"table delegation",
                           STMT_DELEGATION_LIST,
                           STMT_DELEGATION_SET,
                           STMT_DELEGATION_CLEAR,
                           "tttttttdd",
                           {"id", "kind", "role", "unit", "post", "to_unit", "acts", "from", "to"}},
    [FORCE_ROSTER] = {"table roster",
                      STMT_ROSTER_LIST,
                      STMT_ROSTER_SET,
                      STMT_ROSTER_CLEAR,
                      "-tttii",
                      {"unit", "duty", "person", "from", "to"}},
    [FORCE_HOLIDAYS] = {"table holiday",
                        STMT_HOLIDAY_LIST,
                        STMT_HOLIDAY_SET,
                        STMT_HOLIDAY_CLEAR,
                        "dt",
                        {"day", "name_ja"}},
    [FORCE_ADDRESSES] = {"table mailbox",
                         STMT_MAILBOX_LIST,
                         STMT_MAILBOX_SET,
                         STMT_MAILBOX_CLEAR,
                         "ttt",
                         {"address", "person", "unit"}},
};

/* ---- reading ---- */

struct reading {
    struct arena *arena;
    struct buf text; /* one cell */
};

static int read_cell(struct reading *g, struct rows *rows, int col, char type, struct str *ret)
{
    int r = 0;

    buf_clear(&g->text);
    if (type == TEXT)
        r = buf_add_str(&g->text, rows_str(rows, col));
    else if (rows_is_null(rows, col))
        r = 0;
    else if (type == NUMBER)
        r = buf_printf(&g->text, "%lld", (long long)rows_int(rows, col));
    else if (type == FLAG)
        r = buf_add_text(&g->text, rows_int(rows, col) ? "yes" : "no");
    else if (type == INSTANT)
        r = instant_print_utc((uint64_t)rows_int(rows, col), &g->text);
    else if (rows_int(rows, col) > INT32_MIN && rows_int(rows, col) < FORCE_OPEN)
        r = day_print_iso((int32_t)rows_int(rows, col), &g->text);
    if (r < 0)
        return r;
    *ret = arena_str(g->arena, buf_str(&g->text));
    return ret->at == NULL && g->text.len > 0 ? -ENOMEM : 0;
}

static int read_row(struct reading *g, struct rows *rows, const char *types, unsigned line,
                    struct buf *cells)
{
    unsigned n = 0;

    for (int col = 0; types[col] != '\0'; col++) {
        struct csv_cell cell = {.line = line};
        int r;

        if (types[col] == SKIP)
            continue;
        r = read_cell(g, rows, col, types[col], &cell.text);
        if (r < 0)
            return r;
        cell.col = ++n;
        r = buf_add(cells, &cell, sizeof(cell));
        if (r < 0)
            return r;
    }
    return 0;
}

static int query(struct store *s, enum force_file file, struct rows **ret)
{
    if (file == FORCE_ROSTER)
        return STORE_QUERY(s, ret, tables[file].list, V_INT(INT32_MIN), V_INT(INT32_MAX));
    return STORE_QUERY(s, ret, tables[file].list);
}

static int read_header(struct reading *g, enum force_file file, struct source *ret)
{
    size_t n;

    (void)force_columns(file, &n);
    ret->name = tables[file].name;
    ret->cells.n_cols = n;
    ret->cells.header = arena_alloc_n(g->arena, n, sizeof(struct csv_cell));
    if (ret->cells.header == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        ret->cells.header[i] =
            (struct csv_cell){str_of(tables[file].list_names[i]), 0, (unsigned)i + 1};
    return 0;
}

static int read_rows(struct reading *g, struct store *s, enum force_file file, struct buf *cells,
                     size_t *ret_n)
{
    ROWS_AUTO *rows = NULL;
    size_t n = 0;
    int r = store_errno(query(s, file, &rows));

    if (r < 0)
        return r;
    while ((r = rows_next(rows)) == 1) {
        if (n++ == FORCE_ROWS_MAX)
            return -EFBIG;
        r = read_row(g, rows, tables[file].list_types, (unsigned)n, cells);
        if (r < 0)
            return r;
    }
    *ret_n = n;
    return r;
}

static int read_table(struct reading *g, struct store *s, enum force_file file, struct source *ret)
{
    struct buf cells;
    int r = read_header(g, file, ret);

    if (r < 0)
        return r;
    buf_init(&cells, CELLS_MAX);
    r = read_rows(g, s, file, &cells, &ret->cells.n_rows);
    if (r == 0 && cells.len > 0) {
        ret->cells.cells = arena_alloc(g->arena, cells.len);
        if (ret->cells.cells == NULL)
            r = -ENOMEM;
        else
            memcpy(ret->cells.cells, cells.at, cells.len);
    }
    buf_done(&cells);
    return r;
}

int force_load_store(struct store *s, struct force **ret, struct diag *diag)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(CELLS_MAX);
    struct source sources[FORCE_FILES] = {{0}};
    struct reading g = {.arena = arena};
    bool own = !store_in_transaction(s);
    int r = 0;

    if (arena == NULL)
        return -ENOMEM;
    /* One state of all tables, also while the keeper replaces them. */
    if (own)
        r = store_errno(store_begin_read(s));
    if (r < 0)
        return r;
    buf_init(&g.text, 1u << 20);
    for (enum force_file file = FORCE_UNITS; r == 0 && file < FORCE_FILES; file++) {
        r = read_table(&g, s, file, &sources[file]);
        if (r < 0)
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_FORCE_FAULT_TABLE_READ, {"table", str_of(tables[file].name)},
                      {"why", str_of(store_message(s))});
    }
    buf_done(&g.text);
    if (own)
        store_end_read(s);
    return r < 0 ? r : force_build(sources, ret, diag);
}

/* ---- writing ---- */

static struct value v_day(int32_t day)
{
    return day == INT32_MIN || day == FORCE_OPEN ? V_NULL : V_INT(day);
}

static int set_unit(struct store *s, const struct unit *u, const struct str *cells)
{
    return STORE_RUN(s, STMT_UNIT_SET, V_TEXT(u->id), V_TEXT(u->parent ? u->parent->id : ""),
                     V_TEXT(u->name_ja), V_TEXT(u->name_en), V_STR(cells[4]), v_day(u->from_day),
                     v_day(u->to_day));
}

static int set_rank(struct store *s, const struct rank *k)
{
    return STORE_RUN(s, STMT_RANK_SET, V_TEXT(k->id), V_INT(k->level), V_TEXT(k->name_ja),
                     V_TEXT(k->name_en), V_TEXT(k->is_civilian ? "civilian" : "police"));
}

static int set_post(struct store *s, const struct post *o)
{
    return STORE_RUN(s, STMT_POST_SET, V_TEXT(o->id), V_TEXT(o->name_ja), V_TEXT(o->name_en),
                     V_INT(o->is_head), V_TEXT(""));
}

static int set_person(struct store *s, const struct person *p)
{
    return STORE_RUN(s, STMT_PERSON_SET, V_TEXT(p->id), V_TEXT(p->name), V_TEXT(p->kana),
                     V_TEXT(p->name_en), V_TEXT(p->rank->id), v_day(p->from_day), v_day(p->to_day));
}

/* The first day is never NULL in these two tables; the smallest number stands for "since ever". */
static int set_appointment(struct store *s, const struct appointment *a, const struct str *cells)
{
    return STORE_RUN(s, STMT_APPOINTMENT_SET, V_TEXT(a->id), V_TEXT(a->person->id),
                     V_TEXT(a->post->id), V_TEXT(a->unit->id), V_STR(cells[4]), V_INT(a->from_day),
                     v_day(a->to_day));
}

static int set_delegation(struct store *s, const struct delegation *d, const struct str *cells)
{
    return STORE_RUN(s, STMT_DELEGATION_SET, V_TEXT(d->id), V_STR(cells[1]), V_TEXT(d->role),
                     V_TEXT(d->unit ? d->unit->id : ""), V_TEXT(d->to_post->id),
                     V_TEXT(d->to_unit->id), V_TEXT(d->acts), V_INT(d->from_day), v_day(d->to_day));
}

static int set_roster(struct store *s, const struct roster_row *r)
{
    return STORE_RUN(s, STMT_ROSTER_SET, V_INT(day_of_instant(r->from_us)), V_TEXT(r->unit->id),
                     V_TEXT(r->duty), V_TEXT(r->person->id), V_INT(r->from_us), V_INT(r->to_us));
}

static int set_row(const struct force *f, struct store *s, enum force_file file, size_t row,
                   const struct str *cells)
{
    switch (file) {
    case FORCE_UNITS:
        return set_unit(s, &f->units[row], cells);
    case FORCE_RANKS:
        return set_rank(s, &f->ranks[row]);
    case FORCE_POSTS:
        return set_post(s, &f->posts[row]);
    case FORCE_PERSONS:
        return set_person(s, &f->persons[row]);
    case FORCE_APPOINTMENTS:
        return set_appointment(s, &f->appointments[row], cells);
    case FORCE_DELEGATIONS:
        return set_delegation(s, &f->delegations[row], cells);
    case FORCE_ROSTER:
        return set_roster(s, &f->roster[row]);
    case FORCE_HOLIDAYS:
        return STORE_RUN(s, STMT_HOLIDAY_SET, V_INT(f->holidays[row].day),
                         V_TEXT(f->holidays[row].name_ja));
    case FORCE_ADDRESSES:
        return STORE_RUN(s, STMT_MAILBOX_SET, V_STR(cells[0]), V_STR(cells[1]), V_STR(cells[2]));
    case FORCE_FILES:
        break;
    }
    return -EINVAL;
}

static int save_table(const struct force *f, struct store *s, enum force_file file,
                      struct buf *text)
{
    struct str cells[FORCE_COLUMNS_MAX];
    int r = STORE_RUN(s, tables[file].clear);

    for (size_t row = 0; r == 0 && row < f->n[file]; row++) {
        r = force_row(f, file, row, text, cells);
        if (r >= 0)
            r = set_row(f, s, file, row, cells);
    }
    return store_errno(r);
}

int force_save_store(const struct force *f, struct store *s, struct diag *diag)
{
    struct buf text;
    int r = 0;

    buf_init(&text, 1u << 20);
    for (enum force_file file = FORCE_UNITS; r == 0 && file < FORCE_FILES; file++) {
        r = save_table(f, s, file, &text);
        if (r < 0)
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_FORCE_FAULT_TABLE_WRITTEN, {"table", str_of(tables[file].name)},
                      {"why", str_of(store_message(s))});
    }
    buf_done(&text);
    return r;
}
