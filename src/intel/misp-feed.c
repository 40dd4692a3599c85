#include "intel/misp-feed.h"

#include "base/file.h"
#include "base/tell.h"
#include "intel/json-parts.h"
#include "intel/json-put.h"
#include "intel/misp-inside.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MD5_SIZE 16u
#define PATH_MAX_LEN 4000u

struct misp_feed {
    char *path, *beside; /* the folder, and the one that is being written */
    struct buf manifest, hashes;
    struct str event; /* that is being added */
    struct diag *diag;
    bool has_event, is_twice; /* of the event that is being added */
    bool has_failed;          /* no digest could be made */
    bool is_begun, is_done;   /* `beside` stands; it has become `path` */
};

static char *with(const char *path, const char *end)
{
    CLEANUP(buf_done) struct buf b;

    buf_init(&b, PATH_MAX_LEN + 100);
    if (buf_printf(&b, "%s%s", path, end))
        return NULL;
    return buf_take(&b);
}

static int fail(struct diag *diag, const char *path, int r)
{
    errno = -r;
    diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_INTEL_FAULT_FEED_WHY, {"path", str_of(path)}, tell_why(errno));
    return r;
}

/* ---- folders ---- */

static bool is_of_feed(const char *name)
{
    return str_ends(str_of(name), STR(".json")) || strcmp(name, "hashes.csv") == 0;
}

/* Whether a feed stands there. 0; MISP_FEED_E_OTHER: something that is none does; -errno. */
static int look_at(const char *path, bool *ret_is_there, struct diag *diag)
{
    bool has_manifest = false, has_other = false;
    char **names = NULL;
    size_t n = 0;
    struct stat st;
    int r;

    *ret_is_there = lstat(path, &st) == 0;
    if (!*ret_is_there)
        return errno == ENOENT ? 0 : fail(diag, path, -errno);
    if (!S_ISDIR(st.st_mode)) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_INTEL_FAULT_FEED_FOLDER, {"path", str_of(path)});
        return MISP_FEED_E_OTHER;
    }
    r = dir_list(path, "", false, &names, &n, diag);
    for (size_t i = 0; i < n && !r; i++) {
        has_manifest |= strcmp(names[i], "manifest.json") == 0;
        has_other |= !is_of_feed(names[i]);
    }
    names_free(names, n);
    if (!r)
        r = dir_list(path, "", true, &names, &n, diag);
    if (!r) {
        has_other |= n > 0;
        names_free(names, n);
    }
    if (r)
        return r < 0 ? r : -EIO;
    if (has_manifest && !has_other)
        return 0;
    diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_INTEL_FAULT_FEED_OTHER, {"path", str_of(path)});
    return MISP_FEED_E_OTHER;
}

/* The files of a feed, then the folder; what else is in it stays, and the folder with it. */
static int take_away(const char *path, struct diag *diag)
{
    char **names = NULL;
    size_t n = 0;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW),
        r = fd < 0 ? -errno : dir_list(path, "", false, &names, &n, diag);

    for (size_t i = 0; i < n && !r; i++)
        if (is_of_feed(names[i]) && unlinkat(fd, names[i], 0))
            r = -errno;
    names_free(names, n);
    if (fd >= 0)
        close(fd);
    if (!r && rmdir(path))
        r = -errno;
    return r > 0 ? -EIO : r;
}

/* ---- events ---- */

static void put_md5(struct misp_feed *f, struct str value, struct str uuid)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (!EVP_Digest(value.at ? value.at : "", value.len, hash, &size, EVP_md5(), NULL) ||
        size != MD5_SIZE) {
        f->has_failed = true;
        return;
    }
    for (unsigned i = 0; i < size; i++)
        buf_printf(&f->hashes, "%02x", hash[i]);
    buf_printf(&f->hashes, ",%.*s\n", STR_ARG(uuid));
}

/* Each of the values that | parts, where the type has several. */
static void put_hashes(struct misp_feed *f, const struct scan_value *attribute, struct str uuid)
{
    struct str type = scan_text(attribute, STR("type")), rest = misp_scalar(attribute, "value"),
               piece;
    bool has_several =
        (type.len && memchr(type.at, '|', type.len)) || str_eq(type, STR("malware-sample"));

    if (!rest.at)
        return;
    if (!has_several)
        put_md5(f, rest, uuid);
    while (has_several && str_split(&rest, '|', &piece))
        put_md5(f, piece, uuid);
}

static int item(const struct misp_event *e, const struct misp_item *i, void *context)
{
    struct misp_feed *f = context;
    const struct scan_value *list = scan_member(i->root, STR("Attribute")), *v;

    if (i->kind == MISP_ATTRIBUTE) {
        put_hashes(f, i->root, e->uuid);
        return buf_error(&f->hashes);
    }
    v = list && list->kind == SCAN_ARRAY ? list + 1 : NULL;
    for (uint32_t k = 0; v && k < list->len; k++, v += v->skip)
        put_hashes(f, v, e->uuid);
    return buf_error(&f->hashes);
}

/* As a number, which readers of feeds compare; as it is where it is none. */
static void put_number(struct misp_feed *f, const struct misp_event *e, const char *key)
{
    struct str text = misp_scalar(e->head, key);
    uint64_t n;

    if (!text.len)
        return;
    json_put_key(&f->manifest, key);
    if (str_to_u64(text, 0, UINT64_C(1) << 53, &n) == 0)
        buf_printf(&f->manifest, "%llu", (unsigned long long)n);
    else
        json_put_text(&f->manifest, text);
}

