#include "cmd/media-clean.h"
#include "cmd/media-cover.h"
#include "cmd/media-held.h"
#include "cmd/media-move.h"
#include "cmd/media-refusal.h"
#include "cmd/progress.h"
#include "cmd/receivers.h"
#include "cmd/secret-file.h"

#include "guard/seal.h"

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
#define SEALED_FOR_MAX 8000u /* bytes of for whom a box is sealed, likewise */

/* What goes onto the medium: the sealed container, or one file as it is. */
struct load {
    struct buf name;
    int fd;
    uint64_t size;
    char digest[2 * SHA256_SIZE + 1];
    struct buf inside; /* of a container */
    struct held held;  /* all that goes in */
    enum attributes attributes;
    json_t *made;      /* as gate_begin() takes it */
};

struct export {
    const struct media_out *q;
    struct gate *gate;
    char item[GATE_ID_SIZE], grant[GATE_ID_SIZE];
    unsigned level; /* confidentiality of the item's label in force */
    bool is_cipher;
    struct buf secret;          /* of a ZIP */
    struct box_public *keys; /* of a box; NULL: it is a ZIP */
    size_t n_keys;
    struct buf sealed_for;   /* whose keys they are, as the trail says it */
    bool made_secret;
    unsigned n_done;
};

/* Entered; 1, as whoever was refused goes on to answer. */
static int refuse(struct export *x, const char *why, const char *name, const char *found, const struct load *l)
{
    bool is_whole = l && *l->digest;

    gate_refuse(x->gate, &(struct refusal){.way = REFUSAL_OUT, .why = why, .name = name, .found = found, .digest = is_whole ? l->digest : "", .size = is_whole ? l->size : 0});
    return EXIT_FAILED;
}

/* As it lies in the file system, or as somebody opened it. */
static int open_source(const struct media_source *f)
{
    return f->path ? move_open_file(f->path, 0) : fcntl(f->fd, F_DUPFD_CLOEXEC, 3);
}

static int measure(struct load *l)
{
    return move_measure(l->fd, &l->size, l->digest);
}

static int level_of(struct export *x)
{
    JSON_AUTO *view = NULL;

    if (engine_view(x->gate->engine, x->gate->person.at, x->item, engine_now(x->gate->engine), &view))
        return command_fail(MSG_FAIL_ITEM_READ);
    x->level = (unsigned)json_int(json_obj(view, "label_in_force"), "confidentiality");
    return 0;
}

static int has_room(const char *dir, const struct load *l)
{
    struct statvfs fs;

    if (statvfs(dir, &fs) || (uint64_t)fs.f_bavail * fs.f_frsize >= l->size)
        return 0;
    return command_fail(MSG_FAIL_ROOM, {"path", str_of(dir)}, {"size", NUMBER(l->size)});
}

/* Takes the name, under which nothing stands yet; no byte is written. */
static int open_load(struct export *x, const struct load *l, struct outgoing **ret)
{
    int r = has_room(x->q->dir, l);

    if (r)
        return refuse(x, "not-writable", l->name.at, strerror(ENOSPC), l);
    if (!(r = outgoing_begin(x->q->dir, l->name.at, ret)))
        return 0;
    IGNORE(move_tell(l->name.at, r), "it is entered");
    return refuse(x, refusal_of_outgoing(r), l->name.at, strerror(r < 0 ? -r : EEXIST), l);
}

/* Bytes go, once they are allowed; whatever is read now is what the ticket is held against. */
static int leave(struct export *x, const struct load *l, const json_t *with, struct outgoing *o, const struct gate_leaving *going)
{
    const char *dir = x->q->dir;
    int r = move_pour(l->fd, o);

    if (!r)
        return gate_leave(x->gate, with, x->is_cipher ? "medium-sealed" : "medium-plain", dir, o, going);
    gate_give_up(x->gate, going, l->name.at, o, r);
    return EXIT_FAILED;
}

