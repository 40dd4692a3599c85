/* What can be chosen in the form of a step: the lists of choices, less what the step would refuse whatever else is filled in.
 * For step-form.c alone.
 * Owner    the page's arena. Threads  as struct page. */
#pragma once

#include "web/step-form.h"

struct choices {
    struct field_choice *at;
    size_t n, max;
    size_t n_seen;       /* of records: those in sight; the others stand there already */
    const json_t *typed; /* text, or array of texts */
};

struct step_offer {
    struct page *page;
    const struct field *field;
    struct choices choices;
    const json_t *judged; /* of engine_offers(); NULL: not judged */
    size_t n_out;         /* left out */
    bool is_empty;        /* nothing can be chosen that would not be refused */
};

/* The text typed into one control; "" where there is none. */
struct str step_typed_text(const json_t *typed);
/* A list whose items are typed, one a line, as nothing can be laid out: texts and the like, or more persons than fit. */
bool step_is_typed(struct page *p, const struct field *f);
/* All that could be chosen for a field, whatever step asks it. 1: nothing, it is typed. */
MUST_CHECK int step_choices(struct page *p, const struct reg *reg, const struct field *f,
                            const json_t *typed, struct choices *ret);
/* The offers of every row that has a list, and below them what they leave out. */
MUST_CHECK int step_offers(struct step_form *form);
