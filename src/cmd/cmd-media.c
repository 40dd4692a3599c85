/* `tsujiban media export | import`: files onto a medium and from one, as far as the directive in force allows (G1, G2 of doc/design/information.md). What it
 * measures nobody types; what it moves stands in the trail. */
#include "cmd/commands.h"
#include "cmd/media-gate.h"
#include "cmd/media-held.h"
#include "cmd/media-quarantine.h"
#include "cmd/progress.h"
#include "cmd/scanner.h"
#include "cmd/secret-file.h"

#include "guard/examiner.h"
#include "guard/seal.h"
#include "regulation/model.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SECRET_MAX 1024u
#define INSIDE_MAX 1500u /* characters of what is inside a container, as the trail names it */
#define FOUND_MAX 390u   /* bytes of what was found, as the check names it */
#define TREE_DEEP 32u
#define TREE_FILES 10000u

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && slash[1] ? slash + 1 : path;
}

static int hex_of(struct digest d, char ret[2 * SHA256_SIZE + 1])
{
    CLEANUP(buf_done) struct buf hex;

    buf_init(&hex, 2 * SHA256_SIZE + 1);
    if (hex_print(d.bytes, sizeof(d.bytes), &hex))
        return command_fail("out of memory");
    snprintf(ret, 2 * SHA256_SIZE + 1, "%s", hex.at);
    return 0;
}

static int open_file(const char *path, int flags)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);

    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

/* All bytes of `fd` into `o`, which is settled then. 0, or what outgoing.h answers. */
static int pour(int fd, struct outgoing *o)
{
    char piece[65536];
    off_t at = 0;
    ssize_t n = 0;
    int r = 0;

    while (!r && (n = pread(fd, piece, sizeof(piece), at)) > 0) {
        r = outgoing_add(o, (struct str){piece, (size_t)n});
        at += n;
    }
    return r ? r : n < 0 ? -errno : outgoing_settle(o);
}

static int tell(const char *name, int r)
{
    struct diag diag;

    diag_init(&diag);
    outgoing_tell(&diag, name, r);
    command_print_diag(&diag);
    diag_done(&diag);
    return EXIT_FAILED;
}

static int put_measured(json_t *with, const char *name, uint64_t size, const char *digest)
{
    char number[24];

    snprintf(number, sizeof(number), "%" PRIu64, size);
    return json_put_str(with, "file_name", name) || json_put_str(with, "size", number) || json_put_str(with, "file_digest", digest)
               ? command_fail("out of memory")
               : 0;
}

static int with_of(const struct gate *g, const char *grant, const char *item, const char *cipher, json_t **ret)
{
    *ret = json_pack("{s:s, s:s, s:s, s:s}", "medium", g->medium, "computer", g->computer, "item", item, "cipher", cipher);
    return !*ret || (*grant && json_put_str(*ret, "grant", grant)) ? command_fail("out of memory") : 0;
}

/* ---- export ---- */

enum { OUT_TO = GATE_N, OUT_ITEM, OUT_PLAIN, OUT_CIPHER, OUT_PASSWORD, OUT_NEW };

/* What goes onto the medium: the sealed container, or one file as it is. */
struct load {
    struct buf name;
    int fd;
    uint64_t size;
    char digest[2 * SHA256_SIZE + 1];
    struct buf inside; /* of a container */
    struct held held;  /* all that goes in */
    json_t *made;      /* as gate_begin() takes it */
};

struct export {
    const struct arguments *args;
    struct gate gate;
    char item[GATE_ID_SIZE], grant[GATE_ID_SIZE];
    unsigned level; /* confidentiality of the item's label in force */
    struct buf secret;
    bool made_secret;
    unsigned n_done;
};

static int measure(struct load *l)
{
    struct sha256_state *s = sha256_new();
    char piece[65536];
    ssize_t n = -1;

    l->size = 0;
    while (s && (n = pread(l->fd, piece, sizeof(piece), (off_t)l->size)) > 0) {
        sha256_add(s, (struct str){piece, (size_t)n});
        l->size += (uint64_t)n;
    }
    if (!s)
        return command_fail("out of memory");
    return hex_of(sha256_end(s), l->digest) ? EXIT_FAILED : n < 0 ? command_fail("it cannot be read: %m") : 0;
}

