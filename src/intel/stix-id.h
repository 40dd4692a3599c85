/* Identifiers of STIX 2.1 (sections 2.9 and 3.1): TYPE--UUID, and the ones that observables get from what they are.
 * Threads  any. */
#pragma once

#include "intel/json-scan.h"

#define STIX_TYPE_MIN 3u /* bytes of a type's name */
#define STIX_TYPE_MAX 250u
#define STIX_ID_MAX (STIX_TYPE_MAX + 38u)

/* [a-z][a-z0-9-]*[a-z0-9], no two hyphens in a row, 3 to 250 bytes. */
bool stix_type_is(struct str type);
/* True: a type, "--" and the digits of a UUID in any case; *ret_type is its type. */
bool stix_id_is(struct str id, struct str *ret_type);
/* Its version and variant are those of RFC 4122 as well, which older tools did not see to. */
bool stix_id_is_rfc4122(struct str id);

#define STIX_UUID_SIZE 16u
/* Appends the UUID that RFC 4122 section 4.3 makes of a name in a space, by SHA-1. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int stix_uuid5(const uint8_t space[STIX_UUID_SIZE], struct str name, struct buf *out);

/* The deterministic id of an observable: UUIDv5 over the canonical form (RFC 8785) of its contributing properties.
 * Appends it. 0; STIX_ID_NONE: none of the contributing properties is there, or the type has none, so that the id is any UUIDv4;
 * JCS_E_NUMBER of jcs.h comes as STIX_ID_NONE, too. -ENOMEM, -ENOSPC. */
enum { STIX_ID_NONE = 1 };
MUST_CHECK int stix_id_of_observable(const struct scan_value *object, struct buf *out);
