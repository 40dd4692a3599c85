/* How long an indicator is good for, on the pages of threat intelligence (LI1, LI2 of doc/design/intelligence.md): its end and why, what was reported of it as
 * far as the reader sees it, and apart from that how sure its source is.
 * Owner    as web/intel-show.h.
 * Threads  as struct page. */
#pragma once

#include "intel/stock-lives.h"
#include "web/intel-show.h"

/* "検知の条件の有効性" of that version; nothing of what is no indicator. `root` may be NULL. Negative. */
MUST_CHECK int intel_show_life(struct intel *i, const struct intel_object *o, const struct scan_value *root);
/* Tables of what ends within that time, the first `max` of it (200 at most); of what was seen last; of what was withdrawn, revoked or found false last. */
#define INTEL_WEEK_US (INT64_C(7) * 86400 * (int64_t)US_PER_SECOND)
MUST_CHECK int intel_show_ends(struct intel *i, int64_t within_us, unsigned max);
MUST_CHECK int intel_show_seen(struct intel *i);
MUST_CHECK int intel_show_withdrawn(struct intel *i);
/* A chip: current, or why it is not. */
void intel_life_chip(struct page *p, const struct stock_life *life);
struct str intel_end_words(struct page *p, const struct stock_life *life);
struct str intel_why_words(struct page *p, enum stock_why why);
/* STIX's 0 to 100 by the scale of the Admiralty, appendix A of the specification: "1 …" to "5 …"; STR_NONE: it is none. */
struct str intel_confidence_words(struct page *p, const struct scan_value *root);