static int level_of(struct export *x)
{
    JSON_AUTO *view = NULL;

    if (engine_view(x->gate.engine, x->gate.person.at, x->item, engine_now(x->gate.engine), &view))
        return command_fail("the item's record cannot be read");
    x->level = (unsigned)json_int(json_obj(view, "label_in_force"), "confidentiality");
    return 0;
}

/* Nothing is entered for what cannot be done anyhow. */
static int has_room(const char *dir, const struct load *l)
{
    struct statvfs fs;

    if (statvfs(dir, &fs) || (uint64_t)fs.f_bavail * fs.f_frsize >= l->size)
        return 0;
    return command_fail("%s has no room for %" PRIu64 " bytes; nothing was written and nothing entered", dir, l->size);
}

/* Takes the name, under which nothing stands yet; no byte is written. */
static int open_load(const char *dir, const struct load *l, struct outgoing **ret)
{
    int r = has_room(dir, l);

    if (r)
        return r;
    r = outgoing_begin(dir, l->name.at, ret);
    return r ? tell(l->name.at, r) : 0;
}

/* Bytes go, once they are allowed; whatever is read now is what the ticket is held against. */
static int leave(struct export *x, const struct load *l, const json_t *with, struct outgoing *o, const struct gate_leaving *going)
{
    const char *dir = x->args->values[OUT_TO];
    int r = pour(l->fd, o);

    if (!r)
        return gate_leave(&x->gate, with, x->args->values[OUT_CIPHER] ? "medium-sealed" : "medium-plain", dir, o, going);
    gate_give_up(&x->gate, going, l->name.at, o, r);
    return EXIT_FAILED;
}

static int export_load(struct export *x, const struct load *l, const char *cipher)
{
    CLEANUP(outgoing_dropp) struct outgoing *o = NULL;
    const char *dir = x->args->values[OUT_TO];
    struct gate_leaving going;
    JSON_AUTO *with = NULL;
    bool would = false;
    int r = with_of(&x->gate, x->grant, x->item, cipher, &with);

    if (!r)
        r = put_measured(with, l->name.at, l->size, l->digest);
    if (!r && l->inside.len && json_put_str(with, "inside", l->inside.at))
        r = command_fail("out of memory");
    if (!r)
        r = held_put(&x->gate, &l->held, with);
    if (!r)
        r = gate_would(&x->gate, GATE_TRAIL, "output", with, &would);
    if (!r && (!would || l->held.is_unread))
        held_say(&x->gate, &l->held, l->name.at);
    /* What cannot be done anyhow is not asked. Where the time has come just between, the answer is yes, and the name follows. */
    if (!r && would)
        r = open_load(dir, l, &o);
    if (r || (r = gate_begin(&x->gate, GATE_OUT, with, l->made, dir, &going)))
        return r;
    if (!o && (r = open_load(dir, l, &o)))
        IGNORE(gate_broken(&x->gate, &going, MSG_MEDIA_WHY_NO_ROOM), "it falls due");
    if (r || (r = leave(x, l, with, o, &going)))
        return r;
    x->n_done++;
    printf("DONE  %s  %s\n", *x->grant ? x->grant : "-", going.record);
    if (l->inside.len)
        printf("  inside   %s\n", l->inside.at);
    printf("  written  %s  %" PRIu64 " bytes, sha256 %s\n", l->name.at, l->size, l->digest);
    return 0;
}

static void load_done(struct load *l)
{
    if (l->fd >= 0)
        close(l->fd);
    buf_done(&l->name);
    buf_done(&l->inside);
    held_done(&l->held);
    json_decref(l->made);
}

static int load_init(struct load *l)
{
    *l = (struct load){.fd = -1, .made = json_object()};
    buf_init(&l->name, OUTGOING_NAME_MAX + 1);
    buf_init(&l->inside, INSIDE_MAX + 1);
    return l->made ? held_init(&l->held) : command_fail("out of memory");
}

