/* Values as people read them: dates, persons, units, clauses, a record's fields; and refusals with their clauses.
 * Owner    texts live in the page's arena or the engine's tables.
 * Threads  as struct page. */
#pragma once

#include "web/page.h"

struct str text2_words(const struct page *p, struct text2 t);
/* {"ja","en"} in the page's language; a plain string as it is; "" otherwise. */
struct str say_words(const struct page *p, const json_t *say);
struct str day_words(struct page *p, int32_t day);
struct str instant_words(struct page *p, uint64_t us);
struct str duration_words(struct page *p, struct duration d); /* "7日", "1か月 2時間" */
/* Any time in a view: microseconds, an ISO day, or a UTC instant. "" for nothing. */
struct str when_words(struct page *p, const json_t *v);
/* Years of an ISO day or instant for machines: as it stands, or STR_NONE. */
struct str when_iso(struct page *p, const json_t *v);

struct str person_words(struct page *p, const char *id);
struct str person_post_words(struct page *p, const char *id); /* unit and post today; "" none */
struct str unit_words(struct page *p, const char *id);
struct str post_words(struct page *p, const char *id);
struct str under_words(struct page *p,
                       const json_t *ids); /* of records that suspend clauses, apart by spaces */
/* The unit in which the person held the post at that instant, as the force tells; "" when it does not. */
struct str office_unit_words(struct page *p, const char *person, const char *post, const json_t *t);
struct str state_words(struct page *p, const struct reg *reg, const char *state);
/* The name that a view or a list gives of a record: for a register named by a person, a choice or a day, in words. */
struct str name_words(struct page *p, const struct reg *reg, const char *name);
/* The same, where it is another record by what people call that one; `view` has that under "named". */
struct str called_words(struct page *p, const struct reg *reg, const json_t *view, const char *name);
struct str view_name_words(struct page *p, const struct reg *reg, const json_t *view);
/* Whether what is sealed of the record, its name and those of its files, is told on its own pages alone, each of which is entered as read: from
 * confidentiality 3 on (doc/design/information.md, B6). `view` is the record's, wherever it is shown. */
bool is_for_own_page(const json_t *view);
/* The view's name on a page of another record, or of none: its number where a sealed name is for its own page. */
struct str name_elsewhere(struct page *p, const struct reg *reg, const json_t *view);
/* The name of a record among "named" of a view or of the day's work; .at NULL: it is not there, or has none. */
struct str named_words(struct page *p, const json_t *view, const char *id);
/* How a state looks: ends are done, others active. */
enum chip_kind state_chip(const struct reg *reg, const char *state);

/* "機密性2（中）　完全性2（高）　可用性2（高）　関係者限り　TLP:AMBER+STRICT", the mark where the directive maps labels to marks. */
/* Of a record's view; `view` NULL: of the register, "by record" where its records have labels of their own. */
struct str label_words(struct page *p, const struct reg *reg, const json_t *view);
/* Whom what is in a record came from, also by what it was made of (engine/originators.h); STR_NONE: its register has none. */
struct str originators_words(struct page *p, const json_t *view);

/* The clause of that id in any pack in force; NULL. */
const struct clause *find_clause(struct page *p, const char *id, const struct pack **ret_pack);
struct str clause_words(struct page *p, const char *id); /* "第3の2(5) P-3-2-5.2" */
struct str clause_url(struct page *p, const char *id);   /* STR_NONE when no pack has it */
/* One chip for each id of a JSON array, or of the list. */
void clause_chips(struct page *p, const json_t *ids);
void clause_list_chips(struct page *p, const struct clause_list *list);
/* A paragraph with them: what asks something of him, to be read before he does it. */
void basis_show(struct page *p, const struct clause_list *list);

/* A value of the view as one text. */
struct str value_words(struct page *p, const struct field *f, const json_t *v);
/* The same as markup: lists, tables of rows, links to those records that the view says are in sight,
 * and their names. */
void value_show(struct page *p, const json_t *view, const struct field *f, const json_t *v);
/* What one of the view's "corrections" says of a field; NULL: nothing. */
const json_t *value_corrected(const json_t *correction, const char *field);
bool value_is_corrected(const json_t *view, const char *field);
/* A value as a person would type it into the form; rows and lists keep their shape, each cell as text. New reference. */
json_t *value_typed(struct page *p, const struct field *f, const json_t *v);

/* What has to be done before ("before" of a field's offer, a step or an outcome), under that heading: the reader's own with a link,
 * the others' with who they are. */
void ways_show(struct page *p, struct str heading, const json_t *before);
/* Everything unmet of an outcome or of a step: clauses with titles, then what would satisfy, then what has to be done before. */
/* Nothing that is known stands in the way of the step: of what engine_steps() says of a new record. */
bool step_may_begin(const json_t *judged, const char *act);
/* The step that one of engine_steps() is about: of several of one name the nearest. */
const struct step *step_judged(const struct reg *reg, const json_t *one);
/* Everything unmet of an outcome or of a step: clauses with titles, then what would satisfy. */
void refusal_show(struct page *p, const json_t *outcome, bool is_recorded);

struct str record_url(struct page *p, const char *id, const char *tail); /* "/records/ID" + tail */
/* Where the step "reg/step" is done for that record: its form; of one that makes a record, one about it. STR_NONE: no such step. */
struct str todo_url(struct page *p, const char *todo, const char *record);
/* Its title; "" when there is no such step. */
struct str todo_words(struct page *p, const char *todo);
struct str register_url(struct page *p, const char *reg);
/* One of an answer's "problems": where in its file, what is wrong, what would be right. */
struct str problem_words(struct page *p, const json_t *problem);
/* All of them, each with its file. */
void problem_list(struct page *p, const json_t *problems);
/* A link. */
void link_show(struct page *p, struct str text, struct str url);
