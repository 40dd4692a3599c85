/* Sealed files: opened by what receivers have (7z, bsdtar), by our own receivers' keys, and by nobody else; and nothing under the name
 * whenever sealing broke off: no room, a limit, a killed process, a file that moved. */
#include "guard/box-seal.h"
#include "guard/outgoing.h"
#include "guard/seal.h"
#include "guard/zip-seal.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PASSWORD "Kz7mWq4tRb9xHc2pVn5d"
#define OTHER "Qw8nTr3kYb6zMf4sXj7c"

static char here[64]; /* an empty folder for each case */

static int set_up(void **state)
{
    (void)snprintf(here, sizeof(here), "/tmp/guard-seal-XXXXXX");
    return mkdtemp(here) ? 0 : -1;
}

static const char *path_of(const char *name)
{
    static char path[2][400];
    static unsigned at;

    at = (at + 1) % 2;
    (void)snprintf(path[at], sizeof(path[at]), "%s/%s", here, name);
    return path[at];
}

static int tear_down(void **state)
{
    DIR *d = opendir(here);
    const struct dirent *e;

    while (d && (e = readdir(d)))
        IGNORE(unlinkat(dirfd(d), e->d_name, 0), "folders . and ..");
    if (d)
        closedir(d);
    return rmdir(here);
}

/* Reads give less than they are asked for, as some file systems do, and no multiple of a cipher's block. */
static bool is_read_short;

ssize_t pread(int fd, void *to, size_t n, off_t at)
{
    return syscall(SYS_pread64, fd, to, is_read_short ? MIN_OF(n, (size_t)1001) : n, at);
}

/* How many names, but for `but`. */
static unsigned n_names(const char *but)
{
    DIR *d = opendir(here);
    const struct dirent *e;
    unsigned n = 0;

    assert_non_null(d);
    while ((e = readdir(d)))
        n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && strcmp(e->d_name, but);
    closedir(d);
    return n;
}

static int file_of(struct str bytes)
{
    int fd = memfd_create("source", MFD_CLOEXEC);

    assert_true(fd >= 0);
    for (size_t at = 0; at < bytes.len;) {
        ssize_t n = write(fd, bytes.at + at, bytes.len - at);

        assert_true(n > 0);
        at += (size_t)n;
    }
    return fd;
}

/* Bytes of every kind, none like the next. */
static char *many(size_t n)
{
    char *bytes = malloc(n);

    assert_non_null(bytes);
    random_fill(bytes, n);
    return bytes;
}

/* Runs a program; its standard output into `out` (may be NULL). Its exit status. */
static int program(struct buf *out, const char *const argv[])
{
    int pipes[2], status;
    char piece[4096];
    ssize_t n;
    pid_t pid;

    assert_int_equal(pipe(pipes), 0);
    pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, 0);
        dup2(pipes[1], 1);
        dup2(null, 2);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(pipes[1]);
    while ((n = read(pipes[0], piece, sizeof(piece))) > 0)
        if (out)
            assert_int_equal(buf_add(out, piece, (size_t)n), 0);
    close(pipes[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* ---- asking ---- */

static int zip_with(const struct seal_source *sources, size_t n, const char *name,
                    const char *password, json_t **ret, char *said, size_t said_size)
{
    const struct seal_request q = {.dir = here, .name = name, .sources = sources, .n = n};
    struct diag diag;
    int r;

    diag_init(&diag);
    r = seal_zip(&q, str_of(password), ret, &diag);
    if (said)
        (void)snprintf(said, said_size, "%s", diag_first(&diag));
    if (r > 0 && !diag.n_errors)
        fail_msg("refused without a word");
    if (r && !said)
        print_message("%s\n", diag_first(&diag));
    diag_done(&diag);
    return r;
}

static int zip_one(struct str bytes, const char *name)
{
    const struct seal_source source = {"照会用一覧.csv", file_of(bytes)};
    JSON_AUTO *report = NULL;
    int r = zip_with(&source, 1, name, PASSWORD, &report, NULL, 0);

    close(source.fd);
    return r;
}

static void expect_opened(const char *zip, const char *member, struct str want)
{
    CLEANUP(buf_done) struct buf out;
    const char *const seven[] = {"7z", "x", "-so", "-p" PASSWORD, path_of(zip), member, NULL};
    const char *const bsd[] = {"bsdtar",     "--passphrase", PASSWORD, "-xOf",
                               path_of(zip), member,         NULL};

    buf_init(&out, want.len + 1);
    assert_int_equal(program(&out, seven), 0);
    assert_true(str_eq(buf_str(&out), want));
    buf_clear(&out);
    assert_int_equal(program(&out, bsd), 0);
    assert_true(str_eq(buf_str(&out), want));
}

/* ---- ZIP ---- */

static void test_zip(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 10240, 65535, 65536, 65537, 1u << 20};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char *bytes = many(sizes[i] + 1);
        struct str s = {bytes, sizes[i]};

        assert_int_equal(zip_one(s, "KJ-0007_機密性2（中）.zip"), 0);
        expect_opened("KJ-0007_機密性2（中）.zip", "照会用一覧.csv", s);
        assert_int_equal(n_names(""), 1);
        assert_int_equal(unlink(path_of("KJ-0007_機密性2（中）.zip")), 0);
        free(bytes);
    }
}

