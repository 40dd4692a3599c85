/* `tsujiban media watch`: what is written onto media beside the gate (G4 of doc/design/information.md).
 *
 *   fanotify ─> a file that was written is hashed through the event's own descriptor ─> note in DATA/media-watch ─> after a while: does the trail
 *   have an output of these bytes and this name, onto this medium, just then? ─> note struck, or a finding entered ─> note struck
 *
 * What was written between mounting and the mark, or while no watcher ran, is looked for when a file system is marked: files that changed since the last
 * instant at which all that was mounted was watched (DATA/media-watch/.watched keeps it). Older ones are not this station's.
 *
 * A note that is there when the watcher ends, is killed or cannot reach the keeper is dealt with by the next one. The rule for udev
 * (packaging/udev) leaves notes of storage that was not let in. */
#include "cmd/commands.h"
#include "cmd/media-gate.h"
#include "cmd/media-lying.h"

#include "base/file.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTE_MAX (64u << 10)
#define NAME_CHARS 400u /* of a file's name, as the finding takes it */
#define MOUNTS_MAX ((size_t)4 << 20)
#define SETTLE_S 5u /* in which the gate names what it wrote */
#define MARGIN_S \
    30u /* of clocks, and of a machine that is busy: between a line and what the watcher saw */
#define STAMP ".watched"
#define STAMP_S 2u
#define EVENTS_BYTES 16384u
#define TAG_NOTE \
    "tag-" /* how notes of tags are called: they are held against the register at once, before it knows a newer one */
#define NOTE_UNREAD (-1) /* told; the other notes are dealt with all the same */

enum { WATCH_AT = GATE_WHO_N, WATCH_ROOT, WATCH_SETTLE, WATCH_N };

struct watch {
    const struct arguments *args;
    struct home home;
    const char *root;
    uint64_t settle;
    int fan, mounts, signals;
    struct buf folder; /* of notes */
    struct buf
        marked; /* what is watched: number of the mount, device and mount point, each with a line's end */
    struct buf unmarked; /* likewise, with the instant from which on it was not watched before each; that was said */
    bool has_unwatched;  /* this machine had no room for a mark: it is tried again, and quiet_us stays */
    uint64_t quiet_us;   /* real: all that can be watched of what was mounted was */
    uint64_t stamped_us; /* the same, as the file has it */
    uint64_t told_us;    /* monotonic: when it was last said that notes wait */
};

/* ---- notes ---- */

/* Names are bytes; what cannot be shown is written \xNN, and what is too long is cut. */
static int put_name(const char *name, struct buf *out)
{
    struct str rest = str_of(name);
    size_t n = 0;

    while (rest.len && n < NAME_CHARS - 4) {
        size_t len = 1;

        while (len < rest.len && len < 4 && ((unsigned char)rest.at[len] & 0xc0) == 0x80)
            len++;
        if ((unsigned char)rest.at[0] >= 0x20 && rest.at[0] != 0x7f &&
            utf8_is_valid((struct str){rest.at, len})) {
            if (buf_add(out, rest.at, len))
                return -ENOMEM;
            n++;
        } else {
            len = 1;
            if (buf_printf(out, "\\x%02x", (unsigned)(unsigned char)rest.at[0]))
                return -ENOMEM;
            n += 4;
        }
        rest = (struct str){rest.at + len, rest.len - len};
    }
    return rest.len ? buf_add_text(out, "…") : 0;
}

