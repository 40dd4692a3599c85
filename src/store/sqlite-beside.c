/* Places beside a store, each a file with one connection: pieces of files (store/blobs.h, S16), threat intelligence (store/intel.h, S17). */
#include "store/sqlite.h"
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const blobs_schema[] = {
    "BEGIN IMMEDIATE",
    "CREATE TABLE IF NOT EXISTS piece ("
    " file BYTETEXT NOT NULL,"  /* id of an attachment */
    " n BIGINT NOT NULL,"       /* from 0 */
    " sealed BLOB NOT NULL,"
    " PRIMARY KEY (file, n))",
    "PRAGMA application_id=0x54534a43",
    "COMMIT",
    NULL,
};

/* PostgreSQL's are in schema.c. */
static const char *const intel_schema[] = {
    "BEGIN IMMEDIATE",
    "CREATE TABLE IF NOT EXISTS run ("
    " run BIGINT NOT NULL PRIMARY KEY,"
    " state BIGINT NOT NULL,"            /* 0 is written, 1 finished, 2 merged, 3 swept */
    " n_segments BIGINT NOT NULL,"
    " n_objects BIGINT NOT NULL,"
    " n_1 BIGINT NOT NULL,"              /* of them, by level of confidentiality */
    " n_2 BIGINT NOT NULL,"
    " n_3 BIGINT NOT NULL,"
    " audience_1 BIGINT NOT NULL,"       /* of each level */
    " audience_2 BIGINT NOT NULL,"
    " audience_3 BIGINT NOT NULL,"
    " root BLOB NOT NULL) WITHOUT ROWID", /* over the segments' digests; empty until it is finished */
    "CREATE TABLE IF NOT EXISTS segment ("
    " run BIGINT NOT NULL,"
    " n BIGINT NOT NULL,"                /* from 0 */
    " n_objects BIGINT NOT NULL,"        /* that were added */
    " n_known BIGINT NOT NULL,"          /* that were there */
    " message BLOB NOT NULL,"            /* SHA-256 of the message that it came in */
    " digest BLOB NOT NULL,"             /* SHA-256 over its objects */
    " PRIMARY KEY (run, n)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS pending ("
    " run BIGINT NOT NULL,"
    " n BIGINT NOT NULL,"                /* segment */
    " first BIGINT NOT NULL,"            /* place of its first object in the run */
    " length BIGINT NOT NULL,"           /* of its keys (store/segment.h) */
    " packed BLOB NOT NULL,"             /* these, by zstd */
    " PRIMARY KEY (run, n))",
    "CREATE TABLE IF NOT EXISTS object ("
    " audience BIGINT NOT NULL,"
    " run BIGINT NOT NULL,"
    " no BIGINT NOT NULL,"               /* in the run, from 0 */
    " id BYTETEXT NOT NULL,"
    " type BYTETEXT NOT NULL,"
    " version BYTETEXT NOT NULL,"        /* instant, or empty */
    " tlp BIGINT NOT NULL,"
    " digest BLOB NOT NULL,"             /* of its content */
    " sum BLOB NOT NULL,"                /* of the bytes as they came */
    " length BIGINT NOT NULL,"           /* of these */
    " packed BLOB NOT NULL,"
    " PRIMARY KEY (audience, run, no)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS object_type ON object(audience, run, type, no)",
    "CREATE TABLE IF NOT EXISTS ident ("
    " audience BIGINT NOT NULL,"
    " run BIGINT NOT NULL,"              /* 0: merged */
    " id BYTETEXT NOT NULL,"
    " version BYTETEXT NOT NULL,"
    " number BIGINT NOT NULL,"           /* run times 2^32 and place in it */
    " digest BLOB NOT NULL,"
    " PRIMARY KEY (audience, run, id, version, number)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS value ("
    " number INTEGER NOT NULL PRIMARY KEY,"
    " type BIGINT NOT NULL,"
    " derived BIGINT NOT NULL,"
    " bytes BLOB NOT NULL,"
    " UNIQUE (type, derived, bytes))",
    "CREATE TABLE IF NOT EXISTS posting ("
    " audience BIGINT NOT NULL,"
    " run BIGINT NOT NULL,"              /* 0: merged */
    " value BIGINT NOT NULL,"
    " first BIGINT NOT NULL,"            /* number of its first object */
    " n BIGINT NOT NULL,"
    " block BLOB NOT NULL,"              /* differences of the others, in varints */
    " PRIMARY KEY (audience, run, value, first)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS ending ("
    " audience BIGINT NOT NULL,"
    " run BIGINT NOT NULL,"              /* 0: merged */
    " end_us BIGINT NOT NULL,"
    " number BIGINT NOT NULL,"           /* of the indicator */
    " lies BIGINT NOT NULL,"             /* the audience that it lies in */
    " told BIGINT NOT NULL,"             /* number of what says so: the indicator itself, or a sighting */
    " PRIMARY KEY (audience, run, end_us, number, lies, told)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS ending_of ON ending(audience, run, number)",
    "CREATE TABLE IF NOT EXISTS life ("
    " audience BIGINT NOT NULL,"
    " run BIGINT NOT NULL,"              /* that brought it, merged or not */
    " id BYTETEXT NOT NULL,"             /* of an indicator */
    " number BIGINT NOT NULL,"
    " class BIGINT NOT NULL,"            /* enum decay_class */
    " from_us BIGINT NOT NULL,"          /* its source vouched for it last */
    " until_us BIGINT NOT NULL,"         /* it is to end; 0: revoked */
    " PRIMARY KEY (id, number)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS sighting ("
    " audience BIGINT NOT NULL,"
    " run BIGINT NOT NULL,"              /* 0: merged */
    " id BYTETEXT NOT NULL,"             /* of what was seen */
    " own BYTETEXT NOT NULL,"            /* of the report itself */
    " version BYTETEXT NOT NULL,"
    " number BIGINT NOT NULL,"
    " kind BIGINT NOT NULL,"             /* enum segment_life */
    " at_us BIGINT NOT NULL,"
    " n BIGINT NOT NULL,"
    " PRIMARY KEY (audience, run, id, own, version, number)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS sighting_of ON sighting(id, at_us)",
    "CREATE INDEX IF NOT EXISTS sighting_kind ON sighting(audience, run, kind, at_us)",
    "PRAGMA application_id=0x54534a49",
    "COMMIT",
    NULL,
};

