/* An SQLite store as it lies on the disk: what is in it, and a copy to go back to. It is read behind the store's back, with SQLite itself, so that
 * what the program believes of it does not matter. What fails fails the cmocka test.
 * Threads  one; never with faults armed. */
#pragma once

#include "base/codec.h"

#include <stddef.h>

/* DIR/tsujiban.db, open for looking. It is closed before whoever writes there closes: the last one out empties the log, and this one cannot. */
struct store_look;
struct store_look *store_look_open(const char *dir);
void store_look_close(struct store_look *look); /* NULL: nothing */
/* Over every row of every table of tsujiban.db, the words of the search among them. The vault is another file: a batch that was not
 * kept may leave an unused key there (doc/design/store.md, S6). Where nobody has committed since the last one (PRAGMA data_version), the
 * rows are the same, and are not read again. */
struct digest store_digest(struct store_look *look);
/* How many keys the vault holds; it is not held open, as the program opens and closes it with each batch that it needs it for. */
size_t store_n_keys(struct store_look *look);

/* Copy both files from one folder to the other. Nobody has either open. */
void store_copy(const char *from, const char *to);
