#include "keeper/users.h"

#include "base/tell.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUPS_MAX 64
#define ID_MAX 0xfffffffeu /* the last one that is an id: the next means "leave it" */

static const char *const role_names[KEEPER_ROLES] = {"operator", "web",        "examiner",
                                                     "courier",  "media-gate", "mail-gate", "reader",
                                                     "fetcher"};

const char *keeper_role_name(enum keeper_role role)
{
    return role_names[role];
}

/* ---- the file ---- */

static int wrong(const char *file, struct diag *diag, const char *key, enum message_key what)
{
    diag_tell(diag, DIAG_ERROR, ((struct diag_place){.file = file}), MSG_KEEPER_FAULT_USERS, {"key", str_head(key, 40)}, MESSAGE_WORD("what", what));
    return USERS_E_INVALID;
}

static int unknown(const char *file, struct diag *diag, const char *key, enum message_key what, const char *name)
{
    diag_tell(diag, DIAG_ERROR, ((struct diag_place){.file = file}), what, {"key", str_head(key, 40)}, {"name", str_head(name, 60)});
    return USERS_E_INVALID;
}

/* Root holds everything anyway, so a process that runs as root would be no process apart. */
static bool take_number(const json_t *v, uint32_t *ret)
{
    json_int_t n = json_integer_value(v);

    if (!json_is_integer(v) || n < 1 || n > (json_int_t)ID_MAX)
        return false;
    *ret = (uint32_t)n;
    return true;
}

static int take_user(const char *file, const char *key, const json_t *v, uid_t *ret,
                     struct diag *diag)
{
    struct passwd *p;

    if (take_number(v, ret))
        return 0;
    if (!json_is_string(v) || !json_string_length(v))
        return wrong(file, diag, key, MSG_FINDING_A_USER_IS_A_NAME_OR_A_NUMBER_FROM_ON);
    if (!(p = getpwnam(json_string_value(v))))
        return unknown(file, diag, key, MSG_KEEPER_FAULT_NO_USER, json_string_value(v));
    if (!p->pw_uid)
        return wrong(file, diag, key, MSG_FINDING_NO_PROCESS_OF_AN_INSTALLATION_RUNS_AS_RO);
    *ret = p->pw_uid;
    return 0;
}

static int take_group(const char *file, const json_t *v, gid_t *ret, struct diag *diag)
{
    struct group *g;

    if (take_number(v, ret))
        return 0;
    if (!json_is_string(v) || !json_string_length(v))
        return wrong(file, diag, "group", MSG_FINDING_A_GROUP_IS_A_NAME_OR_A_NUMBER_FROM_ON);
    if (!(g = getgrnam(json_string_value(v))))
        return unknown(file, diag, "group", MSG_KEEPER_FAULT_NO_GROUP, json_string_value(v));
    if (!g->gr_gid)
        return wrong(file, diag, "group", MSG_FINDING_THE_GROUP_OF_ROOT_IS_NO_GROUP_OF_ITS_OWN);
    *ret = g->gr_gid;
    return 0;
}

static int take_role(const char *file, const json_t *v, enum keeper_role role,
                     struct keeper_users *u, struct diag *diag)
{
    const char *key = role_names[role];
    size_t n = json_is_array(v) ? json_array_size(v) : 1;
    int r = 0;

    if (n > KEEPER_USERS_MAX)
        return wrong(file, diag, key, MSG_FINDING_THESE_ARE_TOO_MANY_USERS);
    for (size_t i = 0; !r && i < n; i++)
        r = take_user(file, key, json_is_array(v) ? json_array_get(v, i) : v, &u->roles[role].at[i],
                      diag);
    u->roles[role].n = r ? 0 : n;
    return r;
}

static int take(const char *file, const char *key, const json_t *v, struct keeper_users *u,
                struct diag *diag)
{
    if (!strcmp(key, "group"))
        return take_group(file, v, &u->group, diag);
    if (!strcmp(key, "keeper"))
        return take_user(file, key, v, &u->keeper, diag);
    for (size_t i = 0; i < KEEPER_ROLES; i++)
        if (!strcmp(key, role_names[i]))
            return take_role(file, v, (enum keeper_role)i, u, diag);
    return wrong(file, diag, key, MSG_FINDING_THERE_IS_NO_SUCH_MEMBER);
}

static bool has(const struct keeper_users *u, size_t role, uid_t uid)
{
    for (size_t i = 0; i < u->roles[role].n; i++)
        if (u->roles[role].at[i] == uid)
            return true;
    return false;
}