static void test_short_reads(void **state)
{
    static const size_t sizes[] = {5000, 3u << 20};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char *bytes = many(sizes[i]);
        struct str s = {bytes, sizes[i]};

        is_read_short = true;
        assert_int_equal(zip_one(s, "a.zip"), 0);
        is_read_short = false;
        expect_opened("a.zip", "照会用一覧.csv", s);
        assert_int_equal(unlink(path_of("a.zip")), 0);
        free(bytes);
    }
}

static void test_wrong_password(void **state)
{
    const char *const seven[] = {"7z", "t", "-p" OTHER, path_of("a.zip"), NULL};
    const char *const bsd[] = {"bsdtar", "--passphrase", OTHER, "-xOf", path_of("a.zip"), NULL};

    assert_int_equal(zip_one(STR("secret"), "a.zip"), 0);
    assert_int_not_equal(program(NULL, seven), 0);
    assert_int_not_equal(program(NULL, bsd), 0);
}

/* Several members, and nothing about whoever sealed them. */
static void test_neutral(void **state)
{
    const struct seal_source sources[] = {{"一.txt", file_of(STR("one"))},
                                          {"二.txt", file_of(STR("two"))}};
    const char *const list[] = {"7z", "l", "-slt", "-p" PASSWORD, path_of("a.zip"), NULL};
    CLEANUP(buf_done) struct buf out;
    JSON_AUTO *report = NULL;

    assert_int_equal(zip_with(sources, 2, "a.zip", PASSWORD, &report, NULL, 0), 0);
    expect_opened("a.zip", "二.txt", STR("two"));
    buf_init(&out, 1u << 16);
    assert_int_equal(program(&out, list), 0);
    assert_non_null(strstr(out.at, "Modified = 1980-01-01 00:00:00"));
    assert_non_null(strstr(out.at, "Method = AES-256 Store"));
    assert_non_null(strstr(out.at, "Host OS = FAT"));
    assert_null(strstr(out.at, "Modified = 20"));
    assert_string_equal(json_str(json_array_get(json_arr(report, "members"), 0), "sha256"),
                        "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed");
    assert_int_equal(json_array_size(json_arr(report, "members")), 2);
    close(sources[0].fd);
    close(sources[1].fd);
}

