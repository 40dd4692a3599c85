#include "guard/file-courier.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/time.h"
#include "base/utf8.h"
#include "engine/attachment.h"
#include "engine/seen.h"
#include "guard/clamd.h"
#include "guard/content-type.h"
#include "guard/examiner.h"
#include "guard/intake-courier.h"
#include "keeper/courier-life.h"
#include "store/blobs.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLACE_MAX 1000 /* bytes of a member's path that are told */
#define VERSION_US (5 * US_PER_SECOND) /* in which the scanner says what it is */

struct file_courier {
    const struct file_courier_config *config;
    struct store *store, *blobs; /* blobs: NULL until the first file came */
    struct keeper_link *link;
    struct courier_life life;
    struct diag *diag;
};

/* One file in work. */
struct specimen_file {
    char id[ATTACHMENT_ID_SIZE], name[ATTACHMENT_NAME_MAX + 1];
    int64_t tries;
    uint64_t size;
    uint8_t key[VAULT_KEY_SIZE];
    int fd; /* in memory; -1: it is too large for that */
    struct digest sha256;
    enum content_type type;
    char scanner[CLAMD_SCANNER_SIZE], definitions[CLAMD_DAY_SIZE]; /* as it says itself; "": it does not */
};

/* ---- its bytes ---- */

/* Where contents of files are not this process's to read. */
static int ask_piece(struct file_courier *c, struct specimen_file *f, int64_t n, struct buf *sealed)
{
    JSON_AUTO *answer = NULL;
    JSON_AUTO *message = json_pack("{s:s, s:s, s:I}", "op", "exam-bytes", "id", f->id, "n", (json_int_t)n);
    int r = message ? keeper_ask(c->link, message, &answer) : -ENOMEM;

    if (r)
        return r;
    if (!json_flag(answer, "ok")) /* busy is not damaged */
        return !strcmp(json_str(answer, "error"), "none") ? STORE_E_NONE : STORE_E_BUSY;
    return base64_parse(str_of(json_str(answer, "data")), sealed);
}

static int read_piece(struct file_courier *c, struct specimen_file *f, int64_t n, struct buf *plain)
{
    CLEANUP(buf_done) struct buf sealed;
    int r;

    buf_init(&sealed, BLOBS_PIECE_MAX);
    buf_clear(plain);
    r = keeper_link_is_apart(c->link) ? ask_piece(c, f, n, &sealed) : blobs_get(c->blobs, f->id, n, &sealed);
    if (r)
        return r == STORE_E_NONE ? -EBADMSG : store_errno(r);
    return attachment_open_piece(f->id, f->size, n, f->key, buf_str(&sealed), plain);
}

/* All pieces into memory, as far as there is any for them, and into the digest. */
static int read_pieces(struct file_courier *c, struct specimen_file *f, struct sha256_state *sha)
{
    CLEANUP(buf_wipe) struct buf plain;
    int r = 0;

    buf_init(&plain, ATTACHMENT_PIECE);
    for (int64_t n = 0; !r && n < attachment_pieces(f->size) && !c->life.is_ending; n++) {
        if ((r = read_piece(c, f, n, &plain)))
            return r;
        if (!n)
            f->type = content_type_of((struct str){plain.at, MIN_OF(plain.len, (size_t)CONTENT_HEAD)});
        sha256_add(sha, buf_str(&plain));
        if (f->fd >= 0)
            r = file_write_all(f->fd, buf_str(&plain));
        courier_look(&c->life, 0);
    }
    return r ? r : c->life.is_ending ? -EINTR : 0;
}

static int read_file(struct file_courier *c, struct specimen_file *f)
{
    struct sha256_state *sha;
    int r = 0;

    f->fd = -1;
    if (!keeper_link_is_apart(c->link) && !c->blobs && (r = store_errno(blobs_open(c->config->db, STORE_READ, &c->blobs, c->diag))))
        return r;
    if (f->size <= FILE_EXAMINED_MAX && (f->fd = memfd_create("file", MFD_CLOEXEC)) < 0)
        return -errno;
    if (!(sha = sha256_new()))
        return -ENOMEM;
    r = read_pieces(c, f, sha);
    f->sha256 = sha256_end(sha);
    return r;
}

/* ---- the examination ---- */

