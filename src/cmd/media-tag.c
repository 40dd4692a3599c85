#include "cmd/media-gate.h"

#include "regulation/model.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_TAG "tag"

/* What the register says of the medium, and whether it is to be tagged. */
struct held_words {
    json_t *view;
    const char *name, *serial, *vendor, *product, *tag; /* of `view` */
    uint64_t capacity;                                  /* in bytes; 0 unknown */
};

static void words_done(struct held_words *w)
{
    json_decref(w->view);
}

static bool read_words(struct gate *g, const char *medium, struct held_words *w)
{
    const json_t *values;

    if (engine_view(g->engine, g->person.at, medium, engine_now(g->engine), &w->view))
        return false;
    values = json_obj(w->view, "values");
    w->name = json_str(w->view, "name");
    w->serial = json_str(values, "serial");
    w->vendor = json_str(values, "vendor");
    w->product = json_str(values, "product");
    w->capacity = (uint64_t)json_int(values, "capacity");
    w->tag = json_str(values, "tag");
    if (json_flag(values,
                  "retag")) { /* somebody looked at it: what it tells now is taken as it is */
        w->vendor = w->product = w->tag = "";
        w->capacity = 0;
    }
    return true;
}

void gate_tag_of(struct gate *g, const char *medium, char ret[MEDIUM_TAG_HEX])
{
    CLEANUP(words_done) struct held_words w = {0};

    *ret = '\0';
    if (*medium && read_words(g, medium, &w))
        snprintf(ret, MEDIUM_TAG_HEX, "%s", w.tag);
}

/* ---- comparing ---- */

/* The finding stands beside the refusal; a text of the directive that knows of none is refused by all the same. */
static void enter_finding(struct gate *g, const char *differs)
{
    const struct reg *reg = engine_reg(g->engine, GATE_FINDINGS);
    JSON_AUTO *with = json_pack("{s:s, s:s, s:s, s:s}", "kind", "other-medium", "device",
                                g->computer, "medium", g->medium, "differs", differs);
    char record[GATE_ID_SIZE];

    if (!with || (*g->tells.serial && json_put_str(with, "medium_serial", g->tells.serial)))
        IGNORE(command_fail(MSG_CONSOLE_MEMORY), "it was refused");
    else if (reg && reg_field(reg, "differs") && !gate_act(g, GATE_FINDINGS, "watch", with, record))
        printf("%s  %s  other-medium  %s\n", command_word(MSG_WORD_FOUND), record, differs);
}

static int refuse_word(struct gate *g, const char *differs, const struct held_words *w,
                       enum message_key what, const char *measured, const char *known)
{
    CLEANUP(buf_done) struct buf word;

    buf_init(&word, 256);
    IGNORE(message_print_args(&word, home_language(), what, NULL, 0),
           "what does not fit is left out");
    gate_say(stdout, MSG_MEDIA_OTHER_DEVICE,
             MESSAGE_ARGS({"name", str_of(w->name)}, {"what", buf_str(&word)},
                          {"known", str_of(known)}, {"measured", str_of(measured)}));
    enter_finding(g, differs);
    return EXIT_FORBIDDEN;
}

static int refuse_tag(struct gate *g, const char *differs, const struct held_words *w,
                      enum message_key key, const char *other)
{
    gate_say(stdout, key, MESSAGE_ARGS({"name", str_of(w->name)}, {"other", str_of(other)}));
    enter_finding(g, differs);
    return EXIT_FORBIDDEN;
}

static bool differs(const char *known, const char *measured)
{
    return *known && *measured && strcmp(known, measured) != 0;
}

static int compare_device(struct gate *g, const struct held_words *w)
{
    char is[24], known[24];

    snprintf(is, sizeof(is), "%" PRIu64, g->tells.capacity);
    snprintf(known, sizeof(known), "%" PRIu64, w->capacity);
    if (differs(w->serial, g->tells.serial)) {
        gate_say(stdout, MSG_MEDIA_OTHER_SERIAL,
                 MESSAGE_ARGS({"name", str_of(w->name)}, {"known", str_of(w->serial)},
                              {"measured", str_of(g->tells.serial)}));
        enter_finding(g, "serial");
        return EXIT_FORBIDDEN;
    }
    if (differs(w->vendor, g->tells.vendor))
        return refuse_word(g, "vendor", w, MSG_MEDIA_VENDOR, g->tells.vendor, w->vendor);
    if (differs(w->product, g->tells.product))
        return refuse_word(g, "product", w, MSG_MEDIA_PRODUCT, g->tells.product, w->product);
    return w->capacity && g->tells.capacity && w->capacity != g->tells.capacity
               ? refuse_word(g, "capacity", w, MSG_MEDIA_CAPACITY, is, known)
               : 0;
}

int gate_tagged(struct gate *g, const char *digest, const char *but, char ret_name[GATE_NAME_SIZE])
{
    struct gate_row row;
    int r = gate_by_value(g, GATE_MEDIA, "", "tag", digest, but, &row);

    snprintf(ret_name, GATE_NAME_SIZE, "%s", row.name);
    return r;
}

