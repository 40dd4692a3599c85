#include "outward/fetcher.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/time.h"
#include "guard/intake.h"
#include "keeper/courier-life.h"
#include "outward/secret.h"
#include "outward/taxii-client.h"
#include "store/segment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SECRET_SIZE 4096u
#define PAGE_TIMEOUT_S 300u
#define AGAIN_MS 500
#define WAITS_MS 1000
#define WAITS_MAX 600u /* so often it is asked again while runs are put in order */
#define WORDS_MAX 300u
#define URL_MAX 8192u

struct fetcher {
    const struct fetcher_config *config;
    struct keeper_link *link;
    struct courier_life life;
};

/* One poll in work. */
struct fetching {
    struct fetcher *f;
    char channel[96], url[URL_MAX], user[1024];
    char secret[SECRET_SIZE];
    struct buf ca;
    int64_t tries, n;      /* n: the next segment */
    enum tlp tlp;
    bool is_plain, has_run;
    struct taxii_state state;
    int page;              /* in memory; -1: none */
    uint64_t left_out;
    const char *why;       /* that it stopped; NULL: the report says */
};

/* Some words of why it stopped have no place in enum taxii_trouble. */
static const char *const troubles[] = {[TAXII_T_NONE] = "",           [TAXII_T_LATER] = "later",   [TAXII_T_REFUSED] = "refused",
                                       [TAXII_T_NO_TAXII] = "no-taxii", [TAXII_T_STANDS] = "stands", [TAXII_T_TOO_LARGE] = "too-large"};

static bool is_ending(void *context)
{
    struct fetching *x = context;

    courier_look(&x->f->life, 0);
    return x->f->life.is_ending;
}

static int stop(struct fetching *x, const char *why)
{
    x->why = why;
    return 1;
}

/* ---- the keeper ---- */

static bool is_later(const char *error)
{
    return !strcmp(error, "busy") || !strcmp(error, "lost") || !strcmp(error, "unknown-outcome");
}

/* While the keeper is away it waits, and asks again: only of what may come twice. 0 with what it said, also no; negative: we are to end. */
static int ask(struct fetching *x, json_t *message, json_t **ret_answer)
{
    JSON_AUTO *owned = message;
    int r = owned ? -EAGAIN : -ENOMEM;

    while (r < 0 && r != -ENOMEM) {
        JSON_AUTO *answer = NULL;

        r = keeper_ask(x->f->link, owned, &answer);
        if (!r && is_later(json_str(answer, "error")))
            r = -EBUSY;
        if (!r)
            *ret_answer = TAKE(answer);
        else if (is_ending(x))
            return -EINTR;
        else
            courier_look(&x->f->life, AGAIN_MS);
    }
    return r;
}

/* The keeper's no ends the poll; that it is over says that nobody waits for its end. */
static int refused(struct fetching *x, const json_t *answer)
{
    return stop(x, !strcmp(json_str(answer, "error"), "forbidden") ? "forbidden" : "over");
}

static int propose(struct fetching *x)
{
    JSON_AUTO *answer = NULL;
    int r = ask(x, json_pack("{s:s, s:s, s:I}", "op", "poll-propose", "channel", x->channel, "tries", (json_int_t)x->tries), &answer);

    if (r)
        return r;
    x->has_run = json_flag(answer, "ok");
    return x->has_run ? 0 : refused(x, answer);
}

static int send_segment(struct fetching *x, const struct buf *text, json_t **ret_answer)
{
    return ask(x, json_pack("{s:s, s:s, s:I, s:I, s:s%}", "op", "poll-segment", "channel", x->channel, "tries", (json_int_t)x->tries, "n", (json_int_t)x->n,
                            "data", text->at, text->len), ret_answer);
}

