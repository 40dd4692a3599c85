/* Wiping: what was there is nowhere any more, as far as this machine can look: in an image, in files that somebody still holds open, in the free space
 * of a small medium; and what must not be wiped is not touched. */
#include "guard/wipe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SECRET "捜査協力者名簿 KJ-0003"

static char here[64];

static int set_up(void **state)
{
    (void)snprintf(here, sizeof(here), "/tmp/guard-wipe-XXXXXX");
    return mkdtemp(here) ? 0 : -1;
}

static int tear_down(void **state)
{
    return rmdir(here); /* each case leaves it empty */
}

static const char *path_of(const char *name)
{
    static char path[4][400];
    static unsigned at;

    at = (at + 1) % 4;
    (void)snprintf(path[at], sizeof(path[at]), "%s/%s", here, name);
    return path[at];
}

/* A file full of the secret, which stays open. */
static int put(const char *name, size_t size)
{
    int fd = open(path_of(name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return -1;
    for (size_t at = 0; at < size; at += sizeof(SECRET) - 1)
        if (write(fd, SECRET, MIN_OF(sizeof(SECRET) - 1, size - at)) < 0)
            return -1;
    return fd;
}

static bool holds_secret(int fd)
{
    struct stat st;
    char *bytes;
    bool is_there;

    assert_int_equal(fstat(fd, &st), 0);
    bytes = malloc((size_t)st.st_size + 1);
    assert_int_equal(pread(fd, bytes, (size_t)st.st_size, 0), st.st_size);
    is_there = memmem(bytes, (size_t)st.st_size, "KJ-0003", 7) != NULL;
    free(bytes);
    return is_there;
}

static unsigned n_names(void)
{
    DIR *d = opendir(here);
    const struct dirent *e;
    unsigned n = 0;

    while (d && (e = readdir(d)))
        n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
    if (d)
        closedir(d);
    return n;
}

static int wiped(const char *path, bool files_only, json_t **ret, char *said, size_t size)
{
    const struct wipe_request q = {path, files_only, {NULL, NULL}};
    struct diag diag;
    int r;

    diag_init(&diag);
    r = wipe(&q, ret, &diag);
    if (said)
        (void)snprintf(said, size, "%s", diag_first(&diag));
    diag_done(&diag);
    return r;
}

/* ---- images ---- */

static void test_image(void **state)
{
    int fd = put("image", (3u << 20) + 12345);
    JSON_AUTO *report = NULL;
    struct stat st;

    assert_true(holds_secret(fd));
    assert_int_equal(wiped(path_of("image"), false, &report, NULL, 0), 0);
    assert_false(holds_secret(fd));
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, (3u << 20) + 12345);
    assert_string_equal(json_str(report, "what"), "image");
    assert_int_equal(json_int(report, "overwritten"), (3u << 20) + 12345);
    close(fd);
    unlink(path_of("image"));
}

/* A medium that does not keep what it is given: a byte changes between writing and reading back. */
static void change(void *user, uint64_t done, uint64_t size)
{
    char c;

    if (done != size / 2)
        return;
    assert_int_equal(pread(*(int *)user, &c, 1, 77777), 1);
    c ^= 1;
    assert_int_equal(pwrite(*(int *)user, &c, 1, 77777), 1);
}

static void test_lying_image(void **state)
{
    int fd = put("image", 3u << 20);
    const struct wipe_request q = {path_of("image"), false, {change, &fd}};
    JSON_AUTO *report = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(wipe(&q, &report, &diag), WIPE_E_FAILED);
    assert_null(report);
    assert_non_null(strstr(diag_first(&diag), "does not keep"));
    diag_done(&diag);
    close(fd);
    unlink(path_of("image"));
}

/* ---- folders ---- */

/* The files are gone, and their bytes with them, even for who still holds one; what a link leads to is not touched. */
static void test_files(void **state)
{
    char outside[64] = "/tmp/guard-wipe-outside-XXXXXX";
    int other = mkstemp(outside), fds[3];
    JSON_AUTO *report = NULL;
    struct stat st;

    assert_int_equal(write(other, SECRET, sizeof(SECRET)), sizeof(SECRET));
    assert_int_equal(mkdir(path_of("中"), 0700), 0);
    fds[0] = put("a.csv", 5000);
    fds[1] = put("中/b.csv", 2u << 20);
    fds[2] = put("中/empty", 0);
    assert_int_equal(symlink(outside, path_of("link")), 0);
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    assert_int_equal(wiped(here, true, &report, NULL, 0), 0);
    assert_int_equal(n_names(), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fstat(fds[i], &st), 0);
        assert_int_equal(st.st_size, 0);
        close(fds[i]);
    }
    assert_true(holds_secret(other));
    assert_int_equal(json_int(report, "files"), 3);
    assert_int_equal(json_int(report, "others"), 3);
    assert_int_equal(json_int(report, "free"), 0);
    close(other);
    unlink(outside);
}