/* What the pages' process is broken into must be nothing else, and whoever is the keeper needs no other word. */
static int check(const char *file, const struct keeper_users *u, struct diag *diag)
{
    if (!u->group)
        return wrong(file, diag, "group", MSG_FINDING_THIS_MEMBER_IS_MISSING);
    if (!u->keeper)
        return wrong(file, diag, "keeper", MSG_FINDING_THIS_MEMBER_IS_MISSING);
    for (size_t role = ROLE_WEB; role <= ROLE_COURIER; role++)
        if (!u->roles[role].n)
            return wrong(file, diag, role_names[role], MSG_FINDING_NOBODY_IS_NAMED_FOR_IT);
    for (size_t role = 0; role < KEEPER_ROLES; role++) {
        if (has(u, role, u->keeper))
            return wrong(file, diag, role_names[role], MSG_FINDING_THE_KEEPER_S_USER_IS_THE_KEEPER_S_ALONE);
        for (size_t i = 0; role != ROLE_WEB && i < u->roles[ROLE_WEB].n; i++)
            if (has(u, role, u->roles[ROLE_WEB].at[i]))
                return wrong(file, diag, role_names[role], MSG_FINDING_THE_WEB_S_USER_IS_THE_WEB_S_ALONE);
        for (size_t i = 0; role != ROLE_READER && i < u->roles[ROLE_READER].n; i++)
            if (has(u, role, u->roles[ROLE_READER].at[i]))
                return wrong(file, diag, role_names[role], MSG_FINDING_THE_READER_S_USER_IS_THE_READER_S_ALONE);
    }
    return 0;
}

int keeper_users_parse(const char *file, struct str text, struct keeper_users *ret,
                       struct diag *diag)
{
    struct keeper_users u = {.is_apart = true};
    JSON_AUTO *top = NULL;
    const char *key;
    struct diag own;
    json_t *v;
    int r;

    diag_init(&own);
    r = json_parse(text, (struct json_limits){KEEPER_USERS_BYTES, 3}, &top, &own);
    for (size_t i = 0; i < own.n; i++)
        diag_add_both(diag, own.entries[i].level, (struct diag_place){file, own.entries[i].line, own.entries[i].col, NULL}, own.entries[i].key, own.entries[i].message, own.entries[i].ja);
    diag_done(&own);
    if (r)
        return r < 0 ? r : USERS_E_INVALID;
    if (!json_is_object(top))
        return wrong(file, diag, "", MSG_FINDING_ONE_OBJECT_OF_USERS_IS_WANTED);
    json_object_foreach (top, key, v)
        if ((r = take(file, key, v, &u, diag)))
            return r;
    if (!(r = check(file, &u, diag)))
        *ret = u;
    return r;
}

/* ---- reading it ---- */

static struct keeper_users one_user(void)
{
    struct keeper_users u = {.group = getegid(), .keeper = geteuid()};

    for (size_t i = 0; i < KEEPER_ROLES; i++) {
        u.roles[i].at[0] = u.keeper;
        u.roles[i].n = 1;
    }
    return u;
}

/* Who could write it could make root start a process as anybody. */
static bool is_trusted(int fd)
{
    struct stat st;

    return !fstat(fd, &st) && S_ISREG(st.st_mode) && (!st.st_uid || st.st_uid == geteuid()) &&
           !(st.st_mode & 022);
}

static int read_text(int fd, const char *path, struct buf *text, struct diag *diag)
{
    char piece[1024];
    ssize_t n;

    while ((n = read(fd, piece, sizeof(piece))) > 0) {
        if (text->len + (size_t)n > KEEPER_USERS_BYTES) {
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_USERS_LARGE, {"path", str_of(path)}, {"max", NUMBER(KEEPER_USERS_BYTES)});
            return USERS_E_INVALID;
        }
        if (buf_add(text, piece, (size_t)n))
            return -ENOMEM;
    }
    return n < 0 ? -errno : 0;
}

static int read_fd(int fd, const char *path, struct keeper_users *ret, struct diag *diag)
{
    CLEANUP(buf_done) struct buf text;
    int r;

    buf_init(&text, KEEPER_USERS_BYTES + 1);
    if (!is_trusted(fd)) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_USERS_BELIEVED, {"path", str_of(path)});
        return USERS_E_INVALID;
    }
    r = read_text(fd, path, &text, diag);
    return r ? r : keeper_users_parse(path, buf_str(&text), ret, diag);
}

int keeper_users_read(const char *data, struct keeper_users *ret, struct diag *diag)
{
    CLEANUP(buf_done) struct buf path;
    int fd, r;

    buf_init(&path, 4096);
    if ((r = buf_printf(&path, "%s/" KEEPER_USERS_FILE, data)))
        return r == -ENOMEM ? r : -ENAMETOOLONG;
    fd = open(path.at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        *ret = one_user();
        return 0;
    }
    if (fd < 0) {
        r = -errno;
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_OPENED, {"path", str_of(path.at)}, tell_why(-r));
        return r;
    }
    r = read_fd(fd, path.at, ret, diag);
    close(fd);
    return r;
}

/* ---- what they may be ---- */

