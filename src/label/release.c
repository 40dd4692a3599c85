#include "label/release.h"

struct channel_row {
    const char *name;
    int at_most; /* confidentiality */
    bool is_gated, is_whole;
};

#define SECOND_FROM 3 /* confidentiality of a whole that two persons answer for */

/* What no pack can lift: a notice may be read over a shoulder, a file can be carried off. */
static const struct channel_row rows[RELEASE_CHANNELS] = {
    [RELEASE_PAGE] = {"page", 3, false},
    [RELEASE_PRINT] = {"print", 3, false},
    [RELEASE_NOTICE] = {"notice", 1, false},
    [RELEASE_EXPORT] = {"export", 2, false},
    [RELEASE_FILE] = {"file", 3, false},
    [RELEASE_API] = {"api", 2, false},
    [RELEASE_PROVIDE] = {"provide", 3, false},
    [RELEASE_PUBLISH] = {"publish", 1, false},
    [RELEASE_MEDIUM_SEALED] = {"medium-sealed", 3, true},
    [RELEASE_MEDIUM_PLAIN] = {"medium-plain", 2, true},
    [RELEASE_MAIL_INTERNAL] = {"mail-internal", 3, true},
    [RELEASE_MAIL_INSIDE] = {"mail-inside", 2, true},
    [RELEASE_MAIL_SEALED] = {"mail-sealed", 2, true},
    [RELEASE_MAIL_OPEN] = {"mail-open", 1, true},
    [RELEASE_BACKUP] = {"backup", 3, .is_whole = true},
    [RELEASE_LEDGER_FILES] = {"ledger-files", 3, .is_whole = true},
};

bool release_channel_parse(struct str s, enum release_channel *ret)
{
    for (size_t i = 0; i < RELEASE_CHANNELS; i++) {
        if (str_eq(s, str_of(rows[i].name))) {
            *ret = (enum release_channel)i;
            return true;
        }
    }
    return false;
}

const char *release_channel_name(enum release_channel c)
{
    return rows[c].name;
}

enum release_channel release_channel_open(enum release_channel c)
{
    return c == RELEASE_MEDIUM_SEALED ? RELEASE_MEDIUM_PLAIN : c == RELEASE_MAIL_SEALED ? RELEASE_MAIL_OPEN : c;
}

bool release_channel_is_gated(enum release_channel c)
{
    return rows[c].is_gated;
}

bool release_channel_is_whole(enum release_channel c)
{
    return rows[c].is_whole;
}

bool release_channel_stays_open(enum release_channel c)
{
    return c == RELEASE_PAGE || c == RELEASE_NOTICE;
}

int release_cap(enum release_channel c, int channel_at_most)
{
    return channel_at_most == 0 ? rows[c].at_most : MIN_OF(channel_at_most, rows[c].at_most);
}

static bool is_among_readers(const struct release_question *q)
{
    switch (q->seen) {
    case RELEASE_BY_SIGHT:
        return q->sight == NULL || sight_may_see(q->sight, q->audience);
    case RELEASE_BY_LIST:
        return label_set_has(q->parties, q->party);
    case RELEASE_MEASURED:
        return true;
    case RELEASE_OUTSIDE:
        break;
    }
    return false;
}

enum release_answer release_decide(const struct release_question *q)
{
    if ((unsigned)q->seen > RELEASE_OUTSIDE || q->label == NULL || (unsigned)q->channel >= RELEASE_CHANNELS || q->channel_at_most < 0 ||
        q->channel_at_most > LABEL_CONFIDENTIALITY_MAX)
        return RELEASE_NOT_DECIDED;
    if (rows[q->channel].is_whole ? q->sight != NULL || q->seen != RELEASE_BY_SIGHT : q->seen == RELEASE_BY_SIGHT && q->sight == NULL)
        return RELEASE_NOT_DECIDED;
    if (q->seen == RELEASE_BY_LIST && (q->party == NULL || *q->party == '\0'))
        return RELEASE_NOT_DECIDED;
    if (!is_among_readers(q))
        return RELEASE_UNSEEN;
    if (q->is_shut && (!release_channel_stays_open(q->channel) || q->label->confidentiality > RELEASE_SHUT_AT_MOST))
        return RELEASE_SHUT;
    if (q->label->confidentiality > release_cap(q->channel, q->channel_at_most))
        return RELEASE_TOO_HIGH;
    if (rows[q->channel].is_whole && q->label->confidentiality >= SECOND_FROM && q->persons < 2)
        return RELEASE_SECOND;
    return RELEASE_ALLOWED;
}
