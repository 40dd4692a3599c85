/* Why a message did not go, as the outbox keeps it: the words of a server, which begin with its code, or what was met on the way there, as
 * "WORD: words of the library", so that each reader is told in his own language.
 * Threads  any; values. */
#pragma once

#include "base/message.h"

/* word, key of the sentence */
#define MAIL_TROUBLES(X)                    \
    X(RESOLVE, "resolve", MSG_MAIL_AT_NAME) \
    X(CONNECT, "connect", MSG_MAIL_AT_WAY)  \
    X(TLS, "tls", MSG_MAIL_AT_TLS)          \
    X(SIGN_IN, "sign-in", MSG_MAIL_AT_USER) \
    X(TIMEOUT, "timeout", MSG_MAIL_AT_TIME) \
    X(BROKEN, "broken", MSG_MAIL_AT_BREAK)

enum mail_trouble {
#define X(name, word, key) MAIL_TROUBLE_##name,
    MAIL_TROUBLES(X)
#undef X
};
const char *mail_trouble_word(enum mail_trouble t);
/* The sentence for what is kept, and the library's words behind it. False: the words of a server, to be shown as they are. */
MUST_CHECK bool mail_trouble_read(struct str kept, enum message_key *ret_key, struct str *ret_words);