static int add_made(json_t *made, const char *form, const char *digest, uint64_t size)
{
    json_t *contents = json_obj(made, form);

    if (!contents && (json_put(made, form, json_object()) || !(contents = json_obj(made, form))))
        return command_fail("out of memory");
    return json_put_int(contents, digest, (int64_t)size) ? command_fail("out of memory") : 0;
}

static int export_plain(struct export *x, const char *path)
{
    CLEANUP(load_done) struct load l;
    CLEANUP(buf_done) struct buf suffix;
    char looked_at[2 * SHA256_SIZE + 1];
    int r = load_init(&l);

    buf_init(&suffix, OUTGOING_NAME_MAX + 1);
    if (r)
        return r;
    if ((l.fd = open_file(path, 0)) < 0)
        return command_fail("%s cannot be read: %m", path);
    if (buf_printf(&suffix, "_%s", base_of(path)) || seal_name_make(str_of(x->item), x->level, suffix.at, &l.name))
        return command_fail("%s makes no name that every receiver's system holds", base_of(path));
    if ((r = measure(&l)) || (r = held_survey(&x->gate, l.fd, base_of(path), looked_at, &l.held)) || (r = add_made(l.made, "written", l.digest, l.size)))
        return r;
    if (strcmp(looked_at, l.digest) != 0)
        return command_fail("%s was changed meanwhile; nothing was moved", base_of(path));
    return export_load(x, &l, "plain");
}

/* ---- sealed, at the station, where only the container lies for a moment ---- */

static int take_secret(struct export *x)
{
    CLEANUP(buf_wipe) struct buf line;
    const char *given = x->args->values[OUT_PASSWORD], *made = x->args->values[OUT_NEW];
    int r;

    buf_init(&line, SECRET_MAX);
    if (given)
        return secret_file_read(given, "password", SECRET_MAX, &x->secret);
    if (seal_password_make(SEAL_MADE_DEFAULT, &x->secret) || buf_add_str(&line, buf_str(&x->secret)) || buf_add_char(&line, '\n'))
        return command_fail("out of memory");
    r = secret_file_write(made, buf_str(&line));
    x->made_secret = !r;
    return r;
}

static int put_inside(const json_t *report, struct buf *out)
{
    const json_t *m;
    size_t i;

    json_array_foreach (json_arr(report, "members"), i, m)
        if (out->len + strlen(json_str(m, "name")) + 120 > INSIDE_MAX)
            return command_fail("these are too many files for one line of the trail; export them in parts");
        else if (buf_printf(out, "%s%s %" PRId64 " bytes %s", i ? "; " : "", json_str(m, "name"), json_int(m, "size"), json_str(m, "sha256")))
            return command_fail("out of memory");
    return 0;
}

/* What was sealed is what was looked at. `looked_at`: a digest for each, one after the other. */
static int check_inside(const json_t *report, const char *looked_at, size_t n, json_t *made)
{
    const json_t *m;
    size_t i;

    if (json_array_size(json_arr(report, "members")) != n)
        return command_fail("the container does not hold what was looked at; nothing was moved");
    json_array_foreach (json_arr(report, "members"), i, m)
        if (strcmp(json_str(m, "sha256"), looked_at + i * (2 * SHA256_SIZE + 1)) != 0)
            return command_fail("%s was changed meanwhile; nothing was moved", json_str(m, "name"));
        else if (add_made(made, "written", json_str(m, "sha256"), (uint64_t)json_int(m, "size")))
            return EXIT_FAILED;
    return add_made(made, "sealed", json_str(report, "sha256"), (uint64_t)json_int(report, "size"));
}

static int look_at(struct export *x, const struct seal_source *sources, size_t n, struct load *l, char *ret_digests)
{
    int r = 0;

    for (size_t i = 0; !r && i < n; i++)
        r = held_survey(&x->gate, sources[i].fd, sources[i].name, ret_digests + i * (2 * SHA256_SIZE + 1), &l->held);
    return r;
}

