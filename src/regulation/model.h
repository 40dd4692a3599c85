/* A directive after reading and checking: immutable tables that the checker, the engine and the pages share.
 * Owner    one arena in the pack; everything here is borrowed from it. Counted: pack_ref/pack_unref.
 * Threads  never changes after pack_load(), so any number of threads may read it.
 * Lookup   by id through pack_*() below; order is that of the files (sorted by file name).
 * Source   doc/man/regulation-language.md; the section numbers below are of that page. */
#pragma once

#include "base/codec.h"
#include "base/diag.h"
#include "base/json.h"
#include "base/time.h"
#include "label/label.h"

struct text2 {
    const char *ja, *en; /* never NULL */
};

struct place {
    const char *file; /* path inside the pack */
    unsigned line, col; /* from 1, col in characters; 0 when read from the store */
};

/* ---- clauses (3) ---- */
enum clause_status {
    CLAUSE_ENFORCED, CLAUSE_DETECTED, CLAUSE_RECORDED, CLAUSE_INFORMED, CLAUSE_ORGANISATIONAL,
    CLAUSE_OUT_OF_SCOPE
};
struct clause {
    const char *id, *where; /* where: 第3の2(5) */
    struct text2 title, reason;
    enum clause_status status;
    const char *by; /* role id or "" */
    struct place at;
    size_t no; /* index in pack->clauses */
};
struct clause_list {
    const struct clause **at;
    size_t n;
};

/* ---- parameters (2) ---- */
enum param_type { PARAM_DURATION, PARAM_NUMBER, PARAM_CHOICE, PARAM_FLAG, PARAM_TEXT, PARAM_DAY };
struct param {
    const char *id;
    enum param_type type;
    bool is_set;
    const char *value; /* as written; "" when unset */
    struct duration duration; /* PARAM_DURATION */
    int64_t number;           /* PARAM_NUMBER; PARAM_FLAG 0/1; PARAM_DAY the day */
    const char **choices;
    size_t n_choices;
    /* Its value stands in a record, and changes with it: is_set is false here, engine/ref.h (param_now) knows. NULL: it stands above. */
    const struct param_source *from;
    struct text2 why;
    struct clause_list clauses;
    struct place at;
};

/* ---- organisation (4) ---- */
struct named {
    const char *id;
    struct text2 title;
    int level; /* of a choice that stands for one: of confidentiality, integrity or availability; else 0 */
    struct place at;
};
enum role_source { ROLE_BY_POST, ROLE_BY_REGISTER, ROLE_BY_DUTY, ROLE_BY_RANK, ROLE_BY_PARAMETER };
struct kind_rank {
    const char *unit_kind, *rank;
};
struct role {
    const char *id;
    struct text2 title;
    enum role_source source;
    bool per_unit;       /* `of: unit` */
    const char **posts;  /* BY_POST: post ids */
    size_t n_posts;
    const char *in_kind; /* BY_POST: the kind of the unit, with per_unit of the one asked about; "" any */
    const char **within; /* BY_POST per unit: kinds of sub-units where the post may lie; none: the unit itself */
    size_t n_within;
    const struct reg *reg; /* BY_REGISTER */
    const struct field *person_field, *unit_field;
    const char **in_states;
    size_t n_in_states;
    const char *duty; /* BY_DUTY */
    const struct param *off_hours; /* BY_DUTY: counts only then, as this parameter says (office_hours_of); NULL: always */
    const char *rank; /* BY_RANK: at least */
    struct kind_rank *ranks; /* BY_RANK per unit: in a unit of the kind, or within such, this rank instead; the first that fits */
    size_t n_ranks;
    bool acting, senketsu, daiketsu; /* which authorities besides one's own count */
    /* BY_PARAMETER: whoever holds the role that it names on the day; while it is unset, nobody. */
    const struct param *named_by;
    const struct role **named; /* by choice of the parameter; none of them BY_PARAMETER */
    struct clause_list clauses;
    struct place at;
};

/* ---- labels (5) ---- */
struct label_def {
    const char *id;
    struct text2 title;
    int confidentiality, integrity, availability; /* 1-3, 1-2, 1-2 */
    const char **restrictions;
    size_t n_restrictions;
    struct clause_list clauses;
    struct place at;
};
enum reader_kind { READER_ROLE, READER_UNIT_KIND, READER_PERSON, READER_EVERYONE };
struct reader {
    enum reader_kind kind;
    const struct role *role; /* READER_ROLE */
    const char *field;       /* READER_ROLE: field that names the unit; READER_PERSON: that names the person */
    const char *unit_kind;   /* READER_UNIT_KIND */
    struct place at;
};
struct range {
    const char *id;
    struct reader *readers;
    size_t n_readers;
    struct place at;
};
struct channel {
    const char *id;
    int at_most; /* confidentiality */
    struct place at;
};

/* What whoever is given something is told to heed, of a confidentiality or of a restriction. */
struct heed {
    const char *of; /* "low", "middle", "high", or a restriction */
    struct text2 say;
    struct clause_list clauses;
    struct place at;
};

/* What the text asks of whoever holds a record whose label has any of these: a confidentiality as above, "integrity" and "availability" at their second
 * level, a restriction. */
#define ASKED_OF_INTEGRITY "integrity"
#define ASKED_OF_AVAILABILITY "availability"
struct label_ask {
    const char *const *of;
    size_t n_of;
    struct text2 say;
    struct clause_list clauses;
    struct place at;
};

