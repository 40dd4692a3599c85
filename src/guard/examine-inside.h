/* Shared by examine.c (one file or member: hash, scan, verdict) and examine-archive.c (what lies in one). */
#pragma once

#include "guard/clamd.h"
#include "guard/content-type.h"
#include "guard/examine.h"
#include "guard/runs.h"
#include "guard/survey.h"

enum why {
    WHY_NONE,
    WHY_ENCRYPTED,
    WHY_LAYERS,
    WHY_MEMBERS,
    WHY_SIZE,
    WHY_RATIO,
    WHY_TIME,
    WHY_STREAM,
    WHY_DAMAGED,
    WHY_SPECIAL,
    WHY_PATH,
    WHY_POLYGLOT,
    WHY_IMAGE,
    WHY_ARCHIVE,
    WHY_SCANNER,
    WHY_ENCRYPTED_WHOLE, /* said like WHY_ENCRYPTED; all its bytes went by */
};

struct examination {
    const struct examine_limits *limits;
    struct clamd *scanner; /* NULL: nothing is scanned */
    uint64_t deadline_us;
    const char *password;
    json_t *members;
    uint64_t unpacked, spooled;
    unsigned n_members, deepest, n_findings;
    enum why why; /* the first reason; WHY_NONE: none */
    char *place;  /* of what decides; malloc'ed */
    char *found;  /* name of the first infection; malloc'ed */
    bool is_drawn, has_cp932;
    size_t n_drawn; /* bytes of text that are told by now */
    bool is_over; /* nothing is unpacked any more: infected, or a limit of the whole was reached */
};

#define MARK_MAX 40u /* bytes by which an archive or an image of a disc is known anywhere, at the most */

/* While bytes go by: is there one? Begins as zeros. */
struct marks {
    char seam[MARK_MAX]; /* last bytes of the piece before: what is looked for may lie across */
    size_t n;
    bool is_found;
};
void marks_add(struct marks *m, struct str bytes);
/* Where an archive of `size` bytes ends, of which `read` were read one behind the other: by what its own beginning says, of formats that are not read so. false: beyond the
 * file, or it does not say. */
bool archive_end(int fd, enum content_type type, uint64_t read, uint64_t size, uint64_t *ret);
/* Is there another one between the two? 0, -EIO, -ENOMEM. */
MUST_CHECK int archive_between(int fd, uint64_t from, uint64_t to, bool *ret);
/* What one of gzip, a cabinet or a tar of `size` bytes holds beside its members: in its headers, in what is none of its data, in headers that say more. Of gzip after its members were gone
 * through, for it is unpacked once more where it may have several parts. 0, -EIO, -ENOMEM. */
struct archive_beside {
    bool hides;   /* another archive */
    bool is_odd;  /* what readers take apart differently */
    bool is_many; /* more than is looked at */
    bool is_late;
};
MUST_CHECK int archive_beside(int fd, enum content_type type, uint64_t size, unsigned members_max, uint64_t deadline_us, struct archive_beside *ret);
/* Trees of names that an image of a disc has, one or more for each system that reads it. */
struct image_trees {
    bool has_joliet;
    bool has_other; /* one that is not opened: another file system, or a second tree of a kind */
};
struct image_trees image_trees_of(int fd);

