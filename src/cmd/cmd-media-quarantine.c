/* `tsujiban media quarantine`: what an import refused is kept sealed in the place for files, with an entry that two persons decide on (第4の1(10)).
 * The keeper's own examiner says what it is; what it finds clean is not kept. The medium itself is only read. */
#include "cmd/commands.h"
#include "cmd/media-gate.h"

#include "engine/attachment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILES "quarantined-files"
#define INTAKES "intakes"
#define WAIT_S 200 /* beyond what an examination may take */

enum { Q_MEDIUM = GATE_WHO_N, Q_SOURCE, Q_N };

struct quarantine {
    const struct arguments *args;
    struct gate gate;
    char medium[GATE_ID_SIZE];
};

static int open_file(const char *path, uint64_t *ret_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
    struct stat st;

    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    if (fd >= 0)
        *ret_size = (uint64_t)st.st_size;
    return fd;
}

static int send_piece(struct gate *g, const char *id, uint64_t offset, struct str bytes)
{
    CLEANUP(buf_done) struct buf text;
    JSON_AUTO *answer = NULL;

    buf_init(&text, 2 * ATTACHMENT_PIECE);
    if (base64_print(bytes.at, bytes.len, &text))
        return command_fail("out of memory");
    return home_ask(g->link,
                    json_pack("{s:s, s:s, s:s, s:I, s:s}", "op", "file-piece", "token", g->cookie,
                              "id", id, "offset", (json_int_t)offset, "data", text.at),
                    &answer);
}

/* A medium that is pulled out, or changes, halfway: nothing is named, and what was sent is dropped within a day. */
static int send_file(struct gate *g, int fd, const char *name, uint64_t size,
                     char ret_id[ATTACHMENT_ID_SIZE])
{
    JSON_AUTO *answer = NULL;
    char *piece = malloc(ATTACHMENT_PIECE);
    int r = piece ? home_ask(g->link,
                             json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "op", "file-begin",
                                       "token", g->cookie, "reg", FILES, "field", "content", "name",
                                       name, "size", (json_int_t)size),
                             &answer)
                  : command_fail("out of memory");

    if (!r)
        snprintf(ret_id, ATTACHMENT_ID_SIZE, "%s", json_str(answer, "id"));
    for (uint64_t at = 0; !r && at < size; at += ATTACHMENT_PIECE) {
        size_t want = (size_t)MIN_OF(size - at, (uint64_t)ATTACHMENT_PIECE);

        if (pread(fd, piece, want, (off_t)at) != (ssize_t)want)
            r = command_fail("%s cannot be read to its end; nothing was kept of it", name);
        else
            r = send_piece(g, ret_id, at, (struct str){piece, want});
    }
    free(piece);
    return r;
}

/* What the examination came to, of the file as it lies in the place for files. */
static int await(struct gate *g, const char *id, json_t **ret)
{
    struct timespec step = {0, 200000000L};

    for (int i = 0; i < WAIT_S * 5; i++) {
        CLEANUP(attachment_done) struct attachment a = {0};
        int r = attachment_get(g->store, id, &a);

        if (!r && attachment_is_examined(&a))
            return attachment_value(g->store, &a, ret)
                       ? command_fail("the file is gone from the place for files")
                       : 0;
        if (r < 0)
            return command_fail("the store cannot be read");
        nanosleep(&step, NULL);
    }
    return command_fail("nobody examines the file; look whether the examiner and the scanner run, "
                        "then do it again");
}

static int drop(struct gate *g, const char *id)
{
    JSON_AUTO *answer = NULL;

    return home_ask(g->link,
                    json_pack("{s:s, s:s, s:s}", "op", "file-drop", "token", g->cookie, "id", id),
                    &answer);
}

static int enter(struct quarantine *q, const char *name, const char *id, const json_t *value)
{
    const char *state = json_str(value, "state"), *source = q->args->values[Q_SOURCE];
    JSON_AUTO *put = json_pack("{s:s, s:s, s:s}", "name", name, "content", id, "medium", q->medium);
    JSON_AUTO *entry = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", name, "kind", "data",
                                 "file_digest", json_str(value, "sha256"), "scan",
                                 strcmp(state, "infected") ? "not-examinable" : "infected",
                                 "source", source ? source : "");
    char file[GATE_ID_SIZE], intake[GATE_ID_SIZE];
    int r;

    if (!put || !entry || (!*q->medium && json_object_del(put, "medium")) ||
        (!source && json_object_del(entry, "source")))
        return command_fail("out of memory");
    if ((r = gate_act(&q->gate, FILES, "put", put, file)))
        return r;
    if (json_put_str(entry, "sealed", file))
        return command_fail("out of memory");
    if ((r = gate_act(&q->gate, INTAKES, "quarantine", entry, intake)))
        return r;
    printf("QUARANTINED  %s  %s  %s  %s, sha256 %s\n", intake, file, name, state,
           json_str(value, "sha256"));
    return 0;
}

static int take(struct quarantine *q, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char id[ATTACHMENT_ID_SIZE];
    JSON_AUTO *value = NULL;
    uint64_t size = 0;
    int fd = open_file(path, &size), r;

    if (fd < 0)
        return command_fail("%s is no file that can be read: %m", path);
    r = size ? send_file(&q->gate, fd, name, size, id)
             : command_fail("%s is empty; there is nothing to keep", path);
    close(fd);
    if (r || (r = await(&q->gate, id, &value)))
        return r;
    if (strcmp(json_str(value, "state"), "clean") != 0 &&
        strcmp(json_str(value, "state"), "no-scanner") != 0)
        return enter(q, name, id, value);
    if ((r = drop(&q->gate, id)))
        return r;
    printf("NOT KEPT  %s: %s\n", name, json_str(value, "state"));
    return EXIT_NOT_YET;
}

static int run_quarantine(const struct arguments *args)
{
    struct quarantine q = {.args = args};
    int r = gate_enter(args, &q.gate), worst = 0;

    if (!r && args->values[Q_MEDIUM])
        r = gate_find(&q.gate, FILES, "medium", args->values[Q_MEDIUM], q.medium);
    for (size_t i = 0; !r && i < args->n_rest; i++) {
        r = take(&q, args->rest[i]);
        if (r == EXIT_NOT_YET) { /* the others are kept all the same */
            worst = r;
            r = 0;
        }
    }
    gate_close(&q.gate);
    return r ? r : worst;
}

static const struct option_row quarantine_options[] = {
    GATE_WHO_OPTIONS,
    {"--medium", "NAME", "the medium that it lies on, by its name or number in the register"},
    {"--source", "TEXT", "whom it is from"},
};
const struct command cmd_media_quarantine = {
    "media quarantine",
    "FILE…",
    "Keeps files sealed in which malware was found or that could not be examined",
    quarantine_options,
    ARRAY_LEN(quarantine_options),
    1,
    SIZE_MAX,
    run_quarantine,
    false};
