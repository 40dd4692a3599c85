/* What reading a plan and applying it share. */
#pragma once

#include "base/csv.h"
#include "base/tell.h"
#include "force/plan.h"
#include "force/snapshot.h"

enum plan_column {
    PLAN_PERSON,
    PLAN_NAME,
    PLAN_KANA,
    PLAN_RANK,
    PLAN_UNIT,
    PLAN_POST,
    PLAN_KIND,
    PLAN_FROM,
    PLAN_TO,
    PLAN_LEAVING,
    PLAN_COLUMNS
};

/* A rank, a unit or a post: all three begin with id and name_ja. */
struct named_row {
    const char *id, *name_ja;
};
struct plan_name {
    struct str text; /* as plan-names.c compares it */
    const struct named_row *row;
};
struct plan_names {
    struct plan_name *at; /* sorted; NULL: not made yet */
    size_t n;
};

/* One row while it is judged. */
struct plan_line {
    const struct csv_cell *cells[PLAN_COLUMNS]; /* NULL: the table has no such column */
    unsigned no;                                /* line of the table */
    bool is_bad;                                /* a fault of this row is told */
    const char *id;                             /* of the person */
    const struct person *known;                 /* of the force; NULL: comes with the plan */
    const char *name, *kana;                    /* of who comes */
    const struct rank *rank;                    /* NULL: none is named */
    const struct unit *unit;
    const struct post *post;
    enum appointment_kind kind;
    bool appoints, ends, leaves;
    bool has_to;          /* its last day stands in the table */
    int32_t from, to;     /* FORCE_OPEN: none */
    int32_t leaving;
};

struct plan_judge {
    const struct force *f;
    const char *name; /* of the table, for diag */
    int32_t today;
    struct diag *diag;
    struct arena *arena;
    struct csv_table table;
    int col[PLAN_COLUMNS];
    struct plan_line *lines;
    size_t n;
    struct plan_line **sorted; /* by person, first day and line */
    size_t n_faults;
    bool out_of_memory;
    struct plan_names names[FORCE_FILES]; /* of ranks, units and posts */
    /* the force as it will be, before it is built */
    struct person *persons;
    struct appointment *appointments;
    size_t n_persons, n_appointments;
};

/* Tell a fault of one cell; of the row when the table has no such column. */
void plan_fault_args(struct plan_judge *j, struct plan_line *line, enum plan_column column, enum message_key key,
                     const struct message_arg *args, size_t n_args);
#define plan_fault(j, line, column, key, ...) plan_fault_args(j, line, column, key, MESSAGE_ARGS(__VA_ARGS__))
/* The cell without spaces around; "" when there is none. */
struct str plan_cell(const struct plan_line *line, enum plan_column column);
/* The same as it may be shown. */
struct str plan_shown(struct plan_judge *j, const struct plan_line *line, enum plan_column column);
/* A day as an argument of a message, in the arena. */
struct str plan_day_text(struct plan_judge *j, int32_t day);
struct str plan_line_text(struct plan_judge *j, const struct plan_line *line);

/* ---- plan-names.c ---- */
/* The row that has this name, whatever its case, width and spaces. NULL: none. *ret_other: another that has it, too, else NULL. */
const struct named_row *plan_named(struct plan_judge *j, enum force_file target, struct str typed, const struct named_row **ret_other);
/* What was probably meant: "刑事課 (keiji), …", the nearest first; "" nothing is near. */
struct str plan_near(struct plan_judge *j, enum force_file target, struct str typed);

/* ---- plan-force.c ---- */
/* What the rows do to persons and appointments, told where they cannot; then the snapshot. 0, PLAN_E_INVALID, -ENOMEM. */
MUST_CHECK int plan_build(struct plan_judge *j, struct plan *ret);
/* Rows, persons and days of a plan whose force stands; rows with a fault are left out. 0, -ENOMEM. */
MUST_CHECK int plan_tell(struct plan_judge *j, struct plan *ret);