static int write_note(struct watch *w, const char *id, const json_t *note)
{
    CLEANUP(buf_done) struct buf path, text;
    struct diag diag;
    int r;

    buf_init(&path, PATH_MAX);
    buf_init(&text, NOTE_MAX);
    diag_init(&diag);
    r = json_canonical(note, &text, NULL) || buf_printf(&path, "%s/%s.json", w->folder.at, id)
            ? -ENOMEM
            : file_write_atomic(path.at, buf_str(&text), 0600, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail(MSG_FAIL_SEEN_NOTED)
             : 0;
}

/* ---- what was written ---- */

/* FNV-1a: tells names of one file apart. */
static uint32_t number_of(const char *name)
{
    uint32_t n = 2166136261u;

    for (; *name; name++)
        n = (n ^ (unsigned char)*name) * 16777619u;
    return n;
}

/* The gate's own tag: what it says is held against the register, and only what nobody registered is a file beside the gate. true: noted. */
static int see_tag(struct watch *w, int fd, const char *base, const char *serial, bool *ret)
{
    char bytes[sizeof(struct medium_tag) + 1], id[MEDIUM_TAG_HEX + 16];
    struct digest_text before, now;
    JSON_AUTO *note = NULL;
    struct medium_tag t;
    ssize_t n;

    *ret = false;
    if (strcmp(base, MEDIUM_TAG_FILE) != 0 && strcmp(base, MEDIUM_TAG_PART) != 0)
        return 0;
    n = pread(fd, bytes, sizeof(bytes), 0);
    if (n < 0 || !medium_tag_parse((struct str){bytes, (size_t)n}, &t))
        return 0;
    before = medium_tag_digest(t.before);
    now = medium_tag_digest(t.now);
    snprintf(id, sizeof(id), TAG_NOTE "%s", now.at);
    note =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kind", "stray-file", "name", base, "size",
                  "64", "sha256", "", "serial", serial, "tag", now.at, "tag_before", before.at);
    *ret = true;
    return note ? write_note(w, id, note) : command_fail(MSG_CONSOLE_MEMORY);
}

/* A medium that was pulled out meanwhile still leaves name and size, as far as they are known. */
static int see_file(struct watch *w, int fd, uint64_t at_us)
{
    CLEANUP(buf_done) struct buf name;
    JSON_AUTO *note = NULL;
    char link[64], path[PATH_MAX + 16], size[24], id[160];
    struct medium_device device;
    struct digest digest;
    const char *base;
    uint64_t bytes = 0;
    bool is_tag;
    struct stat st;
    ssize_t n;
    int r;

    buf_init(&name, 4096);
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return 0;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    if (n > 10 && st.st_nlink == 0 && !strcmp(path + n - 10, " (deleted)"))
        path[n - 10] = '\0';
    base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    IGNORE(medium_device_read("/sys", st.st_dev, &device), "then it stays unknown");
    if ((r = see_tag(w, fd, base, device.serial, &is_tag)) || is_tag)
        return r;
    r = file_digest(fd, &bytes, &digest);
    if (r == -ENOMEM || put_name(base, &name))
        return command_fail(MSG_CONSOLE_MEMORY);
    snprintf(size, sizeof(size), "%" PRIu64, r ? (uint64_t)st.st_size : bytes);
    /* Other bytes, or another name, are another note: the later one hides no earlier one. */
    snprintf(id, sizeof(id), "file-%" PRIx64 "-%" PRIx64 "-%.32s-%08" PRIx32, (uint64_t)st.st_dev,
             (uint64_t)st.st_ino, r ? "unread" : digest_text(&digest).at, number_of(base));
    note = json_pack("{s:s, s:s%, s:s, s:s, s:s, s:I}", "kind", "stray-file", "name",
                     name.len ? name.at : "?", name.len ? name.len : (size_t)1, "size", size,
                     "sha256", r ? "" : digest_text(&digest).at, "serial", device.serial, "at", (json_int_t)at_us);
    return note ? write_note(w, id, note) : command_fail(MSG_CONSOLE_MEMORY);
}

static int see_overflow(struct watch *w)
{
    JSON_AUTO *note =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", "stray-file", "name",
                  "(more files than could be looked at)", "size", "0", "sha256", "", "serial", "");

    return note ? write_note(w, "overflow", note) : command_fail(MSG_CONSOLE_MEMORY);
}

static int take_events(struct watch *w)
{
    _Alignas(struct fanotify_event_metadata) char bytes[EVENTS_BYTES];
    const struct fanotify_event_metadata *e =
        (const struct fanotify_event_metadata *)(const void *)bytes;
    ssize_t n = read(w->fan, bytes, sizeof(bytes));
    int r = 0;

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : command_fail(MSG_FAIL_EVENTS_READ, {"why", str_of(command_why(errno))});
    for (; FAN_EVENT_OK(e, n); e = FAN_EVENT_NEXT(e, n)) {
        if (!r && (e->mask & FAN_Q_OVERFLOW))
            r = see_overflow(w);
        if (e->fd < 0)
            continue;
        if (!r)
            r = see_file(w, e->fd, clock_real_us());
        close(e->fd);
    }
    return r;
}

