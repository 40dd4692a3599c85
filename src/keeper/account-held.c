#include "keeper/account-held.h"

#include "keeper/account-operation.h"
#include "keeper/plan-operation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define HELD_MAX ((size_t)64 << 10)

bool account_is_held(struct str body)
{
    return str_starts(body, STR("{\"account\":"));
}

int account_of_held(struct str body, json_t **ret)
{
    JSON_AUTO *o = NULL;
    int r = json_parse(body, (struct json_limits){HELD_MAX, 4}, &o, NULL);

    if (r)
        return r > 0 ? -EBADMSG : r;
    *ret = json_incref((json_t *)(uintptr_t)json_obj(o, "account"));
    return *ret ? 0 : -EBADMSG;
}

/* Only what is asked for: who asks is known by his session. */
static json_t *held_of(const json_t *m)
{
    static const char *const names[] = {"op", "login", "person", "rights", "reason"};
    JSON_AUTO *o = json_object();

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!o || (json_object_get(m, names[i]) && json_put_str(o, names[i], json_str(m, names[i]))))
            return NULL;
    return json_pack("{s:o}", "account", TAKE(o));
}

static int enter(struct operation_context *c, const json_t *m, const char *id)
{
    JSON_AUTO *in = json_pack("{s:s, s:s, s:s}", "plan", id, "op", json_str(m, "op"), "login", json_str(m, "login"));

    return in ? operation_enter(c, "account-hold", "recorded", in, NULL) : -ENOMEM;
}

int account_hold(struct operation_context *c, const json_t *message, json_t **ret_answer)
{
    JSON_AUTO *o = held_of(message);
    char *text = o ? json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    char id[PLAN_ID_SIZE], ja[512], en[512];
    int r = text ? plan_hold(c, STR("管理者の権限（二人目の確認待ち）"), str_of(text), id) : -ENOMEM;

    free(text);
    if (r || (r = enter(c, message, id)))
        return r;
    snprintf(ja, sizeof(ja), "管理者の権限は一人では付けられないため、%sとして保留しました。権限を受ける本人でない別の管理者が「異動の計画」で確かめて採用します。", id);
    snprintf(en, sizeof(en), "Nobody gives the administrator's right alone. It is held as %s, for another administrator to look at and adopt, who is not given it himself.", id);
    return answer_refuse(ret_answer, "second", ja, en);
}

int account_take_held(struct operation_context *c, const char *plan, struct str body)
{
    JSON_AUTO *o = NULL;
    int r = account_of_held(body, &o);

    return r ? r : account_give_agreed(c, o, plan);
}
