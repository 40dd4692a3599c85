#include "guard/mail-gate.h"

#include "guard/examiner.h"
#include "guard/mail-ask.h"
#include "guard/mail-keeper.h"
#include "guard/mail-read.h"
#include "guard/mail-seal.h"
#include "guard/seal.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/message.h"
#include "base/time.h"

#include <errno.h>
#include <libmilter/mfapi.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REPLY_LINES 16u
#define RELAY_ID_SIZE 64u
#define TICKET_TEXT_SIZE 64u
#define DIGEST_TEXT_SIZE 65u
#define REPLY_LINE_MAX 900u /* libmilter takes 980 bytes of a line */

/* libmilter hands its callbacks nothing of ours: what does not change while it runs stands here. */
static const struct mail_gate *the_gate;
static sem_t slots;

/* They stay inside. */
static const char *const own_headers[] = {MAIL_READ_NEED, MAIL_READ_RELEASE, MAIL_READ_INSPECT};

/* The mailing of a message that was let go, until the relay has gone on. */
struct gone {
    char record[MAIL_RECORD_SIZE], login[MAIL_LOGIN_SIZE], relay_id[RELAY_ID_SIZE]; /* "" none */
    char ticket[TICKET_TEXT_SIZE];
    char left[DIGEST_TEXT_SIZE]; /* SHA-256 of what the relay was given */
};

/* One message on its way; one a connection at a time. */
struct passage {
    int fd; /* a memory file; -1: none yet */
    size_t size;
    json_t *receivers;
    json_t *back; /* to whom it goes when it cannot be delivered; NULL or "" nobody */
    struct sha256_state *body;   /* NULL: no body yet */
    char login[MAIL_LOGIN_SIZE]; /* "" none */
    bool is_too_large, has_header[ARRAY_LEN(own_headers)];
    struct gone gone; /* outlives the message */
};

static void passage_clear(struct passage *p)
{
    if (p->fd >= 0)
        close(p->fd);
    json_decref(p->receivers);
    json_decref(p->back);
    if (p->body)
        (void)sha256_end(p->body);
    *p = (struct passage){.fd = -1, .gone = p->gone};
}

static struct passage *passage_of(SMFICTX *ctx)
{
    return smfi_getpriv(ctx);
}

/* ---- replies ---- */

struct reply {
    char lines[REPLY_LINES][2 * REPLY_LINE_MAX + 1]; /* a '%' takes two */
    size_t n;
};

/* Cut between characters; a percent sign means something to libmilter. */
static void reply_add(struct reply *y, struct str text)
{
    char *to;

    if (y->n == REPLY_LINES)
        return;
    if (text.len > REPLY_LINE_MAX) {
        text.len = REPLY_LINE_MAX;
        while (text.len > 0 && ((uint8_t)text.at[text.len] & 0xc0) == 0x80)
            text.len--;
    }
    to = y->lines[y->n++];
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '%')
            *to++ = '%';
        *to++ = text.at[i];
    }
    *to = '\0';
}

static char *line_at(struct reply *y, size_t i)
{
    return i < y->n ? y->lines[i] : NULL;
}

