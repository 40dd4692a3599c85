#include "outward/taxii-client.h"

#include "base/time.h"
#include "base/utf8.h"
#include "intel/stix-time.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#define ACCEPT "Accept: application/taxii+json;version=2.1"
#define CONNECT_TIMEOUT_S 20L
#define NEXT_MAX 4096u
#define WORDS_MAX 1000u /* bytes of an answer that is no page, kept to be shown */

/* One page as it comes. */
struct fetching {
    CURL *curl;
    const struct taxii_sink *sink;
    void *context;
    bool (*is_ending)(void *);
    void *ending_context;
    bool is_page; /* 200 and of TAXII's type: its body is read */
    bool is_taxii;
    int answer; /* of a call, or negative: the transfer was cut for it */
    uint64_t n_bytes;
    struct taxii_way way;
    char last[TAXII_DATE_SIZE];
    struct buf said; /* the beginning of any other answer */
    unsigned wait_s;
};

int taxii_client_start(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) ? -ENOMEM : 0;
}

/* ---- addresses ---- */

bool taxii_url_ok(const char *url, bool is_plain)
{
    struct str u = str_of(url), host;
    bool is_tls = str_starts(u, STR("https://")), is_http = str_starts(u, STR("http://"));

    if ((!is_tls && !is_http) || !str_ends(u, STR("/")) || strpbrk(url, "?#@ \t\r\n\\"))
        return false;
    host = (struct str){u.at + (is_tls ? 8 : 7), u.len - (is_tls ? 8 : 7)};
    host.len = strcspn(host.at, "/");
    if (!host.len)
        return false;
    return is_tls || is_plain || str_starts(host, STR("127.0.0.1")) ||
           str_starts(host, STR("[::1]")) || str_eq(host, STR("localhost")) ||
           str_starts(host, STR("localhost:"));
}

/* ---- what comes ---- */

/* The value behind "Name:", or STR_NONE. */
static struct str header_value(struct str line, const char *name)
{
    size_t len = strlen(name);

    if (line.len <= len || line.at[len] != ':' || strncasecmp(line.at, name, len) != 0)
        return STR_NONE;
    return str_trim((struct str){line.at + len + 1, line.len - len - 1});
}

static bool is_taxii_type(struct str type)
{
    struct str name;

    return str_split(&type, ';', &name) &&
           str_eq_nocase(str_trim(name), STR("application/taxii+json"));
}

static size_t hear(char *at, size_t size, size_t n, void *user)
{
    struct fetching *f = user;
    struct str line = {at, size * n}, v;
    struct stix_time t;
    uint64_t wait;

    if ((v = header_value(line, "Content-Type")).at)
        f->is_taxii = is_taxii_type(v);
    if ((v = header_value(line, "Retry-After")).at && !str_to_u64(v, 0, UINT32_MAX, &wait))
        f->wait_s = (unsigned)MIN_OF(wait, (uint64_t)TAXII_WAIT_MAX_S);
    if ((v = header_value(line, "X-TAXII-Date-Added-Last")).at && v.len < sizeof(f->last) &&
        stix_time_read(v, &t))
        snprintf(f->last, sizeof(f->last), "%.*s", STR_ARG(v));
    return size * n;
}

static size_t take(char *at, size_t size, size_t n, void *user)
{
    struct fetching *f = user;
    struct str piece = {at, size * n};
    long status = 0;

    curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
    f->is_page = status == 200 && f->is_taxii;
    f->n_bytes += piece.len;
    if (!f->is_page) {
        if (f->said.len < WORDS_MAX)
            IGNORE(buf_add(&f->said, piece.at, MIN_OF(piece.len, WORDS_MAX - f->said.len)),
                   "only to be shown");
        return piece.len;
    }
    if (f->n_bytes > TAXII_PAGE_BYTES)
        return 0;
    f->answer = f->sink->add(f->context, piece);
    return f->answer ? 0 : piece.len;
}

static int watch(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct fetching *f = user;

    return f->is_ending && f->is_ending(f->ending_context);
}

/* ---- one page ---- */

static int page_url(const struct fetching *f, const struct taxii_peer *peer,
                    const char *added_after, struct buf *out)
{
    CLEANUP(buf_done) struct buf next;
    char *escaped = NULL;
    int r = buf_printf(out, "%sobjects/", peer->url);

    buf_init(&next, 4 * NEXT_MAX);
    if (f->way.next.len && !(escaped = curl_easy_escape(f->curl, f->way.next.at, (int)f->way.next.len)))
        return -ENOMEM;
    if (!r && *added_after)
        r = buf_printf(out, "?added_after=%s", added_after);
    if (!r && peer->limit)
        r = buf_printf(out, "%climit=%u", *added_after ? '&' : '?', peer->limit);
    if (!r && escaped)
        r = buf_printf(out, "%cnext=%s", *added_after || peer->limit ? '&' : '?', escaped);
    curl_free(escaped);
    return r;
}

