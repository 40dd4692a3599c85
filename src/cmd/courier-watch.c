#include "cmd/courier-watch.h"

#include "base/time.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MAX_S 60
#define STEADY_US (60 * US_PER_SECOND) /* one that ran so long did not fail at its start */
#define END_MAX_MS 5000 /* a courier; */
#define KEEPER_END_MAX_MS 20000 /* the keeper, which answers first what has arrived */
#define END_STEP_MS 20

extern char **environ;

struct courier_watch {
    const struct home *home;
    const struct courier_kind *kind;
    struct store *store;
    pid_t child;                  /* 0 none */
    int starter_fd;               /* while it is open, the courier lives */
    unsigned wait_s;              /* before the next start */
    uint64_t started_us, next_us; /* monotonic */
};

int courier_watch_new(const struct home *home, const struct courier_kind *kind, struct courier_watch **ret)
{
    struct courier_watch *w = calloc(1, sizeof(*w));
    int r = 0;

    if (!w)
        return -ENOMEM;
    w->home = home;
    w->kind = kind;
    w->starter_fd = -1;
    if (kind->is_wanted && (r = store_open(home->db, STORE_READ, &w->store, NULL))) {
        free(w);
        return store_errno(r);
    }
    *ret = w;
    return 0;
}

/* The signals that the serving process blocks are not the child's. */
static int spawn_with(struct courier_watch *w, int fd)
{
    const char *argv[7 + COURIER_MORE_MAX + 1] = {"tsujiban", w->kind->word, "--data", w->home->data, "--db", w->home->db, "--starter"};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int r;

    for (size_t i = 0; i < COURIER_MORE_MAX && w->kind->more[i]; i++)
        argv[7 + i] = w->kind->more[i];
    sigemptyset(&none);
    if ((r = posix_spawn_file_actions_init(&actions)))
        return r;
    if (!(r = posix_spawnattr_init(&attributes))) {
        if (!(r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK)) &&
            !(r = posix_spawnattr_setsigmask(&attributes, &none)) &&
            !(r = posix_spawn_file_actions_adddup2(&actions, fd, 3)))
            r = posix_spawn(&w->child, "/proc/self/exe", &actions, &attributes,
                            (char *const *)(uintptr_t)argv, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

static void start(struct courier_watch *w, uint64_t now_us)
{
    int pair[2];

    w->started_us = now_us;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return;
    if (spawn_with(w, pair[1])) {
        w->child = 0;
        close(pair[0]);
    } else {
        w->starter_fd = pair[0];
    }
    close(pair[1]);
}

static void let_go(struct courier_watch *w)
{
    if (w->starter_fd >= 0)
        close(w->starter_fd);
    w->starter_fd = -1;
}

/* It has ended: the next one waits, unless this one had run for a while. */
static void ended(struct courier_watch *w, uint64_t now_us)
{
    let_go(w);
    w->child = 0;
    w->wait_s = now_us - w->started_us > STEADY_US
                    ? 1
                    : MIN_OF(MAX_OF(2 * w->wait_s, 1u), (unsigned)WAIT_MAX_S);
    w->next_us = now_us + w->wait_s * US_PER_SECOND;
}

/* It gets a while to finish the message at hand; killed in the middle of one it leaves it uncertain, which people decide on. */
static void end(struct courier_watch *w)
{
    struct timespec step = {0, END_STEP_MS * 1000000L};

    let_go(w);
    for (int waited = 0; w->child && waited < (strcmp(w->kind->word, "keeper") ? END_MAX_MS : KEEPER_END_MAX_MS); waited += END_STEP_MS) {
        if (waitpid(w->child, NULL, WNOHANG) == w->child)
            w->child = 0;
        else
            nanosleep(&step, NULL);
    }
    if (!w->child)
        return;
    kill(w->child, SIGKILL);
    while (waitpid(w->child, NULL, 0) < 0 && errno == EINTR)
        ;
    w->child = 0;
}

/* A store that does not answer now says nothing new. */
static bool is_wanted(struct courier_watch *w)
{
    int r = w->kind->is_wanted ? w->kind->is_wanted(w->store) : 1;

    return r < 0 ? w->child != 0 : r;
}

static int wants_mail(struct store *s)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_META_GET, V_TEXT("mail.server"));

    return r == STORE_E_NONE ? 0 : r ? -EIO : *rows_text(row, 0) != 0;
}

static int wants_examiner(struct store *s)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_ATTACHMENT_PAGE, V_TEXT(""), V_INT(1));

    return r == STORE_E_NONE ? 0 : r ? -EIO : 1;
}

/* Where no record is in that state there is nothing to ask for. */
static int wants_fetcher(struct store *s)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_TALLY_OF_STATE, V_TEXT("polled"));

    return r == STORE_E_NONE ? 0 : r ? -EIO : 1;
}

const struct courier_kind courier_of_mail = {"courier", wants_mail, {NULL}}, courier_of_documents = {"document-reader", NULL, {NULL}};
const struct courier_kind courier_of_polls = {"fetcher", wants_fetcher, {NULL}};

struct courier_kind courier_of_files(const char *scanner, const char *stream_max)
{
    struct courier_kind ret = {"file-examiner", wants_examiner, {NULL}};
    size_t n = 0;

    if (scanner) {
        ret.more[n++] = "--scanner";
        ret.more[n++] = scanner;
    }
    if (stream_max) {
        ret.more[n++] = "--stream-max";
        ret.more[n++] = stream_max;
    }
    return ret;
}

void courier_watch_look(struct courier_watch *w)
{
    uint64_t now_us = clock_monotonic_us();

    if (w->child && waitpid(w->child, NULL, WNOHANG) == w->child)
        ended(w, now_us);
    if (!is_wanted(w)) {
        end(w);
        w->wait_s = 0;
        return;
    }
    if (!w->child && now_us >= w->next_us)
        start(w, now_us);
}

void courier_watch_free(struct courier_watch *w)
{
    if (!w)
        return;
    end(w);
    store_close(w->store);
    free(w);
}
