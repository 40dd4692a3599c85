/* `tsujiban serve`: the pages, the API and the ledger's files, until told to stop. */
#include "cmd/commands.h"
#include "cmd/courier-watch.h"
#include "cmd/scanner.h"
#include "cmd/serve.h"
#include "guard/examiner.h"

#include "web/site.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OPT_LISTEN = HOME_N, OPT_PROXY, OPT_CERT, OPT_KEY, OPT_THREADS, OPT_SCANNER, OPT_STREAM };

/* As the options say; NULL: as Debian has it. */
struct scanner_choice {
    const char *socket, *stream_max;
};

#define LISTEN_DEFAULT "127.0.0.1:8480"
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

static int serve(struct site_config *config, const struct home *home, const struct scanner_choice *scanner, const sigset_t *stop)
{
    const struct courier_kind files = courier_of_files(scanner->socket, scanner->stream_max);
    CLEANUP(keeper_link_closep) struct keeper_link *keeper = NULL; /* the keeper lives as long as this */
    CLEANUP(site_stopp) struct site *site = NULL;
    CLEANUP(courier_watch_freep) struct courier_watch *courier = NULL;
    CLEANUP(courier_watch_freep) struct courier_watch *examiner = NULL;
    struct timespec second = {1, 0};
    struct diag diag;
    int r;

    diag_init(&diag);
    /* As a worker's: this process reads foreign bytes and needs none of the operator's rights. */
    r = keeper_link_open(home->data, home->db, true, &keeper, &diag);
    if (!r)
        r = site_start(config, &site, &diag);
    if (!r)
        r = courier_watch_new(home, &courier_of_mail, &courier);
    if (!r)
        r = courier_watch_new(home, &files, &examiner);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return command_fail("the pages are not served");
    printf("Serving on %s://%s%s%s:%u (Ctrl-C stops it)\n", config->tls_cert_file ? "https" : "http",
           strchr(config->address, ':') ? "[" : "", config->address, strchr(config->address, ':') ? "]" : "",
           (unsigned)site_port(site));
    fflush(stdout);
    do {
        courier_watch_look(courier);
        courier_watch_look(examiner);
    } while (sigtimedwait(stop, NULL, &second) < 0);
    return EXIT_DONE;
}

static int serve_with(struct site_config *config, const struct home *home, const char *listen, const struct scanner_choice *scanner)
{
    char address[64];
    sigset_t stop;

    if (!split_listen(listen, address, &config->port)) {
        command_fail("\"%s\" is no address to listen on; write 127.0.0.1:8480", listen);
        return EXIT_USAGE;
    }
    config->data = home->data;
    config->db = home->db;
    config->address = address;
    config->log = log_sentence;
    block_stop_signals(&stop);
    return serve(config, home, scanner, &stop);
}

int serve_until_stopped(const struct home *home, const char *listen, const char *scanner)
{
    const struct scanner_choice choice = {.socket = scanner};
    struct site_config config = {0};

    return serve_with(&config, home, listen ? listen : LISTEN_DEFAULT, &choice);
}

static int run(const struct arguments *args)
{
    struct site_config config = {.behind_proxy = args->values[OPT_PROXY] != NULL,
                                 .tls_cert_file = args->values[OPT_CERT],
                                 .tls_key_file = args->values[OPT_KEY]};
    const struct scanner_choice scanner = {args->values[OPT_SCANNER], args->values[OPT_STREAM]};
    struct home home;
    uint64_t threads = 0, stream_max;
    int r = home_of(args, &home);

    if (r)
        return r;
    if (!config.tls_cert_file != !config.tls_key_file) {
        command_fail("--tls-cert and --tls-key belong together");
        return EXIT_USAGE;
    }
    if (args->values[OPT_THREADS] && str_to_u64(str_of(args->values[OPT_THREADS]), 1, THREADS_MAX, &threads)) {
        command_fail("--threads takes 1 to %d", THREADS_MAX);
        return EXIT_USAGE;
    }
    if ((r = scanner_stream_max(args->values[OPT_STREAM], &stream_max)))
        return r;
    config.n_threads = (unsigned)threads;
    return serve_with(&config, &home, args->values[OPT_LISTEN] ? args->values[OPT_LISTEN] : LISTEN_DEFAULT, &scanner);
}

static const struct option_row options[] = {
    HOME_OPTIONS,
    {"--listen", "ADDR:PORT", "where to listen (default " LISTEN_DEFAULT ")"},
    {"--behind-proxy", NULL, "a proxy stands in front: believe what it says of clients; needed beyond loopback without TLS"},
    {"--tls-cert", "FILE", "certificate chain (PEM)"},
    {"--tls-key", "FILE", "its key (PEM)"},
    {"--threads", "N", "serving threads (default 16)"},
    {"--scanner", "SOCKET", "clamd's socket, for files that are attached (default " CLAMD_SOCKET ")"},
    {"--stream-max", "MIB", "what clamd takes in one piece: its StreamMaxLength (default 25)"},
};
const struct command cmd_serve = {"serve", "", "Serve the pages, the API and the ledger's files", options,
                                  ARRAY_LEN(options), 0, 0, run, false};
