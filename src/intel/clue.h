/* Values that people and machines compare: addresses, names, hashes, numbers. One function makes each from whatever spelling it
 * comes in; two spellings are the same value exactly when type and canonical bytes are equal (doc/design/intelligence.md, VA).
 *
 *   hxxps：//ＷＷＷ．例え［．］jp:443/a/../b    url      https://www.xn--r8jz45g.jp/b
 *   ０３ー１２３４ー５６７８                     phone    +81312345678
 *   ::ffff:192.0.2.1                            ipv4     c0 00 02 01
 *
 * Three forms: the canonical bytes (clue-types.def) are compared, the display form is read by people, the defanged form may stand
 * in a mail. Reading either of the last two gives the value back.
 *
 * In the code a value is a clue, since the store has values of its own.
 *
 * Owner    the caller of clue_init(); clue_done(). The same value may be read into again and again.
 * Limits   CLUE_TEXT_MAX bytes a text.
 * Threads  any; one value belongs to one at a time. */
#pragma once

#include "base/buf.h"
#include "base/message.h"

/* Number of the rules: goes up when the same spelling becomes other canonical bytes. */
#define CLUE_RULES 1
#define CLUE_TEXT_MAX 8192u
#define CLUE_URL_MAX 4096u /* canonical bytes */

enum clue_type {
    CLUE_NONE, /* not a value yet */
#define CLUE_TYPE(id, name, form) CLUE_##id,
#include "intel/clue-types.def"
#undef CLUE_TYPE
    CLUE_N_TYPES
};

/* Why a text is no value. */
enum {
    CLUE_E_SHAPE = 1, /* it does not look like one (of that type) */
    CLUE_E_RANGE, /* a number in it is out of range: an octet, a prefix length, a port, a year */
    CLUE_E_CHECKSUM,
    CLUE_E_LONG,
    CLUE_E_TEXT, /* no UTF-8, or control characters */
    CLUE_E_ODD, /* an IPv4 address in octal, hexadecimal or fewer parts: two readers would mean two machines */
    CLUE_E_NAME,     /* no domain name by UTS 46 and RFC 1035 */
    CLUE_E_ZONE,     /* an IPv6 address with a zone, which belongs to one machine */
    CLUE_E_NATIONAL, /* a telephone number that is neither international nor of the Japanese plan */
    CLUE_E_SERVICE,  /* an account without its service */
};

struct clue {
    enum clue_type type; /* CLUE_NONE after anything but 0 */
    struct buf bytes;    /* canonical */
};

void clue_init(struct clue *v);
void clue_done(struct clue *v); /* accepts a zeroed struct */

/* "ipv4" and kin; CLUE_NONE: there is no such type. */
const char *clue_type_name(enum clue_type type);
enum clue_type clue_type_of(struct str name);

/* Read the text as a value of that type. The type that comes out may be narrower: 192.0.2.1/32 asked for as a network is an
 * address, ::ffff:192.0.2.1 is IPv4. 0, CLUE_E_*, -ENOMEM. */
MUST_CHECK int clue_read_as(enum clue_type type, struct str text, struct clue *ret);
/* Read the text as what it looks like. Of two types that it could be: a hash before anything else of its length; a name of two labels
 * ending in .zip or another extension that is also a top-level domain is a domain. An account and a certificate's serial number are
 * never guessed. 0, CLUE_E_* of the type that it comes nearest to, -ENOMEM. */
MUST_CHECK int clue_read(struct str text, struct clue *ret);
/* What a reader is told. */
enum message_key clue_fault_text(int fault);

bool clue_eq(const struct clue *a, const struct clue *b);
/* By type, then bytewise. */
int clue_cmp(const struct clue *a, const struct clue *b);

/* Append. 0, -ENOMEM, -ENOSPC. Names and hosts are shown in Japanese where they are (no other scripts: theirs have look-alikes). */
MUST_CHECK int clue_show(const struct clue *v, struct buf *out);
MUST_CHECK int clue_defang(const struct clue *v, struct buf *out);
