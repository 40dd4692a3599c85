/* Private to the reader: what the files of its constructs share.
 * Passes  1 trees of all files; 2 shells: registers with their fields, procedures with states, roles and the names of steps;
 *         3 everything that refers to something. Between the passes all pointers into the pack stay where they are.
 * Threads  one at a time per reader. */
#pragma once

#include "regulation/schema.h"

#define PACK_FILES_MAX 500u
#define PACK_ARENA_MAX ((size_t)256 << 20)
#define COND_DEPTH_MAX 8u   /* all/any/not/if/condition within each other */
#define NAMED_CONDS_MAX 16384u /* conditions that the named ones of a procedure stand for, at all places together */
#define LEAVES_MAX 4096u    /* of one procedure */
#define CONFIDENTIALITY_MAX 3

enum file_kind {
    FILE_DIRECTIVE, FILE_CLAUSES, FILE_ORG, FILE_LABELS, FILE_REGISTER, FILE_PROCEDURE, FILE_FORM, FILE_KINDS
};
struct pack_file {
    const char *path; /* inside the pack */
    enum file_kind kind;
    struct node *root;
};

struct leaf_list {
    const struct cond **at;
    size_t n, size;
};

/* The state of reading one pack. */
struct reading {
    struct source src;
    struct pack *pack;
    struct pack_file *files; /* sorted by kind, then path */
    size_t n_files;
    /* of the procedure being read */
    struct leaf_list leaves;
    struct procedure *proc;
    struct named_body *named; /* by proc->conditions */
    size_t n_named_conds;     /* that they stood for so far */
};
struct named_body {
    const struct node *node;
    bool is_broken; /* and that is reported */
};

/* What references mean at a place. */
struct scope {
    struct reading *rd;
    const struct reg *reg;         /* the register at hand */
    const struct procedure *proc;  /* NULL in a register's defaults */
    const enum calendar_period *every; /* of the obligation; NULL outside such, and where it is due once */
    bool in_where;                 /* a value may be the whole `period` */
    bool columns;                  /* a path may end in the column of a group: GROUP.COLUMN */
    const struct field *row;       /* the group or list whose row `row` is; NULL outside such */
};

/* The part of a rule in which a condition or effect stands. */
struct rule {
    struct scope sc;
    const char *id;                /* "take-outs/permit" */
    struct clause_list clauses;    /* default */
    enum yes is_not_yet;           /* an `otherwise` given further up */
    unsigned depth;
    const struct named_use *within; /* the named conditions in which it stands, the innermost first; NULL: in none */
    const char *part;              /* the id there (struct cond); NULL outside such */
};
struct named_use {
    size_t no; /* in proc->conditions */
    const struct named_use *up;
};

/* Files of a kind: the i-th, or NULL behind the last. */
const struct pack_file *reader_file(const struct reading *rd, enum file_kind kind, size_t i);
size_t reader_count(const struct reading *rd, enum file_kind kind);

/* Mutable while reading. */
struct reg *reader_reg(struct reading *rd, const char *id);
struct field *reader_field(struct reading *rd, const struct reg *reg, const char *id);
/* Known or reported. NULL after reporting. */
const struct reg *want_reg(struct reading *rd, struct word w);
const struct role *want_role(struct reading *rd, struct word w);
const struct param *want_param(struct reading *rd, struct word w);
/* The parameter that says when offices are open; NULL after reporting. */
const struct param *want_office_hours(struct reading *rd, struct place at);
/* The text can be the parameter's value, or that is reported. */
bool param_takes(struct reading *rd, const struct param *param, struct word w);
const struct state *want_state(struct reading *rd, const struct procedure *proc, struct word w);
const struct proc_role *want_proc_role(struct reading *rd, const struct procedure *proc, struct word w);
struct field *want_field(struct reading *rd, const struct reg *reg, struct word w);
/* `what`: "unit kind", "post", "duty", "restriction". */
bool want_named(struct reading *rd, const struct named *names, size_t n, struct word w, enum message_key what);
bool want_states(struct reading *rd, const struct procedure *proc, const struct words *w, const char ***ret, size_t *ret_n);
bool read_clauses(struct reading *rd, const struct words *w, struct clause_list *ret);
/* A map from ids to texts. */
void read_named_texts(struct reading *rd, const struct node *map, struct named **ret, size_t *ret_n);