/* ---- values (7) ---- */
enum ref_kind {
    REF_NONE, REF_LITERAL, REF_PARAM, REF_UNIT_KIND, REF_FIELD, REF_ROW, REF_THIS, REF_ACTOR, REF_ACTOR_UNIT,
    REF_TODAY, REF_NOW, REF_MONTH, REF_PERIOD, REF_PARTY, REF_DIGEST
};
enum ref_property { PROP_NONE, PROP_ID, PROP_STATE, PROP_UNIT, PROP_OPENED_ON, PROP_NAME, PROP_FIRST, PROP_LAST,
                    PROP_DIGEST /* of a file: SHA-256 in hex of what was examined */,
                    PROP_HOST, PROP_MAIL /* of a mail address: itself in small letters */, PROP_HOSTS /* of an address: its host; that and each name above it with a dot in it, several values */,
                    /* of a secret that is set by the act at hand (engine/secret.h), else empty: its characters, a number; flags */
                    PROP_LENGTH, PROP_COMMON, PROP_NAMED, PROP_OTHER, PROP_FORMER };
#define REF_HOPS_MAX 3
struct ref {
    enum ref_kind kind;
    const char *text;             /* LITERAL value, UNIT_KIND kind, PARTY role, FIELD path as written */
    const struct param *param;    /* PARAM */
    const struct field *hops[REF_HOPS_MAX]; /* FIELD: the first in the register at hand; ROW: a column of its rows, or its element */
    unsigned n_hops;
    enum ref_property property;   /* of the last hop, or of `this`; PERIOD: FIRST, LAST, or NONE, the whole of it as a `where` takes it */
    enum calendar_period every;   /* PERIOD: the one being judged */
    bool has_shift;               /* {day: REF, plus|minus: D} */
    int shift_sign;
    struct duration shift;
    bool in_working_days;         /* counting: working-days; the shift has days alone */
    const char *up_to;            /* {unit: REF, up_to: KIND}: the unit, or its nearest ancestor, of the kind; NULL: as it is */
    bool has_clock;               /* at: HH:MM of that day; an instant */
    int clock_minutes;            /* after local midnight, 0 to 1440 */
    struct place at;
};

/* ---- conditions (8) ---- */
enum cond_kind {
    /* made from the step itself */
    COND_STATE, COND_BY, COND_SEPARATE,
    /* persons */
    COND_HOLDS, COND_POST, COND_SAME_PERSON, COND_OTHER_PERSON, COND_SUCCESSOR, COND_SUPERIOR, COND_RANK, COND_ON_DUTY, COND_ACTED_AS,
    /* units */
    COND_UNIT,
    /* fields */
    COND_FILLED, COND_ONE_OF, COND_NONE_OF, COND_SAME, COND_OTHER, COND_AT_LEAST, COND_AT_MOST, COND_CONFIRMED,
    COND_WITHIN, COND_COVERS, COND_HOST_IN,
    /* time */
    COND_TIME_IS, COND_TIME_NOT_BEFORE, COND_TIME_NOT_AFTER, COND_TIME_BEFORE, COND_TIME_AFTER, COND_PERIOD, COND_OFF_HOURS, COND_ROSTER,
    /* records */
    COND_RECORD, COND_STATE_OF, COND_UNLOCKED, COND_LABEL, COND_INHERITS, COND_SCAN, COND_RETENTION, COND_PARAM,
    COND_UNCHANGED, COND_LEAVES, COND_NEVER,
    /* rows */
    COND_EACH,
    /* combinations */
    COND_ALL, COND_ANY, COND_NOT,
    COND_KINDS
};
enum count_kind { COUNT_AT_LEAST, COUNT_NONE, COUNT_AS_MANY_AS, COUNT_COVERS, COUNT_FEWER_THAN };
struct where {
    const struct field *field; /* of the register looked in */
    struct ref value;
};
/* The period of a looked-for record holds a point in time. A day in `to` is its last day; an instant is the end, and lies outside. An empty
 * `to` never ends; an empty `from` never begins. */
struct during {
    const struct field *from, *to; /* DAY or INSTANT, of the register looked in; to: NULL: without end */
    struct ref at;                 /* a day: some of it lies within */
};
/* The record in force that settles a parameter: of several the one that began last. */
struct param_source {
    const struct reg *reg;
    struct where *wheres; /* literals */
    size_t n_wheres;
    const char **in_states;
    size_t n_in_states;
    const struct during *during; /* at now */
    const struct field *value;   /* NULL: a flag, which is yes while there is such a record */
};
/* Units of the force that must all be there, themselves or a holder of the role of each that has one; or what stands in the rows of a group. */
struct cover {
    const char *unit_kind;    /* NULL: rows */
    struct ref under;         /* REF_NONE: of the whole force */
    const struct role *role;  /* per unit; NULL: the units */
    struct ref rows;          /* RECORD: FIELD, a GROUP of the record at hand; REF_NONE: units */
    const struct field *column; /* of the rows: what each record answers for */
    const struct field *only; /* FLAG: of those rows alone; or NULL: of all */
    const struct field *by;   /* RECORD: of the register looked in: UNIT, PERSON with a role, as the column; or, with `named`, RECORD */
    const struct field *named; /* of the record that `by` names, as long as that has not ended; or NULL */
};
/* Who gets what was measured: rows of mail addresses, each whose it is in the force's files. Who may not read all that holds a row's bytes stands among
 * the strangers with its digest, which the step's other conditions judge; nobody else is one. */