/* libmilter takes them as arguments, up to the first NULL. */
static sfsistat reply_give(SMFICTX *ctx, struct reply *y, bool is_final, const char *code)
{
    char status[8];
    int r;

    snprintf(status, sizeof(status), "%s", code);
    r = smfi_setmlreply(ctx, is_final ? "550" : "451", status, line_at(y, 0), line_at(y, 1),
                        line_at(y, 2), line_at(y, 3), line_at(y, 4), line_at(y, 5), line_at(y, 6),
                        line_at(y, 7), line_at(y, 8), line_at(y, 9), line_at(y, 10), line_at(y, 11),
                        line_at(y, 12), line_at(y, 13), line_at(y, 14), line_at(y, 15), NULL);
    IGNORE(r != MI_SUCCESS, "then the relay's own words go out");
    return is_final ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

static sfsistat reply_both(SMFICTX *ctx, enum message_key words, bool is_final)
{
    struct reply y = {.n = 0};

    reply_add(&y, message_text(MESSAGE_EN, words));
    reply_add(&y, message_text(MESSAGE_JA, words));
    return reply_give(ctx, &y, is_final, is_final ? "5.7.1" : "4.7.1");
}

static void tell(SMFICTX *ctx, const char *outcome, const char *words)
{
    const char *id = smfi_getsymval(ctx, (char *)(uintptr_t) "i");

    the_gate->tell(id ? id : "", outcome, words);
}

static sfsistat fail(SMFICTX *ctx, const char *why)
{
    tell(ctx, "failed", why);
    return reply_both(ctx, MSG_MAIL_GATE_FAILED, false);
}

static int reply_finding(struct reply *y, const json_t *f)
{
    for (int lang = MESSAGE_EN; lang >= MESSAGE_JA; lang--) {
        const char *tag = message_lang_tag((enum message_lang)lang);
        const char *satisfies = json_str(json_obj(f, "satisfies"), tag);
        CLEANUP(buf_done) struct buf line;
        int r;

        buf_init(&line, SIZE_MAX);
        if ((r = buf_printf(&line, "%s %s", json_str(f, "clause"),
                            json_str(json_obj(f, "words"), tag))))
            return r;
        reply_add(y, buf_str(&line));
        buf_clear(&line);
        if (*satisfies) {
            struct str would = message_text((enum message_lang)lang, MSG_MAIL_GATE_WOULD_SATISFY);

            if ((r = buf_printf(&line, "%.*s %s", STR_ARG(would), satisfies)))
                return r;
            reply_add(y, buf_str(&line));
        }
    }
    return 0;
}

/* What is forbidden first: a reply holds a few findings only. */
static sfsistat refuse(SMFICTX *ctx, const json_t *judgement)
{
    CLEANUP(buf_done) struct buf clauses;
    struct reply y = {.n = 0};
    int r = 0;

    buf_init(&clauses, SIZE_MAX);
    for (int is_forbidden = 1; is_forbidden >= 0; is_forbidden--) {
        const json_t *f;
        size_t i;

        json_array_foreach (json_arr(judgement, "findings"), i, f)
            if (!r && (strcmp(json_str(f, "verdict"), "forbidden") == 0) == is_forbidden &&
                !(r = reply_finding(&y, f)))
                r = buf_printf(&clauses, "%s%s", clauses.len ? " " : "", json_str(f, "clause"));
    }
    if (r)
        return fail(ctx, "memory");
    tell(ctx, "refused", clauses.at);
    return reply_give(ctx, &y, true, "5.7.1");
}

/* ---- what examinations did not survive ---- */

#define CRASHES_KEPT 256u

static struct crash {
    struct digest body;
    uint64_t at_us;
    unsigned n;
} crashes[CRASHES_KEPT]; /* the oldest gives way */
static pthread_mutex_t crashes_lock = PTHREAD_MUTEX_INITIALIZER;

/* One more of this body; how often that makes within a day. The relay comes again with a message that it could not get rid of, and so for days. */
static unsigned crashed_once_more(struct passage *p)
{
    struct sha256_state *s = p->body ? p->body : sha256_new();
    uint64_t now = clock_monotonic_us();
    struct crash *c = &crashes[0];
    struct digest d;
    unsigned n;

    p->body = NULL;
    if (!s)
        return 0;
    d = sha256_end(s);
    pthread_mutex_lock(&crashes_lock);
    for (size_t i = 0; i < ARRAY_LEN(crashes); i++) {
        if (crashes[i].n && !memcmp(&crashes[i].body, &d, sizeof(d))) {
            c = &crashes[i];
            break;
        }
        if (crashes[i].at_us < c->at_us)
            c = &crashes[i];
    }
    if (memcmp(&c->body, &d, sizeof(d)) != 0 || now - c->at_us > US_PER_DAY)
        c->n = 0;
    c->body = d;
    c->at_us = now;
    n = ++c->n;
    pthread_mutex_unlock(&crashes_lock);
    return n;
}

static bool is_crash(const json_t *report)
{
    return !strcmp(json_str(report, "why"), "crashed") ||
           !strcmp(json_str(report, "why"), "overdue");
}

static sfsistat refuse_unreadable(SMFICTX *ctx, struct passage *p, const json_t *report)
{
    struct reply y = {.n = 0};

    if (is_crash(report) && crashed_once_more(p) >= MAIL_GATE_CRASHES_MAX) {
        reply_add(&y, message_text(MESSAGE_JA, MSG_MAIL_GATE_CRASHED_OFTEN));
        reply_add(&y, message_text(MESSAGE_EN, MSG_MAIL_GATE_CRASHED_OFTEN));
        tell(ctx, "unreadable", json_str(report, "why"));
        return reply_give(ctx, &y, true, "5.6.0");
    }
    if (mail_why_is_ours(report))
        return fail(ctx, json_str(report, "why"));
    for (int is_english = 1; is_english >= 0; is_english--) {
        CLEANUP(buf_done) struct buf why;

        buf_init(&why, SIZE_MAX);
        if (mail_why_print(report, is_english, &why))
            return fail(ctx, "memory");
        reply_add(&y, buf_str(&why));
    }
    tell(ctx, "unreadable", json_str(report, "why"));
    return reply_give(ctx, &y, true, "5.6.0");
}

/* ---- one message ---- */

static int measure(const struct passage *p, json_t **ret)
{
    int r;

    if (p->is_too_large)
        return mail_read_unreadable("size", "", ret);
    while (sem_wait(&slots))
        ;
    r = examiner_mail(the_gate->rules->scanner, p->fd, &examine_limits_default, ret);
    sem_post(&slots);
    return r;
}

static const char *id_of(SMFICTX *ctx)
{
    const char *id = smfi_getsymval(ctx, (char *)(uintptr_t) "i");

    return id ? id : "";
}

static int strip(SMFICTX *ctx, const struct passage *p)
{
    for (size_t i = 0; i < ARRAY_LEN(own_headers); i++)
        if (p->has_header[i] &&
            smfi_chgheader(ctx, (char *)(uintptr_t)own_headers[i], 1, NULL) != MI_SUCCESS)
            return -EIO;
    return 0;
}

static sfsistat let_pass(SMFICTX *ctx, const struct passage *p)
{
    if (strip(ctx, p))
        return fail(ctx, "header");
    tell(ctx, "allowed", "");
    return SMFIS_CONTINUE;
}

static sfsistat judge_alone(SMFICTX *ctx, struct passage *p, const json_t *report)
{
    JSON_AUTO *judgement = NULL;

    if (mail_judge(report, p->receivers, the_gate->rules, &judgement))
        return fail(ctx, "memory");
    return strcmp(json_str(judgement, "verdict"), "allowed") != 0 ? refuse(ctx, judgement)
                                                                  : let_pass(ctx, p);
}

/* ---- the keeper ---- */

/* What the keeper did not take as an act: a login that is nobody's is the sender's to mend, all else ours. */
static sfsistat refuse_answer(SMFICTX *ctx, const json_t *answer)
{
    const char *field =
        json_str(json_array_get(json_arr(json_obj(answer, "outcome"), "fields"), 0), "field");
    char why[128];

    if (!strcmp(field, "release")) { /* the one value that the sender typed */
        tell(ctx, "refused", "release");
        return reply_both(ctx, MSG_MAIL_GATE_RELEASE, true);
    }
    if (!strcmp(json_str(answer, "error"), "copies")) {
        tell(ctx, "refused", "copies");
        return reply_both(ctx, MSG_MAIL_GATE_COPIES, true);
    }
    if (!strcmp(json_str(answer, "error"), "none")) {
        tell(ctx, "refused", "nobody");
        return reply_both(ctx, MSG_MAIL_GATE_NOBODY, true);
    }
    if (json_object_get(answer, "error"))
        return fail(ctx, json_str(answer, "error"));
    snprintf(why, sizeof(why), "%s %s", json_str(json_obj(answer, "outcome"), "result"), field);
    return fail(ctx, why);
}

/* In full on a page of the sender's. false: there it is not, either. */
static bool tell_on_page(SMFICTX *ctx, const struct passage *p, const json_t *lines)
{
    CLEANUP(buf_done) struct buf text;
    JSON_AUTO *with = NULL, *answer = NULL;
    const json_t *line;
    size_t i;
    int r = 0;

    buf_init(&text, 16000);
    json_array_foreach (lines, i, line)
        if (!r && i % 2 == 0) /* the Japanese ones: the page is read here */
            r = buf_printf(&text, "%s\n", json_string_value(line));
    with = json_pack("{s:s, s:s%}", "relay_id", id_of(ctx), "refusal", text.at ? text.at : "",
                     text.len);
    r = r || !with ? -ENOMEM : mail_keeper_act(p->login, MAIL_HELD, "refuse", "", "", with, &answer);
    return !r && !strcmp(json_str(json_obj(answer, "outcome"), "result"), "allowed");
}

static sfsistat refuse_outcome(SMFICTX *ctx, const struct passage *p, const json_t *outcome)
{
    CLEANUP(buf_done) struct buf clauses;
    JSON_AUTO *lines = NULL;
    struct reply y = {.n = 0};
    bool is_short = false;
    const json_t *line;
    size_t i;

    buf_init(&clauses, SIZE_MAX);
    if (mail_ask_refusal(outcome, &lines, &clauses))
        return fail(ctx, "memory");
    json_array_foreach (lines, i, line)
        is_short |= i + 2 >= REPLY_LINES || json_string_length(line) > REPLY_LINE_MAX;
    json_array_foreach (lines, i, line)
        if (i + 2 < REPLY_LINES)
            reply_add(&y, (struct str){json_string_value(line), json_string_length(line)});
    if (is_short && tell_on_page(ctx, p, lines)) {
        reply_add(&y, message_text(MESSAGE_JA, MSG_MAIL_GATE_ON_PAGE));
        reply_add(&y, message_text(MESSAGE_EN, MSG_MAIL_GATE_ON_PAGE));
    }
    tell(ctx, "refused", clauses.at ? clauses.at : "");
    return reply_give(ctx, &y, true, "5.7.1");
}

static int put_own(SMFICTX *ctx, const struct passage *p, const char *digest_field, json_t *with)
{
    CLEANUP(buf_done) struct buf hex;
    int r;

    buf_init(&hex, 2 * SHA256_SIZE + 1);
    if ((r = mail_digest(p->fd, &hex)))
        return r;
    return json_put_str(with, digest_field, hex.at);
}

/* ---- sealing ---- */

/* Of the sealed message in memory: what stands behind the header, which is unfolded. */
static const char *header_of(struct str head, const char *name, struct buf *out)
{
    size_t len = strlen(name);
    struct str line;

    buf_clear(out);
    while (head.len && str_split(&head, '\n', &line)) {
        if (out->len && (line.at[0] == ' ' || line.at[0] == '\t')) {
            if (buf_add(out, line.at, line.len - (line.len && line.at[line.len - 1] == '\r')))
                return NULL;
        } else if (out->len) {
            break;
        } else if (line.len > len && line.at[len] == ':' && !strncasecmp(line.at, name, len)) {
            struct str v = str_trim((struct str){line.at + len + 1, line.len - len - 1});

            if (buf_add(out, v.at, v.len))
                return NULL;
        }
    }
    return out->len && !buf_add_char(out, '\0') ? out->at : NULL;
}

/* The body, and what the top says of it. */
static int replace(SMFICTX *ctx, struct str whole)
{
    static const char *const names[] = {"Content-Type", "Content-Disposition",
                                        "Content-Transfer-Encoding"};
    const char *end = memmem(whole.at, whole.len, "\r\n\r\n", 4);
    struct str head;

    if (!end)
        return -EIO;
    head = (struct str){whole.at, (size_t)(end - whole.at) + 2};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(buf_done) struct buf value;
        const char *v;

        buf_init(&value, 65536);
        v = header_of(head, names[i], &value);
        if (smfi_chgheader(ctx, (char *)(uintptr_t)names[i], 1, (char *)(uintptr_t)v) != MI_SUCCESS)
            return -EIO;
    }
    return smfi_replacebody(ctx, (unsigned char *)(uintptr_t)(end + 4),
                            (int)(whole.len - head.len - 2)) == MI_SUCCESS
               ? 0
               : -EIO;
}

