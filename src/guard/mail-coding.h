/* How a part of a message says that it is encoded, and whether every reader decodes it to the same bytes. What is lenient here is a place to hide:
 * one reader ends at the first '=' of base64, another goes on; one takes an unknown encoding for none.
 * Source   RFC 2045, 6. Threads  any. */
#pragma once

#include "base/str.h"

enum mail_coding { MAIL_CODING_NONE, MAIL_CODING_BASE64, MAIL_CODING_QUOTED };
/* What a Content-Transfer-Encoding says, NULL: there is none. false: it is no word of RFC 2045, alone. */
bool mail_coding_of(const char *said, enum mail_coding *ret);

struct mail_decoding {
    enum mail_coding how; /* the rest 0 at first */
    unsigned n_fill;      /* base64: '=' at its end */
    unsigned escape;      /* quoted-printable: characters since '='; 0 none */
};
/* The next bytes, as they are encoded: base64 of its characters alone, with '=' at its end only; quoted-printable without a broken escape. false: readers
 * differ about them. */
bool mail_decoding_add(struct mail_decoding *d, struct str bytes);
/* They may end here. */
bool mail_decoding_ends(const struct mail_decoding *d);
