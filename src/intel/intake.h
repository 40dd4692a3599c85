/* A file of threat intelligence on its way in, whatever its format: read object by object, checked by the rules of STIX, made into segments, and counted; in
 * the end a report says what is in it and what is not taken (doc/design/intelligence.md, ST2, ST3, ST6). Foreign bytes: it runs in the examiner's cage
 * (guard/intake.h). It asks nobody for anything.
 *
 *     x = intake_new(&setting, send, context);
 *     while (…) intake_add(x, piece);
 *     r = intake_end(x, &report);
 *
 * The report, as JSON:
 *   {"objects": read, "left_out": of them, "errors": n, "warnings": n, "types": {TYPE: taken}, "marks": {"TLP:CLEAR": taken, …},
 *    "frame": "nothing" | "bundle" | "envelope" | "list" | "bare", "is_cut": true,       the file ended in the middle
 *    "findings": [{"level": "error" | "warning", "number": of the object from 0, where the file has objects, "id", "path", "line", "column", "ja": words, "en"}, …],
 *    "is_short": true,                                                                    more was found than the findings tell
 *    "more": true, "next": as it stands}                                                  of a page of TAXII: there is more, and the way on; at most INTAKE_NEXT_MAX bytes
 * Values of the file in it are made visible (utf8_print_safe) and cut.
 * Owner    the caller of intake_new(); the report is the caller's.
 * Limits   those of the readers; INTAKE_TOLD_MAX findings of each level, INTAKE_TYPES_MAX types by name, others under "".
 * Threads  one at a time. */
#pragma once

#include "base/json.h"
#include "intel/stage.h"

#define INTAKE_TOLD_MAX 500u
#define INTAKE_TYPES_MAX 100u
#define INTAKE_NEXT_MAX 4096u
#define INTAKE_REPORT_MAX ((size_t)4 << 20) /* bytes of a report as JSON */

enum intake_format {
    INTAKE_STIX, /* whatever stix-read.h reads */
    INTAKE_MISP, /* events and feeds' files (misp-stix.h) */
    INTAKE_CSV,  /* rows and lines of values as indicators (clue-source.h) */
    INTAKE_LIST,
    INTAKE_TEXT, /* values in a text, as observables */
    INTAKE_N_FORMATS,
};
const char *intake_format_name(enum intake_format f); /* "stix" */
bool intake_format_of(struct str name, enum intake_format *ret);

struct intake_setting {
    enum intake_format format;
    enum tlp tlp;     /* of what comes without a mark */
    uint64_t made_us; /* what comes of values was made then */
};

struct intake;
/* NULL: no memory. */
struct intake *intake_new(const struct intake_setting *s, stage_send_fn *send, void *context);
void intake_free(struct intake *x); /* accepts NULL */
DEFINE_CLEANUP(struct intake, intake_free);
/* 0; what `send` answered; -ENOMEM. Behind anything but 0 only intake_free() may follow. */
MUST_CHECK int intake_add(struct intake *x, struct str piece);
MUST_CHECK int intake_end(struct intake *x, json_t **ret_report);
