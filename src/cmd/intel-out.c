#include "cmd/intel-out.h"

#include "engine/intel.h"
#include "intel/stock-values.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int ask(struct intel_out *o, const char *format)
{
    JSON_AUTO *answer = NULL;
    int r = home_ask(o->gate.link,
                     json_pack("{s:s, s:s, s:s, s:s}", "op", "intel-export", "token", o->gate.cookie, "collection", o->collection, "format", format),
                     &answer);

    o->level = (int)json_int(answer, "level");
    return r;
}

static int open_stock(struct intel_out *o)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    r = stock_open(o->gate.home.db, o->gate.store, &o->stock, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (!r)
        r = engine_sight(o->gate.engine, o->gate.person.at, engine_now(o->gate.engine), &o->sight);
    return r ? command_fail(MSG_FAIL_INTEL_STORE) : 0;
}

static int find_collection(struct intel_out *o, const char *name)
{
    const struct reg *reg = engine_holding(o->gate.engine, HOLDS_INTEL_IMPORTS, engine_now(o->gate.engine));

    if (!reg)
        return command_fail(MSG_FAIL_NO_IMPORTS);
    return gate_find(&o->gate, reg->id, "collection", name, o->collection);
}

int intel_out_open(const struct arguments *args, const char *collection, const char *format, struct intel_out *ret)
{
    *ret = (struct intel_out){.level = 0};
    return gate_enter_person(args, &ret->gate) ?: find_collection(ret, collection) ?: open_stock(ret) ?: ask(ret, format);
}

void intel_out_close(struct intel_out *o)
{
    stock_close(o->stock);
    sight_free(o->sight);
    gate_close(&o->gate);
}

void intel_out_tell_held(uint64_t n)
{
    if (n)
        command_note(MSG_SAID_HELD_BACK, {"n", NUMBER(n)});
}

int intel_out_set(struct intel_out *o, uint64_t until_us, unsigned flags, struct buf *out, uint64_t *ret_held)
{
    struct set_mark mark = {.created_us = engine_now(o->gate.engine), .until_us = until_us, .confidentiality = 1, .tlp = TLP_CLEAR, .flags = flags};
    CLEANUP(set_builder_freep) struct set_builder *set = set_builder_new(&mark, NULL);
    struct stock_values got;
    int r = set ? stock_values(o->stock, o->sight, str_of(o->collection), o->level, mark.created_us, set, &got) : -ENOMEM;

    if (r == SET_E_LIMIT)
        return command_fail(MSG_FAIL_SET_FULL);
    if (r)
        return command_fail(MSG_FAIL_COLLECTION_READ, {"why", str_of(command_why_store(r))});
    mark.tlp = got.tlp;
    mark.confidentiality = stock_level(got.tlp);
    set_builder_mark(set, &mark);
    if (set_builder_print(set, out))
        r = command_fail(MSG_FAIL_SET_MEMORY);
    *ret_held = got.held;
    if (!r && (got.over || got.unlisted))
        command_note(MSG_SAID_INDICATORS_LEFT, {"n", NUMBER(got.indicators + got.over + got.unlisted)}, {"over", NUMBER(got.over)}, {"unlisted", NUMBER(got.unlisted)});
    return r;
}
