/* Files of records: in with a form where no script sends them ahead, and out. doc/design/information.md, E2 to E4.
 * The keeper is asked for the key of the one file, which is the entry; then its pieces are opened as they go out, so that no file is in memory
 * as a whole, and whoever takes it slowly holds no connection to the database (store/blobs.h). */
#include "web/page-file.h"

#include "base/codec.h"
#include "store/blobs.h"
#include "web/api.h"
#include "web/keys.h"
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <time.h>

/* ---- words ---- */

struct str size_words(struct page *p, uint64_t bytes)
{
    char words[ATTACHMENT_SIZE_WORDS];

    attachment_size_words(bytes, words);
    return page_text(p, "%s", words);
}

static struct str state_of_file(struct page *p, const char *state)
{
    static const struct {
        const char *state;
        enum message_key key;
    } rows[] = {{"clean", MSG_FILE_CLEAN},     {"infected", MSG_FILE_INFECTED}, {"not-examinable", MSG_FILE_NOT_EXAMINABLE},
                {"crashed", MSG_FILE_CRASHED}, {"no-scanner", MSG_FILE_NO_SCANNER}, {"waiting", MSG_FILE_WAITING},
                {"begun", MSG_FILE_WAITING},   {"coming", MSG_FILE_COMING},     {"gone", MSG_FILE_GONE}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!strcmp(rows[i].state, state))
            return T(p, rows[i].key);
    return str_of(state);
}

/* His own, that no act has named; NULL: there is none, or it cannot be read now. */
static const json_t *own_value(struct page *p, const char *id)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    json_t *value = NULL;

    if (attachment_get(p->worker->store, id, &a) || strcmp(a.owner, p->session.person) != 0 || attachment_value(p->worker->store, &a, &value))
        return NULL;
    return page_keep(p, value);
}

struct str file_words(struct page *p, const json_t *value)
{
    const json_t *v = json_is_string(value) ? own_value(p, json_string_value(value)) : value;

    if (!json_is_object(v))
        return T(p, MSG_FILE_CHOSEN);
    return TF(p, MSG_FILE_WORDS, {"name", str_of(json_str(v, "name"))}, {"size", size_words(p, (uint64_t)json_int(v, "size"))},
              {"state", state_of_file(p, json_str(v, "state"))});
}

/* ---- in ---- */

#define WAIT_MAX_MS 8000
#define WAIT_STEP_MS 100

/* Small files are examined in the time in which somebody waits for a page. */
static void wait_for_examination(struct page *p, const char *id)
{
    struct timespec step = {0, WAIT_STEP_MS * 1000000L};

    for (int waited = 0; waited < WAIT_MAX_MS; waited += WAIT_STEP_MS) {
        CLEANUP(attachment_done) struct attachment a = {0};

        store_end_read(p->worker->store); /* each look is at another moment */
        if (store_begin_read(p->worker->store) || attachment_get(p->worker->store, id, &a) || attachment_is_examined(&a))
            return;
        nanosleep(&step, NULL);
    }
}

static int send_piece(struct page *p, const char *id, uint64_t offset, struct str bytes, const json_t **ret_answer)
{
    CLEANUP(buf_done) struct buf text;
    json_t *answer;

    buf_init(&text, 2 * ATTACHMENT_PIECE);
    if (base64_print(bytes.at, bytes.len, &text))
        return -ENOMEM;
    answer = page_ask(p, json_pack("{s:s, s:s, s:I, s:s}", "op", "file-piece", "id", id, "offset", (json_int_t)offset, "data", text.at));
    if (!answer)
        return -ENOMEM;
    *ret_answer = json_flag(answer, "ok") ? NULL : answer;
    return 0;
}

int file_send(struct page *p, const struct reg *reg, const struct field *f, const struct form_field *sent, char ret_id[ATTACHMENT_ID_SIZE],
              const json_t **ret_answer)
{
    json_t *begun = page_ask(p, json_pack("{s:s, s:s, s:s, s:s%, s:I}", "op", "file-begin", "reg", reg->id, "field", f->id, "name",
                                          sent->filename.at ? sent->filename.at : "", sent->filename.len, "size", (json_int_t)sent->value.len));
    int r = 0;

    ret_id[0] = '\0';
    if (!begun)
        return -ENOMEM;
    *ret_answer = json_flag(begun, "ok") ? NULL : begun;
    for (uint64_t at = 0; !r && !*ret_answer && at < sent->value.len; at += ATTACHMENT_PIECE)
        r = send_piece(p, json_str(begun, "id"), at, (struct str){sent->value.at + at, MIN_OF(sent->value.len - at, (size_t)ATTACHMENT_PIECE)},
                       ret_answer);
    if (r || *ret_answer)
        return r;
    snprintf(ret_id, ATTACHMENT_ID_SIZE, "%s", json_str(begun, "id"));
    wait_for_examination(p, ret_id);
    return 0;
}

