#include "web/keys.h"

#include "base/codec.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define HELD_MAX 256 /* of one request; what comes behind is asked for each time */
#define KEY_NAME_MAX 160

struct held {
    char name[KEY_NAME_MAX];
    uint8_t key[VAULT_KEY_SIZE];
    bool is_none; /* there is none for him */
};

struct keys_held {
    size_t n;
    struct held at[HELD_MAX];
};

/* What the keeper's refusal means to whoever wanted to read. */
static int refused(const json_t *answer)
{
    const char *error = json_str(answer, "error");

    return !strcmp(error, "none")   ? STORE_E_NONE
           : !strcmp(error, "busy") ? STORE_E_BUSY
           : !strcmp(error, "lost") ? STORE_E_LOST
                                    : -EACCES;
}

/* `message` is taken. */
static int ask(struct worker *w, const struct str *token, const struct str *bearer, json_t *message,
               json_t **ret)
{
    JSON_AUTO *owned = message;
    JSON_AUTO *answer = NULL;
    int r;

    if (!owned || (token->at && json_put_strn(owned, "token", *token)) ||
        (bearer->at && json_put_strn(owned, "bearer", *bearer)))
        return -ENOMEM;
    r = keeper_ask(w->link, owned, &answer);
    if (r)
        return r == -ENOMEM ? r : STORE_E_LOST;
    if (!json_flag(answer, "ok"))
        return refused(answer);
    *ret = TAKE(answer);
    return 0;
}

/* ---- keys ---- */

static const struct held *find(const struct keys_held *k, struct str name)
{
    for (size_t i = 0; i < k->n; i++)
        if (str_eq(str_of(k->at[i].name), name))
            return &k->at[i];
    return NULL;
}

static void hold(struct keys_held *k, struct str name, const uint8_t *key)
{
    struct held *h = k->n < HELD_MAX && name.len < KEY_NAME_MAX ? &k->at[k->n] : NULL;

    if (!h)
        return;
    k->n++;
    snprintf(h->name, sizeof(h->name), "%.*s", STR_ARG(name));
    h->is_none = !key;
    if (key)
        memcpy(h->key, key, sizeof(h->key));
}

static int ask_key(struct worker *w, struct str name, uint8_t ret_key[VAULT_KEY_SIZE])
{
    return w->page ? keeper_key_ask(w->link, w->page->cookie, w->page->bearer, name, ret_key) : -EACCES;
}

static int vault_ask(void *ctx, struct str name, uint8_t ret_key[VAULT_KEY_SIZE])
{
    struct worker *w = ctx;
    const struct held *h;
    int r;

    if (!w->keys && !(w->keys = calloc(1, sizeof(*w->keys))))
        return -ENOMEM;
    h = find(w->keys, name);
    if (h && h->is_none)
        return STORE_E_NONE;
    if (h) {
        memcpy(ret_key, h->key, VAULT_KEY_SIZE);
        return 0;
    }
    r = ask_key(w, name, ret_key);
    if (!r || r == STORE_E_NONE)
        hold(w->keys, name, r ? NULL : ret_key);
    return r;
}

void keys_from_keeper(struct worker *w)
{
    vault_elsewhere(w->store, vault_ask, w);
}

void keys_forget(struct worker *w)
{
    if (w->keys) {
        sodium_memzero(w->keys->at, w->keys->n * sizeof(w->keys->at[0]));
        w->keys->n = 0;
    }
}

void keys_held_free(struct keys_held *k)
{
    if (k)
        sodium_memzero(k, sizeof(*k));
    free(k);
}

/* ---- pieces ---- */

int keys_asker_of(const struct page *p, struct keys_asker *ret)
{
    if (p->cookie.len >= sizeof(ret->token) || p->bearer.len >= sizeof(ret->bearer))
        return -E2BIG;
    snprintf(ret->token, sizeof(ret->token), "%.*s", STR_ARG(p->cookie));
    snprintf(ret->bearer, sizeof(ret->bearer), "%.*s", STR_ARG(p->bearer));
    return 0;
}

int keys_piece(struct worker *w, const struct keys_asker *a, const char *id, int64_t n,
               struct buf *out)
{
    struct str token = *a->token ? str_of(a->token) : STR_NONE,
               bearer = *a->bearer ? str_of(a->bearer) : STR_NONE;
    JSON_AUTO *answer = NULL;
    int r = ask(w, &token, &bearer,
                json_pack("{s:s, s:s, s:I}", "op", "file-bytes", "id", id, "n", (json_int_t)n),
                &answer);

    return r ? r : base64_parse(str_of(json_str(answer, "data")), out);
}

int keys_count(struct page *p, const char *id, int64_t *ret)
{
    JSON_AUTO *answer = NULL;
    int r = ask(p->worker, &p->cookie, &p->bearer,
                json_pack("{s:s, s:s}", "op", "file-count", "id", id), &answer);

    if (!r)
        *ret = json_int(answer, "n");
    return r;
}