static int export_load(struct export *x, const struct load *l, const char *cipher)
{
    CLEANUP(outgoing_dropp) struct outgoing *o = NULL;
    const char *dir = x->q->dir;
    struct gate_leaving going;
    JSON_AUTO *with = NULL;
    bool would = false;
    int r = move_with_of(x->gate, x->grant, x->item, cipher, &with);

    if (!r)
        r = move_put_measured(with, l->name.at, l->size, l->digest);
    if (!r && l->inside.len && json_put_str(with, "inside", l->inside.at))
        r = command_fail(MSG_CONSOLE_MEMORY);
    if (!r && json_put_str(with, "attributes", attributes_word(l->attributes)))
        r = command_fail(MSG_CONSOLE_MEMORY);
    if (!r && x->keys && reg_field(engine_reg(x->gate->engine, GATE_TRAIL), "sealed_for") && json_put_str(with, "sealed_for", x->sealed_for.at))
        r = command_fail(MSG_CONSOLE_MEMORY);
    if (!r)
        r = held_put(x->gate, &l->held, with);
    if (!r)
        r = gate_would(x->gate, GATE_TRAIL, "output", with, &would);
    if (!r && !would)
        held_say(x->gate, &l->held, l->name.at);
    /* What cannot be done anyhow is not asked. Where the time has come just between, the answer is yes, and the name follows. */
    if (!r && would)
        r = open_load(x, l, &o);
    if (r)
        return r;
    if ((r = gate_begin(x->gate, GATE_OUT, with, l->made, dir, &going))) {
        gate_refuse_unmet(x->gate, &(struct refusal){.way = REFUSAL_OUT, .name = l->name.at, .inside = l->inside.len ? l->inside.at : NULL, .digest = l->digest, .size = l->size, .seen = &l->held});
        return r;
    }
    if (!o && (r = open_load(x, l, &o)))
        IGNORE(gate_broken(x->gate, &going, MSG_MEDIA_WHY_NO_ROOM), "it falls due");
    if (r || (r = leave(x, l, with, o, &going)))
        return r;
    x->n_done++;
    gate_tell(x->gate, json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "event", "written", "record", going.record, "name", l->name.at, "size",
                                 (json_int_t)l->size, "sha256", l->digest, "inside", l->inside.len ? l->inside.at : ""));
    printf("%s  %s  %s\n", command_word(MSG_WORD_DONE), *x->grant ? x->grant : "-", going.record);
    if (l->inside.len)
        printf("  %-8s %s\n", command_word(MSG_WORD_INSIDE), l->inside.at);
    if (x->keys)
        printf("  %-8s %s\n", command_word(MSG_WORD_FOR), x->sealed_for.at);
    printf("  %-8s %s  %" PRIu64 " %s, sha256 %s\n", command_word(MSG_WORD_WRITTEN), l->name.at, l->size, command_word(MSG_WORD_BYTES), l->digest);
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
    return l->made ? held_init(&l->held) : command_fail(MSG_CONSOLE_MEMORY);
}

static int add_made(json_t *made, const char *form, const char *digest, uint64_t size)
{
    json_t *contents = json_obj(made, form);

    if (!contents && (json_put(made, form, json_object()) || !(contents = json_obj(made, form))))
        return command_fail(MSG_CONSOLE_MEMORY);
    return json_put_int(contents, digest, (int64_t)size) ? command_fail(MSG_CONSOLE_MEMORY) : 0;
}

/* What is looked at, cleaned and sealed is one state of the file; one that somebody opened is nobody else's. *fd is taken, and is the snapshot's then. */
static int take_snapshot(struct export *x, const struct media_source *f, int *fd)
{
    static const char *const words[] = {"unreadable", [SNAPSHOT_E_CHANGED] = "changed", [SNAPSHOT_E_LATE] = "time", [SNAPSHOT_E_NO_ROOM] = "not-writable"};
    struct snapshot s;
    int r = move_snapshot(*fd, UINT64_MAX, 0, &s);

    close(*fd);
    *fd = s.fd;
    if (!r)
        return 0;
    IGNORE(r == SNAPSHOT_E_CHANGED ? command_fail(MSG_FAIL_CHANGED, {"name", str_of(f->name)})
           : r > 0                 ? command_fail(MSG_FAIL_ROOM_HERE, {"name", str_of(f->name)})
                                   : command_fail(MSG_FAIL_READ_END_WHY, {"name", str_of(f->name)}, {"why", str_of(command_why(-r))}),
           "it is entered");
    return refuse(x, words[MAX_OF(r, 0)], f->name, r < 0 ? strerror(-r) : "", NULL);
}

