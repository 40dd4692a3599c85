#include "keeper/lives-duty.h"

#include "engine/intel.h"

#include <errno.h>
#include <stdio.h>

int lives_are_old(struct store *s, struct str decay, bool *ret, int64_t *ret_opening)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTEL_RUN_DECAYS);

    *ret = !r && !rows_is_null(row, 0) && (!str_eq(rows_str(row, 0), decay) || !str_eq(rows_str(row, 1), decay));
    if (!r && ret_opening)
        *ret_opening = rows_int(row, 2);
    return store_errno(r);
}

int lives_look(struct operation_context *c, struct lives_duty *l)
{
    CLEANUP(buf_done) struct buf text;
    struct decay decay;
    int r = engine_decay(c->engine, c->now_us, &decay);

    buf_init(&text, DECAY_TEXT_MAX);
    if (!r)
        r = decay_print(&decay, &text);
    if (!r)
        r = lives_are_old(c->store, buf_str(&text), &l->is_due, &l->opening);
    if (!r)
        snprintf(l->decay, sizeof(l->decay), "%.*s", STR_ARG(buf_str(&text)));
    l->is_done = false;
    return r;
}

int lives_end(struct operation_context *c, struct lives_duty *l)
{
    JSON_AUTO *in = l->is_due && l->is_done ? json_pack("{s:s, s:I}", "decay", l->decay, "opening", (json_int_t)l->opening) : NULL;
    int r;

    if (!l->is_due || !l->is_done)
        return 0;
    r = in ? store_errno(STORE_RUN(c->store, STMT_INTEL_RUN_DECAY_SET, V_TEXT(l->decay), V_INT(l->opening))) : -ENOMEM;
    if (!r)
        r = operation_enter(c, "intel-ends", "recorded", in, NULL);
    return r ? r : lives_look(c, l); /* more may have been opened meanwhile */
}
