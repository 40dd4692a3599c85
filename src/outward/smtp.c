#include "outward/smtp.h"

#include "base/time.h"
#include "base/utf8.h"
#include "engine/mail-trouble.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>

#define CONNECT_TIMEOUT_S 20
#define REPLY_MAX 1000 /* bytes of the server's last words */
#define BYE_MAX_US (2 * US_PER_SECOND) /* for its answer to QUIT, after all that matters */

struct sending {
    CURL *curl;
    struct curl_slist *to;
    struct str message;
    size_t at;
    bool is_given; /* the library has it all: the end of the data may be on its way */
    bool (*is_ending)(void *);
    void *ctx;
    uint64_t until_us; /* monotonic: no longer than this */
    int code; /* of the reply kept */
    char reply[REPLY_MAX];
    size_t reply_len;
};

int smtp_start(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) ? -ENOMEM : 0;
}

static size_t give(char *to, size_t size, size_t n, void *user)
{
    struct sending *s = user;
    size_t len = MIN_OF(size * n, s->message.len - s->at);

    memcpy(to, s->message.at + s->at, len);
    s->at += len;
    s->is_given = s->at == s->message.len;
    return len;
}

#define CODE_BYE 221 /* comes after whatever mattered */

/* Each line of the server's, of which the last one is kept. */
static size_t hear(char *line, size_t size, size_t n, void *user)
{
    struct sending *s = user;
    uint64_t code;

    if (size * n < 3 || str_to_u64((struct str){line, 3}, 100, 599, &code) || code == CODE_BYE)
        return size * n;
    s->code = (int)code;
    if (s->is_given)
        s->until_us = MIN_OF(s->until_us, clock_monotonic_us() + BYE_MAX_US);
    s->reply_len = MIN_OF(size * n, sizeof(s->reply));
    memcpy(s->reply, line, s->reply_len);
    return size * n;
}

/* The library's own time does not count while it takes its leave. */
static int watch(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct sending *s = user;

    if (clock_monotonic_us() > s->until_us)
        return 1;
    return !s->at && s->is_ending && s->is_ending(s->ctx);
}

/* The name we greet with: the sender's domain, which tells less of this machine than its own name. */
static int set_url(struct sending *s, const struct smtp_server *server, const char *sender)
{
    const char *at = strchr(sender, '@');
    CLEANUP(buf_done) struct buf url;

    buf_init(&url, 1024);
    if (buf_printf(&url, "%s/%s", server->url, at ? at + 1 : ""))
        return 1;
    return curl_easy_setopt(s->curl, CURLOPT_URL, url.at) != CURLE_OK;
}

static int set_server(struct sending *s, const struct smtp_server *server, const char *sender)
{
    bool is_open = server->is_here || server->is_plain;
    CURL *c = s->curl;
    bool bad =
        set_url(s, server, sender) || curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps") ||
        curl_easy_setopt(c, CURLOPT_USE_SSL,
                         is_open ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL) ||
        curl_easy_setopt(c, CURLOPT_PROXY, "") || curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) ||
        curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
                         (long)MIN_OF(server->timeout_s, (unsigned)CONNECT_TIMEOUT_S)) ||
        curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)server->timeout_s) ||
        curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L); /* QUIT while we watch, and not in the cleanup, which waits for two minutes */

    if (!bad && *server->ca_file)
        bad = curl_easy_setopt(c, CURLOPT_CAINFO, server->ca_file);
    if (!bad && *server->user)
        bad = curl_easy_setopt(c, CURLOPT_USERNAME, server->user) ||
              curl_easy_setopt(c, CURLOPT_PASSWORD, server->password);
    return bad;
}

static int set_message(struct sending *s, const char *sender, const char *to)
{
    CLEANUP(buf_done) struct buf from, address;
    CURL *c = s->curl;

    buf_init(&from, 512);
    buf_init(&address, 512);
    if (buf_printf(&from, "<%s>", sender) || buf_printf(&address, "<%s>", to) ||
        !(s->to = curl_slist_append(NULL, address.at)))
        return 1;
    return curl_easy_setopt(c, CURLOPT_MAIL_FROM, from.at) ||
           curl_easy_setopt(c, CURLOPT_MAIL_RCPT, s->to) ||
           curl_easy_setopt(c, CURLOPT_UPLOAD, 1L) ||
           curl_easy_setopt(c, CURLOPT_READFUNCTION, give) ||
           curl_easy_setopt(c, CURLOPT_READDATA, s) ||
           curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, hear) ||
           curl_easy_setopt(c, CURLOPT_HEADERDATA, s) ||
           curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L) ||
           curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, watch) ||
           curl_easy_setopt(c, CURLOPT_XFERINFODATA, s);
}

/* MAIL, RCPT and DATA that are refused come as CURLE_SEND_ERROR, the message itself with the code of the answer. */
static void judge(const struct sending *s, CURLcode e, struct smtp_answer *a)
{
    bool is_refused = a->code >= 400 && (s->is_given || e == CURLE_SEND_ERROR);

    if (e == CURLE_OK)
        a->result = SMTP_SENT;
    else if (s->is_given && a->code < 400)
        a->result = SMTP_UNCERTAIN;
    else
        a->result = is_refused && a->code >= 500 ? SMTP_FAILED : SMTP_LATER;
    a->is_server = e != CURLE_OK && !is_refused;
}

/* What was met before the server had anything to say. */
static enum mail_trouble trouble_of(CURLcode e)
{
    switch (e) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return MAIL_TROUBLE_RESOLVE;
    case CURLE_COULDNT_CONNECT:
        return MAIL_TROUBLE_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_USE_SSL_FAILED:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
        return MAIL_TROUBLE_TLS;
    case CURLE_LOGIN_DENIED:
        return MAIL_TROUBLE_SIGN_IN;
    case CURLE_OPERATION_TIMEDOUT:
        return MAIL_TROUBLE_TIMEOUT;
    default:
        return MAIL_TROUBLE_BROKEN;
    }
}

static int say_trouble(const struct sending *s, CURLcode e, struct smtp_answer *a)
{
    if (e == CURLE_OK)
        return 0;
    if (a->code >= 400 && s->reply_len)
        return utf8_print_safe(str_trim((struct str){s->reply, s->reply_len}), &a->trouble);
    if (buf_printf(&a->trouble, "%s: ", mail_trouble_word(trouble_of(e))))
        return -ENOMEM;
    return utf8_print_safe(str_of(curl_easy_strerror(e)), &a->trouble);
}

int smtp_send(const struct smtp_server *server, const char *sender, const char *to,
              struct str message, bool (*is_ending)(void *), void *ctx, struct smtp_answer *ret)
{
    struct sending s = {.curl = curl_easy_init(),
                        .message = message,
                        .is_ending = is_ending,
                        .ctx = ctx,
                        .until_us = clock_monotonic_us() + server->timeout_s * US_PER_SECOND + BYE_MAX_US};
    CURLcode e;
    int r = -ENOMEM;

    *ret = (struct smtp_answer){.result = SMTP_LATER};
    buf_init(&ret->trouble, 8 * REPLY_MAX);
    if (s.curl && !set_server(&s, server, sender) && !set_message(&s, sender, to)) {
        e = curl_easy_perform(s.curl);
        ret->code = s.code;
        judge(&s, e, ret);
        r = 0;
        if (say_trouble(&s, e, ret)) /* what became of the message counts, whether there are words for it or not */
            buf_clear(&ret->trouble);
    }
    curl_slist_free_all(s.to);
    curl_easy_cleanup(s.curl);
    return r;
}
