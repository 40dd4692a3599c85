/* The one decision before every way out. Whatever shows, prints, tells or writes out something labelled asks here, and
 * only here, and does what the answer says.
 * Threads  pure; any. */
#pragma once

#include "label/audience.h"

enum release_channel {
    RELEASE_PAGE,          /* the page of somebody who is signed in */
    RELEASE_PRINT,         /* paper */
    RELEASE_NOTICE,        /* the short text of a notice, which may be read over a shoulder */
    RELEASE_EXPORT,        /* a file that leaves the program */
    RELEASE_FILE,          /* a file that was attached, handed to somebody who is signed in */
    RELEASE_API,           /* an answer to a program */
    RELEASE_PROVIDE,       /* handed over, by whatever means the directive takes */
    RELEASE_PUBLISH,       /* for everybody */
    RELEASE_MEDIUM_SEALED, /* an external medium, encrypted */
    RELEASE_MEDIUM_PLAIN,
    RELEASE_MAIL_INTERNAL, /* over lines of the police alone */
    RELEASE_MAIL_INSIDE,   /* over an external line, to addresses of the force alone */
    RELEASE_MAIL_SEALED,   /* over an external line, encrypted or behind a password */
    RELEASE_MAIL_OPEN,     /* over an external line, as it is */
    RELEASE_BACKUP,        /* a copy of everything: store, keys of sealed values, contents of files */
    RELEASE_LEDGER_FILES,  /* the ledger with all records and their sealed values, as files */
    RELEASE_CHANNELS
};

enum release_answer {
    RELEASE_ALLOWED,
    RELEASE_UNSEEN,      /* the receiver is not in the audience: answer as if there were nothing */
    RELEASE_TOO_HIGH,    /* more confidential than the channel carries */
    RELEASE_SHUT,        /* the store was restored, and two persons have not looked at it yet */
    RELEASE_SECOND,      /* only where two persons stand behind it */
    RELEASE_NOT_DECIDED, /* the question is incomplete or out of bounds: refused, too */
};

/* Whether the receiver is among the readers. */
enum release_seen {
    RELEASE_BY_SIGHT, /* by `sight` and `audience` */
    RELEASE_BY_LIST,  /* he is a party, who has no sight: by `party` and `parties` */
    RELEASE_MEASURED, /* of bytes that no record stands for a gate found: he may read all that holds them, or nobody holds any */
    RELEASE_OUTSIDE   /* likewise: something holds them that he may not read */
};

struct release_question {
    const struct label *label; /* of what would leave; joined over all of it */
    int64_t audience;          /* its interned number */
    enum release_channel channel;
    int channel_at_most;       /* the pack's cap on confidentiality; 0: the pack says nothing */
    const struct sight *sight; /* of the receiver; NULL where everything leaves at once, to no reader */
    enum release_seen seen;    /* unless RELEASE_BY_SIGHT, neither audience nor sight is looked at */
    const char *party;         /* RELEASE_BY_LIST: the number of his record */
    struct label_set parties;  /* RELEASE_BY_LIST: those whom the label admits beside its readers on the staff */
    bool is_shut;              /* the store was restored, and is not opened yet: release_channel_stays_open() */
    unsigned persons;          /* who stand behind it; 0 is one. Asked of what leaves as a whole alone */
};

/* "page", "print", "notice", "export", "file", "api", "provide", "publish", "medium-sealed", "medium-plain", "mail-internal",
 * "mail-inside", "mail-sealed", "mail-open", "backup", "ledger-files", as packs spell them. false: no such channel. */
bool release_channel_parse(struct str s, enum release_channel *ret);
const char *release_channel_name(enum release_channel c);
/* The same way for what lies open: medium-plain of medium-sealed, mail-open of mail-sealed; else itself. */
enum release_channel release_channel_open(enum release_channel c);
/* Bytes go out of the program's sight by it: a medium, mail. What leaves so needs a ticket (engine/ticket.h). */
bool release_channel_is_gated(enum release_channel c);
/* Everything leaves by it at once, whoever may read what: no reader is asked, and confidentiality 3 takes two persons. */
bool release_channel_is_whole(enum release_channel c);
/* Also after a restore, before two administrators have looked (engine/restored.h): page and notice, up to confidentiality 2; accounts that were closed since the
 * backup are open again by then. */
#define RELEASE_SHUT_AT_MOST 2
bool release_channel_stays_open(enum release_channel c);
/* The cap that counts: the pack's, but never above the program's own: 3 page, print, file, provide, medium-sealed, mail-internal, backup,
 * ledger-files; 2 export, api, medium-plain, mail-inside, mail-sealed; 1 notice, publish, mail-open. */
int release_cap(enum release_channel c, int channel_at_most);
/* Being unseen comes before everything else, so that a refusal tells nobody that there is something. */
MUST_CHECK enum release_answer release_decide(const struct release_question *q);
