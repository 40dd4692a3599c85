#include "keeper/holding-operation.h"

#include "engine/cover.h"
#include "engine/holding.h"

#include <errno.h>

static int no_gate(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "forbidden", "この問合せは、出入口装置だけが行えます。", "Only a gate may ask this.");
}

static int invalid(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "invalid", "要約値の一覧の形が正しくありません。", "These contents are not well formed.");
}

int op_holding_label(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    json_t *members = NULL;
    int r;

    if (!c->measured)
        return no_gate(ret_answer);
    /* Whom a relay's login names is who it is about. */
    r = engine_holding_label(c->engine, json_object_get(m, "contents"), c->is_sender ? c->person : json_str(m, "receiver"),
                             json_object_get(m, "addresses"), c->now_us, &members);
    if (r)
        return r < 0 ? r : invalid(ret_answer);
    return answer_done(members, ret_answer);
}

int op_holding_note(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    JSON_AUTO *in = NULL;
    int r;

    if (!c->measured)
        return no_gate(ret_answer);
    r = engine_holding_note(c->engine, c->person, json_str(m, "record"), json_str(m, "form"), json_object_get(m, "contents"), c->now_us, &in);
    if (r == 2)
        return answer_refuse(ret_answer, "none", "その記録はありません。", "There is no such record.");
    if (r)
        return r < 0 ? r : invalid(ret_answer);
    if ((r = operation_enter(c, "holding-note", "recorded", in, NULL)))
        return r;
    return answer_done(json_object(), ret_answer);
}

int op_cover(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    json_t *cover = NULL;
    int r;

    if (!c->measured)
        return no_gate(ret_answer);
    r = engine_cover(c->engine, c->person, json_str(m, "record"), c->now_us, &cover);
    if (r == 1)
        return answer_refuse(ret_answer, "none", "その記録はありません。", "There is no such record.");
    if (r < 0)
        return r;
    return answer_done(json_pack("{s:o}", "cover", cover ? cover : json_null()), ret_answer);
}