/* ---- out ---- */

struct download {
    struct blobs_pool *blobs; /* of the site; NULL: pieces come from the keeper */
    struct keys_asker asker;
    char id[ATTACHMENT_ID_SIZE];
    uint64_t size, at, end; /* bytes of the file: all, the next to go out, behind the last */
    struct buf first; /* the first piece that goes out, in clear, until it does */
    uint8_t key[VAULT_KEY_SIZE];
};

static void download_done(void *ctx)
{
    struct download *d = ctx;

    buf_wipe(&d->first);
    sodium_memzero(d, sizeof(*d));
    free(d);
}

static int read_piece(const struct download *d, struct worker *w, int64_t n, struct buf *sealed)
{
    return d->blobs ? blobs_pool_get(d->blobs, d->id, n, sealed)
                    : keys_piece(w, &d->asker, d->id, n, sealed);
}

/* The piece in which byte d->at is. -EBADMSG: it is not there, or another one. */
static int open_piece(const struct download *d, struct worker *w, struct buf *plain)
{
    CLEANUP(buf_done) struct buf sealed;
    int64_t n = (int64_t)(d->at / ATTACHMENT_PIECE);
    int r;

    buf_init(&sealed, BLOBS_PIECE_MAX);
    if ((r = read_piece(d, w, n, &sealed)))
        return r == STORE_E_NONE ? -EBADMSG : store_errno(r);
    return attachment_open_piece(d->id, d->size, n, d->key, buf_str(&sealed), plain);
}

/* After a failure the connection is ended before all of the length that the head has said, so no part passes for the whole. */
static int download_more(void *ctx, void *thread_ctx, struct buf *out)
{
    CLEANUP(buf_wipe) struct buf plain;
    struct download *d = ctx;
    uint64_t from = d->at / ATTACHMENT_PIECE * ATTACHMENT_PIECE, upto = MIN_OF(d->end, from + ATTACHMENT_PIECE);
    int r = 0;

    buf_init(&plain, ATTACHMENT_PIECE);
    if (d->first.len) {
        plain = d->first;
        buf_init(&d->first, ATTACHMENT_PIECE);
    } else if ((r = open_piece(d, thread_ctx, &plain))) {
        return r;
    }
    r = buf_add(out, plain.at + (d->at - from), (size_t)(upto - d->at));
    d->at = upto;
    return r;
}

static const struct http_source download_source = {download_more, download_done};

static int download_new(struct page *p, const json_t *answer, struct download **ret)
{
    struct download *d = calloc(1, sizeof(*d));
    int r = d ? keys_asker_of(p, &d->asker) : -ENOMEM;

    if (!r && hex_parse(str_of(json_str(answer, "key")), d->key, sizeof(d->key)))
        r = -EBADMSG;
    if (r) {
        if (d)
            download_done(d);
        return r;
    }
    d->blobs = p->worker->is_apart ? NULL : p->worker->blobs_pool;
    buf_init(&d->first, ATTACHMENT_PIECE);
    snprintf(d->id, sizeof(d->id), "%s", json_str(answer, "id"));
    d->size = d->end = (uint64_t)json_int(answer, "size");
    *ret = d;
    return 0;
}

/* RFC 6266 and 8187: the name as it is, percent-encoded, and one of plain letters for whoever reads nothing else. */
static int put_name(struct page *p, const char *name)
{
    CLEANUP(buf_done) struct buf value;

    buf_init(&value, 4096);
    buf_add_text(&value, "attachment; filename=\"");
    for (const char *c = name; *c; c++) {
        bool is_plain = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || (*c && strchr("._-", *c));

        if (is_plain)
            buf_add_char(&value, *c);
        else if (((unsigned char)*c & 0xc0) != 0x80) /* one for each character */
            buf_add_char(&value, '_');
    }
    buf_printf(&value, "\"; filename*=UTF-8''%.*s", STR_ARG(page_encoded(p, str_of(name))));
    return buf_error(&value) ? buf_error(&value) : http_response_header(p->resp, HTTP_HEADER_CONTENT_DISPOSITION, buf_str(&value));
}

