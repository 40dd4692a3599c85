/* What `intel convert` is made of: sources, which make objects of STIX out of files, and sinks, which make something of these. */
#pragma once

#include "cmd/command.h"
#include "intel/misp-stix.h"

#define CONVERT_SHOWN_MAX 100u /* bytes of a value of the file in a message */
#define CONVERT_LINE_MAX ((size_t)64 << 10)
#define CONVERT_OUT_MAX ((size_t)4 << 30)

struct conversion;

/* For each file begin, add…, end; done in any case. Each: 0, -errno. `state` is c->source_state, which done frees; it may be NULL. */
struct convert_source {
    const char *name;
    int (*begin)(struct conversion *c);
    int (*add)(struct conversion *c, struct str piece);
    int (*end)(struct conversion *c);
    void (*done)(struct conversion *c);
};

/* open, object…, close; done in any case. Likewise with c->sink_state. */
struct convert_sink {
    const char *name;
    bool is_folder; /* it writes `out` itself, a folder, and needs it */
    int (*open)(struct conversion *c);
    int (*object)(struct conversion *c, struct str object);
    int (*close)(struct conversion *c);
    void (*done)(struct conversion *c);
};

struct conversion {
    const struct convert_source *source;
    const struct convert_sink *sink;
    const char *path, *out; /* the file being read; where to, NULL: standard output */
    uint64_t made_us;       /* when the file was written last: what comes of it was made then */
    struct buf file;        /* what goes to `out` */
    struct buf message, safe;
    uint64_t n_objects, n_left_out, n_errors, n_warnings;
    uint64_t most_told; /* of what is left out, so many are named; 0: all */
    void *source_state, *sink_state;
};

extern const struct convert_source convert_from_misp, convert_from_stix, convert_from_csv, convert_from_text;
extern const struct convert_sink convert_to_stix, convert_to_misp, convert_to_feed;

/* "FILE:PLACE: error: WHAT: words" on standard error, counted. 0, -ENOMEM. */
int convert_say(struct conversion *c, bool is_warning, const char *place, const char *what, struct str words);
int convert_put(struct conversion *c, struct str piece);
/* The piece cut, as it may be shown; until the next one. */
struct str convert_shown(struct conversion *c, struct str s);
