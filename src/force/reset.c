/* One-time codes, by two persons. The code is 100 random bits in Crockford's base 32 (no I, L, O, U), so that it can be
 * read out and typed; its hash alone is stored, plain SHA-256, since nobody tries 2^100. */
#include "force/account-row.h"

#include "base/codec.h"
#include "base/utf8.h"

#include <errno.h>
#include <sodium.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
#define CODE_DIGITS 20u
#define CODE_TYPED_MAX 512u /* bytes */

/* ---- codes ---- */

static void new_code(char ret[CODE_SIZE])
{
    uint8_t bytes[CODE_DIGITS];
    size_t n = 0;

    random_fill(bytes, sizeof(bytes));
    for (size_t i = 0; i < CODE_DIGITS; i++) {
        if (i > 0 && i % 5 == 0)
            ret[n++] = '-';
        ret[n++] = alphabet[bytes[i] & 31];
    }
    ret[n] = '\0';
    sodium_memzero(bytes, sizeof(bytes));
}

/* As a person types it: without hyphens and spaces, upper case or full width, O for 0, I and L for 1. 0, ACCOUNT_E_REFUSED, -ENOMEM. */
static int code_digest(struct str typed, struct digest *ret)
{
    CLEANUP(buf_wipe) struct buf folded;
    char digits[CODE_DIGITS];
    size_t n = 0;
    int r;

    buf_init(&folded, CODE_TYPED_MAX);
    r = typed.len > CODE_TYPED_MAX ? ACCOUNT_E_REFUSED : utf8_fold(typed, &folded);
    if (r)
        return r == -ENOMEM ? r : ACCOUNT_E_REFUSED;
    typed = buf_str(&folded);
    for (size_t i = 0; i < typed.len; i++) {
        char c = typed.at[i];

        if (c == '-' || c == ' ')
            continue;
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
        if (n == CODE_DIGITS || c == '\0' || strchr(alphabet, c) == NULL)
            return ACCOUNT_E_REFUSED;
        digits[n++] = c;
    }
    *ret = sha256((struct str){digits, n});
    sodium_memzero(digits, sizeof(digits));
    return n == CODE_DIGITS ? 0 : ACCOUNT_E_REFUSED;
}

static bool is_over(uint64_t from_us, uint64_t now_us, uint64_t valid_us)
{
    return now_us > from_us && now_us - from_us >= valid_us;
}

/* ---- proposing and approving ---- */

static bool may_reset(struct account_actor by)
{
    return by.rights & (RIGHT_ADMINISTRATOR | RIGHT_ACCOUNT_RESET | RIGHT_OPERATOR);
}

bool reset_is_for(struct account_actor by, const struct account *a)
{
    return by.rights & (RIGHT_ADMINISTRATOR | RIGHT_OPERATOR) || (may_reset(by) && !(a->rights & RIGHT_ADMINISTRATOR));
}

/* The account when a code may be made for it by this actor. */
static int check_account(struct store *s, struct account_actor by, const char *login)
{
    struct account a;
    int r;

    if (!may_reset(by))
        return ACCOUNT_E_RIGHT;
    r = account_get(s, login, &a);
    if (r != 0)
        return r;
    if (!reset_is_for(by, &a))
        return ACCOUNT_E_RIGHT;
    if (a.state == ACCOUNT_CLOSED)
        return ACCOUNT_E_CLOSED;
    return strcmp(a.person, by.person) == 0 ? ACCOUNT_E_SELF : 0;
}

static int add(struct store *s, const char *login, const char *proposed_by, uint64_t now_us,
               char ret_id[RESET_ID_SIZE])
{
    uint8_t bytes[(RESET_ID_SIZE - 1) / 2];

    random_fill(bytes, sizeof(bytes));
    (void)sodium_bin2hex(ret_id, RESET_ID_SIZE, bytes, sizeof(bytes));
    return store_errno(STORE_RUN(s, STMT_RESET_ADD, V_TEXT(ret_id), V_TEXT(login),
                                 V_TEXT(proposed_by), V_INT(now_us), V_TEXT(""), V_INT(0),
                                 V_BLOB("", 0)));
}

int reset_propose(struct store *s, struct account_actor by, const char *login, uint64_t now_us,
                  char ret_id[RESET_ID_SIZE])
{
    int r = check_account(s, by, login);

    return r != 0 ? r : add(s, login, by.person, now_us, ret_id);
}

struct reset_row {
    char login[ACCOUNT_LOGIN_MAX + 1];
    char proposed_by[ACCOUNT_PERSON_MAX + 1];
    uint64_t proposed_us, approved_us;
    struct digest code;
    bool is_used;
};

static int get(struct store *s, const char *id, struct reset_row *ret)
{
    ROWS_AUTO *rows = NULL;
    struct str hash;
    int r = STORE_ONE(s, &rows, STMT_RESET_GET, V_TEXT(id));

    if (r == STORE_E_NONE)
        return ACCOUNT_E_NONE;
    if (r != 0)
        return store_errno(r);
    *ret = (struct reset_row){.proposed_us = (uint64_t)rows_int(rows, 2),
                              .approved_us = (uint64_t)rows_int(rows, 4)};
    hash = rows_blob(rows, 5);
    ret->is_used = !rows_is_null(rows, 6);
    if (hash.len == SHA256_SIZE)
        memcpy(ret->code.bytes, hash.at, SHA256_SIZE);
    else if (ret->approved_us > 0)
        return -EBADMSG;
    if (!account_copy(ret->login, sizeof(ret->login), rows_str(rows, 0)) ||
        !account_copy(ret->proposed_by, sizeof(ret->proposed_by), rows_str(rows, 1)))
        return -EBADMSG;
    return 0;
}

