/* Which value of an altered record it is: what its entries say that was typed last, put in its place, gives the digest that the ledger cites.
 * Threads  one; any handle. */
#pragma once

#include "base/diag.h"
#include "engine/record.h"

/* `cited`: the digest, in hex, of the record's last entry. The record's values are as they were afterwards.
 * 0: each that differs is named in diag: "record ID (title), TIME of the entry, FIELD: altered: register says X, ledger proves Y".
 * 1: no such values are found: more was altered, or something that nobody typed. */
MUST_CHECK int verify_name_values(struct store *s, struct record *r, const char *cited, struct diag *diag);
