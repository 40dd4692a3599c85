/* What of a set stands in logs. Lines are read as bytes: ASCII without defanging and full-width forms, so that any log does, with lines of any
 * length, NUL and bytes that are no UTF-8. (Texts that people write are the business of intel/extract.h.)
 *
 * A value hits where it stands whole:
 *   token     a run of letters, digits, _ . - without . and - at its ends: an IPv4 address (also by the networks that contain it), or a name, as a
 *             whole and, with SET_BELOW, by each name above it. example.jp hits in www.example.jp, never in notexample.jp or example.jp.net.
 *   word      a run of letters and digits: a hash
 *   IPv6      a run of hexadecimal digits, colons and dots with no letter or digit at either side; also by its networks
 *   URL       a scheme of at most 16 characters, :// and what follows up to a blank, one of "<>`{}|\\^, or anything that is not printable ASCII,
 *             without , ; ' ) ] at its end; read as intel/clue.h does. What stands in a URL, or in what is too long for one, is no other URL.
 *   mail      the token behind an @, with the run of letters, digits and _ . % + - before it
 * All other types of a set are passed over. Hits come by lines, and within one by the place that they are found from: the start of a token or of
 * an IPv6 address, the @, the ://. A line of more than MATCH_LINE_MAX bytes is cut there.
 *
 * What has an end (intel/set.h) does not hit behind it: behind now, or, with a field of the time, behind the line's own time where that can be read:
 * RFC 3339, or seconds since 1970 with or without a fraction, in brackets and quotes or not.
 *
 * How       intel/match-walk.h finds where something may hit, by vector instructions; what is found there is read exactly and compared.
 * Owner    the caller of matcher_new(); matcher_free(). The set is borrowed for its life.
 * Threads  one matcher belongs to one at a time; many may share a set. */
#pragma once

#include "intel/set.h"

#define MATCH_LINE_MAX ((size_t)1 << 20)

struct match_hit {
    uint64_t line;   /* from 1 */
    uint64_t offset; /* bytes of all the text before it */
    struct str written;
    const struct set_entry *entry; /* borrowed for the call */
};
/* 0: go on; anything else ends the matching and is answered. */
typedef int match_fn(const struct match_hit *hit, void *context);

struct match_options {
    uint64_t now_us;     /* 0: nothing has ended yet */
    unsigned time_field; /* of a line, between blanks, TABs and CRs, from 1; 0: lines have no time that counts */
};

struct matcher;
/* NULL: out of memory. `options` NULL: all 0. */
struct matcher *matcher_new(const struct set *set, const struct match_options *options,
                            match_fn *tell, void *context);
void matcher_free(struct matcher *m);       /* accepts NULL */
DEFINE_CLEANUP(struct matcher, matcher_free);
/* The text that follows begins a line, with that number, behind so many bytes. */
void matcher_start(struct matcher *m, uint64_t line, uint64_t offset);
/* More of the text, in pieces of any size; then its end. 0, what `tell` answered, -ENOMEM. */
MUST_CHECK int matcher_add(struct matcher *m, struct str text);
MUST_CHECK int matcher_end(struct matcher *m);
/* What of the set a value hits that was found by other means (intel/extract.h): a name by those above it as well, an address by its networks, a URL
 * and an address of mail also by their host. `where` says what is told of its place. 0, what `tell` answered, -ENOMEM. */
MUST_CHECK int matcher_value(struct matcher *m, const struct clue *value,
                             const struct match_hit *where);
