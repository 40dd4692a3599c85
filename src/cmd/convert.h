/* The ways of `intel convert`: from one exchange format into another. */
#pragma once

#include "cmd/command.h"
#include "intel/misp-stix.h"

#define CONVERT_SHOWN_MAX 100u /* bytes of a value of the file in a message */
#define CONVERT_LINE_MAX ((size_t)64 << 10)
#define CONVERT_OUT_MAX ((size_t)4 << 30)

struct conversion;

/* open, then for each file begin, add…, end; close; done in any case. Each: 0, -errno. */
struct convert_way {
    const char *from, *to;
    bool is_folder; /* it writes `out` itself, a folder, and needs it */
    int (*open)(struct conversion *c);
    int (*begin)(struct conversion *c);
    int (*add)(struct conversion *c, struct str piece);
    int (*end)(struct conversion *c);
    int (*close)(struct conversion *c);
    void (*done)(struct conversion *c); /* frees `state`, which may be NULL */
};

struct conversion {
    const struct convert_way *way;
    const char *path, *out; /* the file being read; where to, NULL: standard output */
    struct buf file;        /* what goes to `out` */
    struct buf message, safe;
    uint64_t n_objects, n_left_out, n_errors, n_warnings;
    void *state;            /* of the way */
};

extern const struct convert_way convert_misp_to_stix, convert_stix_to_misp, convert_stix_to_feed;
extern const struct convert_way *const convert_ways[];
extern const size_t convert_n_ways;

int convert_tell_misp(const struct misp_finding *f, void *context); /* the conversion */
int convert_put(struct conversion *c, struct str piece);