static void test_refused(void **state)
{
    const struct seal_source good = {"a.txt", file_of(STR("x"))};
    const struct seal_source twice[] = {good, {"A.TXT", good.fd}};
    const struct seal_source path = {"../a.txt", good.fd},
                             turned = {"a\xe2\x80\xaetxt.exe", good.fd},
                             device = {"nul.txt", good.fd};
    JSON_AUTO *report = NULL;
    char said[300];

    assert_int_equal(zip_with(twice, 2, "a.zip", PASSWORD, &report, said, sizeof(said)),
                     SEAL_E_REFUSED);
    assert_int_equal(zip_with(&path, 1, "a.zip", PASSWORD, &report, said, sizeof(said)),
                     SEAL_E_REFUSED);
    assert_int_equal(zip_with(&turned, 1, "a.zip", PASSWORD, &report, said, sizeof(said)),
                     SEAL_E_REFUSED);
    assert_int_equal(zip_with(&device, 1, "a.zip", PASSWORD, &report, said, sizeof(said)),
                     SEAL_E_REFUSED);
    assert_int_equal(zip_with(&good, 1, "../a.zip", PASSWORD, &report, said, sizeof(said)),
                     SEAL_E_REFUSED);
    assert_int_equal(zip_with(&good, 1, "a.zip", "short", &report, said, sizeof(said)),
                     SEAL_E_REFUSED);
    assert_int_equal(zip_with(&good, 1, "a.zip", "あいうえおかきくけこさしす", &report, said,
                              sizeof(said)),
                     SEAL_E_REFUSED);
    assert_int_equal(zip_with(&good, 0, "a.zip", PASSWORD, &report, said, sizeof(said)),
                     SEAL_E_REFUSED);
    assert_int_equal(n_names(""), 0);
    assert_int_equal(zip_with(&good, 1, "a.zip", PASSWORD, &report, NULL, 0), 0);
    json_decref(TAKE(report));
    assert_int_equal(zip_with(&good, 1, "a.zip", PASSWORD, &report, said, sizeof(said)),
                     SEAL_E_REFUSED);
    assert_non_null(strstr(said, "nothing is replaced"));
    close(good.fd);
}

/* ---- what breaks it off ---- */

static void grow(void *user, uint64_t done, uint64_t size)
{
    IGNORE(pwrite(*(int *)user, "x", 1, (off_t)size) < 0, "the test sees whether it grew");
}

static void test_moved(void **state)
{
    char *bytes = many(1u << 20);
    int fd = file_of((struct str){bytes, 1u << 20});
    const struct seal_source source = {"a.bin", fd};
    const struct seal_request q = {here, "a.zip", &source, 1, {grow, &fd}};
    JSON_AUTO *report = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(seal_zip(&q, STR(PASSWORD), &report, &diag), SEAL_E_REFUSED);
    assert_non_null(strstr(diag_first(&diag), "changed while"));
    assert_int_equal(n_names(""), 0);
    diag_done(&diag);
    close(fd);
    free(bytes);
}

/* Before the first piece is in the box the last byte of the file is another one. */
static void change_last(void *user, uint64_t done, uint64_t size)
{
    if (done < size / 2)
        IGNORE(pwrite(*(int *)user, "y", 1, (off_t)size - 1) < 0, "the test sees whether it changed");
}

static void test_moved_box(void **state)
{
    char *bytes = many(4u << 20);
    int fd = file_of((struct str){bytes, 4u << 20});
    const struct seal_source source = {"a.bin", fd};
    const struct seal_request q = {here, "a.box", &source, 1, {change_last, &fd}};
    struct box_secret secret;
    struct box_public public;
    JSON_AUTO *report = NULL;
    struct diag diag;

    diag_init(&diag);
    box_key_make(&secret, &public);
    assert_int_equal(seal_box(&q, &(struct box_for){&public, 1, STR_NONE}, &report, &diag), SEAL_E_REFUSED);
    assert_non_null(strstr(diag_first(&diag), "changed while"));
    assert_int_equal(n_names(""), 0);
    diag_done(&diag);
    close(fd);
    free(bytes);
}

/* The digest of a report is that of the file, however many bytes a second thread digested. */
static void test_digest(void **state)
{
    static const size_t sizes[] = {0, 1, (1u << 20) - 200, 1u << 20, (1u << 20) + 1, 5000000};
    char *bytes = many(5000000);

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        CLEANUP(outgoing_dropp) struct outgoing *out = NULL;
        struct digest is, want = sha256((struct str){bytes, sizes[i]});

        assert_int_equal(outgoing_begin(here, "a", &out), 0);
        for (size_t at = 0, n = 1; at < sizes[i]; at += n, n = n * 3 % 300007)
            assert_int_equal(outgoing_add(out, (struct str){bytes + at, MIN_OF(n, sizes[i] - at)}), 0);
        assert_int_equal(outgoing_settle(out), 0);
        is = outgoing_digest(out);
        assert_true(digest_eq(&is, &want));
    }
    free(bytes);
}

