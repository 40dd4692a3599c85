#include "guard/intake.h"

#include "guard/examiner-child.h"

#include "base/time.h"
#include "store/segment.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the process answers: frames of kind (1), length (4, big end first) and so many bytes. */
enum { KIND_SEGMENT = 'S', KIND_REPORT = 'R' };
#define HEAD 5u
#define FRAME_MAX (HEAD + MAX_OF((size_t)SEGMENT_SIZE_MAX, INTAKE_REPORT_MAX))
#define REQUEST_MAX ((size_t)4096)

/* ---- the process ---- */

static int write_all(int fd, const char *at, size_t n)
{
    while (n) {
        ssize_t w = write(fd, at, n);

        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return -EPIPE;
        at += w;
        n -= (size_t)w;
    }
    return 0;
}

static int write_frame(int fd, char kind, struct str bytes)
{
    uint32_t length = htobe32((uint32_t)bytes.len);
    char head[HEAD] = {kind};

    memcpy(head + 1, &length, sizeof(length));
    return write_all(fd, head, sizeof(head)) ?: write_all(fd, bytes.at, bytes.len);
}

static int send_segment(struct str segment, size_t n_objects, void *context)
{
    const int *report = context;

    return write_frame(*report, KIND_SEGMENT, segment);
}

static int read_all(int file, struct intake *x)
{
    static char piece[65536];
    ssize_t n;
    int r = 0;

    while (!r && ((n = read(file, piece, sizeof(piece))) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0)
            r = intake_add(x, (struct str){piece, (size_t)n});
    return r;
}

static int write_report(int fd, const json_t *report)
{
    char *text = json_dumps(report, JSON_COMPACT);
    int r = text ? write_frame(fd, KIND_REPORT, str_of(text)) : -ENOMEM;

    free(text);
    return r;
}

int intake_serve(const json_t *q, int file, int report)
{
    const struct intake_setting setting = {.format = (enum intake_format)json_int(q, "format"), .tlp = (enum tlp)json_int(q, "tlp"),
                                           .made_us = (uint64_t)json_int(q, "made")};
    CLEANUP(intake_freep) struct intake *x = intake_new(&setting, send_segment, &report);
    JSON_AUTO *told = NULL;

    if (!x || read_all(file, x) || intake_end(x, &told))
        return 1;
    return write_report(report, told) ? 1 : 0;
}

/* ---- the caller's side ---- */

struct pump {
    const struct intake_job *job;
    struct examiner_child child;
    int file;            /* our end of the file's pipe; -1: all of it was sent */
    struct buf piece;    /* of the file, of which `sent` bytes have gone */
    size_t sent;
    struct buf answer;   /* a frame that is coming */
    json_t *report;
    uint64_t deadline_us;
};

static void shut_file(struct pump *u)
{
    if (u->file >= 0)
        close(u->file);
    u->file = -1;
}

/* More of the file, where all before was sent. */
static int fill(struct pump *u)
{
    int r;

    if (u->file < 0 || u->sent < u->piece.len)
        return 0;
    buf_clear(&u->piece);
    u->sent = 0;
    r = u->job->read(u->job->context, &u->piece);
    if (!r && !u->piece.len)
        shut_file(u);
    return r > 0 ? INTAKE_E_STOPPED : r;
}

static void give(struct pump *u)
{
    ssize_t n = write(u->file, u->piece.at + u->sent, u->piece.len - u->sent);

    if (n > 0)
        u->sent += (size_t)n;
    else if (n < 0 && errno != EAGAIN && errno != EINTR)
        shut_file(u); /* it reads no more: its end tells why */
}

static int take_frame(struct pump *u, char kind, struct str bytes)
{
    int r;

    if (u->report)
        return INTAKE_E_CRASHED; /* nothing comes behind it */
    if (kind == KIND_SEGMENT) {
        r = u->job->segment(u->job->context, bytes);
        return r > 0 ? INTAKE_E_STOPPED : r;
    }
    if (kind != KIND_REPORT)
        return INTAKE_E_CRASHED;
    r = json_parse(bytes, (struct json_limits){INTAKE_REPORT_MAX, 8}, &u->report, NULL);
    return r > 0 ? INTAKE_E_CRASHED : r;
}

static int take_frames(struct pump *u)
{
    size_t at = 0;
    int r = 0;

    while (!r && u->answer.len - at >= HEAD) {
        uint32_t length;

        memcpy(&length, u->answer.at + at + 1, sizeof(length));
        length = be32toh(length);
        if (length > FRAME_MAX - HEAD)
            return INTAKE_E_CRASHED;
        if (u->answer.len - at - HEAD < length)
            break;
        r = take_frame(u, u->answer.at[at], (struct str){u->answer.at + at + HEAD, length});
        at += HEAD + length;
    }
    memmove(u->answer.at, u->answer.at + at, u->answer.len - at);
    buf_cut(&u->answer, u->answer.len - at);
    return r;
}

/* 1 at its end. */
static int hear(struct pump *u, bool *ret_end)
{
    char piece[65536];
    ssize_t n = read(u->child.report, piece, MIN_OF(sizeof(piece), FRAME_MAX - u->answer.len));
    int r;

    *ret_end = n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
    if (n <= 0)
        return 0;
    r = buf_add(&u->answer, piece, (size_t)n);
    return r ? r : take_frames(u);
}

static int turn(struct pump *u, bool *ret_end)
{
    struct pollfd fds[2] = {{.fd = u->child.report, .events = POLLIN}, {.fd = u->file, .events = POLLOUT}};
    uint64_t now = clock_monotonic_us();

    if (now >= u->deadline_us)
        return INTAKE_E_OVERDUE;
    if (poll(fds, 2, (int)((u->deadline_us - now) / 1000 + 1)) <= 0)
        return 0;
    u->deadline_us = clock_monotonic_us() + INTAKE_STILL_MAX_S * US_PER_SECOND;
    if (fds[1].revents)
        give(u);
    return fds[0].revents ? hear(u, ret_end) : 0;
}

static int pump_all(struct pump *u)
{
    bool is_end = false;
    int r = 0;

    u->deadline_us = clock_monotonic_us() + INTAKE_STILL_MAX_S * US_PER_SECOND;
    while (!r && !is_end) {
        r = fill(u);
        if (!r)
            r = turn(u, &is_end);
    }
    return r;
}

static int print_request(const struct intake_setting *s, struct buf *out)
{
    JSON_AUTO *q = json_pack("{s:i, s:i, s:i, s:I}", "job", JOB_INTAKE, "format", (int)s->format, "tlp", (int)s->tlp, "made", (json_int_t)s->made_us);
    char *text = q ? json_dumps(q, JSON_COMPACT) : NULL;
    int r = text ? buf_add_text(out, text) : -ENOMEM;

    free(text);
    return r;
}

/* The pipe's reading end is the process's file; ours is written to when there is room. */
static int start(struct pump *u)
{
    int ends[2], null = open("/dev/null", O_RDWR | O_CLOEXEC), r;

    if (null < 0)
        return -errno;
    if (pipe2(ends, O_CLOEXEC)) {
        r = -errno;
        close(null);
        return r;
    }
    u->file = ends[1];
    r = fcntl(u->file, F_SETFL, O_NONBLOCK) ? -errno : examiner_start(ends[0], null, &u->child);
    close(ends[0]);
    close(null);
    if (r)
        shut_file(u);
    return r;
}

static int conduct(struct pump *u, struct str request)
{
    int status = 0, e, r = start(u);

    if (r)
        return r;
    examiner_send(&u->child, request);
    r = pump_all(u);
    shut_file(u);
    if (r)
        kill(u->child.pid, SIGKILL);
    e = examiner_await(&u->child, &status);
    if (r || e)
        return r ? r : e == -ETIMEDOUT ? INTAKE_E_OVERDUE : e;
    return WIFEXITED(status) && !WEXITSTATUS(status) && u->report ? 0 : INTAKE_E_CRASHED;
}

int intake_run(const struct intake_job *job, json_t **ret_report)
{
    CLEANUP(buf_done) struct buf request;
    struct pump u = {.job = job, .file = -1};
    int r;

    buf_init(&request, REQUEST_MAX);
    buf_init(&u.piece, INTAKE_PIECE_MAX);
    buf_init(&u.answer, FRAME_MAX);
    r = print_request(&job->setting, &request);
    if (!r)
        r = conduct(&u, buf_str(&request));
    if (!r)
        *ret_report = TAKE(u.report);
    json_decref(u.report);
    buf_wipe(&u.piece);
    buf_done(&u.answer);
    return r;
}
