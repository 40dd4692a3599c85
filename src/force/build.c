/* From rows of cells to a snapshot: every cell is read and checked, every problem is told with its place, and only a set
 * without any is given out.
 *
 * Order: all rows are made first, then the ids are indexed, then references are looked up (a unit's parent may stand below
 * it), then what concerns several rows: cycles, overlaps, duplicates. A row with one bad cell still counts as present, so
 * that one mistake is told once and not again by everything that points at it. */
#include "force/cells.h"

#include <errno.h>
#include <stdlib.h>

enum { UNIT_ID, UNIT_PARENT, UNIT_NAME_JA, UNIT_NAME_EN, UNIT_KINDS, UNIT_FROM, UNIT_TO };
enum { RANK_ID, RANK_LEVEL, RANK_SERVICE, RANK_NAME_JA, RANK_NAME_EN };
enum { POST_ID, POST_NAME_JA, POST_NAME_EN, POST_IS_HEAD };
enum { PERSON_ID, PERSON_NAME, PERSON_KANA, PERSON_NAME_EN, PERSON_RANK, PERSON_FROM, PERSON_TO };
enum { APPT_ID, APPT_PERSON, APPT_POST, APPT_UNIT, APPT_KIND, APPT_FROM, APPT_TO };
enum {
    DELEG_ID,
    DELEG_KIND,
    DELEG_ROLE,
    DELEG_UNIT,
    DELEG_POST,
    DELEG_TO_UNIT,
    DELEG_ACTS,
    DELEG_FROM,
    DELEG_TO
};
enum { ROSTER_UNIT, ROSTER_DUTY, ROSTER_PERSON, ROSTER_FROM, ROSTER_TO };
enum { HOLIDAY_DAY, HOLIDAY_NAME_JA };
enum { MAILBOX_ADDRESS, MAILBOX_PERSON, MAILBOX_UNIT };

/* ---- rows ---- */

static size_t rows_of(const struct build *b, enum force_file file)
{
    return b->f->n[file];
}

