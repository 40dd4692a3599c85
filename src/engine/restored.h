/* A store that was restored from a backup: nothing of it leaves by any way but pages up to confidentiality 2 and notices (release_channel_stays_open()) before two
 * administrators have looked at what it is, for what happened after the backup, withdrawals, disposals and lower sights among it, is not in it.
 *
 *   shut      from the restore on; meta META_RESTORED (store/backup.h) says when, from which file, and how far the ledger goes
 *   looked    one administrator confirmed it by an account of his own
 *   open      another one did, too; what is known of it stays, until the next restore
 *
 * Source   doc/design/information.md, B4. Threads  as the store handle. */
#pragma once

#include "store/store.h"

#define RESTORED_LOOKS 2u

struct restored_look {
    char person[64]; /* person.id */
    uint64_t at_us;  /* the installation's time */
};

struct restored {
    uint64_t at_us;                 /* the real clock */
    char file[256];                 /* the backup's name without its folder, cut where it is longer */
    int64_t shard;                  /* of the last entry; 0: there is no ledger */
    uint64_t n_entries, last_us;    /* in that shard; when the last was entered, the installation's time */
    struct restored_look looks[RESTORED_LOOKS];
    unsigned n_looks;
};

/* RESTORED_E_NONE: it never was. RESTORED_E_OPEN: two looked already. RESTORED_E_SAME: he looked himself before. */
enum { RESTORED_E_NONE = 1, RESTORED_E_OPEN, RESTORED_E_SAME };

/* 0, RESTORED_E_NONE, -EBADMSG. */
MUST_CHECK int restored_get(struct store *s, struct restored *ret);
/* By the setting's value; "" shuts nothing, and what cannot be read does. */
bool restored_shuts(const char *setting);
/* In a transaction; the caller enters it, and has the engines read the settings again. RESTORED_E_OPEN, RESTORED_E_SAME: nothing is changed. */
MUST_CHECK int restored_confirm(struct store *s, struct restored *r, const char *person, uint64_t now_us);
