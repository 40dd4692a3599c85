#include "engine/draw.h"

#include "engine/ref.h"

#include <sodium.h>

bool draw_falls(const struct digest *root, const char *record, uint32_t one_in)
{
    struct digest d = sha256_3((struct str){(const char *)root->bytes, sizeof(root->bytes)}, str_of(record), STR_NONE);
    uint64_t lot = 0;

    for (size_t i = 0; i < sizeof(lot); i++)
        lot = lot << 8 | d.bytes[i];
    return one_in && !((unsigned __int128)lot * one_in >> 64);
}

int draw_one_in(struct stage *sc, const struct obligation *o, uint32_t *ret)
{
    const struct param *now = NULL;
    int e = param_now(sc, o->draw_param, &now);

    if (e)
        return e == -1 ? -EIO : e;
    *ret = o->draw_one_in;
    if (o->draw_param)
        *ret = now->is_set && now->number >= 1 && now->number <= DRAW_ONE_IN_MAX ? (uint32_t)now->number : 1;
    if (sc->e->draws != DRAWS_BY_ROOT)
        *ret = sc->e->draws == DRAWS_ALL;
    return 0;
}

int draw_make(struct store *s, uint64_t due_us, const char *record, uint32_t one_in, struct draw *ret)
{
    int r = log_size_before(s, due_us, &ret->shard, &ret->size);

    if (!r)
        r = log_root_at(s, ret->shard, ret->size, &ret->root);
    if (r)
        return r == LOG_E_RANGE || r == LOG_E_NONE ? -EAGAIN : r;
    ret->one_in = one_in;
    ret->is_drawn = draw_falls(&ret->root, record, one_in);
    return 0;
}

int draw_put(const struct draw *d, json_t *in)
{
    char hex[2 * SHA256_SIZE + 1];
    json_t *o;

    sodium_bin2hex(hex, sizeof(hex), d->root.bytes, sizeof(d->root.bytes));
    o = json_pack("{s:I, s:I, s:s, s:I, s:b}", "shard", (json_int_t)d->shard, "size", (json_int_t)d->size, "root", hex, "one_in",
                  (json_int_t)d->one_in, "drawn", d->is_drawn);
    return o ? json_put(in, "draw", o) : -ENOMEM;
}

static int is_wrong(enum message_key why, enum message_key *ret_why)
{
    *ret_why = why;
    return DRAW_E_DAMAGED;
}

int draw_check(struct store *s, const struct leaf *leaf, enum message_key *ret_why)
{
    const json_t *said = json_obj(leaf->in, "draw");
    int64_t one_in = json_int(said, "one_in");
    struct digest root;
    struct draw is;
    int r;

    if (!said)
        return 0;
    if (!leaf->due_us || instant_of_day(day_of_instant(leaf->due_us)) != leaf->due_us || !leaf->case_id)
        return is_wrong(MSG_FINDING_ITS_DRAW_IS_NOT_OF_A_RECORD_AT_THE_END_O, ret_why);
    if (one_in < 0 || one_in > DRAW_ONE_IN_MAX || hex_parse(str_of(json_str(said, "root")), &root, sizeof(root)))
        return is_wrong(MSG_FINDING_ITS_DRAW_HAS_NO_ROOT_OR_IS_NOT_ONE_IN_A, ret_why);
    r = draw_make(s, leaf->due_us, leaf->case_id, (uint32_t)one_in, &is);
    if (r)
        return r == -EAGAIN ? is_wrong(MSG_FINDING_NOTHING_WAS_ENTERED_BEFORE_ITS_DRAW, ret_why) : r;
    if (is.shard != json_int(said, "shard") || is.size != (uint64_t)json_int(said, "size"))
        return is_wrong(MSG_FINDING_ITS_DRAW_IS_BY_ANOTHER_MOMENT_THAN_THE_E, ret_why);
    if (!digest_eq(&is.root, &root))
        return is_wrong(MSG_FINDING_ITS_DRAW_IS_BY_ANOTHER_ROOT_THAN_THE_LED, ret_why);
    if (is.is_drawn != json_flag(said, "drawn"))
        return is_wrong(is.is_drawn ? MSG_FINDING_DRAW_FELL : MSG_FINDING_DRAW_MISSED,
                        ret_why);
    return 0;
}
