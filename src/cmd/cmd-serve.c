/* `tsujiban serve`: the pages, the API and the ledger's files, until told to stop; with users of their own (keeper/users.h) it is root, who
 * starts each process and starts it again. `tsujiban web`: the pages alone, as their own user. */
#include "cmd/commands.h"
#include "cmd/courier-watch.h"
#include "cmd/scanner.h"
#include "cmd/serve.h"
#include "guard/examiner.h"

#include "keeper/users.h"
#include "web/site.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LISTEN_DEFAULT "127.0.0.1:8480"

enum { OPT_LISTEN = HOME_N, OPT_PROXY, OPT_CERT, OPT_KEY, OPT_CLIENT_CA, OPT_THREADS, OPT_SCANNER, OPT_STREAM, OPT_STARTER };

static const struct option_row options[] = {
    HOME_OPTIONS,
    {"--listen", "ADDR:PORT", MSG_OPTION_SERVE_LISTEN},
    {"--behind-proxy", NULL, MSG_OPTION_SERVE_BEHIND_PROXY},
    {"--tls-cert", "FILE", MSG_OPTION_SERVE_TLS_CERT},
    {"--tls-key", "FILE", MSG_OPTION_SERVE_TLS_KEY},
    {"--client-ca", "FILE", MSG_OPTION_SERVE_CLIENT_CA},
    {"--threads", "N", MSG_OPTION_SERVE_THREADS},
    {"--scanner", "SOCKET", MSG_OPTION_SCANNER_FILES},
    {"--stream-max", "MIB", MSG_OPTION_SERVE_STREAM_MAX},
    {"--starter", NULL, MSG_OPTION_SERVE_STARTER},
};

/* As the options say; NULL: as Debian has it. */
struct scanner_choice {
    const char *socket, *stream_max;
};

#define THREADS_MAX 256

/* "127.0.0.1:8480" or "[::1]:8480": the address goes into `room`. */
static bool split_listen(const char *listen, char room[64], uint16_t *ret_port)
{
    struct str s = str_of(listen), address;
    const char *colon = strrchr(listen, ':');
    uint64_t port;

    if (!colon || str_to_u64((struct str){colon + 1, strlen(colon + 1)}, 0, 65535, &port))
        return false;
    address = (struct str){s.at, (size_t)(colon - listen)};
    if (address.len > 2 && address.at[0] == '[' && address.at[address.len - 1] == ']')
        address = (struct str){address.at + 1, address.len - 2};
    if (!address.len || address.len >= 64)
        return false;
    memcpy(room, address.at, address.len);
    room[address.len] = '\0';
    *ret_port = (uint16_t)port;
    return true;
}

static void log_sentence(void *ctx, const char *sentence)
{
    fprintf(stderr, "tsujiban: %s\n", sentence);
}

