#include "keeper/takeover-operation.h"

#include "engine/takeover.h"

#include <errno.h>

/* Faults: nothing was taken, and where to look. */
static int faulty(json_t *judged, json_t **ret_answer)
{
    json_t *o = answer_error("invalid", "引き継げないセルがあります。何も引き継いでいません。",
                             "Some cells cannot be taken over. Nothing was taken.");

    if (!o) {
        json_decref(judged);
        return -ENOMEM;
    }
    if (json_put(o, "judged", judged)) {
        json_decref(o);
        return -ENOMEM;
    }
    *ret_answer = o;
    return 0;
}

static int refused(int r, json_t **ret_answer)
{
    switch (r) {
    case TAKEOVER_E_NONE:
        return answer_refuse(ret_answer, "none", "そのような様式又は申出はありません。",
                             "There is no such register or proposal.");
    case TAKEOVER_E_DECIDED:
        return answer_refuse(ret_answer, "over",
                             "この引継ぎは、すでに採用されたか、取り下げられています。",
                             "This table was adopted or dropped already.");
    case TAKEOVER_E_STALE:
        return answer_refuse(ret_answer, "stale",
                             "表示された表と、今の表が違います。もう一度確かめてください。",
                             "The table is not the one that was shown. Look at it again.");
    default:
        return r < 0 ? r : -EIO;
    }
}

/* ---- proposing ---- */

int op_takeover_propose(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    JSON_AUTO *in = NULL;
    JSON_AUTO *told = NULL;
    int r = engine_takeover_propose(c->engine, c->person, json_str(m, "reg"), json_obj(m, "table"),
                                    c->now_us, &told);

    if (r == TAKEOVER_E_FAULTS)
        return faulty(TAKE(told), ret_answer);
    if (r)
        return refused(r, ret_answer);
    in = json_pack("{s:s, s:s, s:s, s:I}", "table", json_str(told, "id"), "register",
                   json_str(m, "reg"), "digest", json_str(told, "digest"), "rows",
                   (json_int_t)json_int(told, "n_rows"));
    if (!in)
        return -ENOMEM;
    r = operation_enter(c, "takeover-propose", "recorded", in, NULL);
    return r ? r : answer_done(TAKE(told), ret_answer);
}

/* ---- deciding ---- */

static int decided_in(const json_t *kept, const json_t *done, json_t **ret)
{
    json_t *in = json_pack("{s:s, s:s, s:s, s:I}", "table", json_str(kept, "id"), "register",
                           json_str(kept, "reg"), "digest", json_str(kept, "digest"), "rows",
                           (json_int_t)json_int(kept, "n_rows"));

    if (in && done &&
        (json_put_str(in, "first", json_str(done, "first")) ||
         json_put_str(in, "last", json_str(done, "last")))) {
        json_decref(in);
        in = NULL;
    }
    *ret = in;
    return in ? 0 : -ENOMEM;
}

/* A person other than the proposer: nobody takes over his own table, and no record is entered by nobody. */
static int refuse_hand(struct operation_context *c, const json_t *kept, json_t **ret_answer)
{
    JSON_AUTO *in = NULL;
    int r = decided_in(kept, NULL, &in);

    if (!r)
        r = operation_enter(c, "takeover-adopt", "refused", in, NULL);
    return r ? r
             : answer_refuse(
                   ret_answer, "forbidden",
                   "申し出た本人は採用を決められません。別の管理者が画面から採用してください。",
                   "Who proposed a table cannot adopt it. Another administrator has to, on the "
                   "pages.");
}

int op_takeover_adopt(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    JSON_AUTO *kept = NULL;
    JSON_AUTO *told = NULL;
    JSON_AUTO *in = NULL;
    int r = engine_takeover_get(c->engine, json_str(m, "table"), false, &kept);

    if (r)
        return refused(r, ret_answer);
    if (!strcmp(json_str(kept, "made_by"), c->person) || !*c->login)
        return refuse_hand(c, kept, ret_answer);
    r = engine_takeover_adopt(c->engine, c->log, c->person, json_str(kept, "id"),
                              json_str(m, "digest"), c->now_us, &told);
    if (r == TAKEOVER_E_FAULTS)
        return faulty(TAKE(told), ret_answer);
    if (r)
        return refused(r, ret_answer);
    if ((r = decided_in(kept, told, &in)) ||
        (r = operation_enter(c, "takeover-adopt", "recorded", in, NULL)))
        return r;
    return answer_done(TAKE(told), ret_answer);
}

int op_takeover_drop(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    JSON_AUTO *kept = NULL;
    JSON_AUTO *in = NULL;
    int r = engine_takeover_get(c->engine, json_str(m, "table"), false, &kept);

    if (!r)
        r = engine_takeover_drop(c->engine, c->person, json_str(m, "table"), c->now_us);
    if (r)
        return refused(r, ret_answer);
    if ((r = decided_in(kept, NULL, &in)) ||
        (r = operation_enter(c, "takeover-drop", "recorded", in, NULL)))
        return r;
    return answer_done(json_object(), ret_answer);
}