/* Every attachment of what was made is sealed, as the reader of mail finds it. */
static bool is_sealed(const struct passage *p, int fd, json_t **ret_contents)
{
    JSON_AUTO *report = NULL, *with = NULL;
    const json_t *row;
    size_t i, n = 0;

    if (examiner_mail(NULL, fd, &examine_limits_default, &report) ||
        strcmp(json_str(report, "verdict"), "read") != 0 ||
        mail_ask_begin(report, p->receivers, the_gate->rules, false, &with))
        return false;
    json_array_foreach (json_arr(with, "files"), i, row) {
        if (strcmp(json_str(row, "sealing"), "zip") != 0 &&
            strcmp(json_str(row, "sealing"), "text") != 0)
            return false;
        n += !strcmp(json_str(row, "sealing"), "zip");
    }
    return n > 0 && !mail_ask_contents(with, "zip", ret_contents);
}

/* Into `fd`, which is empty. *name: "" where what goes has none. */
static int put_cover(const struct passage *p, const char *release, struct buf *name, int fd)
{
    CLEANUP(buf_done) struct buf pdf;
    JSON_AUTO *cover = NULL;
    int r = mail_keeper_cover(p->login, release, &cover);

    buf_init(&pdf, MAIL_SEAL_COVER_MAX);
    if (!r && cover)
        r = the_gate->cover(cover, name, &pdf) ?: file_write_all(fd, buf_str(&pdf));
    return r ? r : buf_add_char(name, '\0');
}