static int seal_into(struct export *x, const char *dir, const struct seal_source *sources, size_t n, const char *looked_at,
                     struct load *l)
{
    struct progress progress;
    const struct seal_request q = {dir, l->name.at, sources, n, {progress_tell, &progress}};
    CLEANUP(buf_done) struct buf path;
    JSON_AUTO *report = NULL;
    struct diag diag;
    int r;

    buf_init(&path, PATH_MAX);
    diag_init(&diag);
    progress_begin(&progress, "sealing");
    r = seal_zip(&q, buf_str(&x->secret), &report, &diag);
    progress_end(&progress);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r || buf_printf(&path, "%s/%s", dir, l->name.at))
        return r < 0 ? command_fail("out of memory") : EXIT_FAILED;
    l->fd = open_file(path.at, O_NOFOLLOW);
    IGNORE(unlink(path.at), "the folder is removed with an error then");
    l->size = (uint64_t)json_int(report, "size");
    snprintf(l->digest, sizeof(l->digest), "%s", json_str(report, "sha256"));
    if (l->fd < 0)
        return command_fail("the container cannot be read: %m");
    r = check_inside(report, looked_at, n, l->made);
    return r ? r : put_inside(report, &l->inside);
}

static int seal_sources(struct export *x, struct seal_source *sources, struct load *l)
{
    const char *tmp = getenv("TMPDIR");
    char dir[PATH_MAX], *looked_at = calloc(x->args->n_rest, 2 * SHA256_SIZE + 1);
    size_t n = 0;
    int r = 0;

    snprintf(dir, sizeof(dir), "%s/tsujiban-media-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!looked_at || !mkdtemp(dir)) {
        free(looked_at);
        return command_fail("%s cannot be made: %m", dir);
    }
    for (; !r && n < x->args->n_rest; n += !r)
        if ((sources[n] = (struct seal_source){base_of(x->args->rest[n]), open_file(x->args->rest[n], 0)}).fd < 0)
            r = command_fail("%s cannot be read: %m", x->args->rest[n]);
    if (!r && !(r = look_at(x, sources, n, l, looked_at)))
        r = seal_into(x, dir, sources, n, looked_at, l);
    free(looked_at);
    while (n)
        close(sources[--n].fd);
    if (rmdir(dir))
        IGNORE(command_fail("%s cannot be removed: %m", dir), "only a container lies in it");
    return r;
}

static int export_sealed(struct export *x)
{
    struct seal_source *sources = calloc(x->args->n_rest, sizeof(*sources));
    CLEANUP(load_done) struct load l;
    int r = load_init(&l);

    if (!sources || r) {
        free(sources);
        return r ? r : command_fail("out of memory");
    }
    r = seal_name_make(str_of(x->item), x->level, ".zip", &l.name) ? command_fail("%s makes no good name", x->item) : take_secret(x);
    if (!r)
        r = seal_sources(x, sources, &l);
    free(sources);
    if (!r)
        r = export_load(x, &l, "password");
    if (r && x->made_secret && !x->n_done)
        IGNORE(unlink(x->args->values[OUT_NEW]), "a password of nothing does no harm");
    if (!r && x->made_secret)
        printf("The password is in %s; it goes another way than the medium.\n", x->args->values[OUT_NEW]);
    return r;
}

/* Wrong usage is told before anybody signs in. */
static int export_usage(const struct arguments *args)
{
    const char *const *v = args->values;
    unsigned words = (v[OUT_PASSWORD] != NULL) + (v[OUT_NEW] != NULL);

    if (!v[OUT_TO] || !v[OUT_ITEM])
        command_fail("media export: name the medium's folder by --to and what it is by --item");
    else if (!v[OUT_PLAIN] == !v[OUT_CIPHER])
        command_fail("media export: say one of --plain and --cipher");
    else if (words != (v[OUT_CIPHER] ? 1u : 0u))
        command_fail("media export: --cipher takes one of --new-password and --password-file, --plain neither");
    else
        return 0;
    return EXIT_USAGE;
}

