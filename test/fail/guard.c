/* Files that leave, when memory runs out or a medium takes no more (or is gone: every write after that fails): nothing has the name unless it is whole, a
 * box gives all its files or none, nothing is called wiped that was not, and no reader takes a lack of memory for a clean file. */
#include "guard/box-seal.h"
#include "guard/examine-inside.h"
#include "guard/prepare.h"
#include "guard/runs.h"
#include "guard/seal.h"
#include "guard/survey.h"
#include "guard/wipe.h"
#include "../unit/made-files.h"
#include "loop.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define ROUNDS 20
#define PASSWORD "Kz7mWq4tRb9xHc2pVn5d"
#define SIZE 200000u

struct ground {
    char dir[64];
    char *bytes;
    int source, box; /* what is sealed; a box that is opened */
    struct box_secret secret;
    struct box_public public;
    json_t *report;
};

static unsigned n_shown(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    unsigned n = 0;

    while (d && (e = readdir(d)))
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static void empty(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *e;

    while (d && (e = readdir(d)))
        IGNORE(unlinkat(dirfd(d), e->d_name, 0), "the folders . and ..");
    if (d)
        closedir(d);
}

static void ground_init(struct ground *g)
{
    (void)snprintf(g->dir, sizeof(g->dir), "/tmp/fail-guard-XXXXXX");
    assert_non_null(mkdtemp(g->dir));
    g->bytes = malloc(SIZE);
    assert_non_null(g->bytes);
    random_fill(g->bytes, SIZE);
    g->source = memfd_create("source", MFD_CLOEXEC);
    assert_int_equal(write(g->source, g->bytes, SIZE), SIZE);
    g->box = -1;
    box_key_make(&g->secret, &g->public);
}

static void ground_done(struct ground *g)
{
    empty(g->dir);
    OK(rmdir(g->dir));
    close(g->source);
    if (g->box >= 0)
        close(g->box);
    free(g->bytes);
}

static void forget(struct ground *g)
{
    json_decref(g->report);
    g->report = NULL;
}

/* ---- sealing ---- */

static int run_zip(void *user)
{
    struct ground *g = user;
    const struct seal_source source = {"a.bin", g->source};
    const struct seal_request q = {.dir = g->dir, .name = "a.zip", .sources = &source, .n = 1};

    return seal_zip(&q, STR(PASSWORD), &g->report, NULL);
}

static int run_box(void *user)
{
    struct ground *g = user;
    const struct seal_source source = {"a.bin", g->source};
    const struct seal_request q = {.dir = g->dir, .name = "a.box", .sources = &source, .n = 1};

    return seal_box(&q, &(struct box_for){&g->public, 1, STR_NONE}, &g->report, NULL);
}

/* Whole or not there, and the report only of what is there. */
static void check_sealed(void *user, int r)
{
    struct ground *g = user;
    unsigned n = n_shown(g->dir);

    if (n != (r == 0) || (g->report != NULL) != (r == 0))
        fail_msg("it answered %d, and %u files stand there", r, n);
    forget(g);
    empty(g->dir);
}

static void zip_or_nothing(void **state)
{
    static const int answers[] = {-ENOMEM, SEAL_E_REFUSED, 0};
    struct fail_operation op = {"seal zip", run_zip, check_sealed, FAIL_ALLOC | FAIL_WRITE,
                                answers,    ROUNDS};
    struct ground g = {0};

    ground_init(&g);
    fail_loop(&op, &g);
    ground_done(&g);
}

static void box_or_nothing(void **state)
{
    static const int answers[] = {-ENOMEM, SEAL_E_REFUSED, 0};
    struct fail_operation op = {"seal box", run_box, check_sealed, FAIL_ALLOC | FAIL_WRITE,
                                answers,    ROUNDS};
    struct ground g = {0};

    ground_init(&g);
    fail_loop(&op, &g);
    ground_done(&g);
}

/* ---- opening ---- */

static int run_open(void *user)
{
    struct ground *g = user;

    if (lseek(g->box, 0, SEEK_SET) != 0)
        return -EIO;
    return seal_box_open(g->box, "a.box", g->dir, &(struct box_with){&g->secret, STR_NONE},
                     (struct seal_progress){NULL, NULL}, &g->report, NULL);
}

static void opened_or_nothing(void **state)
{
    static const int answers[] = {-ENOMEM, SEAL_E_REFUSED, 0};
    struct fail_operation op = {"unseal", run_open, check_sealed, FAIL_ALLOC | FAIL_WRITE,
                                answers,  ROUNDS};
    struct ground g = {0};
    char path[100];

    ground_init(&g);
    OK(run_box(&g));
    forget(&g);
    (void)snprintf(path, sizeof(path), "%s/a.box", g.dir);
    g.box = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(g.box >= 0);
    empty(g.dir);
    fail_loop(&op, &g);
    ground_done(&g);
}

#define FILES 3

/* All of them or none, whichever name could not be given. */
static void check_opened(void *user, int r)
{
    struct ground *g = user;
    unsigned n = n_shown(g->dir);

    if (n != (r == 0 ? FILES : 0))
        fail_msg("it answered %d, and %u of %d files stand there", r, n, FILES);
    forget(g);
    empty(g->dir);
}

static void several_or_nothing(void **state)
{
    static const int answers[] = {-ENOMEM, SEAL_E_REFUSED, 0};
    struct fail_operation op = {"unseal several", run_open, check_opened, FAIL_ALLOC | FAIL_WRITE, answers, 200};
    struct ground g = {0};
    char path[100];

    ground_init(&g);
    const struct seal_source sources[FILES] = {{"a.bin", g.source}, {"b.bin", g.source}, {"c.bin", g.source}};
    const struct seal_request q = {.dir = g.dir, .name = "a.box", .sources = sources, .n = FILES};

    OK(seal_box(&q, &(struct box_for){&g.public, 1, STR_NONE}, &g.report, NULL));
    forget(&g);
    (void)snprintf(path, sizeof(path), "%s/a.box", g.dir);
    g.box = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(g.box >= 0);
    empty(g.dir);
    fail_loop(&op, &g);
    ground_done(&g);
}

/* ---- wiping ---- */

static void put_file(struct ground *g)
{
    char path[100];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/a.csv", g->dir);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, g->bytes, SIZE), SIZE);
    close(fd);
}

static int run_wipe(void *user)
{
    struct ground *g = user;
    const struct wipe_request q = {.path = g->dir, .files_only = true};

    return wipe(&q, &g->report, NULL);
}

static void check_wiped(void *user, int r)
{
    struct ground *g = user;

    if (r == 0 && n_shown(g->dir))
        fail_msg("wiped, and something is there");
    forget(g);
    empty(g->dir);
    put_file(g);
}

static void wiped_or_said(void **state)
{
    static const int answers[] = {-ENOMEM, WIPE_E_REFUSED, WIPE_E_FAILED, 0};
    struct fail_operation op = {"wipe",  run_wipe, check_wiped, FAIL_ALLOC | FAIL_WRITE,
                                answers, ROUNDS};
    struct ground g = {0};

    ground_init(&g);
    put_file(&g);
    fail_loop(&op, &g);
    ground_done(&g);
}

/* ---- reading ---- */

struct reading {
    struct str bytes;
    const char *name;
    enum content_type type;
    size_t n, want; /* findings, of both kinds; how many there are */
    int fd;
    struct buf out;
};

static int run_survey(void *user)
{
    struct reading *x = user;
    struct survey s;
    int r = survey_init(&s);

    if (!r)
        r = survey_bytes(&s, x->type, str_of(x->name), x->bytes);
    x->n = json_array_size(s.metadata) + json_array_size(s.hidden);
    survey_done(&s);
    return r;
}

/* Success is all of it. */
static void check_survey(void *user, int r)
{
    struct reading *x = user;

    if (r == 0 && !x->want)
        x->want = x->n;
    if (r == 0 && x->n != x->want)
        fail_msg("%zu findings of %zu, and no word of it", x->n, x->want);
}

static int run_part(void *user)
{
    struct reading *x = user;

    buf_init(&x->out, 1u << 20);
    return prepare_office_part(x->bytes, true, &x->out);
}

static void check_part(void *user, int r)
{
    struct reading *x = user;

    if (r == 0 && !x->want)
        x->want = x->out.len;
    if (r == 0 && x->out.len != x->want)
        fail_msg("%zu bytes instead of %zu, and no word of it", x->out.len, x->want);
    buf_done(&x->out);
}

#define STORY                                                                                      \
    "<w:d xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'><w:ins w:id='1' " \
    "w:author='A'>kept</w:ins><w:del w:id='2' w:author='B'>gone</w:del><w:vanish/></w:d>"

static void read_to_the_end_or_said(void **state)
{
    static const char jpeg[] =
        "\xff\xd8\xff\xfe\0\17KJ-0005 draft\xff\xe2\0\16ICC_PROFILE\0\xff\xd9more";
    struct reading picture = {
        .bytes = {jpeg, sizeof(jpeg) - 1}, .name = "a.jpg", .type = CONTENT_JPEG};
    struct reading story = {.bytes = STR(STORY), .name = "word/document.xml", .type = CONTENT_TEXT};
    struct reading pdf = {.bytes =
                              STR("%PDF-1.5 /Author (A) 2 0 obj<</Type/ObjStm>>stream\n %%EOF"),
                          .name = "a.pdf",
                          .type = CONTENT_PDF};
    struct fail_operation op = {"survey",   run_survey,     check_survey,
                                FAIL_ALLOC, fail_no_memory, ROUNDS};
    struct fail_operation part = {"office part", run_part,       check_part,
                                  FAIL_ALLOC,    fail_no_memory, ROUNDS};

    fail_loop(&op, &picture);
    fail_loop(&op, &story);
    fail_loop(&op, &pdf);
    story.want = 0;
    fail_loop(&part, &story);
}

/* ---- what runs ---- */

static int run_weigh(void *user)
{
    struct reading *x = user;
    struct runs_found found;
    int r = runs_inside(x->type, str_of(x->name), x->bytes, &found);

    x->n = found.runs == RUNS_MACROS;
    return r;
}

static void weighed_to_the_end_or_said(void **state)
{
    struct reading part = {.type = CONTENT_TEXT,
                           .name = "word/document.xml",
                           .bytes = STR("<?xml version='1.0'?><w:document><w:fldChar w:fldCharType='begin'/><w:instrText>DD</w:instrText><w:instrText>E a</w:instrText>"),
                           .want = 1},
                   rich = {.type = CONTENT_RTF, .name = "a.rtf", .bytes = STR("{\\rtf1{\\object{\\*\\objdata 0105000001000000}}{\\field{\\*\\fldinst DDE a}}{\\*\\template a}}"), .want = 1};
    struct fail_operation op = {"what runs", run_weigh, check_survey, FAIL_ALLOC, fail_no_memory, ROUNDS};

    fail_loop(&op, &part);
    fail_loop(&op, &rich);
}

/* ---- what lies in it ---- */

static int run_examine(void *user)
{
    struct reading *x = user;
    const struct examine_input in = {.fd = x->fd, .name = "f"};
    JSON_AUTO *report = NULL;
    int r = examine(&in, &examine_limits_default, NULL, UINT64_MAX, &report);

    x->n = r || *json_str(report, "why") ? SIZE_MAX : json_array_size(json_arr(report, "members"));
    return r;
}

/* What the library could not take apart for want of memory is damaged to it. */
static void check_examined(void *user, int r)
{
    struct reading *x = user;

    if (r == 0 && x->n != SIZE_MAX && x->n != x->want)
        fail_msg("%zu members of %zu, and no word of it", x->n, x->want);
}

static void taken_apart_or_said(void **state)
{
    static const char name[] = "a\0.\0t\0x\0t";
    CLEANUP(buf_done) struct buf package = made_package("a.exe", STR("words"));
    CLEANUP(buf_done) struct buf cab = made_cab("a.txt", STR("hello"));
    const struct made_stream s[] = {{"__substg1.0_3707001F", {name, sizeof(name)}}, {"__substg1.0_37010102", buf_str(&cab)}, {"\1Ole10Native", buf_str(&package)}};
    CLEANUP(buf_done) struct buf compound = made_compound(s, 3);
    struct fail_operation op = {"examine", run_examine, check_examined, FAIL_ALLOC, fail_no_memory, ROUNDS};
    struct reading x = {.want = 4}; /* the file, the cabinet and its member, the package; nothing is wrong */

    x.fd = memfd_create("f", MFD_CLOEXEC);
    assert_true(x.fd >= 0);
    assert_int_equal(write(x.fd, compound.at, compound.len), compound.len);
    fail_loop(&op, &x);
    close(x.fd);
    { /* a gzip of two parts */
        struct archive_beside beside;
        struct str gzip = {"\x1f\x8b\x08\0\0\0\0\0\0\3\xcb\x48\xcd\xc9\xc9\7\0\x86\xa6\x10\x36\5\0\0\0", 25};

        x.fd = memfd_create("f", MFD_CLOEXEC);
        assert_true(x.fd >= 0);
        for (int i = 0; i < 2; i++)
            assert_int_equal(write(x.fd, gzip.at, gzip.len), gzip.len);
        assert_int_equal(archive_beside(x.fd, CONTENT_GZIP, 2 * gzip.len, 1, UINT64_MAX, &beside), 0);
        assert_false(beside.hides || beside.is_odd || beside.is_many || beside.is_late);
        x.want = 2;
        fail_loop(&op, &x);
        close(x.fd);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(zip_or_nothing),          cmocka_unit_test(box_or_nothing),
        cmocka_unit_test(opened_or_nothing),   cmocka_unit_test(several_or_nothing),  cmocka_unit_test(wiped_or_said),
        cmocka_unit_test(read_to_the_end_or_said), cmocka_unit_test(weighed_to_the_end_or_said),
        cmocka_unit_test(taken_apart_or_said),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests_name("fail-guard", tests, NULL, NULL);
}
