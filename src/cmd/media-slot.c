#include "cmd/media-slot.h"

#include "base/utf8.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define DEEP 2u /* /media/LABEL, /media/USER/LABEL */

void slots_init(struct slots *s, const char *root, const char *const *fixed, size_t n_fixed)
{
    *s = (struct slots){.root = root, .fixed = fixed, .n_fixed = n_fixed};
}

void slots_done(struct slots *s)
{
    *s = (struct slots){.n = 0};
}

bool slot_is_mounted(const char *dir)
{
    char above[PATH_MAX];
    struct stat st, up;

    return snprintf(above, sizeof(above), "%s/..", dir) < (int)sizeof(above) && !stat(dir, &st) &&
           !stat(above, &up) && st.st_dev != up.st_dev;
}

const char *slots_dir(const struct slots *s, const char *label)
{
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->at[i].label, label))
            return s->at[i].dir;
    return NULL;
}

/* ---- which medium ---- */

static int find_serial(struct gate *g, const char *serial, struct slot *ret)
{
    struct gate_row row;
    int r = gate_by_value(g, GATE_MEDIA, LIST_UNFINISHED, "serial", serial, "", &row);

    snprintf(ret->medium, sizeof(ret->medium), "%s", row.id);
    snprintf(ret->name, sizeof(ret->name), "%s", row.name);
    return r;
}

static int find_tag(struct gate *g, struct slot *ret)
{
    int fd = open(ret->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
    struct medium_tag t;

    if (fd < 0 || medium_tag_read(fd, &t)) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    close(fd);
    r = gate_tagged(g, medium_tag_digest(t.now).at, "", ret->name);
    return r || *ret->name ? r : gate_tagged(g, medium_tag_digest(t.before).at, "", ret->name);
}

static int look_up(struct gate *g, struct slot *slot)
{
    struct medium_device tells = {.serial = ""};

    slot->medium[0] = slot->name[0] = '\0';
    if (!engine_reg(g->engine, GATE_MEDIA))
        return 0;
    if (medium_device_read("/sys", slot->device, &tells) && *tells.serial)
        return find_serial(g, tells.serial, slot);
    return find_tag(g, slot);
}

/* ---- what is there ---- */

/* One that was there keeps what was looked up of it; what was not known may be by now. */
static int add(struct slots *s, struct gate *g, const struct slots *before, const char *dir,
               const char *label)
{
    struct slot *slot = &s->at[s->n];
    struct stat st;

    if (s->n == SLOTS_MAX || stat(dir, &st) || !S_ISDIR(st.st_mode) ||
        !utf8_is_valid(str_of(label)) || strlen(label) >= sizeof(slot->label) ||
        slots_dir(s, label))
        return 0;
    *slot = (struct slot){.device = st.st_dev};
    snprintf(slot->label, sizeof(slot->label), "%s", label);
    snprintf(slot->dir, sizeof(slot->dir), "%s", dir);
    s->n++;
    for (size_t i = 0; i < before->n; i++)
        if (!strcmp(before->at[i].dir, dir) && before->at[i].device == st.st_dev &&
            *before->at[i].medium) {
            *slot = before->at[i];
            return 0;
        }
    return look_up(g, slot);
}

static int walk(struct slots *s, struct gate *g, const struct slots *before, const char *below,
                unsigned deep)
{
    char dir[PATH_MAX], label[PATH_MAX];
    struct dirent *e;
    DIR *d;
    int r = 0;

    if (snprintf(dir, sizeof(dir), "%s/%s", s->root, below) >= (int)sizeof(dir) ||
        !(d = opendir(dir)))
        return 0; /* a user's folder is his own */
    while (!r && (e = readdir(d))) {
        if (e->d_name[0] == '.' ||
            snprintf(label, sizeof(label), "%s%s%s", below, *below ? "/" : "", e->d_name) >=
                (int)sizeof(label) ||
            snprintf(dir, sizeof(dir), "%s/%s", s->root, label) >= (int)sizeof(dir))
            continue;
        if (slot_is_mounted(dir))
            r = add(s, g, before, dir, label);
        else if (deep < DEEP && e->d_type == DT_DIR)
            r = walk(s, g, before, label, deep + 1);
    }
    closedir(d);
    return r;
}

static json_t *told(const struct slot *slot)
{
    struct statvfs fs;

    if (statvfs(slot->dir, &fs))
        return NULL;
    return json_pack("{s:s, s:s, s:I, s:I, s:b}", "medium", slot->medium, "name", slot->name,
                     "size", (json_int_t)((uint64_t)fs.f_blocks * fs.f_frsize), "free",
                     (json_int_t)((uint64_t)fs.f_bavail * fs.f_frsize), "read_only",
                     (fs.f_flag & ST_RDONLY) != 0);
}

int slots_look(struct slots *s, struct gate *g, json_t **ret)
{
    const struct slots before = *s;
    JSON_AUTO *o = json_object();
    int r = o ? 0 : command_fail(MSG_CONSOLE_MEMORY);

    s->n = 0;
    for (size_t i = 0; !r && i < s->n_fixed; i++) {
        const char *slash = strrchr(s->fixed[i], '/');

        r = add(s, g, &before, s->fixed[i], slash && slash[1] ? slash + 1 : s->fixed[i]);
    }
    if (!r && s->root)
        r = walk(s, g, &before, "", 1);
    for (size_t i = 0; !r && i < s->n; i++) {
        json_t *one = told(&s->at[i]);

        if (one && json_object_set_new(o, s->at[i].label, one))
            r = command_fail(MSG_CONSOLE_MEMORY);
    }
    if (!r)
        *ret = TAKE(o);
    return r;
}