/* The password is in the cage's request and in the sender's record, and nowhere else. Until the last step the message has not moved. */
static int seal(const struct passage *p, const char *release, const char *record, int fd)
{
    CLEANUP(buf_wipe) struct buf word;
    CLEANUP(buf_done) struct buf name, cover;
    JSON_AUTO *with = NULL, *answer = NULL, *made = NULL;

    buf_init(&word, 256);
    buf_init(&name, MAIL_SEAL_NAME_MAX);
    buf_init(&cover, MAIL_SEAL_NAME_MAX);
    return seal_password_make(SEAL_MADE_DEFAULT, &word) ||
                   seal_name_make(str_of(release), 2, ".zip", &name) || buf_add_char(&word, '\0') ||
                   buf_add_char(&name, '\0') || put_cover(p, release, &cover, fd) ||
                   examiner_mail_seal(p->fd, name.at, word.at, cover.at, fd) ||
                   !is_sealed(p, fd, &made) || mail_keeper_sealed(p->login, release, made) ||
                   !(with = json_pack("{s:s, s:s, s:s}", "mailing", record, "sealed_file", name.at,
                                      "word", word.at)) ||
                   mail_keeper_act(p->login, MAIL_PASSWORDS, "give", "", "", with, &answer) ||
                   strcmp(json_str(json_obj(answer, "outcome"), "result"), "allowed") != 0
               ? -EIO
               : 0;
}

