#include "guard/clamd.h"

#include "base/buf.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PIECE_MAX ((size_t)1 << 20) /* bytes of one chunk on the wire */
#define REPLY_MAX 1024u

struct clamd {
    int fd;
    uint64_t deadline_us;
    char version[REPLY_MAX];
    unsigned number;  /* of the last command, by which its answer is known */
    bool is_answered; /* the answer to the open stream has come before its end */
    char reply[REPLY_MAX];
};

int clamd_connect(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd, e;

    if (strlen(path) >= sizeof(at.sun_path))
        return -ENAMETOOLONG;
    memcpy(at.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
        return fd;
    e = -errno;
    close(fd);
    return e;
}

/* 0: `events` are there; -ETIMEDOUT. */
static int await(const struct clamd *c, short events, short *ret_events)
{
    struct pollfd p = {.fd = c->fd, .events = events};

    for (;;) {
        uint64_t now = clock_monotonic_us();
        int r;

        if (now >= c->deadline_us)
            return -ETIMEDOUT;
        r = poll(&p, 1, (int)MIN_OF((c->deadline_us - now) / 1000 + 1, (uint64_t)60000));
        if (r < 0 && errno != EINTR)
            return -errno;
        if (r > 0) {
            *ret_events = p.revents;
            return 0;
        }
    }
}

/* One answer, up to its NUL byte. */
static int receive(struct clamd *c)
{
    size_t n = 0;

    for (;;) {
        short events;
        ssize_t r = await(c, POLLIN, &events);

        if (r)
            return (int)r;
        r = recv(c->fd, c->reply + n, 1,
                 0); /* answers are short, and what follows belongs to the next one */
        if (r < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        if (r == 0)
            return -ECONNRESET;
        if (r < 0)
            continue;
        if (c->reply[n] == '\0')
            return 0;
        if (++n == sizeof(c->reply))
            return -EPROTO;
    }
}

/* Sends all of it, unless an answer comes first: 1. */
static int transmit(struct clamd *c, struct str bytes)
{
    while (bytes.len > 0) {
        short events;
        ssize_t r = await(c, POLLIN | POLLOUT, &events);

        if (r)
            return (int)r;
        if (events & POLLIN)
            return 1;
        if (!(events & POLLOUT))
            return -ECONNRESET;
        r = send(c->fd, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (r < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        if (r > 0)
            bytes = (struct str){bytes.at + r, bytes.len - (size_t)r};
    }
    return 0;
}

static int command(struct clamd *c, const char *text)
{
    int r = transmit(c, (struct str){text, strlen(text) + 1});

    c->number++;
    return r > 0 ? -EPROTO : r;
}

/* The answer of the last command without its number; NULL: it is another one's. */
static const char *answer(const struct clamd *c)
{
    char *end;
    unsigned long n = strtoul(c->reply, &end, 10);

    return end != c->reply && n == c->number && !strncmp(end, ": ", 2) ? end + 2 : NULL;
}

static int greet(struct clamd *c)
{
    const char *said;
    int r = transmit(c, (struct str){"zIDSESSION", 11});

    if (r)
        return r > 0 ? -EPROTO : r;
    if ((r = command(c, "zVERSION")) || (r = receive(c)))
        return r;
    said = answer(c);
    if (!said || strncmp(said, "ClamAV ", 7))
        return -EPROTO;
    (void)snprintf(c->version, sizeof(c->version), "%s", said);
    return 0;
}

int clamd_open(int fd, uint64_t deadline_us, struct clamd **ret)
{
    struct clamd *c = calloc(1, sizeof(*c));
    int r;

    if (!c) {
        close(fd);
        return -ENOMEM;
    }
    c->fd = fd;
    c->deadline_us = deadline_us;
    if ((r = greet(c))) {
        clamd_close(c);
        return r;
    }
    *ret = c;
    return 0;
}

void clamd_close(struct clamd *c)
{
    if (!c)
        return;
    close(c->fd);
    free(c);
}

const char *clamd_version(const struct clamd *c)
{
    return c->version;
}

static bool is_number(struct str s, size_t max)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    return s.len > 0 && s.len <= max;
}

/* "1.4.6" */
static bool is_release(struct str s)
{
    struct str part;

    if (!s.len || s.len > 16)
        return false;
    while (str_split(&s, '.', &part))
        if (!is_number(part, 5))
            return false;
    return true;
}

/* "Sat Nov 28 09:26:31 2026", days below ten behind two spaces. */
static void read_day(struct str date, char ret_day[CLAMD_DAY_SIZE])
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct str words[5], word;
    uint64_t day, year;
    size_t n = 0;

    while (str_split(&date, ' ', &word)) {
        if (!word.len)
            continue;
        if (n == ARRAY_LEN(words))
            return;
        words[n++] = word;
    }
    if (n != ARRAY_LEN(words) || words[1].len != 3 || str_to_u64(words[2], 1, 31, &day) || str_to_u64(words[4], 1990, 9999, &year))
        return;
    for (unsigned m = 0; m < 12; m++)
        if (!memcmp(months + (size_t)3 * m, words[1].at, 3))
            snprintf(ret_day, CLAMD_DAY_SIZE, "%04u-%02u-%02u", (unsigned)(year % 10000), m + 1, (unsigned)(day % 100));
}

void clamd_describe(const char *version, char ret_scanner[CLAMD_SCANNER_SIZE], char ret_day[CLAMD_DAY_SIZE])
{
    struct str rest = str_of(version), release, number = {0};

    ret_scanner[0] = ret_day[0] = '\0';
    if (!str_starts(rest, STR("ClamAV ")))
        return;
    rest = (struct str){rest.at + 7, rest.len - 7};
    if (!str_split(&rest, '/', &release) || !is_release(release))
        return;
    snprintf(ret_scanner, CLAMD_SCANNER_SIZE, "ClamAV %.*s", STR_ARG(release));
    if (!str_split(&rest, '/', &number) || !is_number(number, 9))
        return;
    snprintf(ret_scanner, CLAMD_SCANNER_SIZE, "ClamAV %.*s/%.*s", STR_ARG(release), STR_ARG(number));
    if (rest.at)
        read_day(rest, ret_day);
}

int clamd_begin(struct clamd *c)
{
    c->is_answered = false;
    return command(c, "zINSTREAM");
}

/* A length in network order, then so many bytes. */
static int add_piece(struct clamd *c, struct str piece)
{
    uint32_t n = (uint32_t)piece.len;
    const uint8_t head[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    int r = transmit(c, (struct str){(const char *)head, sizeof(head)});

    if (!r)
        r = transmit(c, piece);
    if (r > 0)
        c->is_answered = true;
    return r < 0 ? r : 0;
}

int clamd_add(struct clamd *c, struct str bytes)
{
    while (bytes.len > 0 && !c->is_answered) {
        size_t n = MIN_OF(bytes.len, PIECE_MAX);
        int r = add_piece(c, (struct str){bytes.at, n});

        if (r)
            return r;
        bytes = (struct str){bytes.at + n, bytes.len - n};
    }
    return 0;
}

static void keep_name(const char *text, size_t len, struct clamd_said *ret)
{
    size_t n = MIN_OF(len, (size_t)CLAMD_NAME_MAX);

    for (size_t i = 0; i < n; i++)
        ret->name[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
    ret->name[n] = '\0';
}

static bool ends_with(const char *text, const char *end, size_t *ret_len)
{
    size_t n = strlen(text), m = strlen(end);

    *ret_len = n >= m ? n - m : 0;
    return n >= m && !strcmp(text + n - m, end);
}

int clamd_end(struct clamd *c, struct clamd_said *ret)
{
    const char *said;
    size_t len;
    int r = c->is_answered ? 0 : add_piece(c, (struct str){"", 0});

    if (r || (r = receive(c)))
        return r;
    *ret = (struct clamd_said){CLAMD_UNABLE, ""};
    said = answer(c);
    if (said && !strcmp(said, "stream: OK") && !c->is_answered) {
        ret->answer = CLAMD_CLEAN;
    } else if (said && !strncmp(said, "stream: ", 8) && ends_with(said, " FOUND", &len)) {
        ret->answer = CLAMD_FOUND;
        keep_name(said + 8, len - 8, ret);
    } else {
        keep_name(c->reply, strlen(c->reply), ret);
    }
    return 0;
}