static void put_member(struct misp_feed *f, const struct misp_event *e, const char *key)
{
    struct str value = json_part_of(e->bytes, key);

    if (!value.len)
        return;
    json_put_key(&f->manifest, key);
    json_put_raw(&f->manifest, value);
}

static int begin(const struct misp_event *e, void *context)
{
    struct misp_feed *f = context;
    char uuid[37], name[64];
    char *path;
    int r;

    f->has_event = true;
    (void)snprintf(uuid, sizeof(uuid), "%.36s", e->uuid.at);
    (void)snprintf(name, sizeof(name), "/%s.json", uuid);
    path = with(f->beside, name);
    if (!path)
        return -ENOMEM;
    f->is_twice = access(path, F_OK) == 0;
    r = f->is_twice ? 0 : file_write_atomic(path, f->event, 0644, f->diag);
    free(path);
    if (r || f->is_twice)
        return r ? r : MISP_FEED_E_EVENT;
    json_put_key(&f->manifest, uuid);
    json_put_open(&f->manifest, '{');
    put_member(f, e, scan_member(e->head, STR("Orgc")) ? "Orgc" : "Org");
    put_member(f, e, "Tag");
    put_member(f, e, "info");
    put_member(f, e, "date");
    put_number(f, e, "analysis");
    put_number(f, e, "threat_level_id");
    put_number(f, e, "timestamp");
    json_put_close(&f->manifest, '}');
    return buf_error(&f->manifest);
}

static int end(const struct misp_event *e, void *context)
{
    return 0;
}

static int fault(const struct misp_finding *found, void *context)
{
    struct misp_feed *f = context;

    diag_error(f->diag, "%.*s", STR_ARG(message_text(MESSAGE_EN, found->text)));
    return MISP_FEED_E_EVENT;
}

int misp_feed_add(struct misp_feed *f, struct str event, struct diag *diag)
{
    const struct misp_reader_calls calls = {begin, item, end, fault};
    CLEANUP(misp_reader_freep) struct misp_reader *reader = misp_reader_new(&calls, f);
    int r;

    if (!reader)
        return -ENOMEM;
    f->event = event;
    f->diag = diag;
    f->has_event = f->is_twice = false;
    r = misp_reader_add(reader, event);
    if (!r)
        r = misp_reader_end(reader);
    if (f->is_twice)
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_INTEL_FAULT_FEED_UUID, {"path", str_of(f->path)});
    return r ? r : f->has_event ? 0 : MISP_FEED_E_EVENT;
}

/* ---- the whole ---- */

int misp_feed_new(const char *path, struct misp_feed **ret, struct diag *diag)
{
    CLEANUP(misp_feed_freep) struct misp_feed *f = calloc(1, sizeof(*f));
    struct str trimmed = str_of(path);
    bool is_there;
    int r;

    if (!f)
        return -ENOMEM;
    buf_init(&f->manifest, MISP_FEED_MAX);
    buf_init(&f->hashes, MISP_FEED_MAX);
    f->path = with(path, "");
    while (trimmed.len > 1 && f->path && trimmed.at[trimmed.len - 1] == '/')
        f->path[--trimmed.len] = '\0';
    f->beside = f->path ? with(f->path, ".XXXXXX") : NULL;
    if (!f->beside)
        return -ENOMEM;
    r = look_at(f->path, &is_there, diag);
    if (r)
        return r;
    if (!mkdtemp(f->beside)) {
        r = -errno;
        f->is_done = true;
        return fail(diag, f->path, r);
    }
    f->is_begun = true;
    if (chmod(f->beside, 0755))
        return fail(diag, f->beside, -errno);
    r = buf_add_char(&f->manifest, '{');
    if (!r)
        *ret = TAKE(f);
    return r;
}

static int write_in(struct misp_feed *f, const char *name, struct str bytes, struct diag *diag)
{
    char *path = with(f->beside, name);
    int r = path ? file_write_atomic(path, bytes, 0644, diag) : -ENOMEM;

    free(path);
    return r;
}

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = fd < 0 || fsync(fd) ? -errno : 0;

    if (fd >= 0)
        close(fd);
    return r;
}

int misp_feed_end(struct misp_feed *f, struct diag *diag)
{
    bool is_there;
    int r;

    json_put_close(&f->manifest, '}');
    r = f->has_failed ? -ENOMEM : buf_error(&f->manifest);
    if (!r)
        r = write_in(f, "/hashes.csv", buf_str(&f->hashes), diag);
    if (!r)
        r = write_in(f, "/manifest.json", buf_str(&f->manifest), diag);
    if (!r)
        r = sync_folder(f->beside);
    if (!r)
        r = look_at(f->path, &is_there, diag);
    if (r)
        return r;
    /* Both stand at any moment; what is beside afterwards is the old one. */
    r = renameat2(AT_FDCWD, f->beside, AT_FDCWD, f->path,
                  is_there ? RENAME_EXCHANGE : RENAME_NOREPLACE);
    if (r)
        return fail(diag, f->path, -errno);
    f->is_done = !is_there;
    return 0;
}

void misp_feed_free(struct misp_feed *f)
{
    struct diag diag;

    if (!f)
        return;
    diag_init(&diag);
    if (f->is_begun && !f->is_done)
        IGNORE(take_away(f->beside, &diag), "what is left beside has another name, and no reader");
    diag_done(&diag);
    buf_done(&f->manifest);
    buf_done(&f->hashes);
    free(f->path);
    free(f->beside);
    free(f);
}