struct leaving_to {
    const struct field *rows;      /* GROUP */
    const struct field *address;   /* TEXT: column */
    const struct field *outside;   /* FLAG: column; whoever stands outside the force has no sight that could be asked; or NULL */
    const struct field *strangers; /* GROUP */
    const struct field *stranger, *stranger_digest; /* its columns, TEXT and DIGEST, named as `address` and the `digest` of what leaves */
};
/* What leaves, as a gate measured it: rows of c->subject, a group. An empty class says nothing of the row. */
struct leaving {
    const struct field **classes; /* CHOICE with levels: columns; the highest counts */
    size_t n_classes;
    const struct field *outside;  /* FLAG: who acts may not read all that holds the row's bytes; or NULL */
    const struct field *digest;   /* TEXT: SHA-256 of the row's bytes, by which they are known; or NULL */
    const struct field *sealing;  /* CHOICE; NULL: nothing of it is sealed */
    const char **sealed;          /* its choices with which a row is: what is not counts as leaving by the open way */
    size_t n_sealed;
    const struct field *size;     /* NUMBER: how many bytes; what is too short to be anybody's is asked about by nobody; or NULL */
    const struct field *limits;   /* CHECKLIST of the record: the restrictions by which the bytes were held when they were measured; or NULL */
    struct leaving_to to;         /* whom it goes to within the force, .rows NULL: nobody is asked about */
};
struct cond {
    enum cond_kind kind;
    const char *rule; /* rule id, unique in the pack: "take-outs/permit#2" (procedure's register/step#nth), children "#2.1" */
    const char *part; /* the same for all that one place inside a named condition stands for: "take-outs=fits.2"; NULL: it stands in none */
    struct clause_list clauses;
    bool is_not_yet;  /* answer when unmet: not yet instead of forbidden */
    struct text2 say; /* "" when the program composes it */
    const struct cond *only_if;
    unsigned leaf;    /* leaves: index of its truth in struct facts, numbered through the procedure */
    struct ref subject; /* person, field, time, record, label, lock's record, the day of ROSTER */
    struct ref other;   /* same_as, of, under, is, not_before, as_many_as, at_least … */
    struct ref since;   /* SUCCESSOR: when `other` held the post that counts */
    const struct role *role;         /* COND_HOLDS */
    const struct proc_role **by;     /* COND_BY (n_by 0: anyone), COND_SEPARATE (exactly 2: mine, the other), COND_ACTED_AS */
    size_t n_by;
    const char **words;              /* states, posts, literals, choices, hosts */
    size_t n_words;
    const char **kinds;              /* COND_POST: unit kinds */
    size_t n_kinds;
    const char **tells;              /* COND_SCAN: what the file may tell beside what it shows; none: it is not asked */
    size_t n_tells;
    const char *name;                /* rank, duty, lock, step, wanted value of a parameter, channel */
    bool wanted;                     /* COND_FILLED: yes or no */
    int64_t number;                  /* COND_AT_LEAST/AT_MOST without `other`; COND_RECORD; COND_LABEL */
    const struct param *param;       /* COND_PARAM; the number of AT_LEAST/AT_MOST; office hours of OFF_HOURS, ROSTER and ON_DUTY (NULL: at any hour) */
    const struct period *period;     /* COND_PERIOD */
    const struct reg *reg;           /* COND_RECORD; COND_EACH: whose records are the rows, or NULL; COND_LEAVES: that of the parties whom `other` names, NULL: persons */
    struct where *wheres;
    size_t n_wheres;
    const struct during *during;     /* COND_RECORD, COND_EACH; or NULL */
    const struct cover *cover;       /* COND_COVERS, COUNT_COVERS */
    const struct leaving *leaving;   /* COND_LEAVES: what was measured; NULL: records */
    enum count_kind count;
    const struct cond **children;    /* ALL, ANY: n; NOT: 1 */
    size_t n_children;
    const struct cond *inside;       /* EACH: the ALL asked of each row; what is in it has no leaf of its own */
    struct place at;
};

/* ---- effects ---- */
#define FOR_EACH_MAX 200 /* records that one effect makes: what it walks holds no more rows */
enum effect_kind {
    EFFECT_SET, EFFECT_MOVE, EFFECT_MOVE_ALL, EFFECT_CREATE, EFFECT_COPY, EFFECT_LOCK, EFFECT_UNLOCK, EFFECT_TELL,
    EFFECT_DISPOSE
};
struct assignment {
    const struct field *field; /* of the target register */
    struct ref value;
};
struct told {
    const struct role *role; /* or NULL: the person of `person` */
    struct ref of;           /* unit for a role per unit; REF_NONE: the record's unit */
    struct ref person;
};
struct effect {
    enum effect_kind kind;
    const char *rule; /* "take-outs/permit>1" */
    const struct cond *only_if;
    struct ref of;        /* SET, MOVE, LOCK, UNLOCK, DISPOSE: the record(s); REF_NONE or REF_THIS: the one at hand */
    const struct reg *reg; /* MOVE_ALL, CREATE, COPY; SET and MOVE of a linked record: its register */
    const char *state;    /* MOVE, MOVE_ALL: to; CREATE, COPY: first state */
    struct where *wheres; /* MOVE_ALL */
    size_t n_wheres;
    const char **in_states;
    size_t n_in_states;
    struct assignment *sets;
    size_t n_sets;
    struct ref for_each;      /* CREATE: a group or list of the record at hand, a record for each row; REF_NONE: one record */
    const struct field *link; /* CREATE: field of the record at hand, with for_each a list; DISPOSE: its rows of what stays; or NULL */
    const char *lock;
    struct told *tolds;
    size_t n_tolds;
    bool urgent;
    const struct step *todo; /* TELL: what the told shall do; may be NULL */
    struct text2 text; /* LOCK why, TELL about with its places (engine/notice.h) */
    struct clause_list clauses;
    struct place at;
};