/* Of a medium that the register has no tag of: is it another one's? */
static int compare_untagged(struct gate *g, const struct held_words *w, const struct medium_tag *t)
{
    char other[GATE_NAME_SIZE] = "";
    int r;

    if ((r = gate_tagged(g, medium_tag_digest(t->now).at, g->medium, other)) ||
        (!*other && (r = gate_tagged(g, medium_tag_digest(t->before).at, g->medium, other))))
        return r;
    return *other ? refuse_tag(g, "tag", w, MSG_MEDIA_TAG_OF, other) : 0;
}

static int compare_tag(struct gate *g, int dir, const struct held_words *w)
{
    const uint8_t *by;
    struct medium_tag t;
    int r = medium_tag_read(dir, &t);

    if (r < 0)
        return command_fail(MSG_FAIL_TAG_READ, {"why", str_of(command_why(-r))});
    if (!*w->tag)
        return r ? 0 : compare_untagged(g, w, &t);
    if (r)
        return refuse_tag(g, "no-tag", w, MSG_MEDIA_NO_TAG, "");
    if (!(by = medium_tag_match(&t, w->tag)))
        return refuse_tag(g, "tag", w, MSG_MEDIA_OTHER_TAG, "");
    memcpy(g->tag, by, sizeof(g->tag));
    g->has_tag = true;
    return 0;
}

static int compare(struct gate *g, int dir)
{
    CLEANUP(words_done) struct held_words w = {0};
    int r;

    if (!read_words(g, g->medium, &w))
        return command_fail(MSG_FAIL_MEDIUM_READ);
    if ((r = compare_device(g, &w)) || (r = compare_tag(g, dir, &w)))
        return r;
    if (!*g->tells.serial && !g->has_tag)
        gate_say(stderr, MSG_MEDIA_NO_SERIAL, MESSAGE_ARGS({"name", str_of(w.name)}));
    return 0;
}

int gate_medium(struct gate *g, const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
    struct stat st;

    if (fd < 0 || fstat(fd, &st)) {
        if (fd >= 0)
            close(fd);
        return command_fail(MSG_FAIL_NO_FOLDER, {"path", str_of(dir)});
    }
    g->device = st.st_dev;
    IGNORE(medium_device_read("/sys", st.st_dev, &g->tells),
           "then it is known by its tag, or by what was typed");
    r = compare(g, fd);
    close(fd);
    return r;
}

/* ---- after a use ---- */

static int put_device(const struct gate *g, json_t *with)
{
    char capacity[24];

    snprintf(capacity, sizeof(capacity), "%" PRIu64, g->tells.capacity);
    return (*g->tells.vendor && json_put_str(with, "vendor", g->tells.vendor)) ||
           (*g->tells.product && json_put_str(with, "product", g->tells.product)) ||
           (g->tells.capacity && json_put_str(with, "capacity", capacity));
}

/* Nothing is written onto a medium that the directive gives no tag: one from outside, one that is gone. */
static int is_tagged(struct gate *g, json_t *with, bool *ret)
{
    static const char any[] = "0000000000000000000000000000000000000000000000000000000000000000";
    const struct reg *reg = engine_reg(g->engine, GATE_MEDIA);

    *ret = false;
    if (!reg || !reg_part(reg, STEP_TAG))
        return 0;
    if (put_device(g, with) || json_put_str(with, "tag", any))
        return command_fail(MSG_CONSOLE_MEMORY);
    return gate_would_on(g, GATE_MEDIA, STEP_TAG, g->medium, with, ret);
}

/* The medium first: between the two it is known by the tag before, which it still carries. */
static int renew(struct gate *g, const char *dir, json_t *with)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = fd < 0 ? -errno : 0;
    struct medium_tag t;
    struct stat st;

    if (!r)
        r = fstat(fd, &st)           ? -errno
            : st.st_dev != g->device ? -ENODEV
                                     : medium_tag_renew(fd, g->has_tag ? g->tag : NULL, &t);
    if (fd >= 0)
        close(fd);
    if (r == -EROFS)
        return 0;
    if (r) {
        const char *why = strerrordesc_np(-r);

        gate_say(stderr, MSG_MEDIA_TAG_NOT_RENEWED,
                 MESSAGE_ARGS({"dir", str_of(dir)}, {"reason", str_of(why ? why : "?")}));
        return EXIT_FAILED;
    }
    if (json_put_str(with, "tag", medium_tag_digest(t.now).at))
        return command_fail(MSG_CONSOLE_MEMORY);
    return gate_act_on(g, GATE_MEDIA, STEP_TAG, g->medium, with);
}

int gate_renew(struct gate *g, const char *dir)
{
    JSON_AUTO *with = json_object();
    bool is = false;
    int r = with ? is_tagged(g, with, &is) : command_fail(MSG_CONSOLE_MEMORY);

    return r || !is ? r : renew(g, dir, with);
}
