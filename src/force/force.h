/* The force at one moment: units, ranks, posts, persons, appointments, delegations, roster, holidays, mail addresses. An immutable snapshot
 * in memory, read from the store or from a folder of CSV files; a change of the data makes a new one.
 * Owner    counted: force_ref/force_unref.
 * Threads  never changes after loading; any number of threads.
 * Days     int32_t local days; `to` days are included; FORCE_OPEN means without end. */
#pragma once

#include "base/diag.h"
#include "base/time.h"

#define FORCE_OPEN INT32_MAX

struct force;

struct unit {
    const char *id, *name_ja, *name_en;
    const struct unit *parent; /* NULL at the top */
    const char **kinds;        /* "station", "shozoku", "juvenile" … */
    size_t n_kinds;
    int32_t from_day, to_day;
};
struct rank {
    const char *id, *name_ja, *name_en;
    int level; /* higher is more; a civilian rank has the level of its police equivalent */
    bool is_civilian;
};
struct post {
    const char *id, *name_ja, *name_en;
    bool is_head;
};
struct person {
    const char *id, *name, *kana, *name_en;
    const struct rank *rank;
    int32_t from_day, to_day;
};
enum appointment_kind { APPOINT_REGULAR, APPOINT_CONCURRENT, APPOINT_ACTING };
struct appointment {
    const char *id;
    const struct person *person;
    const struct post *post;
    const struct unit *unit;
    enum appointment_kind kind;
    int32_t from_day, to_day;
};
enum delegation_kind { DELEGATE_SENKETSU, DELEGATE_DAIKETSU };
struct delegation {
    const char *id, *role; /* role id as "pack/role" */
    enum delegation_kind kind;
    const struct unit *unit; /* whose role is delegated; NULL for a role of the force */
    const struct post *to_post;
    const struct unit *to_unit;
    const char *acts; /* "" all, else semicolon list of "register/step" */
    int32_t from_day, to_day;
};
/* Whose a mail address of the force is: one of the two is not NULL. What administrators say, and not where somebody wants his notices (contact). */
struct mailbox {
    const char *address; /* in small letters, the part before '@', too */
    const struct person *person;
    const struct unit *unit; /* all who have an appointment in it or below it read what comes there */
};

struct force *force_ref(struct force *f);
void force_unref(struct force *f); /* accepts NULL */
DEFINE_CLEANUP(struct force, force_unref);

/* NULL when there is none. */
const struct unit *force_unit(const struct force *f, const char *id);
const struct person *force_person(const struct force *f, const char *id);
const struct post *force_post(const struct force *f, const char *id);
const struct rank *force_rank(const struct force *f, const char *id);
/* The one unit of a kind on that day; NULL when there is none or more than one. */
const struct unit *force_unit_of_kind(const struct force *f, const char *kind, int32_t day);
bool unit_has_kind(const struct unit *u, const char *kind);
/* `u` is `top` or below it. */
bool unit_within(const struct unit *u, const struct unit *top);
/* `u` or its nearest ancestor of the kind; NULL. */
const struct unit *unit_up_to(const struct unit *u, const char *kind);
/* The unit of kind "shozoku" of the person's regular appointment that day; NULL without one. */
const struct unit *force_home(const struct force *f, const struct person *p, int32_t day);

/* That day lies in the person's service; who has left, or not yet come, holds and does nothing. */
bool person_serves(const struct person *p, int32_t day);
/* His service is over by that day, or the last of his appointments is and none is to come: he has no business here any more. Not who never
 * had an appointment, nor whom the force does not know, as the first administrator. */
bool force_has_left(const struct force *f, const char *person, int32_t day);
/* The appointment counts on that day: it lies in it, in the person's service and in the unit's life. */
bool appointment_counts(const struct appointment *a, int32_t day);
/* Appointments of a person in force on `day`, which person and unit must live through, too; regular first. Up to `max` are stored, the whole number is returned. */
size_t force_appointments(const struct force *f, const struct person *p, int32_t day,
                          const struct appointment **ret, size_t max);
/* Every appointment in force on `day` to that post in that unit; acting ones last. */
size_t force_holders(const struct force *f, const struct post *post, const struct unit *u,
                     int32_t day, const struct appointment **ret, size_t max);
/* On that duty of exactly this unit at that instant. */
bool force_on_duty(const struct force *f, const char *duty, const struct unit *u,
                   const struct person *p, uint64_t t_us);
/* Somebody is on that duty of exactly this unit at every instant from the one to before the other; one may relieve another. */
bool force_has_duty(const struct force *f, const char *duty, const struct unit *u,
                    uint64_t from_us, uint64_t to_us);
bool force_is_holiday(const struct force *f, int32_t day); /* Saturdays, Sundays and listed days */
/* Delegations of that role of exactly this unit (NULL: of the force) in force on `day`, in order of the file. */
size_t force_delegations(const struct force *f, const char *role, const struct unit *u, int32_t day,
                         const struct delegation **ret, size_t max);