static void read_kinds(struct build *b, struct place p, struct unit *u)
{
    struct str pieces[FORCE_KINDS_MAX];
    size_t n = force_cell_list(b, p, force_cell_is_id, MSG_FORCE_NOUN_KIND, "station", pieces);

    u->kinds = arena_alloc_n(b->f->arena, n + 1, sizeof(*u->kinds));
    if (u->kinds == NULL) {
        b->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        u->kinds[i] = force_cell_keep(b, pieces[i]);
    u->n_kinds = n;
}

static const char *read_acts(struct build *b, struct place p)
{
    struct str pieces[FORCE_KINDS_MAX];
    size_t n =
        force_cell_list(b, p, force_cell_is_id_pair, MSG_FORCE_NOUN_ACT, "register/step", pieces);

    buf_clear(&b->text);
    for (size_t i = 0; i < n; i++) {
        (void)buf_add_text(&b->text, i > 0 ? ";" : "");
        (void)buf_add_str(&b->text, pieces[i]);
    }
    if (buf_error(&b->text)) {
        b->out_of_memory = true;
        return "";
    }
    return force_cell_keep(b, buf_str(&b->text));
}

static void read_units(struct build *b)
{
    for (size_t row = 0; row < rows_of(b, FORCE_UNITS); row++) {
        struct unit *u = &b->f->units[row];
#define AT(column) ((struct place){FORCE_UNITS, row, (column)})
        u->id = force_cell_id(b, AT(UNIT_ID));
        u->name_ja = force_cell_name(b, AT(UNIT_NAME_JA), true);
        u->name_en = force_cell_name(b, AT(UNIT_NAME_EN), false);
        read_kinds(b, AT(UNIT_KINDS), u);
        force_cell_days(b, AT(UNIT_FROM), &u->from_day, &u->to_day);
#undef AT
    }
}

static void read_ranks(struct build *b)
{
    static const char *const services[] = {"police", "civilian"};

    for (size_t row = 0; row < rows_of(b, FORCE_RANKS); row++) {
        struct rank *k = &b->f->ranks[row];
        int64_t level = 0;
#define AT(column) ((struct place){FORCE_RANKS, row, (column)})
        k->id = force_cell_id(b, AT(RANK_ID));
        if (str_to_i64(force_cell_text(b, AT(RANK_LEVEL)), 0, 1000, &level) != 0)
            force_cell_bad(b, AT(RANK_LEVEL), MSG_FORCE_NO_LEVEL,
                           {"value", force_cell_shown(b, force_cell_text(b, AT(RANK_LEVEL)))});
        k->level = (int)level;
        k->is_civilian =
            force_cell_word(b, AT(RANK_SERVICE), services, 2, MSG_FORCE_RIGHT_SERVICE) == 1;
        k->name_ja = force_cell_name(b, AT(RANK_NAME_JA), true);
        k->name_en = force_cell_name(b, AT(RANK_NAME_EN), false);
#undef AT
    }
}

static void read_posts(struct build *b)
{
    static const char *const flags[] = {"no",   "yes",   "",  "true", "false",
                                        "TRUE", "FALSE", "1", "0"};
    static const bool heads[] = {false, true, false, true, false, true, false, true, false};

    for (size_t row = 0; row < rows_of(b, FORCE_POSTS); row++) {
        struct post *o = &b->f->posts[row];
        int flag;
#define AT(column) ((struct place){FORCE_POSTS, row, (column)})
        o->id = force_cell_id(b, AT(POST_ID));
        o->name_ja = force_cell_name(b, AT(POST_NAME_JA), true);
        o->name_en = force_cell_name(b, AT(POST_NAME_EN), false);
        flag = force_cell_word(b, AT(POST_IS_HEAD), flags, ARRAY_LEN(flags), MSG_FORCE_RIGHT_FLAG);
        o->is_head = flag >= 0 && heads[flag];
#undef AT
    }
}

static void read_persons(struct build *b)
{
    for (size_t row = 0; row < rows_of(b, FORCE_PERSONS); row++) {
        struct person *p = &b->f->persons[row];
#define AT(column) ((struct place){FORCE_PERSONS, row, (column)})
        p->id = force_cell_id(b, AT(PERSON_ID));
        p->name = force_cell_name(b, AT(PERSON_NAME), true);
        p->kana = force_cell_name(b, AT(PERSON_KANA), false);
        p->name_en = force_cell_name(b, AT(PERSON_NAME_EN), false);
        p->rank = force_cell_ref(b, AT(PERSON_RANK), FORCE_RANKS, true);
        force_cell_days(b, AT(PERSON_FROM), &p->from_day, &p->to_day);
#undef AT
    }
}

static void read_appointments(struct build *b)
{
    static const char *const kinds[] = {"regular", "concurrent", "acting"};

    for (size_t row = 0; row < rows_of(b, FORCE_APPOINTMENTS); row++) {
        struct appointment *a = &b->f->appointments[row];
        int kind;
#define AT(column) ((struct place){FORCE_APPOINTMENTS, row, (column)})
        a->id = force_cell_id(b, AT(APPT_ID));
        a->person = force_cell_ref(b, AT(APPT_PERSON), FORCE_PERSONS, true);
        a->post = force_cell_ref(b, AT(APPT_POST), FORCE_POSTS, true);
        a->unit = force_cell_ref(b, AT(APPT_UNIT), FORCE_UNITS, true);
        kind = force_cell_word(b, AT(APPT_KIND), kinds, 3, MSG_FORCE_RIGHT_APPOINTMENT);
        /* A wrong one counts as acting, which overlaps with nothing: told once. */
        a->kind = kind < 0 ? APPOINT_ACTING : (enum appointment_kind)kind;
        force_cell_days(b, AT(APPT_FROM), &a->from_day, &a->to_day);
#undef AT
    }
}

static void read_delegations(struct build *b)
{
    static const char *const kinds[] = {"senketsu", "daiketsu"};

    for (size_t row = 0; row < rows_of(b, FORCE_DELEGATIONS); row++) {
        struct delegation *d = &b->f->delegations[row];
        struct str role;
#define AT(column) ((struct place){FORCE_DELEGATIONS, row, (column)})
        d->id = force_cell_id(b, AT(DELEG_ID));
        d->kind = (enum delegation_kind)MAX_OF(
            force_cell_word(b, AT(DELEG_KIND), kinds, 2, MSG_FORCE_RIGHT_DELEGATION), 0);
        role = force_cell_text(b, AT(DELEG_ROLE));
        if (!force_cell_is_id_pair(role))
            force_cell_bad(b, AT(DELEG_ROLE), MSG_FORCE_NO_ROLE,
                           {"value", force_cell_shown(b, role)});
        d->role = force_cell_keep(b, role);
        d->unit = force_cell_ref(b, AT(DELEG_UNIT), FORCE_UNITS, false);
        d->to_post = force_cell_ref(b, AT(DELEG_POST), FORCE_POSTS, true);
        d->to_unit = force_cell_ref(b, AT(DELEG_TO_UNIT), FORCE_UNITS, true);
        d->acts = read_acts(b, AT(DELEG_ACTS));
        force_cell_days(b, AT(DELEG_FROM), &d->from_day, &d->to_day);
#undef AT
    }
}

static void read_roster(struct build *b)
{
    for (size_t row = 0; row < rows_of(b, FORCE_ROSTER); row++) {
        struct roster_row *r = &b->f->roster[row];
        bool good;
#define AT(column) ((struct place){FORCE_ROSTER, row, (column)})
        r->unit = force_cell_ref(b, AT(ROSTER_UNIT), FORCE_UNITS, true);
        r->duty = force_cell_id(b, AT(ROSTER_DUTY));
        r->person = force_cell_ref(b, AT(ROSTER_PERSON), FORCE_PERSONS, true);
        good = force_cell_instant(b, AT(ROSTER_FROM), &r->from_us);
        good = force_cell_instant(b, AT(ROSTER_TO), &r->to_us) && good;
        if (good && r->to_us <= r->from_us)
            force_cell_bad(b, AT(ROSTER_TO), MSG_FORCE_DUTY_ENDS);
#undef AT
    }
}

static void read_holidays(struct build *b)
{
    for (size_t row = 0; row < rows_of(b, FORCE_HOLIDAYS); row++) {
        struct holiday *h = &b->f->holidays[row];
#define AT(column) ((struct place){FORCE_HOLIDAYS, row, (column)})
        if (force_cell_text(b, AT(HOLIDAY_DAY)).len == 0)
            force_cell_bad(b, AT(HOLIDAY_DAY), MSG_FORCE_DAY_EMPTY);
        else
            (void)force_cell_day(b, AT(HOLIDAY_DAY), INT32_MIN, &h->day);
        h->name_ja = force_cell_name(b, AT(HOLIDAY_NAME_JA), true);
#undef AT
    }
}

static void read_mailboxes(struct build *b)
{
    for (size_t row = 0; row < rows_of(b, FORCE_ADDRESSES); row++) {
        struct mailbox *m = &b->f->mailboxes[row];
#define AT(column) ((struct place){FORCE_ADDRESSES, row, (column)})
        bool has_person = force_cell_text(b, AT(MAILBOX_PERSON)).len > 0;

        m->address = force_cell_address(b, AT(MAILBOX_ADDRESS));
        m->person = force_cell_ref(b, AT(MAILBOX_PERSON), FORCE_PERSONS, false);
        m->unit = force_cell_ref(b, AT(MAILBOX_UNIT), FORCE_UNITS, false);
        if (has_person == (force_cell_text(b, AT(MAILBOX_UNIT)).len > 0))
            force_cell_bad(b, AT(MAILBOX_PERSON), has_person ? MSG_FORCE_ADDRESS_BOTH : MSG_FORCE_ADDRESS_NOBODY);
#undef AT
    }
}

/* ---- several rows ---- */

/* Ids first, the row's address second: of two equal ids the one further down comes second. */
static int id_order(const void *a, const void *b)
{
    const char *const *x = *(const char *const *const *)a;
    const char *const *y = *(const char *const *const *)b;
    int c = strcmp(*x, *y);

    return c != 0 ? c : x < y ? -1 : x > y;
}

/* Sorts rows by id and tells duplicates; later ones are left out of the index. `rows` begin with their id. */
static void index_ids(struct build *b, enum force_file file, const void *rows, size_t size,
                      int id_column)
{
    size_t n = rows_of(b, file), kept = 0;
    const void **at = arena_alloc_n(b->f->arena, n + 1, sizeof(*at));
    size_t filled = 0;

    if (at == NULL) {
        b->out_of_memory = true;
        return;
    }
    for (size_t row = 0; row < n; row++) {
        const char *p = (const char *)rows + row * size;

        if (*(const char *const *)(const void *)p != NULL)
            at[filled++] = p;
    }
    qsort(at, filled, sizeof(*at), id_order);
    for (size_t i = 0; i < filled; i++) {
        const char *id = *(const char *const *)at[i];

        if (kept > 0 && strcmp(id, *(const char *const *)at[kept - 1]) == 0) {
            size_t row = (size_t)((const char *)at[i] - (const char *)rows) / size;
            size_t first = (size_t)((const char *)at[kept - 1] - (const char *)rows) / size;

            force_cell_bad(
                b, ((struct place){file, row, id_column}), file == FORCE_ADDRESSES ? MSG_FORCE_ADDRESS_TWICE : MSG_FORCE_ID_TWICE,
                MESSAGE_WORD("row", force_row_word[file]), {"value", str_of(id)},
                FORCE_NUMBER("line",
                             force_cell_at(b, (struct place){file, first, id_column})->line));
            continue;
        }
        at[kept++] = at[i];
    }
    if (file <= FORCE_APPOINTMENTS)
        b->f->by_id[file] = (struct id_index){at, kept};
    else if (file == FORCE_ADDRESSES)
        b->f->by_address = (struct id_index){at, kept};
}

static void resolve_parents(struct build *b)
{
    for (size_t row = 0; row < rows_of(b, FORCE_UNITS); row++)
        b->f->units[row].parent =
            force_cell_ref(b, (struct place){FORCE_UNITS, row, UNIT_PARENT}, FORCE_UNITS, false);
}

static void tell_cycle(struct build *b, const struct unit *at)
{
    CLEANUP(buf_done) struct buf path;
    const struct unit *u = at;
    size_t n = 0;

    buf_init(&path, (FORCE_DEPTH_MAX + 2) * (FORCE_ID_MAX + 8));
    do {
        (void)buf_printf(&path, "%s → ", u->id ? u->id : "?");
        u = u->parent;
    } while (u != at && ++n < FORCE_DEPTH_MAX);
    (void)buf_add_text(&path, u == at && at->id ? at->id : "…");
    if (buf_error(&path)) {
        b->out_of_memory = true;
        return;
    }
    force_cell_bad(b, ((struct place){FORCE_UNITS, (size_t)(at - b->f->units), UNIT_PARENT}),
                   MSG_FORCE_CIRCLE, {"path", buf_str(&path)});
}

/* Walk up from each unit until something known; meeting the own walk again is a cycle, and each is told once. */
static void check_cycles(struct build *b)
{
    size_t n = rows_of(b, FORCE_UNITS);
    uint32_t *walk = calloc(n + 1, sizeof(*walk)); /* number of the walk that passed here; 0 none */

    if (walk == NULL) {
        b->out_of_memory = true;
        return;
    }
    for (size_t row = 0; row < n; row++) {
        const struct unit *u = &b->f->units[row];

        while (u != NULL && walk[u - b->f->units] == 0) {
            walk[u - b->f->units] = (uint32_t)row + 1;
            u = u->parent;
        }
        if (u != NULL && walk[u - b->f->units] == (uint32_t)row + 1)
            tell_cycle(b, u);
    }
    free(walk);
}

static void check_depth(struct build *b)
{
    for (size_t row = 0; row < rows_of(b, FORCE_UNITS); row++) {
        const struct unit *u = &b->f->units[row];
        unsigned depth = 0;

        while (u != NULL && depth <= FORCE_DEPTH_MAX) {
            u = u->parent;
            depth++;
        }
        if (depth > FORCE_DEPTH_MAX)
            force_cell_bad(b, ((struct place){FORCE_UNITS, row, UNIT_PARENT}), MSG_FORCE_DEEP,
                           FORCE_NUMBER("max", FORCE_DEPTH_MAX));
    }
}

/* Regular appointments of one person side by side in time. */
static int regular_order(const void *a, const void *b)
{
    const struct appointment *x = *(const struct appointment *const *)a;
    const struct appointment *y = *(const struct appointment *const *)b;

    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    if (x->from_day != y->from_day)
        return x->from_day < y->from_day ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void tell_overlap(struct build *b, const struct appointment *a,
                         const struct appointment *other)
{
    size_t row = (size_t)(a - b->f->appointments), other_row = (size_t)(other - b->f->appointments);

    force_cell_bad(
        b, ((struct place){FORCE_APPOINTMENTS, row, APPT_FROM}), MSG_FORCE_OVERLAP,
        {"person", str_of(a->person->id ? a->person->id : "?")},
        FORCE_NUMBER(
            "line",
            force_cell_at(b, (struct place){FORCE_APPOINTMENTS, other_row, APPT_FROM})->line));
}

static void check_overlaps(struct build *b)
{
    size_t n = rows_of(b, FORCE_APPOINTMENTS), m = 0;
    const struct appointment **at = calloc(n + 1, sizeof(const struct appointment *)), *last = NULL;

    if (at == NULL) {
        b->out_of_memory = true;
        return;
    }
    for (size_t row = 0; row < n; row++) {
        const struct appointment *a = &b->f->appointments[row];

        if (a->kind == APPOINT_REGULAR && a->person != NULL && a->from_day <= a->to_day)
            at[m++] = a;
    }
    qsort(at, m, sizeof(const struct appointment *), regular_order);
    for (size_t i = 0; i < m; i++) {
        if (last != NULL && last->person == at[i]->person && at[i]->from_day <= last->to_day)
            tell_overlap(b, at[i], last);
        if (last == NULL || last->person != at[i]->person || at[i]->to_day > last->to_day)
            last = at[i];
    }
    free(at);
}

static int post_of_duty_order(const void *a, const void *b)
{
    const struct roster_row *x = *(const struct roster_row *const *)a;
    const struct roster_row *y = *(const struct roster_row *const *)b;
    int c = strcmp(x->duty, y->duty);

    if (c != 0)
        return c;
    if (x->unit != y->unit)
        return x->unit < y->unit ? -1 : 1;
    if (x->from_us != y->from_us)
        return x->from_us < y->from_us ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void check_roster(struct build *b)
{
    size_t n = rows_of(b, FORCE_ROSTER), m = 0;
    const struct roster_row **at = calloc(n + 1, sizeof(const struct roster_row *));

    if (at == NULL) {
        b->out_of_memory = true;
        return;
    }
    for (size_t row = 0; row < n; row++) {
        if (b->f->roster[row].unit != NULL && b->f->roster[row].duty != NULL)
            at[m++] = &b->f->roster[row];
    }
    qsort(at, m, sizeof(const struct roster_row *), post_of_duty_order);
    for (size_t i = 1; i < m; i++) {
        const struct roster_row *r = at[i], *before = at[i - 1];

        if (strcmp(r->duty, before->duty) == 0 && r->unit == before->unit &&
            r->from_us == before->from_us)
            force_cell_bad(
                b, ((struct place){FORCE_ROSTER, (size_t)(r - b->f->roster), ROSTER_FROM}),
                MSG_FORCE_DUTY_TWICE,
                FORCE_NUMBER("line",
                             force_cell_at(b, (struct place){FORCE_ROSTER,
                                                             (size_t)(before - b->f->roster),
                                                             ROSTER_FROM})
                                 ->line));
    }
    free(at);
}

static int holiday_order(const void *a, const void *b)
{
    const struct holiday *x = *(const struct holiday *const *)a;
    const struct holiday *y = *(const struct holiday *const *)b;

    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void check_holidays(struct build *b)
{
    size_t n = rows_of(b, FORCE_HOLIDAYS);
    const struct holiday **at = calloc(n + 1, sizeof(const struct holiday *));

    if (at == NULL) {
        b->out_of_memory = true;
        return;
    }
    for (size_t row = 0; row < n; row++)
        at[row] = &b->f->holidays[row];
    qsort(at, n, sizeof(const struct holiday *), holiday_order);
    for (size_t i = 1; i < n; i++) {
        struct place first = {FORCE_HOLIDAYS, (size_t)(at[i - 1] - b->f->holidays), HOLIDAY_DAY};

        if (at[i]->day == at[i - 1]->day && at[i]->day != INT32_MIN)
            force_cell_bad(
                b, ((struct place){FORCE_HOLIDAYS, (size_t)(at[i] - b->f->holidays), HOLIDAY_DAY}),
                MSG_FORCE_DAY_TWICE, FORCE_NUMBER("line", force_cell_at(b, first)->line));
    }
    free(at);
}

/* ---- all of it ---- */

static void tell_header(struct build *b, enum force_file file, const struct csv_cell *cell,
                        enum message_key key, struct str name)
{
    struct diag_place at = {b->sources[file].name, cell ? cell->line : 1, cell ? cell->col : 1,
                            NULL};

    b->n_errors++;
    diag_tell(b->diag, DIAG_ERROR, at, key, {"column", force_cell_shown(b, name)});
}

static void map_columns(struct build *b, enum force_file file)
{
    const struct csv_table *t = &b->sources[file].cells;
    size_t n;
    const char *const *names = force_columns(file, &n);

    for (size_t i = 0; i < n; i++) {
        b->col[file][i] = csv_col(t, names[i]);
        if (b->col[file][i] < 0)
            tell_header(b, file, NULL, MSG_FORCE_NO_COLUMN, str_of(names[i]));
    }
    for (size_t c = 0; c < t->n_cols; c++) {
        bool known = false;

        for (size_t i = 0; i < n; i++)
            known = known || b->col[file][i] == (int)c;
        if (!known)
            tell_header(b, file, &t->header[c], MSG_FORCE_UNKNOWN_COLUMN, t->header[c].text);
    }
}

static void map_sources(struct build *b)
{
    for (enum force_file file = FORCE_UNITS; file < FORCE_FILES; file++) {
        const struct source *s = &b->sources[file];

        if (s->is_absent && file <= FORCE_APPOINTMENTS) {
            b->n_errors++;
            diag_tell(b->diag, DIAG_ERROR, ((struct diag_place){.file = s->name}),
                      MSG_FORCE_NO_FILE);
        }
        if (s->is_absent)
            continue;
        map_columns(b, file);
        if (s->cells.n_rows > FORCE_ROWS_MAX) {
            b->n_errors++;
            diag_tell(b->diag, DIAG_ERROR, ((struct diag_place){.file = s->name}),
                      MSG_FORCE_MANY_ROWS, FORCE_NUMBER("count", s->cells.n_rows),
                      FORCE_NUMBER("max", FORCE_ROWS_MAX));
        }
        b->f->n[file] = s->cells.n_rows;
    }
}

static int allocate(struct force *f)
{
    f->units = arena_alloc_n(f->arena, f->n[FORCE_UNITS] + 1, sizeof(*f->units));
    f->ranks = arena_alloc_n(f->arena, f->n[FORCE_RANKS] + 1, sizeof(*f->ranks));
    f->posts = arena_alloc_n(f->arena, f->n[FORCE_POSTS] + 1, sizeof(*f->posts));
    f->persons = arena_alloc_n(f->arena, f->n[FORCE_PERSONS] + 1, sizeof(*f->persons));
    f->appointments =
        arena_alloc_n(f->arena, f->n[FORCE_APPOINTMENTS] + 1, sizeof(*f->appointments));
    f->delegations = arena_alloc_n(f->arena, f->n[FORCE_DELEGATIONS] + 1, sizeof(*f->delegations));
    f->roster = arena_alloc_n(f->arena, f->n[FORCE_ROSTER] + 1, sizeof(*f->roster));
    f->holidays = arena_alloc_n(f->arena, f->n[FORCE_HOLIDAYS] + 1, sizeof(*f->holidays));
    f->mailboxes = arena_alloc_n(f->arena, f->n[FORCE_ADDRESSES] + 1, sizeof(*f->mailboxes));
    if (f->units == NULL || f->ranks == NULL || f->posts == NULL || f->persons == NULL ||
        f->appointments == NULL || f->delegations == NULL || f->roster == NULL ||
        f->holidays == NULL || f->mailboxes == NULL)
        return -ENOMEM;
    return 0;
}

static void read_tables(struct build *b)
{
    struct force *f = b->f;

    read_units(b);
    index_ids(b, FORCE_UNITS, f->units, sizeof(*f->units), UNIT_ID);
    resolve_parents(b);
    read_ranks(b);
    index_ids(b, FORCE_RANKS, f->ranks, sizeof(*f->ranks), RANK_ID);
    read_posts(b);
    index_ids(b, FORCE_POSTS, f->posts, sizeof(*f->posts), POST_ID);
    read_persons(b);
    index_ids(b, FORCE_PERSONS, f->persons, sizeof(*f->persons), PERSON_ID);
    read_appointments(b);
    index_ids(b, FORCE_APPOINTMENTS, f->appointments, sizeof(*f->appointments), APPT_ID);
    read_delegations(b);
    index_ids(b, FORCE_DELEGATIONS, f->delegations, sizeof(*f->delegations), DELEG_ID);
    read_roster(b);
    read_holidays(b);
    read_mailboxes(b);
    index_ids(b, FORCE_ADDRESSES, f->mailboxes, sizeof(*f->mailboxes), MAILBOX_ADDRESS);
}

static void check_rows(struct build *b)
{
    size_t before = b->n_errors;

    check_cycles(b);
    if (b->n_errors == before && !b->out_of_memory)
        check_depth(b);
    check_overlaps(b);
    check_roster(b);
    check_holidays(b);
}

static int list_rows(struct force *f)
{
    const void *const rows[] = {f->units, f->ranks, f->posts, f->persons, f->appointments};
    static const size_t sizes[] = {sizeof(*f->units), sizeof(*f->ranks), sizeof(*f->posts),
                                   sizeof(*f->persons), sizeof(*f->appointments)};

    for (enum force_file file = FORCE_UNITS; file <= FORCE_APPOINTMENTS; file++) {
        f->listed[file] = arena_alloc_n(f->arena, f->n[file] + 1, sizeof(const void *));
        if (f->listed[file] == NULL)
            return -ENOMEM;
        for (size_t i = 0; i < f->n[file]; i++)
            f->listed[file][i] = (const char *)rows[file] + i * sizes[file];
    }
    return 0;
}

static int build(struct build *b)
{
    int r;

    map_sources(b);
    if (b->n_errors > 0)
        return FORCE_E_INVALID;
    r = allocate(b->f);
    if (r < 0)
        return r;
    read_tables(b);
    if (b->out_of_memory)
        return -ENOMEM;
    check_rows(b);
    if (b->out_of_memory)
        return -ENOMEM;
    if (b->n_errors > 0)
        return FORCE_E_INVALID;
    r = list_rows(b->f);
    return r < 0 ? r : force_index(b->f);
}

int force_build(const struct source sources[FORCE_FILES], struct force **ret, struct diag *diag)
{
    CLEANUP(force_unrefp) struct force *f = force_new();
    struct build b = {.f = f, .sources = sources, .diag = diag};
    int r;

    if (f == NULL)
        return -ENOMEM;
    buf_init(&b.text, 1u << 20);
    r = build(&b);
    buf_done(&b.text);
    if (r == 0)
        *ret = TAKE(f);
    return r;
}