/* What leaves of it, and what it is held as; the item holds the file from then on, too. */
static int clean_source(struct export *x, const struct media_source *f, struct load *l, struct cleaned *ret)
{
    int fd = open_source(f);
    int error = errno, r;
    uint64_t size;
    struct stat st;

    if (fd < 0) {
        IGNORE(command_fail_why(MSG_CONSOLE_READ, f->name, error), "it is entered");
        return refuse(x, error == EINVAL ? "special" : "unreadable", f->name, error == EINVAL ? "" : strerror(error), NULL);
    }
    if (f->path && (r = take_snapshot(x, f, &fd)))
        return r;
    size = fstat(fd, &st) ? 0 : (uint64_t)st.st_size;
    if ((r = media_clean(x->gate, x->q, fd, f->name, &l->held, ret)))
        return r;
    l->attributes = MAX_OF(l->attributes, ret->attributes);
    if (!strcmp(ret->original, ret->digest))
        return 0;
    return add_made(l->made, "cleaned", ret->original, size);
}

static int bad_name(struct export *x, const char *name)
{
    CLEANUP(buf_done) struct buf shown;

    buf_init(&shown, 8192);
    IGNORE(examine_name(name, &shown), "it is told without");
    IGNORE(command_fail(MSG_FAIL_NAME_NONE, {"name", str_of(shown.len ? shown.at : "?")}), "it is entered");
    return refuse(x, "name", name, "", NULL);
}

static int export_plain(struct export *x, const struct media_source *f)
{
    CLEANUP(load_done) struct load l;
    CLEANUP(buf_done) struct buf suffix;
    struct cleaned c = {.fd = -1};
    int r = load_init(&l);

    buf_init(&suffix, OUTGOING_NAME_MAX + 1);
    if (r)
        return r;
    r = clean_source(x, f, &l, &c);
    l.fd = c.fd;
    if (r)
        return r;
    if (buf_printf(&suffix, "_%s", f->name) || seal_name_make(str_of(x->item), x->level, suffix.at, &l.name))
        return bad_name(x, f->name);
    if ((r = measure(&l)) || (r = add_made(l.made, "written", l.digest, l.size)))
        return r;
    if (strcmp(c.digest, l.digest) != 0) {
        IGNORE(command_fail(MSG_FAIL_CHANGED, {"name", str_of(f->name)}), "it is entered");
        return refuse(x, "changed", f->name, "", NULL);
    }
    return export_load(x, &l, "plain");
}

/* ---- sealed, at the station, where only the container lies for a moment ---- */

static int take_secret(struct export *x)
{
    CLEANUP(buf_wipe) struct buf line;
    const char *given = x->q->password_file, *made = x->q->new_password;
    int r;

    buf_init(&line, SECRET_MAX);
    if (x->q->receivers) {
        JSON_AUTO *lines = NULL;

        r = receivers_list(x->q->receivers, &lines);
        return r ? r : receivers_of_lines(lines, &x->keys, &x->n_keys, &x->sealed_for);
    }
    if (given)
        return secret_file_read(given, MSG_WORD_PASSWORD, SECRET_MAX, &x->secret);
    if (seal_password_make(SEAL_MADE_DEFAULT, &x->secret) || buf_add_str(&line, buf_str(&x->secret)) || buf_add_char(&line, '\n'))
        return command_fail(MSG_CONSOLE_MEMORY);
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
            return command_fail(MSG_FAIL_FILES_MANY);
        else if (buf_printf(out, "%s%s %" PRId64 " bytes %s", i ? "; " : "", json_str(m, "name"), json_int(m, "size"), json_str(m, "sha256")))
            return command_fail(MSG_CONSOLE_MEMORY);
    return 0;
}