/* ---- registers (6) ---- */
enum field_type {
    FIELD_TEXT, FIELD_LONG_TEXT, FIELD_NUMBER, FIELD_FLAG, FIELD_CHOICE, FIELD_DAY, FIELD_MONTH, FIELD_INSTANT, FIELD_DURATION,
    FIELD_PERSON, FIELD_UNIT, FIELD_POST, FIELD_RECORD, FIELD_LABEL, FIELD_FILE, FIELD_URL, FIELD_ACCOUNT, FIELD_DIGEST, FIELD_SECRET, FIELD_CHECKLIST,
    FIELD_GROUP, FIELD_LIST
};
#define FILE_BYTES_DEFAULT ((uint64_t)25 << 20) /* what a scanner takes in one stream as it is installed */
#define FILE_BYTES_MAX ((uint64_t)4 << 30)
/* How an examination can end (guard/examine.h); of them `scan` names those that it takes. */
#define FILE_CLEAN "clean"
extern const char *const file_states[]; /* ends with NULL */
/* What a file that was examined tells beside what it shows, by the worst of it (seen_tells() of engine/seen.h). */
#define FILE_TELLS_NOTHING "nothing"
#define FILE_TELLS_MACROS "macros"         /* nothing but macros or scripts */
#define FILE_TELLS_UNKNOWN "unknown"       /* of a kind in which nobody can look */
#define FILE_TELLS_ATTRIBUTES "attributes" /* what could name somebody, a place, a time or a machine */
#define FILE_TELLS_HIDDEN "hidden"         /* what a reader does not see */
extern const char *const file_tells[];     /* ends with NULL */
enum field_unique { UNIQUE_NO, UNIQUE_OPEN, UNIQUE_EVER };
/* Values in a record's body, by type: TEXT LONG_TEXT CHOICE PERSON UNIT POST RECORD LABEL URL ACCOUNT: string; NUMBER: integer;
 * FLAG: boolean; DAY: "2026-04-10"; MONTH: "2026-04"; INSTANT: UTC "2026-04-10T00:00:00.000000Z"; CHECKLIST: array of confirmed item ids, sorted;
 * DIGEST: what stands for a SHA-256 under a key (engine/digest.h); SECRET: what stands for the hash that is kept (engine/secret.h); GROUP: array of objects; LIST: array of the element's form; FILE: object (engine/attachment.h). An absent member is an empty field; null never appears. */
