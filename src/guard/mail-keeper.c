#include "guard/mail-keeper.h"

#include "base/file.h"
#include "keeper/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_MAX ((size_t)1 << 20)

static const char *the_data;
static struct {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct keeper_link *idle[MAIL_KEEPER_LINKS];
    unsigned n_idle, n_out;
} links = {.lock = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER};

void mail_keeper_use(const char *data)
{
    the_data = data;
}

/* NULL: there is no keeper. */
static struct keeper_link *take_link(void)
{
    struct keeper_link *l = NULL;

    pthread_mutex_lock(&links.lock);
    while (links.n_out == MAIL_KEEPER_LINKS)
        pthread_cond_wait(&links.freed, &links.lock);
    links.n_out++;
    if (links.n_idle)
        l = links.idle[--links.n_idle];
    pthread_mutex_unlock(&links.lock);
    if (!l && the_data && keeper_link_open_gate(the_data, KEEPER_MAIL_GATE, &l, NULL))
        l = NULL;
    return l;
}

static void give_link(struct keeper_link *l, bool is_good)
{
    if (!is_good) {
        keeper_link_close(l);
        l = NULL;
    }
    pthread_mutex_lock(&links.lock);
    links.n_out--;
    if (l)
        links.idle[links.n_idle++] = l;
    pthread_cond_signal(&links.freed);
    pthread_mutex_unlock(&links.lock);
}

/* Takes the message. */
static int ask(json_t *message, json_t **ret)
{
    JSON_AUTO *owned = message;
    struct keeper_link *l;
    int r;

    if (!owned)
        return -ENOMEM;
    l = take_link();
    r = l ? keeper_ask(l, owned, ret) : -ECONNREFUSED;
    give_link(l, !r);
    return !r || r == -ENOMEM ? r : -EIO;
}

int mail_keeper_act(const char *login, const char *reg, const char *step, const char *record,
                    const char *ticket, const json_t *with, json_t **ret)
{
    return ask(json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "op", "act", "sender", login, "reg",
                         reg, "step", step, "record", record, "ticket", ticket, "with", with),
               ret);
}

static bool is_ok(const json_t *answer)
{
    return json_is_true(json_object_get(answer, "ok"));
}

int mail_keeper_use_ticket(const char *login, const char *ticket, const char *channel,
                           const json_t *with)
{
    JSON_AUTO *answer = NULL;
    int r = ask(json_pack("{s:s, s:s, s:s, s:s, s:O}", "op", "ticket-use", "sender", login,
                          "ticket", ticket, "channel", channel, "with", with),
                &answer);

    if (r)
        return r;
    if (!is_ok(answer))
        return -EIO;
    return strcmp(json_str(json_obj(answer, "outcome"), "result"), "allowed") != 0;
}

/* ---- contents ---- */

#define LEVEL_HIGHEST 3

static int told(int64_t level, bool is_outside, const json_t *restrictions, const json_t *strangers, json_t **ret)
{
    json_t *words = restrictions ? json_copied_deep(restrictions) : json_array();

    *ret = json_pack("{s:I, s:b, s:o}", "level", (json_int_t)level, "outside", is_outside,
                     "restrictions", words);
    if (!*ret)
        return -ENOMEM;
    if (!strangers || is_outside || !json_put(*ret, "strangers", json_copied_deep(strangers)))
        return 0;
    json_decref(*ret);
    *ret = NULL;
    return -ENOMEM;
}

/* *ret NULL: nobody holds any of them. */
static int ask_label(const char *login, const json_t *contents, const json_t *addresses, json_t **ret)
{
    JSON_AUTO *answer = NULL;
    int r = ask(json_pack("{s:s, s:s, s:O, s:O*}", "op", "holding-label", "sender", login, "contents",
                          contents, "addresses", addresses),
                &answer);

    *ret = NULL;
    if (r)
        return r;
    if (!strcmp(json_str(answer, "error"), "too-large"))
        return told(LEVEL_HIGHEST, true, NULL, NULL, ret);
    if (!strcmp(json_str(answer, "error"), "none"))
        return 0; /* nobody's login: the act says so */
    if (!is_ok(answer))
        return -EIO;
    if (!json_flag(answer, "held"))
        return 0;
    return told(json_int(json_obj(answer, "label"), "confidentiality"),
                !json_flag(answer, "admitted"),
                json_arr(json_obj(answer, "label"), "restrictions"),
                json_arr(answer, "strangers"), ret);
}

