/* Any bytes as the file that names the users of an installation: what is taken leaves nobody more than his own, and what is refused says why. */
#include "keeper/users.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct keeper_users *u)
{
    assert(u->is_apart && u->group && u->keeper && u->roles[ROLE_WEB].n);
    assert(keeper_users_may(u, u->keeper) == 1u << ROLE_OPERATOR &&
           keeper_users_may(u, 0) == 1u << ROLE_OPERATOR);
    for (size_t i = 0; i < u->roles[ROLE_WEB].n; i++)
        assert(keeper_users_may(u, u->roles[ROLE_WEB].at[i]) == 1u << ROLE_WEB);
    for (size_t role = 0; role < KEEPER_ROLES; role++)
        for (size_t i = 0; i < u->roles[role].n; i++)
            assert(u->roles[role].at[i] && u->roles[role].at[i] != u->keeper);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keeper_users u = {.is_apart = false};
    struct diag diag;
    int r;

    diag_init(&diag);
    r = keeper_users_parse("users.json", (struct str){(const char *)data, size}, &u, &diag);
    assert(r == 0 || (r == USERS_E_INVALID && diag.n_errors && !u.is_apart));
    if (!r)
        check(&u);
    diag_done(&diag);
    return 0;
}