/* What measures a value that nobody types (`measured`): bits of a field, one of an act. */
enum measurer { MEASURED_MEDIA = 1, MEASURED_MAIL = 2, MEASURED_EXAMINER = 4, MEASURED_IMPORT = 8, MEASURED_PROGRAM = 16 };
/* 0: no such. NULL: none or several. */
unsigned measurer_of(const char *name);
const char *measurer_name(unsigned measurer);
/* By what a secret is judged (V8 of doc/design/information.md). */
#define SECRET_FIELDS_MAX 8
struct secret_rule {
    const char *known_ids[SECRET_FIELDS_MAX], *made_ids[SECRET_FIELDS_MAX]; /* as written */
    const struct field *known_to[SECRET_FIELDS_MAX]; /* PERSON, or a list of it, indexed: who knows the secret of a record */
    const struct field *made_of[SECRET_FIELDS_MAX];  /* whose words it must not be made of: TEXT, PERSON, UNIT, RECORD (its name) */
    size_t n_known, n_made;
    const char *joined_id, *joined_choice; /* "": nothing joins */
    const struct field *joined;            /* CHOICE; records in which it is `joined_choice` have one signing in, so one secret; NULL */
};
struct field {
    const char *id;
    struct text2 title, support, addition; /* addition: "" when a clause asks for it */
    enum field_type type;
    bool required, personal, indexed;
    bool is_plain;           /* may be known beside a record that is more confidential than what holds it (check-flows.c) */
    enum field_unique unique;
    const char *within_id;   /* with `unique`: the field of the unit among whose records alone the value is; "" among all of the register */
    const struct field *within; /* it, a UNIT that is required; NULL */
    struct ref initial;      /* `default` */
    size_t max;              /* characters of a text, rows of a group or list; never 0 */
    int64_t min;             /* NUMBER: the smallest that is taken */
    uint64_t max_bytes;      /* FILE: the largest that is taken; else 0 */
    unsigned measured;       /* who gives it, as bits of enum measurer; 0: people */
    struct named *choices;   /* CHOICE, and CHECKLIST items */
    size_t n_choices;
    bool has_levels;         /* CHOICE: `levels` says which stands for which; else their ids do */
    const struct reg *reg;   /* RECORD; NULL means any */
    const char *of_id;       /* TEXT, DIGEST, FILE: the field that says of what the value is; "" of the record itself */
    const struct field *of;  /* it: a RECORD, which is what whoever is shown the value sees; a DIGEST, but of no FILE, of whatever holds that content; NULL */
    const struct secret_rule *secret; /* SECRET; NULL */
    const char *unit_kind;   /* UNIT; "" any */
    struct field *fields;    /* GROUP: columns; LIST: exactly one, the element */
    size_t n_fields;
    struct clause_list clauses;
    struct place at;
};
enum retention_basis { RETAIN_CALENDAR, RETAIN_FISCAL };
#define RETAIN_BY_CALENDAR "calendar-year" /* as the language says it, and a parameter */
#define RETAIN_BY_FISCAL "fiscal-year"
struct retention {
    const char **completed_in;
    size_t n_completed_in;
    const struct field *completed_on; /* or NULL: the day the state is entered */
    bool by_param;
    const struct param *param;        /* by_param; with `from` it waits for that record (engine/keeping.h) */
    struct duration keep;             /* else */
    enum retention_basis basis;
    const struct param *basis_param;  /* or NULL: `basis` stands; else a choice of the two, which is as dated as the period */
    struct clause_list clauses;
    struct place at;
};
#define REG_LIST_MAX 5 /* more does not fit beside number, name, unit and state */
/* Fields that raise a record's label above its register's own (6). Several of one axis join. */
/* Readers who are not staff: a record of `reg` in one of `states` admits the party that `reader` names to the record that `of` names. */
struct label_parties {
    const struct reg *reg; /* NULL: no party is a reader */
    const struct field *of, *reader;
    const char **states;
    size_t n_states;
    struct place at;
};
enum label_axis { LABEL_CONFIDENTIALITY, LABEL_INTEGRITY, LABEL_AVAILABILITY, LABEL_RESTRICTIONS, LABEL_RANGE, LABEL_AXES };
struct label_from {
    const struct field **fields[LABEL_AXES];
    size_t n[LABEL_AXES];
    const struct field **records; /* RECORD: the label is joined with that of each record that they name, which is made of no other record */
    size_t n_records;
    const struct field **originators; /* UNIT, PERSON, RECORD or lists of them: whom it came from (engine/originators.h); no axis, as nothing is kept by it */
    size_t n_originators;
    struct label_parties parties;
    struct clause_list clauses;
    struct place at;
};
/* How long it took from one instant to another, counted on the record's page (6). */
struct span {
    struct text2 title;
    const struct field *from, *to; /* INSTANT */
    struct place at;
};
/* Whoever opens a record says why, and each night what each person opened is entered by the program (6, engine/reading.h). */
enum reads_field { READS_PERSON, READS_UNIT, READS_DAY, READS_OPENED, READS_RECORDS, READS_NO_CASE, READS_OFF_HOURS, READS_FIRST, READS_LAST, READS_ROWS, READS_FIELDS };
struct reads_rule {
    bool asks_purpose, asks_case; /* the purpose always; a case may be said to be none */
    struct clause_list clauses;
    const struct step *daily;     /* makes a record, of another register, say; NULL: nothing is entered at night */
    const struct field *fields[READS_FIELDS]; /* of that step's register; NULL: it does not have it */
    struct clause_list daily_clauses;
    struct place at;
};
/* What C does with a register's records (`holds`), by the fields and steps that regulation/check-holds.c asks of it. */
enum holds {
    HOLDS_NOTHING, HOLDS_INTEL_COLLECTIONS, HOLDS_INTEL_CHANNELS, HOLDS_INTEL_IMPORTS, HOLDS_INTEL_LINKS, HOLDS_INTEL_EXCLUSIONS, HOLDS_INTEL_REMOVALS,
    /* media: the gate of a station, and the desk */
    HOLDS_MEDIA, HOLDS_MEDIA_GRANTS, HOLDS_MEDIA_OUTS, HOLDS_MEDIA_TRAIL, HOLDS_MEDIA_CHECKS, HOLDS_MEDIA_FINDINGS, HOLDS_MEDIA_QUARANTINE, HOLDS_MEDIA_INTAKES,
    /* what collectors of other terminals wrote */
    HOLDS_COLLECTIONS, HOLDS_COLLECTED_LINES, HOLDS_TERMINAL_STATES, HOLDS_CROSSINGS, HOLDS_TRAIL_SIGNATURES, HOLDS_USER_IDS,
    /* mail: the gate of a line, and the relay's log */
    HOLDS_MAILINGS, HOLDS_MAIL_PASSWORDS, HOLDS_MAIL_REPORTS,
    HOLDS_SANITISATIONS
};
/* In a register's id that C says itself: "*mailings" is the one that holds mailings, whatever the pack calls it (engine_reg). No id of a pack begins so. */
#define HOLDS_MARK '*'
/* Who holds which version of what, by whose approval: the fields of a register that tell it. */
struct held_by {
    const struct field *of;       /* RECORD of one register; NULL: the register tells of no holders */
    const struct field *content;  /* of that register, DIGEST, indexed: that of its content; or NULL, as are the next three */
    const struct field *version;  /* DIGEST */
    const struct field *form;     /* CHOICE */
    const struct field *number;   /* NUMBER */
    const struct field **holder;  /* PERSON, RECORD, or a list of either; the first that is filled counts */
    size_t n_holder;
    const struct field **approval; /* the same; all of them count */
    size_t n_approval;
};
/* What is told on the cover of what goes by its records, or of the records themselves. */
struct cover_of {
    bool is_any;
    const struct field *of;    /* RECORD: what goes; NULL: the record itself */
    const struct field *notes; /* TEXT or LONG_TEXT: what its receiver is to heed beside what the label says; NULL: nothing more */
    const struct field **to;   /* PERSON, RECORD or TEXT; the first that is filled counts */
    size_t n_to;
};
/* Computers at which gates measure, each with a key of its own: the fields of a register that hold it. */
struct stations_of {
    const struct field *key;   /* TEXT, indexed, measured by the media gate: an Ed25519 public key in hexadecimal; NULL: its records are no stations */
    const struct field *until; /* DAY: the last one on which the key counts; or NULL */
};
struct reg {
    const char *id, *form, *prefix;
    enum holds holds; /* at most one register of a pack holds each */
    struct text2 title;
    const struct field *unit_field, *name_field; /* may be NULL */
    const struct label_def *label; /* the least that a record's label is */
    const struct range *range;
    bool has_label_from;
    struct label_from label_from;
    bool has_held_as;
    struct label_from held_as; /* what the bytes that its records hold count as: confidentiality and restrictions alone */
    struct stations_of stations;
    struct stations_of pages; /* the same for devices from which pages are used: their certificate, which nothing measures */
    struct cover_of cover;
    struct clause_list runs_by; /* that ask for one book, whose numbers run though who reads it reads a part; none: nothing asks it */
    bool draws_numbers; /* at random, so that they tell nobody how many there are: always where has_label_from */
    bool reads_recorded;
    const struct reads_rule *reads; /* what whoever opens a record is asked; NULL: nothing */
    const char **files_in;          /* the states in which a file of a record is handed out; NULL: in any */
    size_t n_files_in;
    struct held_by held_by;
    struct field *fields;
    size_t n_fields;
    const struct field **list; /* what its list shows between unit and state, REG_LIST_MAX at most, none of it sealed */
    size_t n_list;             /* 0: the pages choose */
    struct span *spans;
    size_t n_spans;
    bool has_retention;
    struct retention retention;
    struct clause_list clauses;
    const struct procedure *procedure; /* exactly one */
    const struct pack *pack;
    struct place at;
};

