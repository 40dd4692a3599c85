/* What a plan of transfers changes, before it is adopted: the same functions that judge acts are asked about the force as it will
 * be, on the last instant of the day before and on the first of each day on which something changes.
 *
 * {"days": [{"day": "2027-04-01",
 *            "vacant": [{"role","title","unit","unit_name","clauses","before":[persons]}]     nobody holds it any more;
 *                                                                        "reg_title" when a record of that register makes the holder
 *            "second": [{…, "after":[persons]}]                                         a post's role gets another holder
 *            "changes": [{"person","lost":[{"role","title","unit","unit_name"}],"gained":[…]}]
 *            "stuck": [{"record","reg","reg_title","name","step","title"}]               waits for nobody who could do it
 *            "ends": [{"record","reg","reg_title","name","obligation","title","clauses"}]}]   a daily check that is met now and fails then
 *  "records": [{"person","day","leaves":bool,"record","reg","reg_title","name","state_title","field_title"}]
 *                                                                        open records that name who moves or leaves
 *  "more": bool}                                                         some list was cut at PREVIEW_LIST_MAX, or
 *                                                                        more than PREVIEW_CHECKS_MAX were to be looked at
 *
 * Only records in the viewer's sight of today are listed or counted, also towards those two. Roles are told whatever they follow from: role, unit and person
 * of a record out of sight, and nothing else of it, so that whoever plans learns that a seat falls vacant. Indexed person fields of a register name people; those in rows of a group do not.
 * Threads  as the engine; nothing is written. */
#pragma once

#include "engine/engine.h"
#include "force/plan.h"

#define PREVIEW_LIST_MAX 500
#define PREVIEW_CHECKS_MAX 20000 /* records in sight that are looked at: of one state for a daily check, waiting for one role, naming one person */

MUST_CHECK int engine_preview(struct engine *e, const struct plan *plan, const char *viewer, uint64_t now_us, json_t **ret);
