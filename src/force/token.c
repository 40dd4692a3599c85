#include "force/token.h"

#include "base/utf8.h"
#include "force/account-row.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define SECRET_BYTES 32u
static_assert(TOKEN_SIZE == sizeof(TOKEN_PREFIX) + (SECRET_BYTES * 8 + 5) / 6, "base64url without padding");
#define DAY_US (UINT64_C(86400) * 1000000)

/* ---- scopes ---- */

static bool has_word(const json_t *list, const char *word)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *s = json_string_value(json_array_get(list, i));

        if (s && !strcmp(s, word))
            return true;
    }
    return false;
}

static bool is_register(const char *s)
{
    return s && *s && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(s);
}

static int take_registers(const json_t *list, struct token_scope *scope)
{
    size_t n = json_array_size(list), used = 0;

    if (!json_is_array(list) || !n || n > TOKEN_REGISTERS_MAX)
        return ACCOUNT_E_INVALID;
    scope->is_bounded = true;
    for (size_t i = 0; i < n; i++) {
        const char *s = json_string_value(json_array_get(list, i));

        if (!is_register(s) || used + strlen(s) + 2 > sizeof(scope->registers))
            return ACCOUNT_E_INVALID;
        used += (size_t)snprintf(scope->registers + used, sizeof(scope->registers) - used, "%s%s", used ? " " : "", s);
    }
    return 0;
}

int token_scope_parse(const json_t *o, struct token_scope *ret)
{
    const json_t *may = json_arr(o, "may"), *registers = json_object_get(o, "registers");
    struct token_scope scope = {.may_act = has_word(may, "act")};
    int r;

    if (!has_word(may, "read") || json_array_size(may) != 1u + scope.may_act ||
        json_object_size(o) != 1u + (registers != NULL))
        return ACCOUNT_E_INVALID;
    if (registers && (r = take_registers(registers, &scope)))
        return r;
    *ret = scope;
    return 0;
}

json_t *token_scope_json(const struct token_scope *scope)
{
    json_t *o = scope->may_act ? json_pack("{s:[s, s]}", "may", "read", "act") : json_pack("{s:[s]}", "may", "read");
    json_t *list;
    struct str rest = str_of(scope->registers), word;

    if (!o || !scope->is_bounded)
        return o;
    list = json_array();
    while (list && str_split(&rest, ' ', &word))
        if (json_array_append_new(list, json_stringn(word.at, word.len))) {
            json_decref(list);
            list = NULL;
        }
    if (!list || json_put(o, "registers", list)) {
        json_decref(o);
        return NULL;
    }
    return o;
}

bool token_scope_has(const struct token_scope *scope, const char *reg)
{
    struct str rest = str_of(scope->registers), word;

    if (!scope->is_bounded)
        return true;
    while (str_split(&rest, ' ', &word))
        if (word.len && str_eq(word, str_of(reg)))
            return true;
    return false;
}

/* ---- rows ---- */

static int read_scope(struct str text, struct token_scope *ret)
{
    JSON_AUTO *o = NULL;
    int r = json_parse(text, JSON_LIMITS_DEFAULT, &o, NULL);

    if (r < 0)
        return r;
    return r || token_scope_parse(o, ret) ? -EBADMSG : 0;
}

static int read_row(struct rows *rows, struct token *ret)
{
    *ret = (struct token){.made_us = (uint64_t)rows_int(rows, 4), .until_us = (uint64_t)rows_int(rows, 5),
                          .used_us = rows_is_null(rows, 6) ? 0 : (uint64_t)rows_int(rows, 6),
                          .ended_us = rows_is_null(rows, 7) ? 0 : (uint64_t)rows_int(rows, 7)};
    if (!account_copy(ret->id, sizeof(ret->id), rows_str(rows, 0)) ||
        !account_copy(ret->login, sizeof(ret->login), rows_str(rows, 1)) ||
        !account_copy(ret->name, sizeof(ret->name), rows_str(rows, 2)) ||
        !account_copy(ret->ended_by, sizeof(ret->ended_by), rows_str(rows, 8)))
        return -EBADMSG;
    return read_scope(rows_str(rows, 3), &ret->scope);
}

bool token_is_valid(const struct token *t, uint64_t now_us)
{
    return !t->ended_us && now_us < t->until_us;
}

int token_get(struct store *s, const char *id, struct token *ret)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_ONE(s, &rows, STMT_TOKEN_GET, V_TEXT(id));

    if (r)
        return r == STORE_E_NONE ? ACCOUNT_E_NONE : store_errno(r);
    return read_row(rows, ret);
}

int token_find(struct store *s, struct str bearer, uint64_t now_us, struct token *ret)
{
    ROWS_AUTO *rows = NULL;
    struct digest hash;
    struct account a;
    int r;

    if (bearer.len != TOKEN_SIZE - 1 || !str_starts(bearer, STR(TOKEN_PREFIX)))
        return ACCOUNT_E_NONE;
    hash = sha256(bearer);
    r = STORE_ONE(s, &rows, STMT_TOKEN_BY_HASH, V_BLOB(hash.bytes, SHA256_SIZE));
    if (r)
        return r == STORE_E_NONE ? ACCOUNT_E_NONE : store_errno(r);
    if ((r = read_row(rows, ret)) || (r = account_get(s, ret->login, &a)))
        return r;
    memcpy(ret->person, a.person, sizeof(ret->person));
    ret->is_touch_due = !ret->used_us || (now_us > ret->used_us && now_us - ret->used_us >= TOKEN_TOUCH_US);
    r = a.state == ACCOUNT_OPEN && token_is_valid(ret, now_us) ? 0 : ACCOUNT_E_NONE;
    sodium_memzero(&a, sizeof(a));
    return r;
}

