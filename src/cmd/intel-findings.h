/* What is wrong in STIX files, told line by line: as text or as one JSON line each.
 * Owner    the caller of intel_findings_init(); intel_findings_done().
 * Threads  one. */
#pragma once

#include "intel/stix-read.h"

struct intel_findings {
    bool as_json, is_quiet; /* is_quiet: errors only */
    struct buf file;        /* the path as it may be shown */
    struct buf message, safe; /* private */
    uint64_t n_errors, n_warnings;
};

void intel_findings_init(struct intel_findings *c, bool as_json, bool is_quiet);
void intel_findings_done(struct intel_findings *c);
/* A file begins: nothing is counted yet. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int intel_findings_begin(struct intel_findings *c, const char *path);
/* A call of struct stix_reader_calls; `context` is the struct intel_findings. */
int intel_findings_tell(const struct stix_finding *f, void *context);
/* An object is left out for another reason. */
MUST_CHECK int intel_findings_left(struct intel_findings *c, const struct stix_object *o, enum message_key why);
