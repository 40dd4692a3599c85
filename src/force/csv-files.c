/* The force as CSV files: reading a folder or texts, and writing one table. */
#include "base/file.h"
#include "base/tell.h"
#include "force/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Cells of all files while they are checked; gone afterwards. */
#define CELLS_MAX ((size_t)1 << 30)

const char *force_file_name(enum force_file file)
{
    static const char *const names[FORCE_FILES] = {
        "units.csv",        "ranks.csv",       "posts.csv",  "persons.csv",
        "appointments.csv", "delegations.csv", "roster.csv", "holidays.csv",
        "addresses.csv",
    };

    return names[file];
}

/* All files are read before any is judged, so that every unreadable line is told in one go. */
static int load_named(const struct str texts[FORCE_FILES], const char *const names[FORCE_FILES],
                      struct force **ret, struct diag *diag)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(CELLS_MAX);
    struct source sources[FORCE_FILES] = {{0}};
    bool bad = false;

    if (arena == NULL)
        return -ENOMEM;
    for (enum force_file file = FORCE_UNITS; file < FORCE_FILES; file++) {
        int r = 0;

        sources[file].name = names[file];
        sources[file].is_absent = texts[file].len == 0;
        if (!sources[file].is_absent)
            r = csv_parse(names[file], texts[file], arena, &sources[file].cells, diag);
        if (r < 0)
            return r;
        bad = bad || r > 0;
    }
    return bad ? FORCE_E_INVALID : force_build(sources, ret, diag);
}

int force_load_texts(const struct str texts[FORCE_FILES], struct force **ret, struct diag *diag)
{
    const char *names[FORCE_FILES];

    for (enum force_file file = FORCE_UNITS; file < FORCE_FILES; file++)
        names[file] = force_file_name(file);
    return load_named(texts, names, ret, diag);
}

struct folder {
    struct buf texts[FORCE_FILES];
    char *names[FORCE_FILES];
};

static void folder_done(struct folder *d)
{
    for (size_t i = 0; i < FORCE_FILES; i++) {
        buf_done(&d->texts[i]);
        free(d->names[i]);
    }
}

static int read_folder(struct folder *d, const char *dir, struct diag *diag)
{
    bool bad = false;

    for (enum force_file file = FORCE_UNITS; file < FORCE_FILES; file++) {
        struct diag silent;
        int r;

        buf_init(&d->texts[file], CSV_MAX_BYTES);
        if (asprintf(&d->names[file], "%s/%s", dir, force_file_name(file)) < 0) {
            d->names[file] = NULL;
            return -ENOMEM;
        }
        /* A missing file is judged by force_build(), which knows which ones are needed. */
        diag_init(&silent);
        r = file_read(d->names[file], CSV_MAX_BYTES, &d->texts[file], &silent);
        if (r != 0 && r != FILE_E_MISSING)
            diag_add(diag, DIAG_ERROR, d->names[file], 0, 0, "%s", diag_first(&silent));
        diag_done(&silent);
        if (r < 0)
            return r;
        if (r == 0 && d->texts[file].len == 0) {
            diag_tell(diag, DIAG_ERROR, ((struct diag_place){d->names[file], 1, 1, NULL}), MSG_CSV_EMPTY);
            bad = true;
        }
        bad = bad || r == FILE_E_LIMIT;
    }
    return bad ? FORCE_E_INVALID : 0;
}

int force_load_dir(const char *dir, struct force **ret, struct diag *diag)
{
    CLEANUP(folder_done) struct folder d = {0};
    struct str texts[FORCE_FILES];
    const char *names[FORCE_FILES];
    int r = read_folder(&d, dir, diag);

    if (r != 0)
        return r;
    for (size_t i = 0; i < FORCE_FILES; i++) {
        texts[i] = buf_str(&d.texts[i]);
        names[i] = d.names[i];
    }
    return load_named(texts, names, ret, diag);
}

/* ---- writing ---- */

/* Cells are collected as offsets first, since the buffer may move while it grows. */
struct row {
    struct buf *text;
    size_t end[FORCE_COLUMNS_MAX];
    size_t n;
};

static void end_cell(struct row *r)
{
    assert(r->n < FORCE_COLUMNS_MAX);
    r->end[r->n++] = r->text->len;
}

static void put_text(struct row *r, const char *s)
{
    (void)buf_add_text(r->text, s);
    end_cell(r);
}

static void put_id(struct row *r, const void *object)
{
    put_text(r, object == NULL ? "" : *(const char *const *)object);
}

static void put_days(struct row *r, int32_t from, int32_t to)
{
    if (from != INT32_MIN)
        (void)day_print_iso(from, r->text);
    end_cell(r);
    if (to != FORCE_OPEN)
        (void)day_print_iso(to, r->text);
    end_cell(r);
}

/* Local time to the minute where that is exact, as a person writes it; otherwise UTC with its fraction. */
static void put_instant(struct row *r, uint64_t t_us)
{
    size_t start = r->text->len;

    if (t_us % (60 * US_PER_SECOND) != 0) {
        (void)instant_print_utc(t_us, r->text);
    } else if (instant_print_local(t_us, r->text) == 0) {
        char *space = memchr(r->text->at + start, ' ', r->text->len - start);

        if (space != NULL)
            *space = 'T';
    }
    end_cell(r);
}

