#include "guard/examiner.h"

#include "guard/clamd.h"
#include "guard/document-inside.h"
#include "guard/draw.h"
#include "guard/examiner-cage.h"
#include "guard/examiner-child.h"
#include "guard/intake.h"
#include "guard/mail-read.h"
#include "guard/mail-seal.h"

#include "base/time.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUEST_MAX (64u << 10)
#define MEMORY_MAX ((uint64_t)1 << 30)
#define GRACE_S 10u /* beyond the time of the limits, before it is killed */
#define END_S 5u    /* between the end of its report and its own */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER 0
#endif


/* ---- the caller's side ---- */

static int make_report(const char *why, const char *name, json_t **ret)
{
    *ret = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:[]}", "verdict", "not-examinable", "why",
                     why, "place", name, "scanner", "", "unpacked", 0, "layers", 0, "members");
    return *ret ? 0 : -ENOMEM;
}

static int request_print(enum examiner_job job, enum prepare_what what, const struct examine_input *in,
                         const struct examine_limits *l, struct buf *out)
{
    JSON_AUTO *q =
        json_pack("{s:i, s:i, s:b, s:s, s:I, s:i, s:i, s:i, s:i, s:I}", "job", (int)job, "what",
                  (int)what, "draw", (int)in->is_drawn, "name", in->name, "unpacked", (json_int_t)l->unpacked_max, "members",
                  (int)l->members_max, "layers", (int)l->layers_max, "time", (int)l->time_s,
                  "ratio", (int)l->ratio_max, "stream", (json_int_t)l->stream_max);
    char *text;
    int r;

    if (!q)
        return -ENOMEM;
    if (in->password && (r = json_put_str(q, "password", in->password)))
        return r;
    if (in->cover && (r = json_put_str(q, "cover", in->cover)))
        return r;
    if (!(text = json_dumps(q, JSON_COMPACT)))
        return -ENOMEM;
    r = buf_add_text(out, text);
    sodium_memzero(text, strlen(text));
    free(text);
    return r;
}

/* Above the numbers that the child uses, so that none is overwritten before it is handed on. */
static int raised(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 16);
}

static int hand_on(posix_spawn_file_actions_t *actions, const int from[static 4])
{
    static const int to[4] = {FD_REQUEST, FD_REPORT, FD_FILE, FD_OTHER};
    int r = 0;

    for (size_t i = 0; !r && i < ARRAY_LEN(to); i++)
        r = posix_spawn_file_actions_adddup2(actions, from[i], to[i]);
    return r;
}

