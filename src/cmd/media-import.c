#include "cmd/media-held.h"
#include "cmd/media-move.h"
#include "cmd/media-quarantine.h"
#include "cmd/media-refusal.h"
#include "cmd/scanner.h"

#include "base/time.h"
#include "guard/examiner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOUND_MAX 390u /* bytes of what was found, as the check names it */
#define TREE_DEEP 32u
#define TREE_FILES 10000u
#define TREE_FOLDERS 10000u
#define REFUSED_EACH 200u /* lines of the trail, one for each; of more one line says how many */

struct found {
    char *path; /* below the folder */
    uint64_t size;
    char digest[2 * SHA256_SIZE + 1];
    struct held held;
    bool is_refused; /* malware, or not examinable: a file that can be read */
    char why[24];    /* as the trail has it; "" it is not refused */
    char *found;     /* what, where; NULL */
    bool is_tag;     /* has a name of the gate's own: examined, and never taken in by itself */
};

struct import {
    const struct media_in *q;
    struct gate *gate;
    char item[GATE_ID_SIZE], grant[GATE_ID_SIZE], station[GATE_ID_SIZE];
    struct found *files;
    size_t n, room, n_folders;
    int medium_fd;     /* the folder that it is mounted at: what lies below is opened below it, over no link and no other file system */
    bool is_gone;        /* the medium gave a file no more: the others are not tried */
    const char *stopped; /* as the trail has it: not all of the medium was looked at; NULL */
    struct buf stopped_at;
    int worst;       /* EXIT_DONE, EXIT_NOT_YET not examinable, EXIT_FORBIDDEN infected */
    struct buf what; /* of what decides */
    struct buf definitions;
};

static bool is_worse(const struct import *x, int status)
{
    return status != EXIT_DONE && (x->worst == EXIT_DONE || (status == EXIT_FORBIDDEN && x->worst != EXIT_FORBIDDEN));
}

/* The first of the worst kind is what the check names. */
static void judge(struct import *x, int status, const char *what, const char *digest)
{
    if (!is_worse(x, status))
        return;
    x->worst = status;
    buf_clear(&x->what);
    IGNORE(buf_printf(&x->what, "%.200s %s", what, digest), "it fits");
}

/* Not all of the medium can be looked at: the rest is left alone, and the medium is stopped, which is entered. */
static void stop(struct import *x, const char *why, const char *path)
{
    if (x->stopped)
        return;
    x->stopped = why;
    IGNORE(buf_add_text(&x->stopped_at, path), "it is cut");
    judge(x, EXIT_NOT_YET, why, "");
}

static int add_found(struct import *x, const char *path)
{
    if (x->n == TREE_FILES) {
        IGNORE(command_fail(MSG_FAIL_FILES_LIE, {"max", NUMBER(TREE_FILES)}), "the medium is stopped");
        stop(x, "too-many", "");
        return 0;
    }
    if (x->n == x->room) {
        size_t room = MIN_OF(x->room ? 2 * x->room : 64, (size_t)TREE_FILES);
        struct found *more = realloc(x->files, room * sizeof(*more));

        if (!more)
            return command_fail(MSG_CONSOLE_MEMORY);
        x->files = more;
        x->room = room;
    }
    x->files[x->n] = (struct found){.path = strdup(path)};
    if (held_init(&x->files[x->n].held)) {
        free(x->files[x->n].path);
        return EXIT_FAILED;
    }
    return x->files[x->n++].path ? 0 : command_fail(MSG_CONSOLE_MEMORY);
}

static void tell_file(struct import *x, const char *name, const char *result, const char *why)
{
    gate_tell(x->gate, json_pack("{s:s, s:s, s:s, s:s}", "event", "file", "name", name, "result", result, "why", why));
}

static void refused(struct found *f, const char *why, const char *found, const char *place)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 4096);
    snprintf(f->why, sizeof(f->why), "%s", why);
    IGNORE(buf_printf(&text, "%s%s%s", found, *found ? " " : "", place), "it is cut");
    free(f->found);
    f->found = strndup(text.len ? text.at : "", text.len); /* without memory the word alone is entered */
}