/* A medium that does not keep what it is given: a byte of the hidden file changes before it is read back. */
static void change_hidden(void *user, uint64_t done, uint64_t size)
{
    DIR *d = opendir(here);
    const struct dirent *e;

    while (done == size && (e = readdir(d)))
        if (str_starts(str_of(e->d_name), STR(OUTGOING_HIDDEN))) {
            int fd = openat(dirfd(d), e->d_name, O_RDWR | O_CLOEXEC);
            char c;

            assert_int_equal(pread(fd, &c, 1, 5000), 1);
            c ^= 1;
            assert_int_equal(pwrite(fd, &c, 1, 5000), 1);
            close(fd);
            (*(unsigned *)user)++;
        }
    closedir(d);
}

static void test_lying_medium(void **state)
{
    char *bytes = many(1u << 20);
    const struct seal_source source = {"a.bin", file_of((struct str){bytes, 1u << 20})};
    unsigned n_changed = 0;
    const struct seal_request q = {here, "a.zip", &source, 1, {change_hidden, &n_changed}};
    JSON_AUTO *report = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(seal_zip(&q, STR(PASSWORD), &report, &diag), SEAL_E_REFUSED);
    assert_int_equal(n_changed, 1);
    assert_non_null(strstr(diag_first(&diag), "not what was written"));
    assert_int_equal(n_names(""), 0);
    diag_done(&diag);
    close(source.fd);
    free(bytes);
}

/* What the separate reader holds against a sealed file. */
static void test_separate_reader(void **state)
{
    const struct zip_expected good = {"照会用一覧.csv", 6, sha256(STR("secret"))},
                              other_name = {"a.csv", 6, sha256(STR("secret"))},
                              other_size = {"照会用一覧.csv", 7, sha256(STR("secret"))},
                              other_bytes = {"照会用一覧.csv", 6, sha256(STR("Secret"))};
    int fd;

    assert_int_equal(zip_one(STR("secret"), "a.zip"), 0);
    fd = open(path_of("a.zip"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(zip_seal_check(fd, STR(PASSWORD), &good, 1), 0);
    assert_int_equal(zip_seal_check(fd, STR(OTHER), &good, 1), ZIP_SEAL_E_OTHER);
    assert_int_equal(zip_seal_check(fd, STR(PASSWORD), &other_name, 1), ZIP_SEAL_E_OTHER);
    assert_int_equal(zip_seal_check(fd, STR(PASSWORD), &other_size, 1), ZIP_SEAL_E_OTHER);
    assert_int_equal(zip_seal_check(fd, STR(PASSWORD), &other_bytes, 1), ZIP_SEAL_E_OTHER);
    assert_int_equal(zip_seal_check(fd, STR(PASSWORD), &good, 0), ZIP_SEAL_E_OTHER);
    close(fd);
}

/* In a process of its own. 0: refused with the words, and nothing lies there. */
static int seal_in_vain(const char *words)
{
    char *bytes = many(3u << 20), said[300];
    const struct seal_source source = {"a.bin", file_of((struct str){bytes, 3u << 20})};
    json_t *report = NULL;

    if (zip_with(&source, 1, "a.zip", PASSWORD, &report, said, sizeof(said)) != SEAL_E_REFUSED)
        return 2;
    if (!strstr(said, words))
        return 3;
    return n_names("") ? 4 : 0;
}

static int limited(void)
{
    const struct rlimit l = {1u << 20, 1u << 20};
    char *bytes = many(3u << 20), said[300];
    const struct seal_source source = {"a.bin", file_of((struct str){bytes, 3u << 20})};
    json_t *report = NULL;

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &l))
        return 5;
    if (zip_with(&source, 1, "a.zip", PASSWORD, &report, said, sizeof(said)) != SEAL_E_REFUSED)
        return 2;
    return !strstr(said, "no room") ? 3 : n_names("") ? 4 : 0;
}

#define NO_MOUNT 77

static int put_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? write(fd, text, strlen(text)) : -1;

    if (fd >= 0)
        close(fd);
    return n < 0 ? -1 : 0;
}