static int run_export(const struct arguments *args)
{
    struct export x = {.args = args};
    int r = export_usage(args);

    if (r)
        return r;
    buf_init(&x.secret, SECRET_MAX + 1);
    r = gate_open(args, &x.gate);
    if (!r)
        r = gate_medium(&x.gate, args->values[OUT_TO]);
    if (!r)
        r = gate_find(&x.gate, GATE_TRAIL, "item", args->values[OUT_ITEM], x.item);
    if (!r && !(r = gate_grant(&x.gate, x.grant)))
        r = level_of(&x);
    if (!r && args->values[OUT_CIPHER])
        r = export_sealed(&x);
    else
        for (size_t i = 0; !r && i < args->n_rest; i++)
            r = export_plain(&x, args->rest[i]);
    if (x.n_done) {
        int renewed = gate_renew(&x.gate, args->values[OUT_TO]);

        r = r ? r : renewed;
    }
    buf_wipe(&x.secret);
    gate_close(&x.gate);
    return r;
}

static const struct option_row export_options[] = {
    GATE_OPTIONS,
    {"--to", "DIR", "where the medium is mounted"},
    {"--item", "NAME", "what the files are, by number or name in the register of items"},
    {"--plain", NULL, "as they are"},
    {"--cipher", NULL, "sealed into one ZIP (AES-256)"},
    {"--password-file", "FILE", "its first line is the ZIP's password"},
    {"--new-password", "FILE", "makes a password and writes it there"},
};
const struct command cmd_media_export = {"media export",
                                         "FILE…",
                                         "Files onto a medium, as far as a grant in force allows, and into the trail",
                                         export_options,
                                         ARRAY_LEN(export_options),
                                         1,
                                         SEAL_SOURCES_MAX,
                                         run_export,
                                         false};

/* ---- import ---- */

enum { IN_FROM = GATE_N, IN_TO, IN_ITEM, IN_STATION, IN_PASSWORD, IN_SCANNER, IN_STREAM };

struct found {
    char *path; /* below the folder */
    uint64_t size;
    char digest[2 * SHA256_SIZE + 1];
    struct held held;
    bool is_refused; /* malware, or not examinable: a file that can be read */
    bool is_tag;     /* has a name of the gate's own: examined, and never taken in by itself */
};

struct import {
    const struct arguments *args;
    struct gate gate;
    char item[GATE_ID_SIZE], grant[GATE_ID_SIZE], station[GATE_ID_SIZE];
    struct buf password;
    struct examine_limits limits;
    struct found *files;
    size_t n, room;
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

static int add_found(struct import *x, const char *path)
{
    if (x->n == x->room) {
        size_t room = x->room ? 2 * x->room : 64;
        struct found *more = x->n < TREE_FILES ? realloc(x->files, room * sizeof(*more)) : NULL;

        if (!more)
            return command_fail("more than %u files lie there; have them sent in parts", TREE_FILES);
        x->files = more;
        x->room = room;
    }
    x->files[x->n] = (struct found){.path = strdup(path)};
    if (held_init(&x->files[x->n].held)) {
        free(x->files[x->n].path);
        return EXIT_FAILED;
    }
    return x->files[x->n++].path ? 0 : command_fail("out of memory");
}

/* "ClamAV 1.4.6/27800/Sat Nov 28 09:26:31 2026": the day of the definitions. Without official ones there is none. */
static void take_definitions(struct import *x, const char *scanner)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *slash = strrchr(scanner, '/'), *month;
    struct str rest = str_of(slash ? slash + 1 : ""), word, words[5];
    uint64_t day, year;
    size_t n = 0;

    while (n < ARRAY_LEN(words) && str_split(&rest, ' ', &word))
        if (word.len)
            words[n++] = word;
    if (x->definitions.len || n != ARRAY_LEN(words) || words[1].len != 3 || !(month = strstr(months, (char[]){words[1].at[0], words[1].at[1], words[1].at[2], 0})) ||
        str_to_u64(words[2], 1, 31, &day) || str_to_u64(words[4], 2000, 9999, &year))
        return;
    IGNORE(buf_printf(&x->definitions, "%04u-%02u-%02u", (unsigned)year, (unsigned)(month - months) / 3 + 1, (unsigned)day), "it fits");
}

