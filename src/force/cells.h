/* Cells of the tables of the force, read and checked one by one; for build.c, and for plan.c what needs no table. */
#pragma once

#include "base/tell.h"
#include "force/snapshot.h"

struct build {
    struct force *f;
    const struct source *sources;
    struct diag *diag;
    int col[FORCE_FILES][FORCE_COLUMNS_MAX]; /* where each column stands in the source */
    struct buf text; /* scratch: a name being normalised, a cell being quoted */
    size_t n_errors;
    bool out_of_memory;
};

/* One cell's place, handed around instead of four numbers. */
struct place {
    enum force_file file;
    size_t row;
    int column; /* by the enums above */
};

/* What one row of a table is called in a message. */
extern const enum message_key force_row_word[FORCE_FILES];

const struct csv_cell *force_cell_at(const struct build *b, struct place p);
/* Without spaces around. */
struct str force_cell_text(const struct build *b, struct place p);
/* Tell what is wrong with the cell. */
void force_cell_bad_args(struct build *b, struct place p, enum message_key key, const struct message_arg *args,
                         size_t n_args);
#define force_cell_bad(b, p, key, ...) force_cell_bad_args(b, p, key, MESSAGE_ARGS(__VA_ARGS__))
/* The text as it may be shown: shortened, nothing that a terminal obeys. Good until the next call. */
struct str force_cell_shown(struct build *b, struct str s);
/* A number as an argument of a message, and a name of the tables. */
struct force_number {
    char text[24];
};
#define FORCE_NUMBER(name_, n) {.name = (name_), .value = force_number_text(&(struct force_number){""}, (n))}
struct str force_number_text(struct force_number *number, unsigned long long n);
/* A copy in the snapshot; NULL when out of memory, which `b` notes. */
const char *force_cell_keep(struct build *b, struct str s);

bool force_cell_is_id(struct str s);
/* "pack/role", "register/step" */
bool force_cell_is_id_pair(struct str s);
/* NULL: told. */
const char *force_cell_id(struct build *b, struct place p);
/* "": empty, or told. */
const char *force_cell_name(struct build *b, struct place p, bool required);
/* A mail address in small letters. NULL: told. */
const char *force_cell_address(struct build *b, struct place p);
/* false: told; *ret is `empty` then. */
bool force_cell_day(struct build *b, struct place p, int32_t empty, int32_t *ret);
/* "from" at `from`, "to" in the column behind it. */
void force_cell_days(struct build *b, struct place from, int32_t *ret_from, int32_t *ret_to);
bool force_cell_instant(struct build *b, struct place p, uint64_t *ret);
/* Index in `words`; -1: told, with `right` as what it must be. */
int force_cell_word(struct build *b, struct place p, const char *const *words, size_t n,
                    enum message_key right);
/* The row of `target` that the cell names; NULL: empty or told. */
const void *force_cell_ref(struct build *b, struct place p, enum force_file target, bool required);
/* Pieces between ";"; `ret` has room for FORCE_KINDS_MAX. */
size_t force_cell_list(struct build *b, struct place p, bool (*is_good)(struct str),
                       enum message_key noun, const char *example, struct str *ret);
