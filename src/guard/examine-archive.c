/* Members of archives by libarchive, one by one, without a file of their own: a member that holds others goes to memory, all others
 * only past the hash and the scanner. What a header says of sizes is used to refuse early, never to allow. */
#include "guard/draw.h"
#include "guard/examine-inside.h"
#include "guard/mail-judge.h"

#include "base/utf8.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)64 << 10) /* enough for every mark of content-type.h */
#define MEMBER_NAME_MAX \
    256u /* bytes of a longer name, made visible, that are shown: its beginning and its end */
#define MEMBER_NAME_BEGIN 96u
#define WAYS_MAX 3u /* through images of discs: so many times the members that one way may have are told */

/* By which names an image of a disc is gone through. */
struct way {
    const char *const *left_out; /* kinds of names, ended by NULL; NULL: it is no image */
    json_t *seen;                /* as in struct specimen */
};

struct unpacking {
    struct examination *x;
    struct archive *a;
    enum content_type type;
    const char *name; /* of the archive */
    struct way way;
    unsigned layer;   /* of its members */
    uint64_t packed;  /* bytes of the archive */
    uint64_t unpacked;
    char *piece;
    unsigned named_level; /* of the entry; 0: its name is short, or bears no label */
    enum runs named_runs; /* by its whole name */
    bool has_entry;
    enum why why; /* it cannot be gone on with */
};

/* One format, one way of packing: so that every layer has its own digest. */
static int open_as(struct unpacking *u, int fd)
{
    static int (*const formats[CONTENT_TYPES])(struct archive *) = {
        [CONTENT_ZIP] = archive_read_support_format_zip_seekable,
        [CONTENT_7Z] = archive_read_support_format_7zip,
        [CONTENT_CAB] = archive_read_support_format_cab,
        [CONTENT_LHA] = archive_read_support_format_lha,
        [CONTENT_TAR] = archive_read_support_format_tar,
        [CONTENT_CPIO] = archive_read_support_format_cpio,
        [CONTENT_AR] = archive_read_support_format_ar,
        [CONTENT_ISO] = archive_read_support_format_iso9660,
    };
    static int (*const filters[CONTENT_TYPES])(struct archive *) = {
        [CONTENT_GZIP] = archive_read_support_filter_gzip,
        [CONTENT_BZIP2] = archive_read_support_filter_bzip2,
        [CONTENT_XZ] = archive_read_support_filter_xz,
        [CONTENT_ZSTD] = archive_read_support_filter_zstd,
        [CONTENT_LZIP] = archive_read_support_filter_lzip,
        [CONTENT_LZMA] = archive_read_support_filter_lzma,
        [CONTENT_LZ4] = archive_read_support_filter_lz4,
        [CONTENT_COMPRESS] = archive_read_support_filter_compress,
    };
    int r = ARCHIVE_OK;

    if (filters[u->type])
        r = filters[u->type](u->a) == ARCHIVE_OK ? archive_read_support_format_raw(u->a)
                                                 : ARCHIVE_FATAL;
    else if (u->type == CONTENT_RAR)
        r = archive_read_support_format_rar(u->a) == ARCHIVE_OK
                ? archive_read_support_format_rar5(u->a)
                : ARCHIVE_FATAL;
    else
        r = formats[u->type](u->a);
    if (r == ARCHIVE_OK &&
        u->type == CONTENT_TAR) /* what lies behind its end is unpacked by some */
        r = archive_read_set_format_option(u->a, "tar", "read_concatenated_archives", "1");
    for (const char *const *names = u->way.left_out; r == ARCHIVE_OK && names && *names; names++)
        r = archive_read_set_format_option(u->a, "iso9660", *names, NULL);
    if (r == ARCHIVE_OK && u->x->password)
        r = archive_read_add_passphrase(u->a, u->x->password);
    return r == ARCHIVE_OK && lseek(fd, 0, SEEK_SET) == 0 &&
                   archive_read_open_fd(u->a, fd, PIECE) == ARCHIVE_OK
               ? 0
               : 1;
}