static int take_report(struct import *x, struct found *f, const char *shown, const json_t *report)
{
    const char *verdict = json_str(report, "verdict");
    const json_t *whole = json_array_get(json_arr(report, "members"), 0);

    take_definitions(x, json_str(report, "scanner"));
    f->size = (uint64_t)json_int(whole, "size");
    snprintf(f->digest, sizeof(f->digest), "%s", json_str(whole, "sha256"));
    f->is_refused = strcmp(verdict, "clean") != 0;
    if (!strcmp(verdict, "clean")) {
        printf("CLEAN  %s\n", shown);
    } else if (!strcmp(verdict, "infected")) {
        printf("INFECTED  %s in %s\n", json_str(report, "found"), json_str(report, "place"));
        judge(x, EXIT_FORBIDDEN, json_str(report, "found"), f->digest);
    } else {
        printf("NOT EXAMINABLE  %s: %s\n", json_str(report, "place"), scanner_reason(json_str(report, "why")));
        judge(x, EXIT_NOT_YET, json_str(report, "why"), f->digest);
    }
    return held_of_report(&x->gate, report, &f->held);
}

static int examine_found(struct import *x, struct found *f)
{
    struct examine_input in = {.name = base_of(f->path), .password = x->password.len ? x->password.at : NULL};
    CLEANUP(buf_done) struct buf path, shown;
    JSON_AUTO *report = NULL;
    int r;

    buf_init(&path, PATH_MAX);
    buf_init(&shown, 8192);
    if (buf_printf(&path, "%s/%s", x->args->values[IN_FROM], f->path) || examine_name(f->path, &shown))
        return command_fail("out of memory");
    in.fd = open_file(path.at, O_NOFOLLOW);
    if (in.fd < 0) { /* a link, a device, or what the medium does not give back */
        printf("NOT EXAMINABLE  %s: no file that can be read, but a link, a device or the like; have it sent without\n", shown.at);
        judge(x, EXIT_NOT_YET, "special", "");
        return 0;
    }
    r = examiner_run(x->args->values[IN_SCANNER] ? x->args->values[IN_SCANNER] : CLAMD_SOCKET, &in, &x->limits, &report);
    close(in.fd);
    if (r)
        return command_fail("%s cannot be examined: %s", shown.at, strerror(-r));
    r = take_report(x, f, shown.at, report);
    f->held.is_unread = false; /* such a file stops the medium */
    if (!r)
        held_say(&x->gate, &f->held, shown.at);
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
    if (buf_printf(&path, "%s%s%s", below, *below ? "/" : "", name))
        return command_fail("a path of more than %d bytes lies there; have it sent otherwise", PATH_MAX);
    if (!fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode))
        return walk_folder(x, path.at, deep + 1);
    if (!*below && x->gate.has_tag && !strcmp(name, MEDIUM_TAG_FILE)) /* the gate's own, which was read and known */
        return 0;
    if ((r = add_found(x, path.at)))
        return r;
    x->files[x->n - 1].is_tag = !*below && (!strcmp(name, MEDIUM_TAG_FILE) || !strcmp(name, MEDIUM_TAG_PART));
    return 0;
}

static int walk_folder(struct import *x, const char *below, unsigned deep)
{
    CLEANUP(buf_done) struct buf path;
    struct dirent *e;
    DIR *d;
    int r = 0;

    buf_init(&path, PATH_MAX);
    if (deep > TREE_DEEP)
        return command_fail("folders lie more than %u deep; have them sent otherwise", TREE_DEEP);
    if (buf_printf(&path, "%s/%s", x->args->values[IN_FROM], below) || !(d = opendir(path.at)))
        return command_fail("%s cannot be read: %m", x->args->values[IN_FROM]);
    errno = 0;
    while (!r && (e = readdir(d)))
        r = walk_entry(x, dirfd(d), below, e->d_name, deep);
    if (!r && errno)
        r = command_fail("%s cannot be read to its end: %m", x->args->values[IN_FROM]);
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

    if (!r && !x->n)
        return command_fail("nothing lies in %s", x->args->values[IN_FROM]);
    if (!r)
        qsort(x->files, x->n, sizeof(*x->files), by_path);
    for (size_t i = 0; !r && i < x->n; i++)
        r = examine_found(x, &x->files[i]);
    return r;
}

