#include "keeper/pack-operation.h"

#include "keeper/easing.h"
#include "keeper/pack-scenarios.h"

#include <errno.h>
#include <string.h>

/* Keeps which scenarios show the pack's clauses, and names them in `in`, of the entry to come. 1: they do not fit the pack, which is
 * answered. */
static int take_scenarios(struct operation_context *c, const struct pack *pack, const char *hash, const json_t *scenarios, json_t *in,
                          json_t **ret_answer)
{
    char digest[2 * SHA256_SIZE + 1];
    int r;

    if (!pack_scenarios_ok(pack, scenarios)) {
        r = answer_refuse(ret_answer, "invalid", "この規程のものではないシナリオです。何も取り込んでいません。",
                          "These are no scenarios of this pack. Nothing was taken in.");
        return r ? r : 1;
    }
    if ((r = pack_scenarios_digest(scenarios, digest)) || (r = json_put_str(in, "scenarios", digest)))
        return r;
    return store_errno(pack_scenarios_save(c->store, hash, scenarios));
}

/* A pack that was proposed: its row of STMT_PACK_GET. 1: there is none, which is answered. */
static int proposed(struct operation_context *c, const char *hash, struct rows **ret, json_t **ret_answer)
{
    int r = STORE_ONE(c->store, ret, STMT_PACK_GET, V_TEXT(hash));

    if (r == STORE_E_NONE)
        return answer_refuse(ret_answer, "none", "その規程は提案されていません。", "No such pack has been proposed.") ?: 1;
    return store_errno(r);
}

static int read_proposed(struct operation_context *c, struct rows *row, struct pack **ret)
{
    int r = pack_load_canonical(rows_str(row, 3), ret, c->diag);

    return r < 0 ? r : r ? -EIO : 0;
}

int op_pack_scenarios(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(pack_unrefp) struct pack *pack = NULL;
    ROWS_AUTO *row = NULL;
    JSON_AUTO *in = NULL;
    const char *hash = json_str(m, "hash");
    int r = proposed(c, hash, &row, ret_answer);

    if (r || (r = read_proposed(c, row, &pack)))
        return MIN_OF(r, 0);
    in = json_pack("{s:s, s:s}", "pack", pack->id, "hash", hash);
    if (!in)
        return -ENOMEM;
    if ((r = take_scenarios(c, pack, hash, json_object_get(m, "scenarios"), in, ret_answer)))
        return MIN_OF(r, 0);
    if ((r = operation_enter(c, "pack-scenarios", "recorded", in, NULL)))
        return r;
    return answer_done(json_object(), ret_answer);
}

int op_pack_propose(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(pack_unrefp) struct pack *pack = NULL;
    ROWS_AUTO *row = NULL;
    JSON_AUTO *in = NULL;
    const json_t *scenarios = json_object_get(m, "scenarios");
    struct digest_text hash;
    struct diag problems;
    int r;

    diag_init(&problems);
    r = pack_load_canonical(str_of(json_str(m, "canonical")), &pack, &problems);
    if (r == PACK_E_INVALID)
        r = answer_problems(&problems, "規程に誤りがあるため受け付けられません。これまでの規程がそのまま使われます。",
                        "The pack has errors and is refused whole. The running one stays.", ret_answer);
    diag_done(&problems);
    if (r || !pack)
        return r;
    hash = digest_text(&pack->hash);
    in = json_pack("{s:s, s:s}", "pack", pack->id, "hash", hash.at);
    if (!in)
        return -ENOMEM;
    r = STORE_ONE(c->store, &row, STMT_PACK_GET, V_TEXT(hash.at));
    if (!r)
        return answer_refuse(ret_answer, "exists", "同じ規程がすでに提案されています。",
                             "The very same pack has been proposed already.");
    if (r != STORE_E_NONE)
        return r;
    if ((r = easing_judge(c, pack, in, ret_answer)) || (scenarios && (r = take_scenarios(c, pack, hash.at, scenarios, in, ret_answer))))
        return MIN_OF(r, 0);
    r = STORE_RUN(c->store, STMT_PACK_ADD, V_TEXT(hash.at), V_TEXT(pack->id), V_INT(pack->from_day), V_INT(pack->to_day),
                  V_STR(pack->canonical), V_INT(c->now_us), V_TEXT(c->person), V_NULL, V_TEXT(""));
    if (r)
        return r;
    if ((r = operation_enter(c, "pack-propose", "recorded", in, NULL)))
        return r;
    return answer_done(json_pack("{s:s}", "hash", hash.at), ret_answer);
}

/* meta `packs`: what the first leaf of the next shard names. */
static int list_packs(struct operation_context *c)
{
    CLEANUP(buf_done) struct buf text;
    ROWS_AUTO *rows = NULL;
    int r;

    buf_init(&text, 32768);
    if ((r = STORE_QUERY(c->store, &rows, STMT_PACK_LIST)))
        return r;
    while ((r = rows_next(rows)) == 1)
        if (!rows_is_null(rows, 6) && buf_printf(&text, "%s%s", text.len ? " " : "", rows_text(rows, 0)))
            return -ENOMEM;
    if (r)
        return r;
    return STORE_RUN(c->store, STMT_META_SET, V_TEXT("packs"), V_STR(text.len ? buf_str(&text) : STR("")));
}

int op_pack_adopt(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(pack_unrefp) struct pack *pack = NULL;
    ROWS_AUTO *row = NULL;
    JSON_AUTO *in = NULL;
    const char *hash = json_str(m, "hash");
    int r = proposed(c, hash, &row, ret_answer);

    if (r)
        return MIN_OF(r, 0);
    if (!rows_is_null(row, 6))
        return answer_refuse(ret_answer, "exists", "その規程はすでに採用されています。",
                             "That pack is adopted already.");
    in = json_pack("{s:s, s:s}", "pack", rows_text(row, 0), "hash", hash);
    if (!in)
        return -ENOMEM;
    if (!strcmp(rows_text(row, 5), c->person)) {
        if ((r = operation_enter(c, "pack-adopt", "refused", in, NULL)))
            return r;
        return answer_refuse(ret_answer, "forbidden",
                             "提案した本人は採用を決められません。別の管理者が採用してください。",
                             "Who proposed a pack cannot adopt it. Another administrator has to.");
    }
    if ((r = read_proposed(c, row, &pack)))
        return r;
    if ((r = easing_judge(c, pack, in, ret_answer)))
        return r < 0 ? r : operation_enter(c, "pack-adopt", "refused", in, NULL);
    if ((r = STORE_RUN(c->store, STMT_PACK_ADOPT, V_TEXT(hash), V_INT(c->now_us), V_TEXT(c->person))) ||
        (r = list_packs(c)) || (r = operation_enter(c, "pack-adopt", "recorded", in, NULL)) ||
        (r = operation_next_generation(c)))
        return r;
    return answer_done(json_object(), ret_answer);
}
