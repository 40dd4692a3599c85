/* Answers, errors, who asks by which collections: see taxii.h. */
#include "web/taxii.h"

#include "web/intel-show.h"
#include "web/words.h"

#include "base/codec.h"
#include "engine/intel.h"

#include <errno.h>
#include <stdlib.h>

#define COLLECTIONS_PAGE 200u
#define INBOUND "inbound" /* the field that names the channel under which clients write */

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

static int unavailable(struct page *p)
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
        return unavailable(p);
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

/* ---- collections ---- */

/* TAXII wants a UUID of version 4 for a collection: ours is made of the ledger's origin and the record's id, so that it stays what it is on every node
 * and after a restore. */
static int uuid_of(struct str origin, const char *record, char ret[TAXII_UUID_SIZE])
{
    struct digest d = sha256_3(STR("taxii-collection\n"), origin, str_of(record));
    CLEANUP(buf_done) struct buf hex;
    int r;

    d.bytes[6] = (uint8_t)((d.bytes[6] & 0x0f) | 0x40);
    d.bytes[8] = (uint8_t)((d.bytes[8] & 0x3f) | 0x80);
    buf_init(&hex, 64);
    if ((r = hex_print(d.bytes, 16, &hex)))
        return r;
    snprintf(ret, TAXII_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex.at, hex.at + 8, hex.at + 12,
             hex.at + 16, hex.at + 20);
    return 0;
}

static int origin_of(struct page *p, struct str *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(p->worker->store, &row, STMT_META_GET, V_TEXT("origin"));

    *ret = r ? STR_NONE : arena_str(p->arena, rows_str(row, 0));
    return store_errno(r);
}

static int collection_of(struct page *p, struct str origin, const struct list_row *row,
                         struct taxii_collection *ret)
{
    *ret = (struct taxii_collection){.record = row->id, .title = str_of(row->name), .can_read = true};
    ret->channel = arena_strdup(p->arena, str_of(json_str(row->values, INBOUND)));
    ret->can_write = ret->channel && *ret->channel && (!p->token || p->token->scope.may_act);
    if (!ret->channel)
        return -ENOMEM;
    return uuid_of(origin, row->id, ret->id);
}

int taxii_collections_each(struct page *p, taxii_collection_fn *call, void *context)
{
    const struct reg *reg = engine_holding(p->worker->engine, HOLDS_INTEL_COLLECTIONS, p->now_us);
    static const char *const fields[] = {INBOUND};
    struct list_query q = {.reg = reg ? reg->id : "", .state = "", .field = "", .key = "", .sort = "id", .page = 1, .page_size = COLLECTIONS_PAGE,
                           .fields = fields, .n_fields = ARRAY_LEN(fields)};
    struct str origin;
    unsigned pages = 1;
    int r = origin_of(p, &origin);

    for (; !r && reg && q.page <= pages; q.page++) {
        struct list_rows rows = {0};

        r = engine_list_rows(p->worker->engine, p->session.person, &q, p->arena, &rows);
        pages = rows.pages;
        for (size_t i = 0; !r && i < rows.n; i++) {
            struct taxii_collection c;

            if (rows.at[i].is_disposed || (p->token && !token_scope_has(&p->token->scope, reg->id)))
                continue;
            r = collection_of(p, origin, &rows.at[i], &c);
            if (!r)
                r = call(p, &c, context);
        }
        list_rows_done(&rows);
    }
    return r;
}

struct finding {
    struct str asked;
    struct taxii_collection *ret;
};
#define FOUND 1

static int is_asked(struct page *p, const struct taxii_collection *c, void *context)
{
    struct finding *f = context;

    if (!str_eq_nocase(f->asked, str_of(c->id)) && !str_eq(f->asked, str_of(c->record)))
        return 0;
    *f->ret = *c;
    return FOUND;
}

int taxii_collection_open(struct page *p, struct taxii_collection *ret)
{
    struct finding f = {str_of(page_param(p, STR("collection"))), ret};
    int r = taxii_collections_each(p, is_asked, &f);

    if (r)
        return r == FOUND ? 0 : r;
    r = taxii_problem(p, 404, "collection", T(p, MSG_TAXII_NO_COLLECTION), STR(""));
    return r ? r : 1;
}
