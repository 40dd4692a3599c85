/* A step that somebody is about to do: what is meant, what was sent, and how the form of it is shown (step-show.c). Found and done by page-step.c.
 * Owner    everything is borrowed for the request. */
#pragma once

#include "web/page.h"
#include "web/step-form.h"

struct step_doing {
    struct page *page;
    const struct reg *reg;
    const char *act;        /* the step's name */
    const char *record;     /* "" a new one */
    const struct step *step;
    const json_t *judged;   /* its row of engine_steps() */
    const json_t *view;     /* of the record; NULL: a new one */
    const json_t *initial;  /* what the form of a new one about another record begins with; NULL: as the engine lists it */
    struct step_form form;
    const json_t *outcome;  /* of a refused act; NULL: none */
    const json_t *answer;   /* of a keeper that did not do it; NULL: none */
    bool is_stale;
    bool is_blank;          /* what must be filled in is empty, or a file was not taken: nothing was sent on */
    int64_t seen;           /* the version that the form was made for, when it is stale */
    const char *sent;       /* digest of what was sent */
    bool asks_again;        /* it was sent once; the step asks for a second time */
    const char *manifest;   /* digest of what would leave, which is shown before it is done; NULL: nothing would */
    json_t *with;           /* what was sent, where `manifest` is there */
    bool is_other;          /* something else was shown before */
    struct field_info reason; /* of a correction */
    struct field_info paper_day, paper_time;
};

/* Names of controls that are no fields; problems name the last as "_paper". */
#define REASON "_reason"
#define PAPER_DAY "_paper_day"
#define PAPER_TIME "_paper_time"
#define SURE "_sure" /* sent for the second time */
#define MANIFEST "_manifest" /* digest of what was shown to leave */
#define PAPER_TEXT_MAX 256 /* bytes of both together */

/* May it be done as it stands, or once something is filled in? */
bool step_is_possible(const struct step_doing *d);
/* The page: what happened, what stands in the way, what would leave, what is signed, and the form. */
MUST_CHECK int step_show(struct step_doing *d);