/* ---- what leaves ---- */

static bool is_own_header(struct str line)
{
    for (size_t i = 0; i < ARRAY_LEN(own_headers); i++) {
        size_t n = strlen(own_headers[i]);

        if (line.len > n && line.at[n] == ':' && !strncasecmp(line.at, own_headers[i], n))
            return true;
    }
    return false;
}

/* Of the message without the headers that stay inside. */
static struct digest digest_of_left(struct str whole, struct sha256_state *s)
{
    bool is_own = false;
    size_t at = 0;

    while (at < whole.len) {
        const char *end = memchr(whole.at + at, '\n', whole.len - at);
        struct str line = {whole.at + at, end ? (size_t)(end - whole.at) + 1 - at : whole.len - at};

        if (line.len <= 2 && (line.at[0] == '\n' || line.at[0] == '\r'))
            break;
        if (line.at[0] != ' ' && line.at[0] != '\t')
            is_own = is_own_header(line);
        if (!is_own)
            sha256_add(s, line);
        at += line.len;
    }
    sha256_add(s, (struct str){whole.at + at, whole.len - at});
    return sha256_end(s);
}

/* What is measured now, of the bytes that are there and the envelope as it stands. */
static int use_ticket(SMFICTX *ctx, const struct passage *p, const char *channel,
                      const char *release)
{
    JSON_AUTO *with = json_object();

    if (!with || put_own(ctx, p, "message_digest", with) ||
        json_put_str(with, "relay_id", id_of(ctx)) ||
        (*release && json_put_str(with, "release", release)) ||
        mail_ask_envelope(p->receivers, the_gate->rules, with))
        return -ENOMEM;
    return mail_keeper_use_ticket(p->login, p->gone.ticket, channel, with);
}

/* `fd`: the message as it leaves; other than what came, it takes that one's place. */
static sfsistat give(SMFICTX *ctx, struct passage *p, int fd)
{
    CLEANUP(buf_done) struct buf hex;
    struct sha256_state *s = sha256_new();
    struct stat st;
    struct digest d;
    void *map;
    int r;

    buf_init(&hex, DIGEST_TEXT_SIZE);
    map = !s || fstat(fd, &st) || st.st_size <= 0
              ? MAP_FAILED
              : mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) {
        if (s)
            (void)sha256_end(s);
        return fail(ctx, "memory");
    }
    d = digest_of_left((struct str){map, (size_t)st.st_size}, s);
    r = hex_print(d.bytes, sizeof(d.bytes), &hex);
    if (!r)
        snprintf(p->gone.left, sizeof(p->gone.left), "%s", hex.at);
    if (!r && fd != p->fd)
        r = replace(ctx, (struct str){map, (size_t)st.st_size});
    munmap(map, (size_t)st.st_size);
    return r ? fail(ctx, "sealing") : let_pass(ctx, p);
}

/* Made whole, looked at, held against the ticket, and only then given to the relay. */
static sfsistat make_and_give(SMFICTX *ctx, struct passage *p, const char *channel,
                              const char *release, bool seals)
{
    int fd = seals ? memfd_create("sealed", MFD_CLOEXEC) : p->fd;
    sfsistat s;
    int r = 0;

    if (seals && (fd < 0 || seal(p, release, p->gone.record, fd))) {
        s = fail(ctx, "sealing");
    } else if ((r = use_ticket(ctx, p, channel, release))) {
        s = fail(ctx, r > 0 ? "ticket" : r == -ENOMEM ? "memory" : "keeper");
    } else {
        s = give(ctx, p, fd);
    }
    if (seals && fd >= 0)
        close(fd);
    return s;
}

/* ---- what became of it ---- */

#define END_TRIES 3u
#define END_PAUSE_NS 500000000

/* What cannot be entered stays on its way, which is somebody's to explain. Takes `with`. */
static void enter_end(const struct gone *g, const char *step, json_t *with)
{
    const struct timespec pause = {0, END_PAUSE_NS};
    JSON_AUTO *owned = with, *answer = NULL;

    for (unsigned i = 0; owned && !answer && i < END_TRIES; i++) {
        if (i)
            nanosleep(&pause, NULL); /* a connection of before the keeper's last start fails once */
        if (mail_keeper_act(g->login, MAIL_HELD, step, g->record, g->ticket, owned, &answer))
            answer = NULL;
    }
    the_gate->tell(g->relay_id,
                   !strcmp(json_str(json_obj(answer, "outcome"), "result"), "allowed") ? step
                                                                                       : "open",
                   g->record);
}

