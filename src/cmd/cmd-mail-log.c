/* `tsujiban mail-log`: what the relay's log says became of the mail that the gate let go, for each receiver, entered in the name of who sent it (G3 of
 * doc/design/information.md). The gate itself is told nothing after the relay has taken a message.
 *
 *   a line ─> open[number][address] ─> the mailing of that number was sent: mailings/outcome, with all that is known of it
 *                                      it is on its way yet: later
 *   removed ─> entered for the last time, and forgotten; also where no mailing has that number
 *
 * What was read, and what waits, stands in DATA/mail-log/state.json: a log that is read again is entered once, and one that was turned over meanwhile is
 * gone on with from its beginning. Lines between the last reading of a log and its being turned over are lost to it: follow it, or let the log be
 * turned over by copying. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "base/file.h"
#include "engine/newest.h"
#include "force/account.h"
#include "guard/mail-keeper.h"
#include "guard/relay-log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define REG "*mailings"
#define STEP "outcome"
#define FIELD_NUMBER "relay_id"
#define FIELD_SENDER "sender"
#define OPEN_MAX 10000u /* messages that the relay has not done with */
#define ROWS_MAX 500u   /* receivers of one */
#define CHUNK ((size_t)1 << 20)
#define STATE_MAX ((size_t)64 << 20)
#define LOOK_MS 1000

enum { LOG_FILE = HOME_N, LOG_FOLLOW, LOG_N };

struct mail_log {
    struct home home;
    struct store *store;
    struct engine *engine;
    const char *path;
    struct buf folder, state; /* DATA/mail-log, and the file */
    int64_t inode, offset;
    json_t *
        open; /* {number: {"rows": {address: [outcome, code]}, "dirty": true or absent, "done": likewise}} */
    bool is_full;
};

/* ---- what was read ---- */

static int read_state(struct mail_log *l)
{
    CLEANUP(buf_done) struct buf text;
    JSON_AUTO *o = NULL;
    int r;

    buf_init(&text, STATE_MAX);
    r = file_read(l->state.at, STATE_MAX, &text, NULL);
    if (r == FILE_E_MISSING) {
        l->open = json_object();
        return l->open ? 0 : command_fail(MSG_CONSOLE_MEMORY);
    }
    if (r || json_parse(buf_str(&text), (struct json_limits){STATE_MAX, 8}, &o, NULL) ||
        !json_is_object(json_object_get(o, "open")))
        return command_fail(MSG_FAIL_LOG_STATE, {"path", str_of(l->state.at)});
    l->inode = json_int(o, "inode");
    l->offset = json_int(o, "offset");
    l->open = json_incref(json_object_get(o, "open"));
    return 0;
}