static int take_report(struct import *x, struct found *f, const char *shown, const json_t *report)
{
    const char *verdict = json_str(report, "verdict");
    const struct str why = scanner_reason(json_str(report, "why"));
    int r;

    f->is_refused = strcmp(verdict, "clean") != 0;
    if (f->is_refused)
        refused(f, !strcmp(verdict, "infected") ? verdict : json_str(report, "why"), json_str(report, "found"), json_str(report, "place"));
    tell_file(x, shown, verdict, !strcmp(verdict, "infected") ? json_str(report, "found") : json_str(report, "why"));
    if (!strcmp(verdict, "clean")) {
        printf("%s  %s\n", command_word(MSG_WORD_CLEAN), shown);
    } else if (!strcmp(verdict, "infected")) {
        printf("%s  %s %s %s\n", command_word(MSG_WORD_INFECTED), json_str(report, "found"), command_word(MSG_WORD_IN), json_str(report, "place"));
        judge(x, EXIT_FORBIDDEN, json_str(report, "found"), f->digest);
    } else {
        printf("%s  %s: %.*s\n", command_word(MSG_WORD_NOT_EXAMINABLE), json_str(report, "place"), STR_ARG(why));
        judge(x, EXIT_NOT_YET, json_str(report, "why"), f->digest);
    }
    r = held_of_report(x->gate, report, &f->held);
    if (!x->definitions.len)
        IGNORE(buf_add_text(&x->definitions, f->held.definitions_on), "it fits");
    return r;
}

static void say_not_examinable(const char *shown, enum message_key why)
{
    const struct str text = message_text(home_language(), why);

    printf("%s  %s: %.*s\n", command_word(MSG_WORD_NOT_EXAMINABLE), shown, STR_ARG(text));
}

/* A link, a device, or what the medium does not give back. */
static int cannot_open(struct import *x, struct found *f, const char *shown, int error)
{
    bool is_special = error == EINVAL || error == ELOOP || error == EXDEV;

    x->is_gone |= !is_special;
    refused(f, is_special ? "special" : "unreadable", "", is_special ? "" : strerror(error));
    if (is_special)
        say_not_examinable(shown, MSG_EXAMINE_WHY_NO_FILE);
    else
        printf("%s  %s: %s\n", command_word(MSG_WORD_NOT_EXAMINABLE), shown, command_why(error));
    judge(x, EXIT_NOT_YET, f->why, "");
    tell_file(x, shown, "not-examinable", f->why);
    return 0;
}

/* What is examined is one state of the file, whatever the medium gives each time that it is read; one byte more than the scanner takes shows that there were more.
 * *ret_fd -1: that is judged. 0, or an exit status. */
static int take_snapshot(struct import *x, struct found *f, const char *shown, int *ret_fd)
{
    static const char *const words[] = {[SNAPSHOT_E_CHANGED] = "changed", [SNAPSHOT_E_LATE] = "time", [SNAPSHOT_E_NO_ROOM] = "size"};
    static const enum message_key said[] = {[SNAPSHOT_E_CHANGED] = MSG_EXAMINE_WHY_CHANGED, [SNAPSHOT_E_LATE] = MSG_EXAMINE_WHY_TIME, [SNAPSHOT_E_NO_ROOM] = MSG_EXAMINE_WHY_NO_ROOM};
    int fd = move_open_below(x->medium_fd, f->path), r;
    struct snapshot s;

    *ret_fd = -1;
    if (fd < 0)
        return cannot_open(x, f, shown, errno);
    r = move_snapshot(fd, x->q->limits.stream_max + 1, clock_monotonic_us() + (uint64_t)x->q->limits.time_s * US_PER_SECOND, &s);
    close(fd);
    if (r == -ENOMEM)
        return command_fail(MSG_CONSOLE_MEMORY);
    if (r < 0)
        return cannot_open(x, f, shown, -r);
    if (!r) {
        snprintf(f->digest, sizeof(f->digest), "%s", s.digest);
        f->size = s.size;
        *ret_fd = s.fd;
        return 0;
    }
    refused(f, words[r], "", "");
    say_not_examinable(shown, said[r]);
    judge(x, EXIT_NOT_YET, f->why, "");
    tell_file(x, shown, "not-examinable", f->why);
    return 0;
}