/* ---- which media ---- */

/* In /proc a space in a name is \040. */
static void unescape(char *s)
{
    char *to = s;

    for (; *s; to++) {
        if (s[0] == '\\' && s[1] && s[2] && s[3]) {
            *to = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
            s += 4;
        } else {
            *to = *s++;
        }
    }
    *to = '\0';
}

static bool is_below(const char *path, const char *root)
{
    size_t n = strlen(root);

    return !strncmp(path, root, n) && (path[n] == '/' || !path[n] || n == 1);
}

static bool is_in(const struct buf *mounts, const char *mount)
{
    struct str rest = buf_str(mounts), one;

    while (str_split(&rest, '\n', &one))
        if (str_eq(one, str_of(mount)))
            return true;
    return false;
}

/* From when on it was not watched; 0: it is not among them. */
static uint64_t unmarked_since(const struct watch *w, const char *mount)
{
    struct str rest = buf_str(&w->unmarked), one, since;
    uint64_t us;

    while (str_split(&rest, '\n', &one))
        if (str_split(&one, ' ', &since) && str_eq(one, str_of(mount)) &&
            !str_to_u64(since, 0, UINT64_MAX, &us))
            return us;
    return 0;
}

/* Of this machine at this moment, and not of what is mounted: the next try may do it. */
static bool is_passing(int error)
{
    return error == ENOMEM || error == ENOSPC || error == EMFILE || error == ENFILE ||
           error == EAGAIN || error == EINTR;
}

static int see_lying(void *user, int fd, uint64_t changed_us)
{
    return see_file(user, fd, changed_us);
}

/* What holds only now holds all back (quiet_us stays). What this mount does not let be watched is told once, and the others go on; it is tried with
 * every change of what is mounted, and looked over then from the instant on at which it was first missed. */
static int not_watched(struct watch *w, const char *mount, const char *path, struct buf *unmarked)
{
    uint64_t since_us = unmarked_since(w, mount);
    bool is_new = !since_us && !is_in(&w->marked, mount);

    if (is_passing(errno)) {
        if (is_new)
            command_fail(MSG_FAIL_WATCHED, {"path", str_of(path)}, {"why", str_of(command_why(errno))});
        w->has_unwatched = true;
    } else if (is_new) {
        command_fail(MSG_FAIL_WATCH_NOT, {"path", str_of(path)}, {"why", str_of(command_why(errno))});
    }
    return buf_printf(unmarked, "%" PRIu64 " %s\n", since_us ? since_us : w->quiet_us, mount)
               ? command_fail(MSG_CONSOLE_MEMORY)
               : 0;
}

/* `mount`: as w->marked has it. */
static int watch_mount(struct watch *w, const char *mount, const char *path, struct buf *now,
                       struct buf *unmarked)
{
    uint64_t since_us = unmarked_since(w, mount);
    bool is_cut = false;
    int r =
        fanotify_mark(w->fan, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_CLOSE_WRITE, AT_FDCWD, path);

    if (r)
        return not_watched(w, mount, path, unmarked);
    if (!is_in(&w->marked, mount)) {
        printf("%s  %s\n", command_word(MSG_WORD_WATCHING), path);
        fflush(stdout);
        r = lying_walk(path, (since_us ? since_us : w->quiet_us) - LYING_MARGIN_S * US_PER_SECOND,
                       see_lying, w, &is_cut);
        if (r || (is_cut && (r = see_overflow(w))))
            return r;
    }
    return buf_printf(now, "%s\n", mount) ? command_fail(MSG_CONSOLE_MEMORY) : 0;
}

