/* A segment: objects of threat intelligence on their way into the store, as the process that read them hands them to the keeper, which looks at
 * nothing foreign (doc/design/intelligence.md, ST6, ST10). Numbers have their big end first.
 *
 *     "TSG1"  n values (4)  n objects (4)
 *     values:  type (1)  derived (1)  length (2)  bytes                         each once, by type, derived and bytes
 *     objects: tlp (1)  life (1)  where it has one: class (1)  at (8)  until (8)  n (4)  of (2 + bytes)   (ids with spaces between them)
 *              type, id, version (2 + bytes each)  digest (32)  sum (32)  length (4)  packed (4 + bytes)
 *              n values (4)  places among the values (4 each), increasing
 *
 * Values of type SEGMENT_CONTENT, which come last, are no values of an object: each is the SHA-256 of bytes that it carries (intel/stix-contents.h). They are
 * for the keeper to ask whether a record holds these bytes, stand in `contents` when a segment was read, and are written nowhere.
 *
 * Owner    what is read is borrowed from the message.
 * Limits   SEGMENT_OBJECTS_MAX objects, SEGMENT_SIZE_MAX bytes, SEGMENT_VALUES_MAX values an object.
 * Threads  any. */
#pragma once

#include "base/buf.h"
#include "base/codec.h"

#define SEGMENT_OBJECTS_MAX 5000u
#define SEGMENT_SIZE_MAX ((size_t)5 << 20) /* in base64 it fits a frame of the keeper's */
#define SEGMENT_VALUES_MAX 65536u           /* of one object */
#define SEGMENT_VALUE_MAX 8192u             /* canonical bytes */
#define SEGMENT_WORD_MAX 300u               /* bytes of type, id, version */
#define SEGMENT_OF_MAX 16384u              /* bytes of the ids that a report is about, some 300 */
#define SEGMENT_UNPACKED_MAX ((uint32_t)16 << 20)
#define SEGMENT_TLP_MAX 4u
#define SEGMENT_CONTENT 0xffu

/* What an object says of how long an indicator is good for (LI1, LI2). The numbers are stored. */
enum segment_life {
    SEGMENT_LIFELESS,   /* nothing */
    SEGMENT_INDICATOR,  /* it is one: `at_us` its source vouched for it last, `until_us` it is to end (DECAY_NEVER; 0: it is revoked), `decay_class` */
    SEGMENT_SIGHTING,   /* `of` was seen `n` times, at `at_us` last */
    SEGMENT_FALSE,      /* `of` was found to be a false positive, at `at_us` */
    SEGMENT_WITHDRAWAL, /* `of` is withdrawn by others than who made it */
    SEGMENT_VOID,       /* this report on `of` was taken back itself */
    SEGMENT_N_LIVES,
};

struct segment_value {
    uint8_t type;    /* enum clue_type of intel/clue.h, or enum stix_key of intel/stix-keys.h; nothing to this room */
    bool is_derived;
    struct str bytes;
};

struct segment_object {
    uint8_t tlp;           /* enum tlp */
    enum segment_life life;
    uint8_t decay_class;   /* enum decay_class of store/decay.h */
    int64_t at_us, until_us;
    uint32_t n;            /* times that it was seen */
    struct str of;         /* ids of indicators with a space between them, none twice; empty for an indicator itself */
    struct str type, id, version;
    struct digest digest;  /* of the content in its canonical form */
    struct digest sum;     /* of the bytes as they came */
    uint32_t length;       /* of these bytes */
    struct str packed;     /* the same by zstd */
    size_t n_values;
    size_t n_contents;     /* behind its values: segment_place(o, n_values + i) - segment.n_values is one's place among the segment's contents */
    const char *values;    /* private: n_values and n_contents times 4 bytes */
    const char *head;      /* private: where it begins in the message */
};

struct segment {
    struct segment_value *values;
    struct segment_object *objects;
    size_t n_values, n_objects;
    const struct segment_value *contents; /* within `values`, behind them: SHA256_SIZE bytes each */
    size_t n_contents;
    struct str value_bytes; /* private: the values in the message */
};

enum { SEGMENT_E_BROKEN = 1 };

/* The whole message, to its last byte. 0: segment_done() frees the rows. SEGMENT_E_BROKEN: it is none, or beyond a limit. -ENOMEM. */
MUST_CHECK int segment_read(struct str message, struct segment *ret);
void segment_done(struct segment *s); /* accepts a zeroed struct */
/* By type, derived and bytes. */
int segment_value_cmp(const struct segment_value *a, const struct segment_value *b);
/* Takes out of what was read the objects of which that is so. */
void segment_leave_out(struct segment *s, const bool *is_left_out);
/* Of the object, from 0: its place among the values. */
uint32_t segment_place(const struct segment_object *o, size_t i);

/* The keys of a segment: what its objects are found by, without their bytes ("TSK1"; as above, but that `packed` is empty). Those of `order` for which
 * is_left_out[] is not so, at least one; appended. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int segment_print_keys(const struct segment *s, const uint32_t *order, const bool *is_left_out, struct buf *out);
/* As segment_read(). */
MUST_CHECK int segment_read_keys(struct str message, struct segment *ret);

/* ---- writing ---- */

struct segment_writer;
struct segment_writer *segment_writer_new(void); /* NULL: out of memory */
void segment_writer_free(struct segment_writer *w); /* accepts NULL */
DEFINE_CLEANUP(struct segment_writer, segment_writer_free);
/* A value of the next object; twice counts once. 0, -ENOMEM, -ENOSPC: more or longer ones than an object has. */
MUST_CHECK int segment_writer_value(struct segment_writer *w, uint8_t type, bool is_derived, struct str bytes);
/* The object, with the values since the last one; `n_values` and `values` are not looked at. 0; SEGMENT_E_FULL: it does not fit behind the others; print and
 * clear, and add it, with its values, anew. SEGMENT_E_LARGE: it fits in none. -ENOMEM. */
enum { SEGMENT_E_FULL = 1, SEGMENT_E_LARGE };
MUST_CHECK int segment_writer_add(struct segment_writer *w, const struct segment_object *o);
/* The values since the last object go. 0, -ENOMEM. */
MUST_CHECK int segment_writer_forget(struct segment_writer *w);
size_t segment_writer_count(const struct segment_writer *w);
/* Appends the message. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int segment_writer_print(struct segment_writer *w, struct buf *out);
void segment_writer_clear(struct segment_writer *w); /* everything, the values of an object that was not added among it */
