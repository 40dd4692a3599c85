/* Proposals of tables: kept sealed until another administrator adopts exactly what was proposed, or somebody drops it. */
#include "engine/takeover.h"

#include "base/seal.h"
#include "engine/apply.h"
#include "engine/ref.h"

#include <sodium.h>
#include <stdlib.h>

#define TABLE_BYTES_MAX ((size_t)16 << 20)

/* ---- sealed tables ---- */

/* The table with a salt, so that its digest, which the ledger tells, does not let anybody guess a small table. */
static int print_table(const char *reg, const json_t *table, struct buf *out)
{
    uint8_t salt[LEAF_SALT_SIZE];
    char hex[2 * LEAF_SALT_SIZE + 1];
    JSON_AUTO *o = NULL;
    char *text;
    int e;

    random_fill(salt, sizeof(salt));
    sodium_bin2hex(hex, sizeof(hex), salt, sizeof(salt));
    o = json_pack("{s:s, s:s, s:O, s:O}", "reg", reg, "salt", hex, "headings",
                  json_arr(table, "headings"), "rows", json_arr(table, "rows"));
    text = o ? json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (!text)
        return -ENOMEM;
    e = buf_add_text(out, text);
    sodium_memzero(text, strlen(text));
    free(text);
    return e;
}

static int seal_table(struct store *s, const char *id, struct str plain, struct buf *out)
{
    uint8_t key[VAULT_KEY_SIZE];
    int e;

    random_fill(key, sizeof(key));
    e = store_failed(vault_put(s, str_of(id), key));
    if (!e)
        e = seal_add(key, str_of(id), plain, out);
    sodium_memzero(key, sizeof(key));
    return e;
}

static int unseal_table(struct store *s, const char *id, struct str sealed, json_t **ret)
{
    CLEANUP(buf_wipe) struct buf plain;
    uint8_t key[VAULT_KEY_SIZE];
    int e = store_failed(vault_get(s, str_of(id), key));

    buf_init(&plain, TABLE_BYTES_MAX);
    if (!e)
        e = seal_open(key, str_of(id), sealed, &plain);
    sodium_memzero(key, sizeof(key));
    if (!e)
        e = json_parse(buf_str(&plain), (struct json_limits){TABLE_BYTES_MAX, 8}, ret, NULL);
    return e > 0 ? -EBADMSG : e;
}

/* ---- proposing ---- */

static int number(struct engine *e, uint64_t now_us, char ret[64])
{
    int year = civil_from_day(day_of_instant(now_us)).year;
    ROWS_AUTO *row = NULL;
    char name[64];
    int r;

    snprintf(name, sizeof(name), "takeover/%04d", year);
    if ((r = STORE_RUN(e->store, STMT_COUNTER_NEXT, V_TEXT(name))) ||
        (r = STORE_ONE(e->store, &row, STMT_COUNTER_GET, V_TEXT(name))))
        return store_failed(r);
    snprintf(ret, 64, "TAKEOVER-%04d-%04lld", year, (long long)rows_int(row, 0));
    return 0;
}

static int keep(struct engine *e, const char *person, const char *reg, const json_t *table,
                uint64_t now_us, json_t **ret)
{
    CLEANUP(buf_wipe) struct buf plain;
    CLEANUP(buf_done) struct buf sealed;
    size_t n = json_array_size(json_arr(table, "rows"));
    struct digest_text text;
    struct digest digest;
    char id[64];
    int r;

    buf_init(&plain, TABLE_BYTES_MAX);
    buf_init(&sealed, TABLE_BYTES_MAX + 128);
    if ((r = number(e, now_us, id)) || (r = print_table(reg, table, &plain)))
        return r;
    digest = sha256(buf_str(&plain));
    text = digest_text(&digest);
    if ((r = seal_table(e->store, id, buf_str(&plain), &sealed)))
        return r;
    r = store_failed(STORE_RUN(e->store, STMT_TAKEOVER_ADD, V_TEXT(id), V_TEXT(reg),
                               V_INT((int64_t)n), V_BLOB(sealed.at, sealed.len),
                               V_TEXT(text.at), V_TEXT(person), V_INT(now_us)));
    if (!r &&
        !(*ret = json_pack("{s:s, s:s, s:I}", "id", id, "digest", text.at, "n_rows", (json_int_t)n)))
        r = -ENOMEM;
    return r;
}

int engine_takeover_propose(struct engine *e, const char *person, const char *reg,
                            const json_t *table, uint64_t now_us, json_t **ret)
{
    json_t *told = NULL;
    int r = engine_takeover_judge(e, person, reg, table, now_us, &told);

    if (r)
        return r;
    if (json_int(told, "n_faults")) {
        *ret = told;
        return TAKEOVER_E_FAULTS;
    }
    json_decref(told);
    return keep(e, person, reg, table, now_us, ret);
}

/* ---- adopting ---- */

static int do_row(struct engine *e, struct log *log, const char *person, const struct reg *reg,
                  const char *table, const struct takeover_row *row, uint64_t now_us, json_t *made)
{
    struct taken_over taken = {.state = row->state,
                               .former = row->former,
                               .table = table,
                               .values = row->values,
                               .parties = row->parties};
    const struct appointment *held[1];
    struct stage sc;
    struct deed d = {0};
    int r = stage_open(&sc, e, person, now_us);

    sc.actor_id = person;
    sc.procedure = reg->procedure;
    if (!r && sc.actor && force_appointments(e->force, sc.actor, sc.today, held, 1))
        sc.standing = (struct standing){STANDING_OWN, held[0]->post, held[0]->unit, ""};
    if (!r)
        r = stage_new_record(&sc, reg, &sc.hand);
    if (!r && !(sc.act_name = arena_printf(sc.arena, "%s/" TAKEOVER_ACT, reg->id)))
        r = -ENOMEM;
    if (!r)
        r = deed_open(&d, &sc, log);
    d.act = sc.act_name;
    d.result = "recorded";
    if (!r)
        r = deed_take_over(&d, &taken);
    if (!r)
        r = deed_finish(&d);
    if (!r)
        r = json_array_append_new(made, json_string(sc.hand->id)) ? -ENOMEM : 0;
    deed_done(&d);
    stage_done(&sc);
    return r;
}

