/* The one decision before every way out. Whatever shows, prints, tells or writes out something labelled asks here, and
 * only here, and does what the answer says.
 * Threads  pure; any. */
#pragma once

#include "label/audience.h"

enum release_channel {
    RELEASE_PAGE,   /* the page of somebody who is signed in */
    RELEASE_PRINT,  /* paper */
    RELEASE_NOTICE, /* the short text of a notice, which may be read over a shoulder */
    RELEASE_EXPORT, /* a file that leaves the program */
    RELEASE_FILE,   /* a file that was attached, handed to somebody who is signed in */
    RELEASE_CHANNELS
};

enum release_answer {
    RELEASE_ALLOWED,
    RELEASE_UNSEEN,      /* the receiver is not in the audience: answer as if there were nothing */
    RELEASE_TOO_HIGH,    /* more confidential than the channel carries */
    RELEASE_NOT_DECIDED, /* the question is incomplete or out of bounds: refused, too */
};

struct release_question {
    const struct label *label; /* of what would leave; joined over all of it */
    int64_t audience;          /* its interned number */
    enum release_channel channel;
    int channel_at_most;       /* the pack's cap on confidentiality; 0: the pack says nothing */
    const struct sight *sight; /* of the receiver */
};

/* "page", "print", "notice", "export", "file", as packs spell them. false: no such channel. */
bool release_channel_parse(struct str s, enum release_channel *ret);
const char *release_channel_name(enum release_channel c);
/* The cap that counts: the pack's, but never above the program's own (page 3, print 3, notice 1, export 2, file 3). */
int release_cap(enum release_channel c, int channel_at_most);
/* Being unseen comes before everything else, so that a refusal tells nobody that there is something. */
MUST_CHECK enum release_answer release_decide(const struct release_question *q);