/* ---- procedures (8) ---- */
struct proc_role {
    const char *id;
    const struct role *role;
    struct ref of; /* unit; REF_NONE for a role of the whole force */
    struct clause_list clauses;
    struct place at;
};
struct period {
    const char *id;
    struct ref from, to;
    bool by_param;
    const struct param *param;
    struct duration at_most;
    struct clause_list clauses;
    struct place at;
};
struct state {
    const char *id;
    struct text2 title;
    bool is_end;
    struct place at;
};
/* Bytes leave by the step: it begins, and the keeper answers a ticket that is used once and closed by another step (8, engine/ticket.h). */
#define TICKET_WAY_IN "medium-in" /* off a medium: the one way by which something comes in */
struct ticket_rule {
    const char *way; /* TICKET_WAY_IN; NULL: by a `leaves` of the step */
    const struct field **contents; /* measured: digests of exactly what leaves */
    size_t n_contents;
    const struct field **binds; /* to whom, on what, from where: said again when the bytes go */
    size_t n_binds;
    const struct field *until; /* INSTANT: not used from then on; an obligation is due then */
    const char *done, *broken; /* acts of the procedure that close it */
};
enum closing { CLOSES_NOTHING, CLOSES_DONE, CLOSES_BROKEN };
struct step {
    const char *act; /* `do` */
    const char *does; /* the part that it plays for C, in what its register `holds`; NULL: that of its own name */
    struct text2 title;
    const char **from; /* state ids; "none" for a new record */
    size_t n_from;
    const char *to;    /* state id; NULL for `same` */
    bool makes_record; /* from: [none] */
    bool waits;
    bool confirm;      /* it ends something: pages ask once more before they send it */
    bool lowers;       /* labels may fall by it, as a review decided */
    bool has_manifest; /* what it signs is bound to what the records hold that it names (engine/manifest.h) */
    const struct ticket_rule *ticket; /* or NULL */
    enum closing closes; /* a ticket of this procedure */
    const struct field **asks;
    size_t n_asks;
    const struct field **signs;
    size_t n_signs;
    /* All must hold. In order: COND_STATE, COND_BY, COND_SEPARATE…, then `requires`. Required fields that the step asks
     * are not conditions: an empty one is invalid input. */
    const struct cond **conds;
    size_t n_conds;
    struct effect *effects;
    size_t n_effects;
    struct clause_list clauses;
    const struct procedure *procedure;
    unsigned no; /* index in procedure->steps */
    bool is_correction; /* made from `corrections`: act CORRECTION_ACT, `to` NULL, no effects */
    struct place at;
};
#define CORRECTION_ACT "correct" /* no other step is so named; of one state at most one */
#define DRAW_ONE_IN_MAX 1000000
enum obligation_kind { OBLIGE_PERIODIC, OBLIGE_DUE, OBLIGE_DAILY };
struct reminder {
    int day;       /* of the month, of what is due every month; 0: use before/after */
    bool is_after;
    struct duration distance;
    struct told *tolds;
    size_t n_tolds;
    bool urgent;
    struct text2 text; /* with places; "": the obligation's title */
    struct place at;
};
struct obligation {
    const char *id, *rule; /* rule: "loans!inspection" */
    struct text2 title;
    enum obligation_kind kind;
    enum calendar_period every; /* OBLIGE_PERIODIC: due at its end */
    const char **while_states;
    size_t n_while;
    struct ref due;            /* OBLIGE_DUE: FIELD_DAY or FIELD_INSTANT */
    bool has_draw;             /* OBLIGE_DUE by a day: of what is due and unmet, `missed` is done to what a draw falls on (engine/draw.h) */
    uint32_t draw_one_in;      /* 1 to DRAW_ONE_IN_MAX; with draw_param not used */
    const struct param *draw_param; /* NUMBER; unset, the draw falls on all */
    const struct cond *met_by; /* or NULL; its leaves are numbered with the procedure's */
    const struct role *by;     /* whose task; may be NULL */
    struct ref by_of;
    const struct step *todo, *or_todo; /* may be NULL; the second only beside the first */
    struct reminder *reminders;
    size_t n_reminders;
    struct effect *missed;
    size_t n_missed;
    bool has_again;
    struct duration again_every;
    struct told *again_tolds;
    size_t n_again_tolds;
    bool again_urgent;
    struct text2 again_text; /* as a reminder's */
    struct clause_list clauses;
    const struct procedure *procedure;
    struct place at;
};
/* What an item of the scope frees from. */
struct lift {
    const char *item; /* of the checklist `scope` */
    struct clause_list clauses;
    struct place at;
};
/* While a record of the procedure lies in these states and its period holds now, what refuses by the clauses of the items it names is not
 * asked of who acts for its unit; each such act makes a record for the review. */