static bool set_who(CURL *c, const struct taxii_peer *peer)
{
    if (!*peer->user && !*peer->secret)
        return false;
    if (!*peer->user)
        return curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER) ||
               curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, peer->secret);
    return curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) ||
           curl_easy_setopt(c, CURLOPT_USERNAME, peer->user) ||
           curl_easy_setopt(c, CURLOPT_PASSWORD, peer->secret);
}

static bool set_page(struct fetching *f, const struct taxii_peer *peer, const char *url,
                     struct curl_slist *headers)
{
    CURL *c = f->curl;

    curl_easy_reset(c); /* the connection stays */
    return curl_easy_setopt(c, CURLOPT_URL, url) ||
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") ||
           curl_easy_setopt(c, CURLOPT_PROXY, "") || curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) ||
           curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) ||
           curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
                            MIN_OF((long)peer->timeout_s, CONNECT_TIMEOUT_S)) ||
           curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)peer->timeout_s) ||
           curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) ||
           (*peer->ca_file && curl_easy_setopt(c, CURLOPT_CAINFO, peer->ca_file)) ||
           set_who(c, peer) || curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, hear) ||
           curl_easy_setopt(c, CURLOPT_HEADERDATA, f) ||
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take) ||
           curl_easy_setopt(c, CURLOPT_WRITEDATA, f) ||
           curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L) ||
           curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, watch) ||
           curl_easy_setopt(c, CURLOPT_XFERINFODATA, f);
}

static enum taxii_trouble trouble_of(const struct fetching *f, CURLcode e, long status)
{
    if (f->is_page && f->n_bytes > TAXII_PAGE_BYTES)
        return TAXII_T_TOO_LARGE;
    if (e || status == 408 || status == 425 || status == 429 || status >= 500)
        return e == CURLE_UNSUPPORTED_PROTOCOL || e == CURLE_URL_MALFORMAT ? TAXII_T_NO_TAXII
                                                                           : TAXII_T_LATER;
    if (status == 200)
        return f->is_taxii ? TAXII_T_NONE : TAXII_T_NO_TAXII;
    return status == 401 || status == 403 || status == 404 ? TAXII_T_REFUSED : TAXII_T_NO_TAXII;
}

static int say(const struct fetching *f, CURLcode e, struct taxii_report *report)
{
    struct str words = e ? str_of(curl_easy_strerror(e)) : str_trim(buf_str(&f->said));
    int r;

    buf_clear(&report->words);
    r = utf8_print_safe(words, &report->words);
    return r == -ENOSPC ? 0 : r;
}

/* 0: *report says how it went. */
static int fetch(struct fetching *f, const struct taxii_peer *peer, const char *added_after,
                 struct taxii_report *report)
{
    struct curl_slist *headers = curl_slist_append(NULL, ACCEPT);
    CLEANUP(buf_done) struct buf url;
    CURLcode e = CURLE_FAILED_INIT;
    long status = 0;
    int r;

    buf_init(&url, 8 * NEXT_MAX);
    r = headers ? page_url(f, peer, added_after, &url) : -ENOMEM;
    f->is_page = f->is_taxii = f->way.more = false;
    f->answer = 0;
    f->n_bytes = 0;
    f->wait_s = 0;
    f->last[0] = '\0';
    buf_clear(&f->way.next);
    buf_clear(&f->said);
    if (!r)
        r = f->sink->begin(f->context);
    if (!r && set_page(f, peer, url.at, headers))
        r = -ENOMEM;
    if (!r) {
        e = curl_easy_perform(f->curl);
        curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
        report->trouble = trouble_of(f, e, status);
        report->status = (int)status;
        report->wait_s = f->wait_s;
        r = f->answer;
    }
    if (!r && report->trouble == TAXII_T_NONE)
        r = f->sink->end(f->context, &f->way);
    if (!r && report->trouble != TAXII_T_NONE)
        r = say(f, e, report);
    curl_slist_free_all(headers);
    return r;
}

/* ---- all of them ---- */

/* A minute before the last; at it where more was left; "" stays "". */
static void begin_at(const struct taxii_state *state, char ret[TAXII_DATE_SIZE])
{
    CLEANUP(buf_done) struct buf text;
    struct stix_time t;
    int64_t us;

    ret[0] = '\0';
    buf_init(&text, TAXII_DATE_SIZE);
    if (!stix_time_read(str_of(state->last), &t))
        return;
    if (state->goes_on) {
        snprintf(ret, TAXII_DATE_SIZE, "%s", state->last);
        return;
    }
    us = stix_time_us(t) - TAXII_OVERLAP_US;
    if (us > 0 && !instant_print_utc((uint64_t)us, &text))
        snprintf(ret, TAXII_DATE_SIZE, "%s", text.at);
}

static bool is_later(const char *a, const char *b)
{
    struct stix_time x, y;

    return stix_time_read(str_of(a), &x) &&
           (!stix_time_read(str_of(b), &y) || stix_time_cmp(x, y) > 0);
}