/* All at once first: of most messages nothing is held. */
int mail_keeper_held(const char *login, const json_t *contents, const json_t *addresses, json_t **ret)
{
    json_t *each = (json_t *)(uintptr_t)contents, *size;
    JSON_AUTO *all = json_object(), *any = NULL;
    const char *digest;
    int r = all ? 0 : -ENOMEM;

    if (!r && json_object_size(contents))
        r = ask_label(login, contents, NULL, &any);
    if (!r && any)
        json_object_foreach (each, digest, size) {
            JSON_AUTO *one = json_pack("{s:O}", digest, size);
            json_t *held = NULL;

            if ((r = one ? ask_label(login, one, addresses, &held) : -ENOMEM) ||
                (held && (r = json_put(all, digest, held))))
                return r;
        }
    if (!r)
        *ret = TAKE(all);
    return r;
}

int mail_keeper_cover(const char *login, const char *record, json_t **ret)
{
    JSON_AUTO *answer = NULL;
    int r = ask(json_pack("{s:s, s:s, s:s}", "op", "cover", "sender", login, "record", record), &answer);
    const json_t *cover;

    *ret = NULL;
    if (r || !is_ok(answer))
        return r ? r : -EIO;
    cover = json_object_get(answer, "cover");
    if (!json_is_object(cover))
        return 0;
    *ret = json_copied_deep(cover);
    return *ret ? 0 : -ENOMEM;
}

int mail_keeper_sealed(const char *login, const char *record, const json_t *contents)
{
    JSON_AUTO *answer = NULL;
    int r = ask(json_pack("{s:s, s:s, s:s, s:s, s:O}", "op", "holding-note", "sender", login,
                          "record", record, "form", "sealed", "contents", contents),
                &answer);

    return r ? r : is_ok(answer) ? 0 : -EIO;
}

/* ---- files ---- */

static int send_piece(const char *login, const char *id, off_t at, struct str bytes)
{
    CLEANUP(buf_done) struct buf text;
    JSON_AUTO *answer = NULL;
    int r;

    buf_init(&text, 2 * PIECE_MAX);
    if ((r = base64_print(bytes.at, bytes.len, &text)))
        return r;
    r = ask(json_pack("{s:s, s:s, s:s, s:I, s:s%}", "op", "file-piece", "sender", login, "id", id,
                      "offset", (json_int_t)at, "data", text.at, text.len),
            &answer);
    return r ? r : is_ok(answer) ? 0 : -EIO;
}

static int send_all(const char *login, const char *id, size_t piece, int fd)
{
    char *bytes = malloc(piece);
    off_t at = 0;
    ssize_t n = 0;
    int r = bytes ? 0 : -ENOMEM;

    while (!r && (n = pread(fd, bytes, piece, at)) > 0) {
        r = send_piece(login, id, at, (struct str){bytes, (size_t)n});
        at += n;
    }
    free(bytes);
    return r ? r : n < 0 ? -EIO : 0;
}

int mail_keeper_file(const char *login, const char *reg, const char *field, const char *name,
                     int fd, char ret_id[MAIL_FILE_ID_SIZE])
{
    JSON_AUTO *answer = NULL;
    struct stat st;
    int r;

    ret_id[0] = '\0';
    if (fstat(fd, &st))
        return -EIO;
    r = ask(json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "op", "file-begin", "sender", login, "reg",
                      reg, "field", field, "name", name, "size", (json_int_t)st.st_size),
            &answer);
    if (r || !strcmp(json_str(answer, "error"), "none"))
        return r;
    if (!is_ok(answer) || json_int(answer, "piece") <= 0 ||
        json_int(answer, "piece") > (int64_t)PIECE_MAX)
        return -EIO;
    if ((r = send_all(login, json_str(answer, "id"), (size_t)json_int(answer, "piece"), fd)))
        return r;
    snprintf(ret_id, MAIL_FILE_ID_SIZE, "%s", json_str(answer, "id"));
    return 0;
}

int mail_digest(int fd, struct buf *out)
{
    uint64_t size;
    struct digest d;
    int r = file_digest(fd, &size, &d);

    if (r)
        return r == -ENOMEM ? r : -EIO;
    return buf_add_text(out, digest_text(&d).at);
}