/* How it ended, in the words of file_states. */
static const char *outcome_of(const json_t *report)
{
    const char *verdict = json_str(report, "verdict"), *why = json_str(report, "why");

    if (!strcmp(verdict, "clean") || !strcmp(verdict, "infected"))
        return verdict;
    if (!strcmp(why, "no-scanner"))
        return why;
    return !strcmp(why, "crashed") || !strcmp(why, "overdue") ? "crashed" : "not-examinable";
}

/* As whoever looked into the file says it, it is told only where it has the form that the keeper takes: he may have been taken over. A path is
 * put in NFC and cut at the border of a character. */
static int add_place(const char *place, struct buf *out)
{
    size_t n = strnlen(place, PLACE_MAX);
    int r;

    while (n && place[n] && ((unsigned char)place[n] & 0xc0) == 0x80)
        n--;
    r = utf8_nfc((struct str){place, n}, false, out);
    if (r > 0 || out->len > PLACE_MAX) {
        buf_clear(out);
        r = 0;
    }
    return r;
}

static const char *visible_name(const char *name, char room[CLAMD_NAME_MAX + 1])
{
    size_t n = strnlen(name, CLAMD_NAME_MAX);

    for (size_t i = 0; i < n; i++)
        room[i] = name[i] > ' ' && name[i] < 0x7f ? name[i] : '?';
    room[n] = '\0';
    return room;
}

/* What stands before the last " > ": the member that holds this one. */
static struct str holder_of(struct str name)
{
    for (size_t i = name.len; i-- > 3;)
        if (!memcmp(name.at + i - 3, " > ", 3))
            return (struct str){name.at, i - 3};
    return (struct str){"", 0};
}

static bool is_mark_of_package(struct str name)
{
    return str_ends(name, STR(" > [Content_Types].xml")) || str_ends(name, STR(" > META-INF/manifest.xml"));
}

/* In an office document: its parts of XML are alike in whatever the same program wrote. */
static bool is_in_package(const json_t *members, struct str holder)
{
    const json_t *m;
    size_t i;

    json_array_foreach(members, i, m) {
        struct str name = str_of(json_str(m, "name"));

        if (is_mark_of_package(name) && str_eq((struct str){name.at, MIN_OF(holder.len, name.len)}, holder) &&
            str_starts((struct str){name.at + MIN_OF(holder.len, name.len), name.len - MIN_OF(holder.len, name.len)}, STR(" > ")))
            return true;
    }
    return false;
}

/* By what a file is found again: each member that was read whole, as {SHA-256: bytes}. */
static int put_members(const json_t *report, json_t *out)
{
    const json_t *members = json_arr(report, "members"), *m;
    size_t i;

    json_array_foreach(members, i, m) {
        struct str name = str_of(json_str(m, "name"));
        struct digest d;

        if (!json_int(m, "layer") || hex_parse(str_of(json_str(m, "sha256")), &d, sizeof(d)) || json_int(m, "size") < 0)
            continue;
        if (!strcmp(json_str(m, "type"), "text") && is_in_package(members, holder_of(name)))
            continue;
        if (json_put_int(out, json_str(m, "sha256"), json_int(m, "size")))
            return -ENOMEM;
    }
    return 0;
}

static json_t *end_message(const struct specimen_file *f, const json_t *report)
{
    CLEANUP(buf_done) struct buf place;
    char found[CLAMD_NAME_MAX + 1], sha[2 * SHA256_SIZE + 1];
    JSON_AUTO *members = json_object();
    JSON_AUTO *seen = NULL;

    buf_init(&place, 4 * PLACE_MAX);
    sodium_bin2hex(sha, sizeof(sha), f->sha256.bytes, sizeof(f->sha256.bytes));
    if (!members || put_members(report, members) || add_place(json_str(report, "place"), &place) || seen_of_report(report, &seen))
        return NULL;
    return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s%, s:s, s:O, s:O}", "op", "exam-end", "id", f->id, "tries", (json_int_t)f->tries,
                     "state", outcome_of(report), "type", content_type_name(f->type), "sha256", sha, "scanner", f->scanner, "definitions",
                     f->definitions, "why", json_str(report, "why"), "place", buf_str(&place).at, place.len, "found",
                     visible_name(json_str(report, "found"), found), "members", members, "seen", seen);
}

static int ask_scanner(struct file_courier *c, struct specimen_file *f)
{
    CLEANUP(clamd_closep) struct clamd *clamd = NULL;
    int fd = clamd_connect(c->config->scanner), r;

    if (fd < 0)
        return fd == -ENOMEM ? fd : 0; /* the examination says that there is none */
    r = clamd_open(fd, clock_monotonic_us() + VERSION_US, &clamd);
    if (!r)
        clamd_describe(clamd_version(clamd), f->scanner, f->definitions);
    return r == -ENOMEM ? r : 0;
}

