#include "clamd-server.h"

#include "guard/clamd.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_TRIES 300 /* of 100 ms */

struct clamd_server {
    char dir[64], socket[96];
    pid_t pid;
};

static int put(const struct clamd_server *s, const char *name, const char *format)
{
    char path[128];
    FILE *f;
    int r;

    snprintf(path, sizeof(path), "%s/%s", s->dir, name);
    f = fopen(path, "we");
    if (!f)
        return -1;
    r = fprintf(f, format, s->dir, s->dir, s->dir, s->dir) < 0;
    return fclose(f) || r ? -1 : 0;
}

/* The string in base 16, so that this file is not itself found by a scanner. */
static const char signature[] =
    "Test.EICAR.String:0:*:"
    "58354f2150254041505b345c505a58353428505e2937434329377d244549434152"
    "2d5354414e444152442d414e544956495255532d544553542d46494c452124482b482a\n";

static const char config[] =
    "LocalSocket %s/clamd.ctl\nDatabaseDirectory %s/signatures\nTemporaryDirectory %s\nLogFile "
    "%s/log\n"
    "Foreground yes\nStreamMaxLength 25M\nMaxFileSize 24M\nAlertExceedsMax yes\nMaxThreads 4\nOfficialDatabaseOnly no\n";

static int make_files(const struct clamd_server *s)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/signatures", s->dir);
    return mkdir(path, 0755) || put(s, "signatures/test.ndb", signature) ||
                   put(s, "clamd.conf", config)
               ? -1
               : 0;
}

static pid_t spawn(const struct clamd_server *s)
{
    pid_t parent = getpid(), pid = fork();
    char option[128];
    int fd;

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(125);
    fd = open("/dev/null", O_WRONLY); /* it repeats its log there, where a test's results stand */
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
        _exit(126);
    snprintf(option, sizeof(option), "--config-file=%s/clamd.conf", s->dir);
    execlp("clamd", "clamd", option, (char *)NULL);
    execl("/usr/sbin/clamd", "clamd", option, (char *)NULL);
    _exit(127);
}

static void show_log(const struct clamd_server *s)
{
    char path[128], line[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/log", s->dir);
    f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f))
        fputs(line, stderr);
    if (f)
        fclose(f);
}

static int wait_until_up(struct clamd_server *s)
{
    for (int i = 0; i < START_TRIES; i++) {
        int fd = clamd_connect(s->socket);

        if (fd >= 0)
            return close(fd);
        if (waitpid(s->pid, NULL, WNOHANG) == s->pid) {
            s->pid = -1;
            return -1;
        }
        usleep(100000);
    }
    return -1;
}

struct clamd_server *clamd_server_start(void)
{
    struct clamd_server *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->pid = -1;
    snprintf(s->dir, sizeof(s->dir), "/tmp/tsujiban-clamd-XXXXXX");
    if (!mkdtemp(s->dir)) {
        free(s);
        return NULL;
    }
    snprintf(s->socket, sizeof(s->socket), "%s/clamd.ctl", s->dir);
    if (make_files(s) || chmod(s->dir, 0755) || (s->pid = spawn(s)) < 0 || wait_until_up(s)) {
        fprintf(stderr, "clamd does not start\n");
        show_log(s);
        clamd_server_stop(s);
        return NULL;
    }
    return s;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return remove(path);
}

void clamd_server_stop(struct clamd_server *s)
{
    if (!s)
        return;
    if (s->pid > 0) {
        kill(s->pid, SIGTERM);
        waitpid(s->pid, NULL, 0);
    }
    nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(s);
}

const char *clamd_server_socket(const struct clamd_server *s)
{
    return s->socket;
}

const char *clamd_server_dir(const struct clamd_server *s)
{
    return s->dir;
}