/* libarchive has one answer for much; a wrong or missing password is told by its words. What it says of encrypted entries may be
 * asked only once there was an entry: before, libarchive 3.6 follows a pointer that is none. */
static enum why why_failed(const struct unpacking *u)
{
    const char *said = archive_error_string(u->a);

    if ((u->has_entry && archive_read_has_encrypted_entries(u->a) > 0) ||
        (said && (strstr(said, "assphrase") || strstr(said, "ncrypt"))))
        return WHY_ENCRYPTED;
    return WHY_DAMAGED;
}

/* What may not be exceeded by all members together, or by this archive. */
static enum why look_at_limits(const struct unpacking *u)
{
    uint64_t taken = (uint64_t)MAX_OF(archive_filter_bytes(u->a, -1), (la_int64_t)1);

    if (u->x->unpacked > u->x->limits->unpacked_max)
        return WHY_SIZE;
    if (u->unpacked > EXAMINE_RATIO_FREE &&
        u->unpacked / u->x->limits->ratio_max > MIN_OF(taken, u->packed))
        return WHY_RATIO;
    return examination_is_late(u->x) ? WHY_TIME : WHY_NONE;
}

/* Fills the piece as far as the member goes. 0; 1: u->why says why not. */
static int read_piece(struct unpacking *u, size_t *ret_n)
{
    *ret_n = 0;
    while (*ret_n < PIECE) {
        la_ssize_t n = archive_read_data(u->a, u->piece + *ret_n, PIECE - *ret_n);

        if (n == ARCHIVE_RETRY)
            continue;
        if (n < 0) {
            u->why = why_failed(u);
            return 1;
        }
        if (n == 0)
            break;
        *ret_n += (size_t)n;
        u->unpacked += (uint64_t)n;
        u->x->unpacked += (uint64_t)n;
        if ((u->why = look_at_limits(u)))
            return 1;
    }
    return 0;
}

static int spool(struct unpacking *u, int fd, size_t n)
{
    size_t at = 0;

    u->x->spooled += n;
    if (u->x->spooled > EXAMINE_SPOOL_MAX) {
        u->why = WHY_SIZE;
        return 1;
    }
    while (at < n) {
        ssize_t r = write(fd, u->piece + at, n - at);

        if (r < 0 && errno != EINTR) {
            u->why = WHY_SIZE; /* no memory for it */
            return 1;
        }
        at += r > 0 ? (size_t)r : 0;
    }
    return 0;
}

/* All bytes of the member whose first ones lie in the piece; kept in `fd` unless that is -1. */
static int pass_bytes(struct unpacking *u, struct specimen *s, int fd, size_t n)
{
    int r = 0;

    while (!r && n > 0) {
        if ((r = specimen_add(u->x, s, (struct str){u->piece, n})) ||
            (fd >= 0 && (r = spool(u, fd, n))))
            break;
        r = read_piece(u, &n);
    }
    return r;
}

static enum why why_not_opened(const struct unpacking *u, const struct specimen *s)
{
    if (!content_type_holds(s->type) && !s->is_message)
        return WHY_NONE;
    return u->layer >= u->x->limits->layers_max ? WHY_LAYERS : WHY_NONE;
}

