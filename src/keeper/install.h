/* Making an installation: store, names, clock, signing key, first entry.
 * Threads  one. */
#pragma once

#include "base/diag.h"
#include "engine/clock.h"
#include "ledger/log.h"

struct install_config {
    const char *data;    /* directory; made when missing, must be empty of an installation */
    const char *db;      /* as for store_open(); NULL: the directory */
    const char *name_ja, *name_en; /* the force */
    const char *origin;  /* "<force>/<installation>": letters, digits, '.', '-', '/'; no '+' and no space */
    struct clock_setting clock;
};

enum { INSTALL_E_EXISTS = 1, INSTALL_E_INVALID, INSTALL_E_STORE };
/* keys/ledger.key (mode 0600), the schema, meta, and the leaf "system/init". After a failure there may be tables without a
 * row, and no key: the next attempt uses them.
 * INSTALL_E_EXISTS: there is one already, untouched. INSTALL_E_INVALID: a name; see diag. */
MUST_CHECK int install_create(const struct install_config *config, struct diag *diag);
/* The signing seed of a data directory. INSTALL_E_INVALID: unreadable. Wipe it after use. */
MUST_CHECK int install_read_seed(const char *data, uint8_t ret_seed[LOG_SEED_SIZE], struct diag *diag);