/* Without anything new no import is proposed, so that asking leaves no trace where nothing came. */
static int take_segment(void *context, struct str segment)
{
    CLEANUP(buf_done) struct buf text;
    JSON_AUTO *answer = NULL;
    struct fetching *x = context;
    int r;

    buf_init(&text, 2 * SEGMENT_SIZE_MAX);
    if ((r = base64_print(segment.at, segment.len, &text)) || (r = send_segment(x, &text, &answer)))
        return r;
    if (json_flag(answer, "wants")) {
        json_decref(answer);
        answer = NULL;
        if ((r = propose(x)) || (r = send_segment(x, &text, &answer)))
            return r;
    }
    if (!json_flag(answer, "ok"))
        return refused(x, answer);
    x->n += x->has_run;
    x->left_out += (uint64_t)MAX_OF(json_int(answer, "held"), 0);
    return 0;
}

static int tell(struct fetching *x)
{
    JSON_AUTO *answer = NULL;
    int r = ask(x, json_pack("{s:s, s:s, s:I}", "op", "poll-tell", "channel", x->channel, "tries", (json_int_t)x->tries), &answer);

    return r ? r : json_flag(answer, "ok") ? 0 : refused(x, answer);
}

/* ---- a page ---- */

static int begin_page(void *context)
{
    struct fetching *x = context;

    return ftruncate(x->page, 0) || lseek(x->page, 0, SEEK_SET) ? -errno : 0;
}

static int add_piece(void *context, struct str piece)
{
    struct fetching *x = context;

    return file_write_all(x->page, piece);
}

static int read_piece(void *context, struct buf *piece)
{
    static char bytes[65536];
    struct fetching *x = context;
    ssize_t n = read(x->page, bytes, sizeof(bytes));

    return n < 0 ? -errno : buf_add(piece, bytes, (size_t)n);
}

/* A whole page: into the cage, and what comes out to the keeper. */
static int end_page(void *context, struct taxii_way *ret)
{
    struct fetching *x = context;
    const struct intake_job job = {.setting = {.format = INTAKE_STIX, .tlp = x->tlp, .made_us = clock_real_us()}, .read = read_piece, .segment = take_segment,
                                   .context = x};
    JSON_AUTO *report = NULL;
    int r = lseek(x->page, 0, SEEK_SET) ? -errno : intake_run(&job, &report);

    if (r == INTAKE_E_CRASHED || r == INTAKE_E_OVERDUE)
        return stop(x, r == INTAKE_E_CRASHED ? "crashed" : "overdue");
    if (r)
        return r;
    x->left_out += (uint64_t)MAX_OF(json_int(report, "left_out"), 0);
    ret->more = json_flag(report, "more");
    r = buf_add_text(&ret->next, json_str(report, "next"));
    return r == -ENOMEM ? r : tell(x);
}

/* ---- its end ---- */

