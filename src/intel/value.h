/* Values that people and machines compare: addresses, names, hashes, numbers. One function makes each from whatever spelling it
 * comes in; two spellings are the same value exactly when type and canonical bytes are equal (doc/design/intelligence.md, VA).
 *
 *   hxxps：//ＷＷＷ．例え［．］jp:443/a/../b    url      https://www.xn--r8jz45g.jp/b
 *   ０３ー１２３４ー５６７８                     phone    +81312345678
 *   ::ffff:192.0.2.1                            ipv4     c0 00 02 01
 *
 * Three forms: the canonical bytes (value-types.def) are compared, the display form is read by people, the defanged form may stand
 * in a mail. Reading either of the last two gives the value back.
 *
 * Owner    the caller of value_init(); value_done(). The same value may be read into again and again.
 * Limits   VALUE_TEXT_MAX bytes a text.
 * Threads  any; one value belongs to one at a time. */
#pragma once

#include "base/buf.h"
#include "base/message.h"

#define VALUE_RULES \
    1 /* number of the rules: goes up when the same spelling becomes other canonical bytes */
#define VALUE_TEXT_MAX 8192u
#define VALUE_URL_MAX 4096u /* canonical bytes */

enum value_type {
    VALUE_NONE, /* not a value yet */
#define VALUE_TYPE(id, name, form) VALUE_##id,
#include "intel/value-types.def"
#undef VALUE_TYPE
    VALUE_N_TYPES
};

/* Why a text is no value. */
enum {
    VALUE_E_SHAPE = 1, /* it does not look like one (of that type) */
    VALUE_E_RANGE, /* a number in it is out of range: an octet, a prefix length, a port, a year */
    VALUE_E_CHECKSUM,
    VALUE_E_LONG,
    VALUE_E_TEXT, /* no UTF-8, or control characters */
    VALUE_E_ODD, /* an IPv4 address in octal, hexadecimal or fewer parts: two readers would mean two machines */
    VALUE_E_NAME,     /* no domain name by UTS 46 and RFC 1035 */
    VALUE_E_ZONE,     /* an IPv6 address with a zone, which belongs to one machine */
    VALUE_E_NATIONAL, /* a telephone number that is neither international nor of the Japanese plan */
    VALUE_E_SERVICE,  /* an account without its service */
};

struct value {
    enum value_type type; /* VALUE_NONE after anything but 0 */
    struct buf bytes;     /* canonical */
};

void value_init(struct value *v);
void value_done(struct value *v); /* accepts a zeroed struct */

/* "ipv4" and kin; VALUE_NONE: there is no such type. */
const char *value_type_name(enum value_type type);
enum value_type value_type_of(struct str name);

/* Read the text as a value of that type. The type that comes out may be narrower: 192.0.2.1/32 asked for as a network is an
 * address, ::ffff:192.0.2.1 is IPv4. 0, VALUE_E_*, -ENOMEM. */
MUST_CHECK int value_read_as(enum value_type type, struct str text, struct value *ret);
/* Read the text as what it looks like. Of two types that it could be: a hash before anything else of its length; a name of two labels
 * ending in .zip or another extension that is also a top-level domain is a domain. An account and a certificate's serial number are
 * never guessed. 0, VALUE_E_* of the type that it comes nearest to, -ENOMEM. */
MUST_CHECK int value_read(struct str text, struct value *ret);
/* What a reader is told. */
enum message_key value_fault_text(int fault);

bool value_eq(const struct value *a, const struct value *b);
/* By type, then bytewise. */
int value_cmp(const struct value *a, const struct value *b);

/* Append. 0, -ENOMEM, -ENOSPC. Names and hosts are shown in Japanese where they are (no other scripts: theirs have look-alikes). */
MUST_CHECK int value_show(const struct value *v, struct buf *out);
MUST_CHECK int value_defang(const struct value *v, struct buf *out);
