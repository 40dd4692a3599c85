/* What the files of the way from MISP to STIX share. */
#pragma once

#include "intel/id-set.h"
#include "intel/json-put.h"
#include "intel/misp-inside.h"
#include "intel/misp-stix.h"

#define MISP_UUID_LEN 36u
#define MISP_TIME_LEN 24u /* "2026-04-10T09:00:00.000Z" */

/* An attribute or object of the event, by which references find what it became. */
struct misp_named {
    char uuid[MISP_UUID_LEN]; /* lower case */
    const char *type;
};

struct misp_reference {
    char uuid[MISP_UUID_LEN], source[MISP_UUID_LEN], target[MISP_UUID_LEN];
    char type[64], time[MISP_TIME_LEN + 1];
};

struct misp_stix {
    struct misp_reader *reader;
    struct scanner *scanner; /* of observables, for their ids */
    misp_stix_fn *object;
    int (*fault)(const struct misp_finding *f, void *context);
    void *context;
    struct buf out, part;
    int error; /* of `part`, kept until something is told */
    /* the event */
    const struct misp_event *event;
    const struct misp_item *item; /* NULL: the event itself */
    struct buf refs;              /* "a","b": ids of what it holds */
    unsigned n_refs, n_parts;     /* in refs; groupings that hold what came before these */
    char creator[64];             /* id of the identity; empty: there is none */
    char time[MISP_TIME_LEN + 1];
    int tlp;                      /* enum tlp, or -1 */
    bool is_apart;                /* it says of all its values that they are not to be joined with others */
    bool has_frame;               /* extension definition and maker were told */
    unsigned marks_told;          /* bits of enum tlp */
    struct id_set seen;           /* told in this event */
    struct misp_named *named;
    size_t n_named, named_size;
    struct misp_reference *references;
    size_t n_references, references_size;
};

/* Seconds since 1970, as MISP writes them, as STIX does. false: it is none. */
bool misp_time(struct str seconds, char ret[MISP_TIME_LEN + 1]);
/* The form of a UUID, in lower case. */
bool misp_uuid(struct str s, char ret[MISP_UUID_LEN]);
/* UUIDv5 of ours. */
int misp_uuid5(const char *kind, struct str name, char ret[MISP_UUID_LEN + 1]);
/* Hands m->out over as an object; `id` joins what the event holds, unless it is empty. 0, -ENOMEM, -ENOSPC, what the call answered. */
int misp_tell(struct misp_stix *m, struct str id);
/* It was asked for that id before, within this event. *ret: 0, -ENOMEM. */
bool misp_is_seen(struct misp_stix *m, struct str id, int *ret);
/* Its own `disable_correlation`. */
bool misp_says_apart(const struct scan_value *root);
/* The strictest TLP among the tags; `least` where there is none. */
int misp_tlp_of(const struct scan_value *tags, int least);
/* "type","spec_version","id","created_by_ref","created","modified" into an empty out, with its opening bracket. */
void misp_put_head(struct misp_stix *m, const char *type, struct str uuid, const char *time);
/* The mark's reference, as a member; the mark itself. -1: none. */
void misp_mark_put(struct buf *b, int tlp);
void misp_mark_object_put(struct buf *b, int tlp);
void misp_put_marks(struct misp_stix *m, int tlp);
/* "labels" of type, category and tags. */
void misp_put_labels(struct misp_stix *m, const struct scan_value *of);
/* Clusters of the galaxies of the event, or of an attribute (`source`: its id, else empty). */
int misp_galaxies(struct misp_stix *m, const struct scan_value *galaxies, struct str source, const char *time);
int misp_relationship(struct misp_stix *m, const char *kind, struct str source, struct str target, const char *time, const char *uuid);
int misp_identity(struct misp_stix *m, const struct scan_value *organisation, char ret_id[64]);

/* ---- an attribute; misp-to-stix.c ---- */

/* Members of an attribute, object or event that stand in STIX's own properties. */
struct misp_carried {
    const char *names[4];
    unsigned n;
};

struct misp_attribute {
    const struct scan_value *root;
    struct str bytes, type, value, comment;
    char uuid[MISP_UUID_LEN + 1], time[MISP_TIME_LEN + 1];
    char first[MISP_TIME_LEN + 4], last[MISP_TIME_LEN + 4]; /* microseconds */
    bool has_own_uuid, is_for_ids;
    bool is_apart; /* it, or its event, says that its value is not to be joined with others */
    int tlp;
};

struct misp_valued {
    enum misp_part part;
    struct str value;
    bool is_apart;
};

/* `bytes` is what the extension bears of it. 0, -ENOMEM. */
int misp_read_attribute(struct misp_stix *m, const struct scan_value *root, struct str bytes, struct misp_attribute *a);
/* The mark of a TLP, once a file. */
int misp_tell_mark(struct misp_stix *m, int tlp);
/* `of_object`: the uuid of the object that holds the attribute; else NULL. */
int misp_tell_indicator(struct misp_stix *m, const struct misp_attribute *a, const struct misp_type *type, const struct str values[2], const char *of_object);
/* Those of an attribute that became `target`. */
int misp_tell_sightings(struct misp_stix *m, const struct misp_attribute *a, const char *target);
/* TYPE--UUID, in `out`. */
struct str misp_id_of(const char *type, const char *uuid, char out[128]);
/* An observable without its id and its last bracket, into m->part; hashes together; all are of that type. */
void misp_put_observable(struct misp_stix *m, const struct misp_valued *v, size_t n, const char *type);
/* m->part with its id, once an event: once joined with others, and once not, where that is said of it in one place of the event and not in another. */
int misp_tell_observable(struct misp_stix *m, int tlp, bool is_apart, char ret_id[128]);
/* The observed-data of n observables. */
int misp_tell_observed(struct misp_stix *m, const struct misp_attribute *a, char ids[][128], size_t n, const char *kind);
/* Members that stand in properties as they are: uuid, and `also` unless it is NULL. */
struct misp_carried misp_carried_of(const struct misp_attribute *a, const char *also);
/* misp:WHAT="WORD" */
void misp_put_label(struct misp_stix *m, const char *what, struct str word);
/* The members of `bytes` but for those that are carried; `is_apart`: stix_is_apart() is to find it so. */
void misp_put_extension(struct misp_stix *m, const char *kind, struct str bytes, const struct misp_carried *carried, bool is_apart);
/* What became of the attribute or object with that uuid. */
int misp_remember(struct misp_stix *m, const char *uuid, const char *type);
/* Room for one more than n of `each` bytes. 0, -ENOMEM. */
int misp_grow(void **at, size_t *size, size_t n, size_t each);

/* ---- an object; misp-object.c ---- */
int misp_tell_object(struct misp_stix *m, const struct misp_item *i);
