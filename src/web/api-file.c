/* Files on their way in: begun, sent piece by piece, looked at, dropped. The page's script and programs send them alike (doc/man/api.md).
 *
 *     POST /api/files {"reg", "field", "name", "size"} ─> 201 {"id", "piece"}
 *     PATCH /api/files/ID, Upload-Offset: N, the next piece ─> 204 Upload-Offset: N + its size; 409: another one comes next
 *     HEAD /api/files/ID ─> Upload-Offset, Upload-Length */
#include "base/codec.h"
#include "store/blobs.h"
#include "web/api.h"
#include "web/keys.h"
#include "web/pages.h"

#include <errno.h>
#include <inttypes.h>

static int put_offset(struct page *p, uint64_t offset)
{
    return http_response_header(p->resp, HTTP_HEADER_UPLOAD_OFFSET, page_text(p, "%" PRIu64, offset));
}

static int done(struct page *p, unsigned status)
{
    p->resp->status = status;
    p->resp->content_type = NULL;
    return 0;
}

/* ---- beginning ---- */

/* A program of a bounded scope sends no files for other registers; the keeper looks at that, too. */
int api_file_new(struct page *p)
{
    static const char *const none[] = {NULL};
    json_t *body, *answer, *shown;
    int r = api_query_known(p, none);

    if (!r)
        r = api_body(p, &body);
    if (r)
        return MIN_OF(r, 0);
    if (!json_is_object(body) || json_object_size(body) != 4 || !json_is_string(json_object_get(body, "reg")) ||
        !json_is_string(json_object_get(body, "field")) || !json_is_string(json_object_get(body, "name")) ||
        !json_is_integer(json_object_get(body, "size")))
        return api_fault(p, "", NULL, TF(p, MSG_API_BODY, {"why", T(p, MSG_FILE_MEMBERS)}));
    answer = page_ask(p, json_pack("{s:s, s:s, s:s, s:s, s:I}", "op", "file-begin", "reg", json_str(body, "reg"), "field", json_str(body, "field"),
                                   "name", json_str(body, "name"), "size", (json_int_t)json_int(body, "size")));
    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        return api_keeper_problem(p, answer);
    shown = page_keep(p, json_pack("{s:s, s:I}", "id", json_str(answer, "id"), "piece", (json_int_t)json_int(answer, "piece")));
    r = shown ? http_response_header(p->resp, HTTP_HEADER_LOCATION, page_text(p, "/api/files/%s", json_str(answer, "id"))) : -ENOMEM;
    p->resp->status = 201;
    return r ? r : api_write(p, shown, 0);
}

/* ---- looking ---- */

/* How far it has come. */
static int offset_of(struct page *p, const struct attachment *a, uint64_t *ret)
{
    struct worker *w = p->worker;
    int64_t n = 0;
    int r = 0;

    *ret = a->size;
    if (strcmp(a->state, "coming") != 0)
        return 0;
    if (w->is_apart)
        r = keys_count(p, a->id, &n);
    else if (!w->blobs)
        r = blobs_open(w->db, STORE_READ, &w->blobs, NULL);
    if (!r && !w->is_apart)
        r = blobs_count(w->blobs, a->id, &n);
    if (r && r != STORE_E_NONE)
        return store_errno(r);
    *ret = MIN_OF((uint64_t)n * ATTACHMENT_PIECE, a->size);
    return 0;
}

static int show(struct page *p, const struct attachment *a)
{
    JSON_AUTO *head = NULL;
    uint64_t offset;
    json_t *v;
    int r = offset_of(p, a, &offset);

    if (r || (r = attachment_head(p->worker->store, a, &head)))
        return r < 0 ? r : page_not_found(p);
    v = page_keep(p, json_pack("{s:s, s:s, s:I, s:I, s:s, s:b, s:I}", "id", a->id, "name", json_str(head, "name"), "size", (json_int_t)a->size,
                               "offset", (json_int_t)offset, "state", a->state, "examined", attachment_is_examined(a), "piece",
                               (json_int_t)ATTACHMENT_PIECE));
    if (!v || (r = put_offset(p, offset)) ||
        (r = http_response_header(p->resp, HTTP_HEADER_UPLOAD_LENGTH, page_text(p, "%" PRIu64, a->size))))
        return v ? r : -ENOMEM;
    return api_write(p, v, 0);
}

int api_file(struct page *p)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    int r = attachment_get(p->worker->store, page_param(p, STR("file")), &a);

    if (r < 0)
        return r;
    if (r || strcmp(a.owner, p->session.person) != 0 || *a.record)
        return page_not_found(p);
    return show(p, &a);
}

/* ---- sending ---- */

static bool is_bytes(struct page *p)
{
    struct str type = http_request_header(p->req, HTTP_HEADER_CONTENT_TYPE);

    return str_eq_nocase(type, STR("application/offset+octet-stream")) || str_eq_nocase(type, STR("application/octet-stream"));
}

static json_t *piece_message(struct page *p, uint64_t offset)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 2 * ATTACHMENT_PIECE);
    if (base64_print(p->req->body.at, p->req->body.len, &text))
        return NULL;
    return json_pack("{s:s, s:s, s:I, s:s}", "op", "file-piece", "id", page_param(p, STR("file")), "offset", (json_int_t)offset, "data",
                     text.at ? text.at : "");
}

int api_file_piece(struct page *p)
{
    uint64_t offset;
    json_t *answer;
    int r;

    if (!is_bytes(p))
        return api_problem(p, API_MEDIA_TYPE, T(p, MSG_API_TYPE), NULL);
    if (str_to_u64(http_request_header(p->req, HTTP_HEADER_UPLOAD_OFFSET), 0, INT64_MAX, &offset))
        return api_problem(p, API_MALFORMED, T(p, MSG_FILE_OFFSET_WANTED), NULL);
    answer = page_ask(p, piece_message(p, offset));
    if (!answer)
        return -ENOMEM;
    if (json_object_get(answer, "offset") && (r = put_offset(p, (uint64_t)json_int(answer, "offset"))))
        return r;
    return json_flag(answer, "ok") ? done(p, 204) : api_keeper_problem(p, answer);
}

int api_file_drop(struct page *p)
{
    json_t *answer = page_ask(p, json_pack("{s:s, s:s}", "op", "file-drop", "id", page_param(p, STR("file"))));

    if (!answer)
        return -ENOMEM;
    return json_flag(answer, "ok") ? done(p, 204) : api_keeper_problem(p, answer);
}
