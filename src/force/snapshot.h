/* The inside of struct force, for the files of this room alone.
 *
 *   units[]  ranks[]  posts[]  persons[]  appointments[] …   rows in the order of the files, one array each
 *      ▲        by_id: pointers sorted by id, for bsearch
 *      │        by_person, by_place: appointments sorted by (person, kind, from) and by (post, unit, kind)
 *      └─────── by_kind: one entry for each (kind, unit), sorted by kind
 *
 * Everything lives in one arena. Rows of one kind lie in one array, so that the order of their addresses is the order of
 * the file and may be sorted by. */
#pragma once

#include "base/arena.h"
#include "force/force.h"

#include <stdatomic.h>

/* Rows of one table; the largest Japanese force has under 50,000 officers. */
#define FORCE_ROWS_MAX 300000u
#define FORCE_ARENA_MAX ((size_t)512 << 20)
/* Unit above unit above unit: a prefecture has four or five. */
#define FORCE_DEPTH_MAX 32u
#define FORCE_ID_MAX 64u    /* bytes of an id */
#define FORCE_NAME_MAX 200u /* characters of a name */
#define FORCE_KINDS_MAX 32u /* kinds of one unit, acts of one delegation */

/* Rows whose first member is `const char *id`, sorted by it. */
struct id_index {
    const void **at;
    size_t n;
};

struct kind_entry {
    const char *kind;
    const struct unit *unit;
};

struct roster_row {
    const char *duty;
    const struct unit *unit;
    const struct person *person;
    uint64_t from_us, to_us; /* from included, to excluded */
};

struct holiday {
    int32_t day;
    const char *name_ja;
};

struct force {
    atomic_uint refs;
    struct arena *arena;

    struct unit *units;
    struct rank *ranks;
    struct post *posts;
    struct person *persons;
    struct appointment *appointments;
    struct delegation *delegations;
    struct roster_row *roster;
    struct holiday *holidays;
    struct mailbox *mailboxes;
    size_t n[FORCE_FILES]; /* rows of each, by enum force_file */

    /* The first five tables as pointers in the order of the files (force_units() and its kin) … */
    const void **listed[FORCE_APPOINTMENTS + 1];
    /* … and sorted by id. */
    struct id_index by_id[FORCE_APPOINTMENTS + 1];
    struct id_index by_address; /* as by_id */

    const struct appointment **by_person; /* (person, kind, from, id) */
    const struct appointment **by_place;  /* (post, unit, kind, from, id) */
    const struct delegation **by_role;    /* (role, row) */
    const struct roster_row **by_duty;    /* (duty, unit, person, from) */
    const struct holiday **by_day;
    struct kind_entry *by_kind;
    size_t n_kinds;
};

/* NULL when there is none. */
const void *id_index_find(const struct id_index *index, const char *id);
/* Every appointment of a person, whenever; a slice of by_person. */
size_t force_appointments_of(const struct force *f, const struct person *p, const struct appointment ***ret);
/* An empty snapshot with one reference, or NULL. */
struct force *force_new(void);
/* Makes by_person … by_kind from the filled tables. 0, -ENOMEM. */
MUST_CHECK int force_index(struct force *f);

/* One table as rows of cells, whatever it was read from, so that files and store pass the same checks. */
#include "base/csv.h"
struct source {
    const char *name; /* for diag: "units.csv", "table unit" */
    bool is_absent;
    struct csv_table cells; /* the header names the columns of force_columns() */
};
#define FORCE_COLUMNS_MAX 10u
const char *const *force_columns(enum force_file file, size_t *ret_n);
/* Check everything, then build. 0, FORCE_E_INVALID (see diag), -ENOMEM. Nothing of `sources` is needed afterwards. */
MUST_CHECK int force_build(const struct source sources[FORCE_FILES], struct force **ret,
                           struct diag *diag);

/* The cells of one row as text, as the CSV files spell them; `ret_cells` point into `text`, which is cleared first.
 * Number of cells, or -ENOMEM. */
MUST_CHECK int force_row(const struct force *f, enum force_file file, size_t row, struct buf *text,
                         struct str ret_cells[FORCE_COLUMNS_MAX]);
