#include "keeper/asker.h"

#include "base/time.h"
#include "keeper/account-operation.h"
#include "keeper/aside.h"
#include "keeper/operation.h"

#include <stdio.h>

static int tell_sign_in(json_t *m, bool is_locked)
{
    int r = aside_tell(
        m, is_locked
               ? answer_error("locked", "画面が施錠されています。パスワードを入力してください。",
                              "The session is locked. Give your password.")
               : answer_error("sign-in", "サインインし直してください。", "Please sign in again."));

    return r ? r : 1;
}

static int find_program(struct store *s, json_t *m, bool to_act, struct asker *ret)
{
    int r = token_find(s, str_of(json_str(m, "bearer")), clock_real_us(), &ret->token);

    if (r < 0)
        return r;
    if (r || (to_act && !ret->token.scope.may_act))
        return tell_sign_in(m, false);
    ret->is_program = true;
    snprintf(ret->person, sizeof(ret->person), "%s", ret->token.person);
    return 0;
}

/* The mail gate's: the loop has looked. It names people to act, never to read. */
static int find_sender(struct store *s, json_t *m, bool to_act, struct asker *ret)
{
    struct account account;
    int r = to_act ? account_of_sender(s, json_str(m, "sender"), &account) : ACCOUNT_E_NONE;

    if (!r)
        snprintf(ret->person, sizeof(ret->person), "%s", account.person);
    return r > 0 ? tell_sign_in(m, false) : r;
}

int asker_find(struct store *s, json_t *message, bool to_act, struct asker *ret)
{
    struct session session;
    int r;

    *ret = (struct asker){.rights = 0};
    if (json_object_get(message, "sender"))
        return find_sender(s, message, to_act, ret);
    if (json_object_get(message, "bearer"))
        return find_program(s, message, to_act, ret);
    r = session_get(s, str_of(json_str(message, "token")), clock_real_us(), &session);
    if (r)
        return r < 0 ? r : tell_sign_in(message, r == ACCOUNT_E_LOCKED);
    ret->rights = session.rights;
    snprintf(ret->person, sizeof(ret->person), "%s", session.person);
    return 0;
}