/* The statement itself refuses a second approval and the proposer's own; one changed row proves that neither was tried. */
static int approve(struct store *s, const char *id, const char *login, const char *by,
                   uint64_t now_us, char ret_code[CODE_SIZE])
{
    char code[CODE_SIZE];
    struct digest hash;
    int r;

    new_code(code);
    if ((r = code_digest(str_of(code), &hash)))
        return ERR_FOLD(r);
    r = STORE_RUN(s, STMT_RESET_APPROVE, V_TEXT(id), V_TEXT(by), V_INT(now_us),
                  V_BLOB(hash.bytes, SHA256_SIZE));
    if (r == 0 && store_changed(s) != 1)
        return ACCOUNT_E_OVER;
    if (r == 0)
        r = STORE_RUN(s, STMT_RESET_VOID, V_TEXT(login), V_INT(now_us), V_TEXT(id));
    if (r == 0)
        memcpy(ret_code, code, CODE_SIZE);
    sodium_memzero(code, sizeof(code));
    return store_errno(r);
}

int reset_approve(struct store *s, struct account_actor by, const char *id, uint64_t now_us,
                  char ret_code[CODE_SIZE])
{
    struct reset_row row;
    int r;

    if (!may_reset(by))
        return ACCOUNT_E_RIGHT;
    r = get(s, id, &row);
    if (r == 0)
        r = check_account(s, by, row.login);
    if (r != 0)
        return r;
    if (row.approved_us > 0 || row.is_used || is_over(row.proposed_us, now_us, PROPOSAL_VALID_US))
        return ACCOUNT_E_OVER;
    if (strcmp(row.proposed_by, by.person) == 0)
        return ACCOUNT_E_SAME;
    return approve(s, id, row.login, by.person, now_us, ret_code);
}

int reset_issue(struct store *s, const char *login, uint64_t now_us, char ret_id[RESET_ID_SIZE],
                char ret_code[CODE_SIZE])
{
    int r = add(s, login, "(installation)", now_us, ret_id);

    return r < 0 ? r : approve(s, ret_id, login, ACCOUNT_OPERATOR.person, now_us, ret_code);
}

int reset_each(struct store *s, uint64_t now_us, reset_fn *fn, void *arg)
{
    ROWS_AUTO *rows = NULL;
    int r = store_errno(STORE_QUERY(s, &rows, STMT_RESET_LIST));

    if (r < 0)
        return r;
    while ((r = rows_next(rows)) == 1) {
        struct reset x = {.proposed_us = (uint64_t)rows_int(rows, 3),
                          .approved_us = (uint64_t)rows_int(rows, 5)};

        if (!account_copy(x.id, sizeof(x.id), rows_str(rows, 0)) ||
            !account_copy(x.login, sizeof(x.login), rows_str(rows, 1)) ||
            !account_copy(x.proposed_by, sizeof(x.proposed_by), rows_str(rows, 2)) ||
            !account_copy(x.approved_by, sizeof(x.approved_by), rows_str(rows, 4)))
            return -EBADMSG;
        if (x.approved_us > 0 ? is_over(x.approved_us, now_us, CODE_VALID_US)
                              : is_over(x.proposed_us, now_us, PROPOSAL_VALID_US))
            continue;
        r = fn(arg, &x);
        if (r != 0)
            return r;
    }
    return r;
}

/* ---- using a code ---- */

static bool opens(const struct digest *code, struct str stored, uint64_t approved_us,
                  uint64_t now_us)
{
    struct digest d;

    if (stored.len != SHA256_SIZE || is_over(approved_us, now_us, CODE_VALID_US))
        return false;
    memcpy(d.bytes, stored.at, SHA256_SIZE);
    return digest_eq(&d, code);
}

int code_begin(struct store *s, struct str typed_login, struct str typed_code, uint64_t now_us,
               char ret_id[RESET_ID_SIZE])
{
    char login[ACCOUNT_LOGIN_MAX + 1];
    ROWS_AUTO *rows = NULL;
    struct digest code;
    int r;

    if ((r = login_normal(typed_login, login)) || (r = code_digest(typed_code, &code)))
        return r < 0 ? r : ACCOUNT_E_REFUSED;
    r = store_errno(STORE_QUERY(s, &rows, STMT_RESET_OF_LOGIN, V_TEXT(login)));
    if (r < 0)
        return r;
    while ((r = rows_next(rows)) == 1) {
        if (opens(&code, rows_blob(rows, 1), (uint64_t)rows_int(rows, 2), now_us))
            return account_copy(ret_id, RESET_ID_SIZE, rows_str(rows, 0)) ? 0 : -EBADMSG;
    }
    return r < 0 ? r : ACCOUNT_E_REFUSED;
}

int code_use(struct store *s, const char *id, struct str typed_code, const char *hash,
             uint64_t now_us)
{
    struct reset_row row;
    struct digest code;
    int r;

    if ((r = code_digest(typed_code, &code)))
        return r;
    r = get(s, id, &row);
    if (r != 0)
        return r < 0 ? r : ACCOUNT_E_REFUSED;
    if (row.is_used || row.approved_us == 0 ||
        !opens(&code, (struct str){(const char *)row.code.bytes, SHA256_SIZE}, row.approved_us,
               now_us))
        return ACCOUNT_E_REFUSED;
    r = STORE_RUN(s, STMT_RESET_USE, V_TEXT(id), V_INT(now_us));
    if (r != 0)
        return store_errno(r);
    if (store_changed(s) != 1)
        return ACCOUNT_E_REFUSED;
    r = account_set_password(s, row.login, hash, now_us);
    return r < 0 ? r : r > 0 ? ACCOUNT_E_REFUSED : 0;
}