unsigned keeper_users_may(const struct keeper_users *u, uid_t uid)
{
    unsigned may = uid == u->keeper || (u->is_apart && !uid) ? 1u << ROLE_OPERATOR : 0;

    for (size_t i = 0; i < KEEPER_ROLES; i++)
        if (has(u, i, uid))
            may |= 1u << i;
    return may;
}

/* ---- becoming one ---- */

#define NO_GROUP 65534 /* nobody's, by custom */

/* In none but its own. */
static int set_no_groups(uid_t uid)
{
    struct passwd *p = getpwuid(uid);
    gid_t own = p ? p->pw_gid : NO_GROUP;

    return setgroups(0, NULL) || setresgid(own, own, own) ? -errno : 0;
}

/* The keeper's files belong to the group; the others may read by it, beside what their own groups let them. */
static int set_groups(const struct keeper_users *u, uid_t uid)
{
    struct passwd *p = uid == u->keeper ? NULL : getpwuid(uid);
    gid_t groups[GROUPS_MAX + 1], own = p ? p->pw_gid : u->group;
    int n = p ? GROUPS_MAX : 0;

    if (p && getgrouplist(p->pw_name, own, groups, &n) < 0)
        return -E2BIG;
    groups[n++] = u->group;
    return setgroups((size_t)n, groups) || setresgid(own, own, own) ? -errno : 0;
}

int keeper_users_become(const struct keeper_users *u, uid_t uid)
{
    int r = !uid ? -EINVAL : has(u, ROLE_READER, uid) ? set_no_groups(uid) : set_groups(u, uid);

    if (r)
        return r;
    if (setresuid(uid, uid, uid) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -errno;
    return setuid(0) && geteuid() == uid ? 0 : -EPERM;
}

int keeper_users_drop(const char *data, enum keeper_role role, struct keeper_users *ret,
                      struct diag *diag)
{
    uid_t uid;
    int r;

    *ret = (struct keeper_users){.is_apart = false};
    if (role != KEEPER_ROLES && geteuid())
        return 0; /* it is whoever it was started as, and the keeper looks */
    if ((r = keeper_users_read(data, ret, diag)))
        return r;
    if (!ret->is_apart || geteuid())
        return 0;
    uid = role == KEEPER_ROLES ? ret->keeper : ret->roles[role].n ? ret->roles[role].at[0] : 0;
    if ((r = keeper_users_become(ret, uid)))
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_BECOME, {"user", NUMBER(uid)}, tell_why(-r));
    return r;
}

/* ---- the files ---- */

struct place {
    const char *name;
    mode_t mode;
};

static const struct place of_data[] = {
    {".", 0750}, {"keys", 0700}, {"keys/ledger.key", 0600}, {"keeper.lock", 0600}};
static const struct place of_db[] = {{".", 0750},
                                     {"tsujiban.db", 0640},
                                     {"tsujiban.db-wal", 0640},
                                     {"tsujiban.db-shm", 0640},
                                     {"vault.db", 0600},
                                     {"vault.db-wal", 0600},
                                     {"vault.db-shm", 0600},
                                     {"blobs.db", 0600},
                                     {"blobs.db-wal", 0600},
                                     {"blobs.db-shm", 0600},
                                     {"intel.db", 0640},
                                     {"intel.db-wal", 0640},
                                     {"intel.db-shm", 0640},
                                     {"keeper.lock", 0600}};

static int settle_one(const struct keeper_users *u, int dir, const struct place *p)
{
    struct stat st;

    if (fstatat(dir, p->name, &st, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? 0 : -errno;
    if (st.st_uid != u->keeper)
        return USERS_E_INVALID;
    if (st.st_gid != u->group && fchownat(dir, p->name, (uid_t)-1, u->group, AT_SYMLINK_NOFOLLOW))
        return -errno;
    return (st.st_mode & 07777) != p->mode && fchmodat(dir, p->name, p->mode, 0) ? -errno : 0;
}

static int settle_all(const struct keeper_users *u, const char *path, const struct place *places,
                      size_t n, struct diag *diag)
{
    int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), r = dir < 0 ? -errno : 0;

    for (size_t i = 0; !r && i < n; i++)
        if ((r = settle_one(u, dir, &places[i])) > 0)
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_OWNED, {"data", str_of(path)}, {"path", str_of(places[i].name)},
                      {"user", NUMBER(u->keeper)});
        else if (r)
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_CLOSED, {"data", str_of(path)}, {"path", str_of(places[i].name)}, tell_why(-r));
    if (dir < 0)
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_USERS_OPEN, {"path", str_of(path)}, tell_why(-r));
    else
        close(dir);
    return r;
}

int keeper_users_settle(const struct keeper_users *u, const char *data, const char *db,
                        struct diag *diag)
{
    int r = u->is_apart ? settle_all(u, data, of_data, ARRAY_LEN(of_data), diag) : 0;

    if (r || !u->is_apart || !strncmp(db, "postgres", 8))
        return r;
    return settle_all(u, db, of_db, ARRAY_LEN(of_db), diag);
}