/* One regular member; its first piece has been read, or u->why says why it could not be. */
static int examine_member(struct unpacking *u, const char *name, size_t n)
{
    struct specimen s = {0};
    int fd = -1, r = specimen_begin(u->x, &s, name, u->layer, (struct str){u->piece, n});
    enum why why = u->why;

    s.seen = u->way.seen;
    s.is_by_digest = u->way.left_out && u->way.left_out[1];
    s.named_level = u->named_level;
    s.runs = runs_first(s.runs, u->named_runs);
    if (!r && !why && !(why = why_not_opened(u, &s)) && content_type_holds(s.type) &&
        (fd = memfd_create("member", MFD_CLOEXEC)) < 0)
        r = -ENOMEM;
    if (!r)
        r = pass_bytes(u, &s, fd, n);
    if (r > 0)
        why = u->why;
    if (r >= 0)
        r = specimen_end(u->x, &s, why);
    if (!r && fd >= 0 && !why && !u->x->is_over && !s.is_seen)
        r = examine_archive(u->x, fd, s.type, name, u->layer);
    else if (!r && !why && !u->x->is_over && !s.is_seen)
        r = examine_inside(u->x, &s);
    specimen_drop(&s);
    if (fd >= 0) {
        u->x->spooled -= MIN_OF(u->x->spooled, s.size);
        close(fd);
    }
    return r;
}

/* A size that is stated may refuse before anything is unpacked. */
static bool states_too_much(const struct unpacking *u, struct archive_entry *e)
{
    uint64_t stated =
        archive_entry_size_is_set(e) ? (uint64_t)MAX_OF(archive_entry_size(e), (la_int64_t)0) : 0;

    return stated > EXAMINE_RATIO_FREE && stated / u->x->limits->ratio_max > u->packed;
}

/* Separators of any system. In code page 932 a backslash may be half of a character. */
static bool is_separator(struct str name, size_t at, bool is_utf8)
{
    uint8_t before = at ? (uint8_t)name.at[at - 1] : 0;

    if (name.at[at] == '/')
        return true;
    return name.at[at] == '\\' && (is_utf8 || !((before >= 0x81 && before <= 0x9f) || (before >= 0xe0 && before <= 0xfc)));
}

/* Would some program unpack it elsewhere than below the folder that it is told? */
static bool leads_out(struct archive_entry *e)
{
    const char *found = archive_entry_pathname(e);
    struct str name = str_of(found ? found : "");
    bool is_utf8 = utf8_is_valid(name);
    size_t from = 0;

    if (str_eq(name, STR("/"))) /* the index of an archive of object files; the root itself */
        return false;
    if (name.len > 1 && name.at[1] == ':' && ((name.at[0] | 0x20) >= 'a' && (name.at[0] | 0x20) <= 'z'))
        return true;
    for (size_t at = 0; at <= name.len; at++) {
        if (at < name.len && !is_separator(name, at, is_utf8))
            continue;
        if ((at == 0 && name.len) || (at - from == 2 && name.at[from] == '.' && name.at[from + 1] == '.'))
            return true;
        from = at + 1;
    }
    return false;
}

static int examine_entry(struct unpacking *u, struct archive_entry *e, const char *name)
{
    bool is_out = leads_out(e);
    size_t n = 0;

    if (archive_entry_filetype(e) == AE_IFDIR)
        return is_out ? examination_note(u->x, WHY_PATH, name) : 0;
    if (++u->x->n_members > u->x->limits->members_max || json_array_size(u->x->members) > WAYS_MAX * (size_t)u->x->limits->members_max)
        u->why = WHY_MEMBERS;
    else if (archive_entry_hardlink(e) ||
             (archive_entry_filetype(e) != AE_IFREG && archive_entry_filetype(e) != 0))
        u->why = WHY_SPECIAL;
    else if (archive_entry_is_encrypted(e) && !u->x->password)
        u->why = WHY_ENCRYPTED;
    else if (states_too_much(u, e))
        u->why = WHY_RATIO;
    else if (read_piece(u, &n))
        n = 0;
    else if (is_out) /* all of it is scanned, and nothing unpacked */
        u->why = WHY_PATH;
    return examine_member(u, name, n);
}

/* Programs of Windows write names in its code page: shown as they are read, where all of it is of that. */
static int print_name(const struct examination *x, struct str found, struct buf *out)
{
    CLEANUP(buf_done) struct buf decoded;
    int r;

    buf_init(&decoded, SIZE_MAX);
    if (!x->has_cp932 || utf8_is_valid(found) || (r = draw_cp932(found, &decoded)) == 1)
        return utf8_print_safe(found, out);
    return r ? r : utf8_print_safe(buf_str(&decoded), out);
}

