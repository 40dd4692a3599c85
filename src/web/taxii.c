/* Answers, errors, who asks, keys and stock: see taxii.h. */
#include "web/taxii.h"

#include "web/intel-show.h"
#include "web/words.h"

#include "base/codec.h"
#include "engine/intel.h"

#include <errno.h>
#include <stdlib.h>

/* ---- answers ---- */

void taxii_written(struct page *p)
{
    p->resp->content_type = TAXII_TYPE;
    p->resp->cache = HTTP_CACHE_NEVER;
}

int taxii_write(struct page *p, unsigned status, const json_t *v)
{
    char *text = v ? json_dumps(v, JSON_COMPACT) : NULL;
    int r;

    if (!text)
        return -ENOMEM;
    buf_clear(&p->resp->body);
    p->resp->status = status;
    taxii_written(p);
    r = buf_add_text(&p->resp->body, text);
    free(text);
    return r;
}

int taxii_time(struct page *p, uint64_t t_us, struct str *ret)
{
    CLEANUP(buf_done) struct buf text;
    int r;

    buf_init(&text, 64);
    if ((r = instant_print_utc(t_us, &text)))
        return r;
    *ret = arena_str(p->arena, buf_str(&text));
    return ret->at ? 0 : -ENOMEM;
}

int taxii_unread(struct page *p, bool is_asking)
{
    if (!is_asking)
        return store_errno(store_begin_read(p->worker->store));
    store_end_read(p->worker->store);
    return 0;
}

int taxii_problem(struct page *p, unsigned status, const char *word, struct str title,
                  struct str detail)
{
    json_t *o =
        page_keep(p, json_pack("{s:s%, s:s, s:s%}", "title", title.at ? title.at : "", title.len,
                               "error_code", word, "http_status", page_text(p, "%u", status).at,
                               page_text(p, "%u", status).len));

    if (!o || (detail.len && json_put_strn(o, "description", detail)))
        return -ENOMEM;
    return taxii_write(p, status, o);
}

int taxii_negotiate(struct page *p)
{
    int r;

    if (taxii_accepted(http_request_header(p->req, HTTP_HEADER_ACCEPT)))
        return 0;
    r = taxii_problem(p, 406, "not-acceptable", T(p, MSG_TAXII_ACCEPT), STR(TAXII_TYPE));
    return r ? r : 1;
}

int taxii_query_of(struct page *p, enum taxii_resource resource, struct taxii_query *ret)
{
    static const enum message_key words[] = {
        [TAXII_E_SYNTAX] = MSG_TAXII_SYNTAX, [TAXII_E_UNKNOWN] = MSG_TAXII_UNKNOWN,
        [TAXII_E_TWICE] = MSG_TAXII_TWICE,   [TAXII_E_VALUE] = MSG_TAXII_VALUE,
        [TAXII_E_MANY] = MSG_TAXII_MANY,
    };
    struct str name;
    int r = taxii_query_read(p->req->query, resource, p->arena, ret, &name);

    if (r <= 0)
        return r;
    r = taxii_problem(p, 400, "query", T(p, MSG_TAXII_QUERY), TF(p, words[r], {"name", name}));
    return r ? r : 1;
}

/* ---- who ---- */

struct str taxii_basic(struct page *p, struct str *ret_login)
{
    struct str rest = http_request_header(p->req, HTTP_HEADER_AUTHORIZATION), scheme;
    struct buf plain;
    const char *text;

    *ret_login = STR_NONE;
    if (!str_split(&rest, ' ', &scheme) || !str_eq_nocase(scheme, STR("Basic")) || !rest.at)
        return STR_NONE;
    buf_init_secret(&plain, 512);
    text = base64_parse(str_trim(rest), &plain) ? NULL : arena_strdup(p->arena, buf_str(&plain));
    rest = (struct str){text, text ? plain.len : 0};
    buf_wipe(&plain);
    if (!text || !str_split(&rest, ':', ret_login) || !rest.at)
        return STR("");
    return rest;
}

/* ---- keys and stock ---- */

int taxii_unavailable(struct page *p)
{
    int r =
        taxii_problem(p, 503, "unavailable", T(p, MSG_PROBLEM_STORE), T(p, MSG_PROBLEM_STORE_TEXT));

    return r ? r : 1;
}

int taxii_keys_of(struct page *p, const struct taxii_keys **ret)
{
    struct worker *w = p->worker;
    int64_t day = (int64_t)(clock_real_us() / US_PER_DAY);
    const json_t *answer;

    if (!w->taxii_keys && !(w->taxii_keys = calloc(1, sizeof(*w->taxii_keys))))
        return -ENOMEM;
    *ret = w->taxii_keys;
    if (w->taxii_day == day)
        return 0;
    if (!(answer = page_ask(p, json_pack("{s:s}", "op", "taxii-keys"))))
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        return taxii_unavailable(p);
    if (hex_parse(str_of(json_str(answer, "now")), w->taxii_keys->now, SEAL_KEY_SIZE) ||
        hex_parse(str_of(json_str(answer, "before")), w->taxii_keys->before, SEAL_KEY_SIZE))
        return -EPROTO;
    w->taxii_day = json_int(answer, "day");
    return 0;
}

int taxii_stock(struct page *p, const struct taxii_collection *c, struct stock **ret,
                struct sight **ret_sight)
{
    enum release_answer answer;
    int level = 0, r = intel_stock(p->worker, ret);

    r = r ? intel_failed(r)
          : engine_intel_level(p->worker->engine, p->session.person, c->record, RELEASE_API, p->now_us, &level, &answer);
    if (r == ENGINE_INTEL_E_NONE || (!r && !level)) {
        r = taxii_problem(p, 404, "collection", T(p, MSG_TAXII_NO_COLLECTION), STR(""));
        return r ? r : 1;
    }
    return r ? r
             : engine_sight_at_most(p->worker->engine, p->session.person, level, p->now_us,
                                    ret_sight);
}
