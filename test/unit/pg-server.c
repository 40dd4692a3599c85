/* postgres is started with fsync off and without whole pages in its log, as nobody cares for its data after a crash of this machine; the program's
 * own promise is about COMMIT, which the tests check by killing clients and servers, not power. Nor is it vacuumed: each database lives for
 * seconds, and a worker that looks into dozens of them each minute is a load. */
#include "pg-server.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIN "/usr/lib/postgresql/15/bin/"
#define DATABASES_MAX 256 /* more than a pack has scenarios */
#define START_TRIES 150 /* of 100 ms */

struct pg_server {
    char dir[64];
    pid_t pid;
    struct passwd user; /* uid and gid only */
    bool change_user;
    int n_databases;
    char urls[DATABASES_MAX][128];
};

static void become(const struct pg_server *server)
{
    if (server->change_user && (setgroups(0, NULL) || setgid(server->user.pw_gid) || setuid(server->user.pw_uid)))
        _exit(126);
}

/* Output of initdb and the server goes to DIR/log. */
static pid_t spawn(const struct pg_server *server, const char *const *argv)
{
    pid_t parent = getpid(), pid = fork();
    char log[80];
    int fd;

    if (pid != 0)
        return pid;
    become(server);
    /* After the change of user, which clears it: SIGINT is PostgreSQL's fast shutdown. */
    prctl(PR_SET_PDEATHSIG, SIGINT);
    if (getppid() != parent)
        _exit(125);
    snprintf(log, sizeof(log), "%s/log", server->dir);
    fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0 || chdir(server->dir) || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
        _exit(127);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

static int run(const struct pg_server *server, const char *const *argv)
{
    int status;
    pid_t pid = spawn(server, argv);

    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void show_log(const struct pg_server *server)
{
    char path[80], line[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/log", server->dir);
    f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f))
        fputs(line, stderr);
    if (f)
        fclose(f);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return remove(path);
}

static void url_of(const struct pg_server *server, const char *database, char *ret, size_t size)
{
    snprintf(ret, size, "postgresql:///%s?host=%s&user=postgres", database, server->dir);
}

int pg_server_sql(struct pg_server *server, const char *url, const char *sql)
{
    char own[128];
    PGconn *conn;
    PGresult *result;
    int r;

    url_of(server, "postgres", own, sizeof(own));
    conn = PQconnectdb(url ? url : own);
    result = PQexec(conn, sql);
    r = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK ? 0 : -1;
    if (r)
        fprintf(stderr, "%s: %s", sql, PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
    return r;
}

static bool is_up(struct pg_server *server)
{
    char url[128];

    url_of(server, "postgres", url, sizeof(url));
    return PQping(url) == PQPING_OK;
}

static int wait_until_up(struct pg_server *server)
{
    for (int i = 0; i < START_TRIES; i++) {
        if (is_up(server))
            return 0;
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid) {
            server->pid = -1;
            return -1;
        }
        usleep(100000);
    }
    return -1;
}

/* As whoever runs the test, so that each file keeps its owner. */
static int copy(struct pg_server *server, const char *from, const char *to)
{
    const char *cp[] = {"/bin/cp", "-a", "--reflink=auto", "-T", from, to, NULL};
    struct pg_server own = *server;

    char log[80];
    int r;

    own.change_user = false;
    r = run(&own, cp);
    snprintf(log, sizeof(log), "%s/log", server->dir);
    if (server->change_user)
        IGNORE(chown(log, server->user.pw_uid, server->user.pw_gid), "the server says so");
    return r;
}

/* The data directory: a copy of the one that PG_TEMPLATE names, which is a tenth of the work of initdb; where none is there yet, of what is made now
 * a copy is left there, whole or not at all. */
static int make_data(struct pg_server *server)
{
    const char *initdb[] = {BIN "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                            "--locale=C.UTF-8", "--no-sync", NULL};
    const char *template = getenv("PG_TEMPLATE");
    char path[512];

    if (template && !access(template, F_OK))
        return copy(server, template, "data");
    if (run(server, initdb))
        return -1;
    if (template && snprintf(path, sizeof(path), "%s-%ld", template, (long)getpid()) < (int)sizeof(path) && (copy(server, "data", path) || rename(path, template)))
        nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* another test was quicker, or the next one tries */
    return 0;
}

static int start(struct pg_server *server)
{
    const char *postgres[] = {BIN "postgres", "-D", "data", "-k", server->dir, "-c", "listen_addresses=",
                              "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "autovacuum=off", "-c", "max_connections=50",
                              "-c", "shared_buffers=64MB", NULL};

    if (make_data(server))
        return -1;
    server->pid = spawn(server, postgres);
    return server->pid < 0 ? -1 : wait_until_up(server);
}

struct pg_server *pg_server_start(void)
{
    struct pg_server *server = calloc(1, sizeof(*server));
    const struct passwd *user = getpwnam("postgres");

    if (!server)
        return NULL;
    server->pid = -1;
    snprintf(server->dir, sizeof(server->dir), "/tmp/tsujiban-pg-XXXXXX");
    if (!mkdtemp(server->dir)) {
        free(server);
        return NULL;
    }
    server->change_user = getuid() == 0;
    if (server->change_user && user) {
        server->user = *user;
        IGNORE(chown(server->dir, user->pw_uid, user->pw_gid), "initdb says so");
    }
    if ((server->change_user && !user) || start(server)) {
        fprintf(stderr, "PostgreSQL did not start (%s)\n", BIN);
        show_log(server);
        pg_server_stop(server);
        return NULL;
    }
    return server;
}

void pg_server_stop(struct pg_server *server)
{
    if (!server)
        return;
    if (server->pid > 0) {
        kill(server->pid, SIGINT);
        waitpid(server->pid, NULL, 0);
    }
    nftw(server->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(server);
}

const char *pg_server_database(struct pg_server *server)
{
    char sql[64], name[16], url[128];
    char *kept;

    if (server->n_databases == DATABASES_MAX) {
        fprintf(stderr, "there is room for %d databases on the tests' server, and all are taken\n", DATABASES_MAX);
        return NULL;
    }
    snprintf(name, sizeof(name), "t%d", server->n_databases);
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s", name);
    if (pg_server_sql(server, NULL, sql))
        return NULL;
    url_of(server, name, url, sizeof(url));
    kept = server->urls[server->n_databases++];
    memcpy(kept, url, sizeof(url));
    return kept;
}
