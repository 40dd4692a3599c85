/* Passwords: what is taken as one, and Argon2id by libsodium.
 * One hash takes PASSWORD_MEMORY bytes and some tenths of a second on purpose; whoever calls bounds how many run at once.
 * Threads  any; everything is pure but for randomness. crypto_start() comes first.
 * Source   NIST SP 800-63B 5.1.1.2: length and a list of weak ones instead of rules about kinds of characters. */
#pragma once

#include "base/str.h"

#define PASSWORD_MIN 12u        /* characters */
#define PASSWORD_MAX 128u       /* characters */
#define PASSWORD_HASH_SIZE 128u /* bytes of the encoded form, with its NUL */
#define PASSWORD_MEMORY (64u << 20)
#define PASSWORD_PASSES 3u

enum password_fault {
    PASSWORD_GOOD,
    PASSWORD_TOO_SHORT,
    PASSWORD_TOO_LONG,
    PASSWORD_NOT_TEXT, /* not UTF-8, or with control characters */
    PASSWORD_IS_LOGIN, /* the login, or the login with a few characters around it */
    PASSWORD_WEAK, /* a well-known one, a run along the keyboard, a few characters over and over */
};
/* A sentence for the user, in Japanese; "" for GOOD. */
const char *password_fault_ja(enum password_fault fault);
const char *password_fault_en(enum password_fault fault);
MUST_CHECK enum password_fault password_judge(struct str login, struct str password);

/* What can be said of a secret of another system before it is hashed (engine/secret.h). It is read as typed and folded (width, case), so that
 * full-width letters are those that they look like. `words`: of whom and what it is, folded by utf8_fold(); shorter ones than two characters or three bytes
 * are passed over. What is no text, or longer than PASSWORD_MAX, is not fit to be one at all. -ENOMEM. */
struct password_traits {
    size_t characters;
    bool is_fit, is_common;
    bool is_named; /* but for such words, known ones, dates and signs there is next to nothing in it */
};
MUST_CHECK int password_traits(struct str password, const struct str *words, size_t n_words, struct password_traits *ret);

/* What a hash costs: as it is kept; or next to nothing, for stories, in which nothing is secret. */
enum password_cost { PASSWORD_KEPT, PASSWORD_PLAYED };
/* As password_hash() of what was not judged, at that cost. password_check() knows both. */
MUST_CHECK int password_hash_at(enum password_cost cost, struct str password, char ret_hash[PASSWORD_HASH_SIZE]);

/* Encoded Argon2id with a new salt. The password is brought to NFC first, so that it does not matter which keyboard made it.
 * 0, -ENOMEM; -EINVAL: not judged good before. */
MUST_CHECK int password_hash(struct str password, char ret_hash[PASSWORD_HASH_SIZE]);
/* Whether it is that password. Takes as long for "" (no password set) and for what is not a hash as for a real one, and then is false.
 * 0; -ENOMEM: nobody knows, and nobody has guessed wrong. */
MUST_CHECK int password_check(const char *hash, struct str password, bool *ret_same);
