/* An SQLite store as it lies on the disk: what is in it, and a copy to go back to. It is read behind the store's back, with SQLite itself, so that
 * what the program believes of it does not matter. What fails fails the cmocka test.
 * Threads  one; never with faults armed. */
#pragma once

#include "base/codec.h"

/* Over every row of every table of DIR/tsujiban.db, the words of the search among them. The vault is another file: a batch that was not
 * kept may leave an unused key there (doc/design/store.md, S6). */
struct digest store_digest(const char *dir);
/* How many keys the vault holds. */
size_t store_n_keys(const char *dir);

/* Copy both files from one folder to the other. Nobody has either open. */
void store_copy(const char *from, const char *to);
