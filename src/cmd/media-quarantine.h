/* What the gate refused is kept sealed in the place for files, with an entry that two persons decide on (第4の1(10); G2 of doc/design/information.md).
 *
 *   file-begin ─> noted (DATA/media-gate/quarantine) ─> pieces ─> examined by the installation ─> quarantined-files/put ─> intakes/quarantine ─> note struck
 *
 * What an interruption left is brought to its end by the next run of the same person: a file whose pieces all came is entered, one that a record has
 * and no entry names gets its entry, half a file is dropped. Whoever is at it holds the lock of its note, which is left alone.
 * Owner    the gate's. Threads  one. */
#pragma once

#include "cmd/media-gate.h"

#define QUARANTINE_FILES "*media-quarantine"

struct quarantine_of {
    const char *name;   /* of the file, without folders; any bytes, shown as examine_name() makes it */
    const char *medium; /* its record; "" unknown */
    const char *source; /* whom it is from; "" unknown */
};

/* The directive in force keeps such files. */
bool quarantine_is_known(const struct gate *g);
/* Keeps the regular file that is open as `fd`, where the installation's own examination finds malware or cannot examine it; told by a line. 0;
 * EXIT_NOT_YET: it finds nothing, or has no scanner, and nothing is kept; another exit status after words. */
MUST_CHECK int quarantine_keep(struct gate *g, int fd, const struct quarantine_of *of);
/* What an interruption left. */
void quarantine_look_back(struct gate *g);