struct suspension {
    const char **in_states;
    size_t n_in_states;
    const struct during *during; /* at now */
    const struct field *unit;    /* whose acts; UNIT */
    const struct field *scope;   /* CHECKLIST */
    struct lift *lifts;
    size_t n_lifts;
    const struct reg *reviewed; /* the register of the records made */
    const char *state;          /* their first */
    struct assignment *sets;    /* the suspending record is the one at hand */
    size_t n_sets;
    const struct field *act_field;  /* TEXT: what was done, by which clauses it was not */
    const struct field *case_field; /* RECORD of any register: on what */
    struct clause_list clauses;
    struct place at;
};
/* What a record of the procedure asks of acts under another directive (engine/constrain.h). */
struct match {
    const struct field *field; /* of the procedure's register */
    const char *path;          /* in the record of the other directive: names, which nothing here can check */
};
struct constraint {
    const char *id, *rule; /* rule: "handsets=patrol-out"; its conditions "handsets=patrol-out#1" */
    const char *directive;
    const char **acts; /* "REGISTER/STEP" */
    size_t n_acts;
    const char **in_states; /* none: any but disposed */
    size_t n_in_states;
    struct match *matches; /* one at least */
    size_t n_matches;
    const struct cond **conds; /* of the record that is matched; leaves numbered with the procedure's */
    size_t n_conds;
    struct clause_list clauses;
    struct place at;
};
struct succession { /* what a state of the text before is called now */
    const char *old, *state;
};
/* A condition with a name: wherever it is named, it is read as if it stood there. */
struct named_cond {
    const char *id;
    size_t n_uses;
    struct place at;
};
struct procedure {
    const char *id;
    struct text2 title;
    const struct reg *reg;
    struct state *states;
    size_t n_states;
    struct succession *successions;
    size_t n_successions;
    struct proc_role *roles;
    size_t n_roles;
    struct period *periods;
    size_t n_periods;
    struct named_cond *conditions;
    size_t n_conditions;
    struct step *steps; /* the corrections behind the others */
    size_t n_steps, n_corrections;
    struct obligation *obligations;
    size_t n_obligations;
    unsigned n_leaves; /* leaf conditions, numbered 0.. through steps, effects' ifs and obligations */
    const struct cond **leaves; /* n_leaves */
    const struct suspension *suspends; /* or NULL */
    struct constraint *constrains;
    size_t n_constrains;
    struct clause_list clauses;
    struct place at;
};

/* ---- forms (9) ---- */
#define FORM_SPAN_MAX 12 /* parts of a row, all its cells together */
struct form_cell {
    const struct field *field;
    struct text2 heading; /* "": the field's title */
    unsigned span, lines; /* parts of the row's width; lines of room at least */
    const struct field *code;         /* drawn as a two-dimensional code beside the field, which describes it; NULL: none */
    const struct field **beside;      /* said below the field, where the code stands */
    size_t n_beside;
    const char **states;              /* in which the code is drawn: others have not been reviewed */
    size_t n_states;
};
struct form_line {
    struct form_cell *cells;
    size_t n;
    struct text2 side;    /* of the block of `side_rows` rows that begins here */
    size_t side_rows;     /* 0: none begins here */
};
struct form_stamp { /* one box of 決裁欄: by whom and when one of these acts was done last */
    struct text2 title;
    const char **acts;
    size_t n_acts;
};
struct form_column { /* of the register as a running table */
    const struct field *field;
    unsigned width; /* parts */
    struct text2 heading; /* "": the field's title */
};
struct form {
    const char *id, *number;
    struct text2 title;
    const struct reg *reg;
    bool is_landscape; /* the running table; a single record stands upright */
    unsigned heading;  /* width of heading cells in mm */
    struct text2 to;   /* addressed to; "": no letter */
    const char **from; /* acts whose doer writes the letter */
    size_t n_from;
    struct form_stamp *stamps;
    size_t n_stamps;
    struct form_line *rows;
    size_t n_rows;
    struct form_column *table; /* none: the program chooses */
    size_t n_table;
    struct text2 *notes;
    size_t n_notes;
    struct clause_list clauses;
    struct place at;
};

/* ---- the directive (2) ---- */
struct authority_rule { /* predecessors and cited rules */
    const char *id, *number;
    struct text2 title;
    int32_t issued_day, until_day; /* until: predecessors only */
    bool is_predecessor;
    struct clause_list clauses;
    struct place at;
};
struct reg_group { /* how pages list the registers */
    struct text2 title;
    const struct reg **regs;
    size_t n;
    struct place at;
};
/* What the text before it asked more of, and this one says so (regulation/falls.h). */
enum easing_of { EASES_REGISTER, EASES_ROLE, EASES_CHANNEL, EASES_TLP };
struct easing {
    enum easing_of of;
    const char *id;
    struct clause_list clauses; /* never empty */
    struct place at;
};
struct pack {
    const char *id, *number;
    struct text2 title;
    int32_t issued_day, from_day, to_day;
    struct clause_list clauses_of_head, clauses_of_expiry;
    struct duration *expiry_reminders;
    size_t n_expiry_reminders;
    const struct role **expiry_told;
    size_t n_expiry_told;
    struct text2 expiry_stamp;
    bool has_expiry_again; /* they are told again so often after the last day, while no text follows */
    struct duration expiry_again;
    struct authority_rule *authorities;
    size_t n_authorities;
    struct easing *easings;
    size_t n_easings;
    struct param *params;
    size_t n_params;
    struct clause *clauses;
    size_t n_clauses;
    struct named *unit_kinds, *posts, *duties, *restrictions;
    size_t n_unit_kinds, n_posts, n_duties, n_restrictions;
    struct role *roles;
    size_t n_roles;
    struct label_def *labels;
    size_t n_labels;
    struct range *ranges;
    size_t n_ranges;
    struct channel *channels;
    size_t n_channels;
    struct heed *heeds; /* none: the text says nothing; else of middle, high and each restriction */
    size_t n_heeds;
    struct label_ask *asks; /* in the order of the text */
    size_t n_asks;
    struct tlp_map tlp; /* how what leaves is marked; tlp_map_default where the pack says nothing */
    bool bears_tlp;     /* it says so: labels are shown and printed with their mark */
    struct reg *regs;
    size_t n_regs;
    struct reg_group *groups;
    size_t n_groups;
    struct procedure *procedures;
    size_t n_procedures;
    struct form *forms;
    size_t n_forms;
    /* The canonical form of everything but scenarios and force files, and its SHA-256, which every ledger entry cites. */
    struct str canonical;
    struct digest hash;
    unsigned refs;       /* private */
    struct arena *arena; /* private */
};

