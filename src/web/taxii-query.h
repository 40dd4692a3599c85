/* What a TAXII client asks for, apart from the address: the query of an address of TAXII 2.1, and the media types of its headers.
 *
 *     added_after=2026-04-10T00:00:00Z&limit=100&match[type]=indicator,malware&match[version]=all
 *
 * Parameters may come once each; a parameter that the address does not have is refused by name, since a filter that is passed over would
 * give out more than was asked for. `limit=0` is taken as no limit: the OASIS client sends it for that.
 * Owner    what is read lives in the arena given.
 * Limits   TAXII_VALUES_MAX values of one filter, TAXII_VALUE_MAX bytes each.
 * Threads  any.
 * Source   TAXII 2.1, sections 1.6.8 (media types), 3.4 (filtering), 3.5 (pages); TX6, TX7 of doc/design/intelligence.md. */
#pragma once

#include "intel/stix-time.h"
#include "web/http.h"

#define TAXII_TYPE "application/taxii+json;version=2.1"
#define TAXII_VALUES_MAX 100u
#define TAXII_VALUE_MAX 512u

/* The addresses that take parameters, and which. */
enum taxii_resource {
    TAXII_OBJECTS,       /* GET …/objects/: all */
    TAXII_OBJECT,        /* GET …/objects/ID/: no id, no type */
    TAXII_OBJECT_DELETE, /* DELETE …/objects/ID/: version and spec_version alone */
    TAXII_MANIFEST,      /* GET …/manifest/: all */
    TAXII_VERSIONS,      /* GET …/objects/ID/versions/: no id, no type, no version */
    TAXII_PLAIN,         /* every other address: none */
    TAXII_N_RESOURCES,
};

enum taxii_version_kind {
    TAXII_VERSION_LAST,
    TAXII_VERSION_FIRST,
    TAXII_VERSION_ALL,
    TAXII_VERSION_AT
};
struct taxii_version {
    enum taxii_version_kind kind;
    struct stix_time at; /* of TAXII_VERSION_AT */
    struct str text;     /* the same as it was sent */
};

struct taxii_query {
    bool has_added_after;
    struct stix_time added_after; /* what was added at that very instant is not asked for */
    uint32_t limit;  /* objects; 0: as the server likes; what is larger than fits is UINT32_MAX */
    struct str next; /* at == NULL: the beginning */
    /* Of each list one value has to fit; an empty list asks for nothing. */
    const struct str *ids, *types, *spec_versions;
    size_t n_ids, n_types, n_spec_versions;
    const struct taxii_version *versions; /* never empty: the last one, where nothing is said; of what is to be taken out all */
    size_t n_versions;
};

enum { TAXII_E_SYNTAX = 1, TAXII_E_UNKNOWN, TAXII_E_TWICE, TAXII_E_VALUE, TAXII_E_MANY };
/* 0; TAXII_E_SYNTAX: not percent-encoded UTF-8; TAXII_E_UNKNOWN: a parameter that this address does not have; TAXII_E_TWICE; TAXII_E_VALUE: not what
 * that parameter takes; TAXII_E_MANY: above the limits; -ENOMEM. Above 0 *ret_name is the parameter, empty with TAXII_E_SYNTAX. */
MUST_CHECK int taxii_query_read(struct str query, enum taxii_resource resource, struct arena *arena,
                                struct taxii_query *ret, struct str *ret_name);
/* One text for what is asked for, but limit and next: equal for the same question alone, whatever the order of its parameters. For binding a
 * cursor to it. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int taxii_query_print(const struct taxii_query *q, enum taxii_resource resource,
                                 struct buf *out);

/* May the answer be of TAXII_TYPE? No header, or an empty one, says yes to everything (RFC 9110, 12.5.1). */
bool taxii_accepted(struct str accept);
/* Is a body of that type one of TAXII 2.1? Without a version it is: the newest of the server is meant. */
bool taxii_type_is(struct str content_type);
