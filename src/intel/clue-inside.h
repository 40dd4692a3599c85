/* What the files of the normaliser ask of each other. Texts here are *read* (intel/reading.h): full-width and defanged forms are gone,
 * blanks at both ends as well. Each clue_make_* writes type and bytes into an empty value, and answers as clue_read_as() does; what
 * it wrote before a failure is thrown away by clue_make(). */
#pragma once

#include "intel/clue.h"

/* A read text; file names and accounts are the text as it was written. */
MUST_CHECK int clue_make(enum clue_type type, struct str text, struct clue *ret);

/* Without blanks at both ends, ideographic ones, too. */
struct str clue_trim(struct str s);

/* clue-net.c */
int clue_make_ipv4(struct str s, struct clue *ret);     /* with /32, too */
int clue_make_ipv4_net(struct str s, struct clue *ret); /* an address is a network of itself */
int clue_make_ipv6(struct str s, struct clue *ret);
int clue_make_ipv6_net(struct str s, struct clue *ret);
int clue_make_asn(struct str s, struct clue *ret);
int clue_show_net(const struct clue *v, struct buf *out);
/* As browsers read the host of a URL: octal, hexadecimal, one to four parts. CLUE_E_SHAPE: not a number at its end. */
int clue_odd_ipv4(struct str s, uint8_t ret[4]);
int clue_parse_ipv4(struct str s, uint8_t ret[4]); /* four decimal parts */
int clue_parse_ipv6(struct str s, uint8_t ret[16]);
/* The bits behind the first `bits` become 0: the network of an address of `n` bytes. */
void clue_mask(uint8_t *bytes, size_t n, unsigned bits);
int clue_print_ipv6(const uint8_t bytes[16], struct buf *out); /* RFC 5952 */

/* clue-name.c */
int clue_make_domain(struct str s, struct clue *ret);
int clue_make_email(struct str s, struct clue *ret);
/* The canonical name appended to `out`; `dots` that it must have at least. */
int clue_name(struct str s, unsigned dots, struct buf *out);
int clue_show_name(struct str name, struct buf *out);
int clue_defang_name(struct str name, struct buf *out); /* every dot in brackets */

/* clue-url.c */
int clue_make_url(struct str s, struct clue *ret);
int clue_show_url(struct str url, struct buf *out);
int clue_defang_url(struct str url, struct buf *out);
/* Of a canonical one; an IPv6 address with its brackets. */
struct str clue_url_host(struct str url);

/* clue-hash.c */
int clue_make_hash(enum clue_type type, struct str s, struct clue *ret);
int clue_make_cert_digest(struct str s, struct clue *ret);
int clue_make_cert_serial(struct str s, struct clue *ret);
enum clue_type clue_hash_of(size_t n_digits);           /* CLUE_NONE: no hash is that long */
int clue_show_pairs(struct str bytes, struct buf *out); /* aa:bb:cc */
int clue_make_ssdeep(struct str s, struct clue *ret);
int clue_make_tlsh(struct str s, struct clue *ret);
int clue_show_tlsh(struct str bytes, struct buf *out); /* T1 and 70 digits, in upper case as TLSH prints them */

/* clue-coin.c */
int clue_make_btc(struct str s, struct clue *ret);
int clue_make_eth(struct str s, struct clue *ret);
int clue_show_eth(const uint8_t bytes[20], struct buf *out); /* EIP-55 */

/* clue-word.c */
int clue_make_phone(struct str s, struct clue *ret);
int clue_make_account(struct str s, struct clue *ret);
int clue_make_file_name(struct str s, struct clue *ret);
int clue_make_cve(struct str s, struct clue *ret);
int clue_make_technique(struct str s, struct clue *ret);
/* The name ends in a dot and an extension of programs, scripts, documents, archives and other things that are sent. */
bool clue_is_file(struct str name);
/* The service of that name, in lower case and canonical; STR_NONE: none that is known. */
struct str clue_service(struct str word);
/* The service whose name ends nearest to the end of the text; ASCII names stand alone in it. */
struct str clue_service_in(struct str text);
