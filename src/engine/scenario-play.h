/* What the two files of the scenario player share. */
#pragma once

#include "base/tell.h"
#include "engine/inside.h"
#include "engine/scenario.h"

struct scenario_play {
    struct store *store;
    struct log *log;
    struct engine *engine;
    struct engine_shared *shared; /* of a swapped pack; else NULL */
    bool owns;
    const struct pack *pack;
    uint64_t now_us;
    enum draws draws;      /* on what they fall: nothing chance decides is played */
    json_t *names;         /* {name: record id} */
    json_t *tickets;       /* {record id: ticket}, as its act answered it last */
    unsigned n_transfers;
    struct buf message;    /* of the act at hand; empty: passed */
    enum message_lang lang; /* of it */
};

/* "$NAME" or "$NAME.FIELD" to an id, into `out`; anything else as it stands. 1: there is no such record,
 * which has been said of the act. */
MUST_CHECK int play_resolve(struct scenario_play *p, const char *text, struct buf *out);
/* A copy with every "$…" in it resolved. */
MUST_CHECK int play_resolve_json(struct scenario_play *p, const json_t *v, json_t **ret);
/* In place of what is no digest where the register asks for one stands the SHA-256 of its bytes. */
MUST_CHECK int play_digests(const struct reg *reg, json_t *values);
/* Say that the act failed, in the play's language: play_fail(p, MSG_PLAY_NONE, {"record", str_of(id)}). */
void play_fail_args(struct scenario_play *p, enum message_key key, const struct message_arg *args, size_t n);
#define play_fail(p, key, ...) play_fail_args((p), (key), MESSAGE_ARGS(__VA_ARGS__))
/* The expectations. (scenario-expect.c) */
MUST_CHECK int play_expect(struct scenario_play *p, const struct scene *a);
