#include "keeper/restored-operation.h"

#include "engine/restored.h"

#include <errno.h>

/* Which copy it was, and how far its ledger went. */
static int enter(struct operation_context *c, const char *result, const struct restored *r)
{
    CLEANUP(buf_done) struct buf at;
    JSON_AUTO *in = NULL;
    int e;

    buf_init(&at, 64);
    if ((e = instant_print_utc(r->at_us, &at)))
        return e;
    in = json_pack("{s:s, s:s, s:I, s:I, s:i}", "restored", at.at, "file", r->file, "shard", (json_int_t)r->shard, "entries", (json_int_t)r->n_entries,
                   "looks", (int)r->n_looks);
    return in ? operation_enter(c, "restored-confirm", result, in, NULL) : -ENOMEM;
}

static int refuse(struct operation_context *c, const struct restored *r, const char *ja, const char *en, json_t **ret_answer)
{
    int e = enter(c, "refused", r);

    return e ? e : answer_refuse(ret_answer, "forbidden", ja, en);
}

int op_restored_confirm(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct restored r;
    int e = restored_get(c->store, &r);

    if (e == RESTORED_E_NONE || (!e && (json_int_t)r.at_us != json_int(m, "at")))
        return answer_refuse(ret_answer, "none", "その復元はありません。もう一度確かめてください。", "There was no such restore. Look again.");
    if (e)
        return e;
    if (!*c->login)
        return refuse(c, &r, "操作卓からは確認できません。管理者が自分の利用者登録で画面から確認してください。",
                      "The console cannot confirm this. An administrator has to, on the pages, by his own account.", ret_answer);
    e = restored_confirm(c->store, &r, c->person, c->now_us);
    if (e == RESTORED_E_OPEN)
        return answer_refuse(ret_answer, "over", "すでに二人が確認しました。", "Two have looked at it already.");
    if (e == RESTORED_E_SAME)
        return refuse(c, &r, "すでに確認した人です。別の管理者が確認してください。", "You have looked at it already. Another administrator has to.", ret_answer);
    if (e || (e = enter(c, "recorded", &r)) || (e = operation_next_generation(c)))
        return e;
    return answer_done(json_pack("{s:b}", "open", r.n_looks == RESTORED_LOOKS), ret_answer);
}
