/* Doing again what the ledger says: the state of an installation rebuilt from its entries through the same code that made it.
 * Values that were personal come back as their commitments alone, as erased ones do. Verdicts are taken as entered; refusals and reads
 * change nothing. What the entries do not hold is taken from the target: packs and force must be there already, and
 * timers are set from the records as they come to be, and moved past what was entered or was met without an entry.
 * Not done again: imports of the force and adoptions of packs (the entry holds no personal data: bring the force and the packs of the
 * original first; verdicts, whom a notice went to and in which unit somebody acted are in the entries, so that later changes of the force
 * do no harm), accounts, sessions and receipts, which notices were read, and whether a daily check had found its condition unmet
 * when nothing was entered since.
 * Threads  one. */
#pragma once

#include "engine/engine.h"

enum { REPLAY_E_DAMAGED = 1 };

/* Read all entries of `from` in order and apply those of acts and timers to `to`, in one transaction of its store (which has no
 * records yet). REPLAY_E_DAMAGED: an entry does not lead to what it says (another id, another digest); see diag. Negative: fatal. */
MUST_CHECK int engine_replay(struct store *from, struct engine *to, struct diag *diag);