static int examine_found(struct import *x, struct found *f)
{
    struct examine_input in = {.name = move_base_of(f->path), .password = *x->q->password ? x->q->password : NULL};
    CLEANUP(buf_done) struct buf shown;
    JSON_AUTO *report = NULL;
    int r;

    buf_init(&shown, 8192);
    if (examine_name(f->path, &shown))
        return command_fail(MSG_CONSOLE_MEMORY);
    if ((r = take_snapshot(x, f, shown.at, &in.fd)) || in.fd < 0)
        return r;
    r = examiner_run(x->q->scanner ? x->q->scanner : CLAMD_SOCKET, &in, &x->q->limits, &report);
    close(in.fd);
    r = r ? command_fail_why(MSG_CONSOLE_EXAMINED, shown.at, -r) : take_report(x, f, shown.at, report);
    if (!r)
        held_say(x->gate, &f->held, shown.at);
    if (!r && !f->is_refused)
        held_say_runs(x->gate, &f->held, shown.at);
    return r;
}

static int walk_folder(struct import *x, const char *below, unsigned deep);

static int walk_entry(struct import *x, int dir, const char *below, const char *name, unsigned deep)
{
    CLEANUP(buf_done) struct buf path;
    struct stat st;
    int r;

    buf_init(&path, PATH_MAX);
    if (!strcmp(name, ".") || !strcmp(name, ".."))
        return 0;
    if (buf_printf(&path, "%s%s%s", below, *below ? "/" : "", name)) {
        IGNORE(command_fail(MSG_FAIL_PATH_LIES, {"max", NUMBER(PATH_MAX)}), "the medium is stopped");
        stop(x, "name", below);
        return 0;
    }
    if (!fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode))
        return walk_folder(x, path.at, deep + 1);
    if (!*below && x->gate->has_tag && !strcmp(name, MEDIUM_TAG_FILE)) /* the gate's own, which was read and known */
        return 0;
    if ((r = add_found(x, path.at)) || x->stopped)
        return r;
    x->files[x->n - 1].is_tag = !*below && (!strcmp(name, MEDIUM_TAG_FILE) || !strcmp(name, MEDIUM_TAG_PART));
    return 0;
}

static int walk_folder(struct import *x, const char *below, unsigned deep)
{
    struct dirent *e;
    int fd = -1, r = 0;
    DIR *d = NULL;

    if (deep > TREE_DEEP || x->n_folders++ == TREE_FOLDERS) {
        IGNORE(command_fail(MSG_FAIL_FOLDERS_LIE, {"deep", NUMBER(TREE_DEEP)}, {"max", NUMBER(TREE_FOLDERS)}), "the medium is stopped");
        stop(x, "too-many", below);
        return 0;
    }
    if ((fd = move_folder_below(x->medium_fd, below)) < 0 || !(d = fdopendir(fd))) {
        IGNORE(command_fail(MSG_FAIL_BELOW, {"dir", str_of(x->q->from)}, {"path", str_of(below)}, {"why", str_of(command_why(errno))}), "the medium is stopped");
        stop(x, "unreadable", below);
        if (fd >= 0)
            close(fd);
        return 0;
    }
    while (!r && !x->stopped && (errno = 0, e = readdir(d)))
        r = walk_entry(x, dirfd(d), below, e->d_name, deep);
    if (!r && !x->stopped && errno) {
        IGNORE(command_fail(MSG_FAIL_BELOW_END, {"dir", str_of(x->q->from)}, {"path", str_of(below)}, {"why", str_of(command_why(errno))}), "the medium is stopped");
        stop(x, "unreadable", below);
    }
    closedir(d);
    return r;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct found *)a)->path, ((const struct found *)b)->path);
}

static int examine_all(struct import *x)
{
    int r = walk_folder(x, "", 0);

    if (!r && !x->n && !x->stopped)
        return command_fail(MSG_FAIL_EMPTY, {"path", str_of(x->q->from)});
    if (!r && x->n)
        qsort(x->files, x->n, sizeof(*x->files), by_path);
    for (size_t i = 0; !r && i < x->n && !x->stopped && !x->is_gone; i++)
        r = examine_found(x, &x->files[i]);
    return r;
}

