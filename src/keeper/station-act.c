#include "keeper/station-act.h"

#include "regulation/model.h"

#include <errno.h>
#include <string.h>

enum why { WHY_NO_KEY, WHY_NOT_ENROLLED, WHY_OVER, WHY_OTHER, WHY_OTHER_KEY };

static const struct {
    const char *word, *ja, *en;
} whys[] = {
    [WHY_NO_KEY] = {"no-key",
                    "この端末は鍵を示していません。機器台帳に登録した端末で、`tsujiban media "
                    "enrol` により鍵を作ってください。",
                    "This computer shows no key. Enrol it as a station: `tsujiban media enrol`."},
    [WHY_NOT_ENROLLED] =
        {"not-enrolled",
         "この端末の鍵は機器台帳にありません。登録されていないか、取り消されています。",
         "The key of this computer is not in the register of devices: it was not enrolled, or was "
         "withdrawn."},
    [WHY_OVER] = {"over",
                  "この端末の鍵は有効期限を過ぎたか、機器が廃棄又は返却されています。`tsujiban "
                  "media enrol` により更新してください。",
                  "The key of this computer is past its last day, or the device is gone. Renew it: "
                  "`tsujiban media enrol`."},
    [WHY_OTHER] = {"other", "この端末は、入力された端末ではありません。",
                   "This computer is not the one that was named."},
    [WHY_OTHER_KEY] = {"other-key", "登録しようとする鍵は、この接続で示された鍵ではありません。",
                       "The key to be enrolled is not the one that this connection has shown."},
};

static int refuse(struct operation_context *c, enum why why, const char *act, const char *named,
                  json_t **ret_answer)
{
    JSON_AUTO *in = json_pack("{s:s, s:s}", "why", whys[why].word, "act", act);
    int r = in ? 0 : -ENOMEM;

    if (!r && *c->station_key)
        r = json_put_str(in, "key", c->station_key);
    if (!r && *named)
        r = json_put_str(in, "named", named);
    if (!r)
        r = operation_enter(c, "station", "refused", in, NULL);
    if (!r)
        r = answer_refuse(ret_answer, "station", whys[why].ja, whys[why].en);
    return r ? r : 1;
}

/* Which one it is; 1: refused. */
static int find(struct operation_context *c, const char *act, struct station *ret,
                json_t **ret_answer)
{
    int r = *c->station_key ? engine_station(c->engine, c->station_key, c->now_us, ret) : 0;

    if (r < 0)
        return r;
    if (!*c->station_key)
        return refuse(c, WHY_NO_KEY, act, "", ret_answer);
    return r ? refuse(c, r == STATION_E_OVER ? WHY_OVER : WHY_NOT_ENROLLED, act, "", ret_answer)
             : 0;
}

/* The field with the key, where the step asks it; else NULL. */
static const struct field *key_asked(const struct reg *stations, const struct act *act)
{
    const struct procedure *p = strcmp(stations->id, act->reg) ? NULL : stations->procedure;

    for (size_t i = 0; p && i < p->n_steps; i++)
        for (size_t k = 0; !strcmp(p->steps[i].act, act->step) && k < p->steps[i].n_asks; k++)
            if (p->steps[i].asks[k] == stations->stations.key)
                return stations->stations.key;
    return NULL;
}

static int name_of(const struct act *act, struct buf *out)
{
    return buf_printf(out, "%.64s/%.64s", act->reg, act->step);
}

int station_may_act(struct operation_context *c, const struct act *act, struct station *ret,
                    json_t **ret_answer)
{
    const struct reg *stations =
        c->measured == MEASURED_MEDIA ? engine_reg_of_stations(c->engine) : NULL;
    CLEANUP(buf_done) struct buf name;
    const struct field *key;
    const char *other = "";
    int r;

    *ret = (struct station){.id = ""};
    buf_init(&name, 256);
    if (!stations || (r = name_of(act, &name)))
        return stations ? r : 0;
    if ((key = key_asked(stations, act)))
        return *c->station_key && !strcmp(c->station_key, json_str(act->with, key->id))
                   ? 0
                   : refuse(c, WHY_OTHER_KEY, name.at, act->record, ret_answer);
    if ((r = find(c, name.at, ret, ret_answer)))
        return r;
    return engine_station_names(c->engine, ret, act->reg, act->step, act->with, &other)
               ? refuse(c, WHY_OTHER, name.at, other, ret_answer)
               : 0;
}

int station_may_serve(struct operation_context *c, const char *id, json_t **ret_answer)
{
    struct station at;
    int r = engine_reg_of_stations(c->engine) ? find(c, "media-here", &at, ret_answer) : 0;

    if (r || !engine_reg_of_stations(c->engine))
        return r;
    return strcmp(at.id, id) ? refuse(c, WHY_OTHER, "media-here", id, ret_answer) : 0;
}
