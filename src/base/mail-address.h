/* Addresses and servers of mail, as far as we write to any: strict, so that nothing that comes after needs quoting.
 * Threads  any.
 * Source   RFC 5322, 3.4.1: addr-spec with a dot-atom and a domain of host names; RFC 5321, 4.5.3.1 for the sizes. */
#pragma once

#include "base/str.h"

#define MAIL_ADDRESS_MAX 254 /* bytes */
#define MAIL_LOCAL_MAX 64
#define MAIL_URL_MAX 300

/* name@host.example: ASCII, no quotes, no comments, no address literal. */
bool mail_address_ok(struct str s);
/* One of those in small letters, the local part, too, as mailboxes are found by: two spellings are one text. */
void mail_address_small(struct str s, char ret[MAIL_ADDRESS_MAX + 1]);
/* "smtp://host:port" or "smtps://host:port"; the port may be left out, hosts may be [::1]. No user, no path. */
bool mail_server_ok(struct str s);
/* The host of such a server is this machine. */
bool mail_server_is_here(struct str s);
/* "https://host/path" or http: the start of the pages' addresses, without query and without a '/' at its end. */
bool mail_base_ok(struct str s);