/* One file or member while its bytes go by. */
struct specimen {
    const char *name; /* visible, with its layers */
    unsigned layer;
    enum content_type type;
    uint64_t size;
    struct sha256_state *sha;
    bool is_too_large; /* for the scanner */
    bool has_macros, is_locked;
    enum runs runs;
    unsigned named_level; /* as the report tells it; 0 none */
    bool is_surveyed, is_drawn, is_weighed, is_table;
    struct runs_cells cells; /* of a table in a text */
    struct buf kept;  /* its bytes, when it is surveyed, drawn or weighed (runs.h) */
    json_t *seen;     /* of an image of a disc: what was told of it, by name and digest, and by digest alone; NULL */
    bool is_by_digest; /* its name is one of many for what is seen: it is told if it tells something else */
    bool is_seen;     /* it was among them: not told again */
    uint8_t tail[32]; /* last bytes of the piece before: what is looked for may lie across */
    size_t n_tail;
    struct marks marks; /* in it or behind it; of what is no archive */
    bool is_image;      /* of a disc, that is not opened */
    bool is_message;    /* mail that lies as a file: its parts are looked at when its bytes went by, which are kept */
    bool is_no_message; /* it is named as mail, and nobody knows what its program shows of it */
    bool is_shown;      /* the text of a message: mail programs show it and run nothing of it */
    bool is_unknown;    /* a container of a kind that is not opened */
    uint8_t *end; /* its last bytes, ZIP_END_MAX at least where there are so many */
    size_t n_end;
};

/* Begin with the first bytes (they are not added by it). Then all bytes, then the end, which enters the member and drops the
 * specimen; `why` is what the caller knows against it. specimen_drop() instead of the end after a failure. Negative: -ENOMEM, or the
 * scanner's connection failed (as clamd.h). */
MUST_CHECK int specimen_begin(struct examination *x, struct specimen *s, const char *name,
                              unsigned layer, struct str head);
MUST_CHECK int specimen_add(struct examination *x, struct specimen *s, struct str bytes);
MUST_CHECK int specimen_end(struct examination *x, struct specimen *s, enum why why);
void specimen_drop(struct specimen *s);
/* Remember a reason that concerns the whole; the first one counts. -ENOMEM. */
MUST_CHECK int examination_note(struct examination *x, enum why why, const char *place);
bool examination_is_late(struct examination *x);

/* Looks at every member of what `fd` holds, which lies in layer `layer` and is called `name`. */
MUST_CHECK int examine_archive(struct examination *x, int fd, enum content_type type,
                               const char *name, unsigned layer);

/* A name that is as long as its maker likes, behind what `out` has: what is shown of it; the label that it bears where that is not all of it, 0 none; what a machine runs by it, or *ret_runs as it was. */
MUST_CHECK int examine_add_name(struct examination *x, struct str found, struct buf *out, unsigned *ret_level, enum runs *ret_runs);

/* A member all of whose bytes are at hand: hashed, scanned, entered and gone through. */
struct member_at_hand {
    const char *name; /* visible, with its layers */
    unsigned layer, named_level;
    enum runs named_runs; /* by its whole name */
    bool is_shown;        /* as in struct specimen */
};
MUST_CHECK int examine_bytes(struct examination *x, const struct member_at_hand *m, struct str bytes);
/* What lies in a compound file as it is, which is called `name` in layer `layer`: what is attached, packages, objects. */
MUST_CHECK int examine_compound(struct examination *x, struct str bytes, const char *name, unsigned layer);
/* Of what is no archive and was kept: the parts of a message, what lies in a compound file. */
MUST_CHECK int examine_inside(struct examination *x, const struct specimen *s);

/* Does a file begin as a message? Looks at every part of one that lies in layer `layer` and is called `name`. */
bool mail_is_named(struct str name);
bool mail_is_message(enum content_type type, struct str name, struct str head);
MUST_CHECK int examine_message(struct examination *x, struct str bytes, const char *name, unsigned layer);

/* A container that nothing here opens, by its first bytes; of a message (below) what it begins with as in a mail box is none. */
bool archive_is_unknown(enum content_type type, struct str head, bool is_message);

/* Do these last bytes of a file end a ZIP, which a reader finds from there whatever stands before? `is_exact`: at the last byte; else also before what some readers pass
 * over. */
#define ZIP_END_MAX ((size_t)22 + 65535)
bool zip_ends(const uint8_t *tail, size_t n, bool is_exact);
/* A ZIP all of whose bytes are what its central directory says: every reader unpacks the same from it. One with more members than `members_max` is
 * not looked at. false also for want of memory. *ret_hides: there is another archive in what it says beside its members. */
bool zip_is_plain(int fd, unsigned members_max, bool *ret_hides);
