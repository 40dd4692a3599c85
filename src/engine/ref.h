/* References of the regulation language (its section 7), and the leaf conditions over them.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

/* The value now: a new reference, NULL when empty (also when it was erased, or a parameter is unset). */
MUST_CHECK int ref_eval(struct stage *sc, const struct ref *ref, json_t **ret);
/* The same as one text; "" when empty. In the stage's arena. */
MUST_CHECK int ref_text(struct stage *sc, const struct ref *ref, const char **ret);
/* The unit that it names; REF_NONE: that of the record at hand. NULL when there is none. */
MUST_CHECK int ref_unit(struct stage *sc, const struct ref *ref, const struct unit **ret);
/* The record it names; REF_NONE and `this`: the one at hand. 1: none. */
MUST_CHECK int ref_record(struct stage *sc, const struct ref *ref, struct record **ret);
/* The unit of kind "shozoku" by which the actor acts; NULL. */
const struct unit *stage_actor_unit(const struct stage *sc);
/* The parameter as it stands now: itself, or with the value of the record in force that it comes from; in the arena. */
MUST_CHECK int param_now(struct stage *sc, const struct param *p, const struct param **ret);
/* At that instant offices are closed: on a holiday, or outside the hours of the parameter; an unset one never says so. */
bool is_off_hours(const struct stage *sc, const struct param *hours, uint64_t t_us);
/* The night that begins on that day: from when offices close until they open on the next one. false: the hours are not set. */
bool night_of(const struct param *hours, int32_t day, uint64_t *ret_from_us, uint64_t *ret_to_us);
/* What the record is called outside its own page, to somebody who sees it: its name field, else its id. A sealed name is opened below
 * confidentiality 3 only, so that of the others number, state and time stand alone. NULL: that failed. */
const char *record_name(struct stage *sc, struct record *r);
/* The same on its own page, whatever its confidentiality. */
const char *record_name_in_full(struct stage *sc, struct record *r);
/* Behind record_name(), for a row that was read without its record: does a sealed name of that audience stay sealed? Negative. */
MUST_CHECK int name_stays_sealed(struct stage *sc, int64_t audience);

/* A point in time out of a value. */
enum when_kind { WHEN_NONE, WHEN_DAY, WHEN_INSTANT, WHEN_MONTH };
struct when {
    enum when_kind kind;
    int32_t day;    /* of an instant, too; of a month: its first */
    uint64_t us;    /* of a day: its start */
};
struct when when_of(const json_t *value);
json_t *day_json(int32_t day);
json_t *month_json(int32_t month);
json_t *instant_json(uint64_t t_us);

/* Walk records of a register that match. `found` answers 1 to stop (and is then the answer). The one at hand is left out. */
struct record_search {
    const struct reg *reg;
    const struct where *wheres;
    size_t n_wheres;
    const char *const *states; /* none: any but disposed */
    size_t n_states;
    const struct during *during; /* or NULL */
    bool is_against;             /* what is found speaks against the act: told beforehand, what is out of sight is passed over */
};
typedef int record_found_fn(void *user, struct record *r);
MUST_CHECK int search_records(struct stage *sc, const struct record_search *q, record_found_fn *found, void *user);
/* How many there are, at most `enough` (0: all). Records are loaded only where their rows do not tell. 0, negative. */
MUST_CHECK int search_count(struct stage *sc, const struct record_search *q, int64_t enough, int64_t *ret);

/* 1: an obligation of an open record is judged by what this one says, so that it is kept although its time is over: nothing else would
 * remember whether that was met. Looked for in the text of its register, one field away. */
MUST_CHECK int record_is_awaited(struct stage *sc, const struct record *r);
/* Truth of one leaf condition in the stage: 1, 0 or negative. */
MUST_CHECK int leaf_true(struct stage *sc, const struct cond *c);
/* The same, where what rests on an unset parameter takes the truth that refuses. `permits`: as in gather_cond(). */
MUST_CHECK int leaf_judged(struct stage *sc, const struct cond *c, bool permits);

/* Whether the truth of the leaf may change with what stands in that field of the record at hand. */
bool leaf_asks(const struct cond *leaf, const struct reg *reg, const struct field *f);
/* The same of any condition: of some leaf in it. */
bool cond_asks(const struct cond *c, const struct reg *reg, const struct field *f);
/* Whether the leaf cannot be judged before a parameter is set: then it takes the truth that refuses. */
MUST_CHECK int leaf_rests_on_unset(struct stage *sc, const struct cond *leaf);

/* Truth of every leaf that the tree of `c` has, written at leaf numbers into `truth`. */
MUST_CHECK int gather_cond(struct stage *sc, const struct cond *c, uint8_t *truth);
/* A vector in the arena with the leaves of all steps named `act` (their effects' conditions, too). */
MUST_CHECK int gather_steps(struct stage *sc, const char *act, uint8_t **ret);
/* Truth of any condition by a gathered vector. */
bool cond_true(const struct cond *c, const uint8_t *truth);
