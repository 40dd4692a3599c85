/* The form of a step: one row for each field that the step asks, by the field's type; and back from what was sent to the
 * inputs of an act.
 *
 *     names of controls   FIELD              texts, choices, dates, selects; FIELD once for each checked box
 *                         FIELD.N.COLUMN     row N (from 1) of a group
 *                         FIELD._file        a file that goes with the form; FIELD: id of one that was sent already
 *                         FIELD._file_none   it is taken out
 *                         _secret            the secret that the step sets; it comes back in no form
 *                         _seen _signs       version and digest of what the person saw
 *                         _add               the group that wants more rows
 *     a typed value       text; array of texts (checklist, list); array of objects of texts (group)
 *
 * What the step would refuse whatever else is filled in is not among the choices (engine/offer.h); below them stands how many are left
 * out and why. What stands in a record, or was sent, stays; the only value that a needed field can have is chosen already, but not a
 * person.
 * Owner    lives in the page's arena; JSON values are kept by the page.
 * Threads  as struct page. */
#pragma once

#include "web/page.h"

#define STEP_FORM_ROWS_MORE 3  /* empty rows of a group, and how many "more rows" adds */
#define STEP_FORM_ROWS_MAX 100 /* rows of a group in one form */
#define STEP_FORM_LIST_MAX 200 /* records, or boxes of units and persons, in a list of choices; with more they are typed */

struct step_row {
    const struct field *field;
    struct field_info info;    /* with label, support, error */
    json_t *typed;             /* what the control shows; NULL: nothing */
    const struct cond *demand; /* what no empty one can meet; NULL: none */
    size_t n_rows;             /* of a group */
    bool
        is_default; /* `typed` is what the field would be filled with, and nobody has seen it yet */
    struct step_offer *offer; /* private: what can be chosen; NULL: it is typed */
    struct field_choice *wanted; /* of a list: what is laid before the person item by item, besides lines for the rest; NULL: nothing */
    size_t n_wanted;
};

struct step_form {
    struct page *page;
    const struct reg *reg;
    const struct step *step;   /* whose signs are shown */
    const json_t *view;        /* of the record; NULL: a new one */
    const json_t *initial;     /* what the engine would begin with: defaults among it */
    struct step_row *rows;
    size_t n_rows;
    const struct field_info
        *more[2]; /* of other controls of the page, for the summary of errors; the caller's */
    size_t n_more;
    bool hides_secret; /* nothing that is typed would be taken as things stand: nobody is asked for a secret in vain */
    bool
        is_paper; /* it was done on paper: what was possible then is judged when it is sent, and everything is offered */
};

/* Rows for the fields named in `asks` (of engine_steps()), filled with what the record holds, else with `initial`. */
MUST_CHECK int step_form_init(struct step_form *f, struct page *p, const struct reg *reg, const struct step *step,
                              const json_t *asks, const json_t *view, const json_t *initial);
/* Lay before the person what his lists must be the same as, "wanted" of engine_steps() (NULL: nothing), and the records that have been
 * kept long enough where the step disposes of such. */
MUST_CHECK int step_form_want(struct step_form *f, const json_t *wanted);
/* The list of records that a step wants to be kept long enough; NULL: it asks none. */
const struct field *step_over_field(const struct step *st);
/* It takes files, and is sent as such forms are. */
bool step_form_has_files(const struct step_form *f);
/* Files that came with the form go to the keeper; in *sent, which is changed, ids stand in their place. *ret_taken false: one was not taken,
 * as its row says; what is read then is to be shown again. */
MUST_CHECK int step_form_files(struct step_form *f, struct form_data *sent, bool *ret_taken);
/* Take what was sent. *ret_with: inputs for the act (what did not change is left out), kept by the page.
 * 1: nothing is to be done yet but show the form again (more rows were asked for). */
MUST_CHECK int step_form_read(struct step_form *f, const struct form_data *sent, json_t **ret_with);
/* Mark what is empty, so that nobody's slip is sent and entered as an attempt that was refused: what the step requires, and what one of its
 * plain conditions demands; one that says in its own words what would satisfy it is left to be refused. 0: nothing is amiss. */
size_t step_form_blanks(struct step_form *f);
/* Errors of an outcome "invalid", to the rows they belong to. What belongs to none is shown above the form. */
void step_form_errors(struct step_form *f, const json_t *fields);
/* The summary of errors, if there are any. */
void step_form_summary(struct step_form *f);
/* The controls, with what can be chosen now; between page_form_begin() and the button. */
MUST_CHECK int step_form_show(struct step_form *f);
/* One control for a value that is asked outside a step, to find records by: a list of choices where there are some (of a list or
 * a checklist, for one of its values), else a line. */
MUST_CHECK int field_control(struct page *p, const struct reg *reg, const struct field *f, const struct field_info *info,
                             const json_t *typed);
/* Done as it stands the step needs clauses that are suspended by these records: [{"id"}, …]; nothing where there are none. */
void step_under_show(struct page *p, const json_t *under);
