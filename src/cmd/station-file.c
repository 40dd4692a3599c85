#include "cmd/station-file.h"

#include "cmd/media-refusal.h"

#include "base/codec.h"
#include "engine/attachment.h"
#include "store/blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fetched {
    char id[ATTACHMENT_ID_SIZE];
    uint8_t key[VAULT_KEY_SIZE];
    uint64_t size;
};

/* ---- its key ---- */

/* Handed out as to a page: an entry, and what a pack counts. */
static int open_of_record(struct gate *g, const json_t *asked, struct fetched *f, struct buf *name)
{
    JSON_AUTO *answer = NULL;
    int r =
        home_ask(g->link,
                 json_pack("{s:s, s:s, s:s, s:s}", "op", "file-open", "token", g->cookie, "record",
                           json_str(asked, "record"), "file", json_str(asked, "file")),
                 &answer);

    if (r)
        return r;
    snprintf(f->id, sizeof(f->id), "%s", json_str(answer, "id"));
    f->size = (uint64_t)json_int(answer, "size");
    r = hex_parse(str_of(json_str(answer, "key")), f->key, sizeof(f->key)) ||
        buf_add_text(name, json_str(answer, "name"));
    return r ? command_fail(MSG_FAIL_FILE_OPENED) : 0;
}

static int judge_state(struct gate *g, const struct attachment *a, const char *name)
{
    if (!strcmp(a->state, "infected")) {
        command_fail(MSG_FAIL_FILE_INFECTED, {"name", str_of(name)});
        gate_refuse(g, &(struct refusal){.way = REFUSAL_OUT, .why = "infected", .name = name, .found = "", .digest = ""});
        return EXIT_FORBIDDEN;
    }
    if (attachment_is_examined(a))
        return 0;
    command_fail(MSG_FAIL_FILE_EXAMINING, {"name", str_of(name)});
    return EXIT_NOT_YET;
}

static int open_upload(struct gate *g, const json_t *asked, struct fetched *f, struct buf *name)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    JSON_AUTO *head = NULL;
    int r = attachment_id_ok(json_str(asked, "id"))
                ? attachment_get(g->store, json_str(asked, "id"), &a)
                : 1;

    if (r || *a.record || strcmp(a.owner, g->person.at) != 0) {
        command_fail(MSG_FAIL_FILE_SENT_AGAIN);
        return EXIT_FORBIDDEN;
    }
    if (attachment_head(g->store, &a, &head) || buf_add_text(name, json_str(head, "name")))
        return command_fail(MSG_FAIL_FILE_OPENED);
    if ((r = judge_state(g, &a, name->at)))
        return r;
    snprintf(f->id, sizeof(f->id), "%s", a.id);
    f->size = a.size;
    return keeper_key_ask(g->link, str_of(g->cookie), STR_NONE, str_of(a.id), f->key)
               ? command_fail(MSG_FAIL_FILE_KEY)
               : 0;
}

/* ---- its pieces ---- */

static int fetch_piece(struct gate *g, const struct fetched *f, int64_t n, struct buf *plain)
{
    CLEANUP(buf_done) struct buf sealed = {0};
    JSON_AUTO *answer = NULL;
    int r = home_ask(g->link,
                     json_pack("{s:s, s:s, s:s, s:I}", "op", "file-bytes", "token", g->cookie, "id",
                               f->id, "n", (json_int_t)n),
                     &answer);

    if (r)
        return r;
    buf_init(&sealed, BLOBS_PIECE_MAX);
    if (base64_parse(str_of(json_str(answer, "data")), &sealed) ||
        attachment_open_piece(f->id, f->size, n, f->key, buf_str(&sealed), plain))
        return command_fail(MSG_FAIL_FILE_PIECE);
    return 0;
}

static int put(int fd, struct str bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.at, bytes.len);

        if (n < 0 && errno != EINTR)
            return command_fail(MSG_FAIL_FILE_ROOM, {"why", str_of(command_why(errno))});
        if (n > 0)
            bytes = (struct str){bytes.at + n, bytes.len - (size_t)n};
    }
    return 0;
}

static int fetch(struct gate *g, const struct fetched *f, int fd)
{
    int r = 0;

    for (int64_t n = 0; !r && n < attachment_pieces(f->size); n++) {
        CLEANUP(buf_wipe) struct buf plain;

        buf_init(&plain, ATTACHMENT_PIECE);
        if (!(r = fetch_piece(g, f, n, &plain)))
            r = put(fd, buf_str(&plain));
    }
    return r;
}

int station_file_fetch(struct gate *g, const json_t *asked, struct buf *ret_name, int *ret_fd)
{
    const char *tmp = getenv("TMPDIR");
    struct fetched f = {.size = 0};
    int fd = -1, r;

    *ret_fd = -1;
    r = *json_str(asked, "record") ? open_of_record(g, asked, &f, ret_name)
                                   : open_upload(g, asked, &f, ret_name);
    if (!r && (fd = open(tmp && *tmp ? tmp : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) < 0)
        r = command_fail(MSG_FAIL_FILE_PLACE, {"why", str_of(command_why(errno))});
    if (!r)
        r = fetch(g, &f, fd);
    sodium_memzero(&f, sizeof(f));
    if (r && fd >= 0)
        close(fd);
    else if (!r)
        *ret_fd = fd;
    return r;
}