/* Its beginning, whole characters. */
static size_t cut(const struct buf *words)
{
    size_t n = MIN_OF(words->len, (size_t)WORDS_MAX);

    while (n < words->len && n && ((unsigned char)words->at[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static json_t *end_message(const struct fetching *x, const struct taxii_report *report)
{
    const char *trouble = x->why ? x->why : troubles[report->trouble];

    return json_pack("{s:s, s:s, s:I, s:s, s:i, s:I, s:s%, s:s, s:i, s:I}", "op", "poll-end", "channel", x->channel, "tries", (json_int_t)x->tries, "trouble",
                     trouble, "status", report->status, "wait", (json_int_t)report->wait_s, "words", report->words.len ? report->words.at : "",
                     cut(&report->words), "last", x->state.last, "more", (int)x->state.goes_on, "left_out", (json_int_t)x->left_out);
}

/* While eight imports are put in order it waits. Whatever else the keeper says is its last word. */
static int end(struct fetching *x, const struct taxii_report *report)
{
    bool waits = true;
    int r = 0;

    for (unsigned i = 0; !r && waits && i < WAITS_MAX; i++) {
        JSON_AUTO *answer = NULL;

        r = ask(x, end_message(x, report), &answer);
        waits = !r && !strcmp(json_str(answer, "error"), "waits");
        if (waits)
            courier_look(&x->f->life, WAITS_MS);
        if (waits && x->f->life.is_ending)
            return -EINTR;
    }
    return r;
}

/* ---- one poll ---- */

/* "": nobody asks there by name, and there is no secret: it is asked so. */
static int find_secret(struct fetching *x)
{
    char name[128];
    int r;

    snprintf(name, sizeof(name), "%s.secret", x->channel);
    r = secret_read(x->f->config->data, FETCHER_FOLDER, name, x->secret, sizeof(x->secret));
    if (r < 0)
        return r;
    if (r == SECRET_E_BAD || (r && *x->user))
        return stop(x, "secret");
    snprintf(name, sizeof(name), "%s.pem", x->channel);
    r = secret_path(x->f->config->data, FETCHER_FOLDER, name, &x->ca);
    if (!r && access(x->ca.at, R_OK))
        buf_clear(&x->ca);
    return r;
}

static int fetch(struct fetching *x, struct taxii_report *report)
{
    static const struct taxii_sink sink = {begin_page, add_piece, end_page};
    const struct taxii_peer peer = {.url = x->url,
                                    .user = x->user,
                                    .secret = x->secret,
                                    .ca_file = x->ca.len ? x->ca.at : "",
                                    .is_plain = x->is_plain,
                                    .timeout_s = PAGE_TIMEOUT_S,
                                    .max_pages = FETCHER_PAGES_MAX};
    int r;

    if (!taxii_url_ok(x->url, x->is_plain))
        return stop(x, "address");
    if ((r = find_secret(x)))
        return r;
    x->page = memfd_create("page", MFD_CLOEXEC);
    return x->page < 0 ? -errno : taxii_fetch(&peer, &x->state, &sink, x, is_ending, x, report);
}

static bool copy(char *at, size_t size, const char *text)
{
    return snprintf(at, size, "%s", text) < (int)size;
}

/* 1: nothing is due, or nothing that can be asked. */
static int begin(struct fetching *x)
{
    JSON_AUTO *answer = NULL;
    int r = courier_ask(x->f->link, json_pack("{s:s}", "op", "poll-next"), &answer);

    if (r)
        return r;
    if (!*json_str(answer, "channel"))
        return 1;
    x->tries = json_int(answer, "tries");
    x->tlp = (enum tlp)json_int(answer, "tlp");
    x->is_plain = json_flag(answer, "plain");
    x->state.goes_on = json_flag(answer, "goes_on");
    if (!copy(x->channel, sizeof(x->channel), json_str(answer, "channel")) || !copy(x->state.last, sizeof(x->state.last), json_str(answer, "last")))
        return -EPROTO;
    if (!copy(x->url, sizeof(x->url), json_str(answer, "url")) || !copy(x->user, sizeof(x->user), json_str(answer, "user")))
        x->url[0] = '\0'; /* no address, which is told */
    return 0;
}

/* 0: one was dealt with, ask again. 1: nothing to do now. */
static int turn(struct fetcher *f)
{
    struct fetching x = {.f = f, .page = -1};
    struct taxii_report report = {.trouble = TAXII_T_NONE};
    int r;

    buf_init(&x.ca, URL_MAX);
    r = begin(&x);
    if (!r) {
        r = fetch(&x, &report);
        if (r == 1 && !strcmp(x.why, "over"))
            r = 0;
        else if (r >= 0 || is_ending(&x)) /* what came whole is opened, whatever broke behind it */
            r = end(&x, &report);
    }
    buf_done(&report.words);
    buf_done(&x.ca);
    if (x.page >= 0)
        close(x.page);
    explicit_bzero(x.secret, sizeof(x.secret));
    return r == -EINTR ? 0 : r;
}

static int loop(struct fetcher *f)
{
    while (!f->life.is_ending) {
        int r = turn(f);

        if (r < 0 && !courier_is_away(r))
            return r;
        courier_look(&f->life, r ? FETCHER_POLL_MS : 0);
    }
    return 0;
}

int fetcher_run(const struct fetcher_config *config, struct diag *diag)
{
    struct fetcher f = {.config = config, .life = {.signal_fd = -1}};
    int r = courier_life_open(&f.life, config->starter_fd);

    if (!r)
        r = taxii_client_start();
    if (!r)
        r = keeper_link_open_fetcher(config->data, &f.link, diag);
    if (!r)
        r = loop(&f);
    if (r < 0 && !*diag_first(diag))
        diag_error(diag, "%s", strerror(-r));
    keeper_link_close(f.link);
    courier_life_done(&f.life);
    return r;
}
