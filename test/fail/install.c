/* Making an installation, and a keeper's start over one, when memory runs out or the disk does: what failed leaves nothing that stands in the way
 * of the next attempt, and no key. ENGINE_PACK names the pack. */
#include "keeper-bench.h"
#include "base/file.h"
#include "engine/verify.h"
#include "keeper/install.h"
#include "loop.h"
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define ROUNDS 20

struct making {
    struct ground *ground;
    struct install_config config;
    char data[96];
    struct keeper_place home;
};

/* ---- making one ---- */

static int run_create(void *user)
{
    struct making *m = user;

    return install_create(&m->config, NULL);
}

static size_t n_names(const char *dir)
{
    DIR *d = opendir(dir);
    size_t n = 0;

    for (const struct dirent *e; d && (e = readdir(d));)
        n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
    if (d)
        closedir(d);
    return n;
}

static void assert_sound(const char *db)
{
    STORE_AUTO *s = NULL;
    struct verify_summary sum;
    struct diag diag;

    diag_init(&diag);
    OK(store_open(db, STORE_READ, &s, &diag));
    if (verify_installation(s, NULL, NULL, &sum, &diag))
        fail_msg("%s", diag_first(&diag));
    diag_done(&diag);
}

/* After a failure nothing lies with the keys, and the next attempt makes it. */
static void check_create(void *user, int r)
{
    struct making *m = user;
    struct diag diag;
    char keys[128];

    diag_init(&diag);
    snprintf(keys, sizeof(keys), "%s/keys", m->data);
    if (r && n_names(keys))
        fail_msg("it failed with %d and left something with the keys", r);
    if (r && install_create(&m->config, &diag))
        fail_msg("it failed with %d and stands in the way of the next: %s", r, diag_first(&diag));
    assert_int_equal(n_names(keys), 1);
    assert_sound(m->data);
    diag_done(&diag);
    snprintf(m->data, sizeof(m->data), "%s", ground_folder(m->ground));
}

static void made_or_as_before(void **state)
{
    static const int answers[] = {-ENOMEM, -EIO, -ENOSPC, INSTALL_E_STORE, 0};
    struct making m = {
        .ground = *state,
        .config = {.name_ja = "試験県警察", .name_en = "Shiken", .origin = "shiken.example/test"}};
    struct fail_operation op = {"install", run_create, check_create, FAIL_ALLOC | FAIL_WRITE,
                                answers,   ROUNDS};

    m.config.data = m.data;
    snprintf(m.data, sizeof(m.data), "%s", ground_folder(m.ground));
    fail_loop(&op, &m);
}

/* ---- the start of a keeper ---- */

/* Its starter has gone already: it starts, does what is to be done, and ends. */
static int run_keeper(void *user)
{
    struct making *m = user;
    struct keeper_config config = {.data = m->home.data, .db = m->home.db, .publish = true};
    struct diag diag;
    int pair[2], r;

    OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
    close(pair[0]);
    config.starter_fd = pair[1];
    diag_init(&diag);
    r = keeper_run(&config, &diag);
    diag_done(&diag);
    return r;
}

/* Whatever became of it: the next one starts and does its work. */
static void check_keeper(void *user, int r)
{
    OK(run_keeper(user));
    OK(prctl(PR_SET_DUMPABLE, 1)); /* for whoever looks for leaks */
}

static void started_or_not(void **state)
{
    static const int answers[] = {-ENOMEM, -EIO, -ENOSPC, -EAGAIN, KEEPER_E_STORE, 0};
    struct making m = {.ground = *state};
    struct fail_operation op = {"keeper start",          run_keeper, check_keeper,
                                FAIL_ALLOC | FAIL_WRITE, answers,    ROUNDS};

    OK(ground_install(m.ground, &m.home));
    fail_loop(&op, &m);
    assert_sound(m.home.db);
}

int main(int argc, char **argv)
{
    static struct ground ground;
    static const struct CMUnitTest tests[] = {
        {"made_or_as_before", made_or_as_before, NULL, NULL, &ground},
        {"started_or_not", started_or_not, NULL, NULL, &ground},
    };
    int status = keeper_place_main(argc, argv);

    if (status >= 0)
        return status;
    if (ground_start(&ground, false))
        return 1;
    status = cmocka_run_group_tests_name("fail-install", tests, NULL, NULL);
    ground_stop(&ground);
    return status;
}
