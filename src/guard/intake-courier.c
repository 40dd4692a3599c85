#include "guard/intake-courier.h"

#include "base/codec.h"
#include "base/time.h"
#include "engine/attachment.h"
#include "guard/clamd.h"
#include "guard/intake.h"
#include "keeper/courier-life.h"
#include "store/blobs.h"
#include "store/segment.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AGAIN_MS 500
#define SCAN_US (120 * US_PER_SECOND) /* for one file */
#define AWAY_TRIES 120 /* of one question, while the keeper is away */

struct intake_courier {
    const char *data, *db, *scanner;
    uint64_t stream_max;
    pthread_t thread;
    atomic_bool is_ending;
    struct store *store, *blobs; /* NULL: not opened yet */
    struct keeper_link *link;
};

/* One file in work. */
struct reading {
    struct intake_courier *c;
    int64_t run, tries, n; /* n: the next segment */
    char id[ATTACHMENT_ID_SIZE];
    uint64_t size, at, told_us, made_us;
    int64_t piece;
    uint8_t key[VAULT_KEY_SIZE];
    enum intake_format format;
    enum tlp tlp;
    const char *why; /* that it stopped; NULL: it did not */
    const char *scan; /* what the scanner said */
    struct sha256_state *hash; /* of what was read for parsing */
    char sha256[2 * SHA256_SIZE + 1]; /* of the whole file, once it was read through */
};

static void rest(int ms)
{
    const struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000L};

    nanosleep(&t, NULL);
}

/* ---- asking ---- */

/* While the keeper is away it waits, and asks again: segments that come twice change nothing. 0; 1: it says no; negative: it stays away. */
static int ask(struct intake_courier *c, json_t *message, json_t **ret_answer)
{
    JSON_AUTO *owned = message;
    int r = owned ? -EAGAIN : -ENOMEM;

    for (int i = 0; i < AWAY_TRIES && r < 0 && r != -ENOMEM && !c->is_ending; i++) {
        JSON_AUTO *answer = NULL;
        int e = keeper_ask(c->link, owned, &answer);
        const char *error = json_str(answer, "error");

        r = e ? e : json_flag(answer, "ok") ? 0 : !strcmp(error, "busy") || !strcmp(error, "lost") || !strcmp(error, "unknown-outcome") ? -EBUSY : 1;
        if (r < 0)
            rest(AGAIN_MS);
        else if (ret_answer)
            *ret_answer = TAKE(answer);
    }
    return r;
}

static int end(struct reading *x, const json_t *report)
{
    json_t *m = json_pack("{s:s, s:I, s:I}", "op", "intake-end", "run", (json_int_t)x->run, "tries", (json_int_t)x->tries);
    int r = !m ? -ENOMEM : report ? json_put_int(m, "left_out", json_int(report, "left_out")) : json_put_str(m, "why", x->why);

    if (!r && report && (json_object_set(m, "report", (json_t *)(uintptr_t)report) || json_put_str(m, "sha256", x->sha256)))
        r = -ENOMEM;
    if (r) {
        json_decref(m);
        return r;
    }
    return ask(x->c, m, NULL);
}

/* ---- the calls of the cage's reading ---- */

static int sealed_piece(struct reading *x, struct buf *sealed)
{
    JSON_AUTO *answer = NULL;
    struct intake_courier *c = x->c;
    int r;

    if (!keeper_link_is_apart(c->link)) {
        r = c->blobs ? 0 : blobs_open(c->db, STORE_READ, &c->blobs, NULL);
        return r ? r : blobs_get(c->blobs, x->id, x->piece, sealed);
    }
    r = ask(c, json_pack("{s:s, s:s, s:I}", "op", "exam-bytes", "id", x->id, "n", (json_int_t)x->piece), &answer);
    if (r)
        return r > 0 ? STORE_E_NONE : r;
    return base64_parse(str_of(json_str(answer, "data")), sealed);
}