/* ref.c: enum field_type as bits; a type that a value has or that is wanted. */
#define TYPE_BIT(t) (1u << (t))
#define TIME_TYPES (TYPE_BIT(FIELD_DAY) | TYPE_BIT(FIELD_MONTH) | TYPE_BIT(FIELD_INSTANT))
enum ref_mode { REF_ANY, REF_FIELD_PATH };
bool ref_read(const struct scope *sc, const struct node *n, enum ref_mode mode, struct ref *ret);
/* Its type is one of `types`; a literal must read as one of them. */
bool ref_wants(const struct scope *sc, const struct ref *ref, unsigned types);
/* Its value can be put into, or compared with, `field`. */
bool ref_fits(const struct scope *sc, const struct ref *ref, const struct field *field);
/* The same, or it is a list of such values: a record is searched that has one of them. */
bool ref_fits_one_of(const struct scope *sc, const struct ref *ref, const struct field *field);
/* What is compared are their elements: of lists, checklists and columns each value, of anything else the one value. */
bool ref_element(const struct scope *sc, const struct ref *ref, struct field *ret); /* as what it stands; false: a literal */
bool ref_element_wants(const struct scope *sc, const struct ref *ref, enum field_type type);
bool refs_share_elements(const struct scope *sc, const struct ref *a, const struct ref *b);
bool refs_comparable(const struct scope *sc, const struct ref *a, const struct ref *b);
/* The register of the record that a reference names; NULL when it may be any. Call after ref_wants(RECORD). */
const struct reg *ref_register(const struct scope *sc, const struct ref *ref);
/* Personal, long text or a file. */
bool field_is_sealed(const struct field *f);
/* False, and reported, when the value is sealed. */
bool ref_is_open(const struct scope *sc, const struct ref *ref);
/* The unit that owns the record at hand, as a reference; reported when the register names none. */
bool ref_own_unit(const struct scope *sc, struct place at, struct ref *ret);
bool literal_fits(const struct scope *sc, struct word w, const struct field *field);
/* A duration, or {parameter: ID} that is set, as its value. */
bool read_fixed_duration(struct reading *rd, const struct node *n, struct duration *ret);
/* A duration or {parameter: ID}. */
bool read_param_duration(struct reading *rd, const struct node *n, bool *ret_by_param, const struct param **ret_param, struct duration *ret);
const char *field_type_name(enum field_type type);
bool param_from(struct reading *rd, const struct node *n, const struct param **ret);

/* reader-cond.c */
struct cond *cond_new(const struct rule *rule, enum cond_kind kind, struct place at);
/* `id`: of the condition itself. NULL after reporting. */
const struct cond *cond_read(const struct rule *rule, const char *id, const struct node *n);
/* The list as children of `into`, with the numbers 1, 2 … behind its rule. */
bool cond_list_read(const struct rule *rule, const struct node *list, struct cond *into);
bool leaf_add(struct reading *rd, struct cond *c);
/* Not nested too deep, or that is reported. */
bool cond_depth_ok(const struct rule *rule, struct place at);
/* c->subject: a record, or a list of records. */
bool cond_records_read(const struct rule *rule, const struct node *n, struct cond *c);
/* A reference of certain types that can be judged. */
bool cond_ref_read(const struct rule *rule, const struct node *n, enum ref_mode mode, unsigned types, struct ref *ret);

/* reader-named.c: the procedure's `conditions`, before what names them. map NULL: it has none. */
void named_conds_read(struct reading *rd, const struct node *map, struct procedure *proc);
/* What the name stands for, and the rule by which it is read; `use` stays the caller's as long as that. NULL after reporting. */
const struct node *named_cond_enter(const struct rule *rule, struct word name, struct named_use *use, struct rule *ret);
/* One more condition that a named one stands for, of which there are not too many; or that is reported. */
bool named_cond_count(const struct rule *rule, struct place at);

/* reader-host.c: c->subject, and c->words or c->other. */
bool hosts_read(const struct rule *rule, const struct node *field, const struct node *hosts, struct cond *c);

/* reader-where.c */
/* {from, to, at} of records of `target`. */
bool during_read(const struct rule *rule, const struct reg *target, const struct node *n, const struct during **ret);
extern const struct shape during_shape;
/* `ret_during`: NULL where "during" has no meaning; *ret_during NULL: the map has none. */
bool wheres_read(const struct rule *rule, const struct reg *target, const struct node *map, struct where **ret, size_t *ret_n,
                 const struct during **ret_during);

/* reader-rows.c: c->subject, or what is looked for, and c->inside. */
bool each_read(const struct rule *rule, const struct node *each, const struct node *all, struct cond *c);
/* c->subject and c->other: sets of values of one type. */
bool within_read(const struct rule *rule, const struct node *field, const struct node *within, struct cond *c);

/* c->cover; for a field c->subject, too. */
bool covers_read(const struct rule *rule, const struct node *field, const struct node *covers, struct cond *c);
extern const struct shape covers_shape, each_shape;