/* A medium of 1 MiB, in a name space of its own, also for users without rights. */
static int on_small_medium(void)
{
    char map[64];
    unsigned uid = getuid();

    if (unshare(CLONE_NEWNS | (uid ? CLONE_NEWUSER : 0)))
        return NO_MOUNT;
    (void)snprintf(map, sizeof(map), "0 %u 1", uid);
    if (uid && put_text("/proc/self/uid_map", map))
        return NO_MOUNT;
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", here, "tmpfs", 0, "size=1m"))
        return NO_MOUNT;
    return seal_in_vain("no room");
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

static void test_limit(void **state)
{
    expect_child(limited);
}

static void test_full(void **state)
{
    expect_child(on_small_medium);
}

/* Killed at any moment: nothing under the name or all of it, and the next one sweeps. */
static void test_killed(void **state)
{
    char *bytes = many(8u << 20);
    struct str s = {bytes, 8u << 20};
    unsigned n_left = 0, n_whole = 0;

    for (unsigned i = 0; i < 24; i++) {
        struct timespec t = {0, (long)i * 12000000};
        pid_t pid = fork();

        if (pid == 0)
            _exit(zip_one(s, "a.zip") ? 1 : 0);
        nanosleep(&t, NULL);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        n_left += n_names("a.zip");
        if (access(path_of("a.zip"), F_OK) == 0) {
            n_whole++;
            expect_opened("a.zip", "照会用一覧.csv", s);
            assert_int_equal(unlink(path_of("a.zip")), 0);
        }
    }
    print_message("# killed 24 times: %u left something hidden, %u were whole\n", n_left, n_whole);
    assert_int_equal(zip_one(STR("x"), "b.zip"), 0);
    assert_int_equal(n_names("b.zip"), 0);
    free(bytes);
}

/* ---- boxes ---- */

struct boxing {
    struct box_secret secret[2];
    struct box_public public[2];
    char *bytes;
    size_t size;
};

static void boxing_init(struct boxing *b, size_t size)
{
    b->size = size;
    b->bytes = many(size);
    for (int i = 0; i < 2; i++)
        box_key_make(&b->secret[i], &b->public[i]);
}

static int box(const struct boxing *b, const struct box_for *who)
{
    const struct seal_source sources[] = {
        {"a.bin", file_of((struct str){b->bytes, b->size})},
        {"b.txt", file_of(STR("two"))},
    };
    const struct seal_request q = {.dir = here, .name = "a.box", .sources = sources, .n = 2};
    JSON_AUTO *report = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = seal_box(&q, who, &report, &diag);
    diag_done(&diag);
    close(sources[0].fd);
    close(sources[1].fd);
    return r;
}

static int opened_from(int fd, const struct box_with *with, char *said, size_t size)
{
    JSON_AUTO *report = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    lseek(fd, 0, SEEK_SET);
    r = seal_box_open(fd, "a.box", here, with, (struct seal_progress){NULL, NULL}, &report, &diag);
    if (said)
        (void)snprintf(said, size, "%s", diag_first(&diag));
    diag_done(&diag);
    return r;
}

static int opened(const struct box_with *with)
{
    int fd = open(path_of("a.box"), O_RDONLY | O_CLOEXEC), r;

    assert_true(fd >= 0);
    r = opened_from(fd, with, NULL, 0);
    close(fd);
    return r;
}

static void read_all(const char *name, struct buf *out)
{
    FILE *f = fopen(path_of(name), "re");
    char piece[4096];
    size_t n;

    assert_non_null(f);
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        assert_int_equal(buf_add(out, piece, n), 0);
    fclose(f);
}

static void expect_contents(const struct boxing *b)
{
    CLEANUP(buf_done) struct buf a, two;

    buf_init(&a, b->size + 1);
    buf_init(&two, 16);
    read_all("a.bin", &a);
    read_all("b.txt", &two);
    assert_true(str_eq(buf_str(&a), (struct str){b->bytes, b->size}));
    assert_true(str_eq(buf_str(&two), STR("two")));
    assert_int_equal(unlink(path_of("a.bin")), 0);
    assert_int_equal(unlink(path_of("b.txt")), 0);
}

static void test_box(void **state)
{
    static const size_t sizes[] = {0, 1, 65483, 65484, 65485, 200000};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct boxing b;
        struct box_secret stranger;
        struct box_public none;

        boxing_init(&b, sizes[i] + 1);
        b.size = sizes[i];
        box_key_make(&stranger, &none);
        assert_int_equal(box(&b, &(struct box_for){b.public, 2, STR_NONE}), 0);
        assert_int_equal(opened(&(struct box_with){&stranger, STR_NONE}), SEAL_E_REFUSED);
        assert_int_equal(opened(&(struct box_with){NULL, STR(PASSWORD)}), SEAL_E_REFUSED);
        assert_int_equal(n_names("a.box"), 0);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(opened(&(struct box_with){&b.secret[k], STR_NONE}), 0);
            expect_contents(&b);
        }
        assert_int_equal(unlink(path_of("a.box")), 0);
        free(b.bytes);
    }
}