/* What was sealed is what was looked at. `looked_at`: a digest for each, one after the other. */
static int check_inside(struct export *x, const json_t *report, const char *looked_at, size_t n, json_t *made)
{
    const json_t *m;
    size_t i;

    if (json_array_size(json_arr(report, "members")) != n)
        return command_fail(MSG_FAIL_CONTAINER);
    json_array_foreach (json_arr(report, "members"), i, m)
        if (strcmp(json_str(m, "sha256"), looked_at + i * (2 * SHA256_SIZE + 1)) != 0) {
            IGNORE(command_fail(MSG_FAIL_CHANGED, {"name", str_of(json_str(m, "name"))}), "it is entered");
            return refuse(x, "changed", json_str(m, "name"), "", NULL);
        } else if (add_made(made, "written", json_str(m, "sha256"), (uint64_t)json_int(m, "size")))
            return EXIT_FAILED;
    return add_made(made, "sealed", json_str(report, "sha256"), (uint64_t)json_int(report, "size"));
}

/* What concerns a file or the station's room is the trail's; a poor password is only said. */
static void enter_not_sealed(struct export *x, const struct load *l, const struct diag *diag)
{
    static const struct {
        int said;
        const char *why;
    } whys[] = {{MSG_OUTGOING_NAME, "name"},   {MSG_SEAL_TWICE, "name"},      {MSG_SEAL_READ, "unreadable"},
                {MSG_SEAL_MOVED, "changed"},   {MSG_OUTGOING_DIFFERS, "changed"}, {MSG_OUTGOING_FULL, "not-writable"}, {MSG_OUTGOING_FAILED, "not-writable"}};
    const struct diag_entry *e = diag->n ? &diag->entries[0] : NULL;

    for (size_t i = 0; e && i < ARRAY_LEN(whys); i++)
        if (e->key == whys[i].said) {
            IGNORE(refuse(x, whys[i].why, e->file ? e->file : l->name.at, diag_message(e, home_language()), NULL), "the caller fails");
            return;
        }
}

static int seal_into(struct export *x, const char *dir, const struct seal_source *sources, size_t n, const char *looked_at,
                     struct load *l)
{
    struct progress progress;
    const struct seal_request q = {
        .dir = dir, .name = l->name.at, .sources = sources, .n = n, .progress = x->q->progress.tell ? x->q->progress : (struct seal_progress){progress_tell, &progress}};
    const struct box_for who = {x->keys, x->n_keys, STR_NONE};
    CLEANUP(buf_done) struct buf path;
    JSON_AUTO *report = NULL;
    struct diag diag;
    int r;

    buf_init(&path, PATH_MAX);
    diag_init(&diag);
    progress_begin(&progress, command_word(MSG_PROGRESS_SEALING));
    r = x->keys ? seal_box(&q, &who, &report, &diag) : seal_zip(&q, buf_str(&x->secret), &report, &diag);
    progress_end(&progress);
    command_print_diag(&diag);
    if (r > 0)
        enter_not_sealed(x, l, &diag);
    diag_done(&diag);
    if (r > 0)
        return EXIT_FAILED;
    if (r || buf_printf(&path, "%s/%s", dir, l->name.at))
        return command_fail(MSG_CONSOLE_MEMORY);
    l->fd = move_open_file(path.at, O_NOFOLLOW);
    IGNORE(unlink(path.at), "the folder is removed with an error then");
    l->size = (uint64_t)json_int(report, "size");
    snprintf(l->digest, sizeof(l->digest), "%s", json_str(report, "sha256"));
    if (l->fd < 0)
        return command_fail(MSG_FAIL_CONTAINER_READ, {"why", str_of(command_why(errno))});
    r = check_inside(x, report, looked_at, n, l->made);
    return r ? r : put_inside(report, &l->inside);
}

/* Behind the others, so that what was looked at is closed alone. */
static void add_cover(struct seal_source *sources, char *looked_at, size_t n, const struct media_cover *cover)
{
    sources[n] = (struct seal_source){cover->name.at, cover->fd};
    snprintf(looked_at + n * (2 * SHA256_SIZE + 1), 2 * SHA256_SIZE + 1, "%s", cover->digest);
}

