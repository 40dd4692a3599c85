#include "keeper/token-operation.h"

#include "keeper/account-operation.h"
#include "keeper/device-operation.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

static int enter_token(struct operation_context *c, const char *name, const char *id, const char *login)
{
    JSON_AUTO *in = json_pack("{s:s, s:s}", "token", id, "login", login);

    return in ? operation_enter(c, name, "recorded", in, NULL) : -ENOMEM;
}

/* ---- who asks ---- */

/* By the beginning of its id, so that a record that is not there and one out of the scope have one answer. */
static bool has_record(const struct operation_context *c, const char *id)
{
    const struct reg *reg = engine_reg_of_id(c->engine, id);

    return reg && token_scope_has(&c->token.scope, reg->id);
}

/* 1: it lies beyond the scope. */
static int check_notice(struct operation_context *c, const json_t *m)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(c->store, &row, STMT_NOTICE_RECORD, V_INT(json_int(m, "shard")), V_INT(json_int(m, "seq")),
                      V_INT(json_int(m, "n")), V_TEXT(c->person));

    if (r)
        return r == STORE_E_NONE ? 1 : store_errno(r);
    return has_record(c, rows_text(row, 0)) ? 0 : 1;
}

/* Each of the records that were found. */
static bool has_records(const struct operation_context *c, struct str records)
{
    struct str one;

    while (str_split(&records, ' ', &one)) {
        char id[128];

        snprintf(id, sizeof(id), "%.*s", STR_ARG(one));
        if (!has_record(c, id))
            return false;
    }
    return true;
}

/* What the message is about: a register, records, a notice. 1: beyond the scope. */
static int check_registers(struct operation_context *c, const json_t *m)
{
    const char *record = json_str(m, "record");

    if (!c->token.scope.is_bounded)
        return 0;
    if (json_object_get(m, "reg") && !token_scope_has(&c->token.scope, json_str(m, "reg")))
        return 1;
    if ((*record && !has_record(c, record)) || (json_object_get(m, "records") && !has_records(c, str_of(json_str(m, "records")))))
        return 1;
    return json_object_get(m, "shard") ? check_notice(c, m) : 0;
}

static int note_use(struct operation_context *c)
{
    int r;

    if (!c->token.is_touch_due)
        return 0;
    if (!c->token.used_us && (r = enter_token(c, "token-use", c->token.id, c->token.login)))
        return r;
    return token_touch(c->store, c->token.id, c->real_us);
}

int token_authorize(struct operation_context *c, const struct operation *op, const json_t *m, json_t **ret_answer)
{
    int r;

    if (json_object_get(m, "token"))
        return answer_refuse(ret_answer, "malformed",
                             "サインインの方法が二つ同時に示されています。",
                             "Two ways of signing in at once.");
    if (op->right == OPERATION_ANY && op->by_token != BY_TOKEN_NEVER)
        return 0;
    r = token_find(c->store, str_of(json_str(m, "bearer")), c->real_us, &c->token);
    if (!r && operation_has_left(c, c->token.person))
        r = ACCOUNT_E_NONE;
    if (r) {
        c->token.id[0] = '\0';
        return r < 0 ? r
                     : answer_refuse(ret_answer, "sign-in", "このトークンは使えません。",
                                     "This token is not valid.");
    }
    c->person = c->token.person;
    c->login = c->token.login;
    if (op->by_token == BY_TOKEN_NEVER)
        return answer_refuse(ret_answer, "forbidden", "トークンではこの操作はできません。",
                             "No token allows that.");
    r = op->by_token == BY_TOKEN_ACT && !c->token.scope.may_act ? 1 : check_registers(c, m);
    if (r)
        return r < 0 ? r
                     : answer_refuse(ret_answer, "scope", "このトークンの範囲を超えています。",
                                     "That lies beyond the scope of this token.");
    r = note_use(c);
    return r ? r : device_authorize(c, m, ret_answer);
}

/* ---- issue and end ---- */

static int check_known(const struct operation_context *c, const struct token_scope *scope)
{
    JSON_AUTO *o = token_scope_json(scope);
    const json_t *list = json_arr(o, "registers");

    if (!o)
        return -ENOMEM;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!engine_reg(c->engine, json_string_value(json_array_get(list, i))))
            return ACCOUNT_E_INVALID;
    return 0;
}

static int enter_issue(struct operation_context *c, const char *id, const struct token_scope *scope, int64_t days)
{
    JSON_AUTO *reach = token_scope_json(scope);
    JSON_AUTO *in = reach ? json_pack("{s:s, s:s, s:O, s:I}", "token", id, "login", c->login, "scope", reach, "days", (json_int_t)days)
                          : NULL;

    return in ? operation_enter(c, "token-issue", "recorded", in, NULL) : -ENOMEM;
}

int op_token_issue(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    char id[TOKEN_ID_SIZE], secret[TOKEN_SIZE];
    struct token_scope scope;
    int r = account_confirm(c, m, "token-issue", ret_answer);

    if (r || *ret_answer)
        return r;
    r = token_scope_parse(json_obj(m, "scope"), &scope);
    if (!r)
        r = check_known(c, &scope);
    if (!r)
        r = token_issue(c->store, c->login, str_of(json_str(m, "name")), &scope, json_int(m, "days"), c->real_us, id, secret);
    if (r == ACCOUNT_E_INVALID)
        return answer_refuse(ret_answer, "invalid", "名称、範囲又は期間が正しくありません。",
                             "Name, scope or period is not right.");
    if (r == ACCOUNT_E_EXISTS)
        return answer_refuse(ret_answer, "exists",
                             "その名称の有効なトークンがすでにあります。",
                             "You have a valid token of that name already.");
    if (r == ACCOUNT_E_OVER)
        return answer_refuse(
            ret_answer, "over",
            "有効なトークンが上限に達しています。使わないものを失効させてください。",
            "You have as many valid tokens as one may. End one that is not used.");
    if (r || (r = enter_issue(c, id, &scope, json_int(m, "days"))))
        return r;
    r = answer_done(json_pack("{s:s, s:s}", "id", id, "secret", secret), ret_answer);
    sodium_memzero(secret, sizeof(secret));
    return r;
}

int op_token_end(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct token t;
    int r = token_end(c->store, (struct account_actor){c->person, c->rights}, json_str(m, "id"), c->real_us);

    if (!r)
        r = token_get(c->store, json_str(m, "id"), &t);
    if (r)
        return account_answer(r, ret_answer);
    if ((r = enter_token(c, "token-end", t.id, t.login)))
        return r;
    return answer_done(json_object(), ret_answer);
}
