/* The words of a message's own texts, each tried as the password of its sealed attachments: so whether the password goes along is not
 * guessed but known, as far as the words go.
 * A word is a run of 4 to 128 printable ASCII characters; also what follows its last ':' or '=', and each without a mark of punctuation
 * at its end or brackets and quotes around it.
 * Owner    mail_words_init(); mail_words_done() wipes. Threads  one. */
#pragma once

#include "base/str.h"

#define MAIL_WORDS_MAX 1000u

struct mail_words {
    char *at[MAIL_WORDS_MAX]; /* private */
    size_t n;
    bool is_cut; /* there were more */
};
void mail_words_init(struct mail_words *w);
void mail_words_done(struct mail_words *w);
/* 0, -ENOMEM. */
MUST_CHECK int mail_words_add(struct mail_words *w, struct str text);
/* Whether one of them opens a member of the ZIP. It is read to its end before it counts. Ends by the deadline (monotonic), and then says
 * false. 0, -ENOMEM. */
MUST_CHECK int mail_words_open(const struct mail_words *w, struct str zip, uint64_t deadline_us,
                               bool *ret);