static void test_passphrase(void **state)
{
    struct boxing b;

    boxing_init(&b, 5);
    assert_int_equal(box(&b, &(struct box_for){NULL, 0, STR("みじかい")}), SEAL_E_REFUSED);
    assert_int_equal(box(&b, &(struct box_for){NULL, 0, STR("藤の花が咲くころに会う約束")}), 0);
    assert_int_equal(opened(&(struct box_with){&b.secret[0], STR_NONE}), SEAL_E_REFUSED);
    assert_int_equal(opened(&(struct box_with){NULL, STR(OTHER)}), SEAL_E_REFUSED);
    assert_int_equal(opened(&(struct box_with){NULL, STR("藤の花が咲くころに会う約束")}), 0);
    expect_contents(&b);
    free(b.bytes);
}

/* Any change: nothing is taken out. */
static void expect_damaged(const struct boxing *b, struct str bytes)
{
    int fd = file_of(bytes);

    assert_int_equal(opened_from(fd, &(struct box_with){&b->secret[0], STR_NONE}, NULL, 0),
                     SEAL_E_REFUSED);
    assert_int_equal(n_names("a.box"), 0);
    close(fd);
}

/* Somebody else's program may have made it: two files of one name are in no box, and the first of them is not left behind. */
#define ONE "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b" /* SHA-256 of "1" */
#define TWO "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35" /* of "2" */
#define MEMBER(name, digest) "{\"name\":\"" name "\",\"sha256\":\"" digest "\",\"size\":1}"
#define SAYS(a, b) "{\"members\":[" a "," b "],\"salt\":\"00\"}"

/* A box with "1" and "2" in it that says `text` of itself, and whose header cites `cited`. */
static int open_made(struct str text, struct str cited)
{
    const uint8_t head[] = {0, 0, (uint8_t)(text.len >> 8), (uint8_t)text.len};
    const struct digest manifest = sha256(cited);
    struct outgoing *out;
    struct box_seal *seal;
    struct boxing b;
    int r;

    boxing_init(&b, 1);
    assert_int_equal(outgoing_begin(here, "a.box", &out), 0);
    assert_int_equal(box_seal_new(out, &(struct box_for){b.public, 1, STR_NONE}, &manifest, &seal), 0);
    assert_int_equal(box_seal_add(seal, (struct str){(const char *)head, sizeof(head)}), 0);
    assert_int_equal(box_seal_add(seal, text), 0);
    assert_int_equal(box_seal_add(seal, STR("12")), 0);
    assert_int_equal(box_seal_finish(seal), 0);
    assert_int_equal(outgoing_settle(out), 0);
    assert_int_equal(outgoing_name(out), 0);
    box_seal_free(seal);
    outgoing_drop(out);
    r = opened(&(struct box_with){&b.secret[0], STR_NONE, NULL});
    assert_int_equal(unlink(path_of("a.box")), 0);
    free(b.bytes);
    return r;
}

