/* Which users of the system the processes of an installation run as, and what each of them may be to the keeper: DATA/users.json.
 *
 *     {"group": "tsujiban", "keeper": "tsujiban", "web": "tsujiban-web", "examiner": "tsujiban-examiner", "courier": "tsujiban-courier",
 *      "media-gate": ["tsujiban-media"], "mail-gate": "tsujiban-mail-gate", "reader": "tsujiban-reader",
 *      "fetcher": "tsujiban-fetcher", "operator": []}
 *
 * A user is a name that the system knows, or a number; several stand in an array, of which the first is the one that `serve` starts the
 * process as. `group`, `keeper`, `web`, `examiner` and `courier` must be there; a gate or reader that nobody is named for may be nobody, and without a `fetcher` nothing is
 * fetched. The keeper's,
 * the web's and the reader's users are nobody else's. The group is the keeper's own (its first one) and the others' but the reader's besides: what it may read is the store, not
 * the vault, the contents of files or the keys. Without the file every process is of one user, and may be everything.
 * The file is believed when it belongs to root or, where nobody here is root, to whoever reads it, and nobody else may write it.
 * Source   doc/design/information.md, D1.
 * Threads  any, but keeper_users_read() and keeper_users_become(): before there are others. */
#pragma once

#include "base/diag.h"
#include "base/json.h"

#include <sys/types.h>

enum keeper_role {
    ROLE_OPERATOR,
    ROLE_WEB,
    ROLE_EXAMINER,
    ROLE_COURIER,
    ROLE_MEDIA_GATE,
    ROLE_MAIL_GATE,
    ROLE_READER, /* of documents; to the keeper it is nothing, and it is in no group that may read the store */
    ROLE_FETCHER,
    KEEPER_ROLES
};

#define KEEPER_USERS_FILE "users.json"
#define KEEPER_USERS_MAX 8 /* of one role */
#define KEEPER_USERS_BYTES 8192u

struct keeper_users {
    bool is_apart; /* false: there is no file */
    gid_t group;
    uid_t keeper;
    struct {
        uid_t at[KEEPER_USERS_MAX];
        size_t n;
    } roles[KEEPER_ROLES];
};

/* "operator", "web", … as in the file. */
const char *keeper_role_name(enum keeper_role role);
enum { USERS_E_INVALID = 1 };
/* `file` is what diag calls it. 0; USERS_E_INVALID: see diag, which names the member or the user that is not known. */
MUST_CHECK int keeper_users_parse(const char *file, struct str text, struct keeper_users *ret,
                                  struct diag *diag);
/* DATA/users.json, or one user where there is none. As above, and -errno. */
MUST_CHECK int keeper_users_read(const char *data, struct keeper_users *ret, struct diag *diag);
/* One bit, 1 << role, for each that a peer of that user may be; 0: he is let in by nobody. Root and the keeper's own user are operators. */
unsigned keeper_users_may(const struct keeper_users *u, uid_t uid);

/* Give up root for good: groups, group, user, then no new privileges, and no root afterwards. `uid` is the keeper's or one of a role's.
 * 0, -errno: then nothing may be done as if it had succeeded. */
MUST_CHECK int keeper_users_become(const struct keeper_users *u, uid_t uid);
/* Before the keeper opens them: the folders (0750) and the store's file (0640) are the group's to read; vault, contents of files (0600) and keys
 * (0700) are nobody's but the keeper's. `db` as for store_open(): what lies in a server is guarded there. Without users apart nothing is
 * changed. 0; USERS_E_INVALID: something belongs to somebody else; -errno. diag names it. */
MUST_CHECK int keeper_users_settle(const struct keeper_users *u, const char *data, const char *db,
                                   struct diag *diag);

/* Where this process is root and processes are apart: become that role's user, or the keeper (KEEPER_ROLES). Else nothing. */
MUST_CHECK int keeper_users_drop(const char *data, enum keeper_role role, struct keeper_users *ret,
                                 struct diag *diag);