/* reader-ticket.c: c->name, c->subject, c->leaving or NULL, c->other and c->reg. `measured` NULL: the records of `of`; `to` NULL: nobody is named. */
bool leaves_read(const struct rule *rule, struct word way, const struct node *of, const struct node *measured, const struct node *to, struct cond *c);
extern const struct shape leaving_shape;
/* reader-label-from.c: the field is a choice of c1 to c3. */
void confidentiality_wants(struct reading *rd, const struct field *f, struct place at);

/* reader-effect.c: rules get ">n" behind rule->id. */
void effects_read(const struct rule *rule, const struct node *list, struct effect **ret,
                  size_t *ret_n);
void sets_read(const struct rule *rule, const struct reg *target, const struct node *map,
               struct assignment **ret, size_t *ret_n);
void tolds_read(const struct rule *rule, const struct node *list, const struct node *of,
                struct told **ret, size_t *ret_n);
/* What a notice says: *ret is `text`, "" when it is absent. Each of its places must name a field that is not sealed. */
#define NOTICE_PLACES_MAX 8
void notice_text_read(const struct rule *rule, struct text2 text, struct place at, struct text2 *ret);
/* The step that "REGISTER/STEP" names; NULL after reporting. */
const struct step *todo_read(struct reading *rd, struct word w);

/* reader-procedure.c: fields of the register, each once. */
void fields_named(struct reading *rd, const struct reg *reg, const struct words *w,
                  const struct field ***ret, size_t *ret_n);

/* reader-ticket.c: step->ticket; then, with the procedure whole, which steps close tickets, and what every way out has. */
void ticket_read(const struct scope *sc, const struct node *n, struct step *step);
void tickets_check(struct reading *rd, struct procedure *proc);
extern const struct shape ticket_shape;

/* reader-reads.c: reg->reads, and its `daily` behind all procedures. */
void reads_read(struct reading *rd, const struct node *n, struct reg *reg);
void reads_read_daily(struct reading *rd);
/* reader-label-from.c: reg->label_from, after the register's fields. */
void label_from_read(struct reading *rd, const struct node *n, struct reg *reg);
/* `holders` of a register, once all registers are known; n NULL: it has none. */
void holders_read(struct reading *rd, const struct node *n, struct reg *reg);
void cover_read(struct reading *rd, const struct node *n, struct reg *reg);    /* reg->cover */
void stations_read(struct reading *rd, const struct node *n, struct reg *reg); /* reg->stations */
void pages_read(struct reading *rd, const struct node *n, struct reg *reg);    /* reg->pages */
/* reader-secret.c: f->secret; its fields, once those of the register are read; what a step that sets one must not be; where it is judged. */
void secret_field_read(struct reading *rd, const struct node *n, const struct words *known_to, const struct words *made_of, const struct node *joined, struct field *f);
void secrets_resolve(struct reading *rd, const struct reg *reg);
void secrets_asked(struct reading *rd, const struct words *asks, const struct words *signs, const struct step *s);
void secrets_judged(struct reading *rd);
/* Its `parties`, once all registers and states are known. */
void label_parties_read(struct reading *rd, const struct node *label_from, struct reg *reg);
void held_as_read(struct reading *rd, const struct node *n, struct reg *reg); /* reg->held_as */

/* reader-suspend.c: proc->suspends, after the procedure's steps. */
void constrains_read(struct reading *rd, struct procedure *proc, const struct node *list);
void suspend_read(struct reading *rd, struct procedure *proc, const struct node *n);

/* One per construct. */
void read_directive(struct reading *rd);
void read_directive_roles(struct reading *rd); /* after org */
void read_directive_sources(struct reading *rd); /* of parameters; after the procedures' shells */
void read_directive_groups(struct reading *rd); /* after the registers' shells */
void read_directive_easings(struct reading *rd); /* the same */
void read_clause_file(struct reading *rd);
void check_clause_roles(struct reading *rd);
void read_org(struct reading *rd);
void read_org_designations(struct reading *rd); /* after the procedures' shells */
void read_labels(struct reading *rd);
void read_register_shells(struct reading *rd);
void read_register_fields(struct reading *rd);
void read_register_rules(struct reading *rd);
void read_procedure_shells(struct reading *rd);
void read_procedures(struct reading *rd);
void read_obligations(struct reading *rd, struct procedure *proc, const struct node *list);
void read_forms(struct reading *rd);

extern const struct shape directive_shape, clauses_shape, org_shape, labels_shape, register_shape,
    field_shape, procedure_shape, form_shape;
extern const struct shape numbers_shape, scenario_shape, obligation_shape, suspend_shape, constrain_shape, label_from_shape, held_as_shape, reads_shape, daily_shape, span_shape, holders_shape, stations_shape, pages_shape, cover_shape,
    cond_shape, effect_shape, ref_shape, told_shape, where_shape;