static int write_state(struct mail_log *l)
{
    JSON_AUTO *o = json_pack("{s:I, s:I, s:O}", "inode", (json_int_t)l->inode, "offset",
                             (json_int_t)l->offset, "open", l->open);
    CLEANUP(buf_done) struct buf text;
    struct diag diag;
    int r;

    buf_init(&text, STATE_MAX);
    diag_init(&diag);
    r = !o || json_canonical(o, &text, NULL)
            ? -ENOMEM
            : file_write_atomic(l->state.at, buf_str(&text), 0600, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail(MSG_FAIL_LOG_KEPT)
             : 0;
}

/* ---- lines ---- */

static json_t *message_of(struct mail_log *l, struct str number)
{
    char id[RELAY_ID_MAX + 1];
    json_t *m;

    snprintf(id, sizeof(id), "%.*s", STR_ARG(number));
    if ((m = json_object_get(l->open, id)))
        return m;
    if (json_object_size(l->open) >= OPEN_MAX) {
        if (!l->is_full)
            command_fail(MSG_FAIL_LOG_OPEN, {"max", NUMBER(OPEN_MAX)});
        l->is_full = true;
        return NULL;
    }
    m = json_pack("{s:{}}", "rows");
    return m && !json_object_set_new(l->open, id, m) ? m : NULL;
}

static const char *word_of(enum relay_outcome o)
{
    return o == RELAY_DELIVERED ? "delivered" : o == RELAY_DEFERRED ? "deferred" : "bounced";
}

static int put_row(json_t *m, struct str address, const char *word, struct str code)
{
    json_t *rows = json_object_get(m, "rows");
    char key[RELAY_ADDRESS_MAX + 1];

    snprintf(key, sizeof(key), "%.*s", STR_ARG(address));
    if (json_object_size(rows) >= ROWS_MAX && !json_object_get(rows, key))
        return 0;
    return json_object_set_new(rows, key, json_pack("[s, s%]", word, code.at, code.len)) ||
                   json_put_flag(m, "dirty", true)
               ? -ENOMEM
               : 0;
}

static int expire(json_t *m)
{
    json_t *rows = json_object_get(m, "rows"), *row;
    const char *address;

    json_object_foreach (rows, address, row)
        if (!strcmp(json_string_value(json_array_get(row, 0)), "deferred") &&
            (json_array_set_new(row, 0, json_string("bounced")) || json_put_flag(m, "dirty", true)))
            return -ENOMEM;
    return 0;
}

static int take_line(struct mail_log *l, struct str text)
{
    struct relay_line line;
    json_t *m;

    if (relay_line_read(text, &line))
        return 0;
    if (line.outcome == RELAY_REMOVED || line.outcome == RELAY_EXPIRED) {
        char id[RELAY_ID_MAX + 1];

        snprintf(id, sizeof(id), "%.*s", STR_ARG(line.id));
        if (!(m = json_object_get(l->open, id)))
            return 0;
        return line.outcome == RELAY_EXPIRED ? expire(m) : json_put_flag(m, "done", true);
    }
    m = message_of(l, line.id);
    return m            ? put_row(m, line.address, word_of(line.outcome), line.code)
           : l->is_full ? 0
                        : -ENOMEM;
}

/* Whole lines of what is new; a line without its end waits. */
static int take_new(struct mail_log *l, int fd, char *bytes)
{
    ssize_t n;

    while ((n = pread(fd, bytes, CHUNK, l->offset)) > 0) {
        struct str rest = {bytes, (size_t)n}, line;
        const char *end = memrchr(bytes, '\n', (size_t)n);

        if (!end && (size_t)n < CHUNK)
            return 0;
        rest.len = end ? (size_t)(end - bytes) + 1
                       : (size_t)n; /* a line as long as that is none of a relay's */
        l->offset += (int64_t)rest.len;
        while (rest.len && str_split(&rest, '\n', &line))
            if (take_line(l, line))
                return command_fail(MSG_CONSOLE_MEMORY);
    }
    return n < 0 ? command_fail_why(MSG_CONSOLE_READ, l->path, errno) : 0;
}

/* ---- the act ---- */

static json_t *with_of(const json_t *m)
{
    json_t *rows = json_object_get(m, "rows"), *row;
    unsigned n[3] = {0};
    JSON_AUTO *list = json_array();
    char counted[3][16];
    const char *address;

    json_object_foreach (rows, address, row) {
        const char *word = json_string_value(json_array_get(row, 0));

        n[!strcmp(word, "delivered") ? 0 : !strcmp(word, "deferred") ? 1 : 2]++;
        if (!list ||
            json_array_append_new(list, json_pack("{s:s, s:s, s:O}", "address", address, "outcome",
                                                  word, "code", json_array_get(row, 1))))
            return NULL;
    }
    for (size_t i = 0; i < 3; i++)
        snprintf(counted[i], sizeof(counted[i]), "%u", n[i]);
    return json_pack("{s:O, s:s, s:s, s:s}", "outcomes", list, "delivered", counted[0], "waiting",
                     counted[1], "undelivered", counted[2]);
}

/* 0; 1: later; EXIT_FAILED after words. */
static int enter(struct mail_log *l, const char *number, json_t *m, const struct newest *of)
{
    JSON_AUTO *with = with_of(m);
    JSON_AUTO *answer = NULL;
    const json_t *outcome;
    struct account account;
    int r = account_of_person(l->store, of->person, &account);

    if (r > 0)
        return 0; /* who sent it has no account any more; it stays as it is */
    if (r || !with)
        return command_fail(MSG_FAIL_STORE_READ);
    if (mail_keeper_act(account.login, REG, STEP, of->record, "", with, &answer))
        return 1;
    outcome = json_obj(answer, "outcome");
    if (!strcmp(json_str(outcome, "result"), "allowed"))
        command_say(MSG_SAID_LOG_ENTERED, MESSAGE_WORD("word", MSG_WORD_ENTERED), {"record", str_of(of->record)}, {"number", str_of(number)},
                    {"delivered", str_of(json_str(with, "delivered"))}, {"waiting", str_of(json_str(with, "waiting"))},
                    {"undelivered", str_of(json_str(with, "undelivered"))});
    else
        command_fail(MSG_FAIL_LOG_ENTERED, {"record", str_of(of->record)}, {"number", str_of(number)},
                     {"result", str_of(json_str(outcome, "result"))}, {"error", str_of(json_str(answer, "error"))});
    fflush(stdout);
    return 0;
}

/* May it be forgotten? */
static int settle_one(struct mail_log *l, const char *number, json_t *m, bool *ret_over)
{
    struct newest of;
    int r = engine_newest(l->engine, REG, FIELD_NUMBER, number, FIELD_SENDER, &of);

    *ret_over = json_flag(m, "done");
    if (r < 0)
        return command_fail(MSG_FAIL_STORE_READ);
    if (r || !strcmp(of.state, "refused") || !strcmp(of.state, "not-sent"))
        return 0; /* no mail of this gate's */
    if (!json_flag(m, "dirty"))
        return 0;
    if (!strcmp(of.state, "passing") ||
        (r = enter(l, number, m, &of)) ==
            1) { /* the gate has not said yet that the relay took it */
        *ret_over = false;
        return 0;
    }
    if (!r)
        json_object_del(m, "dirty");
    return r;
}

static int settle(struct mail_log *l)
{
    json_t *m;
    const char *number;
    void *next;
    int r = engine_refresh(l->engine, NULL) ? command_fail(MSG_FAIL_STORE_READ) : 0;

    json_object_foreach_safe(l->open, next, number, m)
    {
        bool is_over;

        if (r || (r = settle_one(l, number, m, &is_over)))
            break;
        if (is_over)
            json_object_del(l->open, number);
    }
    l->is_full = l->is_full && json_object_size(l->open) >= OPEN_MAX;
    return r;
}

static int look(struct mail_log *l, char *bytes)
{
    struct stat st;
    int fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;

    if (fd < 0)
        return errno == ENOENT ? 0 : command_fail_why(MSG_CONSOLE_READ, l->path, errno);
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        close(fd);
        return command_fail(MSG_FAIL_NO_FILE, {"path", str_of(l->path)});
    }
    if ((int64_t)st.st_ino != l->inode ||
        st.st_size < l->offset) /* turned over, or emptied after copying */
        l->offset = 0;
    l->inode = (int64_t)st.st_ino;
    r = take_new(l, fd, bytes);
    close(fd);
    if (!r)
        r = settle(l);
    return r ? r : write_state(l);
}