/* How far it is, now and then. 1: it is wanted no more. */
static int tell(struct reading *x)
{
    uint64_t now = clock_monotonic_us();

    if (now - x->told_us < INTAKE_TELL_US)
        return 0;
    x->told_us = now;
    return ask(x->c, json_pack("{s:s, s:I, s:I, s:I}", "op", "intake-tell", "run", (json_int_t)x->run, "tries", (json_int_t)x->tries, "done",
                               (json_int_t)x->at), NULL);
}

static int stop(struct reading *x, const char *why)
{
    x->why = why;
    return 1;
}

/* Of the place where it is; at its end nothing. */
static int next_piece(struct reading *x, struct buf *piece)
{
    CLEANUP(buf_done) struct buf sealed;
    int r;

    buf_init(&sealed, BLOBS_PIECE_MAX);
    if (x->c->is_ending)
        return -EINTR;
    if (x->at >= x->size)
        return 0;
    r = sealed_piece(x, &sealed);
    if (!r)
        r = attachment_open_piece(x->id, x->size, x->piece, x->key, buf_str(&sealed), piece);
    if (r == STORE_E_NONE || r == -EBADMSG)
        return stop(x, "damaged");
    if (r)
        return store_errno(r);
    x->piece++;
    x->at += piece->len;
    return 0;
}

static int read_piece(void *context, struct buf *piece)
{
    struct reading *x = context;
    int r = next_piece(x, piece);

    if (r || !piece->len)
        return r;
    sha256_add(x->hash, buf_str(piece));
    r = tell(x);
    return r > 0 ? stop(x, "refused") : r;
}

/* What the parser did not want is of the file, too. */
static int read_rest(struct reading *x)
{
    int r = 0;

    while (!r && x->at < x->size) {
        CLEANUP(buf_wipe) struct buf piece;

        buf_init(&piece, ATTACHMENT_PIECE);
        r = read_piece(x, &piece);
    }
    return r;
}

/* ---- the scanner ---- */

/* Negative beside -EINTR and -ENOMEM: it failed. */
static int scan_bytes(struct reading *x, struct clamd *clamd)
{
    uint64_t most = MIN_OF(x->size, x->c->stream_max);
    struct clamd_said said;
    int r = clamd_begin(clamd);

    while (!r && x->at < most) {
        CLEANUP(buf_wipe) struct buf piece;
        uint64_t from = x->at;

        buf_init(&piece, ATTACHMENT_PIECE);
        r = next_piece(x, &piece);
        if (!r)
            r = clamd_add(clamd, (struct str){piece.at, (size_t)MIN_OF((uint64_t)piece.len, most - from)});
    }
    if (!r)
        r = clamd_end(clamd, &said);
    if (r)
        return r;
    x->scan = said.answer == CLAMD_CLEAN && most == x->size ? "clean" : "not-examinable";
    return said.answer == CLAMD_FOUND ? stop(x, "infected") : 0;
}

/* 1: it is not read, as x->why says. */
static int scan(struct reading *x)
{
    CLEANUP(clamd_closep) struct clamd *clamd = NULL;
    int fd = clamd_connect(x->c->scanner), r = fd < 0 ? fd : clamd_open(fd, clock_monotonic_us() + SCAN_US, &clamd);

    x->scan = "no-scanner";
    if (!r) {
        x->scan = "not-examinable";
        r = scan_bytes(x, clamd);
    }
    x->at = 0;
    x->piece = 0;
    return r > 0 || r == -ENOMEM || r == -EINTR ? r : 0;
}

static int take_segment(void *context, struct str segment)
{
    CLEANUP(buf_done) struct buf text;
    struct reading *x = context;
    int r;

    buf_init(&text, 2 * SEGMENT_SIZE_MAX);
    if ((r = base64_print(segment.at, segment.len, &text)))
        return r;
    r = ask(x->c, json_pack("{s:s, s:I, s:I, s:I, s:s%}", "op", "intake-segment", "run", (json_int_t)x->run, "tries", (json_int_t)x->tries, "n",
                            (json_int_t)x->n, "data", text.at, text.len), NULL);
    if (r > 0)
        return stop(x, "refused");
    x->n += !r;
    return r ? r : tell(x);
}