/* A segment touches thousands of pages that the next one touches again: they are copied once for several. */
#define INTEL_FRAMES 16000 /* 64 MB */

static const struct kind {
    const char *name;   /* of the file beside a store's */
    const char *schema; /* what statements call it */
    int64_t mark;
    const char *const *sql;
    int checkpoint_frames;  /* 0: as usual */
    bool is_read_with_store; /* by whoever may read the store's own file */
} kinds[BESIDE_COUNT] = {
    [BESIDE_BLOBS] = {BLOBS_NAME, NULL, BLOBS_ID, blobs_schema, 0, false},
    [BESIDE_INTEL] = {INTEL_NAME, "intel", INTEL_ID, intel_schema, INTEL_FRAMES, true},
};

/* Whoever may read the store's own file may read this one. SQLite gives its log the same rights. */
static int share_with_readers(const char *path)
{
    char *of = strdup(path), *store = NULL;
    struct stat st;
    int r = of && asprintf(&store, "%s/" STORE_NAME, dirname(of)) >= 0 ? 0 : -ENOMEM;

    if (!r && !stat(store, &st) && (st.st_mode & 0040) && (chown(path, (uid_t)-1, st.st_gid) || chmod(path, 0640)))
        r = -errno;
    free(store);
    free(of);
    return r;
}

/* Made whole or not at all; who finds it half made by one that was killed makes it anew. */
static int make(struct sqlite_store *s, const struct kind *k, struct diag *diag)
{
    int r = sqlite_is_there(s->path) ? 0 : sqlite_file_make(s->path, diag);

    if (!r && k->is_read_with_store)
        r = share_with_readers(s->path);
    if (!r)
        r = sqlite_connect(s, s->path, &s->db, diag);
    if (r)
        return r;
    r = sqlite_mark_check(s, s->db, k->mark, s->path, NULL);
    if (r != STORE_E_SCHEMA)
        return r;
    r = sqlite_mark_check(s, s->db, 0, s->path, diag);
    for (const char *const *sql = k->sql; !r && *sql; sql++)
        r = sqlite_mark(s, s->db, *sql);
    return r;
}

/* One that is being made holds nothing yet. */
static int check_made(struct sqlite_store *s, const struct kind *k, struct diag *diag)
{
    int r = sqlite_mark_check(s, s->db, k->mark, s->path, NULL);

    if (r == STORE_E_SCHEMA && !sqlite_mark_check(s, s->db, 0, s->path, NULL))
        return STORE_E_NONE;
    return r == STORE_E_SCHEMA ? sqlite_mark_check(s, s->db, k->mark, s->path, diag) : r;
}

static int open_place(struct sqlite_store *s, const struct kind *k, struct diag *diag)
{
    int r;

    if (s->base.role == STORE_READ && !sqlite_is_there(s->path))
        return STORE_E_NONE;
    if (s->base.role == STORE_WRITE)
        r = make(s, k, diag);
    else
        r = sqlite_connect(s, s->path, &s->db, diag) ?: check_made(s, k, diag);
    return r ? r : sqlite_set_up(s, diag);
}

int sqlite_open_beside_file(const char *path, enum beside which, enum store_role role, bool is_bulk, struct store **ret, struct diag *diag)
{
    struct sqlite_store *s = sqlite_new(role, path);
    int r;

    if (!s)
        return -ENOMEM;
    s->is_bulk = is_bulk;
    s->schema = kinds[which].schema;
    s->checkpoint_frames = kinds[which].checkpoint_frames;
    r = open_place(s, &kinds[which], diag);
    if (r) {
        sqlite_free(s);
        return r;
    }
    *ret = &s->base;
    return 0;
}

int sqlite_open_beside(const char *dir, enum beside which, enum store_role role, struct store **ret, struct diag *diag)
{
    char *path = NULL;
    int r = -ENOMEM;

    assert(strcmp(dir, ":memory:") != 0);
    if (asprintf(&path, "%s/%s", dir, kinds[which].name) >= 0)
        r = sqlite_open_beside_file(path, which, role, false, ret, diag);
    free(path);
    return r;
}

/* In the directory of a store; a backup has it in another file. */
int sqlite_beside(struct store *base, enum beside which, enum store_role role, struct store **ret)
{
    const char *path = sqlite_of(base)->path, *slash = strrchr(path, '/');
    char *beside = NULL;
    int r = -ENOMEM;

    if (!slash || strcmp(slash + 1, STORE_NAME) != 0)
        return STORE_E_NONE;
    if (asprintf(&beside, "%.*s/%s", (int)(slash - path), path, kinds[which].name) >= 0)
        r = sqlite_open_beside_file(beside, which, role, role == STORE_WRITE, ret, NULL);
    free(beside);
    return r;
}