static void test_box_of_lies(void **state)
{
    static const char *const wrong[] = {
        SAYS(MEMBER("a.txt", ONE), MEMBER("a.txt", TWO)), SAYS(MEMBER("a.txt", ONE), MEMBER("A.TXT", TWO)), /* twins */
        SAYS(MEMBER("a.txt", ONE), MEMBER("b.txt", ONE)), /* another content */
        SAYS(MEMBER("a.txt", ONE), MEMBER("b.txt", "ab")),
        "{\"members\":[]}", "[]", "{}",
        "{\"approved\":\"x\",\"members\":[" MEMBER("a.txt", ONE) "," MEMBER("b.txt", TWO) "]}",
    };
    const struct str good = STR(SAYS(MEMBER("a.txt", ONE), MEMBER("b.txt", TWO)));

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(open_made(str_of(wrong[i]), str_of(wrong[i])), SEAL_E_REFUSED);
        assert_int_equal(n_names("a.box"), 0);
    }
    assert_int_equal(open_made(good, STR("another manifest")), SEAL_E_REFUSED);
    assert_int_equal(n_names("a.box"), 0);
    assert_int_equal(open_made(good, good), 0);
    assert_int_equal(unlink(path_of("a.txt")), 0);
    assert_int_equal(unlink(path_of("b.txt")), 0);
}

#define HEAD (19 + 88 + 32 + 24)
#define FRAME (65536 + 17)

static void test_box_damaged(void **state)
{
    CLEANUP(buf_done) struct buf whole;
    struct boxing b;
    char *moved;

    boxing_init(&b, 200000);
    buf_init(&whole, 1u << 20);
    assert_int_equal(box(&b, &(struct box_for){b.public, 1, STR_NONE}), 0);
    read_all("a.box", &whole);
    for (size_t at = 0; at < whole.len; at += at < 300 ? 1 : 9973) {
        whole.at[at] ^= 0x10;
        expect_damaged(&b, buf_str(&whole));
        whole.at[at] ^= 0x10;
    }
    for (size_t n = 0; n < whole.len; n += n < 300 ? 1 : 9973)
        expect_damaged(&b, (struct str){whole.at, n});
    for (size_t n = HEAD; n < whole.len; n += FRAME) /* cut between two pieces */
        expect_damaged(&b, (struct str){whole.at, n});
    moved = malloc(whole.len + FRAME);
    assert_non_null(moved);
    memcpy(moved, whole.at, whole.len); /* the first two pieces exchanged */
    memcpy(moved + HEAD, whole.at + HEAD + FRAME, FRAME);
    memcpy(moved + HEAD + FRAME, whole.at + HEAD, FRAME);
    expect_damaged(&b, (struct str){moved, whole.len});
    memcpy(moved, whole.at, HEAD + FRAME); /* the first piece twice */
    memcpy(moved + HEAD + FRAME, whole.at + HEAD, whole.len - HEAD);
    expect_damaged(&b, (struct str){moved, whole.len + FRAME});
    memcpy(moved, whole.at, whole.len); /* a byte behind the end */
    moved[whole.len] = 0;
    expect_damaged(&b, (struct str){moved, whole.len + 1});
    assert_int_equal(opened(&(struct box_with){&b.secret[0], STR_NONE}), 0);
    expect_contents(&b);
    free(moved);
    free(b.bytes);
}

static void test_keys(void **state)
{
    struct box_secret secret, secret_again;
    struct box_public public, public_again;
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 200);
    box_key_make(&secret, &public);
    assert_int_equal(box_public_print(&public, &text), 0);
    assert_int_equal(buf_add_text(&text, " of the test"), 0);
    text.at[text.len - strlen(" of the test") - 1] = ' '; /* instead of the line's end */
    assert_int_equal(box_public_parse(buf_str(&text), &public_again), 0);
    assert_memory_equal(&public, &public_again, sizeof(public));
    assert_int_equal(box_secret_parse(buf_str(&text), &secret_again), BOX_E_SYNTAX);
    buf_clear(&text);
    assert_int_equal(box_secret_print(&secret, &text), 0);
    assert_int_equal(box_secret_parse(buf_str(&text), &secret_again), 0);
    assert_memory_equal(&secret, &secret_again, sizeof(secret));
    assert_int_equal(box_public_parse(buf_str(&text), &public_again), BOX_E_SYNTAX);
    assert_int_equal(box_public_parse(STR("tsujiban-public-key AAAA"), &public), BOX_E_SYNTAX);
    assert_int_equal(box_public_parse(STR(""), &public), BOX_E_SYNTAX);
}

/* ---- passwords and names ---- */

