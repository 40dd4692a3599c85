/* What the files of the normaliser ask of each other. Texts here are *read* (intel/reading.h): full-width and defanged forms are gone,
 * blanks at both ends as well. Each value_make_* writes type and bytes into an empty value, and answers as value_read_as() does; what
 * it wrote before a failure is thrown away by value_make(). */
#pragma once

#include "intel/value.h"

/* A read text; file names and accounts are the text as it was written. */
MUST_CHECK int value_make(enum value_type type, struct str text, struct value *ret);

/* Without blanks at both ends, ideographic ones, too. */
struct str value_trim(struct str s);

/* value-net.c */
int value_make_ipv4(struct str s, struct value *ret);     /* with /32, too */
int value_make_ipv4_net(struct str s, struct value *ret); /* an address is a network of itself */
int value_make_ipv6(struct str s, struct value *ret);
int value_make_ipv6_net(struct str s, struct value *ret);
int value_make_asn(struct str s, struct value *ret);
int value_show_net(const struct value *v, struct buf *out);
/* As browsers read the host of a URL: octal, hexadecimal, one to four parts. VALUE_E_SHAPE: not a number at its end. */
int value_odd_ipv4(struct str s, uint8_t ret[4]);
int value_parse_ipv4(struct str s, uint8_t ret[4]); /* four decimal parts */
int value_parse_ipv6(struct str s, uint8_t ret[16]);
int value_print_ipv6(const uint8_t bytes[16], struct buf *out); /* RFC 5952 */

/* value-name.c */
int value_make_domain(struct str s, struct value *ret);
int value_make_email(struct str s, struct value *ret);
/* The canonical name appended to `out`; `dots` that it must have at least. */
int value_name(struct str s, unsigned dots, struct buf *out);
int value_show_name(struct str name, struct buf *out);
int value_defang_name(struct str name, struct buf *out); /* every dot in brackets */

/* value-url.c */
int value_make_url(struct str s, struct value *ret);
int value_show_url(struct str url, struct buf *out);
int value_defang_url(struct str url, struct buf *out);

/* value-hash.c */
int value_make_hash(enum value_type type, struct str s, struct value *ret);
int value_make_cert_digest(struct str s, struct value *ret);
int value_make_cert_serial(struct str s, struct value *ret);
enum value_type value_hash_of(size_t n_digits);          /* VALUE_NONE: no hash is that long */
int value_show_pairs(struct str bytes, struct buf *out); /* aa:bb:cc */

/* value-coin.c */
int value_make_btc(struct str s, struct value *ret);
int value_make_eth(struct str s, struct value *ret);
int value_show_eth(const uint8_t bytes[20], struct buf *out); /* EIP-55 */

/* value-word.c */
int value_make_phone(struct str s, struct value *ret);
int value_make_account(struct str s, struct value *ret);
int value_make_file_name(struct str s, struct value *ret);
int value_make_cve(struct str s, struct value *ret);
int value_make_technique(struct str s, struct value *ret);
/* The name ends in a dot and an extension of programs, scripts, documents, archives and other things that are sent. */
bool value_is_file(struct str name);
/* The service of that name, in lower case and canonical; STR_NONE: none that is known. */
struct str value_service(struct str word);
/* The service whose name ends nearest to the end of the text; ASCII names stand alone in it. */
struct str value_service_in(struct str text);