static void enter_taken(struct passage *p)
{
    if (*p->gone.record)
        enter_end(&p->gone, "end",
                  json_pack("{s:s, s:s}", "taken_as", p->gone.relay_id, "left_digest",
                            p->gone.left));
    p->gone = (struct gone){""};
}

static void enter_broken(struct passage *p)
{
    struct str why = message_text(MESSAGE_JA, MSG_MAIL_GATE_NOT_SENT);

    enter_end(&p->gone, "broken", json_pack("{s:s%}", "why_not", why.at, why.len));
    p->gone = (struct gone){""};
}

/* What is written to somebody who hung up fails by the second time. */
static bool is_relay_there(SMFICTX *ctx)
{
    return smfi_progress(ctx) == MI_SUCCESS;
}

/* `with` as it was asked. */
static sfsistat let_go(SMFICTX *ctx, struct passage *p, const json_t *with, const json_t *answer)
{
    sfsistat s;

    snprintf(p->gone.record, sizeof(p->gone.record), "%s",
             json_str(json_obj(answer, "outcome"), "record"));
    snprintf(p->gone.ticket, sizeof(p->gone.ticket), "%s", json_str(answer, "ticket"));
    snprintf(p->gone.login, sizeof(p->gone.login), "%s", p->login);
    snprintf(p->gone.relay_id, sizeof(p->gone.relay_id), "%s", id_of(ctx));
    s = make_and_give(ctx, p, mail_ask_channel(with), json_str(with, "release"),
                      mail_ask_seals(with));
    if (s == SMFIS_CONTINUE && !is_relay_there(ctx))
        s = fail(ctx, "relay");
    if (s != SMFIS_CONTINUE)
        enter_broken(p);
    return s;
}

static sfsistat refuse_rows(SMFICTX *ctx)
{
    tell(ctx, "refused", "rows");
    return reply_both(ctx, MSG_MAIL_GATE_MANY_ROWS, true);
}

static bool is_back_within(const struct passage *p)
{
    return json_string_length(p->back) && mail_rules_has(the_gate->rules, json_string_value(p->back));
}

/* A relay sends what it cannot deliver back whole, and asks no milter about that: whoever gets it then is a receiver. */
static int add_back(struct passage *p)
{
    const json_t *one;
    size_t i;

    if (!json_string_length(p->back) || is_back_within(p))
        return 0;
    json_array_foreach (p->receivers, i, one)
        if (json_equal(one, p->back))
            return 0;
    return json_array_append(p->receivers, p->back) ? -ENOMEM : 0;
}

static int put_held(const struct passage *p, const json_t *report, bool seals, json_t *with)
{
    JSON_AUTO *contents = NULL, *others = NULL, *addresses = NULL, *held = NULL;
    int r = mail_ask_contents(with, NULL, &contents);

    if (!r && !(r = mail_ask_others(report, with, NULL, &others)) && json_object_update(contents, others))
        r = -ENOMEM;
    if (!r)
        r = mail_ask_addresses(with, &addresses);
    if (!r && is_back_within(p))
        r = json_put_flag(addresses, json_string_value(p->back), true);
    if (!r)
        r = mail_keeper_held(p->login, contents, addresses, &held);
    if (!r)
        r = mail_ask_add_others(report, seals, held, with);
    return r ? r : mail_ask_put_held(with, held);
}

static sfsistat ask_keeper(SMFICTX *ctx, struct passage *p, const json_t *report)
{
    JSON_AUTO *with = NULL, *answer = NULL;
    const json_t *outcome;
    const char *result;
    bool seals = *json_str(report, "release") != '\0';
    int r = mail_ask_begin(report, p->receivers, the_gate->rules, seals, &with);

    if (r == MAIL_ASK_E_MANY)
        return refuse_rows(ctx);
    if (r || put_own(ctx, p, "message_digest", with) || json_put_str(with, "relay_id", id_of(ctx)))
        return fail(ctx, "memory");
    if ((r = put_held(p, report, seals, with)) == MAIL_ASK_E_MANY)
        return refuse_rows(ctx);
    if (r)
        return fail(ctx, r == -ENOMEM ? "memory" : "keeper");
    if (!is_relay_there(ctx))
        return fail(ctx, "relay");
    if ((r = mail_keeper_act(p->login, MAIL_HELD, "begin", "", "", with, &answer)))
        return fail(ctx, r == -ENOMEM ? "memory" : "keeper");
    outcome = json_obj(answer, "outcome");
    result = json_str(outcome, "result");
    if (!strcmp(result, "forbidden") || !strcmp(result, "not-yet"))
        return refuse_outcome(ctx, p, outcome);
    if (strcmp(result, "allowed") != 0)
        return refuse_answer(ctx, answer);
    return let_go(ctx, p, with, answer);
}