int token_touch(struct store *s, const char *id, uint64_t now_us)
{
    return store_errno(STORE_RUN(s, STMT_TOKEN_USED, V_TEXT(id), V_INT(now_us)));
}

/* ---- issue and end ---- */

static void new_secret(char ret_id[TOKEN_ID_SIZE], char ret_token[TOKEN_SIZE])
{
    uint8_t bytes[SECRET_BYTES];

    random_fill(bytes, (TOKEN_ID_SIZE - 1) / 2);
    (void)sodium_bin2hex(ret_id, TOKEN_ID_SIZE, bytes, (TOKEN_ID_SIZE - 1) / 2);
    random_fill(bytes, sizeof(bytes));
    memcpy(ret_token, TOKEN_PREFIX, sizeof(TOKEN_PREFIX) - 1);
    (void)sodium_bin2base64(ret_token + sizeof(TOKEN_PREFIX) - 1, TOKEN_SIZE - (sizeof(TOKEN_PREFIX) - 1), bytes, sizeof(bytes),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof(bytes));
}

static bool is_name(struct str s)
{
    struct str t = str_trim(s);

    if (!t.len || !utf8_is_valid(s) || utf8_count(s) > TOKEN_NAME_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7f)
            return false;
    return true;
}

static int insert(struct store *s, const char *login, struct str name, const struct token_scope *scope, uint64_t until_us,
                  uint64_t now_us, const char *id, const char *token)
{
    struct digest hash = sha256(str_of(token));
    JSON_AUTO *o = token_scope_json(scope);
    CLEANUP(buf_done) struct buf text;
    int r;

    buf_init(&text, TOKEN_REGISTERS_SIZE * 2);
    if (!o)
        return -ENOMEM;
    if ((r = json_canonical(o, &text, NULL)))
        return r < 0 ? r : -EIO;
    return store_errno(STORE_RUN(s, STMT_TOKEN_ADD, V_TEXT(id), V_BLOB(hash.bytes, SHA256_SIZE), V_TEXT(login), V_STR(str_trim(name)),
                                 V_STR(buf_str(&text)), V_INT(now_us), V_INT(until_us)));
}

int token_issue(struct store *s, const char *login, struct str name, const struct token_scope *scope, int64_t days,
                uint64_t now_us, char ret_id[TOKEN_ID_SIZE], char ret_token[TOKEN_SIZE])
{
    ROWS_AUTO *named = NULL;
    ROWS_AUTO *rows = NULL;
    int r;

    if (!is_name(name) || days < 1 || days > TOKEN_DAYS_MAX)
        return ACCOUNT_E_INVALID;
    if ((r = STORE_ONE(s, &named, STMT_TOKEN_NAMED, V_TEXT(login), V_STR(str_trim(name)), V_INT(now_us))))
        return store_errno(r);
    if (rows_int(named, 0))
        return ACCOUNT_E_EXISTS;
    if ((r = STORE_ONE(s, &rows, STMT_TOKEN_COUNT, V_TEXT(login), V_INT(now_us))))
        return store_errno(r);
    if (rows_int(rows, 0) >= TOKENS_MAX)
        return ACCOUNT_E_OVER;
    new_secret(ret_id, ret_token);
    return insert(s, login, name, scope, now_us + (uint64_t)days * DAY_US, now_us, ret_id, ret_token);
}

int token_end(struct store *s, struct account_actor by, const char *id, uint64_t now_us)
{
    struct account owner;
    struct token t;
    int r = token_get(s, id, &t);

    if (!r)
        r = account_get(s, t.login, &owner);
    if (r)
        return r;
    if (!(by.rights & (RIGHT_ADMINISTRATOR | RIGHT_OPERATOR)) && strcmp(owner.person, by.person))
        return ACCOUNT_E_NONE;
    if (!token_is_valid(&t, now_us))
        return ACCOUNT_E_OVER;
    return store_errno(STORE_RUN(s, STMT_TOKEN_END, V_TEXT(id), V_INT(now_us), V_TEXT(by.person)));
}

int token_end_all(struct store *s, const char *login, uint64_t now_us)
{
    return store_errno(STORE_RUN(s, STMT_TOKEN_END_LOGIN, V_TEXT(login), V_INT(now_us)));
}

int token_each(struct store *s, const char *login, uint64_t now_us, unsigned skip, unsigned max, token_fn *fn, void *arg)
{
    ROWS_AUTO *rows = NULL;
    int r = login ? STORE_QUERY(s, &rows, STMT_TOKEN_LIST, V_TEXT(login), V_INT(max), V_INT(skip))
                  : STORE_QUERY(s, &rows, STMT_TOKEN_VALID, V_INT(now_us), V_INT(max), V_INT(skip));

    if (r)
        return store_errno(r);
    while ((r = rows_next(rows)) == 1) {
        struct token t;

        if ((r = read_row(rows, &t)) || (r = fn(arg, &t)))
            return r;
    }
    return r;
}
