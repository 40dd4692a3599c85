/* The id of a status resource (TAXII 2.1, section 4.3): a UUID that leads back to the run that took the objects in, and to how many of them were there
 * already, so that nothing is kept for it beyond the import's own record. It is sealed under the keys of cursors and bound to who sent the objects: it
 * tells nobody how many imports there are, and is good for as long as the keys are, a day at least.
 * Threads  any. */
#pragma once

#include "web/taxii-cursor.h"

#define TAXII_STATUS_SIZE 37u /* with its NUL */
#define TAXII_STATUS_KNOWN_MAX 0xffffffu

struct taxii_status {
    uint32_t run;
    uint32_t known; /* at most TAXII_STATUS_KNOWN_MAX */
};

/* -ERANGE: beyond its limits. */
MUST_CHECK int taxii_status_print(const struct taxii_keys *keys, struct str reader, struct taxii_status s, char ret[TAXII_STATUS_SIZE]);
/* False: none of ours, another's, or too old. */
bool taxii_status_read(const struct taxii_keys *keys, struct str reader, struct str id, struct taxii_status *ret);
