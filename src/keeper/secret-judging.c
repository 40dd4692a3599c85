#include "keeper/secret-judging.h"

#include "base/codec.h"
#include "base/time.h"
#include "engine/secret.h"
#include "keeper/act-operation.h"
#include "keeper/asker.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define MARK_SIZE 16u

/* A thread's. */
struct judging {
    struct store *store;
    struct engine *engine;
    uint8_t key[crypto_generichash_KEYBYTES]; /* of marks: this thread's alone, never written anywhere */
};

static bool wants(const char *op)
{
    return !strcmp(op, "act-secret");
}

/* ---- the work ---- */

static int put_mark(const struct judging *j, json_t *m, const char *typed)
{
    uint8_t mark[MARK_SIZE];
    char hex[2 * MARK_SIZE + 1];

    crypto_generichash(mark, sizeof(mark), (const uint8_t *)typed, strlen(typed), j->key, sizeof(j->key));
    sodium_bin2hex(hex, sizeof(hex), mark, sizeof(mark));
    return json_put_str(m, "mark", hex);
}

static int judge(struct judging *j, const struct asker *a, json_t *m)
{
    struct act act = act_of_message(m);
    json_t *judged = NULL;
    int r;

    act.person = a->person;
    act.now_us = engine_now(j->engine);
    r = engine_secret_judge(j->engine, &act, json_str(m, "secret"), PASSWORD_KEPT, &judged);
    return r ? r : json_put(m, "judged", judged);
}

static int answer(struct judging *j, json_t *m)
{
    struct asker a;
    int r = engine_refresh(j->engine, NULL);

    if (!r)
        r = asker_find(j->store, m, true, &a);
    if (r)
        return MIN_OF(r, 0);
    if (force_has_left(engine_force(j->engine), a.person, day_of_instant(engine_now(j->engine))))
        r = aside_tell(m, answer_error("sign-in", "サインインし直してください。", "Please sign in again."));
    else if (a.is_program && !token_scope_has(&a.token.scope, json_str(m, "reg")))
        r = 0; /* the batch says so */
    else
        r = judge(j, &a, m);
    if (!r)
        r = put_mark(j, m, json_str(m, "secret"));
    sodium_memzero(&a, sizeof(a));
    return r;
}

static void end(void *things)
{
    struct judging *j = things;

    if (!j)
        return;
    engine_close(j->engine);
    store_close(j->store);
    sodium_memzero(j->key, sizeof(j->key));
    free(j);
}

static int open_judging(struct judging **ret)
{
    *ret = calloc(1, sizeof(**ret));
    if (!*ret)
        return -ENOMEM;
    random_fill((*ret)->key, sizeof((*ret)->key));
    return 0;
}

static int open_handles(struct judging *j, const char *db)
{
    int r = j->store ? 0 : store_open(db, STORE_READ, &j->store, NULL);

    if (!r && !j->engine)
        r = engine_open(j->store, &j->engine, NULL);
    return store_errno(r);
}

static void close_handles(struct judging *j)
{
    engine_close(j->engine);
    store_close(j->store);
    j->engine = NULL;
    j->store = NULL;
}

/* Handles that failed are opened anew once; the key of marks stays. */
static bool run(const char *db, void **things, json_t *m)
{
    struct judging *j = *things;
    int r = -EIO;

    if (!j && open_judging(&j))
        return false;
    *things = j;
    for (int i = 0; i < 2 && r; i++) {
        if (!(r = open_handles(j, db)))
            r = answer(j, m);
        if (r)
            close_handles(j);
    }
    return !r;
}

static void wipe(json_t *m)
{
    const char *typed = json_str(m, "secret");

    if (*typed)
        sodium_memzero((char *)(uintptr_t)typed, strlen(typed));
    json_object_del(m, "secret");
}

const struct aside_work secret_judging_work = {wants, run, end, wipe};
