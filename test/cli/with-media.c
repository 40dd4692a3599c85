/* `with-media COMMAND…`: run a command while a clamd of its own is up: SCANNER is its socket, WITH_MEDIA this program.
 * MEDIA is an empty folder in memory, which has no serial number as a folder on a disk may have.
 * `with-media --as-root COMMAND…` says that the tests are skipped where files cannot be watched or nothing can be mounted.
 * `with-media --advance DATA INSTANT`: move the demonstration clock of an installation that is served.
 * `with-media --act DATA LOGIN PASSWORD REG/STEP RECORD JSON`: an act as the pages ask for it; prints its result. */
#include "clamd-server.h"

#include "keeper/keeper.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static int advance(const char *data, const char *to)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    JSON_AUTO *message = json_pack("{s:s, s:s}", "op", "clock-advance", "to", to);
    JSON_AUTO *answer = NULL;

    if (keeper_link_open(data, data, false, &link, NULL) || keeper_ask(link, message, &answer) ||
        !json_flag(answer, "ok")) {
        fprintf(stderr, "the clock was not moved to %s: %s\n", to,
                json_str(json_obj(answer, "say"), "en"));
        return 1;
    }
    return 0;
}

static json_t *ask(struct keeper_link *link, json_t *message)
{
    json_t *answer = NULL;

    if (keeper_ask(link, message, &answer))
        fprintf(stderr, "the keeper does not answer\n");
    json_decref(message);
    return answer;
}

/* argv: DATA LOGIN PASSWORD REG/STEP RECORD JSON */
static int act(char **argv)
{
    CLEANUP(keeper_link_closep) struct keeper_link *link = NULL;
    JSON_AUTO *with = json_loads(argv[5], 0, NULL);
    JSON_AUTO *in = NULL;
    JSON_AUTO *answer = NULL;
    char *step = strchr(argv[3], '/');

    if (!with || !step || keeper_link_open(argv[0], argv[0], false, &link, NULL))
        return 1;
    *step++ = '\0';
    in = ask(link,
             json_pack("{s:s, s:s, s:s}", "op", "sign-in", "login", argv[1], "password", argv[2]));
    answer = ask(link, json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "op", "act", "token",
                                 json_str(in, "cookie"), "reg", argv[3], "step", step, "record",
                                 argv[4], "with", with));
    printf("%s\n", json_str(json_obj(answer, "outcome"), "result"));
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return remove(path);
}

static int run(char **command)
{
    int status = 1 << 8;
    pid_t pid = fork();

    if (pid == 0) {
        execvp(command[0], command);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        fprintf(stderr, "%s could not be run\n", command[0]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Watching files and mounting are root's, and a container may keep even root from them. */
static bool may_watch(void)
{
    char dir[] = "/dev/shm/tsujiban-probe-XXXXXX";
    int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY), status = 1;
    pid_t pid;

    if (fd < 0)
        return false;
    close(fd);
    if (!mkdtemp(dir))
        return false;
    pid = fork();
    if (pid == 0)
        _exit(unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
              mount("probe", dir, "tmpfs", 0, NULL) || access("/dev/loop-control", R_OK | W_OK) ||
              access("/sbin/mkfs.ext4", X_OK));
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        status = 1;
    IGNORE(rmdir(dir), "it is empty");
    return status == 0;
}

int main(int argc, char **argv)
{
    char media[] = "/dev/shm/tsujiban-media-XXXXXX", self[PATH_MAX];
    struct clamd_server *server;
    int status = 1;

    if (argc == 4 && !strcmp(argv[1], "--advance"))
        return advance(argv[2], argv[3]);
    if (argc == 8 && !strcmp(argv[1], "--act"))
        return act(argv + 2);
    if (argc > 2 && !strcmp(argv[1], "--as-root")) {
        if (!may_watch()) {
            printf("1..0 # SKIP files cannot be watched or mounted here\n");
            return 0;
        }
        argv++;
        argc--;
    }
    if (argc < 2 || !realpath("/proc/self/exe", self) || !(server = clamd_server_start()))
        return 1;
    if (!mkdtemp(media))
        perror(media);
    else if (!setenv("SCANNER", clamd_server_socket(server), 1) && !setenv("WITH_MEDIA", self, 1) &&
             !setenv("MEDIA", media, 1))
        status = run(argv + 1);
    nftw(media, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    clamd_server_stop(server);
    return status;
}