static void test_passwords(void **state)
{
    bool seen[256] = {false};
    unsigned n_kinds = 0;

    for (unsigned i = 0; i < 200; i++) {
        CLEANUP(buf_wipe) struct buf p;

        buf_init(&p, 128);
        assert_int_equal(seal_password_make(SEAL_MADE_DEFAULT, &p), 0);
        assert_int_equal(p.len, 20);
        for (size_t k = 0; k < p.len; k++) {
            assert_null(strchr("0Oo1lIi", p.at[k]));
            seen[(uint8_t)p.at[k]] = true;
        }
    }
    for (unsigned i = 0; i < 256; i++)
        n_kinds += seen[i];
    assert_int_equal(n_kinds, 55);
    {
        CLEANUP(buf_wipe) struct buf p;

        buf_init(&p, 128);
        assert_int_equal(seal_password_make(8, &p), -EINVAL);
    }
}

static void test_names(void **state)
{
    static const char *const bad[] = {
        "",      ".a",   "a.",  " a",       "a/b",           "a\\b",          "a:b", "a\nb",
        "a\x7f", "\xff", "CON", "lpt9.txt", "a\xe2\x80\x8b", "\xef\xbb\xbf!", "a?",  "a|b"};
    static const char *const good[] = {"a",         "a.zip", "照会用一覧.csv",           "COM",
                                       "com10.txt", "a b",   "KJ-0007_機密性2（中）.zip"};
    CLEANUP(buf_done) struct buf name;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(outgoing_name_is_good(str_of(bad[i])));
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(outgoing_name_is_good(str_of(good[i])));
    buf_init(&name, 400);
    assert_int_equal(seal_name_make(STR("KJ-0007"), 2, ".zip", &name), 0);
    assert_string_equal(name.at, "KJ-0007_機密性2（中）.zip");
    buf_clear(&name);
    assert_int_equal(seal_name_make(STR(""), 3, ".box", &name), 0);
    assert_string_equal(name.at, "機密性3（高）.box");
    buf_clear(&name);
    assert_int_equal(seal_name_make(STR("a/b"), 2, ".zip", &name), SEAL_E_REFUSED);
    assert_int_equal(seal_name_make(STR("a"), 4, ".zip", &name), SEAL_E_REFUSED);
}

/* What is taken back or swept is gone; what somebody writes just now stays, and so does what is no file of ours. */
static void test_swept(void **state)
{
    CLEANUP(outgoing_dropp) struct outgoing *one = NULL;
    CLEANUP(outgoing_dropp) struct outgoing *two = NULL;
    int dir = open(here, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int left = open(path_of(".tsujiban-0123.part"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(dir >= 0 && left >= 0);
    close(left);
    assert_int_equal(mkdir(path_of(".tsujiban-folder.part"), 0700), 0);
    assert_int_equal(outgoing_sweep(dir), 0);
    assert_int_equal(rmdir(path_of(".tsujiban-folder.part")), 0);
    assert_int_equal(n_names(""), 0);
    assert_int_equal(outgoing_begin(here, "a", &one), 0);
    assert_int_equal(outgoing_begin(here, "b", &two), 0);
    assert_int_equal(outgoing_sweep(dir), -EBUSY);
    assert_int_equal(n_names(""), 2);
    assert_int_equal(outgoing_abandon(one), 0);
    assert_int_equal(n_names(""), 1);
    assert_int_equal(outgoing_abandon(one), 0);
    assert_int_equal(outgoing_settle(two), 0);
    assert_int_equal(outgoing_name(two), 0);
    assert_int_equal(outgoing_abandon(two), 0);
    assert_int_equal(n_names("b"), 0);
    assert_int_equal(access(path_of("b"), F_OK), 0);
    assert_int_equal(outgoing_sweep(dir), 0);
    close(dir);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_zip), CASE(test_short_reads), CASE(test_wrong_password),  CASE(test_neutral),
        CASE(test_refused),      CASE(test_moved),           CASE(test_moved_box), CASE(test_digest), CASE(test_limit),
        CASE(test_full),         CASE(test_killed),          CASE(test_box),
        CASE(test_passphrase),   CASE(test_box_damaged),     CASE(test_box_of_lies),
        CASE(test_keys),         CASE(test_passwords),       CASE(test_names),
        CASE(test_lying_medium), CASE(test_separate_reader), CASE(test_swept),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
