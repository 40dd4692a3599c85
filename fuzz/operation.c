/* Any JSON as a message to the keeper, run whole on a small installation and undone: what has the form of an operation is
 * answered, or refused for its size; nothing else, whoever sent it. */
#include "place.h"

#include "keeper/operation.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Passwords are hashed beside the keeper's loop, so what takes one never comes here as it was sent: what was found out about it
 * stands in its place. Whoever typed his name as his password knows it here. */
static void hash_aside(json_t *message)
{
    const char *password = json_str(message, json_object_get(message, "old") ? "old" : "password");
    bool verified = *password && !strcmp(password, json_str(message, "login"));

    if (!json_object_get(message, "password"))
        return;
    if (json_put_flag(message, "verified", verified) ||
        json_put_str(message, "against", PLACE_HASH) || json_put_str(message, "hash", PLACE_HASH))
        abort();
    json_object_del(message, "password");
    json_object_del(message, "old");
}

static void perform(const struct operation *op, const json_t *message)
{
    struct scenario_play *place = place_get();
    struct clock_setting clock = {CLOCK_DEMONSTRATION, PLACE_NOW_US, clock_real_us()};
    JSON_AUTO *answer = NULL;
    struct diag diag;
    struct operation_context c = {.store = scenario_play_store(place),
                                  .engine = scenario_play_engine(place),
                                  .log = scenario_play_log(place),
                                  .clock = &clock,
                                  .now_us = PLACE_NOW_US,
                                  .real_us = PLACE_NOW_US,
                                  .person = "Y",
                                  .login = "p-y",
                                  .rights = UINT32_MAX,
                                  .measured = !strcmp(json_str(message, "op"), "ticket-use") ? MEASURED_MEDIA : 0,
                                  .diag = &diag};
    int r;

    diag_init(&diag);
    if (store_begin(c.store) || log_begin(c.log) || engine_refresh(c.engine, &diag) ||
        store_savepoint(c.store))
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

    if (json_parse((struct str){(const char *)data, size}, JSON_LIMITS_DEFAULT, &message, NULL) ||
        !json_is_object(message))
        return 0;
    op = operation_find(json_str(message, "op"));
    if (!op)
        return 0;
    diag_init(&diag);
    is_good = operation_message_ok(op, message, &diag);
    assert(is_good == (diag.n_errors == 0));
    diag_done(&diag);
    if (!is_good)
        return 0;
    hash_aside(message);
    perform(op, message);
    return 0;
}