/* ---- suspicious mail ---- */

static bool is_for_reports(const json_t *receiver)
{
    return the_gate->rules->report_to &&
           !strcasecmp(json_string_value(receiver), the_gate->rules->report_to);
}

/* 0 none, 1 all, 2 some of the receivers are the mailbox. */
static unsigned count_reports(const struct passage *p)
{
    const json_t *one;
    size_t i, n = 0;

    json_array_foreach (p->receivers, i, one)
        n += is_for_reports(one);
    return !n ? 0 : n == json_array_size(p->receivers) ? 1 : 2;
}

#define FILE_WAIT_US (60 * US_PER_SECOND)
#define FILE_STEP_NS 300000000

static bool is_waiting_for_file(const json_t *answer)
{
    const json_t *fields = json_arr(json_obj(answer, "outcome"), "fields");

    return json_array_size(fields) == 1 &&
           !strcmp(json_str(json_array_get(fields, 0), "field"), "mail_file");
}

/* A file can be named once the keeper's own examiner has looked at it. One that stays away does not keep the report from becoming a record:
 * then `file` is "", and the mail goes on into the mailbox. */
static int act_with_file(const struct passage *p, json_t *with, char file[MAIL_FILE_ID_SIZE],
                         json_t **ret)
{
    const struct timespec step = {0, FILE_STEP_NS};
    uint64_t until_us = clock_monotonic_us() + FILE_WAIT_US;
    int r;

    while (!(r = mail_keeper_act(p->login, MAIL_REPORTS, "receive", "", "", with, ret)) &&
           is_waiting_for_file(*ret)) {
        json_decref(*ret);
        *ret = NULL;
        if (clock_monotonic_us() < until_us) {
            nanosleep(&step, NULL);
            continue;
        }
        file[0] = '\0';
        json_object_del(with, "mail_file");
    }
    return r;
}

/* Nobody opens it: what the cage read of it is asked for as a record, and it lies in the record's file. */
static sfsistat receive_report(SMFICTX *ctx, struct passage *p, const json_t *report)
{
    JSON_AUTO *with = NULL, *answer = NULL;
    char file[MAIL_FILE_ID_SIZE];
    int r = mail_ask_report(report, &with);

    if (r || put_own(ctx, p, "mail_digest", with))
        return fail(ctx, "memory");
    if ((r = mail_keeper_file(p->login, MAIL_REPORTS, "mail_file", "report.eml", p->fd, file)) <
        0)
        return fail(ctx, "keeper");
    if ((*file && json_put_str(with, "mail_file", file)))
        return fail(ctx, "memory");
    if ((r = act_with_file(p, with, file, &answer)))
        return fail(ctx, "keeper");
    if (strcmp(json_str(json_obj(answer, "outcome"), "result"), "allowed") != 0)
        return refuse_answer(ctx, answer);
    tell(ctx, "reported", json_str(json_obj(answer, "outcome"), "record"));
    return *file ? SMFIS_DISCARD : let_pass(ctx, p);
}

static sfsistat judge(SMFICTX *ctx, struct passage *p)
{
    JSON_AUTO *report = NULL;
    unsigned reports = count_reports(p);
    int r;

    if (the_gate->data && !*p->login) {
        tell(ctx, "refused", "login");
        return reply_both(ctx, MSG_MAIL_GATE_LOGIN, true);
    }
    if (the_gate->data && reports == 2) {
        tell(ctx, "refused", "report");
        return reply_both(ctx, MSG_MAIL_GATE_REPORT_ALONE, true);
    }
    if ((r = measure(p, &report)))
        return fail(ctx, strerror(-r));
    if (the_gate->data && reports && !p->is_too_large)
        return receive_report(ctx, p, report);
    if (strcmp(json_str(report, "verdict"), "read") != 0)
        return refuse_unreadable(ctx, p, report);
    if (add_back(p))
        return fail(ctx, "memory");
    return the_gate->data ? ask_keeper(ctx, p, report) : judge_alone(ctx, p, report);
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
    struct passage *p = calloc(1, sizeof(*p));

    if (!p || smfi_setpriv(ctx, p) != MI_SUCCESS) {
        free(p);
        return SMFIS_TEMPFAIL;
    }
    p->fd = -1;
    return SMFIS_CONTINUE;
}

