#include "keeper/collect-operation.h"

#include "engine/collect.h"

#include <errno.h>

#define FILE_NAME_MAX 200u

static int with_member(json_t *error, const char *key, json_t *value, json_t **ret_answer)
{
    JSON_AUTO *o = error;

    if (!o || json_put(o, key, value))
        return -ENOMEM;
    *ret_answer = TAKE(o);
    return 0;
}

/* Of the first act the refusal stands in the ledger; behind it everything is undone. `told` is taken. */
static int refuse(struct operation_context *c, json_t *told, json_t **ret_answer)
{
    bool is_first = json_flag(told, "is_first");
    int r = with_member(answer_error("forbidden", "この取込みはできません。何も取り込んでいません。",
                                     "This cannot be taken in. Nothing was."),
                        "refused", told, ret_answer);

    c->is_undone = !r && !is_first;
    return r;
}

/* Who may enter none is refused before his rows are looked at, and that is entered. */
static int refuse_early(struct operation_context *c, const char *kind, json_t *told,
                        json_t **ret_answer)
{
    JSON_AUTO *in = json_pack("{s:s}", "kind", kind);
    int r = in ? operation_enter(c, "collect", "refused", in, NULL) : -ENOMEM;

    if (!r)
        return refuse(c, told, ret_answer);
    json_decref(told);
    return r;
}

int op_collect(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    enum collect_kind k = collect_kind_of(json_str(m, "kind"));
    json_t *told = NULL;
    int r;

    if (k == COLLECT_KINDS || strlen(json_str(m, "file")) > FILE_NAME_MAX)
        return answer_refuse(ret_answer, "invalid", "収集の種別又はファイル名が正しくありません。",
                             "The kind or the name of the file is wrong.");
    if ((r = engine_collect_may(c->engine, c->person, c->now_us, &told)) == COLLECT_E_REFUSED)
        return refuse_early(c, json_str(m, "kind"), told, ret_answer);
    if (r == -EACCES)
        return answer_refuse(ret_answer, "forbidden",
                             "この取込みはできません。何も取り込んでいません。",
                             "This cannot be taken in. Nothing was.");
    if (!r)
        r = engine_collect_enter(c->engine, c->log, c->person, k, json_str(m, "file"),
                                 json_obj(m, "table"), c->now_us, &told);
    switch (r) {
    case 0:
        r = answer_done(json_pack("{s:o}", "collected", told), ret_answer);
        c->is_undone = !r && !strcmp(json_str(m, "trial"), "yes");
        return r;
    case COLLECT_E_NONE:
        return answer_refuse(ret_answer, "none",
                             "採用中の規程に、収集した記録を登載する様式がありません。",
                             "No directive in force has registers for what was collected.");
    case COLLECT_E_FAULTS:
        return with_member(answer_error("invalid",
                                        "取り込めない行があります。何も取り込んでいません。",
                                        "Some lines cannot be taken in. Nothing was."),
                           "collected", told, ret_answer);
    case COLLECT_E_REFUSED:
        return refuse(c, told, ret_answer);
    default:
        return r < 0 ? r : -EIO;
    }
}