/* Every file system that is mounted below the root; one that went takes its mark along. */
static int look_at_mounts(struct watch *w)
{
    CLEANUP(buf_done) struct buf text, now, unmarked;
    struct str rest, line, word;
    int r = 0;

    buf_init(&text, MOUNTS_MAX);
    buf_init(&now, MOUNTS_MAX);
    buf_init(&unmarked, MOUNTS_MAX);
    w->has_unwatched = false;
    if (file_read("/proc/self/mountinfo", MOUNTS_MAX, &text, NULL))
        return command_fail(MSG_FAIL_MOUNTS);
    rest = buf_str(&text);
    while (!r && str_split(&rest, '\n', &line)) {
        char path[PATH_MAX] = "", mount[PATH_MAX + 64] = "";
        size_t n = 0;

        for (int i = 0; i < 5 && str_split(&line, ' ', &word); i++) {
            if (i == 4 && word.len < sizeof(path)) {
                memcpy(path, word.at, word.len);
                path[word.len] = '\0';
            }
            if ((i == 0 || i == 2) &&
                n < 64) /* number of the mount, device: another one may come to the same place */
                n += (size_t)snprintf(mount + n, sizeof(mount) - n, "%.*s ",
                                      (int)MIN_OF(word.len, (size_t)24), word.at);
        }
        unescape(path);
        snprintf(mount + n, sizeof(mount) - n, "%s", path);
        if (*path && is_below(path, w->root))
            r = watch_mount(w, mount, path, &now, &unmarked);
    }
    buf_clear(&w->marked);
    buf_clear(&w->unmarked);
    return r || buf_add_str(&w->marked, buf_str(&now)) || buf_add_str(&w->unmarked, buf_str(&unmarked)) ? EXIT_FAILED : 0;
}

/* ---- telling the keeper ---- */

/* The medium of the line tells the serial number that was seen; where one of the two is not known, nothing speaks against it. */
static int is_of_medium(struct gate *g, const char *medium, const char *serial, bool *ret)
{
    JSON_AUTO *view = NULL;
    const char *known;
    int r = 0;

    *ret = true;
    if (!*serial)
        return 0;
    r = engine_view(g->engine, g->person.at, medium, engine_now(g->engine), &view);
    if (r < 0)
        return command_fail(MSG_FAIL_MEDIUM_LINE);
    known = json_str(json_obj(view, "values"), "serial");
    *ret = !r && (!*known || !strcmp(known, serial));
    return 0;
}

/* While its ticket runs the gate writes; once it is entered that it wrote, that has just been. */
static bool is_of_time(const struct list_row *row, uint64_t seen_us, uint64_t margin_us)
{
    uint64_t at_us, until_us;

    if (instant_parse(str_of(json_str(row->values, "at")), &at_us) || seen_us + margin_us < at_us)
        return false;
    if (strcmp(row->state, "going-out") != 0)
        return seen_us <= at_us + margin_us;
    return !instant_parse(str_of(json_str(row->values, "until")), &until_us) &&
           seen_us <= until_us + margin_us;
}

static bool is_of_name(const struct list_row *row, const char *name)
{
    return !strcmp(json_str(row->values, "file_name"), name) ||
           (!strcmp(row->state, "going-out") && str_starts(str_of(name), STR(OUTGOING_HIDDEN)));
}

static bool is_of_gate(const struct list_row *row)
{
    static const char *const states[] = {"going-out", "to-check", "exempt", "checked"};
    bool is_good = false;

    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        is_good |= !strcmp(row->state, states[i]);
    return is_good && !strcmp(json_str(row->values, "direction"), "output");
}

/* What the gate wrote: an output of these bytes, under this name (or the hidden one, while it is going out), onto this medium, just then. */
struct sought {
    const char *name, *serial;
    uint64_t seen_us, margin_us; /* by the engine's clock */
};

static int look_at_rows(struct gate *g, const struct list_rows *rows, const struct sought *s,
                        bool *ret)
{
    int r = 0;

    for (size_t i = 0; !r && !*ret && i < rows->n; i++) {
        const struct list_row *row = &rows->at[i];

        if (is_of_gate(row) && is_of_name(row, s->name) &&
            is_of_time(row, s->seen_us, s->margin_us))
            r = is_of_medium(g, json_str(row->values, "medium"), s->serial, ret);
    }
    return r;
}