static int quarantine_one(struct import *x, const struct found *f)
{
    const struct quarantine_of of = {base_of(f->path), x->gate.medium, ""};
    CLEANUP(buf_done) struct buf path;
    int fd, r;

    buf_init(&path, PATH_MAX);
    if (buf_printf(&path, "%s/%s", x->args->values[IN_FROM], f->path) || (fd = open_file(path.at, O_NOFOLLOW)) < 0)
        return command_fail("a file that was examined cannot be read again: %m");
    r = quarantine_keep(&x->gate, fd, &of);
    close(fd);
    return r;
}

/* Each of what was refused; one that cannot be kept is told, and keeps no other from it. */
static void quarantine_refused(struct import *x)
{
    for (size_t i = 0; i < x->n && quarantine_is_known(&x->gate); i++)
        if (x->files[i].is_refused)
            IGNORE(quarantine_one(x, &x->files[i]), "the medium is stopped all the same");
}

/* The check is entered whatever it found. */
static int enter_check(struct import *x)
{
    const char *result = x->worst == EXIT_DONE ? "clean" : x->worst == EXIT_FORBIDDEN ? "infected" : "not-examinable";
    JSON_AUTO *with = json_pack("{s:s, s:s, s:s}", "medium", x->gate.medium, "station", x->station, "result", result);
    char check[GATE_ID_SIZE];
    int r;

    if (!with || (x->definitions.len && json_put_str(with, "definitions_on", x->definitions.at)) ||
        (x->what.len && json_put_str(with, "found", x->what.at)))
        return command_fail("out of memory");
    r = gate_act(&x->gate, GATE_CHECKS, "check", with, check);
    if (!r) {
        printf("%s  %s\n", x->worst == EXIT_DONE ? "CHECKED" : "STOPPED", check);
        quarantine_refused(x);
    }
    return x->worst == EXIT_FORBIDDEN || !r ? x->worst : r;
}

static struct found *find_file(struct import *x, const char *path)
{
    struct found wanted = {.path = (char *)path};

    return bsearch(&wanted, x->files, x->n, sizeof(*x->files), by_path);
}

/* What was examined is what comes in: the same bytes, whatever the medium gives the second time. */
static int bring(struct import *x, const struct found *f, struct outgoing **ret)
{
    CLEANUP(buf_done) struct buf path;
    char digest[2 * SHA256_SIZE + 1];
    int fd, r;

    buf_init(&path, PATH_MAX);
    if (buf_printf(&path, "%s/%s", x->args->values[IN_FROM], f->path) || (fd = open_file(path.at, O_NOFOLLOW)) < 0)
        return command_fail("a file that was examined cannot be read again: %m");
    r = outgoing_begin(x->args->values[IN_TO], base_of(f->path), ret);
    if (!r)
        r = pour(fd, *ret);
    close(fd);
    if (r)
        return tell(base_of(f->path), r);
    if (hex_of(outgoing_digest(*ret), digest))
        return EXIT_FAILED;
    return strcmp(digest, f->digest) ? command_fail("the medium gave other bytes than were examined; nothing was taken in") : 0;
}

static int take_in(struct import *x, const struct found *f)
{
    CLEANUP(outgoing_dropp) struct outgoing *o = NULL;
    JSON_AUTO *made = json_pack("{s:{s:I}}", "written", f->digest, (json_int_t)f->size);
    JSON_AUTO *with = NULL;
    struct gate_leaving l;
    int r = !made ? command_fail("out of memory") : with_of(&x->gate, x->grant, x->item, x->password.len ? "password" : "plain", &with);

    if (!r)
        r = put_measured(with, base_of(f->path), f->size, f->digest);
    if (!r)
        r = held_put(&x->gate, &f->held, with);
    if (!r && !(r = bring(x, f, &o)))
        r = gate_begin(&x->gate, GATE_IN, with, made, x->args->values[IN_TO], &l);
    if (!r && !(r = gate_leave(&x->gate, with, TICKET_WAY_IN, x->args->values[IN_FROM], o, &l)))
        printf("DONE  %s  %s\n  taken in  %s  %" PRIu64 " bytes, sha256 %s\n", *x->grant ? x->grant : "-", l.record, base_of(f->path), f->size,
               f->digest);
    return r;
}

