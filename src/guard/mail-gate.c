#include "guard/mail-gate.h"

#include "guard/examiner.h"
#include "guard/mail-read.h"

#include "base/message.h"

#include <errno.h>
#include <libmilter/mfapi.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#define REPLY_LINES 16u
#define REPLY_LINE_MAX 900u /* libmilter takes 980 bytes of a line */

/* libmilter hands its callbacks nothing of ours: what does not change while it runs stands here. */
static const struct mail_gate *the_gate;
static sem_t slots;

/* One message on its way; one a connection at a time. */
struct passage {
    int fd; /* a memory file; -1: none yet */
    size_t size;
    json_t *receivers;
    bool is_too_large, has_need;
};

static void passage_clear(struct passage *p)
{
    if (p->fd >= 0)
        close(p->fd);
    json_decref(p->receivers);
    *p = (struct passage){.fd = -1};
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

static sfsistat refuse_unreadable(SMFICTX *ctx, const json_t *report)
{
    struct reply y = {.n = 0};

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
    r = examiner_mail(p->fd, &examine_limits_default, ret);
    sem_post(&slots);
    return r;
}

static sfsistat judge(SMFICTX *ctx, struct passage *p)
{
    JSON_AUTO *report = NULL, *judgement = NULL;
    int r = measure(p, &report);

    if (r)
        return fail(ctx, strerror(-r));
    if (strcmp(json_str(report, "verdict"), "read") != 0)
        return refuse_unreadable(ctx, report);
    if (mail_judge(report, p->receivers, the_gate->rules, &judgement))
        return fail(ctx, "memory");
    if (strcmp(json_str(judgement, "verdict"), "allowed") != 0)
        return refuse(ctx, judgement);
    if (p->has_need &&
        smfi_chgheader(ctx, (char *)(uintptr_t)MAIL_READ_NEED, 1, NULL) != MI_SUCCESS)
        return fail(ctx, "header");
    tell(ctx, "allowed", "");
    return SMFIS_CONTINUE;
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

static sfsistat on_sender(SMFICTX *ctx, char **arguments)
{
    const char *login = smfi_getsymval(ctx, (char *)(uintptr_t) "{auth_authen}");
    struct passage *p = passage_of(ctx);

    passage_clear(p);
    if (the_gate->rules->login_required && (!login || !*login)) {
        tell(ctx, "refused", "login");
        return reply_both(ctx, MSG_MAIL_GATE_LOGIN, true);
    }
    p->fd = memfd_create("message", MFD_CLOEXEC);
    p->receivers = json_array();
    return p->fd >= 0 && p->receivers ? SMFIS_CONTINUE : fail(ctx, "memory");
}

/* "<name@domain>". What is no UTF-8 is somewhere outside. */
static sfsistat on_receiver(SMFICTX *ctx, char **arguments)
{
    struct passage *p = passage_of(ctx);
    struct str s = str_of(arguments[0]);
    json_t *v;

    if (s.len >= 2 && s.at[0] == '<' && s.at[s.len - 1] == '>')
        s = (struct str){s.at + 1, s.len - 2};
    v = json_stringn(s.at, s.len);
    if (!v)
        v = json_string("?");
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

    p->has_need = p->has_need || !strcasecmp(name, MAIL_READ_NEED);
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
    return add(passage_of(ctx), (struct str){(const char *)bytes, len}) ? fail(ctx, "memory")
                                                                        : SMFIS_CONTINUE;
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
                                    .xxfi_flags = SMFIF_CHGHDRS,
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
    if (sem_init(&slots, 0, MAIL_GATE_SIDE_BY_SIDE))
        return -errno;
    if (smfi_register(filter) != MI_SUCCESS)
        return -EIO;
    if (smfi_setconn((char *)(uintptr_t)gate->listen) != MI_SUCCESS ||
        smfi_opensocket(true) != MI_SUCCESS)
        return -EADDRINUSE;
    return smfi_main() == MI_SUCCESS ? 0 : -EIO;
}