static void put_unit(struct row *r, const struct unit *u)
{
    put_text(r, u->id);
    put_id(r, u->parent);
    put_text(r, u->name_ja);
    put_text(r, u->name_en);
    for (size_t i = 0; i < u->n_kinds; i++) {
        (void)buf_add_text(r->text, i > 0 ? ";" : "");
        (void)buf_add_text(r->text, u->kinds[i]);
    }
    end_cell(r);
    put_days(r, u->from_day, u->to_day);
}

static void put_rank(struct row *r, const struct rank *k)
{
    put_text(r, k->id);
    (void)buf_printf(r->text, "%d", k->level);
    end_cell(r);
    put_text(r, k->is_civilian ? "civilian" : "police");
    put_text(r, k->name_ja);
    put_text(r, k->name_en);
}

static void put_post(struct row *r, const struct post *o)
{
    put_text(r, o->id);
    put_text(r, o->name_ja);
    put_text(r, o->name_en);
    put_text(r, o->is_head ? "yes" : "no");
}

static void put_person(struct row *r, const struct person *p)
{
    put_text(r, p->id);
    put_text(r, p->name);
    put_text(r, p->kana);
    put_text(r, p->name_en);
    put_id(r, p->rank);
    put_days(r, p->from_day, p->to_day);
}

static void put_appointment(struct row *r, const struct appointment *a)
{
    static const char *const kinds[] = {"regular", "concurrent", "acting"};

    put_text(r, a->id);
    put_id(r, a->person);
    put_id(r, a->post);
    put_id(r, a->unit);
    put_text(r, kinds[a->kind]);
    put_days(r, a->from_day, a->to_day);
}

static void put_delegation(struct row *r, const struct delegation *d)
{
    put_text(r, d->id);
    put_text(r, d->kind == DELEGATE_SENKETSU ? "senketsu" : "daiketsu");
    put_text(r, d->role);
    put_id(r, d->unit);
    put_id(r, d->to_post);
    put_id(r, d->to_unit);
    put_text(r, d->acts);
    put_days(r, d->from_day, d->to_day);
}

static void put_roster(struct row *r, const struct roster_row *d)
{
    put_id(r, d->unit);
    put_text(r, d->duty);
    put_id(r, d->person);
    put_instant(r, d->from_us);
    put_instant(r, d->to_us);
}

static void put_holiday(struct row *r, const struct holiday *h)
{
    (void)day_print_iso(h->day, r->text);
    end_cell(r);
    put_text(r, h->name_ja);
}

static void put_mailbox(struct row *r, const struct mailbox *m)
{
    put_text(r, m->address);
    put_id(r, m->person);
    put_id(r, m->unit);
}

int force_row(const struct force *f, enum force_file file, size_t row, struct buf *text,
              struct str ret_cells[FORCE_COLUMNS_MAX])
{
    struct row r = {.text = text};
    size_t start = 0;

    buf_clear(text);
    switch (file) {
    case FORCE_UNITS:
        put_unit(&r, &f->units[row]);
        break;
    case FORCE_RANKS:
        put_rank(&r, &f->ranks[row]);
        break;
    case FORCE_POSTS:
        put_post(&r, &f->posts[row]);
        break;
    case FORCE_PERSONS:
        put_person(&r, &f->persons[row]);
        break;
    case FORCE_APPOINTMENTS:
        put_appointment(&r, &f->appointments[row]);
        break;
    case FORCE_DELEGATIONS:
        put_delegation(&r, &f->delegations[row]);
        break;
    case FORCE_ROSTER:
        put_roster(&r, &f->roster[row]);
        break;
    case FORCE_HOLIDAYS:
        put_holiday(&r, &f->holidays[row]);
        break;
    case FORCE_ADDRESSES:
        put_mailbox(&r, &f->mailboxes[row]);
        break;
    case FORCE_FILES:
        break;
    }
    if (buf_error(text))
        return buf_error(text);
    for (size_t i = 0; i < r.n; i++) {
        ret_cells[i] = (struct str){text->at + start, r.end[i] - start};
        start = r.end[i];
    }
    return (int)r.n;
}

int force_export(const struct force *f, enum force_file file, struct buf *out)
{
    struct str cells[FORCE_COLUMNS_MAX];
    struct buf text;
    size_t n;
    const char *const *names = force_columns(file, &n);
    int r;

    for (size_t i = 0; i < n; i++)
        cells[i] = str_of(names[i]);
    r = csv_put_row(out, cells, n, false);
    buf_init(&text, 1u << 20);
    for (size_t row = 0; r == 0 && row < f->n[file]; row++) {
        int got = force_row(f, file, row, &text, cells);

        /* No guard is needed: no id, name or number of ours begins like a formula. */
        r = got < 0 ? got : csv_put_row(out, cells, (size_t)got, false);
    }
    buf_done(&text);
    return r;
}