static int look_at(struct file_courier *c, struct specimen_file *f, json_t **ret_report)
{
    const struct examine_input in = {.fd = f->fd, .name = f->name, .is_drawn = true};
    struct examine_limits limits = examine_limits_default;
    int r;

    if (c->config->stream_max)
        limits.stream_max = c->config->stream_max;
    if (f->fd < 0) {
        *ret_report = json_pack("{s:s, s:s, s:s}", "verdict", "not-examinable", "why", "size", "place", f->name);
        return *ret_report ? 0 : -ENOMEM;
    }
    if ((r = ask_scanner(c, f)))
        return r;
    return examiner_run(c->config->scanner, &in, &limits, ret_report);
}

/* A file whose pieces do not open is told so; what else fails is tried again, by this process or the next. */
static int examine_file(struct file_courier *c, struct specimen_file *f)
{
    JSON_AUTO *report = NULL;
    int r = read_file(c, f);

    if (r == -EBADMSG)
        report = json_pack("{s:s, s:s, s:s}", "verdict", "not-examinable", "why", "damaged", "place", f->name);
    else if (r || (r = look_at(c, f, &report)))
        return r;
    return report ? courier_report(&c->life, c->link, end_message(f, report)) : -ENOMEM;
}

static int begin(struct file_courier *c, struct specimen_file *f)
{
    JSON_AUTO *answer = NULL;
    int r = courier_ask(c->link, json_pack("{s:s, s:s, s:I}", "op", "exam-begin", "id", f->id, "tries", (json_int_t)f->tries), &answer);

    if (r)
        return r;
    f->tries++;
    f->size = (uint64_t)json_int(answer, "size");
    snprintf(f->name, sizeof(f->name), "%s", json_str(answer, "name"));
    return hex_parse(str_of(json_str(answer, "key")), f->key, sizeof(f->key)) ? -EBADMSG : 0;
}

/* ---- the loop ---- */

/* 1: nothing waits. */
static int find_due(struct file_courier *c, struct specimen_file *f)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(c->store, &row, STMT_ATTACHMENT_DUE, V_INT(clock_real_us()));

    if (r)
        return r == STORE_E_NONE ? 1 : store_errno(r);
    r = attachment_get(c->store, rows_text(row, 0), &a);
    memcpy(f->id, a.id, sizeof(f->id));
    f->tries = a.tries;
    return r;
}

/* 0: one was dealt with, ask again. 1: nothing to do now. */
static int turn(struct file_courier *c)
{
    struct specimen_file f = {.fd = -1};
    int r = find_due(c, &f);

    if (!r)
        r = begin(c, &f);
    if (!r)
        r = examine_file(c, &f);
    if (f.fd >= 0)
        close(f.fd);
    sodium_memzero(&f, sizeof(f));
    return r == -EINTR ? 0 : r;
}

static int loop(struct file_courier *c)
{
    while (!c->life.is_ending) {
        int r = turn(c);

        if (r < 0 && !courier_is_away(r))
            return r;
        courier_look(&c->life, r ? FILE_COURIER_POLL_MS : 0);
    }
    return 0;
}

static int open_all(struct file_courier *c)
{
    int r = courier_life_open(&c->life, c->config->starter_fd);

    if (!r)
        r = store_open(c->config->db, STORE_READ, &c->store, c->diag);
    if (r)
        return r > 0 ? -EIO : r;
    return keeper_link_open_examiner(c->config->data, &c->link, c->diag);
}

int file_courier_run(const struct file_courier_config *config, struct diag *diag)
{
    struct file_courier c = {.config = config, .life = {.signal_fd = -1}, .diag = diag};
    struct intake_courier *intake = NULL;
    int r = open_all(&c);

    if (!r)
        r = intake_courier_start(config->data, config->db, config->scanner, config->stream_max ? config->stream_max : examine_limits_default.stream_max, &intake);
    if (!r)
        r = loop(&c);
    intake_courier_stop(intake);
    if (r < 0 && !*diag_first(diag))
        diag_error(diag, "%s", strerror(-r));
    keeper_link_close(c.link);
    store_close(c.blobs);
    store_close(c.store);
    courier_life_done(&c.life);
    return r;
}