/* A line for each; of very many the rest together. */
static void enter_refused(struct import *x)
{
    char rest[64];
    size_t n = 0;

    for (size_t i = 0; i < x->n; i++) {
        const struct found *f = &x->files[i];

        if (*f->why && n++ < REFUSED_EACH)
            gate_refuse(x->gate, &(struct refusal){.way = REFUSAL_IN, .why = f->why, .name = f->path, .found = f->found ? f->found : "", .digest = f->digest, .size = f->size, .seen = &f->held});
    }
    snprintf(rest, sizeof(rest), "+%zu", n - MIN_OF(n, (size_t)REFUSED_EACH));
    if (n > REFUSED_EACH)
        gate_refuse(x->gate, &(struct refusal){.way = REFUSAL_IN, .why = "too-many", .name = "", .found = rest, .digest = "", .size = 0});
    if (x->stopped)
        gate_refuse(x->gate, &(struct refusal){.way = REFUSAL_IN, .why = x->stopped, .name = "", .found = x->stopped_at.len ? x->stopped_at.at : "", .digest = "", .size = 0});
}

static int quarantine_one(struct import *x, const struct found *f)
{
    const struct quarantine_of of = {move_base_of(f->path), x->gate->medium, ""};
    int fd = move_open_below(x->medium_fd, f->path), r;

    if (fd < 0)
        return command_fail(MSG_FAIL_AGAIN, {"why", str_of(command_why(errno))});
    r = quarantine_keep(x->gate, fd, &of);
    close(fd);
    return r;
}

/* Each of what was refused; one that cannot be kept is told, and keeps no other from it. */
static void quarantine_refused(struct import *x)
{
    for (size_t i = 0; i < x->n && quarantine_is_known(x->gate); i++)
        if (x->files[i].is_refused)
            IGNORE(quarantine_one(x, &x->files[i]), "the medium is stopped all the same");
}

/* The check is entered whatever it found. */
static int enter_check(struct import *x)
{
    const char *result = x->worst == EXIT_DONE ? "clean" : x->worst == EXIT_FORBIDDEN ? "infected" : "not-examinable";
    JSON_AUTO *with = json_pack("{s:s, s:s, s:s}", "medium", x->gate->medium, "station", x->station, "result", result);
    char check[GATE_ID_SIZE];
    int r;

    if (!with || (x->definitions.len && json_put_str(with, "definitions_on", x->definitions.at)) ||
        (x->what.len && json_put_str(with, "found", x->what.at)))
        return command_fail(MSG_CONSOLE_MEMORY);
    r = gate_act(x->gate, GATE_CHECKS, "check", with, check);
    if (!r) {
        gate_tell(x->gate, json_pack("{s:s, s:s, s:s}", "event", "check", "record", check, "result", result));
        printf("%s  %s\n", command_word(x->worst == EXIT_DONE ? MSG_WORD_CHECKED : MSG_WORD_STOPPED), check);
        quarantine_refused(x);
    }
    return x->worst == EXIT_FORBIDDEN || !r ? x->worst : r;
}

static struct found *find_file(struct import *x, const char *path)
{
    struct found wanted = {.path = (char *)path};

    return bsearch(&wanted, x->files, x->n, sizeof(*x->files), by_path);
}

static int not_taken(struct import *x, const struct found *f, const char *why, const char *found)
{
    gate_refuse(x->gate, &(struct refusal){.way = REFUSAL_IN, .why = why, .name = f->path, .found = found, .digest = f->digest, .size = f->size, .seen = &f->held});
    return EXIT_FAILED;
}

static bool is_written(const struct outgoing *o, const char *digest)
{
    const struct digest d = outgoing_digest(o);

    return !strcmp(digest_text(&d).at, digest);
}

/* What was examined is what comes in: the same bytes, whatever the medium gives the second time. */
static int bring(struct import *x, const struct found *f, struct outgoing **ret)
{
    int fd = move_open_below(x->medium_fd, f->path), r;

    if (fd < 0) {
        IGNORE(command_fail(MSG_FAIL_AGAIN, {"why", str_of(command_why(errno))}), "it is entered");
        return not_taken(x, f, "unreadable", strerror(errno));
    }
    r = outgoing_begin(x->q->to, move_base_of(f->path), ret);
    if (!r)
        r = move_pour(fd, *ret);
    if (r) {
        bool is_gone = r != OUTGOING_E_NAME && !move_is_readable(fd);

        IGNORE(move_tell(move_base_of(f->path), r), "it is entered");
        r = not_taken(x, f, is_gone ? "unreadable" : refusal_of_outgoing(r), r < 0 ? strerror(-r) : "");
    } else if (!is_written(*ret, f->digest)) {
        IGNORE(command_fail(MSG_FAIL_OTHER_BYTES), "it is entered");
        r = not_taken(x, f, "changed", "");
    }
    close(fd);
    return r;
}