/* What a refusal by it stands for can be lifted: neither the state, who acts and the separation of roles, nor what keeps labels, records and
 * what was signed. Nor COND_LEAVES, by which the label rules each way out and a ticket is made; COND_SCAN, for what carries malware reaches
 * beyond the unit of an emergency; COND_UNLOCKED, since a lock stands for the clause of the rule that set it, not of the step that asks. */
static inline bool cond_can_lift(const struct cond *c)
{
    switch (c->kind) {
    case COND_STATE:
    case COND_BY:
    case COND_SEPARATE:
    case COND_LABEL:
    case COND_INHERITS:
    case COND_LEAVES:
    case COND_RETENTION:
    case COND_UNCHANGED:
    case COND_SCAN:
    case COND_UNLOCKED:
        return false;
    default:
        return c->clauses.n > 0;
    }
}
/* Its field lies in the period being judged, anywhere. */
static inline bool where_is_span(const struct where *w)
{
    return w->value.kind == REF_PERIOD && w->value.property == PROP_NONE && !w->value.has_shift && !w->value.has_clock;
}
/* What stands in the record is a keyed form, and what was given is sealed beside it (engine/digest.h). */
static inline bool field_is_keyed(const struct field *f)
{
    return f->type == FIELD_DIGEST || (f->type != FIELD_FILE && f->of_id != NULL && f->of_id[0] != '\0');
}
/* NULL when there is none. */
const struct clause *pack_clause(const struct pack *p, const char *id);
const struct param *pack_param(const struct pack *p, const char *id);
/* NULL: the text says nothing of it. */
const struct heed *pack_heed(const struct pack *p, const char *of);
/* What the text caps the channel at (label/release.h has their names); 0: it says nothing. */
int pack_channel_cap(const struct pack *p, const char *channel);
/* "low", "middle" or "high": what `tlp` of labels.yaml calls confidentiality 1 to 3. */
const char *confidentiality_word(int confidentiality);
/* May everybody on the staff read its records, as far as its range says? */
bool range_is_everyone(const struct range *r);
#define OFFICE_HOURS "office-hours"
/* Local minutes after midnight out of a text as "08:30-17:15"; false: it is none. */
bool office_hours_of(const char *text, int *ret_opens, int *ret_closes);
const struct role *pack_role(const struct pack *p, const char *id);
const struct reg *pack_reg(const struct pack *p, const char *id);
/* The register that holds it; NULL. "intel-collections" and kin; "" of HOLDS_NOTHING. */
const struct reg *pack_holds(const struct pack *p, enum holds what);
const char *holds_name(enum holds what);
enum holds holds_of(const char *name); /* HOLDS_NOTHING: there is no such thing */
extern const char *const holds_names[]; /* but that of HOLDS_NOTHING; NULL ends them */
/* The step that plays this part for C: the first that says `does: PART`, else the first so named. NULL: none. */
const struct step *reg_part(const struct reg *r, const char *part);
const struct field *reg_field(const struct reg *r, const char *id);
/* A file of a record in that state is handed out: files_in. */
bool reg_hands_out(const struct reg *r, const char *state);
/* The level that a choice of the field stands for; 0: none, or no such choice. */
int field_level(const struct field *f, const char *choice);
/* Its value is part of its record's label. */
bool label_from_has(const struct reg *reg, const struct field *f);
bool held_as_has(const struct reg *reg, const struct field *f);
const char *label_axis_name(enum label_axis axis); /* as packs spell it */
const char *reads_field_name(unsigned which); /* the same of an enum reads_field */
const char *easing_name(enum easing_of of);        /* the same: "register" */
const char *calendar_period_name(enum calendar_period p); /* the same */
const struct state *procedure_state(const struct procedure *p, const char *id);
const struct proc_role *procedure_role(const struct procedure *p, const char *id);
/* The nth step named `act` (nth from 0), or NULL. */
const struct step *procedure_step(const struct procedure *p, const char *act, size_t nth);
/* The secret that it sets, one at most; NULL. */
const struct field *step_secret(const struct step *s);
const char *text2_in(struct text2 t, bool english);

/* ---- reading (reader.c) ---- */
enum { PACK_E_INVALID = 1 };
/* Read the folder. PACK_E_INVALID: every problem is in diag, nothing is returned. -ENOMEM, -EIO. */
MUST_CHECK int pack_load_dir(const char *dir, struct pack **ret, struct diag *diag);
/* The same from texts in memory: the files of a folder, with their paths inside it. */
struct pack_text {
    const char *path;
    struct str text;
};
MUST_CHECK int pack_load_texts(const struct pack_text *texts, size_t n, struct pack **ret, struct diag *diag);
/* Read back from the canonical form kept in the store. */
MUST_CHECK int pack_load_canonical(struct str canonical, struct pack **ret, struct diag *diag);
/* The same, parsed already; borrowed for the call, and left as it was. For who runs by the pack and does not keep it: it has no canonical form, and
 * its hash is zero. Writing that form is about half of reading a large pack back. */
MUST_CHECK int pack_load_tree(json_t *all, struct pack **ret, struct diag *diag);
struct pack *pack_ref(struct pack *p);
void pack_unref(struct pack *p); /* accepts NULL */
DEFINE_CLEANUP(struct pack, pack_unref);