/* ---- the command ---- */

static int follow(struct mail_log *l, char *bytes)
{
    sigset_t ends;
    struct pollfd fds = {-1, POLLIN, 0};
    int r = 0;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    if (sigprocmask(SIG_BLOCK, &ends, NULL) ||
        (fds.fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return command_fail(MSG_FAIL_SIGNALS, {"why", str_of(command_why(errno))});
    printf("%s  %s\n", command_word(MSG_WORD_FOLLOWING), l->path);
    fflush(stdout);
    while (!r && !fds.revents) {
        r = look(l, bytes);
        if (!r && poll(&fds, 1, LOOK_MS) < 0 && errno != EINTR)
            r = command_fail(MSG_FAIL_WAITED, {"why", str_of(command_why(errno))});
    }
    close(fds.fd);
    return r;
}

static int open_all(struct mail_log *l)
{
    struct diag diag;
    int r = home_open(&l->home, STORE_READ, &l->store);

    if (r)
        return r;
    if (buf_printf(&l->folder, "%s/mail-log", l->home.data) ||
        buf_printf(&l->state, "%s/state.json", l->folder.at))
        return command_fail(MSG_CONSOLE_MEMORY);
    diag_init(&diag);
    r = engine_open(l->store, &l->engine, &diag) || dir_make(l->folder.at, 0700, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return command_fail(MSG_FAIL_NOTHING_READ);
    mail_keeper_use(l->home.data);
    return read_state(l);
}

static int run(const struct arguments *args)
{
    struct mail_log l = {.path = args->values[LOG_FILE]};
    char *bytes;
    int r;

    if (!l.path)
        return command_wrong(MSG_FAIL_LOG_WHICH);
    buf_init(&l.folder, 4096);
    buf_init(&l.state, 4096);
    signal(SIGPIPE, SIG_IGN);
    bytes = malloc(CHUNK);
    r = bytes ? home_of(args, &l.home) : command_fail(MSG_CONSOLE_MEMORY);
    if (!r)
        r = open_all(&l);
    if (!r)
        r = args->values[LOG_FOLLOW] ? follow(&l, bytes) : look(&l, bytes);
    free(bytes);
    json_decref(l.open);
    engine_close(l.engine);
    store_close(l.store);
    buf_done(&l.folder);
    buf_done(&l.state);
    return r;
}

static const struct option_row options[] = {
    HOME_OPTIONS,
    {"--log", "FILE", MSG_OPTION_MAIL_LOG_LOG},
    {"--follow", NULL, MSG_OPTION_MAIL_LOG_FOLLOW},
};
const struct command cmd_mail_log = {
    "mail-log",
    "",
    MSG_HELP_MAIL_LOG,
    options,
    ARRAY_LEN(options),
    0,
    0,
    run,
    false};
