/* What a notice says to whoever reads it. Its text holds places, "{ends_on}" or "{loan.phone}": fields of the record that it is about
 * and of those that this one names, none of them sealed (the reader of packs sees to that). They are filled when the notice is read,
 * with what the records hold then, and only as far as he sees the records; a notice that leaves by mail, only from records that may
 * leave to him. What may not be told, or is gone, reads "…".
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

struct notice_reader {
    const struct sight *sight; /* NULL: he sees nothing */
    bool is_mail;              /* it leaves by RELEASE_NOTICE */
    bool is_alone;             /* told from the record alone: of one that it names, the number that stands in it */
};

/* {"ja","en"} of `text` with its places filled. `about` NULL: no record, or none that he may see. -ENOMEM and the store's failures. */
MUST_CHECK int notice_words(struct stage *sc, const struct notice_reader *who, struct text2 text,
                            struct record *about, json_t **ret);
