/* Which scenarios of a pack's text show which of its clauses, kept for the page of a clause. Scenarios are files of the pack's folder
 * and no part of its canonical text: whoever proposes the pack says what coverage_scenarios() made of them.
 *     {"SCENARIO": {"ja", "en", "clauses": [ids]}}
 * Owner    everything is borrowed for the call.
 * Limits   SCENARIOS_MAX of them, PACK_SCENARIO_TITLE_MAX bytes a title or id. */
#pragma once

#include "base/json.h"
#include "regulation/model.h"
#include "store/store.h"

#define PACK_SCENARIO_TITLE_MAX 500

/* Is it of that shape, within the limits, and are all its clauses the pack's? */
bool pack_scenarios_ok(const struct pack *pack, const json_t *scenarios);
/* In the place of what was kept for the text `hash`; `scenarios` as above. Negative, or the store's answer. */
MUST_CHECK int pack_scenarios_save(struct store *s, const char *hash, const json_t *scenarios);
/* The digest by which an entry names them, as hex. 0, -ENOMEM. */
MUST_CHECK int pack_scenarios_digest(const json_t *scenarios, char ret[2 * SHA256_SIZE + 1]);
