/* A record's form, or a register as a table, worded for paper (outward/sheet.h). What is on it is what the views hold: that the
 * person sees.
 * Owner    everything lives in the page's arena.
 * Threads  as struct page. */
#pragma once

#include "outward/sheet.h"
#include "web/page.h"

/* The form of that id, else the register's first one; NULL: it has none, and its fields are printed one below the other. */
const struct form *form_of(const struct reg *reg, const char *id);

/* A two-dimensional code with what stands beside it, each on its line: the description, the address, its host, further fields. */
struct code_shown {
    struct str url; /* the text of the code, byte by byte what the record holds */
    struct str text;
};
/* False: the cell asks for none, or the record is in no state in which its address has been reviewed, has no address with a host or no
 * description, or its address was corrected after the review. */
bool code_of_cell(struct page *p, const struct form_cell *c, const json_t *view, struct code_shown *ret);

/* Where the ledger stood when the sheet was made. */
struct print_position {
    int64_t year, size;
};

MUST_CHECK int sheet_of_record(struct page *p, const struct reg *reg, const struct form *form, const json_t *view,
                               struct print_position at, struct sheet *ret);
/* `rows` as engine_list() gives them; `digest` is the hex of the data that goes with the paper. */
MUST_CHECK int sheet_of_list(struct page *p, const struct reg *reg, const struct form *form, const json_t *rows,
                             struct print_position at, const char *digest, struct sheet *ret);