/* A file that has a second name elsewhere is not of this folder alone. */
static void test_second_name(void **state)
{
    char outside[64] = "/tmp/guard-wipe-outside-XXXXXX", other[80], said[400];
    JSON_AUTO *report = NULL;
    int fd = put("a.csv", 5000);

    assert_non_null(mkdtemp(outside));
    (void)snprintf(other, sizeof(other), "%s/b.csv", outside);
    assert_int_equal(link(path_of("a.csv"), other), 0);
    assert_int_equal(wiped(here, true, &report, said, sizeof(said)), WIPE_E_REFUSED);
    assert_non_null(strstr(said, "another name"));
    assert_true(holds_secret(fd));
    assert_int_equal(unlink(other), 0);
    assert_int_equal(rmdir(outside), 0);
    assert_int_equal(wiped(here, true, &report, NULL, 0), 0);
    assert_int_equal(n_names(), 0);
    close(fd);
}

/* Looked at only: nothing changes. */
static void test_look(void **state)
{
    const struct wipe_request q = {here, true, {NULL, NULL}};
    int fd = put("a.csv", 5000);
    JSON_AUTO *report = NULL;

    assert_int_equal(wipe_look(&q, &report, NULL), 0);
    assert_int_equal(json_int(report, "files"), 1);
    assert_int_equal(json_int(report, "overwritten"), 5000);
    assert_true(holds_secret(fd));
    close(fd);
    unlink(path_of("a.csv"));
}

static void test_refused(void **state)
{
    JSON_AUTO *report = NULL;
    char said[400];
    int fd = put("a.csv", 5000);

    assert_int_equal(wiped("/", true, &report, said, sizeof(said)), WIPE_E_REFUSED);
    assert_non_null(strstr(said, "root of the whole system"));
    assert_int_equal(wiped(here, false, &report, said, sizeof(said)), WIPE_E_REFUSED);
    assert_non_null(strstr(said, "No medium is mounted"));
    assert_int_equal(wiped(path_of("none"), true, &report, said, sizeof(said)), WIPE_E_REFUSED);
    assert_int_equal(wiped("/dev/null", true, &report, said, sizeof(said)), WIPE_E_REFUSED);
    assert_non_null(strstr(said, "neither a folder"));
    assert_int_equal(symlink("a.csv", path_of("link")), 0);
    assert_int_equal(wiped(path_of("link"), true, &report, said, sizeof(said)), WIPE_E_REFUSED);
    assert_true(holds_secret(fd));
    close(fd);
    unlink(path_of("link"));
    unlink(path_of("a.csv"));
}

/* ---- a small medium, in a name space of its own ---- */

#define NO_MOUNT 77

static int put_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? write(fd, text, strlen(text)) : -1;

    if (fd >= 0)
        close(fd);
    return n < 0 ? -1 : 0;
}

static int mount_medium(void)
{
    char map[64];
    unsigned uid = getuid();

    if (unshare(CLONE_NEWNS | (uid ? CLONE_NEWUSER : 0)))
        return -1;
    (void)snprintf(map, sizeof(map), "0 %u 1", uid);
    if (uid && put_text("/proc/self/uid_map", map))
        return -1;
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
                   mount("none", here, "tmpfs", 0, "size=3m")
               ? -1
               : 0;
}

static int medium_is_wiped(void)
{
    json_t *report = NULL;
    struct statfs before, after;

    if (mount_medium())
        return NO_MOUNT;
    if (statfs(here, &before) || put("a.csv", 1u << 20) < 0 || mkdir(path_of("d"), 0700))
        return 2;
    if (wiped(here, false, &report, NULL, 0))
        return 3;
    if (n_names() || statfs(here, &after) || before.f_bfree != after.f_bfree)
        return 4;
    if (json_int(report, "overwritten") < 1 << 20 || json_int(report, "free") < 2 << 20)
        return 5;
    return strcmp(json_str(report, "medium"), "memory") || !json_flag(report, "is_sure") ? 6 : 0;
}

/* Another file system below: nothing is touched. */
static int other_below(void)
{
    json_t *report = NULL;
    char said[300];
    int fd;

    if (mount_medium())
        return NO_MOUNT;
    fd = put("a.csv", 5000);
    if (mkdir(path_of("z"), 0700) || mount("none", path_of("z"), "tmpfs", 0, "size=1m"))
        return 2;
    if (wiped(here, false, &report, said, sizeof(said)) != WIPE_E_REFUSED)
        return 3;
    return !strstr(said, "Another file system") ? 4 : holds_secret(fd) ? 0 : 5;
}

/* A medium that takes nothing: it is said, and nobody is told that it was wiped. */
static int read_only(void)
{
    json_t *report = NULL;
    char said[400];
    int fd;

    if (mount_medium())
        return NO_MOUNT;
    fd = put("a.csv", 5000);
    if (fd < 0 || close(fd))
        return 2;
    if (mount("none", here, NULL, MS_REMOUNT | MS_RDONLY, NULL))
        return 3;
    if (wiped(here, false, &report, said, sizeof(said)) != WIPE_E_FAILED)
        return 4;
    return strstr(said, "still holds everything") ? 0 : 5;
}

static void expect_child(int (*run)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(run());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NO_MOUNT) {
        print_message("# left out: no file system may be mounted here\n");
        return;
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_medium(void **state)
{
    expect_child(medium_is_wiped);
}

static void test_other_below(void **state)
{
    expect_child(other_below);
}

static void test_read_only(void **state)
{
    expect_child(read_only);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_image),  CASE(test_lying_image), CASE(test_files),
        CASE(test_look),   CASE(test_second_name), CASE(test_refused),
        CASE(test_medium), CASE(test_other_below), CASE(test_read_only),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