/* NULL: nobody stands behind it. In any case; no part of it is taken for a detail (name+detail@host). */
const struct mailbox *force_mailbox(const struct force *f, struct str address);

/* Tables for pages and for enumeration: in order of the files. */
const struct unit *const *force_units(const struct force *f, size_t *ret_n);
const struct person *const *force_persons(const struct force *f, size_t *ret_n);
const struct post *const *force_posts(const struct force *f, size_t *ret_n);
const struct rank *const *force_ranks(const struct force *f, size_t *ret_n);
const struct appointment *const *force_all_appointments(const struct force *f, size_t *ret_n);
const struct mailbox *force_mailboxes(const struct force *f, size_t *ret_n); /* an array of them */

/* Columns, in any order but all of them: units id,parent,name_ja,name_en,kinds,from,to; ranks
 * id,level,service,name_ja,name_en (police or civilian); posts id,name_ja,name_en,is_head (yes or no); persons
 * id,name,kana,name_en,rank,from,to; appointments id,person,post,unit,kind,from,to (regular, concurrent, acting);
 * delegations id,kind,role,unit,post,to_unit,acts,from,to (senketsu, daiketsu); roster unit,duty,person,from,to (instants, the
 * end excluded); holidays day,name_ja; addresses address,person,unit (one of both). Lists have ";" between. Days may be typed as people do; empty `from` is since
 * ever (INT32_MIN), empty `to` FORCE_OPEN. */
/* Read a folder with units.csv ranks.csv posts.csv persons.csv appointments.csv and, when there, delegations.csv roster.csv
 * holidays.csv addresses.csv. FORCE_E_INVALID: every problem with file, line and column in diag. */
enum { FORCE_E_INVALID = 1 };
MUST_CHECK int force_load_dir(const char *dir, struct force **ret, struct diag *diag);
/* Same from texts in memory, in the order of enum force_file; an empty text is an absent file. */
enum force_file {
    FORCE_UNITS,
    FORCE_RANKS,
    FORCE_POSTS,
    FORCE_PERSONS,
    FORCE_APPOINTMENTS,
    FORCE_DELEGATIONS,
    FORCE_ROSTER,
    FORCE_HOLIDAYS,
    FORCE_ADDRESSES,
    FORCE_FILES
};
const char *force_file_name(enum force_file file);
MUST_CHECK int force_load_texts(const struct str texts[FORCE_FILES], struct force **ret,
                                struct diag *diag);
/* One table as CSV, in the layout that force_load_texts() reads. */
MUST_CHECK int force_export(const struct force *f, enum force_file file, struct buf *out);
/* From and to the store's tables (the keeper writes). Loading reads one state of all tables and checks it like files, in
 * order of the ids; FORCE_E_INVALID names table, row and column. Saving replaces all nine tables inside the caller's
 * transaction. Negative: as store_errno() says, with diag. */
struct store;
MUST_CHECK int force_load_store(struct store *s, struct force **ret, struct diag *diag);
MUST_CHECK int force_save_store(const struct force *f, struct store *s, struct diag *diag);

/* What an import changes, person by person in order of their ids. `before` is NULL for who comes, `after` for who goes; an
 * appointment counts as the same when post, unit, kind and days are. The first answer of `fn` but 0 ends the walk and is
 * returned. */
enum { FORCE_CHANGED_PERSON = 1, FORCE_CHANGED_RANK = 2, FORCE_CHANGED_APPOINTMENTS = 4, FORCE_CHANGED_ADDRESSES = 8 };
typedef int force_change_fn(void *arg, const struct person *before, const struct person *after,
                            unsigned what);
MUST_CHECK int force_diff(const struct force *before, const struct force *after,
                          force_change_fn *fn, void *arg); /* also -ENOMEM */
/* Each mail address that comes to stand for another person or unit, in order; `before` is NULL where it stood for nobody, `after` where it stands for nobody any
 * more. As force_diff() walks. */
typedef int force_mailbox_change_fn(void *arg, const struct mailbox *before, const struct mailbox *after);
MUST_CHECK int force_diff_mailboxes(const struct force *before, const struct force *after, force_mailbox_change_fn *fn, void *arg);

/* Each instant behind `since_us` at which somebody may begin to hold what he did not hold before: where one of his appointments begins to count or has ended,
 * his service begins, a night of the roster begins, passes midnight or is over in a moment; `person` NULL, for everybody: where a unit begins or has ended, or a
 * delegation begins. In no order, some more than once. The first answer of `fn` but 0 ends the walk and is returned. */
typedef int force_instant_fn(void *arg, const struct person *person, uint64_t at_us);
MUST_CHECK int force_instants(const struct force *f, uint64_t since_us, force_instant_fn *fn, void *arg);
/* The same for each instant at which somebody ceases to hold something, since which a force in which he goes on with it gives him more than this one: behind the last
 * day of his service or of an appointment; NULL: of a unit or a delegation. Nights of the roster are whole in the other force's instants. */
MUST_CHECK int force_ends(const struct force *f, uint64_t since_us, force_instant_fn *fn, void *arg);
