/* Collections as TAXII has them, in a list and one by its address.
 *
 *     address ─> 16 bytes of its id ─> a search in the worker's names ─> is its shelf in sight? ─> its record, read only now
 *
 * Names of all collections are held by the worker, whoever sees them: so one that is hidden is looked for as one that is not there, and costs the same. */
#include "web/taxii.h"

#include "web/intel-show.h"

#include "base/codec.h"
#include "engine/intel.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#define COLLECTIONS_PAGE 200u
#define INBOUND "inbound" /* the field that names the channel under which clients write */
#define UUID_BYTES 16u

/* ---- all that are in sight ---- */

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
    bool more = true;
    int r = origin_of(p, &origin);

    while (!r && reg && more) {
        struct list_rows rows = {0};

        r = engine_list_rows(p->worker->engine, p->session.person, &q, p->arena, &rows);
        more = rows.has_more;
        q.behind = rows.last;
        list_rows_by_name(&rows);
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

/* ---- one, by its address ---- */

struct taxii_name {
    uint8_t id[UUID_BYTES];
    int64_t shelf; /* of its lowest level */
    char *record;
};
struct taxii_names {
    struct taxii_name *at; /* by id */
    size_t n, size;
    int64_t changed; /* up to where shelves were read */
};

void taxii_names_free(struct taxii_names *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < n->n; i++)
        free(n->at[i].record);
    free(n->at);
    free(n);
}

static bool uuid_bytes(struct str text, uint8_t ret[UUID_BYTES])
{
    char hex[2 * UUID_BYTES + 1];
    size_t n = 0;

    if (text.len != TAXII_UUID_SIZE - 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if ((i == 8 || i == 13 || i == 18 || i == 23) != (text.at[i] == '-'))
            return false;
        if (text.at[i] != '-')
            hex[n++] = (char)tolower((unsigned char)text.at[i]);
    }
    hex[n] = '\0';
    return !hex_parse(str_of(hex), ret, UUID_BYTES);
}

static int name_cmp(const void *a, const void *b)
{
    return memcmp(((const struct taxii_name *)a)->id, ((const struct taxii_name *)b)->id, UUID_BYTES);
}

static int id_of(struct str origin, const char *record, uint8_t ret[UUID_BYTES])
{
    char text[TAXII_UUID_SIZE];
    int r = uuid_of(origin, record, text);

    return r ? r : uuid_bytes(str_of(text), ret) ? 0 : -EINVAL;
}

static int add_name(struct taxii_names *n, struct str origin, struct rows *row)
{
    struct taxii_name *at;
    int r;

    if (n->n == n->size) {
        size_t size = n->size ? 2 * n->size : 64;

        if (!(at = reallocarray(n->at, size, sizeof(*at))))
            return -ENOMEM;
        n->at = at;
        n->size = size;
    }
    at = &n->at[n->n];
    at->shelf = rows_int(row, 0);
    if (!(at->record = strdup(rows_text(row, 2))))
        return -ENOMEM;
    if ((r = id_of(origin, at->record, at->id))) {
        free(at->record);
        return r;
    }
    n->n++;
    return 0;
}

static bool is_held(const struct taxii_names *n, int64_t shelf)
{
    for (size_t i = 0; i < n->n; i++)
        if (n->at[i].shelf == shelf)
            return true;
    return false;
}

/* What was entered since. A shelf that leads elsewhere now comes again, and is here already. */
static int read_names(struct page *p, struct str origin, struct taxii_names *n)
{
    int64_t before;
    int r;

    do {
        ROWS_AUTO *rows = NULL;

        before = n->changed;
        r = STORE_QUERY(p->worker->store, &rows, STMT_INTEL_SHELVES, V_INT(before));
        while (!r && (r = rows_next(rows)) == 1) {
            n->changed = rows_int(rows, 4);
            r = rows_int(rows, 3) == 1 && !is_held(n, rows_int(rows, 0)) ? add_name(n, origin, rows) : 0;
        }
    } while (!r && n->changed != before);
    if (n->n)
        qsort(n->at, n->n, sizeof(*n->at), name_cmp);
    return store_errno(r);
}

static int names_of(struct page *p, struct str origin, const struct taxii_names **ret)
{
    if (!p->worker->taxii_names && !(p->worker->taxii_names = calloc(1, sizeof(*p->worker->taxii_names))))
        return -ENOMEM;
    *ret = p->worker->taxii_names;
    return read_names(p, origin, p->worker->taxii_names);
}

/* 1: there is none in sight. */
static int read_collection(struct page *p, struct str origin, const char *record, struct taxii_collection *ret)
{
    struct engine_collection c;
    const struct reg *reg = engine_holding(p->worker->engine, HOLDS_INTEL_COLLECTIONS, p->now_us);
    int r = engine_intel_collection(p->worker->engine, p->session.person, record, p->now_us, p->arena, &c);

    if (r || !reg || c.is_disposed || strcmp(c.reg, reg->id) != 0 || (p->token && !token_scope_has(&p->token->scope, reg->id)))
        return r < 0 ? r : 1;
    *ret = (struct taxii_collection){.record = c.record, .title = str_of(c.name), .can_read = true, .channel = c.inbound};
    ret->can_write = *ret->channel && (!p->token || p->token->scope.may_act);
    return uuid_of(origin, c.record, ret->id);
}

/* 1: there is none in sight. */
static int find(struct page *p, struct str asked, struct taxii_collection *ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    const struct taxii_names *names;
    const struct taxii_name *at;
    struct stock *stock;
    struct taxii_name key;
    struct str origin;
    int r = origin_of(p, &origin);

    if (!r)
        r = names_of(p, origin, &names);
    if (!r && (r = intel_stock(p->worker, &stock)))
        r = intel_failed(r);
    if (!r)
        r = ERR_FOLD(engine_sight(p->worker->engine, p->session.person, p->now_us, &sight));
    if (!r && !uuid_bytes(asked, key.id))
        r = id_of(origin, asked.at, key.id);
    if (r)
        return r;
    at = names->n ? bsearch(&key, names->at, names->n, sizeof(key), name_cmp) : NULL;
    return stock_may_see(stock, sight, at ? at->shelf : 0) ? read_collection(p, origin, at->record, ret) : 1;
}

int taxii_collection_open(struct page *p, struct taxii_collection *ret)
{
    int r = find(p, str_of(page_param(p, STR("collection"))), ret);

    if (r <= 0)
        return r;
    r = taxii_problem(p, 404, "collection", T(p, MSG_TAXII_NO_COLLECTION), STR(""));
    return r ? r : 1;
}