static int has_line(struct gate *g, const json_t *note, const struct sought *s, bool *ret)
{
    static const char *const fields[] = {"file_name", "direction", "medium", "at", "until"};
    struct list_query q = {.reg = GATE_TRAIL,
                           .state = "",
                           .field = "file_digest",
                           .key = json_str(note, "sha256"),
                           .sort = "changed",
                           .fields = fields,
                           .n_fields = ARRAY_LEN(fields),
                           .page_size = 200};
    unsigned pages = 1;
    int r = 0;

    *ret = false;
    for (q.page = 1; *q.key && !r && !*ret && q.page <= pages; q.page++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new((size_t)16 << 20);
        struct list_rows rows;

        if (!arena || engine_list_rows(g->engine, g->person.at, &q, arena, &rows))
            return command_fail(MSG_FAIL_TRAIL_READ);
        pages = rows.pages;
        r = look_at_rows(g, &rows, s, ret);
        list_rows_done(&rows);
    }
    return r;
}

/* A medium of the register has one of the two halves of the tag that was seen. */
static int has_tag(struct gate *g, const json_t *note, bool *ret)
{
    char name[GATE_NAME_SIZE] = "";
    int r = gate_tagged(g, json_str(note, "tag"), "", name);

    if (!r && !*name)
        r = gate_tagged(g, json_str(note, "tag_before"), "", name);
    *ret = *name != '\0';
    return r;
}

static int enter(struct gate *g, const char *device, const json_t *note)
{
    JSON_AUTO *with = json_pack("{s:s, s:s}", "kind", json_str(note, "kind"), "device", device);
    char record[GATE_ID_SIZE];
    int r;

    if (!with ||
        (*json_str(note, "name") && (json_put_str(with, "file_name", json_str(note, "name")) ||
                                     json_put_str(with, "size", json_str(note, "size")))) ||
        (*json_str(note, "serial") &&
         json_put_str(with, "medium_serial", json_str(note, "serial"))))
        return command_fail(MSG_CONSOLE_MEMORY);
    if ((r = gate_act(g, GATE_FINDINGS, "watch", with, record)))
        return r;
    printf("%s  %s  %s  %s", command_word(MSG_WORD_FOUND), record, json_str(note, "kind"), json_str(note, "name"));
    if (*json_str(note, "serial"))
        command_print(stdout, MSG_SAID_SERIAL, MESSAGE_ARGS({"serial", str_of(json_str(note, "serial"))}));
    putchar('\n');
    fflush(stdout);
    return 0;
}

/* A note stays until it is known, or is due and its finding stands; what cannot be read as one is told and put aside. */
static int settle(struct watch *w, struct gate *g, const char *device, const char *path,
                  bool is_due)
{
    uint64_t ago_us, now_us = clock_real_us();
    CLEANUP(buf_done) struct buf text;
    JSON_AUTO *note = NULL;
    bool is_known = false;
    struct sought s;
    struct stat st;
    int r = 0;

    buf_init(&text, NOTE_MAX);
    if (stat(path, &st) || file_read(path, NOTE_MAX, &text, NULL)) {
        command_fail(MSG_FAIL_SEEN_UNKNOWN, {"path", str_of(path)});
        return NOTE_UNREAD;
    }
    if (json_parse(buf_str(&text), JSON_LIMITS_DEFAULT, &note, NULL) || !*json_str(note, "kind")) {
        CLEANUP(buf_done) struct buf aside;

        buf_init(&aside, PATH_MAX);
        command_fail(MSG_FAIL_NO_NOTE, {"path", str_of(path)});
        return buf_printf(&aside, "%s.bad", path) || rename(path, aside.at) ? EXIT_FAILED : 0;
    }
    ago_us = (uint64_t)json_int(note, "at");
    if (!ago_us)
        ago_us = (uint64_t)st.st_mtime * US_PER_SECOND;
    ago_us = now_us > ago_us ? now_us - ago_us : 0;
    s = (struct sought){json_str(note, "name"), json_str(note, "serial"),
                        engine_now(g->engine) - ago_us, (w->settle + MARGIN_S) * US_PER_SECOND};
    if (!strcmp(json_str(note, "kind"), "stray-file"))
        r = has_line(g, note, &s, &is_known);
    if (!r && !is_known)
        r = has_tag(g, note, &is_known);
    if (!r && !is_known && !is_due)
        return 0;
    if (!r && !is_known)
        r = enter(g, device, note);
    return r ? r : unlink(path) ? command_fail(MSG_FAIL_STRUCK, {"path", str_of(path)}, {"why", str_of(command_why(errno))}) : 0;
}