/* "bytes=5-9", "bytes=5-", "bytes=-9": one part. False: it is not of that form, and all is sent (RFC 9110, 14.2). *ret_there false: there is no
 * such part. */
static bool read_range(struct str value, struct download *d, bool *ret_there)
{
    struct str rest = value, first;
    uint64_t from = 0, to = d->size - 1;
    bool is_tail;

    *ret_there = true;
    if (!str_starts(rest, STR("bytes=")) || memchr(rest.at, ',', rest.len))
        return false;
    rest = (struct str){rest.at + STR("bytes=").len, rest.len - STR("bytes=").len};
    if (!memchr(rest.at, '-', rest.len) || !str_split(&rest, '-', &first))
        return false;
    is_tail = !first.len;
    if (is_tail && (str_to_u64(rest, 0, UINT64_MAX, &to)))
        return false;
    if (!is_tail && (str_to_u64(first, 0, UINT64_MAX, &from) || (rest.len && (str_to_u64(rest, 0, UINT64_MAX, &to) || from > to))))
        return false;
    if (is_tail) {
        *ret_there = to > 0;
        from = d->size - MIN_OF(to, d->size);
        to = d->size - 1;
    }
    *ret_there = *ret_there && from < d->size;
    d->at = from;
    d->end = MIN_OF(to, d->size - 1) + 1;
    return true;
}

/* 1: there is no such part, which is answered. */
static int put_range(struct page *p, struct download *d)
{
    struct str asked = http_request_header(p->req, HTTP_HEADER_RANGE);
    bool is_there;
    int r = http_response_header(p->resp, HTTP_HEADER_ACCEPT_RANGES, STR("bytes"));

    if (r || !asked.at || !read_range(asked, d, &is_there))
        return r;
    if (is_there) {
        p->resp->status = 206;
        return http_response_header(p->resp, HTTP_HEADER_CONTENT_RANGE,
                                    page_text(p, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, d->at, d->end - 1, d->size));
    }
    r = http_response_header(p->resp, HTTP_HEADER_CONTENT_RANGE, page_text(p, "bytes */%" PRIu64, d->size));
    if (!r)
        r = page_problem(p, 416, T(p, MSG_FILE_NOT_DONE), T(p, MSG_FILE_RANGE));
    return r ? r : 1;
}

/* Before the head is: what cannot be begun is told by a page. 1: it is told. */
static int put_first(struct page *p, struct download *d)
{
    int r = open_piece(d, p->worker, &d->first);

    if (r != -EBADMSG)
        return r;
    buf_clear(&p->resp->headers);
    r = page_problem(p, 500, T(p, MSG_FILE_NOT_DONE), T(p, MSG_FILE_DAMAGED));
    return r ? r : 1;
}

static int hand_out(struct page *p, const json_t *answer)
{
    struct download *d = NULL;
    int r = download_new(p, answer, &d);

    if (r)
        return r;
    if ((r = put_range(p, d)) || (r = put_first(p, d)) || (r = put_name(p, json_str(answer, "name")))) {
        download_done(d);
        return MIN_OF(r, 0);
    }
    p->resp->content_type = "application/octet-stream";
    p->resp->is_foreign = true;
    p->resp->source = &download_source;
    p->resp->source_ctx = d;
    p->resp->source_len = d->end - d->at;
    return 0;
}

int record_file(struct page *p)
{
    const char *id = page_param(p, STR("id"));
    json_t *answer;

    if (!api_sees_record(p, id))
        return api_beyond_scope(p);
    answer = page_ask(p, json_pack("{s:s, s:s, s:s}", "op", "file-open", "record", id, "file", page_param(p, STR("file"))));
    if (!answer)
        return -ENOMEM;
    if (json_flag(answer, "ok"))
        return hand_out(p, answer);
    if (!strcmp(json_str(answer, "error"), "none"))
        return page_not_found(p);
    return page_not_open(p, id, answer, MSG_FILE_NOT_DONE);
}
