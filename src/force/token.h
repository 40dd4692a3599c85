/* Tokens with which programs sign in as their owners, and do less than those may. doc/design/daily-use.md, T1 to T3.
 *
 *   token_issue ──> valid ──until, token_end, account closed, password set──> over
 *
 * Times    `now_us` is the real clock (doc/design/acts.md, C4).
 * Secrets  the token is given out once; the store holds its SHA-256, by which it is found: nothing compares its characters. Callers
 *          wipe it.
 * Threads  as the store handle; the rest are values.
 * Errors   negative as store_errno(); positive ones are ACCOUNT_E_… as listed. */
#pragma once

#include "base/json.h"
#include "force/account.h"

#define TOKEN_PREFIX "tsujiban_"                    /* by which scanners of leaked secrets know one */
#define TOKEN_SIZE (sizeof(TOKEN_PREFIX) + 43)      /* 43 characters of base64url, 256 bits, and a NUL */
#define TOKEN_ID_SIZE 17u
#define TOKEN_NAME_MAX 60u                          /* characters */
#define TOKEN_NAME_SIZE (4 * TOKEN_NAME_MAX + 1)
#define TOKEN_REGISTERS_MAX 64u
#define TOKEN_REGISTERS_SIZE 4096u
#define TOKEN_DAYS_MAX 365
#define TOKENS_MAX 20u                              /* valid ones of one account */
#define TOKEN_TOUCH_US (60 * UINT64_C(1000000))     /* used is written at most this often */

/* What a token may do at all; its owner's own bounds come on top. */
struct token_scope {
    bool may_act;                          /* reading is always in it */
    bool is_bounded;                       /* to `registers` */
    char registers[TOKEN_REGISTERS_SIZE];  /* ids with a space between two */
};
/* From {"may": ["read"] or ["read", "act"], "registers": [ids] or absent}. ACCOUNT_E_INVALID: anything else. */
MUST_CHECK int token_scope_parse(const json_t *o, struct token_scope *ret);
/* A new value in that shape; NULL: out of memory. */
json_t *token_scope_json(const struct token_scope *scope);
bool token_scope_has(const struct token_scope *scope, const char *reg);

struct token {
    char id[TOKEN_ID_SIZE]; /* shown in lists and entries */
    char login[ACCOUNT_LOGIN_MAX + 1];
    char person[ACCOUNT_PERSON_MAX + 1]; /* by token_find(); else "" */
    char name[TOKEN_NAME_SIZE];
    struct token_scope scope;
    uint64_t made_us, until_us, used_us; /* used: 0 never; may lag by TOKEN_TOUCH_US */
    uint64_t ended_us;                   /* 0: nobody has ended it */
    char ended_by[ACCOUNT_PERSON_MAX + 1];
    bool is_touch_due;
};
bool token_is_valid(const struct token *t, uint64_t now_us);

/* Writes. `days` until it ends by itself. ACCOUNT_E_INVALID: name or days; ACCOUNT_E_EXISTS: the account has a valid one of that name, so that
 * a form sent again issues nothing; ACCOUNT_E_OVER: it has TOKENS_MAX. */
MUST_CHECK int token_issue(struct store *s, const char *login, struct str name, const struct token_scope *scope, int64_t days,
                           uint64_t now_us, char ret_id[TOKEN_ID_SIZE], char ret_token[TOKEN_SIZE]);
/* Reads. Who bears it. ACCOUNT_E_NONE: unknown, over, or its account is not open; which is not told. */
MUST_CHECK int token_find(struct store *s, struct str bearer, uint64_t now_us, struct token *ret);
/* Reads. By its id. ACCOUNT_E_NONE. */
MUST_CHECK int token_get(struct store *s, const char *id, struct token *ret);
/* Writes. It was used. */
MUST_CHECK int token_touch(struct store *s, const char *id, uint64_t now_us);
/* Writes. By its owner or an administrator. ACCOUNT_E_NONE: also when it is another's and `by` may not administer; ACCOUNT_E_OVER. */
MUST_CHECK int token_end(struct store *s, struct account_actor by, const char *id, uint64_t now_us);
/* Writes. All of an account, as when it is closed. */
MUST_CHECK int token_end_all(struct store *s, const char *login, uint64_t now_us);
/* Reads. Those of a login, newest first, or with `login` NULL everybody's valid ones by login; `max` from the `skip`th. The first answer of `fn` but
 * 0 ends it and is returned. */
typedef int token_fn(void *arg, const struct token *t);
MUST_CHECK int token_each(struct store *s, const char *login, uint64_t now_us, unsigned skip, unsigned max, token_fn *fn, void *arg);