/* ---- a file ---- */

static int read_file(struct reading *x)
{
    const struct intake_job job = {.setting = {.format = x->format, .tlp = x->tlp, .made_us = x->made_us}, .read = read_piece, .segment = take_segment, .context = x};
    JSON_AUTO *report = NULL;
    struct digest d;
    int r = scan(x);

    if (!r && !(x->hash = sha256_new()))
        r = -ENOMEM;
    if (!r && !(r = intake_run(&job, &report)))
        r = read_rest(x);
    if (x->hash) {
        d = sha256_end(TAKE(x->hash));
        sodium_bin2hex(x->sha256, sizeof(x->sha256), d.bytes, sizeof(d.bytes));
    }
    if (!r)
        r = json_put_str(report, "scan", x->scan);
    if (r < 0)
        return r;
    if (r == INTAKE_E_CRASHED && !x->why)
        x->why = "crashed";
    if (r == INTAKE_E_OVERDUE && !x->why)
        x->why = "overdue";
    if (r && !x->why)
        x->why = "away";
    return end(x, x->why ? NULL : report);
}

static int begin(struct reading *x)
{
    JSON_AUTO *answer = NULL;
    int r = courier_ask(x->c->link, json_pack("{s:s, s:I, s:I}", "op", "intake-begin", "run", (json_int_t)x->run, "tries", (json_int_t)x->tries), &answer);

    if (r)
        return r;
    x->tries++;
    x->size = (uint64_t)json_int(answer, "size");
    x->tlp = (enum tlp)json_int(answer, "tlp");
    x->made_us = (uint64_t)json_int(answer, "made");
    snprintf(x->id, sizeof(x->id), "%s", json_str(answer, "id"));
    if (!intake_format_of(str_of(json_str(answer, "format")), &x->format))
        return -EPROTO;
    return hex_parse(str_of(json_str(answer, "key")), x->key, sizeof(x->key)) ? -EBADMSG : 0;
}

/* 0: one was dealt with, ask again. 1: nothing to do now. */
static int turn(struct intake_courier *c)
{
    struct reading x = {.c = c};
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(c->store, &row, STMT_INTAKE_DUE, V_INT(clock_real_us()));

    if (r)
        return r == STORE_E_NONE ? 1 : store_errno(r);
    x.run = rows_int(row, 0);
    x.tries = rows_int(row, 1);
    rows_done(TAKE(row));
    r = begin(&x);
    if (!r)
        r = read_file(&x);
    sodium_memzero(&x, sizeof(x));
    return r;
}

static int open_all(struct intake_courier *c)
{
    struct diag diag;
    int r = c->store ? 0 : store_open(c->db, STORE_READ, &c->store, NULL);

    diag_init(&diag);
    if (!r && !c->link)
        r = keeper_link_open_examiner(c->data, &c->link, &diag);
    diag_done(&diag);
    return r;
}

static void *life(void *context)
{
    struct intake_courier *c = context;

    while (!c->is_ending) {
        int r = open_all(c);

        if (!r)
            r = turn(c);
        if (r)
            rest(r > 0 ? INTAKE_POLL_MS : AGAIN_MS);
    }
    return NULL;
}

int intake_courier_start(const char *data, const char *db, const char *scanner, uint64_t stream_max, struct intake_courier **ret)
{
    struct intake_courier *c = calloc(1, sizeof(*c));
    int r = c ? 0 : -ENOMEM;

    if (!r) {
        c->data = data;
        c->db = db;
        c->scanner = scanner;
        c->stream_max = stream_max;
        r = -pthread_create(&c->thread, NULL, life, c);
    }
    if (r)
        free(c);
    else
        *ret = c;
    return r;
}

void intake_courier_stop(struct intake_courier *c)
{
    if (!c)
        return;
    c->is_ending = true;
    pthread_join(c->thread, NULL);
    keeper_link_close(c->link);
    store_close(c->blobs);
    store_close(c->store);
    free(c);
}