static int spawn(const int fds[static 4], pid_t *ret)
{
    static const char *const argv[] = {"tsujiban", EXAMINER_WORD, NULL};
    static const char *const no_environment[] = {"LC_ALL=C.UTF-8", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int r;

    sigemptyset(&none);
    if ((r = posix_spawn_file_actions_init(&actions)))
        return -r;
    if (!(r = posix_spawnattr_init(&attributes))) {
        if (!(r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK)) &&
            !(r = posix_spawnattr_setsigmask(&attributes, &none)) && !(r = hand_on(&actions, fds)))
            r = posix_spawn(ret, "/proc/self/exe", &actions, &attributes,
                            (char *const *)(uintptr_t)argv,
                            HAS_SANITIZER ? environ : (char *const *)(uintptr_t)no_environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return -r;
}

static void close_all(int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

int examiner_start(int file, int other, struct examiner_child *ret)
{
    int request[2] = {-1, -1}, report[2] = {-1, -1}, fds[4] = {-1, -1, -1, -1};
    int r = pipe2(request, O_CLOEXEC) || pipe2(report, O_CLOEXEC) ? -errno : 0;

    if (!r) {
        fds[0] = raised(request[0]);
        fds[1] = raised(report[1]);
        fds[2] = raised(file);
        fds[3] = raised(other);
        r = fds[0] < 0 || fds[1] < 0 || fds[2] < 0 || fds[3] < 0 ? -EMFILE : spawn(fds, &ret->pid);
    }
    close_all(fds, ARRAY_LEN(fds));
    close_all(&request[0], 1);
    close_all(&report[1], 1);
    if (r) {
        close_all(&request[1], 1);
        close_all(&report[0], 1);
        return r;
    }
    ret->request = request[1];
    ret->report = report[0];
    return 0;
}

void examiner_send(const struct examiner_child *c, struct str text)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;

    sigaction(SIGPIPE, &ignore, &old);
    IGNORE(write(c->request, text.at, text.len) < 0,
           "a child that has ended sends no report either");
    sigaction(SIGPIPE, &old, NULL);
    close(c->request);
}

/* Everything until the end. 0; -ETIMEDOUT; -ENOSPC, -ENOMEM: more than there can be. */
static int receive_report(const struct examiner_child *c, uint64_t deadline_us, struct buf *out)
{
    struct pollfd p = {.fd = c->report, .events = POLLIN};

    for (;;) {
        uint64_t now = clock_monotonic_us();
        char piece[16384];
        ssize_t n;
        int r;

        if (now >= deadline_us)
            return -ETIMEDOUT;
        if (poll(&p, 1, (int)MIN_OF((deadline_us - now) / 1000 + 1, (uint64_t)60000)) <= 0)
            continue;
        n = read(c->report, piece, sizeof(piece));
        if (n <= 0)
            return 0;
        if ((r = buf_add(out, piece, (size_t)n)))
            return r;
    }
}

int examiner_await(struct examiner_child *c, int *ret_status)
{
    const struct timespec step = {0, 1000000};
    uint64_t deadline_us = clock_monotonic_us() + END_S * US_PER_SECOND;
    pid_t ended;
    int r = 0;

    close(c->report);
    while ((ended = waitpid(c->pid, ret_status, r ? 0 : WNOHANG)) != c->pid) {
        if (ended < 0 && errno != EINTR)
            return -errno;
        if (!r && clock_monotonic_us() >= deadline_us) {
            kill(c->pid, SIGKILL);
            r = -ETIMEDOUT;
        } else if (!r) {
            nanosleep(&step, NULL);
        }
    }
    return r;
}

static int conduct(const struct examine_input *in, const struct examine_limits *limits, int other,
                   struct str request, json_t **ret)
{
    uint64_t deadline_us =
        clock_monotonic_us() + (uint64_t)(limits->time_s + GRACE_S) * US_PER_SECOND;
    CLEANUP(buf_done) struct buf text = {0};
    struct examiner_child c;
    int status = 0, e, r = examiner_start(in->fd, other, &c);

    if (r)
        return r;
    buf_init(&text, EXAMINE_REPORT_MAX);
    examiner_send(&c, request);
    r = receive_report(&c, deadline_us, &text);
    if (r)
        kill(c.pid, SIGKILL);
    e = examiner_await(&c, &status);
    r = r ? r : e;
    if (r || !WIFEXITED(status) || WEXITSTATUS(status))
        return r == -ENOMEM ? r
                            : make_report(r == -ETIMEDOUT ? "overdue" : "crashed", in->name, ret);
    r = json_parse(buf_str(&text), (struct json_limits){EXAMINE_REPORT_MAX, 8}, ret, NULL);
    return r > 0 ? make_report("crashed", in->name, ret) : r;
}

/* Asks the process; `other` is what it has beside the file. */
static int ask(enum examiner_job job, enum prepare_what what, const struct examine_input *in,
               const struct examine_limits *limits, int other, json_t **ret)
{
    CLEANUP(buf_wipe) struct buf request;
    int r;

    buf_init(&request, REQUEST_MAX);
    r = request_print(job, what, in, limits, &request);
    return r ? r : conduct(in, limits, other, buf_str(&request), ret);
}

/* The input with its name made visible, which lies in `name`. */
static int show(const struct examine_input *in, struct buf *name, struct examine_input *ret)
{
    int r = examine_name(in->name, name);

    *ret = *in;
    ret->name = name->at ? name->at : "";
    return r;
}

int examiner_run(const char *clamd_path, const struct examine_input *in,
                 const struct examine_limits *limits, json_t **ret)
{
    CLEANUP(buf_done) struct buf name;
    struct examine_input shown;
    int scanner, r;

    buf_init(&name, REQUEST_MAX);
    if ((r = show(in, &name, &shown)))
        return r;
    scanner = clamd_connect(clamd_path);
    if (scanner < 0)
        return scanner == -ENOMEM ? -ENOMEM : make_report("no-scanner", shown.name, ret);
    r = ask(JOB_EXAMINE, PREPARE_JPEG, &shown, limits, scanner, ret);
    close(scanner);
    return r;
}

int examiner_survey(const struct examine_input *in, const struct examine_limits *limits,
                    json_t **ret)
{
    CLEANUP(buf_done) struct buf name;
    struct examine_input shown;
    int null, r;

    buf_init(&name, REQUEST_MAX);
    if ((r = show(in, &name, &shown)))
        return r;
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return -errno;
    r = ask(JOB_SURVEY, PREPARE_JPEG, &shown, limits, null, ret);
    close(null);
    return r;
}

int examiner_mail(const char *clamd_path, int fd, const struct examine_limits *limits, json_t **ret)
{
    const struct examine_input in = {.fd = fd, .name = ""};
    JSON_AUTO *report = NULL;
    int other = clamd_path ? clamd_connect(clamd_path) : open("/dev/null", O_RDWR | O_CLOEXEC), r;

    if (other < 0)
        return clamd_path && other != -ENOMEM ? mail_read_unreadable("no-scanner", "", ret)
                                              : -errno;
    r = ask(clamd_path ? JOB_MAIL_SCANNED : JOB_MAIL, PREPARE_JPEG, &in, limits, other, &report);
    close(other);
    if (!r && !strcmp(json_str(report, "verdict"), "not-examinable"))
        return mail_read_unreadable(json_str(report, "why"), "", ret);
    if (!r)
        *ret = TAKE(report);
    return r;
}

int examiner_prepare(const struct examine_input *in, enum prepare_what what, int out)
{
    CLEANUP(buf_done) struct buf name;
    JSON_AUTO *report = NULL;
    struct examine_input shown;
    int r;

    buf_init(&name, REQUEST_MAX);
    if ((r = show(in, &name, &shown)) ||
        (r = ask(JOB_PREPARE, what, &shown, &examine_limits_default, out, &report)))
        return r;
    if (!strcmp(json_str(report, "verdict"), "prepared"))
        return 0;
    return !strcmp(json_str(report, "why"), "kind") ? PREPARE_E_KIND : PREPARE_E_DAMAGED;
}

int examiner_mail_seal(int fd, const char *name, const char *password, const char *cover, int out)
{
    const struct examine_input in = {.fd = fd, .name = name, .password = password, .cover = cover};
    JSON_AUTO *report = NULL;
    int r = ask(JOB_MAIL_SEAL, PREPARE_JPEG, &in, &examine_limits_default, out, &report);

    if (r || !strcmp(json_str(report, "verdict"), "sealed"))
        return r;
    return MAIL_SEAL_E_FORM;
}

int examiner_document(int fd, int out, struct document_answer *ret_answer)
{
    const struct examine_input in = {.fd = fd, .name = ""};
    struct examine_limits limits = examine_limits_default;
    JSON_AUTO *report = NULL;
    int r;

    limits.time_s = DOCUMENT_TIME_S;
    if ((r = ask(JOB_DOCUMENT, PREPARE_JPEG, &in, &limits, out, &report)))
        return r;
    if (*json_str(report, "verdict"))
        return !strcmp(json_str(report, "why"), "overdue") ? DOCUMENT_E_TIME : DOCUMENT_E_DAMAGED;
    if (json_int(report, "why") < 0 || json_int(report, "why") > DOCUMENT_E_DOCTYPE)
        return DOCUMENT_E_DAMAGED;
    if (strlen(json_str(report, "where")) < sizeof(ret_answer->where) && utf8_is_valid(str_of(json_str(report, "where"))))
        snprintf(ret_answer->where, sizeof(ret_answer->where), "%s", json_str(report, "where"));
    ret_answer->n_inside = (unsigned)MIN_OF(MAX_OF(json_int(report, "inside"), 0), (int64_t)DOCUMENT_MEMBERS_MAX);
    return (int)json_int(report, "why");
}

/* ---- the process ---- */

static int read_request(json_t **ret)
{
    CLEANUP(buf_wipe) struct buf text;
    char piece[4096];
    ssize_t n;
    int r = 0;

    buf_init(&text, REQUEST_MAX);
    while (!r && (n = read(FD_REQUEST, piece, sizeof(piece))) > 0)
        r = buf_add(&text, piece, (size_t)n);
    return r ? r : json_parse(buf_str(&text), (struct json_limits){REQUEST_MAX, 4}, ret, NULL);
}

static int write_report(const json_t *report)
{
    char *text = json_dumps(report, JSON_COMPACT);
    size_t len = text ? strlen(text) : 0, at = 0;

    while (at < len) {
        ssize_t n = write(FD_REPORT, text + at, len - at);

        if (n < 0 && errno != EINTR)
            break;
        at += n > 0 ? (size_t)n : 0;
    }
    free(text);
    return text && at == len ? 0 : 1;
}

static int prepare_request(const json_t *q)
{
    JSON_AUTO *report = NULL;
    int r = prepare((enum prepare_what)json_int(q, "what"), FD_FILE, FD_OTHER);

    if (r < 0)
        return 1;
    report = json_pack("{s:s, s:s}", "verdict", r ? "refused" : "prepared", "why",
                       r == PREPARE_E_KIND ? "kind"
                       : r                 ? "damaged"
                                           : "");
    return report ? write_report(report) : 1;
}

static int seal_request(const json_t *q)
{
    JSON_AUTO *report = NULL;
    int r = mail_seal(FD_FILE, json_str(q, "name"), str_of(json_str(q, "password")), json_str(q, "cover"), FD_OTHER);

    if (r < 0)
        return 1;
    report = json_pack("{s:s}", "verdict", r ? "refused" : "sealed");
    return report ? write_report(report) : 1;
}

static int examine_request(const json_t *q)
{
    const struct examine_limits limits = {
        .unpacked_max = (uint64_t)json_int(q, "unpacked"),
        .members_max = (unsigned)json_int(q, "members"),
        .layers_max = (unsigned)json_int(q, "layers"),
        .time_s = (unsigned)json_int(q, "time"),
        .ratio_max = (unsigned)json_int(q, "ratio"),
        .stream_max = (uint64_t)json_int(q, "stream"),
    };
    uint64_t deadline_us = clock_monotonic_us() + (uint64_t)limits.time_s * US_PER_SECOND;
    CLEANUP(clamd_closep) struct clamd *scanner = NULL;
    JSON_AUTO *report = NULL;
    const struct examine_input in = {
        .fd = FD_FILE,
        .name = json_str(q, "name"),
        .password = json_object_get(q, "password") ? json_str(q, "password") : NULL,
        .is_drawn = json_flag(q, "draw")};
    int r;

    if (!examine_limits_are_valid(&limits))
        return 1;
    if (json_int(q, "job") == JOB_MAIL)
        r = mail_read(FD_FILE, &limits, NULL, deadline_us, &report);
    else if (json_int(q, "job") == JOB_SURVEY)
        r = examine(&in, &limits, NULL, deadline_us, &report);
    else if ((r = clamd_open(FD_OTHER, deadline_us, &scanner)))
        r = make_report("no-scanner", in.name, &report);
    else if (json_int(q, "job") == JOB_MAIL_SCANNED)
        r = mail_read(FD_FILE, &limits, scanner, deadline_us, &report);
    else
        r = examine(&in, &limits, scanner, deadline_us, &report);
    return r ? 1 : write_report(report);
}

static int document_request(void)
{
    JSON_AUTO *report = NULL;

    return document_draw(FD_FILE, FD_OTHER, &report) ? 1 : write_report(report);
}

/* Parsing is bounded by what it reads and not by the clock: the caller kills what stands still. */
static int intake_request(const json_t *q)
{
    if (cage_enter(HAS_SANITIZER ? 0 : MEMORY_MAX, EXAMINE_SPOOL_MAX, INTAKE_CPU_MAX_S))
        return 1;
    return intake_serve(q, FD_FILE, FD_REPORT);
}

static int serve_request(void)
{
    JSON_AUTO *q = NULL;

    if (crypto_start() || close_range(FD_ABOVE, ~0U, 0) || read_request(&q))
        return 1;
    (void)sha256(STR("")); /* whatever it opens, it opens now */
    IGNORE(!setlocale(LC_CTYPE, "C.UTF-8"), "then libarchive has no letters for some names");
    if (json_int(q, "job") == JOB_INTAKE)
        return intake_request(q);
    if ((json_flag(q, "draw") || json_int(q, "job") == JOB_DOCUMENT) && draw_prepare())
        return 1;
    if (json_int(q, "job") != JOB_PREPARE && mail_read_prepare())
        return 1;
    if (json_int(q, "job") == JOB_MAIL_SEAL && mail_seal_prepare())
        return 1;
    if (cage_enter(HAS_SANITIZER ? 0 : MEMORY_MAX, EXAMINE_SPOOL_MAX, 2 * EXAMINE_TIME_MAX_S))
        return 1;
    if (json_int(q, "job") == JOB_MAIL_SEAL)
        return seal_request(q);
    if (json_int(q, "job") == JOB_DOCUMENT)
        return document_request();
    return json_int(q, "job") == JOB_PREPARE ? prepare_request(q) : examine_request(q);
}

/* Without what libraries want done at an exit: most of it is out of reach by now. */
void examiner_main(void)
{
    _exit(serve_request());
}
