/* What stands on the cover of what leaves (doc/design/information.md, Z6): its label in force, and what whoever is given it is to heed, made from that label
 * (`heed` of labels.yaml) and, where it goes by another record (`cover` of a register: a release), from what was typed there.
 *
 *   {"record": ID of what goes, "by": ID of the record it goes by; the same where there is none, "unit": {"ja","en"}, "label": as label_json(),
 *    "restrictions": [{"ja","en"}], "heed": [{"ja","en"}], "notes": text or "", "to": name, of a record that is out of sight its number, or "",
 *    "at": when, in microseconds}
 *
 * Originators stand on no cover: whom something came from is not told to whoever it goes to.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

/* Of that record, as the person sees it. 1: it is out of his sight, or what goes by it is. ENGINE_COVER_E_NONE: its register has no cover. */
enum { ENGINE_COVER_E_NONE = 2 };
MUST_CHECK int engine_cover(struct engine *e, const char *person, const char *record, uint64_t now_us, json_t **ret);