static int seal_sources(struct export *x, struct seal_source *sources, struct load *l)
{
    const char *tmp = getenv("TMPDIR");
    char dir[PATH_MAX], *looked_at = calloc(x->q->n + 1, 2 * SHA256_SIZE + 1);
    struct media_cover cover = {.fd = -1};
    size_t n = 0;
    int r = 0;

    snprintf(dir, sizeof(dir), "%s/tsujiban-media-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!looked_at || !mkdtemp(dir)) {
        free(looked_at);
        return command_fail_why(MSG_CONSOLE_MADE, dir, errno);
    }
    while (!r && n < x->q->n) {
        struct cleaned c = {.fd = -1};

        r = clean_source(x, &x->q->files[n], l, &c);
        if (c.fd < 0)
            break;
        snprintf(looked_at + n * (2 * SHA256_SIZE + 1), 2 * SHA256_SIZE + 1, "%s", c.digest);
        sources[n] = (struct seal_source){x->q->files[n].name, c.fd};
        n++;
    }
    if (!r && !(r = media_cover_make(x->gate, x->item, sources, n, looked_at, &cover)) && cover.fd >= 0)
        add_cover(sources, looked_at, n, &cover);
    if (!r)
        r = seal_into(x, dir, sources, n + (cover.fd >= 0), looked_at, l);
    free(looked_at);
    for (size_t i = 0; i < n; i++)
        close(sources[i].fd);
    media_cover_done(&cover);
    if (rmdir(dir))
        IGNORE(command_fail_why(MSG_CONSOLE_REMOVED, dir, errno), "only a container lies in it");
    return r;
}

static int export_sealed(struct export *x)
{
    struct seal_source *sources = calloc(x->q->n + 1, sizeof(*sources)); /* and the cover */
    CLEANUP(load_done) struct load l;
    int r = load_init(&l);

    if (!sources || r) {
        free(sources);
        return r ? r : command_fail(MSG_CONSOLE_MEMORY);
    }
    r = seal_name_make(str_of(x->item), x->level, x->q->receivers ? ".box" : ".zip", &l.name) ? command_fail(MSG_FAIL_NAME_BAD,
                                                                                                             {"name", str_of(x->item)}) : take_secret(x);
    if (!r)
        r = seal_sources(x, sources, &l);
    free(sources);
    if (!r)
        r = export_load(x, &l, x->keys ? "receivers" : "password");
    if (r && x->made_secret && !x->n_done)
        IGNORE(unlink(x->q->new_password), "a password of nothing does no harm");
    if (!r && x->made_secret)
        command_say(MSG_SAID_MEDIUM_PASSWORD, {"path", str_of(x->q->new_password)});
    return r;
}

/* Plain or cipher, as the grant says; how it is sealed is said beside it, and where nothing is nothing must be. */
static int form_of_grant(struct export *x)
{
    bool has_way = x->q->password_file || x->q->new_password || x->q->receivers;
    JSON_AUTO *view = NULL;
    const char *form;

    if (*x->grant && engine_view(x->gate->engine, x->gate->person.at, x->grant, engine_now(x->gate->engine), &view))
        return command_fail(MSG_FAIL_GRANT_READ);
    form = json_str(json_obj(view, "values"), "form");
    x->is_cipher = !strcmp(form, "cipher");
    if (!x->is_cipher && strcmp(form, "plain") != 0)
        return command_fail(MSG_FAIL_GRANT_FORM);
    return x->is_cipher == has_way ? 0 : command_fail(x->is_cipher ? MSG_FAIL_GRANT_CIPHER : MSG_FAIL_GRANT_PLAIN, {"grant", str_of(x->grant)});
}

int media_export(struct gate *g, const struct media_out *q)
{
    struct export x = {.q = q, .gate = g, .is_cipher = q->is_cipher};
    int r = gate_medium(g, q->dir);

    buf_init(&x.secret, SECRET_MAX + 1);
    buf_init(&x.sealed_for, SEALED_FOR_MAX + 1);
    if (!r)
        r = gate_find(g, GATE_TRAIL, "item", q->item, x.item);
    if (!r && !(r = gate_grant(g, x.grant))) {
        gate_is_for(g, x.item, x.grant);
        r = level_of(&x);
    }
    if (!r && q->by_grant)
        r = form_of_grant(&x);
    if (!r && x.is_cipher)
        r = export_sealed(&x);
    else
        for (size_t i = 0; !r && i < q->n; i++)
            r = export_plain(&x, &q->files[i]);
    if (x.n_done) {
        int renewed = gate_renew(g, q->dir);

        r = r ? r : renewed;
    }
    buf_wipe(&x.secret);
    buf_done(&x.sealed_for);
    free(x.keys);
    return r;
}
