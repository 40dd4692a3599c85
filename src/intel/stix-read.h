/* STIX from a stream: a bundle (STIX 2.1 section 8), a TAXII envelope, a list, or bare objects one behind the other; one object in memory at a time.
 *
 *     r = stix_reader_new(&calls, context);
 *     while (...) stix_reader_add(r, piece);      pieces of any size
 *     stix_reader_end(r);
 *
 * Each object is handed over with its bytes as they came. An object that cannot be read is told with number, place and path, and the ones behind it
 * are read all the same, as long as its brackets tell where it ends; a file cut short is told as that, after everything that came whole.
 * What the objects mean is not looked at here: see stix-rules.h.
 * Owner    the caller of stix_reader_new(). What the calls are given lives for the call.
 * Limits   STIX_OBJECT_MAX bytes an object, as much again for what is read out of it; those of json-scan.h in it. The rest of a longer one is passed
 *          over without being kept, so memory does not grow with the file. Time is linear in it.
 * Threads  one at a time. Sentences ST2 of doc/design/intelligence.md. */
#pragma once

#include "base/message.h"
#include "intel/json-scan.h"

#define STIX_OBJECT_MAX ((size_t)16 << 20)
#define STIX_FAULTS_MAX 1000u /* faults of the frame told for one file; the rest is only counted */

enum stix_fault {
    STIX_SOUND,
#define FAULT(id, name, level) STIX_E_##id,
#include "intel/stix-faults.def"
#undef FAULT
    STIX_N_FAULTS,
};

enum stix_level { STIX_ERROR, STIX_WARNING };

const char *stix_fault_name(enum stix_fault fault);
enum stix_level stix_fault_level(enum stix_fault fault);
/* Its words, in which {value} and {wanted} may stand. */
enum message_key stix_fault_text(enum stix_fault fault);

#define STIX_NO_NUMBER UINT64_MAX

/* One thing that is wrong. */
struct stix_finding {
    enum stix_fault fault;
    uint64_t
        number; /* of the object, from 0 in the order of the file; STIX_NO_NUMBER: of the frame around them */
    struct str id; /* of the object, as far as it can be told; empty: unknown */
    struct str
        path; /* "kill_chain_phases[1].phase_name" within the object; empty: the object itself */
    struct scan_line at; /* in the file */
    uint64_t offset;     /* bytes before it in the file */
    struct str
        value; /* what stands there, where that helps; may be long, and hold control characters */
    struct str wanted; /* what would be right: words of the specification */
    bool has_why;      /* `why` is said in place of `value` */
    enum message_key why;
};

struct stix_object {
    uint64_t number;
    struct str bytes;              /* from "{" to "}", verbatim */
    const struct scan_value *root; /* an object */
    struct scan_line at;           /* of its first byte */
    uint64_t offset;
};

/* Each: 0 to go on; anything else ends the reading, with that answer. */
struct stix_reader_calls {
    int (*object)(const struct stix_object *o, void *context);
    int (*fault)(const struct stix_finding *f, void *context);
    /* A member of what stands around the objects, such as TAXII's "more" and "next"; also of a bare object, as long as nothing has told that it is one.
     * NULL: nobody asks. Keys that do not fit (64 bytes) come as "". The value lives for the call. */
    int (*member)(struct str key, const struct scan_value *value, void *context);
};

enum stix_frame { STIX_NOTHING, STIX_BUNDLE, STIX_ENVELOPE, STIX_LIST, STIX_BARE };

struct stix_reader;
struct stix_reader *stix_reader_new(const struct stix_reader_calls *calls,
                                    void *context); /* NULL: no memory */
void stix_reader_free(struct stix_reader *r);
DEFINE_CLEANUP(struct stix_reader, stix_reader_free);
/* 0, -ENOMEM, or what a call answered. After anything but 0 only stix_reader_free() may follow. */
MUST_CHECK int stix_reader_add(struct stix_reader *r, struct str piece);
MUST_CHECK int stix_reader_end(struct stix_reader *r);

/* What stood around the objects, once the end is there. */
enum stix_frame stix_reader_frame(const struct stix_reader *r); /* of the first value of the file */
uint64_t stix_reader_objects(const struct stix_reader *r); /* begun, the broken ones among them */
uint64_t stix_reader_broken(const struct stix_reader *r);  /* of these, not handed over */
