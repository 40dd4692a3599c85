/* What a TAXII server asks of the keeper: the keys under which its pages seal cursors (web/taxii-cursor.h), and what of a collection is in a reader's sight
 * since when (engine/subscriber.h); rows of operation.c's table.
 * Keys are those of a day, made of one key of the vault (TAXII_KEY, made when it is first asked for), so that all nodes have the same and nothing has to
 * be handed on: whoever has a day's key makes nothing of it for another day.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

#define TAXII_KEY "*taxii" /* in the vault; no record's number has a star */

/* {"day": days since 1970 in UTC by the real clock, "now": hex, "before": hex of the day before}. */
operation_fn op_taxii_keys;
/* "collection"; "at": {"opening", "number", "under"} where the asker goes on, left out where he asks for one object. {"ok"}, or "none". */
operation_fn op_taxii_sight;
