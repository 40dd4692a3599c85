/* Files onto a medium and from one, as the commands and the station's service (cmd-media-serve.c) ask it: there is one way, and these two functions are it
 * (G1, G2, G5 of doc/design/information.md). What they do is printed, and told to whoever listens at the gate (gate_hear()).
 *
 *   media-export.c   media_export(), media-clean.c what leaves of each file, media-import.c   media_import(), media-move.c   what both need
 *
 * The gate is open (gate_open()), with person, medium and computer. Threads  one. */
#pragma once

#include "cmd/media-gate.h"

#include "guard/examiner.h"
#include "guard/seal.h"

/* One file that is to leave. */
struct media_source {
    const char *name; /* without folders */
    const char *path; /* NULL: */
    int fd;           /* open for reading; borrowed */
};

struct media_out {
    const char *dir;  /* where the medium is mounted */
    const char *item; /* by number or name in the register of items */
    bool by_grant;    /* sealed or not is as the grant that is found says; else: */
    bool is_cipher;   /* sealed into one file, by one of the next three; else each by itself */
    const char *password_file,
        *new_password;     /* a ZIP: its password; the second is made, with a password in it */
    const char *receivers; /* a box (guard/box-seal.h) for the public keys in it */
    bool
        accept_unsupported; /* formats of which nothing can be taken out leave as they are, which is entered */
    const char *scanner;  /* clamd's socket; NULL: CLAMD_SOCKET */
    struct examine_limits limits;
    struct seal_progress progress; /* of sealing; nobody: told on the terminal */
    const struct media_source *files;
    size_t n; /* at most SEAL_SOURCES_MAX */
};
/* EXIT_DONE, EXIT_FORBIDDEN, EXIT_NOT_YET, EXIT_FAILED, each after words; what was written before it stays and is entered. */
MUST_CHECK int media_export(struct gate *g, const struct media_out *q);

struct media_in {
    const char *from;     /* where the medium is mounted */
    const char *to;       /* a folder of the computer; NULL: the medium is only checked */
    const char *item;     /* with `to` */
    const char *station;  /* of the check, by number or name */
    const char *password; /* tried on what is encrypted; "" none */
    const char *scanner;  /* clamd's socket; NULL: CLAMD_SOCKET */
    struct examine_limits limits;
    const char *const *names; /* below `from`; n 0: all */
    size_t n;
};
/* EXIT_DONE; EXIT_FORBIDDEN infected or refused; EXIT_NOT_YET not examinable, or not yet; EXIT_FAILED; each after words. */
MUST_CHECK int media_import(struct gate *g, const struct media_in *q);

/* ---- of both ---- */

const char *move_base_of(const char *path); /* behind its last slash */
/* Size and digest of what is in the open file. 0, EXIT_FAILED after words. */
MUST_CHECK int move_measure(int fd, uint64_t *ret_size, char ret_digest[2 * SHA256_SIZE + 1]);
/* For reading; no file that is regular: -1 with errno EINVAL. */
int move_open_file(const char *path, int flags);
/* A file and a folder below the open folder `dir`, by its path there ("": the folder itself): over no link and no other file system, and no device is opened to see
 * that it is one. -1: errno EINVAL, ELOOP, EXDEV: no such file; else as open(). */
int move_open_below(int dir, const char *path);
int move_folder_below(int dir, const char *path);
/* What a file holds at one time, in a file without a name that nobody else reaches: whoever gives other bytes each time he is read is looked at and moved as he was
 * once. At most `keep_max` bytes are kept; size and digest are of all that came. */
struct snapshot {
    int fd; /* from its beginning; the caller's to close */
    uint64_t size;
    char digest[2 * SHA256_SIZE + 1];
};
enum { SNAPSHOT_E_CHANGED = 1, SNAPSHOT_E_LATE, SNAPSHOT_E_NO_ROOM };
/* `deadline_us`: monotonic; 0: none. 0; SNAPSHOT_E_CHANGED: somebody wrote meanwhile; SNAPSHOT_E_LATE; SNAPSHOT_E_NO_ROOM: at this computer; -errno: it cannot be
 * read; -ENOMEM. */
MUST_CHECK int move_snapshot(int fd, uint64_t keep_max, uint64_t deadline_us, struct snapshot *ret);
/* Can all of it be read? A medium that is gone gives nothing back. */
bool move_is_readable(int fd);
/* All bytes of `fd` into `o`, which is settled then. 0, or what outgoing.h answers. */
MUST_CHECK int move_pour(int fd, struct outgoing *o);
int move_tell(const char *name, int r); /* EXIT_FAILED after words of outgoing.h's answer */
MUST_CHECK int move_put_measured(json_t *with, const char *name, uint64_t size, const char *digest);
/* What each line of the trail is asked with; `grant` "": none. */
MUST_CHECK int move_with_of(const struct gate *g, const char *grant, const char *item,
                            const char *cipher, json_t **ret);
