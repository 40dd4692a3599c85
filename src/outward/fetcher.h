/* Fetches from other TAXII servers what the register says (doc/design/intelligence.md, TX8): the process asks the keeper what is due, asks the other server
 * page by page, has each page parsed in the examiner's cage (guard/intake.h), and sends the segments that come out back to the keeper.
 *
 *     what is due? ── keeper: poll-next ── page ── cage ── keeper: poll-segment …, poll-tell ── page … ── keeper: poll-end
 *
 * It holds no handle on the store and no key: what it knows is an address, the secret for it, and a connection to the keeper that takes nothing but the
 * questions of keeper/poll-operation.h. A page is in memory as it came, TAXII_PAGE_BYTES at most, and never on a disk. Of a page that broke off nothing is
 * taken: it comes again.
 * Secrets: DATA/fetcher/CHANNEL.secret (outward/secret.h), its first line; CHANNEL.pem beside it: the authorities believed for that server. Neither leaves in a
 * message, a log or a command line.
 * Threads  one; one poll at a time. */
#pragma once

#include "base/diag.h"

#define FETCHER_FOLDER "fetcher"
#define FETCHER_POLL_MS 2000
#define FETCHER_PAGES_MAX 200u /* in one poll: what came is opened, and the rest is due at once */

struct fetcher_config {
    const char *data; /* as for the keeper */
    int starter_fd;   /* ends when it closes; -1: nobody's */
};

/* Until the starter's descriptor closes or SIGTERM. 0, or the failure in diag. */
MUST_CHECK int fetcher_run(const struct fetcher_config *config, struct diag *diag);