/* Where the next page begins: the server's own word, else behind the last date. False: there is no way on. */
static bool go_on(const struct fetching *f, const struct buf *before,
                  char added_after[TAXII_DATE_SIZE])
{
    if (f->way.next.len)
        return !str_eq(buf_str(&f->way.next), buf_str(before));
    if (!is_later(f->last, added_after))
        return false;
    snprintf(added_after, TAXII_DATE_SIZE, "%s", f->last);
    return true;
}

static int pages(struct fetching *f, const struct taxii_peer *peer, struct taxii_state *state,
                 struct taxii_report *report)
{
    CLEANUP(buf_done) struct buf before;
    char added_after[TAXII_DATE_SIZE];
    int r = 0;

    buf_init(&before, NEXT_MAX);
    begin_at(state, added_after);
    while (!r && report->pages < (peer->max_pages ? peer->max_pages : TAXII_PAGES) &&
           !(f->is_ending && f->is_ending(f->ending_context))) {
        buf_clear(&before);
        if ((r = buf_add_str(&before, buf_str(&f->way.next))))
            break;
        r = fetch(f, peer, added_after, report);
        if (r || report->trouble != TAXII_T_NONE)
            break;
        report->pages++;
        report->more = f->way.more;
        if (is_later(f->last, state->last))
            snprintf(state->last, sizeof(state->last), "%s", f->last);
        if (!f->way.more)
            break;
        if (!go_on(f, &before, added_after))
            report->trouble = TAXII_T_STANDS;
        if (report->trouble != TAXII_T_NONE)
            break;
    }
    if (!r)
        state->goes_on = report->more && report->trouble == TAXII_T_NONE;
    return r;
}

int taxii_fetch(const struct taxii_peer *peer, struct taxii_state *state, const struct taxii_sink *sink, void *context,
                bool (*is_ending)(void *), void *ending_context, struct taxii_report *ret_report)
{
    struct fetching f = {.curl = curl_easy_init(),
                         .sink = sink,
                         .context = context,
                         .is_ending = is_ending,
                         .ending_context = ending_context};
    int r;

    *ret_report = (struct taxii_report){.trouble = TAXII_T_NONE};
    buf_init(&ret_report->words, 8 * WORDS_MAX);
    buf_init(&f.way.next, NEXT_MAX);
    buf_init(&f.said, WORDS_MAX + 1);
    r = f.curl ? pages(&f, peer, state, ret_report) : -ENOMEM;
    curl_easy_cleanup(f.curl);
    buf_done(&f.way.next);
    buf_done(&f.said);
    return r;
}

/* ---- read here ---- */

struct reading {
    const struct stix_reader_calls *calls;
    void *context;
    struct stix_reader *reader;
    struct taxii_way way;
};

static int object_came(const struct stix_object *o, void *context)
{
    struct reading *x = context;

    return x->calls->object(o, x->context);
}

static int fault_came(const struct stix_finding *n, void *context)
{
    struct reading *x = context;

    return x->calls->fault(n, x->context);
}

static int member_came(struct str key, const struct scan_value *v, void *context)
{
    struct reading *x = context;

    if (str_eq(key, STR("more")))
        x->way.more = v->kind == SCAN_TRUE;
    if (!str_eq(key, STR("next")) || v->kind != SCAN_STRING)
        return 0;
    buf_clear(&x->way.next);
    return buf_add_str(&x->way.next, scan_str(v)) == -ENOMEM ? -ENOMEM
                                                             : 0; /* too long: as if there were none */
}

static int begin_page(void *context)
{
    static const struct stix_reader_calls calls = {object_came, fault_came, member_came};
    struct reading *x = context;

    stix_reader_free(x->reader);
    x->reader = stix_reader_new(&calls, x);
    x->way.more = false;
    buf_clear(&x->way.next);
    return x->reader ? 0 : -ENOMEM;
}

static int add_piece(void *context, struct str piece)
{
    struct reading *x = context;

    return stix_reader_add(x->reader, piece);
}

static int end_page(void *context, struct taxii_way *ret)
{
    struct reading *x = context;
    int r = stix_reader_end(x->reader);

    ret->more = x->way.more;
    return r ? r : buf_add_str(&ret->next, buf_str(&x->way.next));
}

int taxii_poll(const struct taxii_peer *peer, struct taxii_state *state,
               const struct stix_reader_calls *calls, void *context, bool (*is_ending)(void *),
               void *ending_context, struct taxii_report *ret_report)
{
    static const struct taxii_sink sink = {begin_page, add_piece, end_page};
    struct reading x = {.calls = calls, .context = context};
    int r;

    buf_init(&x.way.next, NEXT_MAX);
    r = taxii_fetch(peer, state, &sink, &x, is_ending, ending_context, ret_report);
    stix_reader_free(x.reader);
    buf_done(&x.way.next);
    return r;
}
