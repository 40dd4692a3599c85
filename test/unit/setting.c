#include "setting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void ok(struct setting *s, int r)
{
    if (r)
        fail_msg("%s", diag_first(&s->diag));
}

void setting_open(struct setting *s, const char *folder, bool with_server)
{
    char path[1024];

    *s = (struct setting){0};
    diag_init(&s->diag);
    assert_non_null(folder);
    assert_int_equal(crypto_start(), 0);
    ok(s, pack_load_dir(folder, &s->pack, &s->diag));
    ok(s, scenario_set_load(folder, s->pack, &s->set, &s->diag));
    snprintf(path, sizeof(path), "%s/force", folder);
    ok(s, force_load_dir(path, &s->force, &s->diag));
    if (with_server)
        assert_non_null(s->server = pg_server_start());
}

void setting_close(struct setting *s)
{
    pg_server_stop(s->server);
    force_unref(s->force);
    scenario_set_free(s->set);
    pack_unref(s->pack);
    diag_done(&s->diag);
}

struct setting sqlite_setting, postgres_setting;

void settings_open(const char *folder)
{
    setting_open(&sqlite_setting, folder, false);
    setting_open(&postgres_setting, folder, true);
}

int settings_start(void **state)
{
    settings_open(getenv("ENGINE_PACK"));
    return 0;
}

int settings_stop(void **state)
{
    setting_close(&sqlite_setting);
    setting_close(&postgres_setting);
    return 0;
}

struct scenario_play *setting_play_at(struct setting *s, const char *place, const char *story)
{
    struct scenario_play *p = NULL;
    size_t failed = 0;

    assert_non_null(place);
    ok(s, scenario_play_open(place, s->pack, s->force, &p, &s->diag));
    if (story)
        ok(s, scenario_play(p, scenario_find(s->set, story), SIZE_MAX, NULL, NULL, &failed, &s->diag));
    assert_int_equal(failed, 0);
    return p;
}

struct scenario_play *setting_play(struct setting *s, bool on_server, const char *story)
{
    return setting_play_at(s, on_server ? pg_server_database(s->server) : ":memory:", story);
}

void setting_begin(struct scenario_play *p)
{
    assert_int_equal(store_begin(scenario_play_store(p)), 0);
    assert_int_equal(log_begin(scenario_play_log(p)), 0);
}

void setting_commit(struct scenario_play *p)
{
    assert_int_equal(log_end(scenario_play_log(p)), 0);
    assert_int_equal(store_commit(scenario_play_store(p)), 0);
}

json_t *setting_act(struct scenario_play *p, const struct act *act)
{
    json_t *outcome = NULL;

    setting_begin(p);
    assert_int_equal(store_savepoint(scenario_play_store(p)), 0);
    assert_int_equal(engine_act(scenario_play_engine(p), scenario_play_log(p), act, &outcome), 0);
    assert_int_equal(store_release(scenario_play_store(p)), 0);
    setting_commit(p);
    return outcome;
}
