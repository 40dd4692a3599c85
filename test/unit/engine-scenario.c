/* The engine as a whole, by the scenarios of a small pack: one case for each, in memory and on a real PostgreSQL.
 * ENGINE_PACK names the pack's folder. With SCENARIO_PLACES=memory there only; with SCENARIO_SLICE=K/N every N-th of them from the K-th, so that N
 * runs side by side play them all. */
#include "pg-server.h"
#include "engine/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CASES_MAX 256

struct played {
    struct pack *pack;
    struct scenario_set *set;
    const char *dir;
    struct pg_server *server;
};
struct played_case {
    struct played *all;
    const struct scenario *scenario;
    bool on_server;
    char name[80];
};

static void told(void *user, const struct scenario *s, const struct scene *act, bool passed, const char *message)
{
    if (!passed)
        print_error("%s\n", message);
}

static void load_force(const struct played *w, const struct scenario *s, struct force **ret)
{
    struct buf path;
    struct diag diag;

    diag_init(&diag);
    buf_init(&path, 4096);
    assert_int_equal(buf_printf(&path, "%s/%s", w->dir, s->force), 0);
    assert_int_equal(force_load_dir(path.at, ret, &diag), 0);
    buf_done(&path);
    diag_done(&diag);
}

static void scenario_holds(void **state)
{
    const struct played_case *c = *state;
    struct scenario_play *p;
    struct force *force;
    struct diag diag;
    size_t failed = 0;
    const char *db = c->on_server ? pg_server_database(c->all->server) : ":memory:";

    assert_non_null(db);
    diag_init(&diag);
    load_force(c->all, c->scenario, &force);
    assert_int_equal(scenario_play_open_for(db, c->all->pack, c->scenario, force, &p, &diag), 0);
    assert_int_equal(scenario_play(p, c->scenario, SIZE_MAX, told, NULL, &failed, &diag), 0);
    scenario_play_close(p);
    force_unref(force);
    diag_done(&diag);
    assert_int_equal(failed, 0);
}

static int load_all(struct played *w)
{
    struct diag diag;
    struct buf text;
    int r;

    diag_init(&diag);
    buf_init(&text, 1u << 20);
    w->dir = getenv("ENGINE_PACK");
    r = w->dir ? pack_load_dir(w->dir, &w->pack, &diag) : -EINVAL;
    if (!r)
        r = scenario_set_load(w->dir, w->pack, &w->set, &diag);
    if (r && !diag_print(&diag, &text))
        print_error("%s\n", text.at ? text.at : "");
    buf_done(&text);
    diag_done(&diag);
    return r;
}

/* "K/N"; without it, all. 0 or -EINVAL. */
static int read_slice(size_t *ret_k, size_t *ret_n)
{
    const char *text = getenv("SCENARIO_SLICE");
    struct str rest = str_of(text ? text : "1/1"), k;
    int64_t number, of;

    if (!str_split(&rest, '/', &k) || str_to_i64(rest, 1, CASES_MAX, &of) || str_to_i64(k, 1, of, &number))
        return -EINVAL;
    *ret_k = (size_t)number - 1;
    *ret_n = (size_t)of;
    return 0;
}

static void add_case(struct CMUnitTest *test, struct played_case *c)
{
    snprintf(c->name, sizeof(c->name), "%s on %s", c->scenario->id, c->on_server ? "postgresql" : "sqlite");
    *test = (struct CMUnitTest){.name = c->name, .test_func = scenario_holds, .initial_state = c};
}

int main(void)
{
    struct played w = {0};
    static struct played_case cases[CASES_MAX];
    static struct CMUnitTest tests[CASES_MAX];
    const char *places = getenv("SCENARIO_PLACES");
    size_t n = 0, n_places = places && !strcmp(places, "memory") ? 1 : 2, first, step;
    int r;

    if (crypto_start() || load_all(&w))
        return 1;
    if (read_slice(&first, &step)) {
        print_error("SCENARIO_SLICE is not K/N\n");
        return 1;
    }
    if (n_places * w.set->n_scenarios > CASES_MAX) {
        print_error("there are more than %d scenarios; raise CASES_MAX\n", CASES_MAX / 2);
        return 1;
    }
    if (n_places == 2 && !(w.server = pg_server_start()))
        return 1;
    for (size_t i = first; i < w.set->n_scenarios; i += step)
        for (size_t place = 0; place < n_places; place++, n++) {
            cases[n] = (struct played_case){.all = &w, .scenario = &w.set->scenarios[i], .on_server = place == 1};
            add_case(&tests[n], &cases[n]);
        }
    r = _cmocka_run_group_tests("scenarios", tests, n, NULL, NULL);
    pg_server_stop(w.server);
    scenario_set_free(w.set);
    pack_unref(w.pack);
    return n ? r : 1;
}