static bool note_is_due(const struct watch *w, const char *path, bool all)
{
    struct stat st;

    return stat(path, &st) || /* which is told then */
           (all || (uint64_t)st.st_mtime + w->settle <= clock_real_us() / US_PER_SECOND);
}

static int settle_all(struct watch *w, bool all)
{
    struct gate g = {0};
    char **names = NULL;
    bool has_unread = false;
    size_t n = 0;
    int r = 0;

    if (dir_list(w->folder.at, ".json", false, &names, &n, NULL))
        return command_fail(MSG_FAIL_SEEN_FOLDER, {"path", str_of(w->folder.at)});
    for (size_t i = 0; !r && i < n; i++) {
        CLEANUP(buf_done) struct buf path;
        bool is;

        buf_init(&path, PATH_MAX);
        if (buf_printf(&path, "%s/%s", w->folder.at, names[i]) ||
            !((is = note_is_due(w, path.at, all)) || str_starts(str_of(names[i]), STR(TAG_NOTE))))
            continue;
        if (!g.link && !(r = gate_enter(w->args, &g)))
            r = gate_at(&g, w->args->values[WATCH_AT]);
        if (!r)
            r = settle(w, &g, g.computer, path.at, is);
        if (r == NOTE_UNREAD) {
            has_unread = true;
            r = 0;
        }
    }
    if (g.home.data)
        gate_close(&g);
    names_free(names, n);
    return r ? r : has_unread ? EXIT_FAILED : 0;
}

/* ---- the loop ---- */

/* The last instant at which nothing was unwatched, as the next watcher reads it: the time of the file. */
static void stamp(struct watch *w)
{
    const struct timespec at[2] = {{.tv_nsec = UTIME_OMIT},
                                   {.tv_sec = (time_t)(w->quiet_us / US_PER_SECOND),
                                    .tv_nsec = (long)(w->quiet_us % US_PER_SECOND) * 1000}};
    CLEANUP(buf_done) struct buf path;
    int fd;

    buf_init(&path, PATH_MAX);
    if (w->quiet_us - w->stamped_us < STAMP_S * US_PER_SECOND ||
        buf_printf(&path, "%s/" STAMP, w->folder.at))
        return;
    fd = open(path.at, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && !futimens(fd, at))
        w->stamped_us = w->quiet_us;
    if (fd >= 0)
        close(fd);
}

static void read_stamp(struct watch *w)
{
    CLEANUP(buf_done) struct buf path;
    struct stat st;

    buf_init(&path, PATH_MAX);
    w->quiet_us = clock_real_us();
    if (!buf_printf(&path, "%s/" STAMP, w->folder.at) && !stat(path.at, &st))
        w->quiet_us =
            (uint64_t)st.st_mtim.tv_sec * US_PER_SECOND + (uint64_t)st.st_mtim.tv_nsec / 1000u;
}

static int open_all(struct watch *w)
{
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    if (sigprocmask(SIG_BLOCK, &ends, NULL) ||
        (w->signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return command_fail(MSG_FAIL_SIGNALS, {"why", str_of(command_why(errno))});
    if ((w->fan = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK,
                                O_RDONLY | O_CLOEXEC | O_LARGEFILE)) < 0)
        return command_fail(MSG_FAIL_WATCH_RIGHTS, {"why", str_of(command_why(errno))});
    if ((w->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)) < 0)
        return command_fail(MSG_FAIL_MOUNTS_WHY, {"why", str_of(command_why(errno))});
    if (dir_make(w->folder.at, 0700, NULL))
        return command_fail(MSG_FAIL_NOT_MADE, {"path", str_of(w->folder.at)});
    read_stamp(w);
    return look_at_mounts(w);
}