static int take_in(struct import *x, const struct found *f)
{
    CLEANUP(outgoing_dropp) struct outgoing *o = NULL;
    JSON_AUTO *made = json_pack("{s:{s:I}}", "written", f->digest, (json_int_t)f->size);
    JSON_AUTO *with = NULL;
    struct gate_leaving l;
    int r = !made ? command_fail(MSG_CONSOLE_MEMORY) : move_with_of(x->gate, x->grant, x->item, *x->q->password ? "password" : "plain", &with);

    if (!r)
        r = bring(x, f, &o); /* a name that is none is told by it */
    if (!r)
        r = move_put_measured(with, move_base_of(f->path), f->size, f->digest);
    if (!r)
        r = held_put(x->gate, &f->held, with);
    if (!r)
        r = gate_begin(x->gate, GATE_IN, with, made, x->q->to, &l);
    if (r)
        gate_refuse_unmet(x->gate, &(struct refusal){.way = REFUSAL_IN, .why = "", .name = f->path, .found = "", .digest = f->digest, .size = f->size, .seen = &f->held});
    if (!r && !(r = gate_leave(x->gate, with, TICKET_WAY_IN, x->q->from, o, &l))) {
        gate_tell(x->gate, json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "event", "taken-in", "record", l.record, "name", move_base_of(f->path), "size",
                                     (json_int_t)f->size, "sha256", f->digest, "dir", x->q->to));
        printf("%s  %s  %s\n  %s  %s  %" PRIu64 " %s, sha256 %s\n", command_word(MSG_WORD_DONE), *x->grant ? x->grant : "-", l.record, command_word(MSG_WORD_TAKEN_IN), move_base_of(f->path), f->size, command_word(MSG_WORD_BYTES),
               f->digest);
    }
    return r;
}

static int take_all(struct import *x)
{
    int r = 0;

    for (size_t i = 0; !r && i < x->q->n; i++) {
        struct found *f = find_file(x, x->q->names[i]);

        r = f ? take_in(x, f) : command_fail(MSG_FAIL_NOT_LYING, {"name", str_of(x->q->names[i])});
    }
    for (size_t i = 0; !r && !x->q->n && i < x->n; i++)
        r = x->files[i].is_tag ? 0 : take_in(x, &x->files[i]);
    return r;
}

/* From the station where it was examined, whatever computer it is connected to. */
static int check_there(struct import *x)
{
    bool is_elsewhere = strcmp(x->station, x->gate->computer) != 0;
    int r = is_elsewhere ? gate_show_key(x->gate, x->station) : 0;

    if (!r)
        r = enter_check(x);
    return r || !is_elsewhere ? r : gate_show_key(x->gate, x->gate->computer);
}

static int import_found(struct import *x)
{
    const struct media_in *q = x->q;
    int r;

    quarantine_look_back(x->gate);
    if (!(r = gate_medium(x->gate, q->from)))
        r = gate_find(x->gate, GATE_CHECKS, "station", q->station, x->station);
    if (!r && q->to && !(r = gate_find(x->gate, GATE_TRAIL, "item", q->item, x->item)) && !(r = gate_grant(x->gate, x->grant)))
        gate_is_for(x->gate, x->item, x->grant);
    if (!r && !(r = examine_all(x))) {
        enter_refused(x);
        r = check_there(x);
    }
    if (!r)
        r = gate_renew(x->gate, q->from);
    return r || !q->to ? r : take_all(x);
}

int media_import(struct gate *g, const struct media_in *q)
{
    struct import x = {.q = q, .gate = g, .medium_fd = open(q->from, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    int r;

    buf_init(&x.what, FOUND_MAX);
    buf_init(&x.definitions, 32);
    buf_init(&x.stopped_at, PATH_MAX);
    r = x.medium_fd < 0 ? command_fail(MSG_FAIL_NO_FOLDER, {"path", str_of(q->from)}) : import_found(&x);
    for (size_t i = 0; i < x.n; i++) {
        free(x.files[i].path);
        free(x.files[i].found);
        held_done(&x.files[i].held);
    }
    free(x.files);
    buf_done(&x.what);
    buf_done(&x.definitions);
    buf_done(&x.stopped_at);
    if (x.medium_fd >= 0)
        close(x.medium_fd);
    return r;
}
