/* What the files of the checker share.
 * Threads  one check at a time per struct. */
#pragma once

#include "base/arena.h"
#include "base/tell.h"
#include "regulation/check.h"
#include "regulation/rules.h"

struct checking {
    const struct pack *pack;
    const struct force *force; /* or NULL */
    struct check_options options;
    struct diag *diag;
    struct check_summary *summary;
    struct rule_table rules;
    struct arena *arena; /* for what lives as long as the check */
};

void check_error_args(struct checking *ck, struct place at, enum message_key key, const struct message_arg *args, size_t n);
void check_warning_args(struct checking *ck, struct place at, enum message_key key, const struct message_arg *args, size_t n);
void check_note_args(struct checking *ck, struct place at, enum message_key key, const struct message_arg *args, size_t n);
/* check_error(ck, at, MSG_PACK_KEY, {"field", str_of(f->id)}); the others alike. */
#define check_error(ck, at, key, ...) check_error_args((ck), (at), (key), MESSAGE_ARGS(__VA_ARGS__))
#define check_warning(ck, at, key, ...) check_warning_args((ck), (at), (key), MESSAGE_ARGS(__VA_ARGS__))
#define check_note(ck, at, key, ...) check_note_args((ck), (at), (key), MESSAGE_ARGS(__VA_ARGS__))
bool word_among(const char *word, const char *const *words, size_t n);

/* Each: 0 or negative. */
MUST_CHECK int check_unused(struct checking *ck);
MUST_CHECK int check_clauses(struct checking *ck);
MUST_CHECK int check_canonical(struct checking *ck);
MUST_CHECK int check_states(struct checking *ck);
MUST_CHECK int check_suspend(struct checking *ck);
MUST_CHECK int check_steps(struct checking *ck);
MUST_CHECK int check_people(struct checking *ck);
MUST_CHECK int check_periods(struct checking *ck);
MUST_CHECK int check_flows(struct checking *ck);
MUST_CHECK int check_told(struct checking *ck);
MUST_CHECK int check_holds(struct checking *ck);