static bool is_inner(char c)
{
    return ((uint8_t)c & 0xc0) == 0x80;
}

/* Of a long name what is shown is not what is judged by: a label may stand anywhere in it. */
int examine_add_name(struct examination *x, struct str found, struct buf *out, unsigned *ret_level, enum runs *ret_runs)
{
    CLEANUP(buf_done) struct buf all;
    size_t begin = MEMBER_NAME_BEGIN, end;
    int r;

    buf_init(&all, SIZE_MAX);
    *ret_level = 0;
    if ((r = print_name(x, found, &all)) || (r = buf_add(&all, "", 0)))
        return r;
    *ret_runs = runs_first(*ret_runs, runs_by_name(buf_str(&all)));
    if (all.len <= MEMBER_NAME_MAX)
        return r ? r : buf_add_str(out, buf_str(&all));
    if ((r = mail_name_level(all.at, ret_level)))
        return r;
    end = all.len - (MEMBER_NAME_MAX - MEMBER_NAME_BEGIN);
    while (begin > 0 && is_inner(all.at[begin]))
        begin--;
    while (end < all.len && is_inner(all.at[end]))
        end++;
    if ((r = buf_add(out, all.at, begin)) || (r = buf_add_text(out, "…")))
        return r;
    return buf_add(out, all.at + end, all.len - end);
}

static int name_entry(struct unpacking *u, struct archive_entry *e, struct buf *out)
{
    const char *found = archive_entry_pathname(e);
    int r = buf_add_text(out, u->name);

    if (!found)
        found = archive_entry_pathname_utf8(e);
    if (!found)
        found = "?"; /* not even bytes could be made of it */
    u->named_runs = RUNS_NONE;
    return r || (r = buf_add_text(out, " > ")) ? r : examine_add_name(u->x, str_of(found), out, &u->named_level, &u->named_runs);
}

/* After it nothing in this archive is looked at any more. */
static bool is_for_all(enum why why)
{
    return why == WHY_MEMBERS || why == WHY_SIZE || why == WHY_RATIO || why == WHY_TIME ||
           why == WHY_DAMAGED;
}

static int walk(struct unpacking *u)
{
    int r = 0;

    while (!r && !u->x->is_over) {
        CLEANUP(buf_done) struct buf name;
        struct archive_entry *e;
        int next = archive_read_next_header(u->a, &e);

        buf_init(&name, SIZE_MAX);
        if (next == ARCHIVE_EOF)
            break;
        if (next == ARCHIVE_RETRY)
            continue;
        if (next != ARCHIVE_OK && next != ARCHIVE_WARN)
            return examination_note(u->x, why_failed(u), u->name);
        u->has_entry = true;
        u->why = WHY_NONE;
        if (!(r = name_entry(u, e, &name)))
            r = examine_entry(u, e, name.at);
        u->x->is_over = u->x->is_over || is_for_all(u->why);
    }
    return r;
}

/* What lies behind it is another's to open, as is what stands before the first sector of an image. */
static int look_around(struct unpacking *u, int fd)
{
    const uint64_t read = (uint64_t)MAX_OF(archive_filter_bytes(u->a, -1), (la_int64_t)0);
    bool is_there = false;
    uint64_t end;
    int r = 0;

    if (u->type == CONTENT_ZIP || u->type == CONTENT_TAR || u->type == CONTENT_AR || u->x->is_over)
        return 0;
    if (!archive_end(fd, u->type, read, u->packed, &end))
        return examination_note(u->x, WHY_DAMAGED, u->name);
    if (u->type == CONTENT_ISO)
        r = archive_between(fd, 0, CONTENT_ISO_AT - 1, &is_there);
    if (!r && !is_there)
        r = archive_between(fd, end, u->packed, &is_there);
    return r || !is_there ? r : examination_note(u->x, WHY_POLYGLOT, u->name);
}

