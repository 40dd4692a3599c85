/* A plan of transfers: who gets which post from which day, who comes, who leaves, in one table; judged whole against a force, and
 * the force as it will be.
 *
 *   person,name,kana,rank,unit,post,kind,from,to,leaving
 *   A12,,,,shiken-keiji,member,,2027-04-01,,              moves: the regular appointment that he has ends the day before
 *   C03,,,,shiken-sho,head,acting,2027-04-01,2027-04-14,  acts for two weeks, besides what he has
 *   B07,,,,minami-seian,member,concurrent,,2027-03-31,    an empty `from` ends what he has, on that last day
 *   D01,,,,,,,,,2027-03-31                                leaves: his last day
 *   N15,新任 花子,しんにん はなこ,officer,shiken-keiji,member,,2027-04-01,,   comes: name and rank of a person not known yet
 *
 * Headings may be Japanese (職員番号, 氏名, ふりがな, 階級, 所属, 職, 区分, 発令日, 終了日, 退職日), in any order; all but `person` may
 * be left out. Ranks, units and posts go by id or by a name that is theirs alone, units also
 * as the pages show them, with the one above (試験警察署刑事課), in any width and case; kinds are regular (or empty), concurrent and
 * acting, or 本務, 兼務 and 事務取扱. A force has one rank for a person, without a day: another rank of somebody known is no change
 * but a reminder (`promotions`).
 *
 * Owner    the caller of plan_read(); plan_free().
 * Limits   PLAN_BYTES_MAX bytes, PLAN_ROWS_MAX rows, PLAN_DAYS_MAX days on which something changes.
 * Threads  nothing changes after reading; any. */
#pragma once

#include "base/arena.h"
#include "force/force.h"

#define PLAN_BYTES_MAX (2u << 20)
#define PLAN_ROWS_MAX 20000u
#define PLAN_DAYS_MAX 40u

enum plan_deed { PLAN_APPOINT, PLAN_END, PLAN_LEAVE };
/* What one row says, in order of the table; a row that appoints and names a last day of service counts twice. */
struct plan_row {
    enum plan_deed deed;
    const struct person *person; /* of `after` */
    const struct post *post;     /* NULL for PLAN_LEAVE */
    const struct unit *unit;     /* the same */
    enum appointment_kind kind;
    int32_t from_day, to_day;    /* PLAN_END and PLAN_LEAVE: to_day is the last day */
    bool is_new;                 /* the person comes with this plan */
};
struct plan_promotion {
    const struct person *person; /* of `after`: with the rank that he has now */
    const struct rank *rank;     /* that the plan names */
    int32_t day;                 /* from when, as the row says; FORCE_OPEN: it does not */
};
struct plan {
    struct arena *arena;
    struct force *after;         /* the force with the plan applied */
    struct plan_row *rows;
    size_t n_rows;
    struct plan_promotion *promotions;
    size_t n_promotions;
    const struct person **persons; /* whom it changes, each once, of `after`, by id */
    size_t n_persons;
    int32_t days[PLAN_DAYS_MAX]; /* first days of what changes, ascending; at least one in a plan that was read */
    size_t n_days;
};
void plan_free(struct plan *p); /* accepts NULL */
DEFINE_CLEANUP(struct plan, plan_free);

/* The heading of the `i`th column, as a template has it; NULL: there are fewer. */
const char *plan_heading(size_t i, bool is_en);

/* Every fault of the whole table by its cell: unknown person, rank, unit or post, an empty or unreadable cell, a day before `today`,
 * a row that stands twice, an appointment that overlaps with another (F4), a unit or a person that is not there that day, a head's
 * post with two holders. PLAN_E_INVALID, with diag, under `name`; -ENOMEM. */
enum { PLAN_E_INVALID = 1 };
MUST_CHECK int plan_read(const struct force *before, const char *name, struct str text, int32_t today, struct plan **ret,
                         struct diag *diag);
/* A plan that was adopted, seen from today: `now` already has its appointments, so that nothing is judged; rows whose person or place
 * is no longer there are left out, and of the days those that have come. 0, PLAN_E_INVALID (no table), -ENOMEM. */
MUST_CHECK int plan_of_adopted(struct force *now, struct str text, int32_t today, struct plan **ret);
