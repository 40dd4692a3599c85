#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* A fresh directory that each test leaves empty. */
static int enter(void **state)
{
    char *path = strdup("/tmp/tsujiban-file-XXXXXX");

    if (path == NULL || mkdtemp(path) == NULL || chdir(path) != 0)
        return -1;
    *state = path;
    return 0;
}

static int leave(void **state)
{
    int r = chdir("/") != 0 || rmdir(*state) != 0 ? -1 : 0;

    free(*state);
    return r;
}

static void assert_content(const char *path, struct str want)
{
    struct buf b;

    buf_init(&b, 10u << 20);
    assert_int_equal(file_read(path, 10u << 20, &b, NULL), 0);
    assert_true(str_eq(buf_str(&b), want));
    buf_done(&b);
}

static void writes_and_replaces(void **state)
{
    static char big[1u << 20];
    struct stat st;

    memset(big, 'x', sizeof(big));
    assert_int_equal(file_write_atomic("f", STR("one\0two"), 0600, NULL), 0);
    assert_content("f", STR("one\0two"));
    assert_int_equal(stat("f", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(file_write_atomic("./f", (struct str){big, sizeof(big)}, 0640, NULL), 0);
    assert_content("f", (struct str){big, sizeof(big)});
    assert_int_equal(file_write_atomic("f", STR_NONE, 0600, NULL), 0);
    assert_content("f", STR_NONE);
    assert_int_equal(unlink("f"), 0);
}

static void failing_leaves_the_old_one(void **state)
{
    struct diag d;

    diag_init(&d);
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(file_write_atomic("d", STR("x"), 0600, &d), -EISDIR);
    assert_int_equal(file_write_atomic("none/f", STR("x"), 0600, &d), -ENOENT);
    assert_int_equal(d.n_errors, 2);
    assert_string_equal(d.entries[1].file, "none/f");
    assert_string_equal(d.entries[1].message, "cannot write: No such file or directory");
    /* leave() could not remove the directory if a temp file were left */
    assert_int_equal(rmdir("d"), 0);
    diag_done(&d);
}

static void reading_knows_limits_and_missing_files(void **state)
{
    struct buf b;
    struct diag d;

    buf_init(&b, 100);
    diag_init(&d);
    assert_int_equal(file_read("none", 10, &b, &d), FILE_E_MISSING);
    assert_int_equal(file_write_atomic("f", STR("12345"), 0600, NULL), 0);
    assert_int_equal(file_read("f", 4, &b, &d), FILE_E_LIMIT);
    assert_int_equal(file_read("f/g", 4, &b, &d), FILE_E_MISSING);
    assert_int_equal(file_read(".", 4, &b, &d), -EISDIR);
    assert_int_equal(d.n_errors, 4);
    buf_clear(&b);
    assert_int_equal(file_read("f", 5, &b, NULL), 0);
    assert_int_equal(file_read("f", 5, &b, NULL), 0);
    assert_string_equal(b.at, "1234512345");
    buf_done(&b);
    buf_init(&b, 4);
    assert_int_equal(file_read("f", 100, &b, NULL), FILE_E_LIMIT);
    assert_int_equal(unlink("f"), 0);
    buf_done(&b);
    diag_done(&d);
}

/* However little comes at once. */
static void reading_goes_on_to_the_end(void **state)
{
    char bytes[8] = {0};
    int ends[2], fd;

    assert_int_equal(file_write_atomic("f", STR("12345"), 0600, NULL), 0);
    fd = open("f", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(file_pread_full(fd, bytes, 3, 1), 3);
    assert_memory_equal(bytes, "234", 3);
    assert_int_equal(file_pread_full(fd, bytes, 8, 3), 2);
    assert_int_equal(file_pread_full(fd, bytes, 8, 5), 0);
    assert_int_equal(file_pread_full(fd, bytes, 8, UINT64_MAX), 0);
    assert_int_equal(file_read_full(fd, bytes, 8), 5); /* it stood where it stood */
    assert_int_equal(file_read_full(fd, bytes, 8), 0);
    close(fd);
    assert_int_equal(file_pread_full(fd, bytes, 1, 0), -EIO);
    assert_int_equal(file_read_full(fd, bytes, 1), -EIO);
    assert_int_equal(unlink("f"), 0);
    assert_int_equal(pipe(ends), 0);
    if (fork() == 0) {
        for (int i = 0; i < 4; i++) {
            assert_int_equal(write(ends[1], "ab", 2), 2);
            usleep(1000);
        }
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(file_read_full(ends[0], bytes, 7), 7);
    assert_memory_equal(bytes, "abababa", 7);
    close(ends[0]);
    assert_true(wait(NULL) > 0);
}

static void makes_directories(void **state)
{
    struct diag d;

    diag_init(&d);
    assert_int_equal(dir_make("a/b//c/", 0700, &d), 0);
    assert_int_equal(dir_make("a/b/c", 0700, &d), 0);
    assert_int_equal(file_write_atomic("a/f", STR("x"), 0600, NULL), 0);
    assert_int_equal(dir_make("a/f/g", 0700, &d), -ENOTDIR);
    assert_int_equal(dir_make("a/f", 0700, &d), -ENOTDIR);
    assert_int_equal(dir_make("", 0700, &d), -ENOENT);
    assert_int_equal(unlink("a/f"), 0);
    assert_int_equal(rmdir("a/b/c"), 0);
    assert_int_equal(rmdir("a/b"), 0);
    assert_int_equal(rmdir("a"), 0);
    diag_done(&d);
}

static void lists_sorted_by_suffix(void **state)
{
    static const char *const files[] = {"b.yaml", "a.yaml", "B.yaml", "c.txt", ".hidden.yaml"};
    char **names = NULL;
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        assert_int_equal(file_write_atomic(files[i], STR("x"), 0600, NULL), 0);
    assert_int_equal(mkdir("dir.yaml", 0700), 0);
    assert_int_equal(dir_list(".", ".yaml", false, &names, &n, NULL), 0);
    assert_int_equal(n, 3);
    assert_string_equal(names[0], "B.yaml");
    assert_string_equal(names[1], "a.yaml");
    assert_string_equal(names[2], "b.yaml");
    names_free(names, n);
    assert_int_equal(dir_list(".", "", true, &names, &n, NULL), 0);
    assert_int_equal(n, 1);
    names_free(names, n);
    assert_int_equal(dir_list("dir.yaml", "", false, &names, &n, NULL), 0);
    assert_int_equal(n, 0);
    names_free(names, n);
    assert_int_equal(dir_list("none", "", false, &names, &n, NULL), FILE_E_MISSING);
    assert_int_equal(rmdir("dir.yaml"), 0);
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        assert_int_equal(unlink(files[i]), 0);
}

static void a_digest_is_of_all_bytes_and_moves_nothing(void **state)
{
    struct digest is, want = sha256(STR("12345"));
    uint64_t size = 0;
    int fd;

    assert_int_equal(file_write_atomic("f", STR("12345"), 0600, NULL), 0);
    fd = open("f", O_RDONLY | O_CLOEXEC);
    assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
    assert_int_equal(file_digest(fd, &size, &is), 0);
    assert_int_equal(size, 5);
    assert_true(digest_eq(&is, &want));
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 3);
    close(fd);
    assert_int_equal(unlink("f"), 0);
    fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(file_digest(fd, &size, &is), -EISDIR);
    assert_int_equal(size, 5);
    close(fd);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_and_replaces, enter, leave),
        cmocka_unit_test_setup_teardown(failing_leaves_the_old_one, enter, leave),
        cmocka_unit_test_setup_teardown(reading_knows_limits_and_missing_files, enter, leave),
        cmocka_unit_test_setup_teardown(reading_goes_on_to_the_end, enter, leave),
        cmocka_unit_test_setup_teardown(makes_directories, enter, leave),
        cmocka_unit_test_setup_teardown(lists_sorted_by_suffix, enter, leave),
        cmocka_unit_test_setup_teardown(a_digest_is_of_all_bytes_and_moves_nothing, enter, leave),
    };

    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
