/* Any JSON as a message to the keeper, run whole on a small installation and undone: what has the form of an operation is
 * answered, or refused for its size; nothing else, whoever sent it. FUZZ_PACK is the folder of the directive. */
#include "engine/scenario.h"
#include "keeper/operation.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_US (UINT64_C(1775779200) * US_PER_SECOND) /* 2026-04-10T00:00:00Z */

/* Made once, which takes longer than a thousand inputs; what an input does is undone. */
static struct scenario_play *the_place(void)
{
    static struct scenario_play *place; /* and what it was made of: as long as the program */
    static struct scenario_set *set;
    static struct force *force;
    static struct pack *pack;
    size_t failed = 0;

    if (place)
        return place;
    if (crypto_start() || pack_load_dir(FUZZ_PACK, &pack, NULL) || force_load_dir(FUZZ_PACK "/force", &force, NULL) ||
        scenario_set_load(FUZZ_PACK, pack, &set, NULL) || scenario_play_open(":memory:", pack, force, &place, NULL) ||
        scenario_play(place, scenario_find(set, "a-loan"), SIZE_MAX, NULL, NULL, &failed, NULL) || failed)
        abort();
    return place;
}

/* Passwords are hashed beside the keeper's loop, so what takes one never comes here as it was sent. */
static bool is_hashed_aside(const json_t *message)
{
    return json_object_get(message, "password") != NULL;
}

static void perform(const struct operation *op, const json_t *message)
{
    struct scenario_play *place = the_place();
    struct clock_setting clock = {CLOCK_DEMONSTRATION, NOW_US, clock_real_us()};
    JSON_AUTO *answer = NULL;
    struct diag diag;
    struct operation_context c = {.store = scenario_play_store(place), .engine = scenario_play_engine(place),
                                  .log = scenario_play_log(place), .clock = &clock, .now_us = NOW_US, .real_us = NOW_US,
                                  .person = "Y", .login = "p-y", .rights = UINT32_MAX, .diag = &diag};
    int r;

    diag_init(&diag);
    if (store_begin(c.store) || log_begin(c.log) || engine_refresh(c.engine, &diag) || store_savepoint(c.store))
        abort();
    r = op->run(&c, message, &answer);
    assert(r == 0 || r == -E2BIG || r == -EFBIG);
    assert(r || json_is_boolean(json_object_get(answer, "ok")));
    store_rollback(c.store);
    log_forget(c.log);
    engine_forget(c.engine);
    diag_done(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    JSON_AUTO *message = NULL;
    const struct operation *op;
    struct diag diag;
    bool is_good;

    if (json_parse((struct str){(const char *)data, size}, JSON_LIMITS_DEFAULT, &message, NULL) || !json_is_object(message))
        return 0;
    op = operation_find(json_str(message, "op"));
    if (!op)
        return 0;
    diag_init(&diag);
    is_good = operation_message_ok(op, message, &diag);
    assert(is_good == (diag.n_errors == 0));
    diag_done(&diag);
    if (is_good && !is_hashed_aside(message))
        perform(op, message);
    return 0;
}
