#include "base/tell.h"
#include "keeper/keeper-inside.h"

#include "keeper/filing.h"
#include "keeper/hashing.h"
#include "keeper/install.h"
#include "keeper/keyring.h"
#include "keeper/secret-judging.h"
#include "keeper/socket.h"
#include "keeper/stocking.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int lock_directory(struct keeper *k, const char *dir, int *ret_fd)
{
    CLEANUP(buf_done) struct buf path;
    int r;

    buf_init(&path, 4096);
    if ((r = buf_printf(&path, "%s/keeper.lock", dir)))
        return r == -ENOMEM ? r : -ENAMETOOLONG;
    *ret_fd = open(path.at, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*ret_fd < 0) {
        diag_tell(k->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_OPENED, {"path", str_of(path.at)}, tell_why(errno));
        return -errno;
    }
    if (flock(*ret_fd, LOCK_EX | LOCK_NB)) {
        diag_tell(k->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_ANOTHER, {"dir", str_of(dir)});
        return KEEPER_E_HELD;
    }
    return 0;
}

static bool is_same_directory(const char *a, const char *b)
{
    struct stat x, y;

    return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* One keeper for each data directory, and one for each SQLite database, wherever it lies: the log of a second one would not
 * notice what the first appends. Keepers that share a PostgreSQL read the head anew in every batch. */
static int take_directory(struct keeper *k)
{
    const char *db = k->config->db;
    int r = lock_directory(k, k->config->data, &k->lock_fd);

    if (r || !strncmp(db, "postgres", 8) || is_same_directory(db, k->config->data))
        return r;
    return lock_directory(k, db, &k->db_lock_fd);
}

static int listen_here(struct keeper *k)
{
    struct sockaddr_un address;
    int dir, r = keeper_socket_address(k->config->data, KEEPER_SOCKET, &address, &dir);
    mode_t mask;

    if (r)
        return r;
    unlinkat(dir, KEEPER_SOCKET, 0);
    k->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mask = umask(k->door.users.is_apart ? 0117 : 0177);
    r = k->listen_fd < 0 || bind(k->listen_fd, (struct sockaddr *)&address, sizeof(address)) ||
                listen(k->listen_fd, 128)
            ? -errno
            : 0;
    umask(mask);
    close(dir);
    if (r)
        diag_tell(k->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_LISTENING, {"data", str_of(k->config->data)}, tell_why(-r));
    return r;
}

/* The key stays out of images of memory, and out of reach of a debugger that has no more rights than this user. */
static int hide_memory(void)
{
    struct rlimit none = {0, 0};

    return setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0) ? -errno : 0;
}

static int open_key(struct keeper *k)
{
    uint8_t seed[LOG_SEED_SIZE];
    int r = install_read_seed(k->config->data, seed, k->diag);

    if (r)
        return r < 0 ? r : KEEPER_E_KEY;
    r = log_open(k->store, seed, &k->log, k->diag);
    sodium_memzero(seed, sizeof(seed));
    return r > 0 ? KEEPER_E_STORE : r;
}

static int open_signals(struct keeper *k)
{
    sigset_t set;
    int r;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on files is a full disk, not an end */
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    /* An interrupt from the terminal reaches the starter too, which closes the socket when it has finished. */
    if (k->config->starter_fd < 0)
        sigaddset(&set, SIGINT);
    else
        signal(SIGINT, SIG_IGN);
    if ((r = pthread_sigmask(SIG_BLOCK, &set, NULL)))
        return -r;
    k->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return k->signal_fd < 0 ? -errno : 0;
}

/* With processes apart this one is the keeper's user's, or nobody's. */
static int check_user(struct keeper *k)
{
    if (!k->door.users.is_apart || k->door.users.keeper == geteuid())
        return 0;
    diag_tell(k->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_RUNS_AS, {"data", str_of(k->config->data)}, {"user", NUMBER(k->door.users.keeper)});
    return KEEPER_E_USERS;
}

int keeper_open(struct keeper *k)
{
    int r;

    if ((r = open_signals(k)) || (r = keeper_users_drop(k->config->data, KEEPER_ROLES, &k->door.users, k->diag)))
        return r < 0 ? r : KEEPER_E_USERS;
    if ((r = check_user(k)) || (r = hide_memory()))
        return r;
    if ((r = take_directory(k)))
        return r;
    if ((r = keeper_users_settle(&k->door.users, k->config->data, k->config->db, k->diag)))
        return r < 0 ? r : KEEPER_E_USERS;
    if ((r = store_open(k->config->db, STORE_WRITE, &k->store, k->diag)))
        return r < 0 ? r : KEEPER_E_STORE;
    if ((r = open_key(k)))
        return r;
    if ((r = engine_open(k->store, &k->engine, k->diag)))
        return r;
    if ((r = aside_new(&hashing_work, k->config->db, KEEPER_HASHERS, KEEPER_HASHING_MAX, &k->hashing)) ||
        (r = aside_new(&filing_work, k->config->db, 1, KEEPER_FILING_MAX, &k->filing)) ||
        (r = aside_new(&stocking_work, k->config->db, 1, KEEPER_STOCKING_MAX, &k->stocking)) ||
        (r = aside_new(&secret_judging_work, k->config->db, 1, KEEPER_JUDGING_MAX, &k->judging)) ||
        (r = aside_new(&keyring_work, k->config->db, KEEPER_KEYRINGS, KEEPER_CONNS_MAX, &k->keyring)))
        return r;
    if (!(k->stations = stations_new()))
        return -ENOMEM;
    if ((r = listen_here(k)))
        return r;
    if (k->config->starter_fd >= 0) {
        if (fcntl(k->config->starter_fd, F_SETFL, O_NONBLOCK))
            return -errno;
        if (!conn_add(k, k->config->starter_fd, geteuid(), true))
            return -ENOMEM;
    }
    return 0;
}

void keeper_close(struct keeper *k)
{
    aside_free(k->hashing); /* waits for their threads: they hold connections */
    aside_free(k->filing);
    aside_free(k->stocking);
    aside_free(k->keyring);
    aside_free(k->judging);
    for (size_t i = 0; i < k->n_conns; i++)
        conn_free(k->conns[i]);
    stations_free(k->stations);
    engine_close(k->engine);
    log_close(k->log);
    store_close(k->store);
    if (k->listen_fd >= 0)
        close(k->listen_fd);
    if (k->signal_fd >= 0)
        close(k->signal_fd);
    if (k->lock_fd >= 0)
        close(k->lock_fd);
    if (k->db_lock_fd >= 0)
        close(k->db_lock_fd);
}
