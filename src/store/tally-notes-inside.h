/* Inside src/store: what store.c asks of the notes (store/tally-notes.h). */
#pragma once

#include "store/driver.h"

/* Does the statement read tallies? */
bool tally_is_read(unsigned id);
/* All that is not written yet. Answers as store_run(), and -ENOMEM. */
MUST_CHECK int tally_write(struct store *s);
/* A savepoint begins, as the one of that number from 0; ends undone. */
void tally_mark(struct store *s, unsigned depth);
void tally_back_to(struct store *s, unsigned depth);
/* The transaction is over. */
void tally_forget(struct store *s);
