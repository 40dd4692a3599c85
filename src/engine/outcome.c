#include "engine/outcome.h"

#include "engine/ref.h"

#define ASKED_ID_MAX 80

json_t *outcome(const char *result)
{
    return json_pack("{s:s}", "result", result);
}

int outcome_put_place(json_t *o, const struct log_place *place)
{
    json_t *t = instant_json(place->t_us);

    if (!t || json_put(o, "t", t) || json_put_int(o, "shard", place->shard) || json_put_int(o, "seq", place->seq))
        return -ENOMEM;
    return 0;
}

int outcome_placed(const struct log_place *place, json_t **ret)
{
    int r = *ret ? outcome_put_place(*ret, place) : -ENOMEM;

    if (r) {
        json_decref(*ret);
        *ret = NULL;
    }
    return r;
}

bool outcome_may_name(const char *id)
{
    size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    return n && n <= ASKED_ID_MAX && !id[n];
}
