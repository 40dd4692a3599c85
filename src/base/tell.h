/* Words about what is wrong, from the catalogue: told in both of its languages, so that commands and pages say the same.
 * Owner, limits  as base/diag.h, which it adds to. */
#pragma once

#include "base/diag.h"
#include "base/message.h"

void diag_tell_args(struct diag *d, enum diag_level level, struct diag_place at, enum message_key key,
                    const struct message_arg *args, size_t n_args);
/* diag_tell(d, DIAG_ERROR, place, MSG_KEY, {"name", value}, MESSAGE_WORD("word", MSG_WORD)); also without arguments */
#define diag_tell(d, level, at, key, ...) diag_tell_args(d, level, at, key, MESSAGE_ARGS(__VA_ARGS__))
/* As diag_print(), in that language. */
int diag_print_in(const struct diag *d, enum message_lang lang, struct buf *out);
/* What a reader of that language is told: the English words when there are no others. */
const char *diag_message(const struct diag_entry *e, enum message_lang lang);
/* The first error in both languages, as the argument {why} of another message; borrowed from `d`. */
struct message_arg diag_why(const struct diag *d);
/* What an errno means, as the argument {why}: in both languages where the catalogue has it. */
struct message_arg tell_why(int error);