static int decide(struct engine *e, const char *person, const char *id, const char *state,
                  uint64_t now_us)
{
    int r = store_failed(STORE_RUN(e->store, STMT_TAKEOVER_DECIDE, V_TEXT(id), V_TEXT(state),
                                   V_TEXT(person), V_INT(now_us)));

    return r ? r : store_failed(vault_destroy(e->store, str_of(id)));
}

static int adopt(struct engine *e, struct log *log, const char *person, const json_t *kept,
                 uint64_t now_us, json_t **ret)
{
    CLEANUP(takeover_closep) struct takeover *t = NULL;
    const char *id = json_str(kept, "id");
    const struct reg *reg = engine_reg_on(e, json_str(kept, "reg"), day_of_instant(now_us));
    const struct takeover_row *rows;
    JSON_AUTO *made = json_array();
    size_t n;
    int r = !reg   ? TAKEOVER_E_NONE
            : made ? takeover_open(e, json_str(kept, "made_by"), reg, json_obj(kept, "table"), now_us, &t)
                   : -ENOMEM;

    if (r || (r = takeover_judge(t)))
        return r;
    if (takeover_faults(t)) {
        *ret = takeover_told(t);
        return *ret ? TAKEOVER_E_FAULTS : -ENOMEM;
    }
    rows = takeover_rows(t, &n);
    for (size_t i = 0; !r && i < n; i++)
        r = do_row(e, log, person, reg, id, &rows[i], now_us, made);
    if (r || (r = decide(e, person, id, "adopted", now_us)))
        return r;
    *ret = json_pack("{s:s, s:I, s:O, s:O}", "reg", reg->id, "n_rows", (json_int_t)n, "first",
                     json_array_get(made, 0), "last", json_array_get(made, n - 1));
    return *ret ? 0 : -ENOMEM;
}

int engine_takeover_adopt(struct engine *e, struct log *log, const char *person, const char *id,
                          const char *digest, uint64_t now_us, json_t **ret)
{
    JSON_AUTO *kept = NULL;
    int r = engine_takeover_get(e, id, true, &kept);

    if (r)
        return r;
    if (strcmp(json_str(kept, "state"), "proposed") != 0)
        return TAKEOVER_E_DECIDED;
    if (strcmp(json_str(kept, "digest"), digest) != 0)
        return TAKEOVER_E_STALE;
    return adopt(e, log, person, kept, now_us, ret);
}

int engine_takeover_drop(struct engine *e, const char *person, const char *id, uint64_t now_us)
{
    JSON_AUTO *kept = NULL;
    int r = engine_takeover_get(e, id, false, &kept);

    if (r)
        return r;
    return strcmp(json_str(kept, "state"), "proposed") ? TAKEOVER_E_DECIDED
                                                       : decide(e, person, id, "dropped", now_us);
}

/* ---- looking ---- */

static json_t *kept_json(struct rows *row)
{
    json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:o, s:s}", "id", rows_text(row, 0),
                          "reg", rows_text(row, 1), "state", rows_text(row, 2), "n_rows",
                          (json_int_t)rows_int(row, 3), "digest", rows_text(row, 5), "made_by",
                          rows_text(row, 6), "made", instant_json((uint64_t)rows_int(row, 7)),
                          "decided_by", rows_text(row, 8));

    if (o && !rows_is_null(row, 9) &&
        json_object_set_new(o, "decided", instant_json((uint64_t)rows_int(row, 9)))) {
        json_decref(o);
        return NULL;
    }
    return o;
}

int engine_takeover_get(struct engine *e, const char *id, bool with_table, json_t **ret)
{
    ROWS_AUTO *row = NULL;
    JSON_AUTO *o = NULL;
    json_t *table = NULL;
    int r = STORE_ONE(e->store, &row, STMT_TAKEOVER_GET, V_TEXT(id));

    if (r)
        return r == STORE_E_NONE ? TAKEOVER_E_NONE : store_failed(r);
    if (!(o = kept_json(row)))
        return -ENOMEM;
    if (with_table && !strcmp(json_str(o, "state"), "proposed") &&
        ((r = unseal_table(e->store, id, rows_blob(row, 4), &table)) ||
         (r = json_put(o, "table", table))))
        return r;
    *ret = TAKE(o);
    return 0;
}

int engine_takeover_list(struct engine *e, const char *behind, unsigned max, json_t **ret)
{
    ROWS_AUTO *rows = NULL;
    JSON_AUTO *list = json_array();
    int r = list ? store_failed(STORE_QUERY(e->store, &rows, STMT_TAKEOVER_LIST,
                                            V_TEXT(*behind ? behind : "~"), V_INT(max)))
                 : -ENOMEM;

    if (r)
        return r;
    while ((r = rows_next(rows)) > 0)
        if (json_array_append_new(list, kept_json(rows)))
            return -ENOMEM;
    if (!r)
        *ret = TAKE(list);
    return r;
}
