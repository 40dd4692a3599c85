#include "place.h"

#include "force/account.h"

#include <stdlib.h>

/* Y signs in as p-y; to have typed the right password is to bring this. */
static void add_account(struct store *s)
{
    if (store_begin(s) ||
        account_add(s, ACCOUNT_OPERATOR, "p-y", "Y", RIGHT_ADMINISTRATOR, PLACE_NOW_US) ||
        account_set_password(s, "p-y", PLACE_HASH, PLACE_NOW_US) || store_commit(s))
        abort();
}

struct scenario_play *place_get(void)
{
    static struct scenario_play *place; /* and what it was made of */
    static struct scenario_set *set;
    static struct force *force;
    static struct pack *pack;
    size_t failed = 0;

    if (place)
        return place;
    if (crypto_start() || pack_load_dir(FUZZ_PACK, &pack, NULL) ||
        force_load_dir(FUZZ_PACK "/force", &force, NULL) ||
        scenario_set_load(FUZZ_PACK, pack, &set, NULL) ||
        scenario_play_open(":memory:", pack, force, &place, NULL) ||
        scenario_play(place, scenario_find(set, "a-loan"), SIZE_MAX, NULL, NULL, &failed, NULL) ||
        failed)
        abort();
    add_account(scenario_play_store(place));
    return place;
}
