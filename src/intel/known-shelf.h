/* Lists of what is known (intel/known.h) kept in memory for as long as their files stay as they are: a question costs a look at the folder, no reading.
 *
 *     known_shelf_take(shelf, &known, &diag)   the lists as they are now
 *     known_free(known)                        gives it back; the last one frees it
 *
 * Changed  a file came, went, or has another size, inode, time of change or of status; what was written within KNOWN_SHELF_FRESH_US before it was read is
 *          read again for the next question, since a second writing in the same tick would show in none of these.
 * A list that cannot be read refuses the question, as known_read() does, until it is mended.
 * Owner    the caller of known_shelf_new(); known_shelf_free(), which what was taken outlives.
 * Threads  any number; one reads while the others wait. */
#pragma once

#include "intel/known.h"

#define KNOWN_SHELF_FRESH_US INT64_C(2000000)

struct known_shelf;
struct known_shelf *known_shelf_new(const char *folder); /* the name is copied; NULL: out of memory */
void known_shelf_free(struct known_shelf *s);            /* accepts NULL */
DEFINE_CLEANUP(struct known_shelf, known_shelf_free);
/* As known_read(). Warnings of lists are told when they are read, not again. */
MUST_CHECK int known_shelf_take(struct known_shelf *s, struct known **ret, struct diag *diag);
/* How often lists were read. */
uint64_t known_shelf_readings(struct known_shelf *s);
