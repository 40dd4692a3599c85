/* Schemas of the fields of registers and of the inputs of steps, for the API's description. What hangs on no register is in assets/api.json.
 * New references; NULL: out of memory.
 * Threads  as struct page. */
#pragma once

#include "web/page.h"

/* Values of a register's records as they are shown; only the personal ones, or only the others. */
json_t *openapi_values(struct page *p, const struct reg *reg, bool is_personal);
/* What a step takes: {"with": {…}, "seen", "signs"}. */
json_t *openapi_input(struct page *p, const struct step *s);
/* A body that fits it. */
json_t *openapi_input_example(const struct step *s);