/* Where the keeper cannot be reached the notes wait, and that is said now and then. */
static void try_settle(struct watch *w)
{
    uint64_t now_us = clock_monotonic_us();

    if (w->told_us && now_us - w->told_us < 30 * US_PER_SECOND)
        return;
    w->told_us = settle_all(w, false) ? now_us : 0;
    if (w->told_us)
        command_fail(MSG_FAIL_SEEN_WAITS, {"path", str_of(w->folder.at)});
}

static int end_settled(struct watch *w)
{
    int r = settle_all(w, true);

    return r ? command_fail(MSG_FAIL_SEEN_WAITS, {"path", str_of(w->folder.at)}) : 0;
}

static int loop(struct watch *w)
{
    int r = 0;

    while (!r) {
        struct pollfd fds[] = {
            {w->fan, POLLIN, 0}, {w->mounts, POLLPRI, 0}, {w->signals, POLLIN, 0}};
        uint64_t before_us = clock_real_us();

        if (poll(fds, ARRAY_LEN(fds), 1000) < 0 && errno != EINTR)
            return command_fail(MSG_FAIL_WAITED, {"why", str_of(command_why(errno))});
        if (fds[0].revents)
            r = take_events(w);
        if (!r && (fds[1].revents || w->has_unwatched)) {
            r = look_at_mounts(w);
        } else if (!r) {
            w->quiet_us = before_us;
            stamp(w);
        }
        if (!r && fds[2].revents)
            return end_settled(w);
        if (!r)
            try_settle(w);
    }
    return r;
}

static int run_watch(const struct arguments *args)
{
    struct watch w = {.args = args,
                      .root = args->values[WATCH_ROOT] ? args->values[WATCH_ROOT] : "/media",
                      .settle = SETTLE_S,
                      .fan = -1,
                      .mounts = -1,
                      .signals = -1};
    char root[PATH_MAX];
    int r;

    if (!args->values[WATCH_AT] || !args->values[GATE_AS] || !args->values[GATE_SIGN_IN]) {
        return command_wrong(MSG_WRONG_STATION, {"command", STR("media watch")});
    }
    if (args->values[WATCH_SETTLE] &&
        str_to_u64(str_of(args->values[WATCH_SETTLE]), 0, 3600, &w.settle)) {
        return command_wrong(MSG_WRONG_SETTLE);
    }
    if (!realpath(w.root, root))
        return command_fail(MSG_FAIL_NOT_THERE, {"path", str_of(w.root)}, {"why", str_of(command_why(errno))});
    w.root = root;
    buf_init(&w.folder, PATH_MAX);
    buf_init(&w.marked, MOUNTS_MAX);
    buf_init(&w.unmarked, MOUNTS_MAX);
    if (!(r = home_of(args, &w.home)) && buf_printf(&w.folder, "%s/media-watch", w.home.data))
        r = command_fail(MSG_CONSOLE_MEMORY);
    if (!r && !(r = open_all(&w)))
        r = loop(&w);
    for (size_t i = 0; i < 3; i++)
        if ((const int[]){w.fan, w.mounts, w.signals}[i] >= 0)
            close((const int[]){w.fan, w.mounts, w.signals}[i]);
    buf_done(&w.folder);
    buf_done(&w.marked);
    buf_done(&w.unmarked);
    return r;
}

static const struct option_row watch_options[] = {
    GATE_WHO_OPTIONS,
    {"--at", "NAME", MSG_OPTION_MEDIA_WATCH_AT},
    {"--root", "DIR", MSG_OPTION_MEDIA_WATCH_ROOT},
    {"--settle", "SECONDS", MSG_OPTION_MEDIA_WATCH_SETTLE},
};
const struct command cmd_media_watch = {"media watch",
                                        "",
                                        MSG_HELP_MEDIA_WATCH,
                                        watch_options,
                                        ARRAY_LEN(watch_options),
                                        0,
                                        0,
                                        run_watch,
                                        false};
