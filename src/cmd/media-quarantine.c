#include "cmd/media-quarantine.h"

#include "base/codec.h"
#include "base/file.h"
#include "engine/attachment.h"
#include "guard/examine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INTAKES "*media-intakes"
#define WAIT_S 200 /* beyond what an examination may take */
#define NOTE_MAX (64u << 10)

bool quarantine_is_known(const struct gate *g)
{
    return engine_reg(g->engine, QUARANTINE_FILES) && engine_reg(g->engine, INTAKES);
}

/* ---- notes ---- */

static int note_folder(const struct gate *g, struct buf *out)
{
    return buf_printf(out, "%s/media-gate/quarantine", g->home.data);
}

static int note_path(const struct gate *g, const char *id, struct buf *out)
{
    return note_folder(g, out) || buf_printf(out, "/%s.json", id) ? -ENOMEM : 0;
}

static int make_folders(const struct gate *g)
{
    CLEANUP(buf_done) struct buf path;
    struct diag diag;
    int r;

    buf_init(&path, PATH_MAX);
    diag_init(&diag);
    r = buf_printf(&path, "%s/media-gate", g->home.data) ? -ENOMEM : dir_make(path.at, 0700, &diag);
    if (!r)
        r = buf_printf(&path, "/quarantine") ? -ENOMEM : dir_make(path.at, 0700, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r;
}

static int sync_folder(const struct gate *g)
{
    CLEANUP(buf_done) struct buf path;
    int fd, r;

    buf_init(&path, PATH_MAX);
    if (note_folder(g, &path) || (fd = open(path.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        return -EIO;
    r = fsync(fd) ? -errno : 0;
    close(fd);
    return r;
}

/* It has its name once its lock is held: who looks back takes it for nothing that was interrupted. *ret_lock: to close when its note is struck, or is
 * to be looked back at. */
static int name_locked(const struct gate *g, const char *id, const char *hidden, int *ret_lock)
{
    CLEANUP(buf_done) struct buf path;
    int fd;

    buf_init(&path, PATH_MAX);
    if (note_path(g, id, &path) || (fd = open(hidden, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0)
        return -EIO;
    *ret_lock = fd;
    IGNORE(flock(fd, LOCK_EX | LOCK_NB), "where there are no locks there is one process");
    return rename(hidden, path.at) ? -errno : sync_folder(g);
}

static int write_note(const struct gate *g, const char *id, const struct quarantine_of *of,
                      int *ret_lock)
{
    JSON_AUTO *note = json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", id, "name", of->name, "medium",
                                of->medium, "source", of->source, "person", g->person.at);
    CLEANUP(buf_done) struct buf path, text;
    int r;

    buf_init(&path, PATH_MAX);
    buf_init(&text, NOTE_MAX);
    r = !note || json_canonical(note, &text, NULL) || note_path(g, id, &path) ||
                buf_add_text(&path, ".new")
            ? -ENOMEM
            : make_folders(g);
    if (!r)
        r = file_write_atomic(path.at, buf_str(&text), 0600, NULL);
    if (!r)
        r = name_locked(g, id, path.at, ret_lock);
    return r ? command_fail(MSG_FAIL_UNDER_WAY_KEPT) : 0;
}

static void strike(const struct gate *g, const char *id)
{
    CLEANUP(buf_done) struct buf path;

    buf_init(&path, PATH_MAX);
    if (!note_path(g, id, &path))
        IGNORE(unlink(path.at), "it is looked at once more");
    buf_clear(&path);
    if (!note_folder(g, &path))
        IGNORE(rmdir(path.at), "others are under way");
}

/* ---- sending ---- */

static int send_piece(struct gate *g, const char *id, uint64_t offset, struct str bytes)
{
    CLEANUP(buf_done) struct buf text;
    JSON_AUTO *answer = NULL;

    buf_init(&text, 2 * ATTACHMENT_PIECE);
    if (base64_print(bytes.at, bytes.len, &text))
        return command_fail(MSG_CONSOLE_MEMORY);
    return home_ask(g->link,
                    json_pack("{s:s, s:s, s:s, s:I, s:s}", "op", "file-piece", "token", g->cookie,
                              "id", id, "offset", (json_int_t)offset, "data", text.at),
                    &answer);
}

/* A medium that is pulled out, or changes, halfway: nothing is named, and what was sent is dropped within a day. */
static int send_file(struct gate *g, int fd, const struct quarantine_of *of, uint64_t size,
                     char ret_id[ATTACHMENT_ID_SIZE], int *ret_lock)
{
    JSON_AUTO *answer = NULL;
    char *piece = malloc(ATTACHMENT_PIECE);
    int r = piece ? home_ask(g->link,
                             json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "op", "file-begin",
                                       "token", g->cookie, "reg", QUARANTINE_FILES, "field",
                                       "content", "name", of->name, "size", (json_int_t)size),
                             &answer)
                  : command_fail(MSG_CONSOLE_MEMORY);

    if (!r) {
        snprintf(ret_id, ATTACHMENT_ID_SIZE, "%s", json_str(answer, "id"));
        r = write_note(g, ret_id, of, ret_lock);
    }
    for (uint64_t at = 0; !r && at < size; at += ATTACHMENT_PIECE) {
        size_t want = (size_t)MIN_OF(size - at, (uint64_t)ATTACHMENT_PIECE);

        if (pread(fd, piece, want, (off_t)at) != (ssize_t)want)
            r = command_fail(MSG_FAIL_KEPT_END, {"name", str_of(of->name)});
        else
            r = send_piece(g, ret_id, at, (struct str){piece, want});
    }
    free(piece);
    return r;
}

/* What the examination came to, of the file as it lies in the place for files. */
static int await(struct gate *g, const char *id, json_t **ret)
{
    struct timespec step = {0, 200000000L};

    for (int i = 0; i < WAIT_S * 5; i++) {
        CLEANUP(attachment_done) struct attachment a = {0};
        int r = attachment_get(g->store, id, &a);

        if (!r && attachment_is_examined(&a))
            return attachment_value(g->store, &a, ret)
                       ? command_fail(MSG_FAIL_FILE_GONE)
                       : 0;
        if (r < 0)
            return command_fail(MSG_FAIL_STORE_READ);
        nanosleep(&step, NULL);
    }
    return command_fail(MSG_FAIL_NOBODY_EXAMINES);
}

static int drop(struct gate *g, const char *id)
{
    JSON_AUTO *answer = NULL;

    return home_ask(g->link,
                    json_pack("{s:s, s:s, s:s}", "op", "file-drop", "token", g->cookie, "id", id),
                    &answer);
}

/* ---- entering ---- */

static int enter_file(struct gate *g, const struct quarantine_of *of, const char *id,
                      char ret_file[GATE_ID_SIZE])
{
    JSON_AUTO *put =
        json_pack("{s:s, s:s, s:s}", "name", of->name, "content", id, "medium", of->medium);

    if (!put || (!*of->medium && json_object_del(put, "medium")))
        return command_fail(MSG_CONSOLE_MEMORY);
    return gate_act(g, QUARANTINE_FILES, "put", put, ret_file);
}

static int enter_intake(struct gate *g, const struct quarantine_of *of, const char *file,
                        const json_t *value)
{
    const char *state = json_str(value, "state");
    JSON_AUTO *entry = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", of->name, "kind", "data",
                                 "file_digest", json_str(value, "sha256"), "scan",
                                 strcmp(state, "infected") ? "not-examinable" : "infected",
                                 "source", of->source, "sealed", file);
    char intake[GATE_ID_SIZE];
    int r;

    if (!entry || (!*of->source && json_object_del(entry, "source")))
        return command_fail(MSG_CONSOLE_MEMORY);
    if (!(r = gate_act(g, INTAKES, "quarantine", entry, intake))) {
        gate_tell(g, json_pack("{s:s, s:s, s:s}", "event", "kept", "record", intake, "name", of->name));
        printf("%s  %s  %s  %s  %s, sha256 %s\n", command_word(MSG_WORD_QUARANTINED), intake, file, of->name, state,
               json_str(value, "sha256"));
    }
    return r;
}

/* What came to the place for files as a whole. */
static int settle(struct gate *g, const struct quarantine_of *of, const char *id)
{
    char file[GATE_ID_SIZE];
    JSON_AUTO *value = NULL;
    int r = await(g, id, &value);

    if (r)
        return r;
    if (!strcmp(json_str(value, "state"), "clean") ||
        !strcmp(json_str(value, "state"), "no-scanner")) {
        if ((r = drop(g, id)))
            return r;
        strike(g, id);
        printf("%s  %s: %s\n", command_word(MSG_WORD_NOT_KEPT), of->name, json_str(value, "state"));
        return EXIT_NOT_YET;
    }
    r = enter_file(g, of, id, file);
    if (r == EXIT_FORBIDDEN || r == EXIT_NOT_YET) { /* that stays so */
        IGNORE(drop(g, id), "the keeper drops what no act names within a day");
        strike(g, id);
    }
    if (r || (r = enter_intake(g, of, file, value)))
        return r;
    strike(g, id);
    return 0;
}

int quarantine_keep(struct gate *g, int fd, const struct quarantine_of *of)
{
    struct quarantine_of shown = *of;
    CLEANUP(buf_done) struct buf name;
    char id[ATTACHMENT_ID_SIZE];
    int lock = -1, r;
    struct stat st;

    buf_init(&name, 4 * PATH_MAX);
    if (examine_name(of->name, &name)) /* names are bytes: what a medium has need not be text */
        return command_fail(MSG_CONSOLE_MEMORY);
    shown.name = name.at;
    if (fstat(fd, &st))
        return command_fail_why(MSG_CONSOLE_READ, shown.name, errno);
    if (!st.st_size)
        return command_fail(MSG_FAIL_KEPT_EMPTY, {"name", str_of(shown.name)});
    r = send_file(g, fd, &shown, (uint64_t)st.st_size, id, &lock);
    if (!r)
        r = settle(g, &shown, id);
    if (lock >= 0)
        close(lock);
    return r;
}

/* ---- looking back ---- */

static int has_intake(struct gate *g, const char *file, bool *ret)
{
    struct gate_row row;
    int r = gate_by_value(g, INTAKES, "", "sealed", file, "", &row);

    *ret = *row.id != '\0';
    return r;
}

/* A record has it: its entry is what may be missing. */
static int look_at_record(struct gate *g, const struct quarantine_of *of,
                          const struct attachment *a)
{
    JSON_AUTO *value = NULL;
    bool is_entered = false;
    int r = has_intake(g, a->record, &is_entered);

    if (r || is_entered)
        return r;
    if (attachment_value(g->store, a, &value))
        return command_fail(MSG_FAIL_FILE_GONE);
    gate_say(stdout, MSG_MEDIA_KEPT_ENTRY,
             MESSAGE_ARGS({"name", str_of(of->name)}, {"file", str_of(a->record)}));
    return enter_intake(g, of, a->record, value);
}

static int look_at_kept(struct gate *g, const struct quarantine_of *of, const char *id)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    int r = attachment_get(g->store, id, &a);

    if (r < 0)
        return command_fail(MSG_FAIL_STORE_READ);
    if (!r && *a.record)
        return look_at_record(g, of, &a);
    if (!r && strcmp(a.state, "coming") != 0) {
        gate_say(stdout, MSG_MEDIA_KEPT_WHOLE, MESSAGE_ARGS({"name", str_of(of->name)}));
        r = settle(g, of, id);
        return r == EXIT_NOT_YET ? 0 : r;
    }
    if (!r && (r = drop(g, id)))
        return r;
    gate_say(stdout, MSG_MEDIA_KEPT_HALF, MESSAGE_ARGS({"name", str_of(of->name)}));
    return 0;
}

/* Under its lock. */
static void look_at_locked(struct gate *g, const char *path)
{
    CLEANUP(buf_done) struct buf text;
    JSON_AUTO *note = NULL;
    struct quarantine_of of;
    int r;

    buf_init(&text, NOTE_MAX);
    r = file_read(path, NOTE_MAX, &text, NULL);
    if (r == FILE_E_MISSING) /* struck meanwhile */
        return;
    if (r || json_parse(buf_str(&text), JSON_LIMITS_DEFAULT, &note, NULL) ||
        !attachment_id_ok(json_str(note, "id"))) {
        IGNORE(command_fail(MSG_FAIL_NOTE_BAD, {"path", str_of(path)}),
               "the others are looked at all the same");
        return;
    }
    of = (struct quarantine_of){json_str(note, "name"), json_str(note, "medium"),
                                json_str(note, "source")};
    if (strcmp(json_str(note, "person"), g->person.at) != 0) /* another's is his to end */
        return;
    if (!look_at_kept(g, &of, json_str(note, "id")))
        strike(g, json_str(note, "id"));
}

/* What another process is sending just now was not interrupted. */
static void look_at_note(struct gate *g, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 || !flock(fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
        look_at_locked(g, path);
    if (fd >= 0)
        close(fd);
}

void quarantine_look_back(struct gate *g)
{
    CLEANUP(buf_done) struct buf folder;
    char **names = NULL;
    size_t n = 0;
    int r;

    buf_init(&folder, PATH_MAX);
    if (!quarantine_is_known(g))
        return;
    r = note_folder(g, &folder) ? -ENOMEM : dir_list(folder.at, ".json", false, &names, &n, NULL);
    if (r && r != FILE_E_MISSING)
        IGNORE(command_fail(MSG_FAIL_NOTES, {"path", str_of(folder.at)}),
               "what is asked for now is no part of it");
    for (size_t i = 0; !r && i < n; i++) {
        CLEANUP(buf_done) struct buf path;

        buf_init(&path, PATH_MAX);
        if (!buf_printf(&path, "%s/%s", folder.at, names[i]))
            look_at_note(g, path.at);
    }
    if (!r)
        names_free(names, n);
}