static int take_all(struct import *x)
{
    int r = 0;

    for (size_t i = 0; !r && i < x->args->n_rest; i++) {
        struct found *f = find_file(x, x->args->rest[i]);

        r = f ? take_in(x, f) : command_fail("%s does not lie on the medium; name files as the list above does", x->args->rest[i]);
    }
    for (size_t i = 0; !r && !x->args->n_rest && i < x->n; i++)
        r = x->files[i].is_tag ? 0 : take_in(x, &x->files[i]);
    return r;
}

static int import_usage(const struct arguments *args)
{
    const char *const *v = args->values;

    if (!v[IN_FROM] || !v[IN_TO] != !v[IN_ITEM] || (args->n_rest && !v[IN_TO])) {
        command_fail("media import: name the medium's folder by --from; to take files in, --to and --item as well");
        return EXIT_USAGE;
    }
    return 0;
}

static int import_found(struct import *x)
{
    const struct arguments *args = x->args;
    int r;

    quarantine_look_back(&x->gate);
    if (!(r = gate_medium(&x->gate, args->values[IN_FROM])))
        r = gate_find(&x->gate, GATE_CHECKS, "station", args->values[args->values[IN_STATION] ? IN_STATION : GATE_AT], x->station);
    if (!r && args->values[IN_TO])
        r = gate_find(&x->gate, GATE_TRAIL, "item", args->values[IN_ITEM], x->item);
    if (!r && !(r = examine_all(x)))
        r = enter_check(x);
    if (!r)
        r = gate_renew(&x->gate, args->values[IN_FROM]);
    if (r || !args->values[IN_TO] || (r = gate_grant(&x->gate, x->grant)))
        return r;
    return take_all(x);
}

static int run_import(const struct arguments *args)
{
    struct import x = {.args = args, .limits = examine_limits_default};
    int r = import_usage(args);

    if (r || (r = scanner_stream_max(args->values[IN_STREAM], &x.limits.stream_max)))
        return r;
    buf_init(&x.password, EXAMINE_PASSWORD_MAX + 1);
    buf_init(&x.what, FOUND_MAX);
    buf_init(&x.definitions, 32);
    if (args->values[IN_PASSWORD])
        r = secret_file_read(args->values[IN_PASSWORD], "password", EXAMINE_PASSWORD_MAX, &x.password);
    if (!r && !(r = gate_open(args, &x.gate)))
        r = import_found(&x);
    gate_close(&x.gate);
    for (size_t i = 0; i < x.n; i++) {
        free(x.files[i].path);
        held_done(&x.files[i].held);
    }
    free(x.files);
    buf_wipe(&x.password);
    buf_done(&x.what);
    buf_done(&x.definitions);
    return r;
}

static const struct option_row import_options[] = {
    GATE_OPTIONS,
    {"--from", "DIR", "where the medium is mounted, for reading only"},
    {"--to", "DIR", "where files are taken in; without it the medium is only checked"},
    {"--item", "NAME", "what the files are, by number or name in the register of items"},
    {"--station", "NAME", "the check station where this runs; without it the computer of --at"},
    {"--password-file", "FILE", "its first line is tried on what is encrypted"},
    {"--scanner", "SOCKET", "clamd's socket; without it " CLAMD_SOCKET},
    {"--stream-max", "MIB", "what the scanner takes in one piece: its StreamMaxLength; without it 25"},
};
const struct command cmd_media_import = {"media import",
                                         "[FILE…]",
                                         "Checks a medium, and takes files in from it as far as a grant in force allows",
                                         import_options,
                                         ARRAY_LEN(import_options),
                                         0,
                                         SIZE_MAX,
                                         run_import,
                                         false};
