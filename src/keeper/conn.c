#include "keeper/keeper-inside.h"

#include "keeper/filing.h"
#include "keeper/hashing.h"
#include "keeper/keyring.h"
#include "keeper/secret-judging.h"
#include "keeper/stocking.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STALL_MAX_US (30 * US_PER_SECOND) /* for the rest of a message, and for taking an answer */

struct conn *conn_add(struct keeper *k, int fd, uid_t uid, bool is_starter)
{
    struct conn *c;

    if (k->n_conns == KEEPER_CONNS_MAX || !(c = calloc(1, sizeof(*c)))) {
        close(fd);
        return NULL;
    }
    frame_conn_init(&c->frame, fd);
    c->is_starter = is_starter;
    c->uid = uid;
    c->may = is_starter ? 1u << ROLE_OPERATOR : keeper_users_may(&k->door.users, uid);
    k->conns[k->n_conns++] = c;
    return c;
}

void conn_free(struct conn *c)
{
    frame_conn_done(&c->frame);
    json_decref(c->message);
    json_decref(c->answer);
    free(c);
}

/* A connection that hashes stays until its hash comes back, for the thread holds it. */
void conns_sweep(struct keeper *k)
{
    for (size_t i = 0; i < k->n_conns;) {
        struct conn *c = k->conns[i];

        if (c->frame.fd >= 0 || c->is_aside) {
            i++;
            continue;
        }
        if (c->is_starter)
            k->is_ending = true;
        if (c->role)
            door_out(&k->door, (enum keeper_role)c->role);
        conn_free(c);
        k->conns[i] = k->conns[--k->n_conns];
    }
}

void conn_drop(struct conn *c)
{
    if (c->frame.fd >= 0)
        close(c->frame.fd);
    c->frame.fd = -1;
}

void conn_watch(struct conn *c, uint64_t now_us)
{
    bool is_half = !c->message && !c->is_aside && c->frame.in.len > c->frame.taken;

    if (!is_half && c->frame.out.len == c->frame.sent)
        c->stalled_us = 0;
    else if (!c->stalled_us)
        c->stalled_us = now_us;
    else if (now_us - c->stalled_us > STALL_MAX_US)
        conn_drop(c);
}

bool conn_is_ready(const struct conn *c)
{
    return c->frame.fd >= 0 && !c->message && !c->is_aside && c->frame.out.len == c->frame.sent &&
           frame_is_whole(&c->frame);
}

void conn_answer(struct conn *c, json_t *answer)
{
    int r = 0;

    if (!answer)
        answer = answer_error("internal", "内部の誤りのため処理できませんでした。", "An internal error stopped this.");
    json_decref(c->message);
    c->message = NULL;
    if (c->frame.fd >= 0) /* who waits for an answer that there is no memory for is let go: he asks again, or looks */
        r = answer ? frame_put(&c->frame, answer) : -ENOMEM;
    json_decref(answer);
    if (r || (c->frame.fd >= 0 && frame_flush(&c->frame) < 0))
        conn_drop(c);
}

/* ---- who asks ---- */

/* Whose threads work on it first; NULL: nobody's. */
static struct aside *aside_of(struct keeper *k, const json_t *message)
{
    const char *op = json_str(message, "op");

    return hashing_work.wants(op) ? k->hashing : filing_work.wants(op) ? k->filing : stocking_work.wants(op) ? k->stocking : keyring_work.wants(op) ? k->keyring : secret_judging_work.wants(op) ? k->judging : NULL;
}

static json_t *hello(struct keeper *k, struct conn *c, const json_t *message)
{
    int role = door_role_of(json_str(message, "as"));

    if (role < 0 || json_object_size(message) != 2 || (c->role && c->role != role))
        return answer_error("malformed", "挨拶が正しくありません。", "The greeting is wrong.");
    if (!(c->may & 1u << role))
        return door_refuse(&k->door, c->uid, (enum keeper_role)role, clock_monotonic_us());
    if (!c->role)
        door_in(&k->door, (enum keeper_role)role, c->uid);
    c->role = role;
    c->is_worker = true;
    c->is_courier = role == ROLE_COURIER;
    c->is_examiner = role == ROLE_EXAMINER;
    c->is_fetcher = role == ROLE_FETCHER;
    c->measured = door_measures((enum keeper_role)role);
    if (role == ROLE_MEDIA_GATE && !*c->nonce)
        station_nonce_draw(c->nonce);
    return json_pack("{s:b, s:b, s:s*}", "ok", 1, "apart", k->door.users.is_apart, "nonce", *c->nonce ? c->nonce : NULL);
}

/* A media gate proves which key it has; it may show another one later, where a computer is more than one device. */
static json_t *prove(struct conn *c, const json_t *message)
{
    const char *key = json_str(message, "key");

    if (!*c->nonce || json_object_size(message) != 3 || !station_proof_holds(key, c->nonce, json_str(message, "proof")))
        return answer_error("malformed", "端末の鍵の証明が正しくありません。", "This proof of a station's key does not hold.");
    snprintf(c->station_key, sizeof(c->station_key), "%s", key);
    return json_pack("{s:b}", "ok", 1);
}

/* Who has greeted as nobody is the operator. */
static bool is_let_in(const struct conn *c)
{
    return c->is_worker || c->may & 1u << ROLE_OPERATOR;
}

/* A courier, an examiner and a fetcher ask their own questions only, and nobody else asks them. */
static bool may_ask(const struct conn *c, const struct operation *op, const json_t *message)
{
    if (operation_has_sender(op, message) && c->measured != MEASURED_MAIL)
        return false; /* only who stands behind a relay's login may name somebody */
    return c->is_courier == (op->right == OPERATION_COURIER) && c->is_examiner == (op->right == OPERATION_EXAMINER) &&
           c->is_fetcher == (op->right == OPERATION_FETCHER);
}

void conn_take(struct keeper *k, struct conn *c)
{
    struct aside *aside;
    const char *name;
    int r;

    if (!conn_is_ready(c))
        return;
    r = frame_next(&c->frame, &c->message);
    if (r < 0) {
        conn_drop(c);
        return;
    }
    if (r == 0)
        return;
    name = json_str(c->message, "op");
    if (!strcmp(name, "hello")) {
        conn_answer(c, hello(k, c, c->message));
        return;
    }
    if (!strcmp(name, "station")) {
        conn_answer(c, prove(c, c->message));
        return;
    }
    if (!is_let_in(c)) {
        conn_answer(c, door_refuse(&k->door, c->uid, ROLE_OPERATOR, clock_monotonic_us()));
        conn_drop(c);
        return;
    }
    c->op = operation_find(name);
    if (!c->op || !may_ask(c, c->op, c->message) || !operation_message_ok(c->op, c->message, NULL)) {
        conn_answer(c, answer_error("malformed", "要求の形が正しくありません。", "The request is malformed."));
        conn_drop(c); /* A8 */
        return;
    }
    aside = aside_of(k, c->message);
    if (!aside)
        return;
    if ((aside == k->filing && c->measured && json_put_str(c->message, FILING_GATE, gate_name(c->measured))) ||
        aside_start(aside, c, c->message)) {
        conn_answer(c, answer_busy());
        return;
    }
    c->is_aside = true;
}