static int look_beside(struct unpacking *u, int fd)
{
    struct archive_beside beside;
    int r = archive_beside(fd, u->type, u->packed, u->x->limits->members_max, u->x->deadline_us, &beside);

    if (r)
        return r;
    return beside.hides     ? examination_note(u->x, WHY_POLYGLOT, u->name)
           : beside.is_odd  ? examination_note(u->x, WHY_DAMAGED, u->name)
           : beside.is_many ? examination_note(u->x, WHY_MEMBERS, u->name)
           : beside.is_late ? examination_note(u->x, WHY_TIME, u->name)
                            : 0;
}

static int examine_names(struct examination *x, int fd, enum content_type type, const char *name, unsigned layer, struct way way)
{
    struct unpacking u = {.x = x, .a = archive_read_new(), .type = type, .name = name, .way = way, .layer = layer + 1, .piece = malloc(PIECE)};
    struct stat st;
    bool hides = false;
    int r = u.a && u.piece ? 0 : -ENOMEM;

    if (!r && fstat(fd, &st))
        r = -EIO;
    if (!r) {
        u.packed = (uint64_t)MAX_OF(st.st_size, (off_t)1);
        if (type == CONTENT_ZIP && !zip_is_plain(fd, x->limits->members_max, &hides))
            r = examination_note(x, WHY_DAMAGED, name);
        if (!r && hides)
            r = examination_note(x, WHY_POLYGLOT, name);
        if (!r && type != CONTENT_ZIP && type != CONTENT_GZIP)
            r = look_beside(&u, fd);
    }
    if (!r) {
        r = open_as(&u, fd) ? examination_note(x, why_failed(&u), name) : walk(&u);
    }
    if (!r)
        r = look_around(&u, fd);
    if (!r && type == CONTENT_GZIP && !x->is_over)
        r = look_beside(&u, fd);
    free(u.piece);
    if (u.a)
        archive_read_free(u.a);
    return r;
}

/* Of an image of a disc one system reads the names of Joliet, or the plain ones where there are none; another those of Rock Ridge; a third, or one of the two as it is told, the plain ones
 * in any case. They need not lead to the same files. Each of the ways through it has the limits for itself, but for the time. What the plain names lead to is told if it was not yet,
 * or if machines take it for something else by that name. */
static int examine_image(struct examination *x, int fd, const char *name, unsigned layer)
{
    static const char *const left_out[][3] = {{"rockridge"}, {"joliet"}, {"joliet", "rockridge"}};
    const struct image_trees trees = image_trees_of(fd);
    const size_t n_ways = trees.has_joliet ? ARRAY_LEN(left_out) : ARRAY_LEN(left_out) - 1; /* without Joliet the first way is by the plain names */
    const uint64_t unpacked = x->unpacked;
    const unsigned n_members = x->n_members;
    uint64_t most_unpacked = unpacked;
    unsigned most_members = n_members;
    JSON_AUTO *seen = json_object();
    int r = !seen ? -ENOMEM : trees.has_other ? examination_note(x, WHY_IMAGE, name) : 0;

    for (size_t i = 0; !r && !x->is_over && i < n_ways; i++) {
        x->unpacked = unpacked;
        x->n_members = n_members;
        r = examine_names(x, fd, CONTENT_ISO, name, layer, (struct way){left_out[i], seen});
        most_unpacked = MAX_OF(most_unpacked, x->unpacked);
        most_members = MAX_OF(most_members, x->n_members);
    }
    x->unpacked = most_unpacked;
    x->n_members = most_members;
    return r;
}

int examine_archive(struct examination *x, int fd, enum content_type type, const char *name, unsigned layer)
{
    return type == CONTENT_ISO ? examine_image(x, fd, name, layer) : examine_names(x, fd, type, name, layer, (struct way){NULL, NULL});
}