/* Before any thread exists, so that all of them have these signals blocked. */
static void block_stop_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGINT);
    sigaddset(ret, SIGTERM);
    sigprocmask(SIG_BLOCK, ret, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* ---- the pages alone ---- */

static void say_serving(const struct site_config *config, const struct site *site)
{
    CLEANUP(buf_done) struct buf url;
    bool is_six = strchr(config->address, ':') != NULL;

    buf_init(&url, 4096);
    IGNORE(buf_printf(&url, "%s://%s%s%s:%u", config->tls_cert_file ? "https" : "http", is_six ? "[" : "", config->address, is_six ? "]" : "", (unsigned)site_port(site)),
           "an address is short");
    command_say(MSG_SAID_SERVING, {"url", buf_str(&url)});
    fflush(stdout);
}

static int open_site(struct site_config *config, const struct home *home, struct keeper_link **keeper, struct site **site)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    /* As a worker's: this process reads foreign bytes and needs none of the operator's rights. */
    r = keeper_link_open(home->data, home->db, true, keeper, &diag);
    if (!r)
        r = site_start(config, site, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return command_fail(MSG_FAIL_PAGES_NOT);
    say_serving(config, *site);
    return 0;
}

/* Of processes apart: who started it goes, or a signal comes. */
static int serve_pages(struct site_config *config, const struct home *home, int starter_fd, const sigset_t *stop)
{
    CLEANUP(keeper_link_closep) struct keeper_link *keeper = NULL;
    CLEANUP(site_stopp) struct site *site = NULL;
    struct pollfd starter = {.fd = starter_fd, .events = POLLIN};
    struct timespec second = {1, 0};
    int r = open_site(config, home, &keeper, &site);

    if (r)
        return r;
    while (poll(&starter, 1, 0) <= 0 && sigtimedwait(stop, NULL, &second) < 0)
        ;
    return EXIT_DONE;
}

/* ---- all by one user ---- */

static int serve_alone(struct site_config *config, const struct home *home, const struct scanner_choice *scanner, const sigset_t *stop)
{
    const struct courier_kind files = courier_of_files(scanner->socket, scanner->stream_max);
    CLEANUP(keeper_link_closep) struct keeper_link *keeper = NULL; /* the keeper lives as long as this */
    CLEANUP(site_stopp) struct site *site = NULL;
    CLEANUP(courier_watch_freep) struct courier_watch *courier = NULL;
    CLEANUP(courier_watch_freep) struct courier_watch *examiner = NULL;
    CLEANUP(courier_watch_freep) struct courier_watch *reader = NULL;
    CLEANUP(courier_watch_freep) struct courier_watch *fetcher = NULL;
    struct timespec second = {1, 0};
    int r = open_site(config, home, &keeper, &site);

    if (r)
        return r;
    if (courier_watch_new(home, &courier_of_mail, &courier) || courier_watch_new(home, &files, &examiner) ||
        courier_watch_new(home, &courier_of_documents, &reader) || courier_watch_new(home, &courier_of_polls, &fetcher))
        return command_fail(MSG_FAIL_COURIERS_NOT);
    do {
        courier_watch_look(courier);
        courier_watch_look(examiner);
        courier_watch_look(reader);
        courier_watch_look(fetcher);
    } while (sigtimedwait(stop, NULL, &second) < 0);
    return EXIT_DONE;
}

/* ---- each by its own user ---- */

static void add(struct courier_kind *kind, const char *option, const char *value)
{
    size_t n = 0;

    while (kind->more[n])
        n++;
    assert(n + 2 < COURIER_MORE_MAX);
    kind->more[n++] = option;
    if (*value)
        kind->more[n] = value;
}

/* The options of the pages are handed on as they were given. */
static struct courier_kind pages_kind(const struct arguments *args, const char *listen)
{
    static const int handed[] = {OPT_PROXY, OPT_CERT, OPT_KEY, OPT_CLIENT_CA, OPT_THREADS};
    struct courier_kind kind = {.word = "web", .more = {"--listen", listen}};

    for (size_t i = 0; args && i < ARRAY_LEN(handed); i++)
        if (args->values[handed[i]])
            add(&kind, options[handed[i]].name, args->values[handed[i]]);
    return kind;
}

/* Root starts them, and does nothing else: each gives root up before it opens anything (the reader of documents behind its socket). The keeper goes
 * last. Who has no user is not started. */
static int serve_apart(const struct home *home, const struct keeper_users *users, const struct arguments *args, const char *listen,
                       const struct scanner_choice *scanner, const sigset_t *stop)
{
    struct courier_kind kinds[6] = {{.word = "keeper"}, pages_kind(args, listen), {.word = "courier"},
                                    courier_of_files(scanner->socket, scanner->stream_max)};
    struct courier_watch *watches[ARRAY_LEN(kinds)] = {NULL};
    struct timespec second = {1, 0};
    size_t n = 4;
    int r = 0;

    if (users->roles[ROLE_READER].n)
        kinds[n++] = courier_of_documents;
    if (users->roles[ROLE_FETCHER].n)
        kinds[n++] = courier_of_polls;
    for (size_t i = 0; !r && i < n; i++) {
        kinds[i].is_wanted = NULL;
        r = courier_watch_new(home, &kinds[i], &watches[i]);
    }
    while (!r) {
        for (size_t i = 0; i < n; i++)
            courier_watch_look(watches[i]);
        if (sigtimedwait(stop, NULL, &second) >= 0)
            break;
    }
    for (size_t i = n; i-- > 0;)
        courier_watch_free(watches[i]);
    return r ? command_fail(MSG_FAIL_SERVE_NOT, {"why", str_of(command_why(-r))}) : EXIT_DONE;
}

/* Root, where the directory is somebody else's: who took the file of users away must not get everything run as root. */
static bool is_anothers(const char *data)
{
    struct stat st;

    return !geteuid() && !stat(data, &st) && st.st_uid;
}

static int serve(struct site_config *config, const struct home *home, const struct arguments *args, const char *listen,
                 const struct scanner_choice *scanner, const sigset_t *stop)
{
    struct keeper_users users;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = keeper_users_read(home->data, &users, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return command_fail(MSG_FAIL_PAGES_NOT);
    if (!users.is_apart && is_anothers(home->data))
        return command_fail(MSG_FAIL_SERVE_ANOTHERS, {"dir", str_of(home->data)}, {"file", STR(KEEPER_USERS_FILE)});
    if (!users.is_apart)
        return serve_alone(config, home, scanner, stop);
    if (geteuid())
        return command_fail(MSG_FAIL_SERVE_ROOT, {"dir", str_of(home->data)}, {"file", STR(KEEPER_USERS_FILE)});
    return serve_apart(home, &users, args, listen, scanner, stop);
}

/* `starter_fd`: of the pages alone; `is_web`: they are what is wanted. `args` NULL: no options of the pages. */
static int serve_with(struct site_config *config, const struct home *home, const struct arguments *args, const char *listen,
                      const struct scanner_choice *scanner, bool is_web)
{
    char address[64];
    sigset_t stop;

    if (!split_listen(listen, address, &config->port)) {
        return command_wrong(MSG_WRONG_LISTEN, {"given", str_of(listen)});
    }
    config->data = home->data;
    config->db = home->db;
    config->address = address;
    config->log = log_sentence;
    block_stop_signals(&stop);
    return is_web ? serve_pages(config, home, args->values[OPT_STARTER] ? 3 : -1, &stop) : serve(config, home, args, listen, scanner, &stop);
}

int serve_until_stopped(const struct home *home, const char *listen, const char *scanner)
{
    const struct scanner_choice choice = {.socket = scanner};
    struct site_config config = {0};

    return serve_with(&config, home, NULL, listen ? listen : LISTEN_DEFAULT, &choice, false);
}

static int run_as(const struct arguments *args, bool is_web)
{
    struct site_config config = {.behind_proxy = args->values[OPT_PROXY] != NULL,
                                 .tls_cert_file = args->values[OPT_CERT],
                                 .tls_key_file = args->values[OPT_KEY],
                                 .tls_client_ca_file = args->values[OPT_CLIENT_CA]};
    const struct scanner_choice scanner = {args->values[OPT_SCANNER], args->values[OPT_STREAM]};
    struct home home;
    uint64_t threads = 0, stream_max;
    int r = home_of(args, &home);

    if (r)
        return r;
    if (!config.tls_cert_file != !config.tls_key_file) {
        return command_wrong(MSG_WRONG_TLS);
    }
    if (config.tls_client_ca_file && (!config.tls_cert_file || config.behind_proxy))
        return command_wrong(MSG_WRONG_CLIENT_CA);
    if (args->values[OPT_THREADS] && str_to_u64(str_of(args->values[OPT_THREADS]), 1, THREADS_MAX, &threads)) {
        return command_wrong(MSG_WRONG_THREADS, {"max", NUMBER(THREADS_MAX)});
    }
    if ((r = scanner_stream_max(args->values[OPT_STREAM], &stream_max)))
        return r;
    config.n_threads = (unsigned)threads;
    return serve_with(&config, &home, args, args->values[OPT_LISTEN] ? args->values[OPT_LISTEN] : LISTEN_DEFAULT, &scanner, is_web);
}

static int run(const struct arguments *args)
{
    return run_as(args, false);
}

/* Its user's from here on, before anything is opened. */
static int run_web(const struct arguments *args)
{
    struct home home;
    int r = home_of(args, &home);

    return r || (r = home_become(&home, ROLE_WEB)) ? r : run_as(args, true);
}

const struct command cmd_serve = {"serve", "", MSG_HELP_SERVE, options,
                                  ARRAY_LEN(options) - 1, 0, 0, run, false};
const struct command cmd_web = {"web", "", MSG_HELP_WEB, options,
                                ARRAY_LEN(options), 0, 0, run_web, true};