/* "<name@domain>". What is no UTF-8 is somewhere outside. */
static json_t *address_of(const char *argument)
{
    struct str s = str_of(argument);
    json_t *v;

    if (s.len >= 2 && s.at[0] == '<' && s.at[s.len - 1] == '>')
        s = (struct str){s.at + 1, s.len - 2};
    v = json_stringn(s.at, s.len);
    return v ? v : json_string("?");
}

static sfsistat on_sender(SMFICTX *ctx, char **arguments)
{
    const char *login = smfi_getsymval(ctx, (char *)(uintptr_t) "{auth_authen}");
    struct passage *p = passage_of(ctx);

    enter_taken(p);
    passage_clear(p);
    if (login) /* a realm behind it is the relay's own word */
        snprintf(p->login, sizeof(p->login), "%.*s", (int)strcspn(login, "@"), login);
    if ((the_gate->data || the_gate->rules->login_required) && (!login || !*login)) {
        tell(ctx, "refused", "login");
        return reply_both(ctx, MSG_MAIL_GATE_LOGIN, true);
    }
    p->fd = memfd_create("message", MFD_CLOEXEC);
    p->receivers = json_array();
    p->back = address_of(arguments[0]);
    return p->fd >= 0 && p->receivers && p->back ? SMFIS_CONTINUE : fail(ctx, "memory");
}

static sfsistat on_receiver(SMFICTX *ctx, char **arguments)
{
    struct passage *p = passage_of(ctx);
    json_t *v = address_of(arguments[0]);

    if (!v || json_array_size(p->receivers) >= MAIL_GATE_RECEIVERS_MAX ||
        json_array_append_new(p->receivers, v))
        return fail(ctx, "receivers");
    return SMFIS_CONTINUE;
}

static int add(struct passage *p, struct str bytes)
{
    size_t at = 0;

    p->size += bytes.len;
    p->is_too_large = p->is_too_large || p->size > MAIL_READ_MAX;
    while (!p->is_too_large && at < bytes.len) {
        ssize_t n = write(p->fd, bytes.at + at, bytes.len - at);

        if (n < 0 && errno != EINTR)
            return -errno;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    struct passage *p = passage_of(ctx);

    for (size_t i = 0; i < ARRAY_LEN(own_headers); i++)
        p->has_header[i] |= !strcasecmp(name, own_headers[i]);
    return add(p, str_of(name)) || add(p, STR(": ")) || add(p, str_of(value)) || add(p, STR("\n"))
               ? fail(ctx, "memory")
               : SMFIS_CONTINUE;
}

static sfsistat on_headers_end(SMFICTX *ctx)
{
    return add(passage_of(ctx), STR("\n")) ? fail(ctx, "memory") : SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *bytes, size_t len)
{
    struct passage *p = passage_of(ctx);
    const struct str piece = {(const char *)bytes, len};

    if (!p->body && !(p->body = sha256_new()))
        return fail(ctx, "memory");
    sha256_add(p->body, piece);
    return add(p, piece) ? fail(ctx, "memory") : SMFIS_CONTINUE;
}

static sfsistat on_end(SMFICTX *ctx)
{
    struct passage *p = passage_of(ctx);
    sfsistat s = judge(ctx, p);

    passage_clear(p);
    return s;
}

static sfsistat on_abort(SMFICTX *ctx)
{
    struct passage *p = passage_of(ctx);

    if (p)
        passage_clear(p);
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
    struct passage *p = passage_of(ctx);

    if (p) {
        enter_taken(p);
        passage_clear(p);
        free(p);
        IGNORE(smfi_setpriv(ctx, NULL) != MI_SUCCESS, "the connection ends");
    }
    return SMFIS_CONTINUE;
}

int mail_gate_run(const struct mail_gate *gate)
{
    static char name[] = "tsujiban";
    const struct smfiDesc filter = {.xxfi_name = name,
                                    .xxfi_version = SMFI_VERSION,
                                    .xxfi_flags = SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_ADDHDRS,
                                    .xxfi_connect = on_connect,
                                    .xxfi_envfrom = on_sender,
                                    .xxfi_envrcpt = on_receiver,
                                    .xxfi_header = on_header,
                                    .xxfi_eoh = on_headers_end,
                                    .xxfi_body = on_body,
                                    .xxfi_eom = on_end,
                                    .xxfi_abort = on_abort,
                                    .xxfi_close = on_close};

    the_gate = gate;
    mail_keeper_use(gate->data);
    if (sem_init(&slots, 0, MAIL_GATE_SIDE_BY_SIDE))
        return -errno;
    if (smfi_register(filter) != MI_SUCCESS)
        return -EIO;
    if (smfi_setconn((char *)(uintptr_t)gate->listen) != MI_SUCCESS ||
        smfi_opensocket(true) != MI_SUCCESS)
        return -EADDRINUSE;
    return smfi_main() == MI_SUCCESS ? 0 : -EIO;
}
