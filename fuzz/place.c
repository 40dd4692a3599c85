#include "place.h"

#include "base/seal.h"
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

static void add_file(struct store *s, const char *id, const char *state)
{
    static const uint8_t key[VAULT_KEY_SIZE];
    CLEANUP(buf_done) struct buf sealed, bound;

    buf_init(&sealed, 4096);
    buf_init(&bound, 100);
    if (buf_printf(&bound, "%s/head", id) || vault_put(s, str_of(id), key) || seal_add(key, buf_str(&bound), STR("{\"name\":\"x.pdf\"}"), &sealed) ||
        STORE_RUN(s, STMT_ATTACHMENT_ADD, V_TEXT(id), V_TEXT("Y"), V_INT(5), V_TEXT(state), V_INT(PLACE_NOW_US), V_BLOB(sealed.at, sealed.len)))
        abort();
}

static void add_files(struct store *s)
{
    if (store_begin(s))
        abort();
    add_file(s, PLACE_FILE "1", "coming");
    add_file(s, PLACE_FILE "2", "waiting");
    add_file(s, PLACE_FILE "3", "clean");
    add_file(s, PLACE_FILE "4", "infected");
    if (store_commit(s))
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
    add_files(scenario_play_store(place));
    return place;
}
